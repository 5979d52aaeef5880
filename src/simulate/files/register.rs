//! 检查对象名录库 as the townships and departments keep it: one file each, no two alike.

use super::book::{Book, Form, Parcel};
use super::cells::{Pen, Row};
use super::county::{County, SHAPES, Shape};
use super::grid::{Fate, Frame, Grid, Head, Line, Reference};
use super::layout::{self, Layout, Of};
use super::plant::Plants;
use super::spell::Tally;
use super::text::{Dialect, Encoding};

const FOLDER: &str = "检查对象";
const TITLE: &str = "馆陶县“双随机、一公开”检查对象名录库（合成数据）";
const HINT: &str = "填报说明：请勿改动表头；日期格式为2017-03-07；“长期有效”填9999-09-09。";
const FOOT: &[&[&str]] = &[
    &["合计", "（户数见汇总表）"],
    &["制表人：合成    审核人：合成    填表日期：2025年1月2日"],
];
const EXAMPLE: &[&str] = &[
    "案例（请删除）",
    "91130433MY00000000",
    "馆陶县某某商贸有限公司",
    "企业",
    "存续",
    "2017-03-07",
];
const GUIDE: &[&[&str]] = &[
    &["填表说明"],
    &["一、本表由各市场监管所填报，每月25日前报送。"],
    &["二、主体类别：企业、个体户、农专社；登记状态以登记系统为准。"],
];
const WORD_LIST: &[&[&str]] = &[
    &["代码", "名称"],
    &["1", "企业"],
    &["2", "农专社"],
    &["3", "个体户"],
];

/// The files of the register.
pub(super) fn parcels(county: &County, plants: &Plants, tally: &mut Tally) -> Vec<Parcel> {
    let towns = &county.world.params.town;
    let mut pen = Pen {
        county,
        plants,
        tally,
    };
    let mut parcels: Vec<Parcel> = (0..towns.len())
        .map(|town| Parcel::One(pen.town(town)))
        .collect();
    parcels.push(pen.departments());
    parcels
}

