//! 随机派员: the second draw. Teams at random among all lawful ones, with probabilities that are stated.
//!
//! *Input* visits, the committed inspector register with recusals and absences, the last teams, the sub-seed `assign`.
//! *Output* [`Assignments`]: a lawful team per visit and department, or a shortfall with the rule that binds. *Law* every rule
//! holds in every draw; the probabilities are exact; same inputs and sub-seed, same bytes, for every order and thread
//! count. *Not here* files, the clock, floats, anything about an object's risk.
#![doc = include_str!("DESIGN.md")]

mod admission;
mod component;
mod days;
mod entrusted;
mod error;
mod last;
mod later;
mod lawful;
mod network;
mod params;
mod replacement;
mod rounding;
mod seats;
mod spread;
mod tables;

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

pub use entrusted::{Entrusted, Institution, attach};
pub use error::Error;
pub use last::{LastTeam, LastTeams};
pub use later::{after, beside};
pub use params::{CONTRACT_STAFF, Load, Params, Reach, Rotation, ValidParams};
pub use replacement::{Replacement, Request, replace};
pub use tables::verify;

use crate::draw::{SubSeed, Ticketer};
use crate::registers::InspectorRegister;
use crate::units::{Day, Digest, HashName, Meter, in_waves};
use lawful::Pool;

/// A probability of one: [`Chance::scaled`] counts in parts of this, 2^20.
pub const CERTAIN: u32 = 1 << 20;

/// Longest window of days a visit may have.
const WINDOW_DAYS_MAX: i64 = 366;
/// Most specialties one visit may need.
const SPECIALTIES_MAX: usize = 32;

/// One visit that needs inspectors of one department: in a joint round every department draws its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VisitNeed {
    /// Normalised object id; recusals and former employers are known by it.
    pub object_id: String,
    /// Department whose inspectors are drawn, as the register spells it.
    pub department: String,
    /// 管辖单位 of the object; empty if unknown.
    pub office: String,
    /// 行政区划代码 of the object; empty if unknown.
    pub region_code: String,
    /// 层级 the inspectors must have; none: any.
    pub level: Option<String>,
    /// Specialties the items of the visit require.
    pub specialties: Vec<Required>,
    /// First day on which the visit may be made.
    pub first: Day,
    /// Last such day, the first itself where the day is fixed. At most 366 days.
    pub last: Day,
}

/// A required specialty (所需专长).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Required {
    /// The specialty as the register spells it.
    pub specialty: String,
    /// Who must hold it.
    pub held_by: HeldBy,
}

/// Who of a team must hold a specialty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HeldBy {
    /// At least one; each such specialty of a visit takes an inspector of its own.
    One,
    /// The whole team.
    All,
}

impl VisitNeed {
    /// Specialties that one of the team must hold, ascending, each once.
    fn experts(&self) -> impl Iterator<Item = &str> {
        let needed = self
            .specialties
            .iter()
            .filter(|needed| needed.held_by == HeldBy::One);
        let mut names: Vec<&str> = needed.map(|needed| needed.specialty.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        names.into_iter()
    }
}

/// Everything teams are drawn from.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a> {
    /// Settings.
    pub params: &'a ValidParams,
    /// Visits, in any order.
    pub visits: &'a [VisitNeed],
    /// Inspectors with recusals and absences, as the seal commits them.
    pub register: &'a InspectorRegister,
    /// Who came last time.
    pub last: &'a LastTeams,
    /// The round's hash.
    pub hash: HashName,
    /// Sub-seed of [`Stream::Assign`](crate::draw::Stream::Assign).
    pub sub_seed: SubSeed,
}

/// What the second draw gives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Assignments {
    /// One row per visit and department, ascending by object and department.
    pub rows: Vec<Assignment>,
    /// Inspectors who could have gone somewhere and got fewer visits than the floor, ascending by id.
    pub below_floor: Vec<BelowFloor>,
    /// Replacements made since, in order.
    pub replacements: Vec<Replacement>,
    /// Entrusted institutions (第三方机构), in the order they were attached; never counted as inspectors.
    pub entrusted: Vec<Entrusted>,
}

