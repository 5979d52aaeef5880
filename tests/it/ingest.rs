//! Ingest: what is accepted, refused and set aside, and that nothing else decides it.

use std::fs;
use std::path::{Path, PathBuf};

use choucha::ingest::{self, Error, Params, Snapshot, TableCounts, TableParams};
use choucha::units::{AsOf, Kind, Meter, ObjectId};
use polars::prelude::*;
use proptest::prelude::*;
use tempfile::TempDir;

use crate::shared::shared;

const OBJECTS: &str = "object_id,name,lat,lon,established_on,closed_on,registered_capital,labels\n\
    A1,甲,36.5,115.3,2010-01-01,,1000000,食品;特种设备\n\
    B2,乙,,,2015年3月7日,2024-06-30,,\n\
    C3,丙,,,,9999-09-09,,\n";
const INSPECTIONS: &str = "visit_id,object_id,inspected_on,known_on,found,result_codes,inspector_ids\n\
    v1,A1,2024-03-01,2024-03-05,是,1;5,i1;i2\n\
    v2,a1,2024-05-01,,0,1,i1\n\
    v3,B2,2024-12-30,2025-01-02,1,5,\n\
    v4,B2,2025-02-01,,0,1,\n\
    v5,X9,2024-02-01,,0,1,\n";
const EVENTS: &str = "object_id,event_on,kind,amount,ended_on\n\
    A1,2023-07-01,经营异常,,2025-03-01\n\
    C3,2024-07-01,行政处罚,500000,2024-08-01\n\
    A1,2023-07-01,经营异常,,2025-03-01\n";

/// A folder with source files and a work folder.
struct Bench {
    folder: TempDir,
}

