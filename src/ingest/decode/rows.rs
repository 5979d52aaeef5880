//! One row of a book, before anything is decided about it, and the regions that merged cells span.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::limits::{Beyond, CELL_MAX, CELLS_MAX, REGIONS_MAX};

/// A row as its file has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Row {
    /// Row of the sheet or line of the text, from 1.
    pub(super) line: u64,
    /// Texts from the first column on; empty where the file has none.
    pub(super) cells: Vec<String>,
    /// Texts that merged regions give to further columns.
    pub(super) fills: Fills,
}

/// Texts of merged regions by their columns, shared by the rows that the regions span.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Fills(Arc<BTreeMap<usize, Fill>>);

/// Last column and text, by the first column.
type Fill = (usize, Arc<str>);

impl Fills {
    /// The text of a column.
    fn get(&self, column: usize) -> Option<&str> {
        let (_, (right, text)) = self.0.range(..=column).next_back()?;
        (column <= *right).then_some(text)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The last column with a text.
    fn last(&self) -> Option<usize> {
        self.0.values().map(|(right, _)| *right).max()
    }

    /// Regions in the order in which they were opened; where two overlap, the earlier one holds.
    fn of_regions<'a>(regions: impl Iterator<Item = &'a Region>) -> Self {
        let mut fills: BTreeMap<usize, Fill> = BTreeMap::new();
        for region in regions.filter(|region| !region.text.trim().is_empty()) {
            let mut left = region.left;
            while left <= region.right {
                let here = fills.range(..=left).next_back();
                if let Some((_, (right, _))) = here.filter(|(_, (right, _))| *right >= left) {
                    left = right + 1;
                    continue;
                }
                let next = fills.range(left..).next().map(|(next, _)| next - 1);
                let right = next.unwrap_or(region.right).min(region.right);
                fills.insert(left, (right, region.text.clone()));
                left = right + 1;
            }
        }
        Self(Arc::new(fills))
    }

    /// First and last columns with their texts.
    #[cfg(test)]
    pub(super) fn of(texts: &[(usize, usize, &str)]) -> Self {
        let fill = |&(left, right, text): &(usize, usize, &str)| (left, (right, text.into()));
        Self(Arc::new(texts.iter().map(fill).collect()))
    }
}

impl Row {
    /// The first row of a sheet with these texts.
    #[cfg(test)]
    pub(super) fn of(cells: &[&str]) -> Self {
        Self {
            line: 1,
            cells: cells.iter().map(|cell| (*cell).to_owned()).collect(),
            fills: Fills::default(),
        }
    }

    /// The text of a column, its own or a region's; empty where there is none.
    pub(super) fn filled(&self, column: usize) -> &str {
        match self.cells.get(column).map(String::as_str) {
            Some(own) if !own.trim().is_empty() => own,
            _ => self.fills.get(column).unwrap_or(""),
        }
    }

    /// Columns up to the last one with a text.
    pub(super) fn width(&self) -> usize {
        let own = self.cells.iter().rposition(|cell| !cell.trim().is_empty());
        own.max(self.fills.last()).map_or(0, |last| last + 1)
    }

    /// Number of cells that have a text of their own.
    pub(super) fn n_own(&self) -> usize {
        let own = |cell: &&String| !cell.trim().is_empty();
        self.cells.iter().filter(own).count()
    }

    /// A copy that ends with the last text.
    pub(super) fn trimmed(&self) -> Self {
        let width = self.cells.iter().rposition(|cell| !cell.is_empty());
        Self {
            line: self.line,
            cells: self.cells[..width.map_or(0, |last| last + 1)].to_vec(),
            fills: self.fills.clone(),
        }
    }

    /// Empties the row and gives it a place.
    pub(super) fn restart(&mut self, line: u64) {
        self.line = line;
        self.cells.iter_mut().for_each(String::clear);
        self.fills = Fills::default();
    }

    /// Puts a text into a column.
    pub(super) fn put(&mut self, column: usize, text: &str) -> Result<(), Beyond> {
        if column >= CELLS_MAX {
            return Err(Beyond::new(
                "the number of cells of a row",
                CELLS_MAX as u64,
            ));
        }
        if text.len() > CELL_MAX {
            return Err(Beyond::new("a cell's text in bytes", CELL_MAX as u64));
        }
        if self.cells.len() <= column {
            self.cells.resize_with(column + 1, String::new);
        }
        self.cells[column].clear();
        self.cells[column].push_str(text);
        Ok(())
    }
}

