//! 调参: ratios against their clauses, what other choices would bring, and a page to try them on.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::health::language_of;
use super::said::said_of_leftovers;
use super::{
    Place, Said, cannot, finish_named, finished, made_from, make, settings_of_digest, stopped,
};
use crate::corridor::{self, Scored};
use crate::error::Error;
use crate::job::{Job, MixJob};
use crate::ledger::{self, Ledger};
use crate::risk::RiskFile;
use crate::runs::{Input, RunFolder, Settings};
use crate::tune::{self, Head, Observed, PastRound, Tuning};
use crate::units::{Kind, Meter, Problem};
use crate::{facts, plan};

/// What was found, for programs.
const NUMBERS: &str = "tuning.json";
/// The page with sliders.
const PAGE: &str = "tuning.html";
/// Who changes class under the bounds the job names.
const CHANGED: &str = "changed.csv";
/// Who is left out of the frame for the yearly cap.
const EXCLUDED: &str = "excluded.csv";
/// Classes and points a round was sealed with, in its seal folder.
const SEALED_RISK: &str = "internal/risk.parquet";
/// What to paste into the job.
const FRAGMENT: &str = "plan.toml";

/// Tunes the ratios of a job. Past visits are those of the rounds of `workspace` (default: the job's own), without one those
/// of the job's rehearsal. A job that states its classes in `[tune]` needs no register.
///
/// # Errors
/// Settings that break a rule, sources that cannot be used. Ratios that break a clause are no error: they are the result,
/// of [`Kind::Design`].
pub fn tune(
    place: &Place,
    workspace: Option<&Path>,
    language: &str,
    meter: &Meter,
) -> Result<Said, Error> {
    if let Some(job) = MixJob::read(&place.job) {
        return tune_mix(place, &job.map_err(Error::Settings)?, language, meter);
    }
    let job = place.read()?;
    let ledger = workspace.or(job.workspace.as_deref());
    let ledger = ledger.map(Ledger::open).transpose()?;
    let made_from = made_of(&job, ledger.as_ref())?;
    let rests_on = if ledger.is_some() {
        "-tune-ledger"
    } else {
        "-tune"
    };
    let out = place.out(&job, rests_on);
    if let Some(said) = unchanged(&out, &made_from, language) {
        return Ok(said);
    }
    let folder = RunFolder::begin(&out)?;
    let work = make(&folder.staging()?.join("work"))?;
    let scored = corridor::score(&job, &work, meter);
    let scored = scored.map_err(|error| stopped::leave(error, place, &job, &out, language))?;
    let observed = match &ledger {
        Some(ledger) => by_ledger(&job, &scored, ledger)?,
        None => by_rehearsal(&job, &scored, &work, meter)?,
    };
    let notes = super::walk::notes_of(&scored)?;
    let head = Head {
        job: job.name.clone(),
        title: job.title.clone(),
        as_of: job.as_of.to_string(),
        synthetic: job.synthetic,
    };
    let params = job.tune.clone().unwrap_or_else(tune::ValidParams::absent);
    let tuned = tune::tune_frame(head, &params, &job.plan, &observed);
    let tuning = tuned.map_err(|problems| in_file(place, problems))?;
    let tuning = played(tuning, &params, place, meter)?;
    write_changed(&observed, &scored, &params, folder.staging()?)?;
    write_at_cap(&observed, folder.staging()?)?;
    write(folder, &out, &tuning, language, (made_from, notes))
}

/// Settings and inputs, the ledger by its head among them.
fn made_of(job: &Job, ledger: Option<&Ledger>) -> Result<Settings, Error> {
    let mut made_from = made_from(job)?;
    made_from.inputs.extend(ledger.map(|ledger| Input {
        name: "ledger".to_owned(),
        bytes: ledger.sequence(),
        sha256: ledger.head(),
    }));
    Ok(made_from)
}

