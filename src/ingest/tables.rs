//! The canonical tables: every column with its type, presence, Chinese header and meaning; the one list mappings are made against.

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

/// Type of a canonical column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ColumnType {
    /// UTF-8 text.
    #[serde(rename = "str")]
    Text,
    /// 64-bit whole number; money is in 分.
    #[serde(rename = "i64")]
    Whole,
    /// 64-bit float, finite.
    #[serde(rename = "f64")]
    Number,
    /// true or false.
    #[serde(rename = "bool")]
    Flag,
    /// Calendar day, UTC+8.
    #[serde(rename = "date")]
    Date,
    /// List of texts; in a text column separated by the table's `list_separator`.
    #[serde(rename = "list")]
    List,
}

impl ColumnType {
    /// Name used in job files and schemas.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "str",
            Self::Whole => "i64",
            Self::Number => "f64",
            Self::Flag => "bool",
            Self::Date => "date",
            Self::List => "list<str>",
        }
    }
}

/// What happens where a column or a value is absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// The column must be there and every row must have a value.
    Required,
    /// An absent column is a column of nulls.
    Optional,
    /// An absent column or value reads as this text.
    Text(&'static str),
    /// An absent column or value reads as true.
    True,
    /// An absent column or value takes the row's value of another column.
    Column(&'static str),
    /// An absent column reads as this text; a null in a present column stays null.
    WhenAbsent(&'static str),
}

/// One canonical column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// Canonical name.
    pub name: &'static str,
    /// Type in the snapshot.
    pub kind: ColumnType,
    /// Rule for absent columns and values.
    pub presence: Presence,
    /// 表头: the header an officer looks for.
    pub header: &'static str,
    /// Meaning, Chinese.
    pub zh: &'static str,
    /// Meaning, English, with unit and range.
    pub en: &'static str,
    /// Other headers seen in files for the same thing.
    pub seen: &'static [&'static str],
}

/// One canonical table.
#[derive(Debug, PartialEq, Eq)]
pub struct Table {
    /// Name in job files and folder name in the snapshot.
    pub name: &'static str,
    /// 表名.
    pub header: &'static str,
    /// Split into hash partitions by object.
    pub bulk: bool,
    /// Column that may hold each value once.
    pub unique: Option<&'static str>,
    /// Day of the record, which `known_on` may not precede.
    pub day: Option<&'static str>,
    /// Canonical columns, in the order of the snapshot.
    pub columns: &'static [Column],
}

impl Table {
    /// The column of this name.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&'static Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// Whether rows belong to an object of the register by its `object_id`.
    #[must_use]
    pub fn is_fact(&self) -> bool {
        self.name != "objects" && self.column("object_id").is_some()
    }
}

const fn col(
    name: &'static str,
    kind: ColumnType,
    presence: Presence,
    words: [&'static str; 3],
    seen: &'static [&'static str],
) -> Column {
    Column {
        name,
        kind,
        presence,
        header: words[0],
        zh: words[1],
        en: words[2],
        seen,
    }
}

use ColumnType::{Date, Flag, List, Number, Text, Whole};
use Presence::{Optional, Required};

#[rustfmt::skip] // one column a line
const OBJECT_ID: Column = col("object_id", Text, Required, ["统一社会信用代码", "检查对象标识", "identity of the object, at most 64 bytes when normalised"],
    &["统一社会信用代码/注册号", "注册号/统一社会信用代码", "统一社会信用代码（注册号）", "社会信用代码", "信用代码", "注册号", "CA91", "CA15"]);
#[rustfmt::skip] // one column a line
const ID_SCHEME: Column = col("id_scheme", Text, Presence::Text("uscc"), ["标识类型", "标识的编码规则", "scheme of the identity: uscc, reg15 or another name"], &["代码类型"]);
#[rustfmt::skip] // one column a line
const DEPARTMENT: Column = col("department", Text, Optional, ["部门", "所属部门", "department"], &["检查部门", "所属部门", "检查机关"]);
#[rustfmt::skip] // one column a line
const OFFICE: Column = col("office", Text, Optional, ["管辖单位", "属地监管机构", "local office in charge"],
    &["属地监管工商所", "管辖机关", "登记机关", "片区", "所在单位", "CA11"]);
