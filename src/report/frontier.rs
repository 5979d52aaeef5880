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
    /// Ratios by γ, with as many visits.
    #[serde(default)]
    pub dial: Vec<FrontierDial>,
    /// Past visits behind the findings.
    #[serde(default)]
    pub n_visits: u64,
    /// Where they come from; none where no visits are known.
    #[serde(default)]
    pub past: Option<FrontierPast>,
}

/// Ratios by γ.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct FrontierDial {
    /// What they would bring.
    pub outcome: FrontierOutcome,
}

/// Where past visits come from.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct FrontierPast {
    /// Whether they are those of the job's rehearsal.
    pub is_rehearsal: bool,
    /// The ledger's rounds.
    pub rounds: Vec<FrontierRound>,
}

/// A round of the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct FrontierRound {
    /// 批次编号.
    pub id: String,
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
    /// What they lead to in the long run, where that was played.
    #[serde(default)]
    pub long_run: Option<FrontierLongRun>,
}

/// What ratios lead to on assumed firms.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct FrontierLongRun {
    /// Share of firms that break the rules: least and greatest over ways of behaving and replicates.
    pub violation: (f64, f64),
    /// The same less that of the ratios in force, least and greatest over ways of behaving.
    pub change: (f64, f64),
    /// `base`, `fewer`, `more` or `open`.
    pub verdict: String,
    /// Share of firms that are never drawn.
    pub blind: f64,
    /// What the reader must know: `blind` where those firms blind the estimate, and others.
    pub warnings: Vec<String>,
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
    section.is_page = frontier.is_some();
    let said = if frontier.is_some() {
        &words::TUNING_SAYS
    } else {
        &words::TUNING_ABSENT
    };
    section.paragraphs = vec![lang.say(said).to_owned()];
    let rests_on = frontier.map(|own| rests_on(lang, own));
    let played_on = frontier.into_iter().flat_map(|own| long_notes(lang, own));
    section
        .paragraphs
        .extend(rests_on.into_iter().chain(played_on));
    let advice = recommend::table(lang, evaluation);
    if advice.rows.is_empty() {
        section
            .paragraphs
            .push(lang.say(&words::ADVICE_NONE).to_owned());
    }
    let points = frontier.map(|frontier| points(lang, frontier));
    let played = frontier.map(|frontier| played(lang, frontier));
    let tables = points.into_iter().chain(played).chain([advice]);
    section.tables = with_rows(tables.collect());
    Ok(section)
}

/// Which visits the findings rest on.
fn rests_on(lang: Lang, frontier: &Frontier) -> String {
    let n = count(frontier.n_visits);
    match &frontier.past {
        None => lang.say(&words::TUNING_NO_PAST).to_owned(),
        Some(past) if past.is_rehearsal => lang.fill(&words::TUNING_REHEARSAL, &[&n]),
        Some(past) => {
            let rounds: Vec<&str> = past.rounds.iter().map(|round| round.id.as_str()).collect();
            let rounds = rounds.join(lang.pick("、", ", "));
            lang.fill(&words::TUNING_LEDGER, &[&n, &rounds])
        }
    }
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

/// Findings now beside violations in the long run; no rows where that was not played.
fn played(lang: Lang, frontier: &Frontier) -> Table {
    let points = frontier.points.iter();
    let row = |point: &FrontierPoint| {
        let cells = long_cells(lang, point.long_run.as_ref()?);
        let findings = or_absent(point.outcome.findings, expected);
        let start = [lang.say(name(&point.name)).to_owned(), findings];
        Some(start.into_iter().chain(cells).collect())
    };
    let head = [
        &words::COL_POINT,
        &words::COL_EXPECTED,
        &words::COL_LONG,
        &words::COL_LONG_CHANGE,
        &words::COL_LONG_SAYS,
    ];
    let table = Table::new(lang, &head, points.filter_map(row).collect());
    table.titled(lang.say(&words::TABLE_LONG).to_owned())
}

/// Violations, their change, and what can be said of it.
fn long_cells(lang: Lang, played: &FrontierLongRun) -> [String; 3] {
    let (low, high) = played.violation;
    let violation = format!("[{}, {}]", percent(low), percent(high));
    let said = match played.verdict.as_str() {
        "fewer" => &words::LONG_FEWER,
        "more" => &words::LONG_MORE,
        "open" => &words::LONG_OPEN,
        _ => return [violation, ABSENT.to_owned(), ABSENT.to_owned()],
    };
    let (least, most) = played.change;
    let change = format!("[{:+.2}, {:+.2}]", least * 100.0, most * 100.0);
    [violation, change, lang.say(said).to_owned()]
}

/// What the long run is and is not, and which points would blind the estimate.
fn long_notes(lang: Lang, frontier: &Frontier) -> Vec<String> {
    let is_played = frontier.points.iter().any(|point| point.long_run.is_some());
    let said = is_played.then(|| lang.say(&words::TUNING_LONG).to_owned());
    let blind = |point: &FrontierPoint| {
        let played = point.long_run.as_ref()?;
        let is_blind = played.warnings.iter().any(|one| one == "blind");
        let name = lang.say(name(&point.name));
        is_blind.then(|| lang.fill(&words::TUNING_BLIND, &[name, &percent(played.blind)]))
    };
    let blind = frontier.points.iter().filter_map(blind);
    said.into_iter().chain(blind).collect()
}
