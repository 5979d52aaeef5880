//! The evaluation to one page: cards, charts, tables, method note, in Chinese or English.
//!
//! `report.html` is a single file with its style and pictures inside; it opens offline, on a phone and on A4 paper. It is
//! rendered from the [`Evaluation`] alone. Labels that must be seen (合成数据, 演练) stand at the top and under every chart;
//! a chart without data is left out with a sentence that says why.

mod advice;
mod annex;
mod backtest;
mod book;
mod canvas;
mod card;
mod card_words;
mod charts;
mod content;
mod deterrence;
mod drift;
mod fairness;
mod format;
mod frontier;
mod health;
mod hits;
mod lang;
mod learned;
mod mechanism;
mod object;
mod phrases;
mod policy;
mod recommend;
mod rounds;
mod since;
mod tables;
#[cfg(test)]
mod tests;
mod view;
mod words;

use serde::{Deserialize, Serialize};
use thiserror::Error as ThisError;

pub use advice::rule_advice;
pub use backtest::backtest;
pub use drift::{ChangedObject, DriftReport, drift};
pub use frontier::{
    Frontier, FrontierClass, FrontierDial, FrontierLongRun, FrontierOutcome, FrontierPast,
    FrontierPoint, FrontierRound,
};
pub use health::{HealthFiles, HealthReport, health, rule_name};
pub use lang::Lang;
pub use object::{
    ObjectNow, ObjectReason, ObjectRecord, ObjectReport, ObjectThen, object_lines, object_page,
};
pub use policy::{
    PLANTED_FORMAT, POLICY_FORMAT, PathPoint, PlantedCase, PlantedEstimate, PlantedExpect,
    PlantedOutcome, PlantedReport, PolicyFacts, PolicyMode, PolicyName, PolicyOutcome,
    PolicyReport, PolicyWarning, Ranged, Target, TargetKind, TierOutcome, WarningKind, planted,
    policy, policy_tables,
};

use crate::evaluate::Evaluation;
use crate::sheets;
use crate::units::{Kind, Problem};
use charts::{Chart, Drawing, Drawn};
use view::{Page, Section, Table};

const TEMPLATE: &str = include_str!("page.html");

/// `[report]` as written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// Name of the office that signs the report, shown under the title. Default: none.
    #[serde(default)]
    pub office: Option<String>,
}

/// `[report]` as checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValidParams {
    office: String,
}

impl ValidParams {
    /// The office that signs; empty for none.
    #[must_use]
    pub fn office(&self) -> &str {
        &self.office
    }
}

impl Params {
    /// Checks every setting.
    ///
    /// # Errors
    /// All broken rules at once.
    pub fn check(&self) -> Result<ValidParams, Vec<Problem>> {
        match self.office.as_deref() {
            Some(office) if office.trim().is_empty() => Err(vec![Problem::new(
                "office",
                "\"\"",
                "must name an office, or be left out",
            )]),
            office => Ok(ValidParams {
                office: office.unwrap_or_default().to_owned(),
            }),
        }
    }
}

/// Why a report cannot be made.
#[derive(Debug, ThisError)]
pub enum Error {
    /// The chart backend failed.
    #[error("a chart cannot be drawn: {0}")]
    Chart(String),
    /// The page could not be filled.
    #[error(transparent)]
    Sheets(#[from] sheets::Error),
}

impl Error {
    /// The kind of this failure.
    #[must_use]
    pub fn kind(&self) -> Kind {
        Kind::Bug
    }
}

/// What a report may show beside its evaluation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Beside {
    /// What `choucha tune` found for the same job.
    pub frontier: Option<Frontier>,
}

/// Renders the evaluation: paths relative to the run folder, and their bytes. Same evaluation, same bytes.
///
/// # Errors
/// When a chart, a page or a workbook cannot be made.
pub fn render(
    evaluation: &Evaluation,
    beside: &Beside,
    lang: Lang,
) -> Result<Vec<(String, Vec<u8>)>, Error> {
    let page = page(evaluation, beside, lang)?;
    let html = sheets::page("report.html", TEMPLATE, &page)?;
    let workbook = sheets::workbook(&book::book(&page, lang))?;
    let mut files = vec![
        ("report.html".to_owned(), html.into_bytes()),
        ("tables/report.xlsx".to_owned(), workbook),
    ];
    files.extend(mechanism::render(evaluation, lang)?);
    if evaluation.card.is_some() {
        files.push(("card.html".to_owned(), card::render(evaluation, lang)?));
    }
    Ok(files)
}

