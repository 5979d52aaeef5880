//! 避免违规数: one number, its interval from drawing the waves again.

use super::effect::verdict;
use super::reference::Null;
use super::result::{Headline, Outcome, Peers, Refusal, Specific, Wording};
use super::study::{DosePlan, Study};
use crate::evaluate::number::real;

/// `-τ̂·ΣD + Σ(-β̂)·dose`. The interval is that of the sum under re-draws of outcomes less both estimated effects, about its mean.
pub(super) fn headline(study: &Study, primary: &Specific) -> Headline {
    let refused = |reason: Refusal| Headline {
        averted: None,
        low: None,
        high: None,
        specific: None,
        general: None,
        n_drawn: primary.support.n_drawn,
        verdict: reason.verdict(),
        wording: Wording::Causal,
        refusal: Some(reason),
    };
    let Some(tau) = primary.itt.value else {
        return refused(primary.itt.refusal.unwrap_or(Refusal::NoOutcome));
    };
    let Some(replicates) = &study.replicates else {
        return refused(Refusal::NoRedraw);
    };
    let plan = study.contrast(Outcome::SeenForEveryone);
    let Some(first) = plan.column else {
        return refused(Refusal::NoOutcome);
    };
    let n_drawn = real(primary.support.n_drawn);
    let peers = peers(study).filter(|_| plan.knows_exposure());
    let (beta, doses, column) = peers.unwrap_or((0.0, 0.0, 0));
    let has_peers = peers.is_some();
    let sum = |row: &[f64]| {
        let mut sum = -n_drawn * (row[first] - tau * row[first + 1]);
        if has_peers {
            sum += n_drawn * beta * row[first + 2];
            sum -= doses * (row[column] - beta * row[column + 1] - tau * row[column + 2]);
        }
        (sum, 0.0)
    };
    let Some(null) = Null::mixed(replicates, sum) else {
        return refused(Refusal::NoRedraw);
    };
    let (specific, general) = (-tau * n_drawn, -beta * doses);
    let averted = specific + general;
    let interval = null.around(averted);
    Headline {
        averted: Some(averted),
        low: Some(interval.low),
        high: Some(interval.high),
        specific: Some(specific),
        general: has_peers.then_some(general),
        n_drawn: primary.support.n_drawn,
        verdict: verdict(interval),
        wording: Wording::Causal,
        refusal: (!has_peers).then_some(Refusal::NoExposure),
    }
}

/// β̂, Σ dose and the columns of the peers in the same cell.
fn peers(study: &Study) -> Option<(f64, f64, usize)> {
    let cell = |plan: &&DosePlan| plan.dose.peers == Peers::Cell;
    let plan = study.doses.iter().find(cell)?;
    let fitted = plan.fitted.as_ref()?;
    Some((fitted.beta, fitted.exposure.iter().sum(), plan.column))
}
