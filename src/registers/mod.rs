//! Registers as of a day: who may be drawn (检查对象名录库), and why everybody else may not.
//!
//! Input: the snapshot's `objects`, ascending by `object_key`. Output: `frame/part-NNN.parquet`, `eligible` and `exclusion` of
//! every object, row beside row; the other columns stay in the snapshot. **Nobody is lost:** eligible objects and objects with a reason add up to all objects.
//! The first reason that holds is given: closed, not yet established, status, then the declared ones in order.

mod bounds;
mod change;
mod health;
mod inspectors;
mod items;
mod label_facts;
mod labels;
mod month;
mod params;
mod row_sql;
mod staff;
mod store;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use polars::error::PolarsError;
use polars::prelude::{
    BooleanChunked, DataFrame, DataType, Expr, LazyFrame, NULL, PolarsResult, Schema, col, lit,
    polars_err, when,
};
use rayon::prelude::*;
use thiserror::Error;

pub use bounds::{Bounds, Level, parse_frequency, parse_ratio};
pub use change::{CHANGES_MAX, Change, ChangeKind, Changes, Move, compare};
pub use health::{
    Absent, Ailment, Coverage, Health, HealthParams, Line, Listed, Notice, Office, RuleCount,
    SourceCount, ValidHealth, Why, examine, finding_rows, refused_rows,
};
pub use inspectors::{Absence, Certificate, Inspector, InspectorRegister, Recusal};
pub use items::{Item, ItemForAPerson};
pub use labels::{LICENCE_ENDED, LICENCE_ENDS, TERM_ENDED, TERM_ENDS, THREE_YEARS};
pub use params::{Exclusion, LabelRule, Params, ValidParams};
pub(crate) use row_sql::{RowSql, day, seen_from, seen_schema};
pub use staff::{EXPIRING_DAYS, InspectorFinding, InspectorRule, StaffKind};
pub(crate) use store::{part_path, save, scan};

use crate::ingest::{self, Snapshot};
use crate::units::{AsOf, Ids, Kind, Meter, Problem};

/// Reason of objects whose `closed_on` is on or before the as-of day.
pub const CLOSED: &str = "已注销或关闭";
/// Reason of objects whose `established_on` is on or after the as-of day.
pub const NOT_ESTABLISHED: &str = "基准日前尚未成立";
/// Reason of objects whose status is not among `eligible_status`.
pub const STATUS: &str = "登记状态不在抽查范围";

/// The registers as of a day.
#[derive(Clone, Debug)]
pub struct Registers {
    snapshot: Snapshot,
    dir: PathBuf,
    /// Folder of derived labels, where they differ from the source's.
    labels: Option<PathBuf>,
    n_parts: usize,
    as_of: AsOf,
    n_objects: u64,
    exclusions: Vec<ExclusionCount>,
    n_inspectors: Option<u64>,
    n_items: Option<u64>,
    level: Option<Level>,
}

/// Whether `name` is a column of the 检查对象名录库: what it says comes from registration, not from class, score or events.
pub(crate) fn is_register_column(name: &str) -> bool {
    ingest::table("objects").is_some_and(|table| table.column(name).is_some())
}

/// 表头 of a column of the 检查对象名录库.
#[must_use]
pub fn column_header(name: &str) -> Option<&'static str> {
    let column = ingest::table("objects")?.column(name);
    column.map(|column| column.header)
}

/// How many objects one reason leaves out of the frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExclusionCount {
    /// The reason, as it is published.
    pub reason: String,
    /// Objects that have it.
    pub n: u64,
}

/// Eligible objects of one partition, sorted by key: vectors of equal length.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FrameColumns {
    /// Object keys, strictly ascending.
    pub keys: Vec<u64>,
    /// Normalised object ids.
    pub ids: Ids,
    /// The columns asked for, as text; empty for null.
    pub columns: Vec<Vec<String>>,
}

