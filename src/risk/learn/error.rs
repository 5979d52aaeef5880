//! Why nothing can be learnt: one variant per rule.

use thiserror::Error;

use crate::units::Kind;

/// Why a model cannot be fitted or cannot score.
#[derive(Debug, Error, PartialEq)]
pub enum Error {
    /// Columns, labels or weights of different lengths.
    #[error("{what} has {found} rows, and the design has {expected}")]
    Lengths {
        /// The column or list.
        what: String,
        /// Its rows.
        found: usize,
        /// Rows expected.
        expected: usize,
    },
    /// Two columns of one name.
    #[error("column \"{column}\" stands twice in the design")]
    Twice {
        /// The column.
        column: String,
    },
    /// An infinite value.
    #[error("column \"{column}\", row {row}: {value} is not a finite number (no value is NaN)")]
    NotFinite {
        /// The column.
        column: String,
        /// Row, from 0.
        row: usize,
        /// The value.
        value: f64,
    },
    /// A weight that is negative or not finite.
    #[error("row {row}: the weight {value} is not a finite number from 0 up")]
    Weight {
        /// Row, from 0.
        row: usize,
        /// The weight.
        value: f64,
    },
    /// A probability of being drawn outside (0, 1].
    #[error("row {row}: the probability {value} is not above 0 and at most 1")]
    Probability {
        /// Row, from 0.
        row: usize,
        /// The probability.
        value: f64,
    },
    /// A score that is not finite.
    #[error("row {row}: the score {value} is not a finite number")]
    Score {
        /// Row, from 0.
        row: usize,
        /// The score.
        value: f64,
    },
    /// No row counts.
    #[error("none of the {rows} rows has a weight above 0")]
    NoRows {
        /// Rows, weighted or not.
        rows: usize,
    },
    /// Nothing was ever found.
    #[error("none of the {rows} weighted rows has a finding")]
    NoPositives {
        /// Rows with a weight.
        rows: usize,
    },
    /// Something was found every time.
    #[error("each of the {rows} weighted rows has a finding")]
    OnlyPositives {
        /// Rows with a weight.
        rows: usize,
    },
    /// No column tells rows apart.
    #[error("no column of the {columns} varies over the {rows} rows")]
    NothingVaries {
        /// Columns.
        columns: usize,
        /// Rows.
        rows: usize,
    },
    /// More rows than exact sums have room for.
    #[error("{rows} rows are more than the {allowed} that trees are grown on")]
    TooManyRows {
        /// Rows.
        rows: usize,
        /// Most rows.
        allowed: usize,
    },
    /// A setting out of its range.
    #[error("{key} = {value}: {rule}")]
    Setting {
        /// The setting.
        key: &'static str,
        /// Its value.
        value: f64,
        /// What it must be.
        rule: &'static str,
    },
    /// The optimum was not reached.
    #[error(
        "the model is not at its optimum after {iterations} iterations: slope {slope_max:e} per unit of weight, at most \
         {allowed:e} is accepted"
    )]
    NotConverged {
        /// Iterations made.
        iterations: u32,
        /// Largest violation of the optimality conditions.
        slope_max: f64,
        /// Largest accepted.
        allowed: f64,
    },
    /// The information matrix has no inverse.
    #[error("column \"{column}\" repeats others without a penalty: it has no standard error")]
    Collinear {
        /// The first such column.
        column: String,
    },
    /// Scored on other columns than fitted.
    #[error("column {place} is {found}, and the model was fitted with {expected} there")]
    OtherColumns {
        /// Place, from 0.
        place: usize,
        /// Name found.
        found: String,
        /// Name expected.
        expected: String,
    },
}

impl Error {
    /// The kind of failure: settings, data, or a mistake of the program.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Setting { .. } => Kind::Usage,
            Self::NoPositives { .. }
            | Self::OnlyPositives { .. }
            | Self::NothingVaries { .. }
            | Self::Probability { .. }
            | Self::NotConverged { .. }
            | Self::NoRows { .. } => Kind::Data,
            _ => Kind::Bug,
        }
    }
}
