//! The pictures of a comparison of policies: hits against violations, truth against estimates, paths.

use plotters::style::RGBColor;

use super::tables::{name, number, of_mode, points};
use super::words;
use super::{PolicyMode, PolicyOutcome, PolicyReport, Ranged};
use crate::report::Error;
use crate::report::canvas::{
    Anchor, Canvas, Entry, GREY, INK, LIGHT, Mark, NAVY, ORANGE, Place, Plot, draw, ticks,
};
use crate::report::charts::{Drawn, chart, percent_axis, upright};
use crate::report::format::{len, or_absent, percent};
use crate::report::lang::{Lang, Phrase};

const HEIGHT: u32 = 680;
/// Rows of the table beside a path.
const PATH_ROWS: usize = 20;

/// A mode's mark and colour, told apart without colour.
fn sign(mode: PolicyMode) -> (Mark, RGBColor) {
    match mode {
        PolicyMode::Myopic => (Mark::Dot, NAVY),
        PolicyMode::Forward => (Mark::Diamond, ORANGE),
        PolicyMode::Given => (Mark::Box, LIGHT),
    }
}

/// `甲2`: mode and number of the policy.
fn tag(lang: Lang, report: &PolicyReport, one: &PolicyOutcome) -> String {
    let mode = match one.mode {
        PolicyMode::Myopic => lang.pick("甲", "A"),
        PolicyMode::Forward => lang.pick("乙", "B"),
        PolicyMode::Given => lang.pick("定", "F"),
    };
    format!("{mode}{}", number(report, &one.policy))
}

/// Round steps around values that need not begin at 0.
fn around(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
        (low.min(value), high.max(value))
    });
    if high <= low || !low.is_finite() {
        return ticks(high.max(0.01));
    }
    let steps = ticks(high - low);
    let step = steps.get(1).copied().unwrap_or(0.1);
    let first = (low / step - 0.2).floor().max(0.0) * step;
    let n = ((high - first) / step + 0.2).ceil();
    (0..=20)
        .map(f64::from)
        .take_while(|i| *i <= n)
        .map(|i| first + i * step)
        .collect()
}

fn ends(ticks: &[f64]) -> (f64, f64) {
    let first = ticks.first().copied().unwrap_or(0.0);
    (
        first,
        ticks.last().copied().unwrap_or(1.0).max(first + 1e-9),
    )
}

/// One decimal where whole per cents would repeat.
fn axis(ticks: &[f64]) -> fn(f64) -> String {
    let step = ticks.get(1).zip(ticks.first()).map_or(1.0, |(b, a)| b - a);
    percent_axis(step * 8.0)
}

/// Hit rate across, violations up; one mark per policy and mode.
pub(super) fn scatter(lang: Lang, report: &PolicyReport) -> Drawn {
    let title = &words::CHART_SCATTER;
    let shown: Vec<(&PolicyOutcome, Ranged)> = report
        .outcomes
        .iter()
        .filter_map(|one| Some((one, one.hit_rate?)))
        .collect();
    let svg = draw(HEIGHT, lang.say(title), |canvas| {
        paint_scatter(lang, canvas, report, &shown)
    })?;
    let row = |(one, hits): &(&PolicyOutcome, Ranged)| {
        vec![
            tag(lang, report, one),
            name(report, &one.policy, lang),
            percent(hits.mean),
            percent(one.violation.mean),
        ]
    };
    let head = [
        &words::COL_NUMBER,
        &words::COL_POLICY,
        &words::COL_HITS,
        &words::COL_VIOLATION,
    ];
    let table = points(lang, &head, shown.iter().map(row).collect());
    let note = lang.say(&words::CHART_SCATTER_NOTE);
    Ok(chart(lang, "policy_scatter", title, note, svg, table))
}

