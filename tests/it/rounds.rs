//! Rounds as they are: items and their bounds, caps, cool-down, merging, the measurement stream, replacement.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::OnceLock;

use choucha::corridor::{self, Scored};
use choucha::draw::{self, select_stream};
use choucha::job::{Job, Overrides};
use choucha::plan::{
    self, Calibration, Composed, NoPast, Params, Past, PastObject, PastRound, Purpose, RoundDraw,
    RoundParams, SealedPlan, ValidRound,
};
use choucha::units::{FrameSource, HashName, Kind, Meter, Problem};
use rayon::prelude::*;

use crate::draw_laws::{MemoryFrame, Rows, header, seal, sizes};
use crate::small_county::{Office, data, kept, light_job, with};
use crate::statistics::{Z_MAX, sub_seed, z_max};

/// `[plan]` of most tests, without its shares.
const PLAN: &str = r#"
strata = ["risk_class"]
measure_of_size = "risk_points"
rounding = "half_up"
coverage_floor = 0.0
reserve = 5
"#;

/// The small county in one partition, and the same in three.
fn scored(partitions: usize) -> &'static Scored {
    static ONE: OnceLock<Scored> = OnceLock::new();
    static THREE: OnceLock<Scored> = OnceLock::new();
    let make = || {
        let folder = kept(&format!("rounds in {partitions}"));
        let file = folder.join("job.toml");
        fs::write(&file, light_job().to_string()).unwrap();
        let overrides = Overrides {
            data: Some(data().to_str().unwrap().to_owned()),
            partitions: Some(partitions),
            seed: None,
        };
        let job = Job::read(&file, &overrides).unwrap();
        corridor::score(&job, &folder, &Meter::silent()).unwrap()
    };
    if partitions == 1 {
        ONE.get_or_init(make)
    } else {
        THREE.get_or_init(make)
    }
}

fn params(plan: &str) -> Params {
    toml::from_str(plan).unwrap()
}

fn checked(plan: &str, round: &str) -> Result<ValidRound, Vec<Problem>> {
    let head = "id = \"GT-2025-01\"\nlead = \"市场监督管理局\"\n";
    let round: RoundParams = toml::from_str(&format!("{head}{round}")).unwrap();
    round.check(&params(plan))
}

fn round(plan: &str, round: &str) -> ValidRound {
    checked(plan, round).unwrap()
}

fn compose<'a>(round: &ValidRound, past: &'a dyn Past) -> Result<Composed<'a>, plan::Error> {
    let scored = scored(1);
    plan::compose(round, &scored.risk, &scored.registers, past)
}

fn refusal(found: Result<Composed<'_>, plan::Error>) -> plan::Error {
    found.err().expect("it must be refused")
}

fn sealed(draw: &RoundDraw<'_>) -> SealedPlan {
    let plan = plan::seal(&draw.params, &header(), &draw.frame, &Meter::silent()).unwrap();
    plan.check().unwrap();
    assert_eq!(SealedPlan::from_json(&plan.to_json()).unwrap(), plan);
    plan
}

/// Ids of the frame with stratum and size.
fn rows(frame: &dyn FrameSource) -> BTreeMap<String, (u32, u32)> {
    let parts = (0..frame.n_parts()).map(|part| frame.part(part).unwrap());
    let rows = parts.flat_map(|part| {
        let row = |i: usize| {
            let place = (part.stratum[i], part.size[i]);
            (part.ids.get(i).to_owned(), place)
        };
        (0..part.ids.len()).map(row).collect::<Vec<_>>()
    });
    rows.collect()
}

fn ids(frame: &dyn FrameSource) -> BTreeSet<String> {
    rows(frame).into_keys().collect()
}

/// Columns of the frame of the county, by id.
fn columns(names: &[&str]) -> BTreeMap<String, Vec<String>> {
    let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
    let frame = scored(1).registers.frame_part(0, &names).unwrap();
    let row = |i: usize| {
        let values = frame.columns.iter().map(|column| column[i].clone());
        (frame.ids.get(i).to_owned(), values.collect())
    };
    (0..frame.keys.len()).map(row).collect()
}

fn visited(visits_this_year: u32, has_open_visit: bool) -> PastObject {
    PastObject {
        rounds: Vec::new(),
        visits_this_year,
        has_open_visit,
    }
}

// --- settings ------------------------------------------------------------------------------------------------------

#[test]
fn every_problem_of_a_round_is_reported_at_once() {
    let plan = format!("{PLAN}[ratio]\n\"*\" = 0.1\n");
    let broken = r#"
        partners = ["教育局", "教育局"]
        visits_per_year_max = 0
        measurement_share = 1.5
        remainder_max = -0.1
        cool_down = { rounds = 0, epsilon = 0.0, floor = 2.0 }
        [[item]]
        id = "a;b"
        category = "重点"
        ratio_max = 0.1
        [[item]]
        id = "measure"
        department = " "
        ratio_min = 0.3
        ratio_max = 0.1
        applies_to = "COUNT(*) > 1"
        ratio = { "*" = 1.2 }
    "#;
    let problems = checked(&plan, broken).unwrap_err();
    let keys: BTreeSet<&str> = problems
        .iter()
        .map(|problem| problem.key.as_str())
        .collect();
    let expected = [
        "partners",
        "visits_per_year_max",
        "measurement_share",
        "remainder_max",
        "cool_down.rounds",
        "cool_down.epsilon",
        "cool_down.floor",
        "item[0].id",
        "item[0].ratio_max",
        "item[1].id",
        "item[1].department",
        "item[1].ratio_min",
        "item[1].applies_to",
        "item[1].ratio.*",
    ];
    assert_eq!(keys, BTreeSet::from(expected), "{problems:#?}");
}

