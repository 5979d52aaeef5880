//! What moved between two runs: the population stability index of scores, classes and indicators, and who changed class.
//!
//! PSI = Σ (a-e)·ln(a/e), the sum of both Kullback-Leibler divergences; below 0.1 stable, to 0.25 moderate, above large. Under no
//! change it is about (1/n + 1/m) times a χ² of (bins - 1) degrees (Yurdakul and Naranjo 2020), whose 95 % point tells drift
//! from chance in small registers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use statrs::distribution::{ChiSquared, ContinuousCDF};

use super::number::{real, real_len, share};
use super::profile::{ColumnKind, Profile, ProfileColumn};
use crate::units::{Spread, bin_start};

/// An empty cell counts as this share, before shares are brought back to a sum of one.
const EMPTY: f64 = 1e-4;
/// Bins of a column of numbers, besides the one of missing values.
const N_BINS: u64 = 10;
/// A column of numbers with fewer bins than this has bins of their own for values below and above all earlier ones.
const N_BINS_OPEN: usize = 5;
/// Texts told apart in a column of texts.
const N_TEXTS: usize = 20;

/// The index, and what each bin gives to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Psi {
    /// The index, 0 for equal shares.
    pub value: f64,
    /// Its terms, bin by bin.
    pub terms: Vec<f64>,
}

/// Population stability index of two sets of counts or shares over the same bins. A bin that is empty on one side counts as a
/// share of 10^-4; one that is empty on both is left out with a term of 0. `None` where a side has nothing.
#[must_use]
pub fn psi(expected: &[f64], actual: &[f64]) -> Option<Psi> {
    let is_used: Vec<bool> = expected
        .iter()
        .zip(actual)
        .map(|(e, a)| *e > 0.0 || *a > 0.0)
        .collect();
    let (expected, actual) = (shares(expected, &is_used)?, shares(actual, &is_used)?);
    let term =
        |((e, a), used): ((&f64, &f64), &bool)| if *used { (a - e) * (a / e).ln() } else { 0.0 };
    let terms: Vec<f64> = expected
        .iter()
        .zip(&actual)
        .zip(&is_used)
        .map(term)
        .collect();
    Some(Psi {
        value: terms.iter().sum(),
        terms,
    })
}

fn shares(counts: &[f64], is_used: &[bool]) -> Option<Vec<f64>> {
    let total: f64 = counts.iter().sum();
    if total <= 0.0 {
        return None;
    }
    let floored: Vec<f64> = counts
        .iter()
        .zip(is_used)
        .map(|(count, used)| match *used {
            false => 0.0,
            true if *count <= 0.0 => EMPTY,
            true => count / total,
        })
        .collect();
    let sum: f64 = floored.iter().sum();
    Some(floored.into_iter().map(|share| share / sum).collect())
}

/// What the index exceeds with a probability of 5 % where nothing moved: `n_bins` bins, `n` and `m` objects. `None` for less than
/// two bins or an empty side.
#[must_use]
pub fn psi_critical(n_bins: usize, n: u64, m: u64) -> Option<f64> {
    if n_bins < 2 || n == 0 || m == 0 {
        return None;
    }
    let chi = ChiSquared::new(real_len(n_bins - 1)).ok()?;
    Some(chi.inverse_cdf(0.95) * (1.0 / real(n) + 1.0 / real(m)))
}

/// How far a column moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Movement {
    /// Below 0.1, or not above what chance gives.
    Stable,
    /// 0.1 to 0.25.
    Moderate,
    /// Above 0.25.
    Large,
}

/// One column of two runs side by side.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Drift {
    /// Name.
    pub name: String,
    /// Chinese name.
    pub zh: String,
    /// English name.
    pub en: String,
    /// What it is.
    pub kind: ColumnKind,
    /// The index.
    pub psi: f64,
    /// Its 95 % point under no change.
    pub critical: Option<f64>,
    /// How far it moved.
    pub movement: Movement,
    /// The bins with their shares; those of numbers are tenths of the earlier run.
    pub bins: Vec<DriftBin>,
}

/// A bin with its shares in both runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DriftBin {
    /// From this number on, or this text; `missing` and `other` as they say.
    pub label: String,
    /// Share in the earlier run.
    pub earlier: f64,
    /// Share in the later run.
    pub later: f64,
}

