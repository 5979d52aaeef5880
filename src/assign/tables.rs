//! The teams as text: what is published, what stays inside, and the check of the one against register and seed.

use super::{Assignment, Assignments, CERTAIN, Error, Inputs, Outcome, Request, allocate, replace};
use crate::registers::InspectorRegister;
use crate::units::Meter;

/// Joins the ids of a team.
const JOIN: &str = ";";

impl Assignments {
    /// `assignments.csv`, for the public: heading `object_id,department,inspector_ids,rule,missing`, ascending by object and
    /// department; `rule` and `missing` are empty where there is a team. Days are left out: nobody is told when.
    #[must_use]
    pub fn public_table(&self) -> Vec<u8> {
        let heading = [
            "object_id",
            "department",
            "inspector_ids",
            "rule",
            "missing",
        ];
        text(&heading, self.rows.iter().map(public_row))
    }

    /// `schedule.csv`, for the inspectors: `object_id,department,day,inspector_ids`; visits without a team are left out.
    #[must_use]
    pub fn schedule_table(&self) -> Vec<u8> {
        let heading = ["object_id", "department", "day", "inspector_ids"];
        let rows = self.rows.iter().filter(|row| !row.team().is_empty());
        let row = |row: &Assignment| {
            let [object_id, department] = key(row);
            [
                object_id,
                department,
                row.day.to_string(),
                row.team().join(JOIN),
            ]
        };
        text(&heading, rows.map(row))
    }

    /// `marginals.csv`, for supervisors: `object_id,department,inspector_id,probability`; the probability as a fraction of
    /// 1048576, as it stood before the draw and before any replacement.
    #[must_use]
    pub fn marginals_table(&self, register: &InspectorRegister) -> Vec<u8> {
        let heading = ["object_id", "department", "inspector_id", "probability"];
        let rows = self.rows.iter().flat_map(|row| {
            row.marginals.iter().map(move |chance| {
                let [object_id, department] = key(row);
                let inspector = &register.inspectors()[chance.inspector as usize];
                let probability = format!("{}/{CERTAIN}", chance.scaled);
                [object_id, department, inspector.id.clone(), probability]
            })
        });
        text(&heading, rows)
    }

    /// `entrusted.csv`: `object_id,department,institution,qualification,expires,report_id`, in the order of attachment.
    #[must_use]
    pub fn entrusted_table(&self) -> Vec<u8> {
        let heading = [
            "object_id",
            "department",
            "institution",
            "qualification",
            "expires",
            "report_id",
        ];
        let rows = self.entrusted.iter().map(|entrusted| {
            let institution = entrusted.institution.clone();
            [
                entrusted.object_id.clone(),
                entrusted.department.clone(),
                institution.name,
                institution.qualification,
                institution.expires.to_string(),
                institution.report_id,
            ]
        });
        text(&heading, rows)
    }
}

fn key(row: &Assignment) -> [String; 2] {
    [row.object_id.clone(), row.department.clone()]
}

fn public_row(row: &Assignment) -> [String; 5] {
    let [object_id, department] = key(row);
    match &row.outcome {
        Outcome::Team(ids) => [
            object_id,
            department,
            ids.join(JOIN),
            String::new(),
            String::new(),
        ],
        Outcome::Shortfall { rule, missing } => {
            let (rule, missing) = (rule.to_string(), missing.to_string());
            [object_id, department, String::new(), rule, missing]
        }
    }
}

fn text<const N: usize>(heading: &[&str; N], rows: impl Iterator<Item = [String; N]>) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let kept = "a vector takes every byte";
    writer.write_record(heading).expect(kept);
    rows.for_each(|row| writer.write_record(row).expect(kept));
    writer.into_inner().expect(kept)
}

/// Draws again, replaces again, and holds the published table to the result, which is returned if they are the same.
/// `replaced` are the requests made since, in order, with the substitute each is said to have brought.
///
/// # Errors
/// [`Error::Different`] names the first line that differs; errors of [`allocate`] and [`replace`].
pub fn verify(
    inputs: &Inputs,
    replaced: &[Request],
    published: &[u8],
    meter: &Meter,
) -> Result<Assignments, Error> {
    let mut drawn = allocate(inputs, meter)?;
    for request in replaced {
        replace(inputs, &mut drawn, request.clone())?;
    }
    let expected = drawn.public_table();
    if expected == published {
        return Ok(drawn);
    }
    let (expected, found) = (
        String::from_utf8_lossy(&expected),
        String::from_utf8_lossy(published),
    );
    let mut pairs = expected
        .split('\n')
        .map(Some)
        .chain(std::iter::repeat(None));
    let mut found = found.split('\n').map(Some).chain(std::iter::repeat(None));
    let differing = (1..).find_map(|line| match (pairs.next()?, found.next()?) {
        (None, None) => Some((line, None, None)),
        (expected, found) => (expected != found).then_some((line, expected, found)),
    });
    let (line, expected, found) = differing.unwrap_or((1, None, None));
    Err(Error::Different {
        line,
        expected: expected.unwrap_or_default().to_owned(),
        found: found.unwrap_or_default().to_owned(),
    })
}
