//! Recognition: files with the headers and values that bureaus use are read without a mapping, and what is not recognised
//! is named with what to write.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use choucha::ingest::{self, Params, Snapshot};
use choucha::units::{AsOf, Meter};
use polars::prelude::*;
use tempfile::TempDir;

/// A folder with source files and a work folder.
struct Desk {
    folder: TempDir,
}

impl Desk {
    fn with(files: &[(&str, &str)]) -> Self {
        let folder = TempDir::new().unwrap();
        for (name, text) in files {
            fs::write(folder.path().join(name), text).unwrap();
        }
        Self { folder }
    }

    fn params(&self, toml: &str) -> Params {
        toml::from_str(&toml.replace("DIR", &self.folder.path().display().to_string())).unwrap()
    }

    fn read(&self, toml: &str) -> Read {
        let work = self.folder.path().join("work");
        fs::create_dir_all(&work).unwrap();
        let as_of = AsOf("2025-01-01".parse().unwrap());
        let params = self.params(toml).check().unwrap();
        let snapshot = ingest::read(&params, as_of, 1, &work, &Meter::silent()).unwrap();
        Read { snapshot, work }
    }
}

/// What was read.
struct Read {
    snapshot: Snapshot,
    work: PathBuf,
}

impl Read {
    fn table(&self, name: &str) -> DataFrame {
        let bulk = self
            .work
            .join("snapshot")
            .join(name)
            .join("part-000.parquet");
        let small = self
            .work
            .join("snapshot")
            .join(name)
            .with_extension("parquet");
        let path = if bulk.exists() { bulk } else { small };
        LazyFrame::scan_parquet(
            PlRefPath::new(path.to_str().unwrap()),
            ScanArgsParquet::default(),
        )
        .unwrap()
        .collect()
        .unwrap()
    }

    /// A column as texts by the text of another; lists are joined by `;`.
    fn by(&self, table: &str, key: &str, column: &str) -> BTreeMap<String, Option<String>> {
        let frame = self.table(table);
        let (keys, values) = (texts(&frame, key), texts(&frame, column));
        keys.into_iter()
            .map(Option::unwrap_or_default)
            .zip(values)
            .collect()
    }

    fn of(&self, table: &str, column: &str) -> Vec<Option<String>> {
        texts(&self.table(table), column)
    }

    /// Messages of the findings of a rule.
    fn found(&self, rule: &str) -> Vec<String> {
        let mut found = listed(self.snapshot.findings());
        found.retain(|row| row.0 == rule);
        found.into_iter().map(|(_, message)| message).collect()
    }

    fn refused(&self) -> Vec<(String, String)> {
        listed(self.snapshot.refused())
    }
}

/// Rules and messages of a list of rows.
fn listed(path: &Path) -> Vec<(String, String)> {
    let path = PlRefPath::new(path.to_str().unwrap());
    let rows = LazyFrame::scan_parquet(path, ScanArgsParquet::default());
    let rows = rows.unwrap().collect().unwrap();
    let filled = |text: Option<String>| text.unwrap_or_default();
    let texts = |name: &str| texts(&rows, name).into_iter().map(filled);
    texts("rule").zip(texts("message")).collect()
}

fn texts(frame: &DataFrame, column: &str) -> Vec<Option<String>> {
    let column = frame.column(column).unwrap().as_materialized_series();
    if let Ok(lists) = column.list() {
        let join = |list: Option<Series>| {
            list.map(|list| {
                list.str()
                    .unwrap()
                    .iter()
                    .flatten()
                    .collect::<Vec<_>>()
                    .join(";")
            })
        };
        return lists.series_iter().map(join).collect();
    }
    let texts = column.cast(&DataType::String).unwrap();
    texts
        .str()
        .unwrap()
        .iter()
        .map(|text| text.map(str::to_owned))
        .collect()
}

fn some(texts: &[&str]) -> Vec<Option<String>> {
    texts.iter().map(|text| Some((*text).to_owned())).collect()
}

