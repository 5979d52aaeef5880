//! The frame of one draw of a round: eligible objects in its scope, below their cap, with merged strata and cooled sizes.

use std::collections::{BTreeMap, HashMap};

use super::merge::{in_label, label};
use super::{CoolDown, MeasureOfSize, Past};
use crate::registers::{Registers, RowSql};
use crate::risk::RiskTable;
use crate::units::{FramePart, FrameSource, Unreadable};

/// The column of the strata that stands for the class.
const CLASS: &str = "risk_class";

/// Where the objects of a draw come from, and which of them it is about.
#[derive(Clone)]
pub(super) struct Scope<'a> {
    pub(super) risk: &'a RiskTable,
    pub(super) registers: &'a Registers,
    pub(super) past: &'a dyn Past,
    /// Visits a year after which an object leaves the frame, unless it has an open visit to join.
    pub(super) cap: Option<u32>,
    /// Columns of the strata, the class among them.
    pub(super) strata: Vec<String>,
    pub(super) measure_of_size: MeasureOfSize,
    /// Objects of which one condition holds; none: every object.
    pub(super) conditions: Option<Vec<RowSql>>,
}

/// An eligible object as a scope sees it.
pub(super) struct Seen<'r> {
    /// Place among the eligible objects of the partition.
    pub(super) row: usize,
    pub(super) id: &'r str,
    /// Index into the risk table's classes.
    pub(super) class: u16,
    /// Its values of the strata columns, as they stand in labels.
    pub(super) values: &'r [String],
    /// 规模度量 before cool-down.
    pub(super) size: u32,
    /// Whether the draw is about it.
    pub(super) applies: bool,
    /// Visits that bring it to its cap.
    pub(super) visits_at_cap: Option<u32>,
    pub(super) past: Option<super::PastObject>,
}

impl Scope<'_> {
    /// Calls `each` for every eligible object of the partition, ascending by key.
    pub(super) fn each(
        &self,
        part: usize,
        mut each: impl FnMut(Seen<'_>),
    ) -> Result<(), Unreadable> {
        let columns = self.strata.iter().filter(|column| *column != CLASS);
        let columns: Vec<String> = columns.cloned().collect();
        let objects = self.registers.frame_part(part, &columns)?;
        let applies = match &self.conditions {
            Some(conditions) => Some(self.registers.any_holds(part, conditions)?),
            None => None,
        };
        let points = self.risk.points(part)?;
        let (mut at, mut values) = (0, Vec::new());
        for (row, &key) in objects.keys.iter().enumerate() {
            while points.keys.get(at).is_some_and(|&other| other < key) {
                at += 1;
            }
            let id = objects.ids.get(row);
            if points.keys.get(at) != Some(&key) {
                return Err(format!("object {id:?} has no row in the risk table").into());
            }
            values.clear();
            if columns.len() < self.strata.len() {
                let class = &self.risk.classes()[usize::from(points.class[at])];
                values.push(class.code.clone());
            }
            values.extend(objects.columns.iter().map(|column| in_label(&column[row])));
            let known = self.past.of(id);
            each(Seen {
                row,
                id,
                class: points.class[at],
                values: &values,
                size: match self.measure_of_size {
                    MeasureOfSize::RiskPoints => points.points[at],
                    MeasureOfSize::Equal => 1,
                },
                applies: applies.as_ref().is_none_or(|applies| applies[row]),
                visits_at_cap: self.visits_at_cap(known.as_ref()),
                past: known,
            });
        }
        Ok(())
    }

    fn visits_at_cap(&self, past: Option<&super::PastObject>) -> Option<u32> {
        let past = past?;
        let reached = past.visits_this_year >= self.cap? && !past.has_open_visit;
        reached.then_some(past.visits_this_year)
    }
}

