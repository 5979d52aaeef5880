//! Past rounds as data: the table of draws, waves over whole frames, draws made again, and deterrence planted on what everybody sees.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use choucha::evaluate::{
    DeterrenceSection, Redraw, Revisit, Stream, ValidDeterrence, Wave, WaveUnit,
};
use choucha::facts::{self, Past, Sources};
use choucha::ingest::{self, Snapshot};
use choucha::job::{Job, Overrides};
use choucha::registers::{self, Registers};
use choucha::simulate::{self, World};
use choucha::units::{AsOf, Meter, ObjectKey};
use polars::prelude::*;
use tempfile::TempDir;

use crate::small_county::{data, light_job, root, with};

const OBJECTS: &str = "object_id,name,status,industry_code,region_code,office,lat,lon,closed_on\n\
    A,甲,存续,6210,130433100,一所,36.5,115.3,\n\
    B,乙,存续,6210,130433100,一所,36.5,115.3,\n\
    C,丙,存续,5211,130433101,二所,,,\n\
    D,丁,存续,5211,130433101,二所,36.6,115.4,2023-09-01\n";
const DRAWS: &str = "抽查任务编号,统一社会信用代码,抽取日期,抽样层,入样概率,是否抽中,抽样流,抽样设计\n\
    R1,A,2023-03-01,,0.5,是,main,pareto\n\
    R1,B,2023-03-01,,0.5,否,main,pareto\n\
    R1,C,2023-03-01,,0.5,是,main,pareto\n\
    R1,D,2023-03-01,,0.5,否,main,pareto\n\
    R2,A,2024-03-01,一,0.25,否,measure,poisson\n\
    R2,B,2024-03-01,一,0.25,是,measure,poisson\n\
    R2,C,2024-03-01,二,1,是,measure,poisson\n";
const VISITS: &str = "visit_id,object_id,inspected_on,known_on,visited,found,inspector_ids,channel,draw_id\n\
    v1,A,2023-03-20,2023-03-25,1,1,i1;i2,draw,R1\n\
    v2,C,2023-04-20,2023-04-25,0,,i1;i2,draw,R1\n\
    v3,B,2024-03-10,2024-03-12,1,0,i2;i3,draw,R2\n\
    v4,C,2024-03-11,2024-03-12,1,1,i1;i3,draw,R2\n";
const EVENTS: &str = "object_id,event_on,known_on,kind\n\
    A,2022-05-01,2022-05-02,投诉举报\n\
    B,2023-05-01,2023-05-02,投诉举报\n\
    C,2023-02-20,2023-03-05,投诉举报\n\
    D,2023-06-01,2023-06-02,欠税\n\
    A,2021-01-01,2021-01-02,投诉举报\n";

/// A folder with four objects and their past.
struct Desk {
    folder: TempDir,
    draws: String,
    visits: String,
    events: String,
}

impl Desk {
    fn new() -> Self {
        Self {
            folder: TempDir::new().unwrap(),
            draws: DRAWS.into(),
            visits: VISITS.into(),
            events: EVENTS.into(),
        }
    }

    fn read(&self, partitions: usize) -> (Snapshot, Registers) {
        let at = |name: &str| self.folder.path().join(name);
        let tables = [
            ("objects", OBJECTS),
            ("draws", &self.draws),
            ("inspections", &self.visits),
            ("credit_events", &self.events),
        ];
        let mut toml = String::new();
        for (table, text) in tables {
            fs::write(at(table).with_extension("csv"), text).unwrap();
            let path = at(table).with_extension("csv");
            writeln!(toml, "{table}.path = '{}'", path.display()).unwrap();
        }
        let params: ingest::Params = toml::from_str(&toml).unwrap();
        let (work, meter) = (at(&format!("work {partitions}")), Meter::silent());
        fs::create_dir_all(&work).unwrap();
        let snapshot = ingest::read(&params.check().unwrap(), as_of(), partitions, &work, &meter);
        let snapshot = snapshot.unwrap();
        let eligible: registers::Params = toml::from_str("eligible_status = ['存续']").unwrap();
        let checked = eligible.check().unwrap();
        let compiled = registers::compile(&checked, &snapshot, as_of(), &work, &meter);
        (snapshot, compiled.unwrap())
    }

