//! The program as its users meet it: exit codes, messages, and that a result is whole or absent.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::SystemTime;

use choucha::publish;
use choucha::units::{HashName, Kind, Meter};
use serde_json::Value as Json;
use toml::{Table, Value};

use crate::small_county::{Office, copy_folder, finished_run, full_job, light_job, root, with};

// --- one small register in CSV -------------------------------------------------------------------------------------

/// A job on three CSV tables of the office's own folder.
const TINY: &str = r#"
version = 1
name = "tiny"
title = "小县演练"
as_of = "2025-01-01"
[ingest.objects]
path = "objects.csv"
[ingest.objects.constants]
id_scheme = "licence"
[ingest.inspections]
path = "inspections.csv"
[ingest.inspections.constants]
id_scheme = "licence"
[ingest.credit_events]
path = "credit_events.csv"
[ingest.credit_events.constants]
id_scheme = "licence"
[registers]
[indicators]
catalogues = ["ROOT/pipelines/indicators/general.toml"]
[risk]
model = "scorecard"
scorecard = "ROOT/pipelines/scorecards/general.toml"
[[risk.class]]
code = "A"
name = "低"
points_from = 0
[[risk.class]]
code = "B"
name = "一般"
points_from = 200
[[risk.class]]
code = "C"
name = "较高"
points_from = 300
[[risk.class]]
code = "D"
name = "高"
points_from = 400
[plan]
strata = ["risk_class"]
measure_of_size = "risk_points"
rounding = "ceiling"
coverage_floor = 0.05
[plan.ratio]
A = 0.25
B = 0.25
C = 0.25
D = 0.25
[rehearsal]
seed = "演练"
seed_source = "固定文本"
[evaluate]
hit_rule = "found"
[report]
"#;

const OBJECTS: &str = "object_id,name,established_on\n\
    A1,甲商店,2010-01-01\nB2,乙饭店,2015-03-07\nC3,丙药房,2020-06-30\nD4,丁加油站,2021-01-01\n";
const INSPECTIONS: &str = "visit_id,object_id,inspected_on,found\n\
    v1,A1,2024-03-01,1\nv2,B2,2023-05-01,0\nv3,B2,2025-02-01,1\nv4,Z9,2024-02-01,0\n";
const EVENTS: &str = "object_id,event_on,kind\nA1,2023-07-01,投诉举报\nQ7,2023-07-01,行政处罚\n\
    C3,2025-01-01,行政处罚\nC3,07/2023,行政处罚\n";

fn tiny_job() -> Table {
    TINY.replace("ROOT", &root().display().to_string())
        .parse()
        .unwrap()
}

/// An office with the small register, its events, and the job on them.
fn tiny() -> Office {
    let office = Office::new();
    office
        .job(&tiny_job())
        .write("objects.csv", OBJECTS)
        .write("inspections.csv", INSPECTIONS)
        .write("credit_events.csv", EVENTS);
    office
}

const RUN: &[&str] = &["run", "job.toml", "--out", "result"];
const SEAL: &[&str] = &["seal", "job.toml", "--out", "result"];
const TUNE: &[&str] = &["tune", "job.toml", "--out", "result"];

/// The small register with another table is refused, at `run` and at `seal`, with exit code 3.
#[track_caller]
fn refuses_table(name: &str, bytes: impl AsRef<[u8]>, fragments: &[&str]) {
    let office = tiny();
    office.write(name, bytes);
    office.refuses(RUN, 3, fragments);
    office.refuses(SEAL, 3, fragments);
}

// --- the walk ------------------------------------------------------------------------------------------------------

#[test]
fn a_run_names_the_page_to_open_and_leaves_a_whole_result() {
    let office = Office::with_result();
    for file in [
        "manifest.json",
        "refused.parquet",
        "refused.csv",
        "risk.parquet",
        "evaluation.json",
        "report.html",
        "mechanism.html",
        "tables/report.xlsx",
        "internal/drawn.xlsx",
        "public/drawn.csv",
        "seal/plan.json",
    ] {
        assert!(office.path("result").join(file).exists(), "{file}");
    }
    let said = office.walk("run", &[]).succeeds();
    assert!(said.contains("open result/report.html"), "{said}");
    assert!(!office.path("result/work").exists());
    let tables = fs::read_dir(office.path("result/tables")).unwrap();
    assert!(tables.count() >= 6);
}

#[test]
fn a_second_run_of_an_unchanged_job_does_nothing_and_says_so() {
    let office = Office::with_result();
    let before = stamps(&office.path("result"));
    let said = office.walk("run", &[]).succeeds();
    assert!(said.starts_with("nothing to do"), "{said}");
    assert_eq!(stamps(&office.path("result")), before);
}

#[test]
fn another_language_renders_the_report_again_and_nothing_else() {
    let office = Office::with_result();
    let before = stamps(&office.path("result"));
    let said = office.walk("run", &["--lang", "en"]).succeeds();
    assert!(said.contains("rendered again in en"), "{said}");
    let after = stamps(&office.path("result"));
    let changed: Vec<&str> = after
        .iter()
        .filter(|(name, stamp)| before.get(*name) != Some(stamp))
        .map(|(name, _)| name.as_str())
        .collect();
    let pages = [
        "card.html",
        "manifest.json",
        "mechanism.html",
        "report.html",
    ];
    let books = ["tables/mechanism.xlsx", "tables/report.xlsx"];
    assert_eq!(changed, [&pages[..], &books[..]].concat());
    assert_eq!(before.len(), after.len(), "no file came or went");
    assert_eq!(manifest(&office)["language"], "en");
    let again = office.walk("run", &["--lang", "en"]).succeeds();
    assert!(again.starts_with("nothing to do"), "{again}");
    let back = office
        .choucha(&["report", "result", "--lang", "zh"])
        .succeeds();
    assert!(back.contains("rendered again in zh"), "{back}");
    assert!(office.walk("run", &[]).succeeds().contains("nothing to do"));
}

#[test]
fn a_report_is_never_made_from_a_result_that_was_changed() {
    let office = Office::with_result();
    fs::write(office.path("result/risk.parquet"), "other").unwrap();
    office.refuses(
        &["report", "result", "--lang", "en"],
        3,
        &["result", "changed"],
    );
    office.refuses(&["report", "nowhere"], 3, &["nowhere", "cannot read"]);
}

#[test]
fn a_frontier_of_the_same_settings_stands_on_the_page_and_another_folder_is_refused() {
    let office = Office::with_result();
    let mut tune = office.args("tune", &[]);
    *tune.last_mut().unwrap() = "tuned";
    office.choucha(&tune);
    assert!(office.path("tuned/tuning.json").exists());
    let said = office.choucha(&["report", "result", "--tuning", "tuned"]);
    said.succeeds();
    let page = fs::read_to_string(office.path("result/report.html")).unwrap();
    assert!(page.contains("id=\"tuning\"") && !page.contains("没有调整方案的前沿"));
    office.refuses(
        &["report", "result", "--tuning", "result"],
        3,
        &["result", "no tuning.json"],
    );
}

