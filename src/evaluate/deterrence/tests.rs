//! Estimators against enumerated designs and other libraries; the numbers are those of the shared evaluation vectors.
#![allow(
    clippy::needless_range_loop,
    reason = "several parallel constants are read by one index"
)]

use super::contrast::{Contrasts, contrast, horvitz_thompson};
use super::panel::{Panel, PanelUnit, two_sided};
use super::reference::{Centre, Null, Statistic, places, replicate};
use super::rows::Rows;
use super::windows::Design;
use super::*;
use crate::units::Day;

mod sparse;

#[track_caller]
fn close(found: f64, expected: f64, tolerance: f64) {
    assert!((found - expected).abs() < tolerance, "{found} {expected}");
}

fn wave(units: Vec<WaveUnit>) -> Wave {
    Wave {
        id: "1".to_owned(),
        drawn_on: Day::from_days(0),
        window_days: 180,
        strata: vec!["all".to_owned()],
        series_times: Vec::new(),
        units,
    }
}

const PI_1: [f64; 4] = [0.2, 0.3, 0.5, 0.6];
const Y_0: [f64; 4] = [1.0, 1.0, 0.0, 1.0];
const Y_1: [f64; 4] = [0.0, 1.0, 0.0, 0.0];
const PI_2_IF_NOT: [f64; 4] = [0.3, 0.4, 0.5, 0.6];
const PI_2_IF_DRAWN: [f64; 4] = [0.6, 0.5, 0.7, 0.8];

/// Four objects, drawn and revisited as the bits say.
fn two_waves(drawn: u32, revisited: u32) -> Wave {
    let unit = |i: usize| {
        let is_drawn = drawn >> i & 1 == 1;
        let (y, pi2) = if is_drawn {
            (Y_1[i], PI_2_IF_DRAWN[i])
        } else {
            (Y_0[i], PI_2_IF_NOT[i])
        };
        let revisit = Revisit {
            pi2,
            found: Some(y > 0.5),
            stream: Stream::Measure,
            strictness: None,
        };
        WaveUnit {
            key: i as u64,
            pi: PI_1[i],
            drawn: is_drawn,
            revisit: (revisited >> i & 1 == 1).then_some(revisit),
            ..WaveUnit::default()
        }
    };
    wave((0..4).map(unit).collect())
}

#[test]
fn two_waves_weighted_by_both_draws_give_the_reference_values() {
    let rows = Rows::of(&[two_waves(0b0110, 0b1111)], Outcome::MeasureRevisits);
    close(
        horvitz_thompson(&rows).unwrap(),
        -0.416_666_666_666_666_74,
        1e-12,
    );
    close(contrast(&rows, &rows.y).unwrap().value, -0.3, 1e-12);
}

#[test]
fn over_all_draws_and_revisits_the_expectation_is_the_truth() {
    let mut expectation = 0.0;
    for drawn in 0..16_u32 {
        for revisited in 0..16_u32 {
            let mut p = 1.0;
            for i in 0..4 {
                let is_drawn = drawn >> i & 1 == 1;
                let pi2 = if is_drawn {
                    PI_2_IF_DRAWN[i]
                } else {
                    PI_2_IF_NOT[i]
                };
                p *= if is_drawn { PI_1[i] } else { 1.0 - PI_1[i] };
                p *= if revisited >> i & 1 == 1 {
                    pi2
                } else {
                    1.0 - pi2
                };
            }
            let rows = Rows::of(&[two_waves(drawn, revisited)], Outcome::MeasureRevisits);
            expectation += p * horvitz_thompson(&rows).unwrap();
        }
    }
    close(expectation, -0.5, 1e-12);
}

fn seen(y: &[f64], pi: &[f64], drawn: &[usize]) -> Wave {
    let unit = |i: usize| WaveUnit {
        key: i as u64,
        cell: u32::try_from(i).unwrap(),
        pi: pi[i],
        drawn: drawn.contains(&i),
        outcome: Some(y[i]),
        ..WaveUnit::default()
    };
    wave((0..y.len()).map(unit).collect())
}

