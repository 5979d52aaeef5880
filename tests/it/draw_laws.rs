//! Laws of plan, draw and bulletin: same bytes for any order, partitions and threads; the corners; every change found.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use choucha::draw::{self, Sample, Seed, SubSeed, pareto_key, unit_interval};
use choucha::plan::{self, Calibration, Header, MeasureOfSize, Params, SealedPlan, ValidParams};
use choucha::publish;
use choucha::units::{
    AsOf, Day, Digest, FramePart, FrameSource, HashName, Kind, Meter, Rounding, Unreadable,
};
use proptest::prelude::*;
use tempfile::TempDir;

use crate::cli::write_sums as resum;
use crate::small_county::files_of as files;

/// Rows of a frame: id, stratum, size.
pub(crate) type Rows = Vec<(String, String, u32)>;

/// A frame in memory.
pub(crate) struct MemoryFrame {
    labels: Vec<String>,
    parts: Vec<FramePart>,
}

impl MemoryFrame {
    /// Row `i` goes to partition `i % n_parts`.
    pub(crate) fn new(rows: &Rows, n_parts: usize) -> Self {
        let labels: BTreeSet<&String> = rows.iter().map(|(_, label, _)| label).collect();
        let labels: Vec<String> = labels.into_iter().cloned().collect();
        let mut parts = vec![FramePart::default(); n_parts];
        for (index, (id, label, size)) in rows.iter().enumerate() {
            let part = &mut parts[index % n_parts];
            part.ids.push(id);
            part.stratum
                .push(u32::try_from(labels.binary_search(label).unwrap()).unwrap());
            part.size.push(*size);
        }
        Self { labels, parts }
    }
}

impl FrameSource for MemoryFrame {
    fn strata(&self) -> &[String] {
        &self.labels
    }

    fn n_parts(&self) -> usize {
        self.parts.len()
    }

    fn part(&self, part: usize) -> Result<FramePart, Unreadable> {
        Ok(self.parts[part].clone())
    }
}

/// Settings with sample sizes per stratum and no coverage floor.
pub(crate) fn sizes(sizes: &[(&str, u64)], reserve: u32) -> ValidParams {
    let params = Params {
        strata: vec!["risk_class".into()],
        measure_of_size: MeasureOfSize::RiskPoints,
        ratio: BTreeMap::new(),
        sample_size: sizes
            .iter()
            .map(|&(label, n)| (label.to_owned(), n))
            .collect(),
        rounding: Rounding::Ceiling,
        floor_of_one: false,
        coverage_floor: 0.0,
        take_all: Vec::new(),
        reserve,
        hash: HashName::Sha256,
        proof: plan::Proof::Open,
        tiny: None,
    };
    params.check().unwrap()
}

pub(crate) fn header() -> Header {
    let as_of = AsOf(Day::from_days(20_089));
    Header {
        title: "演练用名单".into(),
        as_of,
        synthetic: true,
        rehearsal: true,
    }
}

pub(crate) fn seal(
    params: &ValidParams,
    rows: &Rows,
    n_parts: usize,
) -> Result<SealedPlan, plan::Error> {
    plan::seal(
        params,
        &header(),
        &MemoryFrame::new(rows, n_parts),
        &Meter::silent(),
    )
}

fn seed(plan: &SealedPlan) -> Seed {
    Seed::new(plan.hash, &plan.seal_digest(), "3 1 4 1 5", "骰子").unwrap()
}

fn select(plan: &SealedPlan, rows: &Rows, n_parts: usize) -> Sample {
    draw::select(
        plan,
        &seed(plan),
        &MemoryFrame::new(rows, n_parts),
        &Meter::silent(),
    )
    .unwrap()
}

/// `n` rows of a stratum whose sizes run through `1 ..= levels`.
fn rows(label: &str, n: u32, levels: u32) -> Rows {
    (0..n)
        .map(|i| {
            (
                format!("{label}{i:07}"),
                label.to_owned(),
                1 + (i * 7 + i / 5) % levels,
            )
        })
        .collect()
}

