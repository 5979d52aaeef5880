//! Every change of a seal, a package or a bulletin is refused and named.

use std::fs;
use std::path::Path;

use choucha::plan::Proof;
use choucha::publish::{self, SaidOfRound};
use choucha::units::{DrawKey, HashName, Kind, Meter};
use serde_json::Value;

use super::{BOTH, Ceremony, SEED, county, files, refusal, resum, text};

fn ceremony(proof: Proof) -> Ceremony {
    Ceremony::of(&county(proof, HashName::Sha256), SEED)
}

/// Where bytes are recorded only: nothing else follows from them.
fn spared(text: &str) -> Vec<std::ops::Range<usize>> {
    let lines = [
        "\"seed_source\"",
        "\"where\"",
        "\"published_at\"",
        "\"evidence\"",
    ];
    lines
        .iter()
        .flat_map(|key| text.match_indices(key))
        .map(|(start, _)| start..start + text[start..].find('\n').unwrap())
        .collect()
}

#[test]
fn every_changed_byte_of_a_bulletin_is_found() {
    for proof in BOTH {
        let ceremony = ceremony(proof);
        let public = ceremony.public();
        for (name, bytes) in files(&public) {
            for index in (0..bytes.len()).step_by(29) {
                let mut changed = bytes.clone();
                changed[index] ^= 1;
                fs::write(public.join(&name), &changed).unwrap();
                for found in [ceremony.publicly(), ceremony.verified()] {
                    let error = found.expect_err(&format!("{name} byte {index}"));
                    assert_eq!(error.kind(), Kind::Verification, "{name} {index}: {error}");
                }
            }
            fs::write(public.join(&name), &bytes).unwrap();
        }
        ceremony.verified().unwrap();
    }
}

#[test]
fn a_changed_byte_is_found_behind_rewritten_sums() {
    for proof in BOTH {
        let ceremony = ceremony(proof);
        let public = ceremony.public();
        for (name, bytes) in files(&public) {
            if name == "SHA256SUMS" {
                continue;
            }
            let spared = spared(&String::from_utf8(bytes.clone()).unwrap());
            let kept = |at: &usize| !spared.iter().any(|span| span.contains(at));
            for index in (0..bytes.len()).step_by(31).filter(kept) {
                let mut changed = bytes.clone();
                changed[index] ^= 1;
                fs::write(public.join(&name), &changed).unwrap();
                resum(&public);
                let error = ceremony
                    .publicly()
                    .expect_err(&format!("{name} byte {index}"));
                assert_eq!(error.kind(), Kind::Verification, "{name} {index}: {error}");
            }
            fs::write(public.join(&name), &bytes).unwrap();
        }
    }
}

#[test]
fn every_changed_byte_of_a_package_is_found_and_its_file_named() {
    let ceremony = ceremony(Proof::Sealed);
    let package = ceremony.seal().join("package");
    for (name, bytes) in files(&package) {
        if name == "SHA256SUMS" {
            continue;
        }
        for index in (0..bytes.len()).step_by(37) {
            let mut changed = bytes.clone();
            changed[index] ^= 1;
            fs::write(package.join(&name), &changed).unwrap();
            let summed = refusal(&ceremony.verified().unwrap_err());
            assert!(summed.starts_with(&name), "{summed}");
            resum(&package);
            let error = ceremony
                .verified()
                .expect_err(&format!("{name} byte {index}"));
            let draw = name.split('.').next().unwrap();
            let refusal = refusal(&error);
            assert!(refusal.starts_with(draw), "{name} {index}: {refusal}");
        }
        fs::write(package.join(&name), &bytes).unwrap();
        resum(&package);
    }
    ceremony.verified().unwrap();
}

