//! How values are spread, in bins that are the same everywhere: spreads of parts add up, and those of two years compare.
//!
//! A bin is the sign, the exponent and the five leading digits of a float, so that whole numbers up to 64 stand alone and larger
//! values lie within a thirty-second of each other. Counts are exact and do not depend on order or partitions.
//! Cf. Masson, C., Rim, J. E., Lee, H. K. (2019), `DDSketch`, *PVLDB* 12: bins by relative width that can be merged.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Bits of a float below those that name its bin.
const BELOW: u32 = 47;

/// Most different texts a spread tells apart when it is [closed](Spread::close).
const TEXTS_MAX: usize = 200;

/// Counts of the values of one column.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spread {
    /// Rows without a value.
    pub n_missing: u64,
    /// Rows by bin of their number, see [`bin_of`].
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub numbers: BTreeMap<u32, u64>,
    /// Rows by text.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub texts: BTreeMap<String, u64>,
    /// Rows with a text that is not told apart.
    #[serde(default)]
    pub n_other: u64,
}

impl Spread {
    /// Counts a number; one that is not finite is no value.
    pub fn number(&mut self, value: Option<f64>) {
        match value.filter(|value| value.is_finite()) {
            Some(value) => *self.numbers.entry(bin_of(value)).or_default() += 1,
            None => self.n_missing += 1,
        }
    }

    /// Counts a text.
    pub fn text(&mut self, value: Option<&str>) {
        let Some(value) = value else {
            self.n_missing += 1;
            return;
        };
        match self.texts.get_mut(value) {
            Some(n) => *n += 1,
            None => drop(self.texts.insert(value.to_owned(), 1)),
        }
    }

    /// Adds the counts of another part.
    pub fn add(&mut self, other: Self) {
        self.n_missing += other.n_missing;
        self.n_other += other.n_other;
        for (bin, n) in other.numbers {
            *self.numbers.entry(bin).or_default() += n;
        }
        for (text, n) in other.texts {
            *self.texts.entry(text).or_default() += n;
        }
    }

    /// Keeps the most frequent texts, at most 200, and counts the rest together; of equal ones the first by name.
    pub fn close(&mut self) {
        if self.texts.len() <= TEXTS_MAX {
            return;
        }
        let mut all: Vec<(String, u64)> = std::mem::take(&mut self.texts).into_iter().collect();
        all.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        let rest = all.split_off(TEXTS_MAX);
        self.n_other += rest.iter().map(|(_, n)| n).sum::<u64>();
        self.texts = all.into_iter().collect();
    }

    /// Rows counted, those without a value included.
    #[must_use]
    pub fn n(&self) -> u64 {
        let numbers: u64 = self.numbers.values().sum();
        let texts: u64 = self.texts.values().sum();
        self.n_missing + self.n_other + numbers + texts
    }
}

/// The bin of a finite number, ascending with it; both zeros share one.
///
/// ```
/// use choucha::units::{bin_of, bin_start};
/// assert_eq!(bin_start(bin_of(37.0)), 37.0);
/// assert!(bin_of(-2.0) < bin_of(0.0) && bin_of(-0.0) == bin_of(0.0));
/// assert_eq!(bin_of(1000.0), bin_of(1001.0));
/// ```
#[must_use]
pub fn bin_of(value: f64) -> u32 {
    let bits = (value + 0.0).to_bits();
    let ascending = if bits >> 63 == 1 {
        !bits
    } else {
        bits | 1 << 63
    };
    u32::try_from(ascending >> BELOW).expect("17 bits are left")
}

/// The least number of a bin.
#[must_use]
pub fn bin_start(bin: u32) -> f64 {
    let ascending = u64::from(bin) << BELOW;
    f64::from_bits(if ascending >> 63 == 1 {
        ascending & !(1 << 63)
    } else {
        !ascending
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_ascend_with_the_numbers_and_begin_at_their_least_one() {
        let values = [
            -1e9, -3.0, -0.5, 0.0, 0.01, 0.5, 1.0, 63.0, 64.0, 67.0, 1e12,
        ];
        for pair in values.windows(2) {
            assert!(bin_of(pair[0]) < bin_of(pair[1]), "{pair:?}");
        }
        for value in values {
            let start = bin_start(bin_of(value));
            assert!(start <= value, "{start} {value}");
            assert!(
                (value - start).abs() <= value.abs() / 16.0,
                "{start} {value}"
            );
        }
        for whole in 0..=64 {
            assert_eq!(
                bin_start(bin_of(f64::from(whole))).to_bits(),
                f64::from(whole).to_bits()
            );
        }
    }

    #[test]
    fn parts_add_up_to_the_whole_in_any_order() {
        let values = [
            Some(1.0),
            None,
            Some(f64::NAN),
            Some(7.5),
            Some(1.0),
            Some(-2.0),
        ];
        let mut whole = Spread::default();
        for value in values {
            whole.number(value);
        }
        for cut in 0..values.len() {
            let (mut last, mut first) = (Spread::default(), Spread::default());
            values[..cut].iter().for_each(|value| first.number(*value));
            values[cut..].iter().for_each(|value| last.number(*value));
            last.add(first);
            assert_eq!(last, whole);
        }
        assert_eq!((whole.n(), whole.n_missing), (6, 2));
    }

    #[test]
    fn a_closed_spread_keeps_the_most_frequent_texts_and_loses_no_row() {
        let mut spread = Spread::default();
        for n in 0..300 {
            for _ in 0..=(n % 3) {
                spread.text(Some(&format!("t{n:03}")));
            }
        }
        let before = spread.n();
        spread.close();
        assert_eq!((spread.n(), spread.texts.len()), (before, TEXTS_MAX));
        assert!(spread.texts.contains_key("t002") && !spread.texts.contains_key("t297"));
        assert_eq!(spread.n_other, 100);
    }
}
