//! One text to one value: the spellings of days, numbers and flags that registers use (`regulation.md` §3.7).

mod money;
mod tidy;

use chrono::NaiveDate;
use unicode_normalization::UnicodeNormalization;

use super::tables::ColumnType;
use crate::units::Day;
use crate::units::identifier::is_notation;

pub use money::Unit;
pub(super) use money::money;
pub(super) use tidy::{has_control, may_change, tidy};

/// Spreadsheet serials that are read as days: 1927-05-18 to 2099-12-31.
const SERIALS: std::ops::RangeInclusive<u32> = 10_000..=73_050;
/// 1970-01-01 as a spreadsheet serial.
const SERIAL_OF_1970: i32 = 25_569;
/// Words that stand for an end that never comes.
const OPEN_ENDED: &[&str] = &[
    "长期",
    "长期有效",
    "长期经营",
    "永久",
    "永久有效",
    "永续经营",
    "无期限",
    "无固定期限",
    "无限期",
];
/// 9999-01-01: no day on or after it is meant as one.
pub(super) const NEVER: i32 = 2_932_532;
/// Cells of a code column that hold no code.
const NO_CODE: &[&str] = &[
    "#N/A",
    "#REF!",
    "#VALUE!",
    "#NAME?",
    "#DIV/0!",
    "#NULL!",
    "null",
    "***",
    "0",
    "无",
    "暂无",
    "无码",
    "空",
    "待补",
    "待补充",
    "待录",
    "待办",
    "待核实",
    "未知",
    "不详",
    "无证",
    "无照",
    "未办理",
    "办理中",
    "/",
    "\\",
    "-",
    "--",
    "—",
    "——",
    "－",
    "N/A",
    "n/a",
];

/// A code of 15 or 18 letters and digits without what spreadsheet programs and people put around it: `="…"`, `'`, blanks
/// between groups.
pub(super) fn closed_up(text: &str) -> Option<String> {
    let text = text
        .trim_start_matches(['=', '\'', '"'])
        .trim_end_matches('"');
    let code: String = text.split(' ').collect();
    let is_code = matches!(code.len(), 15 | 18)
        && code.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && code.bytes().filter(u8::is_ascii_digit).count() >= 8;
    is_code.then_some(code)
}

/// What people write before a code.
const CODE_WORDS: [&str; 10] = [
    "统一社会信用代码/注册号",
    "统一社会信用代码",
    "社会信用代码",
    "统一信用代码",
    "信用代码",
    "统一代码",
    "营业执照注册号",
    "工商注册号",
    "注册号",
    "代码",
];

/// A code without its own name before it (`统一社会信用代码：9144…`) and the places behind it (`….0`), if it has one of them. A
/// code in scientific notation stays what it is.
///
/// The text is tidied.
pub(super) fn cut_code(text: &str) -> Option<String> {
    let named = CODE_WORDS.iter().find_map(|word| text.strip_prefix(word));
    let code = named.map_or(text, |rest| rest.trim_start_matches([':', '：', ' ']));
    let code = match code.split_once('.') {
        Some((digits, zeros)) if is_all(zeros, |byte| byte == b'0') => {
            Some(digits).filter(|digits| is_all(digits, |byte| byte.is_ascii_digit()))
        }
        _ => None,
    }
    .unwrap_or(code);
    if code.len() == text.len() {
        None
    } else if is_notation(code) {
        Some(code.to_owned())
    } else {
        closed_up(code)
    }
}

fn is_all(text: &str, is: impl Fn(u8) -> bool) -> bool {
    !text.is_empty() && text.bytes().all(is)
}

/// Errors that a spreadsheet program writes where a formula has no value.
const ERRORS: [&str; 11] = [
    "#N/A",
    "#REF!",
    "#VALUE!",
    "#DIV/0!",
    "#NAME?",
    "#NULL!",
    "#NUM!",
    "#SPILL!",
    "#CALC!",
    "#GETTING_DATA",
    "#DATA!",
];

/// The error of a spreadsheet program that a cell holds, which is no value.
pub(super) fn error_cell(text: &str) -> Option<&'static str> {
    if !text.trim_start().starts_with('#') {
        return None;
    }
    let text = text.trim();
    ERRORS.into_iter().find(|error| *error == text)
}

/// Days since 1970-01-01 of `2017-03-07`, `2017/3/7`, `2017.3.7`, `20170307`, `2017年3月7日` or the spreadsheet serial `42801`;
/// a time of day after it is dropped.
pub(super) fn day(text: &str) -> Option<i32> {
    if text.is_ascii() {
        return ascii_day(text);
    }
    let folded: String = text.nfkc().collect();
    if folded.contains('年') {
        chinese_day(&folded)
    } else {
        ascii_day(&folded)
    }
}

fn chinese_day(text: &str) -> Option<i32> {
    let (date, time) = text.split_once('日')?;
    let date: String = date
        .chars()
        .filter(|letter| !letter.is_whitespace())
        .collect();
    let (year, rest) = date.split_once('年')?;
    let (month, dom) = rest.split_once('月')?;
    let time = time.trim();
    if time.is_empty() || is_time(time) {
        calendar(digits(year, 4)?, unsigned(month)?, unsigned(dom)?)
    } else {
        None
    }
}

