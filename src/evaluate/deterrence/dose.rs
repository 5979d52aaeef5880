//! The outcome on the share of peers drawn, less the share the design expects (Borusyak and Hull 2023, recentring).
//!
//! Least squares on exposure less expectation and on the object's own draw less π, with wave × class effects and the expectation
//! itself held equal. The own draw must stand beside it: where a design fixes the number drawn per cell, peers are drawn less
//! often exactly when the object is drawn, and exposure without it would be the object's own draw in disguise. Revisits stand for all
//! that could have been revisited: each has weight 1/π².

mod moved;

use std::collections::BTreeMap;

use super::exposure::{Peering, as_numbers, share};
use super::matrix::{Matrix, add_outer, dot, inverse, sandwich, times, zeros};
use super::result::{DoseBin, Outcome, Peers};
use super::rows::value;
use super::wave::Wave;
use crate::evaluate::number::{count, real_len};

pub(super) use moved::Moved;

/// Least spread that a design leaves to exposure beside the own draw, as a share of mean exposure: a slope over less is read far
/// outside of what was seen.
const SPREAD_MIN: f64 = 0.01;
/// Fifths of exposure shown.
const BINS: usize = 5;

/// Rows of a regression on exposure; re-draws change exposure and draw alone.
#[derive(Debug)]
pub(super) struct Dose {
    pub(super) peers: Peers,
    pub(super) outcome: Outcome,
    /// Peers of every object, by wave.
    peering: Vec<Peering>,
    /// Number of peers of every object, by wave.
    n_peers: Vec<Vec<f64>>,
    /// Place in the wave, by row.
    unit: Vec<u32>,
    wave_start: Vec<usize>,
    /// Wave × class.
    group: Vec<u32>,
    group_weight: Vec<f64>,
    cell: Vec<u32>,
    /// Outcomes.
    y: Vec<f64>,
    /// 1 over the probability that the outcome was seen.
    weight: Vec<f64>,
    pi: Vec<f64>,
    /// Expected exposure, and the same less its group mean.
    expected: Vec<f64>,
    within: Vec<f64>,
    within_squares: f64,
}

/// The regression on the draw as it was.
#[derive(Debug)]
pub(super) struct Fitted {
    pub(super) beta: f64,
    pub(super) se: Option<f64>,
    pub(super) n_clusters: u64,
    /// Exposure (share of peers drawn), by row.
    pub(super) exposure: Vec<f64>,
    /// Exposure less expectation, by row.
    pub(super) recentred: Vec<f64>,
}

impl Dose {
    /// `None` where no row has a peer and an outcome.
    pub(super) fn of(waves: &[Wave], peers: Peers, outcome: Outcome) -> Option<Self> {
        let peering: Vec<Peering> = waves.iter().map(|wave| Peering::of(wave, peers)).collect();
        let ones = |(wave, peering): (&Wave, &Peering)| peering.sums(&vec![1.0; wave.units.len()]);
        let mut dose = Self {
            peers,
            outcome,
            n_peers: waves.iter().zip(&peering).map(ones).collect(),
            peering,
            unit: Vec::new(),
            wave_start: vec![0],
            group: Vec::new(),
            group_weight: Vec::new(),
            cell: Vec::new(),
            y: Vec::new(),
            weight: Vec::new(),
            pi: Vec::new(),
            expected: Vec::new(),
            within: Vec::new(),
            within_squares: 0.0,
        };
        dose.fill(waves);
        (!dose.y.is_empty()).then_some(dose)
    }

