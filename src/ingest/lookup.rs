//! Lines, values and ids of single rows, looked up in their source after the chunks were judged: sound rows carry nothing.

use std::collections::{BTreeSet, HashMap};

use polars::prelude::*;

use super::checks::Check;
use super::convert;
use super::error::Error;
use super::findings;
use super::gather::{Pos, Reader, Refused, fault_name, found_name, rules_in};
use super::row_list::Entry;
use super::settle::{KeptRows, Names};
use super::shapes::{self, Fault, Kept};
use super::source::{LINE, Source};

const ROW: &str = "__row";
/// What becomes of a cell that costs its row nothing.
const EMPTIED: &str = "; the cell is read as empty (按空白处理)";

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
    /// Where the rows stand that are kept instead of refused ones.
    pub(super) kept: &'a KeptRows,
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
        let faults = match want {
            Want::Cells(_) => self.faults(&places)?,
            Want::Id => vec![Vec::new(); places.len()],
        };
        let frame = self.texts(&places, &faults, want)?;
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
            let own = &self.rules[usize::from(row.1)];
            let value = value_of(&frame, &own.column, at)?;
            let object_id = ids.as_ref().and_then(|ids| ids.get(at));
            let mut more = Vec::new();
            for fault in faults[at]
                .iter()
                .filter(|fault| fault.rule != own.rule || fault.column != own.column)
            {
                more.push(self.fault(fault, value_of(&frame, &fault.column, at)?));
            }
            entries.push(Entry {
                object_id: object_id.map(str::to_owned),
                ..self.entry(*row, lines[at], value, more)
            });
            found.extend(cells.get(at).cloned());
        }
        Ok((entries, found))
    }

    /// The first rule that each column of single rows breaks, place by place, the cells included that would be read as empty.
    fn faults(&self, places: &[u64]) -> Result<Vec<Vec<Check>>, Error> {
        let rows = self.at(self.source.slice(self.chunk)?, places)?;
        let frame = self.reader.faults(self.source, rows)?.collect();
        let frame = frame.map_err(|error| self.source.damaged(&error))?;
        let mut faults = vec![Vec::new(); places.len()];
        for (at, check) in self.rules.iter().enumerate() {
            if let Ok(broken) = frame.column(&fault_name(at)) {
                let broken = broken.bool().map_err(Error::engine("look up rows"))?;
                for row in broken
                    .iter()
                    .enumerate()
                    .filter(|(_, broken)| *broken == Some(true))
                {
                    note(&mut faults[row.0], check);
                }
            }
        }
        let cells = self.reader.findings();
        for mask in 0..findings::n_masks(&cells) {
            let marks = frame
                .column(&found_name(mask))
                .and_then(|marks| marks.u64());
            let marks = marks.map_err(Error::engine("look up rows"))?;
            for (row, marks) in marks.iter().enumerate() {
                let found = rules_in(mask, marks.unwrap_or_default());
                let found = found.map(|rule| &cells[usize::from(rule)]);
                faults[row].extend(found.filter(|check| check.empties).cloned());
            }
        }
        Ok(faults)
    }

    /// Texts of the columns that rules are about, by [`text_name`], and the wanted cells.
    fn texts(&self, places: &[u64], faults: &[Vec<Check>], want: Want) -> Result<DataFrame, Error> {
        let own = self.rows.iter().map(|row| &self.rules[usize::from(row.1)]);
        let columns: BTreeSet<&str> = own
            .chain(faults.iter().flatten())
            .map(|check| check.column.as_str())
            .collect();
        let mut wanted: Vec<Expr> = columns
            .into_iter()
            .map(|column| {
                let headers = self.headers(column);
                let text = if headers.is_empty() {
                    lit(NULL).cast(DataType::String)
                } else {
                    convert::raw_text(&headers, self.source)
                };
                text.alias(text_name(column))
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
        let rows = self.at(rows, places)?.collect();
        rows.map_err(|error| self.source.damaged(&error))
    }

    fn headers(&self, column: &str) -> Vec<String> {
        let section = self.reader.section(self.source);
        let field = section.field(column);
        field.map_or_else(Vec::new, |field| convert::origin(field, self.source))
    }

    /// The rows of a chunk's frame at `places`.
    fn at(&self, frame: LazyFrame, places: &[u64]) -> Result<LazyFrame, Error> {
        let rows: Vec<u64> = places.iter().map(|place| place - self.chunk.0).collect();
        let rows = DataFrame::new(rows.len(), vec![Column::new(ROW.into(), rows)]);
        let rows = rows.map_err(Error::engine("look up rows"))?;
        let numbered = frame
            .with_row_index(ROW, None)
            .with_column(col(ROW).cast(DataType::UInt64));
        let on = [col(ROW)];
        Ok(numbered
            .join(rows.lazy(), on.clone(), on, JoinArgs::new(JoinType::Semi))
            .sort([ROW], SortMultipleOptions::default()))
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
        let rows = self.at(self.source.slice(self.chunk)?, places)?;
        let frame = self.reader.ids(self.source, rows)?.collect();
        let frame = frame.map_err(|error| self.source.damaged(&error))?;
        let ids = frame.column("object_id").and_then(|ids| ids.str().cloned());
        ids.map(Some).map_err(Error::engine("look up rows"))
    }

    fn entry(
        &self,
        row: Refused,
        line: u64,
        value: Option<String>,
        more: Vec<(Fault, String)>,
    ) -> Entry<'a> {
        let check = &self.rules[usize::from(row.1)];
        let column = self.headers(&check.column).join(" + ");
        let (place, word) = (self.source.place(), self.source.line_word());
        let name = self.names.get(&row);
        let name = name.map_or_else(String::new, |name| format!(": {name}"));
        let said = self.said(check, value.as_deref());
        let emptied = if check.empties { EMPTIED } else { "" };
        let kept = self.kept.get(&row.0);
        let instead = kept.map_or_else(String::new, |kept| {
            format!(": {}, {word} {}", kept.place, kept.line)
        });
        let mut message = format!("{place}, {word} {line}, {said}{name}{instead}{emptied}");
        for (_, fault) in &more {
            message.push_str("; also ");
            message.push_str(fault);
        }
        Entry {
            source: &self.source.shown,
            sheet: self.source.sheet.as_deref(),
            line,
            column,
            value,
            rule: check.rule,
            message,
            object_id: None,
            more: more.into_iter().map(|(fault, _)| fault).collect(),
            kept: kept.cloned(),
        }
    }

    /// What a cell fails to be.
    fn said(&self, check: &Check, value: Option<&str>) -> String {
        let column = self.headers(&check.column).join(" + ");
        let alias = if column == check.column {
            String::new()
        } else {
            format!(" ({})", check.column)
        };
        let (shown, sentence) = (value.unwrap_or(""), check.sentence);
        format!("column \"{column}\"{alias}: \"{shown}\" {sentence}")
    }

    fn fault(&self, check: &Check, value: Option<String>) -> (Fault, String) {
        let said = self.said(check, value.as_deref());
        let fault = Fault {
            rule: check.rule.to_owned(),
            column: self.headers(&check.column).join(" + "),
            value: value.unwrap_or_default(),
        };
        (fault, said)
    }
}

