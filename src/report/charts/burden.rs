//! Groups over their reference: who is taken for risky, and whose risk is missed, with the four-fifths band.

use super::{Drawn, chart, left_out};
use crate::evaluate::{Evaluation, GroupFairness};
use crate::report::Error;
use crate::report::canvas::{
    Anchor, Canvas, Entry, GREY, INK, Mark, NAVY, ORANGE, Plot, WIDTH, draw, text_width,
};
use crate::report::format::{decimal, len, or_absent};
use crate::report::lang::Lang;
use crate::report::view::Table;
use crate::report::words;

/// Groups on the chart, farthest from the reference first.
const SHOWN: usize = 14;
/// Ends of the scale: ratios beyond stand at the edge.
const ENDS: (f64, f64) = (0.2, 5.0);

/// What stands for a ratio over 0, and for larger ones.
const DISPARITY_MAX: f64 = 10.0;

struct Row<'a> {
    label: String,
    group: &'a GroupFairness,
}

impl Row<'_> {
    fn ratios(&self) -> [Option<f64>; 2] {
        [self.group.selection_disparity, self.group.missed_disparity]
    }

    /// How far the farther of the two ratios lies from 1, in logarithms.
    fn distance(&self) -> f64 {
        let far = |ratio: f64| ratio.clamp(ENDS.0, ENDS.1).ln().abs();
        self.ratios()
            .into_iter()
            .flatten()
            .map(far)
            .fold(0.0, f64::max)
    }
}

/// Disparities of groups of every attribute.
pub(in crate::report) fn burden(lang: Lang, evaluation: &Evaluation) -> Drawn {
    let title = &words::CHART_BURDEN;
    let mut rows = rows(lang, evaluation);
    if rows.is_empty() {
        return Ok(left_out(lang, title, &words::WHY_NO_FAIR));
    }
    rows.sort_by(|a, b| {
        b.distance()
            .total_cmp(&a.distance())
            .then_with(|| a.label.cmp(&b.label))
    });
    rows.truncate(SHOWN);
    let height = 190 + 46 * u32::try_from(rows.len()).unwrap_or(14);
    let svg = draw(height, lang.say(title), |canvas| {
        paint(lang, canvas, f64::from(height), &rows)
    })?;
    let head = [
        &words::COL_GROUP,
        &words::LEGEND_SELECTION,
        &words::LEGEND_MISSED,
    ];
    let row = |row: &Row| {
        let [selection, missed] = row.ratios().map(|ratio| told(lang, ratio));
        vec![row.label.clone(), selection, missed]
    };
    let table = Table::new(lang, &head, rows.iter().map(row).collect());
    let note = lang.say(&words::CHART_BURDEN_NOTE);
    Ok(chart(lang, "burden", title, note, svg, table))
}

/// Groups other than the reference that have a ratio.
fn rows(lang: Lang, evaluation: &Evaluation) -> Vec<Row<'_>> {
    let known = evaluation
        .card
        .as_ref()
        .map_or(&[][..], |card| &card.attributes);
    let attributes = evaluation
        .fairness
        .iter()
        .flat_map(|fairness| &fairness.attributes);
    let mut rows = Vec::new();
    for attribute in attributes {
        let called = known.iter().find(|one| one.name == attribute.name);
        let zh = called.map_or(attribute.name.as_str(), |one| one.text.as_str());
        let name = lang.pick(zh, &attribute.name);
        let others = attribute.groups.iter();
        let others = others.filter(|group| Some(&group.label) != attribute.reference.as_ref());
        rows.extend(others.map(|group| Row {
            label: format!("{name} {}", lang.name(&group.label)),
            group,
        }));
    }
    rows.retain(|row| row.ratios().iter().any(Option::is_some));
    rows
}