/// One visit of one department.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// Object.
    pub object_id: String,
    /// Department.
    pub department: String,
    /// Day of the visit. Not for the public before it.
    pub day: Day,
    /// The team, or why there is none.
    pub outcome: Outcome,
    /// Probability of every inspector who could have been drawn, ascending; empty where there is no team. They add up to the
    /// size of the team.
    pub marginals: Vec<Chance>,
}

/// A team or a shortfall.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Inspector ids, ascending.
    Team(Vec<String>),
    /// 派员缺口.
    Shortfall {
        /// The rule that binds.
        rule: Rule,
        /// Inspectors missing for a team, at least 1.
        missing: u32,
    },
}

/// Probability of one inspector at one visit, before the seed; exact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chance {
    /// Index in [`InspectorRegister::inspectors`].
    pub inspector: u32,
    /// Parts of [`CERTAIN`], above 0.
    pub scaled: u32,
}

/// An inspector whose visits stay below the floor, since no lawful assignment gives more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BelowFloor {
    /// Inspector.
    pub inspector_id: String,
    /// Visits drawn.
    pub visits: u32,
}

/// What leaves a visit without its team, in the order in which they are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// Too few active staff in the department's register.
    Register,
    /// Too few who may be counted and hold a certificate that is valid on the day.
    Certificate,
    /// Too few whose office, region or level has the object.
    Jurisdiction,
    /// Too few who are there on the day.
    Availability,
    /// Too few without a declared relation, former employment or rotation against them.
    Recusal,
    /// Too few with a required specialty.
    Specialty,
    /// Enough, but their visits of the round are full.
    Load,
    /// Enough, but their visits of the day are full.
    Day,
    /// Enough, but each would be more predictable than the settings allow.
    PairCap,
}

impl Rule {
    /// Name in published rows.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Register => "register",
            Self::Certificate => "certificate",
            Self::Jurisdiction => "jurisdiction",
            Self::Availability => "availability",
            Self::Recusal => "recusal",
            Self::Specialty => "specialty",
            Self::Load => "load_ceiling",
            Self::Day => "visits_per_day",
            Self::PairCap => "pair_cap",
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Assignment {
    /// The team; empty where there is none.
    #[must_use]
    pub fn team(&self) -> &[String] {
        match &self.outcome {
            Outcome::Team(ids) => ids,
            Outcome::Shortfall { .. } => &[],
        }
    }
}

impl Assignments {
    /// The row of a visit and department.
    #[must_use]
    pub fn row(&self, object_id: &str, department: &str) -> Option<&Assignment> {
        let key = |row: &Assignment| {
            (row.object_id.as_str(), row.department.as_str()).cmp(&(object_id, department))
        };
        let place = self.rows.binary_search_by(key);
        place.ok().map(|place| &self.rows[place])
    }

    /// Visits without a team.
    #[must_use]
    pub fn n_short(&self) -> usize {
        self.rows.iter().filter(|row| row.team().is_empty()).count()
    }

