//! The tables of a comparison of policies.

use super::words;
use super::{PolicyMode, PolicyOutcome, PolicyReport, PolicyWarning, Ranged, Target, TargetKind};
use crate::report::format::{ABSENT, decimal, percent};
use crate::report::lang::{Lang, Phrase};
use crate::report::view::Table;

/// What a policy is called.
pub(super) fn name(report: &PolicyReport, policy: &str, lang: Lang) -> String {
    let found = report.facts.policies.iter().find(|one| one.name == policy);
    found.map_or_else(|| policy.to_owned(), |one| titled(&one.title, lang))
}

/// Of a Chinese and an English text, the one that is read.
pub(super) fn titled(title: &[String; 2], lang: Lang) -> String {
    let [zh, en] = title;
    lang.pick(zh, en).to_owned()
}

/// Place of a policy among those declared, from 1.
pub(super) fn number(report: &PolicyReport, policy: &str) -> usize {
    let place = report
        .facts
        .policies
        .iter()
        .position(|one| one.name == policy);
    place.map_or(0, |place| place + 1)
}

/// `40.9% [40.4%, 41.3%]`.
pub(super) fn bracketed(ranged: &Ranged, format: fn(f64) -> String) -> String {
    let [mean, low, high] = [ranged.mean, ranged.low, ranged.high].map(format);
    format!("{mean} [{low}, {high}]")
}

fn or_absent(ranged: Option<&Ranged>, format: fn(f64) -> String) -> String {
    ranged.map_or_else(|| ABSENT.to_owned(), |ranged| bracketed(ranged, format))
}

/// Outcomes of one mode, policies in the order declared.
pub(super) fn of_mode(report: &PolicyReport, mode: PolicyMode) -> Vec<&PolicyOutcome> {
    report
        .outcomes
        .iter()
        .filter(|one| one.mode == mode)
        .collect()
}

/// One row per policy and mode.
pub(super) fn outcomes(lang: Lang, report: &PolicyReport, mode: PolicyMode) -> Table {
    let row = |one: &&PolicyOutcome| {
        vec![
            format!(
                "{} {}",
                number(report, &one.policy),
                name(report, &one.policy, lang)
            ),
            bracketed(&one.violation, percent),
            or_absent(one.hit_rate.as_ref(), percent),
            or_absent(one.ht.as_ref(), percent),
            or_absent(one.hajek.as_ref(), percent),
            percent(one.visits.mean),
            decimal(one.fines.mean),
            percent(one.blind.mean),
        ]
    };
    let head = [
        &words::COL_POLICY,
        &words::COL_VIOLATION,
        &words::COL_HITS,
        &words::COL_HT,
        &words::COL_HAJEK,
        &words::COL_VISITS,
        &words::COL_FINES,
        &words::COL_BLIND,
    ];
    let rows = of_mode(report, mode).iter().map(row).collect();
    Table::new(lang, &head, rows).titled(words::mode(mode, lang).to_owned())
}

/// Classes under every policy of a mode.
pub(super) fn tiers(lang: Lang, report: &PolicyReport, mode: PolicyMode) -> Table {
    let rows = of_mode(report, mode).into_iter().flat_map(|one| {
        one.tiers.iter().map(|tier| {
            vec![
                name(report, &one.policy, lang),
                tier.code.clone(),
                percent(tier.share.mean),
                percent(tier.pi.mean),
                tier.burden
                    .map_or_else(|| ABSENT.to_owned(), |burden| decimal(burden.mean)),
                or_absent(tier.violation.as_ref(), percent),
            ]
        })
    });
    let head = [
        &words::COL_POLICY,
        &words::COL_CLASS,
        &words::COL_SHARE,
        &words::COL_PI,
        &words::COL_BURDEN,
        &words::COL_VIOLATION,
    ];
    let mut table = Table::new(lang, &head, rows.collect());
    table.n_text = 2;
    table.titled(words::mode(mode, lang).to_owned())
}

/// Closed forms beside what was simulated.
pub(super) fn closed(lang: Lang, report: &PolicyReport) -> Table {
    let rows = report.outcomes.iter().filter_map(|one| {
        let [hits, violation] = one.closed_form?;
        Some(vec![
            name(report, &one.policy, lang),
            fine_percent(hits),
            or_absent(one.hit_rate.as_ref(), fine_percent),
            fine_percent(violation),
            bracketed(&one.violation, fine_percent),
        ])
    });
    let head = [
        &words::COL_POLICY,
        &words::COL_CLOSED,
        &words::COL_HITS,
        &words::COL_CLOSED_P,
        &words::COL_VIOLATION,
    ];
    Table::new(lang, &head, rows.collect()).titled(lang.say(&words::TABLE_CLOSED).to_owned())
}

fn fine_percent(value: f64) -> String {
    format!("{:.2}%", value * 100.0)
}

/// What the declared parameters do, beside what was measured.
pub(super) fn targets(lang: Lang, report: &PolicyReport) -> Table {
    let row = |one: &Target| {
        let format: fn(f64) -> String = match one.kind {
            TargetKind::PublicityReach => kilometres,
            _ => signed_percent,
        };
        let verdict = if one.is_met {
            &words::MET
        } else {
            &words::NOT_MET
        };
        let band = [one.low, one.high].map(format);
        vec![
            lang.say(words::target(one.kind)).to_owned(),
            words::mode(one.mode, lang).to_owned(),
            one.value.map_or_else(|| ABSENT.to_owned(), format),
            format(one.target),
            format!("[{}, {}]", band[0], band[1]),
            match one.value {
                None => ABSENT.to_owned(),
                Some(_) => lang.say(verdict).to_owned(),
            },
        ]
    };
    let head = [
        &words::COL_EFFECT,
        &words::COL_MODE,
        &words::COL_VALUE,
        &words::COL_TARGET,
        &words::COL_BAND,
        &words::COL_VERDICT,
    ];
    let rows = report.calibration.iter().map(row).collect();
    Table::new(lang, &head, rows).loose(2)
}

fn signed_percent(value: f64) -> String {
    format!("{:+.1}%", value * 100.0)
}

fn kilometres(value: f64) -> String {
    format!("{value:.0}")
}

/// A warning as a sentence.
pub(super) fn warning(lang: Lang, report: &PolicyReport, one: &PolicyWarning) -> String {
    let policy = name(report, &one.policy, lang);
    let mode = one.mode.map_or("", |mode| words::mode(mode, lang));
    let numbers: Vec<String> = one.numbers.iter().map(|&number| percent(number)).collect();
    let mut values = vec![policy.as_str(), mode];
    values.extend(numbers.iter().map(String::as_str));
    lang.fill(words::warning(one.kind), &values)
}

/// A table of the points of a chart.
pub(super) fn points(lang: Lang, head: &[&Phrase], rows: Vec<Vec<String>>) -> Table {
    let mut table = Table::new(lang, head, rows);
    table.n_text = 2;
    table
}
