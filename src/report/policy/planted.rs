//! Planted effects to a page and a workbook: truth against estimate, in Chinese or English.

use super::book::sheet;
use super::tables::titled;
use super::words;
use super::{PlantedCase, PlantedEstimate, PlantedExpect, PlantedReport};
use crate::report::canvas::{Canvas, Entry, GREY, INK, Mark, NAVY, ORANGE, draw, ticks};
use crate::report::charts::{Chart, Drawing, Drawn, percent_axis, upright};
use crate::report::content::badge;
use crate::report::format::{ABSENT, count, expected, len, or_absent, percent};
use crate::report::lang::Lang;
use crate::report::view::{Card, Page, Section, Table};
use crate::report::{Error, TEMPLATE, section, with_rows};
use crate::sheets::{self, Sheet};

const HEIGHT: u32 = 640;
/// Charts of one case each have an id; further cases have tables alone.
const IDS: [&str; 6] = [
    "planted_1",
    "planted_2",
    "planted_3",
    "planted_4",
    "planted_5",
    "planted_6",
];

/// Renders planted effects: `policy.html` and `policy.xlsx`. Same values, same bytes.
///
/// # Errors
/// When a chart, the page or the workbook cannot be made.
pub fn planted(report: &PlantedReport, lang: Lang) -> Result<Vec<(String, Vec<u8>)>, Error> {
    let html = sheets::page("policy.html", TEMPLATE, &page(report, lang)?)?;
    let titles = [&words::SHEET_FREQUENCIES, &words::SHEET_ESTIMATES];
    let tables = report.tables().into_iter().chain([report.replicates()]);
    let both = titles.into_iter().zip(tables);
    let both: Vec<Sheet> = both
        .map(|(title, table)| {
            sheet(lang, title, &table, |_, case| {
                let found = report.cases.iter().find(|one| one.name == case);
                found.map_or_else(|| case.to_owned(), |one| titled(&one.title, lang))
            })
        })
        .collect();
    let book = sheets::workbook(&both)?;
    Ok(vec![
        ("policy.html".to_owned(), html.into_bytes()),
        ("policy.xlsx".to_owned(), book),
    ])
}

fn page(report: &PlantedReport, lang: Lang) -> Result<Page, Error> {
    let mut t = lang.all();
    t.insert("REPORT", lang.say(&words::PLANTED));
    t.insert("AS_OF", lang.say(&words::CASES));
    t.insert("JOB", lang.say(&words::WORLD));
    let all = report.cases.iter().all(|case| case.holds);
    let verdict = if all {
        &words::PLANTED_HOLDS
    } else {
        &words::PLANTED_FAILS
    };
    Ok(Page {
        lang: lang.tag(),
        t,
        title: titled(&report.title, lang),
        office: String::new(),
        job: report.name.clone(),
        as_of: report.cases.len().to_string(),
        caption: lang.say(&words::SIMULATED).to_owned(),
        badges: vec![badge(lang, &words::SIMULATED, &words::PLANTED_NOTE)],
        cards: report
            .cases
            .iter()
            .take(4)
            .map(|case| case_card(lang, case))
            .collect(),
        summary: vec![
            lang.say(verdict).to_owned(),
            lang.say(&words::PLANTED_POWER).to_owned(),
        ],
        sections: vec![truths(report, lang)?, method(report, lang)?],
        verify: String::new(),
    })
}

fn case_card(lang: Lang, case: &PlantedCase) -> Card {
    let with_error = |value: Option<f64>, error: Option<f64>| match value.zip(error) {
        Some((value, error)) => format!("{} ± {}", percent(value), percent(error)),
        None => ABSENT.to_owned(),
    };
    let (value, phrase) = match case.expect {
        PlantedExpect::Coverage => (
            with_error(case.coverage, case.coverage_error),
            &words::CARD_COVERAGE,
        ),
        PlantedExpect::Refusal => (percent(case.refused), &words::CARD_REFUSED),
        PlantedExpect::FalseClaims => (
            with_error(case.claims, case.claims_error),
            &words::CARD_CLAIMS,
        ),
    };
    let verdict = if case.holds {
        &words::HOLDS
    } else {
        &words::FAILS
    };
    let sentence = lang.fill(
        phrase,
        &[&count(u64::from(case.replicates)), lang.say(verdict)],
    );
    Card {
        name: titled(&case.title, lang),
        value,
        sentence,
    }
}

fn truths(report: &PlantedReport, lang: Lang) -> Result<Section, Error> {
    let shown = report.cases.iter().filter(|case| case.coverage.is_some());
    let drawn: Vec<Drawn> = shown
        .zip(IDS)
        .map(|(case, id)| intervals(lang, case, id))
        .collect();
    let mut section = section(lang, "truth", &words::SECTION_TRUTH, drawn)?;
    section.paragraphs = vec![lang.say(&words::TRUTH_SAYS).to_owned()];
    section.tables = with_rows(vec![frequencies(lang, report), estimates(lang, report)]);
    let refused = report.cases.iter().filter(|case| case.coverage.is_none());
    section.left_out = refused
        .map(|case| {
            lang.fill(
                &words::REFUSED_SAYS,
                &[&titled(&case.title, lang), &expected(case.n_eff)],
            )
        })
        .collect();
    Ok(section)
}

