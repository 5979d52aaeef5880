//! 账本: seals, draws, results and whatever follows them, in a chain that nobody shortens or rewrites unseen.
//!
//! *Input* acts of record, at doors. *Output* the state of every round, and its [`History`] as a value. *Law* one seal, one seed,
//! one draw; artefacts first, then the line, each whole or absent. *Not here* the clock (a door gives it), scores, the design.
//!
//! A workspace holds `ledger.jsonl` (one entry a line), `ledger.head` (number and hash of the last line, so that a change of
//! that line is seen too), `rounds/`, `programmes/`, `external/`, `keys/` and `.lock`. The chain alone shows a change to whoever
//! holds a later head; published seals carry heads out of the house, and the auditors' workshop holds them against the chain.
//!
//! Haber, S., Stornetta, W. S. (1991), How to time-stamp a digital document, *Journal of Cryptology* 3.

mod backup;
mod chain;
mod check;
mod entry;
mod error;
mod files;
mod history;
mod lock;
mod names;
mod object;
mod probabilities;
mod recorded;
mod records;
mod rows;
mod sheet;
mod state;
mod teams;
mod visited;
mod writer;

use std::fs;
use std::path::{Path, PathBuf};

pub use backup::backup;
pub use chain::{Chain, Line, START, Torn};
pub use check::{Checked, Finding, check};
pub use entry::{
    Assign, Custody, Draw, Entrust, Entry, External, Files, Init, KeyLost, Programme, Receipt,
    Replace, Replaced, Results, Seal, Superseded, Unusable, Void,
};
pub use error::Error;
pub use history::{History, ObjectHistory, RoundHistory};
pub use object::{ObjectRound, RoundResult};
pub use recorded::{
    RecordedDraw, RecordedMember, RecordedRound, RecordedTaking, RecordedUnit, RecordedVisit,
};
pub use records::{SUBSTITUTES, UNUSABLE};
pub use rows::{UnusableTarget, write_unusable};
pub use state::{End, Refusal, Round, Stage, State};
pub use teams::RecordedTeam;
pub use visited::{Fate, VisitedRound, VisitedUnit};
pub use writer::{Appended, Put, Writer, init};

use crate::units::{Digest, DrawKey, HashName, Moment};

/// The chain itself, below the workspace.
const LEDGER: &str = "ledger.jsonl";
/// Number and head of the last line.
const HEAD: &str = "ledger.head";
/// Draw keys.
const KEYS: &str = "keys";

/// A ledger that was read: sound lines, and what they add up to. Reading never waits for a writer.
#[derive(Debug)]
pub struct Ledger {
    dir: PathBuf,
    lines: Vec<Line>,
    state: State,
    torn: Option<Torn>,
    /// Bytes of the complete lines.
    length: u64,
}

impl Ledger {
    /// Reads the ledger of the workspace `dir` and checks its whole chain and every rule.
    ///
    /// # Errors
    /// When `dir` is no workspace, or at the first fault of the chain.
    pub fn open(dir: &Path) -> Result<Self, Error> {
        let chain = read_chain(dir)?;
        match chain.fault {
            Some(fault) => Err(fault),
            None => Ok(Self {
                dir: dir.to_owned(),
                lines: chain.lines,
                state: chain.state,
                torn: chain.torn,
                length: chain.length,
            }),
        }
    }

    /// The workspace.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The lines, oldest first.
    #[must_use]
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// What they add up to, and what may follow.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }

    /// An unfinished last line that does not count: to be shown, the next writer sets it aside.
    #[must_use]
    pub fn torn(&self) -> Option<&Torn> {
        self.torn.as_ref()
    }

    /// Number of the last line.
    #[must_use]
    pub fn sequence(&self) -> u64 {
        self.lines.last().map_or(0, |line| line.seq)
    }

    /// Head of the chain: what `previous_head` of the next seal is.
    #[must_use]
    pub fn head(&self) -> Digest {
        self.lines.last().map_or(START, |line| line.head)
    }

