//! 递补: what becomes of a drawn round once some of its targets prove to be closed or gone (注销、失联).

use std::collections::{BTreeMap, BTreeSet};

use super::super::Error;
use super::read::SealedRound;
use super::select::held;
use crate::draw::{self, DrawSample, Replacement, RoundSample, Sample, StratumSample, Visit};
use crate::plan::field;
use crate::units::format_hex;

/// A drawn round after its reserves moved up.
#[derive(Clone, Debug, PartialEq)]
pub struct MovedUp {
    /// Per draw and stratum, in the order of the seal: who is taken, with weights that stay unbiased.
    pub draws: Vec<Vec<Replacement>>,
    /// Visits with those who moved up, ascending; unusable targets stay among them, with their own result.
    pub visits: Vec<Visit>,
}

/// Replaces the targets in `unusable` by threshold key, draw by draw, and merges the visits again.
///
/// # Errors
/// A frame that changed since it was read.
pub fn move_up(
    round: &SealedRound,
    sample: &RoundSample,
    unusable: &BTreeSet<String>,
) -> Result<MovedUp, Error> {
    let (mut draws, mut taken) = (Vec::new(), Vec::new());
    for (draw, sealed) in sample.draws.iter().zip(round.draws()) {
        let strata = draw.sample.strata.iter().zip(&sealed.plan.strata);
        let replaced: Vec<Replacement> = strata
            .map(|(stratum, plan)| draw::replace(plan, stratum, unusable))
            .collect();
        taken.push(DrawSample {
            name: draw.name.clone(),
            purpose: draw.purpose,
            sample: Sample {
                strata: replaced.iter().map(of_taken).collect(),
            },
        });
        draws.push(replaced);
    }
    let held = held(round, &taken)?;
    let visits = RoundSample::merge(sample.seed.clone(), taken, &held).visits;
    Ok(MovedUp { draws, visits })
}

fn of_taken(replaced: &Replacement) -> StratumSample {
    let units = replaced.taken.iter().map(|one| one.unit.clone());
    let (take_all, take_some) = units.partition(|unit| unit.take_all);
    StratumSample {
        take_all,
        take_some,
        reserve: Vec::new(),
    }
}

impl MovedUp {
    /// Targets that nobody could replace: the reserve lists are too short.
    #[must_use]
    pub fn n_missing(&self) -> u64 {
        let strata = self.draws.iter().flatten();
        let missing = strata.filter_map(|replaced| replaced.shortfall.as_ref());
        missing.map(|shortfall| shortfall.n).sum()
    }

    /// Visits that `before` did not have, or had with fewer items.
    #[must_use]
    pub fn since(&self, before: &[Visit]) -> Vec<Visit> {
        let before: BTreeMap<&str, &[usize]> = before
            .iter()
            .map(|visit| (visit.object_id.as_str(), visit.items.as_slice()))
            .collect();
        let is_new =
            |visit: &&Visit| before.get(visit.object_id.as_str()) != Some(&&visit.items[..]);
        self.visits.iter().filter(is_new).cloned().collect()
    }

    /// `object_id,draw,stratum,usable,weight` of everybody who is taken, weights as hexadecimal floats, at least 1. Internal.
    #[must_use]
    pub fn weights(&self, round: &SealedRound) -> String {
        let mut text = "object_id,draw,stratum,usable,weight\n".to_owned();
        let draws = round.seal().draws.iter().zip(round.draws());
        for ((public, sealed), strata) in draws.zip(&self.draws) {
            for (plan, replaced) in sealed.plan.strata.iter().zip(strata) {
                let (draw, stratum) = (field(&public.name), field(&plan.label));
                for one in &replaced.taken {
                    let (id, usable) = (field(&one.unit.id), one.usable);
                    let weight = format_hex(one.weight);
                    let row = [&*id, &draw, &stratum, &usable.to_string(), &weight];
                    text.push_str(&row.join(","));
                    text.push('\n');
                }
            }
        }
        text
    }
}