/// Columns of two profiles that both have, largest index first within classes, scores and indicators; and the names only one has.
#[must_use]
pub fn compare(earlier: &Profile, later: &Profile) -> (Vec<Drift>, Vec<String>) {
    let find = |profile: &Profile, like: &ProfileColumn| {
        let same = |column: &&ProfileColumn| column.kind == like.kind && column.name == like.name;
        profile.columns.iter().find(same).cloned()
    };
    let mut drifts: Vec<Drift> = Vec::new();
    let mut alone = Vec::new();
    for column in &earlier.columns {
        match find(later, column) {
            Some(other) => drifts.extend(drift(column, &other)),
            None => alone.push(column.name.clone()),
        }
    }
    let only_later = later
        .columns
        .iter()
        .filter(|column| find(earlier, column).is_none());
    alone.extend(only_later.map(|column| column.name.clone()));
    drifts.sort_by(|a, b| {
        let larger_first = b.psi.total_cmp(&a.psi).then_with(|| a.name.cmp(&b.name));
        a.kind.cmp(&b.kind).then(larger_first)
    });
    (drifts, alone)
}

fn drift(earlier: &ProfileColumn, later: &ProfileColumn) -> Option<Drift> {
    let bins = binned(&earlier.spread, &later.spread);
    let (n, m) = (earlier.spread.n(), later.spread.n());
    let side = |of: fn(&(String, u64, u64)) -> u64| -> Vec<f64> {
        bins.iter().map(|bin| real(of(bin))).collect()
    };
    let value = psi(&side(|bin| bin.1), &side(|bin| bin.2))?.value;
    let critical = psi_critical(bins.len(), n, m);
    let movement = match value {
        value if value < 0.1 || critical.is_some_and(|critical| value <= critical) => {
            Movement::Stable
        }
        value if value <= 0.25 => Movement::Moderate,
        _ => Movement::Large,
    };
    let shown = bins.into_iter().map(|(label, e, a)| DriftBin {
        label,
        earlier: share(real(e), real(n)).unwrap_or(0.0),
        later: share(real(a), real(m)).unwrap_or(0.0),
    });
    Some(Drift {
        name: later.name.clone(),
        zh: later.zh.clone(),
        en: later.en.clone(),
        kind: later.kind,
        psi: value,
        critical,
        movement,
        bins: shown.collect(),
    })
}

/// Counts of both sides over the bins of the earlier one; bins without anybody are left out.
fn binned(earlier: &Spread, later: &Spread) -> Vec<(String, u64, u64)> {
    let mut bins = numbers(&earlier.numbers, &later.numbers);
    let mut texts: Vec<(&String, &u64)> = earlier.texts.iter().collect();
    texts.sort_by(|a, b| b.1.cmp(a.1).then_with(|| a.0.cmp(b.0)));
    texts.truncate(N_TEXTS);
    let of = |spread: &Spread, text: &str| spread.texts.get(text).copied().unwrap_or(0);
    bins.extend(
        texts
            .iter()
            .map(|(text, n)| ((*text).clone(), **n, of(later, text))),
    );
    let told: Vec<&String> = texts.into_iter().map(|(text, _)| text).collect();
    let rest = |spread: &Spread| {
        let others = spread.texts.iter().filter(|(text, _)| !told.contains(text));
        spread.n_other + others.map(|(_, n)| n).sum::<u64>()
    };
    bins.push(("other".to_owned(), rest(earlier), rest(later)));
    bins.push(("missing".to_owned(), earlier.n_missing, later.n_missing));
    bins.retain(|(_, e, a)| e + a > 0);
    bins
}

/// Tenths of the earlier numbers, cut where bins of the spread are; what lies outside of them belongs to the first or the last,
/// but where there are few, as in a column of 0 and 1, it stands alone.
fn numbers(earlier: &BTreeMap<u32, u64>, later: &BTreeMap<u32, u64>) -> Vec<(String, u64, u64)> {
    let total: u64 = earlier.values().sum();
    let mut starts: Vec<u32> = Vec::new();
    let (mut before, mut tenth) = (0_u64, 0_u64);
    for (&bin, &n) in earlier {
        if before * N_BINS >= tenth * total {
            starts.push(bin);
            tenth = before * N_BINS / total + 1;
        }
        before += n;
    }
    if starts.len() < N_BINS_OPEN {
        let (first, last) = (starts.first().copied(), earlier.keys().next_back().copied());
        let below = later
            .keys()
            .next()
            .filter(|bin| first.is_none_or(|first| **bin < first));
        let above = later
            .keys()
            .next_back()
            .filter(|bin| last.is_some_and(|last| **bin > last));
        starts.splice(0..0, below.copied());
        starts.extend(above.and(last).map(|last| last + 1));
    }
    let counted = |counts: &BTreeMap<u32, u64>| {
        let mut sums = vec![0; starts.len()];
        for (bin, n) in counts {
            let at = starts
                .partition_point(|start| start <= bin)
                .saturating_sub(1);
            sums[at] += n;
        }
        sums
    };
    let (e, a) = (counted(earlier), counted(later));
    let labels = starts.iter().map(|&start| format!("{}", bin_start(start)));
    labels
        .zip(e.into_iter().zip(a))
        .map(|(label, (e, a))| (label, e, a))
        .collect()
}

