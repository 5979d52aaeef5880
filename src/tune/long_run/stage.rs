//! The firms of a world brought to a county's classes and violations of today, and candidates played on them.

use std::sync::atomic::{AtomicU64, Ordering};

use rayon::prelude::{IntoParallelIterator, IntoParallelRefIterator, ParallelIterator};

use super::{Behaving, LongRun, Played, PlayedOnce, ValidLongRun, Verdict};
use crate::report::{PolicyMode, Target, WarningKind};
use crate::simulate::{self, Behaviour, Error, PolicyWorld, Replicate, TrialPlan};
use crate::tune::number::real;
use crate::units::Meter;

/// Logarithm of the largest factor of fines that is tried; its inverse is the smallest.
const SPAN: f64 = 9.0;
/// Factors that are tried.
const TRIES: u32 = 20;
/// Relative distance from the violations of today that counts as reached.
const CLOSE: f64 = 0.01;
/// Monte-Carlo errors by which a change must differ from 0.
const ERRORS: f64 = 3.0;

/// The firms, once for every way of behaving.
pub(super) struct Stage<'a> {
    settings: &'a ValidLongRun,
    classes: Vec<(String, f64)>,
    prevalence: Option<f64>,
    scaled: Vec<Scaled>,
    calibration: Vec<Target>,
}

/// The firms under one way of behaving.
struct Scaled {
    world: PolicyWorld,
    facts: Behaving,
}

impl<'a> Stage<'a> {
    /// Scales the fines of every way of behaving so that `base` has the violations of today.
    ///
    /// # Errors
    /// A plan the world refuses, a draw of it that cannot be made.
    pub(super) fn set(
        settings: &'a ValidLongRun,
        classes: Vec<(String, f64)>,
        base: &[f64],
        prevalence: Option<f64>,
        meter: &Meter,
    ) -> Result<Self, Error> {
        let mut stage = Self {
            settings,
            classes,
            prevalence,
            scaled: Vec::new(),
            calibration: Vec::new(),
        };
        let plan = stage.plan(base);
        let scaled = settings.behaving.par_iter();
        let scaled =
            scaled.map(|(behaviour, world)| scaled_to(world, *behaviour, &plan, prevalence));
        stage.scaled = scaled.collect::<Result<_, Error>>()?;
        for mode in [PolicyMode::Myopic, PolicyMode::Forward] {
            let of_mode = |one: &&Scaled| one.facts.behaviour.mode == mode;
            if let Some(first) = stage.scaled.iter().find(of_mode) {
                let report = simulate::compare(&first.world.under(&plan)?, meter)?;
                stage.calibration.extend(report.calibration);
            }
        }
        Ok(stage)
    }

    fn plan(&self, ratios: &[f64]) -> TrialPlan {
        TrialPlan {
            classes: self.classes.clone(),
            ratios: ratios.to_vec(),
            hold: self.settings.hold,
        }
    }

    /// What every candidate leads to; the first is the plan in force.
    ///
    /// # Errors
    /// As [`Stage::set`].
    pub(super) fn play(
        &self,
        candidates: &[Vec<f64>],
        meter: &Meter,
    ) -> Result<Vec<Played>, Error> {
        let pairs: Vec<(&Vec<f64>, &Scaled)> = candidates
            .iter()
            .flat_map(|ratios| self.scaled.iter().map(move |scaled| (ratios, scaled)))
            .collect();
        let (done, total) = (AtomicU64::new(0), pairs.len() as u64);
        let ran: Vec<Vec<Replicate>> = pairs
            .into_par_iter()
            .map(|(ratios, scaled)| {
                let ran = simulate::long_run(&scaled.world.under(&self.plan(ratios))?);
                meter.report("long run", 1 + done.fetch_add(1, Ordering::Relaxed), total);
                ran
            })
            .collect::<Result<_, Error>>()?;
        let candidates = ran.chunks(self.scaled.len());
        let base = &ran[..self.scaled.len().min(ran.len())];
        let played = candidates
            .enumerate()
            .map(|(i, own)| played(own, base, i == 0));
        Ok(played.collect())
    }

