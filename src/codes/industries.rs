//! 国民经济行业分类: the codes of GB/T 4754-2017, the divisions (大类) of the 2011 edition, and how mixed notations are read.
//!
//! Files write `A0111`, `0111`, `111`, `0510` (higher levels padded with zeros), full-width digits, or the title. The canonical
//! form is the digits without the letter, and a padded higher level cut to its own digits: `0510` is 051, `0500` is 05, but `6210`
//! is a class of its own. A leading zero that a spreadsheet ate is put back where only that gives a code; `111` could be 0111 or
//! 111, and the letter decides.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::{fields, folded};

const TABLE: &str = include_str!("../../datasets/codes/industries_2017.csv");
const OLDER: &str = include_str!("../../datasets/codes/industries_2011.csv");

/// Edition of the classification a code is read in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edition {
    /// GB/T 4754-2011.
    Of2011,
    /// GB/T 4754-2017.
    Of2017,
}

/// One section (门类), division (大类), group (中类) or class (小类) of the 2017 edition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Industry {
    /// The letter of a section; two, three or four digits below it.
    pub code: &'static str,
    /// Letter of its section, A to T.
    pub section: &'static str,
    /// 类别名称.
    pub title: &'static str,
}

/// What a text says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading {
    /// One code of the 2017 edition.
    Known(&'static Industry),
    /// Several codes of it; only the letter could decide.
    Ambiguous(Vec<&'static str>),
    /// A code whose letter fits the 2011 edition alone.
    Older {
        /// The digits, a padded higher level cut.
        code: String,
        /// Divisions of the 2017 edition that its division went to.
        now: Vec<&'static str>,
    },
    /// No code and no title.
    Unknown,
}

/// A division (大类) of the 2011 edition.
struct OlderDivision {
    section: &'static str,
    now: Vec<&'static str>,
}

/// Reads `text` in the 2017 edition.
///
/// ```
/// use choucha::codes::{industry, Reading};
/// let code = |text| match industry(text) { Reading::Known(found) => found.code, _ => "" };
/// assert_eq!(code("A0111"), "0111");
/// assert_eq!(code("0510"), "051");
/// assert_eq!(code("H6210-正餐服务"), "6210");
/// assert_eq!(industry("111"), Reading::Ambiguous(vec!["111", "0111"]));
/// assert_eq!(code("A111"), "0111");
/// ```
#[must_use]
pub fn industry(text: &str) -> Reading {
    let text = folded(text);
    let Some((letter, digits)) = letter_and_digits(&text) else {
        return by_title(&text);
    };
    if digits.is_empty() {
        return industry_of(letter).map_or(Reading::Unknown, Reading::Known);
    }
    let mut found = candidates(digits);
    if !letter.is_empty() {
        found.retain(|industry| industry.section == letter);
    }
    match found.as_slice() {
        [] if letter.is_empty() => Reading::Unknown,
        [] => older(letter, digits),
        [one] => Reading::Known(one),
        several => Reading::Ambiguous(several.iter().map(|industry| industry.code).collect()),
    }
}

/// Reads `text` in the 2011 edition, whose divisions are known and whose smaller codes are taken as they stand.
#[must_use]
pub fn older_industry(text: &str) -> Reading {
    let text = folded(text);
    match letter_and_digits(&text) {
        Some((letter, digits)) if !digits.is_empty() => older(letter, digits),
        _ => Reading::Unknown,
    }
}

/// The industry of a canonical code.
#[must_use]
pub fn industry_of(code: &str) -> Option<&'static Industry> {
    INDEX.get(code).map(|&at| &ALL[at])
}

/// All of the 2017 edition in the order of the standard.
pub fn industries() -> impl Iterator<Item = &'static Industry> {
    ALL.iter()
}

/// The prefix all codes of an industry have: a class that is the whole of its group stands for the group too.
#[must_use]
pub fn prefix_of(industry: &Industry) -> &'static str {
    match industry.code.strip_suffix('0') {
        Some(group) if group.len() == 3 && INDEX.contains_key(group) => group,
        _ => industry.code,
    }
}

