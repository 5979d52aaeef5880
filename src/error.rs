//! Every failure of the house: one variant per room, each transparent, each with its exit code.

use std::path::PathBuf;

use thiserror::Error;

use crate::units::{Kind, Problem};
use crate::{
    draw, evaluate, indicators, ingest, plan, publish, registers, report, risk, runs, sheets,
    simulate,
};

/// Why a command did not do what it was asked.
#[derive(Debug, Error)]
pub enum Error {
    /// A settings file breaks rules; all of them are listed.
    #[error("{}", listed(.0, "settings"))]
    Settings(Vec<Problem>),
    /// Files the job names cannot be read as the tables it says they are; all of them are listed.
    #[error("{}", listed(.0, "inputs"))]
    Inputs(Vec<Problem>),
    /// `ingest` refused.
    #[error(transparent)]
    Ingest(#[from] ingest::Error),
    /// `registers` refused.
    #[error(transparent)]
    Registers(#[from] registers::Error),
    /// `indicators` refused.
    #[error(transparent)]
    Indicators(#[from] indicators::Error),
    /// `risk` refused.
    #[error(transparent)]
    Risk(#[from] risk::Error),
    /// `plan` refused.
    #[error(transparent)]
    Plan(#[from] plan::Error),
    /// `draw` refused.
    #[error(transparent)]
    Draw(#[from] draw::Error),
    /// `publish` refused.
    #[error(transparent)]
    Publish(#[from] publish::Error),
    /// `evaluate` refused.
    #[error(transparent)]
    Evaluate(#[from] evaluate::Error),
    /// `report` refused.
    #[error(transparent)]
    Report(#[from] report::Error),
    /// A workbook could not be made.
    #[error(transparent)]
    Sheets(#[from] sheets::Error),
    /// `simulate` refused.
    #[error(transparent)]
    Simulate(#[from] simulate::Error),
    /// The run folder could not be written.
    #[error(transparent)]
    Runs(#[from] runs::Error),
    /// A file could not be read or written at a door.
    #[error("{}: cannot {what}", .path.display())]
    File {
        /// What was tried.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// The kind of failure this is.
        kind: Kind,
        /// The system's reason.
        source: std::io::Error,
    },
}

impl Error {
    /// The kind of this failure; its number is the exit code.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Settings(_) => Kind::Usage,
            Self::Inputs(_) => Kind::Data,
            Self::Ingest(error) => error.kind(),
            Self::Registers(error) => error.kind(),
            Self::Indicators(error) => error.kind(),
            Self::Risk(error) => error.kind(),
            Self::Plan(error) => error.kind(),
            Self::Draw(error) => error.kind(),
            Self::Publish(error) => error.kind(),
            Self::Evaluate(error) => error.kind(),
            Self::Report(error) => error.kind(),
            Self::Sheets(error) => error.kind(),
            Self::Simulate(error) => error.kind(),
            Self::Runs(error) => error.kind(),
            Self::File { kind, .. } => *kind,
        }
    }
}

fn listed(problems: &[Problem], of: &str) -> String {
    let lines: Vec<String> = problems
        .iter()
        .map(|problem| format!("  {problem}"))
        .collect();
    let count = if problems.len() == 1 {
        "1 problem".to_owned()
    } else {
        format!("{} problems", problems.len())
    };
    format!("{count} in the {of}:\n{}", lines.join("\n"))
}
