//! Where the header stands: titles and notes above it are passed over, two merged rows become one header.
//!
//! Templates start with a title row, sometimes a warning sentence (shared/reference/regulation.md §3.6).

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::Wish;
use super::rows::Row;

/// Rows looked at for a header.
pub(super) const HEAD: usize = 50;

/// The header of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::ingest) struct Layout {
    /// One name per column.
    pub(in crate::ingest) names: Vec<String>,
    /// Its last line; the rows after it are the table.
    pub(in crate::ingest) last_line: u64,
    /// Lines above it that hold something.
    pub(in crate::ingest) above: Vec<u64>,
    /// Number of names that are known.
    pub(in crate::ingest) n_known: usize,
    /// The texts of its rows and of those above it: where they stand once more, they are no record.
    pub(in crate::ingest) heads: Vec<Vec<String>>,
}

/// A row, or two, that may be the header.
struct Candidate {
    first: usize,
    n_rows: usize,
    n_known: usize,
}

/// The header among the first rows of a table; absent if no row can be one. In a `plain` text the first row is the header
/// unless another one is known better.
pub(super) fn find(rows: &[Row], wish: &Wish, plain: bool) -> Option<Layout> {
    let rows: Vec<&Row> = rows.iter().filter(|row| row.width() > 0).collect();
    let best = match wish.shape.header_line {
        Some(line) => {
            let at = rows.iter().position(|row| row.line == line)?;
            better(candidate(&rows, at, wish), pair(&rows, at, wish))
        }
        None => best_of(&rows, wish).or_else(|| unknown(&rows, plain))?,
    };
    let names = if best.n_rows == 2 {
        joined(rows[best.first], rows[best.first + 1], wish)
    } else {
        single(rows[best.first], plain)
    };
    let last = rows[best.first + best.n_rows - 1];
    let above = rows[..best.first].iter().map(|row| row.line);
    let heads = rows[..best.first + best.n_rows].iter();
    Some(Layout {
        heads: heads.map(|row| own_texts(row)).collect(),
        names: named(names, wish),
        last_line: last.line,
        above: above.collect(),
        n_known: best.n_known,
    })
}

fn own_texts(row: &Row) -> Vec<String> {
    let width = row.trimmed().cells.len();
    row.cells[..width].iter().map(|cell| clean(cell)).collect()
}

fn best_of(rows: &[&Row], wish: &Wish) -> Option<Candidate> {
    let mut best: Option<Candidate> = None;
    let mut below_titles = true;
    for at in 0..rows.len().min(HEAD) {
        let found = better(candidate(rows, at, wish), pair(rows, at, wish));
        let short = rows[at].n_own() <= 2;
        let can_be = at == 0 || found.n_known >= 2 || (found.n_known == 1 && below_titles && short);
        let so_far = best.as_ref().map_or(0, |best| best.n_known);
        if can_be && found.n_known > so_far {
            best = Some(found);
        }
        below_titles &= rows[at].n_own() <= 1;
    }
    best
}

fn better(one: Candidate, two: Option<Candidate>) -> Candidate {
    match two {
        Some(two) if two.n_known > one.n_known => two,
        _ => one,
    }
}

/// Nothing is known: the first row of a text; in a book the first that is at least half as wide as the widest.
fn unknown(rows: &[&Row], plain: bool) -> Option<Candidate> {
    let widest = rows.iter().map(|row| row.n_own()).max()?;
    let wide = |row: &&Row| row.n_own() >= 2.min(widest) && 2 * row.n_own() >= widest;
    let first = if plain {
        0
    } else {
        rows.iter().position(wide).unwrap_or(0)
    };
    Some(Candidate {
        first,
        n_rows: 1,
        n_known: 0,
    })
}

fn candidate(rows: &[&Row], at: usize, wish: &Wish) -> Candidate {
    let row = rows[at];
    let names: BTreeSet<String> = (0..row.width()).map(|c| clean(row.filled(c))).collect();
    Candidate {
        first: at,
        n_rows: 1,
        n_known: names.iter().filter(|name| wish.knows(name)).count(),
    }
}

