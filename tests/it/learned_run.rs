//! Learned models in `[risk]`: points from calibrated probabilities, intervals, reasons, weights, refusals, and the same
//! bytes for any partitions and threads.

use std::fs;
use std::path::{Path, PathBuf};

use choucha::indicators::{Indicator, IndicatorKind, IndicatorTable, LabelledTable};
use choucha::risk::{self, Error, LearnedKind, Params, RiskTable};
use choucha::units::{AsOf, Day, Kind, Meter, Problem};
use polars::prelude::{Column, DataFrame, ParquetWriter};
use serde_json::Value as Json;
use tempfile::TempDir;
use toml::{Table, Value};

use crate::risk::BY_SHARE;
use crate::small_county::{Office, files_of, full_job, with};

const MODELS: &str = r#"
[[learned]]
name = "net"
logistic = { absolute_share = 0.5, penalty = 0.001, nuisance = ["inspector"] }
[[learned]]
name = "trees"
boosted = { trees = 30, rows_min = 20 }
[[learned]]
name = "both"
blend = ["net", "trees"]
[labels]
outcome = "found"
each = "visit"
"#;

/// One labelled visit, or one object.
#[derive(Clone)]
struct Row {
    key: u64,
    day: i32,
    rate: f64,
    days: Option<f64>,
    trade: Option<&'static str>,
    inspector: String,
    pi: Option<f64>,
    found: bool,
}

/// Numbers from 0 to 1 that look random and are always the same.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> f64 {
        self.0 = (self.0 * 1_103_515_245 + 12_345) % (1 << 31);
        f64::from(u32::try_from(self.0).unwrap()) / f64::from(1_u32 << 31)
    }
}

/// Visits of `n` objects: findings follow the rate, the trade, and strict inspectors.
fn rows(n: u64) -> Vec<Row> {
    let mut dice = Dice(2_025);
    let mut one = |key: u64| {
        let rate = dice.next();
        let days = (dice.next() < 0.8).then(|| (dice.next() * 900.0).round());
        let trade = [Some("餐饮"), Some("零售"), None][usize::try_from(key % 3).unwrap()];
        let who = key * 7 % 5;
        let strict = if who == 0 { 1.5 } else { 0.0 };
        let spicy = if trade == Some("餐饮") { 0.8 } else { 0.0 };
        let odds = -3.0 + 3.0 * rate + spicy + strict;
        Row {
            key: key.wrapping_mul(0x9E37_79B9_7F4A_7C15),
            day: 19_000 + i32::try_from(key % 700).unwrap(),
            rate,
            days,
            trade,
            inspector: format!("P{who}"),
            pi: Some(if key.is_multiple_of(4) { 0.5 } else { 0.05 }),
            found: dice.next() < 1.0 / (1.0 + f64::exp(-odds)),
        }
    };
    (1..=n).map(&mut one).collect()
}

struct House(TempDir);

impl House {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn params(&self, model: &str, rest: &str) -> Params {
        let card = self.path("card.toml");
        let text = crate::risk::CARD.replace("indicator = \"findings\"", "indicator = \"rate\"");
        fs::write(&card, text.replace("days_since_last", "days")).unwrap();
        let card = card.to_str().unwrap().replace('\\', "/");
        let text = format!("model = \"{model}\"\nscorecard = \"{card}\"\n{BY_SHARE}\n{rest}");
        toml::from_str(&text).unwrap()
    }

    fn table(&self, rows: &[Row], n_parts: u64) -> IndicatorTable {
        let dir = self.path(&format!("indicators-{n_parts}"));
        fs::create_dir_all(&dir).unwrap();
        for part in 0..n_parts {
            let own: Vec<Row> = rows
                .iter()
                .filter(|row| row.key % n_parts == part)
                .cloned()
                .collect();
            write(&dir.join(format!("part-{part:03}.parquet")), frame(&own));
        }
        let n_parts = usize::try_from(n_parts).unwrap();
        IndicatorTable::open(dir, n_parts, as_of(), indicators())
    }

    fn labelled(&self, rows: &[Row]) -> LabelledTable {
        let path = self.path("labelled.parquet");
        write(&path, frame(rows));
        let n_positive = rows.iter().filter(|row| row.found).count();
        LabelledTable::open(path, rows.len() as u64, n_positive as u64, indicators())
    }

