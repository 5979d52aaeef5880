//! The ledger: what may follow what, what a change of any byte shows, and what an interrupted writer leaves.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Float64Array, RecordBatch, StringArray};
use choucha::audit::chain::{Published, PublishedHead, audit_chain};
use choucha::ledger::{
    self, Assign, Custody, Draw, Entry, Error, Files, KeyLost, Ledger, Programme, Put, Receipt,
    Refusal, Replace, Seal, Stage, Superseded, Void, Writer, commitment,
};
use choucha::plan::{Params, Proof, Purpose};
use choucha::publish::{self, DrawInput, SealFacts};
use choucha::units::{AsOf, Digest, DrawKey, HashName, Kind, Meter, Moment};
use parquet::arrow::ArrowWriter;
use serde_json::json;
use tempfile::TempDir;

use crate::draw_laws::MemoryFrame;

const SHA: HashName = HashName::Sha256;
/// The event of every round of these tests.
const EVENT: &str = "2025-07-10T21:00:00+08:00";
const PROGRAMME: &[u8] =
    "version = \"2025-1\"\npublished_on = 2025-01-05\nproof = \"https://…\"\n".as_bytes();

fn at(text: &str) -> Moment {
    text.parse().unwrap()
}

/// Day `day` of July, at noon.
fn july(day: u32) -> Moment {
    at(&format!("2025-07-{day:02}T12:00:00+08:00"))
}

struct World {
    place: TempDir,
}

impl World {
    fn new() -> Self {
        let place = tempfile::tempdir().unwrap();
        let world = Self { place };
        ledger::init(&world.dir(), "馆陶县", false, july(1)).unwrap();
        world
    }

    fn dir(&self) -> PathBuf {
        self.place.path().join("工作区 1")
    }

    fn write(&self, now: Moment) -> Writer {
        Writer::open(&self.dir(), "test", now).unwrap()
    }

    fn read(&self) -> Ledger {
        Ledger::open(&self.dir()).unwrap()
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.place.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    fn append(&self, now: Moment, entry: Entry) -> Result<(), Error> {
        self.write(now).append(now, entry, &[]).map(drop)
    }

    /// Seals a round as a door does; `edit` changes the entry first.
    fn seal_with(&self, round: &str, edit: impl FnOnce(&mut Seal)) -> Result<Digest, Error> {
        let now = july(2);
        let mut writer = self.write(now);
        let ledger = writer.ledger();
        let public = format!(
            "{{\n  \"round\": \"{round}\",\n  \"sequence\": {},\n  \"previous_head\": \"{}\",\n  \"hash\": \"sha256\"\n}}\n",
            ledger.sequence() + 1,
            ledger.head()
        );
        let key = key();
        let mut seal = Seal {
            round: round.to_owned(),
            title: "双随机抽查".to_owned(),
            seal: SHA.tagged("choucha/seal/v2", public.as_bytes()),
            supersedes: None,
            hash: SHA,
            key: Some(commitment(SHA, &key)),
            event: "双色球 2025078".to_owned(),
            not_before: at(EVENT),
            programme: None,
            rehearsal: false,
            n_units: 3,
            files: Files::new(),
        };
        edit(&mut seal);
        let folder = writer.staging()?.join("seal/public");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("seal.json"), public).unwrap();
        let key = seal.key.is_some().then_some(&key);
        let from = folder.parent().unwrap().to_owned();
        let digest = seal.seal;
        writer.append_seal(now, seal, key, from)?;
        Ok(digest)
    }

    fn seal(&self, round: &str) -> Digest {
        self.seal_with(round, |_| {}).unwrap()
    }

    fn custody_with(&self, round: &str, edit: impl FnOnce(&mut Custody)) -> Result<(), Error> {
        let mut custody = Custody {
            round: round.to_owned(),
            seal: self.digest_of(round),
            key: commitment(SHA, &key()),
            holder: "纪委监委派驻组".to_owned(),
            lodged_at: july(3),
            evidence: Entry::NO_EVIDENCE,
            files: Files::new(),
        };
        edit(&mut custody);
        let evidence = self.file("签收单.pdf", b"signed");
        let mut writer = self.write(july(3));
        let recorded =
            writer.record_with_evidence(july(3), Entry::Custody(custody), &evidence, Vec::new());
        recorded.map(drop)
    }

    fn receipt_with(&self, round: &str, edit: impl FnOnce(&mut Receipt)) -> Result<(), Error> {
        let mut receipt = Receipt {
            round: round.to_owned(),
            seal: self.digest_of(round),
            place: "国家企业信用信息公示系统".to_owned(),
            published_at: july(4),
            evidence: Entry::NO_EVIDENCE,
            files: Files::new(),
        };
        edit(&mut receipt);
        let evidence = self.file("网页.html", b"published");
        let mut writer = self.write(july(12));
        let recorded =
            writer.record_with_evidence(july(12), Entry::Receipt(receipt), &evidence, Vec::new());
        recorded.map(drop)
    }

    fn digest_of(&self, round: &str) -> Digest {
        let ledger = self.read();
        let found = ledger.state().round(round);
        found.map_or(Digest([9; 32]), |round| round.seal.seal)
    }

    fn publish(&self, round: &str) {
        self.custody_with(round, |_| {}).unwrap();
        self.receipt_with(round, |_| {}).unwrap();
    }

    fn draw_at(&self, round: &str, now: Moment, units: &[Unit]) -> Result<(), Error> {
        let mut writer = self.write(now);
        let folder = writer.staging()?.join("draw/internal");
        fs::create_dir_all(&folder).unwrap();
        probabilities(&folder.join("probabilities.parquet"), units);
        let put = Put {
            from: folder.parent().unwrap().to_owned(),
            to: Ledger::place(round, "draw"),
        };
        let entry = draw(round, self.digest_of(round));
        writer.append(now, entry, &[put]).map(drop)
    }

    /// A round that is drawn on 13 July.
    fn drawn(&self, round: &str, units: &[Unit]) {
        self.seal(round);
        self.publish(round);
        self.draw_at(round, july(13), units).unwrap();
    }

    fn bytes(&self) -> Vec<u8> {
        fs::read(self.dir().join("ledger.jsonl")).unwrap()
    }

    fn put_bytes(&self, bytes: &[u8]) {
        fs::write(self.dir().join("ledger.jsonl"), bytes).unwrap();
    }

    fn fault(&self) -> Error {
        Ledger::open(&self.dir()).unwrap_err()
    }
}

fn key() -> DrawKey {
    DrawKey::from_bytes([7; 32])
}

fn draw(round: &str, seal: Digest) -> Entry {
    Entry::Draw(Draw {
        round: round.to_owned(),
        seal,
        seed_text: "1 2 3".to_owned(),
        seed_source: "双色球".to_owned(),
        seed: Digest([1; 32]),
        n: 1,
        bulletin: Digest([2; 32]),
        files: Files::new(),
    })
}