#[test]
fn a_job_holds_its_round_and_names_the_keys_that_are_wrong() {
    let folder = kept("rounds job");
    let read = |job: &toml::Table| {
        let file = folder.join("job.toml");
        fs::write(&file, job.to_string()).unwrap();
        Job::read(&file, &Overrides::default())
    };
    let job = read(&light_job()).unwrap();
    assert_eq!(
        (job.round.id(), job.round.item_ids().count()),
        ("guantao", 0)
    );
    assert_ne!(job.digest, {
        let job = with(light_job(), "round.id", "GT-1");
        read(&with(job, "round.lead", "市场监督管理局"))
            .unwrap()
            .digest
    });
    let broken = with(light_job(), "round.id", "a/b");
    let broken = with(broken, "plan.tiny.order", vec!["office"]);
    let problems = read(&with(broken, "round.lead", "")).unwrap_err();
    let keys: Vec<&str> = problems
        .iter()
        .map(|problem| problem.key.as_str())
        .collect();
    assert_eq!(keys, ["plan.tiny.order", "round.id", "round.lead"]);
}

#[test]
fn an_open_draw_of_record_that_shows_what_is_internal_is_refused_by_clause_and_key() {
    let plan = format!("{PLAN}[ratio]\n\"*\" = 0.1\n");
    let internal = "visits_per_year_max = 2\ncool_down = { rounds = 2 }\n";
    let error = round(&plan, internal).public_only().unwrap_err();
    assert_eq!(error.kind(), Kind::Usage);
    let said = error.to_string();
    for part in [
        "信用风险分类结果不公开",
        "plan.strata: risk_class",
        "plan.measure_of_size: risk_points",
        "round.cool_down",
        "round.visits_per_year_max",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    round(&format!("proof = \"sealed\"\n{plan}"), internal)
        .public_only()
        .unwrap();
    let open = plan
        .replace("risk_class", "office")
        .replace("risk_points", "equal");
    round(&open, "").public_only().unwrap();
}

// --- frames --------------------------------------------------------------------------------------------------------

#[test]
fn a_job_without_a_round_seals_the_plan_it_always_sealed() {
    let scored = scored(1);
    let plan = format!("{PLAN}[ratio]\n\"*\" = 0.1\n");
    let round = ValidRound::alone("guantao", &params(&plan)).unwrap();
    let composed = compose(&round, &NoPast).unwrap();
    let [draw] = &composed.draws[..] else {
        panic!("one draw")
    };
    assert_eq!(
        (draw.name.as_str(), draw.purpose),
        ("guantao", Purpose::Targets)
    );
    let settings = params(&plan).check().unwrap();
    let joined = plan::JoinedFrame::new(&settings, &scored.risk, &scored.registers).unwrap();
    let expected = plan::seal(&settings, &header(), &joined, &Meter::silent()).unwrap();
    assert_eq!(sealed(draw).to_json(), expected.to_json());
    assert_eq!(expected.format, 1);
    assert_eq!(draw.public_labels, vec!["*"; draw.frame.strata().len()]);
}

#[test]
fn every_object_of_the_register_is_in_a_frame_or_has_a_reason() {
    let plan = format!("{PLAN}[ratio]\n\"*\" = 0.4\n");
    let settings = "visits_per_year_max = 1\nmeasurement_share = 0.2\n[[item]]\nid = \"SX03\"\n[[item]]\nid = \"SX04\"\n";
    let food = compose(&round(&plan, settings), &NoPast).unwrap();
    let at_cap: Vec<String> = ids(&food.draws[0].frame).into_iter().take(3).collect();
    let past: BTreeMap<String, PastObject> = at_cap
        .iter()
        .map(|id| (id.clone(), visited(1, false)))
        .collect();
    let composed = compose(&round(&plan, settings), &past).unwrap();

    let registers = &scored(1).registers;
    let outside = registers.excluded(0).unwrap();
    let register: BTreeSet<String> = columns(&[])
        .into_keys()
        .chain(outside.iter().map(|(id, _)| id.clone()))
        .collect();
    assert_eq!(register.len() as u64, registers.n_objects());
    for draw in &composed.draws {
        let frame = ids(&draw.frame);
        let excluded = composed.excluded.iter();
        let excluded = excluded.filter(|(_, of, _)| of == plan::EVERYWHERE || *of == draw.name);
        let given: BTreeSet<(&str, &str)> = excluded
            .map(|(id, _, reason)| (id.as_str(), reason.as_str()))
            .collect();
        let reasons: BTreeMap<&str, &str> = given.iter().copied().collect();
        assert_eq!(reasons.len(), given.len(), "{}: one reason each", draw.name);
        assert_eq!(reasons.len() + frame.len(), register.len(), "{}", draw.name);
        assert!(frame.iter().all(|id| !reasons.contains_key(id.as_str())));
        for id in &at_cap {
            assert_eq!(reasons[id.as_str()], plan::AT_CAP);
        }
    }
    assert!(composed.excluded.is_sorted());
    let held = |id: &str, item: &str| {
        let row = (id.to_owned(), item.to_owned(), plan::AT_CAP.to_owned());
        composed.excluded.contains(&row)
    };
    for id in &at_cap {
        assert!(
            held(id, "SX03") && held(id, plan::EVERYWHERE),
            "the item would hold it"
        );
        assert_eq!(held(id, "SX04"), ids(&food.draws[1].frame).contains(id));
    }
    let union: BTreeSet<String> = composed.draws[..2]
        .iter()
        .flat_map(|draw| ids(&draw.frame))
        .collect();
    assert_eq!(ids(&composed.draws[2].frame), union);
}

#[test]
fn an_item_takes_department_scope_and_specialty_from_the_list_unless_the_job_says_otherwise() {
    let plan = format!("{PLAN}[ratio]\n\"*\" = 0.3\n");
    let composed = compose(
        &round(&plan, "[[item]]\nid = \"SX03\"\n[[item]]\nid = \"SX04\"\ndepartment = \"食药局\"\nspecialty = \"食品\"\napplies_to = \"industry_code LIKE '6%'\"\nratio = { \"*\" = 0.5 }\n"),
        &NoPast,
    )
    .unwrap();
    let [listed, written] = &composed.draws[..] else {
        panic!("two draws")
    };
    assert_eq!(listed.department, "市场监督管理局");
    assert!(
        listed
            .specialty
            .as_deref()
            .is_some_and(|specialty| specialty.contains("食品"))
    );
    let industry = columns(&["industry_code"]);
    let starting = |start: &str| -> BTreeSet<String> {
        let of = industry
            .iter()
            .filter(|(_, values)| values[0].starts_with(start));
        of.map(|(id, _)| id.clone()).collect()
    };
    assert_eq!(ids(&listed.frame), starting("62"));
    assert_eq!(
        (written.department.as_str(), written.specialty.as_deref()),
        ("食药局", Some("食品"))
    );
    assert_eq!(ids(&written.frame), starting("6"));
    let share = |draw: &RoundDraw<'_>| {
        let plan = sealed(draw);
        assert_eq!(plan.format, 2);
        let [n, n_units] = [plan.n(), plan.n_units()].map(|n| f64::from(u32::try_from(n).unwrap()));
        n / n_units
    };
    assert!((share(listed) - 0.3).abs() < 0.02 && (share(written) - 0.5).abs() < 0.02);
    let unknown = round(&plan, "[[item]]\nid = \"XX\"\n");
    assert!(
        refusal(compose(&unknown, &NoPast))
            .to_string()
            .contains("随机抽查事项清单")
    );
    let no_column = round(
        &plan,
        "[[item]]\nid = \"SX03\"\napplies_to = \"nothing = 1\"\n",
    );
    assert!(
        refusal(compose(&no_column, &NoPast))
            .to_string()
            .contains("applies_to")
            || format!("{:?}", refusal(compose(&no_column, &NoPast))).contains("no column nothing")
    );
}

