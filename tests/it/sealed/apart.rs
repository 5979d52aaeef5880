//! What is public stays apart from what is not: levels, classes, streams and the key reach no public file.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use choucha::plan::Proof;
use choucha::units::{Digest, DrawKey, HashName};
use serde_json::Value;

use super::{Ceremony, Item, SEED, World, county, files, text};
use crate::draw_laws::Rows;

/// Nine objects in two public strata; `turn` moves classes and levels round inside each public stratum.
fn hamlet(turn: usize, levels: u32) -> Rows {
    let classes = ["A", "D", "D", "A", "A", "D", "A", "D", "A"];
    (0..9)
        .map(|i| {
            let (ward, first, n) = if i < 5 {
                ("东关", 0, 5)
            } else {
                ("西关", 5, 4)
            };
            let from = first + (i - first + turn) % n;
            let size = 1 + u32::try_from(from).unwrap() * 3 % levels;
            (
                format!("9113000{i}"),
                format!("{}/{ward}", classes[from]),
                size,
            )
        })
        .collect()
}

fn world(turn: usize, levels: u32, key: u8) -> World {
    let table = format!("class table {turn}");
    World {
        items: vec![Item::new(
            "GT-01",
            hamlet(turn, levels),
            &[("A", 1), ("D", 1)],
        )],
        key: [key; 32],
        tables: [("classes".to_owned(), table.into_bytes())].into(),
        ..county(Proof::Sealed, HashName::Sha256)
    }
}

/// Blanks what is typed as a commitment, and what is computed from one.
fn without_commitments(json: &str) -> Value {
    let mut value: Value = serde_json::from_str(json).unwrap();
    for key in ["key", "seal_digest", "seed"] {
        if let Some(digest) = value.get_mut(key) {
            assert!(Digest::from_hex(digest.as_str().unwrap()).is_some());
            *digest = Value::Null;
        }
    }
    for draw in value
        .get_mut("draws")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        for key in ["lines", "levels", "plan"] {
            draw[key] = Value::Null;
        }
    }
    let commitments = value.get_mut("commitments").and_then(Value::as_object_mut);
    for digest in commitments.into_iter().flat_map(|map| map.values_mut()) {
        *digest = Value::Null;
    }
    value
}

/// Ceremonies of one world under many keys, by the list they draw.
fn by_list(
    turn: usize,
    levels: u32,
    keys: std::ops::RangeInclusive<u8>,
) -> BTreeMap<String, Ceremony> {
    keys.map(|key| Ceremony::of(&world(turn, levels, key), SEED))
        .map(|ceremony| (text(&ceremony.public(), "drawn.csv"), ceremony))
        .collect()
}

/// Worlds that differ in levels, classes, number of levels and key alone publish the same, but for commitments. Keys are
/// tried until two worlds draw the same list, since a list is public by law and does depend on levels.
#[test]
fn levels_and_classes_reach_no_public_file_but_as_commitments() {
    let first = by_list(0, 2, 1..=30);
    for (turn, levels) in [(1, 2), (2, 9), (3, 1)] {
        let other = by_list(turn, levels, 101..=130);
        let lists = first.keys().filter(|list| other.contains_key(*list));
        let pairs: Vec<_> = lists.map(|list| (&first[list], &other[list])).collect();
        assert!(!pairs.is_empty(), "60 keys draw some list twice");
        for (first, other) in pairs {
            differ_in_commitments_alone(first, other);
        }
    }
}

fn differ_in_commitments_alone(first: &Ceremony, other: &Ceremony) {
    let (a, b) = (files(&first.public()), files(&other.public()));
    assert!(a.keys().eq(b.keys()));
    for name in ["frame.csv", "drawn.csv"] {
        assert_eq!(a[name], b[name], "{name}");
    }
    for name in ["seal.json", "bulletin.json"] {
        let of = |ceremony: &Ceremony| text(&ceremony.public(), name);
        assert_ne!(of(first), of(other));
        assert_eq!(
            without_commitments(&of(first)),
            without_commitments(&of(other)),
            "{name}"
        );
    }
    let sums = |ceremony: &Ceremony| -> BTreeSet<String> {
        let sums = text(&ceremony.public(), "SHA256SUMS");
        sums.lines().map(str::to_owned).collect()
    };
    let (a, b) = (sums(first), sums(other));
    let differ: BTreeSet<&str> = a.difference(&b).map(|line| &line[66..]).collect();
    assert_eq!(differ, BTreeSet::from(["bulletin.json", "seal.json"]));
}

