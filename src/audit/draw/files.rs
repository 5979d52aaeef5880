//! Files to an [`AuditInput`]: known headers, normalised ids, and every unusable row listed with its reason.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::error::Error;
use super::input::{AuditInput, Refused, Register};
use super::lists::{Lists, is_of_list, read_inspectors};
use super::params::ValidParams;
use crate::ingest::{self, InputFile, TextRow, TextTable, guess_in, read_texts};
use crate::units::ObjectId;

/// From this share of refused rows on, a mapping is more likely wrong than the rows.
const REFUSED_SHARE_MAX: f64 = 0.25;
/// A table of so few rows may be refused to any share.
const FEW_ROWS: usize = 100;
/// The lists as named on the command line.
pub(super) struct Paths<'a> {
    pub(super) register: &'a str,
    pub(super) drawn: &'a [String],
    pub(super) inspectors: Option<&'a str>,
}

/// What was read, and from which files.
pub(super) struct Read {
    pub(super) input: AuditInput,
    pub(super) files: Vec<InputFile>,
}

pub(super) fn read(paths: &Paths, design: &ValidParams) -> Result<Read, Error> {
    let mut refused = Vec::new();
    let mut files = Vec::new();
    let register = read_register(paths.register, design, &mut refused, &mut files)?;
    let known = match paths.inspectors {
        Some(path) => Some(read_inspectors(path, &mut refused, &mut files)?),
        None => None,
    };
    let mut lists = Lists::new(&register, known);
    let mut n_read = 0;
    for path in paths.drawn {
        let tables = read_texts("--drawn", path, |header| is_of_list(header, design))?;
        for table in tables {
            n_read += table.rows.len() + table.unread.len();
            lists.read(&table, design)?;
            files.push(table.file);
        }
    }
    enough_left("--drawn", n_read, &lists.refused)?;
    if lists.rounds.iter().all(|round| round.visits.is_empty()) {
        return Err(Error::Empty { table: "--drawn" });
    }
    refused.append(&mut lists.refused);
    let (rounds, inspectors) = (lists.rounds, lists.inspectors);
    Ok(Read {
        input: AuditInput {
            register: Arc::new(register),
            rounds,
            inspectors,
            refused,
        },
        files,
    })
}

fn read_register(
    path: &str,
    design: &ValidParams,
    refused: &mut Vec<Refused>,
    files: &mut Vec<InputFile>,
) -> Result<Register, Error> {
    let tables = read_texts("--register", path, |header| is_of_register(header, design))?;
    let mut rows = Rows::default();
    let mut n_read = 0;
    for table in &tables {
        n_read += table.rows.len() + table.unread.len();
        let names = names(table, "objects", &design.params.columns);
        let head = Head::new(table, &names);
        head.require("--register", "object_id", "统一社会信用代码")?;
        for (key, column) in design.named_columns() {
            head.require(key, &canonical(column), "")?;
        }
        refused.extend(ragged(table));
        for row in &table.rows {
            if let Err(refusal) = rows.take(&head, row) {
                refused.push(refusal);
            }
        }
        files.push(table.file.clone());
    }
    enough_left("--register", n_read, refused)?;
    if rows.ids.is_empty() {
        return Err(Error::Empty {
            table: "--register",
        });
    }
    Ok(rows.into_register())
}

/// The name a setting's column has in the [`Register`].
pub(super) fn canonical(column: &str) -> String {
    guess_in("objects", column).map_or_else(|| column.trim().to_owned(), str::to_owned)
}

fn is_of_register(header: &str, design: &ValidParams) -> bool {
    const WANTED: [&str; 7] = [
        "object_id",
        "id_scheme",
        "office",
        "region_code",
        "industry_code",
        "lat",
        "lon",
    ];
    let name = canonical(header);
    WANTED.contains(&name.as_str())
        || design
            .params
            .columns
            .values()
            .any(|mapped| mapped == header)
        || design
            .named_columns()
            .iter()
            .any(|(_, column)| *column == header || canonical(column) == name)
}

/// Canonical name of each kept column; of several headers for one thing the 表头 itself wins, the others keep their own.
pub(super) fn names(
    table: &TextTable,
    canonical_table: &str,
    mapped: &BTreeMap<String, String>,
) -> Vec<String> {
    let guessed = |header: &String| -> Option<&str> {
        let by_job = mapped.iter().find(|(_, to)| *to == header);
        by_job
            .map(|(name, _)| name.as_str())
            .or_else(|| guess_in(canonical_table, header))
    };
    let rank = |header: &String, name: &str| {
        let column = ingest::table(canonical_table).and_then(|table| table.column(name));
        let is_own = column.is_some_and(|column| column.header == header || column.name == header);
        let is_mapped = mapped.get(name) == Some(header);
        (!is_mapped, !is_own)
    };
    let best = |name: &str| {
        table
            .headers
            .iter()
            .filter(|header| guessed(header) == Some(name))
            .min_by_key(|header| rank(header, name))
    };
    let named = |header: &String| match guessed(header) {
        Some(name) if best(name) == Some(header) => name.to_owned(),
        _ => header.clone(),
    };
    table.headers.iter().map(named).collect()
}