#[test]
fn an_items_bounds_are_refused_with_clause_value_and_smallest_repair() {
    let plan = format!("{PLAN}[ratio]\n\"*\" = 0.1\n");
    let too_many = refusal(compose(&round(&plan, "[[item]]\nid = \"SX01\"\n"), &NoPast));
    assert_eq!(too_many.kind(), Kind::Design);
    let said = too_many.to_string();
    assert!(
        said.contains(
            "item \"SX01\": 一般检查事项抽查比例严格进行限制: the draw must take at most 0.05"
        ),
        "{said}"
    );
    let plan::Error::ItemBound {
        n_allowed,
        repair: Some(factor),
        ..
    } = too_many
    else {
        panic!("{said}")
    };
    let drawn = |factor: f64| {
        let ratio = (0.1 * factor * 1e6).round() / 1e6;
        let plan = format!("{PLAN}[ratio]\n\"*\" = {ratio}\n");
        let item = "[[item]]\nid = \"SX01\"\nratio_max = 1.0\n";
        sealed(&compose(&round(&plan, item), &NoPast).unwrap().draws[0]).n()
    };
    assert!(
        drawn(factor) <= n_allowed && drawn(factor + 1e-3) > n_allowed,
        "{factor}"
    );
    let too_few = refusal(compose(&round(&plan, "[[item]]\nid = \"SX03\"\n"), &NoPast));
    let said = too_few.to_string();
    assert!(
        said.contains("抽查比例下限") && said.contains("at least 0.2"),
        "{said}"
    );
    // 重点: no upper bound, whatever the list says
    let all = round(
        &format!("{PLAN}[ratio]\n\"*\" = 1.0\n"),
        "[[item]]\nid = \"SX06\"\n",
    );
    compose(&all, &NoPast).unwrap();
}

#[test]
fn the_coverage_floor_holds_over_the_union_of_the_items() {
    let items = "[[item]]\nid = \"SX03\"\n[[item]]\nid = \"SX04\"\nratio = { \"*\" = 0.05 }\n";
    let plan = |floor: f64| {
        let plan = PLAN.replace("coverage_floor = 0.0", &format!("coverage_floor = {floor}"));
        format!("{plan}[ratio]\n\"*\" = 0.25\n")
    };
    let composed = compose(&round(&plan(0.1), items), &NoPast).unwrap();
    let union: BTreeSet<String> = composed
        .draws
        .iter()
        .flat_map(|draw| ids(&draw.frame))
        .collect();
    let n_units = f64::from(u32::try_from(union.len()).unwrap());
    let reached = composed.expected_visits / n_units;
    assert!((0.1..0.25).contains(&reached), "{reached}");
    let error = refusal(compose(&round(&plan(0.25), items), &NoPast));
    let plan::Error::BelowFloorOfRound {
        repair: Some(factor),
        ..
    } = error
    else {
        panic!("{error}")
    };
    assert!(
        error
            .to_string()
            .starts_with("部门年度随机抽查占比达到25％以上")
    );
    assert!(
        factor > 0.25 / reached * 0.95 && factor < 0.25 / reached * 1.1,
        "{factor}"
    );
}

// --- caps ----------------------------------------------------------------------------------------------------------

#[test]
fn an_object_at_its_cap_leaves_unless_it_can_join_an_open_visit() {
    let plan = format!("{PLAN}[ratio]\n\"*\" = 0.1\n");
    let round = round(&plan, "visits_per_year_max = 2\n");
    let all: Vec<String> = columns(&[]).into_keys().take(3).collect();
    let past: BTreeMap<String, PastObject> = all
        .iter()
        .cloned()
        .zip([visited(2, false), visited(2, true), visited(1, false)])
        .collect();
    let composed = compose(&round, &past).unwrap();
    let frame = ids(&composed.draws[0].frame);
    assert_eq!(
        all.iter().map(|id| frame.contains(id)).collect::<Vec<_>>(),
        [false, true, true]
    );
    let reason = (
        all[0].clone(),
        plan::EVERYWHERE.to_owned(),
        plan::AT_CAP.to_owned(),
    );
    assert!(composed.excluded.contains(&reason));
}

