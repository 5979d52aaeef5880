//! The page's words in both languages.

use std::collections::BTreeMap;

use crate::report::Lang;

/// Key, Chinese, English.
const WORDS: &[(&str, &str, &str)] = &[
    ("title", "抽查比例调整", "Tuning the ratios"),
    (
        "internal",
        "内部资料，分类结果不公开",
        "internal: classes are not published",
    ),
    ("synthetic", "合成数据", "synthetic data"),
    ("as_of", "基准日", "as of"),
    ("lawful", "各项条款全部满足", "every clause is kept"),
    ("broken_n", "不满足的条款", "clauses that are not kept"),
    (
        "ruling_ok",
        "当前方案满足各项条款",
        "The ratios tried keep every clause",
    ),
    (
        "ruling_bad",
        "当前方案不满足以下条款",
        "The ratios tried do not keep these clauses",
    ),
    (
        "ruling_none",
        "没有任何比例能同时满足以下条款",
        "No ratios keep all of these clauses",
    ),
    ("repair", "改动最小的合规比例", "The nearest lawful ratios"),
    ("relax", "放宽", "relax"),
    ("to", "至", "to"),
    ("need", "要求", "needs"),
    ("have", "实际", "has"),
    ("try", "试调", "Try"),
    ("ratio", "抽查比例", "ratio"),
    (
        "bounds",
        "分类界限（界限以上的户数增减）",
        "Class bounds (objects above each bound)",
    ),
    (
        "gamma",
        "γ（0 均匀，½ 估计最准，≥2 偏重发现）",
        "γ (0 flat, ½ precise, 2 or more seeks findings)",
    ),
    ("floor", "抽查占比下限", "Coverage floor"),
    ("points", "现成方案", "Ready-made"),
    ("tried", "当前方案", "Tried"),
    ("repaired", "合规方案", "Lawful"),
    ("steady", "稳健", "Steady"),
    ("balanced", "均衡", "Balanced"),
    ("bold", "进攻", "Bold"),
    ("visits", "检查户数", "Visits"),
    ("coverage", "抽查占比", "Coverage"),
    ("findings", "预计发现问题", "Expected findings"),
    (
        "findings_95",
        "预计发现问题（95%区间）",
        "Expected findings (95 %)",
    ),
    ("rate", "每百户发现问题", "Findings per 100 visits"),
    ("each", "户", ""),
    (
        "error",
        "违规率估计误差（百分点）",
        "Error of the prevalence (pp)",
    ),
    ("axis_findings", "预计发现问题（户）", "Expected findings"),
    (
        "axis_error",
        "违规率估计误差（±百分点，越靠左越准）",
        "Error of the prevalence (± pp, further left is better)",
    ),
    ("now", "滑块位置", "Sliders"),
    ("days", "检查人日", "Inspector days"),
    ("unknown", "无数据", "Not known"),
    (
        "gate_green",
        "以往检查支持这一估计",
        "Past visits support this estimate",
    ),
    (
        "gate_amber",
        "以往检查支持不足，仅供参考，不给区间",
        "Weak support by past visits: no interval",
    ),
    (
        "gate_refused",
        "有的类别以往没有检查过，不作估计",
        "Classes that were never visited: no estimate",
    ),
    (
        "gate_none",
        "按给定的问题发现率推算，没有以往检查可核对",
        "From stated hit rates, no past visits",
    ),
    (
        "gate_unknown",
        "没有问题发现率，不推算发现问题数",
        "No hit rates: nothing can be said of findings",
    ),
    ("clauses", "条款", "Clauses"),
    ("kept", "满足", "kept"),
    ("broken", "不满足", "broken"),
    ("frontier", "方案比较", "Choices side by side"),
    (
        "points_note",
        "检查户数相同，三个现成方案各有所重：稳健使违规率估计最准；均衡兼顾两头；进攻在各项条款之内发现问题最多。三者每类抽查比例不低于",
        "With the same number of visits, the ready-made points differ in what they seek: steady gives the most precise \
         prevalence, balanced weighs both, bold finds most within the clauses. The ratio of every class is at least",
    ),
    (
        "bold_bounded",
        "。进攻止于以往检查能够支持的程度：比例再偏，预计数就没有依据",
        ". Bold stops where past visits cease to support it: beyond that its findings would be a guess",
    ),
    (
        "bold_unsupported",
        "。进攻的预计数以往检查支持不足，仅供参考",
        ". Past visits do not support the findings of bold: no claim",
    ),
    ("by_class", "各类抽查比例的范围", "Ratios by class"),
    ("no_range", "无", "none"),
    ("name", "方案", "Point"),
    ("candidates", "分类界限比较", "Class bounds side by side"),
    (
        "candidates_note",
        "每组界限都按离当前方案最近的合规比例推算。界限调整宜小：变动户数少于15%，类别结构稳定性指数（PSI）低于0.1，问题发现率随类别逐级升高。",
        "Each set of bounds with the lawful ratios nearest to those tried. A change should be small: fewer than 15 % of the \
         objects move, the stability index (PSI) of the class shares stays below 0.1, hit rates ascend with the classes.",
    ),
    ("bound", "界限（以上户数增减）", "Bounds (objects above)"),
    ("from", "起始分数", "Points from"),
    ("in_force", "现行", "In force"),
    ("moved_share", "变动户数占比", "Share that moves"),
    (
        "rates",
        "各类每百户发现问题",
        "Findings per 100 visits by class",
    ),
    ("ruled", "提醒", "Remarks"),
    ("sound", "符合各项要求", "keeps every rule"),
    (
        "finds_more",
        "发现明显多于现行界限",
        "finds more than the bounds in force",
    ),
    (
        "finds_same",
        "发现与现行界限没有明显差别",
        "no clear gain in findings over the bounds in force",
    ),
    (
        "unstable",
        "类别结构变动过大（PSI≥0.1）",
        "class shares shift (PSI 0.1 or more)",
    ),
    ("unlawful", "没有合规比例", "no lawful ratios"),
    ("moved", "分类变动", "Who changes class"),
    ("nobody", "无变动", "nobody"),
    (
        "much_moved",
        "变动户数达到15%",
        "15 % of the objects or more move",
    ),
    (
        "not_ascending",
        "问题发现率没有随风险类别升高",
        "hit rates do not ascend with the classes",
    ),
    (
        "past_ledger",
        "以往检查取自台账的抽查批次",
        "Past visits are those of the ledger's rounds",
    ),
    (
        "past_rehearsal",
        "以往检查取自本任务演练抽中对象的检查结果",
        "Past visits are those of this job's rehearsal",
    ),
    (
        "past_empty",
        "台账中还没有检查结果，不能推算发现问题数",
        "The ledger has no results yet: nothing can be said of findings",
    ),
    ("drawn", "抽中", "drawn"),
    ("answered", "已有结果", "with results"),
    (
        "unplaced",
        "类别已不再使用、未计入的检查",
        "visits of classes that are no longer used, not counted",
    ),
    (
        "at_cap",
        "已达年度检查次数上限、不在抽样框",
        "Have had all the visits of the year and are not in the frame",
    ),
    (
        "strata",
        "各类之内再分层，各层按本类比例分别抽取：",
        "Every class is split further, each part drawn at the class's ratio: ",
    ),
    (
        "regions",
        "各地区检查户数与占比",
        "Visits by region, and their share",
    ),
    (
        "industries",
        "各行业检查户数与占比",
        "Visits by industry, and their share",
    ),
    ("fragment", "粘贴到任务文件", "Paste into the job"),
    ("class", "类别", "Class"),
    ("objects", "户数", "Objects"),
    ("lawful_range", "合规范围", "Lawful range"),
    (
        "per_day",
        "人日放宽时，每增加100个检查人日最多多发现问题",
        "Findings per 100 more inspector days, at most",
    ),
    (
        "long_title",
        "长期违规（情景推演，不是预测）",
        "Violations in the long run (simulated, no forecast)",
    ),
    (
        "long_card",
        "长期违规率（推演）",
        "Long-run violations (simulated)",
    ),
    (
        "long_change",
        "长期违规与当前方案相比",
        "Long-run violations against the ratios tried",
    ),
    ("long_base", "当前方案", "The ratios tried"),
    (
        "long_fewer",
        "各种行为假定下都更少",
        "fewer under every behaviour",
    ),
    (
        "long_more",
        "各种行为假定下都更多",
        "more under every behaviour",
    ),
    ("long_open", "方向不定", "open"),
    ("long_points", " 个百分点", " points"),
    (
        "long_not",
        "只推演现成方案和γ各档",
        "only ready-made points and γ are played",
    ),
    (
        "long_comment",
        "假定企业的推演，不是预测",
        "Assumed firms, no forecast",
    ),
    ("long_way", "行为假定", "Behaviour"),
    (
        "long_unanchored",
        "校准不到今天的违规率",
        "not brought to today's violations",
    ),
    (
        "axis_long",
        "长期违规率与当前方案之差（百分点，越靠左违规越少）",
        "Long-run violations less those under the ratios tried (points, further left is fewer)",
    ),
    ("way_myopic", "甲：逐期学习", "A: learning"),
    ("way_forward", "乙：前瞻权衡", "B: looking ahead"),
    ("way_decay", "记忆", "memory"),
    ("way_peer_weight", "同类权重", "weight of peers"),
    ("way_discount", "折现", "discount"),
    (
        "long_world",
        "{0} 家假定企业、{1} 次重复，同一批企业、同一组随机数；长期为第 {2} 年以后的平均，范围取自 {3} 种行为假定和各次重复。",
        "{0} assumed firms, {1} replicates, the same firms and numbers for all; the long run is the mean after year {2}, ranges are those of {3} ways of behaving and all replicates. ",
    ),
    (
        "long_anchored",
        "罚款按当前方案下今天的违规率 {0} 校准。",
        "Fines are scaled so that the ratios tried have today's violations, {0}. ",
    ),
    (
        "long_declared",
        "没有今天的违规率可供校准，罚款按情景文件申报的数。",
        "Nothing is known of today's violations: fines are as the world declares them. ",
    ),
    (
        "long_visits",
        "各类户数变动时，年检查量不变，各类比例同升同降。",
        "When classes change their sizes the visits of a year stay, ratios move together. ",
    ),
    (
        "long_ratios",
        "各类户数变动时，各类比例不变，检查量随之变动。",
        "When classes change their sizes ratios stay, the visits move. ",
    ),
    (
        "long_calibrated",
        "申报的参数达到 {1} 项国际实测效应中的 {0} 项。只看方案的先后和变动范围：任何一个数都不是对本地某年的预测，也不并入避免违规数。方向不定：各种行为假定方向不一，或看不出差别。",
        "The parameters meet {0} of {1} effects measured elsewhere. Read the order of the points and the ranges: no number forecasts any place or year, and none enters the violations averted. Open: the ways of behaving disagree, or nothing can be told from chance.",
    ),
    (
        "warn_blind",
        "{0} 的企业从不被抽，估计失明：长期违规率 {1}，机关只读得 {2}",
        "{0} of the firms are never drawn and blind the estimate: long-run violations are {1}, an office would read {2}",
    ),
    (
        "warn_hits_not_fewer",
        "推演中发现率更高，违规却没有在各种假定下更少：多查出的不是少发生的",
        "plays out with a higher hit rate and no fewer violations under every behaviour: findings won are not violations averted",
    ),
    (
        "warn_unused",
        "推演中有一部分检查量用不出去",
        "part of the visits cannot be used in the long run",
    ),
    (
        "warn_drifting",
        "长期尚未稳定，应增加周期数",
        "the long run has not settled: add periods",
    ),
    ("warn_no_visits", "推演中没有检查", "no visit is made"),
    (
        "ascend_note",
        "条款之外的提醒：现行界限下，问题发现率没有随风险类别升高，见“分类界限比较”。",
        "Beside the clauses: under the bounds in force hit rates do not ascend with the classes; see the class bounds.",
    ),
    (
        "long_hits",
        "长期问题发现率（推演）",
        "Long-run hit rate (simulated)",
    ),
    (
        "method_stated",
        "预计发现问题为各类检查户数乘以给定的问题发现率，没有以往检查可核对，不给区间。",
        "Expected findings are visits times the stated hit rates of the classes; there are no past visits to hold them against, so no interval.",
    ),
    ("method_title", "说明", "Method"),
    (
        "method_ratios",
        "比例须同时满足全部条款；不满足时按卡方距离取最近的合规比例。",
        "Ratios must keep all clauses; where they do not, the nearest lawful ratios in chi-square distance are shown. ",
    ),
    (
        "method_findings",
        "预计发现问题由以往随机抽查结果按新旧入样概率之比加权得出（有学习模型时用双重稳健估计），区间为95%，方差按独立抽取计算，\
         偏于保守。台账批次中的企业按封存时的类别和分数归位，不按今天的类别。企业行为假定不变，威慑变化不在其中。\
         被直接判定的对象只认得出分数低于其类别界限的，界限上移时其余的按分数归类。",
        "Expected findings weight past random visits by new over old probability (doubly robust beside a learned model that was \
         fixed before the draw), intervals are 95 %, variances those of independent draws, on the safe side. Objects of a ledger's \
         round stand in the class and with the points of the seal, not of today. Behaviour is held fixed, deterrence is not in it. \
         A direct judgement is known only of objects whose points lie below their class; when bounds rise the rest go by points.",
    ),
];

/// The words of a language.
pub(super) fn words(lang: Lang) -> BTreeMap<&'static str, &'static str> {
    let word = |&(key, zh, en): &(&'static str, &'static str, &'static str)| match lang {
        Lang::Zh => (key, zh),
        Lang::En => (key, en),
    };
    WORDS.iter().map(word).collect()
}