#[rustfmt::skip] // one column a line
const REGION: Column = col("region_code", Text, Optional, ["行政区划代码", "所在区域", "region in the scheme of `region_scheme`"], &["行政区划", "区划代码", "区域代码"]);

#[rustfmt::skip] // one column a line
const OBJECTS: &[Column] = &[
    OBJECT_ID,
    ID_SCHEME,
    col("name", Text, Optional, ["企业名称", "名称", "name"], &["企业(机构)名称", "名称", "单位名称", "市场主体名称", "RegOrgName", "主体名称"]),
    col("kind", Text, Optional, ["主体类别", "企业、个体工商户、农民专业合作社等", "kind of market entity"], &["主体类型", "市场主体类型", "企业类型", "CA16"]),
    col("status", Text, Optional, ["登记状态", "存续、注销、吊销等", "registration status"], &["经营状态", "企业状态", "CA19"]),
    REGION,
    col("region_scheme", Text, Optional, ["区划标准", "区域代码的标准", "scheme of `region_code`, for example gbt2260"], &[]),
    col("industry_code", Text, Optional, ["行业代码", "所属行业", "industry in the scheme of `industry_scheme`"], &["行业门类", "国民经济行业代码", "行业"]),
    col("industry_scheme", Text, Optional, ["行业标准", "行业代码的标准", "scheme of `industry_code`, for example gbt4754"], &[]),
    OFFICE,
    col("address", Text, Optional, ["住所", "住所或经营场所", "address"], &["住所(DOM)", "地址", "经营场所", "住所（经营场所）"]),
    col("lat", Number, Optional, ["纬度", "纬度", "latitude, degrees, -90 to 90"], &[]),
    col("lon", Number, Optional, ["经度", "经度", "longitude, degrees, -180 to 180"], &[]),
    col("established_on", Date, Optional, ["成立日期", "成立日期", "day of establishment"], &["注册日期", "设立日期", "开业日期"]),
    col("closed_on", Date, Optional, ["注销日期", "注销或吊销日期", "day of closing, null while open on the as-of day"], &["吊销日期", "注吊销日期"]),
    col("registered_capital", Whole, Optional, ["注册资本", "注册资本，单位为分", "registered capital, 分, not negative"], &["注册资本(分)"]),
    col("size", Text, Optional, ["企业规模", "大中小微", "size class"], &["规模"]),
    col("business_scope", Text, Optional, ["经营范围", "经营范围", "business scope"], &[]),
    col("legal_person_key", Text, Optional, ["法定代表人标识", "法定代表人的散列值", "hash standing for the legal person"], &["法定代表人", "法定代表人散列"]),
    col("labels", List, Optional, ["监管标签", "监管标签", "supervision labels"], &["对应专项库监管标签", "标签"]),
    col("departments", List, Optional, ["监管部门", "有监管职责的部门", "departments in charge"], &[]),
];

#[rustfmt::skip] // one column a line
const INSPECTIONS: &[Column] = &[
    col("visit_id", Text, Required, ["检查编号", "一次检查的编号", "identity of the visit"], &["检查记录编号", "检查单号"]),
    OBJECT_ID,
    ID_SCHEME,
    col("item_id", Text, Optional, ["抽查事项", "抽查事项编号", "inspection item"], &["抽查事项编号", "检查事项", "事项编号"]),
    col("inspected_on", Date, Required, ["检查日期", "检查日期", "day of the visit"], &["抽查日期", "检查时间", "上次抽查日期"]),
    col("known_on", Date, Presence::Column("inspected_on"), ["录入日期", "结果录入或公示的日期", "day the result was known, not before the visit"], &["公示日期", "结果录入日期"]),
    col("visited", Flag, Presence::True, ["是否到场", "是否实际检查", "whether the visit took place"], &["是否检查"]),
    col("result_codes", List, Optional, ["检查结果", "检查结果代码", "result codes"], &["抽查结果", "检查结果代码"]),
    col("found", Flag, Optional, ["是否发现问题", "是否发现问题", "whether a problem was found; null where unknown"], &["发现问题"]),
    col("severity", Number, Optional, ["严重程度", "问题严重程度", "severity in the source's own scale"], &[]),
    col("inspector_ids", List, Optional, ["检查人员", "检查人员编号", "inspectors, first is the lead"], &["执法人员", "检查人员编号", "执法检查人员"]),
    col("channel", Text, Presence::WhenAbsent("draw"), ["检查来源", "抽查、投诉、专项或其他", "why the visit was made: draw, complaint, campaign, other"], &["检查类型"]),
    col("draw_id", Text, Optional, ["抽查任务编号", "抽查任务编号", "draw that caused the visit"], &["抽查计划编号"]),
];

