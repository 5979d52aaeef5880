//! Rows that real files have too: odd spellings of good rows, and rows that no room may accept.

use std::ops::Range;

use rand::{Rng, RngExt};

use super::history::{Event, Visit};
use super::object::Object;
use super::words::full_width;
use super::world::{Dirt, Params};

/// First characters of the ids that no object has.
pub(super) const UNKNOWN: &str = "99999999MZ";

/// How an object is spelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spelling {
    Plain,
    LegacyNumber,
    WrongCheck,
    /// The number of the code among all of its shape.
    M000(u64),
    FullWidthId,
    SpacedId,
    LowerCaseId,
    FullWidthName,
    SpacedName,
}

/// The dirt of the objects in `objects`: every count in proportion, all chunks together exactly the declared one.
pub(super) fn in_chunk(params: &Params, objects: &Range<u64>) -> Dirt {
    let whole = u128::from(params.objects);
    let until =
        |end: u64, count: u64| (2 * u128::from(end) * u128::from(count) + whole) / (2 * whole);
    let part = |count: u64| {
        u64::try_from(until(objects.end, count) - until(objects.start, count))
            .expect("at most the count itself")
    };
    let all = &params.dirt;
    Dirt {
        legacy_number: part(all.legacy_number),
        wrong_check: part(all.wrong_check),
        m000_code: part(all.m000_code),
        full_width_id: part(all.full_width_id),
        spaced_id: part(all.spaced_id),
        lower_case_id: part(all.lower_case_id),
        full_width_name: part(all.full_width_name),
        spaced_name: part(all.spaced_name),
        object_twice: part(all.object_twice),
        object_without_id: part(all.object_without_id),
        negative_capital: part(all.negative_capital),
        impossible_place: part(all.impossible_place),
        visit_of_unknown: part(all.visit_of_unknown),
        visit_known_early: part(all.visit_known_early),
        visit_without_day: part(all.visit_without_day),
        event_of_unknown: part(all.event_of_unknown),
        event_known_early: part(all.event_known_early),
        event_without_day: part(all.event_without_day),
    }
}

impl Dirt {
    /// Accepted rows with an odd spelling.
    pub(super) fn spellings(&self) -> u64 {
        self.legacy_number
            + self.wrong_check
            + self.m000_code
            + self.full_width_id
            + self.spaced_id
            + self.lower_case_id
            + self.full_width_name
            + self.spaced_name
    }

    /// Rows of `table` that ingest must refuse, or read with an empty cell.
    pub(super) fn spoiled(&self, table: &str) -> u64 {
        match table {
            "objects" => {
                self.object_twice
                    + self.object_without_id
                    + self.negative_capital
                    + self.impossible_place
            }
            "inspections" => {
                self.visit_of_unknown + self.visit_known_early + self.visit_without_day
            }
            "credit_events" => {
                self.event_of_unknown + self.event_known_early + self.event_without_day
            }
            _ => 0,
        }
    }
}

/// The spelling of each object of a chunk, at random places.
pub(super) fn spellings(
    params: &Params,
    objects: &Range<u64>,
    rng: &mut impl Rng,
) -> Vec<Spelling> {
    let dirt = in_chunk(params, objects);
    let first_m000 = in_chunk(params, &(0..objects.start)).m000_code;
    let mut spellings = Vec::new();
    let mut add = |spelling, count| spellings.extend((0..count).map(|_| spelling));
    add(Spelling::LegacyNumber, dirt.legacy_number);
    add(Spelling::WrongCheck, dirt.wrong_check);
    add(Spelling::FullWidthId, dirt.full_width_id);
    add(Spelling::SpacedId, dirt.spaced_id);
    add(Spelling::LowerCaseId, dirt.lower_case_id);
    add(Spelling::FullWidthName, dirt.full_width_name);
    add(Spelling::SpacedName, dirt.spaced_name);
    spellings.extend((first_m000..first_m000 + dirt.m000_code).map(Spelling::M000));
    let n = usize::try_from(objects.end - objects.start).expect("a chunk fits in memory");
    spellings.resize(n.max(spellings.len()), Spelling::Plain);
    shuffle(&mut spellings, rng);
    spellings
}

/// Spells the ids and names of a chunk's objects as their roles say. The true id stays in [`Object::id`].
pub(super) fn spell(objects: &mut [Object], spellings: &[Spelling]) {
    for (object, spelling) in objects.iter_mut().zip(spellings) {
        match spelling {
            Spelling::FullWidthId => object.written_id = full_width(&object.id),
            Spelling::SpacedId => object.written_id = format!(" {}\u{3000}", object.id),
            Spelling::LowerCaseId => object.written_id = object.id.to_lowercase(),
            Spelling::FullWidthName => object.name.push_str("（Ａ２）"),
            Spelling::SpacedName => {
                let second = object.name.char_indices().nth(3).map_or(0, |(at, _)| at);
                object.name.insert(second, '\u{3000}');
                object.name.push(' ');
            }
            Spelling::Plain | Spelling::LegacyNumber | Spelling::WrongCheck | Spelling::M000(_) => {
            }
        }
    }
}

