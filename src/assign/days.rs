//! A window of days to one day: where the lawful inspectors are least taken, visits in the order of their tickets.
//!
//! All of a team come on one day, so the day is settled before the inspectors are drawn. Each visit put on a day takes an
//! equal part of every inspector who could go then; the next visit looks for the day on which its own inspectors are
//! least taken, the earliest of equals.

use std::collections::{BTreeSet, HashMap};

use super::lawful::Pool;
use super::network::SCALE;
use super::{Inputs, VisitNeed};
use crate::units::Day;

/// A day per visit, in the order of `needs`; `order` is the order in which they choose, `barred` what they may not take.
pub(super) fn settle(
    inputs: &Inputs,
    pool: &Pool,
    needs: &[&VisitNeed],
    order: &[usize],
    barred: &[BTreeSet<Day>],
) -> Vec<Day> {
    let mut days: Vec<Day> = needs.iter().map(|need| need.first).collect();
    if needs.iter().all(|need| need.first == need.last) {
        return days;
    }
    let mut taken = HashMap::new();
    for &at in order {
        let need = needs[at];
        let people = pool.anybody(need);
        let team = inputs.params.team_of(need.experts().count());
        let open = (0..).map(|days| need.first.plus(days));
        let open = open.take_while(|day| *day <= need.last);
        let looked = open
            .filter(|day| !barred[at].contains(day))
            .map(|day| Look::at(pool, need, &people, day, team, &taken));
        let Some(best) = looked.reduce(|best, next| if next.beats(&best) { next } else { best })
        else {
            continue;
        };
        days[at] = best.day;
        let part = SCALE * i64::try_from(team).unwrap_or(i64::MAX) / best.n.max(1);
        for &index in people.iter().filter(|&&index| pool.works(index, best.day)) {
            *taken.entry((index, best.day)).or_default() += part;
        }
    }
    days
}

/// One day as one visit sees it.
struct Look {
    day: Day,
    /// Inspectors who could go.
    n: i64,
    /// Whether they make a team.
    enough: bool,
    /// What is taken of them all.
    taken: i64,
}

impl Look {
    fn at(
        pool: &Pool,
        need: &VisitNeed,
        people: &[u32],
        day: Day,
        team: usize,
        all_taken: &HashMap<(u32, Day), i64>,
    ) -> Self {
        let (mut n, mut taken, mut seats) = (0, 0, 0);
        for &index in people.iter().filter(|&&index| pool.works(index, day)) {
            n += 1;
            taken += all_taken.get(&(index, day)).copied().unwrap_or(0);
            seats |= pool.seats(index, need);
        }
        let experts = need.experts().count();
        let enough =
            usize::try_from(n).is_ok_and(|n| n >= team) && seats.count_ones() as usize == experts;
        Self {
            day,
            n,
            enough,
            taken,
        }
    }

    /// Enough inspectors first, then the smaller share taken; without enough, the larger number.
    fn beats(&self, other: &Self) -> bool {
        let share = |one: &Self, of: &Self| i128::from(one.taken) * i128::from(of.n);
        match (self.enough, other.enough) {
            (true, true) => share(self, other) < share(other, self),
            (false, false) => self.n > other.n,
            (enough, _) => enough,
        }
    }
}
