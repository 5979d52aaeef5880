//! 避免违规数: one number, its interval from drawing the waves again.

use super::effect::verdict;
use super::reference::{Null, Replicates, Statistic};
use super::result::{General, Headline, Outcome, Peers, Refusal, Specific, Wording};
use super::study::{ContrastPlan, Study};
use crate::evaluate::interval::Interval;
use crate::evaluate::number::{real, real_len};

/// `-τ̂·ΣD + Σ(-β̂)·dose`. The interval holds every number that the test of its effects does not reject: of all pairs (τ, β) that make
/// the number, the one nearest to the estimates in their own errors.
pub(super) fn headline(study: &Study, primary: &Specific, general: &[General]) -> Headline {
    let refused = |reason: Refusal| Headline {
        averted: None,
        low: None,
        high: None,
        end_error: None,
        specific: None,
        general: None,
        n_drawn: primary.support.n_drawn,
        verdict: reason.verdict(),
        wording: Wording::Causal,
        refusal: Some(reason),
    };
    let Some(tau) = primary.itt.value else {
        return refused(primary.itt.refusal.unwrap_or(Refusal::NoOutcome));
    };
    let Some(replicates) = &study.replicates else {
        return refused(Refusal::NoRedraw);
    };
    let plan = study.contrast(Outcome::SeenForEveryone);
    let Some(column) = plan.column else {
        return refused(Refusal::NoOutcome);
    };
    let own = Own {
        plan,
        column,
        tau,
        n_drawn: real(primary.support.n_drawn),
    };
    let is_told = |one: &General| one.peers == Peers::Cell && one.dose.value.is_some();
    let is_told = plan.knows_exposure() && general.iter().any(is_told);
    let peers = peers(study).filter(|_| is_told);
    let found = match &peers {
        Some(peers) => own.with_peers(peers, replicates),
        None => own.alone(primary),
    };
    let Some((interval, end_error)) = found else {
        return refused(Refusal::TooFewObjects);
    };
    let specific = -tau * own.n_drawn;
    let general = peers.as_ref().map(|peers| -peers.beta * peers.doses);
    Headline {
        averted: Some(specific + general.unwrap_or(0.0)),
        low: Some(interval.low),
        high: Some(interval.high),
        end_error,
        specific: Some(specific),
        general,
        n_drawn: primary.support.n_drawn,
        verdict: verdict(interval),
        wording: Wording::Causal,
        refusal: peers.is_none().then_some(Refusal::NoExposure),
    }
}

/// An interval, and the error that its ends have from the number of re-draws.
type Ends = (Interval, Option<f64>);

/// The part of those drawn.
struct Own<'a> {
    plan: &'a ContrastPlan,
    column: usize,
    tau: f64,
    n_drawn: f64,
}

/// The part of their peers in the same cell.
struct OfPeers {
    beta: f64,
    /// Σ dose.
    doses: f64,
    column: usize,
}

fn peers(study: &Study) -> Option<OfPeers> {
    let plan = study.doses.iter().find(|plan| plan.is_of_headline())?;
    let fitted = plan.fitted.as_ref()?;
    Some(OfPeers {
        beta: fitted.beta,
        doses: fitted.exposure.iter().sum(),
        column: plan.column,
    })
}

impl Own<'_> {
    /// The interval of the contrast, in violations.
    fn alone(&self, primary: &Specific) -> Option<Ends> {
        let test = primary.itt.redrawn?;
        let interval = Interval {
            low: -test.high? * self.n_drawn,
            high: -test.low? * self.n_drawn,
        };
        Some((interval, test.end_error.map(|error| error * self.n_drawn)))
    }

    /// Both coefficients that outcomes of effects (τ, β) would have in a re-draw.
    fn of_effects(&self, peers: &OfPeers, row: &[f64], (tau, beta): (f64, f64)) -> [f64; 2] {
        let (own, dose) = (self.column, peers.column);
        [
            tau * row[own + 1] + beta * row[own + 2],
            beta * row[dose + 1] + tau * row[dose + 2],
        ]
    }

    fn with_peers(&self, peers: &OfPeers, replicates: &Replicates) -> Option<Ends> {
        let scale = [-self.n_drawn, -peers.doses];
        let sum = |[tau, beta]: [f64; 2]| scale[0] * tau + scale[1] * beta;
        let estimates = (self.tau, peers.beta);
        let left = |row: &Vec<f64>| {
            let [tau, beta] = self.of_effects(peers, row, estimates);
            [row[self.column] - tau, row[peers.column] - beta]
        };
        let left: Vec<[f64; 2]> = replicates.rows.iter().map(left).collect();
        let [own, both, dose] = covariances(&left, replicates.probability.as_deref())?;
        let pull = [
            own * scale[0] + both * scale[1],
            both * scale[0] + dose * scale[1],
        ];
        let squares = sum(pull);
        let averted = sum([self.tau, peers.beta]);
        let along = (pull[0] / squares, pull[1] / squares);
        let none = (self.tau - averted * along.0, peers.beta - averted * along.1);
        let null = Null::of(replicates, |row| {
            let seen = sum([row[self.column], row[peers.column]]);
            let [v0, v1, v2] = self.plan.variances(row, self.column);
            let times = scale[0] * scale[0];
            let v = [
                v0 - 2.0 * none.0 * v1 + none.0 * none.0 * v2,
                along.0 * (v1 - none.0 * v2),
                along.0 * along.0 * v2,
            ];
            Statistic {
                a: seen - sum(self.of_effects(peers, row, none)),
                c: sum(self.of_effects(peers, row, along)),
                v: [
                    times * v[0] + scale[1] * scale[1] * dose,
                    times * v[1],
                    times * v[2],
                ],
            }
        })?;
        let test = null.test();
        let (low, high) = (test.low?, test.high?);
        Some((Interval { low, high }, test.end_error))
    }
}

/// Variances of both coefficients over re-draws, their covariance between them; `None` without variation.
fn covariances(rows: &[[f64; 2]], probability: Option<&[f64]>) -> Option<[f64; 3]> {
    let equal = 1.0 / real_len(rows.len());
    let p = |b: usize| probability.map_or(equal, |p| p[b]);
    let rows = rows.iter().enumerate().map(|(b, row)| (row, p(b)));
    let rows: Vec<(&[f64; 2], f64)> = rows
        .filter(|(row, _)| row.iter().all(|value| value.is_finite()))
        .collect();
    let total: f64 = rows.iter().map(|(_, p)| p).sum();
    let mean = |k: usize| rows.iter().map(|(row, p)| p * row[k]).sum::<f64>() / total;
    let means = [mean(0), mean(1)];
    let product = |j: usize, k: usize| {
        let all = rows.iter();
        let all = all.map(|(row, p)| p * (row[j] - means[j]) * (row[k] - means[k]));
        all.sum::<f64>() / total
    };
    let found = [product(0, 0), product(0, 1), product(1, 1)];
    (found[0] > 0.0 && found[2] > 0.0).then_some(found)
}
