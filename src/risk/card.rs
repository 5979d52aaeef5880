//! The declared scorecard: a TOML card of bins, values and direct judgements, checked with every problem at once.
//!
//! An object's points are the card's base, plus what each factor gives for the value of its indicator, group by group
//! up to the group's limit, clipped to the card's range. Higher points mean higher risk.

mod file;

use std::collections::BTreeMap;
use std::path::Path;

use super::sql;
use crate::indicators::{Indicator, IndicatorKind};
use crate::units::{Digest, Problem};
use file::{CardFile, digest_of};

/// A checked scorecard.
#[derive(Clone, Debug)]
pub(super) struct Card {
    path: String,
    pub(super) name: String,
    pub(super) zh: String,
    pub(super) en: String,
    pub(super) digest: Digest,
    pub(super) base: i64,
    pub(super) points_min: i64,
    pub(super) points_max: i64,
    pub(super) groups: Vec<Group>,
    pub(super) factors: Vec<Factor>,
    pub(super) vetoes: Vec<Veto>,
}

/// Factors whose points together have a limit.
#[derive(Clone, Debug)]
pub(super) struct Group {
    code: String,
    /// Most points the group's factors give together.
    pub(super) points_max: Option<i64>,
}

/// One factor (评分指标).
#[derive(Clone, Debug)]
pub(super) struct Factor {
    pub(super) name: String,
    pub(super) indicator: String,
    pub(super) zh: String,
    /// Index into the card's groups.
    pub(super) group: usize,
    pub(super) scale: Scale,
    /// Points of an object without a value.
    pub(super) missing: i64,
}

/// How a value becomes points.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Scale {
    /// The first bin whose bound the value lies below, or `rest`.
    Bins { below: Vec<(f64, i64)>, rest: i64 },
    /// The text's own points, or `other`.
    Values {
        points: BTreeMap<String, i64>,
        other: i64,
    },
}

/// 直接判定: a condition that by itself puts an object into a class.
#[derive(Clone, Debug)]
pub(super) struct Veto {
    pub(super) name: String,
    pub(super) when: String,
    /// Index of the class, lowest risk first.
    pub(super) class: usize,
    /// Fewest points, on the card's range.
    pub(super) points: i64,
    pub(super) zh: String,
}

/// The fewest points a factor can give, and the first value that gives them.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Least {
    pub(super) points: i64,
    pub(super) at: At,
}

/// A place on a factor's scale.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum At {
    /// From the first bound on, below the second; none where the scale is open.
    Between(Option<f64>, Option<f64>),
    /// This text.
    Text(String),
    /// Every text without points of its own.
    Others,
    /// No value.
    Missing,
}

impl Factor {
    /// The fewest points this factor can give.
    pub(super) fn least(&self) -> Least {
        let (points, at) = match &self.scale {
            Scale::Bins { below, rest } => least_bins(below, *rest),
            Scale::Values { points, other } => {
                let texts = points.iter().map(|(text, n)| (*n, At::Text(text.clone())));
                fewest(texts.chain([(*other, At::Others)]))
            }
        };
        if self.missing < points {
            let points = self.missing;
            return Least {
                points,
                at: At::Missing,
            };
        }
        Least { points, at }
    }
}

/// The fewest points of bins, and the bins side by side that give them.
fn least_bins(below: &[(f64, i64)], rest: i64) -> (i64, At) {
    let points = below.iter().map(|bin| bin.1).fold(rest, i64::min);
    let bounds: Vec<f64> = below.iter().map(|bin| bin.0).collect();
    let gives = |bin: usize| below.get(bin).map_or(rest, |bin| bin.1) == points;
    let first = (0..=below.len())
        .find(|bin| gives(*bin))
        .unwrap_or_default();
    let last = (first..=below.len()).take_while(|bin| gives(*bin)).last();
    let from = first.checked_sub(1).map(|before| bounds[before]);
    let to = last.and_then(|last| bounds.get(last).copied());
    (points, At::Between(from, to))
}

fn fewest(places: impl Iterator<Item = (i64, At)>) -> (i64, At) {
    let least = places.reduce(|least, other| if other.0 < least.0 { other } else { least });
    least.expect("every scale has an open place")
}

impl Card {
    /// Reads and checks the card at `path` against the class codes of the job, lowest risk first.
    pub(super) fn read(path: &Path, classes: &[&str]) -> Result<Self, Vec<Problem>> {
        let written = path.display().to_string();
        let in_card = |mut problem: Problem| {
            problem.file.clone_from(&written);
            problem
        };
        let (mut file, mut texts) = CardFile::read(path)?;
        if let Some(general) = file.extends.take() {
            let (base, text) = CardFile::read(Path::new(&general))?;
            if base.extends.is_some() {
                let rule = "must be a card that extends none itself";
                return Err(vec![in_card(Problem::new("extends", general, rule))]);
            }
            file.come_after(base);
            texts.extend(text);
        }
        let problems = file.problems(classes);
        if problems.is_empty() {
            let texts: Vec<&[u8]> = texts.iter().map(String::as_bytes).collect();
            Ok(file.checked(&written, classes, digest_of(&texts)))
        } else {
            Err(problems.into_iter().map(in_card).collect())
        }
    }

    /// Problems of the card with a catalogue of indicators.
    pub(super) fn check_indicators(&self, indicators: &[Indicator]) -> Vec<Problem> {
        let factors = self
            .factors
            .iter()
            .filter_map(|factor| factor.misfit(indicators));
        let vetoes = self.vetoes.iter().filter_map(|veto| {
            let reason = sql::condition(&veto.when, indicators).err()?;
            let rule = format!("must be an SQL condition over the indicators: {reason}");
            Some(Problem::new(
                format!("veto.{}.when", veto.name),
                &veto.when,
                rule,
            ))
        });
        let in_card = |problem: Problem| Problem {
            file: self.path.clone(),
            ..problem
        };
        factors.chain(vetoes).map(in_card).collect()
    }
}

impl Factor {
    fn misfit(&self, indicators: &[Indicator]) -> Option<Problem> {
        let key = |end: &str| format!("factor.{}.{end}", self.name);
        let Some(indicator) = indicators
            .iter()
            .find(|indicator| indicator.name == self.indicator)
        else {
            return Some(Problem::new(
                key("indicator"),
                &self.indicator,
                "no indicator has this name",
            ));
        };
        match (&self.scale, indicator.kind) {
            (Scale::Bins { .. }, IndicatorKind::Text) => Some(Problem::new(
                key("bins"),
                &self.indicator,
                "a text indicator needs values, not bins",
            )),
            (Scale::Values { .. }, IndicatorKind::Number) => Some(Problem::new(
                key("values"),
                &self.indicator,
                "a number needs bins, not values",
            )),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{At, least_bins};

    #[test]
    fn the_fewest_points_stand_in_bins_side_by_side() {
        let at = |from, to| At::Between(from, to);
        assert_eq!(least_bins(&[(1.0, 0)], -3), (-3, at(Some(1.0), None)));
        let falling = [(1.0, 4), (3.0, -1), (10.0, -1)];
        assert_eq!(least_bins(&falling, 0), (-1, at(Some(1.0), Some(10.0))));
        assert_eq!(least_bins(&falling, -1), (-1, at(Some(1.0), None)));
        assert_eq!(least_bins(&[(2.0, -1)], 0), (-1, at(None, Some(2.0))));
        assert_eq!(least_bins(&[], -1), (-1, at(None, None)));
    }
}