/// Longest text, in bytes, that a merged region repeats in all its cells: names of offices and streets, not whole documents.
const FILLED_MAX: usize = 1_024;

/// A region of merged cells: columns and the last row it covers.
#[derive(Clone, Debug)]
struct Region {
    left: usize,
    right: usize,
    bottom: u64,
    text: Arc<str>,
}

/// Regions that cover the present row or start in it.
#[derive(Debug, Default)]
pub(super) struct Regions {
    active: Vec<Region>,
    /// What they give, and the last line for which it holds.
    fills: Option<(Fills, u64)>,
    /// Regions known beforehand: by row and column of their first cell, their last row and column.
    known: HashMap<(u64, usize), (u64, usize)>,
}

impl Regions {
    /// Regions known before their rows are read.
    pub(super) fn known(
        regions: impl Iterator<Item = ((u64, usize), (u64, usize))>,
    ) -> Result<Self, Beyond> {
        let mut known = HashMap::new();
        for (from, to) in regions {
            known.insert(from, to);
            if known.len() > REGIONS_MAX {
                return Err(Beyond::new(
                    "the number of merged regions",
                    REGIONS_MAX as u64,
                ));
            }
        }
        Ok(Self {
            known,
            ..Self::default()
        })
    }

    /// Opens a region whose first cell is `column` of the row `line`.
    pub(super) fn open(&mut self, line: u64, column: usize, across: usize, down: u64, text: &str) {
        let is_short = text.len() <= FILLED_MAX;
        if is_short && (across > 0 || down > 0) && self.active.len() < CELLS_MAX {
            self.fills = None;
            self.active.push(Region {
                left: column,
                right: column.saturating_add(across).min(CELLS_MAX - 1),
                bottom: line.saturating_add(down),
                text: text.into(),
            });
        }
    }

    /// Opens the known regions that start in `row`, then gives the row what regions hold for it.
    pub(super) fn fill(&mut self, row: &mut Row) {
        if !self.known.is_empty() {
            for column in 0..row.cells.len() {
                if let Some((bottom, right)) = self.known.remove(&(row.line, column)) {
                    let (across, down) = (
                        right.saturating_sub(column),
                        bottom.saturating_sub(row.line),
                    );
                    let text = row.cells[column].clone();
                    self.open(row.line, column, across, down, &text);
                }
            }
        }
        if self.active.is_empty() {
            return;
        }
        let line = row.line;
        if self.fills.as_ref().is_none_or(|(_, until)| *until < line) {
            self.active.retain(|region| region.bottom >= line);
            let until = self.active.iter().map(|region| region.bottom).min();
            let fills = Fills::of_regions(self.active.iter());
            self.fills = Some((fills, until.unwrap_or(u64::MAX)));
        }
        row.fills = self
            .fills
            .as_ref()
            .map_or_else(Fills::default, |(fills, _)| fills.clone());
    }

    /// Whether a region that began in an earlier row covers this cell.
    pub(super) fn covers(&self, line: u64, column: usize) -> bool {
        self.active
            .iter()
            .any(|region| region.bottom >= line && (region.left..=region.right).contains(&column))
    }
}

#[cfg(test)]
mod tests {
    use super::{Regions, Row};

    #[test]
    fn a_merged_region_gives_its_text_to_every_row_and_column_of_it() {
        let mut regions = Regions::known([((1, 0), (2, 1))].into_iter()).unwrap();
        let mut row = Row::default();
        row.restart(1);
        row.put(0, "甲").unwrap();
        regions.fill(&mut row);
        assert_eq!((row.filled(0), row.filled(1), row.n_own()), ("甲", "甲", 1));
        row.restart(2);
        row.put(2, "x").unwrap();
        regions.fill(&mut row);
        assert_eq!(
            [row.filled(0), row.filled(1), row.filled(2)],
            ["甲", "甲", "x"]
        );
        row.restart(3);
        regions.fill(&mut row);
        assert_eq!(row.width(), 0);
    }
}
