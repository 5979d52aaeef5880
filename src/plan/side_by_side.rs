//! The draws of a round side by side: expected visits, the coverage of all items together, who stands in no frame.

use std::collections::BTreeMap;

use super::allocation::{self, smallest_factor};
use super::census::counts_of_sizes;
use super::compose::{AT_CAP, EVERYWHERE, Excluded, NOT_IN_SCOPE, RoundDraw, union_probability};
use super::frame::at;
use super::remainder::{Alike, float};
use super::strata::Tally;
use super::{Error, Purpose, ValidParams, targets};
use crate::units::{FrameSource, Unreadable, collect_waves};

/// Stratum and size in every draw's frame, none where it is not in it.
type Places = Vec<Option<(u32, u32)>>;
/// What makes objects alike: class, whether a past round drew them, places.
type Kind = (u16, bool, Places);

/// The draws of a round side by side.
pub(super) struct SideBySide {
    /// Objects of each kind; those in no frame left out.
    alike: BTreeMap<Kind, u64>,
    /// Id, index of the draw (the measurement draw after the others, none for all), reason.
    excluded: Vec<(String, Option<usize>, String)>,
}

/// One object with its place in every draw's frame.
struct Placed {
    id: String,
    class: u16,
    drawn_before: bool,
    at_cap: bool,
    /// Draws that are about it.
    applies: Vec<bool>,
    places: Places,
}

