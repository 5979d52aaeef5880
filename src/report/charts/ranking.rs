//! How well a score ranks: gains, lift by tenth, calibration.

use super::{Drawn, chart, left_out, percent_axis, upright};
use crate::evaluate::{CalibrationBin, Evaluation, GainPoint, Ranking};
use crate::report::Error;
use crate::report::canvas::{
    Anchor, Canvas, Entry, GREY, INK, LIGHT, Mark, NAVY, ORANGE, WIDTH, draw, ticks,
};
use crate::report::format::{count, decimal, len, percent, percent_whole};
use crate::report::lang::{self, Lang, Phrase};
use crate::report::view::Table;

fn ranking(evaluation: &Evaluation) -> Result<&Ranking, &'static Phrase> {
    let estimates = evaluation.estimates.as_ref().ok_or(&lang::WHY_NO_OUTCOME)?;
    estimates.ranking.as_ref().ok_or(&lang::WHY_NO_RANKING)
}

/// Cumulative gains of the draw's score.
pub(in crate::report) fn gains(lang: Lang, evaluation: &Evaluation) -> Drawn {
    let title = &lang::CHART_GAINS;
    let ranking = match ranking(evaluation) {
        Ok(ranking) => ranking,
        Err(why) => return Ok(left_out(lang, title, why)),
    };
    let curves = [(
        lang.say(&lang::LEGEND_SCORE).to_owned(),
        ranking.gains.as_slice(),
    )];
    let svg = gains_picture(lang, lang.say(title), &lang::AXIS_SHARE_FRAME, &curves)?;
    let fifth = ranking
        .gains
        .iter()
        .find(|point| (point.share - 0.2).abs() < 1e-9);
    let read = fifth.map_or_else(String::new, |point| {
        lang.fill(&lang::CHART_GAINS_READ, &[&percent(point.found)])
    });
    let note = lang.fill(&lang::CHART_GAINS_NOTE, &[&read]);
    Ok(chart(
        lang,
        "cumulative_gains",
        title,
        &note,
        svg,
        gains_table(lang, &curves),
    ))
}

/// A curve and its name.
pub(super) type Curve<'a> = (String, &'a [GainPoint]);

pub(super) fn gains_picture(
    lang: Lang,
    description: &str,
    x_title: &Phrase,
    curves: &[Curve],
) -> Result<String, Error> {
    let styles = [NAVY, ORANGE, GREY, LIGHT];
    draw(680, description, |canvas| {
        let mut entries: Vec<Entry> = curves
            .iter()
            .zip(styles)
            .map(|((name, _), color)| Entry::new(Mark::Line, color, name))
            .collect();
        entries.push(Entry::new(
            Mark::Dashes,
            GREY,
            lang.say(&lang::LEGEND_RANDOM),
        ));
        let legend = canvas.legend(&entries)?;
        let plot = upright(680.0, legend, (0.0, 1.0), (0.0, 1.0));
        let fifths = [0.0, 0.2, 0.4, 0.6, 0.8, 1.0];
        plot.y_axis(canvas, &fifths, percent_whole)?;
        plot.x_axis(canvas, &fifths, percent_whole)?;
        plot.titles(canvas, lang.say(x_title), lang.say(&lang::AXIS_SHARE_FOUND))?;
        canvas.dashes(plot.at((0.0, 0.0)), plot.at((1.0, 1.0)), GREY)?;
        for ((_, points), color) in curves.iter().zip(styles).rev() {
            let places: Vec<_> = points
                .iter()
                .map(|point| plot.at((point.share, point.found)))
                .collect();
            canvas.line(&places, color, 5)?;
        }
        Ok(())
    })
}

pub(super) fn gains_table(lang: Lang, curves: &[Curve]) -> Table {
    let first = lang.say(&lang::COL_SHARE).to_owned();
    let head = [first]
        .into_iter()
        .chain(curves.iter().map(|(name, _)| name.clone()))
        .collect();
    let points = curves.first().map_or(&[][..], |(_, points)| points);
    let row = |place: usize| {
        let values = curves
            .iter()
            .filter_map(|(_, points)| points.get(place))
            .map(|point| percent(point.found));
        [percent_whole(points[place].share)]
            .into_iter()
            .chain(values)
            .collect()
    };
    Table::of(head, (0..points.len()).step_by(5).map(row).collect())
}

/// Lift of each tenth of the frame.
pub(in crate::report) fn lift(lang: Lang, evaluation: &Evaluation) -> Drawn {
    let title = &lang::CHART_LIFT;
    let ranking = match ranking(evaluation) {
        Ok(ranking) => ranking,
        Err(why) => return Ok(left_out(lang, title, why)),
    };
    let svg = lift_picture(lang, lang.say(title), &ranking.lift_by_decile)?;
    let table = lift_table(lang, &ranking.lift_by_decile);
    Ok(chart(
        lang,
        "lift_by_decile",
        title,
        lang.say(&lang::CHART_LIFT_NOTE),
        svg,
        table,
    ))
}

