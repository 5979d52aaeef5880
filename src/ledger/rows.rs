//! Files of visits and results that people hand in: every bad row is named, and one bad row keeps the whole file out.

use std::collections::BTreeMap;

use super::Error;
use super::sheet::{Column, Sheet};
use crate::units::Day;

/// A visit by a department outside this ledger.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Visit {
    pub(super) object_id: String,
    pub(super) inspected_on: Day,
    pub(super) department: String,
}

/// What the visit of a drawn object found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Outcome {
    pub(super) object_id: String,
    pub(super) inspected_on: Day,
    pub(super) found: bool,
    pub(super) codes: String,
    /// What a second visit found that knew nothing of the first.
    pub(super) second: Option<bool>,
}

/// A drawn target that cannot be inspected.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnusableTarget {
    /// Normalised object id.
    pub object_id: String,
    /// Why, for example 注销 or 失联.
    pub reason: String,
}

#[rustfmt::skip] // one column a line
const OBJECT_ID: Column = Column { name: "object_id", required: true,
    headers: &["统一社会信用代码", "统一社会信用代码/注册号", "注册号/统一社会信用代码", "社会信用代码", "信用代码", "注册号", "检查对象标识"] };
#[rustfmt::skip]
const INSPECTED_ON: Column = Column { name: "inspected_on", required: true, headers: &["检查日期", "抽查日期", "检查时间"] };
#[rustfmt::skip]
const DEPARTMENT: Column = Column { name: "department", required: true, headers: &["检查部门", "部门", "检查机关", "所属部门"] };
#[rustfmt::skip]
const FOUND: Column = Column { name: "found", required: true, headers: &["是否发现问题", "发现问题"] };
#[rustfmt::skip]
const CODES: Column = Column { name: "codes", required: false, headers: &["检查结果", "检查结果代码", "抽查结果", "result_codes"] };
#[rustfmt::skip]
const SECOND: Column = Column { name: "second_found", required: false, headers: &["背靠背复查是否发现问题", "双盲复查是否发现问题"] };

#[rustfmt::skip]
const REASON: Column = Column { name: "reason", required: true, headers: &["原因", "无法检查原因", "替换原因"] };

/// Reads external visits with their lines, ascending: at most one per object, day and department, none after `today`.
pub(super) fn visits(file: &str, bytes: &[u8], today: Day) -> Result<Vec<(Visit, u64)>, Error> {
    let mut sheet = Sheet::new(file);
    let rows = sheet.rows(bytes, &[OBJECT_ID, INSPECTED_ON, DEPARTMENT]);
    let mut seen: BTreeMap<Visit, u64> = BTreeMap::new();
    for row in rows {
        let id = sheet.object_id(&row);
        let day = sheet.day(&row, today);
        let department = sheet.text(&row, 2, "department");
        if let (Some(object_id), Some(inspected_on), Some(department)) = (id, day, department) {
            let visit = Visit {
                object_id,
                inspected_on,
                department,
            };
            sheet.once(&mut seen, visit, row.line, |visit| visit.object_id.clone());
        }
    }
    sheet.finish(seen.into_iter().collect())
}

/// Reads results with their lines: one per object, on a day in `from ..= today`; `refused` says why an object can have none.
pub(super) fn outcomes(
    file: &str,
    bytes: &[u8],
    (from, today): (Day, Day),
    refused: impl Fn(&str) -> Option<&'static str>,
) -> Result<Vec<(Outcome, u64)>, Error> {
    let mut sheet = Sheet::new(file);
    let rows = sheet.rows(bytes, &[OBJECT_ID, INSPECTED_ON, FOUND, CODES, SECOND]);
    let mut seen = BTreeMap::new();
    let mut outcomes = Vec::new();
    for row in rows {
        let id = sheet.object_id(&row);
        if let Some((id, rule)) = id.as_ref().and_then(|id| Some((id, refused(id)?))) {
            sheet.refuse(row.line, "object_id", id, rule);
        }
        let day = sheet.day(&row, today).filter(|&day| {
            if day < from {
                let rule = format!("must not be before {from}, the day of the draw");
                sheet.refuse(row.line, "inspected_on", &row.cells[1], &rule);
            }
            from <= day
        });
        let found = sheet.flag(&row, 2, "found");
        let codes = sheet.text_or_nothing(&row, 3, "codes");
        let second = match row.cells[4].as_str() {
            "" => None,
            _ => sheet.flag(&row, 4, "second_found"),
        };
        if let (Some(object_id), Some(inspected_on), Some(found), Some(codes)) =
            (id, day, found, codes)
        {
            sheet.once(&mut seen, object_id.clone(), row.line, Clone::clone);
            let outcome = Outcome {
                object_id,
                inspected_on,
                found,
                codes,
                second,
            };
            outcomes.push((outcome, row.line));
        }
    }
    sheet.finish(outcomes)
}

