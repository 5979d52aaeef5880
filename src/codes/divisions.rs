//! 行政区划: the divisions of GB/T 2260 since 1980, those that are gone too, and the townships of Hebei.
//!
//! Since and until are months of the lists a code was found in or missed from first, so a change may be some months older than
//! its month here (`datasets/codes/PROVENANCE.md`). The division digits of a credit code are those of its first issue and never
//! change (`regulation.md` §3.1): an abolished division in an id is no fault, in a register's own column it is.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::{fields, folded};
use crate::units::Day;

const TABLE: &str = include_str!("../../datasets/codes/divisions.csv");
const TOWNSHIPS: &str = include_str!("../../datasets/codes/townships_hebei.csv");

/// Rank of a division.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// 省, 自治区, 直辖市, 特别行政区.
    Province,
    /// 地级市, 地区, 自治州, 盟.
    Prefecture,
    /// 县, 区, 县级市, 旗.
    County,
    /// 乡, 镇, 街道.
    Township,
}

/// A month of a list, for example 2016-10.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Month(u32);

impl Month {
    /// The month a day lies in.
    #[must_use]
    pub fn of(day: Day) -> Self {
        let digits: String = day
            .to_string()
            .chars()
            .filter(char::is_ascii_digit)
            .collect();
        Self(
            digits
                .get(..6)
                .and_then(|six| six.parse().ok())
                .unwrap_or(0),
        )
    }

    fn read(text: &str) -> Option<Self> {
        text.parse().ok().map(Self)
    }
}

impl std::fmt::Display for Month {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{:02}", self.0 / 100, self.0 % 100)
    }
}

/// One division, in force or gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Division {
    /// Six digits, nine of a township.
    pub code: &'static str,
    /// Its latest name.
    pub name: &'static str,
    /// The first list that has it; none where the first list of all has it, or for townships.
    pub since: Option<Month>,
    /// The first list that lacks it after it had been there; none while it is in force.
    pub until: Option<Month>,
    /// Names it had before, oldest first.
    pub former_names: Vec<&'static str>,
    /// Codes of the divisions its area went to, as far as known.
    pub successors: Vec<&'static str>,
    /// Whether only the statistics bureau has it (开发区 and the like); GB/T 2260 has not.
    pub statistical: bool,
}

/// What a code is on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// A division in force; for a township outside the tables, its county.
    InForce(&'static Division),
    /// A code of the statistics bureau alone.
    Statistical(&'static Division),
    /// A division that is gone.
    Abolished(&'static Division),
    /// No division of the tables.
    Unknown,
}

impl Division {
    /// Its rank, by the digits of its code.
    #[must_use]
    pub fn level(&self) -> Level {
        match self.code {
            code if code.len() > 6 => Level::Township,
            code if code.ends_with("0000") => Level::Province,
            code if code.ends_with("00") => Level::Prefecture,
            _ => Level::County,
        }
    }

    /// The divisions above it, the province first; a county under a province directly has no prefecture.
    #[must_use]
    pub fn parents(&self) -> Vec<&'static Self> {
        let (province, prefecture) = (
            format!("{}0000", &self.code[..2]),
            format!("{}00", &self.code[..4]),
        );
        let above = [province.as_str(), prefecture.as_str(), &self.code[..6]];
        let above = above.iter().filter(|code| **code != self.code);
        above
            .filter_map(|code| exact(code))
            .fold(Vec::new(), |mut found, division| {
                if found
                    .last()
                    .is_none_or(|last: &&Self| last.code != division.code)
                {
                    found.push(division);
                }
                found
            })
    }

    /// Its name after those of the divisions above it: `河北省邯郸市馆陶县`.
    #[must_use]
    pub fn full_name(&self) -> String {
        let above = self.parents().into_iter().map(|division| division.name);
        above.chain([self.name]).collect()
    }

    /// Whether it is still in the lists of a month.
    #[must_use]
    pub fn is_in_force(&self, month: Month) -> bool {
        self.until.is_none_or(|until| month < until)
    }
}

/// Digits from which on a code stands for one division of the country: the ward `12` of another one is no 天津市.
pub const DIVISION_DIGITS_MIN: usize = 6;

/// The division of a code of 2, 4, 6, 9 or 12 digits; a village has its township, 市辖区 has its city.
///
/// ```
/// use choucha::codes::division;
/// assert_eq!(division("130433100000").unwrap().full_name(), "河北省邯郸市馆陶县馆陶镇");
/// assert_eq!(division("130428").unwrap().successors, ["130407"]); // 肥乡县, 肥乡区 since 2016
/// assert!(division("130499").is_none());
/// ```
#[must_use]
pub fn division(code: &str) -> Option<&'static Division> {
    let digits = folded(code);
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    match digits.len() {
        2 => exact(&format!("{digits}0000")),
        4 => at_six(&format!("{digits}00")),
        6 => at_six(&digits),
        9 if digits.ends_with("000") => at_six(&digits[..6]),
        12 if digits[6..].bytes().all(|byte| byte == b'0') => at_six(&digits[..6]),
        9 => exact(&digits),
        12 => exact(&digits[..9]),
        _ => None,
    }
}

/// A code of six digits; the rows 市辖区, 县 and 省直辖 that group others are their parent.
fn at_six(code: &str) -> Option<&'static Division> {
    let grouping = || match &code[2..] {
        "0100" | "0200" | "9000" | "0101" => exact(&format!("{}0000", &code[..2])),
        rest if rest.ends_with("01") => exact(&format!("{}00", &code[..4])),
        _ => None,
    };
    exact(code).or_else(grouping)
}

