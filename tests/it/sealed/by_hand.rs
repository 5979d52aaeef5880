//! The bytes of format 2, computed a second time from FORMAT.md with nothing but a hash.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use choucha::plan::{Proof, SealedPlan};
use choucha::units::{Digest, HashName};
use serde_json::Value;

use super::{Ceremony, HASHES, SEED, World, county, text};

/// RFC 2104.
pub(super) fn hmac(hash: HashName, key: &[u8], message: &[u8]) -> [u8; 32] {
    let pad = |byte: u8| {
        let mut block = [byte; 64];
        key.iter().zip(&mut block).for_each(|(k, b)| *b ^= k);
        block
    };
    let inner = hash.digest(&[&pad(0x36), message]);
    hash.digest(&[&pad(0x5c), &inner.0]).0
}

/// RFC 6962 §2.1.
fn tree(hash: HashName, leaves: &[Digest]) -> Digest {
    match leaves {
        [] => hash.digest(&[]),
        [one] => *one,
        more => {
            let mut k = 1;
            while 2 * k < more.len() {
                k *= 2;
            }
            let (left, right) = (tree(hash, &more[..k]), tree(hash, &more[k..]));
            hash.digest(&[&[1], &left.0, &right.0])
        }
    }
}

struct ByHand<'a> {
    hash: HashName,
    key: &'a [u8],
}

impl ByHand<'_> {
    fn line(&self, draw: &str, id: &str, label: &str, level: u32) -> Digest {
        let mac = hmac(
            self.hash,
            self.key,
            format!("choucha/tag/v1\0{id}").as_bytes(),
        );
        let stratum = format!("{draw}/{label}");
        let mut inner = b"choucha/line/v1\0".to_vec();
        inner.extend(&mac[16..]);
        inner.extend(u32::try_from(stratum.len()).unwrap().to_be_bytes());
        inner.extend(stratum.as_bytes());
        inner.extend(level.to_be_bytes());
        inner.extend(&mac[..16]);
        let inner = self.hash.digest(&[&inner]);
        let length = u16::try_from(id.len()).unwrap().to_be_bytes();
        self.hash.digest(&[&[0], &length, id.as_bytes(), &inner.0])
    }

    fn level(&self, draw: &str, stratum: &str, level: u32, row: &str) -> Digest {
        let mut message = format!("choucha/level/v1\0{draw}\0{stratum}\0").into_bytes();
        message.extend(level.to_be_bytes());
        let salt = &hmac(self.hash, self.key, &message)[..16];
        let salted = self
            .hash
            .digest(&[b"choucha/level/v1\0", salt, row.as_bytes()]);
        self.hash.digest(&[&[0], &salted.0])
    }

    fn table(&self, name: &str, bytes: &[u8]) -> Digest {
        let nonce = if self.key.is_empty() {
            Vec::new()
        } else {
            hmac(self.hash, self.key, format!("nonce/{name}").as_bytes()).to_vec()
        };
        self.hash.digest(&[name.as_bytes(), &[0], &nonce, bytes])
    }
}

