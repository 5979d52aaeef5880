//! Rows below the header: sound ones become columns of text, the others are kept with the reason why they are no record.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Builder, StringBuilder};
use serde::{Deserialize, Serialize};

/// Why a row is no record of its table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(in crate::ingest) enum Fault {
    /// Another number of fields than the header has.
    FieldCount,
    /// An example of the template that was not deleted.
    ExampleRow,
    /// A total, a signature or a note.
    NoteRow,
    /// Quotation marks that are no pairs, over several lines.
    StrayQuote,
}

/// A row that was read but is no record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::ingest) struct Unread {
    /// Line of the text or row of the sheet, from 1.
    pub(in crate::ingest) line: u64,
    /// Why.
    pub(in crate::ingest) fault: Fault,
    /// The number of fields, or the cell that shows what the row is.
    pub(in crate::ingest) value: String,
    /// The row's cells, each ended by U+001F, as far as there is room for them ([`KEPT_MAX`]); personal data that nobody
    /// asks for is left out.
    pub(in crate::ingest) cells: String,
}

/// Ends a cell in [`Unread::cells`].
const END: char = '\u{1f}';
/// Bytes of unread rows whose cells are kept, in one table.
pub(super) const KEPT_MAX: usize = 64 << 20;
/// Letters of a cell that a refusal shows.
const SHOWN: usize = 80;

impl Unread {
    /// Name of the rule it breaks, as the refusal table has it.
    pub(in crate::ingest) fn rule(&self) -> &'static str {
        match self.fault {
            Fault::FieldCount => "field-count",
            Fault::ExampleRow => "example-row",
            Fault::NoteRow => "note-row",
            Fault::StrayQuote => "stray-quote",
        }
    }

    /// What is wrong, after the row's place; `width` is the header's.
    pub(in crate::ingest) fn sentence(&self, width: usize) -> String {
        let value = &self.value;
        match self.fault {
            Fault::FieldCount => {
                format!("the row has {value} fields where the header (表头) has {width}")
            }
            Fault::ExampleRow => format!(
                "\"{value}\" marks an example (案例、示例) of the template, not a record: delete the row"
            ),
            Fault::NoteRow => format!(
                "\"{value}\" is a total, a signature or a note (合计、制表人、注), not a record"
            ),
            Fault::StrayQuote => format!(
                "a quotation mark in the row of \"{value}\" (引号未成对) ends lines below with letters behind it: the lines between may be rows of their own; none of them is read"
            ),
        }
    }

    /// Whether it may be a record that was damaged.
    pub(in crate::ingest) fn may_be_record(&self) -> bool {
        matches!(self.fault, Fault::FieldCount | Fault::StrayQuote)
    }

    /// Whether it stands in every file of its kind and says nothing of how the file is read.
    pub(in crate::ingest) fn is_furniture(&self) -> bool {
        matches!(self.fault, Fault::ExampleRow | Fault::NoteRow)
    }

    /// The row's cells; none where there was no room for them.
    pub(in crate::ingest) fn cells(&self) -> impl Iterator<Item = &str> {
        self.cells.split_terminator(END)
    }
}

/// Rows of a table on their way to columns.
pub(super) struct Body {
    /// Columns that are kept.
    stored: Arc<[usize]>,
    width: usize,
    /// Whether a row may end before its last columns, as the rows of a sheet do.
    may_be_short: bool,
    texts: Vec<StringBuilder>,
    lines: Int64Builder,
    /// Sound rows.
    pub(super) rows: usize,
    /// Bytes of their texts.
    pub(super) bytes: usize,
    /// Rows without any text.
    pub(super) blank: u64,
    pub(super) unread: Vec<Unread>,
    kept: usize,
}

/// Cells of a row, however they are held.
pub(super) trait Cells {
    /// Number of cells.
    fn n(&self) -> usize;
    /// A cell's own text.
    fn own(&self, column: usize) -> &str;
    /// Its text, or what a merged region gives.
    fn filled(&self, column: usize) -> &str;
    /// Whether its quotation marks are no pairs, over several lines.
    fn is_stray(&self) -> bool {
        false
    }
}

impl Cells for super::records::Records<'_> {
    fn n(&self) -> usize {
        self.len()
    }

    fn own(&self, column: usize) -> &str {
        self.field(column)
    }

    fn filled(&self, column: usize) -> &str {
        self.field(column)
    }

    fn is_stray(&self) -> bool {
        self.is_stray()
    }
}

impl Cells for super::rows::Row {
    fn n(&self) -> usize {
        self.cells.len()
    }

    fn own(&self, column: usize) -> &str {
        &self.cells[column]
    }

    fn filled(&self, column: usize) -> &str {
        Self::filled(self, column)
    }
}

