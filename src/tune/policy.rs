//! What past visits say of other probabilities: off-policy estimates with their support gates.
//!
//! Horvitz and Thompson with weights ω = π′/π (IPS), the same normalised over visits (SNIPS), doubly robust with a model
//! fixed before the draw (DR), the model alone (DM, never alone a claim). Variances are those of independent draws, which
//! for draws of fixed size err on the safe side. Behaviour is held fixed: what deterrence does is not in these numbers.

use serde::Serialize;

/// Fewest effective findings for a claim.
const HITS_MIN: f64 = 30.0;
/// Least share of effective visits for a claim.
const EFFECTIVE_MIN: f64 = 0.2;
/// Largest weight for a claim.
const WEIGHT_MAX: f64 = 20.0;

/// A visit of the past with what the new policy would give its object.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Past {
    /// Probability with which it was drawn and answered, 0 < π ≤ 1.
    pub pi: f64,
    /// Probability under the new policy.
    pub pi_new: f64,
    /// Whether something was found.
    pub hit: bool,
    /// The model's probability of a finding, 0 where there is no model.
    pub model: f64,
}

/// Sums over visits; those of several classes add up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Sums {
    /// Visits.
    pub n: f64,
    /// Σω.
    pub w: f64,
    /// Σω².
    pub w2: f64,
    /// Σωy: findings by IPS.
    pub hits: f64,
    /// Σω²y.
    pub hits2: f64,
    /// Σ(1-π)ω²y: variance of IPS.
    pub v_hits: f64,
    /// Σ(1-π)ω².
    pub v: f64,
    /// Σω(y-m): what DR adds to the model.
    pub residual: f64,
    /// Σ(1-π)ω²(y-m)²: variance of DR.
    pub v_residual: f64,
    /// Largest ω.
    pub w_max: f64,
}

/// How far the past supports a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Gate {
    /// A claim with its interval.
    Green,
    /// Shown, no claim: few effective findings, uneven or large weights.
    Amber,
    /// Refused: the new policy goes where nobody was visited.
    Refused,
}

/// Estimates of a policy.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Value {
    /// Findings by IPS.
    pub ips: f64,
    /// Standard error of it.
    pub ips_se: f64,
    /// Findings per visit by SNIPS.
    pub rate: f64,
    /// Standard error of it.
    pub rate_se: f64,
    /// Findings by DR.
    pub dr: f64,
    /// Standard error of it.
    pub dr_se: f64,
    /// Effective visits (Σω)²/Σω².
    pub n_effective: f64,
    /// The support gate.
    pub gate: Gate,
}

impl Sums {
    /// Adds a visit.
    pub fn add(&mut self, past: &Past) {
        let omega = past.pi_new / past.pi;
        let (y, rest) = (f64::from(u8::from(past.hit)), 1.0 - past.pi);
        let residual = y - past.model;
        self.n += 1.0;
        self.w += omega;
        self.w2 += omega * omega;
        self.hits += omega * y;
        self.hits2 += omega * omega * y;
        self.v_hits += rest * omega * omega * y;
        self.v += rest * omega * omega;
        self.residual += omega * residual;
        self.v_residual += rest * (omega * residual).powi(2);
        self.w_max = self.w_max.max(omega);
    }

    /// The sums of both.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        Self {
            n: self.n + other.n,
            w: self.w + other.w,
            w2: self.w2 + other.w2,
            hits: self.hits + other.hits,
            hits2: self.hits2 + other.hits2,
            v_hits: self.v_hits + other.v_hits,
            v: self.v + other.v,
            residual: self.residual + other.residual,
            v_residual: self.v_residual + other.v_residual,
            w_max: self.w_max.max(other.w_max),
        }
    }

    /// The estimates. `model` is Σπ′m over the frame, `reaches_unseen` whether a class the policy draws from has no visit.
    #[must_use]
    pub fn value(&self, model: f64, reaches_unseen: bool) -> Value {
        let rate = quotient(self.hits, self.w);
        let spread = self.v_hits * (1.0 - 2.0 * rate) + rate * rate * self.v;
        Value {
            ips: self.hits,
            ips_se: self.v_hits.sqrt(),
            rate,
            rate_se: quotient(spread.max(0.0).sqrt(), self.w),
            dr: model + self.residual,
            dr_se: self.v_residual.sqrt(),
            n_effective: quotient(self.w * self.w, self.w2),
            gate: self.gate(reaches_unseen),
        }
    }

    fn gate(&self, reaches_unseen: bool) -> Gate {
        let hits = quotient(self.hits * self.hits, self.hits2);
        let effective = quotient(self.w * self.w, self.w2);
        if reaches_unseen || self.n < 1.0 {
            Gate::Refused
        } else if hits < HITS_MIN || effective < EFFECTIVE_MIN * self.n || self.w_max > WEIGHT_MAX {
            Gate::Amber
        } else {
            Gate::Green
        }
    }
}

fn quotient(a: f64, b: f64) -> f64 {
    if b > 0.0 { a / b } else { 0.0 }
}
