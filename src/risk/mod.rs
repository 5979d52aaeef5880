//! 信用风险分类: indicators to scores per model, integer risk points, class and reasons.
//!
//! Two models stand side by side: a declared scorecard (explainable, the legal default) and a regularised logistic
//! model fitted only on past labels, beside the rankings any office could have used. The job names the one that sets
//! points and class; no other ever takes its place. Law: points and classes do not depend on the order of rows, on
//! partitions or on threads. Direct judgements (直接判定) of the card hold whichever model is chosen: they demand a class
//! at least as bad as theirs, and at least their points (in proportion, where the chosen model's points run to another
//! maximum). Objects a policy leaves unclassified stay so. [`learn`] holds the learned models as pure functions.

mod behind;
mod card;
mod features;
mod file;
mod imported;
pub mod learn;
mod limits;
mod logistic;
mod outside;
mod params;
mod reasons;
mod rule;
mod scoring;
mod sql;
mod table;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use polars::prelude::{LazyFrame, PolarsError, col};
use rayon::prelude::*;
use thiserror::Error;

use crate::indicators::{self, IndicatorTable, LabelledTable};
use crate::units::{Kind, Meter, Problem};
use logistic::Fitted;
use params::Limits;
use rule::Rule;
use scoring::Scoring;
use table::{part_path, write_part};

pub use file::{RiskColumns, RiskFile, RiskRow, reason_list};
pub use imported::{ImportRule, Imported};
pub use logistic::{Coefficient, Fit};
pub use outside::{Unclassified, UnclassifiedPoints};
pub use params::{Baselines, Class, Logistic, ModelName, Params, ValidParams};
pub use table::{CardSummary, ClassCount, ModelSummary, RiskPart, RiskPoints, RiskTable};

