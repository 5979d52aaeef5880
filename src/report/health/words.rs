//! What the register-health report says, in both languages.

use crate::registers::{Ailment, ChangeKind, Why};
use crate::report::lang::{Lang, Phrase};
use crate::report::phrases::phrases;

/// One line's words.
pub(super) struct Words {
    pub(super) name: Phrase,
    pub(super) todo: Phrase,
}

const fn words(name: [&'static str; 2], todo: [&'static str; 2]) -> Words {
    Words {
        name: Phrase::new(name[0], name[1]),
        todo: Phrase::new(todo[0], todo[1]),
    }
}

/// What a line is called and what to do about it.
#[rustfmt::skip] // one line of the report a line
pub(super) const fn of_line(ailment: Ailment) -> Words {
    match ailment {
        Ailment::Dead => words(["已注销、吊销或迁出", "Closed, revoked or moved away"], ["核对登记状态后移出名录库；抽样框已不含这些主体", "check the status and take them out of the register; the frame leaves them out already"]),
        Ailment::DeadInForce => words(["登记已终止而别处仍有效", "Gone by one entry, in force by another"], ["与登记、许可部门核对：补正登记状态，或注销许可证、停止检查", "settle it with registration and licensing: correct the status, or withdraw the licence and stop visiting"]),
        Ailment::Unreachable => words(["无法联系", "Unreachable"], ["实地核查；查无下落的列入经营异常名录，已迁址的更新住所", "visit the address; list those that cannot be found, correct the address of those that moved"]),
        Ailment::Duplicate => words(["疑似重复", "Likely duplicates"], ["核对后合并为一户，保留统一社会信用代码", "check them and keep one entry, under the unified social credit code"]),
        Ailment::Damaged => words(["代码被表格软件损坏", "Codes damaged by a spreadsheet"], ["代码列设为文本，从源系统重新导出，只补报这些行", "export again with the code column as text, and send these rows only"]),
        Ailment::Identity => words(["代码校验不符或为旧码", "Codes that fail a check or are old"], ["到登记系统核对，换为18位统一社会信用代码", "look them up in the registration system and use the 18-digit code"]),
        Ailment::UnreadCell => words(["有内容无法识别", "With cells that cannot be read"], ["按 findings/ 所列原文更正后重报；更正前该格按空白处理，主体不因此移出抽样框", "correct the cells listed in findings/ and send them again; until then they are taken as empty, and nobody leaves the frame for them"]),
        Ailment::Unlabelled => words(["未分类标注", "Without a label"], ["补监管标签，或在任务文件里加标注规则", "add supervision labels, or a rule for them in the job file"]),
        Ailment::Unclassified => words(["未作信用风险分类", "Without a risk class"], ["按单列比例抽查；应分类的补录主体类别和行业", "they are drawn at a ratio of their own; complete kind and industry of those that should have a class"]),
        Ailment::NoName => words(["缺名称", "Without a name"], ["补录名称", "add the name"]),
        Ailment::NoKind => words(["缺主体类别", "Without a kind"], ["补录主体类别", "add the kind of market entity"]),
        Ailment::NoOffice => words(["缺管辖单位", "Without an office"], ["分派到管辖单位，否则没有人去检查", "give them to an office, or nobody will visit them"]),
        Ailment::NoIndustry => words(["缺行业", "Without an industry"], ["按 GB/T 4754 补录行业代码", "add the industry code of GB/T 4754"]),
        Ailment::NoRegion => words(["缺行政区划", "Without a region"], ["按 GB/T 2260 补录区划代码", "add the division code of GB/T 2260"]),
        Ailment::NoAddress => words(["缺住所", "Without an address"], ["补录住所或经营场所", "add the address"]),
    }
}

/// What a change is called.
pub(super) const fn of_change(kind: ChangeKind) -> Phrase {
    match kind {
        ChangeKind::New => Phrase::new("新增", "new"),
        ChangeKind::Gone => Phrase::new("减少", "gone"),
        ChangeKind::Renumbered => Phrase::new("换码", "renumbered"),
        ChangeKind::Moved => Phrase::new("变更管辖", "moved between offices"),
        ChangeKind::Unlabelled => Phrase::new("标注丢失", "label lost"),
        ChangeKind::Changed => Phrase::new("信息变更", "changed"),
    }
}

