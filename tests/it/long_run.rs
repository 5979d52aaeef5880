//! The long run of tuned ratios: closed forms, fines scaled to the violations of today, what is said and what is refused.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use choucha::report::{PolicyMode, WarningKind};
use choucha::simulate::{Beliefs, PolicyWorld};
use choucha::tune::{Head, Params, Played, Tuning, Verdict, tune_mix};
use choucha::units::{Meter, Problem};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::page::browser;
use crate::small_county::{Office, pipeline};
use crate::tune::operated;

/// A world of two classes, small enough to be played in a test.
fn world(modes: &str, more: &str) -> String {
    format!(
        "version = 1\nname = \"两类\"\ntitle = \"两类企业\"\nseed = \"long run\"\nreplicates = 3\nperiods = 40\nfrom = 20\n\
         periods_per_year = 2\nmodes = {modes}\nbudget = 0.05\ndetection = 0.9\nnoise = 2.0\n\
         [firms]\ncount = 400\ncells = 8\ncost = {{ log_normal = {{ median = 10.0, sigma = 1.0 }} }}\n\
         [[tier]]\ncode = \"A\"\nstart = 0.9\nfine = 500.0\n[[tier]]\ncode = \"B\"\nstart = 0.1\nfine = 500.0\n\
         [transition]\nfound = [[0.0, 1.0], [0.0, 1.0]]\nclean = [[1.0, 0.0], [0.5, 0.5]]\n\
         [[policy]]\nname = \"p\"\nmultiplier = [1.0, 1.0]\n{more}"
    )
}

const BOTH: &str = "[\"myopic\", \"forward\"]";
const MINDS: &str = "[learning]\ndecay = 0.9\npeer_weight = 0.02\n[foresight]\ndiscount = 0.9\n";

/// Classes of a county and a world beside them, in a folder of their own.
struct County {
    folder: TempDir,
}

impl County {
    fn with(world: &str) -> Self {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("world.toml"), world).unwrap();
        Self { folder }
    }

    /// `[tune]` of two classes, with further keys of it and of its long run.
    fn section(&self, more: &Value, long_run: &Value) -> Value {
        let mut section = json!({ "class": [
            { "code": "A", "name": "低", "n": 900, "hit_rate": 0.05 },
            { "code": "B", "name": "高", "n": 100, "hit_rate": 0.3 },
        ], "long_run": { "world": self.folder.path().join("world.toml") } });
        let add = |to: &mut Value, more: &Value| {
            to.as_object_mut()
                .unwrap()
                .extend(more.as_object().unwrap().clone());
        };
        add(&mut section["long_run"], long_run);
        add(&mut section, more);
        section
    }

    fn tuned(&self, more: &Value, long_run: &Value) -> Tuning {
        let params: Params = serde_json::from_value(self.section(more, long_run)).unwrap();
        let params = params.check().unwrap_or_else(|found| panic!("{found:?}"));
        let tuning = tune_mix(head(), &params).unwrap();
        tuning.played(&params, &Meter::silent()).unwrap()
    }

    fn problems(&self, long_run: &Value) -> Vec<Problem> {
        let section = self.section(&json!({}), long_run);
        let params: Params = serde_json::from_value(section).unwrap();
        params.check().unwrap_err()
    }
}

fn head() -> Head {
    Head {
        job: "county".to_owned(),
        title: "县".to_owned(),
        as_of: "2025-01-01".to_owned(),
        synthetic: true,
    }
}

fn played<'a>(tuning: &'a Tuning, name: &str) -> &'a Played {
    let point = tuning.points.iter().find(|point| point.name == name);
    point.unwrap().long_run.as_ref().unwrap()
}

fn tried(a: f64, b: f64) -> Value {
    json!({ "ratio": { "A": a, "B": b } })
}