/// Why objects cannot be classified.
#[derive(Debug, Error)]
pub enum Error {
    /// The settings name what the catalogue of indicators does not have.
    #[error("{}", listed(.0))]
    Settings(Vec<Problem>),
    /// The chosen model learns, and there is nothing to learn from.
    #[error(
        "the logistic model needs labelled past visits, and there is no labelled table (risk.labels)"
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
    /// The kind of failure.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Settings(_) => Kind::Usage,
            Self::NoLabels
            | Self::TooFewPositives { .. }
            | Self::OnlyPositives { .. }
            | Self::NothingVaries { .. }
            | Self::NotConverged { .. } => Kind::Data,
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

/// Classifies every object of the table, and writes `risk/part-000.parquet` … below `work`.
///
/// # Errors
/// [`enum@Error`] names the setting, the missing labels or the file.
pub fn classify(
    params: &ValidParams,
    table: &IndicatorTable,
    labelled: Option<&LabelledTable>,
    work: &Path,
    meter: &Meter,
) -> Result<RiskTable, Error> {
    let problems = params.check_indicators(table.indicators());
    if !problems.is_empty() {
        return Err(Error::Settings(problems));
    }
    if let Some(imported) = &params.imported {
        imported.check_values(table)?;
    }
    let learned = learn(params, table, labelled)?;
    let rules = rules(params, learned.as_ref(), table);
    let baselines = scoring::baselines(params, longest(params, table)?);
    let scoring = Scoring {
        params,
        indicators: table.indicators(),
        rules,
        baselines,
    };
    let bounds = bounds(&scoring, table, meter)?;
    let dir = work.join("risk");
    std::fs::create_dir_all(&dir).map_err(|source| Error::Write {
        path: dir.clone(),
        source,
    })?;
    let mut classes = classes(params, &bounds);
    let one = |part: usize| {
        let mut counted = scoring.classify(scan(table, part)?, &bounds)?;
        write_part(&part_path(&dir, part), &mut counted.frame)?;
        Ok((counted.n, counted.n_judged))
    };
    in_waves(table, one, |(n, n_judged), done| {
        for ((class, n), n_judged) in classes.iter_mut().zip(n).zip(n_judged) {
            class.n += n;
            class.n_judged += n_judged;
        }
        meter.report("classify", done, table.n_parts() as u64);
    })?;
    let models = summaries(params, &scoring, learned);
    Ok(RiskTable {
        dir,
        n_parts: table.n_parts(),
        classes,
        models,
        scored: scoring.models(),
    })
}

/// Calls `one` for every partition, as many at a time as there are threads, and hands each result on in order.
fn in_waves<T: Send>(
    table: &IndicatorTable,
    one: impl Fn(usize) -> Result<T, Error> + Sync,
    mut finished: impl FnMut(T, u64),
) -> Result<(), Error> {
    let parts: Vec<usize> = (0..table.n_parts()).collect();
    for wave in parts.chunks(rayon::current_num_threads()) {
        let done = wave.par_iter().map(|&part| one(part));
        let done = done.collect::<Result<Vec<T>, Error>>()?;
        for (done, part) in done.into_iter().zip(wave) {
            finished(done, *part as u64 + 1);
        }
    }
    Ok(())
}

type Learned = Result<Fitted, Error>;

/// The learned model, if one is declared. Its refusal is an error only where it is the chosen model.
fn learn(
    params: &ValidParams,
    table: &IndicatorTable,
    labelled: Option<&LabelledTable>,
) -> Result<Option<Learned>, Error> {
    let Some(settings) = &params.logistic else {
        return Ok(None);
    };
    let fitted = labelled
        .ok_or(Error::NoLabels)
        .and_then(|rows| logistic::fit(settings, rows, table.indicators()));
    match fitted {
        Err(error) if params.model == ModelName::Logistic || error.kind() != Kind::Data => {
            Err(error)
        }
        fitted => Ok(Some(fitted)),
    }
}

/// The declared models that can score, the chosen one first.
fn rules(params: &ValidParams, learned: Option<&Learned>, table: &IndicatorTable) -> Vec<Rule> {
    let card = params.card.as_ref().map(rule::scorecard);
    let fitted = learned.and_then(|fitted| fitted.as_ref().ok());
    let logistic = fitted.map(|fitted| logistic::rule(fitted, table.indicators()));
    let mut rules: Vec<Rule> = card.into_iter().chain(logistic).collect();
    rules.sort_by_key(|rule| rule.name != params.model.as_str());
    rules
}

/// Smallest points of each class, lowest class first.
fn bounds(scoring: &Scoring, table: &IndicatorTable, meter: &Meter) -> Result<Vec<u32>, Error> {
    let shares = match &scoring.params.limits {
        Limits::Points(bounds) => return Ok(bounds.clone()),
        Limits::Shares(shares) => shares,
    };
    let mut histogram: BTreeMap<u32, u64> = BTreeMap::new();
    let one = |part: usize| Ok(scoring.histogram(chosen(table, table.scan_eligible(part)?))?);
    in_waves(table, one, |found, done| {
        for (points, n) in found {
            *histogram.entry(points).or_default() += n;
        }
        meter.report("class limits", done, table.n_parts() as u64);
    })?;
    Ok(limits::from_shares(&histogram, shares))
}

/// The largest known number of days since the last visit; 0 where none is known.
fn longest(params: &ValidParams, table: &IndicatorTable) -> Result<f64, Error> {
    let Some(name) = &params.baselines.days_since_last else {
        return Ok(0.0);
    };
    let mut longest: Option<f64> = None;
    for part in 0..table.n_parts() {
        let known = table
            .scan(part)?
            .select([rule::number(name).max().alias("days")])
            .collect()?;
        let most = known.column("days")?.f64()?.get(0);
        longest = longest.into_iter().chain(most).reduce(f64::max);
    }
    Ok(longest.unwrap_or_default())
}

fn scan(table: &IndicatorTable, part: usize) -> Result<LazyFrame, Error> {
    Ok(chosen(table, table.scan(part)?))
}

/// The key and the indicators, in the order of the catalogue.
fn chosen(table: &IndicatorTable, rows: LazyFrame) -> LazyFrame {
    let names = table
        .indicators()
        .iter()
        .map(|indicator| col(indicator.name.as_str()));
    let names: Vec<_> = std::iter::once(col("object_key")).chain(names).collect();
    rows.select(names)
}

fn classes(params: &ValidParams, bounds: &[u32]) -> Vec<ClassCount> {
    let named = params
        .classes
        .iter()
        .zip(bounds.iter().map(|bound| Some(*bound)));
    let rest = params.outside.iter().map(|policy| (&policy.class, None));
    let count = |(class, points_from): (&params::NamedClass, Option<u32>)| ClassCount {
        code: class.code.clone(),
        name: class.name.clone(),
        n: 0,
        n_judged: 0,
        points_from,
    };
    named.chain(rest).map(count).collect()
}

fn summaries(
    params: &ValidParams,
    scoring: &Scoring,
    learned: Option<Learned>,
) -> Vec<ModelSummary> {
    let plain = |name: &str| ModelSummary {
        name: name.to_owned(),
        chosen: name == params.model.as_str(),
        card: None,
        fit: None,
        refused: None,
    };
    let card = params.card.as_ref().map(|card| {
        let (name, zh, en) = (card.name.clone(), card.zh.clone(), card.en.clone());
        ModelSummary {
            card: Some(CardSummary {
                name,
                zh,
                en,
                digest: card.digest,
            }),
            ..plain("scorecard")
        }
    });
    let logistic = learned.map(|learned| match learned {
        Ok(fitted) => ModelSummary {
            fit: Some(fitted.fit),
            ..plain("logistic")
        },
        Err(error) => ModelSummary {
            refused: Some(error.to_string()),
            ..plain("logistic")
        },
    });
    let baselines = scoring.baselines.iter().map(|(model, _)| plain(model));
    let mut models: Vec<ModelSummary> = card.into_iter().chain(logistic).chain(baselines).collect();
    models.sort_by_key(|model| !model.chosen);
    models
}
