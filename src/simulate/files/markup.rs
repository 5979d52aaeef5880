//! Sheets as `SpreadsheetML` 2003 and as an HTML page: what platforms export and call `.xls` or `.xlsx`.

use std::fmt::Write as _;

use super::grid::{Cell, Grid};
use super::spell;
use super::text::Encoding;

/// `SpreadsheetML` 2003 (Microsoft, XML Spreadsheet Reference).
pub(super) fn spreadsheetml(grids: &[Grid]) -> Vec<u8> {
    let mut text = String::from(concat!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<?mso-application progid=\"Excel.Sheet\"?>\n",
        "<Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\" ",
        "xmlns:ss=\"urn:schemas-microsoft-com:office:spreadsheet\">\n",
        "<Styles><Style ss:ID=\"d\"><NumberFormat ss:Format=\"yyyy\\-mm\\-dd\"/></Style></Styles>\n"
    ));
    for grid in grids {
        let _ = writeln!(
            text,
            "<Worksheet ss:Name=\"{}\"><Table>",
            escaped(&grid.name)
        );
        for (row, line) in grid.lines.iter().enumerate() {
            let covered = covered(grid, row, line.cells.len());
            text.push_str("<Row>");
            let mut next = 0;
            for (column, cell) in line.cells.iter().enumerate() {
                if covered[column] || *cell == Cell::Empty {
                    continue;
                }
                let index = if column == next {
                    String::new()
                } else {
                    format!(" ss:Index=\"{}\"", column + 1)
                };
                let merge = grid.merge_at(row, column);
                next = column + merge.map_or(1, |merge| merge.columns);
                let merge = merge.map_or(String::new(), |merge| {
                    let of = |name: &str, n: usize| {
                        if n > 1 {
                            format!(" ss:Merge{name}=\"{}\"", n - 1)
                        } else {
                            String::new()
                        }
                    };
                    of("Across", merge.columns) + &of("Down", merge.rows)
                });
                let _ = write!(text, "<Cell{index}{merge}{}</Cell>", typed(cell));
            }
            text.push_str("</Row>\n");
        }
        text.push_str("</Table></Worksheet>\n");
    }
    text.push_str("</Workbook>\n");
    text.into_bytes()
}

/// The end of a cell's start tag and its value.
fn typed(cell: &Cell) -> String {
    match cell {
        Cell::Empty => ">".to_owned(),
        Cell::Text(text) => format!("><Data ss:Type=\"String\">{}</Data>", escaped(text)),
        Cell::Number(number) => format!("><Data ss:Type=\"Number\">{number}</Data>"),
        Cell::Day(days) => {
            format!(
                " ss:StyleID=\"d\"><Data ss:Type=\"DateTime\">{}T00:00:00.000</Data>",
                spell::iso(*days)
            )
        }
    }
}

/// A page with one table per sheet, in the encoding it declares.
pub(super) fn html(grids: &[Grid], encoding: Encoding) -> Vec<u8> {
    let charset = if encoding == Encoding::Gb18030 {
        "gb2312"
    } else {
        "utf-8"
    };
    let mut text = format!(
        "<html xmlns:x=\"urn:schemas-microsoft-com:office:excel\">\n<head>\n\
         <meta http-equiv=\"Content-Type\" content=\"text/html; charset={charset}\">\n\
         <style>td {{ mso-number-format:'\\@'; }}</style>\n</head>\n<body>\n"
    );
    for grid in grids {
        text.push_str("<table border=1>\n");
        for (row, line) in grid.lines.iter().enumerate() {
            let covered = covered(grid, row, line.cells.len());
            text.push_str("<tr>");
            for (column, cell) in line.cells.iter().enumerate() {
                if covered[column] {
                    continue;
                }
                let span = grid.merge_at(row, column).map_or(String::new(), |merge| {
                    let of = |name: &str, n: usize| {
                        if n > 1 {
                            format!(" {name}={n}")
                        } else {
                            String::new()
                        }
                    };
                    of("colspan", merge.columns) + &of("rowspan", merge.rows)
                });
                let shown = cell.shown();
                let shown = if shown.is_empty() {
                    "&nbsp;".to_owned()
                } else {
                    escaped(&shown)
                };
                let _ = write!(text, "<td{span}>{shown}</td>");
            }
            text.push_str("</tr>\n");
        }
        text.push_str("</table>\n");
    }
    text.push_str("</body>\n</html>\n");
    encoding.encode(&text)
}

/// For each column of a row, whether a merged region that begins elsewhere covers it.
fn covered(grid: &Grid, row: usize, columns: usize) -> Vec<bool> {
    let mut covered = vec![false; columns];
    for merge in &grid.merges {
        if (merge.row..merge.row + merge.rows).contains(&row) {
            let first = if merge.row == row {
                merge.column + 1
            } else {
                merge.column
            };
            let end = (merge.column + merge.columns).min(columns);
            covered[first.min(end)..end].fill(true);
        }
    }
    covered
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::super::grid::{Line, Merge};
    use super::*;

    fn merged() -> Grid {
        Grid {
            name: "a&b".to_owned(),
            lines: vec![
                Line::texts(["甲", "", "<"]),
                Line::good(vec![Cell::Empty, Cell::Number(1.5), Cell::Day(0)]),
            ],
            merges: vec![Merge {
                row: 0,
                column: 0,
                rows: 2,
                columns: 1,
            }],
            ..Grid::default()
        }
    }

    #[test]
    fn what_a_merged_cell_covers_is_left_out_and_counted() {
        let text = String::from_utf8(spreadsheetml(&[merged()])).unwrap();
        assert!(text.contains("<Cell ss:MergeDown=\"1\"><Data ss:Type=\"String\">甲</Data></Cell><Cell ss:Index=\"3\">"));
        assert!(
            text.contains("<Row><Cell ss:Index=\"2\"><Data ss:Type=\"Number\">1.5</Data></Cell>")
        );
        let text = String::from_utf8(html(&[merged()], Encoding::Utf8)).unwrap();
        assert!(text.contains("<tr><td rowspan=2>甲</td><td>&nbsp;</td><td>&lt;</td></tr>"));
        assert!(text.contains("<tr><td>1.5</td><td>1970/1/1</td></tr>"));
    }
}
