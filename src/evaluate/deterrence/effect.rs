//! One effect from its parts: what may be given, which interval, which verdict.

use super::result::{Effect, IntervalForm, Redrawn, Refusal, Verdict, Wording};
use crate::evaluate::interval::{Interval, student_t_quantile};
use crate::evaluate::number::real;

impl Effect {
    /// No number, for a reason.
    pub(super) fn refused(reason: Refusal, wording: Wording) -> Self {
        Self {
            value: None,
            se: None,
            low: None,
            high: None,
            interval: IntervalForm::None,
            n_clusters: 0,
            redrawn: None,
            verdict: reason.verdict(),
            wording,
            refusal: Some(reason),
        }
    }

    /// An estimate, its standard error and its test by re-drawing. The interval is t's with cells less one degrees of freedom; with
    /// one cell, that of the re-draws.
    pub(super) fn of(
        value: f64,
        se: Option<f64>,
        n_clusters: u64,
        redrawn: Option<Redrawn>,
        wording: Wording,
    ) -> Self {
        let se = se.filter(|se| se.is_finite() && *se > 0.0);
        let by_redraw = redrawn.and_then(|redrawn| {
            let (low, high) = (redrawn.low?, redrawn.high?);
            Some((Interval { low, high }, IntervalForm::Redrawn))
        });
        let by_t = || {
            let half = se? * student_t_quantile(real(n_clusters) - 1.0);
            let (low, high) = (value - half, value + half);
            Some((Interval { low, high }, IntervalForm::ClusterT))
        };
        let Some((interval, form)) = by_t().or(by_redraw).filter(|_| value.is_finite()) else {
            let one = n_clusters < 2;
            let reason = if one {
                Refusal::OneCluster
            } else {
                Refusal::NoVariation
            };
            return Self::refused(reason, wording);
        };
        Self {
            value: Some(value),
            se,
            low: Some(interval.low),
            high: Some(interval.high),
            interval: form,
            n_clusters,
            redrawn,
            verdict: verdict(interval),
            wording,
            refusal: (n_clusters < 2).then_some(Refusal::OneCluster),
        }
    }

    /// The same effect with the interval of its re-draws, where it has one.
    pub(super) fn by_redraw(mut self) -> Self {
        let ends = self.redrawn.and_then(|test| Some((test.low?, test.high?)));
        if let Some((low, high)) = ends {
            (self.low, self.high) = (Some(low), Some(high));
            self.interval = IntervalForm::Redrawn;
            self.verdict = verdict(Interval { low, high });
        }
        self
    }

    /// Whether the interval leaves out 0.
    pub(super) fn is_significant(&self) -> bool {
        self.verdict == Verdict::Significant
    }
}

impl Refusal {
    /// What is said of a number that is not given.
    pub(super) fn verdict(self) -> Verdict {
        match self {
            Self::TooFewRevisits | Self::TooFewObjects => Verdict::TooFew,
            _ => Verdict::Refused,
        }
    }
}

/// Whether an interval leaves out 0.
pub(super) fn verdict(interval: Interval) -> Verdict {
    if interval.covers(0.0) {
        Verdict::NotSignificant
    } else {
        Verdict::Significant
    }
}
