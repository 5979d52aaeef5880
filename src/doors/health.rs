//! 名录库体检: the register examined, compared with last month's, and written for people and for the next month.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::said::{
    UNCHANGED, said_of_counts, said_of_leftovers, said_of_refused, said_of_words, said_unchanged,
};
use super::{Place, Said, cannot, finish, finished, make, settings_of, stopped, walk};
use crate::error::Error;
use crate::job::Job;
use crate::registers::{self, Ailment, ChangeKind, Changes, Health};
use crate::report::{self, HealthReport, Lang};
use crate::runs::{Input, Manifest, RunFolder, file_digest};
use crate::units::{Meter, Problem};

/// The numbers of a month.
const NUMBERS: &str = "health.json";
/// The register of a month.
const REGISTER: &str = "register.parquet";

/// A month that was examined before.
struct Month {
    folder: PathBuf,
    /// What the month's folder was made from, as an input of this one.
    input: Input,
    health: Health,
}

/// Examines the register of a job.
///
/// # Errors
/// Sources that cannot be used, a past month that is no finished result of this command; the previous result is then
/// unchanged.
pub fn health(place: &Place, language: &str, meter: &Meter) -> Result<Said, Error> {
    let job = place.read()?;
    let months = months(place, &job)?;
    let mut made_from = settings_of(&job, &crate::ingest::inputs(&job.ingest)?);
    let inputs = months.iter().map(|month| month.input.clone());
    made_from.inputs.extend(inputs);
    let out = place.out(&job, "-health");
    if finished(&out, &made_from).is_some_and(|manifest| manifest.language == language) {
        return Ok(said_unchanged(&out, "health.html", UNCHANGED));
    }
    let folder = RunFolder::begin(&out)?;
    let staging = folder.staging()?.to_owned();
    let work = make(&staging.join("work"))?;
    let snapshot = crate::ingest::read(&job.ingest, job.as_of, job.partitions, &work, meter);
    let snapshot =
        snapshot.map_err(|error| stopped::leave(error.into(), place, &job, &out, language))?;
    let registers = registers::compile(&job.registers, &snapshot, job.as_of, &work, meter)?;
    let examined = examine(&job, &registers, &months, meter)?;
    registers.save(&staging.join(REGISTER))?;
    let mut notes = snapshot.notes();
    notes.extend(walk::save_noted(&snapshot, &staging, language)?);
    notes.extend(examined.write(&job, &months, language, &staging)?);
    let mut lines = said_of_leftovers(&folder);
    let words = said_of_words(snapshot.words(), &job);
    lines.extend_from_slice(&words);
    lines.extend(said_of_counts(&snapshot));
    lines.extend(examined.said());
    finish(folder, &work, &job, language, made_from, notes)?;
    lines.extend(said_of_refused(&out));
    lines.push(format!("open {}", out.join("health.html").display()));
    Ok(Said {
        kind: None,
        lines,
        json: json!({ "out": out, "done": true, "health": examined.health, "changes": examined.changes, "words": words }),
    })
}

/// This month, and what changed since the last.
struct Examined {
    health: Health,
    changes: Option<Changes>,
}

fn examine(
    job: &Job,
    registers: &registers::Registers,
    months: &[Month],
    meter: &Meter,
) -> Result<Examined, Error> {
    let last = months
        .last()
        .map(|month| (month.folder.join(REGISTER), month.health.as_of));
    let unclassified = job.risk.unclassified_when();
    let valid = job.health.clone().or_unclassified(unclassified.as_deref());
    let register = last.as_ref().map(|(register, _)| register.as_path());
    let health = registers::examine(&valid, registers, register, meter)?;
    let changes = last.map(|(register, day)| registers::compare(registers, &register, day));
    Ok(Examined {
        health,
        changes: changes.transpose()?,
    })
}

