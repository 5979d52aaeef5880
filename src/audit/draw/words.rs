//! Every sentence an audit says, in Chinese and English.

use serde::Serialize;

use super::lineup::{Lineup, Order};
use super::params::{Design, Params};
use crate::report::Lang;

/// One text in both languages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Words {
    /// 中文.
    pub zh: String,
    /// English.
    pub en: String,
}

impl Words {
    pub(super) fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self {
            zh: zh.into(),
            en: en.into(),
        }
    }

    /// The text in one language.
    #[must_use]
    pub fn pick(&self, lang: Lang) -> &str {
        match lang {
            Lang::Zh => &self.zh,
            Lang::En => &self.en,
        }
    }
}

/// What a test says: of its statistic, its effect, and in one sentence.
pub(super) struct Told {
    /// What the statistic counts.
    pub(super) statistic: Words,
    /// The effect, in the unit.
    pub(super) effect: f64,
    pub(super) unit: Words,
    pub(super) departure: Words,
    pub(super) none: Words,
}

/// A number as a reader sees it.
pub(super) fn number(value: f64) -> String {
    if (0.05..100.0).contains(&value) {
        format!("{value:.1}")
    } else {
        format!("{value:.0}")
    }
}

fn percent(share: f64) -> String {
    format!("{:.1}%", 100.0 * share)
}

/// The order a lineup stands for.
pub(super) fn order(lineup: &Lineup) -> Words {
    let base = match &lineup.order {
        Order::Declared(keys) => {
            let keys = keys.join(", ");
            Words::new(
                format!("按声明的次序（{keys}）"),
                format!("in the declared order ({keys})"),
            )
        }
        Order::File => Words::new("按名录原有次序", "in the register's own order"),
        Order::District => Words::new("按辖区、再按代码排序", "sorted by district, then id"),
        Order::Id => Words::new("按代码排序", "sorted by id"),
    };
    if !lineup.within_strata {
        return base;
    }
    Words::new(
        format!("{}、逐层看", base.zh),
        format!("{}, stratum by stratum", base.en),
    )
}

/// Facts of the interval test.
pub(super) struct Interval {
    pub(super) order: Words,
    pub(super) equal: u32,
    pub(super) gaps: u32,
    pub(super) step: u32,
    /// Share of equal gaps that fair draws rarely pass.
    pub(super) usual_most: f64,
    /// Whether the step is ⌊N/n⌋ in every round.
    pub(super) is_floor: bool,
    /// Objects no start could have reached, if the list bears that out.
    pub(super) unreachable: Option<u32>,
    /// Whether the list takes more than half, so that its undrawn objects were looked at.
    pub(super) inverted: bool,
}

pub(super) fn interval(facts: &Interval) -> Told {
    let Interval {
        order,
        equal,
        gaps,
        step,
        ..
    } = facts;
    let share = f64::from(*equal) / f64::from((*gaps).max(1));
    let (who_zh, who_en) = if facts.inverted {
        ("未抽中对象", "objects left out")
    } else {
        ("抽中对象", "drawn objects")
    };
    let floor = if facts.is_floor {
        ("（即 ⌊N/n⌋）", " (that is ⌊N/n⌋)")
    } else {
        ("", "")
    };
    let fate = if facts.inverted {
        ("一定会被抽中", "were certain to be drawn")
    } else {
        ("不可能被抽中", "could never be drawn")
    };
    let tail = match facts.unreachable.filter(|n| *n > 0) {
        Some(n) => (
            format!("；起点在前 {step} 户中选取时，末尾 {n} 户{}", fate.0),
            format!(
                "; with a start among the first {step}, the last {n} objects {}",
                fate.1
            ),
        ),
        None => (String::new(), String::new()),
    };
    let seems = if share > 0.9 {
        ("是", "was")
    } else {
        ("像是", "seems")
    };
    let (most, share_text) = (percent(facts.usual_most), percent(share));
    Told {
        statistic: Words::new(
            "相邻两户之间的间隔中，长度相同者最多占多少",
            "largest share of gaps of one length between successive objects",
        ),
        effect: f64::from(*step),
        unit: Words::new("户（间隔）", "objects (interval)"),
        departure: Words::new(
            format!(
                "{}，{who_zh}之间的 {gaps} 个间隔有 {equal} 个（{share_text}）恰为 {step} 户{}，随机抽取很少超过 {most}：这份名单{}按固定间隔抽出的{}。",
                order.zh, floor.0, seems.0, tail.0
            ),
            format!(
                "{}, {equal} of {gaps} gaps between {who_en} ({share_text}) are exactly {step}{}, where a random draw rarely passes {most}: the list {} taken at a fixed interval{}.",
                capital(&order.en),
                floor.1,
                seems.1,
                tail.1
            ),
        ),
        none: Words::new(
            format!("{who_zh}之间没有固定的间隔（同长间隔最多占 {share_text}）。"),
            format!(
                "There is no fixed interval between {who_en} (at most {share_text} of gaps are alike)."
            ),
        ),
    }
}

