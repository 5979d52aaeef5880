//! The register's health to a page, a workbook and the list of changes, in Chinese or English.
//!
//! Rendered from [`Health`] and [`Changes`] alone; nothing is computed here but shares and differences of what they hold.

mod book;
mod charts;
mod movement;
mod words;

use super::content::{badge, card};
use super::format::{ABSENT, count, percent};
use super::lang::{self, Lang};
use super::view::{Badge, Card, Page, Section, Table};
use super::{Drawn, Error, TEMPLATE, section, with_rows};
use crate::registers::{Ailment, ChangeKind, Changes, Health, Line, Office, RuleCount};
use crate::sheets;

/// Rows of a list on the page.
const SHOWN: usize = 10;
/// Offices and moves on the page.
const SHOWN_MANY: usize = 40;

/// What the report is made from.
#[derive(Clone, Copy, Debug)]
pub struct HealthReport<'a> {
    /// Title of the job.
    pub title: &'a str,
    /// Name of the job.
    pub job: &'a str,
    /// Office that signs; empty for none.
    pub office: &'a str,
    /// 合成数据.
    pub synthetic: bool,
    /// This month.
    pub health: &'a Health,
    /// The months before, oldest first.
    pub previous: &'a [Health],
    /// What changed since the last of them.
    pub changes: Option<&'a Changes>,
}

/// What a report is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HealthFiles {
    /// Paths relative to the result folder, and their bytes.
    pub files: Vec<(String, Vec<u8>)>,
    /// What a workbook could not hold whole.
    pub notes: Vec<String>,
}

/// Renders the report: `health.html` and `health.xlsx`, with `changes.csv` and `changes.xlsx` where there is a month before.
/// Same values, same bytes.
///
/// # Errors
/// When a chart, the page or a workbook cannot be made.
pub fn health(report: &HealthReport, lang: Lang) -> Result<HealthFiles, Error> {
    let html = sheets::page("health.html", TEMPLATE, &page(report, lang)?)?;
    let tabs = book::health(report, lang);
    let mut notes = sheets::limits(&tabs);
    let mut files = vec![
        ("health.html".to_owned(), html.into_bytes()),
        ("health.xlsx".to_owned(), sheets::workbook(&tabs)?),
    ];
    if let Some(changes) = report.changes {
        let tabs = book::changes(changes, lang);
        notes.extend(sheets::limits(&tabs));
        files.push(("changes.xlsx".to_owned(), sheets::workbook(&tabs)?));
        files.push(("changes.csv".to_owned(), book::changes_csv(changes, lang)));
    }
    Ok(HealthFiles { files, notes })
}

fn page(report: &HealthReport, lang: Lang) -> Result<Page, Error> {
    let mut t = lang.all();
    t.insert("REPORT", lang.say(&words::REPORT));
    let badges = badges(report, lang);
    let labels: Vec<&str> = badges.iter().map(|badge| badge.label.as_str()).collect();
    let sections = [
        Some(lines(report, lang)?),
        movement::change(report, lang)?,
        Some(movement::coverage(&report.health.coverage, lang)?),
        trend(report, lang)?,
        lists(report.health, lang)?,
        offices(report.health, lang)?,
        staff(report.health, lang)?,
        Some(data(report.health, lang)?),
        Some(method(report.health, lang)?),
    ];
    Ok(Page {
        lang: lang.tag(),
        t,
        title: report.title.to_owned(),
        office: report.office.to_owned(),
        job: report.job.to_owned(),
        as_of: report.health.as_of.to_string(),
        caption: labels.join(" · "),
        badges,
        cards: cards(report, lang),
        summary: vec![worst(report.health, lang)],
        sections: sections.into_iter().flatten().collect(),
        verify: String::new(),
    })
}

fn badges(report: &HealthReport, lang: Lang) -> Vec<Badge> {
    let synthetic = badge(lang, &lang::SYNTHETIC, &lang::SYNTHETIC_NOTE);
    let synthetic = Some(synthetic).filter(|_| report.synthetic);
    let internal = badge(lang, &words::INTERNAL, &words::INTERNAL_NOTE);
    [Some(internal), synthetic].into_iter().flatten().collect()
}

