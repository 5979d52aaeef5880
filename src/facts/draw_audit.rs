//! The frame by class and by attribute with the probabilities of the plan, for the draw to be held against.

use std::collections::BTreeMap;

use super::Roll;
use super::groups::{digits_of, division, label_of};
use crate::corridor::{Drawn, Scored};
use crate::error::Error;
use crate::evaluate::{AuditGroup, AuditMembers};
use crate::job::Job;
use crate::plan;
use crate::units::{FrameSource, in_waves};

/// The attribute that every audit looks at.
const CLASS: &str = "class";
/// The attribute whose groups are cut to divisions.
const REGION: &str = "region";
/// Attributes of `[evaluate] by` and the register column each is read from.
const OF_REGISTER: [(&str, &str); 3] = [
    (REGION, "region_code"),
    ("industry", "industry_code"),
    ("office", "office"),
];

/// What is counted of a group: drawn objects, and objects by stratum and size.
#[derive(Default)]
struct Counted {
    n_drawn: u64,
    members: BTreeMap<(u32, u32), u64>,
}

/// The groups of one attribute.
type Groups = BTreeMap<String, Counted>;

/// What is asked of every partition.
struct Asked<'a> {
    scored: &'a Scored,
    frame: plan::JoinedFrame<'a>,
    by: Vec<(&'static str, &'static str)>,
    drawn: Vec<u64>,
}

/// Groups of the frame by class, and by region, industry and office where `[evaluate] by` names them.
///
/// # Errors
/// A column the register does not have, a partition that cannot be read.
pub fn audit_groups(
    job: &Job,
    scored: &Scored,
    drawn: &Drawn,
    roll: &Roll,
) -> Result<Vec<AuditGroup>, Error> {
    let by = job.evaluate.by();
    let is_asked = |(name, _): &(&str, &str)| by.iter().any(|one| one == name);
    let mut keys: Vec<u64> = roll.drawn().map(|one| one.key).collect();
    keys.sort_unstable();
    let asked = Asked {
        scored,
        frame: plan::JoinedFrame::new(&job.plan, &scored.risk, &scored.registers)?,
        by: OF_REGISTER.into_iter().filter(is_asked).collect(),
        drawn: keys,
    };
    let mut all: Vec<Groups> = Vec::new();
    all.resize_with(asked.by.len() + 1, Groups::new);
    let one = |part: usize| asked.part(part);
    in_waves(scored.registers.n_parts(), one, |found, _| {
        for part in found {
            all.iter_mut()
                .zip(part)
                .for_each(|(all, more)| add(all, more));
        }
    })?;
    Ok(asked.finished(all, drawn))
}

fn add(all: &mut Groups, more: Groups) {
    for (label, counted) in more {
        let group = all.entry(label).or_default();
        group.n_drawn += counted.n_drawn;
        for (place, n) in counted.members {
            *group.members.entry(place).or_default() += n;
        }
    }
}

impl Asked<'_> {
    /// The class first, then the attributes. Frame, register and risk table ascend by key over the same objects.
    fn part(&self, part: usize) -> Result<Vec<Groups>, Error> {
        let columns: Vec<String> = self.by.iter().map(|(_, of)| (*of).to_owned()).collect();
        let rows = self.frame.part(part);
        let rows = rows.map_err(|source| plan::Error::Unreadable { part, source })?;
        let objects = self.scored.registers.frame_part(part, &columns)?;
        let risk = self.scored.risk.points(part)?;
        let as_of = self.scored.registers.as_of();
        let mut found: Vec<Groups> = Vec::new();
        found.resize_with(self.by.len() + 1, Groups::new);
        for (row, key) in objects.keys.iter().enumerate() {
            let Ok(at) = risk.keys.binary_search(key) else {
                continue;
            };
            let is_drawn = self.drawn.binary_search(key).is_ok();
            let class = &self.scored.risk.classes()[usize::from(risk.class[at])].code;
            let labels = self.by.iter().zip(&objects.columns);
            let labels = labels.map(|((name, _), texts)| label_of(name, &texts[row], as_of));
            let labels = std::iter::once(class.clone()).chain(labels);
            for (groups, label) in found.iter_mut().zip(labels) {
                let group = groups.entry(label).or_default();
                group.n_drawn += u64::from(is_drawn);
                let place = (rows.stratum[row], rows.size[row]);
                *group.members.entry(place).or_default() += 1;
            }
        }
        Ok(found)
    }

    fn finished(&self, all: Vec<Groups>, drawn: &Drawn) -> Vec<AuditGroup> {
        let names = std::iter::once(CLASS).chain(self.by.iter().map(|(name, _)| *name));
        let finished = names.zip(all).flat_map(|(name, groups)| {
            let groups = if name == REGION { cut(groups) } else { groups };
            let group = |(label, counted): (String, Counted)| AuditGroup {
                by: name.to_owned(),
                label,
                n_drawn: counted.n_drawn,
                members: self.members(&counted.members, drawn),
            };
            groups.into_iter().map(group).collect::<Vec<_>>()
        });
        finished.collect()
    }

    fn members(&self, counts: &BTreeMap<(u32, u32), u64>, drawn: &Drawn) -> Vec<AuditMembers> {
        let strata = &drawn.sealed.strata;
        let members = counts.iter().filter_map(|(&(stratum, size), &n)| {
            let label = self.frame.strata().get(usize::try_from(stratum).ok()?)?;
            let place = strata.iter().position(|one| one.label == *label)?;
            let pi = strata[place].level(size)?.target;
            Some(AuditMembers {
                stratum: place,
                pi,
                n,
            })
        });
        members.collect()
    }
}

/// Divisions cut as in other tables.
fn cut(groups: Groups) -> Groups {
    let codes: Vec<&str> = groups.keys().map(String::as_str).collect();
    let digits = digits_of(&codes);
    let mut cut = Groups::new();
    for (code, counted) in groups {
        add(&mut cut, Groups::from([(division(&code, digits), counted)]));
    }
    cut
}
