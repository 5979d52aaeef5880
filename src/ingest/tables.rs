//! The canonical tables: every column with its type, presence, Chinese header and meaning; the one list mappings are made against.

use serde::{Deserialize, Serialize};

use super::headings;

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

/// What a filled cell costs that cannot be read, or lies outside the range of its column. A text can always be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consequence {
    /// Its row is refused: null would mean something else, decide what was known when, or break a law.
    Refused,
    /// The cell reads as empty, and a finding on the row keeps its text.
    Emptied,
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
    /// What a cell costs that cannot be read.
    pub unread: Consequence,
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
    /// Column that may hold each value once per object.
    pub once: Option<&'static str>,
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
        unread: Consequence::Refused,
        header: words[0],
        zh: words[1],
        en: words[2],
        seen,
    }
}

impl Column {
    /// The column, of which a cell that cannot be read costs its row nothing.
    const fn emptied(self) -> Self {
        Self {
            unread: Consequence::Emptied,
            ..self
        }
    }
}

use ColumnType::{Date, Flag, List, Number, Text, Whole};
use Presence::{Optional, Required};

#[rustfmt::skip] // one column a line
const OBJECT_ID: Column = col("object_id", Text, Required, ["统一社会信用代码", "检查对象标识", "identity of the object, at most 64 bytes when normalised"],
    &["统一社会信用代码/注册号", "注册号/统一社会信用代码", "统一社会信用代码（注册号）", "社会信用代码", "信用代码", "注册号", "CA91", "CA15", "统一代码", "统一信用代码", "企业信用代码", "机构信用代码", "统一社会信用代码（或注册号）", "统一社会信用代码或注册号", "统一社会信用代码/工商注册号", "UNISCID", "uscc", "工商注册号", "营业执照注册号", "营业执照号", "执照注册号", "企业注册号", "REGNO", "主体身份代码", "检查对象统一社会信用代码", "当事人统一社会信用代码", "行政相对人代码_1（统一社会信用代码）", "行政相对人统一社会信用代码"]);
#[rustfmt::skip] // one column a line
const ID_SCHEME: Column = col("id_scheme", Text, Presence::Text("uscc"), ["标识类型", "标识的编码规则", "scheme of the identity: uscc, reg15 or another name"], &["代码类型", "证照类型", "编码类型"]);
#[rustfmt::skip] // one column a line
const DEPARTMENT: Column = col("department", Text, Optional, ["部门", "所属部门", "department"], &["检查部门", "所属部门", "检查机关", "部门名称", "主管部门", "所在部门", "抽查部门", "抽查主体", "执法部门"]);
#[rustfmt::skip] // one column a line
const OFFICE: Column = col("office", Text, Optional, ["管辖单位", "属地监管机构", "local office in charge"],
    &["属地监管工商所", "管辖机关", "登记机关", "片区", "所在单位", "CA11", "管辖单位(属地监管工商所)", "管辖单位（所）", "管辖所", "管辖工商所", "属地监管所", "属地所", "监管所", "市场监管所", "所在监管所", "所在机构", "日常监管单位", "登记机关名称"]);
#[rustfmt::skip] // one column a line
const REGION: Column = col("region_code", Text, Optional, ["行政区划代码", "所在区域", "region in the scheme of `region_scheme`"], &["行政区划", "区划代码", "区域代码", "行政区划编码", "区域编码", "所属区划", "所在行政区划", "住所所在行政区划"]);

