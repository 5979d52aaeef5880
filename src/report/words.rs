//! What the pages for leadership say, in both languages: deterrence, the frontier, recommendations, annex.

use super::lang::Phrase;

macro_rules! phrases {
    ($($name:ident = $zh:literal, $en:literal;)*) => {
        $(pub(super) const $name: Phrase = Phrase::new($zh, $en);)*
        #[cfg(test)]
        const PHRASES: &[(&str, Phrase)] = &[$((stringify!($name), $name)),*];
    };
}

phrases! {
    SECTION_FOUND = "发现率、违规率与精准度", "Hit rate, prevalence and targeting";
    SECTION_DETERRENCE = "威慑：抽查之后违规是否减少", "Deterrence: did violations fall after the draw";
    SECTION_TUNING = "调整方案与建议", "Other ratios, and what to do";
    SECTION_ANNEX = "附录：校准、地图、公平与漂移", "Annex: calibration, map, fairness, drift";
    SECTION_DETAIL = "附录：分类别与分口径数字", "Annex: numbers by class and definition";
    SECTION_DETECTION = "检查人员的尺度", "How inspectors differ";

    SINCE = "最近一次有结果的抽查（{1}）与上一次（{0}）相比，问题发现率由 {2} 变为 {3}，{4}{5}。", "The last round with results ({1}) against the one before it ({0}): the hit rate went from {2} to {3}, {4}{5}.";
    PART_NONE = "{0}没有变化", "{0}: no change";
    SINCE_PARTS = "原因：{0}。", "Why: {0}.";
    SINCE_NO_PARTS = "有效结果太少，分不出原因。", "Too few results to tell why.";
    PART_MIX = "对象结构", "mix";
    PART_TARGETING = "抽查靶向", "targeting";
    PART_MARKET = "市场本身", "market";
    CHART_TREND = "历次抽查：三条线", "Past rounds: three lines";
    CHART_TREND_NOTE = "实点线为问题发现率（随靶向变动），长虚线按 {0} 的对象结构标准化，粗线和浅底为估计违规率及 95% 区间；只有最后一条反映市场。", "Dotted: raw hit rate, which moves with targeting; dashed: under the mix of {0}; thick on a ground: prevalence with 95% interval, the only one that speaks of the market.";
    LEGEND_STANDARDISED = "固定结构发现率", "Fixed mix";
    LEGEND_PREVALENCE_BAND = "估计违规率及区间", "Prevalence, interval";
    WHY_NO_TREND = "没有两次以上的历次抽取（表 draws），画不出趋势。", "there are no two past draws (table draws).";
    COL_ROUND = "轮次", "Round";
    CHART_HEAT = "行业与片区：估计违规率", "Industry by district: prevalence";
    CHART_HEAT_NOTE = "格内上为估计违规率（小格向全县 {0} 收缩），下为每百户检查次数；灰格有效检查不足 30 户。最大的行业与片区，全部见表。", "Above: prevalence, small cells drawn towards the county's {0}; below: visits per 100; grey: fewer than 30 valid visits. The largest ones; all in the table.";
    WHY_NO_HEAT = "没有有效检查达到 30 户的行业×片区。", "no industry by district has 30 valid visits.";
    LEGEND_FEW = "不足 30 户", "fewer than 30";
    COL_INDUSTRY = "行业", "Industry";
    COL_DISTRICT = "片区", "District";
    COL_VISITS_100 = "每百户检查", "Visits per 100";
    TABLE_BY = "按{0}（有效检查少于 {1} 户的不给数）", "By {0} (no number below {1} valid visits)";
    HIDDEN_PROTECTS = "为保护小格不列", "hidden to protect a small cell";
    HIDDEN_REST = "未单列的合计", "Hidden ones together";
    TABLE_POLICIES = "别的抽法会怎样（由本次检查推断，假定对象行为不变）", "Other policies, from these visits, behaviour held fixed";
    COL_IPS = "预计发现（IPS）", "Findings (IPS)";
    COL_DR = "预计发现（双稳健）", "Findings (DR)";
    COL_WEIGHT_MAX = "最大权重", "Largest weight";
    TABLE_CONTRASTS = "相邻类别（片区分层，Mantel-Haenszel）", "Adjacent classes, districts held apart (Mantel-Haenszel)";
    COL_GROUPS = "片区数", "Districts";
    COL_ODDS = "优势比", "Odds ratio";
    TABLE_CHANGES = "每次与上一次相比，问题发现率为何变动（百分点）", "Each round against the one before it: what moved the hit rate (points)";
    COL_TOTAL = "总变动", "Total";

    AVERTED = "避免违规数", "Violations averted";
    AVERTED_RANGE = "{0} 至 {1} 起", "{0} to {1}";
    AVERTED_UNKNOWN = "未测算", "not measured";
    AVERTED_SAYS = "历次抽查合计约避免 {0} 起（95% 区间 {1} 至 {2}，由重抽得出）；因果。", "All past draws together averted some {0} (95% interval {1} to {2}, by re-drawing); causal.";
    AVERTED_WORSE = "历次抽查之后违规反而增加约 {0} 起（95% 区间 {1} 至 {2}，由重抽得出）；因果。", "After all past draws violations rose by some {0} (averted: {1} to {2}, 95% by re-drawing); causal.";
    AVERTED_NONE = "不显著：95% 区间 {0} 至 {1} 起包含 0，不能说抽查减少或增加了违规。", "Not significant: the 95% interval {0} to {1} covers 0, so no effect can be claimed either way.";
    AVERTED_REFUSED = "不给数：{0}。", "Not given: {0}.";
    AVERTED_ABSENT = "本次没有比较抽中与未抽中对象，见“威慑”一页。", "Drawn and not drawn were not compared here; see the page on deterrence.";

    STAMP_TRUST = "可信度", "Confidence";
    STAMP_NONE = "无", "none";
    CAUSAL = "因果", "causal";
    ASSOCIATION = "相关", "association";
    NO_CLAIM = "不作结论", "no claim";
    WHY_HIGH = "支持条件全部满足：比较的两组都够大，有重抽检验，安慰剂没有异常。", "Every support rule holds: both arms are large enough, a re-draw test exists, no placebo moved.";
    WHY_MEDIUM = "两组够大，但须留意：{0}。", "Both arms are large enough, but mind: {0}.";
    WHY_LOW = "不足以下结论：{0}。", "Not enough for a claim: {0}.";
    WHY_NO_SECTION = "没有测算。", "Nothing was measured.";

    DETER_NOT_RANDOM = "不作因果结论。统计期内 {0} 次检查没有一次由随机抽取产生：去哪里由主管部门选定，被查与未被查的对象本来就不同，事后的差别不能归于检查。", "No causal claim. None of the {0} visits of the span came from a random draw: the authority chose where to go, those visited differ from the others to begin with, and no later difference can be put down to the visit.";
    DETER_NO_TABLE = "没有测算。需要历次抽取表（draws：每次抽取的全部在框对象及其入样概率）和作业的 [deterrence] 一节，才能比较抽中与未抽中的对象。", "Nothing was measured. It takes the table of past draws (draws: every object of each frame with its inclusion probability) and a [deterrence] section in the job to compare drawn with not drawn.";
    DETER_SPECIFIC = "抽中的对象在随后的观察期内违规率 {0}，未抽中的 {1}，相差 {2}{3}；{4}。", "Drawn objects: {0} with a violation in the window after the draw; not drawn: {1}; difference {2}{3}; {4}.";
    DETER_P = "重抽检验 {0}（{1} 次）", "re-draw test {0} ({1} draws)";
    DETER_NO_P = "没有重抽检验", "no re-draw test";
    DETER_N_EFF = "有效样本：抽中 {0}，未抽中 {1}", "effective n: drawn {0}, not drawn {1}";
    DETER_GENERAL = "同行业同片区其他对象被抽中的比例每提高 10 个百分点，违规率变化 {0}{1}；{2}。", "For each 10 percentage points more of the peers in the same industry and district drawn, the rate changes by {0}{1}; {2}.";
    POWER = "能看出多大的效果：要看出违规率由 {0} 降到 {1}，每组约需 {2} 户有效复查（把握 80%，双侧 5%）；目前较少的一组有 {3} 户。", "What can be seen: telling {1} from {0} takes about {2} effective revisits per arm (80% power, two-sided 5%); the smaller arm has {3}.";
    POWER_WAVES = "照目前每次抽查所得，约需 {0} 次抽查。", "At the present yield that is about {0} draws.";
    POWER_ENOUGH = "复查数量已够。", "There are enough revisits.";
    POWER_VISIBLE = "以所有对象都能看到的结果为准，目前能看出的最小变化为 {0}。", "With outcomes seen for everyone the smallest change that shows is {0}.";
    NOTES = "须留意：{0}。", "Mind: {0}.";
    DETER_RULE = "只有抽中与未抽中的比较、以及减去设计期望后的同行暴露可以说“因果”；按时间的比较只说“相关”。不显著就写不显著；模拟结果从不加进这些数字。", "Only drawn against not drawn, and exposure of peers less what the design expects, may be called causal; comparisons over time are associations. What is not significant is said to be; simulated numbers are never added.";

    CHART_EVENT = "抽中与未抽中：随时间的差别", "Drawn against not drawn, over time";
    CHART_EVENT_NOTE = "点为抽中组与尚未抽中组违规率之差，竖线为 95% 区间；以抽取前一期（-1）为基准；{0}；相关。", "Dots: rate of the drawn less that of the not yet drawn, with 95% interval; the window before the draw (-1) is the reference; {0}; association.";
    CHART_DOSE = "同行被抽中的多少与违规率", "Peers drawn and the rate of violations";
    CHART_DOSE_NOTE = "按同行被抽中比例（减去设计期望）分为五组，点为随后的违规率，户次见表；每多抽 10 个百分点变化 {0}{1}；{2}。", "Fifths by share of peers drawn less what the design expects; dots: rate afterwards, rows in the table; change per 10 points {0}{1}; {2}.";
    CHART_STATED = "想象的与实际的抽查概率", "Stated and actual probability of a visit";
    WHY_NO_SURVEY = "没有问卷数据（每年随机访问 400 户以上，问“未来 12 个月被抽到的可能性”）。", "there is no survey (each year 400 or more random businesses, asked how likely a visit in the next 12 months is).";
    WHY_NO_DETER = "没有测算威慑。", "deterrence was not measured.";
    WHY_NO_HISTORY = "不知道抽取之前各期的结果。", "outcomes before the draw are not known.";
    WHY_NO_PEERS = "无法计算同行暴露。", "exposure of peers cannot be told.";
    AXIS_TIME = "距抽取的观察期数（0 为抽取后的第一期）", "Windows since the draw (0: the first one after it)";
    AXIS_DIFFERENCE = "违规率之差（百分点）", "Difference (percentage points)";
    AXIS_EXPOSURE = "同行被抽中比例减期望（百分点）", "Share of peers drawn less expectation (points)";
    AXIS_RATE = "违规率", "Rate of violations";
    LEGEND_EFFECT = "抽中减未抽中", "Drawn less not drawn";
    LEGEND_REFERENCE = "基准期", "Reference";
    LEGEND_RATE = "违规率", "Rate";
    COL_TIME = "期", "Window";
    COL_EFFECT = "差别（百分点）", "Difference (points)";
    COL_P = "p", "p";
    COL_EXPOSURE = "暴露（百分点）", "Exposure (points)";
    COL_OUTCOME = "结果", "Outcome";
    COL_DRAWN_MEAN = "抽中", "Drawn";
    COL_OTHER_MEAN = "未抽中", "Not drawn";
    COL_N_EFF_BOTH = "有效样本（抽中/未抽中）", "Effective n (drawn/not)";
    COL_WORD = "性质", "Claim";
    COL_SAYS = "结论", "Verdict";
    COL_PEERS = "同行范围", "Peers";
    COL_CHANGE_10 = "每 10 个百分点（百分点）", "Per 10 points (points)";
    TABLE_SPECIFIC = "抽中与未抽中，各种结果", "Drawn against not drawn, by outcome";
    TABLE_GENERAL = "同行暴露", "Exposure of peers";
    OUT_EVERYONE = "对所有对象都能看到的结果", "Seen for everyone";
    OUT_MEASURE = "测量流复查发现的违规", "Revisits of the measurement stream";
    OUT_ALL = "全部概率抽查复查发现的违规", "Revisits by any draw";
    OUT_EXIT = "退出名录库", "Left the register";
    OUT_BEFORE = "抽取之前（安慰剂）", "Before the draw (placebo)";
    OUT_PLACEBO = "抽查不可能影响的结果（安慰剂）", "What the draw cannot move (placebo)";
    PEERS_CELL = "同行业同片区", "Same industry and district";
    PEERS_RING = "同行业 {0}–{1} 公里", "Same industry, {0}–{1} km";
    PEERS_OTHER = "其他行业 {0}–{1} 公里（安慰剂）", "Other industries, {0}–{1} km (placebo)";
    SIGNIFICANT = "显著", "significant";
    TOO_FEW = "样本不足", "too few";
    REFUSED = "不给数", "not given";

    ABROAD = "国际对照（外地研究，不是本县的效果）", "Elsewhere (studies of other places, not effects of this county)";
    ABROAD_NOTE = "只说明威慑可能有多大、在什么条件下没有；本县的数字以上方为准。", "They say how large deterrence can be and when there is none; the numbers above are this county's.";
    COL_STUDY = "研究", "Study";
    COL_DESIGN = "做法", "Design";
    COL_RESULT = "结果", "Result";

    TUNING_ABSENT = "没有调整方案的前沿。运行 choucha tune，再用 choucha report 结果文件夹 --tuning 其结果文件夹，即可加入。", "There is no frontier here. Run choucha tune, then choucha report RUN --tuning ITS-FOLDER, to add it.";
    TUNING_SAYS = "同样的检查户数，不同的分配：越往右估计越准，越往上发现越多。现行方案以菱形标出。", "As many visits, spread in other ways: farther right the estimate is sharper, higher up more is found. The ratios in force are the diamond.";
    CHART_FRONTIER = "发现数与估计精度的前沿", "Frontier of findings and precision";
    CHART_FRONTIER_NOTE = "横轴为下次估计违规率的标准误（向右变小），纵轴为预计发现数；斜线区为同样户数达不到的区域；模型估计，不含威慑变化。", "Across: standard error of the next prevalence (smaller to the right); up: findings expected; hatched: out of reach with as many visits; a projection with behaviour held fixed.";
    AXIS_SE = "估计违规率的标准误（百分点，向右更准）", "Standard error of prevalence (points; sharper to the right)";
    AXIS_EXPECTED = "预计发现数", "Findings expected";
    LEGEND_FRONTIER = "前沿", "Frontier";
    LEGEND_NOW = "现行", "In force";
    LEGEND_BEYOND = "达不到", "Out of reach";
    COL_POINT = "方案", "Ratios";
    COL_VISITS = "检查户数", "Visits";
    COL_EXPECTED = "预计发现", "Findings";
    COL_SE = "标准误（百分点）", "SE (points)";
    COL_LAWFUL = "合规", "Lawful";
    COL_GATE = "支持", "Support";
    POINT_TRIED = "现行", "In force";
    POINT_LAWFUL = "最近的合规方案", "Nearest lawful";
    POINT_STEADY = "稳健", "Steady";
    POINT_BALANCED = "均衡", "Balanced";
    POINT_BOLD = "进攻", "Bold";
    GATE_GREEN = "充分", "green";
    GATE_AMBER = "偏弱，不作点估计", "amber, no claim";
    GATE_REFUSED = "不支持", "refused";
    WHY_NO_FRONTIER = "调整结果里没有可比的方案。", "the tuning holds no points that can be compared.";
    TABLE_POINTS = "各方案的比例与预计", "Ratios and what they would bring";

    TABLE_ADVICE = "建议", "Recommendations";
    COL_ADVICE = "建议", "Do";
    COL_BECAUSE = "依据", "Because";
    ADVICE_NONE = "本次数据没有触发任何建议。", "Nothing in these data calls for a recommendation.";
    DO_KEEP = "保留按风险定比例", "Keep ratios by risk";
    DO_KEEP_WHY = "同样户数，比等概率抽查多发现约 {0} 个（精准提升 {1}）。", "With as many visits some {0} findings more than an equal-probability draw (lift {1}).";
    DO_MODEL = "复核风险评分", "Review the score";
    DO_MODEL_WHY = "精准提升的区间 {0} 包含 1 倍，看不出比等概率抽查强。", "The interval of lift {0} covers 1: no better than equal probability can be shown.";
    DO_BOUNDARY = "复核 {0} 类与 {1} 类的边界", "Review the boundary of {0} and {1}";
    DO_BOUNDARY_WHY = "{1} 类发现率反而比 {0} 类低（差 {2} 个百分点）。", "Class {1} is {2} percentage points below class {0}.";
    DO_REACH = "抽取前核实地址与联系方式", "Check addresses before the draw";
    DO_REACH_WHY = "抽中 {0} 户中 {1} 户没有结果，无法联系 {2} 户。", "{1} of {0} drawn have no result, {2} could not be reached.";
    DO_SUPPORT = "给 {0} 类增加户数或并类", "More visits in class {0}, or merge it";
    DO_SUPPORT_WHY = "可信度低：有效样本量 {0}。", "Low confidence: effective n {0}.";
    DO_MEASURE = "留出等概率的测量流", "Keep an equal-probability measurement stream";
    DO_MEASURE_WHY = "复查不够：较少一组 {0} 户，约需 {1} 户才看得出效果。", "Too few revisits: {0} in the smaller arm, some {1} are needed.";
    DO_RECORD = "保存每次抽取的全部入样概率", "Keep every inclusion probability of each draw";
    DO_RECORD_WHY = "没有历次抽取表就无法测算威慑。", "Without past draws deterrence cannot be measured.";
    DO_RANDOM = "拿出一部分检查随机抽取", "Draw part of the visits at random";
    DO_RANDOM_WHY = "{0} 次检查没有一次随机产生，效果无从测起。", "None of {0} visits was drawn at random, so no effect can be measured.";
    DO_PUBLISH = "按期公示结果", "Publish in time";
    DO_PUBLISH_WHY = "按时公示率 {0}，逾期 {1} 次。", "Published in time {0}; {1} late.";
    DO_ITEMS = "安排未抽查过的事项", "Schedule items not yet covered";
    DO_ITEMS_WHY = "清单 {0} 项中 {1} 项在统计期内没有抽查。", "{1} of {0} items of the list were not inspected under.";
    DO_MERGE = "多部门事项合并上门", "Join visits of several departments";
    DO_MERGE_WHY = "被检查的 {0} 户中 {1} 户在不同日子被查两次以上，跨部门联合率 {2}。", "{1} of {0} visited objects were visited on two days or more; joint visits {2}.";
    DO_FAIR = "复核对部分群体的检查力度", "Look at the burden on some groups";
    DO_FAIR_WHY = "{0} 处同类发现率显著偏低（可能查得偏多），见附录与模型卡。", "{0} groups are found at significantly less at equal class (perhaps over-inspected); see the annex and the model card.";
    DO_ALIGN = "统一检查尺度", "Align how inspectors judge";
    DO_ALIGN_WHY = "最严与最宽的检查人员之间，发现问题的优势比约 {0}。", "Odds of a finding by the strictest inspector over the mildest: about {0}.";

    CHART_BURDEN = "各群体与参照组之比", "Groups over their reference";
    CHART_BURDEN_NOTE = "圆点为列入高风险类的比例之比，菱形为低风险类违规率（漏检）之比；虚线之间（0.8–1.25）视为相当；每个属性列出偏离最大的群体，全部见模型卡。", "Dots: share taken for risky; diamonds: missed risk; between the dashed lines (0.8–1.25) counts as even; the groups farthest off, all of them on the model card.";
    LEGEND_SELECTION = "列入高风险类", "Taken for risky";
    LEGEND_MISSED = "漏检", "Missed risk";
    AXIS_RATIO = "与参照组之比（对数刻度）", "Over the reference (logarithmic)";
    WHY_NO_FAIR = "作业没有 [fairness]，或群体都太小。", "the job has no [fairness], or every group is too small.";
    CHART_DRIFT = "分类迁移与指标漂移", "Migration of classes and drift";
    WHY_NO_DRIFT = "需要两次运行：choucha diff 早 晚 --out 文件夹 给出迁移矩阵与 PSI。", "it takes two runs: choucha diff EARLIER LATER --out FOLDER gives the matrix and PSI.";
    COL_GROUP = "群体", "Group";

    CHART_STRICT = "检查人员：发现率与期望之差", "Inspectors: findings less expectation";
    CHART_STRICT_NOTE = "点为收缩后的差，横线为 95% 区间；期望按所派对象计算；{0}。", "Dots: shrunken difference, line: 95% interval; expectation by the targets given; {0}.";
    WHY_NO_STRICT = "没有每人 30 次以上的检查记录，无法估计。", "no inspector has 30 visits on record.";
    AXIS_POINTS_DIFFERENCE = "发现率与期望之差（百分点）", "Findings less expectation (points)";
    LEGEND_SHRUNKEN = "收缩后的差", "Shrunken difference";
    STRICT_SPREAD = "同样的对象，最严的检查人员（{0}）发现问题的优势是最宽的（{1}）的 {2} 倍（按原始比率 {3} 倍），检验全部一样严：{4}；{5}。", "At like targets the strictest inspector ({0}) has {2} times the odds of a finding of the mildest ({1}) ({3} by plain rates); that all are alike: {4}; {5}.";
    STRICT_RAW = "同样的对象，最严的检查人员（{0}）发现问题的优势按原始比率是最宽的（{1}）的 {2} 倍，检验全部一样严：{3}；{4}。", "At like targets the strictest inspector ({0}) has {2} times the odds of a finding of the mildest ({1}) by plain rates; that all are alike: {3}; {4}.";
    STRICT_WORD_RANDOM = "人员随机派出，因果", "inspectors were sent by lot: causal";
    STRICT_WORD_OTHER = "人员不是随机派出，宽严与所去对象分不开，只说相关", "inspectors were not sent by lot, so strictness and places cannot be told apart: association";
    STRICT_DOUBLE = "双重检查 {0} 户：一次检查能发现存在的违规的概率约 {1}{2}。", "{0} objects inspected twice: a visit finds a violation that is there with probability {1}{2}.";
    COL_INSPECTOR = "检查人员", "Inspector";
    COL_RATE = "发现率", "Rate";
    COL_EXPECTED_RATE = "期望", "Expected";
    COL_SHRUNKEN = "收缩后的差（百分点）", "Shrunken (points)";

    R_NO_WAVE = "没有一次过去的抽取", "no past draw at all";
    R_NO_OUTCOME = "没有已知的结果", "no known outcome";
    R_NO_REVISIT = "没有按已知概率复查的对象", "nobody was revisited by a draw of known probability";
    R_ALL_CERTAIN = "全部必查，没有可比的未抽中对象", "everybody was drawn with certainty";
    R_EMPTY_ARM = "有一组没有对象", "one arm is empty";
    R_NO_VARIATION = "所有结果都一样", "every outcome is the same";
    R_ONE_CLUSTER = "只有一个行业×片区，算不出标准误", "one cell only, so no standard error";
    R_FEW_REVISITS = "较少一组有效复查不足 875 户", "fewer than 875 effective revisits in the smaller arm";
    R_FEW_OBJECTS = "较少一组有效对象不足 30 户", "fewer than 30 effective objects in the smaller arm";
    R_MAIN_STREAM = "主流程复查受先前发现影响，只估计不检验", "main-stream revisits answer to earlier findings: estimated, not tested";
    R_NO_REDRAW = "无法重抽", "nothing can draw the wave again";
    R_WEAK = "抽中与否几乎没有改变谁被检查", "being drawn hardly changed who was visited";
    R_NO_EXPOSURE = "没有同行，或设计没有给同行暴露留下变化", "no peers, or the design leaves exposure no freedom";
    R_NO_PLACE = "没有经纬度", "no object has a place on the map";
    R_TOO_MANY = "对象太多，改用剂量估计", "the frame is too large for pairs; the dose stands instead";
    R_NO_HISTORY = "不知道抽取之前的结果", "outcomes before the draw are not known";
    R_MISSING = "两组结果缺失的比例不同", "outcomes are missing more often in one arm";
    R_EXIT = "抽中对象退出名录库的比例不同", "the drawn left the register at another rate";
    R_PLACEBO = "抽查不可能影响的结果也有变化", "something the draw cannot move seems moved";
    R_MERGED = "对象太少的层已合并", "strata with too few were merged";
    R_CERTAIN = "必查对象不在比较之内", "objects drawn with certainty are outside";
    R_NOT_BY_LOT = "检查人员不是随机派出，宽严与所去对象分不开", "inspectors were not sent by lot, so strictness and places cannot be told apart";
    R_ONE_INSPECTOR = "检查次数足够的人员不足两名", "fewer than two inspectors with enough visits";
    R_NO_DOUBLE = "没有互不知情的双重检查", "nobody was inspected twice, blind";
    R_NO_SHARED = "两次检查没有共同的发现", "no finding is shared by both visits";
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_phrase_stands_in_both_languages_with_the_same_places() {
        crate::report::lang::stands_in_both_languages(super::PHRASES);
    }
}
