//! Who carries the burden, and for whom the classes are wrong: by size, kind, industry, age, region.
//!
//! | question | number |
//! |---|---|
//! | burden | visits per 100 objects and per 100 estimated violators; share visited twice in a year; share of clean visits (扰企率) |
//! | outcome test | findings at equal class: a lower rate means over-inspected (Becker 1957; Knowles, Persico and Todd 2001) |
//! | calibration | mean forecast against findings, weighted 1/π |
//! | errors | Aequitas' rates, weighted 1/π: labelled rows alone are those the draw favoured |
//! | missed risk | weighted rate of findings among the low classes |
//!
//! A number that rests on fewer objects or results than the least size is not given.

mod confusion;
mod groups;
mod params;

use serde::{Deserialize, Serialize};

pub use confusion::{Confusion, Rates, disparity, is_fair};
pub use params::{FairnessParams, ValidFairness};

use super::agreement::{Level, QuarterCalibration, by_quarter};
use super::judgement::{Judged, check, judge_all};
use super::ranking::Scored;
use super::{DrawnUnit, Error, Figure, FrameFacts, ValidParams};
use crate::units::Day;
use groups::House;

/// The frame by one attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// Its name, as in `[fairness] by`.
    pub name: String,
    /// Its groups, ascending by label.
    pub groups: Vec<GroupFacts>,
    /// The group of every drawn unit, parallel to the units.
    pub of_unit: Vec<usize>,
}

/// What is known of a group before any result.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupFacts {
    /// Label.
    pub label: String,
    /// Objects of the frame by class.
    pub by_class: Vec<u64>,
    /// Objects that were visited twice or more in the year before the as-of day, whatever brought the visits.
    pub n_repeated: u64,
}

/// The draw by every attribute.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fairness {
    /// Least size of a cell.
    pub minimum: u64,
    /// Codes of the classes taken for risky.
    pub high: Vec<String>,
    /// Codes of the classes whose missed risk is looked at.
    pub low: Vec<String>,
    /// Whether results of visits are known.
    pub has_results: bool,
    /// By attribute.
    pub attributes: Vec<AttributeFairness>,
    /// Forecast against findings by quarter of the visit; empty where visits have no day or there is no forecast.
    pub by_quarter: Vec<QuarterCalibration>,
}

/// The draw by one attribute.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AttributeFairness {
    /// Its name.
    pub name: String,
    /// The group others are held against; absent where no group is large enough.
    pub reference: Option<String>,
    /// Its groups.
    pub groups: Vec<GroupFairness>,
    /// Findings of a group at equal class against the rest of that class.
    pub outcome_tests: Vec<OutcomeTest>,
}

/// One group. Numbers that rest on too little are absent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroupFairness {
    /// Label.
    pub label: String,
    /// Objects in the frame.
    pub n_frame: u64,
    /// Objects drawn.
    pub n_drawn: u64,
    /// Valid results.
    pub n: u64,
    /// Findings.
    pub hits: u64,
    /// Objects taken for risky, of the frame.
    pub selection: Option<f64>,
    /// That share over the reference group's; fair from 0.8 to 1.25.
    pub selection_disparity: Option<f64>,
    /// Drawn per 100 objects of the frame.
    pub drawn_per_100: Option<f64>,
    /// Drawn per 100 estimated violators of the frame.
    pub drawn_per_100_violators: Option<f64>,
    /// Objects with two visits or more in the past year, of the frame.
    pub repeated: Option<f64>,
    /// 问题发现率, with Wilson's interval.
    pub hit_rate: Figure,
    /// 扰企率: valid visits without a finding.
    pub clean_rate: Option<f64>,
    /// 估计违规率, weighted 1/π, with Wilson's interval on the effective size.
    pub prevalence: Figure,
    /// Rate of findings among the low classes, weighted 1/π: missed risk.
    pub missed: Figure,
    /// Missed risk over the reference group's.
    pub missed_disparity: Option<f64>,
    /// Forecast against findings, weighted 1/π.
    pub calibration: Option<Level>,
    /// Error rates, weighted 1/π; each rests on enough results or is absent.
    pub rates: Rates,
    /// False positives over the reference group's rate.
    pub false_positive_disparity: Option<f64>,
    /// False negatives over the reference group's rate.
    pub false_negative_disparity: Option<f64>,
}

