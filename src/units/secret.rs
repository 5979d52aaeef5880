//! 抽签密钥: the 32 secret bytes of one seal. They are never shown, logged or compared by a message.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use sm3::Sm3;

use super::digest::{Digest, HashName};

/// A fresh draw key. Whoever holds it can link every ticket to its object.
#[derive(Clone, PartialEq, Eq)]
pub struct DrawKey([u8; 32]);

/// What stands for an object in a sealed draw: the tag its ticket is made of, and the salt of its line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tag {
    /// First 16 bytes of HMAC(key, 'choucha/tag/v1' ‖ 00 ‖ id).
    pub tag: [u8; 16],
    /// Last 16 bytes of the same.
    pub salt: [u8; 16],
}

impl DrawKey {
    /// Takes 32 random bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Reads the one line of a key file: 64 lower-case hexadecimal digits.
    #[must_use]
    pub fn from_hex(text: &str) -> Option<Self> {
        Digest::from_hex(text).map(|digest| Self(digest.0))
    }

    /// The line of a key file; the only way to see a key.
    #[must_use]
    pub fn reveal(&self) -> String {
        Digest(self.0).to_string()
    }

    /// Gets ready to authenticate many messages.
    #[must_use]
    pub fn keyed(&self, hash: HashName) -> KeyedHash {
        const FITS: &str = "HMAC takes a key of any length";
        match hash {
            HashName::Sha256 => KeyedHash::Sha256(Hmac::new_from_slice(&self.0).expect(FITS)),
            HashName::Sm3 => KeyedHash::Sm3(Hmac::new_from_slice(&self.0).expect(FITS)),
        }
    }
}

impl fmt::Debug for DrawKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DrawKey(secret)")
    }
}

/// HMAC under one key (RFC 2104), its key block hashed once.
#[derive(Clone)]
pub enum KeyedHash {
    /// HMAC-SHA-256.
    Sha256(Hmac<Sha256>),
    /// HMAC-SM3.
    Sm3(Hmac<Sm3>),
}

impl fmt::Debug for KeyedHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyedHash(secret)")
    }
}

impl KeyedHash {
    /// HMAC(key, concatenation of `parts`).
    ///
    /// ```
    /// use choucha::units::{DrawKey, HashName};
    /// let keyed = DrawKey::from_bytes([0x0b; 32]).keyed(HashName::Sha256);
    /// assert_eq!(keyed.digest(&[b"Hi ", b"There"]), keyed.digest(&[b"Hi There"]));
    /// ```
    #[must_use]
    pub fn digest(&self, parts: &[&[u8]]) -> Digest {
        match self {
            Self::Sha256(mac) => Digest(finish(mac.clone(), parts)),
            Self::Sm3(mac) => Digest(finish(mac.clone(), parts)),
        }
    }

    /// Tag and line salt of an object.
    #[must_use]
    pub fn tag(&self, id: &[u8]) -> Tag {
        let Digest(bytes) = self.digest(&[b"choucha/tag/v1\0", id]);
        let (tag, salt) = bytes.split_at(16);
        let half = |bytes: &[u8]| bytes.try_into().expect("half of 32 bytes");
        Tag {
            tag: half(tag),
            salt: half(salt),
        }
    }

    /// HMAC(key, 'nonce/' ‖ name): keeps a digest of a small table from being guessed.
    #[must_use]
    pub fn nonce(&self, name: &str) -> Digest {
        self.digest(&[b"nonce/", name.as_bytes()])
    }
}

fn finish<M: Mac>(mut mac: M, parts: &[&[u8]]) -> [u8; 32] {
    for part in parts {
        mac.update(part);
    }
    let bytes = mac.finalize().into_bytes();
    bytes
        .as_slice()
        .try_into()
        .expect("both hashes give 32 bytes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_never_shown_by_debug() {
        let key = DrawKey::from_bytes([7; 32]);
        assert_eq!(format!("{key:?}"), "DrawKey(secret)");
        assert_eq!(
            format!("{:?}", key.keyed(HashName::Sha256)),
            "KeyedHash(secret)"
        );
    }

    #[test]
    fn hmac_is_what_rfc_2104_defines() {
        // H((K ^ opad) ‖ H((K ^ ipad) ‖ m))
        for hash in [HashName::Sha256, HashName::Sm3] {
            let key = [0xaa; 32];
            let pad = |byte: u8| {
                let mut block = [byte; 64];
                key.iter().zip(&mut block).for_each(|(k, b)| *b ^= k);
                block
            };
            let inner = hash.digest(&[&pad(0x36), b"message"]);
            let expected = hash.digest(&[&pad(0x5c), &inner.0]);
            let keyed = DrawKey::from_bytes(key).keyed(hash);
            assert_eq!(keyed.digest(&[b"mess", b"age"]), expected);
        }
    }
}
