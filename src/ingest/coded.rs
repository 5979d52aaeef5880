//! Codes of the standards in the register: an industry gets its canonical digits, and what no table knows is found.
//!
//! Only rows that name no scheme or one of the standard are read. A code that is unknown, ambiguous or of the older edition
//! stays as it was given.

use std::borrow::Cow;

use polars::prelude::*;

use super::checks::Check;
use super::convert::map_text;
use super::memo;
use crate::codes::{self, Reading, Standing};
use crate::units::Day;
use crate::units::identifier::{Damage, Identifier, classify};

/// Scheme of industries, however its edition is added.
const INDUSTRIES: &str = "gbt4754";
/// The edition before the present one.
const INDUSTRIES_2011: &str = "gbt4754-2011";
/// Scheme of divisions.
const DIVISIONS: &str = "gbt2260";

/// The kinds (主体类别) that the first two characters of a 统一社会信用代码 say. Source: `regulation.md` §3.1.
const KINDS: [(&str, &str); 3] = [
    ("91", "企业"),
    ("92", "个体工商户"),
    ("93", "农民专业合作社"),
];
/// The same in words.
pub(super) const KINDS_SAID: &str = "91 企业, 92 个体工商户, 93 农民专业合作社, otherwise none";

/// `kind` by the normalised `object_id`; null where it is no 统一社会信用代码 of a market entity.
pub(super) fn kind_of_code() -> Expr {
    let kind = |id: &str| {
        let is_code = matches!(
            classify(id),
            Identifier::Uscc(_) | Identifier::Damaged(Damage::Digits)
        );
        let known = KINDS.iter().find(|(prefix, _)| id.starts_with(prefix));
        known.filter(|_| is_code).map(|(_, kind)| *kind)
    };
    let read = move |texts: &StringChunked| {
        let kinds: StringChunked = texts.iter().map(|id| id.and_then(kind)).collect();
        kinds.into_series()
    };
    map_text(col("object_id"), DataType::String, read).alias("kind")
}

/// `industry_code` in canonical digits; `has_scheme` says whether rows name their scheme.
pub(super) fn industry(has_scheme: bool) -> Expr {
    let code = || col("industry_code");
    let read = map_text(code(), DataType::String, |texts| {
        texts_of(texts, |text| match codes::industry(text) {
            Reading::Known(found) => Some(found.code.to_owned()),
            _ => None,
        })
    });
    if !has_scheme {
        return read.alias("industry_code");
    }
    let older = map_text(code(), DataType::String, |texts| {
        texts_of(texts, |text| match codes::older_industry(text) {
            Reading::Older { code, .. } => Some(code),
            _ => None,
        })
    });
    when(is_under("industry_scheme", INDUSTRIES_2011))
        .then(older)
        .when(is_under_or_null("industry_scheme", INDUSTRIES))
        .then(read)
        .otherwise(code())
        .alias("industry_code")
}

/// Findings on the codes of accepted rows of the register. `given` is a column's text before it was normalised, where a source
/// gives it; `has` says which columns are given.
pub(super) fn findings(
    given: &dyn Fn(&str) -> Option<Expr>,
    has: &dyn Fn(&str) -> bool,
    as_of: Day,
) -> Vec<Check> {
    let mut found = Vec::new();
    if let Some(text) = given("industry_code") {
        let scheme = has("industry_scheme");
        found.extend(industry_findings(&text, scheme));
    }
    if let Some(text) = given("region_code") {
        let scheme = has("region_scheme");
        found.extend(division_findings(&text, scheme, as_of));
    }
    found
}

