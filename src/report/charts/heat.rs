//! Industry by district: shrunken prevalence as shade and number, grey where too few were visited, visits per 100 below.

use plotters::style::RGBColor;

use super::burden::fitted;
use super::{Drawn, chart, left_out};
use crate::evaluate::{Evaluation, HeatCell, HeatMap, Joined};
use crate::report::Error;
use crate::report::canvas::{Anchor, Canvas, Entry, INK, LETTER, Mark, WIDTH, draw, text_width};
use crate::report::format::{ABSENT, bracketed, count, len, percent, percent_whole};
use crate::report::lang::{self, Lang, Phrase};
use crate::report::phrases::phrases;
use crate::report::view::Table;
use crate::report::words;

/// Rows and columns on the picture: those with most objects. The table has all.
const ROWS_MAX: usize = 12;
const COLUMNS_MAX: usize = 8;
phrases! {
    WHY_NO_MAP = "没有同时按行业和片区统计的结果（[evaluate] by 需含 industry 和 region），或全部相同。", "there are no results by both industry and district ([evaluate] by needs industry and region), or all are alike.";
    WHY_ALL_FEW = "没有一个行业、片区或其交叉格的有效检查达到 30 户。", "no industry, no district and no cell of both has 30 valid visits.";
    JOINED_DISTRICTS = "没有一个行业×片区的格子达到 30 户，片区已合并，只分行业。", "No industry by district has 30 valid visits, so the districts are joined. ";
    JOINED_INDUSTRIES = "没有一个行业×片区的格子、也没有一个行业达到 30 户，行业已合并，只分片区。", "No industry by district and no industry has 30 valid visits, so the industries are joined. ";
    ALL = "全部", "All";
}

/// Ground of a cell with too few results.
const FEW: RGBColor = RGBColor(232, 232, 232);
const WHITE: RGBColor = RGBColor(255, 255, 255);
/// Light to dark; letters turn white on the two darkest.
const SHADES: [RGBColor; 5] = [
    RGBColor(232, 241, 249),
    RGBColor(190, 214, 236),
    RGBColor(134, 178, 217),
    RGBColor(56, 116, 176),
    RGBColor(11, 60, 112),
];

/// The map.
pub(in crate::report) fn heat(lang: Lang, evaluation: &Evaluation) -> Drawn {
    let title = &words::CHART_HEAT;
    let map = evaluation.hits.as_ref().and_then(|hits| hits.heat.as_ref());
    let Some(map) = map else {
        return Ok(left_out(lang, title, &WHY_NO_MAP));
    };
    if map.cells.iter().all(|cell| cell.suppressed) {
        return Ok(left_out(lang, title, &WHY_ALL_FEW));
    }
    let (rows, columns) = (
        largest(map, |cell| cell.row, ROWS_MAX),
        largest(map, |cell| cell.column, COLUMNS_MAX),
    );
    let height = 220 + 74 * u32::try_from(rows.len()).unwrap_or(12);
    let svg = draw(height, lang.say(title), |canvas| {
        paint(lang, canvas, map, &rows, &columns)
    })?;
    let note = lang.fill(&words::CHART_HEAT_NOTE, &[&percent(map.market)]);
    let coarser = map.joined.map(|joined| match joined {
        Joined::Districts => lang.say(&JOINED_DISTRICTS),
        Joined::Industries => lang.say(&JOINED_INDUSTRIES),
    });
    let note = format!("{}{note}", coarser.unwrap_or_default());
    Ok(chart(lang, "heat", title, &note, svg, table(lang, map)))
}

/// Places of the rows or columns with most objects, in their own order.
fn largest(map: &HeatMap, place: fn(&HeatCell) -> usize, most: usize) -> Vec<usize> {
    let mut sums = std::collections::BTreeMap::<usize, u64>::new();
    for cell in &map.cells {
        *sums.entry(place(cell)).or_default() += cell.n_frame;
    }
    let mut places: Vec<(usize, u64)> = sums.into_iter().collect();
    places.sort_by_key(|(at, n)| (std::cmp::Reverse(*n), *at));
    let mut kept: Vec<usize> = places.into_iter().take(most).map(|(at, _)| at).collect();
    kept.sort_unstable();
    kept
}

/// The shade of a rate, from lowest to highest of the map.
fn shade(value: f64, (low, high): (f64, f64)) -> usize {
    let steps = [0.2, 0.4, 0.6, 0.8];
    let along = (value - low) / (high - low).max(1e-12);
    steps.iter().filter(|step| along > **step).count()
}

/// Ground and letters of a value, from lowest to highest.
pub(super) fn tint(value: f64, ends: (f64, f64)) -> (RGBColor, RGBColor) {
    let at = shade(value, ends);
    (SHADES[at], if at >= 3 { WHITE } else { INK })
}