/// Reads unusable targets with their lines, one row per object.
pub(super) fn unusable(file: &str, bytes: &[u8]) -> Result<Vec<(UnusableTarget, u64)>, Error> {
    let mut sheet = Sheet::new(file);
    let rows = sheet.rows(bytes, &[OBJECT_ID, REASON]);
    let (mut seen, mut targets) = (BTreeMap::new(), Vec::new());
    for row in rows {
        let id = sheet.object_id(&row);
        let reason = sheet.text(&row, 1, "reason");
        if let (Some(object_id), Some(reason)) = (id, reason) {
            sheet.once(&mut seen, object_id.clone(), row.line, Clone::clone);
            targets.push((UnusableTarget { object_id, reason }, row.line));
        }
    }
    sheet.finish(targets)
}

/// Unusable targets as the ledger keeps them.
#[must_use]
pub fn write_unusable(targets: &[UnusableTarget]) -> Vec<u8> {
    let rows = targets.iter();
    let rows = rows.map(|target| vec![target.object_id.clone(), target.reason.clone()]);
    write(&[OBJECT_ID, REASON], rows)
}

/// The visits as the ledger keeps them.
pub(super) fn write_visits(visits: &[(Visit, u64)]) -> Vec<u8> {
    let rows = visits.iter().map(|(visit, _)| {
        let Visit {
            object_id,
            inspected_on,
            department,
        } = visit;
        vec![
            object_id.clone(),
            inspected_on.to_string(),
            department.clone(),
        ]
    });
    write(&[OBJECT_ID, INSPECTED_ON, DEPARTMENT], rows)
}

/// The results as the ledger keeps them; second visits have their column where there is any.
pub(super) fn write_outcomes(outcomes: &[Outcome]) -> Vec<u8> {
    let mut columns = vec![OBJECT_ID, INSPECTED_ON, FOUND, CODES];
    let has_second = outcomes.iter().any(|outcome| outcome.second.is_some());
    columns.extend(has_second.then_some(SECOND));
    let rows = outcomes.iter().map(|outcome| {
        let mut row = vec![
            outcome.object_id.clone(),
            outcome.inspected_on.to_string(),
            outcome.found.to_string(),
            outcome.codes.clone(),
        ];
        let second = outcome.second.map(|found| found.to_string());
        row.extend(has_second.then(|| second.unwrap_or_default()));
        row
    });
    write(&columns, rows)
}

fn write(columns: &[Column], rows: impl Iterator<Item = Vec<String>>) -> Vec<u8> {
    const MEMORY: &str = "memory takes every row";
    let mut writer = csv::Writer::from_writer(Vec::new());
    let header = columns.iter().map(|column| column.name);
    writer.write_record(header).expect(MEMORY);
    for row in rows {
        writer.write_record(row).expect(MEMORY);
    }
    writer.into_inner().expect(MEMORY)
}