pub(in crate::report) fn lift_picture(
    lang: Lang,
    description: &str,
    lifts: &[f64],
) -> Result<String, Error> {
    let ticks = ticks(lifts.iter().copied().fold(1.0, f64::max));
    draw(600, description, |canvas| {
        let legend = canvas.legend(&[
            Entry::new(Mark::Box, NAVY, lang.say(&lang::AXIS_LIFT)),
            Entry::new(Mark::Dashes, ORANGE, lang.say(&lang::LEGEND_AVERAGE)),
        ])?;
        let top = ticks.last().copied().unwrap_or(1.0);
        let plot = upright(600.0, legend - 36.0, (0.0, len(lifts.len())), (0.0, top));
        plot.y_axis(canvas, &ticks, |tick| format!("{tick:.1}"))?;
        for (slot, &lift) in lifts.iter().enumerate() {
            let middle = len(slot) + 0.5;
            canvas.rectangle(
                plot.at((middle - 0.36, 0.0)),
                plot.at((middle + 0.36, lift)),
                NAVY,
            )?;
        }
        canvas.dashes(
            plot.at((0.0, 1.0)),
            plot.at((len(lifts.len()), 1.0)),
            ORANGE,
        )?;
        for (slot, &lift) in lifts.iter().enumerate() {
            let (x, y) = plot.at((len(slot) + 0.5, lift));
            canvas.label(&format!("{lift:.1}"), (x, y - 20.0), Anchor::Middle, INK)?;
            canvas.text(
                &(slot + 1).to_string(),
                (x, plot.up(0.0) + 28.0),
                Anchor::Middle,
                INK,
            )?;
        }
        let below = (f64::from(WIDTH) / 2.0 + 40.0, plot.up(0.0) + 72.0);
        canvas.text(lang.say(&lang::AXIS_TENTH), below, Anchor::Middle, INK)
    })
}

pub(in crate::report) fn lift_table(lang: Lang, lifts: &[f64]) -> Table {
    let row = |(tenth, lift): (usize, &f64)| vec![(tenth + 1).to_string(), decimal(*lift)];
    Table::new(
        lang,
        &[&lang::COL_TENTH, &lang::LIFT],
        lifts.iter().enumerate().map(row).collect(),
    )
}

/// Mean score against weighted rate in ten bins.
pub(in crate::report) fn calibration(lang: Lang, evaluation: &Evaluation) -> Drawn {
    let title = &lang::CHART_CALIBRATION;
    let bins = match ranking(evaluation) {
        Ok(ranking) if ranking.calibration.is_empty() => {
            return Ok(left_out(lang, title, &lang::WHY_NO_PROBABILITY));
        }
        Ok(ranking) => &ranking.calibration,
        Err(why) => return Ok(left_out(lang, title, why)),
    };
    let svg = calibration_picture(lang, lang.say(title), bins)?;
    Ok(chart(
        lang,
        "calibration",
        title,
        lang.say(&lang::CHART_CALIBRATION_NOTE),
        svg,
        calibration_table(lang, bins),
    ))
}

pub(in crate::report) fn calibration_picture(
    lang: Lang,
    description: &str,
    bins: &[CalibrationBin],
) -> Result<String, Error> {
    draw(680, description, |canvas| {
        paint_calibration(lang, canvas, bins)
    })
}

pub(in crate::report) fn calibration_table(lang: Lang, bins: &[CalibrationBin]) -> Table {
    let head = [
        &lang::COL_BIN_N,
        &lang::COL_N_EFF,
        &lang::AXIS_PREDICTED,
        &lang::AXIS_OBSERVED,
    ];
    let row = |bin: &CalibrationBin| {
        let observed = format!(
            "{} [{}, {}]",
            percent(bin.observed),
            percent(bin.low),
            percent(bin.high)
        );
        vec![
            count(bin.n),
            format!("{:.1}", bin.n_eff),
            percent(bin.predicted),
            observed,
        ]
    };
    Table::new(lang, &head, bins.iter().map(row).collect())
}

fn paint_calibration(
    lang: Lang,
    canvas: &mut Canvas,
    bins: &[CalibrationBin],
) -> Result<(), Error> {
    let legend = canvas.legend(&[
        Entry::new(Mark::Dot, NAVY, lang.say(&lang::AXIS_OBSERVED)),
        Entry::new(Mark::Line, INK, lang.say(&lang::LEGEND_INTERVAL)),
        Entry::new(Mark::Dashes, ORANGE, lang.say(&lang::LEGEND_PERFECT)),
    ])?;
    let x_ticks = ticks(
        bins.iter()
            .fold(0.0, |high: f64, bin| high.max(bin.predicted)),
    );
    let y_ticks = ticks(bins.iter().fold(0.0, |high: f64, bin| high.max(bin.high)));
    let (x_top, y_top) = (
        x_ticks.last().copied().unwrap_or(1.0),
        y_ticks.last().copied().unwrap_or(1.0),
    );
    let plot = upright(680.0, legend, (0.0, x_top), (0.0, y_top));
    plot.y_axis(canvas, &y_ticks, percent_axis(y_top))?;
    plot.x_axis(canvas, &x_ticks, percent_axis(x_top))?;
    plot.titles(
        canvas,
        lang.say(&lang::AXIS_PREDICTED),
        lang.say(&lang::AXIS_OBSERVED),
    )?;
    let end = x_top.min(y_top);
    canvas.dashes(plot.at((0.0, 0.0)), plot.at((end, end)), ORANGE)?;
    for bin in bins {
        canvas.whisker(
            plot.at((bin.predicted, bin.low)),
            plot.at((bin.predicted, bin.high)),
            INK,
        )?;
        canvas.dot(plot.at((bin.predicted, bin.observed)), NAVY)?;
    }
    Ok(())
}