fn void(round: &str, seal: Digest, reason: &str) -> Entry {
    Entry::Void(Void {
        round: round.to_owned(),
        seal,
        reason: reason.to_owned(),
        office: "信用科".to_owned(),
    })
}

fn key_lost(round: &str) -> Entry {
    Entry::KeyLost(KeyLost {
        round: round.to_owned(),
        reason: "硬盘损坏".to_owned(),
        office: "信用科".to_owned(),
    })
}

/// object, draw, p, drawn
type Unit = (&'static str, &'static str, f64, bool);

const UNITS: &[Unit] = &[
    ("A", "GT-01", 0.25, true),
    ("A", "GT-02", 0.5, false),
    ("B", "GT-01", 0.5, false),
    ("B", "measure", 0.2, true),
    ("C", "GT-02", 1.0, false),
];

fn probabilities(path: &Path, units: &[Unit]) {
    let ids: StringArray = units.iter().map(|unit| Some(unit.0)).collect();
    let names: StringArray = units.iter().map(|unit| Some(unit.1)).collect();
    let ps: Float64Array = units.iter().map(|unit| Some(unit.2)).collect();
    let drawn: BooleanArray = units.iter().map(|unit| Some(unit.3)).collect();
    let columns: [(&str, ArrayRef); 5] = [
        ("object_id", Arc::new(ids)),
        ("draw", Arc::new(names)),
        ("p", Arc::new(ps.clone())),
        ("q", Arc::new(ps)),
        ("drawn", Arc::new(drawn)),
    ];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let file = File::create(path).unwrap();
    let mut writer = ArrowWriter::try_new(file, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

fn refused(result: Result<impl std::fmt::Debug, Error>) -> Refusal {
    match result.unwrap_err() {
        Error::Refused(refusal) => refusal,
        other => panic!("{other}"),
    }
}

fn said(result: Result<impl std::fmt::Debug, Error>) -> String {
    result.unwrap_err().to_string()
}

#[test]
fn a_round_walks_from_seal_to_results_and_the_workspace_is_sound() {
    let world = World::new();
    let stage = |round: &str| world.read().state().round(round).unwrap().stage();
    world
        .write(july(1))
        .record_programme(july(1), "p.toml", PROGRAMME)
        .unwrap();
    world
        .seal_with("GT-1", |seal| seal.programme = Some("2025-1".to_owned()))
        .unwrap();
    assert_eq!(stage("GT-1"), Stage::Sealed);
    world.custody_with("GT-1", |_| {}).unwrap();
    assert_eq!(stage("GT-1"), Stage::Lodged);
    world.receipt_with("GT-1", |_| {}).unwrap();
    assert_eq!(stage("GT-1"), Stage::Published);
    assert!(world.read().state().check_draw("GT-1", july(12)).is_ok());
    world.draw_at("GT-1", july(13), UNITS).unwrap();
    assert_eq!(stage("GT-1"), Stage::Drawn);
    let assign = Assign {
        round: "GT-1".to_owned(),
        seal: world.digest_of("GT-1"),
        n_visits: 2,
        n_shortfalls: 0,
        files: Files::new(),
    };
    world.append(july(14), Entry::Assign(assign)).unwrap();
    let replace = Entry::Replace(Replace {
        round: "GT-1".to_owned(),
        object_id: "A".to_owned(),
        office: "城关所".to_owned(),
        inspector: "张".to_owned(),
        substitute: "李".to_owned(),
        supervisor: None,
        reason: "病假".to_owned(),
        evidence: Entry::NO_EVIDENCE,
        files: Files::new(),
    });
    let evidence = world.file("con.pdf", b"sick");
    world
        .write(july(15))
        .record_with_evidence(july(15), replace, &evidence, Vec::new())
        .unwrap();
    let results = "统一社会信用代码,检查日期,是否发现问题\na,2025-07-15,是\n";
    let mut writer = world.write(july(16));
    writer
        .record_results(july(16), "GT-1", "结果.csv", results.as_bytes())
        .unwrap();
    drop(writer);
    let ledger = world.read();
    assert_eq!(ledger.state().replaced_by_office()["城关所"], 1);
    assert_eq!(ledger.sequence(), 9);
    assert!(ledger.key("GT-1").unwrap().is_some());
    let checked = ledger::check(&world.dir()).unwrap();
    assert_eq!(checked.findings, [], "{:?}", checked.notes);
    assert_eq!(checked.notes, [] as [String; 0]);
}

#[test]
fn a_seal_is_drawn_once_after_its_event_with_receipt_and_custody() {
    let world = World::new();
    let seal = world.seal("R");
    let try_draw = |now| refused(world.append(now, draw("R", seal)));
    assert_eq!(try_draw(july(12)), Refusal::NoCustody("R".to_owned()));
    world.custody_with("R", |_| {}).unwrap();
    assert_eq!(try_draw(july(12)), Refusal::NoReceipt("R".to_owned()));
    let receipt = |published_at| {
        let result = world.receipt_with("R", |receipt| receipt.published_at = published_at);
        refused(result)
    };
    assert!(matches!(receipt(at(EVENT)), Refusal::NotBeforeEvent { .. }));
    assert!(matches!(receipt(july(11)), Refusal::NotBeforeEvent { .. }));
    assert!(matches!(receipt(july(1)), Refusal::Impossible { .. }));
    assert!(matches!(receipt(july(20)), Refusal::Impossible { .. }));
    world.receipt_with("R", |_| {}).unwrap();
    assert!(matches!(
        refused(world.receipt_with("R", |_| {})),
        Refusal::Twice { .. }
    ));
    let other = refused(world.append(july(13), draw("R", Digest([5; 32]))));
    assert!(matches!(other, Refusal::OtherSeal { .. }));
    world.append(july(13), draw("R", seal)).unwrap();
    assert_eq!(
        try_draw(july(13)).to_string(),
        "round \"R\" was drawn at 2025-07-13T12:00:00+08:00 with the seed \"1 2 3\": one seal is drawn once"
    );
    assert!(matches!(
        refused(world.append(july(13), void("R", seal, "x"))),
        Refusal::DrawnBefore { .. }
    ));
}

#[test]
fn nothing_is_drawn_before_its_event() {
    let world = World::new();
    world.seal("R");
    world.custody_with("R", |_| {}).unwrap();
    let mut early = world.write(july(5));
    let evidence = world.file("e", b"e");
    let receipt = Entry::Receipt(Receipt {
        round: "R".to_owned(),
        seal: world.digest_of("R"),
        place: "公示系统".to_owned(),
        published_at: july(4),
        evidence: Entry::NO_EVIDENCE,
        files: Files::new(),
    });
    early
        .record_with_evidence(july(5), receipt, &evidence, Vec::new())
        .unwrap();
    let refusal = early
        .ledger()
        .state()
        .check_draw("R", at("2025-07-10T20:59:59+08:00"));
    assert_eq!(
        refusal.unwrap_err().to_string(),
        "round \"R\": it is 2025-07-10T20:59:59+08:00, and the event of its seed rule is not before 2025-07-10T21:00:00+08:00"
    );
    assert!(early.ledger().state().check_draw("R", at(EVENT)).is_ok());
    let unknown = early.ledger().state().check_draw("Q", at(EVENT));
    assert_eq!(unknown.unwrap_err(), Refusal::UnknownRound("Q".to_owned()));
}

#[test]
fn a_round_is_declared_void_with_a_reason_and_before_its_seed_can_be_known() {
    let world = World::new();
    let seal = world.seal("R");
    let empty = refused(world.append(july(5), void("R", seal, " ")));
    assert!(matches!(empty, Refusal::Text { key: "reason", .. }));
    world.append(july(5), void("R", seal, "换系统")).unwrap();
    let draw = refused(world.append(july(12), draw("R", seal)));
    assert!(matches!(draw, Refusal::VoidedBefore { .. }));
    let seal = world.seal_with("S", |_| {});
    assert!(
        matches!(seal, Err(Error::ClockBackwards { .. })),
        "the world seals on 2 July"
    );

    let world = World::new();
    let seal = world.seal("R");
    world.publish("R");
    let late = refused(world.append(july(12), void("R", seal, "不满意")));
    assert!(matches!(late, Refusal::VoidLate { .. }));
}

#[test]
fn a_round_that_missed_its_event_can_only_be_declared_void() {
    let world = World::new();
    let seal = world.seal("R");
    assert!(world.append(july(12), draw("R", seal)).is_err());
    world.append(july(12), void("R", seal, "未公示")).unwrap();
}

#[test]
fn a_round_id_is_used_once_and_names_a_folder() {
    let world = World::new();
    world.seal("GT-a");
    for again in ["GT-a", "gt-A"] {
        let refusal = refused(world.seal_with(again, |_| {}));
        assert!(matches!(refusal, Refusal::RoundTwice { sequence: 2, .. }));
    }
    for bad in ["", "../x", "a/b", "CON"] {
        let refusal = refused(world.seal_with("R", |seal| bad.clone_into(&mut seal.round)));
        assert!(matches!(refusal, Refusal::Name { .. }), "{bad}");
    }
}

#[test]
fn a_round_is_drawn_again_only_after_it_ended_and_only_once() {
    let world = World::new();
    let first = world.seal("R1");
    let again = |round: &str, of: &str, seal: Digest| {
        let superseded = Superseded {
            round: of.to_owned(),
            seal,
        };
        world.seal_with(round, |seal| seal.supersedes = Some(superseded))
    };
    assert!(matches!(
        refused(again("R2", "R1", first)),
        Refusal::SupersedesOpen {
            stage: "sealed",
            ..
        }
    ));
    assert_eq!(
        refused(again("R2", "R9", first)),
        Refusal::UnknownRound("R9".to_owned())
    );
    assert!(matches!(
        refused(again("R2", "R1", Digest([3; 32]))),
        Refusal::OtherSeal { .. }
    ));
    world.append(july(2), void("R1", first, "重做")).unwrap();
    again("R2", "R1", first).unwrap();
    assert!(matches!(
        refused(again("R3", "R1", first)),
        Refusal::SupersededTwice { .. }
    ));
}

#[test]
fn a_round_carries_out_a_published_version_of_the_programme() {
    let world = World::new();
    let seal = |version: &str| {
        let version = Some(version.to_owned());
        world.seal_with("R", |seal| seal.programme = version)
    };
    assert!(matches!(
        refused(seal("2025-1")),
        Refusal::NoProgramme { .. }
    ));
    let record = |bytes: &[u8]| {
        let mut writer = world.write(july(1));
        writer.record_programme(july(1), "p.toml", bytes)
    };
    let late = "version = \"2\"\npublished_on = \"2025-07-02\"\nproof = \"x\"\n";
    assert!(matches!(
        refused(record(late.as_bytes())),
        Refusal::ProgrammeLate { .. }
    ));
    let unknown = "version = \"2\"\npublished_on = \"2025-07-01\"\nproof = \"x\"\nplan = 1\n";
    assert!(said(record(unknown.as_bytes())).starts_with("p.toml: unknown field `plan`"));
    record(PROGRAMME).unwrap();
    assert!(matches!(
        refused(record(PROGRAMME)),
        Refusal::ProgrammeTwice(_)
    ));
    seal("2025-1").unwrap();
}

#[test]
fn rehearsals_and_late_seals_are_kept_out() {
    let world = World::new();
    let rehearsal = refused(world.seal_with("R", |seal| seal.rehearsal = true));
    assert!(matches!(rehearsal, Refusal::Rehearsal { .. }));
    let late = refused(world.seal_with("R", |seal| seal.not_before = july(2)));
    assert!(matches!(late, Refusal::SealedLate { .. }));
}

#[test]
fn custody_is_of_the_sealed_key_before_the_event() {
    let world = World::new();
    world.seal("R");
    let other = |custody: &mut Custody| custody.key = Digest([4; 32]);
    assert!(matches!(
        refused(world.custody_with("R", other)),
        Refusal::OtherKey { .. }
    ));
    let nobody = |custody: &mut Custody| custody.holder.clear();
    assert!(matches!(
        refused(world.custody_with("R", nobody)),
        Refusal::Text { key: "holder", .. }
    ));
    let future = |custody: &mut Custody| custody.lodged_at = july(5);
    assert!(matches!(
        refused(world.custody_with("R", future)),
        Refusal::Impossible { .. }
    ));
    world.custody_with("R", |_| {}).unwrap();
    assert!(matches!(
        refused(world.custody_with("R", |_| {})),
        Refusal::Twice { .. }
    ));
}

#[test]
fn an_open_proof_needs_no_custody_and_loses_no_key() {
    let world = World::new();
    let seal = world.seal_with("R", |seal| seal.key = None).unwrap();
    let custody = refused(world.custody_with("R", |_| {}));
    assert_eq!(custody, Refusal::NoKey("R".to_owned()));
    assert_eq!(
        refused(world.append(july(3), key_lost("R"))),
        Refusal::NoKey("R".to_owned())
    );
    world.receipt_with("R", |_| {}).unwrap();
    world.append(july(13), draw("R", seal)).unwrap();
    assert!(world.read().key("R").unwrap().is_none());
}

#[test]
fn a_round_whose_key_is_lost_can_only_be_declared_void_with_that_reason() {
    let world = World::new();
    let seal = world.seal("R");
    world.publish("R");
    world.append(july(12), key_lost("R")).unwrap();
    assert!(matches!(
        refused(world.append(july(13), draw("R", seal))),
        Refusal::KeyLost { .. }
    ));
    assert!(matches!(
        refused(world.append(july(13), void("R", seal, "别的原因"))),
        Refusal::VoidReason { .. }
    ));
    world.append(july(13), void("R", seal, "硬盘损坏")).unwrap();
}

#[test]
fn a_key_lost_after_the_draw_is_recorded_and_shown() {
    let world = World::new();
    world.drawn("R", UNITS);
    let key = world.read().key_file("R");
    fs::write(&key, DrawKey::from_bytes([8; 32]).reveal()).unwrap();
    assert!(matches!(world.read().key("R"), Err(Error::KeyOther { .. })));
    fs::remove_file(&key).unwrap();
    assert!(said(world.read().key("R")).contains("record its loss"));
    let checked = ledger::check(&world.dir()).unwrap();
    assert_eq!(checked.findings, []);
    assert!(checked.notes[0].ends_with(" alone"), "{:?}", checked.notes);
    world.append(july(14), key_lost("R")).unwrap();
    let checked = ledger::check(&world.dir()).unwrap();
    assert_eq!(checked.findings, []);
    assert_eq!(
        checked.notes,
        ["the key of round R is lost (硬盘损坏): its levels can no longer be recomputed"]
    );
}

#[test]
fn what_follows_a_draw_needs_a_draw() {
    let world = World::new();
    let seal = world.seal("R");
    let assign = Entry::Assign(Assign {
        round: "R".to_owned(),
        seal,
        n_visits: 1,
        n_shortfalls: 0,
        files: Files::new(),
    });
    assert!(matches!(
        refused(world.append(july(3), assign)),
        Refusal::NotDrawn { .. }
    ));
    let mut writer = world.write(july(3));
    let results = writer.record_results(july(3), "R", "r.csv", b"");
    assert!(matches!(refused(results), Refusal::NotDrawn { .. }));
}

#[test]
fn evidence_must_be_among_the_files() {
    let world = World::new();
    let seal = world.seal("R");
    let receipt = Entry::Receipt(Receipt {
        round: "R".to_owned(),
        seal,
        place: "公示系统".to_owned(),
        published_at: july(3),
        evidence: Digest([1; 32]),
        files: Files::new(),
    });
    assert_eq!(
        refused(world.append(july(4), receipt)),
        Refusal::NoEvidence(Digest([1; 32]))
    );
}

#[test]
fn a_clock_that_went_back_is_named_with_both_times() {
    let world = World::new();
    let seal = world.seal("R");
    let now = at("2025-07-02T11:59:59+08:00");
    assert_eq!(
        said(world.append(now, void("R", seal, "x"))),
        "the clock says 2025-07-02T11:59:59+08:00, and the last entry was made at 2025-07-02T12:00:00+08:00: set the clock right; entries are in order of time"
    );
}

#[test]
fn only_one_may_write_and_the_other_is_told_who() {
    let world = World::new();
    let first = world.write(july(2));
    let error = Writer::open(&world.dir(), "choucha draw", july(3)).unwrap_err();
    assert_eq!(error.kind(), Kind::Locked);
    let text = error.to_string();
    let process = format!(
        "test (process {}), since 2025-07-02T12:00:00+08:00",
        std::process::id()
    );
    assert!(text.contains(&process), "{text}");
    assert_eq!(world.read().sequence(), 1, "readers never wait");
    drop(first);
    assert!(Writer::open(&world.dir(), "choucha draw", july(3)).is_ok());
}

#[test]
fn a_reader_never_sees_a_fault_while_a_writer_appends() {
    let world = World::new();
    let dir = world.dir();
    let reader = std::thread::spawn(move || {
        let mut n_reads = 0;
        while Ledger::open(&dir).unwrap().sequence() < 21 {
            n_reads += 1;
        }
        n_reads
    });
    let mut writer = world.write(july(2));
    for version in 1..=20 {
        let text =
            format!("version = \"{version}\"\npublished_on = \"2025-07-01\"\nproof = \"x\"\n");
        writer
            .record_programme(july(2), "p.toml", text.as_bytes())
            .unwrap();
    }
    assert!(reader.join().unwrap() > 0);
}

#[test]
fn a_lock_that_another_program_holds_is_respected() {
    let world = World::new();
    let lock = File::create(world.dir().join(".lock")).unwrap();
    lock.lock().unwrap();
    let text = said(Writer::open(&world.dir(), "test", july(2)));
    assert!(text.contains("being written by another program"), "{text}");
}

/// Init, seal, void: three lines.
fn small() -> World {
    let world = World::new();
    let seal = world.seal("R");
    world.append(july(3), void("R", seal, "换系统")).unwrap();
    world
}

#[test]
fn a_line_torn_at_any_byte_is_ignored_reported_and_set_aside() {
    let world = World::new();
    let seal = world.seal("R");
    let before = world.bytes();
    let head = fs::read(world.dir().join("ledger.head")).unwrap();
    world.append(july(3), void("R", seal, "换系统")).unwrap();
    let after = world.bytes();
    for cut in before.len() + 1..after.len() {
        world.put_bytes(&after[..cut]);
        fs::write(world.dir().join("ledger.head"), &head).unwrap();
        let read = world.read();
        assert_eq!(read.sequence(), 2);
        let torn = read.torn().unwrap();
        assert_eq!((torn.line, &torn.bytes[..]), (3, &after[before.len()..cut]));
        assert!(!torn.was_complete);
        let writer = world.write(july(3));
        assert!(writer.notes()[0].contains("set aside as ledger.torn-3"));
        drop(writer);
        assert_eq!(world.bytes(), before);
        let aside = world.dir().join("ledger.torn-3");
        assert_eq!(fs::read(&aside).unwrap(), &after[before.len()..cut]);
        fs::remove_file(aside).unwrap();
        assert!(world.read().torn().is_none());
    }
    world.append(july(3), void("R", seal, "换系统")).unwrap();
    assert_eq!(world.bytes(), after);
}

#[test]
fn nothing_follows_a_complete_line_that_was_cut_until_it_is_back() {
    let world = small();
    let bytes = world.bytes();
    world.put_bytes(&bytes[..bytes.len() - 1]);
    assert!(world.read().torn().unwrap().was_complete);
    assert_eq!(
        ledger::check(&world.dir()).unwrap().findings[0].kind,
        "torn"
    );
    let error = Writer::open(&world.dir(), "test", july(4)).unwrap_err();
    assert_eq!(error.kind(), Kind::Verification);
    assert!(error.to_string().contains("was complete once"), "{error}");
    let before = bytes[..bytes.len() - 1].to_vec();
    assert_eq!(world.bytes(), before, "nothing was cut or set aside");
    world.put_bytes(&bytes);
    drop(world.write(july(4)));
}

#[test]
fn two_torn_lines_are_both_kept() {
    let world = small();
    for text in ["{\"seq\":4", "{\"se"] {
        world.put_bytes(&[&world.bytes(), text.as_bytes()].concat());
        drop(world.write(july(4)));
    }
    let read = |name: &str| fs::read_to_string(world.dir().join(name)).unwrap();
    assert_eq!(read("ledger.torn-4"), "{\"seq\":4");
    assert_eq!(read("ledger.torn-4-2"), "{\"se");
}

#[test]
fn every_changed_byte_of_a_ledger_is_found() {
    let world = small();
    let bytes = world.bytes();
    let starts: Vec<usize> = std::iter::once(0)
        .chain(
            (0..bytes.len())
                .filter(|&i| bytes[i] == b'\n')
                .map(|i| i + 1),
        )
        .collect();
    for place in 0..bytes.len() {
        for flip in [1, 0x20, 0x80] {
            let mut changed = bytes.clone();
            changed[place] ^= flip;
            world.put_bytes(&changed);
            let line = starts.iter().filter(|&&start| start <= place).count();
            match Ledger::open(&world.dir()) {
                Ok(read) => {
                    assert!(read.torn().unwrap().was_complete, "byte {place}");
                    assert_eq!(
                        place,
                        bytes.len() - 1,
                        "only the last line feed can be torn"
                    );
                }
                Err(error) => {
                    assert_eq!(error.kind(), Kind::Verification, "byte {place}: {error}");
                    let named = format!("line {line}");
                    assert!(
                        error.to_string().contains(&named),
                        "byte {place} of {named}: {error}"
                    );
                }
            }
        }
    }
}

#[test]
fn every_changed_byte_of_the_head_file_is_found() {
    let world = small();
    let path = world.dir().join("ledger.head");
    let bytes = fs::read(&path).unwrap();
    for place in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[place] ^= 1;
        fs::write(&path, changed).unwrap();
        assert!(Ledger::open(&world.dir()).is_err(), "byte {place}");
    }
}

#[test]
fn a_head_that_an_interrupted_writer_left_behind_is_brought_up() {
    let world = World::new();
    let path = world.dir().join("ledger.head");
    let head = fs::read(&path).unwrap();
    world.seal("R");
    let after = fs::read(&path).unwrap();
    fs::write(&path, head).unwrap();
    assert_eq!(world.read().sequence(), 2);
    drop(world.write(july(3)));
    assert_eq!(fs::read(&path).unwrap(), after);
}

#[test]
fn missing_reordered_and_doubled_lines_are_told_apart() {
    let world = small();
    let text = String::from_utf8(world.bytes()).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let with = |order: &[usize]| {
        let lines: Vec<&str> = order.iter().flat_map(|&i| [lines[i], "\n"]).collect();
        world.put_bytes(lines.concat().as_bytes());
        world.fault().to_string()
    };
    assert_eq!(
        with(&[0, 2]),
        "ledger.jsonl, line 2: expected entry 2, found entry 3: a line is missing"
    );
    assert_eq!(
        with(&[0, 2, 1]),
        "ledger.jsonl, line 2: expected entry 2, found entry 3: the lines were reordered"
    );
    assert_eq!(
        with(&[0, 1, 1, 2]),
        "ledger.jsonl, line 3: expected entry 3, found entry 2, which line 2 is already"
    );
    assert_eq!(
        with(&[0, 1]),
        "ledger.jsonl ends after line 2, expected 3 lines as ledger.head says: the end was cut off"
    );
    assert!(with(&[]).contains("cut off"));
    world.put_bytes(text.replacen("\"void\"", "\"vote\"", 1).as_bytes());
    let error = world.fault().to_string();
    assert!(
        error.contains("line 3") && error.contains("found \"vote\""),
        "{error}"
    );
}

#[test]
fn a_rewritten_chain_that_breaks_a_rule_is_refused() {
    // A forger who can hash makes a sound chain of an unlawful history: two voids of one round.
    let world = small();
    let ledger = world.read();
    let text = String::from_utf8(world.bytes()).unwrap();
    let last = text.lines().last().unwrap();
    let forged = last.replacen("\"seq\":3", "\"seq\":4", 1).replacen(
        &ledger.lines()[2].prev.to_string(),
        &ledger.head().to_string(),
        1,
    );
    world.put_bytes(format!("{text}{forged}\n").as_bytes());
    let error = world.fault().to_string();
    assert!(
        error.starts_with(
            "ledger.jsonl, line 4: this entry must not stand there: round \"R\" was declared void"
        ),
        "{error}"
    );
}

#[test]
fn a_workspace_is_made_in_a_folder_of_its_own() {
    let place = tempfile::tempdir().unwrap();
    let init = |name: &str| ledger::init(&place.path().join(name), "县", false, july(1));
    init("new").unwrap();
    assert!(matches!(init("new"), Err(Error::NotEmpty { .. })));
    fs::create_dir_all(place.path().join("half/rounds")).unwrap();
    init("half").unwrap();
    fs::create_dir_all(place.path().join("foreign/rounds/x")).unwrap();
    assert!(matches!(init("foreign"), Err(Error::NotEmpty { .. })));
    let nameless = ledger::init(&place.path().join("b"), " ", false, july(1));
    assert!(matches!(refused(nameless), Refusal::Text { .. }));
    assert!(!place.path().join("b").exists());
    let none = Ledger::open(&place.path().join("none"));
    assert!(matches!(none, Err(Error::NotAWorkspace(_))));
    let none = Writer::open(&place.path().join("none"), "test", july(1));
    assert!(matches!(none, Err(Error::NotAWorkspace(_))));
}

#[test]
fn what_an_interrupted_writer_put_is_set_aside_and_named() {
    let world = World::new();
    let orphan = world.dir().join("rounds/R/seal");
    fs::create_dir_all(&orphan).unwrap();
    fs::write(orphan.join("seal.json"), "half").unwrap();
    fs::write(world.dir().join("keys/R.key"), "half").unwrap();
    fs::create_dir_all(world.dir().join(".part/x")).unwrap();
    let notes = ledger::check(&world.dir()).unwrap().notes;
    assert_eq!(
        notes,
        ["rounds/R/seal/seal.json belongs to no entry of the ledger"]
    );
    let writer = world.write(july(2));
    assert_eq!(
        writer.notes(),
        ["an earlier writer was interrupted; its unfinished files were removed"]
    );
    drop(writer);
    world.seal("R");
    assert!(world.dir().join("rounds/R/seal.orphan/seal.json").exists());
    assert!(world.dir().join("keys/R.key.orphan").exists());
    assert!(world.read().key("R").is_ok());
    assert_eq!(ledger::check(&world.dir()).unwrap().findings, []);
}

#[test]
fn a_refused_act_leaves_nothing_behind() {
    let world = World::new();
    let before = world.bytes();
    assert!(world.seal_with("R", |seal| seal.rehearsal = true).is_err());
    assert_eq!(world.bytes(), before);
    assert!(!world.dir().join("rounds/R").exists());
    assert!(!world.dir().join("keys/R.key").exists());
    let other = world.seal_with("R", |seal| seal.key = Some(Digest([1; 32])));
    assert!(matches!(refused(other), Refusal::OtherKey { .. }));
    assert!(!world.dir().join(".part").exists());
    let mut writer = world.write(july(2));
    let from = writer.staging().unwrap().join("x");
    fs::write(&from, "x").unwrap();
    for to in ["../x", "/x", "rounds/../../x", ""] {
        let put = Put {
            from: from.clone(),
            to: to.to_owned(),
        };
        let programme = Programme {
            version: "1".to_owned(),
            published_on: july(1).day(),
            proof: "x".to_owned(),
            files: Files::new(),
        };
        assert!(matches!(
            writer.append(july(2), Entry::Programme(programme), &[put]),
            Err(Error::Place(_))
        ));
    }
}

#[cfg(unix)]
#[test]
fn keys_are_readable_by_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let world = World::new();
    world.seal("R");
    let mode = |path: PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(world.read().key_file("R")), 0o600);
    assert_eq!(mode(world.dir().join("keys")), 0o700);
}