/// Three strata: one large enough for the filter, one small, one of a single level.
fn town() -> Rows {
    [rows("A", 2400, 9), rows("B", 60, 30), rows("C", 25, 1)].concat()
}

fn town_params(reserve: u32) -> ValidParams {
    sizes(&[("A", 300), ("B", 12), ("C", 5)], reserve)
}

fn shuffled(rows: &Rows) -> Rows {
    let mut rows = rows.clone();
    rows.sort_by_key(|(id, ..)| HashName::Sha256.digest(&[b"shuffle", id.as_bytes()]));
    rows
}

/// A seal and its bulletin in a temporary folder: `seal/`, `public/`.
fn bulletin(params: &ValidParams, rows: &Rows, n_parts: usize) -> (TempDir, Sample) {
    let dir = TempDir::new().unwrap();
    let (sealed, public) = (dir.path().join("seal"), dir.path().join("public"));
    fs::create_dir(&sealed).unwrap();
    fs::create_dir(&public).unwrap();
    let frame = MemoryFrame::new(rows, n_parts);
    let written =
        publish::write_seal(params, &header(), &frame, &sealed, &Meter::silent()).unwrap();
    let (plan, frame) = publish::read_seal(&sealed).unwrap();
    assert_eq!(plan, written);
    let seed = seed(&plan);
    let sample = draw::select(&plan, &seed, &frame, &Meter::silent()).unwrap();
    publish::issue(&plan, &sample, &seed, &sealed, &public).unwrap();
    let verified = publish::verify(&public, &Meter::silent()).unwrap();
    assert_eq!(verified.sample, sample);
    (dir, sample)
}

fn refused(dir: &Path) -> String {
    let error = publish::verify(dir, &Meter::silent()).unwrap_err();
    assert_eq!(error.kind(), Kind::Verification, "{error}");
    error.to_string()
}

#[test]
fn order_partitions_and_threads_change_no_byte() {
    let (town, params) = (town(), town_params(4));
    let (plain, sample) = bulletin(&params, &town, 1);
    let expected = files(&plain.path().join("public"));
    for (n_parts, threads) in [(1, 1), (4, 1), (7, 3), (64, 2)] {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        let (dir, again) = pool.install(|| bulletin(&params, &shuffled(&town), n_parts));
        assert_eq!(
            files(&dir.path().join("public")),
            expected,
            "{n_parts} partitions, {threads} threads"
        );
        assert_eq!(again, sample);
        assert_eq!(
            pool.install(|| select(&seal(&params, &town, n_parts).unwrap(), &shuffled(&town), 5)),
            sample
        );
    }
}

#[test]
fn a_sample_is_the_n_smallest_keys_of_a_full_sort() {
    let (town, params) = (town(), town_params(4));
    let plan = seal(&params, &town, 3).unwrap();
    assert_eq!(select(&plan, &town, 3), by_full_sort(&plan, &town));
}

#[test]
fn a_filter_that_lets_too_few_pass_is_dropped() {
    let (town, params) = (town(), town_params(4));
    let mut plan = seal(&params, &town, 1).unwrap();
    for level in &mut plan.strata[0].levels {
        level.lambda = level.lambda.map(|l| l / (3.0 - 2.0 * l));
    }
    let sample = select(&plan, &town, 2);
    assert!(sample.strata[0].threshold().unwrap() > 2.0);
    assert_eq!(sample, by_full_sort(&plan, &town));
}