/// Page 1 the four cards and what changed since the last report; 2 what was found; 3 deterrence; 4 other ratios and what to do; then the annex.
fn page(evaluation: &Evaluation, beside: &Beside, lang: Lang) -> Result<Page, Error> {
    let facts = &evaluation.facts;
    let badges = content::badges(lang, facts);
    let labels: Vec<&str> = badges.iter().map(|badge| badge.label.as_str()).collect();
    let of_record = rounds::of_record(evaluation).is_some();
    let is_told = |section: &Section| {
        !(section.charts.is_empty() && section.tables.is_empty() && section.left_out.is_empty())
    };
    let sections = [
        rounds::section(lang, evaluation),
        found(lang, evaluation)?,
        replay(lang, evaluation)?,
        Some(deterrence::page(lang, evaluation)?),
        Some(frontier::page(lang, evaluation, beside.frontier.as_ref())?),
        Some(annex::measures(lang, evaluation)?).filter(|section| is_told(section) && !of_record),
        since::page(lang, evaluation)?,
        annex::inspectors(lang, evaluation)?,
        annex::detail(lang, evaluation)?,
        Some(data(lang, evaluation)?).filter(|_| !of_record),
        Some(method(lang, evaluation)?),
    ];
    Ok(Page {
        lang: lang.tag(),
        t: lang.all(),
        title: facts.title.clone(),
        office: facts.office.clone(),
        job: facts.job.clone(),
        as_of: facts.as_of.to_string(),
        caption: labels.join(" · "),
        badges,
        cards: content::cards(lang, evaluation),
        summary: content::summary(lang, evaluation),
        sections: sections.into_iter().flatten().collect(),
        verify: if facts.seed.is_some() {
            format!("choucha verify runs/{}/public", facts.job)
        } else {
            String::new()
        },
    })
}

fn section(
    lang: Lang,
    id: &'static str,
    heading: &lang::Phrase,
    drawn: Vec<Drawn>,
) -> Result<Section, Error> {
    let (mut charts, mut left_out): (Vec<Chart>, Vec<String>) = (Vec::new(), Vec::new());
    for drawn in drawn {
        match drawn? {
            Drawing::Chart(chart) => charts.push(*chart),
            Drawing::LeftOut { title, why } => {
                left_out.push(lang.fill(&lang::LEFT_OUT, &[&title, lang.say(why)]));
            }
        }
    }
    let heading = lang.say(heading).to_owned();
    Ok(Section {
        id,
        heading,
        charts,
        left_out,
        ..Section::default()
    })
}

fn with_rows(tables: Vec<Table>) -> Vec<Table> {
    tables
        .into_iter()
        .filter(|table| !table.rows.is_empty())
        .collect()
}

/// Page 2: what was found, and how well the visits were aimed; none where neither draw nor result is known.
fn found(lang: Lang, evaluation: &Evaluation) -> Result<Option<Section>, Error> {
    let drawn = vec![
        charts::hit_rate(lang, evaluation),
        charts::trend(lang, evaluation),
        charts::gains(lang, evaluation),
        charts::lift(lang, evaluation),
    ];
    let mut section = section(lang, "rates", &words::SECTION_FOUND, drawn)?;
    section.is_page = true;
    match &evaluation.estimates {
        Some(estimates) => section.paragraphs.extend(content::gaps(lang, estimates)),
        None if evaluation.backtest.is_some() => return Ok(None),
        None if rounds::of_record(evaluation).is_some() => section.left_out.clear(),
        None => {}
    }
    Ok(Some(section))
}

fn replay(lang: Lang, evaluation: &Evaluation) -> Result<Option<Section>, Error> {
    let Some(backtest) = &evaluation.backtest else {
        return Ok(None);
    };
    let all = [
        charts::by_day,
        charts::auc,
        charts::replay_gains,
        charts::replay_lift,
    ];
    let is_drawn = backtest.positives > 0 && !backtest.models.is_empty();
    let drawn = all
        .iter()
        .filter(|_| is_drawn)
        .map(|chart| chart(lang, evaluation, backtest))
        .collect();
    let mut section = section(lang, "replay", &lang::SECTION_REPLAY, drawn)?;
    section.is_page = true;
    section.paragraphs = content::replay_intro(lang, backtest);
    section.paragraphs.extend(learned::choice(lang, evaluation));
    if !is_drawn {
        let heading = lang.say(&lang::SECTION_REPLAY);
        section
            .left_out
            .push(lang.fill(&lang::LEFT_OUT, &[heading, lang.say(&lang::WHY_NO_FINDING)]));
    }
    section.tables = with_rows(vec![
        tables::model_table(lang, backtest),
        tables::comparison_table(lang, backtest),
        learned::own_table(lang, evaluation),
    ]);
    Ok(Some(section))
}

fn data(lang: Lang, evaluation: &Evaluation) -> Result<Section, Error> {
    let facts = &evaluation.facts;
    let drawn = vec![
        charts::sampling(lang, evaluation),
        charts::points(lang, evaluation),
        charts::refusals(lang, evaluation),
    ];
    let mut section = section(lang, "data", &lang::SECTION_DATA, drawn)?;
    section.is_page = true;
    let mut tables = vec![
        tables::ingest_table(lang, facts),
        tables::exclusion_table(lang, facts),
    ];
    tables.push(tables::stratum_table(lang, evaluation));
    tables.extend(tables::coefficient_tables(lang, facts));
    section.tables = with_rows(tables);
    Ok(section)
}

fn method(lang: Lang, evaluation: &Evaluation) -> Result<Section, Error> {
    let mut section = section(lang, "method", &lang::SECTION_METHOD, Vec::new())?;
    section.paragraphs = content::method(lang, evaluation);
    section.tables = with_rows(vec![tables::digest_table(lang, &evaluation.facts)]);
    section.is_method = true;
    Ok(section)
}
