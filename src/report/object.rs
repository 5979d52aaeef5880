//! The internal slip of one business: its class over all rounds, why, from which records, with which chance, and its visits.

use serde::Serialize;

use super::content::badge;
use super::format::{ABSENT, decimal};
use super::lang::{self, Lang, Phrase};
use super::phrases::phrases;
use super::view::{Badge, Page, Section, Table};
use super::{Error, TEMPLATE, card_words};
use crate::sheets;

/// One business.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ObjectReport {
    /// Title of the job.
    pub title: String,
    /// Name of the job.
    pub job: String,
    /// Office that signs; empty for none.
    pub office: String,
    /// 合成数据.
    pub synthetic: bool,
    /// Normalised object id.
    pub object_id: String,
    /// Its row of the register: 表头 and value.
    pub register: Vec<[String; 2]>,
    /// As of the job's day.
    pub now: Option<ObjectNow>,
    /// In past runs and rounds, oldest first.
    pub history: Vec<ObjectThen>,
    /// Its visits, newest first.
    pub visits: Vec<ObjectRecord>,
    /// Its credit events, newest first.
    pub events: Vec<ObjectRecord>,
}

/// A business as of the job's day.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ObjectNow {
    /// 基准日.
    pub as_of: String,
    /// Code of its class.
    pub class: String,
    /// Name of its class.
    pub class_name: String,
    /// Points of its class: from, and below where a higher class follows; none for objects that no points classify.
    pub class_points: Option<(u32, Option<u32>)>,
    /// Risk points.
    pub points: Option<u32>,
    /// Model and score, chosen model first.
    pub scores: Vec<(String, f64)>,
    /// Why it is not in the frame; none where it is.
    pub exclusion: Option<String>,
    /// Why its points are what they are.
    pub reasons: Vec<ObjectReason>,
}

/// A reason and what it rests on.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ObjectReason {
    /// The reason, Chinese.
    pub text: String,
    /// Whether it speaks of any indicator.
    pub has_indicators: bool,
    /// Records it rests on.
    pub n_records: usize,
    /// The newest of them.
    pub records: Vec<ObjectRecord>,
    /// What the objects share whose records were looked at too.
    pub peers_by: Vec<String>,
}

/// A record in words.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ObjectRecord {
    /// Its day; empty for the register.
    pub day: String,
    /// 表名.
    pub table: String,
    /// Its values.
    pub text: String,
}

/// A business in a past run or round.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ObjectThen {
    /// Folder of the run, or id of the round.
    pub name: String,
    /// A round of record, not a run.
    pub is_round: bool,
    /// 基准日 of the run, or the day the round was sealed.
    pub day: String,
    /// Code of its class; empty where it is not known.
    pub class: String,
    /// Risk points.
    pub points: Option<u32>,
    /// Reasons, Chinese.
    pub reasons: Vec<String>,
    /// Whether it stood in the frame; none where the round is not drawn.
    pub in_frame: Option<bool>,
    /// Label of its stratum.
    pub stratum: String,
    /// Target inclusion probability.
    pub pi: Option<f64>,
    /// Whether it was drawn; none where that is not decided.
    pub drawn: Option<bool>,
    /// What else happened.
    pub note: String,
    /// What the visit found; none where no result is known.
    pub result: Option<String>,
}

impl ObjectReport {
    /// Whether no register, run or round knows it.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        self.register.is_empty() && self.history.is_empty()
    }
}

/// Before the name of a model whose score was made a probability.
const CALIBRATED_OF: &str = "calibrated_";
/// Rankings that models are held against.
const BASELINES: [&str; 2] = ["past_rate", "days_since_last"];

