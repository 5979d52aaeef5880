//! Page 3: did violations fall after the draw. Says 因果 only where the estimator says it, 不显著 where an interval covers 0.

mod abroad;
mod doubts;
mod names;
mod tables;

pub(super) use names::{refusal, verdict, wording};
pub(super) use tables::{effect_cell, general_table, p_said, p_value};

use super::charts::{self, percent_points};
use super::format::{count, interval_in, or_absent, percent, rounded};
use super::lang::{self, Lang};
use super::view::{Card, Section, Stamp};
use super::{Error, section, with_rows, words};
use doubts::doubts;
use tables::{placebo_table, specific_table};

use crate::evaluate::{
    Deterrence, Effect, Evaluation, General, Headline, IndicatorId, Interval, Reading, Refusal,
    Specific, Verdict,
};

/// The fourth card: 避免违规数 as a range.
pub(super) fn card(lang: Lang, evaluation: &Evaluation) -> Card {
    let headline = evaluation.deterrence.as_ref().map(|found| &found.headline);
    let unknown = || lang.say(&words::AVERTED_UNKNOWN).to_owned();
    let (value, sentence) = match headline {
        None => (unknown(), lang.say(&words::AVERTED_ABSENT).to_owned()),
        Some(headline) => averted(lang, headline).unwrap_or_else(|| {
            let why = headline.refusal.map(|why| lang.say(refusal(why)));
            let why = why.unwrap_or(lang.say(&words::TOO_FEW));
            let value = lang.say(verdict(headline.verdict)).to_owned();
            (value, lang.fill(&words::AVERTED_REFUSED, &[why]))
        }),
    };
    let kinds = headline.and_then(|_| kinds(lang, evaluation));
    let said: Vec<String> = std::iter::once(sentence).chain(kinds).collect();
    super::content::card(lang, &words::AVERTED, value, said.join(lang.pick("", " ")))
}

/// The range and its sentence; `None` where there is no interval.
fn averted(lang: Lang, headline: &Headline) -> Option<(String, String)> {
    let (value, low, high) = (headline.averted?, headline.low?, headline.high?);
    let whole = |value: f64| whole(value);
    let range = [whole(low), whole(high)];
    let shown = lang.fill(&words::AVERTED_RANGE, &[&range[0], &range[1]]);
    if headline.verdict != Verdict::Significant {
        let said = lang.fill(&words::AVERTED_NONE, &[&range[0], &range[1]]);
        return Some((lang.say(&lang::NOT_SIGNIFICANT).to_owned(), said));
    }
    let phrase = if value > 0.0 {
        &words::AVERTED_SAYS
    } else {
        &words::AVERTED_WORSE
    };
    let said = lang.fill(phrase, &[&whole(value.abs()), &range[0], &range[1]]);
    Some((shown, said))
}

/// `1,234` or `-56`.
fn whole(value: f64) -> String {
    let size = count(rounded(value.abs()));
    if value.round() < 0.0 {
        format!("-{size}")
    } else {
        size
    }
}

/// What counts as a violation here, where the job names the kinds of events.
fn kinds(lang: Lang, evaluation: &Evaluation) -> Option<String> {
    let kinds = &evaluation.outcome_kinds;
    let named = kinds.join(lang.pick("、", ", "));
    (!kinds.is_empty()).then(|| lang.fill(&words::OUTCOME_KINDS, &[&named]))
}

/// The page.
///
/// # Errors
/// When a chart cannot be drawn.
pub(super) fn page(lang: Lang, evaluation: &Evaluation) -> Result<Section, Error> {
    let drawn = vec![
        charts::event_study(lang, evaluation),
        charts::dose(lang, evaluation),
        charts::stated(lang, evaluation),
    ];
    let mut section = section(lang, "deterrence", &words::SECTION_DETERRENCE, drawn)?;
    section.is_page = true;
    section.aside = Some(abroad::aside(lang));
    if let Some(found) = &evaluation.deterrence {
        let doubts = doubts(lang, evaluation);
        section.stamp = Some(stamp(lang, found, &doubts));
        section.paragraphs = kinds(lang, evaluation).into_iter().collect();
        section.paragraphs.extend(paragraphs(lang, found, &doubts));
        section.tables = with_rows(vec![
            specific_table(lang, &found.specific),
            placebo_table(lang, &found.placebo),
        ]);
    } else {
        section.stamp = Some(no_stamp(lang));
        section.paragraphs = vec![why_absent(lang, evaluation)];
        section.left_out.clear();
    }
    section
        .paragraphs
        .push(lang.say(&words::DETER_RULE).to_owned());
    Ok(section)
}

