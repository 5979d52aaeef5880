//! `[mechanism]` of a job file: by what rule publication is late, over what span, as written and as checked.

use serde::{Deserialize, Serialize};

use super::calendar::WorkingDays;
use crate::units::{Day, Problem};

/// Working days within which a result is published unless the job says otherwise: 20 个工作日.
const PUBLISH_WITHIN: u32 = 20;
/// Days looked back from the as-of day unless the job says otherwise.
const WINDOW_DAYS: u32 = 365;

/// `[mechanism]` as written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MechanismParams {
    /// Working days within which a result must be published. Default: 20.
    #[serde(default)]
    pub publish_within: Option<u32>,
    /// Days looked back from the as-of day, 28 to 3,660. Default: 365.
    #[serde(default)]
    pub window_days: Option<u32>,
    /// Public holidays (法定节假日). Default: none, so that Monday to Friday are working days.
    #[serde(default)]
    pub holidays: Vec<Day>,
    /// Weekend days that are worked (调休上班). Default: none.
    #[serde(default)]
    pub workdays: Vec<Day>,
}

/// `[mechanism]` as checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValidMechanism {
    pub(crate) publish_within: u32,
    pub(crate) window_days: u32,
    pub(crate) calendar: WorkingDays,
}

impl ValidMechanism {
    /// First day of the span that ends on the day before `as_of`.
    #[must_use]
    pub fn from(&self, as_of: Day) -> Day {
        as_of.plus(-i32::try_from(self.window_days).expect("a span was checked"))
    }
}

impl MechanismParams {
    /// Checks every setting.
    ///
    /// # Errors
    /// All broken rules at once.
    pub fn check(&self) -> Result<ValidMechanism, Vec<Problem>> {
        let mut problems = Vec::new();
        let publish_within = self.publish_within.unwrap_or(PUBLISH_WITHIN);
        if !(1..=250).contains(&publish_within) {
            let rule = "must be 1 to 250 working days";
            problems.push(Problem::new("publish_within", publish_within, rule));
        }
        let window_days = self.window_days.unwrap_or(WINDOW_DAYS);
        if !(28..=3_660).contains(&window_days) {
            let rule = "must be 28 to 3660 days";
            problems.push(Problem::new("window_days", window_days, rule));
        }
        let both = self
            .workdays
            .iter()
            .filter(|day| self.holidays.contains(day));
        problems.extend(both.map(|day| {
            let rule = "a worked day cannot be a holiday as well";
            Problem::new("workdays", day, rule)
        }));
        if problems.is_empty() {
            Ok(ValidMechanism {
                publish_within,
                window_days,
                calendar: WorkingDays::new(&self.holidays, &self.workdays),
            })
        } else {
            Err(problems)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_broken_rule_of_the_section_is_reported_at_once() {
        let day: Day = "2024-10-01".parse().unwrap();
        let params = MechanismParams {
            publish_within: Some(0),
            window_days: Some(7),
            holidays: vec![day],
            workdays: vec![day],
        };
        let keys: Vec<String> = params
            .check()
            .unwrap_err()
            .into_iter()
            .map(|problem| problem.key)
            .collect();
        assert_eq!(keys, ["publish_within", "window_days", "workdays"]);
    }

    #[test]
    fn a_section_left_out_looks_a_year_back_and_gives_twenty_working_days() {
        let checked = MechanismParams::default().check().unwrap();
        let as_of: Day = "2025-01-01".parse().unwrap();
        assert_eq!(checked.from(as_of).to_string(), "2024-01-02");
        assert_eq!(checked.publish_within, 20);
    }
}
