//! Features of the learned model: what the training rows say about caps, missing values and categories, as expressions
//! that training and scoring share.

use std::collections::BTreeMap;

use polars::prelude::{DataFrame, DataType, Expr, IntoLazy, PolarsResult, col, lit};

use super::params::Logistic;
use super::rule::number;
use crate::indicators::{Indicator, IndicatorKind};

/// Names that begin so count days since something: no value means longer ago than any.
const SINCE: &str = "days_since";

/// One feature of one indicator.
#[derive(Clone, Debug)]
pub(super) struct Feature {
    /// Index into the catalogue of indicators.
    pub(super) indicator: usize,
    /// Name in reports: the indicator, and what of it.
    pub(super) name: String,
    what: What,
    pub(super) mean: f64,
    pub(super) sd: f64,
}

#[derive(Clone, Debug)]
enum What {
    Number { low: f64, high: f64, missing: f64 },
    NoNumber,
    Is(String),
    Other(Vec<String>),
}

impl Feature {
    fn new(indicator: usize, name: String, what: What) -> Self {
        Self {
            indicator,
            name,
            what,
            mean: 0.0,
            sd: 1.0,
        }
    }

    /// The feature as written, over indicator columns.
    fn raw(&self, indicators: &[Indicator]) -> Expr {
        let name = indicators[self.indicator].name.as_str();
        match &self.what {
            What::Number { low, high, missing } => number(name)
                .clip(lit(*low), lit(*high))
                .fill_null(lit(*missing)),
            What::NoNumber => number(name).is_null().cast(DataType::Float64),
            What::Is(text) => is(name, text).cast(DataType::Float64),
            What::Other(kept) => kept
                .iter()
                .fold(lit(true), |other, text| other.and(is(name, text).not()))
                .cast(DataType::Float64),
        }
    }

    /// The feature with mean 0 and standard deviation 1 over the training rows.
    pub(super) fn standard(&self, indicators: &[Indicator]) -> Expr {
        (self.raw(indicators) - lit(self.mean)) / lit(self.sd)
    }
}

fn is(column: &str, text: &str) -> Expr {
    col(column).eq(lit(text)).fill_null(lit(false))
}

/// The features of sorted training rows, each with its mean and standard deviation. Those that never vary are left out,
/// and so is a flag of missing values that repeats an earlier one.
pub(super) fn learn(
    rows: &DataFrame,
    indicators: &[Indicator],
    params: &Logistic,
) -> PolarsResult<Vec<Feature>> {
    let mut features = Vec::new();
    for (i, indicator) in indicators.iter().enumerate() {
        if params.leave_out.contains(&indicator.name) {
            continue;
        }
        match indicator.kind {
            IndicatorKind::Number => features.extend(of_number(rows, i, indicator, params)?),
            IndicatorKind::Text => features.extend(of_text(rows, i, indicator, params)?),
        }
    }
    standardise(rows, indicators, features)
}

/// Values of the features, one column each, standardised.
pub(super) fn matrix(
    rows: &DataFrame,
    indicators: &[Indicator],
    features: &[Feature],
) -> PolarsResult<Vec<Vec<f64>>> {
    columns(
        rows,
        features.iter().map(|feature| feature.standard(indicators)),
    )
}

fn columns(rows: &DataFrame, exprs: impl Iterator<Item = Expr>) -> PolarsResult<Vec<Vec<f64>>> {
    let named: Vec<Expr> = exprs
        .enumerate()
        .map(|(i, expr)| expr.alias(i.to_string()))
        .collect();
    let frame = rows.clone().lazy().select(named).collect()?;
    frame
        .columns()
        .iter()
        .map(|column| Ok(column.f64()?.into_no_null_iter().collect()))
        .collect()
}

fn of_number(
    rows: &DataFrame,
    i: usize,
    indicator: &Indicator,
    params: &Logistic,
) -> PolarsResult<Vec<Feature>> {
    let frame = rows
        .clone()
        .lazy()
        .select([number(&indicator.name).alias("x")])
        .collect()?;
    let mut known: Vec<f64> = frame.column("x")?.f64()?.iter().flatten().collect();
    known.sort_by(f64::total_cmp);
    let (Some(&least), Some(&most)) = (known.first(), known.last()) else {
        return Ok(Vec::new());
    };
    let (mut low, mut high) = (
        quantile(&known, 1.0 - params.cap_quantile),
        quantile(&known, params.cap_quantile),
    );
    if low >= high {
        (low, high) = (least, most);
    }
    let largest = indicator.name.starts_with(SINCE) || params.missing_max.contains(&indicator.name);
    let missing = if largest {
        high
    } else {
        quantile(&known, 0.5).clamp(low, high)
    };
    let mut features = vec![Feature::new(
        i,
        indicator.name.clone(),
        What::Number { low, high, missing },
    )];
    if share(rows.height() - known.len(), rows.height()) > params.missing_flag_share {
        features.push(Feature::new(
            i,
            format!("{} missing", indicator.name),
            What::NoNumber,
        ));
    }
    Ok(features)
}

fn of_text(
    rows: &DataFrame,
    i: usize,
    indicator: &Indicator,
    params: &Logistic,
) -> PolarsResult<Vec<Feature>> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for text in rows.column(&indicator.name)?.str()?.iter().flatten() {
        *counts.entry(text).or_default() += 1;
    }
    counts.retain(|_, n| *n >= params.category_rows_min);
    let kept: Vec<String> = counts.into_keys().map(str::to_owned).collect();
    let categories = kept.iter().map(|text| {
        Feature::new(
            i,
            format!("{} = {text}", indicator.name),
            What::Is(text.clone()),
        )
    });
    let mut features: Vec<Feature> = categories.collect();
    features.push(Feature::new(
        i,
        format!("{} = 其他", indicator.name),
        What::Other(kept),
    ));
    Ok(features)
}

/// Sums in row order: the rows are sorted, so the sums are the same for every order they came in.
fn standardise(
    rows: &DataFrame,
    indicators: &[Indicator],
    features: Vec<Feature>,
) -> PolarsResult<Vec<Feature>> {
    let raw = columns(rows, features.iter().map(|feature| feature.raw(indicators)))?;
    let mut flags: Vec<&Vec<f64>> = Vec::new();
    let mut kept = Vec::new();
    for (feature, values) in features.into_iter().zip(&raw) {
        let n = count(values.len());
        let mean = values.iter().sum::<f64>() / n;
        let sd = (values
            .iter()
            .map(|value| (value - mean) * (value - mean))
            .sum::<f64>()
            / n)
            .sqrt();
        let flag = matches!(feature.what, What::NoNumber);
        if sd <= 1e-12 * mean.abs().max(1.0) || (flag && flags.contains(&values)) {
            continue;
        }
        if flag {
            flags.push(values);
        }
        kept.push(Feature {
            mean,
            sd,
            ..feature
        });
    }
    Ok(kept)
}

/// The smallest value with at least the share `q` of the sorted values at or below it.
fn quantile(sorted: &[f64], q: f64) -> f64 {
    let rank = (q * count(sorted.len()) - 1e-9).ceil().max(1.0);
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a rank lies within the rows"
    )]
    let index = rank as usize - 1;
    sorted[index.min(sorted.len() - 1)]
}

fn share(part: usize, all: usize) -> f64 {
    count(part) / count(all.max(1))
}

#[allow(
    clippy::cast_precision_loss,
    reason = "training rows are far fewer than 2^52"
)]
pub(super) fn count(n: usize) -> f64 {
    n as f64
}
