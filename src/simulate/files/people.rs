//! Inspectors in the import template of 21 columns, their recusals and absences.

use super::book::{Book, Form, Parcel};
use super::county::{County, named};
use super::grid::{Cell, Fate, Frame, Grid, Line, Reference};
use super::plant::{FactPlant, Plants};
use super::spell::{self, IN_SHEET, IN_TEXT, Tally};
use super::text::{Dialect, Encoding};
use crate::simulate::staff::Inspector;
use crate::units::Day;

const INSPECTORS: [&str; 21] = [
    "单位工号",
    "姓名",
    "性别",
    "身份证号",
    "手机号",
    "学历",
    "学历专业",
    "岗位大类",
    "从事本岗起始日期",
    "岗位资质资格",
    "执法事项范围",
    "地区",
    "层级",
    "担任职务",
    "所在业务部门（机构）",
    "是否专家",
    "工商执法证编号",
    "工商执法证有效期",
    "省执法证编号",
    "执法证有效期",
    "执法人员状态(有效/失效)",
];
const TEMPORARY: [&str; 9] = [
    "单位工号",
    "姓名",
    "部门",
    "管辖单位",
    "层级",
    "人员性质",
    "业务专长",
    "行政区划代码",
    "是否在岗",
];
const EXAMPLE: &[&str] = &[
    "案例（请删除）",
    "张某",
    "男",
    "000000190001010000",
    "10000000000",
    "大学本科",
    "法学",
];

/// The files of inspectors, recusals and absences.
pub(super) fn parcels(county: &County, plants: &Plants, tally: &mut Tally) -> Vec<Parcel> {
    let one = |path: &str, form, grids| {
        Parcel::One(Book {
            path: path.to_owned(),
            form,
            grids,
        })
    };
    let text = Form::Text(Dialect {
        delimiter: ',',
        encoding: Encoding::Gb18030,
        newline: "\r\n",
    });
    let people = inspectors(county, tally);
    let recusals = recusals(county, plants, tally);
    let absences = absences(county, tally);
    vec![
        one("检查人员/执法人员数据库.xls", Form::Xlsx, people),
        one("检查人员/回避申报.csv", text, vec![recusals]),
        one("检查人员/请假登记.xlsx", Form::Xlsx, vec![absences]),
    ]
}

/// People with a certificate in the template; 聘用制 on a sheet of their own with other headers.
fn inspectors(county: &County, tally: &mut Tally) -> Vec<Grid> {
    let people = || county.staff.inspectors.iter().zip(1..);
    let certified = people().filter(|(person, _)| !person.certificates.is_empty());
    let lines = certified
        .map(|(person, turn)| Line::good(in_template(county, person, turn, tally)))
        .collect();
    let frame = Frame {
        sheet: "执法人员",
        above: &["市场监管领域执法人员数据库"],
        example: EXAMPLE,
        table: "inspectors",
        ..Frame::default()
    };
    let first = frame.plain(&INSPECTORS, lines);
    let others = people().filter(|(person, _)| person.certificates.is_empty());
    let lines = others
        .map(|(person, turn)| Line::good(without_certificate(county, person, turn, tally)))
        .collect();
    let frame = Frame {
        sheet: "聘用制人员",
        above: &[],
        example: &[],
        ..frame
    };
    vec![first, frame.plain(&TEMPORARY, lines)]
}

