//! Did being drawn, or having peers drawn, change what happened afterwards?
//!
//! A draw of known probabilities is an experiment that has already been made. The verb is [`deterrence()`]: waves and a way to
//! draw each of them again in, a [`Deterrence`] out. It takes plain values and knows no file, plan, clock or seed of a draw.
//!
//! | question | estimator | word |
//! |---|---|---|
//! | specific | Hájek contrast of drawn and not drawn, weights 1/π and 1/(1-π), by stratum; revisits by 1/π² too | 因果 |
//! | general | outcome on the share of peers drawn less its expectation under the design (Borusyak and Hull 2023); revisits by 1/π² | 因果 |
//! | by time | event study, waves stacked, controls not yet drawn | 相关 |
//!
//! Intervals, p-values and the headline's interval come from drawing the waves again, one at a time, each given its history: the
//! engine that drew is the reference distribution. Where nothing can draw again, intervals are t's with the larger of the errors by
//! cell and by design; ratios and event studies have errors by cell. An interval by re-drawing holds every constant
//! effect τ that the test of `Y - τ·D` does not reject. An outcome of 0 and 1 cannot shift by a constant; there the interval is read
//! as one of the mean effect (a linear probability), and holds for it because every contrast is tested by its own error: the drawn
//! may vary less than the others, or more. What is not given is refused by name ([`Refusal`]): below support, or by an outcome a
//! re-draw would change.

mod check;
mod contrast;
mod dose;
mod effect;
mod exposure;
mod general;
mod headline;
mod mapping;
mod matrix;
mod panel;
mod power;
mod redraw;
mod reference;
mod result;
mod rows;
mod specific;
mod study;
mod wave;
mod wild;
mod windows;

#[cfg(test)]
mod tests;

pub use power::{revisits_needed, visits_to_see_one};
pub use redraw::{Enumerated, Poisson, Redraw, SimpleRandom};
pub use result::{
    ArmSupport, Deterrence, DoseBin, Effect, EventPoint, EventStudy, ExposureKind, ExposureMean,
    General, Headline, IntervalForm, Mapping, Outcome, Peers, Placebo, PlaceboKind, Power, Redrawn,
    Refusal, Specific, Verdict, WaveEffect, WaveFacts, Wording,
};
pub use wave::{Revisit, Stream, Wave, WaveUnit};

use std::collections::BTreeSet;

use super::Error;
use super::number::count;
use specific::specific;
use study::Study;

/// Fewest effective revisits in the smaller arm for an interval: what 12 % against 8 % needs (80 % power, two-sided 5 %).
pub const REVISITS_MIN: f64 = 875.0;
/// Fewest effective objects in the smaller arm for an interval, outcomes seen for everyone.
pub const ARM_MIN: f64 = 30.0;
/// Most objects whose pairs of exposures are counted: the work grows with their square.
pub const MAPPED_MAX: usize = 5_000;

/// How to look for deterrence.
#[derive(Clone, Debug, PartialEq)]
pub struct DeterrenceParams {
    /// What is compared.
    pub comparison: Comparison,
    /// Outer radii of the rings in kilometres, ascending; empty for none.
    pub rings_km: Vec<f64>,
    /// Re-draws of each wave, at least 99; 2,000 is usual.
    pub redraws: u32,
    /// The fall of the base rate that the power figures ask for, as a share of it (1/3: 12 % to 8 %).
    pub effect_asked: f64,
}

/// What is compared with what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// Drawn with not drawn.
    DrawnWithNotDrawn,
    /// Objects with a finding, before it and after it: always refused, since they were chosen for a bad moment.
    FoundBeforeAndAfter,
}

/// Looks for deterrence in past waves: one [`Redraw`] per wave, or none where no engine can draw them again; `seed` is that of the
/// wild bootstrap alone.
///
/// Nothing depends on the number of threads. Waves must be in order of their days, units in order of their keys.
///
/// # Errors
/// Where a wave breaks a rule of [`Wave`], where findings are to be compared before and after, or where a setting is out of range.
pub fn deterrence(
    waves: &[Wave],
    redraws: &[&dyn Redraw],
    params: &DeterrenceParams,
    seed: &[u8; 32],
) -> Result<Deterrence, Error> {
    check::check(waves, redraws, params)?;
    let study = Study::of(waves, redraws, params);
    let specific = specifics(&study);
    let event_study = panel::event_study(waves, seed);
    let (placebo, general) = placebos(&study, general::general(&study));
    let power = powers(&study, params, &specific[0]);
    let mut found = Deterrence {
        headline: headline::headline(&study, &specific[0], &general),
        specific,
        event_study,
        general,
        general_revisits: general::of_revisits(&study),
        mapping: mapping::mapping(waves, redraws, params.redraws),
        placebo,
        power,
        waves: waves.iter().map(facts).collect(),
        notes: Vec::new(),
    };
    found.notes = notes(&study, &found, redraws.is_empty());
    Ok(found)
}