impl Bench {
    fn new() -> Self {
        Self {
            folder: TempDir::new().unwrap(),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn shown(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) -> &Self {
        fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        fs::write(self.path(name), text).unwrap();
        self
    }

    fn params(&self, toml: &str) -> Params {
        toml::from_str(&toml.replace("DIR", &self.folder.path().display().to_string())).unwrap()
    }

    fn try_read(&self, toml: &str, partitions: usize) -> Result<Snapshot, Error> {
        let work = self.path(&format!("work {partitions}"));
        fs::create_dir_all(&work).unwrap();
        let params = self.params(toml).check().unwrap();
        ingest::read(&params, as_of(), partitions, &work, &Meter::silent())
    }

    fn read(&self, toml: &str) -> Snapshot {
        self.try_read(toml, 1).unwrap()
    }

    fn error(&self, toml: &str) -> String {
        let error = self.try_read(toml, 1).unwrap_err();
        assert_eq!(error.kind(), Kind::Data, "{error}");
        error
            .to_string()
            .replace(&self.folder.path().display().to_string(), "DIR")
    }

    fn refusal(&self, objects: &str) -> (String, String, Option<String>, String, String) {
        self.write("o.csv", objects);
        let snapshot = self.read("objects.path = 'DIR/o.csv'");
        let refused = refused(&snapshot);
        assert_eq!(refused.len(), 1, "{refused:?}");
        let (line, column, value, rule, message) = refused[0].clone();
        (
            line.to_string(),
            column,
            value,
            rule,
            message.replace(&self.folder.path().display().to_string(), "DIR"),
        )
    }

    fn finding(&self, objects: &str) -> (String, String, Option<String>, String, String) {
        self.write("o.csv", objects);
        let snapshot = self.read("objects.path = 'DIR/o.csv'");
        assert!(refused(&snapshot).is_empty());
        let found: Vec<_> = emptied(&snapshot);
        assert_eq!(found.len(), 1, "{found:?}");
        let (line, column, value, rule, message) = found[0].clone();
        (
            line.to_string(),
            column,
            value,
            rule,
            message.replace(&self.folder.path().display().to_string(), "DIR"),
        )
    }

    fn three(&self) -> &Self {
        self.write("o.csv", OBJECTS)
            .write("i.csv", INSPECTIONS)
            .write("e.csv", EVENTS)
    }
}

const THREE: &str =
    "objects.path = 'DIR/o.csv'\ninspections.path = 'DIR/i.csv'\ncredit_events.path = 'DIR/e.csv'";

fn as_of() -> AsOf {
    AsOf("2025-01-01".parse().unwrap())
}

fn file(path: &Path) -> DataFrame {
    let args = ScanArgsParquet {
        glob: false,
        ..ScanArgsParquet::default()
    };
    LazyFrame::scan_parquet(PlRefPath::new(path.to_str().unwrap()), args)
        .unwrap()
        .collect()
        .unwrap()
}

fn table(snapshot: &Snapshot, name: &str) -> DataFrame {
    let folder = snapshot
        .refused()
        .parent()
        .unwrap()
        .join("snapshot")
        .join(name);
    let parts: Vec<LazyFrame> = (0..snapshot.n_parts())
        .map(|part| file(&folder.join(format!("part-{part:03}.parquet"))).lazy())
        .collect();
    concat(parts, UnionArgs::default())
        .unwrap()
        .collect()
        .unwrap()
}

/// All rows of a table in one order, whatever the partitions are.
fn content(snapshot: &Snapshot, name: &str) -> DataFrame {
    let frame = table(snapshot, name);
    let by = if name == "objects" {
        vec!["object_key"]
    } else {
        vec!["object_key", frame.get_column_names()[1].as_str()]
    };
    let by: Vec<String> = by.into_iter().map(str::to_owned).collect();
    frame
        .sort(by, SortMultipleOptions::default().with_maintain_order(true))
        .unwrap()
}

fn refused(snapshot: &Snapshot) -> Vec<(u64, String, Option<String>, String, String)> {
    listed(snapshot.refused())
}

/// Findings on cells that were read as empty.
fn emptied(snapshot: &Snapshot) -> Vec<(u64, String, Option<String>, String, String)> {
    let mut found = listed(snapshot.findings());
    found.retain(|row| ingest::empties_a_cell(&row.3));
    found
}

fn listed(path: &Path) -> Vec<(u64, String, Option<String>, String, String)> {
    let frame = file(path);
    let text = |name: &str, row: usize| {
        frame
            .column(name)
            .unwrap()
            .str()
            .unwrap()
            .get(row)
            .map(str::to_owned)
    };
    let line = frame.column("line").unwrap().u64().unwrap();
    (0..frame.height())
        .map(|row| {
            (
                line.get(row).unwrap(),
                text("column", row).unwrap(),
                text("value", row),
                text("rule", row).unwrap(),
                text("message", row).unwrap(),
            )
        })
        .collect()
}

fn counts(snapshot: &Snapshot) -> Vec<(&str, u64, u64, u64, u64)> {
    let of = |counts: &TableCounts| (counts.read, counts.accepted, counts.refused, counts.later);
    snapshot
        .counts()
        .iter()
        .map(|counts| (counts.table.as_str(), of(counts)))
        .map(|(name, (a, b, c, d))| (name, a, b, c, d))
        .collect()
}

fn strings(frame: &DataFrame, column: &str) -> Vec<Option<String>> {
    let column = frame
        .column(column)
        .unwrap()
        .cast(&DataType::String)
        .unwrap();
    column
        .str()
        .unwrap()
        .iter()
        .map(|text| text.map(str::to_owned))
        .collect()
}

fn key(id: &str) -> u64 {
    ObjectId::normalise("uscc", id).unwrap().key().0
}

#[test]
fn every_row_is_accepted_refused_or_later_and_the_counts_add_up() {
    let bench = Bench::new();
    let snapshot = bench.three().read(THREE);
    assert_eq!(
        counts(&snapshot),
        [
            ("objects", 3, 3, 0, 0),
            ("inspections", 5, 2, 1, 2),
            ("credit_events", 3, 3, 0, 0)
        ]
    );
    let found = refused(&snapshot);
    assert_eq!(found.len(), 1);
    assert_eq!(
        (
            found[0].0,
            found[0].1.as_str(),
            found[0].2.as_deref(),
            found[0].3.as_str()
        ),
        (6, "object_id", Some("X9"), "object-unknown")
    );
    let csv = fs::read_to_string(snapshot.refused().with_extension("csv")).unwrap();
    assert!(
        csv.starts_with("\u{feff}source,sheet,line,column,value,rule,message\r\n"),
        "{csv}"
    );
    assert!(
        csv.contains("is an object that is not in the register (检查对象名录库)"),
        "{csv}"
    );
}

#[test]
fn columns_are_canonical_complete_and_typed() {
    let bench = Bench::new();
    let snapshot = bench.three().read(THREE);
    let objects = table(&snapshot, "objects");
    assert_eq!(
        objects.column("established_on").unwrap().dtype(),
        &DataType::Date
    );
    assert_eq!(
        objects.column("registered_capital").unwrap().dtype(),
        &DataType::Int64
    );
    assert_eq!(
        objects.column("labels").unwrap().dtype(),
        &DataType::List(Box::new(DataType::String))
    );
    assert_eq!(objects.column("departments").unwrap().null_count(), 3);
    assert_eq!(
        strings(&objects, "id_scheme"),
        vec![Some("uscc".to_owned()); 3]
    );
    let inspections = table(&snapshot, "inspections");
    assert!(inspections.get_column_index("object_id").is_none());
    assert_eq!(
        strings(&inspections, "known_on"),
        [Some("2024-03-05".to_owned()), Some("2024-05-01".to_owned())]
    );
    assert_eq!(
        strings(&inspections, "channel"),
        vec![Some("draw".to_owned()); 2]
    );
    assert_eq!(
        inspections
            .column("object_key")
            .unwrap()
            .u64()
            .unwrap()
            .get(1),
        Some(key("A1"))
    );
    assert_eq!(
        strings(&inspections, "visited"),
        vec![Some("true".to_owned()); 2]
    );
}

#[test]
fn an_end_on_or_after_the_as_of_day_is_still_open() {
    let bench = Bench::new();
    let snapshot = bench.three().read(THREE);
    let ended = strings(&table(&snapshot, "credit_events"), "ended_on");
    assert_eq!(ended.iter().flatten().collect::<Vec<_>>(), ["2024-08-01"]);
    let closed = strings(&table(&snapshot, "objects"), "closed_on");
    assert_eq!(closed.iter().flatten().collect::<Vec<_>>(), ["2024-06-30"]);
}

#[test]
fn row_order_and_partitions_change_nothing() {
    let bench = Bench::new();
    let one = bench.three().read(THREE);
    let shuffled = Bench::new();
    for (name, text) in [
        ("o.csv", OBJECTS),
        ("i.csv", INSPECTIONS),
        ("e.csv", EVENTS),
    ] {
        let mut lines: Vec<&str> = text.lines().collect();
        lines[1..].reverse();
        shuffled.write(name, lines.join("\n"));
    }
    let other = shuffled.try_read(THREE, 3).unwrap();
    for name in ["objects", "inspections", "credit_events"] {
        assert!(
            content(&one, name).equals_missing(&content(&other, name)),
            "{name}"
        );
    }
    assert_eq!(counts(&one), counts(&other));
    assert_eq!(table(&other, "objects").height(), 3);
}

#[test]
fn the_same_rows_in_another_order_give_the_same_bytes() {
    let bytes = |reverse: bool| {
        let bench = Bench::new();
        for (name, text) in [
            ("o.csv", OBJECTS),
            ("i.csv", INSPECTIONS),
            ("e.csv", EVENTS),
        ] {
            let mut lines: Vec<&str> = text.lines().collect();
            if reverse {
                lines[1..].reverse();
            }
            bench.write(name, lines.join("\n"));
        }
        let snapshot = bench.read(THREE);
        let folder = snapshot.refused().parent().unwrap().join("snapshot");
        ["objects", "inspections", "credit_events"]
            .map(|name| fs::read(folder.join(name).join("part-000.parquet")).unwrap())
    };
    assert!(bytes(false) == bytes(true));
}

#[test]
fn nothing_known_on_or_after_the_as_of_day_changes_the_snapshot() {
    let now = Bench::new();
    let one = now.three().read(THREE);
    let later = Bench::new();
    later.three().write(
        "i.csv",
        INSPECTIONS
            .replace("2025-01-02,1,5,", "2025-03-02,0,1,i9")
            .replace("v4,B2,2025-02-01,,0", "v2,A1,2025-07-01,,1"),
    );
    later
        .write("e.csv", EVENTS.replace("2025-03-01", "2025-01-01"))
        .write("o.csv", OBJECTS.replace("9999-09-09", "2025-01-01"));
    let other = later.read(THREE);
    for name in ["objects", "inspections", "credit_events"] {
        assert!(
            content(&one, name).equals_missing(&content(&other, name)),
            "{name}"
        );
    }
}

#[test]
fn instants_become_days_of_utc_plus_8() {
    use arrow::array::{ArrayRef, RecordBatch, StringArray, TimestampMillisecondArray};
    use std::sync::Arc;
    let bench = Bench::new();
    let evening = 1_262_376_000_000_i64; // 2010-01-01 20:00
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("object_id", Arc::new(StringArray::from(vec!["A1"]))),
        (
            "established_on",
            Arc::new(TimestampMillisecondArray::from(vec![evening]).with_timezone("UTC")),
        ),
        (
            "closed_on",
            Arc::new(TimestampMillisecondArray::from(vec![evening])),
        ),
    ];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut writer = arrow::ipc::writer::FileWriter::try_new(
        fs::File::create(bench.path("o.arrow")).unwrap(),
        &batch.schema(),
    )
    .unwrap();
    writer.write(&batch).unwrap();
    writer.finish().unwrap();
    let toml = "objects.path = 'DIR/o.arrow'\nobjects.extra.established = { column = 'established_on', type = 'date' }\n\
                objects.columns.established_on = 'closed_on'\nobjects.columns.closed_on = 'closed_on'";
    let objects = table(&bench.read(toml), "objects");
    assert_eq!(
        strings(&objects, "established"),
        [Some("2010-01-02".to_owned())]
    );
    assert_eq!(
        strings(&objects, "closed_on"),
        [Some("2010-01-01".to_owned())]
    );
}

/// The same rows as CSV, Parquet and Arrow, with types a database would give them.
fn typed_objects() -> DataFrame {
    df!["证号" => [3_i64, 1, 2], "name" => ["甲", "乙", "丙"], "lat" => [Some(1.5), None, Some(2.0)], "established_on" => [14_610_i32, 14_611, 14_612]]
        .unwrap()
        .lazy()
        .with_column(col("established_on").cast(DataType::Date))
        .collect()
        .unwrap()
}

fn write_parquet(path: &Path, frame: &mut DataFrame) {
    ParquetWriter::new(fs::File::create(path).unwrap())
        .finish(frame)
        .unwrap();
}

#[test]
fn csv_parquet_and_arrow_with_the_same_rows_give_the_same_snapshot() {
    use arrow::array::{ArrayRef, Date32Array, Float64Array, Int64Array, RecordBatch, StringArray};
    use std::sync::Arc;
    let mapping =
        "\n[objects.columns]\nobject_id = '证号'\n[objects.constants]\nid_scheme = 'licence'";
    let bench = Bench::new();
    bench.write("o.csv", "\u{feff}证号,name,lat,established_on\n3,甲,1.5,2010-01-01\n1,乙,,2010/1/2\n2,丙,2,20100103\n");
    write_parquet(&bench.path("o.parquet"), &mut typed_objects());
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("证号", Arc::new(Int64Array::from(vec![3, 1, 2]))),
        ("name", Arc::new(StringArray::from(vec!["甲", "乙", "丙"]))),
        (
            "lat",
            Arc::new(Float64Array::from(vec![Some(1.5), None, Some(2.0)])),
        ),
        (
            "established_on",
            Arc::new(Date32Array::from(vec![14_610, 14_611, 14_612])),
        ),
    ];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let target = fs::File::create(bench.path("o.arrow")).unwrap();
    let mut writer = arrow::ipc::writer::FileWriter::try_new(target, &batch.schema()).unwrap();
    writer.write(&batch).unwrap();
    writer.finish().unwrap();
    let target = fs::File::create(bench.path("o.ipc")).unwrap();
    let mut writer = arrow::ipc::writer::StreamWriter::try_new(target, &batch.schema()).unwrap();
    writer.write(&batch).unwrap();
    writer.finish().unwrap();
    let frames: Vec<DataFrame> = ["o.csv", "o.parquet", "o.arrow", "o.ipc"]
        .iter()
        .map(|name| {
            table(
                &bench.read(&format!("objects.path = 'DIR/{name}'{mapping}")),
                "objects",
            )
        })
        .collect();
    assert!(
        frames[1..]
            .iter()
            .all(|frame| frame.equals_missing(&frames[0])),
        "{frames:?}"
    );
    let mut ids = strings(&frames[0], "object_id");
    ids.sort();
    assert_eq!(ids[0].as_deref(), Some("licence/1"));
}