fn in_template(county: &County, person: &Inspector, turn: usize, tally: &mut Tally) -> Vec<Cell> {
    let world = county.world;
    let held = |series: &str| {
        person
            .certificates
            .iter()
            .find(|text| text.starts_with(series))
            .and_then(|text| text.split_once('|'))
    };
    let number = |series| held(series).map_or("", |(number, _)| number).to_owned();
    let mut expiry = |series| match held(series).and_then(|(_, day)| day.parse::<Day>().ok()) {
        Some(day) => spell::day(day.days(), IN_SHEET, turn, tally),
        None => Cell::Empty,
    };
    let (business, province) = (expiry("SC"), expiry("JS"));
    let is_local = person.level == "所级";
    let unit = if is_local {
        &world.offices[person.office]
    } else {
        &world.params.staff.departments[person.department]
    };
    let either = |yes: bool, a: &str, b: &str| Cell::text(if yes { a } else { b });
    vec![
        Cell::text(&person.id),
        Cell::text(&person.name),
        either(turn.is_multiple_of(2), "女", "男"),
        Cell::Number(1.0e13 + f64::from(u32::try_from(turn).unwrap_or(0))),
        Cell::Text(format!("1000000{turn:04}")),
        Cell::text("大学本科"),
        Cell::text("法学"),
        Cell::text(post(person)),
        Cell::text("2015-07-01"),
        either(
            person.specialties.iter().any(|own| own == "特种设备"),
            "特种设备安全监察员",
            "无",
        ),
        spell::list(&person.specialties, 2, tally),
        Cell::text(world.params.register.authority.to_string()),
        Cell::text(person.level),
        Cell::text("科员"),
        Cell::text(unit),
        Cell::text("否"),
        Cell::Text(number("SC")),
        business,
        Cell::Text(number("JS")),
        province,
        either(person.active, "有效", "失效"),
    ]
}

/// 岗位大类 of the first specialty.
fn post(person: &Inspector) -> &'static str {
    match person.specialties.first().map(String::as_str) {
        Some("食品安全" | "药品医疗器械") => "食品药品管理类",
        Some("特种设备" | "计量标准") => "质量技术监督类",
        Some("价格与反不正当竞争") => "物价管理类",
        _ => "工商行政管理类",
    }
}

fn without_certificate(
    county: &County,
    person: &Inspector,
    turn: usize,
    tally: &mut Tally,
) -> Vec<Cell> {
    let world = county.world;
    vec![
        Cell::text(&person.id),
        Cell::text(&person.name),
        Cell::text(&world.params.staff.departments[person.department]),
        Cell::text(&world.offices[person.office]),
        Cell::text(person.level),
        Cell::text(person.staff_kind),
        spell::list(&person.specialties, turn, tally),
        Cell::Number(f64::from(world.params.register.authority)),
        Cell::text(if person.active { "在岗" } else { "离岗" }),
    ]
}

fn recusals(county: &County, plants: &Plants, tally: &mut Tally) -> Grid {
    let lines = county
        .staff
        .recusals
        .iter()
        .zip(0..)
        .map(|(recusal, turn)| {
            let lost = plants.lost.contains(&recusal.object_id).then(|| {
                Fate::of_unknown("recusals", recusal.object_id.clone(), Reference::Accepted)
            });
            let by_alias = plants
                .aliases
                .contains_key(&recusal.object_id)
                .then_some(FactPlant::ByAlias);
            let texts = [
                county.staff.inspectors[recusal.inspector].id.clone(),
                named(&recusal.object_id, by_alias, turn, plants, tally),
                recusal.scheme.to_owned(),
                recusal.reason.to_owned(),
            ];
            Line {
                fate: lost,
                ..Line::texts(texts)
            }
        });
    let lines = lines.collect();
    let frame = Frame {
        table: "recusals",
        ..Frame::default()
    };
    frame.plain(
        &[
            "检查人员",
            "统一社会信用代码/注册号",
            "代码类型",
            "回避事由",
        ],
        lines,
    )
}

fn absences(county: &County, tally: &mut Tally) -> Grid {
    let lines = county
        .staff
        .absences
        .iter()
        .zip(0..)
        .map(|(absence, turn)| {
            Line::good(vec![
                Cell::text(&county.staff.inspectors[absence.inspector].id),
                spell::day(absence.from, IN_SHEET, turn, tally),
                spell::day(absence.to, IN_TEXT, turn, tally),
            ])
        });
    let lines = lines.collect();
    let frame = Frame {
        sheet: "请假登记",
        above: &["执法人员请假（不可抽取）登记表"],
        table: "availability",
        ..Frame::default()
    };
    frame.plain(&["检查人员", "开始日期", "截止日期"], lines)
}
