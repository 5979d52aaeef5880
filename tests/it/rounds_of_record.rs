//! Rounds of record as estimates meet them: three of them played and evaluated, and the chance of being taken by one of several items.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::thread::sleep;
use std::time::Duration;

use choucha::draw::{self, select_stream};
use choucha::ledger::{Ledger, RecordedTaking, RecordedUnit, RecordedVisit};
use choucha::units::Meter;
use rayon::prelude::*;
use serde_json::Value as Json;
use toml::Table;

use crate::ceremony::{ROUND, act, at_w, drawn, job, now, seal_before_event};
use crate::draw_laws::{MemoryFrame, Rows, seal, sizes};
use crate::small_county::{Office, copy_folder, kept, with};
use crate::statistics::sub_seed;

// --- several items ------------------------------------------------------------------------------------------------------

/// Two items draw from overlapping frames with the same tickets; a fifth of their objects is gone.
#[test]
fn the_largest_threshold_of_several_items_is_the_chance_that_any_took_an_object() {
    let size = |i: u32| 1 + (i * 7) % 9;
    let rows = |from: u32, until: u32, size: &dyn Fn(u32) -> u32| -> Rows {
        (from..until)
            .map(|i| (format!("id{i:03}"), "A".to_owned(), size(i)))
            .collect()
    };
    let frames = [rows(0, 160, &size), rows(40, 200, &size)];
    let plans = [(&frames[0], 14), (&frames[1], 13)];
    let plans = plans.map(|(rows, n)| seal(&sizes(&[("A", n)], 60), rows, 1).unwrap());
    let number = |id: &str| id[2..].parse::<u32>().unwrap();
    let dead: BTreeSet<String> = (0..200)
        .filter(|i| i % 5 == 0)
        .map(|i| format!("id{i:03}"))
        .collect();
    let y = |id: &str| f64::from(u32::from(!dead.contains(id) && number(id) % 3 == 1));
    let truth: f64 = (0..200).map(|i| y(&format!("id{i:03}"))).sum();
    let mut chance: BTreeMap<&str, f64> = BTreeMap::new();
    for (plan, rows) in plans.iter().zip(&frames) {
        for (id, _, size) in rows {
            let q = chance.entry(id).or_default();
            *q = q.max(plan.strata[0].level(*size).unwrap().target);
        }
    }
    let memory = frames.each_ref().map(|rows| MemoryFrame::new(rows, 1));
    let one = |number: u32| {
        let mut taken: BTreeMap<String, Vec<RecordedTaking>> = BTreeMap::new();
        let mut drawn: BTreeSet<String> = BTreeSet::new();
        for (draw, (plan, frame)) in plans.iter().zip(&memory).enumerate() {
            let seed = sub_seed(2_000_000 + number);
            let sample = select_stream(plan, seed, frame, &Meter::silent()).unwrap();
            drawn.extend(sample.drawn().map(|unit| unit.id.clone()));
            let replaced = draw::replace(&plan.strata[0], &sample.strata[0], &dead);
            for one in replaced.taken {
                taken.entry(one.unit.id).or_default().push(RecordedTaking {
                    draw,
                    is_measure: false,
                    theta: 1.0 / one.weight,
                });
            }
        }
        let by_theta = taken
            .into_iter()
            .map(|(id, taken)| y(&id) / pi_taken(taken));
        // Everybody drawn, dead or not, weighted by the larger of the two realised chances.
        let by_largest = drawn.iter().map(|id| 1.0 / chance[id.as_str()]);
        (by_theta.sum::<f64>(), by_largest.sum::<f64>())
    };
    let n_draws = 4_000;
    let found: Vec<(f64, f64)> = (0..n_draws).into_par_iter().map(one).collect();
    let n = f64::from(n_draws);
    let moments = |of: fn(&(f64, f64)) -> f64| {
        let mean = found.iter().map(of).sum::<f64>() / n;
        let squares = found.iter().map(|one| (of(one) - mean).powi(2));
        (mean, (squares.sum::<f64>() / n / n).sqrt())
    };
    let (theta, se) = moments(|one| one.0);
    assert!((theta - truth).abs() < 4.0 * se, "{theta} {truth} {se}");
    let (largest, se) = moments(|one| one.1);
    assert!(
        largest - 200.0 > 4.0 * se,
        "the largest realised chance is the least that the chance of any can be: {largest} {se}"
    );
    assert!(largest < 200.0 * 1.15, "and not far below it: {largest}");
}

fn pi_taken(taken: Vec<RecordedTaking>) -> f64 {
    let visit = RecordedVisit {
        taken,
        ..RecordedVisit::default()
    };
    let unit = RecordedUnit {
        visit: Some(Box::new(visit)),
        ..RecordedUnit::default()
    };
    unit.pi_taken()
}

// --- three rounds -------------------------------------------------------------------------------------------------------

/// Ids of the rounds, in the order they are played.
const ROUNDS: [&str; 3] = [ROUND, "GT-2025-LH02", "GT-2025-LH03"];
/// Objects of a round that are visited twice, blind.
const BLIND: usize = 40;

