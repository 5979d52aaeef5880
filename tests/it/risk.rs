//! 信用风险分类: scorecard, learned model, classes as data, and what is refused.

use std::path::{Path, PathBuf};

use choucha::indicators::{Indicator, IndicatorKind, IndicatorTable, LabelledTable};
use choucha::risk::{self, Error, Params, RiskPart, RiskTable};
use choucha::units::{AsOf, Day, Kind, Meter, Problem};
use polars::prelude::{Column, DataFrame, IntoLazy, ParquetWriter, SortMultipleOptions, col, lit};
use tempfile::TempDir;

pub(crate) const CARD: &str = r#"
version = 1
name = "toy"
zh = "示例评分卡"
en = "Toy card"
base = 5
points_min = 1
points_max = 100

[[group]]
code = "supervision"
zh = "监管"
en = "Supervision"

[[factor]]
name = "penalties"
indicator = "findings"
zh = "近两年行政处罚次数"
en = "Penalties in two years"
group = "supervision"
bins = [{ below = 1, points = 2 }, { below = 3, points = 20 }, { points = 40 }]
missing = 7

[[factor]]
name = "trade"
indicator = "trade"
zh = "行业"
en = "Trade"
group = "supervision"
values = { "餐饮" = 20, "零售" = 5 }
other = 0
missing = 3

[[veto]]
name = "since"
when = "days_since_last > 800 AND trade = '餐饮'"
class = "D"
points = 90
zh = "列入严重违法失信名单"
en = "Listed"
"#;

pub(crate) const BY_POINTS: &str = r#"
class = [
  { code = "A", name = "低", points_from = 0 },
  { code = "B", name = "一般", points_from = 15 },
  { code = "C", name = "较高", points_from = 30 },
  { code = "D", name = "高", points_from = 60 },
]
"#;

pub(crate) const BY_SHARE: &str = r#"
class = [
  { code = "A", name = "低", share = 0.73 },
  { code = "B", name = "一般", share = 0.19 },
  { code = "C", name = "较高", share = 0.05 },
  { code = "D", name = "高", share = 0.03 },
]
"#;

const LOGISTIC: &str = r#"
[logistic]
l2 = 2.0
max_iterations = 300
positives_min = 50
cap_quantile = 0.98
[labels]
outcome = "found"
each = "visit"
"#;

/// One object: key, findings, days since the last visit, trade, label.
#[derive(Clone)]
pub(crate) struct Row(
    pub(crate) u64,
    pub(crate) Option<f64>,
    pub(crate) Option<f64>,
    pub(crate) Option<&'static str>,
    pub(crate) bool,
);

pub(crate) struct House {
    dir: TempDir,
}

impl House {
    pub(crate) fn new() -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn card(&self, text: &str) -> String {
        let path = self.dir.path().join("card.toml");
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().replace('\\', "/")
    }

    pub(crate) fn params(&self, model: &str, rest: &str) -> Params {
        let card = self.card(CARD);
        toml::from_str(&format!(
            "model = \"{model}\"\nscorecard = \"{card}\"\n{rest}"
        ))
        .unwrap()
    }

    pub(crate) fn table(&self, rows: &[Row], n_parts: usize) -> IndicatorTable {
        let dir = self.dir.path().join(format!("indicators-{n_parts}"));
        std::fs::create_dir_all(&dir).unwrap();
        for part in 0..n_parts {
            let own: Vec<Row> = rows
                .iter()
                .filter(|row| row.0 % n_parts as u64 == part as u64)
                .cloned()
                .collect();
            write(&dir.join(format!("part-{part:03}.parquet")), frame(&own));
        }
        IndicatorTable::open(dir, n_parts, as_of(), indicators())
    }

    fn labelled(&self, rows: &[Row]) -> LabelledTable {
        let path = self.dir.path().join("labelled.parquet");
        write(&path, frame(rows));
        let n_positive = rows.iter().filter(|row| row.4).count() as u64;
        LabelledTable::open(path, rows.len() as u64, n_positive, indicators())
    }

