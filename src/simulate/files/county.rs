//! The whole county in memory, as its files need it: who is in which file, and what becomes of each row.

use std::collections::HashMap;

use super::grid::{Fate, Reference};
use super::plant::{FactPlant, FileDirt, Plant, Plants};
use super::spell::Tally;
use crate::simulate::dirt::{Spelling, UNKNOWN};
use crate::simulate::history::{Event, Visit};
use crate::simulate::identity;
use crate::simulate::object::Object;
use crate::simulate::staff::Staff;
use crate::simulate::world::World;

/// How one office keeps its register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    TwoSheets,
    Gb18030,
    TwoCodes,
    SpreadsheetMl,
    Html,
    Biff,
    Gzip,
    Unicode,
}

/// Shapes of the townships' registers, in turn.
pub(super) const SHAPES: [Shape; 8] = [
    Shape::TwoSheets,
    Shape::Gb18030,
    Shape::TwoCodes,
    Shape::SpreadsheetMl,
    Shape::Html,
    Shape::Biff,
    Shape::Gzip,
    Shape::Unicode,
];

/// Kind of event whose amounts are texts with their currency.
pub(super) const ARREARS: &str = "欠税";

/// Everything the files are written from.
pub(super) struct County<'a> {
    pub(super) world: &'a World,
    pub(super) staff: &'a Staff,
    pub(super) objects: Vec<Object>,
    pub(super) visits: Vec<Visit>,
    pub(super) events: Vec<Event>,
    dirt: FileDirt,
    spellings: HashMap<u64, Spelling>,
    /// Register rows of an id, in order; spoiled rows with another fault are left out.
    rows_of: HashMap<String, Vec<usize>>,
}

impl<'a> County<'a> {
    pub(super) fn new(
        world: &'a World,
        staff: &'a Staff,
        dirt: FileDirt,
        (objects, spellings): (Vec<Object>, Vec<Spelling>),
        visits: Vec<Visit>,
        events: Vec<Event>,
    ) -> Self {
        let mut rows_of: HashMap<String, Vec<usize>> = HashMap::new();
        for (index, object) in objects.iter().enumerate() {
            if own_fault(object).is_none() {
                rows_of.entry(object.id.clone()).or_default().push(index);
            }
        }
        Self {
            world,
            staff,
            objects,
            visits,
            events,
            dirt,
            spellings: (0..).zip(spellings).collect(),
            rows_of,
        }
    }

    pub(super) fn dirt(&self) -> &FileDirt {
        &self.dirt
    }

    pub(super) fn as_of(&self) -> i32 {
        self.world.params.as_of.days()
    }

    /// Whether the register has a usable row of this id.
    pub(super) fn knows(&self, id: &str) -> bool {
        self.rows_of.contains_key(id)
    }

    /// Name of the object of an id.
    pub(super) fn name_of(&self, id: &str) -> &str {
        let index = self.rows_of.get(id).and_then(|rows| rows.first());
        index.map_or("某某经营部", |&index| &self.objects[index].name)
    }

    /// Whether the object is registered by a number from before the 15-digit standard.
    pub(super) fn is_legacy(&self, index: usize) -> bool {
        self.objects[index].scheme == "legacy"
    }

    /// Whether the object is no market entity (机关、事业单位、社会组织).
    pub(super) fn is_non_market(&self, index: usize) -> bool {
        let kind = &self.world.params.kind[self.objects[index].kind];
        kind.prefixes.iter().all(|prefix| !prefix.starts_with('9'))
    }

    /// Shape of the township's file the row is in; none where a department or nobody keeps it.
    pub(super) fn shape_of(&self, index: usize) -> Option<Shape> {
        let in_town = !self.is_legacy(index) && !self.is_non_market(index);
        in_town.then(|| SHAPES[self.objects[index].town % SHAPES.len()])
    }

    /// Whether a row is sound, alone with its id, and spelled plainly.
    pub(super) fn is_plain(&self, index: usize) -> bool {
        let object = &self.objects[index];
        let plain = matches!(self.spellings.get(&object.index), Some(Spelling::Plain));
        let sound = own_fault(object).is_none() && own_cell(object).is_none();
        plain && sound && self.rows_of[&object.id].len() == 1
    }

    /// An old 15-digit 注册号 that no object has as its id.
    pub(super) fn old_number(&self, index: usize) -> String {
        let authority = self.world.params.register.authority;
        identity::reg15(authority, '5', self.objects[index].index)
    }

    /// Whether an event's amount stands as text with its currency.
    pub(super) fn in_arrears(&self, index: usize) -> bool {
        let event = &self.events[index];
        self.world.params.event[event.kind].kind == ARREARS
            && event.scheme != "legacy"
            && event.amount.is_some()
    }

