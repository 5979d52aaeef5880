//! Hit rates and sampling by class.

use super::{Drawn, chart, left_out, percent_axis, upright};
use crate::evaluate::{Cell, ClassFacts, Estimates, Evaluation};
use crate::report::Error;
use crate::report::canvas::{
    Anchor, Canvas, Entry, GREY, INK, LIGHT, Mark, NAVY, ORANGE, draw, ticks,
};
use crate::report::format::{ABSENT, bracketed, count, len, percent, percent_whole, real};
use crate::report::lang::{self, Lang};
use crate::report::view::Table;
use crate::report::words;

/// Interval and raw rate of every shown class; the prevalence of the frame as a line.
pub(in crate::report) fn hit_rate(lang: Lang, evaluation: &Evaluation) -> Drawn {
    let title = &lang::CHART_HIT_RATE;
    let Some(estimates) = &evaluation.estimates else {
        return Ok(left_out(lang, title, &lang::WHY_NO_OUTCOME));
    };
    let cells = &estimates.by_class;
    if cells.iter().all(|cell| cell.suppressed) {
        return Ok(left_out(lang, title, &lang::WHY_FEW));
    }
    let market = estimates.overall.prevalence.value;
    let highs = cells.iter().filter_map(|cell| cell.raw.high).chain(market);
    let ticks = ticks(highs.fold(0.0, f64::max).min(1.0));
    let description = lang.say(title);
    let svg = draw(600, description, |canvas| {
        paint_hit_rate(lang, canvas, estimates, &ticks)
    })?;
    let table = rate_table(lang, cells);
    Ok(chart(
        lang,
        "hit_rate_by_class",
        title,
        lang.say(&lang::CHART_HIT_RATE_NOTE),
        svg,
        table,
    ))
}

fn paint_hit_rate(
    lang: Lang,
    canvas: &mut Canvas,
    estimates: &Estimates,
    ticks: &[f64],
) -> Result<(), Error> {
    let legend = canvas.legend(&[
        Entry::new(Mark::Box, LIGHT, lang.say(&lang::LEGEND_RAW)),
        Entry::new(Mark::Line, INK, lang.say(&lang::LEGEND_INTERVAL)),
        Entry::new(Mark::Dashes, ORANGE, lang.say(&lang::LEGEND_PREVALENCE)),
    ])?;
    let cells = &estimates.by_class;
    let top = ticks.last().copied().unwrap_or(1.0);
    let plot = upright(600.0, legend - 36.0, (0.0, len(cells.len())), (0.0, top));
    plot.y_axis(canvas, ticks, percent_axis(top))?;
    for (slot, cell) in cells.iter().enumerate() {
        let middle = len(slot) + 0.5;
        let (from, to) = (
            plot.at((middle - 0.3, 0.0)),
            (middle + 0.3, cell.raw.value.unwrap_or(0.0)),
        );
        canvas.rectangle(from, plot.at(to), LIGHT)?;
    }
    if let Some(market) = estimates.overall.prevalence.value {
        canvas.dashes(
            plot.at((0.0, market)),
            plot.at((len(cells.len()), market)),
            ORANGE,
        )?;
    }
    for (slot, cell) in cells.iter().enumerate() {
        let middle = len(slot) + 0.5;
        if let Some(interval) = cell.raw.interval() {
            canvas.whisker(
                plot.at((middle, interval.low)),
                plot.at((middle, interval.high)),
                INK,
            )?;
        }
        let (x, bottom) = plot.at((middle, 0.0));
        canvas.text(&cell.label, (x, bottom + 28.0), Anchor::Middle, INK)?;
        canvas.text(
            &format!("n={}", count(cell.n)),
            (x, bottom + 66.0),
            Anchor::Middle,
            INK,
        )?;
        let value = cell
            .raw
            .value
            .map_or_else(|| lang.say(&words::TOO_FEW).to_owned(), percent);
        let over = plot.up(cell.raw.high.unwrap_or(0.0)) - 24.0;
        canvas.label(
            &value,
            (x, over),
            Anchor::Middle,
            if cell.suppressed { GREY } else { INK },
        )?;
    }
    Ok(())
}