/// Visits of the span, and whether none of them came from a draw.
pub(super) fn none_by_draw(evaluation: &Evaluation) -> Option<u64> {
    let mechanism = evaluation.mechanism.as_ref()?;
    let by_draw = mechanism
        .indicators
        .iter()
        .find(|one| one.id == IndicatorId::ByDraw)?;
    match by_draw.overall {
        Reading::Known {
            numerator: 0,
            denominator,
            ..
        } => Some(denominator),
        _ => None,
    }
}

fn why_absent(lang: Lang, evaluation: &Evaluation) -> String {
    match none_by_draw(evaluation) {
        Some(n) => lang.fill(&words::DETER_NOT_RANDOM, &[&count(n)]),
        None => lang.say(&words::DETER_NO_TABLE).to_owned(),
    }
}

fn no_stamp(lang: Lang) -> Stamp {
    Stamp {
        label: lang.say(&words::STAMP_TRUST).to_owned(),
        value: format!(
            "{} · {}",
            lang.say(&words::STAMP_NONE),
            lang.say(&words::NO_CLAIM)
        ),
        level: "none",
        why: lang.say(&words::WHY_NO_SECTION).to_owned(),
    }
}

/// 可信度 by the support gate of the headline: refused or too few is 低, a warning is 中, else 高.
fn stamp(lang: Lang, found: &Deterrence, doubts: &[(String, bool)]) -> Stamp {
    let headline = &found.headline;
    let word = lang.say(wording(headline.wording));
    let label = lang.say(&words::STAMP_TRUST).to_owned();
    let moved = found.placebo.iter();
    let moved = moved.filter(|one| one.effect.verdict == Verdict::Significant);
    let n_moved = moved.count() as u64;
    let notes = found.notes.iter().filter(|note| is_warning(**note));
    let notes = notes.filter(|note| **note != Refusal::PlaceboMoved || n_moved == 0);
    let notes = notes.map(|note| lang.say(refusal(*note)).to_owned());
    let placebos = [count(n_moved), count(found.placebo.len() as u64)];
    let placebos =
        (n_moved > 0).then(|| lang.fill(&words::PLACEBOS_MOVED, &[&placebos[0], &placebos[1]]));
    let doubts = doubts.iter().filter(|(_, lowers)| *lowers);
    let doubts = doubts.map(|(said, _)| said.clone());
    let warnings: Vec<String> = notes.chain(placebos).chain(doubts).collect();
    let has_number = headline.averted.is_some() && headline.low.is_some();
    let (trust, level, why) = if !has_number {
        let why = headline.refusal.map_or(&words::TOO_FEW, refusal);
        let why = lang.fill(&words::WHY_LOW, &[lang.say(why)]);
        (&lang::TRUST_LOW, "low", why)
    } else if warnings.is_empty() {
        let why = match found.placebo.len() {
            0 => lang.say(&words::WHY_HIGH_UNTRIED).to_owned(),
            n => lang.fill(&words::WHY_HIGH, &[&count(n as u64)]),
        };
        (&lang::TRUST_HIGH, "high", why)
    } else {
        let why = lang.fill(&words::WHY_MEDIUM, &[&warnings.join(lang.pick("；", "; "))]);
        (&lang::TRUST_MEDIUM, "medium", why)
    };
    let says = match headline.verdict {
        _ if !has_number => lang.say(&words::NO_CLAIM).to_owned(),
        Verdict::Significant => word.to_owned(),
        other => format!("{word} · {}", lang.say(verdict(other))),
    };
    Stamp {
        label,
        value: format!("{} · {says}", lang.say(trust)),
        level,
        why,
    }
}

/// Notes that lower the confidence; the others only say what was done.
fn is_warning(note: Refusal) -> bool {
    matches!(
        note,
        Refusal::MissingByArm
            | Refusal::ExitByArm
            | Refusal::PlaceboMoved
            | Refusal::OneCluster
            | Refusal::NoExposure
            | Refusal::NoRedraw
            | Refusal::WeakTakeUp
    )
}

