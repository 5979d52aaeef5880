//! Rows as columns: the names, types and code values each table is written with.

mod sheet;

use polars::prelude::{DataFrame, IntoColumn, PolarsResult, StringChunked};
use sheet::{Names, Sheet};

use super::deterrent::{Lot, Prevented};
use super::follow_up::FollowUp;
use super::history::{Channel, Event, Visit};
use super::object::Object;
use super::part::Hidden;
use super::staff::{Absence, Inspector, Recusal};
use super::world::{Headers, Item, World};

const OBJECT_ID: Names = ("object_id", "统一社会信用代码/注册号");
const ID_SCHEME: Names = ("id_scheme", "代码类型");
const INSPECTOR_ID: Names = ("inspector_id", "单位工号");

/// 检查对象名录库.
pub(super) fn objects(world: &World, rows: &[Object]) -> PolarsResult<DataFrame> {
    let params = &world.params;
    let mut sheet = Sheet::new(world, "objects", rows);
    let zh = sheet.headers == Headers::Zh;
    sheet.text(OBJECT_ID, |row| Some(&row.written_id));
    sheet.text(ID_SCHEME, |row| Some(row.scheme));
    sheet.text(("name", "企业名称"), |row| Some(&row.name));
    sheet.text(("kind", "主体类别"), |row| {
        let kind = &params.kind[row.kind];
        Some(if zh { &kind.written } else { &kind.name })
    });
    sheet.text(("status", "登记状态"), |row| {
        let status = &params.status[row.status];
        Some(if zh { &status.written } else { &status.name })
    });
    sheet.text(("region_code", "行政区划代码"), |row| {
        Some(&params.town[row.town].code)
    });
    sheet.text(("region_scheme", "行政区划标准"), |_| Some("gbt2260"));
    sheet.text(("industry_code", "行业代码"), |row| {
        Some(&params.industry[row.industry].code)
    });
    sheet.text(("industry_scheme", "行业标准"), |_| {
        Some("gbt4754-2017")
    });
    sheet.text(("office", "管辖单位"), |row| {
        Some(&params.town[row.town].office)
    });
    sheet.text(("address", "住所"), |row| Some(&row.address));
    sheet.number(("lat", "纬度"), |row| row.place.map(|place| place.0));
    sheet.number(("lon", "经度"), |row| row.place.map(|place| place.1));
    sheet.day(("established_on", "成立日期"), |row| {
        Some(row.established_on)
    })?;
    sheet.day(("closed_on", "注吊销日期"), |row| row.closed_on)?;
    sheet.whole(("registered_capital", "注册资本"), |row| row.capital);
    sheet.text(("size", "企业规模"), |row| Some(size(row.capital)));
    sheet.text(("business_scope", "经营范围"), |row| {
        Some(&params.industry[row.industry].name)
    });
    sheet.text(("legal_person_key", "法定代表人标识"), |row| {
        Some(&row.owner)
    });
    sheet.list(("labels", "监管标签"), |row| labels(world, row));
    sheet.list(("departments", "监管部门"), |row| {
        departments(world, row)
    });
    sheet.finish()
}

/// 企业规模 by registered capital, in 分: below 1, 10 and 100 million yuan.
pub(super) fn size(capital: Option<i64>) -> &'static str {
    match capital {
        Some(cents) if cents >= 10_000_000_000 => "大型",
        Some(cents) if cents >= 1_000_000_000 => "中型",
        Some(cents) if cents >= 100_000_000 => "小型",
        _ => "微型",
    }
}

/// 监管标签 of an object.
pub(super) fn labels<'a>(world: &'a World, row: &Object) -> Vec<&'a str> {
    let shared = row.shared_address.then_some("一址多企");
    world.params.industry[row.industry]
        .labels
        .iter()
        .map(String::as_str)
        .chain(shared)
        .collect()
}

/// 监管部门 of an object.
pub(super) fn departments<'a>(world: &'a World, row: &Object) -> Vec<&'a str> {
    let first = world.params.staff.departments.first().map(String::as_str);
    first
        .into_iter()
        .chain(
            world.params.industry[row.industry]
                .departments
                .iter()
                .map(String::as_str),
        )
        .collect()
}

