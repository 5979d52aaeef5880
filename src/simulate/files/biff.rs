//! Sheets as a real `.xls`: BIFF8 records (\[MS-XLS\]) in one stream of a compound file (\[MS-CFB\], version 3).

use super::grid::{Cell, Grid};
use super::spell::serial;

const SECTOR: usize = 512;
/// A stream below this size would have to lie in the mini stream.
const STREAM_MIN: usize = 4096;
const FREE: u32 = 0xffff_ffff;
const END: u32 = 0xffff_fffe;
const FAT: u32 = 0xffff_fffd;
/// Entries of the sector table that the header itself lists.
const IN_HEADER: usize = 109;
/// Cell formats: 15 of styles, then plain cells and cells shown as dates.
const PLAIN: u16 = 15;
const DATED: u16 = 16;

/// The file's bytes.
pub(super) fn write(grids: &[Grid]) -> Vec<u8> {
    compound(workbook(grids))
}

/// The `Workbook` stream: globals with the place of every sheet, then the sheets.
fn workbook(grids: &[Grid]) -> Vec<u8> {
    let sheets: Vec<Vec<u8>> = grids.iter().map(sheet).collect();
    let length = globals(grids, &vec![0; grids.len()]).len();
    let mut at = length;
    let mut places = Vec::new();
    for sheet in &sheets {
        places.push(at);
        at += sheet.len();
    }
    let mut stream = globals(grids, &places);
    stream.extend(sheets.iter().flatten());
    stream
}

fn globals(grids: &[Grid], places: &[usize]) -> Vec<u8> {
    let mut out = Vec::new();
    begin(&mut out, 0x0005);
    record(&mut out, 0x0042, &1200_u16.to_le_bytes()); // code page
    record(&mut out, 0x0022, &0_u16.to_le_bytes()); // days from 1900
    for _ in 0..4 {
        record(&mut out, 0x0031, &font("SimSun"));
    }
    for index in 0..=DATED {
        record(&mut out, 0x00e0, &cell_format(index));
    }
    record(&mut out, 0x0293, &[0x00, 0x80, 0x00, 0xff]); // style "Normal"
    for (grid, place) in grids.iter().zip(places) {
        let mut data = u32::try_from(*place)
            .expect("an .xls is small")
            .to_le_bytes()
            .to_vec();
        data.extend([u8::from(grid.hidden), 0]);
        let name: Vec<u16> = grid.name.encode_utf16().collect();
        data.extend([
            u8::try_from(name.len()).expect("a sheet's name is short"),
            1,
        ]);
        data.extend(name.iter().flat_map(|unit| unit.to_le_bytes()));
        record(&mut out, 0x0085, &data);
    }
    record(&mut out, 0x000a, &[]);
    out
}

fn sheet(grid: &Grid) -> Vec<u8> {
    let mut out = Vec::new();
    begin(&mut out, 0x0010);
    let (rows, columns) = (grid.lines.len(), grid.width());
    let mut size = 0_u32.to_le_bytes().to_vec();
    size.extend(u32::try_from(rows).expect("an .xls is small").to_le_bytes());
    size.extend([0, 0]);
    size.extend(small(columns).to_le_bytes());
    size.extend([0, 0]);
    record(&mut out, 0x0200, &size);
    for (row, line) in grid.lines.iter().enumerate() {
        for (column, cell) in line.cells.iter().enumerate() {
            put(&mut out, small(row), small(column), cell);
        }
    }
    merged(&mut out, grid);
    let mut window = vec![0_u8; 18];
    window[0] = 0xb6;
    record(&mut out, 0x023e, &window);
    record(&mut out, 0x000a, &[]);
    out
}

/// Merged regions, at most 1,027 of them a record.
fn merged(out: &mut Vec<u8>, grid: &Grid) {
    let many: Vec<_> = grid
        .merges
        .iter()
        .filter(|merge| merge.rows * merge.columns > 1)
        .collect();
    for some in many.chunks(1000) {
        let mut data = small(some.len()).to_le_bytes().to_vec();
        for merge in some {
            for edge in [
                merge.row,
                merge.row + merge.rows - 1,
                merge.column,
                merge.column + merge.columns - 1,
            ] {
                data.extend(small(edge).to_le_bytes());
            }
        }
        record(out, 0x00e5, &data);
    }
}

fn put(out: &mut Vec<u8>, row: u16, column: u16, cell: &Cell) {
    let at = |format: u16| {
        [row, column, format]
            .into_iter()
            .flat_map(u16::to_le_bytes)
            .collect::<Vec<u8>>()
    };
    match cell {
        Cell::Empty => {}
        Cell::Text(text) => {
            let units: Vec<u16> = text.encode_utf16().collect();
            let mut data = at(PLAIN);
            data.extend(small(units.len()).to_le_bytes());
            data.push(1);
            data.extend(units.iter().flat_map(|unit| unit.to_le_bytes()));
            record(out, 0x0204, &data);
        }
        Cell::Number(number) => {
            let mut data = at(PLAIN);
            data.extend(number.to_le_bytes());
            record(out, 0x0203, &data);
        }
        Cell::Day(days) => {
            let mut data = at(DATED);
            data.extend(f64::from(serial(*days)).to_le_bytes());
            record(out, 0x0203, &data);
        }
    }
}

fn small(number: usize) -> u16 {
    u16::try_from(number).expect("an .xls sheet has at most 65,536 rows")
}

fn begin(out: &mut Vec<u8>, kind: u16) {
    let mut data = Vec::new();
    for word in [0x0600, kind, 0x0dbb, 0x07cc] {
        data.extend(u16::to_le_bytes(word));
    }
    data.extend([0, 0, 0, 0, 6, 0, 0, 0]);
    record(out, 0x0809, &data);
}