#[test]
fn changed_settings_or_inputs_run_the_job_again() {
    let office = Office::with_own_data();
    copy_folder(finished_run(), &office.path("result"));
    office.job(&with(light_job(), "plan.ratio.D", 0.6));
    let said = office.walk("run", &[]).succeeds();
    assert!(said.contains("drawn: "), "{said}");
    let first = manifest(&office)["run"].clone();
    let seeded = office.walk("run", &["--seed", "另一粒种子"]).succeeds();
    assert!(seeded.contains("drawn: "), "{seeded}");
    let second = manifest(&office)["run"].clone();
    fs::copy(
        office.data("truth.parquet"),
        office.data("outcomes.parquet"),
    )
    .unwrap();
    let refused = office.walk("run", &["--seed", "另一粒种子"]);
    assert_eq!(
        refused.code,
        Some(3),
        "the new input is read: {}",
        refused.err
    );
    assert_ne!(first, second);
    assert_eq!(
        manifest(&office)["run"],
        second,
        "the previous result stands"
    );
}

#[test]
fn a_deleted_changed_or_added_output_runs_the_job_again() {
    let spoil: [fn(&Path); 3] = [
        |result| fs::remove_file(result.join("public/drawn.csv")).unwrap(),
        |result| fs::write(result.join("evaluation.json"), "{}").unwrap(),
        |result| fs::write(result.join("internal/note.txt"), "看一下").unwrap(),
    ];
    for spoil in spoil {
        let office = Office::with_result();
        spoil(&office.path("result"));
        let said = office.walk("run", &[]).succeeds();
        assert!(said.contains("drawn: "), "{said}");
        assert_eq!(
            crate::small_county::files_of(&office.path("result")),
            crate::small_county::files_of(finished_run())
        );
    }
}

#[test]
fn seal_draw_and_verify_give_what_run_gives_with_the_same_seed() {
    let office = Office::with_result();
    copy_folder(finished_run(), &office.path("by run"));
    fs::remove_dir_all(office.path("result")).unwrap();
    let sealed = office.walk("seal", &["--format", "json"]).succeeds();
    let sealed: Json = serde_json::from_str(&sealed).unwrap();
    let job = light_job();
    let seed = job["rehearsal"]["seed"].as_str().unwrap();
    let source = job["rehearsal"]["seed_source"].as_str().unwrap();
    let draw = draw_args("result/seal", seed, source, "bulletin");
    office.choucha(&draw).succeeds();
    for file in ["drawn.csv", "frame.csv", "bulletin.json", "SHA256SUMS"] {
        assert_eq!(
            office.read(&format!("bulletin/public/{file}")),
            office.read(&format!("by run/public/{file}")),
            "{file}"
        );
    }
    let said = office.choucha(&["verify", "bulletin/public"]).succeeds();
    assert!(said.starts_with("same\n"), "{said}");
    assert!(said.contains("不得发布"), "{said}");
    let bulletin: Json =
        serde_json::from_slice(&office.read("bulletin/public/bulletin.json")).unwrap();
    assert_eq!(bulletin["seal_digest"], sealed["seal_digest"]);
}

#[test]
fn every_command_that_reports_says_it_as_json_too() {
    let office = Office::with_result();
    let world = root().join("pipelines/worlds/guantao.toml");
    let simulate = [
        "simulate",
        world.to_str().unwrap(),
        "--objects",
        "800",
        "--out",
        "世界",
    ];
    let json = |args: &[&str]| -> Json {
        let said = office
            .choucha(&[args, &["--format", "json"]].concat())
            .succeeds();
        serde_json::from_str(&said).unwrap_or_else(|error| panic!("{args:?}: {error}: {said}"))
    };
    assert_eq!(json(&office.args("run", &[]))["done"], false);
    assert_eq!(
        json(&office.args("check", &[])[..4])["problems"],
        Json::Array(vec![])
    );
    let scored = json(&[&office.args("score", &[])[..4], &["--out", "scored"]].concat());
    assert_eq!(scored["tables"][0]["table"], "objects");
    let read = json(&[&office.args("ingest", &[])[..4], &["--out", "read"]].concat());
    assert_eq!(read["tables"], scored["tables"]);
    let drawn = json(&draw_args("result/seal", "1", "骰子", "drawn"));
    assert_eq!(drawn["bulletin"]["seed_text"], "1");
    let verified = json(&["verify", "drawn/public"]);
    assert_eq!(verified["result"], "same");
    assert_eq!(verified["n"], drawn["bulletin"]["n"]);
    assert_eq!(json(&["report", "result", "--lang", "en"])["out"], "result");
    assert_eq!(json(&simulate)["tables"][0]["table"], "objects");
    assert_eq!(
        json(&["init", "世界"])["written"].as_array().unwrap().len(),
        3
    );
}

#[test]
fn a_simulated_world_is_the_same_bytes_every_time_and_can_be_walked() {
    let office = Office::new();
    let world = root().join("pipelines/worlds/guantao.toml");
    let make = |out| {
        let world = world.to_str().unwrap();
        office
            .choucha(&["simulate", world, "--objects", "800", "--out", out])
            .succeeds()
    };
    assert!(make("甲").contains("合成数据"));
    make("乙");
    let files = |name| crate::small_county::files_of(&office.path(name));
    assert_eq!(files("甲"), files("乙"));
    let office = Office::on(&office.path("甲"));
    office.job(&light_job()).walk("check", &[]).succeeds();
    office.refuses(
        &["simulate", "no.toml", "--out", "甲"],
        1,
        &["no.toml", "cannot be read"],
    );
}

// --- what stops a job ----------------------------------------------------------------------------------------------

#[test]
fn every_column_that_is_missing_in_any_table_is_named_at_once() {
    let office = tiny();
    office
        .write("inspections.csv", "甲,乙\n1,2\n")
        .write("credit_events.csv", "object_id,丙\nA1,2\n");
    let keys = [
        "ingest.inspections.columns.visit_id is required",
        "ingest.inspections.columns.object_id is required",
        "ingest.inspections.columns.inspected_on is required",
        "ingest.credit_events.columns.event_on is required",
        "ingest.credit_events.columns.kind is required",
    ];
    for command in ["check", "ingest", "run"] {
        office.refuses(&[command, "job.toml", "--out", "result"], 3, &keys);
    }
}

