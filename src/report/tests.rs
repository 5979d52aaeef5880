//! Pages of a made-up county and of a made-up replay. Set `CHOUCHA_PAGES` to a folder to look at them.

mod leader;
mod movement;

use std::collections::BTreeMap;

use super::{Beside, Lang, learned, render};
use crate::evaluate::{
    self, ClassFacts, Coefficient, Count, DrawnUnit, Evaluation, FORMAT, Facts, FrameFacts, Idle,
    IdleIndicator, ModelFacts, Named, PointsCount, SeedFacts, StratumFacts, TableFacts,
};
use crate::ingest::{Outcome, Visit};
use crate::units::{AsOf, Day};

/// A small congruential generator: the fixture must not change with a library.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        f64::from(u32::try_from(self.0 >> 32).unwrap()) / 4_294_967_296.0
    }
}

fn facts(synthetic: bool) -> Facts {
    let classes = [
        ("A", "信用风险低", 14_210, 427, 5, 24),
        ("B", "信用风险一般", 3_905, 391, 25, 39),
        ("C", "信用风险较高", 1_002, 251, 40, 64),
        ("D", "信用风险高", 388, 291, 65, 100),
        ("U", "未分类", 10_480, 524, 20, 20),
    ];
    let class =
        |(code, name, n_frame, n_drawn, from, to): (&str, &str, u64, u64, u32, u32)| ClassFacts {
            code: code.to_owned(),
            name: name.to_owned(),
            is_ranked: code != "U",
            n_frame,
            n_drawn,
            ratio: Some(0.03),
            points: (from..=to)
                .map(|points| PointsCount {
                    points,
                    n: n_frame / u64::from(to - from + 1),
                })
                .collect(),
        };
    let classes: Vec<ClassFacts> = classes.into_iter().map(class).collect();
    let stratum = |class: &ClassFacts| StratumFacts {
        label: class.code.clone(),
        n_frame: class.n_frame,
        n_drawn: class.n_drawn,
        n_take_all: 0,
        n_levels: 12,
        d: 96.25,
    };
    let table = |name: &str, read, refused, later| TableFacts {
        table: name.to_owned(),
        read,
        accepted: read - refused - later,
        refused,
        later,
    };
    let count = |label: &str, n| Count {
        label: label.to_owned(),
        n,
    };
    Facts {
        title: "馆陶县（合成数据）2025 年度企业随机抽查".to_owned(),
        office: String::new(),
        job: "guantao".to_owned(),
        as_of: AsOf("2025-01-01".parse().unwrap()),
        synthetic,
        rehearsal: synthetic,
        tables: vec![
            table("objects", 30_012, 37, 0),
            table("inspections", 8_431, 12, 204),
            table("credit_events", 25_102, 60, 1_118),
        ],
        refusals: vec![
            count("object_id must not be empty", 21),
            count(
                "inspected_on must be a calendar day written YYYY-MM-DD, and must not lie after known_on",
                12,
            ),
            count("object_id stands in no row of objects", 60),
            count("<b>status</b> & kind must be one of the listed values", 16),
        ],
        n_objects: 31_975,
        n_frame: 29_985,
        exclusions: vec![
            count("本年度检查次数已达上限", 411),
            count("已注销或吊销", 1_579),
        ],
        strata: classes.iter().map(stratum).collect(),
        classes,
        seed: Some(SeedFacts {
            text: "2025001 3 11 16 20 28 31 07".to_owned(),
            source: "中国福利彩票双色球第 2025001、2025002 期".to_owned(),
        }),
        digests: vec![
            Named {
                name: "seal".to_owned(),
                text: "5f2b".repeat(16),
            },
            Named {
                name: "drawn".to_owned(),
                text: "09ac".repeat(16),
            },
        ],
        models: vec![model()],
    }
}

