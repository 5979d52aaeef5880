//! Pass one: every chunk of every file is mapped, checked and split by partition; nothing here looks across rows.

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use polars::prelude::*;
use rayon::prelude::*;

use super::cells;
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
use super::parts::{Spooled, Writers};
use super::results::Results;
use super::source::Source;
use super::tables::{Consequence, Presence};
use super::vocabulary;
use crate::units::{AsOf, Meter, collect_waves};

/// Column that holds a row's place in the sources, while it is needed.
pub(super) const POS: &str = "__pos";
/// Column of verdicts: 0 sound, n the n-th rule is broken, -1 later.
pub(super) const CODE: &str = "__code";
/// Start of the names of the columns of marks: bit n of mask m is set where the finding 64 m + n holds.
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
    pub(super) parts: Vec<Spooled>,
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
            ("objects", "kind") => sources.iter().any(|source| kind_by_code(table, source)),
            ("objects", "id_scheme") => table
                .sections()
                .any(|section| section.without_code.is_some()),
            ("objects", "other_ids") => sources.iter().any(|source| {
                let headers = source.mapping.reading("object_id").map(|id| &id.headers);
                headers.is_some_and(|ids| ids.iter().any(|id| source.several.contains(id)))
            }),
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
    ///
    /// # Errors
    /// A source that can no longer be read.
    pub(super) fn notes(&self) -> Result<Vec<String>, Error> {
        let sections = self.table.sections().zip(&self.results);
        let results = sections.flat_map(|(section, results)| results.notes(&section.key));
        let mut notes: Vec<String> = results.chain(self.kind_note()).collect();
        for source in &self.sources {
            notes.extend(source.amounts.notes(source, &self.section(source).key)?);
        }
        Ok(notes)
    }

    /// Which sources leave 主体类别 to the codes.
    fn kind_note(&self) -> Option<String> {
        let is_object = self.table.table.name == "objects";
        let without = self
            .sources
            .iter()
            .filter(|source| kind_by_code(self.table, source));
        let n = without.filter(|_| is_object).count();
        (n > 0).then(|| {
            let (all, table) = (self.sources.len(), self.table.table.name);
            format!("{table}: {n} of {all} sources say no kind (主体类别); there it follows from 统一社会信用代码: {}", coded::KINDS_SAID)
        })
    }

    /// Rows in the files, those included that cannot be scanned.
    pub(super) fn rows(&self) -> u64 {
        self.sources
            .iter()
            .map(|source| source.rows + source.unread.len() as u64)
            .sum()
    }

    /// Whether some file gives the column.
    pub(super) fn reads(&self, name: &str) -> bool {
        let reads = |source: &Source| source.mapping.reading(name).is_some();
        self.sources.iter().any(reads)
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
        rules.extend(cells::rules(self));
        rules
    }

    fn checks(&self, prepared: &dyn Fn(&Field) -> Option<Prepared>) -> Vec<Check> {
        let mut checks = Vec::new();
        let refusing = |field: &&Field| field.unread == Consequence::Refused;
        for field in self.given.iter().filter(refusing) {
            let name = field.name.as_str();
            let found = prepared(field);
            let given = || col(given_name(name));
            let rule =
                |(rule, sentence): (&'static str, &'static str), broken: Option<Expr>| Check {
                    column: name.to_owned(),
                    rule,
                    sentence,
                    broken,
                    empties: false,
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

    /// Mapped, typed and judged rows of one file: `__code` and the marks, then the columns of the spool.
    fn plan(&self, source: &Source, rows: LazyFrame) -> Result<LazyFrame, Error> {
        let mut columns = vec![col(CODE)];
        columns.extend((0..findings::n_masks(&self.findings())).map(|mask| col(found_name(mask))));
        columns.extend(
            self.spooled()
                .into_iter()
                .map(|(name, _)| self.cut_at_as_of(&name)),
        );
        Ok(self.judged(source, rows)?.select(columns))
    }

    /// The ids of rows of a file, as the register has them or as facts name them.
    pub(super) fn ids(&self, source: &Source, rows: LazyFrame) -> Result<LazyFrame, Error> {
        Ok(self.judged(source, rows)?.select([col("object_id")]))
    }

    /// Of rows of a file, for each of the rules that one row can break a flag under [`fault_name`], then the marks.
    pub(super) fn faults(&self, source: &Source, rows: LazyFrame) -> Result<LazyFrame, Error> {
        let prepared = self.prepared(source)?;
        let rules = self.checks(&|field: &Field| found_of(&prepared, field));
        let broken = rules.into_iter().enumerate().filter_map(|(at, check)| {
            let broken = check.broken?.fill_null(lit(false));
            Some(broken.alias(fault_name(at)))
        });
        let masks = (0..findings::n_masks(&self.findings())).map(|mask| col(found_name(mask)));
        let columns: Vec<Expr> = broken.chain(masks).collect();
        Ok(self.judged(source, rows)?.select(columns))
    }

    /// The rows of one file with every column they are judged by.
    fn judged(&self, source: &Source, rows: LazyFrame) -> Result<LazyFrame, Error> {
        let section = self.section(source);
        let prepared = self.prepared(source)?;
        let find = |wanted: &Field| found_of(&prepared, wanted);
        let given = prepared.iter().filter_map(|(field, found)| {
            found
                .as_ref()
                .map(|found| found.given.clone().alias(given_name(&field.name)))
        });
        let rules = self.findings();
        let odd = findings::odd_texts(self.text_marks(&rules, source));
        let mut marks: Vec<(usize, Expr)> = odd
            .iter()
            .map(|(mask, _)| (*mask, col(findings::odd_name(*mask))))
            .collect();
        let odd = odd.into_iter().map(|(_, texts)| texts);
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
        if self.table.table.name == "objects" && kind_by_code(self.table, source) {
            frame = frame.with_columns([coded::kind_of_code()]);
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
        let ids = self.id_marks(section, &rules, has_id);
        marks.extend(ids.into_iter().map(|mark| (0, mark)));
        marks.extend(marks::code_marks(&rules, &|name: &str| {
            prepared
                .iter()
                .any(|(field, found)| field.name == name && found.is_some())
        }));
        let cells = cells::Cells::of(self, &rules, &prepared);
        marks.extend(cells.marks);
        let mut columns = vec![self.code(&self.checks(&find)).alias(CODE)];
        columns.extend(masks(findings::n_masks(&rules), marks));
        columns.extend(cells.values);
        Ok(frame.with_columns(columns))
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
        let writers = Writers::create(self, n_parts, spool);
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

/// The sums of marks, mask by mask.
fn masks(n_masks: usize, marks: Vec<(usize, Expr)>) -> impl Iterator<Item = Expr> {
    let mut sums: Vec<Option<Expr>> = vec![None; n_masks];
    for (mask, mark) in marks {
        let sum = sums[mask].take();
        sums[mask] = Some(sum.map_or(mark.clone(), |sum| sum + mark));
    }
    sums.into_iter().enumerate().map(|(mask, sum)| {
        let sum = sum.unwrap_or_else(|| findings::marks(0));
        sum.alias(found_name(mask))
    })
}

/// Column of one mask of findings.
pub(super) fn found_name(mask: usize) -> String {
    format!("{FOUND}{mask}")
}

/// Column of the flags of one rule.
pub(super) fn fault_name(rule: usize) -> String {
    format!("__fault{rule}")
}

fn found_of(prepared: &[(&Field, Option<Prepared>)], wanted: &Field) -> Option<Prepared> {
    let mut same = prepared.iter();
    same.find(|(field, _)| field.name == wanted.name)
        .and_then(|(_, found)| found.clone())
}

/// Whether 主体类别 of the rows of a source follows from their codes: no column and no constant of its section says it.
fn kind_by_code(table: &ValidTable, source: &Source) -> bool {
    let section = table.section(source.section);
    let constant = |name: &str| match section.field(name).map(|field| &field.origin) {
        Some(Origin::Constant(text)) => Some(text.as_str()),
        _ => None,
    };
    let has_codes = constant("id_scheme").is_none_or(identity::is_bare);
    has_codes && constant("kind").is_none() && source.mapping.reading("kind").is_none()
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
    fn note(&mut self, pos: Pos, mask: usize, marks: u64) {
        self.found
            .extend(rules_in(mask, marks).map(|rule| (pos, rule)));
    }
}

/// The rules whose marks are set in a mask.
pub(super) fn rules_in(mask: usize, mut marks: u64) -> impl Iterator<Item = u16> {
    std::iter::from_fn(move || {
        let at = (marks != 0).then(|| marks.trailing_zeros() as usize)?;
        marks &= marks - 1;
        Some(u16::try_from(mask * findings::MASK + at).expect("rules are few"))
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

    /// The masks in which a mark is set, by their number.
    fn masks(&self) -> Result<Vec<(usize, &UInt64Chunked)>, Error> {
        let columns = self.0.columns().iter();
        let masks = columns.filter(|column| column.name().starts_with(FOUND));
        let mut set = Vec::new();
        for (number, column) in masks.enumerate() {
            let found = column.u64().map_err(Error::engine("read findings"))?;
            if found.max().is_some_and(|max| max != 0) {
                set.push((number, found));
            }
        }
        Ok(set)
    }

    fn verdicts(&self, file: usize, first: u64) -> Result<Verdicts, Error> {
        let (codes, masks) = (self.codes()?, self.masks()?);
        let mut verdicts = Verdicts::default();
        if codes.min() == Some(0) && codes.max() == Some(0) && masks.is_empty() {
            return Ok(verdicts);
        }
        for (at, code) in codes.iter().enumerate() {
            let pos = Pos::new(file, first + at as u64);
            match u16::try_from(code.unwrap_or_default()) {
                Ok(0) => {
                    for (mask, marks) in &masks {
                        verdicts.note(pos, *mask, marks.get(at).unwrap_or_default());
                    }
                }
                Ok(rule) => verdicts.refused.push((pos, rule - 1)),
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
        let judged = |name: &&PlSmallStr| *name == CODE || name.starts_with(FOUND);
        let judged: Vec<PlSmallStr> = frame
            .get_column_names()
            .into_iter()
            .filter(judged)
            .cloned()
            .collect();
        let frame = frame.drop_many(judged);
        lists::to_text(frame).map_err(Error::engine("write lists as text"))
    }
}
