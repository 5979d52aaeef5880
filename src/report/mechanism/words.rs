//! Every text of 监管效果评估: indicators with formula, source and target, in both languages.

use crate::evaluate::IndicatorId;
use crate::report::lang::{Lang, Phrase};
use crate::report::phrases::phrases;

/// What is said of an indicator.
pub(super) struct Words {
    pub(super) name: Phrase,
    pub(super) formula: Phrase,
    pub(super) source: Phrase,
    pub(super) target: Phrase,
}

phrases! {
    REPORT = "监管效果评估", "Evaluation of the inspection mechanism";
    SPAN = "统计期 {0} 至 {1}，统计到基准日前一日。", "From {0} to {1}: up to the day before the as-of day.";
    HOW_MANY = "现行指标 {0} 项：有数据 {1} 项，无数据 {2} 项；其余项分母为零。无数据不等于 0%。", "{0} indicators in use: {1} with data, {2} without; the others have nothing to count. No data is not 0%.";
    NOT_EFFECT = "这些指标说明工作是否按规定完成，不说明违规是否减少；后者见成效报告的估计违规率与威慑一页。", "They say whether the work was done as laid down, not whether violations fell: for that see prevalence and deterrence in the report.";
    CARD_KNOWN = "{0}：{1}÷{2}。", "{0}: {1} of {2}.";
    CARD_TARGET = "目标 {0}：{1}。", "Target {0}: {1}.";
    MET = "✓ 达标", "✓ met";
    MISSED = "✗ 未达标", "✗ missed";
    HOW_MET = "有目标且有数据的 {0} 项中，达标 {1} 项，未达标 {2} 项{3}。", "Of {0} indicators with a target and data, {1} meet it and {2} miss it{3}.";
    EMPTY = "无对象", "nothing to count";
    EMPTY_SAYS = "统计期内没有应计入分母的记录。", "No record of the span belongs in the denominator.";
    NO_DATA = "无数据", "no data";
    NEEDS = "无数据：需要表 {0} 的列 {1}（{2}）。", "No data: needs column {1} of table {0} ({2}).";
    SECTION_INDICATORS = "现行指标", "Indicators in use";
    SECTION_DEPARTMENTS = "分部门", "By department";
    SECTION_OECD = "对照 OECD 监管执法与检查准则的自查", "Self-check against the OECD's criteria for enforcement and inspections";
    SECTION_METHOD = "口径与假定", "Definitions and assumptions";
    TABLE_INDICATORS = "指标、公式与来源", "Indicators, formulas and sources";
    TABLE_MISSING = "哪些列会使指标有数据", "What would give the missing ones data";
    TABLE_DEPARTMENTS = "各部门指标（分子/分母）", "Indicators by department (numerator/denominator)";
    TABLE_OECD = "十二条准则", "Twelve criteria";
    COL_INDICATOR = "指标", "Indicator";
    COL_FORMULA = "公式", "Formula";
    COL_SOURCE = "来源", "Source";
    COL_TARGET = "目标", "Target";
    COL_MET = "是否达标", "Target met";
    COL_NUMERATOR = "分子", "Numerator";
    COL_DENOMINATOR = "分母", "Denominator";
    COL_VALUE = "数值", "Value";
    COL_NEEDS = "需要的数据", "Data needed";
    COL_DEPARTMENT = "部门", "Department";
    COL_CRITERION = "准则", "Criterion";
    COL_ASKS = "要求", "What it asks";
    COL_EVIDENCE = "本次作业的证据", "Evidence in this job";
    COL_VERDICT = "自查", "Self-check";
    DEPARTMENTS_SAYS = "部门按抽查事项清单中的抽查主体归属；一次上门含几个部门的事项，在每个部门各计一次。", "A visit belongs to the department of its item in the list; a visit under items of several departments counts once in each.";
    NO_DEPARTMENTS = "没有抽查事项清单，也没有抽查记录，无法分部门。需要表 items 的列 item_id 与 department。", "There is neither a list of items nor a drawn visit, so nothing can be shown by department. Needs columns item_id and department of table items.";
    UNKNOWN_DEPARTMENT = "（部门不明）", "(unknown)";
    OF = "{0}（{1}/{2}）", "{0} ({1}/{2})";
    OECD_SAYS = "准则取自 OECD《监管执法与检查工具箱》（2018）。自查只引用本次作业的数据；数据不能说明的，如实写“无证据”，由部门另附材料。", "Criteria of the OECD Regulatory Enforcement and Inspections Toolkit (2018). The check cites data of this job alone; where data cannot show it, it says so, and the department adds its own papers.";
    LATE_PUBLISHED = "按时公示：公示日期不晚于检查日后第 {0} 个工作日；未公示的算逾期；只计最后期限在基准日之前的记录。", "In time: published no later than working day {0} after the visit; what is not published counts as late; only records whose last day lies before the as-of day count.";
    LATE = "按时公示：没有公示日期，按录入日期计；录入日期不晚于检查日后第 {0} 个工作日；只计最后期限在基准日之前的记录。", "In time: no day of publication is recorded, so the day of entry stands for it: entered no later than working day {0} after the visit; only records whose last day lies before the as-of day count.";
    WITH_HOLIDAYS = "工作日按作业所列法定节假日与调休计算。", "Working days follow the public holidays and worked weekends the job names.";
    WITHOUT_HOLIDAYS = "作业没有列出法定节假日（[mechanism] holidays），工作日按周一至周五计：期限可能比实际早，按时公示率偏严。", "The job names no public holidays ([mechanism] holidays), so Monday to Friday count: the last day may fall too early, which errs on the strict side.";
    LATER = "另有 {0} 行检查记录在基准日及以后才录入，未计入任何分子分母；其中若有已逾期未公示的，按时公示率会更低。", "{0} more records were entered on or after the as-of day and count nowhere; should some of them be overdue, the rate in time is lower.";
    LATER_NONE = "未录入的检查不在记录中，不影响已列的分子分母，也无从统计。", "Visits that were never entered are in no record: they change no number here, and cannot be counted.";
    FOLLOWED = "已处置：后续处置写有“待处置”以外的词，或已办结；办结日期在基准日及以后的，当日视为尚未处置。完结：未发现问题、无需处置或已办结，只计已公示且有结论的到场检查。", "Dealt with: the follow-up is another word than pending, or closed; one closed on or after the as-of day counts as not dealt with yet. Closed: no problem, nothing to do about it or the follow-up closed; only published visits that met the object and have a verdict count.";
    OWN_DEFINITIONS = "“双人检查率”“随机抽查占比”“重复检查率”与“跨部门联合率”的公式由本程序按所列文件的要求写成；问题发现率没有统一公式，此处为发现问题次数÷有结论的检查次数，不加权。", "Formulas of two inspectors, share by draw, repeated visits and joint visits are this program's own, after the documents named; no standard formula of the hit rate is known: here it is findings over visits with a verdict, unweighted.";

    EVIDENT = "有证据", "evidence";
    PARTLY = "部分", "in part";
    NOT_EVIDENT = "无证据", "no evidence here";
}