fn cards(report: &HealthReport, lang: Lang) -> Vec<Card> {
    let health = report.health;
    let as_of = health.as_of.to_string();
    let share = share(health.n_frame, health.n_objects);
    let n = |kind| report.changes.map_or(0, |changes| changes.n(kind));
    let (new, gone) = (n(ChangeKind::New), n(ChangeKind::Gone));
    let (net, change_says) = match report.changes {
        Some(changes) => (
            format!("+{} −{}", count(new), count(gone)),
            lang.fill(
                &words::CARD_CHANGE_SAYS,
                &[
                    &changes.from.to_string(),
                    &count(new),
                    &count(gone),
                    &count(n(ChangeKind::Renumbered)),
                ],
            ),
        ),
        None => (
            ABSENT.to_owned(),
            lang.say(&words::CARD_FIRST_SAYS).to_owned(),
        ),
    };
    vec![
        card(
            lang,
            &words::CARD_OBJECTS,
            count(health.n_objects),
            lang.fill(&words::CARD_OBJECTS_SAYS, &[&as_of]),
        ),
        card(
            lang,
            &words::CARD_FRAME,
            count(health.n_frame),
            lang.fill(&words::CARD_FRAME_SAYS, &[&share]),
        ),
        card(lang, &words::CARD_CHANGE, net, change_says),
        card(
            lang,
            &words::CARD_ABSENT,
            count(health.coverage.n_absent),
            lang.say(&words::CARD_ABSENT_SAYS).to_owned(),
        ),
    ]
}

#[allow(
    clippy::cast_precision_loss,
    reason = "counts of objects lie below 2^53"
)]
fn share(n: u64, of: u64) -> String {
    if of == 0 {
        ABSENT.to_owned()
    } else {
        percent(n as f64 / of as f64)
    }
}

/// The three lines with the largest shares.
fn worst(health: &Health, lang: Lang) -> String {
    let lines = charts::by_share(health);
    let one = |line: &&Line| {
        let name = lang.say(&words::of_line(line.ailment).name);
        lang.fill(
            &words::WORST_ONE,
            &[name, &count(line.n), &share(line.n, line.of)],
        )
    };
    let named: Vec<String> = lines.iter().take(3).map(one).collect();
    if named.is_empty() {
        return lang.say(&words::NOTHING_WRONG).to_owned();
    }
    let joined = named.join(lang.pick("、", ", "));
    lang.fill(&words::WORST, &[&joined])
}

/// What a line counted last month.
fn before(report: &HealthReport, ailment: Ailment) -> Option<u64> {
    let last = report.previous.last()?;
    last.line(ailment).map(|line| line.n)
}

fn lines(report: &HealthReport, lang: Lang) -> Result<Section, Error> {
    let health = report.health;
    let mut section = section(
        lang,
        "lines",
        &words::SECTION_LINES,
        vec![charts::lines(lang, health)],
    )?;
    let row = |line: &Line| {
        let said = words::of_line(line.ailment);
        let before = before(report, line.ailment).map_or_else(|| ABSENT.to_owned(), count);
        vec![
            lang.say(&said.name).to_owned(),
            lang.say(&said.todo).to_owned(),
            count(line.n),
            count(line.of),
            share(line.n, line.of),
            before,
        ]
    };
    let head = [
        &words::COL_LINE,
        &words::COL_TODO,
        &words::COL_N,
        &words::COL_OF,
        &words::COL_SHARE,
        &words::COL_BEFORE,
    ];
    let rows = health.lines.iter().map(row).collect();
    section.tables = vec![Table::new(lang, &head, rows).loose(2)];
    Ok(section)
}

/// A register column as an officer calls it.
fn column_name(name: &str, lang: Lang) -> String {
    let known = crate::registers::column_header(name);
    match (lang, known) {
        (Lang::Zh, Some(header)) => header.to_owned(),
        _ if name == "exclusion" => lang.say(&words::EXCLUSION).to_owned(),
        _ => name.to_owned(),
    }
}

fn office_name(name: &str, lang: Lang) -> String {
    if name.is_empty() {
        lang.say(&words::NO_OFFICE_NAME).to_owned()
    } else {
        name.to_owned()
    }
}

fn trend(report: &HealthReport, lang: Lang) -> Result<Option<Section>, Error> {
    if report.previous.is_empty() {
        return Ok(None);
    }
    let months: Vec<&Health> = report.previous.iter().chain([report.health]).collect();
    let drawn: Drawn = charts::trend(lang, &months);
    section(lang, "trend", &words::SECTION_TREND, vec![drawn]).map(Some)
}

