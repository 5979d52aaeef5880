//! Evaluation against a second implementation, by enumeration, and on the stored Chicago score.

use std::collections::BTreeMap;
use std::path::Path;

use choucha::evaluate::{
    self, Backtest, DrawnUnit, FrameFacts, Method, Params, Respondent, Scored, StratumFacts, Trust,
    VarianceForm,
};
use choucha::ingest::{Outcome, Visit};
use choucha::units::Day;
use polars::prelude::{DataFrame, DataType, IntoLazy, LazyFrame, PlRefPath, ScanArgsParquet, col};
use proptest::prelude::{ProptestConfig, prop, prop_assert, proptest};
use serde_json::Value;

use crate::shared::shared;

pub(crate) fn block(test: &str, file: &str, name: &str) -> Option<Value> {
    let path = shared(test, &format!("vectors/{file}"))?;
    let all: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    Some(all[name].clone())
}

pub(crate) fn floats(value: &Value) -> Vec<f64> {
    value
        .as_array()
        .unwrap()
        .iter()
        .map(|v| v.as_f64().unwrap())
        .collect()
}

pub(crate) fn places(value: &Value) -> Vec<usize> {
    value
        .as_array()
        .unwrap()
        .iter()
        .map(|v| usize::try_from(v.as_u64().unwrap()).unwrap())
        .collect()
}

#[track_caller]
pub(crate) fn close(found: f64, expected: &Value, relative: f64) {
    let expected = expected.as_f64().unwrap();
    assert!(
        (found - expected).abs() <= relative * expected.abs().max(1e-300) + 1e-15,
        "{found} is not {expected}"
    );
}

pub(crate) fn respondents(y: &[f64], pi: &[f64], places: &[usize]) -> Vec<Respondent> {
    places
        .iter()
        .map(|&i| Respondent {
            y: y[i],
            in_domain: 1.0,
            pi: pi[i],
            stratum: 0,
        })
        .collect()
}

pub(crate) fn params(hit_rule: &str) -> Params {
    serde_json::from_value(serde_json::json!({ "hit_rule": hit_rule })).unwrap()
}

#[test]
fn intervals_of_proportions_agree_with_the_second_implementation() {
    let Some(block) = block("proportion_ci_95", "evaluation.json", "proportion_ci_95") else {
        return;
    };
    for case in block["cases"].as_array().unwrap() {
        let (hits, n) = (case["hits"].as_f64().unwrap(), case["n"].as_f64().unwrap());
        let (wilson, exact) = (
            evaluate::wilson(hits, n),
            evaluate::clopper_pearson(hits, n),
        );
        close(wilson.low, &case["wilson"][0], 1e-9);
        close(wilson.high, &case["wilson"][1], 1e-9);
        close(exact.low, &case["clopper_pearson"][0], 1e-9);
        close(exact.high, &case["clopper_pearson"][1], 1e-9);
    }
}

#[test]
fn differences_of_proportions_agree_with_the_second_implementation() {
    let Some(block) = block("two_proportions", "evaluation.json", "two_proportions") else {
        return;
    };
    for case in block["cases"].as_array().unwrap() {
        let get = |key: &str| case[key].as_f64().unwrap();
        let interval = evaluate::newcombe((get("k1"), get("n1")), (get("k2"), get("n2")));
        close(interval.low, &case["newcombe_diff"][0], 1e-9);
        close(interval.high, &case["newcombe_diff"][1], 1e-9);
    }
}

#[test]
fn poisson_estimators_agree_and_are_unbiased_over_all_samples() {
    let Some(block) = block("ht_hajek_poisson", "evaluation.json", "ht_hajek_poisson") else {
        return;
    };
    let (pi, y) = (floats(&block["pi"]), floats(&block["y_population"]));
    let sample = respondents(&y, &pi, &places(&block["sample_index_0based"]));
    close(
        evaluate::horvitz_thompson(&sample),
        &block["ht_total"],
        1e-9,
    );
    close(
        evaluate::hajek_mean(&sample).unwrap(),
        &block["hajek_mean"],
        1e-9,
    );
    close(
        evaluate::variance_of_total(&sample, VarianceForm::Poisson),
        &block["var_ht_total_poisson"],
        1e-9,
    );
    close(
        evaluate::variance_of_mean(&sample, VarianceForm::Poisson).unwrap(),
        &block["var_hajek_mean_poisson_Nhat"],
        1e-9,
    );
    close(
        evaluate::effective_size(sample.iter().map(|unit| 1.0 / unit.pi)),
        &block["ess_kish"],
        1e-9,
    );
    let (mean, variance) = over_poisson_samples(&y, &pi);
    close(mean, &block["exhaustive"]["E_ht"], 1e-9);
    close(variance, &block["exhaustive"]["E_var_estimator"], 1e-9);
}

