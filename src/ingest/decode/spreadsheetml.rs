//! `SpreadsheetML` 2003, the XML that web systems call .xls or .xlsx, read as a stream; no entities, no document types.
//!
//! Element names: Microsoft Office 2003 XML Reference Schemas, `urn:schemas-microsoft-com:office:spreadsheet`.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use quick_xml::events::attributes::Attribute;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use super::super::error::Error;
use super::book::{Step, Visitor, moment_text, number_text};
use super::encoding::{self, Transcoded};
use super::limits::{Beyond, CELL_MAX, LINES_MAX, Leash};
use super::rows::{Regions, Row};

/// Bytes of one text or tag.
const EVENT_MAX: usize = 4 << 20;
/// Bytes that may name the encoding.
const HEAD: u64 = 65_536;

type Xml = Reader<Leash<BufReader<Transcoded<File>>>>;

/// Hands on the rows of the worksheets, in their order.
pub(super) fn walk(path: &Path, shown: &str, visitor: &mut dyn Visitor) -> Result<(), Error> {
    let encoding = encoding_of(path)?;
    let file = File::open(path).map_err(Error::io(path))?;
    let text = BufReader::with_capacity(65_536, Transcoded::new(file, encoding));
    let mut xml = Reader::from_reader(Leash::new(text, EVENT_MAX));
    xml.config_mut().expand_empty_elements = true;
    let sheets = Sheets {
        shown,
        visitor,
        n: 0,
        is_over: false,
        state: State::default(),
        row: Row::default(),
        regions: Regions::default(),
    };
    sheets.read(&mut xml)
}

/// The declared encoding, unless the bytes say otherwise.
fn encoding_of(path: &Path) -> Result<&'static encoding_rs::Encoding, Error> {
    encoding::of_markup(path, HEAD, |head| {
        let first = String::from_utf8_lossy(&head[..head.len().min(256)]);
        let rest = first.split("encoding=").nth(1)?;
        let label = rest.trim_start_matches(['"', '\'']);
        let label = label.split(['"', '\'']).next()?;
        Some(label.to_owned())
    })
}

/// Where the reader stands.
#[derive(Default)]
struct State {
    in_sheet: bool,
    is_wanted: bool,
    within: Within,
    kind: String,
    text: String,
    /// Column of the next cell, from 0.
    column: usize,
    across: usize,
    down: u64,
    /// Lines that a row element stands for beyond its own.
    span: u64,
}

/// The element whose text counts.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Within {
    #[default]
    Nothing,
    Cell,
    /// A remark on a cell, which has its own data.
    Comment,
    Data,
    Visible,
}

struct Sheets<'a> {
    shown: &'a str,
    visitor: &'a mut dyn Visitor,
    n: usize,
    /// Whether the book has ended.
    is_over: bool,
    state: State,
    row: Row,
    regions: Regions,
}

