//! Drawn less not drawn: Hájek means by group of strata, weighted by the frame; Horvitz and Thompson's form beside it.

use super::rows::Rows;
use crate::evaluate::number::{count, real};

/// The contrast of the draw as it was, with the influence of every row.
#[derive(Debug)]
pub(super) struct Contrast {
    pub(super) value: f64,
    pub(super) mean_drawn: f64,
    pub(super) mean_not_drawn: f64,
    /// Linearised influence by row; sums to zero.
    pub(super) influence: Vec<f64>,
}

/// Sums of one arm of one group: weights, then weighted responses.
struct Sums {
    n_responses: usize,
    cells: Vec<f64>,
}

impl Sums {
    fn new(n_groups: usize, n_responses: usize) -> Self {
        let cells = vec![0.0; 2 * n_groups * (n_responses + 1)];
        Self { n_responses, cells }
    }

    fn arm(&self, group: usize, arm: usize) -> &[f64] {
        let width = self.n_responses + 1;
        let start = (2 * group + arm) * width;
        &self.cells[start..start + width]
    }

    fn arm_mut(&mut self, group: usize, arm: usize) -> &mut [f64] {
        let width = self.n_responses + 1;
        let start = (2 * group + arm) * width;
        &mut self.cells[start..start + width]
    }

    /// Whether both arms of a group hold anybody.
    fn compares(&self, group: usize) -> bool {
        self.arm(group, 0)[0] > 0.0 && self.arm(group, 1)[0] > 0.0
    }

    fn mean(&self, group: usize, arm: usize, response: usize) -> f64 {
        self.arm(group, arm)[1 + response] / self.arm(group, arm)[0]
    }

    fn gap(&self, group: usize, response: usize) -> f64 {
        self.mean(group, 0, response) - self.mean(group, 1, response)
    }
}

fn sums(rows: &Rows, drawn: impl Fn(usize, usize) -> bool, responses: &[&[f64]]) -> Sums {
    let mut sums = Sums::new(rows.weight.len(), responses.len());
    for wave in 0..rows.wave_start.len() - 1 {
        for row in rows.wave_start[wave]..rows.wave_start[wave + 1] {
            let is_drawn = drawn(wave, row);
            let weight = if is_drawn { rows.w1[row] } else { rows.w0[row] };
            let cells = sums.arm_mut(rows.group[row] as usize, usize::from(!is_drawn));
            cells[0] += weight;
            for (cell, response) in cells[1..].iter_mut().zip(responses) {
                *cell += weight * response[row];
            }
        }
    }
    sums
}

/// Contrasts of several responses under a re-draw of all waves, then the contrasts of the first response within each wave;
/// NaN where no group holds both arms. Groups without one of the arms are left out.
pub(super) fn redrawn_contrasts(
    rows: &Rows,
    drawn: &[Vec<bool>],
    responses: &[&[f64]],
    out: &mut Vec<f64>,
) {
    let sums = sums(
        rows,
        |wave, row| drawn[wave][rows.unit[row] as usize],
        responses,
    );
    let groups = 0..rows.weight.len();
    let used: Vec<usize> = groups.filter(|&group| sums.compares(group)).collect();
    let weight: f64 = used.iter().map(|&group| rows.weight[group]).sum();
    for response in 0..responses.len() {
        let total = used.iter().map(|&g| rows.weight[g] * sums.gap(g, response));
        out.push(total.sum::<f64>() / weight);
    }
    let (mut values, mut weights) = (vec![0.0; drawn.len()], vec![0.0; drawn.len()]);
    for &group in &used {
        if let Some(wave) = rows.wave_of_group[group] {
            values[wave] += rows.weight[group] * sums.gap(group, 0);
            weights[wave] += rows.weight[group];
        }
    }
    out.extend(
        values
            .iter()
            .zip(&weights)
            .map(|(value, weight)| value / weight),
    );
}

/// The contrast of `response` as the waves were drawn; `None` where no group holds both arms.
pub(super) fn contrast(rows: &Rows, response: &[f64]) -> Option<Contrast> {
    let sums = sums(rows, |_, row| rows.drawn[row], &[response]);
    let groups = 0..rows.weight.len();
    let used: Vec<bool> = groups.map(|group| sums.compares(group)).collect();
    let weights = || rows.weight.iter().zip(&used).enumerate();
    let total: f64 = weights()
        .filter(|(_, (_, used))| **used)
        .map(|(_, (w, _))| w)
        .sum();
    if total <= 0.0 {
        return None;
    }
    let mean = |arm: usize| -> f64 {
        let used = weights().filter(|(_, (_, used))| **used);
        used.map(|(group, (w, _))| w / total * sums.mean(group, arm, 0))
            .sum()
    };
    let influence = |row: usize| {
        let group = rows.group[row] as usize;
        if !used[group] {
            return 0.0;
        }
        let arm = usize::from(!rows.drawn[row]);
        let sign = if rows.drawn[row] { 1.0 } else { -1.0 };
        let residual = response[row] - sums.mean(group, arm, 0);
        let share = rows.arm_weight(row) / sums.arm(group, arm)[0];
        sign * rows.weight[group] / total * share * residual
    };
    let (mean_drawn, mean_not_drawn) = (mean(0), mean(1));
    Some(Contrast {
        value: mean_drawn - mean_not_drawn,
        mean_drawn,
        mean_not_drawn,
        influence: (0..rows.len()).map(influence).collect(),
    })
}

/// Horvitz and Thompson's form: `(1/N) Σ R [D y/(π¹π²) - (1-D) y/((1-π¹)π²)]`.
pub(super) fn horvitz_thompson(rows: &Rows) -> Option<f64> {
    let term = |row: usize| {
        let sign = if rows.drawn[row] { 1.0 } else { -1.0 };
        sign * rows.arm_weight(row) * rows.y[row]
    };
    let total: f64 = (0..rows.len()).map(term).sum();
    (rows.n_frame > 0.0).then(|| total / rows.n_frame)
}

/// Standard error from influences summed by cell, `G/(G-1) Σ U²`, and the number of cells; `None` below two cells.
pub(super) fn clustered(cells: &[u32], influence: &[f64]) -> (Option<f64>, u64) {
    let mut by_cell: Vec<(u32, f64)> = cells
        .iter()
        .copied()
        .zip(influence.iter().copied())
        .collect();
    by_cell.sort_by_key(|(cell, _)| *cell);
    let (mut squares, mut n) = (0.0, 0);
    for cell in by_cell.chunk_by(|a, b| a.0 == b.0) {
        let sum: f64 = cell.iter().map(|(_, u)| u).sum();
        squares += sum * sum;
        n += 1;
    }
    let n = count(n);
    let se = (n >= 2).then(|| (real(n) / (real(n) - 1.0) * squares).sqrt());
    (se, n)
}
