//! 名录库体检: what is wrong with the register, line by line, with whom and what it rests on; and who is missing (应纳尽纳).
//!
//! Input: the registers as of a day, the records of the snapshot, and what ingest noted about rows. Output: [`Health`],
//! plain values for a page, a workbook and the next month's comparison. It is read by people and handed to no later room,
//! so results of inspections may be looked at here. **Nobody is hidden:** every line counts and lists all it is about, in the
//! order of their ids. Nothing depends on partitions or threads.

mod coverage;
mod facts;
mod lines;
mod notices;
mod params;
mod part;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::Path;

use rayon::prelude::*;

pub use coverage::{Absent, Coverage, SourceCount};
pub use lines::{Ailment, Health, Line, Listed, Office, RuleCount, Why};
pub use notices::{Notice, finding_rows, refused_rows};
pub use params::{Params as HealthParams, Valid as ValidHealth};

use super::{Error, InspectorFinding, Registers};
use crate::units::{Meter, ObjectId, ObjectKey};
use params::Valid;

/// Said where rows of the inspectors cannot be used.
const UNUSABLE_STAFF: &str = "inspectors: some row cannot be used, so nothing is said of certificates; `choucha score` names it";

/// What was found of one ailment.
#[derive(Clone, Debug, Default)]
pub(super) struct Found {
    n: u64,
    rows: Vec<Listed>,
}

impl Found {
    /// Adds what another part found.
    fn add(&mut self, other: Self) {
        self.n += other.n;
        self.rows.extend(other.rows);
    }
}

/// Examines the registers. `previous` is last month's `register.parquet`: who is absent now may have stood there.
///
/// # Errors
/// An unreadable part or table; a declared condition over columns that objects do not have.
pub fn examine(
    valid: &Valid,
    registers: &Registers,
    previous: Option<&Path>,
    meter: &Meter,
) -> Result<Health, Error> {
    let n_parts = registers.n_parts();
    let mut all = part::Scan::default();
    let parts: Vec<usize> = (0..n_parts).collect();
    for wave in parts.chunks(rayon::current_num_threads()) {
        let scan = |&part: &usize| part::scan(valid, registers, part);
        let scanned: Result<Vec<part::Scan>, Error> = wave.par_iter().map(scan).collect();
        scanned?.into_iter().for_each(|scan| all.add(scan));
        meter.report("health", wave[wave.len() - 1] as u64 + 1, n_parts as u64);
    }
    let mut noted = Noted::default();
    refused_rows(&registers.snapshot, |row| noted.see_refused(row))?;
    finding_rows(&registers.snapshot, |row| noted.see_finding(row))?;
    for (ailment, mut found) in noted.found {
        name_listed(registers, &mut found.rows)?;
        all.found.entry(ailment).or_default().add(found);
    }
    let coverage = coverage::coverage(registers, noted.absent, &all, previous)?;
    let (staff, staff_rows) = staff(registers, &mut all.notes)?;
    let (n_objects, n_frame) = (registers.n_objects(), registers.n_frame());
    let mut line = |ailment: Ailment| {
        let mut found = all.found.remove(&ailment).unwrap_or_default();
        found.rows.par_sort();
        Line {
            ailment,
            n: found.n,
            of: if ailment.is_of_all() {
                n_objects
            } else {
                n_frame
            },
            rows: found.rows,
        }
    };
    Ok(Health {
        as_of: registers.as_of().0,
        n_objects,
        n_frame,
        lines: Ailment::ALL.into_iter().map(&mut line).collect(),
        offices: all.offices.into_values().collect(),
        refusals: counted(noted.refusals),
        findings: counted(noted.findings),
        coverage,
        staff,
        staff_rows,
        notes: all.notes.into_iter().collect(),
    })
}

/// What is wrong with the inspectors, counted and one by one; a register of them that cannot be used is a note.
fn staff(
    registers: &Registers,
    notes: &mut BTreeSet<String>,
) -> Result<(Vec<RuleCount>, Vec<InspectorFinding>), Error> {
    let mut rows = match registers.inspector_findings() {
        Ok(rows) => rows,
        Err(Error::InspectorRow { .. }) => {
            notes.insert(UNUSABLE_STAFF.to_owned());
            Vec::new()
        }
        Err(other) => return Err(other),
    };
    rows.sort_by(|a, b| (a.rule, &a.inspector_id).cmp(&(b.rule, &b.inspector_id)));
    let of_rule = |of: &[InspectorFinding]| RuleCount {
        rule: of[0].rule.id().to_owned(),
        n: of.len() as u64,
    };
    let counts = rows
        .chunk_by(|a, b| a.rule == b.rule)
        .map(of_rule)
        .collect();
    Ok((counts, rows))
}

fn counted(rules: BTreeMap<String, u64>) -> Vec<RuleCount> {
    let counts = rules.into_iter().map(|(rule, n)| RuleCount { rule, n });
    counts.collect()
}