    fn try_classify(
        &self,
        params: &Params,
        visits: &[Row],
        n_parts: u64,
    ) -> Result<RiskTable, Error> {
        let valid = params.check().unwrap();
        let (table, labelled) = (self.table(&rows(600), n_parts), self.labelled(visits));
        let work = self.path(&format!("work-{n_parts}"));
        risk::classify(&valid, &table, Some(&labelled), &work, &Meter::silent())
    }

    fn classify(&self, params: &Params) -> RiskTable {
        self.try_classify(params, &rows(1500), 1).unwrap()
    }
}

fn as_of() -> AsOf {
    AsOf("2025-01-01".parse::<Day>().unwrap())
}

fn indicators() -> Vec<Indicator> {
    let all = [
        ("rate", "发现问题率", IndicatorKind::Number, "1"),
        ("days", "距上次检查天数", IndicatorKind::Number, "days"),
        ("trade", "行业", IndicatorKind::Text, "1"),
    ];
    let full = |(name, zh, kind, unit): (&str, &str, IndicatorKind, &str)| Indicator {
        name: name.to_owned(),
        zh: zh.to_owned(),
        en: name.to_owned(),
        unit: unit.to_owned(),
        source: String::new(),
        kind,
    };
    all.map(full).to_vec()
}

fn frame(rows: &[Row]) -> DataFrame {
    fn list<T>(rows: &[Row], of: impl Fn(&Row) -> T) -> Vec<T> {
        rows.iter().map(of).collect()
    }
    let columns = vec![
        Column::new("object_key".into(), list(rows, |row| row.key)),
        Column::new("as_of".into(), list(rows, |row| row.day)),
        Column::new("visit_id".into(), list(rows, |row| format!("v{}", row.key))),
        Column::new("label".into(), list(rows, |row| row.found)),
        Column::new("label:visible".into(), list(rows, |row| row.day)),
        Column::new(
            "label:inspector".into(),
            list(rows, |row| row.inspector.clone()),
        ),
        Column::new("label:pi".into(), list(rows, |row| row.pi)),
        Column::new("rate".into(), list(rows, |row| row.rate)),
        Column::new("days".into(), list(rows, |row| row.days)),
        Column::new("trade".into(), list(rows, |row| row.trade)),
    ];
    DataFrame::new(rows.len(), columns).unwrap()
}

fn write(path: &Path, mut frame: DataFrame) {
    let file = fs::File::create(path).unwrap();
    ParquetWriter::new(file).finish(&mut frame).unwrap();
}

fn learned<'a>(table: &'a RiskTable, name: &str) -> &'a risk::LearnedFit {
    let model = table
        .models()
        .iter()
        .find(|model| model.name == name)
        .unwrap();
    model.learned.as_ref().unwrap()
}

fn refused<'a>(table: &'a RiskTable, name: &str) -> &'a str {
    let model = table
        .models()
        .iter()
        .find(|model| model.name == name)
        .unwrap();
    model.refused.as_deref().unwrap()
}

#[test]
fn points_are_thousandths_of_the_calibrated_probability_inside_its_interval() {
    let house = House::new();
    let table = house.classify(&house.params("both", MODELS));
    let part = table.part(0).unwrap();
    let names: Vec<&str> = part.scores.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["both", "scorecard", "net", "trees"]);
    assert_eq!(part.probability.len(), part.keys.len());
    for (row, own) in part.probability.iter().enumerate() {
        let (low, high) = own.interval.unwrap();
        assert!(
            0.0 < low && low < own.value && own.value < high && high < 1.0,
            "{own:?}"
        );
        let raised = part.reasons[row].starts_with("直接判定");
        let thousandths = (own.value * 1000.0).round().max(1.0);
        assert!(
            raised || (f64::from(part.points[row]) - thousandths).abs() < 1e-9,
            "{own:?}"
        );
    }
    let fit = learned(&table, "both");
    assert_eq!((fit.kind, fit.parts.len()), (LearnedKind::Blend, 2));
    assert_eq!(fit.sure.unwrap().refits, 20);
    assert!(
        (fit.calibration.mean_after - fit.calibration.rate).abs() < 0.005,
        "{fit:?}"
    );
    assert_eq!(learned(&table, "trees").trees, Some(30));
    assert!(
        learned(&table, "trees").sure.is_none(),
        "it stands beside the chosen one"
    );
}

