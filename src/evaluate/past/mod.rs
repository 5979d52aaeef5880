//! Past draws as an account: what each round drew and found, and which results belong to none of them.

mod params;

use serde::{Deserialize, Serialize};

pub use params::{DeterrenceSection, ValidDeterrence};

use super::evaluation::Count;
use super::over_time::TrendPoint;
use crate::units::Day;

/// What is known of past draws.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PastRounds {
    /// Round by round, by day and name.
    pub rounds: Vec<PastRound>,
    /// Visits that say they belong to a draw and are used for none, by reason:
    /// `draw-unknown` (历次抽取 does not have the draw), `draw-not-named`, `not-in-frame`, `not-drawn`, `before-draw` (dated before
    /// its draw), `other-channel` (names a draw, and its channel is another). Of rounds of record: `unusable`, `moved-up` and
    /// `without-result` targets, and rounds that were `drawn-again` and count for nothing.
    pub set_aside: Vec<Count>,
    /// Kinds the job names as outcomes or placebos of which no event is known: misspelt, or nothing of the kind ever happened.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kinds_without_events: Vec<String>,
    /// Item by item, by name; empty where no round of record has more than one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<PastItem>,
}

/// An item (抽查事项) over the rounds of record that drew for it, each with the frame, the chances and the strata of its own draw.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PastItem {
    /// The item.
    pub item: String,
    /// 实施部门.
    pub department: String,
    /// Round by round. A result is that of the whole visit: an item shares it with the others of the same visit.
    pub points: Vec<TrendPoint>,
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