/// Expectations of the Horvitz-Thompson total and of its Poisson variance over every sample.
fn over_poisson_samples(y: &[f64], pi: &[f64]) -> (f64, f64) {
    let (mut mean, mut variance) = (0.0, 0.0);
    for sample in 0..1_usize << y.len() {
        let inside: Vec<usize> = (0..y.len()).filter(|i| sample >> i & 1 == 1).collect();
        let chance: f64 = (0..y.len())
            .map(|i| {
                if sample >> i & 1 == 1 {
                    pi[i]
                } else {
                    1.0 - pi[i]
                }
            })
            .product();
        let units = respondents(y, pi, &inside);
        mean += chance * evaluate::horvitz_thompson(&units);
        variance += chance * evaluate::variance_of_total(&units, VarianceForm::Poisson);
    }
    (mean, variance)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_horvitz_thompson_total_and_its_variance_are_unbiased_in_every_small_poisson_design(
        units in prop::collection::vec((0.05_f64..=1.0, 0.0_f64..5.0), 1..9)
    ) {
        let (pi, y): (Vec<f64>, Vec<f64>) = units.into_iter().unzip();
        let total: f64 = y.iter().sum();
        let truth: f64 = y.iter().zip(&pi).map(|(y, pi)| (1.0 - pi) / pi * y * y).sum();
        let (mean, variance) = over_poisson_samples(&y, &pi);
        prop_assert!((mean - total).abs() < 1e-9 * (1.0 + total));
        prop_assert!((variance - truth).abs() < 1e-9 * (1.0 + truth));
    }

    #[test]
    fn wilson_lies_inside_zero_and_one_and_holds_the_rate(n in 1_u32..5_000, part in 0.0_f64..=1.0) {
        let hits = (f64::from(n) * part).floor();
        let interval = evaluate::wilson(hits, f64::from(n));
        prop_assert!(0.0 <= interval.low && interval.high <= 1.0);
        prop_assert!(interval.low <= hits / f64::from(n) + 1e-12 && hits / f64::from(n) <= interval.high + 1e-12);
    }
}

#[test]
fn fixed_size_estimators_agree_with_the_enumeration() {
    let name = "fixed_size_conditional_poisson";
    let Some(block) = block(name, "evaluation.json", name) else {
        return;
    };
    let (pi, y, odds) = (
        floats(&block["pi"]),
        floats(&block["y"]),
        floats(&block["odds"]),
    );
    let sample = respondents(&y, &pi, &places(&block["observed_sample_0based"]));
    close(
        evaluate::horvitz_thompson(&sample),
        &block["ht_total"],
        1e-9,
    );
    close(
        evaluate::variance_of_total(&sample, VarianceForm::Rosen),
        &block["var_deville_hajek_approx"],
        1e-9,
    );
    let (mut mean, mut square, mut all) = (0.0, 0.0, 0.0);
    for sample in 0..1_usize << pi.len() {
        let inside: Vec<usize> = (0..pi.len()).filter(|i| sample >> i & 1 == 1).collect();
        if inside.len() == 3 {
            let weight: f64 = inside.iter().map(|&i| odds[i]).product();
            let total = evaluate::horvitz_thompson(&respondents(&y, &pi, &inside));
            mean += weight * total;
            square += weight * total * total;
            all += weight;
        }
    }
    close(mean / all, &block["exhaustive"]["E_ht"], 1e-9);
    close(
        square / all - (mean / all).powi(2),
        &block["exhaustive"]["true_var"],
        1e-9,
    );
}

