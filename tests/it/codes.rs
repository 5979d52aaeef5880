//! Code tables, the licences table and labels: what registers and job files see of them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use choucha::codes::{self, Level};
use choucha::registers::{
    self, LICENCE_ENDED, LICENCE_ENDS, Registers, TERM_ENDED, TERM_ENDS, THREE_YEARS,
};
use choucha::units::{AsOf, HashName, Meter};
use choucha::{ingest, ingest::Snapshot};
use polars::prelude::*;
use tempfile::TempDir;

const OBJECTS: &str = "object_id,industry_code,industry_scheme,region_code,business_scope,established_on,term_ends_on,labels,status\n\
    A1,H6210,gbt4754,130433100,正餐服务；热食类食品制售,2024-12-01,2025-01-20,老标签,存续\n\
    B2,0510,,130433,农机作业,2010-01-01,2024-12-31,,存续\n\
    C3,111,gbt4754,130429,种植,2010-01-01,,,存续\n\
    D4,O7910,gbt4754-2011,130433,家庭服务,2010-01-01,,,注销\n\
    E5,Grocery,facility_type,52,食品零售,2010-01-01,,,存续\n";
const LICENCES: &str = "统一社会信用代码,许可证名称,许可证编号,许可批准日期,有效期至,许可发证机关,对应专项库监管标签\n\
    A1,食品经营许可证,JY1,2020-01-10,2025-01-09,馆陶县局,食品经营\n\
    A1,食品经营许可证,JY2,2024-12-20,9999-09-09,馆陶县局,食品经营\n\
    B2,道路运输经营许可证,YS1,2019-06-01,2024-06-01,运管所,道路运输\n\
    B2,农药经营许可证,NY1,2020-01-01,2025-01-15,农业农村局,\n\
    C3,种子生产经营许可证,ZZ1,2025-02-01,2030-01-31,农业农村局,种子\n\
    X9,种子生产经营许可证,ZZ2,2020-02-01,2030-01-31,农业农村局,种子\n";
const EVENTS: &str = "object_id,event_on,kind,ended_on\n\
    B2,2022-02-15,列入经营异常名录,\n\
    C3,2022-02-15,列入经营异常名录,2023-05-01\n\
    E5,2022-02-15,行政处罚,\n";
const INGEST: &str = "objects.path = 'DIR/o.csv'\ncredit_events.path = 'DIR/e.csv'\n[licences]\npath = 'DIR/l.csv'\n\
    columns = { object_id = '统一社会信用代码', licence = '许可证名称', licence_id = '许可证编号', granted_on = '许可批准日期', \
    valid_to = '有效期至', issuer = '许可发证机关', label = '对应专项库监管标签' }\n";

struct County {
    folder: TempDir,
}

impl County {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        for (name, text) in [("o.csv", OBJECTS), ("l.csv", LICENCES), ("e.csv", EVENTS)] {
            fs::write(folder.path().join(name), text).unwrap();
        }
        Self { folder }
    }

    fn snapshot(&self, as_of: &str, partitions: usize) -> Snapshot {
        let toml = INGEST.replace("DIR", &self.folder.path().display().to_string());
        let params: ingest::Params = toml::from_str(&toml).unwrap();
        let (params, work) = (params.check().unwrap(), self.folder.path().join("work"));
        fs::create_dir_all(&work).unwrap();
        ingest::read(&params, day(as_of), partitions, &work, &Meter::silent()).unwrap()
    }

    fn registers(&self, as_of: &str, partitions: usize, settings: &str) -> Registers {
        let params: registers::Params = toml::from_str(settings).unwrap();
        let snapshot = self.snapshot(as_of, partitions);
        let work = self.folder.path().join("work");
        let params = params.check().unwrap();
        registers::compile(&params, &snapshot, day(as_of), &work, &Meter::silent()).unwrap()
    }

    fn labels(&self, as_of: &str, settings: &str) -> BTreeMap<String, Vec<String>> {
        let registers = self.registers(as_of, 2, settings);
        (0..2)
            .flat_map(|part| registers.labels(part).unwrap())
            .collect()
    }
}

fn day(text: &str) -> AsOf {
    AsOf(text.parse().unwrap())
}

/// A column of a table in one partition, as text.
fn column(snapshot: &Snapshot, table: &str, column: &str) -> Vec<Option<String>> {
    let work = snapshot.refused().parent().unwrap();
    let path = work.join(format!("snapshot/{table}/part-000.parquet"));
    let frame = LazyFrame::scan_parquet(
        PlRefPath::new(path.to_str().unwrap()),
        ScanArgsParquet::default(),
    );
    let frame = frame.unwrap().collect().unwrap();
    let texts = frame
        .column(column)
        .unwrap()
        .cast(&DataType::String)
        .unwrap();
    texts
        .str()
        .unwrap()
        .iter()
        .map(|text| text.map(str::to_owned))
        .collect()
}