/// A workspace with three drawn rounds, their inspectors and results; of the second some targets could not be inspected.
fn played() -> Office {
    static KEPT: OnceLock<PathBuf> = OnceLock::new();
    let folder = KEPT.get_or_init(|| {
        let office = drawn();
        record(&office, ROUND);
        play(&office, ROUNDS[1]);
        replace(&office, ROUNDS[1]);
        record(&office, ROUNDS[1]);
        play(&office, ROUNDS[2]);
        record(&office, ROUNDS[2]);
        let folder = kept("three rounds of record");
        copy_folder(&office.path("."), &folder);
        folder
    });
    let office = Office::new();
    copy_folder(folder, &office.path("."));
    office
}

fn of_round(id: &str) -> Table {
    with(job(), "round.id", id)
}

/// Seals, lodges, publishes, draws and assigns another round.
fn play(office: &Office, id: &str) {
    let event = seal_before_event(office, &of_round(id));
    let ledger = Ledger::open(&office.path("w")).unwrap();
    let sealed_at = ledger.state().round(id).unwrap().sealed_at.to_string();
    let custody = ["record", "--round", id, "--custody", "evidence.txt"];
    let holder = ["--holder", "县纪委监委", "--lodged-at", &sealed_at];
    act(office, &[&custody[..], &holder].concat());
    let receipt = ["record", "--round", id, "--receipt", "evidence.txt"];
    let place = ["--where", "县政府网站", "--published-at", &sealed_at];
    act(office, &[&receipt[..], &place].concat());
    while now() < event {
        sleep(Duration::from_millis(50));
    }
    let dice = "6 1 5 2 4 3 6 6 1 2 3 5 4";
    let source = "公证处现场掷骰子，公证员在场（演练）";
    act(
        office,
        &["draw", id, "--seed", dice, "--seed-source", source],
    );
    act(office, &["assign", id]);
}

fn in_round(id: &str, part: &str) -> String {
    format!("w/rounds/{id}/{part}")
}

fn text(office: &Office, id: &str, part: &str) -> String {
    String::from_utf8(office.read(&in_round(id, part))).unwrap()
}

/// Three targets drawn by lot are gone; the reserve moves up and gets inspectors.
fn replace(office: &Office, id: &str) {
    let list = text(office, id, "draw/internal/drawn.csv");
    let by_lot = list
        .lines()
        .filter(|line| line.contains(",SX02,") && line.contains(",false,"));
    let ids = by_lot.take(3).map(|line| line.split(',').next().unwrap());
    let rows: Vec<String> = ids.map(|id| format!("{id},失联\n")).collect();
    office.write(
        "gone.csv",
        format!("统一社会信用代码,原因\n{}", rows.concat()),
    );
    let record = ["record", "--round", id, "--unusable", "gone.csv"];
    act(
        office,
        &[&record[..], &["--evidence", "evidence.txt"]].concat(),
    );
    act(office, &["assign", id]);
}

/// Enters results of everybody the round takes who can be met, but one; the first are visited twice.
fn record(office: &Office, id: &str) {
    let ledger = Ledger::open(&office.path("w")).unwrap();
    let round = ledger.recorded(id).unwrap();
    let taken = round
        .units
        .iter()
        .filter(|unit| unit.is_taken() && !unit.is_unusable());
    let rows = taken.skip(1).enumerate().map(|(at, unit)| {
        let found = if at % 3 == 0 { "是" } else { "否" };
        let second = match at {
            at if at >= BLIND => "",
            at if at % 6 == 0 => "是",
            _ => "否",
        };
        format!("{},{},{found},,{second}\n", unit.object_id, round.drawn_on)
    });
    let rows: String = rows.collect();
    office.write(
        "results.csv",
        format!("object_id,inspected_on,found,codes,双盲复查是否发现问题\n{rows}"),
    );
    act(
        office,
        &["record", "--round", id, "--results", "results.csv"],
    );
}

fn evaluation(office: &Office, out: &str) -> Json {
    let bytes = office.read(&format!("{out}/evaluation.json"));
    serde_json::from_slice(&bytes).unwrap()
}

