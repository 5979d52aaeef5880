//! Pass one: every chunk of every file is mapped, checked and split by partition; nothing here looks across rows.

mod rules;
mod values;
mod verdicts;

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use polars::prelude::*;
use rayon::prelude::*;

use super::cells;
use super::coded;
use super::convert::{self, Prepared};
use super::error::Error;
use super::files::Located;
use super::findings;
use super::identity;
use super::keys::{self, Keys};
use super::marks;
use super::params::{Field, Origin, ValidTable};
use super::parts::{Spooled, Writers};
use super::results::Results;
use super::source::Source;
use crate::units::{AsOf, Meter, collect_waves};

use values::default_from_column;
use verdicts::Judged;
pub(super) use verdicts::rules_in;

/// Column that holds a row's place in the sources, while it is needed.
pub(super) const POS: &str = "__pos";
/// Column of verdicts: 0 sound, n the n-th rule is broken, -1 later.
pub(super) const CODE: &str = "__code";
/// Start of the names of the columns of marks: bit n of mask m is set where the finding 64 m + n holds.
const FOUND: &str = "__found";
/// Key of the id as it stands in the row.
pub(super) const OWN: &str = "__own";
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
        let is_dated = self.table.table.day.is_some();
        let undated = self.without("known_on").filter(|_| is_dated);
        let name = |section: &ValidTable| {
            let below = section.key.rsplit_once('.');
            below
                .map_or(section.key.as_str(), |(_, name)| name)
                .to_owned()
        };
        undated.map(name).collect()
    }

    /// The sections that give no `column`.
    pub(super) fn without<'b>(&'b self, column: &'b str) -> impl Iterator<Item = &'b ValidTable> {
        let sections = self.table.sections();
        sections.filter(move |section| !gives(section, &self.sources, column))
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

    fn is_visits(&self) -> bool {
        self.table.table.name == "inspections"
    }

    pub(super) fn is_given(&self, name: &str) -> bool {
        self.given.iter().any(|field| field.name == name)
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
