//! Past draws as `evaluate` takes them: waves over whole frames, engines to draw them again, the visits of inspectors, an account.
//!
//! One partition per thread is read at a time; what is kept of an object in a frame is a fixed number of bytes. Events count by the
//! day they were known, visits by the draw they name.

mod acts;
mod engine;
mod finish;
mod object;
mod part;
mod patterns;
mod people;
mod recorded;
mod results;
mod rows;
mod words;

use std::ops::Range;

use crate::codes::{self, Reading};
use crate::error::Error;
use crate::evaluate::{InspectorVisit, PastRounds, RoundResults, ValidDeterrence, Wave};
use crate::ingest::{DrawVisit, PastEvent, Snapshot};
use crate::registers::Registers;
use crate::units::{Day, ObjectKey, in_waves};

pub use acts::{Acts, BesideLedger};
pub use engine::Engine;
use object::{Frame, Object};
use part::Part;
pub use people::People;
pub use recorded::Recorded;
pub use results::{RoundClasses, recorded_items, recorded_results};
use rows::{Row, Rows};

/// Register columns every object is read with: industry, place, end, office.
const COLUMNS: [&str; 5] = ["industry_code", "lat", "lon", "closed_on", "office"];
/// Section of industry, as a column.
const SECTION: &str = "industry_section";

/// Past draws as plain values.
#[derive(Clone, Debug)]
pub struct Past {
    /// By day and name.
    pub waves: Vec<Wave>,
    /// To draw each wave again, parallel to them.
    pub engines: Vec<Engine>,
    /// What each round drew and found, parallel to them, and which visits belong to none.
    pub account: PastRounds,
    /// What came back, round by round.
    pub rounds: Vec<RoundResults>,
    /// Names of inspectors; [`InspectorVisit::inspectors`] points here.
    pub inspectors: Vec<String>,
    /// Visits by draws of known probability with a valid result.
    pub visits: Vec<InspectorVisit>,
}

/// Where past draws are read from.
#[derive(Clone, Copy, Debug)]
pub struct Sources<'a> {
    /// Draws, visits, events.
    pub snapshot: &'a Snapshot,
    /// Where objects stand.
    pub registers: &'a Registers,
    /// Codes of the classes, in their order: where the strata of a draw bear them, objects have the class they had then.
    pub classes: &'a [String],
    /// Rounds of record; they stand in place of the table of draws and the visits.
    pub recorded: Option<&'a Recorded>,
}

/// Reads the past draws of a job; `seed` decides the re-draws.
///
/// # Errors
/// A column the register does not have, a partition that cannot be read, a draw whose rows contradict each other.
pub fn past(section: &ValidDeterrence, sources: &Sources, seed: &[u8; 32]) -> Result<Past, Error> {
    let classes = sources.classes.iter().cloned().zip(0_u16..).collect();
    let mut all = Part::default();
    let one = |part: usize| one_part(section, sources, part);
    in_waves(sources.snapshot.n_parts(), one, |found, _| {
        for part in found {
            all.add(part);
        }
    })?;
    Ok(all.finished(section, sources, &classes, seed)?)
}

fn one_part(section: &ValidDeterrence, sources: &Sources, part: usize) -> Result<Part, Error> {
    let events = sources.snapshot.past_events(part, &kinds(section))?;
    let (draws, visits) = match sources.recorded {
        None => (
            sources.snapshot.past_draws(part)?.into(),
            sources.snapshot.draw_visits(part)?,
        ),
        Some(recorded) => still_registered(sources, part, recorded)?,
    };
    let frame = Frame {
        as_of: sources.registers.as_of().0,
        window: i32::try_from(section.window_days).unwrap_or(i32::MAX),
        n_outcomes: section.outcomes.len(),
        has_placebo: !section.placebo_kinds.is_empty(),
        draws: &draws.draws,
    };
    let keys = keys_of(&draws.entries, &visits);
    let places = places(section, sources, part, &keys)?;
    let mut found = Part {
        kinds_seen: events.iter().map(|event| event.kind).collect(),
        ..Part::default()
    };
    let outcome = events.iter().filter(|event| event.kind < frame.n_outcomes);
    found.first_known = outcome.map(|event| event.known_on).min();
    let (mut rows, mut went, mut known) = (0..0, 0..0, 0..0);
    for (key, place) in keys.iter().zip(&places) {
        rows = run(&draws.entries, rows.end, *key, |row: &Row| row.object_key);
        went = run(&visits, went.end, *key, |visit: &DrawVisit| {
            visit.object_key
        });
        known = run(&events, known.end, *key, |event: &PastEvent| {
            event.object_key
        });
        let object = Object {
            rows: &draws.entries[rows.clone()],
            visits: &visits[went.clone()],
            events: &events[known.clone()],
            closed_on: place.closed_on,
        };
        found.add_object(&frame, &draws, &object, place);
    }
    Ok(found)
}