fn by_full_sort(plan: &SealedPlan, rows: &Rows) -> Sample {
    let SubSeed(sub_seed) = seed(plan).sub_seed(draw::Stream::Targets);
    let mut sample = Sample { strata: Vec::new() };
    for (index, stratum) in plan.strata.iter().enumerate() {
        let mut units = Vec::new();
        for (id, _, size) in rows.iter().filter(|(_, label, _)| *label == stratum.label) {
            let ticket = HashName::Sha256.digest(&[&sub_seed, b":", id.as_bytes()]);
            let key = pareto_key(
                unit_interval(&ticket),
                stratum.level(*size).unwrap().lambda.unwrap(),
            );
            let (id, size) = (id.clone(), *size);
            units.push(draw::SampledUnit {
                id,
                stratum: index,
                size,
                key,
                ticket,
                take_all: false,
            });
        }
        units.sort_by(|a, b| {
            a.key
                .total_cmp(&b.key)
                .then(a.ticket.cmp(&b.ticket))
                .then(a.id.cmp(&b.id))
        });
        let n = usize::try_from(stratum.n).unwrap();
        let reserve = units[n..n + plan.settings.reserve() as usize].to_vec();
        units.truncate(n);
        sample.strata.push(draw::StratumSample {
            take_all: Vec::new(),
            take_some: units,
            reserve,
        });
    }
    sample
}

#[test]
fn reserve_lists_are_nested_and_a_larger_n_takes_from_them() {
    let town = town();
    let draws: Vec<Sample> = [0, 1, 9]
        .map(|r| seal(&town_params(r), &town, 1).unwrap())
        .iter()
        .map(|plan| {
            let sub_seed = SubSeed([5; 32]);
            draw::select_stream(
                plan,
                sub_seed,
                &MemoryFrame::new(&town, 2),
                &Meter::silent(),
            )
            .unwrap()
        })
        .collect();
    for (short, long) in draws[0].strata.iter().zip(&draws[2].strata) {
        assert_eq!(short.take_some, long.take_some);
        assert!(short.reserve.is_empty() && long.reserve.len() == 9);
    }
    assert_eq!(draws[1].strata[1].reserve, draws[2].strata[1].reserve[..1]);
    let mut plan = seal(&town_params(0), &town, 1).unwrap();
    plan.strata[1].n += 1;
    let sample = draw::select_stream(
        &plan,
        SubSeed([5; 32]),
        &MemoryFrame::new(&town, 2),
        &Meter::silent(),
    )
    .unwrap();
    let nested = [
        draws[1].strata[1].take_some.clone(),
        draws[1].strata[1].reserve.clone(),
    ]
    .concat();
    assert_eq!(sample.strata[1].take_some, nested);
}

#[test]
fn a_census_selects_every_object() {
    let town = rows("B", 60, 30);
    let (_, sample) = bulletin(&sizes(&[("B", 60)], 3), &town, 2);
    assert_eq!((sample.strata[0].take_all.len(), sample.n()), (60, 60));
    assert!(sample.strata[0].threshold().is_none() && sample.strata[0].reserve.is_empty());
}

#[test]
fn a_stratum_that_draws_nothing_is_sealed_and_listed() {
    let plan = seal(
        &sizes(&[("A", 1), ("B", 0)], 2),
        &[rows("A", 3, 2), rows("B", 4, 2)].concat(),
        1,
    )
    .unwrap();
    assert_eq!(
        plan.never_drawn()
            .map(|stratum| stratum.label.as_str())
            .collect::<Vec<_>>(),
        ["B"]
    );
    let (_, sample) = bulletin(
        &sizes(&[("A", 0), ("B", 0)], 2),
        &[rows("A", 3, 2), rows("B", 4, 2)].concat(),
        1,
    );
    assert_eq!(sample.n(), 0);
}

#[test]
fn an_empty_named_stratum_is_recorded() {
    let (_, sample) = bulletin(&sizes(&[("A", 1), ("E", 0)], 0), &rows("A", 3, 2), 1);
    assert_eq!(
        (sample.strata.len(), sample.strata[1].drawn().count()),
        (2, 0)
    );
    let plan = seal(&sizes(&[("A", 1), ("E", 0)], 0), &rows("A", 3, 2), 1).unwrap();
    let empty = plan.stratum("E").unwrap();
    assert_eq!(
        (empty.n_units, empty.n, empty.calibration),
        (0, 0, Calibration::NotNeeded)
    );
}

