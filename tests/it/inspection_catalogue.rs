//! The catalogue of every city, recomputed row by row in plain loops, and held to values that numpy computed on real visits.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use choucha::indicators::{self, Each};
use choucha::ingest;
use choucha::job::{Job, Overrides};
use choucha::registers;
use choucha::units::Meter;
use polars::prelude::DataType;
use serde_json::Value;

use crate::indicators::{
    Event, Row, Run, TODAY, Visit, World, catalogue, keys_of, per_visit, random_world, read, rows,
    text_of, visit,
};
use crate::shared::shared;

const CATALOGUE: &str = "pipelines/indicators/inspection.toml";

/// The Chicago job with this catalogue and one cut-off, a window before `as_of`.
fn chicago(dir: &Path, data: &Path, as_of: &str) -> Job {
    let text = fs::read_to_string("pipelines/chicago.toml").unwrap();
    let labels = "each = { cutoffs = { every_days = 60, n = 1 } }\nwindow_days = 60\n";
    let text = text
        .replace("pipelines/indicators/chicago.toml", CATALOGUE)
        .replace("2014-09-02", as_of)
        .replace("each = \"visit\"", labels)
        .replace("until = \"2014-04-17\"", "");
    let path = dir.join("job.toml");
    fs::write(&path, text).unwrap();
    let overrides = Overrides {
        data: Some(data.to_str().unwrap().to_owned()),
        ..Overrides::default()
    };
    Job::read(&path, &overrides).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

/// Labelled rows of every eligible object, by its identifier.
fn labelled(job: &Job, work: &Path) -> BTreeMap<String, Row> {
    let meter = Meter::silent();
    let snapshot = ingest::read(&job.ingest, job.as_of, 1, work, &meter).unwrap();
    let registers = registers::compile(&job.registers, &snapshot, job.as_of, work, &meter).unwrap();
    let table = indicators::compute_labelled(
        &job.indicators,
        job.labels.as_ref().unwrap(),
        &registers,
        &snapshot,
        job.as_of,
        work,
        &meter,
    )
    .unwrap_or_else(|error| panic!("{error}"));
    let frame = registers.frame_part(0, &[]).unwrap();
    let rows = rows(&read(table.path()));
    let rows: BTreeMap<u64, Row> = rows.into_iter().map(|(key, _, row)| (key, row)).collect();
    let ids = (0..frame.keys.len()).map(|i| (frame.ids.get(i).to_owned(), frame.keys[i]));
    ids.filter_map(|(id, key)| Some((id, rows.get(&key)?.clone())))
        .collect()
}

#[test]
fn values_of_real_visits_are_those_numpy_computed() {
    let test = "values_of_real_visits_are_those_numpy_computed";
    let Some(data) = shared(test, "data/chicago") else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let table = labelled(&chicago(dir.path(), &data, "2014-03-06"), dir.path());
    assert_eq!(table.len(), 1_454);
    let made = fs::read_to_string("tests/it/files/inspection_chicago.json").unwrap();
    let vector: Value = serde_json::from_str(&made).unwrap();
    for row in vector["rows"].as_array().unwrap() {
        let found = &table[&format!("licence/{}", row["id"].as_str().unwrap())];
        for (name, value) in row["values"].as_object().unwrap() {
            let is_near = near(found[name], value.as_f64());
            assert!(
                is_near,
                "{} {name}: {:?}, not {value}",
                row["id"], found[name]
            );
        }
    }
}

fn near(found: Option<f64>, value: Option<f64>) -> bool {
    match (found, value) {
        (Some(found), Some(value)) => (found - value).abs() <= 2e-5 * value.abs().max(1.0),
        (None, None) => true,
        _ => false,
    }
}

/// What the oracle and the catalogue both compute.
const NEW: [(&str, &str); 10] = [
    (
        "own_rate",
        "aggregate = 'rate'\ntable = 'inspections'\nwhere = 'routine AND known'\nhit = 'outcome'\nhalf_life_days = 100\nprior_rate = 'base'\nprior_weight = 2",
    ),
    (
        "any_mean",
        "aggregate = 'mean'\ntable = 'inspections'\nvalue = 'severity'\nprior_value = 'base'\nprior_weight = 3\nprior_where = 'routine'",
    ),
    (
        "others_rate",
        "aggregate = 'rate'\ntable = 'inspections'\nwhere = 'routine AND known'\nhit = 'outcome'\nwindow_days = 90\nby = 'region_code'\nothers = true\nprior_rate = 'base'\nprior_weight = 10",
    ),
    (
        "others_severity",
        "aggregate = 'decayed_mean'\ntable = 'inspections'\nvalue = 'severity'\nhalf_life_days = 50\nby = ['region_code', 'name_key']\nothers = true",
    ),
    (
        "chain_found",
        "aggregate = 'count'\ntable = 'inspections'\nwhere = 'found'\nby = 'name_key'\nothers = true",
    ),
    (
        "chain_decayed",
        "aggregate = 'decayed_sum'\ntable = 'credit_events'\nhalf_life_days = 30\nby = 'name_key'",
    ),
    (
        "credit",
        "aggregate = 'count'\ntable = 'credit_events'\nwindow_days = 300\neach_value_of = 'kind'",
    ),
    (
        "last",
        "aggregate = 'days_since'\ntable = 'inspections'\nhelper = true",
    ),
    (
        "second",
        "aggregate = 'days_since'\ntable = 'inspections'\nnth = 2\nhelper = true",
    ),
    ("gap", "expression = 'second - last'"),
];

/// The same values by plain loops over all records, seen from `day`.
struct Oracle<'a> {
    world: &'a World,
    day: i32,
}

