//! What an office does about a refused row or a finding, in a sentence of its own language.

use super::lang::Lang;

/// By rule: what is wrong and how to write it, 中文. In English the reader's own sentence says it.
const ADVICE: &[(&str, &str)] = &[
    (
        "alias-ambiguous",
        "这个其他标识被多户同时使用，未归给任何一户，请核对",
    ),
    ("absence-ends-first", "结束日期早于开始日期，请更正其中之一"),
    (
        "bool-unparsable",
        "请写“是”或“否”（也可写 1 或 0、true 或 false）",
    ),
    (
        "closed-before-established",
        "注销日期早于成立日期，请更正其中之一",
    ),
    (
        "closed-before-visit",
        "处置办结日期早于检查日期，请更正其中之一",
    ),
    (
        "date-out-of-range",
        "日期应在 1900-01-01 至 9999-12-31 之间",
    ),
    (
        "date-unparsable",
        "不是完整的日期，请写到日，例如 2024-01-01",
    ),
    (
        "division-abolished",
        "这个行政区划在基准日前已撤销，请改用现行代码",
    ),
    ("division-unknown", "不是 GB/T 2260 的行政区划代码"),
    (
        "duplicate-likely",
        "名称和住所与另一户相同而代码不同，疑似重复，请核对",
    ),
    (
        "ended-before-event",
        "移出（结束）日期早于列入日期，请更正其中之一",
    ),
    ("example-row", "这是模板的示例行，删除即可"),
    (
        "field-count",
        "这一行的列数与表头不同，请检查多余的分隔符或引号",
    ),
    (
        "follow-up-unknown",
        "后续处置的写法不认识；请写责令改正、立案、移送等词，或在作业的 values 中写明对应",
    ),
    (
        "follow-up-without-finding",
        "没有发现问题却有后续处置，请更正其中之一",
    ),
    ("header-row", "表头或标题重复出现，不是数据，无需处理"),
    ("id-alias", "这一行用的是该户的另一个标识，已归到同一户"),
    (
        "id-check",
        "形如统一社会信用代码，但校验位都不对，请核对原件",
    ),
    (
        "id-damaged",
        "代码已被表格软件变成科学计数，无法还原：请把该列设为文本后重新导出",
    ),
    ("id-derived", "没有代码，按名称和住所编号；请补录代码"),
    (
        "id-excel-digits",
        "代码末几位疑似被表格软件改为 0：请把该列设为文本后重新导出",
    ),
    (
        "id-legacy",
        "是 2007 年以前的 13 位注册号，请补录统一社会信用代码",
    ),
    ("id-legacy-m000", "是早期试点发出的代码，真实有效，无需处理"),
    (
        "id-non-market",
        "是机关、事业单位或社会组织的代码，无需处理",
    ),
    ("id-other", "不是统一社会信用代码，也不是注册号，请核对"),
    ("id-reg15-check", "15 位注册号的校验位不对，请核对原件"),
    (
        "id-replaced",
        "代码已损坏，改用同一行的其他标识；请把该列设为文本后重新导出",
    ),
    (
        "id-several",
        "一个单元格里有几个号码，按第一个有效的登记；请分列填写",
    ),
    (
        "id-suspicious",
        "只通过两种校验中的一种，或前两位从未发放过，请核对原件",
    ),
    (
        "id-unusable",
        "不能作为标识：规范后须不超过 64 字节，且不含控制字符",
    ),
    (
        "industry-ambiguous",
        "数字有两种读法（可能丢了开头的 0），请写门类字母，例如 A0111",
    ),
    (
        "industry-edition",
        "是 2011 版的行业代码，请改用 GB/T 4754-2017，或注明 gbt4754-2011",
    ),
    ("industry-unknown", "不是 GB/T 4754 的行业代码"),
    ("inspector-duplicate", "同一执法人员出现多次，只保留一行"),
    ("item-duplicate", "同一抽查事项出现多次，只保留一行"),
    (
        "known-before-event",
        "公示（录入）日期早于发生日期，请更正其中之一",
    ),
    ("latitude-out-of-range", "纬度应在 -90 至 90 之间"),
    ("list-unparsable", "列表中有一项无法识别，请核对"),
    ("longitude-out-of-range", "经度应在 -180 至 180 之间"),
    ("negative", "不能为负数"),
    ("note-row", "这是合计、签字或说明行，不是数据，无需处理"),
    (
        "number-unparsable",
        "不是数字；金额可写 300000、300,000 或 30万元，外币须先折算",
    ),
    (
        "object-alias",
        "这个代码是名录库中另一行的其他标识，两行是同一户，只保留一行",
    ),
    ("object-duplicate", "同一户出现多次，只保留一行"),
    (
        "object-unknown",
        "名录库中没有这一户：可能未入库，也可能它在名录库中的那一行被拒收",
    ),
    ("open-ended", "按无固定期限处理，无需处理"),
    (
        "other-table",
        "同一张表下方另有一张表：请另存为单独的文件或工作表",
    ),
    (
        "published-before-visit",
        "公示日期早于检查日期，请更正其中之一",
    ),
    ("ratio-out-of-range", "比例应在 0 至 1 之间"),
    (
        "result-unknown",
        "检查结果的写法不认识，未能判断是否发现问题；请在作业的 values 中写明对应",
    ),
    (
        "stray-quote",
        "引号没有成对，从这里到引号结束的几行无法分开，请补全或删除引号",
    ),
    ("text-normalised", "已统一全角、空格等写法，无需处理"),
    ("value-missing", "必填项为空，请补填"),
    ("visit-duplicate", "同一检查编号出现多次，只保留一行"),
];

/// What to do about a row under `rule`, in Chinese; `None` in English and for rules without advice.
///
/// ```
/// use choucha::report::{Lang, rule_advice};
/// assert_eq!(rule_advice("negative", Lang::Zh), Some("不能为负数"));
/// assert_eq!(rule_advice("negative", Lang::En), None);
/// ```
#[must_use]
pub fn rule_advice(rule: &str, lang: Lang) -> Option<&'static str> {
    let known = ADVICE.iter().find(|(known, _)| *known == rule);
    known
        .filter(|_| lang == Lang::Zh)
        .map(|(_, sentence)| *sentence)
}
