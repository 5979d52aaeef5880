//! A comparison of policies as flat tables: `tables/*.parquet` and the sheets of `policy.xlsx`.

use super::tables::{name, warning};
use super::words;
use super::{PolicyOutcome, PolicyReport, Ranged};
use crate::evaluate::{Column as Values, Table};
use crate::report::format::real;
use crate::report::lang::{Lang, Phrase};
use crate::sheets::{Column, ColumnKind, Sheet, Value};

/// The flat tables, the same in every language: outcomes, classes, paths, calibration.
#[must_use]
pub fn policy_tables(report: &PolicyReport) -> Vec<Table> {
    let all = [
        outcomes(report),
        tiers(report),
        paths(report),
        calibration(report),
    ];
    let filled = all
        .into_iter()
        .filter(|table| n_rows(&table.columns[0].1) > 0);
    filled.collect()
}

/// Every measure of an outcome that is a number with a range.
fn measures(one: &PolicyOutcome) -> Vec<(&'static str, Option<Ranged>)> {
    let belief = one.belief;
    vec![
        ("violation", Some(one.violation)),
        ("hit_rate", one.hit_rate),
        ("ht", one.ht),
        ("hajek", one.hajek),
        ("visits", Some(one.visits)),
        ("fines", Some(one.fines)),
        ("blind", Some(one.blind)),
        ("unused", Some(one.unused)),
        ("belief", belief.map(|[mean, _]| mean)),
        ("belief_variance", belief.map(|[_, variance]| variance)),
    ]
}

fn texts(values: impl Iterator<Item = String>) -> Values {
    Values::Text(values.collect())
}

fn numbers(values: impl Iterator<Item = Option<f64>>) -> Values {
    Values::Number(values.collect())
}

fn table(name: &str, columns: Vec<(&str, Values)>) -> Table {
    let columns = columns
        .into_iter()
        .map(|(name, values)| (name.to_owned(), values));
    Table {
        name: name.to_owned(),
        columns: columns.collect(),
    }
}

fn mode_code(one: &PolicyOutcome) -> String {
    let code = serde_json::to_value(one.mode).expect("a mode serialises");
    code.as_str().unwrap_or_default().to_owned()
}

fn ranges<T>(rows: &[T], ranged: impl Fn(&T) -> Option<Ranged>) -> Vec<(&'static str, Values)> {
    let of = |value: fn(Ranged) -> Option<f64>| {
        numbers(rows.iter().map(|row| ranged(row).and_then(value)))
    };
    vec![
        ("mean", of(|ranged| Some(ranged.mean))),
        ("low", of(|ranged| Some(ranged.low))),
        ("high", of(|ranged| Some(ranged.high))),
        ("error", of(|ranged| ranged.error)),
    ]
}

