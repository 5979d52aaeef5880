//! Indicators (指标): declared in catalogues, computed per object as of a day, the same for every order of the data.
//!
//! Input: the registers and the snapshot's `inspections` and `credit_events`. Output: `indicators/part-NNN.parquet`, one
//! row per object, sorted by key; and `labelled.parquet`, one row per object and past day with what a visit found.
//!
//! **As-of law.** A row sees a record only if it was known before the row's day (`known_on`) and is about a day before
//! it; windows count by event day, from the first day of the window up to, not including, the as-of day. Ends that lie
//! on or after the as-of day (`ended_on`, `closed_on`, `published_on`) read as null. The other columns of an object are those of the
//! snapshot: registers have no history, so catalogues should not lean on columns that change with a finding.
//!
//! **Same bytes.** Sums are whole numbers of 2^-20 (see the fold), decay weights are made of + − × ÷, attributes
//! and expressions are put on the same grid; row order, partitions and threads cannot matter.

mod behind;
mod bind;
mod catalogue;
mod decay;
mod entry;
mod events;
mod expand;
mod fold;
mod group_days;
mod groupings;
mod labels;
mod panel;
mod params;
mod peers;
mod spreads;
mod table;
mod visits;
mod words;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use polars::error::PolarsError;
use polars::prelude::{
    DataFrame, DataType, Expr, IntoLazy, LazyFrame, SortMultipleOptions, UnionArgs, concat,
};
use thiserror::Error;

pub use behind::{Behind, Place, Record, RecordCell};
pub use panel::{EachVisit, Panel, PanelAsk, PanelColumn, PanelRows, VisitRows, compute_panel};
pub use params::{Each, Entry, Labels, Params, ValidLabels, ValidParams};

pub(crate) use labels::{LABEL_INSPECTOR, LABEL_PI, LABEL_VISIBLE};

use crate::ingest::{self, Snapshot};
use crate::registers::{self, Registers, RowSql, part_path, save, scan};
use crate::units::{AsOf, Kind, Meter, Problem, in_waves};
use bind::{Bound, Schemas};
use catalogue::Table;
use table::House;

/// One indicator's name and meaning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Indicator {
    /// Column name.
    pub name: String,
    /// Chinese name.
    pub zh: String,
    /// English name.
    pub en: String,
    /// Unit, for example `times`, `days`, `1`.
    pub unit: String,
    /// Who keeps the records it is made of; empty where the catalogue does not say.
    pub source: String,
    /// Type of the column.
    pub kind: IndicatorKind,
}

/// Type of an indicator's column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IndicatorKind {
    /// f64, null where nothing is known; true and false are 1 and 0.
    Number,
    /// Text, null where nothing is known.
    Text,
}

impl IndicatorKind {
    fn dtype(self) -> DataType {
        match self {
            Self::Number => DataType::Float64,
            Self::Text => DataType::String,
        }
    }
}

/// Indicators of every object of the register, as of the job's day.
#[derive(Clone, Debug)]
pub struct IndicatorTable {
    dir: PathBuf,
    n_parts: usize,
    as_of: AsOf,
    indicators: Vec<Indicator>,
}

impl IndicatorTable {
    /// The table that already lies in `dir` as `part-000.parquet` …, one column per indicator beside key and day.
    #[must_use]
    pub fn open(dir: PathBuf, n_parts: usize, as_of: AsOf, indicators: Vec<Indicator>) -> Self {
        Self {
            dir,
            n_parts,
            as_of,
            indicators,
        }
    }
}

/// Indicators of past days with what visits found, one file over all partitions.
#[derive(Clone, Debug)]
pub struct LabelledTable {
    path: PathBuf,
    n_rows: u64,
    n_positive: u64,
    indicators: Vec<Indicator>,
}

impl LabelledTable {
    /// The labelled rows that already lie in the file `path`.
    #[must_use]
    pub fn open(path: PathBuf, n_rows: u64, n_positive: u64, indicators: Vec<Indicator>) -> Self {
        Self {
            path,
            n_rows,
            n_positive,
            indicators,
        }
    }
}