#[rustfmt::skip] // one column a line
const CREDIT_EVENTS: &[Column] = &[
    OBJECT_ID,
    ID_SCHEME,
    col("event_on", Date, Required, ["列入日期", "事件日期", "day of the event"], &["处罚决定书签发日期", "处罚决定日期", "发生日期"]),
    col("known_on", Date, Presence::Column("event_on"), ["公示日期", "录入或公示的日期", "day the event was known, not before the event"], &["录入日期"]),
    col("kind", Text, Required, ["异常类型", "信用事件类别", "kind of credit event"], &["事件类别", "处罚种类", "列入原因"]),
    col("amount", Whole, Optional, ["金额", "金额，单位为分", "amount, 分, not negative"], &["罚款金额", "罚没金额"]),
    col("ended_on", Date, Optional, ["移出日期", "事件结束的日期", "day the event ended, null while open on the as-of day"], &["有效期至"]),
];

#[rustfmt::skip] // one column a line
const INSPECTORS: &[Column] = &[
    col("inspector_id", Text, Required, ["执法证号", "检查人员编号", "identity of the inspector"], &["执法人员编号", "执法证件号"]),
    DEPARTMENT,
    OFFICE,
    col("level", Text, Optional, ["职级", "职级", "grade"], &[]),
    col("staff_kind", Text, Optional, ["人员性质", "公务员、事业编、聘用制", "kind of employment"], &["编制类型"]),
    col("certificates", List, Optional, ["资格证书", "证书，写作 名称@到期日", "certificates, each `name@YYYY-MM-DD`"], &["证书"]),
    col("specialties", List, Optional, ["专长", "专长", "specialties"], &["业务专长"]),
    REGION,
    col("former_employers", List, Optional, ["曾任职单位", "曾任职单位标识", "object ids of former employers"], &[]),
    col("active", Flag, Presence::True, ["是否在岗", "是否在岗", "whether the inspector is on duty"], &["在岗"]),
];

#[rustfmt::skip] // one column a line
const ITEMS: &[Column] = &[
    col("item_id", Text, Required, ["事项编号", "抽查事项编号", "identity of the item"], &["抽查事项编号"]),
    col("name", Text, Optional, ["事项名称", "抽查事项名称", "name"], &["抽查事项名称", "抽查事项"]),
    DEPARTMENT,
    col("category", Text, Optional, ["事项类别", "一般或重点检查事项", "ordinary or key item"], &["事项分类"]),
    col("basis", Text, Optional, ["检查依据", "检查依据", "legal basis"], &["抽查依据"]),
    col("applies_to", Text, Optional, ["检查对象", "适用对象的条件", "condition on objects"], &["抽查对象"]),
    col("ratio_min", Number, Optional, ["抽查比例下限", "比例下限，0 至 1", "least ratio, 0 to 1"], &[]),
    col("ratio_max", Number, Optional, ["抽查比例上限", "比例上限，0 至 1", "greatest ratio, 0 to 1"], &[]),
    col("ratio_text", Text, Optional, ["抽查比例", "比例原文", "original text of the ratio"], &[]),
    col("frequency_max", Whole, Optional, ["年度检查频次上限", "每年至多次数", "visits per year at most"], &[]),
    col("frequency_text", Text, Optional, ["抽查频次", "频次原文", "original text of the frequency"], &["检查频次"]),
    col("method", Text, Optional, ["检查方式", "检查方式", "method"], &["抽查方式"]),
    col("required_specialty", Text, Optional, ["所需专长", "所需专长", "specialty an inspector must have"], &[]),
];

#[rustfmt::skip] // one column a line
const RECUSALS: &[Column] = &[
    col("inspector_id", Text, Required, ["执法证号", "应当回避的检查人员", "inspector who must stay away"], &["执法人员编号", "执法证件号", "检查人员"]),
    OBJECT_ID,
    ID_SCHEME,
    col("reason", Text, Optional, ["回避理由", "回避的理由", "why"], &["回避事由", "利害关系"]),
];

