//! What changed since an earlier run, and why: on the first page in a sentence, below it in two tables.

use super::format::{ABSENT, count, fine};
use super::lang::{Lang, Phrase};
use super::phrases::phrases;
use super::view::Section;
use super::{Error, charts, drift, hits, section, with_rows};
use crate::evaluate::{Drift, Evaluation, Movement, RoundsRefused, Since};

/// Columns named in the sentence on drift.
const NAMED: usize = 3;

phrases! {
    SECTION = "附录：与上次报告相比", "Annex: since the last report";
    RATES = "本次（{1}）与上次报告（{0}）相比，问题发现率由 {2} 变为 {3}，{4}{5}。", "This report ({1}) against the last one ({0}): the hit rate went from {2} to {3}, {4}{5}.";
    MOVED = "与上次报告（{0}）相比，{1} 户改变分类，进入抽样框 {2} 户，离开 {3} 户；分类的 PSI 为 {4}（{5}）。", "Since the last report ({0}): {1} objects changed class, {2} came into the frame and {3} left it; PSI of the classes {4} ({5}).";
    COLUMNS = "得分和指标中有 {0} 项漂移：{1}。", "{0} scores and indicators drifted: {1}.";
    COLUMNS_NONE = "得分和指标没有漂移。", "No score or indicator drifted.";
    COLUMNS_UNKNOWN = "其中一次运行没有留下分布，无法比较得分和指标。", "One of the runs kept no distribution, so scores and indicators cannot be compared.";
    ALONE = "只有一次运行有的项目没有比较：{0}。", "Columns of one run alone were not compared: {0}.";
    REFUSED = "两次的发现率不作比较：{0}。", "The hit rates are not compared: {0}.";
    NO_RESULTS = "其中一次没有检查结果，或由旧版本程序生成，须重新运行", "a run has no results, or was made by an earlier version and must be run again";
    HIT_RULE = "两次的判定口径不同", "they count a finding by different rules";
    CLASSES = "两次的风险类别不同", "they have different classes";
    TOO_FEW = "有效结果不足 30 户", "fewer than 30 valid results";
    NOT_DRAWN_APART = "没有可比的抽查", "no rounds to compare";
    ROUNDS = "两次的三个比率", "The three rates of both";
}

/// The sentences of the first page: the hit rate, then the classes; none where no earlier run was named.
pub(super) fn sentences(lang: Lang, evaluation: &Evaluation) -> Vec<String> {
    let Some(since) = &evaluation.since else {
        return Vec::new();
    };
    let changes = since.rounds.iter().flat_map(|rounds| &rounds.changes);
    let said = changes
        .last()
        .and_then(|change| hits::change_said(lang, &RATES, change));
    let said = said.unwrap_or_else(|| lang.fill(&REFUSED, &[lang.say(why(since))]));
    vec![said, moved(lang, since)]
}

/// Why the rates are not compared.
fn why(since: &Since) -> &'static Phrase {
    match since.refused {
        Some(RoundsRefused::NoResults) => &NO_RESULTS,
        Some(RoundsRefused::HitRule) => &HIT_RULE,
        Some(RoundsRefused::Classes) => &CLASSES,
        None if since.rounds.is_some() => &TOO_FEW,
        None => &NOT_DRAWN_APART,
    }
}

/// The section, chart 11 with it; `None` where no earlier run was named.
///
/// # Errors
/// When a chart cannot be drawn.
pub(super) fn page(lang: Lang, evaluation: &Evaluation) -> Result<Option<Section>, Error> {
    let Some(since) = &evaluation.since else {
        return Ok(None);
    };
    let drawn = vec![charts::migration(lang, since), charts::psi(lang, since)];
    let mut section = section(lang, "since", &SECTION, drawn)?;
    section.is_page = true;
    section.paragraphs = paragraphs(lang, since);
    let rounds = since.rounds.iter().flat_map(|rounds| {
        let rates = charts::trend_table(lang, &rounds.points).titled(lang.say(&ROUNDS).to_owned());
        [rates, hits::changes(lang, &rounds.changes)]
    });
    let settings = drift::settings_table(lang, &since.settings);
    let settings = settings.titled(lang.say(&drift::SETTINGS_TABLE).to_owned());
    section.tables = with_rows(rounds.chain([settings]).collect());
    Ok(Some(section))
}

fn moved(lang: Lang, since: &Since) -> String {
    let migration = &since.migration;
    let sum = |counts: &[u64]| count(counts.iter().sum());
    let class = since.drifts.iter().find(|drift| drift.name == "class");
    let psi = class.map_or_else(|| ABSENT.to_owned(), |drift| fine(drift.psi));
    let movement = class.map_or(ABSENT, |drift| lang.say(drift::movement(drift.movement)));
    let day = since.as_of.to_string();
    let moved = [
        day,
        count(migration.n_changed()),
        sum(&migration.came),
        sum(&migration.left),
        psi,
        movement.to_owned(),
    ];
    lang.fill(&MOVED, &moved.each_ref().map(String::as_str))
}

fn paragraphs(lang: Lang, since: &Since) -> Vec<String> {
    let mut said = vec![moved(lang, since), columns(lang, since)];
    if !since.alone.is_empty() {
        let names = since.alone.join(lang.pick("、", ", "));
        said.push(lang.fill(&ALONE, &[&names]));
    }
    if !since.same_settings {
        said.push(lang.say(&drift::SETTINGS).to_owned());
    }
    said
}

fn columns(lang: Lang, since: &Since) -> String {
    if since.drifts.is_empty() {
        return lang.say(&COLUMNS_UNKNOWN).to_owned();
    }
    let is_moved = |drift: &&Drift| drift.movement != Movement::Stable && drift.name != "class";
    let mut moved: Vec<&Drift> = since.drifts.iter().filter(is_moved).collect();
    if moved.is_empty() {
        return lang.say(&COLUMNS_NONE).to_owned();
    }
    moved.sort_by(|a, b| b.psi.total_cmp(&a.psi));
    let named = moved.iter().take(NAMED);
    let named = named.map(|drift| format!("{} {}", drift::name(drift, lang), fine(drift.psi)));
    let mut named = named.collect::<Vec<_>>().join(lang.pick("、", ", "));
    if moved.len() > NAMED {
        named.push_str(lang.pick(" 等", " and others"));
    }
    lang.fill(&COLUMNS, &[&count(moved.len() as u64), &named])
}
