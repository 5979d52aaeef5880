//! What businesses think their chance of a visit is, beside what it is.

use super::{Drawn, chart, left_out, percent_axis, percent_points};
use crate::evaluate::{Evaluation, Figure, Stated, Survey};
use crate::report::Error;
use crate::report::canvas::{
    Anchor, Canvas, Entry, INK, Mark, NAVY, ORANGE, Plot, WIDTH, draw, ticks,
};
use crate::report::format::{bracketed, count, len, or_absent, percent};
use crate::report::lang::{self, Lang, Phrase};
use crate::report::phrases::phrases;
use crate::report::view::Table;
use crate::report::words;

phrases! {
    NOTE = "圆点为受访企业自述的可能性（横线为 95% 区间），菱形为方案给出的实际概率（12 个月内 {0} 次抽查）。{1} 问了 {2} 户{3}。{4}", "Dots: the chance that businesses state, with 95% interval; diamonds: the one the plan gives them ({0} draws in 12 months). {2} asked on {1}{3}. {4}";
    NOT_ENOUGH = "，少于 400 户，只供参考", ", fewer than 400: for orientation only";
    OVER = "全体自述 {0}，实际 {1}：想象的概率高于实际，抽查的威慑超出其次数。", "All together state {0}, actual {1}: they expect more visits than are made, so the draw deters beyond its number.";
    UNDER = "全体自述 {0}，实际 {1}：想象的概率低于实际，抽查没有被看见，应加强公示。", "All together state {0}, actual {1}: they expect fewer visits than are made; the draw goes unseen, publish more.";
    EVEN = "全体自述 {0}，实际 {1}，差别不显著。", "All together state {0}, actual {1}: no significant difference.";
    WHY_FEW = "问卷每类受访都不足 30 户。", "the survey has fewer than 30 respondents in every class.";
    STATED = "自述", "Stated";
    ACTUAL = "实际", "Actual";
    COL_N = "受访", "Respondents";
    COL_DRAWN = "本次抽中", "Drawn this time";
    COL_GAP = "自述减实际（百分点）", "Stated less actual (points)";
    AXIS = "12 个月内被抽到的可能性", "Chance of a visit in 12 months";
    ALL = "全部", "All";
}

/// Stated against actual probability by class.
pub(in crate::report) fn stated(lang: Lang, evaluation: &Evaluation) -> Drawn {
    let title = &words::CHART_STATED;
    let Some(survey) = &evaluation.survey else {
        return Ok(left_out(lang, title, &words::WHY_NO_SURVEY));
    };
    let rows: Vec<&Stated> = survey.groups.iter().chain(&survey.overall).collect();
    if rows.iter().all(|one| one.stated.value.is_none()) {
        return Ok(left_out(lang, title, &WHY_FEW));
    }
    let height = 210 + 60 * u32::try_from(rows.len()).unwrap_or(8);
    let svg = draw(height, lang.say(title), |canvas| {
        paint(lang, canvas, f64::from(height), &rows)
    })?;
    let note = note(lang, survey);
    let table = table(lang, &rows);
    Ok(chart(lang, "stated", title, &note, svg, table))
}

fn note(lang: Lang, survey: &Survey) -> String {
    let enough = if survey.is_enough {
        ""
    } else {
        lang.say(&NOT_ENOUGH)
    };
    let all = survey.overall.as_ref().map(|all| said(lang, all));
    let said = lang.fill(
        &NOTE,
        &[
            &survey.draws.to_string(),
            &survey.asked_on.to_string(),
            &count(survey.n),
            enough,
            &all.unwrap_or_default(),
        ],
    );
    said.trim_end().to_owned()
}

fn said(lang: Lang, all: &Stated) -> String {
    let phrase = match all.gap.interval() {
        Some(gap) if gap.low > 0.0 => &OVER,
        Some(gap) if gap.high < 0.0 => &UNDER,
        _ => &EVEN,
    };
    let stated = or_absent(all.stated.value, percent);
    lang.fill(phrase, &[&stated, &or_absent(all.actual, percent)])
}

fn name(lang: Lang, one: &Stated) -> String {
    if one.class == "all" {
        lang.say(&ALL).to_owned()
    } else {
        one.class.clone()
    }
}

fn paint(lang: Lang, canvas: &mut Canvas, height: f64, rows: &[&Stated]) -> Result<(), Error> {
    let legend = canvas.legend(&[
        Entry::new(Mark::Dot, NAVY, lang.say(&STATED)),
        Entry::new(Mark::Diamond, ORANGE, lang.say(&ACTUAL)),
    ])?;
    let ends = rows.iter().flat_map(|one| {
        [one.stated.high, one.stated.value, one.actual]
            .into_iter()
            .flatten()
    });
    let ticks = ticks(ends.fold(0.05, f64::max));
    let top = ticks.last().copied().unwrap_or(1.0);
    let bottom = len(rows.len());
    let plot = Plot::new(
        (150.0, f64::from(WIDTH) - 48.0),
        (legend + 10.0, height - 110.0),
        (0.0, top),
        (bottom, 0.0),
    );
    plot.y_axis(canvas, &[], percent)?;
    plot.x_axis(canvas, &ticks, percent_axis(top))?;
    let below = (
        f64::midpoint(150.0, f64::from(WIDTH) - 48.0),
        plot.up(bottom) + 74.0,
    );
    canvas.text(lang.say(&AXIS), below, Anchor::Middle, INK)?;
    for (slot, one) in rows.iter().enumerate() {
        let y = len(slot) + 0.5;
        canvas.text(&name(lang, one), (16.0, plot.up(y)), Anchor::Start, INK)?;
        if let Some(known) = one.stated.interval() {
            canvas.whisker(plot.at((known.low, y)), plot.at((known.high, y)), INK)?;
        }
        if let Some(value) = one.stated.value {
            canvas.dot(plot.at((value, y)), NAVY)?;
        }
        if let Some(actual) = one.actual {
            canvas.diamond(plot.at((actual, y)), ORANGE)?;
        }
    }
    Ok(())
}

fn table(lang: Lang, rows: &[&Stated]) -> Table {
    let head = [
        &lang::COL_CLASS,
        &COL_N,
        &STATED,
        &ACTUAL,
        &COL_DRAWN,
        &COL_GAP,
    ];
    let shown = |figure: &Figure, format: fn(f64) -> String| match figure.value {
        None => lang.say(&lang::SUPPRESSED).to_owned(),
        Some(_) => bracketed(figure, format),
    };
    let row = |one: &&Stated| {
        vec![
            name(lang, one),
            count(one.n),
            shown(&one.stated, percent),
            or_absent(one.actual, percent),
            or_absent(one.drawn, percent),
            shown(&one.gap, percent_points),
        ]
    };
    Table::new(lang, &head, rows.iter().map(row).collect())
}