fn name_key(key: u64) -> u64 {
    u64::from(key % 3 == 2)
}

impl Oracle<'_> {
    fn visits(&self) -> impl Iterator<Item = &Visit> {
        let is_object = |visit: &&Visit| self.world.objects.iter().any(|o| o.key == visit.key);
        let known = |visit: &&Visit| visit.day.max(visit.known) < self.day;
        self.world.visits.iter().filter(known).filter(is_object)
    }

    fn region(&self, key: u64) -> Option<&str> {
        let mut objects = self.world.objects.iter();
        objects.find(|object| object.key == key)?.region
    }

    fn age(&self, visit: &Visit) -> f64 {
        f64::from(self.day - visit.day)
    }

    /// Mean of `value` over the past year where it has more than a hundred records, else over all.
    fn base(&self, value: impl Fn(&Visit) -> Option<f64>) -> Option<f64> {
        let mean = |days: f64| {
            let picked = self.visits().filter(|visit| self.age(visit) <= days);
            let values: Vec<_> = picked.filter_map(&value).collect();
            (
                values.len(),
                values.iter().sum::<f64>() / f64::from(u32::try_from(values.len()).unwrap()),
            )
        };
        let (year, all) = (mean(365.0), mean(1e9));
        let (n, value) = if year.0 > 100 { year } else { all };
        (n > 0).then_some(value)
    }

    /// Σ w·value and Σ w over the visits that `value` gives a weight and a value.
    fn sums(&self, value: impl Fn(&Visit) -> Option<(f64, f64)>) -> (f64, f64) {
        self.visits()
            .filter_map(value)
            .fold((0.0, 0.0), |sum, (weight, value)| {
                (sum.0 + weight * value, sum.1 + weight)
            })
    }

    fn routine(visit: &Visit) -> Option<f64> {
        let found = visit.found.filter(|_| visit.channel == "draw")?;
        Some(f64::from(u8::from(found)))
    }

    fn row(&self, key: u64) -> Row {
        let base = self.base(Self::routine);
        let decayed = |visit: &Visit, half: f64| 0.5_f64.powf(self.age(visit) / half);
        let others = |visit: &Visit| visit.key != key;
        let region = self.region(key);
        let near = |visit: &Visit| self.region(visit.key) == region && others(visit);
        let chain = |visit: &Visit| name_key(visit.key) == name_key(key) && others(visit);
        let shrunk = |sums: (f64, f64), prior: Option<f64>, weight: f64| {
            Some((sums.0 + weight * prior?) / (sums.1 + weight))
        };
        let own =
            self.sums(|v| Some((decayed(v, 100.0), Self::routine(v)?)).filter(|_| v.key == key));
        let any = self.sums(|v| (v.key == key).then_some((1.0, v.severity)));
        let zone = self
            .sums(|v| Some((1.0, Self::routine(v)?)).filter(|_| near(v) && self.age(v) <= 90.0));
        let both = self.sums(|v| (near(v) && chain(v)).then_some((decayed(v, 50.0), v.severity)));
        let found = self.sums(|v| (chain(v) && v.found == Some(true)).then_some((1.0, 1.0)));
        let severity = self.base(|v| (v.channel == "draw").then_some(v.severity));
        let mut ages: Vec<_> = self
            .visits()
            .filter(|v| v.key == key)
            .map(|v| self.age(v))
            .collect();
        ages.sort_by(f64::total_cmp);
        let mut row = Row::from_iter([
            ("own_rate".to_owned(), shrunk(own, base, 2.0)),
            ("any_mean".to_owned(), shrunk(any, severity, 3.0)),
            (
                "others_rate".to_owned(),
                region.and(shrunk(zone, base, 10.0)),
            ),
            (
                "others_severity".to_owned(),
                region.filter(|_| both.1 > 0.0).map(|_| both.0 / both.1),
            ),
            ("chain_found".to_owned(), Some(found.0)),
            ("gap".to_owned(), ages.get(1).map(|second| second - ages[0])),
        ]);
        row.extend(self.credit(key));
        row
    }

    fn credit(&self, key: u64) -> Vec<(String, Option<f64>)> {
        let known = |event: &&Event| event.day.max(event.known) < self.day;
        let events: Vec<_> = self.world.events.iter().filter(known).collect();
        let is_object = |key: u64| self.world.objects.iter().any(|o| o.key == key);
        let weight = |event: &Event| 0.5_f64.powf(f64::from(self.day - event.day) / 30.0);
        let chain = events
            .iter()
            .filter(|e| is_object(e.key) && name_key(e.key) == name_key(key));
        let decayed = chain.map(|event| weight(event)).sum::<f64>();
        let kinds = ["经营异常", "投诉举报", "行政处罚"].map(|kind| {
            let own = events.iter().filter(|e| e.key == key && e.kind == kind);
            let n = own.filter(|e| self.day - e.day <= 300).count();
            (
                format!("credit_{kind}"),
                Some(f64::from(u32::try_from(n).unwrap())),
            )
        });
        let first = [("chain_decayed".to_owned(), Some(decayed))];
        first.into_iter().chain(kinds).collect()
    }
}

