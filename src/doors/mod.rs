//! One function per command: reads what a command names, opens the corridor, makes the result appear whole.
//!
//! The only place that reads a clock or makes a random key.

mod backtest;
mod ceremony;
mod diff;
mod drawn_list;
mod health;
mod past_run;
mod policy;
pub mod rehearsal;
mod said;
mod sendback;
mod show;
mod stopped;
mod tune;
mod walk;
mod worlds;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value;

use crate::error::Error;

use crate::job::{Job, Overrides};
use crate::runs::{Input, Manifest, RunFolder, Settings};
use crate::units::{Digest, Kind, Moment, Problem};

pub use backtest::backtest;
pub use ceremony::{
    Act, EvaluatePlaces, assign, audit, audit_draw, backup, check_workspace, commit, draw, entrust,
    evaluate, init_workspace, record, record_unusable, replace, seal, slip, verify,
};
pub use diff::diff;
pub use health::health;
pub use policy::simulate_policy;
pub use show::{ShowPlaces, show};
pub use tune::tune;
pub use walk::{ReportPlaces, check, ingest, report, run, score};
pub use worlds::{init, simulate};

/// Version of this program, as manifests name it.
const VERSION: &str = env!("CARGO_PKG_VERSION");
/// Form of `manifest.json`.
const MANIFEST_FORMAT: u32 = 1;

/// Folder of decoded tables, beside the run folders.
const DECODED: &str = ".decoded";

/// What a command said: lines for people, a value for programs.
#[derive(Debug)]
pub struct Said {
    /// A result that is not the ordinary one, for the exit code.
    pub kind: Option<Kind>,
    /// Lines of text.
    pub lines: Vec<String>,
    /// The same as JSON.
    pub json: Value,
}

/// A job file, where its result goes, and what the command line changes about it.
#[derive(Clone, Debug)]
pub struct Place {
    /// The job file.
    pub job: PathBuf,
    /// The result folder, if not `runs/<name>`.
    pub out: Option<PathBuf>,
    /// Places, speed, and the seed of a rehearsal.
    pub overrides: Overrides,
}

impl Place {
    /// The job; tables that are decoded for it are kept beside its run folder, for the next run.
    fn read(&self) -> Result<Job, Error> {
        let mut job = Job::read(&self.job, &self.overrides).map_err(Error::Settings)?;
        job.ingest = job.ingest.with_cache(self.decoded(&job.name));
        if let Some(mut backtest) = job.backtest.take() {
            backtest.ingest = backtest.ingest.with_cache(self.decoded(&job.name));
            job.backtest = Some(backtest);
        }
        Ok(job)
    }

    /// Folder of the tables decoded for a job, beside its run folder.
    fn decoded(&self, job: &str) -> PathBuf {
        let out = self.out_of(job, "");
        out.parent().unwrap_or(Path::new(".")).join(DECODED)
    }

    /// Whether the job file names a workspace; a job that cannot be read names none, and says so when it is.
    #[must_use]
    pub fn names_workspace(&self) -> bool {
        self.read().is_ok_and(|job| job.workspace.is_some())
    }

    /// Problems of the job's sections of tables, as problems of the job file.
    fn in_job(&self, problems: Vec<Problem>) -> Vec<Problem> {
        let file = self.job.display().to_string();
        let in_job = |problem: Problem| Problem {
            file: file.clone(),
            key: format!("ingest.{}", problem.key.trim_start_matches("ingest.")),
            ..problem
        };
        problems.into_iter().map(in_job).collect()
    }

    fn out(&self, job: &Job, suffix: &str) -> PathBuf {
        self.out_of(&job.name, suffix)
    }

    fn out_of(&self, job: &str, suffix: &str) -> PathBuf {
        self.out
            .clone()
            .unwrap_or_else(|| Path::new("runs").join(format!("{job}{suffix}")))
    }
}