/// Why the registers cannot be compiled.
#[derive(Debug, Error)]
pub enum Error {
    /// Settings that do not fit the snapshot's columns.
    #[error("registers must fit the columns of objects: {}", list(.0))]
    Settings(Vec<Problem>),
    /// The frame is empty.
    #[error(
        "at least one of the {n_objects} objects must be eligible (抽样框 is empty): {reasons}"
    )]
    NobodyEligible {
        /// Objects in the snapshot.
        n_objects: u64,
        /// Counts per reason.
        reasons: String,
    },
    /// A column that objects do not have.
    #[error("column {0} must be a column of objects")]
    UnknownColumn(String),
    /// A row of the inspector register, its recusals or absences that cannot be used.
    #[error("{table}, line {line}: {column} {value:?}: {rule}")]
    InspectorRow {
        /// `inspectors`, `recusals` or `availability`.
        table: &'static str,
        /// Line of the table's text, the heading being 1.
        line: usize,
        /// Column.
        column: &'static str,
        /// The value that breaks the rule.
        value: String,
        /// The rule.
        rule: &'static str,
    },
    /// The snapshot cannot be read.
    #[error(transparent)]
    Snapshot(#[from] ingest::Error),
    /// Last month's register cannot be read, or is none.
    #[error(
        "\"{path}\" is no register.parquet that `choucha health` made, or it is damaged: {reason}"
    )]
    Past {
        /// The file.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A part cannot be computed, read or written.
    #[error("{path}: a register part must be readable and writable: {source}")]
    Part {
        /// The part's file.
        path: String,
        /// The engine's own error.
        source: PolarsError,
    },
}

