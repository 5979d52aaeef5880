//! 承诺: digests that bind what is not shown. Lines and levels hang in Merkle trees (RFC 6962), tables are salted whole.

use std::io;
use std::path::Path;

use rayon::prelude::*;

use super::super::frame::SealedFrame;
use super::super::{Error, folder};
use crate::plan::{Proof, SealedPlan};
use crate::units::{
    Digest, DigestWriter, DrawKey, FramePart, FrameSource, HashName, KeyedHash, MerkleRoot, Tag,
    in_waves, leaf_hash,
};

/// What a seal's digests are made with: the round's hash and, where it is sealed, its key.
pub(super) struct Committer {
    pub(super) hash: HashName,
    keyed: Option<KeyedHash>,
}

/// What an opened level row is shown with.
pub(super) struct LevelLeaf {
    pub(super) salt: [u8; 16],
    pub(super) leaf: Digest,
}

impl Committer {
    /// Refuses a key where the proof has none, and none where it has one.
    pub(super) fn new(hash: HashName, proof: Proof, key: Option<&DrawKey>) -> Result<Self, Error> {
        match (proof, key) {
            (Proof::Sealed, None) => Err(Error::Key(
                "a round with proof = \"sealed\" needs its draw key (抽签密钥)",
            )),
            (Proof::Open, Some(_)) => Err(Error::Key(
                "a round with proof = \"open\" has no draw key (抽签密钥)",
            )),
            (_, key) => Ok(Self {
                hash,
                keyed: key.map(|key| key.keyed(hash)),
            }),
        }
    }

    /// HMAC under the draw key; none in an open proof.
    pub(super) fn keyed(&self) -> Option<&KeyedHash> {
        self.keyed.as_ref()
    }

    /// H(name ‖ 00 ‖ nonce ‖ bytes).
    pub(super) fn table(&self, name: &str, bytes: &[u8]) -> Digest {
        let nonce = self.nonce(name);
        self.hash.digest(&[name.as_bytes(), &[0], &nonce, bytes])
    }

    /// The same, of a file that is read in pieces.
    pub(super) fn table_in(&self, name: &str, path: &Path) -> Result<Digest, Error> {
        let prefix = [name.as_bytes(), &[0], &self.nonce(name)].concat();
        folder::digest_with(DigestWriter::with(self.hash, io::sink(), &prefix), path)
    }

    /// HMAC(key, 'nonce/' ‖ name); nothing in an open proof.
    pub(super) fn nonce(&self, name: &str) -> Vec<u8> {
        let nonce = |keyed: &KeyedHash| keyed.nonce(name).0.to_vec();
        self.keyed.as_ref().map(nonce).unwrap_or_default()
    }

    /// What commits to the plan of a draw.
    pub(super) fn plan(&self, draw: &str, json: &[u8]) -> Digest {
        self.table(&format!("plan/{draw}"), json)
    }

    /// What commits to the frame of a draw.
    pub(super) fn lines(
        &self,
        draw: &str,
        plan: &SealedPlan,
        frame: &SealedFrame,
    ) -> Result<Digest, Error> {
        let Some(keyed) = &self.keyed else {
            return Ok(plan.frame_digest);
        };
        let mut tree = MerkleRoot::new(self.hash);
        each_leaf(self.hash, keyed, draw, frame, |leaf| tree.push(leaf))?;
        Ok(tree.root())
    }

    /// What commits to the level table of a draw.
    pub(super) fn levels(&self, draw: &str, plan: &SealedPlan) -> Digest {
        let Some(keyed) = &self.keyed else {
            return HashName::Sha256.digest(&[&plan.levels_csv()]);
        };
        let mut tree = MerkleRoot::new(self.hash);
        for row in level_leaves(self.hash, keyed, draw, plan) {
            tree.push(row.leaf);
        }
        tree.root()
    }
}

/// H('choucha/key/v1' ‖ 00 ‖ key).
pub(super) fn key_digest(hash: HashName, key: &DrawKey) -> Digest {
    let key = Digest::from_hex(&key.reveal()).expect("a key is written as a digest is");
    hash.tagged("choucha/key/v1", &key.0)
}

