//! Target inclusion probability to order parameter λ: the true probability of Pareto order sampling becomes the target.
//!
//! The fixed point of logit λ ← logit λ + logit p - logit π(λ) (Aires 2000 adjusts the same parameters), reached by
//! Anderson acceleration: the plain iteration is linear and slow where probabilities lie near 0 or 1.

use super::pareto::{inclusion_probs, scale};

/// Most steps of the iteration.
const STEPS_MAX: usize = 200;
/// Residuals the iteration stops at, and those it may end with.
const AIM: f64 = 1e-13;
const ACCEPT: f64 = 1e-10;
/// Past steps that Anderson acceleration combines.
const MEMORY: usize = 4;

/// An iteration that did not settle: its best max |π/p - 1|.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Unsettled(pub f64);

/// λ of each level, 0 < λ < 1, so that its units' inclusion probability is `target` when the `n` smallest keys are
/// drawn; scaled so that the λ of all units sum to `n`. `counts` are the levels' units, their targets sum to `n` and
/// lie in 0 < p < 1.
///
/// # Errors
/// [`Unsettled`] when 200 steps leave max |π/p - 1| above 1e-10.
///
/// ```
/// // the check vectors' population (.3, .7), n = 1
/// let lambda = choucha::plan::calibrate(&[1, 1], &[0.3, 0.7], 1).unwrap();
/// assert!((lambda[0] - 0.347100961687).abs() < 1e-11);
/// ```
pub fn calibrate(counts: &[u64], target: &[f64], n: u64) -> Result<Vec<f64>, Unsettled> {
    let wanted: Vec<f64> = target.iter().map(|&p| logit(p)).collect();
    let mut x = wanted.clone();
    let mut best = (f64::INFINITY, x.clone());
    let mut history: Vec<(Vec<f64>, Vec<f64>)> = Vec::new();
    let mut stalled = 0;
    for _ in 0..STEPS_MAX {
        let probs = inclusion_probs(counts, &sigmoid(&x), n);
        let residual = relative_error(&probs, target);
        stalled = if residual < 0.5 * best.0 {
            0
        } else {
            stalled + 1
        };
        if residual > 4.0 * best.0 {
            history.clear();
        }
        if residual < best.0 {
            best = (residual, x.clone());
        }
        if best.0 <= AIM || (best.0 <= ACCEPT && stalled >= 3) {
            break;
        }
        let step: Vec<f64> = wanted
            .iter()
            .zip(&probs)
            .map(|(wanted, &p)| wanted - logit(p))
            .collect();
        history.push((x.clone(), step.clone()));
        if history.len() > MEMORY + 1 {
            history.remove(0);
        }
        x = accelerated(&history);
    }
    let lambda = sigmoid(&best.1);
    let scale = scale(counts, &lambda, n);
    let lambda: Vec<f64> = lambda
        .into_iter()
        .map(|l| scale * l / (1.0 - l + scale * l))
        .collect();
    let residual = relative_error(&inclusion_probs(counts, &lambda, n), target);
    if residual <= ACCEPT {
        Ok(lambda)
    } else {
        Err(Unsettled(residual))
    }
}

/// max |π/p - 1|, infinite where one of them is no number: `f64::max` would pass over it.
pub(super) fn relative_error(probs: &[f64], target: &[f64]) -> f64 {
    probs
        .iter()
        .zip(target)
        .map(|(prob, target)| (prob / target - 1.0).abs())
        .fold(0.0, |worst, error| {
            if error.is_nan() {
                f64::INFINITY
            } else {
                worst.max(error)
            }
        })
}

fn logit(p: f64) -> f64 {
    let p = p.clamp(f64::MIN_POSITIVE, 1.0 - f64::EPSILON / 2.0);
    (p / (1.0 - p)).ln()
}

fn sigmoid(x: &[f64]) -> Vec<f64> {
    let bound = 1.0 - f64::EPSILON / 2.0;
    x.iter()
        .map(|&x| (1.0 / (1.0 + (-x).exp())).clamp(1e-300, bound))
        .collect()
}

/// The next point: the plain step, less the combination of past differences that best cancels it (Walker & Ni 2011).
fn accelerated(history: &[(Vec<f64>, Vec<f64>)]) -> Vec<f64> {
    let (x, step) = history.last().expect("the current point was pushed");
    let mut next: Vec<f64> = x.iter().zip(step).map(|(x, step)| x + step).collect();
    let mut rest = step.clone();
    let mut basis: Vec<(Vec<f64>, Vec<f64>)> = Vec::new();
    for pair in history.windows(2).rev() {
        let mut moved = difference(&pair[1].0, &pair[0].0);
        let mut changed = difference(&pair[1].1, &pair[0].1);
        let size = dot(&changed, &changed);
        for (b_moved, b_changed) in &basis {
            let along = dot(&changed, b_changed);
            subtract(&mut changed, along, b_changed);
            subtract(&mut moved, along, b_moved);
        }
        let left = dot(&changed, &changed);
        if left <= 1e-16 * size || left <= 0.0 {
            continue;
        }
        let unit = 1.0 / left.sqrt();
        moved
            .iter_mut()
            .chain(&mut changed)
            .for_each(|value| *value *= unit);
        let along = dot(&rest, &changed);
        subtract(&mut rest, along, &changed);
        next.iter_mut()
            .zip(moved.iter().zip(&changed))
            .for_each(|(next, (m, c))| *next -= along * (m + c));
        basis.push((moved, changed));
    }
    next
}

fn difference(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a - b).collect()
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn subtract(from: &mut [f64], times: f64, what: &[f64]) {
    from.iter_mut()
        .zip(what)
        .for_each(|(from, what)| *from -= times * what);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_near_zero_and_one_settle() {
        for (counts, target, n) in [
            (vec![1, 1], vec![0.001, 0.999], 1),
            (vec![1, 1], vec![0.01, 0.99], 1),
            (vec![2, 1, 1], vec![0.0005, 0.009, 0.99], 1),
            (vec![30, 1, 2], vec![0.1, 0.98, 0.51], 5),
        ] {
            let lambda = calibrate(&counts, &target, n).unwrap();
            assert!(
                relative_error(&inclusion_probs(&counts, &lambda, n), &target) < 1e-11,
                "{target:?}"
            );
        }
    }

    #[test]
    fn what_is_no_number_is_no_match() {
        let error = relative_error(&[0.5, f64::NAN], &[0.5, 0.5]);
        assert!(error.is_infinite(), "{error}");
    }

    #[test]
    fn plain_pareto_is_not_good_enough_in_small_strata() {
        let target = [0.3, 0.7];
        assert!(relative_error(&inclusion_probs(&[1, 1], &target, 1), &target) > 0.19);
    }
}
