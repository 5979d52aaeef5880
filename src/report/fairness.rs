//! Tables of fairness: burden, outcome test, error rates, calibration by group and by quarter.

use super::format::{ABSENT, bracketed, count, decimal, fine, or_absent, percent};
use super::lang::{Lang, Phrase};
use super::phrases::phrases;
use super::view::Table;
use crate::evaluate::{
    AttributeFairness, Fairness, GroupFairness, Level, Named, OutcomeTest, OutcomeVerdict,
    QuarterCalibration, is_fair,
};

/// Groups of an attribute on the page, largest first.
const SHOWN: usize = 25;

phrases! {
    BURDEN_TITLE = "{0}：负担（参照组 {1}）", "{0}: burden (against {1})";
    ERRORS_TITLE = "{0}：误差与漏检（按 1/π 加权，参照组 {1}）", "{0}: errors and missed risk (weighted 1/π, against {1})";
    OUTCOME_TITLE = "{0}：同一分类内的发现率", "{0}: findings at equal class";
    QUARTER_TITLE = "按检查季度的校准", "Calibration by quarter of the visit";
    NO_REFERENCE = "无", "none";
    OVER = "偏多检查", "over-inspected";
    UNDER = "偏少检查", "under-inspected";
    EVEN = "无显著差异", "no significant difference";
    AGREES = "相符", "agrees";
    DIFFERS = "不符", "differs";
    COL_GROUP = "组", "Group";
    COL_N_FRAME = "抽样框", "Frame";
    COL_N_DRAWN = "抽中", "Drawn";
    COL_DRAWN_100 = "每百户抽中", "Drawn per 100";
    COL_VIOLATORS_100 = "每百户估计违规者抽中", "Drawn per 100 violators";
    COL_SELECTION = "高风险类占比", "In high class";
    COL_SELECTION_DISPARITY = "与参照组之比", "Over reference";
    COL_REPEATED = "一年内检查两次以上", "Visited twice in a year";
    COL_N = "有效结果", "Results";
    COL_HIT = "问题发现率", "Findings";
    COL_CLEAN = "未发现问题率", "Clean visits";
    COL_PREVALENCE = "估计违规率", "Prevalence";
    COL_MISSED = "低风险类违规率", "Missed risk";
    COL_FPR = "误报率", "False positives";
    COL_FNR = "漏报率", "False negatives";
    COL_FOR = "未列高风险而违规", "False omissions";
    COL_FORECAST = "预测与实际", "Forecast, found";
    COL_CLASS = "分类", "Class";
    COL_RATE = "本组发现率", "Group";
    COL_REST = "同类其他", "Rest of class";
    COL_GAP = "差异 95% 区间", "Difference, 95 %";
    COL_VERDICT = "判断", "Verdict";
    COL_QUARTER = "季度", "Quarter";
    COL_PREDICTED = "预测", "Forecast";
    COL_OBSERVED = "实际", "Found";
    UNFAIR_MARK = "{0} ⚠", "{0} ⚠";
}

/// Every table of the section, attribute by attribute.
pub(super) fn tables(lang: Lang, fairness: &Fairness, names: &[Named]) -> Vec<Table> {
    let mut tables = Vec::new();
    for attribute in &fairness.attributes {
        let zh = names.iter().find(|named| named.name == attribute.name);
        let name = lang.pick(
            zh.map_or(attribute.name.as_str(), |named| named.text.as_str()),
            &attribute.name,
        );
        tables.push(burden(lang, name, attribute));
        if fairness.has_results {
            tables.push(errors(lang, name, attribute));
            tables.push(outcomes(lang, name, &attribute.outcome_tests));
        }
    }
    if !fairness.by_quarter.is_empty() {
        tables.push(
            quarter_table(&fairness.by_quarter, lang).titled(lang.say(&QUARTER_TITLE).to_owned()),
        );
    }
    tables
}

fn shown(attribute: &AttributeFairness) -> Vec<&GroupFairness> {
    let mut groups: Vec<&GroupFairness> = attribute.groups.iter().collect();
    groups.sort_by_key(|group| std::cmp::Reverse(group.n_frame));
    groups.truncate(SHOWN);
    groups
}

fn title(lang: Lang, phrase: &Phrase, name: &str, attribute: &AttributeFairness) -> String {
    let none = lang.say(&NO_REFERENCE);
    lang.fill(
        phrase,
        &[name, attribute.reference.as_deref().unwrap_or(none)],
    )
}

