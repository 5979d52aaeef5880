//! `choucha evaluate`: what the rounds of record found, and what they deterred, from the ledger alone and the probabilities it keeps.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::super::walk::save_evaluation;
use super::super::{Place, Said, VERSION, finish_named, made_from, make};
use super::workspace_of;
use crate::corridor::{self, Before};
use crate::error::Error;
use crate::evaluate::{self, Count, Evaluation, Facts, Named, PastRound, PastRounds, RoundResults};
use crate::facts;
use crate::job::Job;
use crate::ledger::{Ledger, RecordedRound, RecordedUnit};
use crate::publish;
use crate::risk::RiskFile;
use crate::runs::{RunFolder, Settings};
use crate::units::{AsOf, HashName, Meter, ObjectKey};

/// The report of an evaluation.
const REPORT: &str = "report.html";
/// Bootstrap replicates where no job says a number.
const REPLICATES: u32 = 1_000;

/// What rounds of record are evaluated with.
#[derive(Clone, Debug, Default)]
pub struct EvaluatePlaces {
    /// The job whose register and credit events say what happened afterwards.
    pub job: Option<Place>,
    /// The workspace; the job's own unless named.
    pub workspace: Option<PathBuf>,
    /// The result folder, if not `runs/<name of the workspace>-evaluate`.
    pub out: Option<PathBuf>,
}

/// Evaluates the drawn rounds of a workspace.
///
/// # Errors
/// No round is drawn, a table of the ledger is gone or was changed, the job cannot be walked.
pub fn evaluate(places: &EvaluatePlaces, language: &str, meter: &Meter) -> Result<Said, Error> {
    let job = places.job.as_ref().map(Place::read).transpose()?;
    let workspace = workspace_of(places.workspace.as_deref(), job.as_ref())?;
    let ledger = Ledger::open(&workspace)?;
    let rounds = drawn(&ledger)?;
    let name = name_of(&workspace);
    let out = places.out.clone();
    let out = out.unwrap_or_else(|| Path::new("runs").join(format!("{name}-evaluate")));
    let folder = RunFolder::begin(&out)?;
    let staging = folder.staging()?;
    let work = make(&staging.join("work"))?;
    let seed = ledger.head().0;
    let mut before = measured(&ledger, &rounds, job.as_ref(), &seed)?;
    let settings = match &job {
        Some(job) => {
            deterred(job, &rounds, &work, &seed, &mut before, meter)?;
            made_from(job)?
        }
        None => Settings {
            choucha: VERSION.to_owned(),
            settings: ledger.head(),
            inputs: Vec::new(),
        },
    };
    let facts = facts_of(&ledger, &rounds, job.as_ref(), &name)?;
    let as_of = facts.as_of.to_string();
    let lines = lines(&rounds, before.past.as_ref(), &out);
    let evaluation = Evaluation {
        format: evaluate::FORMAT,
        facts,
        estimates: None,
        hits: None,
        over_time: before.over_time,
        backtest: None,
        by_rule: None,
        fairness: None,
        mechanism: None,
        deterrence: before.deterrence,
        detection: before.detection,
        past: before.past,
        card: None,
    };
    save_evaluation(&evaluation, language, staging)?;
    let both = [settings.settings.0, seed].concat();
    let settings = Settings {
        settings: HashName::Sha256.tagged("choucha/evaluate/v1", &both),
        ..settings
    };
    finish_named(
        folder,
        &work,
        (&name, as_of),
        language,
        settings,
        Vec::new(),
    )?;
    Ok(Said {
        kind: None,
        lines,
        json: json!({ "out": out, "evaluation": evaluation }),
    })
}

/// The rounds that were drawn, in the order of their seals.
fn drawn(ledger: &Ledger) -> Result<Vec<RecordedRound>, Error> {
    let rounds = ledger.state().rounds().iter();
    let drawn = rounds.filter(|round| round.draw().is_some());
    let rounds: Vec<RecordedRound> = drawn
        .map(|round| ledger.recorded(&round.seal.round))
        .collect::<Result<_, _>>()?;
    if rounds.is_empty() {
        return Err(Error::NothingDrawn(ledger.dir().to_owned()));
    }
    Ok(rounds)
}

fn name_of(workspace: &Path) -> String {
    let whole = workspace.canonicalize();
    let whole = whole.as_deref().unwrap_or(workspace);
    let name = whole.file_name().unwrap_or(whole.as_os_str());
    name.to_string_lossy().into_owned()
}

/// The rounds side by side, and the account of each.
fn measured(
    ledger: &Ledger,
    rounds: &[RecordedRound],
    job: Option<&Job>,
    seed: &[u8; 32],
) -> Result<Before, Error> {
    let results: Vec<RoundResults> = rounds
        .iter()
        .map(|round| {
            let classes = classes(ledger, round)?;
            Ok(facts::recorded_results(round, &classes))
        })
        .collect::<Result<_, Error>>()?;
    let params = evaluate::OverTimeParams {
        replicates: job.map_or(REPLICATES, |job| job.evaluate.replicates()),
        minimum: evaluate::N_MIN,
    };
    Ok(Before {
        over_time: evaluate::over_time(params, &results, seed)?,
        past: Some(account(rounds)),
        ..Before::default()
    })
}

