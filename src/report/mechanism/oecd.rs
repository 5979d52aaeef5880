//! The twelve criteria of the OECD Regulatory Enforcement and Inspections Toolkit (2018), each with what this job's data show.

use super::of;
use super::words::{EVIDENT, NOT_EVIDENT, PARTLY};
use crate::evaluate::{Evaluation, IndicatorId, Mechanism, Reading, StrictnessSpread};
use crate::report::format::{bracketed, count, percent, real};
use crate::report::lang::{Lang, Phrase};
use crate::report::phrases::phrases;

phrases! {
    C1 = "1 以证据为基础的执法", "1 Evidence-based enforcement";
    C2 = "2 选择性", "2 Selectivity";
    C3 = "3 以风险为重点、合乎比例", "3 Risk focus and proportionality";
    C4 = "4 回应式监管", "4 Responsive regulation";
    C5 = "5 长远眼光", "5 Long-term vision";
    C6 = "6 协调与整合", "6 Coordination and consolidation";
    C7 = "7 透明治理", "7 Transparent governance";
    C8 = "8 信息整合", "8 Information integration";
    C9 = "9 清晰公正的程序", "9 Clear and fair process";
    C10 = "10 促进守法", "10 Compliance promotion";
    C11 = "11 专业能力", "11 Professionalism";
    C12 = "12 对照现实", "12 Reality check";
    A1 = "以数据和可测量的结果决定查什么、效果如何", "Data and measured results decide what is inspected and how well it works";
    A2 = "能交给市场和其他手段的，不靠检查", "Inspection only where other means do not do";
    A3 = "检查频次和力度与风险相称", "Frequency and effort follow risk";
    A4 = "依据对象的表现调整措施", "Measures follow how a business behaves";
    A5 = "目标稳定，不随个案摇摆", "Stable goals, not swayed by single cases";
    A6 = "减少重复，多部门一次检查", "No duplication; several departments in one visit";
    A7 = "规则、抽取与结果公开，人员不受干预", "Rules, draws and results are public; nobody interferes";
    A8 = "部门间共享对象与检查信息", "Registers and records are shared between departments";
    A9 = "程序清楚，被检查者的权利有保障", "Clear procedure, rights of the inspected kept";
    A10 = "帮助对象知道如何守法", "Businesses are told how to comply";
    A11 = "检查人员训练有素、尺度一致", "Inspectors are trained and judge alike";
    A12 = "检查是否带来预期的效果", "Inspections bring what they are for";
    E1 = "估计违规率 {0}，按入样概率加权，附区间和可信度。", "Prevalence {0}, weighted by inclusion probabilities, with interval and support.";
    E1_NONE = "本次检查结果未录入，没有可估计的违规率。", "No results of this round, so no prevalence can be estimated.";
    E2 = "检查数据不能说明是否另有手段可用。", "Inspection data cannot say whether other means would do.";
    E3 = "抽查比例随类别由 {0} 到 {1}；最低类别仍有正的入样概率。", "The ratio by class runs from {0} to {1}; the lowest class keeps a positive probability.";
    E3_NONE = "本作业没有按风险类别的抽查比例。", "This job has no ratios by risk class.";
    E4 = "分类随记录更新，共 {0} 类；对发现问题者的后续措施没有数据。", "Classes follow the records ({0} of them); what was done about findings is not in the data.";
    E4_FOLLOWED = "分类随记录更新，共 {0} 类；后续处置率 {1}（{2}/{3}）。", "Classes follow the records ({0} of them); {1} of the problems found were followed up ({2}/{3}).";
    E5 = "统计期内检查 {0} 至 {1} 的记录可比；目标本身不在数据里。", "Records from {0} to {1} can be compared; the goals themselves are not in the data.";
    E6 = "跨部门联合率 {0}（{1}/{2}），重复检查率 {3}。", "Joint visits {0} ({1}/{2}); objects visited twice or more {3}.";
    E6_NONE = "没有可归到部门的抽查记录。", "No drawn visit can be put to a department.";
    E7 = "抽取的种子与摘要列在成效报告附录，任何人可重算名单。", "Seed and digests stand in the report's annex: anybody can recompute the list.";
    E7_LATE = "按时公示率 {0}（{1}/{2}）。", "Published in time {0} ({1}/{2}).";
    E7_NONE = "本作业没有抽取。", "This job draws nothing.";
    E8 = "读入 {0} 张表共 {1} 行，拒收 {2} 行并逐行留有原因。", "{0} tables, {1} rows read; {2} refused, each with its reason.";
    E9 = "双人检查率 {0}（{1}/{2}）；回避与随机派员由派员程序执行，告知与申辩没有数据。", "Two inspectors at {0} ({1}/{2}); recusals and random teams are kept by the assignment; notices and appeals are not in the data.";
    E9_NONE = "检查记录没有检查人员。", "Visit records name no inspectors.";
    E10 = "没有宣传、辅导、告知的记录。", "There are no records of advice or guidance.";
    E11 = "检查人员尺度差异：最严与最宽之间，发现问题的优势比为 {0}。", "How inspectors differ: odds of a finding by the strictest over the mildest are {0}.";
    E11_RAW = "检查人员尺度差异：最严与最宽之间，发现问题的优势比按原始比率为 {0}；二人没有去过可比的对象。", "How inspectors differ: odds of a finding by the strictest over the mildest are {0} by plain rates; the two have no targets that compare.";
    E11_SOME = "{0} 名检查人员的发现率与期望之差见成效报告；最严与最宽之间没有可比的比值。", "How {0} inspectors differ from what is expected stands in the report; the strictest and the mildest have no ratio that compares.";
    E11_FEW = "没有每人 30 次以上的检查记录，检查人员尺度无法估计；培训没有数据。", "No inspector has 30 visits on record, so strictness cannot be estimated; training is not in the data.";
    E11_NONE = "没有检查人员尺度的估计；培训没有数据。", "Inspectors' strictness is not estimated here; training is not in the data.";
    E12 = "成效报告“威慑”一页给出抽中与未抽中的比较。", "The report's page on deterrence compares drawn with not drawn.";
    E12_NONE = "只有工作量与发现率，没有抽中与未抽中的比较，不能说检查减少了违规。", "Only work and findings: without comparing drawn with not drawn, nothing says that visits reduced violations.";
}

