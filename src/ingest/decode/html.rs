//! HTML tables called .xls, as web systems export them: tags are read as a browser reads them, nothing is fetched or run.
//!
//! Tokens: WHATWG HTML 13.2.5; cells that span rows and columns: 4.9.11. Excel writes a number in full as `x:num`.

use std::cell::{Cell, RefCell};
use std::fs::File;
use std::path::Path;

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{
    BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};

use super::super::error::Error;
use super::book::{Step, Visitor, number_text};
use super::encoding::{self, Transcoded};
use super::limits::{Beyond, CELL_MAX, CELLS_MAX, HTML_MAX, KEPT_CELLS_MAX, NESTED_MAX};
use super::rows::{Regions, Row};

/// Bytes that may name the encoding.
const HEAD: u64 = 1 << 20;
/// Rows and columns that one cell may span, as browsers have it.
const ACROSS_MAX: usize = 1_000;
const DOWN_MAX: u64 = 65_534;

/// Hands on the rows of the tables, in their order; a table within a cell is a table of its own.
pub(super) fn walk(path: &Path, shown: &str, visitor: &mut dyn Visitor) -> Result<(), Error> {
    let file = File::open(path).map_err(Error::io(path))?;
    let length = file.metadata().map_err(Error::io(path))?.len();
    if length > HTML_MAX {
        let beyond = Beyond::new("the size of a page in bytes", HTML_MAX);
        return Err(Error::beyond(shown, beyond));
    }
    let mut text = Transcoded::new(file, encoding_of(path)?);
    let page = Page {
        is_done: Cell::new(false),
        inner: RefCell::new(Inner {
            visitor,
            shown,
            open: Vec::new(),
            within: Vec::new(),
            n_tables: 0,
            n_kept: 0,
            failed: None,
        }),
    };
    let tokenizer = Tokenizer::new(page, TokenizerOpts::default());
    let queue = BufferQueue::default();
    let damaged = |error: std::io::Error| Error::Unreadable {
        file: shown.to_owned(),
        format: "HTML",
        reason: error.to_string(),
    };
    while !tokenizer.sink.is_done.get() {
        let Some(piece) = text.next_text().map_err(damaged)? else {
            break;
        };
        queue.push_back(StrTendril::from(piece));
        let _ = tokenizer.feed(&queue);
    }
    if !tokenizer.sink.is_done.get() {
        tokenizer.end();
    }
    let is_done = tokenizer.sink.is_done.get();
    let mut inner = tokenizer.sink.inner.into_inner();
    if let Some(error) = inner.failed {
        return Err(error);
    }
    while !is_done && !inner.open.is_empty() {
        if inner.end_table()? == Step::Stop {
            break;
        }
    }
    Ok(())
}

/// UTF-8 if the page is that, else the encoding it declares, else GB18030.
fn encoding_of(path: &Path) -> Result<&'static encoding_rs::Encoding, Error> {
    encoding::of_markup(path, HEAD, |head| {
        let text = String::from_utf8_lossy(head).to_ascii_lowercase();
        let rest = text.split("charset=").nth(1)?;
        let label = rest.trim_start_matches(['"', '\'']);
        let label = label.split(['"', '\'', ';', '>', ' ', '/']).next()?;
        Some(label.to_owned())
    })
}

/// The page as its tokens come in.
struct Page<'a> {
    is_done: Cell<bool>,
    inner: RefCell<Inner<'a>>,
}

struct Inner<'a> {
    visitor: &'a mut dyn Visitor,
    shown: &'a str,
    /// Tables that are open, the innermost last.
    open: Vec<Table>,
    /// Tables within cells, handed on after the table they stand in.
    within: Vec<Vec<Row>>,
    n_tables: usize,
    /// Cells of tables within cells, the empty ones between them too.
    n_kept: u64,
    failed: Option<Error>,
}

/// One open table.
#[derive(Default)]
struct Table {
    /// Rows of a table within a cell.
    kept: Vec<Row>,
    /// Whether nobody wants further rows.
    is_over: bool,
    row: Row,
    regions: Regions,
    in_row: bool,
    cell: Option<Open>,
    column: usize,
}

