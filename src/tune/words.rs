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
        "class bounds (objects above each bound)",
    ),
    (
        "gamma",
        "γ（0 均匀，½ 估计最准，≥2 偏重发现）",
        "γ (0 flat, ½ precise, 2 or more seeks findings)",
    ),
    ("floor", "抽查占比下限", "coverage floor"),
    ("points", "现成方案", "Ready-made"),
    ("tried", "当前方案", "tried"),
    ("repaired", "合规方案", "lawful"),
    ("steady", "稳健", "steady"),
    ("balanced", "均衡", "balanced"),
    ("bold", "进攻", "bold"),
    ("visits", "检查户数", "visits"),
    ("coverage", "抽查占比", "coverage"),
    ("findings", "预计发现问题", "expected findings"),
    (
        "findings_95",
        "预计发现问题（95%区间）",
        "expected findings (95 %)",
    ),
    ("rate", "每百户发现问题", "findings per 100 visits"),
    ("each", "户", ""),
    (
        "error",
        "违规率估计误差（百分点）",
        "error of the prevalence (pp)",
    ),
    ("axis_findings", "预计发现问题（户）", "expected findings"),
    (
        "axis_error",
        "违规率估计误差（±百分点，越靠左越准）",
        "error of the prevalence (± pp, further left is better)",
    ),
    ("days", "检查人日", "inspector days"),
    ("unknown", "无数据", "not known"),
    (
        "gate_green",
        "以往检查支持这一估计",
        "past visits support this estimate",
    ),
    (
        "gate_amber",
        "以往检查支持不足，仅供参考，不给区间",
        "weak support by past visits: no interval",
    ),
    (
        "gate_refused",
        "有的类别以往没有检查过，不作估计",
        "classes that were never visited: no estimate",
    ),
    (
        "gate_none",
        "按给定的问题发现率推算，没有以往检查可核对",
        "from stated hit rates, no past visits",
    ),
    (
        "gate_unknown",
        "没有问题发现率，不推算发现问题数",
        "no hit rates: nothing can be said of findings",
    ),
    ("clauses", "条款", "Clauses"),
    ("kept", "满足", "kept"),
    ("broken", "不满足", "broken"),
    ("frontier", "方案比较", "Choices side by side"),
    (
        "points_note",
        "检查户数相同，三个现成方案各有所重：稳健使违规率估计最准；均衡兼顾两头；进攻在各项条款之内发现问题最多。三者每类抽查比例不低于",
        "With the same number of visits, the ready-made points differ in what they seek: steady gives the most precise \
         prevalence, balanced weighs both, bold finds most within the clauses. None of them goes below, in any class,",
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
    ("name", "方案", "point"),
    ("candidates", "分类界限比较", "Class bounds side by side"),
    (
        "candidates_note",
        "每组界限都按离当前方案最近的合规比例推算。界限调整宜小：变动户数少于15%，类别结构稳定性指数（PSI）低于0.1，问题发现率随类别逐级升高。",
        "Each set of bounds with the lawful ratios nearest to those tried. A change should be small: fewer than 15 % of the \
         objects move, the stability index (PSI) of the class shares stays below 0.1, hit rates ascend with the classes.",
    ),
    ("bound", "界限（以上户数增减）", "bounds (objects above)"),
    ("from", "起始分数", "points from"),
    ("in_force", "现行", "in force"),
    ("moved_share", "变动户数占比", "share that moves"),
    (
        "rates",
        "各类每百户发现问题",
        "findings per 100 visits by class",
    ),
    ("ruled", "是否可行", "ruling"),
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
    ("moved", "分类变动", "who changes class"),
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
        "visits by region, and their share",
    ),
    (
        "industries",
        "各行业检查户数与占比",
        "visits by industry, and their share",
    ),
    ("fragment", "粘贴到任务文件", "Paste into the job"),
    ("class", "类别", "class"),
    ("objects", "户数", "objects"),
    ("lawful_range", "合规范围", "lawful range"),
    (
        "per_day",
        "人日放宽时，每增加100个检查人日最多多发现问题",
        "findings per 100 more inspector days, at most",
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
