//! A sealed plan held to its own counts and settings: what a verifier does before it looks at a draw.

use rayon::prelude::*;

use super::calibrate::relative_error;
use super::pareto::inclusion_probs;
use super::strata::{LARGE, Tally, outline, spread, take_some};
use super::{Calibration, Error, Level, SealedPlan, StratumPlan, allocation, check_labels};

/// Largest |π/p - 1| a sealed λ may show.
const TOLERANCE: f64 = 1e-9;
/// How much larger than it is a sealed error of λ may be said to be, relatively.
const OVERSTATED: f64 = 0.01;

impl SealedPlan {
    /// Recomputes sizes, take-all units and targets from counts and settings, bit for bit, and holds every λ to its
    /// target: |π(λ)/p - 1| ≤ 1e-9 where λ was solved (recomputed λ are never compared), λ = p where it was not. Strata
    /// without objects stand in it exactly where the settings name them; tiny strata are merged, and the floor of a
    /// cool-down is kept, where the settings say so.
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
        self.check_strata()?;
        let outline = outline(&self.settings, &tallies)?;
        self.strata
            .par_iter()
            .zip(outline)
            .map(|(found, expected)| found.check(&expected))
            .collect::<Vec<_>>()
            .into_iter()
            .collect()
    }

    /// Holds the list of strata to the settings.
    fn check_strata(&self) -> Result<(), Error> {
        let occupied = self
            .strata
            .iter()
            .filter(|stratum| !stratum.levels.is_empty());
        let occupied: Vec<String> = occupied.map(|stratum| stratum.label.clone()).collect();
        let expected = allocation::labels(&self.settings, &occupied);
        if let Some(label) = expected.iter().find(|label| self.stratum(label).is_none()) {
            return Err(Error::Inconsistent {
                stratum: label.clone(),
                expected: "a stratum, since the settings name it".to_owned(),
                found: "none".to_owned(),
            });
        }
        for stratum in &self.strata {
            if expected.binary_search(&stratum.label).is_err() {
                return Err(stratum
                    .inconsistent("an object, or a setting that names the stratum", "neither"));
            }
            self.check_rules(stratum)?;
        }
        Ok(())
    }

    /// Holds one stratum to what format 2 may settle.
    fn check_rules(&self, stratum: &StratumPlan) -> Result<(), Error> {
        if let Some(tiny) = self.settings.tiny()
            && !tiny.allows(&stratum.label, stratum.n_units, self.settings.strata())
        {
            let expected = format!("{tiny}, or every column of the order dropped");
            return Err(stratum.inconsistent(expected, format!("{} objects", stratum.n_units)));
        }
        let floor = self.settings.cool_down.map_or(0.0, |rule| rule.floor());
        let below = |level: &&Level| level.target < floor;
        match stratum.levels.iter().find(below).filter(|_| stratum.n > 0) {
            Some(level) => Err(stratum.inconsistent(
                format!("probabilities of at least {floor}"),
                format!("{} at level {}", level.target, level.size),
            )),
            None => Ok(()),
        }
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
                spread(&counts, &probs) >= LARGE && same() && is_stated(relative_error_max, error())
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

/// Whether an error is stated as large as it is: at most 1e-9 too small, and at most 1 % or 1e-9 too large.
fn is_stated(stated: f64, error: f64) -> bool {
    let most = (error * (1.0 + OVERSTATED)).max(error + TOLERANCE);
    error <= stated + TOLERANCE && stated <= most
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