/// The refusal after `change` of a file of the seal, with sums rewritten.
fn tampered(proof: Proof, folder: &str, name: &str, change: impl Fn(&str) -> String) -> String {
    let ceremony = ceremony(proof);
    let dir = ceremony.seal().join(folder);
    let before = text(&dir, name);
    assert_ne!(change(&before), before, "{name}");
    fs::write(dir.join(name), change(&before)).unwrap();
    resum(&dir);
    let Err(error) = publish::read_round(&ceremony.seal(), ceremony.key.as_ref()) else {
        panic!("{name} is accepted")
    };
    refusal(&error)
}

#[test]
fn a_tampered_seal_is_refused_by_file_and_place() {
    let seal = |from: &'static str, to: &'static str, starts: &str| {
        let refusal = tampered(Proof::Sealed, "public", "seal.json", |text| {
            text.replacen(from, to, 1)
        });
        assert!(refusal.starts_with(starts), "{refusal}");
    };
    seal(
        "\"format\": 2",
        "\"format\": 3",
        "seal.json: format: expected 2, found 3",
    );
    seal("\"format\": 2", "\"format\":  2", "seal.json line 2: ");
    seal(
        "\"sequence\": 7",
        "\"sequences\": 7",
        "seal.json is no seal: unknown field",
    );
    seal(
        "\"title\": \"2025",
        "\"title\": \"2026",
        "draw-1.plan.json: header: ",
    );
    seal(
        "\"title\": \"2025",
        "\"title\": \"\\u0007",
        "seal.json: title: ",
    );
    seal(
        "\"digits\": 16",
        "\"digits\": 7",
        "seal.json: seed_rule.form",
    );
    seal("\"GT-01\"", "\"GT;01\"", "seal.json: draws[0].name: ");
    seal("\"GT-02\"", "\"GT-01\"", "seal.json: draws[1].name: ");
    seal(
        "\"n_lines\": 40",
        "\"n_lines\": 41",
        "seal.json: draws[0].n_lines: expected 40",
    );
    seal(
        "\"n_units\": 20",
        "\"n_units\": 21",
        "seal.json: draws[0].strata[0].n_units: expected 20",
    );
    seal(
        "\"n\": 9",
        "\"n\": 8",
        "seal.json: draws[0].strata[0]: expected ",
    );
    seal(
        "\"label\": \"东关\"",
        "\"label\": \"中关\"",
        "frame.csv line ",
    );
    seal(
        "\"key\": \"",
        "\"key\": null, \"x\": \"",
        "seal.json is no seal: ",
    );
    for place in ["lines", "levels", "plan"] {
        let refusal = tampered(Proof::Sealed, "public", "seal.json", |text| {
            let key = format!("\"{place}\": \"");
            let at = text.find(&key).unwrap() + key.len();
            let digit = if &text[at..=at] == "0" { "1" } else { "0" };
            format!("{}{digit}{}", &text[..at], &text[at + 1..])
        });
        let named = format!("that seal.json gives as draws[0].{place}");
        assert!(
            refusal.starts_with("draw-1.") && refusal.contains(&named),
            "{refusal}"
        );
    }
    let key = tampered(Proof::Sealed, "public", "seal.json", |text| {
        let at = text.find("\"key\": \"").unwrap() + 8;
        let digit = if &text[at..=at] == "0" { "1" } else { "0" };
        format!("{}{digit}{}", &text[..at], &text[at + 1..])
    });
    assert!(key.starts_with("the draw key"), "{key}");
}

#[test]
fn a_tampered_public_frame_is_refused_by_line() {
    for proof in BOTH {
        let frame = |from: &'static str, to: &'static str, starts: &str| {
            let refusal = tampered(proof, "public", "frame.csv", |text| {
                text.replacen(from, to, 1)
            });
            assert!(refusal.starts_with(starts), "{refusal}");
        };
        frame("draw-2", "draw-3", "frame.csv line 1: ");
        frame(
            "91130003,",
            "91130002,",
            "frame.csv line 5: expected an object_id above",
        );
        frame(
            "91130003,",
            "9113000a,",
            "frame.csv line 5: expected object_id in normal form",
        );
        frame(
            "91130003,西关,,西关\n",
            "91130003,,,\n",
            "frame.csv line 5: ",
        );
        frame("91130003,西关", "91130003,中关", "frame.csv line 5: ");
        frame(
            "91130003,西关",
            "91130003,东关",
            "seal.json: draws[0].strata[0].n_units: expected 21",
        );
        frame("91130003", "91130003X", "frame.csv: expected the digest ");
    }
}

