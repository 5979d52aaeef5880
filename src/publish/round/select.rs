//! The draw of a sealed round: the seed rule, a sample per draw, and the visits.

use std::collections::{BTreeMap, BTreeSet};

use super::super::Error;
use super::read::SealedRound;
use super::seal::{PublicDraw, PublicSeal};
use crate::draw::{self, DrawSample, RoundSample, Seed, Stream, Ticketer};
use crate::plan::Purpose;
use crate::units::Meter;

/// Draws every draw of the round under one seed; the seed text must have the one spelling of the sealed seed rule.
///
/// # Errors
/// A seed text that does not fit the rule, a frame that changed since it was read.
pub fn draw_round(
    round: &SealedRound,
    seed_text: &str,
    seed_source: &str,
    meter: &Meter,
) -> Result<RoundSample, Error> {
    let rule = &round.seal.seed_rule;
    let beacon = rule
        .beacon(round.seal.hash, seed_text)
        .map_err(Error::SeedRule)?;
    let seed = seed_of(&round.seal, &beacon, seed_source).map_err(Error::UnusableSeed)?;
    sample(round, seed, meter)
}

/// The seed that a seal and a beacon make.
pub(super) fn seed_of(seal: &PublicSeal, beacon: &str, source: &str) -> Result<Seed, draw::Error> {
    Seed::new(seal.hash, &seal.digest(), beacon, source)
}

/// The samples of all draws under a seed, merged.
pub(super) fn sample(round: &SealedRound, seed: Seed, meter: &Meter) -> Result<RoundSample, Error> {
    let mut draws = Vec::new();
    for (public, sealed) in round.seal.draws.iter().zip(&round.draws) {
        let stream = Stream::from(public.purpose);
        let ticketer = round.ticketer(&seed, stream);
        let sample = draw::select_with(&sealed.plan, ticketer, &sealed.frame, meter);
        draws.push(DrawSample {
            name: public.name.clone(),
            purpose: public.purpose,
            sample: sample.map_err(Error::Draw)?,
        });
    }
    let held = held(round, &draws)?;
    Ok(RoundSample::merge(seed, draws, &held))
}

impl SealedRound {
    pub(super) fn ticketer(&self, seed: &Seed, stream: Stream) -> Ticketer {
        let (hash, sub_seed) = (self.seal.hash, seed.sub_seed(stream));
        match self.committer.keyed() {
            None => Ticketer::new(hash, &sub_seed.0),
            Some(keyed) => Ticketer::sealed(hash, &sub_seed.0, keyed.clone()),
        }
    }
}

/// The draws for items that hold each object the measurement draw drew.
pub(super) fn held(
    round: &SealedRound,
    draws: &[DrawSample],
) -> Result<BTreeMap<String, Vec<usize>>, Error> {
    let measure = draws.iter().filter(|draw| draw.purpose == Purpose::Measure);
    let ids: BTreeSet<&str> = measure
        .flat_map(|draw| draw.sample.drawn())
        .map(|unit| unit.id.as_str())
        .collect();
    let mut held = BTreeMap::new();
    let mut rows = round.frame.rows()?;
    for id in ids {
        while let Some(row) = rows.next_row()? {
            if row.id == id {
                held.insert(id.to_owned(), round.seal.holders(row.cells));
                break;
            }
        }
    }
    Ok(held)
}

impl PublicSeal {
    /// The measurement draw.
    pub(super) fn measure(&self) -> Option<usize> {
        let is_measure = |draw: &PublicDraw| draw.purpose == Purpose::Measure;
        self.draws.iter().position(is_measure)
    }

    /// The draws for items that hold an object, from its cells in the public frame.
    pub(super) fn holders(&self, cells: &[Option<usize>]) -> Vec<usize> {
        let is_item = |&draw: &usize| self.draws[draw].purpose == Purpose::Targets;
        let holds = |&draw: &usize| cells[draw].is_some();
        (0..self.draws.len())
            .filter(is_item)
            .filter(holds)
            .collect()
    }
}
