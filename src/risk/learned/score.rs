//! One partition: log odds by every model, and for the chosen one the calibrated probability, its interval and what each
//! indicator adds.

use std::collections::BTreeMap;

use polars::prelude::{Column, DataFrame, RoundMode, col, lit};

use super::training::columns_of;
use super::{Error, How, Learnt, LearntModel};
use crate::indicators::Indicator;
use crate::risk::learn::{Blend, Calibrator, Design, Model, margins, probability};
use crate::risk::logistic::POINTS_MAX;
use crate::risk::rule::{Rule, Term};

/// Calibrated probability of a finding by the chosen model, and the ends of its interval.
pub(in crate::risk) const PROBABILITY: &str = "risk:probability";
pub(in crate::risk) const LOW: &str = "risk:low";
pub(in crate::risk) const HIGH: &str = "risk:high";

/// Column of the calibrated probability by a model beside the chosen one.
pub(in crate::risk) fn calibrated_column(name: &str) -> String {
    format!("{PROBABILITY}:{name}")
}

/// How much is scored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::risk) enum Depth {
    /// The chosen model's probability alone.
    Points,
    /// Every model's score and probability, the chosen one's interval and gains.
    All,
}

/// One list of values per column, by model.
type Lists = BTreeMap<String, Vec<Vec<f64>>>;

/// Column of a model's own probability, before calibration: what it ranks by.
fn raw_column(name: &str) -> String {
    format!("learned:{name}")
}

/// A learned model as columns that [`Learnt::add_columns`] makes: points are thousandths of the calibrated probability, at
/// least 1.
pub(in crate::risk) fn rule(model: &LearntModel, indicators: &[Indicator]) -> Rule {
    let shown = indicators.iter().filter(|_| model.is_chosen);
    let terms = shown.map(|indicator| Term {
        indicator: indicator.name.clone(),
        zh: indicator.zh.clone(),
        gain: None,
        least: None,
    });
    let thousandths = (col(PROBABILITY) * lit(1000.0)).round(0, RoundMode::HalfAwayFromZero);
    Rule {
        name: model.name.clone(),
        terms: terms.collect(),
        total: None,
        score: col(raw_column(&model.name)),
        points: thousandths.clip(lit(1.0), lit(1000.0)),
        points_max: POINTS_MAX,
    }
}

impl Learnt {
    /// Adds what the models say of the rows.
    pub(in crate::risk) fn add_columns(
        &self,
        frame: &mut DataFrame,
        indicators: &[Indicator],
        depth: Depth,
    ) -> Result<(), Error> {
        if self.models.is_empty() {
            return Ok(());
        }
        let columns = columns_of(frame, indicators)?;
        let rows = self.codes.design(columns, indicators);
        let rows = rows.map_err(|source| Error::of("(rows)", source))?;
        let odds = self.odds(&rows, depth)?;
        let mut add = |name: String, values: Vec<f64>| -> Result<(), Error> {
            frame.with_column(Column::new(name.into(), values))?;
            Ok(())
        };
        for (name, odds) in &odds {
            let own = odds.iter().map(|odds| rounded(probability(*odds)));
            add(raw_column(name), own.collect())?;
        }
        for model in self.models.iter().filter(|model| !model.is_chosen) {
            if let Some(odds) = odds.get(&model.name).filter(|_| depth == Depth::All) {
                let own = calibrated(&model.calibrator, odds);
                add(calibrated_column(&model.name), own)?;
            }
        }
        let Some(chosen) = self.models.iter().find(|model| model.is_chosen) else {
            return Ok(());
        };
        let (own, calibrator) = (&odds[&chosen.name], &chosen.calibrator);
        add(PROBABILITY.to_owned(), calibrated(calibrator, own))?;
        if depth == Depth::Points {
            return Ok(());
        }
        if chosen.fit.sure.is_some() {
            let margins = self.margins(&rows, chosen)?;
            let end = |sign: f64| -> Vec<f64> {
                let odds = own.iter().zip(&margins);
                odds.map(|(odds, margin)| odds + sign * margin).collect()
            };
            add(LOW.to_owned(), calibrated(calibrator, &end(-1.0)))?;
            add(HIGH.to_owned(), calibrated(calibrator, &end(1.0)))?;
        }
        let mut gains = self.gains(&rows, |model| model.in_chosen)?;
        let gains = gains.remove(&chosen.name).unwrap_or_default();
        for (place, gains) in gains.into_iter().enumerate() {
            add(Rule::column(&chosen.name, place), gains)?;
        }
        Ok(())
    }

    /// Log odds by every model, or by the chosen one and its parts.
    fn odds(&self, rows: &Design, depth: Depth) -> Result<BTreeMap<String, Vec<f64>>, Error> {
        let wanted = |model: &&LearntModel| depth == Depth::All || model.in_chosen;
        let lists = self.lists(wanted, |model, _| Ok(vec![model.log_odds(rows)?]))?;
        let one = |(name, mut lists): (String, Vec<Vec<f64>>)| (name, lists.swap_remove(0));
        Ok(lists.into_iter().map(one).collect())
    }

    /// What each indicator adds to the log odds of each row.
    pub(super) fn gains(
        &self,
        rows: &Design,
        wanted: impl Fn(&&LearntModel) -> bool,
    ) -> Result<Lists, Error> {
        self.lists(wanted, |model, _| model.contributions(rows))
    }

    /// Half the interval of each row's log odds by the chosen model.
    fn margins(&self, rows: &Design, chosen: &LearntModel) -> Result<Vec<f64>, Error> {
        let refits = self.lists(
            |model| model.in_chosen,
            |_, refits| refits.iter().map(|model| model.log_odds(rows)).collect(),
        )?;
        let margins = margins(&refits[&chosen.name], self.level);
        margins.map_err(|source| Error::of(&chosen.name, source))
    }

    /// Lists of the wanted models: of a fitted one by `of`, of a blend the mean of its parts' lists.
    fn lists(
        &self,
        wanted: impl Fn(&&LearntModel) -> bool,
        of: impl Fn(&Model, &[Model]) -> Result<Vec<Vec<f64>>, crate::risk::learn::Error>,
    ) -> Result<Lists, Error> {
        let mut lists = Lists::new();
        for model in self.models.iter().filter(wanted) {
            let own = match &model.how {
                How::Fitted(fitted, refits) => of(fitted, refits),
                How::Blend(parts) => mean_of(parts, &lists),
            };
            let own = own.map_err(|source| Error::of(&model.name, source))?;
            lists.insert(model.name.clone(), own);
        }
        Ok(lists)
    }
}

fn mean_of(parts: &[String], lists: &Lists) -> Result<Vec<Vec<f64>>, crate::risk::learn::Error> {
    let parts: Vec<&Vec<Vec<f64>>> = parts.iter().map(|part| &lists[part]).collect();
    let n = parts.first().map_or(0, |lists| lists.len());
    let one = |place: usize| {
        let own: Vec<&[f64]> = parts.iter().map(|lists| lists[place].as_slice()).collect();
        Blend::equal(own.len()).log_odds(&own)
    };
    (0..n).map(one).collect()
}

/// Probabilities, rounded first so that the last bits of a sum move no point.
fn calibrated(calibrator: &Calibrator, odds: &[f64]) -> Vec<f64> {
    let all = odds.iter().map(|odds| calibrator.probability(*odds));
    all.map(rounded).collect()
}

fn rounded(probability: f64) -> f64 {
    (probability * 1e9).round() / 1e9
}