#[test]
fn a_cap_that_makes_the_draw_impossible_names_clause_number_and_smallest_repair() {
    let all: Vec<String> = columns(&[]).into_keys().collect();
    let n = all.len();
    let (n_twice, n_thrice) = (n / 2, n / 10);
    let past: BTreeMap<String, PastObject> = all
        .into_iter()
        .enumerate()
        .take(n_twice + n_thrice)
        .map(|(i, id)| (id, visited(if i < n_twice { 2 } else { 3 }, false)))
        .collect();
    let plan = PLAN.replace("[\"risk_class\"]", "[]");
    let plan = format!("{plan}[sample_size]\n\"*\" = {}\n", n * 3 / 5);
    let error = refusal(compose(&round(&plan, "visits_per_year_max = 2\n"), &past));
    assert_eq!(error.kind(), Kind::Design);
    let said = error.to_string();
    assert!(
        said.contains("年度检查频次上限（国办发〔2024〕54号）"),
        "{said}"
    );
    assert!(
        said.contains(&format!("takes {} objects", n_twice + n_thrice)),
        "{said}"
    );
    assert!(said.contains("visits_per_year_max = 3 suffices"), "{said}");
    let left = n - n_twice - n_thrice;
    assert!(
        said.contains(&format!("a sample size of {left} in stratum \"*\"")),
        "{said}"
    );
    let fits = plan.replace(&format!("= {}\n", n * 3 / 5), &format!("= {left}\n"));
    compose(&round(&fits, "visits_per_year_max = 2\n"), &past).unwrap();
    compose(&round(&plan, "visits_per_year_max = 3\n"), &past).unwrap();
}

// --- tiny strata ---------------------------------------------------------------------------------------------------

#[test]
fn tiny_strata_are_merged_and_public_labels_hide_where() {
    let plan = PLAN.replace("[\"risk_class\"]", "[\"risk_class\", \"office\", \"kind\"]");
    let plan = format!("{plan}tiny = {{ order = [\"office\", \"kind\"] }}\n[ratio]\n\"*\" = 0.2\n");
    let composed = compose(&round(&plan, ""), &NoPast).unwrap();
    let draw = &composed.draws[0];
    let plan = sealed(draw);
    assert_eq!(plan.format, 2);
    assert!(
        plan.strata
            .iter()
            .any(|stratum| stratum.label.ends_with("/*"))
    );
    let by_class = |label: &str| label.matches("/*").count();
    assert!(
        plan.strata
            .iter()
            .all(|stratum| stratum.n_units >= 20 || by_class(&stratum.label) == 2)
    );
    let attributes = columns(&["office", "kind"]);
    let mut published: BTreeMap<&[String], &str> = BTreeMap::new();
    let mut members: BTreeSet<&str> = BTreeSet::new();
    for (id, (stratum, _)) in rows(&draw.frame) {
        let label = draw.public_labels[stratum as usize].as_str();
        members.insert(label);
        let known = *published.entry(&attributes[&id]).or_insert(label);
        assert_eq!(known, label, "objects of equal public attributes");
    }
    let scored = scored(1);
    let joined = plan::JoinedFrame::new(&draw.params, &scored.risk, &scored.registers).unwrap();
    assert_eq!(rows(&joined), rows(&draw.frame), "a rehearsal merges alike");
}

#[test]
fn a_plan_whose_tiny_strata_are_not_merged_is_refused() {
    let plan = PLAN.replace("[\"risk_class\"]", "[\"risk_class\", \"office\"]");
    let plan =
        format!("{plan}tiny = {{ minimum = 30, order = [\"office\"] }}\n[ratio]\n\"*\" = 0.2\n");
    let settings = params(&plan).check().unwrap();
    let rows: Rows = (0..50)
        .map(|i| {
            (
                format!("id{i:03}"),
                if i < 29 { "A/x" } else { "A/y" }.to_owned(),
                1,
            )
        })
        .collect();
    let sealed = seal(&settings, &rows, 1).unwrap();
    let said = sealed.check().unwrap_err().to_string();
    assert!(said.contains("at least 30 objects"), "{said}");
}

// --- the measurement stream ----------------------------------------------------------------------------------------

#[test]
fn the_measurement_draw_takes_its_share_of_the_expected_visits_with_equal_probability() {
    let plan = format!("{PLAN}[ratio]\n\"*\" = 0.3\n");
    let settings = "measurement_share = 0.2\ncool_down = { rounds = 2 }\n[[item]]\nid = \"SX03\"\n[[item]]\nid = \"SX04\"\n";
    let past = lately_drawn();
    let composed = compose(&round(&plan, settings), &past).unwrap();
    let [a, b, measure] = &composed.draws[..] else {
        panic!("three draws")
    };
    // Σ over objects of the largest of their target probabilities
    let mut largest: BTreeMap<String, f64> = BTreeMap::new();
    for draw in [a, b] {
        let realised = draw.frame.realised(0).unwrap();
        let frame = draw.frame.part(0).unwrap();
        for (i, q) in realised.into_iter().enumerate() {
            let known = largest.entry(frame.ids.get(i).to_owned()).or_default();
            *known = known.max(q);
        }
    }
    let visits: f64 = largest.values().sum();
    assert!((visits - composed.expected_visits).abs() < 1e-6);
    let sealed = sealed(measure);
    let expected = format!("{}", (0.2 * visits).round());
    assert_eq!(
        (measure.name.as_str(), measure.purpose),
        (plan::MEASURE, Purpose::Measure)
    );
    assert_eq!(sealed.n().to_string(), expected);
    assert_eq!(
        (
            sealed.format,
            sealed.strata.len(),
            sealed.strata[0].levels.len()
        ),
        (1, 1, 1)
    );
    assert_eq!(
        measure.frame.base(0).unwrap(),
        measure.frame.realised(0).unwrap()
    );
    let tiny = compose(&round(&plan, "measurement_share = 0.000001\n"), &NoPast).unwrap();
    assert_eq!(self::sealed(&tiny.draws[1]).n(), 1, "at least one");
}