#[rustfmt::skip] // one column a line
const OBJECTS: &[Column] = &[
    OBJECT_ID,
    ID_SCHEME,
    col("other_ids", List, Optional, ["其他标识", "同一主体的其他编号", "further identifiers of the object, such as its old 注册号 beside its code"], &[]).emptied(),
    col("name", Text, Optional, ["企业名称", "名称", "name"], &["企业(机构)名称", "名称", "单位名称", "市场主体名称", "RegOrgName", "主体名称", "企业全称", "单位全称", "机构名称", "字号名称", "个体字号名称", "主体全称", "市场主体", "经营主体名称", "检查对象名称", "对象名称", "被检查单位", "商事主体名称", "ENTNAME", "entname"]),
    col("kind", Text, Optional, ["主体类别", "企业、个体工商户、农民专业合作社等", "kind of market entity"], &["主体类型", "市场主体类型", "企业类型", "CA16", "经营主体类型", "主体性质", "企业类型（中文）", "实体类型", "EntType"]),
    col("status", Text, Optional, ["登记状态", "存续、注销、吊销等", "registration status"], &["经营状态", "企业状态", "CA19", "主体状态", "存续状态", "市场主体状态", "经营主体状态", "企业登记状态", "经营状况", "登记状态（中文）", "RegState"]),
    REGION,
    col("region_scheme", Text, Optional, ["区划标准", "区域代码的标准", "scheme of `region_code`, for example gbt2260"], &["行政区划标准"]),
    col("industry_code", Text, Optional, ["行业代码", "所属行业", "industry in the scheme of `industry_scheme`"], &["行业门类", "国民经济行业代码", "行业", "行业编码", "行业代码（GB/T 4754）", "所属行业代码", "国民经济行业", "国民经济行业分类", "行业小类", "行业类别代码", "行业分类代码", "IndustryCo"]),
    col("industry_scheme", Text, Optional, ["行业标准", "行业代码的标准", "scheme of `industry_code`, for example gbt4754"], &["行业代码标准"]),
    OFFICE,
    col("address", Text, Optional, ["住所", "住所或经营场所", "address"], &["住所(DOM)", "地址", "经营场所", "住所（经营场所）", "企业住所", "注册地址", "住所地", "经营地址", "企业地址", "单位地址", "详细地址", "生产经营地址", "住所/经营场所", "住所或经营场所", "经营（驻在）期间地址", "OPLOC"]),
    col("lat", Number, Optional, ["纬度", "纬度", "latitude, degrees, -90 to 90"], &["北纬"]).emptied(),
    col("lon", Number, Optional, ["经度", "经度", "longitude, degrees, -180 to 180"], &["东经"]).emptied(),
    col("established_on", Date, Optional, ["成立日期", "成立日期", "day of establishment"], &["注册日期", "设立日期", "开业日期", "成立时间", "注册时间", "登记日期", "设立时间", "开业时间", "核准设立日期", "EstDate"]).emptied(),
    col("closed_on", Date, Optional, ["注销日期", "注销或吊销日期", "day of closing, null while open on the as-of day"], &["吊销日期", "注吊销日期", "注销时间", "吊销时间", "注销（吊销）日期", "注销/吊销日期", "注（吊）销日期", "注销或吊销日期"]).emptied(),
    col("term_ends_on", Date, Optional, ["经营期限至", "经营期限的最后一天，长期为空", "last day of the business term, null where it has no end"], &["营业期限至", "经营期限止", "营业期限止"]).emptied(),
    col("registered_capital", Whole, Optional, ["注册资本", "注册资本，单位为分", "registered capital, 分, not negative"], &["注册资本(分)", "注册资金", "注册资本金", "资金数额", "注册资本（金）", "出资总额", "出资额", "RegCap"]).emptied(),
    col("size", Text, Optional, ["企业规模", "大中小微", "size class"], &["规模", "企业规模（大中小微）", "规模类型", "企业划型"]),
    col("business_scope", Text, Optional, ["经营范围", "经营范围", "business scope"], &["经营范围及方式", "经营范围和方式", "许可经营项目", "主营业务", "经营业务范围", "OpScope"]),
    col("legal_person_key", Text, Optional, ["法定代表人标识", "法定代表人的散列值", "hash standing for the legal person"], &["法定代表人", "法定代表人散列", "法定代表人散列值", "法人标识"]),
    col("labels", List, Optional, ["监管标签", "监管标签", "supervision labels"], &["对应专项库监管标签", "标签", "对象标签", "分类标注", "监管类别", "监管分类", "标签名称"]).emptied(),
    col("departments", List, Optional, ["监管部门", "有监管职责的部门", "departments in charge"], &["监管部门名单", "涉及部门", "行业主管部门"]).emptied(),
];

