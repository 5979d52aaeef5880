//! The model card's settings in words: what a job file calls `each` or `coverage_floor`, as the people who sign read it.

use super::format::percent;
use super::lang::Lang;
use crate::evaluate::Named;
use crate::registers;

/// Key, Chinese, English.
type Word = (&'static str, &'static str, &'static str);

/// Keys of `[risk.labels]`.
const LABELS: &[Word] = &[
    ("filter", "采用哪些检查", "Visits that are used"),
    ("outcome", "什么算发现问题", "What counts as a finding"),
    ("each", "每行代表", "A row stands for"),
    ("from", "检查日期不早于", "Visits from"),
    ("until", "检查日期早于", "Visits before"),
];
/// Keys of `[plan]` and `[round]`.
const POLICY: &[Word] = &[
    ("strata", "分层", "Strata"),
    (
        "measure_of_size",
        "层内入样概率",
        "Probability within a stratum",
    ),
    ("ratio", "抽查比例", "Ratios"),
    ("sample_size", "抽查户数", "Objects drawn"),
    ("take_all", "必查类别", "Taken whole"),
    ("rounding", "户数取整", "Rounding"),
    (
        "floor_of_one",
        "每层至少抽一户",
        "At least one of every stratum",
    ),
    ("coverage_floor", "抽查占比下限", "Coverage floor"),
    ("reserve", "每层候补户数", "Reserve of a stratum"),
    ("hash", "摘要算法", "Hash"),
    ("proof", "公示与核验", "What the public can verify"),
    ("tiny", "过小的层", "Tiny strata"),
    ("id", "批次编号", "Round"),
    ("lead", "发起部门", "Lead"),
    ("partners", "配合部门", "Partners"),
    (
        "visits_per_year_max",
        "每户每年检查次数上限",
        "Visits to a business in a year, at most",
    ),
    (
        "measurement_share",
        "测量抽样占比",
        "Share of visits for measurement",
    ),
    ("cool_down", "抽中后的冷却", "Cool-down after a visit"),
    (
        "remainder_max",
        "名单透露类别的容限",
        "What the list may tell of a class",
    ),
];
/// Values of those keys.
const VALUES: &[Word] = &[
    ("visit", "一次检查", "a visit"),
    ("object", "一户主体", "a business"),
    (
        "risk_points",
        "与风险分成正比",
        "proportional to risk points",
    ),
    ("equal", "相同", "equal"),
    ("ceiling", "向上取整", "up"),
    ("half_up", "四舍五入", "half up"),
    ("risk_class", "风险类别", "risk class"),
    (
        "open",
        "公开，任何人可重算",
        "open: anybody can recompute the draw",
    ),
    (
        "sealed",
        "封存承诺，各户可核验本户",
        "sealed: a business can verify its own part",
    ),
    ("true", "是", "yes"),
    ("false", "否", "no"),
];
/// Words of conditions over visits.
const CONDITIONS: &[Word] = &[
    ("channel", "检查来源", "source of the visit"),
    ("visited", "已到场检查", "visited"),
    ("found", "发现问题", "something was found"),
    ("item_id", "检查事项", "item"),
    ("result_codes", "检查结果代码", "result codes"),
    ("score", "评分", "score"),
    ("'draw'", "随机抽查", "random draw"),
    ("'complaint'", "投诉举报", "complaint"),
    ("'campaign'", "专项检查", "campaign"),
    ("'follow_up'", "复查", "follow-up"),
    ("'other'", "其他", "other"),
    ("AND", "且", "and"),
    ("OR", "或", "or"),
    ("NOT", "非", "not"),
    ("IN", "属于", "in"),
    ("=", "为", "is"),
    ("<>", "不为", "is not"),
];
/// Keys of tables within a setting.
const WITHIN: &[Word] = &[
    ("rounds", "轮数", "rounds"),
    ("epsilon", "概率乘以", "probability times"),
    ("floor", "概率不低于", "probability at least"),
    ("minimum", "每层最少户数", "least objects of a stratum"),
    ("order", "依次合并的栏目", "columns dropped in order"),
];
/// Names of models.
const MODELS: &[Word] = &[
    ("scorecard", "评分卡", "scorecard"),
    ("logistic", "逻辑回归", "logistic regression"),
    ("past_rate", "历次发现率", "past hit rate"),
    (
        "days_since_last",
        "距上次检查天数",
        "days since the last visit",
    ),
];

fn word(words: &[Word], key: &str, lang: Lang) -> Option<&'static str> {
    let found = words.iter().find(|word| word.0 == key)?;
    Some(lang.pick(found.1, found.2))
}