#[test]
fn a_mapping_renames_columns_and_values_joins_ids_and_carries_extras() {
    let bench = Bench::new();
    bench.write(
        "o.csv",
        "代码,类别,邮编,上门\nA1,1,057750,是\nB2,2,NULL,否\n",
    );
    bench.write("i.csv", "代码,日期,事项\nA1,2024-01-02,食品\n");
    let snapshot = bench.read(
        "[objects]\npath = 'DIR/o.csv'\n[objects.columns]\nobject_id = '代码'\nkind = '类别'\n[objects.values.kind]\n1 = '企业'\n\
         [objects.extra.zip]\ncolumn = '邮编'\ntype = 'str'\n[objects.extra.visits]\ncolumn = '上门'\ntype = 'bool'\n\
         [objects.constants]\nregion_scheme = 'gbt2260'\nlabels = 'x;y'\n\
         [inspections]\npath = 'DIR/i.csv'\n[inspections.columns]\nobject_id = '代码'\ninspected_on = '日期'\nvisit_id = ['代码', '日期', '事项']",
    );
    let mut objects = table(&snapshot, "objects");
    objects = objects
        .sort(["object_id"], SortMultipleOptions::default())
        .unwrap();
    assert_eq!(
        strings(&objects, "kind"),
        [Some("企业".to_owned()), Some("2".to_owned())]
    );
    assert_eq!(strings(&objects, "zip"), [Some("057750".to_owned()), None]);
    assert_eq!(
        strings(&objects, "visits"),
        [Some("true".to_owned()), Some("false".to_owned())]
    );
    assert_eq!(
        strings(&objects, "region_scheme"),
        vec![Some("gbt2260".to_owned()); 2]
    );
    assert_eq!(
        objects
            .column("labels")
            .unwrap()
            .list()
            .unwrap()
            .get_as_series(1)
            .unwrap()
            .len(),
        2
    );
    assert_eq!(
        strings(&table(&snapshot, "inspections"), "visit_id"),
        [Some("A1/2024-01-02/食品".to_owned())]
    );
}

#[test]
fn a_row_that_breaks_a_rule_is_refused_with_its_line_column_value_and_rule() {
    let bench = Bench::new();
    let id = bench.refusal(&format!("object_id,name\n{},x\nA1,y\n", "9".repeat(65)));
    assert_eq!(
        (id.0.as_str(), id.1.as_str(), id.3.as_str()),
        ("2", "object_id", "id-unusable")
    );
    assert!(
        id.4.starts_with("\"DIR/o.csv\", line 2, column \"object_id\": \"9999"),
        "{}",
        id.4
    );
    let none = bench.refusal("object_id,name\n ,x\nA1,y\n");
    assert_eq!(
        (none.2.as_deref(), none.3.as_str()),
        (Some(" "), "value-missing")
    );
}

#[test]
fn facts_are_held_to_their_own_rules() {
    let bench = Bench::new();
    bench.write("o.csv", "object_id\nA1\nB2\n");
    bench.write(
        "i.csv",
        "visit_id,object_id,inspected_on,known_on,visited,found\nv1,A1,2024-01-05,2024-01-04,1,1\nv2,A1,2024-01-05,,maybe,1\nv3,A1,2024-01-05,,,no\n\
         v4,A1,soon,,,\n,A1,2024-01-01,,,\nv6,A1,2024-01-06,,,\nv6,B2,2024-01-07,,,\nv6,X,2023-01-01,,,\nv6,B2,2025-01-01,,,\n",
    );
    bench.write("e.csv", "object_id,event_on,kind,amount,ended_on\nA1,2024-01-05,k,-5,\nA1,2024-01-05,k,,2024-01-04\nA1,2024-01-05,,,\n");
    let snapshot = bench.try_read(THREE, 3).unwrap();
    assert_eq!(
        counts(&snapshot)[1..],
        [("inspections", 9, 1, 7, 1), ("credit_events", 3, 1, 2, 0)]
    );
    let rules: Vec<(u64, String)> = refused(&snapshot)
        .into_iter()
        .map(|row| (row.0, row.3))
        .collect();
    let rule = |line: u64, rule: &str| (line, rule.to_owned());
    assert_eq!(
        rules,
        [
            rule(2, "known-before-event"),
            rule(3, "bool-unparsable"),
            rule(4, "bool-unparsable"),
            rule(5, "date-unparsable"),
            rule(6, "value-missing"),
            rules[5].clone(),
            rule(9, "object-unknown"),
            rule(3, "ended-before-event"),
            rule(4, "value-missing"),
        ]
    );
    assert_eq!(rules[5].1, "visit-duplicate");
    let found = emptied(&snapshot);
    assert_eq!((found[0].0, found[0].3.as_str()), (2, "negative"));
    assert_eq!(found.len(), 1);
    assert_eq!(
        strings(&table(&snapshot, "credit_events"), "amount"),
        [None]
    );
}

