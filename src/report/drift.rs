//! What moved between two runs, on a page: class migration, stability indices, calibration by quarter, who changed.

use super::content::badge;
use super::fairness::quarter_table;
use super::format::{ABSENT, count, fine, percent};
use super::lang::{self, Lang, Phrase};
use super::phrases::phrases;
use super::view::{Card, Page, Section, Table};
use super::{Error, TEMPLATE, section, with_rows};
use crate::evaluate::{Drift, Migration, Movement, QuarterCalibration, SettingChange};
use crate::sheets;

/// Objects listed on the page.
const SHOWN: usize = 100;
/// Columns whose bins are listed.
const SHOWN_BINS: usize = 5;

/// What the page is made from.
#[derive(Clone, Copy, Debug)]
pub struct DriftReport<'a> {
    /// Title of the job.
    pub title: &'a str,
    /// Name of the job.
    pub job: &'a str,
    /// Office that signs; empty for none.
    pub office: &'a str,
    /// 合成数据.
    pub synthetic: bool,
    /// 基准日 of the earlier and of the later run.
    pub days: &'a [String; 2],
    /// Whether both were made with the same settings.
    pub same_settings: bool,
    /// Keys of the job file that differ.
    pub settings: &'a [SettingChange],
    /// Objects by class in both.
    pub migration: &'a Migration,
    /// Objects drawn in both runs, in the earlier only and in the later only.
    pub drawn: [u64; 3],
    /// Columns, largest index first within their kind.
    pub drifts: &'a [Drift],
    /// Calibration of the later run by quarter.
    pub quarters: &'a [QuarterCalibration],
    /// Objects whose class, drawn status or place in the frame changed.
    pub n_changes: usize,
    /// The first of them.
    pub changed: &'a [ChangedObject],
}

/// One object that changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangedObject {
    /// Normalised object id.
    pub object_id: String,
    /// Class before and now.
    pub classes: [String; 2],
    /// Drawn before and now.
    pub drawn: [bool; 2],
    /// Why, in words.
    pub why: Vec<String>,
}

phrases! {
    REPORT = "两次运行对比（内部）", "Two runs compared (internal)";
    INTERNAL = "内部资料", "Internal";
    INTERNAL_NOTE = "含主体的风险分类，不得公示。", "It shows risk classes; not for publication.";
    SUMMARY = "{0} 与 {1} 相比：{2} 户分类改变，{3} 项指标明显漂移。", "{1} against {0}: {2} objects changed class, {3} columns moved.";
    SETTINGS = "两次运行的设置不同，变化可能来自设置而不是市场。", "The settings differ, so a change may come from them and not from the market.";
    SETTINGS_TABLE = "作业文件中不同的设置", "Keys of the job file that differ";
    COL_KEY = "设置", "Key";
    CARD_CHANGED = "分类改变", "Changed class";
    CARD_CHANGED_SAYS = "两次都在抽样框的主体中。", "among objects of both frames.";
    CARD_CAME = "进出抽样框", "Frame";
    CARD_CAME_SAYS = "进入和离开。", "came and left.";
    CARD_DRAWN = "抽中名单", "Drawn lists";
    CARD_DRAWN_SAYS = "只在本次抽中和只在前次抽中的户数；{0} 户两次都抽中。", "drawn only now, and only before; {0} in both.";
    CARD_CLASS_PSI = "分类 PSI", "PSI of classes";
    CARD_PSI_SAYS = "小于 0.1 稳定，0.1 至 0.25 有变化，大于 0.25 变化大。", "below 0.1 stable, to 0.25 moderate, above large.";
    CARD_MOVED = "漂移的指标", "Columns that moved";
    CARD_MOVED_SAYS = "PSI 不小于 0.1 且超过偶然波动。", "PSI of 0.1 or more, and above what chance gives.";
    MIGRATION = "分类迁移", "Class migration";
    MIGRATION_SAYS = "行为前次分类，列为本次分类。", "Rows are classes before, columns classes now.";
    DRIFT = "分布漂移（PSI）", "Drift (PSI)";
    DRIFT_SAYS = "以前次十分位分箱；空箱按 0.0001 计；临界值为无变化时的 95% 分位。", "Tenths of the earlier run; an empty bin counts as 0.0001; the critical value is the 95 % point under no change.";
    QUARTERS = "按季度的校准", "Calibration by quarter";
    CHANGES = "变化的主体", "Objects that changed";
    CHANGES_SAYS = "共 {0} 户，列前 {1} 户；全部见 changes.csv。", "{0} in all, the first {1} shown; changes.csv has all.";
    FROM = "前次", "Before";
    LEFT = "离开", "Left";
    CAME = "新进入", "Came";
    COL_COLUMN = "项目", "Column";
    COL_PSI = "PSI", "PSI";
    COL_CRITICAL = "临界值", "Critical";
    COL_MOVEMENT = "判断", "Movement";
    COL_BIN = "从", "From";
    COL_BEFORE = "前次占比", "Before";
    COL_NOW = "本次占比", "Now";
    COL_ID = "统一社会信用代码/注册号", "Identity";
    COL_CLASSES = "分类", "Class";
    COL_DRAWN = "抽中", "Drawn";
    COL_WHY = "原因", "Why";
    STABLE = "稳定", "stable";
    MODERATE = "有变化", "moderate";
    LARGE = "变化大", "large";
    BINS_OF = "{0}：分箱", "{0}: bins";
}