    fn past(&self, partitions: usize) -> Result<Past, choucha::error::Error> {
        let (snapshot, registers) = self.read(partitions);
        facts::past(&section(), &sources(&snapshot, &registers), &[3; 32])
    }

    /// Labels of the visits that belong to no draw.
    fn set_aside(&self) -> Vec<(String, u64)> {
        let account = self.past(1).unwrap().account;
        let counts = account.set_aside.into_iter();
        counts.map(|count| (count.label, count.n)).collect()
    }
}

fn sources<'a>(snapshot: &'a Snapshot, registers: &'a Registers) -> Sources<'a> {
    Sources {
        snapshot,
        registers,
        classes: &[],
        recorded: None,
    }
}

fn as_of() -> AsOf {
    AsOf("2025-01-01".parse().unwrap())
}

fn section() -> ValidDeterrence {
    let written = "outcomes = ['投诉举报']\nplacebo_kinds = ['欠税']\ncells = ['industry_section', 'region_code']";
    let written: DeterrenceSection = toml::from_str(written).unwrap();
    written.check().unwrap()
}

fn unit<'a>(wave: &'a Wave, id: &str) -> &'a WaveUnit {
    let key = ObjectKey::of(id).0;
    wave.units.iter().find(|unit| unit.key == key).unwrap()
}

#[test]
fn a_wave_holds_the_frame_of_a_draw_with_what_became_known_before_and_after() {
    let past = Desk::new().past(1).unwrap();
    let [first, second] = &past.waves[..] else {
        panic!("two draws");
    };
    assert_eq!((first.units.len(), second.units.len()), (4, 3));
    assert_eq!((first.strata.len(), second.strata.len()), (1, 2));
    let seen = |id: &str| {
        let unit = unit(first, id);
        (unit.outcome, unit.before, unit.placebo)
    };
    assert_eq!(seen("A"), (Some(0.0), Some(1.0), Some(0.0)));
    assert_eq!(seen("B"), (Some(1.0), Some(0.0), Some(0.0)));
    assert_eq!(
        seen("C"),
        (Some(0.0), Some(0.0), Some(0.0)),
        "it happened before the draw"
    );
    assert_eq!(seen("D"), (Some(0.0), Some(0.0), Some(1.0)));
    assert!(unit(first, "D").exited && !unit(first, "A").exited);
    assert!(unit(first, "A").visited && !unit(first, "C").visited);
    assert_eq!(unit(first, "A").cell, unit(first, "B").cell);
    assert_ne!(unit(first, "A").cell, unit(first, "C").cell);
    assert!(
        second.units.iter().all(|unit| unit.outcome.is_none()),
        "its window is not over"
    );
    let rounds = &past.account.rounds;
    let counts = |at: usize| (rounds[at].n_drawn, rounds[at].n_visited, rounds[at].n_found);
    assert_eq!((counts(0), counts(1)), ((2, 1, 1), (2, 2, 1)));
}

#[test]
fn the_next_draw_that_holds_an_object_is_where_it_is_seen_again() {
    let past = Desk::new().past(1).unwrap();
    let revisit = |id: &str| unit(&past.waves[0], id).revisit;
    let of_b = revisit("B").unwrap();
    assert_eq!(
        (of_b.pi2, of_b.found, of_b.stream),
        (0.25, Some(false), Stream::Measure)
    );
    assert_eq!(
        revisit("A").unwrap().found,
        None,
        "the second draw left it out"
    );
    assert_eq!(revisit("C").unwrap().found, Some(true));
    assert!(revisit("D").is_none(), "it stands in no later frame");
    let last = past.waves[1].units.iter();
    assert!(
        last.map(|unit| unit.revisit)
            .all(|revisit| revisit.is_none()),
        "no later draw"
    );
}

