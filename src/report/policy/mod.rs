//! A comparison of policies to a page and a workbook, in Chinese or English.
//!
//! Rendered from [`PolicyReport`] alone. It says beside every picture that firms are assumed and that ranges and the order of
//! policies are the result, no number a forecast.

mod book;
mod charts;
mod effects;
mod facts;
mod planted;
mod tables;
mod words;

pub use book::policy_tables;
pub use effects::{
    PLANTED_FORMAT, PlantedCase, PlantedEstimate, PlantedExpect, PlantedOutcome, PlantedReport,
};
pub use facts::{
    POLICY_FORMAT, PathPoint, PolicyFacts, PolicyMode, PolicyName, PolicyOutcome, PolicyReport,
    PolicyWarning, Ranged, Target, TargetKind, TierOutcome, WarningKind,
};
pub use planted::planted;

use super::content::{badge, card};
use super::format::{ABSENT, count, percent, real};
use super::lang::Lang;
use super::view::{Card, Page, Section};
use super::{Drawn, Error, TEMPLATE, section, with_rows};
use crate::sheets;
use tables::{name, of_mode, titled};

/// Monte-Carlo errors by which two policies must differ.
const CLEAR: f64 = 3.0;

/// Renders a comparison: `policy.html` and `policy.xlsx`. Same values, same bytes.
///
/// # Errors
/// When a chart, the page or the workbook cannot be made.
pub fn policy(report: &PolicyReport, lang: Lang) -> Result<Vec<(String, Vec<u8>)>, Error> {
    let html = sheets::page("policy.html", TEMPLATE, &page(report, lang)?)?;
    let book = sheets::workbook(&book::sheets(lang, report))?;
    Ok(vec![
        ("policy.html".to_owned(), html.into_bytes()),
        ("policy.xlsx".to_owned(), book),
    ])
}

fn page(report: &PolicyReport, lang: Lang) -> Result<Page, Error> {
    let mut t = lang.all();
    t.insert("REPORT", lang.say(&words::REPORT));
    t.insert("AS_OF", lang.say(&words::PERIODS));
    t.insert("JOB", lang.say(&words::WORLD));
    let sections = vec![
        compare(report, lang)?,
        over_time(report, lang)?,
        burden(report, lang)?,
        warnings(report, lang)?,
        calibration(report, lang)?,
        method(report, lang)?,
    ];
    Ok(Page {
        lang: lang.tag(),
        t,
        title: titled(&report.title, lang),
        office: String::new(),
        job: report.name.clone(),
        as_of: report.facts.periods.to_string(),
        caption: lang.say(&words::SIMULATED).to_owned(),
        badges: vec![badge(lang, &words::SIMULATED, &words::SIMULATED_NOTE)],
        cards: cards(report, lang),
        summary: summary(report, lang),
        sections,
        verify: String::new(),
    })
}

/// The policy with the fewest violations under a mode.
fn least(report: &PolicyReport, mode: PolicyMode) -> Option<&PolicyOutcome> {
    let of = of_mode(report, mode).into_iter();
    of.min_by(|a, b| a.violation.mean.total_cmp(&b.violation.mean))
}

/// The policy next to it under a mode, where the two cannot be told apart: their replicates, on the same firms and numbers, do
/// not differ by more than three Monte-Carlo errors.
fn rival<'a>(
    report: &'a PolicyReport,
    mode: PolicyMode,
    best: &PolicyOutcome,
) -> Option<&'a PolicyOutcome> {
    let others = of_mode(report, mode).into_iter();
    let others = others.filter(|one| one.policy != best.policy);
    let next = others.min_by(|a, b| a.violation.mean.total_cmp(&b.violation.mean))?;
    let pairs = next.violations.iter().zip(&best.violations);
    let gaps: Vec<f64> = pairs.map(|(next, best)| next - best).collect();
    let n = real(u64::try_from(gaps.len()).unwrap_or(u64::MAX));
    let mean = gaps.iter().sum::<f64>() / n;
    let squares: f64 = gaps.iter().map(|one| (one - mean).powi(2)).sum();
    let error = (squares / (n - 1.0).max(1.0) / n).sqrt();
    let is_clear = n > 1.0 && mean > CLEAR * error;
    (!is_clear).then_some(next)
}

