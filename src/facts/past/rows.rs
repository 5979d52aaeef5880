//! Who stood in the frame of which past draw: rows of the table of draws and of rounds of record in one form.

use crate::ingest::{PastDraw, PastDraws};
use crate::units::Day;

/// An object in the frame of a past draw, or of a round of record with both its streams.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "four yes-or-no columns of a table"
)]
pub(super) struct Row {
    pub(super) object_key: u64,
    /// Place in [`Rows::draws`].
    pub(super) draw: u32,
    /// Place in [`Rows::strata`].
    pub(super) stratum: u32,
    /// Place in [`Rows::classes`].
    pub(super) class: u32,
    /// Day of the draw, in days since 1970.
    pub(super) drawn_on: i32,
    /// Realised probability of being drawn, by any stream of the row.
    pub(super) pi: f64,
    /// That of its measurement draw; 0 where there is none.
    pub(super) measure_pi: f64,
    /// 抽中, by any stream of the row.
    pub(super) drawn: bool,
    /// Drawn by its measurement draw.
    pub(super) measured: bool,
    /// Whether the row is of a measurement draw alone.
    pub(super) is_measure: bool,
    /// Each object drawn by itself; else a fixed number per stratum.
    pub(super) is_poisson: bool,
}

impl Row {
    pub(super) fn drawn_on(&self) -> Day {
        Day::from_days(self.drawn_on)
    }
}

/// Rows of one partition, in the order of object, day, draw, and the labels they point to; the empty label stands for none.
#[derive(Clone, Debug, Default)]
pub(super) struct Rows {
    pub(super) draws: Vec<String>,
    pub(super) strata: Vec<String>,
    pub(super) classes: Vec<String>,
    pub(super) entries: Vec<Row>,
}

impl From<PastDraws> for Rows {
    fn from(table: PastDraws) -> Self {
        Self {
            entries: table.rows.into_iter().map(Row::from).collect(),
            draws: table.draws,
            strata: table.strata,
            classes: table.classes,
        }
    }
}

impl From<PastDraw> for Row {
    fn from(row: PastDraw) -> Self {
        Self {
            object_key: row.object_key,
            draw: row.draw,
            stratum: row.stratum,
            class: row.class,
            drawn_on: row.drawn_on.days(),
            pi: row.pi,
            measure_pi: if row.measure { row.pi } else { 0.0 },
            drawn: row.drawn,
            measured: row.measure && row.drawn,
            is_measure: row.measure,
            is_poisson: row.poisson,
        }
    }
}