#[rustfmt::skip] // one column a line
const INSPECTIONS: &[Column] = &[
    col("visit_id", Text, Required, ["检查编号", "一次检查的编号", "identity of the visit"], &["检查记录编号", "检查单号", "检查记录号", "检查任务对象编号", "抽查检查编号", "检查表编号", "检查流水号"]),
    OBJECT_ID,
    ID_SCHEME,
    col("item_id", Text, Optional, ["抽查事项", "抽查事项编号", "inspection item"], &["抽查事项编号", "检查事项", "事项编号", "抽查事项编码", "检查事项编码", "抽查事项名称", "检查事项名称", "检查项目"]),
    col("inspected_on", Date, Required, ["检查日期", "检查日期", "day of the visit"], &["抽查日期", "检查时间", "上次抽查日期", "实施检查日期", "检查完成日期", "检查结束日期", "核查日期", "检查开始日期", "实地核查日期"]),
    col("known_on", Date, Presence::Column("inspected_on"), ["录入日期", "结果录入的日期；没有这一列时取公示日期", "day the result was known, not before the visit; the day of publication where the source has no other"], &["结果录入日期", "录入时间", "结果录入时间"]),
    col("visited", Flag, Presence::True, ["是否到场", "是否实际检查", "whether the visit took place"], &["是否检查", "是否到场检查", "是否实施检查", "是否见面"]),
    col("result_codes", List, Optional, ["检查结果", "检查结果代码", "result codes"], &["抽查结果", "检查结果代码", "检查结果编码", "抽查检查结果", "抽查结果代码", "检查结论", "结果代码"]),
    col("found", Flag, Optional, ["是否发现问题", "是否发现问题", "whether a problem was found; null where unknown"], &["发现问题", "是否有问题", "是否存在问题", "有无问题"]),
    col("severity", Number, Optional, ["严重程度", "问题严重程度", "severity in the source's own scale"], &["问题严重程度", "严重性"]).emptied(),
    col("inspector_ids", List, Optional, ["检查人员", "检查人员编号", "inspectors, first is the lead"], &["执法人员", "检查人员编号", "执法检查人员", "检查员", "检查人", "检查人员姓名", "执法人员编号", "检查人员执法证号"]).emptied(),
    col("channel", Text, Presence::WhenAbsent("draw"), ["检查来源", "抽查、投诉、专项或其他", "why the visit was made: draw, complaint, campaign, other"], &["检查类型", "任务来源", "检查类别", "来源", "抽查类型"]),
    col("draw_id", Text, Optional, ["抽查任务编号", "抽查任务编号", "draw that caused the visit"], &["抽查计划编号", "任务编号", "抽查任务号", "计划编号", "批次号", "抽查批次"]),
    col("published_on", Date, Optional, ["公示日期", "结果公示的日期，不早于检查日期；未公示为空", "day the result was published, not before the visit; null while it is not"], &["结果公示日期", "公示时间", "结果公示时间", "公开日期", "结果公开日期"]).emptied(),
    col("follow_up", Text, Optional, ["后续处置", "对所发现问题的后续处置：责令改正、立案、移送等", "what was done about the problem found: one of the words of follow-ups"], &["后续处置情况", "后续处置结果", "后续处置方式", "后续处置措施", "后续处理", "后续处理情况", "处置情况", "处置结果"]).emptied(),
    col("closed_on", Date, Optional, ["处置办结日期", "后续处置办结的日期，不早于检查日期；未办结为空", "day the follow-up was closed, not before the visit; null while it is open"], &["办结日期", "办结时间", "完结日期", "完结时间", "处置完结日期", "处置完成日期", "后续处置办结日期", "后续处置完结日期"]).emptied(),
];

