//! `choucha report RUN --since EARLIER`, the audit of a run's own draw and a survey, as an office gets them.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::OnceLock;

use serde_json::Value;
use toml::Table;

use crate::small_county::{Office, copy_folder, kept, light_job, with};

/// 基准日 of the earlier run.
const BEFORE: &str = "2024-07-01";

/// The job of half a year earlier, with a survey.
fn earlier_job() -> Table {
    let survey = r#"
        asked_on = "2024-08-01"
        [[group]]
        class = "A"
        n = 230
        stated = 0.22
        [[group]]
        class = "D"
        n = 25
        stated = 0.6
    "#;
    let job = with(light_job(), "as_of", BEFORE);
    with(job, "survey", survey.parse::<Table>().unwrap())
}

/// An office with the finished run of the small county and one of half a year earlier.
fn office() -> Office {
    static EARLIER: OnceLock<PathBuf> = OnceLock::new();
    let folder = EARLIER.get_or_init(|| {
        let office = Office::new();
        office.job(&earlier_job()).walk("run", &[]).succeeds();
        let folder = kept("small county earlier").join("result");
        copy_folder(&office.path("result"), &folder);
        folder
    });
    let office = Office::with_result();
    copy_folder(folder, &office.path("earlier"));
    office
}

fn evaluation(office: &Office, run: &str) -> Value {
    serde_json::from_slice(&office.read(&format!("{run}/evaluation.json"))).unwrap()
}

fn number(value: &Value) -> f64 {
    value
        .as_f64()
        .unwrap_or_else(|| panic!("{value} is no number"))
}

fn sum(counts: &Value) -> u64 {
    let counts = counts.as_array().unwrap().iter();
    counts.map(|n| n.as_u64().unwrap()).sum()
}

#[test]
fn a_report_since_an_earlier_run_says_what_changed_and_parts_it_exactly() {
    let office = office();
    let before = evaluation(&office, "result");
    office
        .choucha(&["report", "result", "--since", "earlier"])
        .succeeds();
    let now = evaluation(&office, "result");
    let since = &now["since"];
    assert_eq!(since["as_of"], BEFORE);
    assert_eq!(since["same_settings"], false, "the day is a setting");

    let earlier = evaluation(&office, "earlier");
    let change = &since["rounds"]["changes"][0];
    let raw = |run: &Value| number(&run["estimates"]["overall"]["raw"]["value"]);
    assert!((number(&change["raw_from"]) - raw(&earlier)).abs() < 1e-12);
    assert!((number(&change["raw_to"]) - raw(&now)).abs() < 1e-12);
    let parts = ["mix", "targeting", "market"].map(|part| number(&change[part]["value"]));
    let total = number(&change["total"]["value"]);
    assert!(
        (parts.iter().sum::<f64>() - total).abs() < 1e-12,
        "{change:#}"
    );
    assert!((total - (raw(&now) - raw(&earlier))).abs() < 1e-12);
    assert!(change["total"]["low"].as_f64() < change["total"]["high"].as_f64());

    let migration = &since["migration"];
    let both: u64 = migration["n"].as_array().unwrap().iter().map(sum).sum();
    let frame = |run: &Value| run["facts"]["n_frame"].as_u64().unwrap();
    assert_eq!(both + sum(&migration["left"]), frame(&earlier));
    assert_eq!(both + sum(&migration["came"]), frame(&now));
    assert!(since["drifts"].as_array().unwrap().len() > 20);

    let mut rest = now.clone();
    rest.as_object_mut().unwrap().remove("since");
    assert_eq!(rest, before, "everything else is as it was");
    let page = String::from_utf8(office.read("result/report.html")).unwrap();
    for chart in ["migration", "psi", "draw_audit"] {
        assert!(page.contains(&format!("id=\"chart-{chart}\"")), "{chart}");
    }
    assert!(page.contains("与上次报告（2024-07-01）相比"));
    let again = office.choucha(&["report", "result", "--lang", "en"]);
    again.succeeds();
    let page = String::from_utf8(office.read("result/report.html")).unwrap();
    assert!(
        page.contains("against the last one (2024-07-01)"),
        "it stays with the run"
    );
}

#[test]
fn runs_that_cannot_be_compared_are_refused_and_nothing_is_written() {
    let office = office();
    let since = |run: &'static str, earlier: &'static str| ["report", run, "--since", earlier];
    office.refuses(&since("result", "result"), 3, &["not before", "2025-01-01"]);
    office.refuses(&since("earlier", "result"), 3, &["not before", BEFORE]);
    office.write("other/manifest.json", "{}");
    office.refuses(&since("result", "other"), 3, &["other", "no finished run"]);
}

#[test]
fn a_draw_by_the_plan_departs_from_it_by_chance_alone() {
    let office = office();
    for run in ["result", "earlier"] {
        let evaluation = evaluation(&office, run);
        let audit = &evaluation["draw_audit"];
        let groups = audit["groups"].as_array().unwrap();
        let mut by: BTreeMap<&str, f64> = BTreeMap::new();
        for group in groups {
            *by.entry(group["by"].as_str().unwrap()).or_default() += number(&group["expected"]);
            assert_ne!(group["standing"], "broken", "{group}");
        }
        let names: Vec<&str> = by.keys().copied().collect();
        assert_eq!(names, ["class", "industry", "office", "region"]);
        let sum_pi = number(&evaluation["estimates"]["sum_pi"]);
        assert!(
            by.values().all(|sum| (sum - sum_pi).abs() < 1e-6),
            "{by:?} {sum_pi}"
        );
        let classes = groups.iter().filter(|group| group["by"] == "class");
        assert!(classes.clone().all(|group| group["standing"] == "fixed"));
        assert!(
            audit["n_tested"].as_u64() > Some(5) && number(&audit["p"]) > 1e-4,
            "{audit:#}"
        );
    }
}

#[test]
fn a_survey_is_held_against_the_probabilities_of_the_plan() {
    let office = office();
    let survey = &evaluation(&office, "earlier")["survey"];
    let [low, high] = [&survey["groups"][0], &survey["groups"][1]];
    assert!(
        (number(&low["actual"]) - number(&low["drawn"])).abs() < 1e-9,
        "{low}"
    );
    assert_eq!(
        (
            low["stated"]["value"].as_f64(),
            low["stated"]["method"].as_str()
        ),
        (Some(0.22), Some("wilson"))
    );
    assert!(
        high["stated"]["value"].is_null(),
        "25 respondents give no number"
    );
    assert_eq!(
        (survey["n"].as_u64(), survey["is_enough"].as_bool()),
        (Some(255), Some(false))
    );
    let page = String::from_utf8(office.read("earlier/report.html")).unwrap();
    assert!(page.contains("id=\"chart-stated\"") && page.contains("少于 400 户"));
}

#[test]
fn a_survey_of_a_class_that_does_not_exist_is_a_problem_of_the_job() {
    let office = Office::new();
    let survey = "asked_on = \"2024-08-01\"\n[[group]]\nclass = \"Z\"\nn = 40\nstated = 1.5\n";
    let job = with(light_job(), "survey", survey.parse::<Table>().unwrap());
    let job = office.job(&job).args("check", &[]);
    let answer = office.choucha(&job[..4]);
    assert_eq!(answer.code, Some(1), "{answer:?}");
    assert!(
        answer.err.contains("survey.group.1.stated"),
        "{}",
        answer.err
    );
}
