//! Workbooks of ECMA-376 (.xlsx): surveyed first, then read cell by cell as a stream.

use std::collections::HashMap;
use std::fs::File;
use std::io::BufReader;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use calamine::{DataRef, ExcelDateTime, Reader, Xlsx};
use quick_xml::events::{BytesStart, Event};
use rayon::prelude::*;
use zip::ZipArchive;

use super::super::error::Error;
use super::book::{Step, Visitor, moment_text, number_text, walk_worksheets};
use super::limits::{Beyond, TEXTS_MAX};
use super::rows::{Regions, Row};
use super::unpack::{one_of_each, survey};

/// Packed bytes from which a part is surveyed beside the others.
const LARGE: u64 = 1 << 20;
/// Bytes of the list of merged regions.
const MERGES_MAX: usize = 64 << 20;

/// First and last cell of a merged region: row from 1, column from 0.
type Merge = ((u64, usize), (u64, usize));

/// An opened workbook.
pub(super) struct XlsxBook {
    book: Xlsx<BufReader<File>>,
    merges: HashMap<String, Vec<Merge>>,
}

impl XlsxBook {
    pub(super) fn open(path: &Path, shown: &str) -> Result<Self, Error> {
        let merges = surveyed(path, shown)?;
        let file = File::open(path).map_err(Error::io(path))?;
        let book = guarded(shown, || {
            Xlsx::new(BufReader::new(file)).map_err(|error| error.to_string())
        })?;
        Ok(Self { book, merges })
    }

    /// Hands on the rows of the worksheets, in their order.
    pub(super) fn walk(&mut self, shown: &str, visitor: &mut dyn Visitor) -> Result<(), Error> {
        let sheets = self.book.sheets_metadata().to_vec();
        walk_worksheets(&sheets, visitor, |name, visitor| {
            self.sheet(name, shown, visitor)
        })
    }

    fn sheet(&mut self, name: &str, shown: &str, visitor: &mut dyn Visitor) -> Result<Step, Error> {
        let beyond = |beyond| Error::beyond(shown, beyond);
        let merges = self.merges.get(name).into_iter().flatten().copied();
        let mut regions = Regions::known(merges).map_err(beyond)?;
        let mut cells = guarded(shown, || {
            let cells = self.book.worksheet_cells_reader(name);
            cells.map_err(|error| error.to_string())
        })?;
        let mut row = Row::default();
        loop {
            let cell = guarded(shown, || {
                cells.next_cell().map_err(|error| error.to_string())
            })?;
            let at = cell.as_ref().map(calamine::Cell::get_position);
            let line = at.map_or(u64::MAX, |(line, _)| u64::from(line) + 1);
            if line != row.line && row.line > 0 {
                regions.fill(&mut row);
                match visitor.row(&row)? {
                    Step::Next => {}
                    step => return Ok(step),
                }
            }
            let (Some(cell), Some((_, column))) = (cell, at) else {
                return Ok(Step::NextSheet);
            };
            if line < row.line {
                return Err(damaged(
                    shown,
                    format!(
                        "row {line} of sheet \"{name}\" stands below row {}",
                        row.line
                    ),
                ));
            }
            if line != row.line {
                row.restart(line);
            }
            let column = usize::try_from(column).unwrap_or(usize::MAX);
            put(&mut row, column, cell.get_value()).map_err(beyond)?;
        }
    }
}

fn put(row: &mut Row, column: usize, value: &DataRef) -> Result<(), Beyond> {
    match value {
        DataRef::Empty => Ok(()),
        DataRef::SharedString(text) => row.put(column, text),
        DataRef::String(text) => row.put(column, text),
        DataRef::Int(number) => row.put(column, &number.to_string()),
        DataRef::Float(number) => row.put(column, &number_text(*number)),
        DataRef::Bool(flag) => row.put(column, if *flag { "true" } else { "false" }),
        DataRef::DateTime(moment) => row.put(column, &day_text(*moment)),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => {
            row.put(column, moment_text(text))
        }
        DataRef::Error(error) => row.put(column, &error.to_string()),
    }
}

/// A serial number that the book shows as a day or a time; outside of Excel's days it stays a number.
pub(super) fn day_text(moment: ExcelDateTime) -> String {
    let serial = moment.as_f64();
    let is_day = (0.0..2_958_466.0).contains(&serial) && moment.is_datetime();
    match moment.as_datetime().filter(|_| is_day) {
        Some(time) if serial < 1.0 => time.format("%H:%M:%S").to_string(),
        Some(day) => moment_text(&day.format("%Y-%m-%dT%H:%M:%S").to_string()).to_owned(),
        None => number_text(serial),
    }
}