#[test]
fn variance_block() {
    let Some(block) = block("variance", "sampling.json", "variance") else {
        return;
    };
    for case in block.as_array().unwrap() {
        let (y, pi) = (floats(&case["y"]), floats(&case["pi"]));
        let sample = respondents(&y, &pi, &(0..y.len()).collect::<Vec<_>>());
        close(
            evaluate::horvitz_thompson(&sample),
            &case["ht_total"],
            1e-11,
        );
        close(
            evaluate::variance_of_total(&sample, VarianceForm::Rosen),
            &case["rosen_pareto_variance"],
            1e-11,
        );
        close(
            evaluate::variance_of_total(&sample, VarianceForm::Ohlsson),
            &case["ohlsson_sps_variance"],
            1e-11,
        );
        close(
            evaluate::hajek_mean(&sample).unwrap(),
            &case["hajek_mean"],
            1e-11,
        );
        let variance = evaluate::variance_of_mean(&sample, VarianceForm::Rosen).unwrap();
        close(variance, &case["hajek_mean_linearised_variance"], 1e-11);
    }
}

/// A frame of four classes, one stratum each, drawn with equal probability inside it.
pub(crate) fn tiers(frame: &[u64], drawn: &[u64], hits: &[u64]) -> (FrameFacts, Vec<DrawnUnit>) {
    let mut units = Vec::new();
    for (class, ((&n_frame, &n), &hits)) in frame.iter().zip(drawn).zip(hits).enumerate() {
        for i in 0..n {
            let key = u64::try_from(units.len()).unwrap();
            units.push(unit(key, class, to_f64(n) / to_f64(n_frame), i < hits));
        }
    }
    (frame_facts(frame, drawn), units)
}

#[allow(clippy::cast_precision_loss, reason = "small counts")]
pub(crate) fn to_f64(count: u64) -> f64 {
    count as f64
}

pub(crate) fn unit(key: u64, class: usize, pi: f64, found: bool) -> DrawnUnit {
    let codes = vec![if found { "B" } else { "1" }.to_owned()];
    DrawnUnit {
        object_id: format!("object {key}"),
        object_key: key,
        stratum: u32::try_from(class).unwrap(),
        class: u16::try_from(class).unwrap(),
        points: 10,
        score: 0.1 * to_f64(u64::try_from(class).unwrap() + 1),
        probability: None,
        pi,
        take_all: pi >= 1.0,
        outcome: Some(Outcome {
            object_key: 0,
            inspected_on: None,
            visited: true,
            found,
            severity: 0.0,
            result_codes: codes,
        }),
    }
}

fn frame_facts(frame: &[u64], drawn: &[u64]) -> FrameFacts {
    let codes = ["A", "B", "C", "D"];
    let rows = || codes.iter().zip(frame).zip(drawn);
    FrameFacts {
        strata: rows()
            .map(|((code, &n_frame), &n_drawn)| StratumFacts {
                label: (*code).to_owned(),
                n_frame,
                n_drawn,
                n_take_all: 0,
                n_levels: 1,
                d: 0.0,
            })
            .collect(),
        classes: rows()
            .map(|((code, &n_frame), &n_drawn)| evaluate::ClassFacts {
                code: (*code).to_owned(),
                name: String::new(),
                is_ranked: true,
                n_frame,
                n_drawn,
                ratio: None,
                points: Vec::new(),
            })
            .collect(),
        n_frame: frame.iter().sum(),
        n_never: 0,
        sum_pi: to_f64(drawn.iter().sum()),
    }
}

fn measured(rule: &str, frame: &FrameFacts, units: &[DrawnUnit]) -> evaluate::Estimates {
    evaluate::measure(&params(rule).check().unwrap(), frame, units, &[7; 32]).unwrap()
}

pub(crate) const FRAME: [u64; 4] = [5_000, 3_000, 1_500, 500];
pub(crate) const DRAWN: [u64; 4] = [100, 120, 150, 200];
pub(crate) const HITS: [u64; 4] = [2, 6, 18, 56];

