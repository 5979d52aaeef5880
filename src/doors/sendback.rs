//! What an office gets back: its refused rows, one workbook and one CSV per source, to correct and send again; and what was
//! found on accepted rows.
//!
//! `refused/` has the source's own columns, then 行号, 规则, 原因, which are ignored when the file is read again.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use super::{cannot, make};
use crate::error::Error;
use crate::ingest::{self, RefusedRow, RefusedShape, Snapshot, empties_a_cell};
use crate::registers::{self, Notice};
use crate::report::{self, Lang};
use crate::sheets::{self, Column, ColumnKind, CsvText, Sheet, Value};

/// Folder of the refused rows.
pub(super) const REFUSED: &str = "refused";
/// Columns behind the source's own.
const BEHIND: [&str; 3] = ["行号", "规则", "原因"];
/// Columns of a finding before those behind.
const FINDING: [&str; 3] = ["统一社会信用代码/注册号", "列", "值"];

/// Rows of one source in its own shape.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Sendback {
    /// The file, as the job names it.
    source: String,
    /// Its sheet, where it has sheets.
    sheet: Option<String>,
    /// Its columns.
    headers: Vec<String>,
    /// Its rows, in their order.
    rows: Vec<RefusedRow>,
    /// Whether the rows are accepted ones, and what stands here was found on them.
    found: bool,
}

/// Writes what goes back of `snapshot` below `folder`: `refused/` and `findings/`, each where there is something. Returns
/// what a reader should know.
pub(super) fn save(snapshot: &Snapshot, folder: &Path, lang: Lang) -> Result<Vec<String>, Error> {
    let mut notes = save_refused(snapshot.refused_shapes(), folder, lang)?;
    let mut found = Desk::new(&folder.join("findings"), lang);
    registers::finding_rows(snapshot, |row| found.add(row))?;
    notes.extend(found.finish()?);
    Ok(notes)
}

/// Writes `refused/` below `folder`, where there are refused rows. Returns what a reader should know.
pub(super) fn save_refused(
    shapes: impl Iterator<Item = Result<RefusedShape, ingest::Error>>,
    folder: &Path,
    lang: Lang,
) -> Result<Vec<String>, Error> {
    let mut refused = Desk::new(&folder.join(REFUSED), lang);
    for shape in shapes {
        let shape = shape?;
        refused.write(&Sendback {
            source: shape.source,
            sheet: shape.sheet,
            headers: shape.headers,
            rows: shape.rows,
            found: false,
        })?;
    }
    refused.finish()
}

/// Findings of one source that its workbook shows; all of them stand in `findings.csv`.
const FINDINGS_SHOWN: usize = 100_000;

/// A folder of workbooks and CSVs, one source in memory at a time.
struct Desk {
    folder: PathBuf,
    lang: Lang,
    taken: BTreeSet<String>,
    notes: Vec<String>,
    /// The source whose rows come in.
    current: Sendback,
    /// Findings of that source beyond those that are shown.
    beyond: usize,
    broken: Option<Error>,
}

impl Desk {
    fn new(folder: &Path, lang: Lang) -> Self {
        Self {
            folder: folder.to_owned(),
            lang,
            taken: BTreeSet::new(),
            notes: Vec::new(),
            current: Sendback::default(),
            beyond: 0,
            broken: None,
        }
    }

    /// Adds a finding of a table that keeps the rows of a source together.
    fn add(&mut self, row: Notice<'_>) {
        let sheet = Some(row.sheet).filter(|sheet| !sheet.is_empty());
        if self.current.source != row.source || self.current.sheet.as_deref() != sheet {
            self.put_away();
            self.current = Sendback {
                source: row.source.to_owned(),
                sheet: sheet.map(str::to_owned),
                headers: FINDING.map(str::to_owned).to_vec(),
                rows: Vec::new(),
                found: true,
            };
        }
        if self.current.rows.len() == FINDINGS_SHOWN {
            self.beyond += 1;
            return;
        }
        let cells = [row.object_id, row.column, row.value];
        self.current.rows.push(RefusedRow {
            line: row.line,
            cells: cells.map(|cell| Some(cell.to_owned())).to_vec(),
            rule: row.rule.to_owned(),
            column: row.column.to_owned(),
            value: row.value.to_owned(),
            more: Vec::new(),
            kept: None,
            message: row.message.to_owned(),
        });
    }

