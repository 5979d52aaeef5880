//! Pass one: every chunk of every file is mapped, checked and split by partition; nothing here looks across rows.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use polars::prelude::*;
use rayon::prelude::*;

use super::checks::{self, Check};
use super::convert::{self, Prepared};
use super::error::Error;
use super::files::Located;
use super::keys::{self, Keys};
use super::lists;
use super::params::{Field, Origin, ValidTable};
use super::source::Source;
use super::tables::Presence;
use crate::units::{AsOf, Meter, collect_waves};

/// Column that holds a row's place in the sources, while it is needed.
pub(super) const POS: &str = "__pos";
/// Column of verdicts: 0 sound, n the n-th rule is broken, -1 later.
pub(super) const CODE: &str = "__code";
const PART: &str = "__part";
/// Code of rows known on or after the as-of day.
const LATER: i32 = -1;

/// Place of a row: file in path order, then row of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Pos(pub(super) u64);

impl Pos {
    fn new(file: usize, row: u64) -> Self {
        Self((file as u64) << 40 | row)
    }

    pub(super) fn file(self) -> usize {
        usize::try_from(self.0 >> 40).expect("a file index fits")
    }

    pub(super) fn row(self) -> u64 {
        self.0 & ((1 << 40) - 1)
    }
}

/// A refused row and the index of the rule it breaks.
pub(super) type Refused = (Pos, u16);

/// One table with its files opened and its plan decided.
pub(super) struct Reader<'a> {
    pub(super) table: &'a ValidTable,
    pub(super) sources: Vec<Source>,
    /// Fields that some file or a constant gives.
    given: Vec<Field>,
    as_of: AsOf,
    keys: Keys,
}

/// What pass one leaves.
pub(super) struct Gathered {
    pub(super) parts: Vec<PathBuf>,
    pub(super) refused: Vec<Refused>,
    pub(super) later: u64,
    /// Whether two accepted rows of a fact table may have one id; false is certain.
    pub(super) may_repeat: bool,
}

/// Hashes of ids held at once while repeated ids are looked for.
pub(super) const HASHES_MAX: u64 = 100_000_000;

impl<'a> Reader<'a> {
    pub(super) fn open(
        table: &'a ValidTable,
        files: &[Located],
        as_of: AsOf,
        keys: Keys,
        spool: &Path,
    ) -> Result<Self, Error> {
        let name =
            |index: usize| spool.join(format!("{}-source-{index:05}.parquet", table.table.name));
        let open = |(index, file)| Source::open(table, file, &name(index));
        let sources: Vec<Source> = files
            .par_iter()
            .enumerate()
            .map(open)
            .collect::<Result<_, _>>()?;
        let is_given = |field: &&Field| {
            matches!(field.origin, Origin::Constant(_))
                || sources
                    .iter()
                    .any(|source| !convert::origin(field, source).is_empty())
        };
        let given = table.fields.iter().filter(is_given).cloned().collect();
        Ok(Self {
            table,
            sources,
            given,
            as_of,
            keys,
        })
    }

    /// Rows in the files, those included that cannot be scanned.
    pub(super) fn rows(&self) -> u64 {
        self.sources
            .iter()
            .map(|source| source.rows + source.ragged.len() as u64)
            .sum()
    }

    pub(super) fn is_given(&self, name: &str) -> bool {
        self.given.iter().any(|field| field.name == name)
    }

    /// Rules in the order they are tried; the same list for every file.
    pub(super) fn rules(&self) -> Vec<Check> {
        let nothing = |_: &Field| None;
        self.checks(&nothing)
    }

    fn checks(&self, prepared: &dyn Fn(&Field) -> Option<Prepared>) -> Vec<Check> {
        let mut checks = Vec::new();
        for field in &self.given {
            let name = field.name.as_str();
            let found = prepared(field);
            let given = || col(given_name(name));
            let rule =
                |(rule, sentence): (&'static str, &'static str), broken: Option<Expr>| Check {
                    column: name.to_owned(),
                    rule,
                    sentence,
                    broken,
                };
            if field.presence == Presence::Required {
                checks.push(rule(
                    checks::MISSING,
                    found.as_ref().map(|_| given().is_null()),
                ));
            }
            let unread = |_| given().is_not_null().and(col(name).is_null());
            if name == "object_id" {
                checks.push(rule(checks::ID, found.as_ref().map(unread)));
            } else {
                checks.push(rule(
                    checks::unparsable(field.kind),
                    found.as_ref().filter(|found| found.can_fail()).map(unread),
                ));
            }
            checks.extend(checks::ranges(
                self.table.table,
                name,
                field.kind,
                |other| self.is_given(other),
            ));
        }
        checks.extend(checks::across_rows(self.table.table));
        checks
    }

