//! Past visits in the order of models.

use super::burden::fitted;
use super::ranking::{Curve, gains_picture, gains_table, lift_picture, lift_table};
use super::{Drawn, chart, titled, upright};
use crate::evaluate::{Backtest, DayPoint, Evaluation};
use crate::report::Error;
use crate::report::canvas::{
    Anchor, Canvas, Entry, GREY, INK, Mark, NAVY, ORANGE, Place, Plot, WIDTH, draw, ticks,
};
use crate::report::content::headline;
use crate::report::format::{
    bracketed, count, decimal, fine, len, or_absent, percent, real, rounded,
};
use crate::report::lang::{self, Lang};
use crate::report::view::Table;

/// The models a chart shows: the headline first, then the baseline, then the others by AUC, at most `most`.
fn shown_models<'a>(evaluation: &Evaluation, backtest: &'a Backtest, most: usize) -> Vec<&'a str> {
    let mut names: Vec<&str> = backtest.models.keys().map(String::as_str).collect();
    let auc = |name: &str| backtest.models[name].auc.unwrap_or(0.0);
    names.sort_by(|a, b| auc(b).total_cmp(&auc(a)).then_with(|| a.cmp(b)));
    let headline = headline(evaluation, backtest);
    let rank = |name: &str| match name {
        name if Some(name) == headline => 0,
        name if name == backtest.baseline => 1,
        _ => 2,
    };
    names.sort_by_key(|name| rank(name));
    names.truncate(most);
    names
}

/// Running findings as done and in the order of models.
pub(in crate::report) fn by_day(lang: Lang, evaluation: &Evaluation, backtest: &Backtest) -> Drawn {
    let title = &lang::CHART_BY_DAY;
    let models = shown_models(evaluation, backtest, 2);
    let svg = draw(680, lang.say(title), |canvas| {
        paint_by_day(lang, canvas, backtest, &models)
    });
    let every = backtest.by_day.len().div_ceil(20).max(1);
    let head = [&lang::COL_DAY, &lang::COL_VISITS, &lang::LEGEND_AS_DONE]
        .map(|phrase| lang.say(phrase).to_owned());
    let head = head
        .into_iter()
        .chain(models.iter().map(|&name| name.to_owned()))
        .collect();
    let rows = backtest
        .by_day
        .iter()
        .enumerate()
        .filter(|(place, _)| (place + 1) % every == 0 || place + 1 == backtest.by_day.len());
    let row = |(_, point): (usize, &DayPoint)| {
        let fixed = [
            point.day.to_string(),
            count(point.visits),
            count(point.as_done),
        ];
        fixed
            .into_iter()
            .chain(models.iter().map(|&name| count(point.models[name])))
            .collect()
    };
    let table = Table::of(head, rows.map(row).collect());
    let more = if every > 1 {
        lang.fill(&lang::MORE_DAYS, &[&every.to_string()])
    } else {
        String::new()
    };
    let note = format!("{}{more}", lang.say(&lang::CHART_BY_DAY_NOTE));
    Ok(chart(lang, "replay_by_day", title, &note, svg?, table))
}

fn paint_by_day(
    lang: Lang,
    canvas: &mut Canvas,
    backtest: &Backtest,
    models: &[&str],
) -> Result<(), Error> {
    let colors = [NAVY, ORANGE];
    let mut entries: Vec<Entry> = models
        .iter()
        .zip(colors)
        .map(|(name, color)| Entry::new(Mark::Line, color, name))
        .collect();
    entries.push(Entry::new(
        Mark::Dashes,
        INK,
        lang.say(&lang::LEGEND_AS_DONE),
    ));
    let legend = canvas.legend(&entries)?;
    let (first, last) = (
        f64::from(backtest.from.days()),
        f64::from(backtest.until.days()),
    );
    let y_ticks = ticks(real(backtest.positives));
    let top = y_ticks.last().copied().unwrap_or(1.0);
    let plot = upright(
        680.0,
        legend,
        (first - 1.0, last.max(first + 1.0)),
        (0.0, top),
    );
    plot.y_axis(canvas, &y_ticks, |tick| count(rounded(tick)))?;
    let days = [first, f64::midpoint(first, last).floor(), last];
    for (day, anchor) in days
        .into_iter()
        .zip([Anchor::Start, Anchor::Middle, Anchor::End])
    {
        let text = day_of(day);
        canvas.text(&text, (plot.across(day), plot.up(0.0) + 30.0), anchor, INK)?;
    }
    plot.titles(
        canvas,
        lang.say(&lang::AXIS_DAY),
        lang.say(&lang::AXIS_FINDINGS),
    )?;
    if let Some(half) = backtest
        .by_day
        .iter()
        .rfind(|point| point.visits <= backtest.n_first_half)
    {
        let x = f64::from(half.day.days());
        canvas.line(&[plot.at((x, 0.0)), plot.at((x, top))], GREY, 2)?;
    }
    let places = |of: &dyn Fn(&DayPoint) -> u64| -> Vec<Place> {
        let start = plot.at((first - 1.0, 0.0));
        let points = backtest
            .by_day
            .iter()
            .map(|point| plot.at((f64::from(point.day.days()), real(of(point)))));
        [start].into_iter().chain(points).collect()
    };
    for (name, color) in models.iter().zip(colors).rev() {
        canvas.line(&places(&|point| point.models[*name]), color, 5)?;
    }
    canvas.dashed(&places(&|point| point.as_done), INK, 4)
}

