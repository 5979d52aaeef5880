//! 模型卡: what a run's model is for, what it learned from, how well it ranks, for whom it is wrong, what it cannot see, who signs.
//!
//! Mitchell, M. et al. (2019), Model cards for model reporting, *FAT\**.

use super::format::{ABSENT, count, or_absent, percent};
use super::lang::{self, Lang, Phrase};
use super::phrases::phrases;
use super::view::{Card, Page, Section, Table};
use super::{
    Error, TEMPLATE, card_words, charts, content, fairness, learned, section, tables, with_rows,
};
use crate::evaluate::{Evaluation, Fairness, Figure, Named, OutcomeVerdict, Trust, is_fair};
use crate::sheets;

phrases! {
    REPORT = "模型卡（内部）", "Model card (internal)";
    INTERNAL = "内部资料", "Internal";
    INTERNAL_NOTE = "说明分类模型，供监管部门决定是否采用；分类不得公示。", "It describes the model for those who answer for it; classes are not for publication.";
    CARD_MODEL = "定类模型", "Model that sets classes";
    CARD_MODEL_SAYS = "点数和分类由它决定，其他模型只作对照。", "its points set the classes, the others stand beside it.";
    CARD_FRAME_SAYS = "名录库 {0} 户，其余已说明理由。", "of {0} objects; the others have their reasons.";
    CARD_AUC_SAYS = "随机抽查结果，按 1/π 加权。", "on random visits, weighted 1/π.";
    CARD_AUC_REPLAYED = "以往检查回放：由人工选定的检查，未按概率抽取，只能比较模型。", "on past visits replayed: people chose them, no draw did, so it compares models only.";
    CARD_AUC_NONE = "没有已知的检查结果，不能给出：本次抽取的结果尚未录入，也没有以往检查可回放。", "not given: no results of this draw are known, and no past visits are replayed.";
    CARD_FAIR = "需复核的差异", "Differences to look at";
    CARD_FAIR_SAYS = "与参照组之比超出 0.8–1.25，或同类发现率显著不同。", "over the reference outside 0.8 to 1.25, or findings that differ at equal class.";
    USE = "用途与限制", "Purpose and limits";
    USE_1 = "用途：确定抽查概率，使风险高的主体被抽中的机会更大。不得作为处罚、许可、信贷或对外评价的依据。", "Purpose: to set probabilities of inspection, so that riskier businesses are drawn more often. Not for penalties, licences, credit or statements to others.";
    USE_2 = "任何主体的入样概率都大于零；分类不公开，不影响抽取的可验证性。", "Every business keeps a probability above zero; classes are not published, and the draw can be verified without them.";
    USE_3 = "理由写明每一分从何而来；choucha show 列出背后的记录。", "Reasons say where every point comes from; choucha show lists the records behind them.";
    DATA = "数据与抽样框", "Data and frame";
    LABELS = "学习依据", "What it learned from";
    LABELS_NONE = "定类模型是声明的评分卡，不从检查结果学习；评分卡的每一分由负责的部门设定。", "The model is a declared scorecard and learns nothing from visits; every point is a choice of the office that answers for it.";
    LABELS_SAYS = "标签取自基准日之前的检查，特征只用检查前已知的记录。", "Labels are visits before the as-of day; features see only what was known before each visit.";
    FITTED = "模型 {0}：{1} 行，其中 {2} 行发现问题。", "Model {0}: {1} rows, {2} with a finding.";
    POLICY = "抽取概率", "Probabilities";
    QUALITY = "排序与校准", "Ranking and calibration";
    QUALITY_NONE = "本次抽取的结果未知，不能评价排序和校准；以往检查的回放见抽查报告。", "No results of this draw are known, so ranking and calibration cannot be judged; the report replays past visits.";
    FAIRNESS = "公平性", "Fairness";
    FAIRNESS_SAYS = "高风险类：{0}；低风险类：{1}。少于 {2} 户的格不给数。差异只说明该看哪里，不说明原因。", "High: {0}; low: {1}. Cells below {2} give no number. A difference says where to look, not why.";
    FAIRNESS_NO_RESULTS = "本次抽取的结果未知，只列各组负担；发现率、误报和漏报要等结果录入后才能给出。", "No results of this draw are known: only the burden of each group is shown; findings and error rates need results.";
    FAIRNESS_MANY = "本节共作 {0} 次同类比较；即使毫无差异，也约有 5% 会显得显著。", "{0} comparisons at equal class: where nothing differs, about 5 % of them look as if it did.";
    BLIND = "盲区", "Blind spots";
    BLIND_NEVER = "抽样框中有 {0} 的主体所在分类没有任何检查结果。", "{0} of the frame lies in classes without any result.";
    BLIND_LABELS = "只有被检查的主体才有结果；未按概率抽取的检查（投诉、专项）不能代表市场。", "Only visited businesses have results; visits that no draw chose (complaints, campaigns) do not stand for the market.";
    BLIND_DETECTION = "没有发现不等于没有问题：检查人员严格程度不同。", "No finding does not mean no problem: inspectors differ.";
    BLIND_TRUST = "下列分类的结果可信度低：{0}。", "Results of these classes rest on little: {0}.";
    BLIND_UNKNOWN = "不在名录库中的主体不会被评分，也不会被抽中；见名录库体检。", "Businesses that are not in the register are neither scored nor drawn; see the register's health.";
    SIGN = "签署", "Sign-off";
    SIGN_SAYS = "采用前由负责人填写并签字。", "To be filled in and signed before use.";
    SIGN_1 = "模型负责人", "Responsible for the model";
    SIGN_2 = "业务处室", "Department that uses it";
    SIGN_3 = "法制审核", "Legal review";
    SIGN_4 = "下次复核日期", "Next review";
    COL_KEY = "设置", "Setting";
    COL_VALUE = "内容", "Value";
    COL_WHO = "角色", "Role";
    COL_NAME = "姓名", "Name";
    COL_DAY = "日期", "Day";
    COL_CLASS = "分类", "Class";
    COL_N = "抽样框", "Frame";
    COL_SHARE = "占比", "Share";
    COL_FROM = "点数起点", "Points from";
    COL_RATIO = "抽查比例", "Ratio";
    COL_HIT = "估计违规率", "Prevalence";
    CLASSES_TITLE = "分类", "Classes";
}

