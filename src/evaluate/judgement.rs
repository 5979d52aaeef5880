//! A draw with its verdicts: who answered, what for, and the variance strata sums run in.

use super::cell::Domain;
use super::design::{Respondent, collapse};
use super::finding::{Verdict, judge};
use super::number::real;
use super::{DrawnUnit, Error, FrameFacts, ValidParams};

/// A drawn unit with its verdict (`None`: not visited) and its probability to be drawn and to respond.
pub(super) struct Judged<'a> {
    pub(super) unit: &'a DrawnUnit,
    pub(super) verdict: Option<Verdict>,
    pub(super) pi: f64,
}

impl Judged<'_> {
    pub(super) fn is_valid(&self) -> bool {
        self.verdict.is_some_and(|verdict| verdict.valid)
    }

    pub(super) fn is_hit(&self) -> bool {
        self.verdict
            .is_some_and(|verdict| verdict.valid && verdict.hit)
    }
}

/// A draw with its verdicts, and the variance strata they are summed in.
pub(super) struct Judgement<'a> {
    pub(super) units: Vec<Judged<'a>>,
    /// Variance stratum of every stratum.
    groups: Vec<usize>,
    /// Visited units of every variance stratum.
    visited: Vec<Vec<usize>>,
}

pub(super) fn check(frame: &FrameFacts, units: &[DrawnUnit]) -> Result<(), Error> {
    for unit in units {
        let id = || unit.object_id.clone();
        if index(unit.stratum) >= frame.strata.len() {
            return Err(Error::UnknownStratum {
                object_id: id(),
                stratum: unit.stratum,
            });
        }
        if usize::from(unit.class) >= frame.classes.len() {
            return Err(Error::UnknownClass {
                object_id: id(),
                class: unit.class,
            });
        }
        if !(unit.pi > 0.0 && unit.pi <= 1.0) {
            return Err(Error::Probability {
                object_id: id(),
                pi: unit.pi,
            });
        }
        if !unit.score.is_finite() {
            return Err(Error::Score { object_id: id() });
        }
    }
    Ok(())
}

pub(super) fn index(value: u32) -> usize {
    usize::try_from(value).expect("32 bits fit a usize")
}

/// Non-response is adjusted by class: π times the visit rate of the class.
pub(super) fn judge_all<'a>(
    params: &ValidParams,
    frame: &FrameFacts,
    units: &[&'a DrawnUnit],
) -> Result<Vec<Judged<'a>>, Error> {
    let verdict = |unit: &DrawnUnit| match &unit.outcome {
        Some(outcome) => judge(params.hit_rule, &params.codes, &unit.object_id, outcome),
        None => Ok(None),
    };
    let verdicts: Vec<Option<Verdict>> = units
        .iter()
        .map(|unit| verdict(unit))
        .collect::<Result<_, Error>>()?;
    let mut drawn = vec![0_u64; frame.classes.len()];
    let mut answered = drawn.clone();
    for (unit, verdict) in units.iter().zip(&verdicts) {
        drawn[usize::from(unit.class)] += 1;
        answered[usize::from(unit.class)] += u64::from(verdict.is_some());
    }
    let response =
        |class: u16| real(answered[usize::from(class)]) / real(drawn[usize::from(class)]);
    let judged = |(&unit, verdict): (&&'a DrawnUnit, Option<Verdict>)| Judged {
        unit,
        verdict,
        pi: response(unit.class) * if unit.take_all { 1.0 } else { unit.pi },
    };
    Ok(units.iter().zip(verdicts).map(judged).collect())
}

impl<'a> Judgement<'a> {
    /// Strata with fewer than two take-some results are merged in order for variances.
    pub(super) fn new(frame: &FrameFacts, units: Vec<Judged<'a>>) -> Self {
        let mut n_take_some = vec![0; frame.strata.len()];
        let is_visited = |unit: &Judged| unit.verdict.is_some();
        for unit in units
            .iter()
            .filter(|unit| is_visited(unit) && unit.pi < 1.0)
        {
            n_take_some[index(unit.unit.stratum)] += 1;
        }
        let groups = collapse(&n_take_some);
        let mut visited = vec![Vec::new(); groups.iter().max().map_or(0, |last| last + 1)];
        for (place, unit) in units
            .iter()
            .enumerate()
            .filter(|(_, unit)| is_visited(unit))
        {
            visited[groups[index(unit.unit.stratum)]].push(place);
        }
        Self {
            units,
            groups,
            visited,
        }
    }

    pub(super) fn group(&self, place: usize) -> usize {
        self.groups[index(self.units[place].unit.stratum)]
    }

    /// Labels of strata that were merged and hold take-some results.
    pub(super) fn collapsed(&self, frame: &FrameFacts) -> Vec<Vec<String>> {
        let mut merged: Vec<Vec<String>> = vec![Vec::new(); self.visited.len()];
        for (stratum, &group) in frame.strata.iter().zip(&self.groups) {
            merged[group].push(stratum.label.clone());
        }
        let has_take_some = |group: usize| {
            self.visited[group]
                .iter()
                .any(|&place| self.units[place].pi < 1.0)
        };
        let merged = merged.into_iter().enumerate();
        merged
            .filter(|(group, labels)| labels.len() > 1 && has_take_some(*group))
            .map(|(_, labels)| labels)
            .collect()
    }

    /// The visited units that carry variance of a domain: all of every variance stratum the domain touches.
    pub(super) fn respondents(&self, domain: &Domain) -> Vec<Respondent> {
        let mut groups: Vec<usize> = domain
            .members
            .iter()
            .map(|&place| self.group(place))
            .collect();
        groups.sort_unstable();
        groups.dedup();
        let places = groups.into_iter().flat_map(|group| &self.visited[group]);
        places
            .map(|&place| self.respondent(place, domain.members.binary_search(&place).is_ok()))
            .collect()
    }

    pub(super) fn respondent(&self, place: usize, is_inside: bool) -> Respondent {
        let unit = &self.units[place];
        Respondent {
            y: f64::from(u8::from(unit.is_hit())),
            in_domain: f64::from(u8::from(unit.is_valid() && is_inside)),
            pi: unit.pi,
            stratum: self.group(place),
        }
    }

    pub(super) fn of<'b>(&'b self, domain: &'b Domain) -> impl Iterator<Item = &'b Judged<'a>> {
        domain.members.iter().map(|&place| &self.units[place])
    }
}