/// Facts of the blind-tail test.
pub(super) struct BlindTail {
    pub(super) order: Words,
    /// Objects of the tail.
    pub(super) size: u32,
    /// Of these drawn, or left out where the list takes more than half.
    pub(super) n: f64,
    pub(super) expected: f64,
    pub(super) inverted: bool,
}

pub(super) fn blind_tail(facts: &BlindTail) -> Told {
    let BlindTail {
        order,
        size,
        n,
        expected,
        ..
    } = facts;
    let done = if facts.inverted {
        ("未抽中", "left out")
    } else {
        ("抽中", "drawn")
    };
    let (n_text, expected_text) = (format!("{n:.0}"), number(*expected));
    let said = |zh: &str, en: &str| {
        Words::new(
            format!(
                "{}，间隔法（⌊N/n⌋）够不到的末尾 {size} 户里{} {n_text} 户{zh}（约 {expected_text} 户）。",
                order.zh, done.0
            ),
            format!(
                "{}, {n_text} of the last {size} objects, which an interval draw (⌊N/n⌋) does not reach, were {}{en} (about {expected_text}).",
                capital(&order.en),
                done.1
            ),
        )
    };
    Told {
        statistic: Words::new(
            format!("名录末尾间隔法够不到的户中{}的户数", done.0),
            format!(
                "objects {} at the end of the register that an interval draw does not reach",
                done.1
            ),
        ),
        effect: n - expected,
        unit: Words::new("户", "objects"),
        departure: said("，远少于随机抽取", ", far fewer than in a random draw"),
        none: said("，与随机抽取相符", ", as in a random draw"),
    }
}

pub(super) fn spacing(order: &Words, ratio: f64) -> Told {
    let times = format!("{ratio:.2}");
    let how = if ratio < 1.0 {
        ("均匀", "more evenly spread")
    } else {
        ("集中成段", "more bunched")
    };
    Told {
        statistic: Words::new(
            "间隔平方和（占名录长度的平方）",
            "sum of squared gaps, over the register's length squared",
        ),
        effect: ratio,
        unit: Words::new("倍（间隔平方和）", "times (sum of squared gaps)"),
        departure: Words::new(
            format!(
                "{}，抽中对象比随机抽取更{}（间隔平方和为随机抽取的 {times} 倍）。",
                order.zh, how.0
            ),
            format!(
                "{}, the drawn objects are {} than a random draw leaves them (sum of squared gaps {times} times that of one).",
                capital(&order.en),
                how.1
            ),
        ),
        none: Words::new(
            "抽中对象在名录中的疏密与随机抽取相符。",
            "The drawn objects are spread over the register as a random draw spreads them.",
        ),
    }
}

