//! A stratum's plan in the form the pass over its rows needs.

use crate::plan::{Level, StratumPlan};

/// From this d = Σp(1-p) on, keys are filtered before they are kept.
const FILTERED: f64 = 100.0;
/// Largest size that is looked up in a table rather than searched.
const DENSE: u32 = 1 << 12;

/// Above the relative error of a number in single precision, 2^-24.
const ROOM: f64 = 1e-6;

/// What a stratum's plan means for one row.
pub(super) struct Rules {
    pub(super) levels: Vec<Rule>,
    /// Looked at for every row, so kept apart: one per level.
    pub(super) hurdles: Vec<Hurdle>,
    /// Index into `levels` by size; empty when sizes are searched.
    dense: Vec<u16>,
    pub(super) n_some: usize,
    /// Take-some and reserve units that are wanted.
    pub(super) n_kept: usize,
    pub(super) filter: f64,
}

#[derive(Clone, Copy)]
pub(super) struct Rule {
    pub(super) size: u32,
    /// Where it is ranked.
    pub(super) lambda: f64,
}

#[derive(Clone, Copy)]
pub(super) enum Hurdle {
    TakeAll,
    /// From a u above `u_max` no key comes that passes the filter. In single precision, rounded up: it is looked up for
    /// every row, and decides nothing but which keys need not be computed.
    Ranked {
        u_max: f32,
    },
    Never,
}

impl Hurdle {
    /// key ≤ filter only where u ≤ filter·λ / (1-λ + filter·λ), here with room for rounding.
    fn ranked(lambda: f64, filter: f64) -> Self {
        let product = filter * lambda;
        let u_max = if product.is_finite() {
            product / (1.0 - lambda + product)
        } else {
            1.0
        };
        #[allow(
            clippy::cast_possible_truncation,
            reason = "there is room for rounding"
        )]
        let u_max = (u_max * (1.0 + ROOM)) as f32;
        Self::Ranked { u_max }
    }

    fn of(level: &Level, filter: f64) -> Self {
        match level.lambda {
            _ if level.take_all => Self::TakeAll,
            Some(lambda) => Self::ranked(lambda, filter),
            None => Self::Never,
        }
    }
}

impl Rules {
    pub(super) fn of(stratum: &StratumPlan, reserve: u32) -> Self {
        let ranked: u64 = stratum
            .levels
            .iter()
            .filter(|level| level.lambda.is_some())
            .map(|level| level.n_units)
            .sum();
        let n_some = stratum.n - stratum.n_take_all();
        let n_kept = (n_some + u64::from(reserve)).min(ranked);
        let spread = stratum.spread();
        let filtered = 1.0 + (8.0 * spread.sqrt() + 2.0 * f64::from(reserve)) / spread;
        let filter = if spread >= FILTERED {
            filtered
        } else {
            f64::INFINITY
        };
        let rule = |level: &Level| Rule {
            size: level.size,
            lambda: level.lambda.unwrap_or(f64::NAN),
        };
        let levels: Vec<Rule> = stratum.levels.iter().map(rule).collect();
        let hurdles = stratum.levels.iter();
        let count = |n: u64| usize::try_from(n).expect("a sample fits into memory");
        Self {
            hurdles: hurdles.map(|level| Hurdle::of(level, filter)).collect(),
            dense: dense(&levels),
            levels,
            n_some: count(n_some),
            n_kept: count(n_kept),
            filter,
        }
    }

    /// Lets every key pass, where the filter has let too few.
    pub(super) fn keep_all_keys(&mut self) {
        self.filter = f64::INFINITY;
        for hurdle in &mut self.hurdles {
            if let Hurdle::Ranked { u_max } = hurdle {
                *u_max = 1.0;
            }
        }
    }

    pub(super) fn level(&self, size: u32) -> Option<usize> {
        if self.dense.is_empty() {
            return self
                .levels
                .binary_search_by_key(&size, |rule| rule.size)
                .ok();
        }
        let index = usize::from(*self.dense.get(size as usize)?);
        (index < self.levels.len()).then_some(index)
    }
}

fn dense(levels: &[Rule]) -> Vec<u16> {
    let largest = levels.last().map_or(0, |rule| rule.size);
    if largest > DENSE {
        return Vec::new();
    }
    let mut dense = vec![u16::MAX; largest as usize + 1];
    for (index, rule) in (0..).zip(levels) {
        dense[rule.size as usize] = index;
    }
    dense
}

#[cfg(test)]
mod tests {
    use super::Hurdle;
    use crate::draw::pareto_key;

    #[test]
    fn no_key_that_passes_the_filter_is_lost() {
        for lambda in [1e-9, 0.05, 0.3, 0.5, 0.999_999] {
            for filter in [1e-6, 0.7, 1.0, 1.8, 9.0] {
                let Hurdle::Ranked { u_max } = Hurdle::ranked(lambda, filter) else {
                    panic!("it is ranked")
                };
                for step in 1..2_000_u32 {
                    let u = f64::from(step) / 2_000.0;
                    assert!(pareto_key(u, lambda) > filter || u <= f64::from(u_max));
                }
                let just_above = f64::from(u_max) * (1.0 + 1e-12);
                assert!(just_above >= 1.0 || pareto_key(just_above, lambda) > filter);
            }
        }
    }
}
