//! How many cells the sheets of an `.xls` file span, found without reading them: a reader that holds rectangles is not sent
//! into one that a few bytes span.
//!
//! Compound files: MS-CFB 2.2 (header), 2.3 (FAT), 2.6 (directory). Records: MS-XLS 2.1.4 and 2.4.

use std::path::Path;

/// Sector numbers from here on end a chain.
const LAST: u32 = 0xFFFF_FFFA;
/// Bytes of a directory entry.
const ENTRY: usize = 128;

/// Records that hold one cell: blank, number, text, flag, formula, RK, index of a text.
const ONE: [u16; 12] = [
    0x0201, 0x0203, 0x0204, 0x0205, 0x0006, 0x0206, 0x0406, 0x027E, 0x00FD, 0x00D6, 0x0001, 0x0003,
];
/// Records that hold a row of cells.
const SEVERAL: [u16; 2] = [0x00BD, 0x00BE];
const BOF: [u16; 4] = [0x0809, 0x0409, 0x0209, 0x0009];

/// Cells of the rectangles that the sheets of the book span, added up.
pub(super) fn spanned(path: &Path) -> Result<u64, String> {
    let bytes = std::fs::read(path).map_err(|error| error.to_string())?;
    let stream = Compound::new(&bytes)
        .and_then(|file| file.stream(&["Workbook", "Book"]))
        .ok_or("it is a compound file that holds no workbook")?;
    Ok(rectangles(&stream))
}

fn rectangles(stream: &[u8]) -> u64 {
    let (mut cells, mut at) = (0_u64, 0);
    let mut sheet = Span::default();
    while let (Some(kind), Some(length)) = (two(stream, at), two(stream, at + 2)) {
        let body = at + 4;
        if BOF.contains(&kind) {
            cells = cells.saturating_add(sheet.area());
            sheet = Span::default();
        } else if (ONE.contains(&kind) || SEVERAL.contains(&kind))
            && let (Some(row), Some(first)) = (two(stream, body), two(stream, body + 2))
        {
            let last = two(stream, body + usize::from(length).saturating_sub(2));
            sheet.add(row, first);
            sheet.add(
                row,
                last.filter(|_| SEVERAL.contains(&kind)).unwrap_or(first),
            );
        }
        at = body + usize::from(length);
    }
    cells.saturating_add(sheet.area())
}

/// A rectangle of cells.
#[derive(Default)]
struct Span(Option<[u16; 4]>);

impl Span {
    fn add(&mut self, row: u16, column: u16) {
        let [top, left, bottom, right] = self.0.unwrap_or([row, column, row, column]);
        self.0 = Some([
            top.min(row),
            left.min(column),
            bottom.max(row),
            right.max(column),
        ]);
    }

    fn area(&self) -> u64 {
        self.0.map_or(0, |[top, left, bottom, right]| {
            (u64::from(bottom - top) + 1) * (u64::from(right - left) + 1)
        })
    }
}

fn two(bytes: &[u8], at: usize) -> Option<u16> {
    let bytes = bytes.get(at..at + 2)?;
    Some(u16::from_le_bytes([bytes[0], bytes[1]]))
}

fn four(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..at + 4)?;
    Some(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
}

/// A compound file.
struct Compound<'a> {
    bytes: &'a [u8],
    sector: usize,
    fat: Vec<u32>,
}

impl<'a> Compound<'a> {
    fn new(bytes: &'a [u8]) -> Option<Self> {
        let shift = two(bytes, 30)?;
        let sector = if (7..=16).contains(&shift) {
            1_usize << shift
        } else {
            return None;
        };
        let mut file = Self {
            bytes,
            sector,
            fat: Vec::new(),
        };
        let mut tables: Vec<u32> = (0..109).filter_map(|n| four(bytes, 76 + 4 * n)).collect();
        let mut next = four(bytes, 68)?;
        let mut left = bytes.len() / sector + 1;
        while next < LAST && left > 0 {
            let table = file.sector(next)?;
            let n = sector / 4 - 1;
            tables.extend((0..n).filter_map(|at| four(table, 4 * at)));
            next = four(table, 4 * n)?;
            left -= 1;
        }
        let limit = bytes.len() / sector + 1;
        for table in tables.into_iter().filter(|table| *table < LAST).take(limit) {
            let table = file.sector(table)?.to_owned();
            file.fat
                .extend(table.chunks_exact(4).filter_map(|entry| four(entry, 0)));
        }
        Some(file)
    }

