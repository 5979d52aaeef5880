//! Proximal Newton for penalised logistic loss: each step solves its quadratic model by coordinate descent
//! (Friedman, Hastie and Tibshirani 2010; Lee, Sun and Saunders 2014), and the optimality conditions decide when it ends.
//!
//! Minimised is `(1/W) Σ w·loss + Σ_j (l1_j·|β_j| + l2_j/2·β_j²)` with `β_j ≥ least_j`, the intercept free; W = Σ w. Sums
//! go by blocks of fixed size added in order, so threads change nothing.

mod groups;
mod sums;

use ndarray::{Array2, ArrayView2, ShapeBuilder as _};

use super::{Error, probability};
use groups::Curvature;

pub(super) use groups::Groups;

/// Of many rows every eighth block is looked at first, and of these every eighth, …
const SPARSER: usize = 8;
/// … while so many rows are left, …
const SPARSE_ROWS: usize = 16_384;
/// … down to this slope in at most so many steps.
const ROUGH_AIM: f64 = 1e-5;
const ROUGH_STEPS: u32 = 12;
/// Steps that leave less than this share of the slope go on with the same curvature.
const KEEP: f64 = 0.2;
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

/// What is minimised. Columns lie one after the other; groups carry no penalty and come after them.
pub(super) struct Problem<'a> {
    pub(super) x: ArrayView2<'a, f64>,
    pub(super) groups: Option<&'a Groups>,
    pub(super) offset: Option<&'a [f64]>,
    pub(super) target: &'a [f64],
    pub(super) weight: &'a [f64],
    pub(super) penalties: &'a [Penalty],
}

/// Intercept first, then one coefficient per column, then one per group.
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

/// Loss with its slopes, per unit of weight.
struct State {
    loss: f64,
    gradient: Vec<f64>,
}

/// Where a descent ended.
struct Reached {
    beta: Vec<f64>,
    at: State,
    bend: Option<Curvature>,
    made: u32,
}

/// Which blocks of rows are looked at, how far down, and in how many steps.
#[derive(Clone, Copy)]
struct Descent {
    every: usize,
    aim: f64,
    iterations: u32,
    /// A curvature is kept for the next step while a step leaves less than this share of the slope.
    keep: f64,
}