/// The contrast of a wave as drawn, and its distribution under a design.
fn tested(wave: Wave, design: &dyn Redraw, n: u32) -> (f64, Null) {
    let waves = [wave];
    let rows = Rows::of(&waves, Outcome::SeenForEveryone);
    let drawn: Vec<f64> = rows.drawn.iter().map(|&d| f64::from(u8::from(d))).collect();
    let responses: [&[f64]; 2] = [&rows.y, &drawn];
    let contrasts = Contrasts::of(&rows, &[rows.len()], &responses);
    let observed = [places(&rows.drawn)];
    let replicates = replicate(&[design], &[rows.len()], &observed, n, |sample, out| {
        contrasts.redrawn(&rows, &responses, sample, out);
    });
    let value = contrast(&rows, &rows.y).unwrap().value;
    close(replicates.observed[0], value, 1e-12);
    let null = Null::of(&replicates, |row| Statistic::plain(row[0], row[1]));
    (value, null.unwrap())
}

#[test]
fn two_of_six_at_random_give_the_exact_p_value() {
    let y = [2.0, 5.0, 1.0, 4.0, 3.0, 0.0];
    let drawn = [false, false, true, false, false, true];
    let wave = seen(&y, &[1.0 / 3.0; 6], &[2, 5]);
    let design = SimpleRandom::like(&[0; 6], &drawn, [7; 32]);
    let (value, null) = tested(wave, &design, 0);
    close(value, -3.0, 1e-12);
    let test = null.test();
    close(test.p, 0.133_333_333_333_333_33, 1e-12);
    assert!(test.exact && test.n == 15);
}

/// Conditional Poisson of three of six: samples by their products of odds.
fn conditional_poisson() -> (Vec<f64>, Enumerated) {
    let odds = [0.5, 1.0, 1.0, 2.0, 3.0, 4.0];
    let mut samples = Vec::new();
    for bits in (0..64_u32).filter(|bits| bits.count_ones() == 3) {
        let sample: Vec<bool> = (0..6).map(|i| bits >> i & 1 == 1).collect();
        let p = (0..6)
            .filter(|&i| sample[i])
            .map(|i| odds[i])
            .product::<f64>();
        samples.push((sample, p));
    }
    let total: f64 = samples.iter().map(|(_, p)| p).sum();
    for (_, p) in &mut samples {
        *p /= total;
    }
    let pi = |i: usize| samples.iter().filter(|(s, _)| s[i]).map(|(_, p)| p).sum();
    ((0..6).map(pi).collect(), Enumerated { samples })
}

#[test]
fn unequal_probabilities_give_the_exact_p_values_of_every_constant_effect() {
    let (pi, design) = conditional_poisson();
    let wave = seen(&[3.0, 4.0, 2.0, 1.0, 0.0, 1.0], &pi, &[0, 3, 5]);
    let rows = Rows::of(std::slice::from_ref(&wave), Outcome::SeenForEveryone);
    close(
        horvitz_thompson(&rows).unwrap(),
        1.299_183_765_647_718,
        1e-9,
    );
    let (value, null) = tested(wave, &design, 0);
    close(value, 0.754_142_783_749_206_5, 1e-9);
    let uncentred = [
        (-3.0, 0.037_209_302_325_581_395),
        (-2.0, 0.055_813_953_488_372_09),
        (-1.0, 0.293_023_255_813_953_5),
        (0.0, 0.660_465_116_279_069_8),
        (1.0, 0.972_093_023_255_813_9),
    ];
    for (tau, p) in uncentred {
        close(null.p(tau, Centre::Zero), p, 1e-9);
    }
    let test = null.test();
    close(test.null_mean, -0.241_514_492_323_993_8, 1e-9);
    close(test.p, 0.493_023_255_813_953_45, 1e-9);
}

