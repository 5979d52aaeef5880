//! 直接判定 in words: the facts a condition looked at with their numbers, what it asks of each, who keeps the record, and
//! the class and points that follow.

use polars::prelude::{BooleanChunked, DataFrame, Expr, Operator, PolarsResult, UInt32Chunked};

use super::words::{Fact, Unit};
use super::{BASIS, JUDGED};
use crate::indicators::Indicator;
use crate::risk::card::Veto;
use crate::risk::params::NamedClass;
use crate::risk::sql;

/// A direct judgement and what it does.
pub(in crate::risk) struct Judgement<'a> {
    /// The column that says whether it holds.
    pub(in crate::risk) column: String,
    pub(in crate::risk) veto: &'a Veto,
    /// The job's classes, lowest risk first.
    pub(in crate::risk) classes: &'a [NamedClass],
    /// The fewest points it leaves, on the chosen model's range.
    pub(in crate::risk) points_min: i64,
}

/// A direct judgement over the rows of a partition.
pub(super) struct Shown<'a> {
    holds: &'a BooleanChunked,
    judgement: &'a Judgement<'a>,
    facts: Vec<(&'a str, Fact<'a>, String)>,
    /// The condition as written, where it is more than bounds that all hold.
    written: Option<&'a str>,
}

/// What came of a row.
pub(super) struct Outcome<'a> {
    pub(super) class: &'a UInt32Chunked,
    pub(super) points: &'a UInt32Chunked,
}

/// A column, what is asked of it and the bound.
struct Bound {
    column: String,
    op: Asked,
    /// None for a text.
    number: Option<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    More,
    AtLeast,
    Less,
    AtMost,
    Is,
}

impl<'a> Shown<'a> {
    pub(super) fn new(
        frame: &'a DataFrame,
        judgement: &'a Judgement<'a>,
        indicators: &'a [Indicator],
    ) -> PolarsResult<Self> {
        let when = judgement.veto.when.as_str();
        let bounds = sql::parse(when).ok().and_then(|expr| bounds(&expr));
        let columns = match &bounds {
            Some(bounds) => in_order(bounds),
            None => sql::columns(when),
        };
        let mut facts = Vec::new();
        for name in &columns {
            let Some(indicator) = indicators.iter().find(|one| one.name == *name) else {
                continue;
            };
            let fact = Fact::new(frame, name, indicators)?;
            let asked = asked(bounds.as_deref().unwrap_or_default(), name, fact.unit);
            facts.push((indicator.zh.as_str(), fact, asked));
        }
        Ok(Self {
            holds: frame.column(&judgement.column)?.bool()?,
            judgement,
            facts,
            written: bounds.is_none().then_some(when),
        })
    }

    pub(super) fn holds(&self, row: usize) -> bool {
        self.holds.get(row) == Some(true)
    }

    /// `直接判定：甲，依据：乙为1200天（标准：不少于1095天，来源：丙），至少判为D（高），不少于80分`.
    pub(super) fn say(&self, row: usize, outcome: &Outcome, text: &mut String) {
        text.push_str(JUDGED);
        text.push_str(&self.judgement.veto.zh);
        for (i, (zh, fact, asked)) in self.facts.iter().enumerate() {
            text.push_str(if i == 0 { BASIS } else { "，" });
            text.push_str(zh);
            text.push('为');
            fact.say(row, text);
            fact.say_source(asked, text);
        }
        if let Some(written) = self.written {
            text.push_str(if self.facts.is_empty() { BASIS } else { "，" });
            text.push_str("标准：");
            text.push_str(written);
        }
        self.say_what_follows(row, outcome, text);
    }

    /// Class and points, where they hold for the row: an object outside the classes has none, and one with an imported class
    /// has the points of that.
    fn say_what_follows(&self, row: usize, outcome: &Outcome, text: &mut String) {
        let Judgement {
            veto,
            classes,
            points_min,
            ..
        } = self.judgement;
        let class = outcome.class.get(row).map_or(0, |class| class as usize);
        if (veto.class..classes.len()).contains(&class) {
            let least = &classes[veto.class];
            text.push_str("，至少判为");
            text.push_str(&least.code);
            text.push('（');
            text.push_str(&least.name);
            text.push('）');
        }
        if outcome.points.get(row).map(i64::from) >= Some(*points_min) {
            text.push_str("，不少于");
            text.push_str(&points_min.to_string());
            text.push('分');
        }
    }
}