#[test]
fn every_stream_that_may_bring_a_visit_counts_with_its_own_probability() {
    let mut desk = Desk::new();
    desk.draws = "抽查任务编号,统一社会信用代码,抽取日期,入样概率,是否抽中,抽样流,抽样设计\n\
        R1,A,2022-03-01,0.5,是,main,poisson\n\
        R1,B,2022-03-01,0.5,否,main,poisson\n\
        R1,C,2022-03-01,0.5,是,main,poisson\n\
        R2,A,2023-03-01,0.2,是,main,poisson\n\
        R2,B,2023-03-01,0.2,否,main,poisson\n\
        R2,C,2023-03-01,0.2,否,main,poisson\n\
        M2,A,2023-03-01,0.1,否,measure,poisson\n\
        M2,B,2023-03-01,0.1,是,measure,poisson\n\
        M3,C,2023-09-01,0.3,是,measure,poisson\n"
        .into();
    desk.visits = "visit_id,object_id,inspected_on,visited,found,inspector_ids,channel,draw_id\n\
        v1,A,2023-03-20,1,1,i1;i2,draw,R2\n\
        v2,B,2023-03-20,1,0,i1;i2,draw,M2\n\
        v3,C,2023-09-20,1,1,i1;i2,draw,M3\n"
        .into();
    let past = desk.past(1).unwrap();
    let seen = |id: &str| {
        let unit = unit(&past.waves[0], id);
        let said = |revisit: Revisit| (revisit.found, revisit.stream, revisit.pi2);
        (said(unit.revisit.unwrap()), said(unit.remeasured.unwrap()))
    };
    let either = 1.0 - 0.8 * 0.9;
    assert_eq!(
        seen("A"),
        (
            (Some(true), Stream::Main, either),
            (None, Stream::Measure, 0.1)
        )
    );
    assert_eq!(
        seen("B"),
        (
            (Some(false), Stream::Main, either),
            (Some(false), Stream::Measure, 0.1)
        )
    );
    assert_eq!(
        seen("C"),
        (
            (None, Stream::Main, 0.2),
            (Some(true), Stream::Measure, 0.3)
        ),
        "the main draw between them hides no measurement"
    );
}

#[test]
fn rounds_are_grouped_by_the_class_on_record_and_by_stratum_where_one_is_missing() {
    let mut desk = Desk::new();
    let classes = ["信用风险分类", "甲", "甲", "乙", "乙", "甲", "", "乙"];
    let rows = DRAWS.lines().zip(classes);
    desk.draws = rows
        .map(|(row, class)| format!("{row},{class}\n"))
        .collect::<Vec<_>>()
        .concat();
    let (snapshot, registers) = desk.read(2);
    let codes = ["甲".to_owned(), "丙".to_owned()];
    let sources = Sources {
        classes: &codes,
        ..sources(&snapshot, &registers)
    };
    let past = facts::past(&section(), &sources, &[3; 32]).unwrap();
    let groups = |at: usize| -> Vec<(&str, u64)> {
        let groups = past.rounds[at].groups.iter();
        groups
            .map(|group| (group.label.as_str(), group.n_frame))
            .collect()
    };
    assert_eq!(groups(0), [("乙", 2), ("甲", 2)]);
    assert_eq!(groups(1), [("一", 2), ("二", 1)]);
    for round in &past.rounds {
        let labels: Vec<&str> = round
            .groups
            .iter()
            .map(|group| group.label.as_str())
            .collect();
        assert!(labels.is_sorted());
    }
    let drawn: Vec<(u64, &str)> = past.rounds[0]
        .units
        .iter()
        .map(|one| {
            (
                one.key,
                past.rounds[0].groups[one.group as usize].label.as_str(),
            )
        })
        .collect();
    assert!(
        drawn.contains(&(ObjectKey::of("A").0, "甲"))
            && drawn.contains(&(ObjectKey::of("C").0, "乙"))
    );
    let class = |id: &str| unit(&past.waves[0], id).class;
    assert_eq!(
        (class("A"), class("C")),
        (Some(0), None),
        "乙 is no class of the job"
    );
}