#[test]
fn a_tampered_package_is_refused_by_line_or_digest() {
    let package = |name: &str, from: &'static str, to: &'static str, starts: &str| {
        let refusal = tampered(Proof::Sealed, "package", name, |text| {
            text.replacen(from, to, 1)
        });
        assert!(refusal.starts_with(starts), "{refusal}");
    };
    package(
        "draw-1.frame.csv",
        "91130003,B/西关,4",
        "91130003,B/西关,1",
        "draw-1.levels.csv line ",
    );
    package(
        "draw-1.frame.csv",
        "91130003",
        "91130002",
        "draw-1.frame.csv line 5: ",
    );
    package(
        "draw-2.frame.csv",
        "91130059",
        "91130060",
        "draw-2.frame.csv: expected the digest ",
    );
    package(
        "draw-2.levels.csv",
        "false",
        "true",
        "draw-2.levels.csv line ",
    );
    package(
        "draw-3.plan.json",
        "\"n\": 4",
        "\"n\": 5",
        "draw-3.plan.json: stratum ",
    );
    package(
        "draw-3.plan.json",
        "\"reserve\": 2",
        "\"reserve\": 3",
        "draw-3.plan.json: expected the digest ",
    );
    package(
        "table-catalogue",
        "indicator",
        "indicators",
        "table-catalogue: expected the digest ",
    );
    package(
        "table-base-1",
        "91130003",
        "91130002",
        "table-base-1: expected the digest ",
    );
}

/// Whoever writes a seal of their own, digests and all, is held to the plan and the frames.
#[test]
fn an_open_seal_that_contradicts_itself_is_refused() {
    let ceremony = ceremony(Proof::Open);
    let public = ceremony.seal().join("public");
    let base = text(&public, "table-base-1").replacen("91130003", "91130002", 1);
    let digest = |base: &str| HashName::Sha256.digest(&[b"base-1\0", base.as_bytes()]);
    let sealed = digest(&text(&public, "table-base-1")).to_string();
    let seal = text(&public, "seal.json").replace(&sealed, &digest(&base).to_string());
    fs::write(public.join("table-base-1"), &base).unwrap();
    fs::write(public.join("seal.json"), seal).unwrap();
    resum(&public);
    let Err(error) = publish::read_round(&ceremony.seal(), None) else {
        panic!("the table is of another object")
    };
    let refusal = refusal(&error);
    assert!(
        refusal.starts_with("table-base-1 line 5: expected 91130003,"),
        "{refusal}"
    );
}

#[test]
fn missing_and_extra_files_of_a_round_are_named() {
    let ceremony = ceremony(Proof::Sealed);
    let (seal, key) = (ceremony.seal(), ceremony.key.as_ref());
    let refused = || refusal(&publish::read_round(&seal, key).map(drop).unwrap_err());
    for folder in ["public", "package"] {
        let dir = seal.join(folder);
        fs::write(dir.join("readme.txt"), "").unwrap();
        assert_eq!(refused(), "readme.txt does not belong here");
        fs::remove_file(dir.join("readme.txt")).unwrap();
    }
    for (folder, name) in [
        ("package", "table-empty"),
        ("public", "frame.csv"),
        ("public", "seal.json"),
    ] {
        fs::remove_file(seal.join(folder).join(name)).unwrap();
        assert_eq!(refused(), format!("{name} is missing"));
    }
    fs::remove_file(ceremony.public().join("drawn.csv")).unwrap();
    assert_eq!(
        refusal(&ceremony.publicly().unwrap_err()),
        "drawn.csv is missing"
    );
}