#[rustfmt::skip] // one column a line
const CREDIT_EVENTS: &[Column] = &[
    OBJECT_ID,
    ID_SCHEME,
    col("event_on", Date, Required, ["列入日期", "事件日期", "day of the event"], &["处罚决定书签发日期", "处罚决定日期", "发生日期", "列入时间", "列异日期", "处罚日期", "处罚决定书日期", "立案日期", "举报日期", "投诉日期", "事件日期", "列入经营异常名录日期", "列入严重违法失信名单日期", "作出行政处罚决定日期", "有效期自", "投诉时间", "登记日期"]),
    col("known_on", Date, Presence::Column("event_on"), ["公示日期", "录入或公示的日期", "day the event was known, not before the event"], &["录入日期", "公示时间", "公开日期", "录入时间"]),
    col("kind", Text, Required, ["异常类型", "信用事件类别", "kind of credit event"], &["事件类别", "处罚种类", "信用事件类型", "事件类型"]),
    col("reason", Text, Optional, ["列入原因", "列入、处罚或投诉的事由", "why: reason of entry, kind of violation, matter of a complaint"], &["列入事由", "违法行为类型", "列入经营异常名录原因", "列入严重违法失信企业名单原因", "案由", "投诉内容", "投诉类型", "失信情形"]),
    col("decided_by", Text, Optional, ["列入决定机构", "作出决定的机关", "office that decided"], &["处罚机关", "列入机关", "作出决定机关", "许可机关", "受理机关"]),
    col("document_id", Text, Optional, ["处罚决定书文号", "文书或许可文件编号", "number of the decision or licence"], &["行政处罚决定书文号", "决定书文号", "许可文件编号", "投诉编号", "登记编号"]),
    col("amount", Whole, Optional, ["金额", "金额，单位为分", "amount, 分, not negative"], &["罚款金额", "罚没金额", "罚款数额", "罚没款金额", "罚没总额", "处罚金额", "涉及金额", "没收金额", "罚没款"]).emptied(),
    col("ended_on", Date, Optional, ["移出日期", "事件结束的日期", "day the event ended, null while open on the as-of day"], &["有效期至", "移出时间", "恢复日期", "修复日期", "移出经营异常名录日期", "移出严重违法失信名单日期", "届满日期", "结束日期", "办结日期"]),
    col("end_reason", Text, Optional, ["移出原因", "移出名录的原因，代码 1 至 7 写作文字", "why it ended; the codes 1 to 7 in words"], &["移出事由", "移出经营异常名录原因"]),
];

#[rustfmt::skip] // one column a line
const INSPECTORS: &[Column] = &[
    col("inspector_id", Text, Required, ["执法证号", "检查人员编号", "identity of the inspector"],
        &["单位工号", "工号", "人员编号", "执法人员编号", "执法证件号", "执法证编号", "行政执法证号", "行政执法证编号"]),
    DEPARTMENT,
    col("office", Text, Optional, ["所在业务部门（机构）", "所在机构或监管所", "local office or section"],
        &["所在业务部门", "所在机构", "管辖单位", "所在单位", "工作单位", "所属所", "片区"]),
    col("level", Text, Optional, ["职级", "职级或层级", "grade, or level of the office"], &["层级", "级别"]),
    col("staff_kind", Text, Optional, ["人员性质", "公务员、事业编、聘用制", "kind of employment"], &["编制类型", "编制性质", "人员类别", "人员身份", "用工性质"]),
    col("certificates", List, Optional, ["资格证书", "证书，写作 名称@到期日", "certificates, each `name@YYYY-MM-DD`"], &["证书", "执法证件"]).emptied(),
    col("specialties", List, Optional, ["专长", "专长", "specialties"], &["业务专长", "专业特长"]).emptied(),
    REGION,
    col("former_employers", List, Optional, ["曾任职单位", "曾任职单位标识", "object ids of former employers"], &["曾任职企业", "原任职单位"]).emptied(),
    col("active", Flag, Presence::True, ["是否在岗", "是否在岗", "whether the inspector is on duty"], &["在岗", "执法人员状态", "人员状态"]),
    col("posts", List, Optional, ["岗位大类", "岗位大类，计入专长", "fields of duty, counted among the specialties"], &["岗位类别"]).emptied(),
    col("duties", List, Optional, ["执法事项范围", "执法事项范围，计入专长", "matters enforced, counted among the specialties"], &["执法范围", "执法类别"]).emptied(),
    col("qualifications", List, Optional, ["岗位资质资格", "岗位资质资格，计入专长", "qualifications, counted among the specialties"], &["资质资格", "岗位资格"]).emptied(),
    col("expertise", List, Optional, ["是否专家", "专家类别，计入专长", "kinds of expert, counted among the specialties"], &["专家类别", "专家"]).emptied(),
];

