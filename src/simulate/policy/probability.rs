//! Probabilities of the classes: π = clip(x · multiplier, floor, cap), x by bisection so that Σπ is the budget; and the
//! drawing of a period, Poisson or by the Pareto order of a draw of record.

use super::checked::{Rule, ValidPolicy};
use super::number::{floor_index, real};
use crate::{draw, plan};

/// Halvings of the bracket of x: more than a double can tell apart.
const HALVINGS: u32 = 200;
/// How far a sum may be from the budget before it counts as unused.
const SLACK: f64 = 1e-9;

/// Probabilities of one period.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Period {
    /// Per class.
    pub(super) pi: Vec<f64>,
    /// Visits of the budget that no probability can take up, because every class is at its cap or exempt.
    pub(super) unused: f64,
}

/// The probabilities of a policy where the classes hold `counts` firms and `budget` visits are to be spent.
pub(super) fn probabilities(policy: &ValidPolicy, counts: &[u64], budget: f64) -> Period {
    let multiplier = match &policy.rule {
        Rule::Probability(pi) => {
            let pi = pi.clone();
            return Period { pi, unused: 0.0 };
        }
        Rule::Multiplier(multiplier) => multiplier,
    };
    let at = |x: f64| -> Vec<f64> {
        let clip = |m: &f64| (x * m).clamp(policy.floor, policy.cap);
        multiplier.iter().map(clip).collect()
    };
    let least = multiplier.iter().copied().filter(|&m| m > 0.0);
    let top = policy.cap / least.fold(f64::INFINITY, f64::min);
    let most = at(top);
    let missing = budget - total(&most, counts);
    if missing >= 0.0 {
        let unused = if missing > SLACK * budget.max(1.0) {
            missing
        } else {
            0.0
        };
        return Period { pi: most, unused };
    }
    let (mut low, mut high) = (0.0, top);
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(low, high);
        if total(&at(middle), counts) < budget {
            low = middle;
        } else {
            high = middle;
        }
    }
    Period {
        pi: at(high),
        unused: 0.0,
    }
}

fn total(pi: &[f64], counts: &[u64]) -> f64 {
    pi.iter().zip(counts).map(|(pi, &n)| pi * real(n)).sum()
}

/// A Pareto draw of one period: λ per class, how many are drawn, and the probabilities that result.
pub(super) struct Pareto {
    /// Per class; none where nobody is drawn or everybody is.
    lambda: Vec<Option<f64>>,
    /// Number of firms drawn from classes with a λ.
    n: usize,
    /// True probabilities per class.
    pub(super) pi: Vec<f64>,
}

impl Pareto {
    /// Calibrates λ so that each class has its probability exactly; the sum of probabilities between 0 and 1 is first brought to
    /// a whole number, all of them by the same factor.
    ///
    /// # Errors
    /// The best deviation, when λ does not settle.
    pub(super) fn calibrate(pi: &[f64], counts: &[u64]) -> Result<Self, plan::Unsettled> {
        let is_some = |tier: &usize| pi[*tier] > 0.0 && pi[*tier] < 1.0 && counts[*tier] > 0;
        let some: Vec<usize> = (0..pi.len()).filter(is_some).collect();
        let sum: f64 = some.iter().map(|&tier| pi[tier] * real(counts[tier])).sum();
        let held: u64 = some.iter().map(|&tier| counts[tier]).sum();
        let most = floor_index(real(held.saturating_sub(1)));
        let n = floor_index(sum + 0.5).min(most);
        let mut own = Self {
            lambda: vec![None; pi.len()],
            n,
            pi: pi.to_vec(),
        };
        let n_drawn = u64::try_from(n).expect("a length fits 64 bits");
        if n == 0 {
            for &tier in &some {
                own.pi[tier] = 0.0;
            }
            return Ok(own);
        }
        let factor = real(n_drawn) / sum;
        for &tier in &some {
            own.pi[tier] *= factor;
        }
        let target: Vec<f64> = some.iter().map(|&tier| own.pi[tier]).collect();
        let n_of: Vec<u64> = some.iter().map(|&tier| counts[tier]).collect();
        let lambda = plan::calibrate(&n_of, &target, n_drawn)?;
        for (&tier, lambda) in some.iter().zip(lambda) {
            own.lambda[tier] = Some(lambda);
        }
        Ok(own)
    }

