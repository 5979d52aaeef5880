//! Looking after a workspace, and holding it against what was published.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::super::{Said, clock, random_bytes};
use super::workspace_of;
use crate::audit;
use crate::error::Error;
use crate::ledger;
use crate::plan::Office;
use crate::units::{Digest, HashName, Meter};

/// Makes an empty workspace.
///
/// # Errors
/// A folder that holds anything, an empty title.
pub fn init_workspace(dir: &Path, title: &str, rehearsal: bool) -> Result<Said, Error> {
    let appended = ledger::init(dir, title, rehearsal, clock()?)?;
    let what = if rehearsal { "rehearsal (演练) " } else { "" };
    Ok(Said {
        kind: None,
        lines: vec![
            format!("made the {what}workspace {}", dir.display()),
            format!("head of the ledger: {}", appended.head),
        ],
        json: json!({ "workspace": dir, "rehearsal": rehearsal, "head": appended.head }),
    })
}

/// Checks a workspace whole: chain, rules, artefacts.
///
/// # Errors
/// [`Error::Found`] with one sentence per fault.
pub fn check_workspace(dir: Option<&Path>) -> Result<Said, Error> {
    let dir = workspace_of(dir, None)?;
    let checked = ledger::check(&dir)?;
    let found: Vec<String> = checked
        .findings
        .iter()
        .map(|finding| finding.sentence.clone())
        .collect();
    if !found.is_empty() {
        return Err(Error::Found(found));
    }
    let mut lines: Vec<String> = checked
        .notes
        .iter()
        .map(|note| format!("note: {note}"))
        .collect();
    lines.push(format!(
        "{}: {} lines, every artefact is what the ledger names",
        dir.display(),
        checked.n_lines
    ));
    Ok(Said {
        kind: None,
        lines,
        json: json!({ "workspace": dir, "lines": checked.n_lines, "findings": [], "notes": checked.notes }),
    })
}

/// Copies a workspace to a new folder; keys only where asked.
///
/// # Errors
/// A target that is not empty or lies inside, a workspace with a fault.
pub fn backup(dir: Option<&Path>, to: &Path, with_keys: bool) -> Result<Said, Error> {
    let dir = workspace_of(dir, None)?;
    let mut lines = ledger::backup(&dir, to, with_keys)?;
    lines.push(format!("copied {} to {}", dir.display(), to.display()));
    Ok(Said {
        kind: None,
        json: json!({ "workspace": dir, "backup": to, "with_keys": with_keys }),
        lines,
    })
}

/// 查账: the chain, the artefacts, and the heads and seals that were published.
///
/// # Errors
/// [`Error::Found`] with one sentence per finding.
pub fn audit(dir: Option<&Path>, heads: &[PathBuf]) -> Result<Said, Error> {
    let dir = workspace_of(dir, None)?;
    let published = audit::chain::Published::read(heads)?;
    let report = audit::chain::audit_chain(&dir, &published, clock()?)?;
    if !report.findings.is_empty() {
        let sentences = report.findings.iter();
        return Err(Error::Found(
            sentences.map(|finding| finding.sentence.clone()).collect(),
        ));
    }
    let mut lines: Vec<String> = report
        .notes
        .iter()
        .map(|note| format!("note: {note}"))
        .collect();
    lines.push(if heads.is_empty() {
        format!(
            "nothing is wrong inside this copy of {} lines; nothing published was compared (--heads), so a restored or rewritten ledger would look the same",
            report.n_lines
        )
    } else {
        format!(
            "nothing is wrong: {} lines of the ledger were held against {} published heads, {} seals and {} bulletins",
            report.n_lines, report.n_heads, report.n_seals, report.n_bulletins
        )
    });
    let head = report
        .head
        .map_or_else(String::new, |head| head.to_string());
    lines.push(format!(
        "head of the ledger, to be published as sequence,head: {},{head}",
        report.n_lines
    ));
    Ok(Said {
        kind: None,
        lines,
        json: json!(report),
    })
}

/// A fresh value of one office for a seed by commitment and revelation, and the commitment it publishes beforehand.
///
/// # Errors
/// A machine without a source of randomness.
pub fn commit(office: &str, hash: HashName) -> Result<Said, Error> {
    let value = Digest(random_bytes()?).to_string();
    let commitment = Office::commit(hash, office, &value);
    Ok(Said {
        kind: None,
        lines: vec![
            format!("keep secret until the draw: {value}"),
            format!("give to whoever seals the round: {commitment}"),
        ],
        json: json!({ "office": office, "value": value, "commitment": commitment }),
    })
}

/// Tests somebody's drawn lists; a departure from the declared design is a result with an exit code of its own.
///
/// # Errors
/// Lists or a design that cannot be used.
pub fn audit_draw(args: &audit::draw::DrawAuditArgs, meter: &Meter) -> Result<Said, Error> {
    let found = audit::draw::run(args, meter)?;
    Ok(Said {
        kind: found.kind(),
        lines: found.lines(args.lang),
        json: json!(found),
    })
}