/// Runs a reader that may meet a file it was not made for.
pub(super) fn guarded<T>(
    shown: &str,
    read: impl FnOnce() -> Result<T, String>,
) -> Result<T, Error> {
    let read = catch_unwind(AssertUnwindSafe(read));
    read.unwrap_or_else(|_| Err("its structure is broken".to_owned()))
        .map_err(|reason| damaged(shown, reason))
}

fn damaged(shown: &str, reason: String) -> Error {
    Error::Unreadable {
        file: shown.to_owned(),
        format: "xlsx",
        reason,
    }
}

/// Checks every part of a workbook and returns the merged regions by sheet.
fn surveyed(path: &Path, shown: &str) -> Result<HashMap<String, Vec<Merge>>, Error> {
    let mut archive = archive(path, shown)?;
    one_of_each(path, shown, &archive)?;
    let mut large = Vec::new();
    let mut found: Vec<(String, Part)> = Vec::new();
    for index in 0..archive.len() {
        let member = archive.by_index_raw(index);
        let member = member.map_err(|error| damaged(shown, error.to_string()))?;
        let name = String::from_utf8_lossy(member.name_raw()).to_lowercase();
        let is_large = member.compressed_size() >= LARGE;
        drop(member);
        if is_large {
            large.push((index, name));
        } else {
            let part = Part::read(&mut archive, index, &name, shown)?;
            found.push((name, part));
        }
    }
    let parts = large.into_par_iter().map(|(index, name)| {
        let part = Part::read(&mut self::archive(path, shown)?, index, &name, shown)?;
        Ok((name, part))
    });
    found.extend(parts.collect::<Result<Vec<_>, Error>>()?);
    Ok(by_sheet(found))
}

fn archive(path: &Path, shown: &str) -> Result<ZipArchive<BufReader<File>>, Error> {
    let file = File::open(path).map_err(Error::io(path))?;
    ZipArchive::new(BufReader::new(file)).map_err(|error| damaged(shown, error.to_string()))
}

/// What a survey keeps of a part.
#[derive(Default)]
struct Part {
    /// The bytes from the list of merged regions on, or of the whole part where sheets are named.
    kept: Vec<u8>,
    bytes: u64,
}

/// Starts the list of merged regions in a sheet.
const MERGES: &[u8] = b"<mergeCells";
/// Bytes of the texts' first tag, which says how many there are.
const FIRST_TAG: usize = 4_096;

impl Part {
    fn read(
        archive: &mut ZipArchive<BufReader<File>>,
        index: usize,
        name: &str,
        shown: &str,
    ) -> Result<Self, Error> {
        let (is_list, is_sheet) = (is_list(name), name.contains("/worksheets/"));
        let is_texts = name.ends_with("sharedstrings.xml");
        let mut part = Self::default();
        let mut is_on = is_list;
        survey(archive, index, shown, |bytes| {
            part.bytes += bytes.len() as u64;
            let limit = if is_on { MERGES_MAX } else { usize::MAX };
            if is_texts && part.kept.len() >= FIRST_TAG || part.kept.len() > limit {
                return;
            }
            if !(is_list || is_sheet || is_texts) {
                return;
            }
            part.kept.extend_from_slice(bytes);
            if is_sheet && !is_on {
                let found = memchr::memmem::find(&part.kept, MERGES);
                let rest = part.kept.len().saturating_sub(MERGES.len());
                part.kept.drain(..found.unwrap_or(rest));
                is_on = found.is_some();
            }
        })?;
        part.check(name, is_sheet, shown)?;
        if is_sheet && !is_on || is_texts {
            part.kept.clear();
        }
        Ok(part)
    }

    /// The table of texts is held in memory: its size is bounded, and so is the number of texts it claims to have.
    fn check(&self, name: &str, is_sheet: bool, shown: &str) -> Result<(), Error> {
        if !is_sheet && self.bytes > TEXTS_MAX {
            let beyond = Beyond::new("the workbook's texts and styles in bytes", TEXTS_MAX);
            return Err(Error::beyond(shown, beyond));
        }
        if !name.ends_with("sharedstrings.xml") {
            return Ok(());
        }
        let Some(n) = claimed(&self.kept) else {
            return Err(damaged(
                shown,
                "its table of texts does not begin as one".to_owned(),
            ));
        };
        if n > self.bytes {
            let what = "the number of texts that the workbook claims to hold";
            return Err(Error::beyond(shown, Beyond::new(what, self.bytes)));
        }
        Ok(())
    }
}

