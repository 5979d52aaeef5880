//! A re-draw by what it takes gives what all rows give.

use super::close;
use crate::evaluate::deterrence::contrast::{Contrasts, contrast};
use crate::evaluate::deterrence::dose::{Dose, Moved};
use crate::evaluate::deterrence::redraw::{stream, uniform};
use crate::evaluate::deterrence::reference::places;
use crate::evaluate::deterrence::rows::Rows;
use crate::evaluate::deterrence::{Outcome, Peers, Revisit, Stream, Wave, WaveUnit};
use crate::units::Day;

/// Two waves of 150 objects in two strata and four trades, some without a place, some without an outcome, some certain.
fn waves() -> Vec<Wave> {
    let mut rng = stream([5; 32], 0);
    let mut unit = |key: u32| {
        let pi = [0.2, 0.45][key as usize % 2];
        let revisit = Revisit {
            pi2: 0.3 + 0.5 * uniform(&mut rng),
            found: Some(uniform(&mut rng) < 0.4),
            stream: Stream::Measure,
            strictness: None,
        };
        WaveUnit {
            key: u64::from(key),
            stratum: key % 2,
            class: Some(u16::from(key.is_multiple_of(3))),
            industry: key % 4,
            cell: key % 11,
            place: (!key.is_multiple_of(17)).then(|| {
                (
                    36.0 + 0.1 * uniform(&mut rng),
                    115.0 + 0.1 * uniform(&mut rng),
                )
            }),
            pi: if key.is_multiple_of(40) { 1.0 } else { pi },
            outcome: (!key.is_multiple_of(13)).then(|| uniform(&mut rng)),
            revisit: (!key.is_multiple_of(3)).then_some(revisit),
            ..WaveUnit::default()
        }
    };
    let mut wave = |day: i32| Wave {
        id: day.to_string(),
        drawn_on: Day::from_days(day),
        window_days: 180,
        strata: vec!["a".to_owned(), "b".to_owned()],
        series_times: Vec::new(),
        units: (0..150).map(&mut unit).collect(),
    };
    vec![wave(0), wave(400)]
}

/// Draws both waves anew; the places drawn.
fn draw(waves: &mut [Wave], replicate: u64) -> Vec<Vec<u32>> {
    let mut rng = stream([6; 32], replicate);
    let one = |wave: &mut Wave| {
        for unit in &mut wave.units {
            unit.drawn = uniform(&mut rng) < unit.pi;
        }
        let drawn: Vec<bool> = wave.units.iter().map(|unit| unit.drawn).collect();
        places(&drawn)
    };
    waves.iter_mut().map(one).collect()
}

const OUTCOMES: [Outcome; 2] = [Outcome::SeenForEveryone, Outcome::MeasureRevisits];

#[test]
fn contrasts_of_the_drawn_moved_are_contrasts_of_all_rows() {
    let mut waves = waves();
    for outcome in OUTCOMES {
        let rows = Rows::of(&waves, outcome);
        let contrasts = Contrasts::of(&rows, &[150, 150], &[&rows.y]);
        for replicate in 0..20 {
            let drawn = draw(&mut waves, replicate);
            let mut found = Vec::new();
            contrasts.redrawn(&rows, &[&rows.y], &drawn, &mut found);
            let again = Rows::of(&waves, outcome);
            close(found[0], contrast(&again, &again.y).unwrap().value, 1e-12);
        }
    }
}

#[test]
fn coefficients_of_the_drawn_moved_are_coefficients_of_all_rows() {
    let mut waves = waves();
    let peers = [
        Peers::Cell,
        Peers::Ring { from: 0.0, to: 3.0 },
        Peers::Ring { from: 3.0, to: 9.0 },
        Peers::OtherIndustry { from: 0.0, to: 3.0 },
    ];
    for outcome in OUTCOMES {
        for peers in peers {
            let dose = Dose::of(&waves, peers, outcome).unwrap();
            let responses = [0, 1, 2].map(|_| dose.residual(dose.outcomes()));
            let moved = Moved::of(&dose, responses);
            for replicate in 0..10 {
                let drawn = draw(&mut waves, replicate);
                let mut found = Vec::new();
                moved.redrawn(&dose, &drawn, &mut found);
                let beta = dose.fit(&waves).unwrap().beta;
                close(found[0], beta, 1e-9 * (1.0 + beta.abs()));
            }
        }
    }
}

#[test]
fn the_variance_of_a_contrast_is_that_of_its_arms() {
    let mut waves = waves();
    for unit in waves.iter_mut().flat_map(|wave| &mut wave.units) {
        (unit.pi, unit.stratum) = (0.5, 0);
        unit.outcome = Some(f64::from(u8::from(unit.key.is_multiple_of(3))));
    }
    waves.truncate(1);
    let drawn = draw(&mut waves, 1);
    let rows = Rows::of(&waves, Outcome::SeenForEveryone);
    let own: Vec<f64> = rows.drawn.iter().map(|&d| f64::from(u8::from(d))).collect();
    let responses: [&[f64]; 2] = [&rows.y, &own];
    let mut found = Vec::new();
    Contrasts::of(&rows, &[150], &responses).redrawn(&rows, &responses, &drawn, &mut found);
    let spread = |is_drawn: bool| {
        let of = || (0..150).filter(|&row| rows.drawn[row] == is_drawn);
        let n: f64 = of().map(|_| 1.0).sum();
        let mean = of().map(|row| rows.y[row]).sum::<f64>() / n;
        let own = n / (n + 10.0);
        (own * mean * (1.0 - mean) + (1.0 - own) * 2.0 / 9.0) / n
    };
    close(found[1], 1.0, 1e-12);
    close(found[2], spread(true) + spread(false), 1e-12);
}