#[test]
fn re_draws_come_near_the_exact_answer_and_do_not_depend_on_threads() {
    let (pi, exact) = conditional_poisson();
    let blind = Blindfolded(exact);
    let y = [3.0, 4.0, 2.0, 1.0, 0.0, 1.0];
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        let (_, null) = pool.install(|| tested(seen(&y, &pi, &[0, 3, 5]), &blind, 4000));
        null.test()
    };
    let one = on(1);
    assert_eq!(one, on(3));
    assert!(!one.exact);
    close(one.p, 0.493_023_255_813_953_45, 4.0 * 0.0079);
}

/// A design that cannot be enumerated.
struct Blindfolded(Enumerated);

impl Redraw for Blindfolded {
    fn redraw(&self, replicate: u64, drawn: &mut [bool]) {
        self.0.redraw(replicate, drawn);
    }
}

#[test]
fn designs_draw_what_their_samples_say() {
    let poisson = Poisson::new(vec![0.2, 0.5, 1.0, 0.9], [3; 32]);
    let samples = poisson.samples().unwrap();
    assert_eq!(samples.len(), 8);
    let drawn = [true, false, true, false, false, true, false, false];
    let strata = [0, 0, 0, 1, 1, 1, 1, 1];
    let random = SimpleRandom::like(&strata, &drawn, [4; 32]);
    assert_eq!(random.samples().unwrap().len(), 3 * 5);
    let designs: [(&dyn Redraw, Vec<f64>); 2] = [
        (&poisson, vec![0.2, 0.5, 1.0, 0.9]),
        (
            &random,
            vec![2.0 / 3.0, 2.0 / 3.0, 2.0 / 3.0, 0.2, 0.2, 0.2, 0.2, 0.2],
        ),
    ];
    for (design, pi) in designs {
        let mut counts = vec![0.0; pi.len()];
        let mut sample = vec![false; pi.len()];
        for replicate in 0..4000 {
            design.redraw(replicate, &mut sample);
            counts
                .iter_mut()
                .zip(&sample)
                .for_each(|(count, &d)| *count += f64::from(u8::from(d)));
        }
        for (count, pi) in counts.iter().zip(pi) {
            close(count / 4000.0, pi, 4.0 * (0.25_f64 / 4000.0).sqrt());
        }
    }
}

/// (cell, treated, outcomes by window).
fn panel(times: &[i32], rows: &[(u32, bool, &[f64])]) -> Panel {
    let unit = |&(cell, treated, y): &(u32, bool, &[f64])| PanelUnit {
        wave: 0,
        treated,
        weight: 1.0,
        cell,
        y: y.to_vec(),
    };
    Panel {
        times: vec![times.to_vec()],
        units: rows.iter().map(unit).collect(),
    }
}

fn difference_in_differences() -> Panel {
    panel(
        &[-1, 0],
        &[
            (1, true, &[5.0, 3.0]),
            (1, true, &[4.0, 3.0]),
            (2, true, &[6.0, 4.0]),
            (2, false, &[3.0, 3.0]),
            (3, false, &[4.0, 5.0]),
            (3, false, &[5.0, 4.0]),
            (4, false, &[2.0, 2.0]),
            (4, true, &[7.0, 3.0]),
            (5, false, &[6.0, 6.0]),
            (5, true, &[5.0, 4.0]),
            (6, false, &[3.0, 4.0]),
            (6, false, &[4.0, 4.0]),
        ],
    )
}

#[test]
fn differences_in_differences_have_the_error_that_counts_no_nested_effects() {
    let fit = Design::of(difference_in_differences()).fit().unwrap();
    close(fit.beta[0], -2.142_857_142_857_145, 1e-9);
    close(fit.se[0], 0.581_658_860_848_866_3, 1e-9);
    close(
        two_sided(fit.beta[0] / fit.se[0], 5.0),
        0.014_233_549_484_657_607,
        1e-9,
    );
}

