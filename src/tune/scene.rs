//! One class under some bounds: its cells, its past visits, and what a ratio would bring, stratum by stratum.

use std::collections::BTreeMap;

use super::mix::Whole;
use super::number::{real, rounded};
use super::observe::{CellKey, Observed, Visit};
use super::tables::{Line, variance};
use crate::evaluate::off_policy::{Past, Sums};
use crate::plan::targets;

/// One class under some bounds.
pub(super) struct Scene<'a> {
    observed: &'a Observed,
    cells: Vec<CellKey>,
    visits: Vec<&'a Visit>,
    /// Per stratum, objects by size.
    levels: BTreeMap<usize, BTreeMap<u32, u64>>,
    hit_rate: Option<f64>,
}

/// Target inclusion probabilities of a class at one ratio.
struct Chances {
    visits: u64,
    variance: f64,
    of: BTreeMap<(usize, u32), f64>,
    /// Per stratum, probability per unit of size of whoever is not certain; none where all are.
    slope: BTreeMap<usize, Option<f64>>,
    ratio: f64,
}

impl<'a> Scene<'a> {
    pub(super) fn of(
        observed: &'a Observed,
        bounds: &[u32],
        class: usize,
        hit_rate: Option<f64>,
    ) -> Self {
        let inside = |key: CellKey| observed.class_of(key, bounds) == class;
        let cells = observed.cells.keys().copied();
        let cells: Vec<CellKey> = cells.filter(|&key| inside(key)).collect();
        let visits = observed.visits.iter();
        let mut levels: BTreeMap<usize, BTreeMap<u32, u64>> = BTreeMap::new();
        for key in &cells {
            let of_stratum = levels.entry(key.stratum).or_default();
            *of_stratum.entry(size(observed, key.points)).or_default() += observed.cells[key].n;
        }
        Self {
            visits: visits.filter(|visit| inside(visit.cell)).collect(),
            observed,
            cells,
            levels,
            hit_rate,
        }
    }

    /// Objects.
    pub(super) fn n(&self) -> u64 {
        self.strata().map(|(_, n)| n).sum()
    }

    /// Visits of the past.
    pub(super) fn n_seen(&self) -> u64 {
        self.visits.len() as u64
    }

    /// Strata with their objects.
    fn strata(&self) -> impl Iterator<Item = (usize, u64)> {
        let strata = self.levels.iter();
        strata.map(|(&stratum, levels)| (stratum, levels.values().sum()))
    }

    /// What `ratio` would bring.
    pub(super) fn line(&self, ratio: f64, whole: Whole) -> Line {
        let chances = self.chances(ratio, whole);
        let mut past = Sums::default();
        for visit in &self.visits {
            let pi = chances.pi(visit.cell.stratum, size(self.observed, visit.cell.points));
            past.add(&Past {
                pi: visit.pi,
                pi_new: visit.weight * pi, // for every object of today's frame that it stands for
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
            let cell = &self.observed.cells[key];
            let pi = chances.pi(key.stratum, size(self.observed, key.points));
            model += pi * cell.model.value();
            let regions_of = cell.regions.iter();
            regions_of.for_each(|(&place, &n)| regions[place] += pi * real(n));
            let industries_of = cell.industries.iter();
            industries_of.for_each(|(&place, &n)| industries[place] += pi * real(n));
        }
        Line {
            ratio,
            visits: chances.visits,
            model,
            plain: self.hit_rate.unwrap_or(0.0) * real(chances.visits),
            variance: chances.variance,
            past,
            regions: regions.into_iter().map(|n| rounded(n, 2)).collect(),
            industries: industries.into_iter().map(|n| rounded(n, 2)).collect(),
        }
    }

    fn chances(&self, ratio: f64, whole: Whole) -> Chances {
        let mut chances = Chances {
            visits: 0,
            variance: 0.0,
            of: BTreeMap::new(),
            slope: BTreeMap::new(),
            ratio,
        };
        for (stratum, n) in self.strata() {
            let drawn = whole.of_stratum(ratio, n);
            chances.visits += drawn;
            chances.variance += variance(n, drawn, self.hit_rate);
            let levels = self.levels[&stratum].iter();
            let levels: Vec<(u32, u64)> = levels.map(|(&size, &n)| (size, n)).collect();
            let targets = targets(&levels, drawn);
            let uncertain = levels.iter().zip(&targets).find(|(_, one)| !one.take_all);
            let slope = uncertain.map(|((size, _), one)| one.prob / f64::from(*size).max(1.0));
            chances.slope.insert(stratum, slope);
            let of = levels.iter().zip(targets);
            let of = of.map(|(&(size, _), target)| ((stratum, size), target.prob));
            chances.of.extend(of);
        }
        chances
    }
}

impl Chances {
    /// Target of an object of that size in that stratum; as a part of the class where today's frame has no such object.
    fn pi(&self, stratum: usize, size: u32) -> f64 {
        let known = self.of.get(&(stratum, size)).copied();
        known.unwrap_or_else(|| match self.slope.get(&stratum) {
            Some(Some(slope)) => (slope * f64::from(size)).min(1.0),
            Some(None) => 1.0,
            None => self.ratio,
        })
    }
}

fn size(observed: &Observed, points: u32) -> u32 {
    if observed.by_points { points } else { 1 }
}
