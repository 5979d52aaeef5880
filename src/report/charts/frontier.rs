//! Findings against precision: three named points on one curve, the ratios in force as a dot, what is out of reach hatched.

use super::{Drawn, chart, left_out};
use crate::report::Error;
use crate::report::canvas::{
    Anchor, Canvas, Entry, GREY, INK, LIGHT, Mark, NAVY, ORANGE, Place, Plot, draw, spread_from,
};
use crate::report::format::{count, expected, or_absent, rounded};
use crate::report::frontier::{Frontier, error_points, name};
use crate::report::lang::Lang;
use crate::report::view::Table;
use crate::report::words;

/// A point that can be placed: name, standard error, findings, visits.
struct Placed<'a> {
    name: &'a str,
    se: f64,
    findings: f64,
}

/// The frontier.
pub(in crate::report) fn frontier(lang: Lang, frontier: &Frontier) -> Drawn {
    let title = &words::CHART_FRONTIER;
    let placed: Vec<Placed> = frontier
        .points
        .iter()
        .filter_map(|point| {
            Some(Placed {
                name: &point.name,
                se: point.outcome.prevalence_se?,
                findings: point.outcome.findings?,
            })
        })
        .collect();
    let curve = curve(&placed);
    if curve.len() < 2 {
        return Ok(left_out(lang, title, &words::WHY_NO_FRONTIER));
    }
    let svg = draw(680, lang.say(title), |canvas| {
        paint(lang, canvas, &placed, &curve)
    })?;
    let head = [
        &words::COL_POINT,
        &words::COL_VISITS,
        &words::COL_EXPECTED,
        &words::COL_SE,
    ];
    let row = |point: &crate::report::frontier::FrontierPoint| {
        vec![
            lang.say(name(&point.name)).to_owned(),
            count(point.outcome.visits),
            or_absent(point.outcome.findings, expected),
            or_absent(point.outcome.prevalence_se, error_points),
        ]
    };
    let table = Table::new(lang, &head, frontier.points.iter().map(row).collect());
    let note = lang.say(&words::CHART_FRONTIER_NOTE);
    Ok(chart(lang, "frontier", title, note, svg, table))
}

/// 稳健, 均衡, 进攻, from the sharpest on.
fn curve<'a>(placed: &'a [Placed<'a>]) -> Vec<&'a Placed<'a>> {
    let on_it = |point: &&Placed| matches!(point.name, "steady" | "balanced" | "bold");
    let mut curve: Vec<&Placed> = placed.iter().filter(on_it).collect();
    curve.sort_by(|a, b| {
        b.se.total_cmp(&a.se)
            .then(b.findings.total_cmp(&a.findings))
    });
    curve
}

fn paint(
    lang: Lang,
    canvas: &mut Canvas,
    placed: &[Placed],
    curve: &[&Placed],
) -> Result<(), Error> {
    let legend = canvas.legend(&[
        Entry::new(Mark::Line, NAVY, lang.say(&words::LEGEND_FRONTIER)),
        Entry::new(Mark::Diamond, ORANGE, lang.say(&words::LEGEND_NOW)),
        Entry::new(Mark::Hatch, GREY, lang.say(&words::LEGEND_BEYOND)),
    ])?;
    let x_ticks = spread_from(placed.iter().map(|point| point.se));
    let y_ticks = spread_from(placed.iter().map(|point| point.findings));
    let ends = |ticks: &[f64]| (ticks[0], ticks[ticks.len() - 1]);
    let (x, y) = (ends(&x_ticks), ends(&y_ticks));
    let plot = Plot::new((132.0, 912.0), (legend + 56.0, 576.0), (x.1, x.0), y);
    let line: Vec<Place> = curve
        .iter()
        .map(|point| plot.at((point.se, point.findings)))
        .collect();
    beyond(canvas, &line, (plot.at((x.1, y.1)), plot.at((x.0, y.1))))?;
    plot.y_axis(canvas, &y_ticks, |tick| count(rounded(tick)))?;
    plot.x_axis(canvas, &x_ticks, error_points)?;
    plot.titles(
        canvas,
        lang.say(&words::AXIS_SE),
        lang.say(&words::AXIS_EXPECTED),
    )?;
    canvas.line(&line, NAVY, 5)?;
    for point in placed {
        let at = plot.at((point.se, point.findings));
        if point.name == "tried" {
            canvas.diamond(at, ORANGE)?;
        } else if point.name == "lawful" {
            canvas.dot(at, LIGHT)?;
        } else {
            canvas.dot(at, NAVY)?;
        }
        let (anchor, x) = if at.0 > 700.0 {
            (Anchor::End, at.0 - 20.0)
        } else {
            (Anchor::Start, at.0 + 20.0)
        };
        let y = if point.name == "tried" {
            at.1 + 26.0
        } else {
            at.1 - 24.0
        };
        canvas.label(lang.say(name(point.name)), (x, y), anchor, INK)?;
    }
    Ok(())
}

/// Strokes above the curve, up to the corners of the plot.
fn beyond(canvas: &mut Canvas, line: &[Place], (left, right): (Place, Place)) -> Result<(), Error> {
    let height_at = |x: f64| {
        let over = line
            .windows(2)
            .find(|pair| pair[0].0 <= x && x <= pair[1].0);
        over.map(|pair| {
            let along = (x - pair[0].0) / (pair[1].0 - pair[0].0).max(1e-9);
            pair[0].1 + along * (pair[1].1 - pair[0].1)
        })
    };
    let mut x = left.0;
    while x <= right.0 {
        let first = line[0];
        let last = line[line.len() - 1];
        let y = height_at(x).unwrap_or(if x < first.0 {
            first.1
        } else {
            last.1.max(left.1)
        });
        let reach = if x > last.0 { 576.0 } else { y };
        let mut from = left.1;
        while from + 14.0 < reach {
            canvas.line(
                &[(x, from + 12.0), ((x + 9.0).min(right.0), from)],
                LIGHT,
                2,
            )?;
            from += 26.0;
        }
        x += 26.0;
    }
    Ok(())
}
