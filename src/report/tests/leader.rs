//! The pages for leadership: what they say of deterrence, the frontier and the past, and what they say where it is absent.

use serde_json::{Value, json};

use super::{city, county, keep, n_charts};
use crate::evaluate::{Evaluation, Mechanism, OverTime};
use crate::report::{Beside, Frontier, Lang, book, page, render};

fn rendered(evaluation: &Evaluation, beside: &Beside, lang: Lang) -> String {
    let files = render(evaluation, beside, lang).unwrap();
    let html = files.into_iter().find(|(name, _)| name == "report.html");
    String::from_utf8(html.unwrap().1).unwrap()
}

fn html(evaluation: &Evaluation, lang: Lang) -> String {
    rendered(evaluation, &Beside::default(), lang)
}

fn effect(value: f64, half: f64, verdict: &str) -> Value {
    json!({
        "value": value, "se": half / 2.0, "low": value - half, "high": value + half, "interval": "redrawn",
        "n_clusters": 40, "redrawn": { "p": 0.013, "low": value - half, "high": value + half, "null_mean": 0.0,
        "null_sd": half / 2.0, "n": 2000, "exact": false }, "verdict": verdict, "wording": "causal", "refusal": null,
    })
}

/// Drawn against not drawn with an effect of `value` ± `half` on the rate; 3,000 drawn.
fn deterrence(value: f64, half: f64) -> Value {
    let verdict = if value.abs() > half {
        "significant"
    } else {
        "not_significant"
    };
    let averted = -value * 3_000.0;
    let support = json!({
        "n_drawn": 2900, "n_not_drawn": 24000, "n_eff_drawn": 1480.5, "n_eff_not_drawn": 21000.0,
        "weight_share_max": 0.01, "n_certain": 0, "n_missing": 12, "n_merged": 0, "n_visited": 2700,
    });
    let point = |time: i32, value: f64| json!({ "time": time, "effect": effect(value, 0.01, "not_significant"), "p": 0.4 });
    let bin = |exposure: f64, outcome: f64| json!({ "exposure": exposure, "outcome": outcome, "n": 5400 });
    json!({
        "headline": { "averted": averted, "low": averted - half * 3_000.0, "high": averted + half * 3_000.0,
            "specific": averted, "general": 2.0, "n_drawn": 3000, "verdict": verdict, "wording": "causal", "refusal": null },
        "specific": [{ "outcome": "seen_for_everyone", "itt": effect(value, half, verdict), "mean_drawn": 0.05,
            "mean_not_drawn": 0.05 - value, "horvitz_thompson": value, "cace": null, "equal_strictness": null,
            "by_wave": [], "support": support }],
        "event_study": { "points": [point(-2, 0.001), point(-1, 0.0), point(0, value), point(1, value / 2.0)],
            "n_clusters": 40, "n_units": 27000, "n_rows": 108_000 },
        "general": [{ "peers": "cell", "dose": effect(-0.02, 0.05, "not_significant"), "mean_exposure": 0.05,
            "sd_exposure": 0.02, "n": 27000, "bins": [bin(-0.03, 0.07), bin(0.0, 0.068), bin(0.04, 0.066)] }],
        "mapping": null, "placebo": [],
        "power": { "revisits": 210.0, "n_waves": 10, "base_rate": 0.12, "effect_rate": 0.08, "revisits_needed": 875.0,
            "waves_needed": 42.0, "visible_rate": 0.05, "visible_effect": 0.011, "enough": false },
        "waves": [], "notes": [],
    })
}

fn with_deterrence(deterrence: Value) -> Evaluation {
    Evaluation {
        deterrence: Some(serde_json::from_value(deterrence).unwrap()),
        ..county()
    }
}

