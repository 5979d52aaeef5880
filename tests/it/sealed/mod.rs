//! Rounds, sealed and open: what the seal binds, what a bulletin shows and hides, and that every change is found.

mod apart;
mod by_hand;
mod slips;
mod tamper;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use choucha::draw::{RoundSample, Visit};
use choucha::plan::{Params, Proof, Purpose, SeedRule, ValidParams};
use choucha::publish::{
    self, DrawInput, Error, MovedUp, PublicSeal, Receipt, RoundVerified, SaidOfRound, SealFacts,
    SealedRound,
};
use choucha::units::{AsOf, Day, Digest, DrawKey, FrameSource, HashName, Kind, Meter};
use proptest::prelude::*;
use serde_json::json;
use tempfile::TempDir;

use crate::cli::write_sums as resum;
use crate::draw_laws::{MemoryFrame, Rows};
use crate::small_county::files_of as files;

/// One draw of a world.
#[derive(Clone, Debug)]
struct Item {
    name: String,
    purpose: Purpose,
    /// Id, `class/public stratum`, size.
    rows: Rows,
    /// Objects per class or stratum.
    sample_size: BTreeMap<String, u64>,
    reserve: u32,
    with_base: bool,
}

/// All that a round is made of.
#[derive(Clone, Debug)]
struct World {
    proof: Proof,
    hash: HashName,
    rehearsal: bool,
    items: Vec<Item>,
    tables: BTreeMap<String, Vec<u8>>,
    key: [u8; 32],
    n_parts: usize,
}

impl Item {
    fn new(name: &str, rows: Rows, sample_size: &[(&str, u64)]) -> Self {
        let purpose = if name == "measure" {
            Purpose::Measure
        } else {
            Purpose::Targets
        };
        let sizes = sample_size.iter().map(|&(key, n)| (key.to_owned(), n));
        Self {
            name: name.to_owned(),
            purpose,
            rows,
            sample_size: sizes.collect(),
            reserve: 2,
            with_base: false,
        }
    }

    fn params(&self, hash: HashName) -> ValidParams {
        let of_measure = self.purpose == Purpose::Measure;
        let measure_of_size = if of_measure { "equal" } else { "risk_points" };
        let params = json!({
            "strata": ["risk_class", "ward"], "measure_of_size": measure_of_size,
            "sample_size": self.sample_size, "rounding": "ceiling", "coverage_floor": 0.0,
            "reserve": self.reserve, "hash": hash,
        });
        let params: Params = serde_json::from_value(params).unwrap();
        params.check().unwrap()
    }
}

fn public_label(label: &str) -> String {
    label
        .split_once('/')
        .map_or("*", |(_, ward)| ward)
        .to_owned()
}

impl World {
    fn key(&self) -> Option<DrawKey> {
        (self.proof == Proof::Sealed).then(|| DrawKey::from_bytes(self.key))
    }

    fn facts(&self) -> SealFacts {
        SealFacts {
            round: "GT-2025-01".into(),
            sequence: 7,
            previous_head: Digest([7; 32]),
            supersedes: Some(("GT-2024-09".into(), Digest([9; 32]))),
            title: "2025年第一批跨部门联合抽查".into(),
            as_of: AsOf(Day::from_days(20_089)),
            synthetic: true,
            rehearsal: self.rehearsal,
            proof: self.proof,
            hash: self.hash,
            lead: "馆陶县市场监督管理局".into(),
            partners: vec!["馆陶县消防救援大队".into()],
            programme: None,
            seed_rule: seed_rule(),
            exclusions: vec![("已达年度上限".into(), 3), ("名录外".into(), 1)],
        }
    }

