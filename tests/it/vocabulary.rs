//! Items, inspectors, results and credit events in the words offices write them, brought to one vocabulary.

use std::fs;
use std::path::Path;

use choucha::ingest::{self, HitCodes, Meaning, Params, Snapshot};
use choucha::registers::{self, InspectorRegister, Level, Registers};
use choucha::units::{AsOf, Day, Meter};
use polars::prelude::*;
use tempfile::TempDir;

const OBJECTS: &str = "object_id,name\nA1,甲\nB2,乙\nC3,丙\n";

/// Source files, and what is read from them.
struct Bench {
    folder: TempDir,
}

impl Bench {
    fn new() -> Self {
        let bench = Self {
            folder: TempDir::new().unwrap(),
        };
        bench.write("o.csv", OBJECTS);
        bench
    }

    fn write(&self, name: &str, text: &str) -> &Self {
        fs::write(self.folder.path().join(name), text).unwrap();
        self
    }

    fn params(&self, toml: &str) -> Params {
        let toml = format!("objects.path = 'DIR/o.csv'\n{toml}");
        toml::from_str(&toml.replace("DIR", &self.folder.path().display().to_string())).unwrap()
    }

    fn read_in(&self, toml: &str, partitions: usize) -> Snapshot {
        let work = self.folder.path().join(format!("work {partitions}"));
        fs::create_dir_all(&work).unwrap();
        let params = self.params(toml).check().unwrap();
        ingest::read(&params, as_of(), partitions, &work, &Meter::silent()).unwrap()
    }

    fn read(&self, toml: &str) -> Snapshot {
        self.read_in(toml, 1)
    }

    fn registers(&self, toml: &str, level: Option<Level>) -> Registers {
        let snapshot = self.read(toml);
        let params = registers::Params {
            level,
            ..registers::Params::default()
        };
        let work = self.folder.path();
        let params = params.check().unwrap();
        registers::compile(&params, &snapshot, as_of(), work, &Meter::silent()).unwrap()
    }

    /// `key: rule` of every problem of the settings.
    fn problems(&self, toml: &str) -> Vec<String> {
        let problems = self.params(toml).check().unwrap_err();
        let shown = problems.iter();
        shown
            .map(|problem| format!("{}: {}", problem.key, problem.rule))
            .collect()
    }
}

fn as_of() -> AsOf {
    AsOf("2025-01-01".parse().unwrap())
}

fn table(snapshot: &Snapshot, name: &str) -> DataFrame {
    let folder = snapshot.refused().parent().unwrap().join("snapshot");
    let path = |part: usize| folder.join(name).join(format!("part-{part:03}.parquet"));
    let parts = (0..snapshot.n_parts()).map(|part| scan(&path(part)));
    let all = concat(parts.collect::<Vec<_>>(), UnionArgs::default());
    all.unwrap().collect().unwrap()
}

fn scan(path: &Path) -> LazyFrame {
    let args = ScanArgsParquet {
        glob: false,
        ..ScanArgsParquet::default()
    };
    LazyFrame::scan_parquet(PlRefPath::new(path.to_str().unwrap()), args).unwrap()
}

/// `first: second, …` of every row, lists joined by `+`, null as `-`, ascending.
fn rows(frame: &DataFrame, columns: &[&str]) -> Vec<String> {
    let text = |name: &str, row: usize| match frame.column(name).unwrap().get(row).unwrap() {
        AnyValue::Null => "-".to_owned(),
        AnyValue::List(list) => {
            let parts = list.str().unwrap().iter().flatten();
            parts.collect::<Vec<_>>().join("+")
        }
        AnyValue::Date(day) => Day::from_days(day).to_string(),
        value => value.str_value().into_owned(),
    };
    let row = |row: usize| {
        let cells: Vec<String> = columns.iter().map(|name| text(name, row)).collect();
        cells.join(" ")
    };
    let mut rows: Vec<String> = (0..frame.height()).map(row).collect();
    rows.sort();
    rows
}

