//! Replacement of one inspector: with a reason and evidence, and a substitute the sub-seed draws, not a person chooses.

use std::collections::BTreeSet;

use super::lawful::Pool;
use super::{Assignment, Assignments, Error, Inputs, Lots, Outcome, Rule, VisitNeed};
use crate::units::Digest;

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Object.
    pub object_id: String,
    /// Department whose team changes.
    pub department: String,
    /// Inspector who cannot come.
    pub inspector_id: String,
    /// 更换理由.
    pub reason: String,
    /// Digest of the document that shows the reason.
    pub evidence: Digest,
    /// 批准人; required from the second replacement at one visit on.
    pub supervisor: Option<String>,
}

/// A replacement that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replacement {
    /// What was asked.
    pub request: Request,
    /// Which replacement of this visit it is, from 1.
    pub attempt: u32,
    /// Who comes instead.
    pub substitute_id: String,
}

/// Replaces one inspector and returns what was done; `assignments` are those of `inputs`, earlier replacements included.
/// The substitute is the lawful inspector with the smallest ticket
/// H(sub-seed ‖ ':' ‖ `replace` ‖ 00 ‖ object ‖ 00 ‖ department ‖ 00 ‖ attempt as 4 bytes ‖ inspector id).
///
/// # Errors
/// No team, not in the team, no reason, no supervisor for a second replacement, nobody who may step in.
pub fn replace(
    inputs: &Inputs,
    assignments: &mut Assignments,
    request: Request,
) -> Result<Replacement, Error> {
    let (need, row) = find(inputs, assignments, &request)?;
    let attempt = check(assignments, row, &request)?;
    let mut lawful = lawful(inputs, assignments, need, row, &request)?;
    let lots = Lots::new(inputs);
    let ticket = |id: &&str| {
        lots.ticket(
            "replace",
            need,
            &[&attempt.to_be_bytes()[..], id.as_bytes()].concat(),
        )
    };
    lawful.sort_by_cached_key(ticket);
    let substitute_id = lawful[0].to_owned();
    let place = assignments
        .rows
        .iter()
        .position(|row| row.object_id == request.object_id && row.department == request.department)
        .expect("the row was found above");
    if let Outcome::Team(team) = &mut assignments.rows[place].outcome {
        team.retain(|id| *id != request.inspector_id);
        team.push(substitute_id.clone());
        team.sort_unstable();
    }
    let replacement = Replacement {
        request,
        attempt,
        substitute_id,
    };
    assignments.replacements.push(replacement.clone());
    Ok(replacement)
}

fn find<'a>(
    inputs: &Inputs<'a>,
    assignments: &'a Assignments,
    request: &Request,
) -> Result<(&'a VisitNeed, &'a Assignment), Error> {
    let is_asked = |need: &&VisitNeed| {
        need.object_id == request.object_id && need.department == request.department
    };
    let need = inputs.visits.iter().find(is_asked);
    let row = assignments.row(&request.object_id, &request.department);
    let row = row.filter(|row| !row.team().is_empty());
    need.zip(row).ok_or_else(|| Error::NoTeam {
        object_id: request.object_id.clone(),
        department: request.department.clone(),
    })
}

/// The number of this replacement at its visit, from 1.
fn check(assignments: &Assignments, row: &Assignment, request: &Request) -> Result<u32, Error> {
    let object_id = request.object_id.clone();
    if !row.team().contains(&request.inspector_id) {
        let inspector_id = request.inspector_id.clone();
        return Err(Error::NotInTeam {
            object_id,
            inspector_id,
        });
    }
    if request.reason.trim().is_empty() {
        return Err(Error::NoReason { object_id });
    }
    let attempt = 1 + u32::try_from(earlier(assignments, request).count()).unwrap_or(u32::MAX - 1);
    let supervisor = request.supervisor.as_deref().unwrap_or_default().trim();
    if attempt > 1 && supervisor.is_empty() {
        return Err(Error::NoSupervisor { object_id, attempt });
    }
    Ok(attempt)
}

/// Earlier replacements at the same visit.
fn earlier<'a>(
    assignments: &'a Assignments,
    request: &'a Request,
) -> impl Iterator<Item = &'a Replacement> {
    assignments.replacements.iter().filter(|made| {
        made.request.object_id == request.object_id && made.request.department == request.department
    })
}

