//! Two runs side by side: who changed class, as a matrix, and how far columns drifted, as bars beside the usual limits.

use super::burden::fitted;
use super::heat::tint;
use super::{Drawing, Drawn, titled};
use crate::evaluate::{ColumnKind, Drift, Migration, Movement, Since};
use crate::report::Error;
use crate::report::canvas::{
    Anchor, Canvas, Entry, GREY, INK, LIGHT, Mark, NAVY, ORANGE, Plot, WIDTH, draw,
};
use crate::report::drift;
use crate::report::format::{count, decimal, fine, len, percent_whole, real};
use crate::report::lang::{Lang, Phrase};
use crate::report::phrases::phrases;

/// Columns on the picture: classes and scores, then the indicators that moved most. The table has all.
const SHOWN: usize = 12;
/// End of the scale: a column beyond it has its number beside the bar.
const FAR: f64 = 1.0;
/// Limits of the index.
const LIMITS: [f64; 2] = [0.1, 0.25];

phrases! {
    CHART_MIGRATION = "分类迁移（{0} 至今）", "Migration of classes since {0}";
    NOTE_MIGRATION = "行为上次分类，列为本次分类；格内上为户数，下为占该行的比例，颜色随比例加深。{0} 户改变了分类。", "Rows: classes then; columns: classes now; in a cell objects above, their share of the row below and as shade. {0} objects changed class.";
    CHART_PSI = "分布漂移（PSI，{0} 至今）", "Drift since {0} (PSI)";
    NOTE_PSI = "虚线为 0.1 和 0.25；细竖线为无变化时的 95% 分位，条未超过它就可能只是偶然。分类和得分在前，指标取移动最大的。", "Dashed: 0.1 and 0.25; thin upright line: the 95% point under no change, below which a bar may be chance. Classes and scores first, then the indicators that moved most.";
    WHY_NO_PROFILE = "其中一次运行没有留下分布（internal/profile.json）。", "one of the runs kept no distribution (internal/profile.json).";
    LEGEND_PSI = "PSI", "PSI";
    LEGEND_CRITICAL = "偶然波动上限", "Chance alone";
}

/// Who changed class.
pub(in crate::report) fn migration(lang: Lang, since: &Since) -> Drawn {
    let title = lang.fill(&CHART_MIGRATION, &[&since.as_of.to_string()]);
    let matrix = &since.migration;
    let n_rows = u32::try_from(matrix.from.len() + 1).unwrap_or(20);
    let svg = draw(90 + 74 * n_rows, &title, |canvas| {
        paint_matrix(lang, canvas, matrix)
    })?;
    let note = lang.fill(&NOTE_MIGRATION, &[&count(matrix.n_changed())]);
    let table = drift::matrix(matrix, lang);
    Ok(titled("migration", title, &note, svg, table))
}

fn paint_matrix(lang: Lang, canvas: &mut Canvas, matrix: &Migration) -> Result<(), Error> {
    let (left, top) = (190.0, 56.0);
    let columns = matrix.to.iter().map(String::as_str);
    let columns: Vec<&str> = columns.chain([lang.say(&drift::LEFT)]).collect();
    let width = (f64::from(WIDTH) - 16.0 - left) / len(columns.len());
    for (at, name) in columns.iter().enumerate() {
        let middle = (left + (len(at) + 0.5) * width, top - 26.0);
        canvas.text(&fitted(name, width - 4.0), middle, Anchor::Middle, INK)?;
    }
    let rows = matrix.from.iter().map(String::as_str);
    let rows = rows.chain([lang.say(&drift::CAME)]);
    let cells = matrix.n.iter().zip(&matrix.left);
    let cells = cells.map(|(row, left)| row.iter().chain([left]).copied().collect());
    let cells = cells.chain([matrix.came.clone()]);
    for (line, (name, cells)) in rows.zip(cells).enumerate() {
        let cells: Vec<u64> = cells;
        let y = top + 74.0 * len(line);
        let label = fitted(name, left - 24.0);
        canvas.text(&label, (16.0, y + 37.0), Anchor::Start, INK)?;
        let whole = real(cells.iter().sum::<u64>().max(1));
        for (at, &n) in cells.iter().enumerate() {
            let corner = (left + len(at) * width, y);
            paint_cell(canvas, (n, real(n) / whole), corner, width)?;
        }
    }
    Ok(())
}

