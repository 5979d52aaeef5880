//! From the evaluation to cards, sentences and tables. Says "not significant" wherever an interval covers no difference.

use super::format::{
    ABSENT, count, decimal, expected, fine, interval, interval_in, or_absent, percent, real,
};
use super::lang::{self, Lang, Phrase};
use super::view::{Badge, Card};
use crate::evaluate::{
    Backtest, Cell, ClassGap, Estimates, Evaluation, Facts, HitRule, Interval, ModelReplay, Trust,
    wilson,
};

/// The model the replay's cards speak of: the chosen one, else the first of the job's models that was replayed and is not
/// the baseline, else the one with the highest AUC.
pub(super) fn headline<'a>(evaluation: &Evaluation, backtest: &'a Backtest) -> Option<&'a str> {
    let replayed = |name: &str| {
        backtest
            .models
            .get_key_value(name)
            .map(|(name, _)| name.as_str())
    };
    let named = evaluation
        .facts
        .models
        .iter()
        .filter(|model| model.name != backtest.baseline);
    let best = || {
        let auc = |model: &ModelReplay| model.auc.unwrap_or(0.0);
        let others = backtest
            .models
            .iter()
            .filter(|(name, _)| **name != backtest.baseline || backtest.models.len() == 1);
        others
            .max_by(|a, b| auc(a.1).total_cmp(&auc(b.1)))
            .map(|(name, _)| name.as_str())
    };
    let chosen = replayed(&backtest.chosen).filter(|name| *name != backtest.baseline);
    chosen
        .or_else(|| named.into_iter().find_map(|model| replayed(&model.name)))
        .or_else(best)
}

pub(super) fn badges(lang: Lang, facts: &Facts) -> Vec<Badge> {
    let synthetic = facts
        .synthetic
        .then(|| badge(lang, &lang::SYNTHETIC, &lang::SYNTHETIC_NOTE));
    let rehearsal = facts
        .rehearsal
        .then(|| badge(lang, &lang::REHEARSAL, &lang::REHEARSAL_NOTE));
    synthetic.into_iter().chain(rehearsal).collect()
}

/// A label with what it means.
pub(super) fn badge(lang: Lang, label: &Phrase, note: &Phrase) -> Badge {
    Badge {
        label: lang.say(label).to_owned(),
        note: lang.say(note).to_owned(),
    }
}

/// Four cards: of the draw where its results are known (three numbers and 避免违规数), else of the replay, else of the draw's size.
pub(super) fn cards(lang: Lang, evaluation: &Evaluation) -> Vec<Card> {
    match (&evaluation.estimates, &evaluation.backtest) {
        (Some(estimates), _) => {
            let mut cards = draw_cards(lang, &estimates.overall);
            cards.push(super::deterrence::card(lang, evaluation));
            cards
        }
        (None, Some(backtest)) => replay_cards(lang, evaluation, backtest),
        (None, None) => super::rounds::cards(lang, evaluation)
            .unwrap_or_else(|| size_cards(lang, &evaluation.facts)),
    }
}

/// A card with its number and a sentence on it.
pub(super) fn card(lang: Lang, name: &Phrase, value: String, sentence: String) -> Card {
    Card {
        name: lang.say(name).to_owned(),
        value,
        sentence,
    }
}

fn draw_cards(lang: Lang, cell: &Cell) -> Vec<Card> {
    let names = [&lang::HIT_RATE, &lang::PREVALENCE, &lang::LIFT];
    if cell.suppressed {
        let sentence = lang.fill(&lang::CARD_SUPPRESSED, &[&count(cell.n)]);
        let empty = |name| {
            card(
                lang,
                name,
                lang.say(&lang::SUPPRESSED).to_owned(),
                sentence.clone(),
            )
        };
        return names.map(empty).into();
    }
    let texts = [
        raw_sentence(lang, cell),
        prevalence_sentence(lang, cell),
        joined(
            lang,
            &[lift_sentence(lang, cell), opportunity_sentence(lang, cell)],
        ),
    ];
    let times = |value: f64| lang.fill(&lang::TIMES, &[&decimal(value)]);
    let values = [
        or_absent(cell.raw.value, percent),
        or_absent(cell.prevalence.value, percent),
        cell.lift.value.map_or_else(|| ABSENT.to_owned(), times),
    ];
    let all = names.into_iter().zip(values).zip(texts);
    all.map(|((name, value), sentence)| card(lang, name, value, sentence))
        .collect()
}

