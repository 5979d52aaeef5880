//! Findings on accepted rows: what a reader of the register should know about a row that is kept.
//!
//! A rule is a mark in the bit masks that every chunk computes, 64 rules a mask; values are looked up afterwards, for the marked rows only.

use std::collections::BTreeMap;

use polars::prelude::*;

use super::checks::Check;
use super::gather::given_name;
use super::identity::{self, Scheme, is_bare};
use super::keys::is_plain;
use super::memo;
use super::params::Field;
use super::scalar::{self, cut_code, tidy};
use super::tables::{ColumnType, Table};
use crate::units::identifier::{Damage, Identifier, Uscc, classify};
use crate::units::{DERIVED, ObjectId};

/// Name of masks until they get one.
const MARKS: &str = "__marks";
/// Marks of one mask; further marks stand in further masks.
pub(super) const MASK: usize = 64;

/// Rules about the id of a registered object, in the order of their marks.
const IDS: [(&str, &str); 11] = [
    (
        "id-check",
        "has the shape of a 统一社会信用代码, but neither of its check characters (校验码) is right",
    ),
    (
        "id-suspicious",
        "passes one of the two checks of a 统一社会信用代码 only, or has a prefix that was never issued",
    ),
    (
        "id-legacy-m000",
        "is a code of the Fujian pilot (M000): genuine although its last character fails the check",
    ),
    (
        "id-excel-digits",
        "ends in zeros after 15 digits and fails the check: a spreadsheet program cut it; export the column as text again",
    ),
    (
        "id-reg15-check",
        "is a 15-digit 注册号 whose check digit is wrong",
    ),
    (
        "id-legacy",
        "is a 13-digit number from before 2007: the 统一社会信用代码 is missing",
    ),
    ("id-other", "is neither a 统一社会信用代码 nor a 注册号"),
    (
        "id-non-market",
        "is the code of a 非市场主体 (机关、事业单位、社会组织 …)",
    ),
    (
        "id-replaced",
        "is a code in scientific notation (科学计数法); the row is kept under its other identifier",
    ),
    (
        "id-derived",
        "is no code: the row is identified by its name and address (name-address)",
    ),
    (
        "id-several",
        "holds several identifiers (多个号码): the row stands under the first sound one, the others beside it",
    ),
];
const REPLACED: usize = 8;
const DERIVED_MARK: usize = 9;
const SEVERAL: usize = 10;

pub(super) const ALIKE: &str = "duplicate-likely";
pub(super) const AMBIGUOUS: &str = "alias-ambiguous";
const ALIAS: &str = "id-alias";
const RESPELT: (&str, &str) = (
    "text-normalised",
    "was brought to one spelling (全角、空格、不可见字符、号码前后的字样) in the snapshot",
);
const OPEN: (&str, &str) = (
    "open-ended",
    "stands for no end (长期): the day is taken as open",
);

/// The findings of a table whose columns `given` are read, in the order of their marks.
pub(super) fn rules(table: &Table, given: &[Field]) -> Vec<Check> {
    let has = |name: &str| given.iter().any(|field| field.name == name);
    let mut rules: Vec<Check> = Vec::new();
    if table.name == "objects" {
        rules.extend(
            IDS.iter()
                .map(|(rule, sentence)| Check::later("object_id", rule, sentence)),
        );
        rules.push(Check::later(
            "name",
            ALIKE,
            "stands at the same address in another row under another id (疑似重复)",
        ));
        rules.push(Check::later(
            "other_ids",
            AMBIGUOUS,
            "is claimed by several objects and taken for none of them",
        ));
    } else if has("object_id") {
        rules.push(Check::later(
            "object_id",
            ALIAS,
            "is another identifier of a registered object, which the row belongs to",
        ));
    }
    for field in given {
        if let Some((rule, sentence)) = text_rule(table, field) {
            rules.push(Check::later(&field.name, rule, sentence));
        }
    }
    rules
}

fn text_rule(table: &Table, field: &Field) -> Option<(&'static str, &'static str)> {
    let name = field.name.as_str();
    let is_id = name == "object_id" && table.is_fact() || name == "id_scheme";
    match field.kind {
        ColumnType::Text if !is_id => Some(RESPELT),
        ColumnType::Date if matches!(name, "ended_on" | "closed_on" | "to") => Some(OPEN),
        _ => None,
    }
}

/// Index of a rule of one column.
pub(super) fn place(rules: &[Check], column: &str, rule: &str) -> Option<usize> {
    rules
        .iter()
        .position(|check| check.rule == rule && check.column == column)
}

/// The mark of a rule in its mask.
pub(super) fn bit(at: usize) -> u64 {
    1 << (at % MASK)
}

/// Marks as a value of their type, whatever the engine makes of a literal.
pub(super) fn marks(bits: u64) -> Expr {
    lit(bits).cast(DataType::UInt64)
}

