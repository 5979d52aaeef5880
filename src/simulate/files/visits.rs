//! 抽查检查结果 in three generations of result codes and in words: by number, by text, and as a mark under grouped headers.

use super::book::{Book, Form, Parcel};
use super::county::{County, named};
use super::grid::{Cell, Frame, Head, Line, head, under};
use super::plant::{FactPlant, Plants};
use super::spell::{self, IN_SHEET, IN_TEXT, OF_TIMES, Tally};
use super::text::{Dialect, Encoding};
use crate::simulate::history::{Channel, Visit};
use crate::units::Day;

const FOLDER: &str = "检查结果";
/// The item whose visits the first generation of codes was made for.
const PUBLISHED: &str = "公示信息";
const MARKS: [&str; 4] = ["1", "√", "是", "1"];

/// What a column of a result file shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Of {
    Serial,
    Visit,
    Code,
    Scheme,
    Name,
    Item,
    Inspected,
    Known,
    Visited,
    Results,
    /// A mark where the visit has this result (second generation).
    Mark(&'static str),
    Found,
    Severity,
    Inspectors,
    Channel,
    Draw,
}

/// How a file writes results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Generation {
    /// 公示信息抽查, nine codes.
    First,
    /// 综合抽查.
    Second,
    /// The second in words.
    Words,
    /// A mark under one header per result.
    Grouped,
}

const FIRST: &[Head<Of>] = &[
    head("检查编号", Of::Visit),
    head("注册号/统一社会信用代码", Of::Code),
    head("企业名称", Of::Name),
    head("抽查事项编号", Of::Item),
    head("抽查日期", Of::Inspected),
    head("公示日期", Of::Known),
    head("是否检查", Of::Visited),
    head("抽查结果", Of::Results),
    head("是否发现问题", Of::Found),
    head("严重程度", Of::Severity),
    head("执法人员", Of::Inspectors),
    head("检查来源", Of::Channel),
    head("抽查任务编号", Of::Draw),
];

const SECOND: &[Head<Of>] = &[
    head("检查编号", Of::Visit),
    head("统一社会信用代码/注册号", Of::Code),
    head("代码类型", Of::Scheme),
    head("企业名称", Of::Name),
    head("抽查事项编号", Of::Item),
    head("检查日期", Of::Inspected),
    head("公示日期", Of::Known),
    head("是否到场", Of::Visited),
    head("检查结果", Of::Results),
    head("是否发现问题", Of::Found),
    head("严重程度", Of::Severity),
    head("检查人员", Of::Inspectors),
    head("检查来源", Of::Channel),
    head("抽查任务编号", Of::Draw),
];

const GROUPED: &[Head<Of>] = &[
    head("序号", Of::Serial),
    head("检查编号", Of::Visit),
    head("统一社会信用代码/注册号", Of::Code),
    head("企业名称", Of::Name),
    head("抽查事项编号", Of::Item),
    head("检查日期", Of::Inspected),
    head("公示日期", Of::Known),
    head("是否到场", Of::Visited),
    head("未发现问题", Of::Mark("1")),
    head("发现问题已责令改正", Of::Mark("E")),
    head("未发现开展本次抽查涉及的经营活动", Of::Mark("F")),
    head("已关闭停业或正在组织清算", Of::Mark("7")),
    head("不配合检查情节严重", Of::Mark("8")),
    under(
        "发现问题待后续处理",
        "未按规定公示应当公示的信息",
        Of::Mark("B"),
    ),
    under(
        "发现问题待后续处理",
        "公示信息隐瞒真实情况弄虚作假",
        Of::Mark("C"),
    ),
    under(
        "发现问题待后续处理",
        "通过登记的住所（经营场所）无法联系",
        Of::Mark("6"),
    ),
    under(
        "发现问题待后续处理",
        "违反其他工商行政管理规定行为",
        Of::Mark("D"),
    ),
    under(
        "发现问题待后续处理",
        "违反食品药品管理相关规定",
        Of::Mark("3"),
    ),
    under(
        "发现问题待后续处理",
        "违反质量技术监督相关规定",
        Of::Mark("4"),
    ),
    under("发现问题待后续处理", "违反其他部门相关规定", Of::Mark("5")),
    head("是否发现问题", Of::Found),
    head("严重程度", Of::Severity),
    head("检查人员", Of::Inspectors),
    head("检查来源", Of::Channel),
    head("抽查任务编号", Of::Draw),
];

