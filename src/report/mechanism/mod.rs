//! 监管效果评估 as a page of its own: every indicator in use with numerator, denominator, formula and source, by department,
//! and the OECD's criteria as a self-check with the evidence there is.

mod oecd;
mod words;

use super::content;
use super::format::{count, percent};
use super::lang::{Lang, Phrase};
use super::view::{Card, Page, Section, Table};
use super::{Error, TEMPLATE, book, section};
use crate::evaluate::{Evaluation, Indicator, IndicatorId, Mechanism, Reading};
use crate::sheets;
use words::Words;

/// Indicators on the cards.
const ON_CARDS: [IndicatorId; 4] = [
    IndicatorId::Completion,
    IndicatorId::OnTime,
    IndicatorId::FollowedUp,
    IndicatorId::ItemCoverage,
];

/// Indicators of departments side by side, as many as paper is wide.
const ABREAST: usize = 5;

/// Renders `mechanism.html` and its workbook; no file where the mechanism was not evaluated.
///
/// # Errors
/// When the page or the workbook cannot be made.
pub(super) fn render(evaluation: &Evaluation, lang: Lang) -> Result<Vec<(String, Vec<u8>)>, Error> {
    let Some(mechanism) = &evaluation.mechanism else {
        return Ok(Vec::new());
    };
    let page = page(lang, evaluation, mechanism)?;
    let html = sheets::page("mechanism.html", TEMPLATE, &page)?;
    let workbook = sheets::workbook(&book::book(&page, lang))?;
    Ok(vec![
        ("mechanism.html".to_owned(), html.into_bytes()),
        ("tables/mechanism.xlsx".to_owned(), workbook),
    ])
}

fn page(lang: Lang, evaluation: &Evaluation, mechanism: &Mechanism) -> Result<Page, Error> {
    let facts = &evaluation.facts;
    let badges = content::badges(lang, facts);
    let labels: Vec<&str> = badges.iter().map(|badge| badge.label.as_str()).collect();
    let mut t = lang.all();
    t.insert("REPORT", lang.say(&words::REPORT));
    Ok(Page {
        lang: lang.tag(),
        t,
        title: facts.title.clone(),
        office: facts.office.clone(),
        job: facts.job.clone(),
        as_of: facts.as_of.to_string(),
        caption: labels.join(" · "),
        badges,
        cards: cards(lang, mechanism),
        summary: summary(lang, mechanism),
        sections: vec![
            indicators(lang, mechanism)?,
            departments(lang, mechanism)?,
            self_check(lang, evaluation, mechanism)?,
            method(lang, mechanism)?,
        ],
        verify: String::new(),
    })
}

/// The reading of an indicator; the house measures them all.
fn of(mechanism: &Mechanism, id: IndicatorId) -> Option<&Indicator> {
    mechanism.indicators.iter().find(|one| one.id == id)
}

fn cards(lang: Lang, mechanism: &Mechanism) -> Vec<Card> {
    let readings = ON_CARDS.iter().filter_map(|&id| of(mechanism, id));
    readings
        .map(|indicator| {
            let words = words::of(indicator.id);
            Card {
                name: lang.say(&words.name).to_owned(),
                value: shown(lang, &indicator.overall),
                sentence: card_sentence(lang, &words, indicator),
            }
        })
        .collect()
}

fn card_sentence(lang: Lang, words: &Words, indicator: &Indicator) -> String {
    match &indicator.overall {
        Reading::Known {
            numerator,
            denominator,
            ..
        } => {
            let (numerator, denominator) = (count(*numerator), count(*denominator));
            let formula = lang.say(&words.formula);
            let said = lang.fill(&words::CARD_KNOWN, &[formula, &numerator, &denominator]);
            let verdict = verdict(lang, indicator).map(|verdict| {
                let values = [lang.say(&words.target), verdict];
                lang.pick("", " ").to_owned() + &lang.fill(&words::CARD_TARGET, &values)
            });
            said + &verdict.unwrap_or_default()
        }
        Reading::Empty => lang.say(&words::EMPTY_SAYS).to_owned(),
        Reading::NoData { table, column } => needs(lang, table, column),
    }
}

/// Whether the target is met, in a sign and in words.
fn verdict(lang: Lang, indicator: &Indicator) -> Option<&'static str> {
    let is_met = indicator.met?;
    Some(lang.say(if is_met { &words::MET } else { &words::MISSED }))
}