#[test]
fn the_key_stands_in_no_file_message_or_debug_text() {
    let world = World {
        key: *b"0123456789abcdefghijklmnopqrstuv",
        ..county(Proof::Sealed, HashName::Sha256)
    };
    let ceremony = Ceremony::of(&world, SEED);
    let hex = DrawKey::from_bytes(world.key).reveal();
    let folders = [
        "seal/public",
        "seal/package",
        "draw/public",
        "draw/internal",
    ];
    for folder in folders.map(|folder| ceremony.dir.path().join(folder)) {
        for (name, bytes) in files(&folder) {
            let holds = |key: &[u8]| bytes.windows(key.len()).any(|window| window == key);
            assert!(!holds(&world.key) && !holds(hex.as_bytes()), "{name}");
        }
    }
    let verified = format!("{:?}", ceremony.verified().unwrap());
    assert!(!verified.contains(&hex));
    let wrong = DrawKey::from_bytes(*b"another key that must not be see");
    let Err(error) = choucha::publish::read_round(&ceremony.seal(), Some(&wrong)) else {
        panic!("the key is another")
    };
    let shown = format!("{error} {error:?}");
    for secret in [
        hex,
        wrong.reveal(),
        "another key".to_owned(),
        "0123456789abcdefghij".to_owned(),
    ] {
        assert!(!shown.contains(&secret), "{shown}");
    }
    assert!(shown.contains("抽签密钥"), "{shown}");
}

#[test]
fn public_files_name_no_class_level_stream_or_reserve() {
    let ceremony = Ceremony::of(&county(Proof::Sealed, HashName::Sha256), SEED);
    let public = files(&ceremony.public());
    for (name, bytes) in &public {
        let text = String::from_utf8(bytes.clone()).unwrap();
        for word in [
            "A/", "B/", "D/", "lambda", "target\"", "reserve", "ticket", "rank", "take_all", "risk",
        ] {
            assert!(!text.contains(word), "{name} holds {word}");
        }
    }
    let seal: Value = serde_json::from_slice(&public["seal.json"]).unwrap();
    for draw in seal["draws"].as_array().unwrap() {
        let keys: Vec<&String> = draw.as_object().unwrap().keys().collect();
        assert_eq!(
            keys,
            [
                "name",
                "department",
                "purpose",
                "strata",
                "n_lines",
                "lines",
                "levels",
                "plan"
            ]
            .iter()
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect::<Vec<_>>()
        );
    }
}

/// The writers of public files are not handed the types that hold a level, a key, a ticket or a stream.
#[test]
fn public_writers_name_no_type_that_holds_a_level() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/publish/round");
    for file in ["seal.rs", "frame.rs", "public.rs", "drawn.rs"] {
        let source = fs::read_to_string(root.join(file)).unwrap();
        let code: String = source
            .lines()
            .map(|line| line.split("//").next().unwrap_or(""))
            .collect();
        let words: BTreeSet<&str> = code
            .split(|c: char| !c.is_alphanumeric() && c != '_')
            .collect();
        for held in [
            "SealedPlan",
            "StratumPlan",
            "Level",
            "SealedFrame",
            "FramePart",
            "FrameSource",
            "Sample",
            "StratumSample",
            "SampledUnit",
            "RoundSample",
            "DrawSample",
            "Visit",
            "DrawKey",
            "KeyedHash",
            "Ticketer",
            "drawn_by",
            "reserve",
        ] {
            assert!(!words.contains(held), "{file} names {held}");
        }
    }
}
