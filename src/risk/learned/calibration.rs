//! Calibration on rows the models did not see: blocks of time, each scored by models of the visits known before it.

use std::collections::BTreeMap;

use super::facts::Calibrated;
use super::params::Method;
use super::training::{Training, n_found};
use crate::risk::learn::{self, Blend, Calibrator, Isotonic, Labels, Platt, probability};
use crate::risk::penalty::spans;
use crate::risk::recipes::{Made, Named};

/// Fewest rows of each kind a calibration rests on.
const KIND_MIN: u64 = 10;

/// Log odds of rows by models that knew only what was known before the rows' block.
pub(super) struct Unseen {
    labels: Labels,
    odds: BTreeMap<String, Vec<f64>>,
}

/// Why there is no calibration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TooFew {
    pub(super) n: u64,
    pub(super) n_positive: u64,
}

impl Unseen {
    /// Scores every block but the first; blocks before which labels were of one kind are passed over. None where no block
    /// is left.
    pub(super) fn of(
        training: &Training,
        models: &[Named],
        blocks: usize,
    ) -> Result<Option<Self>, (String, learn::Error)> {
        let mut places = Vec::new();
        let mut odds: BTreeMap<String, Vec<f64>> = BTreeMap::new();
        for block in spans(&training.as_of, blocks) {
            let own: Vec<usize> = rows(training, |row| block.contains(&training.as_of[row]));
            let before: Vec<usize> = rows(training, |row| training.visible[row] < block.start);
            let Ok(labels) = training.labels.take(&before) else {
                continue;
            };
            if [0, before.len() as u64].contains(&n_found(&labels)) {
                continue;
            }
            for (name, scores) in score(training, models, &before, &labels, &own)? {
                odds.entry(name).or_default().extend(scores);
            }
            places.extend(own);
        }
        let labels = training.labels.take(&places).ok();
        Ok(labels.map(|labels| Self { labels, odds }))
    }

    /// The calibration of one of the models, and what it did.
    pub(super) fn calibrator(
        &self,
        name: &str,
        method: Method,
    ) -> Result<Result<(Calibrator, Calibrated), TooFew>, learn::Error> {
        let (n, n_positive) = (self.labels.rows() as u64, n_found(&self.labels));
        let own = self.odds.get(name).map_or(&[][..], Vec::as_slice);
        if n_positive < KIND_MIN || n - n_positive < KIND_MIN {
            return Ok(Err(TooFew { n, n_positive }));
        }
        let (calibrator, slope) = match method {
            Method::Platt => {
                let line = Platt::fit(own, &self.labels)?;
                (Calibrator::Platt(line), Some(line.slope))
            }
            Method::Isotonic => (
                Calibrator::Isotonic(Isotonic::fit(own, &self.labels)?),
                None,
            ),
        };
        let before: Vec<f64> = own.iter().map(|odds| probability(*odds)).collect();
        let calibrated = Calibrated {
            method,
            n,
            n_positive,
            mean_before: mean(&before, self.labels.weight()),
            mean_after: mean(&calibrator.probabilities(own), self.labels.weight()),
            rate: self.labels.base_rate(),
            slope,
        };
        Ok(Ok((calibrator, calibrated)))
    }
}

fn rows(training: &Training, is_in: impl Fn(usize) -> bool) -> Vec<usize> {
    (0..training.as_of.len())
        .filter(|&row| is_in(row))
        .collect()
}

