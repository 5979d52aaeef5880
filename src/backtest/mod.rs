//! Rolling back-test of learned models (workshop): the same walk as of many past days, each model judged by what came after.
//!
//! Files are read once, as of the end of the last window; every row is seen from its own day by the as-of law of the
//! indicators. For a cut-off c the training rows are those of the days c − k·S whose labels were known before c; the
//! windows of the latest ones are cut at c. Memory: one cut-off's training rows at a time, and the scores of the windows.

mod checked;
mod folds;
mod params;
mod selective;
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use thiserror::Error as ThisError;

use crate::error::Error as HouseError;
use crate::evaluate::{
    self, Extent, Fold, HitRule, Probability, Rolling, RollingFacts, Window, roll,
};
use crate::indicators::{self, Panel, PanelAsk};
use crate::ingest::{self, Snapshot, Visit};
use crate::job::BacktestJob;
use crate::registers;
use crate::risk::learn::{self, Labels, Platt, probability};
use crate::units::{AsOf, Day, Kind, Meter, Problem};
use checked::ValidWindow;
use folds::Bench;
use params::PAST_RATE;

pub use checked::ValidParams;
pub use params::{Back, Baselines, Cutoffs, Params, WindowParams};
pub use selective::{DrawDesign, Prepared, SelectiveParams, Training};

/// Days back from a cut-off that a training row may be seen from, where the job sets no limit: more than any record.
const STEPS_MAX: i32 = 2_000;

/// Why a back-test cannot be made.
#[derive(Debug, ThisError)]
pub enum Error {
    /// Settings that do not fit the catalogues.
    #[error("{}", listed(.0))]
    Settings(Vec<Problem>),
    /// Nothing to learn from before a cut-off, or nothing to rank after it.
    #[error("cut-off {cutoff}: {rule}")]
    Empty {
        /// The cut-off.
        cutoff: Day,
        /// What is missing.
        rule: String,
    },
    /// A model that cannot be fitted.
    #[error("cut-off {cutoff}, model {model}")]
    Fit {
        /// The cut-off.
        cutoff: Day,
        /// The model, or `design`.
        model: String,
        /// Why.
        source: learn::Error,
    },
    /// A replay of selective labels that cannot be made.
    #[error("backtest.selective: {rule}")]
    Selective {
        /// What is missing.
        rule: String,
    },
    /// The rows cannot be made or read.
    #[error(transparent)]
    Indicators(#[from] indicators::Error),
}

impl Error {
    /// The kind of this failure.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Settings(_) => Kind::Usage,
            Self::Empty { .. } | Self::Selective { .. } => Kind::Data,
            Self::Fit { source, .. } => source.kind(),
            Self::Indicators(error) => error.kind(),
        }
    }
}

