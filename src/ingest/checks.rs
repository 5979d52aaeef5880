//! Rules every row is held to, in column order; the first broken one refuses the row.

use polars::prelude::*;

use super::tables::{ColumnType, Table};
use super::vocabulary::{FOLLOW_UPS, NONE_NEEDED};

/// One rule of one column.
#[derive(Clone, Debug)]
pub(super) struct Check {
    /// Canonical column.
    pub(super) column: String,
    /// Stable id.
    pub(super) rule: &'static str,
    /// What the value fails to be, after `"value" `.
    pub(super) sentence: &'static str,
    /// True on rows that break the rule; none where a later pass finds them.
    pub(super) broken: Option<Expr>,
    /// Whether a cell that breaks it is read as empty, which is a finding.
    pub(super) empties: bool,
}

impl Check {
    pub(super) fn new(
        column: &str,
        rule: &'static str,
        sentence: &'static str,
        broken: Expr,
    ) -> Self {
        Self {
            column: column.to_owned(),
            rule,
            sentence,
            broken: Some(broken),
            empties: false,
        }
    }

    pub(super) fn later(column: &str, rule: &'static str, sentence: &'static str) -> Self {
        Self {
            column: column.to_owned(),
            rule,
            sentence,
            broken: None,
            empties: false,
        }
    }
}

pub(super) const MISSING: (&str, &str) = (
    "value-missing",
    "is no value, and the column is required (必填)",
);
pub(super) const DAMAGED: (&str, &str) = (
    "id-damaged",
    "is a code that a spreadsheet program turned into a number (科学计数法): set the column to text (文本) and export it again",
);
pub(super) const ID: (&str, &str) = (
    "id-unusable",
    "cannot be an object id (统一社会信用代码): at most 64 bytes after normalising, no control characters",
);

/// 1900-01-01, in days from 1970-01-01.
const FIRST_DAY: i32 = -25_567;
/// 9999-12-31, in days from 1970-01-01.
const LAST_DAY: i32 = 2_932_896;

/// Rule for values that cannot be read as `kind`.
pub(super) fn unparsable(kind: ColumnType, is_money: bool) -> (&'static str, &'static str) {
    match kind {
        ColumnType::Date => (
            "date-unparsable",
            "is not a day (日期): it must be written YYYY-MM-DD, YYYY/M/D, YYYY.M.D, YYYYMMDD or YYYY年M月D日, or be the serial of a spreadsheet",
        ),
        ColumnType::Flag => (
            "bool-unparsable",
            "is neither true, 1, 是, 有, 有效 or 在岗 nor false, 0, 否, 无, 失效 or 离岗",
        ),
        ColumnType::List => (
            "list-unparsable",
            "holds a part that cannot be read: the last day of a certificate must be a day (日期), the mark of a column 1, 是, √ or a count",
        ),
        ColumnType::Whole if is_money => (
            "number-unparsable",
            "is not an amount of money (金额): a number, with 元, 万元 or 亿元 where it is not in the unit of the column; other currencies are not converted",
        ),
        ColumnType::Whole => ("number-unparsable", "is not a whole number (整数)"),
        _ => ("number-unparsable", "is not a finite number (数字)"),
    }
}

/// Range and order rules of a column, on its canonical value.
pub(super) fn ranges(
    table: &Table,
    column: &str,
    kind: ColumnType,
    has: impl Fn(&str) -> bool,
) -> Vec<Check> {
    let value = || col(column);
    let outside = |low: f64, high: f64| value().lt(lit(low)).or(value().gt(lit(high)));
    let check = |rule, sentence, broken| Check::new(column, rule, sentence, broken);
    let day = |days: i32| lit(days).cast(DataType::Date);
    let mut checks = Vec::new();
    if kind == ColumnType::Date {
        let broken = value().lt(day(FIRST_DAY)).or(value().gt(day(LAST_DAY)));
        checks.push(check(
            "date-out-of-range",
            "is not within 1900-01-01 to 9999-12-31",
            broken,
        ));
    }
    match column {
        "lat" => checks.push(check(
            "latitude-out-of-range",
            "is not a latitude (纬度): -90 to 90",
            outside(-90.0, 90.0),
        )),
        "lon" => checks.push(check(
            "longitude-out-of-range",
            "is not a longitude (经度): -180 to 180",
            outside(-180.0, 180.0),
        )),
        "ratio_min" | "ratio_max" => checks.push(check(
            "ratio-out-of-range",
            "is not a ratio (比例): 0 to 1",
            outside(0.0, 1.0),
        )),
        "pi" => checks.push(check(
            "pi-out-of-range",
            "is not an inclusion probability (入样概率): above 0 and at most 1; who could not be drawn stands in no row",
            value().lt_eq(lit(0.0)).or(value().gt(lit(1.0))),
        )),
        "drawn" => checks.push(check(
            "certain-not-drawn",
            "is not drawn (未抽中), and its inclusion probability is 1 (必查)",
            value().not().and(col("pi").eq(lit(1.0))),
        )),
        "stream" | "design" => checks.extend(word(column)),
        "registered_capital" | "amount" | "frequency_max" => {
            checks.push(check(
                "negative",
                "must not be negative (不得为负)",
                value().lt(lit(0_i64)),
            ));
        }
        "known_on" if table.day.is_some() => {
            let day = table.day.expect("just asked");
            checks.push(check(
                "known-before-event",
                "is before the day of the record itself (录入日期早于发生日期)",
                value().lt(col(day)),
            ));
        }
        "published_on" | "follow_up" | "closed_on" if table.name == "inspections" => {
            checks.push(after_visit(column));
        }
        "closed_on" if has("established_on") => {
            checks.push(check(
                "closed-before-established",
                "is before the day of establishment (注销日期早于成立日期)",
                value()
                    .lt(col("established_on"))
                    .and(col("established_on").lt_eq(day(LAST_DAY))),
            ));
        }
        "to" => checks.push(check(
            "absence-ends-first",
            "is before the first day of the absence (结束日期早于开始日期)",
            value().lt(col("from")),
        )),
        "ended_on" => checks.push(check(
            "ended-before-event",
            "is before the day of the event (移出日期早于列入日期)",
            value().lt(col("event_on")),
        )),
        _ => {}
    }
    checks
}

