//! Two pictures of the register's health: the share of each line, and how shares went over the months.

use plotters::style::RGBColor;

use super::words;
use crate::registers::{Ailment, Health, Line};
use crate::report::Error;
use crate::report::canvas::{
    Anchor, Canvas, Entry, GREY, INK, LIGHT, Mark, NAVY, ORANGE, Place, draw, ticks,
};
use crate::report::charts::{Drawn, chart, left_out, percent_axis, upright};
use crate::report::format::{ABSENT, count, len, percent};
use crate::report::lang::Lang;
use crate::report::view::Table;

const HEIGHT: u32 = 640;
const COLORS: [RGBColor; 4] = [NAVY, ORANGE, GREY, LIGHT];

/// Lines with something on them, the largest share first.
pub(super) fn by_share(health: &Health) -> Vec<&Line> {
    let mut lines: Vec<&Line> = health.lines.iter().filter(|line| line.n > 0).collect();
    let share = |line: &Line| line.share().unwrap_or(0.0);
    lines.sort_by(|a, b| share(b).total_cmp(&share(a)));
    lines
}

/// The share of each line.
pub(super) fn lines(lang: Lang, health: &Health) -> Drawn {
    let title = &words::CHART_LINES;
    let lines = by_share(health);
    let Some(highest) = lines.first().and_then(|line| line.share()) else {
        return Ok(left_out(lang, title, &words::NOTHING_WRONG));
    };
    let height = 40 + 86 * u32::try_from(lines.len()).expect("lines are few");
    let svg = draw(height, lang.say(title), |canvas| {
        for (slot, line) in lines.iter().enumerate() {
            let (y, share) = (34.0 + 86.0 * len(slot), line.share().unwrap_or(0.0));
            let name = lang.say(&words::of_line(line.ailment).name);
            canvas.text(name, (16.0, y), Anchor::Start, INK)?;
            let end = 16.0 + (share / highest).clamp(0.005, 1.0) * 640.0;
            canvas.rectangle((16.0, y + 20.0), (end, y + 48.0), NAVY)?;
            let said = format!("{} ({})", percent(share), count(line.n));
            canvas.text(&said, (end + 14.0, y + 34.0), Anchor::Start, INK)?;
        }
        Ok(())
    })?;
    let row = |line: &&Line| {
        let name = lang.say(&words::of_line(line.ailment).name).to_owned();
        let share = line.share().map_or_else(|| ABSENT.to_owned(), percent);
        vec![name, count(line.n), share]
    };
    let head = [&words::COL_LINE, &words::COL_N, &words::COL_SHARE];
    let table = Table::new(lang, &head, lines.iter().map(row).collect());
    let note = lang.say(&words::CHART_LINES_NOTE);
    Ok(chart(lang, "health_lines", title, note, svg, table))
}

/// Shares of the four largest lines of this month, over the months.
pub(super) fn trend(lang: Lang, months: &[&Health]) -> Drawn {
    let title = &words::CHART_TREND;
    let now = months.last().copied();
    let largest = now.map(by_share).unwrap_or_default();
    let shown: Vec<Ailment> = largest.iter().take(4).map(|line| line.ailment).collect();
    if shown.is_empty() {
        return Ok(left_out(lang, title, &words::NOTHING_WRONG));
    }
    let svg = draw(HEIGHT, lang.say(title), |canvas| {
        paint_trend(lang, canvas, months, &shown)
    })?;
    let name = |ailment: &Ailment| lang.say(&words::of_line(*ailment).name).to_owned();
    let fixed = [&words::COL_AS_OF, &words::CARD_OBJECTS, &words::COL_FRAME];
    let head = fixed.map(|phrase| lang.say(phrase).to_owned());
    let all: Vec<Ailment> = largest.iter().map(|line| line.ailment).collect();
    let head = head.into_iter().chain(all.iter().map(name)).collect();
    let row = |month: &&Health| {
        let fixed = [
            month.as_of.to_string(),
            count(month.n_objects),
            count(month.n_frame),
        ];
        let n = |ailment: &Ailment| {
            let line = month.line(*ailment);
            line.map_or_else(|| ABSENT.to_owned(), |line| count(line.n))
        };
        fixed.into_iter().chain(all.iter().map(n)).collect()
    };
    let table = Table::of(head, months.iter().map(row).collect());
    let note = lang.say(&words::CHART_TREND_NOTE);
    Ok(chart(lang, "health_trend", title, note, svg, table))
}

fn paint_trend(
    lang: Lang,
    canvas: &mut Canvas,
    months: &[&Health],
    shown: &[Ailment],
) -> Result<(), Error> {
    let named = |(ailment, color): (&Ailment, RGBColor)| {
        let name = lang.say(&words::of_line(*ailment).name);
        Entry::new(Mark::Line, color, name)
    };
    let entries: Vec<Entry> = shown.iter().zip(COLORS).map(named).collect();
    let legend = canvas.legend(&entries)?;
    let day = |month: &Health| f64::from(month.as_of.days());
    let (first, last) = (
        months.first().map_or(0.0, |month| day(month)),
        months.last().map_or(1.0, |month| day(month)),
    );
    let share = |month: &Health, ailment| month.line(ailment).and_then(Line::share);
    let all = shown
        .iter()
        .flat_map(|ailment| months.iter().filter_map(|month| share(month, *ailment)));
    let y_ticks = ticks(all.fold(0.0, f64::max) * 100.0);
    let y_ticks: Vec<f64> = y_ticks.into_iter().map(|tick| tick / 100.0).collect();
    let top = y_ticks.last().copied().unwrap_or(1.0);
    let x = (first, last.max(first + 1.0));
    let plot = upright(f64::from(HEIGHT), legend, x, (0.0, top));
    plot.y_axis(canvas, &y_ticks, percent_axis(top))?;
    for (month, anchor) in [
        (months.first(), Anchor::Start),
        (months.last(), Anchor::End),
    ] {
        if let Some(month) = month {
            let place = (plot.across(day(month)), plot.up(0.0) + 30.0);
            canvas.text(&month.as_of.to_string(), place, anchor, INK)?;
        }
    }
    let (across, up) = (lang.say(&words::AXIS_AS_OF), lang.say(&words::AXIS_SHARE));
    plot.titles(canvas, across, up)?;
    for (ailment, color) in shown.iter().zip(COLORS).rev() {
        let place = |month: &&Health| Some(plot.at((day(month), share(month, *ailment)?)));
        let places: Vec<Place> = months.iter().filter_map(place).collect();
        canvas.line(&places, color, 5)?;
        for place in places {
            canvas.dot(place, color)?;
        }
    }
    Ok(())
}
