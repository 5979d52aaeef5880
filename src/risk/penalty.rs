//! `penalty = "auto"`: how strongly a logistic model is held back, chosen on past visits alone.
//!
//! The declared rule. The rows to learn from are parted into five blocks of time. Each but the first is scored by models of
//! the rows known before it, one for every penalty of [`PATH`]. Taken is the penalty of least weighted log loss over all rows
//! that were scored, of equal ones the largest. Where no block can be scored it is the usual one, and no row is counted.

use serde::{Deserialize, Serialize};

use super::learn::{Design, Error, Labels, Logistic, LogisticParams, Recipe};
use super::recipes::USUAL_PENALTY;

/// The penalties that are tried, from the largest, per unit of weight.
pub(crate) const PATH: [f64; 10] = [
    1.28, 0.64, 0.32, 0.16, 0.08, 0.04, 0.02, 0.01, 0.005, 0.0025,
];
/// Blocks of time.
const BLOCKS: usize = 5;

/// Rows to learn from, with their days.
pub(crate) struct Past<'a> {
    pub(crate) design: &'a Design,
    pub(crate) labels: &'a Labels,
    /// The day each row is seen from, in days since 1970.
    pub(crate) as_of: &'a [i32],
    /// The day from which on each label was known.
    pub(crate) visible: &'a [i32],
}

/// A penalty that the rule chose.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChosenPenalty {
    /// The penalty per unit of weight.
    pub value: f64,
    /// Rows it was judged on; 0 where none could be scored and the usual one is taken.
    pub n: u64,
    /// Mean weighted log loss over them; absent without rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loss: Option<f64>,
}

/// What is fitted, with the penalty that the rule chose where it is to.
pub(crate) fn settled(
    recipe: &Recipe,
    is_tuned: bool,
    past: &Past,
) -> Result<(Recipe, Option<ChosenPenalty>), Error> {
    match recipe {
        Recipe::Logistic(params) if is_tuned => {
            let chosen = past.penalty(params)?;
            let params = LogisticParams {
                penalty: chosen.value,
                ..params.clone()
            };
            Ok((Recipe::Logistic(params), Some(chosen)))
        }
        other => Ok((other.clone(), None)),
    }
}

impl Past<'_> {
    fn penalty(&self, params: &LogisticParams) -> Result<ChosenPenalty, Error> {
        let (mut losses, mut weight, mut n) = ([0.0; PATH.len()], 0.0, 0);
        for block in spans(self.as_of, BLOCKS) {
            let own = self.rows(|row| block.contains(&self.as_of[row]));
            let before = self.rows(|row| self.visible[row] < block.start);
            let Some(path) = self.path(params, &before)? else {
                continue;
            };
            let asked = self.design.take(&own);
            for (loss, model) in losses.iter_mut().zip(&path) {
                *loss += self.loss(&own, &model.log_odds(&asked)?);
            }
            weight += own
                .iter()
                .map(|row| self.labels.weight()[*row])
                .sum::<f64>();
            n += own.len() as u64;
        }
        if weight <= 0.0 {
            return Ok(ChosenPenalty {
                value: USUAL_PENALTY,
                n: 0,
                loss: None,
            });
        }
        let (mut best, mut least) = (PATH[0], losses[0]);
        for (penalty, loss) in PATH.into_iter().zip(losses) {
            if loss < least {
                (best, least) = (penalty, loss);
            }
        }
        Ok(ChosenPenalty {
            value: best,
            n,
            loss: Some(least / weight),
        })
    }

    /// The models of these rows along the path; none where nothing can be learnt from them.
    fn path(
        &self,
        params: &LogisticParams,
        rows: &[usize],
    ) -> Result<Option<Vec<Logistic>>, Error> {
        let fitted = self
            .labels
            .take(rows)
            .and_then(|labels| Logistic::path(params, &self.design.take(rows), &labels, &PATH));
        match fitted {
            Ok(path) => Ok(Some(path)),
            Err(
                Error::NoRows { .. }
                | Error::NoPositives { .. }
                | Error::OnlyPositives { .. }
                | Error::NothingVaries { .. },
            ) => Ok(None),
            Err(other) => Err(other),
        }
    }

    fn rows(&self, is_in: impl Fn(usize) -> bool) -> Vec<usize> {
        (0..self.as_of.len()).filter(|&row| is_in(row)).collect()
    }

    /// Weighted log loss of rows, summed.
    fn loss(&self, rows: &[usize], odds: &[f64]) -> f64 {
        let one = |(row, odds): (&usize, &f64)| {
            let found = f64::from(u8::from(self.labels.found()[*row]));
            let loss = odds.max(0.0) - found * odds + (-odds.abs()).exp().ln_1p();
            self.labels.weight()[*row] * loss
        };
        rows.iter().zip(odds).map(one).sum()
    }
}

