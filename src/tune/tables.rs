//! What if: for every set of class bounds, every class and every ratio of a grid, what a year would bring.
//!
//! Classes are drawn apart, so that visits, findings, variances and burdens of a choice of ratios are sums over classes:
//! the page adds up what stands here and computes nothing else.

use std::collections::BTreeMap;

use serde::Serialize;

use super::mix::MixClass;
use super::number::{real, rounded};
use super::observe::{CellKey, Observed, Visit};
use super::params::{BoundaryParams, ValidParams};
use super::policy::{Past, Sums};
use crate::plan::targets;
use crate::units::{Ratio, Rounding};

/// Ratios every class is tried at, in percent.
const GRID: [f64; 32] = [
    0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 12.0, 14.0, 16.0,
    18.0, 20.0, 25.0, 30.0, 35.0, 40.0, 45.0, 50.0, 60.0, 70.0, 80.0, 85.0, 90.0, 100.0,
];
/// How far bounds are moved where the job names none: the part above each bound times this.
const FACTORS: [(f64, &str); 5] = [
    (0.7, "-30%"),
    (0.85, "-15%"),
    (1.0, "0"),
    (1.15, "+15%"),
    (1.3, "+30%"),
];

/// Class bounds and everything under them.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Variant {
    /// Name on the page.
    pub name: String,
    /// Whether these are the bounds in force.
    pub is_current: bool,
    /// Smallest points per class in the order of risk.
    pub points_from: BTreeMap<String, u32>,
    /// Objects that change class: from, to, how many.
    pub moved: Vec<(String, String, u64)>,
    /// Share of the frame that changes class; more than 0.15 is much.
    pub moved_share: f64,
    /// Whether the hit rates ascend with the classes; where they do not, a bound is in the wrong place.
    pub is_ascending: bool,
    /// One table per class.
    pub tables: Vec<ClassTable>,
}

/// A class at every ratio of the grid.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClassTable {
    /// Code.
    pub code: String,
    /// Objects.
    pub n: u64,
    /// Whether it stands in the order of risk.
    pub is_ranked: bool,
    /// Visits of the past in it.
    pub seen: u64,
    /// Share with a finding, as estimated from the past; shrunk towards that of all.
    pub hit_rate: Option<f64>,
    /// One line per ratio, ascending.
    pub lines: Vec<Line>,
}

/// A class at one ratio.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Line {
    /// 抽查比例.
    pub ratio: f64,
    /// Objects drawn.
    pub visits: u64,
    /// Findings by the model alone.
    pub model: f64,
    /// Findings by the class's hit rate alone.
    pub plain: f64,
    /// Its part of the variance of the prevalence, times N²: `N_h² (1/n_h - 1/N_h) p_h (1-p_h)`.
    pub variance: f64,
    /// What the past says.
    pub past: Sums,
    /// Expected visits by region.
    pub regions: Vec<f64>,
    /// Expected visits by industry.
    pub industries: Vec<f64>,
}

/// Tables of a mix without a register: visits, findings by hit rate, variance.
#[must_use]
pub(super) fn plain_tables(
    classes: &[MixClass],
    rounding: Rounding,
    more: &[Vec<f64>],
) -> Vec<ClassTable> {
    let table = |(i, class): (usize, &MixClass)| ClassTable {
        code: class.code.clone(),
        n: class.n,
        is_ranked: class.is_ranked,
        seen: 0,
        hit_rate: class.hit_rate,
        lines: grid(more, i)
            .into_iter()
            .map(|ratio| plain_line(class, ratio, rounding))
            .collect(),
    };
    classes.iter().enumerate().map(table).collect()
}

/// Every variant of the bounds; `more` are further ratios per class that must stand in the grid.
#[must_use]
pub(super) fn variants(
    params: &ValidParams,
    observed: &Observed,
    rounding: Rounding,
    more: &[Vec<f64>],
) -> Vec<Variant> {
    let sets = bound_sets(params, observed);
    let n: u64 = observed.cells.values().map(|cell| cell.n).sum();
    let one = |(name, bounds): (String, Vec<u32>)| {
        let moved = moved(observed, &bounds);
        let n_moved: u64 = moved.iter().map(|(.., n)| n).sum();
        Variant {
            name,
            is_current: bounds == observed.bounds(),
            points_from: codes(observed).zip(bounds.iter().copied()).collect(),
            moved_share: rounded(real(n_moved) / real(n.max(1)), 4),
            moved,
            is_ascending: ascend(&hit_rates(observed, &bounds)[..bounds.len()]),
            tables: tables(observed, &bounds, rounding, more),
        }
    };
    sets.into_iter().map(one).collect()
}

