//! What the values of an unknown column look like: codes, days, places … so that its header can be guessed at all.

use std::collections::BTreeSet;

use polars::prelude::*;

use super::convert;
use super::error::Error;
use super::scalar;
use super::source::Source;
use super::tables::{Column as Canonical, ColumnType, Table};
use crate::units::identifier::{Identifier, Uscc, classify};

/// Rows that are looked at.
const ROWS: IdxSize = 500;
/// Share of the filled cells that must look alike.
const ALIKE_MIN: usize = 80;
/// With fewer filled cells nothing is said.
const CELLS_MIN: usize = 3;

/// What values look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Numbers of identity cards or telephones.
    Person,
    /// 统一社会信用代码 that pass both checks.
    Uscc,
    /// 注册号 of 15 digits whose check digit is right.
    Reg15,
    /// 统一社会信用代码 or 注册号, mixed or unchecked.
    Code,
    /// Calendar days.
    Day,
    /// 是 and 否.
    Flag,
    /// GB/T 2260.
    Region,
    /// GB/T 4754.
    Industry,
    /// 存续, 注销 …
    Status,
    /// 企业, 个体工商户 …
    Kind,
    /// Names of businesses.
    Name,
    /// Streets and villages.
    Address,
    /// Numbers of records, none of which stands twice.
    Number,
}

/// Those that a value shows by itself, the most certain first.
const ALL: [Shape; 12] = [
    Shape::Uscc,
    Shape::Person,
    Shape::Reg15,
    Shape::Code,
    Shape::Region,
    Shape::Day,
    Shape::Industry,
    Shape::Flag,
    Shape::Status,
    Shape::Kind,
    Shape::Name,
    Shape::Address,
];

impl Shape {
    /// What the values look like, for a message.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Person => "numbers of persons (身份证号、手机号)",
            Self::Uscc => "codes that pass their checks (统一社会信用代码)",
            Self::Reg15 => "registration numbers of 15 digits (注册号)",
            Self::Code => "codes of businesses (统一社会信用代码、注册号)",
            Self::Day => "days (日期)",
            Self::Flag => "yes and no (是、否)",
            Self::Region => "codes of divisions (行政区划代码)",
            Self::Industry => "codes of industries (行业代码)",
            Self::Status => "registration statuses (登记状态)",
            Self::Kind => "kinds of market entities (主体类别)",
            Self::Name => "names of businesses (企业名称)",
            Self::Address => "addresses (住所)",
            Self::Number => "numbers of records (编号)",
        }
    }

    /// Whether a column may hold such values.
    pub(super) fn fits(self, column: &Canonical) -> bool {
        match self {
            Self::Person => false,
            Self::Day => column.kind == ColumnType::Date,
            Self::Flag => column.kind == ColumnType::Flag,
            Self::Uscc | Self::Reg15 | Self::Code => {
                matches!(column.name, "object_id" | "other_ids")
            }
            Self::Region => column.name == "region_code",
            Self::Industry => column.name == "industry_code",
            Self::Status => column.name == "status",
            Self::Kind => column.name == "kind" && column.header == "主体类别",
            Self::Name => column.name == "name" && column.header == "企业名称",
            Self::Address => column.name == "address",
            Self::Number => matches!(column.name, "visit_id" | "inspector_id" | "item_id"),
        }
    }

    fn is(self, text: &str) -> bool {
        let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
        match self {
            Self::Person => {
                is_identity_card(text)
                    || (text.len() == 11 && text.starts_with('1') && is_digits(text))
            }
            Self::Uscc => classify(text) == Identifier::Uscc(Uscc::Valid),
            Self::Reg15 => classify(text) == Identifier::Reg15 { check_ok: true },
            Self::Code => is_code(text),
            Self::Region => {
                matches!(text.len(), 6 | 9 | 12)
                    && is_digits(text)
                    && text.starts_with(['1', '2', '3', '4', '5', '6'])
                    && scalar::day(text).is_none()
            }
            Self::Day => {
                scalar::day(text).is_some()
                    && !(text.len() == 5 && text.starts_with(['1', '2', '6', '7']))
            }
            Self::Industry => {
                text.len() >= 3
                    && text.len() <= 5
                    && text.starts_with(|letter: char| ('A'..='T').contains(&letter))
                    && is_digits(&text[1..])
            }
            Self::Flag => scalar::flag(text).is_some() && !is_digits(text),
            Self::Status => [
                "存续", "在业", "开业", "注销", "吊销", "迁出", "撤销", "停业", "歇业", "清算",
            ]
            .iter()
            .any(|word| text.starts_with(word)),
            Self::Kind => [
                "企业",
                "个体工商户",
                "个体户",
                "农民专业合作社",
                "农专社",
                "有限责任公司",
                "股份有限公司",
                "个人独资企业",
            ]
            .iter()
            .any(|word| text.starts_with(word)),
            Self::Name => [
                "公司",
                "店",
                "厂",
                "合作社",
                "商行",
                "经营部",
                "超市",
                "中心",
                "农场",
                "门市部",
                "分公司",
            ]
            .iter()
            .any(|word| text.ends_with(word)),
            Self::Address => {
                has(&["路", "街", "村", "镇", "乡", "号", "楼", "区"]) && text.chars().count() >= 5
            }
            Self::Number => is_number(text),
        }
    }
}

