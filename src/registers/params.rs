//! Settings of the registers: which objects of the 检查对象名录库 form the frame.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::bounds::Level;
use super::row_sql::RowSql;
use crate::codes::{self, Reading};
use crate::units::{Day, Problem};

/// Settings as written.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// 登记状态 that are inspected, for example `["存续"]`; absent: every status.
    #[serde(default)]
    pub eligible_status: Option<Vec<String>>,
    /// Whether objects with `closed_on` on or before the as-of day are left out. Default: true.
    #[serde(default = "yes")]
    pub exclude_closed: bool,
    /// Whether objects with `established_on` on or after the as-of day are left out. Default: true.
    #[serde(default = "yes")]
    pub exclude_not_established: bool,
    /// Declared exclusions; the first that holds gives the reason. Default: none.
    #[serde(default)]
    pub exclude: Vec<Exclusion>,
    /// 层级 of the office the job is for: which clause of `市级局每年组织1次；县级局每月组织1次` is its own. Default: none, and a
    /// person must say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
    /// Declared labels (分类标注), in the order objects carry them. Default: none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub label: Vec<LabelRule>,
    /// Whether objects carry the warning labels of the platforms (期限即将到期 and the like). Default: false.
    #[serde(default, skip_serializing_if = "is_false")]
    pub warnings: bool,
}

/// One declared label: an object carries it while all that is named is true of it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LabelRule {
    /// The label, for example 餐饮服务.
    pub label: String,
    /// SQL over the object's columns as in exclusions, `business_scope LIKE '%餐饮%'` for a word of its 经营范围; null counts
    /// as false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
    /// Industries of GB/T 4754-2017, one of which holds the object's: a section's letter, or leading digits.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub industries: Vec<String>,
    /// Words, one of which stands in the name of a licence that is valid on the as-of day.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub licences: Vec<String>,
    /// First as-of day of the rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Day>,
    /// Last as-of day of the rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Day>,
    /// Days the label lasts since the licence was granted, or where the rule names none since the object was established;
    /// without that day it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_days: Option<u16>,
}

/// One declared exclusion.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exclusion {
    /// The reason that is published with the count; it must not hint at a risk class.
    pub reason: String,
    /// SQL over the object's columns, `as_of` and `…_day` numbers; null counts as false.
    pub when: String,
}

/// Settings as checked.
#[derive(Clone, Debug)]
pub struct ValidParams {
    pub(super) eligible_status: Option<Vec<String>>,
    pub(super) exclude_closed: bool,
    pub(super) exclude_not_established: bool,
    pub(super) exclude: Vec<(String, RowSql)>,
    pub(super) labels: Vec<Label>,
    pub(super) warnings: bool,
    pub(super) level: Option<Level>,
}

/// A declared label as checked.
#[derive(Clone, Debug)]
pub(super) struct Label {
    pub(super) name: String,
    pub(super) when: Option<RowSql>,
    /// Letters or digits that [`codes::is_within`] reads.
    pub(super) industries: Vec<&'static str>,
    pub(super) licences: Vec<String>,
    pub(super) from: Option<Day>,
    pub(super) until: Option<Day>,
    pub(super) expires_days: Option<i32>,
}