fn day_of(days: f64) -> String {
    let days = i32::try_from(rounded(days)).unwrap_or(0);
    crate::units::Day::from_days(days).to_string()
}

/// AUC of every model with its interval, and within inspector.
pub(in crate::report) fn auc(lang: Lang, evaluation: &Evaluation, backtest: &Backtest) -> Drawn {
    let title = &lang::CHART_AUC;
    let models = shown_models(evaluation, backtest, 12);
    let height = 150 + 56 * u32::try_from(models.len()).expect("at most twelve");
    let svg = draw(height, lang.say(title), |canvas| {
        paint_auc(lang, canvas, backtest, &models, f64::from(height))
    });
    let row = |&name: &&str| {
        let model = &backtest.models[name];
        vec![
            name.to_owned(),
            bracketed(&model.auc_interval, fine),
            or_absent(model.auc_within_inspector, fine),
        ]
    };
    let table = Table::new(
        lang,
        &[&lang::COL_MODEL, &lang::COL_AUC, &lang::COL_WITHIN],
        models.iter().map(row).collect(),
    );
    Ok(chart(
        lang,
        "replay_auc",
        title,
        lang.say(&lang::CHART_AUC_NOTE),
        svg?,
        table,
    ))
}

fn paint_auc(
    lang: Lang,
    canvas: &mut Canvas,
    backtest: &Backtest,
    models: &[&str],
    height: f64,
) -> Result<(), Error> {
    let legend = canvas.legend(&[
        Entry::new(Mark::Dot, NAVY, "AUC"),
        Entry::new(Mark::Diamond, ORANGE, lang.say(&lang::LEGEND_WITHIN)),
        Entry::new(Mark::Dashes, GREY, lang.say(&lang::LEGEND_RANDOM)),
    ])?;
    let lows = models.iter().filter_map(|&name| {
        let model = &backtest.models[name];
        [
            model.auc_interval.low,
            model.auc,
            model.auc_within_inspector,
        ]
        .into_iter()
        .flatten()
        .min_by(f64::total_cmp)
    });
    let low = (lows.fold(0.45, f64::min) * 20.0).floor() / 20.0;
    let highs = models.iter().filter_map(|&name| {
        backtest.models[name]
            .auc_interval
            .high
            .or(backtest.models[name].auc)
    });
    let high = ((highs.fold(0.7, f64::max) * 20.0).ceil() / 20.0).min(1.0);
    let bottom = len(models.len());
    let plot = Plot::new(
        (360.0, f64::from(WIDTH) - 126.0),
        (legend + 6.0, height - 74.0),
        (low, high),
        (bottom, 0.0),
    );
    let steps = rounded((high - low) / 0.05);
    let x_ticks: Vec<f64> = (0..=steps).map(|i| low + 0.05 * real(i)).collect();
    let every = if steps > 8 { 2 } else { 1 };
    plot.y_axis(canvas, &[], percent)?;
    plot.x_axis(
        canvas,
        &x_ticks.into_iter().step_by(every).collect::<Vec<_>>(),
        decimal,
    )?;
    canvas.dashes(plot.at((0.5, 0.0)), plot.at((0.5, bottom)), GREY)?;
    for (slot, &name) in models.iter().enumerate() {
        let (model, y) = (&backtest.models[name], len(slot) + 0.5);
        let at = |value: f64| plot.at((value, y));
        canvas.text(&fitted(name, 330.0), (16.0, plot.up(y)), Anchor::Start, INK)?;
        if let Some(interval) = model.auc_interval.interval() {
            canvas.whisker(at(interval.low), at(interval.high), INK)?;
        }
        if let Some(auc) = model.auc {
            canvas.dot(at(auc), NAVY)?;
        }
        if let Some(within) = model.auc_within_inspector {
            canvas.diamond(at(within), ORANGE)?;
        }
        let value = or_absent(model.auc, fine);
        let right = (f64::from(WIDTH) - 16.0, plot.up(y));
        canvas.text(&value, right, Anchor::End, INK)?;
    }
    Ok(())
}

/// Cumulative gains of replayed models.
pub(in crate::report) fn replay_gains(
    lang: Lang,
    evaluation: &Evaluation,
    backtest: &Backtest,
) -> Drawn {
    let title = &lang::CHART_REPLAY_GAINS;
    let models = shown_models(evaluation, backtest, 2);
    let curves: Vec<Curve> = models
        .iter()
        .map(|&name| (name.to_owned(), backtest.models[name].gains.as_slice()))
        .collect();
    let svg = gains_picture(lang, lang.say(title), &lang::AXIS_SHARE_VISITS, &curves);
    let note = lang.say(&lang::CHART_REPLAY_GAINS_NOTE);
    Ok(chart(
        lang,
        "replay_gains",
        title,
        note,
        svg?,
        gains_table(lang, &curves),
    ))
}

/// Lift by tenth of the headline model.
pub(in crate::report) fn replay_lift(
    lang: Lang,
    evaluation: &Evaluation,
    backtest: &Backtest,
) -> Drawn {
    let name = headline(evaluation, backtest).unwrap_or_default();
    let title = lang.fill(&lang::CHART_REPLAY_LIFT, &[name]);
    let lifts = backtest
        .models
        .get(name)
        .map_or(&[][..], |model| &model.lift_by_decile);
    let svg = lift_picture(lang, &title, lifts);
    let note = lang.say(&lang::CHART_REPLAY_LIFT_NOTE);
    let table = lift_table(lang, lifts);
    Ok(titled("replay_lift", title, note, svg?, table))
}
