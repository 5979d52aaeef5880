//! One run: a policy, a mode, a replicate, period by period.

use rand::SeedableRng;
use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::Rng;

use super::PolicyWorld;
use super::checked::ValidPolicy;
use super::firm::{Firm, Heard, Lots, Memory, Seen, breaks, pick, shift};
use super::foresight::{Foresight, Place};
use super::number::{floor_index, real, real_len, unit};
use super::params::Design;
use super::probability::{Pareto, probabilities};
use super::probe::Probe;
use super::record::{Period, TierPeriod, readings};
use crate::report::PolicyMode;
use crate::units::HashName;

/// A run from its firms to its records.
pub(super) struct Engine<'a> {
    pub(super) world: &'a PolicyWorld,
    pub(super) policy: &'a ValidPolicy,
    pub(super) mode: PolicyMode,
    pub(super) memory: Memory,
    pub(super) firms: Vec<Firm>,
    foresight: Option<(Foresight, Vec<Place>)>,
    lots: Vec<Lots>,
    seen: Vec<Seen>,
    /// Weight of a published finding by the distance in cells.
    pub(super) kernel: Vec<f64>,
}

/// What the cells of a period hold.
pub(super) struct Cells {
    visited: Vec<u32>,
    felt: Vec<f64>,
}

/// The random stream of a purpose, replicate and period.
fn stream(world: &PolicyWorld, purpose: &str, replicate: u32, period: u32) -> ChaCha12Rng {
    let text = format!("{}\n{purpose}\n{replicate}\n{period}", world.params.seed);
    let seed = HashName::Sha256.tagged("choucha/policy/stream/v1", text.as_bytes());
    ChaCha12Rng::from_seed(seed.0)
}

impl<'a> Engine<'a> {
    /// The firms of a replicate: the same for every policy and mode.
    pub(super) fn new(
        world: &'a PolicyWorld,
        policy: &'a ValidPolicy,
        mode: PolicyMode,
        replicate: u32,
    ) -> Self {
        let params = &world.params;
        let learning = params.learning.as_ref();
        let memory = Memory {
            decay: learning.map_or(0.0, |learning| learning.decay),
            peer_weight: learning.map_or(0.0, |learning| learning.peer_weight),
        };
        let start = learning.and_then(|learning| learning.start);
        let belief = start.unwrap_or(params.budget);
        let shares: Vec<f64> = params.tier.iter().map(|tier| tier.start).collect();
        let mut rng = stream(world, "firms", replicate, 0);
        let firm = |i: u64| {
            let size = memory.size(peers(world, i));
            let (a, b) = (belief * size, (1.0 - belief) * size);
            #[allow(clippy::cast_possible_truncation, reason = "the lower half of 64 bits")]
            let tier = pick(&shares, unit(rng.next_u64() as u32));
            let cost = params.firms.cost.sample(&mut rng);
            let unseen = 0;
            Firm {
                cost,
                a,
                b,
                tier,
                unseen,
            }
        };
        let firms: Vec<Firm> = (0..params.firms.count).map(firm).collect();
        let foresight = params.foresight.as_ref();
        let foresight = foresight.filter(|_| mode == PolicyMode::Forward);
        let foresight = foresight.map(|written| {
            let costs: Vec<f64> = firms.iter().map(|firm| firm.cost).collect();
            let fines = params.tier.iter().map(|tier| tier.fine).collect();
            let numbers = (written.discount, params.detection);
            let moves = policy.moves.clone();
            let own = Foresight::new(numbers, fines, moves, &costs, written.grid);
            let places = costs.iter().map(|&cost| own.place(cost)).collect();
            (own, places)
        });
        Self {
            kernel: kernel(world),
            world,
            policy,
            mode,
            memory,
            firms,
            foresight,
            lots: Vec::new(),
            seen: Vec::new(),
        }
    }

    /// All periods of a run; the probe, if there is one, watches from the first period of the long run on.
    ///
    /// # Errors
    /// The best deviation, when the λ of a Pareto draw do not settle.
    pub(super) fn run(
        mut self,
        replicate: u32,
        mut probe: Option<&mut Probe>,
    ) -> Result<Vec<Period>, crate::plan::Unsettled> {
        let mut periods = Vec::with_capacity(self.world.params.periods as usize);
        for t in 0..self.world.params.periods {
            let mut rng = stream(self.world, "period", replicate, t);
            let period = self.period(&mut rng, t, probe.as_deref_mut())?;
            periods.push(period);
        }
        Ok(periods)
    }

