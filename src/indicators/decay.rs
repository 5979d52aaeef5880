//! Weights 2^(-age / half-life), from + − × ÷ alone so that every machine has the same bits.

/// Weight of a record by its age in whole days.
pub(super) struct Decay {
    /// Weights of the ages 0 .. half-life.
    first: Vec<f64>,
}

impl Decay {
    /// A weight that halves every `half_life_days` (at least 1).
    pub(super) fn new(half_life_days: u32) -> Self {
        let root = root_of_half(half_life_days);
        let mut weight = 1.0;
        let first = (0..half_life_days).map(|_| {
            let now = weight;
            weight *= root;
            now
        });
        Self {
            first: first.collect(),
        }
    }

    /// Weight at `age` days (0 or more).
    pub(super) fn weight(&self, age: i32) -> f64 {
        let age = usize::try_from(age).unwrap_or(0);
        let halvings = age / self.first.len();
        (0..halvings.min(1_100)).fold(self.first[age % self.first.len()], |weight, _| weight / 2.0)
    }
}

/// The `n`-th root of one half by Newton's method.
fn root_of_half(n: u32) -> f64 {
    let n_real = f64::from(n);
    let mut root = n_real / (n_real + 0.7);
    for _ in 0..100 {
        let below = (1..n).fold(1.0, |power, _| power * root);
        root -= (below * root - 0.5) / (n_real * below);
    }
    root
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_weight_halves_every_half_life() {
        let decay = Decay::new(365);
        for (age, weight) in [
            (0, 1.0),
            (365, 0.5),
            (730, 0.25),
            (1, 0.5_f64.powf(1.0 / 365.0)),
        ] {
            assert!((decay.weight(age) - weight).abs() < 1e-12, "{age}");
        }
        assert!((Decay::new(1).weight(3) - 0.125).abs() < 1e-15);
        assert!(Decay::new(36_525).weight(36_525 / 2) < 0.7072);
    }
}