#[test]
fn inspectors_come_with_the_weights_of_their_targets_and_the_lot_they_were_sent_by() {
    let past = Desk::new().past(1).unwrap();
    assert_eq!(past.inspectors, ["i1", "i2", "i3"]);
    let visits: Vec<_> = past
        .visits
        .iter()
        .map(|one| (one.weight, one.found, &one.inspectors[..]))
        .collect();
    assert_eq!(
        visits.len(),
        3,
        "a visit that met nobody tells nothing of those who went"
    );
    assert!(visits.contains(&(2.0, true, &[0, 1])) && visits.contains(&(4.0, false, &[1, 2])));
    let mut blocks: Vec<u32> = past.visits.iter().map(|visit| visit.block).collect();
    blocks.dedup();
    assert_eq!(blocks.len(), 3, "round and office");
}

#[test]
fn waves_depend_on_no_partition_and_no_order_of_rows() {
    let desk = Desk::new();
    let reversed = |text: &str| {
        let (head, rows) = text.split_once('\n').unwrap();
        let rows: Vec<&str> = rows.lines().rev().collect();
        format!("{head}\n{}\n", rows.join("\n"))
    };
    let other = Desk {
        folder: TempDir::new().unwrap(),
        draws: reversed(DRAWS),
        visits: reversed(VISITS),
        events: reversed(EVENTS),
    };
    let (one, three) = (desk.past(1).unwrap(), other.past(3).unwrap());
    assert_eq!(one.waves, three.waves);
    assert_eq!(one.visits, three.visits);
    assert_eq!(
        (one.account, one.inspectors),
        (three.account, three.inspectors)
    );
    let again = |past: &Past| {
        let mut drawn = vec![false; 4];
        let draw = |replicate| {
            past.engines[0].redraw(replicate, &mut drawn);
            drawn.clone()
        };
        (0..50).map(draw).collect::<Vec<_>>()
    };
    let (two, three) = (desk.past(2).unwrap(), other.past(3).unwrap());
    assert_eq!(again(&two), again(&three));
}

#[test]
fn results_that_belong_to_no_draw_are_counted_and_not_used() {
    let mut desk = Desk::new();
    desk.visits += "v5,A,2023-02-01,,1,1,i1,draw,R1\n\
        v6,B,2023-04-01,,1,1,i1,draw,R1\n\
        v7,D,2024-04-01,,1,1,i1,draw,R2\n\
        v8,A,2024-04-01,,1,1,i1,complaint,R1\n\
        v9,A,2024-04-02,,1,1,i1,draw,R9\n\
        v10,A,2024-04-03,,1,1,i1,draw,\n\
        v11,A,2024-04-04,,1,1,i1,campaign,\n";
    let expected = [
        ("draw-unknown", 1),
        ("draw-not-named", 1),
        ("not-in-frame", 1),
        ("not-drawn", 1),
        ("before-draw", 1),
        ("other-channel", 1),
    ];
    let expected = expected.map(|(label, n)| (label.to_owned(), n));
    assert_eq!(desk.set_aside(), expected);
    let with = desk.past(1).unwrap();
    assert_eq!(with.waves, Desk::new().past(1).unwrap().waves);
}

#[test]
fn draws_without_outcomes_and_outcomes_without_draws_give_no_numbers() {
    let mut desk = Desk::new();
    desk.events = "object_id,event_on,known_on,kind\nA,2022-05-01,2022-05-02,欠税\n".into();
    let past = desk.past(1).unwrap();
    let units = || past.waves.iter().flat_map(|wave| &wave.units);
    assert!(units().all(|unit| unit.outcome.is_none() && unit.before.is_none()));
    assert_eq!(past.account.kinds_without_events, ["投诉举报"]);
    for partitions in 1..4 {
        let account = Desk::new().past(partitions).unwrap().account;
        assert_eq!(account.kinds_without_events, Vec::<String>::new());
    }
    let mut desk = Desk::new();
    desk.draws = DRAWS.lines().next().unwrap().to_owned() + "\n";
    let past = desk.past(1).unwrap();
    assert!(past.waves.is_empty() && past.visits.is_empty());
    assert_eq!(desk.set_aside(), [("draw-unknown".to_owned(), 4)]);
}

#[test]
fn probabilities_of_1_everywhere_leave_nothing_to_draw_again() {
    let mut desk = Desk::new();
    let certain = DRAWS
        .replace(",0.5,", ",1,")
        .replace(",0.25,", ",1,")
        .replace(",否,", ",是,");
    desk.draws = certain;
    let past = desk.past(1).unwrap();
    let mut drawn = vec![false; 4];
    past.engines[0].redraw(9, &mut drawn);
    assert_eq!(drawn, [true; 4]);
}