/// Renders `card.html` from the evaluation alone.
///
/// # Errors
/// When the page cannot be made.
pub(super) fn render(evaluation: &Evaluation, lang: Lang) -> Result<Vec<u8>, Error> {
    let facts = &evaluation.facts;
    let mut t = lang.all();
    t.insert("REPORT", lang.say(&REPORT));
    let badges = [content::badge(lang, &INTERNAL, &INTERNAL_NOTE)];
    let badges: Vec<_> = badges
        .into_iter()
        .chain(content::badges(lang, facts))
        .collect();
    let labels: Vec<&str> = badges.iter().map(|badge| badge.label.as_str()).collect();
    let sections = [
        Some(text(lang, "use", &USE, &[&USE_1, &USE_2, &USE_3])?),
        Some(data(lang, evaluation)?),
        Some(learning(lang, evaluation)?),
        Some(policy(lang, evaluation)?),
        Some(quality(lang, evaluation)?),
        fair(lang, evaluation)?,
        Some(blind(lang, evaluation)?),
        Some(sign(lang)?),
    ];
    let page = Page {
        lang: lang.tag(),
        t,
        title: facts.title.clone(),
        office: facts.office.clone(),
        job: facts.job.clone(),
        as_of: facts.as_of.to_string(),
        caption: labels.join(" · "),
        badges,
        cards: cards(lang, evaluation),
        summary: Vec::new(),
        sections: sections.into_iter().flatten().collect(),
        verify: String::new(),
    };
    Ok(sheets::page("card.html", TEMPLATE, &page)?.into_bytes())
}

fn model(lang: Lang, evaluation: &Evaluation) -> String {
    let card = evaluation.card.as_ref();
    card.map_or_else(
        || ABSENT.to_owned(),
        |card| card_words::model(lang, &card.model),
    )
}

fn cards(lang: Lang, evaluation: &Evaluation) -> Vec<Card> {
    let facts = &evaluation.facts;
    let say = |phrase| lang.say(phrase).to_owned();
    let (auc, auc_says) = auc(lang, evaluation);
    let found = evaluation.fairness.as_ref().map_or(0, n_to_look_at);
    let frame = lang.fill(&CARD_FRAME_SAYS, &[&count(facts.n_objects)]);
    vec![
        content::card(
            lang,
            &CARD_MODEL,
            model(lang, evaluation),
            say(&CARD_MODEL_SAYS),
        ),
        content::card(lang, &COL_N, count(facts.n_frame), frame),
        content::card(lang, &lang::COL_AUC, auc, auc_says),
        content::card(lang, &CARD_FAIR, found.to_string(), say(&CARD_FAIR_SAYS)),
    ]
}