#[test]
fn a_cell_that_cannot_be_read_is_empty_and_its_row_is_kept() {
    let bench = Bench::new();
    let found = bench.finding("object_id,established_on\nA1,2024-13-01\nB2,2024-01-01\n");
    assert_eq!(
        found.4,
        "\"DIR/o.csv\", line 2, column \"established_on\": \"2024-13-01\" is not a day (日期): it must be written YYYY-MM-DD, YYYY/M/D, YYYY.M.D, YYYYMMDD or YYYY年M月D日, or be the serial of a spreadsheet; the cell is read as empty (按空白处理)"
    );
    for (column, value, rule) in [
        ("established_on", "2017", "date-unparsable"),
        ("established_on", "2017.3", "date-unparsable"),
        ("established_on", "1899-12-31", "date-out-of-range"),
        ("closed_on", "去年", "date-unparsable"),
        ("closed_on", "1900-00-00", "date-unparsable"),
        ("term_ends_on", "三十年", "date-unparsable"),
        ("lat", "north", "number-unparsable"),
        ("lat", "90.5", "latitude-out-of-range"),
        ("lon", "-181", "longitude-out-of-range"),
        ("registered_capital", "约五百万", "number-unparsable"),
        ("registered_capital", "1.5", "number-unparsable"),
        ("registered_capital", "-1", "negative"),
    ] {
        let found = bench.finding(&format!("object_id,{column}\nB2,\nA1,{value}\n"));
        assert_eq!(
            (
                found.0.as_str(),
                found.1.as_str(),
                found.2.as_deref(),
                found.3.as_str()
            ),
            ("3", column, Some(value), rule),
        );
        let objects = table(&bench.read("objects.path = 'DIR/o.csv'"), "objects");
        assert_eq!(
            (
                objects.height(),
                objects.column(column).unwrap().null_count()
            ),
            (2, 2)
        );
    }
    let two = bench.finding("object_id,established_on,closed_on\nA1,2020-01-02,2020-01-01\n");
    assert_eq!(
        (two.1.as_str(), two.3.as_str()),
        ("closed_on", "closed-before-established")
    );
    let objects = table(&bench.read("objects.path = 'DIR/o.csv'"), "objects");
    let days = |column: &str| strings(&objects, column)[0].clone();
    assert_eq!(
        (days("established_on").as_deref(), days("closed_on")),
        (Some("2020-01-02"), None)
    );
}

#[test]
fn an_end_that_cannot_be_read_still_refuses_its_record() {
    let bench = Bench::new();
    bench.write("o.csv", "object_id\nA1\n");
    bench.write(
        "e.csv",
        "object_id,event_on,kind,ended_on\nA1,2024-01-05,k,2024年\nA1,2024-01-06,k,\n",
    );
    bench.write(
        "l.csv",
        "object_id,licence,granted_on,valid_to\nA1,食品,2020,2026-01-01\nA1,食品,2020-01-01,不详\n",
    );
    bench.write("p.csv", "inspector_id,from,to\ni1,2024-01-01,下周\n");
    let snapshot = bench.read(
        "objects.path = 'DIR/o.csv'\ncredit_events.path = 'DIR/e.csv'\nlicences.path = 'DIR/l.csv'\navailability.path = 'DIR/p.csv'",
    );
    let rules: Vec<(u64, String, String)> = refused(&snapshot)
        .into_iter()
        .map(|row| (row.0, row.1, row.3))
        .collect();
    let day = |line: u64, column: &str| (line, column.to_owned(), "date-unparsable".to_owned());
    assert_eq!(
        rules,
        [
            day(2, "ended_on"),
            day(2, "to"),
            day(2, "granted_on"),
            day(3, "valid_to")
        ]
    );
    assert!(emptied(&snapshot).is_empty());
}

#[test]
fn a_column_that_is_mostly_unreadable_stops_the_job_and_says_what_to_write() {
    let bench = Bench::new();
    let row = |n: usize| {
        format!(
            "A{n},{},\n",
            if n.is_multiple_of(3) {
                "不是日期"
            } else {
                "2020-01-01"
            }
        )
    };
    let rows: String = (0..150).map(row).collect();
    bench.write("o.csv", format!("object_id,established_on,lat\n{rows}"));
    let said = bench.error("objects.path = 'DIR/o.csv'");
    assert_eq!(
        said,
        "50 of 150 filled cells of established_on (成立日期) in objects (检查对象名录库) cannot be read, a share of 0.33, more than \
         ingest.objects.unread_share_max = 0.25 allows; one of them: \"DIR/o.csv\", line 2, column \"established_on\": \"不是日期\" is not a day (日期): \
         it must be written YYYY-MM-DD, YYYY/M/D, YYYY.M.D, YYYYMMDD or YYYY年M月D日, or be the serial of a spreadsheet; the cell is read as empty (按空白处理); \
         write the right header under ingest.objects.columns.established_on, or ingest.objects.unread_share_max = 1.0 to read such cells as empty"
    );
    for partitions in [1, 3] {
        let toml = "objects.path = 'DIR/o.csv'\nobjects.unread_share_max = 0.34";
        let snapshot = bench.try_read(toml, partitions).unwrap();
        assert_eq!(counts(&snapshot), [("objects", 150, 150, 0, 0)]);
        assert_eq!(emptied(&snapshot).len(), 50);
    }
    let few: String = (0..100).map(row).collect();
    bench.write("o.csv", format!("object_id,established_on,lat\n{few}"));
    assert_eq!(emptied(&bench.read("objects.path = 'DIR/o.csv'")).len(), 34);
    let wrong = bench.params("objects.path = 'DIR/o.csv'\nobjects.unread_share_max = 1.5");
    assert_eq!(wrong.check().unwrap_err()[0].key, "unread_share_max");
}

#[test]
fn a_table_of_which_too_many_rows_are_refused_stops_the_job() {
    let bench = Bench::new();
    let row = |n: usize| {
        if n.is_multiple_of(3) {
            ",x\n".to_owned()
        } else {
            format!("A{n},x\n")
        }
    };
    let rows: String = (0..150).map(row).collect();
    bench.write("o.csv", format!("object_id,name\n{rows}"));
    let said = bench.error("objects.path = 'DIR/o.csv'");
    assert!(
        said.starts_with("50 of 150 rows of objects (检查对象名录库) are refused, more than ingest.objects.refused_share_max = 0.25 allows"),
        "{said}"
    );
}