    fn put_away(&mut self) {
        let source = std::mem::take(&mut self.current);
        let beyond = std::mem::take(&mut self.beyond);
        if beyond > 0 {
            self.notes.push(format!(
                "findings/: of the findings on \"{}\" the first {FINDINGS_SHOWN} are shown, {beyond} more stand in findings.csv",
                source.source
            ));
        }
        if self.broken.is_none() {
            self.broken = self.write(&source).err();
        }
    }

    /// Writes one workbook and one CSV, if the source has rows.
    fn write(&mut self, source: &Sendback) -> Result<(), Error> {
        if source.rows.is_empty() {
            return Ok(());
        }
        make(&self.folder)?;
        let name = free_name(source, &mut self.taken);
        let sheet = sheet(source, self.lang);
        let path = self.folder.join(format!("{name}.csv"));
        write_csv(&sheet, &path).map_err(cannot("write", &path))?;
        let tabs = [sheet];
        let limits = sheets::limits(&tabs).into_iter();
        self.notes
            .extend(limits.map(|note| format!("{name}.xlsx: {note}")));
        let path = self.folder.join(format!("{name}.xlsx"));
        fs::write(&path, sheets::workbook(&tabs)?).map_err(cannot("write", &path))
    }

    fn finish(mut self) -> Result<Vec<String>, Error> {
        self.put_away();
        self.broken.map_or(Ok(self.notes), Err)
    }
}

fn sheet(source: &Sendback, lang: Lang) -> Sheet {
    let own = source.headers.iter();
    let own = own.map(|header| Column::new(header, ColumnKind::Text));
    let behind = BEHIND.iter().map(|header| {
        let is_line = *header == BEHIND[0];
        let kind = if is_line {
            ColumnKind::Count
        } else {
            ColumnKind::Text
        };
        Column::new(*header, kind)
    });
    let name = source.sheet.as_deref().unwrap_or(stem(&source.source));
    Sheet {
        name: sheets::tab_name(name),
        columns: own.chain(behind).collect(),
        rows: source
            .rows
            .iter()
            .map(|row| cells(source, row, lang))
            .collect(),
    }
}

#[allow(clippy::cast_precision_loss, reason = "lines of a file lie below 2^53")]
fn cells(source: &Sendback, row: &RefusedRow, lang: Lang) -> Vec<Value> {
    let own = row.cells.iter().cloned().map(|cell| match cell {
        Some(text) if !text.is_empty() => Value::Text(text),
        _ => Value::Empty,
    });
    let width = source.headers.len();
    let own = own.chain(std::iter::repeat(Value::Empty)).take(width);
    let rule = &row.rule;
    let named = report::rule_name(rule, lang);
    let named = if named == rule {
        rule.clone()
    } else {
        format!("{named} ({rule})")
    };
    let reason = reason(row, source.found, lang);
    let behind = [
        Value::Number(row.line as f64),
        Value::Text(named),
        Value::Text(reason),
    ];
    own.chain(behind).collect()
}

/// Which cells are meant and what to do, in the reader's language; else what the reading room said.
fn reason(row: &RefusedRow, found: bool, lang: Lang) -> String {
    let Some(first) = advice(&row.rule, &row.column, &row.value, lang) else {
        return row.message.clone();
    };
    let mut reason = first;
    if found && empties_a_cell(&row.rule) {
        reason.push_str("；本行照收，此格按空白处理");
    }
    if let Some(kept) = &row.kept {
        let said = format!("，保留的是 {} 第 {} 行", kept.place, kept.line);
        reason.push_str(&said);
    }
    for fault in &row.more {
        reason.push_str("；另：");
        let said = advice(&fault.rule, &fault.column, &fault.value, lang);
        reason.push_str(&said.unwrap_or_else(|| fault.rule.clone()));
    }
    reason
}

fn advice(rule: &str, column: &str, value: &str, lang: Lang) -> Option<String> {
    let advice = report::rule_advice(rule, lang)?;
    Some(match (column, value) {
        ("", _) => advice.to_owned(),
        (column, "") => format!("“{column}”：{advice}"),
        (column, value) => format!("“{column}”写作“{value}”：{advice}"),
    })
}

fn write_csv(sheet: &Sheet, path: &Path) -> std::io::Result<()> {
    let headers = sheet.columns.iter().map(|column| column.header.as_str());
    let mut csv = CsvText::begin(BufWriter::new(File::create(path)?), headers)?;
    for row in &sheet.rows {
        csv.row(row)?;
    }
    csv.finish().map(drop)
}

