//! Past draws as an account: what each round drew and found, and which results belong to none of them.

mod params;

use serde::{Deserialize, Serialize};

pub use params::{DeterrenceSection, ValidDeterrence};

use super::evaluation::Count;
use crate::units::Day;

/// What is known of past draws.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PastRounds {
    /// Round by round, by day and name.
    pub rounds: Vec<PastRound>,
    /// Visits that say they belong to a draw and are used for none, by reason:
    /// `draw-unknown` (历次抽取 does not have the draw), `draw-not-named`, `not-in-frame`, `not-drawn`, `before-draw` (dated before
    /// its draw), `other-channel` (names a draw, and its channel is another).
    pub set_aside: Vec<Count>,
}

/// One past round.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PastRound {
    /// The draw.
    pub draw_id: String,
    /// Day of the draw.
    pub drawn_on: Day,
    /// `main` or `measure`.
    pub stream: String,
    /// `poisson` or `pareto`.
    pub design: String,
    /// Strata of the draw.
    pub n_strata: u64,
    /// Objects in its frame.
    pub n_frame: u64,
    /// Σπ.
    pub sum_pi: f64,
    /// Least π.
    pub pi_min: f64,
    /// Greatest π.
    pub pi_max: f64,
    /// 抽中.
    pub n_drawn: u64,
    /// Drawn and visited.
    pub n_visited: u64,
    /// Visited with a valid result.
    pub n_valid: u64,
    /// Of those with a finding.
    pub n_found: u64,
}
