//! What a source header means: folded to one spelling, then compared with canonical names, 表头 and the synonyms seen in
//! files (`regulation.md` §3.6), and with the nearest of them where none fits.

use std::collections::HashMap;
use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;

use super::scalar::{Unit, tidy};
use super::tables::{Column, OUTCOME_TABLE, TABLES, Table};

/// Bracketed remarks of form templates that say nothing about the meaning of a header.
const REMARKS: &[&str] = &[
    "必填",
    "必填项",
    "选填",
    "选填项",
    "非必填",
    "可选",
    "可不填",
    "文本",
    "文本格式",
    "日期",
    "日期格式",
    "年月日",
    "年/月/日",
    "全称",
    "盖章",
    "主键",
    "多选",
    "单选",
    "下拉",
    "下拉选择",
    "是/否",
];
/// Headers that name a person; they are recognised but never mapped without being asked.
const PERSONS: &[&str] = &[
    "法定代表人",
    "法定代表人姓名",
    "负责人",
    "经营者",
    "经营者姓名",
    "法定代表人(负责人)",
];
/// From this likeness on, 0 to 1, a header is worth naming as a guess.
const LIKENESS_MIN: f64 = 0.5;

/// How well a header fits a column: smaller is more specific.
pub(super) type Rank = (usize, usize);

/// The column of `table` that `header` is known to mean, and how specifically it says so: the whole header before one without
/// its unit or remark, before its lower part (`上/下` of merged cells); in each the canonical name, then 表头, then synonyms.
pub(super) fn find(table: &'static Table, header: &str) -> Option<(&'static Column, Rank)> {
    let known = KNOWN.get(table.name)?;
    let forms = forms(header);
    forms.iter().enumerate().find_map(|(form, wanted)| {
        let (column, place) = known.get(wanted)?;
        Some((*column, (form, *place)))
    })
}

/// Per table and folded spelling: the column, and the spelling's place: 0 its name, 1 its 表头, then its synonyms.
type Known = HashMap<String, (&'static Column, usize)>;
static KNOWN: LazyLock<HashMap<&'static str, Known>> = LazyLock::new(|| {
    let tables = TABLES.iter().chain([&OUTCOME_TABLE]);
    tables.map(|table| (table.name, known(table))).collect()
});

fn known(table: &'static Table) -> Known {
    let mut known = Known::new();
    for column in table.columns {
        for (place, spelling) in spellings(column).enumerate() {
            let entry = known.entry(folded(spelling)).or_insert((column, place));
            if place < entry.1 {
                *entry = (column, place);
            }
        }
    }
    known
}

