//! Values in an officer's words: numbers with the catalogue's unit, texts, and what is not known.

use std::fmt::Write as _;

use polars::prelude::{DataFrame, DataType, Float64Chunked, PolarsResult, StringChunked};

use crate::indicators::Indicator;

/// What is said where there is no value.
pub(super) const NO_RECORD: &str = "无记录";

/// An indicator of every row, with what a reader needs to know of it.
pub(super) struct Fact<'a> {
    values: Values<'a>,
    pub(super) unit: Unit<'a>,
    source: &'a str,
}

enum Values<'a> {
    Number(&'a Float64Chunked),
    Text(&'a StringChunked),
}

/// How a number is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit<'a> {
    YesNo,
    Percent,
    Word(&'a str),
}

impl<'a> Fact<'a> {
    /// The column `name` of the rows.
    pub(super) fn new(
        frame: &'a DataFrame,
        name: &str,
        indicators: &'a [Indicator],
    ) -> PolarsResult<Self> {
        let column = frame.column(name)?;
        let values = match column.dtype() {
            DataType::String => Values::Text(column.str()?),
            _ => Values::Number(column.f64()?),
        };
        let indicator = indicators.iter().find(|one| one.name == name);
        Ok(Self {
            values,
            unit: Unit::of(indicator.map_or("", |one| &one.unit)),
            source: indicator.map_or("", |one| &one.source),
        })
    }

    /// Its value of a row.
    pub(super) fn say(&self, row: usize, text: &mut String) {
        match &self.values {
            Values::Number(values) => match values.get(row).filter(|value| !value.is_nan()) {
                Some(value) => self.unit.say(value, text),
                None => text.push_str(NO_RECORD),
            },
            Values::Text(values) => text.push_str(values.get(row).unwrap_or(NO_RECORD)),
        }
    }

    /// What is asked of it and who keeps the record, in brackets; nothing where neither is known.
    pub(super) fn say_source(&self, asked: &str, text: &mut String) {
        let parts = [("标准：", asked), ("来源：", self.source)];
        let known = parts.into_iter().filter(|(_, part)| !part.is_empty());
        for (i, (what, part)) in known.enumerate() {
            text.push_str(if i == 0 { "（" } else { "，" });
            text.push_str(what);
            text.push_str(part);
        }
        if !(asked.is_empty() && self.source.is_empty()) {
            text.push('）');
        }
    }
}

impl<'a> Unit<'a> {
    /// A catalogue's unit in words; one that is unknown stands as it is written.
    pub(super) fn of(unit: &'a str) -> Self {
        match unit {
            "0/1" => Self::YesNo,
            "share" => Self::Percent,
            "times" | "visits" => Self::Word("次"),
            "days" => Self::Word("天"),
            "years" => Self::Word("年"),
            "yuan" => Self::Word("元"),
            "objects" => Self::Word("户"),
            "kinds" => Self::Word("种"),
            "cases" => Self::Word("件"),
            "violations" => Self::Word("项"),
            "points" => Self::Word("分"),
            "characters" => Self::Word("字"),
            "degrees" => Self::Word("度"),
            "1" | "text" | "1..3" => Self::Word(""),
            other => Self::Word(other),
        }
    }

    pub(super) fn say(self, value: f64, text: &mut String) {
        match self {
            Self::YesNo => text.push_str(if value >= 0.5 { "是" } else { "否" }),
            Self::Percent => {
                short(value * 100.0, text);
                text.push('%');
            }
            Self::Word(word) => {
                short(value, text);
                text.push_str(word);
            }
        }
    }
}

/// At most two decimals, without trailing zeros.
pub(super) fn short(value: f64, text: &mut String) {
    let from = text.len();
    let written = match whole(value) {
        Some(whole) => write!(text, "{whole}"), // most values; several times as fast
        None => write!(text, "{value:.2}"),
    };
    written.expect("writing to a text cannot fail");
    if text[from..].contains('.') {
        let kept = text[from..]
            .trim_end_matches('0')
            .trim_end_matches('.')
            .len();
        text.truncate(from + kept);
    }
    if &text[from..] == "-0" {
        text.truncate(from);
        text.push('0');
    }
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::float_cmp,
    reason = "only what is whole and small is taken"
)]
fn whole(value: f64) -> Option<i64> {
    (value.abs() < 1e15 && value.trunc() == value).then_some(value as i64)
}

#[cfg(test)]
mod tests {
    use super::short;

    #[test]
    fn numbers_are_short() {
        for (value, expected) in [
            (0.0, "0"),
            (-0.0, "0"),
            (-0.001, "0"),
            (20.0, "20"),
            (-3.0, "-3"),
            (0.5, "0.5"),
            (0.125, "0.12"),
            (0.996, "1"),
            (100.004, "100"),
            (1e16, "10000000000000000"),
            (f64::INFINITY, "inf"),
        ] {
            let mut text = "x = ".to_owned();
            short(value, &mut text);
            assert_eq!(text, format!("x = {expected}"));
        }
    }
}