#[test]
fn the_union_of_streams_is_as_likely_as_simulation_says() {
    // two items that share a ticket, and an independent measurement draw
    let hash = |draw: u32, stream: &str| {
        let digest = HashName::Sha256.tagged(stream, &draw.to_be_bytes());
        draw::unit_interval(&digest)
    };
    let draws = 40_000;
    let is_visited = |draw: u32| {
        let (ticket, other) = (hash(draw, "targets"), hash(draw, "measure"));
        ticket < 0.05 || ticket < 0.2 || other < 0.1
    };
    let n = f64::from(u32::try_from((0..draws).filter(|&draw| is_visited(draw)).count()).unwrap());
    let pi = plan::union_probability([0.05, 0.2], Some(0.1));
    let (mean, se) = (
        f64::from(draws) * pi,
        (f64::from(draws) * pi * (1.0 - pi)).sqrt(),
    );
    assert!(
        (pi - 0.28).abs() < 1e-12 && (n - mean).abs() < 4.0 * se,
        "{n} {mean}"
    );
}

// --- cool-down -----------------------------------------------------------------------------------------------------

/// A past of three rounds for the county: every third object was drawn lately, every ninth with a finding.
fn lately_drawn() -> BTreeMap<String, PastObject> {
    let past = |(i, id): (usize, String)| {
        let round = |t: usize| PastRound {
            p: 0.1,
            drawn: i % 3 == 0 && (i / 3) % 3 == t,
            found: i % 9 == 0,
        };
        let object = PastObject {
            rounds: (0..3).map(round).collect(),
            ..PastObject::default()
        };
        (id, object)
    };
    columns(&[]).into_keys().enumerate().map(past).collect()
}

#[test]
fn a_cooled_draw_keeps_its_size_its_floor_and_every_objects_chance() {
    let plan = format!("{PLAN}[ratio]\n\"*\" = 0.1\n");
    let settings = "cool_down = { rounds = 2, epsilon = 0.25, floor = 0.02 }\n";
    let past = lately_drawn();
    let composed = compose(&round(&plan, settings), &past).unwrap();
    let uncooled = compose(&round(&plan, ""), &NoPast).unwrap();
    let (draw, before) = (&composed.draws[0], &uncooled.draws[0]);
    let sealed = sealed(draw);
    assert_eq!(sealed.format, 2);
    let (frame, base) = (draw.frame.part(0).unwrap(), draw.frame.base(0).unwrap());
    let realised = draw.frame.realised(0).unwrap();
    assert_eq!(base, before.frame.realised(0).unwrap());
    let mut sums = vec![0.0; sealed.strata.len()];
    let (mut cooled, mut others) = (Vec::new(), Vec::new());
    for (i, &q) in realised.iter().enumerate() {
        let stratum = sealed
            .stratum(&draw.frame.strata()[frame.stratum[i] as usize])
            .unwrap();
        let target = stratum.level(frame.size[i]).unwrap().target;
        assert_eq!(
            q.to_bits(),
            target.to_bits(),
            "realised is what the plan says"
        );
        assert!(q >= 0.02, "{q}");
        sums[frame.stratum[i] as usize] += q;
        let rounds = &past[frame.ids.get(i)].rounds;
        let is_cooled = rounds[..2].iter().any(|round| round.drawn && !round.found);
        if base[i] < 0.3 && base[i] > 0.09 {
            if is_cooled { &mut cooled } else { &mut others }.push(q / base[i]);
        }
    }
    for (sum, stratum) in sums.iter().zip(&sealed.strata) {
        let n = f64::from(u32::try_from(stratum.n).unwrap());
        assert!((sum - n).abs() < 1e-9 * n.max(1.0), "{sum} {n}");
    }
    let most = cooled.iter().copied().fold(0.0, f64::max);
    let least = others.iter().copied().fold(f64::INFINITY, f64::min);
    assert!(
        !cooled.is_empty() && most < 0.45 && least > 0.9,
        "{most} {least}"
    );
}

#[test]
fn a_floor_that_the_sample_cannot_give_is_refused() {
    let plan = format!("{PLAN}[ratio]\n\"*\" = 0.1\n");
    let settings = "cool_down = { rounds = 2, floor = 0.2 }\n";
    let error = refusal(compose(&round(&plan, settings), &NoPast));
    assert_eq!(error.kind(), Kind::Design);
    assert!(
        error.to_string().contains("cool_down.floor = 0.2"),
        "{error}"
    );
}

fn cool_down(rounds: u32) -> plan::CoolDown {
    let plan = format!("{PLAN}[ratio]\n\"*\" = 0.1\n");
    let settings = format!("cool_down = {{ rounds = {rounds}, epsilon = 0.25 }}\n");
    round(&plan, &settings).cool_down().unwrap()
}

fn past_round(p: f64, drawn: bool) -> PastRound {
    PastRound {
        p,
        drawn,
        found: false,
    }
}