fn raw_sentence(lang: Lang, cell: &Cell) -> String {
    let range = interval(lang, cell.raw.interval(), percent);
    let text = lang.fill(
        &lang::CARD_RAW,
        &[&count(cell.n), &count(cell.hits), &range],
    );
    match cell
        .support
        .sampling_fraction
        .filter(|fraction| *fraction > 0.1)
    {
        Some(fraction) => joined(
            lang,
            &[
                text,
                lang.fill(&lang::CARD_RAW_FRACTION, &[&percent(fraction)]),
            ],
        ),
        None => text,
    }
}

fn prevalence_sentence(lang: Lang, cell: &Cell) -> String {
    let range = interval(lang, cell.prevalence.interval(), percent);
    lang.fill(
        &lang::CARD_PREVALENCE,
        &[
            &count(cell.n_frame),
            &or_absent(cell.prevalence.value, percent),
            &range,
        ],
    )
}

fn lift_sentence(lang: Lang, cell: &Cell) -> String {
    let times = |value: f64| lang.fill(&lang::TIMES, &[&decimal(value)]);
    let range = interval(lang, cell.lift.interval(), times);
    match cell.lift.interval() {
        Some(known) if !known.covers(1.0) => {
            let value = cell.lift.value.map_or_else(|| ABSENT.to_owned(), times);
            lang.fill(&lang::CARD_LIFT, &[&value, &range])
        }
        Some(_) => lang.fill(&lang::CARD_LIFT_NONE, &[&range]),
        None => lang.say(&lang::CARD_NO_COMPARISON).to_owned(),
    }
}

fn opportunity_sentence(lang: Lang, cell: &Cell) -> String {
    let hits = |value: f64| lang.fill(&lang::HITS_UNIT, &[&expected(value)]);
    let range = interval(lang, cell.opportunity.interval(), hits);
    let value = cell
        .opportunity
        .value
        .map_or_else(|| ABSENT.to_owned(), hits);
    let found = lang.fill(&lang::HITS_UNIT, &[&count(cell.hits)]);
    let is_apart = cell
        .lift
        .interval()
        .is_some_and(|interval| !interval.covers(1.0));
    let phrase = if is_apart {
        &lang::CARD_OPPORTUNITY
    } else {
        &lang::CARD_OPPORTUNITY_NONE
    };
    lang.fill(phrase, &[&count(cell.n), &value, &range, &found])
}

fn replay_cards(lang: Lang, evaluation: &Evaluation, backtest: &Backtest) -> Vec<Card> {
    let done = backtest.first_half_found_as_done;
    let as_done = lang.fill(
        &lang::CARD_HALF_DONE_TEXT,
        &[
            &count(backtest.n_first_half),
            &count(done),
            &count(backtest.positives),
            &half_interval(lang, backtest, done),
        ],
    );
    let mut cards = vec![card(
        lang,
        &lang::CARD_HALF_DONE,
        half_share(backtest, done),
        as_done,
    )];
    if let Some(name) = headline(evaluation, backtest) {
        let model = &backtest.models[name];
        cards.push(half_card(lang, backtest, name, model));
        cards.push(days_card(lang, model));
        cards.push(auc_card(lang, model));
    }
    cards
}

pub(super) fn half_share(backtest: &Backtest, found: u64) -> String {
    if backtest.positives == 0 {
        ABSENT.to_owned()
    } else {
        percent(real(found) / real(backtest.positives))
    }
}

fn half_interval(lang: Lang, backtest: &Backtest, found: u64) -> String {
    let known = (backtest.positives > 0).then(|| wilson(real(found), real(backtest.positives)));
    interval(lang, known, percent)
}

fn half_card(lang: Lang, backtest: &Backtest, name: &str, model: &ModelReplay) -> Card {
    let (found, done) = (model.first_half_found, backtest.first_half_found_as_done);
    let phrase = if found > done {
        &lang::CARD_HALF_MODEL_TEXT
    } else {
        &lang::CARD_HALF_MODEL_LESS
    };
    let range = half_interval(lang, backtest, found);
    let numbers = [
        name,
        &count(backtest.n_first_half),
        &count(found),
        &range,
        &count(found.abs_diff(done)),
    ];
    card(
        lang,
        &lang::CARD_HALF_MODEL,
        half_share(backtest, found),
        lang.fill(phrase, &numbers),
    )
}