fn industry_findings(text: &Expr, has_scheme: bool) -> [Check; 3] {
    let is = |test: fn(&str) -> bool| {
        in_scheme(
            flags_of(text, test),
            text,
            has_scheme,
            "industry_scheme",
            INDUSTRIES,
        )
    };
    let unknown = if has_scheme {
        let older = flags_of(text, |text| codes::older_industry(text) == Reading::Unknown);
        when(is_under("industry_scheme", INDUSTRIES_2011))
            .then(older)
            .otherwise(is(|text| codes::industry(text) == Reading::Unknown))
    } else {
        is(|text| codes::industry(text) == Reading::Unknown)
    };
    let of_2017 = |test: Expr| {
        if has_scheme {
            test.and(is_under("industry_scheme", INDUSTRIES_2011).not())
        } else {
            test
        }
    };
    let ambiguous = is(|text| matches!(codes::industry(text), Reading::Ambiguous(_)));
    let older = is(|text| matches!(codes::industry(text), Reading::Older { .. }));
    [
        Check::new(
            "industry_code",
            "industry-unknown",
            "is no code of GB/T 4754 (国民经济行业分类) in the edition its scheme names",
            unknown,
        ),
        Check::new(
            "industry_code",
            "industry-ambiguous",
            "is one industry as it stands and another with the zero that spreadsheets drop; the letter before it would tell (A111, B111)",
            of_2017(ambiguous),
        ),
        Check::new(
            "industry_code",
            "industry-edition",
            "has a letter of the 2011 edition of GB/T 4754; the scheme gbt4754-2011 would say so",
            of_2017(older),
        ),
    ]
}

fn division_findings(text: &Expr, has_scheme: bool, as_of: Day) -> [Check; 2] {
    let is = move |test: fn(&Standing) -> bool| {
        let flags = flags_of(text, move |text| test(&codes::standing(text, as_of)));
        in_scheme(flags, text, has_scheme, "region_scheme", DIVISIONS)
    };
    [
        Check::new(
            "region_code",
            "division-unknown",
            "is no division of GB/T 2260 (行政区划代码)",
            is(|standing| *standing == Standing::Unknown),
        ),
        Check::new(
            "region_code",
            "division-abolished",
            "is a division that was abolished before the as-of day (已撤销的行政区划)",
            is(|standing| matches!(standing, Standing::Abolished(_))),
        ),
    ]
}

/// `flags` on rows under `scheme`; rows that name none count where their text looks like a code.
fn in_scheme(
    flags: Expr,
    text: &Expr,
    has_scheme: bool,
    column: &str,
    scheme: &'static str,
) -> Expr {
    let plausible = match scheme {
        DIVISIONS => flags_of(text, looks_like_a_division),
        _ => flags_of(text, looks_like_an_industry),
    };
    let flags = if has_scheme {
        let unnamed = col(column).is_null().and(plausible);
        flags.and(is_under(column, scheme).or(unnamed))
    } else {
        flags.and(plausible)
    };
    flags.fill_null(lit(false))
}

