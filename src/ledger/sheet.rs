//! A file that people hand in, as cells: encodings, headers, and every cell that breaks its rule named by line, column and value.

use std::collections::BTreeMap;

use super::Error;
use crate::units::{Day, ObjectId, Problem};

/// Longest text of a cell, in characters.
const TEXT_MAX: usize = 500;

/// A column: its name, and other headers seen for it.
pub(super) struct Column {
    pub(super) name: &'static str,
    pub(super) headers: &'static [&'static str],
    pub(super) required: bool,
}

/// A row, its cells in the order of the columns asked for.
pub(super) struct Row {
    pub(super) line: u64,
    pub(super) cells: Vec<String>,
}

/// One file on its way in, with what is wrong in it.
pub(super) struct Sheet<'a> {
    file: &'a str,
    problems: Vec<Problem>,
}

/// One problem of a row, for rules that need more than the file.
pub(super) fn problem(file: &str, line: u64, column: &str, value: &str, rule: &str) -> Problem {
    let mut problem = Problem::new(format!("line {line}, {column}"), value, rule);
    file.clone_into(&mut problem.file);
    problem
}

impl<'a> Sheet<'a> {
    pub(super) fn new(file: &'a str) -> Self {
        Self {
            file,
            problems: Vec::new(),
        }
    }

    pub(super) fn refuse(&mut self, line: u64, column: &str, value: &str, rule: &str) {
        self.problems
            .push(problem(self.file, line, column, value, rule));
    }

    pub(super) fn finish<T>(mut self, rows: Vec<T>) -> Result<Vec<T>, Error> {
        if rows.is_empty() && self.problems.is_empty() {
            self.refuse(1, "rows", "0", "a file without a row records nothing");
        }
        if self.problems.is_empty() {
            Ok(rows)
        } else {
            Err(Error::Rows(self.problems))
        }
    }

    pub(super) fn rows(&mut self, bytes: &[u8], columns: &[Column]) -> Vec<Row> {
        let Some(text) = self.text_of(bytes) else {
            return Vec::new();
        };
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .from_reader(text.as_bytes());
        let mut records = Vec::new();
        let mut record = csv::StringRecord::new();
        while reader.read_record(&mut record).unwrap_or(false) {
            // The reader stands after the row, and may have skipped empty lines before it.
            let inside = record.iter().map(|cell| cell.matches('\n').count() as u64);
            let after = 1 + inside.sum::<u64>();
            records.push((reader.position().line() - after, record.clone()));
        }
        let mut records = records.into_iter();
        let Some((line, header)) = records.next() else {
            return Vec::new();
        };
        let places = self.places(line, &header, columns);
        let mut rows = Vec::new();
        for (line, record) in records {
            if record.len() != header.len() {
                let rule = format!("must have {} cells, as the header has", header.len());
                self.refuse(line, "cells", &record.len().to_string(), &rule);
                continue;
            }
            let cell = |place: &Option<usize>| place.map_or("", |place| record[place].trim());
            let cells = places.iter().map(cell).map(str::to_owned).collect();
            rows.push(Row { line, cells });
        }
        if places.is_empty() { Vec::new() } else { rows }
    }

    /// The text with plain line ends, the last one too.
    fn text_of(&mut self, bytes: &[u8]) -> Option<String> {
        match std::str::from_utf8(bytes) {
            Ok(text) => {
                let text = text.trim_start_matches('\u{feff}');
                let text = text.replace("\r\n", "\n").replace('\r', "\n");
                Some(text.trim_end_matches('\n').to_owned() + "\n")
            }
            Err(error) => {
                let before = &bytes[..error.valid_up_to()];
                let line = before.split(|&byte| byte == b'\n').count() as u64;
                let rule = "the file must be UTF-8: save it as CSV UTF-8";
                self.refuse(line, "text", "bytes of another encoding", rule);
                None
            }
        }
    }

