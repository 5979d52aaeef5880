//! Why a table cannot be read at all; single rows that break a rule are refused and counted instead.

use std::io;

use thiserror::Error;

use super::decode::Beyond;
use super::stopped::Stopped;
use crate::units::Kind;

/// What stops ingest.
#[derive(Debug, Error)]
pub enum Error {
    /// A path that is not there.
    #[error("{key} names \"{path}\", which does not exist")]
    Missing {
        /// Job key.
        key: String,
        /// Path as written.
        path: String,
    },
    /// A glob that fits nothing.
    #[error("{key} = \"{pattern}\" matches no file")]
    NoMatch {
        /// Job key.
        key: String,
        /// Glob as written.
        pattern: String,
    },
    /// A glob that is not one.
    #[error("{key} = \"{pattern}\" is not a usable pattern: {reason}")]
    Pattern {
        /// Job key.
        key: String,
        /// Glob as written.
        pattern: String,
        /// What the pattern reader says.
        reason: String,
    },
    /// A folder without a table file.
    #[error(
        "{key} names the folder \"{path}\", which holds no file whose content is a table (Parquet, Arrow, CSV, xlsx, xls, XML, HTML, or zip or gzip of these)"
    )]
    NoFiles {
        /// Job key.
        key: String,
        /// Path as written.
        path: String,
    },
    /// A folder in which no file is the register.
    #[error(
        "no file in \"{folder}\" looks like the register (检查对象名录库): a table (Parquet, Arrow, CSV, xlsx, xls, XML, HTML) with known headers{others}"
    )]
    NoRegister {
        /// Folder as written.
        folder: String,
        /// What there is to say of its files, a line each.
        others: String,
    },
    /// Content that is no table.
    #[error(
        "{key} names \"{path}\", whose content is no table that can be read: Parquet, Arrow, CSV, xlsx, xls, XML (SpreadsheetML), HTML, or zip or gzip of these"
    )]
    UnknownFormat {
        /// Job key.
        key: String,
        /// Path as written.
        path: String,
    },
    /// A file of no bytes, or without a header.
    #[error("\"{file}\" is empty: a table needs at least its header (表头)")]
    EmptyFile {
        /// File as written.
        file: String,
    },
    /// A register without rows.
    #[error("{key} names \"{path}\", a table {table} ({header}) without rows")]
    NoRows {
        /// Job key.
        key: String,
        /// Path as written.
        path: String,
        /// Canonical table.
        table: &'static str,
        /// 表名.
        header: &'static str,
    },
    /// A register of which no row was usable.
    #[error("all {n} rows of {table} ({header}) are refused; the first: {first}")]
    NothingAccepted {
        /// Canonical table.
        table: &'static str,
        /// 表名.
        header: &'static str,
        /// Number of rows.
        n: u64,
        /// First refusal.
        first: String,
    },
    /// A table of which too many rows are refused: the mapping is more likely wrong than the rows.
    #[error(
        "{refused} of {read} rows of {table} ({header}) are refused, more than {key} = {limit} allows (example and total rows do not count): {rules}; one of them: {example}"
    )]
    TooManyRefused {
        /// Job key of the limit.
        key: String,
        /// The limit.
        limit: f64,
        /// Canonical table.
        table: &'static str,
        /// 表名.
        header: &'static str,
        /// Rows refused.
        refused: u64,
        /// Rows read.
        read: u64,
        /// How many by rule.
        rules: String,
        /// One of the refusals.
        example: String,
    },
    /// A column of which too many cells cannot be read: its mapping is more likely wrong than the cells.
    #[error(
        "{unread} of {filled} filled cells of {column} ({column_header}) in {table} ({header}) cannot be read, a share of {share:.2}, more than {key} = {limit} allows; one of them: {example}; write the right header under {mapping}, or {key} = 1.0 to read such cells as empty"
    )]
    TooManyUnread {
        /// Job key of the limit.
        key: String,
        /// The limit.
        limit: f64,
        /// Canonical table.
        table: &'static str,
        /// 表名.
        header: &'static str,
        /// Canonical column.
        column: String,
        /// 表头; empty for columns carried beside the canonical ones.
        column_header: &'static str,
        /// Job key of its header.
        mapping: String,
        /// Cells that cannot be read.
        unread: u64,
        /// Filled cells.
        filled: u64,
        /// Share of the filled cells, 0 to 1.
        share: f64,
        /// One of them.
        example: String,
    },
    /// A mapped column that the file does not have.
    #[error("{key} = \"{column}\", but \"{file}\" has no such column; it has: {present}")]
    ColumnMissing {
        /// Job key.
        key: String,
        /// File as written.
        file: String,
        /// Header looked for.
        column: String,
        /// Headers the file has, and the one most like it.
        present: String,
    },
    /// A required column that is neither mapped nor there under its own name.
    #[error(
        "{key} is required ({header}): \"{file}\" has no column \"{column}\" and none is mapped to it; it has: {present}"
    )]
    RequiredMissing {
        /// Job key.
        key: String,
        /// File as written.
        file: String,
        /// Canonical column.
        column: String,
        /// 表头.
        header: &'static str,
        /// Headers the file has, and the one most like it.
        present: String,
    },
    /// Two columns of one name.
    #[error("\"{file}\" has two columns named \"{column}\": a header must be unique")]
    RepeatedColumn {
        /// File as written.
        file: String,
        /// Header that stands twice.
        column: String,
    },
    /// A file whose content is another format than the job says.
    #[error(
        "{key} says that \"{file}\" is {asserted}, but its content is {found}: correct `format` or leave it out"
    )]
    OtherFormat {
        /// Job key.
        key: String,
        /// File as written.
        file: String,
        /// Format the job names.
        asserted: &'static str,
        /// Format of the content.
        found: &'static str,
    },
    /// Text in another encoding.
    #[error(
        "\"{file}\" is not {encoding} at line {line}, byte {byte} of the file: save it as UTF-8 or GB18030 (GBK), or name its `encoding`"
    )]
    NotText {
        /// File as written.
        file: String,
        /// Encoding it was read in.
        encoding: &'static str,
        /// Line, from 1.
        line: u64,
        /// Byte, from 1.
        byte: u64,
    },
    /// A file that is larger than what is opened, or claims to be smaller than it is.
    #[error("\"{file}\" is not read: {what} exceeds {limit}")]
    Limit {
        /// File as written, with the member of an archive.
        file: String,
        /// What is too large.
        what: &'static str,
        /// The limit.
        limit: u64,
    },
    /// An archive in an archive.
    #[error("\"{file}\" holds an archive, \"{member}\": unpack it first, only one level is opened")]
    Nested {
        /// File as written.
        file: String,
        /// The archive inside.
        member: String,
    },
    /// Two members of an archive under one name.
    #[error(
        "\"{file}\" is not read: it holds two members named \"{member}\", and nothing says which one counts: unpack it and pack it again"
    )]
    RepeatedMember {
        /// File as written.
        file: String,
        /// Name that stands twice.
        member: String,
    },
    /// A member of an archive whose name leads elsewhere.
    #[error("\"{file}\" is not read: its member \"{member}\" leads out of the archive")]
    Escape {
        /// File as written.
        file: String,
        /// Name of the member.
        member: String,
    },
    /// XML that declares a document type, through which it could fetch or multiply text.
    #[error("\"{file}\" is not read: it declares a document type (DTD), which no table needs")]
    Dtd {
        /// File as written.
        file: String,
    },
    /// A book without the sheet that the job names.
    #[error("\"{file}\" has no sheet \"{sheet}\"; it has: {present}")]
    NoSheet {
        /// File as written.
        file: String,
        /// Sheet the job names.
        sheet: String,
        /// Sheets it has.
        present: String,
    },
    /// A header line that holds nothing.
    #[error("\"{file}\" has no header at line {line}, which `header_line` names")]
    HeaderLine {
        /// File as written.
        file: String,
        /// Line, from 1.
        line: u64,
    },
    /// A book or archive without a table.
    #[error("\"{file}\" holds no table: a table needs at least its header (表头)")]
    NoTable {
        /// File as written.
        file: String,
    },
    /// A quotation mark that swallows the rest of the file.
    #[error(
        "\"{file}\" opens a quotation mark at line {line} and never closes it: the rows after it cannot be told apart"
    )]
    OpenQuote {
        /// File as written.
        file: String,
        /// Line of the row, from 1.
        line: u64,
    },
    /// Truncated, corrupt or of another format.
    #[error(
        "\"{file}\" cannot be read as {format}, it is truncated, damaged or of another format: {reason}"
    )]
    Unreadable {
        /// File as written.
        file: String,
        /// Format it was read as.
        format: &'static str,
        /// What the reader says.
        reason: String,
    },
    /// A column whose type cannot become the wanted one.
    #[error(
        "\"{file}\" column \"{column}\" is of type {found}, which cannot become {wanted} ({canonical})"
    )]
    SourceType {
        /// File as written.
        file: String,
        /// Source header.
        column: String,
        /// Type in the file.
        found: String,
        /// Type in the snapshot.
        wanted: &'static str,
        /// Canonical column.
        canonical: String,
    },
    /// The file system refuses.
    #[error("\"{path}\": {source}")]
    Io {
        /// Path.
        path: String,
        /// The system's reason.
        source: io::Error,
    },
    /// The columnar engine fails on its own files.
    #[error("cannot {step}: {reason}")]
    Engine {
        /// What was being done.
        step: String,
        /// The engine's reason.
        reason: String,
    },
    /// Rows that are neither accepted, refused nor set aside.
    #[error(
        "{table}: {read} rows read, but {accepted} accepted + {refused} refused + {later} later do not add up"
    )]
    Unbalanced {
        /// Canonical table.
        table: String,
        /// Rows in the files.
        read: u64,
        /// Rows in the snapshot.
        accepted: u64,
        /// Rows in the refusal table.
        refused: u64,
        /// Rows known on or after the as-of day.
        later: u64,
    },
    /// A filter that cannot be used.
    #[error("{key} = \"{filter}\" cannot be used on \"{file}\": {reason}")]
    Filter {
        /// Job key.
        key: String,
        /// Filter as written.
        filter: String,
        /// File as written.
        file: String,
        /// The engine's reason.
        reason: String,
    },
    /// A row of a wanted object or visit that breaks a rule.
    #[error("{0}")]
    Row(String),
    /// Several of these at once.
    #[error("{}", listed(.0))]
    Several(Vec<Error>),
    /// Tables of which too many rows are refused; their rows are at hand.
    #[error("{}", listed(.0.problems()))]
    Stopped(Box<Stopped>),
    /// Listed visits that the inspections do not hold.
    #[error(
        "{n} of {listed} visits listed in \"{list}\" are not in \"{file}\", the first is \"{first}\""
    )]
    VisitsAbsent {
        /// Number absent.
        n: usize,
        /// Number listed.
        listed: usize,
        /// List as written.
        list: String,
        /// Inspections as written.
        file: String,
        /// The first absent id.
        first: String,
    },
}