    /// The world and how it was scaled.
    pub(super) fn facts(&self, base: String) -> LongRun {
        let world = &self.settings.world;
        let facts = world.facts();
        LongRun {
            world: world.name().to_owned(),
            title: world.title(),
            digest: world.digest().to_string(),
            firms: facts.firms,
            periods: facts.periods,
            from: facts.from,
            periods_per_year: facts.periods_per_year,
            replicates: facts.replicates,
            hold: self.settings.hold,
            base,
            prevalence: self.prevalence,
            behaviours: self.scaled.iter().map(|scaled| scaled.facts).collect(),
            calibration: self.calibration.clone(),
        }
    }
}

/// The factor of fines under which `plan` has `wanted` violations, by false position on its logarithm; the last that was tried
/// where none has.
fn scaled_to(
    world: &PolicyWorld,
    behaviour: Behaviour,
    plan: &TrialPlan,
    wanted: Option<f64>,
) -> Result<Scaled, Error> {
    let at = |log: f64| world.fined(log.exp());
    let scaled = |log: f64, is_anchored: bool| Scaled {
        world: at(log),
        facts: Behaving {
            behaviour,
            fine_factor: log.exp(),
            is_anchored,
        },
    };
    let Some(wanted) = wanted else {
        return Ok(scaled(0.0, false));
    };
    let (mut low, mut high) = ((-SPAN, 1.0), (SPAN, 0.0));
    let mut at_log = 0.0;
    for _ in 0..TRIES {
        let ran = simulate::long_run(&at(at_log).under(plan)?)?;
        let share = mean(ran.iter().map(|one| one.violation));
        if (share - wanted).abs() <= CLOSE * wanted {
            return Ok(scaled(at_log, true));
        }
        if share > wanted {
            low = (at_log, share); // higher fines, fewer violations
        } else {
            high = (at_log, share);
        }
        at_log = between(low, high, wanted);
    }
    Ok(scaled(at_log, false))
}

/// Where the line through both ends has the wanted share on the scale of log odds, kept off the ends so that both move.
fn between(low: (f64, f64), high: (f64, f64), wanted: f64) -> f64 {
    let odds = |share: f64| {
        let share = share.clamp(1e-3, 1.0 - 1e-3);
        (share / (1.0 - share)).ln()
    };
    let (from, to) = (odds(low.1), odds(high.1));
    let part = ((odds(wanted) - from) / (to - from)).clamp(0.1, 0.9);
    low.0 + part * (high.0 - low.0)
}

/// The replicates of a candidate beside those of the plan in force, one list per way of behaving.
fn played(own: &[Vec<Replicate>], base: &[Vec<Replicate>], is_base: bool) -> Played {
    let pairs = || own.iter().zip(base);
    let behaviours: Vec<PlayedOnce> = pairs().map(|(own, base)| once(own, base)).collect();
    let all = || own.iter().flatten();
    let hits: Vec<f64> = all().filter_map(|one| one.hit_rate).collect();
    let readings: Vec<f64> = all().filter_map(|one| one.ht).collect();
    let is_blind = all().any(Replicate::is_blind);
    let verdict = if is_base {
        Verdict::Base
    } else {
        verdict(&behaviours)
    };
    let more = pairs().all(|(own, base)| {
        let rates = hit_rate(own).zip(hit_rate(base));
        rates.is_some_and(|(own, base)| simulate::finds_more(own, base))
    });
    let warnings = [
        (is_blind, WarningKind::Blind),
        (hits.is_empty(), WarningKind::NoVisits),
        (more && verdict != Verdict::Fewer, WarningKind::HitsNotFewer),
        (all().any(Replicate::leaves_visits), WarningKind::Unused),
        (
            own.iter().any(|ran| simulate::drifts(ran)),
            WarningKind::Drifting,
        ),
    ];
    Played {
        violation: range(all().map(|one| one.violation)).unwrap_or((0.0, 0.0)),
        hit_rate: range(hits.into_iter()),
        change: range(behaviours.iter().map(|one| one.change.0)).unwrap_or((0.0, 0.0)),
        verdict,
        blind: all().map(|one| one.blind).fold(0.0, f64::max),
        reading: range(readings.into_iter()).filter(|_| is_blind),
        warnings: warnings
            .into_iter()
            .filter_map(|(holds, kind)| holds.then_some(kind))
            .collect(),
        behaviours,
    }
}

