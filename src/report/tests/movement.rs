//! What changed since an earlier run, the audit of the draw, a survey, a coarse map: what pages say of them and where they are absent.

use serde_json::json;

use super::{city, county, keep};
use crate::evaluate::{
    self, AuditGroup, AuditMembers, Evaluation, HitRates, OverTime, RoundsRefused, Since,
    SurveyParams,
};
use crate::report::{Beside, Lang, book, page, render};

fn html(name: &str, evaluation: &Evaluation, lang: Lang) -> String {
    let files = render(evaluation, &Beside::default(), lang).unwrap();
    let html = files.into_iter().find(|(name, _)| name == "report.html");
    let html = html.unwrap().1;
    keep(&format!("{name}.{}.html", lang.tag()), &html);
    String::from_utf8(html).unwrap()
}

fn rounds() -> OverTime {
    let figure = |value: f64| json!({ "value": value, "low": value - 0.02, "high": value + 0.02, "method": "logit_t" });
    let support = json!({ "n_eff": 400.0, "weight_share_max": 0.01, "pi_min": 0.02, "blind_share": 0.0, "sampling_fraction": 0.05 });
    let point = |day: &str, raw: f64| {
        json!({ "id": day, "drawn_on": day, "n_frame": 27000, "n_drawn": 1400, "n_visited": 1350, "n": 1300, "hits": 180,
            "support": support, "raw": figure(raw), "standardised": figure(0.13), "prevalence": figure(0.12), "notes": [] })
    };
    let change = json!({ "from": "2024-01-01", "to": "2025-01-01", "raw_from": 0.14, "raw_to": 0.19, "total": figure(0.05),
        "mix": figure(0.01), "targeting": figure(0.045), "market": figure(-0.005), "borrowed": [], "notes": [] });
    serde_json::from_value(json!({ "mix_of": "2025-01-01", "mix": [],
        "points": [point("2024-01-01", 0.14), point("2025-01-01", 0.19)], "changes": [change] }))
    .unwrap()
}

fn since(rounds: Option<OverTime>, refused: Option<RoundsRefused>) -> Since {
    let drift = |name: &str, zh: &str, kind: &str, psi: f64, movement: &str| json!({ "name": name, "zh": zh, "en": name, "kind": kind, "psi": psi, "critical": 0.02, "movement": movement, "bins": [] });
    let drifts = [
        drift("class", "信用风险分类", "class", 0.031, "stable"),
        drift("scorecard", "scorecard 得分", "score", 0.14, "moderate"),
        drift(
            "complaints",
            "近一年投诉举报次数",
            "indicator",
            0.61,
            "large",
        ),
        drift(
            "age_years",
            "成立年限（按登记日期到基准日，四舍五入）",
            "indicator",
            0.004,
            "stable",
        ),
    ];
    let migration = json!({ "from": ["A", "B", "C", "D", "U"], "to": ["A", "B", "C", "D", "U"],
        "n": [[13_800, 220, 30, 2, 0], [180, 3_500, 110, 9, 0], [12, 90, 820, 40, 0], [1, 7, 33, 310, 0], [0, 0, 0, 0, 9_900]],
        "left": [158, 106, 40, 37, 580], "came": [217, 88, 9, 27, 580] });
    let mut since: Since = serde_json::from_value(json!({ "run": "0".repeat(64), "job": "guantao", "as_of": "2024-01-01",
        "same_settings": false, "settings": [{ "key": "plan.ratio.D", "from": "0.12", "to": "0.15" }, { "key": "plan.cap", "from": null, "to": "1" }], "migration": migration, "drifts": drifts, "alone": ["past_rate"], "rounds": null,
        "refused": null }))
    .unwrap();
    since.rounds = rounds;
    since.refused = refused;
    since
}

fn with_since(since: Since) -> Evaluation {
    Evaluation {
        since: Some(since),
        ..county()
    }
}

#[test]
fn what_changed_since_the_last_report_and_why_stands_on_the_first_page() {
    let evaluation = with_since(since(Some(rounds()), None));
    let page = html("since", &evaluation, Lang::Zh);
    let first = page.split("<section id=\"rates\"").next().unwrap();
    assert!(
        first.contains(
            "本次（2025-01-01）与上次报告（2024-01-01）相比，问题发现率由 14.0% 变为 19.0%"
        )
    );
    assert!(first.contains("抽查靶向+4.5 个百分点") && first.contains("市场本身-0.5 个百分点"));
    assert!(first.contains("734 户改变分类"));
    let own = page.split("<section id=\"since\"").nth(1).unwrap();
    assert!(own.contains("近一年投诉举报次数 0.610"));
    assert!(own.contains("设置不同") && own.contains("past_rate"));
    assert!(page.contains("id=\"chart-migration\"") && page.contains("id=\"chart-psi\""));
    let english = html("since", &evaluation, Lang::En);
    assert!(english.contains("This report (2025-01-01) against the last one (2024-01-01)"));
    assert!(english.contains("734 objects changed class"));
}

#[test]
fn rounds_that_cannot_be_compared_say_why_and_classes_are_compared_all_the_same() {
    for (refused, words) in [
        (RoundsRefused::NoResults, "没有检查结果"),
        (RoundsRefused::HitRule, "判定口径不同"),
        (RoundsRefused::Classes, "风险类别不同"),
    ] {
        let page = html("refused", &with_since(since(None, Some(refused))), Lang::Zh);
        let first = page.split("<section id=\"since\"").next().unwrap();
        assert!(
            first.contains(words),
            "{words} is not said on the first page"
        );
        assert!(page.contains("id=\"chart-migration\"") && !page.contains("由 14.0%"));
    }
}