fn spellings(column: &'static Column) -> impl Iterator<Item = &'static str> {
    [column.name, column.header]
        .into_iter()
        .chain(column.seen.iter().copied())
}

/// Whether the header, or its lower part, holds names of persons, which are not to be taken for a key unasked.
pub(super) fn is_person(header: &str) -> bool {
    let forms = forms(header);
    PERSONS.iter().any(|person| forms.contains(&folded(person)))
}

/// Words in headers of numbers of persons.
const PERSONAL: [&str; 4] = ["身份证", "手机", "电话", "联系方式"];

/// Whether the header holds numbers of persons, which are not kept unasked.
pub(super) fn is_personal(header: &str) -> bool {
    PERSONAL.iter().any(|word| header.contains(word))
}

/// The spellings a header is looked up by, the fullest first.
fn forms(header: &str) -> Vec<String> {
    let whole = folded(header);
    let mut forms = vec![whole.clone(), without_remarks(&whole)];
    if let Some((_, lower)) = whole.rsplit_once('/') {
        forms.extend([lower.to_owned(), without_remarks(lower)]);
    }
    forms
}

/// NFKC, small letters, no blanks, no marks of obligation, round brackets only, no number before.
pub(super) fn folded(header: &str) -> String {
    let folded: String = tidy(header)
        .nfkc()
        .filter(|letter| !letter.is_whitespace() && !matches!(letter, '*' | '※' | '★' | '"' | '\''))
        .map(|letter| match letter {
            '【' | '[' | '〔' | '{' => '(',
            '】' | ']' | '〕' | '}' => ')',
            other => other,
        })
        .flat_map(char::to_lowercase)
        .collect();
    let folded = folded.trim_end_matches([':', '.', '。']);
    let number = folded.bytes().take_while(u8::is_ascii_digit).count();
    match folded[number..].strip_prefix(['.', '、']) {
        Some(rest) if (1..=2).contains(&number) && !rest.is_empty() => rest.to_owned(),
        _ => folded.to_owned(),
    }
}

/// A folded header without bracketed units and remarks, and without a unit at its end.
fn without_remarks(folded: &str) -> String {
    let mut rest = folded;
    while let Some((before, inside)) = last_bracket(rest) {
        if !is_remark(inside) {
            break;
        }
        rest = before;
    }
    ["万元", "亿元"]
        .iter()
        .find_map(|unit| rest.strip_suffix(unit))
        .unwrap_or(rest)
        .trim_end_matches(['_', '-'])
        .to_owned()
}

fn last_bracket(text: &str) -> Option<(&str, &str)> {
    text.strip_suffix(')')?.rsplit_once('(')
}

/// A unit of money, a known remark, or plain ASCII such as a field's name or a pattern of days.
fn is_remark(inside: &str) -> bool {
    Unit::named(inside).is_some()
        || REMARKS.contains(&inside)
        || inside.is_ascii()
        || inside.starts_with("格式")
        || inside.starts_with("如")
}

/// The unit of money a header states: `注册资本（万元）`, `罚款金额(单位：元)`, `注册资本万元`.
pub(super) fn unit(header: &str) -> Option<Unit> {
    let folded = folded(header);
    let bracketed = last_bracket(&folded).and_then(|(_, inside)| Unit::named(inside));
    let at_end = || {
        ["万元", "亿元"]
            .iter()
            .find(|unit| folded.ends_with(*unit))
            .and_then(|unit| Unit::named(unit))
    };
    bracketed.or_else(at_end)
}

/// The column of `table` whose name, 表头 or synonym is most like `header`, the spelling that is, and the likeness; none where
/// nothing is like it. Columns for which `is_free` is false are left out.
pub(super) fn nearest_column(
    table: &'static Table,
    header: &str,
    is_free: impl Fn(&str) -> bool,
) -> Option<(&'static Column, &'static str)> {
    let wanted = forms(header)
        .into_iter()
        .rev()
        .find(|form| !form.is_empty())?;
    let columns = table.columns.iter().filter(|column| is_free(column.name));
    let all = columns.flat_map(|column| spellings(column).map(move |spelling| (column, spelling)));
    let scored =
        all.map(|(column, spelling)| (likeness(&wanted, &folded(spelling)), column, spelling));
    let best = scored.reduce(|best, next| if next.0 > best.0 { next } else { best });
    best.filter(|best| best.0 >= LIKENESS_MIN)
        .map(|(_, column, spelling)| (column, spelling))
}

/// 1 for equal texts; the share of letters that stay, or of letters in common where one text holds the other.
fn likeness(left: &str, right: &str) -> f64 {
    let edits = strsim::normalized_damerau_levenshtein(left, right);
    let (short, long) = if left.len() < right.len() {
        (left, right)
    } else {
        (right, left)
    };
    if short.chars().count() < 2 || !long.contains(short) {
        return edits;
    }
    #[allow(clippy::cast_precision_loss, reason = "headers are short")]
    let share = short.len() as f64 / long.len() as f64;
    edits.max(0.5 + share / 2.0)
}

/// Headers as a message shows them, with the nearest one named.
pub(super) fn listed(headers: &[String], nearest: Option<String>) -> String {
    let hint = nearest.map_or_else(String::new, |nearest| {
        format!("; the nearest is \"{nearest}\"")
    });
    headers.join(", ") + &hint
}

/// The header with the least edit distance, if less than half of it must change.
pub(super) fn nearest(wanted: &str, headers: &[String]) -> Option<String> {
    let length = wanted.chars().count();
    let distance =
        |header: &String| strsim::levenshtein(&wanted.to_lowercase(), &header.to_lowercase());
    let scored = headers.iter().map(|header| (distance(header), header));
    scored
        .min()
        .filter(|(distance, _)| 2 * distance <= length)
        .map(|(_, header)| header.clone())
}

#[cfg(test)]
mod tests {
    use super::{find, is_person, nearest, nearest_column, unit};
    use crate::ingest::scalar::Unit;
    use crate::ingest::tables::table;

    fn column(name: &str, header: &str) -> Option<&'static str> {
        find(table(name)?, header).map(|found| found.0.name)
    }

    #[test]
    fn headers_are_known_in_every_dress() {
        for header in [
            "企业名称",
            "企业名称*",
            "*企业名称",
            " 企业 名称 ",
            "企业\n名称",
            "企业名称（必填）",
            "企业名称(全称)",
            "2、企业名称",
            "企业（机构）名称",
            "企业(机构)名称",
            "基本信息/企业名称",
            "RegOrgName",
            "企业名称：",
            "企业名称【必填】",
            "企业名称（ENTNAME）",
            "name",
            "NAME",
        ] {
            assert_eq!(column("objects", header), Some("name"), "{header}");
        }
        for header in [
            "注册资本（万元）",
            "注册资本(单位:万元)",
            "注册资本万元",
            "注册资金（元）",
            "注册资本(分)",
        ] {
            assert_eq!(
                column("objects", header),
                Some("registered_capital"),
                "{header}"
            );
        }
        for header in ["注册资本（万美元）", "序号", "备注", "企业名称（曾用）"]
        {
            assert_eq!(column("objects", header), None, "{header}");
        }
    }

    #[test]
    fn a_whole_header_is_more_specific_than_its_lower_part() {
        let objects = table("objects").unwrap();
        let rank = |header| find(objects, header).unwrap().1;
        assert!(rank("企业名称") < rank("单位名称"));
        assert!(rank("单位名称") < rank("单位名称（必填）"));
        assert!(rank("单位名称（必填）") < rank("主体/企业名称"));
        assert_eq!(
            column("objects", "统一社会信用代码/注册号"),
            Some("object_id")
        );
    }

    #[test]
    fn names_of_persons_are_known_in_every_dress_and_below_a_group() {
        for header in [
            "法定代表人",
            "法定代表人（必填）",
            "单位基本情况/法定代表人",
            "单位基本情况/负责人*",
            "法定代表人（负责人）",
        ] {
            assert!(is_person(header), "{header}");
        }
        assert!(!is_person("法定代表人散列值") && !is_person("基本情况/企业名称"));
    }

    #[test]
    fn the_unit_of_a_header_is_read() {
        assert_eq!(unit("注册资本（万元）"), Some(Unit::TenThousand));
        assert_eq!(unit("罚款金额(单位：元)"), Some(Unit::Yuan));
        assert_eq!(unit("注册资本万元"), Some(Unit::TenThousand));
        assert_eq!(unit("注册资本（万美元）"), None);
        assert_eq!(unit("检查单元"), None);
    }

    #[test]
    fn the_nearest_column_is_named_and_nothing_where_none_is_like_it() {
        let objects = table("objects").unwrap();
        let near = |header| nearest_column(objects, header, |_| true).map(|found| found.0.name);
        assert_eq!(near("企业全名称"), Some("name"));
        assert_eq!(near("经营范围及方式"), Some("business_scope"));
        assert_eq!(near("登记状况"), Some("status"));
        assert_eq!(near("序号"), None);
        assert_eq!(
            nearest_column(objects, "企业全名称", |name| name != "name").map(|found| found.0.name),
            None
        );
    }

    #[test]
    fn only_a_like_header_is_called_nearest() {
        let headers = ["企业名称".to_owned(), "成立日期".to_owned()];
        assert_eq!(nearest("成立日", &headers).as_deref(), Some("成立日期"));
        assert_eq!(nearest("地址", &headers), None);
    }
}
