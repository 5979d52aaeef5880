//! What the ledger says of one object in one round: its chance, whether it was drawn, what the visit found.

use serde::Serialize;

use super::rows::Outcome;
use super::{Error, Ledger};
use crate::units::Day;

/// One object in one drawn round.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ObjectRound {
    /// Target before cool-down, the largest of the round's target draws.
    pub p: f64,
    /// Whether a target draw drew it.
    pub drawn: bool,
    /// Whether it was visited for measurement alone.
    pub measured: bool,
    /// Whether it moved up for a target that could not be inspected.
    pub moved_up: bool,
    /// Why it could not be inspected; none where it could.
    pub unusable: Option<String>,
    /// What the visit found; none where no result was recorded.
    pub result: Option<RoundResult>,
}

/// What the visit of a round found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RoundResult {
    /// Day of the visit.
    pub inspected_on: Day,
    /// Whether something was found.
    pub found: bool,
    /// Result codes as recorded.
    pub codes: String,
    /// What a second visit found that knew nothing of the first (背靠背复查); none where nobody went twice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub second: Option<bool>,
}

impl From<Outcome> for RoundResult {
    fn from(outcome: Outcome) -> Self {
        Self {
            inspected_on: outcome.inspected_on,
            found: outcome.found,
            codes: outcome.codes,
            second: outcome.second,
        }
    }
}

impl Ledger {
    /// What a drawn round says of an object; none where its frames did not hold it.
    ///
    /// # Errors
    /// A round that is not drawn, or a table of it that is gone or was changed.
    pub fn object(&self, round: &str, object_id: &str) -> Result<Option<ObjectRound>, Error> {
        let Some(unit) = self.units(round)?.get(object_id).copied() else {
            return Ok(None);
        };
        let has_results = !self.state().round(round)?.results.is_empty();
        let outcomes = if has_results {
            self.outcomes(round)?
        } else {
            Vec::new()
        };
        let result = outcomes
            .into_iter()
            .find(|outcome| outcome.object_id == object_id);
        let unusable = self
            .unusable(round)?
            .into_iter()
            .find(|one| one.object_id == object_id);
        Ok(Some(ObjectRound {
            p: unit.p,
            drawn: unit.is_drawn,
            measured: unit.is_visited && !unit.is_drawn,
            moved_up: self.substitutes(round)?.contains(object_id),
            unusable: unusable.map(|one| one.reason),
            result: result.map(RoundResult::from),
        }))
    }
}
