//! Rows to CSV that people open in a spreadsheet program: UTF-8 with a byte order mark, CRLF, cells that never run.

use std::borrow::Cow;
use std::io::{self, Write};

use super::Value;
use crate::units::text_cell;

/// What UTF-8 text starts with so that Excel and WPS read it as UTF-8.
const MARK: &[u8] = "\u{feff}".as_bytes();

/// Rows on their way into a CSV.
#[derive(Debug)]
pub struct CsvText<W: Write> {
    to: W,
}

impl<W: Write> CsvText<W> {
    /// Writes the mark and the header.
    ///
    /// # Errors
    /// What `to` answers.
    pub fn begin<'a>(mut to: W, headers: impl IntoIterator<Item = &'a str>) -> io::Result<Self> {
        to.write_all(MARK)?;
        let mut text = Self { to };
        text.write(headers.into_iter().map(text_cell))?;
        Ok(text)
    }

    /// Writes a row.
    ///
    /// # Errors
    /// What the writer answers.
    pub fn row(&mut self, values: &[Value]) -> io::Result<()> {
        self.write(values.iter().map(shown))
    }

    /// Hands the writer back, flushed.
    ///
    /// # Errors
    /// What the writer answers.
    pub fn finish(mut self) -> io::Result<W> {
        self.to.flush()?;
        Ok(self.to)
    }

    fn write<'a>(&mut self, cells: impl Iterator<Item = Cow<'a, str>>) -> io::Result<()> {
        for (index, cell) in cells.enumerate() {
            if index > 0 {
                self.to.write_all(b",")?;
            }
            self.to.write_all(quoted(&cell).as_bytes())?;
        }
        self.to.write_all(b"\r\n")
    }
}

fn shown(value: &Value) -> Cow<'_, str> {
    match value {
        Value::Text(text) => text_cell(text),
        Value::Number(number) if number.is_finite() => Cow::Owned(number.to_string()),
        Value::Empty | Value::Number(_) => Cow::Borrowed(""),
        Value::Date(day) => Cow::Owned(day.to_string()),
    }
}

fn quoted(cell: &str) -> Cow<'_, str> {
    if cell.contains([',', '"', '\r', '\n']) {
        Cow::Owned(format!("\"{}\"", cell.replace('"', "\"\"")))
    } else {
        Cow::Borrowed(cell)
    }
}

#[cfg(test)]
mod tests {
    use super::CsvText;
    use crate::sheets::Value;
    use crate::units::Day;

    #[test]
    fn a_row_is_what_a_spreadsheet_program_reads_back() {
        let mut text = CsvText::begin(Vec::new(), ["统一社会信用代码", "名称"]).unwrap();
        let row = [
            Value::Text("130433000012345".into()),
            Value::Text("甲,\"乙\"\n丙".into()),
        ];
        text.row(&row).unwrap();
        text.row(&[Value::Text("=1+1".into()), Value::Number(-0.5)])
            .unwrap();
        text.row(&[Value::Date(Day::from_days(0)), Value::Number(f64::NAN)])
            .unwrap();
        let bytes = text.finish().unwrap();
        let expected = "\u{feff}统一社会信用代码,名称\r\n130433000012345\t,\"甲,\"\"乙\"\"\n丙\"\r\n'=1+1,-0.5\r\n1970-01-01,\r\n";
        assert_eq!(String::from_utf8(bytes).unwrap(), expected);
    }
}