/// Why indicators cannot be computed.
#[derive(Debug, Error)]
pub enum Error {
    /// Catalogue entries or labels that do not fit the snapshot's columns.
    #[error("indicators must fit the columns of the snapshot: {}", list(.0))]
    Settings(Vec<Problem>),
    /// The snapshot cannot be read.
    #[error(transparent)]
    Snapshot(#[from] ingest::Error),
    /// The registers cannot be read.
    #[error(transparent)]
    Registers(#[from] registers::Error),
    /// The registers and the indicators are not of one day.
    #[error(
        "indicators as of {indicators} must be computed over registers as of the same day, not {registers}"
    )]
    OtherDay {
        /// Day asked for.
        indicators: AsOf,
        /// Day of the registers.
        registers: AsOf,
    },
    /// A step failed inside the engine, or a part cannot be read or written.
    #[error("{step}: must be computed, read and written: {source}")]
    Engine {
        /// The step.
        step: String,
        /// The engine's own error.
        source: PolarsError,
    },
}

impl Error {
    /// The kind of this failure.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Settings(_) => Kind::Usage,
            Self::Snapshot(source) => source.kind(),
            Self::Registers(source) => source.kind(),
            Self::OtherDay { .. } | Self::Engine { .. } => Kind::Bug,
        }
    }
}

fn list(problems: &[Problem]) -> String {
    problems
        .iter()
        .map(Problem::to_string)
        .collect::<Vec<_>>()
        .join("; ")
}

fn during(step: impl Into<String>) -> impl FnOnce(PolarsError) -> Error {
    let step = step.into();
    |source| Error::Engine { step, source }
}

/// A condition over one row, as catalogues and scorecards write it; aggregates, windows and subqueries are refused, since
/// they would depend on the partition a row lies in.
pub(crate) fn row_condition(text: &str) -> Result<Expr, String> {
    RowSql::parse(text).map(|sql| sql.expr())
}

/// Computes every indicator of every object as of `as_of` and writes them to `work/indicators`.
///
/// # Errors
/// [`Error::Settings`] names every entry that does not fit the snapshot's columns.
pub fn compute(
    params: &ValidParams,
    registers: &Registers,
    snapshot: &Snapshot,
    as_of: AsOf,
    work: &Path,
    meter: &Meter,
) -> Result<IndicatorTable, Error> {
    let bound = bound(params, registers, snapshot, as_of)?;
    let house = House {
        bound: &bound,
        registers,
        snapshot,
        as_of,
        meter,
    };
    let peers = house.peers(Some(as_of))?;
    let dir = work.join("indicators");
    let n_parts = registers.n_parts();
    let one = |part: usize| {
        let mut frame = house.objects(part, &peers)?;
        save(&mut frame, &part_path(&dir, part)).map_err(during("indicators"))
    };
    in_waves(n_parts, one, |_, done| {
        meter.report("indicators", done, n_parts as u64);
    })?;
    Ok(IndicatorTable {
        dir,
        n_parts,
        as_of,
        indicators: bound.shown(),
    })
}

/// Computes the labelled rows a model learns from and writes `work/labelled.parquet`.
///
/// # Errors
/// [`Error::Settings`] names every entry or label that does not fit the snapshot's columns.
pub fn compute_labelled(
    params: &ValidParams,
    labels: &ValidLabels,
    registers: &Registers,
    snapshot: &Snapshot,
    as_of: AsOf,
    work: &Path,
    meter: &Meter,
) -> Result<LabelledTable, Error> {
    let bound = bound(params, registers, snapshot, as_of)?;
    check_labels(labels, snapshot)?;
    let house = House {
        bound: &bound,
        registers,
        snapshot,
        as_of,
        meter,
    };
    let peers = house.peers(None)?;
    let n_parts = registers.n_parts();
    let mut frames = Vec::new();
    let one = |part: usize| Ok::<_, Error>(house.labelled(part, labels, &peers)?.lazy());
    in_waves(n_parts, one, |wave, done| {
        frames.extend(wave);
        meter.report("labelled rows", done, n_parts as u64);
    })?;
    let mut frame = in_order(frames).map_err(during("labelled rows"))?;
    let path = work.join("labelled.parquet");
    save(&mut frame, &path).map_err(during("labelled rows"))?;
    let n_positive = n_true(&frame).map_err(during("labelled rows"))?;
    Ok(LabelledTable {
        path,
        n_rows: frame.height() as u64,
        n_positive,
        indicators: bound.shown(),
    })
}

