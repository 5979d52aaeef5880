//! Columns that teach nothing: no value anywhere, one value everywhere, or the same as another column.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::design::{Column, ColumnKind, Design, Role};
use crate::risk::features::count;

/// Most rows, evenly spaced, over which columns are held against each other.
const ROWS: usize = 20_000;
/// How far from 1 the size of a correlation may lie.
const ROUNDING: f64 = 1e-9;

/// Why a column teaches nothing that the others do not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Idle {
    /// No row has a value.
    Empty,
    /// Every row has the same.
    Constant,
    /// A line of this earlier column: the same but for scale, sign and level.
    LineOf(String),
}

impl Design {
    /// The features that teach nothing, by name. They do no harm: a term without spread has no weight, and of two that say
    /// the same the penalty parts one weight. Whoever keeps a catalogue should know.
    pub fn idle(&self) -> BTreeMap<String, Idle> {
        let columns = self.of_role(Role::Feature);
        let mut idle = BTreeMap::new();
        let mut seen: Vec<(&str, Vec<f64>)> = Vec::new();
        let step = self.rows().div_ceil(ROWS).max(1);
        for column in columns {
            let why = without_spread(&column.values).or_else(|| {
                let own = standardised(column, step)?;
                let twin = seen.iter().find(|(_, other)| is_line(&own, other));
                let twin = twin.map(|(name, _)| Idle::LineOf((*name).to_owned()));
                if twin.is_none() {
                    seen.push((&column.name, own));
                }
                twin
            });
            idle.extend(why.map(|why| (column.name.clone(), why)));
        }
        idle
    }
}

fn without_spread(values: &[f64]) -> Option<Idle> {
    let first = values.first()?;
    let same = |value: &f64| value.is_nan() && first.is_nan() || value.total_cmp(first).is_eq();
    if !values.iter().all(same) {
        return None;
    }
    Some(if first.is_nan() {
        Idle::Empty
    } else {
        Idle::Constant
    })
}

/// Evenly spaced values of a number with mean 0 and length 1; those without a value stay so. None where they do not vary.
fn standardised(column: &Column, step: usize) -> Option<Vec<f64>> {
    if column.kind == ColumnKind::Category {
        return None;
    }
    let values: Vec<f64> = column.values.iter().step_by(step).copied().collect();
    let known = || values.iter().filter(|value| !value.is_nan());
    let mean = known().sum::<f64>() / count(known().count());
    let length = known().map(|value| (value - mean) * (value - mean));
    let length = length.sum::<f64>().sqrt();
    let own = values.iter().map(|value| (value - mean) / length);
    (length > 0.0).then(|| own.collect())
}

/// Whether two columns have values in the same rows and lie on one line there.
fn is_line(one: &[f64], other: &[f64]) -> bool {
    let mut product = 0.0;
    for (a, b) in one.iter().zip(other) {
        if a.is_nan() != b.is_nan() {
            return false;
        }
        if !a.is_nan() {
            product += a * b;
        }
    }
    product.abs() > 1.0 - ROUNDING
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_that_say_nothing_new_are_named_with_their_reason() {
        let x = vec![1.0, 4.0, 2.0, 8.0, f64::NAN];
        let line = x.iter().map(|x| 3.0 - 2.0 * x).collect();
        let known_elsewhere = vec![1.0, 4.0, 2.0, 8.0, 0.0];
        let squares = x.iter().map(|x| x * x).collect();
        let columns = vec![
            Column::number("x", x.clone()),
            Column::number("line", line),
            Column::number("square", squares),
            Column::number("elsewhere", known_elsewhere),
            Column::number("empty", vec![f64::NAN; 5]),
            Column::number("constant", vec![7.0; 5]),
            Column::number("flag", vec![7.0, 7.0, f64::NAN, 7.0, 7.0]),
            Column::new("code", ColumnKind::Category, x),
        ];
        let idle = Design::new(columns).expect("columns are sound").idle();
        let expected = [
            ("line", Idle::LineOf("x".to_owned())),
            ("empty", Idle::Empty),
            ("constant", Idle::Constant),
        ];
        let expected = expected.map(|(name, why)| (name.to_owned(), why));
        assert_eq!(idle, BTreeMap::from(expected));
    }
}
