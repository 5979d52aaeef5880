//! Findings against precision: the best of all ratios that were tried as a curve, named points on or below it, hatched what none
//! of them reaches.

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

/// Width and height that a label is given.
const LABEL: (f64, f64) = (220.0, 27.0);

/// A point that can be placed: name, standard error, findings.
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
    let dial = frontier.dial.iter().filter_map(|one| {
        let outcome = &one.outcome;
        Some((outcome.prevalence_se?, outcome.findings?))
    });
    let curve = curve(&placed, dial);
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

/// Standard error and findings of whatever nothing else beats in both, from the bluntest on.
fn curve(placed: &[Placed], dial: impl Iterator<Item = (f64, f64)>) -> Vec<(f64, f64)> {
    let named = placed.iter().map(|point| (point.se, point.findings));
    let mut all: Vec<(f64, f64)> = named.chain(dial).collect();
    all.sort_by(|a, b| a.0.total_cmp(&b.0).then(b.1.total_cmp(&a.1)));
    let mut most = f64::NEG_INFINITY;
    all.retain(|&(_, findings)| {
        let is_more = findings > most;
        most = most.max(findings);
        is_more
    });
    all.reverse();
    all
}

fn paint(
    lang: Lang,
    canvas: &mut Canvas,
    placed: &[Placed],
    curve: &[(f64, f64)],
) -> Result<(), Error> {
    let legend = canvas.legend(&[
        Entry::new(Mark::Line, NAVY, lang.say(&words::LEGEND_FRONTIER)),
        Entry::new(Mark::Diamond, ORANGE, lang.say(&words::LEGEND_NOW)),
        Entry::new(Mark::Hatch, GREY, lang.say(&words::LEGEND_BEYOND)),
    ])?;
    let named = || placed.iter().map(|point| (point.se, point.findings));
    let all = || named().chain(curve.iter().copied());
    let x_ticks = spread_from(all().map(|(se, _)| se));
    let y_ticks = spread_from(all().map(|(_, findings)| findings));
    let ends = |ticks: &[f64]| (ticks[0], ticks[ticks.len() - 1]);
    let (x, y) = (ends(&x_ticks), ends(&y_ticks));
    let plot = Plot::new((132.0, 912.0), (legend + 56.0, 576.0), (x.1, x.0), y);
    let line: Vec<Place> = curve.iter().map(|&point| plot.at(point)).collect();
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
    }
    let spots: Vec<Place> = named().map(|point| plot.at(point)).collect();
    for (point, (at, y)) in placed.iter().zip(spots.iter().zip(heights(&spots))) {
        let (anchor, x) = if at.0 > 700.0 {
            (Anchor::End, at.0 - 20.0)
        } else {
            (Anchor::Start, at.0 + 20.0)
        };
        canvas.label(lang.say(name(point.name)), (x, y), anchor, INK)?;
    }
    Ok(())
}

/// Heights of the labels beside their points: the nearest at which none covers one before it.
fn heights(spots: &[Place]) -> Vec<f64> {
    let mut found: Vec<Place> = Vec::new();
    for at in spots {
        let steps = [-24.0, 26.0, -52.0, 54.0, -80.0, 82.0, -108.0, 110.0];
        let mut steps = steps.into_iter().map(|step| at.1 + step);
        let is_free = |y: &f64| {
            let near = |other: &&Place| (other.0 - at.0).abs() < LABEL.0;
            let mut others = found.iter().filter(near);
            others.all(|other| (other.1 - y).abs() >= LABEL.1)
        };
        let y = steps.find(is_free).unwrap_or(at.1 - 24.0);
        found.push((at.0, y));
    }
    found.into_iter().map(|(_, y)| y).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    fn placed(name: &str, se: f64, findings: f64) -> Placed<'_> {
        Placed { name, se, findings }
    }

    #[test]
    fn no_ratios_that_were_tried_lie_beyond_the_curve() {
        let points = [
            placed("tried", 1.04, 375.0),
            placed("steady", 0.96, 317.0),
            placed("balanced", 0.98, 347.0),
            placed("bold", 2.1, 558.0),
            placed("lawful", 1.5, 300.0),
        ];
        let curve = curve(&points, [(1.6, 520.0), (1.7, 400.0)].into_iter());
        let expected = [
            (2.1, 558.0),
            (1.6, 520.0),
            (1.04, 375.0),
            (0.98, 347.0),
            (0.96, 317.0),
        ];
        assert_eq!(curve, expected);
    }

    #[test]
    fn labels_of_points_that_nearly_meet_do_not_cover_each_other() {
        let places = [
            (300.0, 200.0),
            (310.0, 204.0),
            (320.0, 190.0),
            (800.0, 200.0),
        ];
        let heights = heights(&places);
        for i in 0..3 {
            for j in 0..i {
                assert!((heights[i] - heights[j]).abs() >= LABEL.1, "{heights:?}");
            }
        }
        assert!((heights[3] - 176.0).abs() < 1e-9, "far from the others");
    }
}