/// The words of an indicator.
pub(super) fn of(id: IndicatorId) -> Words {
    let [name, formula, source, target] = match id {
        IndicatorId::PlanCompletion => [
            Phrase::new("计划完成率", "Plan completed"),
            Phrase::new("已完成任务数÷年度计划任务数", "tasks done / tasks planned"),
            Phrase::new(
                "某省双随机平台（2017）；浙江某市 2022 年工作要点",
                "a provincial platform (2017); work plan of a Zhejiang city, 2022",
            ),
            Phrase::new("100%", "100%"),
        ],
        IndicatorId::RoundCompletion => [
            Phrase::new("本次任务完成率", "This round completed"),
            Phrase::new(
                "本次抽中并已检查户数÷本次抽中户数",
                "drawn and inspected / drawn, this round",
            ),
            PLATFORM,
            Phrase::new("100%", "100%"),
        ],
        IndicatorId::Completion => [
            Phrase::new("检查完成率", "Inspections completed"),
            Phrase::new("已检查÷应检查", "inspected / due for inspection"),
            PLATFORM,
            Phrase::new("100%", "100%"),
        ],
        IndicatorId::Published => [
            Phrase::new("抽查完成率", "Published"),
            Phrase::new("已公示数÷应检查数", "published / due for inspection"),
            PLATFORM,
            Phrase::new("100%", "100%"),
        ],
        IndicatorId::OnTime => [
            Phrase::new("按时公示率", "Published in time"),
            Phrase::new(
                "期限内公示数÷期限已到的检查数",
                "published in time / visits whose last day has passed",
            ),
            Phrase::new(
                "20 个工作日：昭通市公示要求；浙江某市 2022 年工作要点",
                "20 working days: Zhaotong city; work plan of a Zhejiang city, 2022",
            ),
            Phrase::new("100%", "100%"),
        ],
        IndicatorId::FollowedUp => [
            Phrase::new("后续处置率", "Followed up"),
            Phrase::new(
                "已处置数÷发现问题应处置数",
                "dealt with / findings to be dealt with",
            ),
            Phrase::new(
                "浙江某市 2022 年工作要点",
                "work plan of a Zhejiang city, 2022",
            ),
            Phrase::new("100%", "100%"),
        ],
        IndicatorId::Closed => [
            Phrase::new("完结率", "Closed"),
            Phrase::new("完结数÷已公示数", "closed / published"),
            PLATFORM,
            NONE,
        ],
        more => return of_coverage(more),
    };
    Words {
        name,
        formula,
        source,
        target,
    }
}

