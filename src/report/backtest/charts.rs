//! The pictures of a back-test: AUC over time, lift by tenth, calibration.

use plotters::style::RGBColor;

use super::tables::{first_baseline, names};
use super::words;
use crate::evaluate::{CHOSEN, FoldMeasures, Rolling};
use crate::report::Error;
use crate::report::canvas::{
    Anchor, Canvas, Entry, GREY, INK, LIGHT, Mark, NAVY, ORANGE, Place, draw,
};
use crate::report::charts::{
    Drawn, calibration_picture, calibration_table, chart, left_out, lift_picture, lift_table,
    upright,
};
use crate::report::format::{ABSENT, fine};
use crate::report::lang::Lang;
use crate::report::view::Table;

const HEIGHT: u32 = 640;
const COLORS: [RGBColor; 3] = [NAVY, ORANGE, LIGHT];

/// AUC of the chosen model, the preferred candidate and the first baseline over the cut-offs.
pub(super) fn over_time(lang: Lang, rolling: &Rolling) -> Drawn {
    let title = &words::CHART_TIME;
    let preferred = rolling.facts.rule.candidates.first().map(String::as_str);
    let shown: Vec<&str> = [Some(CHOSEN), first_baseline(rolling), preferred]
        .into_iter()
        .flatten()
        .collect();
    let svg = draw(HEIGHT, lang.say(title), |canvas| {
        paint_over_time(lang, canvas, &rolling.folds, &shown)
    })?;
    let all = names(rolling);
    let first = lang.say(&words::COL_CUTOFF).to_owned();
    let head = std::iter::once(first).chain(all.iter().map(|name| words::model(name, lang)));
    let row = |fold: &FoldMeasures| {
        let auc = |name: &&str| {
            let measures = fold.models.get(*name);
            measures.map_or_else(|| ABSENT.to_owned(), |measures| fine(measures.auc))
        };
        let cutoff = fold.cutoff.to_string();
        std::iter::once(cutoff).chain(all.iter().map(auc)).collect()
    };
    let table = Table::of(head.collect(), rolling.folds.iter().map(row).collect());
    let note = lang.say(&words::CHART_TIME_NOTE);
    Ok(chart(lang, "backtest_auc", title, note, svg, table))
}

fn paint_over_time(
    lang: Lang,
    canvas: &mut Canvas,
    folds: &[FoldMeasures],
    shown: &[&str],
) -> Result<(), Error> {
    let entries: Vec<Entry> = shown
        .iter()
        .zip(COLORS)
        .map(|(name, color)| Entry::new(Mark::Line, color, &words::model(name, lang)))
        .collect();
    let legend = canvas.legend(&entries)?;
    let auc = |fold: &FoldMeasures, name: &str| fold.models.get(name).map(|own| own.auc);
    let values = folds
        .iter()
        .flat_map(|fold| shown.iter().filter_map(|name| auc(fold, name)));
    let (low, high) = values.fold((0.5_f64, 0.6_f64), |(low, high), auc| {
        (low.min(auc), high.max(auc))
    });
    let (low, high) = ((low * 20.0).floor() / 20.0, (high * 20.0).ceil() / 20.0);
    let steps = ((high - low) / 0.05).round().max(1.0);
    let y_ticks: Vec<f64> = (0..=20)
        .map(f64::from)
        .take_while(|step| *step <= steps)
        .map(|step| low + 0.05 * step)
        .collect();
    let day = |fold: &FoldMeasures| f64::from(fold.cutoff.days());
    let (first, last) = (
        folds.first().map_or(0.0, day),
        folds.last().map_or(1.0, day),
    );
    let x = (first - 1.0, last.max(first + 1.0) + 1.0);
    let plot = upright(f64::from(HEIGHT), legend, x, (low, high));
    plot.y_axis(canvas, &y_ticks, |tick| format!("{tick:.2}"))?;
    for (fold, anchor) in [(folds.first(), Anchor::Start), (folds.last(), Anchor::End)] {
        if let Some(fold) = fold {
            let place = (plot.across(day(fold)), plot.up(low) + 30.0);
            canvas.text(&fold.cutoff.to_string(), place, anchor, INK)?;
        }
    }
    let (across, up) = (lang.say(&words::COL_CUTOFF), lang.say(&words::COL_AUC));
    plot.titles(canvas, across, up)?;
    canvas.dashes(plot.at((x.0, 0.5)), plot.at((x.1, 0.5)), GREY)?;
    for (name, color) in shown.iter().zip(COLORS).rev() {
        let place = |fold: &FoldMeasures| Some(plot.at((day(fold), auc(fold, name)?)));
        let places: Vec<Place> = folds.iter().filter_map(place).collect();
        canvas.line(&places, color, 5)?;
        for place in places {
            canvas.dot(place, color)?;
        }
    }
    Ok(())
}

/// Lift of each tenth of the chosen model.
pub(super) fn lift(lang: Lang, rolling: &Rolling) -> Drawn {
    let title = &words::CHART_LIFT;
    let lifts = rolling.lift.get(CHOSEN).map_or(&[][..], Vec::as_slice);
    let svg = lift_picture(lang, lang.say(title), lifts)?;
    let table = lift_table(lang, lifts);
    let note = lang.say(&words::CHART_LIFT_NOTE);
    Ok(chart(lang, "backtest_lift", title, note, svg, table))
}

/// Calibrated probabilities against findings.
pub(super) fn calibration(lang: Lang, rolling: &Rolling) -> Drawn {
    let title = &words::CHART_CALIBRATION;
    let Some(calibration) = &rolling.calibration else {
        return Ok(left_out(lang, title, &words::WHY_NO_PAST));
    };
    let svg = calibration_picture(lang, lang.say(title), &calibration.bins)?;
    let table = calibration_table(lang, &calibration.bins);
    let note = lang.say(&words::CHART_CALIBRATION_NOTE);
    Ok(chart(lang, "backtest_calibration", title, note, svg, table))
}