/// The rule of what became of a visit's result.
fn after_visit(column: &str) -> Check {
    let early = || col(column).lt(col("inspected_on"));
    let (rule, sentence, broken) = match column {
        "published_on" => (
            "published-before-visit",
            "is before the day of the visit (公示日期早于检查日期)",
            early(),
        ),
        "closed_on" => (
            "closed-before-visit",
            "is before the day of the visit (处置办结日期早于检查日期)",
            early(),
        ),
        _ => (
            "follow-up-unknown",
            "is no follow-up (后续处置) that is known: 无需处置, 责令改正, 行政处罚, 立案, 移送, 抄告, 列入异常, 转日常监管, 其他 or 待处置; write what it means below values.follow_up",
            among(column, &FOLLOW_UPS).not(),
        ),
    };
    Check::new(column, rule, sentence, broken)
}

/// The finding on follow-ups of visits that found nothing; one that says nothing is needed is none.
pub(super) fn without_finding() -> Check {
    let is_word = among("follow_up", &FOLLOW_UPS);
    let acts = is_word.and(col("follow_up").neq(lit(NONE_NEEDED)));
    Check::new(
        "follow_up",
        "follow-up-without-finding",
        "follows up (后续处置) a visit that found no problem (是否发现问题 is 否): one of the two is wrong",
        acts.and(col("found").not()),
    )
}

/// Whether a text is one of `words`.
fn among(column: &str, words: &[&'static str]) -> Expr {
    let known = words.iter().map(|word| col(column).eq(lit(*word)));
    known.reduce(Expr::or).unwrap_or_else(|| lit(false))
}

/// The words a column of `draws` may hold.
fn word(column: &str) -> Option<Check> {
    let (rule, sentence, words) = match column {
        "stream" => (
            "stream-unknown",
            "is no stream of draws (抽样流): main or measure",
            ["main", "measure"],
        ),
        "design" => (
            "design-unknown",
            "is no design of draws (抽样设计): poisson or pareto",
            ["poisson", "pareto"],
        ),
        _ => return None,
    };
    Some(Check::new(
        column,
        rule,
        sentence,
        among(column, &words).not(),
    ))
}

/// Rules that need more than the row itself.
pub(super) fn across_rows(table: &Table) -> Vec<Check> {
    let mut checks = Vec::new();
    if table.is_fact() {
        checks.push(Check::later(
            "object_id",
            "object-unknown",
            "is an object that is not in the register (检查对象名录库)",
        ));
    }
    if let Some(column) = table.once {
        checks.push(Check::later(
            column,
            "draw-duplicate",
            "stands in more than one row of the object, and another one of them is kept (重复)",
        ));
    }
    if let Some(column) = table.unique {
        let rule = match column {
            "object_id" => "object-duplicate",
            "visit_id" => "visit-duplicate",
            "inspector_id" => "inspector-duplicate",
            _ => "item-duplicate",
        };
        if column == "object_id" && table.name == "objects" {
            checks.push(Check::later(
                column,
                "object-alias",
                "is another identifier of an object that stands in its own row (同一主体)",
            ));
        }
        checks.push(Check::later(
            column,
            rule,
            "stands in more than one row, and another one of them is kept (重复)",
        ));
    }
    checks
}

/// Code of the first broken rule, from 1; 0 where none is.
pub(super) fn first_broken(checks: &[Check]) -> Expr {
    checks
        .iter()
        .enumerate()
        .rev()
        .fold(lit(0_i32), |code, (index, check)| match &check.broken {
            Some(broken) => when(broken.clone())
                .then(lit(i32::try_from(index).unwrap_or(i32::MAX - 1) + 1))
                .otherwise(code),
            None => code,
        })
}
