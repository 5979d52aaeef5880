//! 应纳尽纳: who is known from records and stands in no register, and which offices and departments have no objects.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use polars::prelude::{DataType, PolarsResult, col};
use serde::{Deserialize, Serialize};

use super::facts::{Lists, or_null};
use super::{file_name, part::Scan};
use crate::ingest::Snapshot;
use crate::registers::{Error, Registers, at, past, scan};
use crate::units::ObjectId;

/// Rows of last month's register read at once.
const BATCH: u32 = 500_000;

/// An identity that records name and the register does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Absent {
    /// The identity, normalised where it can be.
    pub id: String,
    /// Rows that name it.
    pub n_rows: u64,
    /// Files they come from, with the rows of each.
    pub sources: BTreeMap<String, u64>,
    /// Name and office in last month's register, where it stood there.
    pub was_registered: Option<(String, String)>,
    /// Whether a row of the register names it, but was refused.
    pub was_refused: bool,
}

/// What one file says of objects that the register does not hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceCount {
    /// The file.
    pub source: String,
    /// Rows of absent objects.
    pub n_rows: u64,
    /// Different identities among them.
    pub n_ids: u64,
}

/// Who is missing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
    /// Identities that records name and the register does not.
    pub n_absent: u64,
    /// Rows that name them.
    pub n_rows: u64,
    /// Of the absent, how many stood in last month's register.
    pub n_were_registered: u64,
    /// Of the absent, how many a refused row of the register names.
    pub n_were_refused: u64,
    /// The same by file.
    pub sources: Vec<SourceCount>,
    /// Those named most often first.
    #[serde(skip)]
    pub absent: Vec<Absent>,
    /// 管辖单位 of inspectors without an object.
    pub offices_without_objects: Vec<String>,
    /// Departments of inspectors or items without an object; only where objects name departments.
    pub departments_without_objects: Vec<String>,
}

/// Identities seen in refused rows, with their rows per file.
#[derive(Debug, Default)]
pub(super) struct Seen {
    by_id: HashMap<String, BTreeMap<String, u64>>,
}

impl Seen {
    /// A row of `source` names `id`, which the register does not hold.
    pub(super) fn see(&mut self, id: &str, source: &str) {
        let id = ObjectId::normalise("uscc", id)
            .map_or_else(|_| id.trim().to_owned(), |id| id.as_str().to_owned());
        let sources = self.by_id.entry(id).or_default();
        *sources.entry(file_name(source).to_owned()).or_default() += 1;
    }
}

/// Gathers who is missing.
pub(super) fn coverage(
    registers: &Registers,
    seen: Seen,
    scanned: &Scan,
    previous: Option<&Path>,
) -> Result<Coverage, Error> {
    let mut coverage = Coverage {
        n_absent: seen.by_id.len() as u64,
        sources: by_source(&seen),
        ..Coverage::default()
    };
    coverage.n_rows = coverage.sources.iter().map(|source| source.n_rows).sum();
    coverage.absent = absent(seen);
    look_among_refused(&registers.snapshot, &mut coverage.absent)?;
    let refused = coverage.absent.iter().filter(|one| one.was_refused);
    coverage.n_were_refused = refused.count() as u64;
    if let Some(path) = previous {
        past(path, || look_back(path, &mut coverage.absent))?;
    }
    let known = coverage
        .absent
        .iter()
        .filter(|one| one.was_registered.is_some());
    coverage.n_were_registered = known.count() as u64;
    let has_objects = |name: &String| scanned.offices.contains_key(name);
    coverage.offices_without_objects = missing(named(registers, "office")?, has_objects);
    if !scanned.departments.is_empty() {
        let has_objects = |name: &String| scanned.departments.contains_key(name);
        let departments = named(registers, "department")?;
        coverage.departments_without_objects = missing(departments, has_objects);
    }
    Ok(coverage)
}

fn missing(named: BTreeSet<String>, has_objects: impl Fn(&String) -> bool) -> Vec<String> {
    named
        .into_iter()
        .filter(|name| !has_objects(name))
        .collect()
}

fn by_source(seen: &Seen) -> Vec<SourceCount> {
    let mut counts: BTreeMap<&String, (u64, u64)> = BTreeMap::new();
    for (source, n) in seen.by_id.values().flatten() {
        let count = counts.entry(source).or_default();
        *count = (count.0 + n, count.1 + 1);
    }
    let one = |(source, (n_rows, n_ids)): (&String, (u64, u64))| SourceCount {
        source: source.clone(),
        n_rows,
        n_ids,
    };
    counts.into_iter().map(one).collect()
}

