//! The annex: charts 5, 6, 10 and 11 of the report, how inspectors differ, numbers by class and definition.

use super::deterrence::{p_said, refusal};
use super::format::{count, interval, or_absent, percent};
use super::lang::Lang;
use super::view::Section;
use super::{Error, charts, hits, section, tables, with_rows, words};
use crate::evaluate::{
    Assignment, Detection, DoubleInspection, Evaluation, Interval, StrictnessSpread,
};

/// Calibration, map, burden, audit of the draw; what moved since an earlier run has a page of its own.
///
/// # Errors
/// When a chart cannot be drawn.
pub(super) fn measures(lang: Lang, evaluation: &Evaluation) -> Result<Section, Error> {
    let drawn = vec![
        charts::calibration(lang, evaluation),
        charts::heat(lang, evaluation),
        charts::burden(lang, evaluation),
        charts::draw_audit(lang, evaluation),
    ];
    let alone = evaluation.since.is_none();
    let movement = alone.then(|| {
        Ok(charts::left_out(
            lang,
            &words::CHART_DRIFT,
            &words::WHY_NO_DRIFT,
        ))
    });
    let drawn = drawn.into_iter().chain(movement).collect();
    let mut section = section(lang, "annex", &words::SECTION_ANNEX, drawn)?;
    section.is_page = true;
    Ok(section)
}

/// How inspectors differ; none where nothing was measured.
///
/// # Errors
/// When the chart cannot be drawn.
pub(super) fn inspectors(lang: Lang, evaluation: &Evaluation) -> Result<Option<Section>, Error> {
    let Some(detection) = &evaluation.detection else {
        return Ok(None);
    };
    let drawn = vec![charts::strictness(lang, evaluation)];
    let mut section = section(lang, "inspectors", &words::SECTION_DETECTION, drawn)?;
    section.is_page = !section.charts.is_empty();
    let spread = detection.spread.as_ref();
    section
        .paragraphs
        .extend(spread.map(|spread| said_of(lang, detection, spread)));
    let double = detection.double_inspection.as_ref();
    section
        .paragraphs
        .extend(double.and_then(|double| said_of_double(lang, double)));
    let notes = detection.notes.iter();
    let notes: Vec<&str> = notes.map(|note| lang.say(refusal(*note))).collect();
    if !notes.is_empty() {
        let notes = notes.join(lang.pick("；", "; "));
        section.paragraphs.push(lang.fill(&words::NOTES, &[&notes]));
    }
    Ok(Some(section))
}

fn said_of(lang: Lang, detection: &Detection, spread: &StrictnessSpread) -> String {
    let word = match detection.assignment {
        Assignment::Random => &words::STRICT_WORD_RANDOM,
        Assignment::NotRandom => &words::STRICT_WORD_OTHER,
    };
    let (word, test) = (lang.say(word), p_said(spread.p_equal));
    let raw = or_absent(spread.odds_ratio_raw, ratio);
    let names = [spread.strictest.as_str(), spread.mildest.as_str()];
    match spread.odds_ratio {
        Some(shrunken) => lang.fill(
            &words::STRICT_SPREAD,
            &[names[0], names[1], &ratio(shrunken), &raw, &test, word],
        ),
        None => lang.fill(&words::STRICT_RAW, &[names[0], names[1], &raw, &test, word]),
    }
}

fn ratio(value: f64) -> String {
    format!("{value:.1}")
}

fn said_of_double(lang: Lang, double: &DoubleInspection) -> Option<String> {
    let sensitivity = percent(double.sensitivity?);
    let known = double
        .low
        .zip(double.high)
        .map(|(low, high)| Interval { low, high });
    let range = interval(lang, known, percent);
    Some(lang.fill(
        &words::STRICT_DOUBLE,
        &[&count(double.n), &sensitivity, &range],
    ))
}

/// The four numbers by class and by definition, ranking measures.
///
/// # Errors
/// Never: the section has no chart.
pub(super) fn detail(lang: Lang, evaluation: &Evaluation) -> Result<Option<Section>, Error> {
    let Some(estimates) = &evaluation.estimates else {
        return Ok(None);
    };
    let mut section = section(lang, "detail", &words::SECTION_DETAIL, Vec::new())?;
    section.is_page = true;
    let ranking = tables::ranking_table(lang, estimates);
    let tables = [
        tables::class_table(lang, estimates),
        tables::definition_table(lang, estimates),
    ];
    let tables = tables.into_iter().chain(ranking);
    section.tables = with_rows(tables.chain(hits::tables(lang, evaluation)).collect());
    Ok(Some(section))
}