#[test]
fn more_findings_than_one_mask_holds_are_all_told() {
    let bench = Bench::new();
    let columns: Vec<String> = (0..70).map(|n| format!("day{n:02}")).collect();
    let texts: Vec<String> = (0..70).map(|n| format!("text{n:02}")).collect();
    let header = format!("object_id,{},{}", columns.join(","), texts.join(","));
    let garbage = format!(
        "A1,{},{}",
        vec!["x"; 70].join(","),
        vec!["a\u{3000}b"; 70].join(",")
    );
    let sound = format!(
        "B2,{},{}",
        vec!["2020-01-01"; 70].join(","),
        vec!["ab"; 70].join(",")
    );
    bench.write("o.csv", format!("{header}\n{garbage}\n{sound}\n"));
    let extra =
        |name: &String, kind| format!("{name} = {{ column = '{name}', type = '{kind}' }}\n");
    let days: String = columns.iter().map(|name| extra(name, "date")).collect();
    let carried: String = texts.iter().map(|name| extra(name, "str")).collect();
    let snapshot = bench.read(&format!(
        "[objects]\npath = 'DIR/o.csv'\n[objects.extra]\n{days}{carried}"
    ));
    let found = emptied(&snapshot);
    let told: Vec<&str> = found.iter().map(|row| row.1.as_str()).collect();
    assert_eq!(told, columns.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(found.iter().all(|row| row.0 == 2));
    let respelt = listed(snapshot.findings());
    let respelt = respelt
        .iter()
        .filter(|row| row.3 == "text-normalised" && row.0 == 2);
    assert_eq!(respelt.count(), 70);
}

#[test]
fn a_refused_row_tells_all_its_faults_and_a_repeated_one_where_the_kept_row_stands() {
    let bench = Bench::new();
    bench.write(
        "o.csv",
        "object_id,name,lat,registered_capital\n,甲,91,-1\nA1,乙,1,\nA1,丙,x,\nB2,丁,2,5\n",
    );
    bench.write(
        "i.csv",
        "visit_id,object_id,inspected_on,known_on,visited,found\nv1,,soon,,maybe,0\n",
    );
    let toml = "objects.path = 'DIR/o.csv'\ninspections.path = 'DIR/i.csv'\n";
    let snapshot = bench.read(toml);
    let shapes: Vec<_> = snapshot.refused_shapes().map(Result::unwrap).collect();
    let faults = |row: &ingest::RefusedRow| {
        let more = row.more.iter();
        let more: Vec<String> = more
            .map(|fault| format!("{} {} {}", fault.rule, fault.column, fault.value))
            .collect();
        (row.line, row.rule.clone(), more.join("; "))
    };
    let told: Vec<_> = shapes
        .iter()
        .flat_map(|shape| shape.rows.iter().map(faults))
        .collect();
    let is = |line: u64, rule: &str, more: &str| (line, rule.to_owned(), more.to_owned());
    assert_eq!(
        told,
        [
            is(
                2,
                "value-missing",
                "latitude-out-of-range lat 91; negative registered_capital -1"
            ),
            is(3, "object-duplicate", ""),
            is(
                2,
                "value-missing",
                "date-unparsable inspected_on soon; bool-unparsable visited maybe"
            ),
        ]
    );
    let kept = shapes[0].rows[1].kept.clone().unwrap();
    assert_eq!(kept.line, 4);
    assert!(kept.place.ends_with("o.csv\""), "{kept:?}");
    let messages: Vec<String> = refused(&snapshot).into_iter().map(|row| row.4).collect();
    assert!(
        messages[0].contains("; also column \"lat\": \"91\" is not a latitude"),
        "{}",
        messages[0]
    );
    assert!(messages[1].ends_with("o.csv\", line 4"), "{}", messages[1]);
}

/// A column: its name, a cell that can be read, and cells that cannot with the rules they break.
type Cells = (
    &'static str,
    &'static str,
    [(&'static str, &'static str); 3],
);

const CELLS: [Cells; 5] = [
    (
        "established_on",
        "2020-01-02",
        [
            ("2017", "date-unparsable"),
            ("2017.3", "date-unparsable"),
            ("1800-01-01", "date-out-of-range"),
        ],
    ),
    (
        "term_ends_on",
        "2030/1/2",
        [
            ("未定", "date-unparsable"),
            ("13月", "date-unparsable"),
            ("1899-01-01", "date-out-of-range"),
        ],
    ),
    (
        "lat",
        "36.5",
        [
            ("北", "number-unparsable"),
            ("91", "latitude-out-of-range"),
            ("-90.1", "latitude-out-of-range"),
        ],
    ),
    (
        "lon",
        "115.3",
        [
            ("东", "number-unparsable"),
            ("180.5", "longitude-out-of-range"),
            ("inf", "number-unparsable"),
        ],
    ),
    (
        "registered_capital",
        "100",
        [
            ("约五百万", "number-unparsable"),
            ("-7", "negative"),
            ("5万美元", "number-unparsable"),
        ],
    ),
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_row_whose_optional_cells_are_garbage_is_accepted_with_exactly_those_findings(
        rows in proptest::collection::vec(proptest::array::uniform5(0..5_usize), 1..12),
        partitions in 1..3_usize,
    ) {
        let bench = Bench::new();
        let header: Vec<&str> = CELLS.iter().map(|column| column.0).collect();
        let mut text = format!("object_id,{}\n", header.join(","));
        let mut wanted = Vec::new();
        for (number, row) in rows.iter().enumerate() {
            let mut cells = vec![format!("A{number}")];
            for (column, pick) in CELLS.iter().zip(row) {
                cells.push(match pick {
                    0 => String::new(),
                    1 => column.1.to_owned(),
                    garbage => {
                        let (value, rule) = column.2[garbage - 2];
                        wanted.push((number as u64 + 2, column.0.to_owned(), Some(value.to_owned()), rule.to_owned()));
                        value.to_owned()
                    }
                });
            }
            text.push_str(&cells.join(","));
            text.push('\n');
        }
        bench.write("o.csv", text);
        let snapshot = bench.try_read("objects.path = 'DIR/o.csv'", partitions).unwrap();
        let n = rows.len() as u64;
        prop_assert_eq!(counts(&snapshot), [("objects", n, n, 0, 0)]);
        let mut found: Vec<_> = emptied(&snapshot)
            .into_iter()
            .map(|row| (row.0, row.1, row.2, row.3))
            .collect();
        found.sort();
        wanted.sort();
        prop_assert_eq!(found, wanted);
        let objects = table(&snapshot, "objects");
        for (at, column) in CELLS.iter().enumerate() {
            let read = rows.iter().filter(|row| row[at] == 1).count();
            prop_assert_eq!(objects.height() - objects.column(column.0).unwrap().null_count(), read);
        }
    }
}

#[test]
fn of_two_rows_with_one_id_the_first_in_sort_order_is_kept_wherever_it_stands() {
    let bench = Bench::new();
    let kept = |text: &str, partitions: usize| {
        bench.write("o.csv", text);
        let snapshot = bench
            .try_read("objects.path = 'DIR/o.csv'", partitions)
            .unwrap();
        let row = refused(&snapshot).remove(0);
        (strings(&table(&snapshot, "objects"), "name"), row.0, row.3)
    };
    let jia = vec![Some("甲".to_owned())];
    let last = kept("object_id,name\nA1,甲\n a1 ,乙\n", 1);
    assert!(
        last.0 == [Some("乙".to_owned())] && last.1 == 2 && last.2 == "object-duplicate",
        "{last:?}"
    );
    assert_eq!(kept("object_id,name\n a1 ,乙\nA1,甲\n", 4).1, 3);
    assert_eq!(
        kept("object_id,name\nA1,甲\nA1,甲\n", 2),
        (jia, 3, "object-duplicate".to_owned())
    );
}

#[test]
fn a_ragged_row_is_refused_and_lines_stay_right_across_quoted_newlines_blank_lines_and_crlf() {
    let bench = Bench::new();
    bench.write("o.csv", "object_id,name\r\nA1,\"two\r\nlines\"\r\n\r\nB2,x,extra\r\nC3\r\nD4,\"a,b\"\r\n\u{7}bad\u{7}x,y\r\n");
    let snapshot = bench.read("objects.path = 'DIR/o.csv'");
    assert_eq!(counts(&snapshot), [("objects", 5, 2, 3, 0)]);
    let found: Vec<(u64, Option<String>, String)> = refused(&snapshot)
        .into_iter()
        .map(|row| (row.0, row.2, row.3))
        .collect();
    let is = |line: u64, value: &str, rule: &str| (line, Some(value.to_owned()), rule.to_owned());
    assert_eq!(
        found,
        [
            is(5, "3", "field-count"),
            is(6, "1", "field-count"),
            is(8, "\u{7}bad\u{7}x", "id-unusable")
        ]
    );
    assert!(
        refused(&snapshot)[0]
            .4
            .ends_with("line 5: the row has 3 fields where the header (表头) has 2")
    );
}

#[test]
fn a_quotation_mark_that_swallows_the_rest_is_an_error() {
    let bench = Bench::new();
    for tail in ["", "\n"] {
        bench.write(
            "o.csv",
            format!("object_id,name\nA1,x\nB2,\"open\nC3,y\nD4,z{tail}"),
        );
        assert_eq!(
            bench.error("objects.path = 'DIR/o.csv'"),
            "\"DIR/o.csv\" opens a quotation mark at line 3 and never closes it: the rows after it cannot be told apart"
        );
    }
    bench.write("o.csv", "object_id,name\nA1,\"two\nlines\"");
    assert_eq!(
        counts(&bench.read("objects.path = 'DIR/o.csv'")),
        [("objects", 1, 1, 0, 0)]
    );
}

#[test]
fn parquet_refusals_count_rows_and_whole_floats_are_ids_again() {
    let bench = Bench::new();
    let mut frame =
        df!["object_id" => [Some(11.0), None, Some(12.5)], "lat" => [1.0, 2.0, 3.0]].unwrap();
    write_parquet(&bench.path("o.parquet"), &mut frame);
    let snapshot = bench.read("objects.path = 'DIR/o.parquet'");
    let mut ids = strings(&table(&snapshot, "objects"), "object_id");
    ids.sort();
    assert_eq!(ids, [Some("11".to_owned()), Some("12.5".to_owned())]);
    let row = &refused(&snapshot)[0];
    assert_eq!((row.0, row.3.as_str()), (2, "value-missing"));
    assert!(row.4.contains("o.parquet\", row 2, column"), "{}", row.4);
}

#[test]
fn folders_and_globs_are_read_in_path_order_with_chinese_and_spaced_names() {
    let bench = Bench::new();
    bench
        .write("名录 库/b.csv", "object_id\nB2\n")
        .write("名录 库/a 一.csv", "object_id\nA1\n")
        .write("名录 库/_notes.csv", "x");
    for path in ["DIR/名录 库", "DIR/名录 库/[ab]*.csv"] {
        let snapshot = bench.read(&format!("objects.path = '{path}'"));
        assert_eq!(counts(&snapshot), [("objects", 2, 2, 0, 0)]);
        let inputs: Vec<&str> = snapshot
            .inputs()
            .iter()
            .map(|input| input.path.as_str())
            .collect();
        assert!(
            inputs[0].ends_with("a 一.csv") && inputs[1].ends_with("b.csv"),
            "{inputs:?}"
        );
        assert_eq!(snapshot.inputs()[0].bytes, 13);
        let digests = ingest::inputs(
            &bench
                .params(&format!("objects.path = '{path}'"))
                .check()
                .unwrap(),
        )
        .unwrap();
        assert_eq!(digests, snapshot.inputs());
    }
}

#[test]
fn files_may_order_their_columns_differently_and_lack_optional_ones() {
    let bench = Bench::new();
    bench
        .write("o/1.csv", "name,object_id\n甲,A1\n")
        .write("o/2.csv", "object_id,size\nB2,微型\n");
    bench
        .write(
            "i/1.csv",
            "visit_id,object_id,inspected_on,known_on\nv1,A1,2024-01-01,2024-02-01\n",
        )
        .write(
            "i/2.csv",
            "visit_id,object_id,inspected_on\nv2,B2,2024-01-01\n",
        );
    let snapshot = bench.read("objects.path = 'DIR/o'\ninspections.path = 'DIR/i'");
    assert_eq!(
        table(&snapshot, "objects")
            .column("size")
            .unwrap()
            .null_count(),
        1
    );
    let mut known = strings(&table(&snapshot, "inspections"), "known_on");
    known.sort();
    assert_eq!(
        known,
        [Some("2024-01-01".to_owned()), Some("2024-02-01".to_owned())]
    );
}

#[test]
fn small_tables_are_one_file_and_hold_each_id_once() {
    let bench = Bench::new();
    bench
        .write("o.csv", "object_id\nA1\n")
        .write(
            "p.csv",
            "inspector_id,specialties,active\ni2,食品;药品,否\ni1,,\ni1,食品,\n",
        )
        .write("t.csv", "item_id,ratio_min\nt1,0.03\nt2,3\n");
    let snapshot = bench.read(
        "objects.path = 'DIR/o.csv'\ninspectors.path = 'DIR/p.csv'\nitems.path = 'DIR/t.csv'",
    );
    assert_eq!(
        counts(&snapshot)[1..],
        [("inspectors", 3, 2, 1, 0), ("items", 2, 1, 1, 0)]
    );
    let inspectors = file(
        &snapshot
            .refused()
            .parent()
            .unwrap()
            .join("snapshot/inspectors.parquet"),
    );
    assert_eq!(
        strings(&inspectors, "inspector_id"),
        [Some("i1".to_owned()), Some("i2".to_owned())]
    );
    let rules: Vec<String> = refused(&snapshot).into_iter().map(|row| row.3).collect();
    assert_eq!(rules, ["inspector-duplicate", "ratio-out-of-range"]);
}

#[test]
fn tables_without_rows_are_counted_unless_they_are_the_register() {
    let bench = Bench::new();
    bench
        .write("o.csv", "object_id\nA1\n")
        .write("i.csv", "visit_id,object_id,inspected_on\n")
        .write("none.csv", "object_id\n");
    let snapshot = bench.read("objects.path = 'DIR/o.csv'\ninspections.path = 'DIR/i.csv'");
    assert_eq!(counts(&snapshot)[1], ("inspections", 0, 0, 0, 0));
    assert_eq!(table(&snapshot, "inspections").height(), 0);
    assert_eq!(
        bench.error("objects.path = 'DIR/none.csv'"),
        "ingest.objects.path names \"DIR/none.csv\", a table objects (检查对象名录库) without rows"
    );
}

#[test]
fn a_register_of_which_nothing_is_usable_is_an_error_that_shows_the_first_refusal() {
    let bench = Bench::new();
    bench.write("o.csv", "object_id,lat\n,x\n");
    assert_eq!(
        bench.error("objects.path = 'DIR/o.csv'"),
        "all 1 rows of objects (检查对象名录库) are refused; the first: \"DIR/o.csv\", line 2, column \"object_id\": \"\" is no value, and the column is required (必填); also column \"lat\": \"x\" is not a finite number (数字)"
    );
    assert_eq!(file(&bench.path("work 1/refused.parquet")).height(), 1);
}

#[test]
fn paths_that_lead_nowhere_are_named() {
    let bench = Bench::new();
    fs::create_dir(bench.path("empty")).unwrap();
    bench
        .write("o.txt", "object_id\nA1\n")
        .write("o.csv", b"\x89PNG\r\n\x1a\n\0\0")
        .write("zero.csv", "");
    assert_eq!(
        bench.error("objects.path = 'DIR/no.csv'"),
        "ingest.objects.path names \"DIR/no.csv\", which does not exist"
    );
    assert_eq!(
        bench.error("objects.path = 'DIR/no-*.csv'"),
        "ingest.objects.path = \"DIR/no-*.csv\" matches no file"
    );
    assert_eq!(
        bench.error("objects.path = 'DIR/empty'"),
        "ingest.objects.path names the folder \"DIR/empty\", which holds no file whose content is a table (Parquet, Arrow, CSV, xlsx, xls, XML, HTML, or zip or gzip of these)"
    );
    assert!(
        bench
            .error("objects.path = 'DIR/o.csv'")
            .starts_with("ingest.objects.path names \"DIR/o.csv\", whose content is no table")
    );
    assert_eq!(
        counts(&bench.read("objects.path = 'DIR/o.txt'\nobjects.format = 'csv'"))[0].1,
        1
    );
    assert_eq!(
        bench.error("objects.path = 'DIR/o.txt'\nobjects.format = 'xlsx'"),
        "ingest.objects.path says that \"DIR/o.txt\" is xlsx, but its content is CSV: correct `format` or leave it out"
    );
    assert_eq!(
        bench.error("objects.path = 'DIR/zero.csv'"),
        "\"DIR/zero.csv\" is empty: a table needs at least its header (表头)"
    );
    let pattern = bench
        .try_read("objects.path = 'DIR/[a.csv'", 1)
        .unwrap_err();
    assert_eq!(pattern.kind(), Kind::Usage);
    assert!(
        pattern.to_string().contains("is not a usable pattern"),
        "{pattern}"
    );
}

#[test]
fn missing_and_repeated_columns_are_named_with_the_nearest_header() {
    let bench = Bench::new();
    bench
        .write("o.csv", "统一社会信用代码,企业名称\nA1,甲\n")
        .write("n.csv", "统一社会信用的代号,企业名称\nA1,甲\n")
        .write("twice.csv", "object_id,name,name\nA1,1,2\n")
        .write("noted.csv", "object_id,备注,备注\nA1,1,2\n");
    assert_eq!(
        bench.error("objects.path = 'DIR/o.csv'\nobjects.columns.object_id = '统一社会信用代'"),
        "ingest.objects.columns.object_id = \"统一社会信用代\", but \"DIR/o.csv\" has no such column; it has: 统一社会信用代码, 企业名称; the nearest is \"统一社会信用代码\""
    );
    assert_eq!(
        bench.error("objects.path = 'DIR/n.csv'"),
        "ingest.objects.columns.object_id is required (统一社会信用代码): \"DIR/n.csv\" has no column \"object_id\" and none is mapped to it; \
         it has: 统一社会信用的代号, 企业名称; the nearest is \"统一社会信用的代号\""
    );
    assert_eq!(
        bench.error("objects.path = 'DIR/twice.csv'"),
        "\"DIR/twice.csv\" has two columns named \"name\": a header must be unique"
    );
    let noted = "objects.path = 'DIR/noted.csv'\nobjects.extra.note = { column = '备注 (2)', type = 'str' }";
    assert_eq!(counts(&bench.read(noted)), [("objects", 1, 1, 0, 0)]);
}

#[test]
fn text_that_is_neither_utf_8_nor_gb18030_is_located() {
    let bench = Bench::new();
    let long = "企业".repeat(40);
    bench
        .write("o.csv", b"object_id,name\nA1,x\nB2,\xBC\xD7\xFF\xFF\n")
        .write("gb.csv", b"object_id,name\nA1,\xBC\xD7\n")
        .write(
            "cut.csv",
            [
                format!("object_id,name\nA1,{long}\nB2,").as_bytes(),
                b"\xE4\xBC\n",
            ]
            .concat(),
        );
    assert_eq!(
        bench.error("objects.path = 'DIR/o.csv'"),
        "\"DIR/o.csv\" is not GB18030 at line 3, byte 26 of the file: save it as UTF-8 or GB18030 (GBK), or name its `encoding`"
    );
    assert!(
        bench
            .error("objects.path = 'DIR/cut.csv'")
            .contains("is not UTF-8 at line 3, byte 263")
    );
    let snapshot = bench.read("objects.path = 'DIR/gb.csv'");
    assert_eq!(
        strings(&table(&snapshot, "objects"), "name"),
        [Some("甲".to_owned())]
    );
    assert!(
        bench
            .error("objects.path = 'DIR/gb.csv'\nobjects.encoding = 'utf-8'")
            .contains("is not UTF-8 at line 2, byte 19")
    );
}

#[test]
fn truncated_and_foreign_files_are_named() {
    let bench = Bench::new();
    write_parquet(&bench.path("o.parquet"), &mut typed_objects());
    let bytes = fs::read(bench.path("o.parquet")).unwrap();
    bench
        .write("cut.parquet", &bytes[..bytes.len() - 9])
        .write("text.parquet", "object_id\nA1\n")
        .write("text.arrow", "object_id\nA1\n");
    let mut damaged = bytes.clone();
    damaged[4..60].fill(0xff);
    bench.write("damaged.parquet", &damaged);
    for name in ["cut.parquet", "damaged.parquet"] {
        let error = bench.error(&format!(
            "objects.path = 'DIR/{name}'\nobjects.columns.object_id = '证号'"
        ));
        assert!(
            error.starts_with(&format!("\"DIR/{name}\" cannot be read as ")),
            "{error}"
        );
    }
    for name in ["text.parquet", "text.arrow"] {
        let snapshot = bench.read(&format!("objects.path = 'DIR/{name}'"));
        assert_eq!(counts(&snapshot), [("objects", 1, 1, 0, 0)]);
    }
}

#[test]
fn a_column_of_an_impossible_type_is_an_error() {
    let bench = Bench::new();
    let mut frame = df!["object_id" => ["A1"], "established_on" => [1.5]].unwrap();
    write_parquet(&bench.path("o.parquet"), &mut frame);
    assert_eq!(
        bench.error("objects.path = 'DIR/o.parquet'"),
        "\"DIR/o.parquet\" column \"established_on\" is of type f64, which cannot become date (established_on)"
    );
}

#[test]
fn all_problems_of_the_settings_are_reported_at_once() {
    let bench = Bench::new();
    let params = bench.params(
        "objects.path = ' '\nobjects.columns.nome = 'x'\nobjects.columns.lat = ['a', 'b']\nobjects.constants.established_on = 'soon'\nobjects.extra.name = { column = 'n', type = 'str' }\n\
         objects.extra.tags = { column = 't', type = 'list' }\ninspections.path = 'i.csv'\ninspections.values.visited = { '到' = 'maybe' }\n\
         inspections.constants.channel = 'draw'\ninspections.columns.channel = 'c'\nitems.path = 'x'\nitems.list_separator = ''",
    );
    let keys: Vec<String> = params
        .check()
        .unwrap_err()
        .into_iter()
        .map(|problem| problem.key)
        .collect();
    assert_eq!(
        keys,
        [
            "objects.path",
            "objects.columns.lat",
            "objects.columns.nome",
            "objects.extra.name",
            "objects.extra.tags.type",
            "objects.constants.established_on",
            "inspections.columns.channel",
            "inspections.values.visited.到",
            "items.list_separator",
        ]
    );
    assert!(toml::from_str::<Params>("objects.path = 'x'\nobjects.colums.name = 'y'").is_err());
}

#[test]
fn headers_are_listed_and_known_ones_recognised() {
    let bench = Bench::new();
    bench.write(
        "o.csv",
        "\u{feff}统一社会信用代码 / 注册号, 企业名称 ,管辖单位,备注\nA1,,,\n",
    );
    let headers = ingest::headers(&bench.shown("o.csv")).unwrap();
    assert_eq!(
        headers,
        ["统一社会信用代码 / 注册号", "企业名称", "管辖单位", "备注"]
    );
    let guesses: Vec<_> = headers.iter().map(|header| ingest::guess(header)).collect();
    assert_eq!(
        guesses,
        [
            Some(("objects", "object_id")),
            Some(("objects", "name")),
            Some(("objects", "office")),
            None
        ]
    );
    assert_eq!(
        ingest::guess_in("credit_events", "列入日期"),
        Some("event_on")
    );
}

#[test]
fn only_wanted_outcomes_are_read_and_a_broken_wanted_row_is_an_error() {
    let bench = Bench::new();
    bench.three().write(
        "out.csv",
        "object_id,found,severity,result_codes\nA1,1,2.5,5;6\nB2,0,,1\nC3,broken,,\n",
    );
    let snapshot = bench.read(THREE);
    let params = TableParams {
        path: bench.shown("out.csv"),
        ..TableParams::default()
    };
    let table = params.check_as("outcomes", "").unwrap();
    let mut wanted = vec![key("A1"), key("B2"), 7];
    wanted.sort_unstable();
    let work = bench.path("work 1");
    let outcomes = ingest::read_outcomes(&table, &wanted, &snapshot, &work).unwrap();
    assert_eq!(outcomes.len(), 2);
    let a1 = outcomes
        .iter()
        .find(|outcome| outcome.object_key == key("A1"))
        .unwrap();
    assert!(
        a1.found
            && a1.visited
            && a1.result_codes == ["5", "6"]
            && (a1.severity - 2.5).abs() < 1e-12
    );
    let error = ingest::read_outcomes(&table, &[key("C3")], &snapshot, &work).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("breaks the rule bool-unparsable in column found"),
        "{error}"
    );
    bench.write("out.csv", "object_id,found\nA1,1\na1,0\n");
    let error = ingest::read_outcomes(&table, &[key("A1")], &snapshot, &work).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("more than one row for a drawn object"),
        "{error}"
    );
    bench
        .write("o.csv", "object_id\n1144\n")
        .write("out.csv", "object_id,found\n1144,1\n");
    let toml = "objects.path = 'DIR/o.csv'\nobjects.constants.id_scheme = 'licence'";
    let (register, snapshot) = (bench.params(toml).check().unwrap(), bench.read(toml));
    let licence = ObjectId::normalise("licence", "1144").unwrap().key().0;
    let outcomes = ingest::read_outcomes(
        &table.under_register_of(&register),
        &[licence],
        &snapshot,
        &work,
    )
    .unwrap();
    assert_eq!(outcomes.len(), 1);
}

