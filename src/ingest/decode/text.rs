//! Delimited text to columns: blocks decoded and parsed side by side, rows kept in order.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;

use memchr::memmem;
use rayon::prelude::*;

use super::super::error::Error;
use super::Tally;
use super::blocks::{BLOCK, Block, Blocks};
use super::body::Body;
use super::encoding::{self, Encoding, Transcoded};
use super::furniture::EXAMPLE;
use super::layout::Layout;
use super::limits::{Beyond, CELL_MAX, CELLS_MAX, RECORD_MAX, UNREAD_MAX};
use super::records::{Next, Records};
use super::script::Script;
use super::store::Store;
use super::unread::{KEPT_MAX, Unread};

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
        Err(Stop::NotText(_)) if script.open && encoding::is_gb18030(path)? => {
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
    /// Whether its rows were taken for those of another table from the first on.
    below_second: bool,
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
            second: false,
        };
        let n = (2 * rayon::current_num_threads()).min(32);
        let mut wave = blocks.wave(n).map_err(|error| self.unread(&error))?;
        while !wave.is_empty() {
            let skip = self.skip(&out);
            let second = out.second;
            let parse = |(at, block): (usize, &Block)| {
                self.parse(block, encoding, if at == 0 { skip } else { 0 }, second)
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
            let again = |block: &Block, out: &Ordered| {
                self.parse(block, encoding, self.skip(out), out.second)
            };
            let (block, piece) = match (cut.take(), piece) {
                (None, Ok(piece)) if piece.below_second != out.second => {
                    let piece = again(&block, out)?;
                    (block, piece)
                }
                (None, piece) => (block, piece?),
                (Some(before), _) => {
                    let joined = before.join(block);
                    let piece = again(&joined, out)?;
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

    fn parse(
        &self,
        block: &Block,
        encoding: Encoding,
        skip: u64,
        below_second: bool,
    ) -> Result<Piece, Stop> {
        let text = encoding
            .decode(&block.bytes)
            .map_err(|bad| Stop::NotText(block.at + bad as u64))?;
        let mut body = Body::new(self.layout, self.stored.clone(), false, below_second);
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
            below_second,
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
    /// Whether the next piece begins below the header of another table.
    second: bool,
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
        self.second = piece.body.second.is_on;
        self.tally.add(&piece.body.errors, &piece.body.several);
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