/// Masks of a number of rules.
pub(super) fn n_masks(rules: &[Check]) -> usize {
    rules.len().div_ceil(MASK).max(1)
}

/// Column of the marks of texts in one mask, while raw texts are at hand.
pub(super) fn odd_name(mask: usize) -> String {
    format!("__odd{mask}")
}

/// Index of a rule of the whole table.
pub(super) fn index_of(rules: &[Check], rule: &str) -> u16 {
    let at = rules.iter().position(|check| check.rule == rule);
    u16::try_from(at.unwrap_or(0)).expect("rules are few")
}

/// What there may be to say of a text.
type Predicate = fn(&str) -> bool;

/// A text of one column and the mark it gets where `is_odd`.
pub(super) struct Mark {
    pub(super) text: Expr,
    /// Index of the rule.
    at: usize,
    is_odd: Predicate,
}

/// The mark of a column that stands as `text` in the source.
pub(super) fn text_mark(rules: &[Check], field: &Field, text: Expr) -> Option<Mark> {
    let (rule, is_odd): (_, Predicate) = match field.kind {
        ColumnType::Date => (OPEN.0, is_open_ended),
        _ if field.name == "object_id" => (RESPELT.0, is_respelt_id),
        _ => (RESPELT.0, is_respelt),
    };
    Some(Mark {
        at: place(rules, &field.name, rule)?,
        text,
        is_odd,
    })
}

/// The marks of all texts of a row: for each mask that has any its number and the marks, under [`odd_name`].
pub(super) fn odd_texts(marks: Vec<Mark>) -> Vec<(usize, Expr)> {
    let mut by_mask: BTreeMap<usize, Vec<Mark>> = BTreeMap::new();
    for mark in marks {
        by_mask.entry(mark.at / MASK).or_default().push(mark);
    }
    let named = |(mask, marks)| (mask, odd_mask(marks).alias(odd_name(mask)));
    by_mask.into_iter().map(named).collect()
}

fn odd_mask(marks: Vec<Mark>) -> Expr {
    let (texts, odd): (Vec<Expr>, Vec<(u64, Predicate)>) = marks
        .into_iter()
        .map(|mark| (mark.text, (bit(mark.at), mark.is_odd)))
        .unzip();
    let read = move |columns: &mut [Column]| {
        let mut bits = Masks::new(columns[0].len());
        for (column, (mark, is_odd)) in columns.iter().zip(&odd) {
            let texts = column.as_materialized_series();
            memo::rows(texts.str()?, is_odd, |row| bits.add(row, *mark));
        }
        Ok(bits.column())
    };
    texts[0].clone().map_many(read, &texts[1..], |_, _| {
        Ok(polars::prelude::Field::new(MARKS.into(), DataType::UInt64))
    })
}

/// Bit masks of a chunk; a chunk without a mark keeps none.
struct Masks {
    rows: usize,
    masks: Vec<u64>,
}

impl Masks {
    fn new(rows: usize) -> Self {
        Self {
            rows,
            masks: Vec::new(),
        }
    }

    fn add(&mut self, row: usize, mark: u64) {
        if self.masks.is_empty() {
            self.masks = vec![0; self.rows];
        }
        self.masks[row] |= mark;
    }

    fn column(self) -> Column {
        if self.masks.is_empty() {
            return Column::new_scalar(MARKS.into(), Scalar::from(0_u64), self.rows);
        }
        UInt64Chunked::from_vec(MARKS.into(), self.masks)
            .into_series()
            .into_column()
    }
}

/// The marks of a register row's id, all in the first mask: what it is, and how the row came by it.
pub(super) fn id_marks(
    rules: &[Check],
    scheme: &Scheme,
    replaceable: bool,
    derives: bool,
    has_id: bool,
) -> Vec<Expr> {
    let bit = |at: usize| place(rules, "object_id", IDS[at].0).map_or(0, bit);
    let when_so = |so: Expr, at: usize| {
        when(so)
            .then(self::marks(bit(at)))
            .otherwise(self::marks(0))
    };
    let mut marks = Vec::new();
    if !scheme.is_foreign() {
        let bits: Vec<u64> = (0..REPLACED).map(bit).collect();
        marks.push(classes(scheme, bits));
    }
    if has_id && !scheme.is_foreign() {
        let several = identity::holds_several(col(given_name("object_id")));
        marks.push(when_so(several.fill_null(lit(false)), SEVERAL));
    }
    if replaceable {
        let replaced = identity::damaged(col(given_name("object_id")));
        marks.push(when_so(replaced.fill_null(lit(false)), REPLACED));
    }
    if derives {
        marks.push(when_so(col("id_scheme").eq(lit(DERIVED)), DERIVED_MARK));
    }
    marks
}