/// The random world, and one with more than a hundred visits in a year.
fn worlds() -> Vec<World> {
    let mut busy = random_world(21);
    for seed in 22..26 {
        busy.visits.extend(random_world(seed).visits);
    }
    vec![random_world(20), busy]
}

#[test]
fn every_new_aggregate_equals_plain_loops_over_all_records() {
    for world in worlds() {
        for day in [700, 900, TODAY] {
            let table = Run::new(&world, 2, &text_of(&NEW), day).table().unwrap();
            let oracle = Oracle { world: &world, day };
            for (key, row) in table {
                assert_rows_near(&row, &oracle.row(key), &format!("object {key} on {day}"));
            }
        }
    }
}

#[test]
fn labelled_rows_see_peers_and_bases_from_their_own_day() {
    for world in worlds() {
        let run = Run::new(&world, 3, &text_of(&NEW), TODAY);
        let labelled = rows(&read(&run.labelled(&per_visit())));
        assert!(labelled.len() > 8, "{}", labelled.len());
        for (key, day, row) in labelled {
            let oracle = Oracle { world: &world, day };
            assert_rows_near(&row, &oracle.row(key), &format!("object {key} on {day}"));
        }
    }
}

fn assert_rows_near(found: &Row, expected: &Row, whose: &str) {
    assert_eq!(
        found.keys().collect::<Vec<_>>(),
        expected.keys().collect::<Vec<_>>(),
        "{whose}"
    );
    for (name, value) in expected {
        let is_near = near(found[name], *value);
        assert!(
            is_near,
            "{name} of {whose}: {:?}, not {value:?}",
            found[name]
        );
    }
}

