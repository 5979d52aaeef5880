//! 名录库体检: every line counts what it says, months are compared, and what an office gets back opens right.

use std::fs;
use std::path::Path;

use calamine::{Data, Reader, Xlsx, open_workbook_from_rs};
use choucha::registers::{self, Ailment, HealthParams, Why};
use choucha::units::{AsOf, HashName, Meter};
use choucha::{ingest, job};
use polars::prelude::{Column, DataFrame, ParquetReader, ParquetWriter, SerReader};
use serde_json::Value as Json;
use tempfile::TempDir;
use toml::{Table, Value};

use crate::small_county::{Office, light_job, with};

const HEADERS: &str = "统一社会信用代码/注册号,代码类型,企业名称,主体类别,登记状态,行政区划代码,行政区划标准,行业代码,行业标准,管辖单位,住所,纬度,经度,成立日期,注吊销日期,注册资本,企业规模,经营范围,法定代表人标识,监管标签,监管部门";

/// A row of the register: id, name, kind, status, industry, office, closing day, labels.
fn row([id, name, kind, status, industry, office, closed, labels]: [&str; 8]) -> String {
    format!(
        "{id},uscc,{name},{kind},{status},130433,gbt2260,{industry},gbt4754,{office},街道1号,,,2015-03-01,{closed},100,小型,食品销售,,{labels},市场监管"
    )
}

fn may() -> Vec<String> {
    vec![
        row(["A1", "甲店", "企业", "存续", "5211", "东所", "", "食品"]),
        row(["A2", "乙店", "企业", "存续", "5211", "东所", "", "食品"]),
        row(["A3", "丙店", "个体户", "存续", "6210", "东所", "", ""]),
        row([
            "A4",
            "丁店",
            "企业",
            "吊销，未注销",
            "5211",
            "西所",
            "",
            "食品",
        ]),
        row(["A5", "=戊店", "企业", "存续", "", "", "", "食品"]),
        row([
            "A6",
            "己店",
            "企业",
            "存续",
            "5211",
            "西所",
            "2024-01-05",
            "食品",
        ]),
    ]
}

fn june() -> Vec<String> {
    let mut rows = may();
    rows[1] = row(["A2", "乙店", "企业", "存续", "5211", "西所", "", ""]);
    rows[4] = row(["A5", "=戊店二", "企业", "存续", "", "", "", "食品"]);
    rows.remove(0);
    rows.push(row([
        "A7", "庚店", "企业", "存续", "5211", "东所", "", "食品",
    ]));
    rows.push(row([
        "", "辛店", "企业", "存续", "5211", "东所", "昨天", "食品",
    ]));
    rows
}

const INSPECTIONS: &str = "visit_id,object_id,inspected_on,visited,result_codes\n\
    v1,A3,2025-03-01,true,1\nv2,A3,2025-04-01,true,6\nv3,A2,2025-04-01,true,6\nv4,A2,2025-04-02,true,1\n\
    v5,Z9,2025-04-03,true,1\nv6,Z9,2025-04-04,true,1\nv7,A1,2025-04-05,true,1\nv8,A6,2025-02-01,true,1\n";
const EVENTS: &str = "object_id,event_on,kind,ended_on\nA7,2025-02-01,经营异常,\nA5,2025-02-01,经营异常,2025-03-01\nZ8,2025-02-01,行政处罚,\n";
const INSPECTORS: &str = "inspector_id,department,office,staff_kind,certificates\nI1,市场监管,东所,公务员,证1@2024-12-31\nI2,消防,北所,公务员,\nI3,消防,北所,公务员,证3@2030-01-01\n";

/// An office with both months and their jobs.
fn office() -> Office {
    let office = Office::new();
    for (name, rows) in [("may", may()), ("june", june())] {
        office.write(
            &format!("{name}.csv"),
            format!("{HEADERS}\n{}\n", rows.join("\n")),
        );
    }
    office
        .write("inspections.csv", INSPECTIONS)
        .write("events.csv", EVENTS)
        .write("inspectors.csv", INSPECTORS)
        .write("may.toml", month("may", "2025-05-01").to_string())
        .write("june.toml", later().to_string());
    office
}