#[rustfmt::skip] // one column a line
const ITEMS: &[Column] = &[
    col("item_id", Text, Required, ["事项编号", "抽查事项编号", "identity of the item; with its sub-item where it has one"], &["抽查事项编号", "编号", "事项编码", "检查事项编号", "抽查事项代码"]),
    col("name", Text, Optional, ["事项名称", "抽查事项名称", "name"], &["抽查事项名称", "抽查事项", "检查事项", "检查事项名称"]),
    col("sub_item", Text, Optional, ["抽查子项", "抽查子项", "part of the item"], &["子项名称", "子项", "检查子项", "抽查子项名称"]),
    col("department", Text, Optional, ["部门", "抽查主体", "department"], &["抽查主体", "检查主体", "检查部门", "所属部门", "检查机关", "部门名称", "主管部门", "抽查部门", "单位名称"]),
    col("category", Text, Optional, ["事项类别", "一般或重点检查事项", "ordinary or key item"], &["事项分类", "抽查类别", "事项类别(一般/重点)", "一般/重点", "检查事项类别"]),
    col("basis", Text, Optional, ["检查依据", "检查依据", "legal basis"], &["抽查依据", "法律依据", "依据", "检查的依据"]),
    col("applies_to", Text, Optional, ["检查对象", "适用对象的条件", "condition on objects"], &["抽查对象", "检查对象范围", "适用对象", "抽查检查对象"]),
    col("ratio_min", Number, Optional, ["抽查比例下限", "比例下限，0 至 1", "least ratio, 0 to 1"], &["比例下限"]),
    col("ratio_max", Number, Optional, ["抽查比例上限", "比例上限，0 至 1", "greatest ratio, 0 to 1"], &["比例上限"]),
    col("ratio_text", Text, Optional, ["抽查比例", "比例原文", "original text of the ratio"], &["检查比例", "比例", "抽查比例（%）"]),
    col("frequency_max", Whole, Optional, ["年度检查频次上限", "每年至多次数", "visits per year at most"], &["频次上限"]),
    col("frequency_text", Text, Optional, ["抽查频次", "频次原文", "original text of the frequency"], &["检查频次", "抽查周期", "检查频次（周期）", "频次"]),
    col("method", Text, Optional, ["检查方式", "检查方式", "method"], &["抽查方式", "随机抽查方式", "检查方法"]),
    col("required_specialty", Text, Optional, ["所需专长", "所需专长", "specialty an inspector must have"], &["检查人员要求", "人员要求", "专业要求"]),
];

#[rustfmt::skip] // one column a line
const RECUSALS: &[Column] = &[
    col("inspector_id", Text, Required, ["执法证号", "应当回避的检查人员", "inspector who must stay away"], &["执法人员编号", "执法证件号", "检查人员"]),
    OBJECT_ID,
    ID_SCHEME,
    col("reason", Text, Optional, ["回避理由", "回避的理由", "why"], &["回避事由", "利害关系", "回避原因", "回避情形"]),
];

#[rustfmt::skip] // one column a line
const AVAILABILITY: &[Column] = &[
    col("inspector_id", Text, Required, ["执法证号", "不能出勤的检查人员", "inspector who is absent"], &["执法人员编号", "执法证件号", "检查人员"]),
    col("from", Date, Required, ["开始日期", "不能出勤的第一天", "first day of absence"], &["起始日期", "请假开始日期", "不可用起始日期", "开始时间", "起始时间"]),
    col("to", Date, Presence::Column("from"), ["结束日期", "不能出勤的最后一天", "last day of absence, not before the first"], &["截止日期", "请假结束日期", "不可用截止日期", "结束时间", "终止日期", "截止时间"]),
];

