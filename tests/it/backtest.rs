//! The back-test: what a cut-off may look at, which rows it has, what the choice may look at, and the measures themselves.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use choucha::backtest;
use choucha::evaluate::{self, Extent, Fold, FoldRow, RollingFacts, Rule, Trained};
use choucha::job::{BacktestJob, Overrides};
use choucha::units::{Day, Meter};
use serde_json::Value as Json;
use toml::{Table, Value};

use crate::shared::shared;
use crate::small_county::{Office, pipeline, root, with};

const OBJECTS: u32 = 260;
/// W of the job.
const WINDOW: i32 = 60;
/// First day of the records.
const START: i32 = 18_000;
/// Days of records.
const DAYS: i32 = 900;
/// The last cut-off; its window ends with the records.
const LAST: i32 = START + DAYS - WINDOW;

/// One visit of the made-up town.
#[derive(Clone)]
struct Visit {
    object: u32,
    day: i32,
    known: i32,
    is_routine: bool,
    found: bool,
}

/// One credit event.
#[derive(Clone)]
struct Event {
    object: u32,
    day: i32,
    known: i32,
}

/// A made-up town: places differ in how often something is found.
#[derive(Clone)]
pub(crate) struct Town {
    visits: Vec<Visit>,
    events: Vec<Event>,
}

/// Numbers that look random and are always the same.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u32) -> u32 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        u32::try_from((self.0 >> 33) % u64::from(n)).unwrap()
    }
}

impl Town {
    pub(crate) fn new() -> Self {
        let mut dice = Dice(7);
        let mut town = Self {
            visits: Vec::new(),
            events: Vec::new(),
        };
        for object in 0..OBJECTS {
            let bad = 8 + 6 * (object % 9); // per cent
            let mut day = START + i32::try_from(dice.below(50)).unwrap();
            while day < START + DAYS {
                let is_routine = dice.below(4) > 0;
                let late = if dice.below(10) == 0 { 80 } else { 0 };
                town.visits.push(Visit {
                    object,
                    day,
                    known: day + late,
                    is_routine,
                    found: dice.below(100) < bad,
                });
                if dice.below(100) < bad {
                    town.events.push(Event {
                        object,
                        day: day + 5,
                        known: day + 9,
                    });
                }
                day += 25 + i32::try_from(dice.below(40)).unwrap();
            }
        }
        town
    }

    fn write(&self, office: &Office) {
        let mut objects =
            "object_id,name,region_code,industry_code,established_on,type\n".to_owned();
        for object in 0..OBJECTS {
            let (region, industry, kind) = (object % 5, object % 7, object % 3);
            writeln!(
                objects,
                "T{object:04},店{},R{region},I{industry},2010-01-0{},k{kind}",
                object % 40,
                1 + object % 9
            )
            .unwrap();
        }
        let mut visits =
            "visit_id,object_id,inspected_on,known_on,item_id,found,severity,inspector_ids,share\n"
                .to_owned();
        for (place, visit) in self.visits.iter().enumerate() {
            let item = if visit.is_routine { "routine" } else { "other" };
            let severity = if visit.found { 20 } else { visit.object % 9 };
            let (day, known) = (Day::from_days(visit.day), Day::from_days(visit.known));
            let share = if visit.object % 2 == 0 { "0.05" } else { "0.5" };
            writeln!(
                visits,
                "V{place:05},T{:04},{day},{known},{item},{},{severity},P{},{share}",
                visit.object,
                visit.found,
                visit.object % 4
            )
            .unwrap();
        }
        let mut events = "object_id,event_on,known_on,kind\n".to_owned();
        for event in &self.events {
            let (day, known) = (Day::from_days(event.day), Day::from_days(event.known));
            writeln!(events, "T{:04},{day},{known},complaint", event.object).unwrap();
        }
        office
            .write("objects.csv", objects)
            .write("visits.csv", visits)
            .write("events.csv", events);
    }

    /// First routine visits in the window after `cutoff` of those known before `until`, by object.
    fn first_visits(&self, cutoff: i32, until: i32) -> BTreeMap<u32, bool> {
        let window = cutoff..cutoff + WINDOW;
        let mut visits: Vec<&Visit> = self
            .visits
            .iter()
            .filter(|visit| visit.is_routine && window.contains(&visit.day) && visit.known < until)
            .collect();
        visits.sort_by_key(|visit| std::cmp::Reverse(visit.day));
        visits
            .into_iter()
            .map(|visit| (visit.object, visit.found))
            .collect()
    }
}

