//! The models of `[[risk.learned]]`: fitted on the labelled visits, calibrated on visits they did not see, scored a
//! partition at a time.
//!
//! Reasons. What an indicator adds to an object's log odds is exact for a logistic model (its terms, against the mean
//! training row), the sum along the ways through the trees for boosted trees (Saabas: how the mean of the training rows
//! moves at each split by that indicator), and the mean of its models' for a blend. Nothing here depends on partitions or
//! threads: rows are scored one by one, training rows are sorted, refits draw from their own numbers.

mod calibration;
mod facts;
mod params;
mod score;
mod training;

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::learn::{Calibrator, Model, Recipe, resampled};
use super::penalty::{ChosenPenalty, settled};
use super::recipes::{Made, Named, Nuisance};
use super::rows::Codes;
use super::{Error, ValidParams};
use crate::indicators::{Indicator, LabelledTable};
use crate::units::Kind;
use calibration::Unseen;
use facts::Weights;
use training::Training;

pub use facts::{Calibrated, Gain, LearnedFit, LearnedKind, Sure, Weights as LearnedWeights};
pub use params::{Learning, Method};
pub(super) use score::{Depth, HIGH, LOW, PROBABILITY, calibrated_column, rule};

/// Names the random weights of refits; they follow from it and the object.
const REFIT_SEED: u64 = 1;
/// Most training rows that the mean size of gains is taken over.
const GAIN_ROWS: usize = 20_000;

/// The declared models: those that can score, and why the others cannot.
pub(super) struct Learnt {
    codes: Codes,
    /// In declared order.
    pub(super) models: Vec<LearntModel>,
    /// Name and reason, in declared order.
    pub(super) refused: Vec<(String, String)>,
    level: f64,
}

/// A model that can score.
pub(super) struct LearntModel {
    pub(super) name: String,
    how: How,
    calibrator: Calibrator,
    pub(super) fit: LearnedFit,
    pub(super) is_chosen: bool,
    /// Whether it is the chosen model, or one that the chosen model is a mean of.
    in_chosen: bool,
}

enum How {
    /// A model, and its refits under random weights.
    Fitted(Box<Model>, Vec<Model>),
    /// The mean of the log odds of these.
    Blend(Vec<String>),
}

/// Fits what is declared. A refusal is an error only where it is the chosen model's.
pub(super) fn learn(
    params: &ValidParams,
    labelled: Option<&LabelledTable>,
    indicators: &[Indicator],
) -> Result<Option<Learnt>, Error> {
    if params.learned.is_empty() {
        return Ok(None);
    }
    let chosen = params
        .learned
        .iter()
        .any(|model| model.name == params.model);
    let training = match training(params, labelled, indicators) {
        Err(error) if chosen || error.kind() != Kind::Data => return Err(error),
        training => training,
    };
    let models = &params.learned;
    match training {
        Ok(training) => Fitting::new(params).finish(&training, indicators).map(Some),
        Err(error) => {
            let refused = models
                .iter()
                .map(|model| (model.name.clone(), error.to_string()));
            Ok(Some(Learnt {
                codes: Codes::learn(&[]),
                models: Vec::new(),
                refused: refused.collect(),
                level: params.learning.level,
            }))
        }
    }
}

/// The labelled rows, if a model can learn from them.
fn training(
    params: &ValidParams,
    labelled: Option<&LabelledTable>,
    indicators: &[Indicator],
) -> Result<Training, Error> {
    let learning = &params.learning;
    let rows = labelled.ok_or(Error::NoLabels)?;
    let training = Training::read(rows, indicators, &params.learned, learning.weight_cap)?;
    let (n, n_positive, needed) = (training.n(), training.n_positive(), learning.positives_min);
    if n_positive < needed {
        return Err(Error::TooFewFindings {
            n_positive,
            n,
            needed,
        });
    }
    let all = "learned models";
    training.check().map_err(|source| Error::of(all, source))?;
    Ok(training)
}

/// Models on their way: fitted one after the other, dropped with a reason where they cannot be.
struct Fitting<'a> {
    params: &'a ValidParams,
    /// The chosen model and those it is a mean of.
    in_chosen: BTreeSet<&'a str>,
    live: Vec<&'a Named>,
    fitted: BTreeMap<String, Model>,
    /// What was fitted, and the penalty that was chosen for it.
    settled: BTreeMap<String, (Recipe, Option<ChosenPenalty>)>,
    refused: BTreeMap<String, String>,
}