/// The bounds that must all hold; none where the condition is anything else.
fn bounds(expr: &Expr) -> Option<Vec<Bound>> {
    let Expr::BinaryExpr { left, op, right } = expr else {
        return None;
    };
    let op = match op {
        Operator::And | Operator::LogicalAnd => {
            let mut all = bounds(left)?;
            all.extend(bounds(right)?);
            return Some(all);
        }
        Operator::Gt => Asked::More,
        Operator::GtEq => Asked::AtLeast,
        Operator::Lt => Asked::Less,
        Operator::LtEq => Asked::AtMost,
        Operator::Eq => Asked::Is,
        _ => return None,
    };
    let (column, op, value) = match (left.as_ref(), right.as_ref()) {
        (Expr::Column(column), Expr::Literal(value)) => (column, op, value),
        (Expr::Literal(value), Expr::Column(column)) => (column, op.turned(), value),
        _ => return None,
    };
    let column = column.to_string();
    let number = match value.get_datatype() {
        kind if kind.is_primitive_numeric() => Some(value.to_any_value()?.extract::<f64>()?),
        _ => value.extract_str().map(|_| None)?,
    };
    Some(vec![Bound { column, op, number }])
}

impl Asked {
    /// The same with its sides exchanged.
    fn turned(self) -> Self {
        match self {
            Self::More => Self::Less,
            Self::AtLeast => Self::AtMost,
            Self::Less => Self::More,
            Self::AtMost => Self::AtLeast,
            Self::Is => Self::Is,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::More => "多于",
            Self::AtLeast => "不少于",
            Self::Less => "少于",
            Self::AtMost => "不多于",
            Self::Is => "等于",
        }
    }
}

/// The columns of bounds, each once, as they are written.
fn in_order(bounds: &[Bound]) -> Vec<String> {
    let mut columns: Vec<String> = Vec::new();
    for bound in bounds {
        if !columns.contains(&bound.column) {
            columns.push(bound.column.clone());
        }
    }
    columns
}

/// What is asked of a column, in words; nothing where its value says it: yes or no, or a text.
fn asked(bounds: &[Bound], column: &str, unit: Unit) -> String {
    let mut words = String::new();
    for bound in bounds.iter().filter(|bound| bound.column == column) {
        if let Some(number) = bound.number.filter(|_| unit != Unit::YesNo) {
            words.push_str(if words.is_empty() { "" } else { "、" });
            words.push_str(bound.op.words());
            unit.say(number, &mut words);
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::{Unit, asked, bounds, sql};

    fn said(condition: &str, column: &str, unit: &str) -> Option<String> {
        let bounds = bounds(&sql::parse(condition).unwrap())?;
        Some(asked(&bounds, column, Unit::of(unit)))
    }

    #[test]
    fn bounds_that_all_hold_are_said_with_their_unit() {
        let both = "days >= 1095 AND rate > 0.5 AND food > 0 AND kind = '企业'";
        let words = |column, unit| said(both, column, unit).unwrap();
        assert_eq!(words("days", "days"), "不少于1095天");
        assert_eq!(words("rate", "share"), "多于50%");
        assert_eq!(words("food", "0/1"), "", "yes or no says it");
        assert_eq!(words("kind", "text"), "", "the text says it");
        let between = said("1 <= n AND n < 3", "n", "times");
        assert_eq!(between.unwrap(), "不少于1次、少于3次");
    }

    #[test]
    fn anything_else_than_bounds_that_all_hold_has_no_words_of_its_own() {
        for condition in ["a > 0 OR b > 0", "a + b > 3", "a IS NULL", "NOT a > 0"] {
            assert_eq!(said(condition, "a", "times"), None, "{condition}");
        }
    }
}
