//! What to do, each with the number that calls for it. Rules over the evaluation alone; a rule that does not hold says nothing.

use super::deterrence::{none_by_draw, short_of_revisits};
use super::format::{count, decimal, expected, interval, percent, real, rounded};
use super::lang::{Lang, Phrase};
use super::view::Table;
use super::words;
use crate::evaluate::{Estimates, Evaluation, IndicatorId, OutcomeVerdict, Reading, Trust};

/// What to do, and why.
type Advice = (String, String);

/// The recommendations; no rows where nothing calls for one.
pub(super) fn table(lang: Lang, evaluation: &Evaluation) -> Table {
    let mut all = Vec::new();
    if let Some(estimates) = &evaluation.estimates {
        all.extend(targeting(lang, estimates));
        all.extend(boundaries(lang, estimates));
        all.extend(reach(lang, estimates));
        all.extend(support(lang, estimates));
    }
    all.extend(measuring(lang, evaluation));
    all.extend(conduct(lang, evaluation));
    all.extend(fairness(lang, evaluation));
    all.extend(alignment(lang, evaluation));
    let rows = all.into_iter().map(|(what, why)| vec![what, why]).collect();
    Table::new(lang, &[&words::COL_ADVICE, &words::COL_BECAUSE], rows)
        .titled(lang.say(&words::TABLE_ADVICE).to_owned())
        .loose(2)
}

fn advice(lang: Lang, what: &Phrase, why: &Phrase, values: &[&str]) -> Advice {
    (lang.fill(what, values), lang.fill(why, values))
}

fn targeting(lang: Lang, estimates: &Estimates) -> Option<Advice> {
    let cell = &estimates.overall;
    let known = cell.lift.interval()?;
    if known.low > 1.0 {
        let more = real(cell.hits) - cell.opportunity.value?;
        let values = [expected(more.max(0.0)), decimal(cell.lift.value?)];
        return Some(advice(
            lang,
            &words::DO_KEEP,
            &words::DO_KEEP_WHY,
            &[&values[0], &values[1]],
        ));
    }
    known.covers(1.0).then(|| {
        let range = interval(lang, Some(known), decimal);
        advice(lang, &words::DO_MODEL, &words::DO_MODEL_WHY, &[&range])
    })
}

fn boundaries(lang: Lang, estimates: &Estimates) -> impl Iterator<Item = Advice> + '_ {
    let reversed = estimates.class_gaps.iter().filter(|gap| gap.high < 0.0);
    reversed.map(move |gap| {
        let points = format!("{:.1}", gap.difference.abs() * 100.0);
        let values = [gap.lower.as_str(), gap.higher.as_str(), &points];
        advice(lang, &words::DO_BOUNDARY, &words::DO_BOUNDARY_WHY, &values)
    })
}

fn reach(lang: Lang, estimates: &Estimates) -> Option<Advice> {
    let cell = &estimates.overall;
    cell.response.filter(|share| *share < 0.95)?;
    let missing = cell.n_drawn.saturating_sub(cell.n_visited);
    let values = [
        count(cell.n_drawn),
        count(missing),
        count(cell.n_unreachable),
    ];
    let values = values.each_ref().map(String::as_str);
    Some(advice(
        lang,
        &words::DO_REACH,
        &words::DO_REACH_WHY,
        &values,
    ))
}

fn support(lang: Lang, estimates: &Estimates) -> impl Iterator<Item = Advice> + '_ {
    let weak = estimates.by_class.iter();
    let weak = weak.filter(|cell| cell.trust == Trust::Low && cell.n_frame > 0);
    weak.map(move |cell| {
        let n_eff = format!("{:.1}", cell.support.n_eff);
        let what = lang.fill(&words::DO_SUPPORT, &[&cell.label]);
        (what, lang.fill(&words::DO_SUPPORT_WHY, &[&n_eff]))
    })
}

fn measuring(lang: Lang, evaluation: &Evaluation) -> Option<Advice> {
    if let Some(n) = none_by_draw(evaluation) {
        return Some(advice(
            lang,
            &words::DO_RANDOM,
            &words::DO_RANDOM_WHY,
            &[&count(n)],
        ));
    }
    let Some(found) = &evaluation.deterrence else {
        return Some(advice(lang, &words::DO_RECORD, &words::DO_RECORD_WHY, &[]));
    };
    let (have, need) = short_of_revisits(found)?;
    let values = [have, need].map(|value| count(rounded(value)));
    Some(advice(
        lang,
        &words::DO_MEASURE,
        &words::DO_MEASURE_WHY,
        &[&values[0], &values[1]],
    ))
}

/// What the indicators of the mechanism call for.
fn conduct(lang: Lang, evaluation: &Evaluation) -> Vec<Advice> {
    let Some(mechanism) = &evaluation.mechanism else {
        return Vec::new();
    };
    let known = |id: IndicatorId| {
        let indicator = mechanism.indicators.iter().find(|one| one.id == id)?;
        match indicator.overall {
            Reading::Known {
                numerator,
                denominator,
                share,
            } => Some((numerator, denominator, share)),
            Reading::Empty | Reading::NoData { .. } => None,
        }
    };
    let mut all = Vec::new();
    if let Some((n, of, share)) = known(IndicatorId::OnTime).filter(|(n, of, _)| n < of) {
        let values = [percent(share), count(of - n)];
        all.push(advice(
            lang,
            &words::DO_PUBLISH,
            &words::DO_PUBLISH_WHY,
            &[&values[0], &values[1]],
        ));
    }
    if let Some((n, of, _)) = known(IndicatorId::ItemCoverage).filter(|(n, of, _)| n < of) {
        let values = [count(of), count(of - n)];
        all.push(advice(
            lang,
            &words::DO_ITEMS,
            &words::DO_ITEMS_WHY,
            &[&values[0], &values[1]],
        ));
    }
    let repeated = known(IndicatorId::Repeated).filter(|(.., share)| *share > 0.1);
    if let Some(((n, of, _), (.., joint))) = repeated.zip(known(IndicatorId::CrossDepartment)) {
        let values = [count(of), count(n), percent(joint)];
        let values = values.each_ref().map(String::as_str);
        all.push(advice(
            lang,
            &words::DO_MERGE,
            &words::DO_MERGE_WHY,
            &values,
        ));
    }
    all
}

fn fairness(lang: Lang, evaluation: &Evaluation) -> Option<Advice> {
    let attributes = evaluation
        .fairness
        .iter()
        .flat_map(|fairness| &fairness.attributes);
    let tests = attributes.flat_map(|attribute| &attribute.outcome_tests);
    let over = tests.filter(|test| test.verdict == OutcomeVerdict::OverInspected);
    let n = over.count();
    (n > 0).then(|| {
        advice(
            lang,
            &words::DO_FAIR,
            &words::DO_FAIR_WHY,
            &[&n.to_string()],
        )
    })
}

fn alignment(lang: Lang, evaluation: &Evaluation) -> Option<Advice> {
    let spread = evaluation.detection.as_ref()?.spread.as_ref()?;
    let odds = spread.odds_ratio?;
    (spread.p_equal < 0.05 && odds > 1.5).then(|| {
        let ratio = format!("{odds:.1}");
        advice(lang, &words::DO_ALIGN, &words::DO_ALIGN_WHY, &[&ratio])
    })
}