/// The bounds a job names beside those in force, by name.
#[must_use]
pub fn declared_bounds(params: &ValidParams, observed: &Observed) -> Vec<(String, Vec<u32>)> {
    let current = observed.bounds();
    let named = params.written.boundary.iter();
    named
        .map(|one| (one.name.clone(), declared(observed, &current, one)))
        .collect()
}

/// Hit rate of every class under `bounds`: design-weighted, shrunk towards that of all by one visit.
#[must_use]
pub fn hit_rates(observed: &Observed, bounds: &[u32]) -> Vec<Option<f64>> {
    let valid = || observed.visits.iter().filter(|visit| visit.valid);
    let all = weighted(valid());
    let rate = |class: usize| {
        let of_class = |visit: &&Visit| observed.class_of(visit.cell, bounds) == class;
        let (mean, n_effective) = weighted(valid().filter(of_class))?;
        let shrunk = (mean * n_effective + all?.0) / (n_effective + 1.0);
        Some(shrunk.clamp(1e-4, 1.0 - 1e-4))
    };
    (0..observed.classes.len()).map(rate).collect()
}

/// Hájek mean and effective size.
fn weighted<'a>(visits: impl Iterator<Item = &'a Visit>) -> Option<(f64, f64)> {
    let (mut w, mut w2, mut hits) = (0.0, 0.0, 0.0);
    for visit in visits {
        w += 1.0 / visit.pi;
        w2 += 1.0 / (visit.pi * visit.pi);
        hits += f64::from(u8::from(visit.hit)) / visit.pi;
    }
    (w > 0.0).then(|| (hits / w, w * w / w2))
}

fn codes(observed: &Observed) -> impl Iterator<Item = String> {
    observed.classes.iter().map(|class| class.code.clone())
}

fn grid(more: &[Vec<f64>], class: usize) -> Vec<f64> {
    let further = more.iter().filter_map(|ratios| ratios.get(class));
    let all = GRID
        .iter()
        .map(|percent| percent / 100.0)
        .chain(further.copied());
    let mut grid: Vec<f64> = all
        .map(|ratio| rounded(ratio, 6))
        .filter(|&r| r > 0.0)
        .collect();
    grid.sort_by(f64::total_cmp);
    grid.dedup();
    grid
}

fn visits(n: u64, ratio: f64, rounding: Rounding) -> u64 {
    Ratio::from_f64(ratio).map_or(0, |ratio| ratio.of(n, rounding))
}

fn plain_line(class: &MixClass, ratio: f64, rounding: Rounding) -> Line {
    let visits = visits(class.n, ratio, rounding);
    Line {
        ratio,
        visits,
        model: 0.0,
        plain: class.hit_rate.unwrap_or(0.0) * real(visits),
        variance: variance(class.n, visits, class.hit_rate),
        past: Sums::default(),
        regions: Vec::new(),
        industries: Vec::new(),
    }
}

fn variance(n_units: u64, n: u64, hit_rate: Option<f64>) -> f64 {
    let (p, all) = (hit_rate.unwrap_or(0.5), real(n_units));
    if n == 0 {
        all * all * p * (1.0 - p)
    } else {
        all * all * (1.0 / real(n) - 1.0 / all) * p * (1.0 - p)
    }
}

/// Whether the rates that are known ascend.
fn ascend(rates: &[Option<f64>]) -> bool {
    let known: Vec<f64> = rates.iter().copied().flatten().collect();
    known.windows(2).all(|pair| pair[0] < pair[1])
}

/// Bounds as the job names them, else the parts above each bound smaller and larger.
fn bound_sets(params: &ValidParams, observed: &Observed) -> Vec<(String, Vec<u32>)> {
    let current = observed.bounds();
    if params.written.boundary.is_empty() {
        let moved = FACTORS
            .iter()
            .map(|&(factor, name)| (name.to_owned(), shifted(observed, &current, factor)));
        return moved.collect();
    }
    std::iter::once(("0".to_owned(), current))
        .chain(declared_bounds(params, observed))
        .collect()
}

fn declared(observed: &Observed, current: &[u32], boundary: &BoundaryParams) -> Vec<u32> {
    let bound =
        |(code, &bound): (String, &u32)| boundary.points_from.get(&code).copied().unwrap_or(bound);
    codes(observed).zip(current).map(bound).collect()
}

/// Each bound moved to the points where the number of objects at or above comes nearest to `factor` times what it was.
fn shifted(observed: &Observed, current: &[u32], factor: f64) -> Vec<u32> {
    if (factor - 1.0).abs() < 1e-12 {
        return current.to_vec();
    }
    let mut by_points: BTreeMap<u32, u64> = BTreeMap::new();
    for (key, cell) in observed
        .cells
        .iter()
        .filter(|(key, _)| key.held < current.len())
    {
        *by_points.entry(key.points).or_default() += cell.n;
    }
    let above = |bound: u32| -> u64 { by_points.range(bound..).map(|(_, n)| n).sum() };
    let nearest = |bound: u32| {
        let wanted = factor * real(above(bound));
        let miss = |points: &u32| (real(above(*points)) - wanted).abs();
        let points = by_points.keys().copied().filter(|&points| points > 0);
        points
            .min_by(|a, b| miss(a).total_cmp(&miss(b)))
            .unwrap_or(bound)
    };
    let bounds = current.iter().enumerate();
    bounds
        .map(|(i, &bound)| if i == 0 { 0 } else { nearest(bound) })
        .collect()
}

