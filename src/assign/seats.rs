//! One component as a flow network: seats of visits, inspectors on days, inspectors; and the probabilities of all pairs.
//!
//! ```text
//! source -> a seat that needs a specialty (1) -> its holders     \
//! source -> the other seats of the visit (team - experts) -> all  > pair -> inspector on a day -> inspector -> sink
//! ```
//!
//! A seat's arc is a lower and an upper bound at once, so "at least one expert" is a seat only experts may take. Every set
//! that the law bounds is one arc, in two nested families: seats in a visit, days in an inspector. That is why a whole
//! lottery over lawful teams exists for every flow (Budish, Che, Kojima, Milgrom 2013). Bounds on single pairs make a
//! draw unpredictable: S. Jecmen et al., Advances in Neural Information Processing Systems 33 (2020) 12533–12545.

use std::collections::BTreeMap;
use std::ops::Range;

use super::ValidParams;
use super::lawful::Candidates;
use super::network::{Network, SCALE};
use crate::units::Day;

/// Capacity of an arc that nothing bounds.
pub(super) const UNBOUNDED: i64 = i64::MAX / 4;

/// A pair that may be drawn.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pair {
    pub(super) person: u32,
    pub(super) arc: usize,
    day_arc: usize,
    load: usize,
    /// What an even lottery would give it, scaled.
    pub(super) even: i64,
}

/// One visit in the network.
#[derive(Clone, Debug)]
pub(super) struct Visit {
    /// Seats, scaled.
    pub(super) team: i64,
    /// Arcs from the source, and how much each carries when the visit is served.
    seats: Vec<(usize, i64)>,
    /// All arcs of the visit, those of its seats and pairs included.
    arcs: Range<usize>,
    /// The arc that keeps the last team apart.
    pub(super) apart: Option<usize>,
    pub(super) pairs: Vec<Pair>,
    pub(super) served: bool,
}

/// A component's network.
pub(super) struct Seats<'a> {
    pub(super) params: &'a ValidParams,
    pub(super) network: Network,
    pub(super) visits: Vec<Visit>,
    /// Arcs from inspectors to the sink.
    pub(super) loads: Vec<usize>,
    /// Arcs from an inspector's days to the inspector.
    pub(super) days: Vec<usize>,
    /// Greatest probability of a pair that the settings allow, scaled.
    pub(super) pair_max: i64,
}

impl<'a> Seats<'a> {
    /// The network of visits with their candidates on their days, none served yet.
    pub(super) fn new(params: &'a ValidParams, visits: &[(Day, &Candidates)]) -> Self {
        let millionths = i64::try_from(params.pair_probability_max_millionths).unwrap_or(1_000_000);
        let mut seats = Self {
            params,
            network: Network::new(),
            visits: Vec::with_capacity(visits.len()),
            loads: Vec::new(),
            days: Vec::new(),
            pair_max: SCALE * millionths / 1_000_000,
        };
        let people = seats.people(visits);
        for &(day, candidates) in visits {
            seats.visit(day, candidates, &people);
        }
        seats
    }

    /// Node of every inspector on every day, with the arcs to the inspector and from there to the sink.
    fn people(&mut self, visits: &[(Day, &Candidates)]) -> BTreeMap<(u32, Day), [usize; 3]> {
        let on_days = visits.iter().flat_map(|(day, candidates)| {
            candidates
                .people
                .iter()
                .map(move |who| ((who.0, *day), [0; 3]))
        });
        let mut people: BTreeMap<(u32, Day), [usize; 3]> = on_days.collect();
        let mut last: Option<(u32, usize, usize)> = None;
        for ((person, _), places) in &mut people {
            let (node, load) = match last {
                Some((before, node, load)) if before == *person => (node, load),
                _ => {
                    let node = self.network.node();
                    (node, self.network.arc(node, Network::SINK, self.ceiling()))
                }
            };
            if last.is_none_or(|(before, ..)| before != *person) {
                self.loads.push(load);
            }
            last = Some((*person, node, load));
            let day = self.network.node();
            let day_arc = self.network.arc(day, node, self.per_day());
            self.days.push(day_arc);
            *places = [day, day_arc, load];
        }
        people
    }

    pub(super) fn ceiling(&self) -> i64 {
        self.params
            .load
            .ceiling
            .map_or(UNBOUNDED, |most| i64::from(most) * SCALE)
    }

    fn per_day(&self) -> i64 {
        i64::from(self.params.visits_per_day_max) * SCALE
    }

