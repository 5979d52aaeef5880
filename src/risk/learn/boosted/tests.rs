//! Boosted trees against two other implementations, their laws, and what they refuse.

use super::{Boosted, BoostedParams, Tree, Watched};
use crate::risk::learn::made::{auc, thicket};
use crate::risk::learn::{Column, ColumnKind, Design, Error, Labels};

fn params(trees: u32) -> BoostedParams {
    BoostedParams {
        trees,
        rate: 0.1,
        leaves: 8,
        l2: 10.0,
        rows_min: 20,
        curvature_min: 0.0,
        row_share: 1.0,
        column_share: 1.0,
        seed: 0,
    }
}

/// 2000 rows to train on, 2000 to judge by.
fn halves() -> [(Design, Labels); 2] {
    let (design, labels) = thicket(4000);
    [0..2000, 2000..4000].map(|rows| {
        let places: Vec<usize> = rows.collect();
        (design.take(&places), labels.take(&places).unwrap())
    })
}

fn numbers_only(design: &Design) -> Design {
    Design::new(design.columns()[..3].to_vec()).unwrap()
}

#[test]
fn trees_are_those_of_a_plain_implementation() {
    // the same algorithm in NumPy with sums of floats: 20 trees on the three numbers
    let [(design, labels), _] = halves();
    assert_eq!(labels.found().iter().filter(|found| **found).count(), 730);
    let design = numbers_only(&design);
    let model = Boosted::fit(&params(20), &design, &labels).unwrap();
    let scores = model.log_odds(&design).unwrap();
    let expected = [
        -0.990_809_037_569,
        -0.781_505_222_933,
        -0.853_330_046_959,
        -0.434_170_668_617,
        -0.110_451_630_871,
        -0.805_138_314_024,
        -0.843_733_767_357,
        -0.459_254_388_686,
    ];
    for (found, expected) in scores.iter().zip(expected) {
        assert!((found - expected).abs() < 1e-7, "{found} {expected}");
    }
    let mean = scores.iter().sum::<f64>() / 2000.0;
    assert!((mean + 0.581_054_454_126).abs() < 1e-7, "{mean}");
}

#[test]
fn new_rows_are_ranked_as_well_as_by_two_libraries() {
    // 60 trees, the same settings: LightGBM 4.7 0.6980 and 0.7057, scikit-learn 1.9.1 0.6980 and 0.7093, codes taken as
    // numbers and as categories
    let [(design, labels), (new, truth)] = halves();
    let by = |design: &Design, new: &Design| {
        let model = Boosted::fit(&params(60), design, &labels).unwrap();
        auc(&model.log_odds(new).unwrap(), truth.found())
    };
    let categories = by(&design, &new);
    assert!(categories > 0.7057 - 0.01, "{categories}");
    let as_numbers = |design: &Design| {
        let one = |column: &Column| Column::number(&column.name, column.values.clone());
        Design::new(design.columns().iter().map(one).collect()).unwrap()
    };
    let numbers = by(&as_numbers(&design), &as_numbers(&new));
    assert!((numbers - 0.6980).abs() < 0.003, "{numbers}");
}

#[test]
fn threads_and_the_order_of_rows_change_no_bit() {
    let [(design, labels), (new, _)] = halves();
    let with = |threads: usize, design: &Design, labels: &Labels| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        let fit = || {
            Boosted::fit(&params(12), design, labels)
                .unwrap()
                .log_odds(&new)
        };
        pool.build().unwrap().install(fit).unwrap()
    };
    let one = with(1, &design, &labels);
    assert_eq!(one, with(5, &design, &labels));
    let turned: Vec<usize> = (0..2000).rev().collect();
    assert_eq!(
        one,
        with(2, &design.take(&turned), &labels.take(&turned).unwrap())
    );
}

#[test]
fn a_seed_gives_the_same_sample_again_and_another_another() {
    let [(design, labels), _] = halves();
    let scores = |seed: u64| {
        let settings = BoostedParams {
            row_share: 0.5,
            column_share: 0.5,
            seed,
            ..params(10)
        };
        let model = Boosted::fit(&settings, &design, &labels).unwrap();
        model.log_odds(&design).unwrap()
    };
    assert_eq!(scores(1), scores(1));
    assert_ne!(scores(1), scores(2));
}

#[test]
fn contributions_and_the_mean_add_up_to_the_score() {
    let [(design, labels), _] = halves();
    let model = Boosted::fit(&params(15), &design, &labels).unwrap();
    let scores = model.log_odds(&design).unwrap();
    let gains = model.contributions(&design).unwrap();
    for row in [0, 17, 1999] {
        let sum: f64 = gains.iter().map(|own| own[row]).sum();
        assert!((model.mean() + sum - scores[row]).abs() < 1e-9);
    }
}

