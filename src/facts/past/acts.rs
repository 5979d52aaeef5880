//! Rounds of record as the indicators of the mechanism count them: who was met, under which items, when it was entered, by how many.

use std::collections::{BTreeMap, BTreeSet};

use crate::evaluate::{
    self, IndicatorId, Mechanism, MechanismFacts, Reading, Tally, TallyRules, ValidMechanism,
};
use crate::ingest::PastVisit;
use crate::ledger::{RecordedRound, RecordedUnit, RecordedVisit};
use crate::units::{Day, ObjectKey};

/// What rounds of record say of the mechanism; a round at a time, in the order of their draws.
#[derive(Clone, Debug, Default)]
pub struct Acts {
    visits: Vec<PastVisit>,
    /// 实施部门 of every item that was sealed.
    department_of: BTreeMap<String, String>,
    /// Keys of the last round's frame.
    frame: Vec<u64>,
    n_drawn: u64,
    n_answered: u64,
    /// Rounds, and those whose chances follow the classes.
    tasks: (u64, u64),
}

/// What the ledger does not know, from a job.
#[derive(Clone, Debug, Default)]
pub struct BesideLedger {
    /// Objects of the 检查对象名录库.
    pub n_objects: Option<u64>,
    /// Department of every item of the 抽查事项清单.
    pub items: Option<BTreeMap<String, String>>,
    /// Object and day of visits that no round made.
    pub others: Vec<(String, Day)>,
}

impl Acts {
    /// Takes a round in, with the department of each of its items; `is_by_class` says whether its chances follow the classes.
    pub fn add(
        &mut self,
        round: &RecordedRound,
        department_of: &BTreeMap<String, String>,
        is_by_class: bool,
    ) {
        let taken = || round.units.iter().filter(|unit| unit.is_taken());
        let answered = taken().filter(|unit| unit.result().is_some());
        (self.n_drawn, self.n_answered) = (taken().count() as u64, answered.count() as u64);
        self.tasks = (self.tasks.0 + 1, self.tasks.1 + u64::from(is_by_class));
        self.frame = round.units.iter().map(key).collect();
        self.frame.sort_unstable();
        for (at, draw) in round
            .draws
            .iter()
            .enumerate()
            .filter(|(_, draw)| !draw.is_measure)
        {
            let department = department_of.get(&draw.name).map_or("", String::as_str);
            for member in &draw.members {
                let unit = &round.units[member.unit as usize];
                let Some(visit) = unit.visit.as_deref() else {
                    continue;
                };
                let took = visit.taken.iter().any(|taken| taken.draw == at);
                if member.drawn || took || unit.measured {
                    self.visits
                        .extend(past_visit(unit, visit, &draw.name, department));
                }
            }
        }
        self.department_of.extend(department_of.clone());
    }

    /// The indicators of the span that ends on the day before `as_of`. An indicator whose denominator the ledger does not know has no
    /// data unless a job says it.
    #[must_use]
    pub fn mechanism(
        mut self,
        params: &ValidMechanism,
        as_of: Day,
        beside: &BesideLedger,
    ) -> Mechanism {
        let from = params.from(as_of);
        self.visits.extend(beside.others.iter().map(other_visit));
        self.visits
            .retain(|visit| (from..as_of).contains(&visit.inspected_on));
        self.visits.sort_by(|a, b| {
            let key = |visit: &PastVisit| (visit.object_key, visit.inspected_on, visit.known_on);
            (key(a), &a.item_id, a.by_draw).cmp(&(key(b), &b.item_id, b.by_draw))
        });
        self.department_of
            .extend(beside.items.clone().unwrap_or_default());
        let rules = TallyRules {
            params,
            as_of,
            department_of: &self.department_of,
            by_publication: false,
        };
        let tally = Tally::of(&self.visits, &self.frame, &rules);
        let facts = MechanismFacts {
            n_objects: beside.n_objects.unwrap_or_default(),
            n_frame: self.frame.len() as u64,
            n_drawn: self.n_drawn,
            n_answered: Some(self.n_answered),
            tasks: self.tasks,
            department_of: Some(self.department_of),
            has_visits: true,
            said: BTreeSet::from(["known_on"]),
            ..MechanismFacts::default()
        };
        let mut found = evaluate::mechanism(params, as_of, &facts, &tally);
        if beside.items.is_none() {
            forget(
                &mut found,
                IndicatorId::ItemCoverage,
                ("items", "department"),
            );
        }
        if beside.n_objects.is_none() {
            let register = ("objects", "object_id");
            forget(&mut found, IndicatorId::CoverageRegister, register);
        }
        found
    }
}

/// Leaves an indicator without data, for all and for every department.
fn forget(mechanism: &mut Mechanism, id: IndicatorId, (table, column): (&str, &str)) {
    let indicators = mechanism.indicators.iter_mut();
    for indicator in indicators.filter(|indicator| indicator.id == id) {
        let readings = std::iter::once(&mut indicator.overall).chain(&mut indicator.by_department);
        for reading in readings {
            *reading = Reading::NoData {
                table: table.to_owned(),
                column: column.to_owned(),
            };
        }
    }
}

/// The visit under one item, dated by the entry where nobody could be met; `None` while nothing is entered.
fn past_visit(
    unit: &RecordedUnit,
    visit: &RecordedVisit,
    item: &str,
    department: &str,
) -> Option<PastVisit> {
    let known_on = visit.entered_on?;
    let result = visit.result.as_ref();
    let mut teams = visit.teams.iter();
    let team = teams.find(|team| team.department == department);
    let n_inspectors = team.map_or(0, |team| team.inspectors.len());
    Some(PastVisit {
        object_key: key(unit),
        item_id: item.to_owned(),
        inspected_on: result.map_or(known_on, |result| result.inspected_on),
        known_on,
        published_on: None,
        follow_up: None,
        closed_on: None,
        visited: result.is_some(),
        found: result.map(|result| result.found),
        n_inspectors: u32::try_from(n_inspectors).unwrap_or(u32::MAX),
        by_draw: true,
    })
}