/// The small register with more rows, of which the given ones have an id that is damaged, and as many visits a day that is none.
fn spoilt(objects: usize, visits: usize) -> Office {
    let office = tiny();
    let (mut register, mut inspections) = (OBJECTS.to_owned(), INSPECTIONS.to_owned());
    for i in 0..200 {
        let id = if i < objects {
            format!("9.14E+{i}")
        } else {
            format!("E{i}")
        };
        writeln!(register, "{id},{i}号店,2015-01-01").unwrap();
        let day = if i < visits { "某日" } else { "2024-01-01" };
        writeln!(inspections, "w{i},A1,{day},0").unwrap();
    }
    office
        .write("objects.csv", register)
        .write("inspections.csv", inspections);
    office
}

#[test]
fn a_job_that_stops_names_every_table_and_leaves_the_refused_rows_to_be_corrected() {
    for (command, left) in [("ingest", "result.refused"), ("run", "result.refused")] {
        let office = spoilt(100, 100);
        let args = [command, "job.toml", "--out", "result"];
        let said = [
            "rows of objects (检查对象名录库) are refused",
            "rows of inspections (抽查检查结果) are refused",
            "the refused rows are left in result.refused/refused",
        ];
        office.stops(&args, &said);
        assert!(!office.path("result").exists());
        let rows = String::from_utf8(office.read(&format!("{left}/refused/objects.csv"))).unwrap();
        assert_eq!(
            rows.matches("9.14E+").count(),
            200,
            "each with its reason: {rows}"
        );
        assert!(
            office
                .path(&format!("{left}/refused/inspections.xlsx"))
                .exists()
        );
        assert!(office.path(&format!("{left}/refused.csv")).exists());
        office.write(&format!("{left}/~$notes.xlsx"), "someone");
        office.write(&format!("{left}/notes.xlsx"), "x");
        office.refuses(
            &args,
            3,
            &["could not be left in result.refused", "is open in"],
        );
    }
}

#[test]
fn records_of_objects_that_were_refused_are_no_table_of_their_own_to_correct() {
    let office = spoilt(150, 0);
    let mut inspections = INSPECTIONS.to_owned();
    for i in 0..150 {
        writeln!(inspections, "w{i},E{i},2024-01-01,0").unwrap();
    }
    office.write("inspections.csv", inspections);
    let answer = office.choucha(&["ingest", "job.toml", "--out", "result"]);
    assert_eq!(answer.code, Some(3));
    assert!(answer.err.contains("rows of objects"), "{}", answer.err);
    assert!(
        !answer.err.contains("rows of inspections"),
        "{}",
        answer.err
    );
}

#[test]
fn the_folder_of_refused_rows_is_named_at_the_end() {
    let office = tiny();
    for (command, out) in [("ingest", "taken"), ("run", "result")] {
        let said = office
            .choucha(&[command, "job.toml", "--out", out])
            .succeeds();
        let line = format!("refused rows, to be corrected and sent again: {out}/refused");
        assert!(said.lines().any(|said| said == line), "{said}");
    }
}

// --- init ----------------------------------------------------------------------------------------------------------

#[test]
fn init_writes_a_job_from_chinese_headers_that_passes_check_and_runs() {
    let office = Office::new();
    let mut objects =
        "统一社会信用代码,企业名称,登记状态,成立日期,行业代码,住所,主体类型,备注\n".to_owned();
    for i in 0..120 {
        let kind = ["企业", "个体工商户"][i % 2];
        writeln!(
            objects,
            "13043300{i:07},{i}号商店,存续,20{:02}-03-01,5211,新华街{i}号,{kind},无",
            i % 24
        )
        .unwrap();
    }
    let visits = "检查单号,注册号,检查日期,公示日期,发现问题,检查结果\n\
        1,130433000000007,2023-05-04,2023-05-20,是,B\n2,130433000000008,2023年5月5日,,否,1\n";
    let events = "注册号,列入日期,列入原因\n130433000000009,2022-07-01,年报逾期\n";
    office
        .write("我的 数据/企业名录.csv", objects)
        .write("我的 数据/检查结果.csv", visits)
        .write("我的 数据/异常名录.csv", events);
    let said = office.choucha(&["init", "我的 数据"]).succeeds();
    for line in [
        "objects: 我的 数据/企业名录.csv (7 of 8 columns recognised)",
        "inspections: 我的 数据/检查结果.csv (6 of 6 columns recognised)",
        "credit_events: 我的 数据/异常名录.csv (3 of 3 columns recognised)",
        "inspectors: no file recognised",
    ] {
        assert!(said.contains(line), "{line:?} is not said: {said}");
    }
    let text = String::from_utf8(office.read("我的 数据/job.toml")).unwrap();
    assert!(
        text.contains("# ? = \"备注\""),
        "unknown headers are left as comments: {text}"
    );
    office.choucha(&["check", "我的 数据/job.toml"]).succeeds();
    let said = office
        .choucha(&["run", "我的 数据/job.toml", "--out", "result"])
        .succeeds();
    for line in [
        "objects: 120 rows read = 120 accepted",
        "inspections: 2 rows read = 2 accepted",
        "credit_events: 1 rows read = 1 accepted",
    ] {
        assert!(said.contains(line), "{line:?} is not said: {said}");
    }
    office.choucha(&["verify", "result/public"]).succeeds();
    office.refuses(
        &["init", "我的 数据"],
        1,
        &["job.toml", "nothing is overwritten"],
    );
}

#[test]
fn init_joins_files_of_one_kind_proposes_values_and_says_what_it_could_not_decide() {
    let office = Office::new();
    let register = |from: usize| {
        let mut text =
            "序号,注册号,统一社会信用代码,企业名称,登记状况,登记状态,主体类型,法定代表人\n"
                .to_owned();
        for i in from..from + 60 {
            let status = [
                "存续（在营、开业、在册）",
                "吊销，未注销",
                "存续（在营、开业、在册）",
                "不详",
            ][i % 4];
            writeln!(
                text,
                "{i},13043300{i:07},,{i}号商店,,{status},{},张三",
                [1, 3][i % 2]
            )
            .unwrap();
        }
        text
    };
    office
        .write("数据/名录1.csv", register(0))
        .write("数据/名录2.csv", register(60))
        .write("数据/说明.md", "x");
    let said = office.choucha(&["init", "数据"]).succeeds();
    for line in [
        "objects: 数据/名录*.csv, 2 files (6 of 8 columns recognised)",
        "objects: \"不详\" (30 rows) is no status choucha knows",
    ] {
        assert!(said.contains(line), "{line:?} is not said: {said}");
    }
    let text = String::from_utf8(office.read("数据/job.toml")).unwrap();
    for line in [
        "object_id = { first = [\"统一社会信用代码\", \"注册号\"] }",
        "# legal_person_key = \"法定代表人\" # only if one name means one person here",
        "# ? = \"登记状况\"",
        "\"存续（在营、开业、在册）\" = \"存续\"",
        "\"吊销，未注销\" = \"吊销未注销\"",
        "# \"不详\" = \"?\" # 30 rows",
        "\"1\" = \"企业\"",
        "\"3\" = \"个体工商户\"",
    ] {
        assert!(text.contains(line), "{line:?} is not proposed: {text}");
    }
    let said = office.choucha(&["check", "数据/job.toml"]).succeeds();
    assert!(
        said.contains("nothing like it is known: \"序号\""),
        "{said}"
    );
    let said = office
        .choucha(&["score", "数据/job.toml", "--out", "result"])
        .succeeds();
    for line in ["objects: 120 rows read = 120 accepted", "frame: 60 of 120"] {
        assert!(said.contains(line), "{line:?} is not said: {said}");
    }
}