    fn write(&self, dir: &Path) -> Result<PublicSeal, Error> {
        let frames: Vec<MemoryFrame> = self
            .items
            .iter()
            .map(|item| MemoryFrame::new(&item.rows, self.n_parts))
            .collect();
        let labels: Vec<Vec<String>> = frames
            .iter()
            .map(|frame| {
                frame
                    .strata()
                    .iter()
                    .map(|label| public_label(label))
                    .collect()
            })
            .collect();
        let params: Vec<ValidParams> = self
            .items
            .iter()
            .map(|item| item.params(self.hash))
            .collect();
        let bases: Vec<_> = frames.iter().map(base_of).collect();
        let draws: Vec<DrawInput> = self
            .items
            .iter()
            .enumerate()
            .map(|(index, item)| DrawInput {
                name: &item.name,
                department: "馆陶县市场监督管理局",
                purpose: item.purpose,
                params: &params[index],
                frame: &frames[index],
                public_labels: &labels[index],
                base: item.with_base.then_some(&bases[index]),
            })
            .collect();
        let key = self.key();
        let (tables, silent) = (&self.tables, Meter::silent());
        publish::write_round(&self.facts(), &draws, tables, key.as_ref(), dir, &silent)
    }
}

/// A target before cool-down that says which object it is of.
fn base_of(
    frame: &MemoryFrame,
) -> impl Fn(usize) -> Result<Vec<f64>, choucha::units::Unreadable> + Sync + '_ {
    |part| {
        let rows = frame.part(part)?;
        Ok((0..rows.ids.len())
            .map(|row| base_target(rows.ids.get(row)))
            .collect())
    }
}

fn base_target(id: &str) -> f64 {
    let digest = HashName::Sha256.digest(&[id.as_bytes()]);
    (1.0 + f64::from(digest.0[0])) / 256.0
}

fn seed_rule() -> SeedRule {
    serde_json::from_value(json!({
        "source": "馆陶县公证处", "event": "1", "not_before": "2025-07-01T21:15:00+08:00",
        "written": "十六位十六进制数", "form": {"kind": "hex", "digits": 16}
    }))
    .unwrap()
}

fn receipt() -> Receipt {
    Receipt {
        place: "邯郸市市场监督管理局网站".into(),
        published_at: "2025-06-30T09:00:00+08:00".parse().unwrap(),
        evidence: Digest([5; 32]),
    }
}

const SEED: &str = "0123456789abcdef";

/// Two items over overlapping frames, and a measurement draw over both.
fn county(proof: Proof, hash: HashName) -> World {
    let row = |i: u32| {
        let class = ["A", "B", "D"][(i % 7 / 3) as usize];
        let label = format!("{class}/{}", ["东关", "西关"][(i % 2) as usize]);
        (format!("9113{i:04}"), label, 1 + i * 5 % 4)
    };
    let equal = |i: u32| {
        let (id, label, _) = row(i);
        (id, format!("*/{}", public_label(&label)), 1)
    };
    let sizes = [("A", 3), ("B", 4), ("D", 2)];
    let mut first = Item::new("GT-01", (0..40).map(row).collect(), &sizes);
    first.with_base = true;
    let second = Item::new("GT-02", (25..60).map(row).collect(), &sizes);
    let measure = Item::new("measure", (0..60).map(equal).collect(), &[("*", 4)]);
    let tables = [
        ("catalogue", "[indicator]\n"),
        ("inspectors.csv", "甲,乙\n"),
        ("empty", ""),
    ];
    let tables = tables.map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec()));
    World {
        proof,
        hash,
        rehearsal: false,
        items: vec![first, second, measure],
        tables: tables.into(),
        key: [0x5a; 32],
        n_parts: 3,
    }
}

/// A round from its seal to its bulletin, in a folder of its own.
struct Ceremony {
    dir: TempDir,
    key: Option<DrawKey>,
    sample: RoundSample,
}

impl Ceremony {
    fn of(world: &World, seed: &str) -> Self {
        let dir = TempDir::new().unwrap();
        let (seal, draw) = (dir.path().join("seal"), dir.path().join("draw"));
        fs::create_dir(&seal).unwrap();
        fs::create_dir(&draw).unwrap();
        let written = world.write(&seal).unwrap();
        let key = world.key();
        let round = publish::read_round(&seal, key.as_ref()).unwrap();
        assert_eq!(round.seal(), &written);
        let sample = publish::draw_round(&round, seed, "公证书", &Meter::silent()).unwrap();
        publish::issue_round(&round, &sample, Some(&receipt()), &draw).unwrap();
        Self { dir, key, sample }
    }