impl Examined {
    /// Writes the numbers, the page and the workbooks; returns what a reader should know.
    fn write(
        &self,
        job: &Job,
        months: &[Month],
        language: &str,
        staging: &Path,
    ) -> Result<Vec<String>, Error> {
        let previous: Vec<Health> = months.iter().map(|month| month.health.clone()).collect();
        let report = HealthReport {
            title: &job.title,
            job: &job.name,
            office: job.report.office(),
            synthetic: job.synthetic,
            health: &self.health,
            previous: &previous,
            changes: self.changes.as_ref(),
        };
        let report::HealthFiles { mut files, notes } =
            report::health(&report, language_of(language))?;
        files.push((NUMBERS.to_owned(), json_of(&self.health)));
        if let Some(changes) = &self.changes {
            files.push(("changes.json".to_owned(), json_of(changes)));
        }
        for (name, bytes) in files {
            let path = staging.join(name);
            fs::write(&path, bytes).map_err(cannot("write", &path))?;
        }
        Ok(notes)
    }

    fn said(&self) -> Vec<String> {
        let health = &self.health;
        let mut said = vec![format!(
            "register: {} objects, {} in the frame",
            health.n_objects, health.n_frame
        )];
        let wrong = health.lines.iter().filter(|line| line.n > 0);
        said.extend(
            wrong.map(|line| format!("  {}: {} of {}", key(line.ailment), line.n, line.of)),
        );
        if health.coverage.n_absent > 0 {
            said.push(format!(
                "  known from records and not registered: {} ({} rows)",
                health.coverage.n_absent, health.coverage.n_rows
            ));
        }
        if !health.staff.is_empty() {
            let counts = health.staff.iter();
            let counts: Vec<String> = counts
                .map(|one| format!("{} {}", one.n, one.rule))
                .collect();
            said.push(format!("inspectors: {}", counts.join(", ")));
        }
        if let Some(changes) = &self.changes {
            said.push(format!(
                "since {}: {} new, {} gone, {} moved between offices, {} objects changed",
                changes.from,
                changes.n(ChangeKind::New),
                changes.n(ChangeKind::Gone),
                changes.n(ChangeKind::Moved),
                changes.n_changed_objects
            ));
        }
        said
    }
}

/// The name of a line in `health.json`.
fn key(ailment: Ailment) -> String {
    serde_json::to_value(ailment)
        .ok()
        .and_then(|key| key.as_str().map(str::to_owned))
        .unwrap_or_default()
}

fn json_of(value: &impl serde::Serialize) -> Vec<u8> {
    let mut text = serde_json::to_vec_pretty(value).expect("plain values serialise");
    text.push(b'\n');
    text
}

pub(super) fn language_of(language: &str) -> Lang {
    if language == "en" { Lang::En } else { Lang::Zh }
}

/// The past months the job names: finished results, each seen from a later day than the one before.
fn months(place: &Place, job: &Job) -> Result<Vec<Month>, Error> {
    let (mut months, mut problems) = (Vec::<Month>::new(), Vec::new());
    for folder in job.health.previous() {
        let read = month(Path::new(folder));
        let after = months.last().map(|month| month.health.as_of);
        let in_order = read.and_then(|month| {
            let day = month.health.as_of;
            if after.is_some_and(|after| day <= after) {
                return Err("must stand oldest first, each day once");
            }
            if day >= job.as_of.0 {
                return Err("must be seen from a day before the job's as_of");
            }
            Ok(month)
        });
        match in_order {
            Ok(month) => months.push(month),
            Err(rule) => problems.push(Problem {
                file: place.job.display().to_string(),
                ..Problem::new("health.previous", folder, rule)
            }),
        }
    }
    if problems.is_empty() {
        Ok(months)
    } else {
        Err(Error::Settings(problems))
    }
}

fn month(folder: &Path) -> Result<Month, &'static str> {
    let none = "must be the folder of a finished `choucha health`";
    let manifest = Manifest::read(folder).ok_or(none)?;
    for name in [NUMBERS, REGISTER] {
        let digest = file_digest(&folder.join(name)).map_err(|_| none)?.1;
        if manifest.outputs.get(name) != Some(&digest) {
            return Err("must be as it was made: a file of it was changed since");
        }
    }
    let numbers = fs::read(folder.join(NUMBERS)).map_err(|_| none)?;
    let health = serde_json::from_slice(&numbers).map_err(
        |_| "must be made by a version of this program whose health.json this one reads",
    )?;
    let name = folder.file_name().unwrap_or_default();
    Ok(Month {
        input: Input {
            name: name.to_string_lossy().into_owned(),
            bytes: numbers.len() as u64,
            sha256: manifest.run,
        },
        folder: folder.to_owned(),
        health,
    })
}