#[test]
fn an_office_export_is_read_without_a_mapping() {
    let desk = Desk::with(&[
        (
            "o.csv",
            "序号,统一社会信用代码,注册号,企业（机构）名称*,主体类型,登记状态,注册资本（万元）,成立日期,营业期限,管辖单位（所）,监管标签,备注\n\
             1,91110000802100433B,,馆陶县　大地有限公司,企业,存续,\"1,234.5\",2017.3.7,长期,馆陶所,食品、特种设备,x\n\
             2,无,130433000000007,老王\u{200b}饭店,个体户,存续,,42801,,馆陶所,食品，药品,\n\
             3,9.14E+17,130433000000015,ＫＦＣ 馆陶店,企业,存续,５００,２０１７年３月７日,,馆陶所,,\n",
        ),
        (
            "e.csv",
            "单位名称,统一社会信用代码,异常类型,列入日期,移出日期,列入决定机构\n\
             甲,91110000802100433B,无法联系,20230102,9999-09-09,县局\n乙,130433000000007,年报,2023/1/2,2024年1月5日,县局\n",
        ),
    ]);
    let read = desk.read("objects.path = 'DIR/o.csv'\ncredit_events.path = 'DIR/e.csv'");
    assert_eq!(read.refused(), []);
    let names = read.by("objects", "object_id", "name");
    let expected = [
        ("130433000000007", "老王饭店"),
        ("130433000000015", "KFC 馆陶店"),
        ("91110000802100433B", "馆陶县大地有限公司"),
    ];
    let expected = expected.map(|(id, name)| (id.to_owned(), Some(name.to_owned())));
    assert_eq!(names, BTreeMap::from(expected));
    let capital = read.by("objects", "object_id", "registered_capital");
    assert_eq!(
        capital.into_values().collect::<Vec<_>>(),
        [
            None,
            Some("500000000".to_owned()),
            Some("1234500000".to_owned())
        ]
    );
    assert_eq!(
        read.of("objects", "established_on"),
        some(&["2017-03-07"; 3])
    );
    let labels = read.by("objects", "name", "labels");
    assert_eq!(
        labels["馆陶县大地有限公司"].as_deref(),
        Some("食品;特种设备")
    );
    assert_eq!(labels["老王饭店"].as_deref(), Some("食品;药品"));
    let mut ends = read.of("credit_events", "ended_on");
    ends.sort();
    assert_eq!(ends, [None, Some("2024-01-05".to_owned())]);
}

#[test]
fn every_header_that_is_not_used_is_named_with_what_to_write() {
    let desk = Desk::with(&[(
        "o.csv",
        "统一社会信用代码,名称,登记机关,管辖单位,登记状况,法定代表人,建档时点,联络,是否连锁\n\
         A1,甲,x,y,存续,张三,2017-03-07,13812345678,是\nA2,乙,x,y,存续,李四,2017-03-08,13812345679,否\nA3,丙,x,y,存续,王五,2017-03-09,13812345670,否\n",
    )]);
    let params = desk.params("objects.path = 'DIR/o.csv'").check().unwrap();
    let lines = params.look().unwrap().headers;
    assert_eq!(
        lines,
        [
            "objects: recognised by their headers (表头): name = \"名称\", object_id = \"统一社会信用代码\", office = \"管辖单位\"",
            "objects: column \"登记机关\" is not used; it is known as office (管辖单位), which is given already; to read it from here instead, write office = \"登记机关\" below [ingest.objects.columns]",
            "objects: column \"登记状况\" is not used; the nearest known header is \"登记状态\" (status): if it is that, write status = \"登记状况\" below [ingest.objects.columns]",
            "objects: column \"法定代表人\" is not used; it names persons; only if one name means one person here, write legal_person_key = \"法定代表人\" below [ingest.objects.columns]",
            "objects: column \"建档时点\" is not used; its values look like days (日期); if it is established_on (成立日期) or closed_on (注销日期) or term_ends_on (经营期限至), write established_on = \"建档时点\" below [ingest.objects.columns]",
            "objects: not used, and nothing like it is known: \"是否连锁\"; to carry one along, write \"是否连锁\" = { column = \"是否连锁\", type = \"str\" } below [ingest.objects.extra]",
            "objects: data about persons are not taken over: \"联络\"",
        ]
    );
    let read = desk.read("objects.path = 'DIR/o.csv'\nobjects.columns.status = '登记状况'");
    assert_eq!(read.of("objects", "status"), some(&["存续"; 3]));
    let told = read.snapshot.headers_told().join("\n");
    assert!(!told.contains("\"登记状况\""), "{told}");
    let notes = read.snapshot.notes();
    assert_eq!(
        notes,
        [
            "objects: office is read from \"管辖单位\", not from \"登记机关\", which could be it too",
            "objects: 1 of 1 sources say no kind (主体类别); there it follows from 统一社会信用代码: 91 企业, 92 个体工商户, 93 农民专业合作社, otherwise none"
        ]
    );
}

