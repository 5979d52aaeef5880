//! 监管效果评估: the indicators in use for the mechanism itself, each as numerator over denominator, for all and by department.
//!
//! The indicators and their formulas are those that provincial platforms and published work plans use (抽查完成率, 按时公示率,
//! 后续处置率, 抽查事项覆盖率, 跨部门 …; `regulation.md` §2.14). They say whether the work was done as laid down, not whether it changed anything: that is what
//! hit rate and deterrence are for. An indicator whose records do not exist is [`Reading::NoData`], never 0 %.

mod calendar;
mod params;
mod tally;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

pub use calendar::WorkingDays;
pub use params::{MechanismParams, ValidMechanism};
pub use tally::{Tally, TallyRules};

use super::number::{count, real, share};
use crate::units::Day;
use tally::{Counts, NO_DEPARTMENT};

/// 监管效果评估 of a job: what its records say of the mechanism.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mechanism {
    /// First day looked at.
    pub from: Day,
    /// The as-of day: the first day not looked at.
    pub until: Day,
    /// Working days within which a result must be published.
    pub publish_within: u32,
    /// Whether the job names public holidays; else Monday to Friday count, which is the stricter reading.
    pub names_holidays: bool,
    /// Inspection records set aside because they became known on or after the as-of day; none of them is counted.
    pub n_later: u64,
    /// Column that says when a result was out: `published_on`, or `known_on` where results have a day of entry alone. None where
    /// they have neither.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timed_by: Option<String>,
    /// Departments in order of name, the unknown one (empty) last.
    pub departments: Vec<String>,
    /// The indicators, in the order of the page.
    pub indicators: Vec<Indicator>,
}

/// One indicator.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Indicator {
    /// Which one.
    pub id: IndicatorId,
    /// For everything the job covers.
    pub overall: Reading,
    /// Per department, parallel to [`Mechanism::departments`]; empty where the indicator is not one of departments.
    pub by_department: Vec<Reading>,
    /// Least share that plans in use ask for, 0 to 1; none where none is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<f64>,
    /// Whether the overall share reaches it; none without a target or without a share.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub met: Option<bool>,
}

/// The indicators in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IndicatorId {
    /// 计划完成率: tasks done over tasks planned for the year.
    PlanCompletion,
    /// 本次检查完成率: drawn objects with a result over objects drawn in this round.
    RoundCompletion,
    /// 检查完成率: drawn visits that met the object over records of drawn visits.
    Completion,
    /// 抽查完成率: records of drawn visits with a day of publication over all of them.
    Published,
    /// 按时公示率: published within the working days over those whose last day has passed.
    OnTime,
    /// 后续处置率: problems with a follow-up other than 待处置, or closed, over problems found at objects that were met.
    FollowedUp,
    /// 完结率: visits without a problem, with nothing to do about it or with a closed follow-up, over published visits with a verdict.
    Closed,
    /// 抽查事项覆盖率: items visited under over items of the list.
    ItemCoverage,
    /// 抽查占比（名录库）: objects met by a draw over objects of the register.
    CoverageRegister,
    /// 抽查占比（抽样框）: objects of the frame met by a draw over the frame.
    CoverageFrame,
    /// 本次抽查比例: drawn over frame of this round.
    RoundCoverage,
    /// 跨部门联合率: occasions under items of two departments or more over occasions.
    CrossDepartment,
    /// 关联信用规则任务占比: tasks whose ratios follow risk classes over tasks of this job.
    CreditLinked,
    /// 随机抽查占比: drawn visits over all visits.
    ByDraw,
    /// 问题发现率: found over inspected, as the teams experienced it.
    HitRate,
    /// 双人检查率: visits by two inspectors or more over visits that name any.
    TwoInspectors,
    /// 重复检查率: objects visited on two days or more over objects visited.
    Repeated,
}

impl IndicatorId {
    /// Least share that plans in use ask for, 0 to 1 (`regulation.md` §2.14): 5 % of the year's objects, 20 % joint, 70 % tied to
    /// risk classes, all of what is due. One round of several has none, nor has what is only looked at.
    #[must_use]
    pub fn target(self) -> Option<f64> {
        match self {
            Self::PlanCompletion
            | Self::RoundCompletion
            | Self::Completion
            | Self::Published
            | Self::OnTime
            | Self::FollowedUp
            | Self::ItemCoverage
            | Self::TwoInspectors => Some(1.0),
            Self::CoverageRegister | Self::CoverageFrame => Some(0.05),
            Self::CrossDepartment => Some(0.2),
            Self::CreditLinked => Some(0.7),
            Self::RoundCoverage | Self::Closed | Self::ByDraw | Self::HitRate | Self::Repeated => {
                None
            }
        }
    }
}

