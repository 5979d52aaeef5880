//! What a reader must know before using a number of a policy.

use crate::report::{PolicyOutcome, PolicyWarning, WarningKind};

/// Shares below this are not worth a warning.
const SHARE: f64 = 0.001;
/// A long run whose halves differ by more has not settled.
const DRIFT: f64 = 0.01;
/// Findings that rise by less than this part are not called more.
const MORE: f64 = 0.02;

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
        let is_more = first.policy != one.policy && own > base * (1.0 + MORE);
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
