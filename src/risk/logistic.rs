//! Regularised logistic regression on past labels: Σ log-loss + λ/2·‖w‖² over standardised features, intercept free.
//!
//! λ is linfa's `alpha` and 1/C of scikit-learn. The optimum is unique; a fit that has not reached it is refused.

use linfa::Dataset;
use linfa::traits::Fit as _;
use linfa_logistic::LogisticRegression;
use ndarray::{Array1, Array2, ShapeBuilder as _};
use polars::prelude::{DataFrame, DataType, Expr, RoundMode, SortMultipleOptions, col, lit};
use serde::{Deserialize, Serialize};

use super::Error;
use super::features::{self, Feature, count};
use super::models::LOGISTIC;
use super::params::Logistic;
use super::rule::{Rule, Term};
use crate::indicators::{Indicator, LabelledTable};

/// Points are thousandths of the probability.
pub(super) const POINTS_MAX: i64 = 1000;

/// The optimiser aims at this largest slope per row …
const SLOPE_AIM: f64 = 1e-8;
/// … and a fit is accepted below this one, which leaves coefficients exact to about five digits.
const SLOPE_MAX: f64 = 1e-6;

/// What a fitted model learnt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fit {
    /// Training rows.
    pub n: u64,
    /// Training rows with a finding.
    pub n_positive: u64,
    /// The penalty λ = 1/C.
    pub l2: f64,
    /// Log odds where every feature is at its mean.
    pub intercept: f64,
    /// Largest slope of the penalised log-loss at the optimum, per row; 0 is exact.
    pub slope_max: f64,
    /// Coefficients in the order of the catalogue.
    pub coefficients: Vec<Coefficient>,
}

/// One coefficient.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Coefficient {
    /// The indicator, and what of it, for example `zip_code = 60601`.
    pub feature: String,
    /// The indicator's column.
    pub indicator: String,
    /// Mean over the training rows, after caps and filling.
    pub mean: f64,
    /// Standard deviation (divisor n) over the training rows, after caps and filling.
    pub sd: f64,
    /// Change of the log odds per standard deviation.
    pub coefficient: f64,
}

/// A fitted model with what it needs to score.
pub(super) struct Fitted {
    pub(super) fit: Fit,
    features: Vec<Feature>,
}

/// Fits the model on the labelled rows.
pub(super) fn fit(
    params: &Logistic,
    labelled: &LabelledTable,
    indicators: &[Indicator],
) -> Result<Fitted, Error> {
    let rows = training_rows(labelled, indicators)?;
    let labels: Vec<bool> = rows
        .column("label")?
        .bool()?
        .iter()
        .map(|label| label == Some(true))
        .collect();
    let n_positive = labels.iter().filter(|label| **label).count() as u64;
    if n_positive < params.positives_min {
        let (n, needed) = (labels.len() as u64, params.positives_min);
        return Err(Error::TooFewPositives {
            n_positive,
            n,
            needed,
        });
    }
    if n_positive == labels.len() as u64 {
        return Err(Error::OnlyPositives { n: n_positive });
    }
    let features = features::learn(&rows, indicators, params)?;
    if features.is_empty() {
        return Err(Error::NothingVaries {
            n: labels.len() as u64,
        });
    }
    let columns = features::matrix(&rows, indicators, &features)?;
    let optimum = minimise(&columns, &labels, params.l2, params.max_iterations)?;
    let fit = Fit {
        n: labels.len() as u64,
        n_positive,
        l2: params.l2,
        intercept: optimum.intercept,
        slope_max: optimum.slope_max,
        coefficients: coefficients(&features, &optimum.weights, indicators),
    };
    Ok(Fitted { fit, features })
}

fn training_rows(labelled: &LabelledTable, indicators: &[Indicator]) -> Result<DataFrame, Error> {
    let used = ["object_key", "as_of", "visit_id", "label"]
        .map(col)
        .into_iter();
    let used = used.chain(
        indicators
            .iter()
            .map(|indicator| col(indicator.name.as_str())),
    );
    let order = SortMultipleOptions::default().with_maintain_order(true);
    let sorted = labelled
        .scan()?
        .select(used.collect::<Vec<Expr>>())
        .sort(["object_key", "as_of", "visit_id"], order);
    let mut rows = sorted.collect()?;
    rows.rechunk_mut();
    Ok(rows)
}

fn coefficients(
    features: &[Feature],
    weights: &[f64],
    indicators: &[Indicator],
) -> Vec<Coefficient> {
    let one = |(feature, weight): (&Feature, &f64)| Coefficient {
        feature: feature.name.clone(),
        indicator: indicators[feature.indicator].name.clone(),
        mean: feature.mean,
        sd: feature.sd,
        coefficient: *weight,
    };
    features.iter().zip(weights).map(one).collect()
}

struct Optimum {
    intercept: f64,
    weights: Vec<f64>,
    slope_max: f64,
}

/// The unique minimum over columns of equal length.
fn minimise(
    columns: &[Vec<f64>],
    labels: &[bool],
    l2: f64,
    max_iterations: u64,
) -> Result<Optimum, Error> {
    let n = count(labels.len());
    let x = Array2::from_shape_vec((labels.len(), columns.len()).f(), columns.concat())
        .expect("every column has a value per label");
    let settings = LogisticRegression::default()
        .alpha(l2)
        .max_iterations(max_iterations);
    let settings = settings.gradient_tolerance(SLOPE_AIM * n);
    let dataset = Dataset::new(x, Array1::from(labels.to_vec()));
    let model = settings
        .fit(&dataset)
        .map_err(|error| Error::NotFitted(Box::new(error)))?;
    // linfa calls the more frequent label positive, here as a rule "nothing found"
    let sign = if model.labels().pos.class { 1.0 } else { -1.0 };
    let weights = model.params() * sign;
    let intercept = model.intercept() * sign;
    let residual = residuals(dataset.records().dot(&weights), intercept, labels);
    let slopes = dataset.records().t().dot(&residual) + &weights * l2;
    let steepest = slopes
        .iter()
        .fold(residual.sum().abs(), |most, slope| most.max(slope.abs()));
    let slope_max = steepest / n;
    if slope_max > SLOPE_MAX {
        return Err(Error::NotConverged {
            max_iterations,
            slope_max,
            allowed: SLOPE_MAX,
        });
    }
    Ok(Optimum {
        intercept,
        weights: weights.to_vec(),
        slope_max,
    })
}