#[test]
fn a_model_beside_the_chosen_one_has_the_probability_it_would_have_as_the_chosen_one() {
    let house = House::new();
    let chosen = house
        .classify(&house.params("net", MODELS))
        .part(0)
        .unwrap();
    let table = house.classify(&house.params("trees", MODELS));
    let beside = table.part(0).unwrap();
    let names: Vec<&str> = beside.calibrated.iter().map(|own| own.0.as_str()).collect();
    assert_eq!(names, ["net", "both"]);
    let same = chosen.probability.iter().zip(&beside.calibrated[0].1);
    assert!(
        same.into_iter()
            .all(|(own, other)| own.value.to_bits() == other.to_bits())
    );
    let scores = &beside.scores.iter().find(|own| own.0 == "net").unwrap().1;
    let moved = scores.iter().zip(&beside.calibrated[0].1);
    assert!(moved.clone().any(|(score, own)| (score - own).abs() > 1e-6));
    let mut ranked: Vec<(f64, f64)> = moved.map(|(score, own)| (*score, *own)).collect();
    ranked.sort_by(|a, b| a.0.total_cmp(&b.0));
    assert!(ranked.windows(2).all(|pair| pair[0].1 <= pair[1].1 + 1e-9));
}

#[test]
fn the_reasons_of_an_object_name_the_indicators_that_add_most() {
    let house = House::new();
    for model in ["net", "trees", "both"] {
        let table = house.classify(&house.params(model, MODELS));
        let part = table.part(0).unwrap();
        assert_eq!(learned(&table, model).gains[0].indicator, "rate", "{model}");
        let riskiest = (0..part.keys.len())
            .max_by(|a, b| {
                part.probability[*a]
                    .value
                    .total_cmp(&part.probability[*b].value)
            })
            .unwrap();
        assert!(
            part.reasons[riskiest].starts_with("发现问题率："),
            "{model}: {}",
            part.reasons[riskiest]
        );
        assert!(
            part.reasons[riskiest].contains("使发现问题的几率变为"),
            "{model}"
        );
    }
}

#[test]
fn objects_it_never_saw_are_ranked_and_their_probabilities_meet_the_rate() {
    let house = House::new();
    let learning = format!("{MODELS}\n[learning]\ncalibration = \"isotonic\"\nrefits = 0\n");
    let unlike = &rows(1500)[600..];
    let table = house
        .try_classify(&house.params("trees", &learning), unlike, 1)
        .unwrap();
    let part = table.part(0).unwrap();
    assert!(part.probability.iter().all(|own| own.interval.is_none()));
    let objects = rows(600);
    let by_key = |key: u64| objects.iter().find(|row| row.key == key).unwrap();
    let found: Vec<bool> = part.keys.iter().map(|key| by_key(*key).found).collect();
    let own = part.scores[0].1.iter().copied();
    let ranked: Vec<(f64, bool)> = own.zip(found.iter().copied()).collect();
    assert!(auc(&ranked) > 0.62, "{}", auc(&ranked));
    let mean = part.probability.iter().map(|own| own.value).sum::<f64>() / 600.0;
    let rate =
        f64::from(u32::try_from(found.iter().filter(|found| **found).count()).unwrap()) / 600.0;
    assert!((mean - rate).abs() < 0.05, "{mean} {rate}");
    assert!(learned(&table, "trees").calibration.slope.is_none());
}

fn auc(scored: &[(f64, bool)]) -> f64 {
    let (mut won, mut pairs) = (0.0, 0.0);
    for (score, _) in scored.iter().filter(|(_, found)| *found) {
        for (other, _) in scored.iter().filter(|(_, found)| !*found) {
            pairs += 1.0;
            won += if score > other {
                1.0
            } else if score < other {
                0.0
            } else {
                0.5
            };
        }
    }
    won / pairs
}

#[test]
fn visits_weighted_by_one_over_pi_are_capped_and_said() {
    let house = House::new();
    let table = house.classify(&house.params(
        "net",
        &format!("{MODELS}\n[learning]\nweight_cap = 1.0\nrefits = 0\n"),
    ));
    let capped = learned(&table, "net").weights.unwrap();
    // every fourth visit has 1/π = 2, the others 20: the median is 20, and a cap of 1 cuts nothing
    assert_eq!((capped.n, capped.n_capped), (1500, 0));
    let mean = (375.0 * 2.0 + 1125.0 * 20.0) / 1500.0;
    assert!((capped.largest - 20.0 / mean).abs() < 1e-9, "{capped:?}");
    let effective = (1500.0 * mean).powi(2) / (375.0 * 4.0 + 1125.0 * 400.0);
    assert!((capped.effective_n - effective).abs() < 1e-6, "{capped:?}");
    let note = table
        .notes()
        .into_iter()
        .find(|note| note.contains("model net"))
        .unwrap();
    assert!(
        note.contains("1500 of 1500 labelled visits are weighted 1/π; effective n 1197"),
        "{note}"
    );
}

