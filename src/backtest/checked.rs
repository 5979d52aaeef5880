//! `[backtest]` of a job file as checked: every broken rule at once.

use super::params::{Baselines, Cutoffs, DAYS_SINCE_LAST, PAST_RATE, Params, RANDOM, RANK_SUM};
use super::selective::SelectiveParams;
use crate::evaluate::{CHOSEN, Rule};
use crate::indicators::{Each, Labels, ValidLabels};
use crate::ingest::ValidVisits;
use crate::registers::RowSql;
use crate::risk::{Named, check_models, check_names};
use crate::units::{Day, Problem};

/// Settings as checked.
#[derive(Clone, Debug)]
pub struct ValidParams {
    pub(super) labels: ValidLabels,
    pub(super) window_days: i32,
    /// Ascending.
    pub(super) cutoffs: Vec<Day>,
    /// Earlier cut-offs that serve the choice alone, ascending.
    pub(super) earlier: Vec<Day>,
    pub(super) every_days: i32,
    pub(super) from: Option<Day>,
    pub(super) rows_min: u64,
    pub(super) probability: Option<RowSql>,
    pub(super) weight_cap: f64,
    pub(super) subsets: Vec<String>,
    pub(super) budgets: Vec<f64>,
    pub(super) replicates: u32,
    pub(super) rule: Rule,
    pub(super) baselines: Baselines,
    pub(super) models: Vec<Named>,
    pub(super) window: Option<ValidWindow>,
    pub(super) selective: Option<SelectiveParams>,
}

/// `[backtest.window]` as checked.
#[derive(Clone, Debug)]
pub(super) struct ValidWindow {
    pub(super) cutoff: Day,
    pub(super) until: Day,
    pub(super) visits: ValidVisits,
}

impl ValidParams {
    /// What counts as a routine visit and as a finding.
    #[must_use]
    pub fn labels(&self) -> &ValidLabels {
        &self.labels
    }

    /// The list of visits of the window, where there is one.
    #[must_use]
    pub fn listed(&self) -> Option<&ValidVisits> {
        self.window.as_ref().map(|window| &window.visits)
    }

    /// The day after the last one that is looked at.
    pub(super) fn until(&self) -> Day {
        let last = self.cutoffs.last().map(|day| day.plus(self.window_days));
        let window = self.window.as_ref().map(|window| window.cutoff);
        last.into_iter()
            .chain(window)
            .max()
            .unwrap_or(Day::from_days(0))
    }
}

impl Params {
    /// Checks every setting and reports all that is wrong.
    ///
    /// # Errors
    /// One [`Problem`] per broken rule, with keys relative to the section.
    pub fn check(&self) -> Result<ValidParams, Vec<Problem>> {
        let mut problems = Vec::new();
        self.check_numbers(&mut problems);
        let labels = self.labels(&mut problems);
        let probability = self.probability(&mut problems);
        let models = self.models(&mut problems);
        self.check_names(&models, &mut problems);
        let window = self.window(&mut problems);
        problems.extend(self.selective.iter().flat_map(SelectiveParams::check));
        let step = self.step();
        let cutoffs = self.cutoffs(step, &mut problems);
        let (Some(labels), true) = (labels, problems.is_empty()) else {
            return Err(problems);
        };
        let first = cutoffs.first().copied();
        let back = (1..=i32::from(self.past)).rev();
        let earlier = back.filter_map(|k| Some(first?.plus(-k * step)));
        Ok(ValidParams {
            labels,
            window_days: self.window_days,
            earlier: earlier.collect(),
            cutoffs,
            every_days: self.every_days(),
            from: self.from,
            rows_min: self.rows_min,
            probability,
            weight_cap: self.weight_cap,
            subsets: self.subsets.clone(),
            budgets: self.budgets.clone(),
            replicates: self.replicates,
            rule: Rule {
                candidates: self.candidates.clone(),
                past: usize::from(self.past),
                tie: self.tie,
            },
            baselines: self.baselines.clone(),
            models,
            window,
            selective: self.selective.clone(),
        })
    }

    fn every_days(&self) -> i32 {
        self.every_days.unwrap_or((self.window_days / 3).max(1))
    }

    fn step(&self) -> i32 {
        match &self.cutoffs {
            Cutoffs::Back(back) => back.every_days.unwrap_or(self.window_days),
            Cutoffs::Days(_) => self.window_days,
        }
    }

