//! What a run says of its sources: files a job reads beside its tables, refusals by rule, absent knowledge dates.

use std::collections::BTreeMap;

use polars::prelude::*;

use super::error::Error;
use super::files::{InputFile, digests, locate, locate_path};
use super::outcomes::ValidVisits;
use super::params::{ValidParams, ValidTable};
use super::snapshot::Snapshot;
use super::source;
use crate::units::Problem;

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
                .filter_map(|file| source::headers_fit(table, file).err())
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

    /// Facts a reader of the run should know: tables without a knowledge date, ids with a second key.
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
        undated.chain(moved).collect()
    }
}
