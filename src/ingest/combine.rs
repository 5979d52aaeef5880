//! Several source columns that become one: the first that is filled, pairs of text and day, marked columns.

use polars::prelude::*;

use super::convert::map_text;
use super::reading::BETWEEN_CELLS;
use super::scalar;
use crate::units::Day;

/// Stands between the two halves of a cell: text and day, header and mark.
const WITHIN: char = '\u{1e}';

/// The first of the cells that is filled; of codes the first that is not in scientific notation, if there is one.
pub(super) fn first(cells: Vec<Expr>, are_codes: bool) -> Expr {
    let mut order = cells;
    if are_codes {
        let sound: Vec<Expr> = order.iter().cloned().map(undamaged).collect();
        order.splice(0..0, sound);
    }
    coalesce(&order)
}

fn undamaged(codes: Expr) -> Expr {
    map_text(codes, DataType::String, |codes| {
        let sound = codes
            .iter()
            .map(|code| code.filter(|code| !scalar::is_scientific(code)));
        sound.collect::<StringChunked>().into_series()
    })
}

/// Cells of texts and days in turn as one text for [`pairs_of`]; null where no text is filled.
pub(super) fn paired(cells: Vec<Expr>) -> Expr {
    gathered(cells, |row, text| {
        for pair in row.chunks(2) {
            match pair {
                [Some(name), Some(day)] => push(text, name, day),
                [Some(name), _] => push(text, name, ""),
                _ => {}
            }
        }
    })
}

/// Cells of the columns `headers` as one text for [`marks_of`]; null where no cell is filled.
pub(super) fn marked(cells: Vec<Expr>, headers: &[String]) -> Expr {
    let lower = |header: &String| {
        header
            .rsplit('/')
            .next()
            .unwrap_or_default()
            .trim()
            .to_owned()
    };
    let headers: Vec<String> = headers.iter().map(lower).collect();
    gathered(cells, move |row, text| {
        for (header, cell) in headers.iter().zip(row) {
            if let Some(cell) = cell {
                push(text, header, cell);
            }
        }
    })
}

/// `name@YYYY-MM-DD` of every pair, or `name` where it has no day; none where a day cannot be read.
pub(super) fn pairs_of(text: &str) -> Option<Vec<String>> {
    halves(text)
        .map(|(name, day)| match day {
            "" => Some(name.to_owned()),
            day => scalar::day(day).map(|day| format!("{name}@{}", Day::from_days(day))),
        })
        .collect()
}

/// The headers whose cell is marked; none where a cell cannot be read as a mark.
pub(super) fn marks_of(text: &str) -> Option<Vec<String>> {
    let mut marked = Vec::new();
    for (header, cell) in halves(text) {
        if scalar::mark(cell)? {
            marked.push(header.to_owned());
        }
    }
    Some(marked)
}

fn push(text: &mut String, first: &str, second: &str) {
    if !text.is_empty() {
        text.push(BETWEEN_CELLS);
    }
    text.push_str(first);
    text.push(WITHIN);
    text.push_str(second);
}

fn halves(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.split(BETWEEN_CELLS)
        .map(|cell| cell.split_once(WITHIN).unwrap_or((cell, "")))
}

/// One text per row of the cells; null where `write` writes nothing.
fn gathered(
    mut cells: Vec<Expr>,
    write: impl Fn(&[Option<&str>], &mut String) + Send + Sync + 'static,
) -> Expr {
    let read = move |columns: &mut [Column]| {
        let texts: Vec<StringChunked> = columns
            .iter()
            .map(|column| column.as_materialized_series().str().cloned())
            .collect::<PolarsResult<_>>()?;
        let height = texts.first().map_or(0, StringChunked::len);
        let mut gathered = StringChunkedBuilder::new(columns[0].name().clone(), height);
        let (mut row, mut text) = (Vec::new(), String::new());
        for at in 0..height {
            row.clear();
            text.clear();
            row.extend(texts.iter().map(|texts| texts.get(at)));
            write(&row, &mut text);
            gathered.append_option((!text.is_empty()).then_some(&text));
        }
        Ok(gathered.finish().into_series().into_column())
    };
    let rest = cells.split_off(1);
    cells.remove(0).map_many(read, &rest, |_, fields| {
        Ok(Field::new(fields[0].name().clone(), DataType::String))
    })
}

#[cfg(test)]
mod tests {
    use polars::prelude::*;

    use super::{first, marked, marks_of, paired, pairs_of};

    fn texts(of: impl Fn(Vec<Expr>) -> Expr, rows: &[[&str; 4]]) -> Vec<Option<String>> {
        let column = |at: usize| {
            let cells: StringChunked = rows
                .iter()
                .map(|row| Some(row[at]).filter(|cell| !cell.is_empty()))
                .collect();
            cells
                .into_series()
                .with_name(format!("c{at}").into())
                .into_column()
        };
        let frame = DataFrame::new(rows.len(), (0..4).map(column).collect()).unwrap();
        let cells = (0..4).map(|at| col(format!("c{at}"))).collect();
        let found = frame
            .lazy()
            .select([of(cells).alias("x")])
            .collect()
            .unwrap();
        let found = found.column("x").unwrap().str().unwrap().clone();
        found.iter().map(|text| text.map(str::to_owned)).collect()
    }

    #[test]
    fn the_first_filled_code_is_taken_and_a_damaged_one_only_if_there_is_no_other() {
        let rows = [
            ["", "B", "C", ""],
            ["9.1E+17", "", "C", ""],
            ["9.1E+17", "", "", ""],
            ["", "", "", ""],
        ];
        let taken = texts(|cells| first(cells, true), &rows);
        assert_eq!(
            taken,
            [
                Some("B".to_owned()),
                Some("C".to_owned()),
                Some("9.1E+17".to_owned()),
                None
            ]
        );
        assert_eq!(
            texts(|cells| first(cells, false), &rows)[1].as_deref(),
            Some("9.1E+17")
        );
    }

    #[test]
    fn certificates_get_their_days_and_an_unreadable_day_is_told() {
        let rows = [
            ["甲1", "2026/1/31", "乙2", ""],
            ["", "2026-01-31", "", ""],
            ["甲1", "soon", "", ""],
        ];
        let given = texts(paired, &rows);
        let pairs = |at: usize| given[at].as_deref().map(pairs_of);
        assert_eq!(
            pairs(0),
            Some(Some(vec!["甲1@2026-01-31".to_owned(), "乙2".to_owned()]))
        );
        assert_eq!((pairs(1), pairs(2)), (None, Some(None)));
    }

    #[test]
    fn marked_columns_become_a_list_of_their_headers() {
        let headers = ["检查结果/未发现问题", "无法联系", "注销", "其他"].map(str::to_owned);
        let rows = [
            ["1", "否", "√", ""],
            ["0", "", "", ""],
            ["", "", "", ""],
            ["见附件", "", "", ""],
        ];
        let given = texts(|cells| marked(cells, &headers), &rows);
        let marks = |at: usize| given[at].as_deref().map(marks_of);
        assert_eq!(
            marks(0),
            Some(Some(vec!["未发现问题".to_owned(), "注销".to_owned()]))
        );
        assert_eq!(
            (marks(1), marks(2), marks(3)),
            (Some(Some(Vec::new())), None, Some(None))
        );
    }
}