fn lists(health: &Health, lang: Lang) -> Result<Option<Section>, Error> {
    let mut section = section(lang, "lists", &words::SECTION_LISTS, Vec::new())?;
    let shown = SHOWN.to_string();
    section.paragraphs = vec![lang.fill(&words::LISTS_SAYS, &[&shown])];
    let head = [
        &words::COL_ID,
        &words::COL_NAME,
        &words::COL_OFFICE,
        &words::COL_WHY,
    ];
    let table = |line: &Line| {
        let name = lang.say(&words::of_line(line.ailment).name);
        let rows = line.rows.iter().take(SHOWN);
        let rows = rows.map(|row| book::listed_texts(row, lang)).collect();
        Table::new(lang, &head, rows)
            .titled(lang.fill(&words::LIST_TITLE, &[name, &count(line.n)]))
            .loose(4)
    };
    section.tables = with_rows(health.lines.iter().map(table).collect());
    Ok(Some(section).filter(|section| !section.tables.is_empty()))
}

fn offices(health: &Health, lang: Lang) -> Result<Option<Section>, Error> {
    let mut section = section(lang, "offices", &words::SECTION_OFFICES, Vec::new())?;
    section.paragraphs = vec![lang.say(&words::OFFICES_SAYS).to_owned()];
    let ailments = book::of_offices(health);
    let mut offices: Vec<&Office> = health.offices.iter().collect();
    offices.sort_by_key(|office| std::cmp::Reverse(office.n_objects));
    let row = |office: &&Office| book::office_texts(office, &ailments, lang);
    let rows = offices.iter().take(SHOWN_MANY).map(row).collect();
    section.tables = vec![Table::of(book::office_head(&ailments, lang), rows)];
    Ok(Some(section).filter(|_| health.offices.len() > 1))
}

/// Inspectors with what is wrong with them, above all their certificates.
fn staff(health: &Health, lang: Lang) -> Result<Option<Section>, Error> {
    let mut section = section(lang, "staff", &words::SECTION_STAFF, Vec::new())?;
    let shown = SHOWN.to_string();
    section.paragraphs = vec![lang.fill(&words::STAFF_SAYS, &[&shown])];
    let counts = health.staff.iter();
    let counts = counts.map(|one| vec![lang.name(&one.rule).to_owned(), count(one.n)]);
    let rows = health.staff_rows.iter().take(SHOWN);
    let rows = rows.map(|row| book::staff_texts(row, lang)).collect();
    let head = [&words::COL_INSPECTOR, &words::COL_WHY, &words::COL_VALUE];
    section.tables = vec![
        Table::new(
            lang,
            &[&words::COL_WHY, &words::COL_PEOPLE],
            counts.collect(),
        ),
        Table::new(lang, &head, rows).loose(3),
    ];
    Ok(Some(section).filter(|_| !health.staff.is_empty()))
}

fn data(health: &Health, lang: Lang) -> Result<Section, Error> {
    let mut section = section(lang, "data", &words::SECTION_DATA, Vec::new())?;
    let rules = |counts: &[RuleCount], title| {
        let rows = counts
            .iter()
            .map(|one| vec![lang.name(&one.rule).to_owned(), count(one.n)]);
        Table::new(lang, &[&words::COL_RULE, &words::COL_ROWS], rows.collect())
            .titled(lang.say(title).to_owned())
    };
    section.tables = with_rows(vec![
        rules(&health.refusals, &words::REFUSALS_TITLE),
        rules(&health.findings, &words::FINDINGS_TITLE),
    ]);
    Ok(section)
}

fn method(health: &Health, lang: Lang) -> Result<Section, Error> {
    let mut section = section(lang, "method", &words::SECTION_METHOD, Vec::new())?;
    let said = [
        &words::METHOD_OF,
        &words::METHOD_UNREACHABLE,
        &words::METHOD_COVERAGE,
    ];
    section.paragraphs = said.map(|phrase| lang.say(phrase).to_owned()).to_vec();
    section.paragraphs.extend(health.notes.iter().cloned());
    Ok(section)
}

/// What a rule of refusals or findings is called in this language.
#[must_use]
pub fn rule_name(rule: &str, lang: Lang) -> &str {
    lang.name(rule)
}