#[test]
fn who_went_is_fitted_and_averaged_out() {
    let house = House::new();
    let table = house.classify(&house.params("net", MODELS));
    assert_eq!(learned(&table, "net").n_inspectors, Some(5));
    assert_eq!(learned(&table, "trees").n_inspectors, None);
    let gains = learned(&table, "net").gains.iter();
    assert!(
        gains
            .clone()
            .all(|gain| !gain.indicator.contains("inspector"))
    );
}

#[test]
fn partitions_and_threads_change_no_byte_of_the_risk_table() {
    let house = House::new();
    let params = house.params("both", MODELS);
    let saved = |n_parts: u64, threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        let table = pool.install(|| house.try_classify(&params, &rows(1500), n_parts).unwrap());
        let to = house.path(&format!("risk-{n_parts}-{threads}.parquet"));
        table.save(&to).unwrap();
        fs::read(to).unwrap()
    };
    let one = saved(1, 1);
    assert!(one == saved(64, 4), "64 partitions, 4 threads");
    assert!(one == saved(1, 3), "3 threads");
}

#[test]
fn a_refused_model_beside_the_chosen_one_is_said_and_the_chosen_one_stops() {
    let all = rows(1500);
    let changed = |change: fn(&mut Row)| {
        let mut rows = all.clone();
        rows.iter_mut().for_each(change);
        rows
    };
    let few: Vec<Row> = all
        .iter()
        .filter(|row| row.found)
        .take(30)
        .cloned()
        .collect();
    let cases: [(&str, Vec<Row>, &str); 5] = [
        (
            "few",
            few,
            "at least 50 labelled visits with a finding (risk.learning.positives_min), and 30 of 30",
        ),
        (
            "every visit found",
            changed(|row| row.found = true),
            "each of the 1500 weighted rows has a finding",
        ),
        (
            "constant columns",
            changed(|row| {
                (row.rate, row.days, row.trade) = (0.5, None, Some("餐饮"));
            }),
            "no column of the 3 varies over the 1500 rows",
        ),
        (
            "one day",
            changed(|row| row.day = 19_000),
            "cannot be calibrated: of 0 visits",
        ),
        (
            "a probability of nought",
            changed(|row| row.pi = Some(0.0)),
            "the probability 0 is not above 0 and at most 1",
        ),
    ];
    for (what, visits, said) in cases {
        let house = House::new();
        let beside = house
            .try_classify(&house.params("scorecard", MODELS), &visits, 1)
            .unwrap();
        for model in ["net", "trees", "both"] {
            assert!(
                refused(&beside, model).contains(said),
                "{what}: {}",
                refused(&beside, model)
            );
        }
        assert!(beside.part(0).unwrap().probability.is_empty(), "{what}");
        let chosen = house.try_classify(&house.params("both", MODELS), &visits, 1);
        let error = chosen.unwrap_err();
        assert!(error.to_string().contains(said), "{what}: {error}");
        assert_eq!(error.kind(), Kind::Data, "{what}");
    }
}

