//! 公共随机种子: seal digest and beacon to the seed, and the seed to the sub-seed of each stream.

use unicode_normalization::UnicodeNormalization;

use super::Error;
use crate::units::{Digest, HashName};

/// A seed that one seal and one beacon make: another seal, another seed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seed {
    hash: HashName,
    text: String,
    source: String,
    digest: Digest,
}

/// What a sub-seed is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// The inspection targets.
    Targets,
    /// The measurement stream.
    Measure,
    /// The inspectors.
    Assign,
    /// Whatever else must be broken by chance.
    Ties,
}

/// 32 bytes that stand before the ':' of every ticket of one stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SubSeed(pub [u8; 32]);

impl Seed {
    /// H('choucha/seed/v1' ‖ 00 ‖ seal digest ‖ beacon); the beacon is `text` in NFKC, trimmed, as UTF-8. `source`
    /// says where it comes from and is only recorded.
    ///
    /// # Errors
    /// [`Error::UnusableSeed`] when either text is empty or holds control characters.
    ///
    /// ```
    /// use choucha::{draw::Seed, units::{Digest, HashName}};
    /// let seed = |text| Seed::new(HashName::Sha256, &Digest([7; 32]), text, "骰子").unwrap();
    /// assert_eq!(seed(" １２ 34 "), seed("12 34"));
    /// ```
    pub fn new(hash: HashName, seal: &Digest, text: &str, source: &str) -> Result<Self, Error> {
        let (text, source) = (
            normalised("seed", text)?,
            normalised("seed source", source)?,
        );
        let digest = hash.tagged("choucha/seed/v1", &[&seal.0, text.as_bytes()].concat());
        Ok(Self {
            hash,
            text,
            source,
            digest,
        })
    }

    /// The beacon, normalised.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Where the beacon comes from.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The seed itself: 32 bytes.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// H('choucha/TAG/v1' ‖ 00 ‖ seed).
    #[must_use]
    pub fn sub_seed(&self, stream: Stream) -> SubSeed {
        let tag = match stream {
            Stream::Targets => "choucha/targets/v1",
            Stream::Measure => "choucha/measure/v1",
            Stream::Assign => "choucha/assign/v1",
            Stream::Ties => "choucha/ties/v1",
        };
        SubSeed(self.hash.tagged(tag, &self.digest.0).0)
    }
}

fn normalised(what: &'static str, text: &str) -> Result<String, Error> {
    let folded = text.nfkc().collect::<String>().trim().to_owned();
    if folded.is_empty() || folded.chars().any(char::is_control) {
        return Err(Error::UnusableSeed {
            what,
            text: text.to_owned(),
        });
    }
    Ok(folded)
}
