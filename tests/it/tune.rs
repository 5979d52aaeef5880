//! Tuning: rulings held against brute force, estimators against the check vectors, the page in a real browser.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use choucha::evaluate::Evaluation;
use choucha::ledger::{Fate, Ledger};
use choucha::risk::RiskFile;
use choucha::tune::{
    Clause, Mix, Params, Part, Row, Ruling, Side, ValidParams, allocate, clauses, dial, findings,
    findings_per_day, maximise, solve, variance,
};
use choucha::units::ObjectKey;
use serde_json::{Value, json};

use crate::ceremony::{ROUND, act, at_w, drawn, drawn_on};
use crate::page::{browser, open};
use crate::shared::shared;
use crate::small_county::{Office, finished_run, full_job, light_job, with};

const HENAN: &str = "pipelines/henan-on-bayannur.toml";

fn vectors(test: &str, block: &str) -> Option<Value> {
    let path = shared(test, "vectors/evaluation.json")?;
    let all: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    Some(all[block].clone())
}

fn numbers(value: &Value) -> Vec<f64> {
    let list = value.as_array().unwrap();
    list.iter().map(|one| one.as_f64().unwrap()).collect()
}

#[track_caller]
fn near(found: f64, expected: f64, tolerance: f64) {
    let scale = expected.abs().max(1.0);
    assert!(
        (found - expected).abs() <= tolerance * scale,
        "{found} is not {expected}"
    );
}

#[track_caller]
fn all_near(found: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len());
    found
        .iter()
        .zip(expected)
        .for_each(|(&a, &b)| near(a, b, tolerance));
}

// --- the ratio solver ----------------------------------------------------------------------------------------------

fn params(written: Value) -> ValidParams {
    serde_json::from_value::<Params>(written)
        .unwrap()
        .check()
        .unwrap()
}

fn ruling(written: Value) -> (ValidParams, Mix, Ruling) {
    let params = params(written);
    let mix = Mix::stated(&params).unwrap();
    let ruling = solve(&params, &mix);
    (params, mix, ruling)
}

fn bayannur(more: &Value) -> Value {
    let mut job = json!({ "class": [
        { "code": "A", "name": "低", "n": 22_186 }, { "code": "B", "name": "一般", "n": 5_658 },
        { "code": "C", "name": "较高", "n": 1_581 }, { "code": "D", "name": "高", "n": 898 },
    ] });
    let table = job.as_object_mut().unwrap();
    table.extend(more.as_object().unwrap().clone());
    job
}

#[test]
fn henans_ratios_on_bayannurs_classes_are_refused_with_the_clause_and_the_nearest_repair() {
    let office = Office::new();
    let out = office.path("tuned");
    let args = [
        "tune",
        HENAN,
        "--format",
        "json",
        "--out",
        out.to_str().unwrap(),
    ];
    let answer = office.choucha_at_root(&args);
    assert_eq!(answer.code, Some(4), "{answer:?}");
    let said: Value = serde_json::from_str(&answer.out).unwrap();
    let keys: Vec<&String> = said.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["conflicts", "coverage", "feasible", "repair"]);
    assert_eq!(said["feasible"], json!(false));
    assert_eq!(said["coverage"], json!(0.0251));
    let clause = "coverage_floor: 部门年度随机抽查占比达到5%以上（占抽样框）";
    assert_eq!(
        said["conflicts"],
        json!([{ "clause": clause, "need": 0.05, "have": 0.0251 }])
    );
    let counts = [
        ("A", 22_186.0, 0.01),
        ("B", 5_658.0, 0.02),
        ("C", 1_581.0, 0.1),
        ("D", 898.0, 0.3),
    ];
    let repaired = counts.map(|(code, ..)| said["repair"][code].as_f64().unwrap());
    let drawn: f64 = counts
        .iter()
        .zip(repaired)
        .map(|((_, n, _), r)| (n * r).round())
        .sum();
    assert!(
        (1517.0..1525.0).contains(&drawn),
        "{repaired:?} draws {drawn}"
    );
    for ((_, _, published), ratio) in counts.iter().zip(repaired) {
        near(ratio / published, 2.0, 0.01);
    }
    let again = office.choucha_at_root(&args);
    assert_eq!((again.code, again.out), (answer.code, answer.out));
    let whole: Value = serde_json::from_slice(&fs::read(out.join("tuning.json")).unwrap()).unwrap();
    assert_eq!(whole["conflicts"], said["conflicts"]);
    let fragment: toml::Table = fs::read_to_string(out.join("plan.toml"))
        .unwrap()
        .parse()
        .unwrap();
    assert_eq!(fragment["plan"]["ratio"]["D"].as_float(), Some(repaired[3]));
    let check = office.choucha_at_root(&["check", HENAN]);
    assert!(check.out.contains("no problem found"), "{check:?}");
}

#[test]
fn published_profiles_cover_what_was_computed_from_them() {
    for (profile, coverage, feasible) in [
        ("henan-2021", 0.0251, false),
        ("bayannur-2022", 0.1057, true),
    ] {
        let (_, _, ruling) = ruling(bayannur(&json!({ "profile": profile })));
        near(ruling.coverage, coverage, 1e-9);
        assert_eq!(ruling.feasible, feasible, "{profile}");
    }
    let (_, mix, ruling) = ruling(bayannur(&json!({ "profile": "lindian-2024" })));
    assert!(ruling.feasible && ruling.coverage >= 0.05, "{ruling:?}");
    let most: Vec<f64> = ruling.ranges.iter().map(|range| range.1).collect();
    let drawn: u64 = mix.drawn(&most).iter().sum();
    assert_eq!(drawn, 1_109 + 1_132 + 949 + 898, "13.48 % at all maxima");
    let floors = json!({ "ratio_min": { "B": 0.05, "C": 0.2, "D": 0.5 }, "ratio_max": { "B": 0.05, "C": 0.2, "D": 0.5 } });
    let (_, _, ruling) = self::ruling(bayannur(&floors));
    near(ruling.ranges[0].0, 0.0211, 5e-5);
}