#[test]
fn rows_that_contradict_each_other_about_their_draw_stop_with_its_name() {
    for (from, to) in [
        ("R1,B,2023-03-01", "R1,B,2023-03-02"),
        (
            "0.5,否,main,pareto\n    R1,C",
            "0.5,否,measure,pareto\n    R1,C",
        ),
        (
            "R2,B,2024-03-01,一,0.25,是,measure,poisson",
            "R2,B,2024-03-01,一,0.25,是,measure,pareto",
        ),
    ] {
        let mut desk = Desk::new();
        let from = from.replace("\n    ", "\n");
        assert!(DRAWS.contains(&from), "{from}");
        desk.draws = DRAWS.replace(&from, &to.replace("\n    ", "\n"));
        let said = desk.past(1).unwrap_err().to_string();
        assert!(
            said.starts_with("round R") && said.contains("one design"),
            "{said}"
        );
    }
}

#[test]
fn rows_of_draws_are_refused_by_rule() {
    let mut desk = Desk::new();
    desk.draws += "R3,A,2024-05-01,,0,否,main,pareto\n\
        R3,B,2024-05-01,,1.2,否,main,pareto\n\
        R3,C,2024-05-01,,0.2,否,later,pareto\n\
        R3,D,2024-05-01,,0.2,否,main,lottery\n\
        R4,A,2024-05-01,,1,否,main,pareto\n\
        R4,X,2024-05-01,,0.2,否,main,pareto\n\
        R4,B,2024-05-01,,,否,main,pareto\n\
        R1,A,2023-03-01,,0.4,否,main,pareto\n\
        R5,A,2025-01-01,,0.4,否,main,pareto\n";
    let (snapshot, _) = desk.read(1);
    let counts = snapshot
        .counts()
        .iter()
        .find(|counts| counts.table == "draws");
    let counts = counts.unwrap();
    assert_eq!(
        (counts.read, counts.accepted, counts.refused, counts.later),
        (16, 7, 8, 1)
    );
    let refused = frame(snapshot.refused());
    let texts = |column: &str| {
        let texts = refused.column(column).unwrap().str().unwrap().clone();
        texts
            .iter()
            .map(|text| text.unwrap_or("").to_owned())
            .collect::<Vec<_>>()
    };
    let mut rules = texts("rule");
    rules.sort_unstable();
    let expected = [
        "certain-not-drawn",
        "design-unknown",
        "draw-duplicate",
        "object-unknown",
        "pi-out-of-range",
        "pi-out-of-range",
        "stream-unknown",
        "value-missing",
    ];
    assert_eq!(rules, expected);
    assert!(
        texts("column").contains(&"入样概率".to_owned()),
        "the header an officer looks for"
    );
}

fn frame(path: &Path) -> DataFrame {
    let path = PlRefPath::new(path.to_str().unwrap());
    let frame = LazyFrame::scan_parquet(path, ScanArgsParquet::default());
    frame.unwrap().collect().unwrap()
}

#[test]
fn a_job_that_looks_for_deterrence_names_what_it_lacks_all_at_once() {
    let mut job = with(light_job(), "deterrence.outcomes", Vec::<String>::new());
    job = with(job, "deterrence.redraws", 5);
    job["ingest"].as_table_mut().unwrap().remove("draws");
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("job.toml");
    fs::write(&file, job.to_string()).unwrap();
    let overrides = Overrides {
        data: Some(data().to_str().unwrap().to_owned()),
        ..Overrides::default()
    };
    let problems = Job::read(&file, &overrides).unwrap_err();
    let keys: Vec<&str> = problems
        .iter()
        .map(|problem| problem.key.as_str())
        .collect();
    assert_eq!(
        keys,
        ["ingest.draws", "deterrence.outcomes", "deterrence.redraws"]
    );
}

// --- worlds -------------------------------------------------------------------------------------------------------------