    fn fill(&mut self, waves: &[Wave]) {
        let mut groups = BTreeMap::new();
        for (w, wave) in waves.iter().enumerate() {
            let pi: Vec<f64> = wave.units.iter().map(|unit| unit.pi).collect();
            let expected = self.peering[w].sums(&pi);
            for (place, unit) in wave.units.iter().enumerate() {
                let seen = value(unit, self.outcome);
                let Some((y, pi2)) = seen.filter(|_| self.n_peers[w][place] > 0.5) else {
                    continue;
                };
                let next = groups.len();
                let group = *groups.entry((w, unit.class)).or_insert(next);
                self.group_weight.resize(groups.len(), 0.0);
                self.group_weight[group] += 1.0 / pi2;
                self.unit
                    .push(u32::try_from(place).expect("frames stay below 2^32 objects"));
                self.group
                    .push(u32::try_from(group).expect("groups are few"));
                self.cell.push(unit.cell);
                self.y.push(y);
                self.weight.push(1.0 / pi2);
                self.pi.push(unit.pi);
                self.expected
                    .push(share(expected[place], self.n_peers[w][place]));
            }
            self.wave_start.push(self.y.len());
        }
        self.within = self.demeaned(&self.expected);
        self.within_squares = self.product(&self.within, &self.within);
        if self.within_squares <= 1e-12 * self.product(&self.expected, &self.expected) {
            self.within_squares = 0.0;
        }
    }

    pub(super) fn len(&self) -> usize {
        self.y.len()
    }

    pub(super) fn outcomes(&self) -> &[f64] {
        &self.y
    }

    /// Weighted scalar product of two columns.
    fn product(&self, a: &[f64], b: &[f64]) -> f64 {
        let rows = self.weight.iter().zip(a).zip(b);
        rows.map(|((weight, a), b)| weight * a * b).sum()
    }

    fn demeaned(&self, x: &[f64]) -> Vec<f64> {
        let mut sums = vec![0.0; self.group_weight.len()];
        for ((&group, weight), x) in self.group.iter().zip(&self.weight).zip(x) {
            sums[group as usize] += weight * x;
        }
        let less = |(&group, x): (&u32, &f64)| {
            let group = group as usize;
            x - sums[group] / self.group_weight[group]
        };
        self.group.iter().zip(x).map(less).collect()
    }

    /// What groups and expectation leave of `x`.
    pub(super) fn residual(&self, x: &[f64]) -> Vec<f64> {
        let mut left = self.demeaned(x);
        if self.within_squares > 0.0 {
            let slope = self.product(&left, &self.within) / self.within_squares;
            for (left, e) in left.iter_mut().zip(&self.within) {
                *left -= slope * e;
            }
        }
        left
    }

    /// Share of peers drawn and own draw less π, by row.
    fn exposures(&self, waves: &[Wave]) -> (Vec<f64>, Vec<f64>) {
        let (mut exposure, mut own) = (
            Vec::with_capacity(self.len()),
            Vec::with_capacity(self.len()),
        );
        for (w, wave) in waves.iter().enumerate() {
            let drawn: Vec<bool> = wave.units.iter().map(|unit| unit.drawn).collect();
            let drawn = as_numbers(&drawn);
            let sums = self.peering[w].sums(&drawn);
            for row in self.wave_start[w]..self.wave_start[w + 1] {
                let place = self.unit[row] as usize;
                exposure.push(share(sums[place], self.n_peers[w][place]));
                own.push(drawn[place] - self.pi[row]);
            }
        }
        (exposure, own)
    }

    /// The regression on the draw as it was; `None` where exposure has no freedom of its own.
    pub(super) fn fit(&self, waves: &[Wave]) -> Option<Fitted> {
        let (exposure, own) = self.exposures(waves);
        let less = exposure.iter().zip(&self.expected);
        let recentred: Vec<f64> = less.map(|(z, e)| z - e).collect();
        let (z, d, y) = (
            self.residual(&recentred),
            self.residual(&own),
            self.residual(&self.y),
        );
        let (zz, dd) = (self.product(&z, &z), self.product(&d, &d));
        let has_own = dd > 1e-9 * self.product(&own, &own);
        let shared = if has_own {
            self.product(&z, &d).powi(2) / dd
        } else {
            0.0
        };
        let left = zz - shared;
        if !moved::is_free(left, self.product(&recentred, &recentred)) || !self.spreads(left) {
            return None;
        }
        let columns: Vec<&[f64]> = if has_own { vec![&z, &d] } else { vec![&z] };
        let (beta, se, n_clusters) = self.least_squares(&columns, &y)?;
        Some(Fitted {
            beta,
            se,
            n_clusters,
            exposure,
            recentred,
        })
    }

    /// Whether squares of exposure are more than a trace of its mean.
    fn spreads(&self, squares: f64) -> bool {
        let weight: f64 = self.weight.iter().sum();
        let mean = dot(&self.weight, &self.expected) / weight;
        (squares.max(0.0) / weight).sqrt() >= SPREAD_MIN * mean
    }

