//! 随机抽查事项清单 with the cells real lists have, and the import template of 检查对象许可证.

use super::book::{Book, Form, Parcel};
use super::county::County;
use super::grid::{Cell, Fate, Frame, Grid, Line, Reference};
use super::plant::Plants;
use super::spell::{self, IN_SHEET, Tally};

const ITEMS: [&str; 14] = [
    "编号",
    "抽查类别名称",
    "抽查事项名称",
    "抽查子项",
    "事项类别",
    "抽查依据",
    "抽查主体",
    "抽查对象",
    "抽查比例",
    "抽查频次",
    "抽查方式",
    "所需专长",
    "检查人员要求",
    "备注",
];
const LICENCES: [&str; 10] = [
    "专项库名称",
    "对应专项库监管标签",
    "统一社会信用代码/注册号",
    "企业名称",
    "许可证名称",
    "许可证编号",
    "许可批准日期",
    "有效期至",
    "许可发证机关",
    "检查机关",
];
const WARNING: &str =
    "警告：请严格按照模板格式填写，请勿修改表头；有效期为长期有效的填写9999-09-09";
/// Labels that stand for a licence, and the licence.
const LICENSED: [(&str, &str); 3] = [
    ("食品", "食品经营许可证"),
    ("药品", "药品经营许可证"),
    ("危化品", "危险化学品经营许可证"),
];

/// The files of items and licences.
pub(super) fn parcels(county: &County, plants: &Plants, tally: &mut Tally) -> Vec<Parcel> {
    let one = |path: &str, form, grids| {
        Parcel::One(Book {
            path: path.to_owned(),
            form,
            grids,
        })
    };
    let licences = licences(county, plants, tally);
    vec![
        one(
            "抽查事项/抽查事项清单.xlsx",
            Form::Xlsx,
            vec![items(county)],
        ),
        one("许可证/专项库导入模板.xls", Form::Xlsx, vec![licences]),
    ]
}

/// Items as lists have them: ratio and frequency in words, no bounds.
fn items(county: &County) -> Grid {
    let lines = county.world.params.item.iter().map(|item| {
        let who = if item.required_specialty.is_some() {
            "需专业岗位资格"
        } else {
            "无需专业岗位资格"
        };
        let whom = if item.industries.is_empty() {
            "全部检查对象"
        } else {
            "相关行业的检查对象"
        };
        Line::texts([
            &item.id,
            "双随机抽查",
            &item.name,
            "",
            &item.category,
            &item.basis,
            &item.department,
            whom,
            &item.ratio_text,
            &item.frequency_text,
            &item.method,
            item.required_specialty.as_deref().unwrap_or(""),
            who,
            "",
        ])
    });
    let frame = Frame {
        sheet: "事项清单",
        above: &["随机抽查事项清单（合成数据）"],
        below: &[&["注：重点检查事项抽查比例不设上限。"]],
        table: "items",
        ..Frame::default()
    };
    frame.plain(&ITEMS, lines.collect())
}

/// A licence for every object of a licensed trade; one in three without end.
fn licences(county: &County, plants: &Plants, tally: &mut Tally) -> Grid {
    let mut lines = Vec::new();
    for (index, object) in county
        .objects
        .iter()
        .enumerate()
        .filter(|(index, _)| !county.is_legacy(*index))
    {
        let labels = &county.world.params.industry[object.industry].labels;
        let Some((label, licence)) = LICENSED
            .iter()
            .find(|(label, _)| labels.iter().any(|own| own == label))
        else {
            continue;
        };
        if county
            .object_fate(index, plants)
            .is_some_and(|fate| fate.reference == Reference::Refused)
        {
            continue;
        }
        let turn = lines.len();
        let until = match turn % 3 {
            0 => Cell::text("9999-09-09"),
            _ => spell::day(
                county.as_of() + i32::try_from(turn * 37 % 900).unwrap_or(0) - 200,
                IN_SHEET,
                turn,
                tally,
            ),
        };
        lines.push(Line {
            cells: vec![
                Cell::Text(format!("{label}专项库")),
                Cell::text(*label),
                Cell::text(&object.id),
                Cell::text(&object.name),
                Cell::text(*licence),
                Cell::Text(format!(
                    "JY{}{turn:08}",
                    county.world.params.register.authority
                )),
                spell::day(object.established_on + 20, IN_SHEET, turn, tally),
                until,
                Cell::text("馆陶县行政审批局"),
                Cell::text("馆陶县市场监督管理局"),
            ],
            fate: plants
                .lost
                .contains(&object.id)
                .then(|| Fate::of_unknown("licences", object.normalised(), Reference::Absent)),
        });
    }
    let frame = Frame {
        sheet: "专项库",
        above: &[WARNING],
        table: "licences",
        ..Frame::default()
    };
    frame.plain(&LICENCES, lines)
}
