//! Why an audit cannot be made; single rows that break a rule are refused and listed instead.

use std::path::PathBuf;

use thiserror::Error as ThisError;

use crate::units::{Kind, Problem};
use crate::{ingest, runs, sheets};

/// What stops an audit.
#[derive(Debug, ThisError)]
pub enum Error {
    /// The design file breaks rules; all of them are listed.
    #[error("{}", listed(.0))]
    Settings(Vec<Problem>),
    /// The design file cannot be read.
    #[error("the design \"{}\" cannot be read", .path.display())]
    Unreadable {
        /// File as written.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The design file is not the TOML it should be.
    #[error("the design \"{}\" is not usable", .path.display())]
    Format {
        /// File as written.
        path: PathBuf,
        /// What the reader says.
        source: Box<toml::de::Error>,
    },
    /// A table could not be read.
    #[error(transparent)]
    Ingest(#[from] ingest::Error),
    /// A column that is needed and not there.
    #[error(
        "{key} needs the column \"{column}\" ({header}), which \"{file}\" does not have; it has: {present}"
    )]
    ColumnMissing {
        /// Flag or key that needs it.
        key: String,
        /// Canonical name or header.
        column: String,
        /// 表头.
        header: String,
        /// File as written.
        file: String,
        /// Headers of the file.
        present: String,
    },
    /// A table of which too much is refused: the mapping is more likely wrong than the rows.
    #[error("{refused} of {read} rows of {table} are refused; the first: {first}")]
    TooManyRefused {
        /// Flag that names the table.
        table: &'static str,
        /// Rows refused.
        refused: usize,
        /// Rows read.
        read: usize,
        /// First refusal.
        first: String,
    },
    /// Nobody is left to be judged.
    #[error("{table} has no usable row")]
    Empty {
        /// Flag that names the table.
        table: &'static str,
    },
    /// A fair draw of other sizes is no yardstick for this list.
    #[error(
        "the list has {found} objects in round {round}, stratum {stratum}, where the yardstick was made for {wanted}"
    )]
    OtherSizes {
        /// Round, from 1.
        round: usize,
        /// Stratum, from 1.
        stratum: usize,
        /// Number in the list.
        found: u32,
        /// Number the yardstick was made for.
        wanted: u32,
    },
    /// A list over another register, or of another number of rounds.
    #[error(
        "the list is drawn from another register, or in another number of rounds, than the yardstick was made for"
    )]
    OtherRegister,
    /// The page could not be made.
    #[error(transparent)]
    Sheets(#[from] sheets::Error),
    /// The result folder could not be written.
    #[error(transparent)]
    Runs(#[from] runs::Error),
    /// A result file could not be written.
    #[error("{}: cannot write", .path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
}

impl Error {
    /// The kind of this failure.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Settings(_) | Self::Unreadable { .. } | Self::Format { .. } => Kind::Usage,
            Self::Ingest(error) => error.kind(),
            Self::ColumnMissing { .. } | Self::TooManyRefused { .. } | Self::Empty { .. } => {
                Kind::Data
            }
            Self::Sheets(error) => error.kind(),
            Self::Runs(error) => error.kind(),
            Self::OtherSizes { .. } | Self::OtherRegister | Self::Write { .. } => Kind::Bug,
        }
    }
}

fn listed(problems: &[Problem]) -> String {
    let lines: Vec<String> = problems
        .iter()
        .map(|problem| format!("  {problem}"))
        .collect();
    let count = if problems.len() == 1 {
        "1 problem".to_owned()
    } else {
        format!("{} problems", problems.len())
    };
    format!("{count} in the design:\n{}", lines.join("\n"))
}
