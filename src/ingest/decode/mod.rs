//! Any file to tables of text: told by content, unpacked within limits, headers found, rows judged, Parquet written.
//!
//! - [`look`] opens a file and finds the tables in it with their headers; it reads the first rows of each.
//! - [`Found::decode`] writes the rows of one of them as Parquet: columns of text and [`LINE`](super::source::LINE).
//!
//! Nothing of a file is trusted: see `limits`. Members of archives are never written under their own names.

mod biff;
mod blocks;
mod body;
mod book;
mod cache;
mod claims;
mod encoding;
mod furniture;
mod html;
mod layout;
mod limits;
mod records;
mod rows;
mod script;
mod second;
mod sniff;
mod spreadsheetml;
mod store;
mod tally;
mod text;
mod unpack;
mod unread;
mod xls;
mod xlsx;

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::error::Error;
use super::files::Located;
use super::headings::is_personal;
use super::params::Format;
use super::spool;
use crate::units::Digest;
use book::Book;
use script::Script;
use unpack::Part;

pub(super) use cache::Cache;
pub(super) use claims::guarded;
pub use encoding::Encoding;
pub(super) use layout::Layout;
pub(super) use limits::Beyond;
pub(super) use sniff::{Content, content};
pub(super) use tally::Tally;
pub(super) use unpack::{is_hidden, is_set_aside};
pub(super) use unread::Unread;

/// What a job says of the shape of its files; everything else is found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Shape {
    /// The sheet that holds the table.
    pub(super) sheet: Option<String>,
    /// Line of the header, from 1.
    pub(super) header_line: Option<u64>,
    pub(super) encoding: Option<Encoding>,
    pub(super) delimiter: Option<u8>,
}

/// What is wanted of a file.
#[derive(Clone, Copy)]
pub(super) struct Wish<'a> {
    shape: &'a Shape,
    known: &'a (dyn Fn(&str) -> bool + Sync),
    named: &'a (dyn Fn(&str) -> bool + Sync),
}

impl<'a> Wish<'a> {
    /// `known` tells whether a header means something, `named` whether the job asks for it by that name.
    pub(super) fn new(
        shape: &'a Shape,
        known: &'a (dyn Fn(&str) -> bool + Sync),
        named: &'a (dyn Fn(&str) -> bool + Sync),
    ) -> Self {
        Self {
            shape,
            known,
            named,
        }
    }

    fn knows(&self, name: &str) -> bool {
        !name.is_empty() && (self.known)(name)
    }
}

/// The tables of a file.
pub(super) struct Looked {
    pub(super) tables: Vec<Found>,
    /// What was passed over.
    pub(super) notes: Vec<String>,
    books: Vec<Book>,
}

/// A table in a file, not yet decoded.
#[derive(Clone, Debug)]
pub(super) struct Found {
    /// Path as messages show it.
    pub(super) shown: String,
    /// Name of the sheet, if its book has several.
    pub(super) sheet: Option<String>,
    pub(super) format: Format,
    pub(super) layout: Layout,
    /// The file to read: the named one, or what was unpacked from it.
    pub(super) path: PathBuf,
    member: Option<String>,
    /// Columns that are kept: all but those of personal data that nobody asks for.
    stored: Vec<usize>,
    from: From,
}

/// How a table stands in its file.
#[derive(Clone, Copy, Debug)]
enum From {
    Columns,
    Text(Script),
    /// Book and sheet, by number.
    Sheet(usize, usize),
}

/// Opens a file and finds its tables; what it packs is unpacked to `folder`.
pub(super) fn look(file: &Located, wish: &Wish, folder: &Path) -> Result<Looked, Error> {
    let shown = file.shown();
    let mut looked = Looked {
        tables: Vec::new(),
        notes: Vec::new(),
        books: Vec::new(),
    };
    let unpack::Parts { parts, set_aside } = unpack::parts(&file.path, &shown, folder)?;
    let aside = file.set_aside.iter().chain(&set_aside);
    looked
        .notes
        .extend(aside.map(|name| format!("\"{name}\" is passed over: its name starts with _")));
    for part in &parts {
        let Content::Table(format) = part.content else {
            if parts.len() == 1 {
                return Err(Error::UnknownFormat {
                    key: file.key.clone(),
                    path: part.shown.clone(),
                });
            }
            let note = format!("\"{}\" is passed over: it is no table", part.shown);
            looked.notes.push(note);
            continue;
        };
        asserted(file, part, format)?;
        looked.part(part, format, wish)?;
    }
    if looked.tables.is_empty() {
        return Err(Error::NoTable { file: shown });
    }
    Ok(looked)
}

/// A job may say what its files are; a file that is something else is refused.
fn asserted(file: &Located, part: &Part, found: Format) -> Result<(), Error> {
    match file.format {
        Some(asserted) if asserted != found => Err(Error::OtherFormat {
            key: file.key.clone(),
            file: part.shown.clone(),
            asserted: asserted.name(),
            found: found.name(),
        }),
        _ => Ok(()),
    }
}

