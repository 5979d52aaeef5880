//! Numbers as a reader sees them; one format per kind of number.

use super::lang::{INTERVAL, Lang, NO_INTERVAL, Phrase};
use crate::evaluate::{Figure, Interval};

/// What an absent number looks like.
pub(super) const ABSENT: &str = "–";

/// `12,345`.
pub(super) fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `14.4%`.
pub(super) fn percent(share: f64) -> String {
    format!("{:.1}%", share * 100.0)
}

/// `14%`, for axes.
pub(super) fn percent_whole(share: f64) -> String {
    format!("{:.0}%", share * 100.0)
}

/// `2.52`.
pub(super) fn decimal(value: f64) -> String {
    format!("{value:.2}")
}

/// `0.679`.
pub(super) fn fine(value: f64) -> String {
    format!("{value:.3}")
}

/// `1,234` or `32.5`: an expected count.
pub(super) fn expected(value: f64) -> String {
    if value >= 1_000.0 {
        count(rounded(value))
    } else {
        format!("{value:.1}")
    }
}

/// `+0.06`.
pub(super) fn signed(value: f64) -> String {
    format!("{value:+.2}")
}

/// An optional number.
pub(super) fn or_absent(value: Option<f64>, format: fn(f64) -> String) -> String {
    value.map_or_else(|| ABSENT.to_owned(), format)
}

/// `14.4% [11.4%, 18.3%]`.
pub(super) fn bracketed(figure: &Figure, format: impl Fn(f64) -> String) -> String {
    match (figure.value, figure.interval()) {
        (Some(value), Some(interval)) => format!(
            "{} [{}, {}]",
            format(value),
            format(interval.low),
            format(interval.high)
        ),
        (value, _) => value.map_or_else(|| ABSENT.to_owned(), format),
    }
}

/// `（95% 区间 11.4% 至 18.3%）`.
pub(super) fn interval(
    lang: Lang,
    interval: Option<Interval>,
    format: impl Fn(f64) -> String,
) -> String {
    match interval {
        Some(interval) => lang.fill(&INTERVAL, &[&format(interval.low), &format(interval.high)]),
        None => lang.say(&NO_INTERVAL).to_owned(),
    }
}

/// `（95% 区间 1.2 至 3.4 个百分点）`: the unit once.
pub(super) fn interval_in(
    lang: Lang,
    interval: Option<Interval>,
    unit: &Phrase,
    format: impl Fn(f64) -> String,
) -> String {
    match interval {
        Some(known) => {
            let high = lang.fill(unit, &[&format(known.high)]);
            lang.fill(&INTERVAL, &[&format(known.low), &high])
        }
        None => lang.say(&NO_INTERVAL).to_owned(),
    }
}

/// A count as a float, exact below 2^53.
#[allow(
    clippy::cast_precision_loss,
    reason = "counts of objects stay far below 2^53"
)]
pub(super) const fn real(n: u64) -> f64 {
    n as f64
}

/// A length as a float.
pub(super) fn len(n: usize) -> f64 {
    real(u64::try_from(n).expect("a length fits 64 bits"))
}

/// The nearest whole number of a non-negative float.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "callers pass counts and pixels"
)]
pub(super) fn rounded(value: f64) -> u64 {
    value.round() as u64
}

#[cfg(test)]
mod tests {
    use super::{count, expected, percent};

    #[test]
    fn thousands_are_grouped_and_shares_have_one_decimal() {
        assert_eq!(
            (
                count(7).as_str(),
                count(1_234).as_str(),
                count(12_345_678).as_str()
            ),
            ("7", "1,234", "12,345,678")
        );
        assert_eq!(
            (percent(0.1439).as_str(), expected(32.49).as_str()),
            ("14.4%", "32.5")
        );
    }
}