#[test]
fn a_profile_for_other_classes_is_refused_by_name() {
    let params = params(
        json!({ "profile": "henan-2021", "class": [{ "code": "A", "name": "低", "n": 9 }] }),
    );
    let problems = Mix::stated(&params).unwrap_err();
    assert_eq!(
        problems[0].rule,
        "this profile has 4 classes, the mix has 1"
    );
    let unknown = serde_json::from_value::<Params>(json!({ "profile": "hebei" }))
        .unwrap()
        .check();
    assert!(unknown.unwrap_err()[0].rule.contains("henan-2021"));
}

#[test]
fn too_few_inspector_days_conflict_with_the_floor_and_with_nothing_else() {
    let days = json!({ "ratio_min": { "D": 0.1 }, "days": { "available": 1000.0, "per_visit": { "*": 1.0 } } });
    let (_, _, ruling) = ruling(bayannur(&days));
    assert!(!ruling.feasible);
    let clauses: Vec<&str> = ruling
        .conflicts
        .iter()
        .map(|one| one.clause.split(':').next().unwrap())
        .collect();
    assert_eq!(clauses, ["days.available", "coverage_floor"]);
    let [days, floor] = &ruling.conflicts[..] else {
        panic!("two clauses conflict")
    };
    assert_eq!((days.need, days.have), (1000.0, 1517.0));
    assert_eq!((floor.need, floor.have), (0.05, 0.033));
    assert_eq!(
        ruling.relax.len(),
        1,
        "one clause gives way: {:?}",
        ruling.relax
    );
}

#[test]
fn bounds_of_items_and_the_yearly_cap_bind_ratios() {
    let item = json!({ "id": "12", "ratio_max": 0.1 });
    let (_, _, ruling) = ruling(bayannur(
        &json!({ "profile": "bayannur-2022", "item": [item] }),
    ));
    assert_eq!(ruling.conflicts.len(), 1);
    assert!(ruling.conflicts[0].clause.starts_with("item.12.ratio_max"));
    let (_, mix, lawful) = self::ruling(bayannur(
        &json!({ "ratio": { "A": 0.04, "B": 0.06, "C": 0.5, "D": 1.0 }, "at_cap": { "D": 98 } }),
    ));
    assert!(lawful.conflicts[0].clause.starts_with("at_cap.D"));
    assert!(mix.drawn(&lawful.ratios)[3] <= 800, "{lawful:?}");
    assert!(
        (lawful.repair["A"] - 0.04).abs() < 1e-12,
        "what need not move stays"
    );
}

/// A made-up mix and clauses, some of which cannot all be kept.
fn made_up(seed: u64) -> Value {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = |below: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % below
    };
    let mut share = |below: u64| f64::from(u32::try_from(next(below)).unwrap()) / 100.0;
    json!({
        "class": [
            { "code": "A", "name": "低", "n": 700 + seed % 300 }, { "code": "B", "name": "中", "n": 200 },
            { "code": "C", "name": "高", "n": 40 + seed % 60 },
        ],
        "rounding": "ceiling",
        "ratio_min": { "B": share(40), "C": share(60) },
        "ratio_max": { "A": share(20) + 0.01, "C": share(80) + 0.2 },
        "floor": [{ "share": share(30) }, { "share": share(50), "of": "classified" }],
        "item": [{ "id": "1", "ratio_max": share(50) + 0.01, "n": { "A": 300, "B": 100, "C": 20 } }],
        "days": { "available": share(100) * 700.0 + 5.0, "per_visit": { "A": 1.0, "*": 2.0 } },
    })
}

fn rows(clauses: &[&Clause]) -> Vec<Row> {
    let row = |clause: &&Clause| {
        let sign = if clause.side == Side::AtMost {
            1.0
        } else {
            -1.0
        };
        Row {
            a: clause.a.iter().map(|a| sign * a).collect(),
            bound: sign * clause.bound,
        }
    };
    let unit = |i: usize| Row {
        a: (0..3).map(|j| f64::from(u8::from(i == j))).collect(),
        bound: 1.0,
    };
    clauses.iter().map(row).chain((0..3).map(unit)).collect()
}

/// Whether any ratios in whole percent keep all clauses.
fn found_by_search(mix: &Mix, clauses: &[Clause]) -> bool {
    let percent = |n: u8| f64::from(n) / 100.0;
    (0..=100).any(|c| {
        (0..=c).any(|b| {
            (0..=b).any(|a| {
                let ratios = [percent(a), percent(b), percent(c)];
                clauses.iter().all(|clause| clause.holds(mix, &ratios))
            })
        })
    })
}

#[test]
fn a_conflict_is_minimal_and_no_ratios_found_by_search_contradict_it() {
    let (mut n_lawful, mut n_conflicts) = (0, 0);
    for seed in 1..60 {
        let (params, mix, ruling) = ruling(made_up(seed));
        let clauses = clauses(&params, &mix);
        if ruling.ranges.is_empty() {
            n_conflicts += 1;
            assert!(!found_by_search(&mix, &clauses), "seed {seed}: {ruling:?}");
            let named = |clause: &&Clause| {
                ruling
                    .conflicts
                    .iter()
                    .any(|one| one.clause == clause.label())
            };
            let set: Vec<&Clause> = clauses.iter().filter(named).collect();
            assert!(
                maximise(&[0.0; 3], &rows(&set)).is_none(),
                "seed {seed}: the set conflicts"
            );
            for left_out in 0..set.len() {
                let mut rest = set.clone();
                rest.remove(left_out);
                assert!(
                    maximise(&[0.0; 3], &rows(&rest)).is_some(),
                    "seed {seed}: the set is minimal"
                );
            }
            assert!(
                !ruling.relax.is_empty(),
                "seed {seed}: something must give way"
            );
        } else {
            n_lawful += 1;
            for clause in &clauses {
                assert!(
                    clause.holds(&mix, &ruling.ratios),
                    "seed {seed}: {} is kept",
                    clause.key
                );
            }
        }
    }
    assert!(
        n_lawful > 5 && n_conflicts > 5,
        "{n_lawful} and {n_conflicts}"
    );
}

// --- the check vectors ---------------------------------------------------------------------------------------------

fn parts(vector: &Value) -> Vec<Part> {
    let both = numbers(&vector["N_h"])
        .into_iter()
        .zip(numbers(&vector["p_h"]));
    both.map(|(n_units, p)| Part { n_units, p }).collect()
}

