//! A list of visits by id: as written, as checked, and the ids it holds.

use std::collections::BTreeSet;
use std::path::Path;

use polars::prelude::*;
use serde::{Deserialize, Serialize};

use super::Spool;
use crate::ingest::convert;
use crate::ingest::error::Error;
use crate::ingest::files::locate_path;
use crate::ingest::headings::{listed, nearest};
use crate::ingest::params::Format;
use crate::ingest::scalar::tidy;
use crate::ingest::source::Source;
use crate::units::Problem;

/// A table that lists visits by id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VisitParams {
    /// File, glob or folder.
    pub path: String,
    /// Format of every file; by file name where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<Format>,
    /// Source column that holds the visit ids.
    pub column: String,
    /// SQL condition on the list's own columns; all rows where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
}

/// A list of visits as checked.
#[derive(Clone, Debug)]
pub struct ValidVisits {
    pub(in crate::ingest) params: VisitParams,
    filter: Option<Expr>,
    pub(in crate::ingest) key: String,
}

impl VisitParams {
    /// All problems of the section at once, keys relative to it; `key` is the section's name in the job file, for messages.
    ///
    /// # Errors
    /// Every broken rule.
    pub fn check(&self, key: &str) -> Result<ValidVisits, Vec<Problem>> {
        let mut problems = Vec::new();
        if self.path.trim().is_empty() {
            problems.push(Problem::new(
                "path",
                &self.path,
                "must name a file, a glob or a folder",
            ));
        }
        if self.column.trim().is_empty() {
            problems.push(Problem::new(
                "column",
                &self.column,
                "must name the column of visit ids",
            ));
        }
        let filter = self.filter.as_ref().map(polars::sql::sql_expr).transpose();
        match filter {
            Ok(filter) if problems.is_empty() => Ok(ValidVisits {
                params: self.clone(),
                filter,
                key: key.to_owned(),
            }),
            Ok(_) => Err(problems),
            Err(error) => {
                problems.push(Problem::new(
                    "filter",
                    self.filter.clone().unwrap_or_default(),
                    format!("must be an SQL condition: {error}"),
                ));
                Err(problems)
            }
        }
    }
}

/// Trimmed ids of the list's rows that pass its filter.
pub(super) fn listed_ids(list: &ValidVisits, work: &Path) -> Result<BTreeSet<String>, Error> {
    let spool = Spool::create(work, "visit-list")?;
    let mut ids = BTreeSet::new();
    for (index, file) in locate_path(
        &format!("{}.path", list.key),
        &list.params.path,
        list.params.format,
    )?
    .iter()
    .enumerate()
    {
        let named = |header: &str| header == list.params.column;
        for source in Source::open_whole(file, &named, &spool.file(index))? {
            ids.extend(listed_in(list, &source)?);
        }
    }
    Ok(ids)
}

fn listed_in(list: &ValidVisits, source: &Source) -> Result<BTreeSet<String>, Error> {
    let column = &list.params.column;
    if !source.headers.contains(column) {
        return Err(Error::ColumnMissing {
            key: format!("{}.column", list.key),
            file: source.shown.clone(),
            column: column.clone(),
            present: listed(&source.headers, nearest(column, &source.headers)),
        });
    }
    let rows = source.scan()?;
    let rows = match &list.filter {
        Some(filter) => rows.filter(filter.clone()),
        None => rows,
    };
    let texts = rows
        .select([convert::raw_text(std::slice::from_ref(column), source).alias("id")])
        .collect();
    let texts = texts.map_err(|error| Error::Filter {
        key: format!("{}.filter", list.key),
        filter: list.params.filter.clone().unwrap_or_default(),
        file: source.shown.clone(),
        reason: error.to_string(),
    })?;
    let texts = texts
        .column("id")
        .and_then(|texts| texts.str().cloned())
        .map_err(Error::engine("read the list of visits"))?;
    Ok(texts
        .iter()
        .flatten()
        .map(|id| tidy(id).into_owned())
        .filter(|id| !id.is_empty())
        .collect())
}