    fn period(
        &mut self,
        rng: &mut ChaCha12Rng,
        t: u32,
        probe: Option<&mut Probe>,
    ) -> Result<Period, crate::plan::Unsettled> {
        let n_tiers = self.world.params.tier.len();
        let mut counts = vec![0_u64; n_tiers];
        for firm in &self.firms {
            counts[usize::from(firm.tier)] += 1;
        }
        let budget = self.world.params.budget * real_len(self.firms.len());
        let mut level = probabilities(self.policy, &counts, budget);
        let pareto = match self.world.params.design {
            Design::Poisson => None,
            Design::Pareto => Some(Pareto::calibrate(&level.pi, &counts)?),
        };
        if let Some(pareto) = &pareto {
            level.pi.clone_from(&pareto.pi);
        }
        if let Some((foresight, _)) = &mut self.foresight {
            foresight.solve(&level.pi);
        }
        let blank = |(&n, &pi): (&u64, &f64)| TierPeriod::blank(n, pi);
        let tiers = counts.iter().zip(&level.pi).map(blank).collect();
        let mut period = Period::new(tiers, level.unused);
        self.decide(rng, pareto.as_ref(), &mut period);
        let cells = self.cells();
        readings(
            &mut period,
            &self.firms,
            &self.seen,
            self.world.params.detection,
        );
        if let Some(probe) = probe {
            probe.watch(self, t, &period, &cells);
        }
        self.learn(&cells);
        Ok(period)
    }

    /// Who breaks the rules, who is drawn, what is found.
    fn decide(&mut self, rng: &mut ChaCha12Rng, pareto: Option<&Pareto>, period: &mut Period) {
        self.lots.clear();
        self.lots
            .extend((0..self.firms.len()).map(|_| Lots::next(rng)));
        let drawn = pareto.map(|pareto| {
            let tickets = self.firms.iter().zip(&self.lots);
            let tickets: Vec<(u8, f64)> = tickets
                .map(|(firm, lots)| (firm.tier, lots.ticket()))
                .collect();
            pareto.drawn(&tickets)
        });
        let detection = self.world.params.detection;
        self.seen.clear();
        for (i, firm) in self.firms.iter().enumerate() {
            let (lots, tier) = (self.lots[i], usize::from(firm.tier));
            let own = &mut period.tiers[tier];
            let violates = lots.violates(self.chance(i, firm));
            own.violations += u64::from(violates);
            let is_drawn = match &drawn {
                Some(drawn) => drawn[i],
                None => lots.is_drawn(own.pi),
            };
            let seen = match (is_drawn, violates && lots.is_detected(detection)) {
                (false, _) => Seen::Not,
                (true, false) => Seen::Clean,
                (true, true) => Seen::Found,
            };
            own.visits += u64::from(is_drawn);
            own.found += u64::from(seen == Seen::Found);
            period.fines +=
                f64::from(u8::from(seen == Seen::Found)) * self.world.params.tier[tier].fine;
            let belief = firm.belief();
            period.belief += belief;
            period.belief_square += belief * belief;
            self.seen.push(seen);
        }
        let n = real_len(self.firms.len());
        period.belief /= n;
        period.belief_square /= n;
        period.fines /= n;
    }

    /// Probability that a firm breaks the rules in the state it is in; `i` is its place, for its cost.
    pub(super) fn chance(&self, i: usize, firm: &Firm) -> f64 {
        let params = &self.world.params;
        let tier = usize::from(firm.tier);
        let advantage = match (self.mode, &self.foresight, &params.given) {
            (PolicyMode::Given, _, Some(given)) => return given.violation[tier],
            (PolicyMode::Forward, Some((foresight, places)), _) => {
                foresight.advantage(places[i], firm.tier, firm.unseen)
            }
            _ => firm.belief() * params.detection * params.tier[tier].fine - firm.cost,
        };
        breaks(advantage, params.noise)
    }

