//! Tables of the report: numbers by class and definition, models, rows, strata, digests.

use super::content::{half_share, trust};
use super::format::{
    ABSENT, bracketed, count, decimal, expected, fine, or_absent, percent, real, signed,
};
use super::lang::{self, Lang};
use super::learned;
use super::view::Table;
use crate::evaluate::{Backtest, Cell, Estimates, Evaluation, Facts, ModelReplay};

/// The four numbers of every class and of the whole.
pub(super) fn class_table(lang: Lang, estimates: &Estimates) -> Table {
    let head = [
        &lang::COL_CLASS,
        &lang::COL_N_FRAME,
        &lang::COL_N_DRAWN,
        &lang::COL_N,
        &lang::COL_HITS,
        &lang::HIT_RATE,
        &lang::PREVALENCE,
        &lang::LIFT,
        &lang::OPPORTUNITY,
        &lang::COL_N_EFF,
        &lang::TRUST,
    ];
    let cells = estimates.by_class.iter().chain([&estimates.overall]);
    let rows = cells.map(|cell| class_row(lang, cell)).collect();
    Table::new(lang, &head, rows).titled(lang.say(&lang::TABLE_CLASSES).to_owned())
}

fn class_row(lang: Lang, cell: &Cell) -> Vec<String> {
    let label = if cell.label == "all" {
        lang.pick("全部", "All").to_owned()
    } else {
        format!("{} {}", cell.label, cell.name)
    };
    let mut row = vec![
        label,
        count(cell.n_frame),
        count(cell.n_drawn),
        count(cell.n),
        count(cell.hits),
    ];
    if cell.suppressed {
        row.extend([lang.say(&lang::SUPPRESSED), ABSENT, ABSENT, ABSENT].map(str::to_owned));
    } else {
        row.extend([
            bracketed(&cell.raw, percent),
            bracketed(&cell.prevalence, percent),
        ]);
        row.extend([
            bracketed(&cell.lift, decimal),
            bracketed(&cell.opportunity, expected),
        ]);
    }
    row.extend([
        format!("{:.1}", cell.support.n_eff),
        lang.say(trust(cell.trust)).to_owned(),
    ]);
    row
}

/// The raw rate under three definitions.
pub(super) fn definition_table(lang: Lang, estimates: &Estimates) -> Table {
    let head = [
        &lang::COL_DEFINITION,
        &lang::COL_N,
        &lang::COL_HITS,
        &lang::HIT_RATE,
        &lang::COL_USED,
    ];
    let name = |name: &str| match name {
        "found" => &lang::DEFINITION_FOUND,
        "codes" => &lang::DEFINITION_CODES,
        _ => &lang::DEFINITION_CODES_REACHED,
    };
    let row = |d: &crate::evaluate::Definition| {
        let used = lang
            .say(if d.used { &lang::YES } else { &lang::NO })
            .to_owned();
        let rate = if d.raw.value.is_none() {
            lang.say(&lang::SUPPRESSED).to_owned()
        } else {
            bracketed(&d.raw, percent)
        };
        vec![
            lang.say(name(&d.name)).to_owned(),
            count(d.n),
            count(d.hits),
            rate,
            used,
        ]
    };
    let rows = estimates.definitions.iter().map(row).collect();
    Table::new(lang, &head, rows).titled(lang.say(&lang::TABLE_DEFINITIONS).to_owned())
}

/// Ranking measures of the draw.
pub(super) fn ranking_table(lang: Lang, estimates: &Estimates) -> Option<Table> {
    let ranking = estimates.ranking.as_ref()?;
    let rows = [
        (lang.say(&lang::COL_AUC), or_absent(ranking.auc, fine)),
        (
            lang.say(&lang::COL_AP),
            or_absent(ranking.average_precision, fine),
        ),
        (
            lang.say(&lang::COL_P10),
            or_absent(ranking.precision_at_10, percent),
        ),
        (
            lang.say(&lang::COL_P20),
            or_absent(ranking.precision_at_20, percent),
        ),
        (lang.say(&lang::BRIER), or_absent(ranking.brier, fine)),
    ];
    let rows = rows
        .map(|(name, value)| vec![name.to_owned(), value])
        .into();
    Some(
        Table::new(lang, &[&lang::COL_NAME, &lang::COL_VALUE], rows)
            .titled(lang.say(&lang::TABLE_RANKING).to_owned()),
    )
}

/// Every model of the replay.
pub(super) fn model_table(lang: Lang, backtest: &Backtest) -> Table {
    let head = [
        &lang::COL_MODEL,
        &lang::COL_AUC,
        &lang::COL_WITHIN,
        &lang::COL_AP,
        &lang::COL_DAYS,
        &lang::COL_HALF,
        &lang::COL_P10,
        &lang::COL_P20,
    ];
    let row = |(name, model): (&String, &ModelReplay)| {
        vec![
            name.clone(),
            bracketed(&model.auc_interval, fine),
            or_absent(model.auc_within_inspector, fine),
            or_absent(model.average_precision, fine),
            bracketed(&model.days_interval, decimal),
            format!(
                "{} ({})",
                count(model.first_half_found),
                half_share(backtest, model.first_half_found)
            ),
            or_absent(model.precision_at_10, percent),
            or_absent(model.precision_at_20, percent),
        ]
    };
    let rows = backtest.models.iter().map(row).collect();
    Table::new(lang, &head, rows).titled(lang.say(&lang::TABLE_MODELS).to_owned())
}