/// Renders the page.
///
/// # Errors
/// When the page cannot be made.
pub fn drift(report: &DriftReport, lang: Lang) -> Result<Vec<u8>, Error> {
    let mut t = lang.all();
    t.insert("REPORT", lang.say(&REPORT));
    let synthetic = report
        .synthetic
        .then(|| badge(lang, &lang::SYNTHETIC, &lang::SYNTHETIC_NOTE));
    let internal = badge(lang, &INTERNAL, &INTERNAL_NOTE);
    let page = Page {
        lang: lang.tag(),
        t,
        title: report.title.to_owned(),
        office: report.office.to_owned(),
        job: report.job.to_owned(),
        as_of: report.days[1].clone(),
        caption: String::new(),
        badges: [internal].into_iter().chain(synthetic).collect(),
        cards: cards(report, lang),
        summary: summary(report, lang),
        sections: sections(report, lang)?,
        verify: String::new(),
    };
    Ok(sheets::page("drift.html", TEMPLATE, &page)?.into_bytes())
}

fn n_moved(report: &DriftReport) -> usize {
    report
        .drifts
        .iter()
        .filter(|drift| drift.movement != Movement::Stable)
        .count()
}

fn summary(report: &DriftReport, lang: Lang) -> Vec<String> {
    let [before, now] = report.days;
    let changed = count(report.migration.n_changed());
    let mut said = vec![lang.fill(
        &SUMMARY,
        &[before, now, &changed, &n_moved(report).to_string()],
    )];
    if !report.same_settings {
        said.push(lang.say(&SETTINGS).to_owned());
    }
    said
}

fn cards(report: &DriftReport, lang: Lang) -> Vec<Card> {
    let card =
        |name, value, says| super::content::card(lang, name, value, lang.say(says).to_owned());
    let came: u64 = report.migration.came.iter().sum();
    let left: u64 = report.migration.left.iter().sum();
    let [in_both, only_before, only_now] = report.drawn;
    let class = report.drifts.iter().find(|drift| drift.name == "class");
    vec![
        card(
            &CARD_CHANGED,
            count(report.migration.n_changed()),
            &CARD_CHANGED_SAYS,
        ),
        card(
            &CARD_CAME,
            format!("+{} −{}", count(came), count(left)),
            &CARD_CAME_SAYS,
        ),
        super::content::card(
            lang,
            &CARD_DRAWN,
            format!("+{} −{}", count(only_now), count(only_before)),
            lang.fill(&CARD_DRAWN_SAYS, &[&count(in_both)]),
        ),
        card(
            &CARD_CLASS_PSI,
            class.map_or_else(|| ABSENT.to_owned(), |drift| fine(drift.psi)),
            &CARD_PSI_SAYS,
        ),
        card(&CARD_MOVED, n_moved(report).to_string(), &CARD_MOVED_SAYS),
    ]
}

fn sections(report: &DriftReport, lang: Lang) -> Result<Vec<Section>, Error> {
    let mut migration = section(lang, "migration", &MIGRATION, Vec::new())?;
    migration.paragraphs = vec![lang.say(&MIGRATION_SAYS).to_owned()];
    migration.tables = vec![matrix(report.migration, lang)];
    let mut drift = section(lang, "drift", &DRIFT, Vec::new())?;
    drift.paragraphs = vec![lang.say(&DRIFT_SAYS).to_owned()];
    drift.tables = with_rows(
        [psi_table(report.drifts, lang)]
            .into_iter()
            .chain(bins(report.drifts, lang))
            .collect(),
    );
    let mut quarters = section(lang, "quarters", &QUARTERS, Vec::new())?;
    quarters.tables = with_rows(vec![quarter_table(report.quarters, lang)]);
    let mut changes = section(lang, "changes", &CHANGES, Vec::new())?;
    let shown = report.changed.len().min(SHOWN).to_string();
    changes.paragraphs = vec![lang.fill(&CHANGES_SAYS, &[&count(report.n_changes as u64), &shown])];
    changes.tables = with_rows(vec![changed_table(report.changed, lang)]);
    let mut settings = section(lang, "settings", &SETTINGS_TABLE, Vec::new())?;
    settings.tables = with_rows(vec![settings_table(lang, report.settings)]);
    let all = vec![migration, settings, drift, quarters, changes];
    Ok(all
        .into_iter()
        .filter(|section| !section.tables.is_empty())
        .collect())
}