/// 抽查检查结果.
pub(super) fn inspections(
    world: &World,
    inspectors: &[Inspector],
    rows: &[Visit],
) -> PolarsResult<DataFrame> {
    let params = &world.params;
    let mut sheet = Sheet::new(world, "inspections", rows);
    sheet.text(("visit_id", "检查编号"), |row| Some(&row.id));
    sheet.text(OBJECT_ID, |row| Some(&row.object_id));
    sheet.text(ID_SCHEME, |row| Some(row.scheme));
    sheet.text(("item_id", "抽查事项编号"), |row| {
        Some(&params.item[row.item].id)
    });
    sheet.day(("inspected_on", "检查日期"), |row| row.inspected_on)?;
    sheet.day(("known_on", "录入日期"), |row| Some(row.known_on))?;
    sheet.flag(("visited", "是否到达"), |row| Some(row.result.visited));
    sheet.list(("result_codes", "检查结果"), |row| {
        texts(&row.result.codes)
    });
    sheet.flag(("found", "是否发现问题"), |row| {
        row.result.visited.then_some(row.result.found)
    });
    sheet.number(("severity", "严重程度"), |row| {
        row.result.visited.then_some(row.result.severity)
    });
    sheet.list(("inspector_ids", "检查人员"), |row| {
        row.inspectors
            .iter()
            .map(|&index| inspectors[index].id.as_str())
            .collect()
    });
    sheet.text(("channel", "检查来源"), |row| {
        Some(channel(row.channel))
    });
    sheet.text(("draw_id", "抽查任务编号"), |row| match row.channel {
        Channel::Draw(round) => Some(params.round[round].draw_id.as_str()),
        Channel::Complaint | Channel::Campaign => None,
    });
    if let Some(rule) = &params.follow_up {
        follow_up(&mut sheet, rule)?;
    }
    sheet.finish()
}

/// What became of results.
fn follow_up<'a>(sheet: &mut Sheet<'a, Visit>, rule: &'a FollowUp) -> PolarsResult<()> {
    sheet.day(("published_on", "公示日期"), |row| {
        row.followed.published_on
    })?;
    sheet.text(("follow_up", "后续处置"), |row| {
        let measure = row.followed.measure?;
        Some(rule.measure[measure].word.as_str())
    });
    sheet.day(("closed_on", "处置办结日期"), |row| {
        row.followed.closed_on
    })
}

fn channel(channel: Channel) -> &'static str {
    match channel {
        Channel::Draw(_) => "draw",
        Channel::Complaint => "complaint",
        Channel::Campaign => "campaign",
    }
}

fn texts(texts: &[String]) -> Vec<&str> {
    texts.iter().map(String::as_str).collect()
}

/// Credit events.
pub(super) fn credit_events(world: &World, rows: &[Event]) -> PolarsResult<DataFrame> {
    let mut sheet = Sheet::new(world, "credit_events", rows);
    sheet.text(OBJECT_ID, |row| Some(&row.object_id));
    sheet.text(ID_SCHEME, |row| Some(row.scheme));
    sheet.day(("event_on", "发生日期"), |row| row.happened_on)?;
    sheet.day(("known_on", "录入日期"), |row| Some(row.known_on))?;
    sheet.text(("kind", "事件类型"), |row| {
        Some(&world.params.event[row.kind].kind)
    });
    sheet.whole(("amount", "金额"), |row| row.amount);
    sheet.day(("ended_on", "移出日期"), |row| row.ended_on)?;
    sheet.finish()
}

/// What a visit in the window would return, one row per object.
pub(super) fn outcomes(world: &World, rows: &[Hidden]) -> PolarsResult<DataFrame> {
    let mut sheet = Sheet::new(world, "outcomes", rows);
    sheet.text(OBJECT_ID, |row| Some(&row.object.id));
    sheet.text(ID_SCHEME, |row| Some(row.object.scheme));
    sheet.flag(("visited", "是否到达"), |row| {
        Some(row.future.result.visited)
    });
    sheet.flag(("found", "是否发现问题"), |row| {
        Some(row.future.result.found)
    });
    sheet.number(("severity", "严重程度"), |row| {
        Some(row.future.result.severity)
    });
    sheet.list(("result_codes", "检查结果"), |row| {
        texts(&row.future.result.codes)
    });
    sheet.finish()
}

