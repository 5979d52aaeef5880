//! 回执: proves to one business that it stood in a sealed frame before the seed existed, and, opened, with which chance.

mod make;
mod verify;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use make::slip;
pub use verify::{SlipVerified, verify_slip};

use crate::draw::{pareto_key, unit_interval};
use crate::plan::Level;
use crate::units::{Digest, format_hex, parse_hex};

/// How a slip is called in an error.
const SLIP: &str = "slip";

/// A slip: the seal as text, and one line per draw whose frame holds the object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Slip {
    /// Version of the format: 2.
    pub format: u32,
    /// The object.
    pub object_id: String,
    /// The bytes of `seal.json`.
    pub seal: String,
    /// The beacon; none in a plain slip.
    pub seed_text: Option<String>,
    /// Where the object stood, in the order of the draws.
    pub lines: Vec<SlipLine>,
}

/// The object's line in one draw.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SlipLine {
    /// Name of the draw.
    pub draw: String,
    /// Place of the line, from 0.
    pub index: u64,
    /// Digest of what the line keeps from the public.
    pub inner: Digest,
    /// Siblings from the leaf up.
    pub path: Vec<Digest>,
    /// What the line keeps from the public; none in a plain slip.
    pub opened: Option<OpenedLine>,
}

/// What a line keeps from the public, opened to the business in a dispute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenedLine {
    /// Label of its stratum.
    pub stratum: String,
    /// 规模度量.
    pub level: u32,
    /// What its ticket is made of.
    pub tag: Hex16,
    /// Salt of the line.
    pub salt: Hex16,
    /// Its row of the level table, with its line feed.
    pub level_row: String,
    /// Salt of the row.
    pub level_salt: Hex16,
    /// Siblings from the row's leaf up. Each says its side, so that the number of rows stays internal.
    pub level_path: Vec<Sibling>,
    /// 票号.
    pub ticket: Digest,
    /// Its key; none where nothing is ranked.
    pub key: Option<HexFloat>,
    /// The largest drawn key of its stratum; none where nothing is ranked.
    pub threshold: Option<HexFloat>,
    /// Whether this draw drew it.
    pub drawn: bool,
}

/// A sibling on the way from a leaf to the root.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sibling {
    /// It stands to the left.
    Left(Digest),
    /// It stands to the right.
    Right(Digest),
}

/// 16 bytes, written as 32 lower-case hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hex16(pub [u8; 16]);

/// A double, written as hexadecimal text.
#[derive(Clone, Copy, Debug)]
pub struct HexFloat(pub f64);

impl PartialEq for HexFloat {
    fn eq(&self, other: &Self) -> bool {
        self.0.to_bits() == other.0.to_bits()
    }
}

impl Eq for HexFloat {}

impl Serialize for Hex16 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let digits = self.0.iter().map(|byte| format!("{byte:02x}"));
        serializer.serialize_str(&digits.collect::<String>())
    }
}

impl<'de> Deserialize<'de> for Hex16 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let half = "0".repeat(32);
        let digest = Digest::from_hex(&format!("{text}{half}"));
        let bytes = digest.and_then(|digest| digest.0[..16].try_into().ok());
        let rule = "16 bytes must be 32 lower-case hexadecimal digits";
        bytes
            .map(Self)
            .ok_or_else(|| serde::de::Error::custom(rule))
    }
}

impl Serialize for HexFloat {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&format_hex(self.0))
    }
}

impl<'de> Deserialize<'de> for HexFloat {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let rule = "a float must be written in hexadecimal";
        parse_hex(&text)
            .map(Self)
            .ok_or_else(|| serde::de::Error::custom(rule))
    }
}

impl Slip {
    /// The bytes of the slip.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        let mut bytes =
            serde_json::to_vec_pretty(self).expect("a slip holds nothing that JSON cannot");
        bytes.push(b'\n');
        bytes
    }
}

/// The key of an object of a level; none where nothing is ranked.
fn key_of(level: &Level, ticket: &Digest) -> Option<f64> {
    let lambda = level.lambda.filter(|_| !level.take_all);
    lambda.map(|lambda| pareto_key(unit_interval(ticket), lambda))
}
