//! Cool-down without exemption: who was visited in vain lately is drawn less, everybody else a little more.
//!
//! With targets p and a window of k rounds, an object that was last drawn j ≤ k rounds ago and showed nothing gets ε·p,
//! all others p(1-εS)/(1-S), where S = Σ_{j≤k} a(j) is the probability of having been drawn in the window: over all
//! histories the target stays p (after Tillé & Favre 2004, who take ε = 0; Nedyalkova, Qualité & Tillé 2009).

use super::{CoolDown, PastRound};

/// Steps of a factor: 256 to the whole, so that a stratum has few levels.
const STEPS: f64 = 256.0;
/// Sizes are points, times the factor in steps, times this.
const FINENESS: u32 = 4;

impl CoolDown {
    /// Rounds a cool-down lasts.
    #[must_use]
    pub fn rounds(&self) -> u32 {
        self.rounds
    }

    /// What is left of an object's probability meanwhile.
    #[must_use]
    pub fn epsilon(&self) -> f64 {
        self.epsilon_millionths.ratio().as_f64()
    }

    /// Least probability of any object of the frame.
    #[must_use]
    pub fn floor(&self) -> f64 {
        self.floor_millionths.ratio().as_f64()
    }

    /// q/p before rescaling, for an object with target `p` and the past `rounds`, newest first.
    #[must_use]
    pub fn factor(&self, p: f64, rounds: &[PastRound]) -> f64 {
        let mut drawn_at = Vec::new();
        for round in rounds.iter().rev() {
            let reach = self.reach(&drawn_at, round.p);
            let drawn_again = |(lag, at): (usize, &f64)| at * (1.0 - self.q(reach, lag, round.p));
            let older = (1..).zip(&drawn_at).map(drawn_again);
            drawn_at = std::iter::once(round.p).chain(older).collect();
            drawn_at.truncate(self.rounds as usize);
        }
        let reach = self.reach(&drawn_at, p);
        match rounds.iter().position(|round| round.drawn) {
            Some(last) if last < reach.rounds && !rounds[last].found => self.epsilon(),
            _ => reach.boost,
        }
    }

    /// 规模度量 of an object of size `size` and target `p` under cool-down: `size` · factor · 1024, the factor rounded to
    /// 1/256 and at least that; what would not fit is `u32::MAX`, which no draw takes.
    #[must_use]
    pub fn size(&self, size: u32, p: f64, rounds: &[PastRound]) -> u32 {
        size.saturating_mul(self.steps(p, rounds))
            .saturating_mul(FINENESS)
    }

    /// [`CoolDown::factor`] in steps of 1/256, at least one.
    fn steps(&self, p: f64, rounds: &[PastRound]) -> u32 {
        let steps = (self.factor(p, rounds) * STEPS).round().max(1.0);
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "at least 1; a factor is at most 1/p, and a cast saturates"
        )]
        let steps = steps as u32;
        steps
    }

    /// The longest window, up to the settings', that keeps q at most 1; `drawn_at` holds a(1), a(2), …
    fn reach(&self, drawn_at: &[f64], p: f64) -> Reach {
        let windows = (0..=drawn_at.len()).rev();
        let reach = |rounds: usize| {
            let s: f64 = drawn_at[..rounds].iter().sum();
            let (kept, left) = (1.0 - self.epsilon() * s, 1.0 - s);
            (left > 0.0 && p * kept <= left).then(|| Reach {
                rounds,
                boost: kept / left,
            })
        };
        windows.map(reach).find_map(|found| found).unwrap_or(Reach {
            rounds: 0,
            boost: 1.0,
        })
    }

    /// q of an object last drawn `lag` rounds ago without a finding.
    fn q(&self, reach: Reach, lag: usize, p: f64) -> f64 {
        if lag <= reach.rounds {
            self.epsilon() * p
        } else {
            reach.boost * p
        }
    }
}

/// A window and the factor of those outside it.
#[derive(Clone, Copy, Debug)]
struct Reach {
    rounds: usize,
    boost: f64,
}
