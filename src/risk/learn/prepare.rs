//! From columns to standardised terms: caps at quantiles, logarithms, fillings, flags of missing values, categories.

use std::collections::BTreeMap;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::Error;
use super::design::{Column, ColumnKind, Role};
use super::ranks::at_ranks;
use crate::risk::features::count;

/// Rows whose moments are taken together.
const BLOCK: usize = 2048;

/// How columns become terms.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PrepareParams {
    /// Numbers are drawn in to this quantile and to its mirror below; 0.5 to 1, 1 for none.
    pub cap_quantile: f64,
    /// Fewest known values a number needs to be used.
    pub known_rows_min: usize,
    /// Fewest rows a category needs to be a term of its own; the others are one term together.
    pub category_rows_min: usize,
    /// Share of rows without a value, above which (and below its mirror) "no value" is a term of its own.
    pub missing_flag_share: f64,
    /// Numbers that are never negative and whose upper cap lies above this become ln(1 + x).
    pub log_above: f64,
}

impl PrepareParams {
    pub(super) fn check(&self) -> Result<(), Error> {
        let refuse = |key, value, rule| Err(Error::Setting { key, value, rule });
        if !(0.5..=1.0).contains(&self.cap_quantile) {
            return refuse("cap_quantile", self.cap_quantile, "a share from 0.5 to 1");
        }
        if !(0.0..=0.5).contains(&self.missing_flag_share) {
            let (value, rule) = (self.missing_flag_share, "a share from 0 to 0.5");
            return refuse("missing_flag_share", value, rule);
        }
        if self.log_above.is_nan() || self.log_above < 0.0 {
            return refuse("log_above", self.log_above, "a number from 0 up");
        }
        Ok(())
    }
}

/// One standardised term of a linear model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Term {
    /// Name in reports: the column, and what of it.
    pub(super) name: String,
    /// Place of its column among the columns of its role.
    pub(super) column: usize,
    pub(super) role: Role,
    what: What,
    pub(super) mean: f64,
    pub(super) sd: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum What {
    Number {
        low: f64,
        high: f64,
        fill: f64,
        log: bool,
    },
    Missing,
    Is(f64),
    /// Every code but these, and no code.
    Other(Vec<f64>),
}

impl What {
    fn of(&self, value: f64) -> f64 {
        match self {
            Self::Number {
                low,
                high,
                fill,
                log,
            } => {
                let known = if value.is_nan() { *fill } else { value };
                let capped = known.clamp(*low, *high);
                if *log { capped.ln_1p() } else { capped }
            }
            Self::Missing => flag(value.is_nan()),
            Self::Is(code) => flag(same(value, *code)),
            Self::Other(kept) => flag(!kept.iter().any(|code| same(value, *code))),
        }
    }
}

fn flag(is: bool) -> f64 {
    f64::from(u8::from(is))
}

fn same(a: f64, b: f64) -> bool {
    a.total_cmp(&b).is_eq()
}

impl Column {
    /// The same column, standardised over all its rows wherever it is learnt from: the values of rows without a label are
    /// known as well. Numbers that are put on a logarithm are not.
    #[must_use]
    pub fn standardised_whole(mut self) -> Self {
        let known = || self.values.iter().filter(|value| !value.is_nan());
        let n = count(known().count());
        let mean = known().sum::<f64>() / n;
        let squares: f64 = known().map(|value| (value - mean) * (value - mean)).sum();
        let sd = (squares / n).sqrt();
        self.spread = Some((mean, sd)).filter(|_| sd > 0.0);
        self
    }
}

impl Term {
    /// The term over one value of its column: mean 0 and standard deviation 1 over the training rows.
    pub(super) fn standard(&self, value: f64) -> f64 {
        (self.what.of(value) - self.mean) / self.sd
    }

    /// Whether it is yes or no of a category.
    pub(super) fn is_category(&self) -> bool {
        matches!(self.what, What::Is(_) | What::Other(_))
    }

    /// Whether it is the category of a value of its column.
    pub(super) fn has(&self, value: f64) -> bool {
        self.is_category() && self.what.of(value) > 0.5
    }
}

/// The terms of columns of one role, in order; those that do not vary are left out.
pub(super) fn terms(columns: &[&Column], weight: &[f64], params: &PrepareParams) -> Vec<Term> {
    let one = |(place, column): (usize, &&Column)| {
        let whats = whats(column, weight, params);
        whats
            .into_iter()
            .filter_map(move |(suffix, what)| term(place, column, &suffix, what, weight))
            .collect::<Vec<Term>>()
    };
    columns.par_iter().enumerate().flat_map_iter(one).collect()
}

fn whats(column: &Column, weight: &[f64], params: &PrepareParams) -> Vec<(String, What)> {
    match column.kind {
        ColumnKind::Number | ColumnKind::Since => numbers(column, weight, params),
        ColumnKind::Category => categories(column, weight, params),
    }
}

