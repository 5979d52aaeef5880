//! The hit rate from every side as flat tables, one row per number with its interval, method and support.

use super::{Column, Table, count, number, table, text};
use crate::evaluate::estimates::{Cell, Figure, Method};
use crate::evaluate::hits::{HitRates, Note};
use crate::evaluate::off_policy::{Gate, PolicyValue};

/// Name of a number of a cell, and the number.
type Part = (&'static str, fn(&Cell) -> &Figure);

const PARTS: [Part; 4] = [
    ("hit_rate", |cell| &cell.raw),
    ("prevalence", |cell| &cell.prevalence),
    ("lift", |cell| &cell.lift),
    ("opportunity", |cell| &cell.opportunity),
];

pub(super) fn tables(hits: &HitRates) -> Vec<Table> {
    vec![
        rates_by(hits),
        hidden(hits),
        definitions(hits),
        heat(hits),
        response(hits),
        totals(hits),
        standard_errors(hits),
        assisted(hits),
        contrasts(hits),
        policies(&hits.policies),
        notes(
            "hit_notes",
            &hits.notes.iter().map(|note| ("", note)).collect::<Vec<_>>(),
        ),
    ]
}

/// Notes, each with what it belongs to.
pub(super) fn notes(name: &str, rows: &[(&str, &Note)]) -> Table {
    let columns = vec![
        ("of", text(rows, |(of, _)| of)),
        (
            "kind",
            Column::Text(rows.iter().map(|(_, note)| word(&note.kind)).collect()),
        ),
        ("about", text(rows, |(_, note)| &note.about)),
        ("n", count(rows, |(_, note)| note.n)),
    ];
    table(name, columns)
}

/// Value, ends and method of a figure.
pub(super) fn figure<T>(rows: &[T], of: impl Fn(&T) -> Figure) -> Vec<(&'static str, Column)> {
    vec![
        ("value", number(rows, |row| of(row).value)),
        ("low", number(rows, |row| of(row).low)),
        ("high", number(rows, |row| of(row).high)),
        (
            "method",
            Column::Text(rows.iter().map(|row| method(of(row).method)).collect()),
        ),
    ]
}

fn method(method: Method) -> String {
    word(&method)
}

/// The word a value is written as in `evaluation.json`.
fn word<T: serde::Serialize>(value: &T) -> String {
    let json = serde_json::to_value(value).ok();
    let word = json.as_ref().and_then(serde_json::Value::as_str);
    word.unwrap_or_default().to_owned()
}

fn rates_by(hits: &HitRates) -> Table {
    let mut rows: Vec<(&str, &Cell, &Part)> = Vec::new();
    for by in &hits.by {
        for cell in by.cells.iter().chain(&by.rest) {
            rows.extend(PARTS.iter().map(|part| (by.name.as_str(), cell, part)));
        }
    }
    let mut columns = vec![
        ("by", text(&rows, |row| row.0)),
        ("label", text(&rows, |row| &row.1.label)),
        ("number", text(&rows, |row| row.2.0)),
        ("n_frame", count(&rows, |row| row.1.n_frame)),
        ("n_drawn", count(&rows, |row| row.1.n_drawn)),
        ("n_visited", count(&rows, |row| row.1.n_visited)),
        ("n", count(&rows, |row| row.1.n)),
        ("hits", count(&rows, |row| row.1.hits)),
        ("n_eff", number(&rows, |row| Some(row.1.support.n_eff))),
        (
            "weight_share_max",
            number(&rows, |row| row.1.support.weight_share_max),
        ),
        ("pi_min", number(&rows, |row| row.1.support.pi_min)),
    ];
    columns.extend(figure(&rows, |row| *(row.2.1)(row.1)));
    table("rates_by", columns)
}

fn hidden(hits: &HitRates) -> Table {
    let rows: Vec<_> = hits
        .by
        .iter()
        .flat_map(|by| by.hidden.iter().map(|hidden| (by.name.as_str(), hidden)))
        .collect();
    let columns = vec![
        ("by", text(&rows, |row| row.0)),
        ("label", text(&rows, |row| &row.1.label)),
        ("n_frame", count(&rows, |row| row.1.n_frame)),
        ("n_drawn", count(&rows, |row| row.1.n_drawn)),
        (
            "why",
            Column::Text(rows.iter().map(|row| word(&row.1.why)).collect()),
        ),
    ];
    table("rates_by_hidden", columns)
}

fn definitions(hits: &HitRates) -> Table {
    let mut rows = Vec::new();
    for by in &hits.definitions {
        for cell in &by.cells {
            let lift = Figure::new(cell.lift, None, Method::None);
            for (name, figure) in [
                ("hit_rate", cell.raw),
                ("prevalence", cell.prevalence),
                ("lift", lift),
                ("total", cell.total),
            ] {
                rows.push((by.name.as_str(), cell, name, figure));
            }
        }
    }
    let mut columns = vec![
        ("definition", text(&rows, |row| row.0)),
        ("label", text(&rows, |row| &row.1.label)),
        ("number", text(&rows, |row| row.2)),
        ("n", count(&rows, |row| row.1.n)),
    ];
    columns.extend(figure(&rows, |row| row.3));
    table("definitions", columns)
}

fn heat(hits: &HitRates) -> Table {
    let rows: Vec<_> = hits
        .heat
        .iter()
        .flat_map(|heat| heat.cells.iter().map(move |cell| (heat, cell)))
        .collect();
    let mut columns = vec![
        ("industry", text(&rows, |(heat, cell)| &heat.rows[cell.row])),
        (
            "district",
            text(&rows, |(heat, cell)| &heat.columns[cell.column]),
        ),
        ("n_frame", count(&rows, |(_, cell)| cell.n_frame)),
        (
            "visits_per_100",
            number(&rows, |(_, cell)| Some(cell.visits_per_100)),
        ),
        (
            "suppressed",
            count(&rows, |(_, cell)| u64::from(cell.suppressed)),
        ),
    ];
    columns.extend(figure(&rows, |(_, cell)| cell.prevalence));
    table("heat_map", columns)
}

fn response(hits: &HitRates) -> Table {
    let rows = &hits.response.cells;
    let columns = vec![
        ("class", text(rows, |row| &row.class)),
        ("district", text(rows, |row| &row.district)),
        ("n_drawn", count(rows, |row| row.n_drawn)),
        ("n_visited", count(rows, |row| row.n_visited)),
        ("flagged", count(rows, |row| u64::from(row.flagged))),
        ("borrowed", count(rows, |row| u64::from(row.borrowed))),
    ];
    table("response", columns)
}

fn totals(hits: &HitRates) -> Table {
    let rows = &hits.checks;
    let mut columns = vec![("label", text(rows, |row| &row.label))];
    columns.extend(figure(rows, |row| row.total));
    table("totals", columns)
}

fn standard_errors(hits: &HitRates) -> Table {
    let rows: Vec<_> = hits
        .checks
        .iter()
        .flat_map(|check| {
            check
                .errors
                .iter()
                .map(|error| (check.label.as_str(), error))
        })
        .collect();
    let columns = vec![
        ("label", text(&rows, |row| row.0)),
        ("method", text(&rows, |row| &row.1.method)),
        ("se", number(&rows, |row| Some(row.1.se))),
    ];
    table("standard_errors", columns)
}

fn assisted(hits: &HitRates) -> Table {
    let adjusted = hits.response.prevalence;
    let mut rows = vec![("prevalence_by_class_and_district", adjusted)];
    if let Some(assisted) = &hits.assisted {
        let alone = Figure::new(Some(assisted.model_alone), None, Method::None);
        let ratio = Figure::new(assisted.se_ratio, None, Method::None);
        rows.extend([
            ("prevalence_difference", assisted.prevalence),
            ("total_difference", assisted.total),
            ("model_alone", alone),
            ("se_ratio", ratio),
        ]);
    }
    rows.retain(|(_, figure)| figure.value.is_some());
    let mut columns = vec![("number", text(&rows, |row| row.0))];
    columns.extend(figure(&rows, |row| row.1));
    table("adjusted", columns)
}

fn contrasts(hits: &HitRates) -> Table {
    let rows = &hits.contrasts;
    let mut columns = vec![
        ("lower", text(rows, |row| &row.lower)),
        ("higher", text(rows, |row| &row.higher)),
        ("within", text(rows, |row| &row.within)),
        ("n_groups", count(rows, |row| row.n_groups)),
        ("risk_ratio", number(rows, |row| row.risk_ratio)),
        ("p", number(rows, |row| row.p)),
    ];
    columns.extend(figure(rows, |row| row.odds_ratio));
    table("contrasts", columns)
}

/// Other policies, one row per number.
fn policies(policies: &[PolicyValue]) -> Table {
    let mut rows = Vec::new();
    for policy in policies {
        let alone = Figure::new(policy.model, None, Method::None);
        let cut = policy.truncated.map_or(Figure::NONE, |cut| cut.ips);
        for (name, figure) in [
            ("hit_rate", policy.rate),
            ("hits_ips", policy.ips),
            ("hits_doubly_robust", policy.doubly_robust),
            ("hits_model_alone", alone),
            ("hits_ips_truncated", cut),
        ] {
            if figure.value.is_some() || (name == "hit_rate" && policy.gate != Gate::Green) {
                rows.push((policy, name, figure));
            }
        }
    }
    let mut columns = vec![
        ("policy", text(&rows, |row| &row.0.name)),
        (
            "gate",
            Column::Text(rows.iter().map(|row| word(&row.0.gate)).collect()),
        ),
        (
            "unreached",
            Column::Text(rows.iter().map(|row| row.0.unreached.join(" ")).collect()),
        ),
        ("visits", number(&rows, |row| Some(row.0.visits))),
        ("n", count(&rows, |row| row.0.n)),
        ("n_eff", number(&rows, |row| Some(row.0.n_eff))),
        ("n_eff_hits", number(&rows, |row| Some(row.0.n_eff_hits))),
        ("weight_max", number(&rows, |row| Some(row.0.weight_max))),
        ("number", text(&rows, |row| row.1)),
    ];
    columns.extend(figure(&rows, |row| row.2));
    table("policies", columns)
}
