//! What past draws say about deterrence: every effect with its interval, its p-value by re-drawing, its verdict and its word.

use serde::{Deserialize, Serialize};

/// What past draws say about deterrence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Deterrence {
    /// 避免违规数.
    pub headline: Headline,
    /// Drawn against not drawn, one entry per outcome; the first is the primary one.
    pub specific: Vec<Specific>,
    /// Effect by time since the draw; absent where outcomes before the draw are not known.
    pub event_study: Option<EventStudy>,
    /// Peers drawn, in the same cell and by distance.
    pub general: Vec<General>,
    /// The same peers, and what revisits of the measurement draw found, each revisit standing for 1/π² objects.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub general_revisits: Vec<General>,
    /// Four kinds of exposure (Aronow and Samii 2017); absent where more than [`super::MAPPED_MAX`] objects would be compared.
    pub mapping: Option<Mapping>,
    /// What the draw cannot have moved, estimated the same way.
    pub placebo: Vec<Placebo>,
    /// How many revisits this county needs, and what it can see.
    pub power: Power,
    /// The waves read, in order.
    pub waves: Vec<WaveFacts>,
    /// What a reader must know beside the numbers.
    pub notes: Vec<Refusal>,
}

/// 避免违规数: `-τ̂·ΣD + Σ(-β̂)·dose`, with its interval from re-drawing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Headline {
    /// Violations averted by all waves together; negative where more happened.
    pub averted: Option<f64>,
    /// Lower end, 95 %.
    pub low: Option<f64>,
    /// Upper end, 95 %.
    pub high: Option<f64>,
    /// Monte-Carlo error of both ends: by how much another set of as many re-draws would move them; absent where all samples were
    /// enumerated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_error: Option<f64>,
    /// The part of those drawn: `-τ̂·ΣD`.
    pub specific: Option<f64>,
    /// The part of their peers: `Σ(-β̂)·dose`; absent where peers cannot be told from the drawn.
    pub general: Option<f64>,
    /// ΣD: objects × waves drawn with 0 < π < 1 whose outcome is known.
    pub n_drawn: u64,
    /// Whether the interval leaves out 0.
    pub verdict: Verdict,
    /// 因果 or 相关.
    pub wording: Wording,
    /// Why there is no number.
    pub refusal: Option<Refusal>,
}

/// One outcome, drawn against not drawn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Specific {
    /// Which outcome.
    pub outcome: Outcome,
    /// Drawn less not drawn (意向处理 ITT), all waves stacked.
    pub itt: Effect,
    /// Mean of the drawn, weighted.
    pub mean_drawn: Option<f64>,
    /// Mean of those not drawn, weighted.
    pub mean_not_drawn: Option<f64>,
    /// Horvitz-Thompson form of the contrast, beside the Hájek form of `itt`.
    pub horvitz_thompson: Option<f64>,
    /// Effect of being visited on those whom the draw made visited (CACE), where some drawn were not visited.
    pub cace: Option<Effect>,
    /// The contrast with the strictness of the revisiting inspectors held equal; revisits only.
    pub equal_strictness: Option<Effect>,
    /// One entry per wave.
    pub by_wave: Vec<WaveEffect>,
    /// What it rests on.
    pub support: ArmSupport,
}

/// The outcome of an estimate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Seen for everyone in the window after the draw (complaints, other penalties, abnormal listing, late reports).
    SeenForEveryone,
    /// Violations found when revisited by the measurement stream.
    MeasureRevisits,
    /// Violations found when revisited by any draw of known probability.
    AllRevisits,
    /// Left the register: competes with every other outcome.
    RegistryExit,
    /// The outcome in the window before the draw.
    Before,
    /// An outcome the draw cannot move.
    PlaceboOutcome,
}

/// An effect with its uncertainty. Every number is absent rather than not finite.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Effect {
    /// The estimate; negative where fewer violations followed.
    pub value: Option<f64>,
    /// Standard error by cell; of a contrast that or the error of the design, the larger.
    pub se: Option<f64>,
    /// Lower end, 95 %.
    pub low: Option<f64>,
    /// Upper end, 95 %.
    pub high: Option<f64>,
    /// How `low` and `high` were made.
    pub interval: IntervalForm,
    /// Cells behind the standard error.
    pub n_clusters: u64,
    /// The randomisation test; absent where this outcome allows none (see `refusal`) or no re-draw is at hand.
    pub redrawn: Option<Redrawn>,
    /// What may be said.
    pub verdict: Verdict,
    /// 因果 or 相关.
    pub wording: Wording,
    /// Why a number is missing.
    pub refusal: Option<Refusal>,
}

/// How an interval was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IntervalForm {
    /// None.
    None,
    /// Estimate ± Student's t with clusters less one degrees of freedom.
    ClusterT,
    /// Estimate ± the 95 % quantile of |t| under the wild cluster bootstrap (Cameron, Gelbach and Miller 2008), fewer than 30 clusters.
    WildCluster,
    /// All constant effects that re-draws do not reject, each statistic held against its own error; for small arms, exposures, and
    /// where a single cell gives no error.
    Redrawn,
}