impl<'a> Fitting<'a> {
    fn new(params: &'a ValidParams) -> Self {
        let mut in_chosen: BTreeSet<&str> = BTreeSet::new();
        for model in params.learned.iter().rev() {
            if model.name == params.model || in_chosen.contains(model.name.as_str()) {
                in_chosen.insert(&model.name);
                if let Made::Blend(parts) = &model.made {
                    in_chosen.extend(parts.iter().map(String::as_str));
                }
            }
        }
        Self {
            params,
            in_chosen,
            live: params.learned.iter().collect(),
            fitted: BTreeMap::new(),
            settled: BTreeMap::new(),
            refused: BTreeMap::new(),
        }
    }

    fn finish(mut self, training: &Training, indicators: &[Indicator]) -> Result<Learnt, Error> {
        self.fit(training)?;
        let unseen = self.unseen(training)?;
        let calibrated = self.calibrate(unseen.as_ref())?;
        let models: Vec<&Named> = std::mem::take(&mut self.live);
        let mut learnt = Learnt {
            codes: training.codes.clone(),
            models: Vec::new(),
            refused: Vec::new(),
            level: self.params.learning.level,
        };
        let how = models.iter().map(|model| self.how(model, training));
        let how = how.collect::<Result<Vec<How>, Error>>()?;
        for ((model, how), (calibrator, calibration)) in models.into_iter().zip(how).zip(calibrated)
        {
            let fit = self.facts(model, &how, training, calibration);
            learnt.models.push(LearntModel {
                name: model.name.clone(),
                how,
                calibrator,
                fit,
                is_chosen: model.name == self.params.model,
                in_chosen: self.in_chosen.contains(model.name.as_str()),
            });
        }
        learnt.add_gains(training, indicators)?;
        let declared = self.params.learned.iter();
        let refused = declared.filter_map(|model| self.refused.remove_entry(&model.name));
        learnt.refused = refused.collect();
        Ok(learnt)
    }

    /// Drops a model and every mean of it; an error where the chosen model needs it.
    fn refuse(&mut self, name: &str, error: Error) -> Result<(), Error> {
        if self.in_chosen.contains(name) || error.kind() != Kind::Data {
            return Err(error);
        }
        self.refused.insert(name.to_owned(), error.to_string());
        for model in self.live.clone() {
            let Made::Blend(parts) = &model.made else {
                continue;
            };
            let lost = parts.iter().find(|part| self.refused.contains_key(*part));
            if let Some(part) = lost.filter(|_| !self.refused.contains_key(&model.name)) {
                let (model, part) = (model.name.clone(), part.clone());
                let error = Error::Part {
                    model: model.clone(),
                    part,
                };
                self.refused.insert(model, error.to_string());
            }
        }
        let refused = &self.refused;
        self.live.retain(|model| !refused.contains_key(&model.name));
        Ok(())
    }

    fn fit(&mut self, training: &Training) -> Result<(), Error> {
        for model in self.live.clone() {
            let Made::Fitted {
                recipe,
                nuisances,
                is_tuned,
            } = &model.made
            else {
                continue;
            };
            let settled = settled(recipe, *is_tuned, &training.past(nuisances));
            let fitted = settled.and_then(|(recipe, penalty)| {
                let fitted = recipe.fit(training.design(nuisances), &training.labels)?;
                Ok((fitted, recipe, penalty))
            });
            match fitted {
                Ok((fitted, recipe, penalty)) => {
                    self.fitted.insert(model.name.clone(), fitted);
                    self.settled.insert(model.name.clone(), (recipe, penalty));
                }
                Err(source) => self.refuse(&model.name, Error::of(&model.name, source))?,
            }
        }
        Ok(())
    }

    /// Scores of rows the models did not see; a model that cannot be fitted on some earlier rows is dropped.
    fn unseen(&mut self, training: &Training) -> Result<Option<Unseen>, Error> {
        loop {
            let live: Vec<Named> = self
                .live
                .iter()
                .map(|model| self.as_fitted(model))
                .collect();
            match Unseen::of(training, &live, self.params.learning.blocks) {
                Ok(unseen) => return Ok(unseen),
                Err((name, source)) => self.refuse(&name, Error::of(&name, source))?,
            }
        }
    }

    /// The model with the settings it was fitted with.
    fn as_fitted(&self, model: &Named) -> Named {
        let mut own = model.clone();
        if let (Made::Fitted { recipe, .. }, Some((settled, _))) =
            (&mut own.made, self.settled.get(&model.name))
        {
            recipe.clone_from(settled);
        }
        own
    }