fn numbers(column: &Column, weight: &[f64], params: &PrepareParams) -> Vec<(String, What)> {
    let (known, counted) = known(column, weight);
    if known.len() < params.known_rows_min.max(1) {
        return Vec::new();
    }
    let [low, middle, high] = shape(&known, params.cap_quantile);
    let fill = match column.kind {
        ColumnKind::Since => high,
        _ => middle,
    };
    let log = low >= 0.0 && high > params.log_above;
    let number = What::Number {
        low,
        high,
        fill,
        log,
    };
    let mut found = vec![(String::new(), number)];
    let missing = 1.0 - count(known.len()) / count(counted);
    let share = params.missing_flag_share;
    if missing > share && missing < 1.0 - share {
        found.push((" missing".to_owned(), What::Missing));
    }
    found
}

/// The values that count, and how many rows count.
fn known(column: &Column, weight: &[f64]) -> (Vec<f64>, usize) {
    let mut known = Vec::with_capacity(column.values.len());
    let mut counted = 0;
    for (value, weight) in column.values.iter().zip(weight) {
        if *weight > 0.0 {
            counted += 1;
            if !value.is_nan() {
                known.push(*value);
            }
        }
    }
    (known, counted)
}

/// The quantile's mirror, the median and the quantile; where the outer ones meet, the least and the largest value.
fn shape(known: &[f64], q: f64) -> [f64; 3] {
    let [low, middle, high] = quantiles(known, [1.0 - q, 0.5, q]);
    if low < high {
        return [low, middle, high];
    }
    let ends = at_ranks(known, &[0, known.len() - 1]);
    [ends[0], middle, ends[1]]
}

/// Linear between neighbours (type 7 of Hyndman and Fan 1996), for ascending shares.
fn quantiles<const N: usize>(values: &[f64], shares: [f64; N]) -> [f64; N] {
    let last = values.len() - 1;
    let places = shares.map(|q| q * count(last));
    let ranks = places.map(|place| {
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a place lies within the rows"
        )]
        let low = (place as usize).min(last);
        [low, (low + 1).min(last)]
    });
    let mut sorted = ranks.concat();
    sorted.sort_unstable();
    let values = at_ranks(values, &sorted);
    let at = |rank: usize| values[sorted.partition_point(|own| *own < rank)];
    std::array::from_fn(|own| {
        let [low, high] = ranks[own];
        at(low) + (places[own] - count(low)) * (at(high) - at(low))
    })
}

/// Codes with rows enough, and the rest together. A nuisance has no penalty: its most frequent code is the one the
/// others are compared with.
fn categories(column: &Column, weight: &[f64], params: &PrepareParams) -> Vec<(String, What)> {
    let mut rows: BTreeMap<i64, (f64, usize)> = BTreeMap::new();
    for (value, weight) in column.values.iter().zip(weight) {
        if !value.is_nan() && *weight > 0.0 {
            rows.entry(ordered(*value)).or_insert((*value, 0)).1 += 1;
        }
    }
    let kept: Vec<(f64, usize)> = rows
        .into_values()
        .filter(|(_, rows)| *rows >= params.category_rows_min)
        .collect();
    let codes: Vec<f64> = kept.iter().map(|(code, _)| *code).collect();
    let base = match column.role {
        Role::Feature => None,
        Role::Nuisance => most_frequent(&kept),
    };
    let own = codes
        .iter()
        .filter(|code| base.is_none_or(|base| !same(base, **code)));
    let own = own.map(|code| (format!(" = {code}"), What::Is(*code)));
    let mut found: Vec<(String, What)> = own.collect();
    found.push((" = other".to_owned(), What::Other(codes)));
    found
}

/// A key that sorts as `total_cmp` does.
fn ordered(value: f64) -> i64 {
    let bits = value.to_bits().cast_signed();
    bits ^ ((bits >> 63).cast_unsigned() >> 1).cast_signed()
}

fn most_frequent(kept: &[(f64, usize)]) -> Option<f64> {
    let most = kept.iter().map(|(_, rows)| *rows).max()?;
    let first = kept.iter().find(|(_, rows)| *rows == most);
    first.map(|(code, _)| *code)
}

/// The term with its weighted mean and standard deviation, unless it does not vary.
fn term(place: usize, column: &Column, suffix: &str, what: What, weight: &[f64]) -> Option<Term> {
    let (mean, sd) = moments(&what, &column.values, weight);
    let varies = sd > 1e-9 * mean.abs().max(1.0);
    let is_plain = matches!(what, What::Number { log: false, .. });
    let own = column.spread.filter(|_| is_plain);
    let (mean, sd) = own.unwrap_or((mean, sd));
    varies.then(|| Term {
        name: format!("{}{suffix}", column.name),
        column: place,
        role: column.role,
        what,
        mean,
        sd,
    })
}