    pub(crate) fn work(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn classify(&self, params: &Params, rows: &[Row]) -> RiskTable {
        let valid = params.check().unwrap();
        risk::classify(
            &valid,
            &self.table(rows, 1),
            None,
            &self.work("work"),
            &Meter::silent(),
        )
        .unwrap()
    }
}

fn as_of() -> AsOf {
    AsOf("2025-01-01".parse::<Day>().unwrap())
}

fn indicators() -> Vec<Indicator> {
    let number = |name: &str, zh: &str| (name.to_owned(), zh.to_owned(), IndicatorKind::Number);
    let all = [
        number("findings", "发现问题次数"),
        number("days_since_last", "距上次检查天数"),
        ("trade".to_owned(), "行业".to_owned(), IndicatorKind::Text),
    ];
    let full = |(name, zh, kind): (String, String, IndicatorKind)| Indicator {
        en: name.clone(),
        unit: "1".to_owned(),
        source: "监管部门".to_owned(),
        name,
        zh,
        kind,
    };
    all.into_iter().map(full).collect()
}

fn frame(rows: &[Row]) -> DataFrame {
    let columns = vec![
        Column::new(
            "object_key".into(),
            rows.iter().map(|row| row.0).collect::<Vec<u64>>(),
        ),
        Column::new("as_of".into(), vec![20_089_i32; rows.len()]),
        Column::new(
            "visit_id".into(),
            rows.iter()
                .map(|row| format!("v{}", row.0))
                .collect::<Vec<_>>(),
        ),
        Column::new(
            "label".into(),
            rows.iter().map(|row| row.4).collect::<Vec<bool>>(),
        ),
        Column::new(
            "findings".into(),
            rows.iter().map(|row| row.1).collect::<Vec<_>>(),
        ),
        Column::new(
            "days_since_last".into(),
            rows.iter().map(|row| row.2).collect::<Vec<_>>(),
        ),
        Column::new(
            "trade".into(),
            rows.iter().map(|row| row.3).collect::<Vec<_>>(),
        ),
    ];
    DataFrame::new(rows.len(), columns).unwrap()
}

fn write(path: &Path, mut frame: DataFrame) {
    ParquetWriter::new(std::fs::File::create(path).unwrap())
        .finish(&mut frame)
        .unwrap();
}

pub(crate) fn codes(table: &RiskTable, part: &RiskPart) -> Vec<String> {
    part.class
        .iter()
        .map(|class| table.classes()[usize::from(*class)].code.clone())
        .collect()
}

pub(crate) fn problems(params: &Params) -> Vec<String> {
    let text = |problem: &Problem| format!("{}: {}", problem.key, problem.rule);
    params.check().unwrap_err().iter().map(text).collect()
}

/// 600 objects made by integer arithmetic, so that any language makes the same.
fn toy() -> Vec<Row> {
    let mut state = 12_345_u64;
    let mut next = || {
        state = (state * 1_103_515_245 + 12_345) % (1 << 31);
        f64::from(u32::try_from(state).unwrap()) / f64::from(1_u32 << 31)
    };
    let mut row = |key: u64| {
        let findings = (next() * 6.0).floor();
        let findings = (next() >= 0.1).then_some(findings);
        let days = (next() * 900.0).floor();
        let days = (next() >= 0.2).then_some(days);
        let trade = match next() {
            u if u < 0.5 => Some("餐饮"),
            u if u < 0.8 => Some("零售"),
            u if u < 0.96 => Some("生产"),
            u if u < 0.98 => Some("仓储"),
            _ => None,
        };
        let food = if trade == Some("餐饮") { 0.7 } else { 0.0 };
        let odds = -3.0 + 0.5 * findings.unwrap_or(0.0) + 0.002 * days.unwrap_or(900.0) + food;
        Row(
            key,
            findings,
            days,
            trade,
            next() < 1.0 / (1.0 + (-odds).exp()),
        )
    };
    (1..=600).map(&mut row).collect()
}

fn auc(scores: &[f64], labels: &[bool]) -> f64 {
    let pairs = scores.iter().zip(labels);
    let (mut won, mut n) = (0.0, 0.0);
    for (high, _) in pairs.clone().filter(|pair| *pair.1) {
        for (low, _) in pairs.clone().filter(|pair| !*pair.1) {
            won += match high.total_cmp(low) {
                std::cmp::Ordering::Greater => 1.0,
                std::cmp::Ordering::Equal => 0.5,
                std::cmp::Ordering::Less => 0.0,
            };
            n += 1.0;
        }
    }
    won / n
}

#[test]
fn a_value_falls_into_the_first_bin_it_lies_below() {
    let house = House::new();
    let findings = [
        Some(-1.0),
        Some(0.0),
        Some(0.99),
        Some(1.0),
        Some(2.9),
        Some(3.0),
        None,
        Some(f64::NAN),
    ];
    let rows: Vec<Row> = (1..)
        .zip(findings)
        .map(|(key, value)| Row(key, value, None, Some("零售"), false))
        .collect();
    let part = house
        .classify(&house.params("scorecard", BY_POINTS), &rows)
        .part(0)
        .unwrap();
    assert_eq!(part.points, [12, 12, 12, 30, 30, 50, 17, 17]);
    assert_eq!(part.scores[0].0, "scorecard");
}

#[test]
fn a_text_has_its_own_points_or_those_of_every_other() {
    let house = House::new();
    let trades = [Some("餐饮"), Some("零售"), Some("别的"), None];
    let rows: Vec<Row> = (1..)
        .zip(trades)
        .map(|(key, trade)| Row(key, Some(0.0), None, trade, false))
        .collect();
    let table = house.classify(&house.params("scorecard", BY_POINTS), &rows);
    let part = table.part(0).unwrap();
    assert_eq!(part.points, [27, 12, 7, 10]);
    assert_eq!(codes(&table, &part), ["B", "A", "A", "A"]);
}

#[test]
fn reasons_name_the_value_and_what_it_adds_largest_first() {
    let house = House::new();
    let rows = [
        Row(1, Some(2.0), None, Some("餐饮"), false),
        Row(2, Some(3.0), Some(801.0), Some("餐饮"), false),
        Row(3, None, None, None, false),
        Row(4, Some(0.0), None, Some("别的"), false),
    ];
    let part = house
        .classify(&house.params("scorecard", BY_POINTS), &rows)
        .part(0)
        .unwrap();
    assert_eq!(
        part.reasons,
        [
            "行业：餐饮，加20分（来源：监管部门）；近两年行政处罚次数：2，加20分，此项最低2分（来源：监管部门）；基础分及其余各项：5分",
            "直接判定：列入严重违法失信名单，依据：距上次检查天数为801（标准：多于800，来源：监管部门），行业为餐饮（来源：监管部门），至少判为D（高），不少于90分；近两年行政处罚次数：3，加40分，此项最低2分（来源：监管部门）；行业：餐饮，加20分（来源：监管部门）；基础分及其余各项：5分，合计65分，按90分计",
            "近两年行政处罚次数：无记录，加7分，此项最低2分（来源：监管部门）；行业：无记录，加3分（来源：监管部门）；基础分及其余各项：5分",
            "",
        ]
    );
}

#[test]
fn points_that_could_have_been_taken_away_are_said_as_such_after_what_adds() {
    let house = House::new();
    let params = house.params("scorecard", BY_POINTS);
    house.card(&CARD.replace("\"零售\" = 5", "\"零售\" = -9"));
    let rows = [
        Row(1, None, None, Some("别的"), false),
        Row(2, Some(0.0), None, Some("零售"), false),
        Row(3, Some(0.0), None, None, false),
    ];
    let part = house.classify(&params, &rows).part(0).unwrap();
    assert_eq!(
        part.points,
        [12, 1, 10],
        "7 + 5; 2 - 9 + 5, at least 1; 2 + 3 + 5"
    );
    assert_eq!(
        part.reasons,
        [
            "近两年行政处罚次数：无记录，加7分，此项最低2分（来源：监管部门）；行业：别的，未减分，为“零售”可减9分（来源：监管部门）；基础分及其余各项：5分",
            "",
            "行业：无记录，加3分，为“零售”可减9分（来源：监管部门）；基础分及其余各项：7分",
        ]
    );
}

#[test]
fn a_direct_judgement_says_what_it_did_and_no_more() {
    let house = House::new();
    let outside =
        "[unclassified]\nwhen = \"trade = '餐饮'\"\ncode = \"U\"\nname = \"未分类\"\npoints = 20";
    let params = house.params("scorecard", &format!("{BY_POINTS}\n{outside}"));
    let row = Row(1, Some(0.0), Some(900.0), Some("餐饮"), false);
    let reasons = |params: &Params| {
        let table = house.classify(params, std::slice::from_ref(&row));
        table.part(0).unwrap().reasons
    };
    let facts = "直接判定：列入严重违法失信名单，依据：距上次检查天数为900（标准：多于800，来源：监管部门），\
                 行业为餐饮（来源：监管部门）；行业：餐饮，加20分（来源：监管部门）；基础分及其余各项：7分，合计27分，按20分计";
    assert_eq!(reasons(&params), [facts], "no class, and points of its own");
    let either = CARD.replace("800 AND trade", "800 OR trade");
    let params = house.params("scorecard", BY_POINTS);
    house.card(&either);
    let said = &reasons(&params)[0];
    let rule = "，标准：days_since_last > 800 OR trade = '餐饮'，至少判为D（高），不少于90分；";
    assert!(said.contains(rule), "{said}");
    let (called, facts) = risk::reason_parts(said.split('；').next().unwrap()).unwrap();
    assert_eq!(called, "直接判定：列入严重违法失信名单");
    assert!(facts.starts_with("距上次检查天数为900（来源：监管部门），行业为餐饮"));
}

#[test]
fn equal_gains_keep_the_order_of_the_card_and_only_the_first_are_kept() {
    let house = House::new();
    let card = CARD.replace("below = 3, points = 20", "below = 3, points = 22");
    let params = house.params("scorecard", &format!("reasons = 1\n{BY_POINTS}"));
    house.card(&card);
    let part = house
        .classify(&params, &[Row(1, Some(2.0), None, Some("餐饮"), false)])
        .part(0)
        .unwrap();
    assert_eq!(
        part.reasons,
        ["近两年行政处罚次数：2，加22分，此项最低2分（来源：监管部门）；基础分及其余各项：25分"]
    );
}

#[test]
fn a_direct_judgement_sets_the_class_and_the_least_points() {
    let house = House::new();
    let rows = [
        Row(1, Some(0.0), Some(801.0), Some("餐饮"), false),
        Row(2, Some(0.0), Some(800.0), Some("餐饮"), false),
    ];
    let table = house.classify(&house.params("scorecard", BY_POINTS), &rows);
    let part = table.part(0).unwrap();
    assert_eq!(part.points, [90, 27]);
    assert_eq!(codes(&table, &part), ["D", "B"]);
}

#[test]
fn a_group_gives_no_more_than_its_limit() {
    let house = House::new();
    let params = house.params("scorecard", BY_POINTS);
    house.card(&CARD.replace(
        "en = \"Supervision\"",
        "en = \"Supervision\"\npoints_max = 30",
    ));
    let part = house
        .classify(&params, &[Row(1, Some(5.0), None, Some("餐饮"), false)])
        .part(0)
        .unwrap();
    assert_eq!(part.points, [35]);
}

#[test]
fn shares_keep_equal_points_together_and_report_what_they_became() {
    let house = House::new();
    let findings = |key: u64| if key <= 80 { 0.0 } else { 2.0 };
    let rows: Vec<Row> = (1..=100)
        .map(|key| {
            Row(
                key,
                Some(if key > 95 { 3.0 } else { findings(key) }),
                None,
                Some("别的"),
                false,
            )
        })
        .collect();
    let table = house.classify(&house.params("scorecard", BY_SHARE), &rows);
    let counts: Vec<(u64, Option<u32>)> = table
        .classes()
        .iter()
        .map(|class| (class.n, class.points_from))
        .collect();
    assert_eq!(
        counts,
        [(80, Some(0)), (15, Some(25)), (0, Some(45)), (5, Some(45))]
    );
}

#[test]
fn objects_outside_the_classes_have_their_own_points_and_no_share() {
    let house = House::new();
    let policy = "[unclassified]\nwhen = \"trade IN ('餐饮', '别的') AND findings IS NOT NULL\"\ncode = \"U\"\nname = \"未分类\"\npoints = 20";
    let rows: Vec<Row> = (1..=10)
        .map(|key| {
            Row(
                key,
                Some(3.0),
                Some(900.0),
                Some(if key > 5 { "餐饮" } else { "零售" }),
                false,
            )
        })
        .collect();
    let table = house.classify(
        &house.params("scorecard", &format!("{BY_SHARE}{policy}")),
        &rows,
    );
    let part = table.part(0).unwrap();
    assert_eq!(part.points, [50, 50, 50, 50, 50, 20, 20, 20, 20, 20]);
    let last = table.classes().last().unwrap();
    assert_eq!(
        (last.code.as_str(), last.n, last.points_from),
        ("U", 5, None)
    );
    assert_eq!(table.classes().iter().map(|class| class.n).sum::<u64>(), 10);
    let own = policy.replace("points = 20", "points = \"model\"");
    let table = house.classify(
        &house.params("scorecard", &format!("{BY_SHARE}{own}")),
        &rows,
    );
    assert_eq!(table.part(0).unwrap().points[9], 90);
}

#[test]
fn baselines_are_scored_beside_and_never_visited_is_longest_ago() {
    let house = House::new();
    let rows = [
        Row(1, Some(0.5), Some(30.0), None, false),
        Row(2, None, None, None, false),
        Row(3, Some(0.0), Some(400.0), None, false),
    ];
    let baselines = "[baselines]\npast_rate = \"findings\"\ndays_since_last = \"days_since_last\"";
    let table = house.classify(
        &house.params("scorecard", &format!("{BY_POINTS}{baselines}")),
        &rows,
    );
    let scores = table.part(0).unwrap().scores;
    assert_eq!(scores[1], ("past_rate".to_owned(), vec![0.5, 0.0, 0.0]));
    assert_eq!(
        scores[2],
        ("days_since_last".to_owned(), vec![30.0, 400.0, 400.0])
    );
    let models: Vec<&str> = table
        .models()
        .iter()
        .map(|model| model.name.as_str())
        .collect();
    assert_eq!(models, ["scorecard", "past_rate", "days_since_last"]);
}

#[test]
fn the_logistic_model_equals_an_independent_fit() {
    // expected: numpy and scikit-learn 1.9.1 on the same rows (quantile method "inverted_cdf", StandardScaler,
    // LogisticRegression(C = 1/2, solver = "newton-cholesky", tol = 1e-13)), written apart from this program
    let expected = [
        ("findings", 0.882_736_280_248_602_1),
        ("findings missing", -0.342_240_377_933_439_5),
        ("days_since_last", 0.517_243_910_422_289_8),
        ("days_since_last missing", 0.071_275_540_257_793_23),
        ("trade = 生产", -0.069_963_453_971_420_74),
        ("trade = 零售", -0.073_587_869_857_403_57),
        ("trade = 餐饮", 0.182_594_061_263_198_96),
        ("trade = 其他", -0.158_955_610_852_214_4),
    ];
    let house = House::new();
    let valid = house
        .params("logistic", &format!("{BY_SHARE}{LOGISTIC}"))
        .check()
        .unwrap();
    let (rows, work) = (toy(), house.work("work"));
    let table = risk::classify(
        &valid,
        &house.table(&rows, 1),
        Some(&house.labelled(&rows)),
        &work,
        &Meter::silent(),
    )
    .unwrap();
    let fit = table.models()[0].fit.clone().unwrap();
    assert_eq!((fit.n, fit.n_positive), (600, 252));
    assert!((fit.intercept + 0.394_068_030_124_355_43).abs() < 1e-6);
    for (ours, (feature, theirs)) in fit.coefficients.iter().zip(expected) {
        assert_eq!(ours.feature, feature);
        assert!(
            (ours.coefficient / theirs - 1.0).abs() < 1e-5,
            "{feature}: {} {theirs}",
            ours.coefficient
        );
    }
    let part = table.part(0).unwrap();
    let first = [
        0.614_967_466,
        0.285_099_632,
        0.237_163_316,
        0.289_402_924,
        0.322_988_875,
    ];
    for (ours, theirs) in part.scores[0].1.iter().zip(first) {
        assert!((ours - theirs).abs() < 1e-7, "{ours} {theirs}");
    }
    let judged = |i: usize| part.reasons[i].starts_with("直接判定");
    let points: Vec<u32> = (0..5)
        .map(|i| if judged(i) { 0 } else { part.points[i] })
        .collect();
    assert_eq!(points, [615, 285, 237, 289, 323]);
    let labels: Vec<bool> = rows.iter().map(|row| row.4).collect();
    assert!((auc(&part.scores[0].1, &labels) - 0.766_295).abs() < 1e-4);
}

#[test]
fn a_frequent_finding_does_not_turn_the_ranking() {
    let house = House::new();
    let rows: Vec<Row> = toy()
        .into_iter()
        .filter(|row| row.4 || row.0 % 3 == 0)
        .collect();
    let labels: Vec<bool> = rows.iter().map(|row| row.4).collect();
    assert!(labels.iter().filter(|label| **label).count() * 2 > labels.len());
    let valid = house
        .params("logistic", &format!("{BY_SHARE}{LOGISTIC}"))
        .check()
        .unwrap();
    let (table, labelled) = (house.table(&rows, 1), house.labelled(&rows));
    let risk = risk::classify(
        &valid,
        &table,
        Some(&labelled),
        &house.work("work"),
        &Meter::silent(),
    )
    .unwrap();
    assert!(auc(&risk.part(0).unwrap().scores[0].1, &labels) > 0.7);
}

#[test]
fn reasons_of_the_learned_model_name_values_and_odds() {
    let house = House::new();
    let valid = house
        .params("logistic", &format!("{BY_SHARE}{LOGISTIC}"))
        .check()
        .unwrap();
    let rows = toy();
    let (table, labelled) = (house.table(&rows, 1), house.labelled(&rows));
    let risk = risk::classify(
        &valid,
        &table,
        Some(&labelled),
        &house.work("work"),
        &Meter::silent(),
    )
    .unwrap();
    let part = risk.part(0).unwrap();
    let riskiest = (0..600)
        .max_by(|a, b| part.scores[0].1[*a].total_cmp(&part.scores[0].1[*b]))
        .unwrap();
    let reasons: Vec<&str> = part.reasons[riskiest].split('；').collect();
    assert!(
        reasons
            .iter()
            .any(|reason| reason.starts_with("发现问题次数：5，使发现问题的几率变为")),
        "{reasons:?}"
    );
}

#[test]
fn partitions_and_the_order_of_rows_change_nothing() {
    let house = House::new();
    let params = house.params("logistic", &format!("{BY_SHARE}{LOGISTIC}"));
    let valid = params.check().unwrap();
    let mut rows = toy();
    let save = |rows: &[Row], n_parts: usize, name: &str| {
        let (table, labelled) = (house.table(rows, n_parts), house.labelled(rows));
        let work = house.work(name);
        let risk =
            risk::classify(&valid, &table, Some(&labelled), &work, &Meter::silent()).unwrap();
        risk.save(&work.join("risk.parquet")).unwrap();
        (
            risk.classes().to_vec(),
            risk.models().to_vec(),
            std::fs::read(work.join("risk.parquet")).unwrap(),
        )
    };
    let one = save(&rows, 1, "one");
    rows.reverse();
    rows.swap(3, 300);
    let seven = save(&rows, 7, "seven");
    assert!(one == seven);
}

#[test]
fn the_saved_file_is_sorted_by_key() {
    let house = House::new();
    let valid = house.params("scorecard", BY_POINTS).check().unwrap();
    let risk = risk::classify(
        &valid,
        &house.table(&toy(), 4),
        None,
        &house.work("work"),
        &Meter::silent(),
    )
    .unwrap();
    let path = house.work("risk.parquet");
    risk.save(&path).unwrap();
    let args = polars::prelude::ScanArgsParquet::default();
    let path = polars::prelude::PlRefPath::new(path.to_str().unwrap());
    let saved = polars::prelude::LazyFrame::scan_parquet(path, args)
        .unwrap()
        .collect()
        .unwrap();
    assert_eq!(saved.height(), 600);
    let sorted = saved
        .clone()
        .lazy()
        .sort(["object_key"], SortMultipleOptions::default());
    assert!(
        saved.equals(
            &sorted
                .filter(col("points").gt_eq(lit(1)))
                .collect()
                .unwrap()
        )
    );
}

#[test]
fn too_few_findings_are_refused_where_the_model_is_chosen() {
    let house = House::new();
    let valid = house
        .params("logistic", &format!("{BY_SHARE}{LOGISTIC}"))
        .check()
        .unwrap();
    let rows = &toy()[..60];
    let (table, labelled) = (house.table(rows, 1), house.labelled(rows));
    let error = risk::classify(
        &valid,
        &table,
        Some(&labelled),
        &house.work("work"),
        &Meter::silent(),
    )
    .unwrap_err();
    assert_eq!(error.kind(), Kind::Data);
    assert!(
        error
            .to_string()
            .contains("at least 50 labelled visits with a finding"),
        "{error}"
    );
    let error =
        risk::classify(&valid, &table, None, &house.work("work"), &Meter::silent()).unwrap_err();
    assert!(matches!(error, Error::NoLabels));
}

#[test]
fn labels_that_teach_nothing_are_refused() {
    let house = House::new();
    let valid = house
        .params("logistic", &format!("{BY_SHARE}{LOGISTIC}"))
        .check()
        .unwrap();
    let refusal = |rows: &[Row]| {
        let (table, labelled) = (house.table(rows, 1), house.labelled(rows));
        let risk = risk::classify(
            &valid,
            &table,
            Some(&labelled),
            &house.work("work"),
            &Meter::silent(),
        );
        risk.unwrap_err().to_string()
    };
    let found: Vec<Row> = toy()
        .into_iter()
        .map(|row| Row(row.0, row.1, row.2, row.3, true))
        .collect();
    assert_eq!(
        refusal(&found),
        "the logistic model needs labelled visits without a finding, and all 600 have one"
    );
    let alike: Vec<Row> = toy()
        .into_iter()
        .map(|row| Row(row.0, Some(1.0), None, None, row.4))
        .collect();
    assert_eq!(
        refusal(&alike),
        "no indicator varies over the 600 labelled visits"
    );
}

#[test]
fn an_empty_partition_is_classified_too() {
    let house = House::new();
    let valid = house.params("scorecard", BY_SHARE).check().unwrap();
    let rows = [Row(7, Some(2.0), None, Some("餐饮"), false)];
    let risk = risk::classify(
        &valid,
        &house.table(&rows, 3),
        None,
        &house.work("work"),
        &Meter::silent(),
    )
    .unwrap();
    let points: Vec<Vec<u32>> = (0..3).map(|part| risk.part(part).unwrap().points).collect();
    assert_eq!(points, [vec![], vec![45], vec![]]);
    risk.save(&house.work("risk.parquet")).unwrap();
}

#[test]
fn a_model_beside_the_chosen_one_says_why_it_has_no_score() {
    let house = House::new();
    let valid = house
        .params("scorecard", &format!("{BY_POINTS}{LOGISTIC}"))
        .check()
        .unwrap();
    let rows = &toy()[..60];
    let (table, labelled) = (house.table(rows, 1), house.labelled(rows));
    let risk = risk::classify(
        &valid,
        &table,
        Some(&labelled),
        &house.work("work"),
        &Meter::silent(),
    )
    .unwrap();
    assert!(
        risk.models()[1]
            .refused
            .as_ref()
            .unwrap()
            .contains("positives_min")
    );
    assert_eq!(risk.part(0).unwrap().scores.len(), 1);
}

#[test]
fn every_problem_of_the_section_is_reported_at_once() {
    let house = House::new();
    let text = r#"
        reasons = 30
        class = [{ code = "A", name = "低", share = 0.5 }, { code = "A", name = "高", share = 0.4 }]
        [logistic]
        l2 = 0.0
        max_iterations = 0
        positives_min = 1
        [unclassified]
        when = "kind IN ("
        code = "A"
        name = "未分类"
        points = 0
    "#;
    let mut params = house.params("scorecard", text);
    params.scorecard = None;
    let found = problems(&params);
    for expected in [
        "model: the chosen model needs risk.scorecard",
        "labels: a learned model needs to know which past visits are labels",
        "reasons: at most 20 reasons are kept",
        "logistic.l2: the penalty must be above 0",
        "logistic.max_iterations: must be at least 1",
        "class.1.code: class codes must differ",
        "unclassified.code: class codes must differ",
        "class.share: the shares of the classes must sum to 1",
        "unclassified.points: points must be a whole number in 1 ..= 1000000 or \"model\"",
    ] {
        assert!(
            found.iter().any(|problem| problem == expected),
            "{expected}\n{found:#?}"
        );
    }
    assert!(
        found
            .iter()
            .any(|problem| problem.starts_with("unclassified.when: must be an SQL condition"))
    );
}

#[test]
fn class_bounds_ascend_from_zero() {
    let house = House::new();
    let from = |points: [i64; 3]| {
        let class = |(code, points): (&str, i64)| {
            format!("{{ code = \"{code}\", name = \"x\", points_from = {points} }}")
        };
        let classes: Vec<String> = ["A", "B", "D"].into_iter().zip(points).map(class).collect();
        problems(&house.params("scorecard", &format!("class = [{}]", classes.join(","))))
    };
    assert_eq!(
        from([1, 20, 20]),
        [
            "class.0.points_from: the lowest class must start at 0 points",
            "class.2.points_from: must be above 20 and at most 1000000"
        ]
    );
}

#[test]
fn every_problem_of_a_card_is_reported_at_once() {
    let house = House::new();
    let params = house.params("scorecard", BY_POINTS);
    let card = CARD
        .replace(
            "bins = [{ below = 1, points = 2 }, { below = 3, points = 20 }, { points = 40 }]",
            "bins = [{ below = 3, points = 2 }, { below = 3, points = 20 }]",
        )
        .replace("other = 0\n", "")
        .replace("class = \"D\"", "class = \"E\"")
        .replace("points = 90", "points = 101")
        .replace("points_min = 1\n", "points_min = 0\n");
    let path = house.card(&card);
    let found = params.check().unwrap_err();
    assert!(found.iter().all(|problem| problem.file == path));
    let keys: Vec<&str> = found.iter().map(|problem| problem.key.as_str()).collect();
    let expected = [
        "points_min",
        "factor.penalties.bins",
        "factor.penalties.bins",
        "factor.trade.other",
        "veto.since.class",
        "veto.since.points",
    ];
    assert_eq!(keys, expected);
}

#[test]
fn names_the_catalogue_does_not_have_are_reported_at_once() {
    let house = House::new();
    let baselines = "[baselines]\npast_rate = \"trade\"\n[unclassified]\nwhen = \"kind = 'x'\"\ncode = \"U\"\nname = \"x\"\npoints = 1";
    let params = house.params("scorecard", &format!("{BY_POINTS}{baselines}"));
    house.card(
        &CARD
            .replace("indicator = \"findings\"", "indicator = \"finding\"")
            .replace("days_since_last >", "days >"),
    );
    let found = params.check().unwrap().check_indicators(&indicators());
    let keys: Vec<&str> = found.iter().map(|problem| problem.key.as_str()).collect();
    assert_eq!(
        keys,
        [
            "factor.penalties.indicator",
            "veto.since.when",
            "baselines.past_rate",
            "unclassified.when"
        ]
    );
    let valid = params.check().unwrap();
    let error = risk::classify(
        &valid,
        &house.table(&toy(), 1),
        None,
        &house.work("work"),
        &Meter::silent(),
    );
    assert_eq!(error.unwrap_err().kind(), Kind::Usage);
}

#[test]
fn a_direct_judgement_holds_for_the_learned_model_too() {
    let house = House::new();
    let valid = house
        .params("logistic", &format!("{BY_SHARE}{LOGISTIC}"))
        .check()
        .unwrap();
    let rows = toy();
    let (table, labelled) = (house.table(&rows, 1), house.labelled(&rows));
    let risk = risk::classify(
        &valid,
        &table,
        Some(&labelled),
        &house.work("work"),
        &Meter::silent(),
    )
    .unwrap();
    let part = risk.part(0).unwrap();
    let judged: Vec<usize> = (0..600)
        .filter(|i| part.reasons[*i].starts_with("直接判定"))
        .collect();
    assert!(!judged.is_empty());
    assert!(
        judged
            .iter()
            .all(|i| part.points[*i] >= 900 && part.class[*i] == 3)
    );
}

#[test]
fn the_shipped_cards_fit_their_catalogues() {
    let house = House::new();
    for name in ["general", "chicago"] {
        let mut params = house.params("scorecard", BY_POINTS);
        params.scorecard = Some(format!(
            "{}/pipelines/scorecards/{name}.toml",
            env!("CARGO_MANIFEST_DIR")
        ));
        let found = params.check().unwrap().check_indicators(&catalogue(name));
        assert!(found.is_empty(), "{found:#?}");
    }
}

/// Names and kinds of the indicators of a shipped catalogue, read without the indicators room.
fn catalogue(name: &str) -> Vec<Indicator> {
    let path = format!(
        "{}/pipelines/indicators/{name}.toml",
        env!("CARGO_MANIFEST_DIR")
    );
    let file: toml::Table = toml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let indicator = |entry: &toml::Value| {
        let text = |key: &str| entry[key].as_str().unwrap().to_owned();
        let kind = if text("unit") == "text" {
            IndicatorKind::Text
        } else {
            IndicatorKind::Number
        };
        Indicator {
            name: text("name"),
            zh: text("zh"),
            en: text("en"),
            unit: text("unit"),
            source: String::new(),
            kind,
        }
    };
    file["indicator"]
        .as_array()
        .unwrap()
        .iter()
        .map(indicator)
        .collect()
}
