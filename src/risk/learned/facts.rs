//! What a learned model learnt, for summaries, the model card and the manifest.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::params::Method;
use crate::risk::learn::{Idle, Importance};
use crate::risk::penalty::ChosenPenalty;

/// What a learned model learnt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LearnedFit {
    /// How it is made.
    pub kind: LearnedKind,
    /// The models it is the mean of; empty for a model of its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<String>,
    /// Training rows.
    pub n: u64,
    /// Training rows with a finding.
    pub n_positive: u64,
    /// What weighting by 1/π did; absent where no probability is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weights: Option<Weights>,
    /// Inspectors whose strictness was fitted with it and averaged out; absent where it was not asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub n_inspectors: Option<u64>,
    /// `month` or `quarter` where the season of the visit was fitted with it and averaged out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub season: Option<String>,
    /// The penalty that the declared rule chose; absent where the job gives it or there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub penalty: Option<ChosenPenalty>,
    /// Trees; absent where it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trees: Option<u64>,
    /// How its scores became probabilities.
    pub calibration: Calibrated,
    /// How sure its probabilities are said to be; absent where no interval is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sure: Option<Sure>,
    /// Indicators that taught it nothing over the training rows, and why; empty for a mean of others.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub idle: BTreeMap<String, Idle>,
    /// Mean size of what each indicator adds to the log odds over the training rows, largest first; those that add nothing
    /// are left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gains: Vec<Gain>,
}

/// How a learned model is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LearnedKind {
    /// An elastic net.
    Logistic,
    /// Trees.
    Boosted,
    /// The mean of the log odds of others.
    Blend,
}

/// What weighting by 1/π did.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Weights {
    /// Visits with a known probability.
    pub n: u64,
    /// Kish's effective number of them.
    pub effective_n: f64,
    /// Largest weight; the mean is 1.
    pub largest: f64,
    /// Visits whose weight was capped.
    pub n_capped: u64,
}

/// A calibration on rows that the models did not see.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Calibrated {
    /// How.
    pub method: Method,
    /// Rows, each scored by a model of the visits known before its block of time.
    pub n: u64,
    /// Rows with a finding.
    pub n_positive: u64,
    /// Weighted mean of the model's own probabilities over them.
    pub mean_before: f64,
    /// Weighted mean of the calibrated ones; a line meets the rate to Platt's targets, a staircase meets it.
    pub mean_after: f64,
    /// Weighted share of rows with a finding.
    pub rate: f64,
    /// Slope of the line over log odds, 1 where the model is as sure as it should be; absent for a staircase.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slope: Option<f64>,
}

/// Intervals of probabilities.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sure {
    /// Refits under random weights of objects.
    pub refits: u32,
    /// Share that is to cover.
    pub level: f64,
}

/// What an indicator adds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Gain {
    /// The indicator's column.
    pub indicator: String,
    /// Mean size of what it adds to the log odds.
    pub mean: f64,
}

impl LearnedFit {
    /// What a reader of the manifest should know of the weights.
    pub(crate) fn note(&self, name: &str) -> Option<String> {
        let weights = self.weights?;
        Some(format!(
            "model {name}: {} of {} labelled visits are weighted 1/π; effective n {:.0}, largest weight {:.2}, {} capped",
            weights.n, self.n, weights.effective_n, weights.largest, weights.n_capped
        ))
    }
}

impl Weights {
    pub(super) fn of(importance: &Importance) -> Self {
        Self {
            n: importance.n as u64,
            effective_n: importance.effective_n,
            largest: importance.largest,
            n_capped: importance.n_capped as u64,
        }
    }
}