/// Why an object stands on a list.
pub(super) fn why(lang: Lang, why: &Why) -> String {
    match why {
        Why::Plain => String::new(),
        Why::Gone { status, on } => {
            let on = on.map(|on| on.to_string());
            let parts = [Some(status.clone()), on].into_iter().flatten();
            let parts: Vec<String> = parts.filter(|part| !part.is_empty()).collect();
            parts.join(" ")
        }
        Why::StatusInForce { status, on } => {
            lang.fill(&STATUS_IN_FORCE, &[status, &on.to_string()])
        }
        Why::Licences(n) => lang.fill(&LICENCES, &[&n.to_string()]),
        Why::VisitAfter(day) => lang.fill(&VISIT_AFTER, &[&day.to_string()]),
        Why::UnreachableOn(day) => lang.fill(&UNREACHABLE_ON, &[&day.to_string()]),
        Why::OnList => lang.say(&ON_LIST).to_owned(),
        Why::Noted { place, value, rule } => lang.fill(&NOTED, &[place, value, lang.name(rule)]),
    }
}

phrases! {
    REPORT = "名录库体检报告", "Register health report";
    INTERNAL = "内部资料", "Internal";
    INTERNAL_NOTE = "含主体名称和检查结果，供监管部门核对名录库，不得公示。", "It names businesses and results of inspections; it is for the supervisors of the register and not for publication.";
    STATUS_IN_FORCE = "登记状态“{0}”，注销日期 {1}", "status \"{0}\", closed {1}";
    LICENCES = "仍有 {0} 件有效许可证", "{0} licences in force";
    VISIT_AFTER = "终止后 {0} 检查时仍在", "was there on {0}, after it closed";
    UNREACHABLE_ON = "{0} 检查时无法联系", "not reached on {0}";
    ON_LIST = "列入名录尚未移出", "on the list, not yet taken off";
    NOTED = "{0}：“{1}”，{2}", "{0}: \"{1}\", {2}";

    CARD_OBJECTS = "名录库主体", "Objects in the register";
    CARD_FRAME = "抽样框", "Frame";
    CARD_CHANGE = "动态调整", "Change since last month";
    CARD_ABSENT = "库外线索", "Known, not registered";
    CARD_OBJECTS_SAYS = "基准日 {0} 的全部检查对象。", "all objects as of {0}.";
    CARD_FRAME_SAYS = "占名录库 {0}，其余已说明理由。", "{0} of the register; every other object has its reason.";
    CARD_CHANGE_SAYS = "较 {0}：新增 {1}，减少 {2}，换码 {3}。", "since {0}: {1} new, {2} gone, {3} renumbered.";
    CARD_FIRST_SAYS = "首次体检；下月起与本月比较。", "the first report; next month is compared with this one.";
    CARD_ABSENT_SAYS = "检查、信用等记录中出现而名录库中没有，见“应纳尽纳”。", "named by records and absent from the register; see \"Coverage\".";
    WORST = "占比最高：{0}。", "Largest shares: {0}.";
    WORST_ONE = "{0} {1} 户（{2}）", "{0}: {1} ({2})";
    NOTHING_WRONG = "各项均未发现问题。", "Nothing was found on any line.";

    SECTION_LINES = "体检项目", "Lines";
    SECTION_LISTS = "清单", "Lists";
    SECTION_CHANGE = "动态调整", "Change";
    SECTION_COVERAGE = "应纳尽纳", "Coverage";
    SECTION_TREND = "趋势", "Trend";
    SECTION_OFFICES = "管辖单位", "Offices";
    SECTION_DATA = "数据", "Data";
    SECTION_METHOD = "口径", "Method";
    CHART_LINES = "各项占比", "Share of each line";
    CHART_LINES_NOTE = "按占比排序；没有问题的项目不画。", "by share; lines with nothing on them are not drawn.";
    CHART_TREND = "占比趋势", "Shares over time";
    CHART_TREND_NOTE = "本月最多的四项。", "the four largest lines of this month.";
    AXIS_AS_OF = "基准日", "As of";
    AXIS_SHARE = "占比", "Share";
    LISTS_SAYS = "每项列出前 {0} 户，完整清单见 health.xlsx。", "The first {0} of each line; health.xlsx has all of them.";
    SECTION_STAFF = "检查人员", "Inspectors";
    STAFF_SAYS = "执法检查人员名录库中需要处理的人员，列出前 {0} 条，完整清单见 health.xlsx。无有效执法证的人员不能作为两名执法人员之一。", "Inspectors somebody must look at; the first {0} findings, health.xlsx has all. Without a valid certificate nobody is one of the two a visit needs.";
    SHEET_STAFF = "检查人员", "inspectors";
    COL_INSPECTOR = "执法证号", "Inspector";
    COL_PEOPLE = "人数", "Findings";
    COL_VALUE = "内容", "Value";
    LIST_TITLE = "{0}（共 {1} 户）", "{0} ({1} in all)";
    CHANGE_SAYS = "{0} 的 {1} 户，加新增 {2}、减去减少 {3}，等于 {4} 的 {5} 户。逐条变动见 changes.xlsx 和 changes.csv。", "{1} objects on {0}, plus {2} new, less {3} gone, make {5} on {4}. Every change is in changes.xlsx and changes.csv.";
    CHANGE_REST = "另有 {0} 条变动只计数、未列出。", "{0} further changes are counted and not listed.";
    NOT_COMPARED = "两个月不都有的列没有比较：{0}。", "Columns that only one month has are not compared: {0}.";
    CHANGED_OBJECTS = "有信息变化的主体 {0} 户。", "{0} objects have some other value.";
    MOVES_TITLE = "变更管辖（由、到）", "Moves between offices";
    COLUMNS_TITLE = "按列计的变更", "Changes by column";
    COVERAGE_NONE = "记录中没有出现名录库以外的主体。", "No record names an object outside the register.";
    COVERAGE_SAYS = "记录中有 {0} 个标识（{1} 行）不在名录库；其中有 {2} 个上月在库；有 {3} 个在名录文件里，只是那一行被拒收。", "{0} identities ({1} rows) in records are not in the register; of those, {2} stood there last month, and {3} stand in a row of the register that was refused.";
    COVERAGE_TODO = "先更正被拒收的行（见 refused/），再逐户核对：在业的补录入库，已注销的在来源处更正。", "Correct the refused rows first (refused/); then check each: register those in business, correct the source where they are closed.";
    COVERAGE_TITLE = "库外主体（按出现次数）", "Not registered, most named first";
    SOURCES_TITLE = "来源", "By source";
    NO_OFFICES = "名下没有检查对象的管辖单位：{0}。", "Offices without objects: {0}.";
    NO_DEPARTMENTS = "没有检查对象的部门：{0}。", "Departments without objects: {0}.";
    OFFICES_SAYS = "各管辖单位在每一项上的户数；登记行上的发现（重复、代码）不分到管辖单位。", "Objects of each office on each line; what was noted on rows (duplicates, codes) is not counted here.";
    REFUSALS_TITLE = "未接受的行（见 refused/，改正后只需重报这些行）", "Refused rows (see refused/; correct and send only those)";
    FINDINGS_TITLE = "已接受行上的发现（见 findings/）", "Findings on accepted rows (see findings/)";
    METHOD_OF = "已终止、重复、代码、无法识别四类以全部主体为分母，其余以抽样框为分母；一户可同时出现在多项。", "Gone, duplicate, code and unreadable lines are counted among all objects, the others among the frame; an object may stand on several lines.";
    METHOD_UNREACHABLE = "无法联系：最近一次检查结果为无法联系，或列入有关名录尚未移出。", "Unreachable: the last result says so, or the object is on an open list.";
    METHOD_COVERAGE = "应纳尽纳：记录所指的主体不在名录库，该行被拒收并在此计数。", "Coverage: a record whose object is not in the register is refused and counted here.";

    COL_LINE = "项目", "Line";
    COL_N = "户数", "Objects";
    COL_OF = "分母", "Of";
    COL_SHARE = "占比", "Share";
    COL_BEFORE = "上月", "Last month";
    COL_TODO = "怎么办", "What to do";
    COL_ID = "统一社会信用代码/注册号", "Identity";
    COL_NAME = "企业名称", "Name";
    COL_OFFICE = "管辖单位", "Office";
    COL_WHY = "情况", "Why";
    COL_ROWS = "行数", "Rows";
    COL_IDS = "标识数", "Identities";
    COL_SOURCE = "来源", "Source";
    COL_LAST_MONTH = "上月在库名称", "Name last month";
    COL_KIND = "变动", "Change";
    COL_CHANGES = "条数", "Changes";
    EXCLUSION = "不在抽样框的原因", "why it is left out of the frame";
    COL_COLUMN = "列", "Column";
    COL_FROM = "原值", "From";
    COL_TO = "现值", "To";
    COL_RULE = "规则", "Rule";
    COL_AS_OF = "基准日", "As of";
    COL_FRAME = "抽样框", "Frame";
    NO_OFFICE_NAME = "（无）", "(none)";
    SHEET_LINES = "体检", "health";
    SHEET_ABSENT = "应纳尽纳", "coverage";
    SHEET_OFFICES = "管辖单位", "offices";
    SHEET_TREND = "趋势", "trend";
    SHEET_CHANGES = "变动", "changes";
    SHEET_SUMMARY = "汇总", "summary";
}