/// 分类迁移: objects of both frames by their classes in the earlier and the later run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Migration {
    /// Codes in the earlier run, lowest first.
    pub from: Vec<String>,
    /// Codes in the later run, lowest first.
    pub to: Vec<String>,
    /// Objects by earlier class, then by later class.
    pub n: Vec<Vec<u64>>,
    /// Objects that left the frame, by earlier class.
    pub left: Vec<u64>,
    /// Objects that came into the frame, by later class.
    pub came: Vec<u64>,
}

impl Migration {
    /// An empty matrix.
    #[must_use]
    pub fn new(from: Vec<String>, to: Vec<String>) -> Self {
        Self {
            n: vec![vec![0; to.len()]; from.len()],
            left: vec![0; from.len()],
            came: vec![0; to.len()],
            from,
            to,
        }
    }

    /// Counts an object by its classes, `None` where it is not in that frame.
    pub fn add(&mut self, from: Option<usize>, to: Option<usize>) {
        match (from, to) {
            (Some(from), Some(to)) => self.n[from][to] += 1,
            (Some(from), None) => self.left[from] += 1,
            (None, Some(to)) => self.came[to] += 1,
            (None, None) => {}
        }
    }

    /// Objects of both frames whose class has another code.
    #[must_use]
    pub fn n_changed(&self) -> u64 {
        let cells = self.from.iter().zip(&self.n);
        let changed = |(from, row): (&String, &Vec<u64>)| -> u64 {
            let others = self.to.iter().zip(row).filter(|(to, _)| *to != from);
            others.map(|(_, n)| n).sum()
        };
        cells.map(changed).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(values: &[f64]) -> ProfileColumn {
        let mut spread = Spread::default();
        for value in values {
            spread.number(Some(*value));
        }
        ProfileColumn {
            name: "x".to_owned(),
            zh: "值".to_owned(),
            en: "value".to_owned(),
            kind: ColumnKind::Score,
            spread,
        }
    }

    #[test]
    fn bins_are_tenths_of_the_earlier_numbers() {
        let values: Vec<f64> = (0..1000).map(|n| f64::from(n) / 10.0).collect();
        let found = drift(&column(&values), &column(&values)).unwrap();
        assert!(found.psi.abs() < 1e-12 && found.movement == Movement::Stable);
        assert!((9..=10).contains(&found.bins.len()), "{:?}", found.bins);
        assert!(
            found
                .bins
                .iter()
                .all(|bin| (0.06..=0.14).contains(&bin.earlier)),
            "{:?}",
            found.bins
        );
    }

    #[test]
    fn a_shift_is_seen_and_a_column_of_one_value_is_not_lost() {
        let early: Vec<f64> = (0..1000).map(|n| f64::from(n % 50)).collect();
        let late: Vec<f64> = early.iter().map(|value| value + 25.0).collect();
        assert_eq!(
            drift(&column(&early), &column(&late)).unwrap().movement,
            Movement::Large
        );
        let one = drift(&column(&[3.0; 100]), &column(&[3.0; 50])).unwrap();
        assert_eq!((one.bins.len(), one.psi.abs() < 1e-12), (1, true));
        let other = drift(&column(&[3.0; 100]), &column(&[9.0; 50])).unwrap();
        assert_eq!((other.bins.len(), other.movement), (2, Movement::Large));
    }

    #[test]
    fn a_small_register_does_not_drift_by_chance() {
        let early: Vec<f64> = (0..40).map(|n| f64::from(n % 20)).collect();
        let late: Vec<f64> = (0..40).map(|n| f64::from((n * 7 + n / 3) % 20)).collect();
        let found = drift(&column(&early), &column(&late)).unwrap();
        assert!(found.critical.unwrap() > 0.25);
        assert_eq!(found.movement, Movement::Stable);
    }

    #[test]
    fn everybody_has_one_cell_of_the_matrix() {
        let codes = || vec!["A".to_owned(), "B".to_owned()];
        let mut matrix = Migration::new(codes(), codes());
        for (from, to) in [
            (Some(0), Some(0)),
            (Some(0), Some(1)),
            (Some(1), None),
            (None, Some(1)),
        ] {
            matrix.add(from, to);
        }
        assert_eq!(
            (matrix.n_changed(), matrix.left, matrix.came),
            (1, vec![0, 1], vec![0, 1])
        );
    }
}
