//! What became of results: read, held to their rules, cut at the as-of day, and counted for 监管效果评估 as plain loops count it.

use std::collections::BTreeMap;
use std::fs::{self, File};

use choucha::ingest::{self, FOLLOW_UPS, Params, Snapshot, empties_a_cell};
use choucha::units::{AsOf, Day, Meter};
use polars::prelude::*;
use serde_json::Value as Json;
use tempfile::TempDir;

use crate::small_county::{data, finished_run};

/// A register of one object and a file of its visits.
struct Desk(TempDir);

impl Desk {
    fn new(visits: &str) -> Self {
        let desk = Self(TempDir::new().unwrap());
        fs::write(desk.0.path().join("o.csv"), "object_id\nA1\n").unwrap();
        fs::write(desk.0.path().join("i.csv"), visits).unwrap();
        desk
    }

    fn read(&self, more: &str) -> Snapshot {
        let toml = "objects.path = 'DIR/o.csv'\ninspections.path = 'DIR/i.csv'\n";
        let toml = format!("{toml}{more}").replace("DIR", self.0.path().to_str().unwrap());
        let params: Params = toml::from_str(&toml).unwrap();
        let as_of = AsOf("2025-01-01".parse().unwrap());
        let valid = params.check().unwrap();
        ingest::read(&valid, as_of, 1, self.0.path(), &Meter::silent()).unwrap()
    }

    /// Columns of the snapshot's visits, a line per row.
    fn rows(&self, columns: &[&str]) -> Vec<String> {
        let path = self.0.path().join("snapshot/inspections/part-000.parquet");
        lines(&frame(&path), columns)
    }
}

fn frame(path: &std::path::Path) -> DataFrame {
    ParquetReader::new(File::open(path).unwrap())
        .finish()
        .unwrap()
}

fn texts(frame: &DataFrame, column: &str) -> Vec<Option<String>> {
    let column = frame.column(column).unwrap();
    let column = column.cast(&DataType::String).unwrap();
    let texts = column.str().unwrap().iter();
    texts.map(|text| text.map(str::to_owned)).collect()
}

fn lines(frame: &DataFrame, columns: &[&str]) -> Vec<String> {
    let columns: Vec<_> = columns.iter().map(|column| texts(frame, column)).collect();
    let cell = |row: usize| {
        let cells = columns.iter().map(move |column| column[row].clone());
        let cells: Vec<String> = cells.map(|cell| cell.unwrap_or("-".to_owned())).collect();
        cells.join(" ")
    };
    (0..frame.height()).map(cell).collect()
}

/// Line, column and rule of what was found of visits.
fn found(snapshot: &Snapshot) -> Vec<String> {
    let found = frame(snapshot.findings());
    let sources = texts(&found, "source").into_iter();
    let rows = lines(&found, &["line", "column", "rule"]);
    let of_visits = rows.into_iter().zip(sources);
    let of_visits = of_visits.filter(|(_, source)| source.as_ref().unwrap().ends_with("i.csv"));
    of_visits.map(|(row, _)| row).collect()
}

const AFTER: [&str; 4] = ["known_on", "published_on", "follow_up", "closed_on"];

#[test]
fn what_became_of_results_is_read_from_the_headers_and_words_of_platforms() {
    let desk = Desk::new(
        "检查编号,统一社会信用代码,检查日期,录入日期,公示日期,是否发现问题,后续处置情况,办结日期\n\
         v1,A1,2024-03-01,2024-03-02,2024-03-08,是,违反本部门相关规定，责令改正；后续跟踪由日常监管部门负责,2024-04-01\n\
         v2,A1,2024-03-02,2024-03-03,,是,立案查处,\n\
         v3,A1,2024-03-03,2024-03-04,2024-03-05,否,无需后续处置,\n",
    );
    let snapshot = desk.read("");
    assert_eq!(
        desk.rows(&AFTER),
        [
            "2024-03-02 2024-03-08 责令改正 2024-04-01",
            "2024-03-03 - 立案 -",
            "2024-03-04 2024-03-05 无需处置 -",
        ]
    );
    assert!(found(&snapshot).is_empty());
    assert_eq!(snapshot.said_of_visits().len(), AFTER.len());
}

