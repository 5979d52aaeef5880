//! One cut-off: what may be learnt by then, every model fitted on it, every row of its window scored.

use std::collections::BTreeMap;

use super::checked::ValidParams;
use super::params::{DAYS_SINCE_LAST, PAST_RATE, RANDOM, RANK_SUM};
use super::{Error, words};
use crate::evaluate::{Fold, FoldRow, Trained, mean_ranks};
use crate::indicators::{Panel, PanelColumn, PanelRows};
use crate::risk::learn::{self, Blend, Design, Labels};
use crate::risk::{ChosenPenalty, Codes, Made, Past, labels, settled, with_nuisances};
use crate::units::{Day, Problem};

/// The panel and what the job says of it.
pub(super) struct Bench<'a> {
    pub(super) params: &'a ValidParams,
    pub(super) panel: &'a Panel,
}

/// Scores of rows by every model, and what the models learnt from.
pub(super) struct Scored {
    pub(super) rows: PanelRows,
    pub(super) scores: BTreeMap<String, Vec<f64>>,
    pub(super) trained: Trained,
}

impl Bench<'_> {
    /// Every problem of the baselines' names.
    pub(super) fn check(&self) -> Result<(), Error> {
        let named = &self.params.baselines;
        let named = [
            (PAST_RATE, &named.past_rate),
            (DAYS_SINCE_LAST, &named.days_since_last),
        ];
        let unknown = named.into_iter().filter_map(|(baseline, name)| {
            let name = name.as_ref().filter(|name| self.place(name).is_none())?;
            let rule = "must be an indicator of the catalogues";
            Some(Problem::new(
                format!("backtest.baselines.{baseline}"),
                name,
                rule,
            ))
        });
        let unknown: Vec<Problem> = unknown.collect();
        if unknown.is_empty() {
            Ok(())
        } else {
            Err(Error::Settings(unknown))
        }
    }

    /// Baselines that can be ranked by, in the order they are shown.
    pub(super) fn baselines(&self) -> Vec<String> {
        let named = &self.params.baselines;
        let both = named.past_rate.is_some() && named.days_since_last.is_some();
        let known = [
            (PAST_RATE, named.past_rate.is_some()),
            (DAYS_SINCE_LAST, named.days_since_last.is_some()),
            (RANK_SUM, both),
            (RANDOM, true),
        ];
        let known = known.into_iter().filter(|(_, is_known)| *is_known);
        known.map(|(name, _)| name.to_owned()).collect()
    }

    /// The fold of `cutoff`; none where there is nothing to learn from or nothing to rank.
    pub(super) fn fold(&self, cutoff: Day) -> Result<Option<Fold>, Error> {
        let rows = self.panel.evaluated(cutoff)?;
        if rows.found.is_empty() {
            return Ok(None);
        }
        let Some(scored) = self.scored(cutoff, cutoff, rows)? else {
            return Ok(None);
        };
        let rows = &scored.rows;
        let one = |row: usize| FoldRow {
            object_key: rows.object_key[row],
            found: rows.found[row],
            pi: rows.pi[row].filter(|pi| *pi > 0.0 && *pi <= 1.0),
            inspector: rows.inspector[row].clone(),
            groups: rows
                .carried
                .iter()
                .map(|values| values[row].clone())
                .collect(),
        };
        Ok(Some(Fold {
            cutoff,
            rows: (0..rows.found.len()).map(one).collect(),
            scores: scored.scores,
            trained: scored.trained,
            probability: None,
        }))
    }

    /// Scores of `rows` by models fitted at `cutoff` on labels known before `until`; none where there are none.
    pub(super) fn scored(
        &self,
        cutoff: Day,
        until: Day,
        mut rows: PanelRows,
    ) -> Result<Option<Scored>, Error> {
        let (every, params) = (self.params.every_days, self.params);
        let mut training =
            self.panel
                .training(cutoff, until, every, params.from, params.rows_min)?;
        if training.found.is_empty() {
            return Ok(None);
        }
        let mut scores = self.by_baselines(cutoff, &rows);
        let codes = Codes::learn(&training.columns);
        let refused = |model: &str| {
            let model = model.to_owned();
            move |source| Error::Fit {
                cutoff,
                model,
                source,
            }
        };
        let indicators = self.panel.indicators();
        let asked = codes
            .design(std::mem::take(&mut rows.columns), indicators)
            .map_err(refused("design"))?;
        let learnt = codes
            .design(std::mem::take(&mut training.columns), indicators)
            .map_err(refused("design"))?;
        let (labels, importance) = labels(training.found.clone(), &training.pi, params.weight_cap)
            .map_err(refused("design"))?;
        let lesson = Lesson {
            as_of: training.as_of.iter().map(|day| day.days()).collect(),
            training: &training,
            learnt: &learnt,
            asked: &asked,
            labels: &labels,
        };
        let mut penalties = BTreeMap::new();
        for model in &params.models {
            let learnt = lesson.odds(&model.made, &scores);
            let (odds, penalty) = learnt.map_err(refused(&model.name))?;
            scores.insert(model.name.clone(), odds);
            penalties.extend(penalty.map(|own| (model.name.clone(), own.value)));
        }
        let trained = Trained {
            rows: training.found.len() as u64,
            positives: training.found.iter().filter(|found| **found).count() as u64,
            first: training.as_of.first().copied(),
            last: training.as_of.last().copied(),
            effective_n: importance.as_ref().map(|weights| weights.effective_n),
            largest_weight: importance.as_ref().map(|weights| weights.largest),
            penalties,
            idle: learnt.idle(),
        };
        Ok(Some(Scored {
            rows,
            scores,
            trained,
        }))
    }

    fn by_baselines(&self, cutoff: Day, rows: &PanelRows) -> BTreeMap<String, Vec<f64>> {
        let named = &self.params.baselines;
        let rate = named.past_rate.as_ref();
        let rate = rate.map(|name| filled(self.numbers(name, rows), 0.0));
        let days = named.days_since_last.as_ref().map(|name| {
            let days = self.numbers(name, rows);
            let longest = days.iter().copied().fold(0.0, f64::max);
            filled(days, longest + 1.0)
        });
        let sum = rate.as_ref().zip(days.as_ref()).map(|(rate, days)| {
            let ranks = mean_ranks(rate).into_iter().zip(mean_ranks(days));
            ranks.map(|(one, other)| one + other).collect()
        });
        let random = rows
            .object_key
            .iter()
            .map(|key| words::random(*key, cutoff));
        let all = [
            (PAST_RATE, rate),
            (DAYS_SINCE_LAST, days),
            (RANK_SUM, sum),
            (RANDOM, Some(random.collect())),
        ];
        let known = all
            .into_iter()
            .filter_map(|(name, scores)| Some((name.to_owned(), scores?)));
        known.collect()
    }

    fn place(&self, name: &str) -> Option<usize> {
        let mut indicators = self.panel.indicators().iter();
        indicators.position(|indicator| indicator.name == name)
    }

    fn numbers(&self, name: &str, rows: &PanelRows) -> Vec<f64> {
        match self.place(name).map(|place| &rows.columns[place]) {
            Some(PanelColumn::Number(values)) => values.clone(),
            _ => vec![f64::NAN; rows.found.len()],
        }
    }
}