#[test]
fn another_key_is_refused_by_name() {
    let ceremony = ceremony(Proof::Sealed);
    let package = ceremony.seal().join("package");
    let key = DrawKey::from_bytes([0; 32]);
    let found = publish::verify_round(&ceremony.public(), Some((&key, &package)), &Meter::silent());
    assert_eq!(
        refusal(&found.unwrap_err()),
        "the draw key (抽签密钥) is not the one that seal.json commits to as \"key\""
    );
}

/// Writes another list into a bulletin, with digests, counts and sums to match.
fn forge(ceremony: &Ceremony, change: impl Fn(&str) -> String) {
    let public = ceremony.public();
    let (before, after) = (
        text(&public, "drawn.csv"),
        change(&text(&public, "drawn.csv")),
    );
    assert_ne!(before, after);
    let count = |text: &str| text.lines().count() - 1;
    let digest = |text: &str| HashName::Sha256.digest(&[text.as_bytes()]).to_string();
    let bulletin = text(&public, "bulletin.json")
        .replace(&digest(&before), &digest(&after))
        .replace(
            &format!("\"n\": {},", count(&before)),
            &format!("\"n\": {},", count(&after)),
        );
    fs::write(public.join("drawn.csv"), after).unwrap();
    fs::write(public.join("bulletin.json"), bulletin).unwrap();
    resum(&public);
}

/// The lines of `drawn.csv` with the object at `at` (from 0) replaced by `line`, or gone, ascending.
fn with_line(text: &str, at: usize, line: Option<String>) -> String {
    let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
    lines.remove(at + 1);
    lines.extend(line);
    lines[1..].sort();
    lines.concat()
}

#[test]
fn a_forged_list_is_held_to_the_public_sizes_and_with_the_key_to_the_draw() {
    let mut world = county(Proof::Sealed, HashName::Sha256);
    world.items.truncate(1);
    let make = || Ceremony::of(&world, SEED);
    let refused = |change: &dyn Fn(&str) -> String| {
        let ceremony = make();
        forge(&ceremony, change);
        refusal(&ceremony.publicly().unwrap_err())
    };
    let fewer = refused(&|text| with_line(text, 0, None));
    assert!(
        fewer.starts_with("drawn.csv: \"GT-01\", stratum "),
        "{fewer}"
    );
    assert!(fewer.contains("expected at least the "), "{fewer}");
    let stranger = refused(&|text| with_line(text, 0, Some("91139999,GT-01\n".to_owned())));
    assert!(stranger.starts_with("drawn.csv line "), "{stranger}");
    let item = refused(&|text| text.replacen(",GT-01\n", ",GT-02\n", 1));
    assert!(item.starts_with("drawn.csv line 2: "), "{item}");
    let order = refused(&|text| {
        let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
        lines.swap(1, 2);
        lines.concat()
    });
    assert!(order.starts_with("drawn.csv line 3: "), "{order}");
    let more = refused(&|text| {
        let spare = |i: &u32| !text.contains(&format!("9113{i:04}"));
        let line = format!("9113{:04},GT-01\n", (0..40).find(spare).unwrap());
        let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
        lines.push(line);
        lines[1..].sort();
        lines.concat()
    });
    assert!(more.contains("expected at most the "), "{more}");

    let ceremony = make();
    forge(&ceremony, |text| {
        let first: u32 = text.lines().nth(1).unwrap()[4..8].parse().unwrap();
        let fits = |i: &u32| i % 2 == first % 2 && !text.contains(&format!("9113{i:04}"));
        let line = format!("9113{:04},GT-01\n", (0..40).find(fits).unwrap());
        with_line(text, 0, Some(line))
    });
    let publicly = ceremony.publicly().unwrap();
    assert_eq!(publicly.said, SaidOfRound::CommitmentsHold);
    assert!(
        publicly
            .not_checked
            .iter()
            .any(|text| text.contains("supervisor"))
    );
    let refusal = refusal(&ceremony.verified().unwrap_err());
    assert!(refusal.starts_with("drawn.csv line "), "{refusal}");
}