#[test]
fn a_significant_effect_is_a_range_on_the_card_and_causal_under_a_stamp() {
    let evaluation = with_deterrence(deterrence(-0.02, 0.005));
    let page = html(&evaluation, Lang::Zh);
    assert!(page.contains("45 至 75 起"), "the card shows the range");
    assert!(page.contains("其中抽中对象自身 60 起（95% 区间 45 至 75；显著），同行影响 2 起"));
    assert!(page.contains("可信度：高 · 因果"));
    assert!(
        page.contains("id=\"chart-event_study\"") && page.contains("id=\"chart-peer_exposure\"")
    );
    assert!(page.contains("国际对照") && page.contains("Johnson，AER 2020"));
    assert!(page.contains("重抽检验 p = 0.013（2,000 次）"));
}

#[test]
fn an_interval_that_covers_nothing_gained_says_so_and_claims_nothing() {
    let evaluation = with_deterrence(deterrence(-0.002, 0.01));
    for (lang, words) in [(Lang::Zh, "不显著"), (Lang::En, "Not significant")] {
        let page = html(&evaluation, lang);
        let card = page.split("<div class=\"card\">").nth(4).unwrap();
        let card = card.split("</div>").next().unwrap();
        assert!(card.contains(words) && card.contains("-24"), "{card}");
        assert!(!card.contains("因果") && !card.contains("causal"));
    }
}

#[test]
fn below_support_there_is_no_number_and_the_stamp_is_low() {
    let mut found = deterrence(-0.02, 0.005);
    found["headline"] = json!({ "averted": null, "low": null, "high": null, "specific": null, "general": null,
        "n_drawn": 60, "verdict": "too_few", "wording": "causal", "refusal": "too_few_objects" });
    let page = html(&with_deterrence(found), Lang::Zh);
    assert!(page.contains("可信度：低 · 不作结论") && page.contains("有效对象不足 30 户"));
    let card = page.split("<div class=\"card\">").nth(4).unwrap();
    assert!(card.split("</div>").next().unwrap().contains("样本不足"));
}

#[test]
fn a_warning_lowers_the_stamp_to_medium() {
    let mut found = deterrence(-0.02, 0.005);
    found["notes"] = json!(["placebo_moved", "merged_strata"]);
    let page = html(&with_deterrence(found), Lang::Zh);
    assert!(page.contains("可信度：中 · 因果") && page.contains("抽查不可能影响的结果也有变化"));
}

#[test]
fn visits_that_fit_no_draw_and_unknown_kinds_lower_the_stamp_and_are_said() {
    let with = |before_draw: u64, kinds: &[&str]| {
        Evaluation {
        past: Some(
            serde_json::from_value(json!({
                "rounds": [{ "draw_id": "R1", "drawn_on": "2024-03-01", "stream": "main", "design": "pareto", "n_strata": 5,
                    "n_frame": 27_000, "sum_pi": 1_000.0, "pi_min": 0.03, "pi_max": 0.5, "n_drawn": 1_000, "n_visited": 980,
                    "n_valid": 970, "n_found": 150 }],
                "set_aside": [{ "label": "before-draw", "n": before_draw }, { "label": "other-channel", "n": 400 }],
                "kinds_without_events": kinds,
            }))
            .unwrap(),
        ),
        ..with_deterrence(deterrence(-0.02, 0.005))
    }
    };
    let page = html(&with(20, &[]), Lang::Zh);
    assert!(page.contains("20 次检查对不上任何抽取") && page.contains("日期早于抽取 20"));
    assert!(page.contains("可信度：中") && page.contains("stamp medium"));
    let page = html(&with(5, &[]), Lang::Zh);
    assert!(page.contains("5 次检查对不上任何抽取") && !page.contains("stamp medium"));
    let page = html(&with(0, &["投拆举报"]), Lang::En);
    assert!(page.contains("no event of kind “投拆举报”") && page.contains("stamp medium"));
    let page = html(&with(0, &[]), Lang::Zh);
    assert!(!page.contains("对不上任何抽取") && !page.contains("stamp medium"));
}

