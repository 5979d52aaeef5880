//! A drawn round as estimators need it: the frame with everybody's realised chance in both streams, and what became of the drawn.
//!
//! All draws for items share an object's ticket u. Given the tickets of all others, a draw takes the object exactly if u lies below
//! that draw's θ(c) (Rosén 1997; Duffield, Lund and Thorup 2007). So any of them takes it exactly if u lies below the largest: the
//! largest θ(c) *is* the chance that any did. Of draws that did not take it θ(c) is at most u, so the largest of those that did is
//! the largest of all. Where a draw of the round has no reserve it keeps its realised probability in place of θ(c), and that holds
//! but nearly. The measurement draw has tickets of its own and joins by 1-(1-π₁)(1-π₂).

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::object::RoundResult;
use super::probabilities::{self, MEASURE, Row};
use super::teams::RecordedTeam;
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
#[derive(Clone, Debug, Default, PartialEq)]
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
    pub unit: u32,
    /// Place in [`RecordedDraw::strata`].
    pub stratum: u32,
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
    /// Realised inclusion probability over all draws for items: the largest of theirs. In frames of several items it is the least
    /// it can be, since thresholds of two draws do not move together wholly.
    pub main: f64,
    /// That of the measurement draw; 0 where there is none.
    pub measure: f64,
    /// Whether a draw for an item drew it.
    pub drawn: bool,
    /// Whether the measurement draw did.
    pub measured: bool,
    /// What became of it; absent where nothing is on record, as of most of the frame.
    pub visit: Option<Box<RecordedVisit>>,
}

/// What became of an object that was drawn or moved up.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RecordedVisit {
    /// Whether it moved up for a target that could not be inspected.
    pub moved_up: bool,
    /// Why it could not be inspected.
    pub unusable: Option<String>,
    /// Where targets were replaced: the draws that took it in the end.
    pub taken: Vec<RecordedTaking>,
    /// What the visit found.
    pub result: Option<RoundResult>,
    /// Day on which the result, or the reason why there is none, was entered.
    pub entered_on: Option<Day>,
    /// Who went, by department.
    pub teams: Vec<RecordedTeam>,
}

/// A draw that took an object after the last replacement.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RecordedTaking {
    /// Place in [`RecordedRound::draws`].
    pub draw: usize,
    /// Whether it is the measurement stream.
    pub is_measure: bool,
    /// θ(c), the probability with which it did so, given the tickets of all others; 0 < θ ≤ 1.
    pub theta: f64,
}

impl RecordedUnit {
    /// π with which the round drew it: 1-(1-π₁)(1-π₂) of two streams.
    #[must_use]
    pub fn pi(&self) -> f64 {
        union(self.main, self.measure)
    }

    /// π with which it was taken in the end, moving up included. A stream that did not take it stands with its realised probability.
    #[must_use]
    pub fn pi_taken(&self) -> f64 {
        let main = self.theta(false).unwrap_or(self.main);
        union(main, self.theta(true).unwrap_or(self.measure))
    }

    /// The largest θ(c) of the draws of a stream that took it after a replacement.
    fn theta(&self, is_measure: bool) -> Option<f64> {
        let taken = self.visit.iter().flat_map(|visit| &visit.taken);
        let of_stream = taken.filter(|taking| taking.is_measure == is_measure);
        of_stream.map(|taking| taking.theta).reduce(f64::max)
    }

    /// Whether it is to be visited: drawn by either stream, or moved up.
    #[must_use]
    pub fn is_taken(&self) -> bool {
        self.drawn || self.measured || self.visit.as_ref().is_some_and(|visit| visit.moved_up)
    }

    /// What its visit found.
    #[must_use]
    pub fn result(&self) -> Option<&RoundResult> {
        self.visit.as_ref()?.result.as_ref()
    }

    /// Whether it could not be inspected.
    #[must_use]
    pub fn is_unusable(&self) -> bool {
        let visit = self.visit.as_ref();
        visit.is_some_and(|visit| visit.unusable.is_some() && visit.result.is_none())
    }
}

fn union(main: f64, measure: f64) -> f64 {
    if measure <= 0.0 {
        main
    } else {
        1.0 - (1.0 - main) * (1.0 - measure)
    }
}

impl RecordedRound {
    /// The place of an object in the frame.
    #[must_use]
    pub fn place(&self, object_id: &str) -> Option<usize> {
        let found = self
            .units
            .binary_search_by(|unit| unit.object_id.as_str().cmp(object_id));
        found.ok()
    }

    /// What is on record of an object of the frame, ready to be added to.
    fn visit(&mut self, object_id: &str) -> Option<&mut RecordedVisit> {
        let place = self.place(object_id)?;
        Some(self.units[place].visit.get_or_insert_default())
    }
}

