//! Announced sampling fractions against what was drawn.
//!
//! For each value of the column the chance, were every object drawn by itself with the announced fraction, that the number is
//! as far off: twice the smaller binomial tail. A draw with fixed numbers can only be closer, so the test errs towards
//! silence. The p of all values together is Bonferroni's.

use statrs::distribution::{Binomial, DiscreteCDF};

use super::fair::real;
use super::input::{AuditInput, at};
use super::params::Ratios;

/// The value that is furthest off.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Ratio {
    pub(super) p: f64,
    pub(super) value: String,
    pub(super) announced: f64,
    pub(super) n_objects: u64,
    /// Drawn in all rounds.
    pub(super) n_drawn: u64,
    pub(super) n_rounds: usize,
}

/// The test; `None` where no object has an announced fraction.
pub(super) fn judge(input: &AuditInput, texts: &[String], ratios: &Ratios) -> Option<Ratio> {
    let drawn = input.drawn();
    let all = ratios.values.iter().filter_map(|(value, announced)| {
        let n_objects = count(texts.iter().filter(|text| *text == value).count());
        let of_value = drawn
            .iter()
            .flatten()
            .filter(|&&object| texts[at(object)] == *value);
        let n_drawn = count(of_value.count());
        let trials = n_objects * count(drawn.len());
        (n_objects > 0).then(|| Ratio {
            p: two_sided(n_drawn, trials, *announced),
            value: value.clone(),
            announced: *announced,
            n_objects,
            n_drawn,
            n_rounds: drawn.len(),
        })
    });
    let all: Vec<Ratio> = all.collect();
    let n = real(all.len());
    let worst = all.into_iter().min_by(|a, b| a.p.total_cmp(&b.p))?;
    Some(Ratio {
        p: (n * worst.p).min(1.0),
        ..worst
    })
}

impl Ratio {
    /// Share that was drawn, per round.
    pub(super) fn drawn(&self) -> f64 {
        float(self.n_drawn) / float(self.n_objects) / real(self.n_rounds)
    }

    /// Number that was drawn, as a float.
    pub(super) fn drawn_float(&self) -> f64 {
        float(self.n_drawn)
    }

    /// Number that was to be drawn in all rounds.
    pub(super) fn expected(&self) -> f64 {
        self.announced * float(self.n_objects) * real(self.n_rounds)
    }
}

fn two_sided(n: u64, trials: u64, share: f64) -> f64 {
    let Ok(binomial) = Binomial::new(share, trials) else {
        return 1.0;
    };
    let up_to = binomial.cdf(n);
    let from = if n == 0 { 1.0 } else { binomial.sf(n - 1) };
    (2.0 * up_to.min(from)).min(1.0)
}

fn count(n: usize) -> u64 {
    n as u64
}

#[allow(
    clippy::cast_precision_loss,
    reason = "counts of objects stay far below 2^53"
)]
fn float(n: u64) -> f64 {
    n as f64
}

#[cfg(test)]
mod tests {
    use super::two_sided;

    #[test]
    fn tails_are_those_of_the_binomial_tables() {
        assert!((two_sided(0, 10, 0.5) - 2.0 / 1024.0).abs() < 1e-12);
        assert!((two_sided(5, 10, 0.5) - 1.0).abs() < 1e-12);
        assert!((two_sided(8, 10, 0.5) - 2.0 * 56.0 / 1024.0).abs() < 1e-12);
        assert!(
            two_sided(3, 100, 0.0) < 1e-12,
            "a fraction of nothing draws nobody"
        );
        assert!((two_sided(100, 100, 1.0) - 1.0).abs() < 1e-12);
    }
}
