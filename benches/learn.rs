//! How long do the learned models take to fit and to score, by rows?
//!
//! `cargo bench --bench learn [-- ROWS …]`: 60 columns of even numbers, one in ten missing in every third column.
#![allow(clippy::print_stdout, reason = "a benchmark prints what it measured")]

mod support;

use std::time::Instant;

use choucha::risk::learn::{Column, Design, Labels, Model, probability};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha12Rng;
use support::scores::{COLUMNS, boosted, logistic};
use support::{sizes, words};

fn main() {
    for rows in sizes(&words(), &[200_000, 1_000_000]) {
        let (design, labels) = made(usize::try_from(rows).expect("rows fit the machine"));
        for (name, recipe) in [("logistic", logistic()), ("boosted", boosted())] {
            let started = Instant::now();
            let model = recipe
                .fit(&design, &labels)
                .expect("the rows can be learnt");
            let fitted = started.elapsed().as_secs_f64();
            let scored = seconds_to_score(&model, &design);
            println!("{name}: {rows} rows x {COLUMNS}, fit {fitted:.2} s, score {scored:.2} s");
        }
    }
}

fn seconds_to_score(model: &Model, design: &Design) -> f64 {
    let started = Instant::now();
    let scores = model.log_odds(design).expect("the columns are the same");
    assert!(scores.iter().all(|score| score.is_finite()));
    started.elapsed().as_secs_f64()
}

fn made(rows: usize) -> (Design, Labels) {
    let mut rng = ChaCha12Rng::seed_from_u64(1);
    let mut values = vec![Vec::new(); COLUMNS];
    let mut found = Vec::with_capacity(rows);
    for _ in 0..rows {
        let own: [f64; COLUMNS] = std::array::from_fn(|_| rng.random());
        let odds = -2.0 + 2.0 * own[0] - 3.0 * own[1] * own[2];
        found.push(rng.random::<f64>() < probability(odds));
        for (place, (column, value)) in values.iter_mut().zip(own).enumerate() {
            let is_missing = place % 3 == 0 && rng.random::<f64>() < 0.1;
            column.push(if is_missing { f64::NAN } else { value });
        }
    }
    let columns = values.into_iter().enumerate();
    let columns = columns.map(|(place, values)| Column::number(&format!("x{place}"), values));
    let design = Design::new(columns.collect()).expect("columns of one length");
    (design, Labels::unweighted(found).expect("there are rows"))
}
