//! The two languages of a report, and every text it can say, side by side.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Language of a report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    /// 中文.
    #[default]
    Zh,
    /// English.
    En,
}

/// Names that other rooms give to tables, refusals, exclusions and digests, in both languages.
const NAMES: &[(&str, &str, &str)] = &[
    ("alias-ambiguous", "别名归属不明", "alias of two objects"),
    ("duplicate-likely", "疑似重复", "likely a duplicate"),
    ("division-abolished", "行政区划已撤销", "abolished division"),
    ("division-unknown", "行政区划代码不明", "unknown division"),
    ("industry-ambiguous", "行业代码有歧义", "ambiguous industry"),
    (
        "industry-edition",
        "旧版行业代码",
        "industry of the older edition",
    ),
    ("industry-unknown", "行业代码不明", "unknown industry"),
    ("list-unparsable", "列表无法识别", "list unreadable"),
    (
        "absence-ends-first",
        "请假结束早于开始",
        "absence ends first",
    ),
    (
        "stray-quote",
        "引号未成对",
        "quotation marks that are no pairs",
    ),
    ("result-unknown", "检查结果写法不明", "unknown result"),
    ("example-row", "示例行", "example row"),
    ("id-alias", "使用了别名代码", "named by another code"),
    (
        "id-derived",
        "按名称住所编号",
        "identity made of name and address",
    ),
    ("id-non-market", "非市场主体", "not a market entity"),
    (
        "id-replaced",
        "坏码已用另一代码代替",
        "damaged code, another one taken",
    ),
    ("open-ended", "无固定期限", "without an end"),
    ("header-row", "重复的表头", "header once more"),
    ("id-check", "代码校验位不符", "check digit wrong"),
    (
        "id-damaged",
        "代码被表格软件损坏",
        "code damaged by a spreadsheet",
    ),
    (
        "id-excel-digits",
        "代码疑似丢失末位",
        "code that may have lost its end",
    ),
    ("certificate-missing", "无执法证", "no certificate"),
    (
        "certificate-undated",
        "执法证无有效期",
        "certificate without a day it ends",
    ),
    ("certificate-expired", "执法证已到期", "certificate expired"),
    (
        "certificate-expiring",
        "执法证 60 日内到期",
        "certificate ends within 60 days",
    ),
    (
        "certificate-one-expired",
        "一证已到期，另有有效证",
        "one certificate expired, another valid",
    ),
    (
        "staff-contract",
        "聘用制，不得单独执法",
        "contract staff, cannot make up the two",
    ),
    (
        "staff-kind-unknown",
        "人员性质不明",
        "kind of staff unknown",
    ),
    (
        "inspector-inactive",
        "不在岗，不参加抽取",
        "not on duty, not drawn",
    ),
    (
        "inspector-id-personal",
        "编号是身份证号",
        "id is an identity card number",
    ),
    ("id-legacy", "旧式注册号", "older registration number"),
    ("id-legacy-m000", "早期试点代码", "code of the early pilot"),
    ("id-other", "其他标识", "other identifier"),
    (
        "id-reg15-check",
        "注册号校验位不符",
        "registration number's check digit wrong",
    ),
    ("id-several", "一格多号", "several identifiers in a cell"),
    ("id-suspicious", "可疑代码", "suspicious code"),
    ("note-row", "表尾或说明行", "footer or note row"),
    (
        "object-alias",
        "与他户同为一户",
        "another code of a known object",
    ),
    ("other-table", "另一张表", "row of another table"),
    ("text-normalised", "文字已规范", "text normalised"),
    (
        "bool-unparsable",
        "是/否值无法识别",
        "yes/no value unreadable",
    ),
    (
        "closed-before-established",
        "注销早于成立",
        "closed before established",
    ),
    (
        "closed-before-visit",
        "办结早于检查",
        "closed before the visit",
    ),
    ("date-out-of-range", "日期超出范围", "date out of range"),
    ("date-unparsable", "日期无法识别", "date unreadable"),
    (
        "ended-before-event",
        "结束早于发生",
        "ended before it began",
    ),
    ("field-count", "列数不符", "wrong number of fields"),
    ("follow-up-unknown", "后续处置写法不明", "unknown follow-up"),
    (
        "follow-up-without-finding",
        "无问题却有后续处置",
        "follow-up without a problem",
    ),
    ("id-unusable", "标识不可用", "id unusable"),
    ("inspector-duplicate", "检查人员重复", "inspector repeated"),
    ("item-duplicate", "抽查事项重复", "item repeated"),
    (
        "known-before-event",
        "知悉早于发生",
        "known before it happened",
    ),
    (
        "latitude-out-of-range",
        "纬度超出范围",
        "latitude out of range",
    ),
    (
        "longitude-out-of-range",
        "经度超出范围",
        "longitude out of range",
    ),
    ("negative", "数值为负", "negative number"),
    ("number-unparsable", "数值无法识别", "number unreadable"),
    ("object-duplicate", "检查对象重复", "object repeated"),
    (
        "object-unknown",
        "对象不在名录库",
        "object not in the register",
    ),
    (
        "published-before-visit",
        "公示早于检查",
        "published before the visit",
    ),
    ("ratio-out-of-range", "比例超出范围", "ratio out of range"),
    ("value-missing", "必填项为空", "required value missing"),
    ("visit-duplicate", "检查记录重复", "visit repeated"),
    ("（日期不详）", "（日期不详）", "(no date)"),
    ("（未知）", "（未知）", "(unknown)"),
    ("0–1 年", "0–1 年", "0–1 years"),
    ("1–3 年", "1–3 年", "1–3 years"),
    ("3–10 年", "3–10 年", "3–10 years"),
    ("10+ 年", "10+ 年", "10+ years"),
    ("objects", "检查对象名录库", "objects"),
    ("inspections", "抽查检查结果", "inspections"),
    ("draws", "历次抽取", "past draws"),
    ("credit_events", "信用记录", "credit events"),
    ("inspectors", "执法检查人员名录库", "inspectors"),
    ("items", "随机抽查事项清单", "items"),
    ("recusals", "回避", "recusals"),
    ("availability", "不可抽取时段", "absences"),
    ("licences", "检查对象许可证", "licences"),
    ("plan", "计划", "plan"),
    ("seal", "封存", "seal"),
    ("register", "抽样框", "frame"),
    ("seed", "种子", "seed"),
    ("settings", "作业设置", "job settings"),
    ("已注销或关闭", "已注销或关闭", "closed or deregistered"),
    (
        "基准日前尚未成立",
        "基准日前尚未成立",
        "not yet established",
    ),
    (
        "登记状态不在抽查范围",
        "登记状态不在抽查范围",
        "status out of scope",
    ),
];