/// An open cell.
#[derive(Default)]
struct Open {
    text: String,
    /// The number in full, if the page gives it.
    number: Option<String>,
    across: usize,
    down: u64,
}

impl TokenSink for Page<'_> {
    type Handle = ();

    fn process_token(&self, token: Token, _: u64) -> TokenSinkResult<()> {
        if self.is_done.get() {
            return TokenSinkResult::Continue;
        }
        let mut inner = self.inner.borrow_mut();
        let step = match token {
            Token::TagToken(tag) => {
                let raw = raw(&tag);
                match inner.tag(&tag) {
                    Ok(Step::Next) if raw.is_some() => {
                        return TokenSinkResult::RawData(raw.unwrap_or(RawKind::Rawtext));
                    }
                    step => step,
                }
            }
            Token::CharacterTokens(text) => inner.text(&text),
            _ => Ok(Step::Next),
        };
        match step {
            Ok(Step::Stop) => self.is_done.set(true),
            Ok(_) => {}
            Err(error) => {
                inner.failed = Some(error);
                self.is_done.set(true);
            }
        }
        TokenSinkResult::Continue
    }
}

/// Elements whose content is no markup.
fn raw(tag: &Tag) -> Option<RawKind> {
    if tag.kind != TagKind::StartTag || tag.self_closing {
        return None;
    }
    match &*tag.name {
        "style" | "xmp" | "iframe" | "noembed" | "noframes" => Some(RawKind::Rawtext),
        "script" => Some(RawKind::ScriptData),
        "title" | "textarea" => Some(RawKind::Rcdata),
        _ => None,
    }
}

