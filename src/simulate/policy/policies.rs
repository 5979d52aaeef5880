//! The rules of policies, and of what a world may take of memory.

use std::collections::BTreeSet;

use super::checked::{Problems, per_tier, transition};
use super::params::{Design, Params, Policy};

/// Most bytes one replicate and all records may take: 2 GiB.
const BYTES_MAX: u64 = 2 << 30;
/// Bytes of a firm while it is simulated, with its share of all helpers.
const FIRM_BYTES: u64 = 112;
/// Bytes of one period of one run, and of one class in it.
const PERIOD_BYTES: u64 = 96;
const TIER_BYTES: u64 = 40;

/// Every policy.
pub(super) fn policies(params: &Params, found: &mut Problems) {
    found.require(
        !params.policy.is_empty(),
        "policy",
        0,
        "must name at least one",
    );
    let mut seen = BTreeSet::new();
    for (i, policy) in params.policy.iter().enumerate() {
        let is_new = !policy.name.trim().is_empty() && seen.insert(&policy.name);
        let shown = format!("{:?}", policy.name);
        let rule = "names must differ and not be empty";
        found.require(is_new, format!("policy.{i}.name"), shown, rule);
        one_policy(params, policy, found);
        if let Some(own) = &policy.transition {
            transition(
                params,
                &format!("policy.{}.transition", policy.name),
                own,
                found,
            );
        }
    }
}

fn one_policy(params: &Params, policy: &Policy, found: &mut Problems) {
    let key = |end: &str| format!("policy.{}.{end}", policy.name);
    match (&policy.multiplier, &policy.probability) {
        (Some(multiplier), None) => {
            let fits = multiplier.len() == params.tier.len()
                && multiplier.iter().all(|m| m.is_finite() && *m >= 0.0)
                && multiplier.iter().any(|&m| m > 0.0);
            let rule = "must have one value per class, none negative, not all 0";
            let shown = format!("{multiplier:?}");
            found.require(fits, key("multiplier"), shown, rule);
            bounds(params, policy, found);
        }
        (None, Some(probability)) => {
            per_tier(params, &key("probability"), probability, found);
            let rule = "pareto draws as many as the budget says: name multipliers";
            let is_free = params.design == Design::Poisson;
            found.require(is_free, key("probability"), "pareto", rule);
        }
        (both, _) => {
            let shown = if both.is_some() { "both" } else { "neither" };
            let rule = "name either multiplier or probability";
            found.require(false, key("multiplier"), shown, rule);
        }
    }
}

fn bounds(params: &Params, policy: &Policy, found: &mut Problems) {
    let (floor, cap) = (policy.floor, policy.cap);
    let key = |end: &str| format!("policy.{}.{end}", policy.name);
    let ordered = 0.0 <= floor && floor <= cap && cap <= 1.0 && cap > 0.0;
    let shown = format!("{floor} and {cap}");
    let rule = "0 <= floor <= cap <= 1 and cap > 0 must hold";
    found.require(ordered, key("floor and cap"), shown, rule);
    found.require(
        params.budget <= cap,
        key("cap"),
        cap,
        "the budget lies above the cap: no probabilities sum to it",
    );
    found.require(
        params.budget >= floor,
        key("floor"),
        floor,
        "the budget lies below the floor: no probabilities sum to it",
    );
}

/// Bytes of one replicate and of all records.
fn bytes(params: &Params) -> u64 {
    let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
    let grid = params
        .foresight
        .as_ref()
        .map_or(0, |foresight| count(foresight.grid));
    let unvisited = params.transition.unvisited.as_ref();
    let states =
        count(params.tier.len()) * unvisited.map_or(1, |unvisited| u64::from(unvisited.after));
    let runs = count(params.policy.len())
        .saturating_mul(count(params.modes.len()))
        .saturating_mul(u64::from(params.replicates));
    let period = PERIOD_BYTES + TIER_BYTES * count(params.tier.len());
    let records = runs
        .saturating_mul(u64::from(params.periods))
        .saturating_mul(period);
    let solved = grid.saturating_mul(states).saturating_mul(16);
    let firms = params.firms.count.saturating_mul(FIRM_BYTES);
    firms.saturating_add(records).saturating_add(solved)
}

/// The bound on memory.
pub(super) fn memory(params: &Params, found: &mut Problems) {
    let bytes = bytes(params);
    found.require(
        bytes <= BYTES_MAX,
        "firms.count",
        params.firms.count,
        &format!(
            "one replicate and all records would take {} MiB, the bound is {} MiB: fewer firms, periods or replicates",
            bytes >> 20,
            BYTES_MAX >> 20
        ),
    );
}
