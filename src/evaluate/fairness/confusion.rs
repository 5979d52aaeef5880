//! Error rates of one group and its disparity to a reference group, by the definitions of Aequitas (Saleiro et al. 2018).
//!
//! Labels exist only where the draw went, so every cell is a sum of weights 1/π; with weights of one the numbers are Aequitas' own.

use serde::{Deserialize, Serialize};

use crate::evaluate::number::share;

/// A disparity whose reference is zero counts as this.
const DISPARITY_MAX: f64 = 10.0;
/// The four-fifths rule: a disparity between this and its inverse is fair.
const FAIR: f64 = 0.8;

/// Weights of the labelled rows of a group, by whether they were taken for risky and whether something was found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Confusion {
    /// Taken for risky, something found.
    pub true_positive: f64,
    /// Taken for risky, nothing found.
    pub false_positive: f64,
    /// Not taken for risky, something found.
    pub false_negative: f64,
    /// Not taken for risky, nothing found.
    pub true_negative: f64,
}

impl Confusion {
    /// Adds a row.
    pub fn add(&mut self, is_risky: bool, is_found: bool, weight: f64) {
        *match (is_risky, is_found) {
            (true, true) => &mut self.true_positive,
            (true, false) => &mut self.false_positive,
            (false, true) => &mut self.false_negative,
            (false, false) => &mut self.true_negative,
        } += weight;
    }

    /// Weight of the rows taken for risky.
    #[must_use]
    pub fn risky(&self) -> f64 {
        self.true_positive + self.false_positive
    }

    /// Weight of all rows.
    #[must_use]
    pub fn size(&self) -> f64 {
        self.risky() + self.false_negative + self.true_negative
    }

    /// Its rates; one whose denominator is empty is absent.
    #[must_use]
    pub fn rates(&self) -> Rates {
        let found = self.true_positive + self.false_negative;
        let clean = self.false_positive + self.true_negative;
        let passed = self.false_negative + self.true_negative;
        Rates {
            selection: share(self.risky(), self.size()),
            prevalence: share(found, self.size()),
            precision: share(self.true_positive, self.risky()),
            false_discovery: share(self.false_positive, self.risky()),
            false_omission: share(self.false_negative, passed),
            false_positive: share(self.false_positive, clean),
            false_negative: share(self.false_negative, found),
            true_positive: share(self.true_positive, found),
        }
    }
}

/// Rates of a group, each 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Rates {
    /// Taken for risky, of all (`pprev`).
    pub selection: Option<f64>,
    /// Something found, of all (`prev`).
    pub prevalence: Option<f64>,
    /// Something found, of those taken for risky.
    pub precision: Option<f64>,
    /// Nothing found, of those taken for risky (`fdr`).
    pub false_discovery: Option<f64>,
    /// Something found, of those not taken for risky (`for`): missed risk.
    pub false_omission: Option<f64>,
    /// Taken for risky, of those where nothing was found (`fpr`).
    pub false_positive: Option<f64>,
    /// Not taken for risky, of those where something was found (`fnr`).
    pub false_negative: Option<f64>,
    /// Taken for risky, of those where something was found (`tpr`).
    pub true_positive: Option<f64>,
}

/// A rate over that of the reference group; 10 where the reference is zero and the rate is not, 1 where both are.
#[must_use]
pub fn disparity(rate: f64, reference: f64) -> f64 {
    if reference > 0.0 {
        (rate / reference).min(DISPARITY_MAX)
    } else if rate > 0.0 {
        DISPARITY_MAX
    } else {
        1.0
    }
}

/// Whether a disparity lies in 0.8 to 1.25.
#[must_use]
pub fn is_fair(disparity: f64) -> bool {
    (FAIR..=1.0 / FAIR).contains(&disparity)
}
