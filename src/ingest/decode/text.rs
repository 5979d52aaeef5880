//! Delimited text: encoding and delimiter told by content, blocks decoded and parsed side by side, rows kept in order.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;

use memchr::memmem;
use rayon::prelude::*;

use super::super::error::Error;
use super::blocks::{BLOCK, Block, Blocks};
use super::body::{Body, EXAMPLE, KEPT_MAX, Unread};
use super::encoding::{self, Encoding, Transcoded};
use super::layout::{self, HEAD, Layout};
use super::limits::{Beyond, CELL_MAX, CELLS_MAX, RECORD_MAX, UNREAD_MAX};
use super::records::{Next, Records};
use super::rows::Row;
use super::store::Store;
use super::{Tally, Wish};

/// Bytes looked at before the file is decoded.
const LOOK: u64 = 1 << 20;
/// Delimiters, the likelier first.
const DELIMITERS: [u8; 4] = [b',', b'\t', b';', b'|'];

/// How a text is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Script {
    encoding: Encoding,
    /// Whether the first bytes hold nothing beyond ASCII, so that a later letter may still decide.
    open: bool,
    pub(super) delimiter: u8,
}

impl Script {
    /// The encoding's name.
    pub(super) fn encoding(self) -> &'static str {
        self.encoding.name()
    }
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
                fills: std::collections::BTreeMap::new(),
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

/// Decodes the rows below the header into `to`.
pub(super) fn decode(
    path: &Path,
    shown: &str,
    script: Script,
    layout: &Layout,
    stored: &[usize],
    to: &Path,
) -> Result<Tally, Error> {
    let job = Job {
        path,
        shown,
        script,
        layout,
        stored: stored.into(),
        to,
        block: BLOCK,
    };
    match job.run() {
        Err(Stop::NotText(_)) if script.open => {
            let script = Script {
                encoding: Encoding::Gb18030,
                ..script
            };
            let again = Job { script, ..job };
            again.run().map_err(|stop| again.error(stop))
        }
        result => result.map_err(|stop| job.error(stop)),
    }
}

/// Why decoding stops.
enum Stop {
    /// A byte of the file, from 0, that is no text in the encoding.
    NotText(u64),
    /// The line of a record that never ends.
    OpenQuote(u64),
    Beyond(Beyond),
    Failed(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// One text to decode.
struct Job<'a> {
    path: &'a Path,
    shown: &'a str,
    script: Script,
    layout: &'a Layout,
    stored: Arc<[usize]>,
    to: &'a Path,
    /// Bytes of a block.
    block: usize,
}

/// The rows of one block; lines count from the start of the block.
struct Piece {
    body: Body,
    n_lines: u64,
    /// Line of a record that the block does not end.
    cut: Option<u64>,
    too_long: Option<Beyond>,
}

impl Job<'_> {
    fn run(&self) -> Result<Tally, Stop> {
        let mut file = File::open(self.path).map_err(Error::io(self.path))?;
        let encoding = self.script.encoding;
        if encoding.keeps_newlines() {
            let marked = self.skip_mark(&mut file)?;
            self.blocks(Blocks::new(file, self.block, marked), encoding)
        } else {
            let file = Transcoded::new(file, encoding.coder());
            self.blocks(Blocks::new(file, self.block, 0), Encoding::Utf8)
        }
    }

    fn skip_mark(&self, file: &mut File) -> Result<u64, Error> {
        let mut head = [0; 3];
        let n = file.read(&mut head).map_err(Error::io(self.path))?;
        let at = if head[..n] == *b"\xef\xbb\xbf" { 3 } else { 0 };
        file.seek(SeekFrom::Start(at)).map_err(Error::io(self.path))
    }

    fn blocks<R: Read + Send>(
        &self,
        mut blocks: Blocks<R>,
        encoding: Encoding,
    ) -> Result<Tally, Stop> {
        let names: Vec<&str> = self
            .stored
            .iter()
            .map(|&at| self.layout.names[at].as_str())
            .collect();
        let mut out = Ordered {
            store: Store::new(self.to, &names),
            tally: Tally::default(),
            lines: 0,
            kept: 0,
        };
        let n = (2 * rayon::current_num_threads()).min(32);
        let mut wave = blocks.wave(n).map_err(|error| self.unread(&error))?;
        while !wave.is_empty() {
            let skip = self.skip(&out);
            let parse = |(at, block): (usize, &Block)| {
                self.parse(block, encoding, if at == 0 { skip } else { 0 })
            };
            let (pieces, ahead) = rayon::join(
                || {
                    let pieces = wave.par_iter().enumerate().with_max_len(1).map(parse);
                    pieces.collect::<Vec<Result<Piece, Stop>>>()
                },
                || blocks.wave(n),
            );
            let mut ahead = ahead.map_err(|error| self.unread(&error))?;
            if let Some(cut) = self.in_order(wave, pieces, encoding, &mut out)? {
                let next = ahead
                    .first_mut()
                    .expect("a block that is not the last has a next one");
                *next = cut.join(std::mem::take(next));
            }
            wave = ahead;
        }
        out.close()
    }

    /// Lines to pass over at the start of the next block: the header and what stands above it.
    fn skip(&self, out: &Ordered) -> u64 {
        if out.lines == 0 {
            self.layout.last_line
        } else {
            0
        }
    }