impl Looked {
    fn part(&mut self, part: &Part, format: Format, wish: &Wish) -> Result<(), Error> {
        let found = |layout: Layout, from: From, sheet: Option<String>| Found {
            shown: part.shown.clone(),
            sheet,
            format,
            stored: stored(&layout, wish),
            layout,
            path: part.path.clone(),
            member: part.member.clone(),
            from,
        };
        match format {
            Format::Parquet | Format::Arrow => {
                claims::check(&part.path, &part.shown, format)?;
                let headers = || spool::headers(&part.path, &part.shown, format);
                let names = guarded(&part.shown, format.name(), headers)?;
                let layout = Layout {
                    names,
                    ..Layout::default()
                };
                self.tables.push(found(layout, From::Columns, None));
            }
            Format::Csv => {
                let (script, layout) = script::look(&part.path, &part.shown, wish)?;
                self.tables.push(found(layout, From::Text(script), None));
            }
            Format::Xlsx | Format::Xls | Format::Xml | Format::Html => {
                let mut book = Book::open(&part.path, &part.shown, format)?;
                let line = wish.shape.header_line;
                let sheets = book.sheets(&part.path, &part.shown, line)?;
                let tables = self.sheets(part, sheets, wish)?;
                let number = self.books.len();
                self.books.push(book);
                self.tables
                    .extend(tables.into_iter().map(|(index, sheet, layout)| {
                        found(layout, From::Sheet(number, index), sheet)
                    }));
            }
        }
        Ok(())
    }

    /// The sheets that hold a table.
    fn sheets(
        &mut self,
        part: &Part,
        sheets: Vec<book::Sheet>,
        wish: &Wish,
    ) -> Result<Vec<(usize, Option<String>, Layout)>, Error> {
        let n_sheets = sheets.len();
        let name = |sheet: &book::Sheet| {
            let name = sheet.name.clone();
            name.unwrap_or_else(|| format!("table {}", sheet.index + 1))
        };
        if let Some(wanted) = &wish.shape.sheet {
            let names: Vec<String> = sheets.iter().map(name).collect();
            if !names.iter().any(|name| name.trim() == wanted.trim()) {
                return Err(Error::NoSheet {
                    file: part.shown.clone(),
                    sheet: wanted.clone(),
                    present: names.join(", "),
                });
            }
        }
        let mut tables = Vec::new();
        for sheet in sheets {
            let name = name(&sheet);
            let is_asked = wish
                .shape
                .sheet
                .as_ref()
                .map(|wanted| name.trim() == wanted.trim());
            if is_asked == Some(false) {
                continue;
            }
            if sheet.is_hidden && is_asked.is_none() {
                let place = format!("\"{}\", sheet \"{name}\"", part.shown);
                self.notes
                    .push(format!("{place} is passed over: it is hidden"));
                continue;
            }
            let several = (n_sheets > 1).then_some(name);
            match layout::find(&sheet.head, wish, false) {
                Some(layout) => tables.push((sheet.index, several, layout)),
                None if wish.shape.header_line.is_some() && n_sheets == 1 => {
                    return Err(Error::HeaderLine {
                        file: part.shown.clone(),
                        line: wish.shape.header_line.unwrap_or(0),
                    });
                }
                None => {}
            }
        }
        Ok(tables)
    }

    /// Decodes a table to `to`, or takes it from the cache; `digest` is of the file it stands in.
    pub(super) fn decode(
        &mut self,
        found: &Found,
        digest: Option<(&Cache, Digest)>,
        to: &Path,
    ) -> Result<Tally, Error> {
        let key = digest.map(|(cache, digest)| (cache, Cache::key(&digest, &found.how())));
        if let Some(tally) = key.as_ref().and_then(|(cache, key)| cache.take(key, to)) {
            return Ok(tally);
        }
        let tally = self.decode_anew(found, to)?;
        if let Some((cache, key)) = key {
            cache.keep(&key, to, &tally);
        }
        Ok(tally)
    }

    fn decode_anew(&mut self, found: &Found, to: &Path) -> Result<Tally, Error> {
        let (path, shown) = (&found.path, &found.shown);
        match found.from {
            From::Columns => Ok(Tally::default()),
            From::Text(script) => {
                text::decode(path, shown, script, &found.layout, &found.stored, to)
            }
            From::Sheet(book, sheet) => {
                self.books[book].decode(path, shown, sheet, &found.layout, &found.stored, to)
            }
        }
    }
}

impl Found {
    /// The headers of columns that hold several identifiers in a cell.
    pub(super) fn several(&self, tally: &Tally) -> Vec<String> {
        let columns = tally.several.iter().filter_map(|&at| self.stored.get(at));
        columns
            .map(|&column| self.layout.names[column].clone())
            .collect()
    }

    /// Where it stands, for messages.
    pub(super) fn place(&self) -> String {
        match &self.sheet {
            Some(sheet) => format!("\"{}\", sheet \"{sheet}\"", self.shown),
            None => format!("\"{}\"", self.shown),
        }
    }

    /// What was found out about its shape.
    pub(super) fn note(&self) -> Option<String> {
        let (first, last) = (self.layout.above.first()?, self.layout.above.last()?);
        let n = self.layout.above.len();
        Some(format!(
            "{}: the header (表头) stands at line {}; {n} above it (lines {first} to {last}) hold titles or notes",
            self.place(),
            self.layout.last_line
        ))
    }

    /// Everything that decides what is read out of the file.
    fn how(&self) -> impl Serialize + '_ {
        let script = match self.from {
            From::Text(script) => Some((script.encoding.name(), script.delimiter)),
            From::Columns | From::Sheet(..) => None,
        };
        let sheet = match self.from {
            From::Sheet(_, sheet) => Some(sheet),
            From::Columns | From::Text(_) => None,
        };
        (
            self.format.name(),
            &self.member,
            sheet,
            script,
            (&self.layout.names, self.layout.last_line, &self.stored),
            &self.layout.heads,
        )
    }
}

fn stored(layout: &Layout, wish: &Wish) -> Vec<usize> {
    let is_kept = |name: &str| (wish.named)(name) || wish.knows(name) || !is_personal(name);
    let names = layout.names.iter().enumerate();
    names
        .filter(|(_, name)| is_kept(name))
        .map(|(at, _)| at)
        .collect()
}
