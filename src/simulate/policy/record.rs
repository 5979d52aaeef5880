//! What is written down of a period, and what an office would estimate from it.

use super::firm::{Firm, Seen};
use super::number::{real, real_len};
use crate::evaluate::{Respondent, horvitz_thompson};

/// One period of a run.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Period {
    pub(super) tiers: Vec<TierPeriod>,
    /// Mean belief, and mean of its square.
    pub(super) belief: f64,
    pub(super) belief_square: f64,
    /// Fines per firm.
    pub(super) fines: f64,
    /// Visits of the budget that were not made.
    pub(super) unused: f64,
    /// Horvitz-Thompson over the frame, divided by the detection.
    pub(super) ht: f64,
    /// Firms that the visits stand for: Σ 1/π.
    pub(super) stands_for: f64,
}

/// One class in it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct TierPeriod {
    pub(super) n: u64,
    pub(super) pi: f64,
    pub(super) visits: u64,
    pub(super) violations: u64,
    pub(super) found: u64,
}

impl TierPeriod {
    pub(super) fn blank(n: u64, pi: f64) -> Self {
        Self {
            n,
            pi,
            visits: 0,
            violations: 0,
            found: 0,
        }
    }
}

impl Period {
    pub(super) fn new(tiers: Vec<TierPeriod>, unused: f64) -> Self {
        Self {
            tiers,
            belief: 0.0,
            belief_square: 0.0,
            fines: 0.0,
            unused,
            ht: 0.0,
            stands_for: 0.0,
        }
    }

    fn sum(&self, of: fn(&TierPeriod) -> u64) -> u64 {
        self.tiers.iter().map(of).sum()
    }

    pub(super) fn firms(&self) -> u64 {
        self.sum(|tier| tier.n)
    }

    pub(super) fn visits(&self) -> u64 {
        self.sum(|tier| tier.visits)
    }

    pub(super) fn found(&self) -> u64 {
        self.sum(|tier| tier.found)
    }

    /// Share of firms that break the rules.
    pub(super) fn violation(&self) -> f64 {
        real(self.sum(|tier| tier.violations)) / real(self.firms())
    }

    /// Share of firms that cannot be drawn.
    pub(super) fn blind(&self) -> f64 {
        let blind = self.tiers.iter().filter(|tier| tier.pi <= 0.0);
        real(blind.map(|tier| tier.n).sum()) / real(self.firms())
    }
}

/// What an office would estimate from the visits of a period: Horvitz-Thompson of `evaluate`, divided by the detection, and the
/// weights of the visits, by which a mean over them is divided (Hájek).
pub(super) fn readings(period: &mut Period, firms: &[Firm], seen: &[Seen], detection: f64) {
    let visited = firms
        .iter()
        .zip(seen)
        .filter(|(_, seen)| **seen != Seen::Not);
    let respondent = |(firm, seen): (&Firm, &Seen)| Respondent {
        y: f64::from(u8::from(*seen == Seen::Found)),
        in_domain: 1.0,
        pi: period.tiers[usize::from(firm.tier)].pi,
        stratum: 0,
    };
    let visited: Vec<Respondent> = visited.map(respondent).collect();
    period.ht = horvitz_thompson(&visited) / real_len(firms.len()) / detection;
    period.stands_for = visited.iter().map(|one| 1.0 / one.pi).sum();
}