#[test]
fn init_leaves_out_what_needs_a_table_that_is_not_there() {
    let office = Office::new();
    office.write("data/objects.csv", OBJECTS);
    let said = office.choucha(&["init", "data"]).succeeds();
    for line in [
        "inspections: no file recognised",
        "indicators of the general catalogue need a table that was not found and are left out",
    ] {
        assert!(said.contains(line), "{line:?} is not said: {said}");
    }
    office.choucha(&["check", "data/job.toml"]).succeeds();
    office
        .choucha(&["run", "data/job.toml", "--out", "result"])
        .succeeds();
}

#[test]
fn init_recognises_every_table_of_the_small_county() {
    let office = Office::with_own_data();
    let folder = office.data(".");
    let said = office
        .choucha(&["init", folder.to_str().unwrap(), "--out", "own.toml"])
        .succeeds();
    for table in [
        "objects",
        "inspections",
        "credit_events",
        "inspectors",
        "items",
    ] {
        let line = said
            .lines()
            .find(|line| line.starts_with(&format!("{table}: ")))
            .unwrap();
        assert!(line.contains(&format!("{table}.parquet")), "{line}");
    }
    office.choucha(&["check", "own.toml"]).succeeds();
    let said = office
        .choucha(&["run", "own.toml", "--out", "result"])
        .succeeds();
    assert!(said.contains("drawn: "), "{said}");
}

#[test]
fn init_tells_columns_by_their_values_where_no_header_is_known() {
    let office = Office::new();
    let codes = [
        "91110000802100433B",
        "12440600MB2C07549J",
        "91130433MY18LA6C11",
    ];
    let mut register = "甲列,乙列,丙列,丁列,戊列\n".to_owned();
    let mut visits = "子列,丑列,寅列\n".to_owned();
    for (i, code) in codes.into_iter().enumerate() {
        writeln!(
            register,
            "{code},第{i}商行,2017-03-0{},x,330000000036006",
            i + 1
        )
        .unwrap();
        writeln!(visits, "JC-2024-{i},{code},2024-05-0{}", i + 1).unwrap();
    }
    office
        .write("数据/一.csv", register)
        .write("数据/inspections.csv", visits)
        .write("数据/三.csv", "己列,庚列\n2024-01-01,91110000802100433B\n2024-01-02,91110000802100433B\n2024-01-03,91110000802100433B\n");
    let said = office
        .choucha(&["init", "数据", "--format", "json"])
        .succeeds();
    let said: Json = serde_json::from_str(&said).unwrap();
    let said: Vec<&str> = said["said"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Json::as_str)
        .collect();
    let said = said.join("\n");
    for line in [
        "objects: \"甲列\" is read as object_id: its values are codes that pass their checks",
        "objects: \"丙列\" is not decided: its values look like days (日期); if it is established_on or closed_on or term_ends_on",
        "objects: nothing is known of \"丁列\"",
        "inspections: \"丑列\" is read as object_id",
        "inspections: REQUIRED (必填): no header is known as inspected_on",
        "数据/三.csv: not used: no header is known",
    ] {
        assert!(said.contains(line), "{line:?} is not said: {said}");
    }
    let text = String::from_utf8(office.read("数据/job.toml")).unwrap();
    for line in [
        "\nobject_id = \"甲列\"\n",
        "\n# name = \"乙列\" # by its values: names of businesses (企业名称)\n",
        "\n# established_on = \"丙列\" # by its values: days (日期); or closed_on, term_ends_on\n",
        "\n# ? = \"丁列\"\n",
        "\n# other_ids = \"戊列\" # by its values: registration numbers of 15 digits (注册号)\n",
        "\nobject_id = \"丑列\"\n",
        "# REQUIRED (必填), no header recognised: visit_id = \"\" # by its values perhaps \"子列\"",
        "# REQUIRED (必填), no header recognised: inspected_on = \"\" # by its values perhaps \"寅列\"",
        "\n# [health]\n# previous = ",
    ] {
        assert!(text.contains(line), "{line:?} is not proposed: {text}");
    }
    let missing = [
        "columns.visit_id is required",
        "columns.inspected_on is required",
    ];
    office.refuses(&["check", "数据/job.toml"], 3, &missing);
    let decided = text
        .replace("# visit_id = ", "visit_id = ")
        .replace("# inspected_on = ", "inspected_on = ");
    office.write("数据/job.toml", decided);
    office.choucha(&["check", "数据/job.toml"]).succeeds();
}

#[test]
fn init_leaves_an_indicator_catalogue_that_is_there_and_says_so() {
    let office = Office::new();
    office
        .write("data/objects.csv", OBJECTS)
        .write("data/indicators.toml", "mine = true\n");
    let said = office.choucha(&["init", "data"]).succeeds();
    assert!(
        said.contains("indicators.toml of this folder is something else"),
        "{said}"
    );
    assert!(said.contains("inspections: no file recognised"), "{said}");
    assert_eq!(office.read("data/indicators.toml"), b"mine = true\n");
    let job = String::from_utf8(office.read("data/job.toml")).unwrap();
    assert!(job.contains("job-indicators.toml\"]"), "{job}");
    office.choucha(&["check", "data/job.toml"]).succeeds();
}

#[test]
fn init_refuses_a_folder_without_a_register() {
    let office = Office::new();
    office.refuses(&["init", "没有"], 3, &["没有"]);
    fs::create_dir(office.path("空")).unwrap();
    office.refuses(&["init", "空"], 3, &["空"]);
    office.write("杂/note.csv", "甲,乙\n1,2\n");
    office.refuses(&["init", "杂"], 3, &["杂"]);
}

// --- usage ---------------------------------------------------------------------------------------------------------

#[test]
fn help_and_version_are_no_failure() {
    let office = Office::new();
    assert!(office.choucha(&["--help"]).succeeds().contains("抽查"));
    assert!(office.choucha(&["--version"]).succeeds().contains("0."));
}