fn model() -> ModelFacts {
    let coefficient = |zh: &str, en: &str, value| Coefficient {
        name: en.to_owned(),
        zh: zh.to_owned(),
        en: en.to_owned(),
        value,
    };
    ModelFacts {
        name: "logistic".to_owned(),
        n_rows: 8_215,
        n_positive: 1_004,
        coefficients: vec![
            coefficient(
                "近三年发现问题率（次数少的向平均靠拢）",
                "smoothed past rate",
                0.62,
            ),
            coefficient("近一年投诉举报次数", "complaints in the last year", 0.41),
            coefficient("成立年限", "age in years", -0.22),
        ],
        learned: None,
        idle: vec![
            IdleIndicator {
                name: "cases_1095".to_owned(),
                zh: "近三年立案次数".to_owned(),
                en: "cases in three years".to_owned(),
                why: Idle::Empty,
            },
            IdleIndicator {
                name: "open_days".to_owned(),
                zh: "成立天数".to_owned(),
                en: "days since it opened".to_owned(),
                why: Idle::LineOf("age_years".to_owned()),
            },
        ],
        refused: None,
    }
}

#[test]
fn indicators_that_teach_nothing_are_named_by_their_reason() {
    let said = learned::idle(Lang::Zh, &county().facts);
    assert_eq!(said.len(), 2);
    assert!(said[0].contains("没有值") && said[0].contains("近三年立案次数"));
    assert!(said[1].contains("线性相关") && said[1].contains("成立天数"));
    let said = learned::idle(Lang::En, &county().facts);
    assert!(said[0].contains("no value") && said[0].contains("cases in three years"));
}

fn draw(facts: &Facts) -> (FrameFacts, Vec<DrawnUnit>) {
    let rates = [0.03, 0.08, 0.19, 0.36, 0.05];
    let mut dice = Dice(20_250_101);
    let mut units = Vec::new();
    for (class, row) in facts.classes.iter().enumerate() {
        for _ in 0..row.n_drawn {
            let key = u64::try_from(units.len()).unwrap();
            let score = (rates[class] * (0.4 + 1.2 * dice.roll())).min(0.99);
            let found = dice.roll() < score;
            let code = if found {
                "B"
            } else if dice.roll() < 0.03 {
                "9"
            } else {
                "1"
            };
            let share = f64::from(u32::try_from(row.n_drawn).unwrap())
                / f64::from(u32::try_from(row.n_frame).unwrap());
            units.push(DrawnUnit {
                object_id: key.to_string(),
                object_key: key,
                stratum: u32::try_from(class).unwrap(),
                class: u16::try_from(class).unwrap(),
                points: 20,
                score,
                probability: Some(score),
                pi: share,
                take_all: false,
                outcome: Some(Outcome {
                    object_key: key,
                    inspected_on: None,
                    visited: dice.roll() < 0.96,
                    found,
                    severity: 0.0,
                    result_codes: vec![code.to_owned()],
                }),
            });
        }
    }
    let frame = FrameFacts {
        strata: facts.strata.clone(),
        classes: facts.classes.clone(),
        n_frame: facts.n_frame,
        n_never: 0,
        sum_pi: 1_884.0,
    };
    (frame, units)
}

/// An evaluation that knows nothing but the facts of the run.
fn bare(facts: Facts) -> Evaluation {
    Evaluation {
        format: FORMAT,
        facts,
        estimates: None,
        hits: None,
        over_time: None,
        backtest: None,
        by_rule: None,
        fairness: None,
        mechanism: None,
        deterrence: None,
        outcome_kinds: Vec::new(),
        detection: None,
        past: None,
        draw_audit: None,
        survey: None,
        since: None,
        card: None,
    }
}