/// The policy with the highest hit rate under a mode.
fn most(report: &PolicyReport, mode: PolicyMode) -> Option<(&PolicyOutcome, Ranged)> {
    let of = of_mode(report, mode).into_iter();
    let known = of.filter_map(|one| Some((one, one.hit_rate?)));
    known.max_by(|a, b| a.1.mean.total_cmp(&b.1.mean))
}

/// The policy with the fewest violations and what is said of it under every mode; no name where it cannot be told from the next.
fn fewest(report: &PolicyReport, lang: Lang) -> (String, String) {
    let modes = report.facts.modes.iter();
    let best: Vec<(PolicyMode, &PolicyOutcome, Option<&PolicyOutcome>)> = modes
        .filter_map(|&mode| {
            let one = least(report, mode)?;
            Some((mode, one, rival(report, mode, one)))
        })
        .collect();
    let said = |(mode, one, rival): &(PolicyMode, &PolicyOutcome, Option<&PolicyOutcome>)| {
        let named = |one: &PolicyOutcome| {
            let rate = percent(one.violation.mean);
            format!("{} {rate}", name(report, &one.policy, lang))
        };
        let mode = words::mode(*mode, lang);
        match rival {
            None => format!("{mode} {}", named(one)),
            Some(rival) => lang.fill(&words::CARD_BEST_RIVAL, &[mode, &named(one), &named(rival)]),
        }
    };
    let all: Vec<String> = best.iter().map(said).collect();
    let is_one = best
        .windows(2)
        .all(|pair| pair[0].1.policy == pair[1].1.policy);
    let is_clear = best.iter().all(|(_, _, rival)| rival.is_none());
    let phrase = match (is_clear, is_one) {
        (false, _) => &words::CARD_BEST_OPEN,
        (true, true) => &words::CARD_BEST_BOTH,
        (true, false) => &words::CARD_BEST_NOT,
    };
    let value = match best.first() {
        None => ABSENT.to_owned(),
        Some((_, one, None)) => name(report, &one.policy, lang),
        Some(_) => lang.say(&words::NOT_CLEAR).to_owned(),
    };
    let joined = all.join(lang.pick("；", "; "));
    (value, lang.fill(phrase, &[&joined]))
}

fn cards(report: &PolicyReport, lang: Lang) -> Vec<Card> {
    let modes = &report.facts.modes;
    let (best, best_said) = fewest(report, lang);
    let hits = modes.first().and_then(|&mode| most(report, mode));
    let ranges = report.outcomes.iter().map(|one| one.violation);
    let (low, high) = ranges.fold((f64::INFINITY, 0.0_f64), |(low, high), one| {
        (low.min(one.low), high.max(one.high))
    });
    let n_warnings = u64::try_from(report.warnings.len()).unwrap_or(u64::MAX);
    let absent = || ABSENT.to_owned();
    vec![
        card(lang, &words::CARD_BEST, best, best_said),
        card(
            lang,
            &words::CARD_HITS,
            hits.map_or_else(absent, |(one, _)| name(report, &one.policy, lang)),
            hits.map_or_else(absent, |(one, hits)| {
                format!("{} {}", words::mode(one.mode, lang), percent(hits.mean))
            }),
        ),
        card(
            lang,
            &words::CARD_RANGE,
            format!("{}–{}", percent(low), percent(high)),
            lang.say(&words::CARD_RANGE_SAYS).to_owned(),
        ),
        card(
            lang,
            &words::CARD_WARNINGS,
            count(n_warnings),
            lang.say(&words::CARD_WARNINGS_SAYS).to_owned(),
        ),
    ]
}

/// Who leads under each mode, what that means, and how far the parameters are calibrated.
fn summary(report: &PolicyReport, lang: Lang) -> Vec<String> {
    let one = |&mode: &PolicyMode| {
        let (best, (top, hits)) = (least(report, mode)?, most(report, mode)?);
        let names = [best, top].map(|one| name(report, &one.policy, lang));
        let rates = [best.violation.mean, hits.mean, top.violation.mean].map(percent);
        let values = [
            words::mode(mode, lang),
            &names[0],
            &rates[0],
            &names[1],
            &rates[1],
            &rates[2],
        ];
        let Some(rival) = rival(report, mode, best) else {
            return Some(lang.fill(&words::SUMMARY_LEAST, &values));
        };
        let next = [
            name(report, &rival.policy, lang),
            percent(rival.violation.mean),
        ];
        let values: Vec<&str> = values
            .into_iter()
            .chain(next.iter().map(String::as_str))
            .collect();
        Some(lang.fill(&words::SUMMARY_OPEN, &values))
    };
    let mut said: Vec<String> = report.facts.modes.iter().filter_map(one).collect();
    said.push(lang.say(&words::SUMMARY_SAME).to_owned());
    said.push(calibration_sentence(report, lang));
    said
}

