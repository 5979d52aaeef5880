//! A point in time to the second, with its offset from UTC, as RFC 3339 writes it.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, FixedOffset, SecondsFormat, Timelike};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Day;

/// Beijing time is ahead of UTC by this many seconds.
const BEIJING: i32 = 8 * 3600;

/// A second in time, written `2025-07-01T21:15:00+08:00`. Two spellings of one second are equal.
///
/// ```
/// use choucha::units::Moment;
/// let moment: Moment = "2025-07-01T13:15:00Z".parse().unwrap();
/// assert_eq!(moment, "2025-07-01T21:15:00+08:00".parse().unwrap());
/// assert_eq!(moment.to_string(), "2025-07-01T13:15:00+00:00");
/// assert_eq!(moment.in_beijing().to_string(), "2025-07-01T21:15:00+08:00");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(DateTime<FixedOffset>);

impl Moment {
    /// The moment `seconds` after 1970-01-01T00:00:00Z, in Beijing time; none outside the calendar.
    #[must_use]
    pub fn from_unix(seconds: i64) -> Option<Self> {
        DateTime::from_timestamp(seconds, 0).map(|utc| Self(utc.with_timezone(&beijing())))
    }

    /// The same moment, written in Beijing time (UTC+8).
    #[must_use]
    pub fn in_beijing(self) -> Self {
        Self(self.0.with_timezone(&beijing()))
    }

    /// The calendar day of this moment in Beijing.
    #[must_use]
    pub fn day(self) -> Day {
        Day::from(self.in_beijing().0.date_naive())
    }
}

fn beijing() -> FixedOffset {
    FixedOffset::east_opt(BEIJING).expect("eight hours are less than a day")
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.to_rfc3339_opts(SecondsFormat::Secs, false))
    }
}

impl FromStr for Moment {
    type Err = String;

    /// Reads a time with its offset from UTC.
    ///
    /// # Errors
    /// Any other form, a time without an offset, and fractions of a second.
    fn from_str(text: &str) -> Result<Self, String> {
        let moment = DateTime::parse_from_rfc3339(text).ok();
        let whole = moment.filter(|moment| moment.nanosecond() == 0);
        whole.map(Self).ok_or_else(|| {
            "a time must be written with its offset, like 2025-07-01T21:15:00+08:00, without fractions of a second"
                .to_owned()
        })
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_without_an_offset_is_refused() {
        for text in [
            "2025-07-01T21:15:00",
            "2025-07-01",
            "2025-07-01T21:15:00.5+08:00",
            "2025-07-01T21:15:60+08:00",
            "",
        ] {
            assert!(text.parse::<Moment>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_day_is_the_day_in_beijing() {
        let moment: Moment = "2025-06-30T23:30:00Z".parse().unwrap();
        assert_eq!(moment.day().to_string(), "2025-07-01");
        assert_eq!(
            Moment::from_unix(0).unwrap().to_string(),
            "1970-01-01T08:00:00+08:00"
        );
    }
}