/// AUC on this draw's results, else on the replay of past visits, else none; and what it is, or why there is none.
fn auc(lang: Lang, evaluation: &Evaluation) -> (String, String) {
    let estimates = evaluation.estimates.as_ref();
    let ranking = estimates.and_then(|estimates| estimates.ranking.as_ref());
    let own = ranking.and_then(|ranking| ranking.auc);
    let replay = evaluation.backtest.as_ref();
    let replayed = replay.and_then(|replay| replay.models.get(&replay.chosen)?.auc);
    let (value, says) = match (own, estimates, replayed) {
        (Some(own), ..) => (Some(own), &CARD_AUC_SAYS),
        (None, Some(_), _) => (None, &lang::WHY_NO_RANKING),
        (None, None, Some(replayed)) => (Some(replayed), &CARD_AUC_REPLAYED),
        (None, None, None) => (None, &CARD_AUC_NONE),
    };
    let said = lang.say(says).to_owned();
    (or_absent(value, super::format::fine), said)
}

/// Disparities outside of the four-fifths rule, and outcome tests that tell a difference.
fn n_to_look_at(fairness: &Fairness) -> usize {
    let of = |attribute: &crate::evaluate::AttributeFairness| {
        let groups = attribute.groups.iter().flat_map(|group| {
            [
                group.selection_disparity,
                group.missed_disparity,
                group.false_positive_disparity,
                group.false_negative_disparity,
            ]
        });
        let unfair = groups.flatten().filter(|value| !is_fair(*value)).count();
        let tests = attribute.outcome_tests.iter();
        unfair
            + tests
                .filter(|test| test.verdict != OutcomeVerdict::NoDifference)
                .count()
    };
    fairness.attributes.iter().map(of).sum()
}

fn text(
    lang: Lang,
    id: &'static str,
    heading: &Phrase,
    said: &[&Phrase],
) -> Result<Section, Error> {
    let mut section = section(lang, id, heading, Vec::new())?;
    section.paragraphs = said
        .iter()
        .map(|phrase| lang.say(phrase).to_owned())
        .collect();
    Ok(section)
}

fn data(lang: Lang, evaluation: &Evaluation) -> Result<Section, Error> {
    let mut section = section(lang, "data", &DATA, Vec::new())?;
    let facts = &evaluation.facts;
    section.tables = with_rows(vec![
        tables::ingest_table(lang, facts),
        tables::exclusion_table(lang, facts),
        classes(lang, evaluation),
    ]);
    Ok(section)
}

fn classes(lang: Lang, evaluation: &Evaluation) -> Table {
    let facts = &evaluation.facts;
    let cell = |at: usize| {
        evaluation
            .estimates
            .as_ref()
            .and_then(|estimates| estimates.by_class.get(at))
    };
    let figure = |figure: Option<&Figure>| {
        figure.map_or_else(
            || ABSENT.to_owned(),
            |figure| super::format::bracketed(figure, percent),
        )
    };
    let rows = facts.classes.iter().enumerate().map(|(at, class)| {
        let share = super::format::real(class.n_frame) / super::format::real(facts.n_frame.max(1));
        vec![
            format!("{} {}", class.code, class.name),
            count(class.n_frame),
            percent(share),
            class
                .points
                .first()
                .map_or_else(|| ABSENT.to_owned(), |first| first.points.to_string()),
            or_absent(class.ratio, percent),
            figure(cell(at).map(|cell| &cell.prevalence)),
        ]
    });
    let head = [
        &COL_CLASS, &COL_N, &COL_SHARE, &COL_FROM, &COL_RATIO, &COL_HIT,
    ];
    Table::new(lang, &head, rows.collect()).titled(lang.say(&CLASSES_TITLE).to_owned())
}

fn learning(lang: Lang, evaluation: &Evaluation) -> Result<Section, Error> {
    let labels = evaluation
        .card
        .as_ref()
        .map_or(&[][..], |card| &card.labels);
    if labels.is_empty() {
        return text(lang, "labels", &LABELS, &[&LABELS_NONE]);
    }
    let mut section = text(lang, "labels", &LABELS, &[&LABELS_SAYS])?;
    let fitted = evaluation
        .facts
        .models
        .iter()
        .filter(|model| model.n_rows > 0);
    let fitted = fitted.map(|model| {
        lang.fill(
            &FITTED,
            &[
                &card_words::model(lang, &model.name),
                &count(model.n_rows),
                &count(model.n_positive),
            ],
        )
    });
    section.paragraphs.extend(fitted);
    section
        .paragraphs
        .extend(learned::refusals(lang, &evaluation.facts));
    section
        .paragraphs
        .extend(learned::idle(lang, &evaluation.facts));
    section.tables = vec![settings(lang, labels, card_words::label)];
    section
        .tables
        .extend(learned::tables(lang, &evaluation.facts));
    section
        .tables
        .extend(tables::coefficient_tables(lang, &evaluation.facts));
    section.tables = with_rows(section.tables);
    Ok(section)
}

