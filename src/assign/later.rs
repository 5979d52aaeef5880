//! Teams for targets that move up later: what the round's earlier teams took is taken.

use std::collections::BTreeMap;

use super::{Assignments, Load, ValidParams};
use crate::registers::{Absence, InspectorRegister};
use crate::units::Day;

/// Settings and register for one more batch of visits in the same round. Whoever's day or round is full stays away; the others
/// make one visit a day at most, and the floor is not asked again, so that the settings hold over all batches together.
#[must_use]
pub fn after(
    params: &ValidParams,
    register: &InspectorRegister,
    before: &[&Assignments],
    (first, last): (Day, Day),
) -> (ValidParams, InspectorRegister) {
    let mut later = params.clone();
    later.visits_per_day_max = 1;
    let mut away = busy(before, params.visits_per_day_max);
    let mut room = None;
    if let Some(ceiling) = params.load.ceiling {
        let loads = loads(before);
        let full = loads.iter().filter(|(_, n)| **n >= ceiling);
        away.extend(full.map(|(id, _)| absence(id, first, last)));
        let left = loads.values().filter(|n| **n < ceiling).max();
        room = Some(ceiling - left.copied().unwrap_or(0));
    }
    later.load = Load {
        floor: 0,
        ceiling: room,
    };
    (later, register.with_absences(away))
}

/// The register, its inspectors away on days on which they have at least `n` visits of `others`.
#[must_use]
pub fn beside(register: &InspectorRegister, others: &[&Assignments], n: u32) -> InspectorRegister {
    register.with_absences(busy(others, n))
}

fn busy(batches: &[&Assignments], n: u32) -> Vec<Absence> {
    let mut days: BTreeMap<(&str, Day), u32> = BTreeMap::new();
    for row in batches.iter().flat_map(|batch| &batch.rows) {
        for id in row.team() {
            *days.entry((id, row.day)).or_default() += 1;
        }
    }
    let full = days.into_iter().filter(|(_, visits)| *visits >= n);
    full.map(|((id, day), _)| absence(id, day, day)).collect()
}

fn loads(batches: &[&Assignments]) -> BTreeMap<String, u32> {
    let mut loads = BTreeMap::new();
    for batch in batches {
        for (id, n) in batch.loads() {
            *loads.entry(id.to_owned()).or_default() += n;
        }
    }
    loads
}

fn absence(inspector_id: &str, from: Day, to: Day) -> Absence {
    Absence {
        inspector_id: inspector_id.to_owned(),
        from,
        to,
    }
}
