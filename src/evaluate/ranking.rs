//! How well a score ranks: AUC, average precision, precision at a share, gains, lift, calibration, Brier.
//!
//! Weights are 1/π where labels exist only for the drawn. Tied scores count as every order of them at once: a cut
//! inside a tie gets the expected value over all orders, so no tie rule is needed.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use super::interval::wilson;
use super::number::{floor_index, share};

/// A labelled row: its score, its design weight, and whether something was found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scored {
    /// Higher means riskier.
    pub score: f64,
    /// Design weight, above zero.
    pub weight: f64,
    /// Whether something was found.
    pub found: bool,
}

/// A point of the cumulative gains curve.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct GainPoint {
    /// Share of the frame taken, highest scores first, 0 ..= 1.
    pub share: f64,
    /// Share of all findings met in it, 0 ..= 1.
    pub found: f64,
}

/// A bin of the calibration chart.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CalibrationBin {
    /// Number of rows.
    pub n: u64,
    /// Effective size of the bin.
    pub n_eff: f64,
    /// Mean score.
    pub predicted: f64,
    /// Weighted share of findings.
    pub observed: f64,
    /// Lower end of the Wilson interval on the effective size.
    pub low: f64,
    /// Upper end of the Wilson interval on the effective size.
    pub high: f64,
}

/// Rows of one score: total weight and weight of findings.
struct Tie {
    weight: f64,
    found: f64,
}

/// P(score of a finding > score of none) + ½ P(equal), weighted; `None` unless both kinds are present.
#[must_use]
pub fn auc(rows: &[Scored]) -> Option<f64> {
    let (mut below, mut pairs) = (0.0, 0.0);
    let (mut found, mut clean) = (0.0, 0.0);
    for tie in ties(rows).iter().rev() {
        let tie_clean = tie.weight - tie.found;
        pairs += tie.found * (below + tie_clean / 2.0);
        below += tie_clean;
        found += tie.found;
        clean += tie_clean;
    }
    share(pairs, found * clean)
}

/// `Σ (R_j - R_{j-1}) P_j` over distinct thresholds, weighted; `None` without findings.
#[must_use]
pub fn average_precision(rows: &[Scored]) -> Option<f64> {
    let (mut weight, mut found, mut sum) = (0.0, 0.0, 0.0);
    for tie in ties(rows) {
        weight += tie.weight;
        found += tie.found;
        sum += tie.found * found / weight;
    }
    share(sum, found)
}

/// Weighted mean squared distance of score and outcome; `None` when a score is no probability.
#[must_use]
pub fn brier(rows: &[Scored]) -> Option<f64> {
    if !are_probabilities(rows) {
        return None;
    }
    let weight: f64 = rows.iter().map(|row| row.weight).sum();
    let miss = |row: &Scored| row.score - f64::from(u8::from(row.found));
    share(
        rows.iter().map(|row| row.weight * miss(row).powi(2)).sum(),
        weight,
    )
}

/// The gains curve through every distinct threshold, from (0, 0) to (1, 1); empty without findings.
#[must_use]
pub fn gains(rows: &[Scored]) -> Vec<GainPoint> {
    let ties = ties(rows);
    let weight: f64 = ties.iter().map(|tie| tie.weight).sum();
    let found: f64 = ties.iter().map(|tie| tie.found).sum();
    if found <= 0.0 {
        return Vec::new();
    }
    let mut points = vec![GainPoint {
        share: 0.0,
        found: 0.0,
    }];
    let (mut taken, mut met) = (0.0, 0.0);
    for tie in ties {
        taken += tie.weight;
        met += tie.found;
        points.push(GainPoint {
            share: (taken / weight).min(1.0),
            found: (met / found).min(1.0),
        });
    }
    points
}

/// Share of findings in the top `share` of the frame, linear inside ties.
#[must_use]
pub fn gain_at(points: &[GainPoint], share: f64) -> Option<f64> {
    let after = points
        .iter()
        .position(|point| point.share >= share)
        .or(points.len().checked_sub(1))?;
    let (high, low) = (points[after], points[after.saturating_sub(1)]);
    let width = high.share - low.share;
    Some(if width > 0.0 {
        low.found + (share - low.share) / width * (high.found - low.found)
    } else {
        high.found
    })
}

/// Weighted share of findings among the top `share` (0 < share ≤ 1) of the frame.
#[must_use]
pub fn precision_at(rows: &[Scored], top: f64) -> Option<f64> {
    Some(gain_at(&gains(rows), top)? * found_share(rows)? / top)
}

/// Weighted share of findings among all rows; none without weight.
pub(super) fn found_share(rows: &[Scored]) -> Option<f64> {
    let weight: f64 = rows.iter().map(|row| row.weight).sum();
    let found: f64 = rows
        .iter()
        .filter(|row| row.found)
        .map(|row| row.weight)
        .sum();
    share(found, weight)
}

/// Findings in each tenth of the frame, highest scores first, over what an equal tenth would hold; empty without findings.
#[must_use]
pub fn lift_by_decile(rows: &[Scored]) -> Vec<f64> {
    let points = gains(rows);
    let at = |tenth: u32| gain_at(&points, f64::from(tenth) / 10.0);
    (0..10)
        .filter_map(|tenth| Some((at(tenth + 1)? - at(tenth)?) * 10.0))
        .collect()
}

/// Ten bins of equal weight by score; empty when a score is no probability.
#[must_use]
pub fn calibration(rows: &[Scored]) -> Vec<CalibrationBin> {
    if rows.is_empty() || !are_probabilities(rows) {
        return Vec::new();
    }
    let mut sorted = rows.to_vec();
    sorted.sort_by(|a, b| a.score.total_cmp(&b.score));
    let total: f64 = sorted.iter().map(|row| row.weight).sum();
    let mut bins = vec![Vec::new(); 10];
    let mut before = 0.0;
    for row in sorted {
        let middle = (before + row.weight / 2.0) / total;
        bins[floor_index(middle * 10.0).min(9)].push(row);
        before += row.weight;
    }
    bins.iter()
        .filter(|bin| !bin.is_empty())
        .map(|bin| calibration_bin(bin))
        .collect()
}

fn calibration_bin(rows: &[Scored]) -> CalibrationBin {
    let weight: f64 = rows.iter().map(|row| row.weight).sum();
    let predicted = rows.iter().map(|row| row.weight * row.score).sum::<f64>() / weight;
    let observed = rows
        .iter()
        .filter(|row| row.found)
        .map(|row| row.weight)
        .sum::<f64>()
        / weight;
    let n_eff = super::design::effective_size(rows.iter().map(|row| row.weight));
    let interval = wilson(observed * n_eff, n_eff);
    let n = super::number::count(rows.len());
    CalibrationBin {
        n,
        n_eff,
        predicted,
        observed,
        low: interval.low,
        high: interval.high,
    }
}

fn are_probabilities(rows: &[Scored]) -> bool {
    rows.iter().all(|row| (0.0..=1.0).contains(&row.score))
}

/// Groups of equal score, highest first.
fn ties(rows: &[Scored]) -> Vec<Tie> {
    let mut sorted: Vec<&Scored> = rows.iter().collect();
    sorted.sort_by(|a, b| b.score.total_cmp(&a.score));
    sorted
        .chunk_by(|a, b| a.score.partial_cmp(&b.score) == Some(Ordering::Equal))
        .map(|tie| Tie {
            weight: tie.iter().map(|row| row.weight).sum(),
            found: tie
                .iter()
                .filter(|row| row.found)
                .map(|row| row.weight)
                .sum(),
        })
        .collect()
}
