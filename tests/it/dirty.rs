//! The county as its offices send it: exactly the dirt its account names, and the same frame and list as the clean tables give.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use calamine::{Data, Reader};
use choucha::simulate::{Error, Made, World, make};
use choucha::units::Meter;
use encoding_rs::GB18030;
use polars::prelude::*;
use serde_json::Value as Json;

use crate::small_county::{Office, files_of, kept, light, pipeline, root};

/// Objects of the small dirty county.
const OBJECTS: u64 = 3000;

fn world() -> World {
    let path = root().join("pipelines/worlds/guantao-dirty.toml");
    World::read(&path).unwrap().with_objects(OBJECTS).unwrap()
}

fn made(out: &Path) -> Made {
    make(&world(), out, &Meter::silent()).unwrap()
}

/// The small dirty county; nobody writes there.
fn data() -> &'static Path {
    static DATA: OnceLock<PathBuf> = OnceLock::new();
    DATA.get_or_init(|| {
        let folder = kept("small dirty county");
        made(&folder);
        folder
    })
}

fn account() -> Json {
    serde_json::from_slice(&fs::read(data().join("dirt.json")).unwrap()).unwrap()
}

fn rows_of<'a>(account: &'a Json, list: &str) -> impl Iterator<Item = &'a Json> {
    account[list].as_array().unwrap().iter()
}

fn text<'a>(row: &'a Json, key: &str) -> &'a str {
    row[key].as_str().unwrap_or("")
}

/// A table file of the folder, or a member of its archive, as bytes.
fn bytes(row: &Json) -> Vec<u8> {
    let file = fs::read(data().join("files").join(text(row, "file"))).unwrap();
    let member = text(row, "member");
    if member.is_empty() {
        return file;
    }
    let mut archive = ::zip::ZipArchive::new(Cursor::new(file)).unwrap();
    let (name, _, _) = GB18030.encode(member);
    let at = (0..archive.len()).find(|&at| archive.by_index_raw(at).unwrap().name_raw() == &*name);
    let mut found = Vec::new();
    let mut member = archive.by_index(at.unwrap()).unwrap();
    member.read_to_end(&mut found).unwrap();
    found
}

/// Text of a file in the encoding the account names.
fn decoded(row: &Json) -> String {
    let mut bytes = bytes(row);
    if text(row, "form") == "gzip of text" {
        let mut plain = Vec::new();
        let mut gzip = flate2::read::GzDecoder::new(&bytes[..]);
        gzip.read_to_end(&mut plain).unwrap();
        bytes = plain;
    }
    match text(row, "encoding") {
        "GB18030" => {
            let (decoded, broken) = GB18030.decode_without_bom_handling(&bytes);
            assert!(!broken && String::from_utf8(bytes.clone()).is_err());
            decoded.into_owned()
        }
        "UTF-16LE with byte order mark" => encoding_rs::UTF_16LE.decode(&bytes).0.into_owned(),
        "UTF-8 with byte order mark" => {
            assert!(bytes.starts_with(&[0xef, 0xbb, 0xbf]));
            String::from_utf8(bytes[3..].to_vec()).unwrap()
        }
        _ => String::from_utf8(bytes).unwrap(),
    }
}

/// Cells of one line of a sheet, by another program's reader.
fn cells_of(row: &Json, sheet: &str, line: u64) -> Vec<String> {
    let bytes = bytes(row);
    let mut book = calamine::open_workbook_auto_from_rs(Cursor::new(bytes)).unwrap();
    let range = book.worksheet_range(sheet).unwrap();
    let line = u32::try_from(line - 1).unwrap();
    (0..=range.end().unwrap().1)
        .map(|column| match range.get_value((line, column)) {
            Some(Data::Empty) | None => String::new(),
            Some(cell) => cell.to_string(),
        })
        .collect()
}

#[test]
fn the_dirty_county_is_the_same_whenever_and_wherever_it_is_made() {
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let made_first = made(first.path());
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build();
    let made_second = one.unwrap().install(|| made(second.path()));
    assert_eq!(made_first, made_second);
    assert!(files_of(first.path()) == files_of(second.path()));
}

