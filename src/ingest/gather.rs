//! Pass one: every chunk of every file is mapped, checked and split by partition; nothing here looks across rows.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use polars::prelude::*;
use rayon::prelude::*;

use super::checks::{self, Check};
use super::coded;
use super::convert::{self, Prepared};
use super::error::Error;
use super::files::Located;
use super::findings;
use super::identity;
use super::keys::{self, Keys};
use super::lists;
use super::marks;
use super::params::{Field, Origin, ValidTable};
use super::parts::Writers;
use super::results::Results;
use super::source::Source;
use super::tables::Presence;
use super::vocabulary;
use crate::units::{AsOf, Meter, collect_waves};

/// Column that holds a row's place in the sources, while it is needed.
pub(super) const POS: &str = "__pos";
/// Column of verdicts: 0 sound, n the n-th rule is broken, -1 later.
pub(super) const CODE: &str = "__code";
/// Column of marks: bit n is set where the n-th finding holds.
const FOUND: &str = "__found";
/// Key of the id as it stands in the row.
pub(super) const OWN: &str = "__own";
/// Stands between the number of an item and its 抽查子项, which makes the id one of its own.
const SUB_ITEM: &str = "·";
/// Code of rows known on or after the as-of day.
const LATER: i32 = -1;

/// Place of a row: file in path order, then row of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
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

/// A refused row and the index of the rule it breaks, or a row with a finding and the index of that.
pub(super) type Refused = (Pos, u16);

/// One table with its files opened and its plan decided.
pub(super) struct Reader<'a> {
    pub(super) table: &'a ValidTable,
    pub(super) sources: Vec<Source>,
    /// How results are read, section by section.
    results: Vec<Results>,
    /// Fields that some file or a constant gives.
    pub(super) given: Vec<Field>,
    as_of: AsOf,
    pub(super) keys: Keys,
}

