//! A back-test to a page and a workbook, in Chinese or English.
//!
//! Rendered from [`Rolling`] alone: what it measured, the rule that chose, and what a reader must not conclude.

mod book;
mod charts;
mod selective;
mod tables;
mod words;

use super::content::{badge, card, replay_intro};
use super::format::{ABSENT, count, fine, or_absent, percent};
use super::lang::{self, Lang, Phrase};
use super::tables::{comparison_table, model_table};
use super::view::{Badge, Card, Page, Section};
use super::{Drawn, Error, TEMPLATE, section, with_rows};
use crate::evaluate::{CHOSEN, Rolling, Subset};
use crate::sheets;
use tables::first_baseline;

/// Values of a column on the page; the workbook has all.
const SHOWN: usize = 15;

/// Renders a back-test: `backtest.html` and `backtest.xlsx`. Same values, same bytes.
///
/// # Errors
/// When a chart, the page or the workbook cannot be made.
pub fn backtest(rolling: &Rolling, lang: Lang) -> Result<Vec<(String, Vec<u8>)>, Error> {
    let html = sheets::page("backtest.html", TEMPLATE, &page(rolling, lang)?)?;
    Ok(vec![
        ("backtest.html".to_owned(), html.into_bytes()),
        (
            "backtest.xlsx".to_owned(),
            sheets::workbook(&book::sheets(lang, rolling))?,
        ),
    ])
}

fn page(rolling: &Rolling, lang: Lang) -> Result<Page, Error> {
    let facts = &rolling.facts;
    let mut t = lang.all();
    t.insert("REPORT", lang.say(&words::REPORT));
    let badges = badges(rolling, lang);
    let labels: Vec<&str> = badges.iter().map(|badge| badge.label.as_str()).collect();
    let sections = [
        Some(means(rolling, lang)?),
        Some(over_time(rolling, lang)?),
        Some(budgets(rolling, lang)?),
        Some(calibration(rolling, lang)?),
        subsets(rolling, lang)?,
        with_table(
            lang,
            "within",
            [&words::SECTION_WITHIN, &words::WITHIN_SAYS],
            tables::within(lang, rolling),
        )?,
        with_table(
            lang,
            "weighted",
            [&words::SECTION_WEIGHTED, &words::WEIGHTED_SAYS],
            tables::weighted(lang, rolling),
        )?,
        window(rolling, lang)?,
        selective::shown(lang, rolling)?,
        Some(method(rolling, lang)?),
    ];
    let last = rolling.folds.last();
    Ok(Page {
        lang: lang.tag(),
        t,
        title: facts.title.clone(),
        office: facts.office.clone(),
        job: facts.job.clone(),
        as_of: last.map_or_else(String::new, |fold| fold.cutoff.to_string()),
        caption: labels.join(" · "),
        badges,
        cards: cards(rolling, lang),
        summary: summary(rolling, lang),
        sections: sections.into_iter().flatten().collect(),
        verify: String::new(),
    })
}

fn badges(rolling: &Rolling, lang: Lang) -> Vec<Badge> {
    let synthetic = badge(lang, &lang::SYNTHETIC, &lang::SYNTHETIC_NOTE);
    let synthetic = Some(synthetic).filter(|_| rolling.facts.synthetic);
    let internal = badge(lang, &words::INTERNAL, &words::INTERNAL_NOTE);
    [Some(internal), synthetic].into_iter().flatten().collect()
}

fn cards(rolling: &Rolling, lang: Lang) -> Vec<Card> {
    let own = rolling.mean.get(CHOSEN);
    let baseline = first_baseline(rolling)
        .and_then(|name| Some((words::model(name, lang), rolling.mean.get(name)?)));
    let auc_says = match baseline {
        Some((name, mean)) => lang.fill(&words::CARD_AUC_SAYS, &[&name, &fine(mean.auc)]),
        None => lang.say(&words::CARD_AUC_ALONE).to_owned(),
    };
    let fifth = rolling
        .budgets
        .iter()
        .find(|budget| (budget.share - 0.2).abs() < 1e-9);
    let fifth = fifth.and_then(|budget| budget.models.get(CHOSEN));
    let base = or_absent(own.map(|own| own.base), percent);
    let rows = own.map_or_else(|| ABSENT.to_owned(), |own| count(own.rows));
    let (n, days) = (
        rolling.folds.len().to_string(),
        rolling.facts.window_days.to_string(),
    );
    vec![
        card(
            lang,
            &words::CARD_AUC,
            or_absent(own.map(|own| own.auc), fine),
            auc_says,
        ),
        card(
            lang,
            &words::CARD_P10,
            or_absent(own.map(|own| own.p10), percent),
            lang.fill(&words::CARD_P10_SAYS, &[&base]),
        ),
        card(
            lang,
            &words::CARD_RECALL,
            or_absent(fifth.map(|at| at.recall), percent),
            lang.say(&words::CARD_RECALL_SAYS).to_owned(),
        ),
        card(
            lang,
            &words::CARD_ROWS,
            rows,
            lang.fill(&words::CARD_ROWS_SAYS, &[&n, &days]),
        ),
    ]
}

