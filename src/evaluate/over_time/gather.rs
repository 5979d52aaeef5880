//! Rows of past draws and of results to rounds: who answers which draw, and what is left out by name.
//!
//! Rows are pushed one by one; of objects that were not drawn nothing is kept but their number, so eight rounds of a million
//! objects take the memory of their visits.

use std::collections::HashMap;

use super::{RoundGroup, RoundResults, RoundUnit};
use crate::evaluate::{Answer, Error, Note, NoteKind};
use crate::units::Day;

/// The channel whose visits have a probability.
const DRAW: &str = "draw";

/// An object of a round's frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DrawRow<'a> {
    /// Name of the round.
    pub draw_id: &'a str,
    /// Day of the draw.
    pub drawn_on: Day,
    /// Internal key of the object.
    pub key: u64,
    /// Stratum of the draw; empty for none.
    pub stratum: &'a str,
    /// Class whose mix is held fixed; empty: the stratum stands in.
    pub class: &'a str,
    /// Realised inclusion probability over all streams of the round, 0 < π ≤ 1.
    pub pi: f64,
    /// Whether it was drawn.
    pub drawn: bool,
}

/// A result of a visit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResultRow<'a> {
    /// The round it answers; absent: the last round that drew the object on or before the day of the visit.
    pub draw_id: Option<&'a str>,
    /// Internal key of the object.
    pub key: u64,
    /// Why the visit was made: `draw`, or a channel without a probability.
    pub channel: &'a str,
    /// Day of the visit.
    pub inspected_on: Day,
    /// What came back.
    pub answer: Answer,
}

/// Rounds in the making.
#[derive(Debug, Default)]
pub struct Gathering {
    rounds: Vec<Making>,
    by_id: HashMap<String, usize>,
    /// Results that name no known round, or that no round drew.
    n_without_draw: u64,
    n_other_channel: u64,
}

/// Rounds, and what stayed outside of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Gathered {
    /// Rounds by day of the draw, then by name.
    pub rounds: Vec<RoundResults>,
    /// Results that belong to no round, by reason.
    pub notes: Vec<Note>,
}

#[derive(Debug)]
struct Making {
    id: String,
    drawn_on: Day,
    groups: Vec<RoundGroup>,
    group_of: HashMap<String, u32>,
    stratum_of: HashMap<String, u32>,
    drawn: HashMap<u64, RoundUnit>,
    n_without_draw: u64,
    n_other_channel: u64,
}

impl Gathering {
    /// Takes an object of a round's frame. All draws come before the first result.
    ///
    /// # Errors
    /// A probability outside (0, 1], an object drawn twice in a round, a round with two days.
    pub fn draw(&mut self, row: &DrawRow) -> Result<(), Error> {
        let at = self.round(row);
        let round = &mut self.rounds[at];
        if round.drawn_on != row.drawn_on {
            let days = format!("was drawn on {} and on {}", round.drawn_on, row.drawn_on);
            return Err(round.error(days));
        }
        if !(row.pi > 0.0 && row.pi <= 1.0) {
            return Err(round.error(format!(
                "object {} has inclusion probability {}, which must lie in (0, 1]",
                row.key, row.pi
            )));
        }
        let group = if row.class.is_empty() {
            row.stratum
        } else {
            row.class
        };
        let group = round.group(group);
        let next = u32::try_from(round.stratum_of.len()).unwrap_or(u32::MAX);
        let stratum = match round.stratum_of.get(row.stratum) {
            Some(&stratum) => stratum,
            None => *round
                .stratum_of
                .entry(row.stratum.to_owned())
                .or_insert(next),
        };
        let unit = RoundUnit {
            key: row.key,
            group,
            stratum,
            pi: row.pi,
            answer: Answer::Unvisited,
            inspected_on: None,
        };
        if row.drawn && round.drawn.insert(row.key, unit).is_some() {
            return Err(round.error(format!("object {} is drawn twice", row.key)));
        }
        Ok(())
    }