impl Lang {
    /// The name of a table, refusal, exclusion or digest in this language; a name given in the job file stays as it is.
    pub(crate) fn name(self, label: &str) -> &str {
        let known = NAMES.iter().find(|(known, _, _)| *known == label);
        known.map_or(label, |(_, zh, en)| self.pick(zh, en))
    }
}

/// A text in both languages; `{0}`, `{1}` … are places to fill.
pub(crate) struct Phrase {
    zh: &'static str,
    en: &'static str,
}

impl Phrase {
    /// A text in both languages.
    pub(crate) const fn new(zh: &'static str, en: &'static str) -> Self {
        Self { zh, en }
    }
}

impl Lang {
    /// The text in this language.
    pub(crate) fn say(self, phrase: &Phrase) -> &'static str {
        match self {
            Self::Zh => phrase.zh,
            Self::En => phrase.en,
        }
    }

    /// The text with its places filled in order.
    pub(crate) fn fill(self, phrase: &Phrase, values: &[&str]) -> String {
        let mut text = self.say(phrase).to_owned();
        for (place, value) in values.iter().enumerate() {
            text = text.replace(&format!("{{{place}}}"), value);
        }
        text
    }

    /// Whichever of the two texts is in this language.
    pub(crate) fn pick<'a>(self, zh: &'a str, en: &'a str) -> &'a str {
        match self {
            Self::Zh => zh,
            Self::En => en,
        }
    }

    /// BCP 47 tag of the page.
    pub(crate) fn tag(self) -> &'static str {
        self.pick("zh-CN", "en")
    }

    /// Every phrase by name, for the template.
    pub(crate) fn all(self) -> BTreeMap<&'static str, &'static str> {
        PHRASES
            .iter()
            .map(|(name, phrase)| (*name, self.say(phrase)))
            .collect()
    }
}