phrases! {
    REPORT = "主体风险与抽查情况（内部）", "One business (internal)";
    INTERNAL = "内部资料", "Internal";
    INTERNAL_NOTE = "含风险分类和检查结果，仅供监管部门内部使用，不得公示或提供给主体。", "It shows a risk class and results of inspections; for the office alone, not for publication.";
    NOW = "现状", "Now";
    NOT_READ = "未指定任务文件，没有读取。", "No job was named, so none were read.";
    CALIBRATED = "{0} 校准概率 {1}", "calibrated probability of {0}: {1}";
    NOT_COMPUTED = "未指定任务文件，只列历次情况。", "No job was named, so only the past is shown.";
    CLASS_IS = "基准日 {0}：分类 {1} {2}，风险点数 {3}。", "As of {0}: class {1} {2}, {3} risk points.";
    EXCLUDED = "不在抽样框：{0}。", "Not in the frame: {0}.";
    NO_REASON = "没有加分理由。", "Nothing adds points.";
    RECORDS = "依据 {0} 条记录", "{0} records behind it";
    RECORDS_SHOWN = "依据 {0} 条记录，列最近 {1} 条", "{0} records behind it, the newest {1} shown";
    NO_RECORD = "没有相关记录，按没有记录计分", "no such record: scored as none";
    PEERS = "另看同一“{0}”的其他主体的记录，只计数、不列出", "records of others with the same {0} count too and are not listed";
    HISTORY = "历次分类与抽取", "Over all rounds";
    NO_HISTORY = "没有历次运行或批次。", "No past run or round.";
    VISITS = "历次检查", "Visits";
    EVENTS = "信用记录", "Credit records";
    REGISTER = "名录库登记", "Register";
    NONE = "无。", "none.";
    COL_DAY = "日期", "Day";
    COL_ROUND = "运行或批次", "Run or round";
    COL_CLASS = "分类", "Class";
    COL_POINTS = "点数", "Points";
    COL_PI = "入样概率", "Probability";
    COL_DRAWN = "是否抽中", "Drawn";
    COL_RESULT = "检查结果", "Result";
    COL_REASONS = "理由", "Reasons";
    COL_TABLE = "来源", "Source";
    COL_RECORD = "记录", "Record";
    COL_ITEM = "项目", "Item";
    COL_VALUE = "内容", "Value";
    REASON_TITLE = "理由：{0}", "Reason: {0}";
    SCORE = "{0} 得分 {1}", "score of {0}: {1}";
    BESIDE = "不影响分类的其他模型：{0}", "models that do not set the class: {0}";
    CLASS_FROM = "{0} 类为 {1} 分及以上。", "Class {0} has {1} points or more.";
    CLASS_BETWEEN = "{0} 类为 {1} 分及以上、{2} 分以下。", "Class {0} has {1} points or more, and fewer than {2}.";
    NO_CLASS_BY_POINTS = "{0} 类不按点数分类；点数至多影响本类之内的入样概率。", "Points do not classify {0}; at most they move probabilities within it.";
    THEN = "{0} {1}：分类 {2}，点数 {3}，入样概率 {4}，抽中：{5}，结果：{6}", "{0} {1}: class {2}, points {3}, probability {4}, drawn: {5}, result: {6}";
}

/// The slip as lines of text.
#[must_use]
pub fn object_lines(shown: &ObjectReport, lang: Lang) -> Vec<String> {
    let mut lines = vec![format!("{} {}", shown.object_id, lang.say(&REPORT))];
    let heading =
        |lines: &mut Vec<String>, phrase: &Phrase| lines.push(format!("— {}", lang.say(phrase)));
    if !shown.register.is_empty() {
        heading(&mut lines, &REGISTER);
    }
    lines.extend(
        shown
            .register
            .iter()
            .map(|[header, text]| format!("  {header}: {text}")),
    );
    heading(&mut lines, &NOW);
    lines.extend(
        now_sentences(shown, lang)
            .into_iter()
            .map(|line| format!("  {line}")),
    );
    for reason in shown.now.iter().flat_map(|now| &now.reasons) {
        let basis = basis(reason, lang);
        let basis = basis.map(|basis| format!(" [{basis}]"));
        lines.push(format!("  · {}{}", reason.text, basis.unwrap_or_default()));
        lines.extend(
            reason
                .records
                .iter()
                .map(|record| format!("      {}", one_line(record))),
        );
    }
    heading(&mut lines, &HISTORY);
    if shown.history.is_empty() {
        lines.push(format!("  {}", lang.say(&NO_HISTORY)));
    }
    for then in &shown.history {
        let cells = then_cells(then, lang);
        let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
        lines.push(format!("  {}", lang.fill(&THEN, &cells[..7])));
        lines.extend(then.reasons.iter().map(|reason| format!("      {reason}")));
    }
    for (phrase, records) in [(&VISITS, &shown.visits), (&EVENTS, &shown.events)] {
        heading(&mut lines, phrase);
        if records.is_empty() {
            let why = if shown.now.is_some() {
                &NONE
            } else {
                &NOT_READ
            };
            lines.push(format!("  {}", lang.say(why)));
        }
        lines.extend(
            records
                .iter()
                .map(|record| format!("  {}", one_line(record))),
        );
    }
    lines
}

fn one_line(record: &ObjectRecord) -> String {
    let parts = [record.day.as_str(), &record.table, &record.text];
    let said: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    said.join(" ")
}

