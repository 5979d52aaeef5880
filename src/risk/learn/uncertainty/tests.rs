//! Intervals cover a known truth about as often as they say.

use super::{Ensemble, margins, resampled};
use crate::risk::learn::made::line;
use crate::risk::learn::seeded::{Use, uniform};
use crate::risk::learn::{
    BoostedParams, Column, Design, Error, Labels, LogisticParams, PrepareParams, Recipe,
    probability,
};

/// Log odds −1 + 1.2a − 0.8b.
fn world(seed: u64, rows: u64) -> (Design, Labels) {
    let column =
        |at: u32| (0..rows).map(move |row| uniform(Use::Worlds, seed, at, row) * 2.0 - 1.0);
    let columns = vec![
        Column::number("a", column(0).collect()),
        Column::number("b", column(1).collect()),
    ];
    let truth = column(0).zip(column(1)).map(|(a, b)| truth(a, b));
    let found = truth
        .zip(0..rows)
        .map(|(odds, row)| uniform(Use::Worlds, seed, 2, row) < probability(odds));
    let labels = Labels::unweighted(found.collect()).unwrap();
    (Design::new(columns).unwrap(), labels)
}

fn truth(a: f64, b: f64) -> f64 {
    -1.0 + 1.2 * a - 0.8 * b
}

fn logistic() -> Recipe {
    Recipe::Logistic(LogisticParams {
        penalty: 0.0005,
        absolute_share: 0.0,
        max_iterations: 50,
        prepare: PrepareParams {
            cap_quantile: 1.0,
            known_rows_min: 1,
            category_rows_min: 1,
            missing_flag_share: 0.01,
            log_above: 5.0,
        },
    })
}

/// Five objects across the square.
fn asked() -> (Design, Vec<f64>) {
    let (a, b) = (
        vec![0.0, 0.8, -0.8, 0.5, -0.3],
        vec![0.0, -0.8, 0.8, 0.5, -0.9],
    );
    let truth = a.iter().zip(&b).map(|(a, b)| truth(*a, *b)).collect();
    let columns = vec![Column::number("a", a), Column::number("b", b)];
    (Design::new(columns).unwrap(), truth)
}

#[test]
fn intervals_of_nine_in_ten_cover_the_truth_about_that_often() {
    let (asked, truth) = asked();
    let groups: Vec<u64> = (0..400).collect();
    let (mut covered, mut all) = (0_u32, 0_u32);
    for seed in 0..60 {
        let (design, labels) = world(seed, 400);
        let ensemble = Ensemble::fit(&logistic(), &design, &labels, &groups, 20, seed).unwrap();
        let found = ensemble.estimates(&asked, 0.9).unwrap();
        for (found, truth) in found.iter().zip(&truth) {
            let truth = probability(*truth);
            covered += u32::from(found.low <= truth && truth <= found.high);
            all += 1;
        }
    }
    let share = f64::from(covered) / f64::from(all);
    assert!((0.86..=0.94).contains(&share), "{share} of {all}");
}

#[test]
fn the_bootstrap_agrees_with_the_sandwich() {
    let (design, labels) = world(7, 800);
    let (asked, _) = asked();
    let groups: Vec<u64> = (0..800).collect();
    let ensemble = Ensemble::fit(&logistic(), &design, &labels, &groups, 60, 7).unwrap();
    let super::Model::Logistic(model) = &ensemble.model else {
        panic!("{:?}", ensemble.model);
    };
    let errors = model.standard_errors(&design, &labels, &asked).unwrap();
    let found = ensemble.estimates(&asked, 0.9).unwrap();
    for (found, sandwich) in found.iter().zip(errors) {
        let ratio = found.standard_error / sandwich;
        assert!((0.7..=1.4).contains(&ratio), "{ratio}");
    }
}

#[test]
fn rows_of_one_object_share_their_weight_and_do_not_feign_certainty() {
    let (design, labels) = world(7, 300);
    let places: Vec<usize> = (0..900).map(|row| row % 300).collect();
    let (thrice, found) = (design.take(&places), labels.take(&places).unwrap());
    let own: Vec<u64> = (0..900).map(|row| row % 300).collect();
    let weights = resampled(&found, &own, 1, 0).unwrap();
    assert!((weights.weight()[5] - weights.weight()[305]).abs() < 1e-15);
    let (asked, _) = asked();
    let error = |design: &Design, labels: &Labels, groups: &[u64]| {
        let ensemble = Ensemble::fit(&logistic(), design, labels, groups, 30, 1).unwrap();
        ensemble.estimates(&asked, 0.9).unwrap()[1].standard_error
    };
    let once: Vec<u64> = (0..300).collect();
    let ratio = error(&thrice, &found, &own) / error(&design, &labels, &once);
    assert!((ratio - 1.0).abs() < 0.02, "{ratio}");
}

#[test]
fn one_refit_is_no_spread() {
    let (design, found) = line(50, -1.0);
    let labels = Labels::unweighted(found).unwrap();
    let groups: Vec<u64> = (0..50).collect();
    let refused = Ensemble::fit(&logistic(), &design, &labels, &groups, 1, 0);
    assert!(matches!(refused, Err(Error::Setting { key: "refits", .. })));
}

#[test]
fn intervals_of_trees_cover_a_smooth_truth_nearly_as_often_as_they_say() {
    let recipe = Recipe::Boosted(BoostedParams {
        trees: 60,
        rate: 0.1,
        leaves: 4,
        l2: 1.0,
        rows_min: 20,
        curvature_min: 0.0,
        row_share: 1.0,
        column_share: 1.0,
        seed: 0,
    });
    let (asked, truth) = asked();
    let groups: Vec<u64> = (0..800).collect();
    let (mut covered, mut all) = (0_u32, 0_u32);
    for seed in 0..15 {
        let (design, labels) = world(seed, 800);
        let ensemble = Ensemble::fit(&recipe, &design, &labels, &groups, 12, seed).unwrap();
        let found = ensemble.estimates(&asked, 0.9).unwrap();
        for (found, truth) in found.iter().zip(&truth) {
            let truth = probability(*truth);
            covered += u32::from(found.low <= truth && truth <= found.high);
            all += 1;
        }
    }
    let share = f64::from(covered) / f64::from(all);
    assert!((0.8..=0.93).contains(&share), "{share} of {all}");
}

#[test]
fn the_margins_of_refits_are_those_of_the_estimates() {
    let (design, labels) = world(5, 400);
    let groups: Vec<u64> = (0..400).collect();
    let ensemble = Ensemble::fit(&logistic(), &design, &labels, &groups, 6, 1).unwrap();
    let (asked, _) = asked();
    let estimates = ensemble.estimates(&asked, 0.9).unwrap();
    let refits = ensemble
        .refits
        .iter()
        .map(|model| model.log_odds(&asked).unwrap());
    let margins = margins(&refits.collect::<Vec<_>>(), 0.9).unwrap();
    for (estimate, margin) in estimates.iter().zip(margins) {
        let low = probability(estimate.log_odds - margin);
        assert!((low - estimate.low).abs() < 1e-12, "{low} {estimate:?}");
    }
}
