//! Decoding: any table in any format and encoding comes back the same, nothing a file claims is believed, nothing is lost.

use std::fs;
use std::path::{Path, PathBuf};

use choucha::ingest;
use choucha::units::{AsOf, Meter};
use proptest::prelude::*;
use rust_xlsxwriter::{Format, Workbook};

use crate::sent::{Office, gb18030, gzip, refused, rule, rules, utf16, zip};

/// A header and rows, as they should come back.
#[derive(Clone, Debug)]
struct Table {
    headers: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    fn all(&self) -> impl Iterator<Item = &Vec<String>> {
        std::iter::once(&self.headers).chain(&self.rows)
    }

    fn text(&self, delimiter: char) -> String {
        let quoted = |cell: &String| {
            if cell.contains([delimiter, '"', '\n']) || cell.len().is_multiple_of(3) {
                format!("\"{}\"", cell.replace('"', "\"\""))
            } else {
                cell.clone()
            }
        };
        let line = |row: &Vec<String>| {
            let cells: Vec<String> = row.iter().map(quoted).collect();
            cells.join(&delimiter.to_string()) + "\r\n"
        };
        self.all().map(line).collect()
    }

    fn xml(&self) -> String {
        let cell = |cell: &String| {
            let text = escaped(cell).replace('\n', "&#10;");
            format!("<Cell><Data ss:Type=\"String\">{text}</Data></Cell>")
        };
        let row = |row: &Vec<String>| {
            let cells: String = row.iter().map(cell).collect();
            format!("<Row>{cells}</Row>")
        };
        let rows: String = self.all().map(row).collect();
        format!(
            "<?xml version=\"1.0\"?><?mso-application progid=\"Excel.Sheet\"?>\n\
             <Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\" xmlns:ss=\"urn:schemas-microsoft-com:office:spreadsheet\">\
             <Worksheet ss:Name=\"a\"><Table>{rows}</Table></Worksheet></Workbook>"
        )
    }

    fn html(&self) -> String {
        let cell = |cell: &String| format!("<td>{}</td>", escaped(cell).replace('\n', "<br>"));
        let row = |row: &Vec<String>| {
            let cells: String = row.iter().map(cell).collect();
            format!("<tr>{cells}</tr>\n")
        };
        let rows: String = self.all().map(row).collect();
        format!(
            "<html><head><style>td {{ }}</style></head><body><table>{rows}</table></body></html>"
        )
    }

    fn xlsx(&self) -> Vec<u8> {
        let mut book = Workbook::new();
        let sheet = book.add_worksheet();
        for (line, row) in (0..).zip(self.all()) {
            for (column, cell) in (0..).zip(row) {
                sheet.write_string(line, column, cell).unwrap();
            }
        }
        book.save_to_buffer().unwrap()
    }