/// Rows over ratios: at least `low` and at most `high` objects of each class, 800 in all.
fn box_rows(sizes: &[f64], low: &[f64], high: &[f64]) -> Vec<Row> {
    let unit = |i: usize, sign: f64| {
        (0..4)
            .map(|j| if i == j { sign * sizes[i] } else { 0.0 })
            .collect()
    };
    let whole = |sign: f64| Row {
        a: sizes.iter().map(|n| sign * n).collect(),
        bound: sign * 800.0,
    };
    let mut rows = vec![whole(1.0), whole(-1.0)];
    rows.extend((0..4).map(|i| Row {
        a: unit(i, 1.0),
        bound: high[i],
    }));
    rows.extend((0..4).map(|i| Row {
        a: unit(i, -1.0),
        bound: -low[i],
    }));
    rows
}

#[test]
fn allocations_between_precision_and_findings_equal_the_vectors() {
    let Some(vector) = vectors("allocations", "allocation") else {
        return;
    };
    let (parts, sizes) = (parts(&vector), numbers(&vector["N_h"]));
    let (low, high) = (numbers(&vector["lower"]), numbers(&vector["upper"]));
    let boxed = box_rows(&sizes, &low, &high);
    let free = box_rows(&sizes, &[1e-6; 4], &sizes);
    let ratios = |rows: &[Row], lambda: f64| allocate(&parts, rows, lambda).unwrap();
    let n =
        |ratios: &[f64]| -> Vec<f64> { ratios.iter().zip(&sizes).map(|(r, n)| r * n).collect() };
    all_near(&n(&ratios(&free, 0.0)), &numbers(&vector["neyman"]), 1e-8);
    for (name, at) in [
        ("neyman_box", ratios(&boxed, 0.0)),
        ("hit_max", ratios(&boxed, 1.0)),
    ] {
        let expected = vector.get(name).unwrap_or(&vector["hit_max_lp"]);
        all_near(&n(&at), &numbers(expected), 1e-8);
        near(
            findings(&parts, &at),
            vector["expected_hits"][name].as_f64().unwrap(),
            1e-9,
        );
        near(
            variance(&parts, &at) * 1e5,
            vector["var"][name].as_f64().unwrap() * 1e5,
            1e-9,
        );
    }
    for point in vector["frontier_slsqp"].as_array().unwrap() {
        let at = ratios(&boxed, point["lam"].as_f64().unwrap());
        all_near(&n(&at), &numbers(&point["n"]), 1e-4);
        near(
            variance(&parts, &at).sqrt(),
            point["se"].as_f64().unwrap(),
            1e-6,
        );
    }
    let mut few = boxed;
    few[0].bound = 300.0;
    assert!(
        allocate(&parts, &few, 0.0).is_none(),
        "less than the floors"
    );
}

#[test]
fn the_price_of_an_inspector_day_is_that_of_the_vector() {
    let Some(vector) = vectors("the price of a day", "allocation") else {
        return;
    };
    let (n, p) = (numbers(&vector["N_h"]), numbers(&vector["p_h"]));
    let (low, high) = (numbers(&vector["lower"]), numbers(&vector["upper"]));
    let cost = numbers(&vector["lp_hours"]["cost_h"]);
    let codes = ["A", "B", "C", "D"];
    let by_code = |value: &dyn Fn(usize) -> f64| -> Value {
        (0..4)
            .map(|i| (codes[i].to_owned(), json!(value(i))))
            .collect()
    };
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "whole numbers of objects"
    )]
    let class = |i: usize| json!({ "code": codes[i], "name": codes[i], "n": n[i] as u64, "hit_rate": p[i] });
    let (params, mix, _) = ruling(json!({
        "class": (0..4).map(class).collect::<Vec<_>>(), "monotone": false, "floor": [{ "share": 0.0 }],
        "ratio_min": by_code(&|i| low[i] / n[i]), "ratio_max": by_code(&|i| high[i] / n[i]),
        "days": { "available": 1100.0, "per_visit": by_code(&|i| cost[i]) },
    }));
    let price = findings_per_day(&params, &mix).unwrap();
    near(
        price,
        vector["lp_hours"]["shadow_price_hits_per_hour"]
            .as_f64()
            .unwrap(),
        1e-9,
    );
}

#[test]
fn hours_and_their_shadow_price_equal_the_vectors() {
    let Some(vector) = vectors("hours", "allocation") else {
        return;
    };
    let (p, cost) = (
        numbers(&vector["p_h"]),
        numbers(&vector["lp_hours"]["cost_h"]),
    );
    let (low, high) = (numbers(&vector["lower"]), numbers(&vector["upper"]));
    let unit = |i: usize, sign: f64| (0..4).map(|j| if i == j { sign } else { 0.0 }).collect();
    let mut rows = vec![Row {
        a: cost,
        bound: 1100.0,
    }];
    rows.extend((0..4).map(|i| Row {
        a: unit(i, 1.0),
        bound: high[i],
    }));
    rows.extend((0..4).map(|i| Row {
        a: unit(i, -1.0),
        bound: -low[i],
    }));
    let best = maximise(&p, &rows).unwrap();
    all_near(&best.at, &numbers(&vector["lp_hours"]["n"]), 1e-9);
    near(
        best.value,
        vector["lp_hours"]["hits"].as_f64().unwrap(),
        1e-9,
    );
    near(
        best.prices[0],
        vector["lp_hours"]["shadow_price_hits_per_hour"]
            .as_f64()
            .unwrap(),
        1e-9,
    );
    rows.push(Row {
        a: vec![-1.0; 4],
        bound: -800.0,
    });
    let covered = maximise(&p, &rows).unwrap();
    let expected = &vector["lp_hours"]["with_coverage_ge_8pct"];
    all_near(&covered.at, &numbers(&expected["n"]), 1e-9);
    near(covered.value, expected["hits"].as_f64().unwrap(), 1e-9);
}