    /// Where each column stands; nothing where one is missing or stands twice.
    fn places(
        &mut self,
        line: u64,
        header: &csv::StringRecord,
        columns: &[Column],
    ) -> Vec<Option<usize>> {
        let n_before = self.problems.len();
        let mut places = Vec::new();
        for column in columns {
            let is_it = |name: &str| name == column.name || column.headers.contains(&name);
            let mut found = header
                .iter()
                .enumerate()
                .filter(|(_, name)| is_it(name.trim()));
            let first = found.next();
            if let Some((_, name)) = found.next() {
                self.refuse(line, column.name, name, "a column must stand once");
            }
            if first.is_none() && column.required {
                let names = column.headers.join(", ");
                let rule = format!("the column must be there, as {} or {names}", column.name);
                let value = header.iter().collect::<Vec<_>>().join(",");
                self.refuse(line, column.name, &value, &rule);
            }
            places.push(first.map(|(place, _)| place));
        }
        if self.problems.len() > n_before {
            places.clear();
        }
        places
    }

    pub(super) fn object_id(&mut self, row: &Row) -> Option<String> {
        let raw = row.cells[0].as_str();
        let (scheme, bare) = raw.split_once('/').unwrap_or(("uscc", raw));
        let rule = match ObjectId::normalise(scheme, bare) {
            Ok(id) if ObjectId::is_normal(id.as_str()) => return Some(id.as_str().to_owned()),
            Ok(_) => "the scheme before / must be written in its plain form (NFKC)".to_owned(),
            Err(error) => error.to_string(),
        };
        self.refuse(row.line, "object_id", raw, &rule);
        None
    }

    pub(super) fn day(&mut self, row: &Row, today: Day) -> Option<Day> {
        let text = row.cells[1].as_str();
        let rule = match read_day(text) {
            Some(day) if day <= today => return Some(day),
            Some(_) => format!("must not be after today, {today}"),
            None => {
                "must be a day, like 2025-06-30, 2025/6/30, 20250630 or 2025年6月30日".to_owned()
            }
        };
        self.refuse(row.line, "inspected_on", text, &rule);
        None
    }

    pub(super) fn flag(&mut self, row: &Row, place: usize, name: &str) -> Option<bool> {
        let text = row.cells[place].as_str();
        match text.to_ascii_lowercase().as_str() {
            "1" | "是" | "true" => Some(true),
            "0" | "否" | "false" => Some(false),
            _ => {
                let rule = "must be 是 or 否, 1 or 0, true or false";
                self.refuse(row.line, name, text, rule);
                None
            }
        }
    }

    pub(super) fn text(&mut self, row: &Row, place: usize, name: &str) -> Option<String> {
        if row.cells[place].is_empty() {
            self.refuse(row.line, name, "", "must not be empty");
            return None;
        }
        self.text_or_nothing(row, place, name)
    }

    /// A text that a spreadsheet shows as it stands.
    pub(super) fn text_or_nothing(
        &mut self,
        row: &Row,
        place: usize,
        name: &str,
    ) -> Option<String> {
        let text = row.cells[place].as_str();
        let rule = if text.chars().any(char::is_control) {
            "must not contain control characters"
        } else if text.starts_with(['=', '+', '-', '@']) {
            "must not begin with = + - or @, which a spreadsheet would run"
        } else if text.chars().count() > TEXT_MAX {
            "must not be longer than 500 characters"
        } else {
            return Some(text.to_owned());
        };
        let shown: String = text.chars().take(60).collect();
        self.refuse(row.line, name, &shown, rule);
        None
    }

    pub(super) fn once<T: Ord>(
        &mut self,
        seen: &mut BTreeMap<T, u64>,
        row: T,
        line: u64,
        value: impl Fn(&T) -> String,
    ) {
        if let Some(first) = seen.get(&row) {
            let rule = format!("the same row must stand once, it is line {first} already");
            self.refuse(line, "object_id", &value(&row), &rule);
        } else {
            seen.insert(row, line);
        }
    }
}

fn read_day(text: &str) -> Option<Day> {
    let is_bare = text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_bare {
        return format!("{}-{}-{}", &text[..4], &text[4..6], &text[6..])
            .parse()
            .ok();
    }
    let plain = text.replace(['/', '年', '月'], "-");
    plain.trim_end_matches('日').parse().ok()
}