fn calibration_sentence(report: &PolicyReport, lang: Lang) -> String {
    let known = || report.calibration.iter().filter(|one| one.value.is_some());
    let (met, all) = (known().filter(|one| one.is_met).count(), known().count());
    lang.fill(
        &words::SUMMARY_CALIBRATION,
        &[&met.to_string(), &all.to_string()],
    )
}

fn compare(report: &PolicyReport, lang: Lang) -> Result<Section, Error> {
    let drawn = vec![charts::scatter(lang, report), charts::truth(lang, report)];
    let mut section = section(lang, "compare", &words::SECTION_COMPARE, drawn)?;
    let facts = &report.facts;
    let numbers = [
        facts.replicates.to_string(),
        count(facts.firms),
        facts.from.to_string(),
    ];
    let said = lang.fill(
        &words::COMPARE_SAYS,
        &[&numbers[0], &numbers[1], &numbers[2]],
    );
    section.paragraphs = vec![said];
    let modes = facts
        .modes
        .iter()
        .map(|&mode| tables::outcomes(lang, report, mode));
    section.tables = with_rows(modes.chain([tables::closed(lang, report)]).collect());
    Ok(section)
}

fn over_time(report: &PolicyReport, lang: Lang) -> Result<Section, Error> {
    let modes = report.facts.modes.iter();
    let drawn: Vec<Drawn> = modes
        .map(|&mode| charts::path(lang, report, mode))
        .collect();
    section(lang, "paths", &words::SECTION_PATH, drawn)
}

fn burden(report: &PolicyReport, lang: Lang) -> Result<Section, Error> {
    let mut section = section(lang, "burden", &words::SECTION_BURDEN, Vec::new())?;
    section.paragraphs = vec![lang.say(&words::BURDEN_SAYS).to_owned()];
    let modes = report.facts.modes.iter();
    section.tables = with_rows(
        modes
            .map(|&mode| tables::tiers(lang, report, mode))
            .collect(),
    );
    Ok(section)
}

fn warnings(report: &PolicyReport, lang: Lang) -> Result<Section, Error> {
    let mut section = section(lang, "warnings", &words::SECTION_WARNINGS, Vec::new())?;
    let said = report
        .warnings
        .iter()
        .map(|one| tables::warning(lang, report, one));
    section.paragraphs = said.collect();
    if section.paragraphs.is_empty() {
        section
            .paragraphs
            .push(lang.say(&words::NO_WARNING).to_owned());
    }
    Ok(section)
}

fn calibration(report: &PolicyReport, lang: Lang) -> Result<Section, Error> {
    let mut section = section(lang, "calibration", &words::SECTION_CALIBRATION, Vec::new())?;
    section.paragraphs = vec![
        lang.say(&words::CALIBRATION_SAYS).to_owned(),
        calibration_sentence(report, lang),
    ];
    section.tables = with_rows(vec![tables::targets(lang, report)]);
    Ok(section)
}

fn method(report: &PolicyReport, lang: Lang) -> Result<Section, Error> {
    let mut section = section(lang, "method", &words::SECTION_METHOD, Vec::new())?;
    let facts = &report.facts;
    let design = match facts.design.as_str() {
        "pareto" => &words::METHOD_PARETO,
        _ => &words::METHOD_POISSON,
    };
    let shares = [facts.detection, facts.budget].map(percent);
    section.paragraphs = vec![
        lang.fill(&words::METHOD_FIRMS, &[&shares[0], &shares[1]]),
        lang.fill(&words::METHOD_PI, &[lang.say(design)]),
        lang.fill(&words::METHOD_SEEDS, &[&report.digest]),
    ];
    if facts.modes.contains(&PolicyMode::Given) {
        section
            .paragraphs
            .push(lang.say(&words::CLOSED_SAYS).to_owned());
    }
    section.is_method = true;
    Ok(section)
}