#[test]
fn an_artefact_that_was_changed_or_is_gone_is_found() {
    let world = small();
    let seal = world.dir().join("rounds/R/seal/public/seal.json");
    let bytes = fs::read(&seal).unwrap();
    fs::write(&seal, [&bytes[..], b" "].concat()).unwrap();
    let kinds = || -> Vec<&'static str> {
        let findings = ledger::check(&world.dir()).unwrap().findings;
        findings.iter().map(|finding| finding.kind).collect()
    };
    assert_eq!(kinds(), ["changed", "seal"]);
    fs::remove_file(&seal).unwrap();
    assert_eq!(kinds(), ["missing"]);
}

#[test]
fn history_holds_chances_findings_and_visits() {
    let world = World::new();
    world.drawn("R1", UNITS);
    let mut writer = world.write(july(20));
    let results = "object_id,inspected_on,found,codes\nA,2025-07-14,1,02;03\n";
    writer
        .record_results(july(20), "R1", "r.csv", results.as_bytes())
        .unwrap();
    let external = "检查部门,检查日期,统一社会信用代码\n消防,2025-03-01,a\n消防,2024-12-31,a\n住建,2025/3/1,d\n";
    writer
        .record_external(july(20), "e.csv", external.as_bytes())
        .unwrap();
    drop(writer);
    let ledger = world.read();
    let history = ledger.history(2025, 5, None).unwrap();
    let of = |id: &str| {
        let past = history.of(id).unwrap();
        let round = past.rounds.first().copied();
        let round = round.map(|round| (round.p, round.drawn, round.found));
        (round, past.visits_this_year, past.has_open_visit)
    };
    assert_eq!(of("A"), (Some((0.5, true, true)), 2, false));
    assert_eq!(
        of("B"),
        (Some((0.5, false, false)), 1, true),
        "drawn by the measurement stream alone"
    );
    assert_eq!(of("C"), (Some((1.0, false, false)), 0, false));
    assert_eq!(of("D"), (None, 1, false));
    assert_eq!(
        String::from_utf8(history.to_csv()).unwrap(),
        "object_id,visits_2025,open_visit,rounds\n\
         A,2,0,0x1.0000000000000p-1:1:1\n\
         B,1,1,0x1.0000000000000p-1:0:0\n\
         C,0,0,0x1.0000000000000p+0:0:0\n\
         D,1,0,\n"
    );
    let none = ledger.history(2026, 0, None).unwrap();
    assert_eq!(none.objects().count(), 0);
    let again = ledger.history(2025, 5, Some("R1")).unwrap();
    assert!(again.of("A").unwrap().rounds.is_empty());
    assert_eq!(
        again.of("A").unwrap().visits_this_year,
        2,
        "a visit made stays made"
    );
    assert!(again.of("B").is_none());
}

