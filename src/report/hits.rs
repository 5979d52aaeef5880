//! The hit rate from every side: by attribute, other policies, what moved the raw rate since the last round.

use super::format::{ABSENT, bracketed, count, decimal, expected, interval_in, percent};
use super::lang::{self, Lang, Phrase};
use super::view::Table;
use super::words;
use crate::evaluate::off_policy::{Gate, PolicyValue};
use crate::evaluate::{
    ByAttribute, Cell, Change, Contrast, Evaluation, Figure, Hidden, HitRates, Why,
};

/// What changed since the last round, and why: mix, targeting, market. `None` without two rounds that can be compared.
pub(super) fn since(lang: Lang, evaluation: &Evaluation) -> Option<String> {
    let change = evaluation.over_time.as_ref()?.changes.last()?;
    change_said(lang, &words::SINCE, change)
}

/// A change of the hit rate and its parts; `phrase` names both rounds, both rates, the change and its interval.
pub(super) fn change_said(lang: Lang, phrase: &Phrase, change: &Change) -> Option<String> {
    let (from, to, total) = (change.raw_from?, change.raw_to?, change.total.value?);
    let mut said = vec![lang.fill(
        phrase,
        &[
            &change.from,
            &change.to,
            &percent(from),
            &percent(to),
            &moved(lang, total),
            &range(lang, &change.total),
        ],
    )];
    let parts = [
        (&words::PART_MIX, &change.mix),
        (&words::PART_TARGETING, &change.targeting),
        (&words::PART_MARKET, &change.market),
    ];
    let parts: Vec<String> = parts
        .iter()
        .filter_map(|(name, part)| one_part(lang, name, part))
        .collect();
    if parts.is_empty() {
        said.push(lang.say(&words::SINCE_NO_PARTS).to_owned());
    } else {
        said.push(lang.fill(&words::SINCE_PARTS, &[&parts.join(lang.pick("；", "; "))]));
    }
    Some(said.join(lang.pick("", " ")))
}

/// `+1.2 个百分点`.
fn moved(lang: Lang, share: f64) -> String {
    lang.fill(&lang::POINTS_OF, &[&signed_points(share)])
}

/// `+1.2`; `0.0` for what rounds to nothing.
fn signed_points(share: f64) -> String {
    if is_nothing(share) {
        "0.0".to_owned()
    } else {
        format!("{:+.1}", share * 100.0)
    }
}

/// Less than half of the last digit shown.
fn is_nothing(share: f64) -> bool {
    share.abs() < 0.0005
}

fn range(lang: Lang, figure: &Figure) -> String {
    let known = figure.interval();
    let text = interval_in(lang, known, &lang::POINTS_OF, signed_points);
    if known.is_some_and(|known| known.covers(0.0)) {
        let not = lang.say(&lang::NOT_SIGNIFICANT);
        format!("{text}{}{not}", lang.pick("，", ", "))
    } else {
        text
    }
}

fn one_part(lang: Lang, name: &Phrase, part: &Figure) -> Option<String> {
    let known = part.interval();
    if is_nothing(part.value?)
        && known.is_none_or(|one| is_nothing(one.low) && is_nothing(one.high))
    {
        return Some(lang.fill(&words::PART_NONE, &[lang.say(name)]));
    }
    let value = moved(lang, part.value?);
    let range = range(lang, part);
    Some(format!(
        "{}{}{value}{range}",
        lang.say(name),
        lang.pick("", " ")
    ))
}

/// Every table of the section.
pub(super) fn tables(lang: Lang, evaluation: &Evaluation) -> Vec<Table> {
    let mut tables = Vec::new();
    if let Some(found) = &evaluation.deterrence {
        tables.push(super::deterrence::general_table(lang, found));
    }
    if let Some(over_time) = evaluation.over_time.as_ref() {
        tables.push(changes(lang, &over_time.changes));
    }
    let Some(hits) = evaluation.hits.as_ref() else {
        return tables;
    };
    tables.push(policies(lang, &hits.policies));
    tables.push(contrasts(lang, &hits.contrasts));
    let known = evaluation
        .card
        .as_ref()
        .map_or(&[][..], |card| &card.attributes);
    let says_more = |by: &&ByAttribute| by.cells.len() != 1 || !by.hidden.is_empty();
    for attribute in hits.by.iter().filter(says_more) {
        let called = known.iter().find(|one| one.name == attribute.name);
        let name = match called {
            Some(one) => lang.pick(&one.text, &attribute.name).to_owned(),
            None => attribute_name(lang, &attribute.name),
        };
        tables.push(by(lang, &name, hits, attribute));
    }
    tables
}

/// What an attribute of `[evaluate] by` is called.
pub(super) fn attribute_name(lang: Lang, name: &str) -> String {
    let zh = match name {
        "class" => "类别",
        "region" => "行政区划",
        "industry" => "行业门类",
        "item" => "抽查事项",
        "office" => "管辖单位",
        "department" => "监管部门",
        "month" => "检查月份",
        other => other,
    };
    lang.pick(zh, name).to_owned()
}

