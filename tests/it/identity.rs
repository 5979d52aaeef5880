//! Identity: what an identifier is, whose it is, what is found on accepted rows, and how refused rows come back.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use choucha::ingest::{self, Params, Snapshot, TableParams, read_outcomes};
use choucha::units::{AsOf, Meter, ObjectId};
use polars::prelude::*;
use tempfile::TempDir;

/// A valid code, as published.
const CODE: &str = "91110000802100433B";
const OTHER_CODE: &str = "91330100799655058B";
const NUMBER: &str = "330000000036006";
const OTHER_NUMBER: &str = "330000000047893";

struct Bench(TempDir);

impl Bench {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) -> &Self {
        fs::write(self.path(name), text).unwrap();
        self
    }

    fn text(&self, toml: &str) -> String {
        toml.replace("DIR", &self.0.path().display().to_string())
    }

    fn read(&self, toml: &str, partitions: usize) -> Snapshot {
        let work = self.path(&format!("work {partitions}"));
        fs::create_dir_all(&work).unwrap();
        let params: Params = toml::from_str(&self.text(toml)).unwrap();
        let params = params.check().unwrap();
        ingest::read(&params, as_of(), partitions, &work, &Meter::silent()).unwrap()
    }

    /// Reads a register that is CSV.
    fn register(&self, objects: &str, partitions: usize) -> Snapshot {
        self.write("o.csv", objects);
        self.read("objects.path = 'DIR/o.csv'", partitions)
    }
}

fn as_of() -> AsOf {
    AsOf("2025-01-01".parse().unwrap())
}

fn file(path: &Path) -> DataFrame {
    let args = ScanArgsParquet {
        glob: false,
        ..ScanArgsParquet::default()
    };
    let path = PlRefPath::new(path.to_str().unwrap());
    LazyFrame::scan_parquet(path, args)
        .unwrap()
        .collect()
        .unwrap()
}

fn table(snapshot: &Snapshot, name: &str) -> DataFrame {
    let folder = snapshot.refused().with_file_name("snapshot").join(name);
    let part = |part| file(&folder.join(format!("part-{part:03}.parquet"))).lazy();
    let parts: Vec<LazyFrame> = (0..snapshot.n_parts()).map(part).collect();
    concat(parts, UnionArgs::default())
        .unwrap()
        .collect()
        .unwrap()
}

fn texts(frame: &DataFrame, column: &str) -> Vec<String> {
    let texts = frame
        .column(column)
        .unwrap()
        .cast(&DataType::String)
        .unwrap();
    let texts = texts.str().unwrap().iter();
    let shown = |text: Option<&str>| {
        text.filter(|text| !text.is_empty())
            .unwrap_or("-")
            .to_owned()
    };
    texts.map(shown).collect()
}

/// Rows of a list by the named columns, joined by blanks.
fn rows(path: &Path, columns: &[&str]) -> Vec<String> {
    let frame = file(path);
    let columns: Vec<Vec<String>> = columns.iter().map(|name| texts(&frame, name)).collect();
    let row = |at: usize| {
        columns
            .iter()
            .map(|column| column[at].as_str())
            .collect::<Vec<_>>()
            .join(" ")
    };
    (0..frame.height()).map(row).collect()
}

fn findings(snapshot: &Snapshot) -> Vec<String> {
    rows(snapshot.findings(), &["line", "rule", "value", "object_id"])
}

fn refusals(snapshot: &Snapshot) -> Vec<String> {
    rows(snapshot.refused(), &["line", "rule", "value"])
}

fn ids(snapshot: &Snapshot) -> Vec<String> {
    let mut ids = texts(&table(snapshot, "objects"), "object_id");
    ids.sort();
    ids
}

fn key(id: &str) -> u64 {
    ObjectId::normalise("uscc", id).unwrap().key().0
}