#[test]
fn a_wrong_command_line_exits_1() {
    let office = Office::new();
    office.job(&light_job());
    office.refuses::<&str>(&[], 1, &["Usage"]);
    office.refuses(&["inspect"], 1, &["inspect"]);
    office.refuses(&["run"], 1, &["JOB"]);
    office.refuses(&["run", "job.toml", "--lang", "fr"], 1, &["fr"]);
    office.refuses(&["run", "job.toml", "--threads", "0"], 1, &["threads"]);
    office.refuses(&["check", "job.toml", "--log", "=,="], 1, &["--log"]);
    office.refuses(
        &["check", "job.toml", "--partitions", "0"],
        1,
        &["job.toml: run.partitions = 0: "],
    );
}

#[test]
fn a_job_file_with_several_errors_lists_them_all_at_once() {
    let office = Office::new();
    let mut job = with(light_job(), "as_of", "2025-02-30");
    job = with(job, "plan.ratio.D", 1.5);
    job = with(job, "plan.strata", Value::Array(vec!["colour".into()]));
    job = with(job, "registers.surprise", 1);
    job = with(job, "evaluate.hit_rule", "luck");
    job = with(job, "name", "a/b");
    job = with(job, "ingest.objects.columns.colour", "颜色");
    job = with(job, "lottery.seed", 1);
    job.remove("rehearsal");
    office.job(&job);
    let expected = [
        "problems in the settings:",
        "job.toml: as_of = \"2025-02-30\": ",
        "job.toml: plan.ratio.D = 1.5: ",
        "job.toml: registers.surprise = 1: ",
        "job.toml: evaluate.hit_rule = \"luck\": ",
        "job.toml: name = a/b: ",
        "job.toml: ingest.objects.columns.colour = ",
        "job.toml: rehearsal = (absent): this key is required",
        "job.toml: lottery = (present): no section of a job has this name",
    ];
    for command in ["check", "run", "ingest", "score", "seal"] {
        office.refuses(&office.args(command, &[])[..4], 1, &expected);
    }
}

#[test]
fn a_job_file_that_cannot_be_read_says_where() {
    let office = Office::new();
    office.refuses(&["run", "没有.toml"], 1, &["没有.toml: "]);
    office.write("job.toml", "version = 1\nname = \"x\"\ntitle = [\n");
    office.refuses(&["run", "job.toml"], 1, &["job.toml: (line "]);
    office.write("job.toml", b"version = 1\ntitle = \"\xb9\xdd\xcc\xd5\"\n");
    office.refuses(&["run", "job.toml"], 1, &["UTF-8"]);
    let mut job = light_job();
    job.remove("data");
    office.job(&job);
    office.refuses(
        &["check", "job.toml"],
        1,
        &["ingest.objects.path", "--data"],
    );
    office.job(&with(light_job(), "version", 9));
    office.refuses(&["check", "job.toml"], 1, &["version = 9: "]);
}

#[test]
fn a_catalogue_or_scorecard_that_is_wrong_or_absent_is_named() {
    let office = Office::new();
    let absent = Value::Array(vec!["没有.toml".into()]);
    office.job(&with(light_job(), "indicators.catalogues", absent));
    office.refuses(&office.args("run", &[]), 1, &["没有.toml"]);
    office.write("card.toml", "version = 1\nname = \"x\"\n");
    office.job(&with(light_job(), "risk.scorecard", "card.toml"));
    office.refuses(&office.args("run", &[]), 1, &["card.toml"]);
}