const ITEMS: &str = "编号,抽查事项名称,抽查子项,抽查主体,事项类别(一般/重点),抽查比例,抽查频次,检查人员要求\n\
    A01,公示信息检查,年报公示信息检查,市场监管局,一般检查事项,5%,每年不超过2次,无需专业岗位资格\n\
    A01,公示信息检查,即时公示信息检查,市场监管局,一般检查事项,不低于3%或按专项计划确定,对同一单位每2年抽查不超过1次,\n\
    B01,药品经营检查,零售药店检查,市场监管局,重点检查事项,33%,在许可有效期内同一单位不超过2次,需专业岗位资格\n\
    C01,特种设备检查,,市场监管局,重点检查事项,市局抽查比例不少于30%,市级局每年组织1次；县级局每月组织1次,特种设备安全监察员\n\
    C02,登记事项检查,,市场监管局,一般检查事项,结合登记事项检查一并开展,根据实际情况确定,\n";

#[test]
fn a_list_of_items_as_published_gives_bounds_and_names_what_a_person_must_read() {
    let bench = Bench::new();
    bench.write("items.csv", ITEMS);
    let registers = bench.registers("items.path = 'DIR/items.csv'", None);
    let items = registers.items().unwrap().unwrap();
    let shown: Vec<_> = items
        .iter()
        .map(|item| {
            let category = item.category.as_deref().unwrap();
            let bounds = (item.ratio_min, item.ratio_max, item.frequency_max);
            (item.id.as_str(), category, bounds)
        })
        .collect();
    assert_eq!(
        shown,
        [
            ("A01·即时公示信息检查", "一般", (Some(0.03), None, Some(1))),
            ("A01·年报公示信息检查", "一般", (None, Some(0.05), Some(2))),
            ("B01", "重点", (Some(0.33), None, Some(2))),
            ("C01", "重点", (None, None, None)),
            ("C02", "一般", (None, None, None)),
        ]
    );
    assert_eq!(items[2].ratio_text.as_deref(), Some("33%"));
    let specialty = |row: usize| items[row].required_specialty.as_deref();
    assert_eq!((specialty(1), specialty(2)), (None, Some("专业岗位资格")));
    let open = registers.items_for_a_person().unwrap();
    let open: Vec<_> = open
        .iter()
        .map(|cell| (cell.item_id.as_str(), cell.column))
        .collect();
    assert_eq!(
        open,
        [
            ("B01", "frequency_text"),
            ("C01", "ratio_text"),
            ("C01", "frequency_text"),
            ("C02", "ratio_text"),
            ("C02", "frequency_text"),
        ]
    );
    let notes = registers.notes().unwrap().join("\n");
    assert!(notes.contains("items: C02: ratio_text \"结合登记事项检查一并开展\" needs a person"));
    assert!(notes.contains("at most 1 visits a year to one object: A01·即时公示信息检查"));
}

#[test]
fn an_office_that_says_its_level_gets_the_clause_of_its_level() {
    let bench = Bench::new();
    bench.write("items.csv", ITEMS);
    let registers = bench.registers("items.path = 'DIR/items.csv'", Some(Level::City));
    let items = registers.items().unwrap().unwrap();
    assert_eq!(items[3].ratio_min, Some(0.3));
    let open = registers.items_for_a_person().unwrap();
    assert!(open.iter().all(|cell| cell.item_id != "C01"), "{open:?}");
}

