//! Why an object has its points, in an officer's words: direct judgements first, then the largest terms.

use std::fmt::Write as _;

use polars::prelude::{DataFrame, DataType, Float64Chunked, PolarsResult, StringChunked};
use rayon::prelude::*;

use super::rule::{Rule, Term};

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
pub(super) const IS: &str = " = ";

/// One text per row: reasons joined by `；`, at most `most` of them beside the first ones.
pub(super) fn texts(
    frame: &DataFrame,
    rule: &Rule,
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
        .map(|(i, term)| Shown::new(frame, rule, i, term));
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
                text.push_str(IS);
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
    gain: &'a [f64],
}

enum Value<'a> {
    Number(&'a Float64Chunked),
    Text(&'a StringChunked),
}

impl<'a> Shown<'a> {
    fn new(frame: &'a DataFrame, rule: &Rule, i: usize, term: &'a Term) -> PolarsResult<Self> {
        let column = frame.column(&term.indicator)?;
        let value = match column.dtype() {
            DataType::String => Value::Text(column.str()?),
            _ => Value::Number(column.f64()?),
        };
        let gain = frame
            .column(&Rule::column(rule.name, i))?
            .f64()?
            .cont_slice()?;
        Ok(Self {
            zh: &term.zh,
            value,
            gain,
        })
    }

    fn say(&self, row: usize, text: &mut String) {
        text.push_str(self.zh);
        text.push_str(IS);
        match &self.value {
            Value::Number(values) => match values.get(row).filter(|value| !value.is_nan()) {
                Some(value) => short(value, text),
                None => text.push_str("无记录"),
            },
            Value::Text(values) => text.push_str(values.get(row).unwrap_or("无记录")),
        }
        text.push_str("（+");
        short(self.gain[row], text);
        text.push('）');
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
