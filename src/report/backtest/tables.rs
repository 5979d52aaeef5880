//! The tables of a back-test's page.

use super::words;
use crate::evaluate::{CHOSEN, Figures, FoldMeasures, Rolling, Subset};
use crate::report::format::{ABSENT, bracketed, count, fine, or_absent, percent, percent_whole};
use crate::report::lang::{Lang, Phrase};
use crate::report::view::Table;

/// Models in the order declared, the chosen one first.
pub(super) fn names(rolling: &Rolling) -> Vec<&str> {
    let declared = rolling.facts.models.iter().map(String::as_str);
    std::iter::once(CHOSEN).chain(declared).collect()
}

/// The baseline models are held against first.
pub(super) fn first_baseline(rolling: &Rolling) -> Option<&str> {
    rolling.facts.baselines.first().map(String::as_str)
}

const MEASURES: [&Phrase; 4] = [
    &words::COL_AUC,
    &words::COL_AP,
    &words::COL_P10,
    &words::COL_P20,
];

fn head<const N: usize>(first: [&'static Phrase; N]) -> Vec<&'static Phrase> {
    first.into_iter().chain(MEASURES).collect()
}

fn cells(figures: &Figures, area: fn(f64) -> String, share: fn(f64) -> String) -> Vec<String> {
    vec![
        bracketed(&figures.auc, area),
        bracketed(&figures.ap, area),
        bracketed(&figures.p10, share),
        bracketed(&figures.p20, share),
    ]
}

/// Means with their intervals.
pub(super) fn means(lang: Lang, rolling: &Rolling) -> Table {
    let row = |name: &str| {
        let own = vec![words::model(name, lang)];
        Some([own, cells(rolling.intervals.get(name)?, fine, percent)].concat())
    };
    let rows = names(rolling).into_iter().filter_map(row).collect();
    Table::new(lang, &head([&words::COL_MODEL]), rows)
}

/// Differences of every model to every baseline.
pub(super) fn differences(lang: Lang, rolling: &Rolling) -> Table {
    let rows = rolling.differences.iter().map(|one| {
        let own = [&one.model, &one.baseline].map(|name| words::model(name, lang));
        [own.to_vec(), cells(&one.by, signed, signed)].concat()
    });
    let head = head([&words::COL_MODEL, &words::COL_BASELINE]);
    let mut table = Table::new(lang, &head, rows.collect());
    table.n_text = 2;
    table.titled(lang.say(&words::TABLE_DIFFERENCES).to_owned())
}

fn signed(value: f64) -> String {
    format!("{value:+.3}")
}

/// One row per cut-off.
pub(super) fn folds(lang: Lang, folds: &[FoldMeasures], title: &Phrase) -> Table {
    let row = |fold: &FoldMeasures| {
        let own = fold.models.get(CHOSEN);
        let measure = |of: fn(&crate::evaluate::Measures) -> f64, format: fn(f64) -> String| {
            or_absent(own.map(of), format)
        };
        let past = fold.choice.auc.iter();
        let past = past.map(|(name, auc)| format!("{} {auc:.3}", words::model(name, lang)));
        let past: Vec<String> = past.collect();
        vec![
            fold.cutoff.to_string(),
            words::model(&fold.choice.name, lang),
            if past.is_empty() {
                ABSENT.to_owned()
            } else {
                past.join("; ")
            },
            own.map_or_else(|| ABSENT.to_owned(), |own| count(own.rows)),
            measure(|own| own.base, percent),
            count(fold.trained.rows),
            measure(|own| own.auc, fine),
            measure(|own| own.ap, fine),
            measure(|own| own.p10, percent),
            measure(|own| own.p20, percent),
        ]
    };
    let head = head([
        &words::COL_CUTOFF,
        &words::COL_CHOSEN,
        &words::COL_PAST,
        &words::COL_ROWS,
        &words::COL_BASE,
        &words::COL_TRAINED,
    ]);
    let mut table = Table::new(lang, &head, folds.iter().map(row).collect());
    table.n_text = 3;
    table.titled(lang.say(title).to_owned())
}

/// Precision, recall and lift of the chosen model.
pub(super) fn budgets(lang: Lang, rolling: &Rolling) -> Table {
    let rows = rolling.budgets.iter().filter_map(|budget| {
        let at = budget.models.get(CHOSEN)?;
        Some(vec![
            percent_whole(budget.share),
            percent(at.precision),
            percent(at.recall),
            format!("{:.2}", at.lift),
        ])
    });
    let head = [
        &words::COL_SHARE,
        &words::COL_PRECISION,
        &words::COL_RECALL,
        &words::COL_LIFT,
    ];
    Table::new(lang, &head, rows.collect()).titled(lang.say(&words::TABLE_BUDGETS).to_owned())
}

/// Level of the probabilities by cut-off.
pub(super) fn calibration(lang: Lang, rolling: &Rolling) -> Table {
    let folds = rolling
        .calibration
        .iter()
        .flat_map(|calibration| &calibration.folds);
    let rows = folds.map(|fold| {
        vec![
            fold.cutoff.to_string(),
            percent(fold.base),
            percent(fold.raw),
            percent(fold.calibrated),
            format!("{:.4}", fold.brier),
        ]
    });
    let head = [
        &words::COL_CUTOFF,
        &words::COL_BASE,
        &words::COL_RAW,
        &words::COL_CALIBRATED,
        &words::COL_BRIER,
    ];
    Table::new(lang, &head, rows.collect()).titled(lang.say(&words::TABLE_CALIBRATION).to_owned())
}

/// The chosen model and the first baseline in every subset.
pub(super) fn subsets(lang: Lang, rolling: &Rolling, subsets: &[&Subset]) -> Table {
    let shown: Vec<&str> = std::iter::once(CHOSEN)
        .chain(first_baseline(rolling))
        .collect();
    let rows = subsets.iter().filter_map(|subset| {
        let own = subset.models.get(CHOSEN)?;
        let value = subset.value.clone();
        let mut row = vec![
            value.unwrap_or_else(|| lang.say(&words::NO_VALUE).to_owned()),
            count(own.rows),
            percent(own.base),
        ];
        for name in &shown {
            let measures = subset.models.get(*name);
            row.push(or_absent(measures.map(|one| one.auc), fine));
            row.push(or_absent(measures.map(|one| one.p20), percent));
        }
        Some(row)
    });
    let first = [&words::COL_VALUE, &words::COL_ROWS, &words::COL_BASE];
    let mut head: Vec<String> = first.map(|phrase| lang.say(phrase).to_owned()).to_vec();
    for name in &shown {
        let name = words::model(name, lang);
        head.push(format!("{} {name}", lang.say(&words::COL_AUC)));
        head.push(format!("{} {name}", lang.say(&words::COL_P20)));
    }
    Table::of(head, rows.collect())
}

/// AUC inside inspectors.
pub(super) fn within(lang: Lang, rolling: &Rolling) -> Table {
    let rows = names(rolling).into_iter().filter_map(|name| {
        let within = rolling.within.get(name)?;
        Some(vec![
            words::model(name, lang),
            or_absent(rolling.mean.get(name).map(|mean| mean.auc), fine),
            fine(within.auc),
            count(within.pairs),
        ])
    });
    let head = [
        &words::COL_MODEL,
        &words::COL_AUC,
        &words::COL_WITHIN,
        &words::COL_PAIRS,
    ];
    Table::new(lang, &head, rows.collect())
}

/// Measures weighted 1/π.
pub(super) fn weighted(lang: Lang, rolling: &Rolling) -> Table {
    let rows = names(rolling).into_iter().filter_map(|name| {
        let own = rolling.weighted.get(name)?;
        Some(vec![
            words::model(name, lang),
            fine(own.auc),
            fine(own.ap),
            percent(own.p10),
            percent(own.p20),
        ])
    });
    Table::new(lang, &head([&words::COL_MODEL]), rows.collect())
}