// --- tables --------------------------------------------------------------------------------------------------------

#[test]
fn the_tables_have_the_published_numbers_of_divisions() {
    let count = |level: Level| {
        let in_force =
            codes::divisions().filter(|found| found.until.is_none() && !found.statistical);
        in_force.filter(|found| found.level() == level).count()
    };
    assert_eq!(
        (count(Level::Province), count(Level::Prefecture)),
        (34, 333)
    );
    // 2,844 by the civil affairs ministry's count of 2023; 西沙区 and 南沙区 stand in the list as places of the bureau
    assert_eq!(count(Level::County), 2_842);
    assert_eq!(count(Level::Township), 2_365);
}

#[test]
fn every_code_above_a_division_in_force_exists_too() {
    for found in
        codes::divisions().filter(|found| found.until.is_none() && found.level() > Level::Province)
    {
        let parents = found.parents();
        assert_eq!(parents[0].level(), Level::Province, "{}", found.code);
        assert!(found.successors.is_empty(), "{} is in force", found.code);
    }
}

#[test]
fn every_successor_is_a_division_and_no_division_follows_itself() {
    for found in codes::divisions() {
        for next in &found.successors {
            assert!(
                next != &found.code && codes::division(next).is_some(),
                "{}: {next}",
                found.code
            );
        }
    }
}

#[test]
fn the_tables_are_the_files_their_list_names() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("datasets");
    let readme = fs::read_to_string(folder.join("README.md")).unwrap();
    for name in [
        "divisions.csv",
        "townships_hebei.csv",
        "industries_2017.csv",
        "industries_2011.csv",
    ] {
        let bytes = fs::read(folder.join("codes").join(name)).unwrap();
        let digest = HashName::Sha256.digest(&[&bytes]).to_string();
        assert!(readme.contains(&digest), "{name}: {digest}");
        let content = String::from_utf8(bytes).unwrap();
        let columns = |line: &str| line.split(',').count();
        let n = columns(content.lines().next().unwrap());
        assert!(content.lines().all(|line| columns(line) == n), "{name}");
        assert!(!content.contains(['"', '\r']), "{name}");
    }
}

// --- ingest --------------------------------------------------------------------------------------------------------

#[test]
fn a_register_keeps_canonical_industries() {
    let county = County::new();
    let snapshot = county.snapshot("2025-01-01", 1);
    let ids = column(&snapshot, "objects", "object_id");
    let codes = column(&snapshot, "objects", "industry_code");
    let by_id: BTreeMap<_, _> = ids
        .into_iter()
        .flatten()
        .zip(codes.into_iter().flatten())
        .collect();
    let expected = [
        ("A1", "6210"),
        ("B2", "051"),
        ("C3", "111"),
        ("D4", "7910"),
        ("E5", "Grocery"),
    ];
    assert_eq!(
        by_id,
        expected
            .map(|(id, code)| (id.to_owned(), code.to_owned()))
            .into()
    );
}

#[test]
fn licences_are_facts_of_known_objects() {
    let county = County::new();
    let snapshot = county.snapshot("2025-01-01", 1);
    let read = snapshot
        .counts()
        .iter()
        .find(|counts| counts.table == "licences")
        .unwrap();
    assert_eq!((read.read, read.accepted, read.refused), (6, 5, 1));
    assert_eq!(
        ingest::guess_in("licences", "许可文件编号"),
        Some("licence_id")
    );
}

// --- labels --------------------------------------------------------------------------------------------------------

const RULES: &str = "[[label]]\nlabel = '餐饮'\nindustries = ['H62']\n\
    [[label]]\nlabel = '热食'\nwhen = \"business_scope LIKE '%热食%'\"\n\
    [[label]]\nlabel = '持证餐饮'\nindustries = ['62']\nlicences = ['食品经营']\n\
    [[label]]\nlabel = '新设立'\nexpires_days = 60\n\
    [[label]]\nlabel = '专项整治'\nindustries = ['A']\nfrom = '2025-01-01'\nuntil = '2025-01-31'\n";

#[test]
fn rules_add_labels_in_their_order_after_those_of_the_source() {
    let labels = County::new().labels("2025-01-01", RULES);
    assert_eq!(
        labels["A1"],
        ["老标签", "餐饮", "热食", "持证餐饮", "新设立", "食品经营"]
    );
    assert_eq!(labels["B2"], ["专项整治"]);
    assert!(
        labels["C3"].is_empty(),
        "111 is not known to lie in A, and its licence is not granted yet"
    );
}

