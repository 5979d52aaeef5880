//! Districts by whether a list could reach them.

use std::collections::BTreeSet;

use serde::Serialize;

use super::crosstab::Crosstab;
use super::input::whole;

/// Whether a draw could reach a district.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// No start among the first ⌊N/n⌋ places reaches any object of the district.
    Never,
    /// No such start reaches some of its objects.
    PartlyNever,
    /// A draw of whom to leave out reaches none of its objects: all are certain to be drawn.
    Always,
    /// Some of its objects are certain to be drawn.
    PartlyAlways,
    /// It was within reach, yet nobody was drawn, against chance.
    LeftOut,
}

/// One such district.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Reached {
    /// Its name.
    pub district: String,
    /// Its objects.
    pub n_objects: u32,
    /// Of these, how many no start reaches.
    pub n_unreachable: u32,
    /// Whether the draw could reach it.
    pub reach: Reach,
    /// Where nobody of it was drawn: the chance of that in a draw of the declared design.
    pub chance_of_none: Option<f64>,
}

/// Districts from which nobody was drawn.
pub(super) struct Missed {
    pub(super) groups: BTreeSet<usize>,
    /// Whether there are more of them than chance leaves.
    pub(super) is_odd: bool,
}

/// Districts with unreachable objects, then those left out, each in the order of their names.
pub(super) fn reached(
    district: &Crosstab,
    unreachable: &[u32],
    missed: &Missed,
    inverted: bool,
    sizes_drawn: &[Vec<u32>],
) -> Vec<Reached> {
    let unreachable: BTreeSet<u32> = unreachable.iter().copied().collect();
    let judged = |group: usize| {
        let n_objects = district.sizes[group];
        let blind = district
            .objects(group)
            .filter(|object| unreachable.contains(object));
        let n_unreachable = whole(blind.count());
        let reach = match (n_unreachable, inverted) {
            (0, _) if missed.is_odd && missed.groups.contains(&group) => Reach::LeftOut,
            (0, _) => return None,
            (n, true) if n == n_objects => Reach::Always,
            (n, false) if n == n_objects => Reach::Never,
            (_, true) => Reach::PartlyAlways,
            (_, false) => Reach::PartlyNever,
        };
        Some(Reached {
            district: district.names[group].clone(),
            n_objects,
            n_unreachable,
            reach,
            chance_of_none: missed
                .groups
                .contains(&group)
                .then(|| district.chance_of_none(group, sizes_drawn)),
        })
    };
    let mut all: Vec<Reached> = (0..district.names.len()).filter_map(judged).collect();
    all.sort_by_key(|one| one.reach == Reach::LeftOut);
    all
}
