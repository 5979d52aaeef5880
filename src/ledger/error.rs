//! Why the ledger cannot be read, or an act not be recorded.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::chain::Torn;
use super::state::Refusal;
use crate::units::{Digest, Kind, Moment, Problem};

/// Why the ledger cannot be read, or an act not be recorded.
#[derive(Debug, Error)]
pub enum Error {
    /// No ledger there.
    #[error("{}: the folder is no workspace (it has no ledger.jsonl); make one with choucha workspace init", .0.display())]
    NotAWorkspace(PathBuf),
    /// A workspace or a backup is made in a folder of its own.
    #[error("{}: the folder exists and is not empty; a {what} is made in a folder of its own", .path.display())]
    NotEmpty {
        /// What was to be made.
        what: &'static str,
        /// The folder.
        path: PathBuf,
    },
    /// A backup inside what it backs up.
    #[error("{}: a backup must lie outside the workspace {}", .to.display(), .workspace.display())]
    BackupInside {
        /// The workspace.
        workspace: PathBuf,
        /// Where the backup was to be.
        to: PathBuf,
    },
    /// Somebody else writes.
    #[error("{}: the workspace is being written by {holder}; only one may write at a time", .path.display())]
    Locked {
        /// The workspace.
        path: PathBuf,
        /// Who holds the lock, since when.
        holder: String,
    },
    /// A line that is no entry.
    #[error("ledger.jsonl, line {line}: expected one entry as JSON, found {found:?}: {reason}")]
    Undecodable {
        /// The line, from 1.
        line: u64,
        /// Its beginning.
        found: String,
        /// What the decoder says.
        reason: String,
    },
    /// A kind of entry this version does not know.
    #[error("ledger.jsonl, line {line}: expected one of the kinds {expected}, found {found:?}")]
    UnknownKind {
        /// The line.
        line: u64,
        /// The kinds.
        expected: String,
        /// The kind found.
        found: String,
    },
    /// An entry has one spelling.
    #[error(
        "ledger.jsonl, line {line}: the line was changed: expected {expected:?} from byte {byte} on, found {found:?}"
    )]
    Spelling {
        /// The line.
        line: u64,
        /// First byte that differs, from 1.
        byte: usize,
        /// The one spelling from there on.
        expected: String,
        /// What stands there.
        found: String,
    },
    /// A sequence number that is passed over.
    #[error(
        "ledger.jsonl, line {line}: expected entry {line}, found entry {found}: a line is missing"
    )]
    Missing {
        /// The line, and the number it must have.
        line: u64,
        /// The number it has.
        found: u64,
    },
    /// Two lines changed places.
    #[error(
        "ledger.jsonl, line {line}: expected entry {line}, found entry {found}: the lines were reordered"
    )]
    Reordered {
        /// The line, and the number it must have.
        line: u64,
        /// The number it has.
        found: u64,
    },
    /// Two entries with one number.
    #[error(
        "ledger.jsonl, line {line}: expected entry {line}, found entry {found}, which line {first} is already"
    )]
    TwoWithOneNumber {
        /// The line, and the number it must have.
        line: u64,
        /// The number it has.
        found: u64,
        /// The earlier line with that number.
        first: u64,
    },
    /// A line that does not hash to what follows it says.
    #[error(
        "ledger.jsonl, line {line}: the line was changed: {by} says it hashes to {expected}, found {found}"
    )]
    Changed {
        /// The line.
        line: u64,
        /// Who says so.
        by: String,
        /// Its hash as recorded.
        expected: Digest,
        /// Its hash as it is.
        found: Digest,
    },
    /// A line that names another predecessor.
    #[error(
        "ledger.jsonl, line {line}: the line was changed: expected prev {expected}, found {found}"
    )]
    OtherPrevious {
        /// The line.
        line: u64,
        /// Hash of the line before.
        expected: Digest,
        /// What it says.
        found: Digest,
    },
    /// Complete lines are gone from the end.
    #[error(
        "ledger.jsonl ends after line {found}, expected {expected} lines as ledger.head says: the end was cut off"
    )]
    Cut {
        /// Lines there were.
        expected: u64,
        /// Lines there are.
        found: u64,
    },
    /// The file that keeps the last head.
    #[error(
        "ledger.head: expected the number and the hash of the last line, found {found:?}; take the workspace from its backup"
    )]
    HeadFile {
        /// What was found.
        found: String,
    },
    /// Times never go back.
    #[error(
        "ledger.jsonl, line {line}: its time {at} is before {last}, the time of the line before"
    )]
    TimeInLedger {
        /// The line.
        line: u64,
        /// Its time.
        at: Moment,
        /// The time before.
        last: Moment,
    },
    /// A last line that was complete and is cut now: nothing follows it until it is back.
    #[error("{0}")]
    CutLine(Torn),
    /// The clock of this machine went back.
    #[error(
        "the clock says {at}, and the last entry was made at {last}: set the clock right; entries are in order of time"
    )]
    ClockBackwards {
        /// Moment of the entry.
        at: Moment,
        /// Time of the last entry.
        last: Moment,
    },
    /// Somebody wrote without the lock, or an append was broken off.
    #[error(
        "ledger.jsonl has {found} bytes, expected {expected}: it was changed while this program held the lock"
    )]
    Meanwhile {
        /// Bytes there were.
        expected: u64,
        /// Bytes there are.
        found: u64,
    },
    /// A recorded act that broke a rule.
    #[error("ledger.jsonl, line {line}: this entry must not stand there: {refusal}")]
    Rule {
        /// The line.
        line: u64,
        /// The rule.
        refusal: Refusal,
    },
    /// An act that breaks a rule.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Rows of a file that cannot be recorded; nothing was.
    #[error("{}", listed(.0))]
    Rows(Vec<Problem>),
    /// A programme file that cannot be read.
    #[error("{file}: {reason}; a programme file has version, published_on and proof")]
    ProgrammeFile {
        /// The file.
        file: String,
        /// What the decoder says.
        reason: String,
    },
    /// An artefact that the ledger names.
    #[error(
        "{path}: the artefact was changed or is gone: expected {expected}, found {found} (entry {line})"
    )]
    Artefact {
        /// Path below the workspace.
        path: String,
        /// Line that names it.
        line: u64,
        /// Its digest.
        expected: Digest,
        /// What was found.
        found: String,
    },
    /// A round without the table of probabilities.
    #[error("round {round:?}: its draw names no probabilities.parquet, so its past cannot be read")]
    NoProbabilities {
        /// The round.
        round: String,
    },
    /// A table of another form.
    #[error("{path}: {reason}")]
    Probabilities {
        /// Path below the workspace.
        path: String,
        /// What is wrong.
        reason: String,
    },
    /// The draw key is not there.
    #[error("round {round:?}: its draw key is not at {}; take it from the supervisor who holds it, or record its loss", .path.display())]
    KeyMissing {
        /// The round.
        round: String,
        /// Where it should be.
        path: PathBuf,
    },
    /// Another key than the sealed one.
    #[error("{}: the key does not open the seal of round {round:?}: expected {expected}, found {found}", .path.display())]
    KeyOther {
        /// The round.
        round: String,
        /// The key file.
        path: PathBuf,
        /// The commitment of the seal.
        expected: Digest,
        /// The commitment of the file's key.
        found: String,
    },
    /// A place that is not below the workspace, or is taken.
    #[error(
        "{0:?} cannot be the place of an artefact: it must be a relative path of plain names that nothing has taken"
    )]
    Place(String),
    /// Evidence that is not there, or is no file.
    #[error("{}: the evidence cannot be read", .path.display())]
    Evidence {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The operating system refused.
    #[error("{}: cannot {what} (is it open in another program?)", .path.display())]
    Io {
        /// What was tried.
        what: &'static str,
        /// On which path.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
}

impl Error {
    /// The kind of failure, for the exit code.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::NotAWorkspace(_)
            | Self::NotEmpty { .. }
            | Self::BackupInside { .. }
            | Self::ClockBackwards { .. }
            | Self::Refused(_)
            | Self::ProgrammeFile { .. }
            | Self::KeyMissing { .. }
            | Self::Evidence { .. }
            | Self::Place(_) => Kind::Usage,
            Self::Locked { .. } => Kind::Locked,
            Self::Rows(_) => Kind::Data,
            Self::Io { .. } => Kind::Bug,
            _ => Kind::Verification,
        }
    }

    pub(super) fn io(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { what, path, source }
    }
}

/// Bad rows that a message names.
const LISTED_MAX: usize = 20;

fn listed(problems: &[Problem]) -> String {
    let shown = problems.iter().take(LISTED_MAX);
    let mut lines: Vec<String> = shown.map(|problem| format!("  {problem}")).collect();
    if problems.len() > LISTED_MAX {
        lines.push(format!("  and {} more", problems.len() - LISTED_MAX));
    }
    let rows = if problems.len() == 1 {
        "1 problem".to_owned()
    } else {
        format!("{} problems", problems.len())
    };
    format!("{rows}, nothing was recorded:\n{}", lines.join("\n"))
}
