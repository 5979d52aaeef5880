//! The walk and its parts: from files to the snapshot, the risk table, the report.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::diff::since;
use super::drawn_list::save_list;
use super::health::language_of;
use super::past_run::{PROFILE, ROUND, SETTINGS};
use super::said::{
    UNCHANGED, counts_json, said_of_counts, said_of_draw, said_of_leftovers, said_of_past,
    said_of_refused, said_of_scored, said_of_words, said_unchanged,
};
use super::{Place, Said, backtest, cannot, finish, finished, made_from, make, sendback, stopped};
use crate::corridor::{self, Evaluated, Scored};
use crate::error::Error;
use crate::evaluate::{self, Evaluation};
use crate::job::{BacktestJob, MixJob};
use crate::report::{Beside, Frontier};
use crate::runs::{self, Manifest, RunFolder};
use crate::units::{Kind, Meter};
use crate::{facts, ingest, publish, report};

/// The report of a run.
const REPORT: &str = "report.html";
/// What a tuning found, in its folder.
const TUNING: &str = "tuning.json";

/// The whole walk, as a rehearsal.
///
/// # Errors
/// The first room that cannot go on says why; the previous result is then unchanged.
pub fn run(place: &Place, language: &str, meter: &Meter) -> Result<Said, Error> {
    let job = place.read()?;
    let made_from = made_from(&job)?;
    let out = place.out(&job, "");
    if let Some(manifest) = finished(&out, &made_from) {
        return if manifest.language == language {
            Ok(said_unchanged(&out, REPORT, UNCHANGED))
        } else {
            report(&out, &ReportPlaces::default(), language)
        };
    }
    let folder = RunFolder::begin(&out)?;
    let staging = folder.staging()?;
    let work = make(&staging.join("work"))?;
    let scored = corridor::score(&job, &work, meter);
    let scored = scored.map_err(|error| stopped::leave(error, place, &job, &out, language))?;
    let drawn = corridor::draw(&job, &scored, &make(&staging.join("seal"))?, meter)?;
    publish::issue(
        &drawn.sealed,
        &drawn.sample,
        &drawn.seed,
        &staging.join("seal"),
        &make(&staging.join("public"))?,
    )?;
    meter.report("publish", 1, 1);
    let Evaluated {
        evaluation,
        roll,
        round,
    } = corridor::evaluate(&job, &scored, &drawn, &work, meter)?;
    meter.report("evaluate", 1, 1);
    let mut notes = notes_of(&scored)?;
    notes.extend(save_scored(&scored, staging, language)?);
    let internal = make(&staging.join("internal"))?;
    save_list(&evaluation, &roll, &internal)?;
    let profile = facts::profile(&job, &scored, &roll)?.to_json()?;
    let round = round.map(|round| round.to_json()).transpose()?;
    let settings = Some(job.settings.clone());
    let kept = [
        (PROFILE, Some(profile)),
        (SETTINGS, settings),
        (ROUND, round),
    ];
    for (name, bytes) in kept
        .into_iter()
        .filter_map(|(name, kept)| Some((name, kept?)))
    {
        let path = staging.join(name);
        fs::write(&path, bytes).map_err(cannot("write", &path))?;
    }
    save_evaluation(&evaluation, language, staging)?;
    meter.report("report", 1, 1);
    let mut lines = said_of_leftovers(&folder);
    lines.extend(said_of_words(scored.snapshot.words(), &job));
    lines.extend(said_of_scored(&scored));
    lines.push(said_of_draw(&drawn));
    lines.extend(evaluation.past.iter().flat_map(said_of_past));
    finish(folder, &work, &job, language, made_from, notes)?;
    lines.extend(said_of_refused(&out));
    lines.push(format!("open {}", out.join(REPORT).display()));
    Ok(Said {
        kind: None,
        lines,
        json: json!({ "out": out, "done": true, "evaluation": evaluation }),
    })
}

/// Every problem of a job file at once.
///
/// # Errors
/// The problems, or a file the job names that cannot be read.
pub fn check(place: &Place) -> Result<Said, Error> {
    if BacktestJob::is_alone(&place.job) {
        return backtest::check(place);
    }
    if let Some(mix) = MixJob::read(&place.job) {
        return Ok(checked_mix(place, &mix.map_err(Error::Settings)?));
    }
    let job = place.read()?;
    let looked = job.ingest.look();
    let looked = looked.map_err(|problems| Error::Inputs(place.in_job(problems)))?;
    let n_files = made_from(&job)?.inputs.len();
    let line = format!(
        "{}: no problem found; {n_files} input files can be read",
        place.job.display()
    );
    let words = said_of_words(&looked.words, &job);
    let json = json!({ "job": job.name, "problems": [], "inputs": n_files, "headers": looked.headers, "words": words });
    let mut lines = looked.headers;
    lines.extend(words);
    lines.push(line);
    Ok(Said {
        kind: None,
        lines,
        json,
    })
}

