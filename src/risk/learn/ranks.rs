//! Values at given ranks without sorting everything: brackets from a sample, one pass to fill them (Floyd and Rivest 1975).

/// Values below which sorting is as good.
const MANY: usize = 16_384;
/// Values of the sample.
const SAMPLE: usize = 4_096;
/// Places in the sample to either side of a rank's own: four standard deviations of a middle rank.
const MARGIN: usize = 128;

/// What sorting `values` (none is NaN) by `total_cmp` would put at each of the ascending `ranks`.
pub(super) fn at_ranks(values: &[f64], ranks: &[usize]) -> Vec<f64> {
    let bracketed = (values.len() >= MANY).then(|| bracketed(values, ranks));
    bracketed.flatten().unwrap_or_else(|| {
        let sorted = sorted(values.to_vec());
        ranks.iter().map(|&rank| sorted[rank]).collect()
    })
}

fn sorted(mut values: Vec<f64>) -> Vec<f64> {
    values.sort_unstable_by(f64::total_cmp);
    values
}

/// None where a rank fell outside its bracket, or a bracket holds too much.
fn bracketed(values: &[f64], ranks: &[usize]) -> Option<Vec<f64>> {
    let step = values.len() / SAMPLE;
    let sample = sorted(values.iter().step_by(step).copied().collect());
    let place = |rank: usize| rank / step;
    let is_near = |a: &usize, b: &usize| place(*b) <= place(*a) + MARGIN;
    let mut found = Vec::with_capacity(ranks.len());
    for near in ranks.chunk_by(is_near) {
        let first = place(near[0]).checked_sub(MARGIN);
        let last = place(near[near.len() - 1]) + MARGIN;
        let low = first.map_or(f64::NEG_INFINITY, |first| sample[first]);
        let high = sample.get(last).copied().unwrap_or(f64::INFINITY);
        found.extend(within(values, low, high, near)?);
    }
    Some(found)
}

/// The values at `ranks` if they all lie in `low ..= high`.
fn within(values: &[f64], low: f64, high: f64, ranks: &[usize]) -> Option<Vec<f64>> {
    let mut below = 0;
    let mut inside = Vec::new();
    for value in values {
        if *value < low {
            below += 1;
        } else if *value <= high {
            inside.push(*value);
        }
    }
    let inside = sorted(inside);
    let at = |rank: &usize| inside.get(rank.checked_sub(below)?).copied();
    ranks.iter().map(at).collect()
}

#[cfg(test)]
mod tests {
    use super::{MANY, at_ranks, sorted};

    fn check(values: &[f64]) {
        let n = values.len();
        let ranks = [0, 1, n / 200, n / 200 + 1, n / 2, n / 2 + 1, n - 2, n - 1];
        let whole = sorted(values.to_vec());
        let expected: Vec<u64> = ranks.iter().map(|rank| whole[*rank].to_bits()).collect();
        let found = at_ranks(values, &ranks).into_iter();
        assert_eq!(found.map(f64::to_bits).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn ranks_are_those_of_sorting() {
        let n = 2 * MANY;
        let mixed = |k: usize| f64::from(u32::try_from(k * 7919 % n).expect("small"));
        check(&(0..n).map(mixed).collect::<Vec<_>>());
        check(
            &(0..n)
                .map(|k| mixed(k).rem_euclid(3.0) - 1.0)
                .collect::<Vec<_>>(),
        );
        check(&vec![5.0; n]);
        // in step with the sample, which then sees small values only
        check(
            &(0..n)
                .map(|k| if k % 8 == 0 { 0.0 } else { mixed(k) })
                .collect::<Vec<_>>(),
        );
        check(&(0..100).map(mixed).collect::<Vec<_>>());
    }
}
