//! The committed tables that doors write and read again: objects, exclusions, rules of the visits, last teams.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::assign::{self, LastTeam, LastTeams};
use crate::corridor::Scored;
use crate::error::Error;
use crate::job::VisitDays;
use crate::ledger::{Entry, Ledger};
use crate::plan::{AT_CAP, Composed, Purpose};
use crate::publish::SealedRound;
use crate::registers::InspectorRegister;

/// Who stands in no frame, or not in that of an item, and why.
pub(super) const EXCLUSIONS: &str = "exclusions";
/// Who the objects of the frame are.
pub(super) const OBJECTS: &str = "objects";
/// Days and specialties of the visits.
pub(super) const VISITS: &str = "visits";
/// Settings of the second draw.
pub(super) const TEAMS: &str = "teams";
/// Who came last time.
pub(super) const LAST_TEAMS: &str = "last_teams";
/// The inspector register.
const REGISTER: [&str; 3] = ["inspectors", "recusals", "availability"];
/// Register columns of an object that visits need.
const COLUMNS: [&str; 4] = ["name", "address", "office", "region_code"];
/// Teams as a later seal reads them, in the assigned folder.
pub(super) const TEAMS_FILE: &str = "teams.csv";

/// What is known of an object of the frame.
#[derive(Clone, Debug)]
pub(super) struct Object {
    pub(super) name: String,
    pub(super) address: String,
    pub(super) office: String,
    pub(super) region_code: String,
}

/// When visits may be made, and what their items ask of inspectors.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct VisitRules {
    pub(super) days: VisitDays,
    /// 专长 by item.
    pub(super) specialties: BTreeMap<String, String>,
}

impl VisitRules {
    pub(super) fn of(days: VisitDays, composed: &Composed<'_>) -> Self {
        let items = composed.draws.iter();
        let named = items.filter(|draw| draw.purpose == Purpose::Targets);
        Self {
            days,
            specialties: named
                .filter_map(|draw| Some((draw.name.clone(), draw.specialty.clone()?)))
                .collect(),
        }
    }
}

/// Everything the second draw is made from, as the seal committed it.
pub(super) struct Teams {
    pub(super) params: assign::ValidParams,
    pub(super) rules: VisitRules,
    pub(super) register: InspectorRegister,
    pub(super) last: LastTeams,
}

impl Teams {
    pub(super) fn of(round: &SealedRound) -> Result<Self, Error> {
        if !round.seal().commitments.contains_key(TEAMS) {
            return Err(Error::NoTeams(round.seal().round.clone()));
        }
        let mut register = BTreeMap::new();
        for name in REGISTER {
            register.insert(name.to_owned(), round.table(name)?);
        }
        Ok(Self {
            params: parse(TEAMS, &round.table(TEAMS)?)?,
            rules: parse(VISITS, &round.table(VISITS)?)?,
            register: InspectorRegister::from_tables(&register)?,
            last: LastTeams::from_table(&round.table(LAST_TEAMS)?)?,
        })
    }
}

pub(super) fn parse<T: serde::de::DeserializeOwned>(
    table: &'static str,
    bytes: &[u8],
) -> Result<T, Error> {
    serde_json::from_slice(bytes).map_err(|error| Error::Table {
        table,
        reason: error.to_string(),
    })
}

/// `object_id,draw,reason` of everybody who stands in no frame.
pub(super) fn exclusions(composed: &Composed<'_>) -> Vec<u8> {
    let rows = composed.excluded.iter();
    table(
        ["object_id", "draw", "reason"],
        rows.map(|(id, draw, reason)| [id, draw, reason].map(String::clone)),
    )
}

/// `object_id,name,address,office,region_code` of the eligible objects, ascending by id.
pub(super) fn objects(scored: &Scored) -> Result<Vec<u8>, Error> {
    let columns = COLUMNS.map(str::to_owned);
    let mut rows: Vec<[String; 5]> = Vec::new();
    for part in 0..scored.registers.n_parts() {
        let found = scored.registers.frame_part(part, &columns)?;
        rows.extend((0..found.keys.len()).map(|at| {
            let [name, address, office, region] =
                [0, 1, 2, 3].map(|c| one_line(&found.columns[c][at]));
            [found.ids.get(at).to_owned(), name, address, office, region]
        }));
    }
    rows.sort_unstable();
    let heading = ["object_id", "name", "address", "office", "region_code"];
    Ok(table(heading, rows.into_iter()))
}