/// What pass one leaves.
pub(super) struct Gathered {
    pub(super) parts: Vec<PathBuf>,
    pub(super) refused: Vec<Refused>,
    /// Findings on rows that are sound by themselves, in the order of their places.
    pub(super) found: Vec<Refused>,
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
        let name = |index: usize| spool.join(format!("{}-source-{index:05}", table.table.name));
        let sources = Source::open_all(table, files, name)?;
        let is_given = |name: &str| {
            table
                .sections()
                .any(|section| gives(section, &sources, name))
        };
        let is_derived = |name: &str| match (table.table.name, name) {
            ("inspections", "found") => is_given("result_codes"),
            ("objects", "id_scheme") => table.without_code.is_some(),
            _ => false,
        };
        let fields = table.fields.iter();
        let given = fields
            .filter(|field| is_given(&field.name) || is_derived(&field.name))
            .cloned()
            .collect();
        Ok(Self {
            table,
            results: table.sections().map(Results::new).collect(),
            sources,
            given,
            as_of,
            keys,
        })
    }

    /// The section of the job that names a source.
    pub(super) fn section(&self, source: &Source) -> &ValidTable {
        self.table.section(source.section)
    }

    /// The table, or those of its sections, whose records have no knowledge date.
    pub(super) fn undated(&self) -> Vec<String> {
        let table = self.table.table;
        let without = |section: &&ValidTable| !gives(section, &self.sources, "known_on");
        let undated = self.table.sections().filter(without);
        let name = |section: &ValidTable| {
            let below = section.key.rsplit_once('.');
            below
                .map_or(section.key.as_str(), |(_, name)| name)
                .to_owned()
        };
        undated.filter(|_| table.day.is_some()).map(name).collect()
    }

    /// What was recognised while reading.
    pub(super) fn notes(&self) -> Vec<String> {
        let sections = self.table.sections().zip(&self.results);
        sections
            .flat_map(|(section, results)| results.notes(&section.key))
            .collect()
    }

    /// Rows in the files, those included that cannot be scanned.
    pub(super) fn rows(&self) -> u64 {
        self.sources
            .iter()
            .map(|source| source.rows + source.unread.len() as u64)
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

    /// Findings in the order of their marks; the same list for every file.
    pub(super) fn findings(&self) -> Vec<Check> {
        let mut rules = findings::rules(self.table.table, &self.given);
        if self.table.table.name == "objects" {
            let given = |name: &str| self.is_given(name).then(|| col(given_name(name)));
            rules.extend(coded::findings(
                &given,
                &|name| self.is_given(name),
                self.as_of.0,
            ));
        }
        if self.table.table.name == "inspections" && self.is_given("result_codes") {
            rules.push(self.table.hits.unknown());
        }
        rules
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
                    found
                        .as_ref()
                        .map(|_| given().is_null().and(col(name).is_null())),
                ));
            }
            let unread = |_| given().is_not_null().and(col(name).is_null());
            if name == "object_id" {
                let lost = |_| identity::lost(given());
                checks.push(rule(checks::DAMAGED, found.as_ref().map(lost)));
                checks.push(rule(checks::ID, found.as_ref().map(unread)));
            } else {
                checks.push(rule(
                    checks::unparsable(field.kind, field.is_money),
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

    /// Mapped, typed and judged rows of one file: `__code` and `__found`, then the columns of the spool.
    fn plan(&self, source: &Source, rows: LazyFrame) -> Result<LazyFrame, Error> {
        let mut columns = vec![col(CODE), col(FOUND)];
        columns.extend(
            self.spooled()
                .into_iter()
                .map(|(name, _)| self.cut_at_as_of(&name)),
        );
        Ok(self.judged(source, rows)?.select(columns))
    }

    /// The ids of the rows of a chunk, as the register has them or as facts name them.
    pub(super) fn ids(&self, source: &Source, chunk: (u64, u64)) -> Result<LazyFrame, Error> {
        let rows = self.judged(source, source.slice(chunk)?)?;
        Ok(rows.select([col("object_id")]))
    }

    /// The rows of one file with every column they are judged by.
    fn judged(&self, source: &Source, rows: LazyFrame) -> Result<LazyFrame, Error> {
        let section = self.section(source);
        let prepared = self.prepared(source)?;
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
        let rules = self.findings();
        let odd = findings::odd_texts(self.text_marks(&rules, source));
        let has_odd = odd.is_some();
        let read = prepared
            .iter()
            .map(|(field, found)| self.value(section, field, found.as_ref()));
        let mut frame = rows
            .select(given.chain(odd).collect::<Vec<_>>())
            .with_columns(read.collect::<Vec<_>>());
        let has_id = prepared
            .iter()
            .any(|(field, found)| field.name == "object_id" && found.is_some());
        if self.is_given("object_id") {
            frame = self.identified(section, frame, has_id);
        }
        if self.table.table.name == "objects" && self.is_given("industry_code") {
            frame = frame.with_columns([coded::industry(self.is_given("industry_scheme"))]);
        }
        let defaults: Vec<Expr> = prepared
            .iter()
            .filter_map(|(field, found)| default_from_column(field, found.as_ref()))
            .collect();
        frame = frame
            .with_columns(defaults)
            .with_columns(self.completed(section));
        if self.is_given("object_id") {
            frame = self.keyed(frame);
        }
        let mut marks: Vec<Expr> = has_odd.then(|| col(findings::ODD)).into_iter().collect();
        marks.extend(self.id_marks(section, &rules, has_id));
        marks.extend(marks::code_marks(&rules, &|name: &str| {
            prepared
                .iter()
                .any(|(field, found)| field.name == name && found.is_some())
        }));
        let none = lit(0_u64);
        let found = marks
            .into_iter()
            .reduce(|sum, mark| sum + mark)
            .unwrap_or(none);
        Ok(frame.with_columns([
            self.code(&self.checks(&find)).alias(CODE),
            found.cast(DataType::UInt64).alias(FOUND),
        ]))
    }

    /// What each given field is read from in one file.
    fn prepared<'b>(
        &'b self,
        source: &Source,
    ) -> Result<Vec<(&'b Field, Option<Prepared>)>, Error> {
        let section = self.section(source);
        let mut prepared = Vec::new();
        for field in &self.given {
            let field = section.field(&field.name).unwrap_or(field);
            let headers = convert::origin(field, source);
            let found = if headers.is_empty() {
                None
            } else {
                Some(convert::prepare(section, field, &headers, source)?)
            };
            prepared.push((field, found));
        }
        Ok(prepared)
    }

    /// 0, the first broken rule, or later.
    fn code(&self, checks: &[Check]) -> Expr {
        let mut code = checks::first_broken(checks);
        if let Some(known) = self.known() {
            let later = known.gt_eq(self.cut());
            code = when(code.clone().neq(lit(0)))
                .then(code)
                .when(later)
                .then(lit(LATER))
                .otherwise(lit(0));
        }
        code.cast(DataType::Int32)
    }

    fn value(&self, section: &ValidTable, field: &Field, found: Option<&Prepared>) -> Expr {
        let given = || col(given_name(&field.name));
        let value = match (&field.origin, found) {
            (Origin::Constant(text), _) => convert::constant(field, text, &section.separator),
            (_, Some(found)) if field.name == "result_codes" => {
                self.results[section.section].read(found, given(), &section.separator)
            }
            (_, Some(found)) if field.name == "end_reason" => convert::map_text(
                found.read(given(), &section.separator),
                DataType::String,
                |texts| {
                    let words = texts.iter().map(|text| text.map(vocabulary::exit_reason));
                    words.collect::<StringChunked>().into_series()
                },
            ),
            (_, Some(found)) => found.read(given(), &section.separator),
            (_, None) => lit(NULL).cast(convert::dtype(field.kind)),
        };
        let value = match field.presence {
            Presence::Text(text) => value.fill_null(lit(text)),
            Presence::True => fill_where_absent(value, field, found),
            Presence::WhenAbsent(text) if found.is_none() && !self.table.more.is_empty() => {
                value.fill_null(lit(text))
            }
            _ => value,
        };
        value.alias(field.name.as_str())
    }

    /// Columns that other columns of the row complete.
    fn completed(&self, section: &ValidTable) -> Vec<Expr> {
        let mut columns = Vec::new();
        if self.table.table.name == "inspections" && self.is_given("result_codes") {
            columns.push(section.hits.completed(col("found"), col("result_codes")));
        }
        if self.table.table.name == "items" && self.is_given("sub_item") {
            let both = concat_str([col("item_id"), col("sub_item")], SUB_ITEM, false);
            let id = when(col("sub_item").is_not_null()).then(both);
            columns.push(id.otherwise(col("item_id")).alias("item_id"));
        }
        columns
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
            let verdicts = judged.verdicts(file, chunk.0)?;
            later.fetch_add(verdicts.later, Ordering::Relaxed);
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
            Ok((verdicts.refused, verdicts.found))
        };
        let (mut refused, mut found) = (Vec::new(), Vec::new());
        for (here, marked) in collect_waves(tasks.len(), |task| chunk_of(&tasks[task]))? {
            refused.extend(here);
            found.extend(marked);
        }
        refused.sort_unstable();
        found.sort_unstable();
        let hashes = hashes.into_inner().expect("no reader panics");
        Ok(Gathered {
            may_repeat: unique.is_some() && (counted.is_none() || any_twice(hashes)),
            parts: writers.finish()?,
            refused,
            found,
            later: later.into_inner(),
        })
    }

    fn chunk(&self, file: usize, chunk: (u64, u64)) -> Result<Judged, Error> {
        let source = &self.sources[file];
        let frame = self
            .plan(source, source.slice(chunk)?)?
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
        self.plan(source, source.slice(chunk)?)?
            .filter(keep.clone())
            .collect()
            .map_err(|error| source.damaged(&error))
    }
}

