//! A back-test as a workbook: every number of the page and of every model, one sheet per table.

use std::collections::BTreeMap;

use super::tables::names;
use super::words;
use crate::evaluate::{Figure, Figures, FoldMeasures, Measures, Rolling};
use crate::report::format::real;
use crate::report::lang::{Lang, Phrase};
use crate::sheets::{Column, ColumnKind, Sheet, Value};

/// The sheets of `backtest.xlsx`.
pub(super) fn sheets(lang: Lang, rolling: &Rolling) -> Vec<Sheet> {
    let all = [
        means(lang, rolling),
        folds(lang, rolling),
        differences(lang, rolling),
        budgets(lang, rolling),
        subsets(lang, rolling),
        calibration(lang, rolling),
    ];
    let filled = all.into_iter().filter(|sheet| !sheet.rows.is_empty());
    filled.collect()
}

fn column(lang: Lang, header: &Phrase, kind: ColumnKind) -> Column {
    Column::new(lang.say(header), kind)
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn sheet(lang: Lang, name: &Phrase, columns: Vec<Column>, rows: Vec<Vec<Value>>) -> Sheet {
    Sheet {
        name: lang.say(name).to_owned(),
        columns,
        rows,
    }
}

fn measure_columns(lang: Lang) -> Vec<Column> {
    vec![
        column(lang, &words::COL_ROWS, ColumnKind::Count),
        column(lang, &words::COL_BASE, ColumnKind::Percent),
        column(lang, &words::COL_AUC, ColumnKind::Number),
        column(lang, &words::COL_AP, ColumnKind::Number),
        column(lang, &words::COL_P10, ColumnKind::Percent),
        column(lang, &words::COL_P20, ColumnKind::Percent),
    ]
}

fn measures(own: &Measures) -> Vec<Value> {
    let numbers = [real(own.rows), own.base, own.auc, own.ap, own.p10, own.p20];
    numbers.map(Value::Number).to_vec()
}

/// Rows of every model that has measures, its name first.
fn of_models<'a>(
    lang: Lang,
    rolling: &'a Rolling,
    models: &'a BTreeMap<String, Measures>,
) -> impl Iterator<Item = Vec<Value>> + 'a {
    let own = names(rolling).into_iter();
    own.filter_map(move |name| {
        let own = models.get(name)?;
        Some([vec![text(&words::model(name, lang))], measures(own)].concat())
    })
}

fn means(lang: Lang, rolling: &Rolling) -> Sheet {
    let model = column(lang, &words::COL_MODEL, ColumnKind::Text);
    let columns = [vec![model], measure_columns(lang)].concat();
    let rows = of_models(lang, rolling, &rolling.mean).collect();
    sheet(lang, &words::SHEET_MEAN, columns, rows)
}

fn folds(lang: Lang, rolling: &Rolling) -> Sheet {
    let first = [
        column(lang, &words::COL_CUTOFF, ColumnKind::Date),
        column(lang, &words::COL_CHOSEN, ColumnKind::Text),
        column(lang, &words::COL_TRAINED, ColumnKind::Count),
        column(lang, &words::COL_MODEL, ColumnKind::Text),
    ];
    let columns = [first.to_vec(), measure_columns(lang)].concat();
    let of_fold = |fold: &FoldMeasures| -> Vec<Vec<Value>> {
        let own = [
            Value::Date(fold.cutoff),
            text(&words::model(&fold.choice.name, lang)),
            Value::Number(real(fold.trained.rows)),
        ];
        let models = of_models(lang, rolling, &fold.models);
        models.map(|row| [own.to_vec(), row].concat()).collect()
    };
    let all = rolling.earlier.iter().chain(&rolling.folds);
    sheet(
        lang,
        &words::SHEET_FOLDS,
        columns,
        all.flat_map(of_fold).collect(),
    )
}