    fn expected(&self) -> Vec<Vec<Option<String>>> {
        let cell = |cell: &String| {
            let cell = cell.trim();
            (!cell.is_empty() && cell != "NULL").then(|| cell.to_owned())
        };
        let row = |row: &Vec<String>| row.iter().map(cell).collect();
        self.rows.iter().map(row).collect()
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

fn tables() -> impl Strategy<Value = Table> {
    let cell = "[企业甲乙，０a1,;|\t\"'<>&(.\n-]{0,6}";
    let row = (cell, cell, cell, cell);
    proptest::collection::vec(row, 1..9).prop_map(|rows| Table {
        headers: ["统一社会信用代码", "企业名称", "住所", "其\"他,\t;|<&"]
            .map(str::to_owned)
            .to_vec(),
        rows: rows
            .into_iter()
            .map(|row| vec![format!("甲{}", row.0), row.1, row.2, row.3])
            .collect(),
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_table_in_any_format_and_encoding_comes_back_the_same(table in tables()) {
        let office = Office::new();
        let text = table.text(',');
        let mut flat = table.clone(); // a browser takes a tab for a blank
        flat.rows.iter_mut().flatten().for_each(|cell| *cell = cell.replace('\t', "x"));
        flat.headers[3] = "其".to_owned();
        let (xml, html) = (table.xml(), flat.html());
        let files: Vec<(&str, Vec<u8>, &Table)> = vec![
            ("utf8", text.clone().into_bytes(), &table),
            ("mark", format!("\u{feff}{text}").into_bytes(), &table),
            ("gb", gb18030(&text), &table),
            ("utf16", utf16(&text), &table),
            ("tab", gb18030(&table.text('\t')), &table),
            ("semicolon", table.text(';').into_bytes(), &table),
            ("bar", gb18030(&table.text('|')), &table),
            ("lf", text.replace("\r\n", "\n").into_bytes(), &table),
            ("xml", xml.clone().into_bytes(), &table),
            ("xml16", utf16(&xml), &table),
            ("xlsx", table.xlsx(), &table),
            ("html", html.clone().into_bytes(), &flat),
            ("htmlgb", gb18030(&html.replace("<head>", "<head><meta charset=gb2312>")), &flat),
            ("gz", gzip(&gb18030(&text)), &table),
            ("gzxlsx", gzip(&table.xlsx()), &table),
            ("zip", zip(&[("名录/a.csv", &gb18030(&text))]), &table),
            ("zipxlsx", zip(&[("a.xlsx", &table.xlsx())]), &table),
        ];
        for (name, bytes, table) in files {
            office.write(name, bytes);
            let found = office.texts(name).unwrap();
            prop_assert_eq!(found.len(), 1, "{}", name);
            prop_assert_eq!(&found[0].headers, &table.headers, "{}", name);
            let rows: Vec<_> = found[0].rows.iter().map(|row| row.cells.clone()).collect();
            prop_assert_eq!(rows, table.expected(), "{}", name);
            prop_assert!(found[0].unread.is_empty(), "{}", name);
        }
    }
}

/// The book of tests/it/files/register.xml as it should be read: made by `LibreOffice` from that file where it is an .xls.
fn register_of(name: &str) {
    let office = Office::new();
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/it/files")
        .join(name);
    office.write("register", fs::read(file).unwrap());
    let snapshot = office.read(
        "[objects]\npath = 'DIR/register'\n[objects.columns]\nobject_id = '统一社会信用代码/注册号'\nname = '企业名称'\n\
         established_on = '成立日期'\noffice = '管辖单位'",
    );
    let counts = &snapshot.counts()[0];
    assert_eq!(
        (counts.read, counts.accepted, counts.refused),
        (5, 3, 2),
        "{name}"
    );
    let (example, note) = (
        rule("名录", "3", "example-row"),
        rule("名录", "7", "note-row"),
    );
    assert_eq!(rules(&snapshot), [example, note], "{name}");
    let notes = snapshot.notes().join("\n");
    assert!(
        notes.contains("sheet \"名录\": the header (表头) stands at line 2; 1 above it"),
        "{notes}"
    );
    assert!(notes.contains("sheet \"说明\" is passed over"), "{notes}");
    let texts = office.texts("register").unwrap();
    let row = |at: usize| {
        texts[0].rows[at]
            .cells
            .iter()
            .flatten()
            .map(String::as_str)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        row(0),
        [
            "1",
            "91330100799655058B",
            "甲商店",
            "2017-03-07",
            "馆陶镇所"
        ],
        "{name}"
    );
    assert_eq!(
        row(1),
        ["2", "330000000036006", "乙　公司", "2015-12-31", "馆陶镇所"],
        "{name}"
    );
    assert!(
        row(2)[1].starts_with("914403001922038") && row(2)[1].len() == 18,
        "{name} {:?}",
        row(2)
    );
    assert_eq!(row(2)[3..], ["1999-01-01", "馆陶镇所"], "{name}");
}

#[test]
fn an_old_excel_book_and_the_xml_it_was_made_from_read_the_same() {
    register_of("register.xml");
    register_of("register.xls");
}

/// A workbook with a title, two header rows, an example, a total, two sheets of the register and further ones.
fn dirty_book() -> Vec<u8> {
    let mut book = Workbook::new();
    let (plain, day) = (
        Format::new(),
        Format::new().set_num_format("yyyy\"年\"m\"月\"d\"日\""),
    );
    for name in ["企业", "个体"] {
        let sheet = book.add_worksheet().set_name(name).unwrap();
        sheet
            .merge_range(0, 0, 0, 3, "馆陶县检查对象名录库", &plain)
            .unwrap();
        sheet
            .merge_range(1, 0, 2, 0, "统一社会信用代码", &plain)
            .unwrap();
        sheet.merge_range(1, 1, 1, 3, "登记信息", &plain).unwrap();
        for (column, header) in (1..).zip(["企业名称", "成立日期", "联系电话"]) {
            sheet.write(2, column, header).unwrap();
        }
        sheet
            .write(3, 0, "示例")
            .unwrap()
            .write(3, 1, "某某公司")
            .unwrap();
        sheet
            .write(4, 0, format!("{name}1"))
            .unwrap()
            .write(4, 1, name)
            .unwrap();
        sheet
            .write_with_format(4, 2, 42801, &day)
            .unwrap()
            .write(4, 3, "13800000000")
            .unwrap();
        sheet
            .write(6, 0, format!("{name}2"))
            .unwrap()
            .write(6, 1, 7)
            .unwrap();
        sheet.write(7, 0, "制表人：某某").unwrap();
    }
    book.add_worksheet()
        .set_name("字典")
        .unwrap()
        .write(0, 0, "存续")
        .unwrap();
    let hidden = book.add_worksheet().set_name("旧").unwrap();
    hidden
        .write(0, 0, "统一社会信用代码")
        .unwrap()
        .write(1, 0, "X1")
        .unwrap();
    hidden.set_hidden(true);
    book.save_to_buffer().unwrap()
}

const BOOK: &str = "[objects]\npath = 'DIR/book.xls'\n[objects.columns]\nobject_id = '统一社会信用代码'\nname = '企业名称'\nestablished_on = '成立日期'";

#[test]
fn every_sheet_that_fits_is_read_and_all_else_is_counted_or_noted() {
    let office = Office::new();
    office.write("book.xls", dirty_book());
    let snapshot = office.read(BOOK);
    let counts = &snapshot.counts()[0];
    assert_eq!((counts.read, counts.accepted, counts.refused), (8, 4, 4));
    let expected = ["企业", "个体"].map(|sheet| {
        [
            rule(sheet, "4", "example-row"),
            rule(sheet, "8", "note-row"),
        ]
    });
    assert_eq!(rules(&snapshot), expected.concat());
    assert!(
        refused(&snapshot)[0][6]
            .contains("book.xls\", sheet \"企业\", row 4: \"示例\" marks an example")
    );
    let notes = snapshot.notes().join("\n");
    for part in [
        "sheet \"旧\" is passed over: it is hidden",
        "sheet \"字典\" is passed over: it is no table of objects",
        "1 blank rows",
        "stands at line 3; 1 above it",
    ] {
        assert!(notes.contains(part), "{part}: {notes}");
    }
    let texts = office.texts("book.xls").unwrap();
    let cells: Vec<_> = texts[0].rows[0].cells.iter().flatten().collect();
    assert_eq!(cells, ["企业1", "企业", "2017-03-07", "13800000000"]);
    assert_eq!(
        (texts[0].rows[1].line, texts[0].rows[1].cells[1].as_deref()),
        (7, Some("7"))
    );
}

#[test]
fn a_job_may_name_the_sheet_the_header_line_the_encoding_and_the_delimiter() {
    let office = Office::new();
    office.write("book.xls", dirty_book()).write(
        "a.txt",
        gb18030("统一社会信用代码#企业名称\n证号#名\nA1#甲\n"),
    );
    let one = BOOK.replace("[objects.columns]", "sheet = '个体'\n[objects.columns]");
    assert_eq!(office.read(&one).counts()[0].accepted, 2);
    let none = BOOK.replace("[objects.columns]", "sheet = '无'\n[objects.columns]");
    let params = office.params(&none).check().unwrap();
    let error = ingest::read(
        &params,
        AsOf("2025-01-01".parse().unwrap()),
        1,
        &office.path("work"),
        &Meter::silent(),
    );
    assert!(
        error
            .unwrap_err()
            .to_string()
            .ends_with("has no sheet \"无\"; it has: 企业, 个体, 字典, 旧")
    );
    let text = "[objects]\npath = 'DIR/a.txt'\nheader_line = 2\nencoding = 'gbk'\ndelimiter = '#'\n[objects.columns]\nobject_id = '证号'\nname = '名'";
    assert_eq!(office.read(text).counts()[0].accepted, 1);
}

#[test]
fn an_archive_is_a_folder_of_tables_and_what_is_no_table_is_noted() {
    let office = Office::new();
    let (one, two) = (gb18030("object_id,name\nA1,甲\n"), dirty_book());
    let bytes = zip(&[
        ("甲.csv", &one),
        ("books/乙.xls", &two),
        ("说明.pdf", b"%PDF-1.7 \0"),
        ("readme", b"hello"),
    ]);
    office.write("all.zip", bytes);
    let columns = "object_id = '统一社会信用代码'";
    let snapshot = office.read(&format!(
        "[objects]\npath = 'DIR/all.zip'\n[objects.columns]\n{columns}"
    ));
    assert_eq!(snapshot.counts()[0].accepted, 4);
    let notes = snapshot.notes().join("\n");
    assert!(
        notes.contains("all.zip/说明.pdf\" is passed over: it is no table"),
        "{notes}"
    );
    assert!(notes.contains("all.zip/甲.csv\" is passed over"), "{notes}");
    assert!(refused(&snapshot)[0][0].ends_with("all.zip/books/乙.xls"));
}

#[test]
fn a_folder_takes_every_file_whose_content_is_a_table() {
    let office = Office::new();
    office
        .write("in/a.xls", "object_id\nA1\n")
        .write("in/b.zip", zip(&[("b.csv", b"object_id\nB1\n")]))
        .write("in/c.csv", gb18030("object_id,名\nC1,丙\n"))
        .write("in/.~d.csv", "x")
        .write("in/~$e.xlsx", "x")
        .write(
            "in/f.docx",
            zip(&[("word/document.xml", b"<?xml version=\"1.0\"?><w/>")]),
        )
        .write("in/readme.md", "a note");
    let toml = "objects.path = 'DIR/in'";
    let params = office.params(toml).check().unwrap();
    assert_eq!(ingest::inputs(&params).unwrap().len(), 3);
    assert_eq!(office.read(toml).counts()[0].accepted, 3);
}

#[test]
fn a_decoded_table_is_kept_and_used_again_only_if_it_is_unharmed() {
    let office = Office::new();
    office.write("book.xls", dirty_book());
    let entries = || {
        let mut all: Vec<PathBuf> = fs::read_dir(office.path("cache"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        all.retain(|path| path.extension().is_some_and(|found| found == "parquet"));
        all.sort();
        all
    };
    let first = office.read(BOOK);
    let kept = entries();
    assert_eq!(kept.len(), 2);
    let again = office.read_into(BOOK, "again");
    assert_eq!((entries(), rules(&again)), (kept.clone(), rules(&first)));
    assert_eq!(again.notes(), first.notes());
    fs::remove_file(&kept[0]).unwrap();
    fs::write(&kept[0], "harmed").unwrap();
    assert_eq!(rules(&office.read_into(BOOK, "third")), rules(&first));
    assert!(fs::read(&kept[0]).unwrap().len() > 6);
    let texts: Vec<u8> = kept
        .iter()
        .flat_map(|path| fs::read(path).unwrap())
        .collect();
    assert!(
        !texts.windows(11).any(|bytes| bytes == b"13800000000"),
        "personal data is kept"
    );
}

#[test]
fn a_long_text_in_blocks_keeps_its_lines_and_its_stray_quotation_marks() {
    let office = Office::new();
    let n = 150_000;
    let mut text = String::from("统一社会信用代码,企业名称,住所\n");
    for row in 0..n {
        let line = match row % 1_000 {
            7 => format!("A{row},\"甲\n\"\"乙\"\"\",\"东街,{row}号\"\n"),
            500 => format!("A{row},5\" 管,某街\n"),
            _ => format!("A{row},馆陶县某某商店第{row}分店,某街{row}号\n"),
        };
        text.push_str(&line);
    }
    text.push_str("A1,ragged\n");
    let line = text.matches('\n').count();
    office.write("o.csv", gb18030(&text));
    let found = office.texts("o.csv").unwrap().remove(0);
    assert_eq!((found.rows.len(), found.unread.len()), (n, 1));
    assert_eq!(found.unread[0].line, line as u64);
    let row = &found.rows[149_007];
    assert_eq!(row.cells[1].as_deref(), Some("甲\n\"乙\""));
    assert_eq!(row.line, 149_007 + 2 + 149);
    assert_eq!(found.rows[500].cells[1].as_deref(), Some("5\" 管"));
}

#[test]
fn a_text_that_turns_chinese_late_is_read_in_its_encoding() {
    let office = Office::new();
    let mut bytes = b"object_id,name\n".to_vec();
    for row in 0..200_000 {
        bytes.extend(format!("A{row},name\n").bytes());
    }
    bytes.extend(gb18030("B1,企业\n"));
    office.write("o.csv", bytes);
    let found = office.texts("o.csv").unwrap().remove(0);
    assert_eq!(found.rows[200_000].cells[1].as_deref(), Some("企业"));
}

#[test]
fn pages_with_spans_numbers_and_tables_in_tables_are_read_as_a_browser_shows_them() {
    let office = Office::new();
    let page = "<html xmlns:x=\"urn:schemas-microsoft-com:office:excel\"><meta charset=gb2312><table><tr><td>\
        <table border=1><tr><th colspan=3>名录<tr><th>企业<br>名称<th>统一社会信用代码<th>管辖单位\
        <tr><td>甲&nbsp;店<td x:num=\"330000000036006\">3.3E+14<td rowspan=2>馆陶所<tr><td>乙 &amp; 丙<td>B2</table></td></tr></table>";
    office.write("a.xls", gb18030(page));
    let found = office.texts("a.xls").unwrap();
    let table = found.iter().find(|table| table.headers.len() == 3).unwrap();
    assert_eq!(table.headers, ["企业名称", "统一社会信用代码", "管辖单位"]);
    let rows: Vec<Vec<&str>> = table
        .rows
        .iter()
        .map(|row| row.cells.iter().flatten().map(String::as_str).collect())
        .collect();
    assert_eq!(
        rows,
        [
            ["甲 店", "330000000036006", "馆陶所"],
            ["乙 & 丙", "B2", "馆陶所"]
        ]
    );
}

#[test]
fn what_a_file_claims_is_not_believed() {
    let office = Office::new();
    let zeros = vec![b'0'; 100 << 20];
    let dtd = "<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY b \"&c;&c;\">]><Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\"/>";
    let entity = "<?xml version=\"1.0\"?><Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\"><Worksheet><Table><Row><Cell><Data>&xxe;</Data></Cell></Row></Table></Worksheet></Workbook>";
    let strings = "<!-- sst uniqueCount=\"1\" --><sst uniqueCount =\"99999999999999\" xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"/>";
    office
        .write("bomb.zip", zip(&[("0.csv", &zeros)]))
        .write("bomb.gz", gzip(&zeros))
        .write("nested.zip", zip(&[("in.zip", &zip(&[("a.csv", b"a\n")]))]))
        .write("escape.zip", zip(&[("../../a.csv", b"a\n")]))
        .write("dtd.xls", dtd)
        .write("entity.xls", entity)
        .write(
            "claims.xlsx",
            zip(&[("xl/sharedStrings.xml", strings.as_bytes())]),
        )
        .write("dtd.xlsx", zip(&[("xl/workbook.xml", dtd.as_bytes())]))
        .write("bomb.xlsx", zip(&[("xl/worksheets/sheet1.xml", &zeros)]))
        .write("cut.zip", &zip(&[("a.csv", b"a,b\n1,2\n")])[..40])
        .write("cut.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
        .write(
            "cell.csv",
            format!("object_id,name\nA1,{}\n", "x".repeat(2 << 20)),
        )
        .write(
            "wide.csv",
            format!("object_id,name\nA1{}\n", ",x".repeat(20_000)),
        );
    let cases = [
        (
            "bomb.zip",
            "the ratio of unpacked to packed size exceeds 400",
        ),
        (
            "bomb.gz",
            "the ratio of unpacked to packed size exceeds 400",
        ),
        ("nested.zip", "holds an archive, \"in.zip\""),
        ("escape.zip", "leads out of the archive"),
        ("dtd.xls", "declares a document type (DTD)"),
        ("entity.xls", "&xxe; is not defined"),
        (
            "claims.xlsx",
            "the number of texts that the workbook claims to hold exceeds",
        ),
        ("dtd.xlsx", "declares a document type (DTD)"),
        ("bomb.xlsx", "exceeds"),
        ("cut.zip", "cannot be read as"),
        ("cut.xls", "cannot be read as xls"),
        ("cell.csv", "a cell's text in bytes exceeds 1048576"),
        ("wide.csv", "the number of cells of a row exceeds 16384"),
    ];
    for (name, said) in cases {
        let refusal = office.refusal(name);
        assert!(refusal.contains(said), "{name}: {refusal}");
    }
}

#[test]
fn headers_are_found_without_decoding_and_are_those_of_the_best_sheet() {
    let office = Office::new();
    office.write("book.xls", dirty_book());
    let headers = ingest::headers(&office.path("book.xls").display().to_string()).unwrap();
    assert_eq!(
        headers,
        [
            "统一社会信用代码",
            "企业名称",
            "成立日期",
            "登记信息/联系电话"
        ]
    );
}

#[test]
#[cfg(unix)]
fn a_link_that_leads_back_is_not_followed() {
    let office = Office::new();
    office.write("in/o.csv", "object_id\nA1\n");
    for name in ["in/one", "in/two"] {
        std::os::unix::fs::symlink(".", office.path(name)).unwrap();
    }
    assert_eq!(office.read("objects.path = 'DIR/in'").counts()[0].read, 1);
}

#[test]
fn a_stray_quotation_mark_is_refused_with_its_row_and_swallows_nobody_in_silence() {
    let office = Office::new();
    office.write(
        "o.csv",
        "object_id,name,status\nA1,甲,存续\nA2,\"乙商店,存续\nA3,丙,存续\nA4,\"戊\"商店,存续\nA5,\"己\n店\",存续\n",
    );
    let found = office.texts("o.csv").unwrap().remove(0);
    let lines: Vec<u64> = found.rows.iter().map(|row| row.line).collect();
    assert_eq!(lines, [2, 6]);
    let unread: Vec<u64> = found.unread.iter().map(|row| row.line).collect();
    assert_eq!(unread, [3]);
    let snapshot = office.read("objects.path = 'DIR/o.csv'");
    let counts = &snapshot.counts()[0];
    assert_eq!((counts.read, counts.accepted, counts.refused), (3, 2, 1));
    let rules = snapshot.refusals().unwrap();
    assert_eq!(rules, [("stray-quote".to_owned(), 1)]);
}

#[test]
fn a_book_that_is_cut_off_is_refused() {
    let office = Office::new();
    let table = Table {
        headers: vec!["object_id".to_owned(), "name".to_owned()],
        rows: (0..9)
            .map(|row| vec![format!("A{row}"), "甲".to_owned()])
            .collect(),
    };
    let whole = table.xml();
    let end = whole
        .rfind("<Row>")
        .unwrap_or_else(|| whole.rfind("<Row").unwrap());
    office.write("o.xls", &whole[..end]);
    let said = office.refusal("o.xls");
    assert!(said.contains("it is cut off before its end"), "{said}");
}

#[test]
fn a_header_without_end_and_tables_in_tables_without_end_are_refused() {
    let office = Office::new();
    office.write("wide.csv", "c,".repeat(100_000) + "object_id\n");
    let row = format!("<tr>{}</tr>", "<td colspan=1000>x".repeat(16));
    let page = format!(
        "<table><tr><td>object_id<td><table>{}</table></tr></table>",
        row.repeat(400)
    );
    office.write("within.xls", page);
    for (name, rule) in [
        ("wide.csv", "the number of cells of a row exceeds 16384"),
        (
            "within.xls",
            "the number of cells of tables in tables exceeds 4194304",
        ),
    ] {
        let params = office.params(&format!("objects.path = 'DIR/{name}'"));
        let told = params.check().unwrap().look().unwrap_err();
        assert!(
            told.iter().any(|problem| problem.rule.contains(rule)),
            "{told:?}"
        );
    }
}
