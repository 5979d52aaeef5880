//! One firm: what it believes, what it decides, where it goes. Plain arithmetic on plain values, shared by the simulation and
//! its probes.

use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::Rng;

use super::checked::Moves;
use super::number::unit;

/// A firm between two periods.
#[derive(Clone, Copy, Debug)]
pub(super) struct Firm {
    /// Cost of keeping the rules for one period.
    pub(super) cost: f64,
    /// Weight of visits it knows of; its belief is a / (a + b).
    pub(super) a: f64,
    /// Weight of periods without a visit.
    pub(super) b: f64,
    /// Its class.
    pub(super) tier: u8,
    /// Periods since its last visit or move.
    pub(super) unseen: u16,
}

impl Firm {
    /// What it takes the probability of a visit to be.
    pub(super) fn belief(&self) -> f64 {
        self.a / (self.a + self.b)
    }
}

/// The numbers of a firm in a period; the same for every policy, mode and probe of a replicate.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lots {
    violate: u32,
    draw: u32,
    detect: u32,
    publish: u32,
    shift: u32,
}

impl Lots {
    /// The next firm's.
    #[allow(clippy::cast_possible_truncation, reason = "the two halves of 64 bits")]
    pub(super) fn next(rng: &mut ChaCha12Rng) -> Self {
        let (a, b, c) = (rng.next_u64(), rng.next_u64(), rng.next_u64());
        Self {
            violate: a as u32,
            draw: (a >> 32) as u32,
            detect: b as u32,
            publish: (b >> 32) as u32,
            shift: c as u32,
        }
    }

    pub(super) fn violates(self, probability: f64) -> bool {
        unit(self.violate) < probability
    }

    pub(super) fn is_drawn(self, pi: f64) -> bool {
        unit(self.draw) < pi
    }

    /// The number of a Pareto draw.
    pub(super) fn ticket(self) -> f64 {
        unit(self.draw)
    }

    pub(super) fn is_detected(self, detection: f64) -> bool {
        unit(self.detect) < detection
    }

    pub(super) fn is_published(self, share: f64) -> bool {
        unit(self.publish) < share
    }
}

/// What became of a firm's draw in a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// Not drawn.
    Not,
    /// Visited, nothing found.
    Clean,
    /// Visited, a violation found.
    Found,
}

/// What a firm hears of others in a period.
#[derive(Clone, Copy, Debug)]
pub(super) struct Heard {
    /// Peers that were visited.
    pub(super) visited: f64,
    /// Peers.
    pub(super) peers: f64,
    /// Published findings elsewhere, by the weight of their distance.
    pub(super) published: f64,
}

/// How beliefs follow what is seen and heard.
#[derive(Clone, Copy, Debug)]
pub(super) struct Memory {
    /// λ.
    pub(super) decay: f64,
    /// w.
    pub(super) peer_weight: f64,
}

impl Memory {
    /// a + b of a belief that has settled: (1 + w k) / (1 − λ).
    pub(super) fn size(self, peers: f64) -> f64 {
        (1.0 + self.peer_weight * peers) / (1.0 - self.decay)
    }

    /// The belief after a period. What is published comes on top, so a + b is brought back to its settled size.
    pub(super) fn update(self, firm: &mut Firm, is_visited: bool, heard: Heard) {
        let own = f64::from(u8::from(is_visited));
        let w = self.peer_weight;
        let a = self.decay * firm.a + own + w * heard.visited + heard.published;
        let b = self.decay * firm.b + (1.0 - own) + w * (heard.peers - heard.visited);
        let scale = self.size(heard.peers) / (a + b);
        (firm.a, firm.b) = (a * scale, b * scale);
    }
}

/// The class after a period.
pub(super) fn shift(firm: &mut Firm, seen: Seen, lots: Lots, moves: &Moves) {
    let tier = usize::from(firm.tier);
    let lot = unit(lots.shift);
    match seen {
        Seen::Found => (firm.tier, firm.unseen) = (pick(&moves.found[tier], lot), 0),
        Seen::Clean => (firm.tier, firm.unseen) = (pick(&moves.clean[tier], lot), 0),
        Seen::Not => {
            if let Some((after, to)) = &moves.unvisited {
                firm.unseen += 1;
                if firm.unseen >= *after {
                    (firm.tier, firm.unseen) = (pick(&to[tier], lot), 0);
                }
            }
        }
    }
}

/// The class whose part of 0 ..= 1 holds the lot.
pub(super) fn pick(row: &[f64], lot: f64) -> u8 {
    let mut below = 0.0;
    let holds = |share: &f64| {
        below += share;
        lot < below
    };
    let last = row.iter().rposition(|&share| share > 0.0).unwrap_or(0);
    let index = row.iter().position(holds).unwrap_or(last);
    u8::try_from(index).expect("at most 26 classes")
}

/// Probability to break the rules where keeping them is worth `advantage` (in the unit of costs) and τ is `noise`.
pub(super) fn breaks(advantage: f64, noise: f64) -> f64 {
    if noise > 0.0 {
        1.0 / (1.0 + (advantage / noise).exp())
    } else {
        f64::from(u8::from(advantage < 0.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_visit_of_ones_own_moves_a_settled_belief_as_the_closed_form_says() {
        // belief_learning: .05 -> .145 after one's own visit, .045 without one; with ten peers .0975
        let memory = |peer_weight| Memory {
            decay: 0.9,
            peer_weight,
        };
        let after = |memory: Memory, peers: f64, own: bool, visited: f64| {
            let size = memory.size(peers);
            let mut firm = Firm {
                cost: 0.0,
                a: 0.05 * size,
                b: 0.95 * size,
                tier: 0,
                unseen: 0,
            };
            let heard = Heard {
                visited,
                peers,
                published: 0.0,
            };
            memory.update(&mut firm, own, heard);
            firm.belief()
        };
        assert!((after(memory(0.0), 0.0, true, 0.0) - 0.145).abs() < 1e-12);
        assert!((after(memory(0.0), 0.0, false, 0.0) - 0.045).abs() < 1e-12);
        assert!((after(memory(0.1), 10.0, true, 0.5) - 0.0975).abs() < 1e-12);
    }

    #[test]
    fn without_noise_a_firm_breaks_the_rules_only_where_that_is_cheaper() {
        assert!(breaks(-0.1, 0.0) > 0.5 && breaks(0.0, 0.0) < 0.5);
        assert!((breaks(0.0, 10.0) - 0.5).abs() < 1e-15);
    }

    #[test]
    fn a_lot_falls_into_the_class_whose_share_holds_it() {
        assert_eq!(pick(&[0.5, 0.0, 0.5], 0.49), 0);
        assert_eq!(pick(&[0.5, 0.0, 0.5], 0.51), 2);
        assert_eq!(
            pick(&[0.3, 0.7, 0.0], 1.0),
            1,
            "rounding never leads to a share of 0"
        );
    }
}