/// Those named most often first, then by id.
fn absent(seen: Seen) -> Vec<Absent> {
    let one = |(id, sources): (String, BTreeMap<String, u64>)| Absent {
        id,
        n_rows: sources.values().sum(),
        sources,
        was_registered: None,
        was_refused: false,
    };
    let mut all: Vec<Absent> = seen.by_id.into_iter().map(one).collect();
    all.sort_by(|a, b| b.n_rows.cmp(&a.n_rows).then_with(|| a.id.cmp(&b.id)));
    all
}

/// Looks the absent up among the rows of the register that were refused.
fn look_among_refused(snapshot: &Snapshot, absent: &mut [Absent]) -> Result<(), Error> {
    let places = absent.iter().enumerate();
    let places: HashMap<String, usize> =
        places.map(|(place, one)| (one.id.clone(), place)).collect();
    if places.is_empty() {
        return Ok(());
    }
    for shape in snapshot.refused_shapes() {
        let shape = shape?;
        let rows = shape.rows.iter().filter(|_| shape.table == "objects");
        for cell in rows.flat_map(|row| &row.cells).flatten() {
            let id = ObjectId::normalise("uscc", cell);
            let place = id.ok().and_then(|id| places.get(id.as_str()).copied());
            if let Some(place) = place {
                absent[place].was_refused = true;
            }
        }
    }
    Ok(())
}

/// Looks the absent up in last month's register.
fn look_back(path: &Path, absent: &mut [Absent]) -> PolarsResult<()> {
    let places = absent.iter().enumerate();
    let places: HashMap<String, usize> =
        places.map(|(place, one)| (one.id.clone(), place)).collect();
    let mut table = scan(path)?;
    let schema = table.collect_schema()?;
    let names = ["object_id", "name", "office"];
    let wanted = names.map(|name| or_null(&schema, name, &DataType::String));
    let table = table.select(wanted);
    for first in (0..).step_by(BATCH as usize) {
        let rows = table.clone().slice(first, BATCH).collect()?;
        let mut columns = Vec::new();
        for name in names {
            columns.push(rows.column(name)?.str()?);
        }
        for row in 0..rows.height() {
            let text = |at: usize| columns[at].get(row).unwrap_or_default();
            if let Some(&place) = places.get(text(0)) {
                let known = (text(1).to_owned(), text(2).to_owned());
                absent[place].was_registered = Some(known);
            }
        }
        if rows.height() < BATCH as usize {
            break;
        }
    }
    Ok(())
}

/// What inspectors and items call `column` (`office`, `department`).
fn named(registers: &Registers, column: &str) -> Result<BTreeSet<String>, Error> {
    let mut named = BTreeSet::new();
    for table in ["inspectors", "items"] {
        if !registers.snapshot.has(table) {
            continue;
        }
        let mut rows = registers.snapshot.scan(table, 0)?;
        let mut read = || -> PolarsResult<()> {
            if !rows.collect_schema()?.contains(column) {
                return Ok(());
            }
            let rows = rows.clone().select([col(column)]).collect()?;
            if let Some(lists) = Lists::of(&rows, column)? {
                let texts = (0..rows.height()).flat_map(|row| lists.row(row));
                named.extend(texts.map(str::to_owned));
                return Ok(());
            }
            let texts = rows.column(column)?.cast(&DataType::String)?;
            let texts = texts.str()?.iter().flatten().map(str::trim);
            named.extend(texts.filter(|text| !text.is_empty()).map(str::to_owned));
            Ok(())
        };
        read().map_err(at(Path::new(table)))?;
    }
    Ok(named)
}

#[cfg(test)]
mod tests {
    use super::{Seen, absent, by_source};

    #[test]
    fn an_identity_in_two_spellings_is_one_and_the_most_named_comes_first() {
        let mut seen = Seen::default();
        for (id, source) in [
            ("９１x", "数据/处罚.csv"),
            ("91X", "检查.xlsx"),
            ("A", "检查.xlsx"),
        ] {
            seen.see(id, source);
        }
        let counts: Vec<_> = by_source(&seen)
            .into_iter()
            .map(|one| (one.source, one.n_rows, one.n_ids))
            .collect();
        assert_eq!(
            counts,
            [
                ("处罚.csv".to_owned(), 1, 1),
                ("检查.xlsx".to_owned(), 2, 2)
            ]
        );
        let ids: Vec<_> = absent(seen)
            .into_iter()
            .map(|one| (one.id, one.n_rows))
            .collect();
        assert_eq!(ids, [("91X".to_owned(), 2), ("A".to_owned(), 1)]);
    }
}
