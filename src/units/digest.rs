//! Named hashes and digests. The hash is a named part of the plan; this is the only place that knows a hash package.

use std::fmt;
use std::io::{self, Write};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::block_api::compress256;
use sha2::{Digest as _, Sha256};
use sm3::Sm3;

/// The hash a plan names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HashName {
    /// SHA-256 (FIPS 180-4).
    #[default]
    Sha256,
    /// 国密 SM3 (GB/T 32905-2016).
    Sm3,
}

impl HashName {
    /// Digest of the concatenation of `parts`.
    ///
    /// ```
    /// use choucha::units::HashName;
    /// let digest = HashName::Sha256.digest(&[b"a", b"bc"]);
    /// assert!(digest.to_string().starts_with("ba7816bf8f01cfea"));
    /// // GB/T 32905-2016, example 1
    /// let digest = HashName::Sm3.digest(&[b"abc"]);
    /// assert!(digest.to_string().starts_with("66c7f0f462eeedd9"));
    /// ```
    #[must_use]
    pub fn digest(self, parts: &[&[u8]]) -> Digest {
        match self {
            Self::Sha256 => Digest(of_parts::<Sha256>(parts).into()),
            Self::Sm3 => Digest(of_parts::<Sm3>(parts).into()),
        }
    }

    /// Digest of `tag ‖ 00 ‖ bytes`: the tag keeps digests made for one purpose from serving another.
    #[must_use]
    pub fn tagged(self, tag: &str, bytes: &[u8]) -> Digest {
        self.digest(&[tag.as_bytes(), &[0], bytes])
    }
}

fn of_parts<D: sha2::Digest>(parts: &[&[u8]]) -> sha2::digest::Output<D> {
    let mut hasher = D::new();
    for part in parts {
        hasher.update(part);
    }
    hasher.finalize()
}

/// A hash of many short messages that begin alike, such as the tickets of one stream: one block each, nothing allocated.
#[derive(Clone, Debug)]
pub struct PrefixedHash {
    hash: HashName,
    prefix: Vec<u8>,
    block: [u8; 64],
}

impl PrefixedHash {
    /// First words of the fractional parts of the square roots of the first eight primes (FIPS 180-4 §5.3.3).
    const SHA256_START: [u32; 8] = [
        0x6a09_e667,
        0xbb67_ae85,
        0x3c6e_f372,
        0xa54f_f53a,
        0x510e_527f,
        0x9b05_688c,
        0x1f83_d9ab,
        0x5be0_cd19,
    ];
    /// What padding leaves of one block.
    const ONE_BLOCK: usize = 55;

    /// Gets ready to hash messages that begin with `prefix`.
    #[must_use]
    pub fn new(hash: HashName, prefix: Vec<u8>) -> Self {
        let mut block = [0; 64];
        if prefix.len() <= Self::ONE_BLOCK {
            block[..prefix.len()].copy_from_slice(&prefix);
        }
        Self {
            hash,
            prefix,
            block,
        }
    }

    /// Digest of `prefix ‖ tail`.
    ///
    /// ```
    /// use choucha::units::{HashName, PrefixedHash};
    /// let prefixed = PrefixedHash::new(HashName::Sha256, b"a".to_vec());
    /// assert_eq!(prefixed.digest(b"bc"), HashName::Sha256.digest(&[b"abc"]));
    /// ```
    #[must_use]
    pub fn digest(&self, tail: &[u8]) -> Digest {
        let (start, end) = (self.prefix.len(), self.prefix.len() + tail.len());
        if end > Self::ONE_BLOCK || self.hash != HashName::Sha256 {
            return self.hash.digest(&[&self.prefix, tail]);
        }
        let mut block = self.block;
        block[start..end].copy_from_slice(tail);
        block[end] = 0x80;
        block[62..].copy_from_slice(
            &u16::try_from(8 * end)
                .expect("at most 440 bits")
                .to_be_bytes(),
        );
        let mut state = Self::SHA256_START;
        compress256(&mut state, &[block]);
        let mut bytes = [0; 32];
        for (word, out) in state.iter().zip(bytes.chunks_exact_mut(4)) {
            out.copy_from_slice(&word.to_be_bytes());
        }
        Digest(bytes)
    }
}

/// 32 bytes, written as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// Reads 64 lower-case hexadecimal digits.
    #[must_use]
    pub fn from_hex(text: &str) -> Option<Self> {
        let digit = |byte: u8| match byte {
            b'0'..=b'9' => Some(byte - b'0'),
            b'a'..=b'f' => Some(byte - b'a' + 10),
            _ => None,
        };
        let text = text.as_bytes();
        if text.len() != 64 {
            return None;
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
            *byte = digit(pair[0])? << 4 | digit(pair[1])?;
        }
        Some(Self(bytes))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::from_hex(&text).ok_or_else(|| {
            serde::de::Error::custom("a digest must be 64 lower-case hexadecimal digits")
        })
    }
}

/// Passes bytes on to `inner` and digests them on the way.
pub struct DigestWriter<W> {
    inner: W,
    hasher: Hasher,
}

enum Hasher {
    Sha256(Sha256),
    Sm3(Sm3),
}

impl<W: Write> DigestWriter<W> {
    /// Starts a SHA-256 digest, as every file has, over everything that will be written to `inner`.
    pub fn new(inner: W) -> Self {
        Self::with(HashName::Sha256, inner, &[])
    }

    /// Starts a digest of `hash` over `prefix` and everything that will be written to `inner`.
    pub fn with(hash: HashName, inner: W, prefix: &[u8]) -> Self {
        let mut hasher = match hash {
            HashName::Sha256 => Hasher::Sha256(Sha256::new()),
            HashName::Sm3 => Hasher::Sm3(Sm3::new()),
        };
        hasher.update(prefix);
        Self { inner, hasher }
    }

    /// The writer back, and the digest of what went through.
    pub fn finish(self) -> (W, Digest) {
        let digest = match self.hasher {
            Hasher::Sha256(hasher) => hasher.finalize().into(),
            Hasher::Sm3(hasher) => hasher.finalize().into(),
        };
        (self.inner, Digest(digest))
    }
}

impl Hasher {
    fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha256(hasher) => hasher.update(bytes),
            Self::Sm3(hasher) => hasher.update(bytes),
        }
    }
}

impl<W: Write> Write for DigestWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