pub(crate) fn job() -> Table {
    let catalogue = root().join("pipelines/indicators/inspection.toml");
    let text = format!(
        r#"
version = 1
name = "town"
title = "A made-up town"
synthetic = true
[ingest.objects]
path = "objects.csv"
[ingest.objects.constants]
id_scheme = "town"
status = "listed"
region_scheme = "r"
industry_scheme = "i"
[ingest.objects.extra]
type = {{ column = "type", type = "str" }}
[ingest.inspections]
path = "visits.csv"
[ingest.inspections.constants]
id_scheme = "town"
channel = "draw"
[ingest.inspections.extra]
share = {{ column = "share", type = "f64" }}
[ingest.credit_events]
path = "events.csv"
[ingest.credit_events.constants]
id_scheme = "town"
[registers]
[backtest]
catalogues = ["{}"]
routine = "item_id = 'routine'"
window_days = {WINDOW}
cutoffs = {{ last = "{}", n = 3 }}
past = 2
rows_min = 30
replicates = 200
subsets = ["region_code"]
probability = "share"
[backtest.baselines]
past_rate = "own_rate"
days_since_last = "days_since_routine"
[[backtest.model]]
name = "logistic"
logistic = {{}}
[[backtest.model]]
name = "boosted"
boosted = {{ trees = 8, rows_min = 40 }}
[[backtest.model]]
name = "blend"
blend = ["logistic", "boosted"]
"#,
        catalogue.display(),
        Day::from_days(LAST)
    );
    text.parse().unwrap()
}

pub(crate) fn office(town: &Town, job: &Table) -> Office {
    let office = Office::new();
    town.write(&office);
    office.job(job);
    office
}

pub(crate) fn result(office: &Office, more: &[&str]) -> Json {
    office.walk("backtest", more).succeeds();
    serde_json::from_slice(&office.read("result/backtest.json")).unwrap()
}

fn tried(town: &Town) -> Json {
    result(&office(town, &job()), &[])
}

#[test]
fn rows_are_the_objects_whose_first_routine_visit_falls_in_the_window() {
    let town = Town::new();
    let tried = tried(&town);
    for (fold, back) in tried["folds"].as_array().unwrap().iter().zip([2, 1, 0]) {
        let cutoff = LAST - back * WINDOW;
        assert_eq!(fold["cutoff"], Day::from_days(cutoff).to_string());
        let rows = town.first_visits(cutoff, LAST + WINDOW);
        let hits = rows.values().filter(|found| **found).count();
        for model in ["logistic", "random", "chosen"] {
            let measures = &fold["models"][model];
            assert_eq!(measures["rows"], rows.len());
            let base =
                measures["base"].as_f64().unwrap() * f64::from(u32::try_from(rows.len()).unwrap());
            assert!((base - f64::from(u32::try_from(hits).unwrap())).abs() < 1e-9);
        }
        let learnt: Vec<BTreeMap<u32, bool>> = (1..100)
            .map(|k| cutoff - 20 * k)
            .take_while(|day| *day > START - WINDOW)
            .map(|day| town.first_visits(day, cutoff))
            .filter(|rows| rows.len() >= 30)
            .collect();
        let n: usize = learnt.iter().map(BTreeMap::len).sum();
        let hits = learnt
            .iter()
            .flat_map(BTreeMap::values)
            .filter(|found| **found)
            .count();
        assert_eq!(fold["trained"]["rows"], n);
        assert_eq!(fold["trained"]["positives"], hits);
    }
}

#[test]
fn no_record_on_or_after_a_cut_off_changes_its_scores() {
    let town = Town::new();
    let mut other = town.clone();
    let mut seen = std::collections::BTreeSet::new();
    other.visits.sort_by_key(|visit| visit.day);
    for visit in other.visits.iter_mut().filter(|visit| visit.day >= LAST) {
        // The label of a row is its first routine visit; everything else from the cut-off on is turned round.
        let is_label = visit.is_routine && visit.known < LAST + WINDOW && seen.insert(visit.object);
        if !is_label {
            visit.found = !visit.found;
        }
    }
    for object in 0..OBJECTS {
        other.events.push(Event {
            object,
            day: LAST - 200,
            known: LAST,
        });
        other.events.push(Event {
            object,
            day: LAST + 1,
            known: LAST + 1,
        });
    }
    let (before, after) = (tried(&town), tried(&other));
    for part in [
        "folds",
        "earlier",
        "mean",
        "lift",
        "within",
        "subsets",
        "calibration",
    ] {
        assert_eq!(before[part], after[part], "{part}");
    }
    let mut earlier = town.clone();
    for visit in earlier
        .visits
        .iter_mut()
        .filter(|visit| visit.known < LAST - 30)
    {
        visit.found = !visit.found;
    }
    assert_ne!(
        before["folds"][2]["models"]["logistic"],
        tried(&earlier)["folds"][2]["models"]["logistic"]
    );
}