/// The first shape that most of the filled cells have.
pub(super) fn of(cells: &[String]) -> Option<Shape> {
    if cells.len() < CELLS_MIN {
        return None;
    }
    let is_alike = |shape: &Shape| {
        let alike = cells.iter().filter(|cell| shape.is(cell)).count();
        100 * alike >= ALIKE_MIN * cells.len()
    };
    let numbered = || {
        let is_numbered = is_unique(cells) && cells.iter().all(|cell| Shape::Number.is(cell));
        is_numbered.then_some(Shape::Number)
    };
    ALL.into_iter().find(is_alike).or_else(numbered)
}

/// Whether no cell stands twice.
pub(super) fn is_unique(cells: &[String]) -> bool {
    let mut seen = BTreeSet::new();
    cells.iter().all(|cell| seen.insert(cell))
}

/// Whether a text is the number of a record and no mere count of rows: ASCII, of four places at least, with a digit.
fn is_number(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'/');
    text.len() >= 4 && text.bytes().all(is_part) && text.bytes().any(|byte| byte.is_ascii_digit())
}

/// Filled cells of the first rows of the columns among `headers` that `source` can show.
pub(super) fn sample(
    source: &Source,
    headers: &[String],
) -> Result<Vec<(String, Vec<String>)>, Error> {
    let shown: Vec<&String> = headers
        .iter()
        .filter(|header| source.schema.contains(header.as_str()))
        .collect();
    let shown: Vec<&String> = shown
        .into_iter()
        .filter(|header| {
            source
                .schema
                .get(header.as_str())
                .is_some_and(|found| !found.is_nested() && *found != DataType::Binary)
        })
        .collect();
    if shown.is_empty() {
        return Ok(Vec::new());
    }
    let columns: Vec<Expr> = shown
        .iter()
        .map(|header| {
            convert::raw_text(std::slice::from_ref(*header), source).alias(header.as_str())
        })
        .collect();
    let rows = source.scan()?.limit(ROWS).select(columns).collect();
    let rows = rows.map_err(|error| source.damaged(&error))?;
    let cells = |header: &String| {
        let texts = rows
            .column(header)
            .and_then(|texts| texts.str().cloned())
            .map_err(Error::engine("look at values"))?;
        let cells = texts
            .iter()
            .flatten()
            .map(|text| scalar::tidy(text).into_owned())
            .filter(|text| !text.is_empty());
        Ok((header.clone(), cells.collect()))
    };
    shown.into_iter().map(cells).collect()
}

/// The columns of `table` that may hold such values.
pub(super) fn candidates(
    table: &'static Table,
    shape: Shape,
) -> impl Iterator<Item = &'static Canonical> {
    table
        .columns
        .iter()
        .filter(move |column| shape.fits(column))
}

/// 18 characters of which the 7th to 14th are a day of birth.
fn is_identity_card(text: &str) -> bool {
    let is_card =
        text.len() == 18 && text.is_ascii() && text[..17].bytes().all(|byte| byte.is_ascii_digit());
    is_card
        && text[6..14].starts_with(['1', '2'])
        && scalar::day(&text[6..14]).is_some_and(|day| (-25_567..=25_566).contains(&day))
}

fn is_code(text: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_digit() || byte.is_ascii_uppercase();
    match text.len() {
        18 => text.bytes().all(is_letter) && text.bytes().filter(u8::is_ascii_digit).count() >= 8,
        15 => text.bytes().all(|byte| byte.is_ascii_digit()),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{Shape, of};

    fn shape(cells: &[&str]) -> Option<Shape> {
        of(&cells
            .iter()
            .map(|cell| (*cell).to_owned())
            .collect::<Vec<_>>())
    }

    #[test]
    fn columns_are_told_by_what_most_of_their_values_look_like() {
        for (cells, expected) in [
            (
                [
                    "91110000802100433B",
                    "130433000000007",
                    "914403001922038216",
                ],
                Shape::Code,
            ),
            (
                [
                    "91110000802100433B",
                    "12440600MB2C07549J",
                    "91110000802100433B",
                ],
                Shape::Uscc,
            ),
            (
                ["330000000036006", "330000000036006", "330000000036006"],
                Shape::Reg15,
            ),
            (["JC-2024-001", "JC-2024-002", "JC-2024-003"], Shape::Number),
            (["2017-03-07", "2017年3月7日", "42801"], Shape::Day),
            (["是", "否", "是"], Shape::Flag),
            (["130433", "130433100", "130402"], Shape::Region),
            (["A0111", "F5211", "H62"], Shape::Industry),
            (
                ["存续", "吊销，未注销", "存续（在营、开业、在册）"],
                Shape::Status,
            ),
            (["个体户", "企业", "农专社"], Shape::Kind),
            (["馆陶县大地有限公司", "老王饭店", "第一商行"], Shape::Name),
            (
                ["新华街12号", "房寨镇东村", "馆陶镇人民路3号"],
                Shape::Address,
            ),
            (["13812345678", "13912345678", "15012345678"], Shape::Person),
            (
                [
                    "130433198001011234",
                    "13043319920229123X",
                    "130433197512310011",
                ],
                Shape::Person,
            ),
        ] {
            assert_eq!(shape(&cells), Some(expected), "{cells:?}");
        }
        assert_eq!(
            (shape(&["甲", "乙", "丙"]), shape(&["是", "否"])),
            (None, None)
        );
        assert_eq!(
            (shape(&["1", "2", "3"]), shape(&["A-001", "A-001", "A-002"])),
            (None, None),
            "a count of rows, and numbers that stand twice"
        );
    }
}