macro_rules! phrases {
    ($($name:ident = $zh:literal, $en:literal;)*) => {
        $(pub(crate) const $name: Phrase = Phrase { zh: $zh, en: $en };)*
        const PHRASES: &[(&str, Phrase)] = &[$((stringify!($name), $name)),*];
    };
}

phrases! {
    REPORT = "随机抽查成效报告", "Random inspection effectiveness report";
    SYNTHETIC = "合成数据", "Synthetic data";
    REHEARSAL = "演练", "Rehearsal";
    SYNTHETIC_NOTE = "本报告所用数据由模拟程序生成，不是真实企业记录。", "The data in this report come from a simulator, not from real businesses.";
    REHEARSAL_NOTE = "本次为演练：抽查方案制定时随机种子已知，名单不得用于执法。", "This is a rehearsal: the seed was known when the plan was made, so the list must not be used for enforcement.";
    JOB = "任务", "Job";
    AS_OF = "基准日", "As of";
    CONTENTS = "目录", "Contents";
    SHOW_TABLE = "查看数据表", "Show the data table";
    PRINT_HINT = "本页为单一文件，可离线打开、直接打印（A4）。", "This page is one file: it opens offline and prints on A4.";

    HIT_RATE = "问题发现率", "Hit rate (raw)";
    PREVALENCE = "估计违规率", "Prevalence (estimated)";
    LIFT = "精准提升", "Lift";
    OPPORTUNITY = "机会成本", "Opportunity cost";
    TRUST = "可信度", "Confidence";
    TRUST_HIGH = "高", "high";
    TRUST_MEDIUM = "中", "medium";
    TRUST_LOW = "低", "low";
    SUPPRESSED = "样本不足", "too few results";
    NOT_SIGNIFICANT = "不显著", "not significant";
    INTERVAL = "（95% 区间 {0} 至 {1}）", " (95% interval {0} to {1})";
    NO_INTERVAL = "（无法给出区间）", " (no interval can be given)";
    TIMES = "{0} 倍", "{0}×";
    HITS_UNIT = "{0} 户", "{0}";
    DAYS_UNIT = "{0} 天", "{0} days";

    CARD_RAW = "有效检查 {0} 户，发现问题 {1} 户{2}。这是检查人员所见，会随抽查偏向高风险而升高，不代表市场状况。", "{1} of {0} valid visits found a problem{2}. This is what the teams met; it rises with targeting and does not describe the market.";
    CARD_RAW_FRACTION = "抽样比为 {0}，超过 10%，区间偏保守。", "The sampling fraction is {0}, above 10%, so the interval is conservative.";
    CARD_PREVALENCE = "按入样概率加权，抽样框 {0} 户中估计有 {1} 存在问题{2}。", "Weighted by inclusion probability, {1} of the {0} objects in the frame are estimated to have a problem{2}.";
    CARD_LIFT = "同样户数下，本次抽查的发现率是等概率抽查的 {0}{1}。", "For the same number of visits this draw found {0} what an equal-probability draw would{1}.";
    CARD_LIFT_NONE = "不显著：区间包含 1 倍，尚不能说比等概率抽查更准{0}。", "Not significant: the interval covers 1, so it cannot be said to aim better than an equal-probability draw{0}.";
    CARD_NO_COMPARISON = "没有可用的发现或结果太少，给不出区间，不能作比较。", "No findings, or too few results: no interval can be given and no comparison made.";
    CARD_OPPORTUNITY = "若等概率抽取 {0} 户，预计发现 {1}{2}；本次实际发现 {3}。", "An equal-probability draw of {0} would be expected to find {1}{2}; this draw found {3}.";
    CARD_OPPORTUNITY_NONE = "若等概率抽取 {0} 户，预计发现 {1}{2}；本次实际发现 {3}，差别不显著。", "An equal-probability draw of {0} would be expected to find {1}{2}; this draw found {3}: no significant difference.";
    CARD_SUPPRESSED = "有效检查仅 {0} 户，少于 30 户，只列户数，不给比率。", "Only {0} valid visits, fewer than 30: counts only, no rate.";

    CARD_HALF_DONE = "前半程发现（实际顺序）", "Found in first half, as done";
    CARD_HALF_DONE_TEXT = "按实际顺序，前 {0} 次检查发现全部 {2} 个问题中的 {1} 个{3}。", "In the order really gone, the first {0} visits found {1} of all {2} findings{3}.";
    CARD_HALF_MODEL = "前半程发现（模型顺序）", "Found in first half, model order";
    CARD_HALF_MODEL_TEXT = "按模型“{0}”排序，同样 {1} 次检查可发现 {2} 个{3}，比实际顺序多 {4} 个。", "In the order of model \"{0}\", the same {1} visits find {2}{3}, {4} more than as done.";
    CARD_HALF_MODEL_LESS = "按模型“{0}”排序，同样 {1} 次检查可发现 {2} 个{3}，不多于实际顺序（差 {4} 个）。", "In the order of model \"{0}\", the same {1} visits find {2}{3}, no more than as done (difference {4}).";
    CARD_DAYS = "问题提前天数", "Days earlier";
    CARD_DAYS_TEXT = "有问题的检查平均提前 {0}{1}；假定问题在整个时段内始终存在。", "Visits with a finding come {0} earlier on average{1}, assuming the violation is there all window long.";
    CARD_DAYS_NONE = "不显著：区间包含 0，尚不能说比实际顺序更早{0}。", "Not significant: the interval covers 0, so no gain in days can be shown{0}.";
    CARD_AUC = "排序能力（AUC）", "Ranking (AUC)";
    CARD_AUC_TEXT = "随机取一次有问题和一次无问题的检查，前者得分更高的概率为 {0}{1}；同一检查人员内为 {2}。", "A visit with a finding scores above one without with probability {0}{1}; within one inspector's visits {2}.";
    CARD_AUC_NONE = "不显著：区间包含 0.5，尚不能说优于随机排序{0}；同一检查人员内为 {1}。", "Not significant: the interval covers 0.5, so it cannot be said to beat a random order{0}; within one inspector's visits {1}.";
    UNKNOWN = "未知", "unknown";

    CARD_FRAME = "抽样框", "Frame";
    CARD_FRAME_TEXT = "名录库 {0} 户，其中 {1} 户进入抽样框。", "{1} of the {0} objects in the register are in the frame.";
    CARD_DRAWN = "抽中", "Drawn";
    CARD_DRAWN_TEXT = "本次共抽中 {0} 户；结果尚未录入，没有可估计的比率和区间。", "{0} objects were drawn; no results are known yet, so there is no rate and no interval.";
    CARD_COVERAGE = "抽查比例", "Coverage";
    CARD_COVERAGE_TEXT = "抽中户数占抽样框的 {0}；这是清点，不是估计，没有区间。", "{0} of the frame was drawn; this is a count, not an estimate, so it has no interval.";
    CARD_REFUSED = "拒收数据行", "Refused rows";
    CARD_REFUSED_TEXT = "读入 {0} 行，拒收 {1} 行，每行都留有原因。", "{1} of {0} rows read were refused, each with its reason.";

    COLON = "：", ": ";
    SECTION_SUMMARY = "结论", "Summary";
    SECTION_RATES = "各风险类别的发现率与抽查分布", "Hit rates and sampling by risk class";
    SECTION_RANKING = "风险评分的排序效果", "How well the score ranks";
    SECTION_REPLAY = "历史检查回放", "Replay of past visits";
    SECTION_DATA = "数据与名录", "Data and register";
    SECTION_METHOD = "方法与核验", "Method and verification";

    STAMP = "可信度：{0}（有效 {1} 户，有效样本量 {2}，最小入样概率 {3}，单户最大权重占比 {4}，盲区 {5}）", "Confidence: {0} (n {1}, effective n {2}, smallest inclusion probability {3}, largest weight share {4}, blind share {5})";
    RESPONSE_NOTE = "抽中 {0} 户，有结果 {1} 户（含无法联系），无结果 {2}；无结果户按所在类别的有结果率调整权重。", "{0} drawn, {1} with a result (unreachable ones among them), {2} without; weights are adjusted by the response rate of each class.";
    RESPONSE_FLAG = "无结果超过 10%，估计依赖“无结果与违规无关”的假定。", "More than 10% have no result: estimates assume that this is unrelated to the result.";
    VOID_NOTE = "无效对象（关闭、注销、迁出、未从事该项经营等）{0} 户，不计入分母；无法联系 {1} 户，单列。", "{0} invalid objects (closed, deregistered, moved, not in the inspected trade) leave the denominator; {1} unreachable, shown apart.";
    RULE_FOUND = "判定口径：以记录的“是否发现问题”为准。", "Hit rule: the recorded finding.";
    RULE_CODES = "判定口径：按检查结果代码，无法联系计为发现问题。", "Hit rule: result codes; unreachable counts as a finding.";
    RULE_CODES_REACHED = "判定口径：按检查结果代码，无法联系不计为发现问题。", "Hit rule: result codes; unreachable does not count as a finding.";
    GAP_UP = "{1} 类比 {0} 类高 {2}{3}。", "Class {1} is {2} above class {0}{3}.";
    GAP_NONE = "{0} 类与 {1} 类的差别不显著{2}。", "The difference between class {0} and class {1} is not significant{2}.";
    GAP_DOWN = "{1} 类反而比 {0} 类低 {2}{3}，类别边界需要复核。", "Class {1} is {2} below class {0}{3}: the class boundary needs review.";
    POINTS = "个百分点", "percentage points";
    POINTS_OF = "{0} 个百分点", "{0} percentage points";

    CHART_HIT_RATE = "各类别问题发现率与估计违规率", "Hit rate by class, with prevalence";
    CHART_HIT_RATE_NOTE = "柱为问题发现率，竖线为 95% 区间，虚线为全框估计违规率；类别下方 n 为有效检查户数。", "Bars: raw hit rate with 95% interval; dashed line: prevalence of the whole frame; n: valid visits.";
    CHART_SAMPLING = "抽样框与抽中名单的类别构成", "Classes in the frame and among the drawn";
    CHART_SAMPLING_NOTE = "浅色为抽样框构成，深色为抽中构成；类别下方为抽样比（抽中户数除以框内户数）。", "Light: share of the frame; dark: share of the drawn; below: sampling fraction.";
    CHART_GAINS = "累计发现曲线", "Cumulative gains";
    CHART_GAINS_NOTE = "按评分从高到低，抽查横轴比例的对象，可发现纵轴比例的问题（按 1/π 加权）；虚线为随机顺序。{0}", "Visiting the x% with the highest scores finds y% of violations (weighted 1/π); dashed: random order. {0}";
    CHART_GAINS_READ = "抽查 20% 发现 {0}。", "The top 20% hold {0}.";
    CHART_LIFT = "各十分位的提升倍数", "Lift by tenth of the frame";
    CHART_LIFT_NOTE = "按评分从高到低把抽样框分为十份，每份发现问题的比例除以平均水平；虚线为 1 倍。", "The frame in ten parts by score, riskiest first: rate of each over the average; dashed line at 1.";
    CHART_CALIBRATION = "评分校准", "Calibration of the score";
    CHART_CALIBRATION_NOTE = "点为十个等权分组的平均评分与加权发现率，竖线为 95% 区间；虚线为完全一致。", "Dots: mean score and weighted rate of ten bins of equal weight, with 95% interval; dashed: perfect agreement.";
    CHART_POINTS = "抽样框风险分分布", "Risk points in the frame";
    CHART_POINTS_NOTE = "按风险分分组的户数，颜色由浅到深为风险由低到高的类别。", "Objects by risk points; light to dark: lowest to highest class.";
    CHART_REFUSALS = "按规则统计的拒收行数", "Refused rows by rule";
    CHART_REFUSALS_NOTE = "每一行要么接收，要么连同文件、行、列、值和规则记入拒收表。", "Every row is accepted, or refused with file, line, column, value and rule.";
    CHART_BY_DAY = "逐日累计发现：实际顺序与模型顺序", "Findings by day: as done and in model order";
    CHART_BY_DAY_NOTE = "横轴为检查窗口内的日期，每天检查次数不变；纵轴为累计发现的问题数。竖线左侧为前半程。", "Same number of visits each day; running number of findings. Left of the upright line: the first half.";
    CHART_AUC = "各模型 AUC 及 95% 区间", "AUC by model with 95% interval";
    CHART_AUC_NOTE = "圆点与横线为 AUC 及区间，菱形为同一检查人员内的 AUC；虚线 0.5 为随机顺序。", "Dot and line: AUC with interval; diamond: AUC within inspector; dashed line at 0.5: random order.";
    CHART_REPLAY_GAINS = "回放：累计发现曲线", "Replay: cumulative gains";
    CHART_REPLAY_GAINS_NOTE = "按各模型评分从高到低检查横轴比例，可发现纵轴比例的问题；虚线为随机顺序。", "Visiting the x% with the highest scores of each model finds y% of findings; dashed: random order.";
    CHART_REPLAY_LIFT = "回放：模型“{0}”各十分位的提升倍数", "Replay: lift by tenth, model \"{0}\"";
    CHART_REPLAY_LIFT_NOTE = "按评分从高到低把检查分为十份，每份的发现率除以平均发现率；虚线为 1 倍。", "Visits in ten parts by score: hit rate of each over the average; dashed line at 1.";
    LEFT_OUT = "未画图“{0}”：{1}", "Chart \"{0}\" is left out: {1}";
    WHY_NO_OUTCOME = "检查结果尚未录入。", "results are not known yet.";
    WHY_NO_CLASS = "本任务没有划分风险类别。", "this job has no risk classes.";
    WHY_NO_DRAW = "本任务没有抽取名单。", "this job draws nothing.";
    WHY_NO_RANKING = "有效结果不足 30 户，或全部相同，无法评价排序。", "fewer than 30 valid results, or all alike.";
    WHY_NO_PROBABILITY = "评分不是概率。", "the score is no probability.";
    WHY_NO_REFUSAL = "没有拒收任何数据行。", "no row was refused.";
    WHY_FEW = "各类别有效检查均少于 30 户。", "every class has fewer than 30 valid visits.";
    WHY_NO_FINDING = "窗口内没有发现问题，或没有模型。", "there is no finding in the window, or no model.";

    AXIS_SHARE_FRAME = "抽查占抽样框的比例", "Share of the frame visited";
    AXIS_SHARE_VISITS = "检查次数占比", "Share of visits";
    AXIS_SHARE_FOUND = "发现问题占比", "Share of findings";
    AXIS_SHARE = "构成占比", "Share";
    AXIS_LIFT = "提升倍数", "Lift";
    AXIS_TENTH = "评分十分位（1 为最高）", "Tenth by score (1 = highest)";
    AXIS_PREDICTED = "平均评分", "Mean score";
    AXIS_OBSERVED = "加权发现率", "Weighted rate";
    AXIS_POINTS = "风险分", "Risk points";
    AXIS_OBJECTS = "户数", "Objects";
    AXIS_DAY = "日期", "Day";
    AXIS_FINDINGS = "累计发现数", "Findings so far";
    LEGEND_RAW = "问题发现率", "Hit rate";
    LEGEND_INTERVAL = "95% 区间", "95% interval";
    LEGEND_PREVALENCE = "估计违规率", "Prevalence";
    LEGEND_FRAME = "抽样框", "Frame";
    LEGEND_DRAWN = "抽中", "Drawn";
    LEGEND_RANDOM = "随机顺序", "Random order";
    LEGEND_SCORE = "风险评分", "Score";
    LEGEND_AVERAGE = "平均水平", "Average";
    LEGEND_PERFECT = "完全一致", "Perfect";
    LEGEND_AS_DONE = "实际顺序", "As done";
    LEGEND_WITHIN = "同一检查人员内", "Within inspector";

    COL_CLASS = "类别", "Class";
    COL_STRATUM = "层", "Stratum";
    COL_N_FRAME = "框内户数", "In frame";
    COL_N_DRAWN = "抽中", "Drawn";
    COL_N_VISITED = "有结果", "With result";
    COL_VOID = "无效对象", "Invalid";
    COL_UNREACHABLE = "无法联系", "Unreachable";
    COL_N = "有效", "Valid";
    COL_HITS = "发现问题", "Findings";
    COL_FRACTION = "抽样比", "Fraction";
    COL_RATIO = "计划比例", "Planned ratio";
    COL_N_EFF = "有效样本量", "Effective n";
    COL_SHARE = "占比", "Share";
    COL_SHARE_FRAME = "框内占比", "Share of frame";
    COL_SHARE_DRAWN = "抽中占比", "Share of drawn";
    COL_TENTH = "十分位", "Tenth";
    COL_BIN_N = "户数", "n";
    COL_RULE = "规则", "Rule";
    COL_ROWS = "行数", "Rows";
    COL_REASON = "原因", "Reason";
    COL_TABLE = "数据表", "Table";
    COL_READ = "读入", "Read";
    COL_ACCEPTED = "接收", "Accepted";
    COL_REFUSED = "拒收", "Refused";
    COL_LATER = "基准日后", "Later";
    COL_MODEL = "模型", "Model";
    COL_AUC = "AUC", "AUC";
    COL_WITHIN = "同人员内 AUC", "AUC within";
    COL_AP = "平均精度", "Avg precision";
    COL_DAYS = "提前天数", "Days earlier";
    COL_HALF = "前半程发现", "First half";
    COL_P10 = "前 10% 命中", "P@10%";
    COL_P20 = "前 20% 命中", "P@20%";
    COL_GAIN_AUC = "AUC 较基准", "AUC vs baseline";
    COL_GAIN_DAYS = "天数较基准", "Days vs baseline";
    COL_DAY = "日期", "Day";
    COL_VISITS = "检查次数", "Visits";
    COL_TAKE_ALL = "必查", "Take-all";
    COL_LEVELS = "档数", "Levels";
    COL_DEFINITION = "口径", "Definition";
    COL_INDICATOR = "指标", "Indicator";
    COL_COEFFICIENT = "系数", "Coefficient";
    COL_NAME = "名称", "Name";
    COL_VALUE = "内容", "Value";
    COL_USED = "采用", "Used";
    YES = "是", "yes";
    NO = "否", "no";
    MORE_DAYS = "（表中每 {0} 天一行）", " (every {0}th day in the table)";

    TABLE_CLASSES = "各类别四项指标（方括号内为 95% 区间）", "Four numbers by class (95% interval in brackets)";
    TABLE_STRATA = "各层抽查情况", "Strata";
    TABLE_DEFINITIONS = "三种口径下的问题发现率", "Raw hit rate under three definitions";
    TABLE_RANKING = "排序指标（按 1/π 加权）", "Ranking measures (weighted 1/π)";
    TABLE_MODELS = "回放：各模型", "Replay: models";
    TABLE_INGEST = "读入与拒收", "Rows read and refused";
    TABLE_EXCLUSIONS = "未进入抽样框的对象", "Objects left out of the frame";
    TABLE_COEFFICIENTS = "模型“{0}”影响最大的指标", "Model \"{0}\": indicators that weigh most";
    TABLE_DIGESTS = "摘要", "Digests";
    DEFINITION_FOUND = "记录的发现问题", "Recorded finding";
    DEFINITION_CODES = "结果代码，无法联系计入", "Codes, unreachable counted";
    DEFINITION_CODES_REACHED = "结果代码，无法联系不计入", "Codes, unreachable not counted";
    BRIER = "Brier 分", "Brier score";

    REPLAY_INTRO = "{0} 至 {1} 的 {2} 次检查，{3} 次发现问题。先按实际顺序，再按各模型评分从高到低重排，每天检查次数不变。", "{2} visits from {0} to {1}, {3} with a finding: first in the order really gone, then by each model's score, with the same number of visits each day.";
    REPLAY_LIMIT = "没有人知道提早检查会发现什么：提前天数假定问题在整个窗口内始终存在，且任何检查人员都可去任何对象。检查人员的宽严会混入普通 AUC，因此并列同一检查人员内的 AUC。", "Nobody knows what an earlier visit would have found: days earlier assumes the violation is there all window long and that any inspector can go anywhere. Strict and lenient inspectors colour the plain AUC, so the AUC within inspector stands beside it.";
    METHOD_REPLAY = "回放的区间为配对自助法百分位区间（{0} 次，各模型用同一批重抽样）；同分按检查编号排序；前半程为累计次数不到一半的整日。", "Replay intervals: paired bootstrap over visits, percentile ({0} replicates, the same resamples for every model); ties go by visit id; the first half is whole days while fewer than half of the visits are done.";
    TABLE_COMPARISON = "与基准“{0}”之差（区间包含 0 即为不显著）", "Difference to the baseline \"{0}\" (an interval that covers 0 is not significant)";
    METHOD_RAW = "问题发现率＝发现问题户数÷有效检查户数，Wilson 区间；平均入样概率超过 10% 时按 n/(1-f) 计（有限总体），各处相同。它随抽查偏向而变，不是监管效果。", "Raw hit rate = findings over valid visits, Wilson interval; where the mean inclusion probability f is above 10% that of n/(1-f) (finite population), the same everywhere. It moves with targeting and is no measure of what inspection achieved.";
    METHOD_PREVALENCE = "估计违规率为以 1/π 加权的 Hájek 均值；方差按 Rosén（1997）在层内对非必查户计算，仅一户的层并入相邻层，logit-t 区间；零发现时用有效样本量上的 Clopper-Pearson 区间。", "Prevalence is the Hájek mean with weights 1/π; Rosén's (1997) variance over take-some objects within strata, lone strata merged, logit-t interval; with no finding, Clopper-Pearson on the effective n.";
    METHOD_LIFT = "精准提升＝问题发现率÷全框估计违规率，Rao-Wu 自助法百分位区间（{0} 次，由抽查种子派生）。机会成本＝户数×估计违规率。", "Lift = raw hit rate over the prevalence of the frame, Rao-Wu bootstrap percentile interval ({0} replicates, seeded from the draw). Opportunity cost = n times prevalence.";
    METHOD_SUPPRESSION = "有效检查少于 30 户的格只列户数。可信度：高＝有效样本量不少于 150、发现不少于 20、无盲区、无结果不超过 10%；低＝有效样本量少于 30 或不足有效户数的五分之一，或存在盲区；其余为中。", "Cells with fewer than 30 valid visits show counts only. Confidence: high = effective n at least 150, at least 20 findings, no blind share, at most 10% without a result; low = effective n below 30 or a fifth of n, or a blind share; otherwise medium.";
    METHOD_CAUSE = "本报告不作因果结论：因果只能来自抽中与未抽中对象的比较。", "This report makes no causal claim: cause can be read only from comparing drawn with not drawn objects.";
    COLLAPSED = "计算方差时合并的层：{0}。", "Strata merged for variances: {0}.";
    SEED = "随机种子：{0}（来源：{1}）。", "Seed: {0} (source: {1}).";
    VERIFY = "核验方法：安装同一程序后运行下列命令，输出“same”即抽查结果可由公开文件重算。", "To verify, run this command: \"same\" means that the draw can be recomputed from the public files.";
    SUM_PI = "入样概率之和 Σπ＝{0}，抽中 {1} 户。", "Σπ over the frame = {0}; {1} drawn.";
}

