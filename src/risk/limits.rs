//! Class bounds from shares: a histogram of integer points is enough, whatever the partitions.
//!
//! Objects with equal points are never parted, so a share can be missed. Seen from the top, a class and all above it
//! start at the points where the number of objects comes nearest to their share of all; if two are equally near, at the
//! higher points.

use std::collections::BTreeMap;

/// Smallest points of each class, lowest class first; the first is 0. A class no object reaches starts above all points.
///
/// `histogram` counts classified objects by points; `shares` are millionths that sum to a million, within one.
pub(super) fn from_shares(histogram: &BTreeMap<u32, u64>, shares: &[u64]) -> Vec<u32> {
    let n: u64 = histogram.values().sum();
    let starts = starts(histogram);
    let upper = |class: usize| u128::from(shares[class..].iter().sum::<u64>()) * u128::from(n);
    let bound = |class: usize| {
        let miss = |above: u64| (u128::from(above) * 1_000_000).abs_diff(upper(class));
        let nearest = starts.iter().min_by_key(|(_, above)| miss(*above));
        nearest.map_or(1, |(points, _)| *points)
    };
    std::iter::once(0)
        .chain((1..shares.len()).map(bound))
        .collect()
}

/// Points a class may start at, highest first, each with the number of objects at or above it.
fn starts(histogram: &BTreeMap<u32, u64>) -> Vec<(u32, u64)> {
    let empty = histogram.keys().next_back().map(|top| (top + 1, 0));
    let reached = histogram.iter().rev().scan(0, |above, (points, n)| {
        *above += n;
        Some((*points, *above))
    });
    empty.into_iter().chain(reached).collect()
}

#[cfg(test)]
mod tests {
    use super::from_shares;

    #[test]
    fn shares_without_ties_are_met() {
        let histogram = (1..=100).map(|points| (points, 1)).collect();
        assert_eq!(
            from_shares(&histogram, &[730_000, 190_000, 50_000, 30_000]),
            [0, 74, 93, 98]
        );
    }

    #[test]
    fn equal_points_are_never_parted() {
        let histogram = [(1, 80), (5, 15), (9, 5)].into();
        assert_eq!(
            from_shares(&histogram, &[730_000, 190_000, 50_000, 30_000]),
            [0, 5, 9, 9]
        );
    }

    #[test]
    fn a_class_too_small_for_its_ties_is_empty() {
        let histogram = [(1, 50), (9, 50)].into();
        assert_eq!(from_shares(&histogram, &[990_000, 10_000]), [0, 10]);
    }

    #[test]
    fn no_object_means_no_bound_but_the_order() {
        assert_eq!(
            from_shares(&std::collections::BTreeMap::new(), &[500_000, 500_000]),
            [0, 1]
        );
    }
}