impl Error {
    /// The kind of this failure.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Settings(_) | Self::UnknownColumn(_) => Kind::Usage,
            Self::NobodyEligible { .. } => Kind::Design,
            Self::InspectorRow { .. } | Self::Past { .. } => Kind::Data,
            Self::Snapshot(source) => source.kind(),
            Self::Part { .. } => Kind::Bug,
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

/// Compiles the registers as of `as_of` and writes them to `work/frame`.
///
/// # Errors
/// Exclusions over columns that do not exist, an unreadable snapshot, an empty frame.
pub fn compile(
    params: &ValidParams,
    snapshot: &Snapshot,
    as_of: AsOf,
    work: &Path,
    meter: &Meter,
) -> Result<Registers, Error> {
    let dir = work.join("frame");
    let labels = labels::are_derived(params, snapshot).then(|| work.join("labels"));
    let n_parts = snapshot.n_parts();
    let (mut counts, mut n_objects) = (BTreeMap::new(), 0);
    let parts: Vec<usize> = (0..n_parts).collect();
    for wave in parts.chunks(rayon::current_num_threads()) {
        let compiled: Result<Vec<_>, Error> = wave
            .par_iter()
            .map(|&part| {
                let path = part_path(&dir, part);
                compile_part(params, snapshot, as_of, part, &path, labels.as_deref())
            })
            .collect();
        for (found, n) in compiled? {
            n_objects += n;
            for (reason, n) in found {
                *counts.entry(reason).or_default() += n;
            }
        }
        let done = wave[wave.len() - 1] as u64 + 1;
        meter.report("registers", done, n_parts as u64);
    }
    let exclusions = in_order(params, &counts);
    if exclusions.iter().map(|reason| reason.n).sum::<u64>() == n_objects {
        let reasons = exclusions
            .iter()
            .map(|reason| format!("{} {}", reason.reason, reason.n));
        return Err(Error::NobodyEligible {
            n_objects,
            reasons: reasons.collect::<Vec<_>>().join(", "),
        });
    }
    let n_inspectors = count_of(snapshot, "inspectors")?;
    let n_items = count_of(snapshot, "items")?;
    Ok(Registers {
        snapshot: snapshot.clone(),
        dir,
        labels,
        n_parts,
        as_of,
        n_objects,
        exclusions,
        n_inspectors,
        n_items,
        level: params.level,
    })
}

fn at(path: &Path) -> impl FnOnce(PolarsError) -> Error {
    let path = path.display().to_string();
    |source| Error::Part { path, source }
}

/// Reads something of last month's register, which may be damaged in any way.
fn past<T>(path: &Path, read: impl FnOnce() -> PolarsResult<T>) -> Result<T, Error> {
    let failed = |reason: String| Error::Past {
        path: path.display().to_string(),
        reason,
    };
    match catch_unwind(AssertUnwindSafe(read)) {
        Ok(read) => read.map_err(|error| failed(error.to_string())),
        Err(_) => Err(failed("its structure is broken".to_owned())),
    }
}

/// Writes one partition; objects per reason, and objects in all.
fn compile_part(
    params: &ValidParams,
    snapshot: &Snapshot,
    as_of: AsOf,
    part: usize,
    path: &Path,
    labels: Option<&Path>,
) -> Result<(BTreeMap<String, u64>, u64), Error> {
    let mut objects = snapshot.scan("objects", part)?;
    let schema = objects.collect_schema().map_err(at(path))?;
    check_columns(params, &schema)?;
    if let Some(dir) = labels {
        labels::write_part(params, snapshot, as_of, part, dir)?;
    }
    let mut objects = labelled(snapshot, labels, part)?;
    let schema = objects.collect_schema().map_err(at(path))?;
    let seen = seen_from(
        with_built_in(params, objects, &schema, as_of),
        &schema,
        day(as_of.0),
    );
    let exclusion = exclusion_of(params).alias("exclusion");
    let mut frame = seen
        .select([col("object_key"), exclusion])
        .with_columns([col("exclusion").is_null().alias("eligible")])
        .collect()
        .map_err(at(path))?;
    check_order(&frame).map_err(at(path))?;
    let counts = count_reasons(&frame).map_err(at(path))?;
    frame.drop_in_place("object_key").map_err(at(path))?;
    save(&mut frame, path).map_err(at(path))?;
    Ok((counts, frame.height() as u64))
}

/// The objects of a partition with the labels derived for them, if any are.
fn labelled(snapshot: &Snapshot, labels: Option<&Path>, part: usize) -> Result<LazyFrame, Error> {
    let objects = snapshot.scan("objects", part)?;
    match labels.map(|dir| part_path(dir, part)) {
        None => Ok(objects),
        Some(path) => labels::with_labels(objects, &path).map_err(at(&path)),
    }
}

fn check_order(frame: &DataFrame) -> Result<(), PolarsError> {
    let keys = frame.column("object_key")?.u64()?;
    if keys.iter().is_sorted_by(|a, b| a < b) {
        Ok(())
    } else {
        Err(polars_err!(ComputeError: "objects must ascend by object_key, each key once"))
    }
}

fn check_columns(params: &ValidParams, schema: &Schema) -> Result<(), Error> {
    let seen = seen_schema(schema);
    let broken = params
        .exclude
        .iter()
        .enumerate()
        .filter_map(|(index, (_, when))| {
            let rule = when.check_boolean(&seen).err()?;
            Some(Problem::new(
                format!("exclude[{index}].when"),
                when.text(),
                rule,
            ))
        });
    let problems: Vec<_> = broken.chain(labels::check(params, schema)).collect();
    if problems.is_empty() {
        Ok(())
    } else {
        Err(Error::Settings(problems))
    }
}

/// Adds `built_in`, the reason found before ends on or after the as-of day are hidden.
fn with_built_in(
    params: &ValidParams,
    frame: LazyFrame,
    schema: &Schema,
    as_of: AsOf,
) -> LazyFrame {
    let mut rules = Vec::new();
    if params.exclude_closed && schema.contains("closed_on") {
        rules.push((CLOSED, col("closed_on").lt_eq(day(as_of.0))));
    }
    if params.exclude_not_established && schema.contains("established_on") {
        rules.push((NOT_ESTABLISHED, col("established_on").gt_eq(day(as_of.0))));
    }
    if let Some(status) = &params.eligible_status {
        let listed = status
            .iter()
            .map(|status| col("status").eq(lit(status.as_str())).fill_null(lit(false)));
        let listed = listed
            .reduce(Expr::or)
            .expect("a checked list of statuses is not empty");
        rules.push((STATUS, listed.not()));
    }
    frame.with_columns([first_reason(rules, no_reason()).alias("built_in")])
}

fn exclusion_of(params: &ValidParams) -> Expr {
    let declared = params
        .exclude
        .iter()
        .map(|(reason, when)| (reason.as_str(), when.expr()));
    let declared = first_reason(declared.collect(), no_reason());
    when(col("built_in").is_not_null())
        .then(col("built_in"))
        .otherwise(declared)
}

fn no_reason() -> Expr {
    lit(NULL).cast(DataType::String)
}

fn first_reason(rules: Vec<(&str, Expr)>, otherwise: Expr) -> Expr {
    let last_to_first = rules.into_iter().rev();
    last_to_first.fold(otherwise, |rest, (reason, holds)| {
        when(holds.fill_null(lit(false)))
            .then(lit(reason))
            .otherwise(rest)
    })
}

fn count_reasons(frame: &DataFrame) -> Result<BTreeMap<String, u64>, PolarsError> {
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for reason in frame.column("exclusion")?.str()?.iter().flatten() {
        match counts.get_mut(reason) {
            Some(n) => *n += 1,
            None => drop(counts.insert(reason.to_owned(), 1)),
        }
    }
    Ok(counts)
}

/// Every reason the settings can give, in the order they are tried, zero counts included.
fn in_order(params: &ValidParams, counts: &BTreeMap<String, u64>) -> Vec<ExclusionCount> {
    let built_in = [
        (params.exclude_closed, CLOSED),
        (params.exclude_not_established, NOT_ESTABLISHED),
        (params.eligible_status.is_some(), STATUS),
    ];
    let built_in = built_in
        .into_iter()
        .filter(|(used, _)| *used)
        .map(|(_, reason)| reason);
    let reasons = built_in.chain(params.exclude.iter().map(|(reason, _)| reason.as_str()));
    reasons
        .map(|reason| ExclusionCount {
            reason: reason.to_owned(),
            n: counts.get(reason).copied().unwrap_or(0),
        })
        .collect()
}

fn count_of(snapshot: &Snapshot, table: &str) -> Result<Option<u64>, Error> {
    if !snapshot.has(table) {
        return Ok(None);
    }
    let counted = snapshot
        .scan(table, 0)?
        .select([polars::prelude::len()])
        .collect();
    let counted = counted.map_err(at(Path::new(table)))?;
    let n = counted.columns()[0]
        .u32()
        .map_err(at(Path::new(table)))?
        .get(0);
    Ok(n.map(u64::from))
}

impl Registers {
    /// Number of partitions.
    pub fn n_parts(&self) -> usize {
        self.n_parts
    }