/// Adds the object rows that must be refused or lose a cell; those with an id of their own take it from `spare_ids`.
pub(super) fn spoil_objects(
    objects: &mut Vec<Object>,
    dirt: &Dirt,
    mut spare_ids: impl FnMut() -> String,
    rng: &mut impl Rng,
) {
    let good = objects.len();
    let mut add = |count: u64, change: &mut dyn FnMut(&mut Object)| {
        for _ in 0..count {
            let mut row = objects[rng.random_range(0..good)].clone();
            change(&mut row);
            objects.push(row);
        }
    };
    let mut own_id = |row: &mut Object| {
        row.id = spare_ids();
        row.written_id.clone_from(&row.id);
        row.scheme = "uscc";
    };
    add(dirt.object_twice, &mut |row| {
        row.written_id = full_width(&row.id);
    });
    add(dirt.object_without_id, &mut |row| {
        "\u{3000} ".clone_into(&mut row.written_id);
    });
    add(dirt.negative_capital, &mut |row| {
        own_id(row);
        row.capital = Some(-1_000_000);
    });
    add(dirt.impossible_place, &mut |row| {
        own_id(row);
        row.place = Some((136.5, 115.3));
    });
    mix_in(objects, good, rng);
}

/// Adds the visits that must be refused.
pub(super) fn spoil_visits(visits: &mut Vec<Visit>, dirt: &Dirt, rng: &mut impl Rng) {
    let good = visits.len();
    if good == 0 {
        return;
    }
    let mut add = |count: u64, tag: &str, change: &mut dyn FnMut(&mut Visit, u64)| {
        for number in 0..count {
            let mut row = visits[rng.random_range(0..good)].clone();
            row.id = format!("{}{tag}{number}", row.id);
            change(&mut row, number);
            visits.push(row);
        }
    };
    add(dirt.visit_of_unknown, "U", &mut |row, number| {
        unknown(&mut row.object_id, &mut row.scheme, number);
    });
    add(dirt.visit_known_early, "E", &mut |row, _| {
        row.known_on = row.inspected_on.map_or(0, |day| day - 30);
    });
    add(dirt.visit_without_day, "N", &mut |row, _| {
        row.inspected_on = None;
    });
    mix_in(visits, good, rng);
}

/// Adds the credit events that must be refused.
pub(super) fn spoil_events(events: &mut Vec<Event>, dirt: &Dirt, rng: &mut impl Rng) {
    let good = events.len();
    if good == 0 {
        return;
    }
    let mut add = |count: u64, change: &mut dyn FnMut(&mut Event, u64)| {
        for number in 0..count {
            let mut row = events[rng.random_range(0..good)].clone();
            change(&mut row, number);
            events.push(row);
        }
    };
    add(dirt.event_of_unknown, &mut |row, number| {
        unknown(&mut row.object_id, &mut row.scheme, number);
    });
    add(dirt.event_known_early, &mut |row, _| {
        row.known_on = row.happened_on.map_or(0, |day| day - 30);
    });
    add(dirt.event_without_day, &mut |row, _| row.happened_on = None);
    mix_in(events, good, rng);
}

fn unknown(object_id: &mut String, scheme: &mut &'static str, number: u64) {
    *object_id = format!("{UNKNOWN}{number:08}");
    *scheme = "uscc";
}

/// Moves the rows after `good` to random places, and what stood there to the end.
fn mix_in<T>(rows: &mut [T], good: usize, rng: &mut impl Rng) {
    for added in good..rows.len() {
        rows.swap(added, rng.random_range(0..=added));
    }
}

fn shuffle<T>(rows: &mut [T], rng: &mut impl Rng) {
    for end in (1..rows.len()).rev() {
        rows.swap(end, rng.random_range(0..=end));
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::World;
    use super::*;

    #[test]
    fn the_chunks_hold_exactly_the_declared_dirt() {
        let world = World::read(Path::new("pipelines/worlds/guantao.toml")).unwrap();
        for objects in [30_000, 30_011, 31_999] {
            let world = world.with_objects(objects).unwrap();
            let counts: Vec<Dirt> = (0..world.n_chunks())
                .map(|chunk| in_chunk(&world.params, &world.objects_of(chunk)))
                .collect();
            let sum = |of: fn(&Dirt) -> u64| counts.iter().map(of).sum::<u64>();
            assert_eq!(sum(|dirt| dirt.m000_code), world.params.dirt.m000_code);
            assert_eq!(sum(Dirt::spellings), world.params.dirt.spellings());
            assert_eq!(
                sum(|dirt| dirt.spoiled("objects")),
                world.params.dirt.spoiled("objects")
            );
        }
    }
}
