//! 查账: holds a workspace against itself and against what it published.
//!
//! A ledger alone shows a change only to whoever remembers a later head. Published seals and heads are that memory: a head that
//! the chain does not have is a fork, one beyond its end a cut tail, two seals of one round are rivals.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::ledger::{self, Checked, End, Entry, Finding, Line, Round, START};
use crate::units::{Digest, HashName, Kind, Moment};

/// Why an audit could not be made.
#[derive(Debug, Error)]
pub enum Error {
    /// A published file that is no list of heads, seal or bulletin.
    #[error("{}: expected heads (CSV `sequence,head`, or ledger.head), a seal.json, a bulletin.json or a folder of them: {reason}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The workspace cannot be read.
    #[error(transparent)]
    Ledger(#[from] ledger::Error),
}

impl Error {
    /// The kind of failure, for the exit code.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Unreadable { .. } => Kind::Data,
            Self::Ledger(error) => error.kind(),
        }
    }
}

/// A head as somebody outside keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedHead {
    /// The file that says so.
    pub said_by: String,
    /// Number of the line; 0 is the beginning.
    pub sequence: u64,
    /// Head of the chain after that line.
    pub head: Digest,
}

/// A seal as it was published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedSeal {
    /// The file.
    pub said_by: String,
    /// Its round.
    pub round: String,
    /// Its line in the ledger.
    pub sequence: u64,
    /// Head of the line before.
    pub previous_head: Digest,
    /// Digest of its bytes.
    pub digest: Digest,
}

/// A draw as it was published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedDraw {
    /// The file.
    pub said_by: String,
    /// Its round.
    pub round: String,
    /// Digest of its seal.
    pub seal: Digest,
    /// Its seed text.
    pub seed_text: String,
    /// SHA-256 of its bulletin.
    pub bulletin: Digest,
}

/// Everything that was published.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Published {
    /// Heads.
    pub heads: Vec<PublishedHead>,
    /// Seals.
    pub seals: Vec<PublishedSeal>,
    /// Draws.
    pub draws: Vec<PublishedDraw>,
}

/// What an audit of the chain found.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Complete sound lines.
    pub n_lines: u64,
    /// Head of the last of them.
    pub head: Option<Digest>,
    /// Heads that were compared, those in seals too.
    pub n_heads: usize,
    /// Seals that were compared.
    pub n_seals: usize,
    /// Bulletins that were compared.
    pub n_bulletins: usize,
    /// What is wrong, one plain sentence each; nothing if all is well.
    pub findings: Vec<Finding>,
    /// What an auditor should know and is not wrong.
    pub notes: Vec<String>,
}

impl Report {
    /// The kind of failure if there is a finding.
    #[must_use]
    pub fn kind(&self) -> Option<Kind> {
        (!self.findings.is_empty()).then_some(Kind::Verification)
    }
}

impl Published {
    /// Reads heads (CSV `sequence,head`, or a copy of `ledger.head`), public seals, bulletins, and folders that hold any of
    /// them at any depth and under any name.
    ///
    /// # Errors
    /// When a named file is something else, or nothing published is found at all.
    pub fn read(paths: &[PathBuf]) -> Result<Self, Error> {
        let mut published = Self::default();
        for path in paths {
            published.take(path, true)?;
        }
        match paths.first() {
            Some(path) if published == Self::default() => {
                Err(unreadable(path, "nothing of the kind is there"))
            }
            _ => Ok(published),
        }
    }