fn burden(lang: Lang, name: &str, attribute: &AttributeFairness) -> Table {
    let head = [
        &COL_GROUP,
        &COL_N_FRAME,
        &COL_N_DRAWN,
        &COL_DRAWN_100,
        &COL_VIOLATORS_100,
        &COL_SELECTION,
        &COL_SELECTION_DISPARITY,
        &COL_REPEATED,
    ];
    let row = |group: &&GroupFairness| {
        vec![
            group.label.clone(),
            count(group.n_frame),
            count(group.n_drawn),
            or_absent(group.drawn_per_100, decimal),
            or_absent(group.drawn_per_100_violators, decimal),
            or_absent(group.selection, percent),
            over_reference(lang, group.selection_disparity),
            or_absent(group.repeated, percent),
        ]
    };
    let rows = shown(attribute).iter().map(row).collect();
    Table::new(lang, &head, rows).titled(title(lang, &BURDEN_TITLE, name, attribute))
}

/// A disparity, marked where it is not fair.
fn over_reference(lang: Lang, disparity: Option<f64>) -> String {
    match disparity {
        Some(value) if !is_fair(value) => lang.fill(&UNFAIR_MARK, &[&decimal(value)]),
        value => or_absent(value, decimal),
    }
}

fn errors(lang: Lang, name: &str, attribute: &AttributeFairness) -> Table {
    let head = [
        &COL_GROUP,
        &COL_N,
        &COL_HIT,
        &COL_CLEAN,
        &COL_PREVALENCE,
        &COL_MISSED,
        &COL_SELECTION_DISPARITY,
        &COL_FPR,
        &COL_FNR,
        &COL_FOR,
        &COL_FORECAST,
    ];
    let row = |group: &&GroupFairness| {
        let rates = &group.rates;
        vec![
            group.label.clone(),
            count(group.n),
            bracketed(&group.hit_rate, percent),
            or_absent(group.clean_rate, percent),
            bracketed(&group.prevalence, percent),
            bracketed(&group.missed, percent),
            over_reference(lang, group.missed_disparity),
            or_absent(rates.false_positive, percent),
            or_absent(rates.false_negative, percent),
            or_absent(rates.false_omission, percent),
            group
                .calibration
                .as_ref()
                .map_or_else(|| ABSENT.to_owned(), |level| level_text(lang, level)),
        ]
    };
    let rows = shown(attribute).iter().map(row).collect();
    Table::new(lang, &head, rows).titled(title(lang, &ERRORS_TITLE, name, attribute))
}

fn level_text(lang: Lang, level: &Level) -> String {
    let agrees = lang.say(if level.agrees() { &AGREES } else { &DIFFERS });
    format!(
        "{} / {} {agrees}",
        percent(level.predicted),
        percent(level.observed)
    )
}

fn outcomes(lang: Lang, name: &str, tests: &[OutcomeTest]) -> Table {
    let head = [
        &COL_GROUP,
        &COL_CLASS,
        &COL_N,
        &COL_RATE,
        &COL_REST,
        &COL_GAP,
        &COL_VERDICT,
    ];
    let row = |test: &OutcomeTest| {
        let verdict = match test.verdict {
            OutcomeVerdict::OverInspected => &OVER,
            OutcomeVerdict::NoDifference => &EVEN,
            OutcomeVerdict::UnderInspected => &UNDER,
        };
        vec![
            test.group.clone(),
            test.class.clone(),
            count(test.n),
            percent(test.rate),
            percent(test.rest),
            format!("{} … {}", fine(test.low), fine(test.high)),
            lang.say(verdict).to_owned(),
        ]
    };
    Table::new(lang, &head, tests.iter().map(row).collect())
        .titled(lang.fill(&OUTCOME_TITLE, &[name]))
}

/// Forecast against findings by quarter.
pub(super) fn quarter_table(quarters: &[QuarterCalibration], lang: Lang) -> Table {
    let head = [
        &COL_QUARTER,
        &COL_N,
        &COL_PREDICTED,
        &COL_OBSERVED,
        &COL_VERDICT,
    ];
    let row = |quarter: &QuarterCalibration| {
        let observed = match (quarter.observed, quarter.low, quarter.high) {
            (Some(value), Some(low), Some(high)) => {
                format!("{} [{}, {}]", percent(value), percent(low), percent(high))
            }
            _ => ABSENT.to_owned(),
        };
        let verdict = quarter
            .agrees
            .map(|agrees| lang.say(if agrees { &AGREES } else { &DIFFERS }));
        vec![
            quarter.quarter.clone(),
            count(quarter.n),
            or_absent(quarter.predicted, percent),
            observed,
            verdict.unwrap_or(ABSENT).to_owned(),
        ]
    };
    Table::new(lang, &head, quarters.iter().map(row).collect())
}
