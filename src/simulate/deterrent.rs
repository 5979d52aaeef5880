//! Past rounds as lots, and planted deterrence on what is seen of everybody: of the credit events that an object would have, those
//! that a visit by lot (or visits of its peers) prevents are left out.
//!
//! A Poisson process of which each event stays with probability q is one of q times the intensity. The same uniform number decides
//! about an event whatever was drawn, so that what would have happened under the other lot is known to the event.

use std::collections::HashMap;
use std::ops::Range;

use rand::{Rng, RngExt};
use serde::Deserialize;

use super::object::Object;
use super::world::World;

/// `[deterrent]` of a world file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Deterrent {
    /// Kinds of credit events it acts on.
    pub(super) kinds: Vec<String>,
    /// Their intensity is multiplied by this after the object was visited by lot, 0 to 1.
    pub(super) factor: f64,
    /// For so many days.
    pub(super) days: i32,
    /// Their intensity is multiplied by this, to the power of the share of the peers that a round drew over its ratio, for as many
    /// days after the round began; above 0, at most 1. Peers are the other objects of the industry class and township.
    pub(super) peers: Option<f64>,
}

/// What a round held for an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lot {
    /// Day of the visit, if it is drawn.
    pub(super) day: i32,
    pub(super) drawn: bool,
    /// Whether the object existed on a day of the round, and so stood in its frame.
    pub(super) framed: bool,
}

/// An object's lots in all rounds: each object is drawn by itself, whatever it did, with the round's ratio.
pub(super) fn lots(world: &World, object: &Object, rng: &mut impl Rng) -> Vec<Lot> {
    let alive = super::history::span(world, object);
    let rounds = world.params.round.iter();
    rounds
        .map(|round| {
            let first = round.from.days();
            let day = first + rng.random_range(0..round.days);
            Lot {
                day,
                drawn: rng.random_bool(round.ratio),
                framed: alive.0 < first + round.days && first < alive.1,
            }
        })
        .collect()
}

/// Industry and township.
type Cell = (usize, usize);

/// How many objects of each cell stood in each round's frame, and how many of them were drawn; empty where peers do not matter.
#[derive(Clone, Debug, Default)]
pub(super) struct Peers(HashMap<(usize, Cell), (u32, u32)>);

impl Peers {
    /// Counts a chunk's objects.
    pub(super) fn add(&mut self, objects: &[Object], lots: &[Vec<Lot>]) {
        for (object, lots) in objects.iter().zip(lots) {
            for (round, lot) in lots.iter().enumerate().filter(|(_, lot)| lot.framed) {
                let cell = (object.industry, object.town);
                let (n, n_drawn) = self.0.entry((round, cell)).or_default();
                *n += 1;
                *n_drawn += u32::from(lot.drawn);
            }
        }
    }

    /// Share of the object's peers that a round drew, over its ratio; 1 is what the round gives on average.
    fn dose(&self, world: &World, object: &Object, round: usize, lot: Lot) -> f64 {
        let cell = (object.industry, object.town);
        let (n, n_drawn) = self.0.get(&(round, cell)).copied().unwrap_or_default();
        let own = u32::from(lot.framed);
        let n = n.saturating_sub(own);
        if n == 0 {
            return 0.0;
        }
        let n_drawn = n_drawn.saturating_sub(own * u32::from(lot.drawn));
        f64::from(n_drawn) / f64::from(n) / world.params.round[round].ratio
    }
}

/// What would have been seen of an object, over all rounds whose frame held it, in the days after each round began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Prevented {
    /// Rounds whose frame held it.
    pub(super) rounds: i64,
    /// Events if the round had drawn it, all other lots as they were.
    pub(super) events_if_drawn: i64,
    /// Events if it had not.
    pub(super) events_if_not: i64,
    /// Rounds with any event, if it had been drawn.
    pub(super) any_if_drawn: i64,
    /// And if not.
    pub(super) any_if_not: i64,
}

/// What one object's lots prevent.
pub(super) struct Spell<'a> {
    world: &'a World,
    rule: &'a Deterrent,
    lots: &'a [Lot],
    /// Per round, what peers leave of the intensity.
    by_peers: Vec<f64>,
    alive: Range<i32>,
}

impl<'a> Spell<'a> {
    pub(super) fn new(
        world: &'a World,
        rule: &'a Deterrent,
        object: &Object,
        lots: &'a [Lot],
        peers: &Peers,
    ) -> Self {
        let by_peers = lots.iter().enumerate().map(|(round, lot)| {
            let factor = rule.peers.unwrap_or(1.0);
            factor.powf(peers.dose(world, object, round, *lot))
        });
        let (from, until) = super::history::span(world, object);
        Self {
            world,
            rule,
            lots,
            by_peers: by_peers.collect(),
            alive: from..until,
        }
    }

    pub(super) fn acts_on(&self, kind: &str) -> bool {
        self.rule.kinds.iter().any(|acted| acted == kind)
    }

    /// Share of the intensity that is left on `day`; `other` is a round with the lot it is taken to have had.
    fn left(&self, day: i32, other: Option<(usize, bool)>) -> f64 {
        let days = self.rule.days;
        let drawn = |round: usize| match other {
            Some((asked, drawn)) if asked == round => drawn,
            _ => self.lots[round].drawn,
        };
        let visited = |(round, lot): (usize, &Lot)| {
            drawn(round)
                && self.alive.contains(&lot.day)
                && (lot.day..lot.day + days).contains(&day)
        };
        let own = if self.lots.iter().enumerate().any(visited) {
            self.rule.factor
        } else {
            1.0
        };
        let rounds = self.world.params.round.iter().zip(&self.by_peers);
        let latest = rounds
            .filter(|(round, _)| (round.from.days()..round.from.days() + days).contains(&day))
            .max_by_key(|(round, _)| round.from);
        own * latest.map_or(1.0, |(_, left)| *left)
    }

    /// The days that are left, and of all days what each round prevents or would have.
    pub(super) fn thin(&self, days: Vec<i32>, rng: &mut impl Rng) -> (Vec<i32>, Vec<(i32, f64)>) {
        let all: Vec<(i32, f64)> = days.into_iter().map(|day| (day, rng.random())).collect();
        let kept = all.iter().filter(|(day, u)| *u < self.left(*day, None));
        (kept.map(|(day, _)| *day).collect(), all)
    }

    /// What either lot of every round would have left of the events, each with its uniform number.
    pub(super) fn prevented(&self, all: &[(i32, f64)]) -> Prevented {
        let mut sum = Prevented::default();
        let framed = self.lots.iter().enumerate().filter(|(_, lot)| lot.framed);
        for (round, _) in framed {
            let first = self.world.params.round[round].from.days();
            let window = first..first + self.rule.days;
            let n = |drawn: bool| {
                let stays = |(day, u): &&(i32, f64)| {
                    window.contains(day) && *u < self.left(*day, Some((round, drawn)))
                };
                all.iter().filter(stays).map(|_| 1).sum::<i64>()
            };
            let (if_drawn, if_not) = (n(true), n(false));
            sum.rounds += 1;
            sum.events_if_drawn += if_drawn;
            sum.events_if_not += if_not;
            sum.any_if_drawn += i64::from(if_drawn > 0);
            sum.any_if_not += i64::from(if_not > 0);
        }
        sum
    }
}