/// What the self-check says of a criterion.
type Found = (String, &'static Phrase);

/// Criterion, what it asks, evidence, verdict.
pub(super) fn rows(lang: Lang, evaluation: &Evaluation, mechanism: &Mechanism) -> Vec<Vec<String>> {
    let no = |phrase: &Phrase| -> Found { (lang.say(phrase).to_owned(), &NOT_EVIDENT) };
    let found: [(&Phrase, &Phrase, Found); 12] = [
        (&C1, &A1, evidence(lang, evaluation)),
        (&C2, &A2, no(&E2)),
        (&C3, &A3, proportionate(lang, evaluation)),
        (&C4, &A4, responsive(lang, evaluation, mechanism)),
        (&C5, &A5, long_term(lang, mechanism)),
        (&C6, &A6, coordination(lang, mechanism)),
        (&C7, &A7, transparent(lang, evaluation, mechanism)),
        (&C8, &A8, information(lang, evaluation)),
        (&C9, &A9, process(lang, mechanism)),
        (&C10, &A10, no(&E10)),
        (&C11, &A11, professional(lang, evaluation)),
        (&C12, &A12, reality(lang, evaluation)),
    ];
    found
        .into_iter()
        .map(|(criterion, asks, (evidence, verdict))| {
            let say = |phrase: &Phrase| lang.say(phrase).to_owned();
            vec![say(criterion), say(asks), evidence, say(verdict)]
        })
        .collect()
}

fn evidence(lang: Lang, evaluation: &Evaluation) -> Found {
    let cell = evaluation.estimates.as_ref().map(|all| &all.overall);
    match cell.filter(|cell| cell.prevalence.value.is_some() && !cell.suppressed) {
        Some(cell) => {
            let rate = bracketed(&cell.prevalence, percent);
            (lang.fill(&E1, &[&rate]), &EVIDENT)
        }
        None => (lang.say(&E1_NONE).to_owned(), &NOT_EVIDENT),
    }
}

fn proportionate(lang: Lang, evaluation: &Evaluation) -> Found {
    let ranked = evaluation
        .facts
        .classes
        .iter()
        .filter(|class| class.is_ranked);
    let shares: Vec<f64> = ranked
        .filter(|class| class.n_frame > 0)
        .map(|class| real(class.n_drawn) / real(class.n_frame))
        .collect();
    match (shares.first(), shares.last()) {
        (Some(low), Some(high)) if *low > 0.0 && shares.len() > 1 => {
            (lang.fill(&E3, &[&percent(*low), &percent(*high)]), &EVIDENT)
        }
        _ => (lang.say(&E3_NONE).to_owned(), &NOT_EVIDENT),
    }
}

fn responsive(lang: Lang, evaluation: &Evaluation, mechanism: &Mechanism) -> Found {
    let n = evaluation.facts.classes.len();
    let verdict = if n > 1 { &PARTLY } else { &NOT_EVIDENT };
    let said = match parts(mechanism, IndicatorId::FollowedUp) {
        Some([share, done, of]) => lang.fill(&E4_FOLLOWED, &[&n.to_string(), &share, &done, &of]),
        None => lang.fill(&E4, &[&n.to_string()]),
    };
    (said, verdict)
}

fn long_term(lang: Lang, mechanism: &Mechanism) -> Found {
    let days = [
        mechanism.from.to_string(),
        mechanism.until.plus(-1).to_string(),
    ];
    (lang.fill(&E5, &[&days[0], &days[1]]), &PARTLY)
}

/// `share`, `numerator`, `denominator` of an indicator with data.
fn parts(mechanism: &Mechanism, id: IndicatorId) -> Option<[String; 3]> {
    match &of(mechanism, id)?.overall {
        Reading::Known {
            numerator,
            denominator,
            share,
        } => Some([percent(*share), count(*numerator), count(*denominator)]),
        Reading::Empty | Reading::NoData { .. } => None,
    }
}

fn coordination(lang: Lang, mechanism: &Mechanism) -> Found {
    let joint = parts(mechanism, IndicatorId::CrossDepartment);
    let repeated = parts(mechanism, IndicatorId::Repeated);
    match joint.zip(repeated) {
        Some(([share, n, of], [repeated, ..])) => {
            (lang.fill(&E6, &[&share, &n, &of, &repeated]), &EVIDENT)
        }
        None => (lang.say(&E6_NONE).to_owned(), &NOT_EVIDENT),
    }
}

fn transparent(lang: Lang, evaluation: &Evaluation, mechanism: &Mechanism) -> Found {
    if evaluation.facts.seed.is_none() {
        return (lang.say(&E7_NONE).to_owned(), &NOT_EVIDENT);
    }
    let drawn = lang.say(&E7).to_owned();
    match parts(mechanism, IndicatorId::OnTime) {
        Some([share, n, of]) => {
            let late = lang.fill(&E7_LATE, &[&share, &n, &of]);
            (format!("{drawn}{}{late}", lang.pick("", " ")), &EVIDENT)
        }
        None => (drawn, &PARTLY),
    }
}

fn information(lang: Lang, evaluation: &Evaluation) -> Found {
    let tables = &evaluation.facts.tables;
    let (read, refused) = tables.iter().fold((0, 0), |sum, table| {
        (sum.0 + table.read, sum.1 + table.refused)
    });
    let said = lang.fill(
        &E8,
        &[&tables.len().to_string(), &count(read), &count(refused)],
    );
    (said, &PARTLY)
}

fn process(lang: Lang, mechanism: &Mechanism) -> Found {
    match parts(mechanism, IndicatorId::TwoInspectors) {
        Some([share, n, of]) => (lang.fill(&E9, &[&share, &n, &of]), &PARTLY),
        None => (lang.say(&E9_NONE).to_owned(), &NOT_EVIDENT),
    }
}

fn professional(lang: Lang, evaluation: &Evaluation) -> Found {
    let Some(detection) = &evaluation.detection else {
        return (lang.say(&E11_NONE).to_owned(), &NOT_EVIDENT);
    };
    let ratio = |of: fn(&StrictnessSpread) -> Option<f64>| {
        let ratio = detection.spread.as_ref().and_then(of)?;
        Some(format!("{ratio:.1}"))
    };
    let (within, raw) = (ratio(|one| one.odds_ratio), ratio(|one| one.odds_ratio_raw));
    match (within, raw, detection.inspectors.len()) {
        (Some(ratio), ..) => (lang.fill(&E11, &[&ratio]), &PARTLY),
        (None, Some(raw), _) => (lang.fill(&E11_RAW, &[&raw]), &PARTLY),
        (None, None, 0) => (lang.say(&E11_FEW).to_owned(), &NOT_EVIDENT),
        (None, None, n) => (lang.fill(&E11_SOME, &[&n.to_string()]), &PARTLY),
    }
}

fn reality(lang: Lang, evaluation: &Evaluation) -> Found {
    let deterrence = evaluation.deterrence.as_ref();
    match deterrence.filter(|found| found.headline.refusal.is_none()) {
        Some(_) => (lang.say(&E12).to_owned(), &EVIDENT),
        None => (lang.say(&E12_NONE).to_owned(), &NOT_EVIDENT),
    }
}
