//! Drawn less not drawn: Hájek means by group of strata, weighted by the frame; Horvitz and Thompson's form beside it.
//!
//! A re-draw takes few: sums stand ready as if nobody were drawn, and the drawn are moved from one arm to the other. With every
//! contrast goes its variance as the arms show it, so that an effect which changes the spread of the drawn is tested by its own error
//! (Wu and Ding 2021, *Journal of the American Statistical Association* 116).

use super::rows::Rows;
use crate::evaluate::number::{count, real};

/// Rows of the whole group's variance that stand beside an arm's own: a small arm without a finding shows none.
const POOLED_ROWS: f64 = 10.0;
/// Variances of outcome and own draw, and their covariance.
pub(super) const VARIANCES: usize = 3;
/// Number and weight of an arm, before its weighted responses.
const HEAD: usize = 2;
/// Sums of squared weights: alone, with the outcome, with the own draw, and with their three products.
const SQUARES: usize = 6;
/// Place of an object that has no row.
const NO_ROW: u32 = u32::MAX;

/// The contrast of the draw as it was, with the influence of every row.
#[derive(Debug)]
pub(super) struct Contrast {
    pub(super) value: f64,
    pub(super) mean_drawn: f64,
    pub(super) mean_not_drawn: f64,
    /// Linearised influence by row; sums to zero.
    pub(super) influence: Vec<f64>,
}

/// Sums of both arms of every group.
#[derive(Clone, Debug)]
struct Sums {
    n_responses: usize,
    cells: Vec<f64>,
}

impl Sums {
    fn new(n_groups: usize, n_responses: usize) -> Self {
        let cells = vec![0.0; 2 * n_groups * (HEAD + n_responses + SQUARES)];
        Self { n_responses, cells }
    }

    fn start(&self, group: usize, arm: usize) -> usize {
        (2 * group + arm) * self.width()
    }

    fn width(&self) -> usize {
        HEAD + self.n_responses + SQUARES
    }

    fn arm(&self, group: usize, arm: usize) -> &[f64] {
        let start = self.start(group, arm);
        &self.cells[start..start + self.width()]
    }

    /// Adds a row to an arm, or takes it away again (`sign` -1).
    fn add(
        &mut self,
        (group, arm): (usize, usize),
        (sign, weight): (f64, f64),
        row: usize,
        responses: &[&[f64]],
    ) {
        let (start, end) = (
            self.start(group, arm),
            self.start(group, arm) + self.width(),
        );
        let cells = &mut self.cells[start..end];
        let once = sign * weight;
        cells[0] += sign;
        cells[1] += once;
        for (cell, response) in cells[HEAD..].iter_mut().zip(responses) {
            *cell += once * response[row];
        }
        let twice = once * weight;
        let y = responses[0][row];
        let d = responses.get(1).map_or(0.0, |d| d[row]);
        let squares = [
            twice,
            twice * y,
            twice * d,
            twice * y * y,
            twice * y * d,
            twice * d * d,
        ];
        for (cell, square) in cells[HEAD + self.n_responses..].iter_mut().zip(squares) {
            *cell += square;
        }
    }

    /// Groups whose arms both hold somebody.
    fn compared(&self) -> Vec<usize> {
        let n_groups = self.cells.len() / (2 * self.width());
        let holds = |group: usize, arm: usize| self.arm(group, arm)[0] > 0.5;
        let both = |group: &usize| holds(*group, 0) && holds(*group, 1);
        (0..n_groups).filter(both).collect()
    }

    fn mean(&self, group: usize, arm: usize, response: usize) -> f64 {
        self.arm(group, arm)[HEAD + response] / self.arm(group, arm)[1]
    }

    fn gap(&self, group: usize, response: usize) -> f64 {
        self.mean(group, 0, response) - self.mean(group, 1, response)
    }

    /// Variances of the mean of an arm: of the outcome, of outcome with own draw, of the own draw; `pooled` are those of the whole
    /// group.
    fn variances(&self, group: usize, arm: usize, pooled: &[f64; VARIANCES]) -> [f64; VARIANCES] {
        let cells = self.arm(group, arm);
        let own = cells[0] / (cells[0] + POOLED_ROWS);
        let total = cells[1] * cells[1];
        let [all, with_y, with_d, yy, yd, dd] =
            [0, 1, 2, 3, 4, 5].map(|at| cells[HEAD + self.n_responses + at]);
        let mean_y = self.mean(group, arm, 0);
        let mean_d = if self.n_responses > 1 {
            self.mean(group, arm, 1)
        } else {
            0.0
        };
        let shown = [
            yy - 2.0 * mean_y * with_y + mean_y * mean_y * all,
            yd - mean_y * with_d - mean_d * with_y + mean_y * mean_d * all,
            dd - 2.0 * mean_d * with_d + mean_d * mean_d * all,
        ];
        [0, 1, 2].map(|k| (own * shown[k] + (1.0 - own) * pooled[k] * all) / total)
    }
}

/// Contrasts under re-draws of all waves.
#[derive(Debug)]
pub(super) struct Contrasts {
    /// Row by wave and place in the wave.
    row_of: Vec<Vec<u32>>,
    /// Sums if nobody were drawn.
    idle: Sums,
    /// Variances of outcome and own draw, and covariance, by group.
    pooled: Vec<[f64; VARIANCES]>,
}

