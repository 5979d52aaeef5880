//! A fractional flow to a whole one by chance, every arc keeping its expectation and its neighbouring whole numbers.
//!
//! Dependent rounding along cycles: R. Gandhi, S. Khuller, S. Parthasarathy and A. Srinivasan, J. ACM 53 (2006) 324–360; on the
//! network of two nested families of sets it is the lottery of E. Budish, Y.-K. Che, F. Kojima and P. Milgrom, American Economic
//! Review 103 (2013) 585–623. Flow is kept at every node, so a node with one fractional arc has another, and a walk along
//! fractional arcs closes a cycle. Pushing it one way or the other until an arc becomes whole, with chances inverse to the
//! distances, leaves every expectation as it was; every set that is an arc ends at its floor or its ceiling.

use super::network::{Half, Network};

/// Rounds every arc to a multiple of `scale`. `ticket(n)` gives the n-th number of a sequence uniform over all u64.
/// What leaves the source must be whole already.
pub(super) fn round(network: &mut Network, scale: i64, ticket: impl Fn(u64) -> u64) {
    let mut walk = Walk::new(network, scale);
    let mut n_cycles = 0;
    for start in 0..walk.open.len() {
        walk.nodes.push(start);
        walk.place[start] = Some(0);
        while let Some(cycle) = walk.next_cycle() {
            walk.turn(&cycle, ticket(n_cycles));
            n_cycles += 1;
        }
    }
}

/// A walk along fractional arcs that never crosses itself.
struct Walk<'a> {
    network: &'a mut Network,
    scale: i64,
    /// Arcs at each node that may still be fractional.
    open: Vec<Vec<Half>>,
    /// Nodes of the walk, and the arcs between them.
    nodes: Vec<usize>,
    steps: Vec<Half>,
    /// Where in the walk a node stands.
    place: Vec<Option<usize>>,
}

impl<'a> Walk<'a> {
    fn new(network: &'a mut Network, scale: i64) -> Self {
        let fractional = |half: &Half| network.arcs[half.arc()].flow % scale != 0;
        let halves = network.halves.iter();
        let open = halves.map(|halves| halves.iter().copied().filter(fractional).collect());
        Self {
            open: open.collect(),
            place: vec![None; network.halves.len()],
            nodes: Vec::new(),
            steps: Vec::new(),
            network,
            scale,
        }
    }

    /// Walks on until a node comes back; the arcs since then leave the walk. None where the walk has nowhere to go.
    fn next_cycle(&mut self) -> Option<Vec<Half>> {
        loop {
            let node = *self.nodes.last().expect("a walk has a start");
            let Some(step) = self.way_on(node) else {
                debug_assert!(self.steps.is_empty(), "flow is kept at every node");
                self.nodes
                    .drain(..)
                    .for_each(|node| self.place[node] = None);
                return None;
            };
            self.steps.push(step);
            let next = self.network.end(step);
            let Some(first) = self.place[next] else {
                self.place[next] = Some(self.nodes.len());
                self.nodes.push(next);
                continue;
            };
            self.nodes
                .drain(first + 1..)
                .for_each(|node| self.place[node] = None);
            return Some(self.steps.drain(first..).collect());
        }
    }

    /// A fractional arc at `node` other than the one the walk came by.
    fn way_on(&mut self, node: usize) -> Option<Half> {
        let came = self.steps.last().map(|half| half.back());
        let (arcs, scale) = (&self.network.arcs, self.scale);
        let open = &mut self.open[node];
        let mut at = open.len();
        while at > 0 {
            at -= 1;
            let half = open[at];
            if arcs[half.arc()].flow % scale == 0 {
                open.swap_remove(at);
            } else if Some(half) != came {
                return Some(half);
            }
        }
        None
    }

    /// Pushes a cycle one way or the other.
    fn turn(&mut self, cycle: &[Half], ticket: u64) {
        let above = |half: &Half| self.network.arcs[half.arc()].flow % self.scale;
        let up = |half: &Half| self.scale - above(half);
        let onward = |half: &Half| {
            if half.is_forward() {
                up(half)
            } else {
                above(half)
            }
        };
        let backward = |half: &Half| {
            if half.is_forward() {
                above(half)
            } else {
                up(half)
            }
        };
        let most = "a cycle has arcs";
        let onward = cycle.iter().map(onward).min().expect(most);
        let backward = cycle.iter().map(backward).min().expect(most);
        let amount = if is_below(ticket, backward, onward + backward) {
            onward
        } else {
            -backward
        };
        for &half in cycle {
            self.network.push(half, amount);
        }
    }
}

/// True for a share `part / whole` of all tickets, within 2^-64.
fn is_below(ticket: u64, part: i64, whole: i64) -> bool {
    let wide = |number: i64| u128::from(number.unsigned_abs());
    u128::from(ticket) * wide(whole) < wide(part) << 64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_all_tickets_is_below() {
        assert!(is_below(0, 1, 4) && is_below(u64::MAX / 4, 1, 4));
        assert!(!is_below(u64::MAX / 4 + 1, 1, 4) && !is_below(u64::MAX, 3, 4));
        assert!(is_below(u64::MAX, 4, 4));
    }

    #[test]
    fn a_whole_flow_stays_as_it_is() {
        let mut network = Network::new();
        let node = network.node();
        network.arc(Network::SOURCE, node, 8);
        network.arc(node, Network::SINK, 8);
        network.fill();
        round(&mut network, 4, |_| {
            unreachable!("nothing is left to chance")
        });
        let flows = network.arcs.iter().map(|arc| arc.flow);
        assert_eq!(flows.collect::<Vec<_>>(), [8, 8]);
    }
}