impl Problem<'_> {
    /// The minimum, starting from `beta` (intercept first). Many rows are approached over every 64th and every 8th block of
    /// them, whose curvature then serves all rows.
    pub(super) fn minimise(&self, beta: Vec<f64>, iterations: u32) -> Result<Optimum, Error> {
        let mut every = 1;
        while self.target.len() / (every * SPARSER) >= SPARSE_ROWS {
            every *= SPARSER;
        }
        let keep = if every > 1 { KEEP } else { 0.0 };
        let (mut near, mut bend) = (beta.clone(), None);
        while every > 1 {
            let sparse = Descent {
                every,
                aim: ROUGH_AIM,
                iterations: ROUGH_STEPS,
                keep: 0.0,
            };
            let reached = self.descend(near, bend, sparse);
            (near, bend) = (reached.beta, reached.bend);
            every /= SPARSER;
        }
        if bend.is_some() && !self.is_better(&near, &beta) {
            (near, bend) = (beta, None);
        }
        let whole = Descent {
            every,
            aim: SLOPE_AIM,
            iterations,
            keep,
        };
        let reached = self.descend(near, bend, whole);
        let slope_max = self.slope_max(&reached.beta, &reached.at.gradient);
        if slope_max > SLOPE_MAX || slope_max.is_nan() {
            return Err(Error::NotConverged {
                iterations: reached.made,
                slope_max,
                allowed: SLOPE_MAX,
            });
        }
        Ok(Optimum {
            beta: reached.beta,
            slope_max,
        })
    }

    fn is_better(&self, beta: &[f64], than: &[f64]) -> bool {
        let [own, other] = [beta, than].map(|beta| self.objective(beta, self.state(beta, 1).loss));
        own < other
    }

    /// Steps toward the minimum over some blocks, starting with a curvature of somewhere near where there is one.
    fn descend(
        &self,
        mut beta: Vec<f64>,
        mut bend: Option<Curvature>,
        descent: Descent,
    ) -> Reached {
        let mut at = self.state(&beta, descent.every);
        let (mut made, mut before) = (0, f64::INFINITY);
        loop {
            let slope = self.slope_max(&beta, &at.gradient);
            if made >= descent.iterations || slope <= descent.aim || slope.is_nan() {
                break;
            }
            let kept = bend.take().filter(|_| slope <= descent.keep * before);
            let is_new = kept.is_none();
            let own = kept.unwrap_or_else(|| self.curvature(&beta, descent.every));
            let goal = self.goal(&beta, &at.gradient, &own);
            let next = self.advance(&beta, &at, &goal, descent.every);
            bend = Some(own);
            match next {
                Some(next) => (beta, at) = next,
                None if is_new => break,
                None => bend = None,
            }
            before = slope;
            made += 1;
        }
        Reached {
            beta,
            at,
            bend,
            made,
        }
    }

    /// The gradient of the loss at `beta`, per unit of weight, without penalties.
    pub(super) fn gradient(&self, beta: &[f64]) -> Vec<f64> {
        self.state(beta, 1).gradient
    }

    /// Curvature with penalties, and the spread of the scores Σ w²(y − p)²xx′/W²: bread and meat of the sandwich. For
    /// problems without groups.
    pub(super) fn bread_and_meat(&self, beta: &[f64]) -> (Array2<f64>, Array2<f64>) {
        let mut bread = self.curvature(beta, 1).dense;
        for (j, penalty) in self.penalties.iter().enumerate() {
            bread[[j + 1, j + 1]] += penalty.l2;
        }
        let total: f64 = self.weight.iter().sum();
        let root = |row: usize, odds: f64| {
            self.weight[row] * (self.target[row] - probability(odds)).abs() / total
        };
        (bread, self.products(beta, 1, root))
    }

    fn objective(&self, beta: &[f64], loss: f64) -> f64 {
        let terms = self.penalties.iter().zip(&beta[1..]);
        loss + terms
            .map(|(penalty, beta)| penalty.l1 * beta.abs() + penalty.l2 / 2.0 * beta * beta)
            .sum::<f64>()
    }

    /// The largest violation of the optimality conditions.
    fn slope_max(&self, beta: &[f64], gradient: &[f64]) -> f64 {
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
        let groups = gradient[self.penalties.len() + 1..].iter();
        let slopes = slopes.chain(groups.map(|slope| slope.abs()));
        slopes.fold(gradient[0].abs(), |most, slope| {
            if slope.is_nan() {
                f64::NAN
            } else {
                most.max(slope)
            }
        })
    }

    /// The minimum of the quadratic model at `beta`, by coordinate descent; groups follow.
    fn goal(&self, beta: &[f64], gradient: &[f64], curvature: &Curvature) -> Vec<f64> {
        let dense = &curvature.dense;
        let mut goal = beta.to_vec();
        let mut slope = curvature.reduced(gradient);
        for _ in 0..SWEEPS {
            let mut largest = 0.0_f64;
            for j in 0..dense.nrows() {
                let penalty = if j == 0 {
                    Penalty::FREE
                } else {
                    self.penalties[j - 1]
                };
                let row = dense.row(j);
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
        let steps = goal.iter().zip(beta).take(dense.nrows());
        let steps: Vec<f64> = steps.map(|(to, from)| to - from).collect();
        let groups = curvature.following(gradient, &steps);
        add(&mut goal[dense.nrows()..], &groups, 1.0);
        goal
    }

    /// The first point on the way to `goal`, halving, that is no worse; none if rounding alone is left.
    fn advance(
        &self,
        beta: &[f64],
        at: &State,
        goal: &[f64],
        every: usize,
    ) -> Option<(Vec<f64>, State)> {
        let before = self.objective(beta, at.loss);
        let mut share = 1.0;
        for halving in 0..HALVINGS {
            let toward = |(from, to): (&f64, &f64)| from + share * (to - from);
            let next: Vec<f64> = match halving {
                0 => goal.to_vec(),
                _ => beta.iter().zip(goal).map(toward).collect(),
            };
            let state = self.state(&next, every);
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
    for (sum, value) in sums.iter_mut().zip(row) {
        *sum += step * value;
    }
}