/// A model by its name in words; one of the job's own keeps its name.
pub(super) fn model(lang: Lang, name: &str) -> String {
    word(MODELS, name, lang).unwrap_or(name).to_owned()
}

/// A setting of `[risk.labels]` in words.
pub(super) fn label(lang: Lang, setting: &Named) -> Vec<String> {
    let name = word(LABELS, &setting.name, lang).unwrap_or(&setting.name);
    let text = match setting.name.as_str() {
        "filter" | "outcome" => condition(lang, &setting.text),
        _ => value(lang, &setting.text),
    };
    vec![name.to_owned(), text]
}

/// A setting of `[plan]` or `[round]` in words.
pub(super) fn policy(lang: Lang, setting: &Named) -> Vec<String> {
    let name = word(POLICY, &setting.name, lang).unwrap_or(&setting.name);
    let text = match setting.name.as_str() {
        "coverage_floor" | "measurement_share" | "remainder_max" => share(&setting.text),
        "ratio" => each(lang, &setting.text, share),
        _ => each(lang, &setting.text, |text| value(lang, text)),
    };
    vec![name.to_owned(), text]
}

/// The parts of a list or table, each in words.
fn each(lang: Lang, text: &str, value: impl Fn(&str) -> String) -> String {
    let part = |part: &str| match part.split_once(" = ") {
        Some((key, text)) => {
            let key = word(WITHIN, key, lang).unwrap_or(key);
            format!("{key} {}", value(text))
        }
        None => value(part),
    };
    let parts: Vec<String> = text.split(", ").map(part).collect();
    parts.join(lang.pick("，", ", "))
}

fn share(text: &str) -> String {
    text.parse().map_or_else(|_| text.to_owned(), percent)
}

fn value(lang: Lang, text: &str) -> String {
    let column = registers::column_header(text).filter(|_| lang == Lang::Zh);
    let known = word(VALUES, text, lang).or(column);
    known.unwrap_or(text).to_owned()
}

/// A condition over visits with the words it is made of; what is unknown stands as it is written.
fn condition(lang: Lang, text: &str) -> String {
    let mut said: Vec<String> = Vec::new();
    for part in text.split_whitespace() {
        let bare = part.trim_matches(|c| "(),".contains(c));
        let known = word(CONDITIONS, bare, lang);
        said.push(known.map_or_else(|| part.to_owned(), |known| part.replace(bare, known)));
    }
    said.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str, text: &str) -> Named {
        Named {
            name: name.to_owned(),
            text: text.to_owned(),
        }
    }

    #[test]
    fn settings_of_labels_are_said_in_words() {
        for (setting, zh) in [
            (
                named("filter", "channel = 'draw' AND visited"),
                ["采用哪些检查", "检查来源 为 随机抽查 且 已到场检查"],
            ),
            (named("each", "visit"), ["每行代表", "一次检查"]),
            (named("outcome", "found"), ["什么算发现问题", "发现问题"]),
            (named("until", "2014-04-17"), ["检查日期早于", "2014-04-17"]),
            (
                named("outcome", "criticalCount > 0"),
                ["什么算发现问题", "criticalCount > 0"],
            ),
        ] {
            assert_eq!(label(Lang::Zh, &setting), zh);
        }
        let each = label(Lang::En, &named("each", "visit"));
        assert_eq!(each, ["A row stands for", "a visit"]);
    }

    #[test]
    fn settings_of_the_draw_are_said_in_words() {
        for (setting, zh) in [
            (
                named("strata", "risk_class, region_code"),
                ["分层", "风险类别，行政区划代码"],
            ),
            (
                named("ratio", "A = 0.03, U = 0.5"),
                ["抽查比例", "A 3.0%，U 50.0%"],
            ),
            (named("coverage_floor", "0.05"), ["抽查占比下限", "5.0%"]),
            (named("rounding", "ceiling"), ["户数取整", "向上取整"]),
            (
                named("cool_down", "epsilon = 0.25, rounds = 2"),
                ["抽中后的冷却", "概率乘以 0.25，轮数 2"],
            ),
        ] {
            assert_eq!(policy(Lang::Zh, &setting), zh);
        }
    }
}