#[test]
fn a_mapping_of_the_job_wins_and_its_header_is_read_once() {
    let desk = Desk::with(&[(
        "o.csv",
        "统一社会信用代码,企业名称,曾用名,登记机关\nA1,甲,旧甲,机关\n",
    )]);
    let read = desk.read(
        "objects.path = 'DIR/o.csv'\nobjects.columns.name = '曾用名'\nobjects.extra.organ = { column = '登记机关', type = 'str' }",
    );
    assert_eq!(read.of("objects", "name"), some(&["旧甲"]));
    assert_eq!(
        (read.of("objects", "office"), read.of("objects", "organ")),
        (vec![None], some(&["机关"]))
    );
}

#[test]
fn columns_are_read_as_the_first_filled_as_pairs_and_as_marks() {
    let desk = Desk::with(&[
        ("o.csv", "码一,码二\nA1,B1\n,B2\n/,B3\n"),
        (
            "i.csv",
            "检查编号,码,检查日期,检查结果/未发现问题,检查结果/无法联系,检查结果/注销\nv1,A1,2024-01-02,1,,\nv2,A1,2024-01-03,,√,×2\nv3,A1,2024-01-04,0,,否\nv4,A1,2024-01-05,见附件,,\n",
        ),
        (
            "p.csv",
            "工号,工商执法证编号,工商执法证有效期,省执法证编号,执法证有效期\np1,GS1,2026/1/31,冀2,长期\np2,GS2,,无,\np3,GS3,某日,,\n",
        ),
    ]);
    let read = desk.read(
        "objects.path = 'DIR/o.csv'\nobjects.columns.object_id = { first = ['码一', '码二'] }\n\
         [inspections]\npath = 'DIR/i.csv'\n[inspections.columns]\nobject_id = '码'\n\
         result_codes = { marked = ['检查结果/未发现问题', '检查结果/无法联系', '检查结果/注销'] }\n[inspections.values.result_codes]\n'未发现问题' = '1'\n\
         [inspectors]\npath = 'DIR/p.csv'\n[inspectors.columns]\ninspector_id = '工号'\n\
         certificates = { pairs = [['工商执法证编号', '工商执法证有效期'], ['省执法证编号', '执法证有效期']] }",
    );
    let mut ids = read.of("objects", "object_id");
    ids.sort();
    assert_eq!(ids, some(&["A1", "B2", "B3"]));
    let codes = read.by("inspections", "visit_id", "result_codes");
    let codes: Vec<_> = codes.into_values().collect();
    assert_eq!(codes, some(&["1", "6;9", ""]));
    let certificates = read.by("inspectors", "inspector_id", "certificates");
    let certificates: Vec<_> = certificates.into_values().collect();
    assert_eq!(
        certificates,
        [some(&["GS1@2026-01-31;冀2@9999-12-31", "GS2"]), vec![None]].concat()
    );
    let found = read.found("list-unparsable");
    assert!(
        found[0].contains("\"GS3/某日//\" holds a part")
            || found[0].contains("\"GS3/某日\" holds a part"),
        "{found:?}"
    );
    let refused = read.refused();
    let rules: Vec<&str> = refused.iter().map(|(rule, _)| rule.as_str()).collect();
    assert_eq!(rules, ["list-unparsable"]);
    assert!(
        refused[0].1.contains("\"见附件//\" holds a part"),
        "{refused:?}"
    );
}

