//! How inspectors differ: findings less what the targets they were given let expect.

use super::{Drawn, chart, left_out, percent_points};
use crate::evaluate::{Assignment, Evaluation, Strictness};
use crate::report::Error;
use crate::report::canvas::{
    Anchor, Canvas, Entry, GREY, INK, Mark, NAVY, Plot, WIDTH, draw, spread, text_width,
};
use crate::report::format::{count, len, percent};
use crate::report::lang::{self, Lang};
use crate::report::view::Table;
use crate::report::words;

/// Inspectors drawn: the strictest and the mildest.
const SHOWN: usize = 16;
/// The 0.975 quantile of the standard normal distribution.
const Z: f64 = 1.959_963_984_540_054;

/// Shrunken difference of every inspector.
pub(in crate::report) fn strictness(lang: Lang, evaluation: &Evaluation) -> Drawn {
    let title = &words::CHART_STRICT;
    let detection = evaluation.detection.as_ref();
    let Some(detection) = detection.filter(|found| !found.inspectors.is_empty()) else {
        return Ok(left_out(lang, title, &words::WHY_NO_STRICT));
    };
    let mut all: Vec<&Strictness> = detection.inspectors.iter().collect();
    all.sort_by(|a, b| {
        b.shrunken
            .total_cmp(&a.shrunken)
            .then_with(|| a.inspector.cmp(&b.inspector))
    });
    let mut shown = all.clone();
    if shown.len() > SHOWN {
        shown.drain(SHOWN / 2..shown.len() - SHOWN / 2);
    }
    let height = 190 + 48 * u32::try_from(shown.len()).unwrap_or(16);
    let svg = draw(height, lang.say(title), |canvas| {
        paint(lang, canvas, f64::from(height), &shown)
    })?;
    let word = match detection.assignment {
        Assignment::Random => &words::STRICT_WORD_RANDOM,
        Assignment::NotRandom => &words::STRICT_WORD_OTHER,
    };
    let note = lang.fill(&words::CHART_STRICT_NOTE, &[lang.say(word)]);
    Ok(chart(
        lang,
        "strictness",
        title,
        &note,
        svg,
        table(lang, &all),
    ))
}

fn half(one: &Strictness) -> f64 {
    Z * one.se * one.shrinkage.sqrt()
}

fn paint(lang: Lang, canvas: &mut Canvas, height: f64, all: &[&Strictness]) -> Result<(), Error> {
    let legend = canvas.legend(&[
        Entry::new(Mark::Dot, NAVY, lang.say(&words::LEGEND_SHRUNKEN)),
        Entry::new(Mark::Line, INK, lang.say(&lang::LEGEND_INTERVAL)),
    ])?;
    let widest = all
        .iter()
        .map(|one| text_width(&one.inspector))
        .fold(0.0, f64::max);
    let ends = all
        .iter()
        .flat_map(|one| [one.shrunken - half(one), one.shrunken + half(one)]);
    let ticks = spread(ends);
    let plot = Plot::new(
        (widest.min(300.0) + 40.0, f64::from(WIDTH) - 48.0),
        (legend + 10.0, height - 104.0),
        (ticks[0], ticks[ticks.len() - 1]),
        (len(all.len()), 0.0),
    );
    plot.x_axis(canvas, &ticks, percent_points)?;
    let bottom = len(all.len());
    canvas.dashes(plot.at((0.0, 0.0)), plot.at((0.0, bottom)), GREY)?;
    for (slot, one) in all.iter().enumerate() {
        let y = len(slot) + 0.5;
        canvas.whisker(
            plot.at((one.shrunken - half(one), y)),
            plot.at((one.shrunken + half(one), y)),
            INK,
        )?;
        canvas.dot(plot.at((one.shrunken, y)), NAVY)?;
        canvas.text(&one.inspector, (16.0, plot.up(y)), Anchor::Start, INK)?;
    }
    let below = (f64::from(WIDTH) / 2.0, plot.up(bottom) + 72.0);
    canvas.text(
        lang.say(&words::AXIS_POINTS_DIFFERENCE),
        below,
        Anchor::Middle,
        INK,
    )
}

fn table(lang: Lang, all: &[&Strictness]) -> Table {
    let head = [
        &words::COL_INSPECTOR,
        &lang::COL_VISITS,
        &lang::COL_HITS,
        &words::COL_RATE,
        &words::COL_EXPECTED_RATE,
        &words::COL_SHRUNKEN,
    ];
    let row = |one: &&Strictness| {
        let (low, high) = (one.shrunken - half(one), one.shrunken + half(one));
        vec![
            one.inspector.clone(),
            count(one.n),
            count(one.hits),
            percent(one.rate),
            percent(one.expected),
            format!(
                "{} [{}, {}]",
                percent_points(one.shrunken),
                percent_points(low),
                percent_points(high)
            ),
        ]
    };
    Table::new(lang, &head, all.iter().map(row).collect())
}
