//! Columns as sixty-four bins, so that a set of bins is one 64-bit mask.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::design::{Column, ColumnKind, Head};

/// The bin of rows without a value.
pub(super) const MISSING: u8 = 63;
/// Where the last bin of numbers and kept categories ends; in a column of categories the rest share this bin.
const OTHER: u8 = 62;

/// How one column falls into bins.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Binning {
    pub(super) head: Head,
    edges: Edges,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Edges {
    /// At most 62 cuts: a value lies in the bin whose number is that of the cuts below it.
    Cuts(Vec<f64>),
    /// At most 62 codes, sorted; the place is the bin.
    Codes(Vec<f64>),
}

impl Binning {
    /// Cuts half-way between neighbouring values, at quantiles where there are more than 63; the 62 most frequent codes.
    pub(super) fn learn(column: &Column, weight: &[f64]) -> Self {
        let counted = column.values.iter().zip(weight);
        let counted = counted.filter(|(value, weight)| !value.is_nan() && **weight > 0.0);
        let mut known: Vec<f64> = counted.map(|(value, _)| *value).collect();
        known.sort_unstable_by(f64::total_cmp);
        let edges = match column.kind {
            ColumnKind::Number | ColumnKind::Since => Edges::Cuts(cuts(&known)),
            ColumnKind::Category => Edges::Codes(codes(&known)),
        };
        Self {
            head: Head::of(column),
            edges,
        }
    }

    /// Whether bins have no order.
    pub(super) fn is_unordered(&self) -> bool {
        matches!(self.edges, Edges::Codes(_))
    }

    /// One bin per value.
    pub(super) fn bins(&self, values: &[f64]) -> Vec<u8> {
        let mut bins = vec![0; values.len()];
        self.bins_into(values, &mut bins);
        bins
    }

    /// One bin per value, into as many places.
    pub(super) fn bins_into(&self, values: &[f64], bins: &mut [u8]) {
        let pairs = bins.iter_mut().zip(values);
        match &self.edges {
            Edges::Cuts(cuts) => {
                let mut padded = [f64::INFINITY; 64];
                padded[..cuts.len()].copy_from_slice(cuts);
                pairs.for_each(|(bin, value)| *bin = below(&padded, *value));
            }
            Edges::Codes(codes) => pairs.for_each(|(bin, value)| *bin = among(codes, *value)),
        }
    }
}

/// Every column in bins, side by side.
pub(super) fn binned(binnings: &[Binning], columns: &[&[f64]]) -> Vec<Vec<u8>> {
    let pairs = binnings.par_iter().zip(columns);
    pairs.map(|(one, values)| one.bins(values)).collect()
}

/// How many of the sorted cuts (infinite after the last) lie below the value, in six halvings without a branch.
fn below(cuts: &[f64; 64], value: f64) -> u8 {
    let mut bin = 0_u8;
    for half in [32, 16, 8, 4, 2, 1] {
        let cut = cuts[usize::from(bin + half - 1) & 63];
        bin += if cut < value { half } else { 0 };
    }
    if value.is_nan() { MISSING } else { bin }
}

/// The place of a code.
fn among(codes: &[f64], value: f64) -> u8 {
    if value.is_nan() {
        return MISSING;
    }
    let place = codes.binary_search_by(|code| code.total_cmp(&value));
    place.map_or(OTHER, small)
}

fn small(bin: usize) -> u8 {
    u8::try_from(bin).expect("a column has at most 64 bins")
}

fn cuts(known: &[f64]) -> Vec<f64> {
    let distinct = distinct(known);
    if distinct.len() <= usize::from(OTHER) + 1 {
        let pairs = distinct.windows(2);
        return pairs.map(|pair| f64::midpoint(pair[0], pair[1])).collect();
    }
    let ranks = (1..=usize::from(OTHER)).map(|k| known.len() * k / 63);
    let at_ranks: Vec<f64> = ranks.map(|rank| known[rank]).collect();
    let most = known[known.len() - 1];
    let mut cuts = self::distinct(&at_ranks);
    cuts.retain(|cut| *cut < most);
    cuts
}

fn distinct(sorted: &[f64]) -> Vec<f64> {
    let mut distinct = sorted.to_vec();
    distinct.dedup_by(|a, b| *a <= *b);
    distinct
}

/// The most frequent codes, the lower one where equally many rows have two.
fn codes(known: &[f64]) -> Vec<f64> {
    let mut runs: Vec<(usize, f64)> = Vec::new();
    for code in known {
        match runs.last_mut() {
            Some((rows, last)) if last.total_cmp(code).is_eq() => *rows += 1,
            _ => runs.push((1, *code)),
        }
    }
    runs.sort_by_key(|(rows, _)| std::cmp::Reverse(*rows));
    runs.truncate(usize::from(OTHER));
    let mut kept: Vec<f64> = runs.into_iter().map(|(_, code)| code).collect();
    kept.sort_by(f64::total_cmp);
    kept
}

#[cfg(test)]
mod tests {
    use super::{Binning, MISSING, OTHER};
    use crate::risk::learn::{Column, ColumnKind};

    #[test]
    fn few_values_have_a_bin_each_and_cuts_half_way() {
        let column = Column::number("x", vec![3.0, 1.0, 1.0, f64::NAN]);
        let binning = Binning::learn(&column, &[1.0; 4]);
        assert_eq!(binning.bins(&[0.0, 1.9, 2.1, f64::NAN]), [0, 0, 1, MISSING]);
    }

    #[test]
    fn many_values_fall_into_bins_of_about_one_size() {
        let values: Vec<f64> = (0..6300).map(f64::from).collect();
        let column = Column::number("x", values.clone());
        let bins = Binning::learn(&column, &vec![1.0; 6300]).bins(&values);
        let mut rows = [0_usize; 64];
        for bin in bins {
            rows[usize::from(bin)] += 1;
        }
        assert_eq!(rows[63], 0, "no value is missing");
        assert!(
            rows[..63].iter().all(|n| (99..=101).contains(n)),
            "{rows:?}"
        );
    }

    #[test]
    fn a_new_code_falls_with_the_rare_ones() {
        let column = Column::new("kind", ColumnKind::Category, vec![5.0, 2.0, 5.0]);
        let binning = Binning::learn(&column, &[1.0; 3]);
        assert_eq!(binning.bins(&[2.0, 5.0, 9.0]), [0, 1, OTHER]);
    }
}
