//! What the frame and the source files hold: risk points by class, refused rows by rule.

use plotters::style::RGBColor;

use super::{Drawn, chart, left_out, upright};
use crate::evaluate::{ClassFacts, Evaluation};
use crate::report::Error;
use crate::report::canvas::{
    Anchor, Canvas, Entry, INK, LETTER, Mark, NAVY, WIDTH, draw, text_width, ticks,
};
use crate::report::format::{count, len, real, rounded};
use crate::report::lang::{self, Lang};
use crate::report::view::Table;

/// Light to dark, lowest to highest class; told apart in greyscale.
const CLASS_COLORS: [RGBColor; 6] = [
    RGBColor(214, 228, 241),
    RGBColor(146, 186, 221),
    RGBColor(74, 134, 190),
    RGBColor(17, 79, 140),
    RGBColor(8, 38, 74),
    RGBColor(0, 0, 0),
];

/// Risk points in the frame, stacked by class.
pub(in crate::report) fn points(lang: Lang, evaluation: &Evaluation) -> Drawn {
    let title = &lang::CHART_POINTS;
    let classes = &evaluation.facts.classes;
    let highest = classes
        .iter()
        .flat_map(|class| &class.points)
        .map(|row| row.points)
        .max();
    let Some(highest) = highest else {
        return Ok(left_out(lang, title, &lang::WHY_NO_CLASS));
    };
    let width = highest.div_ceil(25).max(1);
    let bins = binned(classes, width, highest);
    let svg = draw(640, lang.say(title), |canvas| {
        paint_points(lang, canvas, classes, &bins, width)
    })?;
    let head = [lang.say(&lang::AXIS_POINTS).to_owned()];
    let head = head
        .into_iter()
        .chain(classes.iter().map(|class| class.code.clone()))
        .collect();
    let row = |(bin, counts): (usize, &Vec<u64>)| {
        let label = bin_label(bin, width);
        [label]
            .into_iter()
            .chain(counts.iter().map(|&n| count(n)))
            .collect()
    };
    let table = Table::of(head, bins.iter().enumerate().map(row).collect());
    Ok(chart(
        lang,
        "risk_points",
        title,
        lang.say(&lang::CHART_POINTS_NOTE),
        svg,
        table,
    ))
}

/// Objects per bin of points and class.
fn binned(classes: &[ClassFacts], width: u32, highest: u32) -> Vec<Vec<u64>> {
    let n_bins = usize::try_from(highest / width + 1).expect("some twenty-five bins");
    let mut bins = vec![vec![0; classes.len()]; n_bins];
    for (class, facts) in classes.iter().enumerate() {
        for row in &facts.points {
            bins[usize::try_from(row.points / width).expect("some twenty-five bins")][class] +=
                row.n;
        }
    }
    bins
}

fn bin_label(bin: usize, width: u32) -> String {
    let from = bin * usize::try_from(width).expect("32 bits fit");
    if width == 1 {
        from.to_string()
    } else {
        format!(
            "{from}–{}",
            from + usize::try_from(width).expect("fits") - 1
        )
    }
}

fn paint_points(
    lang: Lang,
    canvas: &mut Canvas,
    classes: &[ClassFacts],
    bins: &[Vec<u64>],
    width: u32,
) -> Result<(), Error> {
    let named = |(class, color): (&ClassFacts, &RGBColor)| {
        let mark = if class.is_ranked {
            Mark::Box
        } else {
            Mark::Outline
        };
        Entry::new(
            mark,
            *color,
            format!("{} {}", class.code, class.name).trim(),
        )
    };
    let legend = canvas.legend(
        &classes
            .iter()
            .zip(CLASS_COLORS.iter().cycle())
            .map(named)
            .collect::<Vec<_>>(),
    )?;
    let highest = bins.iter().map(|bin| bin.iter().sum()).max().unwrap_or(1);
    let y_ticks = ticks(real(highest));
    let top = y_ticks.last().copied().unwrap_or(1.0);
    let end = len(bins.len()) * f64::from(width);
    let plot = upright(640.0, legend, (0.0, end), (0.0, top));
    plot.y_axis(canvas, &y_ticks, |tick| count(rounded(tick)))?;
    let x_ticks: Vec<f64> = ticks(end).into_iter().filter(|tick| *tick <= end).collect();
    plot.x_axis(canvas, &x_ticks, |tick| count(rounded(tick)))?;
    plot.titles(
        canvas,
        lang.say(&lang::AXIS_POINTS),
        lang.say(&lang::AXIS_OBJECTS),
    )?;
    for (bin, counts) in bins.iter().enumerate() {
        let (left, right) = (len(bin) * f64::from(width), len(bin + 1) * f64::from(width));
        let mut below = 0;
        for ((class, &n), color) in classes.iter().zip(counts).zip(CLASS_COLORS.iter().cycle()) {
            let gap = (right - left) * 0.06;
            let (from, to) = (
                plot.at((left + gap, real(below))),
                plot.at((right - gap, real(below + n))),
            );
            match n {
                0 => {}
                _ if class.is_ranked => canvas.rectangle(from, to, *color)?,
                _ => canvas.outline(from, to)?,
            }
            below += n;
        }
    }
    Ok(())
}

/// Refused rows by rule, most frequent first, at most twelve.
pub(in crate::report) fn refusals(lang: Lang, evaluation: &Evaluation) -> Drawn {
    let title = &lang::CHART_REFUSALS;
    let mut rows: Vec<_> = evaluation
        .facts
        .refusals
        .iter()
        .filter(|row| row.n > 0)
        .collect();
    if rows.is_empty() {
        return Ok(left_out(lang, title, &lang::WHY_NO_REFUSAL));
    }
    rows.sort_by(|a, b| b.n.cmp(&a.n).then_with(|| a.label.cmp(&b.label)));
    let shown = &rows[..rows.len().min(12)];
    let height = 40 + 86 * u32::try_from(shown.len()).expect("at most twelve");
    let highest = real(shown[0].n);
    let svg = draw(height, lang.say(title), |canvas| {
        for (slot, row) in shown.iter().enumerate() {
            let y = 34.0 + 86.0 * len(slot);
            canvas.text(
                &shortened(lang.name(&row.label)),
                (16.0, y),
                Anchor::Start,
                INK,
            )?;
            let end = 16.0 + (real(row.n) / highest).max(0.005) * 780.0;
            canvas.rectangle((16.0, y + 20.0), (end, y + 48.0), NAVY)?;
            canvas.text(&count(row.n), (end + 14.0, y + 34.0), Anchor::Start, INK)?;
        }
        Ok(())
    })?;
    let table = rows
        .iter()
        .map(|row| vec![lang.name(&row.label).to_owned(), count(row.n)])
        .collect();
    let table = Table::new(lang, &[&lang::COL_RULE, &lang::COL_ROWS], table);
    Ok(chart(
        lang,
        "refused_rows",
        title,
        lang.say(&lang::CHART_REFUSALS_NOTE),
        svg,
        table,
    ))
}

/// A label cut to the width of a chart.
fn shortened(label: &str) -> String {
    let mut text = label.to_owned();
    while text_width(&text) > f64::from(WIDTH) - 40.0 - LETTER {
        text.pop();
    }
    if text.len() < label.len() {
        text + "…"
    } else {
        text
    }
}