#[test]
fn the_clean_tables_beside_the_files_are_those_of_the_copied_world() {
    let base = World::read(&root().join("pipelines/worlds/guantao.toml")).unwrap();
    let base = base.with_objects(OBJECTS).unwrap();
    let out = tempfile::tempdir().unwrap();
    let clean = make(&base, out.path(), &Meter::silent()).unwrap();
    assert!(clean.files.is_empty() && clean.unreadable + clean.emptied == 0);
    let mut beside = files_of(data());
    beside.retain(|name, _| !name.starts_with("files/") && name != "dirt.json");
    assert!(files_of(out.path()) == beside);
}

#[test]
fn a_second_make_leaves_no_file_of_the_first() {
    let out = tempfile::tempdir().unwrap();
    made(out.path());
    let stray = out.path().join("files/检查对象/99_stray.csv");
    fs::write(&stray, "a,b\n").unwrap();
    made(out.path());
    assert!(!stray.exists());
}

#[test]
fn every_file_holds_its_header_where_the_account_says() {
    for file in account()["files"].as_array().unwrap() {
        for table in file["tables"].as_array().unwrap() {
            let line = table["header_line"].as_u64().unwrap();
            let last = |header: &Json| header.as_str().unwrap().to_owned();
            let headers: Vec<String> = table["headers"]
                .as_array()
                .unwrap()
                .iter()
                .map(last)
                .collect();
            let found: Vec<String> = match text(file, "form") {
                "text" | "gzip of text" => {
                    let text = decoded(file);
                    let line = text
                        .lines()
                        .nth(usize::try_from(line).unwrap() - 1)
                        .unwrap();
                    line.split([',', '\t', ';']).map(str::to_owned).collect()
                }
                "xlsx" | "xls" => cells_of(file, text(table, "sheet"), line),
                _ => continue,
            };
            for (header, found) in headers.iter().zip(&found) {
                let stands = header.ends_with(found.as_str());
                assert!(stands, "{}: {header} is not {found}", text(file, "file"));
            }
        }
    }
}

#[test]
fn unreadable_rows_stand_where_the_account_says() {
    let account = account();
    let files = account["files"].as_array().unwrap();
    for row in rows_of(&account, "unreadable").chain(rows_of(&account, "emptied")) {
        let same = |file: &&Json| file["file"] == row["file"] && file["member"] == row["member"];
        let file = files.iter().find(same).unwrap();
        let line = row["line"].as_u64().unwrap();
        let found = match text(file, "form") {
            "text" | "gzip of text" => {
                let text = decoded(file);
                text.lines()
                    .nth(usize::try_from(line).unwrap() - 1)
                    .unwrap()
                    .to_owned()
            }
            "xlsx" | "xls" => cells_of(file, text(row, "sheet"), line).join("|"),
            _ => continue,
        };
        let sign = match text(row, "rule") {
            "example-row" => "案例（请删除）",
            "id-damaged" => "E+14",
            "object-alias" => text(row, "row"),
            "date-unparsable" if text(row, "table") == "inspections" => "年春季",
            "number-unparsable" if text(row, "table") == "credit_events" => "8万港元",
            _ => "",
        };
        assert!(found.contains(sign) && !found.is_empty(), "{row}: {found}");
    }
}