/// What would make an absent indicator appear.
fn needs(lang: Lang, table: &str, column: &str) -> String {
    lang.fill(
        &words::NEEDS,
        &[table, column, words::column(lang, table, column)],
    )
}

/// A reading in a few characters: `98.5%`, `无数据`, `–`.
fn shown(lang: Lang, reading: &Reading) -> String {
    match reading {
        Reading::Known { share, .. } => percent(*share),
        Reading::Empty => lang.say(&words::EMPTY).to_owned(),
        Reading::NoData { .. } => lang.say(&words::NO_DATA).to_owned(),
    }
}

fn summary(lang: Lang, mechanism: &Mechanism) -> Vec<String> {
    let known = mechanism.indicators.iter();
    let known = known.filter(|one| one.overall.share().is_some()).count();
    let absent = mechanism.indicators.iter();
    let absent = absent
        .filter(|one| matches!(one.overall, Reading::NoData { .. }))
        .count();
    let (from, last) = (mechanism.from, mechanism.until.plus(-1));
    vec![
        lang.fill(&words::SPAN, &[&from.to_string(), &last.to_string()]),
        lang.fill(
            &words::HOW_MANY,
            &[
                &mechanism.indicators.len().to_string(),
                &known.to_string(),
                &absent.to_string(),
            ],
        ),
        how_met(lang, mechanism),
        lang.say(&words::NOT_EFFECT).to_owned(),
    ]
}

/// How many targets are met, and which are missed.
fn how_met(lang: Lang, mechanism: &Mechanism) -> String {
    let all = &mechanism.indicators;
    let n_met = all.iter().filter(|one| one.met == Some(true)).count();
    let missed = all.iter().filter(|one| one.met == Some(false));
    let missed: Vec<&str> = missed
        .map(|one| lang.say(&words::of(one.id).name))
        .collect();
    let listed = if missed.is_empty() {
        String::new()
    } else {
        lang.pick("：", ": ").to_owned() + &missed.join(lang.pick("、", ", "))
    };
    let numbers = [n_met + missed.len(), n_met, missed.len()].map(|n| n.to_string());
    lang.fill(
        &words::HOW_MET,
        &[&numbers[0], &numbers[1], &numbers[2], &listed],
    )
}

fn indicators(lang: Lang, mechanism: &Mechanism) -> Result<Section, Error> {
    let head = [
        &words::COL_INDICATOR,
        &words::COL_FORMULA,
        &words::COL_SOURCE,
        &words::COL_TARGET,
        &words::COL_NUMERATOR,
        &words::COL_DENOMINATOR,
        &words::COL_VALUE,
        &words::COL_MET,
    ];
    let row = |indicator: &Indicator| {
        let words = words::of(indicator.id);
        let texts = [&words.name, &words.formula, &words.source, &words.target];
        let mut row: Vec<String> = texts.map(|phrase| lang.say(phrase).to_owned()).to_vec();
        row.extend(numbers(lang, &indicator.overall));
        let verdict = verdict(lang, indicator).unwrap_or(super::format::ABSENT);
        row.push(verdict.to_owned());
        row
    };
    let rows = mechanism.indicators.iter().map(row).collect();
    let missing = mechanism.indicators.iter();
    let missing = missing.filter_map(|indicator| match &indicator.overall {
        Reading::NoData { table, column } => Some(vec![
            lang.say(&words::of(indicator.id).name).to_owned(),
            needs(lang, table, column),
        ]),
        Reading::Known { .. } | Reading::Empty => None,
    });
    let missing = Table::new(
        lang,
        &[&words::COL_INDICATOR, &words::COL_NEEDS],
        missing.collect(),
    );
    let mut section = section(lang, "indicators", &words::SECTION_INDICATORS, Vec::new())?;
    section.is_page = true;
    section.tables = super::with_rows(vec![
        Table::new(lang, &head, rows)
            .titled(lang.say(&words::TABLE_INDICATORS).to_owned())
            .loose(4),
        missing
            .titled(lang.say(&words::TABLE_MISSING).to_owned())
            .loose(2),
    ]);
    Ok(section)
}

/// Numerator, denominator, value.
fn numbers(lang: Lang, reading: &Reading) -> [String; 3] {
    let absent = || super::format::ABSENT.to_owned();
    match reading {
        Reading::Known {
            numerator,
            denominator,
            ..
        } => [count(*numerator), count(*denominator), shown(lang, reading)],
        Reading::Empty => [absent(), "0".to_owned(), shown(lang, reading)],
        Reading::NoData { .. } => [absent(), absent(), shown(lang, reading)],
    }
}