#[test]
fn a_penalty_left_to_the_rule_is_chosen_on_what_was_known_at_each_cut_off() {
    let text =
        "[[model]]\nname = \"net\"\nlogistic = { penalty = \"auto\", nuisance = [\"month\"] }";
    let models: Table = text.parse().unwrap();
    let job = with(job(), "backtest.model", models["model"].clone());
    let job = with(job, "backtest.candidates", Value::from(vec!["net"]));
    let penalties = |town: &Town| -> Vec<f64> {
        let tried = result(&office(town, &job), &[]);
        let folds = tried["folds"].as_array().unwrap().iter();
        let chosen = folds.map(|fold| fold["trained"]["penalties"]["net"].as_f64().unwrap());
        chosen.collect()
    };
    let town = Town::new();
    let mut other = town.clone();
    for visit in other.visits.iter_mut().filter(|visit| visit.day >= LAST) {
        visit.found = !visit.found;
    }
    let chosen = penalties(&town);
    assert_eq!(chosen, penalties(&other));
    let path = (0..10).map(|step| 1.28 / f64::from(1 << step));
    let path: Vec<f64> = path.collect();
    let is_on = |own: &f64| path.iter().any(|step| (step - own).abs() < 1e-12);
    assert!(chosen.len() == 3 && chosen.iter().all(is_on), "{chosen:?}");
}

#[test]
fn the_result_does_not_depend_on_threads_or_partitions() {
    let town = Town::new();
    let office = office(&town, &job());
    let one = result(&office, &["--threads", "1"]);
    std::fs::remove_dir_all(office.path("result")).unwrap();
    assert_eq!(
        one,
        result(&office, &["--threads", "3", "--partitions", "4"])
    );
}

#[test]
fn a_back_test_has_a_page_a_workbook_and_the_agreed_numbers() {
    let town = Town::new();
    let office = office(&town, &job());
    let tried = result(&office, &["--lang", "en"]);
    let page = String::from_utf8(office.read("result/backtest.html")).unwrap();
    for said in [
        "Back-test",
        "chosen by the rule",
        "Against the baselines",
        "Synthetic data",
    ] {
        assert!(page.contains(said), "{said}");
    }
    assert!(office.read("result/backtest.xlsx").starts_with(b"PK"));
    let keys: Vec<&String> = tried["mean"]["logistic"]
        .as_object()
        .unwrap()
        .keys()
        .collect();
    assert_eq!(keys, ["ap", "auc", "base", "p10", "p20", "rows"]);
    assert!(tried["chosen"].is_string() && tried["folds"][0]["models"]["past_rate"].is_object());
    let learnt = tried["mean"]["logistic"]["auc"].as_f64().unwrap();
    let random = tried["mean"]["random"]["auc"].as_f64().unwrap();
    assert!(learnt > random + 0.05, "{learnt} against {random}");
    assert!(tried["weighted"]["logistic"]["auc"].as_f64().is_some());
    assert!(
        tried["folds"][0]["trained"]["effective_n"]
            .as_f64()
            .unwrap()
            > 1.0
    );
    assert!(tried["within"]["chosen"]["pairs"].as_u64().unwrap() > 100);
    let again = office.walk("backtest", &["--lang", "en"]).succeeds();
    assert!(again.contains("nothing to do"), "{again}");
}

#[test]
fn a_back_test_that_cannot_be_made_says_which_cut_off_and_why() {
    let town = Town::new();
    let early = Day::from_days(START + 5).to_string();
    let cases = [
        (
            with(job(), "backtest.cutoffs", Value::from(vec![early.clone()])),
            3,
            early.as_str(),
        ),
        (
            with(job(), "backtest.outcome", "severity > 1000"),
            3,
            "a finding",
        ),
        (
            with(job(), "backtest.routine", "item_id = 'never'"),
            3,
            "no first routine visit",
        ),
        (
            with(job(), "backtest.baselines.past_rate", "nobody"),
            1,
            "must be an indicator of the catalogues",
        ),
        (
            with(job(), "backtest.subsets", Value::from(vec!["colour"])),
            1,
            "colour",
        ),
    ];
    for (job, code, fragment) in cases {
        let office = office(&town, &job);
        office.refuses(&office.args("backtest", &["--quiet"]), code, &[fragment]);
    }
}