impl Ledger {
    /// A drawn round with its frame, replacements, inspectors and results.
    ///
    /// # Errors
    /// A round that is not drawn; a table of it that is gone, was changed, or names no strata.
    pub fn recorded(&self, round: &str) -> Result<RecordedRound, Error> {
        let drawn_on = self.drawn_on(round)?;
        let seal = &self.state().round(round)?.seal;
        let (path, name) = self.probabilities(round)?;
        let broken = |reason| Error::Probabilities { path: name, reason };
        let (units, draws) = Frame::read(&path).map_err(broken)?;
        let mut found = RecordedRound {
            id: round.to_owned(),
            title: seal.title.clone(),
            drawn_on,
            rehearsal: seal.rehearsal,
            draws,
            units,
        };
        self.add_replacements(&mut found)?;
        self.add_results(&mut found)?;
        for (id, teams) in self.teams(round)? {
            if let Some(visit) = found.visit(&id) {
                visit.teams = teams;
            }
        }
        Ok(found)
    }

    fn add_replacements(&self, found: &mut RecordedRound) -> Result<(), Error> {
        let unusable = &self.state().round(&found.id)?.unusable;
        for (line, _) in unusable {
            for target in self.unusable_of(*line)? {
                if let Some(visit) = found.visit(&target.object_id) {
                    visit.unusable = Some(target.reason);
                    visit.entered_on = Some(self.day_of(*line));
                }
            }
        }
        for id in self.substitutes(&found.id)? {
            if let Some(visit) = found.visit(&id) {
                visit.moved_up = true;
            }
        }
        let Some((line, body)) = unusable.last() else {
            return Ok(());
        };
        let bytes = self.table(*line, &body.files, WEIGHTS)?;
        let broken = |reason: String| Error::Probabilities {
            path: WEIGHTS.to_owned(),
            reason,
        };
        add_weights(found, &bytes.unwrap_or_default()).map_err(broken)
    }

    fn add_results(&self, found: &mut RecordedRound) -> Result<(), Error> {
        for (outcome, entered_on) in self.entered_outcomes(&found.id)? {
            if let Some(visit) = found.visit(&outcome.object_id) {
                visit.entered_on = Some(entered_on);
                visit.result = Some(outcome.into());
            }
        }
        Ok(())
    }
}

/// Rows `object_id,draw,stratum,usable,weight` of everybody who was taken after the last replacement.
fn add_weights(found: &mut RecordedRound, bytes: &[u8]) -> Result<(), String> {
    for row in csv::Reader::from_reader(bytes).records() {
        let row = row.map_err(|error| error.to_string())?;
        let cell = |at: usize| row.get(at).unwrap_or_default();
        let weight = parse_hex(cell(4)).filter(|weight| *weight >= 1.0);
        let weight = weight.ok_or_else(|| format!("{}: {:?} is no weight", cell(0), cell(4)))?;
        let draw = found.draws.iter().position(|draw| draw.name == cell(1));
        let draw = draw.ok_or_else(|| format!("{}: {:?} is no draw", cell(0), cell(1)))?;
        if let Some(visit) = found.visit(cell(0)) {
            visit.taken.push(RecordedTaking {
                draw,
                is_measure: cell(1) == MEASURE,
                theta: 1.0 / weight,
            });
        }
    }
    Ok(())
}

/// The frames of a round on their way, labels as numbers.
struct Frame {
    units: Vec<RecordedUnit>,
    draws: BTreeMap<String, Making>,
}

/// A draw on its way: places of its strata by label, in the order they appeared.
#[derive(Default)]
struct Making {
    strata: HashMap<String, u32>,
    members: Vec<RecordedMember>,
}

impl Frame {
    /// Frame and draws of a table; it is read twice, so that texts of its rows are never all in memory.
    fn read(path: &std::path::Path) -> Result<(Vec<RecordedUnit>, Vec<RecordedDraw>), String> {
        let mut ids = BTreeSet::new();
        probabilities::each(path, |row| {
            if !ids.contains(row.object_id) {
                ids.insert(row.object_id.to_owned());
            }
        })?;
        let unit = |object_id: String| RecordedUnit {
            object_id,
            ..RecordedUnit::default()
        };
        let mut frame = Self {
            units: ids.into_iter().map(unit).collect(),
            draws: BTreeMap::new(),
        };
        probabilities::each(path, |row| frame.add(row))?;
        let draws = frame.draws.into_iter();
        let draws = draws.map(|(name, making)| making.finished(name)).collect();
        Ok((frame.units, draws))
    }