    fn take(&mut self, path: &Path, is_named: bool) -> Result<(), Error> {
        let cannot = |error: std::io::Error| unreadable(path, error.to_string());
        if path.is_dir() {
            let entries = fs::read_dir(path).map_err(cannot)?;
            let mut paths: Vec<PathBuf> = entries
                .map(|entry| entry.map(|entry| entry.path()))
                .collect::<Result<_, _>>()
                .map_err(cannot)?;
            paths.sort();
            return paths.iter().try_for_each(|path| self.take(path, false));
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let extension = path.extension().unwrap_or_default();
        if extension.eq_ignore_ascii_case("csv") {
            let bytes = fs::read(path).map_err(cannot)?;
            let has_heads = bytes.trim_ascii_start().starts_with(b"sequence,head");
            if is_named || has_heads {
                self.heads.extend(heads(path, &bytes)?); // a frame.csv beside a seal is no list of heads
            }
            return Ok(());
        }
        let is_json = extension.eq_ignore_ascii_case("json");
        if !is_named && !is_json && name != "ledger.head" {
            return Ok(());
        }
        let bytes = fs::read(path).map_err(cannot)?;
        if name == "ledger.head" {
            self.heads.push(last_head(path, &bytes)?);
        } else if let Some(draw) = draw(path, &bytes) {
            self.draws.push(draw);
        } else if is_named || name == "seal.json" {
            self.seals.push(seal(path, &bytes)?);
        } else {
            self.seals.extend(seal(path, &bytes)); // other JSON of a bulletin is no seal
        }
        Ok(())
    }

    /// All heads, those in seals too.
    fn all_heads(&self) -> Vec<PublishedHead> {
        let in_seals = self.seals.iter().map(|seal| PublishedHead {
            said_by: seal.said_by.clone(),
            sequence: seal.sequence.saturating_sub(1),
            head: seal.previous_head,
        });
        self.heads.iter().cloned().chain(in_seals).collect()
    }
}

fn unreadable(path: &Path, reason: impl Into<String>) -> Error {
    Error::Unreadable {
        path: path.to_owned(),
        reason: reason.into(),
    }
}

fn seal(path: &Path, bytes: &[u8]) -> Result<PublishedSeal, Error> {
    #[derive(Deserialize)]
    struct Seal {
        round: String,
        sequence: u64,
        previous_head: Digest,
        hash: HashName,
    }
    let seal: Seal =
        serde_json::from_slice(bytes).map_err(|error| unreadable(path, error.to_string()))?;
    Ok(PublishedSeal {
        said_by: path.display().to_string(),
        round: seal.round,
        sequence: seal.sequence,
        previous_head: seal.previous_head,
        digest: seal.hash.tagged("choucha/seal/v2", bytes),
    })
}

/// A bulletin, if the file is one.
fn draw(path: &Path, bytes: &[u8]) -> Option<PublishedDraw> {
    #[derive(Deserialize)]
    struct Bulletin {
        round: String,
        seal_digest: Digest,
        seed_text: String,
    }
    let bulletin: Bulletin = serde_json::from_slice(bytes).ok()?;
    Some(PublishedDraw {
        said_by: path.display().to_string(),
        round: bulletin.round,
        seal: bulletin.seal_digest,
        seed_text: bulletin.seed_text,
        bulletin: HashName::Sha256.digest(&[bytes]),
    })
}

/// The number and head of a copy of `ledger.head`.
fn last_head(path: &Path, bytes: &[u8]) -> Result<PublishedHead, Error> {
    let text = String::from_utf8_lossy(bytes);
    let parts = text.trim().split_once(' ');
    let head = parts.and_then(|(sequence, head)| {
        Some(PublishedHead {
            said_by: path.display().to_string(),
            sequence: sequence.parse().ok()?,
            head: Digest::from_hex(head)?,
        })
    });
    head.ok_or_else(|| unreadable(path, "a number and a head belong there"))
}

fn heads(path: &Path, bytes: &[u8]) -> Result<Vec<PublishedHead>, Error> {
    #[derive(Deserialize)]
    struct Row {
        sequence: u64,
        head: Digest,
    }
    let rows = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(bytes)
        .into_deserialize();
    let rows: Vec<Row> = rows
        .collect::<Result<_, _>>()
        .map_err(|error: csv::Error| unreadable(path, error.to_string()))?;
    let said_by = path.display().to_string();
    let heads = rows.into_iter().map(|row| PublishedHead {
        said_by: said_by.clone(),
        sequence: row.sequence,
        head: row.head,
    });
    Ok(heads.collect())
}

/// Checks the workspace itself, then everything published against it, then whether every round came to its end by `now`.
///
/// # Errors
/// When `workspace` is no workspace or cannot be read at all.
pub fn audit_chain(workspace: &Path, published: &Published, now: Moment) -> Result<Report, Error> {
    let checked = ledger::check(workspace)?;
    let chain = ledger::read_chain(workspace)?;
    let heads = published.all_heads();
    let Checked {
        n_lines,
        head,
        findings,
        notes,
    } = checked;
    let mut report = Report {
        n_lines,
        head,
        n_heads: heads.len(),
        n_seals: published.seals.len(),
        n_bulletins: published.draws.len(),
        findings,
        notes,
    };
    let is_whole = chain.fault.is_none();
    for head in &heads {
        report.compare_head(head, &chain.lines, is_whole);
    }
    report.rivals(&published.seals);
    for seal in &published.seals {
        report.compare_seal(seal, &chain.lines, chain.state.rounds(), is_whole);
    }
    for draw in &published.draws {
        report.compare_draw(draw, chain.state.rounds());
    }
    report.one_seed_per_event(chain.state.rounds());
    for round in chain.state.rounds() {
        let digests = published.seals.iter().map(|seal| seal.digest);
        let mut digests = digests.chain(published.draws.iter().map(|draw| draw.seal));
        let was_published = round.receipt.is_some() || digests.any(|seal| seal == round.seal.seal);
        report.ending(round, was_published, now);
    }
    Ok(report)
}

impl Report {
    fn find(&mut self, kind: &'static str, subject: &str, sentence: String) {
        let finding = Finding::new(kind, subject, sentence);
        if !self.findings.contains(&finding) {
            self.findings.push(finding);
        }
    }