/// The file name of a source without folders and extension.
fn stem(source: &str) -> &str {
    let name = source.rsplit(['/', '\\']).next().unwrap_or(source);
    match name.rsplit_once('.') {
        Some((stem, _)) if !stem.is_empty() => stem,
        _ => name,
    }
}

/// A file name for the source that no other has, in any spelling.
fn free_name(source: &Sendback, taken: &mut BTreeSet<String>) -> String {
    let refused =
        |c: char| c.is_control() || ['/', '\\', ':', '*', '?', '"', '<', '>', '|'].contains(&c);
    let mut name = stem(&source.source).to_owned();
    if let Some(sheet) = &source.sheet {
        name = format!("{name}-{sheet}");
    }
    let name: String = name
        .chars()
        .map(|c| if refused(c) { '_' } else { c })
        .take(80)
        .collect();
    let name = name.trim_matches([' ', '.']).to_owned();
    let numbered = (2..).map(|n| format!("{name}-{n}"));
    let free = std::iter::once(name.clone())
        .chain(numbered)
        .find(|name| !name.is_empty() && taken.insert(name.to_lowercase()));
    free.unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::{Fault, Kept};

    fn source(source: &str) -> Sendback {
        Sendback {
            source: source.to_owned(),
            headers: vec!["统一社会信用代码".to_owned(), "成立日期".to_owned()],
            rows: vec![RefusedRow {
                line: 7,
                cells: vec![Some("130433000012345".to_owned()), None],
                rule: "date-unparsable".to_owned(),
                column: "成立日期".to_owned(),
                value: "去年".to_owned(),
                more: Vec::new(),
                kept: None,
                message: String::new(),
            }],
            ..Sendback::default()
        }
    }

    #[test]
    fn refused_rows_go_back_in_the_shape_they_came_in() {
        let place = tempfile::tempdir().unwrap();
        let mut desk = Desk::new(place.path(), Lang::Zh);
        desk.write(&source("数据/名录.xls")).unwrap();
        let notes = desk.finish().unwrap();
        assert_eq!(notes, [""; 0]);
        let csv = fs::read_to_string(place.path().join("名录.csv")).unwrap();
        let expected = "\u{feff}统一社会信用代码,成立日期,行号,规则,原因\r\n130433000012345\t,,7,日期无法识别 (date-unparsable),“成立日期”写作“去年”：不是完整的日期，请写到日，例如 2024-01-01\r\n";
        assert_eq!(csv, expected);
        let xlsx = fs::read(place.path().join("名录.xlsx")).unwrap();
        assert!(xlsx.starts_with(b"PK"));
    }

    #[test]
    fn a_reason_names_every_fault_and_the_row_that_is_kept() {
        let row = RefusedRow {
            rule: "object-duplicate".to_owned(),
            column: "统一社会信用代码".to_owned(),
            value: "A1".to_owned(),
            more: vec![Fault {
                rule: "negative".to_owned(),
                column: "注册资本".to_owned(),
                value: "-1".to_owned(),
            }],
            kept: Some(Kept {
                place: "\"名录.csv\"".to_owned(),
                line: 3,
            }),
            ..source("名录.csv").rows.remove(0)
        };
        assert_eq!(
            reason(&row, false, Lang::Zh),
            "“统一社会信用代码”写作“A1”：同一户出现多次，只保留一行，保留的是 \"名录.csv\" 第 3 行；另：“注册资本”写作“-1”：不能为负数"
        );
        let day = source("名录.csv").rows.remove(0);
        assert!(reason(&day, true, Lang::Zh).ends_with("；本行照收，此格按空白处理"));
    }

    #[test]
    fn two_sources_of_one_name_get_two_files() {
        let place = tempfile::tempdir().unwrap();
        let sheet = Sendback {
            sheet: Some("个体/户".to_owned()),
            ..source("c/名录.xlsx")
        };
        let empty = Sendback {
            rows: Vec::new(),
            ..source("无.csv")
        };
        let all = [source("a/名录.xls"), source("b/名录.CSV"), sheet, empty];
        let mut desk = Desk::new(place.path(), Lang::Zh);
        for one in &all {
            desk.write(one).unwrap();
        }
        let mut names: Vec<String> = fs::read_dir(place.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| !name.contains("xlsx"))
            .collect();
        names.sort();
        assert_eq!(names, ["名录-2.csv", "名录-个体_户.csv", "名录.csv"]);
    }
}
