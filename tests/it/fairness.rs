//! Fairness, drift and agreement of forecasts against Aequitas, scikit-learn, statsmodels and a known truth.

use std::collections::BTreeMap;
use std::fs;

use choucha::evaluate::{
    Attribute, ClassFacts, Confusion, DrawnUnit, Fairness, FairnessParams, FrameFacts, GroupFacts,
    OutcomeVerdict, Params, Profile, Scored, StratumFacts, auc, average_precision, by_quarter,
    calibration_line, calibration_shift, disparity, expected_calibration_error,
    expected_over_observed, fairness, kolmogorov_smirnov, log_loss, psi, psi_critical,
};
use choucha::ingest::Outcome;
use serde_json::Value;

use crate::shared::shared;
use crate::small_county::{Office, finished_run, light_job, with};

fn vectors(test: &str) -> Option<Value> {
    let path = shared(test, "vectors/evaluation.json")?;
    Some(serde_json::from_slice(&fs::read(path).unwrap()).unwrap())
}

fn floats(value: &Value) -> Vec<f64> {
    let all = value.as_array().unwrap().iter();
    all.map(|one| one.as_f64().unwrap()).collect()
}

#[track_caller]
fn close(found: f64, expected: &Value, tolerance: f64) {
    let expected = expected.as_f64().unwrap();
    assert!(
        (found - expected).abs() <= tolerance * expected.abs().max(1.0),
        "{found} {expected}"
    );
}

/// A row of the Aequitas vector: taken for risky, found, group.
fn aequitas_rows(vector: &Value, attribute: &str) -> Vec<(bool, bool, String)> {
    let at = if attribute == "size" { 2 } else { 3 };
    let rows = vector["rows_score_label_size_district"]
        .as_array()
        .unwrap()
        .iter();
    rows.map(|row| {
        (
            row[0] == 1,
            row[1] == 1,
            row[at].as_str().unwrap().to_owned(),
        )
    })
    .collect()
}

#[test]
fn rates_and_disparities_are_those_of_aequitas() {
    let Some(vectors) = vectors("rates_and_disparities_are_those_of_aequitas") else {
        return;
    };
    let vector = &vectors["fairness_aequitas"];
    for expected in vector["table"].as_array().unwrap() {
        let attribute = expected["attribute_name"].as_str().unwrap();
        let group = expected["attribute_value"].as_str().unwrap();
        let rows = aequitas_rows(vector, attribute);
        let of = |wanted: &str| {
            let mut confusion = Confusion::default();
            let inside = rows.iter().filter(|row| row.2 == wanted);
            inside.for_each(|(risky, found, _)| confusion.add(*risky, *found, 1.0));
            confusion
        };
        let (own, reference) = (of(group), of(vector["ref"][attribute].as_str().unwrap()));
        let (rates, base) = (own.rates(), reference.rates());
        let n_risky = rows.iter().filter(|row| row.0).count();
        close(own.size(), &expected["group_size"], 0.0);
        close(
            own.risky() / f64::from(u32::try_from(n_risky).unwrap()),
            &expected["ppr"],
            1e-9,
        );
        let pairs = [
            (rates.selection, base.selection, "pprev"),
            (rates.false_positive, base.false_positive, "fpr"),
            (rates.false_negative, base.false_negative, "fnr"),
            (rates.false_discovery, base.false_discovery, "fdr"),
            (rates.false_omission, base.false_omission, "for"),
        ];
        for (rate, base, name) in pairs {
            close(rate.unwrap(), &expected[name], 1e-9);
            let over = disparity(rate.unwrap(), base.unwrap());
            close(over, &expected[format!("{name}_disparity")], 1e-9);
        }
        close(rates.precision.unwrap(), &expected["precision"], 1e-9);
        close(rates.true_positive.unwrap(), &expected["tpr"], 1e-9);
        close(rates.prevalence.unwrap(), &expected["prev"], 1e-9);
    }
}