    fn sector(&self, number: u32) -> Option<&'a [u8]> {
        let from = (number as usize + 1).checked_mul(self.sector)?;
        let to = (from + self.sector).min(self.bytes.len());
        self.bytes.get(from..to)
    }

    fn chain(&self, start: u32) -> Vec<u8> {
        let (mut stream, mut next) = (Vec::new(), start);
        let mut left = self.fat.len() + 1;
        while next < LAST && left > 0 {
            let Some(sector) = self.sector(next) else {
                break;
            };
            stream.extend_from_slice(sector);
            next = self.fat.get(next as usize).copied().unwrap_or(LAST);
            left -= 1;
        }
        stream
    }

    /// The first stream of one of these names.
    fn stream(&self, names: &[&str]) -> Option<Vec<u8>> {
        let directory = self.chain(four(self.bytes, 48)?);
        let cutoff = four(self.bytes, 56)?;
        let entries: Vec<&[u8]> = directory.chunks_exact(ENTRY).collect();
        let entry = names
            .iter()
            .find_map(|name| entries.iter().find(|entry| is_named(entry, name)))?;
        let (start, length) = (four(entry, 116)?, four(entry, 120)?);
        let mut stream = if length < cutoff {
            self.small(entries.first()?, start)?
        } else {
            self.chain(start)
        };
        stream.truncate(length as usize);
        Some(stream)
    }

    /// A stream kept in the small sectors of the root's stream.
    fn small(&self, root: &[u8], start: u32) -> Option<Vec<u8>> {
        let shift = two(self.bytes, 32).filter(|shift| (2..=12).contains(shift))?;
        let size = 1_usize << shift;
        let sectors = self.chain(four(root, 116)?);
        let table = self.chain(four(self.bytes, 60)?);
        let (mut stream, mut next) = (Vec::new(), start);
        let mut left = sectors.len() / size + 1;
        while next < LAST && left > 0 {
            let from = (next as usize).checked_mul(size)?;
            let to = (from + size).min(sectors.len());
            stream.extend_from_slice(sectors.get(from..to)?);
            next = four(&table, 4 * next as usize).unwrap_or(LAST);
            left -= 1;
        }
        Some(stream)
    }
}

fn is_named(entry: &[u8], name: &str) -> bool {
    let letters: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let length = two(entry, 64).map_or(0, usize::from);
    length == letters.len() + 2 && entry.starts_with(&letters)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::{rectangles, spanned};

    fn record(kind: u16, body: &[u16]) -> Vec<u8> {
        let length = u16::try_from(2 * body.len()).unwrap();
        [kind, length]
            .iter()
            .chain(body)
            .flat_map(|word| word.to_le_bytes())
            .collect()
    }

    #[test]
    fn sheets_span_the_rectangles_of_their_cells() {
        let sheet = [
            record(0x0809, &[0; 8]),
            record(0x00FD, &[0, 0, 0, 0, 0]),
            record(0x00BE, &[9, 2, 0, 0, 4]),
            record(0x000A, &[]),
        ]
        .concat();
        assert_eq!(rectangles(&sheet), 50);
        assert_eq!(rectangles(&[sheet.clone(), sheet].concat()), 100);
    }

    #[test]
    fn the_workbook_is_found_in_its_compound_file() {
        let folder = tempfile::TempDir::new().unwrap();
        for padding in [0, 9_000] {
            let path = folder.path().join("a.xls");
            let mut file = cfb::create(&path).unwrap();
            let mut stream = file.create_stream("/Workbook").unwrap();
            let far = record(0x00FD, &[65_535, 255, 0, 0, 0]);
            let filler = record(0x00FC, &vec![0; padding / 2]);
            let start = record(0x0809, &[0; 8]);
            let near = record(0x00FD, &[0, 0, 0, 0, 0]);
            stream
                .write_all(&[start, near, filler, far].concat())
                .unwrap();
            stream.flush().unwrap();
            drop(file);
            assert_eq!(spanned(&path).unwrap(), 65_536 * 256);
        }
    }
}