#[test]
fn a_day_of_publication_is_the_knowledge_date_where_there_is_no_other() {
    let desk = Desk::new(
        "检查编号,统一社会信用代码,检查日期,公示日期\n\
         v1,A1,2024-03-01,2024-03-08\nv2,A1,2024-12-20,2025-01-06\nv3,A1,2024-12-21,\n",
    );
    let snapshot = desk.read("");
    assert_eq!(snapshot.counts()[1].later, 1, "v2 was known too late");
    assert_eq!(
        desk.rows(&["visit_id", "known_on", "published_on"]),
        ["v1 2024-03-08 2024-03-08", "v3 2024-12-21 -"]
    );
    let said: Vec<&str> = snapshot.said_of_visits().into_iter().collect();
    assert_eq!(said, ["known_on", "published_on"]);
    let notes = snapshot.notes().join("\n");
    assert!(
        notes.contains("known_on is read from \"公示日期\""),
        "{notes}"
    );
}

#[test]
fn what_is_published_or_closed_on_or_after_the_as_of_day_has_not_happened_yet() {
    let desk = Desk::new(
        "visit_id,object_id,inspected_on,known_on,published_on,found,follow_up,closed_on\n\
         v1,A1,2024-12-01,2024-12-02,2024-12-31,1,立案,2024-12-31\n\
         v2,A1,2024-12-02,2024-12-03,2025-01-01,1,立案,2025-01-01\n\
         v3,A1,2024-12-03,2024-12-04,,1,立案,\n",
    );
    desk.read("");
    assert_eq!(
        desk.rows(&AFTER),
        [
            "2024-12-02 2024-12-31 立案 2024-12-31",
            "2024-12-03 - - -",
            "2024-12-04 - 立案 -",
        ]
    );
}

#[test]
fn days_before_the_visit_and_unknown_words_are_emptied_and_a_follow_up_of_nothing_is_said() {
    let desk = Desk::new(
        "visit_id,object_id,inspected_on,known_on,published_on,found,follow_up,closed_on\n\
         v1,A1,2024-03-02,2024-03-05,2024-03-01,1,立案,2024-03-01\n\
         v2,A1,2024-03-03,2024-03-05,2024-03-03,1,口头教育,2024-03-03\n\
         v3,A1,2024-03-04,2024-03-05,,0,立案,\n\
         v4,A1,2024-03-05,2024-03-05,,0,无需处置,\n\
         v5,A1,2024-03-06,2024-03-06,下周,,立案,\n",
    );
    let snapshot = desk.read("");
    let mut found = found(&snapshot);
    found.sort();
    assert_eq!(
        found,
        [
            "2 closed_on closed-before-visit",
            "2 published_on published-before-visit",
            "3 follow_up follow-up-unknown",
            "4 follow_up follow-up-without-finding",
            "6 published_on date-unparsable",
        ]
    );
    let emptied = found
        .iter()
        .filter(|row| empties_a_cell(row.split(' ').next_back().unwrap()));
    assert_eq!(emptied.count(), 4);
    assert_eq!(
        desk.rows(&["visit_id", "published_on", "follow_up", "closed_on"]),
        [
            "v1 - 立案 -",
            "v2 2024-03-03 - 2024-03-03",
            "v3 - 立案 -",
            "v4 - 无需处置 -",
            "v5 - 立案 -",
        ]
    );
    desk.read("[inspections.values.follow_up]\n'口头教育' = '责令改正'\n");
    assert!(
        desk.rows(&["follow_up"])[1] == "责令改正",
        "the job may say what a word means"
    );
}