#[test]
fn a_rate_over_nothing_counts_as_ten_times() {
    for (rate, reference, expected) in [(0.1, 0.0, 10.0), (0.9, 0.01, 10.0), (0.0, 0.0, 1.0)] {
        assert!((disparity(rate, reference) - expected).abs() < 1e-12);
    }
}

#[test]
fn the_stability_index_and_its_critical_value_are_the_vectors() {
    let Some(vectors) = vectors("the_stability_index_and_its_critical_value_are_the_vectors")
    else {
        return;
    };
    let vector = &vectors["psi"];
    let found = psi(&floats(&vector["expected"]), &floats(&vector["actual"])).unwrap();
    close(found.value, &vector["psi"], 1e-9);
    close(found.value, &vector["check_sum_of_two_KL"], 1e-9);
    for (term, expected) in found.terms.iter().zip(vector["terms"].as_array().unwrap()) {
        close(*term, expected, 1e-9);
    }
    let tiers = &vector["tier_example"];
    let found = psi(
        &floats(&tiers["expected_ABCD"]),
        &floats(&tiers["actual_ABCD"]),
    )
    .unwrap();
    close(found.value, &tiers["psi"], 1e-9);
    close(
        psi_critical(6, 2000, 2000).unwrap(),
        &vector["yurdakul_95_critical"]["value"],
        1e-9,
    );
}

#[test]
fn an_empty_bin_is_large_and_not_infinite() {
    let found = psi(&[50.0, 50.0, 0.0], &[50.0, 0.0, 50.0]).unwrap();
    assert!(found.value > 0.25 && found.value.is_finite(), "{found:?}");
    assert!(psi(&[0.0, 0.0], &[1.0, 1.0]).is_none());
}

#[test]
fn agreement_of_forecasts_is_that_of_scikit_learn_and_statsmodels() {
    let Some(vectors) = vectors("agreement_of_forecasts_is_that_of_scikit_learn_and_statsmodels")
    else {
        return;
    };
    let vector = &vectors["ranking"];
    let weights = floats(&vector["ipw_weight"]);
    let rows = |is_weighted: bool| -> Vec<Scored> {
        let scores = floats(&vector["score"])
            .into_iter()
            .zip(floats(&vector["y"]));
        let rows = scores.zip(&weights).map(|((score, y), weight)| Scored {
            score,
            weight: if is_weighted { *weight } else { 1.0 },
            found: y > 0.0,
        });
        rows.collect()
    };
    let (plain, weighted) = (rows(false), rows(true));
    for (found, name) in [
        (auc(&plain), "auc"),
        (average_precision(&plain), "average_precision_sklearn"),
        (kolmogorov_smirnov(&plain), "ks"),
        (log_loss(&plain), "log_loss"),
        (log_loss(&weighted), "weighted_log_loss"),
        (expected_calibration_error(&plain, 5), "ece_5_equal_width"),
        (
            expected_calibration_error(&weighted, 5),
            "weighted_ece_5_equal_width",
        ),
        (expected_over_observed(&plain), "expected_over_observed"),
        (
            expected_over_observed(&weighted),
            "weighted_expected_over_observed",
        ),
    ] {
        close(found.unwrap(), &vector[name], 1e-9);
    }
    close(
        calibration_shift(&plain).unwrap(),
        &vector["calibration_in_the_large_offset_intercept"],
        1e-6,
    );
    let line = calibration_line(&plain).unwrap();
    close(
        line.intercept,
        &vector["calibration_intercept_slope_joint"][0],
        1e-6,
    );
    close(
        line.slope,
        &vector["calibration_intercept_slope_joint"][1],
        1e-6,
    );
}

#[test]
fn nothing_found_has_no_line_and_a_score_that_is_no_probability_no_loss() {
    let row = |score, found| Scored {
        score,
        weight: 1.0,
        found,
    };
    assert!(calibration_line(&[row(0.2, false), row(0.3, false)]).is_none());
    assert!(calibration_shift(&[row(0.2, true)]).is_none());
    assert!(calibration_line(&[row(0.2, true), row(0.2, false)]).is_none());
    assert!(log_loss(&[row(7.0, true)]).is_none() && log_loss(&[]).is_none());
}

