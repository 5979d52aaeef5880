//! Against the constants of `szonszein/interference` and an enumerated line of six.

use super::{
    Chances, Side, bound, covariance_of_totals, met, variance_of_difference, variance_of_total,
};
use crate::evaluate::deterrence::{ExposureKind, SimpleRandom};

const Y: [f64; 3] = [-1.0, 2.0, 3.0];
const FIRST: [bool; 3] = [true, true, false];
const SECOND: [bool; 3] = [false, false, true];
const PI_FIRST: [[f64; 3]; 3] = [[0.3, 0.2, 0.1], [0.2, 0.5, 0.4], [0.1, 0.4, 0.8]];
const PI_SECOND: [[f64; 3]; 3] = [[0.7, 0.4, 0.1], [0.4, 0.5, 0.1], [0.1, 0.1, 0.2]];

fn close(found: f64, expected: f64) {
    assert!((found - expected).abs() < 1e-9, "{found} {expected}");
}

#[test]
fn variances_are_those_of_the_published_package() {
    let variance = |met: [bool; 3], pi: [[f64; 3]; 3]| {
        variance_of_total(&Y, |i| met[i], |i| pi[i][i], |i, j| pi[i][j])
    };
    close(variance(FIRST, PI_FIRST), 9.111_111_111_111_11);
    close(variance(SECOND, PI_SECOND), 180.0);
    let zero_first = [[0.3, 0.0, 0.0], [0.0, 0.5, 0.4], [0.0, 0.4, 0.8]];
    let zero_second = [[0.7, 0.4, 0.1], [0.4, 0.5, 0.0], [0.1, 0.0, 0.2]];
    let bounded =
        |met: [bool; 3], pi: [[f64; 3]; 3]| bound(&Y, |i| met[i], |i| pi[i][i], |i, j| pi[i][j]);
    close(bounded(FIRST, zero_first), 14.666_666_666_666_666);
    close(bounded(SECOND, zero_second), 45.0);
}

#[test]
fn covariances_are_those_of_the_published_package() {
    let both = [[0.0, 0.1, 0.0], [0.2, 0.0, 0.15], [0.4, 0.3, 0.0]];
    let first = Side {
        values: &Y,
        is_met: &|i| FIRST[i],
        chance: &|i| PI_FIRST[i][i],
    };
    let second = Side {
        values: &Y,
        is_met: &|i| SECOND[i],
        chance: &|i| PI_SECOND[i][i],
    };
    let expected = -32.333_333_333_333_34;
    close(
        covariance_of_totals(&first, &second, |i, j| both[i][j]),
        expected,
    );
    close(
        covariance_of_totals(&second, &first, |i, j| both[j][i]),
        expected,
    );
}

/// Peers drawn on a line of six.
fn on_a_line(drawn: &[bool]) -> Vec<usize> {
    let at = |i: usize| f64::from(u8::from(drawn[i]));
    let peers = |i: usize| {
        let before = if i > 0 { at(i - 1) } else { 0.0 };
        let after = if i + 1 < drawn.len() { at(i + 1) } else { 0.0 };
        before + after
    };
    met(drawn, &(0..drawn.len()).map(peers).collect::<Vec<f64>>())
}

#[test]
fn two_of_six_on_a_line_give_the_enumerated_probabilities_and_variances() {
    let drawn = [true, false, false, true, false, false];
    let y = [1.0, 0.0, 1.0, 1.0, 0.0, 1.0];
    let redraw = SimpleRandom::like(&[0; 6], &drawn, [0; 32]);
    let chances = Chances::of(&redraw, 6, 0, on_a_line);
    close(chances.one(0, 0), 1.0 / 15.0);
    close(chances.one(1, 2), 7.0 / 15.0);
    close(chances.one(5, 3), 0.4);
    let observed = on_a_line(&drawn);
    assert_eq!(observed, [1, 2, 2, 1, 2, 3]);
    let total = |kind: usize| -> f64 {
        let of = (0..6).filter(|&i| observed[i] == kind);
        of.map(|i| y[i] / chances.one(i, kind)).sum()
    };
    close(total(1), 8.75);
    close(total(2), 2.142_857_142_857_143);
    let plain = |kind: usize| {
        let (a, b) = ((kind, y.to_vec()), (3, y.to_vec()));
        variance_of_difference(&chances, &observed, &a, &b)
    };
    close(plain(1), 2.057_291_666_666_666_5);
    close(plain(2), 0.420_209_750_566_893_4);
    let found = super::means(&chances, &observed, &y);
    let indirect = found
        .iter()
        .find(|mean| mean.kind == ExposureKind::Indirect)
        .unwrap();
    close(indirect.effect.unwrap(), -2.0 / 3.0);
    close(indirect.se.unwrap().powi(2), 0.221_560_846_560_846_6);
    let direct = found
        .iter()
        .find(|mean| mean.kind == ExposureKind::Direct)
        .unwrap();
    close(direct.effect.unwrap(), 0.0);
    assert_eq!(direct.se, None, "no variance is not a standard error of 0");
}

#[test]
fn without_peers_the_mean_of_the_drawn_is_that_of_the_design_alone() {
    let drawn = [true, false, false, true, false, false];
    let y = [3.0, 1.0, 4.0, 1.0, 5.0, 9.0];
    let redraw = SimpleRandom::like(&[0; 6], &drawn, [0; 32]);
    let alone = |drawn: &[bool]| met(drawn, &[0.0; 6]);
    let chances = Chances::of(&redraw, 6, 0, alone);
    let found = super::means(&chances, &alone(&drawn), &y);
    assert_eq!(found.len(), 2, "nobody can meet a drawn peer");
    close(found[0].mean.unwrap(), 2.0);
    close(found[1].mean.unwrap(), 4.75);
    let third = |i: usize, j: usize| if i == j { 1.0 / 3.0 } else { 1.0 / 15.0 };
    let plain = variance_of_total(&y, |i| drawn[i], |i| third(i, i), third);
    let horvitz_thompson: f64 = {
        let mut sum = 0.0;
        for i in [0, 3] {
            sum += (2.0 / 3.0) * (y[i] * 3.0) * (y[i] * 3.0);
            let j = 3 - i;
            sum += (1.0 / 15.0 - 1.0 / 9.0) * 15.0 * y[i] * 3.0 * y[j] * 3.0;
        }
        sum
    };
    close(plain, horvitz_thompson);
}