#[test]
fn three_rounds_of_record_say_who_went_what_was_done_and_what_each_item_found() {
    let office = played();
    let said = act(&office, &["evaluate", "--out", "评估"]);
    assert!(
        said.contains("unusable: 3") && said.contains("without-result: 3"),
        "{said}"
    );
    let found = evaluation(&office, "评估");
    let ids = |list: &Json, name: &str| -> Vec<String> {
        let list = list.as_array().unwrap().iter();
        list.map(|one| one[name].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(ids(&found["past"]["rounds"], "draw_id"), ROUNDS);
    assert_eq!(found["over_time"]["points"].as_array().unwrap().len(), 3);
    let mix = ids(&found["over_time"]["mix"], "label");
    assert!(
        mix.iter()
            .all(|label| ["A", "B", "C", "D", "U"].contains(&label.as_str())),
        "{mix:?}"
    );
    assert!(mix.len() >= 4, "classes of the seals: {mix:?}");

    let items = found["past"]["items"].as_array().unwrap();
    assert!(items.len() >= 2);
    for item in items {
        assert!(!item["department"].as_str().unwrap().is_empty(), "{item}");
        assert_eq!(ids(&item["points"], "id"), ROUNDS);
    }

    let detection = &found["detection"];
    assert_eq!(detection["assignment"], "random");
    let double = &detection["double_inspection"];
    assert_eq!(double["n"].as_u64().unwrap(), 3 * BLIND as u64);
    assert_eq!(double["n_both"].as_u64().unwrap(), 3 * 7);
    let people = named(&office);
    let shown = ids(&detection["inspectors"], "inspector");
    assert!(shown.iter().all(|id| people.contains(id)), "{shown:?}");
    let n_judged = shown.len() as u64 + detection["n_suppressed"].as_u64().unwrap();
    assert!(n_judged > 0 && n_judged <= people.len() as u64);

    let mechanism = &found["mechanism"];
    assert!(mechanism["departments"].as_array().unwrap().len() >= 2);
    let state = |id: &str| {
        let all = mechanism["indicators"].as_array().unwrap();
        let one = all.iter().find(|one| one["id"] == id).unwrap();
        one["overall"]["state"].as_str().unwrap().to_owned()
    };
    for known in [
        "completion",
        "round_completion",
        "cross_department",
        "hit_rate",
        "two_inspectors",
    ] {
        assert_eq!(state(known), "known", "{known}");
    }
    for unknown in ["item_coverage", "coverage_register", "followed_up"] {
        assert_eq!(state(unknown), "no_data", "{unknown}");
    }
    let page = fs::read_to_string(office.path("评估/report.html")).unwrap();
    for part in [
        "id=\"rounds\"",
        "id=\"inspectors\"",
        "双重检查 120 户",
        "其中：无法检查 3；",
    ] {
        assert!(page.contains(part), "{part}");
    }
    assert!(office.path("评估/mechanism.html").is_file());
    act(&office, &["evaluate", "--out", "again"]);
    let again = office.read("again/evaluation.json");
    assert_eq!(again, office.read("评估/evaluation.json"));
}

/// Everybody the published teams name.
fn named(office: &Office) -> BTreeSet<String> {
    let files = |id: &str| {
        let folder = office.path(&in_round(id, ""));
        let parts = fs::read_dir(folder)
            .unwrap()
            .map(|part| part.unwrap().path());
        let tables = parts.map(|part| part.join("public/assignments.csv"));
        tables.filter(|table| table.is_file()).collect::<Vec<_>>()
    };
    let tables = ROUNDS.iter().flat_map(|id| files(id));
    let team = |line: &str| line.split(',').nth(2).unwrap_or_default().to_owned();
    let teams = tables.flat_map(|table| {
        lines(&table)
            .iter()
            .map(|line| team(line))
            .collect::<Vec<_>>()
    });
    let people = teams.flat_map(|team| team.split(';').map(str::to_owned).collect::<Vec<_>>());
    people.filter(|id| !id.is_empty()).collect()
}

fn lines(path: &Path) -> Vec<String> {
    let text = fs::read_to_string(path).unwrap();
    text.lines().skip(1).map(str::to_owned).collect()
}

#[test]
fn rounds_of_record_know_the_items_and_the_register_of_a_job_and_deter_by_their_own_design() {
    let office = played();
    let mut job = with(of_round(ROUNDS[2]), "as_of", "2035-01-01");
    job = with(job, "workspace.path", "w");
    job = with(job, "deterrence.outcomes", vec!["投诉举报"]);
    job = with(job, "deterrence.redraws", 99);
    job = with(job, "mechanism.window_days", 3660);
    office.job(&job);
    office
        .choucha(&["evaluate", "job.toml", "--out", "评估"])
        .succeeds();
    act(&office, &["evaluate", "--out", "plain"]);
    let (found, plain) = (evaluation(&office, "评估"), evaluation(&office, "plain"));
    assert_eq!(found["detection"], plain["detection"]);
    assert_eq!(found["past"], plain["past"]);
    let waves = found["deterrence"]["waves"].as_array().unwrap();
    assert_eq!(waves.len(), 3);
    for (wave, round) in waves
        .iter()
        .zip(plain["past"]["rounds"].as_array().unwrap())
    {
        assert_eq!(
            (&wave["wave"], &wave["n_drawn"]),
            (&round["draw_id"], &round["n_drawn"])
        );
    }
    let reading = |id: &str| {
        let all = found["mechanism"]["indicators"].as_array().unwrap();
        all.iter().find(|one| one["id"] == id).unwrap()["overall"].clone()
    };
    assert_eq!(reading("coverage_register")["state"], "known");
    office.refuses(&at_w(&["evaluate", "nowhere.toml"]), 1, &["nowhere.toml"]);
}
