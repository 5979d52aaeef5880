//! What is wrong in a workspace: its chain, the artefacts the chain names, the seals among them, the keys.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde::Serialize;
use serde_json::Value;

use super::chain::{Chain, Line};
use super::entry::{Entry, Seal};
use super::files::{self, walk};
use super::writer::STAGING;
use super::{Error, KEYS, commitment, read_chain};
use crate::units::{Digest, DrawKey};

/// One thing that is wrong, in one plain sentence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Which sort of fault, for programs.
    pub kind: &'static str,
    /// The round, line or file it is about.
    pub subject: String,
    /// The sentence.
    pub sentence: String,
}

/// What a check of a workspace found.
#[derive(Debug, Serialize)]
pub struct Checked {
    /// Complete sound lines.
    pub n_lines: u64,
    /// Head of the last of them.
    pub head: Option<Digest>,
    /// What is wrong; nothing if the workspace is sound.
    pub findings: Vec<Finding>,
    /// What a reader should know and is not wrong.
    pub notes: Vec<String>,
}

impl Finding {
    /// A finding of a kind.
    pub fn new(kind: &'static str, subject: impl Into<String>, sentence: String) -> Self {
        Self {
            kind,
            subject: subject.into(),
            sentence,
        }
    }
}

/// Checks a workspace: chain and rules, every artefact against its digest, every seal and key against its entry.
///
/// # Errors
/// When `dir` is no workspace or cannot be read at all.
pub fn check(dir: &Path) -> Result<Checked, Error> {
    let chain = read_chain(dir)?;
    let mut checked = Checked {
        n_lines: chain.lines.len() as u64,
        head: chain.lines.last().map(|line| line.head),
        findings: Vec::new(),
        notes: Vec::new(),
    };
    checked.chain(&chain);
    for line in &chain.lines {
        checked.artefacts(dir, line);
        if let Entry::Seal(seal) = &line.entry {
            checked.seal(dir, line, seal);
        }
    }
    checked.keys(dir, &chain);
    checked.leftovers(dir, &chain)?;
    Ok(checked)
}

impl Checked {
    fn find(&mut self, kind: &'static str, subject: impl Into<String>, sentence: String) {
        self.findings.push(Finding::new(kind, subject, sentence));
    }

    fn chain(&mut self, chain: &Chain) {
        if let Some(fault) = &chain.fault {
            let line = chain.lines.len() + 1;
            self.find("chain", format!("line {line}"), fault.to_string());
        }
        match &chain.torn {
            Some(torn) if torn.was_complete => {
                self.find("torn", format!("line {}", torn.line), torn.to_string());
            }
            Some(torn) => self.notes.push(torn.to_string()),
            None => {}
        }
    }

    fn artefacts(&mut self, dir: &Path, line: &Line) {
        for (path, expected) in line.entry.files().into_iter().flatten() {
            let place = dir.join(path);
            let line = line.seq;
            match files::digest(&place) {
                Ok(found) if found == *expected => {}
                Ok(found) => self.find(
                    "changed",
                    path,
                    format!("{path} was changed: line {line} of the ledger says {expected}, found {found}"),
                ),
                Err(_) if !place.exists() => self.find(
                    "missing",
                    path,
                    format!("{path} is gone: line {line} of the ledger names it"),
                ),
                Err(error) => self.find(
                    "missing",
                    path,
                    format!("{path} cannot be read: {error}"),
                ),
            }
        }
    }

    /// Whether the public seal says of itself what the ledger says of it.
    fn seal(&mut self, dir: &Path, line: &Line, seal: &Seal) {
        let name = seal.files.keys().find(|n| n.ends_with("/public/seal.json"));
        let Some((name, bytes)) = name.and_then(|n| Some((n, fs::read(dir.join(n)).ok()?))) else {
            return; // artefacts() says so where the ledger names one
        };
        let Ok(read) = serde_json::from_slice::<Value>(&bytes) else {
            let sentence = format!("{name} is no JSON");
            return self.find("seal", &seal.round, sentence);
        };
        let digest = seal.hash.tagged("choucha/seal/v2", &bytes);
        let expected = [
            ("round", Value::from(seal.round.as_str())),
            ("sequence", Value::from(line.seq)),
            ("previous_head", Value::from(line.prev.to_string())),
        ];
        for (key, expected) in expected {
            if read[key] != expected {
                let found = &read[key];
                let sentence = format!(
                    "{name} says {key} = {found}, and line {} of the ledger makes it {expected}",
                    line.seq
                );
                self.find("seal", &seal.round, sentence);
            }
        }
        if digest != seal.seal {
            let sentence = format!(
                "{name} has the digest {digest}, and line {} of the ledger says {}",
                line.seq, seal.seal
            );
            self.find("seal", &seal.round, sentence);
        }
    }

    fn keys(&mut self, dir: &Path, chain: &Chain) {
        for round in chain.state.rounds() {
            let (id, seal) = (&round.seal.round, &round.seal);
            let Some(expected) = seal.key else { continue };
            let path = dir.join(KEYS).join(format!("{id}.key"));
            let text = fs::read_to_string(&path).ok();
            match (text, &round.key_lost) {
                (None, Some(lost)) => self.notes.push(format!(
                    "the key of round {id} is lost ({}): its levels can no longer be recomputed",
                    lost.reason
                )),
                (None, None) if round.custody.is_some() => {
                    let holder = round.custody.as_ref().map_or("", |one| one.holder.as_str());
                    self.notes.push(format!("the key of round {id} is with {holder} alone"));
                }
                (None, None) => self.find(
                    "key",
                    id,
                    format!("the key of round {id} is not at keys/{id}.key, and its loss is not recorded"),
                ),
                (Some(text), _) => {
                    let key = DrawKey::from_hex(text.trim_end());
                    let found = key.map(|key| commitment(seal.hash, &key));
                    if found != Some(expected) {
                        let sentence = format!("keys/{id}.key does not open the seal of round {id}");
                        self.find("key", id, sentence);
                    }
                }
            }
        }
    }

    /// Files no entry names.
    fn leftovers(&mut self, dir: &Path, chain: &Chain) -> Result<(), Error> {
        if chain.fault.is_some() {
            return Ok(()); // what the rest of the chain named is unknown
        }
        let named: BTreeSet<&String> = chain
            .lines
            .iter()
            .filter_map(|line| line.entry.files())
            .flat_map(super::Files::keys)
            .collect();
        for (_, name) in walk(dir, "")? {
            let name = name.trim_start_matches('/').to_owned();
            let is_own = ["ledger.jsonl", "ledger.head", ".lock"].contains(&name.as_str());
            let is_key = name.starts_with(&format!("{KEYS}/")) && !name.contains(".orphan");
            let is_page = name.starts_with("rounds/") && name.ends_with("/certificate.html");
            if is_own || is_key || is_page || named.contains(&name) {
                continue;
            }
            if name.starts_with("ledger.torn-") {
                let note = format!("{name} holds a line that a writer could not finish");
                self.notes.push(note);
            } else if name.starts_with(&format!("{STAGING}/")) {
                let note = format!("{name} is unfinished: a writer works on it or was interrupted");
                self.notes.push(note);
            } else {
                self.notes
                    .push(format!("{name} belongs to no entry of the ledger"));
            }
        }
        Ok(())
    }
}