fn rate_table(lang: Lang, cells: &[Cell]) -> Table {
    let head = [
        &lang::COL_CLASS,
        &lang::COL_N,
        &lang::COL_HITS,
        &lang::HIT_RATE,
    ];
    let row = |cell: &Cell| {
        let rate = if cell.suppressed {
            lang.say(&lang::SUPPRESSED).to_owned()
        } else {
            bracketed(&cell.raw, percent)
        };
        vec![cell.label.clone(), count(cell.n), count(cell.hits), rate]
    };
    Table::new(lang, &head, cells.iter().map(row).collect())
}

/// Shares of every class in the frame and among the drawn.
pub(in crate::report) fn sampling(lang: Lang, evaluation: &Evaluation) -> Drawn {
    let title = &lang::CHART_SAMPLING;
    let classes = &evaluation.facts.classes;
    let drawn: u64 = classes.iter().map(|class| class.n_drawn).sum();
    if drawn == 0 {
        return Ok(left_out(lang, title, &lang::WHY_NO_DRAW));
    }
    let frame: u64 = classes.iter().map(|class| class.n_frame).sum();
    let rows: Vec<(&ClassFacts, f64, f64)> = classes
        .iter()
        .map(|class| {
            (
                class,
                real(class.n_frame) / real(frame.max(1)),
                real(class.n_drawn) / real(drawn),
            )
        })
        .collect();
    let ticks = ticks(
        rows.iter()
            .fold(0.0, |high: f64, row| high.max(row.1).max(row.2)),
    );
    let svg = draw(600, lang.say(title), |canvas| {
        paint_sampling(lang, canvas, &rows, &ticks)
    })?;
    let head = [
        &lang::COL_CLASS,
        &lang::COL_N_FRAME,
        &lang::COL_SHARE_FRAME,
        &lang::COL_N_DRAWN,
        &lang::COL_SHARE_DRAWN,
        &lang::COL_FRACTION,
    ];
    let row = |&(class, of_frame, of_drawn): &(&ClassFacts, f64, f64)| {
        let numbers = [
            count(class.n_frame),
            percent(of_frame),
            count(class.n_drawn),
            percent(of_drawn),
            fraction(class),
        ];
        [class.code.clone()].into_iter().chain(numbers).collect()
    };
    let table = Table::new(lang, &head, rows.iter().map(row).collect());
    Ok(chart(
        lang,
        "drawn_and_frame",
        title,
        lang.say(&lang::CHART_SAMPLING_NOTE),
        svg,
        table,
    ))
}

fn fraction(class: &ClassFacts) -> String {
    if class.n_frame == 0 {
        ABSENT.to_owned()
    } else {
        percent(real(class.n_drawn) / real(class.n_frame))
    }
}

fn paint_sampling(
    lang: Lang,
    canvas: &mut Canvas,
    rows: &[(&ClassFacts, f64, f64)],
    ticks: &[f64],
) -> Result<(), Error> {
    let legend = canvas.legend(&[
        Entry::new(Mark::Box, LIGHT, lang.say(&lang::LEGEND_FRAME)),
        Entry::new(Mark::Box, NAVY, lang.say(&lang::LEGEND_DRAWN)),
    ])?;
    let top = ticks.last().copied().unwrap_or(1.0);
    let plot = upright(600.0, legend - 36.0, (0.0, len(rows.len())), (0.0, top));
    plot.y_axis(canvas, ticks, percent_whole)?;
    for (slot, (class, of_frame, of_drawn)) in rows.iter().enumerate() {
        let left = len(slot) + 0.14;
        canvas.rectangle(
            plot.at((left, 0.0)),
            plot.at((left + 0.34, *of_frame)),
            LIGHT,
        )?;
        canvas.rectangle(
            plot.at((left + 0.38, 0.0)),
            plot.at((left + 0.72, *of_drawn)),
            NAVY,
        )?;
        let (x, bottom) = plot.at((left + 0.36, 0.0));
        canvas.text(&class.code, (x, bottom + 28.0), Anchor::Middle, INK)?;
        canvas.text(&fraction(class), (x, bottom + 66.0), Anchor::Middle, INK)?;
    }
    Ok(())
}