/// Objects by class before and now, with those that left and came.
pub(super) fn matrix(migration: &Migration, lang: Lang) -> Table {
    let say = |phrase| lang.say(phrase).to_owned();
    let head = [say(&FROM)]
        .into_iter()
        .chain(migration.to.iter().cloned())
        .chain([say(&LEFT)]);
    let row = |((from, cells), left): ((&String, &Vec<u64>), &u64)| {
        let cells = cells.iter().chain([left]).map(|n| count(*n));
        [from.clone()].into_iter().chain(cells).collect()
    };
    let mut rows: Vec<Vec<String>> = migration
        .from
        .iter()
        .zip(&migration.n)
        .zip(&migration.left)
        .map(row)
        .collect();
    let came = migration.came.iter().map(|n| count(*n));
    rows.push(
        [say(&CAME)]
            .into_iter()
            .chain(came)
            .chain([ABSENT.to_owned()])
            .collect(),
    );
    Table::of(head.collect(), rows)
}

/// The keys of the job file at which both runs differ.
pub(super) fn settings_table(lang: Lang, changed: &[SettingChange]) -> Table {
    let said = |value: &Option<String>| value.clone().unwrap_or_else(|| ABSENT.to_owned());
    let row = |one: &SettingChange| vec![one.key.clone(), said(&one.from), said(&one.to)];
    let head = [&COL_KEY, &COL_BEFORE, &COL_NOW];
    Table::new(lang, &head, changed.iter().map(row).collect()).loose(3)
}

/// What a column is called.
pub(super) fn name(drift: &Drift, lang: Lang) -> &str {
    lang.pick(&drift.zh, &drift.en)
}

/// How far a column moved, in words.
pub(super) fn movement(movement: Movement) -> &'static Phrase {
    match movement {
        Movement::Stable => &STABLE,
        Movement::Moderate => &MODERATE,
        Movement::Large => &LARGE,
    }
}

/// The index of every column.
pub(super) fn psi_table(drifts: &[Drift], lang: Lang) -> Table {
    let row = |drift: &Drift| {
        let critical = drift.critical.map_or_else(|| ABSENT.to_owned(), fine);
        vec![
            name(drift, lang).to_owned(),
            fine(drift.psi),
            critical,
            lang.say(movement(drift.movement)).to_owned(),
        ]
    };
    let head = [&COL_COLUMN, &COL_PSI, &COL_CRITICAL, &COL_MOVEMENT];
    Table::new(lang, &head, drifts.iter().map(row).collect())
}

fn bins(drifts: &[Drift], lang: Lang) -> Vec<Table> {
    let mut moved: Vec<&Drift> = drifts
        .iter()
        .filter(|drift| drift.movement != Movement::Stable)
        .collect();
    moved.sort_by(|a, b| b.psi.total_cmp(&a.psi));
    let table = |drift: &Drift| {
        let rows = drift
            .bins
            .iter()
            .map(|bin| vec![bin.label.clone(), percent(bin.earlier), percent(bin.later)]);
        let title = lang.fill(&BINS_OF, &[name(drift, lang)]);
        Table::new(lang, &[&COL_BIN, &COL_BEFORE, &COL_NOW], rows.collect()).titled(title)
    };
    moved.into_iter().take(SHOWN_BINS).map(table).collect()
}

fn changed_table(changed: &[ChangedObject], lang: Lang) -> Table {
    let flag = |is: bool| lang.say(if is { &lang::YES } else { &lang::NO });
    let row = |one: &ChangedObject| {
        vec![
            one.object_id.clone(),
            one.classes.join(" → "),
            one.drawn.map(flag).join(" → "),
            one.why.join("；"),
        ]
    };
    let rows = changed.iter().take(SHOWN).map(row).collect();
    Table::new(lang, &[&COL_ID, &COL_CLASSES, &COL_DRAWN, &COL_WHY], rows).loose(4)
}