/// The primary outcome, revisits, and the exit where anybody left.
fn specifics(study: &Study) -> Vec<Specific> {
    let mut found = vec![
        specific(study, Outcome::SeenForEveryone),
        specific(study, Outcome::MeasureRevisits),
    ];
    let units = || study.waves.iter().flat_map(|wave| &wave.units);
    let main = |unit: &WaveUnit| {
        unit.revisit
            .is_some_and(|revisit| revisit.stream == Stream::Main)
    };
    if units().any(main) {
        found.push(specific(study, Outcome::AllRevisits));
    }
    if units().any(|unit| unit.exited) {
        found.push(specific(study, Outcome::RegistryExit));
    }
    found
}

/// Placebos, and what is left of `general` when other industries are taken out of it.
fn placebos(study: &Study, general: Vec<General>) -> (Vec<Placebo>, Vec<General>) {
    let contrasts = [
        (Outcome::Before, PlaceboKind::Before),
        (Outcome::PlaceboOutcome, PlaceboKind::Outcome),
    ];
    let known = |outcome: &Outcome| study.contrast(*outcome).rows.len() > 0;
    let mut placebo: Vec<Placebo> = contrasts
        .into_iter()
        .filter(|(outcome, _)| known(outcome))
        .map(|(outcome, what)| Placebo {
            what,
            effect: specific(study, outcome).itt,
        })
        .collect();
    let others = |general: &General| matches!(general.peers, Peers::OtherIndustry { .. });
    let (other, same): (Vec<General>, Vec<General>) = general.into_iter().partition(others);
    placebo.extend(other.into_iter().map(|general| Placebo {
        what: PlaceboKind::Peers(general.peers),
        effect: general.dose,
    }));
    (placebo, same)
}

fn powers(study: &Study, params: &DeterrenceParams, primary: &Specific) -> Power {
    let rows = &study.contrast(Outcome::AllRevisits).rows;
    let support = rows.support(study.waves);
    let base = contrast::contrast(rows, &rows.y).map(|found| found.mean_not_drawn);
    let base = base.filter(|_| support.n_eff_not_drawn >= ARM_MIN);
    power::power(
        params,
        &support,
        base,
        primary.itt.se,
        count(study.waves.len()),
    )
}

fn facts(wave: &Wave) -> WaveFacts {
    let n =
        |of: &dyn Fn(&WaveUnit) -> bool| count(wave.units.iter().filter(|unit| of(unit)).count());
    let is_seen = |revisit: &Revisit| revisit.found.is_some();
    let by_main = |unit: &WaveUnit| {
        let main = unit
            .revisit
            .filter(|revisit| revisit.stream == Stream::Main);
        main.as_ref().is_some_and(is_seen)
    };
    WaveFacts {
        wave: wave.id.clone(),
        drawn_on: wave.drawn_on,
        n: count(wave.units.len()),
        n_drawn: n(&|unit| unit.drawn),
        n_visited: n(&|unit| unit.drawn && unit.visited),
        n_certain: n(&|unit| unit.pi >= 1.0),
        n_outcome: n(&|unit| unit.outcome.is_some()),
        n_measure: n(&|unit| unit.by_measure().is_some_and(is_seen)),
        n_main: n(&by_main),
    }
}

/// What a reader must know beside the numbers, each once.
fn notes(study: &Study, found: &Deterrence, no_redraw: bool) -> Vec<Refusal> {
    let primary = &study.contrast(Outcome::SeenForEveryone).rows;
    let support = &found.specific[0].support;
    let has = |outcome: Outcome| {
        found
            .specific
            .iter()
            .find(|specific| specific.outcome == outcome)
    };
    let exits = has(Outcome::RegistryExit).is_some_and(|exit| exit.itt.is_significant());
    let moved = |placebo: &Placebo| placebo.effect.is_significant();
    let is_one_cell = found.specific[0].itt.refusal == Some(Refusal::OneCluster);
    let own_alone = found.headline.refusal == Some(Refusal::NoExposure);
    let said = [
        (study.waves.is_empty(), Refusal::NoWave),
        (no_redraw, Refusal::NoRedraw),
        (support.n_certain > 0, Refusal::CertainOutside),
        (support.n_merged > 0, Refusal::MergedStrata),
        (primary.missing_by_arm(), Refusal::MissingByArm),
        (exits, Refusal::ExitByArm),
        (found.placebo.iter().any(moved), Refusal::PlaceboMoved),
        (is_one_cell, Refusal::OneCluster),
        (own_alone, Refusal::NoExposure),
        (
            has(Outcome::AllRevisits).is_some(),
            Refusal::MainStreamRevisits,
        ),
        (found.event_study.is_none(), Refusal::NoHistory),
        (found.mapping.is_none(), Refusal::TooManyPairs),
    ];
    let said: BTreeSet<Refusal> = said
        .into_iter()
        .filter(|(is, _)| *is)
        .map(|(_, why)| why)
        .collect();
    said.into_iter().collect()
}