/// Indicators of how much is covered.
fn of_coverage(id: IndicatorId) -> Words {
    let [name, formula, source, target] = match id {
        IndicatorId::ItemCoverage => [
            Phrase::new("抽查事项覆盖率", "Items covered"),
            Phrase::new(
                "统计期内抽查过的事项数÷清单事项数",
                "items inspected under / items of the list",
            ),
            Phrase::new(
                "浙江某市 2022 年工作要点",
                "work plan of a Zhejiang city, 2022",
            ),
            Phrase::new("100%", "100%"),
        ],
        IndicatorId::CoverageRegister => [
            Phrase::new("年度抽查占比（名录库）", "Coverage of the register"),
            Phrase::new(
                "抽查到的户数÷检查对象名录库户数",
                "objects met by a draw / objects of the register",
            ),
            COUNTY,
            FIVE,
        ],
        IndicatorId::CoverageFrame => [
            Phrase::new("年度抽查占比（抽样框）", "Coverage of the frame"),
            Phrase::new(
                "框内抽查到的户数÷抽样框户数",
                "objects of the frame met by a draw / frame",
            ),
            COUNTY,
            FIVE,
        ],
        IndicatorId::RoundCoverage => [
            Phrase::new("本次抽查比例", "Share drawn this round"),
            Phrase::new("本次抽中户数÷抽样框户数", "drawn / frame, this round"),
            COUNTY,
            Phrase::new(
                "全年 ≥5%，单次不评",
                "≥5% over the year, no round by itself",
            ),
        ],
        more => return of_conduct(more),
    };
    Words {
        name,
        formula,
        source,
        target,
    }
}