/// Holds a ceremony's digests, seed, tickets and list to the second computation.
pub(super) fn agrees(world: &World, ceremony: &Ceremony) {
    let (hash, sealed) = (world.hash, world.proof == Proof::Sealed);
    let public = ceremony.seal().join("public");
    let package = if sealed {
        ceremony.seal().join("package")
    } else {
        public.clone()
    };
    let hand = ByHand {
        hash,
        key: if sealed { &world.key } else { &[] },
    };
    let seal_json = text(&public, "seal.json");
    let seal: Value = serde_json::from_str(&seal_json).unwrap();
    let key = hash.digest(&[b"choucha/key/v1\0", &world.key]).to_string();
    assert_eq!(seal["key"].as_str(), sealed.then_some(key.as_str()));
    for (name, bytes) in &world.tables {
        assert_eq!(
            seal["commitments"][name],
            hand.table(name, bytes).to_string()
        );
    }
    let seal_digest = hash.digest(&[b"choucha/seal/v2\0", seal_json.as_bytes()]);
    let bulletin: Value = serde_json::from_str(&text(&ceremony.public(), "bulletin.json")).unwrap();
    assert_eq!(bulletin["seal_digest"], seal_digest.to_string());
    let beacon = bulletin["seed_text"].as_str().unwrap();
    let seed = hash.digest(&[b"choucha/seed/v1\0", &seal_digest.0, beacon.as_bytes()]);
    assert_eq!(bulletin["seed"], seed.to_string());

    let mut visits: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
    for (index, item) in world.items.iter().enumerate() {
        let mut rows = item.rows.clone();
        rows.sort();
        let file = |what: &str| text(&package, &format!("draw-{}.{what}", index + 1));
        let (plan, levels) = (file("plan.json"), file("levels.csv"));
        let said = &seal["draws"][index];
        let plan_name = format!("plan/{}", item.name);
        assert_eq!(
            said["plan"],
            hand.table(&plan_name, plan.as_bytes()).to_string()
        );
        assert_eq!(said["n_lines"], rows.len());
        let plan = SealedPlan::from_json(plan.as_bytes()).unwrap();
        if sealed {
            let lines: Vec<Digest> = rows
                .iter()
                .map(|(id, label, size)| hand.line(&item.name, id, label, *size))
                .collect();
            assert_eq!(said["lines"], tree(hash, &lines).to_string());
            let of = |s: &choucha::plan::StratumPlan| {
                let label = s.label.clone();
                let sizes: Vec<u32> = s.levels.iter().map(|l| l.size).collect();
                sizes.into_iter().map(move |size| (label.clone(), size))
            };
            let leaves: Vec<Digest> = plan
                .strata
                .iter()
                .flat_map(of)
                .zip(levels.split_inclusive('\n').skip(1))
                .map(|((label, size), row)| hand.level(&item.name, &label, size, row))
                .collect();
            assert_eq!(said["levels"], tree(hash, &leaves).to_string());
        }
        let stream = if item.name == "measure" {
            "measure"
        } else {
            "targets"
        };
        let sub_seed = hash.digest(&[format!("choucha/{stream}/v1\0").as_bytes(), &seed.0]);
        for stratum in &plan.strata {
            let mut keyed = Vec::new();
            for (id, label, size) in &rows {
                if *label != stratum.label {
                    continue;
                }
                let level = stratum.level(*size).unwrap();
                let mac = hmac(hash, &world.key, format!("choucha/tag/v1\0{id}").as_bytes());
                let tag = if sealed { &mac[..16] } else { id.as_bytes() };
                let ticket = hash.digest(&[&sub_seed.0, b":", tag]);
                let m = u64::from_be_bytes(ticket.0[..8].try_into().unwrap()) >> 12;
                #[allow(clippy::cast_precision_loss, reason = "below 2^53")]
                let u = (2 * m + 1) as f64 / 9_007_199_254_740_992.0;
                let key = match level.lambda {
                    _ if level.take_all => -1.0,
                    Some(lambda) => (u * (1.0 - lambda)) / ((1.0 - u) * lambda),
                    None => f64::INFINITY,
                };
                keyed.push((key, ticket, id.clone()));
            }
            keyed.sort_by(|a, b| a.0.total_cmp(&b.0).then((a.1, &a.2).cmp(&(b.1, &b.2))));
            for (_, _, id) in &keyed[..usize::try_from(stratum.n).unwrap()] {
                visits.entry(id.clone()).or_default().insert(index);
            }
        }
    }
    assert_eq!(
        text(&ceremony.public(), "drawn.csv"),
        drawn_csv(world, &visits)
    );
}

fn drawn_csv(world: &World, visits: &BTreeMap<String, BTreeSet<usize>>) -> String {
    let mut text = "object_id,items\n".to_owned();
    for (id, drawn_by) in visits {
        let measured = drawn_by
            .iter()
            .any(|&draw| world.items[draw].name == "measure");
        let holds = |draw: &usize| world.items[*draw].rows.iter().any(|(row, ..)| row == id);
        let items: Vec<&str> = (0..world.items.len())
            .filter(|&draw| world.items[draw].name != "measure")
            .filter(|draw| {
                if measured {
                    holds(draw)
                } else {
                    drawn_by.contains(draw)
                }
            })
            .map(|draw| world.items[draw].name.as_str())
            .collect();
        writeln!(text, "{id},{}", items.join(";")).unwrap();
    }
    text
}

#[test]
fn digests_seed_tickets_and_list_agree_with_a_second_computation() {
    for (hash, proof) in HASHES.into_iter().flat_map(|h| super::BOTH.map(|p| (h, p))) {
        let world = county(proof, hash);
        agrees(&world, &Ceremony::of(&world, SEED));
    }
}

#[test]
fn frames_of_one_object_and_frames_of_powers_of_two_agree() {
    for n in [1, 2, 3, 4, 5, 8, 9] {
        let mut world = county(Proof::Sealed, HashName::Sha256);
        world.items.truncate(1);
        world.items[0].rows = (0..n)
            .map(|i| (format!("X{i}"), "A/东关".to_owned(), 1 + i % 2))
            .collect();
        world.items[0].sample_size = [("A".to_owned(), 1)].into();
        agrees(&world, &Ceremony::of(&world, SEED));
    }
}
