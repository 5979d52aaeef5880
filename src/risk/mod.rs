//! 信用风险分类: indicators to scores per model, integer risk points, class and reasons.
//!
//! Models stand side by side: a declared scorecard (explainable, the legal default), a regularised logistic model and the
//! learned models of `[[risk.learned]]`, all fitted only on past labels, beside the rankings any office could have used.
//! The job names the one that sets points and class; no other ever takes its place. Law: points and classes do not depend on the order of rows, on
//! partitions or on threads. Direct judgements (直接判定) of the card hold whichever model is chosen: they demand a class
//! at least as bad as theirs, and at least their points (in proportion, where the chosen model's points run to another
//! maximum). Objects a policy leaves unclassified stay so. [`learn`] holds the learned models as pure functions.

mod behind;
mod card;
mod error;
mod features;
mod file;
mod imported;
pub mod learn;
mod learned;
mod limits;
mod logistic;
mod models;
mod outside;
mod params;
mod penalty;
mod reasons;
mod recipes;
mod rows;
mod rule;
mod scoring;
mod sql;
mod table;

use std::collections::BTreeMap;
use std::path::Path;

use polars::prelude::{LazyFrame, col};
use rayon::prelude::*;

use crate::indicators::{IndicatorTable, LabelledTable};
use crate::units::{Kind, Meter};
use logistic::Fitted;
use params::Limits;
use scoring::Scoring;
use table::{part_path, write_part};

pub use error::Error;
pub use file::{RiskColumns, RiskFile, RiskRow, reason_list};
pub use imported::{ImportRule, Imported};
pub use learn::Idle;
pub use learned::{
    Calibrated, Gain, LearnedFit, LearnedKind, LearnedWeights, Learning, Method, Sure,
};
pub use logistic::{Coefficient, Fit};
pub use outside::{Unclassified, UnclassifiedPoints};
pub use params::{Baselines, Class, Logistic, Params, ValidParams};
pub use penalty::ChosenPenalty;
pub(crate) use penalty::{Past, settled};
pub use reasons::{REST as REST_OF_POINTS, reason_parts};
pub use recipes::{BoostedModel, LogisticModel, ModelParams, PenaltyParam};
pub(crate) use recipes::{Made, Named, check_models, check_names};
pub(crate) use rows::{Codes, labels, with_nuisances};
pub use table::{
    CardSummary, ClassCount, ModelSummary, RiskPart, RiskPoints, RiskProbability, RiskTable,
};

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
    let plain = learn(params, table, labelled)?;
    let learnt = learned::learn(params, labelled, table.indicators())?;
    let rules = models::rules(params, plain.as_ref(), learnt.as_ref(), table.indicators());
    let baselines = scoring::baselines(params, longest(params, table)?);
    let scoring = Scoring {
        params,
        indicators: table.indicators(),
        learnt: learnt.as_ref(),
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
    let models = models::summaries(params, &scoring, plain);
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

/// The plain logistic model, or why it cannot be fitted.
type Plain = Result<Fitted, Error>;

/// The plain logistic model, if it is declared. Its refusal is an error only where it is the chosen model.
fn learn(
    params: &ValidParams,
    table: &IndicatorTable,
    labelled: Option<&LabelledTable>,
) -> Result<Option<Plain>, Error> {
    let Some(settings) = &params.logistic else {
        return Ok(None);
    };
    let fitted = labelled
        .ok_or(Error::NoLabels)
        .and_then(|rows| logistic::fit(settings, rows, table.indicators()));
    match fitted {
        Err(error) if params.model == models::LOGISTIC || error.kind() != Kind::Data => Err(error),
        fitted => Ok(Some(fitted)),
    }
}

/// Smallest points of each class, lowest class first.
fn bounds(scoring: &Scoring, table: &IndicatorTable, meter: &Meter) -> Result<Vec<u32>, Error> {
    let shares = match &scoring.params.limits {
        Limits::Points(bounds) => return Ok(bounds.clone()),
        Limits::Shares(shares) => shares,
    };
    let mut histogram: BTreeMap<u32, u64> = BTreeMap::new();
    let one = |part: usize| scoring.histogram(chosen(table, table.scan_eligible(part)?));
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