/// Findings of a group in one class against the rest of that class.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OutcomeTest {
    /// The group.
    pub group: String,
    /// Code of the class.
    pub class: String,
    /// Valid results of the group.
    pub n: u64,
    /// Its rate of findings.
    pub rate: f64,
    /// Rate of findings of the rest of the class.
    pub rest: f64,
    /// Newcombe's interval of the difference, lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// What the interval says.
    pub verdict: OutcomeVerdict,
}

/// What an outcome test says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutcomeVerdict {
    /// Fewer findings than others of the class: visited too often for its risk.
    OverInspected,
    /// The interval covers no difference.
    NoDifference,
    /// More findings than others of the class: visited too seldom for its risk.
    UnderInspected,
}

/// Looks at the draw by every attribute. Order of units does not matter but for the last digit of sums.
///
/// # Errors
/// As [`measure`](super::measure()).
pub fn fairness(
    params: &ValidFairness,
    rules: &ValidParams,
    frame: &FrameFacts,
    units: &[DrawnUnit],
    attributes: &[Attribute],
) -> Result<Fairness, Error> {
    check(frame, units)?;
    let all: Vec<&DrawnUnit> = units.iter().collect();
    let judged = judge_all(rules, frame, &all)?;
    let (high, low) = (params.high(frame), params.low(frame));
    let house = House {
        minimum: params.minimum,
        frame,
        judged: &judged,
        high: &high,
        low: &low,
    };
    let codes = |classes: &[u16]| {
        let code = |class: &u16| frame.classes[usize::from(*class)].code.clone();
        classes.iter().map(code).collect()
    };
    Ok(Fairness {
        minimum: params.minimum,
        high: codes(&high),
        low: codes(&low),
        has_results: judged.iter().any(Judged::is_valid),
        attributes: attributes
            .iter()
            .map(|attribute| house.attribute(attribute, params.reference.get(&attribute.name)))
            .collect(),
        by_quarter: by_quarter(&dated(&judged), params.minimum),
    })
}

impl ValidFairness {
    fn high(&self, frame: &FrameFacts) -> Vec<u16> {
        named(frame, &self.high, |ranked| {
            ranked[ranked.len().saturating_sub(1)..].to_vec()
        })
    }

    fn low(&self, frame: &FrameFacts) -> Vec<u16> {
        named(frame, &self.low, |ranked| {
            ranked[..ranked.len() / 2].to_vec()
        })
    }
}

/// Indices of the classes with these codes; of the ranked ones that `otherwise` takes where none is named.
fn named(frame: &FrameFacts, codes: &[String], otherwise: fn(&[u16]) -> Vec<u16>) -> Vec<u16> {
    let classes = || (0_u16..).zip(&frame.classes);
    if codes.is_empty() {
        let ranked = classes().filter(|(_, class)| class.is_ranked);
        return otherwise(&ranked.map(|(at, _)| at).collect::<Vec<u16>>());
    }
    let wanted = classes().filter(|(_, class)| codes.contains(&class.code));
    wanted.map(|(at, _)| at).collect()
}

fn scored(unit: &Judged, score: f64) -> Scored {
    Scored {
        score,
        weight: 1.0 / unit.pi,
        found: unit.is_hit(),
    }
}

fn dated(judged: &[Judged]) -> Vec<(Day, Scored)> {
    let valid = judged.iter().filter(|unit| unit.is_valid());
    valid
        .filter_map(|unit| {
            let day = unit.unit.outcome.as_ref()?.inspected_on?;
            Some((day, scored(unit, unit.unit.probability?)))
        })
        .collect()
}
