//! Visits and pairs of visits as plain values, and what they say about who looks how sharply.

use serde::{Deserialize, Serialize};

use crate::evaluate::deterrence::{Refusal, Wording};

/// A visit by a draw of known probability, with a valid result.
#[derive(Clone, Debug, PartialEq)]
pub struct InspectorVisit {
    /// Those who went, as indices into the list of names; a team counts for each of its members.
    pub inspectors: Vec<u32>,
    /// Visits among which inspectors were assigned by the same lot (round × department); expectations are taken within it.
    pub block: u32,
    /// The object, for clustering and for leaving one out.
    pub object: u64,
    /// Design weight 1/π.
    pub weight: f64,
    /// Whether something was found.
    pub found: bool,
    /// Probability of a finding by what was known of the target beforehand, never by who went; `None` takes the block's rate.
    pub expected: Option<f64>,
}

/// Two visits to one object, neither knowing of the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Blind {
    /// Found by the first.
    pub first: bool,
    /// Found by the second.
    pub second: bool,
}

/// How inspectors came to their targets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Assignment {
    /// By lot.
    Random,
    /// By beat, request or habit: strictness and the places visited cannot be told apart.
    NotRandom,
}

/// Detection against occurrence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Detection {
    /// How inspectors came to their targets.
    pub assignment: Assignment,
    /// 因果 for assignment by lot, 相关 otherwise.
    pub wording: Wording,
    /// Inspectors with at least [`crate::evaluate::N_MIN`] visits, by name.
    pub inspectors: Vec<Strictness>,
    /// Inspectors with fewer, who are pooled into the expectation alone.
    pub n_suppressed: u64,
    /// How far inspectors differ; absent below two inspectors.
    pub spread: Option<StrictnessSpread>,
    /// Two visits to one object; absent without any.
    pub double_inspection: Option<DoubleInspection>,
    /// What a reader must know beside the numbers.
    pub notes: Vec<Refusal>,
}

/// One inspector.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Strictness {
    /// Name.
    pub inspector: String,
    /// Visits.
    pub n: u64,
    /// Findings.
    pub hits: u64,
    /// Weighted rate of findings.
    pub rate: f64,
    /// Rate expected of the targets given.
    pub expected: f64,
    /// Rate less expectation, θ̂.
    pub difference: f64,
    /// Standard error of the difference.
    pub se: f64,
    /// Shrunken difference: θ̂·B.
    pub shrunken: f64,
    /// B: the variance between inspectors over itself and the error's.
    pub shrinkage: f64,
    /// Shrunken difference in log-odds to the expectation.
    pub log_odds: f64,
}

/// How far inspectors differ.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StrictnessSpread {
    /// Standard deviation between inspectors of the difference, in rates.
    pub between_sd: f64,
    /// The same in log-odds.
    pub between_sd_log_odds: f64,
    /// Odds of a finding by the strictest over the mildest, within blocks (Mantel and Haenszel 1959); absent where no block saw both.
    pub odds_ratio: Option<f64>,
    /// The same from plain rates.
    pub odds_ratio_raw: Option<f64>,
    /// Name of the strictest.
    pub strictest: String,
    /// Name of the mildest.
    pub mildest: String,
    /// p-value that all are equally strict (χ² of the differences over their errors).
    pub p_equal: f64,
}

/// Capture and recapture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DoubleInspection {
    /// Objects visited twice.
    pub n: u64,
    /// Found by the first.
    pub n_first: u64,
    /// Found by the second.
    pub n_second: u64,
    /// Found by both.
    pub n_both: u64,
    /// Chance that a visit finds a violation that is there: 2m/(n₁+n₂); absent where neither found any.
    pub sensitivity: Option<f64>,
    /// Lower end, 95 % (Wilson on the share found by both of those found at all).
    pub low: Option<f64>,
    /// Upper end, 95 %.
    pub high: Option<f64>,
    /// Objects in violation, n₁n₂/m; absent where no finding is shared.
    pub in_violation: Option<f64>,
    /// Chapman's form (n₁+1)(n₂+1)/(m+1) - 1.
    pub in_violation_chapman: f64,
    /// Standard error of Chapman's form (Seber 1970).
    pub chapman_se: f64,
    /// Why a number is missing.
    pub refusal: Option<Refusal>,
}