/// What is learnt from, and the rows that are asked for.
struct Lesson<'a> {
    training: &'a PanelRows,
    as_of: Vec<i32>,
    learnt: &'a Design,
    asked: &'a Design,
    labels: &'a Labels,
}

impl Lesson<'_> {
    /// Log odds of the rows by a model, and the penalty chosen for it; a blend is that of `scores` by its parts.
    fn odds(
        &self,
        made: &Made,
        scores: &BTreeMap<String, Vec<f64>>,
    ) -> Result<(Vec<f64>, Option<ChosenPenalty>), learn::Error> {
        let (recipe, nuisances, is_tuned) = match made {
            Made::Fitted {
                recipe,
                nuisances,
                is_tuned,
            } => (recipe, nuisances, *is_tuned),
            Made::Blend(parts) => {
                let parts: Vec<&[f64]> = parts.iter().map(|part| &scores[part][..]).collect();
                return Ok((Blend::equal(parts.len()).log_odds(&parts)?, None));
            }
        };
        let (who, days) = (&self.training.inspector, &self.training.visited);
        let widened =
            (!nuisances.is_empty()).then(|| with_nuisances(self.learnt, nuisances, who, days));
        let widened = widened.transpose()?;
        let design = widened.as_ref().unwrap_or(self.learnt);
        let past = Past {
            design,
            labels: self.labels,
            as_of: &self.as_of,
            visible: &self.training.visible,
        };
        let (recipe, penalty) = settled(recipe, is_tuned, &past)?;
        let fitted = recipe.fit(design, self.labels)?;
        Ok((fitted.log_odds(self.asked)?, penalty))
    }
}

fn filled(values: Vec<f64>, missing: f64) -> Vec<f64> {
    let fill = |value: f64| if value.is_nan() { missing } else { value };
    values.into_iter().map(fill).collect()
}
