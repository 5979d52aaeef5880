//! Rounds of record as past draws: frames, chances and results as the ledger has them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::Engine;
use super::engine::Member;
use crate::evaluate::{self, Answer, RoundGroup, RoundResults, RoundUnit, Wave};
use crate::ingest::{DrawVisit, PastDraw, PastDraws, Snapshot};
use crate::ledger::{RecordedDraw, RecordedRound, RecordedUnit};
use crate::units::{Day, ObjectKey};

/// Rounds of record, in place of the table of draws.
#[derive(Clone, Debug, Default)]
pub struct Recorded {
    draws: PastDraws,
    visits: Vec<DrawVisit>,
    rounds: Vec<RecordedRound>,
    /// Keys of the objects of each round, parallel to its units.
    keys: Vec<Vec<u64>>,
}

impl Recorded {
    /// The rounds drawn before the snapshot's day, whose results count as far as they are dated before it.
    #[must_use]
    pub fn new(rounds: Vec<RecordedRound>, snapshot: &Snapshot) -> Self {
        let as_of = snapshot.as_of().0;
        let earlier = rounds.into_iter().filter(|round| round.drawn_on < as_of);
        let mut recorded = Self {
            rounds: earlier.collect(),
            ..Self::default()
        };
        for (draw, round) in (0..).zip(&recorded.rounds) {
            let key = |unit: &RecordedUnit| snapshot.owner(ObjectKey::of(&unit.object_id)).0;
            let keys: Vec<u64> = round.units.iter().map(key).collect();
            let labels = labels(round);
            recorded.draws.draws.push(round.id.clone());
            for ((unit, &object_key), label) in round.units.iter().zip(&keys).zip(labels) {
                recorded.draws.rows.push(PastDraw {
                    object_key,
                    draw,
                    drawn_on: round.drawn_on,
                    stratum: place(&mut recorded.draws.strata, label),
                    pi: unit.pi(),
                    drawn: unit.drawn || unit.measured,
                    measure: false,
                    poisson: false,
                });
                recorded
                    .visits
                    .extend(visit(round, unit, object_key, as_of));
            }
            recorded.keys.push(keys);
        }
        let rows = &mut recorded.draws.rows;
        rows.sort_unstable_by_key(|row| (row.object_key, row.drawn_on, row.draw));
        let visits = &mut recorded.visits;
        visits.sort_by_key(|visit| (visit.object_key, visit.inspected_on));
        recorded
    }

    /// Draws and visits of the objects of one partition.
    pub(super) fn part(&self, part: usize, n_parts: usize) -> (PastDraws, Vec<DrawVisit>) {
        let is_here = |key: u64| key % n_parts as u64 == part as u64;
        let rows = self.draws.rows.iter().filter(|row| is_here(row.object_key));
        let draws = PastDraws {
            draws: self.draws.draws.clone(),
            strata: self.draws.strata.clone(),
            rows: rows.copied().collect(),
        };
        let visits = self.visits.iter().filter(|visit| is_here(visit.object_key));
        (draws, visits.cloned().collect())
    }

    /// The engine of a round: every draw of it, stratum by stratum.
    pub(super) fn engine(&self, wave: &Wave, seed: &[u8; 32]) -> Result<Engine, evaluate::Error> {
        let found = self.rounds.iter().zip(&self.keys);
        let mut found = found.filter(|(round, _)| round.id == wave.id);
        let Some((round, keys)) = found.next() else {
            return Engine::new(wave, false, seed);
        };
        let places: HashMap<u64, usize> = wave
            .units
            .iter()
            .enumerate()
            .map(|(at, unit)| (unit.key, at))
            .collect();
        let strata = |is_measure: bool| {
            let draws = round
                .draws
                .iter()
                .filter(move |draw| draw.is_measure == is_measure);
            draws
                .flat_map(|draw| strata_of(draw, keys, &places))
                .collect::<Vec<_>>()
        };
        Engine::of_strata(wave, strata(false), strata(true), seed)
    }
}