proptest::proptest! {
    /// Over all histories of an object, weighted by their probabilities, the target stays what it is.
    #[test]
    fn over_all_histories_the_target_is_kept(
        targets in proptest::collection::vec(0.001_f64..0.9, 1..8),
        window in 1_u32..5,
    ) {
        let rule = cool_down(window);
        let mut histories: Vec<(f64, Vec<PastRound>)> = vec![(1.0, Vec::new())];
        for &p in &targets {
            let mut next = Vec::new();
            let mut expected = 0.0;
            for (weight, rounds) in histories {
                let q = p * rule.factor(p, &rounds);
                proptest::prop_assert!(q > 0.0 && q <= 1.0 + 1e-12, "{}", q);
                expected += weight * q;
                for drawn in [true, false] {
                    let now = past_round(p, drawn);
                    let rounds = [&[now], &rounds[..]].concat();
                    next.push((weight * if drawn { q } else { 1.0 - q }, rounds));
                }
            }
            proptest::prop_assert!((expected - p).abs() < 1e-9, "{} {}", expected, p);
            histories = next;
        }
    }
}

#[test]
fn a_window_is_shortened_where_a_chance_would_exceed_one() {
    let rule = cool_down(3);
    let never = [past_round(0.4, false); 3];
    // 0.4 + 0.36 + 0.324 > 1, and a window of two still asks for more than one
    let one = 0.4 * (1.0 - 0.25 * 0.4) / (1.0 - 0.4);
    assert!((0.4 * rule.factor(0.4, &never) - one).abs() < 0.05);
    let long_ago = [
        past_round(0.4, false),
        past_round(0.4, false),
        past_round(0.4, true),
    ];
    assert!(
        rule.factor(0.4, &long_ago) > 1.0,
        "outside the shortened window"
    );
    let found = PastRound {
        found: true,
        ..past_round(0.1, true)
    };
    assert!(
        rule.factor(0.1, &[found]) > 1.0,
        "a finding is no reason to cool"
    );
    let last = [past_round(0.1, true), found];
    assert!((rule.factor(0.1, &last) - 0.25).abs() < 1e-12);
}

/// A population under cool-down, drawn by the engine round after round.
struct Population {
    rows: Rows,
    targets: Vec<f64>,
    n: u64,
    rule: plan::CoolDown,
    pasts: Vec<Vec<PastRound>>,
}

impl Population {
    fn new(sizes_before: &[u32], n: u64, window: u32) -> Self {
        let row = |(i, &size): (usize, &u32)| (format!("id{i:03}"), "A".to_owned(), size);
        let rows: Rows = sizes_before.iter().enumerate().map(row).collect();
        let plan = seal(&sizes(&[("A", n)], 0), &rows, 1).unwrap();
        let target = |row: &(String, String, u32)| plan.strata[0].level(row.2).unwrap().target;
        Self {
            targets: rows.iter().map(target).collect(),
            pasts: vec![Vec::new(); rows.len()],
            n,
            rule: cool_down(window),
            rows,
        }
    }

    fn cooled(&self) -> Rows {
        let objects = self.rows.iter().zip(&self.targets).zip(&self.pasts);
        let cooled = objects.map(|((row, &p), past)| {
            let size = self.rule.size(row.2, p, past);
            (row.0.clone(), row.1.clone(), size)
        });
        cooled.collect()
    }

    fn plan(&self) -> SealedPlan {
        seal(&sizes(&[("A", self.n)], 0), &self.cooled(), 1).unwrap()
    }

    /// One round; whom it draws.
    fn draw(&mut self, round: u32) -> BTreeSet<String> {
        let frame = MemoryFrame::new(&self.cooled(), 1);
        let sample = select_stream(&self.plan(), sub_seed(round), &frame, &Meter::silent());
        let drawn: BTreeSet<String> = sample
            .unwrap()
            .drawn()
            .map(|unit| unit.id.clone())
            .collect();
        let objects = self.rows.iter().zip(&self.targets).zip(&mut self.pasts);
        for ((row, &p), past) in objects {
            past.insert(0, past_round(p, drawn.contains(&row.0)));
            past.truncate(20);
        }
        drawn
    }

    /// Frequency over target of each object, over `rounds` rounds.
    fn frequencies(&mut self, rounds: u32) -> Vec<f64> {
        let mut counts: BTreeMap<String, u32> = BTreeMap::new();
        for round in 0..rounds {
            for id in self.draw(round) {
                *counts.entry(id).or_default() += 1;
            }
        }
        let of = |(row, p): (&(String, String, u32), &f64)| {
            let n = counts.get(&row.0).copied().unwrap_or_default();
            f64::from(n) / f64::from(rounds) / p
        };
        self.rows.iter().zip(&self.targets).map(of).collect()
    }
}

#[test]
fn given_its_history_an_object_is_drawn_as_often_as_its_realised_probability_says() {
    for (sizes_before, n, window) in [
        (vec![1, 2, 3, 4], 1, 2),
        (vec![1, 1, 2, 2, 3, 3, 4, 4, 5, 5], 2, 2),
        (vec![3; 12], 3, 3),
    ] {
        let mut population = Population::new(&sizes_before, n, window);
        for round in 0..7 {
            population.draw(round);
        }
        let (plan, rows) = (population.plan(), population.cooled());
        let probabilities = rows
            .iter()
            .map(|row| plan.strata[0].level(row.2).unwrap().target);
        let sum: f64 = probabilities.clone().sum();
        assert!(probabilities.clone().all(|q| q > 0.0));
        assert!((sum - f64::from(u32::try_from(n).unwrap())).abs() < 1e-9);
        assert!(
            plan.strata[0].levels.len() > 1,
            "the history moves probabilities"
        );
        let z = z_max(&plan, &rows);
        assert!(z < Z_MAX, "{sizes_before:?}: |z| = {z}");
    }
}