#[test]
fn four_numbers_of_a_stratified_draw_agree_with_the_second_implementation() {
    let name = "stratified_tier_prevalence";
    let Some(block) = block(name, "evaluation.json", name) else {
        return;
    };
    let (frame, units) = tiers(&FRAME, &DRAWN, &HITS);
    let overall = measured("codes", &frame, &units).overall;
    close(overall.raw.value.unwrap(), &block["raw_hit_rate"], 1e-9);
    close(
        overall.prevalence.value.unwrap(),
        &block["prevalence"],
        1e-9,
    );
    close(
        overall.prevalence.low.unwrap(),
        &block["logit_t_ci95"][0],
        1e-9,
    );
    close(
        overall.prevalence.high.unwrap(),
        &block["logit_t_ci95"][1],
        1e-9,
    );
    close(
        overall.lift.value.unwrap(),
        &block["lift_of_draw_over_srs"],
        1e-9,
    );
    close(
        overall.opportunity.value.unwrap(),
        &block["hits_if_srs_570"],
        1e-9,
    );
    let lift = overall.lift.interval().unwrap();
    assert!(
        lift.covers(overall.lift.value.unwrap()) && lift.low > 1.5 && lift.high < 4.0,
        "{lift:?}"
    );
}

#[test]
fn estimates_do_not_depend_on_the_order_of_units() {
    let (frame, mut units) = tiers(&FRAME, &DRAWN, &HITS);
    let forward = measured("codes", &frame, &units);
    units.reverse();
    assert_eq!(forward, measured("codes", &frame, &units));
}

#[test]
fn another_seed_moves_the_bootstrap_alone() {
    let (frame, units) = tiers(&FRAME, &DRAWN, &HITS);
    let params = params("codes").check().unwrap();
    let of = |seed: u8| {
        evaluate::measure(&params, &frame, &units, &[seed; 32])
            .unwrap()
            .overall
    };
    let (one, two) = (of(1), of(2));
    assert_eq!(
        (one.raw, one.prevalence, one.lift.value),
        (two.raw, two.prevalence, two.lift.value)
    );
    assert_ne!(one.lift.low, two.lift.low);
}

#[test]
fn a_cell_below_thirty_results_shows_counts_alone() {
    let (frame, units) = tiers(&[500, 300, 100, 50], &[40, 40, 40, 29], &[1, 2, 3, 9]);
    let estimates = measured("found", &frame, &units);
    let last = &estimates.by_class[3];
    assert!(last.suppressed && last.raw.value.is_none() && last.prevalence.value.is_none());
    assert_eq!((last.n, last.hits, last.trust), (29, 9, Trust::Low));
    assert!(!estimates.by_class[2].suppressed);
    assert_eq!(estimates.class_gaps.len(), 2);
}

#[test]
fn without_any_finding_the_prevalence_interval_is_clopper_pearson() {
    let (frame, units) = tiers(&FRAME, &DRAWN, &[0; 4]);
    let overall = measured("codes", &frame, &units).overall;
    assert_eq!(overall.prevalence.method, Method::ClopperPearson);
    assert_eq!(
        (overall.prevalence.value, overall.prevalence.low),
        (Some(0.0), Some(0.0))
    );
    let n_eff = overall.support.n_eff;
    let expected = 1.0 - 0.025_f64.powf(1.0 / n_eff);
    assert!((overall.prevalence.high.unwrap() - expected).abs() < 1e-12);
    assert!(overall.lift.value.is_none());
}

#[test]
fn a_census_has_no_sampling_error() {
    let (frame, units) = tiers(&[40, 40, 40, 40], &[40, 40, 40, 40], &[1, 4, 9, 20]);
    let overall = measured("codes", &frame, &units).overall;
    assert_eq!(overall.prevalence.method, Method::Census);
    assert_eq!(overall.prevalence.value, overall.raw.value);
    assert_eq!(overall.prevalence.low, overall.prevalence.high);
}