fn record(out: &mut Vec<u8>, kind: u16, data: &[u8]) {
    out.extend(kind.to_le_bytes());
    out.extend(
        u16::try_from(data.len())
            .expect("a record is at most 8,224 bytes")
            .to_le_bytes(),
    );
    out.extend(data);
}

fn font(name: &str) -> Vec<u8> {
    let mut data = Vec::new();
    for word in [220_u16, 0, 0x7fff, 400, 0] {
        data.extend(word.to_le_bytes());
    }
    data.extend([0, 0, 0, 0, u8::try_from(name.len()).expect("short"), 0]);
    data.extend(name.bytes());
    data
}

/// Extended format `index`: style formats first, then plain cells, then cells with number format 14 (a date).
fn cell_format(index: u16) -> Vec<u8> {
    let number_format: u16 = if index == DATED { 14 } else { 0 };
    let of_style: u16 = if index < PLAIN { 0xfff5 } else { 0x0001 };
    let mut data = Vec::new();
    for word in [0, number_format, of_style] {
        data.extend(word.to_le_bytes());
    }
    data.extend([0x20, 0, 0, if index == DATED { 0x04 } else { 0 }]);
    data.extend([0, 0, 0, 0, 0, 0, 0, 0, 0xc0, 0x20]);
    data
}

/// One stream named `Workbook` in a compound file: header, sector table, directory, stream.
fn compound(mut stream: Vec<u8>) -> Vec<u8> {
    let size = stream.len().max(STREAM_MIN);
    stream.resize(size.next_multiple_of(SECTOR), 0);
    let n_stream = stream.len() / SECTOR;
    let mut n_fat = 1;
    while n_fat * (SECTOR / 4) < n_fat + 1 + n_stream {
        n_fat += 1;
    }
    assert!(n_fat <= IN_HEADER, "an .xls of a world is below 7 MB");
    let mut fat = vec![FAT; n_fat];
    fat.push(END);
    let first = n_fat + 1;
    fat.extend((1..n_stream).map(|sector| number(first + sector)));
    fat.push(END);
    fat.resize(n_fat * SECTOR / 4, FREE);
    let mut out = header(n_fat);
    out.extend(fat.into_iter().flat_map(u32::to_le_bytes));
    out.extend(entry("Root Entry", 5, Some(1), END, 0));
    out.extend(entry("Workbook", 2, None, number(first), size));
    out.resize(out.len().next_multiple_of(SECTOR), 0);
    out.extend(stream);
    out
}

fn number(sector: usize) -> u32 {
    u32::try_from(sector).expect("an .xls is small")
}

fn header(n_fat: usize) -> Vec<u8> {
    let mut out = vec![0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];
    out.resize(24, 0);
    for word in [0x003e, 3, 0xfffe, 9, 6] {
        out.extend(u16::to_le_bytes(word));
    }
    out.resize(44, 0);
    let stream_min = number(STREAM_MIN);
    for word in [number(n_fat), number(n_fat), 0, stream_min, END, 0, END, 0] {
        out.extend(word.to_le_bytes());
    }
    for index in 0..IN_HEADER {
        let sector = if index < n_fat { number(index) } else { FREE };
        out.extend(sector.to_le_bytes());
    }
    out
}

/// A directory entry: a storage (5) whose only child is `child`, or a stream (2).
fn entry(name: &str, kind: u8, child: Option<u32>, first: u32, size: usize) -> Vec<u8> {
    let units: Vec<u16> = name.encode_utf16().chain([0]).collect();
    let mut out: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
    out.resize(64, 0);
    out.extend(small(2 * units.len()).to_le_bytes());
    out.extend([kind, 1]);
    for word in [FREE, FREE, child.unwrap_or(FREE)] {
        out.extend(word.to_le_bytes());
    }
    out.resize(116, 0);
    out.extend(first.to_le_bytes());
    out.extend(u64::try_from(size).expect("fits").to_le_bytes());
    out
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Read};

    use super::super::grid::Line;
    use super::*;

    #[test]
    fn the_compound_file_holds_the_stream_it_was_given() {
        for size in [1, 4096, 70_000] {
            let stream: Vec<u8> = (0..size)
                .map(|at| u8::try_from(at % 251).unwrap())
                .collect();
            let file = compound(stream.clone());
            let mut file = cfb::CompoundFile::open_strict(Cursor::new(file)).unwrap();
            let mut found = Vec::new();
            file.open_stream("Workbook")
                .unwrap()
                .read_to_end(&mut found)
                .unwrap();
            assert_eq!(found[..size], stream, "{size}");
        }
    }

    #[test]
    fn the_sheets_of_the_workbook_begin_where_it_says() {
        let grid = Grid {
            name: "名录".to_owned(),
            lines: vec![Line::good(vec![
                Cell::text("甲"),
                Cell::Number(1.5),
                Cell::Day(0),
            ])],
            ..Grid::default()
        };
        let stream = workbook(&[grid.clone(), grid]);
        let begins = |at: usize| {
            stream[at..at + 2] == [0x09, 0x08] && stream[at + 6..at + 8] == [0x10, 0x00]
        };
        let places: Vec<usize> = stream
            .windows(4)
            .enumerate()
            .filter(|(_, four)| four[..2] == [0x85, 0x00])
            .map(|(at, _)| usize::from(u16::from_le_bytes([stream[at + 4], stream[at + 5]])))
            .take(2)
            .collect();
        assert!(
            places.len() == 2 && places.iter().all(|&at| begins(at)),
            "{places:?}"
        );
    }
}