/// The frame without whoever has had the year's visits, and the visits of the ledger's rounds.
fn by_ledger(job: &Job, scored: &Scored, ledger: &Ledger) -> Result<Observed, Error> {
    let history = ledger.history(job.as_of.0.year(), usize::MAX, None)?;
    let is_capped = |past: &ledger::ObjectHistory| {
        let cap = job.round.visits_per_year_max();
        !past.has_open_visit && cap.is_some_and(|cap| past.visits_this_year >= cap)
    };
    let capped = history.objects().filter(|(_, past)| is_capped(past));
    let capped: BTreeSet<String> = capped.map(|(id, _)| id.to_owned()).collect();
    let observed = Observed::of(scored, &job.plan, &capped)?;
    let codes: Vec<String> = observed
        .classes
        .iter()
        .map(|one| one.code.clone())
        .collect();
    let n_ranked = observed.bounds().len();
    let mut rounds = Vec::new();
    for round in ledger.visited_rounds()? {
        let path = ledger.folder(&round.round, "seal").join(SEALED_RISK);
        if !path.is_file() {
            return Err(Error::File {
                what: "read the classes the round was sealed with (a copy for the public has none)",
                path,
                kind: Kind::Data,
                source: std::io::Error::from(std::io::ErrorKind::NotFound),
            });
        }
        let risk = RiskFile::open(&path)?.columns(&codes)?;
        rounds.push(PastRound::of(&round, &risk, n_ranked));
    }
    observed.with_rounds(scored, &rounds)
}

/// The frame, and the rehearsal's visits where their outcomes are known.
fn by_rehearsal(job: &Job, scored: &Scored, work: &Path, meter: &Meter) -> Result<Observed, Error> {
    let observed = Observed::of(scored, &job.plan, &BTreeSet::new())?;
    let Some(outcomes) = &job.outcomes else {
        return Ok(observed);
    };
    let drawn = corridor::draw(job, scored, &make(&work.join("seal"))?, meter)?;
    let roll = facts::roll(scored, &drawn)?;
    let mut keys: Vec<u64> = roll.drawn().map(|one| one.key).collect();
    keys.sort_unstable();
    let outcomes = crate::ingest::read_outcomes(outcomes, &keys, &scored.snapshot, work)?;
    observed.with_units(scored, &job.evaluate, &roll.units(&outcomes))
}

/// Who changes class under the bounds the job names; no file where it names none.
fn write_changed(
    observed: &Observed,
    scored: &Scored,
    params: &tune::ValidParams,
    staging: &Path,
) -> Result<(), Error> {
    let declared = tune::declared_bounds(params, observed);
    if declared.is_empty() {
        return Ok(());
    }
    let code = |class: usize| observed.classes[class].code.as_str();
    let mut rows = vec![["boundary", "object_id", "from", "to"].map(str::to_owned)];
    for (name, bounds) in declared {
        for (id, from, to) in observed.changes(scored, &bounds)? {
            rows.push([name.clone(), id, code(from).to_owned(), code(to).to_owned()]);
        }
    }
    write_rows(&staging.join(CHANGED), &rows)
}

/// Who has had all the visits of the year, with class and reason; no file where nobody has.
fn write_at_cap(observed: &Observed, staging: &Path) -> Result<(), Error> {
    if observed.at_cap.is_empty() {
        return Ok(());
    }
    let header = ["object_id", "class", "reason"].map(str::to_owned);
    let row = |(id, class): &(String, usize)| {
        let code = observed.classes[*class].code.clone();
        [id.clone(), code, plan::AT_CAP.to_owned()]
    };
    let rows = std::iter::once(header).chain(observed.at_cap.iter().map(row));
    write_rows(&staging.join(EXCLUDED), &rows.collect::<Vec<_>>())
}

fn write_rows<const N: usize>(path: &Path, rows: &[[String; N]]) -> Result<(), Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        let written = writer.write_record(row);
        written.map_err(|error| cannot("write", path)(std::io::Error::other(error)))?;
    }
    let bytes = writer
        .into_inner()
        .map_err(|error| cannot("write", path)(error.into_error()))?;
    fs::write(path, bytes).map_err(cannot("write", path))
}

fn tune_mix(place: &Place, job: &MixJob, language: &str, meter: &Meter) -> Result<Said, Error> {
    let made_from = settings_of_digest(job.digest, &[]);
    let out = place.out_of(&job.head.job, "-tune");
    if let Some(said) = unchanged(&out, &made_from, language) {
        return Ok(said);
    }
    let tuned = tune::tune_mix(job.head.clone(), &job.tune);
    let tuning = tuned.map_err(|problems| in_file(place, problems))?;
    let tuning = played(tuning, &job.tune, place, meter)?;
    let folder = RunFolder::begin(&out)?;
    make(&folder.staging()?.join("work"))?;
    write(folder, &out, &tuning, language, (made_from, Vec::new()))
}

