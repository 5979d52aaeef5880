//! Drawn and not visited: who, where, and what the prevalence is when it is adjusted for, class by class in each district.
//!
//! Little and Rubin (2019), weighting classes: within a class and district, chance is taken to have decided who was visited.

use std::collections::BTreeMap;

use super::{Around, Grouping, Response, ResponseCell};
use crate::evaluate::FrameFacts;
use crate::evaluate::cell::prevalence;
use crate::evaluate::estimates::{Figure, N_MIN};
use crate::evaluate::judgement::{Judged, Judgement};
use crate::evaluate::measure::domains;
use crate::evaluate::number::{count, real, share};

/// Share not visited above which a cell is flagged.
const MISSING_MAX: f64 = 0.1;

/// Drawn and visited.
#[derive(Clone, Copy, Default)]
struct Seen {
    drawn: u64,
    visited: u64,
}

/// Class and district, by place.
type Cells = BTreeMap<(u16, Option<usize>), Seen>;

pub(super) fn response(frame: &FrameFacts, around: &Around, judgement: &Judgement) -> Response {
    let district = around.district();
    let cells = cells(district, judgement);
    let (drawn, visited) = cells.values().fold((0, 0), |(drawn, visited), seen| {
        (drawn + seen.drawn, visited + seen.visited)
    });
    let missing = share(real(drawn - visited), real(drawn));
    let cell = |(&(class, place), seen): (&(u16, Option<usize>), &Seen)| ResponseCell {
        class: frame.classes[usize::from(class)].code.clone(),
        district: label(district, place),
        n_drawn: seen.drawn,
        n_visited: seen.visited,
        flagged: seen.is_flagged(),
        borrowed: seen.visited == 0,
    };
    Response {
        missing,
        flagged: missing.is_some_and(|missing| missing > MISSING_MAX),
        district: district.map_or_else(String::new, |one| one.name.clone()),
        cells: cells.iter().map(cell).collect(),
        prevalence: adjusted(frame, district, &cells, judgement),
    }
}

impl Seen {
    fn is_flagged(self) -> bool {
        real(self.drawn - self.visited) > MISSING_MAX * real(self.drawn)
    }
}

fn place(district: Option<&Grouping>, unit: usize) -> Option<usize> {
    district?.of_unit[unit].first().copied()
}

fn label(district: Option<&Grouping>, place: Option<usize>) -> String {
    let label = district
        .zip(place)
        .map(|(one, at)| one.groups[at].0.clone());
    label.unwrap_or_default()
}

fn cells(district: Option<&Grouping>, judgement: &Judgement) -> Cells {
    let mut cells = Cells::new();
    for (at, unit) in judgement.units.iter().enumerate() {
        let seen = cells
            .entry((unit.unit.class, place(district, at)))
            .or_default();
        seen.drawn += 1;
        seen.visited += u64::from(unit.verdict.is_some());
    }
    cells
}

/// The Hájek mean with weights 1/(π φ), φ the visit rate of class and district; those of a district where nobody of the class
/// was visited are carried by the rest of the class.
fn adjusted(
    frame: &FrameFacts,
    district: Option<&Grouping>,
    cells: &Cells,
    judgement: &Judgement,
) -> Figure {
    let mut kept = vec![(0_u64, 0_u64); frame.classes.len()];
    for ((class, _), seen) in cells {
        let (all, answered) = &mut kept[usize::from(*class)];
        *all += seen.drawn;
        *answered += if seen.visited > 0 { seen.drawn } else { 0 };
    }
    let rate = |at: usize, unit: &Judged| {
        let seen = cells[&(unit.unit.class, place(district, at))];
        let (all, answered) = kept[usize::from(unit.unit.class)];
        real(seen.visited) / real(seen.drawn) * share(real(answered), real(all)).unwrap_or(1.0)
    };
    let units = judgement.units.iter().enumerate().map(|(at, unit)| {
        let drawn = if unit.unit.take_all {
            1.0
        } else {
            unit.unit.pi
        };
        Judged {
            unit: unit.unit,
            verdict: unit.verdict,
            pi: drawn * rate(at, unit),
        }
    });
    let again = Judgement::new(frame, units.collect());
    let n = again.units.iter().filter(|unit| unit.is_valid()).count();
    if count(n) < N_MIN {
        return Figure::NONE;
    }
    prevalence(&domains(frame, &again)[0], &again)
}
