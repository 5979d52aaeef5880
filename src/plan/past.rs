//! What past rounds say of an object, as a value: the ledger keeps it, a door hands it in.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Past rounds by object.
pub trait Past: Sync {
    /// What past rounds say of the object with the normalised id `object_id`; none where no round knew it.
    fn of(&self, object_id: &str) -> Option<PastObject>;
}

/// One object's past.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PastObject {
    /// Rounds whose frame held it, newest first, without a gap: a round that did not hold it stands with `p` = 0.
    pub rounds: Vec<PastRound>,
    /// Visits it has had in the calendar year of the round, all departments together.
    pub visits_this_year: u32,
    /// Whether a visit is ordered and not yet made, so that another item can join it.
    pub has_open_visit: bool,
}

/// One object in one past round.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PastRound {
    /// Target before cool-down, 0 ..= 1: the largest of the round's target draws.
    pub p: f64,
    /// Whether a target draw drew it.
    pub drawn: bool,
    /// Whether the visit found something.
    pub found: bool,
}

/// No past at all: the first round, or a rehearsal without a ledger.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoPast;

impl Past for NoPast {
    fn of(&self, _: &str) -> Option<PastObject> {
        None
    }
}

impl Past for BTreeMap<String, PastObject> {
    fn of(&self, object_id: &str) -> Option<PastObject> {
        self.get(object_id).cloned()
    }
}