#[test]
fn money_has_the_unit_of_the_cell_then_of_the_job_then_of_the_header() {
    let desk = Desk::with(&[
        (
            "o.csv",
            "object_id,注册资本（万元）\nA1,1\nA2,2元\nA3,3亿元\nA4,100万美元\n",
        ),
        (
            "e.csv",
            "object_id,列入日期,异常类型,罚款金额,没收\nA1,2024-01-01,罚款,\"1,000.50\",2\n",
        ),
    ]);
    let read = desk.read(
        "objects.path = 'DIR/o.csv'\n[credit_events]\npath = 'DIR/e.csv'\n[credit_events.units]\namount = '元'\nseized = '万元'\n\
         [credit_events.extra]\nseized = { column = '没收', type = 'i64' }",
    );
    let capital = read.by("objects", "object_id", "registered_capital");
    let capital: Vec<_> = capital.into_values().collect();
    let read_amounts = some(&["1000000", "200", "30000000000"]);
    assert_eq!(capital, [read_amounts, vec![None]].concat());
    assert_eq!(read.of("credit_events", "amount"), some(&["100050"]));
    assert_eq!(read.of("credit_events", "seized"), some(&["2000000"]));
    let found = read.found("number-unparsable");
    assert!(
        found[0].contains("\"100万美元\" is not an amount of money (金额)")
            && found[0].contains("other currencies are not converted"),
        "{found:?}"
    );
    let wrong = desk.params("objects.path = 'DIR/o.csv'\nobjects.units.name = '元'");
    let problems = wrong.check().unwrap_err();
    assert_eq!(problems[0].key, "objects.units.name");
}

#[test]
fn an_absence_without_end_lasts_and_an_inspector_who_left_is_off_duty() {
    let desk = Desk::with(&[
        ("o.csv", "object_id\nA1\n"),
        (
            "p.csv",
            "执法证号,部门,是否在岗\np1,市监,在岗\np2,市监,离岗\n",
        ),
        (
            "a.csv",
            "执法证号,开始日期,结束日期\np1,2024-01-01,长期\np2,2024-01-01,\n",
        ),
    ]);
    let read = desk.read(
        "objects.path = 'DIR/o.csv'\ninspectors.path = 'DIR/p.csv'\navailability.path = 'DIR/a.csv'",
    );
    assert_eq!(
        read.by("availability", "inspector_id", "to")
            .into_values()
            .collect::<Vec<_>>(),
        some(&["9999-12-31", "2024-01-01"])
    );
    assert_eq!(read.of("inspectors", "active"), some(&["true", "false"]));
}

#[test]
fn a_list_is_split_at_any_usual_separator_unless_the_job_says_which() {
    let desk = Desk::with(&[(
        "o.csv",
        "object_id,labels\nA1,\"甲；乙,丙、丁|戊，己;庚\"\n",
    )]);
    let read = desk.read("objects.path = 'DIR/o.csv'");
    assert_eq!(
        read.of("objects", "labels"),
        some(&["甲;乙;丙;丁;戊;己;庚"])
    );
    let read = desk.read("objects.path = 'DIR/o.csv'\nobjects.list_separator = '|'");
    assert_eq!(
        read.of("objects", "labels"),
        some(&["甲；乙,丙、丁;戊，己;庚"])
    );
}

#[test]
fn files_of_one_table_may_have_different_headers_for_the_same_thing() {
    let desk = Desk::with(&[
        ("o1.csv", "统一社会信用代码,企业名称\nA1,甲\n"),
        ("o2.csv", "注册号,市场主体名称,注册资金（元）\nA2,乙,5\n"),
    ]);
    let read = desk.read("objects.path = 'DIR/o*.csv'");
    let names = read.by("objects", "object_id", "name");
    assert_eq!(names.into_values().collect::<Vec<_>>(), some(&["甲", "乙"]));
    let capital = read.by("objects", "object_id", "registered_capital");
    assert_eq!(
        capital.into_values().collect::<Vec<_>>(),
        [None, Some("500".to_owned())]
    );
}

