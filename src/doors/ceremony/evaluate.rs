//! `choucha evaluate`: what the rounds of record found, who went, what they deterred, from the ledger alone and the probabilities it
//! keeps; a job adds the register, its list of items and what happened afterwards.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::super::said::said_of_kinds;
use super::super::walk::save_evaluation;
use super::super::{Place, Said, VERSION, finish_named, made_from, make};
use super::told::Told;
use super::workspace_of;
use crate::corridor::{self, Scored};
use crate::error::Error;
use crate::evaluate::{self, Deterrence, Evaluation, Facts, MechanismParams, Named, PastRounds};
use crate::facts::BesideLedger;
use crate::job::Job;
use crate::ledger::Ledger;
use crate::publish;
use crate::runs::{RunFolder, Settings};
use crate::units::{AsOf, Day, HashName, Meter};

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
    /// The result folder, if not `runs/<name of the workspace>-evaluate`, with `-<job>` after it where a job is named.
    pub out: Option<PathBuf>,
}

/// Evaluates the drawn rounds of a workspace.
///
/// # Errors
/// No round is drawn, a table of the ledger is gone or was changed, the job cannot be walked.
pub fn evaluate(places: &EvaluatePlaces, language: &str, meter: &Meter) -> Result<Said, Error> {
    let job = places.job.as_ref().map(Place::read).transpose()?;
    let job = job.as_ref();
    let workspace = workspace_of(places.workspace.as_deref(), job)?;
    let ledger = Ledger::open(&workspace)?;
    let drawn = Drawn::of(&ledger)?;
    let name = name_of(&workspace);
    let out = places.out.clone();
    let of_job = job.map(|job| format!("-{}", job.name)).unwrap_or_default();
    let out = out.unwrap_or_else(|| Path::new("runs").join(format!("{name}-evaluate{of_job}")));
    let folder = RunFolder::begin(&out)?;
    let staging = folder.staging()?;
    let work = make(&staging.join("work"))?;
    let scored = match job.filter(|job| job.deterrence.is_some()) {
        Some(job) => Some(corridor::score(job, &work, meter)?),
        None => None,
    };
    let snapshot = scored.as_ref().map(|scored| &scored.snapshot);
    let told = Told::read(&ledger, &drawn.rounds, snapshot)?;
    let facts = facts_of(&ledger, &drawn, told.n_frame, job, &name)?;
    let as_of = facts.as_of.to_string();
    let (evaluation, lines) = evaluated(&ledger, &drawn, told, facts, (job, scored.as_ref()))?;
    save_evaluation(&evaluation, language, staging)?;
    let settings = settings_of(&ledger, job)?;
    let notes = Vec::new();
    finish_named(folder, &work, (&name, as_of), language, settings, notes)?;
    let opened = format!("open {}", out.join(REPORT).display());
    Ok(Said {
        kind: None,
        lines: lines.into_iter().chain([opened]).collect(),
        json: json!({ "out": out, "evaluation": evaluation }),
    })
}

/// The rounds that count.
struct Drawn {
    /// Ids, in the order of their seals.
    rounds: Vec<String>,
    /// Rounds that were drawn again: the later draw stands in their place.
    n_again: u64,
}

impl Drawn {
    fn of(ledger: &Ledger) -> Result<Self, Error> {
        let rounds = ledger.state().rounds().iter();
        let drawn = rounds.filter(|round| round.draw().is_some());
        let (again, rounds): (Vec<_>, Vec<_>) =
            drawn.partition(|round| round.superseded_by.is_some());
        let rounds = rounds.into_iter();
        let drawn = Self {
            rounds: rounds.map(|round| round.seal.round.clone()).collect(),
            n_again: again.len() as u64,
        };
        if drawn.rounds.is_empty() {
            return Err(Error::NothingDrawn(ledger.dir().to_owned()));
        }
        Ok(drawn)
    }
}

fn name_of(workspace: &Path) -> String {
    let whole = workspace.canonicalize();
    let whole = whole.as_deref().unwrap_or(workspace);
    let name = whole.file_name().unwrap_or(whole.as_os_str());
    name.to_string_lossy().into_owned()
}