/// The frame of one draw of a round, read a partition at a time from register, risk table and past.
pub struct RoundFrame<'a> {
    pub(super) scope: Scope<'a>,
    pub(super) strata: Vec<String>,
    /// Index of the stratum by the label of unmerged values.
    pub(super) stratum_of: HashMap<String, u32>,
    /// Per stratum, target by size before cool-down.
    pub(super) base: Vec<BTreeMap<u32, f64>>,
    pub(super) cooling: Option<Cooling>,
    /// Per stratum, target by size.
    pub(super) realised: Vec<BTreeMap<u32, f64>>,
}

/// What cool-down does to sizes.
#[derive(Clone)]
pub(super) struct Cooling {
    pub(super) rule: CoolDown,
    /// Per stratum, the least size that keeps the floor.
    pub(super) size_min: Vec<u32>,
}

/// An object of the frame.
#[derive(Clone, Copy, Debug)]
pub(super) struct Member {
    pub(super) stratum: u32,
    /// 规模度量 before cool-down.
    pub(super) size_before: u32,
    /// 规模度量 of the draw.
    pub(super) size: u32,
}

impl RoundFrame<'_> {
    /// Calls `each` for every eligible object of the partition, with its place in the frame if it has one.
    pub(super) fn each(
        &self,
        part: usize,
        mut each: impl FnMut(&Seen<'_>, Option<Member>),
    ) -> Result<(), Unreadable> {
        self.scope.each(part, |seen| {
            let inside = seen.applies && seen.visits_at_cap.is_none();
            let stratum = inside.then(|| self.stratum_of.get(&label(seen.values)));
            let member = stratum
                .flatten()
                .map(|&stratum| self.member(&seen, stratum));
            each(&seen, member);
        })
    }

    fn member(&self, seen: &Seen<'_>, stratum: u32) -> Member {
        let size = match &self.cooling {
            None => seen.size,
            Some(cooling) => {
                let rounds = seen.past.as_ref().map_or(&[][..], |past| &past.rounds);
                let p = at(&self.base, stratum, seen.size);
                let cooled = cooling.rule.size(seen.size, p, rounds);
                cooled.max(cooling.size_min[stratum as usize])
            }
        };
        Member {
            stratum,
            size_before: seen.size,
            size,
        }
    }

    /// Target of each object of the partition before cool-down, parallel to the rows of [`FrameSource::part`]: what
    /// the next rounds know as [`PastRound::p`](super::PastRound::p).
    ///
    /// # Errors
    /// When the partition cannot be read.
    pub fn base(&self, part: usize) -> Result<Vec<f64>, Unreadable> {
        let mut targets = Vec::new();
        self.each(part, |_, member| {
            targets.extend(member.map(|one| at(&self.base, one.stratum, one.size_before)));
        })?;
        Ok(targets)
    }

    /// Realised inclusion probability of each object of the partition, parallel to the rows of [`FrameSource::part`]:
    /// the targets of the sealed plan.
    ///
    /// # Errors
    /// When the partition cannot be read.
    pub fn realised(&self, part: usize) -> Result<Vec<f64>, Unreadable> {
        let mut targets = Vec::new();
        self.each(part, |_, member| {
            targets.extend(member.map(|one| at(&self.realised, one.stratum, one.size)));
        })?;
        Ok(targets)
    }
}

/// The target of objects of one size.
pub(super) fn at(targets: &[BTreeMap<u32, f64>], stratum: u32, size: u32) -> f64 {
    let of_stratum = targets.get(stratum as usize);
    let target = of_stratum.and_then(|targets| targets.get(&size));
    target.copied().unwrap_or_default()
}

impl FrameSource for RoundFrame<'_> {
    fn strata(&self) -> &[String] {
        &self.strata
    }

    fn n_parts(&self) -> usize {
        self.scope.registers.n_parts()
    }

    fn part(&self, part: usize) -> Result<FramePart, Unreadable> {
        let mut rows = FramePart::default();
        self.each(part, |seen, member| {
            if let Some(member) = member {
                rows.ids.push(seen.id);
                rows.stratum.push(member.stratum);
                rows.size.push(member.size);
            }
        })?;
        Ok(rows)
    }
}