/// The first cell of every row below the heading.
pub(super) fn first_cells(bytes: &[u8]) -> Vec<String> {
    let mut reader = csv::Reader::from_reader(bytes);
    let first = |row: csv::StringRecord| row.get(0).unwrap_or_default().to_owned();
    reader.records().filter_map(Result::ok).map(first).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    fn said(result: Result<Vec<(Visit, u64)>, Error>) -> Vec<String> {
        match result.unwrap_err() {
            Error::Rows(problems) => problems.iter().map(ToString::to_string).collect(),
            other => panic!("{other}"),
        }
    }

    #[test]
    fn chinese_and_english_headers_and_spellings_are_one_file() {
        let today = day("2025-07-01");
        let chinese = "\u{feff}检查部门,检查日期,统一社会信用代码\r\n消防,2025年6月1日,９１a\r\n\r\n消防,20250602,reg15/b\r\n";
        let english = "object_id,inspected_on,department,other\n91A,2025-06-01,消防,1\nreg15/b,2025/6/2,消防,2\n";
        let read = visits("a.csv", chinese.as_bytes(), today).unwrap();
        let plain = |rows: Vec<(Visit, u64)>| -> Vec<Visit> {
            rows.into_iter().map(|(visit, _)| visit).collect()
        };
        let kept = write_visits(&read);
        let read = plain(read);
        assert_eq!(read[0].object_id, "91A");
        for bytes in [english.as_bytes(), &kept] {
            assert_eq!(plain(visits("b.csv", bytes, today).unwrap()), read);
        }
    }

    #[test]
    fn every_bad_row_is_named_with_line_column_value_and_rule() {
        let text = "object_id,inspected_on,department\nA,2025-06-01,x\n\n,2025-13-01,\nA,2025/6/1,x\nB,2025-07-02,y\nC,1\n";
        assert_eq!(
            said(visits("v.csv", text.as_bytes(), day("2025-07-01"))),
            [
                "v.csv: line 7, cells = 2: must have 3 cells, as the header has",
                "v.csv: line 4, object_id = : an object id must not be empty",
                "v.csv: line 4, inspected_on = 2025-13-01: must be a day, like 2025-06-30, 2025/6/30, 20250630 or 2025年6月30日",
                "v.csv: line 4, department = : must not be empty",
                "v.csv: line 5, object_id = A: the same row must stand once, it is line 2 already",
                "v.csv: line 6, inspected_on = 2025-07-02: must not be after today, 2025-07-01",
            ]
        );
    }

    #[test]
    fn a_file_that_is_no_table_of_visits_is_refused() {
        let today = day("2025-07-01");
        let gbk = [b"object_id\n".as_slice(), &[0xd6, 0xd0]].concat();
        assert!(said(visits("v.csv", &gbk, today))[0].starts_with("v.csv: line 2, text"));
        assert!(said(visits("v.csv", b"", today))[0].contains("without a row"));
        let found = said(visits("v.csv", b"object_id,department\nA,x\n", today));
        assert!(found[0].contains("inspected_on or 检查日期"), "{found:?}");
        let found = said(visits(
            "v.csv",
            "object_id,注册号,inspected_on,department\n".as_bytes(),
            today,
        ));
        assert!(found[0].ends_with("a column must stand once"), "{found:?}");
    }

    #[test]
    fn a_result_lies_between_draw_and_today_and_says_whether_it_found() {
        let read = |text: &str| {
            outcomes(
                "r.csv",
                text.as_bytes(),
                (day("2025-06-10"), day("2025-07-01")),
                |_| None,
            )
        };
        let good = read("注册号,检查日期,是否发现问题\na,2025-06-10,是\nb,2025-07-01,0\n").unwrap();
        assert!(good[0].0.found && !good[1].0.found);
        let kept: Vec<Outcome> = good.into_iter().map(|(outcome, _)| outcome).collect();
        let again = read(&String::from_utf8(write_outcomes(&kept)).unwrap()).unwrap();
        assert_eq!(again[1].0, kept[1]);
        let twice = read(
            "object_id,inspected_on,found,second_found\na,2025-06-10,是,否\nb,2025-07-01,0,\n",
        )
        .unwrap();
        assert_eq!((twice[0].0.second, twice[1].0.second), (Some(false), None));
        let twice: Vec<Outcome> = twice.into_iter().map(|(outcome, _)| outcome).collect();
        let again = read(&String::from_utf8(write_outcomes(&twice)).unwrap()).unwrap();
        assert_eq!((&again[0].0, &again[1].0), (&twice[0], &twice[1]));
        assert!(read("object_id,inspected_on,found,second_found\na,2025-06-10,是,也许\n").is_err());
        for bad in [
            "a,2025-06-09,1",
            "a,2025-06-10,?",
            "a,2025-06-10,1\nA,2025-06-11,1",
        ] {
            assert!(read(&format!("object_id,inspected_on,found\n{bad}\n")).is_err());
        }
    }
}
