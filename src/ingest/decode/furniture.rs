//! Rows that every list has and that are no records, told by their words: examples of the template, totals, signatures, notes.

use super::body::Cells;
use crate::ingest::scalar::{closed_up, tidy};
use crate::units::identifier::{Identifier, Uscc, classify};

/// Column of the cell that marks a row as an example; `first` is the first that holds something.
pub(super) fn example(row: &impl Cells, first: usize) -> Option<usize> {
    let marked = (first..row.n()).find(|&column| marks_example(row.own(column)));
    let starts = || starts_example(row.own(first), || names_business(row)).then_some(first);
    marked.or_else(starts)
}

/// Whether a cell of the row is a sound 统一社会信用代码 or 注册号, so that the row is a business whatever its name begins with.
fn names_business(row: &impl Cells) -> bool {
    let is_sound = |column: usize| {
        let text = tidy(row.own(column));
        let code = closed_up(&text).map(|code| code.to_ascii_uppercase());
        matches!(
            code.as_deref().map(classify),
            Some(
                Identifier::Uscc(Uscc::Valid | Uscc::LegacyM000)
                    | Identifier::Reg15 { check_ok: true }
            )
        )
    };
    (0..row.n()).any(is_sound)
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

/// Whether the first cell begins as `例：…` or `示例】…` do, which no name does; or as `示例（一）` does, which a name may, so
/// that nothing else of the row must be a business.
fn starts_example(cell: &str, is_business: impl FnOnce() -> bool) -> bool {
    let cell = cell
        .trim_start_matches(|letter: char| letter.is_whitespace() || "【[（(*".contains(letter));
    let after = |word: &&str| {
        cell.strip_prefix(*word)
            .and_then(|rest| rest.chars().next())
    };
    let mut next = EXAMPLES
        .iter()
        .filter_map(|word| Some((word, after(word)?)));
    if next.clone().any(|(_, next)| "：:】）)]".contains(next)) {
        return true;
    }
    next.any(|(word, next)| *word != "例" && "（(".contains(next)) && !is_business()
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

/// Whether a row is a total, a signature or a note: told by its first text and by how little else it holds. A business is
/// none, whatever it is called.
pub(super) fn is_note(row: &impl Cells, first: usize) -> bool {
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
        return ends && (few() || numbers()) && !names_business(row);
    }
    let signed = after(&SIGNED).is_some_and(|next| next.is_none() || colon(next));
    (signed || after(&NOTES).is_some_and(colon)) && few() && !names_business(row)
}

#[cfg(test)]
mod tests {
    use super::super::rows::Row;
    use super::{example, is_note, marks_example, starts_example};

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
        let starts = |cell| starts_example(cell, || false);
        assert!(starts("例：馆陶县某某商店") && starts("示例（一）") && starts("【示例】甲"));
        assert!(!starts("例外商店") && !starts("示例商店"));
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
            let row = Row::of(cells);
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
            assert!(!is_note(&Row::of(cells), 0), "{cells:?}");
        }
    }

    #[test]
    fn a_row_with_a_sound_code_is_a_business_whatever_it_is_called() {
        for (name, code) in [
            ("案例（上海）有限公司", "91110000802100433B"),
            ("合计（馆陶）商店", "330000000036006"),
            ("小计", "9111 0000 8021 0043 3b"),
        ] {
            let row = Row::of(&[name, code]);
            assert_eq!(
                (example(&row, 0), is_note(&row, 0)),
                (None, false),
                "{name}"
            );
        }
        let marked = Row::of(&["91110000802100433B", "案例（请删除）"]);
        assert_eq!(example(&marked, 0), Some(1));
        let unsound = Row::of(&["案例（一）", "91110000802100433C"]);
        assert_eq!(example(&unsound, 0), Some(0));
    }
}