#[test]
fn settings_that_cannot_be_are_named() {
    let house = House::new();
    let said = |model: &str, rest: &str| -> String {
        let problems: Vec<Problem> = house.params(model, rest).check().unwrap_err();
        problems
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join("\n")
    };
    let labels = "[labels]\noutcome = \"found\"\neach = \"visit\"\n";
    let cases = [
        (
            "forest",
            MODELS.to_owned(),
            "must be scorecard, logistic or the name of one of risk.learned",
        ),
        (
            "logistic",
            MODELS.to_owned(),
            "the chosen model needs risk.logistic",
        ),
        (
            "net",
            format!("[[learned]]\nname = \"net\"\nblend = [\"a\", \"b\"]\n{labels}"),
            "must name models declared before it",
        ),
        (
            "scorecard",
            format!("[[learned]]\nname = \"scorecard\"\nlogistic = {{}}\n{labels}"),
            "must be a name no other model or baseline has",
        ),
        (
            "a b",
            format!("[[learned]]\nname = \"a b\"\nlogistic = {{}}\n{labels}"),
            "must be a word of letters, digits and _",
        ),
        (
            "net",
            "[[learned]]\nname = \"net\"\nlogistic = {}\n".to_owned(),
            "needs to know which past visits are labels",
        ),
        (
            "net",
            format!(
                "[[learned]]\nname = \"net\"\nlogistic = {{ nuisance = [\"moon\"] }}\n{labels}"
            ),
            "must be inspector, month or quarter",
        ),
        (
            "net",
            format!(
                "[[learned]]\nname = \"net\"\nlogistic = {{ nuisance = [\"month\", \"quarter\"] }}\n{labels}"
            ),
            "month or quarter, not both",
        ),
        (
            "net",
            format!(
                "[[learned]]\nname = \"net\"\nlogistic = {{ nuisance = [\"month\", \"month\"] }}\n{labels}"
            ),
            "must name each once",
        ),
        (
            "net",
            format!("[[learned]]\nname = \"net\"\nlogistic = {{ penalty = \"little\" }}\n{labels}"),
            "must be a number from 0 up or \"auto\"",
        ),
        (
            "scorecard",
            "[learning]\nrefits = 5\n".to_owned(),
            "says how the models of [[risk.learned]] learn, and there is none",
        ),
        (
            "both",
            format!("{MODELS}\n[learning]\nrefits = 1\nblocks = 1\nlevel = 1.0\n"),
            "must be 0 or lie in 2 ..= 200",
        ),
    ];
    for (model, rest, expected) in cases {
        let said = said(model, &rest);
        assert!(said.contains(expected), "{model}: {said}");
    }
}

// --- a whole run ---------------------------------------------------------------------------------------------------

/// The county's job with a learned blend that sets the classes.
fn learned_job() -> Table {
    let mut job = with(full_job(), "risk.model", "both");
    let models: Table = MODELS.parse().unwrap();
    let risk = job["risk"].as_table_mut().unwrap();
    risk.remove("logistic");
    risk.insert("learned".to_owned(), models["learned"].clone());
    let learning: Table =
        "positives_min = 20\nrefits = 4\nprobability = \"CASE WHEN channel = 'draw' THEN 0.1 END\""
            .parse()
            .unwrap();
    risk.insert("learning".to_owned(), Value::Table(learning));
    job
}

#[test]
fn a_run_with_a_learned_model_shows_it_on_page_and_card_whatever_the_partitions() {
    let run = |more: &[&str]| {
        let office = Office::new();
        let said = office.job(&learned_job()).walk("run", more).succeeds();
        assert!(!said.contains("has no score"), "{said}");
        (files_of(&office.path("result")), said)
    };
    let (one, _) = run(&["--partitions", "1", "--threads", "1"]);
    let (many, _) = run(&["--partitions", "64", "--threads", "2"]);
    for (name, bytes) in &one {
        assert!(*bytes == many[name], "{name} differs");
    }
    let evaluation: Json = serde_json::from_slice(&one["evaluation.json"]).unwrap();
    let models = evaluation["facts"]["models"].as_array().unwrap();
    assert_eq!(models[0]["name"], "both");
    assert_eq!(models[0]["learned"]["kind"], "blend");
    assert_eq!(models[0]["learned"]["calibration"]["method"], "platt");
    assert!(
        models[0]["learned"]["weights"]["effective_n"]
            .as_f64()
            .unwrap()
            > 0.0
    );
    assert!(
        evaluation["estimates"]["ranking"]["brier"].is_number(),
        "{}",
        evaluation["estimates"]["ranking"]
    );
    let card = String::from_utf8(one["card.html"].clone()).unwrap();
    for shown in [
        "both",
        "对数几率均值：net、trees",
        "惩罚逻辑回归",
        "提升树（30 棵）",
        "逻辑斯谛直线",
        "90.0%（4 次重拟合）",
        "有效检查数",
    ] {
        assert!(card.contains(shown), "{shown}");
    }
    let manifest = String::from_utf8(one["manifest.json"].clone()).unwrap();
    assert!(
        manifest.contains("labelled visits are weighted 1/π; effective n"),
        "{manifest}"
    );
}
