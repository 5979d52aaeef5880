//! What the page of a back-test says, in both languages.

use crate::report::lang::{Lang, Phrase};
use crate::report::phrases::phrases;

/// What a model or a baseline is called; a name given in the job stays as it is.
pub(super) fn model(name: &str, lang: Lang) -> String {
    let known = match name {
        "logistic" => &LOGISTIC,
        "boosted" => &BOOSTED,
        "blend" => &BLEND,
        "past_rate" => &PAST_RATE,
        "days_since_last" => &DAYS_SINCE,
        "rank_sum" => &RANK_SUM,
        "random" => &RANDOM,
        crate::evaluate::CHOSEN => &CHOSEN,
        _ => return name.to_owned(),
    };
    lang.say(known).to_owned()
}

/// What a design of drawing is called.
pub(super) fn design(name: &str, lang: Lang) -> &'static str {
    match name {
        "pareto" => lang.say(&DESIGN_PARETO),
        _ => lang.say(&DESIGN_POISSON),
    }
}

phrases! {
    REPORT = "回溯检验", "Back-test";
    INTERNAL = "内部资料", "Internal";
    INTERNAL_NOTE = "说明风险模型的准确程度和所用指标，供监管部门内部使用，不得公示。", "It says how well risk models aim and on what; it is for the supervisors and not for publication.";
    LOGISTIC = "逻辑回归", "logistic";
    BOOSTED = "提升树", "boosted trees";
    BLEND = "合成", "blend";
    PAST_RATE = "历史发现率", "past rate";
    DAYS_SINCE = "距上次检查天数", "days since last";
    RANK_SUM = "两者名次和", "rank sum of both";
    RANDOM = "随机", "random";
    CHOSEN = "按规则选用", "chosen by the rule";

    CARD_AUC = "排序准确度（AUC）", "Ranking (AUC)";
    CARD_AUC_SAYS = "按规则选用的模型；{0}为 {1}，随机为 0.5。", "of the model the rule chose; {0} has {1}, a random order 0.5.";
    CARD_AUC_ALONE = "按规则选用的模型；随机为 0.5。", "of the model the rule chose; a random order has 0.5.";
    CARD_P10 = "前 10% 的发现率", "Found in the first tenth";
    CARD_P10_SAYS = "全部到期主体的发现率为 {0}。", "among all rows {0} have a finding.";
    CARD_RECALL = "前 20% 查出的问题", "Findings in the first fifth";
    CARD_RECALL_SAYS = "只查评分最高的两成，可查出全部问题的这一比例。", "share of all findings met by visiting the fifth with the highest scores.";
    CARD_ROWS = "检验行数", "Rows";
    CARD_ROWS_SAYS = "{0} 个截止日，每个看其后 {1} 天。", "{0} cut-offs, each looks {1} days ahead.";
    SUMMARY = "截止日 {0} 按规则选用：{1}。", "For cut-off {0} the rule chose: {1}.";
    SUMMARY_BETTER = "与{0}相比，AUC 高 {1}（95% 区间 {2} 至 {3}）。", "Its AUC is {1} above that of {0} (95% interval {2} to {3}).";
    SUMMARY_NOT = "与{0}相比，AUC 差 {1}（95% 区间 {2} 至 {3}），不显著。", "Its AUC differs from that of {0} by {1} (95% interval {2} to {3}): not significant.";

    SECTION_MEAN = "总体", "On average";
    MEAN_SAYS = "各截止日按行数加权的平均，括号内为按主体重抽的 95% 区间。“按规则选用”在每个截止日只看此前已结束的窗口来选模型。", "Means over the cut-offs, weighted by rows, with 95% intervals from resampled objects. The chosen model is picked for each cut-off from windows that had ended by then.";
    TABLE_DIFFERENCES = "与基准相比（配对重抽）", "Against the baselines (paired)";
    SECTION_TIME = "随时间", "Over time";
    CHART_TIME = "各截止日的 AUC", "AUC by cut-off";
    CHART_TIME_NOTE = "虚线 0.5 为随机。", "the dashed line at 0.5 is a random order.";
    TABLE_FOLDS = "各截止日", "Cut-offs";
    TABLE_EARLIER = "只供选模型的更早截止日", "Earlier cut-offs, for the choice alone";
    SECTION_BUDGET = "检查量与所得", "What a budget meets";
    CHART_LIFT = "按评分十等分的提升", "Lift by tenth of the score";
    CHART_LIFT_NOTE = "1 为平均水平；各截止日的平均。", "1 is the average; means over the cut-offs.";
    TABLE_BUDGETS = "只查评分最高的部分（按规则选用）", "Visiting the highest scores only (chosen model)";
    SECTION_CALIBRATION = "概率是否可信", "Are the probabilities right";
    CHART_CALIBRATION = "预测概率与实际发现率", "Predicted and observed";
    CHART_CALIBRATION_NOTE = "在此前窗口上校准后的概率，十组。", "probabilities calibrated on earlier windows, in ten bins.";
    TABLE_CALIBRATION = "各截止日的水平", "Level by cut-off";
    CALIBRATION_SAYS = "均方误差：校准后 {0}，未校准 {1}。", "Mean squared error: {0} calibrated, {1} not.";
    WHY_NO_PAST = "没有已结束的窗口可供校准", "no window had ended that it could be calibrated on";
    SECTION_SUBSETS = "分组", "By subset";
    SUBSETS_SAYS = "每组至少 100 行；只在两种结果都有的截止日计算。", "Each subset has at least 100 rows; only cut-offs where it has both kinds of results count.";
    SECTION_WITHIN = "同一检查人员之内", "Within inspectors";
    WITHIN_SAYS = "由同一检查人员所查的主体之间比较，避免把“谁去查”当作“哪家有问题”。", "Pairs of objects visited by the same inspector, so that who goes is not taken for which place is bad.";
    SECTION_WEIGHTED = "按入样概率加权", "Weighted by inclusion probability";
    WEIGHTED_SAYS = "只含概率已知的随机抽查；权数为概率的倒数。", "Random draws with known probabilities only, weighted by their inverse.";
    SECTION_WINDOW = "指定窗口", "A published window";
    WINDOW_SAYS = "全部主体以 {0} 的状况评分，按规则选用的模型：{1}。", "Every object as it was seen on {0}; the rule chose: {1}.";
    SECTION_SELECTIVE = "只见自己查过的：多查出与看得清能否两全", "Seeing only what one visits: finding more and still knowing the market";
    SELECTIVE_SAYS = "以 {0} 次已知结果的检查为总体，分 {1} 轮重演；每轮查 {2}，每种办法只从自己查过的结果中学习，重复 {3} 次，各办法用同一套票号。", "A population of {0} visits with known results, replayed in {1} rounds; each round visits {2}, every policy learns only from what it visited itself, {3} replicates, the same tickets for all policies.";
    SELECTIVE_FIRST = "第一轮（{0} 次）各办法都等概率抽取，不计入结果。", "In the first round ({0} visits) every policy draws with equal probabilities; it is not counted.";
    SELECTIVE_BOUNDS = "π ∝ r^γ：入样概率与风险的 γ 次方成正比，不低于 {0}，不高于 {1}；{2}。", "π ∝ r^γ: probabilities in proportion to risk to the power γ, at least {0}, at most {1}; {2}.";
    SELECTIVE_NO_ESTIMATE = "只查风险最高者时，未查者没有权数，市场违规率无从估计；问题发现率总是高于市场违规率，不能当作市场状况。", "Where only the highest risks are visited, the others have no weight and the market cannot be estimated; the raw hit rate always lies above the market's and must not be read as such.";
    SELECTIVE_EQUAL = "{0}：与只查风险最高者相差 {1} 个百分点（标准误 {2}），不显著；市场违规率的 95% 区间在 {3} 的轮次中含真值。", "{0}: {1} points against visiting the highest risks only (standard error {2}), not significant; the 95% interval of the market's rate holds the truth in {3} of the rounds.";
    SELECTIVE_LESS = "{0}：比只查风险最高者少 {1} 个百分点（标准误 {2}）；市场违规率的 95% 区间在 {3} 的轮次中含真值。", "{0}: {1} points against visiting the highest risks only (standard error {2}), fewer; the 95% interval of the market's rate holds the truth in {3} of the rounds.";
    SELECTIVE_MORE = "{0}：比只查风险最高者多 {1} 个百分点（标准误 {2}）；市场违规率的 95% 区间在 {3} 的轮次中含真值。", "{0}: {1} points against visiting the highest risks only (standard error {2}), more; the 95% interval of the market's rate holds the truth in {3} of the rounds.";
    TABLE_SELECTIVE = "各办法（率以百分点计，括号内为标准误）", "Policies (differences in points, standard errors in brackets)";
    CHART_SELECTIVE = "各办法的问题发现率与市场估计的误差", "Hit rate of the policies and error of the market's estimate";
    CHART_SELECTIVE_NOTE = "灰柱为只查风险最高者，没有市场估计；竖线为 95% 区间；编号见表。", "The grey bar is the greedy policy, which has no estimate; lines are 95% intervals; numbers as in the table.";
    LEGEND_HITS = "问题发现率", "hit rate";
    LEGEND_RMSE = "市场违规率估计的均方根误差", "root mean square error of the market's rate";
    POLICY_EQUAL = "等概率", "equal probability";
    POLICY_GREEDY = "只查风险最高者", "highest risks only";
    POLICY_EXPLORE = "风险最高者，{0} 随机", "highest risks, {0} at random";
    POLICY_POWER = "π ∝ r^{0}", "π ∝ r^{0}";
    POLICY_WEIGHTED = "{0}，按 1/π 学习", "{0}, learning by 1/π";
    DESIGN_POISSON = "泊松抽样", "Poisson sampling";
    DESIGN_PARETO = "定额帕累托抽样", "Pareto sampling of fixed size";
    UNDEFINED = "无从估计", "undefined";
    COL_NUMBER = "编号", "No.";
    COL_POLICY = "办法", "Policy";
    COL_HITS = "问题发现率", "Hit rate";
    COL_RAW_BIAS = "发现率减真值", "Raw rate less truth";
    COL_MARKET_BIAS = "估计减真值", "Estimate less truth";
    COL_RMSE = "均方根误差", "RMSE";
    COL_COVERAGE = "区间含真值", "Coverage";
    COL_MODEL_BIAS = "模型均值减真值", "Model mean less truth";
    COL_GREEDY = "与只查最高者之差", "Against greedy";
    SECTION_METHOD = "口径", "Method";
    METHOD_ROWS = "截止日 c 的行：首次例行检查落在 [c, c+{0}) 的主体，标签为该次是否发现问题；指标只用 c 之前已知的记录。", "Rows of a cut-off c: objects whose first routine visit falls in [c, c+{0}); the label is what it found; indicators use what was known before c.";
    METHOD_TRAINING = "训练行：每隔 {0} 天回看一次，标签在 c 之前已知；共 {1} 个指标，不含检查人员。", "Training rows: every {0} days back, with labels known before c; {1} indicators, none of them the inspector.";
    METHOD_RULE = "选模型的规则：在 {0} 中，取最近 {1} 个已结束窗口的平均 AUC，按次序第一个不低于最高者 {2} 以内的。", "The rule: of {0}, the first whose mean AUC over the latest {1} windows that had ended is at most {2} below the best.";
    METHOD_TIES = "前 10%、20% 向下取整，分数相同按代码排序；单个截止日之间 AUC 相差 0.02 以内多为偶然。", "Tenths and fifths are rounded down, equal scores in the order of ids; differences in AUC under 0.02 between cut-offs are mostly chance.";
    METHOD_LABELS = "只有被检查过的主体才有结果：模型是在机关所选的主体上检验的。", "Only visited objects have results: models are judged on the objects the office chose.";

    COL_MODEL = "模型", "Model";
    COL_BASELINE = "基准", "Baseline";
    COL_AUC = "AUC", "AUC";
    COL_AP = "平均精度", "Average precision";
    COL_P10 = "前10%发现率", "P@10%";
    COL_P20 = "前20%发现率", "P@20%";
    COL_CUTOFF = "截止日", "Cut-off";
    COL_ROWS = "行数", "Rows";
    COL_BASE = "发现率", "Found";
    COL_CHOSEN = "选用", "Chosen";
    COL_PAST = "依据（此前 AUC）", "On (past AUC)";
    COL_TRAINED = "训练行数", "Training rows";
    COL_SHARE = "检查比例", "Visited";
    COL_PRECISION = "发现率", "Precision";
    COL_RECALL = "查出比例", "Recall";
    COL_LIFT = "提升", "Lift";
    COL_RAW = "原概率均值", "Mean raw";
    COL_CALIBRATED = "校准后均值", "Mean calibrated";
    COL_BRIER = "均方误差", "Brier";
    COL_BY = "列", "Column";
    COL_VALUE = "值", "Value";
    COL_WITHIN = "人员内 AUC", "AUC within";
    COL_PAIRS = "对数", "Pairs";
    NO_VALUE = "（无）", "(none)";
    SHEET_MEAN = "总体", "means";
    SHEET_FOLDS = "截止日", "cut-offs";
    SHEET_DIFFERENCES = "与基准相比", "differences";
    SHEET_BUDGETS = "检查量", "budgets";
    SHEET_SUBSETS = "分组", "subsets";
    SHEET_CALIBRATION = "概率", "calibration";
}
