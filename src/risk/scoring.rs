//! From indicator columns to points, class and scores of one partition, in whole columns.

use std::collections::BTreeMap;

use polars::prelude::{
    Column, DataFrame, DataType, Expr, IntoLazy, LazyFrame, PolarsResult, SortMultipleOptions, col,
    len, lit, when,
};

use super::card::Veto;
use super::params::ValidParams;
use super::reasons;
use super::rule::{Rule, number, veto_column};
use super::sql;
use super::table::table_column;
use crate::indicators::Indicator;

// columns beside the indicators; no indicator's name holds a colon
const POINTS: &str = "risk:points";
const UNCLASSIFIED: &str = "risk:unclassified";
/// Index of the class a direct judgement demands at least.
const JUDGED: &str = "risk:judged";
const CLASS: &str = "risk:class";
const REASONS: &str = "risk:reasons";

/// Everything that turns indicators into risk; the first rule is the chosen model.
pub(super) struct Scoring<'a> {
    pub(super) params: &'a ValidParams,
    pub(super) indicators: &'a [Indicator],
    pub(super) rules: Vec<Rule>,
    /// Baseline rankings: name and expression over indicator columns.
    pub(super) baselines: Vec<(&'static str, Expr)>,
}

/// Counts of one finished partition.
pub(super) struct Counted {
    pub(super) frame: DataFrame,
    /// Objects per class, unclassified last.
    pub(super) n: Vec<u64>,
    /// Objects per class that a direct judgement put there, unclassified last (always 0).
    pub(super) n_judged: Vec<u64>,
}

impl Scoring<'_> {
    fn vetoes(&self) -> &[Veto] {
        self.params.card.as_ref().map_or(&[], |card| &card.vetoes)
    }

    /// Classified objects by points.
    pub(super) fn histogram(&self, part: LazyFrame) -> PolarsResult<BTreeMap<u32, u64>> {
        let pointed = self.pointed(part, &self.rules[..1]);
        let counted = pointed
            .filter(col(UNCLASSIFIED).not())
            .group_by([col(POINTS)])
            .agg([len().alias("n")]);
        let counted = counted.collect()?;
        let n = counted.column("n")?.cast(&DataType::UInt64)?;
        let pairs = counted.column(POINTS)?.u32()?.iter().zip(n.u64()?.iter());
        Ok(pairs
            .filter_map(|(points, n)| Some((points?, n?)))
            .collect())
    }

    /// The finished partition, sorted by key, with classes from `bounds` (smallest points, lowest class first).
    pub(super) fn classify(&self, part: LazyFrame, bounds: &[u32]) -> PolarsResult<Counted> {
        let sorted = part.sort(["object_key"], SortMultipleOptions::default());
        let pointed = self
            .pointed(sorted, &self.rules)
            .with_columns(self.baseline_scores());
        let mut frame = pointed
            .with_columns([class_index(bounds).alias(CLASS)])
            .collect()?;
        frame.rechunk_mut();
        let texts = reasons::texts(&frame, &self.rules[0], self.vetoes(), self.params.reasons)?;
        frame.with_column(Column::new(REASONS.into(), texts))?;
        let (n, n_judged) = counts(&frame, bounds)?;
        Ok(Counted {
            frame: frame.lazy().select(self.kept()).collect()?,
            n,
            n_judged,
        })
    }

    /// Adds the columns of `rules`, of direct judgements, and the points of the first rule.
    fn pointed(&self, part: LazyFrame, rules: &[Rule]) -> LazyFrame {
        let gains = rules.iter().flat_map(|rule| {
            rule.terms
                .iter()
                .enumerate()
                .map(|(i, term)| term.gain.clone().alias(Rule::column(rule.name, i)))
        });
        let first: Vec<Expr> = gains.chain(self.conditions()).collect();
        let scores: Vec<Expr> = rules
            .iter()
            .map(|rule| rule.score.clone().alias(Rule::score_column(rule.name)))
            .collect();
        let points = [
            self.points(&rules[0]).alias(POINTS),
            self.judged().alias(JUDGED),
        ];
        part.with_columns(first)
            .with_columns(scores)
            .with_columns(points)
    }

    fn conditions(&self) -> Vec<Expr> {
        let holds = |when: &str| {
            sql::condition(when, self.indicators).expect("conditions were checked before")
        };
        let vetoes = self
            .vetoes()
            .iter()
            .enumerate()
            .map(|(i, veto)| holds(&veto.when).alias(veto_column(i)));
        let unclassified = match &self.params.unclassified {
            Some(policy) => holds(&policy.when),
            None => lit(false),
        };
        vetoes.chain([unclassified.alias(UNCLASSIFIED)]).collect()
    }

    fn points(&self, rule: &Rule) -> Expr {
        let scale = self.params.card.as_ref().map_or(1, |card| card.points_max);
        let raised =
            self.vetoes()
                .iter()
                .enumerate()
                .fold(rule.points.clone(), |points, (i, veto)| {
                    let least = lit(float((veto.points * rule.points_max + scale - 1) / scale));
                    when(col(veto_column(i)).and(points.clone().lt(least.clone())))
                        .then(least)
                        .otherwise(points)
                });
        match self
            .params
            .unclassified
            .as_ref()
            .and_then(|policy| policy.points)
        {
            Some(fixed) => when(col(UNCLASSIFIED))
                .then(lit(f64::from(fixed)))
                .otherwise(raised),
            None => raised,
        }
        .cast(DataType::UInt32)
    }

    /// The worst class any direct judgement demands, the lowest if none does.
    fn judged(&self) -> Expr {
        let mut vetoes: Vec<(usize, &Veto)> = self.vetoes().iter().enumerate().collect();
        vetoes.sort_by_key(|(_, veto)| veto.class);
        vetoes.into_iter().fold(lit(0_u32), |class, (i, veto)| {
            when(col(veto_column(i)))
                .then(lit(index(veto.class)))
                .otherwise(class)
        })
    }

    fn class_code(&self) -> Expr {
        let classes = &self.params.classes;
        let last = self
            .params
            .unclassified
            .as_ref()
            .map_or(lit(""), |policy| lit(policy.class.code.as_str()));
        classes.iter().enumerate().fold(last, |rest, (i, class)| {
            when(col(CLASS).eq(lit(index(i))))
                .then(lit(class.code.as_str()))
                .otherwise(rest)
        })
    }

    fn baseline_scores(&self) -> Vec<Expr> {
        self.baselines
            .iter()
            .map(|(model, score)| score.clone().alias(Rule::score_column(model)))
            .collect()
    }

    /// Names of the models that score, chosen model first.
    pub(super) fn models(&self) -> Vec<String> {
        let rules = self.rules.iter().map(|rule| rule.name.to_owned());
        rules
            .chain(self.baselines.iter().map(|(model, _)| (*model).to_owned()))
            .collect()
    }

    fn kept(&self) -> Vec<Expr> {
        let first = [
            col("object_key"),
            col(POINTS).alias("points"),
            self.class_code().alias("class"),
        ];
        let rules = self
            .rules
            .iter()
            .map(|rule| col(Rule::score_column(rule.name)).alias(table_column(rule.name)));
        let baselines = self
            .baselines
            .iter()
            .map(|(model, _)| col(Rule::score_column(model)).alias(table_column(model)));
        first
            .into_iter()
            .chain(rules)
            .chain(baselines)
            .chain([col(REASONS).alias("reasons")])
            .collect()
    }
}

