//! One object through all past draws: which frames held it, who came because of them, and what became known afterwards.

use std::collections::BTreeMap;

use super::patterns::Course;
use super::rows::Row;
use crate::evaluate::{Answer, Revisit, Stream, WaveUnit};
use crate::ingest::{DrawVisit, PastEvent};
use crate::units::Day;

/// Windows of the event study, relative to the draw.
pub(super) const TIMES: [i32; 4] = [-2, -1, 0, 1];

/// What all objects share.
pub(super) struct Frame<'a> {
    pub(super) as_of: Day,
    /// Days.
    pub(super) window: i32,
    /// Kinds before this place are outcomes, those from it on placebos.
    pub(super) n_outcomes: usize,
    pub(super) has_placebo: bool,
    pub(super) draws: &'a [String],
}

/// What is known of one object.
pub(super) struct Object<'a> {
    pub(super) rows: &'a [Row],
    pub(super) visits: &'a [DrawVisit],
    pub(super) events: &'a [PastEvent],
    pub(super) closed_on: Option<Day>,
}

/// A visit with the place of the row of its draw.
pub(super) type Caused<'a> = (usize, &'a DrawVisit);

/// Why visits that name a draw, or should, are used for none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct SetAside {
    pub(super) not_named: u64,
    pub(super) not_drawn: u64,
    pub(super) before_draw: u64,
    pub(super) other_channel: u64,
    /// By the draw they name, which did not have the object in its frame, or is not known at all.
    pub(super) elsewhere: BTreeMap<String, u64>,
}

impl SetAside {
    pub(super) fn add(&mut self, other: Self) {
        self.not_named += other.not_named;
        self.not_drawn += other.not_drawn;
        self.before_draw += other.before_draw;
        self.other_channel += other.other_channel;
        for (draw, n) in other.elsewhere {
            *self.elsewhere.entry(draw).or_default() += n;
        }
    }
}

/// The visits that a draw caused.
pub(super) fn caused<'a>(
    frame: &Frame,
    object: &Object<'a>,
    set_aside: &mut SetAside,
) -> Vec<Caused<'a>> {
    let mut caused = Vec::new();
    for visit in object.visits {
        let Some(draw) = &visit.draw else {
            set_aside.not_named += 1;
            continue;
        };
        if !visit.by_draw {
            set_aside.other_channel += 1;
            continue;
        }
        let named = |row: &Row| frame.draws[row.draw as usize] == *draw;
        match object.rows.iter().position(named) {
            None => *set_aside.elsewhere.entry(draw.clone()).or_default() += 1,
            Some(at) if visit.inspected_on < object.rows[at].drawn_on() => {
                set_aside.before_draw += 1;
            }
            Some(at) if !object.rows[at].drawn => set_aside.not_drawn += 1,
            Some(at) => caused.push((at, visit)),
        }
    }
    caused
}

/// What the visits of one draw found: something, nothing, or no valid result.
pub(super) fn found(caused: &[Caused], at: usize) -> Option<bool> {
    let of_draw = caused
        .iter()
        .filter(|(row, visit)| *row == at && visit.visited);
    of_draw
        .filter_map(|(_, visit)| visit.found)
        .reduce(|a, b| a || b)
}

/// What the visits of one draw brought back together.
pub(super) fn answer(caused: &[Caused], at: usize) -> Answer {
    match found(caused, at) {
        Some(true) => Answer::Hit,
        Some(false) => Answer::Clean,
        None if came(caused, at) => Answer::Void,
        None => Answer::Unvisited,
    }
}

/// Day of the first visit of one draw.
pub(super) fn first_visit(caused: &[Caused], at: usize) -> Option<Day> {
    let of_draw = caused.iter().filter(|(row, _)| *row == at);
    of_draw.map(|(_, visit)| visit.inspected_on).min()
}

/// Whether somebody was met because of the draw.
fn came(caused: &[Caused], at: usize) -> bool {
    caused
        .iter()
        .any(|(row, visit)| *row == at && visit.visited)
}

/// The object in the frame of row `at`, but for where it stands.
pub(super) fn unit(frame: &Frame, object: &Object, caused: &[Caused], at: usize) -> WaveUnit {
    let row = object.rows[at];
    let drawn_on = row.drawn_on;
    let seen = |time| in_window(frame, object, drawn_on, time, false);
    let after = drawn_on..drawn_on + frame.window;
    let placebo = frame
        .has_placebo
        .then(|| in_window(frame, object, drawn_on, 0, true));
    WaveUnit {
        key: row.object_key,
        pi: row.pi,
        drawn: row.drawn,
        visited: came(caused, at),
        outcome: seen(0),
        before: seen(-1),
        placebo: placebo.flatten(),
        exited: object
            .closed_on
            .is_some_and(|day| after.contains(&day.days())),
        revisit: revisit(frame, object, caused, at).map(|later| later.revisit),
        remeasured: remeasured(frame, object, caused, at).map(|later| later.revisit),
        ..WaveUnit::default()
    }
}