/// What the records say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Reading {
    /// A share, with what it is made of.
    Known {
        /// Numerator.
        numerator: u64,
        /// Denominator, positive.
        denominator: u64,
        /// Their ratio, 0 to 1.
        share: f64,
    },
    /// The records exist and nothing stands in the denominator.
    Empty,
    /// 无数据: the records do not exist here.
    NoData {
        /// Table that would hold them.
        table: String,
        /// Column of it.
        column: String,
    },
}

impl Reading {
    fn of(numerator: u64, denominator: u64) -> Self {
        share(real(numerator), real(denominator)).map_or(Self::Empty, |share| Self::Known {
            numerator,
            denominator,
            share,
        })
    }

    fn missing(table: &str, column: &str) -> Self {
        Self::NoData {
            table: table.to_owned(),
            column: column.to_owned(),
        }
    }

    /// The share, where there is one.
    #[must_use]
    pub fn share(&self) -> Option<f64> {
        match self {
            Self::Known { share, .. } => Some(*share),
            Self::Empty | Self::NoData { .. } => None,
        }
    }
}

/// What is known of the job beside its past visits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MechanismFacts {
    /// Objects of the 检查对象名录库.
    pub n_objects: u64,
    /// Objects in the frame.
    pub n_frame: u64,
    /// Objects drawn in this round.
    pub n_drawn: u64,
    /// Those with a visit that met them; `None` where results of the round are not known.
    pub n_answered: Option<u64>,
    /// Tasks of this job, and those whose ratios follow risk classes.
    pub tasks: (u64, u64),
    /// Department of every item of the 抽查事项清单; `None` where the job has no list.
    pub department_of: Option<BTreeMap<String, String>>,
    /// Whether the job reads past visits.
    pub has_visits: bool,
    /// Which of [`crate::ingest::SAID_OF_VISITS`] their sources have.
    pub said: BTreeSet<&'static str>,
    /// Inspection records set aside because they became known on or after the as-of day.
    pub n_later: u64,
}

impl MechanismFacts {
    /// The column that says when a result was out, the day of publication before the day of entry.
    #[must_use]
    pub fn timed_by(&self) -> Option<&'static str> {
        let columns = ["published_on", "known_on"];
        columns
            .into_iter()
            .find(|column| self.said.contains(column))
    }
}

/// The indicators from counted visits and what is known of the job.
#[must_use]
pub fn mechanism(
    params: &ValidMechanism,
    as_of: Day,
    facts: &MechanismFacts,
    tally: &Tally,
) -> Mechanism {
    let house = House { facts, tally };
    let departments = house.departments();
    let indicators = ALL.iter().map(|&id| house.indicator(id, &departments));
    Mechanism {
        from: params.from(as_of),
        until: as_of,
        publish_within: params.publish_within,
        names_holidays: params.calendar.names_holidays(),
        n_later: facts.n_later,
        timed_by: facts.timed_by().map(str::to_owned),
        indicators: indicators.collect(),
        departments,
    }
}

/// The indicators, in the order of the page.
const ALL: [IndicatorId; 17] = [
    IndicatorId::PlanCompletion,
    IndicatorId::RoundCompletion,
    IndicatorId::Completion,
    IndicatorId::Published,
    IndicatorId::OnTime,
    IndicatorId::FollowedUp,
    IndicatorId::Closed,
    IndicatorId::ItemCoverage,
    IndicatorId::CoverageRegister,
    IndicatorId::CoverageFrame,
    IndicatorId::RoundCoverage,
    IndicatorId::CrossDepartment,
    IndicatorId::CreditLinked,
    IndicatorId::ByDraw,
    IndicatorId::HitRate,
    IndicatorId::TwoInspectors,
    IndicatorId::Repeated,
];

struct House<'a> {
    facts: &'a MechanismFacts,
    tally: &'a Tally,
}