#[test]
fn ratios_that_stay_lead_where_harringtons_closed_form_says() {
    // row 1 of harrington_two_group: fine 60 below a cost of 100, and yet .08475 keep the rules
    let text = world("[\"forward\"]", "[foresight]\ndiscount = 0.97\n")
        .replace("periods_per_year = 2", "periods_per_year = 1")
        .replace("periods = 40\nfrom = 20", "periods = 60\nfrom = 30")
        .replace("count = 400", "count = 4000")
        .replace("noise = 2.0", "noise = 0.0")
        .replace("detection = 0.9", "detection = 1.0")
        .replace(
            "log_normal = { median = 10.0, sigma = 1.0 }",
            "fixed = { value = 100.0 }",
        )
        .replace("start = 0.9\nfine = 500.0", "start = 0.9\nfine = 0.0")
        .replace("start = 0.1\nfine = 500.0", "start = 0.1\nfine = 60.0")
        .replace("[0.5, 0.5]", "[0.9, 0.1]");
    let county = County::with(&text);
    let classes = json!([
        { "code": "A", "name": "低", "n": 915 }, { "code": "B", "name": "高", "n": 85 },
    ]);
    let more = json!({ "class": classes, "ratio": { "A": 0.05, "B": 0.6 } });
    let tuning = county.tuned(&more, &json!({ "hold": "ratios" }));
    let own = played(&tuning, "tried");
    assert_eq!(own.verdict, Verdict::Base);
    let (low, high) = own.violation;
    assert!(
        (f64::midpoint(low, high) - (1.0 - 0.084_746)).abs() < 0.005,
        "{own:?}"
    );
    let (low, high) = own.hit_rate.unwrap();
    assert!(
        (f64::midpoint(low, high) - 0.473_68).abs() < 0.03,
        "{own:?}"
    );
    assert!(tuning.long_run.unwrap().prevalence.is_none());
}

#[test]
fn fines_are_scaled_to_the_violations_of_today_and_more_visits_mean_fewer_violations() {
    let county = County::with(&world(BOTH, MINDS));
    let mut more = tried(0.05, 0.1);
    more["visits"] = json!(165);
    let wide = json!({ "decay": [0.8, 0.95], "discount": [0.8, 0.95] });
    let tuning = county.tuned(&more, &wide);
    let run = tuning.long_run.as_ref().unwrap();
    let today = (0.9 * 0.05 + 0.1 * 0.3) / 0.9;
    assert!((run.prevalence.unwrap() - today).abs() < 1e-12);
    assert_eq!((run.behaviours.len(), run.base.as_str()), (4, "tried"));
    let base = played(&tuning, "tried");
    for (way, once) in run.behaviours.iter().zip(&base.behaviours) {
        assert!(way.is_anchored, "{way:?}");
        assert!(
            (once.violation.0 - today).abs() <= 0.011 * today,
            "{once:?}"
        );
        assert_eq!(once.change, (0.0, 0.0));
    }
    for name in ["steady", "balanced"] {
        let own = played(&tuning, name);
        assert_eq!(own.verdict, Verdict::Fewer, "{name}: {own:?}");
        assert!(own.change.1 < 0.0 && own.violation.0 <= own.violation.1);
    }
    assert!(tuning.dial.iter().all(|dial| dial.long_run.is_some()));
}

#[test]
fn an_exempt_class_blinds_the_estimate_and_that_is_said() {
    let county = |back: &str| County::with(&world(BOTH, MINDS).replace("[0.5, 0.5]", back));
    let tuning = county("[0.5, 0.5]").tuned(&tried(0.0, 1.0), &json!({}));
    let gone = played(&tuning, "tried");
    assert_eq!(
        gone.reading, None,
        "all end in the exempt class, nobody is visited any more"
    );
    assert!(gone.warnings.contains(&WarningKind::Blind), "{gone:?}");
    let county = county("[0.0, 1.0]");
    let tuning = county.tuned(&tried(0.0, 1.0), &json!({}));
    let own = played(&tuning, "tried");
    assert!(own.warnings.contains(&WarningKind::Blind), "{own:?}");
    assert!(
        own.blind > 0.3 && own.reading.unwrap().1 < own.violation.0,
        "{own:?}"
    );
    let tuning = county.tuned(&tried(0.05, 0.1), &json!({}));
    assert!(played(&tuning, "tried").reading.is_none());
}