/// The strata of a draw with those of their members that still stand in the register.
fn strata_of<'a>(
    draw: &'a RecordedDraw,
    keys: &[u64],
    places: &HashMap<u64, usize>,
) -> Vec<(&'a str, Vec<Member>)> {
    let mut strata: Vec<(&str, Vec<Member>)> = draw
        .strata
        .iter()
        .map(|label| (label.as_str(), Vec::new()))
        .collect();
    for member in &draw.members {
        if let Some(&unit) = places.get(&keys[member.unit]) {
            strata[member.stratum].1.push(Member {
                unit,
                pi: member.q,
                drawn: member.drawn,
            });
        }
    }
    strata
}

/// Of every unit the strata it has in the draws for items, joined.
fn labels(round: &RecordedRound) -> Vec<String> {
    let mut labels = vec![String::new(); round.units.len()];
    for draw in round.draws.iter().filter(|draw| !draw.is_measure) {
        for member in &draw.members {
            let label = &mut labels[member.unit];
            if !label.is_empty() {
                label.push_str(" + ");
            }
            label.push_str(&draw.strata[member.stratum]);
        }
    }
    labels
}

fn place(texts: &mut Vec<String>, label: String) -> u32 {
    let known = texts.iter().position(|text| *text == label);
    let at = known.unwrap_or_else(|| {
        texts.push(label);
        texts.len() - 1
    });
    u32::try_from(at).expect("strata are few")
}

fn visit(
    round: &RecordedRound,
    unit: &RecordedUnit,
    object_key: u64,
    as_of: Day,
) -> Option<DrawVisit> {
    let drawn = unit.drawn || unit.measured;
    let result = unit
        .result
        .as_ref()
        .filter(|result| drawn && result.inspected_on < as_of)?;
    Some(DrawVisit {
        object_key,
        draw: Some(round.id.clone()),
        by_draw: true,
        inspected_on: result.inspected_on,
        visited: true,
        found: Some(result.found),
        inspectors: Vec::new(),
    })
}

/// A round of record with everybody who was taken in the end, weighted by the probability of that; `class_of` says the group of an
/// object by its id.
#[must_use]
pub fn recorded_results(
    round: &RecordedRound,
    class_of: &BTreeMap<String, String>,
) -> RoundResults {
    let class = |unit: &RecordedUnit| class_of.get(&unit.object_id).map_or("", String::as_str);
    let labels: BTreeSet<&str> = round.units.iter().map(class).collect();
    let labels: Vec<&str> = labels.into_iter().collect();
    let group = |unit: &RecordedUnit| labels.partition_point(|label| *label < class(unit));
    let mut groups: Vec<RoundGroup> = labels
        .iter()
        .map(|&label| RoundGroup {
            label: label.to_owned(),
            n_frame: 0,
        })
        .collect();
    let mut units = Vec::new();
    for unit in &round.units {
        let at = group(unit);
        groups[at].n_frame += 1;
        if unit.is_taken() {
            let group = u32::try_from(at).expect("classes are few");
            units.push(taken(unit, group));
        }
    }
    RoundResults {
        id: round.id.clone(),
        drawn_on: round.drawn_on,
        groups,
        units,
        n_without_draw: 0,
        n_other_channel: 0,
    }
}

fn taken(unit: &RecordedUnit, group: u32) -> RoundUnit {
    let answer = match (&unit.result, &unit.unusable) {
        (Some(result), _) if result.found => Answer::Hit,
        (Some(_), _) => Answer::Clean,
        (None, Some(_)) => Answer::Void,
        (None, None) => Answer::Unvisited,
    };
    RoundUnit {
        key: ObjectKey::of(&unit.object_id).0,
        group,
        stratum: group,
        pi: unit.pi_taken(),
        answer,
        inspected_on: unit.result.as_ref().map(|result| result.inspected_on),
    }
}