/// The first replicates' intervals, by their estimate; those that miss the truth stand out.
fn intervals(lang: Lang, case: &PlantedCase, id: &'static str) -> Drawn {
    let title = titled(&case.title, lang);
    let mut shown: Vec<&PlantedEstimate> = case
        .estimates
        .iter()
        .filter(|one| one.low.is_some())
        .collect();
    shown.sort_by(|a, b| a.value.unwrap_or(0.0).total_cmp(&b.value.unwrap_or(0.0)));
    let svg = draw(HEIGHT, &title, |canvas| paint(lang, canvas, case, &shown))?;
    let row = |one: &&PlantedEstimate| {
        [Some(one.truth), one.value, one.low, one.high]
            .map(|value| or_absent(value, fine))
            .to_vec()
    };
    let head = [
        &words::COL_TRUTH,
        &words::COL_ESTIMATE,
        &words::COL_LOW,
        &words::COL_HIGH,
    ];
    let table = Table::new(lang, &head, shown.iter().map(row).collect());
    let note = lang.fill(&words::INTERVALS_NOTE, &[&shown.len().to_string()]);
    Ok(Drawing::Chart(Box::new(Chart {
        id,
        title,
        note,
        svg,
        table,
    })))
}

fn fine(value: f64) -> String {
    format!("{value:+.4}")
}

fn paint(
    lang: Lang,
    canvas: &mut Canvas,
    case: &PlantedCase,
    shown: &[&PlantedEstimate],
) -> Result<(), Error> {
    let legend = canvas.legend(&[
        Entry::new(Mark::Dashes, GREY, lang.say(&words::LEGEND_PLANTED)),
        Entry::new(Mark::Dot, NAVY, lang.say(&words::LEGEND_COVERS)),
        Entry::new(Mark::Diamond, ORANGE, lang.say(&words::LEGEND_MISSES)),
    ])?;
    let ends = shown.iter().flat_map(|one| [one.low, one.high]).flatten();
    let (low, high) = ends.fold((0.0_f64, 0.0_f64), |(low, high), end| {
        (low.min(end), high.max(end))
    });
    let steps = ticks(high - low);
    let step = steps.get(1).copied().unwrap_or(0.1);
    let first = (low / step).floor() * step;
    let n = ((high - first) / step).ceil();
    let y_ticks: Vec<f64> = (0..=12)
        .map(f64::from)
        .take_while(|i| *i <= n)
        .map(|i| first + i * step)
        .collect();
    let top = y_ticks.last().copied().unwrap_or(1.0).max(first + step);
    let plot = upright(
        f64::from(HEIGHT),
        legend,
        (-1.0, len(shown.len())),
        (first, top),
    );
    plot.y_axis(canvas, &y_ticks, percent_axis(step * 8.0))?;
    plot.titles(
        canvas,
        lang.say(&words::AXIS_REPLICATES),
        lang.say(&words::AXIS_DIFFERENCE),
    )?;
    canvas.line(
        &[plot.at((-1.0, 0.0)), plot.at((len(shown.len()), 0.0))],
        INK,
        2,
    )?;
    for (i, one) in shown.iter().enumerate() {
        let color = if one.covers() == Some(true) {
            NAVY
        } else {
            ORANGE
        };
        if let (Some(value), Some(low), Some(high)) = (one.value, one.low, one.high) {
            canvas.line(&[plot.at((len(i), low)), plot.at((len(i), high))], color, 3)?;
            let at = plot.at((len(i), value));
            match one.covers() {
                Some(true) => {
                    canvas.rectangle((at.0 - 4.0, at.1 - 4.0), (at.0 + 4.0, at.1 + 4.0), color)?;
                }
                _ => canvas.diamond(at, color)?,
            }
        }
    }
    canvas.dashes(
        plot.at((-1.0, case.truth)),
        plot.at((len(shown.len()), case.truth)),
        GREY,
    )
}

/// What was estimated.
fn estimates(lang: Lang, report: &PlantedReport) -> Table {
    let four = |value: f64| format!("{value:.4}");
    let row = |case: &PlantedCase| {
        vec![
            titled(&case.title, lang),
            fine(case.truth),
            or_absent(case.estimate, fine),
            or_absent(case.bias, fine),
            or_absent(case.spread, four),
            or_absent(case.mean_error, four),
            expected(case.n_eff),
        ]
    };
    let head = [
        &words::COL_CASE,
        &words::COL_TRUTH,
        &words::COL_ESTIMATE,
        &words::COL_BIAS,
        &words::COL_SPREAD,
        &words::COL_SE,
        &words::COL_N_EFF,
    ];
    Table::new(lang, &head, report.cases.iter().map(row).collect())
}

/// How often.
fn frequencies(lang: Lang, report: &PlantedReport) -> Table {
    let row = |case: &PlantedCase| {
        let verdict = if case.holds {
            &words::HOLDS
        } else {
            &words::FAILS
        };
        vec![
            titled(&case.title, lang),
            count(u64::from(case.objects) * u64::from(case.rounds)),
            count(u64::from(case.replicates)),
            or_absent(case.coverage, percent),
            or_absent(case.claims, percent),
            or_absent(case.rejected, percent),
            percent(case.refused),
            lang.say(verdict).to_owned(),
        ]
    };
    let head = [
        &words::COL_CASE,
        &words::COL_OBJECTS,
        &words::COL_REPLICATES,
        &words::COL_COVERAGE,
        &words::COL_CLAIMS,
        &words::COL_REJECTED,
        &words::COL_REFUSED,
        &words::COL_VERDICT,
    ];
    Table::new(lang, &head, report.cases.iter().map(row).collect())
}

fn method(report: &PlantedReport, lang: Lang) -> Result<Section, Error> {
    let mut section = section(lang, "method", &words::SECTION_METHOD, Vec::new())?;
    section.paragraphs = vec![
        lang.say(&words::PLANTED_METHOD).to_owned(),
        lang.fill(&words::PLANTED_SEEDS, &[&report.digest]),
    ];
    section.is_method = true;
    Ok(section)
}
