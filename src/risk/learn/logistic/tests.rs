//! The elastic net against scikit-learn, its laws, and what it refuses.

use super::{Logistic, LogisticParams};
use crate::risk::learn::made::line;
use crate::risk::learn::{Column, ColumnKind, Design, Error, Labels, PrepareParams, probability};

fn params(penalty: f64, absolute_share: f64) -> LogisticParams {
    LogisticParams {
        penalty,
        absolute_share,
        max_iterations: 100,
        prepare: PrepareParams {
            cap_quantile: 1.0,
            known_rows_min: 1,
            category_rows_min: 2,
            missing_flag_share: 0.01,
            log_above: 5.0,
        },
    }
}

/// 400 rows with weights 1, 2, 3, 1, …
fn weighted() -> (Design, Labels) {
    let (design, found) = line(400, -1.0);
    let weight = (0..400_u32).map(|row| f64::from(1 + row % 3)).collect();
    (design, Labels::new(found, weight).unwrap())
}

fn assert_close(model: &Logistic, expected: [f64; 4], tolerance: f64) {
    let weights = model.terms().into_iter().map(|term| term.weight);
    let found: Vec<f64> = std::iter::once(model.intercept()).chain(weights).collect();
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() < tolerance, "{found} {expected}");
    }
}

// scikit-learn 1.9.1 LogisticRegression(C=1/(penalty * W), l1_ratio=…, tol=1e-14) on columns standardised with the weights:
// newton-cholesky for the ridge, saga for the others

#[test]
fn a_ridge_gives_the_coefficients_of_scikit_learn() {
    let (design, labels) = weighted();
    let model = Logistic::fit(&params(0.04, 0.0), &design, &labels).unwrap();
    let expected = [
        -0.942_267_763_695_744,
        -0.432_519_146_110_961,
        -0.193_711_055_357_257,
        0.161_730_118_005_814,
    ];
    assert_close(&model, expected, 1e-9);
}

#[test]
fn an_elastic_net_and_a_lasso_give_the_coefficients_of_scikit_learn() {
    let (design, labels) = weighted();
    let net = Logistic::fit(&params(0.04, 0.5), &design, &labels).unwrap();
    let expected = [
        -0.924_813_413_934_489,
        -0.372_201_078_987_727,
        -0.111_530_002_424_334,
        0.079_032_599_060_275,
    ];
    assert_close(&net, expected, 1e-7);
    let lasso = Logistic::fit(&params(0.08, 1.0), &design, &labels).unwrap();
    let expected = [-0.895_880_001_919_207, -0.103_978_603_093_980, 0.0, 0.0];
    assert_close(&lasso, expected, 1e-7);
    assert!(lasso.terms()[1].weight.abs() <= 0.0, "shut out exactly");
}

#[test]
fn a_nuisance_is_not_penalised() {
    // scipy.optimize.minimize (BFGS, gtol 1e-11), third column without penalty
    let (design, labels) = weighted();
    let mut columns = design.columns().to_vec();
    columns[2] = columns[2].clone().nuisance();
    let design = Design::new(columns).unwrap();
    let model = Logistic::fit(&params(0.04, 0.0), &design, &labels).unwrap();
    let expected = [
        -0.944_818_484_524,
        -0.433_359_368_737,
        -0.195_663_714_606,
        0.195_074_055_552,
    ];
    assert_close(&model, expected, 1e-6);
}

#[test]
fn nuisances_are_averaged_out_and_not_needed_when_scoring() {
    let (design, labels) = weighted();
    let mut columns = design.columns().to_vec();
    columns[2] = columns[2].clone().nuisance();
    let seen = Design::new(columns.clone()).unwrap();
    let model = Logistic::fit(&params(0.0, 0.0), &seen, &labels).unwrap();
    columns.truncate(2);
    let bare = Design::new(columns).unwrap();
    let scores = model.log_odds(&bare).unwrap();
    assert_eq!(scores, model.log_odds(&seen).unwrap());
    let nuisance = model.nuisance_log_odds(&seen).unwrap();
    let gains = model.contributions(&bare).unwrap();
    let center = model.intercept() + gains[0][7] + gains[1][7];
    let weight = labels.weight();
    let sum: f64 = nuisance
        .iter()
        .zip(weight)
        .map(|(z, w)| w * probability(center + z))
        .sum();
    let mean = sum / weight.iter().sum::<f64>();
    assert!((probability(scores[7]) - mean).abs() < 1e-3);
}