fn paragraphs(lang: Lang, found: &Deterrence, doubts: &[(String, bool)]) -> Vec<String> {
    let mut said = vec![card_sentence(lang, &found.headline)];
    said.extend(parts_of(lang, found));
    said.extend(found.specific.first().and_then(|one| specific(lang, one)));
    said.extend(found.general.first().and_then(|one| general(lang, one)));
    said.push(power(lang, found));
    let notes = found.notes.iter().map(|note| lang.say(refusal(*note)));
    let doubts = doubts.iter().map(|(said, _)| said.as_str());
    let notes: Vec<&str> = notes.chain(doubts).collect();
    if !notes.is_empty() {
        said.push(lang.fill(&words::NOTES, &[&notes.join(lang.pick("；", "; "))]));
    }
    said
}

fn card_sentence(lang: Lang, headline: &Headline) -> String {
    let said = averted(lang, headline).map(|(_, sentence)| sentence);
    said.unwrap_or_else(|| {
        let why = lang.say(headline.refusal.map_or(&words::TOO_FEW, refusal));
        lang.fill(&words::AVERTED_REFUSED, &[why])
    })
}

/// The part of the drawn with its own interval, and that of their peers; none where there is one part alone.
fn parts_of(lang: Lang, found: &Deterrence) -> Option<String> {
    let headline = &found.headline;
    let (own, peers) = headline.specific.zip(headline.general)?;
    let effect = &found.specific.first()?.itt;
    let of_effect = range(effect)?;
    let times = -own / effect.value.filter(|value| *value != 0.0)?;
    let parts = [
        whole(own),
        whole(-of_effect.high * times),
        whole(-of_effect.low * times),
        lang.say(verdict(effect.verdict)).to_owned(),
        whole(peers),
    ];
    Some(lang.fill(&words::AVERTED_PARTS, &parts.each_ref().map(String::as_str)))
}

/// The interval an effect is read by: of the re-draw where there is one.
fn range(effect: &Effect) -> Option<Interval> {
    Some(Interval {
        low: effect.low?,
        high: effect.high?,
    })
}

fn points_range(lang: Lang, effect: &Effect, times: f64) -> String {
    let points = |value: f64| percent_points(value * times);
    interval_in(lang, range(effect), &lang::POINTS_OF, points)
}

fn specific(lang: Lang, one: &Specific) -> Option<String> {
    let value = one.itt.value?;
    let difference = lang.fill(&lang::POINTS_OF, &[&percent_points(value)]);
    let test = one.itt.redrawn.as_ref().map_or_else(
        || lang.say(&words::DETER_NO_P).to_owned(),
        |test| lang.fill(&words::DETER_P, &[&p_said(test.p), &count(test.n)]),
    );
    let says = [
        lang.say(verdict(one.itt.verdict)),
        lang.say(wording(one.itt.wording)),
        &test,
    ];
    Some(lang.fill(
        &words::DETER_SPECIFIC,
        &[
            &or_absent(one.mean_drawn, percent),
            &or_absent(one.mean_not_drawn, percent),
            &difference,
            &points_range(lang, &one.itt, 1.0),
            &says.join(lang.pick("，", ", ")),
        ],
    ))
}

fn general(lang: Lang, one: &General) -> Option<String> {
    let value = one.dose.value? * 0.1;
    let change = lang.fill(&lang::POINTS_OF, &[&percent_points(value)]);
    let says = [
        lang.say(verdict(one.dose.verdict)),
        lang.say(wording(one.dose.wording)),
    ];
    Some(lang.fill(
        &words::DETER_GENERAL,
        &[
            &change,
            &points_range(lang, &one.dose, 0.1),
            &says.join(lang.pick("，", ", ")),
        ],
    ))
}

fn power(lang: Lang, found: &Deterrence) -> String {
    let power = &found.power;
    let mut said = vec![lang.fill(
        &words::POWER,
        &[
            &percent(power.base_rate),
            &percent(power.effect_rate),
            &whole(power.revisits_needed),
            &whole(power.revisits),
        ],
    )];
    if power.enough {
        said.push(lang.say(&words::POWER_ENOUGH).to_owned());
    } else if let Some(waves) = power.waves_needed {
        said.push(lang.fill(&words::POWER_WAVES, &[&whole(waves.ceil())]));
    }
    if let Some(visible) = power.visible_effect {
        let points = lang.fill(&lang::POINTS_OF, &[&percent_points(visible.abs())]);
        said.push(lang.fill(&words::POWER_VISIBLE, &[&points]));
    }
    said.join(lang.pick("", " "))
}

/// Effective size of the smaller arm of revisits, where it is too small.
pub(super) fn short_of_revisits(found: &Deterrence) -> Option<(f64, f64)> {
    (!found.power.enough).then_some((found.power.revisits, found.power.revisits_needed))
}
