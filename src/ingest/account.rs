//! What a run says of its sources: files a job reads beside its tables, refusals by rule, absent knowledge dates.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use polars::prelude::*;
use tempfile::TempDir;

use super::error::Error;
use super::files::{InputFile, Located, digests, locate, locate_path, located};
use super::outcomes::ValidVisits;
use super::params::{ValidParams, ValidTable};
use super::shape;
use super::snapshot::Snapshot;
use super::source::{self, Source};
use super::told::Told;
use super::words::{Counts, Word};
use crate::units::Problem;

/// Files of at most so many bytes are opened to see what the values of an unknown column look like.
const LOOKED_AT: u64 = 64 << 20;

/// Digests of the files of one table.
///
/// # Errors
/// Files that are missing or cannot be read.
pub fn table_inputs(table: &ValidTable) -> Result<Vec<InputFile>, Error> {
    digests(&locate(table)?)
}

/// Digests of the files of a list of visits.
///
/// # Errors
/// Files that are missing or cannot be read.
pub fn list_inputs(list: &ValidVisits) -> Result<Vec<InputFile>, Error> {
    digests(&locate_path(
        &format!("{}.path", list.key),
        &list.params.path,
        list.params.format,
    )?)
}

/// What the files of a job show before it is run.
#[derive(Clone, Debug, Default)]
pub struct Looked {
    /// What [`Snapshot::headers_told`] would say, from the headers and, of files that are not large, the first rows.
    pub headers: Vec<String>,
    /// What [`Snapshot::words`] would say, from all rows of files that are not large.
    pub words: Vec<Word>,
}

impl ValidParams {
    /// Opens every file of the job once: large ones as far as their headers, the others whole.
    ///
    /// # Errors
    /// All that keeps the job's tables from being read, keys relative to the job's section of the tables.
    pub fn look(&self) -> Result<Looked, Vec<Problem>> {
        let spool = TempDir::new().map_err(|error| {
            let place = std::env::temp_dir().display().to_string();
            vec![Problem::new(
                "path",
                place,
                format!("a temporary folder cannot be made: {error}"),
            )]
        })?;
        let (mut looked, mut problems) = (Looked::default(), Vec::new());
        for table in &self.tables {
            let mut counts = Counts::default();
            for section in table.sections() {
                let mut told = Told::of(section);
                let files = located(section).unwrap_or_else(|error| {
                    problems.extend(problems_of(section, &error));
                    Vec::new()
                });
                for file in files {
                    let spool = spool.path().join("looked-at.parquet");
                    if let Err(error) = look_at(section, &file, &spool, &mut told, &mut counts) {
                        problems.extend(problems_of(section, &error));
                    }
                }
                looked.headers.extend(told.lines());
            }
            looked.words.extend(counts.words(table));
        }
        if problems.is_empty() {
            Ok(looked)
        } else {
            Err(problems)
        }
    }
}

/// Adds what one file shows.
fn look_at(
    section: &ValidTable,
    file: &Located,
    spool: &Path,
    told: &mut Told,
    counts: &mut Counts,
) -> Result<(), Error> {
    let is_small = fs::metadata(&file.path).is_ok_and(|file| file.len() <= LOOKED_AT);
    if !is_small {
        for mapping in source::mappings_of(section, file)? {
            told.add(&mapping, &[]);
        }
        return Ok(());
    }
    for source in Source::open(section, file, spool)? {
        let cells = shape::sample(&source, &source.mapping.unmapped)?;
        told.add(&source.mapping, &cells);
        counts.add_source(section, &source)?;
    }
    Ok(())
}

fn problems_of(section: &ValidTable, error: &Error) -> Vec<Problem> {
    let key = format!("{}.path", section.key);
    let problem = |error: &Error| Problem::new(&key, &section.path, error.to_string());
    error.each().into_iter().map(problem).collect()
}

impl Snapshot {
    /// Refused rows by rule, in the order of the rules' names.
    ///
    /// # Errors
    /// When the refusal table cannot be read.
    pub fn refusals(&self) -> Result<Vec<(String, u64)>, Error> {
        let path = PlRefPath::new(self.refused.to_string_lossy());
        let rules = LazyFrame::scan_parquet(path, ScanArgsParquet::default())
            .and_then(|table| table.select([col("rule")]).collect())
            .map_err(Error::engine("count the refusals"))?;
        let rules = rules
            .column("rule")
            .and_then(|rules| rules.str().cloned())
            .map_err(Error::engine("count the refusals"))?;
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        for rule in rules.iter().flatten() {
            *counts.entry(rule.to_owned()).or_default() += 1;
        }
        Ok(counts.into_iter().collect())
    }

    /// Facts a reader of the run should know: what was passed over while decoding, tables without a knowledge date, ids with
    /// a second key.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        let undated = self.undated.iter().map(|table| {
            format!(
                "{table}: the source has no known_on, so a record counts as known on its own day"
            )
        });
        let moved = self.second_keys().into_iter().map(|(id, _)| {
            format!("object {id}: its key is taken by an earlier id, so it has the second one")
        });
        let choices = self.choices.iter().cloned();
        let decoded = self.decoded.iter().cloned();
        decoded
            .chain(choices)
            .chain(undated)
            .chain(moved)
            .chain(self.said.iter().cloned())
            .collect()
    }

    /// What people are told of the headers of the sources: recognised columns, and for each header that is not used what it may
    /// be and what to write in the job.
    #[must_use]
    pub fn headers_told(&self) -> &[String] {
        &self.told
    }

    /// Words of 登记状态, 主体类别, 检查来源 and 检查结果 that are not canonical, with their rows.
    #[must_use]
    pub fn words(&self) -> &[Word] {
        &self.words
    }
}
