//! The drawn list as a workbook, for the offices.

use std::fs;
use std::path::Path;

use super::cannot;
use crate::error::Error;
use crate::evaluate::Evaluation;
use crate::facts::{LISTED_COLUMNS, Roll};
use crate::sheets;

/// `internal/drawn.xlsx`: the drawn list and the reserve list, for the offices.
pub(super) fn save_list(
    evaluation: &Evaluation,
    roll: &Roll,
    internal: &Path,
) -> Result<(), Error> {
    let bytes = sheets::workbook(&[list(evaluation, roll, true), list(evaluation, roll, false)])?;
    let path = internal.join("drawn.xlsx");
    fs::write(&path, bytes).map_err(cannot("write", &path))
}

/// Headers of the drawn list; 企业名称, 住所 and 管辖单位 are the columns that are looked up in the register.
const HEADERS: [&str; 10] = [
    "层内序号",
    "统一社会信用代码/注册号",
    "企业名称",
    "住所",
    "管辖单位",
    "层",
    "信用风险分类",
    "风险点数",
    "入样概率",
    "主要原因",
];

fn list(evaluation: &Evaluation, roll: &Roll, is_drawn: bool) -> sheets::Sheet {
    use sheets::{Column, ColumnKind, Value};
    debug_assert_eq!(LISTED_COLUMNS.len(), 3);
    let kind_of = |header: &str| match header {
        "层内序号" | "风险点数" => ColumnKind::Count,
        "入样概率" => ColumnKind::Percent,
        _ => ColumnKind::Text,
    };
    let rows = roll
        .listed
        .iter()
        .filter(|one| one.is_drawn == is_drawn)
        .map(|one| {
            let text = |at: usize| Value::Text(one.texts[at].clone());
            vec![
                Value::Number(whole(one.place)),
                Value::Text(one.id.clone()),
                text(0),
                text(1),
                text(2),
                Value::Text(evaluation.facts.strata[one.stratum].label.clone()),
                Value::Text(
                    evaluation.facts.classes[usize::from(one.class)]
                        .name
                        .clone(),
                ),
                Value::Number(f64::from(one.points)),
                Value::Number(one.pi),
                Value::Text(one.reasons.clone()),
            ]
        });
    sheets::Sheet {
        name: if is_drawn {
            "抽中名单（内部·演练）"
        } else {
            "候补名单（内部·演练）"
        }
        .to_owned(),
        columns: HEADERS
            .iter()
            .map(|header| Column::new(*header, kind_of(header)))
            .collect(),
        rows: rows.collect(),
    }
}

#[allow(
    clippy::cast_precision_loss,
    reason = "places of a list lie below 2^53"
)]
fn whole(place: usize) -> f64 {
    place as f64
}
