//! 账本的链: one line per entry, each naming the hash of the line before, so that the last hash stands for all of them.
//!
//! A line is `{"seq":…,"at":…,"kind":…,"body":…,"prev":…}` and has one spelling. Its head is SHA-256 of its bytes without the line
//! feed; `prev` of the first line is 64 zeros.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::entry::{Entry, KINDS};
use super::{Error, State};
use crate::units::{Digest, HashName, Moment};

/// `prev` of the first line.
pub const START: Digest = Digest([0; 32]);
/// Letters of a line that a message shows.
const SHOWN: usize = 60;

/// One entry in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Sequence number; equal to the line number, from 1.
    pub seq: u64,
    /// When it was recorded.
    pub at: Moment,
    /// What it records.
    pub entry: Entry,
    /// Head of the line before.
    pub prev: Digest,
    /// SHA-256 of the line.
    pub head: Digest,
}

/// A last line that was not finished, or was cut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Torn {
    /// The number it would have.
    pub line: u64,
    /// What stands there.
    pub bytes: Vec<u8>,
    /// Whether `ledger.head` says that it once was complete.
    pub was_complete: bool,
}

/// What could be read: the lines up to the first fault, what they add up to, and the fault.
#[derive(Debug)]
pub struct Chain {
    /// The sound lines.
    pub lines: Vec<Line>,
    /// What they add up to.
    pub state: State,
    /// The unfinished last line.
    pub torn: Option<Torn>,
    /// The first fault.
    pub fault: Option<Error>,
    /// Bytes of the complete lines, sound or not.
    pub(super) length: u64,
}

impl std::fmt::Display for Torn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { line, bytes, .. } = self;
        let what = if self.was_complete {
            "was complete once and is cut off now (take the workspace from its backup)"
        } else {
            "was not finished"
        };
        write!(
            f,
            "ledger.jsonl, line {line}: the last line, {} bytes without a line feed, {what}; it does not count",
            bytes.len()
        )
    }
}

/// The bytes of a line, without the line feed.
pub(super) fn write_line(seq: u64, at: Moment, entry: &Entry, prev: Digest) -> String {
    let entry = serde_json::to_string(entry).expect("plain values serialise");
    let inner = &entry[1..entry.len() - 1];
    format!("{{\"seq\":{seq},\"at\":\"{at}\",{inner},\"prev\":\"{prev}\"}}")
}

/// The head of a line.
pub(super) fn head_of(line: &[u8]) -> Digest {
    HashName::Sha256.digest(&[line])
}

/// The contents of `ledger.head` after a line.
pub(super) fn write_head(seq: u64, head: Digest) -> String {
    format!("{seq} {head}\n")
}

/// Number and head that `ledger.head` gives.
pub(super) fn read_head(text: &str) -> Result<(u64, Digest), Error> {
    let parts = text.strip_suffix('\n').and_then(|t| t.split_once(' '));
    let read = parts.and_then(|(seq, head)| Some((seq.parse().ok()?, Digest::from_hex(head)?)));
    read.filter(|&(seq, head)| write_head(seq, head) == text)
        .ok_or_else(|| Error::HeadFile {
            found: shown(text.as_bytes()),
        })
}

/// Reads and checks a whole ledger. `known` is the number and head of a line that was complete.
pub(super) fn read(bytes: &[u8], known: (u64, Digest)) -> Chain {
    let end = bytes.iter().rposition(|&b| b == b'\n').map_or(0, |i| i + 1);
    let (whole, tail) = bytes.split_at(end);
    let texts: Vec<&[u8]> = whole.split_inclusive(|&b| b == b'\n').collect();
    let texts: Vec<&[u8]> = texts.iter().map(|text| &text[..text.len() - 1]).collect();
    let torn = (!tail.is_empty()).then(|| Torn {
        line: texts.len() as u64 + 1,
        bytes: tail.to_owned(),
        was_complete: known.0 > texts.len() as u64,
    });
    let (mut lines, mut fault) = decode(&texts);
    if let Err(error) = check_links(&lines, known) {
        lines.truncate(error.1);
        fault = Some(error.0);
    }
    if fault.is_none() {
        fault = check_end(lines.len() as u64, torn.as_ref(), known.0).err();
    }
    let (state, n_lawful, broken) = replay(&lines);
    if broken.is_some() {
        lines.truncate(n_lawful);
        fault = broken;
    }
    Chain {
        lines,
        state,
        torn,
        fault,
        length: end as u64,
    }
}

/// The lines up to the first that cannot be decoded.
fn decode(texts: &[&[u8]]) -> (Vec<Line>, Option<Error>) {
    let mut lines = Vec::with_capacity(texts.len());
    for (text, number) in texts.iter().zip(1..) {
        match decode_line(text, number) {
            Ok(line) => lines.push(line),
            Err(error) => return (lines, Some(error)),
        }
    }
    (lines, None)
}