/// Second-generation codes with their words and, where there is one, their first-generation code.
const CODES: [(&str, &str, &str); 17] = [
    ("1", "未发现问题", "1"),
    ("3", "违反食品药品管理相关规定", ""),
    ("4", "违反质量技术监督相关规定", ""),
    ("5", "违反其他部门相关规定", ""),
    ("6", "通过登记的住所（经营场所）无法联系", "4"),
    ("7", "已关闭停业或正在组织清算", ""),
    ("8", "不配合检查情节严重", "6"),
    ("9", "注销", "7"),
    ("10", "被吊销", "8"),
    ("11", "被撤销", "9"),
    ("12", "迁出", ""),
    ("B", "未按规定公示应当公示的信息", "2"),
    ("C", "公示信息隐瞒真实情况弄虚作假", "5"),
    ("D", "违反其他工商行政管理规定行为", ""),
    ("E", "发现问题经责令已改正", ""),
    ("F", "未发现开展本次抽查涉及的经营活动", ""),
    ("G", "违反公安部门相关规定", ""),
];

/// The result files.
pub(super) fn parcels(county: &County, plants: &Plants, tally: &mut Tally) -> Vec<Parcel> {
    let mut pen = Pen {
        county,
        plants,
        tally,
    };
    let text = |encoding| {
        Form::Text(Dialect {
            delimiter: ',',
            encoding,
            newline: "\r\n",
        })
    };
    let first = pen.book(
        "公示信息抽查结果.csv",
        text(Encoding::Gb18030),
        Generation::First,
        FIRST,
    );
    let grouped = pen.book(
        "2022年检查结果汇总表.xlsx",
        Form::Xlsx,
        Generation::Grouped,
        GROUPED,
    );
    let words = pen.book(
        "2023年检查结果导出.xlsx",
        Form::SpreadsheetMl,
        Generation::Words,
        FIRST,
    );
    let second = pen.book(
        "综合抽查结果.csv",
        text(Encoding::Utf8),
        Generation::Second,
        SECOND,
    );
    let one = |book: Book| {
        let path = format!("{FOLDER}/{}", book.path);
        Parcel::One(Book { path, ..book })
    };
    let zipped = Parcel::Zip {
        path: format!("{FOLDER}/综合抽查结果.zip"),
        books: vec![second],
    };
    vec![one(first), one(grouped), one(words), zipped]
}

struct Pen<'a> {
    county: &'a County<'a>,
    plants: &'a Plants,
    tally: &'a mut Tally,
}

