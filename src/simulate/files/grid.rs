//! A sheet as a person made it: rows of cells, merged regions, and what must become of each row that is no good row.

use serde::Serialize;

/// One cell.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cell {
    Empty,
    Text(String),
    /// A number, as a spreadsheet holds it.
    Number(f64),
    /// A calendar day as a spreadsheet holds it: days since 1970-01-01, shown as a date.
    Day(i32),
}

impl Cell {
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// What a text file shows.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Text(text) => text.clone(),
            Self::Number(number) => number.to_string(),
            Self::Day(days) => super::spell::slashed(*days),
        }
    }
}

/// What the clean reference says about a row that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Reference {
    /// It has the row and accepts it, or the cell and reads it: lost by the dirt alone.
    Accepted,
    /// It has the row and refuses it too, or the cell and cannot read it either.
    Refused,
    /// It has no such row.
    Absent,
}

/// Why a row, or one cell of it, cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fate {
    /// Canonical table.
    pub(super) table: &'static str,
    /// Rule of the refusal table, or of the findings where only a cell is lost.
    pub(super) rule: &'static str,
    /// Canonical column of the one cell that is lost; none where the row is.
    pub(super) column: Option<&'static str>,
    /// What the reference calls the row: a normalised object id, a visit id; empty where it has none.
    pub(super) row: String,
    pub(super) reference: Reference,
}

impl Fate {
    /// A fact of an object whose register row cannot be read.
    pub(super) fn of_unknown(table: &'static str, row: String, reference: Reference) -> Self {
        Self {
            table,
            rule: "object-unknown",
            column: None,
            row,
            reference,
        }
    }
}

/// One row.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Line {
    pub(super) cells: Vec<Cell>,
    pub(super) fate: Option<Fate>,
}

impl Line {
    pub(super) fn good(cells: Vec<Cell>) -> Self {
        Self { cells, fate: None }
    }

    /// A row of texts; empty ones are empty cells.
    pub(super) fn texts<S: AsRef<str>>(texts: impl IntoIterator<Item = S>) -> Self {
        let cell = |text: S| match text.as_ref() {
            "" => Cell::Empty,
            text => Cell::text(text),
        };
        Self::good(texts.into_iter().map(cell).collect())
    }
}

/// A region shown as one cell; its value stands in the first. Zero-based, inclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Merge {
    pub(super) row: usize,
    pub(super) column: usize,
    pub(super) rows: usize,
    pub(super) columns: usize,
}

/// One sheet.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Grid {
    /// Name on the tab.
    pub(super) name: String,
    pub(super) hidden: bool,
    pub(super) lines: Vec<Line>,
    pub(super) merges: Vec<Merge>,
    /// Headers with what stands over them; none in a sheet that holds no table.
    pub(super) headers: Vec<String>,
    /// Index of the row the last header stands in.
    pub(super) header: usize,
    /// Rows of the table, unreadable ones included, example and footers not.
    pub(super) rows: usize,
}

impl Grid {
    /// A sheet of sentences, one a row.
    pub(super) fn of_sentences(name: &str, hidden: bool, sentences: &[&[&str]]) -> Self {
        Self {
            name: name.to_owned(),
            hidden,
            lines: sentences.iter().map(|cells| Line::texts(*cells)).collect(),
            ..Self::default()
        }
    }

    /// Cells of the widest row.
    pub(super) fn width(&self) -> usize {
        let widths = self.lines.iter().map(|line| line.cells.len());
        widths.max().unwrap_or(0)
    }

    /// Width of the table; a broken row may be wider.
    pub(super) fn table_width(&self) -> usize {
        let is_whole = |line: &&Line| line.fate.as_ref().is_none_or(|fate| fate.column.is_some());
        let good = self.lines.iter().filter(is_whole);
        good.map(|line| line.cells.len()).max().unwrap_or(0)
    }

    /// The merged region that begins at a cell.
    pub(super) fn merge_at(&self, row: usize, column: usize) -> Option<Merge> {
        let begins = |merge: &&Merge| (merge.row, merge.column) == (row, column);
        self.merges.iter().find(begins).copied()
    }
}

/// A header: what stands over it where headers are grouped, and itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head<C> {
    pub(super) upper: &'static str,
    pub(super) name: &'static str,
    pub(super) of: C,
}

impl<C> Head<C> {
    fn shown(&self) -> String {
        match self.upper {
            "" => self.name.to_owned(),
            upper => format!("{upper}/{}", self.name),
        }
    }
}

/// A header that stands alone.
pub(super) const fn head<C>(name: &'static str, of: C) -> Head<C> {
    Head {
        upper: "",
        name,
        of,
    }
}

/// A header below another.
pub(super) const fn under<C>(upper: &'static str, name: &'static str, of: C) -> Head<C> {
    Head { upper, name, of }
}

/// Everything around the rows of a table.
#[derive(Clone, Debug, Default)]
pub(super) struct Frame<'a> {
    pub(super) sheet: &'a str,
    /// Rows above the header, each one sentence over the whole width.
    pub(super) above: &'a [&'a str],
    /// Cells of an example row, which people forget to delete.
    pub(super) example: &'a [&'a str],
    /// Rows below, after an empty one.
    pub(super) below: &'a [&'a [&'a str]],
    /// Column whose runs of ten equal cells are merged into one.
    pub(super) merged_column: Option<usize>,
    /// Canonical table, for the fates of example and footers.
    pub(super) table: &'static str,
}