#[test]
fn without_an_earlier_run_the_annex_says_how_to_name_one() {
    let page = html("alone", &county(), Lang::Zh);
    assert!(page.contains("--since") && !page.contains("id=\"since\""));
    assert!(!page.contains("id=\"chart-psi\"") && page.contains("抽取审计"));
}

/// Groups of a frame: by class, where the plan fixes the number, and by region.
fn groups() -> Vec<AuditGroup> {
    let group = |by: &str, label: &str, n_drawn, n| AuditGroup {
        by: by.to_owned(),
        label: label.to_owned(),
        n_drawn,
        members: vec![AuditMembers {
            stratum: 0,
            pi: 0.1,
            n,
        }],
    };
    vec![
        group("class", "A", 300, 3_000),
        group("region", "130433100 馆陶镇", 150, 1_400),
        group("region", "130433101 房寨镇", 149, 1_580),
        group("region", "130433203 路桥乡", 1, 20),
    ]
}

#[test]
fn the_audit_of_the_draw_tells_fixed_small_and_tested_groups_apart() {
    let audit = evaluate::draw_audit(&groups(), &[270.0]);
    let evaluation = Evaluation {
        draw_audit: Some(audit),
        ..county()
    };
    let page = html("audit", &evaluation, Lang::Zh);
    let chart = page.split("id=\"chart-draw_audit\"").nth(1).unwrap();
    let chart = chart.split("</figure>").next().unwrap();
    assert!(chart.contains("共检验 2 组") && chart.contains("与方案相符"));
    assert!(chart.contains("方案固定，相符") && chart.contains("太小，不检验"));
    let mut wrong = groups();
    wrong[0].n_drawn = 299;
    wrong[1].n_drawn = 250;
    let evaluation = Evaluation {
        draw_audit: Some(evaluate::draw_audit(&wrong, &[270.0])),
        ..county()
    };
    let page = html("audit_wrong", &evaluation, Lang::Zh);
    assert!(page.contains("抽取没有按方案执行") && page.contains("偏离超出偶然"));
}

#[test]
fn a_survey_stands_beside_what_the_plan_gives_and_is_in_the_workbook() {
    let written =
        r#"{"asked_on": "2025-03-01", "group": [{"class": "A", "n": 420, "stated": 0.31}]}"#;
    let params: SurveyParams = serde_json::from_str(written).unwrap();
    let survey = evaluate::survey(&params.check().unwrap(), &groups());
    for evaluation in [county(), city()] {
        let evaluation = Evaluation {
            survey: Some(survey.clone()),
            ..evaluation
        };
        let html = html("survey", &evaluation, Lang::Zh);
        let chart = html.split("id=\"chart-stated\"").nth(1).unwrap();
        let chart = chart.split("</figure>").next().unwrap();
        assert!(
            chart.contains("全体自述 31.0%，实际 10.0%：想象的概率高于实际"),
            "{chart}"
        );
        assert!(chart.contains("31.0% [26.8%, 35.6%]"));
        let sheets = book::book(
            &page(&evaluation, &Beside::default(), Lang::Zh).unwrap(),
            Lang::Zh,
        );
        assert!(
            sheets
                .iter()
                .any(|sheet| sheet.name.contains("想象的与实际的抽查概率"))
        );
    }
    assert!(!html("none", &county(), Lang::Zh).contains("id=\"chart-stated\""));
}

fn heat(joined: Option<&str>, suppressed: bool) -> Evaluation {
    let cell = |row: usize| {
        let value = if suppressed {
            json!(null)
        } else {
            json!(0.1 + 0.05 * f64::from(u8::try_from(row).unwrap()))
        };
        json!({ "row": row, "column": 0, "n_frame": 900, "visits_per_100": 4.0, "suppressed": suppressed,
            "prevalence": { "value": value, "low": null, "high": null, "method": "none" } })
    };
    let mut map = json!({ "rows": ["F 批发和零售业", "H 住宿和餐饮业"], "columns": [""], "market": 0.12, "prior_size": null,
        "cells": [cell(0), cell(1)] });
    if let Some(joined) = joined {
        map["joined"] = json!(joined);
    }
    let hits: HitRates = serde_json::from_value(
        json!({ "minimum": 30, "notes": [], "definitions": [], "by": [], "heat": map,
        "response": { "missing": null, "flagged": false, "district": "", "cells": [],
            "prevalence": { "value": null, "low": null, "high": null, "method": "none" } },
        "checks": [], "assisted": null, "contrasts": [], "policies": [] }),
    )
    .unwrap();
    Evaluation {
        hits: Some(hits),
        ..county()
    }
}

#[test]
fn a_map_without_a_cell_of_30_joins_districts_and_says_so_or_says_plainly_that_there_is_none() {
    let page = html("heat", &heat(Some("districts"), false), Lang::Zh);
    let chart = page.split("id=\"chart-heat\"").nth(1).unwrap();
    assert!(chart.contains("片区已合并，只分行业") && chart.contains("批发和零售业"));
    let none = html("heat_none", &heat(None, true), Lang::Zh);
    assert!(
        none.contains("没有一个行业、片区或其交叉格的有效检查达到 30 户")
            && !none.contains("id=\"chart-heat\"")
    );
}
