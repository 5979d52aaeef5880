//! A flow network in whole numbers, and the greatest flow through it.
//!
//! Dinic's algorithm: E. A. Dinic, Soviet Math. Doklady 11 (1970) 1277–1280; on networks of unit capacities O(E·√V) by
//! S. Even and R. E. Tarjan, SIAM J. Comput. 4 (1975) 507–518. Capacities may rise between two calls: what flows already
//! stays, and an arc into the sink or out of the source never loses flow. So a bound that must be filled first is a
//! capacity that is raised later, and no arc needs a lower bound.

/// Flow that is one inspector at one visit: probabilities are whole numbers of 2^-20.
pub(super) const SCALE: i64 = 1 << 20;

/// An arc with what it can carry and what it carries.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arc {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) capacity: i64,
    pub(super) flow: i64,
}

/// An arc seen from one of its ends: even along it, odd against it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Half(u32);

impl Half {
    pub(super) fn arc(self) -> usize {
        (self.0 >> 1) as usize
    }

    pub(super) fn is_forward(self) -> bool {
        self.0 & 1 == 0
    }

    /// The same arc from its other end.
    pub(super) fn back(self) -> Self {
        Self(self.0 ^ 1)
    }
}

/// Nodes, and arcs in the order they were added: every search goes through them in that order.
#[derive(Clone, Debug)]
pub(super) struct Network {
    pub(super) arcs: Vec<Arc>,
    pub(super) halves: Vec<Vec<Half>>,
}

impl Network {
    pub(super) const SOURCE: usize = 0;
    pub(super) const SINK: usize = 1;

    /// Source and sink alone.
    pub(super) fn new() -> Self {
        Self {
            arcs: Vec::new(),
            halves: vec![Vec::new(); 2],
        }
    }

    pub(super) fn node(&mut self) -> usize {
        self.halves.push(Vec::new());
        self.halves.len() - 1
    }

    pub(super) fn arc(&mut self, from: usize, to: usize, capacity: i64) -> usize {
        let arc = self.arcs.len();
        let half = Half(u32::try_from(2 * arc).expect("a component has below 2^31 arcs"));
        self.halves[from].push(half);
        self.halves[to].push(half.back());
        self.arcs.push(Arc {
            from,
            to,
            capacity,
            flow: 0,
        });
        arc
    }

    /// The node a half leads to.
    pub(super) fn end(&self, half: Half) -> usize {
        let arc = &self.arcs[half.arc()];
        if half.is_forward() { arc.to } else { arc.from }
    }

    /// Sends `amount` along a half: less flow where the half runs against its arc.
    pub(super) fn push(&mut self, half: Half, amount: i64) {
        let sign = if half.is_forward() { 1 } else { -1 };
        self.arcs[half.arc()].flow += sign * amount;
    }

    fn room(&self, half: Half) -> i64 {
        let arc = &self.arcs[half.arc()];
        if half.is_forward() {
            arc.capacity - arc.flow
        } else {
            arc.flow
        }
    }

    pub(super) fn clear(&mut self) {
        self.arcs.iter_mut().for_each(|arc| arc.flow = 0);
    }

    /// Adds to the flow from source to sink until no more fits; returns what was added.
    pub(super) fn fill(&mut self) -> i64 {
        let mut added = 0;
        while let Some(layers) = self.layers() {
            added += self.block(&layers);
        }
        added
    }

    /// Distance of every node from the source in arcs that have room; none if the sink cannot be reached.
    fn layers(&self) -> Option<Vec<u32>> {
        let mut layers = vec![u32::MAX; self.halves.len()];
        let mut queue = vec![Self::SOURCE];
        layers[Self::SOURCE] = 0;
        let mut at = 0;
        while at < queue.len() && layers[Self::SINK] == u32::MAX {
            let node = queue[at];
            at += 1;
            for &half in &self.halves[node] {
                let next = self.end(half);
                if layers[next] == u32::MAX && self.room(half) > 0 {
                    layers[next] = layers[node] + 1;
                    queue.push(next);
                }
            }
        }
        (layers[Self::SINK] < u32::MAX).then_some(layers)
    }