fn decode_line(text: &[u8], number: u64) -> Result<Line, Error> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Written {
        seq: u64,
        at: Moment,
        kind: String,
        body: Value,
        prev: Digest,
    }
    let undecodable = |error: serde_json::Error| Error::Undecodable {
        line: number,
        found: shown(text),
        reason: error.to_string(),
    };
    let written: Written = serde_json::from_slice(text).map_err(undecodable)?;
    if !KINDS.contains(&written.kind.as_str()) {
        return Err(Error::UnknownKind {
            line: number,
            expected: KINDS.join(", "),
            found: written.kind,
        });
    }
    let entry = json!({ "kind": written.kind, "body": written.body });
    let entry: Entry = serde_json::from_value(entry).map_err(undecodable)?;
    let (seq, at, prev) = (written.seq, written.at, written.prev);
    check_spelling(&write_line(seq, at, &entry, prev), text, number)?;
    Ok(Line {
        seq,
        at,
        entry,
        prev,
        head: head_of(text),
    })
}

fn check_spelling(expected: &str, found: &[u8], line: u64) -> Result<(), Error> {
    let expected = expected.as_bytes();
    if expected == found {
        return Ok(());
    }
    let same = expected
        .iter()
        .zip(found)
        .take_while(|(a, b)| a == b)
        .count();
    Err(Error::Spelling {
        line,
        byte: same + 1,
        expected: shown(&expected[same..]),
        found: shown(&found[same..]),
    })
}

/// The beginning of some bytes, for a message.
fn shown(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).chars().take(SHOWN).collect()
}

/// Numbers and hashes; with an error comes the number of lines before it.
fn check_links(lines: &[Line], known: (u64, Digest)) -> Result<(), (Error, usize)> {
    let mut places = BTreeMap::new();
    for (index, (line, number)) in lines.iter().zip(1..).enumerate() {
        if line.seq != number {
            let first = places.get(&line.seq).copied();
            let comes_later = lines[index..].iter().any(|later| later.seq == number);
            return Err((out_of_place(line, number, first, comes_later), index));
        }
        places.insert(line.seq, number);
        let before = index.checked_sub(1).map(|before| &lines[before]);
        let expected = before.map_or(START, |before| before.head);
        if line.prev != expected {
            return Err(other_previous(lines, index, known));
        }
    }
    let (number, head) = known;
    let named = usize::try_from(number).ok().and_then(|n| n.checked_sub(1));
    let named = named.and_then(|index| Some((index, lines.get(index)?)));
    match named {
        Some((index, line)) if line.head != head => {
            let error = Error::Changed {
                line: number,
                by: "ledger.head".to_owned(),
                expected: head,
                found: line.head,
            };
            Err((error, index))
        }
        _ => Ok(()),
    }
}

fn out_of_place(line: &Line, number: u64, first: Option<u64>, comes_later: bool) -> Error {
    let (found, line) = (line.seq, number);
    match first {
        Some(first) => Error::TwoWithOneNumber { line, found, first },
        None if comes_later => Error::Reordered { line, found },
        None => Error::Missing { line, found },
    }
}

/// Which of two lines that do not fit was changed: the second, unless what follows vouches for it.
fn other_previous(lines: &[Line], index: usize, known: (u64, Digest)) -> (Error, usize) {
    let line = &lines[index];
    let is_vouched = match lines.get(index + 1) {
        Some(next) => next.prev == line.head,
        None => known == (line.seq, line.head),
    };
    match index.checked_sub(1).map(|before| &lines[before]) {
        Some(before) if is_vouched => {
            let error = Error::Changed {
                line: before.seq,
                by: format!("line {}", line.seq),
                expected: line.prev,
                found: before.head,
            };
            (error, index - 1)
        }
        before => {
            let error = Error::OtherPrevious {
                line: line.seq,
                expected: before.map_or(START, |before| before.head),
                found: line.prev,
            };
            (error, index)
        }
    }
}

/// Whether every line that once was complete is there, or is the torn one that everybody is told of.
fn check_end(n_lines: u64, torn: Option<&Torn>, known: u64) -> Result<(), Error> {
    let n_seen = n_lines + u64::from(torn.is_some());
    if known <= n_seen && n_lines > 0 {
        return Ok(());
    }
    Err(Error::Cut {
        expected: known,
        found: n_lines,
    })
}

/// What the lines add up to, how many keep the rules, and the first that does not.
fn replay(lines: &[Line]) -> (State, usize, Option<Error>) {
    let mut state = State::default();
    let mut last: Option<Moment> = None;
    for (index, line) in lines.iter().enumerate() {
        let (number, at) = (line.seq, line.at);
        if let Some(last) = last.filter(|&last| at < last) {
            let error = Error::TimeInLedger {
                line: number,
                at,
                last,
            };
            return (state, index, Some(error));
        }
        if let Err(refusal) = state.admit(number, at, &line.entry) {
            let error = Error::Rule {
                line: number,
                refusal,
            };
            return (state, index, Some(error));
        }
        last = Some(at);
    }
    (state, lines.len(), None)
}
