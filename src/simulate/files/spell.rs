//! The many spellings of one value: days, amounts, flags, words of a platform, and what input methods leave in a cell.

use std::collections::BTreeMap;

use super::grid::Cell;
use crate::simulate::words::full_width;
use crate::units::Day;

/// Days from 1899-12-30, the spreadsheet's zero, to 1970-01-01.
const EPOCH: i32 = 25_569;
/// One of these joins the parts of a list.
const SEPARATORS: [&str; 6] = ["；", ";", "，", "、", ",", "|"];
/// An end that is none.
const OPEN: [&str; 4] = ["9999-09-09", "长期", "9999-12-31", "长期有效"];

/// How often each spelling was used.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally(pub(super) BTreeMap<&'static str, u64>);

impl Tally {
    pub(super) fn add(&mut self, what: &'static str) {
        *self.0.entry(what).or_default() += 1;
    }
}

/// A way to write a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DayForm {
    Iso,
    Slashes,
    Digits,
    Han,
    Dots,
    Midnight,
    FullWidth,
    FullWidthHan,
    /// The number a spreadsheet keeps, without its date format.
    Serial,
    /// As [`DayForm::Serial`], at three in the afternoon.
    SerialTime,
    /// A date cell; slashes in a text file.
    DateCell,
}

use DayForm::{
    DateCell, Digits, Dots, FullWidth, FullWidthHan, Han, Iso, Midnight, Serial, SerialTime,
    Slashes,
};

/// Forms of text files.
pub(super) const IN_TEXT: &[DayForm] =
    &[Slashes, Iso, Digits, Han, Dots, Midnight, FullWidth, Serial];
/// Forms of sheets.
pub(super) const IN_SHEET: &[DayForm] = &[
    DateCell,
    Iso,
    Serial,
    Han,
    DateCell,
    FullWidthHan,
    Slashes,
    Digits,
];
/// Forms of days that were clock times.
pub(super) const OF_TIMES: &[DayForm] = &[Midnight, SerialTime, Iso];

/// `day` in one of `forms`, each in its turn.
pub(super) fn day(days: i32, forms: &[DayForm], turn: usize, tally: &mut Tally) -> Cell {
    let form = forms[turn % forms.len()];
    tally.add(match form {
        Iso => "day 2017-03-07",
        Slashes => "day 2017/3/7",
        Digits => "day 20170307",
        Han => "day 2017年3月7日",
        Dots => "day 2017.3.7",
        Midnight => "day 2017-03-07 00:00:00",
        FullWidth => "day ２０１７－０３－０７",
        FullWidthHan => "day ２０１７年３月７日",
        Serial => "day 42801",
        SerialTime => "day 42801.625",
        DateCell => "day in a date cell",
    });
    let (year, month, dom) = parts(days);
    match form {
        Iso => Cell::Text(iso(days)),
        Slashes => Cell::Text(slashed(days)),
        Digits => Cell::Text(iso(days).replace('-', "")),
        Han => Cell::Text(format!("{year}年{month}月{dom}日")),
        Dots => Cell::Text(format!("{year}.{month}.{dom}")),
        Midnight => Cell::Text(format!("{} 00:00:00", iso(days))),
        FullWidth => Cell::Text(full_width(&iso(days))),
        FullWidthHan => Cell::Text(full_width(&format!("{year}年{month}月{dom}日"))),
        Serial => Cell::Number(f64::from(serial(days))),
        SerialTime => Cell::Number(f64::from(serial(days)) + 0.625),
        DateCell => Cell::Day(days),
    }
}

/// `YYYY-MM-DD`.
pub(super) fn iso(days: i32) -> String {
    Day::from_days(days).to_string()
}

/// `YYYY/M/D`.
pub(super) fn slashed(days: i32) -> String {
    let (year, month, dom) = parts(days);
    format!("{year}/{month}/{dom}")
}

fn parts(days: i32) -> (i32, u32, u32) {
    let text = iso(days);
    let part = |from: usize, to: usize| text[from..to].parse().expect("a day is digits");
    (Day::from_days(days).year(), part(5, 7), part(8, 10))
}

/// The number a spreadsheet keeps for a day.
pub(super) fn serial(days: i32) -> i32 {
    days + EPOCH
}

/// An end that has not come: an empty cell or one of its words.
pub(super) fn open_end(turn: usize, tally: &mut Tally) -> Cell {
    let word = match turn % 5 {
        4 => return Cell::Empty,
        turn => OPEN[turn],
    };
    tally.add("open end");
    Cell::text(word)
}

/// The parts of a list, joined.
pub(super) fn list<S: AsRef<str>>(parts: &[S], turn: usize, tally: &mut Tally) -> Cell {
    let parts: Vec<&str> = parts.iter().map(AsRef::as_ref).collect();
    if parts.len() > 1 {
        tally.add("list separator");
    }
    match parts.len() {
        0 => Cell::Empty,
        _ => Cell::Text(parts.join(SEPARATORS[turn % SEPARATORS.len()])),
    }
}