#[test]
fn a_list_with_a_measurement_draw_is_held_to_what_both_allow() {
    let make = || ceremony(Proof::Sealed);
    let refused = |change: &dyn Fn(&str) -> String| {
        let ceremony = make();
        forge(&ceremony, change);
        refusal(&ceremony.publicly().unwrap_err())
    };
    let all: &dyn Fn(&str) -> String = &|_| {
        let items = |i: u32| match i {
            0..25 => "GT-01",
            25..40 => "GT-01;GT-02",
            _ => "GT-02",
        };
        let rows = (0..60).map(|i| format!("9113{i:04},{}", items(i)));
        let lines: Vec<String> = std::iter::once("object_id,items".to_owned())
            .chain(rows)
            .collect();
        lines.join("\n") + "\n"
    };
    assert!(
        refused(all).contains("expected at most the "),
        "{}",
        refused(all)
    );
    let foreign = refused(&|text| {
        let at = text
            .lines()
            .position(|line| line.starts_with("911300"))
            .unwrap()
            - 1;
        let id = &text.lines().nth(at + 1).unwrap()[..8];
        with_line(text, at, Some(format!("{id},measure\n")))
    });
    assert!(foreign.starts_with("drawn.csv line "), "{foreign}");
}

#[test]
fn a_forged_bulletin_is_refused_by_key() {
    let refused = |key: &str, value: Value| {
        let ceremony = ceremony(Proof::Sealed);
        let public: &Path = &ceremony.public();
        let mut bulletin: Value = serde_json::from_str(&text(public, "bulletin.json")).unwrap();
        let pointer = format!("/{}", key.replace('.', "/"));
        *bulletin.pointer_mut(&pointer).unwrap() = value;
        let parsed: publish::RoundBulletin = serde_json::from_value(bulletin).unwrap();
        let mut json = serde_json::to_vec_pretty(&parsed).unwrap();
        json.push(b'\n');
        fs::write(public.join("bulletin.json"), json).unwrap();
        resum(public);
        refusal(&ceremony.publicly().unwrap_err())
    };
    let late = refused("receipt.published_at", "2025-07-01T21:15:00+08:00".into());
    assert!(
        late.starts_with("bulletin.json: receipt.published_at: "),
        "{late}"
    );
    let none = refused("receipt", Value::Null);
    assert!(
        none.starts_with("bulletin.json: receipt: expected a receipt"),
        "{none}"
    );
    let text = refused("seed_text", "0123".into());
    assert!(
        text.starts_with("bulletin.json: seed_text: expected a text that fits the seed rule"),
        "{text}"
    );
    let other = refused("seed_text", "fedcba9876543210".into());
    assert!(
        other.starts_with("bulletin.json line ") && other.contains("seed"),
        "{other}"
    );
    for (key, value) in [
        ("format", 3.into()),
        ("notice", "演练".into()),
        ("round", "GT-2025-02".into()),
        ("title", "x".into()),
        ("as_of", "2020-01-01".into()),
        ("synthetic", false.into()),
        ("proof", "open".into()),
        ("hash", "sm3".into()),
        ("n_units", 61.into()),
        ("n", 61.into()),
        ("seal_digest", "0".repeat(64).into()),
        ("seed", "0".repeat(64).into()),
        ("drawn_digest", "0".repeat(64).into()),
    ] {
        let refusal = refused(key, value);
        let line = format!("\\\"{key}\\\"");
        assert!(
            refusal.starts_with("bulletin.json line ") && refusal.contains(&line),
            "{refusal}"
        );
    }
}