fn paint(lang: Lang, canvas: &mut Canvas, height: f64, rows: &[Row]) -> Result<(), Error> {
    let legend = canvas.legend(&[
        Entry::new(Mark::Dot, NAVY, lang.say(&words::LEGEND_SELECTION)),
        Entry::new(Mark::Diamond, ORANGE, lang.say(&words::LEGEND_MISSED)),
        Entry::new(Mark::Dashes, GREY, "0.8–1.25"),
    ])?;
    let plot = Plot::new(
        (400.0, f64::from(WIDTH) - 40.0),
        (legend + 10.0, height - 104.0),
        (ENDS.0.ln(), ENDS.1.ln()),
        (len(rows.len()), 0.0),
    );
    let bottom = len(rows.len());
    let marks = [0.2_f64, 0.5, 0.8, 1.25, 2.0, 5.0];
    for mark in marks {
        let x = plot.across(mark.ln());
        canvas.text(
            &format!("{mark}"),
            (x, plot.up(bottom) + 28.0),
            Anchor::Middle,
            INK,
        )?;
    }
    for edge in [0.8_f64, 1.25] {
        canvas.dashes(
            plot.at((edge.ln(), 0.0)),
            plot.at((edge.ln(), bottom)),
            GREY,
        )?;
    }
    for (slot, row) in rows.iter().enumerate() {
        let y = len(slot) + 0.5;
        canvas.text(
            &fitted(&row.label, 368.0),
            (16.0, plot.up(y)),
            Anchor::Start,
            INK,
        )?;
        let [selection, missed] = row
            .ratios()
            .map(|ratio| ratio.map(|r| r.clamp(ENDS.0, ENDS.1).ln()));
        if let Some(x) = selection {
            canvas.dot(plot.at((x, y)), NAVY)?;
        }
        if let Some(x) = missed {
            canvas.diamond(plot.at((x, y)), ORANGE)?;
        }
        for ratio in row.ratios().into_iter().flatten() {
            beyond(
                canvas,
                plot.at((ratio.clamp(ENDS.0, ENDS.1).ln(), y)),
                ratio,
            )?;
        }
    }
    let below = (
        f64::midpoint(400.0, f64::from(WIDTH) - 40.0),
        plot.up(bottom) + 72.0,
    );
    canvas.text(lang.say(&words::AXIS_RATIO), below, Anchor::Middle, INK)
}

/// An arrowhead beside a point whose ratio lies beyond the scale.
fn beyond(canvas: &mut Canvas, (x, y): (f64, f64), ratio: f64) -> Result<(), Error> {
    let away = match ratio {
        ratio if ratio > ENDS.1 => 1.0,
        ratio if ratio < ENDS.0 => -1.0,
        _ => return Ok(()),
    };
    let tip = (x + 30.0 * away, y);
    let ends = [(x + 16.0 * away, y - 9.0), tip, (x + 16.0 * away, y + 9.0)];
    canvas.line(&ends, INK, 3)
}

/// A ratio; where the reference is 0 it cannot be told, and 10 stands for it.
fn told(lang: Lang, ratio: Option<f64>) -> String {
    match ratio {
        Some(ratio) if ratio >= DISPARITY_MAX => lang.say(&words::RATIO_UNTOLD).to_owned(),
        ratio => or_absent(ratio, decimal),
    }
}

/// As much of a label as fits a width, with an ellipsis.
pub(super) fn fitted(label: &str, width: f64) -> String {
    if text_width(label) <= width {
        return label.to_owned();
    }
    let mut kept = String::new();
    for c in label.chars() {
        if text_width(&kept) + text_width("中…") > width {
            break;
        }
        kept.push(c);
    }
    format!("{}…", kept.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_label_is_cut_with_an_ellipsis_and_a_short_one_is_not() {
        assert_eq!(fitted("住宿和餐饮业", 368.0), "住宿和餐饮业");
        let cut = fitted("行业门类 水利、环境和公共设施管理业", 368.0);
        assert!(cut.ends_with('…') && text_width(&cut) <= 368.0, "{cut}");
    }
}
