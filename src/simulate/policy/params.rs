//! The world of a comparison of policies as written.

use serde::Deserialize;

use crate::report::PolicyMode;
use crate::simulate::law::Law;

/// The world file as written.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Params {
    /// Form of the file: 1.
    pub(super) version: u32,
    pub(super) name: String,
    /// In Chinese.
    pub(super) title: String,
    /// In English; the Chinese one unless told.
    pub(super) title_en: Option<String>,
    pub(super) seed: String,
    /// Replicates of every policy and mode, each with its own stream.
    pub(super) replicates: u32,
    pub(super) periods: u32,
    /// First period of the long run; all later ones are averaged.
    pub(super) from: u32,
    #[serde(default = "four")]
    pub(super) periods_per_year: u32,
    #[serde(default = "both_modes")]
    pub(super) modes: Vec<PolicyMode>,
    #[serde(default)]
    pub(super) design: Design,
    /// Visits over firms, per period.
    pub(super) budget: f64,
    /// Probability that a visit sees a violation that is there.
    pub(super) detection: f64,
    /// τ: spread of the decision, in the unit of costs; 0 decides by the sign.
    pub(super) noise: f64,
    pub(super) firms: Firms,
    pub(super) tier: Vec<Tier>,
    pub(super) transition: Transition,
    pub(super) learning: Option<Learning>,
    pub(super) publicity: Option<Publicity>,
    pub(super) foresight: Option<Foresight>,
    pub(super) given: Option<Given>,
    pub(super) policy: Vec<Policy>,
}

/// How the visits of a period are drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Design {
    /// Independently.
    #[default]
    Poisson,
    /// By Pareto order sampling with calibrated λ, as a draw of record.
    Pareto,
}

/// The firms.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Firms {
    pub(super) count: u64,
    /// Cells (industry × district) whose firms learn from one another.
    pub(super) cells: u64,
    /// Cost of keeping the rules for one period.
    pub(super) cost: Law,
}

/// A class.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Tier {
    pub(super) code: String,
    /// Share of the firms at the start.
    pub(super) start: f64,
    /// Fine of a violation that was found, in the unit of costs.
    pub(super) fine: f64,
}

/// Where a firm goes after a period: one row per class, one column per class.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Transition {
    pub(super) found: Vec<Vec<f64>>,
    pub(super) clean: Vec<Vec<f64>>,
    pub(super) unvisited: Option<Unvisited>,
}

/// Where a firm goes that was not visited for some periods.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Unvisited {
    pub(super) after: u16,
    pub(super) to: Vec<Vec<f64>>,
}

/// What firms make of what they see (mode A).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Learning {
    /// λ: share of what was known that is kept for the next period.
    pub(super) decay: f64,
    /// w: weight of a peer's visit beside one's own.
    pub(super) peer_weight: f64,
    /// Belief at the start; the budget unless told.
    pub(super) start: Option<f64>,
}

/// What publication does (mode A).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Publicity {
    /// Share of findings that are published in a way firms notice.
    pub(super) share: f64,
    /// Weight of a published finding in one's own cell beside one's own visit.
    pub(super) weight: f64,
    /// Kilometres between neighbouring cells; cells stand on a ring.
    pub(super) cell_km: f64,
    /// Kilometres after which the weight is halved.
    pub(super) half_km: f64,
    /// Kilometres beyond which nothing is heard.
    pub(super) reach_km: f64,
}

/// How far firms look ahead (mode B).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Foresight {
    /// β: what next period's cost counts today.
    pub(super) discount: f64,
    /// Costs for which the problem is solved; others lie between two of them.
    #[serde(default = "sixty_four")]
    pub(super) grid: usize,
}

/// Violations that answer to nothing.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Given {
    /// Per class.
    pub(super) violation: Vec<f64>,
}

/// A policy with a name.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Policy {
    pub(super) name: String,
    /// In Chinese; the name unless told.
    pub(super) title: Option<String>,
    /// In English; the name unless told.
    pub(super) title_en: Option<String>,
    /// Per class, relative; the level follows from the budget.
    pub(super) multiplier: Option<Vec<f64>>,
    /// Per class, fixed; the budget does not bind.
    pub(super) probability: Option<Vec<f64>>,
    #[serde(default)]
    pub(super) floor: f64,
    #[serde(default = "one")]
    pub(super) cap: f64,
    /// Instead of the world's.
    pub(super) transition: Option<Transition>,
}

fn four() -> u32 {
    4
}

fn both_modes() -> Vec<PolicyMode> {
    vec![PolicyMode::Myopic, PolicyMode::Forward]
}

fn sixty_four() -> usize {
    64
}

fn one() -> f64 {
    1.0
}
