//! The lines of the register-health report as plain values: what is wrong, with whom, what it rests on.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Coverage;
use crate::ingest::empties_a_cell;
use crate::registers::InspectorFinding;
use crate::units::Day;

/// What can be wrong with an object of the register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ailment {
    /// Closed, revoked or moved away, and still in the register.
    Dead,
    /// Gone by one entry and in force by another: 登记状态, a licence, a visit after the closing day.
    DeadInForce,
    /// 无法联系 at the last result, or on an open list of objects that cannot be reached.
    Unreachable,
    /// The same business under two identities, or one identity twice.
    Duplicate,
    /// A code that a spreadsheet program has damaged.
    Damaged,
    /// A code that fails a check, or is of an older kind.
    Identity,
    /// Cells of its row or its records that cannot be read and are taken as empty.
    UnreadCell,
    /// In the frame without a label (分类标注).
    Unlabelled,
    /// In the frame without a risk class (未分类).
    Unclassified,
    /// In the frame without a name.
    NoName,
    /// In the frame without 主体类别.
    NoKind,
    /// In the frame without 管辖单位.
    NoOffice,
    /// In the frame without an industry.
    NoIndustry,
    /// In the frame without a region.
    NoRegion,
    /// In the frame without an address.
    NoAddress,
}

impl Ailment {
    /// All, in the order of the report.
    pub const ALL: [Self; 15] = [
        Self::Dead,
        Self::DeadInForce,
        Self::Unreachable,
        Self::Duplicate,
        Self::Damaged,
        Self::Identity,
        Self::UnreadCell,
        Self::Unlabelled,
        Self::Unclassified,
        Self::NoName,
        Self::NoKind,
        Self::NoOffice,
        Self::NoIndustry,
        Self::NoRegion,
        Self::NoAddress,
    ];

    /// Whether it is counted among all objects; else among those of the frame.
    #[must_use]
    pub fn is_of_all(self) -> bool {
        matches!(
            self,
            Self::Dead
                | Self::DeadInForce
                | Self::Duplicate
                | Self::Damaged
                | Self::Identity
                | Self::UnreadCell
        )
    }

    /// The line that a finding of this rule on an accepted row belongs to.
    pub(super) fn of_finding(rule: &str) -> Option<Self> {
        if empties_a_cell(rule) {
            return Some(Self::UnreadCell);
        }
        Self::of_rule(rule)
    }

    /// The line that a refusal of this rule belongs to.
    pub(super) fn of_rule(rule: &str) -> Option<Self> {
        match rule {
            "duplicate-likely" | "object-duplicate" | "object-alias" | "alias-ambiguous" => {
                Some(Self::Duplicate)
            }
            "id-damaged" | "id-excel-digits" | "id-replaced" => Some(Self::Damaged),
            "id-alias" | "id-non-market" => None,
            rule if rule.starts_with("id-") => Some(Self::Identity),
            _ => None,
        }
    }
}

/// Why an object stands on a list.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// The line says it all.
    Plain,
    /// 登记状态, and the closing day where there is one.
    Gone {
        /// 登记状态.
        status: String,
        /// Closing day.
        on: Option<Day>,
    },
    /// The closing day has passed and 登记状态 says in force.
    StatusInForce {
        /// 登记状态.
        status: String,
        /// Closing day.
        on: Day,
    },
    /// Gone, with licences in force.
    Licences(u64),
    /// Gone, and somebody was there on this later day.
    VisitAfter(Day),
    /// 无法联系 on this day, the last result.
    UnreachableOn(Day),
    /// On an open list of objects that cannot be reached.
    OnList,
    /// What ingest noted: file, line, value, rule.
    Noted {
        /// `file, line n`.
        place: String,
        /// The value as it stands there.
        value: String,
        /// The rule.
        rule: String,
    },
}

/// An object on a list.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Listed {
    /// Identity; empty where a row was refused for the lack of one.
    pub object_id: String,
    /// Name; empty where there is none.
    pub name: String,
    /// 管辖单位; empty where there is none.
    pub office: String,
    /// Why it stands here.
    pub why: Why,
}

/// One line of the report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// What is wrong.
    pub ailment: Ailment,
    /// Objects it is wrong with; for refused rows without an identity, rows.
    pub n: u64,
    /// Objects it is counted among.
    pub of: u64,
    /// All of them, ascending by id.
    #[serde(skip)]
    pub rows: Vec<Listed>,
}

impl Line {
    /// Share of the objects it is counted among; `None` where there are none.
    #[must_use]
    #[allow(
        clippy::cast_precision_loss,
        reason = "counts of objects lie below 2^53"
    )]
    pub fn share(&self) -> Option<f64> {
        (self.of > 0).then(|| self.n as f64 / self.of as f64)
    }
}

/// One office (管辖单位) and the lines its objects stand on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Office {
    /// Name; empty for objects without one.
    pub name: String,
    /// Objects.
    pub n_objects: u64,
    /// Objects of the frame.
    pub n_frame: u64,
    /// Objects per line; what ingest noted about rows is not counted here.
    pub ailments: BTreeMap<Ailment, u64>,
}

/// How many rows a rule was noted on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleCount {
    /// The rule.
    pub rule: String,
    /// Rows.
    pub n: u64,
}

/// The register's health as of a day.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Health {
    /// 基准日.
    pub as_of: Day,
    /// Objects in the register.
    pub n_objects: u64,
    /// Objects of the frame.
    pub n_frame: u64,
    /// Every line, in the order of [`Ailment::ALL`]; zero counts included.
    pub lines: Vec<Line>,
    /// Offices, ascending by name.
    pub offices: Vec<Office>,
    /// Refused rows by rule.
    pub refusals: Vec<RuleCount>,
    /// Findings on accepted rows by rule.
    pub findings: Vec<RuleCount>,
    /// 应纳尽纳.
    pub coverage: Coverage,
    /// Findings on inspectors by rule, the gravest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub staff: Vec<RuleCount>,
    /// Those findings, rule by rule, ascending by inspector.
    #[serde(skip)]
    pub staff_rows: Vec<InspectorFinding>,
    /// What a reader should know.
    pub notes: Vec<String>,
}

impl Health {
    /// The line of `ailment`.
    #[must_use]
    pub fn line(&self, ailment: Ailment) -> Option<&Line> {
        self.lines.iter().find(|line| line.ailment == ailment)
    }
}

#[cfg(test)]
mod tests {
    use super::Ailment;

    #[test]
    fn every_rule_on_codes_has_its_line() {
        let line = Ailment::of_rule;
        assert_eq!(line("id-excel-digits"), Some(Ailment::Damaged));
        assert_eq!(line("id-legacy-m000"), Some(Ailment::Identity));
        assert_eq!(line("duplicate-likely"), Some(Ailment::Duplicate));
        assert_eq!((line("id-non-market"), line("value-missing")), (None, None));
        let found = Ailment::of_finding;
        assert_eq!(found("negative"), Some(Ailment::UnreadCell));
        assert_eq!(
            (found("id-check"), line("negative")),
            (line("id-check"), None)
        );
    }
}
