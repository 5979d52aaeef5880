//! What the page of a comparison of policies says, in both languages.

use super::{PolicyMode, TargetKind, WarningKind};
use crate::report::lang::{Lang, Phrase};
use crate::report::phrases::phrases;

/// What a mode is called.
pub(super) fn mode(mode: PolicyMode, lang: Lang) -> &'static str {
    lang.say(match mode {
        PolicyMode::Myopic => &MYOPIC,
        PolicyMode::Forward => &FORWARD,
        PolicyMode::Given => &GIVEN,
    })
}

/// What an effect is called.
pub(super) fn target(kind: TargetKind) -> &'static Phrase {
    match kind {
        TargetKind::OwnVisit => &TARGET_OWN,
        TargetKind::PeerVisit => &TARGET_PEER,
        TargetKind::PublicityNear => &TARGET_NEAR,
        TargetKind::PublicityReach => &TARGET_REACH,
    }
}

/// The sentence of a warning.
pub(super) fn warning(kind: WarningKind) -> &'static Phrase {
    match kind {
        WarningKind::Blind => &WARN_BLIND,
        WarningKind::Unused => &WARN_UNUSED,
        WarningKind::HitsNotFewer => &WARN_HITS,
        WarningKind::Drifting => &WARN_DRIFT,
        WarningKind::NoVisits => &WARN_NONE,
    }
}