#[test]
fn a_column_that_one_section_lacks_is_not_said_of_visits() {
    let desk = Desk::new("visit_id,object_id,inspected_on,follow_up\nv1,A1,2024-03-02,立案\n");
    let second = "visit_id,object_id,inspected_on\nv2,A1,2024-03-03\n";
    fs::write(desk.0.path().join("j.csv"), second).unwrap();
    let said = desk.read("").said_of_visits();
    assert!(said.contains("follow_up") && said.len() == 1);
    let dir = desk.0.path().to_str().unwrap();
    let toml = format!(
        "objects.path = '{dir}/o.csv'\n[[inspections]]\npath = '{dir}/i.csv'\n[[inspections]]\npath = '{dir}/j.csv'\n"
    );
    let params: Params = toml::from_str(&toml).unwrap();
    let as_of = AsOf("2025-01-01".parse().unwrap());
    let valid = params.check().unwrap();
    let both = ingest::read(&valid, as_of, 1, desk.0.path(), &Meter::silent()).unwrap();
    assert!(both.said_of_visits().is_empty());
}

// --- the county ----------------------------------------------------------------------------------------------------

/// Numerator and denominator by indicator.
fn indicators(mechanism: &Json) -> BTreeMap<String, (u64, u64)> {
    let all = mechanism["indicators"].as_array().unwrap().iter();
    let known = all.filter(|one| one["overall"]["state"] == "known");
    let part = |one: &Json, part: &str| one["overall"][part].as_u64().unwrap();
    known
        .map(|one| {
            let id = one["id"].as_str().unwrap().to_owned();
            (id, (part(one, "numerator"), part(one, "denominator")))
        })
        .collect()
}

#[test]
fn the_countys_rates_are_those_of_a_plain_loop_over_its_visits() {
    let text = fs::read_to_string(finished_run().join("evaluation.json")).unwrap();
    let evaluation: Json = serde_json::from_str(&text).unwrap();
    let mechanism = &evaluation["mechanism"];
    assert_eq!(mechanism["timed_by"], "published_on");
    let visits = frame(&data().join("inspections.parquet"));
    let text = |column: &str| texts(&visits, column);
    let day = |column: &str| -> Vec<Option<Day>> {
        let days = text(column).into_iter();
        days.map(|day| day.map(|day| day.parse().unwrap()))
            .collect()
    };
    let (ids, channel, found) = (text("object_id"), text("channel"), text("found"));
    let (visited, word) = (text("visited"), text("follow_up"));
    let (inspected, known) = (day("inspected_on"), day("known_on"));
    let (published, closed) = (day("published_on"), day("closed_on"));
    let from: Day = mechanism["from"].as_str().unwrap().parse().unwrap();
    let until: Day = mechanism["until"].as_str().unwrap().parse().unwrap();
    let mut expected = [(0, 0); 3];
    let mut add = |at: usize, counts: bool| {
        expected[at].0 += u64::from(counts);
        expected[at].1 += 1;
    };
    for row in 0..visits.height() {
        let (Some(on), Some(entered)) = (inspected[row], known[row]) else {
            continue;
        };
        let accepted = on <= entered && !ids[row].as_ref().unwrap().starts_with("99999999MZ");
        let is_past = on >= from && on < until && entered < until;
        if !(accepted && is_past && channel[row].as_deref() == Some("draw")) {
            continue;
        }
        let is_before = |day: Option<Day>| day.is_some_and(|day| day < until);
        add(0, is_before(published[row]));
        if visited[row].as_deref() != Some("true") {
            continue;
        }
        let is_closed = is_before(closed[row]);
        let is_open = closed[row].is_none() && word[row].is_some();
        let is_found = found[row].as_deref() == Some("true");
        if is_found {
            add(1, is_closed || is_open);
        }
        if is_before(published[row]) {
            add(2, !is_found || is_closed);
        }
    }
    let said = indicators(mechanism);
    for (id, expected) in ["published", "followed_up", "closed"].iter().zip(expected) {
        assert_eq!(said[*id], expected, "{id}");
        assert!(
            expected.0 > 0 && expected.0 < expected.1,
            "{id} says little"
        );
    }
    assert!(said["on_time"].0 <= said["published"].0);
    let words: Vec<String> = word.into_iter().flatten().collect();
    assert!(words.iter().all(|word| FOLLOW_UPS.contains(&word.as_str())));
}