#[test]
fn listed_visits_are_found_even_after_the_as_of_day() {
    let bench = Bench::new();
    bench
        .three()
        .write("list.csv", "id,test\nv1,1\nv2,0\n v4 ,1\n");
    let snapshot = bench.read(THREE);
    let params = bench.params(THREE).check().unwrap();
    let list = |filter: &str, column: &str| {
        let list = ingest::VisitParams {
            path: bench.shown("list.csv"),
            format: None,
            column: column.to_owned(),
            filter: Some(filter.to_owned()),
        };
        ingest::read_visits(
            params.table("inspections").unwrap(),
            &list.check("backtest").unwrap(),
            &snapshot,
            &bench.path("work 1"),
        )
    };
    let visits = list("test = '1'", "id").unwrap();
    let shown: Vec<_> = visits
        .iter()
        .map(|visit| {
            (
                visit.visit_id.as_str(),
                visit.inspected_on.to_string(),
                visit.inspector.as_deref(),
                visit.found,
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            ("v1", "2024-03-01".to_owned(), Some("i1"), true),
            ("v4", "2025-02-01".to_owned(), None, false)
        ]
    );
    assert!(
        list("nonsense = 1", "id")
            .unwrap_err()
            .to_string()
            .starts_with("backtest.filter = \"nonsense = 1\" cannot be used on")
    );
    assert!(
        list("true", "nr")
            .unwrap_err()
            .to_string()
            .starts_with("backtest.column = \"nr\", but")
    );
    bench.write("list.csv", "id,test\nv9,1\n");
    assert!(
        list("test = '1'", "id")
            .unwrap_err()
            .to_string()
            .starts_with("1 of 1 visits listed in")
    );
    let unusable = ingest::VisitParams {
        path: String::new(),
        format: None,
        column: String::new(),
        filter: Some("test = = 1".to_owned()),
    };
    assert_eq!(unusable.check("backtest").unwrap_err().len(), 3);
}

fn chicago(folder: &Path) -> String {
    format!(
        "[objects]\npath = '{0}/register.parquet'\n[objects.columns]\nobject_id = 'entity_id'\nindustry_code = 'industry'\nregion_code = 'district'\nestablished_on = 'opened'\n\
         [objects.constants]\nid_scheme = 'licence'\n[objects.extra.zip]\ncolumn = 'zip'\ntype = 'str'\n[objects.extra.tobacco]\ncolumn = 'tobacco'\ntype = 'bool'\n\
         [inspections]\npath = '{0}/inspections.parquet'\n[inspections.columns]\nvisit_id = 'inspection_id'\nobject_id = 'entity_id'\ninspected_on = 'date'\nitem_id = 'item'\ninspector_ids = 'inspector'\n\
         [credit_events]\npath = '{0}/credit.parquet'\n[credit_events.columns]\nobject_id = 'entity_id'\nevent_on = 'date'\n",
        folder.display()
    )
}

#[test]
fn chicago_keeps_its_register_and_refuses_events_of_unknown_licences() {
    let Some(folder) = shared("chicago_keeps_its_register", "data/chicago") else {
        return;
    };
    let bench = Bench::new();
    let toml = chicago(&folder);
    let params = bench.params(&toml).check().unwrap();
    let late = AsOf("2026-01-01".parse().unwrap());
    let work = bench.path("late");
    fs::create_dir_all(&work).unwrap();
    let snapshot = ingest::read(&params, late, 4, &work, &Meter::silent()).unwrap();
    assert_eq!(
        counts(&snapshot),
        [
            ("objects", 12_367, 12_367, 0, 0),
            ("inspections", 27_600, 27_600, 0, 0),
            ("credit_events", 18_492, 15_037, 3_455, 0)
        ]
    );
    let list = ingest::VisitParams {
        path: folder
            .join("native/model_published_1637.parquet")
            .display()
            .to_string(),
        format: None,
        column: "Inspection_ID".to_owned(),
        filter: Some("Test".to_owned()),
    };
    let early = AsOf("2014-09-01".parse().unwrap());
    let snapshot = ingest::read(&params, early, 2, &work, &Meter::silent()).unwrap();
    assert!(
        snapshot.counts()[1].later > 1_000,
        "{:?}",
        snapshot.counts()
    );
    let visits = ingest::read_visits(
        params.table("inspections").unwrap(),
        &list.check("backtest").unwrap(),
        &snapshot,
        &work,
    )
    .unwrap();
    assert_eq!(visits.len(), 1_637);
    assert!(visits.iter().any(|visit| visit.inspector.is_some()));
}

#[test]
fn new_york_visits_get_ids_made_of_place_day_and_kind() {
    let Some(folder) = shared("new_york_visits", "data/nyc") else {
        return;
    };
    let bench = Bench::new();
    let snapshot = bench.try_read(
        &format!(
            "[objects]\npath = '{0}/register.parquet'\n[objects.columns]\nobject_id = 'entity_id'\nestablished_on = 'opened'\n[objects.constants]\nid_scheme = 'camis'\n\
             [inspections]\npath = '{0}/inspections.parquet'\n[inspections.columns]\nvisit_id = ['entity_id', 'date', 'item']\nobject_id = 'entity_id'\ninspected_on = 'date'\nitem_id = 'item'\n\
             [credit_events]\npath = '{0}/credit.parquet'\n[credit_events.columns]\nobject_id = 'entity_id'\nevent_on = 'date'\n",
            folder.display()
        ),
        8,
    );
    let snapshot = snapshot.unwrap();
    assert_eq!(snapshot.counts()[0].accepted, 24_806);
    assert_eq!(
        (snapshot.counts()[1].read, snapshot.counts()[2].read),
        (182_370, 28_574)
    );
    assert_eq!(
        snapshot.counts()[1].accepted + snapshot.counts()[1].refused + snapshot.counts()[1].later,
        182_370
    );
}