#[test]
fn a_foreign_folder_is_never_replaced() {
    let office = Office::new();
    office
        .job(&light_job())
        .write("result/thesis.docx", "十年心血")
        .write("app/manifest.json", r#"{ "name": "another program" }"#)
        .write("app/index.js", "1")
        .write("file", "a file");
    let fragment = "holds no manifest.json of choucha";
    office.refuses(&office.args("run", &[]), 1, &["result", fragment]);
    office.refuses(&office.args("seal", &[]), 1, &["result", fragment]);
    office.refuses(
        &[&office.args("run", &[])[..5], &["app"]].concat(),
        1,
        &[fragment],
    );
    office.refuses(
        &[&office.args("run", &[])[..5], &["file"]].concat(),
        1,
        &[fragment],
    );
}

#[test]
fn a_folder_that_cannot_be_made_exits_70() {
    let office = Office::new();
    office.job(&light_job()).write("file", "");
    office.refuses(
        &[&office.args("run", &[])[..5], &["file/result"]].concat(),
        70,
        &["cannot make the folder"],
    );
}

#[test]
fn a_draw_never_replaces_the_seal_it_draws_from() {
    let office = Office::with_result();
    let args = draw_args("result/seal", "1", "骰子", "result");
    office.refuses(&args, 1, &["result", "seal"]);
    let args = draw_args("result/seal", "1", "骰子", "result/seal");
    office.refuses(&args, 1, &["seal"]);
}

// --- bad input -----------------------------------------------------------------------------------------------------

#[test]
fn the_small_register_in_csv_can_be_walked_and_its_bad_rows_are_counted() {
    let office = tiny();
    let said = office.choucha(RUN).succeeds();
    for line in [
        "objects: 4 rows read = 4 accepted + 0 refused + 0 known later",
        // a visit to an unknown object is refused, one known later is set aside
        "inspections: 4 rows read = 2 accepted + 1 refused + 1 known later",
        "credit_events: 4 rows read = 1 accepted + 2 refused + 1 known later",
        "drawn: 1 of 4 objects",
    ] {
        assert!(said.contains(line), "{line:?} is not said: {said}");
    }
    let refused = String::from_utf8(office.read("result/refused.csv")).unwrap();
    assert_eq!(refused.lines().count(), 4, "{refused}");
    for fragment in ["Z9", "Q7", "07/2023", "object-unknown", "event_on"] {
        assert!(refused.contains(fragment), "{fragment}: {refused}");
    }
    let manifest = manifest(&office);
    let notes = manifest["notes"].to_string();
    assert!(
        notes.contains("known_on"),
        "tables without a knowledge date are named: {notes}"
    );
}

#[test]
fn a_missing_file_is_named_with_its_key() {
    let office = tiny();
    fs::remove_file(office.path("inspections.csv")).unwrap();
    let said = ["ingest.inspections.path", "inspections.csv", "not exist"];
    for command in ["run", "check", "ingest", "score", "seal"] {
        office.refuses(&[command, "job.toml"], 3, &said);
    }
    let office = Office::with_own_data();
    fs::remove_file(office.data("outcomes.parquet")).unwrap();
    office.job(&light_job());
    office.refuses(&office.args("run", &[]), 3, &["outcomes.path"]);
}

#[test]
fn text_that_is_neither_utf_8_nor_gb18030_is_refused_with_line_and_advice() {
    let neither = [&b"object_id,name\nA1,\xbc\xd7\n"[..], b"B2,\xff\xff\n"].concat();
    refuses_table(
        "objects.csv",
        neither,
        &["objects.csv", "line 3", "GB18030"],
    );
    let office = tiny();
    office.write("objects.csv", b"object_id,name\nA1,\xbc\xd7\nB2,x\n");
    office.choucha(RUN).succeeds();
}

#[test]
fn a_missing_column_is_named_with_those_that_are_there() {
    let text = "objectid,name\nA1,x\n";
    refuses_table(
        "objects.csv",
        text,
        &["object_id", "objects.csv", "objectid", "nearest"],
    );
    let office = tiny();
    office.job(&with(
        tiny_job(),
        "ingest.objects.columns.address",
        "经营场所",
    ));
    let said = [
        "ingest.objects.columns.address = \"经营场所\"",
        "no such column",
    ];
    office.refuses(RUN, 3, &said);
}

#[test]
fn a_column_that_stands_twice_is_refused() {
    let text = "object_id,name,name\nA1,x,y\n";
    refuses_table(
        "objects.csv",
        text,
        &["objects.csv", "two columns named \"name\""],
    );
}

#[test]
fn a_register_in_which_no_code_can_be_read_is_refused() {
    let text = "object_id,established_on\n9.14E+17,昨天\n9.13E+17,2020-12-31\n";
    let office = tiny();
    office.write("objects.csv", text);
    let said = [
        "all 2 rows of objects",
        "科学计数法",
        "established_on",
        "昨天",
    ];
    office.stops(RUN, &said);
    office.stops(SEAL, &said);
    office.stops(TUNE, &said);
}

#[test]
fn an_object_that_stands_twice_is_kept_once_and_the_other_row_refused() {
    let office = tiny();
    office.write("objects.csv", format!("{OBJECTS}a1,又一个甲,2011-01-01\n"));
    let said = office.choucha(RUN).succeeds();
    assert!(
        said.contains("objects: 5 rows read = 4 accepted + 1 refused"),
        "{said}"
    );
    let refused = String::from_utf8(office.read("result/refused.csv")).unwrap();
    assert!(refused.contains("duplicate"), "{refused}");
}

#[test]
fn empty_tables_are_refused_or_walked_as_what_they_are() {
    refuses_table("objects.csv", "", &["objects.csv", "empty", "表头"]);
    refuses_table(
        "objects.csv",
        "object_id,name\n",
        &["ingest.objects.path", "without rows"],
    );
    refuses_table("credit_events.csv", "", &["credit_events.csv", "empty"]);
    let office = tiny();
    office.write("credit_events.csv", "object_id,event_on,kind\n");
    let said = office.choucha(RUN).succeeds();
    assert!(said.contains("credit_events: 0 rows read"), "{said}");
}

#[test]
fn a_truncated_parquet_file_is_refused() {
    let office = Office::with_own_data();
    office.job(&light_job());
    for (table, kept) in [
        ("objects.parquet", 20_000),
        ("credit_events.parquet", 3),
        ("inspections.parquet", 0),
    ] {
        let path = office.data(table);
        let whole = fs::read(&path).unwrap();
        fs::write(&path, &whole[..kept]).unwrap();
        let said = [table];
        office.refuses(&office.args("run", &[]), 3, &said);
        office.refuses(&office.args("ingest", &[]), 3, &said);
        fs::write(&path, whole).unwrap();
    }
    let path = office.data("objects.parquet");
    let mut middle = fs::read(&path).unwrap();
    middle[3000..3400].fill(0xff);
    fs::write(&path, middle).unwrap();
    office.refuses(
        &office.args("ingest", &[]),
        3,
        &["objects.parquet", "damaged"],
    );
    fs::write(&path, "object_id\nA1\n").unwrap();
    office.refuses(&office.args("run", &[]), 3, &["objects.parquet"]);
}

#[test]
fn an_infeasible_plan_names_its_clause_and_leaves_the_previous_result() {
    let office = Office::with_result();
    let mut low = light_job();
    for class in ["A", "B", "C", "D", "U"] {
        low = with(low, &format!("plan.ratio.{class}"), 0.02);
    }
    office.job(&low);
    let said = [
        "部门年度随机抽查占比达到5％以上",
        "too few",
        "multiplying every ratio by",
    ];
    office.refuses(&office.args("run", &[]), 4, &said);
    let mut large = light_job();
    large["plan"].as_table_mut().unwrap().remove("ratio");
    for (class, n) in [("A", 10), ("B", 10), ("C", 10), ("D", 9000), ("U", 60)] {
        large = with(large, &format!("plan.sample_size.{class}"), n);
    }
    office.job(&large);
    let said = ["sample size 9000 exceeds the ", "\"D\""];
    office.refuses(&office.args("seal", &[]), 4, &said);
    let mut none = light_job();
    for (class, n) in [("A", 0), ("B", 10), ("C", 10), ("D", 5), ("U", 300)] {
        none = with(none, &format!("plan.sample_size.{class}"), n);
    }
    none["plan"].as_table_mut().unwrap().remove("ratio");
    office.job(&none);
    let said = ["stratum \"A\"", "nobody is exempt (不免抽)", "floor_of_one"];
    office.refuses(&office.args("seal", &[]), 4, &said);
}

#[test]
fn a_second_draw_never_replaces_the_first() {
    let office = Office::with_result();
    let first = draw_args("result/seal", "1", "骰子", "drawn");
    office.choucha(&first).succeeds();
    office.choucha(&first).succeeds();
    let second = draw_args("result/seal", "2", "骰子", "drawn");
    office.refuses(
        &second,
        1,
        &["drawn: the folder holds a draw made from another seal or with another seed"],
    );
}

#[test]
fn a_world_is_never_written_among_other_files() {
    let office = Office::with_result();
    let world = concat!(env!("CARGO_MANIFEST_DIR"), "/pipelines/worlds/guantao.toml");
    let args = ["simulate", world, "--objects", "1000", "--out", "result"];
    office.refuses(
        &args,
        1,
        &["result: the folder holds files and no synthetic world"],
    );
}

#[test]
fn a_mapping_under_which_a_column_cannot_be_read_stops_the_job() {
    let office = Office::with_own_data();
    let swapped = with(light_job(), "ingest.objects.columns.lat", "经度");
    office.job(&with(swapped, "ingest.objects.columns.lon", "纬度"));
    let said = [
        "filled cells of lat (纬度) in objects (检查对象名录库) cannot be read",
        "more than ingest.objects.unread_share_max = 0.25 allows",
        "write the right header under ingest.objects.columns.lat",
    ];
    office.stops(&office.args("run", &[]), &said);
}

#[test]
fn what_crosses_rooms_is_checked_before_the_walk() {
    let office = Office::with_result();
    let mut job = light_job();
    job["plan"]["ratio"].as_table_mut().unwrap().remove("C");
    job["ingest"]
        .as_table_mut()
        .unwrap()
        .remove("credit_events");
    office.job(&job);
    let said = [
        "plan.ratio.C = (absent): every class must have a ratio",
        "credit_events: must be a table the job reads",
    ];
    office.refuses(&office.args("check", &[]), 1, &said);
}

#[test]
fn an_unusable_seed_is_refused() {
    let office = Office::with_result();
    for seed in ["", "  　", "a\u{7}b"] {
        let args = draw_args("result/seal", seed, "骰子", "drawn");
        office.refuses(&args, 1, &["the seed "]);
    }
    let args = draw_args("result/seal", "1", "", "drawn");
    office.refuses(&args, 1, &["the seed source "]);
    office.job(&with(tiny_job(), "rehearsal.seed", ""));
    office
        .write("objects.csv", OBJECTS)
        .write("inspections.csv", INSPECTIONS)
        .write("credit_events.csv", EVENTS);
    office.refuses(RUN, 1, &["the seed "]);
}

// --- tampering -----------------------------------------------------------------------------------------------------

#[test]
fn a_tampered_seal_is_never_drawn_from() {
    let office = Office::with_result();
    let draw = draw_args("result/seal", "1", "骰子", "drawn");
    for file in ["plan.json", "frame.csv", "levels.csv", "SHA256SUMS"] {
        let path = office.path("result/seal").join(file);
        let whole = fs::read(&path).unwrap();
        flip(&path, whole.len() / 2);
        office.refuses(&draw, 2, &["expected "]);
        if file != "SHA256SUMS" {
            write_sums(&office.path("result/seal"));
            office.refuses(&draw, 2, &[file]);
        }
        fs::write(&path, whole).unwrap();
        write_sums(&office.path("result/seal"));
    }
    fs::remove_file(office.path("result/seal/levels.csv")).unwrap();
    office.refuses(&draw, 2, &["levels.csv is missing"]);
    office.refuses(&draw_args("没有", "1", "骰子", "drawn"), 2, &["没有"]);
}

#[test]
fn a_bulletin_with_a_changed_missing_or_extra_file_exits_2() {
    let office = Office::with_result();
    copy_folder(&office.path("result/public"), &office.path("public"));
    let verify = &["verify", "public"];
    assert!(office.choucha(verify).succeeds().starts_with("same\n"));
    for file in ["bulletin.json", "drawn.csv", "SHA256SUMS"] {
        let path = office.path("public").join(file);
        let whole = fs::read(&path).unwrap();
        flip(&path, whole.len() - 1);
        let said = match file {
            "SHA256SUMS" => "SHA256SUMS line ".to_owned(),
            changed => format!("{changed}: expected the digest "),
        };
        office.refuses(verify, 2, &[&said, "SHA256SUMS"]);
        fs::remove_file(&path).unwrap();
        office.refuses(verify, 2, &[&format!("{file} is missing")]);
        fs::write(&path, whole).unwrap();
    }
    office.write("public/.DS_Store", "");
    office.refuses(verify, 2, &[".DS_Store does not belong here"]);
    office.refuses(&["verify", "没有"], 2, &["没有"]);
    office.refuses(&["verify", "job.toml"], 2, &["job.toml"]);
}

#[test]
fn a_swapped_drawn_object_is_found_even_when_the_sums_are_rewritten() {
    let office = Office::with_result();
    copy_folder(&office.path("result/public"), &office.path("public"));
    let drawn = String::from_utf8(office.read("public/drawn.csv")).unwrap();
    let mut lines: Vec<&str> = drawn.lines().skip(1).collect();
    let (_, stratum) = lines[0].split_once(',').unwrap();
    let frame = String::from_utf8(office.read("public/frame.csv")).unwrap();
    let swapped = frame
        .lines()
        .skip(1)
        .map(|line| line.rsplit_once(',').unwrap().0)
        .find(|line| line.ends_with(&format!(",{stratum}")) && !lines.contains(line))
        .unwrap();
    lines[0] = swapped;
    lines.sort_unstable();
    let text = format!("object_id,stratum\n{}\n", lines.join("\n"));
    office.write("public/drawn.csv", &text);
    write_sums(&office.path("public"));
    assert_eq!(text.lines().count(), drawn.lines().count());
    office.refuses(
        &["verify", "public"],
        2,
        &["drawn.csv line ", "expected", "found"],
    );
}

#[test]
fn another_seed_in_the_bulletin_is_found_even_when_the_sums_are_rewritten() {
    let office = Office::with_result();
    copy_folder(&office.path("result/public"), &office.path("public"));
    let text = String::from_utf8(office.read("public/bulletin.json")).unwrap();
    for (key, said) in [
        ("seed_text", "bulletin.json line "),
        ("seed", "bulletin.json line "),
    ] {
        let mut bulletin: serde_json::Map<String, Json> = serde_json::from_str(&text).unwrap();
        let old = bulletin
            .insert(key.to_owned(), "0".repeat(64).into())
            .unwrap();
        let new = text.replace(old.as_str().unwrap(), &"0".repeat(64));
        office.write("public/bulletin.json", new);
        write_sums(&office.path("public"));
        office.refuses(&["verify", "public"], 2, &[said]);
    }
}

/// Files up to this size are changed at every byte, larger ones at a sample.
const SMALL: usize = 2048;

#[test]
fn any_changed_byte_of_any_public_file_is_found() {
    let office = Office::with_result();
    let public = office.path("result/public");
    publish::verify(&public, &Meter::silent()).unwrap();
    let mut n_tried = 0;
    for (file, bytes) in crate::small_county::files_of(&public) {
        let step = if bytes.len() <= SMALL { 1 } else { 11 };
        for at in (0..bytes.len()).step_by(step) {
            flip(&public.join(&file), at);
            assert_refused(&public, &file, at);
            flip(&public.join(&file), at);
            n_tried += 1;
        }
        fs::write(public.join(&file), [&bytes[..], b"\n"].concat()).unwrap();
        assert_refused(&public, &file, bytes.len());
        fs::write(public.join(&file), &bytes[..bytes.len() - 1]).unwrap();
        assert_refused(&public, &file, bytes.len());
        fs::write(public.join(&file), &bytes).unwrap();
    }
    assert!(n_tried > 5000, "{n_tried}");
    publish::verify(&public, &Meter::silent()).unwrap();
}

#[test]
fn a_changed_byte_is_found_even_when_the_sums_are_rewritten() {
    let office = Office::with_result();
    let public = office.path("result/public");
    for (file, bytes) in crate::small_county::files_of(&public) {
        if file == "SHA256SUMS" {
            continue;
        }
        // Where the seed comes from is recorded, not committed: it moves no draw.
        let recorded = line_of(&bytes, "\"seed_source\"");
        let step = if bytes.len() <= SMALL { 17 } else { 211 };
        for at in (0..bytes.len()).step_by(step).chain([bytes.len() - 1]) {
            if recorded.contains(&at) {
                continue;
            }
            flip(&public.join(&file), at);
            write_sums(&public);
            assert_refused(&public, &file, at);
            flip(&public.join(&file), at);
        }
    }
}

/// Where the line that holds `text` stands.
fn line_of(bytes: &[u8], text: &str) -> std::ops::Range<usize> {
    let mut end = 0;
    for line in bytes.split_inclusive(|&byte| byte == b'\n') {
        end += line.len();
        if String::from_utf8_lossy(line).contains(text) {
            return end - line.len()..end;
        }
    }
    0..0
}

#[track_caller]
fn assert_refused(public: &Path, file: &str, at: usize) {
    match publish::verify(public, &Meter::silent()) {
        Ok(_) => panic!("{file} byte {at} may be changed"),
        Err(error) => assert_eq!(
            error.kind(),
            Kind::Verification,
            "{file} byte {at}: {error}"
        ),
    }
}

// --- interrupted, killed, twice at once ----------------------------------------------------------------------------

#[cfg(unix)]
mod stopped {
    use std::process::{Child, Command, ExitStatus, Stdio};
    use std::thread::sleep;
    use std::time::{Duration, Instant};

    use super::*;

    /// A run of the county in full, which takes seconds, stopped while it works in the staging folder beside `result`.
    fn started(office: &Office, more: &[&str]) -> Child {
        let data = root().join("datasets/guantao");
        let args = [
            "run",
            "county.toml",
            "--out",
            "result",
            "--data",
            data.to_str().unwrap(),
        ];
        office.write("county.toml", full_job().to_string());
        let mut command = office.command(&[&args, more].concat());
        let child = command
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let begin = Instant::now();
        while !office.path(".result.part/work/snapshot").exists() {
            assert!(
                begin.elapsed() < Duration::from_mins(1),
                "the run does not start"
            );
            sleep(Duration::from_millis(5));
        }
        child
    }

    fn signal(child: &Child, signal: &str) {
        let id = child.id().to_string();
        assert!(
            Command::new("kill")
                .args([signal, &id])
                .status()
                .unwrap()
                .success()
        );
    }

    fn end(child: Child) -> (ExitStatus, String) {
        let output = child.wait_with_output().unwrap();
        (
            output.status,
            String::from_utf8_lossy(&output.stderr).into_owned(),
        )
    }

    /// The result is the finished one, and the next run clears what was left and says so.
    fn next_run_succeeds(office: &Office) {
        let result = crate::small_county::files_of(&office.path("result"));
        assert_eq!(
            result,
            crate::small_county::files_of(finished_run()),
            "the previous result is unchanged"
        );
        office.job(&with(light_job(), "plan.ratio.D", 0.6));
        let said = office.walk("run", &[]).succeeds();
        assert!(
            said.starts_with("note: an earlier run was stopped before its end"),
            "{said}"
        );
        assert!(!office.path(".result.part").exists());
    }

    #[test]
    fn ctrl_c_leaves_the_previous_result_and_exits_130() {
        let office = Office::with_result();
        let child = started(&office, &[]);
        signal(&child, "-INT");
        let (status, said) = end(child);
        assert_eq!(status.code(), Some(130), "{said}");
        assert!(
            said.contains("interrupted; the previous result is unchanged"),
            "{said}"
        );
        next_run_succeeds(&office);
    }

    #[test]
    fn ctrl_c_reaches_a_run_with_a_number_of_threads() {
        let office = Office::with_result();
        let child = started(&office, &["--threads", "1"]);
        signal(&child, "-INT");
        let (status, said) = end(child);
        assert_eq!(status.code(), Some(130), "{said}");
        let twice = office.walk("run", &[]);
        assert_ne!(twice.code, Some(75), "no run lives on: {}", twice.err);
    }

    #[test]
    fn a_killed_run_leaves_the_previous_result_and_the_next_says_what_it_does() {
        let office = Office::with_result();
        let mut child = started(&office, &[]);
        child.kill().unwrap();
        assert_eq!(end(child).0.code(), None);
        next_run_succeeds(&office);
    }

    #[test]
    fn two_runs_at_once_never_write_one_folder() {
        let office = Office::with_result();
        office.job(&with(light_job(), "plan.ratio.D", 0.6));
        let mut child = started(&office, &[]);
        let second = office.walk("run", &[]);
        child.kill().unwrap();
        end(child);
        assert_eq!(second.code, Some(75), "{}", second.err);
        assert!(
            second.err.contains("another run is writing this folder"),
            "{}",
            second.err
        );
        assert_eq!(
            crate::small_county::files_of(&office.path("result")),
            crate::small_county::files_of(finished_run())
        );
    }
}

// --- helpers -------------------------------------------------------------------------------------------------------

fn draw_args<'a>(seal: &'a str, seed: &'a str, source: &'a str, out: &'a str) -> Vec<&'a str> {
    vec![
        "draw",
        seal,
        "--seed",
        seed,
        "--seed-source",
        source,
        "--out",
        out,
    ]
}

fn manifest(office: &Office) -> Json {
    serde_json::from_slice(&office.read("result/manifest.json")).unwrap()
}

/// Bytes and time of change of every file.
fn stamps(folder: &Path) -> BTreeMap<String, (Vec<u8>, SystemTime)> {
    let files = crate::small_county::files_of(folder);
    let stamp = |name: &str| fs::metadata(folder.join(name)).unwrap().modified().unwrap();
    files
        .into_iter()
        .map(|(name, bytes)| {
            let time = stamp(&name);
            (name, (bytes, time))
        })
        .collect()
}

/// Changes the lowest bit of one byte; a second time, changes it back.
pub(crate) fn flip(path: &Path, at: usize) {
    use std::io::{Read, Seek, SeekFrom, Write};
    let mut file = fs::File::options()
        .read(true)
        .write(true)
        .open(path)
        .unwrap();
    let mut byte = [0];
    let at = SeekFrom::Start(at as u64);
    file.seek(at).unwrap();
    file.read_exact(&mut byte).unwrap();
    file.seek(at).unwrap();
    file.write_all(&[byte[0] ^ 1]).unwrap();
}

/// Writes SHA256SUMS to match the other files, as a forger would.
pub(crate) fn write_sums(folder: &Path) {
    let mut text = String::new();
    for (name, bytes) in crate::small_county::files_of(folder) {
        if name != "SHA256SUMS" {
            let digest = HashName::Sha256.digest(&[&bytes]);
            writeln!(text, "{digest}  {name}").unwrap();
        }
    }
    fs::write(folder.join("SHA256SUMS"), text).unwrap();
}