    /// Hands on the pieces in order. A block that ends inside a record is joined to the next one and parsed again; one
    /// that is left over is returned.
    fn in_order(
        &self,
        wave: Vec<Block>,
        pieces: Vec<Result<Piece, Stop>>,
        encoding: Encoding,
        out: &mut Ordered,
    ) -> Result<Option<Block>, Stop> {
        let mut cut: Option<Block> = None;
        for (block, piece) in wave.into_iter().zip(pieces) {
            let (block, piece) = match cut.take() {
                None => (block, piece?),
                Some(before) => {
                    let joined = before.join(block);
                    let piece = self.parse(&joined, encoding, self.skip(out))?;
                    (joined, piece)
                }
            };
            match piece.cut {
                Some(line) if block.is_last || block.bytes.len() > RECORD_MAX.max(self.block) => {
                    return Err(Stop::OpenQuote(out.lines + line));
                }
                Some(_) => cut = Some(block),
                None => out.take(piece)?,
            }
        }
        Ok(cut)
    }

    fn parse(&self, block: &Block, encoding: Encoding, skip: u64) -> Result<Piece, Stop> {
        let text = encoding
            .decode(&block.bytes)
            .map_err(|bad| Stop::NotText(block.at + bad as u64))?;
        let mut body = Body::new(self.layout.names.len(), self.stored.clone(), false);
        let finder = memmem::Finder::new(EXAMPLE);
        let mut examples = finder.find_iter(text.as_bytes()).peekable();
        let mut records = Records::new(&text, self.script.delimiter, block.is_last);
        let mut too_long = None;
        let cut = loop {
            match records.read() {
                Next::End => break None,
                Next::Cut(line) => break Some(line),
                Next::Record(line) if line <= skip => {}
                Next::Record(line) => {
                    let range = records.range();
                    while examples.next_if(|at| *at < range.start).is_some() {}
                    let may_be = examples.peek().is_some_and(|at| *at < range.end);
                    if range.len() > CELL_MAX || records.len() > CELLS_MAX {
                        too_long = too_long.or_else(|| beyond(&records));
                    }
                    body.take(line, &records, may_be);
                }
            }
        };
        Ok(Piece {
            body,
            n_lines: records.lines_read(),
            cut,
            too_long,
        })
    }

    fn unread(&self, error: &std::io::Error) -> Stop {
        if let Some(beyond) = Beyond::of(error) {
            return Stop::Beyond(beyond);
        }
        Stop::Failed(Error::Unreadable {
            file: self.shown.to_owned(),
            format: "CSV",
            reason: error.to_string(),
        })
    }

    fn error(&self, stop: Stop) -> Error {
        let file = self.shown.to_owned();
        match stop {
            Stop::Failed(error) => error,
            Stop::Beyond(beyond) => Error::beyond(self.shown, beyond),
            Stop::OpenQuote(line) => Error::OpenQuote { file, line },
            Stop::NotText(byte) => Error::NotText {
                file,
                encoding: self.script.encoding.name(),
                line: line_of(self.path, byte),
                byte: byte + 1,
            },
        }
    }
}

fn beyond(records: &Records) -> Option<Beyond> {
    if records.len() > CELLS_MAX {
        return Some(Beyond::new(
            "the number of cells of a row",
            CELLS_MAX as u64,
        ));
    }
    let long = (0..records.len()).any(|at| records.field(at).len() > CELL_MAX);
    long.then(|| Beyond::new("a cell's text in bytes", CELL_MAX as u64))
}

/// Line of a byte of the file, from 1.
fn line_of(path: &Path, byte: u64) -> u64 {
    let Ok(file) = File::open(path) else { return 0 };
    let mut reader = std::io::BufReader::with_capacity(1 << 20, file.take(byte));
    let mut line = 1;
    while let Ok(bytes) = std::io::BufRead::fill_buf(&mut reader) {
        if bytes.is_empty() {
            break;
        }
        line += memchr::memchr_iter(b'\n', bytes).count() as u64;
        let n = bytes.len();
        std::io::BufRead::consume(&mut reader, n);
    }
    line
}

/// Pieces put in order, with lines of the file.
struct Ordered {
    store: Store,
    tally: Tally,
    /// Lines before the next piece.
    lines: u64,
    kept: usize,
}

impl Ordered {
    fn take(&mut self, mut piece: Piece) -> Result<(), Stop> {
        if let Some(beyond) = piece.too_long {
            return Err(Stop::Beyond(beyond));
        }
        let bytes = piece.body.bytes;
        let (texts, mut lines) = piece.body.arrays();
        let before = i64::try_from(self.lines).unwrap_or(i64::MAX);
        for line in &mut lines {
            *line += before;
        }
        self.tally.rows += lines.len() as u64;
        self.tally.blank += piece.body.blank;
        for unread in piece.body.unread {
            self.keep(unread)?;
        }
        self.lines += piece.n_lines;
        self.store.push(texts, lines, bytes)?;
        Ok(())
    }

    fn keep(&mut self, mut unread: Unread) -> Result<(), Stop> {
        unread.line += self.lines;
        self.kept += unread.cells.len();
        if self.kept > KEPT_MAX {
            unread.cells = String::new();
        }
        self.tally.unread.push(unread);
        if self.tally.unread.len() > UNREAD_MAX {
            let what = "the number of rows that are no records";
            return Err(Stop::Beyond(Beyond::new(what, UNREAD_MAX as u64)));
        }
        Ok(())
    }

    fn close(self) -> Result<Tally, Stop> {
        self.store.close()?;
        Ok(self.tally)
    }
}
