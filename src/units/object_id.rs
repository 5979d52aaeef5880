//! Identity of an object: one normalised spelling, and a 64-bit key for the fact tables.

use std::fmt;

use thiserror::Error;
use unicode_normalization::UnicodeNormalization;

use super::digest::{Digest, HashName};

/// Longest normalised id, in UTF-8 bytes.
const BYTES_MAX: usize = 64;

/// Scheme of ids made from name and address.
pub const DERIVED: &str = "derived";

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

    /// The id of a subject that has no code (无统一社会信用代码的主体): `derived/` and 16 hexadecimal digits of SHA-256 over name,
    /// address and department with a zero byte between them. The same three texts always give the same id.
    ///
    /// ```
    /// use choucha::units::ObjectId;
    /// let id = ObjectId::derived("馆陶县供销社门市部", "新华街 12 号", "");
    /// assert!(id.as_str().starts_with("derived/") && id.as_str().len() == 24);
    /// assert_ne!(id, ObjectId::derived("馆陶县供销社门市部", "新华街 12 号", "民政局"));
    /// ```
    #[must_use]
    pub fn derived(name: &str, address: &str, department: &str) -> Self {
        let parts = [
            name.as_bytes(),
            &[0],
            address.as_bytes(),
            &[0],
            department.as_bytes(),
        ];
        let digest = HashName::Sha256.digest(&parts).to_string();
        Self(format!("{DERIVED}/{}", digest[..16].to_uppercase()))
    }

    /// Whether a text is an id in normal form: the whole, or what follows a scheme and the first slash, is its own NFKC,
    /// trimmed, upper-case form.
    ///
    /// ```
    /// use choucha::units::ObjectId;
    /// assert!(ObjectId::is_normal("91110000802100433B") && ObjectId::is_normal("licence/1144"));
    /// assert!(!ObjectId::is_normal("91110000802100433b") && !ObjectId::is_normal(" 1144"));
    /// ```
    #[must_use]
    pub fn is_normal(text: &str) -> bool {
        let below_scheme = |(scheme, rest): (&str, &str)| is_scheme(scheme) && is_folded(rest);
        text.len() <= BYTES_MAX
            && (is_folded(text) || text.split_once('/').is_some_and(below_scheme))
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

fn is_folded(text: &str) -> bool {
    if text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return !text.is_empty() && !text.bytes().any(|byte| byte.is_ascii_lowercase());
    }
    ObjectId::normalise("uscc", text).is_ok_and(|id| id.0 == text)
}

fn is_scheme(text: &str) -> bool {
    let plain = !text.is_empty() && !text.chars().any(char::is_control);
    plain && text.nfkc().collect::<String>().trim() == text
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_one_spelling() {
        let most = "9".repeat(64);
        for id in [
            "91110000802100433B",
            "licence/1144",
            "甲",
            "许可/乙/3",
            "A B",
            &most,
        ] {
            assert!(ObjectId::is_normal(id), "{id}");
        }
        let over = "9".repeat(65);
        for id in [
            "",
            "a",
            " A",
            "A ",
            "Ａ",
            "A\u{7f}",
            "licence/x",
            "/x",
            " l/A",
            "ﬁ/A",
            &over,
        ] {
            assert!(!ObjectId::is_normal(id), "{id}");
        }
    }

    #[test]
    fn what_is_normalised_is_normal() {
        for (scheme, raw) in [
            ("uscc", " ９１x "),
            ("licence", "食字１１４４号"),
            ("许可", "ß"),
        ] {
            let id = ObjectId::normalise(scheme, raw).unwrap();
            assert!(ObjectId::is_normal(id.as_str()), "{id}");
        }
    }
}
