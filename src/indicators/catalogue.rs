//! One indicator as a catalogue declares it, before it meets the columns of a snapshot.

use serde::Deserialize;

use crate::registers::RowSql;
use crate::units::Problem;

/// A table of dated records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Table {
    Inspections,
    CreditEvents,
    /// The register itself, each object a record of its day of establishment.
    Objects,
}

impl Table {
    /// Name of the snapshot's table.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Inspections => "inspections",
            Self::CreditEvents => "credit_events",
            Self::Objects => "objects",
        }
    }

    /// Column with the day the record is about.
    pub(super) fn event_day(self) -> &'static str {
        match self {
            Self::Inspections => "inspected_on",
            Self::CreditEvents => "event_on",
            Self::Objects => "established_on",
        }
    }
}

/// How the picked records of one object become one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Aggregate {
    Count,
    Sum,
    Any,
    Rate,
    DaysSince,
    DecayedSum,
    DecayedMean,
    Distinct,
    Last,
    Mean,
    Max,
}

impl Aggregate {
    /// Keys it needs beside `table`.
    pub(super) fn required(self) -> &'static [&'static str] {
        match self {
            Self::Count | Self::Any | Self::DaysSince => &[],
            Self::Rate => &["hit"],
            Self::DecayedSum => &["half_life_days"],
            Self::DecayedMean => &["value", "half_life_days"],
            Self::Sum | Self::Distinct | Self::Last | Self::Mean | Self::Max => &["value"],
        }
    }

    /// Keys it understands beside the required ones, `table`, `where`, `window_days` and `each_value_of`.
    pub(super) fn optional(self) -> &'static [&'static str] {
        match self {
            Self::Count | Self::Sum => &["by", "others"],
            Self::Any | Self::Distinct => &[],
            Self::Rate => &[
                "by",
                "others",
                "half_life_days",
                "prior_rate",
                "prior_weight",
                "prior_where",
                "missing",
            ],
            Self::Mean | Self::DecayedMean => &[
                "by",
                "others",
                "prior_value",
                "prior_weight",
                "prior_where",
                "missing",
            ],
            Self::DaysSince | Self::Last => &["nth", "missing"],
            Self::Max => &["missing"],
            Self::DecayedSum => &["by", "others", "value"],
        }
    }
}

/// One indicator as declared.
#[derive(Clone, Debug)]
pub(super) struct Definition {
    pub(super) name: String,
    pub(super) zh: String,
    pub(super) en: String,
    pub(super) unit: String,
    pub(super) source: Source,
    /// Code of the first-level group, where the catalogue sorts its indicators.
    pub(super) group: Option<String>,
    /// Who keeps the records it is made of.
    pub(super) from: Option<String>,
    /// Whether only expressions may look at it.
    pub(super) is_helper: bool,
    /// Whether it is left out where the snapshot lacks a column it looks at.
    pub(super) is_optional: bool,
    /// File and key of the entry, for later problems.
    pub(super) file: String,
    pub(super) key: String,
}

/// Where an indicator's value comes from.
#[derive(Clone, Debug)]
pub(super) enum Source {
    Records(Box<Records>),
    Attribute(RowSql),
    Expression(RowSql),
}

/// An aggregate over dated records.
#[derive(Clone, Debug)]
pub(super) struct Records {
    pub(super) aggregate: Aggregate,
    pub(super) table: Table,
    pub(super) filter: Option<RowSql>,
    /// `value`, or `hit` of a rate.
    pub(super) value: Option<RowSql>,
    pub(super) window_days: Option<i32>,
    pub(super) half_life_days: Option<u32>,
    pub(super) prior: Option<Prior>,
    pub(super) missing: Option<f64>,
    pub(super) nth: usize,
    /// Columns of objects whose values peers share; empty for the object's own records.
    pub(super) by: Vec<String>,
    /// Whether the object's own records are left out of its peers'.
    pub(super) others: bool,
    /// Column whose values give one indicator each.
    pub(super) each_value_of: Option<String>,
}

/// What stands for an object without records, and for how many records it counts.
#[derive(Clone, Debug)]
pub(super) struct Prior {
    pub(super) value: PriorValue,
    pub(super) weight: f64,
}

#[derive(Clone, Debug)]
pub(super) enum PriorValue {
    /// The number as written.
    Given(f64),
    /// `"base"`: the mean over all objects as of the row's day, of the records that pass this filter.
    Base(Option<RowSql>),
}

impl Definition {
    /// A broken rule at this entry's `key`.
    pub(super) fn problem(&self, key: &str, value: &str, rule: impl Into<String>) -> Problem {
        let mut problem = Problem::new(format!("{}.{key}", self.key), value, rule);
        problem.file.clone_from(&self.file);
        problem
    }
}
