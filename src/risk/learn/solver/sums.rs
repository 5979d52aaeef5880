//! Sums over the rows: loss and slopes, curvature, by blocks of fixed size added in order.

use ndarray::{Array2, ArrayView2, ShapeBuilder as _};
use rayon::prelude::*;

use super::{Curvature, Groups, Problem, State, add, probability};

/// Rows whose sums are made together.
const BLOCK: usize = 2048;
/// Rows that are read at a time.
const STRIP: usize = 512;

impl Problem<'_> {
    /// The first rows of every `every`th block.
    fn blocks(&self, every: usize) -> Vec<usize> {
        (0..self.target.len()).step_by(BLOCK * every).collect()
    }

    fn end(&self, from: usize) -> usize {
        (from + BLOCK).min(self.target.len())
    }

    fn column(&self, j: usize, from: usize, to: usize) -> &[f64] {
        let column = self.x.column(j).to_slice();
        &column.expect("columns lie one after the other")[from..to]
    }

    pub(super) fn state(&self, beta: &[f64], every: usize) -> State {
        let blocks = self.blocks(every);
        let parts: Vec<(f64, State)> = blocks
            .into_par_iter()
            .map(|from| self.block(from, self.end(from), beta))
            .collect();
        let (mut total, mut loss, mut gradient) = (0.0, 0.0, vec![0.0; beta.len()]);
        for (weight, part) in parts {
            total += weight;
            loss += part.loss;
            add(&mut gradient, &part.gradient, 1.0);
        }
        for slope in &mut gradient {
            *slope /= total;
        }
        State {
            loss: loss / total,
            gradient,
        }
    }

    /// Weight, loss and slopes of a block, a few rows at a time so that they stay at hand.
    fn block(&self, from: usize, to: usize, beta: &[f64]) -> (f64, State) {
        let (mut total, mut loss, mut gradient) = (0.0, 0.0, vec![0.0; beta.len()]);
        let mut odds = Vec::with_capacity(STRIP);
        for from in (from..to).step_by(STRIP) {
            let to = (from + STRIP).min(to);
            self.odds(from, to, beta, &mut odds);
            let (target, weight) = (&self.target[from..to], &self.weight[from..to]);
            let mut sum = 0.0;
            for ((odds, y), w) in odds.iter_mut().zip(target).zip(weight) {
                let e = (-odds.abs()).exp();
                let p = if *odds >= 0.0 {
                    1.0 / (1.0 + e)
                } else {
                    e / (1.0 + e)
                };
                total += w;
                loss += w * (odds.max(0.0) - y * *odds + e.ln_1p());
                *odds = w * (p - y);
                sum += *odds;
            }
            gradient[0] += sum;
            let (dense, groups) = gradient[1..].split_at_mut(self.x.ncols());
            for (j, slope) in dense.iter_mut().enumerate() {
                *slope += dot(self.column(j, from, to), &odds);
            }
            if let Some(own) = self.groups {
                own.slopes(groups, &odds, from);
            }
        }
        (total, State { loss, gradient })
    }

    /// Log odds of some rows.
    pub(super) fn odds(&self, from: usize, to: usize, beta: &[f64], odds: &mut Vec<f64>) {
        odds.clear();
        odds.resize(to - from, beta[0]);
        let (dense, groups) = beta[1..].split_at(self.x.ncols());
        for (j, beta) in dense.iter().enumerate() {
            add(odds, self.column(j, from, to), *beta);
        }
        if let Some(own) = self.groups {
            own.add_to(odds, groups, from);
        }
        if let Some(offset) = self.offset {
            add(odds, &offset[from..to], 1.0);
        }
    }

    /// Second derivatives of the loss over every `every`th block, per unit of weight.
    pub(super) fn curvature(&self, beta: &[f64], every: usize) -> Curvature {
        let blocks = self.blocks(every).into_iter();
        let rows = blocks.map(|from| self.weight[from..self.end(from)].iter().sum::<f64>());
        let total: f64 = rows.sum();
        let root = |row: usize, odds: f64| {
            let p = probability(odds);
            (self.weight[row] * p * (1.0 - p)).sqrt()
        };
        let dense = self.products(beta, every, root) / total;
        let Some(groups) = self.groups else {
            return Curvature::of(dense);
        };
        let (cross, own) = self.by_group(groups, beta, every, total);
        Curvature::with(dense, cross, own)
    }

    /// Second derivatives between intercept, columns and groups, and of the groups, per unit of `total` weight.
    fn by_group(
        &self,
        groups: &Groups,
        beta: &[f64],
        every: usize,
        total: f64,
    ) -> (Vec<Vec<f64>>, Vec<f64>) {
        let one = |from: usize| {
            let mut bends = Vec::with_capacity(BLOCK);
            self.odds(from, self.end(from), beta, &mut bends);
            for (i, odds) in bends.iter_mut().enumerate() {
                let p = probability(*odds);
                let scale = groups.scale.get(groups.of[from + i]).unwrap_or(&0.0);
                *odds = self.weight[from + i] * p * (1.0 - p) * scale / total;
            }
            (from, bends)
        };
        let blocks: Vec<(usize, Vec<f64>)> = self.blocks(every).into_par_iter().map(one).collect();
        let sums = |column: Option<usize>| {
            let mut sums = vec![0.0; groups.scale.len() + 1];
            for (from, bends) in &blocks {
                let of = &groups.of[*from..];
                match column {
                    None => bends
                        .iter()
                        .zip(of)
                        .for_each(|(bend, of)| sums[*of] += bend),
                    Some(j) => {
                        let values = self.column(j, *from, self.end(*from));
                        for ((bend, value), of) in bends.iter().zip(values).zip(of) {
                            sums[*of] += bend * value;
                        }
                    }
                }
            }
            sums.truncate(groups.scale.len());
            sums
        };
        let columns: Vec<Option<usize>> = std::iter::once(None)
            .chain((0..self.x.ncols()).map(Some))
            .collect();
        let cross: Vec<Vec<f64>> = columns.into_par_iter().map(sums).collect();
        let own = cross[0].iter().zip(&groups.scale);
        let own = own.map(|(sum, scale)| sum * scale).collect();
        (cross, own)
    }

    /// Σ s²xx′ over every `every`th block, where `scale` says s of a row and its log odds.
    pub(super) fn products(
        &self,
        beta: &[f64],
        every: usize,
        scale: impl Fn(usize, f64) -> f64 + Sync,
    ) -> Array2<f64> {
        let p = self.x.ncols() + 1;
        let parts: Vec<Array2<f64>> = self
            .blocks(every)
            .into_par_iter()
            .map_init(
                || (Vec::new(), vec![0.0; BLOCK * p]),
                |(odds, flat), from| {
                    let to = self.end(from);
                    self.odds(from, to, beta, odds);
                    let places = odds.iter_mut().enumerate();
                    places.for_each(|(i, odds)| *odds = scale(from + i, *odds));
                    let rows = self.scaled(from, odds, flat);
                    rows.t().dot(&rows)
                },
            )
            .collect();
        parts
            .into_iter()
            .fold(Array2::zeros((p, p)), |sum, part| sum + part)
    }

    /// Rows from `from` on with a leading one, each times its scale.
    fn scaled<'b>(&self, from: usize, scale: &[f64], flat: &'b mut [f64]) -> ArrayView2<'b, f64> {
        let rows = scale.len();
        let p = self.x.ncols() + 1;
        flat[..rows].copy_from_slice(scale);
        for (j, into) in flat[rows..rows * p].chunks_mut(rows).enumerate() {
            let column = self.column(j, from, from + rows);
            for ((into, value), scale) in into.iter_mut().zip(column).zip(scale) {
                *into = value * scale;
            }
        }
        ArrayView2::from_shape((rows, p).f(), &flat[..rows * p]).expect("every column has all rows")
    }
}

/// Σ ab in eight running sums, whose order is fixed.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; 8];
    let (eights, others) = (a.chunks_exact(8), b.chunks_exact(8));
    let rest = eights.remainder().iter().zip(others.remainder());
    let rest: f64 = rest.map(|(a, b)| a * b).sum();
    for (a, b) in eights.zip(others) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
    sums.iter().sum::<f64>() + rest
}
