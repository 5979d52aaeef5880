//! Whether probabilities mean what they say: log loss, Kolmogorov-Smirnov, expected calibration error, the calibration line.
//!
//! Cox (1958), *Biometrika* 45, for intercept and slope; weights are 1/π where labels exist only for the drawn.

use serde::{Deserialize, Serialize};

use super::design::effective_size;
use super::interval::wilson;
use super::number::{count, floor_index, real_len, share};
use super::ranking::Scored;
use crate::units::Day;

/// Probabilities closer to 0 or 1 than this count as this close: their logit would be infinite.
const EDGE: f64 = 1e-12;
/// Steps of Newton's method; a step that moves less than [`STILL`] ends it.
const STEPS: usize = 100;
/// See [`STEPS`].
const STILL: f64 = 1e-13;

/// Intercept and slope of the logistic regression of findings on the logit of the forecast; (0, 1) is perfect.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CalibrationLine {
    /// Below zero: forecasts are too high.
    pub intercept: f64,
    /// Below one: forecasts are too far apart.
    pub slope: f64,
}

/// Weighted mean of `-ln` of the probability given to what happened; `None` when a score is no probability or there is no row.
#[must_use]
pub fn log_loss(rows: &[Scored]) -> Option<f64> {
    let weight = weight_of_forecasts(rows)?;
    let loss = |row: &Scored| {
        let p = row.score.clamp(EDGE, 1.0 - EDGE);
        if row.found { -p.ln() } else { -(-p).ln_1p() }
    };
    share(rows.iter().map(|row| row.weight * loss(row)).sum(), weight)
}

/// Largest distance of the weighted distributions of findings and of the rest over the score; `None` unless both are present.
#[must_use]
pub fn kolmogorov_smirnov(rows: &[Scored]) -> Option<f64> {
    let total = |found: bool| -> f64 {
        let of = rows.iter().filter(|row| row.found == found);
        of.map(|row| row.weight).sum()
    };
    let (found, clean) = (total(true), total(false));
    if found <= 0.0 || clean <= 0.0 {
        return None;
    }
    let mut sorted: Vec<&Scored> = rows.iter().collect();
    sorted.sort_by(|a, b| a.score.total_cmp(&b.score));
    let (mut gap, mut most) = (0.0_f64, 0.0_f64);
    for (at, row) in sorted.iter().enumerate() {
        gap += if row.found {
            row.weight / found
        } else {
            -row.weight / clean
        };
        let ends_tie = sorted.get(at + 1).is_none_or(|next| next.score > row.score);
        if ends_tie {
            most = most.max(gap.abs());
        }
    }
    Some(most)
}

/// `Σ (w_b/Σw) |mean forecast - rate|` over bins of equal width; `None` when a score is no probability or there is no row.
#[must_use]
pub fn expected_calibration_error(rows: &[Scored], n_bins: usize) -> Option<f64> {
    let weight = weight_of_forecasts(rows)?;
    let mut gaps = vec![0.0; n_bins.max(1)];
    let last = gaps.len() - 1;
    for row in rows {
        let bin = floor_index(row.score * real_len(gaps.len())).min(last);
        gaps[bin] += row.weight * (row.score - hit(row));
    }
    share(gaps.iter().map(|gap| gap.abs()).sum(), weight)
}

/// Expected findings over found ones, weighted; `None` without findings or when a score is no probability.
#[must_use]
pub fn expected_over_observed(rows: &[Scored]) -> Option<f64> {
    weight_of_forecasts(rows)?;
    let expected: f64 = rows.iter().map(|row| row.weight * row.score).sum();
    share(expected, rows.iter().map(|row| row.weight * hit(row)).sum())
}

/// What must be added to every logit so that expected and found agree: calibration in the large. `None` where nothing or
/// everything was found.
#[must_use]
pub fn calibration_shift(rows: &[Scored]) -> Option<f64> {
    weight_of_forecasts(rows).filter(|_| is_mixed(rows))?;
    let mut shift = 0.0;
    for _ in 0..STEPS {
        let (mut slope, mut curve) = (0.0, 0.0);
        for row in rows {
            let p = logistic(logit(row.score) + shift);
            slope += row.weight * (hit(row) - p);
            curve += row.weight * p * (1.0 - p);
        }
        let step: f64 = slope / curve;
        shift += step;
        if !shift.is_finite() {
            return None;
        }
        if step.abs() < STILL {
            break;
        }
    }
    Some(shift)
}

/// The calibration line; `None` where nothing or everything was found, all forecasts are equal, or they part the two perfectly.
#[must_use]
pub fn calibration_line(rows: &[Scored]) -> Option<CalibrationLine> {
    weight_of_forecasts(rows).filter(|_| is_mixed(rows))?;
    let mut line = CalibrationLine {
        intercept: 0.0,
        slope: 1.0,
    };
    for _ in 0..STEPS {
        let (by_intercept, by_slope) = newton_step(rows, &line)?;
        line.intercept += by_intercept;
        line.slope += by_slope;
        if !(line.intercept.is_finite() && line.slope.is_finite()) {
            return None;
        }
        if by_intercept.abs().max(by_slope.abs()) < STILL {
            break;
        }
    }
    Some(line)
}

