//! How a world's declared parameters compare with effects that were measured elsewhere.

use super::PolicyWorld;
use super::number::mean;
use super::probe::Effects;
use crate::report::{PolicyMode, Target, TargetKind};

/// Levine, Toffel and Johnson (Science 2012): −9.4 %, interval −17.7 to −2.1 %; Johnson, Levine and Toffel (2023): −9 %.
const OWN: (f64, f64, f64) = (-0.09, -0.177, -0.021);
/// Air districts (J. Regul. Econ. 2016): −2.7 % per visit; half to double of it counts as met.
const PEER: (f64, f64, f64) = (-0.027, -0.054, -0.0135);
/// Johnson (AER 2020): −73 % within 5 km; within a quarter of it counts as met.
const NEAR: (f64, f64, f64) = (-0.73, -0.92, -0.54);
/// The same: seen up to 50 km; half to double of it counts as met.
const REACH: (f64, f64, f64) = (50.0, 25.0, 100.0);

/// What the first policy's replicates under a mode say of every target; none for policies that were not watched.
pub(super) fn targets(world: &PolicyWorld, mode: PolicyMode, effects: &[&Effects]) -> Vec<Target> {
    if effects.is_empty() {
        return Vec::new();
    }
    let over = |of: &dyn Fn(&Effects) -> Option<f64>| mean(effects.iter().filter_map(|e| of(e)));
    let cell_km = world
        .params
        .publicity
        .as_ref()
        .map(|publicity| publicity.cell_km);
    let near = over(&|effects| effects.near(cell_km?));
    let reach = over(&|effects| effects.reach(cell_km?));
    let all = [
        (TargetKind::OwnVisit, over(&|effects| effects.own), OWN),
        (TargetKind::PeerVisit, over(&|effects| effects.peers), PEER),
        (TargetKind::PublicityNear, near, NEAR),
        (TargetKind::PublicityReach, reach, REACH),
    ];
    let target =
        |(kind, value, (target, low, high)): (TargetKind, Option<f64>, (f64, f64, f64))| Target {
            kind,
            mode,
            value,
            target,
            low,
            high,
            is_met: value.is_some_and(|value| (low..=high).contains(&value)),
        };
    all.into_iter().map(target).collect()
}
