//! Files made to mislead: nothing is read twice, lost in silence, taken for what it is not, or believed for its size.

use std::fmt::Write;
use std::fs::{self, File};
use std::sync::Arc;

use arrow::array::{
    ArrayRef, Int64Array, NullArray, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::ipc::writer::{FileWriter, StreamWriter};
use choucha::ingest::{self, Snapshot};
use choucha::units::{AsOf, Kind, Meter};
use polars::prelude::{IntoLazy, ParquetReader, SerReader, col};
use proptest::prelude::*;

use crate::sent::{Office, gb18030, rule, rules, zip};

const CODE: &str = "91110000802100433B";
const NUMBER: &str = "330000000036006";

/// A column of the register as texts, in the order of the ids.
fn column(snapshot: &Snapshot, name: &str) -> Vec<Option<String>> {
    let part = snapshot
        .refused()
        .with_file_name("snapshot/objects/part-000.parquet");
    let rows = ParquetReader::new(File::open(part).unwrap()).finish();
    let rows = rows.unwrap().lazy().sort(
        ["object_id"],
        polars::prelude::SortMultipleOptions::default(),
    );
    let frame = rows.select([col(name)]).collect().unwrap();
    let texts = frame.column(name).unwrap().as_materialized_series().clone();
    (0..texts.len())
        .map(|row| match texts.get(row).unwrap() {
            polars::prelude::AnyValue::Null => None,
            value => Some(value.to_string().trim_matches('"').to_owned()),
        })
        .collect()
}

fn findings(snapshot: &Snapshot) -> Vec<(String, u64)> {
    snapshot.finding_counts().to_vec()
}

#[test]
fn an_archive_with_two_members_of_one_name_is_refused() {
    let office = Office::new();
    let mut bytes = zip(&[("a.csv", b"object_id\nA1\n"), ("b.csv", b"object_id\nB1\n")]);
    while let Some(at) = bytes.windows(5).position(|name| name == b"b.csv") {
        bytes[at] = b'a';
    }
    office.write("twice.zip", bytes);
    let said = office.refusal("twice.zip");
    assert!(said.contains("two members named \"a.csv\""), "{said}");
}

#[test]
fn a_header_once_more_and_a_second_table_are_no_records() {
    let office = Office::new();
    let table = "名录,,\n统一社会信用代码,企业名称,登记状态\nA1,甲,存续\n名录,,\n统一社会信用代码,企业名称,登记状态\nA2,乙,存续\n\n\
        统一社会信用代码,企业名称,列入日期\nA1,甲,2024-01-01\n统一社会信用代码,企业名称,登记状态\nA3,丙,存续\n";
    office.write("o.csv", table);
    let snapshot = office.read("objects.path = 'DIR/o.csv'");
    let (header, other) = (
        |line| rule("", line, "header-row"),
        |line| rule("", line, "other-table"),
    );
    assert_eq!(
        rules(&snapshot),
        [
            header("4"),
            header("5"),
            other("8"),
            other("9"),
            header("10")
        ]
    );
    let counts = &snapshot.counts()[0];
    assert_eq!((counts.read, counts.accepted, counts.refused), (8, 3, 5));
}

#[test]
fn a_second_table_goes_on_over_the_blocks_of_a_long_text() {
    let office = Office::new();
    let mut text = String::from("统一社会信用代码,企业名称\nA1,甲\n企业名称,列入日期\n");
    for row in 0..300_000 {
        writeln!(text, "馆陶县某某商店第{row}分店,2024-01-01").unwrap();
    }
    text.push_str("统一社会信用代码,企业名称\nA2,乙\n");
    office.write("o.csv", text);
    let found = office.texts("o.csv").unwrap().remove(0);
    let lines: Vec<u64> = found.rows.iter().map(|row| row.line).collect();
    assert_eq!(lines, [2, 300_005]);
    assert_eq!(found.unread.len(), 300_002);
}

#[test]
fn an_error_of_a_spreadsheet_program_is_no_value_and_is_counted() {
    let office = Office::new();
    office.write(
        "o.csv",
        "object_id,name,status,office\nA1,#N/A,存续,东所\n#REF!,乙,存续,东所\nA3,丙,#VALUE!,#号楼\n",
    );
    let snapshot = office.read("objects.path = 'DIR/o.csv'");
    assert_eq!(column(&snapshot, "name"), [None, Some("丙".to_owned())]);
    assert_eq!(column(&snapshot, "office")[1].as_deref(), Some("#号楼"));
    assert_eq!(rules(&snapshot), [rule("", "3", "value-missing")]);
    let notes = snapshot.notes().join("\n");
    assert!(
        notes.contains(
            "3 cells hold an error of a spreadsheet program (错误值: 1 #N/A, 1 #REF!, 1 #VALUE!)"
        ),
        "{notes}"
    );
}

#[test]
fn what_stands_around_a_code_is_cut_and_what_is_damaged_stays_damaged() {
    let office = Office::new();
    office.write(
        "o.csv",
        format!("object_id,name\n统一社会信用代码：{CODE},甲\n{NUMBER}.0,乙\n914403001922038000.0,丙\n+9.14e17,丁\n"),
    );
    let snapshot = office.read("objects.path = 'DIR/o.csv'");
    let ids: Vec<String> = column(&snapshot, "object_id")
        .into_iter()
        .flatten()
        .collect();
    assert_eq!(ids, [NUMBER, CODE, "914403001922038000"]);
    assert_eq!(rules(&snapshot), [rule("", "5", "id-damaged")]);
    let found = findings(&snapshot);
    for expected in [("text-normalised", 3), ("id-excel-digits", 1)] {
        assert!(
            found.contains(&(expected.0.to_owned(), expected.1)),
            "{found:?}"
        );
    }
}

#[test]
fn of_two_identifiers_in_a_cell_one_is_the_rows_and_the_other_leads_to_it() {
    let office = Office::new();
    office
        .write(
            "o.csv",
            format!("object_id,name\n{NUMBER}/{CODE},甲\nA2,乙\n"),
        )
        .write(
            "e.csv",
            format!("object_id,event_on,kind,detail\n{NUMBER},2024-01-01,penalty,x\n"),
        );
    let job = "objects.path = 'DIR/o.csv'\ncredit_events.path = 'DIR/e.csv'";
    let snapshot = office.read(job);
    let ids: Vec<String> = column(&snapshot, "object_id")
        .into_iter()
        .flatten()
        .collect();
    assert_eq!(ids, [CODE, "A2"]);
    assert!(findings(&snapshot).contains(&("id-several".to_owned(), 1)));
    assert_eq!(snapshot.counts()[1].accepted, 1);
}

#[test]
fn an_entry_of_the_cache_is_none_under_another_key() {
    let office = Office::new();
    office
        .write("a.csv", "object_id,name\nA1,甲\n")
        .write("b.csv", "object_id,name\nB1,乙\n");
    let job = |name: &str| format!("objects.path = 'DIR/{name}.csv'");
    let read = |name: &str| {
        let snapshot = office.read(&job(name));
        column(&snapshot, "object_id")
    };
    let first = (read("a"), read("b"));
    let mut stems: Vec<_> = fs::read_dir(office.path("cache")).unwrap().collect();
    let mut keys: Vec<String> = stems
        .drain(..)
        .filter_map(|entry| {
            entry
                .unwrap()
                .file_name()
                .to_str()?
                .strip_suffix(".json")
                .map(str::to_owned)
        })
        .collect();
    keys.sort();
    assert_eq!(keys.len(), 2);
    for end in ["json", "parquet"] {
        let place = |key: &str| office.path("cache").join(format!("{key}.{end}"));
        fs::rename(place(&keys[0]), place("between")).unwrap();
        fs::rename(place(&keys[1]), place(&keys[0])).unwrap();
        fs::rename(place("between"), place(&keys[1])).unwrap();
    }
    assert_eq!((read("a"), read("b")), first);
}

#[test]
fn files_set_aside_by_their_names_are_named() {
    let office = Office::new();
    office
        .write("in/a.csv", "object_id\nA1\n")
        .write("in/_导出.csv", "object_id\nB1\n")
        .write(
            "in/z.zip",
            zip(&[
                ("z.csv", b"object_id\nC1\n"),
                ("_旧/y.csv", b"object_id\nD1\n"),
                ("__MACOSX/z", b"x"),
            ]),
        );
    let snapshot = office.read("objects.path = 'DIR/in'");
    assert_eq!(snapshot.counts()[0].accepted, 2);
    let notes = snapshot.notes();
    for name in ["_导出.csv", "_旧/y.csv"] {
        let told = |note: &&String| {
            note.contains(&format!("{name}\" is passed over: its name starts with _"))
        };
        assert_eq!(notes.iter().filter(told).count(), 1, "{notes:?}");
    }
    assert!(
        !notes.iter().any(|note| note.contains("MACOSX")),
        "{notes:?}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_damaged_byte_never_turns_utf_8_into_gb18030(
        header in prop_oneof![Just("object_id,name"), Just("统一社会信用代码,企业名称")],
        cells in proptest::collection::vec("[\u{4e00}-\u{9fa5}·，（）a1]{1,4}", 1..5),
        place in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let line = |(row, cell): (usize, &String)| format!("A{row},{cell}\n");
        let rows: String = cells.iter().enumerate().map(line).collect();
        let text = format!("{header}\n{rows}");
        let mut bytes = text.clone().into_bytes();
        let at = place.index(bytes.len());
        bytes[at] = byte;
        let office = Office::new();
        office.write("o.csv", &bytes);
        let letters: std::collections::BTreeSet<char> = text.chars().collect();
        for table in office.texts("o.csv").unwrap_or_default() {
            let rows = table.rows.iter().flat_map(|row| row.cells.iter().flatten());
            for cell in table.headers.iter().chain(rows) {
                let strange = cell.chars().filter(|letter| !letter.is_ascii() && !letters.contains(letter));
                prop_assert!(strange.count() <= 1, "{:?} read as {:?}", text, cell);
            }
            let at_most_one = String::from_utf8(bytes.clone()).is_ok();
            prop_assert!(at_most_one, "{:?} is no UTF-8 and was read", text);
        }
    }

    #[test]
    fn short_tables_in_gb18030_are_read(cells in proptest::collection::vec("[企业商店馆陶县食品经营甲乙丙丁有限公司]{2,6}", 1..5)) {
        let line = |(row, cell): (usize, &String)| format!("A{row},{cell}\n");
        let rows: String = cells.iter().enumerate().map(line).collect();
        let office = Office::new();
        office.write("o.csv", gb18030(&format!("统一社会信用代码,企业名称\n{rows}")));
        let found = office.texts("o.csv").unwrap().remove(0);
        let names: Vec<&str> = found.rows.iter().filter_map(|row| row.cells[1].as_deref()).collect();
        prop_assert_eq!(names, cells);
    }
}

#[test]
fn bytes_that_may_be_either_encoding_are_refused_with_their_place_and_the_job_can_say() {
    let office = Office::new();
    office.write("o.csv", gb18030("object_id,name\nA1,啊\n"));
    let said = office.refusal("o.csv");
    assert!(said.contains("is not UTF-8 at line 2, byte 19"), "{said}");
    let snapshot = office.read("[objects]\npath = 'DIR/o.csv'\nencoding = 'gbk'");
    assert_eq!(column(&snapshot, "name")[0].as_deref(), Some("啊"));
}

#[test]
fn amounts_with_and_without_a_unit_in_one_column_are_told() {
    let office = Office::new();
    let rows = "A1,500\nA2,500万元\nA3,￥12\nA4,700元\n";
    office
        .write("o.csv", format!("object_id,注册资本\n{rows}"))
        .write("u.csv", format!("object_id,注册资本(万元)\n{rows}"));
    let snapshot = office.read("objects.path = 'DIR/o.csv'");
    let notes = snapshot.notes().join("\n");
    assert!(
        notes.contains(
            "column \"注册资本\" 2 name their unit (元、万元 …) and 2 do not, which count as 分"
        ) && notes.contains("objects.units.registered_capital"),
        "{notes}"
    );
    assert_eq!(
        column(&snapshot, "registered_capital")[0].as_deref(),
        Some("500")
    );
    let notes = office.read("objects.path = 'DIR/u.csv'").notes().join("\n");
    assert!(!notes.contains("单位不一致"), "{notes}");
}

fn batch() -> RecordBatch {
    let ids = StringArray::from(vec!["A1", "A2", "A3"]);
    let names = StringArray::from(vec!["甲", "乙", "丙"]);
    let days = TimestampMicrosecondArray::from(vec![i64::MAX, i64::MIN, 0]);
    let columns: [(&str, ArrayRef); 3] = [
        ("object_id", Arc::new(ids)),
        ("name", Arc::new(names)),
        ("established_on", Arc::new(days)),
    ];
    RecordBatch::try_from_iter(columns).unwrap()
}

fn arrow_file() -> Vec<u8> {
    let batch = batch();
    let mut writer = FileWriter::try_new(Vec::new(), &batch.schema()).unwrap();
    writer.write(&batch).unwrap();
    writer.into_inner().unwrap()
}

fn arrow_stream() -> Vec<u8> {
    let batch = batch();
    let mut writer = StreamWriter::try_new(Vec::new(), &batch.schema()).unwrap();
    writer.write(&batch).unwrap();
    writer.into_inner().unwrap()
}

/// The kinds of what reading a file as a register gives; nothing where it is read.
fn kind(office: &Office, name: &str) -> Option<Kind> {
    let params = office.params(&format!("objects.path = 'DIR/{name}'"));
    let work = office.path("kind");
    fs::create_dir_all(&work).unwrap();
    let as_of = AsOf("2025-01-01".parse().unwrap());
    let read = params
        .check()
        .ok()
        .map(|params| ingest::read(&params, as_of, 1, &work, &Meter::silent()));
    match read {
        Some(Err(error)) => Some(error.kind()),
        _ => None,
    }
}

#[test]
fn damaged_arrow_files_are_refused_as_files_whatever_byte_is_damaged() {
    let office = Office::new();
    for (name, bytes) in [("file", arrow_file()), ("stream", arrow_stream())] {
        office.write("o.arrow", &bytes);
        assert_eq!(kind(&office, "o.arrow"), None, "{name}");
        for at in (0..bytes.len()).step_by(11) {
            for value in [0xff, 0x00] {
                let mut bytes = bytes.clone();
                bytes[at] = value;
                office.write("o.arrow", &bytes);
                let kind = kind(&office, "o.arrow");
                assert!(
                    matches!(kind, None | Some(Kind::Data)),
                    "{name} {at} {value}: {kind:?}"
                );
            }
        }
        for length in (8..bytes.len()).step_by(83) {
            office.write("o.arrow", &bytes[..length]);
            assert!(
                matches!(kind(&office, "o.arrow"), None | Some(Kind::Data)),
                "{name} {length}"
            );
        }
    }
}

#[test]
fn lengths_that_a_file_claims_are_held_against_the_file() {
    let office = Office::new();
    let mut stream = vec![0xff; 4];
    stream.extend(i32::MAX.to_le_bytes());
    stream.extend([0; 200]);
    office.write("stream.arrow", stream);
    let mut file = arrow_file();
    let end = file.len() - 10;
    file[end..end + 4].copy_from_slice(&i32::MAX.to_le_bytes());
    office.write("file.arrow", file);
    for name in ["stream.arrow", "file.arrow"] {
        let said = office.refusal(name);
        assert!(
            said.contains("a part of it lies beyond its end"),
            "{name}: {said}"
        );
    }
    let schema = Arc::new(Schema::new(vec![Field::new(
        "object_id",
        DataType::Null,
        true,
    )]));
    let nothing: ArrayRef = Arc::new(NullArray::new(1 << 27));
    let rows = RecordBatch::try_new(schema.clone(), vec![nothing]).unwrap();
    let mut writer =
        FileWriter::try_new(File::create(office.path("rows.arrow")).unwrap(), &schema).unwrap();
    writer.write(&rows).unwrap();
    writer.finish().unwrap();
    let said = office.refusal("rows.arrow");
    assert!(
        said.contains("rows of a row group or batch exceeds 67108864"),
        "{said}"
    );
}

#[test]
fn parquet_with_days_beyond_the_calendar_or_damaged_bytes_is_refused_or_read_but_never_fails_otherwise()
 {
    let office = Office::new();
    let ids: ArrayRef = Arc::new(StringArray::from(vec!["A1", "A2", "A3"]));
    let wide: [ArrayRef; 4] = [
        Arc::new(TimestampMicrosecondArray::from(vec![i64::MAX, i64::MIN, 0])),
        Arc::new(arrow::array::Date32Array::from(vec![i32::MAX, i32::MIN, 0])),
        Arc::new(
            arrow::array::TimestampMillisecondArray::from(vec![i64::MAX, i64::MIN, 0])
                .with_timezone("+08:00"),
        ),
        Arc::new(Int64Array::from(vec![i64::MAX, i64::MIN, 0])),
    ];
    for (index, days) in wide.into_iter().enumerate() {
        let rows = RecordBatch::try_from_iter([
            ("object_id", ids.clone()),
            ("name", days.clone()),
            ("established_on", days),
        ]);
        let rows = rows.unwrap();
        let mut bytes = Vec::new();
        let mut writer =
            parquet::arrow::ArrowWriter::try_new(&mut bytes, rows.schema(), None).unwrap();
        writer.write(&rows).unwrap();
        writer.close().unwrap();
        office.write("o.parquet", &bytes);
        let kind_of = kind(&office, "o.parquet");
        assert!(
            matches!(kind_of, None | Some(Kind::Data)),
            "{index}: {kind_of:?}"
        );
        let said = std::panic::catch_unwind(|| office.texts("o.parquet").map(drop));
        assert!(said.is_ok(), "{index}");
        for at in (0..bytes.len()).step_by(61) {
            let mut bytes = bytes.clone();
            bytes[at] ^= 0xff;
            office.write("o.parquet", &bytes);
            let kind_of = kind(&office, "o.parquet");
            assert!(
                matches!(kind_of, None | Some(Kind::Data)),
                "{index} {at}: {kind_of:?}"
            );
        }
    }
}

#[test]
fn a_business_whose_name_begins_as_an_example_or_a_total_does_is_a_record() {
    let office = Office::new();
    office.write(
        "o.csv",
        format!("name,object_id\n案例（上海）有限公司,{CODE}\n合计（馆陶）商店,{NUMBER}\n案例（请删除）,12440600MB2C07549J\n合计,2\n"),
    );
    let snapshot = office.read("objects.path = 'DIR/o.csv'");
    assert_eq!(
        rules(&snapshot),
        [rule("", "4", "example-row"), rule("", "5", "note-row")]
    );
    assert_eq!(snapshot.counts()[0].accepted, 2);
}

#[test]
fn a_nul_deep_in_a_file_is_no_part_of_a_name() {
    let office = Office::new();
    let mut text = String::from("object_id,name\n");
    for row in 0..9_000 {
        writeln!(text, "A{row},甲").unwrap();
    }
    text.push_str("B1,x\0y\u{7}\n");
    office.write("o.csv", text);
    let snapshot = office.read("objects.path = 'DIR/o.csv'");
    assert_eq!(
        column(&snapshot, "name").last().unwrap().as_deref(),
        Some("xy")
    );
    assert!(findings(&snapshot).contains(&("text-normalised".to_owned(), 1)));
}

#[test]
fn the_list_of_other_identifiers_does_not_depend_on_partitions() {
    let office = Office::new();
    let line = |row| format!("A{row},1304332{row:06}\n");
    let rows: String = (0..60).map(line).collect();
    office.write("o.csv", format!("object_id,other_ids\n{rows}"));
    let listed = |partitions: usize| {
        let work = office.path(&format!("work{partitions}"));
        fs::create_dir_all(&work).unwrap();
        let params = office.params("objects.path = 'DIR/o.csv'").check().unwrap();
        let as_of = AsOf("2025-01-01".parse().unwrap());
        let snapshot = ingest::read(&params, as_of, partitions, &work, &Meter::silent()).unwrap();
        let path = snapshot.aliases().unwrap();
        ParquetReader::new(File::open(path).unwrap())
            .finish()
            .unwrap()
    };
    let one = listed(1);
    assert_eq!(one.height(), 60);
    assert!(one.equals(&listed(7)));
    let ascending = one
        .clone()
        .lazy()
        .sort(["alias"], polars::prelude::SortMultipleOptions::default());
    assert!(one.equals(&ascending.collect().unwrap()));
}

#[test]
fn regions_as_wide_as_a_sheet_over_many_rows_are_read_at_once() {
    let office = Office::new();
    let row = |cells: &str| format!("<Row>{cells}</Row>");
    let cell = |text: &str| format!("<Cell><Data ss:Type=\"String\">{text}</Data></Cell>");
    let region = "<Cell ss:MergeAcross=\"16382\" ss:MergeDown=\"100000\"><Data ss:Type=\"String\">x</Data></Cell>";
    let single: String = (0..16_000).map(|_| "<Cell ss:MergeAcross=\"0\" ss:MergeDown=\"1\"><Data ss:Type=\"String\">y</Data></Cell>").collect();
    let below: String = (0..300).map(|at| row(&cell(&format!("A{at}")))).collect();
    let book = format!(
        "<?xml version=\"1.0\"?><?mso-application progid=\"Excel.Sheet\"?><Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\" xmlns:ss=\"urn:schemas-microsoft-com:office:spreadsheet\">\
         <Worksheet ss:Name=\"a\"><Table>{}{}{}{below}</Table></Worksheet></Workbook>",
        row(&(cell("object_id") + &cell("name"))),
        row(region),
        row(&single),
    );
    office.write("o.xls", book);
    let start = std::time::Instant::now();
    let found = office.texts("o.xls").unwrap().remove(0);
    assert_eq!((found.rows.len(), found.unread.len()), (301, 1));
    assert_eq!(found.rows[9].cells[1].as_deref(), Some("x"));
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
}