#[test]
fn an_event_study_gives_the_coefficients_of_statsmodels() {
    let rows: [(u32, bool, &[f64]); 12] = [
        (1, true, &[7.0, 5.0, 4.0, 5.0]),
        (2, true, &[5.0, 6.0, 5.0, 1.0]),
        (3, true, &[2.0, 3.0, 1.0, 5.0]),
        (4, true, &[7.0, 2.0, 2.0, 4.0]),
        (5, true, &[2.0, 6.0, 0.0, 2.0]),
        (6, false, &[6.0, 3.0, 4.0, 3.0]),
        (7, false, &[6.0, 3.0, 7.0, 4.0]),
        (8, false, &[4.0, 5.0, 5.0, 5.0]),
        (9, false, &[5.0, 7.0, 6.0, 6.0]),
        (10, false, &[6.0, 5.0, 4.0, 7.0]),
        (11, false, &[4.0, 3.0, 7.0, 2.0]),
        (12, false, &[7.0, 5.0, 2.0, 2.0]),
    ];
    let fit = Design::of(panel(&[-2, -1, 0, 1], &rows)).fit().unwrap();
    assert_eq!(fit.times, [-2, 0, 1]);
    let coefficients = [-0.8, -2.571_428_571_428_571_6, -0.714_285_714_285_714_5];
    let counting_dummies = [
        1.991_673_949_368_638,
        1.720_165_550_252_544,
        1.883_119_595_673_303_8,
    ];
    // statsmodels counts 12 objects and 3 windows beside 3 effects; here two arms stand for the objects.
    let less = ((48.0 - 18.0) / (48.0 - 8.0_f64)).sqrt();
    for k in 0..3 {
        close(fit.beta[k], coefficients[k], 1e-9);
        close(fit.se[k], counting_dummies[k] * less, 1e-9);
    }
}

#[test]
fn controls_drawn_within_the_windows_and_objects_drawn_before_leave_the_event_study() {
    let unit = |key: u64, drawn: bool| WaveUnit {
        key,
        cell: 0,
        pi: 0.5,
        drawn,
        outcome: Some(0.0),
        before: Some(1.0),
        ..WaveUnit::default()
    };
    let mut later = wave(vec![
        unit(0, false),
        unit(1, true),
        unit(2, true),
        unit(3, false),
    ]);
    later.drawn_on = Day::from_days(100);
    let first = wave(vec![
        unit(0, true),
        unit(1, false),
        unit(2, true),
        unit(3, false),
    ]);
    let found = event_units(&[first, later]);
    assert_eq!(
        found,
        [(0, true), (2, true), (3, false), (11, true), (13, false)]
    );
}

/// Wave × 10 plus key, and whether treated, of the objects in the event study.
fn event_units(waves: &[Wave]) -> Vec<(u64, bool)> {
    let mut found = Vec::new();
    for (w, wave) in waves.iter().enumerate() {
        for unit in &wave.units {
            let mut alone = waves.to_vec();
            for (v, other_wave) in alone.iter_mut().enumerate() {
                for other in &mut other_wave.units {
                    if v != w || other.key != unit.key {
                        other.outcome = None;
                    }
                }
            }
            if super::panel::event_study(&alone, &[0; 32]).is_some() {
                found.push((w as u64 * 10 + unit.key, unit.drawn));
            }
        }
    }
    found
}

#[test]
fn a_wild_bootstrap_of_unchanged_signs_gives_the_statistic_itself() {
    let design = Design::of(difference_in_differences());
    let fit = design.fit().unwrap();
    let t = fit.beta[0] / fit.se[0];
    close(design.unchanged(0), t, 1e-9);
    let (p, quantile) = design.wild(0, t, &[1; 32]).unwrap();
    assert!(
        (2.0 / 64.0..=1.0).contains(&p),
        "the sample and its mirror image reach t: {p}"
    );
    assert!(quantile > 1.0);
}

