//! What people are told of the headers of a table: those that were recognised, and for each that is not used what it may be
//! and what to write in the job.

use std::collections::{BTreeMap, BTreeSet};

use super::headings;
use super::mapping::{Mapping, Note};
use super::params::{Origin, ValidTable};
use super::shape::{self, Shape};
use super::words::toml_text as quoted;

/// What the files of one table showed.
pub(super) struct Told<'a> {
    table: &'a ValidTable,
    /// Headers by column, of all files.
    recognised: BTreeMap<String, BTreeSet<String>>,
    /// In the order they were met.
    unmapped: Vec<(String, Option<Shape>)>,
    read: BTreeSet<String>,
    notes: BTreeSet<Note>,
}

impl<'a> Told<'a> {
    pub(super) fn of(table: &'a ValidTable) -> Self {
        Self {
            table,
            recognised: BTreeMap::new(),
            unmapped: Vec::new(),
            read: BTreeSet::new(),
            notes: BTreeSet::new(),
        }
    }

    /// Adds a file: where its columns go, and cells of its columns as far as they can be shown.
    pub(super) fn add(&mut self, mapping: &Mapping, cells: &[(String, Vec<String>)]) {
        for (column, headers) in mapping.recognised() {
            self.recognised
                .entry(column.to_owned())
                .or_default()
                .extend(headers.iter().cloned());
        }
        let read = self
            .table
            .fields
            .iter()
            .filter(|field| mapping.reading(&field.name).is_some());
        self.read.extend(read.map(|field| field.name.clone()));
        self.notes.extend(mapping.notes.iter().cloned());
        for header in &mapping.unmapped {
            let cells = cells.iter().find(|(name, _)| name == header);
            let found = cells.and_then(|(_, cells)| shape::of(cells));
            match self.unmapped.iter_mut().find(|(known, _)| known == header) {
                Some((_, shape)) => *shape = shape.or(found),
                None => self.unmapped.push((header.clone(), found)),
            }
        }
    }

    /// Choices between several headers, for the notes of a run.
    pub(super) fn notes(&self) -> Vec<String> {
        self.notes
            .iter()
            .map(|note| format!("{}: {note}", self.table.table.name))
            .collect()
    }

    /// One line for all recognised columns, then one for each header that is not used.
    pub(super) fn lines(&self) -> Vec<String> {
        let name = self.table.table.name;
        let pairs = self.recognised.iter().map(|(column, headers)| {
            let headers: Vec<String> = headers
                .iter()
                .map(|header| format!("\"{header}\""))
                .collect();
            format!("{column} = {}", headers.join(" or "))
        });
        let pairs: Vec<String> = pairs.collect();
        let known = (!pairs.is_empty()).then(|| {
            format!(
                "{name}: recognised by their headers (表头): {}",
                pairs.join(", ")
            )
        });
        let (mut advised, mut personal, mut unknown) = (Vec::new(), Vec::new(), Vec::new());
        for (header, shape) in &self.unmapped {
            if headings::is_personal(header) || *shape == Some(Shape::Person) {
                personal.push(quoted(header));
            } else if let Some(advice) = self.advice(header, *shape) {
                advised.push(format!("{name}: column \"{header}\" is not used; {advice}"));
            } else {
                unknown.push(quoted(header));
            }
        }
        let is_advised = |note: &&Note| {
            let mut unused = self.unmapped.iter();
            unused.any(|(header, _)| note.passes_over(header))
        };
        let notes = self.notes.iter().filter(|note| !is_advised(note));
        known
            .into_iter()
            .chain(notes.map(|note| format!("{name}: {note}")))
            .chain(advised)
            .chain(self.unknown(&unknown))
            .chain(self.personal(&personal))
            .collect()
    }

    /// One line for all headers nothing like which is known.
    fn unknown(&self, headers: &[String]) -> Option<String> {
        let first = headers.first()?;
        let (name, below) = (self.table.table.name, self.below("extra"));
        Some(format!(
            "{name}: not used, and nothing like it is known: {}; to carry one along, write {first} = {{ column = {first}, type = \"str\" }} {below}",
            headers.join(", ")
        ))
    }

    /// One line for all headers of data about persons.
    fn personal(&self, headers: &[String]) -> Option<String> {
        let name = self.table.table.name;
        (!headers.is_empty()).then(|| {
            format!(
                "{name}: data about persons are not taken over: {}",
                headers.join(", ")
            )
        })
    }

    /// Where in the job something of this table is written.
    fn below(&self, part: &str) -> String {
        let key = &self.table.key;
        match key.split_once('[') {
            Some((table, place)) => {
                let place = place.trim_end_matches(']').parse().unwrap_or(0) + 1;
                format!("below [{table}.{part}] of the [[{table}]] number {place}")
            }
            None => format!("below [{key}.{part}]"),
        }
    }

    /// What to do about a header that something like is known of.
    fn advice(&self, header: &str, shape: Option<Shape>) -> Option<String> {
        let below = self.below("columns");
        let write = |column: &str| format!("write {column} = {} {below}", quoted(header));
        if headings::is_person(header) {
            return Some(format!(
                "it names persons; only if one name means one person here, {}",
                write("legal_person_key")
            ));
        }
        if let Some((column, _)) = headings::find(self.table.table, header) {
            return Some(format!(
                "it is known as {} ({}), which is given already; to read it from here instead, {}",
                column.name,
                column.header,
                write(column.name)
            ));
        }
        if let Some((column, spelling)) =
            headings::nearest_column(self.table.table, header, |name| self.is_free(name))
        {
            return Some(format!(
                "the nearest known header is \"{spelling}\" ({}): if it is that, {}",
                column.name,
                write(column.name)
            ));
        }
        if let Some(shape) = shape {
            let fitting = shape::candidates(self.table.table, shape)
                .filter(|column| self.is_free(column.name));
            let fitting: Vec<_> = fitting.collect();
            if let Some(first) = fitting.first() {
                let names: Vec<String> = fitting
                    .iter()
                    .map(|column| format!("{} ({})", column.name, column.header))
                    .collect();
                return Some(format!(
                    "its values look like {}; if it is {}, {}",
                    shape.words(),
                    names.join(" or "),
                    write(first.name)
                ));
            }
        }
        None
    }

    /// Whether the column has no source yet and the job says nothing of it.
    fn is_free(&self, name: &str) -> bool {
        let is_open = self
            .table
            .field(name)
            .is_some_and(|field| field.origin == Origin::Recognised);
        is_open && !self.read.contains(name)
    }
}