    /// What happened in the cells, and what is heard of it there.
    fn cells(&self) -> Cells {
        let n = floor_index(real(self.world.params.firms.cells));
        let (mut visited, mut published) = (vec![0_u32; n], vec![0_u32; n]);
        let share = self
            .world
            .params
            .publicity
            .as_ref()
            .map_or(0.0, |publicity| publicity.share);
        for (i, (seen, lots)) in self.seen.iter().zip(&self.lots).enumerate() {
            visited[i % n] += u32::from(*seen != Seen::Not);
            let is_published = *seen == Seen::Found && lots.is_published(share);
            published[i % n] += u32::from(is_published);
        }
        let felt = felt(&published, &self.kernel);
        Cells { visited, felt }
    }

    /// What firm `i` hears, if its own draw became `seen`.
    pub(super) fn heard(&self, i: usize, cells: &Cells) -> Heard {
        let cell = i % cells.visited.len();
        let own = f64::from(u8::from(self.seen[i] != Seen::Not));
        let published = self.is_published(i);
        let own_published =
            f64::from(u8::from(published)) * self.kernel.first().copied().unwrap_or(0.0);
        let index = u64::try_from(i).expect("a place fits 64 bits");
        Heard {
            visited: f64::from(cells.visited[cell]) - own,
            peers: peers(self.world, index),
            published: (cells.felt[cell] - own_published).max(0.0),
        }
    }

    fn is_published(&self, i: usize) -> bool {
        let share = self
            .world
            .params
            .publicity
            .as_ref()
            .map_or(0.0, |publicity| publicity.share);
        self.seen[i] == Seen::Found && self.lots[i].is_published(share)
    }

    /// The numbers of firm `i` in this period.
    pub(super) fn lots(&self, i: usize) -> Lots {
        self.lots[i]
    }

    fn learn(&mut self, cells: &Cells) {
        let is_learning = self.mode == PolicyMode::Myopic;
        for i in 0..self.firms.len() {
            let (seen, lots) = (self.seen[i], self.lots[i]);
            let heard = is_learning.then(|| self.heard(i, cells));
            let firm = &mut self.firms[i];
            if let Some(heard) = heard {
                self.memory.update(firm, seen != Seen::Not, heard);
            }
            shift(firm, seen, lots, &self.policy.moves);
        }
    }
}

/// Firms in the cell of firm `i`, itself not counted: firms are dealt to the cells in turn.
fn peers(world: &PolicyWorld, i: u64) -> f64 {
    let firms = &world.params.firms;
    let larger = u64::from(i % firms.cells < firms.count % firms.cells);
    real(firms.count / firms.cells + larger) - 1.0
}

/// Weight of a published finding by the distance in cells, one's own first.
fn kernel(world: &PolicyWorld) -> Vec<f64> {
    let Some(publicity) = &world.params.publicity else {
        return Vec::new();
    };
    let farthest = (publicity.reach_km / publicity.cell_km).min(real(world.params.firms.cells / 2));
    let weight = |d: usize| {
        let km = real_len(d) * publicity.cell_km;
        publicity.weight * (-km / publicity.half_km).exp2()
    };
    (0..=floor_index(farthest)).map(weight).collect()
}

/// Published findings around each cell of the ring, weighted by their distance.
fn felt(published: &[u32], kernel: &[f64]) -> Vec<f64> {
    let n = published.len();
    let mut felt = vec![0.0; n];
    for (cell, &hits) in published.iter().enumerate().filter(|(_, hits)| **hits > 0) {
        for (d, weight) in kernel.iter().enumerate() {
            let both = [(cell + d) % n, (cell + n - d % n) % n];
            let both = if both[0] == both[1] {
                &both[..1]
            } else {
                &both[..]
            };
            for &near in both {
                felt[near] += f64::from(hits) * weight;
            }
        }
    }
    felt
}

#[cfg(test)]
mod tests {
    use super::felt;

    #[test]
    fn a_published_finding_is_heard_less_far_away_and_once_where_both_ways_meet() {
        let around = felt(&[0, 0, 2, 0], &[1.0, 0.5, 0.25]);
        assert_eq!(around, [0.5, 1.0, 2.0, 1.0]);
    }
}
