//! Past visits counted for the indicators, department by department; partitions add up in any order.

use std::collections::{BTreeMap, BTreeSet};

use super::params::ValidMechanism;
use crate::evaluate::number::count;
use crate::ingest::{NONE_NEEDED, PENDING, PastVisit};
use crate::units::Day;

/// Department of a visit whose item is in no list, or that names no item.
pub(super) const NO_DEPARTMENT: &str = "";

/// What counts are made with.
#[derive(Clone, Copy, Debug)]
pub struct TallyRules<'a> {
    /// The section as checked.
    pub params: &'a ValidMechanism,
    /// 基准日.
    pub as_of: Day,
    /// Department of every item of the list.
    pub department_of: &'a BTreeMap<String, String>,
    /// Whether a result counts as out from the day it was published, not from the day it was entered.
    pub by_publication: bool,
}

/// Counts of draw visits of one department, or of all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    /// Records of drawn visits.
    pub(super) n_records: u64,
    /// Those where the object was met.
    pub(super) n_reached: u64,
    /// Records whose result was published.
    pub(super) n_published: u64,
    /// Records whose last day of publication lay before the as-of day.
    pub(super) n_due: u64,
    /// Those that were published by it.
    pub(super) n_on_time: u64,
    /// Visits that met the object and say whether a problem was found.
    pub(super) n_judged: u64,
    /// Those with a problem.
    pub(super) n_found: u64,
    /// Problems that something was done about, or nothing had to be.
    pub(super) n_followed: u64,
    /// Published visits that say whether a problem was found.
    pub(super) n_public: u64,
    /// Those that are over: no problem, nothing to do about it, or the follow-up closed.
    pub(super) n_closed: u64,
    /// Visits that met the object and name an inspector.
    pub(super) n_teams: u64,
    /// Those that name two or more.
    pub(super) n_pairs: u64,
    /// Objects met on a day.
    pub(super) n_occasions: u64,
    /// Those under items of two departments or more.
    pub(super) n_joint: u64,
    /// Items of the list that were visited under.
    pub(super) items: BTreeSet<String>,
}

impl Counts {
    fn take(&mut self, visit: &PastVisit, rules: &TallyRules, due: Day) {
        self.n_records += 1;
        self.n_published += u64::from(visit.published_on.is_some());
        if due < rules.as_of {
            let out = if rules.by_publication {
                visit.published_on
            } else {
                Some(visit.known_on)
            };
            self.n_due += 1;
            self.n_on_time += u64::from(out.is_some_and(|day| day <= due));
        }
        if !visit.visited {
            return;
        }
        self.n_reached += 1;
        self.n_judged += u64::from(visit.found.is_some());
        self.n_found += u64::from(visit.found == Some(true));
        self.take_follow_up(visit);
        self.n_teams += u64::from(visit.n_inspectors >= 1);
        self.n_pairs += u64::from(visit.n_inspectors >= 2);
        if rules.department_of.contains_key(&visit.item_id) {
            self.items.insert(visit.item_id.clone());
        }
    }

    /// What became of the problem of a visit that met the object.
    fn take_follow_up(&mut self, visit: &PastVisit) {
        let Some(found) = visit.found else {
            return;
        };
        let word = visit.follow_up.as_deref();
        let is_closed = visit.closed_on.is_some() || word == Some(NONE_NEEDED);
        let is_followed = is_closed || word.is_some_and(|word| word != PENDING);
        let is_public = visit.published_on.is_some();
        self.n_followed += u64::from(found && is_followed);
        self.n_public += u64::from(is_public);
        self.n_closed += u64::from(is_public && (!found || is_closed));
    }

    fn add(&mut self, other: Self) {
        self.n_records += other.n_records;
        self.n_published += other.n_published;
        self.n_followed += other.n_followed;
        self.n_public += other.n_public;
        self.n_closed += other.n_closed;
        self.n_reached += other.n_reached;
        self.n_due += other.n_due;
        self.n_on_time += other.n_on_time;
        self.n_judged += other.n_judged;
        self.n_found += other.n_found;
        self.n_teams += other.n_teams;
        self.n_pairs += other.n_pairs;
        self.n_occasions += other.n_occasions;
        self.n_joint += other.n_joint;
        self.items.extend(other.items);
    }
}