/// A randomisation test, and its inversion.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Redrawn {
    /// `(1 + #{|T*-mean|/se* ≥ |T-mean|/se}) / (B + 1)`, or exact; at most 5 % exactly where the interval leaves out 0.
    pub p: f64,
    /// Least constant effect not rejected at 5 %; absent where the search finds no end.
    pub low: Option<f64>,
    /// Greatest constant effect not rejected at 5 %.
    pub high: Option<f64>,
    /// Monte-Carlo error of both ends; absent where all samples were enumerated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_error: Option<f64>,
    /// Mean of the statistic over re-draws, which it is centred by.
    pub null_mean: f64,
    /// Standard deviation of the statistic over re-draws.
    pub null_sd: f64,
    /// Re-draws, or samples where all were enumerated.
    pub n: u64,
    /// All samples were enumerated.
    pub exact: bool,
}

/// What may be said of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The 95 % interval leaves out 0.
    Significant,
    /// 不显著: the 95 % interval covers 0.
    NotSignificant,
    /// 样本不足: below the support gate; no interval.
    TooFew,
    /// Refused for the reason given.
    Refused,
}

/// Which word an estimate may carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wording {
    /// 因果: drawn against not drawn, or exposures less what the design expects.
    Causal,
    /// 相关: anything else.
    Association,
}

/// Why a number is not given, or must be read with care. Each is a rule with a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// No wave at all.
    NoWave,
    /// No object has a known outcome.
    NoOutcome,
    /// No object was revisited by a draw of known probability.
    NoRevisit,
    /// Every π is 1: nobody could have been left out, so there is nothing to compare.
    AllCertain,
    /// One arm is empty.
    EmptyArm,
    /// Every outcome is the same.
    NoVariation,
    /// Fewer than two cells: no standard error (the randomisation test does not need one).
    OneCluster,
    /// 样本不足: fewer than [`super::REVISITS_MIN`] effective revisits in the smaller arm.
    TooFewRevisits,
    /// 样本不足: fewer than [`super::ARM_MIN`] effective objects in the smaller arm.
    TooFewObjects,
    /// Main-stream revisits answer to earlier findings, which a re-draw would change: estimation only, no p-value.
    MainStreamRevisits,
    /// Nothing at hand can draw the wave again.
    NoRedraw,
    /// Being drawn hardly changed who was visited.
    WeakTakeUp,
    /// No peers, or the design leaves their number no freedom beyond the object's own draw.
    NoExposure,
    /// No object has a place on the map.
    NoPlace,
    /// Too many objects for pairs of exposures; the dose stands instead.
    TooManyPairs,
    /// Outcomes before the draw are not known.
    NoHistory,
    /// Outcomes are missing more often in one arm than in the other.
    MissingByArm,
    /// Drawn objects left the register more or less often than the others: the outcome competes with the exit.
    ExitByArm,
    /// Something the draw cannot have moved seems moved.
    PlaceboMoved,
    /// Strata with too few drawn or too few not drawn were merged.
    MergedStrata,
    /// Objects with π = 1 are outside the estimand.
    CertainOutside,
    /// Inspectors were not assigned by lot: strictness and the places visited cannot be told apart.
    NotAssignedByLot,
    /// Fewer than two inspectors with enough visits.
    OneInspector,
    /// No object was visited twice, blind.
    NoDoubleInspection,
    /// No finding is shared by both visits.
    NoSharedFinding,
}

/// Effect within one wave.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WaveEffect {
    /// Name of the wave.
    pub wave: String,
    /// Its share in the stacked estimate.
    pub weight: f64,
    /// Drawn less not drawn.
    pub value: Option<f64>,
    /// p-value of re-drawing this wave alone, given its history.
    pub p: Option<f64>,
}

/// What a contrast rests on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ArmSupport {
    /// Rows (object × wave) of the drawn with a known outcome.
    pub n_drawn: u64,
    /// Rows of those not drawn with a known outcome.
    pub n_not_drawn: u64,
    /// Kish's effective size of the drawn.
    pub n_eff_drawn: f64,
    /// Kish's effective size of those not drawn.
    pub n_eff_not_drawn: f64,
    /// Largest share of one row in the weights of its arm.
    pub weight_share_max: f64,
    /// Rows with π = 1, outside the estimand.
    pub n_certain: u64,
    /// Rows without a known outcome.
    pub n_missing: u64,
    /// Strata or waves merged because an arm had too few.
    pub n_merged: u64,
    /// Drawn rows that were visited.
    pub n_visited: u64,
}

/// Effect by windows since the draw.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EventStudy {
    /// One point per event time, ascending; -1 is the reference and 0 by construction.
    pub points: Vec<EventPoint>,
    /// Cells.
    pub n_clusters: u64,
    /// Objects × waves.
    pub n_units: u64,
    /// Objects × waves × windows.
    pub n_rows: u64,
}