#[test]
fn the_long_run_does_not_depend_on_threads_and_a_job_without_a_world_has_none() {
    let county = County::with(&world(BOTH, MINDS));
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        let pool = pool.build().unwrap();
        pool.install(|| county.tuned(&tried(0.05, 0.1), &json!({})).to_json())
    };
    assert!(on(1) == on(4));
    let mut section = county.section(&json!({}), &json!({}));
    section.as_object_mut().unwrap().remove("long_run");
    let params: Params = serde_json::from_value(section).unwrap();
    let params = params.check().unwrap();
    let plain = tune_mix(head(), &params).unwrap();
    let played = plain.clone().played(&params, &Meter::silent()).unwrap();
    assert_eq!(plain, played);
    let text = String::from_utf8(plain.to_json()).unwrap();
    let page = choucha::tune::page(&plain, choucha::report::Lang::En).unwrap();
    assert!(!page.contains("id=\"long\"") && !page.contains("id=\"long-points\""));
    assert!(!text.contains("long_run") && !plain.fragment().contains("长期"));
}

#[test]
fn a_world_that_does_not_fit_is_refused_with_key_value_and_rule() {
    let county = County::with(&world(BOTH, MINDS));
    let refused = |long_run: Value, key: &str, rule: &str| {
        let found = county.problems(&long_run);
        let has = |one: &Problem| one.key == key && one.rule.contains(rule);
        assert!(found.iter().any(has), "{found:?}");
    };
    refused(
        json!({ "world": "nowhere.toml" }),
        "long_run.world",
        "must be a world file",
    );
    refused(
        json!({ "decay": [1.0] }),
        "long_run.learning.decay",
        "0 <= d < 1",
    );
    refused(
        json!({ "peer_weight": [-1.0] }),
        "long_run.learning.peer_weight",
        "not negative",
    );
    refused(
        json!({ "discount": [2.0] }),
        "long_run.foresight.discount",
        "0 <= d < 1",
    );
    refused(
        json!({ "prevalence": 1.0 }),
        "long_run.prevalence",
        "between 0 and 1",
    );
    let many: Vec<f64> = (0..40).map(|i| f64::from(i) / 50.0).collect();
    refused(json!({ "decay": many }), "long_run.world", "1 to 32 ways");
    let single = world(BOTH, MINDS).replace("replicates = 3", "replicates = 1");
    let found = County::with(&single).problems(&json!({}));
    assert!(found[0].rule.contains("2 replicates or more"), "{found:?}");
    let ahead = County::with(&world("[\"forward\"]", MINDS));
    let found = ahead.problems(&json!({ "decay": [0.9] }));
    assert!(found[0].rule.contains("has no effect"), "{found:?}");
    let given = County::with(&world("[\"given\"]", "[given]\nviolation = [0.1, 0.3]\n"));
    assert!(given.problems(&json!({}))[0].rule.contains("1 to 32 ways"));
}

#[test]
fn the_shipped_firms_have_the_countys_classes_and_ways_of_behaving() {
    let section = pipeline("guantao")["tune"].clone();
    let params: Params = section.try_into().unwrap();
    let long_run = params.long_run.as_ref().unwrap();
    let world = PolicyWorld::read(&long_run.world).unwrap();
    let codes: Vec<&str> = world.codes().collect();
    assert_eq!(codes, ["A", "B", "C", "D"]);
    let beliefs = Beliefs {
        decay: long_run.decay.clone(),
        peer_weight: long_run.peer_weight.clone(),
        discount: long_run.discount.clone(),
    };
    let modes: BTreeSet<PolicyMode> = world
        .behaviours(&beliefs)
        .iter()
        .map(|one| one.mode)
        .collect();
    assert_eq!(modes.len(), 2, "they learn and they look ahead");
    params.check().unwrap();
}