    /// Visits per inspector, those without one left out.
    #[must_use]
    pub fn loads(&self) -> BTreeMap<&str, u32> {
        let mut loads = BTreeMap::new();
        for id in self.rows.iter().flat_map(Assignment::team) {
            *loads.entry(id.as_str()).or_default() += 1;
        }
        loads
    }
}

/// Draws a team for every visit, or says why there is none.
///
/// # Errors
/// A visit that stands twice, has no usable window or needs more than 32 specialties.
pub fn allocate(inputs: &Inputs, meter: &Meter) -> Result<Assignments, Error> {
    let needs = in_order(inputs.visits)?;
    let pool = Pool::new(inputs);
    let lots = Lots::new(inputs);
    let components = components(inputs, &pool, &needs);
    let solve = |at: usize| -> Result<Vec<Assignment>, Error> {
        let members: Vec<&VisitNeed> = components[at].iter().map(|&need| needs[need]).collect();
        Ok(component::solve(inputs, &pool, &lots, &members))
    };
    let mut rows: Vec<Assignment> = Vec::with_capacity(needs.len());
    let n_components = components.len();
    in_waves(n_components, solve, |wave, done| {
        rows.extend(wave.into_iter().flatten());
        meter.report("assign", done, n_components as u64);
    })?;
    rows.sort_unstable_by(|a, b| (&a.object_id, &a.department).cmp(&(&b.object_id, &b.department)));
    let mut assignments = Assignments {
        rows,
        below_floor: Vec::new(),
        replacements: Vec::new(),
        entrusted: Vec::new(),
    };
    assignments.below_floor = below_floor(inputs, &assignments);
    Ok(assignments)
}

/// Visits ascending by object and department, each checked.
fn in_order(visits: &[VisitNeed]) -> Result<Vec<&VisitNeed>, Error> {
    let mut needs: Vec<&VisitNeed> = visits.iter().collect();
    let key = |need: &VisitNeed| (need.object_id.clone(), need.department.clone());
    needs.sort_by_cached_key(|need| key(need));
    if let Some(pair) = needs.windows(2).find(|pair| key(pair[0]) == key(pair[1])) {
        let (object_id, department) = key(pair[0]);
        return Err(Error::RepeatedVisit {
            object_id,
            department,
        });
    }
    needs.iter().try_for_each(|need| check(need))?;
    Ok(needs)
}

fn check(need: &VisitNeed) -> Result<(), Error> {
    let object_id = || need.object_id.clone();
    let window = i64::from(need.last.days()) - i64::from(need.first.days()) + 1;
    if !(1..=WINDOW_DAYS_MAX).contains(&window) {
        return Err(Error::UnusableWindow {
            object_id: object_id(),
            first: need.first,
            last: need.last,
        });
    }
    let n = need.experts().count();
    if n > SPECIALTIES_MAX {
        return Err(Error::TooManySpecialties {
            object_id: object_id(),
            n,
        });
    }
    Ok(())
}

/// Places of visits that no inspector ties to other visits, each ascending, by their first visit.
fn components(inputs: &Inputs, pool: &Pool, needs: &[&VisitNeed]) -> Vec<Vec<usize>> {
    let n_inspectors = inputs.register.inspectors().len();
    let mut parents: Vec<usize> = (0..n_inspectors + needs.len()).collect();
    for (at, need) in needs.iter().enumerate() {
        let visit = n_inspectors + at;
        for index in pool.anybody(need) {
            let (a, b) = (
                root(&mut parents, visit),
                root(&mut parents, index as usize),
            );
            parents[a] = b;
        }
    }
    let mut by_root: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for at in 0..needs.len() {
        let root = root(&mut parents, n_inspectors + at);
        by_root.entry(root).or_default().push(at);
    }
    let mut components: Vec<Vec<usize>> = by_root.into_values().collect();
    components.sort_unstable();
    components
}

fn root(parents: &mut [usize], mut at: usize) -> usize {
    while parents[at] != at {
        parents[at] = parents[parents[at]];
        at = parents[at];
    }
    at
}

fn below_floor(inputs: &Inputs, assignments: &Assignments) -> Vec<BelowFloor> {
    let loads = assignments.loads();
    let inspectors = inputs.register.inspectors();
    let could = assignments.rows.iter().flat_map(|row| &row.marginals);
    let mut could: Vec<u32> = could.map(|chance| chance.inspector).collect();
    could.sort_unstable();
    could.dedup();
    let counted = could.into_iter().map(|index| {
        let id = &inspectors[index as usize].id;
        (id, loads.get(id.as_str()).copied().unwrap_or(0))
    });
    let below = counted.filter(|(_, visits)| *visits < inputs.params.load.floor);
    let row = |(id, visits): (&String, u32)| BelowFloor {
        inspector_id: id.clone(),
        visits,
    };
    below.map(row).collect()
}

/// The tickets of this draw.
struct Lots {
    ticketer: Ticketer,
}

impl Lots {
    fn new(inputs: &Inputs) -> Self {
        Self {
            ticketer: Ticketer::new(inputs.hash, &inputs.sub_seed.0),
        }
    }

    /// H(sub-seed ‖ ':' ‖ what ‖ 00 ‖ object ‖ 00 ‖ department ‖ 00 ‖ rest).
    fn ticket(&self, what: &str, need: &VisitNeed, rest: &[u8]) -> Digest {
        let parts = [what, &need.object_id, &need.department].map(str::as_bytes);
        let mut tag = parts.join(&0);
        tag.push(0);
        tag.extend_from_slice(rest);
        self.ticketer.ticket(&tag)
    }
}