/// Whether the canonical code `code` lies in `prefix`, a section's letter or leading digits.
#[must_use]
pub fn is_within(code: &str, prefix: &str) -> bool {
    if prefix.starts_with(|letter: char| letter.is_ascii_uppercase()) {
        let division = code.get(..2).and_then(industry_of);
        return code == prefix || division.is_some_and(|division| division.section == prefix);
    }
    code.starts_with(prefix)
}

/// Section letter and digits at the start of a text, if the text is a code or a code before its title.
fn letter_and_digits(text: &str) -> Option<(&str, &str)> {
    let n_letters = usize::from(text.starts_with(|letter: char| ('A'..='T').contains(&letter)));
    let rest = &text[n_letters..];
    let n_digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let after = &rest[n_digits..];
    let ends = !after.starts_with(|letter: char| letter.is_ascii_alphanumeric() || letter == '.');
    (n_letters + n_digits > 0 && n_digits <= 4 && ends)
        .then_some((&text[..n_letters], &rest[..n_digits]))
}

/// Codes the digits can mean: as they stand, and with a leading zero that was eaten.
fn candidates(digits: &str) -> Vec<&'static Industry> {
    let zero_eaten = matches!(digits.len(), 1 | 3);
    let with_zero = zero_eaten.then(|| format!("0{digits}"));
    let mut found: Vec<&Industry> = industry_of(digits)
        .or_else(|| cut(digits))
        .into_iter()
        .collect();
    found.extend(with_zero.and_then(|digits| industry_of(&digits).or_else(|| cut(&digits))));
    found
}

/// The higher level that four digits padded with zeros stand for.
fn cut(digits: &str) -> Option<&'static Industry> {
    if digits.len() != 4 {
        return None;
    }
    let group = digits.strip_suffix('0')?;
    industry_of(group).or_else(|| group.strip_suffix('0').and_then(industry_of))
}

fn older(letter: &str, digits: &str) -> Reading {
    let restored = if matches!(digits.len(), 1 | 3) {
        format!("0{digits}")
    } else {
        digits.to_owned()
    };
    let division = restored.get(..2).and_then(|division| BEFORE.get(division));
    let Some(division) =
        division.filter(|division| letter.is_empty() || division.section == letter)
    else {
        return Reading::Unknown;
    };
    let code = restored.strip_suffix("00").filter(|code| code.len() == 2);
    Reading::Older {
        code: code.unwrap_or(&restored).to_owned(),
        now: division.now.clone(),
    }
}

/// The industry of a title; where a group is one class, or a section one division, the smallest of them.
fn by_title(text: &str) -> Reading {
    match TITLES.get(text) {
        None => Reading::Unknown,
        Some(found) => Reading::Known(&ALL[*found]),
    }
}

static ALL: LazyLock<Vec<Industry>> = LazyLock::new(|| {
    let row = |line| {
        let [code, section, title] = fields::<3>(line);
        Industry {
            code,
            section,
            title,
        }
    };
    TABLE.lines().skip(1).map(row).collect()
});

static INDEX: LazyLock<HashMap<&'static str, usize>> = LazyLock::new(|| {
    let places = ALL.iter().enumerate();
    places.map(|(at, industry)| (industry.code, at)).collect()
});

/// Later rows of one title are parts of the earlier ones, so the last is the smallest.
static TITLES: LazyLock<HashMap<String, usize>> = LazyLock::new(|| {
    let places = ALL.iter().enumerate();
    places
        .map(|(at, industry)| (folded(industry.title), at))
        .collect()
});