/// Indicators of how visits are made.
fn of_conduct(id: IndicatorId) -> Words {
    let [name, formula, source, target] = match id {
        IndicatorId::CrossDepartment => [
            Phrase::new("跨部门联合率", "Joint visits"),
            Phrase::new(
                "含两个以上部门事项的上门次数÷抽查上门次数",
                "visits under items of two departments or more / drawn visits to an object on a day",
            ),
            Phrase::new("衢州 2021 年信用监管要求（跨部门监管率）", "Quzhou, 2021"),
            Phrase::new("≥20%", "≥20%"),
        ],
        IndicatorId::CreditLinked => [
            Phrase::new("关联信用规则任务占比", "Tasks tied to risk classes"),
            Phrase::new(
                "比例随信用风险分类的任务数÷本作业任务数",
                "tasks whose ratios follow risk classes / tasks of this job",
            ),
            Phrase::new("衢州 2021 年信用监管要求", "Quzhou, 2021"),
            Phrase::new("≥70%", "≥70%"),
        ],
        IndicatorId::ByDraw => [
            Phrase::new("随机抽查占比", "Visits by draw"),
            Phrase::new(
                "随机抽查产生的检查次数÷全部检查次数",
                "visits by a draw / all visits",
            ),
            Phrase::new(
                "国发〔2019〕5号：原则上所有行政检查都应通过双随机抽查进行",
                "State Council document 2019 no. 5: in principle all inspections go by draw",
            ),
            NONE,
        ],
        IndicatorId::TwoInspectors => [
            Phrase::new("双人检查率", "Two inspectors"),
            Phrase::new(
                "两名以上检查人员的次数÷记有检查人员的次数",
                "visits by two or more / visits that name inspectors",
            ),
            Phrase::new(
                "国发〔2019〕5号：随机选派执法检查人员，两人以上",
                "State Council document 2019 no. 5",
            ),
            Phrase::new("100%", "100%"),
        ],
        IndicatorId::Repeated => [
            Phrase::new("重复检查率", "Visited twice or more"),
            Phrase::new(
                "在两天以上被检查的户数÷被检查户数",
                "objects visited on two days or more / objects visited",
            ),
            Phrase::new(
                "国办发〔2024〕54号：综合查一次，限制频次",
                "General Office document 2024 no. 54: one visit for all, capped frequency",
            ),
            Phrase::new("越低越好", "lower is better"),
        ],
        _ => [
            Phrase::new("问题发现率", "Hit rate"),
            Phrase::new(
                "发现问题次数÷有结论的检查次数",
                "findings / visits with a verdict",
            ),
            Phrase::new(
                "馆陶县 2020 年工作方案（无统一公式）",
                "the county's plan of 2020 (no standard formula)",
            ),
            NONE,
        ],
    };
    Words {
        name,
        formula,
        source,
        target,
    }
}

const PLATFORM: Phrase = Phrase::new("某省双随机平台（2017）", "a provincial platform (2017)");
const COUNTY: Phrase = Phrase::new("馆陶县 2020 年工作方案", "the county's plan of 2020");
const FIVE: Phrase = Phrase::new("≥5%", "≥5%");
const NONE: Phrase = Phrase::new("无统一目标", "none set");

/// What a column that is missing would hold.
pub(super) fn column(lang: Lang, table: &str, column: &str) -> &'static str {
    let phrase = match (table, column) {
        ("programme", _) => Phrase::new(
            "年度抽查工作计划的任务清单，由 choucha record --programme 登记",
            "the year's programme of tasks, recorded by choucha record --programme",
        ),
        ("inspections", "published_on") => Phrase::new(
            "结果公示日期，尚未公示的检查也要列入",
            "day of publication, visits not yet published listed too",
        ),
        ("inspections", "follow_up") => Phrase::new(
            "后续处置：无需处置、责令改正、行政处罚、立案、移送等",
            "what was done about the problem: one of the words of follow-ups",
        ),
        ("inspections", "closed_on") => Phrase::new(
            "处置办结日期，未办结为空",
            "day the follow-up was closed, empty while it is open",
        ),
        ("inspections", "known_on") => {
            Phrase::new("录入日期或公示日期", "day of entry or publication")
        }
        ("inspections", "found") => Phrase::new("是否发现问题", "whether a problem was found"),
        ("inspections", "inspector_ids") => Phrase::new("检查人员", "inspectors"),
        ("inspections", _) => Phrase::new("历次检查记录", "records of past visits"),
        ("objects", _) => Phrase::new(
            "检查对象名录库；在作业文件中给出并设 [deterrence]",
            "the register of objects, of a job with [deterrence]",
        ),
        ("outcomes", _) => Phrase::new(
            "本次检查结果，[outcomes]",
            "results of this round, [outcomes]",
        ),
        _ => Phrase::new(
            "随机抽查事项清单的抽查主体",
            "department of the list of items",
        ),
    };
    lang.say(&phrase)
}
