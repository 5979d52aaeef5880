//! One business over all rounds, and two runs side by side, as an office asks for them.

use std::path::Path;

use choucha::risk::{RiskFile, RiskRow};
use choucha::units::{Day, ObjectKey};
use serde_json::Value;
use toml::Table;

use crate::small_county::{Office, data, light_job, with};

/// Ids of the drawn list of a run.
fn drawn(office: &Office, run: &str) -> Vec<String> {
    let text = String::from_utf8(office.read(&format!("{run}/public/drawn.csv"))).unwrap();
    text.lines()
        .skip(1)
        .map(|line| line.split(',').next().unwrap().to_owned())
        .collect()
}

fn row(run: &Path, id: &str) -> RiskRow {
    let file = RiskFile::open(&run.join("risk.parquet")).unwrap();
    file.rows(&[ObjectKey::of(id).0]).unwrap().pop().unwrap()
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// The keys of the job file that a comparison says differ.
fn changed_keys(compared: &Value) -> Vec<&str> {
    let keys = compared["settings_changed"].as_array().unwrap().iter();
    keys.map(|one| one["key"].as_str().unwrap()).collect()
}

/// The drawn object with the most reasons.
fn talked_of(office: &Office) -> String {
    let run = office.path("result");
    let most = drawn(office, "result")
        .into_iter()
        .max_by_key(|id| row(&run, id).reasons.len());
    most.unwrap()
}

#[test]
fn show_tells_reasons_with_their_records_and_the_chance_of_the_draw() {
    let office = Office::with_result();
    let id = talked_of(&office);
    let then = row(&office.path("result"), &id);
    let data = data().to_str().unwrap();
    let args = ["show", &id, "job.toml", "--data", data, "--run", "result"];
    let shown = json(
        &office
            .choucha(&[&args[..], &["--format", "json"]].concat())
            .succeeds(),
    );
    let reasons = shown["now"]["reasons"].as_array().unwrap();
    let texts: Vec<&str> = reasons
        .iter()
        .map(|one| one["text"].as_str().unwrap())
        .collect();
    assert_eq!(texts, then.reasons, "the same reasons as in the run");
    assert!(
        reasons
            .iter()
            .any(|one| one["n_records"].as_u64() > Some(0)),
        "{reasons:#?}"
    );
    let past = &shown["history"][0];
    assert_eq!(
        (past["class"].as_str(), past["drawn"].as_bool()),
        (Some(then.class.as_str()), Some(true))
    );
    assert!(
        past["pi"].as_f64().is_some_and(|pi| pi > 0.0 && pi <= 1.0),
        "{past}"
    );
    let lines = office.choucha(&args).succeeds();
    for text in &then.reasons {
        assert!(
            lines.contains(text.as_str()),
            "{text} is not said:\n{lines}"
        );
    }
}

/// What a reason's value must be, from the days of its records: counts halved every year (按天折减，满一年减半).
fn decayed(reason: &Value, as_of: Day) -> f64 {
    let days = reason["records"].as_array().unwrap().iter();
    let age =
        |day: &Value| as_of.days() - day["day"].as_str().unwrap().parse::<Day>().unwrap().days();
    days.map(|day| 0.5_f64.powf(f64::from(age(day)) / 365.0))
        .sum()
}

#[test]
fn records_behind_a_decayed_count_give_its_value_again() {
    let office = Office::with_result();
    let (data, run) = (data().to_str().unwrap(), office.path("result"));
    let is_decayed = |reason: &str| reason.contains("次数（按天折减，满一年减半）：");
    let has_one = |id: &String| {
        row(&run, id)
            .reasons
            .iter()
            .any(|reason| is_decayed(reason))
    };
    let ids: Vec<String> = drawn(&office, "result")
        .into_iter()
        .filter(has_one)
        .take(3)
        .collect();
    assert!(!ids.is_empty(), "nobody drawn has such a reason");
    for id in ids {
        let args = ["show", &id, "job.toml", "--data", data, "--format", "json"];
        let shown = json(&office.choucha(&args).succeeds());
        for reason in shown["now"]["reasons"].as_array().unwrap() {
            let text = reason["text"].as_str().unwrap();
            let days = reason["records"].as_array().unwrap().iter();
            let early = |one: &Value| one["day"].as_str().unwrap() < "2025-01-01";
            assert!(days.clone().all(early), "{reason:#}");
            if is_decayed(text) {
                let value = text
                    .split("）：")
                    .nth(1)
                    .unwrap()
                    .split('次')
                    .next()
                    .unwrap();
                let again = decayed(reason, "2025-01-01".parse().unwrap());
                assert!(
                    (value.parse::<f64>().unwrap() - again).abs() < 0.006,
                    "{again} {reason:#}"
                );
            }
        }
    }
}

#[test]
fn an_id_that_nobody_knows_and_a_folder_that_is_no_run_are_refused() {
    let office = Office::with_result();
    office.refuses(
        &["show", "NOBODY", "--run", "result"],
        1,
        &["NOBODY", "no register, run or round"],
    );
    office.refuses(&["show", "NOBODY"], 1, &["JOB"]);
    office.write("other/manifest.json", "{}");
    office.refuses(
        &["diff", "other", "result"],
        3,
        &["other", "no finished run"],
    );
}

#[test]
fn a_slip_is_a_page_that_says_it_is_internal() {
    let office = Office::with_result();
    let id = talked_of(&office);
    office
        .choucha(&["show", &id, "--run", "result", "--out", "slip.html"])
        .succeeds();
    let page = String::from_utf8(office.read("slip.html")).unwrap();
    assert!(page.contains("内部资料") && page.contains(&id) && page.contains("合成数据"));
    office
        .choucha(&[
            "show",
            &id,
            "--run",
            "result",
            "--lang",
            "en",
            "--out",
            "slip.html",
        ])
        .succeeds();
    assert!(
        String::from_utf8(office.read("slip.html"))
            .unwrap()
            .contains("Over all rounds")
    );
}

#[test]
fn a_run_against_itself_has_no_change_and_no_drift() {
    let office = Office::with_result();
    let same = json(
        &office
            .choucha(&["diff", "result", "result", "--format", "json"])
            .succeeds(),
    );
    assert_eq!(
        (same["n_changes"].as_u64(), same["same_settings"].as_bool()),
        (Some(0), Some(true))
    );
    assert_eq!(
        same["drawn"]["both"].as_u64(),
        Some(drawn(&office, "result").len() as u64)
    );
    let drifts = same["drift"].as_array().unwrap();
    assert!(drifts.len() > 20 && drifts.iter().all(|one| one["psi"].as_f64() == Some(0.0)));
}

#[test]
fn runs_without_a_common_object_are_not_compared() {
    let office = Office::new();
    let data = data().to_str().unwrap();
    let section = "SUBSTRING(industry_code, 1, 2) IN ('51', '52')";
    for (out, when) in [
        ("one", section.to_owned()),
        ("other", format!("NOT ({section})")),
    ] {
        let exclusion: Table = toml::from_str(&format!(
            "registers.exclude = [{{ reason = \"另行抽查\", when = \"{when}\" }}]"
        ))
        .unwrap();
        let exclude = exclusion["registers"]["exclude"].clone();
        office.job(&with(light_job(), "registers.exclude", exclude));
        office
            .choucha(&["run", "job.toml", "--data", data, "--out", out])
            .succeeds();
    }
    office.refuses(
        &["diff", "one", "other"],
        1,
        &["no object stands in both frames", "one", "other"],
    );
}

#[test]
fn another_seed_is_a_matter_of_lot_and_other_shares_move_boundaries() {
    let office = Office::with_result();
    office.job(&with(
        light_job(),
        "rehearsal.seed",
        "另一个种子 2025-02-01",
    ));
    let data = data().to_str().unwrap();
    office
        .choucha(&["run", "job.toml", "--data", data, "--out", "lot"])
        .succeeds();
    let lot = json(
        &office
            .choucha(&["diff", "result", "lot", "--format", "json"])
            .succeeds(),
    );
    assert_eq!(lot["n_class_changed"].as_u64(), Some(0));
    assert_eq!(changed_keys(&lot), ["rehearsal.seed"]);
    let changes = lot["changes"].as_array().unwrap();
    assert!(!changes.is_empty());
    assert!(
        changes.iter().all(|one| one["why"][0]["cause"] == "lot"),
        "{changes:#?}"
    );
    let drawn_counts = &lot["drawn"];
    let n = |key: &str| drawn_counts[key].as_u64().unwrap();
    assert_eq!(
        n("both") + n("earlier_only"),
        drawn(&office, "result").len() as u64
    );
    assert_eq!(
        n("both") + n("later_only"),
        drawn(&office, "lot").len() as u64
    );

    let mut job = light_job();
    let classes = job["risk"]["class"].as_array_mut().unwrap();
    for (class, share) in classes.iter_mut().zip([0.60, 0.30, 0.07, 0.03]) {
        class
            .as_table_mut()
            .unwrap()
            .insert("share".to_owned(), share.into());
    }
    office.job(&job);
    office
        .choucha(&["run", "job.toml", "--data", data, "--out", "shares"])
        .succeeds();
    let args = [
        "diff", "result", "shares", "--out", "compared", "--format", "json",
    ];
    let moved = json(&office.choucha(&args).succeeds());
    assert!(moved["n_class_changed"].as_u64() > Some(0));
    let shares = ["A", "B", "C"].map(|class| format!("risk.class[{class}].share"));
    assert_eq!(changed_keys(&moved), shares);
    let whole = json(&String::from_utf8(office.read("compared/diff.json")).unwrap());
    let class_moved = |one: &&Value| one["from"]["class"] != one["to"]["class"];
    let changes: Vec<&Value> = whole["changes"]
        .as_array()
        .unwrap()
        .iter()
        .filter(class_moved)
        .collect();
    assert_eq!(
        changes.len() as u64,
        moved["n_class_changed"].as_u64().unwrap()
    );
    assert!(
        changes
            .iter()
            .all(|one| one["why"][0]["cause"] == "boundary"),
        "points are the same"
    );
    let table = String::from_utf8(office.read("compared/changes.csv")).unwrap();
    assert_eq!(
        table.lines().count(),
        1 + whole["changes"].as_array().unwrap().len()
    );
    let page = String::from_utf8(office.read("compared/drift.html")).unwrap();
    assert!(page.contains("分类迁移") && page.contains("PSI") && page.contains("抽中名单"));
    matrix_adds_up(&whole["migration"], whole["changes"].as_array().unwrap());
}

/// Every object whose class changed stands off the diagonal.
fn matrix_adds_up(migration: &Value, changes: &[Value]) {
    let n: Vec<Vec<u64>> = serde_json::from_value(migration["n"].clone()).unwrap();
    let cells = n
        .iter()
        .enumerate()
        .flat_map(|(from, row)| row.iter().enumerate().map(move |(to, n)| (from, to, n)));
    let off: u64 = cells
        .filter(|(from, to, _)| from != to)
        .map(|(.., n)| n)
        .sum();
    let moved = |one: &&Value| one["from"]["class"] != one["to"]["class"];
    assert_eq!(off, changes.iter().filter(moved).count() as u64);
}