    fn visit(&mut self, day: Day, of: &Candidates, people: &BTreeMap<(u32, Day), [usize; 3]>) {
        let first = self.network.arcs.len();
        let n_others = of.team - of.n_experts;
        let sizes = std::iter::repeat_n(1, of.n_experts).chain((n_others > 0).then_some(n_others));
        let seats: Vec<(usize, usize, i64)> = sizes
            .map(|size| {
                let node = self.network.node();
                (
                    node,
                    self.network.arc(Network::SOURCE, node, 0),
                    scaled(size),
                )
            })
            .collect();
        let open_to = |bits: u32| {
            let open = seats
                .iter()
                .enumerate()
                .filter(move |(bit, _)| *bit == of.n_experts || bits >> bit & 1 == 1);
            open.map(|(_, seat)| seat.0).collect::<Vec<_>>()
        };
        let mut apart = None;
        let mut gate = None;
        let mut pairs = Vec::with_capacity(of.people.len());
        for &(person, bits) in &of.people {
            let [node, day_arc, load] = people[&(person, day)];
            let nodes = open_to(bits);
            let arc = if of.apart.contains(&person) {
                let gate = *gate.get_or_insert_with(|| {
                    let (into, out) = (self.network.node(), self.network.node());
                    for &seat in &nodes {
                        self.network.arc(seat, into, UNBOUNDED);
                    }
                    apart = Some(self.network.arc(into, out, SCALE));
                    out
                });
                self.network.arc(gate, node, self.pair_max)
            } else if let [seat] = nodes[..] {
                self.network.arc(seat, node, self.pair_max)
            } else {
                let pair = self.network.node();
                for &seat in &nodes {
                    self.network.arc(seat, pair, SCALE);
                }
                self.network.arc(pair, node, self.pair_max)
            };
            pairs.push(Pair {
                person,
                arc,
                day_arc,
                load,
                even: even_share(of, bits),
            });
        }
        self.visits.push(Visit {
            team: scaled(of.team),
            seats: seats.iter().map(|&(_, arc, size)| (arc, size)).collect(),
            arcs: first..self.network.arcs.len(),
            apart,
            pairs,
            served: false,
        });
    }

    /// Opens a visit's seats; the next flow fills them as far as it can.
    pub(super) fn open(&mut self, visit: usize) {
        for &(arc, size) in &self.visits[visit].seats {
            self.network.arcs[arc].capacity = size;
        }
        self.visits[visit].served = true;
    }

    /// Closes a visit's seats and takes its flow out of the network.
    pub(super) fn withdraw(&mut self, visit: usize) {
        for pair in &self.visits[visit].pairs {
            let flow = self.network.arcs[pair.arc].flow;
            self.network.arcs[pair.day_arc].flow -= flow;
            self.network.arcs[pair.load].flow -= flow;
        }
        for arc in self.visits[visit].arcs.clone() {
            self.network.arcs[arc].flow = 0;
        }
        for &(arc, _) in &self.visits[visit].seats {
            self.network.arcs[arc].capacity = 0;
        }
        self.visits[visit].served = false;
    }

    /// Probabilities of a visit's pairs: inspector and scaled probability, none of them 0.
    pub(super) fn probabilities(&self, visit: usize) -> Vec<(u32, i64)> {
        let pairs = self.visits[visit].pairs.iter();
        let found = pairs.map(|pair| (pair.person, self.network.arcs[pair.arc].flow));
        found.filter(|&(_, flow)| flow > 0).collect()
    }
}

fn scaled(count: usize) -> i64 {
    as_i64(count) * SCALE
}

pub(super) fn as_i64(count: usize) -> i64 {
    i64::try_from(count).expect("a count of people or visits is small")
}

/// What an inspector with these seats has of an even lottery over the visit's lawful inspectors, scaled, rounded up.
fn even_share(of: &Candidates, bits: u32) -> i64 {
    let holders = |bit: usize| of.people.iter().filter(|who| who.1 >> bit & 1 == 1).count();
    let held = (0..of.n_experts).filter(|bit| bits >> bit & 1 == 1);
    let shares = held.map(|bit| (1, holders(bit)));
    let shares = shares.chain([(of.team, of.people.len())]);
    let shares = shares.map(|(seats, people)| {
        scaled(seats) / as_i64(people) + i64::from(scaled(seats) % as_i64(people) > 0)
    });
    shares.max().expect("a team has a size")
}
