//! Who may go: department, certificate, jurisdiction, availability, recusal and specialty, in this order.
//!
//! The order matters only to what a shortfall is blamed on: the first rule that leaves fewer than the team needs.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::params::{Reach, Rotation};
use super::{HeldBy, Inputs, Rule, VisitNeed};
use crate::registers::{Inspector, InspectorRegister};
use crate::units::Day;

/// The register, arranged so that a visit finds its inspectors without looking at all of them.
pub(super) struct Pool<'a> {
    inputs: &'a Inputs<'a>,
    /// Active inspectors who may be counted, ascending, by department and by where they may be sent.
    sent_to: BTreeMap<(&'a str, Place<'a>), Vec<u32>>,
    /// Active staff of a department, whatever their kind.
    n_active: BTreeMap<&'a str, usize>,
    /// Last certified days of those who may be counted, ascending.
    certified: BTreeMap<&'a str, Vec<Day>>,
    /// Last day on which each inspector is certified.
    until: Vec<Option<Day>>,
    absences: Vec<Vec<(Day, Day)>>,
    recused: HashMap<&'a str, BTreeSet<u32>>,
    prefixes: BTreeSet<usize>,
}

/// Where an inspector may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place<'a> {
    Anywhere,
    Office(&'a str),
    Region(&'a str),
}

/// Lawful inspectors of one visit on one day.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Candidates {
    /// Inspectors of the register, ascending, with the seats each may take: bit s for the s-th specialty.
    pub(super) people: Vec<(u32, u32)>,
    /// Seats that need a specialty: one each.
    pub(super) n_experts: usize,
    /// Seats in all.
    pub(super) team: usize,
    /// Of these at most one may come, since they came together last time; all may take the same seats.
    pub(super) apart: Vec<u32>,
}

impl Candidates {
    /// Whether every team for this is one for `other`, or holds one: who cannot serve `other` cannot serve this.
    pub(super) fn ask_no_less_than(&self, other: &Self) -> bool {
        let covered = |(person, bits): &(u32, u32)| {
            let found = other.people.binary_search_by_key(person, |who| who.0);
            let may = found.map(|place| other.people[place].1);
            may.is_ok_and(|may| other.n_experts == 0 || bits & !may == 0)
        };
        self.team >= other.team
            && (other.n_experts == 0 || self.n_experts == other.n_experts)
            && other.apart.is_empty()
            && self.people.iter().all(covered)
    }
}

/// Why a visit cannot have its team.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Short {
    pub(super) rule: Rule,
    pub(super) missing: u32,
}

impl<'a> Pool<'a> {
    pub(super) fn new(inputs: &'a Inputs<'a>) -> Self {
        let register = inputs.register;
        let mut pool = Self {
            inputs,
            sent_to: BTreeMap::new(),
            n_active: BTreeMap::new(),
            certified: BTreeMap::new(),
            until: register.inspectors().iter().map(certified_until).collect(),
            absences: absences(register),
            recused: HashMap::new(),
            prefixes: BTreeSet::new(),
        };
        let mut places = HashMap::new();
        for (index, inspector) in (0..).zip(register.inspectors()) {
            places.insert(inspector.id.as_str(), index);
            pool.enter(index, inspector);
        }
        pool.certified
            .values_mut()
            .for_each(|days| days.sort_unstable());
        let declared = register.recusals();
        let declared = declared.map(|recusal| (&recusal.inspector_id, recusal.object_id.as_str()));
        let former = register.inspectors().iter().flat_map(|inspector| {
            let objects = inspector.former_employers.iter();
            objects.map(|object| (&inspector.id, object.as_str()))
        });
        for (inspector, object) in declared.chain(former) {
            if let Some(&index) = places.get(inspector.as_str()) {
                pool.recused.entry(object).or_default().insert(index);
            }
        }
        pool
    }

