//! What a draw found: four numbers by name, overall, by class, by stratum, each with interval and support.

use serde::{Deserialize, Serialize};

use super::finding::HitRule;
use super::interval::Interval;
use super::ranking::{CalibrationBin, GainPoint};

/// Fewest valid results for which a cell is shown.
pub const N_MIN: u64 = 30;

/// Results of a draw, measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Estimates {
    /// The rule the estimates follow.
    pub hit_rule: HitRule,
    /// Whether 无法联系 alone counts as a finding under the codes rule.
    pub unreachable_is_hit: bool,
    /// Bootstrap replicates.
    pub replicates: u32,
    /// Expected size of the draw, Σπ over the frame.
    pub sum_pi: f64,
    /// The whole draw.
    pub overall: Cell,
    /// One cell per class, in class order.
    pub by_class: Vec<Cell>,
    /// One cell per stratum, in stratum order.
    pub by_stratum: Vec<Cell>,
    /// Raw rate of each ranked class less that of the class before it, where both cells are shown.
    pub class_gaps: Vec<ClassGap>,
    /// The raw rate under three definitions of a finding, side by side.
    pub definitions: Vec<Definition>,
    /// Strata merged for variances because they held fewer than two take-some results, as groups of labels.
    pub collapsed: Vec<Vec<String>>,
    /// How well the score ranked the drawn, weighted 1/π; absent without findings or without blanks.
    pub ranking: Option<Ranking>,
}

/// The four numbers of a part of the frame.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cell {
    /// Code of the class or label of the stratum; `all` for the whole draw.
    pub label: String,
    /// Name of the class; empty where there is none.
    pub name: String,
    /// Objects in the frame.
    pub n_frame: u64,
    /// Objects drawn.
    pub n_drawn: u64,
    /// Objects visited.
    pub n_visited: u64,
    /// 无效对象 among the visited: neither findings nor in the denominator.
    pub n_void: u64,
    /// 无法联系 among the visited, whether counted as findings or not.
    pub n_unreachable: u64,
    /// Valid results: the denominator.
    pub n: u64,
    /// Findings.
    pub hits: u64,
    /// Visited over drawn.
    pub response: Option<f64>,
    /// True when n is below [`N_MIN`]: no number but the counts is given.
    pub suppressed: bool,
    /// 可信度.
    pub trust: Trust,
    /// What the numbers rest on.
    pub support: Support,
    /// 问题发现率: what the teams experienced (findings over valid results, unweighted; Wilson).
    pub raw: Figure,
    /// 估计违规率: what the market is like (Hájek; Rosén variance, logit-t).
    pub prevalence: Figure,
    /// 精准提升: raw rate of this cell over the prevalence of the whole frame (Rao-Wu bootstrap).
    pub lift: Figure,
    /// 机会成本: findings an equal-probability draw of the same n would give (n times the prevalence of the whole frame).
    pub opportunity: Figure,
}

/// 可信度 of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trust {
    /// 高: `n_eff` ≥ 150, at least 20 findings, no blind share, at most 10 % not visited.
    High,
    /// 中: neither 高 nor 低.
    Medium,
    /// 低: n or `n_eff` below 30, `n_eff` below a fifth of n, or a blind share.
    Low,
}

/// What the estimates of a cell rest on.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Support {
    /// Kish's effective size of the valid results.
    pub n_eff: f64,
    /// Largest share of one result in the weights.
    pub weight_share_max: Option<f64>,
    /// Smallest inclusion probability among the drawn.
    pub pi_min: Option<f64>,
    /// 盲区: share of the frame that could not be drawn, or whose class returned no visit.
    pub blind_share: f64,
    /// Drawn over frame.
    pub sampling_fraction: Option<f64>,
}

/// A number with its 95 % interval and the method of the interval; absent where it cannot be given.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// The value.
    pub value: Option<f64>,
    /// Lower end.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
    /// How the interval was made.
    pub method: Method,
}

/// How an interval was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// No interval.
    None,
    /// Wilson's score interval.
    Wilson,
    /// Logit-t on Rosén's variance.
    LogitT,
    /// Clopper and Pearson on the effective size.
    ClopperPearson,
    /// Wilson's score interval on n/(1-f), where more than a tenth of the part was visited.
    WilsonFinite,
    /// Normal interval on a design-based variance.
    Normal,
    /// Logit-t on the with-replacement variance, where strata show no spread: errs on the safe side.
    WithReplacement,
    /// Robins, Breslow and Greenland, on the log of the pooled odds ratio.
    MantelHaenszel,
    /// Credible interval of the beta posterior with the prior estimated from all cells.
    EmpiricalBayes,
    /// Everything was visited: no sampling error.
    Census,
    /// Rao-Wu bootstrap, percentile.
    RaoWu,
    /// Paired bootstrap over visits, percentile.
    PairedBootstrap,
}

impl Figure {
    /// No number.
    pub(crate) const NONE: Self = Self {
        value: None,
        low: None,
        high: None,
        method: Method::None,
    };

    /// A value with its interval.
    pub(crate) fn new(value: Option<f64>, interval: Option<Interval>, method: Method) -> Self {
        let interval = interval.filter(|interval| {
            value.is_some() && interval.low.is_finite() && interval.high.is_finite()
        });
        Self {
            value,
            low: interval.map(|interval| interval.low),
            high: interval.map(|interval| interval.high),
            method: if interval.is_some() {
                method
            } else {
                Method::None
            },
        }
    }

    /// The interval, where there is one.
    #[must_use]
    pub fn interval(&self) -> Option<Interval> {
        Some(Interval {
            low: self.low?,
            high: self.high?,
        })
    }
}

/// Raw rate of a class less that of the class before it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClassGap {
    /// Code of the lower class.
    pub lower: String,
    /// Code of the higher class.
    pub higher: String,
    /// Difference of raw rates.
    pub difference: f64,
    /// Newcombe interval, lower end.
    pub low: f64,
    /// Newcombe interval, upper end.
    pub high: f64,
}

/// The raw rate under one definition of a finding.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Definition {
    /// `found`, `codes` (无法联系 is a finding) or `codes_reached` (it is not).
    pub name: String,
    /// Whether the estimates follow this one.
    pub used: bool,
    /// Valid results.
    pub n: u64,
    /// Findings.
    pub hits: u64,
    /// Raw rate with Wilson interval; absent where the results do not allow this definition.
    pub raw: Figure,
}

/// Ranking of the drawn by their score, weighted 1/π.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ranking {
    /// Area under the ROC curve.
    pub auc: Option<f64>,
    /// Average precision.
    pub average_precision: Option<f64>,
    /// Share of findings in the top tenth of the frame by score.
    pub precision_at_10: Option<f64>,
    /// Share of findings in the top fifth of the frame by score.
    pub precision_at_20: Option<f64>,
    /// Brier score; absent when the score is no probability.
    pub brier: Option<f64>,
    /// Cumulative gains at every fiftieth of the frame.
    pub gains: Vec<GainPoint>,
    /// Lift of each tenth of the frame, riskiest first.
    pub lift_by_decile: Vec<f64>,
    /// Ten bins of equal weight; empty when the score is no probability.
    pub calibration: Vec<CalibrationBin>,
}