/// What was chosen last, and whether it beats every baseline.
fn summary(rolling: &Rolling, lang: Lang) -> Vec<String> {
    let last = rolling.folds.last();
    let cutoff = last.map_or_else(String::new, |fold| fold.cutoff.to_string());
    let chosen = words::model(&rolling.chosen, lang);
    let mut said = vec![lang.fill(&words::SUMMARY, &[&cutoff, &chosen])];
    let own = rolling.differences.iter().filter(|one| one.model == CHOSEN);
    said.extend(own.filter_map(|one| {
        let (value, interval) = (one.by.auc.value?, one.by.auc.interval()?);
        let phrase = if interval.low > 0.0 {
            &words::SUMMARY_BETTER
        } else {
            &words::SUMMARY_NOT
        };
        let numbers = [value, interval.low, interval.high].map(|value| format!("{value:+.3}"));
        let baseline = words::model(&one.baseline, lang);
        Some(lang.fill(phrase, &[&baseline, &numbers[0], &numbers[1], &numbers[2]]))
    }));
    said
}

fn means(rolling: &Rolling, lang: Lang) -> Result<Section, Error> {
    let mut section = section(lang, "means", &words::SECTION_MEAN, Vec::new())?;
    section.paragraphs = vec![lang.say(&words::MEAN_SAYS).to_owned()];
    section.tables = with_rows(vec![
        tables::means(lang, rolling),
        tables::differences(lang, rolling),
    ]);
    Ok(section)
}

fn over_time(rolling: &Rolling, lang: Lang) -> Result<Section, Error> {
    let drawn: Vec<Drawn> = vec![charts::over_time(lang, rolling)];
    let mut section = section(lang, "time", &words::SECTION_TIME, drawn)?;
    section.tables = with_rows(vec![
        tables::folds(lang, &rolling.folds, &words::TABLE_FOLDS),
        tables::folds(lang, &rolling.earlier, &words::TABLE_EARLIER),
    ]);
    Ok(section)
}

fn budgets(rolling: &Rolling, lang: Lang) -> Result<Section, Error> {
    let drawn = vec![charts::lift(lang, rolling)];
    let mut section = section(lang, "budgets", &words::SECTION_BUDGET, drawn)?;
    section.tables = with_rows(vec![tables::budgets(lang, rolling)]);
    Ok(section)
}

fn calibration(rolling: &Rolling, lang: Lang) -> Result<Section, Error> {
    let drawn = vec![charts::calibration(lang, rolling)];
    let mut section = section(lang, "calibration", &words::SECTION_CALIBRATION, drawn)?;
    if let Some(own) = &rolling.calibration {
        let numbers = [own.brier, own.brier_raw].map(|value| format!("{value:.4}"));
        let said = lang.fill(&words::CALIBRATION_SAYS, &[&numbers[0], &numbers[1]]);
        section.paragraphs = vec![said];
    }
    section.tables = with_rows(vec![tables::calibration(lang, rolling)]);
    Ok(section)
}

fn subsets(rolling: &Rolling, lang: Lang) -> Result<Option<Section>, Error> {
    let mut section = section(lang, "subsets", &words::SECTION_SUBSETS, Vec::new())?;
    section.paragraphs = vec![lang.say(&words::SUBSETS_SAYS).to_owned()];
    let table = |by: &String| {
        let own = rolling.subsets.iter().filter(|subset| subset.by == *by);
        let own: Vec<&Subset> = own.take(SHOWN).collect();
        tables::subsets(lang, rolling, &own).titled(by.clone())
    };
    section.tables = with_rows(rolling.facts.subsets.iter().map(table).collect());
    Ok(Some(section).filter(|section| !section.tables.is_empty()))
}

/// A section of one table, where the table has rows.
fn with_table(
    lang: Lang,
    id: &'static str,
    [heading, says]: [&Phrase; 2],
    table: super::view::Table,
) -> Result<Option<Section>, Error> {
    let mut section = section(lang, id, heading, Vec::new())?;
    section.paragraphs = vec![lang.say(says).to_owned()];
    section.tables = with_rows(vec![table]);
    Ok(Some(section).filter(|section| !section.tables.is_empty()))
}

fn window(rolling: &Rolling, lang: Lang) -> Result<Option<Section>, Error> {
    let Some(window) = &rolling.window else {
        return Ok(None);
    };
    let mut section = section(lang, "window", &words::SECTION_WINDOW, Vec::new())?;
    let chosen = words::model(&window.choice.name, lang);
    let seen = lang.fill(&words::WINDOW_SAYS, &[&window.cutoff.to_string(), &chosen]);
    section.paragraphs = vec![seen];
    section
        .paragraphs
        .extend(replay_intro(lang, &window.replay));
    section.tables = with_rows(vec![
        model_table(lang, &window.replay),
        comparison_table(lang, &window.replay),
    ]);
    Ok(Some(section))
}

fn method(rolling: &Rolling, lang: Lang) -> Result<Section, Error> {
    let mut section = section(lang, "method", &words::SECTION_METHOD, Vec::new())?;
    let facts = &rolling.facts;
    let candidates = facts
        .rule
        .candidates
        .iter()
        .map(|name| words::model(name, lang));
    let candidates: Vec<String> = candidates.collect();
    let (past, tie) = (facts.rule.past.to_string(), facts.rule.tie.to_string());
    section.paragraphs = vec![
        lang.fill(&words::METHOD_ROWS, &[&facts.window_days.to_string()]),
        lang.fill(
            &words::METHOD_TRAINING,
            &[
                &facts.every_days.to_string(),
                &facts.n_indicators.to_string(),
            ],
        ),
        lang.fill(
            &words::METHOD_RULE,
            &[&candidates.join(lang.pick("、", ", ")), &past, &tie],
        ),
        lang.say(&words::METHOD_TIES).to_owned(),
        lang.say(&words::METHOD_LABELS).to_owned(),
    ];
    section.paragraphs.extend(facts.notes.iter().cloned());
    Ok(section)
}