fn days_card(lang: Lang, model: &ModelReplay) -> Card {
    let days = |value: f64| lang.fill(&lang::DAYS_UNIT, &[&decimal(value)]);
    let range = interval(lang, model.days_interval.interval(), days);
    let value = model.days_earlier.map_or_else(|| ABSENT.to_owned(), days);
    let sentence = match model.days_interval.interval() {
        Some(known) if !known.covers(0.0) => lang.fill(&lang::CARD_DAYS_TEXT, &[&value, &range]),
        Some(_) => lang.fill(&lang::CARD_DAYS_NONE, &[&range]),
        None => lang.say(&lang::CARD_NO_COMPARISON).to_owned(),
    };
    card(lang, &lang::CARD_DAYS, value, sentence)
}

fn auc_card(lang: Lang, model: &ModelReplay) -> Card {
    let range = interval(lang, model.auc_interval.interval(), fine);
    let within = model
        .auc_within_inspector
        .map_or_else(|| lang.say(&lang::UNKNOWN).to_owned(), fine);
    let value = or_absent(model.auc, fine);
    let sentence = match model.auc_interval.interval() {
        Some(known) if !known.covers(0.5) => {
            lang.fill(&lang::CARD_AUC_TEXT, &[&value, &range, &within])
        }
        Some(_) => lang.fill(&lang::CARD_AUC_NONE, &[&range, &within]),
        None => lang.say(&lang::CARD_NO_COMPARISON).to_owned(),
    };
    card(lang, &lang::CARD_AUC, value, sentence)
}

fn size_cards(lang: Lang, facts: &Facts) -> Vec<Card> {
    let drawn: u64 = facts.classes.iter().map(|class| class.n_drawn).sum();
    let coverage = if facts.n_frame == 0 {
        ABSENT.to_owned()
    } else {
        percent(real(drawn) / real(facts.n_frame))
    };
    let (read, refused) = facts.tables.iter().fold((0, 0), |(read, refused), t| {
        (read + t.read, refused + t.refused)
    });
    let frame = lang.fill(
        &lang::CARD_FRAME_TEXT,
        &[&count(facts.n_objects), &count(facts.n_frame)],
    );
    vec![
        card(lang, &lang::CARD_FRAME, count(facts.n_frame), frame),
        card(
            lang,
            &lang::CARD_DRAWN,
            count(drawn),
            lang.fill(&lang::CARD_DRAWN_TEXT, &[&count(drawn)]),
        ),
        card(
            lang,
            &lang::CARD_COVERAGE,
            coverage.clone(),
            lang.fill(&lang::CARD_COVERAGE_TEXT, &[&coverage]),
        ),
        card(
            lang,
            &lang::CARD_REFUSED,
            count(refused),
            lang.fill(&lang::CARD_REFUSED_TEXT, &[&count(read), &count(refused)]),
        ),
    ]
}

/// Sentences put together: English ones with a space between.
fn joined(lang: Lang, sentences: &[String]) -> String {
    sentences.join(lang.pick("", " "))
}

/// The sentences below the cards.
pub(super) fn summary(lang: Lang, evaluation: &Evaluation) -> Vec<String> {
    let last = super::since::sentences(lang, evaluation);
    let Some(estimates) = &evaluation.estimates else {
        return last;
    };
    let cell = &estimates.overall;
    let support = [
        lang.say(trust(cell.trust)),
        &count(cell.n),
        &format!("{:.1}", cell.support.n_eff),
        &or_absent(cell.support.pi_min, |pi| format!("{pi:.4}")),
        &or_absent(cell.support.weight_share_max, percent),
        &percent(cell.support.blind_share),
    ];
    let mut response = vec![lang.fill(
        &lang::RESPONSE_NOTE,
        &[
            &count(cell.n_drawn),
            &count(cell.n_visited),
            &or_absent(cell.response.map(|share| 1.0 - share), percent),
        ],
    )];
    if cell.response.is_some_and(|share| share < 0.9) {
        response.push(lang.say(&lang::RESPONSE_FLAG).to_owned());
    }
    let void = lang.fill(
        &lang::VOID_NOTE,
        &[&count(cell.n_void), &count(cell.n_unreachable)],
    );
    let rule = lang.say(match (estimates.hit_rule, estimates.unreachable_is_hit) {
        (HitRule::Found, _) => &lang::RULE_FOUND,
        (HitRule::Codes, true) => &lang::RULE_CODES,
        (HitRule::Codes, false) => &lang::RULE_CODES_REACHED,
    });
    let since = super::hits::since(lang, evaluation);
    let sentences = vec![
        lang.fill(&lang::STAMP, &support),
        joined(lang, &response),
        joined(lang, &[void, rule.to_owned()]),
    ];
    last.into_iter().chain(since).chain(sentences).collect()
}

