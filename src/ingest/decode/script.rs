//! How a delimited text is written: its encoding, its delimiter and its header, told by its first bytes.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::super::error::Error;
use super::Wish;
use super::encoding::{self, Encoding};
use super::layout::{self, HEAD, Layout};
use super::limits::{Beyond, CELLS_MAX};
use super::records::{Next, Records};
use super::rows::{Fills, Row};

/// Bytes looked at before the file is decoded.
const LOOK: u64 = 1 << 20;
/// Delimiters, the likelier first.
const DELIMITERS: [u8; 4] = [b',', b'\t', b';', b'|'];

/// How a text is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Script {
    pub(super) encoding: Encoding,
    /// Whether the first bytes do not decide the encoding, so that a later letter may.
    pub(super) open: bool,
    pub(super) delimiter: u8,
}

/// The script of a text and its header.
pub(super) fn look(path: &Path, shown: &str, wish: &Wish) -> Result<(Script, Layout), Error> {
    let mut head = Vec::new();
    let mut file = File::open(path).map_err(Error::io(path))?;
    (&mut file)
        .take(LOOK)
        .read_to_end(&mut head)
        .map_err(Error::io(path))?;
    let is_whole = (head.len() as u64) < LOOK;
    if !is_whole {
        let end = head.iter().rposition(|byte| *byte == b'\n');
        head.truncate(end.map_or(head.len(), |at| at + 1));
    }
    let (guessed, decided) = encoding::guess(&head);
    let encoding = wish.shape.encoding.unwrap_or(guessed);
    let open = wish.shape.encoding.is_none() && !decided;
    let coder = encoding.coder();
    let text = coder.decode_with_bom_removal(&head).0;
    let delimiters = match wish.shape.delimiter {
        Some(delimiter) => vec![delimiter],
        None => DELIMITERS.to_vec(),
    };
    let mut best: Option<(Fit, u8, Layout)> = None;
    for delimiter in delimiters {
        let rows = first_rows(&text, delimiter, is_whole, wish);
        if rows.iter().any(|row| row.cells.len() > CELLS_MAX) {
            let beyond = Beyond::new("the number of cells of a row", CELLS_MAX as u64);
            return Err(Error::beyond(shown, beyond));
        }
        let found = try_delimiter(&rows, delimiter, wish);
        let is_better = |next: &(Fit, u8, Layout)| best.as_ref().is_none_or(|best| next.0 > best.0);
        if let Some(next) = found.filter(is_better) {
            best = Some(next);
        }
    }
    let Some((_, delimiter, layout)) = best else {
        return Err(no_header(shown, &text, wish));
    };
    let script = Script {
        encoding,
        open,
        delimiter,
    };
    Ok((script, layout))
}

/// How well a delimiter fits: known names, then rows as wide as the header, then the width.
type Fit = (usize, usize, usize);

fn try_delimiter(rows: &[Row], delimiter: u8, wish: &Wish) -> Option<(Fit, u8, Layout)> {
    let layout = layout::find(rows, wish, true)?;
    let width = layout.names.len();
    let alike = rows.iter().filter(|row| row.cells.len() == width);
    let n_alike = if width > 1 { alike.count() } else { 0 };
    Some(((layout.n_known, n_alike, width), delimiter, layout))
}

fn first_rows(text: &str, delimiter: u8, is_whole: bool, wish: &Wish) -> Vec<Row> {
    let mut records = Records::new(text, delimiter, is_whole);
    let last = wish.shape.header_line.unwrap_or(0) + 1;
    let mut rows = Vec::new();
    while let Next::Record(line) = records.read() {
        if rows.len() > HEAD && line > last {
            break;
        }
        if rows.len() <= HEAD || line + 1 >= last {
            rows.push(Row {
                line,
                cells: (0..records.len())
                    .map(|at| records.field(at).to_owned())
                    .collect(),
                fills: Fills::default(),
            });
        }
    }
    rows
}

fn no_header(shown: &str, text: &str, wish: &Wish) -> Error {
    let file = shown.to_owned();
    if let Some(line) = wish.shape.header_line {
        return Error::HeaderLine { file, line };
    }
    match Records::new(text, b',', true).read() {
        Next::Cut(line) => Error::OpenQuote { file, line },
        Next::Record(_) if !text.trim().is_empty() => {
            Error::beyond(shown, Beyond::new("the header row in bytes", LOOK))
        }
        _ => Error::EmptyFile { file },
    }
}
