//! Working days (工作日): Monday to Friday, less public holidays, and weekend days that are worked (调休).

use std::collections::BTreeSet;

use crate::units::Day;

/// A calendar of working days. Without holidays it counts Monday to Friday, which ends a span too early, never too late,
/// over a public holiday.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WorkingDays {
    holidays: BTreeSet<Day>,
    worked: BTreeSet<Day>,
}

impl WorkingDays {
    /// With these public holidays (法定节假日) and these worked weekend days (调休上班).
    #[must_use]
    pub fn new(holidays: &[Day], worked: &[Day]) -> Self {
        Self {
            holidays: holidays.iter().copied().collect(),
            worked: worked.iter().copied().collect(),
        }
    }

    /// Whether holidays are known at all.
    #[must_use]
    pub fn names_holidays(&self) -> bool {
        !self.holidays.is_empty()
    }

    /// Whether a day is a working day.
    #[must_use]
    pub fn is_worked(&self, day: Day) -> bool {
        // 1970-01-01 was a Thursday.
        let weekday = (day.days() + 3).rem_euclid(7);
        self.worked.contains(&day) || (weekday < 5 && !self.holidays.contains(&day))
    }

    /// The `n`-th working day after `day`; `day` itself for n = 0.
    ///
    /// ```
    /// use choucha::evaluate::WorkingDays;
    /// let friday = "2024-09-27".parse().unwrap();
    /// let plain = WorkingDays::default();
    /// assert_eq!(plain.after(friday, 2).to_string(), "2024-10-01");
    /// let holidays: Vec<_> = (1..8).map(|d| format!("2024-10-0{d}").parse().unwrap()).collect();
    /// let sunday = ["2024-09-29".parse().unwrap()];
    /// assert_eq!(WorkingDays::new(&holidays, &sunday).after(friday, 3).to_string(), "2024-10-08");
    /// ```
    #[must_use]
    pub fn after(&self, day: Day, n: u32) -> Day {
        let mut day = day;
        for _ in 0..n {
            day = day.plus(1);
            while !self.is_worked(day) {
                day = day.plus(1);
            }
        }
        day
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weekends_are_no_working_days_and_worked_sundays_are() {
        let day = |text: &str| -> Day { text.parse().unwrap() };
        let plain = WorkingDays::default();
        let worked = |text: &str| plain.is_worked(day(text));
        assert!(worked("2024-09-27") && !worked("2024-09-28") && !worked("2024-09-29"));
        let with = WorkingDays::new(&[day("2024-10-01")], &[day("2024-09-29")]);
        assert!(with.is_worked(day("2024-09-29")) && !with.is_worked(day("2024-10-01")));
        assert!(with.names_holidays() && !plain.names_holidays());
    }

    #[test]
    fn twenty_working_days_without_holidays_are_four_weeks() {
        let monday: Day = "2024-03-04".parse().unwrap();
        assert_eq!(WorkingDays::default().after(monday, 20), monday.plus(28));
        assert_eq!(WorkingDays::default().after(monday, 0), monday);
    }
}