/// A job that states its classes reads no file.
fn checked_mix(place: &Place, job: &MixJob) -> Said {
    let line = format!(
        "{}: no problem found; it states its classes and reads no file",
        place.job.display()
    );
    Said {
        kind: None,
        lines: vec![line],
        json: json!({ "job": job.head.job, "problems": [], "inputs": 0, "headers": [] }),
    }
}

/// Up to the snapshot: the refusal table and the counts.
///
/// # Errors
/// Sources that cannot be used.
pub fn ingest(place: &Place, meter: &Meter) -> Result<Said, Error> {
    let job = place.read()?;
    let made_from = made_from(&job)?;
    let out = place.out(&job, ".ingest");
    let folder = RunFolder::begin(&out)?;
    let staging = folder.staging()?;
    let snapshot = ingest::read(&job.ingest, job.as_of, job.partitions, staging, meter);
    let snapshot =
        snapshot.map_err(|error| stopped::leave(error.into(), place, &job, &out, "zh"))?;
    let words = said_of_words(snapshot.words(), &job);
    let json = json!({ "out": out, "tables": counts_json(&snapshot), "headers": snapshot.headers_told(), "words": words });
    let mut lines = said_of_leftovers(&folder);
    lines.extend_from_slice(snapshot.headers_told());
    lines.extend(words);
    lines.extend(said_of_counts(&snapshot));
    lines.push(format!("wrote {}", out.display()));
    let mut notes = snapshot.notes();
    notes.extend(sendback::save(&snapshot, staging, report::Lang::Zh)?);
    finish(folder, &out, &job, "zh", made_from, notes)?;
    lines.extend(said_of_refused(&out));
    Ok(Said {
        kind: None,
        lines,
        json,
    })
}

/// Up to the risk table.
///
/// # Errors
/// Sources that cannot be used, a model that cannot be fitted.
pub fn score(place: &Place, meter: &Meter) -> Result<Said, Error> {
    let job = place.read()?;
    let made_from = made_from(&job)?;
    let out = place.out(&job, ".score");
    let folder = RunFolder::begin(&out)?;
    let staging = folder.staging()?;
    let work = make(&staging.join("work"))?;
    let scored = corridor::score(&job, &work, meter);
    let scored = scored.map_err(|error| stopped::leave(error, place, &job, &out, "zh"))?;
    let mut notes = notes_of(&scored)?;
    notes.extend(save_scored(&scored, staging, "zh")?);
    let mut lines = said_of_leftovers(&folder);
    lines.extend(said_of_scored(&scored));
    lines.push(format!("wrote {}", out.display()));
    let json = json!({ "out": out, "tables": counts_json(&scored.snapshot), "classes": scored.risk.classes(), "models": scored.risk.models() });
    finish(folder, &work, &job, "zh", made_from, notes)?;
    lines.extend(said_of_refused(&out));
    Ok(Said {
        kind: None,
        lines,
        json,
    })
}

/// What a report is made beside.
#[derive(Clone, Debug, Default)]
pub struct ReportPlaces {
    /// Folder of `choucha tune` on the same job.
    pub tuning: Option<PathBuf>,
    /// An earlier run of the same register.
    pub since: Option<PathBuf>,
}