/// Every model against the baseline; no rows without one.
pub(super) fn comparison_table(lang: Lang, backtest: &Backtest) -> Table {
    let head = [&lang::COL_MODEL, &lang::COL_GAIN_AUC, &lang::COL_GAIN_DAYS];
    let others = backtest
        .models
        .iter()
        .filter(|(_, model)| model.auc_gain.value.is_some());
    let row = |(name, model): (&String, &ModelReplay)| {
        let auc = gain(lang, &model.auc_gain, |value| format!("{value:+.3}"));
        vec![name.clone(), auc, gain(lang, &model.days_gain, signed)]
    };
    let caption = lang.fill(&lang::TABLE_COMPARISON, &[&backtest.baseline]);
    Table::new(lang, &head, others.map(row).collect()).titled(caption)
}

fn gain(lang: Lang, figure: &crate::evaluate::Figure, format: fn(f64) -> String) -> String {
    let text = bracketed(figure, format);
    match figure.interval() {
        Some(known) if known.covers(0.0) => format!("{text} {}", lang.say(&lang::NOT_SIGNIFICANT)),
        _ => text,
    }
}

/// Rows per source table.
pub(super) fn ingest_table(lang: Lang, facts: &Facts) -> Table {
    let head = [
        &lang::COL_TABLE,
        &lang::COL_READ,
        &lang::COL_ACCEPTED,
        &lang::COL_REFUSED,
        &lang::COL_LATER,
    ];
    let row = |t: &crate::evaluate::TableFacts| {
        let numbers = [t.read, t.accepted, t.refused, t.later].map(count);
        [lang.name(&t.table).to_owned()]
            .into_iter()
            .chain(numbers)
            .collect()
    };
    let rows = facts.tables.iter().map(row).collect();
    Table::new(lang, &head, rows).titled(lang.say(&lang::TABLE_INGEST).to_owned())
}

/// Objects left out of the frame.
pub(super) fn exclusion_table(lang: Lang, facts: &Facts) -> Table {
    let rows = facts
        .exclusions
        .iter()
        .map(|row| vec![lang.name(&row.label).to_owned(), count(row.n)])
        .collect();
    let table = Table::new(lang, &[&lang::COL_REASON, &lang::COL_N_FRAME], rows);
    let head = vec![
        lang.say(&lang::COL_REASON).to_owned(),
        lang.say(&lang::AXIS_OBJECTS).to_owned(),
    ];
    Table { head, ..table }
        .titled(lang.say(&lang::TABLE_EXCLUSIONS).to_owned())
        .loose(1)
}

/// Strata of the plan, with the raw rate where results are known.
pub(super) fn stratum_table(lang: Lang, evaluation: &Evaluation) -> Table {
    let head = [
        &lang::COL_STRATUM,
        &lang::COL_N_FRAME,
        &lang::COL_N_DRAWN,
        &lang::COL_FRACTION,
        &lang::COL_TAKE_ALL,
        &lang::COL_LEVELS,
        &lang::HIT_RATE,
    ];
    let cells = evaluation
        .estimates
        .as_ref()
        .map(|estimates| &estimates.by_stratum);
    let rate = |label: &str| {
        let Some(cell) = cells.and_then(|cells| cells.iter().find(|cell| cell.label == label))
        else {
            return ABSENT.to_owned();
        };
        if cell.suppressed {
            lang.say(&lang::SUPPRESSED).to_owned()
        } else {
            bracketed(&cell.raw, percent)
        }
    };
    let row = |s: &crate::evaluate::StratumFacts| {
        let fraction = if s.n_frame == 0 {
            ABSENT.to_owned()
        } else {
            percent(real(s.n_drawn) / real(s.n_frame))
        };
        let numbers = [
            count(s.n_frame),
            count(s.n_drawn),
            fraction,
            count(s.n_take_all),
            count(s.n_levels),
            rate(&s.label),
        ];
        [s.label.clone()].into_iter().chain(numbers).collect()
    };
    let rows = evaluation.facts.strata.iter().map(row).collect();
    Table::new(lang, &head, rows).titled(lang.say(&lang::TABLE_STRATA).to_owned())
}

/// What moves each model most.
pub(super) fn coefficient_tables(lang: Lang, facts: &Facts) -> Vec<Table> {
    let table = |model: &crate::evaluate::ModelFacts| {
        let row = |c: &crate::evaluate::Coefficient| {
            let name = lang.pick(&c.zh, &c.en);
            vec![
                if name.is_empty() {
                    c.name.clone()
                } else {
                    name.to_owned()
                },
                signed(c.value),
            ]
        };
        let rows = model.coefficients.iter().take(15).map(row).collect();
        let caption = lang.fill(&lang::TABLE_COEFFICIENTS, &[&model.name]);
        let adds = match model.learned {
            Some(_) => &learned::COL_ADDS,
            None => &lang::COL_COEFFICIENT,
        };
        Table::new(lang, &[&lang::COL_INDICATOR, adds], rows)
            .titled(caption)
            .loose(1)
    };
    facts
        .models
        .iter()
        .filter(|model| !model.coefficients.is_empty())
        .map(table)
        .collect()
}

/// Digests by name.
pub(super) fn digest_table(lang: Lang, facts: &Facts) -> Table {
    let rows = facts
        .digests
        .iter()
        .map(|digest| vec![lang.name(&digest.name).to_owned(), digest.text.clone()])
        .collect();
    let table = Table::new(lang, &[&lang::COL_NAME, &lang::COL_VALUE], rows);
    table
        .titled(lang.say(&lang::TABLE_DIGESTS).to_owned())
        .loose(2)
}
