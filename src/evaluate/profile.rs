//! The distribution a run keeps of its frame, for a later run to be held against.

use serde::{Deserialize, Serialize};

use super::Error;
use crate::units::{AsOf, Digest, Spread};

/// Version of `profile.json`.
pub const PROFILE_FORMAT: u32 = 1;

/// How the frame of a run is spread over classes, scores and indicators: `internal/profile.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// [`PROFILE_FORMAT`].
    pub format: u32,
    /// Name of the job.
    pub job: String,
    /// 基准日.
    pub as_of: AsOf,
    /// Digest of the job's settings.
    pub settings: Digest,
    /// The model whose points set the classes.
    pub model: String,
    /// Classes, lowest first: code, name and smallest points.
    pub classes: Vec<ProfileClass>,
    /// Objects in the frame.
    pub n: u64,
    /// Columns, classes first, then scores, then indicators.
    pub columns: Vec<ProfileColumn>,
}

/// A class of a [`Profile`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProfileClass {
    /// Code.
    pub code: String,
    /// Name.
    pub name: String,
    /// Smallest points; absent for objects without a class.
    pub points_from: Option<u32>,
}

/// A column of a [`Profile`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProfileColumn {
    /// Name: `class`, a model, or an indicator.
    pub name: String,
    /// Chinese name.
    pub zh: String,
    /// English name.
    pub en: String,
    /// What it is.
    pub kind: ColumnKind,
    /// Its values over the frame.
    pub spread: Spread,
}

/// What a column of a [`Profile`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnKind {
    /// Class codes.
    Class,
    /// A model's score.
    Score,
    /// An indicator.
    Indicator,
}

impl Profile {
    /// `profile.json`, with one line feed at the end.
    ///
    /// # Errors
    /// When JSON cannot be made.
    pub fn to_json(&self) -> Result<Vec<u8>, Error> {
        let mut json = serde_json::to_vec(self).map_err(Error::Unwritable)?;
        json.push(b'\n');
        Ok(json)
    }

    /// Reads what [`Profile::to_json`] writes.
    ///
    /// # Errors
    /// When the text is no profile of this format.
    pub fn from_json(json: &[u8]) -> Result<Self, Error> {
        let profile: Self = serde_json::from_slice(json).map_err(Error::Unreadable)?;
        if profile.format == PROFILE_FORMAT {
            Ok(profile)
        } else {
            Err(Error::Format(profile.format))
        }
    }
}