fn month(name: &str, as_of: &str) -> Table {
    let mut job = light_job();
    for (key, value) in [
        ("name", name),
        ("as_of", as_of),
        ("ingest.inspections.path", "inspections.csv"),
        ("ingest.credit_events.path", "events.csv"),
        ("ingest.inspectors.path", "inspectors.csv"),
    ] {
        job = with(job, key, value);
    }
    let tables = job["ingest"].as_table_mut().unwrap();
    tables.remove("items");
    tables.remove("draws");
    job.remove("outcomes");
    job.remove("deterrence");
    with(job, "ingest.objects.path", format!("{name}.csv"))
}

fn later() -> Table {
    let previous = Value::Array(vec![Value::from("runs/may-health")]);
    with(month("june", "2025-06-01"), "health.previous", previous)
}

fn both_months() -> Office {
    let office = office();
    office.choucha(&["health", "may.toml"]).succeeds();
    office.choucha(&["health", "june.toml"]).succeeds();
    office
}

fn json(office: &Office, name: &str) -> Json {
    serde_json::from_slice(&office.read(name)).unwrap()
}

fn text(office: &Office, name: &str) -> String {
    String::from_utf8(office.read(name)).unwrap()
}

/// Objects on every line of `health.json`.
fn counts(health: &Json) -> Vec<(&str, u64)> {
    let lines = health["lines"].as_array().unwrap();
    let lines = lines.iter().map(|line| {
        (
            line["ailment"].as_str().unwrap(),
            line["n"].as_u64().unwrap(),
        )
    });
    lines.filter(|(_, n)| *n > 0).collect()
}

#[test]
fn every_line_counts_what_it_says() {
    let office = office();
    let said = office.choucha(&["health", "may.toml"]).succeeds();
    assert!(
        said.contains("register: 6 objects, 4 in the frame"),
        "{said}"
    );
    let health = json(&office, "runs/may-health/health.json");
    let expected = [
        ("dead", 2),
        ("dead-in-force", 1),
        ("unreachable", 1),
        ("identity", 6), // A1 … are no codes
        ("unlabelled", 1),
        ("unclassified", 1),
        ("no-office", 1),
        ("no-industry", 1),
    ];
    assert_eq!(counts(&health), expected);
    let coverage = &health["coverage"];
    assert_eq!(coverage["n_absent"], 3, "A7, Z8 and Z9");
    assert_eq!(coverage["offices_without_objects"][0], "北所");
    assert_eq!(coverage["departments_without_objects"][0], "消防");
    let page = text(&office, "runs/may-health/health.html");
    for said in [
        "名录库体检报告",
        "未分类标注",
        "库外线索",
        "2025-04-01 检查时无法联系",
        "合成数据",
    ] {
        assert!(page.contains(said), "{said}");
    }
    assert!(page.contains("Z9") && !page.contains("https://"));
    assert_eq!(
        office
            .choucha(&["health", "may.toml"])
            .succeeds()
            .lines()
            .next(),
        Some("nothing to do: inputs, settings and outputs are unchanged")
    );
    let english = office.choucha(&["health", "may.toml", "--lang", "en"]);
    english.succeeds();
    assert!(text(&office, "runs/may-health/health.html").contains("not reached on 2025-04-01"));
}

#[test]
fn a_month_is_compared_with_the_last_one() {
    let office = both_months();
    let changes = json(&office, "runs/june-health/changes.json");
    let n = |kind: &str| {
        let counts = changes["counts"].as_array().unwrap();
        let found = counts.iter().find(|one| one[0] == kind).unwrap();
        found[1].as_u64().unwrap()
    };
    let kinds = [
        "new",
        "gone",
        "renumbered",
        "moved",
        "unlabelled",
        "changed",
    ];
    assert_eq!(kinds.map(n), [1, 1, 0, 1, 1, 1]);
    assert_eq!(
        (&changes["n_before"], &changes["n_now"]),
        (&6.into(), &6.into())
    );
    assert_eq!(changes["moves"][0]["from"], "东所");
    let csv = text(&office, "runs/june-health/changes.csv");
    assert!(csv.starts_with("\u{feff}变动,"));
    assert!(
        csv.contains("变更管辖,A2,乙店,西所,管辖单位,东所,西所\r\n"),
        "{csv}"
    );
    assert!(
        csv.contains("信息变更,A5,'=戊店二,,企业名称,'=戊店,'=戊店二\r\n"),
        "{csv}"
    );
    let health = json(&office, "runs/june-health/health.json");
    assert_eq!(
        health["coverage"]["n_were_registered"], 1,
        "A1 stood there in May"
    );
    let page = text(&office, "runs/june-health/health.html");
    for said in ["chart-health_trend", "新增 1", "甲店"] {
        assert!(page.contains(said), "{said}");
    }
}

