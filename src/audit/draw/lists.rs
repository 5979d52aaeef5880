//! Drawn lists and inspectors: who was drawn in which round, and who was sent there.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::error::Error;
use super::files::{Head, enough_left, names, ragged};
use super::input::{Refused, Register, Round, Visit, whole};
use super::params::ValidParams;
use crate::ingest::{InputFile, TextRow, TextTable, guess_in, read_texts};
use crate::units::ObjectId;

/// Headers of the column that tells rounds apart.
const ROUND_HEADERS: [&str; 12] = [
    "round",
    "draw_id",
    "批次",
    "抽查批次",
    "抽取批次",
    "轮次",
    "抽查任务编号",
    "抽查计划编号",
    "drawn_on",
    "抽取日期",
    "抽签日期",
    "抽取时间",
];
/// Headers of single members of a team, beside the numbered ones.
const MEMBER_HEADERS: [&str; 6] = [
    "主检人员",
    "协检人员",
    "主检人",
    "协检人",
    "主办人员",
    "协办人员",
];
/// What a numbered member header begins with.
const MEMBER_STEMS: [&str; 4] = ["检查人员", "执法人员", "检查员", "inspector"];
/// What separates inspectors in one cell.
const BETWEEN: [char; 7] = [';', '；', ',', '，', '、', '/', '|'];

pub(super) fn read_inspectors(
    path: &str,
    refused: &mut Vec<Refused>,
    files: &mut Vec<InputFile>,
) -> Result<BTreeSet<String>, Error> {
    let is_id = |header: &str| guess_in("inspectors", header) == Some("inspector_id");
    let mut known = BTreeSet::new();
    let mut own = Vec::new();
    let mut n_read = 0;
    for table in read_texts("--inspectors", path, is_id)? {
        n_read += table.rows.len() + table.unread.len();
        let names = names(&table, "inspectors", &BTreeMap::new());
        let head = Head::new(&table, &names);
        head.require("--inspectors", "inspector_id", "执法证号")?;
        own.extend(ragged(&table));
        for row in &table.rows {
            match head.cell(row, "inspector_id").and_then(person) {
                Some(id) if known.insert(id.clone()) => {}
                Some(_) => own.push(head.refuse(
                    row,
                    "inspector_id",
                    "an inspector stands in the list once",
                )),
                None => own.push(head.refuse(row, "inspector_id", "an inspector must have an id")),
            }
        }
        files.push(table.file);
    }
    enough_left("--inspectors", n_read, &own)?;
    refused.append(&mut own);
    Ok(known)
}

/// One spelling of an inspector's id.
fn person(raw: &str) -> Option<String> {
    ObjectId::normalise("uscc", raw)
        .ok()
        .map(|id| id.as_str().to_owned())
}

pub(super) fn is_of_list(header: &str, design: &ValidParams) -> bool {
    let name = guess_in("objects", header);
    name == Some("object_id")
        || name == Some("id_scheme")
        || is_round(header, design)
        || is_team(header)
}

fn is_round(header: &str, design: &ValidParams) -> bool {
    match &design.params.round {
        Some(round) => round == header,
        None => ROUND_HEADERS.contains(&header.trim().to_lowercase().as_str()),
    }
}

fn is_team(header: &str) -> bool {
    let header = header.trim().to_lowercase();
    let is_numbered = |stem: &&str| {
        header.strip_prefix(*stem).is_some_and(|rest| {
            let rest = rest.trim_matches(['_', ' ', '-', '（', '）', '(', ')']);
            rest.parse::<u8>().is_ok() || ["一", "二", "三", "甲", "乙", "a", "b"].contains(&rest)
        })
    };
    guess_in("inspections", &header) == Some("inspector_ids")
        || MEMBER_HEADERS.contains(&header.as_str())
        || MEMBER_STEMS.iter().any(is_numbered)
}

/// Ids without their scheme, for lists that do not name it; absent where two objects share one.
fn bare(register: &Register) -> HashMap<&str, Option<u32>> {
    let mut bare = HashMap::new();
    for (object, id) in register.ids().iter().enumerate() {
        if let Some((_, rest)) = id.split_once('/') {
            let entry = bare.entry(rest).or_insert(Some(whole(object)));
            *entry = entry.filter(|found| *found == whole(object));
        }
    }
    bare
}

/// The drawn lists on their way in.
pub(super) struct Lists<'a> {
    register: &'a Register,
    bare: HashMap<&'a str, Option<u32>>,
    known: Option<BTreeSet<String>>,
    pub(super) rounds: Vec<Round>,
    seen: Vec<BTreeSet<u32>>,
    pub(super) inspectors: Vec<String>,
    numbers: HashMap<String, u32>,
    pub(super) refused: Vec<Refused>,
}