#[test]
fn an_empty_frame_is_sealed_and_verified() {
    let (_, sample) = bulletin(&sizes(&[("A", 0)], 0), &Rows::new(), 1);
    assert_eq!(sample.n(), 0);
}

#[test]
fn the_largest_sizes_are_taken_whole() {
    let mut town = rows("A", 50, 3);
    town.extend([
        ("Z1".to_owned(), "A".to_owned(), 5000),
        ("Z2".to_owned(), "A".to_owned(), u32::MAX),
    ]);
    let (_, sample) = bulletin(&sizes(&[("A", 6)], 1), &town, 3);
    let certain: Vec<&str> = sample.strata[0]
        .take_all
        .iter()
        .map(|unit| unit.id.as_str())
        .collect();
    assert_eq!(
        (certain, sample.strata[0].take_some.len()),
        (vec!["Z1", "Z2"], 4)
    );
}

#[test]
fn a_large_stratum_keeps_its_targets_and_states_its_error() {
    let plan = seal(&sizes(&[("A", 600)], 0), &rows("A", 6000, 4), 1).unwrap();
    let Calibration::LargeStratum { relative_error_max } = plan.strata[0].calibration else {
        panic!("{:?}", plan.strata[0].calibration);
    };
    assert!(relative_error_max > 0.0 && relative_error_max < 1e-6);
    plan.check().unwrap();
}

#[test]
fn ids_with_commas_quotes_and_chinese_are_published_as_they_are() {
    let ids = [
        "甲,乙",
        "A,B",
        "SAY \"NO\"",
        "licence/1,144",
        "\"",
        ",",
        "馆陶县/7",
    ];
    let town: Rows = ids
        .iter()
        .map(|id| ((*id).to_owned(), "C/食品,\"重点\"".to_owned(), 1))
        .collect();
    let (dir, sample) = bulletin(&sizes(&[("C", 3)], 2), &town, 2);
    assert_eq!(sample.n(), 3);
    let frame = String::from_utf8(files(&dir.path().join("public"))["frame.csv"].clone()).unwrap();
    assert!(
        frame.contains("\"SAY \"\"NO\"\"\",\"C/食品,\"\"重点\"\"\",1\n"),
        "{frame}"
    );
}

#[test]
fn ids_that_are_not_in_normal_form_are_refused_by_seal_and_verify() {
    let dir = TempDir::new().unwrap();
    for id in ["a", " A", "Ａ", "licence/a", &"9".repeat(65)] {
        let rows = vec![(id.to_owned(), "A".to_owned(), 1)];
        let (params, frame) = (sizes(&[("A", 1)], 0), MemoryFrame::new(&rows, 1));
        let silent = Meter::silent();
        let error =
            publish::write_seal(&params, &header(), &frame, dir.path(), &silent).unwrap_err();
        let text = format!("{:?}", std::error::Error::source(&error).unwrap());
        assert!(text.contains("normal form"), "{text}");
        assert_eq!(error.kind(), Kind::Data);
        let mut lines = Vec::new();
        let spool = plan::MemorySpool::default();
        let sealed =
            plan::seal_into(&params, &header(), &frame, &spool, &mut lines, &silent).unwrap();
        let forged = TempDir::new().unwrap();
        fs::write(forged.path().join("frame.csv"), lines).unwrap();
        fs::write(forged.path().join("levels.csv"), sealed.levels_csv()).unwrap();
        fs::write(forged.path().join("plan.json"), sealed.to_json()).unwrap();
        resum(forged.path());
        let error = publish::read_seal(forged.path()).unwrap_err();
        assert_eq!(error.kind(), Kind::Verification);
        assert!(error.to_string().contains("normal form"), "{error}");
    }
}