/// Log odds of the rows `own` by every model, fitted on the rows `before`.
fn score(
    training: &Training,
    models: &[Named],
    before: &[usize],
    labels: &Labels,
    own: &[usize],
) -> Result<BTreeMap<String, Vec<f64>>, (String, learn::Error)> {
    let asked = training.plain.take(own);
    let mut scores: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for model in models {
        let fitted = match &model.made {
            Made::Fitted {
                recipe, nuisances, ..
            } => {
                let learnt = training.design(nuisances).take(before);
                let fitted = recipe.fit_or_base(&learnt, labels);
                fitted.and_then(|fitted| fitted.log_odds(&asked))
            }
            Made::Blend(parts) => {
                let parts: Vec<&[f64]> = parts.iter().map(|part| scores[part].as_slice()).collect();
                Blend::equal(parts.len()).log_odds(&parts)
            }
        };
        let fitted = fitted.map_err(|error| (model.name.clone(), error))?;
        scores.insert(model.name.clone(), fitted);
    }
    Ok(scores)
}

fn mean(values: &[f64], weight: &[f64]) -> f64 {
    let sum: f64 = values.iter().zip(weight).map(|(v, w)| v * w).sum();
    sum / weight.iter().sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::{Method, Training, Unseen};
    use crate::risk::learn::{Column, Design, Labels};
    use crate::risk::recipes::{ModelParams, Named, check_models};
    use crate::risk::rows::Codes;

    /// Two visits a day for 200 days, each known on the day after.
    fn training() -> Training {
        let rows: Vec<u32> = (0..400).collect();
        let value = |row: &u32| f64::from(row * 37 % 101);
        let plain = Design::new(vec![Column::number("x", rows.iter().map(value).collect())]);
        let plain = plain.unwrap();
        let found = rows.iter().map(|row| row * 37 % 101 > 60 || row % 11 == 0);
        let as_of: Vec<i32> = (0..400).map(|row| row / 2).collect();
        Training {
            codes: Codes::learn(&[]),
            idle: plain.idle(),
            widened: std::collections::BTreeMap::new(),
            plain,
            labels: Labels::unweighted(found.collect()).unwrap(),
            importance: None,
            n_inspectors: 0,
            groups: rows.iter().map(|row| u64::from(*row)).collect(),
            visible: as_of.iter().map(|day| day + 1).collect(),
            as_of,
        }
    }

    fn models() -> Vec<Named> {
        let text = "[[m]]\nname = \"net\"\nlogistic = {}";
        let written: std::collections::BTreeMap<String, Vec<ModelParams>> =
            toml::from_str(text).unwrap();
        check_models("m", &written["m"], &mut Vec::new())
    }

    fn odds(training: &Training) -> Vec<f64> {
        let unseen = Unseen::of(training, &models(), 4).unwrap().unwrap();
        unseen.odds["net"].clone()
    }

    #[test]
    fn a_block_is_scored_by_what_was_known_before_it() {
        let before = training();
        let scored = odds(&before);
        assert_eq!(scored.len(), 300, "every block but the first");
        let flipped = |day: i32| {
            let mut other = training();
            let rows = before.labels.found().iter().zip(&before.visible);
            let found = rows.map(|(found, visible)| *found != (*visible >= day));
            other.labels = Labels::unweighted(found.collect()).unwrap();
            other
        };
        let same = |a: &[f64], b: &[f64]| a.iter().zip(b).all(|(a, b)| a.to_bits() == b.to_bits());
        assert!(
            same(&odds(&flipped(150)), &scored),
            "known on the last block's first day or later"
        );
        assert!(!same(&odds(&flipped(149)), &scored), "known the day before");
    }

    #[test]
    fn without_a_visit_known_before_any_block_nothing_is_calibrated() {
        let mut late = training();
        late.visible = vec![1_000; 400];
        assert!(Unseen::of(&late, &models(), 4).unwrap().is_none());
    }

    #[test]
    fn a_calibration_meets_the_rate() {
        let unseen = Unseen::of(&training(), &models(), 4).unwrap().unwrap();
        for method in [Method::Platt, Method::Isotonic] {
            let (_, found) = unseen.calibrator("net", method).unwrap().unwrap();
            assert_eq!(found.n, 300);
            assert!((found.mean_after - found.rate).abs() < 0.01, "{found:?}");
        }
    }
}