    /// The day the registers are seen from.
    pub fn as_of(&self) -> AsOf {
        self.as_of
    }

    /// Objects, eligible or not.
    pub fn n_objects(&self) -> u64 {
        self.n_objects
    }

    /// Eligible objects: the frame (抽样框).
    pub fn n_frame(&self) -> u64 {
        self.n_objects - self.exclusions.iter().map(|reason| reason.n).sum::<u64>()
    }

    /// Counts of every reason in the order they are tried, zero counts included.
    pub fn exclusions(&self) -> &[ExclusionCount] {
        &self.exclusions
    }

    /// Inspectors (执法检查人员名录库), where the snapshot has them.
    pub fn n_inspectors(&self) -> Option<u64> {
        self.n_inspectors
    }

    /// The inspectors with their recusals and absences as plain values; empty tables where the job names none.
    ///
    /// # Errors
    /// [`Error::InspectorRow`] for an inspector, recusal or absence that cannot be used, or an unreadable part.
    pub fn inspector_register(&self) -> Result<InspectorRegister, Error> {
        inspectors::from_snapshot(self)
    }

    /// What is wrong with the inspectors as of the day, ascending by inspector.
    ///
    /// # Errors
    /// As [`Self::inspector_register`].
    pub fn inspector_findings(&self) -> Result<Vec<InspectorFinding>, Error> {
        let register = self.inspector_register()?;
        let all = register.inspectors().iter();
        Ok(all
            .flat_map(|inspector| staff::findings(inspector, self.as_of.0))
            .collect())
    }