#[test]
fn a_title_with_control_characters_is_refused_by_seal_and_verify() {
    let rows = rows("A", 3, 1);
    let (params, frame) = (sizes(&[("A", 1)], 0), MemoryFrame::new(&rows, 1));
    let (dir, silent) = (TempDir::new().unwrap(), Meter::silent());
    let header = Header {
        title: "一\u{7}".into(),
        ..header()
    };
    let error = publish::write_seal(&params, &header, &frame, dir.path(), &silent).unwrap_err();
    assert_eq!(
        (error.to_string().as_str(), error.kind()),
        (
            "title = \"一\\u{7}\": must not contain control characters",
            Kind::Usage
        )
    );
    let refusal = tampered("plan.json", |text| {
        text.replace("演练用名单", "演练\\u0007")
    });
    assert!(
        refusal.starts_with("plan.json: header.title: "),
        "{refusal}"
    );
}

#[test]
fn a_rehearsal_under_sm3_is_a_bulletin_of_version_2_and_verifies() {
    let rows = town();
    let params: Params = serde_json::from_value(serde_json::json!({
        "strata": ["risk_class"], "measure_of_size": "risk_points", "ratio": {"*": 0.1},
        "rounding": "ceiling", "reserve": 3, "hash": "sm3"
    }))
    .unwrap();
    let (dir, sample) = bulletin(&params.check().unwrap(), &rows, 3);
    let public = files(&dir.path().join("public"));
    let text = |name: &str| String::from_utf8(public[name].clone()).unwrap();
    assert!(text("bulletin.json").contains("\"version\": 2,"));
    assert!(text("bulletin.json").contains("\"hash\": \"sm3\""));
    assert!(text("plan.json").starts_with("{\n  \"format\": 2,"));
    let plan = seal(&sizes(&[("*", 1)], 0), &rows, 1).unwrap();
    assert_eq!(plan.format, 1, "sha256 stays as it was");
    let unit = sample.drawn().next().unwrap();
    let bulletin: serde_json::Value = serde_json::from_str(&text("bulletin.json")).unwrap();
    let seed = Digest::from_hex(bulletin["seed"].as_str().unwrap()).unwrap();
    let sub_seed = HashName::Sm3.tagged("choucha/targets/v1", &seed.0);
    assert_eq!(
        unit.ticket,
        HashName::Sm3.digest(&[&sub_seed.0, b":", unit.id.as_bytes()])
    );
}

#[test]
fn an_object_twice_in_the_frame_is_refused() {
    let town = [
        rows("A", 9, 2),
        vec![("A0000004".to_owned(), "B".to_owned(), 1)],
    ]
    .concat();
    for n_parts in [1, 2, 7] {
        let error = seal(&sizes(&[("*", 1)], 0), &town, n_parts).unwrap_err();
        assert_eq!(
            (error.to_string().as_str(), error.kind()),
            ("object \"A0000004\" stands in the frame twice", Kind::Data)
        );
    }
}

#[test]
fn rows_that_no_line_can_hold_are_refused() {
    let one = |id: &str, label: &str, size| vec![(id.to_owned(), label.to_owned(), size)];
    for (rows, message) in [
        (
            one("", "A", 1),
            "\"\" must not be empty and must not contain control characters",
        ),
        (
            one("a\nb", "A", 1),
            "\"a\\nb\" must not be empty and must not contain control characters",
        ),
        (
            one("a", "A\t", 1),
            "\"A\\t\" must not be empty and must not contain control characters",
        ),
        (
            one("a", "A", 0),
            "object \"a\": the measure of size must be at least 1",
        ),
    ] {
        let error = seal(&sizes(&[("*", 0)], 0), &rows, 1).unwrap_err();
        assert_eq!(
            (error.to_string().as_str(), error.kind()),
            (message, Kind::Data)
        );
    }
}