    /// A blocking flow: afterwards every way through the layers has a full arc.
    fn block(&mut self, layers: &[u32]) -> i64 {
        let mut tried = vec![0; self.halves.len()];
        let mut way: Vec<Half> = Vec::new();
        let mut added = 0;
        loop {
            let node = way.last().map_or(Self::SOURCE, |&half| self.end(half));
            if node == Self::SINK {
                added += self.push_along(&mut way);
                continue;
            }
            let leads_on =
                |&half: &Half| layers[self.end(half)] == layers[node] + 1 && self.room(half) > 0;
            let rest = &self.halves[node][tried[node]..];
            if let Some(step) = rest.iter().position(leads_on) {
                tried[node] += step;
                way.push(self.halves[node][tried[node]]);
            } else if let Some(half) = way.pop() {
                tried[self.end(half.back())] += 1;
                tried[node] = self.halves[node].len();
            } else {
                return added;
            }
        }
    }

    /// Fills the narrowest arc of a way and goes back to before the first full one.
    fn push_along(&mut self, way: &mut Vec<Half>) -> i64 {
        let rooms = way.iter().map(|&half| self.room(half));
        let amount = rooms.min().expect("source and sink are two nodes");
        for &half in way.iter() {
            self.push(half, amount);
        }
        let full = way.iter().position(|&half| self.room(half) == 0);
        way.truncate(full.expect("the narrowest arc is full"));
        amount
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The smallest capacity of any set of nodes around the source, over all 2^n sets.
    fn narrowest_cut(network: &Network) -> i64 {
        let n_inner = network.halves.len() - 2;
        let cut = |set: u32| {
            let inside = |node: usize| match node {
                Network::SOURCE => true,
                Network::SINK => false,
                node => set >> (node - 2) & 1 == 1,
            };
            let leaving = network
                .arcs
                .iter()
                .filter(|arc| inside(arc.from) && !inside(arc.to));
            leaving.map(|arc| arc.capacity).sum()
        };
        (0..1_u32 << n_inner).map(cut).min().unwrap()
    }

    fn is_conserved(network: &Network) -> bool {
        let bounded = network
            .arcs
            .iter()
            .all(|arc| (0..=arc.capacity).contains(&arc.flow));
        let net = |node: usize| {
            let signed = network.halves[node].iter().map(|half| {
                let flow = network.arcs[half.arc()].flow;
                if half.is_forward() { flow } else { -flow }
            });
            signed.sum::<i64>()
        };
        bounded && (2..network.halves.len()).all(|node| net(node) == 0)
    }

    proptest! {
        #[test]
        fn the_flow_equals_the_narrowest_cut(
            arcs in prop::collection::vec((0_usize..8, 0_usize..8, 0_i64..12), 0..30),
            rises in prop::collection::vec((0_usize..30, 0_i64..12), 0..6),
        ) {
            let mut network = Network::new();
            (0..6).for_each(|_| _ = network.node());
            for (from, to, capacity) in arcs {
                if from != to {
                    network.arc(from, to, capacity);
                }
            }
            let mut total = network.fill();
            prop_assert_eq!(total, narrowest_cut(&network));
            let into_sink = |network: &Network| {
                let halves = network.halves[Network::SINK].iter().filter(|half| !half.is_forward());
                halves.map(|half| network.arcs[half.arc()].flow).collect::<Vec<_>>()
            };
            let before = into_sink(&network);
            for (arc, rise) in rises {
                if let Some(arc) = network.arcs.get_mut(arc) {
                    arc.capacity += rise;
                }
            }
            total += network.fill();
            prop_assert_eq!(total, narrowest_cut(&network));
            prop_assert!(is_conserved(&network));
            let after = into_sink(&network);
            prop_assert!(before.iter().zip(&after).all(|(before, after)| before <= after));
        }
    }
}