/// Counts of a partition, or of several added up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// All drawn visits.
    pub(super) all: Counts,
    /// Drawn visits by department; [`NO_DEPARTMENT`] where it is not known.
    pub(super) departments: BTreeMap<String, Counts>,
    /// Visits of every channel that met the object.
    pub(super) n_visits: u64,
    /// Those caused by a draw.
    pub(super) n_by_draw: u64,
    /// Objects visited at least once, whatever brought the visit.
    pub(super) n_objects: u64,
    /// Objects visited on two days or more.
    pub(super) n_repeated: u64,
    /// Objects met by a drawn visit.
    pub(super) n_drawn_objects: u64,
    /// Those of them in the frame.
    pub(super) n_drawn_in_frame: u64,
}

impl Tally {
    /// Counts the visits of one partition. `visits` stand together by object, days ascending; `frame` holds the keys of the
    /// partition's eligible objects, ascending.
    #[must_use]
    pub fn of(visits: &[PastVisit], frame: &[u64], rules: &TallyRules) -> Self {
        let mut tally = Self::default();
        for object in visits.chunk_by(|a, b| a.object_key == b.object_key) {
            tally.take_object(object, frame);
            for day in object.chunk_by(|a, b| a.inspected_on == b.inspected_on) {
                tally.take_day(day, rules);
            }
        }
        tally
    }

    fn take_object(&mut self, visits: &[PastVisit], frame: &[u64]) {
        let met = || visits.iter().filter(|visit| visit.visited);
        let mut days: Vec<Day> = met().map(|visit| visit.inspected_on).collect();
        days.dedup();
        let drawn = met().any(|visit| visit.by_draw);
        let in_frame = frame.binary_search(&visits[0].object_key).is_ok();
        self.n_visits += count(met().count());
        self.n_by_draw += count(met().filter(|visit| visit.by_draw).count());
        self.n_objects += u64::from(!days.is_empty());
        self.n_repeated += u64::from(days.len() >= 2);
        self.n_drawn_objects += u64::from(drawn);
        self.n_drawn_in_frame += u64::from(drawn && in_frame);
    }

    /// The drawn visits to one object on one day: an occasion (一次上门).
    fn take_day(&mut self, visits: &[PastVisit], rules: &TallyRules) {
        let mut met = BTreeSet::new();
        for visit in visits.iter().filter(|visit| visit.by_draw) {
            let due = rules
                .params
                .calendar
                .after(visit.inspected_on, rules.params.publish_within);
            let department = rules.department_of.get(&visit.item_id);
            let department = department.map_or(NO_DEPARTMENT, String::as_str);
            self.all.take(visit, rules, due);
            let of = self.departments.entry(department.to_owned()).or_default();
            of.take(visit, rules, due);
            if visit.visited && department != NO_DEPARTMENT {
                met.insert(department);
            }
        }
        let joint = u64::from(met.len() >= 2);
        if !met.is_empty() {
            self.all.n_occasions += 1;
            self.all.n_joint += joint;
        }
        for department in met {
            let of = self.departments.entry(department.to_owned()).or_default();
            of.n_occasions += 1;
            of.n_joint += joint;
        }
    }

    /// Adds the counts of another partition.
    pub fn add(&mut self, other: Self) {
        self.all.add(other.all);
        for (department, counts) in other.departments {
            self.departments.entry(department).or_default().add(counts);
        }
        self.n_visits += other.n_visits;
        self.n_by_draw += other.n_by_draw;
        self.n_objects += other.n_objects;
        self.n_repeated += other.n_repeated;
        self.n_drawn_objects += other.n_drawn_objects;
        self.n_drawn_in_frame += other.n_drawn_in_frame;
    }
}
