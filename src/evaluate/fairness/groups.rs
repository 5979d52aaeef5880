//! One attribute of the draw: its groups, held against a reference, and findings at equal class.

use super::{
    Attribute, AttributeFairness, Confusion, GroupFacts, GroupFairness, OutcomeTest,
    OutcomeVerdict, Rates, disparity, scored,
};
use crate::evaluate::agreement::Level;
use crate::evaluate::design::effective_size;
use crate::evaluate::interval::{newcombe, wilson};
use crate::evaluate::judgement::Judged;
use crate::evaluate::number::{count, real, share};
use crate::evaluate::ranking::{Scored, found_share};
use crate::evaluate::{Figure, FrameFacts, Method};

/// Everything a group is measured with.
pub(super) struct House<'a> {
    pub(super) minimum: u64,
    pub(super) frame: &'a FrameFacts,
    pub(super) judged: &'a [Judged<'a>],
    pub(super) high: &'a [u16],
    pub(super) low: &'a [u16],
}

impl House<'_> {
    pub(super) fn attribute(
        &self,
        attribute: &Attribute,
        reference: Option<&String>,
    ) -> AttributeFairness {
        let members = |group: usize| {
            let all = self.judged.iter().zip(&attribute.of_unit);
            all.filter(move |(_, of)| **of == group)
                .map(|(unit, _)| unit)
        };
        let members: Vec<Vec<&Judged>> = (0..attribute.groups.len())
            .map(|group| members(group).collect())
            .collect();
        let groups = attribute.groups.iter().zip(&members);
        let mut groups: Vec<GroupFairness> = groups
            .map(|(facts, members)| self.group(facts, members))
            .collect();
        let reference = self.reference(&groups, reference);
        if let Some(at) = reference {
            let reference = groups[at].clone();
            for group in &mut groups {
                group.hold_against(&reference);
            }
        }
        AttributeFairness {
            name: attribute.name.clone(),
            reference: reference.map(|at| groups[at].label.clone()),
            outcome_tests: self.outcome_tests(attribute, &members),
            groups,
        }
    }

    /// The group the job names, else the largest one; none that is too small.
    fn reference(&self, groups: &[GroupFairness], named: Option<&String>) -> Option<usize> {
        let large = groups
            .iter()
            .enumerate()
            .filter(|(_, group)| group.n_frame >= self.minimum);
        let wanted = large.filter(|(_, group)| named.is_none_or(|named| *named == group.label));
        wanted
            .max_by_key(|(at, group)| (group.n_frame, std::cmp::Reverse(*at)))
            .map(|(at, _)| at)
    }

    fn group(&self, facts: &GroupFacts, members: &[&Judged]) -> GroupFairness {
        let n_frame: u64 = facts.by_class.iter().sum();
        let valid: Vec<&&Judged> = members.iter().filter(|unit| unit.is_valid()).collect();
        let (n, hits) = (
            count(valid.len()),
            count(valid.iter().filter(|unit| unit.is_hit()).count()),
        );
        let rows: Vec<Scored> = valid.iter().map(|unit| scored(unit, 0.0)).collect();
        let in_low = |unit: &&&&Judged| self.low.contains(&unit.unit.class);
        let low: Vec<Scored> = valid
            .iter()
            .filter(in_low)
            .map(|unit| scored(unit, 0.0))
            .collect();
        let forecast: Option<Vec<Scored>> = valid
            .iter()
            .map(|unit| Some(scored(unit, unit.unit.probability?)))
            .collect();
        let prevalence = self.weighted(&rows);
        let risky: u64 = self
            .high
            .iter()
            .filter_map(|class| facts.by_class.get(usize::from(*class)))
            .sum();
        let n_drawn = count(members.len());
        let of_frame =
            |part: u64| share(real(part), real(n_frame)).filter(|_| n_frame >= self.minimum);
        let violators = prevalence
            .value
            .map(|rate| rate * real(n_frame))
            .filter(|n| *n > 0.0);
        let hit_rate = self.plain(hits, n);
        GroupFairness {
            label: facts.label.clone(),
            n_frame,
            n_drawn,
            n,
            hits,
            selection: of_frame(risky),
            selection_disparity: None,
            drawn_per_100: of_frame(n_drawn).map(|share| share * 100.0),
            drawn_per_100_violators: violators.and_then(|n| share(real(n_drawn) * 100.0, n)),
            repeated: of_frame(facts.n_repeated),
            clean_rate: hit_rate.value.map(|rate| 1.0 - rate),
            hit_rate,
            prevalence,
            missed: self.weighted(&low),
            missed_disparity: None,
            calibration: forecast.and_then(|rows| Level::of(&rows, self.minimum)),
            rates: self.rates(&valid),
            false_positive_disparity: None,
            false_negative_disparity: None,
        }
    }

    fn plain(&self, hits: u64, n: u64) -> Figure {
        if n < self.minimum {
            return Figure::NONE;
        }
        Figure::new(
            share(real(hits), real(n)),
            Some(wilson(real(hits), real(n))),
            Method::Wilson,
        )
    }

    fn weighted(&self, rows: &[Scored]) -> Figure {
        if count(rows.len()) < self.minimum {
            return Figure::NONE;
        }
        let rate = found_share(rows);
        let n_eff = effective_size(rows.iter().map(|row| row.weight));
        let interval = rate.map(|rate| wilson(rate * n_eff, n_eff));
        Figure::new(rate, interval, Method::Wilson)
    }

    /// Weighted rates; those whose denominator holds fewer results than the least size are absent.
    fn rates(&self, valid: &[&&Judged]) -> Rates {
        let (mut weights, mut counts) = (Confusion::default(), Confusion::default());
        for unit in valid {
            let is_risky = self.high.contains(&unit.unit.class);
            weights.add(is_risky, unit.is_hit(), 1.0 / unit.pi);
            counts.add(is_risky, unit.is_hit(), 1.0);
        }
        let (rates, least) = (weights.rates(), real(self.minimum));
        let kept = |rate: Option<f64>, n: f64| rate.filter(|_| n >= least);
        let found = counts.true_positive + counts.false_negative;
        let clean = counts.false_positive + counts.true_negative;
        let passed = counts.false_negative + counts.true_negative;
        Rates {
            selection: kept(rates.selection, counts.size()),
            prevalence: kept(rates.prevalence, counts.size()),
            precision: kept(rates.precision, counts.risky()),
            false_discovery: kept(rates.false_discovery, counts.risky()),
            false_omission: kept(rates.false_omission, passed),
            false_positive: kept(rates.false_positive, clean),
            false_negative: kept(rates.false_negative, found),
            true_positive: kept(rates.true_positive, found),
        }
    }

    fn outcome_tests(&self, attribute: &Attribute, members: &[Vec<&Judged>]) -> Vec<OutcomeTest> {
        let ranked = (0_u16..)
            .zip(&self.frame.classes)
            .filter(|(_, class)| class.is_ranked);
        let mut tests = Vec::new();
        for (class, facts) in ranked {
            let of = |units: &[&Judged]| {
                let valid = units
                    .iter()
                    .filter(|unit| unit.unit.class == class && unit.is_valid());
                valid.fold((0, 0), |(hits, n), unit| {
                    (hits + u64::from(unit.is_hit()), n + 1)
                })
            };
            let all: Vec<(u64, u64)> = members.iter().map(|units| of(units)).collect();
            let total = all
                .iter()
                .fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
            for (group, own) in attribute.groups.iter().zip(all) {
                let rest = (total.0 - own.0, total.1 - own.1);
                if own.1 >= self.minimum && rest.1 >= self.minimum {
                    tests.push(outcome_test(&group.label, &facts.code, own, rest));
                }
            }
        }
        tests
    }
}

