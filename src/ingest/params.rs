//! Settings of the room: where each table lies and how its columns and values map to the canonical ones.

mod rules;

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::decode::{Cache, Encoding, Shape};
use super::reading::{Headers, How, Separators};
use super::results::{HitCodes, ResultForm};
use super::scalar::{Unit, tidy};
use super::sections::{Sections, checked_sections};
use super::tables::{self, ColumnType, Consequence, Presence, Table};
use crate::units::Problem;

/// From this share of refused rows on, a mapping is more likely wrong than the rows.
const REFUSED_SHARE_MAX: f64 = 0.25;
/// From this share of a column's cells on that cannot be read, its mapping is more likely wrong than the cells.
const UNREAD_SHARE_MAX: f64 = 0.25;

/// `[ingest]`: one section per table, or `[[ingest.objects]]` and so on, one for each kind of file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// 检查对象名录库.
    pub objects: Sections,
    /// 抽查检查结果: one section, or one for each kind of file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inspections: Option<Sections>,
    /// Credit events: one section, or one for each kind of file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credit_events: Option<Sections>,
    /// 执法检查人员名录库.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inspectors: Option<Sections>,
    /// 随机抽查事项清单.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub items: Option<Sections>,
    /// 回避: inspectors who must not visit an object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recusals: Option<Sections>,
    /// Days on which inspectors cannot be drawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub availability: Option<Sections>,
    /// 历次抽取: the frames of past draws, with everybody's probability.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub draws: Option<Sections>,
    /// 检查对象许可证, special registers too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub licences: Option<Sections>,
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
    /// Canonical column = source header, or several and how they become one; a column that is not named here is read from
    /// the header of its name, of its 表头 or of a known synonym, if the file has one the job does not use.
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
    /// Largest share of a column's filled cells that may be read as empty because they cannot be read, before the job stops, 0 to
    /// 1; 0.25 where absent. A column of at most a hundred filled cells never stops it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unread_share_max: Option<f64>,
    /// Separator inside a text that holds a list; any of `;`, `,`, `、` (also full-width) and, but for certificates, `|`
    /// where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list_separator: Option<String>,
    /// Generation of the result codes; texts, and codes that only the second generation has, are known without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub results: Option<ResultForm>,
    /// Per column of money: what a bare number counts; where absent what the header says (`注册资本（万元）`), else 分.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub units: BTreeMap<String, Unit>,
    /// Of objects only: what stands for the id of a row without one; such rows are refused where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub without_code: Option<WithoutCode>,
    /// Sheet that holds the table; every sheet that fits where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sheet: Option<String>,
    /// Line of the header (表头), from 1; found by its names where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header_line: Option<u64>,
    /// Encoding of a text file; found where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoding: Option<Encoding>,
    /// Delimiter of a text file, one ASCII letter; found where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delimiter: Option<char>,
}

/// What identifies a subject without a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WithoutCode {
    /// Its name, address and departments, see [`crate::units::ObjectId::derived`].
    NameAddress,
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

/// Format of a table file, told by its content; a job that names one asserts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Apache Parquet.
    Parquet,
    /// Arrow IPC, file or stream.
    Arrow,
    /// Text with a header: comma, tab, semicolon or bar; UTF-8, GB18030 or UTF-16.
    Csv,
    /// Workbook of ECMA-376.
    Xlsx,
    /// Workbook of Excel 97 to 2003.
    Xls,
    /// `SpreadsheetML` 2003.
    Xml,
    /// Page with tables.
    Html,
}

impl Format {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Parquet => "Parquet",
            Self::Arrow => "Arrow IPC",
            Self::Csv => "CSV",
            Self::Xlsx => "xlsx",
            Self::Xls => "xls",
            Self::Xml => "SpreadsheetML",
            Self::Html => "HTML",
        }
    }
}

/// Settings as checked.
#[derive(Clone, Debug)]
pub struct ValidParams {
    pub(super) tables: Vec<ValidTable>,
}

impl ValidParams {
    /// The same, with decoded tables kept in `folder` for the next run; nothing that is read depends on it.
    #[must_use]
    pub fn with_cache(mut self, folder: PathBuf) -> Self {
        let cache = Cache::new(folder);
        for table in &mut self.tables {
            table.cache = Some(cache.clone());
            for section in &mut table.more {
                section.cache = Some(cache.clone());
            }
        }
        self
    }

    /// The same settings, with `found` derived by `hits` where a source has result codes alone.
    #[must_use]
    pub fn with_hit_codes(mut self, hits: &HitCodes) -> Self {
        for table in &mut self.tables {
            let first = std::iter::once(&mut table.hits);
            let more = table.more.iter_mut().map(|section| &mut section.hits);
            first.chain(more).for_each(|rule| rule.clone_from(hits));
        }
        self
    }

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
    pub(super) unread_share_max: f64,
    pub(super) separator: Separators,
    pub(super) without_code: Option<WithoutCode>,
    /// What the job says of the shape of the files.
    pub(super) shape: Shape,
    /// Where decoded tables are kept.
    pub(super) cache: Option<Cache>,
    pub(super) results: Option<ResultForm>,
    pub(super) hits: HitCodes,
    /// Place among the sections of its table.
    pub(super) section: usize,
    /// Further sections of the same table.
    pub(super) more: Vec<ValidTable>,
}

