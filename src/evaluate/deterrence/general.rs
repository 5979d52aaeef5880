//! General deterrence: whether peers of the drawn changed too.

use super::result::{Effect, General, Outcome, Peers, Refusal, Wording};
use super::rows::value;
use super::study::{DosePlan, Study};
use super::wave::Wave;
use super::{ARM_MIN, REVISITS_MIN};
use crate::evaluate::number::{count, real_len};

/// Effect of the share of peers drawn, for the cell and every ring that has peers.
pub(super) fn general(study: &Study) -> Vec<General> {
    let everybody = |plan: &&DosePlan| plan.dose.outcome == Outcome::SeenForEveryone;
    let plans = study.doses.iter().filter(everybody);
    plans.map(|plan| one(study, plan)).collect()
}

/// The same on revisits of the measurement draw; below their gate the reason alone. Empty without a wave.
pub(super) fn of_revisits(study: &Study) -> Vec<General> {
    if study.waves.is_empty() {
        return Vec::new();
    }
    if let Some(reason) = too_few_revisits(study.waves) {
        return vec![refused(Peers::Cell, 0, reason)];
    }
    let revisits = |plan: &&DosePlan| plan.dose.outcome == Outcome::MeasureRevisits;
    let plans = study.doses.iter().filter(revisits);
    plans.map(|plan| one(study, plan)).collect()
}

/// Why revisits cannot show what peers do: as many effective revisits are asked for as both arms of a contrast need.
pub(super) fn too_few_revisits(waves: &[Wave]) -> Option<Refusal> {
    let units = waves.iter().flat_map(|wave| &wave.units);
    let seen = units.filter_map(|unit| value(unit, Outcome::MeasureRevisits));
    let (mut sum, mut squares) = (0.0, 0.0);
    for (_, pi2) in seen {
        sum += 1.0 / pi2;
        squares += (1.0 / pi2).powi(2);
    }
    match squares {
        squares if squares <= 0.0 => Some(Refusal::NoRevisit),
        squares => (sum * sum / squares < 2.0 * REVISITS_MIN).then_some(Refusal::TooFewRevisits),
    }
}

fn refused(peers: Peers, n: u64, reason: Refusal) -> General {
    General {
        peers,
        dose: Effect::refused(reason, Wording::Causal),
        mean_exposure: 0.0,
        sd_exposure: 0.0,
        n,
        bins: Vec::new(),
    }
}

fn one(study: &Study, plan: &DosePlan) -> General {
    let n = count(plan.dose.len());
    let peers = plan.dose.peers;
    let refused = |reason| refused(peers, n, reason);
    let flat = plan
        .dose
        .outcomes()
        .windows(2)
        .all(|pair| pair[0].total_cmp(&pair[1]).is_eq());
    if flat {
        return refused(Refusal::NoVariation);
    }
    if real_len(plan.dose.len()) < ARM_MIN {
        return refused(Refusal::TooFewObjects);
    }
    if plan.dose.is_one_cell() {
        return refused(Refusal::OneCluster);
    }
    let Some(fitted) = &plan.fitted else {
        return refused(Refusal::NoExposure);
    };
    let mean = |values: &[f64]| values.iter().sum::<f64>() / real_len(values.len());
    let centre = mean(&fitted.recentred);
    let squares: Vec<f64> = fitted
        .recentred
        .iter()
        .map(|z| (z - centre).powi(2))
        .collect();
    let redrawn = study.test_dose(plan);
    let dose = Effect::of(
        fitted.beta,
        fitted.se,
        fitted.n_clusters,
        redrawn,
        Wording::Causal,
    );
    General {
        peers,
        dose: dose.by_redraw(),
        mean_exposure: mean(&fitted.exposure),
        sd_exposure: mean(&squares).sqrt(),
        n,
        bins: plan.dose.bins(&fitted.recentred),
    }
}
