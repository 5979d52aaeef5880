//! Paired bootstrap over objects: one resample serves every model and every fold, so differences are paired.
//!
//! An object that stands in several folds is taken or left in all of them together.

use std::collections::BTreeMap;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{Fold, Measures, Ranked};
use crate::evaluate::bootstrap::{Bootstrap, percentile_interval};
use crate::evaluate::number::share;
use crate::evaluate::{Figure, Method};

const TAG: &str = "choucha/bootstrap/rolling/v1";

/// The four measures of a mean or a difference, each with its 95 % interval.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// Area under the ROC curve.
    pub auc: Figure,
    /// Average precision.
    pub ap: Figure,
    /// Precision in the first tenth.
    pub p10: Figure,
    /// Precision in the first fifth.
    pub p20: Figure,
}

/// How much better a model ranks than a baseline, on average over the folds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// The model.
    pub model: String,
    /// The baseline.
    pub baseline: String,
    /// The model's mean less the baseline's.
    pub by: Figures,
}

/// Means of the four measures by model over one resample; none where a fold lost one kind of label.
type Replicate = Vec<Option<[f64; 4]>>;

/// Everything a resample is measured on.
struct Sampled<'a> {
    /// Models, in the order of a replicate.
    names: Vec<&'a str>,
    folds: Vec<FoldOrders>,
    n_objects: usize,
}

struct FoldOrders {
    found: Vec<bool>,
    /// Place of each row's object among all objects.
    object: Vec<usize>,
    /// The order of each model.
    ranked: Vec<Ranked>,
}

/// Intervals of the means, and of the differences of every other model to each baseline.
pub(super) fn intervals(
    folds: &[&Fold],
    mean: &BTreeMap<String, Measures>,
    baselines: &[String],
    replicates: u32,
    seed: &[u8; 32],
) -> (BTreeMap<String, Figures>, Vec<Difference>) {
    let sampled = Sampled::new(folds, mean);
    let bootstrap = Bootstrap::new(seed, TAG, replicates);
    let drawn: Vec<Replicate> = (0..replicates)
        .into_par_iter()
        .map(|replicate| sampled.means(&bootstrap.rows(replicate, sampled.n_objects)))
        .collect();
    let value = |name: &str| mean.get(name).map(Measures::ranking);
    let own = sampled.names.iter().enumerate().map(|(place, name)| {
        let figures = figures(value(name), |which| {
            drawn.iter().map(move |r| Some(r[place]?[which])).collect()
        });
        ((*name).to_owned(), figures)
    });
    let own = own.collect();
    let mut differences = Vec::new();
    for (place, model) in sampled.names.iter().enumerate() {
        if baselines.iter().any(|baseline| baseline == model) {
            continue;
        }
        for baseline in baselines {
            let Some(against) = sampled.names.iter().position(|name| name == baseline) else {
                continue;
            };
            let less = less(value(model), value(baseline));
            let by = figures(less, |which| {
                let one = |r: &Replicate| Some(r[place]?[which] - r[against]?[which]);
                drawn.iter().map(one).collect()
            });
            differences.push(Difference {
                model: (*model).to_owned(),
                baseline: baseline.clone(),
                by,
            });
        }
    }
    (own, differences)
}

fn less(one: Option<[f64; 4]>, other: Option<[f64; 4]>) -> Option<[f64; 4]> {
    let (one, other) = (one?, other?);
    Some([0, 1, 2, 3].map(|which| one[which] - other[which]))
}

fn figures(value: Option<[f64; 4]>, drawn: impl Fn(usize) -> Vec<Option<f64>>) -> Figures {
    let [auc, ap, p10, p20] = [0, 1, 2, 3].map(|which| {
        let interval = percentile_interval(drawn(which).into_iter());
        Figure::new(
            value.map(|value| value[which]),
            interval,
            Method::PairedBootstrap,
        )
    });
    Figures { auc, ap, p10, p20 }
}

impl<'a> Sampled<'a> {
    fn new(folds: &[&Fold], mean: &'a BTreeMap<String, Measures>) -> Self {
        let names: Vec<&str> = mean.keys().map(String::as_str).collect();
        let mut places: BTreeMap<u64, usize> = BTreeMap::new();
        for row in folds.iter().flat_map(|fold| &fold.rows) {
            let next = places.len();
            places.entry(row.object_key).or_insert(next);
        }
        let orders = |fold: &&Fold| FoldOrders {
            found: fold.found(),
            object: fold
                .rows
                .iter()
                .map(|row| places[&row.object_key])
                .collect(),
            ranked: names
                .iter()
                .map(|name| Ranked::new(&fold.scores[*name]))
                .collect(),
        };
        Self {
            folds: folds.iter().map(orders).collect(),
            n_objects: places.len(),
            names,
        }
    }

    fn means(&self, times: &[u32]) -> Replicate {
        let mut sums = vec![Some([0.0; 4]); self.names.len()];
        let mut rows = 0.0;
        for fold in &self.folds {
            let weight: Vec<f64> = fold
                .object
                .iter()
                .map(|&place| f64::from(times[place]))
                .collect();
            let n: f64 = weight.iter().sum();
            for (sum, ranked) in sums.iter_mut().zip(&fold.ranked) {
                let measured = ranked.resampled(&fold.found, &weight);
                *sum = sum.zip(measured).map(|(sum, measured)| {
                    let values = measured.ranking();
                    [0, 1, 2, 3].map(|which| sum[which] + values[which] * n)
                });
            }
            rows += n;
        }
        let over = |sum: [f64; 4]| {
            let [auc, ap, p10, p20] = sum.map(|sum| share(sum, rows));
            Some([auc?, ap?, p10?, p20?])
        };
        sums.into_iter().map(|sum| sum.and_then(over)).collect()
    }
}
