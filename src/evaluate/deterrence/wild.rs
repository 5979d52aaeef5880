//! Wild cluster bootstrap of a t-statistic, the effect tested held at 0 (Cameron, Gelbach and Miller 2008).
//!
//! Residuals of each cell keep or change their sign together. Sums by cell are enough to refit, so a replicate costs cells times
//! parameters, not rows.

use rayon::prelude::*;

use super::matrix::{Matrix, add_outer, sandwich, times, zeros};
use super::redraw::{stream, uniform};
use crate::evaluate::number::real_len;
use crate::units::HashName;

/// Sign patterns are enumerated up to so many cells.
const ENUMERATED: usize = 10;
/// Replicates above that.
const REPLICATES: u32 = 1999;

/// What a cell contributes.
#[derive(Debug)]
pub(super) struct Cluster {
    /// `Σ X'Wu` of the restricted residuals.
    pub(super) score: Vec<f64>,
    /// `Σ W u` by wave and window.
    pub(super) sums: Vec<Vec<f64>>,
    /// `Σ W a` by wave, a the treatment less its mean.
    pub(super) lever: Vec<f64>,
    /// `Σ W a²` by wave.
    pub(super) squares: Vec<f64>,
}

/// A fitted panel, by cell.
#[derive(Debug)]
pub(super) struct Wild {
    pub(super) bread: Matrix,
    pub(super) correction: f64,
    /// Weight by wave.
    pub(super) weight: Vec<f64>,
    /// Windows by wave.
    pub(super) windows: Vec<usize>,
    /// Columns by wave and window.
    pub(super) column: Vec<Vec<Option<usize>>>,
    pub(super) clusters: Vec<Cluster>,
}

impl Wild {
    /// p-value of `t` and the 95 % quantile of |t| under the null, for column `k`.
    pub(super) fn test(&self, k: usize, t: f64, seed: &[u8; 32]) -> (f64, f64) {
        let seed = HashName::Sha256
            .tagged("choucha/bootstrap/event/v1", seed)
            .0;
        let all = self.clusters.len() <= ENUMERATED;
        let n = if all {
            1 << self.clusters.len()
        } else {
            REPLICATES
        };
        let one = |replicate: u32| self.statistic(k, &self.signs(replicate, all, seed)).abs();
        let mut found: Vec<f64> = (0..n).into_par_iter().map(one).collect();
        found.sort_by(f64::total_cmp);
        let reached = found.len() - found.partition_point(|other| *other < t.abs() - 1e-9);
        let extra = usize::from(!all);
        let p = real_len(reached + extra) / real_len(found.len() + extra);
        let place = (found.len() + extra) * 95 / 100;
        (p, found[place.min(found.len() - 1)])
    }

    /// Signs of all cells: the bits of the replicate's number, or its own stream.
    fn signs(&self, replicate: u32, enumerated: bool, seed: [u8; 32]) -> Vec<f64> {
        let sign = |positive: bool| if positive { 1.0 } else { -1.0 };
        if enumerated {
            let bits = 0..self.clusters.len();
            return bits.map(|bit| sign(replicate >> bit & 1 == 0)).collect();
        }
        let mut rng = stream(seed, u64::from(replicate));
        self.clusters
            .iter()
            .map(|_| sign(uniform(&mut rng) < 0.5))
            .collect()
    }

    pub(super) fn statistic(&self, k: usize, signs: &[f64]) -> f64 {
        let n = self.bread.len();
        let mut right = vec![0.0; n];
        for (cluster, sign) in self.clusters.iter().zip(signs) {
            right
                .iter_mut()
                .zip(&cluster.score)
                .for_each(|(right, score)| *right += sign * score);
        }
        let moved = times(&self.bread, &right);
        let means = self.means(signs);
        let mut meat = zeros(n);
        for (cluster, sign) in self.clusters.iter().zip(signs) {
            add_outer(&mut meat, &self.score(cluster, *sign, &moved, &means), 1.0);
        }
        let se = sandwich(&self.bread, &meat, self.correction)[k];
        if se > 0.0 { moved[k] / se } else { 0.0 }
    }

    /// Wave × window means of the signed residuals.
    fn means(&self, signs: &[f64]) -> Vec<Vec<f64>> {
        let mut means: Vec<Vec<f64>> = self.windows.iter().map(|&n| vec![0.0; n]).collect();
        for (cluster, sign) in self.clusters.iter().zip(signs) {
            for ((means, sums), weight) in means.iter_mut().zip(&cluster.sums).zip(&self.weight) {
                means
                    .iter_mut()
                    .zip(sums)
                    .for_each(|(mean, sum)| *mean += sign * sum / weight);
            }
        }
        means
    }

    /// `Σ X'Wu*` of a cell after the refit.
    fn score(&self, cluster: &Cluster, sign: f64, moved: &[f64], means: &[Vec<f64>]) -> Vec<f64> {
        let mut score: Vec<f64> = cluster.score.iter().map(|score| sign * score).collect();
        for (wave, columns) in self.column.iter().enumerate() {
            let of = |column: &Option<usize>| column.map_or(0.0, |k| moved[k]);
            let mean = columns.iter().map(of).sum::<f64>() / real_len(columns.len().max(1));
            for (column, window) in columns.iter().zip(&means[wave]) {
                if let Some(k) = column {
                    let refit = cluster.squares[wave] * (moved[*k] - mean);
                    score[*k] -= cluster.lever[wave] * window + refit;
                }
            }
        }
        score
    }
}
