//! How much does a seal cost beyond its hashes? A sealed round of one draw, written whole, against tagging and hashing the
//! same lines into the same Merkle tree alone.
//!
//! `cargo bench --bench seal [-- N …]`: each size in a process of its own, hash and seal by turns; the objects are made a
//! partition at a time, the seal is written to `target/bench-data`. The root that the hashing alone finds must be the one
//! in the seal.
#![allow(clippy::print_stdout, reason = "a benchmark prints what it measured")]

mod support;

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use choucha::plan::{Proof, Purpose, SeedRule};
use choucha::publish::{DrawInput, PublicSeal, SealFacts, write_round};
use choucha::units::{
    Digest, FrameSource, HashName, KeyedHash, MerkleRoot, Meter, in_waves, leaf_hash,
};
use rayon::prelude::*;
use serde_json::json;
use support::frame::{Frame, STRATA, Seconds, id, key, params, place};
use support::{again, as_of, forget_peak, kept, measure, median, peak_mb, rate, sizes, words};

const ROUNDS: usize = 3;
/// The one draw of the round.
const DRAW: &str = "GT-01";
/// Lines that are hashed side by side, and handed on in order.
const STRETCH: usize = 1 << 16;

fn main() {
    let words = words();
    if words.first().is_some_and(|word| word == "child") {
        return child(words[1].parse().expect("a number of objects"));
    }
    println!("                  seconds of the clock      ratio to hash");
    println!(
        "   objects      hash   frames   commit      seal     clock       cpu   M objects/s   peak MB"
    );
    for n in sizes(&words, &[100_000, 1_000_000, 10_000_000]) {
        print!(
            "{}",
            measure(&mut again(&["child", &n.to_string()])).printed
        );
    }
}

fn child(n: usize) {
    let (mut hash, mut seal, mut steps) = (Vec::new(), Vec::new(), Vec::new());
    let mut peak = 0.0_f64;
    for _ in 0..ROUNDS {
        let (mut root, mut sealed) = (None, None);
        hash.push(Seconds::of(|| root = Some(root_alone(n))));
        forget_peak();
        let started = Instant::now();
        let reached = Arc::new(Mutex::new(BTreeMap::new()));
        let listener = reached.clone();
        let meter = Meter::new(move |step, _, _| {
            let mut reached = listener.lock().expect("nobody panics");
            reached.insert(step.to_owned(), started.elapsed().as_secs_f64());
        });
        seal.push(Seconds::of(|| sealed = Some(seal_round(n as u64, &meter))));
        peak = peak.max(peak_mb("/proc/self/status"));
        let reached = reached.lock().expect("nobody panics").clone();
        steps.push((
            reached["seal draws"],
            reached["commit"] - reached["seal draws"],
        ));
        assert_eq!(root, sealed.map(|seal| seal.draws[0].lines));
    }
    let clock = |all: &[Seconds]| median(&all.iter().map(|one| one.clock).collect::<Vec<_>>());
    let ratio = |of: fn(&Seconds) -> f64| {
        let pairs = seal.iter().zip(&hash);
        median(
            &pairs
                .map(|(seal, hash)| of(seal) / of(hash))
                .collect::<Vec<_>>(),
        )
    };
    println!(
        "{n:>10} {:>9.3} {:>8.3} {:>8.3} {:>9.3} {:>9.2} {:>9.2} {:>13.2} {peak:>9.0}",
        clock(&hash),
        median(&steps.iter().map(|step| step.0).collect::<Vec<_>>()),
        median(&steps.iter().map(|step| step.1).collect::<Vec<_>>()),
        clock(&seal),
        ratio(|seconds| seconds.clock),
        ratio(|seconds| seconds.cpu),
        rate(n as u64, clock(&seal))
    );
}

/// Seals a round over `n` objects into a folder that is gone afterwards.
fn seal_round(n: u64, meter: &Meter) -> PublicSeal {
    let dir = tempfile::tempdir_in(kept("")).expect("target can be written");
    let (frame, params) = (Frame::made(n), params(Proof::Sealed));
    let labels = vec!["全部".to_owned(); frame.strata().len()];
    let draw = DrawInput {
        name: DRAW,
        department: "馆陶县市场监督管理局",
        purpose: Purpose::Targets,
        params: &params,
        frame: &frame,
        public_labels: &labels,
        base: None,
    };
    let (key, tables) = (key(), BTreeMap::new());
    let seal = write_round(&facts(), &[draw], &tables, Some(&key), dir.path(), meter);
    seal.expect("the round can be sealed")
}

fn facts() -> SealFacts {
    SealFacts {
        round: "GT-2025-01".to_owned(),
        sequence: 1,
        previous_head: Digest([7; 32]),
        supersedes: None,
        title: "bench".to_owned(),
        as_of: as_of(),
        synthetic: true,
        rehearsal: true,
        proof: Proof::Sealed,
        hash: HashName::Sha256,
        lead: "馆陶县市场监督管理局".to_owned(),
        partners: Vec::new(),
        programme: None,
        seed_rule: seed_rule(),
        exclusions: Vec::new(),
    }
}

fn seed_rule() -> SeedRule {
    let rule = json!({
        "source": "馆陶县公证处", "event": "1", "not_before": "2025-07-01T21:15:00+08:00",
        "written": "十六位十六进制数", "form": {"kind": "hex", "digits": 16}
    });
    serde_json::from_value(rule).expect("a seed rule")
}

/// What commits to the lines of the frame, from nothing but hashes: tags and leaves side by side, then the tree.
fn root_alone(n: usize) -> Digest {
    let (keyed, mut tree) = (
        key().keyed(HashName::Sha256),
        MerkleRoot::new(HashName::Sha256),
    );
    let strata = STRATA.map(|label| format!("{DRAW}/{label}"));
    let leaf = |index: usize| line_leaf(&keyed, &strata, index as u64);
    let leaves = |stretch: usize| {
        let lines = (stretch * STRETCH..n.min((stretch + 1) * STRETCH)).into_par_iter();
        Ok::<Vec<Digest>, Infallible>(lines.with_min_len(1 << 10).map(leaf).collect())
    };
    let Ok(()) = in_waves(n.div_ceil(STRETCH), leaves, |wave, _| {
        wave.into_iter().flatten().for_each(|leaf| tree.push(leaf));
    });
    tree.root()
}

/// As `src/publish/FORMAT.md` has it.
fn line_leaf(keyed: &KeyedHash, strata: &[String], index: u64) -> Digest {
    let ((stratum, level), mut bytes) = (place(index), [0; 18]);
    let (id, stratum) = (id(&mut bytes, index), &strata[stratum as usize]);
    let tag = keyed.tag(id.as_bytes());
    let length = u32::try_from(stratum.len()).expect("a short label");
    let inner = HashName::Sha256.digest(&[
        b"choucha/line/v1\0",
        &tag.salt,
        &length.to_be_bytes(),
        stratum.as_bytes(),
        &level.to_be_bytes(),
        &tag.tag,
    ]);
    leaf_hash(HashName::Sha256, &[&[0, 18], id.as_bytes(), &inner.0])
}
