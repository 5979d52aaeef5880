//! 批次: the draws of one seed, and the visits they make together.

use std::collections::BTreeMap;

use super::{Sample, Seed, Stream};
use crate::plan::Purpose;

/// What one seed draws: a sample per draw of the round, and the visits.
#[derive(Clone, Debug, PartialEq)]
pub struct RoundSample {
    /// The seed.
    pub seed: Seed,
    /// One entry per draw, in the order of the seal.
    pub draws: Vec<DrawSample>,
    /// 检查对象: every object that some draw drew, once, ascending by the bytes of its id.
    pub visits: Vec<Visit>,
}

/// What one draw of a round gives.
#[derive(Clone, Debug, PartialEq)]
pub struct DrawSample {
    /// Name of the draw: its item, or `measure`.
    pub name: String,
    /// What it is for.
    pub purpose: Purpose,
    /// The sample; strata as in the draw's plan.
    pub sample: Sample,
}

/// One object that is visited, whatever draws drew it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visit {
    /// Normalised object id.
    pub object_id: String,
    /// The draws whose items are inspected, ascending: those that drew it, and all whose frame holds it where the
    /// measurement draw drew it, so that the list does not show which stream it was.
    pub items: Vec<usize>,
    /// The draws that drew it, ascending. Internal: it shows the stream.
    pub drawn_by: Vec<usize>,
}

impl From<Purpose> for Stream {
    /// The stream whose sub-seed makes the tickets of such a draw.
    fn from(purpose: Purpose) -> Self {
        match purpose {
            Purpose::Targets => Self::Targets,
            Purpose::Measure => Self::Measure,
        }
    }
}

impl RoundSample {
    /// Merges the draws' samples into visits; `held` gives, for every object a measurement draw drew, the draws for items
    /// whose frame holds it, ascending.
    #[must_use]
    pub fn merge(seed: Seed, draws: Vec<DrawSample>, held: &BTreeMap<String, Vec<usize>>) -> Self {
        let mut drawn_by: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (index, draw) in draws.iter().enumerate() {
            for unit in draw.sample.drawn() {
                drawn_by.entry(&unit.id).or_default().push(index);
            }
        }
        let is_measure = |&draw: &usize| draws[draw].purpose == Purpose::Measure;
        let visit = |(id, drawn_by): (&str, Vec<usize>)| Visit {
            object_id: id.to_owned(),
            items: match held.get(id) {
                Some(held) if drawn_by.iter().any(is_measure) => held.clone(),
                _ => drawn_by.clone(),
            },
            drawn_by,
        };
        let visits = drawn_by.into_iter().map(visit).collect();
        Self {
            seed,
            draws,
            visits,
        }
    }

    /// Names of the items a visit carries, in the order of the draws.
    pub fn items<'a>(&'a self, visit: &'a Visit) -> impl Iterator<Item = &'a str> {
        let name = |&draw: &usize| self.draws[draw].name.as_str();
        visit.items.iter().map(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draw::{SampledUnit, StratumSample};
    use crate::units::{Digest, HashName};

    fn draw(name: &str, purpose: Purpose, ids: &[&str]) -> DrawSample {
        let unit = |id: &&str| SampledUnit {
            id: (*id).to_owned(),
            stratum: 0,
            size: 1,
            key: 0.5,
            ticket: Digest([0; 32]),
            take_all: false,
        };
        let stratum = StratumSample {
            take_all: Vec::new(),
            take_some: ids.iter().map(unit).collect(),
            reserve: Vec::new(),
        };
        DrawSample {
            name: name.to_owned(),
            purpose,
            sample: Sample {
                strata: vec![stratum],
            },
        }
    }

    #[test]
    fn one_object_is_one_visit_and_a_measured_one_carries_every_item() {
        let draws = vec![
            draw("GT-01", Purpose::Targets, &["B", "C"]),
            draw("GT-02", Purpose::Targets, &["C", "A"]),
            draw("measure", Purpose::Measure, &["A", "D"]),
        ];
        let held = [("A", vec![0, 1]), ("D", vec![1])];
        let held = held.map(|(id, draws)| (id.to_owned(), draws)).into();
        let seed = Seed::new(HashName::Sha256, &Digest([0; 32]), "1", "骰子").unwrap();
        let round = RoundSample::merge(seed, draws, &held);
        let visits: Vec<(&str, String, &[usize])> = round
            .visits
            .iter()
            .map(|visit| {
                let items: Vec<&str> = round.items(visit).collect();
                (
                    visit.object_id.as_str(),
                    items.join(";"),
                    visit.drawn_by.as_slice(),
                )
            })
            .collect();
        assert_eq!(
            visits,
            [
                ("A", "GT-01;GT-02".to_owned(), &[1, 2][..]),
                ("B", "GT-01".to_owned(), &[0]),
                ("C", "GT-01;GT-02".to_owned(), &[0, 1]),
                ("D", "GT-02".to_owned(), &[2]),
            ]
        );
    }
}
