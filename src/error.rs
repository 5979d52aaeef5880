//! Every failure of the house: one variant per room, each transparent, each with its exit code.

use std::path::PathBuf;

use thiserror::Error;

use crate::units::{Kind, Problem};
use crate::{
    assign, audit, backtest, draw, evaluate, indicators, ingest, ledger, plan, publish, registers,
    report, risk, runs, sheets, simulate,
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
    /// Too many rows are refused; they are left to be corrected.
    #[error(
        "{}\nthe refused rows are left in {}: correct them there and put the files beside the others, or correct the mapping",
        told(.stopped), .refused.display()
    )]
    Stopped {
        /// Why, and the rows.
        stopped: Box<ingest::Stopped>,
        /// Where they are left.
        refused: PathBuf,
    },
    /// Too many rows are refused, and they could not be left anywhere.
    #[error("{}\nthe refused rows could not be left in {}: {reason}", told(.stopped), .folder.display())]
    NotLeft {
        /// Why, and the rows.
        stopped: Box<ingest::Stopped>,
        /// Where they should have been left.
        folder: PathBuf,
        /// Why they are not.
        reason: Box<Error>,
    },
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
    /// `assign` refused.
    #[error(transparent)]
    Assign(#[from] assign::Error),
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
    /// The ledger could not be read, or refused an act.
    #[error(transparent)]
    Ledger(#[from] ledger::Error),
    /// A ledger could not be audited.
    #[error(transparent)]
    AuditChain(#[from] audit::chain::Error),
    /// The seed rule was broken.
    #[error(transparent)]
    SeedRule(#[from] plan::Unfit),
    /// The run folder could not be written.
    #[error(transparent)]
    Runs(#[from] runs::Error),
    /// A drawn list could not be audited.
    #[error(transparent)]
    AuditDraw(#[from] audit::draw::Error),
    /// A back-test could not be made.
    #[error(transparent)]
    Backtest(#[from] backtest::Error),
    /// A rule of the ledger is broken.
    #[error(transparent)]
    Refused(#[from] ledger::Refusal),
    /// An audit found what must not be.
    #[error("{} found:\n  {}", counted(.0.len(), "fault"), .0.join("\n  "))]
    Found(Vec<String>),
    /// An object that nothing looked at knows.
    #[error("object {0:?} stands in no register, run or round that was looked at")]
    UnknownObject(String),
    /// Two runs whose frames share no object: folder and job of the earlier and of the later.
    #[error(
        "no object stands in both frames, so there is nothing to compare: {} is of job {:?}, {} of job {:?}",
        .0.0.display(), .0.1, .1.0.display(), .1.1
    )]
    NothingInCommon(Box<(PathBuf, String)>, Box<(PathBuf, String)>),
    /// No workspace was named.
    #[error(
        "a draw of record needs a workspace: --workspace DIR, CHOUCHA_WORKSPACE, or the job's [workspace] path"
    )]
    NoWorkspace,
    /// A workspace that has nothing to evaluate.
    #[error("{}: no round of this workspace is drawn yet: there is nothing to evaluate", .0.display())]
    NothingDrawn(PathBuf),
    /// A folder that is no round of a workspace.
    #[error("{}: the folder is no round of a workspace (rounds/ID below a ledger.jsonl)", .0.display())]
    NoRoundFolder(PathBuf),
    /// A file that holds no key; what it holds is not shown.
    #[error("{}: a key file is one line of 64 lower-case hexadecimal digits", .0.display())]
    NotAKey(PathBuf),
    /// The public part of a seal, which nobody has drawn from.
    #[error("{}: this is a seal and no bulletin: there is nothing to verify before it is drawn", .0.display())]
    SealAlone(PathBuf),
    /// A sealed bulletin, a key, and no package.
    #[error("{}: no package is there; name the supervisor's folder of it with --package", .0.display())]
    NoPackage(PathBuf),
    /// A file handed in as a slip is none, or does not hold.
    #[error("{}: this slip does not hold", .path.display())]
    Slip {
        /// The file.
        path: PathBuf,
        /// The first difference.
        source: publish::Error,
    },
    /// The round was sealed without inspectors.
    #[error(
        "round {0:?} was sealed without an inspector register: its job had no [assign] section"
    )]
    NoTeams(String),
    /// A committed table this program cannot read.
    #[error("table-{table} of the seal cannot be read: {reason}")]
    Table {
        /// Its name.
        table: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// The machine has no source of randomness.
    #[error("the machine gives no random bytes: {0}")]
    NoRandomness(String),
    /// The machine's clock is out of the calendar.
    #[error("the machine's clock cannot be read")]
    NoClock,
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
            Self::Settings(_)
            | Self::Refused(_)
            | Self::NoWorkspace
            | Self::UnknownObject(_)
            | Self::NothingInCommon(..)
            | Self::SealAlone(_)
            | Self::NoPackage(_)
            | Self::NoRoundFolder(_)
            | Self::NotAKey(_) => Kind::Usage,
            Self::Inputs(_)
            | Self::Stopped { .. }
            | Self::NotLeft { .. }
            | Self::NothingDrawn(_) => Kind::Data,
            Self::Ingest(error) => error.kind(),
            Self::Registers(error) => error.kind(),
            Self::Indicators(error) => error.kind(),
            Self::Risk(error) => error.kind(),
            Self::Plan(error) => error.kind(),
            Self::Draw(error) => error.kind(),
            Self::Assign(error) => error.kind(),
            Self::Publish(error) => error.kind(),
            Self::Evaluate(error) => error.kind(),
            Self::Report(error) => error.kind(),
            Self::Sheets(error) => error.kind(),
            Self::Simulate(error) => error.kind(),
            Self::Ledger(error) => error.kind(),
            Self::AuditChain(error) => error.kind(),
            Self::SeedRule(error) => error.kind(),
            Self::Runs(error) => error.kind(),
            Self::AuditDraw(error) => error.kind(),
            Self::Backtest(error) => error.kind(),
            Self::Found(_) | Self::Table { .. } => Kind::Verification,
            Self::Slip { source, .. } => source.kind(),
            Self::NoTeams(_) => Kind::Design,
            Self::NoRandomness(_) | Self::NoClock => Kind::Bug,
            Self::File { kind, .. } => *kind,
        }
    }
}

/// Every table of which too many rows are refused.
fn told(stopped: &ingest::Stopped) -> String {
    let problems = stopped.problems().iter();
    let problems: Vec<String> = problems.map(ToString::to_string).collect();
    problems.join("\n")
}

fn listed(problems: &[Problem], of: &str) -> String {
    let lines: Vec<String> = problems
        .iter()
        .map(|problem| format!("  {problem}"))
        .collect();
    let count = counted(problems.len(), "problem");
    format!("{count} in the {of}:\n{}", lines.join("\n"))
}

fn counted(n: usize, what: &str) -> String {
    if n == 1 {
        format!("1 {what}")
    } else {
        format!("{n} {what}s")
    }
}
