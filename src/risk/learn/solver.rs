//! Proximal Newton for penalised logistic loss: each step solves its quadratic model by coordinate descent
//! (Friedman, Hastie and Tibshirani 2010; Lee, Sun and Saunders 2014), and the optimality conditions decide when it ends.
//!
//! Minimised is `(1/W) Σ w·loss + Σ_j (l1_j·|β_j| + l2_j/2·β_j²)` with `β_j ≥ least_j`, the intercept free; W = Σ w. Sums
//! go by blocks of fixed size added in order, so threads change nothing.

use ndarray::{Array1, Array2, ArrayView2, Axis, ShapeBuilder as _, Slice};
use rayon::prelude::*;

use super::{Error, probability};

/// Rows whose sums are made together.
const BLOCK: usize = 8192;
/// The optimality conditions are aimed at to this …
const SLOPE_AIM: f64 = 1e-10;
/// … and an optimum is accepted below this.
const SLOPE_MAX: f64 = 1e-7;
const SWEEPS: u32 = 20_000;
const HALVINGS: u32 = 30;

/// Penalty and bound of one coefficient.
#[derive(Clone, Copy, Debug)]
pub(super) struct Penalty {
    pub(super) l1: f64,
    pub(super) l2: f64,
    pub(super) least: f64,
}

impl Penalty {
    pub(super) const FREE: Self = Self {
        l1: 0.0,
        l2: 0.0,
        least: f64::NEG_INFINITY,
    };
}

/// What is minimised. Columns lie one after the other.
pub(super) struct Problem<'a> {
    pub(super) x: ArrayView2<'a, f64>,
    pub(super) offset: Option<&'a [f64]>,
    pub(super) target: &'a [f64],
    pub(super) weight: &'a [f64],
    pub(super) penalties: &'a [Penalty],
}

/// Intercept first, then one coefficient per column.
#[derive(Clone, Debug)]
pub(super) struct Optimum {
    pub(super) beta: Vec<f64>,
    pub(super) slope_max: f64,
}

/// Columns of `rows` values, one after the other, as a matrix.
pub(super) fn matrix(rows: usize, flat: Vec<f64>) -> Array2<f64> {
    let columns = flat.len().checked_div(rows).unwrap_or(0);
    Array2::from_shape_vec((rows, columns).f(), flat).expect("every column has all rows")
}

/// Loss with its first two derivatives, per unit of weight.
struct State {
    loss: f64,
    gradient: Array1<f64>,
    curvature: Array2<f64>,
}

