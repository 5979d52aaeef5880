//! The prepared training rows of a logistic model: standardised terms, penalties, and the spread of its nuisances.

use ndarray::Array2;
use rayon::prelude::*;

use super::design::{Design, Labels, Role};
use super::prepare::{self, Term};
use super::solver::{Penalty, Problem, matrix};
use super::{Error, LogisticParams, log_odds};
use crate::risk::features::count;

/// Parts of equal weight the nuisances of the training rows are summed up in.
const NUISANCE_PARTS: usize = 16;

/// The prepared training rows.
pub(super) struct Training {
    pub(super) terms: Vec<Term>,
    x: Array2<f64>,
    target: Vec<f64>,
}

impl Training {
    pub(super) fn new(
        params: &LogisticParams,
        design: &Design,
        labels: &Labels,
    ) -> Result<Self, Error> {
        check(params)?;
        labels.check_two_classes(design)?;
        let (features, nuisances) = (
            design.of_role(Role::Feature),
            design.of_role(Role::Nuisance),
        );
        let mut terms = prepare::terms(&features, labels.weight(), &params.prepare);
        if terms.is_empty() {
            return Err(Error::NothingVaries {
                columns: features.len(),
                rows: design.rows(),
            });
        }
        let more = prepare::terms(&nuisances, labels.weight(), &params.prepare);
        terms.extend(more);
        Ok(Self::of(terms, design, labels))
    }

    /// These terms over the rows.
    pub(super) fn of(terms: Vec<Term>, design: &Design, labels: &Labels) -> Self {
        Self {
            x: standardised(&terms, design),
            target: labels.targets(),
            terms,
        }
    }

    /// The base rate alone.
    pub(super) fn start(&self, labels: &Labels) -> Vec<f64> {
        let mut beta = vec![0.0; self.terms.len() + 1];
        beta[0] = log_odds(labels.base_rate());
        beta
    }

    pub(super) fn penalties(&self, params: &LogisticParams) -> Vec<Penalty> {
        let own = Penalty {
            l1: params.penalty * params.absolute_share,
            l2: params.penalty * (1.0 - params.absolute_share),
            least: f64::NEG_INFINITY,
        };
        let one = |term: &Term| match term.role {
            Role::Feature => own,
            Role::Nuisance => Penalty::FREE,
        };
        self.terms.iter().map(one).collect()
    }

    pub(super) fn problem<'a>(
        &'a self,
        labels: &'a Labels,
        penalties: &'a [Penalty],
    ) -> Problem<'a> {
        Problem {
            x: self.x.view(),
            offset: None,
            target: &self.target,
            weight: labels.weight(),
            penalties,
        }
    }
}

/// Refuses settings out of their range.
pub(super) fn check(params: &LogisticParams) -> Result<(), Error> {
    let refuse = |key, value, rule| Err(Error::Setting { key, value, rule });
    if !(params.penalty.is_finite() && params.penalty >= 0.0) {
        return refuse("penalty", params.penalty, "a number from 0 up");
    }
    if !(0.0..=1.0).contains(&params.absolute_share) {
        let (value, rule) = (params.absolute_share, "a share from 0 to 1");
        return refuse("absolute_share", value, rule);
    }
    params.prepare.check()
}

fn standardised(terms: &[Term], design: &Design) -> Array2<f64> {
    let (features, nuisances) = (
        design.of_role(Role::Feature),
        design.of_role(Role::Nuisance),
    );
    let mut flat = vec![0.0; terms.len() * design.rows()];
    let into = flat.par_chunks_mut(design.rows().max(1));
    into.zip(terms).for_each(|(into, term)| {
        let column = match term.role {
            Role::Feature => features[term.column],
            Role::Nuisance => nuisances[term.column],
        };
        for (into, value) in into.iter_mut().zip(&column.values) {
            *into = term.standard(*value);
        }
    });
    matrix(design.rows(), flat)
}

/// Means of parts of equal weight of the sorted values.
pub(super) fn parts(values: &[f64], weight: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
    let share = weight.iter().sum::<f64>() / count(NUISANCE_PARTS);
    let mut sums = vec![0.0; NUISANCE_PARTS];
    let (mut part, mut room) = (0, share);
    for row in order {
        let mut left = weight[row];
        while left > room && part + 1 < NUISANCE_PARTS {
            sums[part] += room * values[row];
            left -= room;
            (part, room) = (part + 1, share);
        }
        sums[part] += left * values[row];
        room -= left;
    }
    sums.into_iter().map(|sum| sum / share).collect()
}
