//! Slips: one business's proof, plain or opened.

use choucha::plan::Proof;
use choucha::publish::{self, Sibling, Slip, verify_slip};
use choucha::units::{HashName, Kind};

use super::{Ceremony, HASHES, Item, SEED, World, county, refusal, text};

fn seal_json(ceremony: &Ceremony) -> Vec<u8> {
    text(&ceremony.public(), "seal.json").into_bytes()
}

#[test]
fn a_plain_slip_proves_every_object_of_every_frame() {
    for n in [1, 2, 3, 7, 8, 21] {
        let rows = (0..n).map(|i| (format!("X{i:03}"), "A/东关".to_owned(), 1 + i % 3));
        let world = World {
            items: vec![Item::new("GT-01", rows.collect(), &[("A", 1)])],
            ..county(Proof::Sealed, HASHES[n as usize % 2])
        };
        let ceremony = Ceremony::of(&world, SEED);
        let round = ceremony.round();
        for i in 0..n {
            let slip = publish::slip(&round, &format!("X{i:03}"), None).unwrap();
            assert_eq!(slip.lines[0].index, u64::from(i));
            let verified = verify_slip(&slip.to_json(), Some(&seal_json(&ceremony))).unwrap();
            assert_eq!(verified.slip, slip);
            assert_eq!(verified.seal_digest, round.digest());
            assert!(slip.seed_text.is_none() && slip.lines[0].opened.is_none());
        }
    }
}

#[test]
fn an_object_of_several_frames_has_a_line_in_each() {
    for hash in HASHES {
        let ceremony = Ceremony::of(&county(Proof::Sealed, hash), SEED);
        let round = ceremony.round();
        let draws = |id: &str| {
            let slip = publish::slip(&round, id, Some(&ceremony.sample)).unwrap();
            verify_slip(&slip.to_json(), None).unwrap();
            let names: Vec<String> = slip.lines.into_iter().map(|line| line.draw).collect();
            names.join(" ")
        };
        assert_eq!(draws("91130000"), "GT-01 measure");
        assert_eq!(draws("91130030"), "GT-01 GT-02 measure");
        assert_eq!(draws("91130059"), "GT-02 measure");
    }
}

#[test]
fn an_opened_slip_shows_drawn_not_drawn_and_take_all() {
    let mut world = county(Proof::Sealed, HashName::Sha256);
    let rows = &mut world.items[0].rows;
    rows.push(("91139998".to_owned(), "D/东关".to_owned(), 5000));
    rows.push(("91139999".to_owned(), "E/东关".to_owned(), 1));
    world.items[0].sample_size.insert("E".to_owned(), 0);
    world.items.truncate(2);
    let ceremony = Ceremony::of(&world, SEED);
    let (round, sample) = (ceremony.round(), &ceremony.sample);
    let (mut drawn, mut spared) = (0, 0);
    for (id, label, size) in &world.items[0].rows {
        let slip = publish::slip(&round, id, Some(sample)).unwrap();
        let verified = verify_slip(&slip.to_json(), Some(&seal_json(&ceremony))).unwrap();
        assert_eq!(verified.not_checked.len(), 2);
        let opened = slip.lines[0].opened.as_ref().unwrap();
        assert_eq!((&opened.stratum, opened.level), (label, *size));
        let is_drawn = sample.draws[0].sample.drawn().any(|unit| unit.id == *id);
        assert_eq!(opened.drawn, is_drawn);
        match id.as_str() {
            "91139998" => assert!(opened.drawn && opened.key.is_none(), "take-all"),
            "91139999" => assert!(
                !opened.drawn && opened.key.is_none(),
                "its stratum draws none"
            ),
            _ if is_drawn => drawn += 1,
            _ => spared += 1,
        }
        if let (Some(key), Some(threshold)) = (opened.key, opened.threshold) {
            assert_eq!(key.0 <= threshold.0, is_drawn);
        }
    }
    assert!(drawn > 3 && spared > 3);
}

#[test]
fn slips_are_for_objects_of_sealed_frames() {
    let ceremony = Ceremony::of(&county(Proof::Sealed, HashName::Sha256), SEED);
    let error = publish::slip(&ceremony.round(), "X", None).unwrap_err();
    assert_eq!(
        (error.to_string().as_str(), error.kind()),
        (
            "object \"X\" stands in no frame (抽样框) of round \"GT-2025-01\"",
            Kind::Usage
        )
    );
    let open = Ceremony::of(&county(Proof::Open, HashName::Sha256), SEED);
    let error = publish::slip(&open.round(), "91130000", None).unwrap_err();
    assert!(error.to_string().contains("frame.csv shows every object"));
}

#[test]
fn a_slip_of_another_seal_is_refused() {
    let world = county(Proof::Sealed, HashName::Sha256);
    let ceremony = Ceremony::of(&world, SEED);
    let other = Ceremony::of(
        &World {
            key: [3; 32],
            ..world
        },
        SEED,
    );
    let slip = publish::slip(&ceremony.round(), "91130000", None).unwrap();
    let error = verify_slip(&slip.to_json(), Some(&seal_json(&other))).unwrap_err();
    assert!(refusal(&error).starts_with("seal.json line "));
    let mut mixed = slip;
    mixed.seal = String::from_utf8(seal_json(&other)).unwrap();
    let error = verify_slip(&mixed.to_json(), None).unwrap_err();
    assert!(refusal(&error).starts_with("slip: lines[0].path: "));
}

