//! What past visits say of other probabilities: off-policy estimates with their support gates.
//!
//! Horvitz and Thompson with weights ω = π′/π (IPS), the same normalised over visits (SNIPS), doubly robust with a model
//! fixed before the draw (DR), the model alone (DM, never alone a claim). A hit rate is normalised over visits only: the
//! SNIPW of Open Bandit Pipeline, which normalises over visited and not visited objects, is another number. Behaviour is
//! held fixed: what deterrence does is not in these numbers.

use serde::{Deserialize, Serialize};

use super::design::{Respondent, VarianceForm, variance_of_total};
use super::estimates::{Figure, Method};
use super::interval::{Interval, Z, clopper_pearson, logit_t};
use super::number::real_len;

/// Fewest effective findings for a claim.
pub const HITS_MIN: f64 = 30.0;
/// Least share of effective visits for a claim.
pub const EFFECTIVE_MIN: f64 = 0.2;
/// Largest weight for a claim.
pub const WEIGHT_MAX: f64 = 20.0;

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

/// A visit of the past in its draw.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PastVisit {
    /// The visit.
    pub past: Past,
    /// Its variance stratum, which holds two visits or more.
    pub stratum: usize,
    /// False for 无效对象: visited without a finding, outside the hit rate.
    pub valid: bool,
}

/// Sums over visits; those of several classes add up. Variances are those of independent draws, which for draws of fixed
/// size err on the safe side.
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gate {
    /// A claim with its interval.
    Green,
    /// Shown, no claim: few effective findings, uneven or large weights.
    Amber,
    /// Refused: the new policy goes where nobody was visited.
    Refused,
}

/// Estimates of a policy from sums.
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

/// Objects of the frame that neither the old nor the new policy tells apart.
#[derive(Clone, Debug, PartialEq)]
pub struct FrameCell {
    /// Class they lie in, for the list of classes the past does not reach.
    pub label: String,
    /// Objects.
    pub n: f64,
    /// Probability under the old policy, 0 where nobody could be drawn or nobody was visited.
    pub pi: f64,
    /// Probability under the new policy.
    pub pi_new: f64,
    /// Mean of the model's probability of a finding, 0 where there is no model.
    pub model: f64,
}

/// Another policy, held against past visits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PolicyValue {
    /// Its name in the job.
    pub name: String,
    /// The support gate.
    pub gate: Gate,
    /// Classes the policy goes to and the past did not: why it is refused.
    pub unreached: Vec<String>,
    /// Visits Σπ′ over the frame.
    pub visits: f64,
    /// Past visits with a valid result.
    pub n: u64,
    /// Effective visits (Σω)²/Σω².
    pub n_eff: f64,
    /// Effective findings (Σωy)²/Σω²y.
    pub n_eff_hits: f64,
    /// Largest ω.
    pub weight_max: f64,
    /// 问题发现率 under the policy (SNIPS); green only. The headline.
    pub rate: Figure,
    /// Findings under the policy (IPS); green only.
    pub ips: Figure,
    /// Findings, doubly robust; green with interval, amber without; absent without a model.
    pub doubly_robust: Figure,
    /// Findings by the model alone, beside the others and never a claim; absent without a model.
    pub model: Option<f64>,
    /// Findings with weights cut, where asked for; green only.
    pub truncated: Option<Truncated>,
}

/// IPS with weights cut at a limit.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Truncated {
    /// The limit.
    pub limit: f64,
    /// Findings, with the sampling error of the cut weights alone.
    pub ips: Figure,
    /// Most findings that cutting can have taken away: Σ (π′ - limit·π)₊ over the frame.
    pub bias_max: f64,
}

impl Sums {
    fn of(visits: &[PastVisit]) -> Self {
        let mut sums = Self::default();
        for one in visits {
            sums.add(&one.past);
        }
        sums
    }

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
            n_effective: self.n_effective(),
            gate: self.gate(reaches_unseen),
        }
    }

    fn n_effective(&self) -> f64 {
        quotient(self.w * self.w, self.w2)
    }

    fn n_effective_hits(&self) -> f64 {
        quotient(self.hits * self.hits, self.hits2)
    }

    fn gate(&self, reaches_unseen: bool) -> Gate {
        if reaches_unseen || self.n < 1.0 {
            return Gate::Refused;
        }
        let few = self.n_effective_hits() < HITS_MIN;
        let uneven = self.n_effective() < EFFECTIVE_MIN * self.n;
        if few || uneven || self.w_max > WEIGHT_MAX {
            Gate::Amber
        } else {
            Gate::Green
        }
    }
}