/// The days of every block but the first: blocks of about equally many rows that never part a day.
pub(super) fn spans(as_of: &[i32], blocks: usize) -> Vec<std::ops::Range<i32>> {
    let mut sorted = as_of.to_vec();
    sorted.sort_unstable();
    let (Some(&first), Some(&last)) = (sorted.first(), sorted.last()) else {
        return Vec::new();
    };
    let mut starts: Vec<i32> = (1..blocks)
        .map(|block| sorted[block * sorted.len() / blocks])
        .filter(|start| *start > first)
        .collect();
    starts.dedup();
    starts.push(last.saturating_add(1));
    starts.windows(2).map(|pair| pair[0]..pair[1]).collect()
}

#[cfg(test)]
mod tests {
    use super::{ChosenPenalty, PATH, Past, settled, spans};
    use crate::risk::learn::{Column, Design, Error, Labels, Recipe};
    use crate::risk::recipes::{Made, ModelParams, check_models};

    /// A thousand visits, five a day, known on the day after: one column of `signal` and thirty of noise.
    struct World {
        design: Design,
        labels: Labels,
        as_of: Vec<i32>,
        visible: Vec<i32>,
    }

    impl World {
        fn new(signal: f64) -> Self {
            let mut state = 12_345_u64;
            let mut next = || {
                state = (state * 1_103_515_245 + 12_345) % (1 << 31);
                f64::from(u32::try_from(state).unwrap()) / f64::from(1_u32 << 31)
            };
            let mut columns = vec![Vec::new(); 31];
            let mut found = Vec::new();
            for _ in 0..1_000 {
                for column in &mut columns {
                    column.push(next());
                }
                let odds = signal * (columns[0][columns[0].len() - 1] - 0.5) - 0.5;
                found.push(next() < 1.0 / (1.0 + f64::exp(-odds)));
            }
            let named = columns.into_iter().enumerate();
            let named = named.map(|(i, values)| Column::number(&format!("x{i}"), values));
            let as_of: Vec<i32> = (0..1_000).map(|row| row / 5).collect();
            Self {
                design: Design::new(named.collect()).unwrap(),
                labels: Labels::unweighted(found).unwrap(),
                visible: as_of.iter().map(|day| day + 1).collect(),
                as_of,
            }
        }

        fn chosen(&self) -> Result<(Recipe, Option<ChosenPenalty>), Error> {
            let past = Past {
                design: &self.design,
                labels: &self.labels,
                as_of: &self.as_of,
                visible: &self.visible,
            };
            let Made::Fitted {
                recipe, is_tuned, ..
            } = auto()
            else {
                panic!("a logistic model is fitted");
            };
            settled(&recipe, is_tuned, &past)
        }

        fn value(&self) -> f64 {
            self.chosen().unwrap().1.unwrap().value
        }
    }

    fn auto() -> Made {
        let text = "[[m]]\nname = \"net\"\nlogistic = { penalty = \"auto\" }";
        let written: std::collections::BTreeMap<String, Vec<ModelParams>> =
            toml::from_str(text).unwrap();
        let mut problems = Vec::new();
        let models = check_models("m", &written["m"], &mut problems);
        assert!(problems.is_empty());
        models[0].made.clone()
    }

    #[test]
    fn noise_is_held_back_more_than_a_strong_signal() {
        let (noise, signal) = (World::new(0.0).value(), World::new(6.0).value());
        assert!(noise >= 0.64, "{noise}");
        assert!(signal < 0.16, "{signal}");
        assert!(PATH.contains(&noise) && PATH.contains(&signal));
    }

    #[test]
    fn the_chosen_penalty_is_the_one_that_is_fitted_and_says_what_it_was_judged_on() {
        let (recipe, chosen) = World::new(6.0).chosen().unwrap();
        let chosen = chosen.unwrap();
        let Recipe::Logistic(params) = recipe else {
            panic!("a logistic model stays one");
        };
        assert_eq!(params.penalty.to_bits(), chosen.value.to_bits());
        assert_eq!(chosen.n, 800, "every block but the first");
        assert!(chosen.loss.is_some_and(|loss| loss > 0.3 && loss < 0.69));
    }

    #[test]
    fn labels_that_become_known_too_late_for_every_block_choose_nothing() {
        let mut late = World::new(6.0);
        late.visible = vec![1_000; 1_000];
        let chosen = late.chosen().unwrap().1.unwrap();
        assert_eq!((chosen.n, chosen.loss), (0, None));
        assert!((chosen.value - 0.04).abs() < 1e-12);
    }

    #[test]
    fn blocks_of_time_have_about_equally_many_rows_and_part_no_day() {
        let days: Vec<i32> = (0..100).map(|row| row / 10).collect();
        assert_eq!(spans(&days, 5), [2..4, 4..6, 6..8, 8..10]);
        let one_day_has_most = [1, 2, 2, 2, 2, 2, 2, 2, 2, 3];
        assert_eq!(spans(&one_day_has_most, 5), vec![2..4; 1]);
        assert!(spans(&[7; 20], 5).is_empty());
        assert!(spans(&[], 5).is_empty());
    }
}