/// A threshold is the supervisor's to show; everything else of a slip is held to the seal.
#[test]
fn every_changed_byte_of_a_slip_is_found() {
    let ceremony = Ceremony::of(&county(Proof::Sealed, HashName::Sha256), SEED);
    let (round, seal) = (ceremony.round(), seal_json(&ceremony));
    for opened in [None, Some(&ceremony.sample)] {
        let bytes = publish::slip(&round, "91130030", opened).unwrap().to_json();
        let text = String::from_utf8(bytes.clone()).unwrap();
        let spared: Vec<_> = text
            .match_indices("\"threshold\"")
            .map(|(start, _)| start..start + text[start..].find('\n').unwrap())
            .collect();
        for index in (0..bytes.len()).filter(|at| !spared.iter().any(|span| span.contains(at))) {
            let mut changed = bytes.clone();
            changed[index] ^= 1;
            let error = verify_slip(&changed, Some(&seal)).expect_err(&format!("byte {index}"));
            assert_eq!(error.kind(), Kind::Verification, "byte {index}: {error}");
        }
    }
}

#[test]
fn a_tampered_slip_is_refused_by_name() {
    let ceremony = Ceremony::of(&county(Proof::Sealed, HashName::Sha256), SEED);
    let whole = publish::slip(&ceremony.round(), "91130030", Some(&ceremony.sample)).unwrap();
    let refused = |change: &dyn Fn(&mut Slip)| {
        let mut slip = whole.clone();
        change(&mut slip);
        refusal(&verify_slip(&slip.to_json(), None).unwrap_err())
    };
    let named = |place: &str, change: &dyn Fn(&mut Slip)| {
        let refusal = refused(change);
        assert!(
            refusal.starts_with(&format!("slip: {place}: ")),
            "{refusal}"
        );
    };
    named("format", &|slip| slip.format = 1);
    named("object_id", &|slip| slip.object_id = " x".into());
    named("lines[0].path", &|slip| slip.object_id = "91130031".into());
    named("lines[0].path", &|slip| slip.lines[0].index += 1);
    named("lines[0].path", &|slip| slip.lines[0].path.truncate(1));
    named("lines[1].path", &|slip| slip.lines[1].path.swap(0, 1));
    named("lines[0].path", &|slip| slip.lines[0].inner.0[0] ^= 1);
    named("lines", &|slip| slip.lines.clear());
    named("lines[1].draw", &|slip| slip.lines.swap(0, 1));
    named("lines[1].draw", &|slip| {
        slip.lines[1] = slip.lines[0].clone();
    });
    named("lines[0].opened", &|slip| slip.seed_text = None);
    named("seed_text", &|slip| slip.seed_text = Some("12".into()));
    let other = "fedcba9876543210";
    named("lines[0].opened.ticket", &|slip| {
        slip.seed_text = Some(other.into());
    });
    let opened = |place: &str, change: &dyn Fn(&mut publish::OpenedLine)| {
        named(place, &|slip| {
            change(slip.lines[0].opened.as_mut().unwrap());
        });
    };
    opened("lines[0].inner", &|line| line.stratum.push('x'));
    opened("lines[0].inner", &|line| line.level += 1);
    opened("lines[0].inner", &|line| line.tag.0[0] ^= 1);
    opened("lines[0].inner", &|line| line.salt.0[0] ^= 1);
    opened("lines[0].opened.level_path", &|line| {
        line.level_salt.0[0] ^= 1;
    });
    opened("lines[0].opened.level_path", &|line| {
        line.level_row.push(' ');
    });
    opened("lines[0].opened.level_path", &|line| {
        line.level_path.swap(0, 1);
    });
    opened("lines[0].opened.level_path", &|line| {
        line.level_path[0] = match line.level_path[0] {
            Sibling::Left(digest) => Sibling::Right(digest),
            Sibling::Right(digest) => Sibling::Left(digest),
        };
    });
    opened("lines[0].opened.level_path", &|line| {
        line.level_path.truncate(1);
    });
    opened("lines[0].opened.ticket", &|line| line.ticket.0[31] ^= 1);
    opened("lines[0].opened.key", &|line| line.key = None);
    opened("lines[0].opened.drawn", &|line| line.drawn = !line.drawn);
}

/// A row of the same table that is not the object's own.
#[test]
fn the_level_row_must_be_that_of_the_line() {
    let ceremony = Ceremony::of(&county(Proof::Sealed, HashName::Sha256), SEED);
    let round = ceremony.round();
    let slip = |id: &str| publish::slip(&round, id, Some(&ceremony.sample)).unwrap();
    let mut mine = slip("91130030");
    let row_of = |slip: &Slip| slip.lines[0].opened.clone().unwrap();
    let other = (0..40)
        .map(|i| row_of(&slip(&format!("9113{i:04}"))))
        .find(|other| other.level_row != row_of(&mine).level_row)
        .unwrap();
    let opened = mine.lines[0].opened.as_mut().unwrap();
    opened.level_row = other.level_row;
    opened.level_salt = other.level_salt;
    opened.level_path = other.level_path;
    let refusal = refusal(&verify_slip(&mine.to_json(), None).unwrap_err());
    assert!(
        refusal.starts_with("slip: lines[0].opened.level_row: "),
        "{refusal}"
    );
}
