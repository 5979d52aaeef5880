//! Histogram gradient boosting for the logistic loss: small trees on 64 bins, each on what the trees before left over.
//!
//! Best leaf first, ridge on leaves, rows without a value to the better side, categories in the order of their slope
//! within the leaf. Every sum is one of integers, so a fit does not depend on threads; with row shares below 1 the rows
//! of a tree follow from the seed and their place. Training stops early only by the declared rule on watched rows.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::bins::{Binning, binned};
use super::design::{Design, Labels, Role, check_length};
use super::forest::{Forest, Leaves, STRIP};
use super::packed::{ROWS_MAX, Scale};
use super::seeded::{Use, uniform};
use super::tree::{Ground, Tree};
use super::{Error, log_odds, probability};
use crate::risk::features::count;

/// Rows scored or packed together.
const BLOCK: usize = 4096;

/// How trees are grown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BoostedParams {
    /// Most trees, at least 1.
    pub trees: u32,
    /// Share of each tree's step that is taken, above 0 and at most 1.
    pub rate: f64,
    /// Most leaves of a tree, at least 2.
    pub leaves: usize,
    /// Ridge on the leaves, from 0 up, in units of curvature.
    pub l2: f64,
    /// Fewest rows of a leaf, at least 1.
    pub rows_min: usize,
    /// Least curvature Σ w·p(1−p) of a leaf, from 0 up.
    pub curvature_min: f64,
    /// Share of the rows each tree sees, above 0 and at most 1.
    pub row_share: f64,
    /// Share of the columns each tree sees, above 0 and at most 1.
    pub column_share: f64,
    /// Names the samples of rows and columns.
    pub seed: u64,
}

/// Rows that are not trained on, and when they end training.
#[derive(Clone, Copy, Debug)]
pub struct Watched<'a> {
    /// Their columns.
    pub design: &'a Design,
    /// Their labels.
    pub labels: &'a Labels,
    /// Training ends when this many trees in a row have not lowered their mean loss; the trees up to the lowest stay.
    pub patience: u32,
}

/// A fitted sum of trees.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Boosted {
    params: BoostedParams,
    binnings: Vec<Binning>,
    base: f64,
    trees: Vec<Tree>,
}

impl Boosted {
    /// All trees the settings ask for, fewer only where nothing is left to gain.
    ///
    /// # Errors
    /// A setting out of range, labels that are all alike, no feature column, too many rows.
    pub fn fit(params: &BoostedParams, design: &Design, labels: &Labels) -> Result<Self, Error> {
        Self::fit_watched(params, design, labels, None, None)
    }

    /// As [`Boosted::fit`], on top of a start (log odds per row, such as [`Logistic::nuisance_log_odds`]) that is left
    /// out when scoring, and stopped early by watched rows.
    ///
    /// # Errors
    /// As [`Boosted::fit`], and columns of the watched rows that are not those of the design.
    ///
    /// [`Logistic::nuisance_log_odds`]: super::Logistic::nuisance_log_odds
    pub fn fit_watched(
        params: &BoostedParams,
        design: &Design,
        labels: &Labels,
        start: Option<&[f64]>,
        watched: Option<Watched>,
    ) -> Result<Self, Error> {
        check(params)?;
        labels.check_two_classes(design)?;
        if design.rows() > ROWS_MAX {
            let (rows, allowed) = (design.rows(), ROWS_MAX);
            return Err(Error::TooManyRows { rows, allowed });
        }
        let mut odds = vec![log_odds(labels.base_rate()); design.rows()];
        if let Some(start) = start {
            check_length("the list of starts", start.len(), design.rows())?;
            odds.iter_mut()
                .zip(start)
                .for_each(|(odds, start)| *odds += start);
        }
        let mut model = Self::empty(params, design, labels)?;
        let watch = watched.map(|watched| Watch::new(&model, watched));
        model.grow(design, labels, odds, watch.transpose()?)?;
        Ok(model)
    }

    /// Log odds per row.
    ///
    /// # Errors
    /// Other columns than the model was fitted with.
    pub fn log_odds(&self, design: &Design) -> Result<Vec<f64>, Error> {
        let columns = self.columns_of(design)?;
        let mut odds = vec![0.0; design.rows()];
        if let Some(forest) = Forest::<u16>::new(&self.binnings, self.base, &self.trees) {
            score(&forest, &columns, &mut odds);
        } else if let Some(forest) = Forest::<u64>::new(&self.binnings, self.base, &self.trees) {
            score(&forest, &columns, &mut odds);
        } else {
            let bins = binned(&self.binnings, &columns);
            odds.par_iter_mut().enumerate().for_each(|(row, odds)| {
                let leaves = self.trees.iter().map(|tree| tree.leaf(&bins, row));
                *odds = leaves.fold(self.base, |sum, leaf| sum + leaf);
            });
        }
        Ok(odds)
    }

