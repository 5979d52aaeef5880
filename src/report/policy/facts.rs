//! What a comparison of policies found, as plain values: the whole of `policy.json`.

use serde::{Deserialize, Serialize};

/// Form of `policy.json`.
pub const POLICY_FORMAT: u32 = 1;

/// How firms behave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PolicyMode {
    /// A: firms learn from visits they see and hear of, and weigh one period.
    Myopic,
    /// B: firms know the probabilities and look ahead.
    Forward,
    /// Violations answer to nothing.
    Given,
}

/// What `choucha simulate policy` found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PolicyReport {
    /// Form of this value.
    pub format: u32,
    /// Name of the world.
    pub name: String,
    /// Its title in Chinese and English.
    pub title: [String; 2],
    /// Digest of the world's settings.
    pub digest: String,
    /// What was simulated.
    pub facts: PolicyFacts,
    /// One per policy and mode, policies in the order declared.
    pub outcomes: Vec<PolicyOutcome>,
    /// What a reader must know before using a number.
    pub warnings: Vec<PolicyWarning>,
    /// How the declared parameters compare with effects that were measured elsewhere.
    pub calibration: Vec<Target>,
}

/// What was simulated.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PolicyFacts {
    /// Firms.
    pub firms: u64,
    /// Cells whose firms learn from one another.
    pub cells: u64,
    /// Periods.
    pub periods: u32,
    /// First period of the long run.
    pub from: u32,
    /// Periods of a year.
    pub periods_per_year: u32,
    /// Replicates of every policy and mode.
    pub replicates: u32,
    /// Visits over firms, per period.
    pub budget: f64,
    /// Probability that a visit sees a violation that is there.
    pub detection: f64,
    /// `poisson` or `pareto`.
    pub design: String,
    /// Codes of the classes, best first.
    pub tiers: Vec<String>,
    /// Fine per class, in the unit of costs.
    pub fines: Vec<f64>,
    /// Modes that were run.
    pub modes: Vec<PolicyMode>,
    /// Policies, in the order declared.
    pub policies: Vec<PolicyName>,
}

/// A policy by its names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PolicyName {
    /// As the world file names it.
    pub name: String,
    /// In Chinese and English.
    pub title: [String; 2],
}

/// Mean over replicates, the least and the greatest, and the Monte-Carlo error of the mean.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Ranged {
    /// Mean.
    pub mean: f64,
    /// Least replicate.
    pub low: f64,
    /// Greatest replicate.
    pub high: f64,
    /// Standard error of the mean; none from a single replicate.
    pub error: Option<f64>,
}

/// A policy under a mode, in the long run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PolicyOutcome {
    /// Name of the policy.
    pub policy: String,
    /// Mode.
    pub mode: PolicyMode,
    /// Share of firms that break the rules: the truth no office sees.
    pub violation: Ranged,
    /// The same of every replicate, in their order: those of two policies are paired, on the same firms and numbers.
    pub violations: Vec<f64>,
    /// 问题发现率: findings over visits.
    pub hit_rate: Option<Ranged>,
    /// Horvitz-Thompson over the whole frame, divided by the detection declared.
    pub ht: Option<Ranged>,
    /// Hájek over all visits of a replicate, divided by the detection declared, at most 1.
    pub hajek: Option<Ranged>,
    /// Visits per firm and period.
    pub visits: Ranged,
    /// Fines per firm and period, in the unit of costs.
    pub fines: Ranged,
    /// 盲区: share of firms whose probability of a visit is 0.
    pub blind: Ranged,
    /// Share of the budget that no probability could take up.
    pub unused: Ranged,
    /// Mean of the beliefs, and their variance; none where firms know the probabilities.
    pub belief: Option<[Ranged; 2]>,
    /// Violations of the later half of the long run less those of the earlier half.
    pub drift: f64,
    /// Per class.
    pub tiers: Vec<TierOutcome>,
    /// Hit rate and prevalence of the Markov chain, where violations are given and probabilities fixed.
    pub closed_form: Option<[f64; 2]>,
    /// Means over the replicates, period by period.
    pub path: Vec<PathPoint>,
}

/// A class in the long run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TierOutcome {
    /// Code.
    pub code: String,
    /// Share of the firms.
    pub share: Ranged,
    /// Probability of a visit.
    pub pi: Ranged,
    /// Visits per 100 firms of the class and period.
    pub burden: Option<Ranged>,
    /// Share of its firms that break the rules.
    pub violation: Option<Ranged>,
}

/// A period.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct PathPoint {
    /// Counted from 0.
    pub period: u32,
    /// Share of firms that break the rules.
    pub violation: f64,
    /// Findings over visits.
    pub hit_rate: Option<f64>,
    /// Horvitz-Thompson over the whole frame, divided by the detection declared.
    pub ht: Option<f64>,
    /// Visits per firm.
    pub visits: f64,
}

/// What a reader must know before using a number.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PolicyWarning {
    /// Name of the policy.
    pub policy: String,
    /// Mode, where it is one mode's.
    pub mode: Option<PolicyMode>,
    /// What is wrong.
    pub kind: WarningKind,
    /// The numbers of the sentence, in its order.
    pub numbers: Vec<f64>,
}

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WarningKind {
    /// Firms that are never drawn blind the estimate: blind share, Horvitz-Thompson, truth.
    Blind,
    /// Part of the budget cannot be used: its share.
    Unused,
    /// More findings and no fewer violations than the first policy: hit rates, violations.
    HitsNotFewer,
    /// The long run has not settled: how far its halves differ.
    Drifting,
    /// A period's probabilities fell far from the policy's: no visit was made at all.
    NoVisits,
}

/// An effect that was measured elsewhere, and what the declared parameters make of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Target {
    /// Which.
    pub kind: TargetKind,
    /// Mode; the first policy's.
    pub mode: PolicyMode,
    /// What the world does: a relative change, or kilometres. None where the mode has no such mechanism.
    pub value: Option<f64>,
    /// What was measured.
    pub target: f64,
    /// Least value that counts as meeting it.
    pub low: f64,
    /// Greatest value that counts as meeting it.
    pub high: f64,
    /// Whether the value does.
    pub is_met: bool,
}

/// Which effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TargetKind {
    /// One visit on the visited firm over five years (Levine, Toffel and Johnson 2012).
    OwnVisit,
    /// One more visit of every peer, over a year (air districts 2016).
    PeerVisit,
    /// One published finding on firms within 5 km, over a year (Johnson 2020).
    PublicityNear,
    /// Kilometres up to which a published finding moves violations by 1 % or more (Johnson 2020).
    PublicityReach,
}

impl PolicyReport {
    /// As JSON.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        let mut json = serde_json::to_vec_pretty(self).expect("plain values serialise");
        json.push(b'\n');
        json
    }
}