    /// What a person must look at: cells of the list of items, and inspectors by what is wrong with them.
    ///
    /// # Errors
    /// As [`Self::items`].
    pub fn notes(&self) -> Result<Vec<String>, Error> {
        let items = self.items_for_a_person()?.into_iter().map(|cell| {
            let (item, column, text, open) = (cell.item_id, cell.column, cell.text, cell.open);
            format!("items: {item}: {column} \"{text}\" needs a person: \"{open}\" is no bound by itself")
        });
        let mut capped: BTreeMap<u32, Vec<String>> = BTreeMap::new();
        for item in self.items()?.unwrap_or_default() {
            if let Some(most) = item.frequency_max {
                capped.entry(most).or_default().push(item.id);
            }
        }
        let capped = capped.into_iter().map(|(most, ids)| {
            let ids = ids.join(", ");
            format!("items: at most {most} visits a year to one object: {ids}; a round counts the visits of all items together, so only its visits_per_year_max binds")
        });
        let mut by_rule: BTreeMap<InspectorRule, Vec<String>> = BTreeMap::new();
        let mut unusable = None; // who draws inspectors is refused for it, who does not is told
        match self.inspector_findings() {
            Ok(findings) => findings.into_iter().for_each(|finding| {
                let of_rule = by_rule.entry(finding.rule).or_default();
                of_rule.push(finding.inspector_id);
            }),
            Err(error) => unusable = Some(format!("inspectors cannot be drawn: {error}")),
        }
        let inspectors = by_rule.into_iter().map(|(rule, ids)| {
            let (n, first) = (ids.len(), &ids[0]);
            format!(
                "inspectors: {n} (first {first}): {}: {}",
                rule.id(),
                rule.sentence()
            )
        });
        Ok(items
            .chain(capped)
            .chain(inspectors)
            .chain(unusable)
            .collect())
    }

    /// Inspection items (随机抽查事项清单), where the snapshot has them.
    pub fn n_items(&self) -> Option<u64> {
        self.n_items
    }

    /// All objects of partition `part`, sorted by key, with the columns of the snapshot and the labels of the as-of day.
    pub(crate) fn objects(&self, part: usize) -> Result<LazyFrame, Error> {
        labelled(&self.snapshot, self.labels.as_deref(), part)
    }

    /// All objects of partition `part` with the labels of the source alone, for rows of days before the as-of day, which may
    /// not see what was labelled after them.
    pub(crate) fn objects_as_given(&self, part: usize) -> Result<LazyFrame, Error> {
        Ok(self.snapshot.scan("objects", part)?)
    }

    /// Which objects of partition `part` are eligible, in the order of their keys.
    pub(crate) fn eligible(&self, part: usize) -> Result<BooleanChunked, Error> {
        let path = part_path(&self.dir, part);
        let read = || {
            let flags = scan(&path)?.select([col("eligible")]).collect()?;
            Ok(flags.column("eligible")?.bool()?.clone())
        };
        read().map_err(at(&path))
    }

    /// Eligible objects of partition `part` with `columns` as text.
    ///
    /// # Errors
    /// A column that objects do not have, an unreadable part.
    pub fn frame_part(&self, part: usize, columns: &[String]) -> Result<FrameColumns, Error> {
        let path = part_path(&self.dir, part);
        let mut objects = self.objects(part)?;
        let schema = objects.collect_schema().map_err(at(&path))?;
        if let Some(unknown) = columns.iter().find(|name| !schema.contains(name)) {
            return Err(Error::UnknownColumn(unknown.clone()));
        }
        let texts = columns.iter().enumerate().map(|(index, name)| {
            col(name.as_str())
                .cast(DataType::String)
                .fill_null(lit(""))
                .alias(format!("__{index}"))
        });
        let wanted: Vec<_> = [col("object_key"), col("object_id")]
            .into_iter()
            .chain(texts)
            .collect();
        let eligible = self.eligible(part)?;
        let frame = objects.select(wanted).collect();
        let frame = frame.and_then(|frame| frame.filter(&eligible));
        frame.and_then(|frame| plain(&frame)).map_err(at(&path))
    }
}

impl Registers {
    /// For each eligible object of partition `part`, in the order of [`Registers::frame_part`], whether one of
    /// `conditions` holds; null counts as false.
    ///
    /// # Errors
    /// A condition that does not fit the columns of objects, an unreadable part.
    pub(crate) fn any_holds(&self, part: usize, conditions: &[RowSql]) -> Result<Vec<bool>, Error> {
        let path = part_path(&self.dir, part);
        let mut objects = self.objects(part)?;
        let schema = objects.collect_schema().map_err(at(&path))?;
        let holds = |sql: &RowSql| {
            let rule = sql.check_boolean(&seen_schema(&schema)).err();
            let problem = |rule| Problem::new("applies_to", sql.text(), rule);
            rule.map_or_else(
                || Ok(sql.expr().fill_null(lit(false))),
                |rule| Err(Error::Settings(vec![problem(rule)])),
            )
        };
        let all = conditions
            .iter()
            .map(holds)
            .collect::<Result<Vec<_>, _>>()?;
        let any = all.into_iter().reduce(Expr::or).unwrap_or(lit(false));
        let seen = seen_from(objects, &schema, day(self.as_of.0));
        let eligible = self.eligible(part)?;
        let read = || {
            let frame = seen
                .select([any.alias("any")])
                .collect()?
                .filter(&eligible)?;
            Ok(frame
                .column("any")?
                .bool()?
                .iter()
                .map(|flag| flag == Some(true))
                .collect())
        };
        read().map_err(at(&path))
    }

