//! What the ledger's rounds say of every object: chances and findings of past draws, and this year's visits, as a value.

use std::collections::{BTreeMap, BTreeSet};

use super::entry::Draw;
use super::state::Round;
use super::{Error, Ledger};
use crate::units::{Moment, format_hex};

/// Past rounds and this year's visits, by object. The same ledger gives the same bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct History {
    year: i32,
    objects: BTreeMap<String, ObjectHistory>,
}

/// One object's past.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ObjectHistory {
    /// Drawn rounds, newest first, without a gap: a round whose frames did not hold the object stands with `p` = 0.
    pub rounds: Vec<RoundHistory>,
    /// Visits in the calendar year, all departments together: made, or drawn this year and not yet made.
    pub visits_this_year: u32,
    /// Whether a visit was drawn this year and has no result yet.
    pub has_open_visit: bool,
}

/// One object in one past round.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct RoundHistory {
    /// Target before cool-down, 0 ..= 1: the largest of the round's target draws.
    pub p: f64,
    /// Whether a target draw drew it.
    pub drawn: bool,
    /// Whether the visit found something.
    pub found: bool,
}

impl History {
    /// The calendar year whose visits count.
    #[must_use]
    pub fn year(&self) -> i32 {
        self.year
    }

    /// What is known of an object; none where no round and no visit knew it.
    #[must_use]
    pub fn of(&self, object_id: &str) -> Option<&ObjectHistory> {
        self.objects.get(object_id)
    }

    /// Every object with a past, ascending by id.
    pub fn objects(&self) -> impl Iterator<Item = (&str, &ObjectHistory)> {
        self.objects.iter().map(|(id, past)| (id.as_str(), past))
    }

    /// The table a seal commits: `object_id,visits_YEAR,open_visit,rounds`, ascending by id; the rounds newest first, joined by
    /// `;`, each `p:drawn:found` with `p` as a hexadecimal float.
    #[must_use]
    pub fn to_csv(&self) -> Vec<u8> {
        const MEMORY: &str = "memory takes every row";
        let bit = |is: bool| if is { "1" } else { "0" };
        let mut writer = csv::Writer::from_writer(Vec::new());
        let visits = format!("visits_{}", self.year);
        let header = ["object_id", &visits, "open_visit", "rounds"];
        writer.write_record(header).expect(MEMORY);
        for (id, past) in &self.objects {
            let rounds: Vec<String> = past
                .rounds
                .iter()
                .map(|r| format!("{}:{}:{}", format_hex(r.p), bit(r.drawn), bit(r.found)))
                .collect();
            let visits = past.visits_this_year.to_string();
            let row = [
                id,
                visits.as_str(),
                bit(past.has_open_visit),
                &rounds.join(";"),
            ];
            writer.write_record(row).expect(MEMORY);
        }
        writer.into_inner().expect(MEMORY)
    }

    fn at(&mut self, id: &str) -> &mut ObjectHistory {
        self.objects.entry(id.to_owned()).or_default()
    }
}

impl Ledger {
    /// What the rounds drawn so far say of every object, the newest `rounds_max` of them, and the visits of `year`. A round that
    /// was drawn again counts with the visits that were made, not with its draw; nor does `superseding`, the round that is about
    /// to be drawn again.
    ///
    /// # Errors
    /// When a table the ledger names is gone or was changed.
    pub fn history(
        &self,
        year: i32,
        rounds_max: usize,
        superseding: Option<&str>,
    ) -> Result<History, Error> {
        let mut history = History {
            year,
            objects: BTreeMap::new(),
        };
        let mut n_newer = 0;
        for round in self.state().rounds().iter().rev() {
            let Some((at, draw)) = round.draw() else {
                continue;
            };
            let counts = round.superseded_by.is_none() && superseding != Some(&draw.round);
            let place = (counts && n_newer < rounds_max).then_some(n_newer);
            let open = counts && at.day().year() == year;
            self.add_round(&mut history, round, (at, draw), place, open)?;
            n_newer += usize::from(counts);
        }
        for visit in self.external_visits()? {
            if visit.inspected_on.year() == year {
                history.at(&visit.object_id).visits_this_year += 1;
            }
        }
        history.objects.retain(|_, past| {
            !past.rounds.is_empty() || past.visits_this_year > 0 || past.has_open_visit
        });
        Ok(history)
    }

    /// `place` is the round's place among those that count; `open` says whether its visits without a result are open.
    fn add_round(
        &self,
        history: &mut History,
        round: &Round,
        (_, draw): (Moment, &Draw),
        place: Option<usize>,
        open: bool,
    ) -> Result<(), Error> {
        let outcomes = if round.results.is_empty() {
            Vec::new()
        } else {
            self.outcomes(&draw.round)?
        };
        for outcome in &outcomes {
            if outcome.inspected_on.year() == history.year {
                history.at(&outcome.object_id).visits_this_year += 1;
            }
        }
        if place.is_none() && !open {
            return Ok(());
        }
        let visited: BTreeSet<&str> = outcomes.iter().map(|o| o.object_id.as_str()).collect();
        let found: BTreeSet<&str> = outcomes
            .iter()
            .filter(|outcome| outcome.found)
            .map(|outcome| outcome.object_id.as_str())
            .collect();
        let moved_up = self.substitutes(&draw.round)?;
        let unusable = self.unusable(&draw.round)?;
        let unusable: BTreeSet<&str> = unusable.iter().map(|one| one.object_id.as_str()).collect();
        for (id, unit) in self.units(&draw.round)? {
            let is_up = moved_up.contains(&id);
            let past = history.at(&id);
            if let Some(place) = place {
                past.rounds.resize(place, RoundHistory::default());
                past.rounds.push(RoundHistory {
                    p: unit.p,
                    drawn: unit.is_drawn || is_up,
                    found: found.contains(id.as_str()),
                });
            }
            let is_due = (unit.is_visited || is_up) && !unusable.contains(id.as_str());
            if open && is_due && !visited.contains(id.as_str()) {
                past.visits_this_year += 1;
                past.has_open_visit = true;
            }
        }
        Ok(())
    }
}