/// How many texts the table of texts that begins so claims to hold; `None` where it is none.
fn claimed(head: &[u8]) -> Option<u64> {
    let mut reader = quick_xml::Reader::from_reader(head);
    loop {
        match reader.read_event().ok()? {
            Event::Start(tag) | Event::Empty(tag) => {
                let is_table = tag.local_name().as_ref() == "sst";
                return is_table.then(|| count_of(&tag));
            }
            Event::Eof => return None,
            _ => {}
        }
    }
}

/// The larger of the two counts; what is no number counts as one that nothing can hold.
fn count_of(tag: &BytesStart) -> u64 {
    let counts = tag.attributes().flatten().filter(|attribute| {
        let name = attribute.key.local_name();
        name.as_ref() == "uniqueCount"
    });
    let counts = counts.map(|attribute| attribute.value.trim().parse().unwrap_or(u64::MAX));
    counts.max().unwrap_or(0)
}

fn is_list(name: &str) -> bool {
    name == "xl/workbook.xml" || name == "xl/_rels/workbook.xml.rels"
}

fn by_sheet(parts: Vec<(String, Part)>) -> HashMap<String, Vec<Merge>> {
    let mut kept: HashMap<String, Vec<u8>> = parts
        .into_iter()
        .map(|(name, part)| (name, part.kept))
        .collect();
    let book = kept.remove("xl/workbook.xml").unwrap_or_default();
    let rels = kept
        .remove("xl/_rels/workbook.xml.rels")
        .unwrap_or_default();
    let targets: HashMap<String, String> = pairs(&rels, "Relationship", "Id", "Target")
        .into_iter()
        .collect();
    let merges = |(name, id): (String, String)| {
        let target = targets.get(&id)?.to_lowercase();
        let path = target
            .strip_prefix('/')
            .map_or_else(|| format!("xl/{target}"), str::to_owned);
        let list = kept.get(&path).filter(|list| !list.is_empty())?;
        Some((name, regions(&String::from_utf8_lossy(list))))
    };
    pairs(&book, "sheet", "name", "id")
        .into_iter()
        .filter_map(merges)
        .collect()
}

/// Two attributes of every element of one name.
fn pairs(xml: &[u8], element: &str, first: &str, second: &str) -> Vec<(String, String)> {
    let mut reader = quick_xml::Reader::from_reader(xml);
    let (mut found, mut buffer) = (Vec::new(), Vec::new());
    loop {
        buffer.clear();
        match reader.read_event_into(&mut buffer) {
            Ok(Event::Start(tag) | Event::Empty(tag)) if tag.local_name().as_ref() == element => {
                let value = |wanted: &str| {
                    let mut attributes = tag.attributes().flatten();
                    let found = attributes.find(|found| found.key.local_name().as_ref() == wanted);
                    found.and_then(|found| super::spreadsheetml::value(&found))
                };
                if let (Some(one), Some(two)) = (value(first), value(second)) {
                    found.push((one, two));
                }
            }
            Ok(Event::Eof) | Err(_) => return found,
            Ok(_) => {}
        }
    }
}

/// The regions of a `<mergeCells>` list.
fn regions(list: &str) -> Vec<Merge> {
    let end = list.find("</mergeCells").unwrap_or(list.len());
    let refs = list[..end].split("ref=\"").skip(1);
    let region = |text: &str| {
        let text = text.split('"').next()?;
        let (from, to) = text.split_once(':')?;
        Some((place(from)?, place(to)?))
    };
    refs.filter_map(region).collect()
}

/// `B3` as row 3, column 1.
fn place(text: &str) -> Option<(u64, usize)> {
    let digits = text.find(|letter: char| letter.is_ascii_digit())?;
    let column = text[..digits].bytes().try_fold(0_usize, |column, letter| {
        let letter = letter.to_ascii_uppercase();
        (letter.is_ascii_uppercase() && column < 100_000)
            .then(|| column * 26 + usize::from(letter - b'A') + 1)
    })?;
    Some((text[digits..].parse().ok()?, column.checked_sub(1)?))
}

#[cfg(test)]
mod tests {
    use super::{place, regions};

    #[test]
    fn merged_regions_are_read_from_their_list() {
        let list = "<mergeCells count=\"2\"><mergeCell ref=\"A1:C1\"/><mergeCell ref=\"AA10:AB12\"/></mergeCells><x ref=\"A9:A10\"/>";
        assert_eq!(regions(list), [((1, 0), (1, 2)), ((10, 26), (12, 27))]);
        assert_eq!(place("XFD1048576"), Some((1_048_576, 16_383)));
        assert_eq!((place("1"), place("A")), (None, None));
    }
}
