//! Past rounds: the raw rate, the rate under a fixed mix, and the prevalence with its band. Three lines, never one.

use super::{Drawn, chart, left_out, percent_axis, upright};
use crate::evaluate::{Change, Evaluation, Figure, OverTime, TrendPoint};
use crate::report::Error;
use crate::report::canvas::{
    Anchor, BAND, Canvas, Entry, GREY, INK, Mark, NAVY, ORANGE, Place, Plot, draw, ticks,
};
use crate::report::format::{ABSENT, bracketed, count, len, percent, real};
use crate::report::lang::{self, Lang};
use crate::report::view::Table;
use crate::report::words;

/// A part of a change below this shows as 0.
const STILL: f64 = 0.0005;
/// Most labels below the axis.
const LABELS_MAX: usize = 6;

/// The three lines over past rounds.
pub(in crate::report) fn trend(lang: Lang, evaluation: &Evaluation) -> Drawn {
    let title = &words::CHART_TREND;
    let over_time = evaluation.over_time.as_ref();
    let Some(over_time) = over_time.filter(|all| all.points.len() > 1) else {
        return Ok(left_out(lang, title, &words::WHY_NO_TREND));
    };
    if !has_points(over_time) {
        return Ok(left_out(lang, title, &words::WHY_TREND_RESULTS));
    }
    let points = &over_time.points;
    let svg = draw(600, lang.say(title), |canvas| paint(lang, canvas, points))?;
    let table = trend_table(lang, points);
    let note = note(lang, evaluation, over_time);
    Ok(chart(lang, "trend", title, &note, svg, table))
}

/// What the lines are, and what a reader should know of them.
fn note(lang: Lang, evaluation: &Evaluation, over_time: &OverTime) -> String {
    let mut said = vec![lang.fill(&words::CHART_TREND_NOTE, &[&over_time.mix_of])];
    let parts = |change: &Change| Some([change.mix.value?, change.targeting.value?]);
    let parts: Vec<[f64; 2]> = over_time.changes.iter().filter_map(parts).collect();
    if !parts.is_empty() && parts.iter().flatten().all(|part| part.abs() < STILL) {
        said.push(lang.say(&words::TREND_ALIKE).to_owned());
    }
    let lacks_results =
        |point: &&TrendPoint| point.raw.value.is_some() && point.n_visited * 10 < point.n_drawn * 9;
    let n_thin = over_time.points.iter().filter(lacks_results).count();
    if n_thin > 0 {
        said.push(lang.fill(&words::TREND_RESPONSE, &[&n_thin.to_string()]));
    }
    let as_of = evaluation.facts.as_of;
    let is_this = |point: &TrendPoint| point.drawn_on == as_of.0;
    if evaluation.estimates.is_some() && !over_time.points.iter().any(is_this) {
        said.push(lang.fill(&words::TREND_NOT_THIS, &[&as_of.to_string()]));
    }
    said.join(lang.pick("", " "))
}

/// The three lines as numbers.
pub(in crate::report) fn trend_table(lang: Lang, points: &[TrendPoint]) -> Table {
    let head = [
        &words::COL_ROUND,
        &lang::COL_DAY,
        &words::COL_RESPONSE,
        &lang::COL_N,
        &lang::COL_HITS,
        &lang::HIT_RATE,
        &words::LEGEND_STANDARDISED,
        &lang::PREVALENCE,
    ];
    let row = |point: &TrendPoint| {
        vec![
            point.id.clone(),
            point.drawn_on.to_string(),
            response(point),
            count(point.n),
            count(point.hits),
            bracketed(&point.raw, percent),
            bracketed(&point.standardised, percent),
            bracketed(&point.prevalence, percent),
        ]
    };
    let rows = points.iter().map(row).collect();
    Table {
        n_text: 2,
        ..Table::new(lang, &head, rows)
    }
}

fn response(point: &TrendPoint) -> String {
    if point.n_drawn == 0 {
        return ABSENT.to_owned();
    }
    percent(real(point.n_visited) / real(point.n_drawn))
}

/// Whether at least two rounds have a number.
fn has_points(over_time: &OverTime) -> bool {
    let known = over_time
        .points
        .iter()
        .filter(|point| point.raw.value.is_some());
    known.count() >= 2
}

fn paint(lang: Lang, canvas: &mut Canvas, points: &[TrendPoint]) -> Result<(), Error> {
    let legend = canvas.legend(&[
        Entry::new(Mark::Dot, ORANGE, lang.say(&lang::LEGEND_RAW)),
        Entry::new(Mark::Dashes, GREY, lang.say(&words::LEGEND_STANDARDISED)),
        Entry::new(Mark::Band, NAVY, lang.say(&words::LEGEND_PREVALENCE_BAND)),
    ])?;
    let highs = points.iter().flat_map(|point| {
        [
            point.raw.value,
            point.standardised.value,
            point.prevalence.high,
            point.prevalence.value,
        ]
    });
    let ticks = ticks(highs.flatten().fold(0.0, f64::max).min(1.0));
    let top = ticks.last().copied().unwrap_or(1.0);
    let plot = upright(
        600.0,
        legend - 36.0,
        (-0.3, len(points.len()) - 0.7),
        (0.0, top),
    );
    band(canvas, &plot, points)?;
    plot.y_axis(canvas, &ticks, percent_axis(top))?;
    let place = |(at, value): (usize, f64)| plot.at((len(at), value));
    let line = |figure: fn(&TrendPoint) -> &Figure| -> Vec<Place> {
        let known = points.iter().enumerate();
        let known = known.filter_map(|(at, point)| Some((at, figure(point).value?)));
        known.map(place).collect()
    };
    canvas.line(&line(|point| &point.prevalence), NAVY, 5)?;
    canvas.dashed(&line(|point| &point.standardised), GREY, 4)?;
    let raw = line(|point| &point.raw);
    canvas.line(&raw, ORANGE, 3)?;
    raw.iter().try_for_each(|&at| canvas.dot(at, ORANGE))?;
    labels(canvas, &plot, points)
}

/// The interval of the prevalence as a ground behind the lines, rounds without one left out.
fn band(canvas: &mut Canvas, plot: &Plot, points: &[TrendPoint]) -> Result<(), Error> {
    let known: Vec<(f64, f64, f64)> = points
        .iter()
        .enumerate()
        .filter_map(|(at, point)| Some((len(at), point.prevalence.low?, point.prevalence.high?)))
        .collect();
    let upper = known.iter().map(|(at, _, high)| plot.at((*at, *high)));
    let lower = known.iter().rev().map(|(at, low, _)| plot.at((*at, *low)));
    let corners: Vec<Place> = upper.chain(lower).collect();
    if corners.len() >= 4 {
        canvas.area(&corners, BAND)?;
    }
    Ok(())
}

/// Days of the draws below the axis, year and month, as many as fit.
fn labels(canvas: &mut Canvas, plot: &Plot, points: &[TrendPoint]) -> Result<(), Error> {
    let step = points.len().div_ceil(LABELS_MAX).max(1);
    for (at, point) in points.iter().enumerate().step_by(step) {
        let day = point.drawn_on.to_string();
        let below = (plot.across(len(at)), plot.up(0.0) + 32.0);
        canvas.text(day.get(..7).unwrap_or(&day), below, Anchor::Middle, INK)?;
    }
    Ok(())
}
