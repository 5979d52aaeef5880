//! Walks the house once, front to back; every call is one room.

use std::path::Path;

use tracing::info;

use crate::error::Error;
use crate::evaluate::{
    Detection, Deterrence, Evaluation, OverTime, PastRounds, Redraw, RoundResults, ValidDeterrence,
};
use crate::facts::{self, Roll};
use crate::job::Job;
use crate::units::{FrameSource, Meter};
use crate::{backtest, draw, evaluate, indicators, ingest, plan, publish, registers, risk};

/// What the front half of the walk hands on: everything that is known before the seed.
#[derive(Debug)]
pub struct Scored {
    /// Accepted rows, and the refused with their reasons.
    pub snapshot: ingest::Snapshot,
    /// The frame as of the day.
    pub registers: registers::Registers,
    /// What a learned model was fitted on.
    pub labelled: Option<indicators::LabelledTable>,
    /// Indicators of every object.
    pub table: indicators::IndicatorTable,
    /// What the indicators are called.
    pub indicators: Vec<indicators::Indicator>,
    /// Scores, points, classes, reasons.
    pub risk: risk::RiskTable,
}

/// A sealed plan and the sample drawn from it.
#[derive(Debug)]
pub struct Drawn {
    /// What was fixed before the seed.
    pub sealed: plan::SealedPlan,
    /// The seed of the draw.
    pub seed: draw::Seed,
    /// What the seed gave.
    pub sample: draw::Sample,
}

/// From files to the risk table.
///
/// # Errors
/// The first room that cannot go on says why.
pub fn score(job: &Job, work: &Path, meter: &Meter) -> Result<Scored, Error> {
    let snapshot = ingest::read(&job.ingest, job.as_of, job.partitions, work, meter)?;
    info!(inputs = snapshot.inputs().len(), "sources read");
    let registers = registers::compile(&job.registers, &snapshot, job.as_of, work, meter)?;
    info!(
        n_objects = registers.n_objects(),
        n_frame = registers.n_frame(),
        "registers compiled"
    );
    let table = indicators::compute(
        &job.indicators,
        &registers,
        &snapshot,
        job.as_of,
        work,
        meter,
    )?;
    info!(indicators = table.indicators().len(), "indicators computed");
    let labelled = match &job.labels {
        Some(labels) => Some(indicators::compute_labelled(
            &job.indicators,
            labels,
            &registers,
            &snapshot,
            job.as_of,
            work,
            meter,
        )?),
        None => None,
    };
    let risk = risk::classify(&job.risk, &table, labelled.as_ref(), work, meter)?;
    info!(classes = risk.classes().len(), "objects classified");
    let indicators = table.indicators().to_vec();
    Ok(Scored {
        snapshot,
        registers,
        labelled,
        table,
        indicators,
        risk,
    })
}

/// From the risk table to the sealed plan, in the folder `seal`.
///
/// # Errors
/// The design cannot be executed, or a partition cannot be read.
pub fn seal(
    job: &Job,
    scored: &Scored,
    seal: &Path,
    meter: &Meter,
) -> Result<plan::SealedPlan, Error> {
    let frame = plan::JoinedFrame::new(&job.plan, &scored.risk, &scored.registers)?;
    let sealed = publish::write_seal(&job.plan, &header(job), &frame, seal, meter)?;
    sealed.exempts_nobody()?;
    info!(n = sealed.n(), n_units = sealed.n_units(), "plan sealed");
    Ok(sealed)
}

/// From the sealed plan and a seed text to the sample.
///
/// # Errors
/// The seed cannot be used, or a partition cannot be read.
pub fn draw_from(
    sealed: plan::SealedPlan,
    frame: &dyn FrameSource,
    seed: &str,
    source: &str,
    meter: &Meter,
) -> Result<Drawn, Error> {
    let seed = draw::Seed::new(sealed.hash, &sealed.seal_digest(), seed, source)?;
    let sample = draw::select(&sealed, &seed, frame, meter)?;
    info!(n = sample.n(), "targets drawn");
    Ok(Drawn {
        sealed,
        seed,
        sample,
    })
}

/// Seals, then draws with the rehearsal's seed.
///
/// # Errors
/// As [`seal`] and [`draw_from`].
pub fn draw(job: &Job, scored: &Scored, seal_folder: &Path, meter: &Meter) -> Result<Drawn, Error> {
    let sealed = seal(job, scored, seal_folder, meter)?;
    let frame = plan::JoinedFrame::new(&job.plan, &scored.risk, &scored.registers)?;
    draw_from(
        sealed,
        &frame,
        &job.rehearsal.seed,
        &job.rehearsal.seed_source,
        meter,
    )
}

