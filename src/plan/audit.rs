//! A sealed plan held to its own counts and settings: what a verifier does before it looks at a draw.

use rayon::prelude::*;

use super::calibrate::relative_error;
use super::pareto::inclusion_probs;
use super::strata::{LARGE, Tally, outline, spread, take_some};
use super::{Calibration, Error, Level, SealedPlan, StratumPlan, check_labels};

/// Largest |π/p - 1| a sealed λ may show.
const TOLERANCE: f64 = 1e-9;

impl SealedPlan {
    /// Recomputes sizes, take-all units and targets from counts and settings, bit for bit, and holds every λ to its
    /// target: |π(λ)/p - 1| ≤ 1e-9 where λ was solved (recomputed λ are never compared), λ = p where it was not.
    ///
    /// # Errors
    /// [`Error::Inconsistent`] at the first stratum that says something else; an allocation that the settings refuse.
    pub fn check(&self) -> Result<(), Error> {
        let tally = |stratum: &StratumPlan| (stratum.label.clone(), stratum.counts());
        let tallies: Vec<Tally> = self.strata.iter().map(tally).collect();
        if let Some(stratum) = self.strata.iter().find(|stratum| !stratum.is_ascending()) {
            return Err(
                stratum.inconsistent("levels of ascending size and at least one object", "others")
            );
        }
        check_labels(
            &tallies
                .iter()
                .map(|(label, _)| label.clone())
                .collect::<Vec<_>>(),
        )?;
        let outline = outline(&self.settings, &tallies)?;
        self.strata
            .par_iter()
            .zip(outline)
            .map(|(found, expected)| found.check(&expected))
            .collect::<Vec<_>>()
            .into_iter()
            .collect()
    }
}

impl StratumPlan {
    fn is_ascending(&self) -> bool {
        let usable = |level: &Level| level.size > 0 && (1..1 << 40).contains(&level.n_units);
        self.levels
            .windows(2)
            .all(|pair| pair[0].size < pair[1].size)
            && self.levels.iter().all(usable)
    }

    fn inconsistent(&self, expected: impl Into<String>, found: impl Into<String>) -> Error {
        Error::Inconsistent {
            stratum: self.label.clone(),
            expected: expected.into(),
            found: found.into(),
        }
    }

    fn check(&self, expected: &Self) -> Result<(), Error> {
        if (self.n_units, self.n) != (expected.n_units, expected.n) {
            let sizes = |stratum: &Self| format!("{} of {} objects", stratum.n, stratum.n_units);
            return Err(self.inconsistent(sizes(expected), sizes(self)));
        }
        for (level, expected) in self.levels.iter().zip(&expected.levels) {
            let (found, wanted) = (
                (level.target.to_bits(), level.take_all),
                (expected.target.to_bits(), expected.take_all),
            );
            if found != wanted {
                let target = |level: &Level| {
                    format!(
                        "target {} (take-all: {}) at level {}",
                        level.target, level.take_all, level.size
                    )
                };
                return Err(self.inconsistent(target(expected), target(level)));
            }
        }
        self.check_lambda()
    }

    fn check_lambda(&self) -> Result<(), Error> {
        let levels = self.counts();
        let (counts, probs, n_some) = take_some(&levels, self.n);
        let ranked = |level: &Level| n_some > 0 && !level.take_all;
        if let Some(level) = self
            .levels
            .iter()
            .find(|level| level.lambda.is_some_and(|l| l > 0.0 && l < 1.0) != ranked(level))
        {
            return Err(self.inconsistent(
                "0 < λ < 1 exactly where units are ranked",
                format!("λ = {:?} at level {}", level.lambda, level.size),
            ));
        }
        if let Some(level) = self
            .levels
            .iter()
            .find(|level| level.lambda.is_some() && !ranked(level))
        {
            return Err(self.inconsistent(
                "no λ where nothing is ranked",
                format!("λ = {:?} at level {}", level.lambda, level.size),
            ));
        }
        let lambda: Vec<f64> = self
            .levels
            .iter()
            .filter_map(|level| level.lambda)
            .collect();
        let same = || {
            lambda
                .iter()
                .zip(&probs)
                .all(|(l, p)| l.to_bits() == p.to_bits())
        };
        let error = || relative_error(&inclusion_probs(&counts, &lambda, n_some), &probs);
        let kept = match self.calibration {
            Calibration::NotNeeded => n_some == 0,
            Calibration::EqualTargets => counts.len() == 1 && same(),
            Calibration::Solved => {
                n_some > 0
                    && counts.len() > 1
                    && sums_to(&counts, &lambda, n_some)
                    && error() <= TOLERANCE
            }
            Calibration::LargeStratum { relative_error_max } => {
                spread(&counts, &probs) >= LARGE
                    && same()
                    && error() <= relative_error_max + TOLERANCE
            }
        };
        if kept {
            return Ok(());
        }
        Err(self.inconsistent(
            "λ that give the targets within 1e-9",
            format!("{:?} with λ = {lambda:?}", self.calibration),
        ))
    }
}

/// Whether Σλ = n within 1e-9: the probabilities do not tell a factor on all odds, but the doubles of the draw do.
fn sums_to(counts: &[u64], lambda: &[f64], n: u64) -> bool {
    #[allow(
        clippy::cast_precision_loss,
        reason = "counts of a frame lie below 2^53"
    )]
    let (sum, n) = (
        counts
            .iter()
            .zip(lambda)
            .map(|(&count, l)| count as f64 * l)
            .sum::<f64>(),
        n as f64,
    );
    (sum - n).abs() <= TOLERANCE * n
}
