//! Candidates: sets of class bounds, who changes class under each, and whether the change keeps the rules of a change.
//!
//! A change of bounds is small and sound where less than 15 % of the objects change class, the stability index of the class
//! shares stays below 0.1, and hit rates ascend with the classes. Ratios of a candidate are the lawful ones nearest to those
//! tried, over its own class sizes; what they would bring is said with them.

use std::collections::BTreeMap;

use serde::Serialize;

use super::clause::{ClauseFacts, clause_facts};
use super::mix::{Mix, MixClass};
use super::number::{real, rounded};
use super::observe::Observed;
use super::params::{BoundaryParams, ValidParams};
use super::points::{Outcome, Valued};
use super::solver::{lawful, nearest_lawful};
use super::tables::{ClassTable, hit_rates, tables};
use crate::evaluate::psi;

/// Least stability index of the class shares that is a shift.
const PSI_MAX: f64 = 0.1;
/// Least share of objects changing class that is much.
const MOVED_MAX: f64 = 0.15;
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
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is one question a bureau asks of a candidate, answered yes or no"
)]
pub struct Variant {
    /// Name on the page.
    pub name: String,
    /// Whether these are the bounds in force.
    pub is_current: bool,
    /// Smallest points per class in the order of risk.
    pub points_from: BTreeMap<String, u32>,
    /// Objects that change class: from, to, how many.
    pub moved: Vec<(String, String, u64)>,
    /// Share of the frame that changes class.
    pub moved_share: f64,
    /// Whether that is less than 15 %.
    pub is_small: bool,
    /// Stability index of the class shares against those in force; none for an empty frame.
    pub psi: Option<f64>,
    /// Whether that is below 0.1.
    pub is_stable: bool,
    /// Whether the hit rates that are known ascend with the classes; where they do not, a bound is in the wrong place.
    pub is_ascending: bool,
    /// Lawful ratios nearest to those tried, over these classes.
    pub ratios: BTreeMap<String, f64>,
    /// Whether they keep every clause.
    pub is_lawful: bool,
    /// What they would bring.
    pub outcome: Outcome,
    /// Every clause over these classes, and whether these ratios keep it.
    pub clauses: Vec<ClauseFacts>,
    /// One table per class.
    pub tables: Vec<ClassTable>,
}

/// What candidates are tried with.
pub(super) struct Trial<'a> {
    pub(super) params: &'a ValidParams,
    pub(super) mix: &'a Mix,
    /// Ratios to start from.
    pub(super) ratios: &'a [f64],
    /// Further ratios per class that must stand in the grid.
    pub(super) more: &'a [Vec<f64>],
    /// Inspector days per visit, by class.
    pub(super) costs: Option<&'a [f64]>,
}

impl Trial<'_> {
    /// The one variant of a mix without a register.
    pub(super) fn alone(&self, tables: Vec<ClassTable>) -> Variant {
        self.variant("0", BTreeMap::new(), self.mix, tables, false)
    }

    /// Every set of bounds over a counted frame.
    pub(super) fn all(&self, observed: &Observed) -> Vec<Variant> {
        let sets = bound_sets(self.params, observed).into_iter();
        sets.map(|(name, bounds)| self.one(observed, &name, &bounds))
            .collect()
    }

    fn one(&self, observed: &Observed, name: &str, bounds: &[u32]) -> Variant {
        let current = observed.bounds();
        let mix = self.mix.over(classes(observed, bounds));
        let start = nearest_lawful(self.params, &mix, self.ratios);
        let more: Vec<Vec<f64>> = self.more.iter().cloned().chain([start]).collect();
        let tables = tables(observed, bounds, mix.whole, &more);
        let points_from = codes(observed).zip(bounds.iter().copied()).collect();
        let variant = self.variant(name, points_from, &mix, tables, observed.has_frozen_model());
        let moved = moved(observed, bounds);
        let n_moved: u64 = moved.iter().map(|(.., n)| n).sum();
        let share = real(n_moved) / real(mix.n_frame().max(1));
        let psi = psi(&self.mix.sizes(), &mix.sizes()).map(|psi| psi.value);
        Variant {
            is_current: *bounds == current,
            moved,
            moved_share: rounded(share, 4),
            is_small: share < MOVED_MAX,
            is_stable: psi.is_none_or(|psi| psi < PSI_MAX),
            psi: psi.map(|psi| rounded(psi, 6)),
            is_ascending: ascend(&hit_rates(observed, bounds)[..bounds.len()]),
            ..variant
        }
    }

    fn variant(
        &self,
        name: &str,
        points_from: BTreeMap<String, u32>,
        mix: &Mix,
        tables: Vec<ClassTable>,
        doubly_robust: bool,
    ) -> Variant {
        let ratios = nearest_lawful(self.params, mix, self.ratios);
        let valued = Valued {
            tables: &tables,
            costs: self.costs,
            doubly_robust,
        };
        let codes = mix.classes.iter().map(|class| class.code.clone());
        let ranked = mix.classes.iter().filter(|class| class.is_ranked);
        let rates: Vec<Option<f64>> = ranked.map(|class| class.hit_rate).collect();
        Variant {
            name: name.to_owned(),
            is_current: true,
            points_from,
            moved: Vec::new(),
            moved_share: 0.0,
            is_small: true,
            psi: Some(0.0),
            is_stable: true,
            is_ascending: ascend(&rates),
            is_lawful: lawful(self.params, mix, &ratios),
            outcome: valued.outcome(&ratios),
            clauses: clause_facts(self.params, mix, &ratios),
            ratios: codes.zip(ratios).collect(),
            tables,
        }
    }
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

/// Classes of a counted frame under `bounds`.
pub(super) fn classes(observed: &Observed, bounds: &[u32]) -> Vec<MixClass> {
    let mut n = vec![0; observed.classes.len()];
    let mut strata: Vec<BTreeMap<usize, u64>> = vec![BTreeMap::new(); n.len()];
    for (&key, cell) in &observed.cells {
        let class = observed.class_of(key, bounds);
        n[class] += cell.n;
        *strata[class].entry(key.stratum).or_default() += cell.n;
    }
    let rates = hit_rates(observed, bounds);
    let class = |(i, class): (usize, &super::GivenClass)| MixClass {
        code: class.code.clone(),
        name: class.name.clone(),
        n: n[i],
        is_ranked: class.points_from.is_some(),
        hit_rate: rates[i],
        strata: strata[i].values().copied().collect(),
    };
    observed.classes.iter().enumerate().map(class).collect()
}

fn codes(observed: &Observed) -> impl Iterator<Item = String> {
    observed.classes.iter().map(|class| class.code.clone())
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