#[rustfmt::skip] // one column a line
const LICENCES: &[Column] = &[
    OBJECT_ID,
    ID_SCHEME,
    col("licence", Text, Optional, ["许可证名称", "许可证名称", "name of the licence"], &["许可文件名称", "许可证件名称", "许可名称", "许可证类别", "专项库名称"]),
    col("licence_id", Text, Optional, ["许可证编号", "许可证编号", "number of the licence"], &["许可文件编号", "许可证号", "许可编号"]),
    col("granted_on", Date, Optional, ["许可批准日期", "批准日期", "day it was granted"], &["有效期自", "许可日期", "发证日期", "批准日期"]),
    col("valid_to", Date, Optional, ["有效期至", "有效期的最后一天，长期为空", "last day it is valid, null where it has no end"], &["有效期止", "许可有效期至", "截止日期"]),
    col("issuer", Text, Optional, ["许可发证机关", "发证机关", "authority that granted it"], &["许可机关", "发证机关"]),
    col("label", Text, Optional, ["对应专项库监管标签", "许可对应的监管标签", "supervision label the licence gives while it is valid"], &["监管标签"]),
];

#[rustfmt::skip] // one column a line
const DRAWS: &[Column] = &[
    col("draw_id", Text, Required, ["抽查任务编号", "一次抽取的编号", "identity of the draw"], &["抽查计划编号", "任务编号", "抽查任务号", "计划编号", "批次号", "抽查批次", "抽取批次"]),
    OBJECT_ID,
    ID_SCHEME,
    col("drawn_on", Date, Required, ["抽取日期", "抽取的日期", "day of the draw"], &["抽签日期", "摇号日期", "抽取时间"]),
    col("stratum", Text, Optional, ["抽样层", "抽样层，不分层为空", "stratum of the draw, null where it had one only"], &["层", "分层", "层别"]),
    col("risk_class", Text, Optional, ["信用风险分类", "抽取当时的信用风险分类", "class of the object when the draw was made, null where it is not on record"], &["风险分类", "风险等级", "信用风险等级"]),
    col("pi", Number, Required, ["入样概率", "该次抽取中的实际入样概率，大于 0，至多 1", "realised inclusion probability of the draw, above 0, at most 1"], &["抽中概率", "抽取概率", "包含概率"]),
    col("drawn", Flag, Required, ["是否抽中", "是否抽中", "whether the object was drawn"], &["抽中", "是否被抽中", "是否中签"]),
    col("stream", Text, Presence::WhenAbsent("main"), ["抽样流", "main 主抽样，measure 全框等概率监测抽样", "main, or measure: an equal-probability draw over the whole frame that heeds nobody's past"], &["抽取流"]),
    col("design", Text, Required, ["抽样设计", "poisson 逐个独立，pareto 层内定额", "poisson: each object by itself; pareto: a fixed number per stratum, simple random where π is equal"], &["抽取方式", "抽样方法"]),
];

#[rustfmt::skip] // one column a line
const OUTCOMES: &[Column] = &[
    OBJECT_ID,
    ID_SCHEME,
    col("inspected_on", Date, Optional, ["检查日期", "检查日期", "day of the visit"], &["检查完成日期"]),
    col("visited", Flag, Presence::True, ["是否到场", "是否实际检查", "whether the visit took place"], &["是否实际检查"]),
    col("found", Flag, Required, ["是否发现问题", "是否发现问题", "whether a problem was found"], &["发现问题", "是否存在问题", "是否有问题"]),
    col("severity", Number, Optional, ["严重程度", "问题严重程度", "severity, 0 where absent"], &[]),
    col("result_codes", List, Optional, ["检查结果", "检查结果代码", "result codes"], &["检查结果代码", "抽查结果"]),
];