/// A count of what lots prevented.
type Counted = fn(&Prevented) -> i64;

/// What nobody can see, one row per object.
pub(super) fn truth(world: &World, rows: &[Hidden]) -> PolarsResult<DataFrame> {
    let mut sheet = Sheet::new(world, "truth", rows);
    sheet.text(OBJECT_ID, |row| Some(&row.object.id));
    sheet.text(ID_SCHEME, |row| Some(row.object.scheme));
    sheet.flag(("live", "是否存续"), |row| {
        Some(world.params.status[row.object.status].live)
    });
    sheet.number(("frailty", "个体系数"), |row| {
        Some(six(row.object.frailty))
    });
    sheet.number(("intensity", "违规强度"), |row| {
        Some(six(row.object.intensity))
    });
    sheet.number(("deterrence", "威慑系数"), |row| {
        Some(six(row.future.deterrence))
    });
    sheet.number(("reach_probability", "到达概率"), |row| {
        Some(six(row.future.reach_probability))
    });
    sheet.number(("find_probability", "发现概率"), |row| {
        Some(six(row.future.find_probability))
    });
    if world.params.deterrent.is_some() {
        let columns: [(Names, Counted); 5] = [
            (("rounds", "所在轮次"), |one| one.rounds),
            (("events_if_drawn", "若抽中的事件数"), |one| {
                one.events_if_drawn
            }),
            (("events_if_not", "若未抽中的事件数"), |one| {
                one.events_if_not
            }),
            (("any_if_drawn", "若抽中有事件的轮次"), |one| {
                one.any_if_drawn
            }),
            (("any_if_not", "若未抽中有事件的轮次"), |one| {
                one.any_if_not
            }),
        ];
        for (names, of) in columns {
            sheet.whole(names, |row| row.prevented.as_ref().map(of));
        }
    }
    sheet.finish()
}

/// 历次抽取: the frame of every past round, with everybody's probability.
pub(super) fn draws(world: &World, rows: &[(&Object, usize, Lot)]) -> PolarsResult<DataFrame> {
    let rounds = &world.params.round;
    let mut sheet = Sheet::new(world, "draws", rows);
    sheet.text(("draw_id", "抽查任务编号"), |row| {
        Some(&rounds[row.1].draw_id)
    });
    sheet.text(OBJECT_ID, |row| Some(&row.0.id));
    sheet.text(ID_SCHEME, |row| Some(row.0.scheme));
    sheet.day(("drawn_on", "抽取日期"), |row| {
        Some(rounds[row.1].from.days())
    })?;
    sheet.text(("stratum", "抽样层"), |_| None);
    sheet.number(("pi", "入样概率"), |row| Some(rounds[row.1].ratio));
    sheet.flag(("drawn", "是否抽中"), |row| Some(row.2.drawn));
    sheet.text(("stream", "抽样流"), |_| Some("measure"));
    sheet.text(("design", "抽样设计"), |_| Some("poisson"));
    sheet.finish()
}

/// Six decimals.
fn six(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}

/// 执法检查人员名录库.
pub(super) fn inspectors(world: &World, rows: &[Inspector]) -> PolarsResult<DataFrame> {
    let mut sheet = Sheet::new(world, "inspectors", rows);
    sheet.text(INSPECTOR_ID, |row| Some(&row.id));
    sheet.text(("name", "姓名"), |row| Some(&row.name));
    sheet.text(("department", "部门"), |row| {
        Some(&world.params.staff.departments[row.department])
    });
    sheet.text(("office", "所在机构"), |row| {
        Some(&world.offices[row.office])
    });
    sheet.text(("level", "层级"), |row| Some(row.level));
    sheet.text(("staff_kind", "人员种类"), |row| Some(row.staff_kind));
    sheet.list(("certificates", "执法证"), |row| {
        texts(&row.certificates)
    });
    sheet.list(("specialties", "执法专长"), |row| {
        texts(&row.specialties)
    });
    let authority = world.params.register.authority.to_string();
    sheet.text(("region_code", "行政区划代码"), |_| {
        Some(authority.as_str())
    });
    sheet.list(("former_employers", "曾任职单位"), |row| {
        texts(&row.former_employers)
    });
    sheet.flag(("active", "是否有效"), |row| Some(row.active));
    sheet.finish()
}

