//! What draws did, outcome by outcome, as tables.

use super::names::{outcome, peers, refusal, verdict, wording};
use super::{range, whole};
use crate::evaluate::{
    Deterrence, DeterrenceOutcome, Effect, General, Placebo, PlaceboKind, Specific,
};
use crate::report::charts::percent_points;
use crate::report::format::{ABSENT, count, or_absent, percent};
use crate::report::lang::{self, Lang};
use crate::report::view::Table;
use crate::report::words;

pub(super) fn specific_table(lang: Lang, all: &[Specific]) -> Table {
    let head = [
        &words::COL_OUTCOME,
        &words::COL_DRAWN_MEAN,
        &words::COL_OTHER_MEAN,
        &words::COL_EFFECT,
        &words::COL_P,
        &words::COL_N_EFF_BOTH,
        &words::COL_WORD,
        &words::COL_SAYS,
    ];
    let row = |one: &Specific| {
        let support = &one.support;
        vec![
            lang.say(outcome(one.outcome)).to_owned(),
            or_absent(one.mean_drawn, percent),
            or_absent(one.mean_not_drawn, percent),
            effect_cell(&one.itt, 1.0),
            test_cell(&one.itt),
            format!(
                "{} / {}",
                whole(support.n_eff_drawn),
                whole(support.n_eff_not_drawn)
            ),
            lang.say(wording(one.itt.wording)).to_owned(),
            said_of(lang, &one.itt),
        ]
    };
    let rows = all.iter().map(row).collect();
    Table::new(lang, &head, rows).titled(lang.say(&words::TABLE_SPECIFIC).to_owned())
}

/// What no visit can move: 0 but for chance.
pub(super) fn placebo_table(lang: Lang, all: &[Placebo]) -> Table {
    let head = [
        &words::COL_OUTCOME,
        &words::COL_EFFECT,
        &words::COL_P,
        &words::COL_SAYS,
    ];
    let row = |one: &Placebo| {
        let (name, times) = match one.what {
            PlaceboKind::Before => (lang.say(&words::OUT_BEFORE).to_owned(), 1.0),
            PlaceboKind::Outcome => (lang.say(&words::OUT_PLACEBO).to_owned(), 1.0),
            PlaceboKind::Peers(of) => (peers(lang, of), 0.1),
        };
        vec![
            name,
            effect_cell(&one.effect, times),
            test_cell(&one.effect),
            said_of(lang, &one.effect),
        ]
    };
    let rows = all.iter().map(row).collect();
    Table::new(lang, &head, rows).titled(lang.say(&words::TABLE_PLACEBO).to_owned())
}

/// Exposure of peers, near and far, for the annex.
pub(in crate::report) fn general_table(lang: Lang, found: &Deterrence) -> Table {
    let head = [
        &words::COL_PEERS,
        &lang::COL_N,
        &words::COL_CHANGE_10,
        &words::COL_P,
        &words::COL_WORD,
        &words::COL_SAYS,
    ];
    let row = |name: String, one: &General| {
        vec![
            name,
            count(one.n),
            effect_cell(&one.dose, 0.1),
            test_cell(&one.dose),
            lang.say(wording(one.dose.wording)).to_owned(),
            said_of(lang, &one.dose),
        ]
    };
    let everybody = found.general.iter();
    let everybody = everybody.map(|one| row(peers(lang, one.peers), one));
    let revisits = found.general_revisits.iter().map(|one| {
        let outcome = lang.say(outcome(DeterrenceOutcome::MeasureRevisits));
        row(format!("{} · {outcome}", peers(lang, one.peers)), one)
    });
    let rows = everybody.chain(revisits).collect();
    Table::new(lang, &head, rows).titled(lang.say(&words::TABLE_GENERAL).to_owned())
}

/// `-1.20 [-2.10, -0.30]` in percentage points.
pub(in crate::report) fn effect_cell(effect: &Effect, times: f64) -> String {
    let points = |value: f64| percent_points(value * times);
    match (effect.value, range(effect)) {
        (Some(value), Some(known)) => {
            format!(
                "{} [{}, {}]",
                points(value),
                points(known.low),
                points(known.high)
            )
        }
        (Some(value), None) => points(value),
        (None, _) => ABSENT.to_owned(),
    }
}

fn test_cell(effect: &Effect) -> String {
    let p = effect.redrawn.as_ref().map(|test| test.p);
    p.map_or_else(|| ABSENT.to_owned(), p_value)
}

/// `0.013`, `<0.001`.
pub(in crate::report) fn p_value(p: f64) -> String {
    if p < 0.001 {
        "<0.001".to_owned()
    } else {
        format!("{p:.3}")
    }
}

/// `p = 0.013`, `p < 0.001`.
pub(in crate::report) fn p_said(p: f64) -> String {
    if p < 0.001 {
        "p < 0.001".to_owned()
    } else {
        format!("p = {p:.3}")
    }
}

/// The verdict, or why there is none.
fn said_of(lang: Lang, effect: &Effect) -> String {
    let says = lang.say(verdict(effect.verdict));
    match effect.refusal {
        Some(why) => format!("{says}{}{}", lang.pick("：", ": "), lang.say(refusal(why))),
        None => says.to_owned(),
    }
}
