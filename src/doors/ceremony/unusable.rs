//! 递补: targets that cannot be inspected (注销、失联) are recorded, and the next of the reserve move up by threshold key.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::json;

use super::super::{Said, cannot, clock, make, unreadable};
use super::lists::{self, Object};
use super::teams::Drawn;
use super::{certificate, round_place};
use crate::draw::Visit;
use crate::error::Error;
use crate::ledger::{
    self, Entry, Ledger, Put, Replaced, SUBSTITUTES, UNUSABLE, UnusableTarget, Writer,
};
use crate::publish::{self, MovedUp};
use crate::units::{HashName, Meter};

/// What one entry does to a drawn list.
struct Step {
    moved: MovedUp,
    /// Visits that are new, or carry more items.
    new: Vec<Visit>,
    offices: BTreeMap<String, Replaced>,
}

/// Records the targets in `file` as unusable, as `evidence` shows, and lets the reserve move up.
///
/// # Errors
/// Evidence that is not there, a round that is not drawn, a row that names no target of it, a key or seal that was changed; nothing was recorded then.
pub fn record_unusable(
    round: &str,
    workspace: Option<&Path>,
    key: Option<&Path>,
    (file, evidence): (&Path, &Path),
    meter: &Meter,
) -> Result<Said, Error> {
    let place = round_place(round, workspace)?;
    let now = clock()?;
    let mut writer = Writer::open(&place.workspace, "choucha record", now)?;
    let bytes = fs::read(file).map_err(unreadable(file))?;
    let named = file.display().to_string();
    let targets = writer.ledger().read_unusable(&place.id, &named, &bytes)?;
    let mut drawn = Drawn::read(writer.ledger(), &place.id, key, meter)?;
    let before = writer.ledger().unusable(&place.id)?.into_iter();
    drawn.unusable = before.map(|target| target.object_id).collect();
    let step = Step::take(&mut drawn, &targets)?;
    let folder = make(&writer.staging()?.join("replaced"))?;
    step.write(&drawn, &targets, &folder)?;
    let (gone, up) = (targets.len() as u64, step.new.len() as u64);
    let missing = step.moved.n_missing();
    let entry = Entry::Unusable(ledger::Unusable {
        round: place.id.clone(),
        n_unusable: gone,
        n_substitutes: up,
        n_missing: missing,
        offices: step.offices.clone(),
        source: HashName::Sha256.digest(&[&bytes]),
        evidence: Entry::NO_EVIDENCE,
        files: ledger::Files::new(),
    });
    let name = format!("replaced-{:04}", writer.ledger().sequence() + 1);
    let put = Put {
        from: folder,
        to: Ledger::place(&place.id, &name),
    };
    let appended = writer.record_with_evidence(now, entry, evidence, vec![put])?;
    certificate::write(writer.ledger(), &place.id)?;
    let public = writer.ledger().folder(&place.id, &format!("{name}/public"));
    let mut lines = writer.notes().to_vec();
    lines.push(format!(
        "{gone} targets cannot be inspected, {up} of the reserve move up, line {} of the ledger",
        appended.seq
    ));
    if missing > 0 {
        lines.push(format!(
            "递补缺口: {missing} targets have nobody left in the reserve of their stratum"
        ));
    }
    lines.extend(offices(writer.ledger()));
    lines.push(format!("publish {}", public.display()));
    let is_assigned = !writer
        .ledger()
        .state()
        .round(&place.id)?
        .assigned
        .is_empty();
    if up > 0 && is_assigned {
        lines.push(format!(
            "next: choucha assign {} draws inspectors for those who moved up",
            place.id
        ));
    }
    Ok(Said {
        kind: None,
        lines,
        json: json!({ "round": place.id, "sequence": appended.seq, "head": appended.head, "unusable": gone, "substitutes": up, "missing": missing, "offices": step.offices, "public": public }),
    })
}