#[test]
fn every_kind_of_dirt_is_planted_and_counted() {
    let account = account();
    let planted = account["planted"].as_object().unwrap();
    let none: Vec<&String> = planted
        .iter()
        .filter(|(_, n)| n.as_u64() == Some(0))
        .map(|(what, _)| what)
        .collect();
    assert!(planted.len() >= 40 && none.is_empty(), "{planted:?}");
    let counts = &account["counts"]["objects"];
    for (rule, count) in [
        ("id-damaged", planted["damaged code"].clone()),
        ("object-alias", planted["row under an old 注册号"].clone()),
        ("object-duplicate", 12.into()),
        ("value-missing", 4.into()),
    ] {
        assert_eq!(counts[rule], count, "{rule}");
    }
    let cells = &account["cell_counts"];
    for (rule, count) in [
        (
            "number-unparsable",
            planted["capital in a foreign currency"].clone(),
        ),
        (
            "date-unparsable",
            planted["成立日期 that is no day"].clone(),
        ),
        ("latitude-out-of-range", 5.into()),
        ("negative", 3.into()),
    ] {
        assert_eq!(cells["objects"][rule], count, "{rule}");
    }
    let amounts = &cells["credit_events"]["number-unparsable"];
    assert_eq!(*amounts, planted["amount in a foreign currency"]);
    let forms: BTreeSet<&str> = account["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| text(file, "form"))
        .collect();
    let all = [
        "HTML",
        "SpreadsheetML 2003",
        "gzip of text",
        "text",
        "xls",
        "xlsx",
    ];
    assert_eq!(forms, BTreeSet::from(all));
}

#[test]
fn a_dirty_copy_names_what_is_wrong_with_it() {
    let text = fs::read_to_string(root().join("pipelines/worlds/guantao-dirty.toml")).unwrap();
    let file = root().join("pipelines/worlds/other.toml");
    let parse = |text: &str| World::parse(text, file.to_str().unwrap());
    let absent = parse(&text.replace("guantao.toml\"", "nowhere.toml\""));
    assert!(matches!(absent, Err(Error::Read { path, .. }) if path.ends_with("nowhere.toml")));
    let unknown = parse(&text.replace("ragged =", "tattered ="));
    assert!(matches!(unknown, Err(Error::Format { path, .. }) if path.ends_with("other.toml")));
    let many = parse(&text).unwrap().with_objects(60_001);
    assert!(matches!(many, Err(Error::World(problems)) if problems[0].key == "objects"));
}

// --- the same frame ------------------------------------------------------------------------------------------------

/// Rows that are lost by the dirt alone, as the clean tables call them.
fn lost(account: &Json, table: &str) -> BTreeSet<String> {
    let rows = account["unreadable"].as_array().unwrap().iter();
    rows.filter(|row| text(row, "table") == table && text(row, "reference") == "accepted")
        .filter(|row| text(row, "rule") != "object-unknown")
        .map(|row| text(row, "row").to_owned())
        .collect()
}

/// Rows that lose a cell by the dirt alone, as the clean tables call them, by the column the clean tables have it in.
fn emptied(account: &Json, table: &str) -> BTreeMap<&'static str, BTreeSet<String>> {
    let mut cells: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for row in rows_of(account, "emptied") {
        if text(row, "table") == table && text(row, "reference") == "accepted" {
            let column = match text(row, "column") {
                "established_on" => "成立日期",
                "registered_capital" => "注册资本",
                "amount" => "amount",
                other => panic!("no dirt is planted in {other}"),
            };
            let of_column = cells.entry(column).or_default();
            of_column.insert(text(row, "row").to_owned());
        }
    }
    cells
}

/// The clean tables without the rows and the cells that cannot be read.
fn reduced(account: &Json, to: &Path) {
    let objects = lost(account, "objects");
    let visits = lost(account, "inspections");
    let events = lost(account, "credit_events");
    for table in [
        "objects",
        "inspections",
        "credit_events",
        "inspectors",
        "items",
        "outcomes",
        "truth",
    ] {
        let name = format!("{table}.parquet");
        let frame = ParquetReader::new(File::open(data().join(&name)).unwrap())
            .finish()
            .unwrap();
        let named = |columns: &[&str], lost: &BTreeSet<String>| -> BooleanChunked {
            let texts: Vec<Column> = columns
                .iter()
                .map(|column| {
                    frame
                        .column(column)
                        .unwrap()
                        .cast(&DataType::String)
                        .unwrap()
                })
                .collect();
            (0..frame.height())
                .map(|row| {
                    let parts: Vec<&str> = texts
                        .iter()
                        .map(|column| column.str().unwrap().get(row).unwrap_or(""))
                        .collect();
                    Some(!lost.contains(&parts.join("|")))
                })
                .collect()
        };
        let keep = match table {
            "objects" => named(&["统一社会信用代码/注册号"], &objects),
            "inspections" => named(&["visit_id"], &visits),
            "credit_events" => named(&["object_id", "kind", "event_on"], &events),
            _ => BooleanChunked::full("".into(), true, frame.height()),
        };
        let identity = match table {
            "objects" => &["统一社会信用代码/注册号"][..],
            _ => &["object_id", "kind", "event_on"],
        };
        let mut kept = frame.clone();
        for (column, rows) in emptied(account, table) {
            let is_read = named(identity, &rows);
            let cells = kept.column(column).unwrap().as_materialized_series();
            let empty = Series::full_null(column.into(), cells.len(), cells.dtype());
            let cells = cells.zip_with(&is_read, &empty).unwrap();
            kept.with_column(cells.into_column()).unwrap();
        }
        kept = kept.filter(&keep).unwrap();
        ParquetWriter::new(File::create(to.join(name)).unwrap())
            .finish(&mut kept)
            .unwrap();
    }
}