/// A yes or no.
pub(super) fn flag(value: bool, turn: usize) -> Cell {
    let words = [("是", "否"), ("1", "0"), ("有", "无"), ("true", "false")];
    let (yes, no) = words[turn % words.len()];
    Cell::text(if value { yes } else { no })
}

/// Money in 分 as 万元, the number a header with that unit stands over.
pub(super) fn ten_thousands(cents: i64) -> Cell {
    Cell::Number(exact(cents, 1_000_000).parse().expect("digits"))
}

/// Money in 分 as text with its unit.
pub(super) fn money(cents: i64, turn: usize, tally: &mut Tally) -> Cell {
    let (what, text) = match turn % 6 {
        0 => ("money 120万元", format!("{}万元", exact(cents, 1_000_000))),
        1 => (
            "money 1,200,000元",
            format!("{}元", grouped(&exact(cents, 100), ',')),
        ),
        2 => (
            "money １２０万元",
            full_width(&format!("{}万元", exact(cents, 1_000_000))),
        ),
        3 => (
            "money 1，200，000元",
            format!("{}元", grouped(&exact(cents, 100), '，')),
        ),
        4 => (
            "money 0.012亿元",
            format!("{}亿元", exact(cents, 10_000_000_000)),
        ),
        _ => ("money 120.00万", format!("{}万", exact(cents, 1_000_000))),
    };
    tally.add(what);
    Cell::Text(text)
}

/// `cents` over a power of ten, as a decimal without rounding.
pub(super) fn exact(cents: i64, unit: i64) -> String {
    let places = unit.ilog10() as usize;
    let (sign, cents, unit) = (
        if cents < 0 { "-" } else { "" },
        cents.unsigned_abs(),
        unit.unsigned_abs(),
    );
    let text = format!("{sign}{}.{:0places$}", cents / unit, cents % unit);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn grouped(digits: &str, comma: char) -> String {
    let (sign, digits) = digits
        .strip_prefix('-')
        .map_or(("", digits), |rest| ("-", rest));
    let (whole, rest) = digits.split_at(digits.find('.').unwrap_or(digits.len()));
    let mut out = sign.to_owned();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            out.push(comma);
        }
        out.push(digit);
    }
    out + rest
}

/// ASCII of a text cell in full width.
pub(super) fn widened(cell: Cell) -> Cell {
    match cell {
        Cell::Text(text) => Cell::Text(full_width(&text)),
        Cell::Number(number) => Cell::Text(full_width(&number.to_string())),
        Cell::Day(days) => Cell::Text(full_width(&iso(days))),
        Cell::Empty => Cell::Empty,
    }
}

/// `text` with something a person does not see after its first letter and before it.
pub(super) fn strewn(text: &str, inside: char, before: char) -> String {
    let mut letters = text.chars();
    let first: String = letters.next().into_iter().collect();
    format!("{before}{first}{inside}{}", letters.as_str())
}

/// What a spreadsheet shows for a long number in a narrow column, and writes into a text file.
pub(super) fn scientific(digits: &str) -> String {
    let value: f64 = digits.parse().unwrap_or(0.0);
    let text = format!("{value:.5e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    format!("{mantissa}E+{exponent:0>2}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_day_has_these_spellings() {
        let days = "2017-03-07".parse::<Day>().unwrap().days();
        let mut tally = Tally::default();
        let all = [
            Iso,
            Slashes,
            Digits,
            Han,
            Dots,
            Midnight,
            FullWidth,
            FullWidthHan,
            Serial,
            SerialTime,
        ];
        let shown: Vec<String> = (0..all.len())
            .map(|turn| day(days, &all, turn, &mut tally).shown())
            .collect();
        let names: Vec<String> = shown.iter().map(|text| format!("day {text}")).collect();
        assert!(
            names.iter().all(|name| tally.0.contains_key(name.as_str())),
            "{shown:?}"
        );
    }

    #[test]
    fn money_is_exact_in_every_unit() {
        let mut tally = Tally::default();
        let shown: Vec<String> = (0..6)
            .map(|turn| money(120_000_000, turn, &mut tally).shown())
            .collect();
        assert_eq!(
            shown,
            [
                "120万元",
                "1,200,000元",
                "１２０万元",
                "1，200，000元",
                "0.012亿元",
                "120万"
            ]
        );
        assert_eq!(
            (exact(512_300, 1_000_000), exact(-1_000_000, 1_000_000)),
            ("0.5123".to_owned(), "-1".to_owned())
        );
    }

    #[test]
    fn a_long_number_is_shown_as_a_spreadsheet_shows_it() {
        assert_eq!(scientific("130433601234567"), "1.30434E+14");
        assert_eq!(scientific("914403001922038216"), "9.14403E+17");
    }
}