#[test]
fn watched_rows_end_training_at_their_lowest_loss() {
    let [(design, labels), (new, truth)] = halves();
    let fast = BoostedParams {
        rate: 0.5,
        l2: 0.0,
        ..params(200)
    };
    let watched = Watched {
        design: &new,
        labels: &truth,
        patience: 5,
    };
    let stopped = Boosted::fit_watched(&fast, &design, &labels, None, Some(watched)).unwrap();
    assert!(stopped.n_trees() > 1 && stopped.n_trees() < 100);
    let loss = |trees: usize| {
        let trees = u32::try_from(trees).unwrap();
        let settings = BoostedParams {
            trees,
            ..fast.clone()
        };
        let model = Boosted::fit(&settings, &design, &labels).unwrap();
        super::loss(&model.log_odds(&new).unwrap(), &truth)
    };
    let best = loss(stopped.n_trees());
    assert!((1..=5).all(|more| loss(stopped.n_trees() + more) >= best));
}

#[test]
fn a_start_is_learnt_around_and_left_out_of_scores() {
    let (design, _) = thicket(2000);
    let steep: Vec<f64> = (0..2000_u32)
        .map(|row| f64::from(row % 2) * 6.0 - 3.0)
        .collect();
    let found = steep.iter().map(|start| *start > 0.0).collect();
    let labels = Labels::unweighted(found).unwrap();
    let model = Boosted::fit_watched(&params(5), &design, &labels, Some(&steep), None).unwrap();
    let scores = model.log_odds(&design).unwrap();
    assert!(
        scores.iter().all(|score| score.abs() < 0.5),
        "the start told all"
    );
}

#[test]
fn missing_values_go_to_the_better_side_and_new_codes_get_a_number() {
    let rows = 400_usize;
    let value = |row: usize| {
        if row.is_multiple_of(4) {
            f64::NAN
        } else {
            f64::from(u8::try_from(row % 4).unwrap())
        }
    };
    let values: Vec<f64> = (0..rows).map(value).collect();
    let labels = Labels::unweighted((0..rows).map(|row| row % 4 == 0 || row % 4 == 3).collect());
    let labels = labels.unwrap();
    for kind in [ColumnKind::Number, ColumnKind::Category] {
        let design = Design::new(vec![Column::new("x", kind, values.clone())]).unwrap();
        let model = Boosted::fit(&params(20), &design, &labels).unwrap();
        let asked = vec![f64::NAN, 1.0, 2.0, 3.0, 99.0];
        let asked = Design::new(vec![Column::new("x", kind, asked)]).unwrap();
        let scores = model.log_odds(&asked).unwrap();
        assert!(scores[0] > 1.0 && scores[3] > 1.0, "{kind:?} {scores:?}");
        assert!(scores[1] < -1.0 && scores[2] < -1.0, "{kind:?} {scores:?}");
        assert!(scores[4].is_finite());
    }
}

#[test]
fn a_column_of_nothing_leaves_the_base_rate() {
    let empty = Column::number("empty", vec![f64::NAN; 100]);
    let flat = Column::number("flat", vec![2.0; 100]);
    let design = Design::new(vec![empty, flat]).unwrap();
    let labels = Labels::unweighted((0..100).map(|row| row < 25).collect()).unwrap();
    let model = Boosted::fit(&params(20), &design, &labels).unwrap();
    assert_eq!(model.n_trees(), 0);
    let scores = model.log_odds(&design).unwrap();
    assert!((scores[0] - (1.0_f64 / 3.0).ln()).abs() < 1e-12);
}

#[test]
fn what_cannot_be_learnt_is_refused_by_name() {
    let (design, _) = thicket(30);
    let none = Labels::unweighted(vec![false; 30]).unwrap();
    let refused = Boosted::fit(&params(5), &design, &none);
    assert_eq!(refused, Err(Error::NoPositives { rows: 30 }));
    let settings = BoostedParams {
        rate: 0.0,
        ..params(5)
    };
    let refused = Boosted::fit(&settings, &design, &none).unwrap_err();
    assert_eq!(refused.to_string(), "rate = 0: above 0 and at most 1");
}

#[test]
fn a_saved_model_scores_as_before() {
    let [(design, labels), _] = halves();
    let model = Boosted::fit(&params(5), &design, &labels).unwrap();
    let text = serde_json::to_string(&model).unwrap();
    let again: Boosted = serde_json::from_str(&text).unwrap();
    assert_eq!(again.log_odds(&design), model.log_odds(&design));
}

#[test]
fn scores_are_the_sums_of_the_leaves_that_rows_end_in() {
    let [(design, labels), _] = halves();
    let mut largest = 0;
    for leaves in [8, 40, 120] {
        let settings = BoostedParams {
            leaves,
            rows_min: 3,
            l2: 0.1,
            ..params(6)
        };
        let model = Boosted::fit(&settings, &design, &labels).unwrap();
        let bins = model.binned(&design).unwrap();
        let sum = |row: usize| {
            let leaves = model.trees.iter().map(|tree| tree.leaf(&bins, row));
            leaves.fold(model.base, |sum, leaf| sum + leaf).to_bits()
        };
        let scores = model.log_odds(&design).unwrap().into_iter();
        let expected: Vec<u64> = (0..design.rows()).map(sum).collect();
        assert_eq!(scores.map(f64::to_bits).collect::<Vec<_>>(), expected);
        largest = model.trees.iter().map(Tree::n_leaves).max().unwrap();
    }
    assert!(largest > 64, "{largest} leaves do not fit a set");
}