    fn seal(&self) -> PathBuf {
        self.dir.path().join("seal")
    }

    fn public(&self) -> PathBuf {
        self.dir.path().join("draw/public")
    }

    fn internal(&self) -> PathBuf {
        self.dir.path().join("draw/internal")
    }

    fn round(&self) -> SealedRound {
        publish::read_round(&self.seal(), self.key.as_ref()).unwrap()
    }

    /// With key and package.
    fn verified(&self) -> Result<RoundVerified, Error> {
        let package = self.seal().join("package");
        let with = self.key.as_ref().map(|key| (key, package.as_path()));
        publish::verify_round(&self.public(), with, &Meter::silent())
    }

    /// From the public folder alone.
    fn publicly(&self) -> Result<RoundVerified, Error> {
        publish::verify_round(&self.public(), None, &Meter::silent())
    }
}

fn text(dir: &Path, name: &str) -> String {
    fs::read_to_string(dir.join(name)).unwrap()
}

/// The message of an error with its causes, once its kind is checked.
fn refusal(error: &Error) -> String {
    assert_eq!(error.kind(), Kind::Verification, "{error}");
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        write!(text, ": {error}").unwrap();
        source = error.source();
    }
    text
}

const BOTH: [Proof; 2] = [Proof::Open, Proof::Sealed];
const HASHES: [HashName; 2] = [HashName::Sha256, HashName::Sm3];

#[test]
fn a_round_is_sealed_drawn_issued_and_verified() {
    for (proof, hash) in BOTH
        .into_iter()
        .flat_map(|p| HASHES.into_iter().map(move |h| (p, h)))
    {
        let ceremony = Ceremony::of(&county(proof, hash), SEED);
        let verified = ceremony.verified().unwrap();
        assert_eq!(verified.said, SaidOfRound::Same);
        assert_eq!(verified.sample.as_ref(), Some(&ceremony.sample));
        assert_eq!(verified.bulletin.n_units, 60);
        assert_eq!(verified.bulletin.notice, None);
        let publicly = ceremony.publicly().unwrap();
        let said = match proof {
            Proof::Open => SaidOfRound::Same,
            Proof::Sealed => SaidOfRound::CommitmentsHold,
        };
        assert_eq!(publicly.said, said);
        assert_eq!(publicly.bulletin, verified.bulletin);
        assert!(publish::is_round(&ceremony.public()));
        assert!(publicly.not_checked.len() >= 2 && publicly.checked.len() >= 6);
    }
}

#[test]
fn a_sealed_folder_holds_these_files_and_an_open_one_those() {
    let names = |dir: &Path| files(dir).into_keys().collect::<Vec<_>>().join(" ");
    let draws = "draw-1.frame.csv draw-1.levels.csv draw-1.plan.json draw-2.frame.csv draw-2.levels.csv draw-2.plan.json \
                 draw-3.frame.csv draw-3.levels.csv draw-3.plan.json";
    let tables = "table-base-1 table-catalogue table-empty table-inspectors.csv";
    let sealed = Ceremony::of(&county(Proof::Sealed, HashName::Sha256), SEED);
    assert_eq!(
        names(&sealed.seal().join("public")),
        "SHA256SUMS frame.csv seal.json"
    );
    assert_eq!(
        names(&sealed.seal().join("package")),
        format!("SHA256SUMS {draws} {tables}")
    );
    assert_eq!(
        names(&sealed.public()),
        "SHA256SUMS bulletin.json drawn.csv frame.csv seal.json"
    );
    assert_eq!(
        names(&sealed.internal()),
        "drawn.csv probabilities.parquet reserve.csv visits.json"
    );
    let open = Ceremony::of(&county(Proof::Open, HashName::Sha256), SEED);
    assert!(!open.seal().join("package").exists());
    assert_eq!(
        names(&open.seal().join("public")),
        format!("SHA256SUMS {draws} frame.csv seal.json {tables}")
    );
}

