//! What if: every class at every ratio of a grid, and what a year would bring.
//!
//! Classes are drawn apart, so that visits, findings, variances and burdens of a choice of ratios are sums over classes:
//! the page adds up what stands here and computes nothing else.

use serde::Serialize;

use super::mix::{MixClass, Whole};
use super::number::{real, rounded};
use super::observe::{Observed, Visit};
use super::scene::Scene;
use crate::evaluate::off_policy::Sums;

/// Ratios every class is tried at, in percent.
const GRID: [f64; 32] = [
    0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 12.0, 14.0, 16.0,
    18.0, 20.0, 25.0, 30.0, 35.0, 40.0, 45.0, 50.0, 60.0, 70.0, 80.0, 85.0, 90.0, 100.0,
];

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
    /// Its part of the variance of the prevalence, times N²: `Σ N_h² (1/n_h - 1/N_h) p (1-p)` over the strata of the class.
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
    whole: Whole,
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
            .map(|ratio| plain_line(class, ratio, whole))
            .collect(),
    };
    classes.iter().enumerate().map(table).collect()
}

/// Tables of a counted frame under `bounds`; `more` are further ratios per class that must stand in the grid.
#[must_use]
pub(super) fn tables(
    observed: &Observed,
    bounds: &[u32],
    whole: Whole,
    more: &[Vec<f64>],
) -> Vec<ClassTable> {
    tables_at(observed, bounds, whole, |class| grid(more, class))
}

/// Tables of one line each: a counted frame at `ratios`.
#[must_use]
pub(super) fn tables_of(
    observed: &Observed,
    bounds: &[u32],
    whole: Whole,
    ratios: &[f64],
) -> Vec<ClassTable> {
    tables_at(observed, bounds, whole, |class| vec![ratios[class]])
}

fn tables_at(
    observed: &Observed,
    bounds: &[u32],
    whole: Whole,
    ratios: impl Fn(usize) -> Vec<f64>,
) -> Vec<ClassTable> {
    let rates = hit_rates(observed, bounds);
    let table = |class: usize| {
        let scene = Scene::of(observed, bounds, class, rates[class]);
        let ratios = ratios(class).into_iter();
        ClassTable {
            code: observed.classes[class].code.clone(),
            n: scene.n(),
            is_ranked: class < bounds.len(),
            seen: scene.n_seen(),
            hit_rate: rates[class],
            lines: ratios.map(|ratio| scene.line(ratio, whole)).collect(),
        }
    };
    (0..observed.classes.len()).map(table).collect()
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
        let weight = visit.weight / visit.pi;
        w += weight;
        w2 += weight * weight;
        hits += f64::from(u8::from(visit.hit)) * weight;
    }
    (w > 0.0).then(|| (hits / w, w * w / w2))
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

fn plain_line(class: &MixClass, ratio: f64, whole: Whole) -> Line {
    let visits = whole.of_class(ratio, class.n, &class.strata);
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

/// `N² (1/n - 1/N) p (1-p)` of a stratum, where nobody is drawn as if nothing were known of it.
pub(super) fn variance(n_units: u64, n: u64, hit_rate: Option<f64>) -> f64 {
    let (p, all) = (hit_rate.unwrap_or(0.5), real(n_units));
    if n == 0 {
        all * all * p * (1.0 - p)
    } else {
        all * all * (1.0 / real(n) - 1.0 / all) * p * (1.0 - p)
    }
}