#[test]
fn strata_are_merged_by_what_is_expected_and_certain_objects_stand_outside() {
    let unit = |key: u64, stratum: u32, pi: f64| WaveUnit {
        key,
        stratum,
        pi,
        drawn: pi >= 1.0 || key.is_multiple_of(2),
        outcome: Some(1.0),
        ..WaveUnit::default()
    };
    let mut units: Vec<WaveUnit> = (0..40).map(|key| unit(key, 0, 0.5)).collect();
    units.extend((40..44).map(|key| unit(key, 1, 0.5)));
    units.push(unit(44, 2, 1.0));
    let mut wave = wave(units);
    wave.strata = ["a", "b", "c"].map(str::to_owned).to_vec();
    let rows = Rows::of(&[wave], Outcome::SeenForEveryone);
    assert_eq!(
        (rows.weight.len(), rows.n_merged, rows.n_certain),
        (1, 1, 1)
    );
    assert_eq!((rows.len(), rows.wave_of_group[0]), (44, Some(0)));
}

#[test]
fn exposure_is_expected_as_the_re_draws_say() {
    let unit = |key: u64| WaveUnit {
        key,
        cell: u32::try_from(key % 3).unwrap(),
        pi: 0.25,
        drawn: key.is_multiple_of(4),
        outcome: Some(f64::from(u8::from(key.is_multiple_of(5)))),
        ..WaveUnit::default()
    };
    let waves = [wave((0..60).map(unit).collect())];
    let drawn: Vec<bool> = waves[0].units.iter().map(|unit| unit.drawn).collect();
    let design = SimpleRandom::like(&[0; 60], &drawn, [5; 32]);
    let peering = super::exposure::Peering::of(&waves[0], Peers::Cell);
    let expected = peering.sums(&[0.25; 60]);
    let mut mean = vec![0.0; 60];
    let mut sample = vec![false; 60];
    for replicate in 0..2000 {
        design.redraw(replicate, &mut sample);
        let sums = peering.sums(&super::exposure::as_numbers(&sample));
        mean.iter_mut()
            .zip(sums)
            .for_each(|(mean, sum)| *mean += sum / 2000.0);
    }
    for (mean, expected) in mean.iter().zip(expected) {
        close(*mean, expected, 0.15);
    }
}

#[test]
fn a_draw_of_fixed_number_per_cell_leaves_exposure_no_freedom() {
    let unit = |key: u64| WaveUnit {
        key,
        cell: u32::try_from(key / 10).unwrap(),
        stratum: u32::try_from(key / 10).unwrap(),
        pi: 0.3,
        drawn: key % 10 < 3,
        outcome: Some(f64::from(u8::from(key.is_multiple_of(7)))),
        ..WaveUnit::default()
    };
    let mut only = wave((0..60).map(unit).collect());
    only.strata = (0..6).map(|stratum| stratum.to_string()).collect();
    let waves = [only];
    let dose = super::dose::Dose::of(&waves, Peers::Cell, Outcome::SeenForEveryone).unwrap();
    assert!(
        dose.fit(&waves).is_none(),
        "peers drawn are the object's own draw in disguise"
    );
}

#[test]
fn rounds_of_unlike_size_leave_exposure_no_freedom_that_counts() {
    let round = |n: u64| {
        let unit = |key: u64| WaveUnit {
            key,
            cell: u32::from(key.is_multiple_of(2)),
            stratum: u32::from(key.is_multiple_of(2)),
            pi: 0.25,
            drawn: (key / 2).is_multiple_of(4),
            outcome: Some(f64::from(u8::from(key.is_multiple_of(7)))),
            ..WaveUnit::default()
        };
        let mut wave = wave((0..n).map(unit).collect());
        wave.strata.push("other".to_owned());
        wave
    };
    let waves = [round(4_000), round(3_200)];
    let dose = super::dose::Dose::of(&waves, Peers::Cell, Outcome::SeenForEveryone).unwrap();
    assert!(
        dose.fit(&waves).is_none(),
        "the own draw over one number of peers or another is all there is"
    );
}
