//! The base rate stands in where nothing can be learnt; a recipe is read from settings.

use super::{Model, Recipe};
use crate::risk::learn::made::thicket;
use crate::risk::learn::{Error, Labels};

fn recipe(text: &str) -> Recipe {
    serde_json::from_str(text).unwrap()
}

const TREES: &str = r#"{"boosted": {"trees": 5, "rate": 0.1, "leaves": 4, "l2": 1.0, "rows_min": 5,
    "curvature_min": 0.0, "row_share": 1.0, "column_share": 1.0, "seed": 0}}"#;

#[test]
fn labels_that_are_all_alike_give_a_smoothed_base_rate() {
    let (design, _) = thicket(99);
    let none = Labels::unweighted(vec![false; 99]).unwrap();
    let model = recipe(TREES).fit_or_base(&design, &none).unwrap();
    let Model::Base(base) = &model else {
        panic!("{model:?}");
    };
    assert_eq!(base.why, "none of the 99 weighted rows has a finding");
    assert!((base.log_odds - (0.5_f64 / 99.5).ln()).abs() < 1e-12);
    assert_eq!(model.log_odds(&design).unwrap().len(), 99);
}

#[test]
fn a_bad_setting_is_refused_and_not_made_a_base_rate() {
    let (design, labels) = thicket(99);
    let bad = recipe(&TREES.replace("0.1", "7.0"));
    let refused = bad.fit_or_base(&design, &labels);
    assert!(matches!(refused, Err(Error::Setting { key: "rate", .. })));
}

#[test]
fn an_unknown_setting_is_not_read() {
    let text = TREES.replace("rate", "speed");
    assert!(serde_json::from_str::<Recipe>(&text).is_err());
}