#[test]
fn the_result_does_not_depend_on_partitions() {
    let office = both_months();
    let files = ["health.json", "changes.csv", "changes.json", "health.html"];
    let once = files.map(|name| office.read(&format!("runs/june-health/{name}")));
    for job in ["may", "june"] {
        fs::remove_dir_all(office.path(&format!("runs/{job}-health"))).unwrap();
        let job = format!("{job}.toml");
        office
            .choucha(&["health", &job, "--partitions", "5"])
            .succeeds();
    }
    let again = files.map(|name| office.read(&format!("runs/june-health/{name}")));
    for ((name, once), again) in files.iter().zip(once).zip(again) {
        assert!(once == again, "{name} depends on partitions");
    }
}

#[test]
fn a_past_month_must_be_finished_earlier_and_unchanged() {
    let office = office();
    let key = "health.previous = runs/may-health";
    let unfinished = [key, "must be the folder of a finished `choucha health`"];
    office.refuses(&["health", "june.toml"], 1, &unfinished);
    office.choucha(&["health", "may.toml"]).succeeds();
    let same_day = with(later(), "as_of", "2025-05-01");
    office.write("same.toml", same_day.to_string());
    office.refuses(
        &["health", "same.toml"],
        1,
        &[key, "before the job's as_of"],
    );
    office.write("runs/may-health/register.parquet", "PAR1");
    office.refuses(&["health", "june.toml"], 1, &[key, "was changed since"]);
}

#[test]
fn inspectors_without_a_valid_certificate_stand_in_the_report() {
    let office = office();
    let one = with(later(), "health.previous", "runs/may-health");
    office.write("june.toml", one.to_string());
    office.choucha(&["health", "may.toml"]).succeeds();
    let said = office.choucha(&["health", "june.toml"]).succeeds();
    assert!(
        said.contains("since 2025-05-01"),
        "one past month stands alone: {said}"
    );
    assert!(
        said.contains("inspectors: 1 certificate-missing, 1 certificate-expired"),
        "{said}"
    );
    let health = json(&office, "runs/june-health/health.json");
    let rules: Vec<_> = health["staff"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (&one["rule"], &one["n"]))
        .collect();
    assert_eq!(
        rules,
        [
            (&"certificate-missing".into(), &1.into()),
            (&"certificate-expired".into(), &1.into())
        ]
    );
    let page = text(&office, "runs/june-health/health.html");
    for said in ["<h2>检查人员</h2>", "执法证已到期", "证1@2024-12-31"] {
        assert!(page.contains(said), "{said}");
    }
    let bytes = office.read("runs/june-health/health.xlsx");
    let mut book: Xlsx<_> = open_workbook_from_rs(std::io::Cursor::new(bytes)).unwrap();
    let staff = book.worksheet_range("检查人员").unwrap();
    assert_eq!(staff.get((1, 0)), Some(&Data::String("I2".to_owned())));
    assert_eq!(
        staff.get((2, 2)),
        Some(&Data::String("证1@2024-12-31".to_owned()))
    );
}

#[test]
fn the_lists_of_the_workbook_hold_every_object_however_many() {
    let office = office();
    let n = 10_050;
    let rows: Vec<String> = (0..n)
        .map(|i| {
            row([
                &format!("B{i:05}"),
                "甲店",
                "企业",
                "存续",
                "5211",
                "东所",
                "",
                "",
            ])
        })
        .collect();
    office.write("may.csv", format!("{HEADERS}\n{}\n", rows.join("\n")));
    office.choucha(&["health", "may.toml"]).succeeds();
    let bytes = office.read("runs/may-health/health.xlsx");
    let mut book: Xlsx<_> = open_workbook_from_rs(std::io::Cursor::new(bytes)).unwrap();
    let list = book.worksheet_range("未分类标注").unwrap();
    assert_eq!(list.height(), n + 1);
    assert_eq!(
        list.get((n, 0)),
        Some(&Data::String(format!("B{:05}", n - 1)))
    );
}

