//! Classes another authority gave (A–D, A–E, colours), mapped onto the job's classes by a declared table.
//!
//! An object with an imported class keeps the model's scores; its points are drawn into the range of its class, so that
//! points and classes never disagree. A value the table does not name is refused with the number of its objects.

use std::collections::BTreeMap;

use polars::prelude::{DataType, Expr, NULL, col, len, lit, when};
use serde::{Deserialize, Serialize};

use super::Error;
use crate::indicators::{Indicator, IndicatorKind, IndicatorTable};
use crate::units::Problem;

/// `[risk.imported]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Imported {
    /// The text among the indicators that holds the class as its source writes it; objects without it keep the model's.
    pub indicator: String,
    /// For every value of the source, the code of one of the job's classes.
    pub classes: BTreeMap<String, String>,
    /// Which class counts where there is an imported one.
    pub rule: ImportRule,
}

/// Which class counts where there is an imported one. Direct judgements hold under both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImportRule {
    /// The imported one.
    Imported,
    /// The worse of the imported one and the model's.
    Worse,
}

impl Imported {
    /// Problems of the section with the job's class codes.
    pub(super) fn problems(&self, codes: &[&str]) -> Vec<Problem> {
        let unknown = self
            .classes
            .iter()
            .filter(|(_, code)| !codes.contains(&code.as_str()));
        let rule = format!("must be one of the classes {}", codes.join(", "));
        let unknown = unknown
            .map(|(value, code)| Problem::new(format!("imported.classes.{value}"), code, &rule));
        let empty = self.classes.is_empty().then(|| {
            let rule = "must name a class for every value of the source";
            Problem::new("imported.classes", "{}", rule)
        });
        unknown.chain(empty).collect()
    }

    /// Problem of the section with a catalogue of indicators.
    pub(super) fn misfit(&self, indicators: &[Indicator]) -> Option<Problem> {
        let is_text = |i: &Indicator| i.name == self.indicator && i.kind == IndicatorKind::Text;
        let rule = "must name a text among the indicators";
        (!indicators.iter().any(is_text))
            .then(|| Problem::new("imported.indicator", &self.indicator, rule))
    }

    /// Refuses values the table does not name.
    pub(super) fn check_values(&self, table: &IndicatorTable) -> Result<(), Error> {
        let mut unknown: BTreeMap<String, u64> = BTreeMap::new();
        for part in 0..table.n_parts() {
            let column = col(self.indicator.as_str());
            let counted = table
                .scan(part)?
                .group_by([column.alias("value")])
                .agg([len().cast(DataType::UInt64).alias("n")])
                .collect()?;
            let values = counted.column("value")?.str()?.iter();
            for (value, n) in values.zip(counted.column("n")?.u64()?.iter()) {
                if let Some(value) = value.filter(|value| !self.classes.contains_key(*value)) {
                    *unknown.entry(value.to_owned()).or_default() += n.unwrap_or_default();
                }
            }
        }
        if unknown.is_empty() {
            return Ok(());
        }
        let rule = "must have a class in risk.imported.classes";
        let problem =
            |(value, n)| Problem::new("imported.classes", format!("{value} ({n} objects)"), rule);
        Err(Error::Settings(unknown.into_iter().map(problem).collect()))
    }

    /// Index of the imported class, lowest risk first, null where there is none.
    pub(super) fn index(&self, codes: &[&str]) -> Expr {
        let none = lit(NULL).cast(DataType::UInt32);
        self.classes.iter().fold(none, |rest, (value, code)| {
            let class = codes.iter().position(|other| other == code);
            let class = class.and_then(|class| u32::try_from(class).ok());
            when(col(self.indicator.as_str()).eq(lit(value.as_str())))
                .then(lit(class.unwrap_or_default()))
                .otherwise(rest)
        })
    }
}