#[test]
fn invalid_objects_leave_the_denominator_and_unreachable_ones_are_counted_apart() {
    let (frame, mut units) = tiers(&FRAME, &DRAWN, &HITS);
    let code = |unit: &mut DrawnUnit, code: &str| {
        unit.outcome.as_mut().unwrap().result_codes = vec![code.to_owned()];
    };
    code(&mut units[90], "7");
    code(&mut units[91], "F");
    code(&mut units[92], "6");
    let estimates = measured("codes", &frame, &units);
    let first = &estimates.by_class[0];
    assert_eq!(
        (
            first.n_visited,
            first.n,
            first.n_void,
            first.n_unreachable,
            first.hits
        ),
        (100, 98, 2, 1, 3)
    );
    let hits: Vec<u64> = estimates
        .definitions
        .iter()
        .map(|definition| definition.hits)
        .collect();
    assert_eq!(hits, [82, 83, 82]);
    assert_eq!(
        estimates
            .definitions
            .iter()
            .filter(|definition| definition.used)
            .count(),
        1
    );
}

#[test]
fn an_unknown_result_code_is_refused_by_name() {
    let (frame, mut units) = tiers(&FRAME, &DRAWN, &HITS);
    units[0].outcome.as_mut().unwrap().result_codes = vec!["Z".to_owned()];
    let error =
        evaluate::measure(&params("codes").check().unwrap(), &frame, &units, &[0; 32]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "result code \"Z\" of object object 0 stands in none of the code lists of [evaluate]"
    );
    assert_eq!(measured("found", &frame, &units).overall.hits, 82);
}

#[test]
fn the_unvisited_are_made_up_for_within_their_class() {
    let (frame, mut units) = tiers(&FRAME, &DRAWN, &HITS);
    let complete = measured("codes", &frame, &units)
        .overall
        .prevalence
        .value
        .unwrap();
    for unit in units
        .iter_mut()
        .filter(|unit| unit.class == 3 && unit.object_key % 2 == 1)
    {
        unit.outcome = None;
    }
    let overall = measured("codes", &frame, &units).overall;
    assert_eq!((overall.n_drawn, overall.n_visited), (570, 470));
    assert!((overall.prevalence.value.unwrap() - complete).abs() < 1e-12);
    assert_eq!(overall.trust, Trust::Medium);
}

#[test]
fn a_class_without_a_visit_is_a_blind_share() {
    let (frame, mut units) = tiers(&FRAME, &DRAWN, &HITS);
    units
        .iter_mut()
        .filter(|unit| unit.class == 0)
        .for_each(|unit| unit.outcome = None);
    let overall = measured("codes", &frame, &units).overall;
    assert!((overall.support.blind_share - 0.5).abs() < 1e-12);
    assert_eq!(overall.trust, Trust::Low);
}

#[test]
fn lone_take_some_units_are_collapsed_with_their_neighbours() {
    assert_eq!(evaluate::collapse(&[1, 1, 5, 0, 2, 1]), [0, 0, 1, 2, 2, 2]);
    assert_eq!(evaluate::collapse(&[1]), [0]);
    assert_eq!(evaluate::collapse(&[0, 3, 0]), [0, 0, 0]);
    assert!(evaluate::collapse(&[]).is_empty());
}

#[test]
fn all_broken_settings_are_named_at_once() {
    let mut written = params("codes");
    written.replicates = 3;
    written.clean_codes.push("B".to_owned());
    let problems = written.check().unwrap_err();
    let keys: Vec<&str> = problems
        .iter()
        .map(|problem| problem.key.as_str())
        .collect();
    assert_eq!(keys, ["replicates", "clean_codes"]);
}

