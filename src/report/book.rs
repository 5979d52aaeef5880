//! The report as a workbook: the cards, then one sheet per chart and one per table, with the numbers the page shows.
//!
//! A cell of an interval, `14.4% [11.4%, 18.3%]`, becomes three columns. Full precision stands in `evaluation.json`.

use super::lang::{Lang, Phrase};
use super::view::{Page, Table};
use crate::sheets::{Column, ColumnKind, Sheet, Value, tab_name};

const SUMMARY: Phrase = Phrase::new("结论", "Summary");
const NAME: Phrase = Phrase::new("名称", "Name");
const VALUE: Phrase = Phrase::new("数值", "Value");
const SAYS: Phrase = Phrase::new("说明", "In words");
const LOW: Phrase = Phrase::new("{0} 下限", "{0}, low");
const HIGH: Phrase = Phrase::new("{0} 上限", "{0}, high");
/// Width of sentences, in half-width characters.
const SENTENCE: f64 = 110.0;

/// The sheets of `report.xlsx`.
pub(super) fn book(page: &Page, lang: Lang) -> Vec<Sheet> {
    let mut sheets = vec![summary(page, lang)];
    for section in &page.sections {
        let charts = section
            .charts
            .iter()
            .map(|chart| (&chart.title, &chart.table));
        let tables = section.tables.iter().map(|table| (&table.caption, table));
        let aside = section
            .aside
            .iter()
            .map(|aside| (&aside.heading, &aside.table));
        for (name, table) in charts.chain(tables).chain(aside) {
            if !table.head.is_empty() {
                let name = tab_name(&format!("{:02} {name}", sheets.len()));
                sheets.push(sheet(name, table, lang));
            }
        }
    }
    sheets
}

fn summary(page: &Page, lang: Lang) -> Sheet {
    let text = |text: &str| Value::Text(text.to_owned());
    let card =
        |card: &super::view::Card| vec![text(&card.name), text(&card.value), text(&card.sentence)];
    let said = page
        .summary
        .iter()
        .map(|said| vec![Value::Empty, Value::Empty, text(said)]);
    Sheet {
        name: lang.say(&SUMMARY).to_owned(),
        columns: vec![
            Column::new(lang.say(&NAME), ColumnKind::Text),
            Column::new(lang.say(&VALUE), ColumnKind::Text),
            Column {
                width: Some(SENTENCE),
                ..Column::new(lang.say(&SAYS), ColumnKind::Text)
            },
        ],
        rows: page.cards.iter().map(card).chain(said).collect(),
    }
}

fn sheet(name: String, table: &Table, lang: Lang) -> Sheet {
    let (mut columns, mut rows) = (Vec::new(), vec![Vec::new(); table.rows.len()]);
    for (at, header) in table.head.iter().enumerate() {
        let cells: Vec<&str> = table.rows.iter().map(|row| cell(row, at)).collect();
        if at < table.n_text {
            columns.push(Column::new(header, ColumnKind::Text));
            add(
                &mut rows,
                cells.iter().map(|cell| Value::Text((*cell).to_owned())),
            );
        } else if cells.iter().any(|cell| bracketed(cell).is_some()) {
            let parts: Vec<[&str; 3]> = cells.iter().map(|cell| apart(cell)).collect();
            for (part, phrase) in [None, Some(&LOW), Some(&HIGH)].into_iter().enumerate() {
                let header =
                    phrase.map_or_else(|| header.clone(), |phrase| lang.fill(phrase, &[header]));
                let cells: Vec<&str> = parts.iter().map(|parts| parts[part]).collect();
                columns.push(Column::new(header, kind(&cells)));
                add(&mut rows, cells.iter().map(|cell| value(cell)));
            }
        } else {
            columns.push(Column::new(header, kind(&cells)));
            add(&mut rows, cells.iter().map(|cell| value(cell)));
        }
    }
    Sheet {
        name,
        columns,
        rows,
    }
}

fn cell(row: &[String], at: usize) -> &str {
    row.get(at).map_or("", String::as_str)
}