    /// Takes a result. Several results of one draw and object count as one: a finding if any is, dated by the first visit.
    ///
    /// # Errors
    /// A result dated before the draw it names.
    pub fn result(&mut self, row: &ResultRow) -> Result<(), Error> {
        let at = match row.draw_id {
            Some(id) => self.by_id.get(id).copied(),
            None => self.last_before(row),
        };
        let Some(round) = at.map(|at| &mut self.rounds[at]) else {
            *if row.channel == DRAW {
                &mut self.n_without_draw
            } else {
                &mut self.n_other_channel
            } += 1;
            return Ok(());
        };
        if row.channel != DRAW {
            round.n_other_channel += 1;
            return Ok(());
        }
        let Some(unit) = round.drawn.get_mut(&row.key) else {
            round.n_without_draw += 1;
            return Ok(());
        };
        if row.inspected_on < round.drawn_on {
            return Err(Error::BeforeDraw {
                object: row.key.to_string(),
                inspected_on: row.inspected_on,
                drawn_on: round.drawn_on,
            });
        }
        unit.answer = stronger(unit.answer, row.answer);
        let first = unit
            .inspected_on
            .map_or(row.inspected_on, |day| day.min(row.inspected_on));
        unit.inspected_on = Some(first);
        Ok(())
    }

    /// The rounds, with their units by key.
    #[must_use]
    pub fn finish(self) -> Gathered {
        let mut rounds: Vec<RoundResults> = self.rounds.into_iter().map(Making::finish).collect();
        rounds.sort_by(|a, b| (a.drawn_on, &a.id).cmp(&(b.drawn_on, &b.id)));
        let left_out = [
            (NoteKind::ResultsWithoutDraw, self.n_without_draw),
            (NoteKind::OtherChannel, self.n_other_channel),
        ];
        let notes = left_out.into_iter().filter(|(_, n)| *n > 0);
        Gathered {
            rounds,
            notes: notes
                .map(|(kind, n)| Note {
                    kind,
                    about: String::new(),
                    n,
                })
                .collect(),
        }
    }

    fn round(&mut self, row: &DrawRow) -> usize {
        if let Some(&at) = self.by_id.get(row.draw_id) {
            return at;
        }
        let at = self.rounds.len();
        self.by_id.insert(row.draw_id.to_owned(), at);
        self.rounds.push(Making {
            id: row.draw_id.to_owned(),
            drawn_on: row.drawn_on,
            groups: Vec::new(),
            group_of: HashMap::new(),
            stratum_of: HashMap::new(),
            drawn: HashMap::new(),
            n_without_draw: 0,
            n_other_channel: 0,
        });
        at
    }

    fn last_before(&self, row: &ResultRow) -> Option<usize> {
        let drew = |at: &usize| {
            let round = &self.rounds[*at];
            round.drawn_on <= row.inspected_on && round.drawn.contains_key(&row.key)
        };
        let of = |at: &usize| (self.rounds[*at].drawn_on, &self.rounds[*at].id);
        (0..self.rounds.len()).filter(drew).max_by_key(of)
    }
}

impl Making {
    /// Counts an object and names its group.
    fn group(&mut self, label: &str) -> u32 {
        let place = self.group_of.get(label).copied().unwrap_or_else(|| {
            let next = u32::try_from(self.groups.len()).unwrap_or(u32::MAX);
            self.groups.push(RoundGroup {
                label: label.to_owned(),
                n_frame: 0,
            });
            self.group_of.insert(label.to_owned(), next);
            next
        });
        if let Some(group) = self.groups.get_mut(place as usize) {
            group.n_frame += 1;
        }
        place
    }

    fn error(&self, rule: String) -> Error {
        Error::Round {
            round: self.id.clone(),
            rule,
        }
    }

    fn finish(self) -> RoundResults {
        let mut units: Vec<RoundUnit> = self.drawn.into_values().collect();
        units.sort_by_key(|unit| unit.key);
        RoundResults {
            id: self.id,
            drawn_on: self.drawn_on,
            groups: self.groups,
            units,
            n_without_draw: self.n_without_draw,
            n_other_channel: self.n_other_channel,
        }
    }
}

fn stronger(one: Answer, other: Answer) -> Answer {
    let rank = |answer: Answer| match answer {
        Answer::Unvisited => 0,
        Answer::Void => 1,
        Answer::Clean => 2,
        Answer::Hit => 3,
    };
    if rank(other) > rank(one) { other } else { one }
}