impl Body {
    pub(super) fn new(width: usize, stored: Arc<[usize]>, may_be_short: bool) -> Self {
        Self {
            texts: stored.iter().map(|_| StringBuilder::new()).collect(),
            stored,
            width,
            may_be_short,
            lines: Int64Builder::new(),
            rows: 0,
            bytes: 0,
            blank: 0,
            unread: Vec::new(),
            kept: 0,
        }
    }

    /// Takes one row; `may_be_example` is false where no cell can mark an example.
    pub(super) fn take(&mut self, line: u64, row: &impl Cells, may_be_example: bool) {
        let n = row.n();
        let Some(first) = (0..n).find(|&column| !row.own(column).trim().is_empty()) else {
            self.blank += 1;
            return;
        };
        if let Some((fault, value)) = self.fault(row, first, may_be_example) {
            self.refuse(line, row, fault, value);
            return;
        }
        for (text, &column) in self.texts.iter_mut().zip(self.stored.iter()) {
            let value = row.filled(column);
            self.bytes += value.len();
            text.append_value(value);
        }
        self.lines
            .append_value(i64::try_from(line).unwrap_or(i64::MAX));
        self.rows += 1;
    }

    fn fault(
        &self,
        row: &impl Cells,
        first: usize,
        may_be_example: bool,
    ) -> Option<(Fault, String)> {
        let n = row.n();
        let shown = |column: usize| row.own(column).trim().chars().take(SHOWN).collect();
        if may_be_example {
            let is_example = |&column: &usize| {
                marks_example(row.own(column))
                    || (column == first && starts_example(row.own(column)))
            };
            if let Some(column) = (first..n).find(is_example) {
                return Some((Fault::ExampleRow, shown(column)));
            }
        }
        if row.is_stray() {
            return Some((Fault::StrayQuote, shown(first)));
        }
        if is_note(row, first) {
            return Some((Fault::NoteRow, shown(first)));
        }
        let longer = (self.width..n).any(|column| !row.own(column).trim().is_empty());
        let shorter = n < self.width && !self.may_be_short;
        (longer || shorter).then(|| (Fault::FieldCount, n.to_string()))
    }

    fn refuse(&mut self, line: u64, row: &impl Cells, fault: Fault, value: String) {
        let mut cells = String::new();
        let bytes: usize = (0..row.n()).map(|column| row.own(column).len() + 1).sum();
        if self.kept + bytes <= KEPT_MAX {
            self.kept += bytes;
            for column in 0..row.n() {
                if column >= self.width || self.stored.binary_search(&column).is_ok() {
                    cells.push_str(&row.own(column).replace(END, ""));
                }
                cells.push(END);
            }
        }
        self.unread.push(Unread {
            line,
            fault,
            value,
            cells,
        });
    }

    /// The columns so far, lines last; the builders start again.
    pub(super) fn arrays(&mut self) -> (Vec<ArrayRef>, Vec<i64>) {
        let arrays = self
            .texts
            .iter_mut()
            .map(|text| Arc::new(text.finish()) as ArrayRef)
            .collect();
        (self.rows, self.bytes) = (0, 0);
        (arrays, self.lines.finish().values().to_vec())
    }
}

/// What every mark of an example holds; a text without it has no example row.
pub(super) const EXAMPLE: &str = "例";

/// Words that stand alone in a cell of an example row.
const EXAMPLES: [&str; 11] = [
    "案例",
    "示例",
    "样例",
    "例",
    "例子",
    "举例",
    "范例",
    "填写示例",
    "示例数据",
    "案例数据",
    "示例行",
];

/// Whether the whole cell is a mark such as `案例（请删除）`.
fn marks_example(cell: &str) -> bool {
    let cell = cell.trim();
    if cell.len() > 90 || !cell.contains(EXAMPLE) {
        return false;
    }
    let bare = cell.trim_matches(|letter: char| "【】[]*＊<>《》（）()".contains(letter));
    let word = bare
        .split(['（', '(', '【', '[', '：', ':', '，', ','])
        .next()
        .unwrap_or(bare)
        .trim();
    EXAMPLES.contains(&word) && (word.len() == bare.len() || asks_or_ends(bare, word))
}

/// Whether what follows the word only asks to delete the row, or is nothing.
fn asks_or_ends(bare: &str, word: &str) -> bool {
    let rest = &bare[word.len()..];
    rest.chars().count() <= 2
        || ["删", "参考", "勿", "仅供", "示范", "填写"]
            .iter()
            .any(|asked| rest.contains(asked))
}

/// Whether the first cell begins as `例：…` or `示例：…` do.
fn starts_example(cell: &str) -> bool {
    let cell = cell
        .trim_start_matches(|letter: char| letter.is_whitespace() || "【[（(*".contains(letter));
    EXAMPLES.iter().any(|word| {
        cell.strip_prefix(word).is_some_and(|rest| {
            rest.starts_with(['：', ':', '】', '）', ')'])
                || (*word != "例" && rest.starts_with(['（', '(']))
        })
    })
}