#[test]
fn a_round_that_did_not_hold_an_object_leaves_no_gap() {
    let world = World::new();
    for round in ["R1", "R2"] {
        world.seal(round);
    }
    for round in ["R1", "R2"] {
        let mut writer = world.write(july(3));
        let body = Custody {
            round: round.to_owned(),
            seal: world.digest_of(round),
            key: commitment(SHA, &key()),
            holder: "纪委".to_owned(),
            lodged_at: july(3),
            evidence: Entry::NO_EVIDENCE,
            files: Files::new(),
        };
        let evidence = world.file("e", b"e");
        writer
            .record_with_evidence(july(3), Entry::Custody(body), &evidence, Vec::new())
            .unwrap();
    }
    for round in ["R1", "R2"] {
        world.receipt_with(round, |_| {}).unwrap();
    }
    world
        .draw_at(
            "R1",
            july(13),
            &[("A", "x", 0.5, true), ("B", "x", 0.25, false)],
        )
        .unwrap();
    world
        .draw_at("R2", july(14), &[("B", "x", 0.125, true)])
        .unwrap();
    let ledger = world.read();
    let ps = |id: &str, rounds_max| -> Vec<f64> {
        let history = ledger.history(2025, rounds_max, None).unwrap();
        history.of(id).unwrap().rounds.iter().map(|r| r.p).collect()
    };
    assert_eq!(ps("A", 5), [0.0, 0.5]);
    assert_eq!(ps("B", 5), [0.125, 0.25]);
    assert_eq!(ps("A", 1), [] as [f64; 0]);
    assert_eq!(ps("B", 1), [0.125]);
}

