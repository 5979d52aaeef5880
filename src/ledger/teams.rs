//! The inspectors of a drawn round as the ledger has them in the end: the published teams, with every replacement since.

use std::collections::BTreeMap;

use super::entry::{Entry, Replace};
use super::{Error, Ledger};

/// The public table of teams of an assignment.
const ASSIGNMENTS: &str = "assignments.csv";
/// Joins the ids of a team.
const JOIN: char = ';';

/// Who goes to an object for a department.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedTeam {
    /// 检查部门.
    pub department: String,
    /// Ids of its inspectors, ascending.
    pub inspectors: Vec<String>,
}

/// Teams by object, then by department.
type Teams = BTreeMap<String, BTreeMap<String, Vec<String>>>;

impl Ledger {
    /// The teams of a round by object, departments ascending; a visit that nobody could be sent to (派员缺口) has none. Empty where no
    /// inspectors were drawn.
    ///
    /// # Errors
    /// When a table the ledger names is gone, was changed or has another form.
    pub fn teams(&self, round: &str) -> Result<BTreeMap<String, Vec<RecordedTeam>>, Error> {
        let mut teams = Teams::new();
        let lines = self.lines().iter();
        for line in lines.filter(|line| line.entry.round() == Some(round)) {
            match &line.entry {
                Entry::Assign(body) => {
                    let bytes = self.table(line.seq, &body.files, ASSIGNMENTS)?;
                    read(&bytes.unwrap_or_default(), &mut teams)?;
                }
                Entry::Replace(body) => replace(body, &mut teams),
                _ => {}
            }
        }
        let teams = teams.into_iter();
        Ok(teams.map(|(id, teams)| (id, recorded(teams))).collect())
    }
}

fn recorded(teams: BTreeMap<String, Vec<String>>) -> Vec<RecordedTeam> {
    let teams = teams.into_iter();
    let team = |(department, mut inspectors): (String, Vec<String>)| {
        inspectors.sort_unstable();
        RecordedTeam {
            department,
            inspectors,
        }
    };
    teams.map(team).collect()
}

/// Rows `object_id,department,inspector_ids,…`; those without inspectors are shortfalls.
fn read(bytes: &[u8], teams: &mut Teams) -> Result<(), Error> {
    for row in csv::Reader::from_reader(bytes).records() {
        let row = row.map_err(|error| Error::Probabilities {
            path: ASSIGNMENTS.to_owned(),
            reason: error.to_string(),
        })?;
        let cell = |at: usize| row.get(at).unwrap_or_default().to_owned();
        let inspectors = cell(2);
        let inspectors = inspectors.split(JOIN).filter(|id| !id.is_empty());
        let inspectors: Vec<String> = inspectors.map(str::to_owned).collect();
        if !inspectors.is_empty() {
            let of_object = teams.entry(cell(0)).or_default();
            of_object.insert(cell(1), inspectors);
        }
    }
    Ok(())
}

fn replace(body: &Replace, teams: &mut Teams) {
    let team = teams
        .get_mut(&body.object_id)
        .and_then(|teams| teams.get_mut(&body.office));
    let place = team.and_then(|team| team.iter_mut().find(|id| **id == body.inspector));
    if let Some(place) = place {
        place.clone_from(&body.substitute);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shortfalls_have_no_team_and_a_substitute_stands_where_the_replaced_stood() {
        let table = "object_id,department,inspector_ids,rule,missing\n\
            A,市监,i2;i1,,\nA,消防,j1;j2,,\nB,市监,,回避,2\n";
        let mut teams = Teams::new();
        read(table.as_bytes(), &mut teams).unwrap();
        let body = Replace {
            round: "R".into(),
            object_id: "A".into(),
            office: "市监".into(),
            inspector: "i1".into(),
            substitute: "i9".into(),
            reason: "病假".into(),
            supervisor: None,
            evidence: Entry::NO_EVIDENCE,
            files: BTreeMap::new(),
        };
        replace(&body, &mut teams);
        assert_eq!(teams.keys().collect::<Vec<_>>(), ["A"]);
        let of_a = recorded(teams.remove("A").unwrap());
        assert_eq!(of_a[0].inspectors, ["i2", "i9"]);
        assert_eq!((of_a[1].department.as_str(), of_a.len()), ("消防", 2));
    }
}