fn other_visit((object_id, day): &(String, Day)) -> PastVisit {
    PastVisit {
        object_key: ObjectKey::of(object_id).0,
        item_id: String::new(),
        inspected_on: *day,
        known_on: *day,
        published_on: None,
        follow_up: None,
        closed_on: None,
        visited: true,
        found: None,
        n_inspectors: 0,
        by_draw: false,
    }
}

fn key(unit: &RecordedUnit) -> u64 {
    ObjectKey::of(&unit.object_id).0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::MechanismParams;
    use crate::ledger::{RecordedDraw, RecordedMember, RecordedTeam, RoundResult};

    const DRAWN_ON: i32 = 20_000;

    fn unit(id: &str, found: Option<bool>, n_people: usize) -> RecordedUnit {
        let day = Day::from_days(DRAWN_ON + 5);
        let people = (0..n_people).map(|at| format!("i{at}"));
        RecordedUnit {
            object_id: id.into(),
            main: 0.5,
            drawn: true,
            visit: Some(Box::new(RecordedVisit {
                unusable: found.is_none().then(|| "失联".to_owned()),
                result: found.map(|found| RoundResult {
                    inspected_on: day,
                    found,
                    codes: String::new(),
                    second: None,
                }),
                entered_on: Some(Day::from_days(DRAWN_ON + 6)),
                teams: vec![RecordedTeam {
                    department: "市监".into(),
                    inspectors: people.collect(),
                }],
                ..RecordedVisit::default()
            })),
            ..RecordedUnit::default()
        }
    }

    fn round() -> RecordedRound {
        let draw = |name: &str, units: &[u32]| RecordedDraw {
            name: name.into(),
            is_measure: false,
            strata: vec![String::new()],
            members: units
                .iter()
                .map(|&unit| RecordedMember {
                    unit,
                    stratum: 0,
                    q: 0.5,
                    drawn: unit < 4,
                })
                .collect(),
        };
        let rest = RecordedUnit {
            object_id: "E".into(),
            main: 0.5,
            ..RecordedUnit::default()
        };
        RecordedRound {
            id: "R1".into(),
            title: String::new(),
            drawn_on: Day::from_days(DRAWN_ON),
            rehearsal: true,
            draws: vec![draw("SX01", &[0, 1, 2, 3, 4]), draw("SX02", &[0])],
            units: vec![
                unit("A", Some(true), 2),
                unit("B", Some(false), 1),
                unit("C", None, 2),
                unit("D", Some(false), 2),
                rest,
            ],
        }
    }

    fn counted(beside: &BesideLedger) -> Mechanism {
        let departments = [("SX01", "市监"), ("SX02", "消防")];
        let departments = departments.map(|(item, of)| (item.to_owned(), of.to_owned()));
        let mut acts = Acts::default();
        acts.add(&round(), &departments.into(), false);
        let params = MechanismParams::default().check().unwrap();
        acts.mechanism(&params, Day::from_days(DRAWN_ON + 60), beside)
    }

    fn reading(mechanism: &Mechanism, id: IndicatorId) -> Option<(u64, u64)> {
        let mut all = mechanism.indicators.iter();
        match all.find(|one| one.id == id).unwrap().overall {
            Reading::Known {
                numerator,
                denominator,
                ..
            } => Some((numerator, denominator)),
            Reading::Empty | Reading::NoData { .. } => None,
        }
    }

    #[test]
    fn a_round_of_record_is_counted_item_by_item_with_its_departments() {
        let found = counted(&BesideLedger::default());
        assert_eq!(found.departments, ["市监", "消防"]);
        let of = |id| reading(&found, id);
        assert_eq!(of(IndicatorId::Completion), Some((4, 5)), "nobody met C");
        assert_eq!(of(IndicatorId::RoundCompletion), Some((3, 4)));
        assert_eq!(of(IndicatorId::RoundCoverage), Some((4, 5)));
        assert_eq!(of(IndicatorId::CrossDepartment), Some((1, 3)));
        assert_eq!(
            of(IndicatorId::TwoInspectors),
            Some((2, 3)),
            "none of 消防 is named"
        );
        assert_eq!(of(IndicatorId::OnTime), Some((5, 5)));
        assert_eq!(of(IndicatorId::HitRate), Some((2, 4)));
    }

    #[test]
    fn what_the_ledger_does_not_know_has_no_data_until_a_job_says_it() {
        let found = counted(&BesideLedger::default());
        let unknown = [IndicatorId::ItemCoverage, IndicatorId::CoverageRegister];
        assert!(unknown.iter().all(|&id| reading(&found, id).is_none()));
        let items = ["SX01", "SX02", "SX03"].map(|item| (item.to_owned(), "市监".to_owned()));
        let known = counted(&BesideLedger {
            n_objects: Some(10),
            items: Some(items.into()),
            others: vec![("A".into(), Day::from_days(DRAWN_ON + 9))],
        });
        assert_eq!(reading(&known, unknown[0]), Some((2, 3)));
        assert_eq!(reading(&known, unknown[1]), Some((3, 10)));
        assert_eq!(reading(&known, IndicatorId::ByDraw), Some((4, 5)));
        assert_eq!(reading(&known, IndicatorId::Repeated), Some((1, 3)));
    }
}
