//! Rules that a section of a table must keep before any file is opened.

use super::TableParams;
use crate::ingest::headings::is_personal;
use crate::ingest::scalar;
use crate::ingest::tables::{self, ColumnType, Table};
use crate::units::Problem;

impl TableParams {
    fn check_shape(&self, name: &str, problems: &mut Vec<Problem>) {
        let usable = |letter: char| letter.is_ascii() && !"\"\r\n".contains(letter);
        if let Some(letter) = self.delimiter.filter(|letter| !usable(*letter)) {
            problems.push(Problem::new(
                format!("{name}.delimiter"),
                letter,
                "must be one ASCII letter such as `,` or `\\t`, no quotation mark and no line end",
            ));
        }
        if self.header_line == Some(0) {
            problems.push(Problem::new(
                format!("{name}.header_line"),
                0,
                "must be a line, from 1",
            ));
        }
    }

    pub(super) fn check_names(&self, table: &Table, problems: &mut Vec<Problem>) {
        let name = table.name;
        self.check_shape(name, problems);
        let known = || {
            table
                .columns
                .iter()
                .map(|column| column.name)
                .collect::<Vec<_>>()
                .join(", ")
        };
        if self.path.trim().is_empty() {
            problems.push(Problem::new(
                format!("{name}.path"),
                &self.path,
                "must name a file, a glob or a folder",
            ));
        }
        if self.without_code.is_some() && name != "objects" {
            problems.push(Problem::new(
                format!("{name}.without_code"),
                "name-address",
                "must stand in the section of objects only",
            ));
        }
        if self.list_separator.as_deref() == Some("") {
            problems.push(Problem::new(
                format!("{name}.list_separator"),
                "",
                "must not be empty",
            ));
        }
        if self.results.is_some() && table.column("result_codes").is_none() {
            problems.push(Problem::new(
                format!("{name}.results"),
                "(present)",
                "only a table with result codes has a generation of them",
            ));
        }
        self.check_personal(table, problems);
        for (column, headers) in &self.columns {
            let key = format!("{name}.columns.{column}");
            let shown = headers.list().join(", ");
            match table.column(column) {
                None => problems.push(Problem::new(
                    key,
                    shown,
                    format!("must be a column of {name}: {}", known()),
                )),
                Some(found) if headers.unfit(found.kind).is_some() => {
                    let rule = headers.unfit(found.kind).unwrap_or_default();
                    problems.push(Problem::new(key, shown, rule));
                }
                Some(_) if self.constants.contains_key(column) => {
                    problems.push(Problem::new(
                        key,
                        shown,
                        "must not be mapped and constant at once",
                    ));
                }
                Some(_) => {}
            }
        }
        for (column, extra) in &self.extra {
            let key = format!("{name}.extra.{column}");
            if table.column(column).is_some() || column == "object_key" || column.starts_with("__")
            {
                problems.push(Problem::new(
                    &key,
                    &extra.column,
                    "must not have the name of a canonical column",
                ));
            }
            if extra.kind == ColumnType::List {
                problems.push(Problem::new(
                    format!("{key}.type"),
                    "list",
                    "must be str, i64, f64, bool or date",
                ));
            }
        }
    }

    /// 身份证号 and 手机号 of inspectors are nobody's business here.
    fn check_personal(&self, table: &Table, problems: &mut Vec<Problem>) {
        let columns = self.columns.iter();
        let columns = columns.flat_map(|(name, headers)| {
            let headers = headers.list().into_iter();
            headers.map(move |header| (format!("columns.{name}"), header))
        });
        let extra = self.extra.iter();
        let extra = extra.map(|(name, extra)| (format!("extra.{name}"), extra.column.clone()));
        for (key, header) in columns.chain(extra) {
            if table.name == "inspectors" && is_personal(&header) {
                let rule = "身份证号 and 手机号 of inspectors are not stored";
                problems.push(Problem::new(format!("{}.{key}", table.name), header, rule));
            }
        }
    }

    pub(super) fn check_values(&self, table: &Table, problems: &mut Vec<Problem>) {
        let name = table.name;
        for (column, value) in &self.constants {
            let key = format!("{name}.constants.{column}");
            match table.column(column) {
                None => problems.push(Problem::new(
                    key,
                    value,
                    format!("must be a column of {name}"),
                )),
                Some(found) if !scalar::reads_as(value, found.kind) => {
                    problems.push(Problem::new(
                        key,
                        value,
                        format!("must read as {}", found.kind.name()),
                    ));
                }
                Some(_) => {}
            }
        }
        for (column, unit) in &self.units {
            let is_whole = self
                .extra
                .get(column)
                .is_some_and(|extra| extra.kind == ColumnType::Whole);
            let is_money = table.column(column).is_some() && tables::is_money(column);
            if !is_whole && !is_money {
                let key = format!("{name}.units.{column}");
                let rule = format!(
                    "must belong to a column of money of {name} or an extra column of type i64"
                );
                problems.push(Problem::new(key, unit, rule));
            }
        }
        for (column, values) in &self.values {
            let kind = table
                .column(column)
                .map(|found| found.kind)
                .or_else(|| self.extra.get(column).map(|extra| extra.kind));
            for (from, to) in values {
                let key = format!("{name}.values.{column}.{from}");
                match kind {
                    None => problems.push(Problem::new(
                        key,
                        to,
                        format!("must belong to a column of {name}"),
                    )),
                    Some(kind) if !scalar::reads_as(to, kind) => {
                        problems.push(Problem::new(
                            key,
                            to,
                            format!("must read as {}", kind.name()),
                        ));
                    }
                    Some(_) => {}
                }
            }
        }
    }
}