#[test]
fn two_offices_with_two_headers_fill_one_register() {
    let desk = Desk::with(&[
        ("fire.csv", "单位代码,单位大名\nA1,甲\nA2,乙\n"),
        ("health.csv", "信用代码,机构\nB1,丙\nA1,甲\n"),
    ]);
    let read = desk.read(
        "[[objects]]\npath = 'DIR/fire.csv'\ncolumns = { object_id = '单位代码', name = '单位大名' }\n\
         [[objects]]\npath = 'DIR/health.csv'\ncolumns = { name = '机构' }",
    );
    let mut names = read.of("objects", "name");
    names.sort();
    assert_eq!(names, some(&["丙", "乙", "甲"]));
    let rules: Vec<String> = read.refused().into_iter().map(|(rule, _)| rule).collect();
    assert_eq!(rules, ["object-duplicate"]);
}

#[test]
fn a_code_in_groups_is_one_code_and_a_word_for_none_is_none() {
    let desk = Desk::with(&[(
        "o.csv",
        "统一社会信用代码,企业名称\n9111 0000 8021 00433B,甲\n待补,乙\nABC 12,丙\n",
    )]);
    let read = desk.read("objects.path = 'DIR/o.csv'");
    let mut ids = read.of("objects", "object_id");
    ids.sort();
    assert_eq!(ids, some(&["91110000802100433B", "ABC 12"]));
    let rules: Vec<String> = read.refused().into_iter().map(|(rule, _)| rule).collect();
    assert_eq!(rules, ["value-missing"]);
}

#[test]
fn results_of_no_vocabulary_and_a_channel_nobody_gives_are_said() {
    let desk = Desk::with(&[
        ("o.csv", "object_id\nA1\n"),
        (
            "i.csv",
            "检查编号,object_id,检查日期,检查结果\nv1,A1,2024-01-02,存在隐患\nv2,A1,2024-01-03,未发现问题\n",
        ),
    ]);
    let read = desk.read("objects.path = 'DIR/o.csv'\ninspections.path = 'DIR/i.csv'");
    let counts = read.snapshot.finding_counts();
    assert!(
        counts.contains(&("result-unknown".to_owned(), 1)),
        "{counts:?}"
    );
    let notes = read.snapshot.notes().join("\n");
    let said = "inspections: no header says channel (检查来源), so every row counts as \"draw\"";
    assert!(notes.contains(said), "{notes}");
}

#[test]
fn words_in_no_vocabulary_are_told_with_their_rows_before_and_after_reading() {
    let desk = Desk::with(&[
        (
            "o.csv",
            "统一社会信用代码,登记状态,主体类别\nA1,正常经营,企业\nA2,不详,企业\nA3,不详,甲类\nA4,已换,个体工商户\nA5,注销,企业\n",
        ),
        (
            "i.csv",
            "检查编号,统一社会信用代码,检查日期,检查来源,检查结果\nv1,A1,2024-01-02,上级交办,存在隐患;正常\nv2,A1,2024-01-03,draw,存在隐患\n",
        ),
    ]);
    let toml = "objects.path = 'DIR/o.csv'\nobjects.values.status = { '已换' = '本地叫法' }\ninspections.path = 'DIR/i.csv'";
    let before = desk.params(toml).check().unwrap().look().unwrap().words;
    let read = desk.read(toml);
    assert_eq!(before, read.snapshot.words());
    let said: Vec<String> = before.iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        [
            "ingest.objects: kind \"甲类\" (1 rows) is in no vocabulary and stays as it is: write [ingest.objects.values.kind] \"甲类\" = \"…\"",
            "ingest.objects: status \"正常经营\" (1 rows) is no canonical word and stays as it is: write [ingest.objects.values.status] \"正常经营\" = \"存续\"",
            "ingest.objects: status \"不详\" (2 rows) is in no vocabulary and stays as it is: write [ingest.objects.values.status] \"不详\" = \"…\"",
            "ingest.inspections: channel \"上级交办\" (1 rows) is in no vocabulary and stays as it is: write [ingest.inspections.values.channel] \"上级交办\" = \"…\"",
            "ingest.inspections: result_codes \"存在隐患\" (2 rows) is in no vocabulary and stays as it is: write [ingest.inspections.values.result_codes] \"存在隐患\" = \"…\"",
        ]
    );
}

