//! What rounds of record found: everybody who was taken, by class at the seal, and item by item with the chances of its own draw.

use std::collections::BTreeMap;

use crate::evaluate::{Answer, RoundGroup, RoundResults, RoundUnit};
use crate::ledger::{RecordedDraw, RecordedRound, RecordedUnit};
use crate::units::ObjectKey;

/// The classes that the objects of a round had at its seal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoundClasses {
    codes: Vec<String>,
    /// Parallel to the units of the round; as many as there are codes for none. Empty where no class is on record.
    of_unit: Vec<u16>,
}

impl RoundClasses {
    /// The classes `codes` of a round; `class` is parallel to its units, with the number of codes for none.
    #[must_use]
    pub fn new(codes: Vec<String>, of_unit: Vec<u16>) -> Self {
        Self { codes, of_unit }
    }

    /// The code of the unit at `at`; empty for none.
    #[must_use]
    pub fn label(&self, at: usize) -> &str {
        let class = self.of_unit.get(at);
        let code = class.and_then(|&class| self.codes.get(usize::from(class)));
        code.map_or("", String::as_str)
    }

    /// Whether the chances of some draw for an item follow the classes: no stratum mixes them, and strata differ in their shares.
    #[must_use]
    pub fn lead(&self, round: &RecordedRound) -> bool {
        let mut items = round.draws.iter().filter(|draw| !draw.is_measure);
        items.any(|draw| self.lead_draw(draw))
    }

    fn lead_draw(&self, draw: &RecordedDraw) -> bool {
        let mut of_stratum: BTreeMap<u32, &str> = BTreeMap::new();
        let mut mean: BTreeMap<&str, (f64, f64)> = BTreeMap::new();
        for member in &draw.members {
            let class = self.label(member.unit as usize);
            if *of_stratum.entry(member.stratum).or_insert(class) != class || class.is_empty() {
                return false;
            }
            let sums = mean.entry(class).or_default();
            *sums = (sums.0 + member.q, sums.1 + 1.0);
        }
        let mean = || mean.values().map(|(sum, n)| sum / n);
        let (least, most) = (mean().fold(1.0, f64::min), mean().fold(0.0, f64::max));
        of_stratum.len() >= 2 && most > least * 1.000_001
    }
}

/// A round of record with everybody who was taken in the end, weighted by the probability of that, in the groups of their classes.
#[must_use]
pub fn recorded_results(round: &RecordedRound, classes: &RoundClasses) -> RoundResults {
    let mut groups = Groups::default();
    let mut units = Vec::new();
    for (at, unit) in round.units.iter().enumerate() {
        let group = groups.count(classes.label(at));
        if unit.is_taken() {
            units.push(answered(unit, unit.pi_taken(), (group, group)));
        }
    }
    results(round, round.id.clone(), groups, units)
}

/// The same of every item's own draw: its frame, its chances, its strata.
#[must_use]
pub fn recorded_items(
    round: &RecordedRound,
    classes: &RoundClasses,
) -> Vec<(String, RoundResults)> {
    let items = round.draws.iter().enumerate();
    let items = items.filter(|(_, draw)| !draw.is_measure);
    let of_item = |(at, draw): (usize, &RecordedDraw)| {
        let mut groups = Groups::default();
        let mut units = Vec::new();
        for member in &draw.members {
            let unit = &round.units[member.unit as usize];
            let group = groups.count(classes.label(member.unit as usize));
            let taken = unit.visit.iter().flat_map(|visit| &visit.taken);
            let theta = taken
                .filter(|taken| taken.draw == at)
                .map(|taken| taken.theta);
            let pi = theta.reduce(f64::max).or(member.drawn.then_some(member.q));
            units.extend(pi.map(|pi| answered(unit, pi, (group, member.stratum))));
        }
        (
            draw.name.clone(),
            results(round, round.id.clone(), groups, units),
        )
    };
    items.map(of_item).collect()
}

fn results(
    round: &RecordedRound,
    id: String,
    groups: Groups,
    units: Vec<RoundUnit>,
) -> RoundResults {
    RoundResults {
        id,
        drawn_on: round.drawn_on,
        groups: groups.groups,
        units,
        n_without_draw: 0,
        n_other_channel: 0,
    }
}

/// Groups of a frame by their first appearance.
#[derive(Default)]
struct Groups {
    groups: Vec<RoundGroup>,
}

impl Groups {
    /// Counts an object in its group, of which there are few.
    fn count(&mut self, label: &str) -> u32 {
        let known = self.groups.iter().position(|group| group.label == label);
        let at = known.unwrap_or_else(|| {
            self.groups.push(RoundGroup {
                label: label.to_owned(),
                n_frame: 0,
            });
            self.groups.len() - 1
        });
        self.groups[at].n_frame += 1;
        u32::try_from(at).expect("classes are few")
    }
}