impl<'a> Lists<'a> {
    /// Nothing read yet; `known` are the inspectors that may be sent, where that is known.
    pub(super) fn new(register: &'a Register, known: Option<BTreeSet<String>>) -> Self {
        Self {
            register,
            bare: bare(register),
            known,
            rounds: Vec::new(),
            seen: Vec::new(),
            inspectors: Vec::new(),
            numbers: HashMap::new(),
            refused: Vec::new(),
        }
    }

    pub(super) fn read(&mut self, table: &TextTable, design: &ValidParams) -> Result<(), Error> {
        let names = names(table, "objects", &BTreeMap::new());
        let head = Head::new(table, &names);
        head.require("--drawn", "object_id", "统一社会信用代码")?;
        let round_at = table
            .headers
            .iter()
            .position(|header| is_round(header, design));
        if let Some(round) = design.params.round.as_ref().filter(|_| round_at.is_none()) {
            head.require("round", round, "")?;
        }
        let team_at: Vec<usize> = (0..table.headers.len())
            .filter(|&place| is_team(&table.headers[place]))
            .collect();
        self.refused.extend(ragged(table));
        for row in &table.rows {
            let label = match round_at {
                Some(place) => row.cells[place].clone().unwrap_or_default(),
                None => stem(&table.file.path),
            };
            let taken = self.take(&head, row, label, &team_at);
            self.refused.extend(taken.err());
        }
        Ok(())
    }

    fn take(
        &mut self,
        head: &Head,
        row: &TextRow,
        label: String,
        team_at: &[usize],
    ) -> Result<(), Refused> {
        let id = head.id(row)?;
        let unknown = || {
            head.refuse(
                row,
                "object_id",
                "a drawn object must stand in the register (名录库外)",
            )
        };
        let found = self.register.find(&id);
        let object = found.or_else(|| self.bare.get(id.as_str()).copied().flatten());
        let object = object.ok_or_else(unknown)?;
        let round = self.round(label);
        if !self.seen[round].insert(object) {
            return Err(head.refuse(row, "object_id", "an object is drawn at most once a round"));
        }
        let team = self.team(head, row, team_at).unwrap_or_else(|refusal| {
            self.refused.push(refusal); // the object was drawn all the same
            Vec::new()
        });
        self.rounds[round].visits.push(Visit { object, team });
        Ok(())
    }

    fn round(&mut self, label: String) -> usize {
        let found = self.rounds.iter().position(|round| round.label == label);
        found.unwrap_or_else(|| {
            self.rounds.push(Round {
                label,
                visits: Vec::new(),
            });
            self.seen.push(BTreeSet::new());
            self.rounds.len() - 1
        })
    }

    fn team(&mut self, head: &Head, row: &TextRow, team_at: &[usize]) -> Result<Vec<u32>, Refused> {
        let mut team = Vec::new();
        for &place in team_at {
            let refuse = |value: &str, rule| Refused {
                file: head.table.file.path.clone(),
                line: row.line,
                column: head.table.headers[place].clone(),
                value: value.to_owned(),
                rule,
            };
            let cell = row.cells[place].as_deref().unwrap_or_default();
            for part in cell.split(BETWEEN).filter(|part| !part.trim().is_empty()) {
                let id = person(part)
                    .ok_or_else(|| refuse(part, "an inspector's id has at most 64 bytes"))?;
                if self
                    .known
                    .as_ref()
                    .is_some_and(|known| !known.contains(&id))
                {
                    return Err(refuse(
                        part,
                        "an inspector must stand in the inspectors' list (名录库外)",
                    ));
                }
                let number = self.number(id);
                if team.contains(&number) {
                    return Err(refuse(part, "an inspector stands in a team once"));
                }
                team.push(number);
            }
        }
        Ok(team)
    }

    fn number(&mut self, id: String) -> u32 {
        let next = whole(self.inspectors.len());
        *self.numbers.entry(id.clone()).or_insert_with(|| {
            self.inspectors.push(id);
            next
        })
    }
}

/// The name of a file without folder and extension.
fn stem(path: &str) -> String {
    let stem = std::path::Path::new(path).file_stem();
    stem.map_or_else(String::new, |stem| stem.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::is_team;

    #[test]
    fn team_headers_are_known_in_their_usual_forms() {
        for header in [
            "检查人员",
            "检查人员1",
            "执法人员（2）",
            "主检人员",
            "inspector_1",
            "Inspector B",
            "inspector_ids",
        ] {
            assert!(is_team(header), "{header}");
        }
        for header in ["检查人员所在单位", "inspector name", "管辖单位"] {
            assert!(!is_team(header), "{header}");
        }
    }
}