#[test]
fn where_no_column_says_the_kind_the_code_does_and_a_column_wins() {
    let codes = [
        "91110000802100433B",
        "92110000802100433B",
        "93110000802100433B",
    ];
    let without = format!(
        "统一社会信用代码,企业名称\n{}\n130433000000007,丁\n",
        codes.map(|code| format!("{code},甲")).join("\n")
    );
    let with = format!(
        "统一社会信用代码,主体类别\n{},乙类\n{},\n",
        codes[0], codes[1]
    );
    let desk = Desk::with(&[("without.csv", &without), ("with.csv", &with)]);
    let read = desk.read("objects.path = 'DIR/without.csv'");
    let kinds = read.by("objects", "object_id", "kind");
    assert_eq!(kinds["130433000000007"], None);
    let of_codes = codes.map(|code| kinds[code].as_deref());
    assert_eq!(
        of_codes,
        [Some("企业"), Some("个体工商户"), Some("农民专业合作社")]
    );
    let notes = read.snapshot.notes().join("\n");
    assert!(
        notes.contains("1 of 1 sources say no kind (主体类别)"),
        "{notes}"
    );
    let read = desk.read("objects.path = 'DIR/with.csv'");
    let kinds = read.by("objects", "object_id", "kind");
    assert_eq!(
        (kinds[codes[0]].as_deref(), kinds[codes[1]].as_deref()),
        (Some("乙类"), None)
    );
    assert!(!read.snapshot.notes().join("\n").contains("say no kind"));
    let read = desk.read("objects.path = 'DIR/without.csv'\nobjects.constants.kind = '企业'");
    assert_eq!(
        read.by("objects", "object_id", "kind")[codes[2]].as_deref(),
        Some("企业")
    );
}

#[test]
fn subjects_without_a_code_are_identified_in_the_sections_that_say_so() {
    let rows = "统一社会信用代码,企业名称,住所\n,甲,东街1号\n";
    let other = "统一社会信用代码,企业名称,住所\n,乙,西街2号\n";
    let desk = Desk::with(&[("one.csv", rows), ("two.csv", other)]);
    for (first, second, kept) in [
        ("", "without_code = 'name-address'", "乙"),
        ("without_code = 'name-address'", "", "甲"),
    ] {
        let read = desk.read(&format!(
            "[[objects]]\npath = 'DIR/one.csv'\n{first}\n[[objects]]\npath = 'DIR/two.csv'\n{second}"
        ));
        assert_eq!(read.of("objects", "name"), some(&[kept]));
        let rules: Vec<String> = read.refused().into_iter().map(|(rule, _)| rule).collect();
        assert_eq!(rules, ["value-missing"]);
        assert!(
            read.snapshot
                .finding_counts()
                .contains(&("id-derived".to_owned(), 1))
        );
    }
}

#[test]
fn names_of_persons_below_a_group_of_headers_are_no_key() {
    let desk = Desk::with(&[(
        "o.csv",
        "统一社会信用代码,单位基本情况/企业名称,单位基本情况/法定代表人\nA1,甲,张三\n",
    )]);
    let read = desk.read("objects.path = 'DIR/o.csv'");
    assert_eq!(read.of("objects", "name"), some(&["甲"]));
    assert_eq!(read.of("objects", "legal_person_key"), [None]);
    let told = read.snapshot.headers_told().join("\n");
    assert!(told.contains("it names persons"), "{told}");
}