#[test]
fn the_catalogue_leaves_out_what_a_city_does_not_have() {
    let text = fs::read_to_string(CATALOGUE).unwrap();
    let table = Run::new(&random_world(3), 2, &text, TODAY).table().unwrap();
    let row = &table[&1];
    assert!(row.contains_key("credit_行政处罚") && row.contains_key("name_rate_90"));
    assert!(!row.contains_key("zip_rate_90") && !row.contains_key("days_since_second_last"));
}

#[test]
fn the_catalogue_names_no_inspector_and_no_number_of_a_city() {
    let text = fs::read_to_string(CATALOGUE).unwrap();
    let entries = text.lines().filter(|line| !line.starts_with('#'));
    for line in entries {
        assert!(!line.contains("inspector"), "{line}");
        assert!(
            !line.starts_with("prior_rate") || line == "prior_rate = \"base\"",
            "{line}"
        );
    }
}

#[test]
fn new_keys_report_every_broken_rule() {
    let dir = tempfile::tempdir().unwrap();
    let rate = "aggregate = 'rate'\ntable = 'inspections'\nhit = 'found'";
    let with = |rest: &str| format!("{rate}\n{rest}");
    let texts = [
        with("prior_rate = 'mean'\nprior_weight = 1"),
        with("prior_rate = 'base'"),
        with("prior_rate = 0.1\nprior_weight = 1\nprior_where = 'found'"),
        with("others = true"),
        with("by = []"),
        with("nth = 2"),
    ];
    let names = ["a", "b", "c", "d", "e", "f"];
    let entries: Vec<_> = names
        .into_iter()
        .zip(texts.iter().map(String::as_str))
        .collect();
    let problems = catalogue(dir.path(), &text_of(&entries)).unwrap_err();
    let keys = [
        "indicator[0].prior_rate",
        "indicator[1].prior_rate",
        "indicator[2].prior_where",
        "indicator[3].others",
        "indicator[4].by",
        "indicator[5].nth",
    ];
    assert_eq!(keys_of(&problems), keys);
}

#[test]
fn peers_of_an_unknown_column_and_values_of_a_number_are_refused() {
    let peers = "aggregate = 'count'\ntable = 'inspections'\nby = ['region_code', 'planet']";
    let values = "aggregate = 'count'\ntable = 'inspections'\neach_value_of = 'severity'";
    let entries = [("a", peers), ("b", values)];
    match Run::new(&random_world(1), 1, &text_of(&entries), TODAY).table() {
        Err(choucha::indicators::Error::Settings(problems)) => assert_eq!(
            keys_of(&problems),
            ["indicator[0].by", "indicator[1].each_value_of"]
        ),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_cut_window_ends_at_the_as_of_day_and_says_when_the_visit_was() {
    let world = World {
        visits: vec![
            visit(1, 985, true, 1.0),
            visit(2, 960, false, 2.0),
            visit(1, 930, false, 3.0),
        ],
        ..random_world(2)
    };
    let labels = choucha::indicators::Labels {
        each: Each::Cutoffs {
            every_days: 20,
            n: 3,
            cut: true,
        },
        window_days: Some(60),
        ..per_visit()
    };
    let text = text_of(&[("n", "aggregate = 'count'\ntable = 'inspections'")]);
    let frame = read(&Run::new(&world, 1, &text, TODAY).labelled(&labels));
    let visits = frame
        .column("visit_on")
        .unwrap()
        .cast(&DataType::Int32)
        .unwrap();
    let visits: Vec<_> = visits.i32().unwrap().iter().flatten().collect();
    let rows: Vec<_> = rows(&frame)
        .into_iter()
        .map(|(key, day, _)| (key, day))
        .collect();
    assert_eq!(rows, [(1, 940), (1, 960), (1, 980), (2, 940), (2, 960)]);
    assert_eq!(visits, [985, 985, 985, 960, 960]);
}