/// Ids of all who may step in, at least one.
fn lawful<'a>(
    inputs: &Inputs<'a>,
    assignments: &Assignments,
    need: &VisitNeed,
    row: &Assignment,
    request: &Request,
) -> Result<Vec<&'a str>, Error> {
    let nobody = |rule| Error::NoSubstitute {
        object_id: request.object_id.clone(),
        inspector_id: request.inspector_id.clone(),
        rule,
    };
    let pool = Pool::new(inputs);
    let candidates = pool
        .candidates(need, row.day)
        .map_err(|short| nobody(short.rule))?;
    let inspectors = inputs.register.inspectors();
    let id = |index: u32| inspectors[index as usize].id.as_str();
    let out: BTreeSet<&str> = earlier(assignments, request)
        .map(|made| made.request.inspector_id.as_str())
        .chain(row.team().iter().map(String::as_str))
        .collect();
    let staying: Vec<&String> = row
        .team()
        .iter()
        .filter(|id| **id != request.inspector_id)
        .collect();
    let mut free = candidates.people.clone();
    free.retain(|&(index, _)| !out.contains(id(index)));
    let came = |index: u32| candidates.apart.contains(&index);
    let one_came = inspectors
        .iter()
        .zip(0..)
        .any(|(inspector, index)| came(index) && staying.contains(&&inspector.id));
    free.retain(|&(index, _)| !(one_came && came(index)));
    if free.is_empty() {
        return Err(nobody(Rule::Recusal));
    }
    let seats = |index: u32| pool.seats(index, need);
    let seated: Vec<u32> = (0..)
        .zip(inspectors)
        .filter(|(_, inspector)| staying.contains(&&inspector.id))
        .map(|(index, _)| seats(index))
        .collect();
    free.retain(|&(_, bits)| fills(candidates.n_experts, &seated, bits));
    if free.is_empty() {
        return Err(nobody(Rule::Specialty));
    }
    let (loads, today) = (assignments.loads(), loads_of_day(assignments, row));
    let most = inputs.params.load.ceiling.unwrap_or(u32::MAX);
    free.retain(|&(index, _)| loads.get(id(index)).copied().unwrap_or(0) < most);
    if free.is_empty() {
        return Err(nobody(Rule::Load));
    }
    let visits = |index: u32| today.iter().filter(|busy| **busy == id(index)).count();
    free.retain(|&(index, _)| visits(index) < inputs.params.visits_per_day_max as usize);
    if free.is_empty() {
        return Err(nobody(Rule::Day));
    }
    Ok(free.into_iter().map(|(index, _)| id(index)).collect())
}

/// Everybody who goes somewhere on the day of this visit, once per visit.
fn loads_of_day<'a>(assignments: &'a Assignments, of: &Assignment) -> Vec<&'a str> {
    let rows = assignments.rows.iter().filter(|row| row.day == of.day);
    rows.flat_map(|row| row.team().iter().map(String::as_str))
        .collect()
}

/// Whether those who stay and the one who comes can take all seats that need a specialty, each a seat of their own.
fn fills(n_experts: usize, staying: &[u32], comes: u32) -> bool {
    let people: Vec<u32> = staying.iter().copied().chain([comes]).collect();
    let mut seat_of: Vec<Option<usize>> = vec![None; people.len()];
    (0..n_experts).all(|seat| take(seat, &people, &mut seat_of, &mut vec![false; people.len()]))
}

/// Finds somebody for a seat, others moving to other seats where they must (Kuhn's algorithm).
fn take(seat: usize, people: &[u32], seat_of: &mut [Option<usize>], asked: &mut [bool]) -> bool {
    for person in 0..people.len() {
        if asked[person] || people[person] >> seat & 1 == 0 {
            continue;
        }
        asked[person] = true;
        let free = match seat_of[person] {
            None => true,
            Some(other) => take(other, people, seat_of, asked),
        };
        if free {
            seat_of[person] = Some(seat);
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::fills;

    #[test]
    fn every_specialty_takes_an_inspector_of_its_own() {
        assert!(fills(0, &[0], 0));
        assert!(fills(2, &[0b11], 0b01));
        assert!(fills(2, &[0b11], 0b10));
        assert!(!fills(2, &[0b11], 0b00));
        assert!(!fills(2, &[0b01], 0b01));
        assert!(fills(3, &[0b011, 0b001], 0b111));
    }
}