/// How strict each inspector is.
pub(super) fn inspector_truth(world: &World, rows: &[Inspector]) -> PolarsResult<DataFrame> {
    let mut sheet = Sheet::new(world, "inspector_truth", rows);
    sheet.text(INSPECTOR_ID, |row| Some(&row.id));
    sheet.number(("strictness", "严格系数"), |row| Some(row.strictness));
    sheet.finish()
}

/// Recusals.
pub(super) fn recusals(
    world: &World,
    inspectors: &[Inspector],
    rows: &[Recusal],
) -> PolarsResult<DataFrame> {
    let mut sheet = Sheet::new(world, "recusals", rows);
    sheet.text(INSPECTOR_ID, |row| Some(&inspectors[row.inspector].id));
    sheet.text(OBJECT_ID, |row| Some(&row.object_id));
    sheet.text(ID_SCHEME, |row| Some(row.scheme));
    sheet.text(("reason", "回避理由"), |row| Some(row.reason));
    sheet.finish()
}

/// Days on which inspectors are absent.
pub(super) fn availability(
    world: &World,
    inspectors: &[Inspector],
    rows: &[Absence],
) -> PolarsResult<DataFrame> {
    let mut sheet = Sheet::new(world, "availability", rows);
    sheet.text(INSPECTOR_ID, |row| Some(&inspectors[row.inspector].id));
    sheet.day(("from", "开始日期"), |row| Some(row.from))?;
    sheet.day(("to", "结束日期"), |row| Some(row.to))?;
    sheet.finish()
}

/// 随机抽查事项清单.
pub(super) fn items(world: &World, rows: &[Item]) -> PolarsResult<DataFrame> {
    let mut sheet = Sheet::new(world, "items", rows);
    let filters: Vec<Option<String>> = rows.iter().map(applies_to).collect();
    let filters: StringChunked = filters.into_iter().collect();
    sheet.text(("item_id", "编号"), |row| Some(&row.id));
    sheet.text(("name", "抽查事项名称"), |row| Some(&row.name));
    sheet.text(("department", "抽查主体"), |row| Some(&row.department));
    sheet.text(("category", "事项类别"), |row| Some(&row.category));
    sheet.text(("basis", "抽查依据"), |row| Some(&row.basis));
    sheet.named(("applies_to", "抽查对象"), filters.into_column());
    sheet.number(("ratio_min", "比例下限"), |row| row.ratio_min);
    sheet.number(("ratio_max", "比例上限"), |row| row.ratio_max);
    sheet.text(("ratio_text", "抽查比例"), |row| Some(&row.ratio_text));
    sheet.number(("visits_per_year_min", "频次下限"), |row| {
        row.visits_per_year_min
    });
    sheet.number(("visits_per_year_max", "频次上限"), |row| {
        row.visits_per_year_max
    });
    sheet.text(("frequency_text", "抽查频次"), |row| {
        Some(&row.frequency_text)
    });
    sheet.text(("method", "抽查方式"), |row| Some(&row.method));
    sheet.text(("required_specialty", "检查人员要求"), |row| {
        row.required_specialty.as_deref()
    });
    sheet.finish()
}

/// The objects an item applies to, as SQL over object columns; none means all.
fn applies_to(item: &Item) -> Option<String> {
    let one = |prefix: &String| format!("industry_code LIKE '{prefix}%'");
    (!item.industries.is_empty()).then(|| {
        item.industries
            .iter()
            .map(one)
            .collect::<Vec<_>>()
            .join(" OR ")
    })
}