/// At most one letter, then at most four digits.
fn looks_like_an_industry(text: &str) -> bool {
    let digits = text
        .strip_prefix(|letter: char| letter.is_ascii_alphabetic())
        .unwrap_or(text);
    matches!(digits.len(), 1..=4) && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// As many digits as a county, a township or a village has.
fn looks_like_a_division(text: &str) -> bool {
    matches!(text.len(), 6 | 9 | 12) && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_under(column: &str, scheme: &'static str) -> Expr {
    let test = move |text: &str| {
        text.trim()
            .to_ascii_lowercase()
            .replace('/', "")
            .starts_with(scheme)
    };
    flags_of(&col(column), test).fill_null(lit(false))
}

fn is_under_or_null(column: &str, scheme: &'static str) -> Expr {
    col(column).is_null().or(is_under(column, scheme))
}

/// `holds` of every text; null stays null.
fn flags_of(text: &Expr, holds: impl Fn(&str) -> bool + Send + Sync + 'static) -> Expr {
    map_text(text.clone(), DataType::Boolean, move |texts| {
        let flags = memo::each(texts, &holds).into_iter();
        flags.collect::<BooleanChunked>().into_series()
    })
}

/// What `read` makes of every text; texts it makes nothing of stay.
fn texts_of(texts: &StringChunked, read: impl Fn(&str) -> Option<String>) -> Series {
    if memo::all(texts, |text| read(text).is_none_or(|read| read == text)) {
        return texts.clone().into_series();
    }
    let one = |text| read(text).map_or(Cow::Borrowed(text), Cow::Owned);
    let canonical = memo::each(texts, one).into_iter();
    canonical.collect::<StringChunked>().into_series()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame() -> DataFrame {
        df!(
            "industry_code" => [Some("A0111"), Some("0510"), Some("111"), Some("O7910"), Some("Grocery"), Some("9999"), None],
            "industry_scheme" => [Some("gbt4754"), None, Some("GB/T4754-2017"), Some("gbt4754"), Some("facility_type"), Some("gbt4754"), None],
            "region_code" => ["130433", "130429", "130499", "1304", "52", "馆陶", "130433100"],
            "region_scheme" => [Some("gbt2260"), Some("gbt2260"), None, None, Some("ward"), None, Some("gbt2260")],
        )
        .unwrap()
    }

    fn found(rule: &str) -> Vec<usize> {
        let given = |name: &str| Some(col(name));
        let checks = findings(&given, &|_| true, "2025-01-01".parse().unwrap());
        let check = checks.into_iter().find(|check| check.rule == rule).unwrap();
        let flags = frame()
            .lazy()
            .select([check.broken.unwrap().alias("found")])
            .collect()
            .unwrap();
        let flags = flags.column("found").unwrap().bool().unwrap().clone();
        flags
            .iter()
            .enumerate()
            .filter(|(_, flag)| *flag == Some(true))
            .map(|(row, _)| row)
            .collect()
    }

    #[test]
    fn codes_of_market_entities_say_their_kind() {
        let ids = df!("object_id" => [
            Some("91110000802100433B"), Some("92110000802100433B"), Some("93110000802100433B"),
            Some("12440600MB2C07549J"), Some("911100008021004"), Some("licence/91110000802100433B"), None,
        ]);
        let read = ids.unwrap().lazy().select([kind_of_code()]).collect();
        let kinds = read.unwrap().column("kind").unwrap().str().unwrap().clone();
        let kinds: Vec<Option<&str>> = kinds.iter().collect();
        let known = [Some("企业"), Some("个体工商户"), Some("农民专业合作社")];
        assert_eq!((&kinds[..3], &kinds[3..]), (&known[..], &[None; 4][..]));
    }

    #[test]
    fn industries_of_the_standard_get_canonical_digits_and_others_stay() {
        let read = frame().lazy().select([industry(true)]).collect().unwrap();
        let codes: Vec<Option<&str>> = read
            .column("industry_code")
            .unwrap()
            .str()
            .unwrap()
            .iter()
            .collect();
        assert_eq!(
            codes,
            [
                Some("0111"),
                Some("051"),
                Some("111"),
                Some("O7910"),
                Some("Grocery"),
                Some("9999"),
                None
            ]
        );
    }

    #[test]
    fn codes_of_the_older_edition_are_read_as_such_where_the_scheme_says_so() {
        let older = df!("industry_code" => ["O7910", "8200", "0111"], "industry_scheme" => ["gbt4754-2011"; 3]).unwrap();
        let read = older.lazy().select([industry(true)]).collect().unwrap();
        let codes: Vec<Option<&str>> = read
            .column("industry_code")
            .unwrap()
            .str()
            .unwrap()
            .iter()
            .collect();
        assert_eq!(codes, [Some("7910"), Some("82"), Some("0111")]);
    }

    #[test]
    fn what_no_table_knows_is_found_on_the_rows_that_mean_the_standard() {
        assert_eq!(found("industry-unknown"), [5]);
        assert_eq!(found("industry-ambiguous"), [2]);
        assert_eq!(found("industry-edition"), [3]);
        assert_eq!(found("division-unknown"), [2]);
        assert_eq!(found("division-abolished"), [1]);
    }
}