impl House<'_> {
    /// Departments of the list of items and of the visits, the unknown one last.
    fn departments(&self) -> Vec<String> {
        let of_items = self.facts.department_of.iter().flat_map(BTreeMap::values);
        let of_visits = self.tally.departments.keys();
        let mut names: BTreeSet<&String> = of_items.chain(of_visits).collect();
        let has_unknown = names.remove(&NO_DEPARTMENT.to_owned());
        let unknown = has_unknown.then(|| NO_DEPARTMENT.to_owned());
        names.into_iter().cloned().chain(unknown).collect()
    }

    fn indicator(&self, id: IndicatorId, departments: &[String]) -> Indicator {
        let none = Counts::default();
        let of = |name: &String| self.tally.departments.get(name).unwrap_or(&none);
        let by_department = departments
            .iter()
            .map(|name| self.of_department(id, name, of(name)))
            .collect::<Option<Vec<Reading>>>();
        let (overall, target) = (self.overall(id), id.target());
        let met = overall.share().zip(target);
        Indicator {
            id,
            overall,
            by_department: by_department.unwrap_or_default(),
            target,
            met: met.map(|(share, target)| share >= target),
        }
    }

    fn overall(&self, id: IndicatorId) -> Reading {
        let (facts, tally) = (self.facts, self.tally);
        let of_visits = |numerator, denominator| {
            if facts.has_visits {
                Reading::of(numerator, denominator)
            } else {
                Reading::missing("inspections", "visit_id")
            }
        };
        match id {
            IndicatorId::PlanCompletion => Reading::missing("programme", "version"),
            IndicatorId::RoundCompletion => facts.n_answered.map_or_else(
                || Reading::missing("outcomes", "visited"),
                |n| Reading::of(n, facts.n_drawn),
            ),
            IndicatorId::RoundCoverage => Reading::of(facts.n_drawn, facts.n_frame),
            IndicatorId::CreditLinked => Reading::of(facts.tasks.1, facts.tasks.0),
            IndicatorId::CoverageRegister => of_visits(tally.n_drawn_objects, facts.n_objects),
            IndicatorId::CoverageFrame => of_visits(tally.n_drawn_in_frame, facts.n_frame),
            IndicatorId::ByDraw => of_visits(tally.n_by_draw, tally.n_visits),
            IndicatorId::Repeated => of_visits(tally.n_repeated, tally.n_objects),
            of_counts => self
                .of_counts(
                    of_counts,
                    &tally.all,
                    facts.department_of.iter().flatten().count(),
                )
                .unwrap_or(Reading::Empty),
        }
    }

    /// An indicator of departments; `None` where it is none.
    fn of_department(&self, id: IndicatorId, name: &str, counts: &Counts) -> Option<Reading> {
        let list = self.facts.department_of.iter().flat_map(BTreeMap::values);
        self.of_counts(id, counts, list.filter(|of| *of == name).count())
    }

    fn of_counts(&self, id: IndicatorId, counts: &Counts, n_items: usize) -> Option<Reading> {
        let (numerator, denominator) = match id {
            IndicatorId::Completion => (counts.n_reached, counts.n_records),
            IndicatorId::Published => (counts.n_published, counts.n_records),
            IndicatorId::OnTime => (counts.n_on_time, counts.n_due),
            IndicatorId::FollowedUp => (counts.n_followed, counts.n_found),
            IndicatorId::Closed => (counts.n_closed, counts.n_public),
            IndicatorId::ItemCoverage => (count(counts.items.len()), count(n_items)),
            IndicatorId::CrossDepartment => (counts.n_joint, counts.n_occasions),
            IndicatorId::HitRate => (counts.n_found, counts.n_judged),
            IndicatorId::TwoInspectors => (counts.n_pairs, counts.n_teams),
            _ => return None,
        };
        Some(self.absent(id, counts).map_or_else(
            || Reading::of(numerator, denominator),
            |(table, column)| Reading::missing(table, column),
        ))
    }

    /// Table and column that an indicator of visits has no data without, if the records do not hold them.
    fn absent(&self, id: IndicatorId, counts: &Counts) -> Option<(&'static str, &'static str)> {
        let facts = self.facts;
        if !facts.has_visits {
            return Some(("inspections", "visit_id"));
        }
        let of_visits =
            |is_absent: bool, column: &'static str| is_absent.then_some(("inspections", column));
        let unsaid = |column: &'static str| of_visits(!facts.said.contains(column), column);
        let never =
            |n: u64, column: &'static str| of_visits(counts.n_reached > 0 && n == 0, column);
        let no_verdict = || never(counts.n_judged, "found");
        match id {
            IndicatorId::ItemCoverage | IndicatorId::CrossDepartment => {
                let is_listed = facts.department_of.is_some();
                (!is_listed).then_some(("items", "department"))
            }
            IndicatorId::Published => unsaid("published_on"),
            IndicatorId::OnTime => of_visits(facts.timed_by().is_none(), "published_on"),
            IndicatorId::FollowedUp => unsaid("follow_up").or_else(no_verdict),
            IndicatorId::Closed => unsaid("closed_on")
                .or_else(|| unsaid("published_on"))
                .or_else(no_verdict),
            IndicatorId::HitRate => no_verdict(),
            IndicatorId::TwoInspectors => never(counts.n_teams, "inspector_ids"),
            _ => None,
        }
    }
}