fn paint(
    lang: Lang,
    canvas: &mut Canvas,
    map: &HeatMap,
    rows: &[usize],
    columns: &[usize],
) -> Result<(), Error> {
    let values = || {
        map.cells
            .iter()
            .filter_map(|cell| cell.prevalence.value.filter(|_| !cell.suppressed))
    };
    let ends = (values().fold(1.0, f64::min), values().fold(0.0, f64::max));
    let legend = canvas.legend(&legend(lang, ends))?;
    let (left, top) = (300.0, legend + 92.0);
    let width = (f64::from(WIDTH) - 16.0 - left) / len(columns.len());
    let names: Vec<&str> = columns
        .iter()
        .map(|&column| called(lang, &map.columns[column]))
        .collect();
    heads(canvas, &names, (left, top), width)?;
    for (line, &row) in rows.iter().enumerate() {
        let y = top + 74.0 * len(line);
        let name = fitted(called(lang, &map.rows[row]), left - 24.0);
        canvas.text(&name, (16.0, y + 37.0), Anchor::Start, INK)?;
        for (at, &column) in columns.iter().enumerate() {
            let found = map
                .cells
                .iter()
                .find(|cell| (cell.row, cell.column) == (row, column));
            let corner = (left + len(at) * width, y);
            if let Some(cell) = found {
                paint_cell(canvas, cell, corner, width, ends)?;
            }
        }
    }
    Ok(())
}

/// Lowest, middle and highest rate; one where all are alike.
fn legend(lang: Lang, (low, high): (f64, f64)) -> Vec<Entry> {
    let shades = [
        (SHADES[0], low),
        (SHADES[2], f64::midpoint(low, high)),
        (SHADES[4], high),
    ];
    let n = if percent(low) == percent(high) { 1 } else { 3 };
    let shades = shades.into_iter().take(n);
    let shades = shades.map(|(color, value)| Entry::new(Mark::Box, color, &percent(value)));
    let few = Entry::new(Mark::Box, FEW, lang.say(&words::LEGEND_FEW));
    shades.chain([few]).collect()
}

/// Names above the columns; where they do not fit, every other one a line higher.
fn heads(
    canvas: &mut Canvas,
    names: &[&str],
    (left, top): (f64, f64),
    width: f64,
) -> Result<(), Error> {
    let is_tight = names.iter().any(|name| text_width(name) > width - 8.0);
    let room = if is_tight { 2.0 * width } else { width };
    for (at, name) in names.iter().enumerate() {
        let line = if is_tight && at % 2 == 0 { 60.0 } else { 26.0 };
        let middle = (left + (len(at) + 0.5) * width, top - line);
        canvas.text(&fitted(name, room - 8.0), middle, Anchor::Middle, INK)?;
    }
    Ok(())
}

fn paint_cell(
    canvas: &mut Canvas,
    cell: &HeatCell,
    (x, y): (f64, f64),
    width: f64,
    ends: (f64, f64),
) -> Result<(), Error> {
    let value = cell.prevalence.value.filter(|_| !cell.suppressed);
    let (ground, ink) = value.map_or((FEW, INK), |value| tint(value, ends));
    canvas.rectangle((x + 1.0, y + 1.0), (x + width - 1.0, y + 73.0), ground)?;
    let middle = x + width / 2.0;
    let text = value.map_or_else(|| ABSENT.to_owned(), percent_whole);
    canvas.text(&text, (middle, y + 22.0), Anchor::Middle, ink)?;
    let visits = format!("·{:.0}", cell.visits_per_100);
    canvas.text(
        &visits,
        (middle, y + 22.0 + LETTER * 1.05),
        Anchor::Middle,
        ink,
    )
}

/// What a row or column is called; joined ones have no label.
fn called(lang: Lang, label: &str) -> &str {
    if label.is_empty() {
        lang.say(&ALL)
    } else {
        plain(label)
    }
}

/// A label without its leading code: `F 批发和零售业` is `批发和零售业`, `130433100 馆陶镇` is `馆陶镇`.
fn plain(label: &str) -> &str {
    let is_code = |code: &str| code.len() == 1 || code.bytes().all(|byte| byte.is_ascii_digit());
    match label.split_once(' ') {
        Some((code, name)) if is_code(code) && !name.trim().is_empty() => name.trim(),
        _ => label,
    }
}

fn table(lang: Lang, map: &HeatMap) -> Table {
    let head = [
        &words::COL_INDUSTRY,
        &words::COL_DISTRICT,
        &lang::COL_N_FRAME,
        &words::COL_VISITS_100,
        &lang::PREVALENCE,
    ];
    let row = |cell: &HeatCell| {
        let rate = if cell.suppressed {
            lang.say(&lang::SUPPRESSED).to_owned()
        } else {
            bracketed(&cell.prevalence, percent)
        };
        let whole = |label: &String| match label.as_str() {
            "" => lang.say(&ALL).to_owned(),
            label => label.to_owned(),
        };
        vec![
            whole(&map.rows[cell.row]),
            whole(&map.columns[cell.column]),
            count(cell.n_frame),
            format!("{:.1}", cell.visits_per_100),
            rate,
        ]
    };
    let rows = map.cells.iter().map(row).collect();
    Table {
        n_text: 2,
        ..Table::new(lang, &head, rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_leave_labels_and_names_stay() {
        assert_eq!(plain("F 批发和零售业"), "批发和零售业");
        assert_eq!(plain("130433100 馆陶镇"), "馆陶镇");
        assert_eq!(plain("Ward 3"), "Ward 3");
    }

    #[test]
    fn the_lowest_rate_is_lightest_and_the_highest_darkest() {
        let ends = (0.05, 0.25);
        assert_eq!(
            (shade(0.05, ends), shade(0.15, ends), shade(0.25, ends)),
            (0, 2, 4)
        );
        assert_eq!(shade(0.1, (0.1, 0.1)), 0);
    }
}
