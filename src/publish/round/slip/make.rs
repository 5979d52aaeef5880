//! Making a slip: the line is found, its path is made in a stream, and what it keeps is opened where that is asked.

use std::ops::Range;

use super::super::super::Error;
use super::super::commit::{committed_stratum, each_leaf, inner_digest, level_leaves};
use super::super::issue::check_sample;
use super::super::read::{SealedDraw, SealedRound};
use super::super::seal::{FORMAT, PublicDraw};
use super::{Hex16, HexFloat, OpenedLine, Sibling, Slip, SlipLine, key_of};
use crate::draw::{RoundSample, Seed, StratumSample, Stream};
use crate::units::{Digest, KeyedHash, MerkleRoot, Tag, merkle_path};

/// The slip of an object: plain, or opened with the sample that was drawn.
///
/// # Errors
/// A round whose proof is open, an object of no frame, a sample of another round, a frame that changed since it was read.
pub fn slip(
    round: &SealedRound,
    object_id: &str,
    opened: Option<&RoundSample>,
) -> Result<Slip, Error> {
    let Some(keyed) = round.committer.keyed() else {
        let text = "a slip belongs to a round with proof = \"sealed\": in an open one, frame.csv shows every object to everybody";
        return Err(Error::Key(text));
    };
    if let Some(sample) = opened {
        check_sample(round, sample)?;
    }
    let seal = String::from_utf8_lossy(&round.seal.to_json()).into_owned();
    let mut lines = Vec::new();
    for (index, draw) in round.draws.iter().enumerate() {
        let holder = Holder {
            round,
            keyed,
            public: &round.seal.draws[index],
            draw,
        };
        if let Some(found) = holder.find(object_id)? {
            let opened = opened.map(|sample| {
                let strata = &sample.draws[index].sample.strata;
                holder.opened(object_id, &found, &strata[found.stratum], &sample.seed)
            });
            lines.push(holder.line(object_id, &found, opened)?);
        }
    }
    if lines.is_empty() {
        return Err(Error::NotInFrame {
            id: object_id.to_owned(),
            round: round.seal.round.clone(),
        });
    }
    Ok(Slip {
        format: FORMAT,
        object_id: object_id.to_owned(),
        seal,
        seed_text: opened.map(|sample| sample.seed.text().to_owned()),
        lines,
    })
}

/// A draw that may hold the object.
struct Holder<'a> {
    round: &'a SealedRound,
    keyed: &'a KeyedHash,
    public: &'a PublicDraw,
    draw: &'a SealedDraw,
}

/// Where an object stands in a frame.
struct Found {
    index: u64,
    stratum: usize,
    size: u32,
}

impl Holder<'_> {
    fn find(&self, object_id: &str) -> Result<Option<Found>, Error> {
        let mut rows = self.draw.frame.rows()?;
        let mut index = 0;
        while let Some(row) = rows.next_row()? {
            if row.id == object_id {
                return Ok(Some(Found {
                    index,
                    stratum: row.stratum,
                    size: row.size,
                }));
            }
            index += 1;
        }
        Ok(None)
    }

    fn label(&self, found: &Found) -> &str {
        &self.draw.plan.strata[found.stratum].label
    }

    fn line(
        &self,
        object_id: &str,
        found: &Found,
        opened: Option<OpenedLine>,
    ) -> Result<SlipLine, Error> {
        let tag = self.keyed.tag(object_id.as_bytes());
        let stratum = committed_stratum(&self.public.name, self.label(found));
        Ok(SlipLine {
            draw: self.public.name.clone(),
            index: found.index,
            inner: inner_digest(self.round.seal.hash, &tag, &stratum, found.size),
            path: self.path(found.index)?,
            opened,
        })
    }

    /// The siblings of a line from the leaf up, the leaves made again in a stream.
    fn path(&self, index: u64) -> Result<Vec<Digest>, Error> {
        let hash = self.round.seal.hash;
        let ranges = sibling_ranges(index, 0..self.public.n_lines);
        let mut subtrees: Vec<(Range<u64>, MerkleRoot)> = ranges
            .into_iter()
            .map(|range| (range, MerkleRoot::new(hash)))
            .collect();
        let mut at = 0;
        each_leaf(
            hash,
            self.keyed,
            &self.public.name,
            &self.draw.frame,
            |leaf| {
                let sibling = subtrees.iter_mut().find(|(range, _)| range.contains(&at));
                if let Some((_, subtree)) = sibling {
                    subtree.push(leaf);
                }
                at += 1;
            },
        )?;
        Ok(subtrees.iter().map(|(_, subtree)| subtree.root()).collect())
    }

    fn opened(
        &self,
        object_id: &str,
        found: &Found,
        sample: &StratumSample,
        seed: &Seed,
    ) -> OpenedLine {
        let (hash, plan) = (self.round.seal.hash, &self.draw.plan);
        let Tag { tag, salt } = self.keyed.tag(object_id.as_bytes());
        let before = |stratum: &crate::plan::StratumPlan| stratum.levels.len();
        let before: usize = plan.strata[..found.stratum].iter().map(before).sum();
        let levels = &plan.strata[found.stratum].levels;
        let within = levels.partition_point(|level| level.size < found.size);
        let (row, leaves) = (
            before + within,
            level_leaves(hash, self.keyed, &self.public.name, plan),
        );
        let digests: Vec<Digest> = leaves.iter().map(|row| row.leaf).collect();
        let table = plan.levels_csv();
        let text = table.split_inclusive(|&byte| byte == b'\n').nth(row + 1);
        let ticketer = self.round.ticketer(seed, Stream::from(self.public.purpose));
        let ticket = ticketer.ticket(object_id.as_bytes());
        OpenedLine {
            stratum: self.label(found).to_owned(),
            level: found.size,
            tag: Hex16(tag),
            salt: Hex16(salt),
            level_row: String::from_utf8_lossy(text.unwrap_or_default()).into_owned(),
            level_salt: Hex16(leaves[row].salt),
            level_path: with_sides(merkle_path(hash, &digests, row), row, digests.len()),
            ticket,
            key: key_of(&levels[within], &ticket).map(HexFloat),
            threshold: sample.threshold().map(HexFloat),
            drawn: sample.drawn().any(|unit| unit.id == object_id),
        }
    }
}

/// The leaves below each sibling of leaf `index` on its way to the root, from the leaf up (RFC 6962 §2.1.1).
fn sibling_ranges(index: u64, tree: Range<u64>) -> Vec<Range<u64>> {
    let n = tree.end - tree.start;
    if n <= 1 {
        return Vec::new();
    }
    let split = tree.start + (1 << (n - 1).ilog2());
    let (left, right) = (tree.start..split, split..tree.end);
    let (below, sibling) = if index < split {
        (left, right)
    } else {
        (right, left)
    };
    let mut ranges = sibling_ranges(index, below);
    ranges.push(sibling);
    ranges
}

/// The siblings of leaf `index` of `n`, each with its side.
fn with_sides(path: Vec<Digest>, index: usize, n: usize) -> Vec<Sibling> {
    let ranges = sibling_ranges(index as u64, 0..n as u64);
    let side = |(range, digest): (Range<u64>, Digest)| {
        if range.end <= index as u64 {
            Sibling::Left(digest)
        } else {
            Sibling::Right(digest)
        }
    };
    ranges.into_iter().zip(path).map(side).collect()
}