fn figures(by: &Figures) -> Vec<Value> {
    let value = |value: Option<f64>| value.map_or(Value::Empty, Value::Number);
    let of = |figure: &Figure| [figure.value, figure.low, figure.high].map(value);
    [&by.auc, &by.ap, &by.p10, &by.p20]
        .into_iter()
        .flat_map(of)
        .collect()
}

fn differences(lang: Lang, rolling: &Rolling) -> Sheet {
    let mut columns = vec![
        column(lang, &words::COL_MODEL, ColumnKind::Text),
        column(lang, &words::COL_BASELINE, ColumnKind::Text),
    ];
    for header in [
        &words::COL_AUC,
        &words::COL_AP,
        &words::COL_P10,
        &words::COL_P20,
    ] {
        let name = lang.say(header);
        let ends = [
            name.to_owned(),
            format!("{name} 2.5%"),
            format!("{name} 97.5%"),
        ];
        columns.extend(ends.map(|name| Column::new(name, ColumnKind::Number)));
    }
    let row = |one: &crate::evaluate::Difference| {
        let own = [&one.model, &one.baseline].map(|name| text(&words::model(name, lang)));
        [own.to_vec(), figures(&one.by)].concat()
    };
    let rows = rolling.differences.iter().map(row).collect();
    sheet(lang, &words::SHEET_DIFFERENCES, columns, rows)
}

fn budgets(lang: Lang, rolling: &Rolling) -> Sheet {
    let columns = vec![
        column(lang, &words::COL_SHARE, ColumnKind::Percent),
        column(lang, &words::COL_MODEL, ColumnKind::Text),
        column(lang, &words::COL_PRECISION, ColumnKind::Percent),
        column(lang, &words::COL_RECALL, ColumnKind::Percent),
        column(lang, &words::COL_LIFT, ColumnKind::Number),
    ];
    let rows = rolling.budgets.iter().flat_map(|budget| {
        names(rolling).into_iter().filter_map(move |name| {
            let at = budget.models.get(name)?;
            Some(vec![
                Value::Number(budget.share),
                text(&words::model(name, lang)),
                Value::Number(at.precision),
                Value::Number(at.recall),
                Value::Number(at.lift),
            ])
        })
    });
    sheet(lang, &words::SHEET_BUDGETS, columns, rows.collect())
}

fn subsets(lang: Lang, rolling: &Rolling) -> Sheet {
    let first = [&words::COL_BY, &words::COL_VALUE, &words::COL_MODEL];
    let first = first.map(|header| column(lang, header, ColumnKind::Text));
    let columns = [first.to_vec(), measure_columns(lang)].concat();
    let rows = rolling.subsets.iter().flat_map(|subset| {
        let value = subset
            .value
            .as_ref()
            .map_or(Value::Empty, |value| text(value));
        let own = [text(&subset.by), value];
        let models = of_models(lang, rolling, &subset.models);
        models.map(move |row| [own.to_vec(), row].concat())
    });
    sheet(lang, &words::SHEET_SUBSETS, columns, rows.collect())
}

fn calibration(lang: Lang, rolling: &Rolling) -> Sheet {
    let columns = vec![
        column(lang, &words::COL_CUTOFF, ColumnKind::Date),
        column(lang, &words::COL_BASE, ColumnKind::Percent),
        column(lang, &words::COL_RAW, ColumnKind::Percent),
        column(lang, &words::COL_CALIBRATED, ColumnKind::Percent),
        column(lang, &words::COL_BRIER, ColumnKind::Number),
    ];
    let folds = rolling
        .calibration
        .iter()
        .flat_map(|calibration| &calibration.folds);
    let rows = folds.map(|fold| {
        let numbers = [fold.base, fold.raw, fold.calibrated, fold.brier].map(Value::Number);
        [vec![Value::Date(fold.cutoff)], numbers.to_vec()].concat()
    });
    sheet(lang, &words::SHEET_CALIBRATION, columns, rows.collect())
}