#[test]
fn all_broken_settings_of_a_back_test_are_named_at_once() {
    let mut job = job();
    for (key, value) in [
        ("window_days", Value::from(0)),
        ("replicates", Value::from(3)),
        ("candidates", Value::from(vec!["magic"])),
    ] {
        job = with(job, &format!("backtest.{key}"), value);
    }
    let office = office(&Town::new(), &job);
    let said = [
        "backtest.window_days",
        "backtest.replicates",
        "must be one of the models",
    ];
    office.refuses(&office.args("check", &[]), 1, &said);
}

fn fold(day: i32, scores: &[(&str, Vec<f64>)], found: &[bool]) -> Fold {
    let row = |(place, found): (usize, &bool)| FoldRow {
        object_key: place as u64,
        found: *found,
        pi: None,
        inspector: None,
        groups: Vec::new(),
    };
    Fold {
        cutoff: Day::from_days(day),
        rows: found.iter().enumerate().map(row).collect(),
        scores: scores
            .iter()
            .map(|(name, scores)| ((*name).to_owned(), scores.clone()))
            .collect(),
        trained: Trained::default(),
        probability: None,
    }
}

fn rule(tie: f64) -> Rule {
    Rule {
        candidates: vec!["plain".to_owned(), "clever".to_owned()],
        past: 2,
        tie,
    }
}

#[test]
fn the_choice_looks_at_folds_that_had_ended_and_never_at_its_own() {
    let (good, bad) = (vec![0.1, 0.2, 0.9, 0.8], vec![0.9, 0.8, 0.1, 0.2]);
    let found = [false, false, true, true];
    let of = |day: i32, clever_is_good: bool| {
        let (plain, clever) = if clever_is_good {
            (&bad, &good)
        } else {
            (&good, &bad)
        };
        fold(
            day,
            &[("plain", plain.clone()), ("clever", clever.clone())],
            &found,
        )
    };
    let folds = [
        of(0, false),
        of(100, true),
        of(200, true),
        of(290, false),
        of(300, false),
    ];
    let chosen = rule(0.0).choose(&folds, Day::from_days(300), 60);
    assert_eq!(chosen.name, "clever");
    assert_eq!(chosen.past, [100, 200].map(Day::from_days));
    let mut turned = folds.clone();
    turned[4] = of(300, true);
    turned[3] = of(290, true);
    assert_eq!(rule(0.0).choose(&turned, Day::from_days(300), 60), chosen);
    assert_eq!(
        rule(1.0).choose(&folds, Day::from_days(300), 60).name,
        "plain"
    );
    let first = rule(0.0).choose(&folds, Day::from_days(0), 60);
    assert_eq!((first.name.as_str(), first.past.len()), ("plain", 0));
}

fn facts(models: &[&str]) -> RollingFacts {
    RollingFacts {
        title: String::new(),
        job: String::new(),
        office: String::new(),
        synthetic: false,
        window_days: 60,
        every_days: 20,
        n_indicators: 1,
        models: models.iter().map(|name| (*name).to_owned()).collect(),
        baselines: vec!["copy".to_owned()],
        subsets: Vec::new(),
        rule: Rule {
            candidates: vec![models[0].to_owned()],
            past: 2,
            tie: 0.0,
        },
        notes: Vec::new(),
    }
}

#[test]
fn measures_of_a_fold_agree_with_the_second_implementation() {
    let Some(path) = shared("measures_of_a_fold", "vectors/evaluation.json") else {
        return;
    };
    let all: Json = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let block = &all["ranking"];
    let list = |key: &str| -> Vec<f64> {
        let values = block[key].as_array().unwrap().iter();
        values.map(|value| value.as_f64().unwrap()).collect()
    };
    let found: Vec<bool> = list("y").iter().map(|y| *y > 0.5).collect();
    let scores = [("model", list("score")), ("copy", list("score"))];
    let mut one = fold(0, &scores, &found);
    for (row, weight) in one.rows.iter_mut().zip(list("ipw_weight")) {
        row.pi = Some(1.0 / weight);
    }
    let extent = Extent {
        budgets: vec![0.2, 0.35],
        replicates: 200,
        seed: [1; 32],
    };
    let rolling = evaluate::roll(
        facts(&["model", "copy"]),
        &[one],
        Day::from_days(0),
        &extent,
    )
    .unwrap();
    let close = |found: f64, expected: &Json| {
        let expected = expected.as_f64().unwrap();
        assert!((found - expected).abs() < 1e-9, "{found} is not {expected}");
    };
    let mean = &rolling.mean["model"];
    close(mean.base, &block["base_rate"]);
    close(mean.auc, &block["auc"]);
    close(mean.ap, &block["average_precision_sklearn"]);
    close(mean.p10, &block["precision_at_k"][0]["stable_order"]);
    close(mean.p20, &block["precision_at_k"][1]["stable_order"]);
    close(
        rolling.budgets[1].models["model"].precision,
        &block["precision_at_k"][2]["stable_order"],
    );
    close(
        rolling.budgets[0].models["model"].lift,
        &block["lift_top_20pct"],
    );
    let weighted = &rolling.weighted["model"];
    close(weighted.auc, &block["weighted_auc"]);
    close(weighted.ap, &block["weighted_average_precision"]);
    let same = rolling
        .differences
        .iter()
        .find(|one| one.model == "model")
        .unwrap();
    assert_eq!(
        (same.by.auc.low, same.by.auc.high),
        (Some(0.0), Some(0.0)),
        "paired"
    );
}