#[test]
fn sizes_must_be_one_when_the_measure_is_equal() {
    let mut params = Params {
        strata: Vec::new(),
        measure_of_size: MeasureOfSize::Equal,
        ratio: BTreeMap::from([("*".to_owned(), 0.5)]),
        sample_size: BTreeMap::new(),
        rounding: Rounding::HalfUp,
        floor_of_one: false,
        coverage_floor: 0.05,
        take_all: Vec::new(),
        reserve: 0,
        hash: HashName::Sha256,
        proof: plan::Proof::Open,
        tiny: None,
    };
    let error = seal(&params.check().unwrap(), &rows("A", 4, 2), 1).unwrap_err();
    assert_eq!(
        (
            error.to_string().contains("every size must be 1, not 2"),
            error.kind()
        ),
        (true, Kind::Design)
    );
    params.ratio = BTreeMap::from([("D".to_owned(), 1.5), ("C".to_owned(), -0.1)]);
    params.take_all = vec!["D".to_owned()];
    params.coverage_floor = 7.0;
    let problems = params.check().unwrap_err();
    let keys: Vec<&str> = problems
        .iter()
        .map(|problem| problem.key.as_str())
        .collect();
    assert_eq!(keys, ["ratio.C", "ratio.D", "take_all", "coverage_floor"]);
}

#[test]
fn another_frame_than_the_sealed_one_is_refused() {
    let plan = seal(&town_params(0), &town(), 1).unwrap();
    let mut town = town();
    town.pop();
    let error = draw::select(
        &plan,
        &seed(&plan),
        &MemoryFrame::new(&town, 1),
        &Meter::silent(),
    )
    .unwrap_err();
    assert_eq!(
        error.to_string(),
        "stratum \"C\": the plan has 25 objects of level 1, the frame 24"
    );
}

#[test]
fn a_draw_of_record_needs_more_than_an_open_bulletin() {
    let dir = TempDir::new().unwrap();
    let header = Header {
        rehearsal: false,
        ..header()
    };
    let frame = MemoryFrame::new(&town(), 1);
    let plan = publish::write_seal(
        &town_params(0),
        &header,
        &frame,
        dir.path(),
        &Meter::silent(),
    )
    .unwrap();
    let sample = draw::select(&plan, &seed(&plan), &frame, &Meter::silent()).unwrap();
    let error = publish::issue(&plan, &sample, &seed(&plan), dir.path(), dir.path()).unwrap_err();
    assert!(matches!(error, publish::Error::NotARehearsal));
}

fn small() -> (ValidParams, Rows) {
    (
        sizes(&[("S", 3), ("T", 2)], 1),
        [rows("S", 12, 3), rows("T", 4, 2)].concat(),
    )
}

#[test]
fn every_changed_byte_is_found() {
    let (params, rows) = small();
    let (dir, _) = bulletin(&params, &rows, 1);
    let public = dir.path().join("public");
    for (name, bytes) in files(&public) {
        for index in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[index] ^= 1;
            fs::write(public.join(&name), &changed).unwrap();
            let error = publish::verify(&public, &Meter::silent()).unwrap_err();
            assert_eq!(
                error.kind(),
                Kind::Verification,
                "{name} byte {index}: {error}"
            );
        }
        fs::write(public.join(&name), &bytes).unwrap();
    }
    publish::verify(&public, &Meter::silent()).unwrap();
}

/// The source of a seed is recorded only: everything else follows from the folder.
#[test]
fn a_changed_byte_is_found_behind_rewritten_sums() {
    let (params, rows) = small();
    let (dir, _) = bulletin(&params, &rows, 1);
    let public = dir.path().join("public");
    let source = "\"seed_source\": \"骰子\"";
    for (name, bytes) in files(&public)
        .into_iter()
        .filter(|(name, _)| name != "SHA256SUMS")
    {
        let text = String::from_utf8(bytes.clone()).unwrap();
        let spared = text
            .find(source)
            .map_or(0..0, |start| start..start + source.len());
        for index in (0..bytes.len())
            .step_by(11)
            .filter(|index| !spared.contains(index))
        {
            let mut changed = bytes.clone();
            changed[index] ^= 1;
            fs::write(public.join(&name), &changed).unwrap();
            resum(&public);
            let error = publish::verify(&public, &Meter::silent())
                .expect_err(&format!("{name} byte {index}"));
            assert_eq!(
                error.kind(),
                Kind::Verification,
                "{name} byte {index}: {error}"
            );
        }
        fs::write(public.join(&name), &bytes).unwrap();
    }
}

