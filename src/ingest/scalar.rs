//! One text to one value: the spellings of days, numbers and flags that registers use.

use chrono::NaiveDate;
use unicode_normalization::UnicodeNormalization;

use super::tables::ColumnType;
use crate::units::Day;

/// Days since 1970-01-01 of `2017-03-07`, `2017/3/7`, `20170307` or `2017年3月7日`; a time of day after it is dropped.
pub(super) fn day(text: &str) -> Option<i32> {
    if !text.is_ascii() && !text.contains('年') {
        return day(&text.nfkc().filter(char::is_ascii).collect::<String>())
            .filter(|_| text.nfkc().all(|letter| letter.is_ascii()));
    }
    let date = match text.split_once([' ', 'T']) {
        Some((date, time)) if is_time(time) => date,
        Some(_) => return None,
        None => text,
    };
    let (year, month, dom) = parts(date)?;
    NaiveDate::from_ymd_opt(year, month, dom).map(|date| Day::from(date).days())
}

fn is_time(text: &str) -> bool {
    text.starts_with(|letter: char| letter.is_ascii_digit())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || matches!(byte, b':' | b'.' | b'Z'))
}

fn parts(date: &str) -> Option<(i32, u32, u32)> {
    if date.len() == 8 && date.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some((
            digits(&date[..4], 4)?,
            unsigned(&date[4..6])?,
            unsigned(&date[6..])?,
        ));
    }
    let (year, rest) = date.split_once(['-', '/', '年'])?;
    let (month, dom) = rest.split_once(['-', '/', '月'])?;
    let dom = if date.contains('年') {
        dom.strip_suffix('日')?
    } else {
        dom
    };
    Some((digits(year, 4)?, unsigned(month)?, unsigned(dom)?))
}

fn digits(text: &str, n: usize) -> Option<i32> {
    (text.len() == n && text.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| text.parse().ok())?
}

fn unsigned(text: &str) -> Option<u32> {
    ((1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| text.parse().ok())?
}

/// `true`, `1`, `是` and `false`, `0`, `否`.
pub(super) fn flag(text: &str) -> Option<bool> {
    match text {
        "1" | "是" => Some(true),
        "0" | "否" => Some(false),
        _ if text.eq_ignore_ascii_case("true") => Some(true),
        _ if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

/// A finite number.
pub(super) fn number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|value: &f64| value.is_finite())
}

/// A whole number; `12.0` is one.
pub(super) fn whole(text: &str) -> Option<i64> {
    text.parse()
        .ok()
        .or_else(|| number(text).and_then(whole_of))
}

/// The whole number a float holds exactly.
#[allow(
    clippy::cast_possible_truncation,
    reason = "checked to be whole and within ±2^53"
)]
pub(super) fn whole_of(value: f64) -> Option<i64> {
    (value.trunc().total_cmp(&value).is_eq() && value.abs() <= 9_007_199_254_740_992.0)
        .then_some(value as i64)
}

/// Whether a text that stands in a job file reads as `kind`.
pub(super) fn reads_as(text: &str, kind: ColumnType) -> bool {
    match kind {
        ColumnType::Text | ColumnType::List => true,
        ColumnType::Whole => whole(text).is_some(),
        ColumnType::Number => number(text).is_some(),
        ColumnType::Flag => flag(text).is_some(),
        ColumnType::Date => day(text).is_some(),
    }
}

#[cfg(test)]
mod tests {
    use super::{day, flag, number, whole, whole_of};

    #[test]
    fn four_spellings_of_one_day_are_one_day() {
        for text in [
            "2017-03-07",
            "2017/3/7",
            "20170307",
            "2017年3月7日",
            "2017-03-07 08:15:00",
            "２０１７-03-07",
        ] {
            assert_eq!(day(text), Some(17_232), "{text}");
        }
    }

    #[test]
    fn what_is_no_day_is_not_guessed() {
        for text in [
            "2017-13-01",
            "2017-02-30",
            "17-3-7",
            "2017-03",
            "2017-03-07 noon",
            "2017年3月7",
            "42800",
            "长期有效",
        ] {
            assert_eq!(day(text), None, "{text}");
        }
    }

    #[test]
    fn flags_and_numbers_have_few_spellings() {
        assert_eq!(
            (flag("是"), flag("FALSE"), flag("yes")),
            (Some(true), Some(false), None)
        );
        assert_eq!(
            (whole("12.0"), whole("12.5"), whole("1,200")),
            (Some(12), None, None)
        );
        assert_eq!((number("NaN"), number("inf")), (None, None));
        assert_eq!((whole_of(-0.0), whole_of(1e17)), (Some(0), None));
    }
}