/// What the back half of the walk hands on.
#[derive(Debug)]
pub struct Evaluated {
    /// What was found.
    pub evaluation: Evaluation,
    /// The drawn and reserve objects with their particulars.
    pub roll: Roll,
    /// The round, for a later run to be held against; absent where outcomes are not known.
    pub round: Option<RoundResults>,
}

/// What the draw found, where outcomes are known, and how past visits would have gone, where the job names them.
///
/// # Errors
/// Outcomes or visits cannot be read or used.
pub fn evaluate(
    job: &Job,
    scored: &Scored,
    drawn: &Drawn,
    work: &Path,
    meter: &Meter,
) -> Result<Evaluated, Error> {
    let roll = facts::roll(scored, drawn)?;
    let frame = facts::frame_facts(scored, drawn, &roll);
    let seed = drawn.seed.digest().0;
    let units = roll.units(&outcomes(job, scored, &roll, work)?);
    let measured = job
        .outcomes
        .as_ref()
        .map(|_| evaluate::measure(&job.evaluate, &frame, &units, &seed));
    let estimates = measured.transpose()?;
    let hits = hits(job, scored, &roll, &frame, &units, &seed)?;
    let fairness = fairness(job, scored, &roll, &frame, &units)?;
    let (own, strictness) = replay(job, scored, work, &seed)?.unzip();
    let (backtest, by_rule) = looked_back(job, own, work, meter)?;
    let mechanism = facts::mechanism(job, scored, &roll, &units)?;
    let before = before(job, scored, &seed)?;
    let groups = facts::audit_groups(job, scored, drawn, &roll)?;
    let spread: Vec<f64> = frame.strata.iter().map(|stratum| stratum.d).collect();
    let round = job.outcomes.as_ref();
    let round = round
        .map(|_| facts::round(job, &frame, &units))
        .transpose()?;
    let survey = job.survey.as_ref();
    let refusals = scored
        .snapshot
        .refusals()?
        .into_iter()
        .map(|(label, n)| evaluate::Count { label, n })
        .collect();
    let facts = facts::facts(job, scored, drawn, &frame, refusals);
    let evaluation = Evaluation {
        format: evaluate::FORMAT,
        facts,
        estimates,
        hits,
        over_time: before.over_time,
        backtest,
        by_rule,
        fairness,
        mechanism: Some(mechanism),
        deterrence: before.deterrence,
        outcome_kinds: outcome_kinds(job),
        detection: before.detection.or(strictness.flatten()),
        past: before.past,
        draw_audit: Some(evaluate::draw_audit(&groups, &spread)),
        survey: survey.map(|survey| evaluate::survey(survey, &groups)),
        since: None,
        card: Some(facts::card(job)),
    };
    Ok(Evaluated {
        evaluation,
        roll,
        round,
    })
}

/// Kinds of events that deterrence is measured on.
#[must_use]
pub fn outcome_kinds(job: &Job) -> Vec<String> {
    let section = job.deterrence.iter();
    section.flat_map(|one| one.outcomes.clone()).collect()
}

/// What the visits returned of the drawn objects; nothing where the job names no outcomes.
fn outcomes(
    job: &Job,
    scored: &Scored,
    roll: &Roll,
    work: &Path,
) -> Result<Vec<ingest::Outcome>, Error> {
    let Some(table) = &job.outcomes else {
        return Ok(Vec::new());
    };
    let mut keys: Vec<u64> = roll.drawn().map(|one| one.key).collect();
    keys.sort_unstable();
    Ok(ingest::read_outcomes(table, &keys, &scored.snapshot, work)?)
}

fn hits(
    job: &Job,
    scored: &Scored,
    roll: &Roll,
    frame: &evaluate::FrameFacts,
    units: &[evaluate::DrawnUnit],
    seed: &[u8; 32],
) -> Result<Option<evaluate::HitRates>, Error> {
    if job.outcomes.is_none() {
        return Ok(None);
    }
    let around = facts::around(job, scored, roll)?;
    let hits = evaluate::hit_rates(&job.evaluate, frame, units, &around, seed)?;
    Ok(Some(hits))
}