/// Whether a section's constants or files give a column.
fn gives(section: &ValidTable, sources: &[Source], name: &str) -> bool {
    let Some(field) = section.field(name) else {
        return false;
    };
    let mut own = sources
        .iter()
        .filter(|source| source.section == section.section);
    matches!(field.origin, Origin::Constant(_))
        || own.any(|source| !convert::origin(field, source).is_empty())
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

/// Column of what the source gives for a canonical column.
pub(super) fn given_name(name: &str) -> String {
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

/// What a chunk leaves beside its accepted rows.
#[derive(Default)]
struct Verdicts {
    refused: Vec<Refused>,
    found: Vec<Refused>,
    later: u64,
}

impl Verdicts {
    fn note(&mut self, pos: Pos, mut marks: u64) {
        while marks != 0 {
            let finding = u16::try_from(marks.trailing_zeros()).expect("a mask has 64 places");
            self.found.push((pos, finding));
            marks &= marks - 1;
        }
    }
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

    fn marks(&self) -> Result<&UInt64Chunked, Error> {
        self.0
            .column(FOUND)
            .and_then(|marks| marks.u64())
            .map_err(Error::engine("read findings"))
    }

    fn verdicts(&self, file: usize, first: u64) -> Result<Verdicts, Error> {
        let (codes, marks) = (self.codes()?, self.marks()?);
        let mut verdicts = Verdicts::default();
        if codes.min() == Some(0)
            && codes.max() == Some(0)
            && marks.max().is_none_or(|max| max == 0)
        {
            return Ok(verdicts);
        }
        for ((row, code), marks) in (first..).zip(codes.iter()).zip(marks.iter()) {
            match u16::try_from(code.unwrap_or_default()) {
                Ok(0) => verdicts.note(Pos::new(file, row), marks.unwrap_or_default()),
                Ok(rule) => verdicts.refused.push((Pos::new(file, row), rule - 1)),
                Err(_) => verdicts.later += 1,
            }
        }
        Ok(verdicts)
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
        let frame = frame.drop_many([CODE, FOUND]);
        lists::to_text(frame).map_err(Error::engine("write lists as text"))
    }
}
