//! Settings of the room: where each table lies and how its columns and values map to the canonical ones.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::scalar;
use super::tables::{self, ColumnType, Presence, Table};
use crate::units::Problem;

/// From this share of refused rows on, a mapping is more likely wrong than the rows.
const REFUSED_SHARE_MAX: f64 = 0.25;

/// `[ingest]`: one section per table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// 检查对象名录库.
    pub objects: TableParams,
    /// 抽查检查结果.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inspections: Option<TableParams>,
    /// Credit events.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credit_events: Option<TableParams>,
    /// 执法检查人员名录库.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inspectors: Option<TableParams>,
    /// 随机抽查事项清单.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub items: Option<TableParams>,
    /// 回避: inspectors who must not visit an object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recusals: Option<TableParams>,
    /// Days on which inspectors cannot be drawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub availability: Option<TableParams>,
}

/// One table: its files and its mapping.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableParams {
    /// File, glob, or folder of partitions (read in path order).
    pub path: String,
    /// Format of every file; by file name where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<Format>,
    /// Canonical column = source header, or headers whose texts are joined by `/`; absent means the same name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub columns: BTreeMap<String, Headers>,
    /// Per canonical or extra column: source value = canonical value; other values stay.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub values: BTreeMap<String, BTreeMap<String, String>>,
    /// Canonical column = one value for every row.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub constants: BTreeMap<String, String>,
    /// Further columns to carry, by the name they get.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub extra: BTreeMap<String, Extra>,
    /// Texts that mean "no value", after trimming; `""` and `NULL` where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nulls: Option<Vec<String>>,
    /// Largest share of rows that may be refused before the job stops, 0 to 1; 0.25 where absent. A table of at most a
    /// hundred rows never stops it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused_share_max: Option<f64>,
    /// Separator inside a text that holds a list; `;` where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list_separator: Option<String>,
}

/// One header, or several whose texts are joined.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Headers {
    /// A single source column.
    One(String),
    /// Texts of several source columns joined by `/`.
    Joined(Vec<String>),
}

impl Headers {
    fn list(&self) -> Vec<String> {
        match self {
            Self::One(header) => vec![header.clone()],
            Self::Joined(headers) => headers.clone(),
        }
    }
}

/// A column carried beside the canonical ones.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Extra {
    /// Source header.
    pub column: String,
    /// Type it is read as (not `list`).
    #[serde(rename = "type")]
    pub kind: ColumnType,
}

/// Format of a table file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Apache Parquet.
    Parquet,
    /// Arrow IPC, file or stream.
    Arrow,
    /// UTF-8 text with a header, comma-separated.
    Csv,
}

impl Format {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Parquet => "Parquet",
            Self::Arrow => "Arrow IPC",
            Self::Csv => "CSV",
        }
    }
}

/// Settings as checked.
#[derive(Clone, Debug)]
pub struct ValidParams {
    pub(super) tables: Vec<ValidTable>,
}

impl ValidParams {
    /// The checked table of this name, if the job names one.
    #[must_use]
    pub fn table(&self, name: &str) -> Option<&ValidTable> {
        self.tables.iter().find(|table| table.table.name == name)
    }
}

/// One table's settings as checked.
#[derive(Clone, Debug)]
pub struct ValidTable {
    pub(super) table: &'static Table,
    /// Section in the job file, such as `ingest.objects`.
    pub(super) key: String,
    pub(super) path: String,
    pub(super) format: Option<Format>,
    pub(super) fields: Vec<Field>,
    pub(super) nulls: Arc<Vec<String>>,
    pub(super) refused_share_max: f64,
    pub(super) separator: Arc<str>,
}

/// One column of the snapshot and where it comes from.
#[derive(Clone, Debug)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) kind: ColumnType,
    pub(super) presence: Presence,
    pub(super) origin: Origin,
    pub(super) values: Option<Arc<HashMap<String, String>>>,
    /// 表头, for messages.
    pub(super) header: &'static str,
    /// Key in the job file, for messages.
    pub(super) key: String,
}

/// Where a column's values come from.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Origin {
    /// Named source headers, which must be there.
    Mapped(Vec<String>),
    /// The source header of the same name, if it is there.
    SameName,
    /// One value for all rows.
    Constant(String),
}

impl Params {
    /// All problems of the section at once, keys relative to it. A table that says nothing about its `id_scheme` gets the
    /// one that the register's constants declare.
    ///
    /// # Errors
    /// Every broken rule.
    pub fn check(&self) -> Result<ValidParams, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut checked = Vec::new();
        for (name, params) in self.sections() {
            match params.check_as(name, "ingest") {
                Ok(table) => checked.push(table),
                Err(found) => problems.extend(found),
            }
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let register = ValidParams {
            tables: checked.clone(),
        };
        let tables = checked
            .into_iter()
            .map(|table| table.under_register_of(&register))
            .collect();
        Ok(ValidParams { tables })
    }