impl Inner<'_> {
    fn tag(&mut self, tag: &Tag) -> Result<Step, Error> {
        let is_start = tag.kind == TagKind::StartTag;
        match (&*tag.name, is_start) {
            ("table", true) => self.begin_table(),
            ("table", false) => self.end_table(),
            ("tr", true) => {
                let step = self.end_row()?;
                if let Some(table) = self.open.last_mut() {
                    let line = table.row.line + 1;
                    table.row.restart(line);
                    (table.in_row, table.column) = (true, 0);
                }
                Ok(step)
            }
            ("tr" | "thead" | "tbody" | "tfoot", _) => self.end_row(),
            ("td" | "th", true) => {
                self.end_cell()?;
                self.begin_cell(tag);
                Ok(Step::Next)
            }
            ("td" | "th", false) => self.end_cell(),
            ("br", _) => self.text("\n"),
            ("p" | "div" | "li", true) => self.text(" "),
            _ => Ok(Step::Next),
        }
    }

    fn begin_table(&mut self) -> Result<Step, Error> {
        if self.open.len() >= NESTED_MAX {
            let beyond = Beyond::new("the depth of tables in tables", NESTED_MAX as u64);
            return Err(Error::beyond(self.shown, beyond));
        }
        self.open.push(Table::default());
        Ok(Step::Next)
    }

    fn begin_cell(&mut self, tag: &Tag) {
        let Some(table) = self.open.last_mut() else {
            return;
        };
        if !table.in_row {
            let line = table.row.line + 1;
            table.row.restart(line);
            (table.in_row, table.column) = (true, 0);
        }
        let value = |name: &str| {
            let mut attributes = tag.attrs.iter();
            let found = attributes.find(|found| &*found.name.local == name);
            found.map(|found| found.value.trim().to_owned())
        };
        let number = |name: &str| value(name).and_then(|text| text.parse::<u64>().ok());
        let across = number("colspan").unwrap_or(1).clamp(1, ACROSS_MAX as u64) - 1;
        let rows = number("rowspan").unwrap_or(1).clamp(1, DOWN_MAX);
        table.cell = Some(Open {
            text: String::new(),
            number: value("x:num").filter(|text| !text.is_empty()),
            across: usize::try_from(across).unwrap_or(0),
            down: rows - 1,
        });
        let line = table.row.line;
        while table.column < CELLS_MAX && table.regions.covers(line, table.column) {
            table.column += 1;
        }
    }

    fn text(&mut self, text: &str) -> Result<Step, Error> {
        let cell = self.open.last_mut().and_then(|table| table.cell.as_mut());
        let Some(cell) = cell else {
            return Ok(Step::Next);
        };
        if cell.text.len() + text.len() > CELL_MAX {
            let beyond = Beyond::new("a cell's text in bytes", CELL_MAX as u64);
            return Err(Error::beyond(self.shown, beyond));
        }
        if text == "\n" {
            cell.text.push('\u{b}'); // a line break that was asked for
        } else {
            cell.text.push_str(text);
        }
        Ok(Step::Next)
    }

    fn end_cell(&mut self) -> Result<Step, Error> {
        let Some(table) = self.open.last_mut() else {
            return Ok(Step::Next);
        };
        let Some(cell) = table.cell.take() else {
            return Ok(Step::Next);
        };
        let shown = collapsed(&cell.text);
        let number = cell.number.and_then(|text| text.parse::<f64>().ok());
        let text = match number {
            Some(number) if shown.contains(['e', 'E']) => number_text(number),
            _ => shown,
        };
        let (line, column) = (table.row.line, table.column);
        table
            .regions
            .open(line, column, cell.across, cell.down, &text);
        table.column = column + 1 + cell.across;
        if !text.is_empty() {
            let put = table.row.put(column, &text);
            put.map_err(|beyond| Error::beyond(self.shown, beyond))?;
        }
        Ok(Step::Next)
    }

    fn end_row(&mut self) -> Result<Step, Error> {
        self.end_cell()?;
        let is_outermost = self.open.len() == 1;
        let Some(table) = self.open.last_mut().filter(|table| table.in_row) else {
            return Ok(Step::Next);
        };
        table.in_row = false;
        let mut row = table.row.clone();
        table.regions.fill(&mut row);
        if !is_outermost {
            self.n_kept += row.cells.len() as u64;
            if self.n_kept > KEPT_CELLS_MAX {
                let what = "the number of cells of tables in tables";
                return Err(Error::beyond(self.shown, Beyond::new(what, KEPT_CELLS_MAX)));
            }
            table.kept.push(row.trimmed());
            return Ok(Step::Next);
        }
        if table.row.line == 1 {
            table.is_over = !self.visitor.sheet(self.n_tables, None);
        }
        if table.is_over {
            return Ok(Step::Next);
        }
        let step = self.visitor.row(&row)?;
        table.is_over = step == Step::NextSheet;
        Ok(step)
    }

    fn end_table(&mut self) -> Result<Step, Error> {
        let step = self.end_row()?;
        let Some(table) = self.open.pop().filter(|table| table.row.line > 0) else {
            return Ok(step);
        };
        if step == Step::Stop {
            return Ok(step);
        }
        if !self.open.is_empty() {
            self.within.push(table.kept);
            return Ok(Step::Next);
        }
        self.n_tables += 1;
        for rows in std::mem::take(&mut self.within) {
            if self.hand_on(&rows)? == Step::Stop {
                return Ok(Step::Stop);
            }
        }
        Ok(Step::Next)
    }

    fn hand_on(&mut self, rows: &[Row]) -> Result<Step, Error> {
        let is_wanted = self.visitor.sheet(self.n_tables, None);
        self.n_tables += 1;
        for row in rows.iter().filter(|_| is_wanted) {
            match self.visitor.row(row)? {
                Step::Next => {}
                step => return Ok(step),
            }
        }
        Ok(Step::Next)
    }
}

/// Runs of blanks as one, none at the ends; a line break that was asked for stays one.
fn collapsed(text: &str) -> String {
    let is_blank =
        |letter: char| letter != '\u{b}' && (letter.is_whitespace() || letter == '\u{a0}');
    let lines = text.split('\u{b}').map(|line| {
        line.split(is_blank)
            .filter(|word| !word.is_empty())
            .collect::<Vec<_>>()
            .join(" ")
    });
    lines.collect::<Vec<_>>().join("\n").trim().to_owned()
}