/// The value of a policy from past visits, each with its variance stratum; `form` is the variance of the design they were
/// drawn by, `limit` a limit of weights beside which the uncut estimate still stands.
#[must_use]
pub fn value_of(
    name: &str,
    visits: &[PastVisit],
    frame: &[FrameCell],
    form: VarianceForm,
    limit: Option<f64>,
) -> PolicyValue {
    let valid: Vec<PastVisit> = visits.iter().copied().filter(|one| one.valid).collect();
    let sums = Sums::of(&valid);
    let unreached = unreached(frame);
    let gate = sums.gate(!unreached.is_empty());
    let model = has_model(visits, frame).then(|| total(frame, |cell| cell.model));
    let known = model.filter(|_| gate != Gate::Refused);
    PolicyValue {
        name: name.to_owned(),
        gate,
        unreached,
        visits: total(frame, |_| 1.0),
        n: super::number::count(valid.len()),
        n_eff: sums.n_effective(),
        n_eff_hits: sums.n_effective_hits(),
        weight_max: sums.w_max,
        rate: claimed(gate, || rate(&sums, &valid, form)),
        ips: claimed(gate, || ips(visits, form, f64::INFINITY)),
        doubly_robust: known.map_or(Figure::NONE, |model| {
            doubly_robust(model + Sums::of(visits).residual, gate, visits, form)
        }),
        model: known,
        truncated: limit
            .filter(|_| gate == Gate::Green)
            .map(|limit| truncated(visits, frame, form, limit)),
    }
}

fn claimed(gate: Gate, figure: impl Fn() -> Figure) -> Figure {
    if gate == Gate::Green {
        figure()
    } else {
        Figure::NONE
    }
}

fn has_model(visits: &[PastVisit], frame: &[FrameCell]) -> bool {
    visits.iter().any(|one| one.past.model > 0.0) || frame.iter().any(|cell| cell.model > 0.0)
}

/// Σ π′ of something over the frame.
fn total(frame: &[FrameCell], of: impl Fn(&FrameCell) -> f64) -> f64 {
    frame
        .iter()
        .map(|cell| cell.n * cell.pi_new * of(cell))
        .sum()
}

fn unreached(frame: &[FrameCell]) -> Vec<String> {
    let out = |cell: &&FrameCell| cell.n > 0.0 && cell.pi_new > 0.0 && cell.pi <= 0.0;
    let mut labels: Vec<String> = Vec::new();
    for cell in frame.iter().filter(out) {
        if !labels.contains(&cell.label) {
            labels.push(cell.label.clone());
        }
    }
    labels
}

/// Variance of Σ ω z, z a value of each visit; that of independent draws where strata by themselves show no spread.
fn variance(visits: &[PastVisit], form: VarianceForm, limit: f64, z: impl Fn(&Past) -> f64) -> f64 {
    let units: Vec<Respondent> = visits
        .iter()
        .map(|PastVisit { past, stratum, .. }| Respondent {
            y: past.pi_new.min(limit * past.pi) * z(past),
            in_domain: 1.0,
            pi: past.pi,
            stratum: *stratum,
        })
        .collect();
    let variance = variance_of_total(&units, form);
    if variance > 0.0 {
        return variance;
    }
    variance_of_total(&units, VarianceForm::Poisson)
}

fn y(past: &Past) -> f64 {
    f64::from(u8::from(past.hit))
}

fn rate(sums: &Sums, visits: &[PastVisit], form: VarianceForm) -> Figure {
    let rate = quotient(sums.hits, sums.w);
    if rate <= 0.0 || rate >= 1.0 {
        let n_eff = sums.n_effective();
        let interval = clopper_pearson(rate * n_eff, n_eff);
        return Figure::new(Some(rate), Some(interval), Method::ClopperPearson);
    }
    let variance = variance(visits, form, f64::INFINITY, |past| y(past) - rate);
    let mut strata: Vec<usize> = visits.iter().map(|one| one.stratum).collect();
    strata.sort_unstable();
    strata.dedup();
    let df = (real_len(visits.len()) - real_len(strata.len())).max(1.0);
    let interval = logit_t(rate, variance / (sums.w * sums.w), df);
    Figure::new(Some(rate), Some(interval), Method::LogitT)
}

fn ips(visits: &[PastVisit], form: VarianceForm, limit: f64) -> Figure {
    let cut = |past: &Past| (past.pi_new / past.pi).min(limit);
    let hits: f64 = visits.iter().map(|one| cut(&one.past) * y(&one.past)).sum();
    normal(hits, variance(visits, form, limit, y))
}

fn doubly_robust(hits: f64, gate: Gate, visits: &[PastVisit], form: VarianceForm) -> Figure {
    if gate == Gate::Green {
        let residual = |past: &Past| y(past) - past.model;
        normal(hits, variance(visits, form, f64::INFINITY, residual))
    } else {
        Figure::new(Some(hits), None, Method::None)
    }
}

fn truncated(
    visits: &[PastVisit],
    frame: &[FrameCell],
    form: VarianceForm,
    limit: f64,
) -> Truncated {
    let lost = |cell: &FrameCell| cell.n * (cell.pi_new - limit * cell.pi).max(0.0);
    Truncated {
        limit,
        ips: ips(visits, form, limit),
        bias_max: frame.iter().map(lost).sum(),
    }
}

/// A number of findings with its normal interval, not below zero.
fn normal(hits: f64, variance: f64) -> Figure {
    let half = Z * variance.max(0.0).sqrt();
    let interval = Interval {
        low: (hits - half).max(0.0),
        high: hits + half,
    };
    Figure::new(Some(hits), Some(interval), Method::Normal)
}

fn quotient(a: f64, b: f64) -> f64 {
    if b > 0.0 { a / b } else { 0.0 }
}
