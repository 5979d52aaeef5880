//! Lines, values and ids of single rows, looked up in their source after the chunks were judged: sound rows carry nothing.

use polars::prelude::*;

use super::checks::Check;
use super::convert;
use super::error::Error;
use super::gather::{Reader, Refused};
use super::row_list::Entry;
use super::settle::Names;
use super::shapes;
use super::source::{LINE, Source};

const ROW: &str = "__row";

/// What a list asks of its rows beside line and value.
#[derive(Clone, Copy)]
pub(super) enum Want<'a> {
    /// The cells of these headers.
    Cells(&'a [usize]),
    /// The id of the object.
    Id,
}

/// Rows of one chunk with a rule each, and how they are put into words.
pub(super) struct Asked<'a> {
    pub(super) reader: &'a Reader<'a>,
    pub(super) rules: &'a [Check],
    pub(super) names: &'a Names,
    pub(super) source: &'a Source,
    /// First row and number of rows of the chunk.
    pub(super) chunk: (u64, u64),
    /// Sorted by place.
    pub(super) rows: &'a [Refused],
}

/// Looked-up rows, and parallel to them their cells if they were wanted.
pub(super) type Found<'a> = (Vec<Entry<'a>>, Vec<Vec<Option<String>>>);

impl<'a> Asked<'a> {
    /// The entries of the rows, in their order.
    pub(super) fn find(&self, want: Want) -> Result<Found<'a>, Error> {
        let mut places: Vec<u64> = self.rows.iter().map(|(pos, _)| pos.row()).collect();
        places.dedup();
        let frame = self.texts(&places, want)?;
        let lines = self.lines(&frame, &places)?;
        let ids = match want {
            Want::Id => self.ids(&places)?,
            Want::Cells(_) => None,
        };
        let cells = match want {
            Want::Cells(kept) => shapes::rows_of(&frame, kept)?,
            Want::Id => Vec::new(),
        };
        let mut at = 0;
        let mut entries = Vec::with_capacity(self.rows.len());
        let mut found = Vec::new();
        for row in self.rows {
            while places[at] != row.0.row() {
                at += 1;
            }
            let rule = usize::from(row.1);
            let value = frame
                .column(&rule.to_string())
                .and_then(|texts| texts.str());
            let value = value.map_err(Error::engine("look up rows"))?.get(at);
            let object_id = ids.as_ref().and_then(|ids| ids.get(at));
            entries.push(Entry {
                object_id: object_id.map(str::to_owned),
                ..self.entry(*row, lines[at], value.map(str::to_owned))
            });
            found.extend(cells.get(at).cloned());
        }
        Ok((entries, found))
    }

    /// Texts of the rules' columns, by the rule's number, and the wanted cells.
    fn texts(&self, places: &[u64], want: Want) -> Result<DataFrame, Error> {
        let mut rules: Vec<usize> = self.rows.iter().map(|row| usize::from(row.1)).collect();
        rules.sort_unstable();
        rules.dedup();
        let mut wanted: Vec<Expr> = rules
            .into_iter()
            .map(|rule| {
                let headers = self.headers(rule);
                let text = if headers.is_empty() {
                    lit(NULL).cast(DataType::String)
                } else {
                    convert::raw_text(&headers, self.source)
                };
                text.alias(rule.to_string())
            })
            .collect();
        if let Want::Cells(kept) = want {
            wanted.extend(shapes::cells(self.source, kept));
        }
        if self.source.has_lines() {
            wanted.push(col(LINE));
        }
        if wanted.is_empty() {
            wanted.push(lit(0_u64).alias(ROW));
        }
        let rows = self.source.slice(self.chunk)?.select(wanted);
        self.at(rows, places)
    }

    fn headers(&self, rule: usize) -> Vec<String> {
        let section = self.reader.section(self.source);
        let field = section.field(&self.rules[rule].column);
        field.map_or_else(Vec::new, |field| convert::origin(field, self.source))
    }

    /// The rows of a chunk's frame at `places`.
    fn at(&self, frame: LazyFrame, places: &[u64]) -> Result<DataFrame, Error> {
        let rows: Vec<u64> = places.iter().map(|place| place - self.chunk.0).collect();
        let rows = DataFrame::new(rows.len(), vec![Column::new(ROW.into(), rows)]);
        let rows = rows.map_err(Error::engine("look up rows"))?;
        let numbered = frame
            .with_row_index(ROW, None)
            .with_column(col(ROW).cast(DataType::UInt64));
        let on = [col(ROW)];
        let kept = numbered
            .join(rows.lazy(), on.clone(), on, JoinArgs::new(JoinType::Semi))
            .sort([ROW], SortMultipleOptions::default());
        kept.collect().map_err(|error| self.source.damaged(&error))
    }

    fn lines(&self, frame: &DataFrame, places: &[u64]) -> Result<Vec<u64>, Error> {
        if !self.source.has_lines() {
            return Ok(places.iter().map(|place| place + 1).collect());
        }
        let lines = frame.column(LINE).and_then(|lines| lines.i64().cloned());
        let lines = lines.map_err(Error::engine("look up rows"))?;
        let line = |line: i64| u64::try_from(line).unwrap_or(0);
        Ok(lines.iter().flatten().map(line).collect())
    }

    fn ids(&self, places: &[u64]) -> Result<Option<StringChunked>, Error> {
        if !self.reader.is_given("object_id") {
            return Ok(None);
        }
        let frame = self.at(self.reader.ids(self.source, self.chunk)?, places)?;
        let ids = frame.column("object_id").and_then(|ids| ids.str().cloned());
        ids.map(Some).map_err(Error::engine("look up rows"))
    }

    fn entry(&self, row: Refused, line: u64, value: Option<String>) -> Entry<'a> {
        let check = &self.rules[usize::from(row.1)];
        let column = self.headers(usize::from(row.1)).join(" + ");
        let (place, word) = (self.source.place(), self.source.line_word());
        let alias = if column == check.column {
            String::new()
        } else {
            format!(" ({})", check.column)
        };
        let shown = value.as_deref().unwrap_or("");
        let name = self.names.get(&row);
        let name = name.map_or_else(String::new, |name| format!(": {name}"));
        let message = format!(
            "{place}, {word} {line}, column \"{column}\"{alias}: \"{shown}\" {}{name}",
            check.sentence
        );
        Entry {
            source: &self.source.shown,
            sheet: self.source.sheet.as_deref(),
            line,
            column,
            value,
            rule: check.rule,
            message,
            object_id: None,
        }
    }
}