#[test]
fn ranking_measures_agree_with_the_second_implementation() {
    let Some(block) = block("ranking", "evaluation.json", "ranking") else {
        return;
    };
    let (score, y, weight) = (
        floats(&block["score"]),
        floats(&block["y"]),
        floats(&block["ipw_weight"]),
    );
    let rows = |weight: &dyn Fn(usize) -> f64| -> Vec<Scored> {
        (0..y.len())
            .map(|i| Scored {
                score: score[i],
                weight: weight(i),
                found: y[i] > 0.5,
            })
            .collect()
    };
    let plain = rows(&|_| 1.0);
    close(evaluate::auc(&plain).unwrap(), &block["auc"], 1e-9);
    close(
        evaluate::average_precision(&plain).unwrap(),
        &block["average_precision_sklearn"],
        1e-9,
    );
    close(evaluate::brier(&plain).unwrap(), &block["brier"], 1e-9);
    for cut in block["precision_at_k"].as_array().unwrap() {
        let top = cut["k"].as_f64().unwrap() / 20.0;
        close(
            evaluate::precision_at(&plain, top).unwrap(),
            &cut["expected"],
            1e-9,
        );
        close(
            evaluate::gain_at(&evaluate::gains(&plain), top).unwrap(),
            &cut["recall_expected"],
            1e-9,
        );
    }
    let weighted = rows(&|i| weight[i]);
    close(
        evaluate::auc(&weighted).unwrap(),
        &block["weighted_auc"],
        1e-9,
    );
    close(
        evaluate::average_precision(&weighted).unwrap(),
        &block["weighted_average_precision"],
        1e-9,
    );
    close(
        evaluate::brier(&weighted).unwrap(),
        &block["weighted_brier"],
        1e-9,
    );
    assert!((evaluate::lift_by_decile(&weighted).iter().sum::<f64>() - 10.0).abs() < 1e-9);
    let bins = evaluate::calibration(&weighted);
    assert_eq!(bins.iter().map(|bin| bin.n).sum::<u64>(), 20);
}

/// The test window of the published Chicago evaluation, with the score stored beside it.
fn chicago(path: &Path) -> (Vec<Visit>, Vec<f64>) {
    let path = PlRefPath::try_from_path(path).unwrap();
    let frame = LazyFrame::scan_parquet(path, ScanArgsParquet::default())
        .unwrap()
        .collect()
        .unwrap();
    let frame: DataFrame = frame
        .lazy()
        .filter(col("Test"))
        .select([
            col("Inspection_ID").cast(DataType::Int64),
            col("Inspection_Date")
                .cast(DataType::Date)
                .cast(DataType::Int32),
            col("Inspector_Assigned").cast(DataType::String),
            col("criticalFound").cast(DataType::Int64),
            col("score").cast(DataType::Float64),
        ])
        .collect()
        .unwrap();
    let id = frame.column("Inspection_ID").unwrap().i64().unwrap();
    let day = frame.column("Inspection_Date").unwrap().i32().unwrap();
    let inspector = frame.column("Inspector_Assigned").unwrap().str().unwrap();
    let found = frame.column("criticalFound").unwrap().i64().unwrap();
    let score = frame.column("score").unwrap().f64().unwrap();
    let visit = |row: usize| Visit {
        visit_id: id.get(row).unwrap().to_string(),
        object_key: 0,
        inspected_on: Day::from_days(day.get(row).unwrap()),
        inspector: inspector.get(row).map(str::to_owned),
        found: found.get(row).unwrap() > 0,
    };
    (
        (0..frame.height()).map(visit).collect(),
        (0..frame.height())
            .map(|row| score.get(row).unwrap())
            .collect(),
    )
}

fn replayed(visits: &[Visit], scores: &[(&str, Vec<f64>)]) -> Backtest {
    let scores: BTreeMap<String, Vec<f64>> = scores
        .iter()
        .map(|(name, scores)| ((*name).to_owned(), scores.clone()))
        .collect();
    evaluate::replay(
        &params("found").check().unwrap(),
        visits,
        &scores,
        "score",
        &[3; 32],
    )
    .unwrap()
}

