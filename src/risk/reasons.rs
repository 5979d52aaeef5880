//! Why an object has its points, in an officer's words: direct judgements first, then the largest terms, each with its number,
//! what it adds and who keeps the record.

use std::fmt::Write as _;

use polars::prelude::{DataFrame, DataType, Float64Chunked, PolarsResult, StringChunked};
use rayon::prelude::*;

use super::models::SCORECARD;
use super::rule::{Rule, Term};
use crate::indicators::Indicator;

/// Gains below this are not reasons: they would read "+0".
const GAIN_MIN: f64 = 0.005;

/// A reason that comes before the terms: the column that says whether it holds, and its words.
pub(super) enum First<'a> {
    /// A direct judgement, by a column of true and false.
    Judged(String, &'a str),
    /// An imported class, by the text it had.
    Imported(&'a str, &'a str),
}

/// What the reason of a direct judgement begins with.
pub(super) const JUDGED: &str = "直接判定：";
/// Between what a reason is called and its value.
const IS: char = '：';

/// What a reason is called, and what it says of it; none for a direct judgement, which is all name.
#[must_use]
pub fn reason_parts(reason: &str) -> Option<(&str, &str)> {
    let is_judged = reason.starts_with(JUDGED);
    reason.split_once(IS).filter(|_| !is_judged)
}

/// One text per row: reasons joined by `；`, at most `most` of them beside the first ones.
pub(super) fn texts(
    frame: &DataFrame,
    rule: &Rule,
    indicators: &[Indicator],
    first: &[First<'_>],
    most: usize,
) -> PolarsResult<Vec<String>> {
    let (mut judged, mut imported) = (Vec::new(), Vec::new());
    for reason in first {
        match reason {
            First::Judged(column, zh) => judged.push((frame.column(column)?.bool()?, *zh)),
            First::Imported(column, zh) => imported.push((frame.column(column)?.str()?, *zh)),
        }
    }
    let terms = rule
        .terms
        .iter()
        .enumerate()
        .map(|(i, term)| Shown::new(frame, rule, indicators, (i, term)));
    let terms = terms.collect::<PolarsResult<Vec<_>>>()?;
    let text = |row: usize| {
        let mut text = String::new();
        for (holds, zh) in &judged {
            if holds.get(row) == Some(true) {
                next(&mut text);
                text.push_str(JUDGED);
                text.push_str(zh);
            }
        }
        for (values, zh) in &imported {
            if let Some(value) = values.get(row) {
                next(&mut text);
                text.push_str(zh);
                text.push(IS);
                text.push_str(value);
            }
        }
        for i in largest(&terms, row, most) {
            next(&mut text);
            terms[i].say(row, &mut text);
        }
        text
    };
    Ok((0..frame.height()).into_par_iter().map(text).collect())
}

fn next(text: &mut String) {
    if !text.is_empty() {
        text.push('；');
    }
}

/// Indices of the largest gains of a row, largest first; equal gains keep the declared order.
fn largest(terms: &[Shown], row: usize, most: usize) -> Vec<usize> {
    let mut gains: Vec<(usize, f64)> = terms
        .iter()
        .map(|term| term.gain[row])
        .enumerate()
        .collect();
    gains.retain(|(_, gain)| *gain >= GAIN_MIN);
    gains.sort_by(|a, b| b.1.total_cmp(&a.1));
    gains.truncate(most);
    gains.into_iter().map(|(i, _)| i).collect()
}

struct Shown<'a> {
    zh: &'a str,
    value: Value<'a>,
    unit: Unit<'a>,
    source: &'a str,
    gain: &'a [f64],
    /// Whether gains are points; else they are log odds.
    is_points: bool,
}

enum Value<'a> {
    Number(&'a Float64Chunked),
    Text(&'a StringChunked),
}

/// How a number is read.
enum Unit<'a> {
    YesNo,
    Percent,
    Word(&'a str),
}

impl<'a> Shown<'a> {
    fn new(
        frame: &'a DataFrame,
        rule: &Rule,
        indicators: &'a [Indicator],
        (i, term): (usize, &'a Term),
    ) -> PolarsResult<Self> {
        let column = frame.column(&term.indicator)?;
        let value = match column.dtype() {
            DataType::String => Value::Text(column.str()?),
            _ => Value::Number(column.f64()?),
        };
        let gain = frame
            .column(&Rule::column(&rule.name, i))?
            .f64()?
            .cont_slice()?;
        let indicator = indicators.iter().find(|one| one.name == term.indicator);
        Ok(Self {
            zh: &term.zh,
            value,
            unit: Unit::of(indicator.map_or("", |one| &one.unit)),
            source: indicator.map_or("", |one| &one.source),
            gain,
            is_points: rule.name == SCORECARD,
        })
    }

    fn say(&self, row: usize, text: &mut String) {
        text.push_str(self.zh);
        text.push(IS);
        match &self.value {
            Value::Number(values) => match values.get(row).filter(|value| !value.is_nan()) {
                Some(value) => self.unit.say(value, text),
                None => text.push_str("无记录"),
            },
            Value::Text(values) => text.push_str(values.get(row).unwrap_or("无记录")),
        }
        if self.is_points {
            text.push_str("，加");
            short(self.gain[row], text);
            text.push('分');
        } else {
            text.push_str("，使发现问题的几率变为");
            short(self.gain[row].exp(), text);
            text.push('倍');
        }
        if !self.source.is_empty() {
            text.push_str("（来源：");
            text.push_str(self.source);
            text.push('）');
        }
    }
}

impl<'a> Unit<'a> {
    /// A catalogue's unit in words; one that is unknown stands as it is written.
    fn of(unit: &'a str) -> Self {
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

    fn say(&self, value: f64, text: &mut String) {
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
fn short(value: f64, text: &mut String) {
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