fn county() -> Evaluation {
    let facts = facts(true);
    let (frame, units) = draw(&facts);
    let params: evaluate::Params =
        serde_json::from_str(r#"{"hit_rule":"codes","replicates":200}"#).unwrap();
    let estimates = evaluate::measure(&params.check().unwrap(), &frame, &units, &[1; 32]).unwrap();
    Evaluation {
        estimates: Some(estimates),
        ..bare(facts)
    }
}

fn city() -> Evaluation {
    let mut dice = Dice(20_140_902);
    let inspectors = ["blue", "brown", "green", "orange"];
    let mut scores: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    let mut visit = |row: u32| {
        let (risk, strictness) = (dice.roll(), dice.roll());
        let found = dice.roll() < 0.04 + 0.26 * risk * risk;
        for (model, noise) in [
            ("logistic", 0.7),
            ("past_rate", 2.0),
            ("days_since_last", 40.0),
            ("scorecard", 1.1),
        ] {
            scores
                .entry(model.to_owned())
                .or_default()
                .push(risk + noise * dice.roll());
        }
        let inspector = inspectors[if strictness < 0.3 {
            0
        } else if strictness < 0.6 {
            1
        } else {
            2 + usize::from(found)
        }];
        Visit {
            visit_id: (1_000_000 + row).to_string(),
            object_key: u64::from(row),
            inspected_on: Day::from_days(16_315 + i32::try_from(row / 28).unwrap()),
            inspector: Some(inspector.to_owned()),
            found,
        }
    };
    let visits: Vec<Visit> = (0..1_637).map(&mut visit).collect();
    let params: evaluate::Params =
        serde_json::from_str(r#"{"hit_rule":"found","replicates":200}"#).unwrap();
    let backtest = evaluate::replay(
        &params.check().unwrap(),
        &visits,
        &scores,
        "logistic",
        &[1; 32],
    )
    .unwrap();
    let mut facts = Facts {
        title: "Chicago food inspections 2014".to_owned(),
        seed: None,
        ..facts(false)
    };
    facts.classes.iter_mut().for_each(|class| class.n_drawn = 0);
    facts.strata.clear();
    Evaluation {
        backtest: Some(backtest),
        ..bare(facts)
    }
}

/// A plan with neither results nor past visits.
fn plan_alone() -> Evaluation {
    let mut facts = facts(true);
    facts.refusals.clear();
    bare(facts)
}

/// The county without a single finding.
fn nothing_found() -> Evaluation {
    let facts = facts(true);
    let (frame, mut units) = draw(&facts);
    units.truncate(600);
    units
        .iter_mut()
        .filter_map(|unit| unit.outcome.as_mut())
        .for_each(|outcome| outcome.result_codes = vec!["1".to_owned()]);
    let params: evaluate::Params =
        serde_json::from_str(r#"{"hit_rule":"codes","replicates":200}"#).unwrap();
    let estimates = evaluate::measure(&params.check().unwrap(), &frame, &units, &[1; 32]).unwrap();
    Evaluation {
        estimates: Some(estimates),
        ..bare(facts)
    }
}

fn html(name: &str, evaluation: &Evaluation, lang: Lang) -> String {
    let files = render(evaluation, &Beside::default(), lang).unwrap();
    let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["report.html", "tables/report.xlsx"]);
    let (path, bytes) = files.into_iter().next().unwrap();
    assert_eq!(path, "report.html");
    keep(&format!("{name}.{}.html", lang.tag()), &bytes);
    String::from_utf8(bytes).unwrap()
}

/// Leaves a page where somebody wants to look at it.
fn keep(name: &str, page: &[u8]) {
    if let Some(folder) = std::env::var_os("CHOUCHA_PAGES") {
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(std::path::Path::new(&folder).join(name), page).unwrap();
    }
}

fn n_charts(page: &str) -> usize {
    page.matches("<figure ").count()
}

#[test]
fn a_page_stands_alone_and_has_its_charts_cards_and_labels() {
    for (name, evaluation, at_least) in [("county", county(), 7), ("city", city(), 6)] {
        for lang in [Lang::Zh, Lang::En] {
            let page = html(name, &evaluation, lang);
            assert!(
                n_charts(&page) >= at_least,
                "{name} has {} charts",
                n_charts(&page)
            );
            assert_eq!(page.matches("class=\"card\"").count(), 4);
            assert_eq!(
                page.matches("role=\"img\" aria-label=\"").count(),
                n_charts(&page)
            );
            assert_eq!(page.matches("<details>").count(), n_charts(&page));
            for outside in [
                "http:", "https:", "url(", "@import", "<link", "<script", "src=",
            ] {
                assert!(
                    !page.contains(outside),
                    "{name} reaches outside by {outside}"
                );
            }
            assert!(!page.contains("NaN") && !page.contains("Infinity"));
        }
    }
}

#[test]
fn synthetic_data_and_a_rehearsal_are_labelled_at_the_top_and_under_every_chart() {
    let page = html("county", &county(), Lang::Zh);
    assert!(page.contains("<strong>合成数据</strong>") && page.contains("<strong>演练</strong>"));
    assert_eq!(page.matches("【合成数据 · 演练】").count(), n_charts(&page));
    let real = html("city", &city(), Lang::Zh);
    assert!(!real.contains("【") && !real.contains("<strong>演练"));
}

#[test]
fn values_from_data_are_escaped() {
    let page = html("county", &county(), Lang::Zh);
    assert!(!page.contains("<b>status</b>") && page.contains("&lt;b&gt;status"));
}

#[test]
fn an_english_page_keeps_chinese_for_names_alone() {
    let mut evaluation = county();
    evaluation.facts.title = "Guantao".to_owned();
    evaluation
        .facts
        .classes
        .iter_mut()
        .for_each(|class| class.name.clear());
    evaluation.facts.exclusions.clear();
    evaluation.facts.seed = None;
    let estimates = evaluation.estimates.as_mut().unwrap();
    estimates
        .by_class
        .iter_mut()
        .for_each(|cell| cell.name.clear());
    let page = html("english", &evaluation, Lang::En);
    let chinese: String = page
        .chars()
        .filter(|c| ('\u{4e00}'..='\u{9fff}').contains(c))
        .collect();
    assert_eq!(chinese, "");
}

#[test]
fn a_plan_without_results_says_so_and_draws_what_it_can() {
    let page = html("plan", &plan_alone(), Lang::Zh);
    assert!(page.contains("检查结果尚未录入。") && page.contains("没有拒收任何数据行。"));
    assert_eq!(n_charts(&page), 2);
}

#[test]
fn without_findings_no_chart_is_empty_and_small_cells_show_counts_alone() {
    let page = html("nothing", &nothing_found(), Lang::Zh);
    assert!(page.contains("样本不足") && page.contains("有效结果不足 30 户，或全部相同"));
    assert!(page.contains("不显著"));
}

#[test]
fn the_same_evaluation_gives_the_same_page_also_through_json() {
    for evaluation in [county(), city(), plan_alone(), nothing_found()] {
        let json = evaluation.to_json().unwrap();
        let again = Evaluation::from_json(&json).unwrap();
        assert_eq!(again, evaluation);
        assert_eq!(
            html("again", &evaluation, Lang::Zh),
            html("again", &again, Lang::Zh)
        );
    }
}

#[test]
fn a_float_that_is_not_finite_is_not_written() {
    let mut evaluation = county();
    evaluation.facts.strata[0].d = f64::NAN;
    assert!(evaluation.to_json().is_err());
}

#[test]
fn every_table_has_columns_of_one_length_and_becomes_a_file() {
    let folder = tempfile::tempdir().unwrap();
    for evaluation in [county(), city()] {
        let tables = evaluate::tables(&evaluation);
        assert!(tables.len() >= 6);
        for path in evaluate::write_parquet(&tables, folder.path()).unwrap() {
            assert!(path.metadata().unwrap().len() > 100);
        }
    }
}