#[test]
fn many_inspectors_and_a_season_are_fitted_as_columns_of_their_own_would_be() {
    let (design, labels) = weighted();
    let who: Vec<u32> = (0..400).map(|row| row * 7 % 30).collect();
    let month: Vec<u32> = (0..400).map(|row| row * 11 % 12).collect();
    let categories = |name: &str, codes: &[u32]| {
        let codes = codes.iter().map(|code| f64::from(*code)).collect();
        Column::new(name, ColumnKind::Category, codes).nuisance()
    };
    let flags = |name: &str, codes: &[u32], n: u32| -> Vec<Column> {
        let one = |code: u32| {
            let is = codes.iter().map(|own| f64::from(u8::from(*own == code)));
            Column::number(&format!("{name} {code}"), is.collect()).nuisance()
        };
        (1..n).map(one).collect() // the first one is what the others are compared with
    };
    let with = |more: Vec<Column>| {
        let columns = design.columns().iter().cloned().chain(more);
        Design::new(columns.collect()).unwrap()
    };
    let grouped = with(vec![categories("who", &who), categories("month", &month)]);
    let plain = with([flags("who", &who, 30), flags("month", &month, 12)].concat());
    for share in [0.0, 0.6] {
        let settings = params(0.02, share);
        let ours = Logistic::fit(&settings, &grouped, &labels).unwrap();
        let theirs = Logistic::fit(&settings, &plain, &labels).unwrap();
        assert!(ours.slope_max() <= 1e-9, "{}", ours.slope_max());
        for (own, other) in ours.terms().iter().zip(theirs.terms()).take(3) {
            assert!((own.weight - other.weight).abs() < 1e-7, "{}", own.name);
        }
        assert!((ours.intercept() - theirs.intercept()).abs() < 1e-6);
        let scores = [&ours, &theirs].map(|model| model.log_odds(&design).unwrap());
        for (own, other) in scores[0].iter().zip(&scores[1]) {
            assert!((own - other).abs() < 1e-6, "{own} {other}");
        }
    }
}

#[test]
fn an_inspector_who_always_finds_something_leaves_the_others_their_weights() {
    let (design, labels) = weighted();
    let found = labels.found().iter().enumerate();
    let found = found.map(|(row, found)| *found || row % 20 == 3).collect();
    let labels = Labels::unweighted(found).unwrap();
    let who = (0..400_u32).map(|row| f64::from(row % 20)).collect();
    let who = Column::new("who", ColumnKind::Category, who).nuisance();
    let columns = design.columns().iter().cloned().chain([who]);
    let with = Design::new(columns.collect()).unwrap();
    let model = Logistic::fit(&params(0.04, 0.0), &with, &labels).unwrap();
    let bare: Vec<usize> = (0..400).filter(|row| row % 20 != 3).collect();
    let others = Logistic::fit(
        &params(0.04 * 20.0 / 19.0, 0.0),
        &with.take(&bare),
        &labels.take(&bare).unwrap(),
    );
    let scores = |model: &Logistic| model.contributions(&design).unwrap();
    let (own, other) = (scores(&model), scores(&others.unwrap()));
    for column in 0..3 {
        let slope = |scores: &[Vec<f64>]| scores[column][1] - scores[column][0];
        let (own, other) = (slope(&own), slope(&other));
        assert!((own - other).abs() < 0.05, "{own} {other}");
    }
}

#[test]
fn a_weight_of_three_is_three_rows() {
    let (design, labels) = weighted();
    let times = |row: usize| std::iter::repeat_n(row, 1 + row % 3);
    let places: Vec<usize> = (0..400).flat_map(times).collect();
    let found = places.iter().map(|row| labels.found()[*row]).collect();
    let repeated = Labels::unweighted(found).unwrap();
    let once = Logistic::fit(&params(0.04, 0.5), &design, &labels).unwrap();
    let often = Logistic::fit(&params(0.04, 0.5), &design.take(&places), &repeated).unwrap();
    for (once, often) in once.terms().iter().zip(often.terms()) {
        assert!((once.weight - often.weight).abs() < 1e-8);
    }
}

#[test]
fn a_path_ends_where_a_single_fit_does_and_starts_with_no_feature() {
    let (design, labels) = weighted();
    let settings = params(0.01, 1.0);
    let largest = Logistic::largest_penalty(&settings, &design, &labels).unwrap();
    let penalties = [largest * 1.001, largest * 0.999, largest * 0.1, 0.01];
    let path = Logistic::path(&settings, &design, &labels, &penalties).unwrap();
    let used = |model: &Logistic| {
        model
            .terms()
            .iter()
            .filter(|t| t.weight.abs() > 0.0)
            .count()
    };
    assert_eq!(used(&path[0]), 0);
    assert_eq!(used(&path[1]), 1);
    let single = Logistic::fit(&settings, &design, &labels).unwrap();
    for (path, single) in path[3].terms().iter().zip(single.terms()) {
        assert!((path.weight - single.weight).abs() < 1e-8);
    }
}

#[test]
fn every_optimum_meets_its_conditions() {
    let (design, labels) = weighted();
    for (penalty, share) in [(0.0, 0.0), (0.04, 0.0), (0.04, 0.5), (0.08, 1.0)] {
        let model = Logistic::fit(&params(penalty, share), &design, &labels).unwrap();
        assert!(model.slope_max() <= 1e-9, "{penalty} {share}");
    }
}