    fn add(&mut self, row: &Row) {
        let place = self
            .units
            .partition_point(|unit| unit.object_id.as_str() < row.object_id);
        let unit = &mut self.units[place];
        if row.draw == MEASURE {
            unit.measure = unit.measure.max(row.q);
            unit.measured |= row.drawn;
        } else {
            unit.main = unit.main.max(row.q);
            unit.drawn |= row.drawn;
        }
        if !self.draws.contains_key(row.draw) {
            self.draws.insert(row.draw.to_owned(), Making::default());
        }
        if let Some(draw) = self.draws.get_mut(row.draw) {
            let stratum = draw.stratum(row.stratum);
            draw.members.push(RecordedMember {
                unit: u32::try_from(place).expect("frames stay below 2^32 objects"),
                stratum,
                q: row.q,
                drawn: row.drawn,
            });
        }
    }
}

impl Making {
    fn stratum(&mut self, label: &str) -> u32 {
        if let Some(&place) = self.strata.get(label) {
            return place;
        }
        let place = u32::try_from(self.strata.len()).expect("strata are few");
        self.strata.insert(label.to_owned(), place);
        place
    }

    /// Strata by label, members by unit.
    fn finished(mut self, name: String) -> RecordedDraw {
        let mut strata: Vec<(String, u32)> = self.strata.into_iter().collect();
        strata.sort_unstable();
        let mut places = vec![0; strata.len()];
        for (place, (_, was)) in (0..).zip(&strata) {
            places[*was as usize] = place;
        }
        for member in &mut self.members {
            member.stratum = places[member.stratum as usize];
        }
        self.members.sort_unstable_by_key(|member| member.unit);
        RecordedDraw {
            is_measure: name == MEASURE,
            name,
            strata: strata.into_iter().map(|(label, _)| label).collect(),
            members: self.members,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(taken: &[(usize, bool, f64)]) -> RecordedVisit {
        let taking = |&(draw, is_measure, theta): &(usize, bool, f64)| RecordedTaking {
            draw,
            is_measure,
            theta,
        };
        RecordedVisit {
            taken: taken.iter().map(taking).collect(),
            ..RecordedVisit::default()
        }
    }

    #[test]
    fn two_streams_join_and_each_replaces_by_its_own_threshold() {
        let unit = RecordedUnit {
            main: 0.2,
            measure: 0.1,
            ..RecordedUnit::default()
        };
        assert!((unit.pi() - 0.28).abs() < 1e-15);
        assert!((unit.pi_taken() - 0.28).abs() < 1e-15);
        let pi_of = |of: &[(usize, bool, f64)]| {
            RecordedUnit {
                visit: Some(Box::new(taken(of))),
                ..unit.clone()
            }
            .pi_taken()
        };
        assert!((pi_of(&[(0, false, 0.25)]) - 0.325).abs() < 1e-15);
        assert!((pi_of(&[(2, true, 0.15)]) - 0.32).abs() < 1e-15);
        let both = [(0, false, 0.25), (1, false, 0.3), (2, true, 0.15)];
        assert!((pi_of(&both) - 0.405).abs() < 1e-15);
        let alone = RecordedUnit {
            main: 0.2,
            ..RecordedUnit::default()
        };
        assert!((alone.pi() - 0.2).abs() < 1e-15);
    }

    #[test]
    fn weights_go_to_their_draws_and_a_broken_one_is_named() {
        let draw = |name: &str| RecordedDraw {
            name: name.into(),
            is_measure: name == MEASURE,
            ..RecordedDraw::default()
        };
        let mut round = RecordedRound {
            id: "R1".into(),
            title: String::new(),
            drawn_on: Day::from_days(20_000),
            rehearsal: true,
            draws: ["SX01", "SX02", MEASURE].map(draw).to_vec(),
            units: vec![RecordedUnit {
                object_id: "A".into(),
                main: 0.2,
                ..RecordedUnit::default()
            }],
        };
        let table = |rows: &str| format!("object_id,draw,stratum,usable,weight\n{rows}\n");
        let four = crate::units::format_hex(4.0);
        let rows = format!("A,SX02,一,true,{four}\nB,SX01,一,true,{four}");
        add_weights(&mut round, table(&rows).as_bytes()).unwrap();
        let taken = &round.units[0].visit.as_ref().unwrap().taken;
        assert_eq!((taken.len(), taken[0].draw), (1, 1));
        assert!((round.units[0].pi_taken() - 0.25).abs() < 1e-15);
        for (row, said) in [
            (format!("A,SX09,一,true,{four}"), "is no draw"),
            ("A,SX01,一,true,0x1.0p-1".to_owned(), "is no weight"),
        ] {
            let error = add_weights(&mut round, table(&row).as_bytes()).unwrap_err();
            assert!(error.contains(said), "{error}");
        }
    }
}