#[test]
fn quarters_ascend_and_small_ones_show_their_count_alone() {
    let row = |found| Scored {
        score: 0.5,
        weight: 1.0,
        found,
    };
    let mut rows = Vec::new();
    for (day, n) in [("2025-05-02", 40), ("2025-02-01", 40), ("2024-12-31", 3)] {
        rows.extend((0..n).map(|at| (day.parse().unwrap(), row(at % 2 == 0))));
    }
    let found = by_quarter(&rows, 30);
    let names: Vec<&str> = found.iter().map(|one| one.quarter.as_str()).collect();
    assert_eq!(names, ["2024Q4", "2025Q1", "2025Q2"]);
    assert_eq!(
        (found[0].n, found[0].observed, found[0].agrees),
        (3, None, None)
    );
    assert_eq!(
        (found[1].observed, found[1].agrees),
        (Some(0.5), Some(true))
    );
}

// --- a world whose truth is known ----------------------------------------------------------------------------------

/// A number in 0 .. 1 that depends on its seed alone (splitmix64).
fn chance(seed: u64) -> f64 {
    let mut z = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    f64::from(u32::try_from((z ^ (z >> 31)) >> 32).unwrap()) / f64::from(u32::MAX)
}

/// One business: group 0 or 1, class, violator.
struct Business {
    group: usize,
    class: u16,
    violates: bool,
}

const N: u64 = 60_000;

/// Group 1 has as many violators as group 0, but its violators stand in the low class more often: missed risk.
fn world() -> Vec<Business> {
    let one = |n: u64| {
        let group = usize::from(n.is_multiple_of(3));
        let violates = chance(n * 7) < 0.2;
        let seen = if group == 1 { 0.2 } else { 0.5 };
        let high = chance(n * 7 + 1) < if violates { seen } else { 0.1 };
        Business {
            group,
            class: u16::from(high),
            violates,
        }
    };
    (0..N).map(one).collect()
}

/// Visits with a chance of 0.05 in the low class and of 0.5 in the high one.
fn visits(world: &[Business]) -> (Vec<DrawnUnit>, Vec<usize>) {
    let drawn = world.iter().zip(0_u64..).filter_map(|(business, n)| {
        let pi = if business.class == 1 { 0.5 } else { 0.05 };
        (chance(n * 13 + 5) < pi).then(|| {
            let outcome = Outcome {
                object_key: n,
                inspected_on: Some("2025-03-01".parse().unwrap()),
                visited: true,
                found: business.violates,
                severity: 0.0,
                result_codes: Vec::new(),
            };
            let unit = DrawnUnit {
                object_id: format!("B{n:06}"),
                object_key: n,
                stratum: u32::from(business.class),
                class: business.class,
                points: 1,
                score: f64::from(business.class),
                probability: Some(0.2),
                pi,
                take_all: false,
                outcome: Some(outcome),
            };
            (unit, business.group)
        })
    });
    drawn.unzip()
}

fn frame(world: &[Business]) -> FrameFacts {
    let count = |class: u16| world.iter().filter(|one| one.class == class).count() as u64;
    let class = |(at, code): (u16, &str)| ClassFacts {
        code: code.to_owned(),
        name: code.to_owned(),
        is_ranked: true,
        n_frame: count(at),
        n_drawn: 0,
        ratio: None,
        points: Vec::new(),
    };
    let stratum = |class: &ClassFacts| StratumFacts {
        label: class.code.clone(),
        n_frame: class.n_frame,
        n_drawn: 1,
        n_take_all: 0,
        n_levels: 1,
        d: 1.0,
    };
    let classes: Vec<ClassFacts> = (0..).zip(["A", "D"]).map(class).collect();
    FrameFacts {
        strata: classes.iter().map(stratum).collect(),
        classes,
        n_frame: N,
        n_never: 0,
        sum_pi: 1.0,
    }
}