/// Class of every object at the seal, by id; none in a copy of the workspace for the public.
fn classes(ledger: &Ledger, round: &RecordedRound) -> Result<BTreeMap<String, String>, Error> {
    let file = ledger
        .folder(&round.id, "seal")
        .join("internal/risk.parquet");
    if !file.is_file() {
        return Ok(BTreeMap::new());
    }
    let key = |unit: &RecordedUnit| ObjectKey::of(&unit.object_id).0;
    let mut keys: Vec<u64> = round.units.iter().map(key).collect();
    keys.sort_unstable();
    let rows = RiskFile::open(&file)?.rows(&keys)?.into_iter();
    let by_key: BTreeMap<u64, String> = rows.map(|row| (row.key, row.class)).collect();
    let units = round.units.iter();
    let classed =
        units.filter_map(|unit| Some((unit.object_id.clone(), by_key.get(&key(unit))?.clone())));
    Ok(classed.collect())
}

fn account(rounds: &[RecordedRound]) -> PastRounds {
    let sum = |of: fn(&RecordedUnit) -> bool| {
        let units = rounds.iter().flat_map(|round| &round.units);
        units.filter(|unit| of(unit)).count() as u64
    };
    let counts = [
        ("unusable", sum(|unit| unit.unusable.is_some())),
        ("moved-up", sum(|unit| unit.moved_up)),
        (
            "without-result",
            sum(|unit| unit.is_taken() && unit.result.is_none() && unit.unusable.is_none()),
        ),
    ];
    let counts = counts.into_iter().filter(|(_, n)| *n > 0);
    PastRounds {
        rounds: rounds.iter().map(round_of).collect(),
        set_aside: counts
            .map(|(label, n)| Count {
                label: label.to_owned(),
                n,
            })
            .collect(),
    }
}

fn round_of(round: &RecordedRound) -> PastRound {
    let count = |of: fn(&RecordedUnit) -> bool| {
        let units = round.units.iter().filter(|unit| of(unit));
        units.count() as u64
    };
    let pis = || round.units.iter().map(RecordedUnit::pi);
    let has_measure = round.draws.iter().any(|draw| draw.is_measure);
    let strata = round.draws.iter().map(|draw| draw.strata.len() as u64);
    let found = |unit: &RecordedUnit| unit.result.as_ref().is_some_and(|result| result.found);
    PastRound {
        draw_id: round.id.clone(),
        drawn_on: round.drawn_on,
        stream: if has_measure { "main+measure" } else { "main" }.to_owned(),
        design: "pareto".to_owned(),
        n_strata: strata.sum(),
        n_frame: round.units.len() as u64,
        sum_pi: pis().sum(),
        pi_min: pis().fold(1.0, f64::min),
        pi_max: pis().fold(0.0, f64::max),
        n_drawn: count(|unit| unit.drawn || unit.measured),
        n_visited: count(|unit| unit.result.is_some()),
        n_valid: count(|unit| unit.result.is_some()),
        n_found: round.units.iter().filter(|unit| found(unit)).count() as u64,
    }
}

/// What the rounds deterred, by the register and the credit events of a job.
fn deterred(
    job: &Job,
    rounds: &[RecordedRound],
    work: &Path,
    seed: &[u8; 32],
    before: &mut Before,
    meter: &Meter,
) -> Result<(), Error> {
    let Some(section) = &job.deterrence else {
        return Ok(());
    };
    let scored = corridor::score(job, work, meter)?;
    let recorded = facts::Recorded::new(rounds.to_vec(), &scored.snapshot);
    let past = corridor::past_of(section, &scored, Some(&recorded), seed)?;
    before.deterrence = Some(corridor::deterrence_of(section, &past, seed)?);
    Ok(())
}

fn facts_of(
    ledger: &Ledger,
    rounds: &[RecordedRound],
    job: Option<&Job>,
    name: &str,
) -> Result<Facts, Error> {
    let mut synthetic = false;
    let mut digests = vec![Named {
        name: "ledger".to_owned(),
        text: ledger.head().to_string(),
    }];
    for round in rounds {
        let (seal, _) = publish::read_bulletin(&ledger.folder(&round.id, "draw/public"))?;
        synthetic |= seal.synthetic;
        digests.push(Named {
            name: format!("seal {}", round.id),
            text: seal.digest().to_string(),
        });
    }
    let last = ledger.lines().last().map(|line| line.at.day());
    let last = last.expect("a ledger with a drawn round has lines");
    let n_objects = rounds.last().map_or(0, |round| round.units.len() as u64);
    Ok(Facts {
        title: ledger.state().title().to_owned(),
        job: name.to_owned(),
        office: job.map_or(String::new(), |job| job.report.office().to_owned()),
        as_of: job.map_or(AsOf(last), |job| job.as_of),
        synthetic,
        rehearsal: ledger.state().is_rehearsal(),
        tables: Vec::new(),
        refusals: Vec::new(),
        n_objects,
        n_frame: n_objects,
        exclusions: Vec::new(),
        classes: Vec::new(),
        strata: Vec::new(),
        seed: None,
        digests,
        models: Vec::new(),
    })
}

fn lines(rounds: &[RecordedRound], account: Option<&PastRounds>, out: &Path) -> Vec<String> {
    let told = account.into_iter().flat_map(|account| &account.rounds);
    let mut lines: Vec<String> = told
        .zip(rounds)
        .map(|(told, round)| {
            let taken = round.units.iter().filter(|unit| unit.is_taken()).count();
            format!(
                "{}, {} ({}): {} of {} objects drawn (Σπ {:.1}, π {:.4} to {:.4}), {taken} to visit, {} results, {} with a finding",
                told.draw_id, told.drawn_on, told.stream, told.n_drawn, told.n_frame, told.sum_pi, told.pi_min, told.pi_max, told.n_valid, told.n_found
            )
        })
        .collect();
    let counts = account.into_iter().flat_map(|account| &account.set_aside);
    lines.extend(counts.map(|count| format!("{}: {}", count.label, count.n)));
    lines.push(format!("open {}", out.join(REPORT).display()));
    lines
}