#[test]
fn the_dial_from_estimating_to_aiming_equals_the_vectors() {
    let Some(vector) = vectors("the dial", "inclusion_probability_solver") else {
        return;
    };
    let groups: Vec<(f64, f64)> = numbers(&vector["r"])
        .into_iter()
        .map(|r| (r, 1.0))
        .collect();
    let ends = (
        vector["floor"].as_f64().unwrap(),
        vector["cap"].as_f64().unwrap(),
    );
    for (gamma, expected) in [
        (1.0, &vector),
        (0.5, &vector["variance_optimal_pi_prop_sqrt_r"]),
    ] {
        let dialled = dial(&groups, gamma, ends, 3.0).unwrap();
        near(dialled.lambda, expected["lam"].as_f64().unwrap(), 1e-9);
        all_near(&dialled.pi, &numbers(&expected["pi"]), 1e-9);
    }
    assert!(
        dial(&groups, 1.0, ends, 0.4).is_none(),
        "the floor alone asks for more"
    );
    assert!(
        dial(&groups, 1.0, ends, 8.1).is_none(),
        "the cap allows less"
    );
}

#[test]
fn the_planned_variance_of_the_prevalence_is_that_of_the_stratified_vector() {
    let Some(vector) = vectors("prevalence", "stratified_tier_prevalence") else {
        return;
    };
    let of = |table: &str, class: &str| vector[table][class].as_f64().unwrap();
    let classes = ["A", "B", "C", "D"];
    let parts = classes.map(|class| Part {
        n_units: of("N_h", class),
        p: of("hits_h", class) / of("n_h", class),
    });
    let alone = |i: usize| {
        let n = of("n_h", classes[i]);
        let ratios: Vec<f64> = (0..4)
            .map(|j| if i == j { n / parts[i].n_units } else { 1.0 })
            .collect();
        variance(&parts, &ratios) * n / (n - 1.0)
    };
    let sum: f64 = (0..4).map(alone).sum();
    near(sum * 1e5, vector["var"].as_f64().unwrap() * 1e5, 1e-9);
}

// --- a county ------------------------------------------------------------------------------------------------------

fn tuning(office: &Office) -> Value {
    serde_json::from_slice(&office.read("result/tuning.json")).unwrap()
}

fn point<'a>(tuning: &'a Value, name: &str) -> &'a Value {
    let points = tuning["points"].as_array().unwrap();
    points
        .iter()
        .find(|point| point["name"] == name)
        .unwrap_or_else(|| panic!("no point {name}"))
}

#[test]
fn the_plan_in_force_is_valued_at_what_its_own_visits_found() {
    let office = Office::new();
    office.job(&light_job()).walk("tune", &[]).succeeds();
    let tuning = tuning(&office);
    let run =
        Evaluation::from_json(&fs::read(finished_run().join("evaluation.json")).unwrap()).unwrap();
    let estimates = run.estimates.unwrap();
    let drawn: u64 = run.facts.classes.iter().map(|class| class.n_drawn).sum();
    let tried = point(&tuning, "tried");
    assert_eq!(tried["outcome"]["visits"], json!(drawn));
    let variants = tuning["variants"].as_array().unwrap();
    let current = variants
        .iter()
        .find(|variant| variant["is_current"] == json!(true))
        .unwrap();
    let mut hits = 0.0;
    for table in current["tables"].as_array().unwrap() {
        let ratio = tried["ratios"][table["code"].as_str().unwrap()]
            .as_f64()
            .unwrap();
        let lines = table["lines"].as_array().unwrap();
        let line = lines
            .iter()
            .find(|line| line["ratio"].as_f64() == Some(ratio))
            .unwrap();
        hits += line["past"]["hits"].as_f64().unwrap();
    }
    let cells = estimates.by_class.iter().zip(&run.facts.classes);
    let expected: f64 = cells
        .map(|(cell, class)| {
            let real = |n: u64| f64::from(u32::try_from(n).unwrap());
            if cell.n_visited == 0 {
                0.0
            } else {
                real(cell.hits) * real(class.n_drawn) / real(cell.n_visited)
            }
        })
        .sum();
    near(hits, expected, 1e-9);
    assert!(tuning["n_visits"].as_u64().unwrap() <= drawn);
}

#[test]
fn tuning_does_not_depend_on_partitions_and_a_second_run_changes_nothing() {
    let office = Office::new();
    office.job(&light_job()).walk("tune", &[]).succeeds();
    let one = office.files();
    assert!(
        office
            .walk("tune", &[])
            .succeeds()
            .contains("every clause is kept")
    );
    assert!(office.files() == one, "a second run changes nothing");
    fs::remove_dir_all(office.path("result")).unwrap();
    office.walk("tune", &["--partitions", "5"]).succeeds();
    let five = office.files();
    for name in [
        "result/tuning.json",
        "result/tuning.html",
        "result/plan.toml",
    ] {
        assert!(one[name] == five[name], "{name} depends on partitions");
    }
}

#[test]
fn other_bounds_move_objects_and_keep_their_number() {
    let office = Office::new();
    let boundary = toml::toml! { name = "宽" points_from = { B = 1 } };
    let job = with(
        light_job(),
        "tune.boundary",
        toml::Value::Array(vec![boundary.into()]),
    );
    office.job(&job).walk("tune", &[]).succeeds();
    let tuning = tuning(&office);
    let variants = tuning["variants"].as_array().unwrap();
    assert_eq!(variants.len(), 2);
    let count = |variant: &Value, code: Option<&str>| -> u64 {
        let tables = variant["tables"].as_array().unwrap().iter();
        let of_code = tables.filter(|table| code.is_none_or(|code| table["code"] == code));
        of_code.map(|table| table["n"].as_u64().unwrap()).sum()
    };
    assert_eq!(count(&variants[0], None), count(&variants[1], None));
    assert_eq!(
        count(&variants[1], Some("A")),
        0,
        "every object has a point"
    );
    let moved = variants[1]["moved"].as_array().unwrap();
    assert_eq!(moved[0], json!(["A", "B", count(&variants[0], Some("A"))]));
    let changed = String::from_utf8(office.read("result/changed.csv")).unwrap();
    assert_eq!(
        changed.lines().count() as u64,
        1 + count(&variants[0], Some("A"))
    );
    assert!(changed.starts_with("boundary,object_id,from,to"));
    let crossed = toml::toml! { name = "窄" points_from = { B = 90, C = 80 } };
    office.job(&with(
        light_job(),
        "tune.boundary",
        toml::Value::Array(vec![crossed.into()]),
    ));
    office.refuses(
        &office.args("tune", &[]),
        1,
        &["tune.boundary.窄", "must not start above the next one"],
    );
    let lowest = toml::toml! { name = "低" points_from = { A = 5 } };
    office.job(&with(
        light_job(),
        "tune.boundary",
        toml::Value::Array(vec![lowest.into()]),
    ));
    office.refuses(&office.args("tune", &[]), 1, &["= A:", "above the lowest"]);
}

