//! One register as an office would send it, in the formats of the peers: the same rows, made once.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use choucha::ingest::{self, Params};
use choucha::simulate::uscc;
use choucha::units::Meter;
use rust_xlsxwriter::Workbook;

use super::{as_of, kept};

/// Headers of the register, as §3.6 of the field's reference lists them.
pub const HEADERS: [&str; 12] = [
    "统一社会信用代码",
    "企业名称",
    "主体类别",
    "登记状态",
    "行政区划代码",
    "行业代码",
    "管辖单位",
    "住所",
    "成立日期",
    "注册资本",
    "企业规模",
    "经营范围",
];
const KINDS: [&str; 3] = ["企业", "个体工商户", "农民专业合作社"];
const TOWNS: [&str; 4] = ["馆陶镇", "房寨镇", "柴堡镇", "路桥乡"];
const TRADES: [(&str, &str); 4] = [
    ("5212", "超级市场零售；食品、日用百货、服装鞋帽销售"),
    ("6210", "餐饮服务（凭有效许可证经营）"),
    ("0111", "谷物种植、收购、初加工，农机作业服务"),
    ("3311", "金属结构制造、安装；五金产品批发"),
];

/// Prefixes of the codes of those kinds.
const PREFIXES: [&str; 3] = ["91", "92", "93"];

fn cells(row: u64) -> [String; 12] {
    let pick = |of: usize, salt: u64| {
        let hash = (row + 1)
            .wrapping_mul(0x9E37_79B9_7F4A_7C15)
            .rotate_left(17)
            ^ salt;
        usize::try_from(hash % of as u64).expect("an index is small")
    };
    let (trade, scope) = TRADES[pick(4, 1)];
    let town = TOWNS[pick(4, 2)];
    let (year, month, day) = (1990 + row % 34, 1 + row % 12, 1 + row % 28);
    [
        uscc(PREFIXES[pick(3, 3)], 130_433, row),
        format!("馆陶县{town}第{row}号商贸有限公司"),
        KINDS[pick(3, 3)].to_owned(),
        "存续".to_owned(),
        format!("13043310{}", pick(4, 2)),
        trade.to_owned(),
        format!("{town}市场监督管理所"),
        format!("河北省邯郸市馆陶县{town}中心街{}号", row % 900),
        format!("{year}-{month:02}-{day:02}"),
        format!("{}", (1 + row % 1000) * 1_000_000),
        "小型".to_owned(),
        scope.to_owned(),
    ]
}

/// The register of `n` rows as `csv` (UTF-8), `gb18030.csv` or `xlsx`.
pub fn register(n: u64, kind: &str) -> PathBuf {
    let path = kept(format!("codes-{n}.{kind}"));
    if path.exists() {
        return path;
    }
    let partial = kept(format!("codes-{n}.partial"));
    match kind {
        "xlsx" => write_xlsx(n, &partial),
        _ => write_csv(n, kind == "gb18030.csv", &partial),
    }
    fs::rename(&partial, &path).expect("target can be written");
    path
}

fn write_csv(n: u64, gb18030: bool, path: &Path) {
    let mut file = BufWriter::new(File::create(path).expect("target can be written"));
    let mut line = HEADERS.join(",");
    for row in 0..=n {
        line.push('\n');
        let bytes = if gb18030 {
            encoding_rs::GB18030.encode(&line).0
        } else {
            line.as_bytes().into()
        };
        file.write_all(&bytes).expect("target can be written");
        line.clear();
        if row < n {
            let _ = write!(line, "{}", cells(row).join(","));
        } else {
            break;
        }
    }
    file.flush().expect("target can be written");
}

fn write_xlsx(n: u64, path: &Path) {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    let rows = std::iter::once(HEADERS.map(str::to_owned)).chain((0..n).map(cells));
    for (at, row) in (0..).zip(rows) {
        for (column, text) in (0..).zip(&row) {
            sheet
                .write_string(at, column, text)
                .expect("a cell can be written");
        }
    }
    book.save(path).expect("target can be written");
}

/// Reads a register file into a typed snapshot in a fresh folder, as `choucha ingest` does; returns the accepted rows.
pub fn read(path: &Path) -> u64 {
    let work = tempfile::TempDir::new_in(kept("")).expect("target can be written");
    let columns = [
        ("object_id", 0),
        ("name", 1),
        ("kind", 2),
        ("status", 3),
        ("region_code", 4),
        ("industry_code", 5),
        ("office", 6),
        ("address", 7),
        ("established_on", 8),
        ("registered_capital", 9),
        ("size", 10),
        ("business_scope", 11),
    ];
    let mut job = format!(
        "[objects]\npath = '{}'\n[objects.columns]\n",
        path.display()
    );
    for (column, at) in columns {
        let _ = writeln!(job, "{column} = '{}'", HEADERS[at]);
    }
    let params: Params = toml::from_str(&job).expect("a section of a job file");
    let params = params.check().expect("the section is sound");
    let snapshot = ingest::read(
        &params,
        as_of(),
        super::PARTS,
        work.path(),
        &Meter::silent(),
    );
    let snapshot = snapshot.unwrap_or_else(|error| panic!("{error}"));
    snapshot.counts()[0].accepted
}

/// Decodes a register file to Parquet of text columns and reads one of them: what a decoder does, without mapping, checks, ids
/// and order. Returns the rows.
pub fn decode(path: &Path) -> u64 {
    let path = path.display().to_string();
    let tables = ingest::read_texts("path", &path, |header| header == HEADERS[2]);
    let tables = tables.unwrap_or_else(|error| panic!("{error}"));
    tables[0].rows.len() as u64
}