#[test]
fn a_past_register_that_is_damaged_or_none_is_refused_by_name() {
    let office = office();
    office.choucha(&["health", "may.toml"]).succeeds();
    let past = office.path("runs/may-health/register.parquet");
    let sound = fs::read(&past).unwrap();
    let mut rows = ParquetReader::new(fs::File::open(&past).unwrap())
        .finish()
        .unwrap();
    let written = |frame: &mut DataFrame| {
        let mut bytes = Vec::new();
        ParquetWriter::new(&mut bytes).finish(frame).unwrap();
        bytes
    };
    let mut damaged = vec![b"PAR1xxxxPAR1".to_vec(), sound[..sound.len() / 2].to_vec()];
    damaged.push(written(&mut rows.drop("object_key").unwrap()));
    damaged.push(written(&mut rows.vstack(&rows).unwrap()));
    let keys = Column::new("object_key".into(), vec!["x"; rows.height()]);
    rows.with_column(keys).unwrap();
    damaged.push(written(&mut rows));
    let mut torn = sound.clone();
    torn[4..sound.len() / 3].fill(0xff);
    damaged.push(torn);
    for bytes in damaged {
        let mut manifest = json(&office, "runs/may-health/manifest.json");
        let digest = HashName::Sha256.digest(&[&bytes]).to_string();
        manifest["outputs"]["register.parquet"] = digest.into();
        office.write("runs/may-health/manifest.json", manifest.to_string());
        fs::write(&past, bytes).unwrap();
        let said = ["register.parquet\" is no register.parquet that `choucha health` made"];
        office.refuses(&["health", "june.toml"], 3, &said);
    }
}

#[test]
fn what_looks_back_is_no_setting_of_a_draw() {
    let office = office();
    let digest = |name: &str| {
        let job = job::Job::read(&office.path(name), &job::Overrides::default()).unwrap();
        job.digest
    };
    let plain = month("june", "2025-06-01");
    office.write(
        "plain.toml",
        with(plain, "health", Table::new()).to_string(),
    );
    assert_eq!(digest("june.toml"), digest("plain.toml"));
    let unfit = with(later(), "health.unclassified", "n_visits > 2");
    office.write("unfit.toml", unfit.to_string());
    office.choucha(&["health", "may.toml"]).succeeds();
    let said = ["health.unclassified", "there is no column n_visits"];
    office.refuses(&["health", "unfit.toml"], 1, &said);
}

#[test]
fn refused_rows_go_back_and_open_as_they_should() {
    let office = both_months();
    let csv = text(&office, "runs/june-health/refused/june.csv");
    assert!(csv.starts_with("\u{feff}") && csv.contains("昨天"), "{csv}");
    assert!(
        csv.lines().next().unwrap().ends_with("行号,规则,原因"),
        "{csv}"
    );
    assert!(csv.contains(",必填项为空 (value-missing),"), "{csv}");
    assert!(
        csv.contains("；另：“注吊销日期”写作“昨天”：不是完整的日期"),
        "{csv}"
    );
    assert!(
        office
            .path("runs/june-health/refused/inspections.xlsx")
            .exists()
    );
    let bytes = office.read("runs/june-health/health.xlsx");
    let mut book: Xlsx<_> = open_workbook_from_rs(std::io::Cursor::new(bytes)).unwrap();
    let names = book.sheet_names();
    for name in ["体检", "未分类标注", "应纳尽纳", "管辖单位", "趋势"] {
        assert!(names.iter().any(|known| known == name), "{name}: {names:?}");
    }
    let trend = book.worksheet_range("趋势").unwrap();
    assert!(
        matches!(trend.get((1, 0)), Some(Data::DateTime(_))),
        "{trend:?}"
    );
    let absent = book.worksheet_range("应纳尽纳").unwrap();
    assert_eq!(absent.get((1, 0)), Some(&Data::String("Z9".to_owned())));
    assert!(matches!(absent.get((1, 4)), Some(Data::Float(n)) if *n > 1.0));
    let walked = office.choucha(&["ingest", "june.toml", "--out", "taken"]);
    walked.succeeds();
    assert_eq!(text(&office, "taken/refused/june.csv"), csv);
}

