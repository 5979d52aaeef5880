//! Settings of the registers: which objects of the 检查对象名录库 form the frame.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::row_sql::RowSql;
use crate::units::Problem;

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
}

fn yes() -> bool {
    true
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
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(ValidParams {
            eligible_status: self.eligible_status.clone(),
            exclude_closed: self.exclude_closed,
            exclude_not_established: self.exclude_not_established,
            exclude,
        })
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
