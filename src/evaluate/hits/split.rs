//! The four numbers by region, industry, item, department, month of visit, office, or any attribute of the register.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::hidden::{Table, hide};
use super::{Around, ByAttribute, Grouping, Hidden, Note, NoteKind};
use crate::evaluate::ValidParams;
use crate::evaluate::cell::{Domain, cell, lift_intervals};
use crate::evaluate::estimates::{Cell, N_MIN};
use crate::evaluate::judgement::Judgement;
use crate::evaluate::number::{count, floor_index, real};

/// The attribute that is read off the results: the month of the visit.
pub(super) const MONTH: &str = "month";
/// Label of hidden groups together.
const REST: &str = "其余";
/// Label of visits without a day.
const NO_DAY: &str = "（日期不详）";

/// Every attribute of `[evaluate] by`, and those that nobody knows.
pub(super) fn by_attribute(
    params: &ValidParams,
    around: &Around,
    judgement: &Judgement,
    parts: &[Domain],
    market: &Cell,
    seed: &[u8; 32],
) -> (Vec<ByAttribute>, Vec<Note>) {
    let (mut groupings, mut notes) = (Vec::new(), Vec::new());
    for name in &params.by {
        let known = around.groupings.iter().find(|one| one.name == *name);
        match known {
            Some(grouping) => groupings.push(grouping.clone()),
            None if name == MONTH => groupings.push(months(judgement)),
            None => notes.push(note(NoteKind::UnknownAttribute, name)),
        }
    }
    for grouping in &groupings {
        let met = grouping.of_unit.iter().flatten();
        let met: std::collections::BTreeSet<&usize> = met.collect();
        if met.len() == 1 {
            notes.push(note(NoteKind::OneGroup, &grouping.name));
        }
    }
    let members: Vec<Vec<Vec<usize>>> = groupings.iter().map(Grouping::members).collect();
    let tables: Vec<Table> = members
        .iter()
        .map(|groups| Table {
            groups: groups.iter().map(|all| valid(judgement, all)).collect(),
        })
        .collect();
    let fixed: Vec<Vec<usize>> = parts
        .iter()
        .map(|part| valid(judgement, &part.members))
        .collect();
    let hidden = hide(&tables, &fixed, floor_index(real(N_MIN)));
    let parted: Vec<Parted> = (0..groupings.len())
        .map(|at| Parted {
            grouping: &groupings[at],
            members: &members[at],
            table: &tables[at],
            hidden: &hidden[at],
        })
        .collect();
    let domains: Vec<Vec<Domain>> = parted.iter().map(Parted::domains).collect();
    let cells = cells(params, judgement, domains, market, seed);
    let by = parted.iter().zip(cells);
    (
        by.map(|(parted, cells)| parted.named(cells)).collect(),
        notes,
    )
}

/// The cells of all attributes, from the same replicates.
fn cells(
    params: &ValidParams,
    judgement: &Judgement,
    domains: Vec<Vec<Domain>>,
    market: &Cell,
    seed: &[u8; 32],
) -> Vec<Vec<Cell>> {
    let sizes: Vec<usize> = domains.iter().map(Vec::len).collect();
    let domains: Vec<Domain> = domains.into_iter().flatten().collect();
    let lifts = lift_intervals(params, seed, judgement, &domains);
    let mut cells: Vec<Cell> = domains
        .par_iter()
        .zip(lifts)
        .map(|(domain, lift)| cell(domain, judgement, Some(&market.prevalence), lift))
        .collect();
    sizes
        .into_iter()
        .map(|n| cells.drain(..n).collect())
        .collect()
}

fn note(kind: NoteKind, about: &str) -> Note {
    Note {
        kind,
        about: about.to_owned(),
        n: 0,
    }
}

/// Places of the valid results among `members`.
fn valid(judgement: &Judgement, members: &[usize]) -> Vec<usize> {
    let is_valid = |place: &usize| judgement.units[*place].is_valid();
    members.iter().copied().filter(is_valid).collect()
}

/// The month of each visit; the frame is not split by it, and a cell is a domain of the visited.
fn months(judgement: &Judgement) -> Grouping {
    let month = |place: usize| {
        let unit = &judgement.units[place];
        unit.verdict?;
        let day = unit.unit.outcome.as_ref().and_then(|one| one.inspected_on);
        Some(day.map_or_else(
            || NO_DAY.to_owned(),
            |day| day.to_string().chars().take(7).collect(),
        ))
    };
    let of: Vec<Option<String>> = (0..judgement.units.len()).map(month).collect();
    let mut places: BTreeMap<&String, usize> =
        of.iter().flatten().map(|label| (label, 0)).collect();
    for (at, (_, place)) in places.iter_mut().enumerate() {
        *place = at;
    }
    Grouping {
        name: MONTH.to_owned(),
        of_unit: of
            .iter()
            .map(|label| label.iter().map(|label| places[label]).collect())
            .collect(),
        groups: places.keys().map(|label| ((*label).clone(), 0)).collect(),
    }
}

impl Grouping {
    /// Places of the drawn units of every group, ascending.
    fn members(&self) -> Vec<Vec<usize>> {
        let mut members = vec![Vec::new(); self.groups.len()];
        for (place, groups) in self.of_unit.iter().enumerate() {
            for group in groups {
                members[*group].push(place);
            }
        }
        members
    }
}

/// One attribute with what is shown of it.
struct Parted<'a> {
    grouping: &'a Grouping,
    members: &'a [Vec<usize>],
    table: &'a Table,
    hidden: &'a [Option<super::Why>],
}

impl Parted<'_> {
    /// The shown groups, then the rest.
    fn domains(&self) -> Vec<Domain<'_>> {
        let shown = (0..self.members.len()).filter(|&at| self.hidden[at].is_none());
        let shown = shown.map(|at| self.domain(at));
        shown.chain(self.rest()).collect()
    }

    /// `cells` are those of [`Parted::domains`].
    fn named(&self, mut cells: Vec<Cell>) -> ByAttribute {
        let n_shown = self.hidden.iter().filter(|why| why.is_none()).count();
        let rest = cells.split_off(n_shown).pop();
        ByAttribute {
            name: self.grouping.name.clone(),
            cells,
            hidden: self.unshown(),
            rest: rest.filter(|rest| !rest.suppressed),
        }
    }

    fn domain(&self, at: usize) -> Domain<'_> {
        let (label, n_frame) = &self.grouping.groups[at];
        Domain {
            label,
            name: "",
            n_frame: *n_frame,
            n_blind: 0,
            members: self.members[at].clone(),
        }
    }

    /// The hidden groups together, where none overlaps another.
    fn rest(&self) -> Option<Domain<'_>> {
        let hidden = || (0..self.members.len()).filter(|&at| self.hidden[at].is_some());
        if hidden().next().is_none() || !self.table.is_partition() {
            return None;
        }
        let mut members: Vec<usize> = hidden().flat_map(|at| &self.members[at]).copied().collect();
        members.sort_unstable();
        members.dedup();
        Some(Domain {
            label: REST,
            name: "",
            n_frame: hidden().map(|at| self.grouping.groups[at].1).sum(),
            n_blind: 0,
            members,
        })
    }

    fn unshown(&self) -> Vec<Hidden> {
        let rows = self.grouping.groups.iter().zip(self.members);
        let rows = rows.zip(self.hidden);
        rows.filter_map(|(((label, n_frame), members), why)| {
            Some(Hidden {
                label: label.clone(),
                n_frame: *n_frame,
                n_drawn: count(members.len()),
                why: (*why)?,
            })
        })
        .collect()
    }
}