fn outcomes(report: &PolicyReport) -> Table {
    let rows: Vec<(&PolicyOutcome, &'static str, Option<Ranged>)> = report
        .outcomes
        .iter()
        .flat_map(|one| {
            measures(one)
                .into_iter()
                .map(move |(name, value)| (one, name, value))
        })
        .collect();
    let mut columns = vec![
        (
            "policy",
            texts(rows.iter().map(|(one, _, _)| one.policy.clone())),
        ),
        ("mode", texts(rows.iter().map(|(one, _, _)| mode_code(one)))),
        (
            "measure",
            texts(rows.iter().map(|(_, name, _)| (*name).to_owned())),
        ),
    ];
    columns.extend(ranges(&rows, |(_, _, value)| *value));
    table("policy_outcomes", columns)
}

fn tiers(report: &PolicyReport) -> Table {
    let rows: Vec<_> = report
        .outcomes
        .iter()
        .flat_map(|one| one.tiers.iter().map(move |tier| (one, tier)))
        .collect();
    let columns = vec![
        (
            "policy",
            texts(rows.iter().map(|(one, _)| one.policy.clone())),
        ),
        ("mode", texts(rows.iter().map(|(one, _)| mode_code(one)))),
        (
            "class",
            texts(rows.iter().map(|(_, tier)| tier.code.clone())),
        ),
        (
            "share",
            numbers(rows.iter().map(|(_, tier)| Some(tier.share.mean))),
        ),
        (
            "pi",
            numbers(rows.iter().map(|(_, tier)| Some(tier.pi.mean))),
        ),
        (
            "burden",
            numbers(rows.iter().map(|(_, tier)| tier.burden.map(|one| one.mean))),
        ),
        (
            "violation",
            numbers(
                rows.iter()
                    .map(|(_, tier)| tier.violation.map(|one| one.mean)),
            ),
        ),
    ];
    table("policy_classes", columns)
}

fn paths(report: &PolicyReport) -> Table {
    let rows: Vec<_> = report
        .outcomes
        .iter()
        .flat_map(|one| one.path.iter().map(move |at| (one, at)))
        .collect();
    let columns = vec![
        (
            "policy",
            texts(rows.iter().map(|(one, _)| one.policy.clone())),
        ),
        ("mode", texts(rows.iter().map(|(one, _)| mode_code(one)))),
        (
            "period",
            Values::Count(rows.iter().map(|(_, at)| u64::from(at.period)).collect()),
        ),
        (
            "violation",
            numbers(rows.iter().map(|(_, at)| Some(at.violation))),
        ),
        ("hit_rate", numbers(rows.iter().map(|(_, at)| at.hit_rate))),
        ("ht", numbers(rows.iter().map(|(_, at)| at.ht))),
        (
            "visits",
            numbers(rows.iter().map(|(_, at)| Some(at.visits))),
        ),
    ];
    table("policy_paths", columns)
}

fn calibration(report: &PolicyReport) -> Table {
    let rows = &report.calibration;
    let code = |value: serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let kind =
        |one: &super::Target| code(serde_json::to_value(one.kind).expect("a kind serialises"));
    let mode =
        |one: &super::Target| code(serde_json::to_value(one.mode).expect("a mode serialises"));
    let columns = vec![
        ("effect", texts(rows.iter().map(kind))),
        ("mode", texts(rows.iter().map(mode))),
        ("value", numbers(rows.iter().map(|one| one.value))),
        ("target", numbers(rows.iter().map(|one| Some(one.target)))),
        ("low", numbers(rows.iter().map(|one| Some(one.low)))),
        ("high", numbers(rows.iter().map(|one| Some(one.high)))),
        (
            "is_met",
            Values::Count(rows.iter().map(|one| u64::from(one.is_met)).collect()),
        ),
    ];
    table("policy_calibration", columns)
}

/// The sheets of `policy.xlsx`: the flat tables with headers in the reader's language, and the warnings.
pub(super) fn sheets(lang: Lang, report: &PolicyReport) -> Vec<Sheet> {
    let mut sheets: Vec<Sheet> = policy_tables(report)
        .iter()
        .map(|table| policies(lang, report, table))
        .collect();
    let rows = report.warnings.iter();
    let rows = rows.map(|one| vec![Value::Text(warning(lang, report, one))]);
    sheets.push(Sheet {
        name: lang.say(&words::SHEET_WARNINGS).to_owned(),
        columns: vec![Column::new(
            lang.say(&words::COL_SENTENCE),
            ColumnKind::Text,
        )],
        rows: rows.collect(),
    });
    sheets
}

fn policies(lang: Lang, report: &PolicyReport, table: &Table) -> Sheet {
    let title = match table.name.as_str() {
        "policy_outcomes" => &words::SHEET_OUTCOMES,
        "policy_classes" => &words::SHEET_TIERS,
        "policy_paths" => &words::SHEET_PATHS,
        _ => &words::SHEET_TARGETS,
    };
    sheet(lang, title, table, |column, text| match column {
        "policy" => name(report, text, lang),
        _ => text.to_owned(),
    })
}

/// A flat table as a sheet with headers in the reader's language, numbers as numbers; `text` gives the words of a column.
pub(super) fn sheet(
    lang: Lang,
    title: &Phrase,
    table: &Table,
    text: impl Fn(&str, &str) -> String,
) -> Sheet {
    let column = |(name, values): &(String, Values)| {
        let kind = match values {
            Values::Text(_) => ColumnKind::Text,
            Values::Count(_) => ColumnKind::Count,
            Values::Number(_) => ColumnKind::Number,
        };
        Column::new(
            header(name).map_or(name.as_str(), |phrase| lang.say(phrase)),
            kind,
        )
    };
    let n = table
        .columns
        .first()
        .map_or(0, |(_, values)| n_rows(values));
    let row = |i: usize| {
        let columns = table.columns.iter();
        columns
            .map(|(column, values)| cell(values, i, |value| text(column, value)))
            .collect()
    };
    Sheet {
        name: lang.say(title).to_owned(),
        columns: table.columns.iter().map(column).collect(),
        rows: (0..n).map(row).collect(),
    }
}

fn n_rows(values: &Values) -> usize {
    match values {
        Values::Text(values) => values.len(),
        Values::Count(values) => values.len(),
        Values::Number(values) => values.len(),
    }
}

fn cell(values: &Values, i: usize, text: impl Fn(&str) -> String) -> Value {
    match values {
        Values::Text(values) => Value::Text(text(&values[i])),
        Values::Count(values) => Value::Number(real(values[i])),
        Values::Number(values) => values[i].map_or(Value::Empty, Value::Number),
    }
}

fn header(column: &str) -> Option<&'static Phrase> {
    let known = [
        ("policy", &words::COL_POLICY),
        ("mode", &words::COL_MODE),
        ("measure", &words::COL_MEASURE),
        ("mean", &words::COL_MEAN),
        ("low", &words::COL_LOW),
        ("high", &words::COL_HIGH),
        ("error", &words::COL_ERROR),
        ("class", &words::COL_CLASS),
        ("share", &words::COL_SHARE),
        ("pi", &words::COL_PI),
        ("burden", &words::COL_BURDEN),
        ("violation", &words::COL_VIOLATION),
        ("period", &words::COL_PERIOD),
        ("hit_rate", &words::COL_HITS),
        ("ht", &words::COL_HT),
        ("visits", &words::COL_VISITS),
        ("effect", &words::COL_EFFECT),
        ("value", &words::COL_VALUE),
        ("target", &words::COL_TARGET),
        ("is_met", &words::COL_VERDICT),
        ("case", &words::COL_CASE),
        ("truth", &words::COL_TRUTH),
        ("estimate", &words::COL_ESTIMATE),
        ("bias", &words::COL_BIAS),
        ("spread", &words::COL_SPREAD),
        ("mean_error", &words::COL_SE),
        ("n_eff", &words::COL_N_EFF),
        ("refused", &words::COL_REFUSED),
        ("coverage", &words::COL_COVERAGE),
        ("claims", &words::COL_CLAIMS),
        ("rejected", &words::COL_REJECTED),
    ];
    known
        .into_iter()
        .find(|(name, _)| *name == column)
        .map(|(_, phrase)| phrase)
}
