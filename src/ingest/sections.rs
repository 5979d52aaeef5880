//! Several sections of one table: each has its own files, mapping and constants, and their rows become one table.

use std::fmt;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::params::{Field, Origin, TableParams, ValidTable};
use crate::units::Problem;

/// One section, or a list of sections whose rows become one table.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Sections {
    /// `[ingest.credit_events]`.
    One(Box<TableParams>),
    /// `[[ingest.credit_events]]`, each with its own files, mapping and constants.
    Several(Vec<TableParams>),
}

impl Sections {
    pub(super) fn all(&self) -> Vec<&TableParams> {
        match self {
            Self::One(params) => vec![params],
            Self::Several(params) => params.iter().collect(),
        }
    }
}

impl<'de> Deserialize<'de> for Sections {
    /// By hand, because an untagged enum hides which key is wrong.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SectionsVisitor)
    }
}

struct SectionsVisitor;

impl<'de> Visitor<'de> for SectionsVisitor {
    type Value = Sections;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a section, or a list of sections")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Sections, A::Error> {
        let params = TableParams::deserialize(MapAccessDeserializer::new(map))?;
        Ok(Sections::One(Box::new(params)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Sections, A::Error> {
        let params = Vec::deserialize(SeqAccessDeserializer::new(seq))?;
        Ok(Sections::Several(params))
    }
}

/// The sections of one table as one checked table; problem keys start with `name`, or `name[1]` where there are several.
pub(super) fn checked_sections(
    name: &str,
    sections: &[&TableParams],
) -> Result<ValidTable, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut tables: Vec<ValidTable> = Vec::new();
    for (index, params) in sections.iter().enumerate() {
        match params.check_as(name, "ingest") {
            Ok(table) if sections.len() == 1 => tables.push(table),
            Ok(table) => tables.push(table.placed_at(index)),
            Err(found) if sections.len() == 1 => problems.extend(found),
            Err(found) => problems.extend(found.into_iter().map(|problem| {
                let below = problem.key.strip_prefix(name).unwrap_or(&problem.key);
                let key = format!("{name}[{index}]{below}");
                Problem { key, ..problem }
            })),
        }
    }
    if sections.is_empty() {
        let rule = "must hold a section at least";
        problems.push(Problem::new(name, "[]", rule));
    }
    let further = tables.split_off(tables.len().min(1));
    match tables.pop() {
        Some(first) if problems.is_empty() => Ok(first.followed_by(further)),
        _ => Err(problems),
    }
}

impl ValidTable {
    /// The table's sections: itself, then the further ones.
    pub(super) fn sections(&self) -> impl Iterator<Item = &Self> {
        std::iter::once(self).chain(&self.more)
    }

    /// The section a file of this place belongs to.
    pub(super) fn section(&self, section: usize) -> &Self {
        self.sections().nth(section).unwrap_or(self)
    }

    fn placed_at(mut self, index: usize) -> Self {
        let key = format!("{}[{index}]", self.key);
        for field in &mut self.fields {
            if let Some(below) = field.key.strip_prefix(&self.key) {
                field.key = format!("{key}{below}");
            }
        }
        self.key = key;
        self.section = index;
        self
    }

    /// This section with those after it; columns that only they carry join the table's, empty here.
    fn followed_by(mut self, more: Vec<Self>) -> Self {
        for field in more.iter().flat_map(|section| &section.fields) {
            if self.field(&field.name).is_none() {
                self.fields.push(Field {
                    origin: Origin::Recognised,
                    values: None,
                    ..field.clone()
                });
            }
        }
        self.more = more;
        self
    }
}
