//! Prevalence with the model's help: the difference estimator (Särndal, Swensson and Wretman 1992, chapter 6).
//!
//! `Σ_U m + Σ_s w (y - m)` is unbiased for any model fixed before the draw; it helps only as far as the score explains what
//! is found. Invalid objects have neither a finding nor a place in the denominator, which is estimated the same way.

use super::{Around, Assisted};
use crate::evaluate::FrameFacts;
use crate::evaluate::design::{
    Respondent, VarianceForm, hajek_mean, variance_of_mean, variance_of_total,
};
use crate::evaluate::estimates::{Cell, Figure, Method};
use crate::evaluate::interval::{Interval, Z, logit_t};
use crate::evaluate::judgement::Judgement;
use crate::evaluate::number::{real, real_len, share};

/// The difference estimator of a total, `Σ_U m + Σ_s w (y - m)`, with its variance: `residuals` carry y - m as their y.
#[must_use]
pub fn difference_total(
    model_total: f64,
    residuals: &[Respondent],
    form: VarianceForm,
) -> (f64, f64) {
    let total: f64 = residuals
        .iter()
        .map(|unit| unit.in_domain * unit.y / unit.pi)
        .sum();
    (model_total + total, variance_of_total(residuals, form))
}

/// Absent without a model, below the least number of results, with a class nobody visited, or where the model outweighs what
/// was found.
pub(super) fn assisted(
    frame: &FrameFacts,
    around: &Around,
    judgement: &Judgement,
    market: &Cell,
) -> Option<Assisted> {
    let is_complete = around.model_by_class.len() == frame.classes.len();
    if !is_complete || market.suppressed || market.support.blind_share > 0.0 {
        return None;
    }
    let visited = (0..judgement.units.len()).filter(|&at| judgement.units[at].verdict.is_some());
    let rows: Vec<(Respondent, f64)> = visited
        .map(|place| {
            Some((
                judgement.respondent(place, true),
                judgement.units[place].unit.probability?,
            ))
        })
        .collect::<Option<_>>()?;
    let model_total: f64 = around.model_by_class.iter().sum();
    let (total, total_variance) = estimate(&rows, model_total, |unit, m| unit.y - m);
    let (void, _) = estimate(&rows, 0.0, |unit, _| unit.in_domain - 1.0);
    let size = real(frame.n_frame) + void;
    let rate = share(total, size).filter(|rate| 0.0 < *rate && *rate < 1.0)?;
    let (_, variance) = estimate(&rows, 0.0, |unit, m| {
        unit.y - m - rate * (unit.in_domain - 1.0)
    });
    let variance = variance / (size * size);
    let plain: Vec<Respondent> = rows.iter().map(|(unit, _)| *unit).collect();
    let df = (real_len(rows.len()) - real_len(strata(&plain))).max(1.0);
    let half = Z * total_variance.sqrt();
    let interval = Interval {
        low: (total - half).max(0.0),
        high: total + half,
    };
    let shows_spread = variance > 0.0;
    Some(Assisted {
        prevalence: Figure::new(
            Some(rate),
            shows_spread.then(|| logit_t(rate, variance, df)),
            Method::LogitT,
        ),
        total: Figure::new(
            Some(total),
            shows_spread.then_some(interval),
            Method::Normal,
        ),
        model_alone: model_total,
        se_ratio: plain_variance(&plain).and_then(|plain| share(variance.sqrt(), plain.sqrt())),
    })
}

/// The difference estimator with another value for each visited unit, all of them inside.
fn estimate(
    rows: &[(Respondent, f64)],
    model_total: f64,
    value: impl Fn(&Respondent, f64) -> f64,
) -> (f64, f64) {
    let residuals: Vec<Respondent> = rows
        .iter()
        .map(|(unit, model)| Respondent {
            y: value(unit, *model),
            in_domain: 1.0,
            ..*unit
        })
        .collect();
    difference_total(model_total, &residuals, VarianceForm::Rosen)
}

fn plain_variance(units: &[Respondent]) -> Option<f64> {
    hajek_mean(units)?;
    variance_of_mean(units, VarianceForm::Rosen)
}

fn strata(units: &[Respondent]) -> usize {
    let mut strata: Vec<usize> = units.iter().map(|unit| unit.stratum).collect();
    strata.sort_unstable();
    strata.dedup();
    strata.len()
}