/// A mechanism whose visits all came from elsewhere than a draw.
fn nothing_drawn() -> Mechanism {
    let by_draw = json!({ "state": "known", "numerator": 0, "denominator": 18712, "share": 0.0 });
    let on_time = json!({ "state": "no_data", "table": "inspections", "column": "known_on" });
    let empty = json!({ "state": "empty" });
    serde_json::from_value(json!({
        "from": "2013-09-02", "until": "2014-09-02", "publish_within": 20, "names_holidays": false, "n_later": 0,
        "departments": [""], "indicators": [
            { "id": "on_time", "overall": on_time.clone(), "by_department": [on_time] },
            { "id": "by_draw", "overall": by_draw, "by_department": [] },
            { "id": "hit_rate", "overall": empty.clone(), "by_department": [empty] },
        ],
    }))
    .unwrap()
}

#[test]
fn where_nothing_was_drawn_at_random_causal_claims_are_refused_with_the_reason() {
    let evaluation = Evaluation {
        mechanism: Some(nothing_drawn()),
        ..city()
    };
    let page = html(&evaluation, Lang::Zh);
    assert!(page.contains("18,712 次检查没有一次由随机抽取产生"));
    assert!(page.contains("可信度：无 · 不作结论") && page.contains("拿出一部分检查随机抽取"));
    assert!(!page.contains("· 因果"));
}

#[test]
fn targets_are_marked_met_or_missed_by_sign_and_word_and_missed_ones_are_named() {
    let known = |id: &str, share: f64, target: f64| {
        let overall =
            json!({ "state": "known", "numerator": 1, "denominator": 20, "share": share });
        let met = share >= target;
        json!({ "id": id, "overall": overall, "by_department": [], "target": target, "met": met })
    };
    let found = json!({
        "from": "2024-01-02", "until": "2025-01-01", "publish_within": 20, "names_holidays": false, "n_later": 0,
        "departments": [], "indicators": [known("coverage_frame", 0.05, 0.05), known("on_time", 0.05, 1.0)],
    });
    let evaluation = Evaluation {
        mechanism: Some(serde_json::from_value(found).unwrap()),
        ..city()
    };
    for (lang, words) in [
        (
            Lang::Zh,
            [
                "✓ 达标",
                "✗ 未达标",
                "达标 1 项，未达标 1 项：按时公示率",
                "目标 100%：✗",
            ],
        ),
        (
            Lang::En,
            [
                "✓ met",
                "✗ missed",
                "1 meet it and 1 miss it: Published in time",
                "Target 100%: ✗",
            ],
        ),
    ] {
        let files = render(&evaluation, &Beside::default(), lang).unwrap();
        let page = files.into_iter().find(|(name, _)| name == "mechanism.html");
        let page = String::from_utf8(page.unwrap().1).unwrap();
        for said in words {
            assert!(page.contains(said), "{said}");
        }
    }
}

#[test]
fn absent_records_are_no_data_on_the_page_of_the_mechanism_and_never_nought() {
    let evaluation = Evaluation {
        mechanism: Some(nothing_drawn()),
        ..city()
    };
    for (lang, words, nothing) in [
        (Lang::Zh, "无数据", "无对象"),
        (Lang::En, "no data", "nothing to count"),
    ] {
        let files = render(&evaluation, &Beside::default(), lang).unwrap();
        let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
        assert!(names.contains(&"mechanism.html") && names.contains(&"tables/mechanism.xlsx"));
        let page = files
            .iter()
            .find(|(name, _)| name == "mechanism.html")
            .unwrap();
        let page = String::from_utf8(page.1.clone()).unwrap();
        assert!(page.contains(words) && page.contains(nothing) && page.contains("known_on"));
        let on_time = page
            .split("<tr>")
            .find(|row| row.contains("20 个工作日：") || row.contains("20 working days:"));
        assert!(!on_time.unwrap().contains("0.0%"));
        assert!(page.matches("OECD").count() > 1);
    }
}

