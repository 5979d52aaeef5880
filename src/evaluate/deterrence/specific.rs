//! Specific deterrence: what happened to those drawn, against those who could have been and were not.

use super::contrast::{Contrast, clustered, contrast, horvitz_thompson};
use super::matrix::{add_outer, dot, inverse, times, zeros};
use super::result::{ArmSupport, Effect, Outcome, Refusal, Specific, WaveEffect, Wording};
use super::rows::Rows;
use super::study::{ContrastPlan, Study};
use super::wave::WaveUnit;
use super::{ARM_MIN, REVISITS_MIN};
use crate::evaluate::number::real_len;

/// Least t of the visits brought by the draw for an effect of being visited (the square is the usual F of 10).
const TAKE_UP_T: f64 = 3.162_277_660_168_379_5;
/// Least share of revisits with a known strictness of those who went.
const STRICTNESS_KNOWN: f64 = 0.95;

/// The contrast of one outcome, or the reason why there is none.
pub(super) fn specific(study: &Study, outcome: Outcome) -> Specific {
    let plan = study.contrast(outcome);
    let rows = &plan.rows;
    let support = rows.support(study.waves);
    let mut specific = Specific {
        outcome,
        itt: Effect::refused(Refusal::NoOutcome, Wording::Causal),
        mean_drawn: None,
        mean_not_drawn: None,
        horvitz_thompson: None,
        cace: None,
        equal_strictness: None,
        by_wave: Vec::new(),
        support,
    };
    if let Some(reason) = refusal(rows, &support) {
        specific.itt = Effect::refused(reason, Wording::Causal);
        return specific;
    }
    let Some(found) = contrast(rows, &rows.y) else {
        specific.itt = Effect::refused(Refusal::EmptyArm, Wording::Causal);
        return specific;
    };
    specific.itt = itt(study, plan, &found);
    if specific.itt.value.is_none() {
        return specific;
    }
    if outcome == Outcome::AllRevisits {
        specific.itt.refusal = Some(Refusal::MainStreamRevisits);
    }
    specific.mean_drawn = Some(found.mean_drawn);
    specific.mean_not_drawn = Some(found.mean_not_drawn);
    specific.horvitz_thompson = horvitz_thompson(rows);
    specific.cace = cace(study, rows, &found, &support);
    specific.equal_strictness = equal_strictness(study, rows);
    specific.by_wave = by_wave(study, plan);
    specific
}

/// The contrast with the interval of its re-draws. Its standard error is that by cell or that of the design, the larger: cells hold
/// few of the drawn, and their sums alone show too little variance too often.
fn itt(study: &Study, plan: &ContrastPlan, found: &Contrast) -> Effect {
    let (by_cell, n_clusters) = clustered(&plan.rows.cell, &found.influence);
    let of_design = study.design_error(plan);
    let se = by_cell.map(|by_cell| by_cell.max(of_design));
    let redrawn = study.test_contrast(plan);
    Effect::of(found.value, se, n_clusters, redrawn, Wording::Causal).by_redraw()
}

/// Why a contrast cannot be shown.
pub(super) fn refusal(rows: &Rows, support: &ArmSupport) -> Option<Refusal> {
    let revisits = is_of_revisits(rows.outcome);
    let smaller = support.n_eff_drawn.min(support.n_eff_not_drawn);
    let (least, too_few) = if revisits {
        (REVISITS_MIN, Refusal::TooFewRevisits)
    } else {
        (ARM_MIN, Refusal::TooFewObjects)
    };
    if rows.n_frame <= 0.0 {
        let certain = rows.n_certain > 0;
        return Some(if certain {
            Refusal::AllCertain
        } else {
            Refusal::NoWave
        });
    }
    if rows.len() == 0 {
        return Some(if revisits {
            Refusal::NoRevisit
        } else {
            Refusal::NoOutcome
        });
    }
    if support.n_drawn == 0 || support.n_not_drawn == 0 {
        return Some(Refusal::EmptyArm);
    }
    if rows.is_flat() {
        return Some(Refusal::NoVariation);
    }
    (smaller < least).then_some(too_few)
}

/// Whether an outcome is known of revisited objects alone.
pub(super) fn is_of_revisits(outcome: Outcome) -> bool {
    matches!(outcome, Outcome::MeasureRevisits | Outcome::AllRevisits)
}

