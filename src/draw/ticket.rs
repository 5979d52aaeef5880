//! 票号: sub-seed and tag to a digest, and the digest to a number between 0 and 1.

use crate::units::{Digest, HashName, KeyedHash, PrefixedHash};

/// A machine that tickets objects under one sub-seed.
#[derive(Clone, Debug)]
pub struct Ticketer {
    prefixed: PrefixedHash,
    /// Makes the tags of a sealed draw; in an open one an object's id is its tag.
    tags: Option<KeyedHash>,
}

impl Ticketer {
    /// Tickets under `sub_seed` (32 bytes in a draw; any length in the check vectors).
    #[must_use]
    pub fn new(hash: HashName, sub_seed: &[u8]) -> Self {
        Self {
            prefixed: PrefixedHash::new(hash, [sub_seed, b":"].concat()),
            tags: None,
        }
    }

    /// Tickets under `sub_seed` for a sealed draw: `tags` under the draw key stand for the ids.
    #[must_use]
    pub fn sealed(hash: HashName, sub_seed: &[u8], tags: KeyedHash) -> Self {
        Self {
            tags: Some(tags),
            ..Self::new(hash, sub_seed)
        }
    }

    /// H(sub-seed ‖ ':' ‖ tag) of the object `id`. It depends on nothing else: not on order, chunks or threads.
    ///
    /// ```
    /// use choucha::{draw::{Ticketer, unit_interval}, units::HashName};
    /// let ticketer = Ticketer::new(HashName::Sha256, b"2026-draw-001");
    /// let ticket = ticketer.ticket(b"91110000MA01ABCD23");
    /// assert_eq!(ticket.to_string(), "2643de951ca47a48f0b186fe5cc65026eab9993543540f10d0432f5054080b5d");
    /// assert_eq!(unit_interval(&ticket), 0.1494731058161437);
    /// ```
    #[must_use]
    pub fn ticket(&self, id: &[u8]) -> Digest {
        match &self.tags {
            None => self.prefixed.digest(id),
            Some(tags) => self.prefixed.digest(&tags.tag(id).tag),
        }
    }
}

/// u = (2m+1)/2^53, m = the top 52 bits of the ticket: 0 < u < 1, and both u and 1-u are exact.
#[must_use]
pub fn unit_interval(ticket: &Digest) -> f64 {
    let mut first = [0; 8];
    first.copy_from_slice(&ticket.0[..8]);
    let odd = (u64::from_be_bytes(first) >> 12) * 2 + 1;
    #[allow(clippy::cast_precision_loss, reason = "below 2^53")]
    let odd = odd as f64;
    odd / 9_007_199_254_740_992.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn u_never_reaches_zero_or_one() {
        let (least, greatest) = (
            unit_interval(&Digest([0; 32])),
            unit_interval(&Digest([255; 32])),
        );
        assert!(least > 0.0 && greatest < 1.0);
        assert_eq!((1.0 - greatest).to_bits(), least.to_bits());
    }
}
