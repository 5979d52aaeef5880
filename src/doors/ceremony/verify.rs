//! Verification of whatever is handed in: a rehearsal's bulletin, a round's bulletin, a slip.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::super::{Said, cannot, unreadable};
use super::teams::{Drawn, DrawnTeams};
use super::{place_of_folder, read_key, sealed_round, unusable};
use crate::error::Error;
use crate::ledger::Ledger;
use crate::publish::{self, RoundVerified, SaidOfRound};
use crate::units::{DrawKey, Meter};

/// Recomputes a bulletin or a slip from its own files.
///
/// # Errors
/// The first difference.
pub fn verify(
    path: &Path,
    key: Option<&Path>,
    package: Option<&Path>,
    seal: Option<&Path>,
    meter: &Meter,
) -> Result<Said, Error> {
    if path.is_file() {
        return verify_slip(path, seal);
    }
    if publish::is_round(path) {
        return verify_round(path, key, package, meter);
    }
    verify_rehearsal(path, meter)
}

fn verify_rehearsal(bulletin: &Path, meter: &Meter) -> Result<Said, Error> {
    let verified = publish::verify(bulletin, meter)?;
    let n = verified.sample.n();
    let lines = vec![
        "same".to_owned(),
        format!(
            "checksums, plan, level table, frame, seed and the {n} drawn objects of {} are what they must be",
            verified.plan.n_units()
        ),
        format!("note: {}", verified.bulletin.notice),
    ];
    Ok(Said {
        kind: None,
        lines,
        json: json!({ "result": "same", "n": n, "n_units": verified.plan.n_units(), "bulletin": verified.bulletin }),
    })
}

fn verify_slip(path: &Path, seal: Option<&Path>) -> Result<Said, Error> {
    let bytes = fs::read(path).map_err(cannot("read", path))?;
    let published = match seal {
        Some(seal) => Some(fs::read(seal).map_err(unreadable(seal))?),
        None => None,
    };
    let verified = publish::verify_slip(&bytes, published.as_deref()).map_err(|source| {
        let path = path.to_owned();
        Error::Slip { path, source }
    })?;
    let mut lines = vec![format!(
        "the slip holds: {} stood in the frame of round {}, seal digest {}",
        verified.slip.object_id, verified.seal.round, verified.seal_digest
    )];
    lines.extend(checked(&verified.checked, &verified.not_checked));
    Ok(Said {
        kind: None,
        lines,
        json: json!({ "result": "the slip holds", "object_id": verified.slip.object_id, "round": verified.seal.round, "seal_digest": verified.seal_digest, "checked": verified.checked, "not_checked": verified.not_checked }),
    })
}

fn verify_round(
    public: &Path,
    key: Option<&Path>,
    package: Option<&Path>,
    meter: &Meter,
) -> Result<Said, Error> {
    if !public.join("bulletin.json").exists() && !public.join("drawn.csv").exists() {
        return Err(Error::SealAlone(public.to_owned()));
    }
    let key = key.map(read_key).transpose()?;
    let package = package.map_or_else(|| beside(public), Path::to_owned);
    if key.is_some() && !package.is_dir() {
        return Err(Error::NoPackage(package));
    }
    let with = key.as_ref().map(|key| (key, package.as_path()));
    let verified = publish::verify_round(public, with, meter)?;
    let result = match verified.said {
        SaidOfRound::Same => "same",
        SaidOfRound::CommitmentsHold => "commitments hold",
    };
    let mut lines = vec![
        result.to_owned(),
        format!(
            "round {}: {} of {} objects drawn, seal digest {}",
            verified.seal.round,
            verified.bulletin.n,
            verified.bulletin.n_units,
            verified.bulletin.seal_digest
        ),
    ];
    if verified.said == SaidOfRound::CommitmentsHold {
        lines
            .push("the list itself was not recomputed: that takes the draw key (--key)".to_owned());
    }
    let after = verify_after_the_draw(public, &verified, key.as_ref(), meter)?;
    lines.extend(after.clone());
    lines.extend(checked(&verified.checked, &verified.not_checked));
    Ok(Said {
        kind: None,
        lines,
        json: json!({ "result": result, "round": verified.seal.round, "n": verified.bulletin.n, "n_units": verified.bulletin.n_units, "bulletin": verified.bulletin, "after_the_draw": after, "checked": verified.checked, "not_checked": verified.not_checked }),
    })
}

/// The supervisor's package in a workspace: beside the round's drawn folder.
fn beside(public: &Path) -> PathBuf {
    public.join("../../seal/package")
}

/// Lets targets move up and draws the inspectors again, where the round's folder holds them and everything is known.
fn verify_after_the_draw(
    public: &Path,
    verified: &RoundVerified,
    key: Option<&DrawKey>,
    meter: &Meter,
) -> Result<Vec<String>, Error> {
    let Some(sample) = &verified.sample else {
        return Ok(Vec::new());
    };
    let Some(place) = place_of_folder(public) else {
        let line = "not checked: inspectors and replaced targets: they stand in the workspace";
        return Ok(vec![line.to_owned()]);
    };
    let ledger = Ledger::open(&place.workspace)?;
    let round = ledger.state().round(&place.id)?;
    let mut lines = Vec::new();
    if round.unusable.is_empty() && round.assigned.is_empty() {
        return Ok(lines);
    }
    let sealed = sealed_round(&ledger, &place.id, key)?;
    let drawn = Drawn::of(sealed, sample.clone());
    if !round.unusable.is_empty() {
        lines.push(unusable::verify(&ledger, &place.id, &drawn)?);
    }
    if !round.assigned.is_empty() {
        let teams = DrawnTeams::replay(&ledger, &place.id, drawn, meter)?;
        let rows = teams
            .batches
            .iter()
            .map(|batch| batch.assignments.rows.len());
        lines.push(format!(
            "inspectors: the teams of {} visits, drawn again, and {} replacements are the same",
            rows.sum::<usize>(),
            teams.n_replaced
        ));
    }
    Ok(lines)
}

fn checked(checked: &[&str], not: &[&str]) -> Vec<String> {
    let mut lines: Vec<String> = checked
        .iter()
        .map(|what| format!("checked: {what}"))
        .collect();
    lines.extend(not.iter().map(|what| format!("not checked: {what}")));
    lines
}