    /// Id and reason of every object of partition `part` that is not in the frame, ascending by key.
    ///
    /// # Errors
    /// An unreadable part.
    pub fn excluded(&self, part: usize) -> Result<Vec<(String, String)>, Error> {
        let path = part_path(&self.dir, part);
        let objects = self.objects(part)?;
        let read = || {
            let ids = objects.select([col("object_id")]).collect()?;
            let flags = scan(&path)?.select([col("exclusion")]).collect()?;
            let ids = ids.column("object_id")?.str()?.iter();
            let reasons = flags.column("exclusion")?.str()?.iter();
            let both = ids.zip(reasons);
            Ok(both
                .filter_map(|(id, reason)| Some((id?.to_owned(), reason?.to_owned())))
                .collect())
        };
        read().map_err(at(&path))
    }

    /// `columns` as text, empty for null, of the objects with the ascending keys `wanted`, all of partition `part`.
    ///
    /// # Errors
    /// A column that objects do not have, an unreadable part.
    pub fn texts(
        &self,
        part: usize,
        wanted: &[u64],
        columns: &[&str],
    ) -> Result<Vec<Vec<String>>, Error> {
        let path = part_path(&self.dir, part);
        let mut objects = self.objects(part)?;
        let schema = objects.collect_schema().map_err(at(&path))?;
        if let Some(unknown) = columns.iter().find(|name| !schema.contains(name)) {
            return Err(Error::UnknownColumn((*unknown).to_owned()));
        }
        let texts = columns.iter().map(|name| col(*name).cast(DataType::String));
        let read: Vec<_> = std::iter::once(col("object_key")).chain(texts).collect();
        let frame = objects.select(read).collect().map_err(at(&path))?;
        texts_at(&frame, wanted).map_err(at(&path))
    }
}

/// Texts of the rows whose keys are wanted; both ascend.
fn texts_at(frame: &DataFrame, wanted: &[u64]) -> Result<Vec<Vec<String>>, PolarsError> {
    let (keys, columns) = frame.columns().split_first().expect("the key is asked for");
    let mut wanted = wanted.iter().peekable();
    let rows: Vec<usize> = keys
        .u64()?
        .iter()
        .enumerate()
        .filter(|(_, key)| wanted.next_if(|wanted| Some(**wanted) == *key).is_some())
        .map(|(row, _)| row)
        .collect();
    let columns = columns.iter().map(|column| column.str());
    let columns = columns.collect::<Result<Vec<_>, PolarsError>>()?;
    let text = |row: usize| {
        let texts = columns.iter().map(|texts| texts.get(row));
        texts
            .map(|text| text.unwrap_or_default().to_owned())
            .collect()
    };
    Ok(rows.into_iter().map(text).collect())
}

fn plain(frame: &DataFrame) -> Result<FrameColumns, PolarsError> {
    let (keys, rest) = frame.columns().split_first().expect("the key is asked for");
    let (ids, columns) = rest.split_first().expect("the id is asked for");
    let texts = columns.iter().map(|column| {
        Ok(column
            .str()?
            .iter()
            .map(|text| text.unwrap_or("").to_owned())
            .collect())
    });
    Ok(FrameColumns {
        keys: keys.u64()?.iter().flatten().collect(),
        ids: ids.str()?.iter().flatten().collect(),
        columns: texts.collect::<Result<_, PolarsError>>()?,
    })
}
