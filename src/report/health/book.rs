//! The register's health and the month's changes as workbooks: one sheet per line, so that an office can work through it.

use super::words;
use crate::registers::{
    Absent, Ailment, Change, Changes, Health, InspectorFinding, Line, Listed, Office,
};
use crate::report::HealthReport;
use crate::report::format::{count, real};
use crate::report::lang::{Lang, Phrase};
use crate::sheets::{Column, ColumnKind, CsvText, Sheet, Value, tab_name};

/// Width of what to do, the longest of which has some fifty Chinese characters.
const TODO_WIDTH: f64 = 110.0;

/// The cells of a listed object: identity, name, office, why.
pub(super) fn listed_texts(row: &Listed, lang: Lang) -> Vec<String> {
    vec![
        row.object_id.clone(),
        row.name.clone(),
        row.office.clone(),
        words::why(lang, &row.why),
    ]
}

/// The cells of an absent object: identity, files with their rows, last month's name and office, rows.
pub(super) fn absent_texts(one: &Absent) -> Vec<String> {
    let sources = one.sources.iter().map(|(name, n)| format!("{name} ×{n}"));
    let (name, office) = one.was_registered.clone().unwrap_or_default();
    let sources = sources.collect::<Vec<_>>().join("; ");
    vec![one.id.clone(), sources, name, office, count(one.n_rows)]
}

/// The cells of a finding on an inspector: who, what, the certificate or 人员性质 it is about.
pub(super) fn staff_texts(row: &InspectorFinding, lang: Lang) -> Vec<String> {
    vec![
        row.inspector_id.clone(),
        lang.name(row.rule.id()).to_owned(),
        row.value.clone(),
    ]
}

/// Lines that some office has objects on.
pub(super) fn of_offices(health: &Health) -> Vec<Ailment> {
    let has = |ailment: &Ailment| {
        let mut offices = health.offices.iter();
        offices.any(|office| office.ailments.contains_key(ailment))
    };
    Ailment::ALL.into_iter().filter(has).collect()
}

/// Headers of the table of offices.
pub(super) fn office_head(ailments: &[Ailment], lang: Lang) -> Vec<String> {
    let fixed = [&words::COL_OFFICE, &words::COL_N, &words::COL_FRAME];
    let fixed = fixed.map(|phrase| lang.say(phrase).to_owned());
    let named = ailments
        .iter()
        .map(|ailment| lang.say(&words::of_line(*ailment).name).to_owned());
    fixed.into_iter().chain(named).collect()
}

/// The cells of an office.
pub(super) fn office_texts(office: &Office, ailments: &[Ailment], lang: Lang) -> Vec<String> {
    let numbers = office_numbers(office, ailments);
    let name = super::office_name(&office.name, lang);
    std::iter::once(name)
        .chain(numbers.into_iter().map(count))
        .collect()
}

fn office_numbers(office: &Office, ailments: &[Ailment]) -> Vec<u64> {
    let n = |ailment: &Ailment| office.ailments.get(ailment).copied().unwrap_or(0);
    [office.n_objects, office.n_frame]
        .into_iter()
        .chain(ailments.iter().map(n))
        .collect()
}

/// The sheets of `health.xlsx`.
pub(super) fn health(report: &HealthReport, lang: Lang) -> Vec<Sheet> {
    let health = report.health;
    let with_rows = health.lines.iter().filter(|line| !line.rows.is_empty());
    let mut sheets = vec![lines(report, lang)];
    sheets.extend(with_rows.map(|line| list(line, lang)));
    if !health.coverage.absent.is_empty() {
        sheets.push(absent(health, lang));
    }
    sheets.push(offices(health, lang));
    if !health.staff_rows.is_empty() {
        sheets.push(staff(health, lang));
    }
    if !report.previous.is_empty() {
        sheets.push(trend(report, lang));
    }
    sheets
}

fn column(lang: Lang, header: &Phrase, kind: ColumnKind) -> Column {
    Column::new(lang.say(header), kind)
}

fn whole(n: u64) -> Value {
    Value::Number(real(n))
}

fn texts(row: impl IntoIterator<Item = String>) -> Vec<Value> {
    row.into_iter().map(Value::Text).collect()
}

fn lines(report: &HealthReport, lang: Lang) -> Sheet {
    let row = |line: &Line| {
        let said = words::of_line(line.ailment);
        vec![
            Value::Text(lang.say(&said.name).to_owned()),
            whole(line.n),
            whole(line.of),
            line.share().map_or(Value::Empty, Value::Number),
            super::before(report, line.ailment).map_or(Value::Empty, whole),
            Value::Text(lang.say(&said.todo).to_owned()),
        ]
    };
    Sheet {
        name: lang.say(&words::SHEET_LINES).to_owned(),
        columns: vec![
            column(lang, &words::COL_LINE, ColumnKind::Text),
            column(lang, &words::COL_N, ColumnKind::Count),
            column(lang, &words::COL_OF, ColumnKind::Count),
            column(lang, &words::COL_SHARE, ColumnKind::Percent),
            column(lang, &words::COL_BEFORE, ColumnKind::Count),
            Column {
                width: Some(TODO_WIDTH),
                ..column(lang, &words::COL_TODO, ColumnKind::Text)
            },
        ],
        rows: report.health.lines.iter().map(row).collect(),
    }
}

fn list(line: &Line, lang: Lang) -> Sheet {
    let headers = [
        &words::COL_ID,
        &words::COL_NAME,
        &words::COL_OFFICE,
        &words::COL_WHY,
    ];
    let rows = line.rows.iter().map(|row| texts(listed_texts(row, lang)));
    Sheet {
        name: tab_name(lang.say(&words::of_line(line.ailment).name)),
        columns: headers
            .map(|header| column(lang, header, ColumnKind::Text))
            .to_vec(),
        rows: rows.collect(),
    }
}