impl Frame<'_> {
    /// Puts the rows of a table into their sheet.
    pub(super) fn around<C>(&self, heads: &[Head<C>], rows: Vec<Line>) -> Grid {
        let mut grid = Grid {
            name: self.sheet.to_owned(),
            ..Grid::default()
        };
        for sentence in self.above {
            grid.merges.push(Merge {
                row: grid.lines.len(),
                column: 0,
                rows: 1,
                columns: heads.len(),
            });
            grid.lines.push(Line::texts([sentence]));
        }
        header(&mut grid, heads);
        (grid.header, grid.rows) = (grid.lines.len() - 1, rows.len());
        grid.headers = heads.iter().map(Head::shown).collect();
        if !self.example.is_empty() {
            grid.lines.push(self.unread(self.example, "example-row"));
        }
        let first = grid.lines.len();
        grid.lines.extend(rows);
        if let Some(column) = self.merged_column {
            merge_runs(&mut grid, first, column);
        }
        if !self.below.is_empty() {
            grid.lines.push(Line::good(Vec::new()));
        }
        for cells in self.below {
            grid.lines.push(self.unread(cells, "note-row"));
        }
        grid
    }

    /// Puts rows under headers that stand alone.
    pub(super) fn plain(&self, headers: &[&'static str], rows: Vec<Line>) -> Grid {
        let heads: Vec<Head<()>> = headers.iter().map(|name| head(name, ())).collect();
        self.around(&heads, rows)
    }

    fn unread(&self, cells: &[&str], rule: &'static str) -> Line {
        Line {
            fate: Some(Fate {
                table: self.table,
                rule,
                column: None,
                row: String::new(),
                reference: Reference::Absent,
            }),
            ..Line::texts(cells)
        }
    }
}

/// One header row, or two where a header stands under another: what stands alone then fills both.
fn header<C>(grid: &mut Grid, heads: &[Head<C>]) {
    let row = grid.lines.len();
    if heads.iter().all(|head| head.upper.is_empty()) {
        let names = heads.iter().map(|head| head.name);
        return grid.lines.push(Line::texts(names));
    }
    let mut upper = Vec::new();
    for (column, head) in heads.iter().enumerate() {
        let before = column
            .checked_sub(1)
            .map_or("", |before| heads[before].upper);
        let region = |rows, columns| Merge {
            row,
            column,
            rows,
            columns,
        };
        if head.upper.is_empty() {
            grid.merges.push(region(2, 1));
            upper.push(head.name);
        } else if head.upper == before {
            upper.push("");
        } else {
            let same = |other: &&Head<C>| other.upper == head.upper;
            let columns = heads[column..].iter().take_while(same).count();
            grid.merges.push(region(1, columns));
            upper.push(head.upper);
        }
    }
    grid.lines.push(Line::texts(upper));
    let lower = |head: &Head<C>| if head.upper.is_empty() { "" } else { head.name };
    grid.lines.push(Line::texts(heads.iter().map(lower)));
}

/// Merges equal neighbours of a column, ten rows at a time at most.
fn merge_runs(grid: &mut Grid, first: usize, column: usize) {
    let mut row = first;
    while row < grid.lines.len() {
        let value = grid.lines[row].cells[column].clone();
        let same = |line: &&Line| line.cells.get(column) == Some(&value);
        let rows = grid.lines[row..].iter().take(10).take_while(same).count();
        if rows > 1 && value != Cell::Empty {
            for line in &mut grid.lines[row + 1..row + rows] {
                line.cells[column] = Cell::Empty;
            }
            grid.merges.push(Merge {
                row,
                column,
                rows,
                columns: 1,
            });
        }
        row += rows.max(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grouped_headers_take_two_rows_and_lone_ones_fill_both() {
        let heads = [
            head("序号", ()),
            under("主体", "名称", ()),
            under("主体", "类别", ()),
            head("备注", ()),
        ];
        let frame = Frame {
            above: &["名录库"],
            ..Frame::default()
        };
        let grid = frame.around(&heads, Vec::new());
        assert_eq!(grid.lines.len(), 3);
        assert_eq!(grid.lines[1], Line::texts(["序号", "主体", "", "备注"]));
        assert_eq!(grid.lines[2], Line::texts(["", "名称", "类别", ""]));
        let regions: Vec<_> = grid
            .merges
            .iter()
            .map(|m| (m.row, m.column, m.rows, m.columns))
            .collect();
        assert_eq!(
            regions,
            [(0, 0, 1, 4), (1, 0, 2, 1), (1, 1, 1, 2), (1, 3, 2, 1)]
        );
    }

    #[test]
    fn equal_neighbours_are_merged_ten_at_a_time() {
        let rows = (0..13).map(|_| Line::texts(["甲所"])).collect();
        let frame = Frame {
            merged_column: Some(0),
            ..Frame::default()
        };
        let grid = frame.around(&[head("管辖单位", ())], rows);
        let filled = grid
            .lines
            .iter()
            .filter(|line| line.cells[0] != Cell::Empty);
        assert_eq!((filled.count(), grid.merges.len()), (3, 2));
    }
}