    /// Whether each firm is drawn: those of classes with π = 1, and the smallest keys of the others. `lots` holds the class of
    /// every firm and its number in 0 < u < 1.
    pub(super) fn drawn(&self, lots: &[(u8, f64)]) -> Vec<bool> {
        let mut drawn: Vec<bool> = lots
            .iter()
            .map(|&(tier, _)| {
                self.lambda[usize::from(tier)].is_none() && self.pi[usize::from(tier)] >= 1.0
            })
            .collect();
        if self.n == 0 {
            return drawn;
        }
        let key = |(i, &(tier, u)): (usize, &(u8, f64))| {
            Some((draw::pareto_key(u, self.lambda[usize::from(tier)]?), i))
        };
        let mut keys: Vec<(f64, usize)> = lots.iter().enumerate().filter_map(key).collect();
        let order = |a: &(f64, usize), b: &(f64, usize)| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1));
        let n = self.n.min(keys.len());
        if n > 0 {
            keys.select_nth_unstable_by(n - 1, order);
        }
        keys[..n].iter().for_each(|&(_, i)| drawn[i] = true);
        drawn
    }
}

#[cfg(test)]
mod tests {
    use super::super::checked::Moves;
    use super::*;

    fn policy(multiplier: &[f64], floor: f64, cap: f64) -> ValidPolicy {
        ValidPolicy {
            name: "p".to_owned(),
            title: String::new(),
            title_en: String::new(),
            rule: Rule::Multiplier(multiplier.to_vec()),
            floor,
            cap,
            moves: Moves {
                found: Vec::new(),
                clean: Vec::new(),
                unvisited: None,
            },
        }
    }

    #[test]
    fn probabilities_keep_floor_and_cap_and_sum_to_the_budget_as_the_vector_says() {
        // inclusion_probability_solver of the check vectors: one firm per class
        let r = [0.01, 0.02, 0.02, 0.05, 0.08, 0.1, 0.15, 0.2, 0.4, 0.6];
        let period = probabilities(&policy(&r, 0.05, 0.8), &[1; 10], 3.0);
        assert!((period.pi[3] - 0.107_758_620_689_655_17).abs() < 1e-12);
        assert!((period.pi.iter().sum::<f64>() - 3.0).abs() < 1e-12);
        assert!(period.unused.abs() < 1e-12);
    }

    #[test]
    fn an_exempt_class_gets_nothing_and_what_the_caps_leave_over_is_said() {
        let period = probabilities(&policy(&[0.0, 1.0], 0.0, 0.5), &[900, 100], 80.0);
        assert_eq!(period.pi, [0.0, 0.5]);
        assert!((period.unused - 30.0).abs() < 1e-9);
    }

    #[test]
    fn a_pareto_draw_takes_as_many_as_its_probabilities_say_and_everybody_of_a_full_class() {
        let pareto = Pareto::calibrate(&[0.1, 1.0, 0.0], &[50, 3, 7]).unwrap();
        let tiers = [vec![0_u8; 50], vec![1; 3], vec![2; 7]].concat();
        let lots: Vec<(u8, f64)> = tiers
            .iter()
            .zip(1_u32..)
            .map(|(&tier, i)| (tier, f64::from(i) / 61.0))
            .collect();
        let drawn = pareto.drawn(&lots);
        let of = |class: u8| (0..60).filter(|&i| drawn[i] && tiers[i] == class).count();
        assert_eq!((of(0), of(1), of(2)), (5, 3, 0));
    }
}