fn outcome_test(group: &str, class: &str, own: (u64, u64), rest: (u64, u64)) -> OutcomeTest {
    let float = |(hits, n): (u64, u64)| (real(hits), real(n));
    let (own, n, rest) = (float(own), own.1, float(rest));
    let gap = newcombe(own, rest);
    let verdict = match (gap.low > 0.0, gap.high < 0.0) {
        (true, _) => OutcomeVerdict::UnderInspected,
        (_, true) => OutcomeVerdict::OverInspected,
        _ => OutcomeVerdict::NoDifference,
    };
    OutcomeTest {
        group: group.to_owned(),
        class: class.to_owned(),
        n,
        rate: own.0 / own.1,
        rest: rest.0 / rest.1,
        low: gap.low,
        high: gap.high,
        verdict,
    }
}

impl GroupFairness {
    fn hold_against(&mut self, reference: &Self) {
        let over = |own: Option<f64>, other: Option<f64>| Some(disparity(own?, other?));
        self.selection_disparity = over(self.selection, reference.selection);
        self.missed_disparity = over(self.missed.value, reference.missed.value);
        self.false_positive_disparity =
            over(self.rates.false_positive, reference.rates.false_positive);
        self.false_negative_disparity =
            over(self.rates.false_negative, reference.rates.false_negative);
    }
}