fn looked_at(params: &FairnessParams) -> (Vec<Business>, Fairness) {
    let world = world();
    let (units, of_unit) = visits(&world);
    let group = |at: usize| {
        let mut by_class = vec![0, 0];
        let inside = world.iter().filter(|one| one.group == at);
        inside.for_each(|one| by_class[usize::from(one.class)] += 1);
        GroupFacts {
            label: ["大型", "微型"][at].to_owned(),
            by_class,
            n_repeated: 7,
        }
    };
    let size = Attribute {
        name: "size".to_owned(),
        groups: vec![group(0), group(1)],
        of_unit,
    };
    let rules: Params = toml::from_str("hit_rule = \"found\"").unwrap();
    let (params, rules) = (params.check().unwrap(), rules.check().unwrap());
    let found = fairness(&params, &rules, &frame(&world), &units, &[size]).unwrap();
    (world, found)
}

#[test]
fn weighted_rates_meet_the_truth_that_labelled_rows_alone_miss() {
    let (world, found) = looked_at(&FairnessParams::default());
    let attribute = &found.attributes[0];
    assert_eq!(
        attribute.reference.as_deref(),
        Some("大型"),
        "the largest group"
    );
    for (at, group) in attribute.groups.iter().enumerate() {
        let inside = || world.iter().filter(move |one| one.group == at);
        let violators = inside().filter(|one| one.violates).count();
        let missed = inside()
            .filter(|one| one.violates && one.class == 0)
            .count();
        let low = inside().filter(|one| one.class == 0).count();
        let truth = share(missed, violators);
        let fnr = group.rates.false_negative.unwrap();
        assert!((fnr - truth).abs() < 0.03, "{at}: {fnr} {truth}");
        let (omitted, expected) = (group.rates.false_omission.unwrap(), share(missed, low));
        assert!(
            (omitted - expected).abs() < 0.02,
            "{at}: {omitted} {expected}"
        );
        assert_eq!(
            group.missed.value, group.rates.false_omission,
            "A is all there is below D"
        );
        let prevalence = &group.prevalence;
        let rate = share(violators, inside().count());
        assert!(
            prevalence.interval().unwrap().covers(rate),
            "{at}: {prevalence:?} {rate}"
        );
    }
    let micro = &attribute.groups[1];
    assert!(micro.false_negative_disparity.unwrap() > 1.25, "{micro:?}");
    assert!(micro.missed_disparity.unwrap() > 1.25, "{micro:?}");
    assert!(micro.selection_disparity.unwrap() < 0.8, "{micro:?}");
    let raw = share_of_missed(&visits(&world).0);
    assert!(
        raw < 0.5 * micro.rates.false_negative.unwrap(),
        "unweighted {raw}"
    );
}

/// A part of a whole.
fn share(part: usize, of: usize) -> f64 {
    let float = |n: usize| f64::from(u32::try_from(n).unwrap());
    float(part) / float(of)
}

/// The rate of missed violators among labelled rows alone.
fn share_of_missed(units: &[DrawnUnit]) -> f64 {
    let hits = || {
        units
            .iter()
            .filter(|unit| unit.outcome.as_ref().unwrap().found)
    };
    share(
        hits().filter(|unit| unit.class == 0).count(),
        hits().count(),
    )
}

#[test]
fn a_group_with_fewer_findings_at_equal_class_is_named_over_inspected() {
    let (_, found) = looked_at(&FairnessParams::default());
    let tests = &found.attributes[0].outcome_tests;
    let verdict = |class: &str| {
        let of = |group: &str| {
            tests
                .iter()
                .find(|test| test.group == group && test.class == class)
        };
        [of("大型").unwrap().verdict, of("微型").unwrap().verdict]
    };
    assert_eq!(
        verdict("D"),
        [
            OutcomeVerdict::UnderInspected,
            OutcomeVerdict::OverInspected
        ]
    );
    assert_eq!(
        verdict("A"),
        [
            OutcomeVerdict::OverInspected,
            OutcomeVerdict::UnderInspected
        ]
    );
}