/// A header row: where each named column stands.
pub(super) struct Head<'a> {
    pub(super) table: &'a TextTable,
    names: &'a [String],
}

impl<'a> Head<'a> {
    pub(super) fn new(table: &'a TextTable, names: &'a [String]) -> Self {
        Self { table, names }
    }

    fn place(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|found| found == name)
    }

    pub(super) fn cell<'r>(&self, row: &'r TextRow, name: &str) -> Option<&'r str> {
        row.cells[self.place(name)?].as_deref()
    }

    pub(super) fn require(&self, key: &str, name: &str, header: &str) -> Result<(), Error> {
        if self.place(name).is_some() {
            return Ok(());
        }
        Err(Error::ColumnMissing {
            key: key.to_owned(),
            column: name.to_owned(),
            header: header.to_owned(),
            file: self.table.file.path.clone(),
            present: ingest::headers(&self.table.file.path)?.join(", "),
        })
    }

    pub(super) fn refuse(&self, row: &TextRow, name: &str, rule: &'static str) -> Refused {
        let place = self.place(name);
        Refused {
            file: self.table.file.path.clone(),
            line: row.line,
            column: place.map_or_else(String::new, |place| self.table.headers[place].clone()),
            value: self.cell(row, name).unwrap_or_default().to_owned(),
            rule,
        }
    }

    pub(super) fn id(&self, row: &TextRow) -> Result<String, Refused> {
        let Some(raw) = self.cell(row, "object_id") else {
            return Err(self.refuse(row, "object_id", "an object must have an id"));
        };
        let scheme = self.cell(row, "id_scheme").unwrap_or("uscc");
        ObjectId::normalise(scheme, raw)
            .map(|id| id.as_str().to_owned())
            .map_err(|_| {
                self.refuse(
                    row,
                    "object_id",
                    "an id has 1 to 64 bytes and no control characters",
                )
            })
    }
}

/// Register rows as they are accepted.
#[derive(Default)]
struct Rows {
    ids: Vec<String>,
    seen: BTreeSet<String>,
    columns: BTreeMap<String, Vec<String>>,
    places: Vec<Option<(f64, f64)>>,
}

impl Rows {
    fn take(&mut self, head: &Head, row: &TextRow) -> Result<(), Refused> {
        let id = head.id(row)?;
        let lat = degrees(head, row, "lat", 90.0)?;
        let lon = degrees(head, row, "lon", 180.0)?;
        if !self.seen.insert(id.clone()) {
            return Err(head.refuse(row, "object_id", "an object stands in the register once"));
        }
        for (name, cell) in head.names.iter().zip(&row.cells) {
            let texts = self.columns.entry(name.clone()).or_default();
            texts.resize(self.ids.len(), String::new());
            texts.push(cell.clone().unwrap_or_default());
        }
        self.ids.push(id);
        self.places.push(lat.zip(lon));
        Ok(())
    }

    fn into_register(self) -> Register {
        let n = self.ids.len();
        let mut register = Register::new(self.ids);
        for (name, mut texts) in self.columns {
            texts.resize(n, String::new());
            register = register.with_column(&name, texts);
        }
        if self.places.iter().any(Option::is_some) {
            register = register.with_places(self.places);
        }
        register
    }
}

fn degrees(head: &Head, row: &TextRow, name: &str, limit: f64) -> Result<Option<f64>, Refused> {
    let Some(text) = head.cell(row, name) else {
        return Ok(None);
    };
    match text.parse::<f64>() {
        Ok(degrees) if degrees.abs() <= limit => Ok(Some(degrees)),
        _ => Err(head.refuse(row, name, "must be degrees on the earth")),
    }
}

pub(super) fn ragged(table: &TextTable) -> impl Iterator<Item = Refused> + '_ {
    table.unread.iter().map(|row| Refused {
        file: table.file.path.clone(),
        line: row.line,
        column: String::new(),
        value: row.value.clone(),
        rule: match row.rule {
            "field-count" => "a row has as many fields as the header",
            "example-row" => "an example (案例、示例) is no record",
            "header-row" => "the header (表头) once more is no record",
            "other-table" => {
                "a second table below the first is not read: it must be a file of its own"
            }
            "stray-quote" => "quotation marks are pairs",
            _ => "a total or a note (合计、注) is no record",
        },
    })
}

#[allow(clippy::cast_precision_loss, reason = "rows of a table lie below 2^53")]
pub(super) fn enough_left(
    table: &'static str,
    read: usize,
    refused: &[Refused],
) -> Result<(), Error> {
    let too_many = read > FEW_ROWS && refused.len() as f64 > REFUSED_SHARE_MAX * read as f64;
    match refused
        .first()
        .filter(|_| too_many || refused.len() == read)
    {
        Some(first) => Err(Error::TooManyRefused {
            table,
            refused: refused.len(),
            read,
            first: first.to_string(),
        }),
        None => Ok(()),
    }
}
