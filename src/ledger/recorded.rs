//! A drawn round as estimators need it: the frame with everybody's realised chance in both streams, and what came back.

use std::collections::{BTreeMap, BTreeSet};

use super::object::RoundResult;
use super::probabilities::{self, MEASURE};
use super::{Error, Ledger};
use crate::units::{Day, parse_hex};

/// The weights of everybody who is taken, after replacements.
const WEIGHTS: &str = "weights.csv";

/// A drawn round.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordedRound {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Day of the draw.
    pub drawn_on: Day,
    /// 演练.
    pub rehearsal: bool,
    /// Its draws, by name.
    pub draws: Vec<RecordedDraw>,
    /// The frame, ascending by id.
    pub units: Vec<RecordedUnit>,
}

/// One draw of a round. All draws for items share the tickets of the objects; the measurement draw has its own.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordedDraw {
    /// Its name.
    pub name: String,
    /// Whether it is the measurement stream.
    pub is_measure: bool,
    /// Its strata.
    pub strata: Vec<String>,
    /// Its frame, ascending by place in [`RecordedRound::units`].
    pub members: Vec<RecordedMember>,
}

/// An object in the frame of a draw.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RecordedMember {
    /// Place in [`RecordedRound::units`].
    pub unit: usize,
    /// Place in [`RecordedDraw::strata`].
    pub stratum: usize,
    /// Inclusion probability in this draw.
    pub q: f64,
    /// Whether this draw drew it.
    pub drawn: bool,
}

/// An object of a round.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RecordedUnit {
    /// Normalised object id.
    pub object_id: String,
    /// Realised inclusion probability over all draws for items, which share tickets: the largest of theirs.
    pub main: f64,
    /// That of the measurement draw; 0 where there is none.
    pub measure: f64,
    /// Whether a draw for an item drew it.
    pub drawn: bool,
    /// Whether the measurement draw did.
    pub measured: bool,
    /// Whether it moved up for a target that could not be inspected.
    pub moved_up: bool,
    /// Why it could not be inspected.
    pub unusable: Option<String>,
    /// Where targets were replaced: the probability θ(c) with which it was taken in the end, over all draws for items.
    pub taken: Option<f64>,
    /// What the visit found.
    pub result: Option<RoundResult>,
}

impl RecordedUnit {
    /// π with which the round drew it: 1-(1-π₁)(1-π₂) of two streams.
    #[must_use]
    pub fn pi(&self) -> f64 {
        union(self.main, self.measure)
    }

    /// π with which it was taken in the end, moving up included.
    #[must_use]
    pub fn pi_taken(&self) -> f64 {
        union(self.taken.unwrap_or(self.main), self.measure)
    }

    /// Whether it is to be visited: drawn by either stream, or moved up.
    #[must_use]
    pub fn is_taken(&self) -> bool {
        self.drawn || self.measured || self.moved_up
    }
}

fn union(main: f64, measure: f64) -> f64 {
    if measure <= 0.0 {
        main
    } else {
        1.0 - (1.0 - main) * (1.0 - measure)
    }
}

impl Ledger {
    /// A drawn round with its frame, replacements and results.
    ///
    /// # Errors
    /// A round that is not drawn; a table of it that is gone, was changed, or names no strata.
    pub fn recorded(&self, round: &str) -> Result<RecordedRound, Error> {
        let drawn_on = self.drawn_on(round)?;
        let seal = &self.state().round(round)?.seal;
        let (path, name) = self.probabilities(round)?;
        let rows = probabilities::strata(&path);
        let rows = rows.map_err(|reason| Error::Probabilities { path: name, reason })?;
        let mut found = RecordedRound {
            id: round.to_owned(),
            title: seal.title.clone(),
            drawn_on,
            rehearsal: seal.rehearsal,
            draws: Vec::new(),
            units: units_of(&rows),
        };
        found.draws = draws_of(&rows, &found.units);
        for draw in &found.draws {
            for member in &draw.members {
                let unit = &mut found.units[member.unit];
                if draw.is_measure {
                    unit.measure = unit.measure.max(member.q);
                    unit.measured |= member.drawn;
                } else {
                    unit.main = unit.main.max(member.q);
                    unit.drawn |= member.drawn;
                }
            }
        }
        self.complete(round, &mut found.units)?;
        Ok(found)
    }

