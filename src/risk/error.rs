//! Why objects cannot be classified: one variant per rule.

use std::path::PathBuf;

use polars::prelude::PolarsError;
use thiserror::Error;

use super::learn;
use crate::indicators;
use crate::units::{Kind, Problem};

/// Why objects cannot be classified.
#[derive(Debug, Error)]
pub enum Error {
    /// The settings name what the catalogue of indicators does not have.
    #[error("{}", listed(.0))]
    Settings(Vec<Problem>),
    /// The chosen model learns, and there is nothing to learn from.
    #[error(
        "a learned model needs labelled past visits, and there is no labelled table (risk.labels)"
    )]
    NoLabels,
    /// Too few findings to learn from.
    #[error(
        "the logistic model needs at least {needed} labelled visits with a finding (risk.logistic.positives_min), \
         and {n_positive} of {n} have one"
    )]
    TooFewPositives {
        /// Labels with a finding.
        n_positive: u64,
        /// Labels.
        n: u64,
        /// Least number of labels with a finding.
        needed: u64,
    },
    /// Every label has a finding.
    #[error("the logistic model needs labelled visits without a finding, and all {n} have one")]
    OnlyPositives {
        /// Labels.
        n: u64,
    },
    /// No indicator tells one training row from another.
    #[error("no indicator varies over the {n} labelled visits")]
    NothingVaries {
        /// Labels.
        n: u64,
    },
    /// The optimiser failed.
    #[error("the logistic model could not be fitted")]
    NotFitted(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The optimiser stopped before the optimum.
    #[error(
        "the logistic model is not at its optimum after {max_iterations} iterations (risk.logistic.max_iterations): \
         slope {slope_max:e} per row, at most {allowed:e} is accepted"
    )]
    NotConverged {
        /// Most iterations.
        max_iterations: u64,
        /// Largest slope per row.
        slope_max: f64,
        /// Largest slope accepted.
        allowed: f64,
    },
    /// Too few findings for any of the learned models.
    #[error(
        "learned models need at least {needed} labelled visits with a finding (risk.learning.positives_min), and \
         {n_positive} of {n} have one"
    )]
    TooFewFindings {
        /// Labels with a finding.
        n_positive: u64,
        /// Labels.
        n: u64,
        /// Least number of labels with a finding.
        needed: u64,
    },
    /// A learned model that cannot be fitted or cannot score.
    #[error("{model}: {source}")]
    Learn {
        /// The model, or what all of them learn from.
        model: String,
        /// Why.
        source: learn::Error,
    },
    /// A blend of a model that is refused.
    #[error("{model} is a mean of {part}, which is refused")]
    Part {
        /// The blend.
        model: String,
        /// The refused model.
        part: String,
    },
    /// Too few visits that the models did not see.
    #[error(
        "learned models cannot be calibrated: of {n} visits scored by models of earlier visits alone (risk.learning.blocks) \
         {n_positive} have a finding, and at least 10 with and 10 without one are needed"
    )]
    NotCalibrated {
        /// Visits scored so.
        n: u64,
        /// Those of them with a finding.
        n_positive: u64,
    },
    /// A partition holds a class that was never declared.
    #[error("{}: class \"{code}\" is not declared", path.display())]
    UnknownClass {
        /// The partition.
        path: PathBuf,
        /// The class.
        code: String,
    },
    /// A file cannot be written.
    #[error("{} cannot be written", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The indicators cannot be read.
    #[error(transparent)]
    Indicators(#[from] indicators::Error),
    /// A column operation failed.
    #[error("a risk table cannot be computed")]
    Columns(#[from] PolarsError),
}

impl Error {
    /// A learned model's refusal.
    pub(super) fn of(model: &str, source: learn::Error) -> Self {
        Self::Learn {
            model: model.to_owned(),
            source,
        }
    }

    /// The kind of failure.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Settings(_) => Kind::Usage,
            Self::NoLabels
            | Self::TooFewPositives { .. }
            | Self::OnlyPositives { .. }
            | Self::NothingVaries { .. }
            | Self::NotConverged { .. }
            | Self::TooFewFindings { .. }
            | Self::Part { .. }
            | Self::NotCalibrated { .. } => Kind::Data,
            Self::Learn { source, .. } => source.kind(),
            Self::Indicators(error) => error.kind(),
            Self::NotFitted(_)
            | Self::UnknownClass { .. }
            | Self::Write { .. }
            | Self::Columns(_) => Kind::Bug,
        }
    }
}

fn listed(problems: &[Problem]) -> String {
    problems
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("\n")
}