#[test]
fn labels_expire_by_the_day_alone() {
    let county = County::new();
    let later = county.labels("2025-02-01", RULES);
    assert_eq!(
        later["A1"],
        ["老标签", "餐饮", "热食", "持证餐饮", "食品经营"],
        "60 days are over"
    );
    assert!(later["B2"].is_empty(), "the rule ended on the day before");
    assert_eq!(county.labels("2025-03-01", RULES)["C3"], ["种子"]);
}

#[test]
fn warnings_appear_and_disappear_by_themselves() {
    let county = County::new();
    let of = |as_of: &str, id: &str| {
        let labels = county.labels(as_of, "warnings = true").remove(id).unwrap();
        labels
            .into_iter()
            .filter(|label| label.contains('期') || label.contains("3年"))
            .collect::<Vec<_>>()
    };
    assert_eq!(of("2024-12-01", "A1"), [] as [&str; 0]);
    assert_eq!(
        of("2024-12-21", "A1"),
        [TERM_ENDS],
        "the licence was renewed without an end"
    );
    assert_eq!(of("2025-01-21", "A1"), [TERM_ENDED]);
    assert_eq!(
        of("2025-01-01", "B2"),
        [TERM_ENDED, LICENCE_ENDS, LICENCE_ENDED, THREE_YEARS]
    );
    assert_eq!(
        of("2024-12-16", "B2"),
        [TERM_ENDS, LICENCE_ENDS, LICENCE_ENDED]
    );
    assert_eq!(
        of("2025-02-16", "B2"),
        [TERM_ENDED, LICENCE_ENDED],
        "the three years are over"
    );
    assert!(of("2025-01-01", "C3").is_empty(), "it left the list");
}

#[test]
fn without_rules_licences_and_warnings_labels_are_the_source_s() {
    let county = County::new();
    let toml =
        "objects.path = 'DIR/o.csv'".replace("DIR", &county.folder.path().display().to_string());
    let params: ingest::Params = toml::from_str(&toml).unwrap();
    let work = county.folder.path().join("plain");
    fs::create_dir_all(&work).unwrap();
    let as_of = day("2025-01-01");
    let snapshot =
        ingest::read(&params.check().unwrap(), as_of, 1, &work, &Meter::silent()).unwrap();
    let params = registers::Params::default().check().unwrap();
    let registers = registers::compile(&params, &snapshot, as_of, &work, &Meter::silent()).unwrap();
    let labels: BTreeMap<_, _> = registers.labels(0).unwrap().into_iter().collect();
    assert_eq!(labels["A1"], ["老标签"]);
    assert!(!work.join("labels").exists());
}

#[test]
fn exclusions_see_derived_labels_and_unlabelled_objects_are_listed() {
    let settings = "eligible_status = ['存续']\n[[exclude]]\nreason = '餐饮另行抽查'\nwhen = \"ARRAY_CONTAINS(labels, '餐饮')\"\n[[label]]\nlabel = '餐饮'\nindustries = ['H']\n";
    let county = County::new();
    let registers = county.registers("2025-01-01", 1, settings);
    assert_eq!(
        registers
            .excluded(0)
            .unwrap()
            .iter()
            .find(|(id, _)| id == "A1")
            .unwrap()
            .1,
        "餐饮另行抽查"
    );
    let mut unlabelled = registers.unlabelled(0).unwrap();
    unlabelled.sort();
    assert_eq!(unlabelled, ["B2", "C3", "E5"]);
}

#[test]
fn rules_that_say_nothing_or_no_industry_are_refused_together() {
    let settings = "[[label]]\nlabel = ''\nwhen = 'SUM(lat)'\n[[label]]\nlabel = '空'\n[[label]]\nlabel = '种'\nindustries = ['111', 'Z9']\nfrom = '2025-02-01'\nuntil = '2025-01-01'\n";
    let params: registers::Params = toml::from_str(settings).unwrap();
    let keys: Vec<String> = params
        .check()
        .unwrap_err()
        .into_iter()
        .map(|problem| problem.key)
        .collect();
    assert_eq!(
        keys,
        [
            "label[0].label",
            "label[0].when",
            "label[1].label",
            "label[2].until",
            "label[2].industries",
            "label[2].industries"
        ]
    );
}

#[test]
fn a_condition_over_a_column_that_is_not_there_is_refused() {
    let county = County::new();
    let params: registers::Params =
        toml::from_str("[[label]]\nlabel = '甲'\nwhen = 'nothing > 1'\n").unwrap();
    let snapshot = county.snapshot("2025-01-01", 1);
    let work = county.folder.path().join("work");
    let error = registers::compile(
        &params.check().unwrap(),
        &snapshot,
        day("2025-01-01"),
        &work,
        &Meter::silent(),
    )
    .unwrap_err();
    assert!(error.to_string().contains("label[0].when"), "{error}");
}