#[test]
fn a_swapped_drawn_object_is_named() {
    let (params, rows) = small();
    let (dir, sample) = bulletin(&params, &rows, 1);
    let public = dir.path().join("public");
    let drawn: BTreeSet<&str> = sample.drawn().map(|unit| unit.id.as_str()).collect();
    let other = rows
        .iter()
        .map(|(id, ..)| id.as_str())
        .find(|id| id.starts_with('S') && !drawn.contains(id))
        .unwrap();
    let first = drawn.iter().find(|id| id.starts_with('S')).unwrap();
    let text = fs::read_to_string(public.join("drawn.csv")).unwrap();
    fs::write(public.join("drawn.csv"), text.replace(first, other)).unwrap();
    assert!(
        refused(&public).starts_with("drawn.csv: expected the digest "),
        "{}",
        refused(&public)
    );
    resum(&public);
    let message = refused(&public);
    assert!(
        message.starts_with("drawn.csv line ") && message.contains(other.min(first)),
        "{message}"
    );
    let fewer: String = text.split_inclusive('\n').take(3).collect();
    fs::write(public.join("drawn.csv"), fewer).unwrap();
    resum(&public);
    assert!(refused(&public).ends_with("found no line"));
}

#[test]
fn missing_and_extra_files_are_named() {
    let (params, rows) = small();
    let (dir, _) = bulletin(&params, &rows, 1);
    let public = dir.path().join("public");
    fs::write(public.join("readme.txt"), "").unwrap();
    assert_eq!(refused(&public), "readme.txt does not belong here");
    fs::remove_file(public.join("readme.txt")).unwrap();
    fs::remove_file(public.join("frame.csv")).unwrap();
    assert_eq!(refused(&public), "frame.csv is missing");
    fs::remove_dir_all(&public).unwrap();
    refused(&public);
}

/// Changes `from` to `to` in a file of a fresh seal, with sums rewritten, and returns the refusal.
fn tampered(name: &str, change: impl Fn(&str) -> String) -> String {
    let (params, rows) = small();
    let (dir, _) = bulletin(&params, &rows, 1);
    let sealed = dir.path().join("seal");
    let text = fs::read_to_string(sealed.join(name)).unwrap();
    assert_ne!(change(&text), text);
    fs::write(sealed.join(name), change(&text)).unwrap();
    assert_eq!(
        publish::read_seal(&sealed).unwrap_err().kind(),
        Kind::Verification
    );
    resum(&sealed);
    let error = publish::read_seal(&sealed).unwrap_err();
    assert_eq!(error.kind(), Kind::Verification);
    let source = std::error::Error::source(&error).map(|source| format!(": {source}"));
    format!("{error}{}", source.unwrap_or_default())
}

#[test]
fn a_tampered_seal_is_refused() {
    let first = tampered("frame.csv", |text| {
        text.replace("S0000001,S,", "S0000001,T,")
    });
    assert!(
        first.starts_with(
            "levels.csv line 3: expected 4 objects of stratum \"S\" at level 2, found 5"
        ),
        "{first}"
    );
    let order = tampered("frame.csv", |text| text.replace("S0000003", "S0000001"));
    assert!(
        order.starts_with("frame.csv line 5: expected an object_id above \"S0000002\""),
        "{order}"
    );
    let renamed = tampered("frame.csv", |text| text.replace("S0000011", "S0000012"));
    assert!(
        renamed.starts_with("frame.csv: expected the digest "),
        "{renamed}"
    );
    let blank = tampered("frame.csv", |text| {
        text.replace("T0000000,T,", "T0000000,T, ")
    });
    assert!(
        blank.starts_with(
            "frame.csv line 14: expected object_id, a stratum of the plan and a level"
        ),
        "{blank}"
    );
    let levels = tampered("levels.csv", |text| text.replace("false\nS", "true\nS"));
    assert!(levels.starts_with("levels.csv line 2: "), "{levels}");
    let size = tampered("plan.json", |text| text.replace("\"n\": 3", "\"n\": 4"));
    assert_eq!(
        size,
        "plan.json: stratum \"S\": expected 3 of 12 objects, found 4 of 12 objects"
    );
    let settings = tampered("plan.json", |text| {
        text.replace("\"objects\": 3", "\"objects\": 4")
    });
    assert_eq!(
        settings,
        "plan.json: stratum \"S\": expected 4 of 12 objects, found 3 of 12 objects"
    );
    let spelling = tampered("plan.json", |text| text.replacen("  ", "   ", 1));
    assert!(spelling.starts_with("plan.json line 2: "), "{spelling}");
    let version = tampered("plan.json", |text| {
        text.replace("\"format\": 1", "\"format\": 2")
    });
    assert!(
        version.ends_with("the bytes are no plan: format 2 is not 1"),
        "{version}"
    );
}