/// The tables of a snapshot, in the order they are read.
#[rustfmt::skip] // one table a line
pub static TABLES: [Table; 9] = [
    Table { name: "objects", header: "检查对象名录库", bulk: true, unique: Some("object_id"), once: None, day: None, columns: OBJECTS },
    Table { name: "inspections", header: "抽查检查结果", bulk: true, unique: Some("visit_id"), once: None, day: Some("inspected_on"), columns: INSPECTIONS },
    Table { name: "credit_events", header: "信用事件", bulk: true, unique: None, once: None, day: Some("event_on"), columns: CREDIT_EVENTS },
    Table { name: "inspectors", header: "执法检查人员名录库", bulk: false, unique: Some("inspector_id"), once: None, day: None, columns: INSPECTORS },
    Table { name: "items", header: "随机抽查事项清单", bulk: false, unique: Some("item_id"), once: None, day: None, columns: ITEMS },
    Table { name: "recusals", header: "回避", bulk: true, unique: None, once: None, day: None, columns: RECUSALS },
    Table { name: "availability", header: "不可抽取时段", bulk: false, unique: None, once: None, day: None, columns: AVAILABILITY },
    Table { name: "draws", header: "历次抽取", bulk: true, unique: None, once: Some("draw_id"), day: Some("drawn_on"), columns: DRAWS },
    Table { name: "licences", header: "检查对象许可证", bulk: true, unique: None, once: None, day: None, columns: LICENCES },
];

/// Results that a round's visits would return; read only at the evaluate door.
pub static OUTCOME_TABLE: Table = Table {
    name: "outcomes",
    header: "检查结果（评估）",
    bulk: false,
    unique: Some("object_id"),
    once: None,
    day: None,
    columns: OUTCOMES,
};

/// The table of this name (`objects` … `licences`, `outcomes`).
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

/// The column of `table` that a source header is known to mean, whatever its brackets, units, marks and blanks are.
///
/// ```
/// use choucha::ingest::guess_in;
/// assert_eq!(guess_in("objects", "注册资本（万元）"), Some("registered_capital"));
/// assert_eq!(guess_in("objects", "基本信息/企业 名称*"), Some("name"));
/// ```
#[must_use]
pub fn guess_in(table_name: &str, header: &str) -> Option<&'static str> {
    headings::find(table(table_name)?, header).map(|(column, _)| column.name)
}

/// The column of `table` whose headers are most like one that is not known; none where nothing is like it.
///
/// ```
/// use choucha::ingest::nearest;
/// assert_eq!(nearest("objects", "登记状况"), Some("status"));
/// assert_eq!(nearest("objects", "序号"), None);
/// ```
#[must_use]
pub fn nearest(table_name: &str, header: &str) -> Option<&'static str> {
    let found = headings::nearest_column(table(table_name)?, header, |_| true);
    found.map(|(column, _)| column.name)
}

/// How specifically a header means its column of `table`, smaller is more; of several headers for one column the first is read.
#[must_use]
pub fn specificity(table_name: &str, header: &str) -> Option<impl Ord> {
    headings::find(table(table_name)?, header).map(|(_, rank)| rank)
}

/// Whether a header names persons: it is known, but never mapped without being asked.
#[must_use]
pub fn names_a_person(header: &str) -> bool {
    headings::is_person(header)
}

/// Whether a column is an amount of money, whole 分 in the snapshot.
pub(super) fn is_money(column: &str) -> bool {
    matches!(column, "registered_capital" | "amount")
}

/// Columns of a table that are read from the headers of another one where they have none of their own: a list of entries
/// whose kind is said by the reasons alone, results that were published and no day of entry.
pub(super) fn spares(table: &str) -> &'static [(&'static str, &'static str)] {
    match table {
        "credit_events" => &[("kind", "reason")],
        "inspections" => &[("known_on", "published_on")],
        _ => &[],
    }
}

/// Source columns that are read in pairs, text and day, into one column of a table; none where the column has a header of its own.
pub(super) fn pairs(table: &str, column: &str) -> &'static [[&'static str; 2]] {
    match (table, column) {
        ("inspectors", "certificates") => CERTIFICATES,
        _ => &[],
    }
}

const CERTIFICATES: &[[&str; 2]] = &[
    ["工商执法证编号", "工商执法证有效期"],
    ["省执法证编号", "执法证有效期"],
    ["省执法证编号", "省执法证有效期"],
    ["执法证编号", "执法证有效期"],
    ["执法证号", "执法证有效期"],
    ["执法证号", "有效期至"],
    ["行政执法证编号", "行政执法证有效期"],
    ["部执法证编号", "部执法证有效期"],
];