pub(super) fn side_by_side(draws: &[RoundDraw<'_>]) -> Result<SideBySide, Error> {
    let mut all = SideBySide {
        alike: BTreeMap::new(),
        excluded: Vec::new(),
    };
    let Some(first) = draws.first() else {
        return Ok(all);
    };
    let parts = collect_waves(first.frame.n_parts(), |part| {
        let placed = placed(draws, part);
        placed
            .map(|placed| SideBySide::of(placed, draws.len()))
            .map_err(|source| Error::Unreadable { part, source })
    });
    for (part, found) in parts?.into_iter().enumerate() {
        let outside = first.frame.scope.registers.excluded(part)?;
        let everywhere = outside.into_iter().map(|(id, reason)| (id, None, reason));
        all.excluded.extend(everywhere.chain(found.excluded));
        for (alike, n) in found.alike {
            *all.alike.entry(alike).or_default() += n;
        }
    }
    Ok(all)
}

fn placed(draws: &[RoundDraw<'_>], part: usize) -> Result<Vec<Placed>, Unreadable> {
    let mut objects: Vec<Placed> = Vec::new();
    for draw in draws {
        draw.frame.each(part, |seen, member| {
            if seen.row == objects.len() {
                let rounds = seen.past.as_ref().map_or(&[][..], |past| &past.rounds);
                objects.push(Placed {
                    id: seen.id.to_owned(),
                    class: seen.class,
                    drawn_before: rounds.iter().any(|round| round.drawn),
                    at_cap: seen.visits_at_cap.is_some(),
                    applies: Vec::new(),
                    places: Vec::new(),
                });
            }
            let place = member.map(|member| (member.stratum, member.size));
            objects[seen.row].applies.push(seen.applies);
            objects[seen.row].places.push(place);
        })?;
    }
    Ok(objects)
}

impl SideBySide {
    fn of(objects: Vec<Placed>, n_draws: usize) -> Self {
        let (mut alike, mut excluded) = (BTreeMap::new(), Vec::new());
        for object in objects {
            let out_of = |draw| (object.id.clone(), Some(draw), NOT_IN_SCOPE.to_owned());
            if object.at_cap {
                let at_cap = |draw| (object.id.clone(), draw, AT_CAP.to_owned());
                let held = (0..n_draws).filter(|&draw| object.applies[draw]);
                excluded.extend(held.map(|draw| at_cap(Some(draw))));
                excluded.push(at_cap(None));
                continue;
            }
            let outside = (0..n_draws).filter(|&draw| object.places[draw].is_none());
            excluded.extend(outside.map(out_of));
            if object.places.iter().any(Option::is_some) {
                let key = (object.class, object.drawn_before, object.places);
                *alike.entry(key).or_default() += 1;
            } else {
                excluded.push(out_of(n_draws));
            }
        }
        Self { alike, excluded }
    }

    /// Objects in at least one frame.
    pub(super) fn n_units(&self) -> u64 {
        self.alike.values().sum()
    }

    /// Σ over objects of the largest of their probabilities.
    pub(super) fn expected_visits(&self, draws: &[RoundDraw<'_>]) -> f64 {
        let realised: Vec<_> = draws.iter().map(|draw| &draw.frame.realised).collect();
        self.expected(|draw, stratum, size| at(realised[draw], stratum, size))
    }

    fn expected(&self, prob: impl Fn(usize, u32, u32) -> f64) -> f64 {
        let visits = self.alike.iter().map(|((_, _, places), &n)| {
            let places = places.iter().enumerate();
            let probs = places.filter_map(|(draw, place)| place.map(|(s, x)| prob(draw, s, x)));
            float(n) * union_probability(probs, None)
        });
        visits.sum()
    }

    pub(super) fn alike(&self, draws: &[RoundDraw<'_>]) -> Vec<Alike> {
        let measure = draws
            .iter()
            .find(|draw| draw.purpose == Purpose::Measure)
            .map(|draw| at(&draw.frame.realised, 0, 1));
        let one = |((class, drawn_before, places), &n): (&Kind, &u64)| {
            let probs = places.iter().zip(draws).filter_map(|(place, draw)| {
                place.map(|(stratum, size)| at(&draw.frame.realised, stratum, size))
            });
            Alike {
                class: *class,
                drawn_before: *drawn_before,
                n,
                probability: union_probability(probs, measure),
            }
        };
        self.alike.iter().map(one).collect()
    }

    pub(super) fn into_excluded(mut self, draws: &[RoundDraw<'_>]) -> Vec<Excluded> {
        self.excluded.sort();
        let excluded = self.excluded.into_iter();
        let named = excluded.filter_map(|(id, draw, reason)| match draw {
            None => Some((id, EVERYWHERE.to_owned(), reason)),
            Some(draw) => Some((id, draws.get(draw)?.name.clone(), reason)),
        });
        named.collect()
    }
}

/// Holds the coverage floor over the union of the target draws: expected visits against objects in any frame.
pub(super) fn check_coverage(
    plan: &ValidParams,
    draws: &[RoundDraw<'_>],
    side_by_side: &SideBySide,
    expected_visits: f64,
) -> Result<(), Error> {
    let floor = plan.coverage_floor();
    let n_units = side_by_side.n_units();
    let wanted = floor * float(n_units);
    let enough = |visits: f64| visits >= wanted * (1.0 - 1e-12);
    if enough(expected_visits) {
        return Ok(());
    }
    let tallies: Vec<Vec<Tally>> = draws
        .iter()
        .map(RoundDraw::tallies)
        .collect::<Result<_, _>>()?;
    let repair = smallest_factor(|factor| {
        let raised: Vec<_> = draws
            .iter()
            .zip(&tallies)
            .map(|(draw, t)| draw.raised(t, factor))
            .collect();
        enough(side_by_side.expected(|draw, stratum, size| at(&raised[draw], stratum, size)))
    });
    Err(Error::BelowFloorOfRound {
        percent: floor * 100.0,
        visits: expected_visits,
        n_units,
        repair: repair
            .filter(|&(factor, _)| {
                let in_bounds = |(draw, t): (&RoundDraw<'_>, &Vec<Tally>)| draw.bears(t, factor);
                draws.iter().zip(&tallies).all(in_bounds)
            })
            .map(|(_, factor)| factor),
    })
}

impl RoundDraw<'_> {
    /// Strata of the frame with their levels.
    fn tallies(&self) -> Result<Vec<Tally>, Error> {
        let counts = counts_of_sizes(&self.frame)?;
        let tally = |(label, sizes): (&String, BTreeMap<u32, u64>)| {
            (label.clone(), sizes.into_iter().collect())
        };
        Ok(self.frame.strata.iter().zip(counts).map(tally).collect())
    }

    /// Targets by stratum and size when every share is multiplied by `factor` ten-thousandths.
    fn raised(&self, tallies: &[Tally], factor: u64) -> Vec<BTreeMap<u32, f64>> {
        let of = |(label, levels): &Tally| {
            let n = allocation::raised(&self.params, label, total(levels), factor);
            let probs = targets(levels, n).into_iter().map(|target| target.prob);
            levels.iter().map(|&(size, _)| size).zip(probs).collect()
        };
        tallies.iter().map(of).collect()
    }

    /// Whether the item's bounds hold when every share is multiplied by `factor` ten-thousandths.
    fn bears(&self, tallies: &[Tally], factor: u64) -> bool {
        let sizes = tallies
            .iter()
            .map(|(label, levels)| (label.as_str(), total(levels)));
        let sizes: Vec<(&str, u64)> = sizes.collect();
        allocation::raised_within_bounds(&self.params, &sizes, factor)
    }
}

fn total(levels: &[(u32, u64)]) -> u64 {
    levels.iter().map(|&(_, n_units)| n_units).sum()
}