/// Targets hold exactly before rescaling alone: fixed sizes move small populations.
#[allow(clippy::print_stdout, reason = "the measured figures are the point")]
#[test]
fn the_long_run_departure_from_the_targets_is_measured() {
    let hundred: Vec<u32> = (0..100).map(|i| 1 + i % 4).collect();
    for (sizes_before, n, window, rounds, (low, high)) in [
        (vec![1, 2, 2, 3], 1, 2, 3000, (0.6, 1.6)),
        (vec![1, 1, 1, 2, 2, 2, 3, 3, 4, 4], 2, 2, 1000, (0.75, 1.25)),
        (hundred, 10, 2, 120, (0.8, 1.2)),
    ] {
        let mut population = Population::new(&sizes_before, n, window);
        let found = population.frequencies(rounds);
        // by size, so that chance does not blur it
        let mut by_size: BTreeMap<u32, Vec<f64>> = BTreeMap::new();
        for (size, ratio) in sizes_before.iter().zip(&found) {
            by_size.entry(*size).or_default().push(*ratio);
        }
        for (size, ratios) in by_size {
            let mean = ratios.iter().sum::<f64>() / f64::from(u32::try_from(ratios.len()).unwrap());
            println!(
                "N = {}, n = {n}, size {size}: frequency / p = {mean:.3}",
                found.len()
            );
            assert!((low..high).contains(&mean), "{mean}");
        }
    }
}

// --- remainder -----------------------------------------------------------------------------------------------------

#[test]
fn what_a_drawn_list_tells_of_classes_is_computed_and_warned_of() {
    let plan = format!("{PLAN}[ratio]\nA = 0.03\nB = 0.05\nC = 0.2\nD = 0.5\nU = 0.05\n");
    let composed = compose(&round(&plan, "remainder_max = 0.05\n"), &NoPast).unwrap();
    let remainder = &composed.remainder;
    let shares: f64 = remainder.this_round.iter().map(|class| class.share).sum();
    let drawn: f64 = remainder
        .this_round
        .iter()
        .filter_map(|class| class.among_drawn)
        .sum();
    assert!((shares - 1.0).abs() < 1e-12 && (drawn - 1.0).abs() < 1e-12);
    let d = remainder
        .this_round
        .iter()
        .find(|class| class.class == "D")
        .unwrap();
    let sealed = sealed(&composed.draws[0]);
    let of_d = sealed.stratum("D").unwrap();
    let share = |part: u64, whole: u64| {
        let [part, whole] = [part, whole].map(|n| f64::from(u32::try_from(n).unwrap()));
        part / whole
    };
    assert!((d.among_drawn.unwrap() - share(of_d.n, sealed.n())).abs() < 1e-9);
    assert!((d.share - share(of_d.n_units, sealed.n_units())).abs() < 1e-12);
    assert!(d.among_not_drawn.unwrap() < d.share);
    let warnings: Vec<String> = remainder
        .too_revealing
        .iter()
        .map(ToString::to_string)
        .collect();
    assert!(
        warnings.iter().any(|text| text.contains("P(D | drawn)")),
        "{warnings:?}"
    );
    assert!(warnings[0].starts_with("信用风险分类结果不公开"));
    let quiet = compose(&round(&plan, ""), &NoPast).unwrap();
    assert_eq!(quiet.remainder.too_revealing, []);
    let past = lately_drawn();
    let over = compose(&round(&plan, ""), &past).unwrap().remainder;
    let pairs = over
        .this_round
        .iter()
        .zip(&over.over_rounds)
        .zip(&remainder.this_round);
    for ((now, together), before) in pairs {
        let change = now.among_drawn.unwrap() - before.among_drawn.unwrap();
        assert!(
            change.abs() < 1e-12,
            "the past moves no probability of a round without cool-down"
        );
        assert_ne!(now.among_drawn, together.among_drawn);
    }
}

// --- a rehearsal ---------------------------------------------------------------------------------------------------

#[test]
fn a_rehearsal_with_sm3_and_merged_strata_is_run_and_verified() {
    let office = Office::new();
    let job = with(light_job(), "plan.hash", "sm3");
    let job = with(job, "plan.proof", "sealed");
    let job = with(job, "plan.strata", vec!["risk_class", "office"]);
    let job = with(job, "plan.tiny.order", vec!["office"]);
    office.job(&job).walk("run", &[]).succeeds();
    let plan = SealedPlan::from_json(&office.read("result/seal/plan.json")).unwrap();
    assert_eq!((plan.format, plan.hash), (2, HashName::Sm3));
    assert!(plan.strata.iter().any(|stratum| stratum.label == "D/*"));
    let said = office.choucha(&["verify", "result/public"]).succeeds();
    assert!(said.contains("same"), "{said}");
}

// --- laws ----------------------------------------------------------------------------------------------------------

#[test]
fn partitions_change_nothing_of_a_round() {
    let plan = PLAN.replace("[\"risk_class\"]", "[\"risk_class\", \"office\"]");
    let plan =
        format!("hash = \"sm3\"\n{plan}tiny = {{ order = [\"office\"] }}\n[ratio]\n\"*\" = 0.3\n");
    let settings = "visits_per_year_max = 2\nmeasurement_share = 0.1\ncool_down = { rounds = 2, floor = 0.001 }\n[[item]]\nid = \"SX03\"\n[[item]]\nid = \"SX04\"\n";
    let round = round(&plan, settings);
    let mut past = lately_drawn();
    past.values_mut()
        .step_by(50)
        .for_each(|one| one.visits_this_year = 2);
    let parts = [1, 3].map(|partitions| {
        let scored = scored(partitions);
        plan::compose(&round, &scored.risk, &scored.registers, &past).unwrap()
    });
    let [one, three] = &parts;
    assert_eq!(one.excluded, three.excluded);
    assert_eq!(one.remainder, three.remainder);
    assert_eq!(one.draws.len(), 3);
    for (a, b) in one.draws.iter().zip(&three.draws) {
        let plans = [sealed(a), sealed(b)];
        assert_eq!(plans[0].to_json(), plans[1].to_json());
        assert_eq!((plans[0].format, plans[0].hash), (2, HashName::Sm3));
        assert_eq!(a.public_labels, b.public_labels);
    }
    assert_eq!(round.to_json(), round.to_json());
}