impl Pen<'_> {
    fn town(&mut self, town: usize) -> Book {
        let shape = SHAPES[town % SHAPES.len()];
        let (county, name) = (self.county, &self.county.world.params.town[town].name);
        let here = |index: &usize| {
            county.objects[*index].town == town && county.shape_of(*index).is_some()
        };
        let rows: Vec<usize> = (0..county.objects.len()).filter(here).collect();
        let layout = layout::of(shape);
        let dialect = |delimiter, encoding, newline| Dialect {
            delimiter,
            encoding,
            newline,
        };
        let frame = Frame {
            sheet: name,
            table: "objects",
            ..Frame::default()
        };
        let titled = Frame {
            above: &[TITLE],
            below: FOOT,
            ..frame.clone()
        };
        let (file, form, grids) = match shape {
            Shape::TwoSheets => (
                format!("{name}.xlsx"),
                Form::Xlsx,
                self.two_sheets(rows, &titled),
            ),
            Shape::Gb18030 => {
                let form = Form::Text(dialect(',', Encoding::Gb18030, "\r\n"));
                (
                    format!("{name}.csv"),
                    form,
                    vec![self.grid(&titled, &layout, &rows)],
                )
            }
            Shape::TwoCodes => {
                let form = Form::Text(dialect(',', Encoding::Utf8Bom, "\n"));
                (
                    format!("{name}_系统导出.csv"),
                    form,
                    vec![self.grid(&frame, &layout, &rows)],
                )
            }
            Shape::SpreadsheetMl => (
                format!("{name}.xls"),
                Form::SpreadsheetMl,
                vec![self.grid(&titled, &layout, &rows)],
            ),
            Shape::Html => {
                let merged = Frame {
                    merged_column: column_of(&layout, Of::Office),
                    ..titled
                };
                (
                    format!("{name}.xls"),
                    Form::Html(Encoding::Gb18030),
                    vec![self.grid(&merged, &layout, &rows)],
                )
            }
            Shape::Biff => (
                format!("{name}.xls"),
                Form::Biff,
                vec![self.grid(&titled, &layout, &rows)],
            ),
            Shape::Gzip => {
                let mut grid = self.grid(&frame, &layout, &rows);
                self.under_old_numbers(&mut grid, &layout);
                (
                    format!("{name}.txt.gz"),
                    Form::Gzip(dialect('\t', Encoding::Utf8, "\n")),
                    vec![grid],
                )
            }
            Shape::Unicode => {
                let form = Form::Text(dialect('\t', Encoding::Utf16, "\r\n"));
                (
                    format!("{name}.txt"),
                    form,
                    vec![self.grid(&frame, &layout, &rows)],
                )
            }
        };
        Book {
            path: format!("{FOLDER}/{:02}_{file}", town + 1),
            form,
            grids,
        }
    }

    /// The first kind of the world on one sheet, the others on another, and two sheets that hold no register.
    fn two_sheets(&mut self, rows: Vec<usize>, titled: &Frame) -> Vec<Grid> {
        let firms = |index: &usize| self.county.objects[*index].kind == 0;
        let (firms, others): (Vec<usize>, Vec<usize>) = rows.into_iter().partition(firms);
        let grouped = layout::of(Shape::TwoSheets);
        let first = Frame {
            sheet: "企业",
            above: &[TITLE, HINT],
            example: EXAMPLE,
            merged_column: column_of(&grouped, Of::Office),
            ..titled.clone()
        };
        let second = Frame {
            sheet: "个体和农专",
            above: &[],
            below: &[],
            ..titled.clone()
        };
        vec![
            Grid::of_sentences("填表说明", false, GUIDE),
            self.grid(&first, &grouped, &firms),
            self.grid(&second, &layout::SECOND, &others),
            Grid::of_sentences("字典", true, WORD_LIST),
        ]
    }

    /// What departments keep (非市场主体), and the numbers from before the 15-digit standard, in one archive.
    fn departments(&mut self) -> Parcel {
        let county = self.county;
        let mut books: Vec<Book> = Vec::new();
        let old: Vec<usize> = (0..county.objects.len())
            .filter(|&index| county.is_legacy(index))
            .collect();
        let comma = Dialect {
            delimiter: ';',
            encoding: Encoding::Gb18030,
            newline: "\r\n",
        };
        let frame = |sheet| Frame {
            sheet,
            table: "objects",
            ..Frame::default()
        };
        books.push(Book {
            path: "旧注册号主体.csv".to_owned(),
            form: Form::Text(comma),
            grids: vec![self.grid(&frame("旧注册号"), &layout::OLD_NUMBERS, &old)],
        });
        for (turn, (department, rows)) in by_department(county).into_iter().enumerate() {
            let grids = vec![self.grid(&frame("名录"), &layout::DEPARTMENTS, &rows)];
            let (ending, form) = match turn % 3 {
                0 => ("csv", Form::Text(comma)),
                1 => ("xlsx", Form::Xlsx),
                _ => ("xls", Form::Html(Encoding::Utf8)),
            };
            books.push(Book {
                path: format!("{department}/{department}报送.{ending}"),
                form,
                grids,
            });
        }
        Parcel::Zip {
            path: format!("{FOLDER}/90_部门报送.zip"),
            books,
        }
    }

    fn grid(&mut self, frame: &Frame, layout: &Layout, rows: &[usize]) -> Grid {
        let lines = rows
            .iter()
            .zip(1..)
            .map(|(&index, serial)| self.line(layout, index, serial))
            .collect();
        frame.around(layout.columns, lines)
    }

    /// Further rows under the old 注册号 of objects that stand elsewhere.
    fn under_old_numbers(&mut self, grid: &mut Grid, layout: &Layout) {
        for (&index, serial) in self.plants.alias_rows.iter().zip(grid.rows + 1..) {
            let mut object = self.county.objects[index].clone();
            let alias = self.plants.aliases[&object.id].clone();
            object.written_id.clone_from(&alias);
            object.id.clone_from(&alias);
            let row = Row {
                object: &object,
                plant: None,
                serial,
                layout,
            };
            self.tally.add("row under an old 注册号");
            grid.lines.push(Line {
                cells: layout
                    .columns
                    .iter()
                    .map(|column| self.cell(&row, column.of))
                    .collect(),
                fate: Some(Fate {
                    table: "objects",
                    rule: "object-alias",
                    column: None,
                    row: alias,
                    reference: Reference::Absent,
                }),
            });
            grid.rows += 1;
        }
    }
}

fn column_of(layout: &Layout, of: Of) -> Option<usize> {
    layout
        .columns
        .iter()
        .position(|column: &Head<Of>| column.of == of)
}

/// Rows of non-market objects by the first department of their industry, in the order the departments come up.
fn by_department(county: &County) -> Vec<(String, Vec<usize>)> {
    let mut found: Vec<(String, Vec<usize>)> = Vec::new();
    for index in (0..county.objects.len())
        .filter(|&index| county.is_non_market(index) && !county.is_legacy(index))
    {
        let industry = &county.world.params.industry[county.objects[index].industry];
        let department = industry
            .departments
            .first()
            .map_or("其他部门", String::as_str);
        match found.iter_mut().find(|(name, _)| name == department) {
            Some((_, rows)) => rows.push(index),
            None => found.push((department.to_owned(), vec![index])),
        }
    }
    found.sort();
    found
}