phrases! {
    REPORT = "抽查政策情景推演", "Inspection policies compared by simulation";
    PERIODS = "周期数", "periods";
    WORLD = "情景", "world";
    SIMULATED = "模拟结果", "Simulated";
    SIMULATED_NOTE = "企业、成本和认知都是假定的，不是任何真实企业；只用来比较政策的先后，不作点预测。", "Firms, costs and beliefs are assumptions and nobody real: it compares policies and forecasts nothing.";
    MYOPIC = "甲：逐期学习", "A: learning";
    FORWARD = "乙：前瞻权衡", "B: looking ahead";
    GIVEN = "行为不变", "behaviour fixed";

    CARD_BEST = "长期违规最少", "Fewest violations in the long run";
    CARD_BEST_BOTH = "各种行为假定下都是它：{0}。", "Under every behaviour assumed: {0}.";
    CARD_BEST_NOT = "其他假定下不同：{0}。", "Others under other behaviour: {0}.";
    CARD_BEST_OPEN = "{0}。逐次配对之差不到三倍蒙特卡罗误差的，不算更少。", "{0}. Paired by replicate, a difference within three Monte-Carlo errors is none.";
    CARD_BEST_RIVAL = "{0} {1} 与 {2} 差别不显著", "{0} {1} and {2} cannot be told apart";
    NOT_CLEAR = "不显著", "no clear difference";
    CARD_HITS = "问题发现率最高", "Highest hit rate";
    CARD_RANGE = "结论的范围", "How far they lie apart";
    CARD_RANGE_SAYS = "各政策、各假定、各次重复的长期违规率，从最低到最高。", "long-run violation rates over all policies, behaviours and replicates.";
    CARD_WARNINGS = "警示", "Warnings";
    CARD_WARNINGS_SAYS = "使用任何数字之前请先读“警示”一节。", "Read the section of warnings before using a number.";
    SUMMARY_LEAST = "{0}：长期违规率最低的是“{1}”（{2}），发现率最高的是“{3}”（{4}，其违规率 {5}）。", "{0}: \"{1}\" has the fewest violations in the long run ({2}); \"{3}\" has the highest hit rate ({4}, with violations of {5}).";
    SUMMARY_OPEN = "{0}：长期违规率“{1}”（{2}）与“{6}”（{7}）差别不显著；发现率最高的是“{3}”（{4}，其违规率 {5}）。", "{0}: violations in the long run under \"{1}\" ({2}) and \"{6}\" ({7}) cannot be told apart; \"{3}\" has the highest hit rate ({4}, with violations of {5}).";
    SUMMARY_SAME = "发现率高不等于违规少：发现率说明查得准，违规率说明市场守规矩。", "A high hit rate is not few violations: one says that visits are well aimed, the other that rules are kept.";
    SUMMARY_CALIBRATION = "校准：申报的参数达到 {1} 项国际实测效应中的 {0} 项；各政策只可比较先后和幅度范围，任何一个数都不是对某县某年的预测。", "Calibration: the declared parameters meet {0} of {1} effects measured elsewhere; read the order of policies and the ranges, no number here forecasts any county or year.";

    SECTION_COMPARE = "发现率与长期违规率", "Hits against long-run violations";
    COMPARE_SAYS = "同一批企业、同一组随机数、同样的检查量；{0} 次重复，每次 {1} 家企业，长期为第 {2} 期以后的平均。方括号内为各次重复的最小值和最大值。", "The same firms, the same random numbers, the same number of visits; {0} replicates of {1} firms, the long run is the mean from period {2} on. In brackets the least and the greatest replicate.";
    CHART_SCATTER = "查得准与守规矩", "Well aimed, and kept";
    CHART_SCATTER_NOTE = "越往右发现率越高，越往下违规越少；横竖线为各次重复的范围，数字为下表的政策序号。", "Further right: more found; further down: fewer violations. Lines are the range of the replicates, numbers those of the table.";
    CHART_TRUTH = "真实违规率与估计值", "The truth, and what an office would estimate";
    CHART_TRUTH_NOTE = "条形为真实违规率，圆点为霍维茨—汤普森估计，菱形为哈耶克估计（均除以申报的检出率，哈耶克估计至多 100%）；不抽的等级使估计失明。", "Bars are the truth, dots Horvitz-Thompson, diamonds Hájek (both divided by the detection declared, Hájek at most 100 %); a class that is never drawn blinds them.";
    LEGEND_TRUTH = "真实", "truth";
    LEGEND_HT = "HT 估计", "Horvitz-Thompson";
    LEGEND_HAJEK = "Hájek 估计", "Hájek";
    AXIS_HITS = "问题发现率", "hit rate";
    AXIS_VIOLATION = "长期违规率", "long-run violation rate";
    AXIS_PERIOD = "周期", "period";
    AXIS_RATE = "违规率", "violation rate";
    SECTION_PATH = "随时间", "Over time";
    CHART_PATH_MYOPIC = "违规率的走势（甲：逐期学习）", "Violations over time (A: learning)";
    CHART_PATH_FORWARD = "违规率的走势（乙：前瞻权衡）", "Violations over time (B: looking ahead)";
    CHART_PATH_GIVEN = "违规率的走势（行为不变）", "Violations over time (behaviour fixed)";
    CHART_PATH_NOTE = "各次重复的平均；竖线之后为长期。", "means over the replicates; the long run begins at the upright line.";
    SECTION_BURDEN = "各等级的负担", "Burden by class";
    BURDEN_SAYS = "每百家每期的检查次数；入样概率随等级人数每期重算，使总检查量不变。", "Visits per 100 firms and period; probabilities are solved anew each period so that the visits add up to the budget.";
    SECTION_WARNINGS = "警示", "Warnings";
    NO_WARNING = "没有警示。", "None.";
    WARN_BLIND = "“{0}”（{1}）使估计失明：{2} 的企业入样概率为 0，霍维茨—汤普森估计只读得 {3}，真实违规率为 {4}。", "\"{0}\" ({1}) blinds the estimate: {2} of the firms cannot be drawn, Horvitz-Thompson reads {3}, the truth is {4}.";
    WARN_UNUSED = "“{0}”（{1}）有 {2} 的检查量用不出去：该查的等级已到上限，其余等级被免查。", "\"{0}\" ({1}) leaves {2} of the visits unused: the classes it visits are at their cap, the others exempt.";
    WARN_HITS = "“{0}”（{1}）发现率更高（{2} 对 {3}），违规却没有更少（{4} 对 {5}）：多查出的问题不是少发生的问题。", "\"{0}\" ({1}) finds more ({2} against {3}) and has no fewer violations ({4} against {5}): findings won are not violations averted.";
    WARN_DRIFT = "“{0}”（{1}）尚未稳定：长期的后半段比前半段相差 {2}，应增加周期数。", "\"{0}\" ({1}) has not settled: the halves of its long run differ by {2}; add periods.";
    WARN_NONE = "“{0}”（{1}）没有任何检查。", "\"{0}\" ({1}) makes no visit at all.";
    SECTION_CALIBRATION = "校准", "Calibration";
    CALIBRATION_SAYS = "第一项政策下申报的参数造成多大效应，与国际上实测的效应对照；没有这一机制的假定记“–”。", "What the declared parameters do under the first policy, beside effects measured elsewhere; a dash where a behaviour has no such mechanism.";
    TARGET_OWN = "一次检查使该企业其后五年的违规变化（Levine 等 2012）", "One visit, on the visited firm over five years (Levine and others 2012)";
    TARGET_PEER = "同类企业人均多查一次、其后一年的违规变化（美国大气区 2016）", "One more visit of every peer, over a year (US air districts 2016)";
    TARGET_NEAR = "一次公示对 5 公里内企业其后一年的违规变化（Johnson 2020）", "One published finding, on firms within 5 km over a year (Johnson 2020)";
    TARGET_REACH = "一次公示使违规变化 1% 以上的最远距离，公里（Johnson 2020）", "Kilometres within which one published finding moves violations by 1 % (Johnson 2020)";
    MET = "达到", "met";
    NOT_MET = "未达到", "not met";
    SECTION_METHOD = "口径", "Method";
    METHOD_FIRMS = "企业每期守规矩要付成本；违规被查出要付罚款。甲：企业由自己和同类企业被查的次数、公示的案件逐期更新被查概率的认知，按当期得失决定；乙：企业知道各等级的概率，按各等级之间的升降长远权衡（数值迭代求解）。检出率 {0}，每期检查量为企业数的 {1}。", "Keeping the rules costs a firm every period, being found breaking them costs a fine. A: firms update what they take the probability to be from their own visits, their peers' and what is published, and weigh one period. B: firms know the probabilities of the classes and weigh the moves between them (value iteration). Detection {0}, visits per period {1} of the firms.";
    METHOD_PI = "入样概率 = 系数×各等级倍数，限于下限和上限之间，系数用二分法使概率之和等于检查量；抽取方式：{0}。", "Probability = factor × multiplier of the class, between floor and cap; the factor by bisection so that they sum to the visits. Drawn by {0}.";
    METHOD_POISSON = "泊松抽样（各企业独立）", "Poisson sampling (independently)";
    METHOD_PARETO = "帕累托次序抽样（与正式抽取相同的引擎和校准）", "Pareto order sampling (the engine and calibration of a draw of record)";
    METHOD_SEEDS = "每次重复有自己的随机数流，各政策共用；线程数不改变结果。情景摘要 {0}。", "Each replicate has its own streams, shared by the policies; the number of threads changes nothing. Digest of the world {0}.";
    CLOSED_SAYS = "行为不变、概率固定时各等级是一条马尔可夫链，封闭解列于表内。", "With behaviour and probabilities fixed the classes are a Markov chain; its closed form stands in the table.";

    PLANTED = "预设效应检验", "Planted effects";
    PLANTED_NOTE = "效应是预先放进数据的：用来检验估计方法，不说明任何真实机关。", "The effects were put into the data: this tests estimators and says nothing of any real office.";
    CASES = "检验项数", "cases";
    PLANTED_HOLDS = "各项结果都如应有：区间按其所称的频率包含真值，样本不足时不给区间，没有效应时误报不超过名义水平。", "Everything came out as it must: intervals hold the truth as often as they say, below support there is none, and without an effect claims stay at the nominal rate.";
    PLANTED_FAILS = "有的项目没有得出应有的结果，见下表。", "Not everything came out as it must; see the table.";
    PLANTED_POWER = "县一级的复查违规效应通常低于可检出的水平：违规率从 12% 降到 8%，较小一组约需 875 次有效复查（把握 80%，双侧 5%），需要合并两三年或到市一级。", "Effects on revisits are mostly below power in a county: seeing a fall from 12 % to 8 % takes some 875 effective revisits in the smaller arm (80 % power, two-sided 5 %), that is two or three years pooled, or a city.";
    CARD_COVERAGE = "{0} 次重复中 95% 区间包含真值的比例（±蒙特卡罗误差）；应在 93% 至 97%：{1}。", "of {0} replicates have the truth in their 95 % interval (± Monte-Carlo error); it must lie in 93 to 97 %: {1}.";
    CARD_REFUSED = "{0} 次重复中不给区间、只说“样本不足”的比例；应为全部：{1}。", "of {0} replicates give no interval for want of revisits; it must be all: {1}.";
    CARD_CLAIMS = "{0} 次重复中误称“显著”的比例（±蒙特卡罗误差）；名义水平 5%：{1}。", "of {0} replicates falsely claim an effect (± Monte-Carlo error); the nominal rate is 5 %: {1}.";
    HOLDS = "符合", "as it must";
    FAILS = "不符合", "not as it must";
    SECTION_TRUTH = "真值与估计", "Truth against estimate";
    TRUTH_SAYS = "被抽中者与未被抽中者相比，结果发生率的差；真值是全部对象两种概率之差的平均。", "The difference in the outcome between those drawn and those not; the truth is the mean over all objects of the difference of both probabilities.";
    REFUSED_SAYS = "“{0}”不画图：较小一组平均只有 {1} 次有效复查，样本不足，不给区间。", "\"{0}\" has no picture: the smaller arm has {1} effective revisits on average, too few, so no interval is given.";
    INTERVALS_NOTE = "前 {0} 次重复的估计和 95% 区间，按估计值排列；虚线为真值。", "Estimates and 95 % intervals of the first {0} replicates, by estimate; the dashed line is the truth.";
    LEGEND_PLANTED = "真值", "truth";
    LEGEND_COVERS = "区间包含真值", "interval holds it";
    LEGEND_MISSES = "区间不含真值", "interval misses it";
    AXIS_REPLICATES = "各次重复", "replicates";
    AXIS_DIFFERENCE = "差", "difference";
    PLANTED_METHOD = "估计用与正式评估相同的方法：双重逆概率加权的哈耶克对比，标准误按行业×地区聚类；标明再抽次数的项目另按原抽样方案重抽求 p 值。", "The estimators are those of an evaluation of record: the Hájek contrast with inverse probabilities of draw and revisit, errors clustered by industry × district; cases with re-draws also have p-values by drawing the same design again.";
    PLANTED_SEEDS = "每次重复有自己的随机数流；线程数不改变结果。“符合”指与名义水平相差不超过 0.02 或三倍蒙特卡罗误差（取大者）。情景摘要 {0}。", "Each replicate has its own stream; the number of threads changes nothing. As it must: within .02 of the nominal level, or three Monte-Carlo errors where these are larger. Digest of the world {0}.";
    SHEET_ESTIMATES = "估计", "estimates";
    SHEET_FREQUENCIES = "频率", "frequencies";
    COL_BIAS = "偏差", "Bias";
    COL_CASE = "项目", "Case";
    COL_OBJECTS = "对象×轮次", "Objects × rounds";
    COL_REPLICATES = "重复", "Replicates";
    COL_TRUTH = "真值", "Truth";
    COL_ESTIMATE = "估计", "Estimate";
    COL_SPREAD = "实际标准差", "Spread";
    COL_SE = "估计标准误", "Mean error";
    COL_N_EFF = "有效样本（较小组）", "Effective (smaller arm)";
    COL_COVERAGE = "覆盖率", "Coverage";
    COL_CLAIMS = "称显著", "Claims";
    COL_REJECTED = "重抽 p<5%", "Re-draw p < 5 %";
    COL_REFUSED = "不给区间", "Refused";

    COL_NUMBER = "序号", "No.";
    COL_POLICY = "政策", "Policy";
    COL_MODE = "行为假定", "Behaviour";
    COL_VIOLATION = "真实违规率", "Violations";
    COL_HITS = "问题发现率", "Hit rate";
    COL_HT = "HT 估计", "Horvitz-Thompson";
    COL_HAJEK = "Hájek 估计", "Hájek";
    COL_VISITS = "检查率", "Visits";
    COL_FINES = "户均罚款", "Fines per firm";
    COL_BLIND = "盲区", "Blind share";
    COL_CLASS = "等级", "Class";
    COL_SHARE = "占比", "Share";
    COL_PI = "入样概率", "Probability";
    COL_BURDEN = "每百家检查", "Visits per 100";
    COL_EFFECT = "效应", "Effect";
    COL_VALUE = "本情景", "This world";
    COL_TARGET = "实测", "Measured";
    COL_BAND = "算达到的范围", "Counts as met";
    COL_VERDICT = "结论", "Verdict";
    COL_PERIOD = "周期", "Period";
    COL_CLOSED = "封闭解：发现率", "Closed form: hit rate";
    COL_CLOSED_P = "封闭解：违规率", "Closed form: violations";
    COL_LOW = "最小", "Least";
    COL_HIGH = "最大", "Greatest";
    COL_ERROR = "蒙特卡罗误差", "Monte-Carlo error";
    COL_MEASURE = "指标", "Measure";
    COL_MEAN = "平均", "Mean";
    COL_SENTENCE = "警示", "Warning";
    TABLE_CLOSED = "封闭解对照", "Closed form";
    SHEET_OUTCOMES = "结果", "outcomes";
    SHEET_TIERS = "等级", "classes";
    SHEET_PATHS = "走势", "paths";
    SHEET_WARNINGS = "警示", "warnings";
    SHEET_TARGETS = "校准", "calibration";
}