pub(super) fn neighbours(order: &Words, n: f64, expected: f64) -> Told {
    let (n_text, expected_text) = (format!("{n:.0}"), number(expected));
    Told {
        statistic: Words::new(
            "名录中前后相邻两户同时抽中的次数",
            "times two neighbours of the register were both drawn",
        ),
        effect: n - expected,
        unit: Words::new("次", "times"),
        departure: Words::new(
            format!(
                "{}，前后相邻两户同时抽中 {n_text} 次，比随机抽取的约 {expected_text} 次明显多。",
                order.zh
            ),
            format!(
                "{}, two neighbours were both drawn {n_text} times, clearly more often than in a random draw (about {expected_text}).",
                capital(&order.en)
            ),
        ),
        none: Words::new(
            format!(
                "前后相邻两户同时抽中 {n_text} 次，并不多于随机抽取（约 {expected_text} 次）。"
            ),
            format!(
                "Two neighbours were both drawn {n_text} times, not more than in a random draw (about {expected_text})."
            ),
        ),
    }
}

pub(super) fn distance(metres: f64, expected: f64) -> Told {
    let (metres_text, expected_text) = (format!("{metres:.0}"), format!("{expected:.0}"));
    let how = if metres < expected {
        ("扎堆", "clustered")
    } else {
        ("分散", "spread out")
    };
    Told {
        statistic: Words::new(
            "抽中对象到最近的另一抽中对象的平均距离（米）",
            "mean distance to the nearest other drawn object, metres",
        ),
        effect: metres - expected,
        unit: Words::new("米", "metres"),
        departure: Words::new(
            format!(
                "抽中对象之间平均最近距离 {metres_text} 米，随机抽取约 {expected_text} 米：比随机抽取更{}。",
                how.0
            ),
            format!(
                "The nearest other drawn object is {metres_text} m away on average, where a random draw gives about {expected_text} m: more {} than chance.",
                how.1
            ),
        ),
        none: Words::new(
            format!(
                "抽中对象之间平均最近距离 {metres_text} 米，与随机抽取（约 {expected_text} 米）相符。"
            ),
            format!(
                "The nearest other drawn object is {metres_text} m away on average, as in a random draw (about {expected_text} m)."
            ),
        ),
    }
}

/// Facts of the tests over districts and industries.
pub(super) struct Spread<'a> {
    /// What the groups are: 管辖单位, 行业.
    pub(super) kind: Words,
    /// The group that is furthest off.
    pub(super) name: &'a str,
    pub(super) n: u32,
    pub(super) expected: f64,
    /// Whether the numbers are closer to the expected ones than chance leaves them.
    pub(super) is_even: bool,
}

pub(super) fn spread(facts: &Spread) -> Told {
    let Spread {
        kind,
        name,
        n,
        expected,
        ..
    } = facts;
    let name = if name.is_empty() { "—" } else { name };
    let expected_text = number(*expected);
    let departure = if facts.is_even {
        Words::new(
            format!(
                "各{}抽中数比随机抽取更接近应有数，像是按{}分配名额抽取，而声明的抽法没有这样说。",
                kind.zh, kind.zh
            ),
            format!(
                "The numbers by {} are closer to the expected ones than a random draw leaves them: they look allotted by {}, which the declared design does not say.",
                kind.en, kind.en
            ),
        )
    } else {
        Words::new(
            format!(
                "各{}抽中数偏离声明的抽法，偏离最大的是“{name}”：抽中 {n} 户，应约 {expected_text} 户。",
                kind.zh
            ),
            format!(
                "The numbers by {} depart from the declared design, most of all \"{name}\": {n} drawn, about {expected_text} expected.",
                kind.en
            ),
        )
    };
    Told {
        statistic: Words::new(
            format!("各{}抽中数与应有数之差的 X²", kind.zh),
            format!("X² of the numbers drawn by {}", kind.en),
        ),
        effect: f64::from(*n) - expected,
        unit: Words::new(format!("户（“{name}”）"), format!("objects (\"{name}\")")),
        departure,
        none: Words::new(
            format!("各{}抽中数与声明的抽法相符。", kind.zh),
            format!("The numbers by {} fit the declared design.", kind.en),
        ),
    }
}