/// The county's world with more lines, `n` objects, made in a folder of its own.
fn world(more: &str, n: u64) -> (TempDir, PathBuf) {
    let text = fs::read_to_string(root().join("pipelines/worlds/guantao.toml")).unwrap();
    let text = text.replace("[visits]\n", &format!("{more}\n[visits]\n"));
    let world = World::parse(&text, "world.toml")
        .unwrap()
        .with_objects(n)
        .unwrap();
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("world");
    simulate::make(&world, &out, &Meter::silent()).unwrap();
    (folder, out)
}

#[test]
fn the_simulator_writes_the_design_it_really_used() {
    let draws = frame(&data().join("draws.parquet"));
    let pi = draws.column("pi").unwrap().f64().unwrap();
    assert_eq!((pi.min(), pi.max()), (Some(0.025), Some(0.025)));
    let n_drawn = f64::from(
        draws
            .column("drawn")
            .unwrap()
            .bool()
            .unwrap()
            .sum()
            .unwrap(),
    );
    let expected = 0.025 * f64::from(u32::try_from(draws.height()).unwrap());
    assert!(
        (n_drawn - expected).abs() <= 5.0 * (expected * 0.975).sqrt(),
        "{n_drawn} {expected}"
    );
    let key = ["draw_id", "object_id"].map(col);
    let visits = frame(&data().join("inspections.parquet")).lazy();
    let visits = visits.filter(
        col("channel")
            .eq(lit("draw"))
            .and(col("object_id").str().starts_with(lit("99999999MZ")).not()),
    );
    let n_visits = visits.clone().collect().unwrap().height();
    let chosen = draws.lazy().filter(col("drawn"));
    let of_draws = visits.join(chosen, key.clone(), key, JoinArgs::new(JoinType::Semi));
    assert_eq!(
        of_draws.collect().unwrap().height(),
        n_visits,
        "every visit by lot has its row"
    );
}

#[test]
fn a_planted_deterrent_is_what_its_truth_says_and_moves_only_its_kinds() {
    let rule = "[deterrent]\nkinds = [\"投诉举报\"]\nfactor = 0.3\ndays = 365\npeers = 0.9\n";
    let (_folder, planted) = world(rule, 6000);
    let truth = frame(&planted.join("truth.parquet"));
    let sum = |column: &str| truth.column(column).unwrap().i64().unwrap().sum().unwrap();
    let (if_drawn, if_not) = (sum("events_if_drawn"), sum("events_if_not"));
    assert!(
        if_drawn < if_not && sum("any_if_drawn") < sum("any_if_not"),
        "{if_drawn} {if_not}"
    );
    let n_rounds = sum("rounds");
    let draws = frame(&planted.join("draws.parquet"));
    assert_eq!(usize::try_from(n_rounds).unwrap(), draws.height());
    let (_folder, plain) = world("", 6000);
    let events = |folder: &Path, is_kind: bool| {
        let kind = col("kind").eq(lit("投诉举报"));
        let kind = if is_kind { kind } else { kind.not() };
        let events = frame(&folder.join("credit_events.parquet"))
            .lazy()
            .filter(kind);
        events.collect().unwrap().height()
    };
    assert!(
        events(&planted, true) < events(&plain, true),
        "peers keep away a tenth"
    );
    let (with, without) = (events(&planted, false), events(&plain, false));
    assert!(with.abs_diff(without) * 20 < without, "{with} {without}");
    let columns = frame(&plain.join("truth.parquet"));
    assert!(
        columns.column("rounds").is_err(),
        "nothing planted, nothing said"
    );
}

#[test]
fn a_deterrent_that_cannot_be_is_refused_key_by_key() {
    let text = fs::read_to_string(root().join("pipelines/worlds/guantao.toml")).unwrap();
    let rule = "[deterrent]\nkinds = [\"晴天\"]\nfactor = 1.5\ndays = 0\npeers = 0.0\n\n[visits]\n";
    let said = World::parse(&text.replace("[visits]\n", rule), "world.toml").unwrap_err();
    let said = said.to_string();
    for key in [
        "deterrent.kinds",
        "deterrent.factor",
        "deterrent.days",
        "deterrent.peers",
    ] {
        assert!(said.contains(key), "{said}");
    }
}
