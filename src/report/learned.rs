//! What the page and the model card say of learned models: form, weights, calibration, sureness, and which one a rule chose.

use super::format::{ABSENT, count, expected, fine, or_absent, percent};
use super::lang::{Lang, Phrase};
use super::phrases::phrases;
use super::tables::model_table;
use super::view::Table;
use crate::evaluate::{
    CalibrationMethod, Evaluation, Facts, Idle, LearnedFit, LearnedKind, ModelFacts,
};

phrases! {
    COL_ADDS = "平均改变的对数几率", "Mean size in log odds";
    REFUSED = "模型 {0} 没有评分：{1}", "Model {0} has no score: {1}";
    TABLE_LEARNED = "学习模型：形式与权重", "Learned models: form and weights";
    TABLE_CALIBRATION = "学习模型：校准（用此前已知的检查所学模型，给后一时段的检查评分）", "Learned models: calibration on later visits that the models had not seen";
    COL_MODEL = "模型", "Model";
    COL_FORM = "形式", "Form";
    COL_ROWS = "检查", "Visits";
    COL_FOUND = "发现问题", "With a finding";
    COL_EFFECTIVE = "有效检查数", "Effective n";
    COL_LARGEST = "最大权重", "Largest weight";
    COL_CAPPED = "封顶", "Capped";
    COL_INSPECTORS = "检查人员", "Inspectors";
    COL_METHOD = "方法", "Method";
    COL_BEFORE = "校准前均值", "Mean before";
    COL_AFTER = "校准后均值", "Mean after";
    COL_RATE = "实际发现率", "Found";
    COL_SLOPE = "斜率", "Slope";
    COL_SURE = "概率区间", "Interval";
    LOGISTIC = "惩罚逻辑回归", "penalised logistic";
    PENALTY = "{0}，惩罚 {1}（由规则按 {2} 行选定）", "{0}, penalty {1} (chosen by the rule on {2} rows)";
    MONTH = "{0}，另计月份", "{0}, with the month beside it";
    QUARTER = "{0}，另计季度", "{0}, with the quarter beside it";
    EMPTY = "学习样本中没有值的指标 {0} 项：{1}。请核对数据来源。", "{0} indicators have no value in the labelled visits: {1}. Check where they come from.";
    CONSTANT = "学习样本中只有一个值、不起作用的指标 {0} 项：{1}。", "{0} indicators have one value in all labelled visits and teach nothing: {1}.";
    LINE_OF = "与其他指标完全线性相关的指标 {0} 项：{1}。", "{0} indicators lie on a line of another: {1}.";
    BOOSTED = "提升树（{0} 棵）", "boosted trees ({0})";
    BLEND = "对数几率均值：{0}", "mean log odds of {0}";
    PLATT = "逻辑斯谛直线", "logistic line";
    ISOTONIC = "保序阶梯", "isotonic staircase";
    SURE = "{0}（{1} 次重拟合）", "{0} ({1} refits)";
    CHOICE = "模型由声明的规则在 {0} 之前已结束的窗口上选定：{1}（{2}）；特征冻结于该日，学习用了 {3} 行（检查×截止日）。", "A declared rule chose the model on windows that had ended by {0}: {1} ({2}); features are frozen at that day, {3} rows (visit by cut-off) were learned from.";
    CHOICE_NO_PAST = "没有更早的窗口", "no earlier window";
    TABLE_OWN = "本任务自己的模型，按 {0} 的评分", "The job's own models, as scored on {0}";
}

/// Why models beside the chosen one have no score.
pub(super) fn refusals(lang: Lang, facts: &Facts) -> Vec<String> {
    let refused = facts.models.iter().filter_map(|model| {
        let why = model.refused.as_ref()?;
        Some(lang.fill(&REFUSED, &[&model.name, why]))
    });
    refused.collect()
}

/// What taught the learned models nothing, reason by reason; they learn from the same rows.
pub(super) fn idle(lang: Lang, facts: &Facts) -> Vec<String> {
    let mut models = facts.models.iter();
    let Some(idle) = models.find_map(|model| Some(&model.idle).filter(|idle| !idle.is_empty()))
    else {
        return Vec::new();
    };
    let named = |phrase: &Phrase, is: fn(&Idle) -> bool| {
        let own = idle.iter().filter(|one| is(&one.why));
        let names: Vec<&str> = own.map(|one| lang.pick(&one.zh, &one.en)).collect();
        (!names.is_empty()).then(|| {
            let n = names.len().to_string();
            lang.fill(phrase, &[&n, &names.join(lang.pick("、", ", "))])
        })
    };
    let all = [
        named(&EMPTY, |why| *why == Idle::Empty),
        named(&CONSTANT, |why| *why == Idle::Constant),
        named(&LINE_OF, |why| matches!(why, Idle::LineOf(_))),
    ];
    all.into_iter().flatten().collect()
}