    fn compare_head(&mut self, published: &PublishedHead, lines: &[Line], is_whole: bool) {
        let PublishedHead {
            said_by,
            sequence,
            head,
        } = published;
        let place = usize::try_from(*sequence).unwrap_or(usize::MAX);
        let found = match place.checked_sub(1) {
            None => Some(START),
            Some(index) => lines.get(index).map(|line| line.head),
        };
        match found {
            Some(found) if found == *head => {}
            Some(found) => self.find(
                "fork",
                said_by,
                format!(
                    "{said_by} says the head after line {sequence} is {head}, and the chain has {found} there: the ledger was forked or rewritten"
                ),
            ),
            None if is_whole => self.find(
                "cut",
                said_by,
                format!(
                    "{said_by} names line {sequence}, and the chain ends after line {}: its end was cut off",
                    lines.len()
                ),
            ),
            None => self.notes.push(format!(
                "{said_by} names line {sequence}, which cannot be compared because the chain is broken before it"
            )),
        }
    }

    /// Two published seals with one round id or one number.
    fn rivals(&mut self, seals: &[PublishedSeal]) {
        let mut by_round: BTreeMap<&str, &PublishedSeal> = BTreeMap::new();
        let mut by_sequence: BTreeMap<u64, &PublishedSeal> = BTreeMap::new();
        for seal in seals {
            let first = by_round.entry(&seal.round).or_insert(seal);
            if first.digest != seal.digest {
                let what = format!("round {}", seal.round);
                self.rival(&what, first, seal);
            }
            let first = by_sequence.entry(seal.sequence).or_insert(seal);
            if first.digest != seal.digest && first.round != seal.round {
                let what = format!("ledger sequence {}", seal.sequence);
                self.rival(&what, first, seal);
            }
        }
    }

    fn rival(&mut self, what: &str, first: &PublishedSeal, second: &PublishedSeal) {
        let sentence = format!(
            "two different seals were published for {what}: {} in {} and {} in {}",
            first.digest, first.said_by, second.digest, second.said_by
        );
        self.find("rival", &second.round, sentence);
    }