    fn check_numbers(&self, problems: &mut Vec<Problem>) {
        let days = |days: i32| (1..=3_660).contains(&days);
        let days_rule = "must be whole days in 1 ..= 3660";
        let shares = self
            .budgets
            .iter()
            .all(|share| *share > 0.0 && *share <= 1.0);
        let good = [
            (
                "window_days",
                self.window_days.to_string(),
                days(self.window_days),
                days_rule,
            ),
            (
                "every_days",
                self.every_days().to_string(),
                days(self.every_days()),
                days_rule,
            ),
            (
                "cutoffs.every_days",
                self.step().to_string(),
                days(self.step()),
                days_rule,
            ),
            (
                "rows_min",
                self.rows_min.to_string(),
                self.rows_min >= 1,
                "must be at least 1",
            ),
            (
                "weight_cap",
                self.weight_cap.to_string(),
                self.weight_cap.is_finite() && self.weight_cap >= 1.0,
                "must be a multiple of the median, at least 1",
            ),
            (
                "budgets",
                format!("{:?}", self.budgets),
                shares,
                "must be shares above 0 and at most 1",
            ),
            (
                "replicates",
                self.replicates.to_string(),
                (200..=10_000).contains(&self.replicates),
                "must lie in 200 ..= 10000",
            ),
            (
                "past",
                self.past.to_string(),
                self.past <= 100,
                "must lie in 0 ..= 100",
            ),
            (
                "tie",
                self.tie.to_string(),
                self.tie.is_finite() && self.tie >= 0.0,
                "must be a finite number from 0 up",
            ),
        ];
        let broken = good.into_iter().filter(|(_, _, good, _)| !good);
        problems.extend(broken.map(|(key, value, _, rule)| Problem::new(key, value, rule)));
    }

    fn labels(&self, problems: &mut Vec<Problem>) -> Option<ValidLabels> {
        let written = Labels {
            table: "inspections".to_owned(),
            filter: self.routine.clone(),
            outcome: self.outcome.clone(),
            each: Each::Visit,
            window_days: None,
            from: None,
            until: None,
        };
        let renamed = |problem: Problem| Problem {
            key: problem.key.replace("filter", "routine"),
            ..problem
        };
        written
            .check()
            .map_err(|broken| problems.extend(broken.into_iter().map(renamed)))
            .ok()
    }

    fn probability(&self, problems: &mut Vec<Problem>) -> Option<RowSql> {
        let text = self.probability.as_ref()?;
        RowSql::parse(text)
            .map_err(|rule| problems.push(Problem::new("probability", text, rule)))
            .ok()
    }

    fn models(&self, problems: &mut Vec<Problem>) -> Vec<Named> {
        if self.model.is_empty() {
            return Named::usual();
        }
        check_models("model", &self.model, problems)
    }

    /// Names stand once, blends name earlier models, candidates are models.
    fn check_names(&self, models: &[Named], problems: &mut Vec<Problem>) {
        let taken = [PAST_RATE, DAYS_SINCE_LAST, RANK_SUM, RANDOM, CHOSEN];
        check_names("model", models, &taken, problems);
        if self.candidates.is_empty() {
            problems.push(Problem::new(
                "candidates",
                "[]",
                "must name at least one model",
            ));
        }
        let unknown = self
            .candidates
            .iter()
            .filter(|name| !models.iter().any(|model| model.name == **name));
        let rule = "must be one of the models";
        problems.extend(unknown.map(|name| Problem::new("candidates", name, rule)));
    }

    fn window(&self, problems: &mut Vec<Problem>) -> Option<ValidWindow> {
        let written = self.window.as_ref()?;
        let renamed = |problem: Problem| Problem {
            key: format!("window.visits.{}", problem.key),
            ..problem
        };
        let visits = written
            .visits
            .check("backtest.window.visits")
            .map_err(|broken| problems.extend(broken.into_iter().map(renamed)))
            .ok()?;
        let until = written.until.unwrap_or(written.cutoff);
        if until > written.cutoff {
            let rule = "must not be later than the window's cut-off";
            problems.push(Problem::new("window.until", until, rule));
        }
        Some(ValidWindow {
            cutoff: written.cutoff,
            until,
            visits,
        })
    }

    fn cutoffs(&self, step: i32, problems: &mut Vec<Problem>) -> Vec<Day> {
        let days = match &self.cutoffs {
            Cutoffs::Days(days) => days.clone(),
            Cutoffs::Back(back) if (1..=1_000).contains(&back.n) => {
                let back_by = |k: u16| back.last.plus(-i32::from(k) * step);
                (0..back.n).rev().map(back_by).collect()
            }
            Cutoffs::Back(_) => Vec::new(),
        };
        if days.is_empty() {
            let rule = "must be at least one cut-off, at most 1000";
            problems.push(Problem::new("cutoffs", days.len(), rule));
        }
        if let Some(pair) = days.windows(2).find(|pair| pair[1] <= pair[0]) {
            let rule = "must ascend, each day once";
            problems.push(Problem::new("cutoffs", pair[1], rule));
        }
        days
    }
}
