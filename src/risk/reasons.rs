//! Why an object has its points, in an officer's words: direct judgements first, then the largest terms, each with its number,
//! what it adds and who keeps the record.

mod judged;
mod points;
mod words;

use polars::prelude::{DataFrame, PolarsResult, StringChunked};
use rayon::prelude::*;

use super::card::Least;
use super::rule::{Rule, Term};
use crate::indicators::Indicator;
use judged::{Outcome, Shown as ShownJudgement};
use words::{Fact, short};

pub(super) use judged::Judgement;

/// Gains below this are not reasons: they would read "+0".
const GAIN_MIN: f64 = 0.005;

/// Reasons that come before the terms, and what decides whether and how they are said.
pub(super) struct First<'a> {
    pub(super) judgements: Vec<Judgement<'a>>,
    /// The text indicator with the class another authority gave.
    pub(super) imported: Option<&'a Indicator>,
    /// Columns of class and points as they came out.
    pub(super) class: &'a str,
    pub(super) points: &'a str,
    /// Column of all factors of the card together; none for another model.
    pub(super) total: Option<&'a str>,
}

/// What the reason of a direct judgement begins with …
pub(super) const JUDGED: &str = "直接判定：";
/// … and what comes between its name and its facts.
pub(super) const BASIS: &str = "，依据：";
/// What the last reason is called: all that adds points and is not said.
pub const REST: &str = "基础分及其余各项";
/// Between what another reason is called and its value.
const IS: char = '：';

/// What a reason is called, and what it says of it; none for a direct judgement that is all name.
#[must_use]
pub fn reason_parts(reason: &str) -> Option<(&str, &str)> {
    if reason.starts_with(JUDGED) {
        reason.split_once(BASIS)
    } else {
        reason.split_once(IS)
    }
}

/// One text per row: reasons joined by `；`, at most `most` of them beside the first ones.
pub(super) fn texts(
    frame: &DataFrame,
    rule: &Rule,
    indicators: &[Indicator],
    first: &First<'_>,
    most: usize,
) -> PolarsResult<Vec<String>> {
    let judged = first.judgements.iter();
    let judged = judged.map(|judgement| ShownJudgement::new(frame, judgement, indicators));
    let judged = judged.collect::<PolarsResult<Vec<_>>>()?;
    let outcome = Outcome {
        class: frame.column(first.class)?.u32()?,
        points: frame.column(first.points)?.u32()?,
    };
    let imported = first.imported.map(|one| Import::new(frame, one));
    let imported = imported.transpose()?;
    let terms = rule
        .terms
        .iter()
        .enumerate()
        .map(|(i, term)| Shown::new(frame, rule, indicators, (i, term)));
    let terms = terms.collect::<PolarsResult<Vec<_>>>()?;
    let totals = first
        .total
        .map(|total| frame.column(total)?.f64()?.cont_slice());
    let totals = totals.transpose()?;
    let text = |row: usize| {
        let mut text = String::new();
        for judgement in judged.iter().filter(|judgement| judgement.holds(row)) {
            next(&mut text);
            judgement.say(row, &outcome, &mut text);
        }
        if let Some(imported) = &imported {
            imported.say(row, &mut text);
        }
        let said = largest(&terms, row, most);
        for &i in &said {
            next(&mut text);
            terms[i].say(row, &mut text);
        }
        let points = outcome.points.get(row).map(f64::from);
        if let Some((totals, points)) = totals.zip(points) {
            let sum = Sum {
                total: totals[row],
                points,
                points_max: rule.points_max,
            };
            sum.say(&terms, &said, row, &mut text);
        }
        text
    };
    Ok((0..frame.height()).into_par_iter().map(text).collect())
}

fn next(text: &mut String) {
    if !text.is_empty() {
        text.push('；');
    }
}