/// 可信度 in a word.
pub(super) fn trust(trust: Trust) -> &'static Phrase {
    match trust {
        Trust::High => &lang::TRUST_HIGH,
        Trust::Medium => &lang::TRUST_MEDIUM,
        Trust::Low => &lang::TRUST_LOW,
    }
}

/// Adjacent classes in words.
pub(super) fn gaps(lang: Lang, estimates: &Estimates) -> Option<String> {
    let gap = |gap: &ClassGap| {
        let points = |value: f64| format!("{:.1}", value * 100.0);
        let known = Interval {
            low: gap.low,
            high: gap.high,
        };
        let unit = |value: f64| lang.fill(&lang::POINTS_OF, &[&points(value)]);
        let range = interval_in(lang, Some(known), &lang::POINTS_OF, points);
        if known.covers(0.0) {
            return lang.fill(&lang::GAP_NONE, &[&gap.lower, &gap.higher, &range]);
        }
        let phrase = if gap.difference > 0.0 {
            &lang::GAP_UP
        } else {
            &lang::GAP_DOWN
        };
        lang.fill(
            phrase,
            &[&gap.lower, &gap.higher, &unit(gap.difference.abs()), &range],
        )
    };
    let sentences: Vec<String> = estimates.class_gaps.iter().map(gap).collect();
    (!sentences.is_empty()).then(|| joined(lang, &sentences))
}

/// How the numbers were made.
pub(super) fn method(lang: Lang, evaluation: &Evaluation) -> Vec<String> {
    let mut sentences = Vec::new();
    if let Some(estimates) = &evaluation.estimates {
        sentences.extend(
            [&lang::METHOD_RAW, &lang::METHOD_PREVALENCE].map(|phrase| lang.say(phrase).to_owned()),
        );
        sentences.push(lang.fill(&lang::METHOD_LIFT, &[&count(estimates.replicates.into())]));
        sentences.push(lang.say(&lang::METHOD_SUPPRESSION).to_owned());
        if !estimates.collapsed.is_empty() {
            let groups: Vec<String> = estimates
                .collapsed
                .iter()
                .map(|group| group.join(" + "))
                .collect();
            sentences.push(lang.fill(&lang::COLLAPSED, &[&groups.join(lang.pick("；", "; "))]));
        }
        let drawn = count(estimates.overall.n_drawn);
        sentences.push(lang.fill(&lang::SUM_PI, &[&decimal(estimates.sum_pi), &drawn]));
    }
    if let Some(backtest) = &evaluation.backtest {
        sentences.push(lang.fill(&lang::METHOD_REPLAY, &[&count(backtest.replicates.into())]));
    }
    if evaluation.deterrence.is_none() {
        sentences.push(lang.say(&lang::METHOD_CAUSE).to_owned());
    }
    if let Some(seed) = &evaluation.facts.seed {
        sentences.push(lang.fill(&lang::SEED, &[&seed.text, &seed.source]));
    }
    sentences
}

/// What the replay is, and what it is compared with.
pub(super) fn replay_intro(lang: Lang, backtest: &Backtest) -> Vec<String> {
    let (from, until) = (backtest.from.to_string(), backtest.until.to_string());
    let mut sentences = vec![lang.fill(
        &lang::REPLAY_INTRO,
        &[
            &from,
            &until,
            &count(backtest.n),
            &count(backtest.positives),
        ],
    )];
    sentences.push(lang.say(&lang::REPLAY_LIMIT).to_owned());
    sentences
}