#[test]
fn an_object_two_items_draw_is_one_visit_under_one_ticket() {
    let ceremony = Ceremony::of(&county(Proof::Sealed, HashName::Sha256), SEED);
    let sample = &ceremony.sample;
    let both: Vec<_> = sample
        .visits
        .iter()
        .filter(|visit| visit.drawn_by.starts_with(&[0, 1]))
        .collect();
    assert!(!both.is_empty(), "the frames overlap");
    let ticket = |draw: usize, id: &str| {
        let mut units = sample.draws[draw].sample.drawn();
        units.find(|unit| unit.id == id).unwrap().ticket
    };
    let drawn = text(&ceremony.public(), "drawn.csv");
    for visit in both {
        let id = &visit.object_id;
        assert_eq!(ticket(0, id), ticket(1, id));
        assert_eq!(drawn.matches(id.as_str()).count(), 1);
        assert!(drawn.contains(&format!("{id},GT-01;GT-02\n")), "{drawn}");
    }
    let measured: BTreeSet<&str> = sample.draws[2]
        .sample
        .drawn()
        .map(|u| u.id.as_str())
        .collect();
    for id in measured {
        let held = |item: &Item| item.rows.iter().any(|(row, ..)| row == id);
        let items = county(Proof::Sealed, HashName::Sha256).items;
        let names: Vec<_> = items[..2]
            .iter()
            .filter(|item| held(item))
            .map(|item| item.name.clone())
            .collect();
        assert!(
            drawn.contains(&format!("{id},{}\n", names.join(";"))),
            "{id}"
        );
    }
    assert!(!drawn.contains("measure"));
}

#[test]
fn the_reserve_moves_up_for_gone_targets_and_the_rest_of_the_list_stays() {
    let mut world = county(Proof::Sealed, HashName::Sha256);
    for item in &mut world.items {
        item.reserve = 40;
    }
    let ceremony = Ceremony::of(&world, SEED);
    let (round, sample) = (ceremony.round(), &ceremony.sample);
    let up = |gone: &[&str]| {
        let gone = gone.iter().map(|&id| id.to_owned()).collect();
        publish::move_up(&round, sample, &gone).unwrap()
    };
    let nobody = up(&[]);
    assert_eq!(nobody.visits, sample.visits);
    assert!(nobody.since(&sample.visits).is_empty() && nobody.n_missing() == 0);

    let stratum = &sample.draws[0].sample.strata[0];
    let (gone, next) = (&stratum.take_some[0].id, &stratum.reserve[0].id);
    let one = up(&[gone]);
    let ids = |visits: &[Visit]| -> BTreeSet<String> {
        visits.iter().map(|visit| visit.object_id.clone()).collect()
    };
    assert!(
        ids(&one.visits).is_superset(&ids(&sample.visits)),
        "the gone stay, with their own result"
    );
    let taken =
        |moved: &MovedUp, id: &str| moved.draws[0][0].taken.iter().any(|one| one.unit.id == id);
    assert!(!taken(&nobody, next) && taken(&one, next) && taken(&one, gone));
    let weights = one.weights(&round);
    let line = |id: &str, usable: bool| format!("\n{id},GT-01,A/东关,{usable},0x1.");
    assert!(
        weights.contains(&line(gone, false)) && weights.contains(&line(next, true)),
        "{weights}"
    );

    let all: Vec<&str> = sample.draws[0].sample.strata[0]
        .drawn()
        .chain(&stratum.reserve)
        .map(|unit| unit.id.as_str())
        .collect();
    assert_eq!(
        up(&all).draws[0][0].shortfall.as_ref().unwrap().n,
        stratum.take_some.len() as u64
    );
}