fn frontier() -> Frontier {
    let point = |name: &str, findings: f64, se: f64| {
        json!({ "name": name, "is_lawful": true, "ratios": { "A": 0.03, "B": 0.05 }, "outcome": {
            "visits": 800, "coverage": 0.05, "findings": findings, "findings_interval": [findings - 9.0, findings + 9.0],
            "by": "weighted_visits", "gate": "green", "by_model": null, "prevalence_se": se, "days": null } })
    };
    let points = [
        point("tried", 44.4, 0.007_43),
        point("steady", 76.0, 0.006_81),
        point("balanced", 109.9, 0.007_37),
        point("bold", 143.4, 0.009_77),
    ];
    serde_json::from_value(
        json!({ "classes": [{ "code": "A" }, { "code": "B" }], "points": points }),
    )
    .unwrap()
}

#[test]
fn a_tuning_gives_the_frontier_and_without_one_the_page_says_how_to_get_it() {
    let beside = Beside {
        frontier: Some(frontier()),
    };
    let page = rendered(&county(), &beside, Lang::Zh);
    assert!(page.contains("id=\"chart-frontier\"") && page.contains("109.9 [100.9, 118.9]"));
    assert!(page.contains("均衡") && page.contains("现行"));
    let without = html(&county(), Lang::Zh);
    assert!(without.contains("choucha tune") && !without.contains("id=\"chart-frontier\""));
}

#[test]
fn a_played_frontier_shows_its_ranges_and_names_what_blinds_the_estimate() {
    let mut played = frontier();
    let of = |violation: (f64, f64), verdict: &str, warnings: &[&str]| json!({ "violation": violation, "change": [-0.011, -0.002], "verdict": verdict, "blind": 0.4, "warnings": warnings });
    let runs = [
        of((0.07, 0.09), "base", &[]),
        of((0.06, 0.088), "fewer", &["unused"]),
        of((0.06, 0.12), "open", &["blind"]),
    ];
    for (point, run) in played.points.iter_mut().zip(runs) {
        point.long_run = serde_json::from_value(run).unwrap();
    }
    let beside = Beside {
        frontier: Some(played),
    };
    let page = rendered(&county(), &beside, Lang::Zh);
    assert!(
        page.contains("[6.0%, 8.8%]")
            && page.contains("[-1.10, -0.20]")
            && page.contains("各种假定下都更少")
    );
    assert!(page.contains("不是预测") && page.contains("“均衡”使估计失明：40.0%"));
    assert!(!html(&county(), Lang::Zh).contains("长期违规率（推演）"));
}

fn over_time() -> OverTime {
    let figure = |value: f64| json!({ "value": value, "low": value - 0.02, "high": value + 0.02, "method": "logit_t" });
    let support = json!({ "n_eff": 400.0, "weight_share_max": 0.01, "pi_min": 0.02, "blind_share": 0.0, "sampling_fraction": 0.05 });
    let point = |id: &str, day: &str, raw: f64| {
        json!({ "id": id, "drawn_on": day, "n_frame": 27000, "n_drawn": 1400, "n_visited": 1350, "n": 1300, "hits": 180,
            "support": support, "raw": figure(raw), "standardised": figure(0.13), "prevalence": figure(0.12), "notes": [] })
    };
    let change = json!({ "from": "2023", "to": "2024", "raw_from": 0.14, "raw_to": 0.19, "total": figure(0.05),
        "mix": figure(0.01), "targeting": figure(0.045), "market": figure(-0.005), "borrowed": [], "notes": [] });
    serde_json::from_value(json!({ "mix_of": "2024", "mix": [],
        "points": [point("2023", "2023-03-01", 0.14), point("2024", "2024-03-01", 0.19)], "changes": [change] }))
    .unwrap()
}