#[test]
fn visits_and_results_are_recorded_whole_or_not_at_all() {
    let world = World::new();
    world.drawn("R", UNITS);
    let before = world.bytes();
    let external = |text: &str| {
        let mut writer = world.write(july(20));
        writer.record_external(july(20), "e.csv", text.as_bytes())
    };
    let head = "object_id,inspected_on,department\n";
    let error = external(&format!("{head}A,2025-07-01,x\nB,2025-07-99,x\n")).unwrap_err();
    assert_eq!(error.kind(), Kind::Data);
    assert_eq!(
        error.to_string(),
        "1 problem, nothing was recorded:\n  e.csv: line 3, inspected_on = 2025-07-99: must be a day, like 2025-06-30, 2025/6/30, 20250630 or 2025年6月30日"
    );
    let results = |text: &str| {
        let mut writer = world.write(july(20));
        writer.record_results(july(20), "R", "r.csv", text.as_bytes())
    };
    let error = results("object_id,inspected_on,found\nA,2025-07-14,0\nC,2025-07-14,1\n");
    assert!(said(error).contains("line 3, object_id = C: was not drawn in this round"));
    assert_eq!(world.bytes(), before);
    external(&format!("{head}A,2025-07-01,x\n")).unwrap();
    let error = external(&format!("{head}A,2025/7/1,x\nA,2025/7/2,x\n"));
    assert!(said(error).contains("line 2, object_id = A on 2025-07-01: is recorded already"));
    results("object_id,inspected_on,found\nB,2025-07-14,0\n").unwrap();
    let error = results("object_id,inspected_on,found\nB,2025-07-15,1\n");
    assert!(said(error).contains("has its result in this round already"));
}

