//! Sheets to an `.xlsx` workbook.

use std::collections::BTreeSet;

use rust_xlsxwriter::{
    DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, IgnoreError, Workbook,
    Worksheet, XlsxError,
};

use super::Error;
use super::limits::{NAME_MAX, NOT_IN_NAME, ROWS_MAX, Tab, fitting, tabs};
use crate::units::Day;

/// Days from 1899-12-30, the spreadsheet's zero, to 1970-01-01.
const EPOCH: i32 = 25_569;
/// Height of a line of a header, in points.
const LINE_HEIGHT: f64 = 16.0;
/// Lines of a header that are shown.
const LINES_MAX: f64 = 8.0;
const COLUMNS_MAX: usize = 16_384;

/// A sheet: header, then rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Sheet {
    /// Name on the tab.
    pub name: String,
    /// Columns in order.
    pub columns: Vec<Column>,
    /// Rows, each as wide as `columns`.
    pub rows: Vec<Vec<Value>>,
}

/// A column of a sheet.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// Header.
    pub header: String,
    /// How the whole column is formatted.
    pub kind: ColumnKind,
    /// Width in half-width characters; `None` fits the widest of the first thousand rows.
    pub width: Option<f64>,
}

impl Column {
    /// A column whose width fits its values.
    pub fn new(header: impl Into<String>, kind: ColumnKind) -> Self {
        Self {
            header: header.into(),
            kind,
            width: None,
        }
    }
}

/// How a column is formatted, empty cells included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnKind {
    /// Text, as typed: codes keep leading zeros, `=1+1` stays four characters.
    Text,
    /// Whole numbers.
    Count,
    /// Numbers with up to four decimals.
    Number,
    /// Shares, shown in per cent with one decimal.
    Percent,
    /// Calendar days.
    Date,
}

/// A cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Nothing.
    Empty,
    /// Text.
    Text(String),
    /// A number; one that is not finite is left empty.
    Number(f64),
    /// A calendar day.
    Date(Day),
}

/// Writes sheets into one workbook: frozen bold header, filter, fitted widths, dates as dates. Rows beyond 1,048,575 go
/// on in sheets called `name (2)`, `name (3)` …; a text beyond 32,767 characters is cut and says so in its cell.
///
/// # Errors
/// A workbook without sheets, a sheet name, width or row the format cannot hold.
pub fn workbook(sheets: &[Sheet]) -> Result<Vec<u8>, Error> {
    let tabs: Vec<Tab> = sheets
        .iter()
        .flat_map(|sheet| tabs(sheet, ROWS_MAX))
        .collect();
    check(&tabs)?;
    write(&tabs).map_err(Error::Workbook)
}

fn check(tabs: &[Tab]) -> Result<(), Error> {
    if tabs.is_empty() {
        return Err(Error::NoSheet);
    }
    let mut names = BTreeSet::new();
    for tab in tabs {
        let name = tab.name.to_string();
        let usable = (1..=NAME_MAX).contains(&name.chars().count()) && !name.contains(NOT_IN_NAME);
        let usable = usable && !name.starts_with('\'') && !name.ends_with('\'');
        if !usable || !names.insert(name.to_lowercase()) {
            return Err(Error::SheetName { name });
        }
        check_rows(tab)?;
    }
    Ok(())
}

fn check_rows(tab: &Tab) -> Result<(), Error> {
    let (sheet, n_columns) = (&tab.sheet.name, tab.sheet.columns.len());
    if n_columns > COLUMNS_MAX {
        return Err(Error::TooWide {
            sheet: sheet.clone(),
            n_columns,
        });
    }
    let broken = |values: &&Vec<Value>| values.len() != n_columns;
    match tab.rows.iter().position(|values| broken(&values)) {
        None => Ok(()),
        Some(index) => Err(Error::RowWidth {
            sheet: sheet.clone(),
            row: tab.before + index + 1,
            n_values: tab.rows[index].len(),
            n_columns,
        }),
    }
}

impl Value {
    /// Width on screen: a Chinese character takes two places.
    fn width(&self) -> usize {
        match self {
            Self::Empty => 0,
            Self::Text(text) => places(text),
            Self::Number(_) | Self::Date(_) => 11,
        }
    }
}

fn places(text: &str) -> usize {
    text.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum()
}

fn write(tabs: &[Tab]) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let created = ExcelDateTime::from_ymd(2000, 1, 1)?;
    workbook.set_properties(&DocProperties::new().set_creation_datetime(&created));
    for tab in tabs {
        write_tab(workbook.add_worksheet(), tab)?;
    }
    workbook.save_to_buffer()
}

fn write_tab(worksheet: &mut Worksheet, tab: &Tab) -> Result<(), XlsxError> {
    worksheet.set_name(&*tab.name)?;
    let columns = &tab.sheet.columns;
    let formats: Vec<Format> = columns.iter().map(|column| format(column.kind)).collect();
    write_columns(worksheet, tab, &formats)?;
    for (row, values) in (1..).zip(tab.rows) {
        for (index, value) in values.iter().enumerate() {
            write_cell(worksheet, row, column_index(index), value, &formats[index])?;
        }
    }
    worksheet.set_freeze_panes(1, 0)?;
    let last_row = u32::try_from(tab.rows.len()).expect("rows were counted");
    if let Some(last) = columns.len().checked_sub(1) {
        worksheet.autofilter(0, 0, last_row, column_index(last))?;
    }
    for (index, column) in columns.iter().enumerate() {
        if column.kind == ColumnKind::Text && last_row > 0 {
            let (at, codes) = (column_index(index), IgnoreError::NumberStoredAsText);
            worksheet.ignore_error_range(1, at, last_row, at, codes)?;
        }
    }
    worksheet
        .set_landscape()
        .set_paper_size(9)
        .set_repeat_rows(0, 0)?
        .set_print_fit_to_pages(1, 0);
    Ok(())
}

