//! 95 % intervals of proportions: Wilson (1927), Clopper and Pearson (1934), Newcombe (1998), logit-t.

use serde::{Deserialize, Serialize};
use statrs::function::beta::beta_reg;

/// The 0.975 quantile of the standard normal distribution.
pub(crate) const Z: f64 = 1.959_963_984_540_054;

/// Half of what a 95 % interval leaves out.
pub(crate) const TAIL: f64 = 0.025;

/// A closed interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl Interval {
    /// Whether `value` lies inside, ends included.
    #[must_use]
    pub fn covers(self, value: f64) -> bool {
        self.low <= value && value <= self.high
    }

    /// Both ends times a non-negative factor.
    #[must_use]
    pub fn scaled(self, factor: f64) -> Self {
        Self {
            low: self.low * factor,
            high: self.high * factor,
        }
    }
}

/// Wilson's score interval for `hits` of `n` (n > 0); on charts.
///
/// ```
/// let interval = choucha::evaluate::wilson(258.0, 1637.0);
/// assert!((interval.low - 0.140_758_525_215_602_67).abs() < 1e-12);
/// ```
#[must_use]
pub fn wilson(hits: f64, n: f64) -> Interval {
    let p = hits / n;
    let z2 = Z * Z;
    let centre = (p + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let half = Z / (1.0 + z2 / n) * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
    Interval {
        low: (centre - half).max(0.0),
        high: (centre + half).min(1.0),
    }
}

/// Clopper and Pearson's interval for `hits` of `n` (n > 0, also fractional); for statements that nothing was found.
///
/// ```
/// let interval = choucha::evaluate::clopper_pearson(0.0, 20.0);
/// assert_eq!(interval.low, 0.0);
/// assert!((interval.high - 0.168_433_470_983_085_34).abs() < 1e-12);
/// ```
#[must_use]
pub fn clopper_pearson(hits: f64, n: f64) -> Interval {
    let low = if hits <= 0.0 {
        0.0
    } else {
        beta_quantile(TAIL, hits, n - hits + 1.0)
    };
    let high = if hits >= n {
        1.0
    } else {
        beta_quantile(1.0 - TAIL, hits + 1.0, n - hits)
    };
    Interval { low, high }
}

/// Newcombe's interval for the difference `hits_1/n_1 - hits_2/n_2` of two independent proportions.
#[must_use]
pub fn newcombe((hits_1, n_1): (f64, f64), (hits_2, n_2): (f64, f64)) -> Interval {
    let (p_1, p_2) = (hits_1 / n_1, hits_2 / n_2);
    let (first, second) = (wilson(hits_1, n_1), wilson(hits_2, n_2));
    let below = (p_1 - first.low).hypot(second.high - p_2);
    let above = (first.high - p_1).hypot(p_2 - second.low);
    Interval {
        low: p_1 - p_2 - below,
        high: p_1 - p_2 + above,
    }
}

/// Interval of a proportion `mean` (0 < mean < 1) on the logit scale with Student's t of `df` degrees of freedom.
#[must_use]
pub fn logit_t(mean: f64, variance: f64, df: f64) -> Interval {
    let centre = (mean / (1.0 - mean)).ln();
    let half = student_t_quantile(df) * variance.sqrt() / (mean * (1.0 - mean));
    let back = |logit: f64| 1.0 / (1.0 + (-logit).exp());
    Interval {
        low: back(centre - half),
        high: back(centre + half),
    }
}

/// The 0.975 quantile of Student's t with `df` degrees of freedom (df ≥ 1).
pub(crate) fn student_t_quantile(df: f64) -> f64 {
    if df > 1e7 {
        return Z;
    }
    let x = beta_quantile(1.0 - 2.0 * TAIL, 0.5, df / 2.0);
    (df * x / (1.0 - x)).sqrt()
}

/// The x with `I_x(a, b)` = p, by bisection down to neighbouring floats.
pub(crate) fn beta_quantile(p: f64, a: f64, b: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    loop {
        let middle = f64::midpoint(low, high);
        if middle <= low || middle >= high {
            return middle;
        }
        if beta_reg(a, b, middle) < p {
            low = middle;
        } else {
            high = middle;
        }
    }
}
