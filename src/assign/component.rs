//! One component: visits and inspectors that no arc ties to the rest. Day, who is served, probabilities, the draw, reasons.

use std::collections::{BTreeMap, BTreeSet};

use super::admission;
use super::days;
use super::lawful::{Candidates, Pool, Short};
use super::network::SCALE;
use super::rounding;
use super::seats::Seats;
use super::{Assignment, Chance, Inputs, Lots, Outcome, VisitNeed};
use crate::units::{Day, Digest};

/// Times visits without a team look for another day of their window.
const OTHER_DAYS_MAX: usize = 4;

/// The rows of a component's visits, in the order of `needs`.
pub(super) fn solve(
    inputs: &Inputs,
    pool: &Pool,
    lots: &Lots,
    needs: &[&VisitNeed],
) -> Vec<Assignment> {
    let mut order: Vec<usize> = (0..needs.len()).collect();
    let tickets = needs.iter().map(|need| lots.ticket("order", need, &[]));
    let tickets: Vec<Digest> = tickets.collect();
    order.sort_unstable_by_key(|&at| (tickets[at], at));
    let attempt = |barred: &[BTreeSet<Day>]| {
        let days = days::settle(inputs, pool, needs, &order, barred);
        Attempt::new(inputs, pool, needs, &order, days)
    };
    let mut barred = vec![BTreeSet::new(); needs.len()];
    let mut best = attempt(&barred);
    for _ in 0..OTHER_DAYS_MAX {
        if !best.bar_days(needs, &mut barred) {
            break;
        }
        let next = attempt(&barred);
        if next.n_served() <= best.n_served() {
            break;
        }
        best = next;
    }
    best.draw(inputs, lots, needs)
}

/// The visits on days that were settled, and who of them is served.
struct Attempt<'a> {
    days: Vec<Day>,
    /// Per visit who may go, or why too few may.
    candidates: Vec<Result<Candidates, Short>>,
    /// Per visit its place in the network.
    places: Vec<Option<usize>>,
    seats: Seats<'a>,
}

impl<'a> Attempt<'a> {
    fn new(
        inputs: &'a Inputs,
        pool: &Pool,
        needs: &[&VisitNeed],
        order: &[usize],
        days: Vec<Day>,
    ) -> Self {
        let looked = needs.iter().zip(&days);
        let candidates: Vec<Result<Candidates, Short>> = looked
            .map(|(need, &day)| pool.candidates(need, day))
            .collect();
        let mut found = Vec::new();
        let places: Vec<Option<usize>> = candidates
            .iter()
            .zip(&days)
            .map(|(candidates, &day)| {
                found.push((day, candidates.as_ref().ok()?));
                Some(found.len() - 1)
            })
            .collect();
        let mut seats = Seats::new(inputs.params, &found);
        let order = order.iter().filter_map(|&at| places[at]);
        admission::admit(&mut seats, &found, &order.collect::<Vec<_>>());
        Self {
            days,
            candidates,
            places,
            seats,
        }
    }

    fn is_served(&self, at: usize) -> bool {
        self.places[at].is_some_and(|place| self.seats.visits[place].served)
    }

    fn n_served(&self) -> usize {
        (0..self.places.len())
            .filter(|&at| self.is_served(at))
            .count()
    }

    /// Bars the day of every visit without a team that has another; whether there was one.
    fn bar_days(&self, needs: &[&VisitNeed], barred: &mut [BTreeSet<Day>]) -> bool {
        let mut any = false;
        for at in (0..needs.len()).filter(|&at| !self.is_served(at)) {
            let window = i64::from(needs[at].last.days()) - i64::from(needs[at].first.days()) + 1;
            let is_new = barred[at].insert(self.days[at]);
            any |= is_new && i64::try_from(barred[at].len()).is_ok_and(|n| n < window);
        }
        any
    }

    fn draw(mut self, inputs: &Inputs, lots: &Lots, needs: &[&VisitNeed]) -> Vec<Assignment> {
        let shorts = self.shorts();
        self.seats.spread();
        let chances: Vec<Vec<Chance>> = (0..needs.len()).map(|at| self.chances(at)).collect();
        rounding::round(&mut self.seats.network, SCALE, |n_cycles| {
            let ticket = lots.ticket("cycle", needs[0], &n_cycles.to_be_bytes());
            let mut first = [0; 8];
            first.copy_from_slice(&ticket.0[..8]);
            u64::from_be_bytes(first)
        });
        let found = shorts.into_iter().zip(chances).enumerate();
        let row = |(at, (short, marginals)): (usize, (Option<Short>, Vec<Chance>))| Assignment {
            object_id: needs[at].object_id.clone(),
            department: needs[at].department.clone(),
            day: self.days[at],
            outcome: match short {
                Some(Short { rule, missing }) => Outcome::Shortfall { rule, missing },
                None => Outcome::Team(self.team(at, inputs)),
            },
            marginals,
        };
        found.map(row).collect()
    }

    /// Why the visits without a team have none. Visits of one day with the same candidates have the same reason.
    fn shorts(&mut self) -> Vec<Option<Short>> {
        let mut found: BTreeMap<(Day, &Candidates), Short> = BTreeMap::new();
        let mut shorts = Vec::with_capacity(self.places.len());
        for (at, candidates) in self.candidates.iter().enumerate() {
            shorts.push(match (candidates, self.places[at]) {
                (Err(short), _) => Some(*short),
                (Ok(candidates), Some(place)) if !self.seats.visits[place].served => {
                    let known = found.entry((self.days[at], candidates));
                    Some(*known.or_insert_with(|| self.seats.binding(place)))
                }
                _ => None,
            });
        }
        shorts
    }

    fn chances(&self, at: usize) -> Vec<Chance> {
        let pairs = self.places[at].map(|place| self.seats.probabilities(place));
        let pairs = pairs.unwrap_or_default().into_iter();
        let chance = |(inspector, scaled)| Chance {
            inspector,
            scaled: u32::try_from(scaled).expect("a probability is at most one"),
        };
        pairs.map(chance).collect()
    }

    fn team(&self, at: usize, inputs: &Inputs) -> Vec<String> {
        let drawn = self.chances(at).into_iter();
        let id = |chance: Chance| {
            inputs.register.inspectors()[chance.inspector as usize]
                .id
                .clone()
        };
        drawn.map(id).collect()
    }
}