fn listed(problems: &[Problem]) -> String {
    let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

/// A back-test with the snapshot it was made from.
#[derive(Debug)]
pub struct Tried {
    /// What was measured.
    pub rolling: Rolling,
    /// The records, as of the end of the last window.
    pub snapshot: Snapshot,
}

/// Tries the models of a job on its past.
///
/// # Errors
/// Sources that cannot be used; a cut-off without rows to learn from or to rank, or with one kind of label only; a model
/// that cannot be fitted.
pub fn run(job: &BacktestJob, work: &Path, meter: &Meter) -> Result<Tried, HouseError> {
    let params = &job.backtest;
    let (snapshot, visits, panel) = rows(job, work, meter)?;
    let bench = Bench {
        params,
        panel: &panel,
    };
    bench.check()?;
    let (mut folds, mut notes) = folds(&bench, meter)?;
    notes.extend(folds.iter().filter_map(words::of_fold));
    notes.extend(folds.last().and_then(words::of_idle));
    calibrate(params, &mut folds)?;
    let facts = facts(job, &bench, &panel, notes);
    let extent = Extent {
        budgets: params.budgets.clone(),
        replicates: params.replicates,
        seed: job.digest.0,
    };
    let first = params.cutoffs.first().copied().unwrap_or(params.until());
    let mut rolling = roll(facts, &folds, first, &extent)?;
    meter.report("intervals", 1, 1);
    if let Some(window) = &params.window {
        rolling.window = Some(looked_at(job, &bench, window, &folds, &visits)?);
        meter.report("window", 1, 1);
    }
    if let Some(written) = &params.selective {
        rolling.selective = Some(selective::replayed(written, &panel)?);
        meter.report("selective labels", 1, 1);
    }
    Ok(Tried { rolling, snapshot })
}

/// The window of a job as [`run`] has it, without the folds that the choice for it does not look at; none where the job
/// names no window.
///
/// # Errors
/// As [`run`].
pub fn window(job: &BacktestJob, work: &Path, meter: &Meter) -> Result<Option<Window>, HouseError> {
    let params = &job.backtest;
    let Some(window) = &params.window else {
        return Ok(None);
    };
    let (_, visits, panel) = rows(job, work, meter)?;
    let bench = Bench {
        params,
        panel: &panel,
    };
    bench.check()?;
    let all = params.earlier.iter().chain(&params.cutoffs);
    let mut past: Vec<Day> = all
        .copied()
        .filter(|cutoff| cutoff.plus(params.window_days) <= window.cutoff)
        .collect();
    past.sort_unstable();
    let mut folds: Vec<Fold> = Vec::new();
    for cutoff in past.into_iter().rev() {
        if folds.len() < params.rule.past {
            folds.extend(past_fold(&bench, cutoff)?.filter(Fold::has_both));
        }
        meter.report("cut-offs", folds.len() as u64, params.rule.past as u64);
    }
    folds.sort_by_key(|fold| fold.cutoff);
    let looked = looked_at(job, &bench, window, &folds, &visits)?;
    meter.report("window", 1, 1);
    Ok(Some(looked))
}

/// The fold of an earlier or evaluated cut-off; none where an earlier one cannot be had.
fn past_fold(bench: &Bench, cutoff: Day) -> Result<Option<Fold>, Error> {
    let is_earlier = bench.params.earlier.contains(&cutoff);
    match bench.fold(cutoff) {
        Err(Error::Fit { .. }) if is_earlier => Ok(None),
        fold => fold,
    }
}

/// The records, the listed visits and the rows of every day that is looked at.
fn rows(
    job: &BacktestJob,
    work: &Path,
    meter: &Meter,
) -> Result<(Snapshot, Vec<Visit>, Panel), HouseError> {
    let params = &job.backtest;
    let until = AsOf(params.until());
    let snapshot = ingest::read(&job.ingest, until, job.partitions, work, meter)?;
    let registers = registers::compile(&job.registers, &snapshot, until, work, meter)?;
    let visits = visits_of(job, &snapshot, work)?;
    let panel = indicators::compute_panel(
        &job.indicators,
        params.labels(),
        &ask(params, &visits),
        &registers,
        &snapshot,
        until,
        work,
        meter,
    )?;
    Ok((snapshot, visits, panel))
}

fn visits_of(
    job: &BacktestJob,
    snapshot: &Snapshot,
    work: &Path,
) -> Result<Vec<Visit>, HouseError> {
    match (job.backtest.listed(), job.ingest.table("inspections")) {
        (Some(list), Some(inspections)) => {
            Ok(ingest::read_visits(inspections, list, snapshot, work)?)
        }
        _ => Ok(Vec::new()),
    }
}

/// Every day some cut-off looks back to, and the cut-offs themselves.
fn ask(params: &ValidParams, visits: &[Visit]) -> PanelAsk {
    let window = params.window.as_ref().map(|window| window.cutoff);
    let cutoffs = params.earlier.iter().chain(&params.cutoffs).copied();
    let mut days: BTreeSet<Day> = cutoffs.clone().collect();
    for cutoff in cutoffs.chain(window) {
        let back = (1..=STEPS_MAX).map(|k| cutoff.plus(-k * params.every_days));
        let from = params.from.unwrap_or(Day::from_days(i32::MIN / 2));
        days.extend(back.take_while(|day| *day >= from));
    }
    let given = window.map(|cutoff| visits.iter().map(move |visit| (visit.object_key, cutoff)));
    PanelAsk {
        days: days.into_iter().collect(),
        window_days: params.window_days,
        given: given.into_iter().flatten().collect(),
        probability: params.probability.clone(),
        carried: params.subsets.clone(),
        each: params
            .selective
            .as_ref()
            .map(|own| own.each(params.until())),
    }
}

/// The folds of the earlier and the evaluated cut-offs, and what was left out.
fn folds(bench: &Bench, meter: &Meter) -> Result<(Vec<Fold>, Vec<String>), Error> {
    let params = bench.params;
    let total = (params.earlier.len() + params.cutoffs.len()) as u64;
    let (mut folds, mut notes, mut done) = (Vec::new(), Vec::new(), 0);
    for &cutoff in &params.earlier {
        match bench.fold(cutoff) {
            Ok(Some(fold)) => folds.push(fold),
            Ok(None) => notes.push(words::of_skipped(
                cutoff,
                "it has no rows to learn from or to rank",
            )),
            Err(Error::Fit { source, .. }) => {
                notes.push(words::of_skipped(cutoff, &source.to_string()));
            }
            Err(error) => return Err(error),
        }
        done += 1;
        meter.report("cut-offs", done, total);
    }
    for &cutoff in &params.cutoffs {
        let rule = format!(
            "no first routine visit lies in its window, or no day before it has {} rows to learn from",
            params.rows_min
        );
        let fold = bench.fold(cutoff)?;
        folds.push(fold.ok_or(Error::Empty { cutoff, rule })?);
        done += 1;
        meter.report("cut-offs", done, total);
    }
    Ok((folds, notes))
}

/// Gives every fold the probabilities of its chosen model, calibrated on the past folds the choice looked at.
fn calibrate(params: &ValidParams, folds: &mut [Fold]) -> Result<(), Error> {
    for place in 0..folds.len() {
        let cutoff = folds[place].cutoff;
        let choice = params.rule.choose(folds, cutoff, params.window_days);
        let past = folds
            .iter()
            .filter(|fold| choice.past.contains(&fold.cutoff));
        let (mut scores, mut found) = (Vec::new(), Vec::new());
        for fold in past {
            scores.extend_from_slice(&fold.scores[&choice.name]);
            found.extend(fold.rows.iter().map(|row| row.found));
        }
        if found.is_empty() {
            continue;
        }
        let refused = |source| Error::Fit {
            cutoff,
            model: format!("calibration of {}", choice.name),
            source,
        };
        let labels = Labels::unweighted(found).map_err(refused)?;
        let platt = Platt::fit(&scores, &labels).map_err(refused)?;
        let own = &folds[place].scores[&choice.name];
        let given = Probability {
            raw: own.iter().map(|score| probability(*score)).collect(),
            calibrated: own.iter().map(|score| platt.probability(*score)).collect(),
        };
        folds[place].probability = Some(given);
    }
    Ok(())
}

fn facts(job: &BacktestJob, bench: &Bench, panel: &Panel, notes: Vec<String>) -> RollingFacts {
    let (params, baselines) = (bench.params, bench.baselines());
    let models = params.models.iter().map(|model| model.name.clone());
    RollingFacts {
        title: job.title.clone(),
        job: job.name.clone(),
        office: job.report.office().to_owned(),
        synthetic: job.synthetic,
        window_days: params.window_days,
        every_days: params.every_days,
        n_indicators: panel.indicators().len() as u64,
        models: models.chain(baselines.iter().cloned()).collect(),
        baselines,
        subsets: params.subsets.clone(),
        rule: params.rule.clone(),
        notes,
    }
}

/// The listed visits in the order every model would have gone, each object as it was seen from the window's cut-off.
fn looked_at(
    job: &BacktestJob,
    bench: &Bench,
    window: &ValidWindow,
    folds: &[Fold],
    visits: &[Visit],
) -> Result<Window, HouseError> {
    let cutoff = window.cutoff;
    let rows = bench.panel.given().map_err(Error::from)?;
    let ranked = bench.scored(cutoff, window.until, rows)?;
    let rule = "no day before it has rows to learn from".to_owned();
    let ranked = ranked.ok_or(Error::Empty { cutoff, rule })?;
    let keys = ranked.rows.object_key.iter().enumerate();
    let places: BTreeMap<u64, usize> = keys.map(|(place, key)| (*key, place)).collect();
    let listed: Vec<Visit> = visits
        .iter()
        .filter(|visit| places.contains_key(&visit.object_key))
        .cloned()
        .collect();
    let of_visits = |scores: &Vec<f64>| -> Vec<f64> {
        listed
            .iter()
            .map(|visit| scores[places[&visit.object_key]])
            .collect()
    };
    let scores: BTreeMap<String, Vec<f64>> = ranked
        .scores
        .iter()
        .map(|(name, scores)| (name.clone(), of_visits(scores)))
        .collect();
    let choice = bench
        .params
        .rule
        .choose(folds, cutoff, bench.params.window_days);
    let replay = evaluate::replay(
        &of_replay(bench.params.replicates)?,
        &listed,
        &scores,
        &choice.name,
        &job.digest.0,
    )?;
    Ok(Window {
        cutoff,
        choice,
        trained: ranked.trained,
        replay,
    })
}

/// A replay asks for replicates and a baseline only.
fn of_replay(replicates: u32) -> Result<evaluate::ValidParams, Error> {
    let written = evaluate::Params {
        hit_rule: HitRule::Found,
        unreachable_is_hit: true,
        hit_codes: Vec::new(),
        unreachable_codes: Vec::new(),
        void_codes: Vec::new(),
        clean_codes: Vec::new(),
        replicates,
        baseline: PAST_RATE.to_owned(),
        by: Vec::new(),
        policies: std::collections::BTreeMap::new(),
    };
    written.check().map_err(Error::Settings)
}