impl Default for Params {
    fn default() -> Self {
        Self {
            eligible_status: None,
            exclude_closed: true,
            exclude_not_established: true,
            exclude: Vec::new(),
            label: Vec::new(),
            warnings: false,
            level: None,
        }
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks by reference")]
fn is_false(flag: &bool) -> bool {
    !flag
}

fn yes() -> bool {
    true
}

impl ValidParams {
    /// Whether a 登记状态 is one of the eligible ones.
    #[must_use]
    pub fn names_status(&self, status: &str) -> bool {
        let eligible = self.eligible_status.iter().flatten();
        eligible.into_iter().any(|known| known == status)
    }
}

impl Params {
    /// Checks every setting and reports all that is wrong.
    ///
    /// # Errors
    /// One [`Problem`] per broken rule, with keys below `registers`.
    pub fn check(&self) -> Result<ValidParams, Vec<Problem>> {
        let mut problems = Vec::new();
        if self.eligible_status.as_ref().is_some_and(Vec::is_empty) {
            problems.push(Problem::new(
                "eligible_status",
                "[]",
                "must name a status, or be left out",
            ));
        }
        let exclude = self.checked_exclusions(&mut problems);
        let labels = self.checked_labels(&mut problems);
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(ValidParams {
            eligible_status: self.eligible_status.clone(),
            exclude_closed: self.exclude_closed,
            exclude_not_established: self.exclude_not_established,
            exclude,
            labels,
            warnings: self.warnings,
            level: self.level,
        })
    }

    fn checked_labels(&self, problems: &mut Vec<Problem>) -> Vec<Label> {
        let rules = self.label.iter().enumerate();
        let checked = rules.map(|(index, rule)| rule.check(&format!("label[{index}]"), problems));
        checked.collect()
    }

    fn checked_exclusions(&self, problems: &mut Vec<Problem>) -> Vec<(String, RowSql)> {
        let mut seen = BTreeSet::new();
        let mut rules = Vec::new();
        for (index, rule) in self.exclude.iter().enumerate() {
            let reason = rule.reason.trim();
            if reason.is_empty() || !seen.insert(reason) {
                let key = format!("exclude[{index}].reason");
                problems.push(Problem::new(
                    key,
                    &rule.reason,
                    "must be a reason that no other exclusion has",
                ));
            }
            match RowSql::parse(&rule.when) {
                Ok(when) => rules.push((rule.reason.clone(), when)),
                Err(broken) => problems.push(Problem::new(
                    format!("exclude[{index}].when"),
                    &rule.when,
                    broken,
                )),
            }
        }
        rules
    }
}

impl LabelRule {
    fn check(&self, key: &str, problems: &mut Vec<Problem>) -> Label {
        let mut broken = |name: &str, value: &str, rule: String| {
            problems.push(Problem::new(format!("{key}.{name}"), value, rule));
        };
        if self.label.trim().is_empty() {
            broken("label", &self.label, "must be a text".to_owned());
        }
        let names_nothing =
            self.when.is_none() && self.industries.is_empty() && self.licences.is_empty();
        if names_nothing && self.expires_days.is_none() {
            let rule = "must say whom it is for: when, industries, licences or expires_days";
            broken("label", &self.label, rule.to_owned());
        }
        if let (Some(from), Some(until)) = (self.from, self.until)
            && until < from
        {
            broken(
                "until",
                &until.to_string(),
                format!("must not be before from, {from}"),
            );
        }
        if self.licences.iter().any(|name| name.trim().is_empty()) {
            broken(
                "licences",
                "",
                "must be words of a licence's name".to_owned(),
            );
        }
        let when = self.when.as_ref().and_then(|text| {
            let parsed = RowSql::parse(text);
            parsed.map_err(|rule| broken("when", text, rule)).ok()
        });
        let industries = self.industries.iter().filter_map(|text| {
            let prefix = prefix(text);
            prefix.map_err(|rule| broken("industries", text, rule)).ok()
        });
        Label {
            name: self.label.trim().to_owned(),
            industries: industries.collect(),
            when,
            licences: self
                .licences
                .iter()
                .map(|name| name.trim().to_owned())
                .collect(),
            from: self.from,
            until: self.until,
            expires_days: self.expires_days.map(i32::from),
        }
    }
}

/// The prefix of the codes an industry of a rule stands for.
fn prefix(text: &str) -> Result<&'static str, String> {
    match codes::industry(text) {
        Reading::Known(industry) => Ok(codes::prefix_of(industry)),
        Reading::Ambiguous(several) => Err(format!(
            "must say which of {} is meant, by its letter",
            several.join(", ")
        )),
        Reading::Older { .. } | Reading::Unknown => {
            Err("must be an industry of GB/T 4754-2017".to_owned())
        }
    }
}