    /// A calibration for every live model; those that cannot have one are dropped.
    fn calibrate(
        &mut self,
        unseen: Option<&Unseen>,
    ) -> Result<Vec<(Calibrator, Calibrated)>, Error> {
        let mut all = Vec::new();
        for model in self.live.clone() {
            let too_few = calibration::TooFew {
                n: 0,
                n_positive: 0,
            };
            let method = self.params.learning.calibration;
            let found = unseen.map_or(Ok(Err(too_few)), |unseen| {
                unseen.calibrator(&model.name, method)
            });
            let found = found.map_err(|source| Error::of(&model.name, source))?;
            match found {
                Ok(calibrated) => all.push(calibrated),
                Err(calibration::TooFew { n, n_positive }) => {
                    let error = Error::NotCalibrated { n, n_positive };
                    self.refuse(&model.name, error)?;
                }
            }
        }
        Ok(all)
    }

    fn how(&self, model: &Named, training: &Training) -> Result<How, Error> {
        match &self.as_fitted(model).made {
            Made::Blend(parts) => Ok(How::Blend(parts.clone())),
            Made::Fitted {
                recipe, nuisances, ..
            } => {
                let wanted = self.in_chosen.contains(model.name.as_str());
                let refits = if wanted {
                    self.params.learning.refits
                } else {
                    0
                };
                let refits = refitted(recipe, nuisances, training, refits);
                let refits = refits.map_err(|source| Error::of(&model.name, source))?;
                let fitted = self.fitted.get(&model.name).cloned();
                let fitted = fitted.expect("every live model was fitted");
                Ok(How::Fitted(Box::new(fitted), refits))
            }
        }
    }

    fn facts(
        &self,
        model: &Named,
        how: &How,
        training: &Training,
        calibration: Calibrated,
    ) -> LearnedFit {
        let learning = &self.params.learning;
        let (kind, parts, trees) = match how {
            How::Blend(parts) => (LearnedKind::Blend, parts.clone(), None),
            How::Fitted(fitted, _) => match fitted.as_ref() {
                Model::Boosted(trees) => {
                    let n = trees.n_trees() as u64;
                    (LearnedKind::Boosted, Vec::new(), Some(n))
                }
                Model::Logistic(_) | Model::Base(_) => (LearnedKind::Logistic, Vec::new(), None),
            },
        };
        let nuisances = match &model.made {
            Made::Fitted { nuisances, .. } => &nuisances[..],
            Made::Blend(_) => &[],
        };
        let season = nuisances.iter().find(|one| **one != Nuisance::Inspector);
        let by_inspector = nuisances.contains(&Nuisance::Inspector);
        let is_chosen = model.name == self.params.model && learning.refits > 0;
        LearnedFit {
            kind,
            parts,
            n: training.n(),
            n_positive: training.n_positive(),
            weights: training.importance.as_ref().map(Weights::of),
            n_inspectors: by_inspector.then_some(training.n_inspectors),
            season: season.map(|season| season.name().to_owned()),
            penalty: self.settled.get(&model.name).and_then(|own| own.1),
            trees,
            calibration,
            sure: is_chosen.then_some(Sure {
                refits: learning.refits,
                level: learning.level,
            }),
            idle: match kind {
                LearnedKind::Blend => BTreeMap::new(),
                LearnedKind::Logistic | LearnedKind::Boosted => training.idle.clone(),
            },
            gains: Vec::new(),
        }
    }
}

/// The recipe under random weights of objects.
fn refitted(
    recipe: &Recipe,
    nuisances: &[Nuisance],
    training: &Training,
    refits: u32,
) -> Result<Vec<Model>, super::learn::Error> {
    let one = |replicate: u32| {
        let labels = resampled(&training.labels, &training.groups, REFIT_SEED, replicate)?;
        recipe.fit_or_base(training.design(nuisances), &labels)
    };
    (0..refits).into_par_iter().map(one).collect()
}

impl Learnt {
    /// Adds to every model's facts the mean size of what each indicator adds, over evenly spaced training rows.
    fn add_gains(&mut self, training: &Training, indicators: &[Indicator]) -> Result<(), Error> {
        let step = training.labels.rows().div_ceil(GAIN_ROWS).max(1);
        let places: Vec<usize> = (0..training.labels.rows()).step_by(step).collect();
        let gains = self.gains(&training.plain.take(&places), |_| true)?;
        for model in &mut self.models {
            let own = indicators.iter().zip(&gains[&model.name]);
            let mut own: Vec<Gain> = own
                .map(|(indicator, gains)| Gain {
                    indicator: indicator.name.clone(),
                    mean: gains.iter().map(|gain| gain.abs()).sum::<f64>()
                        / super::features::count(gains.len().max(1)),
                })
                .filter(|gain| gain.mean > 0.0)
                .collect();
            own.sort_by(|a, b| b.mean.total_cmp(&a.mean));
            model.fit.gains = own;
        }
        Ok(())
    }
}