/// The 21 columns of a platform's template.
const TEMPLATE: &str = "单位工号,姓名,性别,身份证号,手机号,学历,学历专业,岗位大类,从事本岗起始日期,岗位资质资格,执法事项范围,地区,层级,担任职务,所在业务部门（机构）,是否专家,工商执法证编号,工商执法证有效期,省执法证编号,执法证有效期,执法人员状态\n\
    G1,张一,男,11010519491231002X,13800000001,本科,法学,工商行政管理类，食品药品管理类,2010-01-01,药品检查员,食品经营,馆陶县,县级,科员,食品股,药品GSP,GS-1,2024-06-30,HB-1,2026年12月31日,有效\n\
    G2,李二,女,11010519491231002X,13800000002,专科,,工商行政管理类,2012/5/1,无,,馆陶县,所级,所长,馆陶所,否,,,HB-2,2025/1/15,有效\n\
    G3,王三,男,,,,,工商行政管理类,,无,,馆陶县,所级,,馆陶所,否,,,,,有效\n\
    G4,赵四,男,,,,,工商行政管理类,,无,,馆陶县,所级,,馆陶所,否,,,HB-4,2023-01-01,失效\n";

#[test]
fn the_template_of_21_columns_maps_itself_and_keeps_nothing_personal() {
    let bench = Bench::new();
    bench.write("p.csv", TEMPLATE);
    let job = "inspectors.path = 'DIR/p.csv'\n\
        inspectors.constants = { department = '市场监管局', staff_kind = '公务员' }";
    let registers = bench.registers(job, None);
    let register = registers.inspector_register().unwrap();
    let first = register.inspector("G1").unwrap();
    let texts = |register: &InspectorRegister, id: &str| -> Vec<String> {
        let certificates = register.inspector(id).unwrap().certificates.iter();
        certificates.map(|one| one.text.clone()).collect()
    };
    assert_eq!(
        texts(&register, "G1"),
        ["GS-1@2024-06-30", "HB-1@2026-12-31"]
    );
    assert_eq!(
        first.specialties,
        [
            "专业岗位资格",
            "专家",
            "工商行政管理类",
            "药品GSP",
            "药品检查员",
            "食品经营",
            "食品药品管理类"
        ]
    );
    assert_eq!(
        (first.office.as_str(), first.level.as_str()),
        ("食品股", "县级")
    );
    assert_eq!(
        register.inspector("G2").unwrap().specialties,
        ["工商行政管理类"]
    );
    let found = registers.inspector_findings().unwrap();
    let found: Vec<_> = found
        .iter()
        .map(|one| (one.inspector_id.as_str(), one.rule.id()))
        .collect();
    assert_eq!(
        found,
        [
            ("G1", "certificate-one-expired"),
            ("G2", "certificate-expiring"),
            ("G3", "certificate-missing"),
            ("G4", "inspector-inactive"),
        ]
    );
    let stored = bench
        .folder
        .path()
        .join("work 1/snapshot/inspectors.parquet");
    let stored = scan(&stored).collect().unwrap().to_string();
    for personal in ["张一", "11010519491231002X", "13800000001"] {
        assert!(!stored.contains(personal), "{personal}");
    }
}

#[test]
fn three_kinds_of_staff_are_told_whatever_an_office_calls_them() {
    let bench = Bench::new();
    let staff = "执法人员编号,人员类别,证书,在岗\n\
        P1,行政编制,执法证@2030-01-01,是\n\
        P2,事业编制,执法证|2030年1月1日,是\n\
        P3,劳务派遣,,是\n\
        P4,志愿者,执法证@2030-01-01,是\n\
        P5,公务员,执法证@长期,是\n";
    bench.write("p.csv", staff);
    let registers = bench.registers("inspectors.path = 'DIR/p.csv'", None);
    let register = registers.inspector_register().unwrap();
    let kinds: Vec<_> = register
        .inspectors()
        .iter()
        .map(|one| (one.staff_kind.as_str(), one.is_certified(as_of().0)))
        .collect();
    assert_eq!(
        kinds,
        [
            ("公务员", true),
            ("事业编", true),
            ("聘用制", false),
            ("志愿者", true),
            ("公务员", true)
        ]
    );
    let found = registers.inspector_findings().unwrap();
    let found: Vec<_> = found
        .iter()
        .map(|one| (one.inspector_id.as_str(), one.rule.id(), one.value.as_str()))
        .collect();
    assert_eq!(
        found,
        [
            ("P3", "staff-contract", "聘用制"),
            ("P4", "staff-kind-unknown", "志愿者")
        ]
    );
    assert!(
        registers
            .notes()
            .unwrap()
            .join("\n")
            .contains("inspectors: 1 (first P3): staff-contract")
    );
}