    /// A published seal against the seal the ledger records.
    fn compare_seal(
        &mut self,
        seal: &PublishedSeal,
        lines: &[Line],
        rounds: &[Round],
        is_whole: bool,
    ) {
        let PublishedSeal {
            said_by,
            round,
            sequence,
            digest,
            ..
        } = seal;
        let recorded = rounds.iter().find(|known| known.seal.round == *round);
        if let Some(recorded) = recorded {
            if recorded.seal.seal != *digest {
                let sentence = format!(
                    "{said_by} is a seal of round {round} with the digest {digest}, and the ledger records {}: two seals rival",
                    recorded.seal.seal
                );
                self.find("rival", round, sentence);
            } else if recorded.sequence != *sequence {
                let sentence = format!(
                    "{said_by} says round {round} is line {sequence}, and the ledger has it as line {}",
                    recorded.sequence
                );
                self.find("fork", round, sentence);
            }
            return;
        }
        let index = usize::try_from(*sequence)
            .ok()
            .and_then(|n| n.checked_sub(1));
        let line = index.and_then(|index| lines.get(index));
        let place = match line.map(|line| &line.entry) {
            Some(Entry::Seal(other)) => format!("line {sequence} seals round {}", other.round),
            Some(entry) => format!("line {sequence} is of the kind {}", entry.kind()),
            None if is_whole => format!("the chain ends after line {}", lines.len()),
            None => return, // compare_head() notes that the chain is broken before it
        };
        let sentence =
            format!("{said_by} is a seal of round {round}, which is not in the ledger: {place}");
        self.find("unrecorded", round, sentence);
    }

    /// A published bulletin against the draw the ledger records.
    fn compare_draw(&mut self, draw: &PublishedDraw, rounds: &[Round]) {
        let PublishedDraw {
            said_by,
            round,
            seal,
            seed_text,
            bulletin,
        } = draw;
        let mut drawn = rounds
            .iter()
            .filter_map(Round::draw)
            .map(|(_, drawn)| drawn);
        let recorded = drawn.rfind(|drawn| drawn.seal == *seal);
        let sentence = match recorded {
            None => format!(
                "{said_by} is a bulletin of round {round} with the seed {seed_text:?}, and the ledger has no draw of its seal"
            ),
            Some(drawn) if drawn.bulletin != *bulletin => format!(
                "{said_by} is a bulletin of round {round} with the seed {seed_text:?}, and the ledger records another one with the seed {:?}: the round was drawn twice, or its bulletin was changed",
                drawn.seed_text
            ),
            Some(_) => return,
        };
        self.find("other_draw", round, sentence);
    }

    /// One event has one outcome, whatever rounds wait for it.
    fn one_seed_per_event(&mut self, rounds: &[Round]) {
        let mut seen: BTreeMap<(&str, Moment), (&str, &str)> = BTreeMap::new();
        for round in rounds {
            let Some((_, drawn)) = round.draw() else {
                continue;
            };
            let event = (round.seal.event.as_str(), round.seal.not_before);
            let this = (drawn.round.as_str(), drawn.seed_text.as_str());
            let first = *seen.entry(event).or_insert(this);
            if first.1 != this.1 {
                let sentence = format!(
                    "rounds {} and {} were drawn from one event, {:?} of {}, with two outcomes: {:?} and {:?}",
                    first.0, this.0, event.0, event.1, first.1, this.1
                );
                self.find("two_outcomes", this.0, sentence);
            }
        }
    }

    /// Whether a round ended as a round must.
    fn ending(&mut self, round: &Round, was_published: bool, now: Moment) {
        let (id, not_before) = (&round.seal.round, round.seal.not_before);
        match &round.end {
            None if not_before <= now => self.find(
                "open",
                id,
                format!(
                    "round {id} was neither drawn nor declared void (作废), and its seed can be known since {not_before}"
                ),
            ),
            None => self.notes.push(format!(
                "round {id} is sealed and waits for its event, not before {not_before}"
            )),
            Some(End::Voided(at, void)) if not_before <= *at => {
                let sentence = format!(
                    "round {id} was declared void (作废) at {at}, when its seed could be known since {not_before}; reason: {}",
                    void.reason
                );
                if was_published {
                    self.find("void_after_event", id, sentence + "; and its seal was published");
                } else {
                    self.notes.push(sentence);
                }
            }
            Some(End::Voided(at, void)) => self.notes.push(format!(
                "round {id} was declared void (作废) at {at} by {}: {}",
                void.office, void.reason
            )),
            Some(End::Drawn(..)) => {}
        }
        if let Some(by) = &round.superseded_by {
            self.notes
                .push(format!("round {id} was drawn again as round {by}"));
        }
    }
}