#[test]
fn odd_identifiers_are_findings_and_their_rows_are_kept() {
    let bench = Bench::new();
    let codes = [
        ("91110000802100433B", ""),
        ("330000000036006", ""),
        ("91350100M0001TGQXM", "id-legacy-m000"),
        ("362322198709086409", "id-suspicious"),
        ("111111111111111111", "id-check"),
        ("914403001922038000", "id-excel-digits"),
        ("330000000036007", "id-reg15-check"),
        ("1304332100123", "id-legacy"),
        ("企独冀0123", "id-other"),
        ("12440600MB2C07549J", "id-non-market"),
    ];
    let lines: Vec<String> = codes.iter().map(|(code, _)| format!("{code}\n")).collect();
    let text = lines.concat();
    for partitions in [1, 4] {
        let snapshot = bench.register(&format!("object_id\n{text}"), partitions);
        assert_eq!(snapshot.counts()[0].accepted, codes.len() as u64);
        let wanted: Vec<String> = (2..)
            .zip(codes)
            .filter(|(_, (_, rule))| !rule.is_empty())
            .map(|(line, (code, rule))| format!("{line} {rule} {code} {code}"))
            .collect();
        assert_eq!(findings(&snapshot), wanted);
        let counts: BTreeMap<String, u64> = snapshot.finding_counts().iter().cloned().collect();
        assert_eq!(counts.len(), 8);
        assert!(counts.values().all(|n| *n == 1));
    }
}

#[test]
fn ids_of_another_scheme_are_not_held_against_codes() {
    let bench = Bench::new();
    bench.write("o.csv", "object_id\n1144\n");
    let snapshot = bench.read(
        "objects = { path = 'DIR/o.csv', constants = { id_scheme = 'licence' } }",
        1,
    );
    assert!(findings(&snapshot).is_empty());
    bench.write("o.csv", "object_id,id_scheme\n1144,licence\n1145,uscc\n");
    let snapshot = bench.read("objects.path = 'DIR/o.csv'", 1);
    assert_eq!(findings(&snapshot), ["3 id-other 1145 1145"]);
}

#[test]
fn a_code_in_scientific_notation_is_refused_with_the_way_to_export_it() {
    let bench = Bench::new();
    bench.write(
        "i.csv",
        &format!("visit_id,object_id,inspected_on\nv1,9.1E+17,2024-01-01\nv2,{CODE},2024-01-01\n"),
    );
    bench.write(
        "o.csv",
        &format!("object_id\n9.14403E+17\n９.１４Ｅ＋１７\n{CODE}\n"),
    );
    let snapshot = bench.read(
        "objects.path = 'DIR/o.csv'\ninspections.path = 'DIR/i.csv'",
        2,
    );
    assert_eq!(
        refusals(&snapshot),
        [
            "2 id-damaged 9.14403E+17",
            "3 id-damaged ９.１４Ｅ＋１７",
            "2 id-damaged 9.1E+17"
        ]
    );
    let message = &rows(snapshot.refused(), &["message"])[0];
    assert!(
        message.ends_with("set the column to text (文本) and export it again"),
        "{message}"
    );
    assert_eq!(table(&snapshot, "inspections").height(), 1);
}

#[test]
fn a_damaged_or_absent_code_gives_way_to_the_rows_other_identifier() {
    let bench = Bench::new();
    let snapshot = bench.register(
        &format!("object_id,other_ids\n9.14E+17,{NUMBER}\n,9.1E+14;{OTHER_NUMBER}\n9.14E+17,9.1E+14\n{CODE},{CODE};110108000000016\n"),
        1,
    );
    assert_eq!(ids(&snapshot), [NUMBER, OTHER_NUMBER, CODE]);
    assert_eq!(refusals(&snapshot), ["4 id-damaged 9.14E+17"]);
    assert_eq!(
        findings(&snapshot),
        [format!("2 id-replaced 9.14E+17 {NUMBER}")]
    );
    let aliases = rows(&snapshot.aliases().unwrap(), &["alias", "object_id"]);
    assert_eq!(aliases, [format!("110108000000016 {CODE}")]);
}

/// A register in which one business stands three times, with facts under each of its identifiers.
fn one_thrice(bench: &Bench) -> &Bench {
    bench
        .write(
            "o.csv",
            &format!(
                "object_id,other_ids,name\n{NUMBER},{OTHER_NUMBER},旧\n{CODE},{NUMBER},新\n{OTHER_NUMBER},,更旧\n{OTHER_CODE},,另\n"
            ),
        )
        .write(
            "i.csv",
            &format!(
                "visit_id,object_id,inspected_on\nv1,{NUMBER},2024-01-01\nv2,{CODE},2024-01-02\nv3,{OTHER_NUMBER},2024-01-03\nv4,{OTHER_CODE},2024-01-04\n"
            ),
        )
        .write("r.csv", &format!("inspector_id,object_id\nZ1,{NUMBER}\n"))
}

const THRICE: &str =
    "objects.path = 'DIR/o.csv'\ninspections.path = 'DIR/i.csv'\nrecusals.path = 'DIR/r.csv'";