fn now_sentences(shown: &ObjectReport, lang: Lang) -> Vec<String> {
    let Some(now) = &shown.now else {
        return vec![lang.say(&NOT_COMPUTED).to_owned()];
    };
    let points = now
        .points
        .map_or_else(|| ABSENT.to_owned(), |points| points.to_string());
    let mut said = vec![lang.fill(
        &CLASS_IS,
        &[&now.as_of, &now.class, &now.class_name, &points],
    )];
    said.push(class_sentence(now, lang));
    said.extend(scores(&now.scores, lang));
    said.extend(
        now.exclusion
            .as_ref()
            .map(|why| lang.fill(&EXCLUDED, &[why])),
    );
    if now.reasons.is_empty() {
        said.push(lang.say(&NO_REASON).to_owned());
    }
    said
}

/// Which points the class has.
fn class_sentence(now: &ObjectNow, lang: Lang) -> String {
    match now.class_points {
        None => lang.fill(&NO_CLASS_BY_POINTS, &[&now.class]),
        Some((from, None)) => lang.fill(&CLASS_FROM, &[&now.class, &from.to_string()]),
        Some((from, Some(below))) => {
            let (from, below) = (from.to_string(), below.to_string());
            lang.fill(&CLASS_BETWEEN, &[&now.class, &from, &below])
        }
    }
}

/// The score of the model that sets the class with its probability, then what others say; a calibrated probability stands for
/// its model's score, and baselines for ranking say nothing of one object.
fn scores(all: &[(String, f64)], lang: Lang) -> Vec<String> {
    let is_calibrated = |name: &str| all.iter().any(|(other, _)| *other == calibrated(name));
    let is_shown = |name: &str| !BASELINES.contains(&name) && !is_calibrated(name);
    let said = |(name, score): &(String, f64)| {
        if let Some(model) = name.strip_prefix(CALIBRATED_OF) {
            return lang.fill(&CALIBRATED, &[model, &decimal(*score)]);
        }
        let name = card_words::model(lang, name);
        lang.fill(&SCORE, &[lang.name(&name), &decimal(*score)])
    };
    let Some((chosen, others)) = all.split_first() else {
        return Vec::new();
    };
    let (own, beside): (Vec<_>, Vec<_>) = others
        .iter()
        .filter(|(name, _)| is_shown(name))
        .partition(|(name, _)| name.starts_with("probability"));
    let joined = |scores: Vec<String>| scores.join(lang.pick("；", "; "));
    let own = std::iter::once(chosen).chain(own).map(said).collect();
    let beside: Vec<String> = beside.into_iter().map(said).collect();
    let beside = (!beside.is_empty()).then(|| lang.fill(&BESIDE, &[&joined(beside)]));
    std::iter::once(joined(own)).chain(beside).collect()
}

fn calibrated(model: &str) -> String {
    format!("{CALIBRATED_OF}{model}")
}

/// What a reason rests on; none for one that speaks of no indicator.
fn basis(reason: &ObjectReason, lang: Lang) -> Option<String> {
    if !reason.has_indicators {
        return None;
    }
    let (n, shown) = (
        reason.n_records.to_string(),
        reason.records.len().to_string(),
    );
    let records = match (reason.n_records, reason.peers_by.is_empty()) {
        (0, false) => None,
        (0, true) => Some(lang.say(&NO_RECORD).to_owned()),
        (all, _) if all > reason.records.len() => Some(lang.fill(&RECORDS_SHOWN, &[&n, &shown])),
        _ => Some(lang.fill(&RECORDS, &[&n])),
    };
    let joined = reason.peers_by.join("、");
    let peers = (!reason.peers_by.is_empty()).then(|| lang.fill(&PEERS, &[&joined]));
    let parts: Vec<String> = records.into_iter().chain(peers).collect();
    Some(parts.join(lang.pick("；", "; ")))
}

fn then_cells(then: &ObjectThen, lang: Lang) -> Vec<String> {
    let or_absent = |text: Option<String>| {
        text.filter(|text| !text.is_empty())
            .unwrap_or_else(|| ABSENT.to_owned())
    };
    let flag = |is: bool| lang.say(if is { &lang::YES } else { &lang::NO }).to_owned();
    let result = [
        then.result.clone(),
        Some(then.note.clone()).filter(|note| !note.is_empty()),
    ];
    let result: Vec<String> = result.into_iter().flatten().collect();
    vec![
        then.day.clone(),
        then.name.clone(),
        or_absent(Some(then.class.clone())),
        or_absent(then.points.map(|points| points.to_string())),
        or_absent(then.pi.map(|pi| format!("{pi:.4}"))),
        or_absent(then.drawn.map(flag)),
        or_absent(Some(result.join("；"))),
        or_absent(Some(then.reasons.join("；"))),
    ]
}

