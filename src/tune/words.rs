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
    ("rate", "每百户发现问题", "findings per 100 visits"),
    (
        "se",
        "违规率估计的标准误",
        "standard error of the prevalence",
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
        "a class was never visited: no estimate",
    ),
    (
        "gate_none",
        "按给定的问题发现率推算，没有以往检查可核对",
        "from stated hit rates, no past visits",
    ),
    (
        "gate_unknown",
        "没有问题发现率，不能推算",
        "no hit rates: nothing can be said of findings",
    ),
    ("clauses", "条款", "Clauses"),
    ("kept", "满足", "kept"),
    ("broken", "不满足", "broken"),
    ("frontier", "方案比较", "The frontier"),
    ("name", "方案", "point"),
    ("moved", "分类变动", "who changes class"),
    ("nobody", "无变动", "nobody"),
    (
        "much_moved",
        "变动户数超过15%",
        "more than 15 % of objects move",
    ),
    (
        "not_ascending",
        "问题发现率没有随风险类别升高，分类界限可能不当",
        "hit rates do not ascend with the classes: a bound may be in the wrong place",
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
        "method",
        "比例须同时满足全部条款；不满足时按卡方距离取最近的合规比例。预计发现问题由以往随机抽查结果按新旧入样概率之比加权得出\
         （有学习模型时用双重稳健估计），区间为95%，方差按独立抽取计算，偏于保守。各类内部视为一层；企业行为假定不变，威慑变化不在其中。\
         被直接判定的对象只认得出分数低于其类别界限的，界限上移时其余的按分数归类。",
        "Ratios must keep all clauses; where they do not, the nearest lawful ratios in chi-square distance are shown. Expected \
         findings weight past random visits by new over old probability (doubly robust beside a learned model), intervals are \
         95 %, variances those of independent draws, on the safe side. Each class counts as one stratum; behaviour is held \
         fixed, deterrence is not in it. A direct judgement is known only of objects whose points lie below their class; when \
         bounds rise the rest go by points.",
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
