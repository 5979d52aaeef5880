//! Sheets as an `.xlsx` workbook (ECMA-376), without frozen header or filter: as people save one.

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError};

use super::grid::{Cell, Grid};
use super::spell::serial;

/// The workbook's bytes.
pub(super) fn write(grids: &[Grid]) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let created = ExcelDateTime::from_ymd(2025, 1, 1)?;
    workbook.set_properties(&DocProperties::new().set_creation_datetime(&created));
    for grid in grids {
        let sheet = workbook.add_worksheet().set_name(&grid.name)?;
        sheet.set_hidden(grid.hidden);
        fill(sheet, grid)?;
    }
    workbook.save_to_buffer()
}

fn fill(sheet: &mut Worksheet, grid: &Grid) -> Result<(), XlsxError> {
    let (plain, dated) = (Format::new(), Format::new().set_num_format("yyyy/m/d"));
    for merge in &grid.merges {
        let (first, last) = (
            place(merge.row, merge.column),
            place(merge.row + merge.rows - 1, merge.column + merge.columns - 1),
        );
        if first != last {
            sheet.merge_range(first.0, first.1, last.0, last.1, "", &plain)?;
        }
    }
    for (row, line) in grid.lines.iter().enumerate() {
        for (column, cell) in line.cells.iter().enumerate() {
            let (row, column) = place(row, column);
            match cell {
                Cell::Empty => continue,
                Cell::Text(text) => sheet.write_string(row, column, text)?,
                Cell::Number(number) => sheet.write_number(row, column, *number)?,
                Cell::Day(days) => {
                    sheet.write_number_with_format(row, column, f64::from(serial(*days)), &dated)?
                }
            };
        }
    }
    Ok(())
}

fn place(row: usize, column: usize) -> (u32, u16) {
    (
        u32::try_from(row).expect("a world in files has few rows"),
        u16::try_from(column).expect("a table has few columns"),
    )
}