#[test]
fn what_changed_since_the_last_round_stands_on_the_first_page_with_its_reasons() {
    let evaluation = Evaluation {
        over_time: Some(over_time()),
        ..county()
    };
    let page = html(&evaluation, Lang::Zh);
    let first = page.split("<section id=\"rates\"").next().unwrap();
    assert!(first.contains("由 14.0% 变为 19.0%") && first.contains("抽查靶向+4.5 个百分点"));
    assert!(first.contains("市场本身-0.5 个百分点") && first.contains("不显著"));
    assert!(page.contains("id=\"chart-trend\""));
}

#[test]
fn the_workbook_has_a_sheet_for_every_chart_and_table() {
    let evaluation = with_deterrence(deterrence(-0.02, 0.005));
    let beside = Beside {
        frontier: Some(frontier()),
    };
    let page = page(&evaluation, &beside, Lang::Zh).unwrap();
    let sheets = book::book(&page, Lang::Zh);
    let charts: usize = page
        .sections
        .iter()
        .map(|section| section.charts.len())
        .sum();
    let tables: usize = page
        .sections
        .iter()
        .map(|section| section.tables.len())
        .sum();
    assert_eq!(
        sheets.len(),
        1 + charts + tables + 1,
        "the summary and the box stand beside them"
    );
    for section in &page.sections {
        for chart in &section.charts {
            let is_there = sheets.iter().any(|sheet| {
                sheet
                    .name
                    .contains(chart.title.chars().take(10).collect::<String>().as_str())
            });
            assert!(is_there, "{} has no sheet", chart.title);
        }
    }
    assert!(crate::sheets::workbook(&sheets).unwrap().len() > 5_000);
}

/// Everything at once: what the pages look like when nothing is absent.
fn whole() -> (Evaluation, Beside) {
    let inspector = |name: &str, shrunken: f64| {
        json!({ "inspector": name, "n": 210, "hits": 30, "rate": 0.14 + shrunken, "expected": 0.14, "difference": shrunken * 1.2,
            "se": 0.03, "shrunken": shrunken, "shrinkage": 0.8, "log_odds": shrunken * 8.0 })
    };
    let names = ["甲", "乙", "丙", "丁", "戊"]
        .into_iter()
        .zip([0.08, 0.03, 0.0, -0.04, -0.07]);
    let detection = json!({ "assignment": "random", "wording": "causal",
        "inspectors": names.map(|(name, value)| inspector(name, value)).collect::<Vec<Value>>(), "n_suppressed": 2,
        "spread": { "between_sd": 0.05, "between_sd_log_odds": 0.5, "odds_ratio": 3.4, "odds_ratio_raw": 4.1,
            "strictest": "甲", "mildest": "戊", "p_equal": 0.0004 },
        "double_inspection": null, "notes": ["no_double_inspection"] });
    let evaluation = Evaluation {
        over_time: Some(over_time()),
        mechanism: Some(nothing_drawn()),
        detection: Some(serde_json::from_value(detection).unwrap()),
        ..with_deterrence(deterrence(-0.02, 0.005))
    };
    let frontier = Some(frontier());
    (evaluation, Beside { frontier })
}

#[test]
fn pages_of_leadership_stand_in_english_too_and_draw_as_many_charts() {
    let (evaluation, beside) = whole();
    let pages = [Lang::Zh, Lang::En].map(|lang| {
        let page = rendered(&evaluation, &beside, lang);
        keep(&format!("whole.{}.html", lang.tag()), page.as_bytes());
        page
    });
    let [zh, en] = &pages;
    assert_eq!(n_charts(zh), n_charts(en));
    for chart in [
        "hit_rate_by_class",
        "trend",
        "event_study",
        "peer_exposure",
        "frontier",
        "strictness",
    ] {
        assert!(
            zh.contains(&format!("id=\"chart-{chart}\"")),
            "{chart} is drawn"
        );
    }
    assert!(en.contains("Violations averted") && en.contains("Confidence: high · causal"));
    for page in &pages {
        assert!(!page.contains("NaN") && !page.contains("{0}") && !page.contains("{1}"));
    }
}