    /// Whether all rows lie in one cell.
    pub(super) fn is_one_cell(&self) -> bool {
        self.cell.windows(2).all(|pair| pair[0] == pair[1])
    }

    /// First coefficient, its CR1 standard error by cell, and the number of cells.
    fn least_squares(&self, columns: &[&[f64]], y: &[f64]) -> Option<(f64, Option<f64>, u64)> {
        let k = columns.len();
        let x = |row: usize| -> Vec<f64> { columns.iter().map(|column| column[row]).collect() };
        let mut cross = zeros(k);
        let mut right = vec![0.0; k];
        for (row, y) in y.iter().enumerate() {
            let x = x(row);
            add_outer(&mut cross, &x, self.weight[row]);
            right
                .iter_mut()
                .zip(&x)
                .for_each(|(right, x)| *right += self.weight[row] * x * y);
        }
        let bread = inverse(&cross)?;
        let beta = times(&bread, &right);
        let mut scores: BTreeMap<u32, Vec<f64>> = BTreeMap::new();
        for (row, y) in y.iter().enumerate() {
            let x = x(row);
            let residual = self.weight[row] * (y - dot(&x, &beta));
            let score = scores.entry(self.cell[row]).or_insert_with(|| vec![0.0; k]);
            for (score, x) in score.iter_mut().zip(&x) {
                *score += x * residual;
            }
        }
        let mut meat: Matrix = zeros(k);
        for score in scores.values() {
            add_outer(&mut meat, score, 1.0);
        }
        let (clusters, rows) = (real_len(scores.len()), real_len(self.len()));
        let parameters =
            real_len(k + self.group_weight.len()) + f64::from(u8::from(self.within_squares > 0.0));
        let correction = clusters / (clusters - 1.0) * (rows - 1.0) / (rows - parameters);
        let se = (scores.len() >= 2 && rows > parameters)
            .then(|| sandwich(&bread, &meat, correction)[0]);
        Some((beta[0], se, count(scores.len())))
    }

    /// Mean outcome in fifths of exposure less expectation.
    pub(super) fn bins(&self, recentred: &[f64]) -> Vec<DoseBin> {
        let mut order: Vec<usize> = (0..self.len()).collect();
        order.sort_by(|&a, &b| recentred[a].total_cmp(&recentred[b]).then(a.cmp(&b)));
        let bin = |b: usize| {
            let rows = &order[b * order.len() / BINS..(b + 1) * order.len() / BINS];
            let weight: f64 = rows.iter().map(|&row| self.weight[row]).sum();
            let mean = |of: &[f64]| {
                let all = rows.iter().map(|&row| self.weight[row] * of[row]);
                all.sum::<f64>() / weight
            };
            (!rows.is_empty()).then(|| DoseBin {
                exposure: mean(recentred),
                outcome: mean(&self.y),
                n: count(rows.len()),
            })
        };
        (0..BINS).filter_map(bin).collect()
    }

    /// `values` of rows by wave and place, for another analysis of the same waves; 0 where there is no row.
    pub(super) fn by_unit(&self, waves: &[Wave], values: &[f64]) -> Vec<Vec<f64>> {
        let mut all: Vec<Vec<f64>> = waves
            .iter()
            .map(|wave| vec![0.0; wave.units.len()])
            .collect();
        for (w, of_wave) in all.iter_mut().enumerate() {
            let rows = self.wave_start[w]..self.wave_start[w + 1];
            for (&place, value) in self.unit[rows.clone()].iter().zip(&values[rows]) {
                of_wave[place as usize] = *value;
            }
        }
        all
    }

    /// Own draws by row.
    pub(super) fn drawn(&self, waves: &[Wave]) -> Vec<f64> {
        let mut drawn = Vec::with_capacity(self.len());
        for (w, wave) in waves.iter().enumerate() {
            for row in self.wave_start[w]..self.wave_start[w + 1] {
                drawn.push(f64::from(u8::from(
                    wave.units[self.unit[row] as usize].drawn,
                )));
            }
        }
        drawn
    }
}