/// What ingest noted, on its way into lines.
#[derive(Default)]
struct Noted {
    found: BTreeMap<Ailment, Found>,
    seen: BTreeMap<Ailment, HashSet<u64>>,
    refusals: BTreeMap<String, u64>,
    findings: BTreeMap<String, u64>,
    absent: coverage::Seen,
}

impl Noted {
    fn see_refused(&mut self, row: Notice<'_>) {
        *self.refusals.entry(row.rule.to_owned()).or_default() += 1;
        match row.rule {
            "object-unknown" => self.absent.see(row.value, row.source),
            "object-duplicate" | "object-alias" => self.see_named(row),
            _ => self.see(row, Ailment::of_rule(row.rule)),
        }
    }

    /// A row that is refused because another one stands for its object has the identity as its value.
    fn see_named(&mut self, row: Notice<'_>) {
        let id = ObjectId::normalise("uscc", row.value);
        let object_id = id.as_ref().map_or("", ObjectId::as_str);
        self.see(Notice { object_id, ..row }, Ailment::of_rule(row.rule));
    }

    fn see_finding(&mut self, row: Notice<'_>) {
        *self.findings.entry(row.rule.to_owned()).or_default() += 1;
        let ailment = Ailment::of_finding(row.rule);
        let is_of_object = !row.object_id.is_empty();
        self.see(
            row,
            ailment.filter(|ailment| is_of_object || *ailment != Ailment::UnreadCell),
        );
    }

    /// An object counts once, however many rows say the same of it.
    fn see(&mut self, row: Notice<'_>, ailment: Option<Ailment>) {
        let Some(ailment) = ailment else {
            return;
        };
        let key = ObjectKey::of(row.object_id).0;
        let is_known = !row.object_id.is_empty();
        if is_known && !self.seen.entry(ailment).or_default().insert(key) {
            return;
        }
        let place = if row.sheet.is_empty() {
            format!("{}, {}", file_name(row.source), row.line)
        } else {
            format!("{} [{}], {}", file_name(row.source), row.sheet, row.line)
        };
        let found = self.found.entry(ailment).or_default();
        found.n += 1;
        found.rows.push(Listed {
            object_id: row.object_id.to_owned(),
            name: String::new(),
            office: String::new(),
            why: Why::Noted {
                place,
                value: row.value.to_owned(),
                rule: row.rule.to_owned(),
            },
        });
    }
}

/// The file a source lies in, without its folders.
fn file_name(source: &str) -> &str {
    source.rsplit(['/', '\\']).next().unwrap_or(source)
}

/// Looks up name and office of the listed objects that the register holds.
fn name_listed(registers: &Registers, rows: &mut [Listed]) -> Result<(), Error> {
    let mut by_part: BTreeMap<usize, BTreeSet<u64>> = BTreeMap::new();
    for row in rows.iter().filter(|row| !row.object_id.is_empty()) {
        let key = ObjectKey::of(&row.object_id).0;
        let part = usize::try_from(key % registers.n_parts() as u64).unwrap_or(0);
        by_part.entry(part).or_default().insert(key);
    }
    let mut known: BTreeMap<String, (String, String)> = BTreeMap::new();
    for (part, keys) in by_part {
        let keys: Vec<u64> = keys.into_iter().collect();
        for texts in registers.texts(part, &keys, &["object_id", "name", "office"])? {
            let [id, name, office] = <[String; 3]>::try_from(texts).unwrap_or_default();
            known.insert(id, (name, office));
        }
    }
    for row in rows {
        if let Some((name, office)) = known.get(&row.object_id) {
            row.name.clone_from(name);
            row.office.clone_from(office);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_counts_once_per_line_and_a_refused_row_once() {
        let mut noted = Noted::default();
        let row = |rule, object_id| Notice {
            source: "名录/a.xlsx",
            sheet: "一",
            line: 3,
            column: "代码",
            value: "9.1E+17",
            rule,
            message: "",
            object_id,
        };
        noted.see_finding(row("id-check", "A"));
        noted.see_finding(row("id-reg15-check", "A"));
        noted.see_refused(row("id-damaged", ""));
        noted.see_refused(row("id-damaged", ""));
        noted.see_finding(row("negative", "A"));
        noted.see_finding(row("negative", ""));
        noted.see_refused(row("negative", "B"));
        let n = |ailment| noted.found[&ailment].n;
        assert_eq!((n(Ailment::Identity), n(Ailment::Damaged)), (1, 2));
        assert_eq!(n(Ailment::UnreadCell), 1);
        let Why::Noted { place, .. } = &noted.found[&Ailment::Damaged].rows[0].why else {
            panic!("a noted row says where");
        };
        assert_eq!(place, "a.xlsx [一], 3");
        assert_eq!(noted.findings.len(), 3);
    }
}
