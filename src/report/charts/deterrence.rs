//! Drawn against not drawn over time, and the rate by how many peers were drawn.

use super::{Drawn, chart, left_out, percent_axis, percent_points, upright};
use crate::evaluate::{DoseBin, Evaluation, EventPoint, General};
use crate::report::Error;
use crate::report::canvas::{
    Anchor, Canvas, Entry, GREY, INK, Mark, NAVY, ORANGE, draw, spread, ticks,
};
use crate::report::deterrence::{effect_cell, p_said, p_value, wording};
use crate::report::format::{count, interval_in, len, percent};
use crate::report::lang::{self, Lang};
use crate::report::view::Table;
use crate::report::words;

/// Event study: the difference at each window since the draw.
pub(in crate::report) fn event_study(lang: Lang, evaluation: &Evaluation) -> Drawn {
    let title = &words::CHART_EVENT;
    let Some(found) = &evaluation.deterrence else {
        return Ok(left_out(lang, title, &words::WHY_NO_DETER));
    };
    let Some(study) = found
        .event_study
        .as_ref()
        .filter(|study| study.points.len() > 1)
    else {
        return Ok(left_out(lang, title, &words::WHY_NO_HISTORY));
    };
    let is_known = |point: &EventPoint| point.time != -1 && point.effect.value.is_some();
    if !study.points.iter().any(is_known) {
        return Ok(left_out(lang, title, &words::WHY_FEW_EVENTS));
    }
    let svg = draw(640, lang.say(title), |canvas| {
        paint_events(lang, canvas, &study.points)
    })?;
    let first = found.specific.first();
    let test = first.and_then(|one| one.itt.redrawn.as_ref());
    let test = test.map_or_else(
        || lang.say(&words::DETER_NO_P).to_owned(),
        |test| lang.fill(&words::DETER_P, &[&p_said(test.p), &count(test.n)]),
    );
    let support = first.map(|one| {
        let sizes =
            [one.support.n_eff_drawn, one.support.n_eff_not_drawn].map(|n| format!("{n:.0}"));
        lang.fill(&words::DETER_N_EFF, &[&sizes[0], &sizes[1]])
    });
    let rests: Vec<String> = std::iter::once(test).chain(support).collect();
    let note = lang.fill(
        &words::CHART_EVENT_NOTE,
        &[&rests.join(lang.pick("，", ", "))],
    );
    let row = |point: &EventPoint| {
        let p = point.p.map_or_else(String::new, p_value);
        vec![point.time.to_string(), effect_cell(&point.effect, 1.0), p]
    };
    let head = [&words::COL_TIME, &words::COL_EFFECT, &words::COL_P];
    let table = Table::new(lang, &head, study.points.iter().map(row).collect());
    Ok(chart(lang, "event_study", title, &note, svg, table))
}

fn paint_events(lang: Lang, canvas: &mut Canvas, points: &[EventPoint]) -> Result<(), Error> {
    let legend = canvas.legend(&[
        Entry::new(Mark::Dot, NAVY, lang.say(&words::LEGEND_EFFECT)),
        Entry::new(Mark::Line, INK, lang.say(&lang::LEGEND_INTERVAL)),
        Entry::new(Mark::Diamond, ORANGE, lang.say(&words::LEGEND_REFERENCE)),
    ])?;
    let values = points.iter().flat_map(|point| {
        let effect = &point.effect;
        [effect.value, effect.low, effect.high]
            .into_iter()
            .flatten()
    });
    let ticks = spread(values);
    let (low, high) = (ticks[0], ticks[ticks.len() - 1]);
    let plot = upright(640.0, legend, (0.0, len(points.len())), (low, high));
    plot.y_axis(canvas, &ticks, percent_points)?;
    plot.titles(
        canvas,
        lang.say(&words::AXIS_TIME),
        lang.say(&words::AXIS_DIFFERENCE),
    )?;
    canvas.dashes(plot.at((0.0, 0.0)), plot.at((len(points.len()), 0.0)), GREY)?;
    for (slot, point) in points.iter().enumerate() {
        let x = len(slot) + 0.5;
        if let (Some(low), Some(high)) = (point.effect.low, point.effect.high) {
            canvas.whisker(plot.at((x, low)), plot.at((x, high)), INK)?;
        }
        if let Some(value) = point.effect.value {
            if point.time == -1 {
                canvas.diamond(plot.at((x, value)), ORANGE)?;
            } else {
                canvas.dot(plot.at((x, value)), NAVY)?;
            }
        }
        let below = (plot.across(x), plot.up(low) + 28.0);
        canvas.text(&point.time.to_string(), below, Anchor::Middle, INK)?;
    }
    Ok(())
}

