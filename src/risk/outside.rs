//! Objects outside the classes (未分类: 个体, 农专, new registrations), each kind with a policy of its own.

use serde::{Deserialize, Serialize};

use super::params::{NamedClass, POINTS_LIMIT};
use super::sql;
use crate::indicators::Indicator;
use crate::units::Problem;

/// `[risk.unclassified]`, or one `[[risk.outside]]`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unclassified {
    /// SQL over indicator columns; true means that the object has no class, a direct judgement notwithstanding.
    pub when: String,
    /// Code in tables.
    pub code: String,
    /// Name in reports.
    pub name: String,
    /// Fixed points, or `"model"` for the points the model gives.
    pub points: UnclassifiedPoints,
}

/// Points of objects without a class.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum UnclassifiedPoints {
    /// The same for all.
    Fixed(i64),
    /// `"model"`.
    Named(String),
}

/// Checked policy for objects without a class.
#[derive(Clone, Debug)]
pub(super) struct ValidUnclassified {
    /// Key of the section below `[risk]`.
    section: String,
    pub(super) when: String,
    pub(super) class: NamedClass,
    /// `None`: the model's own points.
    pub(super) points: Option<u32>,
}

impl Unclassified {
    /// The checked policy; `section` is its key below `[risk]`.
    pub(super) fn checked(
        &self,
        section: String,
        problems: &mut Vec<Problem>,
    ) -> ValidUnclassified {
        if let Err(reason) = sql::parse(&self.when) {
            problems.push(Problem::new(
                format!("{section}.when"),
                &self.when,
                format!("must be an SQL condition: {reason}"),
            ));
        }
        let class = NamedClass {
            code: self.code.clone(),
            name: self.name.clone(),
        };
        ValidUnclassified {
            when: self.when.clone(),
            class,
            points: self.points.checked(&section, problems),
            section,
        }
    }
}

impl UnclassifiedPoints {
    /// The fixed points; `None` for the model's own.
    fn checked(&self, section: &str, problems: &mut Vec<Problem>) -> Option<u32> {
        let written = match self {
            Self::Named(name) if name == "model" => return None,
            Self::Named(name) => name.clone(),
            Self::Fixed(points) => match u32::try_from(*points) {
                Ok(whole) if (1..=POINTS_LIMIT).contains(points) => return Some(whole),
                _ => points.to_string(),
            },
        };
        let rule = format!("points must be a whole number in 1 ..= {POINTS_LIMIT} or \"model\"");
        problems.push(Problem::new(format!("{section}.points"), written, rule));
        None
    }
}

impl ValidUnclassified {
    /// Problem of the policy with a catalogue of indicators.
    pub(super) fn misfit(&self, indicators: &[Indicator]) -> Option<Problem> {
        let reason = sql::condition(&self.when, indicators).err()?;
        let rule = format!("must be an SQL condition over the indicators: {reason}");
        Some(Problem::new(
            format!("{}.when", self.section),
            &self.when,
            rule,
        ))
    }
}
