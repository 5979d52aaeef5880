//! The prepared training rows of a logistic model: standardised terms, penalties, and the spread of its nuisances.

use std::collections::BTreeMap;

use ndarray::Array2;
use rayon::prelude::*;

use super::design::{Column, Design, Labels, Role};
use super::prepare::{self, Term};
use super::solver::{Groups, Penalty, Problem, matrix};
use super::{Error, LogisticParams, log_odds};
use crate::risk::features::count;

/// Parts of equal weight the nuisances of the training rows are summed up in.
const NUISANCE_PARTS: usize = 16;

/// The prepared training rows. The nuisance of most terms, of which each row has one at most, is kept as groups.
pub(super) struct Training {
    /// Those of the columns of `x`, then those of the groups.
    pub(super) terms: Vec<Term>,
    x: Array2<f64>,
    groups: Option<Groups>,
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
        let grouped = most_terms(&more);
        let (own, more): (Vec<Term>, Vec<Term>) = more
            .into_iter()
            .partition(|term| Some(term.column) == grouped);
        terms.extend(more);
        let groups = grouped.map(|place| groups(&own, nuisances[place]));
        let mut training = Self::of(terms, design, labels);
        training.terms.extend(own);
        Ok(Self { groups, ..training })
    }

    /// These terms over the rows, none of them as groups.
    pub(super) fn of(terms: Vec<Term>, design: &Design, labels: &Labels) -> Self {
        Self {
            x: standardised(&terms, design),
            groups: None,
            target: labels.targets(),
            terms,
        }
    }

    /// Log odds of the mean training row at a point of the problem: groups are not centred there.
    pub(super) fn intercept(&self, beta: &[f64]) -> f64 {
        let own = self.terms.iter().zip(&beta[1..]).skip(self.x.ncols());
        let means = own.map(|(term, beta)| beta * term.mean / term.sd);
        beta[0] + means.sum::<f64>()
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
        self.terms.iter().take(self.x.ncols()).map(one).collect()
    }

    pub(super) fn problem<'a>(
        &'a self,
        labels: &'a Labels,
        penalties: &'a [Penalty],
    ) -> Problem<'a> {
        Problem {
            x: self.x.view(),
            groups: self.groups.as_ref(),
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

/// The column with most terms that are yes or no of a category; none where no column has two.
fn most_terms(terms: &[Term]) -> Option<usize> {
    let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
    for term in terms.iter().filter(|term| term.is_category()) {
        *counts.entry(term.column).or_default() += 1;
    }
    let (column, most) = counts.into_iter().rev().max_by_key(|(_, terms)| *terms)?;
    (most >= 2).then_some(column)
}

/// The terms of a column of categories as groups.
fn groups(terms: &[Term], column: &Column) -> Groups {
    let mut places: BTreeMap<u64, usize> = BTreeMap::new();
    let place = |value: f64| {
        let own = terms.iter().position(|term| term.has(value));
        own.unwrap_or(terms.len())
    };
    let values = column.values.iter();
    let of = values.map(|value| {
        *places
            .entry(value.to_bits())
            .or_insert_with(|| place(*value))
    });
    Groups {
        of: of.collect(),
        scale: terms.iter().map(|term| 1.0 / term.sd).collect(),
    }
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