#[test]
fn one_object_under_several_identifiers_is_one_row_with_all_its_facts() {
    let bench = Bench::new();
    one_thrice(&bench);
    for partitions in [1, 2, 5] {
        let snapshot = bench.read(THRICE, partitions);
        assert_eq!(ids(&snapshot), [CODE, OTHER_CODE]);
        assert_eq!(
            refusals(&snapshot),
            [
                format!("2 object-alias {NUMBER}"),
                format!("4 object-alias {OTHER_NUMBER}")
            ]
        );
        for message in rows(snapshot.refused(), &["message"]) {
            assert!(
                message.ends_with(&format!("(同一主体): \"{CODE}\"")),
                "{message}"
            );
        }
        let visits = table(&snapshot, "inspections");
        let keys = visits.column("object_key").unwrap().u64().unwrap().clone();
        let of = |id: &str| keys.iter().filter(|found| *found == Some(key(id))).count();
        assert_eq!((of(CODE), of(OTHER_CODE)), (3, 1));
        let recusals = table(&snapshot, "recusals");
        assert_eq!(
            recusals.column("object_key").unwrap().u64().unwrap().get(0),
            Some(key(CODE))
        );
        let mut aliases = rows(&snapshot.aliases().unwrap(), &["alias", "object_id"]);
        aliases.sort();
        assert_eq!(
            aliases,
            [format!("{NUMBER} {CODE}"), format!("{OTHER_NUMBER} {CODE}")]
        );
        let alias = |row: &&String| row.contains("id-alias");
        assert_eq!(findings(&snapshot).iter().filter(alias).count(), 3);
        let number = ObjectId::normalise("uscc", NUMBER).unwrap().key();
        assert_eq!(snapshot.owner(number).0, key(CODE));
    }
}

#[test]
fn results_are_read_under_another_identifier_too() {
    let bench = Bench::new();
    one_thrice(&bench).write("out.csv", &format!("object_id,found\n{NUMBER},1\n"));
    let snapshot = bench.read(THRICE, 2);
    let params: TableParams = toml::from_str(&bench.text("path = 'DIR/out.csv'")).unwrap();
    let outcomes = params.check_as("outcomes", "").unwrap();
    let found = read_outcomes(&outcomes, &[key(CODE)], &snapshot, &bench.path("work 2")).unwrap();
    assert_eq!(found.len(), 1);
    assert!(found[0].found && found[0].object_key == key(CODE));
}

#[test]
fn an_identifier_claimed_by_two_objects_belongs_to_none() {
    let bench = Bench::new();
    bench.write(
        "o.csv",
        &format!("object_id,other_ids\n{CODE},{NUMBER}\n{OTHER_CODE},{NUMBER}\n"),
    );
    bench.write(
        "i.csv",
        &format!("visit_id,object_id,inspected_on\nv1,{NUMBER},2024-01-01\n"),
    );
    let snapshot = bench.read(
        "objects.path = 'DIR/o.csv'\ninspections.path = 'DIR/i.csv'",
        3,
    );
    assert_eq!(ids(&snapshot), [CODE, OTHER_CODE]);
    assert_eq!(
        findings(&snapshot),
        [
            format!("2 alias-ambiguous {NUMBER} {CODE}"),
            format!("3 alias-ambiguous {NUMBER} {OTHER_CODE}")
        ]
    );
    assert_eq!(refusals(&snapshot), [format!("2 object-unknown {NUMBER}")]);
    assert_eq!(file(&snapshot.aliases().unwrap()).height(), 0);
}

#[test]
fn of_rows_that_name_each_other_the_code_is_kept_in_any_order() {
    let bench = Bench::new();
    let (a, b) = (format!("{CODE},{NUMBER}\n"), format!("{NUMBER},{CODE}\n"));
    for text in [format!("{a}{b}"), format!("{b}{a}")] {
        for partitions in [1, 3] {
            let snapshot = bench.register(&format!("object_id,other_ids\n{text}"), partitions);
            assert_eq!(ids(&snapshot), [CODE]);
            assert_eq!(snapshot.counts()[0].refused, 1);
        }
    }
}

