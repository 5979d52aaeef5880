//! From indicator columns to points, class and scores of one partition, in whole columns.

use std::collections::BTreeMap;

use polars::prelude::{
    Column, DataFrame, DataType, Expr, IntoLazy, LazyFrame, NULL, PolarsResult,
    SortMultipleOptions, col, len, lit, when,
};

use super::Error;
use super::card::Veto;
use super::imported::ImportRule;
use super::learned::{Depth, HIGH, LOW, Learnt, PROBABILITY, calibrated_column};
use super::params::ValidParams;
use super::reasons::{self, First, Judgement};
use super::rule::{Rule, number, veto_column};
use super::sql;
use super::table::{TABLE_PROBABILITY, table_calibrated, table_column};
use crate::indicators::Indicator;

// columns beside the indicators; no indicator's name holds a colon
const POINTS: &str = "risk:points";
/// All factors of the card together.
const TOTAL: &str = "risk:total";
/// Number of the policy that leaves the object without a class, from 1; 0 where none does.
const OUTSIDE: &str = "risk:outside";
/// Index of the class a direct judgement demands at least.
const JUDGED: &str = "risk:judged";
/// Index of the imported class, null where there is none.
const IMPORTED: &str = "risk:imported";
/// Index of the class by points and import, before direct judgements.
const BEFORE: &str = "risk:before";
const CLASS: &str = "risk:class";
const REASONS: &str = "risk:reasons";

