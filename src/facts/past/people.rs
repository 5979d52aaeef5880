//! Who went because of rounds of record, and what a second visit found that knew nothing of the first.

use std::collections::BTreeMap;

use super::words::Words;
use crate::evaluate::{self, Assignment, Blind, Detection, InspectorVisit};
use crate::ledger::{RecordedRound, RecordedUnit};
use crate::units::ObjectKey;

/// Inspectors of rounds of record, whom a lot sent; a round at a time.
#[derive(Clone, Debug, Default)]
pub struct People {
    inspectors: Words,
    blocks: Words,
    /// The number is none's: all of them are by lot.
    visits: Vec<(u32, InspectorVisit)>,
    blind: Vec<Blind>,
}

impl People {
    /// Takes in the visits of a round; `office_of` says whose an object is (管辖单位), as far as that is known.
    ///
    /// A visit counts for every department's team that made it, and each answers for what the visit found: the ledger keeps one result
    /// an object. Teams of a department in one office are of one lot.
    pub fn add(&mut self, round: &RecordedRound, office_of: &BTreeMap<String, String>) {
        for unit in round.units.iter().filter(|unit| unit.is_taken()) {
            let office = office_of.get(&unit.object_id).map_or("", String::as_str);
            self.add_unit(&round.id, unit, office);
        }
    }

    fn add_unit(&mut self, round: &str, unit: &RecordedUnit, office: &str) {
        let (Some(visit), Some(result)) = (&unit.visit, unit.result()) else {
            return;
        };
        let blind = |second| Blind {
            first: result.found,
            second,
        };
        self.blind.extend(result.second.map(blind));
        for team in &visit.teams {
            let names = team.inspectors.iter();
            let block = format!("{round}\n{}\n{office}", team.department);
            let made = InspectorVisit {
                inspectors: names.map(|name| self.inspectors.place(name)).collect(),
                block: self.blocks.place(&block),
                object: ObjectKey::of(&unit.object_id).0,
                weight: 1.0 / unit.pi_taken(),
                found: result.found,
                expected: None,
            };
            self.visits.push((0, made));
        }
    }

    /// How they differ; `None` where no visit with a result names anybody, and none was made twice.
    ///
    /// # Errors
    /// Visits that cannot be used.
    pub fn detection(mut self) -> Result<Option<Detection>, evaluate::Error> {
        if self.visits.is_empty() && self.blind.is_empty() {
            return Ok(None);
        }
        let names = settle(&self.inspectors, &self.blocks, &mut self.visits);
        let visits: Vec<InspectorVisit> = self.visits.into_iter().map(|(_, visit)| visit).collect();
        let found = evaluate::detection(&names, &visits, &self.blind, Assignment::Random)?;
        Ok(Some(found))
    }
}

/// Puts visits and those who made them in an order of their own, whatever the order was they came in; returns the names.
pub(super) fn settle(
    inspectors: &Words,
    blocks: &Words,
    visits: &mut [(u32, InspectorVisit)],
) -> Vec<String> {
    let (names, places) = inspectors.sorted();
    let blocks = blocks.sorted().1;
    for (_, visit) in &mut *visits {
        for inspector in &mut visit.inspectors {
            *inspector = places[*inspector as usize];
        }
        visit.block = blocks[visit.block as usize];
    }
    visits.sort_by(|(_, a), (_, b)| {
        (a.block, a.object, &a.inspectors).cmp(&(b.block, b.object, &b.inspectors))
    });
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{RecordedTeam, RecordedVisit, RoundResult};
    use crate::units::Day;

    /// A round of 200 objects: odd ones are visited by the strict, who find something at every second.
    fn round(id: &str, with_teams: bool) -> RecordedRound {
        let team = |department: &str, names: [&str; 2]| RecordedTeam {
            department: department.into(),
            inspectors: names.map(str::to_owned).to_vec(),
        };
        let unit = |at: usize| {
            let strict = at % 2 == 1;
            let found = if strict {
                at % 4 == 1
            } else {
                at.is_multiple_of(20)
            };
            let names = if strict { ["s1", "s2"] } else { ["m1", "m2"] };
            let teams = vec![team("市监", names), team("消防", ["f1", "f2"])];
            RecordedUnit {
                object_id: format!("{id}-{at:03}"),
                main: 0.1,
                drawn: true,
                visit: Some(Box::new(RecordedVisit {
                    result: Some(RoundResult {
                        inspected_on: Day::from_days(20_001),
                        found,
                        codes: String::new(),
                        second: (at < 20).then_some(strict && at % 8 == 1),
                    }),
                    teams: if with_teams { teams } else { Vec::new() },
                    ..RecordedVisit::default()
                })),
                ..RecordedUnit::default()
            }
        };
        RecordedRound {
            id: id.into(),
            title: String::new(),
            drawn_on: Day::from_days(20_000),
            rehearsal: true,
            draws: Vec::new(),
            units: (0..200).map(unit).collect(),
        }
    }

    #[test]
    fn strict_teams_stand_out_in_their_department_and_pairs_of_blind_visits_count() {
        let none = BTreeMap::new();
        let mut people = People::default();
        people.add(&round("R1", true), &none);
        people.add(&round("R2", true), &none);
        let found = people.detection().unwrap().unwrap();
        assert_eq!(found.assignment, Assignment::Random);
        let spread = found.spread.unwrap();
        assert!(
            ["s1", "s2"].contains(&spread.strictest.as_str()),
            "{spread:?}"
        );
        assert!(
            ["m1", "m2"].contains(&spread.mildest.as_str()),
            "{spread:?}"
        );
        let of = |name: &str| found.inspectors.iter().find(|one| one.inspector == name);
        assert_eq!(of("f1").unwrap().n, 400, "a department of its own");
        let fire = of("f1").unwrap();
        assert!(
            (fire.rate - fire.expected).abs() < 1e-12,
            "nobody else was in its lot"
        );
        let double = found.double_inspection.unwrap();
        assert_eq!((double.n, double.n_first, double.n_both), (40, 12, 6));
    }

    #[test]
    fn the_order_of_rounds_leaves_no_trace_and_rounds_without_inspectors_say_nothing() {
        let none = BTreeMap::new();
        let found = |ids: [&str; 2]| {
            let mut people = People::default();
            for id in ids {
                people.add(&round(id, true), &none);
            }
            people.detection().unwrap()
        };
        assert_eq!(found(["R1", "R2"]), found(["R2", "R1"]));
        let mut people = People::default();
        people.add(&round("R1", false), &none);
        let found = people.detection().unwrap().unwrap();
        assert!(found.inspectors.is_empty() && found.double_inspection.is_some());
        assert!(People::default().detection().unwrap().is_none());
    }
}