fn job(world: &Path, codes: [&str; 2]) -> toml::Table {
    let [a, b] = codes;
    let text = format!(
        "version = 1\nname = \"county\"\ntitle = \"县\"\nas_of = \"2025-01-01\"\n[tune]\nratio = {{ {a:?} = 0.05, {b:?} = 0.2 }}\n\
         [tune.long_run]\nworld = {:?}\n[[tune.class]]\ncode = {a:?}\nname = \"低\"\nn = 900\nhit_rate = 0.05\n\
         [[tune.class]]\ncode = {b:?}\nname = \"高\"\nn = 100\nhit_rate = 0.3\n",
        world.display().to_string()
    );
    text.parse().unwrap()
}

#[test]
fn the_program_writes_the_long_run_into_numbers_page_and_fragment_and_a_changed_world_is_played_again()
 {
    let office = Office::new();
    office.write("world.toml", world(BOTH, MINDS));
    office.job(&job(Path::new("world.toml"), ["A", "B"]));
    let tune = ["tune", "job.toml", "--out", "result"];
    office.choucha(&tune).succeeds();
    let numbers: Value = serde_json::from_slice(&office.read("result/tuning.json")).unwrap();
    let world_digest = numbers["long_run"]["digest"].clone();
    assert!(numbers["points"][0]["long_run"]["verdict"] == json!("base"));
    let fragment = String::from_utf8(office.read("result/plan.toml")).unwrap();
    assert!(fragment.contains("# 长期推演") && fragment.contains("the plan in force"));
    assert!(fragment.parse::<toml::Table>().unwrap()["plan"]["ratio"]["B"].as_float() == Some(0.2));
    let page = String::from_utf8(office.read("result/tuning.html")).unwrap();
    assert!(page.contains("不是预测") && page.contains("2 种行为假定"));
    let first = office.files();
    office.choucha(&tune).succeeds();
    assert!(office.files() == first, "a second run changes nothing");
    office.write("world.toml", world(BOTH, MINDS).replace("0.02", "0.04"));
    office.choucha(&tune).succeeds();
    let again: Value = serde_json::from_slice(&office.read("result/tuning.json")).unwrap();
    assert_ne!(again["long_run"]["digest"], world_digest);
    office.job(&job(Path::new("world.toml"), ["低", "高"]));
    let said = "the world must have the classes of the job in the order of risk: 低, 高";
    office.refuses(&tune, 1, &["tune.long_run.world = A, B", said]);
}

#[test]
fn the_page_shows_the_long_run_of_ready_made_points_and_of_nothing_else() {
    let Some(browser) = browser("the_page_shows_the_long_run") else {
        return;
    };
    let county = County::with(&world(BOTH, MINDS));
    let tuning = county.tuned(&tried(0.05, 0.2), &json!({}));
    let place = TempDir::new().unwrap();
    let blind = county.tuned(&tried(0.0, 1.0), &json!({}));
    let html = choucha::tune::page(&blind, choucha::report::Lang::Zh).unwrap();
    let shown = operated(&browser, place.path(), &html, &[String::new()]).remove(0);
    assert!(shown["long-points"].contains("估计失明"), "{shown:?}");
    for lang in [choucha::report::Lang::Zh, choucha::report::Lang::En] {
        let html = choucha::tune::page(&tuning, lang).unwrap();
        let names = ["tried", "steady", "balanced", "bold"];
        let moves = names.map(|name| format!("press('{name}')"));
        let shown = operated(&browser, place.path(), &html, &moves);
        for (name, shown) in names.iter().zip(&shown) {
            let own = played(&tuning, name);
            let (low, high) = own.violation;
            assert_eq!(shown["long#"], format!("{low} {high}"), "{name}");
            assert!(shown["fragment"].starts_with("# "), "{}", shown["fragment"]);
        }
        let aside = ["move('A',20)".to_owned()];
        let aside = operated(&browser, place.path(), &html, &aside).remove(0);
        assert_eq!(aside["long#"], "", "no candidate, no number");
        assert!(aside["fragment"].starts_with("[plan.ratio]"));
        assert!(!aside["long-ways"].is_empty());
    }
}