#[rustfmt::skip] // one column a line
const AVAILABILITY: &[Column] = &[
    col("inspector_id", Text, Required, ["执法证号", "不能出勤的检查人员", "inspector who is absent"], &["执法人员编号", "执法证件号", "检查人员"]),
    col("from", Date, Required, ["开始日期", "不能出勤的第一天", "first day of absence"], &["起始日期"]),
    col("to", Date, Presence::Column("from"), ["结束日期", "不能出勤的最后一天", "last day of absence, not before the first"], &["截止日期"]),
];

#[rustfmt::skip] // one column a line
const OUTCOMES: &[Column] = &[
    OBJECT_ID,
    ID_SCHEME,
    col("visited", Flag, Presence::True, ["是否到场", "是否实际检查", "whether the visit took place"], &[]),
    col("found", Flag, Required, ["是否发现问题", "是否发现问题", "whether a problem was found"], &["发现问题"]),
    col("severity", Number, Optional, ["严重程度", "问题严重程度", "severity, 0 where absent"], &[]),
    col("result_codes", List, Optional, ["检查结果", "检查结果代码", "result codes"], &["检查结果代码"]),
];

/// The tables of a snapshot, in the order they are read.
#[rustfmt::skip] // one table a line
pub static TABLES: [Table; 7] = [
    Table { name: "objects", header: "检查对象名录库", bulk: true, unique: Some("object_id"), day: None, columns: OBJECTS },
    Table { name: "inspections", header: "抽查检查结果", bulk: true, unique: Some("visit_id"), day: Some("inspected_on"), columns: INSPECTIONS },
    Table { name: "credit_events", header: "信用事件", bulk: true, unique: None, day: Some("event_on"), columns: CREDIT_EVENTS },
    Table { name: "inspectors", header: "执法检查人员名录库", bulk: false, unique: Some("inspector_id"), day: None, columns: INSPECTORS },
    Table { name: "items", header: "随机抽查事项清单", bulk: false, unique: Some("item_id"), day: None, columns: ITEMS },
    Table { name: "recusals", header: "回避", bulk: true, unique: None, day: None, columns: RECUSALS },
    Table { name: "availability", header: "不可抽取时段", bulk: false, unique: None, day: None, columns: AVAILABILITY },
];

/// Results that a round's visits would return; read only at the evaluate door.
pub static OUTCOME_TABLE: Table = Table {
    name: "outcomes",
    header: "检查结果（评估）",
    bulk: false,
    unique: Some("object_id"),
    day: None,
    columns: OUTCOMES,
};

/// The table of this name (`objects` … `availability`, `outcomes`).
#[must_use]
pub fn table(name: &str) -> Option<&'static Table> {
    TABLES
        .iter()
        .chain([&OUTCOME_TABLE])
        .find(|table| table.name == name)
}

/// The first table and column a source header is known to mean; the register wins where several fit.
///
/// ```
/// use choucha::ingest::guess;
/// assert_eq!(guess("统一社会信用代码/注册号"), Some(("objects", "object_id")));
/// assert_eq!(guess("移出日期"), Some(("credit_events", "ended_on")));
/// assert_eq!(guess("序号"), None);
/// ```
#[must_use]
pub fn guess(header: &str) -> Option<(&'static str, &'static str)> {
    TABLES
        .iter()
        .find_map(|table| guess_in(table.name, header).map(|column| (table.name, column)))
}

/// The column of `table` that a source header is known to mean.
#[must_use]
pub fn guess_in(table_name: &str, header: &str) -> Option<&'static str> {
    let wanted = folded(header);
    let named = |column: &Column| {
        column.name == wanted
            || folded(column.header) == wanted
            || column.seen.iter().any(|seen| folded(seen) == wanted)
    };
    table(table_name)?
        .columns
        .iter()
        .find(|column| named(column))
        .map(|column| column.name)
}

fn folded(header: &str) -> String {
    header
        .nfkc()
        .filter(|letter| !letter.is_whitespace())
        .flat_map(char::to_lowercase)
        .collect()
}
