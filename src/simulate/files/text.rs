//! A sheet as a text file, the way spreadsheets and platforms export one: RFC 4180 with a delimiter and an encoding of their own.

use encoding_rs::GB18030;

use super::grid::Grid;

/// How a text file is written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dialect {
    pub(super) delimiter: char,
    pub(super) encoding: Encoding,
    pub(super) newline: &'static str,
}

/// Encoding of a text file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Utf8,
    /// UTF-8 with a byte order mark.
    Utf8Bom,
    Gb18030,
    /// UTF-16, little-endian, with a byte order mark: "Unicode text" of spreadsheets.
    Utf16,
}

impl Encoding {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::Utf8Bom => "UTF-8 with byte order mark",
            Self::Gb18030 => "GB18030",
            Self::Utf16 => "UTF-16LE with byte order mark",
        }
    }

    pub(super) fn encode(self, text: &str) -> Vec<u8> {
        match self {
            Self::Utf8 => text.as_bytes().to_vec(),
            Self::Utf8Bom => format!("\u{feff}{text}").into_bytes(),
            Self::Gb18030 => GB18030.encode(text).0.into_owned(),
            Self::Utf16 => "\u{feff}"
                .encode_utf16()
                .chain(text.encode_utf16())
                .flat_map(u16::to_le_bytes)
                .collect(),
        }
    }
}

/// The file's bytes, and the line each row begins at.
pub(super) fn write(grid: &Grid, dialect: Dialect) -> (Vec<u8>, Vec<u64>) {
    let width = grid.table_width();
    let (mut text, mut lines, mut line) = (String::new(), Vec::new(), 1);
    for row in &grid.lines {
        lines.push(line);
        let mut cells: Vec<String> = row
            .cells
            .iter()
            .map(|cell| quoted(&cell.shown(), dialect))
            .collect();
        if row
            .fate
            .as_ref()
            .is_none_or(|fate| fate.rule != "field-count")
        {
            cells.resize(width.max(cells.len()), String::new());
        }
        let joined = cells.join(&dialect.delimiter.to_string());
        line += 1 + u64::try_from(joined.matches('\n').count()).expect("a count fits");
        text.push_str(&joined);
        text.push_str(dialect.newline);
    }
    (dialect.encoding.encode(&text), lines)
}

fn quoted(cell: &str, dialect: Dialect) -> String {
    if cell.contains([dialect.delimiter, '"', '\n', '\r']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::super::grid::Line;
    use super::*;

    #[test]
    fn a_row_with_a_line_break_inside_moves_the_lines_after_it() {
        let grid = Grid {
            lines: vec![
                Line::texts(["名称", "住所"]),
                Line::texts(["甲\n乙", "a,b"]),
                Line::texts(["丙", ""]),
            ],
            ..Grid::default()
        };
        let dialect = Dialect {
            delimiter: ',',
            encoding: Encoding::Utf8,
            newline: "\r\n",
        };
        let (bytes, lines) = write(&grid, dialect);
        assert_eq!(
            String::from_utf8(bytes).unwrap(),
            "名称,住所\r\n\"甲\n乙\",\"a,b\"\r\n丙,\r\n"
        );
        assert_eq!(lines, [1, 2, 4]);
    }

    #[test]
    fn the_encodings_are_those_of_their_names() {
        assert_eq!(Encoding::Gb18030.encode("馆"), [0xb9, 0xdd]);
        assert_eq!(Encoding::Utf16.encode("馆"), [0xff, 0xfe, 0x86, 0x99]);
        assert_eq!(Encoding::Utf8Bom.encode("a"), [0xef, 0xbb, 0xbf, b'a']);
    }
}