fn paint_scatter(
    lang: Lang,
    canvas: &mut Canvas,
    report: &PolicyReport,
    shown: &[(&PolicyOutcome, Ranged)],
) -> Result<(), Error> {
    let entry = |&mode: &PolicyMode| {
        let (mark, color) = sign(mode);
        Entry::new(mark, color, words::mode(mode, lang))
    };
    let entries: Vec<Entry> = report.facts.modes.iter().map(entry).collect();
    let legend = canvas.legend(&entries)?;
    let x_ticks = around(shown.iter().flat_map(|(_, hits)| [hits.low, hits.high]));
    let y_ticks = around(
        shown
            .iter()
            .flat_map(|(one, _)| [one.violation.low, one.violation.high]),
    );
    let plot = upright(f64::from(HEIGHT), legend, ends(&x_ticks), ends(&y_ticks));
    plot.y_axis(canvas, &y_ticks, axis(&y_ticks))?;
    plot.x_axis(canvas, &x_ticks, axis(&x_ticks))?;
    let titles = (
        lang.say(&words::AXIS_HITS),
        lang.say(&words::AXIS_VIOLATION),
    );
    plot.titles(canvas, titles.0, titles.1)?;
    for (one, hits) in shown {
        let (mark, color) = sign(one.mode);
        let at = plot.at((hits.mean, one.violation.mean));
        let (own, x) = (one.violation, hits.mean);
        canvas.line(
            &[
                plot.at((hits.low, own.mean)),
                plot.at((hits.high, own.mean)),
            ],
            color,
            3,
        )?;
        canvas.line(&[plot.at((x, own.low)), plot.at((x, own.high))], color, 3)?;
        put(canvas, mark, at, color)?;
        let label = number(report, &one.policy).to_string();
        canvas.label(&label, (at.0 + 16.0, at.1 - 24.0), Anchor::Start, INK)?;
    }
    Ok(())
}

fn put(canvas: &mut Canvas, mark: Mark, at: Place, color: RGBColor) -> Result<(), Error> {
    match mark {
        Mark::Dot => canvas.dot(at, color),
        Mark::Diamond => canvas.diamond(at, color),
        _ => canvas.rectangle((at.0 - 9.0, at.1 - 9.0), (at.0 + 9.0, at.1 + 9.0), color),
    }
}

/// True violations as bars, with what an office would estimate.
pub(super) fn truth(lang: Lang, report: &PolicyReport) -> Drawn {
    let title = &words::CHART_TRUTH;
    let svg = draw(HEIGHT, lang.say(title), |canvas| {
        paint_truth(lang, canvas, report)
    })?;
    let row = |one: &PolicyOutcome| {
        vec![
            tag(lang, report, one),
            name(report, &one.policy, lang),
            percent(one.violation.mean),
            or_absent(one.ht.map(|ht| ht.mean), percent),
            or_absent(one.hajek.map(|hajek| hajek.mean), percent),
        ]
    };
    let head = [
        &words::COL_NUMBER,
        &words::COL_POLICY,
        &words::COL_VIOLATION,
        &words::COL_HT,
        &words::COL_HAJEK,
    ];
    let table = points(lang, &head, report.outcomes.iter().map(row).collect());
    let note = lang.say(&words::CHART_TRUTH_NOTE);
    Ok(chart(lang, "policy_truth", title, note, svg, table))
}

fn paint_truth(lang: Lang, canvas: &mut Canvas, report: &PolicyReport) -> Result<(), Error> {
    let legend = canvas.legend(&[
        Entry::new(Mark::Box, LIGHT, lang.say(&words::LEGEND_TRUTH)),
        Entry::new(Mark::Dot, NAVY, lang.say(&words::LEGEND_HT)),
        Entry::new(Mark::Diamond, ORANGE, lang.say(&words::LEGEND_HAJEK)),
    ])?;
    let modes = report.facts.modes.iter();
    let shown: Vec<&PolicyOutcome> = modes.flat_map(|&mode| of_mode(report, mode)).collect();
    let means = |one: &&PolicyOutcome| {
        let estimates = [one.ht, one.hajek].into_iter().flatten();
        std::iter::once(one.violation)
            .chain(estimates)
            .map(|one| one.mean)
            .collect::<Vec<_>>()
    };
    let highest = shown.iter().flat_map(means).fold(0.0, f64::max);
    let y_ticks = ticks(highest);
    let n = len(shown.len());
    let plot = upright(f64::from(HEIGHT), legend, (0.0, n), (0.0, ends(&y_ticks).1));
    plot.y_axis(canvas, &y_ticks, axis(&y_ticks))?;
    for (i, one) in shown.iter().enumerate() {
        let middle = len(i) + 0.5;
        let from = plot.at((middle - 0.32, 0.0));
        canvas.rectangle(from, plot.at((middle + 0.32, one.violation.mean)), LIGHT)?;
        let below = (plot.across(middle), plot.up(0.0) + 30.0);
        canvas.text(&tag(lang, report, one), below, Anchor::Middle, INK)?;
        if let Some(hajek) = one.hajek {
            canvas.diamond(plot.at((middle + 0.14, hajek.mean)), ORANGE)?;
        }
        if let Some(ht) = one.ht {
            canvas.dot(plot.at((middle - 0.14, ht.mean)), NAVY)?;
        }
    }
    let titles = (
        lang.say(&words::COL_POLICY),
        lang.say(&words::AXIS_VIOLATION),
    );
    plot.titles(canvas, titles.0, titles.1)
}

