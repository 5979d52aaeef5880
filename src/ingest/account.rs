//! What a run says of its sources: files a job reads beside its tables, refusals by rule, absent knowledge dates.

use std::collections::BTreeMap;
use std::fs;

use polars::prelude::*;
use tempfile::TempDir;

use super::error::Error;
use super::files::{InputFile, digests, locate, locate_path, located};
use super::outcomes::ValidVisits;
use super::params::{ValidParams, ValidTable};
use super::shape;
use super::snapshot::Snapshot;
use super::source::{self, Source};
use super::told::Told;
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

impl ValidParams {
    /// What keeps the job's tables from being read, as far as their files and headers show without reading a row.
    #[must_use]
    pub fn unreadable(&self) -> Vec<Problem> {
        let broken = self.tables.iter().flat_map(|table| match locate(table) {
            Ok(files) => files
                .iter()
                .filter_map(|file| source::headers_fit(table.section(file.section), file).err())
                .map(|error| (table, error))
                .collect(),
            Err(error) => vec![(table, error)],
        });
        broken
            .map(|(table, error)| {
                Problem::new(
                    format!("{}.path", table.key),
                    &table.path,
                    error.to_string(),
                )
            })
            .collect()
    }

    /// What [`Snapshot::headers_told`] would say, from the headers and, of files that are not large, the first rows.
    ///
    /// # Errors
    /// Files that are missing or cannot be read.
    pub fn headers_told(&self) -> Result<Vec<String>, Error> {
        let spool = TempDir::new().map_err(Error::io(&std::env::temp_dir()))?;
        let mut lines = Vec::new();
        let sections = self.tables.iter().flat_map(ValidTable::sections);
        for table in sections {
            let mut told = Told::of(table);
            for file in located(table)? {
                let is_small = fs::metadata(&file.path).is_ok_and(|file| file.len() <= LOOKED_AT);
                if is_small {
                    let spool = spool.path().join("looked-at.parquet");
                    for source in Source::open(table, &file, &spool)? {
                        let cells = shape::sample(&source, &source.mapping.unmapped)?;
                        told.add(&source.mapping, &cells);
                    }
                } else {
                    for mapping in source::mappings_of(table, &file)? {
                        told.add(&mapping, &[]);
                    }
                }
            }
            lines.extend(told.lines());
        }
        Ok(lines)
    }
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
}
