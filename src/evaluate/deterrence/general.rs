//! General deterrence: whether peers of the drawn changed too.

use super::ARM_MIN;
use super::result::{Effect, General, Refusal, Wording};
use super::study::{DosePlan, Study};
use crate::evaluate::number::{count, real_len};

/// Effect of the share of peers drawn, for the cell and every ring that has peers.
pub(super) fn general(study: &Study) -> Vec<General> {
    study.doses.iter().map(|plan| one(study, plan)).collect()
}

fn one(study: &Study, plan: &DosePlan) -> General {
    let n = count(plan.dose.len());
    let peers = plan.dose.peers;
    let refused = |reason| General {
        peers,
        dose: Effect::refused(reason, Wording::Causal),
        mean_exposure: 0.0,
        sd_exposure: 0.0,
        n,
        bins: Vec::new(),
    };
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