#[test]
fn a_learned_model_stands_beside_the_visits() {
    let office = Office::new();
    let job = with(full_job(), "risk.logistic.positives_min", 5);
    office
        .job(&with(job, "run.partitions", 1))
        .walk("tune", &[])
        .succeeds();
    let tuning = tuning(&office);
    assert_eq!(tuning["has_model"], json!(true));
    let outcome = &point(&tuning, "tried")["outcome"];
    assert_eq!(outcome["by"], "doubly_robust");
    assert!(outcome["by_model"].as_f64().unwrap() > 0.0);
    let bold = point(&tuning, "bold")["outcome"]["by_model"]
        .as_f64()
        .unwrap();
    let steady = point(&tuning, "steady")["outcome"]["by_model"]
        .as_f64()
        .unwrap();
    assert!(bold >= steady, "进攻 finds at least what 稳健 finds");
    let points = ["steady", "balanced", "bold"].map(|name| point(&tuning, name)["outcome"].clone());
    let total = point(&tuning, "tried")["outcome"]["visits"]
        .as_u64()
        .unwrap();
    for outcome in &points {
        let visits = outcome["visits"].as_u64().unwrap();
        assert!(
            (total..=total + 10).contains(&visits),
            "{visits} instead of {total}"
        );
    }
    office
        .choucha(&[
            "tune",
            "job.toml",
            "--data",
            office.data("").to_str().unwrap(),
            "--out",
            "parts",
            "--partitions",
            "4",
        ])
        .succeeds();
    assert!(
        office.read("parts/tuning.json") == office.read("result/tuning.json"),
        "sums of probabilities are exact"
    );
    let errors = points.map(|outcome| outcome["prevalence_se"].as_f64().unwrap());
    assert!(
        errors[0] <= errors[1] && errors[1] <= errors[2],
        "{errors:?}"
    );
}

#[test]
fn a_plan_without_classes_cannot_be_tuned_by_class() {
    let office = Office::new();
    let job = with(light_job(), "plan.strata", toml::Value::Array(Vec::new()));
    let job = with(job, "plan.ratio", toml::toml! { "*" = 0.05 });
    office.job(&job);
    office.refuses(
        &office.args("tune", &[]),
        1,
        &["plan.strata", "begin with risk_class"],
    );
}

/// A table of a class under the bounds in force.
fn class_table<'a>(tuning: &'a Value, code: &str) -> &'a Value {
    let variants = tuning["variants"].as_array().unwrap();
    let current = variants.iter().find(|one| one["is_current"] == json!(true));
    let tables = current.unwrap()["tables"].as_array().unwrap();
    tables.iter().find(|table| table["code"] == code).unwrap()
}

fn count(tables: &Value) -> u64 {
    let tables = tables.as_array().unwrap().iter();
    tables.map(|table| table["n"].as_u64().unwrap()).sum()
}

#[test]
fn candidates_are_held_to_the_rules_of_a_change() {
    let office = Office::new();
    office.job(&light_job()).walk("tune", &[]).succeeds();
    let tuning = tuning(&office);
    let variants = tuning["variants"].as_array().unwrap();
    assert_eq!(variants.len(), 5);
    let shares = |variant: &Value| -> Vec<f64> {
        let tables = variant["tables"].as_array().unwrap().iter();
        let n = tables.map(|table| table["n"].as_f64().unwrap());
        n.map(|n| n / tuning["n_frame"].as_f64().unwrap()).collect()
    };
    let current = variants.iter().find(|one| one["is_current"] == json!(true));
    let before = shares(current.unwrap());
    for variant in variants {
        let after = shares(variant);
        let psi: f64 = before
            .iter()
            .zip(&after)
            .map(|(e, a)| (a - e) * (a / e).ln())
            .sum();
        near(variant["psi"].as_f64().unwrap(), psi, 1e-6);
        assert_eq!(variant["is_stable"], json!(psi < 0.1));
        let moved = variant["moved_share"].as_f64().unwrap();
        assert_eq!(variant["is_small"], json!(moved < 0.15));
        let rates = variant["tables"].as_array().unwrap().iter();
        let ranked = rates.filter(|table| table["is_ranked"] == json!(true));
        let rates: Vec<f64> = ranked
            .filter_map(|table| table["hit_rate"].as_f64())
            .collect();
        let ascends = rates.windows(2).all(|pair| pair[0] < pair[1]);
        assert_eq!(variant["is_ascending"], json!(ascends));
        let held = variant["clauses"].as_array().unwrap().iter();
        let held = held.clone().all(|clause| clause["holds"] == json!(true));
        assert_eq!(variant["is_lawful"], json!(held));
        assert!(variant["outcome"]["visits"].as_u64() > Some(0));
    }
}

#[test]
fn ready_made_points_keep_every_class_above_the_floor() {
    let office = Office::new();
    let job = with(light_job(), "tune.gamma.floor", 0.02);
    office
        .job(&with(job, "tune.gamma.cap", 1.0))
        .walk("tune", &[])
        .succeeds();
    let tuning = tuning(&office);
    for name in ["steady", "balanced", "bold"] {
        let point = point(&tuning, name);
        let ratios = point["ratios"].as_object().unwrap().values();
        let least = ratios.map(|ratio| ratio.as_f64().unwrap());
        let least = least.fold(1.0, f64::min);
        assert!(least >= 0.02, "{name}: {least}");
        let lambda = point["lambda"].as_f64().unwrap();
        assert!(
            point["outcome"]["gate"] == "green" || name != "bold" || (lambda - 1.0).abs() < 1e-9,
            "{point}"
        );
    }
}