/// The settings and inputs of a job, by digest.
fn made_from(job: &Job) -> Result<Settings, Error> {
    let mut files = crate::ingest::inputs(&job.ingest)?;
    if let Some(outcomes) = &job.outcomes {
        files.extend(crate::ingest::table_inputs(outcomes)?);
    }
    if let Some(list) = &job.replay {
        files.extend(crate::ingest::list_inputs(list)?);
    }
    let window = job.backtest.as_ref().and_then(|own| own.backtest.listed());
    if let Some(list) = window.filter(|_| job.replay.is_none()) {
        files.extend(crate::ingest::list_inputs(list)?);
    }
    Ok(settings_of(job, &files))
}

/// The settings of a job and these inputs, by digest.
fn settings_of(job: &Job, files: &[crate::ingest::InputFile]) -> Settings {
    settings_of_digest(job.digest, files)
}

fn settings_of_digest(settings: Digest, files: &[crate::ingest::InputFile]) -> Settings {
    Settings {
        choucha: VERSION.to_owned(),
        settings,
        inputs: files.iter().map(input_of).collect(),
    }
}

/// An input file by its name, without its folder.
fn input_of(file: &crate::ingest::InputFile) -> Input {
    let name = Path::new(&file.path).file_name();
    Input {
        name: name.map_or_else(String::new, |name| name.to_string_lossy().into_owned()),
        bytes: file.bytes,
        sha256: file.digest,
    }
}

/// The manifest of `out`, if it was made from the same settings and inputs and its files are as they were.
fn finished(out: &Path, made_from: &Settings) -> Option<Manifest> {
    Manifest::read(out).filter(|manifest| manifest.run == made_from.digest() && manifest.holds(out))
}

/// Removes the work files, writes the manifest and lets the folder appear.
fn finish(
    folder: RunFolder,
    work: &Path,
    job: &Job,
    language: &str,
    made_from: Settings,
    notes: Vec<String>,
) -> Result<(), Error> {
    let named = (job.name.as_str(), job.as_of.to_string());
    finish_named(folder, work, named, language, made_from, notes)
}

/// The same for whatever has a name and a day.
fn finish_named(
    folder: RunFolder,
    work: &Path,
    (name, as_of): (&str, String),
    language: &str,
    made_from: Settings,
    notes: Vec<String>,
) -> Result<(), Error> {
    let staging = folder.staging()?.to_owned();
    if work.starts_with(&staging) {
        fs::remove_dir_all(work).map_err(cannot("remove", work))?;
    }
    let manifest = Manifest {
        format: MANIFEST_FORMAT,
        job: name.to_owned(),
        as_of,
        language: language.to_owned(),
        run: made_from.digest(),
        made_from,
        notes,
        outputs: std::collections::BTreeMap::new(),
    };
    manifest.write(&staging)?;
    Ok(folder.commit()?)
}

/// Now, to the second.
fn clock() -> Result<Moment, Error> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).ok();
    let seconds = now.and_then(|now| i64::try_from(now.as_secs()).ok());
    seconds.and_then(Moment::from_unix).ok_or(Error::NoClock)
}

/// 32 bytes nobody can guess.
fn random_bytes() -> Result<[u8; 32], Error> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| Error::NoRandomness(error.to_string()))?;
    Ok(bytes)
}

fn make(folder: &Path) -> Result<PathBuf, Error> {
    fs::create_dir_all(folder).map_err(cannot("make the folder", folder))?;
    Ok(folder.to_owned())
}

fn cannot(what: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Error {
    refused(what, path, Kind::Bug)
}

/// The same for a file that the command line names: whoever named it can put it right.
fn unreadable(path: &Path) -> impl FnOnce(std::io::Error) -> Error {
    refused("read it", path, Kind::Usage)
}

fn refused(what: &'static str, path: &Path, kind: Kind) -> impl FnOnce(std::io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::File {
        what,
        path,
        kind,
        source,
    }
}