fn by(lang: Lang, name: &str, hits: &HitRates, attribute: &ByAttribute) -> Table {
    let head = [
        &words::COL_GROUP,
        &lang::COL_N_FRAME,
        &lang::COL_N_DRAWN,
        &lang::COL_N,
        &lang::COL_HITS,
        &lang::HIT_RATE,
        &lang::PREVALENCE,
        &lang::LIFT,
        &lang::COL_N_EFF,
    ];
    let cell = |label: &str, cell: &Cell| {
        let frame = if cell.n_frame == 0 {
            ABSENT.to_owned()
        } else {
            count(cell.n_frame)
        };
        vec![
            lang.name(label).to_owned(),
            frame,
            count(cell.n_drawn),
            count(cell.n),
            count(cell.hits),
            bracketed(&cell.raw, percent),
            bracketed(&cell.prevalence, percent),
            bracketed(&cell.lift, decimal),
            format!("{:.1}", cell.support.n_eff),
        ]
    };
    let hidden = |hidden: &Hidden| {
        let why = match hidden.why {
            Why::Few => &lang::SUPPRESSED,
            Why::Protects => &words::HIDDEN_PROTECTS,
        };
        let mut row = vec![
            lang.name(&hidden.label).to_owned(),
            count(hidden.n_frame),
            count(hidden.n_drawn),
        ];
        row.extend([ABSENT, ABSENT, lang.say(why), ABSENT, ABSENT, ABSENT].map(str::to_owned));
        row
    };
    let rest = lang.say(&words::HIDDEN_REST);
    let mut rows: Vec<Vec<String>> = attribute
        .cells
        .iter()
        .map(|one| cell(&one.label, one))
        .collect();
    rows.extend(attribute.rest.iter().map(|one| cell(rest, one)));
    rows.extend(attribute.hidden.iter().map(hidden));
    let caption = lang.fill(&words::TABLE_BY, &[name, &hits.minimum.to_string()]);
    Table::new(lang, &head, rows).titled(caption)
}

fn policies(lang: Lang, policies: &[PolicyValue]) -> Table {
    let head = [
        &words::COL_POINT,
        &words::COL_VISITS,
        &lang::HIT_RATE,
        &words::COL_IPS,
        &words::COL_DR,
        &lang::COL_N_EFF,
        &words::COL_WEIGHT_MAX,
        &words::COL_GATE,
    ];
    let row = |policy: &PolicyValue| {
        let gate = match policy.gate {
            Gate::Green => lang.say(&words::GATE_GREEN).to_owned(),
            Gate::Amber => lang.say(&words::GATE_AMBER).to_owned(),
            Gate::Refused => {
                let classes = policy.unreached.join(lang.pick("、", ", "));
                format!("{} {classes}", lang.say(&words::GATE_REFUSED))
            }
        };
        vec![
            policy.name.clone(),
            expected(policy.visits),
            bracketed(&policy.rate, percent),
            bracketed(&policy.ips, expected),
            bracketed(&policy.doubly_robust, expected),
            format!("{:.1}", policy.n_eff),
            decimal(policy.weight_max),
            gate.trim().to_owned(),
        ]
    };
    let rows = policies.iter().map(row).collect();
    Table::new(lang, &head, rows).titled(lang.say(&words::TABLE_POLICIES).to_owned())
}

fn contrasts(lang: Lang, contrasts: &[Contrast]) -> Table {
    let head = [
        &lang::COL_CLASS,
        &words::COL_GROUPS,
        &words::COL_ODDS,
        &words::COL_P,
    ];
    let row = |one: &Contrast| {
        vec![
            format!("{} / {}", one.higher, one.lower),
            count(one.n_groups),
            bracketed(&one.odds_ratio, decimal),
            one.p
                .map_or_else(|| ABSENT.to_owned(), super::deterrence::p_value),
        ]
    };
    let rows = contrasts.iter().map(row).collect();
    Table::new(lang, &head, rows).titled(lang.say(&words::TABLE_CONTRASTS).to_owned())
}

/// Each change in its parts, in percentage points.
pub(super) fn changes(lang: Lang, changes: &[Change]) -> Table {
    let head = [
        &words::COL_ROUND,
        &words::COL_TOTAL,
        &words::PART_MIX,
        &words::PART_TARGETING,
        &words::PART_MARKET,
    ];
    let points = signed_points;
    let row = |change: &Change| {
        vec![
            format!("{} → {}", change.from, change.to),
            bracketed(&change.total, points),
            bracketed(&change.mix, points),
            bracketed(&change.targeting, points),
            bracketed(&change.market, points),
        ]
    };
    let rows = changes.iter().map(row).collect();
    Table::new(lang, &head, rows).titled(lang.say(&words::TABLE_CHANGES).to_owned())
}
