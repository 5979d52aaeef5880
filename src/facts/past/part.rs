//! What is known of past draws so far: of one partition, or of all of them.

use std::collections::{BTreeMap, BTreeSet};

use super::Place;
use super::object::{self, Frame, Object, SetAside};
use super::words::Words;
use crate::evaluate::{InspectorVisit, RoundUnit, WaveUnit};
use crate::ingest::{DrawVisit, PastDraws};
use crate::units::Day;

/// A round on its way.
#[derive(Clone, Debug, Default)]
pub(super) struct Round {
    /// Days, streams and designs its rows name: one of each, or the table contradicts itself.
    pub(super) named: BTreeSet<(Day, bool, bool)>,
    pub(super) units: Vec<WaveUnit>,
    /// Objects seen again, and the draw that brought it.
    pub(super) seen_again: Vec<(u64, u32)>,
    /// The drawn, with what came back; their strata stand for groups too.
    pub(super) drawn: Vec<RoundUnit>,
}

/// What is known so far; a part, or all of them.
#[derive(Clone, Debug, Default)]
pub(super) struct Part {
    pub(super) rounds: BTreeMap<String, Round>,
    pub(super) strata: Words,
    pub(super) cells: Words,
    pub(super) industries: Words,
    pub(super) inspectors: Words,
    pub(super) blocks: Words,
    pub(super) draws: Words,
    /// Visits with a valid result, each with its draw.
    pub(super) visits: Vec<(u32, InspectorVisit)>,
    pub(super) set_aside: SetAside,
    /// First day on which an outcome was known.
    pub(super) first_known: Option<Day>,
}

impl Part {
    pub(super) fn add_object(
        &mut self,
        frame: &Frame,
        draws: &PastDraws,
        object: &Object,
        place: &Place,
    ) {
        let caused = object::caused(frame, object, &mut self.set_aside);
        let (cell, industry) = (
            self.cells.place(&place.cell),
            self.industries.place(&place.industry),
        );
        for (at, row) in object.rows.iter().enumerate() {
            let unit = WaveUnit {
                stratum: self.strata.place(&draws.strata[row.stratum as usize]),
                cell,
                industry,
                place: place.at,
                ..object::unit(frame, object, &caused, at)
            };
            let name = &draws.draws[row.draw as usize];
            let round = self.rounds.entry(name.clone()).or_default();
            round.named.insert((row.drawn_on, row.measure, row.poisson));
            if row.drawn {
                round.drawn.push(RoundUnit {
                    key: row.object_key,
                    group: unit.stratum,
                    stratum: unit.stratum,
                    pi: row.pi,
                    answer: object::answer(&caused, at),
                    inspected_on: object::first_visit(&caused, at),
                });
            }
            let seen = unit.revisit.filter(|revisit| revisit.found.is_some());
            if let (Some(_), Some(next)) = (seen, object::next(frame, object, at)) {
                let next = &draws.draws[object.rows[next].draw as usize];
                let next = self.draws.place(next);
                round.seen_again.push((row.object_key, next));
            }
            round.units.push(unit);
        }
        for (at, visit) in caused.into_iter().filter(|(_, visit)| visit.visited) {
            let row = object.rows[at];
            let draw = &draws.draws[row.draw as usize];
            self.add_visit(visit, row.pi, draw, &place.office);
        }
    }

    fn add_visit(&mut self, visit: &DrawVisit, pi: f64, draw: &str, office: &str) {
        let (Some(found), false) = (visit.found, visit.inspectors.is_empty()) else {
            return;
        };
        let names = visit.inspectors.iter();
        let made = InspectorVisit {
            inspectors: names.map(|name| self.inspectors.place(name)).collect(),
            block: self.blocks.place(&format!("{draw}\n{office}")),
            object: visit.object_key,
            weight: 1.0 / pi,
            found,
            expected: None,
        };
        self.visits.push((self.draws.place(draw), made));
    }

    /// Takes another part in.
    pub(super) fn add(&mut self, other: Self) {
        let (strata, cells) = (
            self.strata.absorb(&other.strata),
            self.cells.absorb(&other.cells),
        );
        let industries = self.industries.absorb(&other.industries);
        let (inspectors, blocks) = (
            self.inspectors.absorb(&other.inspectors),
            self.blocks.absorb(&other.blocks),
        );
        let draws = self.draws.absorb(&other.draws);
        for (name, round) in other.rounds {
            let own = self.rounds.entry(name).or_default();
            own.named.extend(round.named);
            let seen = round.seen_again.into_iter();
            own.seen_again
                .extend(seen.map(|(key, draw)| (key, draws[draw as usize])));
            own.drawn
                .extend(round.drawn.into_iter().map(|unit| RoundUnit {
                    group: strata[unit.group as usize],
                    stratum: strata[unit.stratum as usize],
                    ..unit
                }));
            own.units
                .extend(round.units.into_iter().map(|unit| WaveUnit {
                    stratum: strata[unit.stratum as usize],
                    cell: cells[unit.cell as usize],
                    industry: industries[unit.industry as usize],
                    ..unit
                }));
        }
        for (draw, mut visit) in other.visits {
            for inspector in &mut visit.inspectors {
                *inspector = inspectors[*inspector as usize];
            }
            visit.block = blocks[visit.block as usize];
            self.visits.push((draws[draw as usize], visit));
        }
        self.set_aside.add(other.set_aside);
        self.first_known = [self.first_known, other.first_known]
            .into_iter()
            .flatten()
            .min();
    }
}