fn fairness(
    job: &Job,
    scored: &Scored,
    roll: &Roll,
    frame: &evaluate::FrameFacts,
    units: &[evaluate::DrawnUnit],
) -> Result<Option<evaluate::Fairness>, Error> {
    if job.fairness.by().is_empty() {
        return Ok(None);
    }
    let attributes = facts::attributes(&job.fairness, scored, roll)?;
    let fairness = evaluate::fairness(&job.fairness, &job.evaluate, frame, units, &attributes)?;
    Ok(Some(fairness))
}

/// The replay of the job's window by the model its rule chose, with the job's own models beside it; without a window the
/// replay of these alone.
fn looked_back(
    job: &Job,
    own: Option<evaluate::Backtest>,
    work: &Path,
    meter: &Meter,
) -> Result<(Option<evaluate::Backtest>, Option<evaluate::ByRule>), Error> {
    let Some(backtest) = &job.backtest else {
        return Ok((own, None));
    };
    let Some(window) = backtest::window(backtest, &work.join("backtest"), meter)? else {
        return Ok((own, None));
    };
    let by_rule = evaluate::ByRule {
        cutoff: window.cutoff,
        choice: window.choice,
        trained: window.trained,
        own,
    };
    Ok((Some(window.replay), Some(by_rule)))
}

/// What past draws say.
#[derive(Debug, Default)]
pub struct Before {
    /// Round by round.
    pub past: Option<PastRounds>,
    /// Rounds side by side.
    pub over_time: Option<OverTime>,
    /// What they deterred.
    pub deterrence: Option<Deterrence>,
    /// How inspectors differ.
    pub detection: Option<Detection>,
}

/// Past draws side by side, and what they deterred, where the job names them.
fn before(job: &Job, scored: &Scored, seed: &[u8; 32]) -> Result<Before, Error> {
    let Some(section) = &job.deterrence else {
        return Ok(Before::default());
    };
    let past = past_of(section, scored, None, seed)?;
    let params = evaluate::OverTimeParams {
        replicates: job.evaluate.replicates(),
        minimum: evaluate::N_MIN,
    };
    let assignment = section.assignment();
    let detection = evaluate::detection(&past.inspectors, &past.visits, &[], assignment)?;
    Ok(Before {
        over_time: evaluate::over_time(params, &past.rounds, seed)?,
        deterrence: Some(deterrence_of(section, &past, seed)?),
        detection: Some(detection),
        past: Some(past.account),
    })
}

/// Past draws from the job's tables, or from rounds of record in place of its table of draws.
///
/// # Errors
/// As [`facts::past`].
pub fn past_of(
    section: &ValidDeterrence,
    scored: &Scored,
    recorded: Option<&facts::Recorded>,
    seed: &[u8; 32],
) -> Result<facts::Past, Error> {
    let classes = scored.risk.classes().iter().map(|class| class.code.clone());
    let sources = facts::Sources {
        snapshot: &scored.snapshot,
        registers: &scored.registers,
        classes: &classes.collect::<Vec<_>>(),
        recorded,
    };
    let past = facts::past(section, &sources, seed)?;
    info!(waves = past.waves.len(), "past draws read");
    Ok(past)
}

/// What past draws deterred, each drawn again by its own engine.
///
/// # Errors
/// A wave that breaks a rule.
pub fn deterrence_of(
    section: &ValidDeterrence,
    past: &facts::Past,
    seed: &[u8; 32],
) -> Result<Deterrence, Error> {
    let redraws: Vec<&dyn Redraw> = past.engines.iter().map(|engine| engine as _).collect();
    let found = evaluate::deterrence(&past.waves, &redraws, &section.params(), seed)?;
    info!("past draws made again");
    Ok(found)
}

fn replay(
    job: &Job,
    scored: &Scored,
    work: &Path,
    seed: &[u8; 32],
) -> Result<Option<(evaluate::Backtest, Option<Detection>)>, Error> {
    let (Some(list), Some(inspections)) = (&job.replay, job.ingest.table("inspections")) else {
        return Ok(None);
    };
    let visits = ingest::read_visits(inspections, list, &scored.snapshot, work)?;
    let chosen = scored
        .risk
        .models()
        .first()
        .map_or("", |model| model.name.as_str());
    let by_model = facts::visit_scores(&scored.risk, &visits)?;
    let backtest = evaluate::replay(&job.evaluate, &visits, &by_model, chosen, seed)?;
    Ok(Some((backtest, facts::strictness(&visits)?)))
}

fn header(job: &Job) -> plan::Header {
    plan::Header {
        title: job.title.clone(),
        as_of: job.as_of,
        synthetic: job.synthetic,
        rehearsal: true,
    }
}
