//! Learned models against vectors of other implementations, and through their public surface alone.

use choucha::risk::learn::{
    Column, Design, Labels, Logistic, LogisticParams, PrepareParams, importance,
};
use serde_json::Value;

use crate::shared::shared;

fn floats(value: &Value) -> Vec<f64> {
    let list = value.as_array().unwrap().iter();
    list.map(|value| value.as_f64().unwrap()).collect()
}

/// A plain regression: no penalty, no caps.
fn plain() -> LogisticParams {
    LogisticParams {
        penalty: 0.0,
        absolute_share: 0.0,
        max_iterations: 100,
        prepare: PrepareParams {
            cap_quantile: 1.0,
            known_rows_min: 1,
            category_rows_min: 1,
            missing_flag_share: 0.01,
            log_above: f64::INFINITY,
        },
    }
}

fn close(found: f64, expected: f64, what: &str) {
    assert!(
        (found - expected).abs() < 1e-8,
        "{what}: {found} is not {expected}"
    );
}

#[test]
fn weights_by_inclusion_probability_give_the_coefficients_of_statsmodels() {
    let name = "weights_by_inclusion_probability_give_the_coefficients_of_statsmodels";
    let Some(path) = shared(name, "vectors/evaluation.json") else {
        return;
    };
    let vectors: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let block = &vectors["ipw_logistic"];
    let found: Vec<bool> = floats(&block["y"]).iter().map(|y| *y > 0.5).collect();
    let pi = floats(&block["pi"]);
    let column = Column::number("x", floats(&block["x"]));
    let design = Design::new(vec![column]).unwrap();
    let at = vec![Column::number("x", vec![0.0, 1.0, -1.0])];
    let at = Design::new(at).unwrap();
    let weighted = importance(&pi, 1e9).unwrap().weight;
    for (key, weight) in [
        ("unweighted_coef", vec![1.0; pi.len()]),
        ("ipw_coef", weighted),
    ] {
        let labels = Labels::new(found.clone(), weight).unwrap();
        let model = Logistic::fit(&plain(), &design, &labels).unwrap();
        let odds = model.log_odds(&at).unwrap();
        let expected = floats(&block[key]);
        close(odds[0], expected[0], key);
        close(odds[1] - odds[0], expected[1], key);
        if key == "ipw_coef" {
            let errors = model.standard_errors(&design, &labels, &at).unwrap();
            let [zero, one, minus] = [0, 1, 2].map(|row: usize| errors[row] * errors[row]);
            let expected = floats(&block["ipw_sandwich_se_no_correction"]);
            close(errors[0], expected[0], "error of the intercept");
            let slope = (f64::midpoint(one, minus) - zero).sqrt();
            close(slope, expected[1], "error of the slope");
        }
    }
}