/// Rate of violations by how many peers were drawn, less what the design expects.
pub(in crate::report) fn dose(lang: Lang, evaluation: &Evaluation) -> Drawn {
    let title = &words::CHART_DOSE;
    let Some(found) = &evaluation.deterrence else {
        return Ok(left_out(lang, title, &words::WHY_NO_DETER));
    };
    let general = found.general.iter().find(|one| one.bins.len() > 1);
    let Some(general) = general else {
        return Ok(left_out(lang, title, &words::WHY_NO_PEERS));
    };
    let svg = draw(640, lang.say(title), |canvas| {
        paint_dose(lang, canvas, &general.bins)
    })?;
    let note = dose_note(lang, general);
    let row = |bin: &DoseBin| {
        vec![
            percent_points(bin.exposure),
            percent(bin.outcome),
            count(bin.n),
        ]
    };
    let head = [&words::COL_EXPOSURE, &words::AXIS_RATE, &lang::COL_N];
    let table = Table::new(lang, &head, general.bins.iter().map(row).collect());
    Ok(chart(lang, "peer_exposure", title, &note, svg, table))
}

fn dose_note(lang: Lang, general: &General) -> String {
    let effect = &general.dose;
    let points = |value: f64| percent_points(value * 0.1);
    let change = effect.value.map_or_else(
        || lang.say(&lang::UNKNOWN).to_owned(),
        |value| lang.fill(&lang::POINTS_OF, &[&points(value)]),
    );
    let known = effect.low.zip(effect.high);
    let known = known.map(|(low, high)| crate::evaluate::Interval { low, high });
    let says = [
        lang.say(crate::report::deterrence::verdict(effect.verdict)),
        lang.say(wording(effect.wording)),
    ];
    lang.fill(
        &words::CHART_DOSE_NOTE,
        &[
            &change,
            &interval_in(lang, known, &lang::POINTS_OF, points),
            &says.join(lang.pick("，", ", ")),
        ],
    )
}

fn paint_dose(lang: Lang, canvas: &mut Canvas, bins: &[DoseBin]) -> Result<(), Error> {
    let legend = canvas.legend(&[Entry::new(Mark::Dot, NAVY, lang.say(&words::LEGEND_RATE))])?;
    let top = ticks(
        bins.iter()
            .fold(0.0, |high: f64, bin| high.max(bin.outcome))
            * 1.15,
    );
    let x_ticks = spread(bins.iter().map(|bin| bin.exposure));
    let edges = (x_ticks[0], x_ticks[x_ticks.len() - 1]);
    let high = top.last().copied().unwrap_or(1.0);
    let plot = upright(640.0, legend, edges, (0.0, high));
    plot.y_axis(canvas, &top, percent_axis(high))?;
    plot.x_axis(canvas, &x_ticks, percent_points)?;
    plot.titles(
        canvas,
        lang.say(&words::AXIS_EXPOSURE),
        lang.say(&words::AXIS_RATE),
    )?;
    let places: Vec<_> = bins
        .iter()
        .map(|bin| plot.at((bin.exposure, bin.outcome)))
        .collect();
    canvas.line(&places, NAVY, 3)?;
    places.iter().try_for_each(|&at| canvas.dot(at, NAVY))
}