/// Renders the report of a finished run again, with the frontier of `choucha tune` and with what changed since an earlier run
/// where their folders are named. What changed goes into `evaluation.json` too, and stays there until another run is named.
///
/// # Errors
/// A folder that is no finished run, or was changed since; a tuning of other settings; a run that cannot be compared.
pub fn report(run: &Path, places: &ReportPlaces, language: &str) -> Result<Said, Error> {
    let path = run.join("evaluation.json");
    let bytes = fs::read(&path).map_err(|source| Error::File {
        what: "read (a run folder must hold it)",
        path: path.clone(),
        kind: Kind::Data,
        source,
    })?;
    let manifest = Manifest::read(run).filter(|manifest| manifest.holds(run));
    let manifest = manifest.ok_or_else(|| Error::File {
        what: "report on it: it is no finished run, or a file of it was changed since",
        path: run.to_owned(),
        kind: Kind::Data,
        source: std::io::Error::from(std::io::ErrorKind::InvalidData),
    })?;
    let mut evaluation = Evaluation::from_json(&bytes)?;
    let tuning = places.tuning.as_deref();
    let frontier = tuning.map(|tuning| frontier(tuning, &manifest));
    let beside = Beside {
        frontier: frontier.transpose()?,
    };
    let earlier = places.since.as_deref();
    if let Some(since) = earlier.map(|earlier| since(run, earlier)).transpose()? {
        evaluation.since = Some(since);
    }
    let files = rendered(&evaluation, &beside, language)?;
    if earlier.is_some() {
        runs::replace_file(&path, &evaluation.to_json()?)?;
    }
    for (name, bytes) in files {
        runs::replace_file(&run.join(name), &bytes)?;
    }
    Manifest {
        language: language.to_owned(),
        ..manifest
    }
    .write(run)?;
    let rest = match earlier {
        Some(_) => {
            "evaluation.json says what changed since the earlier run, nothing else has changed"
        }
        None => "nothing else has changed",
    };
    let said = format!("the report was rendered again in {language}; {rest}");
    Ok(said_unchanged(run, REPORT, &said))
}

/// What a finished tuning of the same job with the same settings found.
fn frontier(tuning: &Path, of: &Manifest) -> Result<Frontier, Error> {
    let refused = |what| Error::File {
        what,
        path: tuning.to_owned(),
        kind: Kind::Data,
        source: std::io::Error::from(std::io::ErrorKind::InvalidData),
    };
    let manifest = Manifest::read(tuning).filter(|manifest| manifest.holds(tuning));
    let manifest = manifest.ok_or_else(|| {
        refused("report on it: it is no finished tuning, or a file of it was changed since")
    })?;
    let bytes = fs::read(tuning.join(TUNING))
        .map_err(|_| refused("report on it: it holds no tuning.json, which choucha tune writes"))?;
    if manifest.job != of.job {
        return Err(refused(
            "report on it: it tunes another job than that of the run",
        ));
    }
    if manifest.made_from.settings != of.made_from.settings {
        return Err(refused(
            "report on it: the job file was changed between run and tuning: do both again with the same file",
        ));
    }
    serde_json::from_slice(&bytes)
        .map_err(|_| refused("report on it: its tuning.json cannot be read"))
}

/// What people should know of sources and registers.
pub(super) fn notes_of(scored: &Scored) -> Result<Vec<String>, Error> {
    let mut notes = scored.snapshot.notes();
    notes.extend(scored.registers.notes()?);
    notes.extend(scored.risk.notes());
    Ok(notes)
}

/// Writes what is known before the draw; returns what a reader should know.
pub(super) fn save_scored(
    scored: &Scored,
    staging: &Path,
    language: &str,
) -> Result<Vec<String>, Error> {
    let notes = save_noted(&scored.snapshot, staging, language)?;
    scored.risk.save(&staging.join("risk.parquet"))?;
    Ok(notes)
}

/// Writes what ingest noted about rows: the tables, and for people `refused/` and `findings/`.
pub(super) fn save_noted(
    snapshot: &ingest::Snapshot,
    staging: &Path,
    language: &str,
) -> Result<Vec<String>, Error> {
    for list in [snapshot.refused(), snapshot.findings()] {
        for from in [list.to_owned(), list.with_extension("csv")] {
            let to = staging.join(from.file_name().unwrap_or_default());
            fs::copy(&from, &to).map_err(cannot("write", &to))?;
        }
    }
    sendback::save(snapshot, staging, language_of(language))
}

/// Writes `evaluation.json`, its tables and the report.
pub(super) fn save_evaluation(
    evaluation: &Evaluation,
    language: &str,
    staging: &Path,
) -> Result<(), Error> {
    let path = staging.join("evaluation.json");
    fs::write(&path, evaluation.to_json()?).map_err(cannot("write", &path))?;
    evaluate::write_parquet(
        &evaluate::tables(evaluation),
        &make(&staging.join("tables"))?,
    )?;
    for (name, bytes) in rendered(evaluation, &Beside::default(), language)? {
        let path = staging.join(name);
        fs::write(&path, bytes).map_err(cannot("write", &path))?;
    }
    Ok(())
}

fn rendered(
    evaluation: &Evaluation,
    beside: &Beside,
    language: &str,
) -> Result<Vec<(String, Vec<u8>)>, Error> {
    Ok(report::render(evaluation, beside, language_of(language))?)
}