    fn sections(&self) -> impl Iterator<Item = (&'static str, &TableParams)> {
        [
            ("objects", Some(&self.objects)),
            ("inspections", self.inspections.as_ref()),
            ("credit_events", self.credit_events.as_ref()),
            ("inspectors", self.inspectors.as_ref()),
            ("items", self.items.as_ref()),
            ("recusals", self.recusals.as_ref()),
            ("availability", self.availability.as_ref()),
        ]
        .into_iter()
        .filter_map(|(name, params)| params.map(|params| (name, params)))
    }
}

impl ValidTable {
    /// Path as written in the job file.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// This table with its ids read under the scheme the register declares for all of its rows, unless it names its own.
    #[must_use]
    pub fn under_register_of(mut self, params: &ValidParams) -> Self {
        if let Some(Origin::Constant(scheme)) = params.tables[0]
            .field("id_scheme")
            .map(|field| &field.origin)
        {
            self.set_default_scheme(scheme);
        }
        self
    }

    /// Reads ids under `scheme` unless the table names its own.
    fn set_default_scheme(&mut self, scheme: &str) {
        let field = self
            .fields
            .iter_mut()
            .find(|field| field.name == "id_scheme");
        if let Some(field) = field.filter(|field| field.origin == Origin::SameName) {
            field.origin = Origin::Constant(scheme.to_owned());
        }
    }

    pub(super) fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }
}

impl TableParams {
    /// Checks a section that describes table `name` (`objects` … `availability`, `outcomes`); problem keys start with `name`.
    /// `section` is what stands before `name` in the job file, or empty.
    ///
    /// # Errors
    /// Every broken rule.
    pub fn check_as(&self, name: &str, section: &str) -> Result<ValidTable, Vec<Problem>> {
        let Some(table) = tables::table(name) else {
            return Err(vec![Problem::new(
                name,
                &self.path,
                "must be one of the canonical tables",
            )]);
        };
        let mut problems = Vec::new();
        self.check_names(table, &mut problems);
        self.check_values(table, &mut problems);
        if let Some(share) = self
            .refused_share_max
            .filter(|share| !(0.0..=1.0).contains(share))
        {
            let rule = "must be a share, 0 to 1";
            problems.push(Problem::new("refused_share_max", share, rule));
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let key = if section.is_empty() {
            name.to_owned()
        } else {
            format!("{section}.{name}")
        };
        Ok(ValidTable {
            table,
            path: self.path.clone(),
            format: self.format,
            fields: self.fields(table, &key),
            nulls: Arc::new(
                self.nulls
                    .clone()
                    .unwrap_or_else(|| vec![String::new(), "NULL".to_owned()]),
            ),
            refused_share_max: self.refused_share_max.unwrap_or(REFUSED_SHARE_MAX),
            separator: self.list_separator.as_deref().unwrap_or(";").into(),
            key,
        })
    }

    fn check_names(&self, table: &Table, problems: &mut Vec<Problem>) {
        let name = table.name;
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
        if self.list_separator.as_deref() == Some("") {
            problems.push(Problem::new(
                format!("{name}.list_separator"),
                "",
                "must not be empty",
            ));
        }
        for (column, headers) in &self.columns {
            let key = format!("{name}.columns.{column}");
            let shown = headers.list().join(", ");
            match table.column(column) {
                None => problems.push(Problem::new(
                    key,
                    shown,
                    format!("must be a column of {name}: {}", known()),
                )),
                Some(_) if headers.list().is_empty() => {
                    problems.push(Problem::new(key, "[]", "must name a source column"));
                }
                Some(found) if headers.list().len() > 1 && found.kind != ColumnType::Text => {
                    problems.push(Problem::new(
                        key,
                        shown,
                        "only a text column may be joined from several",
                    ));
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

    fn check_values(&self, table: &Table, problems: &mut Vec<Problem>) {
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

    fn fields(&self, table: &Table, key: &str) -> Vec<Field> {
        let values = |name: &str| {
            let map = self.values.get(name)?;
            Some(Arc::new(
                map.iter()
                    .map(|(from, to)| (from.trim().to_owned(), to.clone()))
                    .collect(),
            ))
        };
        let canonical = table.columns.iter().map(|column| Field {
            name: column.name.to_owned(),
            kind: column.kind,
            presence: column.presence,
            origin: self.origin(column.name),
            values: values(column.name),
            header: column.header,
            key: format!("{key}.columns.{}", column.name),
        });
        let extra = self.extra.iter().map(|(name, extra)| Field {
            name: name.clone(),
            kind: extra.kind,
            presence: Presence::Optional,
            origin: Origin::Mapped(vec![extra.column.clone()]),
            values: values(name),
            header: "",
            key: format!("{key}.extra.{name}.column"),
        });
        canonical.chain(extra).collect()
    }

    fn origin(&self, column: &str) -> Origin {
        match (self.constants.get(column), self.columns.get(column)) {
            (Some(value), _) => Origin::Constant(value.clone()),
            (None, Some(headers)) => Origin::Mapped(headers.list()),
            (None, None) => Origin::SameName,
        }
    }
}