    /// What becomes of a register row.
    pub(super) fn object_fate(&self, index: usize, plants: &Plants) -> Option<Fate> {
        let object = &self.objects[index];
        let plant = plants.objects.get(&index).copied();
        let is_later_twin =
            || self.rows_of.get(&object.id).and_then(|rows| rows.first()) != Some(&index);
        let (rule, reference) = if let Some(rule) = own_fault(object) {
            (rule, Reference::Refused)
        } else if let Some(rule) = plant.and_then(Plant::rule) {
            (rule, Reference::Accepted)
        } else if is_later_twin() {
            ("object-duplicate", Reference::Refused)
        } else {
            return cell_fate(object, plant);
        };
        let row = if rule == "value-missing" {
            String::new()
        } else {
            object.normalised()
        };
        Some(Fate {
            table: "objects",
            rule,
            column: None,
            row,
            reference,
        })
    }

    /// What becomes of a visit.
    pub(super) fn visit_fate(&self, index: usize, plants: &Plants) -> Option<Fate> {
        let visit = &self.visits[index];
        let fact = Fact {
            table: "inspections",
            object_id: &visit.object_id,
            day: visit.inspected_on,
            known_on: visit.known_on,
            unreadable: (plants.visits.get(&index) == Some(&FactPlant::Unreadable))
                .then_some("date-unparsable"),
        };
        self.fact_fate(&fact, visit.id.clone(), plants)
    }

    /// What becomes of an event.
    pub(super) fn event_fate(&self, index: usize, plants: &Plants) -> Option<Fate> {
        let event = &self.events[index];
        let fact = Fact {
            table: "credit_events",
            object_id: &event.object_id,
            day: event.happened_on,
            known_on: event.known_on,
            unreadable: None,
        };
        let day = event.happened_on.map_or(String::new(), super::spell::iso);
        let row = format!(
            "{}|{}|{day}",
            event.object_id, self.world.params.event[event.kind].kind
        );
        let is_emptied = plants.events.get(&index) == Some(&FactPlant::Unreadable);
        let emptied = is_emptied.then(|| Fate {
            table: "credit_events",
            rule: "number-unparsable",
            column: Some("amount"),
            row: row.clone(),
            reference: Reference::Accepted,
        });
        self.fact_fate(&fact, row, plants).or(emptied)
    }

    /// The first rule a fact breaks; one known on or after the as-of day is held to its own values only.
    fn fact_fate(&self, fact: &Fact, row: String, plants: &Plants) -> Option<Fate> {
        let (rule, reference) = match fact.day {
            None => ("value-missing", Reference::Refused),
            Some(day) if fact.known_on < day => ("known-before-event", Reference::Refused),
            Some(_) => match fact.unreadable {
                Some(rule) => (rule, Reference::Accepted),
                None if fact.known_on >= self.as_of() => return None,
                None if fact.object_id.starts_with(UNKNOWN) => {
                    ("object-unknown", Reference::Refused)
                }
                None if plants.lost.contains(fact.object_id) => {
                    ("object-unknown", Reference::Accepted)
                }
                None => return None,
            },
        };
        Some(Fate {
            table: fact.table,
            rule,
            column: None,
            row,
            reference,
        })
    }
}

/// How a fact names its object: by its id, by its old number, now and then in full width.
pub(super) fn named(
    id: &str,
    plant: Option<FactPlant>,
    turn: usize,
    plants: &Plants,
    tally: &mut Tally,
) -> String {
    match plants
        .aliases
        .get(id)
        .filter(|_| plant == Some(FactPlant::ByAlias))
    {
        Some(alias) => {
            tally.add("fact by alias");
            alias.clone()
        }
        None if turn % 60 == 59 => {
            tally.add("fact under a full-width code");
            crate::simulate::words::full_width(id)
        }
        None => id.to_owned(),
    }
}

/// What a fact's fate depends on.
struct Fact<'a> {
    table: &'static str,
    object_id: &'a str,
    day: Option<i32>,
    known_on: i32,
    unreadable: Option<&'static str>,
}

/// The rule a register row breaks by itself, as the world's own dirt makes them.
fn own_fault(object: &Object) -> Option<&'static str> {
    object
        .written_id
        .trim()
        .is_empty()
        .then_some("value-missing")
}

/// The rule and the column of a cell that the world's own dirt makes unreadable.
fn own_cell(object: &Object) -> Option<(&'static str, &'static str)> {
    if object.place.is_some_and(|(lat, _)| lat > 90.0) {
        Some(("latitude-out-of-range", "lat"))
    } else if object.capital.is_some_and(|cents| cents < 0) {
        Some(("negative", "registered_capital"))
    } else {
        None
    }
}

/// What becomes of the one cell of a register row that cannot be read, if it has one.
fn cell_fate(object: &Object, plant: Option<Plant>) -> Option<Fate> {
    let own = own_cell(object).map(|cell| (cell, Reference::Refused));
    let planted = plant.and_then(Plant::cell);
    let lost = own.or(planted.map(|cell| (cell, Reference::Accepted)));
    lost.map(|((rule, column), reference)| Fate {
        table: "objects",
        rule,
        column: Some(column),
        row: object.normalised(),
        reference,
    })
}