#[test]
fn small_cells_give_no_number() {
    let params = FairnessParams {
        minimum: Some(1_000_000),
        ..FairnessParams::default()
    };
    let (_, found) = looked_at(&params);
    let attribute = &found.attributes[0];
    assert_eq!(
        (attribute.reference.as_ref(), attribute.outcome_tests.len()),
        (None, 0)
    );
    for group in &attribute.groups {
        assert!(group.n_frame > 0 && group.n > 0, "counts stay");
        let rates = &group.rates;
        let numbers = [
            group.selection,
            group.drawn_per_100,
            group.drawn_per_100_violators,
            group.repeated,
            group.hit_rate.value,
            group.prevalence.value,
            group.missed.value,
            group.clean_rate,
            rates.false_positive,
            rates.false_negative,
            rates.false_omission,
            rates.precision,
        ];
        assert!(
            numbers.iter().all(Option::is_none) && group.calibration.is_none(),
            "{group:?}"
        );
    }
}

#[test]
fn the_job_may_name_reference_and_classes() {
    let params = FairnessParams {
        reference: BTreeMap::from([("size".to_owned(), "微型".to_owned())]),
        high: vec!["A".to_owned()],
        low: vec!["D".to_owned()],
        ..FairnessParams::default()
    };
    let (_, found) = looked_at(&params);
    assert_eq!(found.attributes[0].reference.as_deref(), Some("微型"));
    assert_eq!(
        (found.high, found.low),
        (vec!["A".to_owned()], vec!["D".to_owned()])
    );
}

// --- runs ----------------------------------------------------------------------------------------------------------

#[test]
fn a_run_keeps_its_fairness_and_its_profile_whatever_the_partitions() {
    let office = Office::new();
    office
        .job(&light_job())
        .walk("run", &["--partitions", "3"])
        .succeeds();
    for name in ["internal/profile.json", "evaluation.json", "card.html"] {
        let one = fs::read(finished_run().join(name)).unwrap();
        assert!(
            one == office.read(&format!("result/{name}")),
            "{name} depends on partitions"
        );
    }
    let evaluation: Value = serde_json::from_slice(&office.read("result/evaluation.json")).unwrap();
    let n_frame = evaluation["facts"]["n_frame"].as_u64().unwrap();
    let attributes = evaluation["fairness"]["attributes"].as_array().unwrap();
    let names: Vec<&str> = attributes
        .iter()
        .map(|one| one["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["size", "kind", "industry", "age", "region"]);
    for attribute in attributes {
        let groups = attribute["groups"].as_array().unwrap();
        let sum = |key: &str| {
            groups
                .iter()
                .map(|group| group[key].as_u64().unwrap())
                .sum::<u64>()
        };
        assert_eq!(
            sum("n_frame"),
            n_frame,
            "{}: everybody has a group",
            attribute["name"]
        );
        assert_eq!(
            sum("n_drawn"),
            evaluation["estimates"]["overall"]["n_drawn"]
                .as_u64()
                .unwrap()
        );
        assert_eq!(
            sum("hits"),
            evaluation["estimates"]["overall"]["hits"].as_u64().unwrap()
        );
    }
    let profile = Profile::from_json(&office.read("result/internal/profile.json")).unwrap();
    assert!(
        profile
            .columns
            .iter()
            .all(|column| column.spread.n() == n_frame),
        "nobody is lost"
    );
    let card = String::from_utf8(office.read("result/card.html")).unwrap();
    for said in ["模型卡", "公平性", "盲区", "签署", "行业门类"] {
        assert!(card.contains(said), "{said}");
    }
}

#[test]
fn a_job_that_names_an_unknown_class_or_a_small_cell_is_refused() {
    let office = Office::new();
    let job = with(
        with(light_job(), "fairness.minimum", 2),
        "fairness.by",
        vec!["size"],
    );
    office.job(&job);
    office.refuses(
        &office.args("check", &[]),
        1,
        &["fairness.minimum", "5 or more"],
    );
    office.job(&with(light_job(), "fairness.high", vec!["Z"]));
    office.refuses(
        &office.args("check", &[]),
        1,
        &["fairness.high", "Z", "declared class"],
    );
}