#[test]
fn classes_split_into_strata_are_counted_as_a_draw_counts_them() {
    let office = Office::new();
    let strata = vec!["risk_class", "region_code"];
    let job = with(light_job(), "plan.strata", strata);
    let job = with(job, "plan.floor_of_one", true);
    office.job(&job);
    let out = ["--out", "run"];
    let data = office.data("");
    let run = ["run", "job.toml", "--data", data.to_str().unwrap()];
    office.choucha(&[&run[..], &out].concat()).succeeds();
    let run = Evaluation::from_json(&office.read("run/evaluation.json")).unwrap();
    office.walk("tune", &[]).succeeds();
    let tuning = tuning(&office);
    assert_eq!(tuning["strata"], json!(["region_code"]));
    let tried = point(&tuning, "tried");
    for class in &run.facts.classes {
        let table = class_table(&tuning, &class.code);
        let lines = table["lines"].as_array().unwrap();
        let line = lines
            .iter()
            .find(|line| line["ratio"] == tried["ratios"][&class.code]);
        assert_eq!(
            line.unwrap()["visits"],
            json!(class.n_drawn),
            "class {}",
            class.code
        );
    }
    let hits = tried["outcome"]["findings"].as_f64().unwrap();
    assert!(hits > 0.0, "visits lie in the strata they were drawn in");
    let one = with(job.clone(), "plan.ratio.A/130433", 0.5);
    office.job(&one);
    let below = "no stratum below a class may have a share of its own";
    office.refuses(
        &office.args("tune", &[]),
        1,
        &["plan.ratio.A/130433", below],
    );
    let tiny = with(job, "plan.tiny.order", vec!["region_code"]);
    office.job(&tiny);
    office.refuses(&office.args("tune", &[]), 1, &["plan.tiny", "merged"]);
}

// --- the ledger ----------------------------------------------------------------------------------------------------

/// An office whose round has a result for every drawn object but the last; every third visit found something.
fn with_results() -> (Office, Vec<String>) {
    let office = drawn();
    let ledger = Ledger::open(&office.path("w")).unwrap();
    let ids: Vec<String> = ledger.drawn(ROUND).unwrap().into_iter().collect();
    let day = drawn_on(&office);
    let row = |(i, id): (usize, &String)| {
        let found = if i % 3 == 0 { "是" } else { "否" };
        format!("{id},{day},{found},\n")
    };
    let rows: String = ids[..ids.len() - 1].iter().enumerate().map(row).collect();
    let header = "object_id,inspected_on,found,codes\n";
    office.write("results.csv", format!("{header}{rows}"));
    let record = ["record", "--round", ROUND, "--results", "results.csv"];
    act(&office, &record);
    (office, ids)
}

fn tuned(office: &Office, out: &str) -> Value {
    let args = at_w(&["tune", "job.toml", "--out", out]);
    let answer = office.choucha(&args);
    assert!(matches!(answer.code, Some(0 | 4)), "{answer:?}");
    serde_json::from_slice(&office.read(&format!("{out}/tuning.json"))).unwrap()
}

#[test]
fn past_visits_are_those_of_the_ledgers_rounds_in_the_class_of_then() {
    let (office, ids) = with_results();
    let tuning = tuned(&office, "tuned");
    assert_eq!(tuning["doubly_robust"], json!(false));
    let past = &tuning["past"]["rounds"][0];
    assert_eq!(past["id"], ROUND);
    assert_eq!(past["n_drawn"], json!(ids.len()));
    assert_eq!(past["n_answered"], json!(ids.len() - 1));
    assert_eq!(tuning["n_visits"], json!(ids.len() - 1));
    let ledger = Ledger::open(&office.path("w")).unwrap();
    let round = ledger.visited_rounds().unwrap().remove(0);
    let risk = ledger.folder(ROUND, "seal").join("internal/risk.parquet");
    let keys: Vec<u64> = round
        .units
        .iter()
        .map(|unit| ObjectKey::of(&unit.object_id).0)
        .collect();
    let rows = RiskFile::open(&risk).unwrap().rows(&keys).unwrap();
    let class: BTreeMap<u64, String> = rows.into_iter().map(|row| (row.key, row.class)).collect();
    let mut sums: BTreeMap<&str, (f64, f64, f64)> = BTreeMap::new();
    for unit in &round.units {
        let class = class[&ObjectKey::of(&unit.object_id).0].as_str();
        let sum = sums.entry(class).or_default();
        sum.0 += unit.pi;
        if matches!(unit.fate, Fate::Found | Fate::Clean) {
            sum.1 += 1.0 / unit.pi;
            sum.2 += f64::from(u8::from(unit.fate == Fate::Found)) / unit.pi;
        }
    }
    let expected: f64 = sums.values().map(|sum| sum.0).sum();
    let real = |n: usize| f64::from(u32::try_from(n).unwrap());
    assert!(
        (expected - real(ids.len())).abs() < 4.0 * real(ids.len()).sqrt(),
        "Σπ {expected} of {} drawn",
        ids.len()
    );
    for (code, (_, weights, hits)) in sums {
        let table = class_table(&tuning, code);
        let whole = table["lines"].as_array().unwrap().last().unwrap();
        assert_eq!(whole["ratio"], json!(1.0));
        if weights > 0.0 {
            let (w, found) = (&whole["past"]["w"], &whole["past"]["hits"]);
            near(
                found.as_f64().unwrap() / w.as_f64().unwrap(),
                hits / weights,
                1e-9,
            );
        } else {
            assert_eq!(table["seen"], json!(0), "class {code}");
        }
    }
    let outcome = &point(&tuning, "tried")["outcome"];
    assert!(outcome["by"] == "weighted_visits" || outcome["gate"] == "refused");
    let html = String::from_utf8(office.read("tuned/tuning.html")).unwrap();
    assert!(html.contains(&format!("以往检查取自台账的抽查批次：{ROUND}")));
}