#[test]
fn a_workbook_that_is_open_elsewhere_is_named() {
    let office = office();
    office.choucha(&["health", "may.toml"]).succeeds();
    office.write("runs/may-health/~$health.xlsx", "someone");
    let said = ["health.xlsx: the file is open in Excel, WPS or LibreOffice"];
    office.refuses(&["health", "may.toml"], 75, &said);
    fs::remove_file(office.path("runs/may-health/~$health.xlsx")).unwrap();
    let again = office.choucha(&["health", "may.toml"]).succeeds();
    assert!(again.starts_with("nothing to do"), "{again}");
}

fn write_findings(path: &Path, rows: &[(&str, &str, &str)]) {
    let column = |name: &str, values: Vec<String>| Column::new(name.into(), values);
    let each = |of: &dyn Fn(&(&str, &str, &str)) -> String| rows.iter().map(of).collect::<Vec<_>>();
    let lines: Vec<u64> = (2..).take(rows.len()).collect();
    let columns = vec![
        column("source", each(&|_| "名录/may.csv".to_owned())),
        Column::new("sheet".into(), vec![None::<&str>; rows.len()]),
        Column::new("line".into(), lines),
        column("column", each(&|_| "代码".to_owned())),
        column("value", each(&|row| row.2.to_owned())),
        column("rule", each(&|row| row.0.to_owned())),
        column("message", each(&|_| "说明".to_owned())),
        column("object_id", each(&|row| row.1.to_owned())),
    ];
    let mut frame = DataFrame::new(rows.len(), columns).unwrap();
    ParquetWriter::new(fs::File::create(path).unwrap())
        .finish(&mut frame)
        .unwrap();
}

#[test]
fn findings_on_accepted_rows_stand_on_their_lines_with_name_and_office() {
    let office = office();
    let read = job::Job::read(&office.path("may.toml"), &job::Overrides::default());
    let job = read.unwrap();
    let work = TempDir::new().unwrap();
    let path = office.path("may.csv").display().to_string();
    let columns = light_job()["ingest"]["objects"]["columns"].clone();
    let objects = toml::Table::from_iter([
        ("path".to_owned(), toml::Value::String(path)),
        ("columns".to_owned(), columns),
    ]);
    let section = toml::Table::from_iter([("objects".to_owned(), objects.into())]);
    let params: ingest::Params = section.try_into().unwrap();
    let as_of = AsOf("2025-05-01".parse().unwrap());
    let (tables, meter) = (params.check().unwrap(), Meter::silent());
    let snapshot = ingest::read(&tables, as_of, 2, work.path(), &meter).unwrap();
    let findings = [
        ("id-check", "A1", "A1"),
        ("id-suspicious", "A1", "A1"),
        ("id-excel-digits", "A2", "914400000000000000"),
        ("duplicate-likely", "A3", ""),
        ("text-normalised", "A3", ""),
        ("date-unparsable", "A3", "2017.3"),
        ("negative", "A3", "-1"),
        ("number-unparsable", "", "约五百万"),
    ];
    write_findings(&work.path().join("findings.parquet"), &findings);
    let registers = registers::compile(&job.registers, &snapshot, as_of, work.path(), &meter);
    let registers = registers.unwrap();
    let valid = HealthParams::default().check().unwrap();
    let health = registers::examine(&valid, &registers, None, &meter).unwrap();
    let n = |ailment| health.line(ailment).unwrap().n;
    assert_eq!(n(Ailment::Identity), 1, "an object counts once");
    assert_eq!((n(Ailment::Damaged), n(Ailment::Duplicate)), (1, 1));
    let damaged = &health.line(Ailment::Damaged).unwrap().rows[0];
    assert_eq!(
        (damaged.name.as_str(), damaged.office.as_str()),
        ("乙店", "东所")
    );
    assert!(matches!(&damaged.why, Why::Noted { place, .. } if place == "may.csv, 4"));
    let unread = health.line(Ailment::UnreadCell).unwrap();
    assert_eq!((unread.n, unread.of), (1, health.n_objects));
    assert!(
        matches!(&unread.rows[0].why, Why::Noted { value, .. } if value == "-1" || value == "2017.3")
    );
    assert_eq!(health.findings.len(), 8);
}
