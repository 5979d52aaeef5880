//! A job that stops over its inputs names all that is wrong at once, and leaves the refused rows to be corrected.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use super::health::language_of;
use super::{Place, cannot, finish, made_from, sendback};
use crate::error::Error;
use crate::ingest::{self, Stopped};
use crate::job::Job;
use crate::runs::RunFolder;

/// What is said of `error`: where files lack columns, what all files of the job lack; where too many rows are refused, also the
/// folder beside `out` in which they are left.
pub(super) fn leave(error: Error, place: &Place, job: &Job, out: &Path, language: &str) -> Error {
    match error {
        Error::Ingest(ingest::Error::Stopped(stopped)) => {
            let folder = beside(out);
            match save(&stopped, job, &folder, language) {
                Ok(()) => Error::Stopped {
                    stopped,
                    refused: folder.join(sendback::REFUSED),
                },
                Err(reason) => Error::NotLeft {
                    stopped,
                    folder,
                    reason: Box::new(reason),
                },
            }
        }
        Error::Ingest(misfit) if misfit.is_misfit() => match job.ingest.look() {
            Err(problems) => Error::Inputs(place.in_job(problems)),
            Ok(_) => misfit.into(),
        },
        other => other,
    }
}

/// `name.refused` beside the result that is not there.
fn beside(out: &Path) -> PathBuf {
    let mut name = OsString::from(out.file_name().unwrap_or_default());
    name.push(".refused");
    out.with_file_name(name)
}

/// Writes the refusal table and `refused/`, whole or not at all.
fn save(stopped: &Stopped, job: &Job, to: &Path, language: &str) -> Result<(), Error> {
    let folder = RunFolder::begin(to)?;
    let staging = folder.staging()?;
    for from in [
        stopped.refused().to_owned(),
        stopped.refused().with_extension("csv"),
    ] {
        let to = staging.join(from.file_name().unwrap_or_default());
        fs::copy(&from, &to).map_err(cannot("write", &to))?;
    }
    let shapes = stopped.refused_shapes();
    let notes = sendback::save_refused(shapes, staging, language_of(language))?;
    finish(folder, to, job, language, made_from(job)?, notes)
}