/// The outcome of the object window by window around the draw of row `at`.
pub(super) fn course(frame: &Frame, object: &Object, at: usize) -> Course {
    let drawn_on = object.rows[at].drawn_on;
    TIMES.map(|time| in_window(frame, object, drawn_on, time, false))
}

/// Whether one of the kinds became known in window `time` after the draw; from the draw on, of events from the draw on alone.
/// Nothing where the window is not over.
fn in_window(
    frame: &Frame,
    object: &Object,
    drawn_on: i32,
    time: i32,
    placebo: bool,
) -> Option<f64> {
    let from = drawn_on + time * frame.window;
    let until = from + frame.window;
    if until > frame.as_of.days() {
        return None;
    }
    let least = if time < 0 { i32::MIN } else { drawn_on };
    let is_one = |event: &PastEvent| {
        let of_kind = (event.kind >= frame.n_outcomes) == placebo;
        let known = (from..until).contains(&event.known_on.days());
        of_kind && known && event.event_on.days() >= least
    };
    Some(f64::from(u8::from(object.events.iter().any(is_one))))
}

/// A later visit, and the row of the draw that brought it, where one did.
pub(super) struct Later {
    pub(super) revisit: Revisit,
    pub(super) brought_by: Option<usize>,
}

/// What the draws of the next day say on which any had the object in its frame: of a main and a measurement draw either may bring
/// the visit, and each has tickets of its own.
pub(super) fn revisit(
    frame: &Frame,
    object: &Object,
    caused: &[Caused],
    at: usize,
) -> Option<Later> {
    let rows = object.rows;
    let first = rows
        .iter()
        .position(|row| row.drawn_on > rows[at].drawn_on)?;
    let of_stream = |is_measure: bool| {
        let is_one =
            |row: &Row| row.drawn_on == rows[first].drawn_on && row.is_measure == is_measure;
        let of_day = (first..rows.len()).filter(|&row| is_one(&rows[row]));
        of_day.min_by_key(|&row| &frame.draws[rows[row].draw as usize])
    };
    let (main, measure) = (of_stream(false), of_stream(true));
    let pi = |row: Option<usize>| row.map_or(0.0, |row| rows[row].pi);
    let pi2 = match (main, measure) {
        (Some(_), Some(_)) => 1.0 - (1.0 - pi(main)) * (1.0 - pi(measure)),
        (one, other) => pi(one.or(other)),
    };
    let drew = [main, measure].into_iter().flatten();
    let drew = drew.filter(|&row| rows[row].drawn);
    let seen: Vec<(usize, bool)> = drew
        .filter_map(|row| Some((row, found(caused, row)?)))
        .collect();
    let stream = if main.is_some() {
        Stream::Main
    } else {
        Stream::Measure
    };
    let found = seen.iter().map(|(_, found)| *found);
    Some(later(
        pi2,
        found.reduce(|a, b| a || b),
        stream,
        seen.first().map(|(row, _)| *row),
    ))
}

/// What the next measurement draw says that had the object in its frame, whatever main draws came before it.
pub(super) fn remeasured(
    frame: &Frame,
    object: &Object,
    caused: &[Caused],
    at: usize,
) -> Option<Later> {
    let is_one = |row: &Row| row.drawn_on > object.rows[at].drawn_on && row.measure_pi > 0.0;
    let rows = object
        .rows
        .iter()
        .enumerate()
        .filter(|(_, row)| is_one(row));
    let name = |row: &Row| &frame.draws[row.draw as usize];
    let (next, row) = rows.min_by_key(|(_, row)| (row.drawn_on, name(row)))?;
    let found = row.measured.then(|| found(caused, next)).flatten();
    let brought_by = found.map(|_| next);
    Some(later(row.measure_pi, found, Stream::Measure, brought_by))
}

fn later(pi2: f64, found: Option<bool>, stream: Stream, brought_by: Option<usize>) -> Later {
    Later {
        revisit: Revisit {
            pi2,
            found,
            stream,
            strictness: None,
        },
        brought_by,
    }
}