fn paint_cell(
    canvas: &mut Canvas,
    (n, share): (u64, f64),
    (x, y): (f64, f64),
    width: f64,
) -> Result<(), Error> {
    let (ground, ink) = tint(share, (0.0, 1.0));
    canvas.rectangle((x + 1.0, y + 1.0), (x + width - 1.0, y + 73.0), ground)?;
    let middle = x + width / 2.0;
    canvas.text(&count(n), (middle, y + 22.0), Anchor::Middle, ink)?;
    let below = (middle, y + 52.0);
    canvas.text(&percent_whole(share), below, Anchor::Middle, ink)
}

/// How far columns drifted.
pub(in crate::report) fn psi(lang: Lang, since: &Since) -> Drawn {
    let title = lang.fill(&CHART_PSI, &[&since.as_of.to_string()]);
    if since.drifts.is_empty() {
        return Ok(Drawing::LeftOut {
            title,
            why: &WHY_NO_PROFILE,
        });
    }
    let shown = shown(&since.drifts);
    let height = 200 + 56 * u32::try_from(shown.len()).unwrap_or(12);
    let svg = draw(height, &title, |canvas| {
        paint_bars(lang, canvas, f64::from(height), &shown)
    })?;
    let table = drift::psi_table(&since.drifts, lang);
    Ok(titled("psi", title, lang.say(&NOTE_PSI), svg, table))
}

/// Classes, scores, then indicators by their index.
fn shown(drifts: &[Drift]) -> Vec<&Drift> {
    let mut shown: Vec<&Drift> = drifts.iter().collect();
    shown.sort_by(|a, b| a.kind.cmp(&b.kind).then(b.psi.total_cmp(&a.psi)));
    let is_named = |drift: &&&Drift| drift.kind != ColumnKind::Indicator;
    let named = shown.iter().filter(is_named).count().min(SHOWN / 2);
    let indicators = shown
        .iter()
        .filter(|drift| drift.kind == ColumnKind::Indicator);
    let rest: Vec<&Drift> = indicators.take(SHOWN - named).copied().collect();
    shown.truncate(named);
    shown.extend(rest);
    shown
}

fn paint_bars(lang: Lang, canvas: &mut Canvas, height: f64, shown: &[&Drift]) -> Result<(), Error> {
    let legend = canvas.legend(&[
        Entry::new(Mark::Box, NAVY, lang.say(&LEGEND_PSI)),
        Entry::new(Mark::Dashes, GREY, "0.1 · 0.25"),
        Entry::new(Mark::Line, ORANGE, lang.say(&LEGEND_CRITICAL)),
    ])?;
    let far = shown.iter().map(|drift| drift.psi).fold(0.4, f64::max);
    let top = ((far * 10.0).ceil() / 10.0).min(FAR);
    let bottom = len(shown.len());
    let plot = Plot::new(
        (430.0, f64::from(WIDTH) - 110.0),
        (legend + 10.0, height - 76.0),
        (0.0, top),
        (bottom, 0.0),
    );
    plot.y_axis(canvas, &[], decimal)?;
    plot.x_axis(canvas, &[LIMITS[0], LIMITS[1], top], |mark| {
        format!("{mark}")
    })?;
    for limit in LIMITS {
        canvas.dashes(plot.at((limit, 0.0)), plot.at((limit, bottom)), GREY)?;
    }
    for (slot, drift) in shown.iter().enumerate() {
        paint_bar(lang, canvas, &plot, (len(slot) + 0.5, top), drift)?;
    }
    Ok(())
}

/// One column: its name, its index as a bar that ends at the edge of the scale, the line of chance alone.
fn paint_bar(
    lang: Lang,
    canvas: &mut Canvas,
    plot: &Plot,
    (y, top): (f64, f64),
    drift: &Drift,
) -> Result<(), Error> {
    let name = fitted(drift::name(drift, lang), 390.0);
    canvas.text(&name, (16.0, plot.up(y)), Anchor::Start, INK)?;
    let color = if drift.movement == Movement::Stable {
        LIGHT
    } else {
        NAVY
    };
    let end = drift.psi.min(top);
    canvas.rectangle(plot.at((0.0, y - 0.28)), plot.at((end, y + 0.28)), color)?;
    let critical = drift.critical.filter(|critical| *critical <= top);
    if let Some(critical) = critical {
        let ends = [(critical, y - 0.4), (critical, y + 0.4)];
        canvas.line(&ends.map(|end| plot.at(end)), ORANGE, 3)?;
    }
    let right = plot.across(end.max(critical.unwrap_or(0.0))) + 12.0;
    canvas.label(&fine(drift.psi), (right, plot.up(y)), Anchor::Start, INK)
}