#[test]
fn a_fold_with_one_kind_of_label_is_refused_by_its_day() {
    let lone = fold(
        5,
        &[("model", vec![0.5, 0.4]), ("copy", vec![0.1, 0.2])],
        &[false, false],
    );
    let extent = Extent {
        budgets: vec![0.2],
        replicates: 200,
        seed: [1; 32],
    };
    let refused = evaluate::roll(
        facts(&["model", "copy"]),
        &[lone],
        Day::from_days(0),
        &extent,
    );
    assert_eq!(
        refused.unwrap_err().to_string(),
        "cut-off 1970-01-06: none of the 2 visits found anything, so no order is better than another"
    );
}

#[test]
fn a_window_alone_is_the_window_of_the_whole_back_test() {
    let town = Town::new();
    let mut ids = "visit\n".to_owned();
    let after = LAST..LAST + WINDOW;
    for (place, visit) in town.visits.iter().enumerate() {
        if visit.is_routine && after.contains(&visit.day) && visit.known < LAST + WINDOW {
            writeln!(ids, "V{place:05}").unwrap();
        }
    }
    let window: Table = format!(
        "cutoff = \"{}\"\nvisits = {{ path = \"window.csv\", column = \"visit\" }}",
        Day::from_days(LAST)
    )
    .parse()
    .unwrap();
    let office = office(&town, &with(job(), "backtest.window", Value::Table(window)));
    office.write("window.csv", ids);
    let whole = &result(&office, &[])["window"];
    let overrides = Overrides {
        partitions: Some(3),
        ..Overrides::default()
    };
    let place = office.path("job.toml");
    let text = std::fs::read_to_string(&place).unwrap();
    let folder = office
        .path(".")
        .to_str()
        .unwrap()
        .trim_end_matches("/.")
        .to_owned();
    let moved = ["objects.csv", "visits.csv", "events.csv", "window.csv"]
        .into_iter()
        .fold(text, |text, name| {
            text.replace(&format!("\"{name}\""), &format!("\"{folder}/{name}\""))
        });
    office.write("moved.toml", moved);
    let moved = BacktestJob::read(&office.path("moved.toml"), &overrides).unwrap();
    let alone = backtest::window(&moved, &office.path("work"), &Meter::silent());
    let alone = serde_json::to_value(alone.unwrap().unwrap()).unwrap();
    assert_eq!(alone["choice"]["past"].as_array().unwrap().len(), 2);
    assert_eq!(&alone, whole);
}

#[test]
fn chicagos_last_cut_off_is_ranked_as_the_second_implementation_ranks_it() {
    let Some(data) = shared("chicagos_last_cut_off", "data/chicago") else {
        return;
    };
    let mut job = pipeline("chicago");
    let section = job["backtest"].as_table_mut().unwrap();
    section.remove("window");
    let office = Office::on(&data);
    let job = with(job, "backtest.past", 0);
    let job = with(job, "backtest.cutoffs.n", 1);
    let job = with(job, "backtest.replicates", 200);
    let job = with(job, "backtest.candidates", Value::from(vec!["logistic"]));
    let logistic: Table = "name = \"logistic\"\nlogistic = {}".parse().unwrap();
    let job = with(job, "backtest.model", Value::from(vec![logistic]));
    office.job(&job);
    let tried = result(&office, &[]);
    let fold = &tried["folds"][0];
    assert_eq!(fold["trained"]["rows"], 67_062);
    let logistic = &fold["models"]["logistic"];
    assert_eq!(logistic["rows"], 1_186);
    // the same indicators, rows and penalty in numpy and scikit-learn 1.7: 0.6618, 0.2966, 0.2068
    for (key, expected) in [("auc", 0.6618), ("p10", 0.2966), ("p20", 0.2068)] {
        let found = logistic[key].as_f64().unwrap();
        assert!((found - expected).abs() < 0.002, "{key}: {found}");
    }
}