/// Form and weights, and calibration, of every learned model.
pub(super) fn tables(lang: Lang, facts: &Facts) -> Vec<Table> {
    let learned = |model: &ModelFacts| Some((model.name.clone(), model.learned.clone()?));
    let learned: Vec<(String, LearnedFit)> = facts.models.iter().filter_map(learned).collect();
    let form_head = [
        &COL_MODEL,
        &COL_FORM,
        &COL_ROWS,
        &COL_FOUND,
        &COL_EFFECTIVE,
        &COL_LARGEST,
        &COL_CAPPED,
        &COL_INSPECTORS,
    ];
    let calibration_head = [
        &COL_MODEL,
        &COL_METHOD,
        &COL_ROWS,
        &COL_BEFORE,
        &COL_AFTER,
        &COL_RATE,
        &COL_SLOPE,
        &COL_SURE,
    ];
    let form = learned.iter().map(|(name, fit)| form(lang, name, fit));
    let form = Table::new(lang, &form_head, form.collect()).loose(2);
    let calibrated = learned
        .iter()
        .map(|(name, fit)| calibrated(lang, name, fit));
    let calibrated = Table::new(lang, &calibration_head, calibrated.collect()).loose(2);
    vec![
        form.titled(lang.say(&TABLE_LEARNED).to_owned()),
        calibrated.titled(lang.say(&TABLE_CALIBRATION).to_owned()),
    ]
}

fn form(lang: Lang, name: &str, fit: &LearnedFit) -> Vec<String> {
    let form = match fit.kind {
        LearnedKind::Logistic => logistic(lang, fit),
        LearnedKind::Boosted => lang.fill(&BOOSTED, &[&count(fit.trees.unwrap_or(0))]),
        LearnedKind::Blend => lang.fill(&BLEND, &[&fit.parts.join(lang.pick("、", ", "))]),
    };
    let weights = fit.weights.as_ref();
    vec![
        name.to_owned(),
        form,
        count(fit.n),
        count(fit.n_positive),
        weights.map_or_else(|| count(fit.n), |weights| expected(weights.effective_n)),
        or_absent(weights.map(|weights| weights.largest), fine),
        weights.map_or_else(|| ABSENT.to_owned(), |weights| count(weights.n_capped)),
        fit.n_inspectors.map_or_else(|| ABSENT.to_owned(), count),
    ]
}

/// A logistic model, its penalty where the rule chose it, its season.
fn logistic(lang: Lang, fit: &LearnedFit) -> String {
    let plain = lang.say(&LOGISTIC).to_owned();
    let form = match &fit.penalty {
        Some(own) => lang.fill(&PENALTY, &[&plain, &own.value.to_string(), &count(own.n)]),
        None => plain,
    };
    match fit.season.as_deref() {
        Some("month") => lang.fill(&MONTH, &[&form]),
        Some("quarter") => lang.fill(&QUARTER, &[&form]),
        _ => form,
    }
}

fn calibrated(lang: Lang, name: &str, fit: &LearnedFit) -> Vec<String> {
    let own = &fit.calibration;
    let method = match own.method {
        CalibrationMethod::Platt => &PLATT,
        CalibrationMethod::Isotonic => &ISOTONIC,
    };
    let sure = fit.sure.as_ref().map(|sure| {
        let (level, refits) = (percent(sure.level), count(sure.refits.into()));
        lang.fill(&SURE, &[&level, &refits])
    });
    vec![
        name.to_owned(),
        lang.say(method).to_owned(),
        count(own.n),
        percent(own.mean_before),
        percent(own.mean_after),
        percent(own.rate),
        or_absent(own.slope, fine),
        sure.unwrap_or_else(|| ABSENT.to_owned()),
    ]
}

/// Who chose the replayed model, and on what.
pub(super) fn choice(lang: Lang, evaluation: &Evaluation) -> Option<String> {
    let by_rule = evaluation.by_rule.as_ref()?;
    let auc = by_rule.choice.auc.iter();
    let auc: Vec<String> = auc
        .map(|(name, auc)| format!("{name} AUC {}", fine(*auc)))
        .collect();
    let looked = if auc.is_empty() {
        lang.say(&CHOICE_NO_PAST).to_owned()
    } else {
        auc.join(lang.pick("，", ", "))
    };
    let rows = count(by_rule.trained.rows);
    let cutoff = by_rule.cutoff.to_string();
    Some(lang.fill(&CHOICE, &[&cutoff, &by_rule.choice.name, &looked, &rows]))
}

/// The job's own models on its own list of visits; no rows without them.
pub(super) fn own_table(lang: Lang, evaluation: &Evaluation) -> Table {
    let own = evaluation
        .by_rule
        .as_ref()
        .and_then(|rule| rule.own.as_ref());
    own.map_or_else(
        || Table::of(Vec::new(), Vec::new()),
        |own| {
            let as_of = evaluation.facts.as_of.to_string();
            model_table(lang, own).titled(lang.fill(&TABLE_OWN, &[&as_of]))
        },
    )
}