/// Replaced targets so far, per office.
fn offices(ledger: &Ledger) -> Vec<String> {
    let counted = ledger.state().replaced_targets_by_office().iter();
    let line = |(office, counted): (&String, &Replaced)| {
        let office = if office.is_empty() { "-" } else { office };
        format!(
            "  {office}: {} unusable, {} moved up, over all rounds",
            counted.unusable, counted.substitutes
        )
    };
    counted.map(line).collect()
}

/// Lets the reserve move up again, entry by entry, and holds the recorded substitutes to the result.
pub(super) fn verify(ledger: &Ledger, id: &str, drawn: &Drawn) -> Result<String, Error> {
    let (mut gone, mut up) = (BTreeSet::new(), 0);
    let mut visits = drawn.sample.visits.clone();
    for (line, body) in &ledger.state().round(id)?.unusable {
        let targets = ledger.unusable_of(*line)?.into_iter();
        gone.extend(targets.map(|target| target.object_id));
        let moved = publish::move_up(&drawn.sealed, &drawn.sample, &gone)?;
        let new = moved.since(&visits);
        let found = ledger.table(*line, &body.files, SUBSTITUTES)?;
        if found.as_ref() != Some(&substitutes(drawn, &new)) {
            return Err(Error::Found(vec![format!(
                "line {line} of the ledger: {SUBSTITUTES} does not name the {} objects that the keys move up",
                new.len()
            )]));
        }
        up += new.len();
        visits = moved.visits;
    }
    Ok(format!(
        "reserve: {} targets cannot be inspected, and the {up} that moved up are the same",
        gone.len()
    ))
}

impl Step {
    /// Adds `targets` to the unusable ones of `drawn`.
    fn take(drawn: &mut Drawn, targets: &[UnusableTarget]) -> Result<Self, Error> {
        let before = drawn.visits()?;
        let ids = targets.iter().map(|target| target.object_id.clone());
        drawn.unusable.extend(ids);
        let moved = publish::move_up(&drawn.sealed, &drawn.sample, &drawn.unusable)?;
        let new = moved.since(&before);
        let gone = targets.iter().map(|target| target.object_id.as_str());
        let up = new.iter().map(|visit| visit.object_id.as_str());
        let (gone, up): (Vec<&str>, Vec<&str>) = (gone.collect(), up.collect());
        let ids = gone.iter().chain(&up).copied();
        let objects = lists::read_objects(&drawn.sealed, &ids.collect())?;
        let office = |id: &str| objects.get(id).map(|object: &Object| object.office.clone());
        let mut offices: BTreeMap<String, Replaced> = BTreeMap::new();
        for id in gone {
            offices
                .entry(office(id).unwrap_or_default())
                .or_default()
                .unusable += 1;
        }
        for id in up {
            offices
                .entry(office(id).unwrap_or_default())
                .or_default()
                .substitutes += 1;
        }
        Ok(Self {
            moved,
            new,
            offices,
        })
    }

    /// What is published, and apart from it the weights of all.
    fn write(&self, drawn: &Drawn, targets: &[UnusableTarget], folder: &Path) -> Result<(), Error> {
        let public = make(&folder.join("public"))?;
        let internal = make(&folder.join("internal"))?;
        let files = [
            (public.join(UNUSABLE), ledger::write_unusable(targets)),
            (public.join(SUBSTITUTES), substitutes(drawn, &self.new)),
            (
                internal.join("weights.csv"),
                self.moved.weights(&drawn.sealed).into_bytes(),
            ),
        ];
        for (path, bytes) in files {
            fs::write(&path, bytes).map_err(cannot("write", &path))?;
        }
        Ok(())
    }
}

/// `object_id,items` of visits that are new or carry more items, ascending, in the form of the drawn list.
fn substitutes(drawn: &Drawn, visits: &[Visit]) -> Vec<u8> {
    let row = |visit: &Visit| {
        let items: Vec<&str> = drawn.sample.items(visit).collect();
        [visit.object_id.clone(), items.join(";")]
    };
    lists::table(["object_id", "items"], visits.iter().map(row))
}
