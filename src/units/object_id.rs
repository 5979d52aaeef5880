//! Identity of an object: one normalised spelling, and a 64-bit key for the fact tables.

use std::fmt;

use thiserror::Error;
use unicode_normalization::UnicodeNormalization;

use super::digest::{Digest, HashName};

/// Longest normalised id, in UTF-8 bytes.
const BYTES_MAX: usize = 64;

/// 检查对象标识: NFKC, trimmed, upper case; 统一社会信用代码 and 15-digit 注册号 bare, every other scheme as `scheme/…`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId(String);

/// Why a text cannot be an object id.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum UnusableId {
    /// Nothing is left after trimming.
    #[error("an object id must not be empty")]
    Empty,
    /// Longer than 64 bytes.
    #[error("an object id must have at most 64 bytes, this one has {0}")]
    TooLong(usize),
    /// Control characters cannot be published in a line of text.
    #[error("an object id must not contain control characters")]
    Control,
}

impl ObjectId {
    /// Normalises `raw` under `scheme` (`uscc` and `reg15` are written bare).
    ///
    /// ```
    /// use choucha::units::ObjectId;
    /// let id = ObjectId::normalise("uscc", " ９１110000802100433b ").unwrap();
    /// assert_eq!(id.as_str(), "91110000802100433B");
    /// assert_eq!(ObjectId::normalise("licence", "1144").unwrap().as_str(), "licence/1144");
    /// ```
    ///
    /// # Errors
    /// [`UnusableId`] names the broken rule.
    pub fn normalise(scheme: &str, raw: &str) -> Result<Self, UnusableId> {
        let folded: String = raw.nfkc().collect::<String>().trim().to_uppercase();
        if folded.is_empty() {
            return Err(UnusableId::Empty);
        }
        if folded.chars().any(char::is_control) {
            return Err(UnusableId::Control);
        }
        let id = match scheme {
            "uscc" | "reg15" => folded,
            other => format!("{other}/{folded}"),
        };
        if id.len() > BYTES_MAX {
            return Err(UnusableId::TooLong(id.len()));
        }
        Ok(Self(id))
    }

    /// The normalised text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The key of this id in the fact tables.
    #[must_use]
    pub fn key(&self) -> ObjectKey {
        ObjectKey::of(&self.0)
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Internal 64-bit key of an object; never in a public digest, ticket or order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectKey(pub u64);

impl ObjectKey {
    /// First 8 bytes, big-endian, of SHA-256 of the normalised id.
    #[must_use]
    pub fn of(id: &str) -> Self {
        Self(word(&HashName::Sha256.digest(&[id.as_bytes()]), 0))
    }

    /// Digest bytes 8 to 16: the key the later of two colliding ids takes.
    #[must_use]
    pub fn second(id: &str) -> Self {
        Self(word(&HashName::Sha256.digest(&[id.as_bytes()]), 8))
    }
}

fn word(digest: &Digest, from: usize) -> u64 {
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&digest.0[from..from + 8]);
    u64::from_be_bytes(bytes)
}