fn exact(code: &str) -> Option<&'static Division> {
    INDEX.get(code).map(|&at| &ALL[at])
}

/// What `code` is in the month of `day`; a township whose county has none in the tables stands as its county does.
#[must_use]
pub fn standing(code: &str, day: Day) -> Standing {
    let digits = folded(code);
    let county = || {
        let outside = matches!(digits.len(), 9 | 12) && !digits.starts_with("13");
        outside.then(|| division(&digits[..6])).flatten()
    };
    match division(&digits).or_else(county) {
        None => Standing::Unknown,
        Some(found) => match found
            .parents()
            .into_iter()
            .find(|above| !above.is_in_force(Month::of(day)))
        {
            Some(above) if found.level() == Level::Township => Standing::Abolished(above),
            _ if !found.is_in_force(Month::of(day)) => Standing::Abolished(found),
            _ if found.statistical => Standing::Statistical(found),
            _ => Standing::InForce(found),
        },
    }
}

/// All divisions of the tables, ascending by code; townships last.
pub fn divisions() -> impl Iterator<Item = &'static Division> {
    ALL.iter()
}

static ALL: LazyLock<Vec<Division>> = LazyLock::new(|| {
    let counties = TABLE.lines().skip(1).map(row);
    let townships = TOWNSHIPS.lines().skip(1).map(row);
    counties.chain(townships).collect()
});

static INDEX: LazyLock<HashMap<&'static str, usize>> = LazyLock::new(|| {
    let places = ALL.iter().enumerate();
    places.map(|(at, division)| (division.code, at)).collect()
});

fn row(line: &'static str) -> Division {
    let [code, name, since, until, former, statistical, successors] = fields::<7>(line);
    Division {
        code,
        name,
        since: Month::read(since),
        until: Month::read(until),
        former_names: former.split('|').filter(|name| !name.is_empty()).collect(),
        successors: successors.split_whitespace().collect(),
        statistical: statistical == "1",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(day: &str) -> Day {
        day.parse().unwrap()
    }

    #[test]
    fn the_counties_of_handan_are_there_by_name() {
        let named = |code: &str| division(code).unwrap().name;
        for (code, name) in [
            ("130402", "邯山区"),
            ("130403", "丛台区"),
            ("130404", "复兴区"),
            ("130406", "峰峰矿区"),
            ("130407", "肥乡区"),
            ("130408", "永年区"),
            ("130423", "临漳县"),
            ("130424", "成安县"),
            ("130425", "大名县"),
            ("130426", "涉县"),
            ("130427", "磁县"),
            ("130430", "邱县"),
            ("130431", "鸡泽县"),
            ("130432", "广平县"),
            ("130433", "馆陶县"),
            ("130434", "魏县"),
            ("130435", "曲周县"),
            ("130481", "武安市"),
        ] {
            assert_eq!(named(code), name);
        }
        assert!(division("130471").unwrap().statistical);
        assert!(division("130473").unwrap().statistical);
    }

    #[test]
    fn a_code_of_any_length_and_width_is_read() {
        let full = |code: &str| division(code).unwrap().full_name();
        assert_eq!(full("13"), "河北省");
        assert_eq!(full("1304"), "河北省邯郸市");
        assert_eq!(full("１３０４３３"), "河北省邯郸市馆陶县");
        assert_eq!(full("130433203"), "河北省邯郸市馆陶县路桥乡");
        assert_eq!(full("130433203212"), "河北省邯郸市馆陶县路桥乡");
        assert_eq!(full("130433000000"), "河北省邯郸市馆陶县");
        assert_eq!(
            full("130401"),
            "河北省邯郸市",
            "市辖区 groups the districts of its city"
        );
        assert_eq!(full("429004"), "湖北省仙桃市");
        assert!(
            ["", "1", "ABC", "130499", "990000", "13043"]
                .iter()
                .all(|code| division(code).is_none())
        );
    }

    #[test]
    fn a_division_that_is_gone_says_when_and_what_came_after() {
        let gone = division("130429").unwrap();
        assert_eq!(
            (gone.name, gone.successors.as_slice()),
            ("永年县", ["130408"].as_slice())
        );
        assert_eq!(gone.until.unwrap().to_string(), "2016-10");
        assert!(matches!(
            standing("130429", on("2016-09-30")),
            Standing::InForce(_)
        ));
        assert!(matches!(
            standing("130429", on("2016-10-01")),
            Standing::Abolished(_)
        ));
        assert!(matches!(
            standing("130421", on("2025-01-01")),
            Standing::Abolished(_)
        ));
    }

    #[test]
    fn a_township_outside_the_tables_stands_as_its_county() {
        let day = on("2025-01-01");
        assert!(
            matches!(standing("110101001", day), Standing::InForce(county) if county.name == "东城区")
        );
        assert_eq!(
            standing("130433999", day),
            Standing::Unknown,
            "Hebei's townships are all there"
        );
        assert!(matches!(standing("130471", day), Standing::Statistical(_)));
        assert_eq!(standing("馆陶", day), Standing::Unknown);
    }

    #[test]
    fn renamed_divisions_keep_their_former_names() {
        assert_eq!(division("130502").unwrap().former_names, ["桥东区"]);
    }
}