#[test]
fn identity_and_telephone_numbers_of_inspectors_cannot_be_mapped() {
    let bench = Bench::new();
    let job = "inspectors.path = 'p'\ninspectors.columns.inspector_id = '身份证号'\n\
        inspectors.extra.phone = { column = '手机号', type = 'str' }";
    assert_eq!(
        bench.problems(job),
        [
            "inspectors.columns.inspector_id: 身份证号 and 手机号 of inspectors are not stored",
            "inspectors.extra.phone: 身份证号 and 手机号 of inspectors are not stored"
        ]
    );
}

/// Three files of three generations, and one whose results are columns to be marked.
fn four_kinds(bench: &Bench) -> &'static str {
    bench
        .write(
            "2015.csv",
            "visit_id,object_id,inspected_on,检查结果\nu1,A1,2015-03-01,1\nu2,A1,2015-04-01,2;5\nu3,B2,2015-05-01,4\nu4,B2,2015-06-01,7\n",
        )
        .write(
            "2018.csv",
            "visit_id,object_id,inspected_on,检查结果,found\nv1,A1,2018-03-01,1,\nv2,A1,2018-04-01,\"B,3\",\nv3,C3,2018-05-01,F,\nv4,C3,2018-06-01,2,1\nu1,A1,2015-03-01,1,0\n",
        )
        .write(
            "2020.csv",
            "visit_id,object_id,inspected_on,检查结果\nw1,A1,2020-03-01,未发现问题\nw2,B2,2020-04-01,未按规定公示年报信息、通过登记的住所（经营场所）无法联系\nw3,C3,2020-05-01,公示信息隐瞒真实情况、弄虚作假\nw4,C3,2020-06-01,卫生差\n",
        )
        .write(
            "2021.csv",
            "visit_id,object_id,inspected_on,未发现问题,发现问题已责令改正,\"迁移、注销等其他情况\"\nx1,A1,2021-03-01,√,,\nx2,B2,2021-04-01,,1,\nx3,C3,2021-05-01,,,是\n",
        );
    "[[inspections]]\npath = 'DIR/2015.csv'\nresults = 'gen1'\n\
     [[inspections]]\npath = 'DIR/2018.csv'\nresults = 'gen2'\n\
     [[inspections]]\npath = 'DIR/2020.csv'\n\
     [[inspections]]\npath = 'DIR/2021.csv'\n\
     columns.result_codes = { marked = ['未发现问题', '发现问题已责令改正', '迁移、注销等其他情况'] }"
}

#[test]
fn three_generations_and_grouped_columns_become_one_vocabulary() {
    let bench = Bench::new();
    let snapshot = bench.read(four_kinds(&bench));
    let inspections = table(&snapshot, "inspections");
    assert_eq!(
        rows(&inspections, &["visit_id", "result_codes", "found"]),
        [
            "u1 1 false",
            "u2 B+C true",
            "u3 6 true",
            "u4 9 -",
            "v1 1 false",
            "v2 B+3 true",
            "v3 F -",
            "v4 D true",
            "w1 1 false",
            "w2 B+6 true",
            "w3 C true",
            "w4 卫生差 -",
            "x1 1 false",
            "x2 E true",
            "x3 12 -",
        ]
    );
    let counts = &snapshot.counts()[1];
    assert_eq!((counts.read, counts.accepted, counts.refused), (16, 15, 1));
    let notes = snapshot.notes().join("\n");
    assert!(notes.contains("ingest.inspections[2]: results are written as texts"));
    assert!(notes.contains("such as \"卫生差\" is in no generation and stays as it is"));
}