pub(super) fn shut_out(kind: &Words, names: &[&str], n: u32, expected: f64) -> Told {
    let expected_text = number(expected);
    Told {
        statistic: Words::new(
            format!("一户也没有抽中的{}共有多少户", kind.zh),
            format!("objects of every {} from which nobody was drawn", kind.en),
        ),
        effect: f64::from(n) - expected,
        unit: Words::new("户", "objects"),
        departure: Words::new(
            format!(
                "{} 个{}（共 {n} 户）一户也没有抽中：{}；随机抽取约 {expected_text} 户会如此。",
                names.len(),
                kind.zh,
                listed(names, "、")
            ),
            format!(
                "From {} of the {}s ({n} objects) nobody was drawn: {}; in a random draw this befalls about {expected_text} objects.",
                names.len(),
                kind.en,
                listed(names, ", ")
            ),
        ),
        none: Words::new(
            format!("没有{}被整体漏掉，除非随机抽取也会如此。", kind.zh),
            format!(
                "No {} is left out that a random draw would not leave out as well.",
                kind.en
            ),
        ),
    }
}

/// The first ten names.
fn listed(names: &[&str], between: &str) -> String {
    let shown = names
        .iter()
        .take(10)
        .copied()
        .collect::<Vec<_>>()
        .join(between);
    if names.len() > 10 {
        shown + "…"
    } else {
        shown
    }
}

pub(super) fn ratios(
    column: &str,
    value: &str,
    announced: f64,
    drawn: f64,
    counts: (u64, f64),
) -> Told {
    let (announced_text, drawn_text) = (percent(announced), percent(drawn));
    let (n, expected) = (counts.0, number(counts.1));
    Told {
        statistic: Words::new(
            "抽中数与公布比例应抽数相差最大者的抽中数",
            "number drawn of the value furthest from its announced ratio",
        ),
        effect: 100.0 * (drawn - announced),
        unit: Words::new("个百分点", "percentage points"),
        departure: Words::new(
            format!(
                "{column}“{value}”公布的抽查比例为 {announced_text}，实际为 {drawn_text}（抽中 {n} 户，应约 {expected} 户）。"
            ),
            format!(
                "The announced ratio of {column} \"{value}\" is {announced_text}, {drawn_text} were drawn ({n} objects, about {expected} expected)."
            ),
        ),
        none: Words::new(
            format!(
                "实际抽查比例与公布的比例相符（相差最大的是{column}“{value}”：公布 {announced_text}，实际 {drawn_text}）。"
            ),
            format!(
                "The ratios fit the announced ones (furthest off: {column} \"{value}\", announced {announced_text}, drawn {drawn_text})."
            ),
        ),
    }
}

pub(super) fn repeats(n: f64, expected: f64, most: f64) -> Told {
    let (n_text, expected_text) = (format!("{n:.0}"), number(expected));
    let how = if n < expected {
        ("少", "fewer")
    } else {
        ("多", "more")
    };
    let most_text = if most > 2.0 {
        (
            format!("（最多的一户抽中 {most:.0} 次）"),
            format!(" (one of them in {most:.0} rounds)"),
        )
    } else {
        (String::new(), String::new())
    };
    Told {
        statistic: Words::new(
            "同一对象在两个批次都被抽中的次数",
            "times an object was drawn in both of two rounds",
        ),
        effect: n - expected,
        unit: Words::new("次", "times"),
        departure: Words::new(
            format!(
                "同一对象在两个批次都被抽中 {n_text} 次{}，比各批次独立抽取的约 {expected_text} 次明显{}。",
                most_text.0, how.0
            ),
            format!(
                "An object was drawn in both of two rounds {n_text} times{}, {} than the about {expected_text} of independent rounds.",
                most_text.1, how.1
            ),
        ),
        none: Words::new(
            format!("各批次之间重复抽中 {n_text} 次，与独立抽取（约 {expected_text} 次）相符。"),
            format!(
                "Rounds repeat {n_text} objects, as independent rounds do (about {expected_text})."
            ),
        ),
    }
}