#[test]
fn a_table_of_probabilities_that_was_changed_is_not_read() {
    let world = World::new();
    world.drawn("R", UNITS);
    let path = world
        .dir()
        .join("rounds/R/draw/internal/probabilities.parquet");
    probabilities(&path, &[("A", "x", 0.5, false)]);
    let error = world.read().history(2025, 1, None).unwrap_err();
    assert!(matches!(error, Error::Artefact { line: 5, .. }), "{error}");
}

#[test]
fn a_backup_is_a_whole_workspace_without_its_keys() {
    let world = World::new();
    world.drawn("R", UNITS);
    let place = world.place.path();
    let (plain, secret) = (place.join("备份 1"), place.join("备份 2"));
    let _writer = world.write(july(20));
    let notes = ledger::backup(&world.dir(), &plain, false).unwrap();
    assert!(notes[0].starts_with("5 lines and "), "{notes:?}");
    let copy = Ledger::open(&plain).unwrap();
    assert_eq!(copy.head(), world.read().head());
    assert!(copy.history(2025, 1, None).is_ok());
    let findings = ledger::check(&plain).unwrap().findings;
    assert_eq!(findings, [], "the key is with its holder");
    ledger::backup(&world.dir(), &secret, true).unwrap();
    let checked = ledger::check(&secret).unwrap();
    assert_eq!((checked.findings, checked.notes), (vec![], vec![]));
    assert!(matches!(
        ledger::backup(&world.dir(), &plain, false),
        Err(Error::NotEmpty { .. })
    ));
    assert!(matches!(
        ledger::backup(&world.dir(), &world.dir().join("b"), false),
        Err(Error::BackupInside { .. })
    ));
}