    /// What each feature column adds to the log odds of each row along the ways through the trees (Saabas): one list per
    /// column. Their sum and [`Boosted::mean`] are the log odds.
    ///
    /// # Errors
    /// Other columns than the model was fitted with.
    pub fn contributions(&self, design: &Design) -> Result<Vec<Vec<f64>>, Error> {
        let bins = self.binned(design)?;
        let mut gains = vec![vec![0.0; design.rows()]; self.binnings.len()];
        for row in 0..design.rows() {
            let mut own = vec![0.0; self.binnings.len()];
            for tree in &self.trees {
                tree.explain(&bins, row, &mut own);
            }
            gains
                .iter_mut()
                .zip(own)
                .for_each(|(gains, own)| gains[row] = own);
        }
        Ok(gains)
    }

    /// Log odds of the mean training row.
    pub fn mean(&self) -> f64 {
        self.trees
            .iter()
            .fold(self.base, |sum, tree| sum + tree.mean())
    }

    /// Trees grown and kept.
    pub fn n_trees(&self) -> usize {
        self.trees.len()
    }

    fn empty(params: &BoostedParams, design: &Design, labels: &Labels) -> Result<Self, Error> {
        let features = design.of_role(Role::Feature);
        if features.is_empty() {
            let (columns, rows) = (0, design.rows());
            return Err(Error::NothingVaries { columns, rows });
        }
        let binnings = features.par_iter();
        Ok(Self {
            params: params.clone(),
            binnings: binnings
                .map(|column| Binning::learn(column, labels.weight()))
                .collect(),
            base: log_odds(labels.base_rate()),
            trees: Vec::new(),
        })
    }

    fn columns_of<'d>(&self, design: &'d Design) -> Result<Vec<&'d [f64]>, Error> {
        let heads: Vec<_> = self.binnings.iter().map(|own| own.head.clone()).collect();
        design.matching(&heads)
    }

    fn binned(&self, design: &Design) -> Result<Vec<Vec<u8>>, Error> {
        Ok(binned(&self.binnings, &self.columns_of(design)?))
    }

    fn grow(
        &mut self,
        design: &Design,
        labels: &Labels,
        mut odds: Vec<f64>,
        mut watch: Option<Watch>,
    ) -> Result<(), Error> {
        let params = self.params.clone();
        let bins = self.binned(design)?;
        let unordered = self.binnings.iter().map(Binning::is_unordered);
        let unordered: Vec<bool> = unordered.collect();
        let ground = Ground {
            bins: &bins,
            unordered: &unordered,
            params: &params,
            scale: Scale::new(labels.weight().iter().sum()),
        };
        for round in 0..params.trees {
            let packed = pack(&params, round, labels, &odds, ground.scale);
            let columns = columns(&params, round, bins.len());
            let tree = Tree::grow(&ground, &packed, &columns, &mut odds);
            let goes_on = watch.as_mut().is_none_or(|watch| watch.add(&tree));
            if tree.is_split() {
                self.trees.push(tree);
            } else if params.row_share >= 1.0 && params.column_share >= 1.0 {
                break;
            }
            if !goes_on {
                break;
            }
        }
        if let Some(watch) = watch {
            self.trees.truncate(watch.best_trees);
        }
        Ok(())
    }
}

fn score<L: Leaves>(forest: &Forest<L>, columns: &[&[f64]], odds: &mut [f64]) {
    let blocks = odds.par_chunks_mut(BLOCK).enumerate();
    blocks.for_each_init(Vec::new, |room, (block, odds)| {
        for (strip, odds) in odds.chunks_mut(STRIP).enumerate() {
            forest.score(columns, block * BLOCK + strip * STRIP, odds, room);
        }
    });
}

/// Scores and losses of watched rows.
struct Watch<'a> {
    bins: Vec<Vec<u8>>,
    labels: &'a Labels,
    odds: Vec<f64>,
    patience: usize,
    trees: usize,
    best_trees: usize,
    best_loss: f64,
}