#[test]
fn the_stored_chicago_score_gives_the_published_figures() {
    let test = "chicago_food_inspections_2014";
    let Some(path) = shared(test, "data/chicago/native/model_published_1637.parquet") else {
        return;
    };
    let Some(block) = block(test, "evaluation.json", test) else {
        return;
    };
    let expected = &block["reproduced_from_stored_xgboost_score"];
    let (visits, score) = chicago(&path);
    let ids: Vec<f64> = visits
        .iter()
        .map(|visit| visit.visit_id.parse().unwrap())
        .collect();
    let backtest = replayed(&visits, &[("stored", score), ("past_rate", ids)]);
    assert_eq!(
        (backtest.n, backtest.positives, backtest.n_first_half),
        (1_637, 258, 810)
    );
    assert_eq!(backtest.first_half_found_as_done, 141);
    let model = &backtest.models["stored"];
    assert_eq!(model.first_half_found, 176);
    close(model.auc.unwrap(), &expected["auc"], 1e-9);
    close(
        model.average_precision.unwrap(),
        &expected["average_precision"],
        1e-9,
    );
    close(
        model.days_earlier.unwrap(),
        &expected["mean_days_earlier"],
        1e-9,
    );
    assert!((model.auc_within_inspector.unwrap() - 0.5727).abs() < 5e-5);
    assert!((model.precision_at_10.unwrap() - 0.3865).abs() < 5e-5);
    assert!((model.precision_at_20.unwrap() - 0.3058).abs() < 5e-5);
    let lifts: Vec<String> = model
        .lift_by_decile
        .iter()
        .map(|lift| format!("{lift:.2}"))
        .collect();
    assert_eq!(
        lifts,
        [
            "2.44", "1.43", "1.35", "0.85", "0.81", "0.93", "0.85", "0.47", "0.58", "0.27"
        ]
    );
    let (auc, days) = (
        model.auc_interval.interval().unwrap(),
        model.days_interval.interval().unwrap(),
    );
    assert!(
        (auc.low - 0.645).abs() < 0.01 && (auc.high - 0.716).abs() < 0.01,
        "{auc:?}"
    );
    assert!(
        (days.low - 5.0).abs() < 0.7 && (days.high - 10.6).abs() < 0.7,
        "{days:?}"
    );
    assert!(
        model.auc_gain.low.unwrap() > 0.0 && backtest.models["past_rate"].auc_gain.value.is_none()
    );
    let last = backtest.by_day.last().unwrap();
    assert_eq!(
        (last.visits, last.as_done, last.models["stored"]),
        (1_637, 258, 258)
    );
}

fn visits(rows: &[(&str, i32, bool)]) -> Vec<Visit> {
    rows.iter()
        .map(|&(id, day, found)| Visit {
            visit_id: id.to_owned(),
            object_key: 0,
            inspected_on: Day::from_days(day),
            inspector: None,
            found,
        })
        .collect()
}

#[test]
fn a_replay_does_not_depend_on_row_order_and_breaks_ties_by_visit_id() {
    let rows = [
        ("2", 1, false),
        ("10", 2, true),
        ("9", 3, true),
        ("30", 4, false),
        ("31", 5, false),
    ];
    let mut visits = visits(&rows);
    let mut score = vec![0.5, 0.5, 0.5, 0.9, 0.1];
    let forward = replayed(&visits, &[("model", score.clone())]);
    visits.reverse();
    score.reverse();
    assert_eq!(forward, replayed(&visits, &[("model", score)]));
    let found: Vec<u64> = forward
        .by_day
        .iter()
        .map(|point| point.models["model"])
        .collect();
    assert_eq!(found, [0, 0, 1, 2, 2]);
    assert_eq!(forward.models["model"].days_earlier, Some(-1.0));
}

#[test]
fn a_replay_in_the_order_really_gone_gains_no_day() {
    let rows = [
        ("1", 1, true),
        ("2", 2, false),
        ("3", 3, true),
        ("4", 3, false),
        ("5", 9, false),
    ];
    let backtest = replayed(&visits(&rows), &[("model", vec![5.0, 4.0, 3.0, 2.0, 1.0])]);
    let model = &backtest.models["model"];
    assert_eq!((backtest.n_first_half, model.days_earlier), (2, Some(0.0)));
    assert_eq!(model.first_half_found, backtest.first_half_found_as_done);
    assert!(model.auc_within_inspector.is_none());
}

#[test]
fn a_replay_refuses_scores_of_another_length() {
    let visits = visits(&[("1", 1, true)]);
    let scores = BTreeMap::from([("logistic".to_owned(), vec![0.1, 0.2])]);
    let error = evaluate::replay(
        &params("found").check().unwrap(),
        &visits,
        &scores,
        "score",
        &[0; 32],
    )
    .unwrap_err();
    assert_eq!(
        error.to_string(),
        "model logistic has 2 scores for 1 visits"
    );
}