fn classes(scheme: &Scheme, bits: Vec<u64>) -> Expr {
    let read = move |columns: &mut [Column]| {
        let ids = columns[0].as_materialized_series();
        let schemes = match columns.get(1) {
            Some(schemes) => Some(schemes.as_materialized_series().str()?),
            None => None,
        };
        let mut masks = Masks::new(ids.len());
        for (row, id) in ids.str()?.iter().enumerate() {
            let bare = || schemes.is_none_or(|schemes| is_bare(schemes.get(row).unwrap_or("uscc")));
            if let Some(class) = id.and_then(class).filter(|_| bare()) {
                masks.add(row, bits[class]);
            }
        }
        Ok(masks.column())
    };
    let schemes: Vec<Expr> = match scheme {
        Scheme::Fixed(_) => Vec::new(),
        Scheme::ByRow => vec![col("id_scheme")],
    };
    col("object_id").map_many(read, &schemes, |_, _| {
        Ok(polars::prelude::Field::new(MARKS.into(), DataType::UInt64))
    })
}

/// Index in [`IDS`] of what there is to say about an id.
fn class(id: &str) -> Option<usize> {
    match classify(id) {
        Identifier::Uscc(Uscc::Valid) => (!id.starts_with('9')).then_some(7),
        Identifier::Uscc(Uscc::Malformed) => Some(0),
        Identifier::Uscc(Uscc::Suspicious) => Some(1),
        Identifier::Uscc(Uscc::LegacyM000) => Some(2),
        Identifier::Damaged(Damage::Digits) => Some(3),
        Identifier::Reg15 { check_ok } => (!check_ok).then_some(4),
        Identifier::Legacy13 => Some(5),
        Identifier::Damaged(Damage::Notation) | Identifier::Other => Some(6),
    }
}

/// The mark, in the first mask, of facts that name an object by another of its identifiers; `own` is the key of the id as it stands.
pub(super) fn alias_mark(rules: &[Check], own: Expr, owner: Expr) -> Option<Expr> {
    let bit = bit(place(rules, "object_id", ALIAS)?);
    Some(when(own.neq(owner)).then(marks(bit)).otherwise(marks(0)))
}

/// Whether tidying changes more than blanks around the text.
fn is_respelt(text: &str) -> bool {
    scalar::may_change(text) && tidy(text) != text.trim()
}

/// Whether normalising, or cutting what stands around a code, changes more than blanks around an id.
fn is_respelt_id(text: &str) -> bool {
    let text = text.trim();
    let changes = || ObjectId::normalise("uscc", text).is_ok_and(|normal| normal.as_str() != text);
    !is_plain(text) && (changes() || cut_code(&tidy(text)).is_some())
}

/// Whether a day stands for no end.
fn is_open_ended(text: &str) -> bool {
    if text.bytes().all(|byte| byte < 0x80) {
        return text.trim_start().starts_with("9999");
    }
    let text = tidy(text);
    text.starts_with("9999")
        || ["长期", "永久", "永续", "无固定期限", "无期限"]
            .iter()
            .any(|word| text.starts_with(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_texts_that_change_are_called_respelt() {
        for text in [
            "魏　县",
            "Ａ２公司",
            "ａ",
            "馆陶\u{200b}县",
            "馆陶 县",
            "a  b",
            "a\u{a0}b",
            "\u{feff}甲",
            "甲\n乙",
        ] {
            assert!(is_respelt(text), "{text:?}");
        }
        for text in [
            "馆陶县供销社",
            " 馆陶县 ",
            "KFC 馆陶店",
            "食品、烟草；（零售），“其他”！",
            "A 1",
            "",
            "ﾊ",
        ] {
            assert!(!is_respelt(text), "{text:?}");
        }
        assert!(is_respelt_id("９1") && is_respelt_id("91a") && !is_respelt_id(" 91 "));
    }

    #[test]
    fn days_without_an_end_are_known() {
        for text in [
            "9999-09-09",
            " 99991231",
            "长期有效",
            "永久",
            "９９９９-12-31",
        ] {
            assert!(is_open_ended(text), "{text}");
        }
        assert!(!is_open_ended("2024-09-09") && !is_open_ended("2017年3月7日"));
    }

    #[test]
    fn every_identifier_has_at_most_one_finding() {
        for (id, rule) in [
            ("91110000802100433B", None),
            ("111111111111111111", Some("id-check")),
            ("362322198709086409", Some("id-suspicious")),
            ("91350100M0001TGQXM", Some("id-legacy-m000")),
            ("914403001922038000", Some("id-excel-digits")),
            ("330000000036006", None),
            ("330000000036007", Some("id-reg15-check")),
            ("1304332100123", Some("id-legacy")),
            ("A1", Some("id-other")),
            ("12440600MB2C07549J", Some("id-non-market")),
        ] {
            assert_eq!(class(id).map(|at| IDS[at].0), rule, "{id}");
        }
    }
}
