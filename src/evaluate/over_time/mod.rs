//! Past rounds side by side: three lines, never one, and what moved the raw rate.
//!
//! The raw rate rises with targeting while the market stays the same, so it stands beside the rate under a fixed mix of
//! groups (`Σ W_h Ĥ_h`, direct standardisation) and beside the prevalence. The change of the raw rate between two rounds is
//! parted into mix, targeting and market ([`Change`]). Rounds come as plain values ([`RoundResults`]); only drawn objects
//! are held, so memory follows the visits, not the frame.

mod change;
mod trend;

use serde::{Deserialize, Serialize};

use super::estimates::{Figure, Support};
use super::hits::Note;
use super::{Answer, Error};
use crate::units::Day;

pub use change::Change;

/// A past round: its frame by group, and its drawn objects.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RoundResults {
    /// Name of the round.
    pub id: String,
    /// Day of the draw; results dated before it are refused.
    pub drawn_on: Day,
    /// The groups whose mix is held fixed (classes, else strata), with the objects of the frame in each. Rounds share groups
    /// by label.
    pub groups: Vec<RoundGroup>,
    /// Drawn objects, in any order.
    pub units: Vec<RoundUnit>,
    /// Results that named the round and were left out: of objects it did not draw.
    pub n_without_draw: u64,
    /// Results that named the round and were left out: of channels without a probability.
    pub n_other_channel: u64,
}

impl RoundResults {
    /// The round as JSON, with one line feed at the end.
    ///
    /// # Errors
    /// When JSON cannot be made.
    pub fn to_json(&self) -> Result<Vec<u8>, Error> {
        let mut json = serde_json::to_vec(self).map_err(Error::Unwritable)?;
        json.push(b'\n');
        Ok(json)
    }

    /// Reads what [`RoundResults::to_json`] writes.
    ///
    /// # Errors
    /// When the text is no round.
    pub fn from_json(json: &[u8]) -> Result<Self, Error> {
        serde_json::from_slice(json).map_err(Error::Unreadable)
    }
}

/// A group of a round's frame.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoundGroup {
    /// Code of the class, or label of the stratum.
    pub label: String,
    /// Objects in the frame.
    pub n_frame: u64,
}

/// A drawn object of a round.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RoundUnit {
    /// Internal key.
    pub key: u64,
    /// Place in [`RoundResults::groups`].
    pub group: u32,
    /// Variance stratum: any numbers, equal within a stratum of the draw.
    pub stratum: u32,
    /// Realised inclusion probability over all streams of the round, 0 < π ≤ 1.
    pub pi: f64,
    /// What came back.
    pub answer: Answer,
    /// Day of the visit, where known.
    pub inspected_on: Option<Day>,
}

/// Settings of `over_time`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OverTimeParams {
    /// Bootstrap replicates of the parts of a change.
    pub replicates: u32,
    /// Fewest valid results for a number.
    pub minimum: u64,
}

/// Past rounds side by side.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OverTime {
    /// The round whose frame gives the fixed mix: the last one.
    pub mix_of: String,
    /// The fixed mix.
    pub mix: Vec<MixShare>,
    /// One point per round, by day of the draw, then by name.
    pub points: Vec<TrendPoint>,
    /// Each round against the one before it.
    pub changes: Vec<Change>,
}

/// A group's share of the fixed mix.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MixShare {
    /// The group.
    pub label: String,
    /// Its share of the frame, 0 ..= 1.
    pub share: f64,
}

/// A round on the three lines.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrendPoint {
    /// Name of the round.
    pub id: String,
    /// Day of the draw.
    pub drawn_on: Day,
    /// Objects in the frame.
    pub n_frame: u64,
    /// Objects drawn.
    pub n_drawn: u64,
    /// Objects visited.
    pub n_visited: u64,
    /// Valid results.
    pub n: u64,
    /// Findings.
    pub hits: u64,
    /// What the estimates rest on.
    pub support: Support,
    /// 问题发现率 (Wilson).
    pub raw: Figure,
    /// The rate under the fixed mix (logit-t).
    pub standardised: Figure,
    /// 估计违规率 (Hájek, Rosén's variance, logit-t).
    pub prevalence: Figure,
    /// Why a number is absent, and what was left out.
    pub notes: Vec<Note>,
}

/// Puts rounds side by side; `None` without a round. `seed` moves the bootstrap alone; orders do not matter.
///
/// # Errors
/// Two rounds of one name, an object drawn twice in a round, a probability outside (0, 1], a group the round does not have,
/// a result dated before its draw.
pub fn over_time(
    params: OverTimeParams,
    rounds: &[RoundResults],
    seed: &[u8; 32],
) -> Result<Option<OverTime>, Error> {
    trend::over_time(params, rounds, seed)
}