/// Effect on the outcome over effect on being visited, where some drawn were not visited.
fn cace(study: &Study, rows: &Rows, itt: &Contrast, support: &ArmSupport) -> Option<Effect> {
    if rows.outcome != Outcome::SeenForEveryone || support.n_visited == support.n_drawn {
        return None;
    }
    let visited = |visited: bool| f64::from(u8::from(visited));
    let visited: Vec<f64> = rows
        .units(study.waves)
        .map(|unit| visited(unit.visited))
        .collect();
    let take_up = contrast(rows, &visited)?;
    let (se, _) = clustered(&rows.cell, &take_up.influence);
    // Where everybody drawn but nobody else is visited, take-up has no error and is strong.
    let weak = take_up.value <= 0.0 || se.is_some_and(|se| take_up.value < TAKE_UP_T * se);
    if weak {
        return Some(Effect::refused(Refusal::WeakTakeUp, Wording::Association));
    }
    let ratio = itt.value / take_up.value;
    let pairs = itt.influence.iter().zip(&take_up.influence);
    let influence: Vec<f64> = pairs
        .map(|(y, v)| (y - ratio * v) / take_up.value)
        .collect();
    let (se, n_clusters) = clustered(&rows.cell, &influence);
    Some(Effect::of(
        ratio,
        se,
        n_clusters,
        None,
        Wording::Association,
    ))
}

/// Revisit findings on the own draw and the strictness of those who revisited, weighted as the contrast.
fn equal_strictness(study: &Study, rows: &Rows) -> Option<Effect> {
    if !is_of_revisits(rows.outcome) {
        return None;
    }
    let later = |unit: &'_ WaveUnit| match rows.outcome {
        Outcome::MeasureRevisits => unit.by_measure().copied(),
        _ => unit.revisit,
    };
    let strictness = rows.units(study.waves).map(|unit| later(unit)?.strictness);
    let known: Vec<(usize, f64)> = strictness
        .enumerate()
        .filter_map(|(row, strictness)| Some((row, strictness?)))
        .collect();
    if real_len(known.len()) < STRICTNESS_KNOWN * real_len(rows.len()) {
        return None;
    }
    let x =
        |&(row, strictness): &(usize, f64)| [1.0, f64::from(u8::from(rows.drawn[row])), strictness];
    let mut cross = zeros(3);
    let mut right = vec![0.0; 3];
    for known in &known {
        let weight = rows.arm_weight(known.0);
        let x = x(known);
        add_outer(&mut cross, &x, weight);
        right
            .iter_mut()
            .zip(x)
            .for_each(|(right, x)| *right += weight * x * rows.y[known.0]);
    }
    let bread = inverse(&cross)?;
    let beta = times(&bread, &right);
    let influence = |known: &(usize, f64)| {
        let residual = rows.y[known.0] - dot(&x(known), &beta);
        rows.arm_weight(known.0) * dot(&bread[1], &x(known)) * residual
    };
    let influence: Vec<f64> = known.iter().map(influence).collect();
    let cells: Vec<u32> = known.iter().map(|known| rows.cell[known.0]).collect();
    let (se, n_clusters) = clustered(&cells, &influence);
    Some(Effect::of(
        beta[1],
        se,
        n_clusters,
        None,
        Wording::Association,
    ))
}

fn by_wave(study: &Study, plan: &ContrastPlan) -> Vec<WaveEffect> {
    let rows = &plan.rows;
    let weight = |wave: usize| -> f64 {
        let groups = rows.weight.iter().zip(&rows.wave_of_group);
        groups
            .filter(|(_, of)| **of == Some(wave))
            .fold(0.0, |sum, (weight, _)| sum + weight) // an empty sum() would be -0
    };
    let effect = |(wave, value): (usize, f64)| {
        let value = Some(value).filter(|value| value.is_finite());
        WaveEffect {
            wave: study.waves[wave].id.clone(),
            weight: weight(wave),
            value,
            p: value.and_then(|_| study.test_wave(plan, wave)),
        }
    };
    let found = study.by_wave(plan);
    found.into_iter().enumerate().map(effect).collect()
}