/// The row and the one below it as one header.
fn pair(rows: &[&Row], at: usize, wish: &Wish) -> Option<Candidate> {
    let (upper, lower) = (rows[at], *rows.get(at + 1)?);
    if lower.line != upper.line + 1 || wish.shape.header_line == Some(lower.line) {
        return None;
    }
    let names = joined(upper, lower, wish);
    let names: BTreeSet<&str> = names.iter().map(String::as_str).collect();
    let is_known = |name: &&&str| {
        wish.knows(name)
            || name
                .rsplit_once('/')
                .is_some_and(|(_, low)| wish.knows(low))
    };
    let n_known = names.iter().filter(is_known).count();
    let below: BTreeSet<String> = lower.cells.iter().map(|cell| clean(cell)).collect();
    let n_below = below.iter().filter(|name| wish.knows(name)).count();
    let is_pair = n_known > n_below || (n_known == n_below && spans_both(upper, lower));
    is_pair.then_some(Candidate {
        first: at,
        n_rows: 2,
        n_known,
    })
}

/// Whether a name of the upper row stands over an empty cell of the lower one, as a merged one does; a title or note does
/// not.
fn spans_both(upper: &Row, lower: &Row) -> bool {
    let is_empty = |cell: Option<&String>| cell.is_none_or(|cell| cell.trim().is_empty());
    let mut own = upper.cells.iter().enumerate();
    own.any(|(column, name)| {
        let below = lower.filled(column);
        !name.trim().is_empty()
            && is_empty(lower.cells.get(column))
            && (below.is_empty() || below == name)
    })
}

fn single(row: &Row, plain: bool) -> Vec<String> {
    let width = if plain { row.cells.len() } else { row.width() };
    (0..width).map(|column| clean(row.filled(column))).collect()
}

/// Names of two rows: what spans both stands alone, else `upper/lower`, or the lower one where it is unique and what the
/// table knows.
fn joined(upper: &Row, lower: &Row, wish: &Wish) -> Vec<String> {
    let width = upper.width().max(lower.width());
    let mut group = String::new();
    let parts: Vec<(String, String)> = (0..width)
        .map(|column| {
            let (mut above, below) = (clean(upper.filled(column)), clean(lower.filled(column)));
            if above.is_empty() && !below.is_empty() && upper.fills.is_empty() {
                above.clone_from(&group); // a text has no regions: a group goes on until the next name
            } else {
                group.clone_from(&above);
            }
            (above, below)
        })
        .collect();
    let mut times: HashMap<&str, usize> = HashMap::new();
    for (_, below) in &parts {
        *times.entry(below).or_default() += 1;
    }
    let unique = |low: &str| times.get(low) == Some(&1);
    let name = |(above, below): &(String, String)| {
        if below.is_empty() || above == below {
            return above.clone();
        }
        if above.is_empty() {
            return below.clone();
        }
        let both = format!("{above}/{below}");
        if unique(below) && wish.knows(below) && !(wish.named)(&both) {
            below.clone()
        } else {
            both
        }
    };
    parts.iter().map(name).collect()
}

/// Trimmed and on one line.
pub(super) fn clean(name: &str) -> String {
    let name = name.trim().trim_start_matches('\u{feff}').trim();
    if name.contains(['\n', '\r']) {
        name.split(['\n', '\r']).map(str::trim).collect()
    } else {
        name.to_owned()
    }
}