/// H('choucha/line/v1' ‖ 00 ‖ salt ‖ u32be length ‖ stratum ‖ u32be level ‖ tag).
pub(super) fn inner_digest(hash: HashName, tag: &Tag, stratum: &str, level: u32) -> Digest {
    let length = u32::try_from(stratum.len()).expect("a label is shorter than 4 GiB");
    hash.digest(&[
        b"choucha/line/v1\0",
        &tag.salt,
        &length.to_be_bytes(),
        stratum.as_bytes(),
        &level.to_be_bytes(),
        &tag.tag,
    ])
}

/// H(00 ‖ u16be length ‖ id ‖ inner digest).
pub(super) fn line_leaf(hash: HashName, id: &[u8], inner: &Digest) -> Digest {
    let length = u16::try_from(id.len()).expect("an id has at most 64 bytes");
    leaf_hash(hash, &[&length.to_be_bytes(), id, &inner.0])
}

/// The stratum as a line commits it.
pub(super) fn committed_stratum(draw: &str, label: &str) -> String {
    format!("{draw}/{label}")
}

/// Hands on the leaves of a draw's frame in their order; stretches are hashed side by side, one per thread in memory.
pub(super) fn each_leaf(
    hash: HashName,
    keyed: &KeyedHash,
    draw: &str,
    frame: &SealedFrame,
    mut each: impl FnMut(Digest),
) -> Result<(), Error> {
    let strata: Vec<String> = frame
        .strata()
        .iter()
        .map(|label| committed_stratum(draw, label))
        .collect();
    let leaves = |part: usize| {
        let rows = frame
            .part(part)
            .map_err(|error| folder::changed(frame.file(), &error))?;
        Ok(leaves_of(hash, keyed, &strata, &rows))
    };
    in_waves(frame.n_parts(), leaves, |wave, _| {
        wave.into_iter().flatten().for_each(&mut each);
    })
}

fn leaves_of(
    hash: HashName,
    keyed: &KeyedHash,
    strata: &[String],
    rows: &FramePart,
) -> Vec<Digest> {
    let leaf = |row: usize| {
        let (id, stratum) = (rows.ids.bytes(row), &strata[rows.stratum[row] as usize]);
        let inner = inner_digest(hash, &keyed.tag(id), stratum, rows.size[row]);
        line_leaf(hash, id, &inner)
    };
    let rows = (0..rows.ids.len()).into_par_iter();
    rows.with_min_len(1 << 10).map(leaf).collect()
}

/// Salts and leaves of the level table of a draw, in file order.
pub(super) fn level_leaves(
    hash: HashName,
    keyed: &KeyedHash,
    draw: &str,
    plan: &SealedPlan,
) -> Vec<LevelLeaf> {
    let table = plan.levels_csv();
    let lines = table.split_inclusive(|&byte| byte == b'\n').skip(1);
    let of_stratum = |stratum: &crate::plan::StratumPlan| {
        let label = stratum.label.clone();
        let sizes: Vec<u32> = stratum.levels.iter().map(|level| level.size).collect();
        sizes.into_iter().map(move |size| (label.clone(), size))
    };
    let levels = plan.strata.iter().flat_map(of_stratum);
    levels
        .zip(lines)
        .map(|((label, size), row)| {
            let salt = level_salt(keyed, draw, &label, size);
            LevelLeaf {
                salt,
                leaf: level_leaf(hash, &salt, row),
            }
        })
        .collect()
}

/// HMAC(key, 'choucha/level/v1' ‖ 00 ‖ draw ‖ 00 ‖ stratum ‖ 00 ‖ u32be level)[:16].
fn level_salt(keyed: &KeyedHash, draw: &str, stratum: &str, level: u32) -> [u8; 16] {
    let Digest(bytes) = keyed.digest(&[
        b"choucha/level/v1\0",
        draw.as_bytes(),
        &[0],
        stratum.as_bytes(),
        &[0],
        &level.to_be_bytes(),
    ]);
    bytes[..16].try_into().expect("16 of 32 bytes")
}

/// H(00 ‖ H('choucha/level/v1' ‖ 00 ‖ salt ‖ row)).
pub(super) fn level_leaf(hash: HashName, salt: &[u8; 16], row: &[u8]) -> Digest {
    let row = hash.tagged("choucha/level/v1", &[salt, row].concat());
    leaf_hash(hash, &[&row.0])
}