/// Rule, source and line of every row of `refused` or `findings`.
fn listed(result: &Path, list: &str) -> Vec<(String, String, Option<u64>)> {
    let file = File::open(result.join(list).with_extension("parquet")).unwrap();
    let frame = ParquetReader::new(file).finish().unwrap();
    let texts = |name: &str| frame.column(name).unwrap().cast(&DataType::String).unwrap();
    let (rules, sources, lines) = (texts("rule"), texts("source"), texts("line"));
    let at = |column: &Column, row: usize| column.str().unwrap().get(row).unwrap_or("").to_owned();
    (0..frame.height())
        .map(|row| {
            (
                at(&rules, row),
                at(&sources, row),
                at(&lines, row).parse().ok(),
            )
        })
        .collect()
}

/// Finished runs of the dirty job and of the clean one on what is left of the clean tables.
fn runs() -> &'static (PathBuf, PathBuf) {
    static RUNS: OnceLock<(PathBuf, PathBuf)> = OnceLock::new();
    RUNS.get_or_init(|| {
        let folder = kept("dirty and clean");
        let clean = folder.join("clean data");
        fs::create_dir(&clean).unwrap();
        reduced(&account(), &clean);
        let run = |name: &str, data: &Path| {
            let office = Office::on(data);
            let mut job = light(pipeline(name));
            job["ingest"].as_table_mut().unwrap().remove("draws");
            job.remove("deterrence");
            office.job(&job).walk("run", &[]).succeeds();
            let result = folder.join(name);
            crate::small_county::copy_folder(&office.path("result"), &result);
            result
        };
        (run("guantao-dirty", data()), run("guantao", &clean))
    })
}

#[test]
fn the_dirty_county_gives_the_same_frame_and_the_same_list_as_the_clean_one() {
    let (dirty, clean) = runs();
    for file in [
        "public/frame.csv",
        "public/levels.csv",
        "public/drawn.csv",
        "risk.parquet",
    ] {
        let read = |run: &Path| fs::read(run.join(file)).unwrap();
        assert!(read(dirty) == read(clean), "{file} differs");
    }
}

/// Compares what the account lists with what a run listed, row by row.
fn assert_listed(account: &Json, list: &str, mut found: Vec<(String, String, Option<u64>)>) {
    let read = [
        "objects",
        "inspections",
        "credit_events",
        "inspectors",
        "items",
        "licences",
    ];
    let mut missing = Vec::new();
    let mut wanted = BTreeMap::new();
    for row in rows_of(account, list).filter(|row| read.contains(&text(row, "table"))) {
        let (rule, line) = (text(row, "rule"), row["line"].as_u64());
        let is_twin = rule == "object-duplicate";
        let same = |(its_rule, source, its_line): &(String, String, Option<u64>)| {
            let in_file =
                source.contains(text(row, "file")) && source.contains(text(row, "member"));
            its_rule == rule && in_file && (is_twin || *its_line == line)
        };
        *wanted.entry(rule.to_owned()).or_insert(0) += 1;
        match found.iter().position(same) {
            Some(at) => drop(found.swap_remove(at)),
            None => missing.push(row.to_string()),
        }
    }
    assert!(
        missing.is_empty() && found.is_empty(),
        "of {wanted:?} not listed: {missing:#?}; listed without need: {found:#?}"
    );
}

#[test]
fn every_row_that_cannot_be_read_is_refused_with_its_line_and_rule_and_no_other_row() {
    assert_listed(&account(), "unreadable", listed(&runs().0, "refused"));
}

#[test]
fn every_cell_that_cannot_be_read_costs_its_row_nothing_and_is_found_with_its_line_and_rule() {
    let mut found = listed(&runs().0, "findings");
    found.retain(|(rule, _, _)| choucha::ingest::empties_a_cell(rule));
    assert_listed(&account(), "emptied", found);
}
