//! The noun of the room: the checked tables as of a day, in hash partitions, with what was counted on the way.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use polars::prelude::*;

use super::error::Error;
use super::files::InputFile;
use super::keys::{AliasKeys, Keys};
use super::settle::{part_path, scan_part};
use super::shapes::{self, RefusedShape};
use super::tables::{TABLES, Table};
use super::words::Word;
use crate::units::{AsOf, ObjectKey};

/// What became of the rows of one table: `read = accepted + refused + later`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableCounts {
    /// Canonical table.
    pub table: String,
    /// Rows in the files.
    pub read: u64,
    /// Rows in the snapshot.
    pub accepted: u64,
    /// Rows in the refusal table.
    pub refused: u64,
    /// Rows known on or after the as-of day, set aside; always 0 for the register.
    pub later: u64,
}

impl TableCounts {
    pub(super) fn checked(self) -> Result<Self, Error> {
        let Self {
            table,
            read,
            accepted,
            refused,
            later,
        } = self;
        if read == accepted + refused + later {
            return Ok(Self {
                table,
                read,
                accepted,
                refused,
                later,
            });
        }
        Err(Error::Unbalanced {
            table,
            read,
            accepted,
            refused,
            later,
        })
    }
}

/// Where the table's files lie.
#[derive(Clone, Debug)]
pub(super) struct Stored {
    pub(super) name: &'static str,
    pub(super) paths: Vec<PathBuf>,
}

/// Checked tables as of a day.
#[derive(Clone, Debug)]
pub struct Snapshot {
    pub(super) n_parts: usize,
    pub(super) as_of: AsOf,
    pub(super) tables: Vec<Stored>,
    pub(super) counts: Vec<TableCounts>,
    pub(super) inputs: Vec<InputFile>,
    pub(super) refused: PathBuf,
    pub(super) shapes: Vec<shapes::Stored>,
    pub(super) findings: PathBuf,
    pub(super) finding_counts: Vec<(String, u64)>,
    /// Tables of records whose source has no knowledge date.
    pub(super) undated: Vec<String>,
    /// Columns of visits that some source does not say.
    pub(super) unsaid: Vec<&'static str>,
    /// What was recognised without the job saying so.
    pub(super) said: Vec<String>,
    /// What people are told of the headers, a line each.
    pub(super) told: Vec<String>,
    /// Words of columns with a vocabulary that are not canonical.
    pub(super) words: Vec<Word>,
    /// Choices between several headers for one column.
    pub(super) choices: Vec<String>,
    /// What was passed over while decoding.
    pub(super) decoded: Vec<String>,
    pub(super) moved: Arc<HashMap<String, u64>>,
    pub(super) aliases: Arc<AliasKeys>,
}

impl Snapshot {
    /// The snapshot as of `as_of` whose canonical tables already lie in `dir`, as [`super::read`] leaves them below
    /// `snapshot/`: bulk tables in `n_parts` parts. Nothing was counted on the way.
    #[must_use]
    pub fn open(dir: &Path, n_parts: usize, as_of: AsOf) -> Self {
        let stored = |table: &Table| {
            let n_parts = if table.bulk { n_parts } else { 1 };
            let folder = dir.join(table.name);
            let paths: Vec<PathBuf> = (0..n_parts)
                .map(|part| part_path(&folder, table.bulk, part))
                .collect();
            Stored {
                name: table.name,
                paths,
            }
        };
        let tables = TABLES
            .iter()
            .map(stored)
            .filter(|stored| stored.paths[0].exists());
        Self {
            n_parts,
            as_of,
            tables: tables.collect(),
            counts: Vec::new(),
            inputs: Vec::new(),
            refused: dir.join("refused.parquet"),
            shapes: Vec::new(),
            findings: dir.join("findings.parquet"),
            finding_counts: Vec::new(),
            undated: Vec::new(),
            unsaid: Vec::new(),
            said: Vec::new(),
            told: Vec::new(),
            words: Vec::new(),
            choices: Vec::new(),
            decoded: Vec::new(),
            moved: Arc::default(),
            aliases: Arc::default(),
        }
    }

    /// Number of partitions of every bulk table.
    #[must_use]
    pub fn n_parts(&self) -> usize {
        self.n_parts
    }

    /// The day the snapshot is cut at.
    #[must_use]
    pub fn as_of(&self) -> AsOf {
        self.as_of
    }

    /// Counts per table, in the order the tables were read.
    #[must_use]
    pub fn counts(&self) -> &[TableCounts] {
        &self.counts
    }

    /// `refused.parquet`; `refused.csv` lies beside it.
    #[must_use]
    pub fn refused(&self) -> &Path {
        &self.refused
    }

    /// Per source with refusals its headers and the refused rows as they stand there, one source in memory at a time. They are
    /// read from `shapes/` beside [`Snapshot::refused`].
    ///
    /// # Errors
    /// Each item, when its file cannot be read.
    pub fn refused_shapes(&self) -> impl Iterator<Item = Result<RefusedShape, Error>> + '_ {
        self.shapes.iter().map(shapes::Stored::read)
    }

    /// `findings.parquet`: what there is to say of accepted rows, in the columns of the refusal table and `object_id`;
    /// `findings.csv` lies beside it.
    #[must_use]
    pub fn findings(&self) -> &Path {
        &self.findings
    }

    /// Findings by rule, in the order of the rules' names.
    #[must_use]
    pub fn finding_counts(&self) -> &[(String, u64)] {
        &self.finding_counts
    }

    /// `aliases.parquet` (`alias`, `object_id`), if the register has other identifiers (`other_ids`).
    #[must_use]
    pub fn aliases(&self) -> Option<PathBuf> {
        let objects = self.stored("objects")?.paths.first()?.parent()?;
        Some(objects.with_file_name("aliases.parquet")).filter(|path| path.exists())
    }

    /// The key under which the snapshot has the object that `key` names: another one's where `key` is of another identifier.
    #[must_use]
    pub fn owner(&self, key: ObjectKey) -> ObjectKey {
        self.aliases
            .get(&key.0)
            .map_or(key, |owner| ObjectKey(*owner))
    }

    /// All input files with their digests, table by table and in path order.
    #[must_use]
    pub fn inputs(&self) -> &[InputFile] {
        &self.inputs
    }

    /// Ids that take their second key because an earlier id has the same first one; nearly always none.
    #[must_use]
    pub fn second_keys(&self) -> Vec<(String, ObjectKey)> {
        let mut moved: Vec<_> = self
            .moved
            .iter()
            .map(|(id, key)| (id.clone(), ObjectKey(*key)))
            .collect();
        moved.sort();
        moved
    }

    pub(super) fn keys(&self) -> Keys {
        Keys {
            moved: self.moved.clone(),
            aliases: self.aliases.clone(),
            ..Keys::sha256()
        }
    }

    fn stored(&self, table: &str) -> Option<&Stored> {
        self.tables.iter().find(|stored| stored.name == table)
    }

    /// Whether the job names the table.
    pub(crate) fn has(&self, table: &str) -> bool {
        self.stored(table).is_some()
    }

    /// One partition of a table; a small table is partition 0. Empty where the job does not name it.
    pub(crate) fn scan(&self, table: &str, part: usize) -> Result<LazyFrame, Error> {
        let path = self
            .stored(table)
            .and_then(|stored| stored.paths.get(part))
            .ok_or_else(|| Error::Engine {
                step: format!("open partition {part} of {table}"),
                reason: "the snapshot does not hold it".to_owned(),
            })?;
        scan_part(path)
    }
}