pub(super) fn pairs(names: (&str, &str), n: usize, expected: f64) -> Told {
    let expected_text = number(expected);
    let (a, b) = names;
    Told {
        statistic: Words::new(
            "一同检查次数最多的一对检查人员的次数",
            "visits of the pair of inspectors sent together most often",
        ),
        effect: super::fair::real(n) - expected,
        unit: Words::new("次（搭档最多的一对）", "visits (busiest pair)"),
        departure: Words::new(
            format!(
                "检查人员搭配反复相同：{a} 与 {b} 一同检查 {n} 次，按各人次数随机搭配约 {expected_text} 次。"
            ),
            format!(
                "Inspectors are sent in the same pairs: {a} with {b} on {n} visits, where random pairing with the same loads gives about {expected_text}."
            ),
        ),
        none: Words::new(
            format!("检查人员的搭配与随机搭配相符（最多的一对 {a} 与 {b} 一同检查 {n} 次）。"),
            format!(
                "Inspectors are paired as chance pairs them (busiest pair: {a} with {b}, {n} visits)."
            ),
        ),
    }
}

pub(super) fn returns(n: f64, expected: f64) -> Told {
    let (n_text, expected_text) = (format!("{n:.0}"), number(expected));
    Told {
        statistic: Words::new(
            "同一对检查人员再次检查同一对象的次数",
            "times the same pair of inspectors returned to the same object",
        ),
        effect: n - expected,
        unit: Words::new("次", "times"),
        departure: Words::new(
            format!("同一对检查人员再次检查同一对象 {n_text} 次，随机搭配约 {expected_text} 次。"),
            format!(
                "The same pair of inspectors returned to the same object {n_text} times, where random pairing gives about {expected_text}."
            ),
        ),
        none: Words::new(
            format!(
                "同一对检查人员再次检查同一对象 {n_text} 次，与随机搭配（约 {expected_text} 次）相符。"
            ),
            format!(
                "The same pair of inspectors returned to the same object {n_text} times, as random pairing would (about {expected_text})."
            ),
        ),
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

/// The declared design in one sentence.
pub(super) fn design(params: &Params) -> Words {
    let strata = params.strata.join("、");
    let within = if params.strata.is_empty() {
        (
            "在整个名录内".to_owned(),
            "over the whole register".to_owned(),
        )
    } else {
        (
            format!("按{strata}分层，层内"),
            format!("within strata of {}", params.strata.join(", ")),
        )
    };
    match (params.design, &params.weights) {
        (Design::Equal, _) => Words::new(
            format!("{}等概率抽取，抽取数量固定", within.0),
            format!("equal probability {}, numbers fixed", within.1),
        ),
        (Design::Weighted, Some(weights)) => Words::new(
            format!("{}按{weights}差异化抽取，权重相同者机会相同", within.0),
            format!(
                "weighted by {weights} {}; objects of one weight are alike",
                within.1
            ),
        ),
        (Design::Weighted, None) => Words::new(
            format!("{}差异化抽取，权重未给出", within.0),
            format!("weighted {}, weights not given", within.1),
        ),
    }
}

/// Facts beside the tests.
pub(super) fn notes(n_short: usize, n_refused: usize) -> Vec<Words> {
    let mut notes = Vec::new();
    if n_short > 0 {
        notes.push(Words::new(
            format!("有 {n_short} 户的检查人员不足两名，现场检查不得少于两名执法人员"),
            format!("{n_short} visits name fewer than two inspectors, where an inspection takes at least two"),
        ));
    }
    if n_refused > 0 {
        notes.push(Words::new(
            format!("有 {n_refused} 行无法采用，逐行列于文末"),
            format!("{n_refused} rows could not be used; they are listed at the end"),
        ));
    }
    notes
}