fn settings(lang: Lang, named: &[Named], say: fn(Lang, &Named) -> Vec<String>) -> Table {
    let rows = named.iter().map(|one| say(lang, one)).collect();
    Table::new(lang, &[&COL_KEY, &COL_VALUE], rows).loose(2)
}

fn policy(lang: Lang, evaluation: &Evaluation) -> Result<Section, Error> {
    let mut section = section(lang, "policy", &POLICY, Vec::new())?;
    let policy = evaluation
        .card
        .as_ref()
        .map_or(&[][..], |card| &card.policy);
    section.tables = with_rows(vec![
        settings(lang, policy, card_words::policy),
        tables::stratum_table(lang, evaluation),
    ]);
    Ok(section)
}

fn quality(lang: Lang, evaluation: &Evaluation) -> Result<Section, Error> {
    let Some(estimates) = &evaluation.estimates else {
        return text(lang, "quality", &QUALITY, &[&QUALITY_NONE]);
    };
    let drawn = vec![
        charts::calibration(lang, evaluation),
        charts::gains(lang, evaluation),
    ];
    let mut section = section(lang, "quality", &QUALITY, drawn)?;
    let ranking = tables::ranking_table(lang, estimates);
    section.tables = with_rows(
        ranking
            .into_iter()
            .chain([tables::class_table(lang, estimates)])
            .collect(),
    );
    Ok(section)
}

fn fair(lang: Lang, evaluation: &Evaluation) -> Result<Option<Section>, Error> {
    let Some(fairness) = &evaluation.fairness else {
        return Ok(None);
    };
    let mut section = section(lang, "fairness", &FAIRNESS, Vec::new())?;
    let (high, low) = (fairness.high.join("、"), fairness.low.join("、"));
    section.paragraphs = vec![lang.fill(
        &FAIRNESS_SAYS,
        &[&high, &low, &fairness.minimum.to_string()],
    )];
    let unknown = (!fairness.has_results).then(|| lang.say(&FAIRNESS_NO_RESULTS).to_owned());
    section.paragraphs.extend(unknown);
    let n_tests: usize = fairness
        .attributes
        .iter()
        .map(|attribute| attribute.outcome_tests.len())
        .sum();
    section
        .paragraphs
        .extend((n_tests > 0).then(|| lang.fill(&FAIRNESS_MANY, &[&n_tests.to_string()])));
    let names = evaluation
        .card
        .as_ref()
        .map_or(&[][..], |card| &card.attributes);
    section.tables = with_rows(fairness::tables(lang, fairness, names));
    Ok(Some(section))
}

fn blind(lang: Lang, evaluation: &Evaluation) -> Result<Section, Error> {
    let mut section = text(
        lang,
        "blind",
        &BLIND,
        &[&BLIND_LABELS, &BLIND_DETECTION, &BLIND_UNKNOWN],
    )?;
    if let Some(estimates) = &evaluation.estimates {
        let share = estimates.overall.support.blind_share;
        section
            .paragraphs
            .extend((share > 0.0).then(|| lang.fill(&BLIND_NEVER, &[&percent(share)])));
        let weak = estimates
            .by_class
            .iter()
            .filter(|cell| cell.trust == Trust::Low);
        let weak: Vec<&str> = weak.map(|cell| cell.label.as_str()).collect();
        section
            .paragraphs
            .extend((!weak.is_empty()).then(|| lang.fill(&BLIND_TRUST, &[&weak.join("、")])));
    }
    Ok(section)
}

fn sign(lang: Lang) -> Result<Section, Error> {
    let mut section = text(lang, "sign", &SIGN, &[&SIGN_SAYS])?;
    let row = |who: &Phrase| vec![lang.say(who).to_owned(), String::new(), String::new()];
    let rows = [&SIGN_1, &SIGN_2, &SIGN_3, &SIGN_4].map(row).to_vec();
    section.tables = vec![Table::new(lang, &[&COL_WHO, &COL_NAME, &COL_DAY], rows)];
    Ok(section)
}