#[test]
fn a_backup_of_a_changed_workspace_is_refused() {
    let world = small();
    fs::write(world.dir().join("rounds/R/seal/public/seal.json"), "{}").unwrap();
    let to = world.place.path().join("b");
    assert!(matches!(
        ledger::backup(&world.dir(), &to, false),
        Err(Error::Artefact { .. })
    ));
    assert!(!to.exists());
}

fn published(paths: &[PathBuf]) -> Published {
    Published::read(paths).unwrap()
}

fn kinds(world: &World, published: &Published, now: Moment) -> Vec<&'static str> {
    let report = audit_chain(&world.dir(), published, now).unwrap();
    assert_eq!(report.kind().is_some(), !report.findings.is_empty());
    report.findings.iter().map(|finding| finding.kind).collect()
}

#[test]
fn published_heads_and_seals_agree_with_a_sound_ledger() {
    let world = World::new();
    world.drawn("R", UNITS);
    let mut list = vec!["sequence,head".to_owned()];
    let ledger = world.read();
    list.extend(
        ledger
            .lines()
            .iter()
            .map(|line| format!("{},{}", line.seq, line.head)),
    );
    let list = world.file("heads.csv", list.join("\n").as_bytes());
    let seals = world.dir().join("rounds");
    let published = published(&[list, seals]);
    assert_eq!((published.heads.len(), published.seals.len()), (5, 1));
    assert_eq!(kinds(&world, &published, july(20)), [] as [&str; 0]);
    let report = audit_chain(&world.dir(), &published, july(20)).unwrap();
    assert!(serde_json::to_value(&report).unwrap()["findings"].is_array());
    assert_eq!((report.n_heads, report.n_seals), (6, 1));
}

#[test]
fn a_fork_and_a_cut_tail_are_told_by_published_heads() {
    let world = small();
    let head = |sequence, head| PublishedHead {
        said_by: "公示".to_owned(),
        sequence,
        head,
    };
    let heads = Published {
        heads: vec![
            head(2, Digest([1; 32])),
            head(4, Digest([2; 32])),
            head(0, Digest([3; 32])),
        ],
        seals: Vec::new(),
        ..Published::default()
    };
    assert_eq!(kinds(&world, &heads, july(20)), ["fork", "cut", "fork"]);
    let sound = Published {
        heads: vec![head(3, world.read().head())],
        seals: Vec::new(),
        ..Published::default()
    };
    assert_eq!(kinds(&world, &sound, july(20)), [] as [&str; 0]);
}

#[test]
fn two_ledgers_from_one_beginning_are_a_fork() {
    let world = World::new();
    let other = World {
        place: tempfile::tempdir().unwrap(),
    };
    ledger::backup(&world.dir(), &other.dir(), true).unwrap();
    world.seal("R1");
    other.seal("R2");
    let seals = |world: &World| world.dir().join("rounds");
    let both = published(&[seals(&world), seals(&other)]);
    assert_eq!(kinds(&world, &both, july(3)), ["rival", "unrecorded"]);
    other.seal("R3");
    let both = published(&[seals(&other).join("R3")]);
    let report = audit_chain(&world.dir(), &both, july(3)).unwrap();
    let found: Vec<&str> = report.findings.iter().map(|f| f.kind).collect();
    assert_eq!(found, ["fork", "unrecorded"]);
    assert!(
        report.findings[1]
            .sentence
            .ends_with("the chain ends after line 2")
    );
}

#[test]
fn two_seals_of_one_round_are_rivals() {
    let world = World::new();
    world.seal("R");
    let path = world.dir().join("rounds/R/seal/public/seal.json");
    let other = fs::read_to_string(&path).unwrap() + "\n";
    let folder = world.place.path().join("公示");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("seal.json"), other).unwrap();
    let both = published(&[path, folder.clone()]);
    assert_eq!(kinds(&world, &both, july(3)), ["rival", "rival"]);
    assert_eq!(kinds(&world, &published(&[folder]), july(3)), ["rival"]);
}

#[test]
fn a_seal_that_was_never_drawn_or_voided_is_a_finding_after_its_event() {
    let world = World::new();
    let seal = world.seal("R");
    let public = published(&[world.dir().join("rounds")]);
    assert_eq!(kinds(&world, &public, july(9)), [] as [&str; 0]);
    assert_eq!(kinds(&world, &public, july(11)), ["open"]);
    world.append(july(12), void("R", seal, "未公示")).unwrap();
    assert_eq!(kinds(&world, &public, july(13)), ["void_after_event"]);
    let report = audit_chain(&world.dir(), &Published::default(), july(13)).unwrap();
    assert_eq!(report.kind(), None);
    assert!(report.notes[0].contains("when its seed could be known"));
}

