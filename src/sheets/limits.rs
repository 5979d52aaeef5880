//! What a workbook cannot hold as it is: long texts, many rows, names of sheets.

use std::borrow::Cow;

use super::workbook::{Sheet, Value};

/// Rows of a sheet below its header.
pub(super) const ROWS_MAX: usize = 1_048_575;
/// UTF-16 units of a cell.
const UNITS_MAX: usize = 32_767;
/// Characters of a sheet's name.
pub(super) const NAME_MAX: usize = 31;
/// What spreadsheet programs refuse in the name of a sheet.
pub(super) const NOT_IN_NAME: [char; 7] = ['[', ']', ':', '*', '?', '/', '\\'];

/// What of `sheets` a workbook holds in another form: a sentence for every sheet with cut texts or with further sheets.
#[must_use]
pub fn limits(sheets: &[Sheet]) -> Vec<String> {
    let cut = |sheet: &Sheet| {
        let values = sheet.rows.iter().flatten();
        values.filter(|value| value.is_too_long()).count()
    };
    let mut said = Vec::new();
    for sheet in sheets {
        let (name, n_cut, n_rows) = (&sheet.name, cut(sheet), sheet.rows.len());
        if n_cut > 0 {
            said.push(format!(
                "sheet \"{name}\": {n_cut} texts of more than {UNITS_MAX} characters are cut; the CSV holds them whole"
            ));
        }
        if n_rows > ROWS_MAX {
            let n_tabs = n_rows.div_ceil(ROWS_MAX);
            said.push(format!(
                "sheet \"{name}\": {n_rows} rows go over {n_tabs} sheets"
            ));
        }
    }
    said
}

/// `text` as the name of a sheet: what spreadsheet programs refuse is replaced by `_`, and at most 31 characters are kept.
///
/// ```
/// assert_eq!(choucha::sheets::tab_name("名录/2025[1]"), "名录_2025_1_");
/// ```
#[must_use]
pub fn tab_name(text: &str) -> String {
    let kept = |c: char| {
        let refused = NOT_IN_NAME.contains(&c) || c == '\'' || c.is_control();
        if refused { '_' } else { c }
    };
    let name: String = text.trim().chars().take(NAME_MAX).map(kept).collect();
    if name.is_empty() {
        "_".to_owned()
    } else {
        name
    }
}

/// As much of a sheet as one tab holds.
pub(super) struct Tab<'a> {
    pub(super) name: Cow<'a, str>,
    pub(super) sheet: &'a Sheet,
    /// Rows of the sheet before these.
    pub(super) before: usize,
    pub(super) rows: &'a [Vec<Value>],
}

/// The tabs that hold the rows of a sheet, `rows_max` each.
pub(super) fn tabs(sheet: &Sheet, rows_max: usize) -> Vec<Tab<'_>> {
    let tab = |name, before, rows| Tab {
        name,
        sheet,
        before,
        rows,
    };
    if sheet.rows.len() <= rows_max {
        return vec![tab(Cow::Borrowed(&*sheet.name), 0, &sheet.rows)];
    }
    let chunks = sheet.rows.chunks(rows_max).enumerate();
    let named = chunks.map(|(index, rows)| {
        let name = if index == 0 {
            Cow::Borrowed(&*sheet.name)
        } else {
            Cow::Owned(numbered(&sheet.name, index + 1))
        };
        tab(name, index * rows_max, rows)
    });
    named.collect()
}

fn numbered(name: &str, n: usize) -> String {
    let suffix = format!(" ({n})");
    let kept = NAME_MAX - suffix.len();
    name.chars().take(kept).collect::<String>() + &suffix
}

impl Value {
    fn is_too_long(&self) -> bool {
        matches!(self, Self::Text(text) if text.len() > UNITS_MAX && units(text) > UNITS_MAX)
    }
}

fn units(text: &str) -> usize {
    text.encode_utf16().count()
}

/// `text`, or as much of it as a cell holds, with a mark that says how long it was.
pub(super) fn fitting(text: &str) -> Cow<'_, str> {
    if text.len() <= UNITS_MAX || units(text) <= UNITS_MAX {
        return Cow::Borrowed(text);
    }
    let mark = format!("…【已截断，原文 {} 字】", text.chars().count());
    let room = UNITS_MAX - units(&mark);
    let mut used = 0;
    let kept = text.chars().take_while(|c| {
        used += c.len_utf16();
        used <= room
    });
    Cow::Owned(kept.collect::<String>() + &mark)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sheets::{Column, ColumnKind, workbook};

    fn sheet(name: &str) -> Sheet {
        Sheet {
            name: name.to_owned(),
            columns: vec![Column::new("名称", ColumnKind::Text)],
            rows: vec![vec![Value::Text("甲".into())]],
        }
    }

    #[test]
    fn a_text_longer_than_a_cell_is_cut_with_a_mark_and_said() {
        let text = "𠮷".repeat(UNITS_MAX);
        let cut = fitting(&text);
        assert!(units(&cut) <= UNITS_MAX && units(&cut) + 2 > UNITS_MAX);
        assert!(cut.ends_with("…【已截断，原文 32767 字】"));
        let whole = "店".repeat(UNITS_MAX);
        assert_eq!(fitting(&whole), whole);
        let mut long = sheet("a");
        long.rows[0][0] = Value::Text(text);
        assert!(limits(&[long.clone()])[0].starts_with("sheet \"a\": 1 texts of more than 32767"));
        assert!(workbook(&[long]).is_ok() && limits(&[sheet("a")]).is_empty());
    }

    #[test]
    fn rows_beyond_a_sheet_go_on_in_further_sheets() {
        let mut many = sheet("一个很长很长很长很长很长很长很长很长很长很长的表名字呢");
        let row = many.rows[0].clone();
        many.rows = vec![row; 5];
        let tabs = tabs(&many, 2);
        let names: Vec<&str> = tabs.iter().map(|tab| &*tab.name).collect();
        assert_eq!(tabs.iter().map(|tab| tab.rows.len()).sum::<usize>(), 5);
        assert_eq!(names[0], many.name);
        assert!(names[2].ends_with(" (3)") && names[2].chars().count() <= 31);
    }
}
