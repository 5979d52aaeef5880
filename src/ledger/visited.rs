//! What the drawn rounds say to estimators: every object of their frames with its realised probability and what its visit found.

use std::collections::BTreeMap;

use super::{Error, Ledger};
use crate::units::Day;

/// A drawn round whose results were recorded, at least in part.
#[derive(Clone, Debug, PartialEq)]
pub struct VisitedRound {
    /// 批次编号.
    pub round: String,
    /// Day of the draw.
    pub drawn_on: Day,
    /// Objects of its frames, ascending by id.
    pub units: Vec<VisitedUnit>,
}

/// One object of a round's frames.
#[derive(Clone, Debug, PartialEq)]
pub struct VisitedUnit {
    /// Normalised object id.
    pub object_id: String,
    /// Realised probability that a draw of the round drew it, measurement included, 0 ..= 1.
    pub pi: f64,
    /// What became of it.
    pub fate: Fate,
}

/// What became of an object in a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// No draw of the round drew it. Whoever moved up for somebody else is among these: the lot did not draw it.
    NotDrawn,
    /// Drawn; no result is recorded yet.
    NoResult,
    /// Drawn; it could not be inspected (注销, 失联).
    Unusable,
    /// Drawn and visited; nothing was found.
    Clean,
    /// Drawn and visited; something was found.
    Found,
}

impl Ledger {
    /// The rounds that were drawn, were not drawn again, and have results, oldest first.
    ///
    /// # Errors
    /// When a table the ledger names is gone or was changed.
    pub fn visited_rounds(&self) -> Result<Vec<VisitedRound>, Error> {
        let rounds = self.state().rounds().iter();
        let counts =
            rounds.filter(|round| round.superseded_by.is_none() && !round.results.is_empty());
        let drawn = counts.filter_map(|round| round.draw());
        drawn
            .map(|(at, draw)| {
                Ok(VisitedRound {
                    round: draw.round.clone(),
                    drawn_on: at.day(),
                    units: self.visited_units(&draw.round)?,
                })
            })
            .collect()
    }

    fn visited_units(&self, round: &str) -> Result<Vec<VisitedUnit>, Error> {
        let mut fates: BTreeMap<String, Fate> = BTreeMap::new();
        for one in self.unusable(round)? {
            fates.insert(one.object_id, Fate::Unusable);
        }
        for outcome in self.outcomes(round)? {
            let fate = if outcome.found {
                Fate::Found
            } else {
                Fate::Clean
            };
            fates.insert(outcome.object_id, fate);
        }
        let fate = |id: &str, is_visited: bool| match fates.get(id) {
            _ if !is_visited => Fate::NotDrawn,
            None => Fate::NoResult,
            Some(&fate) => fate,
        };
        let units = self.units(round)?.into_iter();
        let units = units.map(|(object_id, unit)| VisitedUnit {
            fate: fate(&object_id, unit.is_visited),
            pi: unit.pi(),
            object_id,
        });
        Ok(units.collect())
    }
}