#[test]
fn subjects_without_code_are_refused_unless_the_job_identifies_them_by_name_and_address() {
    let bench = Bench::new();
    bench.write(
        "o.csv",
        &format!("object_id,name,address,departments\n{CODE},甲,城关,\n,乙庙,房寨镇,民宗局\n,乙庙,房寨镇,民政局\n,丙,,\n9.1E+17,丁,柴堡镇,\n"),
    );
    let refused = bench.read("objects.path = 'DIR/o.csv'", 1);
    assert_eq!(
        (refused.counts()[0].accepted, refused.counts()[0].refused),
        (1, 4)
    );
    let snapshot = bench.read(
        "objects = { path = 'DIR/o.csv', without_code = 'name-address' }",
        2,
    );
    assert_eq!(
        refusals(&snapshot),
        ["5 value-missing -", "6 id-damaged 9.1E+17"]
    );
    let derived = [("民宗局", "3"), ("民政局", "4")]
        .map(|(department, line)| (ObjectId::derived("乙庙", "房寨镇", department), line));
    for (id, line) in &derived {
        assert!(
            findings(&snapshot).contains(&format!("{line} id-derived - {id}")),
            "{:?}",
            findings(&snapshot)
        );
        assert!(ids(&snapshot).contains(&id.as_str().to_owned()));
    }
    let objects = table(&snapshot, "objects");
    let mut schemes = texts(&objects, "id_scheme");
    schemes.sort();
    assert_eq!(schemes, ["derived", "derived", "uscc"]);
    let section: Params = toml::from_str(
        "objects.path = 'o.csv'\nitems = { path = 'i.csv', without_code = 'name-address' }",
    )
    .unwrap();
    assert_eq!(section.check().unwrap_err()[0].key, "items.without_code");
}

#[test]
fn a_text_brought_to_one_spelling_keeps_its_original_in_the_findings() {
    let bench = Bench::new();
    let snapshot = bench.register(
        &format!("object_id,name,address\n{CODE},馆陶\u{3000}县Ａ店 ,新华街 12 号\n {OTHER_CODE} ,乙（馆陶）,\n"),
        1,
    );
    assert_eq!(
        findings(&snapshot),
        [format!("2 text-normalised 馆陶\u{3000}县Ａ店  {CODE}")]
    );
    assert!(texts(&table(&snapshot, "objects"), "name").contains(&"馆陶县A店".to_owned()));
    let full = bench.register(&format!("object_id\n{}\n", CODE.replace('B', "ｂ")), 1);
    assert_eq!(
        findings(&full),
        [format!("2 text-normalised 91110000802100433ｂ {CODE}")]
    );
}

#[test]
fn one_business_in_two_rows_is_called_likely() {
    let bench = Bench::new();
    let text = format!(
        "object_id,name,address\n{CODE},甲（馆陶）店,新华街1号\n{NUMBER},甲(馆陶)店,新华街1号\n{OTHER_CODE},甲(馆陶)店,新华街2号\n"
    );
    for partitions in [1, 4] {
        let snapshot = bench.register(&text, partitions);
        assert_eq!(
            findings(&snapshot),
            [
                format!("2 duplicate-likely 甲（馆陶）店 {CODE}"),
                format!("3 duplicate-likely 甲(馆陶)店 {NUMBER}")
            ]
        );
        let messages = rows(snapshot.findings(), &["message"]);
        assert!(
            messages[0].ends_with(&format!("(疑似重复): \"{NUMBER}\"")),
            "{}",
            messages[0]
        );
    }
}

#[test]
fn a_refused_row_has_no_finding() {
    let bench = Bench::new();
    let snapshot = bench.register("object_id,name,lat\nA1,甲,\nA1,乙　丙,\n\u{7},Ａ,99\n", 1);
    assert_eq!(refusals(&snapshot).len(), 2);
    let kept = findings(&snapshot);
    assert!(kept.iter().all(|row| row.ends_with(" A1")), "{kept:?}");
    assert_eq!(
        kept.iter().filter(|row| row.contains("id-other")).count(),
        1
    );
}

#[test]
fn a_day_without_end_is_said() {
    let bench = Bench::new();
    let snapshot = bench.register(
        &format!("object_id,closed_on\n{CODE},9999-09-09\n{OTHER_CODE},2024-01-01\n"),
        1,
    );
    assert_eq!(
        findings(&snapshot),
        [format!("2 open-ended 9999-09-09 {CODE}")]
    );
}

#[test]
fn findings_do_not_depend_on_partitions_and_follow_the_order_of_the_files() {
    let bench = Bench::new();
    let row = |n: u32| {
        format!(
            "X{:06},甲{},地址\u{3000}{n}\n",
            n * 7919 % 1_000_003,
            n % 90
        )
    };
    let text: String = (0..3000).map(row).collect();
    let found: Vec<Vec<String>> = [1, 3, 8]
        .map(|partitions| {
            findings(&bench.register(&format!("object_id,name,address\n{text}"), partitions))
        })
        .into();
    assert_eq!(found[0].len(), 6000);
    assert!(found[0] == found[1] && found[1] == found[2]);
}

