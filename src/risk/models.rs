//! Which models stand side by side: their names, the chosen one, what each comes down to and what is said of it.

use super::learned::{self, Learnt};
use super::logistic;
use super::params::{Params, ValidParams};
use super::recipes::{Named, check_models, check_names};
use super::rule::{self, Rule};
use super::scoring::Scoring;
use super::table::{CardSummary, ModelSummary};
use super::{Error, Plain};
use crate::indicators::Indicator;
use crate::units::Problem;

/// The declared scorecard.
pub(super) const SCORECARD: &str = "scorecard";
/// The plain logistic model.
pub(super) const LOGISTIC: &str = "logistic";
/// Names of the rankings any office could have used.
const BASELINES: [&str; 2] = ["past_rate", "days_since_last"];

impl Params {
    /// The checked learned models, and every problem of the models.
    pub(super) fn check_models(&self, problems: &mut Vec<Problem>) -> Vec<Named> {
        let learned = check_models("learned", &self.learned, problems);
        let own = self.logistic.as_ref().map(|_| LOGISTIC);
        let taken: Vec<&str> = BASELINES
            .into_iter()
            .chain([SCORECARD])
            .chain(own)
            .collect();
        check_names("learned", &learned, &taken, problems);
        let is_word = |name: &str| name.chars().all(|c| c.is_alphanumeric() || c == '_');
        for model in learned.iter().filter(|model| !is_word(&model.name)) {
            let rule = "must be a word of letters, digits and _";
            problems.push(Problem::new("learned.name", &model.name, rule));
        }
        self.check_chosen(&learned, problems);
        let learns = self.logistic.is_some() || !self.learned.is_empty();
        if learns && self.labels.is_none() {
            let rule = "a learned model needs to know which past visits are labels";
            problems.push(Problem::new("labels", "absent", rule));
        }
        if self.reasons > 20 {
            let rule = "at most 20 reasons are kept";
            problems.push(Problem::new("reasons", self.reasons, rule));
        }
        if let Some(logistic) = &self.logistic {
            logistic.check(problems);
        }
        match &self.learning {
            Some(learning) => learning.check(problems),
            None => return learned,
        }
        if self.learned.is_empty() {
            let rule = "says how the models of [[risk.learned]] learn, and there is none";
            problems.push(Problem::new("learning", "present", rule));
        }
        learned
    }

    fn check_chosen(&self, learned: &[Named], problems: &mut Vec<Problem>) {
        let name = self.model.as_str();
        let is_learned = learned.iter().any(|model| model.name == name);
        let rule = match name {
            SCORECARD if self.scorecard.is_some() => return,
            LOGISTIC if self.logistic.is_some() => return,
            _ if is_learned => return,
            SCORECARD | LOGISTIC => format!("the chosen model needs risk.{name}"),
            _ => "must be scorecard, logistic or the name of one of risk.learned".to_owned(),
        };
        problems.push(Problem::new("model", name, rule));
    }
}

/// The declared models that can score, the chosen one first.
pub(super) fn rules(
    params: &ValidParams,
    plain: Option<&Plain>,
    learnt: Option<&Learnt>,
    indicators: &[Indicator],
) -> Vec<Rule> {
    let card = params.card.as_ref().map(rule::scorecard);
    let fitted = plain.and_then(|fitted| fitted.as_ref().ok());
    let logistic = fitted.map(|fitted| logistic::rule(fitted, indicators));
    let learnt = learnt.into_iter().flat_map(|learnt| &learnt.models);
    let learnt = learnt.map(|model| learned::rule(model, indicators));
    let mut rules: Vec<Rule> = card.into_iter().chain(logistic).chain(learnt).collect();
    rules.sort_by_key(|rule| rule.name != params.model);
    rules
}

/// What is said of every declared model, the chosen one first.
pub(super) fn summaries(
    params: &ValidParams,
    scoring: &Scoring,
    plain: Option<Plain>,
) -> Vec<ModelSummary> {
    let named = |name: &str| ModelSummary {
        name: name.to_owned(),
        chosen: name == params.model,
        card: None,
        fit: None,
        learned: None,
        refused: None,
    };
    let card = params.card.as_ref().map(|card| ModelSummary {
        card: Some(CardSummary {
            name: card.name.clone(),
            zh: card.zh.clone(),
            en: card.en.clone(),
            digest: card.digest,
        }),
        ..named(SCORECARD)
    });
    let of_plain = |plain: Result<logistic::Fitted, Error>| match plain {
        Ok(fitted) => (Some(fitted.fit), None),
        Err(error) => (None, Some(error.to_string())),
    };
    let logistic = plain.map(of_plain).map(|(fit, refused)| ModelSummary {
        fit,
        refused,
        ..named(LOGISTIC)
    });
    let learnt = params
        .learned
        .iter()
        .map(|model| of_learnt(scoring, named(&model.name)));
    let baselines = scoring.baselines.iter().map(|(model, _)| named(model));
    let all = card.into_iter().chain(logistic).chain(learnt);
    let mut models: Vec<ModelSummary> = all.chain(baselines).collect();
    models.sort_by_key(|model| !model.chosen);
    models
}

fn of_learnt(scoring: &Scoring, named: ModelSummary) -> ModelSummary {
    let Some(learnt) = scoring.learnt else {
        return named;
    };
    let own = learnt.models.iter().find(|model| model.name == named.name);
    let refused = learnt.refused.iter().find(|(name, _)| *name == named.name);
    ModelSummary {
        learned: own.map(|model| model.fit.clone()),
        refused: refused.map(|(_, why)| why.clone()),
        ..named
    }
}