    /// Mapped, typed and judged rows of one file: `__code`, then the columns of the spool.
    fn plan(&self, source: &Source, rows: LazyFrame) -> Result<LazyFrame, Error> {
        let mut prepared: Vec<(&Field, Option<Prepared>)> = Vec::new();
        for field in &self.given {
            let headers = convert::origin(field, source);
            let found = if headers.is_empty() {
                None
            } else {
                Some(convert::prepare(self.table, field, &headers, source)?)
            };
            prepared.push((field, found));
        }
        let find = |wanted: &Field| {
            prepared
                .iter()
                .find(|(field, _)| field.name == wanted.name)
                .and_then(|(_, found)| found.clone())
        };
        let given = prepared.iter().filter_map(|(field, found)| {
            found
                .as_ref()
                .map(|found| found.given.clone().alias(given_name(&field.name)))
        });
        let mut code = checks::first_broken(&self.checks(&find));
        if let Some(known) = self.known() {
            let later = known.gt_eq(self.cut());
            code = when(code.clone().neq(lit(0)))
                .then(code)
                .when(later)
                .then(lit(LATER))
                .otherwise(lit(0));
        }
        let read = prepared
            .iter()
            .map(|(field, found)| self.value(field, found.as_ref()));
        let mut frame = rows
            .select(given.collect::<Vec<_>>())
            .with_columns(read.collect::<Vec<_>>());
        if self.is_given("object_id") {
            frame = frame.with_columns([self.id()]);
        }
        let defaults: Vec<Expr> = prepared
            .iter()
            .filter_map(|(field, found)| default_from_column(field, found.as_ref()))
            .collect();
        frame = frame.with_columns(defaults);
        if self.is_given("object_id") {
            frame = frame.with_columns([self.keys.column(col("object_id")).alias("object_key")]);
        }
        let mut columns = vec![code.cast(DataType::Int32).alias(CODE)];
        columns.extend(
            self.spooled()
                .into_iter()
                .map(|(name, _)| self.cut_at_as_of(&name)),
        );
        Ok(frame.select(columns))
    }

    fn value(&self, field: &Field, found: Option<&Prepared>) -> Expr {
        let value = match (&field.origin, found) {
            (Origin::Constant(text), _) => {
                convert::constant(text, field.kind, &self.table.separator)
            }
            (_, Some(found)) => found.read(col(given_name(&field.name)), &self.table.separator),
            (_, None) => lit(NULL).cast(convert::dtype(field.kind)),
        };
        let value = match field.presence {
            Presence::Text(text) => value.fill_null(lit(text)),
            Presence::True => fill_where_absent(value, field, found),
            _ => value,
        };
        value.alias(field.name.as_str())
    }

    fn id(&self) -> Expr {
        let scheme = self
            .given
            .iter()
            .find(|field| field.name == "id_scheme")
            .map(|field| &field.origin);
        match scheme {
            None => keys::normalised(col("object_id"), "uscc"),
            Some(Origin::Constant(scheme)) => keys::normalised(col("object_id"), scheme),
            Some(_) => keys::normalised_by(col("object_id"), col("id_scheme")),
        }
    }

    /// The day a row was known, if its table has one.
    fn known(&self) -> Option<Expr> {
        let day = self.table.table.day?;
        Some(if self.is_given("known_on") {
            col("known_on")
        } else {
            col(day)
        })
    }

    fn cut(&self) -> Expr {
        lit(self.as_of.0.days()).cast(DataType::Date)
    }

    /// An end on or after the as-of day is not known yet: the record is still open.
    fn cut_at_as_of(&self, name: &str) -> Expr {
        let value = col(name);
        match name {
            "ended_on" | "closed_on" => when(value.clone().lt(self.cut()))
                .then(value)
                .otherwise(lit(NULL))
                .alias(name),
            _ => value,
        }
    }

    /// Columns of the spool: the key, then what is given.
    pub(super) fn spooled(&self) -> Vec<(String, DataType)> {
        let key = self
            .is_given("object_id")
            .then(|| ("object_key".to_owned(), DataType::UInt64));
        let fact = self.table.table.is_fact();
        let carried = self
            .given
            .iter()
            .filter(|field| !(fact && matches!(field.name.as_str(), "object_id" | "id_scheme")));
        key.into_iter()
            .chain(carried.map(|field| (field.name.clone(), convert::dtype(field.kind))))
            .collect()
    }

