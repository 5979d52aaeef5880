//! Replacement of dead targets by threshold key: the next usable unit moves up, and the weights follow the key it moved past.
//!
//! Of the units of a stratum in the order of their keys, all before the (n+1)-th usable one are taken. Whether a unit is
//! taken depends on its own key and on a threshold the other units set, so that 1/θ(c) is an unbiased weight, where
//! θ(c) = P(key < c) and c is the threshold (conditioning on the others' keys: Rosén 1997; Duffield, Lund & Thorup 2007).
//! Weights 1/π of the draw itself are biased as soon as anybody is replaced.

use std::collections::BTreeSet;

use super::{SampledUnit, StratumSample};
use crate::plan::StratumPlan;

/// What becomes of one stratum's draw once some of its targets have proved unusable.
#[derive(Clone, Debug, PartialEq)]
pub struct Replacement {
    /// c, the threshold key; none where every unit of the stratum is taken, or the plan has no reserve to replace from.
    pub threshold: Option<f64>,
    /// All taken units: take-all, then by key. Unusable ones stay in, with their own result and weight.
    pub taken: Vec<Taken>,
    /// The usable reserves among them, in the order they move up.
    pub substitutes: Vec<SampledUnit>,
    /// Published where the reserve is too short.
    pub shortfall: Option<Shortfall>,
}

/// A unit that counts, and for how many it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Taken {
    /// The unit.
    pub unit: SampledUnit,
    /// Whether it can be inspected.
    pub usable: bool,
    /// 1/θ(c), at least 1; exactly 1 for take-all units.
    pub weight: f64,
}

/// Targets that could not be replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shortfall {
    /// Label of the stratum.
    pub stratum: String,
    /// Usable take-some targets that are missing.
    pub n: u64,
}

/// Replaces the units of `sample` that are in `unusable` (ids of drawn or reserve units, take-all units too: nobody
/// replaces those). With a reserve, weights follow the threshold whether or not anybody is unusable: which weights are
/// used must not depend on what was met. Without one nobody is replaced and weights are 1/π.
///
/// A reserve that ends before the (n+1)-th usable unit sets the threshold itself: its last unit is not taken, and the
/// shortfall says how many are missing.
#[must_use]
pub fn replace(
    plan: &StratumPlan,
    sample: &StratumSample,
    unusable: &BTreeSet<String>,
) -> Replacement {
    let is_usable = |unit: &SampledUnit| !unusable.contains(&unit.id);
    let ranked: Vec<&SampledUnit> = sample.take_some.iter().chain(&sample.reserve).collect();
    let n = sample.take_some.len();
    let end = end_of_taken(plan, sample, &ranked, is_usable);
    let threshold = ranked.get(end).map(|unit| unit.key);
    let weight = |unit: &SampledUnit| match threshold {
        Some(c) => 1.0 / passing(plan, unit, c),
        None if sample.reserve.is_empty() => 1.0 / target(plan, unit),
        None => 1.0,
    };
    let taken = |unit: &SampledUnit, weight| Taken {
        unit: unit.clone(),
        usable: is_usable(unit),
        weight,
    };
    let certain = sample.take_all.iter().map(|unit| taken(unit, 1.0));
    let by_key = ranked[..end].iter().map(|unit| taken(unit, weight(unit)));
    let n_usable = ranked[..end].iter().filter(|unit| is_usable(unit)).count();
    let reserves = ranked[n.min(end)..end].iter();
    let missing = n.saturating_sub(n_usable) as u64;
    Replacement {
        threshold,
        taken: certain.chain(by_key).collect(),
        substitutes: reserves
            .filter(|unit| is_usable(unit))
            .map(|&unit| unit.clone())
            .collect(),
        shortfall: (missing > 0).then(|| Shortfall {
            stratum: plan.label.clone(),
            n: missing,
        }),
    }
}

/// How many of the ranked units are taken.
fn end_of_taken(
    plan: &StratumPlan,
    sample: &StratumSample,
    ranked: &[&SampledUnit],
    is_usable: impl Fn(&SampledUnit) -> bool,
) -> usize {
    let n = sample.take_some.len();
    let mut usable = ranked
        .iter()
        .enumerate()
        .filter(|(_, unit)| is_usable(unit));
    let is_whole = ranked.len() as u64 >= plan.n_units - plan.n_take_all();
    match usable.nth(n) {
        _ if sample.reserve.is_empty() => ranked.len(),
        Some((place, _)) => place,
        None if is_whole => ranked.len(),
        None => ranked.len() - 1,
    }
}