/// One column of the snapshot and where it comes from.
#[derive(Clone, Debug)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) kind: ColumnType,
    pub(super) presence: Presence,
    pub(super) unread: Consequence,
    pub(super) origin: Origin,
    pub(super) values: Option<Arc<HashMap<String, String>>>,
    /// Whether it is an amount of money.
    pub(super) is_money: bool,
    /// What a bare number of money counts, if the job says so.
    pub(super) unit: Option<Unit>,
    /// 表头, for messages.
    pub(super) header: &'static str,
    /// Key in the job file, for messages.
    pub(super) key: String,
}

/// Where a column's values come from.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Origin {
    /// Source headers the job names.
    Mapped(How, Vec<String>),
    /// The header that is known to mean the column, if there is one.
    Recognised,
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
        for (name, sections) in self.sections() {
            match checked_sections(name, &sections) {
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

    fn sections(&self) -> impl Iterator<Item = (&'static str, Vec<&TableParams>)> {
        [
            ("objects", Some(self.objects.all())),
            ("inspections", all(self.inspections.as_ref())),
            ("credit_events", all(self.credit_events.as_ref())),
            ("inspectors", all(self.inspectors.as_ref())),
            ("items", all(self.items.as_ref())),
            ("recusals", all(self.recusals.as_ref())),
            ("availability", all(self.availability.as_ref())),
            ("draws", all(self.draws.as_ref())),
            ("licences", all(self.licences.as_ref())),
        ]
        .into_iter()
        .filter_map(|(name, sections)| Some((name, sections?)))
    }
}

fn all(sections: Option<&Sections>) -> Option<Vec<&TableParams>> {
    sections.map(Sections::all)
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
        for section in &mut self.more {
            section.set_default_scheme(scheme);
        }
        let field = self
            .fields
            .iter_mut()
            .find(|field| field.name == "id_scheme");
        if let Some(field) = field.filter(|field| field.origin == Origin::Recognised) {
            field.origin = Origin::Constant(scheme.to_owned());
        }
    }

    /// Whether the job asks for a source header by this name.
    pub(super) fn names_header(&self, header: &str) -> bool {
        self.fields.iter().any(|field| match &field.origin {
            Origin::Mapped(_, headers) => headers.iter().any(|named| named == header),
            Origin::Recognised => field.name == header,
            Origin::Constant(_) => false,
        })
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
        let shares = [
            ("refused_share_max", self.refused_share_max),
            ("unread_share_max", self.unread_share_max),
        ];
        for (key, share) in shares {
            if let Some(share) = share.filter(|share| !(0.0..=1.0).contains(share)) {
                problems.push(Problem::new(key, share, "must be a share, 0 to 1"));
            }
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
                    .unwrap_or_else(|| vec![String::new(), "NULL".to_owned()])
                    .iter()
                    .map(|null| tidy(null).into_owned())
                    .collect(),
            ),
            refused_share_max: self.refused_share_max.unwrap_or(REFUSED_SHARE_MAX),
            unread_share_max: self.unread_share_max.unwrap_or(UNREAD_SHARE_MAX),
            separator: self
                .list_separator
                .as_deref()
                .map_or(Separators::Usual, |told| Separators::Told(told.into())),
            without_code: self.without_code,
            shape: self.shape(),
            cache: None,
            results: self.results,
            hits: HitCodes::default(),
            section: 0,
            more: Vec::new(),
            key,
        })
    }

    fn shape(&self) -> Shape {
        let delimiter = self.delimiter.and_then(|letter| u8::try_from(letter).ok());
        Shape {
            sheet: self.sheet.clone(),
            header_line: self.header_line,
            encoding: self.encoding,
            delimiter,
        }
    }

    fn fields(&self, table: &Table, key: &str) -> Vec<Field> {
        let values = |name: &str| {
            let map = self.values.get(name)?;
            Some(Arc::new(
                map.iter()
                    .map(|(from, to)| (tidy(from).into_owned(), to.clone()))
                    .collect(),
            ))
        };
        let canonical = table.columns.iter().map(|column| Field {
            name: column.name.to_owned(),
            kind: column.kind,
            presence: column.presence,
            unread: column.unread,
            origin: self.origin(column.name),
            values: values(column.name),
            is_money: tables::is_money(column.name),
            unit: self.units.get(column.name).copied(),
            header: column.header,
            key: format!("{key}.columns.{}", column.name),
        });
        let extra = self.extra.iter().map(|(name, extra)| Field {
            name: name.clone(),
            kind: extra.kind,
            presence: Presence::Optional,
            unread: Consequence::Emptied,
            origin: Origin::Mapped(How::Joined, vec![extra.column.clone()]),
            values: values(name),
            is_money: self.units.contains_key(name),
            unit: self.units.get(name).copied(),
            header: "",
            key: format!("{key}.extra.{name}.column"),
        });
        canonical.chain(extra).collect()
    }

    fn origin(&self, column: &str) -> Origin {
        match (self.constants.get(column), self.columns.get(column)) {
            (Some(value), _) => Origin::Constant(value.clone()),
            (None, Some(headers)) => Origin::Mapped(headers.how(), headers.list()),
            (None, None) => Origin::Recognised,
        }
    }
}