    fn enter(&mut self, index: u32, inspector: &'a Inspector) {
        let params = self.inputs.params;
        let department = inspector.department.as_str();
        if !inspector.active {
            return;
        }
        *self.n_active.entry(department).or_default() += 1;
        let kind = inspector.staff_kind.as_str();
        if params.not_inspectors.iter().any(|barred| barred == kind) {
            return;
        }
        if let Some(until) = self.until[index as usize] {
            self.certified.entry(department).or_default().push(until);
        }
        let place = match params.reach_of(&inspector.level) {
            Reach::Anywhere => Some(Place::Anywhere),
            Reach::Office => Some(inspector.office.as_str())
                .filter(|office| !office.is_empty())
                .map(Place::Office),
            Reach::Region(length) => {
                self.prefixes.insert(length);
                prefix(&inspector.region_code, length).map(Place::Region)
            }
        };
        if let Some(place) = place {
            self.sent_to
                .entry((department, place))
                .or_default()
                .push(index);
        }
    }

    /// Inspectors of the department whose reach and level the visit has, ascending.
    fn within<'b>(&'b self, need: &'b VisitNeed) -> Vec<u32> {
        let regions = self.prefixes.iter();
        let regions = regions.filter_map(|&length| prefix(&need.region_code, length));
        let places = [Place::Anywhere, Place::Office(&need.office)];
        let places = places.into_iter().chain(regions.map(Place::Region));
        let sent = places.filter_map(|place| self.sent_to.get(&(need.department.as_str(), place)));
        let fits = |index: &u32| {
            let level = &self.inspector(*index).level;
            need.level.as_ref().is_none_or(|wanted| wanted == level)
        };
        let mut people: Vec<u32> = sent.flatten().copied().filter(fits).collect();
        people.sort_unstable();
        people
    }

    fn inspector(&self, index: u32) -> &'a Inspector {
        &self.inputs.register.inspectors()[index as usize]
    }

    /// Everybody who may go on some day of the visit's window, ascending.
    pub(super) fn anybody(&self, need: &VisitNeed) -> Vec<u32> {
        let mut people = self.within(need);
        let last = self.last_team(need);
        people.retain(|&index| {
            self.is_certified(index, need.first)
                && !self.is_recused(index, need)
                && !(self.inputs.params.rotation == Rotation::NewInspectors
                    && last.contains(&index))
                && self.holds_all(index, need)
        });
        people
    }

    /// Whether an inspector may work on a day: certified and not absent.
    pub(super) fn works(&self, index: u32, day: Day) -> bool {
        self.is_certified(index, day) && self.is_there(index, day)
    }

    fn is_certified(&self, index: u32, day: Day) -> bool {
        self.until[index as usize] >= Some(day)
    }

    fn is_there(&self, index: u32, day: Day) -> bool {
        let mut absences = self.absences[index as usize].iter();
        !absences.any(|(from, to)| (from..=to).contains(&&day))
    }

    fn is_recused(&self, index: u32, need: &VisitNeed) -> bool {
        let recused = self.recused.get(need.object_id.as_str());
        recused.is_some_and(|recused| recused.contains(&index))
    }

    /// The last team of this department at this object.
    fn last_team(&self, need: &VisitNeed) -> Vec<u32> {
        if self.inputs.params.rotation == Rotation::None {
            return Vec::new();
        }
        let last = self.inputs.last.of(&need.object_id, &need.department);
        let register = self.inputs.register.inspectors();
        let place = |id: &String| {
            let found = register.binary_search_by(|inspector| inspector.id.cmp(id));
            found.ok().and_then(|place| u32::try_from(place).ok())
        };
        last.iter().filter_map(place).collect()
    }

    fn holds_all(&self, index: u32, need: &VisitNeed) -> bool {
        let inspector = self.inspector(index);
        let of_all = need
            .specialties
            .iter()
            .filter(|needed| needed.held_by == HeldBy::All);
        of_all
            .into_iter()
            .all(|needed| inspector.holds(&needed.specialty))
    }

    /// Which of the specialties that one of the team must hold the inspector holds.
    pub(super) fn seats(&self, index: u32, need: &VisitNeed) -> u32 {
        let inspector = self.inspector(index);
        let held = |(bit, specialty)| u32::from(inspector.holds(specialty)) << bit;
        (0..).zip(need.experts()).map(held).sum()
    }

    /// Lawful inspectors of a visit on a day.
    ///
    /// # Errors
    /// The first rule that leaves too few, and how many are missing.
    pub(super) fn candidates(&self, need: &VisitNeed, day: Day) -> Result<Candidates, Short> {
        let n_experts = need.experts().count();
        let team = self.inputs.params.team_of(n_experts);
        let enough = |n: usize, rule| {
            let missing = u32::try_from(team.saturating_sub(n)).unwrap_or(u32::MAX);
            if missing > 0 {
                Err(Short { rule, missing })
            } else {
                Ok(())
            }
        };
        let department = need.department.as_str();
        enough(
            self.n_active.get(department).copied().unwrap_or(0),
            Rule::Register,
        )?;
        let until = self
            .certified
            .get(department)
            .map_or(&[][..], Vec::as_slice);
        enough(
            until.len() - until.partition_point(|&until| until < day),
            Rule::Certificate,
        )?;
        let mut people = self.within(need);
        people.retain(|&index| self.is_certified(index, day));
        enough(people.len(), Rule::Jurisdiction)?;
        people.retain(|&index| self.is_there(index, day));
        enough(people.len(), Rule::Availability)?;
        people.retain(|&index| !self.is_recused(index, need));
        let seated = people.iter().map(|&index| (index, self.seats(index, need)));
        let (people, apart) = self.rotated(need, seated.collect());
        enough(people.len(), Rule::Recusal)?;
        let skilled = people
            .into_iter()
            .filter(|&(index, _)| self.holds_all(index, need));
        let people: Vec<(u32, u32)> = skilled.collect();
        enough(people.len(), Rule::Specialty)?;
        let unfilled = (0..n_experts).filter(|bit| people.iter().all(|who| who.1 >> bit & 1 == 0));
        enough(team - unfilled.count(), Rule::Specialty)?;
        let apart = apart
            .into_iter()
            .filter(|&index| self.holds_all(index, need));
        let apart: Vec<u32> = apart.collect();
        Ok(Candidates {
            n_experts,
            team,
            apart: if apart.len() > 1 { apart } else { Vec::new() },
            people,
        })
    }

    /// Takes out whom the rotation bars, and tells who must not come together. Two of the last team can be kept apart
    /// inside the draw only if they may take the same seats; of the others those with most specialties stay.
    fn rotated(
        &self,
        need: &VisitNeed,
        mut people: Vec<(u32, u32)>,
    ) -> (Vec<(u32, u32)>, Vec<u32>) {
        let last = self.last_team(need);
        if self.inputs.params.rotation == Rotation::NewInspectors {
            people.retain(|(index, _)| !last.contains(index));
            return (people, Vec::new());
        }
        let came = |who: &&(u32, u32)| last.contains(&who.0);
        let best = people.iter().filter(came).map(|who| who.1);
        let Some(best) = best.max_by_key(|seats| (seats.count_ones(), *seats)) else {
            return (people, Vec::new());
        };
        people.retain(|(index, seats)| !last.contains(index) || *seats == best);
        let apart = people.iter().filter(came).map(|who| who.0).collect();
        (people, apart)
    }
}

fn absences(register: &InspectorRegister) -> Vec<Vec<(Day, Day)>> {
    let inspectors = register.inspectors().iter();
    let of = |inspector: &Inspector| register.absences(&inspector.id).collect();
    inspectors.map(of).collect()
}

fn certified_until(inspector: &Inspector) -> Option<Day> {
    let days = inspector.certificates.iter();
    days.filter_map(|certificate| certificate.expires).max()
}

/// The first `length` characters, where there are so many.
fn prefix(text: &str, length: usize) -> Option<&str> {
    let (end, _) = text.char_indices().nth(length - 1)?;
    let rest = text[end..].chars().next().map_or(0, char::len_utf8);
    Some(&text[..end + rest])
}