/// A nameless column gets the name `column N`; of columns with one name that the table does not know, the second and
/// further ones are numbered. A known name that stands twice stays twice and is refused.
fn named(names: Vec<String>, wish: &Wish) -> Vec<String> {
    let mut taken: BTreeSet<String> = BTreeSet::new();
    let mut numbers: BTreeMap<String, usize> = BTreeMap::new();
    let mut result = Vec::with_capacity(names.len());
    for (index, name) in names.into_iter().enumerate() {
        let mut name = if name.is_empty() {
            format!("column {}", index + 1)
        } else {
            name
        };
        if taken.contains(&name) && !wish.knows(&name) {
            let number = numbers.entry(name.clone()).or_insert(1);
            name = loop {
                *number += 1;
                let numbered = format!("{name} ({number})");
                if !taken.contains(&numbered) {
                    break numbered;
                }
            };
        }
        taken.insert(name.clone());
        result.push(name);
    }
    result
}

#[cfg(test)]
mod tests {
    use super::super::rows::Fills;
    use super::super::{Shape, Wish};
    use super::{Layout, Row, find};

    const KNOWN: [&str; 5] = [
        "企业名称",
        "统一社会信用代码",
        "住所",
        "检查日期",
        "检查结果",
    ];

    fn rows(cells: &[&[&str]]) -> Vec<Row> {
        let row = |(at, cells): (usize, &&[&str])| Row {
            line: at as u64 + 1,
            cells: cells.iter().map(|cell| (*cell).to_owned()).collect(),
            fills: Fills::default(),
        };
        cells.iter().enumerate().map(row).collect()
    }

    fn layout(rows: &[Row], plain: bool, header_line: Option<u64>) -> Layout {
        let shape = Shape {
            header_line,
            ..Shape::default()
        };
        let knows = |name: &str| KNOWN.contains(&name);
        find(rows, &Wish::new(&shape, &knows, &knows), plain).unwrap()
    }

    #[test]
    fn titles_and_warnings_above_the_header_are_passed_over() {
        let rows = rows(&[
            &["待抽检库导入模板"],
            &["注：请勿修改表头", "", ""],
            &["企业\n名称", "统一社会信用代码", "备注", "备注", ""],
            &["甲", "91", "", "", ""],
        ]);
        let found = layout(&rows, false, None);
        assert_eq!(
            found.names,
            ["企业名称", "统一社会信用代码", "备注", "备注 (2)"]
        );
        assert_eq!(
            (found.last_line, found.above, found.n_known),
            (3, vec![1, 2], 2)
        );
        assert_eq!(layout(&rows, false, Some(4)).names, ["甲", "91"]);
    }

    #[test]
    fn a_plain_text_starts_with_its_header_even_if_nothing_is_known() {
        let rows = rows(&[&["x", "y", ""], &["行业", "住所", ""]]);
        let found = layout(&rows, true, None);
        assert_eq!(
            (found.names, found.last_line),
            (
                vec!["x".to_owned(), "y".to_owned(), "column 3".to_owned()],
                1
            )
        );
    }

    #[test]
    fn two_merged_rows_become_one_header() {
        let mut rows = rows(&[
            &["名录"],
            &["序号", "主体", "", "检查", "", "其他", ""],
            &["", "企业名称", "住所", "检查日期", "备注", "住址", "备注"],
            &["1", "甲", "东街", "2024-01-01", "", "", ""],
        ]);
        let names = [
            "序号",
            "企业名称",
            "住所",
            "检查日期",
            "检查/备注",
            "其他/住址",
            "其他/备注",
        ];
        let found = layout(&rows, true, None);
        assert_eq!(
            (found.names, found.last_line),
            (names.map(str::to_owned).to_vec(), 3)
        );
        rows[1].fills = Fills::of(&[(2, 2, "主体"), (4, 4, "检查"), (6, 6, "其他")]);
        rows[2].fills = Fills::of(&[(0, 0, "序号")]);
        assert_eq!(layout(&rows, false, None).names, names);
    }

    #[test]
    fn a_known_name_that_stands_twice_stays_twice() {
        let rows = rows(&[&["住所", "住所"]]);
        assert_eq!(layout(&rows, true, None).names, ["住所", "住所"]);
    }
}