fn absent(health: &Health, lang: Lang) -> Sheet {
    let row = |one: &Absent| {
        let mut cells = absent_texts(one);
        cells.pop();
        let mut row = texts(cells);
        row.push(whole(one.n_rows));
        row
    };
    let headers = [
        &words::COL_ID,
        &words::COL_SOURCE,
        &words::COL_LAST_MONTH,
        &words::COL_OFFICE,
    ];
    let mut columns = headers
        .map(|header| column(lang, header, ColumnKind::Text))
        .to_vec();
    columns.push(column(lang, &words::COL_ROWS, ColumnKind::Count));
    Sheet {
        name: lang.say(&words::SHEET_ABSENT).to_owned(),
        columns,
        rows: health.coverage.absent.iter().map(row).collect(),
    }
}

fn offices(health: &Health, lang: Lang) -> Sheet {
    let ailments = of_offices(health);
    let kind = |at: usize| {
        if at == 0 {
            ColumnKind::Text
        } else {
            ColumnKind::Count
        }
    };
    let head = office_head(&ailments, lang).into_iter().enumerate();
    let row = |office: &Office| {
        let name = Value::Text(super::office_name(&office.name, lang));
        let numbers = office_numbers(office, &ailments).into_iter().map(whole);
        std::iter::once(name).chain(numbers).collect()
    };
    Sheet {
        name: lang.say(&words::SHEET_OFFICES).to_owned(),
        columns: head
            .map(|(at, header)| Column::new(header, kind(at)))
            .collect(),
        rows: health.offices.iter().map(row).collect(),
    }
}

fn staff(health: &Health, lang: Lang) -> Sheet {
    let headers = [&words::COL_INSPECTOR, &words::COL_WHY, &words::COL_VALUE];
    let rows = health.staff_rows.iter();
    Sheet {
        name: lang.say(&words::SHEET_STAFF).to_owned(),
        columns: headers
            .map(|header| column(lang, header, ColumnKind::Text))
            .to_vec(),
        rows: rows.map(|row| texts(staff_texts(row, lang))).collect(),
    }
}

fn trend(report: &HealthReport, lang: Lang) -> Sheet {
    let months = report.previous.iter().chain([report.health]);
    let row = |month: &Health| {
        let fixed = [
            Value::Date(month.as_of),
            whole(month.n_objects),
            whole(month.n_frame),
        ];
        let n = |ailment| {
            let line = month.line(ailment);
            line.map_or(Value::Empty, |line| whole(line.n))
        };
        fixed
            .into_iter()
            .chain(Ailment::ALL.into_iter().map(n))
            .collect()
    };
    let mut columns = vec![
        column(lang, &words::COL_AS_OF, ColumnKind::Date),
        column(lang, &words::CARD_OBJECTS, ColumnKind::Count),
        column(lang, &words::COL_FRAME, ColumnKind::Count),
    ];
    columns.extend(Ailment::ALL.map(|ailment| {
        let name = words::of_line(ailment).name;
        column(lang, &name, ColumnKind::Count)
    }));
    Sheet {
        name: lang.say(&words::SHEET_TREND).to_owned(),
        columns,
        rows: months.map(row).collect(),
    }
}

const CHANGE_HEADERS: [Phrase; 7] = [
    words::COL_KIND,
    words::COL_ID,
    words::COL_NAME,
    words::COL_OFFICE,
    words::COL_COLUMN,
    words::COL_FROM,
    words::COL_TO,
];

fn change_texts(change: &Change, lang: Lang) -> Vec<String> {
    let text = [
        lang.say(&words::of_change(change.kind)),
        &change.object_id,
        &change.name,
        &change.office,
    ];
    let mut row: Vec<String> = text.iter().map(|text| (*text).to_owned()).collect();
    row.push(super::column_name(&change.column, lang));
    row.extend([change.from.clone(), change.to.clone()]);
    row
}

/// The sheets of `changes.xlsx`.
pub(super) fn changes(changes: &Changes, lang: Lang) -> Vec<Sheet> {
    let counted = changes.counts.iter().map(|(kind, n)| {
        let name = lang.say(&words::of_change(*kind)).to_owned();
        vec![Value::Text(name), whole(*n)]
    });
    let rows = changes.rows.iter();
    vec![
        Sheet {
            name: lang.say(&words::SHEET_SUMMARY).to_owned(),
            columns: vec![
                column(lang, &words::COL_KIND, ColumnKind::Text),
                column(lang, &words::COL_CHANGES, ColumnKind::Count),
            ],
            rows: counted.collect(),
        },
        Sheet {
            name: lang.say(&words::SHEET_CHANGES).to_owned(),
            columns: CHANGE_HEADERS
                .iter()
                .map(|header| column(lang, header, ColumnKind::Text))
                .collect(),
            rows: rows.map(|row| texts(change_texts(row, lang))).collect(),
        },
    ]
}

/// `changes.csv`, for people.
pub(super) fn changes_csv(changes: &Changes, lang: Lang) -> Vec<u8> {
    let headers = CHANGE_HEADERS.iter().map(|header| lang.say(header));
    let write = || {
        let mut csv = CsvText::begin(Vec::new(), headers)?;
        for change in &changes.rows {
            csv.row(&texts(change_texts(change, lang)))?;
        }
        csv.finish()
    };
    write().expect("writing to memory does not fail")
}