/// One way of behaving; both lists hold the same replicates.
fn once(own: &[Replicate], base: &[Replicate]) -> PlayedOnce {
    let changes = own.iter().zip(base);
    let changes: Vec<f64> = changes
        .map(|(own, base)| own.violation - base.violation)
        .collect();
    let change = mean(changes.iter().copied());
    let n = real(changes.len() as u64);
    let squares: f64 = changes.iter().map(|one| (one - change).powi(2)).sum();
    let (low, high) = range(own.iter().map(|one| one.violation)).unwrap_or((0.0, 0.0));
    PlayedOnce {
        violation: (mean(own.iter().map(|one| one.violation)), low, high),
        hit_rate: hit_rate(own),
        change: (change, (squares / (n - 1.0).max(1.0) / n.max(1.0)).sqrt()),
    }
}

fn verdict(behaviours: &[PlayedOnce]) -> Verdict {
    let is_sure = |sign: f64| {
        let mut all = behaviours.iter();
        all.all(|one| sign * one.change.0 > ERRORS * one.change.1)
    };
    if is_sure(-1.0) {
        Verdict::Fewer
    } else if is_sure(1.0) {
        Verdict::More
    } else {
        Verdict::Open
    }
}

fn hit_rate(replicates: &[Replicate]) -> Option<f64> {
    let known: Vec<f64> = replicates.iter().filter_map(|one| one.hit_rate).collect();
    (!known.is_empty()).then(|| mean(known.into_iter()))
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, n) = values.fold((0.0, 0.0), |(sum, n), value| (sum + value, n + 1.0));
    if n > 0.0 { sum / n } else { 0.0 }
}

/// Least and greatest; none for none.
fn range(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    values.fold(None, |range, value| {
        let (low, high) = range.unwrap_or((value, value));
        Some((low.min(value), high.max(value)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn once_of(change: f64, error: f64) -> PlayedOnce {
        PlayedOnce {
            violation: (0.1, 0.1, 0.1),
            hit_rate: None,
            change: (change, error),
        }
    }

    #[test]
    fn a_change_is_only_called_one_where_every_way_of_behaving_has_its_sign() {
        let of = |ways: &[(f64, f64)]| {
            let ways: Vec<PlayedOnce> = ways.iter().map(|&(c, e)| once_of(c, e)).collect();
            verdict(&ways)
        };
        assert_eq!(of(&[(-0.02, 0.001), (-0.01, 0.003)]), Verdict::Fewer);
        assert_eq!(of(&[(0.02, 0.001), (0.01, 0.003)]), Verdict::More);
        assert_eq!(of(&[(-0.02, 0.001), (0.01, 0.003)]), Verdict::Open);
        assert_eq!(of(&[(-0.02, 0.001), (-0.01, 0.004)]), Verdict::Open);
        assert_eq!(of(&[(0.0, 0.0)]), Verdict::Open, "the same is no change");
    }

    #[test]
    fn the_next_factor_lies_where_the_line_of_log_odds_says_and_never_on_an_end() {
        let half = between((-1.0, 0.8), (1.0, 0.2), 0.5);
        assert!(half.abs() < 1e-12);
        let low = between((0.0, 0.3), (1.0, 0.2), 0.299_999);
        assert!((low - 0.1).abs() < 1e-12);
    }

    #[test]
    fn least_and_greatest_of_nothing_are_none() {
        assert_eq!(range(std::iter::empty()), None);
        assert_eq!(range([0.3, 0.1, 0.2].into_iter()), Some((0.1, 0.3)));
    }
}