/// The evaluation, and what is said of every round.
fn evaluated(
    ledger: &Ledger,
    drawn: &Drawn,
    told: Told,
    facts: Facts,
    (job, scored): (Option<&Job>, Option<&Scored>),
) -> Result<(Evaluation, Vec<String>), Error> {
    let seed = ledger.head().0;
    let params = evaluate::OverTimeParams {
        replicates: job.map_or(REPLICATES, |job| job.evaluate.replicates()),
        minimum: evaluate::N_MIN,
    };
    let mut past = told.account(params, drawn.n_again)?;
    let mut lines = lines(&past, &told.n_taken);
    let defaults = MechanismParams::default().check();
    let defaults = defaults.expect("a section left out breaks no rule");
    let section = job.map_or(&defaults, |job| &job.mechanism);
    // Without a job everything entered so far counts.
    let until = job.map_or(facts.as_of.0.plus(1), |job| job.as_of.0);
    let beside = beside(ledger, scored)?;
    let deterrence = match (job, scored, &told.recorded) {
        (Some(job), Some(scored), Some(recorded)) => deterred(job, scored, recorded, &seed)?,
        _ => None,
    };
    let deterrence = deterrence.map(|(found, unknown)| {
        past.kinds_without_events = unknown;
        found
    });
    lines.extend(said_of_kinds(&past));
    let evaluation = Evaluation {
        format: evaluate::FORMAT,
        facts,
        estimates: None,
        hits: None,
        over_time: evaluate::over_time(params, &told.results, &seed)?,
        backtest: None,
        by_rule: None,
        fairness: None,
        mechanism: Some(told.acts.mechanism(section, until, &beside)),
        deterrence,
        outcome_kinds: job.map(corridor::outcome_kinds).unwrap_or_default(),
        detection: told.people.detection()?,
        past: Some(past),
        draw_audit: None,
        survey: None,
        since: None,
        card: None,
    };
    Ok((evaluation, lines))
}

/// What the ledger does not know of the mechanism.
fn beside(ledger: &Ledger, scored: Option<&Scored>) -> Result<BesideLedger, Error> {
    let items = match scored {
        Some(scored) => scored.registers.items()?,
        None => None,
    };
    let department = |item: crate::registers::Item| Some((item.id, item.department?));
    Ok(BesideLedger {
        n_objects: scored.map(|scored| scored.registers.n_objects()),
        items: items.map(|items| items.into_iter().filter_map(department).collect()),
        others: ledger.visits_of_others()?,
    })
}

/// What the rounds deterred, by the register and the credit events of a job; and the kinds of events nobody ever entered.
fn deterred(
    job: &Job,
    scored: &Scored,
    recorded: &crate::facts::Recorded,
    seed: &[u8; 32],
) -> Result<Option<(Deterrence, Vec<String>)>, Error> {
    let Some(section) = &job.deterrence else {
        return Ok(None);
    };
    let past = corridor::past_of(section, scored, Some(recorded), seed)?;
    let found = corridor::deterrence_of(section, &past, seed)?;
    Ok(Some((found, past.account.kinds_without_events)))
}

/// Settings of the job and head of the ledger, by digest.
fn settings_of(ledger: &Ledger, job: Option<&Job>) -> Result<Settings, Error> {
    let settings = match job {
        Some(job) => made_from(job)?,
        None => Settings {
            choucha: VERSION.to_owned(),
            settings: ledger.head(),
            inputs: Vec::new(),
        },
    };
    let both = [settings.settings.0, ledger.head().0].concat();
    Ok(Settings {
        settings: HashName::Sha256.tagged("choucha/evaluate/v1", &both),
        ..settings
    })
}

fn facts_of(
    ledger: &Ledger,
    drawn: &Drawn,
    n_objects: u64,
    job: Option<&Job>,
    name: &str,
) -> Result<Facts, Error> {
    let mut synthetic = false;
    let mut digests = vec![Named {
        name: "ledger".to_owned(),
        text: ledger.head().to_string(),
    }];
    for id in &drawn.rounds {
        let (seal, _) = publish::read_bulletin(&ledger.folder(id, "draw/public"))?;
        synthetic |= seal.synthetic;
        digests.push(Named {
            name: format!("seal {id}"),
            text: seal.digest().to_string(),
        });
    }
    Ok(Facts {
        title: ledger.state().title().to_owned(),
        job: name.to_owned(),
        office: job.map_or(String::new(), |job| job.report.office().to_owned()),
        as_of: job.map_or(AsOf(last_day(ledger)), |job| job.as_of),
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

fn last_day(ledger: &Ledger) -> Day {
    let last = ledger.lines().last().map(|line| line.at.day());
    last.expect("a ledger with a drawn round has lines")
}

fn lines(account: &PastRounds, n_taken: &[u64]) -> Vec<String> {
    let rounds = account.rounds.iter().zip(n_taken);
    let round = rounds.map(|(told, taken)| {
        format!(
            "{}, {} ({}): {} of {} objects drawn (Σπ {:.1}, π {:.4} to {:.4}), {taken} to visit, {} results, {} with a finding",
            told.draw_id, told.drawn_on, told.stream, told.n_drawn, told.n_frame, told.sum_pi, told.pi_min, told.pi_max, told.n_valid, told.n_found
        )
    });
    let counts = account.set_aside.iter();
    let counts = counts.map(|count| format!("{}: {}", count.label, count.n));
    round.chain(counts).collect()
}
