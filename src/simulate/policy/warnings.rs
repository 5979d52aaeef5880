//! What a reader must know before using a number of a policy.

use super::measure::Replicate;
use super::number::mean;
use crate::report::{PolicyOutcome, PolicyWarning, WarningKind};

/// Shares below this are not worth a warning.
const SHARE: f64 = 0.001;
/// A long run whose halves differ by more has not settled.
const DRIFT: f64 = 0.01;
/// Findings that rise by less than this part are not called more.
const MORE: f64 = 0.02;

impl Replicate {
    /// Whether firms that are never drawn blind its estimate.
    #[must_use]
    pub fn is_blind(&self) -> bool {
        self.blind > SHARE
    }

    /// Whether part of its visits cannot be used.
    #[must_use]
    pub fn leaves_visits(&self) -> bool {
        self.unused > SHARE
    }
}

/// Whether the long run of replicates has not settled.
#[must_use]
pub fn drifts(replicates: &[Replicate]) -> bool {
    let drift = mean(replicates.iter().map(|one| one.drift));
    drift.is_some_and(|drift| drift.abs() > DRIFT)
}

/// Whether a hit rate is above another by more than is worth a word.
#[must_use]
pub fn finds_more(own: f64, base: f64) -> bool {
    own > base * (1.0 + MORE)
}

/// The warnings of all policies, in the order of the outcomes; the first policy is the one others are held against.
pub(super) fn warnings(outcomes: &[PolicyOutcome]) -> Vec<PolicyWarning> {
    outcomes
        .iter()
        .flat_map(|one| of_one(one, outcomes))
        .collect()
}

fn of_one(one: &PolicyOutcome, all: &[PolicyOutcome]) -> Vec<PolicyWarning> {
    let warn = |kind, numbers: Vec<f64>| PolicyWarning {
        policy: one.policy.clone(),
        mode: Some(one.mode),
        kind,
        numbers,
    };
    let blind = one.ht.filter(|_| one.blind.mean > SHARE);
    let blind = blind.map(|ht| {
        let numbers = vec![one.blind.mean, ht.mean, one.violation.mean];
        warn(WarningKind::Blind, numbers)
    });
    let no_visits = one.hit_rate.is_none();
    let unused = one.unused.mean > SHARE;
    let drifts = one.drift.abs() > DRIFT;
    let first = all.iter().find(|other| other.mode == one.mode);
    let hits = first.and_then(|first| {
        let (own, base) = (one.hit_rate?.mean, first.hit_rate?.mean);
        let is_more = first.policy != one.policy && finds_more(own, base);
        let is_no_fewer = one.violation.mean >= first.violation.mean;
        let numbers = vec![own, base, one.violation.mean, first.violation.mean];
        (is_more && is_no_fewer).then(|| warn(WarningKind::HitsNotFewer, numbers))
    });
    [
        blind,
        no_visits.then(|| warn(WarningKind::NoVisits, Vec::new())),
        hits,
        unused.then(|| warn(WarningKind::Unused, vec![one.unused.mean])),
        drifts.then(|| warn(WarningKind::Drifting, vec![one.drift])),
    ]
    .into_iter()
    .flatten()
    .collect()
}