fn answered(unit: &RecordedUnit, pi: f64, (group, stratum): (u32, u32)) -> RoundUnit {
    let result = unit.result();
    RoundUnit {
        key: ObjectKey::of(&unit.object_id).0,
        group,
        stratum,
        pi,
        answer: match result {
            Some(result) if result.found => Answer::Hit,
            Some(_) => Answer::Clean,
            None if unit.is_unusable() => Answer::Void,
            None => Answer::Unvisited,
        },
        inspected_on: result.map(|result| result.inspected_on),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{RecordedMember, RecordedTaking, RecordedVisit, RoundResult};
    use crate::units::Day;

    fn unit(id: &str, found: Option<bool>, taken: &[(usize, f64)]) -> RecordedUnit {
        let inspected_on = Day::from_days(20_010);
        let result = found.map(|found| RoundResult {
            inspected_on,
            found,
            codes: String::new(),
            second: None,
        });
        let taking = |&(draw, theta): &(usize, f64)| RecordedTaking {
            draw,
            is_measure: false,
            theta,
        };
        RecordedUnit {
            object_id: id.into(),
            main: 0.5,
            drawn: found.is_some(),
            visit: Some(Box::new(RecordedVisit {
                result,
                taken: taken.iter().map(taking).collect(),
                ..RecordedVisit::default()
            })),
            ..RecordedUnit::default()
        }
    }

    fn draw(name: &str, members: &[(u32, u32, f64, bool)]) -> RecordedDraw {
        let member = |&(unit, stratum, q, drawn): &(u32, u32, f64, bool)| RecordedMember {
            unit,
            stratum,
            q,
            drawn,
        };
        RecordedDraw {
            name: name.into(),
            is_measure: name == "measure",
            strata: vec!["一".into(), "二".into()],
            members: members.iter().map(member).collect(),
        }
    }

    fn round() -> RecordedRound {
        RecordedRound {
            id: "R1".into(),
            title: String::new(),
            drawn_on: Day::from_days(20_000),
            rehearsal: true,
            draws: vec![
                draw(
                    "SX01",
                    &[(0, 0, 0.2, true), (1, 0, 0.2, false), (2, 1, 0.5, true)],
                ),
                draw("SX02", &[(1, 0, 0.1, true), (2, 1, 0.4, false)]),
                draw("measure", &[(0, 0, 0.1, false)]),
            ],
            units: vec![
                unit("A", Some(true), &[(0, 0.25)]),
                unit("B", Some(false), &[(1, 0.125)]),
                unit("C", Some(true), &[]),
            ],
        }
    }

    #[test]
    fn an_item_has_its_own_frame_its_own_chances_and_its_own_strata() {
        let classes = RoundClasses::new(vec!["甲".into(), "乙".into()], vec![0, 0, 1]);
        let items = recorded_items(&round(), &classes);
        let names: Vec<&str> = items.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(
            names,
            ["SX01", "SX02"],
            "nobody is sent by the measurement draw for an item"
        );
        let (first, second) = (&items[0].1, &items[1].1);
        let pis: Vec<f64> = first.units.iter().map(|unit| unit.pi).collect();
        assert_eq!(
            pis,
            [0.25, 0.5],
            "θ(c) where it is known, else the realised chance"
        );
        let strata: Vec<u32> = first.units.iter().map(|unit| unit.stratum).collect();
        assert_eq!(strata, [0, 1]);
        assert_eq!(second.units.len(), 1);
        let frame: Vec<u64> = second.groups.iter().map(|group| group.n_frame).collect();
        assert_eq!(frame, [1, 1]);
    }

    #[test]
    fn a_round_is_grouped_by_class_where_it_is_on_record_and_knows_whether_classes_lead_it() {
        let round = round();
        let classes = RoundClasses::new(vec!["甲".into(), "乙".into()], vec![0, 0, 1]);
        let results = recorded_results(&round, &classes);
        let labels: Vec<&str> = results
            .groups
            .iter()
            .map(|group| group.label.as_str())
            .collect();
        assert_eq!(labels, ["甲", "乙"]);
        assert!(classes.lead(&round), "甲 has .2 and .1, 乙 .5 and .4");
        let mixed = RoundClasses::new(vec!["甲".into(), "乙".into()], vec![0, 1, 1]);
        assert!(!mixed.lead(&round), "a stratum holds both");
        let none = RoundClasses::default();
        assert_eq!(recorded_results(&round, &none).groups.len(), 1);
        assert!(!none.lead(&round));
    }
}