fn listed(errors: &[Error]) -> String {
    let lines: Vec<String> = errors.iter().map(|error| format!("  {error}")).collect();
    match errors {
        [one] => one.to_string(),
        several => format!("{} problems:\n{}", several.len(), lines.join("\n")),
    }
}

impl Error {
    /// One error of several, in their order; a single one is itself.
    pub(super) fn all(mut errors: Vec<Self>) -> Self {
        match errors.pop() {
            Some(one) if errors.is_empty() => one,
            last => {
                errors.extend(last);
                Self::Several(errors)
            }
        }
    }

    /// The errors it is made of; itself where it is a single one.
    #[must_use]
    pub fn each(&self) -> Vec<&Self> {
        match self {
            Self::Several(errors) => errors.iter().flat_map(Self::each).collect(),
            one => vec![one],
        }
    }

    /// Whether too many rows of `name` are refused.
    pub(super) fn is_of(&self, name: &str) -> bool {
        matches!(self, Self::NothingAccepted { table, .. } | Self::TooManyRefused { table, .. } if *table == name)
    }

    /// Whether a file lacks columns the job needs.
    #[must_use]
    pub fn is_misfit(&self) -> bool {
        let lacks = |error: &&Self| {
            matches!(
                error,
                Self::ColumnMissing { .. } | Self::RequiredMissing { .. }
            )
        };
        self.each().iter().all(lacks)
    }

    /// The kind of failure, which is the exit code.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Engine { .. } | Self::Unbalanced { .. } => Kind::Bug,
            Self::Filter { .. } | Self::Pattern { .. } => Kind::Usage,
            _ => Kind::Data,
        }
    }

    pub(super) fn beyond(file: &str, beyond: Beyond) -> Self {
        Self::Limit {
            file: file.to_owned(),
            what: beyond.what,
            limit: beyond.limit,
        }
    }

    pub(super) fn io(path: &std::path::Path) -> impl FnOnce(io::Error) -> Self + '_ {
        move |source| Self::Io {
            path: path.display().to_string(),
            source,
        }
    }

    pub(super) fn engine(
        step: impl Into<String>,
    ) -> impl FnOnce(polars::error::PolarsError) -> Self {
        let step = step.into();
        move |error| Self::Engine {
            step,
            reason: error.to_string(),
        }
    }
}
