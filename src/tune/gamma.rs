//! One dial from estimating to aiming: π = clip(λ r^γ, floor, cap) with Σπ = K.
//!
//! γ = ½ is best for the prevalence of a yes-or-no finding, γ = 1 is balanced, γ ≥ 2 seeks findings.

/// Halvings of the interval that holds λ; a double has no more to give.
const HALVINGS: usize = 200;

/// λ, and π of every unit group.
#[derive(Clone, Debug, PartialEq)]
pub struct Dialled {
    /// The factor on r^γ.
    pub lambda: f64,
    /// Inclusion probabilities, in the order given.
    pub pi: Vec<f64>,
}

/// Solves for λ. `groups` are (risk r > 0, number of units); `expected` is K. None where the floor alone exceeds K or
/// the cap stays below it.
///
/// ```
/// use choucha::tune::dial;
/// let dialled = dial(&[(0.1, 50.0), (0.4, 50.0)], 1.0, (0.05, 1.0), 25.0).unwrap();
/// assert!((dialled.pi[0] - 0.1).abs() < 1e-12 && (dialled.pi[1] - 0.4).abs() < 1e-12);
/// ```
#[must_use]
pub fn dial(
    groups: &[(f64, f64)],
    gamma: f64,
    (floor, cap): (f64, f64),
    expected: f64,
) -> Option<Dialled> {
    let n: f64 = groups.iter().map(|(_, n)| n).sum();
    if n * floor > expected || n * cap < expected {
        return None;
    }
    let powers: Vec<(f64, f64)> = groups.iter().map(|&(r, n)| (r.powf(gamma), n)).collect();
    let pi = |lambda: f64, power: f64| (lambda * power).clamp(floor, cap);
    let sum = |lambda: f64| -> f64 { powers.iter().map(|&(power, n)| n * pi(lambda, power)).sum() };
    let least = powers
        .iter()
        .map(|(power, _)| *power)
        .fold(f64::INFINITY, f64::min);
    let (mut low, mut high) = (0.0, cap / least);
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(low, high);
        if sum(middle) < expected {
            low = middle;
        } else {
            high = middle;
        }
    }
    Some(Dialled {
        lambda: high,
        pi: powers.iter().map(|&(power, _)| pi(high, power)).collect(),
    })
}