    /// Place of a round's folder `part` (`seal`, `draw`, `assign` …) below the workspace, as [`Put`] takes it.
    #[must_use]
    pub fn place(round: &str, part: &str) -> String {
        format!("rounds/{round}/{part}")
    }

    /// Whether an entry may be made at `now`: not before the last one.
    ///
    /// # Errors
    /// [`Error::ClockBackwards`].
    pub fn check_clock(&self, now: Moment) -> Result<(), Error> {
        let at = now.in_beijing();
        match self.lines.last().map(|line| line.at) {
            Some(last) if at < last => Err(Error::ClockBackwards { at, last }),
            _ => Ok(()),
        }
    }

    /// The folder of a round's `part`.
    #[must_use]
    pub fn folder(&self, round: &str, part: &str) -> PathBuf {
        self.dir.join(Self::place(round, part))
    }

    /// Where the key of a round is kept.
    #[must_use]
    pub fn key_file(&self, round: &str) -> PathBuf {
        self.dir.join(KEYS).join(format!("{round}.key"))
    }

    /// The draw key of a round; none for an open proof.
    ///
    /// # Errors
    /// When the round is unknown, or its key is not there or not the sealed one.
    pub fn key(&self, round: &str) -> Result<Option<DrawKey>, Error> {
        let seal = &self.state.round(round)?.seal;
        let Some(expected) = seal.key else {
            return Ok(None);
        };
        let path = self.key_file(round);
        let text = fs::read_to_string(&path).map_err(|_| Error::KeyMissing {
            round: round.to_owned(),
            path: path.clone(),
        })?;
        let key = DrawKey::from_hex(text.trim_end());
        let found = key.as_ref().map(|key| commitment(seal.hash, key));
        key.filter(|_| found == Some(expected))
            .map(Some)
            .ok_or_else(|| Error::KeyOther {
                round: round.to_owned(),
                path,
                expected,
                found: found.map_or("no key".to_owned(), |found| found.to_string()),
            })
    }

    /// A named artefact, once its bytes are those the ledger names.
    ///
    /// # Errors
    /// When it is gone or was changed.
    pub fn artefact(&self, line: u64, files: &Files, path: &str) -> Result<PathBuf, Error> {
        let expected = files.get(path).copied();
        let expected = expected.ok_or_else(|| Error::Place(path.to_owned()))?;
        let place = self.dir.join(path);
        let found = match files::digest(&place) {
            Ok(found) if found == expected => return Ok(place),
            Ok(found) => found.to_string(),
            Err(error) => error.to_string(),
        };
        Err(Error::Artefact {
            path: path.to_owned(),
            line,
            expected,
            found,
        })
    }
}

/// The chain of a workspace as far as it is sound, for auditors; [`Ledger::open`] is for everybody else.
///
/// # Errors
/// When `dir` is no workspace, or the ledger cannot be read at all.
pub fn read_chain(dir: &Path) -> Result<Chain, Error> {
    let path = dir.join(LEDGER);
    if !path.is_file() {
        return Err(Error::NotAWorkspace(dir.to_owned()));
    }
    // The head first: a line that is appended meanwhile is then a line more, never a line less.
    let head = dir.join(HEAD);
    let known = fs::read(&head).map_err(Error::io("read", &head))?;
    let known = chain::read_head(&String::from_utf8_lossy(&known));
    let bytes = fs::read(&path).map_err(Error::io("read", &path))?;
    Ok(match known {
        Ok(known) => chain::read(&bytes, known),
        Err(fault) => Chain {
            fault: Some(fault),
            ..chain::read(&bytes, (0, START))
        },
    })
}

/// What a seal publishes of its key: H('choucha/key/v1' ‖ 00 ‖ key).
#[must_use]
pub fn commitment(hash: HashName, key: &DrawKey) -> Digest {
    let Digest(bytes) = Digest::from_hex(&key.reveal()).expect("a key is 64 digits");
    hash.tagged("choucha/key/v1", &bytes)
}