/// The baseline rankings. Days since the last visit: no value counts as `longest`.
pub(super) fn baselines(params: &ValidParams, longest: f64) -> Vec<(&'static str, Expr)> {
    let score = |indicator: &str, missing: f64| number(indicator).fill_null(lit(missing));
    let rate = params
        .baselines
        .past_rate
        .as_ref()
        .map(|name| ("past_rate", score(name, 0.0)));
    let days = params
        .baselines
        .days_since_last
        .as_ref()
        .map(|name| ("days_since_last", score(name, longest)));
    rate.into_iter().chain(days).collect()
}

fn class_index(bounds: &[u32]) -> Expr {
    let by_points = by_points(bounds);
    let classified = when(by_points.clone().lt(col(JUDGED)))
        .then(col(JUDGED))
        .otherwise(by_points);
    when(col(UNCLASSIFIED))
        .then(lit(index(bounds.len())))
        .otherwise(classified)
        .cast(DataType::UInt32)
}

fn counts(frame: &DataFrame, bounds: &[u32]) -> PolarsResult<(Vec<u64>, Vec<u64>)> {
    let (mut n, mut n_judged) = (vec![0; bounds.len() + 1], vec![0; bounds.len() + 1]);
    let of_points = frame
        .clone()
        .lazy()
        .select([by_points(bounds).alias(CLASS)])
        .collect()?;
    let classes = frame.column(CLASS)?.u32()?.into_no_null_iter();
    for (class, of_points) in classes.zip(of_points.column(CLASS)?.u32()?.into_no_null_iter()) {
        n[class as usize] += 1;
        if class as usize != bounds.len() && class != of_points {
            n_judged[class as usize] += 1;
        }
    }
    Ok((n, n_judged))
}

fn by_points(bounds: &[u32]) -> Expr {
    let above = bounds
        .iter()
        .skip(1)
        .map(|bound| col(POINTS).gt_eq(lit(*bound)).cast(DataType::UInt32));
    above
        .fold(lit(0_u32), |class, above| class + above)
        .cast(DataType::UInt32)
}

fn index(class: usize) -> u32 {
    u32::try_from(class).expect("classes are declared by hand")
}

#[allow(clippy::cast_precision_loss, reason = "points are far below 2^52")]
fn float(points: i64) -> f64 {
    points as f64
}
