//! The probabilities of all pairs: the largest as small as the law allows, then the rest as even as rising water.

use super::network::SCALE;
use super::seats::{Seats, UNBOUNDED, as_i64};

/// Heights at which the water stands one after another, in 64ths of an even share; the last is no bound.
const HEIGHTS: [i64; 15] = [
    64, 68, 72, 80, 96, 112, 128, 160, 192, 256, 384, 512, 1024, 4096, UNBOUNDED,
];

impl Seats<'_> {
    /// Leaves in the network a flow that gives every served visit its team: first as much of the floors as can be had, then
    /// the smallest bound on all pairs, then bounds that rise from an even lottery and an even load as far as they must.
    pub(super) fn spread(&mut self) {
        let asked = self.asked();
        self.bound_pairs(UNBOUNDED, self.pair_max);
        let at_floors = self.pour().0;
        let highest = self.smallest_bound(at_floors, asked);
        self.network.clear();
        let floor = i64::from(self.params.load.floor) * SCALE;
        let fair = self.fair_load(asked);
        let filled = self.rise(highest, at_floors, |_| floor);
        let filled = filled
            + self.rise(highest, asked - filled, |height| {
                part(fair, height).max(floor)
            });
        debug_assert_eq!(filled, asked, "whoever is served can be served");
    }

    /// Raises the bounds step by step until `wanted` is added; returns what was added.
    fn rise(&mut self, highest: i64, wanted: i64, load: impl Fn(i64) -> i64) -> i64 {
        let mut added = 0;
        for height in HEIGHTS {
            if added == wanted {
                break;
            }
            self.bound_pairs(height, highest);
            self.bound_loads(load(height));
            added += self.network.fill();
        }
        added
    }

    fn asked(&self) -> i64 {
        let served = self.visits.iter().filter(|visit| visit.served);
        served.map(|visit| visit.team).sum()
    }

    /// An even share of all served seats among those who may take one, scaled, rounded up.
    fn fair_load(&self, asked: i64) -> i64 {
        let served = self.visits.iter().filter(|visit| visit.served);
        let people = served.flat_map(|visit| visit.pairs.iter().map(|pair| pair.person));
        let mut people: Vec<u32> = people.collect();
        people.sort_unstable();
        people.dedup();
        asked / as_i64(people.len().max(1)) + 1
    }

    /// Bounds every pair by a height over its even share, and by `most`.
    fn bound_pairs(&mut self, height: i64, most: i64) {
        for pair in self.visits.iter().flat_map(|visit| &visit.pairs) {
            self.network.arcs[pair.arc].capacity = part(pair.even, height).min(most);
        }
    }

    /// Bounds every load by `most`, and by the ceiling in any case.
    fn bound_loads(&mut self, most: i64) {
        let most = most.min(self.ceiling());
        for &arc in &self.loads {
            self.network.arcs[arc].capacity = most;
        }
    }

    /// The flow from nothing: what the floors take first, and all of it.
    fn pour(&mut self) -> (i64, i64) {
        self.network.clear();
        self.bound_loads(i64::from(self.params.load.floor) * SCALE);
        let at_floors = self.network.fill();
        self.bound_loads(UNBOUNDED);
        (at_floors, at_floors + self.network.fill())
    }

    /// The smallest bound on all pairs that leaves every served visit its team and the floors what they can have.
    fn smallest_bound(&mut self, at_floors: i64, asked: i64) -> i64 {
        let served = self.visits.iter().filter(|visit| visit.served);
        let evens = served.flat_map(|visit| visit.pairs.iter().map(|pair| pair.even));
        let mut low = evens.max().unwrap_or(0);
        let mut high = self.pair_max;
        let mut next = low;
        while low < high {
            self.bound_pairs(UNBOUNDED, next);
            if self.pour() == (at_floors, asked) {
                high = next;
            } else {
                low = next + 1;
            }
            next = i64::midpoint(low, high);
        }
        high
    }
}

/// `height` 64ths of `even`; unbounded at the top.
fn part(even: i64, height: i64) -> i64 {
    if height == UNBOUNDED {
        UNBOUNDED
    } else {
        even * height / 64
    }
}