/// Effect at one event time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EventPoint {
    /// Windows since the draw.
    pub time: i32,
    /// Drawn less not yet drawn, against the reference window.
    pub effect: Effect,
    /// p-value: t with clusters less one degrees of freedom, or wild cluster bootstrap below 30 clusters.
    pub p: Option<f64>,
}

/// Which peers an exposure counts.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Peers {
    /// The same industry × district.
    Cell,
    /// The same industry at more than `from` up to `to` kilometres.
    Ring {
        /// Inner radius, km.
        from: f64,
        /// Outer radius, km.
        to: f64,
    },
    /// Other industries at that distance: a placebo.
    OtherIndustry {
        /// Inner radius, km.
        from: f64,
        /// Outer radius, km.
        to: f64,
    },
}

/// Effect of the share of peers drawn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct General {
    /// Which peers.
    pub peers: Peers,
    /// Change of the outcome when the share of peers drawn goes from 0 to 1 (β), exposure less the design's expectation.
    pub dose: Effect,
    /// Mean exposure: the share of peers drawn.
    pub mean_exposure: f64,
    /// Standard deviation of exposure less expectation.
    pub sd_exposure: f64,
    /// Rows with at least one peer and a known outcome.
    pub n: u64,
    /// Mean outcome in fifths of exposure less expectation, ascending.
    pub bins: Vec<DoseBin>,
}

/// Outcome at a level of exposure.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct DoseBin {
    /// Mean of exposure less expectation.
    pub exposure: f64,
    /// Mean outcome.
    pub outcome: f64,
    /// Rows.
    pub n: u64,
}

/// Means by kind of exposure, and differences to none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mapping {
    /// Name of the wave.
    pub wave: String,
    /// One entry per kind that every object compared can meet.
    pub kinds: Vec<ExposureMean>,
    /// Probabilities are exact, from all samples.
    pub exact: bool,
    /// Re-draws or samples behind the probabilities.
    pub n: u64,
    /// Objects compared: those that can meet every kind, or all.
    #[serde(default)]
    pub n_compared: u64,
    /// Objects of the wave that are not.
    #[serde(default)]
    pub n_outside: u64,
}

/// One kind of exposure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExposureMean {
    /// The kind.
    pub kind: ExposureKind,
    /// Objects observed under it.
    pub n: u64,
    /// Hájek mean.
    pub mean: Option<f64>,
    /// Hájek mean less that of no exposure.
    pub effect: Option<f64>,
    /// Conservative standard error of `effect`.
    pub se: Option<f64>,
}

/// Drawn oneself, a peer drawn, both, or neither.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExposureKind {
    /// Drawn, and a peer too.
    DirectAndIndirect,
    /// Drawn, no peer.
    Direct,
    /// A peer drawn, oneself not.
    Indirect,
    /// Neither.
    Neither,
}

/// An estimate of what cannot be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Placebo {
    /// What was looked at.
    pub what: PlaceboKind,
    /// Its estimate, 0 but for chance.
    pub effect: Effect,
}

/// A placebo.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlaceboKind {
    /// The outcome before the draw, drawn against not drawn.
    Before,
    /// An outcome the draw cannot move, drawn against not drawn.
    Outcome,
    /// Peers of other industries.
    Peers(Peers),
}

/// How many revisits are needed, and what can be seen.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Power {
    /// Effective revisits in the smaller arm.
    pub revisits: f64,
    /// Waves behind them.
    pub n_waves: u64,
    /// Rate without the effect that the figures below take: of the revisited not drawn, or 12 % where unknown.
    pub base_rate: f64,
    /// Rate with the effect that is asked for.
    pub effect_rate: f64,
    /// Revisits per arm that show it (80 % power, two-sided 5 %).
    pub revisits_needed: f64,
    /// Waves like these that bring so many; absent without revisits.
    pub waves_needed: Option<f64>,
    /// Largest rate below `base_rate` that the revisits at hand tell from it; absent where they tell none.
    pub visible_rate: Option<f64>,
    /// Smallest change of the primary outcome that the stacked contrast shows with 80 % power; absent without a standard error.
    pub visible_effect: Option<f64>,
    /// Whether revisits reach [`super::REVISITS_MIN`].
    pub enough: bool,
}

/// What was read of a wave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaveFacts {
    /// Name.
    pub wave: String,
    /// Day of the draw.
    pub drawn_on: crate::units::Day,
    /// Objects in the frame.
    pub n: u64,
    /// Drawn.
    pub n_drawn: u64,
    /// Drawn and visited.
    pub n_visited: u64,
    /// Objects with π = 1.
    pub n_certain: u64,
    /// Objects with a known outcome.
    pub n_outcome: u64,
    /// Revisits with a valid result: measurement stream.
    pub n_measure: u64,
    /// Revisits with a valid result: main stream.
    pub n_main: u64,
}