/// Lines of a path, told apart without colour: colour, width, dashes.
const LINES: [(RGBColor, u32, bool); 6] = [
    (NAVY, 5, false),
    (ORANGE, 5, true),
    (LIGHT, 6, false),
    (INK, 3, true),
    (GREY, 3, false),
    (NAVY, 3, true),
];

/// True violations period by period, one line per policy; the first six.
pub(super) fn path(lang: Lang, report: &PolicyReport, mode: PolicyMode) -> Drawn {
    let (title, id): (&Phrase, &'static str) = match mode {
        PolicyMode::Myopic => (&words::CHART_PATH_MYOPIC, "policy_path_myopic"),
        PolicyMode::Forward => (&words::CHART_PATH_FORWARD, "policy_path_forward"),
        PolicyMode::Given => (&words::CHART_PATH_GIVEN, "policy_path_given"),
    };
    let mut shown = of_mode(report, mode);
    shown.truncate(LINES.len());
    let svg = draw(HEIGHT, lang.say(title), |canvas| {
        paint_path(lang, canvas, report, &shown)
    })?;
    let periods = report.facts.periods as usize;
    let every = periods.div_ceil(PATH_ROWS).max(1);
    let row = |t: usize| {
        let rate =
            |one: &&PolicyOutcome| or_absent(one.path.get(t).map(|at| at.violation), percent);
        std::iter::once(t.to_string())
            .chain(shown.iter().map(rate))
            .collect()
    };
    let rows = (0..periods)
        .filter(|t| (t + 1) % every == 0)
        .map(row)
        .collect();
    let first = lang.say(&words::COL_PERIOD).to_owned();
    let names = shown.iter().map(|one| name(report, &one.policy, lang));
    let head = std::iter::once(first).chain(names).collect();
    let table = crate::report::view::Table::of(head, rows);
    let note = lang.say(&words::CHART_PATH_NOTE);
    Ok(chart(lang, id, title, note, svg, table))
}

fn paint_path(
    lang: Lang,
    canvas: &mut Canvas,
    report: &PolicyReport,
    shown: &[&PolicyOutcome],
) -> Result<(), Error> {
    let entry = |(one, (color, _, dashed)): (&&PolicyOutcome, (RGBColor, u32, bool))| {
        let mark = if dashed { Mark::Dashes } else { Mark::Line };
        Entry::new(mark, color, &name(report, &one.policy, lang))
    };
    let entries: Vec<Entry> = shown.iter().zip(LINES).map(entry).collect();
    let legend = canvas.legend(&entries)?;
    let values = shown
        .iter()
        .flat_map(|one| one.path.iter().map(|at| at.violation));
    let y_ticks = around(values);
    let last = f64::from(report.facts.periods.max(2) - 1);
    let plot = upright(f64::from(HEIGHT), legend, (0.0, last), ends(&y_ticks));
    plot.y_axis(canvas, &y_ticks, axis(&y_ticks))?;
    let x_ticks: Vec<f64> = ticks(last)
        .into_iter()
        .filter(|tick| *tick <= last)
        .collect();
    plot.x_axis(canvas, &x_ticks, |tick| format!("{tick:.0}"))?;
    let titles = (lang.say(&words::AXIS_PERIOD), lang.say(&words::AXIS_RATE));
    plot.titles(canvas, titles.0, titles.1)?;
    let from = f64::from(report.facts.from);
    let (low, high) = ends(&y_ticks);
    canvas.line(&[plot.at((from, low)), plot.at((from, high))], GREY, 2)?;
    for (one, line) in shown.iter().zip(LINES).rev() {
        stroke(canvas, &plot, one, line)?;
    }
    Ok(())
}

fn stroke(
    canvas: &mut Canvas,
    plot: &Plot,
    one: &PolicyOutcome,
    (color, width, dashed): (RGBColor, u32, bool),
) -> Result<(), Error> {
    let place = |at: &super::PathPoint| plot.at((f64::from(at.period), at.violation));
    let places: Vec<Place> = one.path.iter().map(place).collect();
    if dashed {
        canvas.dashed(&places, color, width)
    } else {
        canvas.line(&places, color, width)
    }
}