#[test]
fn neither_partitions_nor_the_order_of_sections_change_what_is_read() {
    let bench = Bench::new();
    let job = four_kinds(&bench);
    let columns = ["visit_id", "result_codes", "found", "inspected_on"];
    let once = rows(&table(&bench.read(job), "inspections"), &columns);
    let split = rows(&table(&bench.read_in(job, 3), "inspections"), &columns);
    assert_eq!(once, split);
    let mut sections: Vec<&str> = job.split("[[inspections]]").skip(1).collect();
    sections.reverse();
    let turned = sections
        .iter()
        .map(|section| format!("[[inspections]]{}\n", section.trim_end()));
    let turned = turned.collect::<Vec<_>>().concat();
    assert_eq!(
        once,
        rows(&table(&bench.read(&turned), "inspections"), &columns)
    );
}

#[test]
fn the_hit_rule_of_the_job_decides_what_was_found_where_nothing_is_recorded() {
    let bench = Bench::new();
    bench.write(
        "i.csv",
        "visit_id,object_id,inspected_on,检查结果,found\nv1,A1,2024-01-01,无法联系,\nv2,A1,2024-02-01,B,\nv3,A1,2024-03-01,B,0\n",
    );
    let reached = HitCodes {
        unreachable_is_hit: false,
        ..HitCodes::default()
    };
    let params = bench.params("inspections.path = 'DIR/i.csv'");
    let params = params.check().unwrap().with_hit_codes(&reached);
    let work = bench.folder.path();
    let snapshot = ingest::read(&params, as_of(), 1, work, &Meter::silent()).unwrap();
    let found = rows(&table(&snapshot, "inspections"), &["visit_id", "found"]);
    assert_eq!(found, ["v1 false", "v2 true", "v3 false"]);
}

#[test]
fn the_published_example_has_its_published_rates() {
    // 天宁区郑陆分局 2017: 97 drawn, 78 正常, 10 未按规定公示, 3 无法联系, 6 责令改正
    let bench = Bench::new();
    let results = [
        ("正常", 78),
        ("未按规定公示", 10),
        ("无法联系", 3),
        ("责令改正", 6),
    ];
    let all = results.iter().flat_map(|&(text, n)| vec![text; n]);
    let lines = all
        .enumerate()
        .map(|(row, text)| format!("v{row},A1,2017-06-01,{text}\n"));
    let text = format!(
        "visit_id,object_id,inspected_on,检查结果\n{}",
        lines.collect::<String>()
    );
    bench.write("i.csv", &text);
    let snapshot = bench.read("inspections.path = 'DIR/i.csv'");
    let inspections = table(&snapshot, "inspections");
    let rule = HitCodes::default();
    let lists = inspections
        .column("result_codes")
        .unwrap()
        .list()
        .unwrap()
        .clone();
    let meanings: Vec<Meaning> = (0..97)
        .map(|row| {
            let codes = lists.get_as_series(row).unwrap();
            let codes = codes.str().unwrap().iter().flatten();
            rule.strongest(codes.collect::<Vec<_>>()).unwrap().unwrap()
        })
        .collect();
    let n = |wanted: Meaning| meanings.iter().filter(|&&one| one == wanted).count();
    assert_eq!(n(Meaning::Hit) + n(Meaning::Unreachable), 19); // 19.6 %
    assert_eq!(n(Meaning::Hit), 16); // 16.5 %
    let found = inspections.column("found").unwrap().bool().unwrap();
    assert_eq!(found.sum(), Some(19));
}

