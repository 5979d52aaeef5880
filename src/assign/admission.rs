//! Who is served where not everybody can be: visits in the order of their tickets, then exchanges of one for two.
//!
//! A team is whole or is not sent, so the greatest number of teams is no flow problem: with teams of three it holds
//! three-dimensional matching, which is NP-hard. What is found is maximal (nobody without a team could have one beside
//! the others), and no visit is in the place of two others while the work for that lasts.

use std::collections::BTreeMap;

use super::Rule;
use super::lawful::{Candidates, Short};
use super::network::SCALE;
use super::seats::{Seats, UNBOUNDED};
use crate::units::Day;

/// Arcs looked at while visits are exchanged for others, at most, per component.
const EXCHANGE_WORK_MAX: usize = 50_000_000;

/// Serves as many of the network's visits as it finds a way to; `visits` are those the network was made of.
pub(super) fn admit(seats: &mut Seats, visits: &[(Day, &Candidates)], order: &[usize]) {
    let mut left = EXCHANGE_WORK_MAX / seats.network.arcs.len().max(1);
    loop {
        let mut round = Round {
            seats,
            visits,
            refused: BTreeMap::new(),
        };
        let waiting = order.iter().copied();
        let waiting = waiting.filter(|&visit| !round.seats.visits[visit].served);
        round.serve_in_order(&waiting.collect::<Vec<_>>());
        if !seats.exchange(order, &mut left) {
            return;
        }
    }
}

/// One time through the waiting visits; who is served stays so.
struct Round<'a, 'b> {
    seats: &'a mut Seats<'b>,
    visits: &'a [(Day, &'a Candidates)],
    /// Visits that cannot be served any more, by day.
    refused: BTreeMap<Day, Vec<usize>>,
}

impl Round<'_, '_> {
    /// Serves the visits in this order, each if it can be served beside those before it. Those that cannot are found by
    /// halves; where less fits in than one team, none of them can be served, then or later.
    fn serve_in_order(&mut self, order: &[usize]) {
        let open = order
            .iter()
            .copied()
            .filter(|&visit| !self.is_hopeless(visit));
        let open: Vec<usize> = open.collect();
        let teams = open.iter().map(|&visit| self.seats.visits[visit].team);
        let Some(smallest) = teams.min() else {
            return;
        };
        let (fitting, all) = self.seats.serve(&open);
        if all {
            return;
        }
        if fitting < smallest || open.len() == 1 {
            self.refuse(&open);
            return;
        }
        let (first, second) = open.split_at(open.len() / 2);
        self.serve_in_order(first);
        self.serve_in_order(second);
    }

    fn refuse(&mut self, visits: &[usize]) {
        for &visit in visits {
            if !self.is_hopeless(visit) {
                let of_day = self.refused.entry(self.visits[visit].0).or_default();
                of_day.push(visit);
            }
        }
    }

    /// Whether a visit asks at least as much as one that was refused.
    fn is_hopeless(&self, visit: usize) -> bool {
        let (day, candidates) = self.visits[visit];
        let refused = self.refused.get(&day).into_iter().flatten();
        refused
            .into_iter()
            .any(|&refused| candidates.ask_no_less_than(self.visits[refused].1))
    }
}

impl Seats<'_> {
    /// Serves all of `wanted` or none of them; what would have fitted in, and whether that is all.
    fn serve(&mut self, wanted: &[usize]) -> (i64, bool) {
        for &visit in wanted {
            self.open(visit);
        }
        let fitting = self.network.fill();
        let all = fitting
            == wanted
                .iter()
                .map(|&visit| self.visits[visit].team)
                .sum::<i64>();
        if !all {
            for &visit in wanted {
                self.withdraw(visit);
            }
        }
        (fitting, all)
    }

    /// Gives up one visit for two others, if one is found before nothing of `left` is left.
    fn exchange(&mut self, order: &[usize], left: &mut usize) -> bool {
        let (served, waiting): (Vec<usize>, Vec<usize>) =
            order.iter().partition(|&&visit| self.visits[visit].served);
        let team = |&visit: &usize| self.visits[visit].team;
        let smallest = waiting.iter().map(team).min().unwrap_or(0);
        let largest = served.iter().map(team).max().unwrap_or(0);
        if waiting.len() < 2 || self.fitting(&waiting) < 2 * smallest - largest {
            return false;
        }
        for out in served {
            self.withdraw(out);
            *left = left.saturating_sub(1);
            let mut new = Vec::new();
            if self.fitting(&waiting) >= 2 * smallest {
                *left = left.saturating_sub(waiting.len());
                let tried = waiting.iter().copied();
                new.extend(tried.filter(|&visit| self.serve(&[visit]).1));
            }
            if new.len() > 1 {
                return true;
            }
            for visit in new {
                self.withdraw(visit);
            }
            self.serve(&[out]);
            if *left == 0 {
                return false;
            }
        }
        false
    }

    /// What of these visits' seats would fit in beside those that are served.
    fn fitting(&mut self, visits: &[usize]) -> i64 {
        for &visit in visits {
            self.open(visit);
        }
        let fitting = self.network.fill();
        for &visit in visits {
            self.withdraw(visit);
        }
        fitting
    }

    /// Why a visit that is not served cannot be beside those that are, and how many inspectors it lacks.
    pub(super) fn binding(&mut self, visit: usize) -> Short {
        let before = self.network.arcs.clone();
        let team = self.visits[visit].team;
        self.open(visit);
        let lacking = team - self.network.fill();
        let missing = u32::try_from((lacking + SCALE - 1) / SCALE).unwrap_or(u32::MAX);
        let pairs: Vec<usize> = self.visits[visit]
            .pairs
            .iter()
            .map(|pair| pair.arc)
            .collect();
        let apart: Vec<usize> = self.visits[visit].apart.into_iter().collect();
        let rules = [
            (Rule::Load, &self.loads, UNBOUNDED),
            (Rule::Day, &self.days, UNBOUNDED),
            (Rule::PairCap, &pairs, SCALE),
            (Rule::Recusal, &apart, UNBOUNDED),
        ];
        let network = &mut self.network;
        let mut lacking = lacking;
        let found = rules.into_iter().find_map(|(rule, arcs, capacity)| {
            for &arc in arcs {
                network.arcs[arc].capacity = capacity;
            }
            lacking -= network.fill();
            (lacking == 0).then_some(rule)
        });
        self.network.arcs = before;
        self.visits[visit].served = false;
        let rule = found.unwrap_or(Rule::Specialty);
        Short { rule, missing }
    }
}