/// Indices of the largest gains of a row, largest first, what adds before what only does not take away; equal gains keep
/// the declared order.
fn largest(terms: &[Shown], row: usize, most: usize) -> Vec<usize> {
    let mut gains: Vec<(usize, bool, f64)> = terms
        .iter()
        .enumerate()
        .map(|(i, term)| (i, term.adds(row), term.gain[row]))
        .collect();
    gains.retain(|(_, _, gain)| *gain >= GAIN_MIN);
    gains.sort_by(|a, b| b.1.cmp(&a.1).then(b.2.total_cmp(&a.2)));
    gains.truncate(most);
    gains.into_iter().map(|(i, _, _)| i).collect()
}

/// What a card's points of a row come to.
struct Sum {
    /// All factors together.
    total: f64,
    /// What counts, after the card's limits, direct judgements and policies.
    points: f64,
    points_max: i64,
}

impl Sum {
    /// The last reason: what is left beside the terms that were said, so that a reader's sum comes out (the card's base, other
    /// factors, what the limits of groups take off), and why what counts is something else.
    fn say(&self, terms: &[Shown], said: &[usize], row: usize, text: &mut String) {
        let own = said.iter().map(|&i| terms[i].points(row));
        let Some(own) = own.sum::<Option<f64>>().filter(|_| !said.is_empty()) else {
            return;
        };
        text.push('；');
        text.push_str(REST);
        text.push(IS);
        short(self.total - own, text);
        text.push('分');
        if self.points.to_bits() == self.total.to_bits() {
            return;
        }
        let max = points::whole(self.points_max);
        let is_capped = self.total > max && self.points.to_bits() == max.to_bits();
        let mut add = |words: &str, points: f64| {
            text.push_str(words);
            short(points, text);
        };
        add("，合计", self.total);
        let counts = if is_capped { "按上限" } else { "按" };
        add(&format!("分，{counts}"), self.points);
        text.push_str("分计");
    }
}

/// A class another authority gave.
struct Import<'a> {
    zh: &'a str,
    values: &'a StringChunked,
    fact: Fact<'a>,
}

impl<'a> Import<'a> {
    fn new(frame: &'a DataFrame, indicator: &'a Indicator) -> PolarsResult<Self> {
        Ok(Self {
            zh: &indicator.zh,
            values: frame.column(&indicator.name)?.str()?,
            fact: Fact::new(frame, &indicator.name, std::slice::from_ref(indicator))?,
        })
    }

    fn say(&self, row: usize, text: &mut String) {
        if let Some(value) = self.values.get(row) {
            next(text);
            text.push_str(self.zh);
            text.push(IS);
            text.push_str(value);
            self.fact.say_source("", text);
        }
    }
}

/// A term over the rows of a partition.
struct Shown<'a> {
    zh: &'a str,
    fact: Fact<'a>,
    gain: &'a [f64],
    /// The fewest points of a factor, which gains are counted from; none where gains are log odds.
    least: Option<&'a Least>,
}

impl<'a> Shown<'a> {
    fn new(
        frame: &'a DataFrame,
        rule: &'a Rule,
        indicators: &'a [Indicator],
        (i, term): (usize, &'a Term),
    ) -> PolarsResult<Self> {
        let gain = frame
            .column(&Rule::column(&rule.name, i))?
            .f64()?
            .cont_slice()?;
        Ok(Self {
            zh: &term.zh,
            fact: Fact::new(frame, &term.indicator, indicators)?,
            gain,
            least: term.least.as_ref(),
        })
    }

    /// Whether it adds to the points or the odds of a row, more than not taking points away.
    fn adds(&self, row: usize) -> bool {
        self.points(row).is_none_or(|points| points > 0.0)
    }

    /// The card's own points of a row.
    fn points(&self, row: usize) -> Option<f64> {
        self.least.map(|least| least.points(self.gain[row]))
    }

    fn say(&self, row: usize, text: &mut String) {
        text.push_str(self.zh);
        text.push(IS);
        self.fact.say(row, text);
        if let Some(least) = self.least {
            least.say(self.gain[row], self.fact.unit, text);
        } else {
            text.push_str("，使发现问题的几率变为");
            short(self.gain[row].exp(), text);
            text.push('倍');
        }
        self.fact.say_source("", text);
    }
}