fn in_order(frames: Vec<LazyFrame>) -> Result<DataFrame, PolarsError> {
    let by = ["object_key", "as_of", "visit_id"];
    concat(frames, UnionArgs::default())?
        .sort(by, SortMultipleOptions::default())
        .collect()
}

fn n_true(frame: &DataFrame) -> Result<u64, PolarsError> {
    Ok(frame.column("label")?.bool()?.sum().map_or(0, u64::from))
}

fn bound(
    params: &ValidParams,
    registers: &Registers,
    snapshot: &Snapshot,
    as_of: AsOf,
) -> Result<Bound, Error> {
    if registers.as_of() != as_of {
        return Err(Error::OtherDay {
            indicators: as_of,
            registers: registers.as_of(),
        });
    }
    let objects = registers
        .objects(0)?
        .collect_schema()
        .map_err(during("objects"))?;
    let mut tables = BTreeMap::new();
    for table in [Table::Inspections, Table::CreditEvents, Table::Objects] {
        if snapshot.has(table.name()) {
            let schema = snapshot
                .scan(table.name(), 0)?
                .collect_schema()
                .map_err(during(table.name()))?;
            tables.insert(table, schema.as_ref().clone());
        }
    }
    let schemas = Schemas {
        objects: objects.as_ref().clone(),
        tables,
        words: params.words.clone(),
    };
    let definitions = expand::expand(&params.definitions, &schemas, snapshot, as_of)?;
    bind::bind(&definitions, &schemas).map_err(Error::Settings)
}

fn check_labels(labels: &ValidLabels, snapshot: &Snapshot) -> Result<(), Error> {
    let table = Table::Inspections.name();
    if !snapshot.has(table) {
        return Err(Error::Settings(vec![Problem::new(
            "table",
            table,
            "must be a table the job reads",
        )]));
    }
    let schema = snapshot
        .scan(table, 0)?
        .collect_schema()
        .map_err(during(table))?;
    let problems = labels::check(labels, &schema);
    if problems.is_empty() {
        Ok(())
    } else {
        Err(Error::Settings(problems))
    }
}

impl IndicatorTable {
    /// Number of partitions.
    pub fn n_parts(&self) -> usize {
        self.n_parts
    }

    /// The day all rows are seen from.
    pub fn as_of(&self) -> AsOf {
        self.as_of
    }

    /// Indicators in the order of their columns.
    pub fn indicators(&self) -> &[Indicator] {
        &self.indicators
    }

    /// File of partition `part`.
    pub fn path(&self, part: usize) -> PathBuf {
        part_path(&self.dir, part)
    }

    /// Rows of partition `part`, sorted by key.
    pub(crate) fn scan(&self, part: usize) -> Result<LazyFrame, Error> {
        scan(&self.path(part)).map_err(during("indicators"))
    }

    /// Rows of the objects that may be drawn: shares of classes count these alone, so that an object that is closed or not
    /// yet established moves nobody's class.
    pub(crate) fn scan_eligible(&self, part: usize) -> Result<LazyFrame, Error> {
        let mut rows = self.scan(part)?;
        let schema = rows.collect_schema().map_err(during("indicators"))?;
        let is_known = schema.contains("eligible");
        Ok(if is_known {
            rows.filter(polars::prelude::col("eligible"))
        } else {
            rows
        })
    }
}

impl LabelledTable {
    /// Labelled rows.
    pub fn n_rows(&self) -> u64 {
        self.n_rows
    }

    /// Rows whose label is true.
    pub fn n_positive(&self) -> u64 {
        self.n_positive
    }

    /// Indicators in the order of their columns.
    pub fn indicators(&self) -> &[Indicator] {
        &self.indicators
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// All rows, sorted by key, day and visit.
    pub(crate) fn scan(&self) -> Result<LazyFrame, Error> {
        scan(&self.path).map_err(during("labelled rows"))
    }
}