#[test]
fn a_broken_chain_is_audited_as_far_as_it_is_sound() {
    let world = small();
    let head = world.read().head();
    let text = String::from_utf8(world.bytes()).unwrap();
    world.put_bytes(text.replacen("换系统", "换领导", 1).as_bytes());
    let heads = Published {
        heads: vec![PublishedHead {
            said_by: "x".to_owned(),
            sequence: 3,
            head,
        }],
        seals: Vec::new(),
        ..Published::default()
    };
    let report = audit_chain(&world.dir(), &heads, july(5)).unwrap();
    assert_eq!(report.findings[0].kind, "chain");
    assert!(report.findings[0].sentence.contains("line 3"));
    assert_eq!(report.kind(), Some(Kind::Verification));
}

#[test]
fn a_published_file_of_another_kind_is_refused() {
    let world = World::new();
    for (name, text) in [
        ("a.csv", "sequence,hash\n1,2\n"),
        ("seal.json", "{}"),
        ("b.json", "[]"),
    ] {
        let path = world.file(name, text.as_bytes());
        let error = Published::read(&[path]).unwrap_err();
        assert_eq!(error.kind(), Kind::Data, "{name}");
        assert!(error.to_string().contains(name));
    }
}

/// Seals a round of ten objects as `publish` does, through the ledger; returns its digest.
fn seal_for_record(world: &World, hash: HashName) -> Digest {
    let mut writer = world.write(july(2));
    let rule = json!({
        "source": "公证处", "event": "1", "not_before": EVENT, "written": "十六进制",
        "form": { "kind": "hex", "digits": 16 }
    });
    let facts = SealFacts {
        round: "GT-1".to_owned(),
        sequence: writer.ledger().sequence() + 1,
        previous_head: writer.ledger().head(),
        supersedes: None,
        title: "双随机抽查".to_owned(),
        as_of: AsOf(july(1).day()),
        synthetic: true,
        rehearsal: false,
        proof: Proof::Sealed,
        hash,
        lead: "馆陶县市场监督管理局".to_owned(),
        partners: Vec::new(),
        programme: None,
        seed_rule: serde_json::from_value(rule).unwrap(),
        exclusions: Vec::new(),
    };
    let params: Params = serde_json::from_value(json!({
        "strata": ["ward"], "measure_of_size": "risk_points", "sample_size": { "*": 3 },
        "rounding": "ceiling", "coverage_floor": 0.0, "hash": hash,
    }))
    .unwrap();
    let rows = (0..10).map(|i| (format!("91{i:02}"), "东关".to_owned(), 1 + i));
    let draw = DrawInput {
        name: "GT-01",
        department: "馆陶县市场监督管理局",
        purpose: Purpose::Targets,
        params: &params.check().unwrap(),
        frame: &MemoryFrame::new(&rows.collect(), 2),
        public_labels: &["东关".to_owned()],
        base: None,
    };
    let history = writer.ledger().history(2025, 3, None).unwrap();
    let tables = BTreeMap::from([("history".to_owned(), history.to_csv())]);
    let folder = writer.staging().unwrap().join("seal");
    fs::create_dir(&folder).unwrap();
    let (key, silent) = (key(), Meter::silent());
    let sealed =
        publish::write_round(&facts, &[draw], &tables, Some(&key), &folder, &silent).unwrap();
    let entry = Seal {
        round: facts.round,
        title: facts.title,
        seal: sealed.digest(),
        supersedes: None,
        hash,
        key: sealed.key,
        event: "公证处 1".to_owned(),
        not_before: facts.seed_rule.not_before,
        programme: None,
        rehearsal: false,
        n_units: 10,
        files: Files::new(),
    };
    writer
        .append_seal(july(2), entry, Some(&key), folder)
        .unwrap();
    sealed.digest()
}

#[test]
fn a_round_that_publish_sealed_is_drawn_from_the_workspace_and_leaves_a_past() {
    for hash in [HashName::Sha256, HashName::Sm3] {
        let world = World::new();
        let seal = seal_for_record(&world, hash);
        world
            .custody_with("GT-1", |custody| custody.key = commitment(hash, &key()))
            .unwrap();
        world.receipt_with("GT-1", |_| {}).unwrap();
        let mut writer = world.write(july(13));
        let ledger = writer.ledger();
        let recorded = ledger.state().check_draw("GT-1", july(13)).unwrap();
        let receipt = recorded.receipt.clone().unwrap();
        let key = ledger.key("GT-1").unwrap();
        let round = publish::read_round(&ledger.folder("GT-1", "seal"), key.as_ref()).unwrap();
        assert_eq!(round.digest(), seal);
        let (text, silent) = ("0123456789abcdef", Meter::silent());
        let sample = publish::draw_round(&round, text, "公证书", &silent).unwrap();
        let folder = writer.staging().unwrap().join("draw");
        fs::create_dir(&folder).unwrap();
        let receipt = publish::Receipt {
            place: receipt.place,
            published_at: receipt.published_at,
            evidence: receipt.evidence,
        };
        publish::issue_round(&round, &sample, Some(&receipt), &folder).unwrap();
        let put = Put {
            from: folder,
            to: Ledger::place("GT-1", "draw"),
        };
        let bulletin = fs::read(put.from.join("public/bulletin.json")).unwrap();
        let Entry::Draw(mut entry) = draw("GT-1", seal) else {
            unreachable!("a draw is a draw");
        };
        entry.bulletin = SHA.digest(&[&bulletin]);
        writer.append(july(13), Entry::Draw(entry), &[put]).unwrap();
        drop(writer);
        let ledger = world.read();
        let drawn = ledger.drawn("GT-1").unwrap();
        let visits = sample.visits.iter().map(|visit| visit.object_id.clone());
        assert_eq!(drawn, visits.collect());
        let history = ledger.history(2025, 3, None).unwrap();
        assert_eq!(history.objects().count(), 10);
        let expected: f64 = history.objects().map(|(_, past)| past.rounds[0].p).sum();
        assert!((expected - 3.0).abs() < 1e-9, "{expected}");
        let checked = ledger::check(&world.dir()).unwrap();
        assert_eq!((checked.findings, checked.notes), (vec![], vec![]));
        let public = published(&[world.dir().join("rounds")]);
        assert_eq!(
            public.seals.len(),
            2,
            "the seal, and its copy beside the bulletin"
        );
        assert_eq!(kinds(&world, &public, july(20)), [] as [&str; 0]);
    }
}
