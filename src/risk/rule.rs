//! What every model comes down to: terms over indicator columns, a score, and integer risk points.

use polars::prelude::{Expr, col, lit, when};

use super::card::{Card, Factor, Least, Scale};
use super::models::SCORECARD;

/// A model as column expressions.
pub(super) struct Rule {
    /// Name of the model.
    pub(super) name: String,
    /// What each factor or indicator adds above its least, in declared order.
    pub(super) terms: Vec<Term>,
    /// All factors of the card together, before direct judgements and limits; none for another model.
    pub(super) total: Option<Expr>,
    /// The ranking, over the terms' columns and the columns of the direct judgements.
    pub(super) score: Expr,
    /// Risk points before direct judgements, over the score's column.
    pub(super) points: Expr,
    /// Upper end of the points.
    pub(super) points_max: i64,
}

/// One term of a model.
pub(super) struct Term {
    /// The indicator's column.
    pub(super) indicator: String,
    /// Chinese name for the reasons.
    pub(super) zh: String,
    /// The gain as a number, over indicator columns; none where its column is there already.
    pub(super) gain: Option<Expr>,
    /// The fewest points of a factor of the card; none where gains are log odds.
    pub(super) least: Option<Least>,
}

impl Rule {
    /// Column of the rule's term `i`.
    pub(super) fn column(name: &str, i: usize) -> String {
        format!("{name}:{i}")
    }

    /// Column of the score of the rule `name`, while it is computed.
    pub(super) fn score_column(name: &str) -> String {
        format!("risk:score_{name}")
    }
}

/// Column that says whether direct judgement `i` holds.
pub(super) fn veto_column(i: usize) -> String {
    format!("veto:{i}")
}

/// An indicator column as a number in which "no value" is always null.
pub(super) fn number(indicator: &str) -> Expr {
    let column = col(indicator);
    when(column.clone().is_nan())
        .then(lit(polars::prelude::NULL))
        .otherwise(column)
}

/// The declared scorecard as columns. Its score is the total before clipping, at least that of any direct judgement.
pub(super) fn scorecard(card: &Card) -> Rule {
    let terms = card.factors.iter().map(|factor| {
        let least = factor.least();
        Term {
            indicator: factor.indicator.clone(),
            zh: factor.zh.clone(),
            gain: Some(points(factor) - whole(least.points)),
            least: Some(least),
        }
    });
    let total = (0..card.groups.len()).fold(whole(card.base), |sum, group| {
        sum + group_points(card, group)
    });
    let raised = card
        .vetoes
        .iter()
        .enumerate()
        .fold(total.clone(), |score, (i, veto)| {
            let least = whole(veto.points);
            let raised = col(veto_column(i)).and(score.clone().lt(least.clone()));
            when(raised).then(least).otherwise(score)
        });
    Rule {
        name: SCORECARD.to_owned(),
        terms: terms.collect(),
        total: Some(total),
        score: raised,
        points: col(Rule::score_column(SCORECARD))
            .clip(whole(card.points_min), whole(card.points_max)),
        points_max: card.points_max,
    }
}

fn group_points(card: &Card, group: usize) -> Expr {
    let members = card
        .factors
        .iter()
        .enumerate()
        .filter(|(_, factor)| factor.group == group);
    let sum = members.fold(whole(0), |sum, (i, factor)| {
        sum + col(Rule::column(SCORECARD, i)) + whole(factor.least().points)
    });
    match card.groups[group].points_max {
        Some(most) => sum.clip_max(whole(most)),
        None => sum,
    }
}

fn points(factor: &Factor) -> Expr {
    let (value, scaled) = match &factor.scale {
        Scale::Bins { below, rest } => {
            let value = number(&factor.indicator);
            let scaled = below
                .iter()
                .rev()
                .fold(whole(*rest), |rest, (bound, points)| {
                    when(value.clone().lt(lit(*bound)))
                        .then(whole(*points))
                        .otherwise(rest)
                });
            (value, scaled)
        }
        Scale::Values { points, other } => {
            let value = col(factor.indicator.as_str());
            let scaled = points.iter().fold(whole(*other), |rest, (text, points)| {
                when(value.clone().eq(lit(text.as_str())))
                    .then(whole(*points))
                    .otherwise(rest)
            });
            (value, scaled)
        }
    };
    when(value.is_null())
        .then(whole(factor.missing))
        .otherwise(scaled)
}

/// Points as a float literal: whole numbers below 2^53 stay exact.
#[allow(
    clippy::cast_precision_loss,
    reason = "a card's points are at most a million"
)]
fn whole(points: i64) -> Expr {
    lit(points as f64)
}