fn moved(observed: &Observed, bounds: &[u32]) -> Vec<(String, String, u64)> {
    let current = observed.bounds();
    let mut counts: BTreeMap<(usize, usize), u64> = BTreeMap::new();
    for (&key, cell) in &observed.cells {
        let pair = (
            observed.class_of(key, &current),
            observed.class_of(key, bounds),
        );
        *counts.entry(pair).or_default() += cell.n;
    }
    let code = |class: usize| observed.classes[class].code.clone();
    let changed = counts.into_iter().filter(|((from, to), _)| from != to);
    changed
        .map(|((from, to), n)| (code(from), code(to), n))
        .collect()
}

fn tables(
    observed: &Observed,
    bounds: &[u32],
    rounding: Rounding,
    more: &[Vec<f64>],
) -> Vec<ClassTable> {
    let rates = hit_rates(observed, bounds);
    let table = |class: usize| {
        let scene = Scene::of(observed, bounds, class, rates[class]);
        ClassTable {
            code: observed.classes[class].code.clone(),
            n: scene.n,
            is_ranked: class < bounds.len(),
            seen: scene.visits.len() as u64,
            hit_rate: rates[class],
            lines: grid(more, class)
                .into_iter()
                .map(|ratio| scene.line(ratio, rounding))
                .collect(),
        }
    };
    (0..observed.classes.len()).map(table).collect()
}

/// One class under some bounds.
struct Scene<'a> {
    observed: &'a Observed,
    cells: Vec<CellKey>,
    visits: Vec<&'a Visit>,
    n: u64,
    hit_rate: Option<f64>,
}

impl<'a> Scene<'a> {
    fn of(observed: &'a Observed, bounds: &[u32], class: usize, hit_rate: Option<f64>) -> Self {
        let inside = |key: CellKey| observed.class_of(key, bounds) == class;
        let cells: Vec<CellKey> = observed
            .cells
            .keys()
            .copied()
            .filter(|&key| inside(key))
            .collect();
        Self {
            visits: observed
                .visits
                .iter()
                .filter(|visit| inside(visit.cell))
                .collect(),
            n: cells.iter().map(|key| observed.cells[key].n).sum(),
            observed,
            cells,
            hit_rate,
        }
    }

    fn line(&self, ratio: f64, rounding: Rounding) -> Line {
        let visits = visits(self.n, ratio, rounding);
        let chances = self.chances(visits);
        let pi = |key: &CellKey| chances[&self.size(key.points)];
        let mut past = Sums::default();
        for visit in &self.visits {
            past.add(&Past {
                pi: visit.pi,
                pi_new: pi(&visit.cell),
                hit: visit.hit,
                model: visit.model,
            });
        }
        let (mut regions, mut industries) = (
            vec![0.0; self.observed.regions.len()],
            vec![0.0; self.observed.industries.len()],
        );
        let mut model = 0.0;
        for key in &self.cells {
            let (cell, pi) = (&self.observed.cells[key], pi(key));
            model += pi * cell.findings();
            cell.regions
                .iter()
                .for_each(|(&place, &n)| regions[place] += pi * real(n));
            cell.industries
                .iter()
                .for_each(|(&place, &n)| industries[place] += pi * real(n));
        }
        Line {
            ratio,
            visits,
            model,
            plain: self.hit_rate.unwrap_or(0.0) * real(visits),
            variance: variance(self.n, visits, self.hit_rate),
            past,
            regions: regions.into_iter().map(|n| rounded(n, 2)).collect(),
            industries: industries.into_iter().map(|n| rounded(n, 2)).collect(),
        }
    }

    fn size(&self, points: u32) -> u32 {
        if self.observed.by_points { points } else { 1 }
    }

    /// Target inclusion probability of each size when `n` objects of the class are drawn.
    fn chances(&self, n: u64) -> BTreeMap<u32, f64> {
        let mut levels: BTreeMap<u32, u64> = BTreeMap::new();
        for key in &self.cells {
            *levels.entry(self.size(key.points)).or_default() += self.observed.cells[key].n;
        }
        let levels: Vec<(u32, u64)> = levels.into_iter().collect();
        let probs = targets(&levels, n).into_iter().map(|target| target.prob);
        levels.iter().map(|&(size, _)| size).zip(probs).collect()
    }
}