fn departments(lang: Lang, mechanism: &Mechanism) -> Result<Section, Error> {
    let mut section = section(lang, "departments", &words::SECTION_DEPARTMENTS, Vec::new())?;
    section.is_page = true;
    section.paragraphs = vec![lang.say(&words::DEPARTMENTS_SAYS).to_owned()];
    let of_departments: Vec<&Indicator> = mechanism
        .indicators
        .iter()
        .filter(|one| !one.by_department.is_empty())
        .collect();
    if mechanism.departments.is_empty() {
        section.left_out = vec![lang.say(&words::NO_DEPARTMENTS).to_owned()];
        return Ok(section);
    }
    let name = |name: &str| match name {
        "" => lang.say(&words::UNKNOWN_DEPARTMENT).to_owned(),
        name => name.to_owned(),
    };
    let cell = |reading: &Reading| match reading {
        Reading::Known {
            numerator,
            denominator,
            ..
        } => lang.fill(
            &words::OF,
            &[
                &shown(lang, reading),
                &count(*numerator),
                &count(*denominator),
            ],
        ),
        Reading::Empty | Reading::NoData { .. } => shown(lang, reading),
    };
    let table = |indicators: &[&Indicator]| {
        let names = indicators.iter();
        let names = names.map(|one| lang.say(&words::of(one.id).name).to_owned());
        let head = std::iter::once(lang.say(&words::COL_DEPARTMENT).to_owned()).chain(names);
        let row = |at: usize| {
            let cells = indicators.iter().map(|one| cell(&one.by_department[at]));
            let department = name(&mechanism.departments[at]);
            std::iter::once(department).chain(cells).collect()
        };
        let rows = (0..mechanism.departments.len()).map(row).collect();
        let caption = lang.say(&words::TABLE_DEPARTMENTS).to_owned();
        Table::of(head.collect(), rows).titled(caption)
    };
    section.tables = of_departments.chunks(ABREAST).map(table).collect();
    Ok(section)
}

fn self_check(
    lang: Lang,
    evaluation: &Evaluation,
    mechanism: &Mechanism,
) -> Result<Section, Error> {
    let mut section = section(lang, "self_check", &words::SECTION_OECD, Vec::new())?;
    section.is_page = true;
    section.paragraphs = vec![lang.say(&words::OECD_SAYS).to_owned()];
    let head = [
        &words::COL_CRITERION,
        &words::COL_ASKS,
        &words::COL_EVIDENCE,
        &words::COL_VERDICT,
    ];
    let rows = oecd::rows(lang, evaluation, mechanism);
    section.tables = vec![
        Table::new(lang, &head, rows)
            .titled(lang.say(&words::TABLE_OECD).to_owned())
            .loose(4),
    ];
    Ok(section)
}

fn method(lang: Lang, mechanism: &Mechanism) -> Result<Section, Error> {
    let mut section = section(lang, "method", &words::SECTION_METHOD, Vec::new())?;
    let days: &Phrase = if mechanism.names_holidays {
        &words::WITH_HOLIDAYS
    } else {
        &words::WITHOUT_HOLIDAYS
    };
    let is_counted = of(mechanism, IndicatorId::OnTime).and_then(|one| one.overall.share());
    let late = match mechanism.timed_by.as_deref() {
        Some("known_on") | None if is_counted.is_some() => &words::LATE,
        _ => &words::LATE_PUBLISHED,
    };
    section.paragraphs = vec![
        lang.fill(late, &[&mechanism.publish_within.to_string()]),
        lang.say(days).to_owned(),
        lang.say(&words::FOLLOWED).to_owned(),
        later(lang, mechanism),
        lang.say(&words::OWN_DEFINITIONS).to_owned(),
    ];
    Ok(section)
}

/// What the records set aside could do to the rate of publication in time, at worst.
fn later(lang: Lang, mechanism: &Mechanism) -> String {
    let on_time = of(mechanism, IndicatorId::OnTime).map(|one| &one.overall);
    match on_time {
        Some(Reading::Known { .. }) if mechanism.n_later > 0 => {
            lang.fill(&words::LATER, &[&count(mechanism.n_later)])
        }
        _ => lang.say(&words::LATER_NONE).to_owned(),
    }
}
