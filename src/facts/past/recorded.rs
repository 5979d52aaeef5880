//! Rounds of record as past draws: frames, chances and results as the ledger has them, taken in one round at a time.

use std::collections::HashMap;

use super::Engine;
use super::engine::Member;
use super::results::RoundClasses;
use super::rows::{Row, Rows};
use super::words::Words;
use crate::evaluate::{self, Wave};
use crate::ingest::{DrawVisit, Snapshot};
use crate::ledger::{RecordedDraw, RecordedRound, RecordedUnit};
use crate::units::{Day, ObjectKey};

/// Rounds of record, in place of the table of draws.
#[derive(Clone, Debug)]
pub struct Recorded {
    as_of: Day,
    n_parts: usize,
    strata: Words,
    classes: Words,
    rows: Vec<Row>,
    visits: Vec<DrawVisit>,
    rounds: Vec<Frames>,
}

/// What drawing a round again takes.
#[derive(Clone, Debug)]
struct Frames {
    id: String,
    /// Keys of its objects, in the order of the ledger.
    keys: Vec<u64>,
    draws: Vec<RecordedDraw>,
}

impl Recorded {
    /// No round yet; those drawn before the snapshot's day will count, with results dated before it.
    #[must_use]
    pub fn new(snapshot: &Snapshot) -> Self {
        Self {
            as_of: snapshot.as_of().0,
            n_parts: snapshot.n_parts(),
            strata: Words::default(),
            classes: Words::default(),
            rows: Vec::new(),
            visits: Vec::new(),
            rounds: Vec::new(),
        }
    }

    /// Takes a round in, with the classes its objects had at its seal.
    pub fn add(&mut self, round: RecordedRound, classes: &RoundClasses, snapshot: &Snapshot) {
        if round.drawn_on >= self.as_of {
            return;
        }
        let key = |unit: &RecordedUnit| snapshot.owner(ObjectKey::of(&unit.object_id)).0;
        let keys: Vec<u64> = round.units.iter().map(key).collect();
        let strata = self.strata_of(&round);
        let draw = u32::try_from(self.rounds.len()).expect("rounds are few");
        for (at, unit) in round.units.iter().enumerate() {
            self.rows.push(Row {
                object_key: keys[at],
                draw,
                stratum: strata[at],
                class: self.classes.place(classes.label(at)),
                drawn_on: round.drawn_on.days(),
                pi: unit.pi(),
                measure_pi: unit.measure,
                drawn: unit.drawn || unit.measured,
                measured: unit.measured,
                is_measure: false,
                is_poisson: false,
            });
            self.visits
                .extend(visit(&round.id, unit, keys[at], self.as_of));
        }
        self.rounds.push(Frames {
            id: round.id,
            keys,
            draws: round.draws,
        });
    }

    /// The rounds, ready to be read partition by partition.
    #[must_use]
    pub fn sorted(mut self) -> Self {
        let part = part_of(self.n_parts);
        self.rows.sort_unstable_by_key(|row| {
            (part(row.object_key), row.object_key, row.drawn_on, row.draw)
        });
        self.visits.sort_by_key(|visit| {
            let key = visit.object_key;
            (part(key), key, visit.inspected_on)
        });
        self
    }

    /// Of every unit the strata it has in the draws for items, joined.
    fn strata_of(&mut self, round: &RecordedRound) -> Vec<u32> {
        let mut of_unit: Vec<Vec<(usize, u32)>> = vec![Vec::new(); round.units.len()];
        for (at, draw) in round
            .draws
            .iter()
            .enumerate()
            .filter(|(_, draw)| !draw.is_measure)
        {
            for member in &draw.members {
                of_unit[member.unit as usize].push((at, member.stratum));
            }
        }
        let mut known: HashMap<Vec<(usize, u32)>, u32> = HashMap::new();
        let label = |strata: &[(usize, u32)]| {
            let labels = strata.iter();
            let labels = labels.map(|&(draw, at)| round.draws[draw].strata[at as usize].as_str());
            labels.collect::<Vec<_>>().join(" + ")
        };
        let mut places = Vec::with_capacity(of_unit.len());
        for strata in of_unit {
            let place = known.get(&strata).copied();
            places.push(place.unwrap_or_else(|| {
                let place = self.strata.place(&label(&strata));
                known.insert(strata, place);
                place
            }));
        }
        places
    }

    /// Draws and visits of the objects of one partition; [`Recorded::sorted`] comes first.
    pub(super) fn part(&self, part: usize) -> (Rows, Vec<DrawVisit>) {
        let of = part_of(self.n_parts);
        let from = self.rows.partition_point(|row| of(row.object_key) < part);
        let until = self.rows.partition_point(|row| of(row.object_key) <= part);
        let visits = self.visits.iter();
        let visits = visits.filter(|visit| of(visit.object_key) == part);
        let rows = Rows {
            draws: self.rounds.iter().map(|round| round.id.clone()).collect(),
            strata: self.strata.texts.clone(),
            classes: self.classes.texts.clone(),
            entries: self.rows[from..until].to_vec(),
        };
        (rows, visits.cloned().collect())
    }

    /// The engine of a round: every draw of it, stratum by stratum.
    pub(super) fn engine(&self, wave: &Wave, seed: &[u8; 32]) -> Result<Engine, evaluate::Error> {
        let Some(round) = self.rounds.iter().find(|round| round.id == wave.id) else {
            return Engine::new(wave, false, seed);
        };
        let place = |key: u64| wave.units.binary_search_by_key(&key, |unit| unit.key).ok();
        let places: Vec<Option<usize>> = round.keys.iter().map(|&key| place(key)).collect();
        let strata = |is_measure: bool| {
            let draws = round.draws.iter();
            let draws = draws.filter(move |draw| draw.is_measure == is_measure);
            draws
                .flat_map(|draw| strata_of(draw, &places))
                .collect::<Vec<_>>()
        };
        Engine::of_strata(wave, strata(false), strata(true), seed)
    }
}

/// The partition of an object, as the snapshot parts them.
fn part_of(n_parts: usize) -> impl Fn(u64) -> usize {
    let n_parts = n_parts as u64;
    move |key| usize::try_from(key % n_parts).expect("partitions are few")
}

/// The strata of a draw with those of their members that still stand in the register.
fn strata_of<'a>(draw: &'a RecordedDraw, places: &[Option<usize>]) -> Vec<(&'a str, Vec<Member>)> {
    let labels = draw.strata.iter().map(String::as_str);
    let mut strata: Vec<(&str, Vec<Member>)> = labels.map(|label| (label, Vec::new())).collect();
    for member in &draw.members {
        if let Some(unit) = places[member.unit as usize] {
            strata[member.stratum as usize].1.push(Member {
                unit,
                pi: member.q,
                drawn: member.drawn,
            });
        }
    }
    strata
}

/// The visit to a drawn object with everybody who went, whatever their department.
fn visit(round: &str, unit: &RecordedUnit, object_key: u64, as_of: Day) -> Option<DrawVisit> {
    let visit = unit.visit.as_ref()?;
    let drawn = unit.drawn || unit.measured;
    let result = visit
        .result
        .as_ref()
        .filter(|result| drawn && result.inspected_on < as_of)?;
    let people = visit.teams.iter().flat_map(|team| &team.inspectors);
    let mut inspectors: Vec<String> = people.cloned().collect();
    inspectors.sort_unstable();
    inspectors.dedup();
    Some(DrawVisit {
        object_key,
        draw: Some(round.to_owned()),
        by_draw: true,
        inspected_on: result.inspected_on,
        visited: true,
        found: Some(result.found),
        inspectors,
    })
}
