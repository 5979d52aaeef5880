//! What one visit, one more visit of every peer, and one published finding do in a world: some firms are followed twice with
//! the same numbers, with and without it, while the market around them stays as it is.

use super::engine::{Cells, Engine};
use super::firm::{Firm, Heard, Seen, shift};
use super::number::{floor_index, mean, real_len};
use super::record::Period;

/// Firms that are followed.
const FIRMS: usize = 4_000;
/// Years over which one's own visit is felt.
const OWN_YEARS: u32 = 5;
/// Change of violations below which publicity counts as not felt.
const FELT: f64 = 0.01;
/// Kilometres that count as near.
const NEAR_KM: f64 = 5.0;

/// What is done to a firm in the first period.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Done {
    Nothing,
    Visited,
    NotVisited,
    /// Every peer is visited.
    Peers,
    /// One more finding is published so many cells away.
    Published(usize),
}

/// Firms followed under one treatment.
struct Shadow {
    done: Done,
    firms: Vec<Firm>,
    /// Sum of probabilities to break the rules: over the first year, over all periods.
    year: f64,
    all: f64,
}

/// The followed firms of a run.
pub(super) struct Probe {
    from: u32,
    year: u32,
    last: u32,
    shadows: Vec<Shadow>,
    /// Mean rise of the visits of a peer under [`Done::Peers`].
    rise: Option<f64>,
}

/// What was seen, as relative changes; none where the world has no such mechanism.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Effects {
    /// One visit, over five years or what was simulated of them.
    pub(super) own: Option<f64>,
    /// One more visit of every peer, over a year.
    pub(super) peers: Option<f64>,
    /// One published finding by cells of distance, over a year.
    pub(super) published: Vec<f64>,
}

impl Effects {
    /// Mean effect within 5 km.
    pub(super) fn near(&self, cell_km: f64) -> Option<f64> {
        let cells = floor_index(NEAR_KM / cell_km) + 1;
        mean(self.published.iter().take(cells).copied())
    }

    /// Kilometres up to which violations fall by 1 % or more.
    pub(super) fn reach(&self, cell_km: f64) -> Option<f64> {
        let farthest = self.published.iter().rposition(|&effect| effect <= -FELT);
        farthest.map(|cells| real_len(cells) * cell_km)
    }
}

impl Probe {
    /// A probe that begins in period `from`, of a world whose year has `year` periods and which ends after `periods`.
    pub(super) fn new(from: u32, year: u32, periods: u32) -> Self {
        Self {
            from,
            year,
            last: (from + OWN_YEARS * year).min(periods - 1),
            shadows: Vec::new(),
            rise: None,
        }
    }

    /// Follows the firms through period `t`, after its draw and before anybody learns from it.
    pub(super) fn watch(&mut self, engine: &Engine, t: u32, period: &Period, cells: &Cells) {
        if t < self.from || t > self.last {
            return;
        }
        if t == self.from {
            self.begin(engine, cells);
        }
        let is_first = t == self.from;
        let is_year = t <= self.from + self.year;
        let n = FIRMS.min(engine.firms.len());
        for i in 0..n {
            let heard = engine.heard(i, cells);
            for shadow in &mut self.shadows {
                if !is_first {
                    let chance = engine.chance(i, &shadow.firms[i]);
                    shadow.all += chance;
                    shadow.year += if is_year { chance } else { 0.0 };
                }
                let done = Some(shadow.done).filter(|_| is_first);
                follow(engine, i, (&mut shadow.firms[i], done), period, heard);
            }
        }
    }

    fn begin(&mut self, engine: &Engine, cells: &Cells) {
        let n = FIRMS.min(engine.firms.len());
        let fixed = [Done::Nothing, Done::Visited, Done::NotVisited, Done::Peers];
        let published = (0..engine.kernel.len()).map(Done::Published);
        let shadow = |done| Shadow {
            done,
            firms: engine.firms[..n].to_vec(),
            year: 0.0,
            all: 0.0,
        };
        self.shadows = fixed.into_iter().chain(published).map(shadow).collect();
        let rise = (0..n).filter_map(|i| {
            let heard = engine.heard(i, cells);
            (heard.peers > 0.0).then(|| 1.0 - heard.visited / heard.peers)
        });
        self.rise = mean(rise);
    }

    /// What was seen; `is_learning` tells whether firms hear of others at all.
    pub(super) fn effects(&self, is_learning: bool) -> Effects {
        let find = |done| self.shadows.iter().find(|shadow| shadow.done == done);
        let relative = |with: f64, without: f64| (without > 0.0).then(|| with / without - 1.0);
        let own = find(Done::Visited).zip(find(Done::NotVisited));
        let own = own.and_then(|(with, without)| relative(with.all, without.all));
        let Some(nothing) = find(Done::Nothing).filter(|_| is_learning) else {
            return Effects {
                own,
                ..Effects::default()
            };
        };
        let year = |shadow: &Shadow| relative(shadow.year, nothing.year);
        let peers = find(Done::Peers).and_then(year);
        let published = self.shadows.iter();
        let published = published.filter(|shadow| matches!(shadow.done, Done::Published(_)));
        Effects {
            own,
            peers: peers.zip(self.rise).map(|(effect, rise)| effect / rise),
            published: published.filter_map(year).collect(),
        }
    }
}

/// One followed firm through one period, with the numbers of the real one; its class decides its probability.
fn follow(
    engine: &Engine,
    i: usize,
    (firm, done): (&mut Firm, Option<Done>),
    period: &Period,
    mut heard: Heard,
) {
    let lots = engine.lots(i);
    let violates = lots.violates(engine.chance(i, firm));
    let is_visited = match done {
        Some(Done::Visited) => true,
        Some(Done::NotVisited) => false,
        _ => lots.is_drawn(period.tiers[usize::from(firm.tier)].pi),
    };
    match done {
        Some(Done::Peers) => heard.visited = heard.peers,
        Some(Done::Published(cells)) => heard.published += engine.kernel[cells],
        _ => {}
    }
    let is_found = violates && lots.is_detected(engine.world.params.detection);
    let seen = match (is_visited, is_found) {
        (false, _) => Seen::Not,
        (true, false) => Seen::Clean,
        (true, true) => Seen::Found,
    };
    engine.memory.update(firm, is_visited, heard);
    shift(firm, seen, lots, &engine.policy.moves);
}