    /// Reads, checks and splits all files into `n_parts` spool files.
    pub(super) fn gather(
        &self,
        n_parts: usize,
        spool: &Path,
        meter: &Meter,
    ) -> Result<Gathered, Error> {
        let writers = Writers::create(self, n_parts, spool)?;
        let (later, done) = (AtomicU64::new(0), AtomicU64::new(0));
        let unique = self
            .table
            .table
            .unique
            .filter(|_| self.table.table.is_fact());
        let counted = unique.filter(|_| self.rows() <= HASHES_MAX);
        let hashes = Mutex::new(Vec::new());
        let step = format!("read {}", self.table.table.name);
        let tasks: Vec<(usize, (u64, u64))> = self
            .sources
            .iter()
            .enumerate()
            .flat_map(|(file, source)| source.chunks.iter().map(move |&chunk| (file, chunk)))
            .collect();
        let chunk_of = |&(file, chunk): &(usize, (u64, u64))| {
            let judged = self.chunk(file, chunk)?;
            let (refused, n_later) = judged.verdicts(file, chunk.0)?;
            later.fetch_add(n_later, Ordering::Relaxed);
            let accepted = judged.accepted(file, chunk.0)?;
            if let Some(column) = counted {
                let found = hashes_of(&accepted, column)?;
                hashes.lock().expect("no reader panics").extend(found);
            }
            writers.write(accepted)?;
            meter.report(
                &step,
                done.fetch_add(chunk.1, Ordering::Relaxed) + chunk.1,
                self.rows(),
            );
            Ok(refused)
        };
        let mut refused = collect_waves(tasks.len(), |task| chunk_of(&tasks[task]))?.concat();
        refused.sort_unstable();
        let hashes = hashes.into_inner().expect("no reader panics");
        Ok(Gathered {
            may_repeat: unique.is_some() && (counted.is_none() || any_twice(hashes)),
            parts: writers.finish()?,
            refused,
            later: later.into_inner(),
        })
    }

    fn chunk(&self, file: usize, chunk: (u64, u64)) -> Result<Judged, Error> {
        let source = &self.sources[file];
        let frame = self
            .plan(source, slice(source, chunk)?)?
            .collect()
            .map_err(|error| source.damaged(&error))?;
        Ok(Judged(frame))
    }

    /// The judged rows of a chunk that `keep` selects.
    pub(super) fn selected(
        &self,
        source: &Source,
        chunk: (u64, u64),
        keep: &Expr,
    ) -> Result<DataFrame, Error> {
        self.plan(source, slice(source, chunk)?)?
            .filter(keep.clone())
            .collect()
            .map_err(|error| source.damaged(&error))
    }
}

fn hashes_of(frame: &DataFrame, column: &str) -> Result<Vec<u64>, Error> {
    let ids = frame
        .column(column)
        .and_then(|ids| ids.str())
        .map_err(Error::engine("compare ids"))?;
    Ok(ids.iter().flatten().map(keys::hash_of).collect())
}

fn any_twice(mut hashes: Vec<u64>) -> bool {
    hashes.par_sort_unstable();
    hashes.windows(2).any(|pair| pair[0] == pair[1])
}

fn slice(source: &Source, (first, rows): (u64, u64)) -> Result<LazyFrame, Error> {
    Ok(source.scan()?.slice(
        i64::try_from(first).unwrap_or(i64::MAX),
        IdxSize::try_from(rows).unwrap_or(IdxSize::MAX),
    ))
}

fn given_name(name: &str) -> String {
    format!("given {name}")
}

/// A null that the source gave but that could not be read stays null, so that it is refused and not defaulted.
fn fill_where_absent(value: Expr, field: &Field, found: Option<&Prepared>) -> Expr {
    match found {
        Some(_) => when(col(given_name(&field.name)).is_null())
            .then(lit(true))
            .otherwise(value),
        None => value.fill_null(lit(true)),
    }
}

fn default_from_column(field: &Field, found: Option<&Prepared>) -> Option<Expr> {
    let Presence::Column(other) = field.presence else {
        return None;
    };
    let name = field.name.as_str();
    Some(match found {
        Some(_) => when(col(given_name(name)).is_null())
            .then(col(other))
            .otherwise(col(name))
            .alias(name),
        None => col(name).fill_null(col(other)),
    })
}

/// A chunk with its verdicts.
struct Judged(DataFrame);