/// Everything that turns indicators into risk; the first rule is the chosen model.
pub(super) struct Scoring<'a> {
    pub(super) params: &'a ValidParams,
    pub(super) indicators: &'a [Indicator],
    pub(super) learnt: Option<&'a Learnt>,
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
    pub(super) fn histogram(&self, part: LazyFrame) -> Result<BTreeMap<u32, u64>, Error> {
        let is_learned = |learnt: &&Learnt| learnt.models.iter().any(|model| model.is_chosen);
        let part = self.with_learnt(part, self.learnt.filter(is_learned), Depth::Points)?;
        let pointed = self.pointed(part, &self.rules[..1]);
        let counted = pointed
            .filter(col(OUTSIDE).eq(lit(0_u32)))
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
    pub(super) fn classify(&self, part: LazyFrame, bounds: &[u32]) -> Result<Counted, Error> {
        let sorted = part.sort(["object_key"], SortMultipleOptions::default());
        let sorted = self.with_learnt(sorted, self.learnt, Depth::All)?;
        let pointed = self
            .pointed(sorted, &self.rules)
            .with_columns(self.baseline_scores());
        let classed = pointed
            .with_columns([self.imported().alias(IMPORTED)])
            .with_columns([self.before(bounds).alias(BEFORE)])
            .with_columns([class_index(bounds).alias(CLASS)]);
        let drawn = self.params.imported.is_some().then(|| in_range(bounds));
        let drawn: Vec<Expr> = drawn.into_iter().collect();
        let mut frame = classed.with_columns(drawn).collect()?;
        frame.rechunk_mut();
        let texts = reasons::texts(
            &frame,
            &self.rules[0],
            self.indicators,
            &self.first_reasons(),
            self.params.reasons,
        )?;
        frame.with_column(Column::new(REASONS.into(), texts))?;
        let (n, n_judged) = counts(&frame, bounds.len(), self.params.outside.len())?;
        Ok(Counted {
            frame: frame.lazy().select(self.kept()).collect()?,
            n,
            n_judged,
        })
    }

    /// The rows with what learned models say of them.
    fn with_learnt(
        &self,
        part: LazyFrame,
        learnt: Option<&Learnt>,
        depth: Depth,
    ) -> Result<LazyFrame, Error> {
        let Some(learnt) = learnt else {
            return Ok(part);
        };
        let mut frame = part.collect()?;
        frame.rechunk_mut();
        learnt.add_columns(&mut frame, self.indicators, depth)?;
        Ok(frame.lazy())
    }

    /// Adds the columns of `rules`, of direct judgements, and the points of the first rule.
    fn pointed(&self, part: LazyFrame, rules: &[Rule]) -> LazyFrame {
        let gains = rules.iter().flat_map(|rule| {
            rule.terms.iter().enumerate().filter_map(|(i, term)| {
                let gain = term.gain.clone()?;
                Some(gain.alias(Rule::column(&rule.name, i)))
            })
        });
        let first: Vec<Expr> = gains.chain(self.conditions()).collect();
        let scores = rules
            .iter()
            .map(|rule| rule.score.clone().alias(Rule::score_column(&rule.name)));
        let total = rules[0].total.clone().map(|total| total.alias(TOTAL));
        let scores: Vec<Expr> = scores.chain(total).collect();
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
        let policies = self.params.outside.iter().enumerate().rev();
        let outside = policies.fold(lit(0_u32), |rest, (i, policy)| {
            let number = lit(index(i + 1));
            when(holds(&policy.when)).then(number).otherwise(rest)
        });
        vetoes.chain([outside.alias(OUTSIDE)]).collect()
    }

    fn points(&self, rule: &Rule) -> Expr {
        let raised =
            self.vetoes()
                .iter()
                .enumerate()
                .fold(rule.points.clone(), |points, (i, veto)| {
                    let least = lit(float(self.points_min(rule, veto)));
                    when(col(veto_column(i)).and(points.clone().lt(least.clone())))
                        .then(least)
                        .otherwise(points)
                });
        let policies = self.params.outside.iter().enumerate();
        let fixed = policies.filter_map(|(i, policy)| Some((i, policy.points?)));
        let points = fixed.fold(raised, |points, (i, fixed)| {
            when(col(OUTSIDE).eq(lit(index(i + 1))))
                .then(lit(f64::from(fixed)))
                .otherwise(points)
        });
        points.cast(DataType::UInt32)
    }

    /// The fewest points a direct judgement leaves, on the rule's range.
    fn points_min(&self, rule: &Rule, veto: &Veto) -> i64 {
        let scale = self.params.card.as_ref().map_or(1, |card| card.points_max);
        (veto.points * rule.points_max + scale - 1) / scale
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

    fn imported(&self) -> Expr {
        let codes: Vec<_> = self
            .params
            .classes
            .iter()
            .map(|class| class.code.as_str())
            .collect();
        match &self.params.imported {
            Some(imported) => imported.index(&codes),
            None => lit(NULL).cast(DataType::UInt32),
        }
    }

    /// The class by points, or the imported one by the declared rule.
    fn before(&self, bounds: &[u32]) -> Expr {
        let own = by_points(bounds);
        let is_worse =
            self.params.imported.as_ref().map(|imported| imported.rule) == Some(ImportRule::Worse);
        let counts = if is_worse {
            col(IMPORTED).gt(own.clone())
        } else {
            col(IMPORTED).is_not_null()
        };
        when(counts.fill_null(lit(false)))
            .then(col(IMPORTED))
            .otherwise(own)
    }

    /// Reasons that come before the terms.
    fn first_reasons(&self) -> First<'_> {
        let judged = self.vetoes().iter().enumerate();
        let judged = judged.map(|(i, veto)| Judgement {
            column: veto_column(i),
            veto,
            classes: &self.params.classes,
            points_min: self.points_min(&self.rules[0], veto),
        });
        let imported = self.params.imported.as_ref().and_then(|imported| {
            let name = imported.indicator.as_str();
            self.indicators.iter().find(|one| one.name == name)
        });
        First {
            judgements: judged.collect(),
            imported,
            class: CLASS,
            points: POINTS,
            total: self.rules[0].total.is_some().then_some(TOTAL),
        }
    }

    fn class_code(&self) -> Expr {
        let outside = self.params.outside.iter().map(|policy| &policy.class);
        let classes = self.params.classes.iter().chain(outside);
        classes.enumerate().fold(lit(""), |rest, (i, class)| {
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
        let rules = self.rules.iter().map(|rule| rule.name.clone());
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
            .map(|rule| col(Rule::score_column(&rule.name)).alias(table_column(&rule.name)));
        let baselines = self
            .baselines
            .iter()
            .map(|(model, _)| col(Rule::score_column(model)).alias(table_column(model)));
        first
            .into_iter()
            .chain(rules)
            .chain(baselines)
            .chain(self.probabilities())
            .chain([col(REASONS).alias("reasons")])
            .collect()
    }

    /// The calibrated probability of the chosen model, where it is a learned one, with its interval; then those of the
    /// learned models beside it.
    fn probabilities(&self) -> Vec<Expr> {
        let models = || self.learnt.into_iter().flat_map(|learnt| &learnt.models);
        let known = match models().find(|model| model.is_chosen) {
            None => 0,
            Some(chosen) if chosen.fit.sure.is_none() => 1,
            Some(_) => TABLE_PROBABILITY.len(),
        };
        let all = [PROBABILITY, LOW, HIGH].into_iter().zip(TABLE_PROBABILITY);
        let own = all.take(known).map(|(own, name)| col(own).alias(name));
        let beside = models().filter(|model| !model.is_chosen);
        let beside = beside
            .map(|model| col(calibrated_column(&model.name)).alias(table_calibrated(&model.name)));
        own.chain(beside).collect()
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
    let classified = when(col(BEFORE).lt(col(JUDGED)))
        .then(col(JUDGED))
        .otherwise(col(BEFORE));
    when(col(OUTSIDE).gt(lit(0_u32)))
        .then(col(OUTSIDE) + lit(index(bounds.len())) - lit(1_u32))
        .otherwise(classified)
        .cast(DataType::UInt32)
}

/// Points of objects with an imported class, drawn into the range of the class they have.
fn in_range(bounds: &[u32]) -> Expr {
    let ranges = bounds.iter().enumerate();
    let drawn = ranges.fold(col(POINTS), |points, (i, from)| {
        let least = lit((*from).max(1));
        let raised = when(col(POINTS).lt(least.clone()))
            .then(least)
            .otherwise(col(POINTS));
        let inside = match bounds.get(i + 1).filter(|next| *next > from) {
            Some(next) => {
                let most = lit((next - 1).max(1));
                when(raised.clone().gt(most.clone()))
                    .then(most)
                    .otherwise(raised)
            }
            None => raised,
        };
        let is_here = col(IMPORTED)
            .is_not_null()
            .and(col(CLASS).eq(lit(index(i))));
        when(is_here).then(inside).otherwise(points)
    });
    drawn.cast(DataType::UInt32).alias(POINTS)
}

/// Objects by class, and those of them that only a direct judgement put there.
fn counts(
    frame: &DataFrame,
    n_classes: usize,
    n_outside: usize,
) -> PolarsResult<(Vec<u64>, Vec<u64>)> {
    let all = n_classes + n_outside.max(1);
    let (mut n, mut n_judged) = (vec![0; all], vec![0; all]);
    let classes = frame.column(CLASS)?.u32()?.into_no_null_iter();
    for (class, before) in classes.zip(frame.column(BEFORE)?.u32()?.into_no_null_iter()) {
        n[class as usize] += 1;
        if (class as usize) < n_classes && class != before {
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