static BEFORE: LazyLock<HashMap<&'static str, OlderDivision>> = LazyLock::new(|| {
    let row = |line| {
        let [code, section, _, now] = fields::<4>(line);
        let now = now.split_whitespace().collect();
        (code, OlderDivision { section, now })
    };
    OLDER.lines().skip(1).map(row).collect()
});

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> &'static str {
        match industry(text) {
            Reading::Known(found) => found.code,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn every_section_has_as_many_divisions_groups_and_classes_as_were_published() {
        let published = [
            ("A", [5, 24, 72]),
            ("B", [7, 19, 39]),
            ("C", [31, 179, 609]),
            ("D", [3, 9, 18]),
            ("E", [4, 18, 44]),
            ("F", [2, 18, 128]),
            ("G", [8, 27, 67]),
            ("H", [2, 10, 16]),
            ("I", [3, 17, 34]),
            ("J", [4, 26, 48]),
            ("K", [1, 5, 5]),
            ("L", [2, 12, 58]),
            ("M", [3, 19, 48]),
            ("N", [4, 18, 33]),
            ("O", [3, 16, 32]),
            ("P", [1, 6, 17]),
            ("Q", [2, 6, 30]),
            ("R", [5, 27, 48]),
            ("S", [6, 16, 34]),
            ("T", [1, 1, 1]),
        ];
        for (section, counts) in published {
            let of = |length: usize| {
                industries()
                    .filter(|found| {
                        found.section == section
                            && found.code.len() == length
                            && found.code != section
                    })
                    .count()
            };
            assert_eq!([of(2), of(3), of(4)], counts, "{section}");
        }
        let sum = |level: usize| {
            published
                .iter()
                .map(|(_, counts)| counts[level])
                .sum::<usize>()
        };
        assert_eq!([sum(0), sum(1), sum(2)], [97, 473, 1381]);
    }

    #[test]
    fn every_code_has_its_parent() {
        for found in industries().filter(|found| found.code.len() > 1) {
            let above = if found.code.len() == 2 {
                found.section
            } else {
                &found.code[..found.code.len() - 1]
            };
            assert_eq!(
                industry_of(above).map(|above| above.section),
                Some(found.section),
                "{}",
                found.code
            );
        }
    }

    #[test]
    fn mixed_notations_are_one_code() {
        for (texts, canonical) in [
            (
                &[
                    "A0111",
                    "a0111",
                    "0111",
                    "Ａ０１１１",
                    " A 0111 ",
                    "A111",
                    "A0111-稻谷种植",
                    "0111 稻谷种植",
                    "稻谷种植",
                ][..],
                "0111",
            ),
            (&["0510", "A0510", "051", "A051", "510"], "051"),
            (&["0500", "A05", "05", "5", "500"], "05"),
            (&["5200", "F52", "52"], "52"),
            (&["6210", "H6210", "H6210-正餐服务"], "6210"),
            (&["A", "农、林、牧、渔业"], "A"),
            (&["C1311-稻谷加工", "1311"], "1311"),
            (&["1110", "B1110"], "1110"),
        ] {
            for text in texts {
                assert_eq!(code(text), canonical, "{text}");
            }
        }
    }

    #[test]
    fn a_number_that_lost_a_zero_or_not_needs_its_letter() {
        assert_eq!(industry("111"), Reading::Ambiguous(vec!["111", "0111"]));
        assert_eq!((code("A111"), code("B111")), ("0111", "111"));
        assert_eq!(industry("112"), Reading::Ambiguous(vec!["112", "0112"]));
        assert_eq!(code("113"), "0113", "there is no group 113");
    }

    #[test]
    fn what_is_no_code_is_unknown() {
        for text in [
            "",
            "Z0111",
            "A5211",
            "0199",
            "11111",
            "F52.1",
            "5211X",
            "Restaurant",
            "T9999",
        ] {
            assert_eq!(industry(text), Reading::Unknown, "{text}");
        }
    }

    #[test]
    fn a_letter_of_the_older_edition_is_told() {
        let older = |code: &str, now: &[&'static str]| Reading::Older {
            code: code.to_owned(),
            now: now.to_vec(),
        };
        assert_eq!(industry("O7910"), older("7910", &["80"]));
        assert_eq!(industry("P8200"), older("82", &["83"]));
        assert_eq!(older_industry("0111"), older("0111", &["01"]));
        assert_eq!(older_industry("9600"), older("96", &["97"]));
        assert_eq!(older_industry("9700"), Reading::Unknown);
        assert_eq!(BEFORE.len(), 96);
        assert!(BEFORE.values().all(|division| !division.now.is_empty()
            && division.now.iter().all(|code| industry_of(code).is_some())));
    }

    #[test]
    fn a_prefix_covers_its_section_and_its_single_class() {
        assert!(is_within("6210", "H") && is_within("62", "H") && !is_within("5211", "H"));
        assert!(is_within("6210", "62") && !is_within("0620", "62"));
        assert_eq!(prefix_of(industry_of("6210").unwrap()), "621");
        assert_eq!(prefix_of(industry_of("5211").unwrap()), "5211");
    }
}