fn write_columns(
    worksheet: &mut Worksheet,
    tab: &Tab,
    formats: &[Format],
) -> Result<(), XlsxError> {
    let header = Format::new()
        .set_bold()
        .set_text_wrap()
        .set_align(FormatAlign::Left)
        .set_align(FormatAlign::VerticalCenter)
        .set_background_color(0x00E6_EDF5)
        .set_border_bottom(FormatBorder::Thin);
    worksheet.set_row_height(0, header_height(tab))?;
    for (index, column) in tab.sheet.columns.iter().enumerate() {
        let at = column_index(index);
        worksheet.set_column_format(at, &formats[index])?;
        worksheet.set_column_width(at, column.width.unwrap_or_else(|| fitted(tab, index)))?;
        worksheet.write_string_with_format(0, at, &*fitting(&column.header), &header)?;
    }
    Ok(())
}

fn write_cell(
    worksheet: &mut Worksheet,
    row: u32,
    column: u16,
    value: &Value,
    format: &Format,
) -> Result<(), XlsxError> {
    match value {
        Value::Text(text) => {
            worksheet.write_string_with_format(row, column, &*fitting(text), format)?
        }
        Value::Number(number) if number.is_finite() => {
            worksheet.write_number_with_format(row, column, *number, format)?
        }
        Value::Date(day) => worksheet.write_number_with_format(
            row,
            column,
            f64::from(day.days() + EPOCH),
            format,
        )?,
        Value::Empty | Value::Number(_) => worksheet.write_blank(row, column, format)?,
    };
    Ok(())
}

fn format(kind: ColumnKind) -> Format {
    match kind {
        ColumnKind::Text => Format::new().set_num_format("@"),
        ColumnKind::Count => Format::new().set_num_format("#,##0"),
        ColumnKind::Number => Format::new().set_num_format("#,##0.####"),
        ColumnKind::Percent => Format::new().set_num_format("0.0%"),
        ColumnKind::Date => Format::new().set_num_format("yyyy-mm-dd"),
    }
}

fn column_index(index: usize) -> u16 {
    u16::try_from(index).expect("columns were counted")
}

fn fitted(tab: &Tab, column: usize) -> f64 {
    let values = tab.rows.iter().take(1_000).map(|row| row[column].width());
    let widest = values
        .chain([header_places(&tab.sheet.columns[column].header)])
        .max()
        .unwrap_or(8);
    f64::from(u32::try_from(widest.clamp(6, 60)).expect("at most sixty")) + 2.0
}

/// Places of a header: bold letters are wider by an eighth, and the button of the filter covers three.
fn header_places(header: &str) -> usize {
    let places = places(header);
    places + places.div_ceil(8) + 3
}

/// Height of the first row in points, so that headers wider than their columns are wrapped and not cut.
fn header_height(tab: &Tab) -> f64 {
    let lines = tab.sheet.columns.iter().enumerate().map(|(at, column)| {
        let width = column.width.unwrap_or_else(|| fitted(tab, at));
        let places = u32::try_from(header_places(&column.header)).unwrap_or(u32::MAX);
        (f64::from(places) / width).ceil()
    });
    LINE_HEIGHT * lines.fold(1.0, f64::max).min(LINES_MAX) + 6.0
}

#[cfg(test)]
mod tests {
    use super::{Column, ColumnKind, Sheet, Value, workbook};
    use crate::units::Day;

    fn sheet(name: &str) -> Sheet {
        let kinds = [ColumnKind::Text, ColumnKind::Date, ColumnKind::Percent];
        Sheet {
            name: name.to_owned(),
            columns: kinds
                .into_iter()
                .map(|kind| Column::new("统一社会信用代码", kind))
                .collect(),
            rows: vec![
                vec![
                    Value::Text("0123".into()),
                    Value::Date(Day::from_days(20_000)),
                    Value::Number(0.05),
                ],
                vec![
                    Value::Text("=1+1".into()),
                    Value::Empty,
                    Value::Number(f64::NAN),
                ],
            ],
        }
    }

    #[test]
    fn the_same_sheets_give_the_same_bytes() {
        let bytes = workbook(&[sheet("抽查名单"), sheet("说明")]).unwrap();
        assert!(bytes.starts_with(b"PK"));
        assert_eq!(
            bytes,
            workbook(&[sheet("抽查名单"), sheet("说明")]).unwrap()
        );
    }

    #[test]
    fn a_sheet_name_stands_once_and_has_no_slash() {
        assert!(workbook(&[]).is_err());
        assert!(workbook(&[sheet("a"), sheet("A")]).is_err());
        assert!(workbook(&[sheet("a/b")]).is_err());
    }

    #[test]
    fn a_row_of_another_width_is_refused() {
        let mut narrow = sheet("a");
        narrow.rows[1].pop();
        let message = workbook(&[narrow]).unwrap_err().to_string();
        assert_eq!(message, "row 2 of sheet \"a\" has 2 values for 3 columns");
    }
}