/// Kinds of events a job asks for: outcomes, then placebos.
fn kinds(section: &ValidDeterrence) -> Vec<String> {
    [section.outcomes.as_slice(), &section.placebo_kinds].concat()
}

/// Draws and visits of record of the objects that still stand in the register.
fn still_registered(
    sources: &Sources,
    part: usize,
    recorded: &Recorded,
) -> Result<(Rows, Vec<DrawVisit>), Error> {
    let (mut draws, mut visits) = recorded.part(part);
    let keys = keys_of(&draws.entries, &visits);
    let known = sources.registers.texts(part, &keys, &["object_id"])?;
    let known = known.iter().map(|texts| ObjectKey::of(&texts[0]).0);
    let mut known: Vec<u64> = known.collect();
    known.sort_unstable();
    let stands = |key: u64| known.binary_search(&key).is_ok();
    draws.entries.retain(|row| stands(row.object_key));
    visits.retain(|visit| stands(visit.object_key));
    Ok((draws, visits))
}

/// Keys of objects that stand in a frame or were visited by a draw, each once, ascending.
fn keys_of(draws: &[Row], visits: &[DrawVisit]) -> Vec<u64> {
    let visited = visits.iter().map(|visit| visit.object_key);
    let mut keys: Vec<u64> = draws
        .iter()
        .map(|row| row.object_key)
        .chain(visited)
        .collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// The rows of `key` from `from` on; rows ascend by key.
fn run<T>(rows: &[T], from: usize, key: u64, key_of: impl Fn(&T) -> u64) -> Range<usize> {
    let first = from + rows[from..].partition_point(|row| key_of(row) < key);
    let n = rows[first..]
        .iter()
        .take_while(|row| key_of(row) == key)
        .count();
    first..first + n
}

/// What the register says of an object.
struct Place {
    cell: String,
    industry: String,
    at: Option<(f64, f64)>,
    closed_on: Option<Day>,
    office: String,
}

/// The objects of `keys`, in their order.
fn places(
    section: &ValidDeterrence,
    sources: &Sources,
    part: usize,
    keys: &[u64],
) -> Result<Vec<Place>, Error> {
    let of_cells = section.cells.iter().map(|name| match name.as_str() {
        SECTION => "industry_code",
        name => name,
    });
    let of_cells: Vec<&str> = of_cells.collect();
    let mut columns = COLUMNS.to_vec();
    for column in &of_cells {
        if !columns.contains(column) {
            columns.push(column);
        }
    }
    let at = |column: &&str| columns.iter().position(|known| known == column);
    let at: Vec<usize> = of_cells.iter().filter_map(at).collect();
    let rows = sources.registers.texts(part, keys, &columns)?;
    let place = |texts: Vec<String>| {
        let cells = section.cells.iter().zip(&at);
        let cell = cells.map(|(name, &at)| match name.as_str() {
            SECTION => industry(&texts[at]),
            _ => texts[at].trim().to_owned(),
        });
        let number = |at: usize| texts[at].parse::<f64>().ok();
        Place {
            cell: cell.collect::<Vec<_>>().join(" / "),
            industry: industry(&texts[0]),
            at: number(1).zip(number(2)),
            closed_on: texts[3].parse().ok(),
            office: texts[4].clone(),
        }
    };
    Ok(rows.into_iter().map(place).collect())
}

/// 门类 of an industry code, or what stands there.
fn industry(code: &str) -> String {
    match codes::industry(code.trim()) {
        Reading::Known(industry) => industry.section.to_string(),
        _ => code.trim().to_owned(),
    }
}
