//! Amounts of money as whole 分, in decimal arithmetic: 1,234.5万元, ￥500, 0.3亿.

use std::fmt;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

/// What a bare number of a money column counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Unit {
    /// Hundredths of a yuan, the unit of the snapshot.
    #[serde(rename = "分")]
    Fen,
    /// Yuan.
    #[serde(rename = "元")]
    Yuan,
    /// Ten thousand yuan.
    #[serde(rename = "万元")]
    TenThousand,
    /// A hundred million yuan.
    #[serde(rename = "亿元")]
    HundredMillion,
}

impl Unit {
    /// The unit of this name, with or without what people write around it.
    pub(in crate::ingest) fn named(text: &str) -> Option<Self> {
        let bare = text.replace("人民币", "").replace("单位", "");
        match bare.trim_matches([':', ' ', '：']) {
            "分" => Some(Self::Fen),
            "元" => Some(Self::Yuan),
            "万" | "万元" => Some(Self::TenThousand),
            "亿" | "亿元" => Some(Self::HundredMillion),
            _ => None,
        }
    }

    /// Powers of ten that make 分 of it.
    fn places(self) -> i32 {
        match self {
            Self::Fen => 0,
            Self::Yuan => 2,
            Self::TenThousand => 6,
            Self::HundredMillion => 10,
        }
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fen => "分",
            Self::Yuan => "元",
            Self::TenThousand => "万元",
            Self::HundredMillion => "亿元",
        })
    }
}

/// 分 of a text; a bare number counts `unit`, a unit written in the text wins over it. What is less than one 分 of a larger
/// unit is rounded half up; other currencies are no amount.
pub(in crate::ingest) fn money(text: &str, unit: Unit) -> Option<i64> {
    if matches!(text.len(), 1..=18) && text.bytes().all(|byte| byte.is_ascii_digit()) {
        let power = 10_i64.checked_pow(unit.places().unsigned_abs())?;
        return text.parse::<i64>().ok()?.checked_mul(power);
    }
    let plain: String = text
        .nfkc()
        .filter(|letter| !letter.is_whitespace())
        .collect();
    let plain = plain.replace("人民币", "");
    let plain = plain.trim_start_matches(['¥', '￥']).trim_end_matches('整');
    let digits = plain.trim_end_matches(|letter: char| "分元圆万亿".contains(letter));
    let unit = match &plain[digits.len()..] {
        "" => unit,
        "圆" => Unit::Yuan,
        written => Unit::named(written)?,
    };
    decimal(digits)?.shifted(unit.places())
}

/// `digits` × 10^-`places`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Decimal {
    digits: i128,
    places: i32,
}

/// A decimal number with an optional sign, thousands commas and exponent, exactly.
pub(super) fn decimal(text: &str) -> Option<Decimal> {
    let text = without_commas(text)?;
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (&*text, 0),
    };
    let (sign, mantissa) = match mantissa.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, mantissa.strip_prefix('+').unwrap_or(mantissa)),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all = format!("{whole}{fraction}");
    let is_number = !all.is_empty() && all.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number || all.len() > 30 || exponent.abs() > 30 {
        return None;
    }
    Some(Decimal {
        digits: sign * all.parse::<i128>().ok()?,
        places: i32::try_from(fraction.len()).ok()? - exponent,
    })
}

impl Decimal {
    /// The whole number it is after moving the point by `by` places; a rest is rounded away from zero from one half on, and
    /// allowed only where the point is moved.
    pub(super) fn shifted(self, by: i32) -> Option<i64> {
        let places = self.places - by;
        let power = |n: i32| 10_i128.checked_pow(n.unsigned_abs());
        let value = if places <= 0 {
            self.digits.checked_mul(power(places)?)?
        } else {
            let unit = power(places)?;
            let (whole, rest) = (self.digits / unit, self.digits % unit);
            if rest != 0 && by == 0 {
                return None;
            }
            let up = i128::from(2 * rest.abs() >= unit) * rest.signum();
            whole + up
        };
        i64::try_from(value).ok()
    }
}

/// The text without its thousands commas; `None` where commas stand elsewhere than before groups of three digits.
pub(super) fn without_commas(text: &str) -> Option<String> {
    if !text.contains([',', '，']) {
        return Some(text.to_owned());
    }
    let text = text.replace('，', ",");
    let (whole, rest) = text
        .split_once('.')
        .map_or((text.as_str(), None), |(whole, rest)| (whole, Some(rest)));
    let mut groups = whole.split(',');
    let is_group = |group: &str, length: std::ops::RangeInclusive<usize>| {
        length.contains(&group.len()) && group.bytes().all(|byte| byte.is_ascii_digit())
    };
    let first = groups.next()?.trim_start_matches(['-', '+']);
    let sound = is_group(first, 1..=3) && groups.all(|group| is_group(group, 3..=3));
    let bare = whole.replace(',', "");
    sound.then(|| rest.map_or(bare.clone(), |rest| format!("{bare}.{rest}")))
}

#[cfg(test)]
mod tests {
    use super::{Unit, money};

    #[test]
    fn amounts_become_fen_exactly() {
        for (text, unit, fen) in [
            ("1000000", Unit::Fen, 1_000_000),
            ("500", Unit::TenThousand, 500_000_000),
            ("1,234.56", Unit::Yuan, 123_456),
            ("1，234．56元", Unit::Fen, 123_456),
            ("500万", Unit::Yuan, 500_000_000),
            ("５００万元人民币", Unit::Yuan, 500_000_000),
            ("￥12.30", Unit::Yuan, 1_230),
            ("¥ 12元整", Unit::Fen, 1_200),
            ("人民币0.3亿元", Unit::Fen, 3_000_000_000),
            ("0.07", Unit::TenThousand, 70_000),
            ("33333.33333333", Unit::TenThousand, 33_333_333_333),
            ("1.5E+3", Unit::Yuan, 150_000),
            ("1e6", Unit::Fen, 1_000_000),
            ("12.0", Unit::Fen, 12),
            ("-5", Unit::Yuan, -500),
        ] {
            assert_eq!(money(text, unit), Some(fen), "{text} {unit}");
        }
    }

    #[test]
    fn other_currencies_and_half_fens_are_no_amount() {
        for text in [
            "500万美元",
            "$500",
            "100万港元",
            "12.5",
            "1,2",
            "12,34,567",
            "五百万",
            "",
            "元",
            "1e99",
            "万万",
        ] {
            assert_eq!(money(text, Unit::Fen), None, "{text}");
        }
        assert_eq!(money("92233720368547758.08", Unit::Yuan), None, "too large");
    }

    #[test]
    fn units_are_known_by_what_people_write() {
        assert_eq!(Unit::named("单位：万元"), Some(Unit::TenThousand));
        assert_eq!(Unit::named("人民币万元"), Some(Unit::TenThousand));
        assert_eq!(Unit::named("万美元"), None);
    }
}
