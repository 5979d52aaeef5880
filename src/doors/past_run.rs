//! A finished run folder, opened to be looked at again: what every object was then, and whether it was drawn.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::unreadable;
use crate::error::Error;
use crate::evaluate::{self, ClassFacts, Evaluation, Profile, RoundResults, SettingChange};
use crate::plan::SealedPlan;
use crate::publish::{self, SealedFrame};
use crate::risk::RiskFile;
use crate::runs::Manifest;
use crate::units::{FramePart, FrameSource, Kind, ObjectKey};

/// Where a run keeps its distribution, below its folder.
pub(super) const PROFILE: &str = "internal/profile.json";
/// Where a run keeps its settings, below its folder.
pub(super) const SETTINGS: &str = "internal/settings.json";
/// Where a run with results keeps its round.
pub(super) const ROUND: &str = "internal/round.json";
/// Drawn objects of a bulletin.
const DRAWN: &str = "public/drawn.csv";

/// A finished run.
pub(super) struct PastRun {
    pub(super) folder: PathBuf,
    pub(super) manifest: Manifest,
    pub(super) evaluation: Evaluation,
    pub(super) profile: Option<Profile>,
    /// What its draw found; absent without results, or where an earlier version made it.
    pub(super) round: Option<RoundResults>,
    /// Its settings, as the job file gave them; absent where an earlier version made it.
    pub(super) settings: Option<Value>,
    pub(super) risk: RiskFile,
    pub(super) plan: SealedPlan,
    frame: SealedFrame,
    pub(super) drawn: BTreeSet<String>,
}

/// One object of a run's frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Member {
    pub(super) key: u64,
    /// Place in the plan's strata.
    pub(super) stratum: u32,
    /// Target inclusion probability.
    pub(super) pi: f64,
    pub(super) drawn: bool,
}

impl PastRun {
    /// Opens the folder and checks it whole against its manifest.
    pub(super) fn open(folder: &Path) -> Result<Self, Error> {
        let manifest = Manifest::read(folder).filter(|manifest| manifest.holds(folder));
        let manifest = manifest.ok_or_else(|| not_a_run(folder))?;
        let read = |name: &str| {
            let path = folder.join(name);
            fs::read(&path).map_err(unreadable(&path))
        };
        let kept = |name: &str| {
            let is_there = manifest.outputs.contains_key(name);
            is_there.then(|| read(name)).transpose()
        };
        let profile = kept(PROFILE)?.map(|json| Profile::from_json(&json));
        let round = kept(ROUND)?.map(|json| RoundResults::from_json(&json));
        let settings = kept(SETTINGS)?.map(|json| {
            let place = folder.join(SETTINGS);
            serde_json::from_slice(&json).map_err(|error| unreadable(&place)(error.into()))
        });
        let (plan, frame) = publish::read_seal(&folder.join("seal"))?;
        Ok(Self {
            evaluation: Evaluation::from_json(&read("evaluation.json")?)?,
            risk: RiskFile::open(&folder.join("risk.parquet"))?,
            drawn: drawn_of(&folder.join(DRAWN))?,
            folder: folder.to_owned(),
            profile: profile.transpose()?,
            round: round.transpose()?,
            settings: settings.transpose()?,
            manifest,
            plan,
            frame,
        })
    }

    /// Whether a later run was made with the same settings.
    pub(super) fn same_settings(&self, later: &Self) -> bool {
        self.manifest.made_from.settings == later.manifest.made_from.settings
    }

    /// The keys of the job file that a later run has other values at; none where either kept no settings.
    pub(super) fn changed_settings(&self, later: &Self) -> Vec<SettingChange> {
        let both = self.settings.as_ref().zip(later.settings.as_ref());
        both.map(|(from, to)| evaluate::changed_settings(from, to))
            .unwrap_or_default()
    }

    /// Name of its folder, for people.
    pub(super) fn name(&self) -> String {
        let name = self.folder.file_name().unwrap_or(self.folder.as_os_str());
        name.to_string_lossy().into_owned()
    }

    pub(super) fn classes(&self) -> &[ClassFacts] {
        &self.evaluation.facts.classes
    }

    /// The frame, ascending by key.
    pub(super) fn members(&self) -> Result<Vec<Member>, Error> {
        let mut members = Vec::new();
        for part in 0..self.frame.n_parts() {
            let rows = self.part(part)?;
            members.extend((0..rows.ids.len()).map(|row| self.member(&rows, row)));
        }
        members.sort_unstable_by_key(|member| member.key);
        Ok(members)
    }

    /// The ids of the objects of the frame with these keys, ascending, by key.
    pub(super) fn ids(&self, keys: &[u64]) -> Result<BTreeMap<u64, String>, Error> {
        let mut ids = BTreeMap::new();
        for part in 0..self.frame.n_parts() {
            let rows = self.part(part)?;
            for row in 0..rows.ids.len() {
                let id = rows.ids.get(row);
                let key = ObjectKey::of(id).0;
                if keys.binary_search(&key).is_ok() {
                    ids.insert(key, id.to_owned());
                }
            }
        }
        Ok(ids)
    }

    /// One object of the frame; none where it was not in it.
    pub(super) fn member_of(&self, object_id: &str) -> Result<Option<Member>, Error> {
        for part in 0..self.frame.n_parts() {
            let rows = self.part(part)?;
            let row = (0..rows.ids.len()).find(|row| rows.ids.get(*row) == object_id);
            if let Some(row) = row {
                return Ok(Some(self.member(&rows, row)));
            }
        }
        Ok(None)
    }

    fn part(&self, part: usize) -> Result<FramePart, Error> {
        let read = self.frame.part(part);
        read.map_err(|reason| Error::File {
            what: "read its frame",
            path: self.folder.clone(),
            kind: Kind::Data,
            source: std::io::Error::other(reason),
        })
    }

    fn member(&self, rows: &FramePart, row: usize) -> Member {
        let (id, stratum) = (rows.ids.get(row), rows.stratum[row]);
        let plan = usize::try_from(stratum)
            .ok()
            .and_then(|at| self.plan.strata.get(at));
        let level = plan.and_then(|plan| plan.level(rows.size[row]));
        Member {
            key: ObjectKey::of(id).0,
            stratum,
            pi: level.map_or(0.0, |level| level.target),
            drawn: self.drawn.contains(id),
        }
    }
}

fn not_a_run(folder: &Path) -> Error {
    Error::File {
        what: "look at it: it is no finished run, or a file of it was changed since",
        path: folder.to_owned(),
        kind: Kind::Data,
        source: std::io::Error::from(std::io::ErrorKind::InvalidData),
    }
}

/// Ids of a bulletin's drawn list.
fn drawn_of(path: &Path) -> Result<BTreeSet<String>, Error> {
    let bytes = fs::read(path).map_err(unreadable(path))?;
    let mut rows = csv::Reader::from_reader(&bytes[..]);
    let ids = rows
        .records()
        .map(|row| row.map(|row| row.get(0).unwrap_or_default().to_owned()));
    let ids = ids.collect::<Result<_, csv::Error>>();
    ids.map_err(|error| Error::File {
        what: "read it as a drawn list",
        path: path.to_owned(),
        kind: Kind::Data,
        source: std::io::Error::other(error),
    })
}