#[test]
fn columns_that_repeat_share_their_weight() {
    let (design, labels) = weighted();
    let mut columns = design.columns().to_vec();
    let twin = Column::number("twin", columns[0].values.clone());
    columns.push(twin);
    let design = Design::new(columns).unwrap();
    let model = Logistic::fit(&params(0.04, 0.0), &design, &labels).unwrap();
    let weights: Vec<f64> = model.terms().iter().map(|term| term.weight).collect();
    assert!((weights[0] - weights[3]).abs() < 1e-7);
    let bare = Logistic::fit(&params(0.0, 0.0), &design, &labels).unwrap();
    let refused = bare.standard_errors(&design, &labels, &design);
    let column = "twin".to_owned();
    assert_eq!(refused, Err(Error::Collinear { column }));
}

#[test]
fn what_cannot_be_learnt_is_refused_by_name() {
    let (design, found) = line(50, -1.0);
    let fit = |design: &Design, found: Vec<bool>, penalty: f64| {
        let labels = Labels::unweighted(found).unwrap();
        Logistic::fit(&params(penalty, 0.0), design, &labels).unwrap_err()
    };
    let rows = 50;
    let none = fit(&design, vec![false; rows], 0.04);
    assert_eq!(none, Error::NoPositives { rows });
    let all = fit(&design, vec![true; rows], 0.04);
    assert_eq!(all, Error::OnlyPositives { rows });
    let flat = Column::number("flat", vec![1.0; rows]);
    let empty = Column::number("empty", vec![f64::NAN; rows]);
    let dull = Design::new(vec![flat, empty]).unwrap();
    let columns = 2;
    assert_eq!(
        fit(&dull, found.clone(), 0.04),
        Error::NothingVaries { columns, rows }
    );
    assert!(matches!(
        fit(&design, found, f64::NAN),
        Error::Setting { key: "penalty", .. }
    ));
}

#[test]
fn columns_that_tell_the_labels_for_sure_have_no_optimum_without_a_penalty() {
    let sure = Column::number("sure", (0..40_u32).map(f64::from).collect());
    let design = Design::new(vec![sure]).unwrap();
    let labels = Labels::unweighted((0..40).map(|row| row >= 20).collect()).unwrap();
    let mut settings = params(0.0, 0.0);
    settings.max_iterations = 15;
    let refused = Logistic::fit(&settings, &design, &labels);
    assert!(
        matches!(refused, Err(Error::NotConverged { .. })),
        "{refused:?}"
    );
    assert!(Logistic::fit(&params(0.01, 0.0), &design, &labels).is_ok());
}

#[test]
fn new_categories_and_missing_values_get_a_number() {
    let rows = 60;
    let kinds = (0..rows).map(|row| f64::from(row % 3)).collect();
    let kind = Column::new("kind", ColumnKind::Category, kinds);
    let design = Design::new(vec![kind]).unwrap();
    let labels = Labels::unweighted((0..rows).map(|row| row % 3 == 1).collect()).unwrap();
    let model = Logistic::fit(&params(0.04, 0.0), &design, &labels).unwrap();
    let values = vec![1.0, 77.0, f64::NAN];
    let new = Design::new(vec![Column::new("kind", ColumnKind::Category, values)]).unwrap();
    let scores = model.log_odds(&new).unwrap();
    assert!(scores.iter().all(|score| score.is_finite()));
    assert!(scores[0] > scores[1]);
}

#[test]
fn other_columns_than_trained_on_are_refused() {
    let (design, labels) = weighted();
    let model = Logistic::fit(&params(0.04, 0.0), &design, &labels).unwrap();
    let two = Design::new(design.columns()[..2].to_vec()).unwrap();
    let refused = model.log_odds(&two).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "column 2 is absent, and the model was fitted with \"c\" (Number) there"
    );
}

#[test]
fn a_saved_model_scores_as_before() {
    let (design, labels) = weighted();
    let model = Logistic::fit(&params(0.04, 0.5), &design, &labels).unwrap();
    let text = serde_json::to_string(&model).unwrap();
    let again: Logistic = serde_json::from_str(&text).unwrap();
    assert_eq!(again.log_odds(&design), model.log_odds(&design));
}

#[test]
fn many_rows_reach_the_same_optimum_from_any_threads_and_any_order() {
    // enough rows to be approached over every eighth block; sorted by label, so that the blocks are unlike
    let (design, found) = line(140_000, -1.0);
    let mut places: Vec<usize> = (0..140_000).collect();
    places.sort_by_key(|row| found[*row]);
    let labels = Labels::unweighted(found).unwrap();
    let sorted = (design.take(&places), labels.take(&places).unwrap());
    let fit = |threads: usize, design: &Design, labels: &Labels| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        let fit = || Logistic::fit(&params(0.001, 0.5), design, labels).unwrap();
        pool.build().unwrap().install(fit)
    };
    let one = fit(1, &design, &labels);
    assert!(one.slope_max() < 1e-9, "{}", one.slope_max());
    assert_eq!(one, fit(3, &design, &labels));
    let other = fit(2, &sorted.0, &sorted.1);
    for (a, b) in one.terms().iter().zip(other.terms()) {
        assert!(
            (a.weight - b.weight).abs() < 1e-7,
            "{} {}",
            a.weight,
            b.weight
        );
    }
}