/// Words that begin a total.
const TOTALS: [&str; 5] = ["合计", "总计", "小计", "共计", "总数"];
/// Words that begin a signature.
const SIGNED: [&str; 12] = [
    "制表人",
    "填表人",
    "填报人",
    "审核人",
    "复核人",
    "负责人",
    "制表日期",
    "填表日期",
    "填报日期",
    "制表单位",
    "填报单位",
    "联系人",
];
/// Words that begin a note, with a colon.
const NOTES: [&str; 6] = ["注", "备注", "说明", "填表说明", "填写说明", "附注"];

/// Whether a row is a total, a signature or a note: told by its first text and by how little else it holds.
fn is_note(row: &impl Cells, first: usize) -> bool {
    let cell = row.own(first).trim();
    if !cell.starts_with([
        '合', '总', '小', '共', '制', '填', '审', '复', '负', '联', '注', '备', '说', '附',
    ]) {
        return false;
    }
    let cell: String = cell
        .chars()
        .filter(|letter| !letter.is_whitespace())
        .take(24)
        .collect();
    let after = |words: &[&str]| {
        let rest = words.iter().find_map(|word| cell.strip_prefix(word));
        rest.map(|rest| rest.chars().next())
    };
    let colon = |next: Option<char>| matches!(next, Some('：' | ':'));
    let few = || {
        (0..row.n())
            .filter(|&column| !row.own(column).trim().is_empty())
            .count()
            <= 2
    };
    let numbers = || {
        (first + 1..row.n()).all(|column| {
            let text = row.own(column).trim();
            text.chars()
                .all(|letter| "0123456789.,，%-/户家个元".contains(letter))
        })
    };
    if let Some(next) = after(&TOTALS) {
        let ends = next.is_none_or(|next| "：:（(0123456789".contains(next));
        return ends && (few() || numbers());
    }
    let signed = after(&SIGNED).is_some_and(|next| next.is_none() || colon(next));
    (signed || after(&NOTES).is_some_and(colon)) && few()
}

#[cfg(test)]
mod tests {
    use super::super::rows::Row;
    use super::{Body, Fault, is_note, marks_example, starts_example};

    fn row(cells: &[&str]) -> Row {
        Row {
            line: 1,
            cells: cells.iter().map(|cell| (*cell).to_owned()).collect(),
            fills: std::collections::BTreeMap::new(),
        }
    }

    #[test]
    fn examples_are_told_by_a_whole_cell_or_the_start_of_the_first() {
        for cell in [
            "案例（请删除）",
            "示例",
            " 【示例】 ",
            "样例(填写时请删除)",
            "示例行",
            "案例，请删除",
        ] {
            assert!(marks_example(cell), "{cell}");
        }
        for cell in [
            "案例分析有限公司",
            "比例",
            "示例街1号",
            "例外",
            "案例（上海）有限公司",
        ] {
            assert!(!marks_example(cell), "{cell}");
        }
        assert!(starts_example("例：馆陶县某某商店") && starts_example("示例（一）"));
        assert!(!starts_example("例外商店") && !starts_example("示例商店"));
    }

    #[test]
    fn totals_signatures_and_notes_are_no_records() {
        for cells in [
            &["合 计", "", "128"][..],
            &["合计", "1", "2", "3.5", "40%"],
            &["总计：128户"],
            &["制表人：张三", "2024-01-01"],
            &["", "注：以上数据截至年底"],
            &["备注: x"],
        ] {
            let row = row(cells);
            let first = cells.iter().position(|cell| !cell.is_empty()).unwrap();
            assert!(is_note(&row, first), "{cells:?}");
        }
        for cells in [
            &["合计达商贸", "91"][..],
            &["总计划咨询公司", "91"],
            &["小计", "91130433MA", "某街"],
            &["注册会计师事务所", "91"],
            &["备注", "91"],
        ] {
            assert!(!is_note(&row(cells), 0), "{cells:?}");
        }
    }

    #[test]
    fn trailing_empty_cells_are_no_raggedness() {
        let mut body = Body::new(2, [0, 1].into(), false);
        body.take(2, &row(&["a", "b", "", " "]), true);
        body.take(3, &row(&["", ""]), true);
        body.take(4, &row(&["a"]), true);
        body.take(5, &row(&["a", "b", "c"]), true);
        assert_eq!((body.rows, body.blank), (1, 1));
        let found: Vec<_> = body
            .unread
            .iter()
            .map(|row| (row.line, row.fault, row.value.as_str()))
            .collect();
        assert_eq!(
            found,
            [(4, Fault::FieldCount, "1"), (5, Fault::FieldCount, "3")]
        );
        assert_eq!(body.unread[1].cells().collect::<Vec<_>>(), ["a", "b", "c"]);
    }
}