/// Where the second rows of `pairs` stand, by the first.
pub(super) fn kept_rows(reader: &Reader, pairs: &[(Pos, Pos)]) -> Result<KeptRows, Error> {
    let mut wanted: Vec<Pos> = pairs.iter().map(|(_, kept)| *kept).collect();
    wanted.sort_unstable();
    wanted.dedup();
    let mut places = HashMap::new();
    for (number, source) in reader.sources.iter().enumerate() {
        for &chunk in &source.chunks {
            let here = |pos: &&Pos| {
                let after = pos.row().checked_sub(chunk.0);
                pos.file() == number && after.is_some_and(|after| after < chunk.1)
            };
            let here: Vec<Pos> = wanted.iter().filter(here).copied().collect();
            for (pos, line) in here.iter().zip(lines_of(source, chunk, &here)?) {
                let place = source.place();
                places.insert(*pos, Kept { place, line });
            }
        }
    }
    let named = pairs.iter().filter_map(|(lost, kept)| {
        let place = places.get(kept)?;
        Some((*lost, place.clone()))
    });
    Ok(named.collect())
}

/// Lines of rows of one chunk.
fn lines_of(source: &Source, chunk: (u64, u64), rows: &[Pos]) -> Result<Vec<u64>, Error> {
    if rows.is_empty() || !source.has_lines() {
        return Ok(rows.iter().map(|pos| pos.row() + 1).collect());
    }
    let lines = source.slice(chunk)?.select([col(LINE)]).collect();
    let lines = lines.map_err(|error| source.damaged(&error))?;
    let lines = lines.column(LINE).and_then(|lines| lines.i64().cloned());
    let lines = lines.map_err(Error::engine("look up rows"))?;
    let line = |pos: &Pos| {
        let at = usize::try_from(pos.row() - chunk.0).ok()?;
        lines.get(at).and_then(|line| u64::try_from(line).ok())
    };
    Ok(rows
        .iter()
        .map(|pos| line(pos).unwrap_or_default())
        .collect())
}

/// Adds a fault, unless one of its column is noted.
fn note(faults: &mut Vec<Check>, check: &Check) {
    if faults.iter().all(|fault| fault.column != check.column) {
        faults.push(check.clone());
    }
}

/// Column of the texts of a canonical column.
fn text_name(column: &str) -> String {
    format!("__text {column}")
}

/// What stands in the source for a canonical column.
fn value_of(frame: &DataFrame, column: &str, at: usize) -> Result<Option<String>, Error> {
    let texts = frame
        .column(&text_name(column))
        .and_then(|texts| texts.str());
    let texts = texts.map_err(Error::engine("look up rows"))?;
    Ok(texts.get(at).map(str::to_owned))
}