impl Contrasts {
    /// `responses` are the outcome, the own draw as it was, and further treatments; `sizes` the objects of every wave.
    pub(super) fn of(rows: &Rows, sizes: &[usize], responses: &[&[f64]]) -> Self {
        let mut row_of: Vec<Vec<u32>> = sizes.iter().map(|&n| vec![NO_ROW; n]).collect();
        for (w, of_wave) in row_of.iter_mut().enumerate() {
            for row in rows.wave_start[w]..rows.wave_start[w + 1] {
                of_wave[rows.unit[row] as usize] =
                    u32::try_from(row).expect("rows stay below 2^32");
            }
        }
        let mut idle = Sums::new(rows.weight.len(), responses.len());
        for row in 0..rows.len() {
            idle.add(
                (rows.group[row] as usize, 1),
                (1.0, rows.w0[row]),
                row,
                responses,
            );
        }
        Self {
            row_of,
            idle,
            pooled: pooled(rows, responses),
        }
    }

    /// Pushes the contrast of every response, then [`VARIANCES`], then the contrast of the outcome within each wave; NaN where no
    /// group holds both arms. Groups without one of the arms are left out. `drawn` are places by wave.
    pub(super) fn redrawn(
        &self,
        rows: &Rows,
        responses: &[&[f64]],
        drawn: &[Vec<u32>],
        out: &mut Vec<f64>,
    ) {
        let mut sums = self.idle.clone();
        for (places, row_of) in drawn.iter().zip(&self.row_of) {
            for &place in places {
                let row = row_of[place as usize];
                if row == NO_ROW {
                    continue;
                }
                let row = row as usize;
                let group = rows.group[row] as usize;
                sums.add((group, 0), (1.0, rows.w1[row]), row, responses);
                sums.add((group, 1), (-1.0, rows.w0[row]), row, responses);
            }
        }
        let used = sums.compared();
        let weight: f64 = used.iter().map(|&group| rows.weight[group]).sum();
        for response in 0..responses.len() {
            let total = used.iter().map(|&g| rows.weight[g] * sums.gap(g, response));
            out.push(total.sum::<f64>() / weight);
        }
        out.extend(self.variances(rows, &sums, &used, weight));
        out.extend(by_wave(rows, &sums, &used, drawn.len()));
    }

    fn variances(&self, rows: &Rows, sums: &Sums, used: &[usize], weight: f64) -> [f64; VARIANCES] {
        let mut total = [0.0; VARIANCES];
        for &group in used {
            let share = rows.weight[group] / weight;
            for arm in [0, 1] {
                let found = sums.variances(group, arm, &self.pooled[group]);
                for (total, found) in total.iter_mut().zip(found) {
                    *total += share * share * found;
                }
            }
        }
        total
    }
}

/// Contrasts of the outcome within each wave, of the groups that lie in one.
fn by_wave(rows: &Rows, sums: &Sums, used: &[usize], n_waves: usize) -> Vec<f64> {
    let (mut values, mut weights) = (vec![0.0; n_waves], vec![0.0; n_waves]);
    for &group in used {
        if let Some(wave) = rows.wave_of_group[group] {
            values[wave] += rows.weight[group] * sums.gap(group, 0);
            weights[wave] += rows.weight[group];
        }
    }
    let pairs = values.iter().zip(&weights);
    pairs.map(|(value, weight)| value / weight).collect()
}

/// Variances of outcome and own draw, and their covariance, over all rows of every group.
fn pooled(rows: &Rows, responses: &[&[f64]]) -> Vec<[f64; VARIANCES]> {
    let mut sums = vec![[0.0; 6]; rows.weight.len()];
    for row in 0..rows.len() {
        let y = responses[0][row];
        let d = responses.get(1).map_or(0.0, |d| d[row]);
        let sums = &mut sums[rows.group[row] as usize];
        for (sum, value) in sums.iter_mut().zip([1.0, y, d, y * y, y * d, d * d]) {
            *sum += value;
        }
    }
    let of = |[n, y, d, yy, yd, dd]: [f64; 6]| {
        let n = n.max(1.0);
        let less = |product: f64, one: f64, other: f64| product / n - one / n * (other / n);
        [less(yy, y, y), less(yd, y, d), less(dd, d, d)]
    };
    sums.into_iter().map(of).collect()
}

/// The contrast of `response` as the waves were drawn; `None` where no group holds both arms.
pub(super) fn contrast(rows: &Rows, response: &[f64]) -> Option<Contrast> {
    let mut sums = Sums::new(rows.weight.len(), 1);
    let arm = |row: usize| usize::from(!rows.drawn[row]);
    for row in 0..rows.len() {
        let place = (rows.group[row] as usize, arm(row));
        sums.add(place, (1.0, rows.arm_weight(row)), row, &[response]);
    }
    let compared = sums.compared();
    let total: f64 = compared.iter().map(|&group| rows.weight[group]).sum();
    if total <= 0.0 {
        return None;
    }
    let mut used = vec![false; rows.weight.len()];
    for &group in &compared {
        used[group] = true;
    }
    let mean = |arm: usize| -> f64 {
        let of = compared.iter();
        of.map(|&group| rows.weight[group] / total * sums.mean(group, arm, 0))
            .sum()
    };
    let influence = |row: usize| {
        let group = rows.group[row] as usize;
        if !used[group] {
            return 0.0;
        }
        let sign = if rows.drawn[row] { 1.0 } else { -1.0 };
        let residual = response[row] - sums.mean(group, arm(row), 0);
        let share = rows.arm_weight(row) / sums.arm(group, arm(row))[1];
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