/// A text that stays on one line: line breaks and other control characters become spaces.
fn one_line(text: &str) -> String {
    text.replace(char::is_control, " ")
}

/// CSV with a heading, LF.
pub(super) fn table<const N: usize>(
    heading: [&str; N],
    rows: impl Iterator<Item = [String; N]>,
) -> Vec<u8> {
    const MEMORY: &str = "memory takes every row";
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(heading).expect(MEMORY);
    rows.for_each(|row| writer.write_record(row).expect(MEMORY));
    writer.into_inner().expect(MEMORY)
}

/// Per department, the objects its items would hold were they not at the yearly cap (年度检查次数上限).
pub(super) fn at_cap_by_department(round: &SealedRound) -> Result<BTreeMap<String, u64>, Error> {
    let bytes = round.table(EXCLUSIONS)?;
    let mut held: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for record in csv::Reader::from_reader(bytes.as_slice()).records() {
        let record = record.map_err(|error| Error::Table {
            table: EXCLUSIONS,
            reason: error.to_string(),
        })?;
        let cell = |at: usize| record.get(at).unwrap_or_default();
        let draws = round.seal().draws.iter();
        let mut of_item =
            draws.filter(|draw| draw.purpose == Purpose::Targets && draw.name == cell(1));
        if let (AT_CAP, Some(draw)) = (cell(2), of_item.next()) {
            let objects = held.entry(draw.department.clone()).or_default();
            objects.insert(cell(0).to_owned());
        }
    }
    let counted = held.into_iter();
    Ok(counted
        .map(|(name, objects)| (name, objects.len() as u64))
        .collect())
}

/// The objects of `wanted` from the committed table.
pub(super) fn read_objects(
    round: &SealedRound,
    wanted: &BTreeSet<&str>,
) -> Result<BTreeMap<String, Object>, Error> {
    objects_in(&round.table(OBJECTS)?, wanted)
}

/// The objects of `wanted` from the bytes of that table.
pub(super) fn objects_in(
    bytes: &[u8],
    wanted: &BTreeSet<&str>,
) -> Result<BTreeMap<String, Object>, Error> {
    let mut found = BTreeMap::new();
    for record in csv::Reader::from_reader(bytes).records() {
        let record = record.map_err(|error| Error::Table {
            table: OBJECTS,
            reason: error.to_string(),
        })?;
        let cell = |at: usize| record.get(at).unwrap_or_default().to_owned();
        if wanted.contains(cell(0).as_str()) {
            let object = Object {
                name: cell(1),
                address: cell(2),
                office: cell(3),
                region_code: cell(4),
            };
            found.insert(cell(0), object);
        }
    }
    Ok(found)
}

/// The last team of every object and department, over the rounds of the ledger.
pub(super) fn last_teams(ledger: &Ledger) -> Result<Vec<u8>, Error> {
    let mut teams: Vec<LastTeam> = Vec::new();
    for line in ledger.lines() {
        let Entry::Assign(body) = &line.entry else {
            continue;
        };
        if let Some(bytes) = ledger.table(line.seq, &body.files, TEAMS_FILE)? {
            teams.extend(LastTeams::from_table(&bytes)?.teams());
        }
    }
    Ok(LastTeams::new(teams).table())
}

/// The teams of a round, as the next seal will know them.
pub(super) fn teams_table(assignments: &assign::Assignments) -> Vec<u8> {
    let teams = assignments.rows.iter().filter(|row| !row.team().is_empty());
    LastTeams::new(teams.map(|row| LastTeam {
        object_id: row.object_id.clone(),
        department: row.department.clone(),
        inspector_ids: row.team().to_vec(),
    }))
    .table()
}
