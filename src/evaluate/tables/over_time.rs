//! Past rounds as flat tables: the three lines, and what moved the raw rate.

use super::hits::{figure, notes};
use super::{Table, count, number, table, text};
use crate::evaluate::estimates::{Figure, Method};
use crate::evaluate::over_time::{Change, OverTime, TrendPoint};

pub(super) fn tables(over_time: &OverTime) -> Vec<Table> {
    let of_points = over_time.points.iter();
    let of_points =
        of_points.flat_map(|point| point.notes.iter().map(|note| (point.id.as_str(), note)));
    let of_changes = over_time.changes.iter();
    let of_changes =
        of_changes.flat_map(|change| change.notes.iter().map(|note| (change.to.as_str(), note)));
    vec![
        trend(&over_time.points),
        mix(over_time),
        changes(&over_time.changes),
        notes(
            "trend_notes",
            &of_points.chain(of_changes).collect::<Vec<_>>(),
        ),
    ]
}

fn trend(points: &[TrendPoint]) -> Table {
    let mut rows: Vec<(&TrendPoint, String, &str, Figure)> = Vec::new();
    for point in points {
        let day = point.drawn_on.to_string();
        for (line, figure) in [
            ("hit_rate", point.raw),
            ("hit_rate_fixed_mix", point.standardised),
            ("prevalence", point.prevalence),
        ] {
            rows.push((point, day.clone(), line, figure));
        }
    }
    let mut columns = vec![
        ("round", text(&rows, |row| &row.0.id)),
        ("drawn_on", text(&rows, |row| &row.1)),
        ("line", text(&rows, |row| row.2)),
        ("n_frame", count(&rows, |row| row.0.n_frame)),
        ("n_drawn", count(&rows, |row| row.0.n_drawn)),
        ("n_visited", count(&rows, |row| row.0.n_visited)),
        ("n", count(&rows, |row| row.0.n)),
        ("hits", count(&rows, |row| row.0.hits)),
        ("n_eff", number(&rows, |row| Some(row.0.support.n_eff))),
        (
            "weight_share_max",
            number(&rows, |row| row.0.support.weight_share_max),
        ),
        ("pi_min", number(&rows, |row| row.0.support.pi_min)),
        (
            "blind_share",
            number(&rows, |row| Some(row.0.support.blind_share)),
        ),
    ];
    columns.extend(figure(&rows, |row| row.3));
    table("trend", columns)
}

fn mix(over_time: &OverTime) -> Table {
    let rows = &over_time.mix;
    let columns = vec![
        ("group", text(rows, |row| &row.label)),
        ("share", number(rows, |row| Some(row.share))),
    ];
    table("trend_mix", columns)
}

fn changes(changes: &[Change]) -> Table {
    let mut rows: Vec<(&Change, &str, Figure)> = Vec::new();
    for change in changes {
        let plain = |value| Figure::new(value, None, Method::None);
        rows.extend([
            (change, "hit_rate_from", plain(change.raw_from)),
            (change, "hit_rate_to", plain(change.raw_to)),
            (change, "change", change.total),
            (change, "mix", change.mix),
            (change, "targeting", change.targeting),
            (change, "market", change.market),
        ]);
    }
    let mut columns = vec![
        ("from", text(&rows, |row| &row.0.from)),
        ("to", text(&rows, |row| &row.0.to)),
        ("part", text(&rows, |row| row.1)),
    ];
    columns.extend(figure(&rows, |row| row.2));
    table("changes", columns)
}