/// One step of Newton's method; `None` where the forecasts do not differ.
fn newton_step(rows: &[Scored], line: &CalibrationLine) -> Option<(f64, f64)> {
    let (mut pull, mut curve) = ([0.0; 2], [0.0; 3]);
    for row in rows {
        let at = logit(row.score);
        let p = logistic(line.intercept + line.slope * at);
        let (left, bend) = (row.weight * (hit(row) - p), row.weight * p * (1.0 - p));
        pull = [pull[0] + left, pull[1] + left * at];
        curve = [
            curve[0] + bend,
            curve[1] + bend * at,
            curve[2] + bend * at * at,
        ];
    }
    let determinant = curve[0] * curve[2] - curve[1] * curve[1];
    if determinant <= curve[0] * curve[2] * 1e-12 {
        return None;
    }
    let by_intercept = (curve[2] * pull[0] - curve[1] * pull[1]) / determinant;
    let by_slope = (curve[0] * pull[1] - curve[1] * pull[0]) / determinant;
    Some((by_intercept, by_slope))
}

/// Forecast and findings of the visits of one quarter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QuarterCalibration {
    /// `2025Q1`.
    pub quarter: String,
    /// Valid results with a day and a forecast.
    pub n: u64,
    /// Mean forecast, weighted.
    pub predicted: Option<f64>,
    /// Share of findings, weighted.
    pub observed: Option<f64>,
    /// Lower end of its Wilson interval on the effective size.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
    /// Whether the interval covers the forecast; absent in a quarter below the least size.
    pub agrees: Option<bool>,
}

/// Forecast against findings by quarter of the visit, ascending; a quarter with fewer than `minimum` rows shows its count alone.
#[must_use]
pub fn by_quarter(rows: &[(Day, Scored)], minimum: u64) -> Vec<QuarterCalibration> {
    let mut sorted: Vec<(String, Scored)> = rows
        .iter()
        .map(|(day, row)| (quarter_of(*day), *row))
        .collect();
    sorted.sort_by(|a, b| a.0.cmp(&b.0));
    let groups = sorted.chunk_by(|a, b| a.0 == b.0);
    groups
        .map(|group| {
            let rows: Vec<Scored> = group.iter().map(|(_, row)| *row).collect();
            let level = Level::of(&rows, minimum);
            QuarterCalibration {
                quarter: group[0].0.clone(),
                n: count(rows.len()),
                predicted: level.as_ref().map(|level| level.predicted),
                observed: level.as_ref().map(|level| level.observed),
                low: level.as_ref().map(|level| level.low),
                high: level.as_ref().map(|level| level.high),
                agrees: level.as_ref().map(Level::agrees),
            }
        })
        .collect()
}

/// Mean forecast and share of findings of some rows.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Level {
    /// Rows.
    pub n: u64,
    /// Mean forecast, weighted.
    pub predicted: f64,
    /// Share of findings, weighted.
    pub observed: f64,
    /// Lower end of its Wilson interval on the effective size.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl Level {
    /// Of at least `minimum` rows with forecasts.
    pub(crate) fn of(rows: &[Scored], minimum: u64) -> Option<Self> {
        let n = count(rows.len());
        if n < minimum.max(1) {
            return None;
        }
        let weight = weight_of_forecasts(rows)?;
        let mean = |of: &dyn Fn(&Scored) -> f64| -> f64 {
            rows.iter().map(|row| row.weight * of(row)).sum::<f64>() / weight
        };
        let observed = mean(&hit);
        let n_eff = effective_size(rows.iter().map(|row| row.weight));
        let interval = wilson(observed * n_eff, n_eff);
        Some(Self {
            n,
            predicted: mean(&|row| row.score),
            observed,
            low: interval.low,
            high: interval.high,
        })
    }

    /// Whether the interval of what was found covers the forecast.
    #[must_use]
    pub fn agrees(&self) -> bool {
        (self.low..=self.high).contains(&self.predicted)
    }
}

/// `2025Q1`.
fn quarter_of(day: Day) -> String {
    let text = day.to_string();
    let month: u32 = text
        .get(5..7)
        .and_then(|month| month.parse().ok())
        .unwrap_or(1);
    format!("{}Q{}", &text[..4], month.div_ceil(3))
}

fn hit(row: &Scored) -> f64 {
    f64::from(u8::from(row.found))
}

fn is_mixed(rows: &[Scored]) -> bool {
    rows.iter().any(|row| row.found) && rows.iter().any(|row| !row.found)
}

/// Total weight, where every score is a probability and there is one.
fn weight_of_forecasts(rows: &[Scored]) -> Option<f64> {
    let all = rows.iter().all(|row| (0.0..=1.0).contains(&row.score));
    let weight: f64 = rows.iter().map(|row| row.weight).sum();
    (all && weight > 0.0).then_some(weight)
}

fn logit(p: f64) -> f64 {
    let p = p.clamp(EDGE, 1.0 - EDGE);
    (p / (1.0 - p)).ln()
}

fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}