/// θ(c) = c·o/(1 + c·o), o = λ/(1-λ): the probability that the unit's key lies below `c`.
fn passing(plan: &StratumPlan, unit: &SampledUnit, c: f64) -> f64 {
    let lambda = plan.level(unit.size).and_then(|level| level.lambda);
    lambda.map_or(1.0, |lambda| {
        let passed = c * (lambda / (1.0 - lambda));
        passed / (1.0 + passed)
    })
}

fn target(plan: &StratumPlan, unit: &SampledUnit) -> f64 {
    plan.level(unit.size).map_or(1.0, |level| level.target)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Calibration, Level};
    use crate::units::Digest;

    fn plan(n_units: u64, n: u64) -> StratumPlan {
        StratumPlan {
            label: "A".to_owned(),
            n_units,
            n,
            calibration: Calibration::EqualTargets,
            levels: vec![Level {
                size: 1,
                n_units,
                target: 0.5,
                lambda: Some(0.5),
                take_all: false,
            }],
        }
    }

    /// Units with keys 1, 2, …, the first `n` drawn, the rest in reserve.
    fn sample(ids: &[&str], n: usize) -> StratumSample {
        let unit = |(place, id): (u32, &&str)| SampledUnit {
            id: (*id).to_owned(),
            stratum: 0,
            size: 1,
            key: f64::from(place),
            ticket: Digest([0; 32]),
            take_all: false,
        };
        let mut take_some: Vec<SampledUnit> = (1..).zip(ids).map(unit).collect();
        let reserve = take_some.split_off(n);
        StratumSample {
            take_all: Vec::new(),
            take_some,
            reserve,
        }
    }

    fn replaced(plan: &StratumPlan, sample: &StratumSample, unusable: &[&str]) -> Replacement {
        let unusable = unusable.iter().map(|id| (*id).to_owned()).collect();
        replace(plan, sample, &unusable)
    }

    fn ids(units: &[SampledUnit]) -> Vec<&str> {
        units.iter().map(|unit| unit.id.as_str()).collect()
    }

    #[test]
    fn the_next_usable_units_move_up_and_the_dead_stay_in() {
        let sample = sample(&["a", "b", "c", "d", "e", "f"], 3);
        let found = replaced(&plan(9, 3), &sample, &["b", "d"]);
        assert_eq!(ids(&found.substitutes), ["e"]);
        assert_eq!(found.threshold, Some(6.0));
        let taken: Vec<_> = found
            .taken
            .iter()
            .map(|one| (one.unit.id.as_str(), one.usable))
            .collect();
        let expected = [
            ("a", true),
            ("b", false),
            ("c", true),
            ("d", false),
            ("e", true),
        ];
        assert_eq!(taken, expected);
        assert!(
            found
                .taken
                .iter()
                .all(|one| (one.weight - 7.0 / 6.0).abs() < 1e-12)
        );
        assert_eq!(found.shortfall, None);
    }

    #[test]
    fn a_reserve_that_is_too_short_is_a_shortfall_that_names_stratum_and_number() {
        let sample = sample(&["a", "b", "c", "d"], 3);
        let found = replaced(&plan(9, 3), &sample, &["a", "b"]);
        assert_eq!(found.threshold, Some(4.0));
        let stratum = "A".to_owned();
        assert_eq!(found.shortfall, Some(Shortfall { stratum, n: 2 }));
    }

    #[test]
    fn a_stratum_that_is_taken_whole_stands_for_itself() {
        let sample = sample(&["a", "b", "c"], 2);
        let found = replaced(&plan(3, 2), &sample, &["a"]);
        assert_eq!((found.threshold, found.shortfall), (None, None));
        assert!(
            found
                .taken
                .iter()
                .all(|one| one.weight.to_bits() == 1.0_f64.to_bits())
        );
    }

    #[test]
    fn without_a_reserve_nobody_is_replaced() {
        let sample = sample(&["a", "b"], 2);
        let found = replaced(&plan(4, 2), &sample, &["a"]);
        assert!(
            found
                .taken
                .iter()
                .all(|one| (one.weight - 2.0).abs() < 1e-12)
        );
        assert_eq!(found.shortfall.unwrap().n, 1);
    }
}
