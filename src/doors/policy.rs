//! 情景推演: policies compared on simulated firms, and estimators held against effects that were planted.

use std::fs;
use std::path::Path;

use serde_json::json;

use super::health::language_of;
use super::said::{UNCHANGED, said_of_leftovers, said_unchanged};
use super::{Said, cannot, finish_named, finished, make, settings_of_digest};
use crate::error::Error;
use crate::evaluate::{Table, write_parquet};
use crate::report::{self, PlantedCase, PlantedReport, PolicyReport, Ranged};
use crate::runs::{RunFolder, Settings};
use crate::simulate::{self, PolicyJob};
use crate::units::Meter;

/// Its numbers.
const NUMBERS: &str = "policy.json";
/// Its page.
const PAGE: &str = "policy.html";

/// What is written: pages and numbers by name, flat tables, lines for people.
struct Made {
    files: Vec<(String, Vec<u8>)>,
    tables: Vec<Table>,
    lines: Vec<String>,
}

/// Runs a world of policies, or one of planted effects, and writes its numbers, tables and page into `out`.
///
/// # Errors
/// A world file with problems, a folder that cannot be written; the previous result is then unchanged.
pub fn simulate_policy(
    world: &Path,
    out: &Path,
    language: &str,
    meter: &Meter,
) -> Result<Said, Error> {
    let job = PolicyJob::read(world)?;
    let made_from = settings_of_digest(job.digest(), &[]);
    if finished(out, &made_from).is_some_and(|manifest| manifest.language == language) {
        return Ok(said_unchanged(out, PAGE, UNCHANGED));
    }
    let folder = RunFolder::begin(out)?;
    let made = match &job {
        PolicyJob::Compare(world) => compared(&simulate::compare(world, meter)?, language)?,
        PolicyJob::Planted(world) => planted(&simulate::plant(world, meter)?, language)?,
    };
    write(folder, out, (job.name(), language), made_from, made)
}

fn compared(report: &PolicyReport, language: &str) -> Result<Made, Error> {
    let mut files = report::policy(report, language_of(language))?;
    files.push((NUMBERS.to_owned(), report.to_json()));
    let range = |one: &Ranged| format!("{:.4} [{:.4}, {:.4}]", one.mean, one.low, one.high);
    let line = |one: &report::PolicyOutcome| {
        let hits = one.hit_rate.as_ref().map_or_else(|| "-".to_owned(), range);
        let violation = range(&one.violation);
        format!(
            "  {:<12} {:?}: violations {violation}, hit rate {hits}",
            one.policy, one.mode
        )
    };
    let lines = report.outcomes.iter().map(line).collect();
    Ok(Made {
        files,
        tables: report::policy_tables(report),
        lines,
    })
}

fn planted(report: &PlantedReport, language: &str) -> Result<Made, Error> {
    let mut files = report::planted(report, language_of(language))?;
    files.push((NUMBERS.to_owned(), report.to_json()));
    let share =
        |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.3}"));
    let line = |case: &PlantedCase| {
        format!(
            "  {:<16} coverage {} claims {} refused {:.3}: {}",
            case.name,
            share(case.coverage),
            share(case.claims),
            case.refused,
            if case.holds {
                "as it must"
            } else {
                "not as it must"
            }
        )
    };
    Ok(Made {
        files,
        tables: report.tables(),
        lines: report.cases.iter().map(line).collect(),
    })
}

fn write(
    folder: RunFolder,
    out: &Path,
    (name, language): (&str, &str),
    made_from: Settings,
    made: Made,
) -> Result<Said, Error> {
    let staging = folder.staging()?.to_owned();
    for (file, bytes) in &made.files {
        let path = staging.join(file);
        fs::write(&path, bytes).map_err(cannot("write", &path))?;
    }
    write_parquet(&made.tables, &make(&staging.join("tables"))?)?;
    let work = make(&staging.join("work"))?;
    let mut lines = said_of_leftovers(&folder);
    lines.extend(made.lines);
    let named = (name, String::new());
    finish_named(folder, &work, named, language, made_from, Vec::new())?;
    lines.push(format!("open {}", out.join(PAGE).display()));
    Ok(Said {
        kind: None,
        lines,
        json: json!({ "out": out, "world": name, "numbers": out.join(NUMBERS) }),
    })
}