/// Panics where a phrase lacks a language, or its places differ between the two.
#[cfg(test)]
pub(super) fn stands_in_both_languages(phrases: &[(&str, Phrase)]) {
    let places = |text: &str| -> Vec<String> {
        let all = (0..9).map(|place| format!("{{{place}}}"));
        all.filter(|place| text.contains(place.as_str())).collect()
    };
    let has_chinese = |text: &str| text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
    for (name, phrase) in phrases {
        let is_empty = phrase.zh.trim().is_empty() || phrase.en.trim().is_empty();
        assert!(!is_empty, "{name} is empty");
        let (zh, en) = (places(phrase.zh), places(phrase.en));
        assert_eq!(zh, en, "{name} has other places");
        assert!(
            !has_chinese(phrase.en),
            "{name} has Chinese in its English text"
        );
        let is_mark = |c: char| ('\u{ff00}'..='\u{ffef}').contains(&c);
        let is_translated =
            has_chinese(phrase.zh) || phrase.zh.chars().any(is_mark) || phrase.zh == phrase.en;
        assert!(is_translated, "{name} is not translated");
    }
}

#[cfg(test)]
mod tests {
    use super::{PHRASES, stands_in_both_languages};

    #[test]
    fn every_phrase_stands_in_both_languages_with_the_same_places() {
        stands_in_both_languages(PHRASES);
    }
}