/// Weighted mean and standard deviation of a term, joined block by block (Chan and others 1979).
fn moments(what: &What, values: &[f64], weight: &[f64]) -> (f64, f64) {
    let (mut total, mut mean, mut squares) = (0.0, 0.0, 0.0);
    let mut own = Vec::with_capacity(BLOCK);
    for (values, weight) in values.chunks(BLOCK).zip(weight.chunks(BLOCK)) {
        own.clear();
        own.extend(values.iter().map(|value| what.of(*value)));
        let (mut weights, mut sum) = (0.0, 0.0);
        for (value, weight) in own.iter().zip(weight) {
            weights += weight;
            sum += weight * value;
        }
        if weights <= 0.0 {
            continue;
        }
        let middle = sum / weights;
        for (value, weight) in own.iter().zip(weight) {
            squares += weight * (value - middle) * (value - middle);
        }
        let (off, both) = (middle - mean, total + weights);
        squares += off * off * total * weights / both;
        mean += off * weights / both;
        total = both;
    }
    (mean, (squares / total).sqrt())
}

#[cfg(test)]
mod tests {
    use super::{PrepareParams, ordered, quantiles, terms};
    use crate::risk::learn::{Column, ColumnKind};

    pub(super) fn params() -> PrepareParams {
        PrepareParams {
            cap_quantile: 0.995,
            known_rows_min: 1,
            category_rows_min: 2,
            missing_flag_share: 0.01,
            log_above: 5.0,
        }
    }

    fn names(column: &Column) -> Vec<String> {
        let weight = vec![1.0; column.values.len()];
        let found = terms(&[column], &weight, &params());
        found.into_iter().map(|term| term.name).collect()
    }

    #[test]
    fn quantiles_are_those_of_numpy() {
        // numpy.quantile([1, 2, 4, 8], [.1, .5, .9])
        let sorted = [1.0, 2.0, 4.0, 8.0];
        let found = quantiles(&sorted, [0.1, 0.5, 0.9]);
        for (found, expected) in found.into_iter().zip([1.3, 3.0, 6.8]) {
            assert!((found - expected).abs() < 1e-12);
        }
    }

    #[test]
    fn a_constant_column_and_one_without_values_give_no_term() {
        assert!(names(&Column::number("x", vec![3.0; 5])).is_empty());
        assert!(names(&Column::number("x", vec![f64::NAN; 5])).is_empty());
    }

    #[test]
    fn missing_days_count_as_the_longest_and_are_flagged() {
        let values = vec![1.0, 2.0, f64::NAN, 3.0];
        let column = Column::new("days", ColumnKind::Since, values);
        let found = terms(&[&column], &[1.0; 4], &params());
        assert_eq!(found.len(), 2);
        let longest = found[0].standard(3.0);
        assert!((found[0].standard(f64::NAN) - longest).abs() < 1e-12);
        assert!(found[1].standard(f64::NAN) > 0.0);
    }

    #[test]
    fn a_number_can_be_standardised_over_rows_that_are_not_learnt_from() {
        let column = Column::number("x", vec![1.0, 2.0, 3.0, f64::NAN]).standardised_whole();
        let plain = PrepareParams {
            cap_quantile: 1.0,
            ..params()
        };
        let found = terms(&[&column], &[1.0, 1.0, 0.0, 0.0], &plain);
        assert!(found[0].standard(2.0).abs() < 1e-12);
        let whole = (2.0_f64 / 3.0).sqrt();
        assert!((found[0].standard(1.0) + 1.0 / whole).abs() < 1e-12);
        let constant = Column::number("x", vec![3.0; 5]).standardised_whole();
        assert_eq!(constant.spread, None);
    }

    #[test]
    fn rare_and_new_categories_share_a_term() {
        let values = vec![0.0, 0.0, 1.0, 1.0, 2.0];
        let column = Column::new("kind", ColumnKind::Category, values);
        assert_eq!(names(&column), ["kind = 0", "kind = 1", "kind = other"]);
        let found = terms(&[&column], &[1.0; 5], &params());
        let other = &found[2];
        assert!((other.standard(2.0) - other.standard(99.0)).abs() < 1e-12);
        assert!((other.standard(2.0) - other.standard(f64::NAN)).abs() < 1e-12);
    }

    #[test]
    fn a_nuisance_is_compared_with_its_most_frequent_code() {
        let values = vec![0.0, 0.0, 1.0, 1.0, 1.0];
        let column = Column::new("inspector", ColumnKind::Category, values).nuisance();
        assert_eq!(names(&column), ["inspector = 0"]);
    }

    #[test]
    fn keys_sort_as_numbers_do() {
        let sorted = [-3.0, -1.0, 0.0, 0.5, 7.0].map(ordered);
        assert!(sorted.is_sorted());
    }
}
