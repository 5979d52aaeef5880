//! Page 4: other ratios with as many visits, and what to do.

use serde::Deserialize;

use super::format::{ABSENT, count, expected, or_absent, percent};
use super::lang::{self, Lang, Phrase};
use super::view::{Section, Table};
use super::{Error, charts, recommend, section, with_rows, words};
use crate::evaluate::Evaluation;

/// What `choucha tune` found, as far as the report shows it: read from its `tuning.json`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Frontier {
    /// Classes, lowest risk first.
    pub classes: Vec<FrontierClass>,
    /// Ratios with a name.
    pub points: Vec<FrontierPoint>,
}

/// A class of the tuning.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct FrontierClass {
    /// Code.
    pub code: String,
}

/// Ratios with a name, and what they would bring.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct FrontierPoint {
    /// `tried`, `lawful`, `steady`, `balanced` or `bold`.
    pub name: String,
    /// Whether they keep every clause.
    pub is_lawful: bool,
    /// Ratio per class.
    pub ratios: std::collections::BTreeMap<String, f64>,
    /// What they would bring.
    pub outcome: FrontierOutcome,
}

/// What ratios would bring in expectation.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct FrontierOutcome {
    /// Visits.
    pub visits: u64,
    /// Findings expected, where anything is known of them.
    pub findings: Option<f64>,
    /// 95 % interval; none where the past does not carry a claim.
    pub findings_interval: Option<(f64, f64)>,
    /// Support gate of the past visits: `green`, `amber` or `refused`.
    pub gate: Option<String>,
    /// Standard error of the prevalence the next draw would estimate.
    pub prevalence_se: Option<f64>,
}

/// The page.
///
/// # Errors
/// When the chart cannot be drawn.
pub(super) fn page(
    lang: Lang,
    evaluation: &Evaluation,
    frontier: Option<&Frontier>,
) -> Result<Section, Error> {
    let drawn = frontier.map(|frontier| charts::frontier(lang, frontier));
    let mut section = section(
        lang,
        "tuning",
        &words::SECTION_TUNING,
        drawn.into_iter().collect(),
    )?;
    section.is_page = true;
    let said = if frontier.is_some() {
        &words::TUNING_SAYS
    } else {
        &words::TUNING_ABSENT
    };
    section.paragraphs = vec![lang.say(said).to_owned()];
    let advice = recommend::table(lang, evaluation);
    if advice.rows.is_empty() {
        section
            .paragraphs
            .push(lang.say(&words::ADVICE_NONE).to_owned());
    }
    let points = frontier.map(|frontier| points(lang, frontier));
    section.tables = with_rows(points.into_iter().chain([advice]).collect());
    Ok(section)
}

/// What ratios with a name are called.
pub(super) fn name(name: &str) -> &'static Phrase {
    match name {
        "tried" => &words::POINT_TRIED,
        "lawful" => &words::POINT_LAWFUL,
        "steady" => &words::POINT_STEADY,
        "balanced" => &words::POINT_BALANCED,
        _ => &words::POINT_BOLD,
    }
}

/// A standard error in percentage points.
pub(super) fn error_points(se: f64) -> String {
    format!("{:.2}", se * 100.0)
}

fn points(lang: Lang, frontier: &Frontier) -> Table {
    let fixed = [&words::COL_POINT];
    let classes = frontier.classes.iter().map(|class| class.code.clone());
    let rest = [
        &words::COL_VISITS,
        &words::COL_EXPECTED,
        &words::COL_SE,
        &words::COL_LAWFUL,
        &words::COL_GATE,
    ];
    let say = |phrase: &Phrase| lang.say(phrase).to_owned();
    let head = fixed
        .into_iter()
        .map(say)
        .chain(classes)
        .chain(rest.into_iter().map(say));
    let rows = frontier
        .points
        .iter()
        .map(|point| row(lang, frontier, point));
    Table::of(head.collect(), rows.collect()).titled(say(&words::TABLE_POINTS))
}

fn row(lang: Lang, frontier: &Frontier, point: &FrontierPoint) -> Vec<String> {
    let outcome = &point.outcome;
    let findings = match (outcome.findings, outcome.findings_interval) {
        (Some(value), Some((low, high))) => {
            format!(
                "{} [{}, {}]",
                expected(value),
                expected(low),
                expected(high)
            )
        }
        (value, _) => or_absent(value, expected),
    };
    let gate = match outcome.gate.as_deref() {
        Some("green") => lang.say(&words::GATE_GREEN),
        Some("amber") => lang.say(&words::GATE_AMBER),
        Some(_) => lang.say(&words::GATE_REFUSED),
        None => ABSENT,
    };
    let lawful = if point.is_lawful {
        &lang::YES
    } else {
        &lang::NO
    };
    let ratio = |class: &FrontierClass| or_absent(point.ratios.get(&class.code).copied(), percent);
    let mut cells = vec![lang.say(name(&point.name)).to_owned()];
    cells.extend(frontier.classes.iter().map(ratio));
    cells.extend([
        count(outcome.visits),
        findings,
        or_absent(outcome.prevalence_se, error_points),
        lang.say(lawful).to_owned(),
        gate.to_owned(),
    ]);
    cells
}