impl Sheets<'_> {
    fn read(mut self, xml: &mut Xml) -> Result<(), Error> {
        let mut buffer = Vec::new();
        loop {
            buffer.clear();
            xml.get_mut().let_out();
            let event = xml.read_event_into(&mut buffer);
            match event.map_err(|error| damaged(self.shown, &error))? {
                Event::DocType(_) => {
                    return Err(Error::Dtd {
                        file: self.shown.to_owned(),
                    });
                }
                Event::Start(tag) => self.start(&tag),
                Event::End(tag) => match self.end(tag.local_name().as_ref())? {
                    Step::Stop => return Ok(()),
                    Step::Next | Step::NextSheet => {}
                },
                Event::Text(text) => self.text(&text.xml10_content())?,
                Event::CData(text) => self.text(&text.xml10_content())?,
                Event::GeneralRef(named) => self.named(&named)?,
                Event::Eof if self.is_over => return Ok(()),
                Event::Eof => {
                    return Err(cut_off(self.shown));
                }
                _ => {}
            }
        }
    }

    fn start(&mut self, tag: &BytesStart) {
        match tag.local_name().as_ref() {
            "Worksheet" => {
                let name = attribute(tag, "Name");
                self.state = State {
                    in_sheet: true,
                    is_wanted: self.visitor.sheet(self.n, name.as_deref()),
                    ..State::default()
                };
                self.n += 1;
                self.row = Row::default();
                self.regions = Regions::default();
            }
            "Row" if self.state.is_wanted => {
                let next = self.row.line + 1 + self.state.span;
                let line = number(tag, "Index")
                    .unwrap_or(next)
                    .clamp(next, next.max(LINES_MAX));
                self.state.span = number(tag, "Span").unwrap_or(0).min(1 << 20);
                self.state.column = 0;
                self.row.restart(line);
            }
            "Cell" if self.state.is_wanted => self.cell(tag),
            "Comment" if self.state.within == Within::Cell => self.state.within = Within::Comment,
            "Data" if self.state.within == Within::Cell => {
                self.state.within = Within::Data;
                self.state.kind = attribute(tag, "Type").unwrap_or_default();
            }
            "Visible" if self.state.within == Within::Nothing => {
                self.state.within = Within::Visible;
                self.state.text.clear();
            }
            _ => {}
        }
    }

    fn cell(&mut self, tag: &BytesStart) {
        let place = |name| number(tag, name).and_then(|found| usize::try_from(found).ok());
        if let Some(index) = place("Index") {
            self.state.column = index.saturating_sub(1).max(self.state.column);
        }
        self.state.across = place("MergeAcross").unwrap_or(0);
        self.state.down = number(tag, "MergeDown").unwrap_or(0);
        self.state.within = Within::Cell;
        self.state.text.clear();
        self.state.kind.clear();
    }

    fn end(&mut self, name: &str) -> Result<Step, Error> {
        match name {
            "Data" if self.state.within == Within::Data => self.state.within = Within::Cell,
            "Comment" if self.state.within == Within::Comment => self.state.within = Within::Cell,
            "Cell" if self.state.within != Within::Nothing => self.end_cell()?,
            "Row" if self.state.is_wanted => {
                self.regions.fill(&mut self.row);
                match self.visitor.row(&self.row)? {
                    Step::Next => {}
                    Step::NextSheet => self.state.is_wanted = false,
                    Step::Stop => return Ok(Step::Stop),
                }
            }
            "Visible" if self.state.within == Within::Visible => {
                if self.state.in_sheet && self.state.text.contains("Hidden") {
                    self.visitor.hide();
                }
                self.state.within = Within::Nothing;
            }
            "Worksheet" => self.state = State::default(),
            "Workbook" => self.is_over = true,
            _ => {}
        }
        Ok(Step::Next)
    }

    fn end_cell(&mut self) -> Result<(), Error> {
        let state = &mut self.state;
        let text = typed(&state.kind, &state.text);
        let (line, column) = (self.row.line, state.column);
        self.regions
            .open(line, column, state.across, state.down, &text);
        state.column = column.saturating_add(1).saturating_add(state.across);
        state.within = Within::Nothing;
        if text.is_empty() {
            return Ok(());
        }
        let put = self.row.put(column, &text);
        put.map_err(|beyond| Error::beyond(self.shown, beyond))
    }

    fn text(&mut self, text: &str) -> Result<(), Error> {
        if !matches!(self.state.within, Within::Data | Within::Visible) {
            return Ok(());
        }
        if self.state.text.len() + text.len() > CELL_MAX {
            let beyond = Beyond::new("a cell's text in bytes", CELL_MAX as u64);
            return Err(Error::beyond(self.shown, beyond));
        }
        self.state.text.push_str(text);
        Ok(())
    }

    /// One of the five names of XML, or a letter by its number; any other name would need a document type.
    fn named(&mut self, named: &BytesRef) -> Result<(), Error> {
        if let Ok(Some(letter)) = named.resolve_char_ref() {
            return self.text(letter.encode_utf8(&mut [0; 4]));
        }
        let name: &str = named;
        match quick_xml::escape::resolve_predefined_entity(name) {
            Some(text) => self.text(text),
            None => Err(Error::Unreadable {
                file: self.shown.to_owned(),
                format: "SpreadsheetML",
                reason: format!("&{name}; is not defined"),
            }),
        }
    }
}

/// The text of a cell by its declared type.
fn typed(kind: &str, text: &str) -> String {
    match kind {
        "Number" if text.contains(['e', 'E']) => {
            let number = text.trim().parse::<f64>().ok();
            number.map_or_else(|| text.to_owned(), number_text)
        }
        "DateTime" => moment_text(text.trim()).to_owned(),
        "Boolean" if text.trim() == "1" => "true".to_owned(),
        "Boolean" if text.trim() == "0" => "false".to_owned(),
        _ => text.to_owned(),
    }
}

fn attribute(tag: &BytesStart, name: &str) -> Option<String> {
    let mut attributes = tag.attributes().flatten();
    let found = attributes.find(|found| found.key.local_name().as_ref() == name)?;
    value(&found)
}

/// An attribute's value with its references resolved.
pub(super) fn value(attribute: &Attribute) -> Option<String> {
    let value = attribute.normalized_value(XmlVersion::Implicit1_0).ok()?;
    Some(value.into_owned())
}

fn number(tag: &BytesStart, name: &str) -> Option<u64> {
    attribute(tag, name)?.trim().parse().ok()
}

fn cut_off(shown: &str) -> Error {
    Error::Unreadable {
        file: shown.to_owned(),
        format: "SpreadsheetML",
        reason: "it is cut off before its end".to_owned(),
    }
}

fn damaged(shown: &str, error: &quick_xml::Error) -> Error {
    if let quick_xml::Error::Io(inner) = error
        && let Some(beyond) = Beyond::of(inner)
    {
        return Error::beyond(shown, beyond);
    }
    Error::Unreadable {
        file: shown.to_owned(),
        format: "SpreadsheetML",
        reason: error.to_string(),
    }
}