impl Pen<'_> {
    fn book(
        &mut self,
        path: &str,
        form: Form,
        generation: Generation,
        columns: &[Head<Of>],
    ) -> Book {
        let county = self.county;
        let here = |(_, visit): &(usize, &Visit)| generation_of(county, visit) == generation;
        let rows = county.visits.iter().enumerate().filter(here).zip(1..);
        let lines: Vec<Line> = rows
            .map(|((index, visit), serial)| Line {
                cells: columns
                    .iter()
                    .map(|column| self.cell(index, visit, serial, generation, column.of))
                    .collect(),
                fate: county.visit_fate(index, self.plants),
            })
            .collect();
        let titled = generation == Generation::Grouped;
        let frame = Frame {
            sheet: "检查结果",
            above: if titled {
                &[
                    "2022年度双随机抽查检查结果汇总表（合成数据）",
                    "单位：馆陶县市场监督管理局",
                ]
            } else {
                &[]
            },
            below: if titled {
                &[&["注：本表由各所汇总。"]]
            } else {
                &[]
            },
            table: "inspections",
            ..Frame::default()
        };
        Book {
            path: path.to_owned(),
            form,
            grids: vec![frame.around(columns, lines)],
        }
    }

    fn cell(
        &mut self,
        index: usize,
        visit: &Visit,
        turn: usize,
        generation: Generation,
        of: Of,
    ) -> Cell {
        let (county, plant) = (self.county, self.plants.visits.get(&index).copied());
        let params = &county.world.params;
        let forms = if matches!(generation, Generation::Grouped | Generation::Words) {
            IN_SHEET
        } else {
            IN_TEXT
        };
        match of {
            Of::Serial => Cell::Text(turn.to_string()),
            Of::Visit => Cell::text(&visit.id),
            Of::Code => Cell::Text(named(
                &visit.object_id,
                plant,
                turn,
                self.plants,
                self.tally,
            )),
            Of::Scheme => Cell::text(visit.scheme),
            Of::Name => Cell::text(county.name_of(&visit.object_id)),
            Of::Item => Cell::text(&params.item[visit.item].id),
            Of::Inspected if plant == Some(FactPlant::Unreadable) => {
                self.tally.add("检查日期 that is no day");
                Cell::text("2023年春季")
            }
            Of::Inspected => match visit.inspected_on {
                Some(days) => spell::day(days, forms, turn, self.tally),
                None => Cell::Empty,
            },
            Of::Known => spell::day(visit.known_on, OF_TIMES, turn, self.tally),
            Of::Visited => spell::flag(visit.result.visited, turn),
            Of::Results => self.results(&visit.result.codes, generation, turn),
            Of::Mark(code) if visit.result.codes.iter().any(|own| own == code) => {
                self.tally.add("result as a mark");
                Cell::text(MARKS[turn % MARKS.len()])
            }
            Of::Found if visit.result.visited => spell::flag(visit.result.found, turn),
            Of::Severity if visit.result.visited => Cell::Text(visit.result.severity.to_string()),
            Of::Mark(_) | Of::Found | Of::Severity => Cell::Empty,
            Of::Inspectors => {
                let ids = visit
                    .inspectors
                    .map(|at| county.staff.inspectors[at].id.as_str());
                spell::list(&ids, turn, self.tally)
            }
            Of::Channel => Cell::text(match visit.channel {
                Channel::Draw(_) => "双随机抽查",
                Channel::Complaint => "投诉举报核查",
                Channel::Campaign => "专项检查",
            }),
            Of::Draw => match visit.channel {
                Channel::Draw(round) => Cell::text(&params.round[round].draw_id),
                _ => Cell::Empty,
            },
        }
    }

    fn results(&mut self, codes: &[String], generation: Generation, turn: usize) -> Cell {
        self.tally.add(match generation {
            Generation::First => "result of the first generation",
            Generation::Words => "result in words",
            _ => "result of the second generation",
        });
        let written: Vec<&str> = codes
            .iter()
            .map(|code| match (generation, known(code)) {
                (Generation::First, Some((_, _, first))) => first,
                (Generation::Words, Some((_, words, _))) => words,
                _ => code.as_str(),
            })
            .collect();
        spell::list(&written, turn, self.tally)
    }
}

fn known(code: &str) -> Option<(&'static str, &'static str, &'static str)> {
    CODES.into_iter().find(|known| known.0 == code)
}

/// The file of a visit: the first generation until 2021 where it can say the result, grouped in 2022, words in 2023.
fn generation_of(county: &County, visit: &Visit) -> Generation {
    let year = visit
        .inspected_on
        .map_or(0, |days| Day::from_days(days).year());
    let codes = &visit.result.codes;
    let in_first = || {
        codes
            .iter()
            .all(|code| known(code).is_some_and(|known| !known.2.is_empty()))
    };
    let grouped = |code: &String| {
        GROUPED
            .iter()
            .any(|column| column.of == Of::Mark(known(code).map_or("", |known| known.0)))
    };
    let published = county.world.params.item[visit.item]
        .name
        .contains(PUBLISHED);
    match year {
        _ if visit.scheme == "legacy" => Generation::Second,
        1..=2021 if published && in_first() => Generation::First,
        2022 if codes.iter().all(grouped) => Generation::Grouped,
        2023 if codes.iter().all(|code| known(code).is_some()) => Generation::Words,
        _ => Generation::Second,
    }
}