impl Problem<'_> {
    /// The minimum, starting from `beta` (intercept first).
    pub(super) fn minimise(&self, mut beta: Vec<f64>, iterations: u32) -> Result<Optimum, Error> {
        let mut at = self.state(&beta);
        let mut made = 0;
        while made < iterations && self.slope_max(&beta, &at.gradient) > SLOPE_AIM {
            let goal = self.goal(&beta, &at);
            let Some(next) = self.advance(&beta, &at, &goal) else {
                break;
            };
            (beta, at) = next;
            made += 1;
        }
        let slope_max = self.slope_max(&beta, &at.gradient);
        if slope_max > SLOPE_MAX || slope_max.is_nan() {
            return Err(Error::NotConverged {
                iterations: made,
                slope_max,
                allowed: SLOPE_MAX,
            });
        }
        Ok(Optimum { beta, slope_max })
    }

    /// The gradient of the loss at `beta`, per unit of weight, without penalties.
    pub(super) fn gradient(&self, beta: &[f64]) -> Vec<f64> {
        self.state(beta).gradient.to_vec()
    }

    /// Curvature with penalties, and the spread of the scores Σ w²(y − p)²xx′/W²: bread and meat of the sandwich.
    pub(super) fn bread_and_meat(&self, beta: &[f64]) -> (Array2<f64>, Array2<f64>) {
        let mut bread = self.state(beta).curvature;
        for (j, penalty) in self.penalties.iter().enumerate() {
            bread[[j + 1, j + 1]] += penalty.l2;
        }
        let total = self.total();
        let p = self.penalties.len() + 1;
        let add = |sum: Array2<f64>, from: usize| {
            let to = self.end(from);
            let odds = self.odds(from, to, beta);
            let scale = |i: usize| {
                let row = from + i;
                self.weight[row] * (self.target[row] - probability(odds[i])).abs() / total
            };
            let scaled = self.scaled(from, to, scale);
            sum + scaled.t().dot(&scaled)
        };
        let meat = self.blocks().into_iter().fold(Array2::zeros((p, p)), add);
        (bread, meat)
    }

    fn total(&self) -> f64 {
        self.weight.iter().sum()
    }

    fn blocks(&self) -> Vec<usize> {
        (0..self.target.len()).step_by(BLOCK).collect()
    }

    fn end(&self, from: usize) -> usize {
        (from + BLOCK).min(self.target.len())
    }

    fn rows(&self, from: usize, to: usize) -> ArrayView2<'_, f64> {
        self.x.slice_axis(Axis(0), Slice::from(from..to))
    }

    fn state(&self, beta: &[f64]) -> State {
        let p = beta.len();
        let blocks = self.blocks();
        let parts: Vec<State> = blocks
            .into_par_iter()
            .map(|from| self.block(from, self.end(from), beta))
            .collect();
        let mut sum = State {
            loss: 0.0,
            gradient: Array1::zeros(p),
            curvature: Array2::zeros((p, p)),
        };
        for part in parts {
            sum.loss += part.loss;
            sum.gradient += &part.gradient;
            sum.curvature += &part.curvature;
        }
        let total = self.total();
        State {
            loss: sum.loss / total,
            gradient: sum.gradient / total,
            curvature: sum.curvature / total,
        }
    }

    fn block(&self, from: usize, to: usize, beta: &[f64]) -> State {
        let odds = self.odds(from, to, beta);
        let (target, weight) = (&self.target[from..to], &self.weight[from..to]);
        let mut loss = 0.0;
        let mut residual = vec![0.0; to - from];
        let mut root = vec![0.0; to - from];
        let mut i = 0;
        while i < to - from {
            let (odds, y, w) = (odds[i], target[i], weight[i]);
            let p = probability(odds);
            loss += w * (odds.max(0.0) - y * odds + (-odds.abs()).exp().ln_1p());
            residual[i] = w * (p - y);
            root[i] = (w * p * (1.0 - p)).sqrt();
            i += 1;
        }
        let scaled = self.scaled(from, to, |i| root[i]);
        let mut gradient = vec![residual.iter().sum()];
        let residual = matrix(to - from, residual);
        let slopes = residual.t().dot(&self.rows(from, to));
        gradient.extend(slopes.iter());
        State {
            loss,
            gradient: Array1::from(gradient),
            curvature: scaled.t().dot(&scaled),
        }
    }

    fn odds(&self, from: usize, to: usize, beta: &[f64]) -> Vec<f64> {
        let weights = matrix(beta.len() - 1, beta[1..].to_vec());
        let mut odds = vec![beta[0]; to - from];
        if beta.len() > 1 {
            let sums = self.rows(from, to).dot(&weights);
            odds.iter_mut()
                .zip(&sums)
                .for_each(|(odds, sum)| *odds += sum);
        }
        if let Some(offset) = self.offset {
            let offset = &offset[from..to];
            odds.iter_mut()
                .zip(offset)
                .for_each(|(odds, more)| *odds += more);
        }
        odds
    }

    /// Rows with a leading one, each times its scale.
    fn scaled(&self, from: usize, to: usize, scale: impl Fn(usize) -> f64) -> Array2<f64> {
        let rows = to - from;
        let scale: Vec<f64> = (0..rows).map(scale).collect();
        let mut flat = vec![0.0; rows * (self.penalties.len() + 1)];
        flat[..rows].copy_from_slice(&scale);
        let x = self.rows(from, to);
        for (column, into) in x.axis_iter(Axis(1)).zip(flat[rows..].chunks_mut(rows)) {
            let column = column.as_slice().expect("columns lie one after the other");
            let mut i = 0;
            while i < rows {
                into[i] = column[i] * scale[i];
                i += 1;
            }
        }
        matrix(rows, flat)
    }

    fn objective(&self, beta: &[f64], loss: f64) -> f64 {
        let terms = self.penalties.iter().zip(&beta[1..]);
        loss + terms
            .map(|(penalty, beta)| penalty.l1 * beta.abs() + penalty.l2 / 2.0 * beta * beta)
            .sum::<f64>()
    }

    /// The largest violation of the optimality conditions.
    fn slope_max(&self, beta: &[f64], gradient: &Array1<f64>) -> f64 {
        let one = |(j, penalty): (usize, &Penalty)| {
            let (beta, slope) = (beta[j + 1], gradient[j + 1] + penalty.l2 * beta[j + 1]);
            if beta <= penalty.least {
                (-slope - penalty.l1).max(0.0)
            } else if beta > 0.0 {
                (slope + penalty.l1).abs()
            } else if beta < 0.0 {
                (slope - penalty.l1).abs()
            } else {
                (slope.abs() - penalty.l1).max(0.0)
            }
        };
        let slopes = self.penalties.iter().enumerate().map(one);
        slopes.fold(gradient[0].abs(), |most, slope| {
            if slope.is_nan() {
                f64::NAN
            } else {
                most.max(slope)
            }
        })
    }

    /// The minimum of the quadratic model at `beta`, by coordinate descent.
    fn goal(&self, beta: &[f64], at: &State) -> Vec<f64> {
        let mut goal = beta.to_vec();
        let mut slope = at.gradient.to_vec();
        for _ in 0..SWEEPS {
            let mut largest = 0.0_f64;
            for j in 0..goal.len() {
                let penalty = if j == 0 {
                    Penalty::FREE
                } else {
                    self.penalties[j - 1]
                };
                let row = at.curvature.row(j);
                let row = row.as_slice().expect("rows lie one after the other");
                let bend = row[j] + penalty.l2;
                if bend <= 1e-14 {
                    continue;
                }
                let pull = row[j] * goal[j] - slope[j];
                let shrunk = (pull.abs() - penalty.l1).max(0.0).copysign(pull);
                let step = (shrunk / bend).max(penalty.least) - goal[j];
                goal[j] += step;
                add(&mut slope, row, step);
                largest = largest.max(step.abs() * bend.sqrt());
            }
            if largest <= 1e-13 {
                break;
            }
        }
        goal
    }

    /// The first point on the way to `goal`, halving, that is no worse; none if rounding alone is left.
    fn advance(&self, beta: &[f64], at: &State, goal: &[f64]) -> Option<(Vec<f64>, State)> {
        let before = self.objective(beta, at.loss);
        let mut share = 1.0;
        for halving in 0..HALVINGS {
            let toward = |(from, to): (&f64, &f64)| from + share * (to - from);
            let next: Vec<f64> = match halving {
                0 => goal.to_vec(),
                _ => beta.iter().zip(goal).map(toward).collect(),
            };
            let state = self.state(&next);
            let after = self.objective(&next, state.loss);
            if after <= before + 1e-14 * before.abs() {
                return Some((next, state));
            }
            share /= 2.0;
        }
        None
    }
}

fn add(sums: &mut [f64], row: &[f64], step: f64) {
    let mut k = 0;
    while k < sums.len() {
        sums[k] += step * row[k];
        k += 1;
    }
}