fn residuals(mut scores: Array1<f64>, intercept: f64, labels: &[bool]) -> Array1<f64> {
    for (score, label) in scores.iter_mut().zip(labels) {
        *score = 1.0 / (1.0 + (-(*score + intercept)).exp()) - if *label { 1.0 } else { 0.0 };
    }
    scores
}

/// The fitted model as columns: probability rounded to 1e-9, points its thousandths, at least 1.
///
/// Rounding first keeps the last bits of a sum from moving a point.
pub(super) fn rule(fitted: &Fitted, indicators: &[Indicator]) -> Rule {
    let used = |i: &usize| {
        fitted
            .features
            .iter()
            .any(|feature| feature.indicator == *i)
    };
    let terms: Vec<Term> = (0..indicators.len())
        .filter(used)
        .map(|i| term(fitted, i, indicators))
        .collect();
    let odds = (0..terms.len()).fold(lit(fitted.fit.intercept), |sum, i| {
        sum + col(Rule::column(LOGISTIC, i))
    });
    let probability = lit(1.0) / (lit(1.0) + (lit(0.0) - odds).exp());
    let thousandths =
        (col(Rule::score_column(LOGISTIC)) * lit(1000.0)).round(0, RoundMode::HalfAwayFromZero);
    Rule {
        name: LOGISTIC.to_owned(),
        terms,
        total: None,
        score: probability.round(9, RoundMode::HalfAwayFromZero),
        points: thousandths.clip(lit(1.0), lit(1000.0)),
        points_max: POINTS_MAX,
    }
}

fn term(fitted: &Fitted, i: usize, indicators: &[Indicator]) -> Term {
    let own = fitted
        .features
        .iter()
        .zip(&fitted.fit.coefficients)
        .filter(|(feature, _)| feature.indicator == i);
    let gain = own.fold(lit(0.0), |sum, (feature, weight)| {
        sum + feature.standard(indicators) * lit(weight.coefficient)
    });
    let gain = gain.cast(DataType::Float64);
    Term {
        indicator: indicators[i].name.clone(),
        zh: indicators[i].zh.clone(),
        gain: Some(gain),
        least: None,
    }
}

#[cfg(test)]
mod tests {
    use super::minimise;

    /// Columns and labels made by integer arithmetic, so that any language makes the same.
    fn toy(n: usize, shift: f64) -> (Vec<Vec<f64>>, Vec<bool>) {
        let mut state = 12_345_u64;
        let mut next = || {
            state = (state * 1_103_515_245 + 12_345) % (1 << 31);
            f64::from(u32::try_from(state).unwrap()) / f64::from(1_u32 << 31)
        };
        let mut columns = vec![Vec::new(); 3];
        let mut labels = Vec::new();
        for _ in 0..n {
            let mut odds = shift;
            for (column, slope) in columns.iter_mut().zip([-1.5, -0.5, 0.5]) {
                let value = next() + next() + next() - 1.5;
                column.push(value);
                odds += value * slope;
            }
            labels.push(next() < 1.0 / (1.0 + (-odds).exp()));
        }
        for column in &mut columns {
            standardise(column);
        }
        (columns, labels)
    }

    fn standardise(column: &mut [f64]) {
        let n = super::count(column.len());
        let mean = column.iter().sum::<f64>() / n;
        let sd = (column.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt();
        for value in column {
            *value = (*value - mean) / sd;
        }
    }

    fn agrees(shift: f64, positives: usize, intercept: f64, weights: [f64; 3]) {
        let (columns, labels) = toy(400, shift);
        assert_eq!(labels.iter().filter(|label| **label).count(), positives);
        let optimum = minimise(&columns, &labels, 2.0, 200).unwrap();
        assert!(
            (optimum.intercept / intercept - 1.0).abs() < 1e-6,
            "{}",
            optimum.intercept
        );
        for (ours, theirs) in optimum.weights.iter().zip(weights) {
            assert!((ours / theirs - 1.0).abs() < 1e-6, "{ours} {theirs}");
        }
    }

    // expected values: scikit-learn 1.9 LogisticRegression(C=0.5, solver="newton-cholesky", tol=1e-12) in Python

    #[test]
    fn a_rare_finding_gives_the_coefficients_of_scikit_learn() {
        agrees(
            -1.0,
            113,
            -1.012_601_034_688_789,
            [
                -0.515_169_239_541_431,
                -0.314_765_870_307_101_9,
                0.232_344_685_530_559_2,
            ],
        );
    }

    #[test]
    fn a_frequent_finding_does_not_turn_the_sign() {
        agrees(
            1.0,
            300,
            1.210_822_225_623_432,
            [
                -0.685_976_721_323_902_6,
                -0.141_401_573_378_223_18,
                0.032_942_706_287,
            ],
        );
    }

    #[test]
    fn a_fit_that_stops_early_is_refused() {
        let (columns, labels) = toy(400, -1.0);
        assert!(minimise(&columns, &labels, 2.0, 1).is_err());
    }
}