#[test]
fn a_plan_that_says_another_format_than_it_needs_is_refused() {
    let rows: Rows = (0..9)
        .map(|i| (format!("id{i}"), "A".to_owned(), 1 + i))
        .collect();
    let mut plan = seal(&sizes(&[("A", 3)], 0), &rows, 1).unwrap();
    assert_eq!(plan.format, 1);
    plan.format = 2;
    assert!(SealedPlan::from_json(&plan.to_json()).is_err());
    plan.hash = HashName::Sm3;
    assert_eq!(
        SealedPlan::from_json(&plan.to_json()).unwrap().hash,
        HashName::Sm3
    );
}

#[test]
fn an_overstated_error_and_strata_out_of_nothing_are_refused() {
    let rows: Rows = (0..6000_u32)
        .map(|i| (format!("id{i:05}"), "A".to_owned(), 1 + i % 7))
        .collect();
    let sealed = seal(&sizes(&[("A", 900), ("B", 0)], 0), &rows, 1).unwrap();
    sealed.check().unwrap();
    let with_error = |change: fn(f64) -> f64| {
        let mut plan = sealed.clone();
        let Calibration::LargeStratum { relative_error_max } = &mut plan.strata[0].calibration
        else {
            panic!("{:?}", plan.strata[0].calibration)
        };
        *relative_error_max = change(*relative_error_max);
        plan.check()
    };
    with_error(|error| error * 1.005).unwrap();
    assert!(with_error(|error| error + 1e-6).is_err());
    assert!(with_error(|_| 1.0).is_err());
    assert!(with_error(|_| f64::NAN).is_err());

    let mut ghost = sealed.clone();
    let mut stratum = ghost.strata[1].clone();
    assert_eq!((stratum.label.as_str(), stratum.n_units), ("B", 0));
    stratum.label = "A/nobody".to_owned();
    ghost.strata.insert(1, stratum);
    let said = ghost.check().unwrap_err().to_string();
    assert!(said.contains("A/nobody"), "{said}");
    let mut missing = sealed;
    missing.strata.remove(1);
    let said = missing.check().unwrap_err().to_string();
    assert!(said.contains("\"B\""), "{said}");
}

// --- replacement ---------------------------------------------------------------------------------------------------

/// The case of the reference page: 300 objects, 30 drawn, a fifth of them dead.
#[allow(clippy::print_stdout, reason = "the measured figures are the point")]
#[test]
fn threshold_weights_are_unbiased_where_the_weights_of_the_draw_are_not() {
    let size = |i: u32| 1 + (i * 7) % 9;
    let rows: Rows = (0..300)
        .map(|i| (format!("id{i:03}"), "A".to_owned(), size(i)))
        .collect();
    let is_dead = |id: &str| id[2..].parse::<u32>().unwrap() % 5 == 0;
    let dead: BTreeSet<String> = rows
        .iter()
        .filter(|row| is_dead(&row.0))
        .map(|row| row.0.clone())
        .collect();
    let y = |id: &str| {
        f64::from(u32::from(
            !is_dead(id) && id[2..].parse::<u32>().unwrap() % 6 == 1,
        ))
    };
    let truth: f64 = rows.iter().map(|row| y(&row.0)).sum();
    for reserve in [60, 7] {
        let plan = seal(&sizes(&[("A", 30)], reserve), &rows, 1).unwrap();
        let frame = MemoryFrame::new(&rows, 1);
        let one = |draw: u32| {
            let seed = sub_seed(1_000_000 + draw);
            let sample = select_stream(&plan, seed, &frame, &Meter::silent()).unwrap();
            let stratum = &plan.strata[0];
            let replaced = draw::replace(stratum, &sample.strata[0], &dead);
            let usable = replaced.taken.iter().filter(|one| one.usable);
            let naive =
                |unit: &draw::SampledUnit| y(&unit.id) / stratum.level(unit.size).unwrap().target;
            let totals = usable.fold((0.0, 0.0), |(weighted, plain), one| {
                (
                    weighted + one.weight * y(&one.unit.id),
                    plain + naive(&one.unit),
                )
            });
            (totals.0, totals.1, replaced.shortfall.is_some())
        };
        let draws = 3000;
        let found: Vec<(f64, f64, bool)> = (0..draws).into_par_iter().map(one).collect();
        let moments = |of: fn(&(f64, f64, bool)) -> f64| {
            let n = f64::from(draws);
            let mean = found.iter().map(of).sum::<f64>() / n;
            let square = found
                .iter()
                .map(|one| (of(one) - mean).powi(2))
                .sum::<f64>();
            (mean, (square / n / n).sqrt())
        };
        let ((weighted, se), (naive, naive_se)) = (moments(|one| one.0), moments(|one| one.1));
        println!(
            "reserve {reserve}: truth {truth}, threshold weights {weighted:.2} (se {se:.2}), weights of the draw {naive:.2}"
        );
        assert!(
            (weighted - truth).abs() < 4.0 * se,
            "{weighted} {truth} {se}"
        );
        assert_eq!(found.iter().any(|one| one.2), reserve < 10);
        if reserve > 10 {
            assert!(
                naive - truth > 10.0 * naive_se,
                "{naive} {truth} {naive_se}"
            );
        }
    }
}

#[test]
fn the_committed_settings_of_a_round_have_one_spelling() {
    let plan = format!("{PLAN}[ratio]\n\"*\" = 0.1\n");
    let round = round(&plan, "visits_per_year_max = 2\n[[item]]\nid = \"SX03\"\n");
    let text = String::from_utf8(round.to_json()).unwrap();
    let start = "{\n  \"id\": \"GT-2025-01\",\n  \"lead\": \"市场监督管理局\"";
    assert!(text.starts_with(start) && text.ends_with("}\n"), "{text}");
    assert!(text.contains("\"visits_per_year_max\": 2"), "{text}");
}
