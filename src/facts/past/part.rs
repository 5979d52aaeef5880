//! What is known of past draws so far: of one partition, or of all of them.

use std::collections::{BTreeMap, BTreeSet};

use super::Place;
use super::object::{self, Caused, Frame, Object, SetAside};
use super::patterns::Patterns;
use super::rows::{Row, Rows};
use super::words::Words;
use crate::evaluate::{InspectorVisit, RoundUnit, WaveUnit};
use crate::ingest::DrawVisit;
use crate::units::Day;

/// Group of a drawn object without a class on record.
pub(super) const NO_CLASS: u32 = u32::MAX;

/// A round on its way.
#[derive(Clone, Debug, Default)]
pub(super) struct Round {
    /// Days, streams and designs its rows name: one of each, or the table contradicts itself.
    pub(super) named: BTreeSet<(Day, bool, bool)>,
    pub(super) units: Vec<WaveUnit>,
    /// Objects seen again by the next draw of any stream.
    pub(super) seen_again: Vec<SeenAgain>,
    /// Objects seen again by the next measurement draw.
    pub(super) remeasured: Vec<SeenAgain>,
    /// The drawn, with what came back; their group is their class on record, or [`NO_CLASS`].
    pub(super) drawn: Vec<RoundUnit>,
}

/// An object seen again, and the draw that brought the visit.
#[derive(Clone, Copy, Debug)]
pub(super) struct SeenAgain {
    pub(super) key: u64,
    pub(super) draw: u32,
}

/// What is known so far; a part, or all of them.
#[derive(Clone, Debug, Default)]
pub(super) struct Part {
    pub(super) rounds: BTreeMap<String, Round>,
    pub(super) strata: Words,
    /// Codes of classes on record.
    pub(super) classes: Words,
    pub(super) cells: Words,
    pub(super) industries: Words,
    pub(super) inspectors: Words,
    pub(super) blocks: Words,
    pub(super) patterns: Patterns,
    pub(super) draws: Words,
    /// Visits with a valid result, each with its draw.
    pub(super) visits: Vec<(u32, InspectorVisit)>,
    pub(super) set_aside: SetAside,
    /// Places of the kinds, outcomes before placebos, of which any event is known.
    pub(super) kinds_seen: BTreeSet<usize>,
    /// First day on which an outcome was known.
    pub(super) first_known: Option<Day>,
}

impl Round {
    /// Takes an object of the frame with what came back of it.
    fn take(&mut self, row: &Row, unit: WaveUnit, caused: &[Caused], at: usize) {
        self.named
            .insert((row.drawn_on(), row.is_measure, row.is_poisson));
        if row.drawn {
            self.drawn.push(RoundUnit {
                key: row.object_key,
                group: unit.class.map_or(NO_CLASS, u32::from),
                stratum: unit.stratum,
                pi: row.pi,
                answer: object::answer(caused, at),
                inspected_on: object::first_visit(caused, at),
            });
        }
        self.units.push(unit);
    }
}

impl Part {
    pub(super) fn add_object(
        &mut self,
        frame: &Frame,
        rows: &Rows,
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
                stratum: self.strata.place(&rows.strata[row.stratum as usize]),
                class: self.class_of(rows, row),
                cell,
                industry,
                place: place.at,
                series: self.patterns.of(object::course(frame, object, at)),
                ..object::unit(frame, object, &caused, at)
            };
            let again = [
                object::revisit(frame, object, &caused, at),
                object::remeasured(frame, object, &caused, at),
            ];
            let again = again.map(|later| {
                let brought_by = later?.brought_by?;
                let draw = &rows.draws[object.rows[brought_by].draw as usize];
                Some(SeenAgain {
                    key: row.object_key,
                    draw: self.draws.place(draw),
                })
            });
            let name = &rows.draws[row.draw as usize];
            let round = self.round(name);
            round.seen_again.extend(again[0]);
            round.remeasured.extend(again[1]);
            round.take(row, unit, &caused, at);
        }
        for (at, visit) in caused.into_iter().filter(|(_, visit)| visit.visited) {
            let row = object.rows[at];
            let draw = &rows.draws[row.draw as usize];
            self.add_visit(visit, row.pi, draw, &place.office);
        }
    }

    fn class_of(&mut self, rows: &Rows, row: &Row) -> Option<u16> {
        let label = &rows.classes[row.class as usize];
        let place = (!label.is_empty()).then(|| self.classes.place(label));
        place.and_then(|place| u16::try_from(place).ok())
    }

    fn round(&mut self, name: &str) -> &mut Round {
        if !self.rounds.contains_key(name) {
            self.rounds.insert(name.to_owned(), Round::default());
        }
        self.rounds.get_mut(name).expect("it is there")
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
        let classes = self.classes.absorb(&other.classes);
        let class = |place: u32| classes.get(place as usize).copied();
        let industries = self.industries.absorb(&other.industries);
        let (inspectors, blocks) = (
            self.inspectors.absorb(&other.inspectors),
            self.blocks.absorb(&other.blocks),
        );
        let draws = self.draws.absorb(&other.draws);
        for (name, round) in other.rounds {
            let own = self.rounds.entry(name).or_default();
            own.named.extend(round.named);
            let seen = |again: SeenAgain| SeenAgain {
                draw: draws[again.draw as usize],
                ..again
            };
            own.seen_again
                .extend(round.seen_again.into_iter().map(seen));
            own.remeasured
                .extend(round.remeasured.into_iter().map(seen));
            own.drawn
                .extend(round.drawn.into_iter().map(|unit| RoundUnit {
                    group: class(unit.group).unwrap_or(NO_CLASS),
                    stratum: strata[unit.stratum as usize],
                    ..unit
                }));
            own.units.extend(round.units.into_iter().map(|unit| {
                WaveUnit {
                    stratum: strata[unit.stratum as usize],
                    class: unit
                        .class
                        .and_then(|of| u16::try_from(class(of.into())?).ok()),
                    cell: cells[unit.cell as usize],
                    industry: industries[unit.industry as usize],
                    ..unit
                }
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
        self.kinds_seen.extend(other.kinds_seen);
        self.first_known = [self.first_known, other.first_known]
            .into_iter()
            .flatten()
            .min();
    }
}
