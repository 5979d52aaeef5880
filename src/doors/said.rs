//! What commands say of what was done: lines for people, values for programs.

use std::path::Path;

use serde_json::{Value, json};

use super::{Said, sendback};
use crate::corridor::{Drawn, Scored};
use crate::evaluate::PastRounds;
use crate::ingest;
use crate::job::Job;
use crate::runs::RunFolder;

/// What is said of a result that stands already.
pub(super) const UNCHANGED: &str = "nothing to do: inputs, settings and outputs are unchanged";

/// A result that was not made anew, and the page to open.
pub(super) fn said_unchanged(out: &Path, page: &str, what: &str) -> Said {
    let page = out.join(page);
    Said {
        kind: None,
        lines: vec![what.to_owned(), format!("open {}", page.display())],
        json: json!({ "out": out, "done": false, "what": what }),
    }
}

pub(super) fn said_of_leftovers(folder: &RunFolder) -> Vec<String> {
    folder
        .leftovers()
        .iter()
        .map(|leftover| format!("note: {leftover}"))
        .collect()
}

pub(super) fn said_of_counts(snapshot: &ingest::Snapshot) -> Vec<String> {
    let line = |counts: &ingest::TableCounts| {
        format!(
            "{}: {} rows read = {} accepted + {} refused + {} known later",
            counts.table, counts.read, counts.accepted, counts.refused, counts.later
        )
    };
    let findings = snapshot.finding_counts().iter();
    let findings: Vec<String> = findings.map(|(rule, n)| format!("{n} {rule}")).collect();
    let found = (!findings.is_empty())
        .then(|| format!("findings on accepted rows: {}", findings.join(", ")));
    snapshot.counts().iter().map(line).chain(found).collect()
}

/// Of the words of a column in no vocabulary, so many are said.
const WORDS_MAX: usize = 10;

/// What words of tables are in no vocabulary and not named by the job itself, those of most rows first.
pub(super) fn said_of_words(words: &[ingest::Word], job: &Job) -> Vec<String> {
    let is_open = |word: &&ingest::Word| !job.names(word.column, &word.word);
    let mut words: Vec<&ingest::Word> = words.iter().filter(is_open).collect();
    words.sort_by_key(|word| (&word.key, word.column, std::cmp::Reverse(word.n)));
    let mut said = Vec::new();
    for column in words.chunk_by(|a, b| (&a.key, a.column) == (&b.key, b.column)) {
        said.extend(column.iter().take(WORDS_MAX).map(ToString::to_string));
        if let Some(rest) = column.get(WORDS_MAX..).filter(|rest| !rest.is_empty()) {
            let (key, column) = (&rest[0].key, rest[0].column);
            said.push(format!(
                "{key}: {column}: and {} more such words",
                rest.len()
            ));
        }
    }
    said
}

/// Where the refused rows lie, if there are any.
pub(super) fn said_of_refused(out: &Path) -> Option<String> {
    let folder = out.join(sendback::REFUSED);
    folder.exists().then(|| {
        format!(
            "refused rows, to be corrected and sent again: {}",
            folder.display()
        )
    })
}

pub(super) fn counts_json(snapshot: &ingest::Snapshot) -> Vec<Value> {
    let one = |counts: &ingest::TableCounts| json!({ "table": counts.table, "read": counts.read, "accepted": counts.accepted, "refused": counts.refused, "later": counts.later });
    snapshot.counts().iter().map(one).collect()
}

pub(super) fn said_of_scored(scored: &Scored) -> Vec<String> {
    let mut lines = said_of_counts(&scored.snapshot);
    lines.push(format!(
        "frame: {} of {} objects",
        scored.registers.n_frame(),
        scored.registers.n_objects()
    ));
    lines.extend(
        scored
            .registers
            .exclusions()
            .iter()
            .map(|one| format!("  left out: {} {}", one.n, one.reason)),
    );
    let classes: Vec<String> = scored
        .risk
        .classes()
        .iter()
        .map(|class| format!("{} {}", class.code, class.n))
        .collect();
    lines.push(format!("classes of all objects: {}", classes.join(", ")));
    let models = scored.risk.models().iter();
    lines.extend(models.filter_map(|model| {
        let why = model.refused.as_ref()?;
        Some(format!("model {} has no score: {why}", model.name))
    }));
    lines
}

/// Visits that fit no past draw, and kinds of events nobody ever entered.
pub(super) fn said_of_past(past: &PastRounds) -> Vec<String> {
    let aside = past.set_aside.iter();
    let aside: Vec<String> = aside
        .map(|one| format!("{} {}", one.n, one.label))
        .collect();
    let aside =
        (!aside.is_empty()).then(|| format!("past visits used for no draw: {}", aside.join(", ")));
    aside.into_iter().chain(said_of_kinds(past)).collect()
}

/// Kinds of events nobody ever entered.
pub(super) fn said_of_kinds(past: &PastRounds) -> Vec<String> {
    let kinds = past.kinds_without_events.iter();
    let said = |kind| format!("[deterrence]: no event is of kind \"{kind}\"; check its name");
    kinds.map(said).collect()
}

pub(super) fn said_of_draw(drawn: &Drawn) -> String {
    format!(
        "drawn: {} of {} objects in {} strata, seed digest {}",
        drawn.sample.n(),
        drawn.sealed.n_units(),
        drawn.sealed.strata.len(),
        drawn.seed.digest()
    )
}