/// The slip as a page.
///
/// # Errors
/// When the page cannot be made.
pub fn object_page(shown: &ObjectReport, lang: Lang) -> Result<Vec<u8>, Error> {
    let mut t = lang.all();
    t.insert("REPORT", lang.say(&REPORT));
    let badges = badges(shown, lang);
    let labels: Vec<&str> = badges.iter().map(|badge| badge.label.as_str()).collect();
    let page = Page {
        lang: lang.tag(),
        t,
        title: shown.object_id.clone(),
        office: shown.office.clone(),
        job: shown.job.clone(),
        as_of: shown
            .now
            .as_ref()
            .map_or_else(|| ABSENT.to_owned(), |now| now.as_of.clone()),
        caption: labels.join(" · "),
        badges,
        cards: Vec::new(),
        summary: now_sentences(shown, lang),
        sections: sections(shown, lang),
        verify: String::new(),
    };
    Ok(sheets::page("object.html", TEMPLATE, &page)?.into_bytes())
}

fn badges(shown: &ObjectReport, lang: Lang) -> Vec<Badge> {
    let synthetic = shown
        .synthetic
        .then(|| badge(lang, &lang::SYNTHETIC, &lang::SYNTHETIC_NOTE));
    [badge(lang, &INTERNAL, &INTERNAL_NOTE)]
        .into_iter()
        .chain(synthetic)
        .collect()
}

fn sections(shown: &ObjectReport, lang: Lang) -> Vec<Section> {
    let reasons = shown.now.iter().flat_map(|now| &now.reasons);
    let reason = |reason: &ObjectReason| {
        let caption = lang.fill(&REASON_TITLE, &[&reason.text]);
        let basis = basis(reason, lang).map(|basis| format!("（{basis}）"));
        let caption = format!("{caption}{}", basis.unwrap_or_default());
        records_table(&reason.records, lang).titled(caption)
    };
    let head = [
        &COL_DAY,
        &COL_ROUND,
        &COL_CLASS,
        &COL_POINTS,
        &COL_PI,
        &COL_DRAWN,
        &COL_RESULT,
        &COL_REASONS,
    ];
    let history = shown
        .history
        .iter()
        .map(|then| then_cells(then, lang))
        .collect();
    let register = shown.register.iter().map(|row| row.to_vec()).collect();
    let records = |records: &[ObjectRecord]| vec![records_table(records, lang)];
    let register_table = Table::new(lang, &[&COL_ITEM, &COL_VALUE], register).loose(2);
    let is_read = shown.now.is_some();
    let sections = [
        (
            is_read,
            plain(lang, "now", &COL_REASONS, reasons.map(reason).collect()),
        ),
        (
            true,
            plain(
                lang,
                "history",
                &HISTORY,
                vec![Table::new(lang, &head, history).loose(8)],
            ),
        ),
        (
            is_read,
            plain(lang, "visits", &VISITS, records(&shown.visits)),
        ),
        (
            is_read,
            plain(lang, "events", &EVENTS, records(&shown.events)),
        ),
        (
            is_read,
            plain(lang, "register", &REGISTER, vec![register_table]),
        ),
    ];
    let kept = sections.into_iter().filter(|(is_known, _)| *is_known);
    kept.map(|(_, section)| section).collect()
}

fn records_table(records: &[ObjectRecord], lang: Lang) -> Table {
    let row = |record: &ObjectRecord| {
        vec![
            record.day.clone(),
            record.table.clone(),
            record.text.clone(),
        ]
    };
    Table::new(
        lang,
        &[&COL_DAY, &COL_TABLE, &COL_RECORD],
        records.iter().map(row).collect(),
    )
    .loose(3)
}

/// A section of tables; one without any row says so.
fn plain(lang: Lang, id: &'static str, heading: &Phrase, tables: Vec<Table>) -> Section {
    let is_empty = tables
        .iter()
        .all(|table| table.rows.is_empty() && table.caption.is_empty());
    Section {
        id,
        heading: lang.say(heading).to_owned(),
        paragraphs: is_empty
            .then(|| lang.say(&NONE).to_owned())
            .into_iter()
            .collect(),
        charts: Vec::new(),
        tables: if is_empty { Vec::new() } else { tables },
        ..Section::default()
    }
}