#[test]
fn lambda_is_held_to_its_targets_and_never_to_bits() {
    let (params, rows) = small();
    let plan = seal(&params, &rows, 1).unwrap();
    let moved = |by: f64| {
        let mut plan = plan.clone();
        let lambda = &mut plan.strata[0].levels[1].lambda;
        *lambda = lambda.map(|l| l * (1.0 + by));
        plan.check()
    };
    assert_eq!(plan.strata[0].calibration, Calibration::Solved);
    moved(0.0).unwrap();
    moved(1e-11).unwrap();
    let error = moved(1e-7).unwrap_err();
    assert_eq!(error.kind(), Kind::Verification);
    let mut plan = plan;
    plan.strata[0].levels[0].target += 1e-16;
    assert!(matches!(
        plan.check(),
        Err(plan::Error::Inconsistent { .. })
    ));
}

#[test]
fn a_seed_binds_to_its_seal() {
    let seed =
        |seal: u8, text: &str| Seed::new(HashName::Sha256, &Digest([seal; 32]), text, "骰子");
    assert_ne!(
        seed(1, "x").unwrap().digest(),
        seed(2, "x").unwrap().digest()
    );
    assert_eq!(seed(1, "　ｘ ").unwrap(), seed(1, "x").unwrap());
    let error = seed(1, " \n").unwrap_err();
    assert_eq!(
        (error.to_string().contains("seed"), error.kind()),
        (true, Kind::Usage)
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn any_frame_in_any_partitioning_gives_the_same_draw(
        sizes_drawn in proptest::collection::vec(1_u32..6, 1..40),
        n_parts in 1_usize..6,
        percent in 0_u32..=100,
    ) {
        let rows: Rows = sizes_drawn.iter().enumerate().map(|(i, &size)| (format!("id-{i}"), ["A", "B"][i % 2].to_owned(), size)).collect();
        let params = Params {
            strata: vec!["risk_class".into()],
            measure_of_size: MeasureOfSize::RiskPoints,
            ratio: BTreeMap::from([("*".to_owned(), f64::from(percent) / 100.0)]),
            sample_size: BTreeMap::new(),
            rounding: Rounding::HalfUp,
            floor_of_one: false,
            coverage_floor: 0.0,
            take_all: Vec::new(),
            reserve: 2,
            hash: HashName::Sha256,
            proof: plan::Proof::Open,
            tiny: None,
        }.check().unwrap();
        let plan = seal(&params, &rows, 1).unwrap();
        plan.check().unwrap();
        prop_assert_eq!(&plan, &seal(&params, &shuffled(&rows), n_parts).unwrap());
        let sample = select(&plan, &rows, 1);
        prop_assert_eq!(&sample, &select(&plan, &shuffled(&rows), n_parts));
        prop_assert_eq!(sample.n() as u64, plan.n());
        let distinct: BTreeSet<&str> = sample.drawn().map(|unit| unit.id.as_str()).collect();
        prop_assert_eq!(distinct.len(), sample.n());
    }
}