impl Judged {
    fn codes(&self) -> Result<&Int32Chunked, Error> {
        self.0
            .column(CODE)
            .and_then(|codes| codes.i32())
            .map_err(Error::engine("read verdicts"))
    }

    fn verdicts(&self, file: usize, first: u64) -> Result<(Vec<Refused>, u64), Error> {
        let codes = self.codes()?;
        if codes.min() == Some(0) && codes.max() == Some(0) {
            return Ok((Vec::new(), 0));
        }
        let mut later = 0;
        let mut refused = Vec::new();
        for (row, code) in (first..).zip(codes.iter().map(Option::unwrap_or_default)) {
            match u16::try_from(code) {
                Ok(0) => {}
                Ok(rule) => refused.push((Pos::new(file, row), rule - 1)),
                Err(_) => later += 1,
            }
        }
        Ok((refused, later))
    }

    fn accepted(&self, file: usize, first: u64) -> Result<DataFrame, Error> {
        let start = Pos::new(file, first).0;
        let places = UInt64Chunked::from_vec(
            POS.into(),
            (start..start + self.0.height() as u64).collect(),
        );
        let mut frame = self.0.clone();
        let keep = self.codes()?.equal(0);
        frame
            .with_column(places.into_series().into_column())
            .map_err(Error::engine("number rows"))?;
        let frame = frame.filter(&keep).map_err(Error::engine("split rows"))?;
        let frame = frame.drop(CODE).map_err(Error::engine("split rows"))?;
        lists::to_text(frame).map_err(Error::engine("write lists as text"))
    }
}

/// One open spool file per partition.
struct Writers {
    paths: Vec<PathBuf>,
    files: Vec<Mutex<polars::io::parquet::write::BatchedWriter<File>>>,
    by_key: bool,
}

impl Writers {
    fn create(reader: &Reader, n_parts: usize, spool: &Path) -> Result<Self, Error> {
        let name = reader.table.table.name;
        let n_parts = if reader.table.table.bulk { n_parts } else { 1 };
        let paths: Vec<PathBuf> = (0..n_parts)
            .map(|part| spool.join(format!("{name}-part-{part:05}.parquet")))
            .collect();
        let mut schema: Schema = reader
            .spooled()
            .into_iter()
            .map(|(name, dtype)| (PlSmallStr::from(name), lists::spooled(dtype)))
            .collect();
        schema.with_column(POS.into(), DataType::UInt64);
        let open = |path: &PathBuf| {
            let file = File::create(path).map_err(Error::io(path))?;
            let writer = ParquetWriter::new(file)
                .with_compression(ParquetCompression::Snappy)
                .with_statistics(StatisticsOptions::empty())
                .set_parallel(false) // a thread that waits inside would start the next chunk and meet its own lock
                .batched(&schema);
            writer
                .map(Mutex::new)
                .map_err(Error::engine("open the spool"))
        };
        let files = paths.iter().map(open).collect::<Result<_, _>>()?;
        Ok(Self {
            paths,
            files,
            by_key: reader.table.table.bulk,
        })
    }

    fn write(&self, frame: DataFrame) -> Result<(), Error> {
        if !self.by_key || self.files.len() == 1 {
            return self.append(0, frame);
        }
        let part = (col("object_key") % lit(self.files.len() as u64)).alias(PART);
        let split = frame
            .lazy()
            .with_column(part)
            .collect()
            .and_then(|frame| frame.partition_by_stable([PART], true));
        for frame in split.map_err(Error::engine("split rows by key"))? {
            let part = frame
                .column(PART)
                .and_then(|part| part.u64())
                .map_err(Error::engine("split rows by key"))?
                .get(0);
            let part = usize::try_from(part.unwrap_or(0)).expect("a partition number is small");
            self.append(
                part,
                frame
                    .drop(PART)
                    .map_err(Error::engine("split rows by key"))?,
            )?;
        }
        Ok(())
    }

    fn append(&self, part: usize, mut frame: DataFrame) -> Result<(), Error> {
        if frame.height() == 0 {
            return Ok(());
        }
        frame.rechunk_mut();
        let mut writer = self.files[part].lock().expect("no writer panics");
        writer
            .write_batch(&frame)
            .map_err(Error::engine("write the spool"))
    }

    fn finish(self) -> Result<Vec<PathBuf>, Error> {
        for file in &self.files {
            file.lock()
                .expect("no writer panics")
                .finish()
                .map_err(Error::engine("close the spool"))?;
        }
        Ok(self.paths)
    }
}