#[test]
fn whoever_has_had_the_visits_of_the_year_is_in_no_count_but_the_registers() {
    let (office, ids) = with_results();
    let before = tuned(&office, "before");
    assert_eq!(before["at_cap"], json!({}));
    let ledger = Ledger::open(&office.path("w")).unwrap();
    let units = ledger.visited_rounds().unwrap().remove(0).units;
    let other = units.iter().find(|unit| !ids.contains(&unit.object_id));
    let other = &other.unwrap().object_id;
    let visits = format!(
        "object_id,inspected_on,department\n{other},2025-01-02,消防\n{other},2025-01-03,税务\n"
    );
    office.write("visits.csv", visits);
    act(&office, &["record", "--external", "visits.csv"]);
    let after = tuned(&office, "before");
    let n = |tuning: &Value| tuning["n_frame"].as_u64().unwrap();
    assert_eq!(n(&before), n(&after) + 1, "a longer ledger is tuned anew");
    assert_eq!(before["n_register"], after["n_register"]);
    let capped: Vec<u64> = after["at_cap"]
        .as_object()
        .unwrap()
        .values()
        .map(|n| n.as_u64().unwrap())
        .collect();
    assert_eq!(capped, [1]);
    let excluded = String::from_utf8(office.read("before/excluded.csv")).unwrap();
    assert!(excluded.contains(other) && excluded.contains("年度检查次数已达上限"));
    let current = after["variants"].as_array().unwrap().iter();
    let current = current.clone().find(|one| one["is_current"] == json!(true));
    assert_eq!(count(&current.unwrap()["tables"]), n(&after));
}

#[test]
fn a_ledger_without_the_classes_of_its_seals_is_refused_by_name() {
    let (office, _) = with_results();
    let risk = format!("w/rounds/{ROUND}/seal/internal/risk.parquet");
    fs::remove_file(office.path(&risk)).unwrap();
    let args = at_w(&["tune", "job.toml", "--out", "tuned"]);
    let answer = office.choucha(&args);
    assert_eq!(answer.code, Some(3), "{answer:?}");
    assert!(
        answer.err.contains("the classes the round was sealed with"),
        "{answer:?}"
    );
    assert!(!office.path("tuned").exists());
}

// --- the page ------------------------------------------------------------------------------------------------------

/// The page after each of `moves` was made on a fresh state of it: what stands in its elements by id, as the browser shows it,
/// and under `id#` the number behind it.
pub(crate) fn operated(
    browser: &Path,
    place: &Path,
    html: &str,
    moves: &[String],
) -> Vec<BTreeMap<String, String>> {
    let script = format!(
        "<script>const move=(id,value)=>{{const s=document.getElementById('slider-'+id);s.value=value==='max'?s.max:value;\
         s.dispatchEvent(new Event('input'))}};const press=name=>document.getElementById('point-'+name).click();\
         const look=()=>{{const shown={{}};document.querySelectorAll('[id]').forEach(e=>{{if(e.tagName!=='SCRIPT'&&e.tagName!=='SECTION')\
         shown[e.id]=e.tagName==='TEXTAREA'?e.value:e.textContent;if(e.tagName==='LI')\
         shown[e.id]+=' | '+e.className+' | '+getComputedStyle(e).color;\
         if(e.dataset&&e.dataset.value!==undefined)shown[e.id+'#']=e.dataset.value}});return shown}};\
         const found=[];{}document.title='done';document.body.innerHTML='';const p=document.createElement('pre');p.id='out';\
         p.textContent=encodeURIComponent(JSON.stringify(found));document.body.append(p)</script></body>",
        moves.join(";found.push(look());") + ";found.push(look());"
    );
    let page = place.join("operated.html");
    fs::write(&page, html.replace("</body>", &script)).unwrap();
    let dom = open(
        browser,
        &place.join("browser"),
        &["--dump-dom", "--virtual-time-budget=4000"],
        &page,
    );
    let encoded = dom
        .split("<pre id=\"out\">")
        .nth(1)
        .and_then(|rest| rest.split('<').next());
    let encoded = encoded.unwrap_or_else(|| panic!("the page did not work: {dom}"));
    serde_json::from_str(&decoded(encoded)).unwrap()
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut parts = text.split('%');
    bytes.extend(parts.next().unwrap().bytes());
    for part in parts {
        bytes.push(u8::from_str_radix(&part[..2], 16).unwrap());
        bytes.extend(part[2..].bytes());
    }
    String::from_utf8(bytes).unwrap()
}

#[test]
fn moving_a_slider_moves_findings_and_coverage_and_breaks_the_floor_in_red() {
    let Some(browser) = browser("moving_a_slider") else {
        return;
    };
    let office = Office::new();
    office.job(&light_job()).walk("tune", &[]).succeeds();
    let html = String::from_utf8(office.read("result/tuning.html")).unwrap();
    let place = tempfile::tempdir().unwrap();
    let shown = |moves: &str| {
        let moves = [moves.to_owned()];
        operated(&browser, place.path(), &html, &moves).remove(0)
    };
    let before = shown("");
    let tuning = tuning(&office);
    let tried = &point(&tuning, "tried")["outcome"];
    assert_eq!(before["visits"], tried["visits"].to_string());
    assert!(
        before["clause-coverage_floor"].contains("| kept |"),
        "{before:?}"
    );
    let more = shown("move('D','max')");
    assert_ne!(before["findings"], more["findings"]);
    assert_ne!(before["coverage"], more["coverage"]);
    assert!(
        more["fragment"].contains("\"D\" = 1.0"),
        "{}",
        more["fragment"]
    );
    let few = shown("['A','B','C','D','U'].forEach(code=>move(code,1))");
    let clause = &few["clause-coverage_floor"];
    assert!(
        clause.contains("部门年度随机抽查占比达到5%以上"),
        "{clause}"
    );
    assert!(clause.contains("| broken | rgb(179, 38, 30)"), "{clause}");
    let lower = shown("['A','B','C','D','U'].forEach(code=>move(code,1));move('floor',1)");
    assert!(
        lower["clause-coverage_floor"].contains("| kept |"),
        "{lower:?}"
    );
    let dialled = shown("move('gamma','max')");
    assert_ne!(before["findings"], dialled["findings"]);
    let wider = shown("move('bounds','max')");
    assert!(wider["moved"].contains('→'), "{}", wider["moved"]);
    for mark in ["http://", "https://", "src=", "@import", "url("] {
        let html = html.replace("http://www.w3.org/", "");
        assert!(!html.contains(mark), "the page holds {mark}");
    }
}

/// What a page must show where variant `variant` stands and the classes stand at `lines`, from `tuning.json` alone.
struct Expected {
    visits: f64,
    coverage: f64,
    se: f64,
    findings: Option<f64>,
    interval: Option<(f64, f64)>,
}