/// A file for each kind of event, with the headers platforms give it.
fn events(bench: &Bench) -> &'static str {
    bench
        .write(
            "异常.csv",
            "单位名称,统一社会信用代码,异常类型,列入原因,列入日期,列入决定机构,移出原因,移出日期,移出决定机构\n甲,A1,经营异常,通过登记的住所或者经营场所无法联系,2022-07-01,馆陶县局,5,2023-02-01,馆陶县局\n乙,B2,经营异常,未按时年报,2024-07-01,馆陶县局,,,\n",
        )
        .write(
            "处罚.csv",
            "处罚决定书文号,处罚决定书签发日期,违法行为类型,处罚机关,企业名称,统一社会信用代码,罚款金额,公示日期\n馆市监罚〔2023〕1号,2023-05-04,无证经营,馆陶县局,甲,A1,500000,2023-05-11\n馆市监罚〔2024〕9号,2024-12-30,虚假宣传,馆陶县局,丙,C3,100000,2025-01-06\n",
        )
        .write(
            "投诉.csv",
            "统一社会信用代码,投诉日期,投诉内容,办结日期\nA1,2024-03-15,食品变质,2024-03-30\nX9,2024-03-16,不明,\n",
        )
        .write(
            "许可.csv",
            "许可文件编号,许可文件名称,有效期自,有效期至,许可机关,企业名称,统一社会信用代码\nJY1,食品经营许可证,2021-01-10,2026-01-09,馆陶县局,甲,A1\n",
        );
    "[[credit_events]]\npath = 'DIR/异常.csv'\n\
     [[credit_events]]\npath = 'DIR/处罚.csv'\nconstants.kind = '行政处罚'\n\
     [[credit_events]]\npath = 'DIR/投诉.csv'\nconstants.kind = '投诉举报'\n\
     [[credit_events]]\npath = 'DIR/许可.csv'\nconstants.kind = '行政许可'"
}

#[test]
fn a_file_for_each_kind_becomes_one_table_of_credit_events() {
    let bench = Bench::new();
    let snapshot = bench.read(events(&bench));
    let events = table(&snapshot, "credit_events");
    assert_eq!(
        rows(
            &events,
            &[
                "kind",
                "event_on",
                "known_on",
                "ended_on",
                "reason",
                "end_reason"
            ]
        ),
        [
            "投诉举报 2024-03-15 2024-03-15 2024-03-30 食品变质 -",
            "经营异常 2022-07-01 2022-07-01 2023-02-01 通过登记的住所或者经营场所无法联系 重新取得联系",
            "经营异常 2024-07-01 2024-07-01 - 未按时年报 -",
            "行政处罚 2023-05-04 2023-05-11 - 无证经营 -",
            "行政许可 2021-01-10 2021-01-10 - - -",
        ]
    );
    let documents = rows(&events, &["document_id", "decided_by"]);
    assert!(
        documents.contains(&"馆市监罚〔2023〕1号 馆陶县局".to_owned()),
        "{documents:?}"
    );
    let counts = snapshot.counts().last().unwrap();
    let counts = (counts.read, counts.accepted, counts.refused, counts.later);
    assert_eq!(counts, (7, 5, 1, 1));
    let refused = scan(snapshot.refused()).collect().unwrap();
    let message = rows(&refused, &["line", "column", "value", "rule"]);
    assert_eq!(message, ["3 统一社会信用代码 X9 object-unknown"]);
    let notes = snapshot.notes();
    let undated = notes.iter().filter(|note| note.contains("no known_on"));
    let undated: Vec<&str> = undated
        .map(|note| note.split(':').next().unwrap())
        .collect();
    assert_eq!(
        undated,
        ["credit_events[0]", "credit_events[2]", "credit_events[3]"]
    );
}

#[test]
fn a_wrong_key_of_a_section_is_named_with_its_place() {
    let bench = Bench::new();
    let job = "[[credit_events]]\npath = 'a'\n[[credit_events]]\npath = 'b'\ncolumns.sort = '种类'\nresults = 'gen1'";
    let problems = bench.problems(job);
    assert!(
        problems[0].starts_with("credit_events[1].results: only a table with result codes"),
        "{problems:?}"
    );
    assert!(
        problems[1].starts_with("credit_events[1].columns.sort: must be a column of credit_events"),
        "{problems:?}"
    );
    let none: Params = toml::from_str("objects.path = 'o'\ncredit_events = []").unwrap();
    assert_eq!(none.check().unwrap_err()[0].key, "credit_events");
}