#[test]
fn refused_rows_come_back_in_the_shape_of_their_source() {
    let bench = Bench::new();
    bench.write(
        "o.csv",
        &format!(
            "object_id,lat,name\n{CODE},,甲\n9.14E+17,north,\"乙,1\"\n{OTHER_NUMBER},1\n,,丙\n"
        ),
    );
    let snapshot = bench.read("objects.path = 'DIR/o.csv'", 1);
    let shapes: Vec<_> = snapshot.refused_shapes().map(Result::unwrap).collect();
    assert_eq!(shapes.len(), 1);
    let shape = &shapes[0];
    assert_eq!(
        (shape.table.as_str(), shape.sheet.as_deref()),
        ("objects", None)
    );
    assert_eq!(shape.headers, ["object_id", "lat", "name"]);
    let cells = |row: &ingest::RefusedRow| {
        let shown = |cell: &Option<String>| cell.clone().filter(|cell| !cell.is_empty());
        let cells = row
            .cells
            .iter()
            .map(|cell| shown(cell).unwrap_or("-".to_owned()));
        (
            row.line,
            cells.collect::<Vec<_>>().join("|"),
            row.rule.clone(),
        )
    };
    assert_eq!(
        shape.rows.iter().map(cells).collect::<Vec<_>>(),
        [
            (3, "9.14E+17|north|乙,1".to_owned(), "id-damaged".to_owned()),
            (4, format!("{OTHER_NUMBER}|1|-"), "field-count".to_owned()),
            (5, "-|-|丙".to_owned(), "value-missing".to_owned()),
        ]
    );
    assert!(
        shape
            .rows
            .iter()
            .all(|row| row.message.contains(&format!("line {}", row.line)))
    );
}

#[test]
fn refused_rows_of_typed_files_come_back_as_texts_without_data_about_persons() {
    let bench = Bench::new();
    let mut frame = df!(
        "object_id" => [CODE, "9.1E+17"],
        "lat" => [Some(36.5), None],
        "备注" => ["a", "b"],
        "联系电话" => ["1", "2"],
        "days" => [1_i64, 2],
    )
    .unwrap();
    let file = fs::File::create(bench.path("o.parquet")).unwrap();
    ParquetWriter::new(file).finish(&mut frame).unwrap();
    let snapshot = bench.read("objects.path = 'DIR/o.parquet'", 1);
    let shape = snapshot.refused_shapes().next().unwrap().unwrap();
    assert_eq!(
        shape.headers,
        ["object_id", "lat", "备注", "联系电话", "days"]
    );
    let cell = |text: &str| Some(text.to_owned());
    assert_eq!(
        shape.rows[0].cells,
        [cell("9.1E+17"), None, cell("b"), None, cell("2")]
    );
    assert_eq!(snapshot.refused_shapes().count(), 1);
}

#[test]
fn lists_for_people_run_no_formula_and_keep_codes_whole() {
    let bench = Bench::new();
    let snapshot = bench.register(
        "object_id,name,lat\n914403001922038000,=Ａ,\nA1,x,=cmd\nA2,x,-91\n",
        1,
    );
    let found = fs::read_to_string(snapshot.findings().with_extension("csv")).unwrap();
    assert!(found.starts_with("\u{feff}source,sheet,line,column,value,rule,message,object_id\r\n"));
    assert!(found.contains(",'=Ａ,text-normalised,"), "{found}");
    assert!(found.contains(",'=cmd,number-unparsable,"), "{found}");
    assert!(found.contains(",-91,latitude-out-of-range,"), "{found}");
    assert!(found.contains(",914403001922038000\t\r\n"), "{found}");
    assert!(rows(snapshot.findings(), &["value"]).contains(&"=Ａ".to_owned()));
}

#[test]
fn a_row_with_a_code_of_its_own_gives_way_to_no_claim() {
    let bench = Bench::new();
    bench.write(
        "o.csv",
        &format!("object_id,other_ids,name\n{CODE},{OTHER_CODE},乙\n{OTHER_CODE},,甲\n"),
    );
    let snapshot = bench.read("objects.path = 'DIR/o.csv'", 1);
    assert_eq!(snapshot.counts()[0].accepted, 2);
    let ambiguous = ("alias-ambiguous".to_owned(), 1);
    assert!(snapshot.finding_counts().contains(&ambiguous));
}
