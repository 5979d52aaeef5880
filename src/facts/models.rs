//! What the page and the model card say of every model: what it was fitted on, what moves it, how it was calibrated.

use std::collections::BTreeMap;

use crate::codes;
use crate::evaluate::{Coefficient, Idle, IdleIndicator, ModelFacts};
use crate::indicators::Indicator;
use crate::risk::{self, LearnedFit, ModelSummary, RiskTable};

/// Most indicators shown of a model.
const SHOWN: usize = 15;

/// Every declared model, the chosen one first.
pub(super) fn models(risk: &RiskTable, indicators: &[Indicator]) -> Vec<ModelFacts> {
    let models = risk.models().iter();
    models.map(|model| of(model, indicators)).collect()
}

fn of(model: &ModelSummary, indicators: &[Indicator]) -> ModelFacts {
    let fitted = model.fit.iter().flat_map(|fit| &fit.coefficients);
    let fitted = fitted.map(|one| coefficient(one, indicators));
    let gains = model.learned.iter().flat_map(|fit| &fit.gains);
    let gains = gains.map(|gain| named(&gain.indicator, &gain.indicator, gain.mean, indicators));
    let mut coefficients: Vec<Coefficient> = fitted.chain(gains).collect();
    coefficients.sort_by(|a, b| {
        let by_size = b.value.abs().total_cmp(&a.value.abs());
        by_size.then_with(|| a.name.cmp(&b.name))
    });
    coefficients.truncate(SHOWN);
    let (plain, learned) = (model.fit.as_ref(), model.learned.as_ref());
    let rows = plain.map(|fit| (fit.n, fit.n_positive));
    let rows = rows.or(learned.map(|fit| (fit.n, fit.n_positive)));
    let (n_rows, n_positive) = rows.unwrap_or_default();
    ModelFacts {
        name: model.name.clone(),
        n_rows,
        n_positive,
        coefficients,
        idle: learned.map_or_else(Vec::new, |fit| idle(fit, indicators)),
        learned: learned.map(|fit| LearnedFit {
            gains: Vec::new(),
            idle: BTreeMap::new(),
            ..fit.clone()
        }),
        refused: model.refused.clone(),
    }
}

fn idle(fit: &LearnedFit, indicators: &[Indicator]) -> Vec<IdleIndicator> {
    let one = |(name, why): (&String, &Idle)| {
        let Coefficient { name, zh, en, .. } = named(name, name, 0.0, indicators);
        let why = why.clone();
        IdleIndicator { name, zh, en, why }
    };
    fit.idle.iter().map(one).collect()
}

fn coefficient(one: &risk::Coefficient, indicators: &[Indicator]) -> Coefficient {
    named(&one.feature, &one.indicator, one.coefficient, indicators)
}

/// A feature by the names of its indicator, and what of it.
fn named(feature: &str, indicator: &str, value: f64, indicators: &[Indicator]) -> Coefficient {
    let known = indicators.iter().find(|known| known.name == indicator);
    let detail = feature.strip_prefix(indicator).unwrap_or_default();
    let called = |text: Option<&String>, detail: &str| {
        text.map_or_else(|| feature.to_owned(), |text| format!("{text}{detail}"))
    };
    let (zh, en) = in_words(indicator, detail);
    Coefficient {
        name: feature.to_owned(),
        zh: called(known.map(|known| &known.zh), &zh),
        en: called(known.map(|known| &known.en), &en),
        value,
    }
}

/// What a feature is of its indicator, in both languages: a flag of missing values, one of its texts, or all of it.
fn in_words(indicator: &str, detail: &str) -> (String, String) {
    if detail == " missing" {
        return ("：无记录".to_owned(), ": no record".to_owned());
    }
    let Some(text) = detail.strip_prefix(" = ") else {
        return (detail.to_owned(), detail.to_owned());
    };
    let industry = codes::industry_of(text).filter(|_| indicator.starts_with("industry"));
    let en = match text {
        "其他" => "other",
        text => text,
    };
    match industry {
        Some(industry) => (
            format!("：{text} {}", industry.title),
            format!(": {text} {}", industry.title),
        ),
        None => (format!("：{text}"), format!(": {en}")),
    }
}

#[cfg(test)]
mod tests {
    use super::in_words;

    #[test]
    fn a_feature_says_what_it_is_of_its_indicator() {
        for (indicator, detail, zh, en) in [
            ("age_years", "", "", ""),
            ("age_years", " missing", "：无记录", ": no record"),
            ("industry_division", " = 62", "：62 餐饮业", ": 62 餐饮业"),
            ("industry_division", " = 其他", "：其他", ": other"),
            ("kind", " = 企业", "：企业", ": 企业"),
        ] {
            assert_eq!(in_words(indicator, detail), (zh.to_owned(), en.to_owned()));
        }
    }
}