fn ascii_day(text: &str) -> Option<i32> {
    let date = match text.split_once([' ', 'T']) {
        Some((date, time)) if is_time(time.trim_start()) => date,
        Some(_) => return None,
        None => text,
    };
    if let Some(days) = serial(date) {
        return Some(days);
    }
    let (year, month, dom) = parts(date)?;
    calendar(year, month, dom)
}

fn calendar(year: i32, month: u32, dom: u32) -> Option<i32> {
    NaiveDate::from_ymd_opt(year, month, dom).map(|date| Day::from(date).days())
}

fn is_time(text: &str) -> bool {
    text.starts_with(|letter: char| letter.is_ascii_digit())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || matches!(byte, b':' | b'.' | b'Z'))
}

/// A day as a spreadsheet counts it: five digits, and a fraction where it has a time of day.
fn serial(text: &str) -> Option<i32> {
    let (whole, time) = text.split_once('.').unwrap_or((text, "0"));
    let is_serial = is_digits(whole) && whole.len() == 5 && is_digits(time);
    let serial = is_serial.then(|| whole.parse::<u32>().ok())??;
    let days = i32::try_from(serial).ok()? - SERIAL_OF_1970;
    SERIALS.contains(&serial).then_some(days)
}

fn parts(date: &str) -> Option<(i32, u32, u32)> {
    if is_digits(date) && (date.len() == 8 || date.len() == 14) {
        let is_clock = date[8..].is_empty() || date[8..] < *"240000";
        let parts = (
            digits(&date[..4], 4)?,
            unsigned(&date[4..6])?,
            unsigned(&date[6..8])?,
        );
        return is_clock.then_some(parts);
    }
    let (year, rest) = date.split_once(['-', '/', '.'])?;
    let (month, dom) = rest.split_once(['-', '/', '.'])?;
    Some((digits(year, 4)?, unsigned(month)?, unsigned(dom)?))
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn digits(text: &str, n: usize) -> Option<i32> {
    (text.len() == n && is_digits(text)).then(|| text.parse().ok())?
}

fn unsigned(text: &str) -> Option<u32> {
    (text.len() <= 2 && is_digits(text)).then(|| text.parse().ok())?
}

/// Whether a text in a column of ends says that there is none: 长期, `9999-09-09` and the like.
pub(super) fn is_open_ended(text: &str) -> bool {
    OPEN_ENDED.contains(&text)
        || (text.contains("9999") && day(text).is_some_and(|day| day >= NEVER))
}

/// Whether a text in a column of codes says that there is no code: 无, `/`, `—`.
pub(super) fn is_no_code(text: &str) -> bool {
    NO_CODE.contains(&text)
}

/// Whether a text is a code that a spreadsheet turned into a number in scientific notation: `9.14E+17`.
pub(super) fn is_scientific(text: &str) -> bool {
    let Some((mantissa, exponent)) = text.split_once(['e', 'E']) else {
        return false;
    };
    let is_number = |text: &str| {
        !text.is_empty()
            && text
                .bytes()
                .all(|byte| byte.is_ascii_digit() || byte == b'.')
    };
    is_number(mantissa) && exponent.strip_prefix('+').is_some_and(is_digits)
}

/// `true`, `1`, `是`, `有`, `有效`, `在岗`, `在职`, `√` and `false`, `0`, `否`, `无`, `失效`, `离岗`, `离职`, `×`.
pub(super) fn flag(text: &str) -> Option<bool> {
    match text {
        "1" | "１" | "是" | "有" | "有效" | "在岗" | "在职" | "√" | "✓" | "✔" => {
            Some(true)
        }
        "0" | "０" | "否" | "无" | "无效" | "失效" | "离岗" | "离职" | "×" | "✗" | "✘" => {
            Some(false)
        }
        _ if text.eq_ignore_ascii_case("true") => Some(true),
        _ if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

/// Whether a cell of a column that stands for one value of several marks it: a flag, a count (`3`, `×3`), or blank for no.
pub(super) fn mark(text: &str) -> Option<bool> {
    let count = text.trim_start_matches(['×', 'x', 'X', '*']);
    if is_digits(count) {
        return Some(count.bytes().any(|digit| digit != b'0'));
    }
    match text {
        "■" | "●" | "☑" | "▲" => Some(true),
        "" | "-" | "—" | "/" | "□" | "○" | "☐" => Some(false),
        _ => flag(text),
    }
}

/// A finite number; `1,200`, `5%` and `2‰` are numbers too.
pub(super) fn number(text: &str) -> Option<f64> {
    if let Some(value) = finite(text) {
        return Some(value);
    }
    let folded: String = text
        .nfkc()
        .filter(|letter| !letter.is_whitespace())
        .collect();
    let (digits, divisor) = match (folded.strip_suffix('%'), folded.strip_suffix('‰')) {
        (Some(digits), _) => (digits, 100.0),
        (_, Some(digits)) => (digits, 1000.0),
        _ => (folded.as_str(), 1.0),
    };
    Some(finite(&money::without_commas(digits)?)? / divisor)
}

fn finite(text: &str) -> Option<f64> {
    text.parse().ok().filter(|value: &f64| value.is_finite())
}

/// A whole number; `12.0` and `1,200` are ones.
pub(super) fn whole(text: &str) -> Option<i64> {
    text.parse().ok().or_else(|| {
        let folded: String = text.nfkc().collect();
        let bare = money::without_commas(folded.trim())?;
        bare.parse()
            .ok()
            .or_else(|| finite(&bare).and_then(whole_of))
    })
}

/// The whole number a float holds exactly.
#[allow(
    clippy::cast_possible_truncation,
    reason = "checked to be whole and within ±2^53"
)]
pub(super) fn whole_of(value: f64) -> Option<i64> {
    (value.trunc().total_cmp(&value).is_eq() && value.abs() <= 9_007_199_254_740_992.0)
        .then_some(value as i64)
}

/// Whether a text that stands in a job file reads as `kind`.
pub(super) fn reads_as(text: &str, kind: ColumnType) -> bool {
    match kind {
        ColumnType::Text | ColumnType::List => true,
        ColumnType::Whole => whole(text).is_some(),
        ColumnType::Number => number(text).is_some(),
        ColumnType::Flag => flag(text).is_some(),
        ColumnType::Date => day(text).is_some(),
    }
}

#[cfg(test)]
mod tests {
    use super::{day, flag, is_open_ended, is_scientific, mark, number, whole, whole_of};

    #[test]
    fn every_spelling_of_one_day_is_one_day() {
        for text in [
            "2017-03-07",
            "2017/3/7",
            "2017.3.7",
            "2017.03.07",
            "20170307",
            "20170307081500",
            "2017年3月7日",
            "2017 年 3 月 7 日",
            "2017年03月07日 08:15",
            "2017-03-07 08:15:00",
            "2017-03-07T08:15:00Z",
            "２０１７-03-07",
            "２０１７年３月７日",
            "２０１７／３／７",
            "42801",
            "42801.34375",
            "４２８０１",
        ] {
            assert_eq!(day(text), Some(17_232), "{text}");
        }
        assert_eq!((day("10000"), day("73050")), (Some(-15_569), Some(47_481)));
        assert_eq!(day("9999-12-31"), Some(super::NEVER + 364));
    }

    #[test]
    fn what_is_no_day_is_not_guessed() {
        for text in [
            "2017-13-01",
            "2017-02-30",
            "17-3-7",
            "2017-03",
            "2017年3月",
            "2017-03-07 noon",
            "2017年3月7",
            "2017年3月7日止",
            "20170307256060",
            "9999",
            "73051",
            "42801.x",
            "长期有效",
            "",
        ] {
            assert_eq!(day(text), None, "{text}");
        }
    }

    #[test]
    fn ends_that_never_come_have_words_and_days() {
        for text in [
            "长期",
            "长期有效",
            "永久",
            "无固定期限",
            "9999-09-09",
            "9999-12-31",
            "99991231",
            "9999年9月9日",
        ] {
            assert!(is_open_ended(text), "{text}");
        }
        for text in ["2099-12-31", "9999", "期限不详"] {
            assert!(!is_open_ended(text), "{text}");
        }
    }

    #[test]
    fn flags_and_marks_have_few_spellings() {
        for text in ["是", "1", "TRUE", "有效", "在岗", "有", "√"] {
            assert_eq!((flag(text), mark(text)), (Some(true), Some(true)), "{text}");
        }
        for text in ["否", "0", "FALSE", "失效", "离岗", "无", "×"] {
            assert_eq!(
                (flag(text), mark(text)),
                (Some(false), Some(false)),
                "{text}"
            );
        }
        assert_eq!((flag("yes"), flag("2"), mark("见附件")), (None, None, None));
        assert_eq!(
            (mark("×3"), mark("12"), mark("00"), mark("")),
            (Some(true), Some(true), Some(false), Some(false))
        );
    }

    #[test]
    fn numbers_may_have_thousands_commas_and_percent_signs() {
        assert_eq!(
            (
                whole("12.0"),
                whole("12.5"),
                whole("1,200"),
                whole("１，２００")
            ),
            (Some(12), None, Some(1200), Some(1200))
        );
        assert_eq!((whole("1,20"), whole("1 200")), (None, None));
        assert_eq!(
            (
                number("5%"),
                number("５％"),
                number("2‰"),
                number("1,200.5")
            ),
            (Some(0.05), Some(0.05), Some(0.002), Some(1200.5))
        );
        assert_eq!(
            (number("NaN"), number("inf"), number("%")),
            (None, None, None)
        );
        assert_eq!((whole_of(-0.0), whole_of(1e17)), (Some(0), None));
    }

    #[test]
    fn codes_in_scientific_notation_are_told() {
        assert!(is_scientific("9.14E+17") && is_scientific("1.3e+14"));
        assert!(
            !is_scientific("91E00000000000000X")
                && !is_scientific("130433000000007")
                && !is_scientific("1E5")
        );
    }
}