/// The tuning with the long run of its points, where the job states a world.
fn played(
    tuning: Tuning,
    params: &tune::ValidParams,
    place: &Place,
    meter: &Meter,
) -> Result<Tuning, Error> {
    let played = tuning.played(params, meter);
    played.map_err(|error| match error {
        Error::Settings(problems) => in_file(place, problems),
        other => other,
    })
}

fn in_file(place: &Place, problems: Vec<Problem>) -> Error {
    let file = place.job.display().to_string();
    let named = |problem: Problem| Problem {
        file: file.clone(),
        ..problem
    };
    Error::Settings(problems.into_iter().map(named).collect())
}

fn write(
    folder: RunFolder,
    out: &Path,
    tuning: &Tuning,
    language: &str,
    (made_from, notes): (Settings, Vec<String>),
) -> Result<Said, Error> {
    let staging = folder.staging()?.to_owned();
    let page = tune::page(tuning, language_of(language))?;
    let files = [
        (NUMBERS, tuning.to_json()),
        (PAGE, page.into_bytes()),
        (FRAGMENT, tuning.fragment().into_bytes()),
    ];
    for (name, bytes) in files {
        let path = staging.join(name);
        fs::write(&path, bytes).map_err(cannot("write", &path))?;
    }
    let mut lines = said_of_leftovers(&folder);
    let job = (tuning.head.job.as_str(), tuning.head.as_of.clone());
    finish_named(
        folder,
        &staging.join("work"),
        job,
        language,
        made_from,
        notes,
    )?;
    let numbers = serde_json::to_value(tuning).expect("plain values serialise");
    let said = said_of(out, &numbers);
    lines.extend(said.lines);
    Ok(Said { lines, ..said })
}

/// A finished result of the same settings and inputs, said again.
fn unchanged(out: &Path, made_from: &Settings, language: &str) -> Option<Said> {
    finished(out, made_from).filter(|manifest| manifest.language == language)?;
    let numbers = fs::read(out.join(NUMBERS)).ok()?;
    let numbers: Value = serde_json::from_slice(&numbers).ok()?;
    Some(said_of(out, &numbers))
}

/// Lines for people; for programs the ruling alone, everything else stands in `tuning.json`.
fn said_of(out: &Path, numbers: &Value) -> Said {
    let feasible = numbers["feasible"] == json!(true);
    let texts = |list: &Value| -> Vec<Value> { list.as_array().cloned().unwrap_or_default() };
    let coverage = numbers["coverage"].as_f64().unwrap_or_default() * 100.0;
    let verdict = if feasible {
        "every clause is kept"
    } else {
        "not every clause is kept"
    };
    let mut lines = vec![format!("{verdict}; coverage {coverage:.2} %")];
    for conflict in texts(&numbers["conflicts"]) {
        let clause = conflict["clause"].as_str().unwrap_or_default();
        lines.push(format!(
            "  {clause}: needs {}, has {}",
            conflict["need"], conflict["have"]
        ));
    }
    for relaxed in texts(&numbers["relax"]) {
        let clause = relaxed["clause"].as_str().unwrap_or_default();
        lines.push(format!(
            "  relax {clause}: {} to {}",
            relaxed["from"], relaxed["to"]
        ));
    }
    let repair: BTreeMap<String, f64> =
        serde_json::from_value(numbers["repair"].clone()).unwrap_or_default();
    if !repair.is_empty() {
        let ratios: Vec<String> = repair
            .iter()
            .map(|(code, ratio)| format!("{code} = {ratio}"))
            .collect();
        lines.push(format!("nearest lawful ratios: {}", ratios.join(", ")));
    }
    lines.push(format!("open {}", out.join(PAGE).display()));
    let ruling = ["feasible", "coverage", "conflicts", "repair"];
    Said {
        kind: (!feasible).then_some(Kind::Design),
        lines,
        json: ruling
            .iter()
            .map(|&key| (key.to_owned(), numbers[key].clone()))
            .collect(),
    }
}