    /// Replacements and results of a round.
    fn complete(&self, round: &str, units: &mut [RecordedUnit]) -> Result<(), Error> {
        let moved_up = self.substitutes(round)?;
        let taken = self.taken(round)?;
        let unusable = self.unusable(round)?.into_iter();
        let mut unusable: BTreeMap<String, String> =
            unusable.map(|one| (one.object_id, one.reason)).collect();
        let outcomes = self.outcomes(round)?.into_iter();
        let mut results: BTreeMap<String, RoundResult> = outcomes
            .map(|outcome| {
                let result = RoundResult {
                    inspected_on: outcome.inspected_on,
                    found: outcome.found,
                    codes: outcome.codes,
                };
                (outcome.object_id, result)
            })
            .collect();
        for unit in units {
            unit.moved_up = moved_up.contains(&unit.object_id);
            unit.taken = taken.get(&unit.object_id).copied();
            unit.unusable = unusable.remove(&unit.object_id);
            unit.result = results.remove(&unit.object_id);
        }
        Ok(())
    }

    /// θ(c) of everybody who was taken after the last replacement, the largest of the draws for items.
    fn taken(&self, round: &str) -> Result<BTreeMap<String, f64>, Error> {
        let mut taken: BTreeMap<String, f64> = BTreeMap::new();
        let Some((line, body)) = self.state().round(round)?.unusable.last() else {
            return Ok(taken);
        };
        let bytes = self.table(*line, &body.files, WEIGHTS)?.unwrap_or_default();
        let broken = |reason: String| Error::Probabilities {
            path: WEIGHTS.to_owned(),
            reason,
        };
        for row in csv::Reader::from_reader(bytes.as_slice()).records() {
            let row = row.map_err(|error| broken(error.to_string()))?;
            let cell = |at: usize| row.get(at).unwrap_or_default();
            if cell(1) == MEASURE {
                continue;
            }
            let weight = parse_hex(cell(4)).filter(|weight| *weight >= 1.0);
            let no_weight = || broken(format!("{}: {:?} is no weight", cell(0), cell(4)));
            let theta = 1.0 / weight.ok_or_else(no_weight)?;
            let known = taken.entry(cell(0).to_owned()).or_default();
            *known = known.max(theta);
        }
        Ok(taken)
    }
}

fn units_of(rows: &[probabilities::Row]) -> Vec<RecordedUnit> {
    let ids: BTreeSet<&str> = rows.iter().map(|row| row.object_id.as_str()).collect();
    let unit = |id: &str| RecordedUnit {
        object_id: id.to_owned(),
        ..RecordedUnit::default()
    };
    ids.into_iter().map(unit).collect()
}

fn draws_of(rows: &[probabilities::Row], units: &[RecordedUnit]) -> Vec<RecordedDraw> {
    let mut by_name: BTreeMap<&str, Vec<&probabilities::Row>> = BTreeMap::new();
    for row in rows {
        by_name.entry(&row.draw).or_default().push(row);
    }
    let draw = |(name, rows): (&str, Vec<&probabilities::Row>)| {
        let strata: BTreeSet<&str> = rows.iter().map(|row| row.stratum.as_str()).collect();
        let strata: Vec<&str> = strata.into_iter().collect();
        let mut members: Vec<RecordedMember> = rows
            .into_iter()
            .map(|row| RecordedMember {
                unit: units.partition_point(|unit| unit.object_id < row.object_id),
                stratum: strata.partition_point(|label| *label < row.stratum.as_str()),
                q: row.q,
                drawn: row.drawn,
            })
            .collect();
        members.sort_unstable_by_key(|member| member.unit);
        RecordedDraw {
            name: name.to_owned(),
            is_measure: name == MEASURE,
            strata: strata.into_iter().map(str::to_owned).collect(),
            members,
        }
    };
    by_name.into_iter().map(draw).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_streams_join_and_a_replacement_changes_the_first_alone() {
        let unit = RecordedUnit {
            main: 0.2,
            measure: 0.1,
            taken: Some(0.25),
            ..RecordedUnit::default()
        };
        assert!((unit.pi() - 0.28).abs() < 1e-15);
        assert!((unit.pi_taken() - 0.325).abs() < 1e-15);
        let alone = RecordedUnit {
            main: 0.2,
            ..RecordedUnit::default()
        };
        assert!((alone.pi() - 0.2).abs() < 1e-15);
    }
}