impl<'a> Watch<'a> {
    fn new(model: &Boosted, watched: Watched<'a>) -> Result<Self, Error> {
        let rows = watched.design.rows();
        check_length("the list of watched labels", watched.labels.rows(), rows)?;
        let odds = vec![model.base; rows];
        Ok(Self {
            bins: model.binned(watched.design)?,
            labels: watched.labels,
            patience: watched.patience as usize,
            trees: 0,
            best_trees: 0,
            best_loss: loss(&odds, watched.labels),
            odds,
        })
    }

    /// Whether training goes on after this tree.
    fn add(&mut self, tree: &Tree) -> bool {
        if !tree.is_split() {
            return true;
        }
        for (row, odds) in self.odds.iter_mut().enumerate() {
            *odds += tree.leaf(&self.bins, row);
        }
        self.trees += 1;
        let loss = loss(&self.odds, self.labels);
        if loss < self.best_loss {
            (self.best_loss, self.best_trees) = (loss, self.trees);
        }
        self.trees - self.best_trees < self.patience
    }
}

/// Mean logistic loss.
fn loss(odds: &[f64], labels: &Labels) -> f64 {
    let rows = odds.iter().zip(labels.found()).zip(labels.weight());
    let one = |((odds, found), weight): ((&f64, &bool), &f64)| {
        let against = if *found { -odds } else { *odds };
        weight * (against.max(0.0) + (-against.abs()).exp().ln_1p())
    };
    rows.map(one).sum::<f64>() / labels.weight().iter().sum::<f64>()
}

/// Every row's gradient, curvature and count; nothing for rows the tree does not see.
fn pack(
    params: &BoostedParams,
    round: u32,
    labels: &Labels,
    odds: &[f64],
    scale: Scale,
) -> Vec<i128> {
    let mut packed = vec![0; odds.len()];
    let (found, weight) = (labels.found(), labels.weight());
    let blocks = packed.par_chunks_mut(BLOCK).enumerate();
    blocks.for_each(|(block, into)| {
        let mut i = 0;
        while i < into.len() {
            let row = block * BLOCK + i;
            let w = weight[row];
            if w > 0.0 && sees(params, round, row) {
                let p = probability(odds[row]);
                let y = if found[row] { 1.0 } else { 0.0 };
                into[i] = scale.pack(w * (p - y), w * p * (1.0 - p));
            }
            i += 1;
        }
    });
    packed
}

fn sees(params: &BoostedParams, round: u32, row: usize) -> bool {
    params.row_share >= 1.0 || uniform(Use::Rows, params.seed, round, row as u64) < params.row_share
}

/// The columns a tree may use: those with the smallest numbers of its round, at least one, in order.
fn columns(params: &BoostedParams, round: u32, n: usize) -> Vec<usize> {
    let number = |column: &usize| uniform(Use::Columns, params.seed, round, *column as u64);
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|a, b| number(a).total_cmp(&number(b)));
    let share = params.column_share * count(n);
    let mut kept: Vec<usize> = order
        .into_iter()
        .enumerate()
        .filter(|(place, _)| *place == 0 || count(*place) < share)
        .map(|(_, column)| column)
        .collect();
    kept.sort_unstable();
    kept
}

fn check(params: &BoostedParams) -> Result<(), Error> {
    let share = |value: f64| value > 0.0 && value <= 1.0;
    let from_0 = |value: f64| value.is_finite() && value >= 0.0;
    let above_0 = "above 0 and at most 1";
    let rules = [
        (
            "trees",
            f64::from(params.trees),
            params.trees > 0,
            "at least 1",
        ),
        (
            "leaves",
            count(params.leaves),
            params.leaves > 1,
            "at least 2",
        ),
        (
            "rows_min",
            count(params.rows_min),
            params.rows_min > 0,
            "at least 1",
        ),
        ("rate", params.rate, share(params.rate), above_0),
        (
            "row_share",
            params.row_share,
            share(params.row_share),
            above_0,
        ),
        (
            "column_share",
            params.column_share,
            share(params.column_share),
            above_0,
        ),
        ("l2", params.l2, from_0(params.l2), "a number from 0 up"),
        (
            "curvature_min",
            params.curvature_min,
            from_0(params.curvature_min),
            "a number from 0 up",
        ),
    ];
    let broken = rules.into_iter().find(|(_, _, is_met, _)| !is_met);
    match broken {
        None => Ok(()),
        Some((key, value, _, rule)) => Err(Error::Setting { key, value, rule }),
    }
}

#[cfg(test)]
mod tests;