#[test]
fn order_partitions_and_threads_change_no_byte_of_a_round() {
    let world = county(Proof::Sealed, HashName::Sha256);
    let plain = Ceremony::of(&world, SEED);
    for (n_parts, threads) in [(1, 1), (5, 1), (17, 3)] {
        let mut other = World {
            n_parts,
            ..world.clone()
        };
        for item in &mut other.items {
            item.rows
                .sort_by_key(|(id, ..)| HashName::Sha256.digest(&[id.as_bytes()]));
        }
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        let again = pool.unwrap().install(|| Ceremony::of(&other, SEED));
        for folder in [
            "seal/public",
            "seal/package",
            "draw/public",
            "draw/internal",
        ] {
            let of = |ceremony: &Ceremony| files(&ceremony.dir.path().join(folder));
            assert!(of(&plain) == of(&again), "{folder}, {n_parts} partitions");
        }
    }
}

#[test]
fn internal_files_hold_keys_tickets_and_probabilities() {
    let ceremony = Ceremony::of(&county(Proof::Sealed, HashName::Sha256), SEED);
    let drawn = text(&ceremony.internal(), "drawn.csv");
    let mut lines = drawn.lines();
    assert_eq!(
        lines.next(),
        Some("object_id,draw,stratum,level,take_all,key,ticket,pi")
    );
    let units: Vec<String> = ceremony
        .sample
        .draws
        .iter()
        .flat_map(|draw| draw.sample.drawn().map(|unit| unit.ticket.to_string()))
        .collect();
    assert_eq!(lines.clone().count(), units.len());
    assert!(
        lines
            .zip(&units)
            .all(|(line, ticket)| line.contains(ticket))
    );
    let reserve = text(&ceremony.internal(), "reserve.csv");
    assert!(reserve.starts_with("object_id,draw,stratum,level,take_all,key,ticket,pi,rank\n"));
    assert!(reserve.lines().nth(2).unwrap().ends_with(",2"));
    let visits: serde_json::Value =
        serde_json::from_str(&text(&ceremony.internal(), "visits.json")).unwrap();
    assert_eq!(
        visits["visits"].as_array().unwrap().len(),
        ceremony.sample.visits.len()
    );
    assert!(visits.to_string().contains(r#""drawn_by":["measure"]"#));
}

#[test]
fn probabilities_of_every_object_are_kept_with_those_before_cool_down() {
    use arrow::array::{AsArray, BooleanArray};
    use arrow::datatypes::Float64Type;
    let world = county(Proof::Sealed, HashName::Sha256);
    let ceremony = Ceremony::of(&world, SEED);
    let file = fs::File::open(ceremony.internal().join("probabilities.parquet")).unwrap();
    let reader = parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(file);
    let (mut rows, mut drawn, mut expected_sizes) = (0, 0, 0.0);
    for batch in reader.unwrap().build().unwrap().map(Result::unwrap) {
        let column = |name: &str| batch.column_by_name(name).unwrap();
        let ids = column("object_id").as_string::<i32>();
        let names = column("draw").as_string::<i32>();
        let p = column("p").as_primitive::<Float64Type>();
        let q = column("q").as_primitive::<Float64Type>();
        let is_drawn: &BooleanArray = column("drawn").as_boolean();
        for row in 0..batch.num_rows() {
            let with_base = names.value(row) == "GT-01";
            let expected = if with_base {
                base_target(ids.value(row))
            } else {
                q.value(row)
            };
            assert_eq!(p.value(row).to_bits(), expected.to_bits());
            rows += 1;
            drawn += usize::from(is_drawn.value(row));
            expected_sizes += q.value(row);
        }
    }
    let n: usize = ceremony
        .sample
        .draws
        .iter()
        .map(|draw| draw.sample.n())
        .sum();
    assert_eq!((rows, drawn), (40 + 35 + 60, n));
    assert!((expected_sizes - f64::from(u32::try_from(n).unwrap())).abs() < 1e-9);
}

#[test]
fn a_seed_text_that_does_not_fit_the_rule_draws_nothing() {
    let ceremony = Ceremony::of(&county(Proof::Sealed, HashName::Sha256), SEED);
    let round = ceremony.round();
    for text in [
        "0123456789abcde",
        "0123456789ABCDEF",
        "0123456789abcdef0",
        "",
    ] {
        let error = publish::draw_round(&round, text, "公证书", &Meter::silent()).unwrap_err();
        assert_eq!(error.kind(), Kind::Usage);
        assert!(matches!(error, Error::SeedRule(_)), "{error}");
    }
    let wide = publish::draw_round(&round, " ０123456789abcdef\n", "公证书", &Meter::silent());
    assert_eq!(wide.unwrap(), ceremony.sample);
}

#[test]
fn a_draw_of_record_needs_a_receipt_from_before_the_event() {
    let world = county(Proof::Sealed, HashName::Sha256);
    let ceremony = Ceremony::of(&world, SEED);
    let (round, dir) = (ceremony.round(), TempDir::new().unwrap());
    let issue =
        |receipt| publish::issue_round(&round, &ceremony.sample, receipt, dir.path()).unwrap_err();
    let error = issue(None);
    assert_eq!(error.kind(), Kind::Usage);
    assert!(
        error
            .to_string()
            .starts_with("receipt = \"none\": a receipt, in a draw of record"),
        "{error}"
    );
    let late = Receipt {
        published_at: "2025-07-01T21:15:00+08:00".parse().unwrap(),
        ..receipt()
    };
    assert!(
        issue(Some(&late)).to_string().contains("not_before"),
        "{}",
        issue(Some(&late))
    );
    assert_eq!(files(dir.path()).len(), 0, "nothing is written");
    let rehearsal = Ceremony::of(
        &World {
            rehearsal: true,
            ..world
        },
        SEED,
    );
    let bulletin =
        publish::issue_round(&rehearsal.round(), &rehearsal.sample, None, dir.path()).unwrap();
    assert_eq!(bulletin.notice.as_deref(), Some(publish::NOTICE));
    let public = dir.path().join("public");
    let verified = publish::verify_round(&public, None, &Meter::silent()).unwrap();
    assert_eq!(verified.checked.len(), 5);
}

#[test]
fn a_sample_of_another_round_is_not_issued() {
    let world = county(Proof::Sealed, HashName::Sha256);
    let (ceremony, dir) = (Ceremony::of(&world, SEED), TempDir::new().unwrap());
    let other = Ceremony::of(
        &World {
            key: [1; 32],
            ..world
        },
        SEED,
    );
    let issue = |sample: &RoundSample| {
        publish::issue_round(&ceremony.round(), sample, Some(&receipt()), dir.path()).unwrap_err()
    };
    assert!(
        issue(&other.sample)
            .to_string()
            .starts_with("sample.seed = ")
    );
    let mut fewer = ceremony.sample.clone();
    fewer.draws[0].sample.strata[0].take_some.pop();
    assert!(issue(&fewer).to_string().starts_with("sample.draws = "));
    let opened = publish::slip(&ceremony.round(), "91130000", Some(&other.sample));
    let error = opened.unwrap_err().to_string();
    assert!(error.starts_with("sample.seed = "), "{error}");
}

#[test]
fn a_seal_that_changes_between_reading_and_issuing_is_not_published() {
    for (proof, name) in [
        (Proof::Sealed, "frame.csv"),
        (Proof::Sealed, "seal.json"),
        (Proof::Open, "frame.csv"),
        (Proof::Open, "draw-1.frame.csv"),
        (Proof::Open, "draw-2.levels.csv"),
        (Proof::Open, "draw-3.plan.json"),
        (Proof::Open, "table-catalogue"),
    ] {
        let ceremony = Ceremony::of(&county(proof, HashName::Sha256), SEED);
        let (round, dir) = (ceremony.round(), TempDir::new().unwrap());
        let path = ceremony.seal().join("public").join(name);
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, text + "\n").unwrap();
        let issued = publish::issue_round(&round, &ceremony.sample, Some(&receipt()), dir.path());
        let refusal = refusal(&issued.unwrap_err());
        assert!(refusal.starts_with(name), "{refusal}");
    }
}

#[test]
fn proof_and_key_must_fit() {
    let dir = TempDir::new().unwrap();
    let sealed = county(Proof::Sealed, HashName::Sha256);
    let ceremony = Ceremony::of(&sealed, SEED);
    let Err(error) = publish::read_round(&ceremony.seal(), None) else {
        panic!("it needs a key")
    };
    assert_eq!(
        (
            error.kind(),
            error.to_string().contains("needs its draw key")
        ),
        (Kind::Usage, true)
    );
    let open = county(Proof::Open, HashName::Sha256);
    let facts = SealFacts {
        proof: Proof::Sealed,
        ..open.facts()
    };
    let error = publish::write_round(
        &facts,
        &[],
        &BTreeMap::new(),
        None,
        dir.path(),
        &Meter::silent(),
    )
    .unwrap_err();
    assert!(matches!(error, Error::Key(_)), "{error}");
    let key = sealed.key();
    let error = publish::write_round(
        &open.facts(),
        &[],
        &BTreeMap::new(),
        key.as_ref(),
        dir.path(),
        &Meter::silent(),
    );
    assert!(matches!(error, Err(Error::Key(_))));
}

#[test]
fn facts_that_no_seal_can_state_are_refused_before_anything_is_written() {
    let refused = |change: &dyn Fn(&mut World)| {
        let mut world = county(Proof::Sealed, HashName::Sha256);
        change(&mut world);
        let dir = TempDir::new().unwrap();
        let error = world.write(dir.path()).unwrap_err();
        assert_eq!(error.kind(), Kind::Usage, "{error}");
        error.to_string()
    };
    let named = refused(&|world| world.items[0].name = "GT;01".into());
    assert_eq!(
        named,
        "draws[0].name = \"\\\"GT;01\\\"\": a name without \";\""
    );
    let twice = refused(&|world| world.items[1].name = "GT-01".into());
    assert!(twice.contains("a name no other draw has"), "{twice}");
    let measure = refused(&|world| world.items[2].name = "GT-03".into());
    assert!(
        measure.contains("exactly for the measurement draw"),
        "{measure}"
    );
    let none = refused(&|world| drop(world.items.drain(..2)));
    assert!(none.contains("at least one draw of an item"), "{none}");
    for name in ["", ".x", "a/b", "a b", "A", "base-1"] {
        let table = refused(&|world| drop(world.tables.insert(name.into(), Vec::new())));
        assert!(
            table.starts_with("commitments = ") || table.starts_with("tables = "),
            "{table}"
        );
    }
}

#[test]
fn an_object_only_the_measurement_draw_holds_is_refused() {
    let mut world = county(Proof::Sealed, HashName::Sha256);
    let row = ("91139999".to_owned(), "*/东关".to_owned(), 1);
    world.items[2].rows.push(row);
    let error = world.write(TempDir::new().unwrap().path()).unwrap_err();
    assert_eq!(error.kind(), Kind::Design);
    assert!(
        error
            .to_string()
            .starts_with("object \"91139999\" stands in the frame of the measurement draw"),
        "{error}"
    );
}

#[test]
fn a_round_by_which_somebody_could_never_be_drawn_is_named() {
    let mut world = county(Proof::Sealed, HashName::Sha256);
    world.items[0].sample_size.insert("D".to_owned(), 0);
    Ceremony::of(&world, SEED).round().exempts_nobody().unwrap();
    world.items.truncate(2);
    let error = Ceremony::of(&world, SEED)
        .round()
        .exempts_nobody()
        .unwrap_err();
    assert_eq!(error.kind(), Kind::Design);
    assert!(
        error
            .to_string()
            .starts_with("object \"91130006\": no draw of round"),
        "{error}"
    );
}

#[test]
fn the_hash_of_a_draw_must_be_that_of_the_round() {
    let world = county(Proof::Sealed, HashName::Sha256);
    let params = world.items[0].params(HashName::Sm3);
    let frame = MemoryFrame::new(&world.items[0].rows, 1);
    let labels: Vec<String> = frame
        .strata()
        .iter()
        .map(|label| public_label(label))
        .collect();
    let draw = DrawInput {
        name: "GT-01",
        department: "局",
        purpose: Purpose::Targets,
        params: &params,
        frame: &frame,
        public_labels: &labels,
        base: None,
    };
    let (dir, key) = (TempDir::new().unwrap(), world.key());
    let (tables, silent) = (BTreeMap::new(), Meter::silent());
    let error = publish::write_round(
        &world.facts(),
        &[draw],
        &tables,
        key.as_ref(),
        dir.path(),
        &silent,
    );
    let error = error.unwrap_err().to_string();
    assert!(error.starts_with("draws[0].params.hash = "), "{error}");
}

/// Worlds of one to three draws over frames of a few objects.
fn worlds() -> impl Strategy<Value = World> {
    let item = (
        proptest::collection::vec(1_u32..6, 1..30),
        0_u32..20,
        0_u64..4,
    );
    let items = proptest::collection::vec(item, 1..4);
    (items, any::<[u8; 32]>(), 0_u8..8, 0_u64..3, 1_usize..5).prop_map(
        |(items, key, bits, measured, n_parts)| {
            let row = |at: u32, size: u32| {
                let label = format!("{}/{}", ["A", "D"][(size % 2) as usize], at % 3);
                (format!("91{at:04}"), label, size)
            };
            let rows = |(sizes, first, _): &(Vec<u32>, u32, u64)| -> Rows {
                (*first..)
                    .zip(sizes)
                    .map(|(at, &size)| row(at, size))
                    .collect()
            };
            let draws: Vec<Item> = items
                .iter()
                .enumerate()
                .map(|(index, item)| {
                    let rows = rows(item);
                    let mut sizes: BTreeMap<String, u64> = BTreeMap::new();
                    for (_, label, _) in &rows {
                        *sizes.entry(label.clone()).or_default() += 1;
                    }
                    for n in sizes.values_mut() {
                        *n = item.2.min(*n);
                    }
                    let mut draw = Item::new(&format!("事项{index}"), rows, &[]);
                    draw.sample_size = sizes;
                    draw.with_base = bits & 4 != 0;
                    draw
                })
                .collect();
            let all: BTreeSet<(String, String, u32)> = draws
                .iter()
                .flat_map(|draw| &draw.rows)
                .map(|(id, ..)| (id.clone(), "*/县".to_owned(), 1))
                .collect();
            let mut world = World {
                proof: BOTH[usize::from(bits & 1)],
                hash: HASHES[usize::from(bits >> 1 & 1)],
                items: draws,
                key,
                n_parts,
                ..county(Proof::Sealed, HashName::Sha256)
            };
            if measured > 0 {
                let n = measured.min(all.len() as u64);
                let rows = all.into_iter().collect();
                world.items.push(Item::new("measure", rows, &[("*", n)]));
            }
            world
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn any_round_verifies_and_is_the_same_for_whoever_holds_the_key(world in worlds(), seed in any::<u64>()) {
        let ceremony = Ceremony::of(&world, &format!("{seed:016x}"));
        let verified = ceremony.verified().unwrap();
        prop_assert_eq!(verified.said, SaidOfRound::Same);
        prop_assert_eq!(verified.sample.as_ref(), Some(&ceremony.sample));
        let publicly = ceremony.publicly().unwrap();
        prop_assert_eq!(publicly.said == SaidOfRound::Same, world.proof == Proof::Open);
        by_hand::agrees(&world, &ceremony);
    }
}