fn expected(tuning: &Value, variant: usize, at: &[usize]) -> Expected {
    let tables = tuning["variants"][variant]["tables"].as_array().unwrap();
    let lines: Vec<&Value> = tables
        .iter()
        .zip(at)
        .map(|(table, &line)| &table["lines"][line])
        .collect();
    let sum = |key: &str| -> f64 { lines.iter().map(|line| line[key].as_f64().unwrap()).sum() };
    let past = |key: &str| -> f64 {
        let all = lines.iter().map(|line| line["past"][key].as_f64().unwrap());
        all.sum()
    };
    let heaviest = lines
        .iter()
        .map(|line| line["past"]["w_max"].as_f64().unwrap());
    let heaviest = heaviest.fold(0.0, f64::max);
    let n: f64 = tables
        .iter()
        .map(|table| table["n"].as_f64().unwrap())
        .sum();
    let visits = sum("visits");
    let rate = past("hits") / past("w");
    let robust = tuning["doubly_robust"] == json!(true);
    let (findings, se) = if robust {
        (sum("model") + past("residual"), past("v_residual").sqrt())
    } else {
        let spread = past("v_hits") * (1.0 - 2.0 * rate) + rate * rate * past("v");
        (rate * visits, spread.max(0.0).sqrt() / past("w") * visits)
    };
    let is_unseen = tables
        .iter()
        .any(|one| one["n"] != json!(0) && one["seen"] == json!(0));
    let is_green = past("hits").powi(2) / past("hits2") >= 30.0
        && past("w").powi(2) / past("w2") >= 0.2 * past("n")
        && heaviest <= 20.0;
    Expected {
        visits,
        coverage: visits / n,
        se: sum("variance").sqrt() / n,
        findings: (!is_unseen).then_some(findings),
        interval: (!is_unseen && is_green).then_some((
            (findings - 1.959_963_984_540_054 * se).max(0.0),
            (findings + 1.959_963_984_540_054 * se).min(visits),
        )),
    }
}

#[track_caller]
fn shows(shown: &BTreeMap<String, String>, expected: &Expected) {
    let number = |id: &str| shown[id].parse::<f64>().ok();
    near(number("visits#").unwrap(), expected.visits, 1e-12);
    near(number("coverage#").unwrap(), expected.coverage, 1e-12);
    near(number("se#").unwrap(), expected.se, 1e-9);
    match (number("findings#"), expected.findings) {
        (Some(found), Some(expected)) => near(found, expected, 1e-9),
        (found, expected) => assert_eq!(found, expected),
    }
    let ends: Vec<f64> = shown["interval#"]
        .split_whitespace()
        .map(|end| end.parse().unwrap())
        .collect();
    match expected.interval {
        Some((low, high)) => all_near(&ends, &[low, high], 1e-9),
        None => assert!(ends.is_empty(), "no claim is made"),
    }
}

#[test]
fn the_page_shows_what_the_tables_say_wherever_the_sliders_stand() {
    let Some(browser) = browser("the_page_shows") else {
        return;
    };
    let office = Office::new();
    let job = with(full_job(), "risk.logistic.positives_min", 5);
    for job in [with(job, "run.partitions", 1), light_job()] {
        office.job(&job).walk("tune", &[]).succeeds();
        let html = String::from_utf8(office.read("result/tuning.html")).unwrap();
        let tuning = tuning(&office);
        let codes = ["A", "B", "C", "D", "U"];
        let mut moves = Vec::new();
        let mut wanted = Vec::new();
        for variant in 0..tuning["variants"].as_array().unwrap().len() {
            for step in [1, 7, 13, 28] {
                let at: Vec<usize> = (0..5).map(|class| (step + 2 * class) % 32).collect();
                let slid = codes.iter().zip(&at);
                let slid: Vec<String> = slid
                    .map(|(code, line)| format!("move('{code}',{line})"))
                    .collect();
                moves.push(format!("move('bounds',{variant});{}", slid.join(";")));
                wanted.push(expected(&tuning, variant, &at));
            }
        }
        let place = tempfile::tempdir().unwrap();
        let found = operated(&browser, place.path(), &html, &moves);
        assert_eq!(found.len(), wanted.len());
        for (shown, expected) in found.iter().zip(&wanted) {
            shows(shown, expected);
        }
        buttons_and_dial(&browser, place.path(), &html, &tuning);
        fs::remove_dir_all(office.path("result")).unwrap();
    }
}

/// Buttons and dial bring what is computed for them.
fn buttons_and_dial(browser: &Path, place: &Path, html: &str, tuning: &Value) {
    let variants = tuning["variants"].as_array().unwrap();
    let home = variants
        .iter()
        .position(|one| one["is_current"] == json!(true));
    let home = home.unwrap();
    let back = format!("move('bounds',{home})");
    let names = ["tried", "steady", "balanced", "bold"];
    let press: Vec<String> = names
        .iter()
        .map(|name| format!("{back};press('{name}')"))
        .collect();
    let found = operated(browser, place, html, &press);
    for (name, shown) in names.iter().zip(&found) {
        let outcome = &point(tuning, name)["outcome"];
        near(
            shown["visits#"].parse().unwrap(),
            outcome["visits"].as_f64().unwrap(),
            1e-12,
        );
        let findings = shown["findings#"].parse::<f64>().ok();
        match (findings, outcome["findings"].as_f64()) {
            (Some(found), Some(said)) => near(found, said, 1e-9),
            (found, said) => assert_eq!(found, said, "{name}"),
        }
        for clause in tuning["variants"][home]["clauses"].as_array().unwrap() {
            let key = format!("clause-{}", clause["key"].as_str().unwrap());
            let kept = point(tuning, name)["is_lawful"] == json!(true);
            assert!(
                shown[&key].contains("| kept |") || !kept,
                "{name}: {}",
                shown[&key]
            );
        }
    }
    let dial = tuning["dial"].as_array().unwrap();
    let turns: Vec<String> = (0..dial.len())
        .map(|i| format!("{back};move('gamma',{i})"))
        .collect();
    let found = operated(browser, place, html, &turns);
    for (dialled, shown) in dial.iter().zip(&found) {
        let visits = dialled["outcome"]["visits"].as_f64().unwrap();
        near(shown["visits#"].parse().unwrap(), visits, 1e-12);
        assert_eq!(
            shown["value-gamma"],
            dialled["gamma"].as_f64().unwrap().to_string()
        );
    }
}
