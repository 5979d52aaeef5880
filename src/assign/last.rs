//! Who came last time, per object and department: what the rotation asks, and its canonical text.

use std::collections::BTreeMap;

use super::Error;

const HEADING: [&str; 3] = ["object_id", "department", "inspector_ids"];
const JOIN: &str = ";";

/// The team of the last visit of one department to one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastTeam {
    /// Object.
    pub object_id: String,
    /// Department.
    pub department: String,
    /// Inspectors, in any order.
    pub inspector_ids: Vec<String>,
}

/// Last teams by object and department.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LastTeams(BTreeMap<(String, String), Vec<String>>);

impl LastTeams {
    /// Of several teams of one object and department the last given stands.
    #[must_use]
    pub fn new(teams: impl IntoIterator<Item = LastTeam>) -> Self {
        let sorted = |team: LastTeam| {
            let mut ids = team.inspector_ids;
            ids.sort_unstable();
            ids.dedup();
            ((team.object_id, team.department), ids)
        };
        Self(teams.into_iter().map(sorted).collect())
    }

    /// Ids of the last team, ascending; empty where nobody came.
    #[must_use]
    pub fn of(&self, object_id: &str, department: &str) -> &[String] {
        let key = (object_id.to_owned(), department.to_owned());
        self.0.get(&key).map_or(&[], Vec::as_slice)
    }

    /// All teams, ascending by object and department.
    pub fn teams(&self) -> impl Iterator<Item = LastTeam> {
        self.0
            .iter()
            .map(|((object_id, department), ids)| LastTeam {
                object_id: object_id.clone(),
                department: department.clone(),
                inspector_ids: ids.clone(),
            })
    }

    /// The canonical text a seal commits: CSV with a heading, LF, ascending; ids joined by `;`.
    #[must_use]
    pub fn table(&self) -> Vec<u8> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let kept = "a vector takes every byte";
        writer.write_record(HEADING).expect(kept);
        for ((object_id, department), ids) in &self.0 {
            writer
                .write_record([object_id, department, &ids.join(JOIN)])
                .expect(kept);
        }
        writer.into_inner().expect(kept)
    }

    /// The teams back from the text of [`Self::table`].
    ///
    /// # Errors
    /// [`Error::LastTeams`] names the line.
    pub fn from_table(bytes: &[u8]) -> Result<Self, Error> {
        let broken = |line, rule: &str| Error::LastTeams {
            line,
            rule: rule.to_owned(),
        };
        let mut reader = csv::Reader::from_reader(bytes);
        let unread = |error: csv::Error| {
            let line = error.position().map_or(0, csv::Position::line);
            broken(line, &format!("must be CSV with a heading: {error}"))
        };
        if reader.headers().map_err(unread)?.iter().ne(HEADING) {
            return Err(broken(
                1,
                "the heading must be object_id,department,inspector_ids",
            ));
        }
        let mut teams = Vec::new();
        for record in reader.records() {
            let record = record.map_err(unread)?;
            let ids = record[2].split(JOIN).filter(|id| !id.is_empty());
            teams.push(LastTeam {
                object_id: record[0].to_owned(),
                department: record[1].to_owned(),
                inspector_ids: ids.map(str::to_owned).collect(),
            });
        }
        Ok(Self::new(teams))
    }
}