fn add(rows: &mut [Vec<Value>], values: impl Iterator<Item = Value>) {
    rows.iter_mut()
        .zip(values)
        .for_each(|(row, value)| row.push(value));
}

/// `14.4% [11.4%, 18.3%]` as its three numbers; `None` for anything else.
fn bracketed(cell: &str) -> Option<[&str; 3]> {
    let (value, rest) = cell.split_once(" [")?;
    let (inside, _) = rest.split_once(']')?;
    let (low, high) = inside.split_once(", ")?;
    let is_number = |text: &&str| number(text).is_some();
    let parts = [value, low, high];
    parts.iter().all(is_number).then_some(parts)
}

fn apart(cell: &str) -> [&str; 3] {
    bracketed(cell).unwrap_or([cell, "", ""])
}

/// What a formatted number stands for, and whether it is a share.
fn number(text: &str) -> Option<(f64, bool)> {
    let text = text.trim();
    let (digits, is_share) = text
        .strip_suffix('%')
        .map_or((text, false), |digits| (digits, true));
    let is_digit = |c: char| c.is_ascii_digit() || matches!(c, '.' | ',' | '-' | '+');
    if digits.is_empty() || !digits.chars().all(is_digit) {
        return None;
    }
    let exponent = if is_share { "e-2" } else { "" };
    let parsed = format!("{}{exponent}", digits.replace(',', ""));
    Some((parsed.parse().ok()?, is_share))
}

fn value(cell: &str) -> Value {
    match number(cell) {
        Some((number, _)) => Value::Number(number),
        None if cell.is_empty() => Value::Empty,
        None => Value::Text(cell.to_owned()),
    }
}

fn kind(cells: &[&str]) -> ColumnKind {
    let numbers: Vec<(f64, bool)> = cells.iter().filter_map(|cell| number(cell)).collect();
    if numbers.is_empty() {
        ColumnKind::Text
    } else if numbers.iter().all(|(_, is_share)| *is_share) {
        ColumnKind::Percent
    } else if numbers.iter().all(|(number, _)| number.fract() == 0.0) {
        ColumnKind::Count
    } else {
        ColumnKind::Number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_becomes_three_columns_and_absent_numbers_stay_words() {
        let rows = vec![
            vec![
                "A".to_owned(),
                "1,284".to_owned(),
                "14.4% [11.4%, 18.3%]".to_owned(),
            ],
            vec!["B".to_owned(), "7".to_owned(), "样本不足".to_owned()],
        ];
        let head = ["类别", "户数", "发现率"].map(str::to_owned).to_vec();
        let sheet = sheet("x".to_owned(), &Table::of(head, rows), Lang::Zh);
        let headers: Vec<&str> = sheet
            .columns
            .iter()
            .map(|column| column.header.as_str())
            .collect();
        assert_eq!(
            headers,
            ["类别", "户数", "发现率", "发现率 下限", "发现率 上限"]
        );
        assert_eq!(sheet.columns[1].kind, ColumnKind::Count);
        assert_eq!(sheet.columns[3].kind, ColumnKind::Percent);
        assert_eq!(sheet.rows[0][1], Value::Number(1_284.0));
        assert_eq!(
            sheet.rows[0][2..5],
            [0.144, 0.114, 0.183].map(Value::Number)
        );
        assert_eq!(sheet.rows[1][2], Value::Text("样本不足".to_owned()));
        assert_eq!(sheet.rows[1][4], Value::Empty);
    }

    #[test]
    fn a_code_in_a_column_of_text_keeps_its_zeros() {
        let rows = vec![vec!["0130".to_owned(), "-".to_owned()]];
        let head = ["代码", "n"].map(str::to_owned).to_vec();
        let sheet = sheet("x".to_owned(), &Table::of(head, rows), Lang::En);
        assert_eq!(sheet.rows[0][0], Value::Text("0130".to_owned()));
        assert_eq!(sheet.rows[0][1], Value::Text("-".to_owned()));
    }
}
