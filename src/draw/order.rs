//! Key, ranking and selection. Only + − × ÷ of IEEE-754 doubles happen here, so every language gives the same list.

use std::cmp::Ordering;

use rayon::prelude::*;

use super::SampledUnit;

/// The key of Pareto order sampling (Rosén 1997): odds of u over odds of λ, in this order of operations.
/// Both lie in 0 < · < 1; the smallest keys are drawn.
///
/// ```
/// // the first row of the check vectors' end-to-end register
/// let u = choucha::units::parse_hex("0x1.dc6e55377c3bfp-1").unwrap();
/// assert_eq!(choucha::draw::pareto_key(u, 0.06896551724137931), 180.82645365468252);
/// ```
#[must_use]
pub fn pareto_key(u: f64, lambda: f64) -> f64 {
    (u * (1.0 - lambda)) / ((1.0 - u) * lambda)
}

/// By key, then ticket, then id: with 2·10^8 equal λ about two pairs of keys tie.
pub(super) fn rank(a: &SampledUnit, b: &SampledUnit) -> Ordering {
    let by_ticket = || a.ticket.cmp(&b.ticket).then_with(|| a.id.cmp(&b.id));
    a.key.total_cmp(&b.key).then_with(by_ticket)
}

/// Keeps the `k` first in rank, in any order.
pub(super) fn keep_first<T>(items: &mut Vec<T>, k: usize, rank: impl FnMut(&T, &T) -> Ordering) {
    if k == 0 {
        items.clear();
    } else if items.len() > k {
        items.select_nth_unstable_by(k - 1, rank);
        items.truncate(k);
    }
}

/// The `k` first in rank of all batches, in their order. Keys are above 0, so their bits order as they do; whole units
/// are moved once.
pub(super) fn first_in_order(batches: Vec<Vec<SampledUnit>>, k: usize) -> Vec<SampledUnit> {
    let of_batch = |(batch, units): (u32, &Vec<SampledUnit>)| {
        let bits: Vec<u64> = units.iter().map(|unit| unit.key.to_bits()).collect();
        bits.into_iter()
            .zip(0..)
            .map(move |(bits, at)| (bits, batch, at))
    };
    let mut order: Vec<(u64, u32, u32)> = (0..).zip(&batches).flat_map(of_batch).collect();
    order.par_sort_unstable();
    let unit = |(_, batch, at): (u64, u32, u32)| &batches[batch as usize][at as usize];
    for tied in order.chunk_by_mut(|a, b| a.0 == b.0) {
        if tied.len() > 1 {
            tied.sort_unstable_by(|a, b| rank(unit(*a), unit(*b)));
        }
    }
    order.truncate(k);
    let all_there = |units: Vec<SampledUnit>| units.into_iter().map(Some).collect();
    let mut batches: Vec<Vec<Option<SampledUnit>>> = batches.into_iter().map(all_there).collect();
    let in_order = order.into_iter();
    in_order
        .filter_map(|(_, batch, at)| batches[batch as usize][at as usize].take())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Digest;

    #[test]
    fn equal_keys_are_told_apart_by_ticket_and_id() {
        let unit = |id: &str, key: f64, ticket: u8| SampledUnit {
            id: id.to_owned(),
            stratum: 0,
            size: 1,
            key,
            ticket: Digest([ticket; 32]),
            take_all: false,
        };
        let mut units = vec![
            unit("d", 0.5, 2),
            unit("a", 2.0, 0),
            unit("c", 0.5, 1),
            unit("b", 0.5, 1),
            unit("e", 1e-300, 9),
        ];
        let mut expected = units.clone();
        expected.sort_by(rank);
        assert_eq!(expected[1].id, "b");
        for _ in 0..units.len() {
            units.rotate_left(1);
            let batches = vec![units[..2].to_vec(), Vec::new(), units[2..].to_vec()];
            assert_eq!(first_in_order(batches.clone(), 9), expected);
            assert_eq!(first_in_order(batches, 3), expected[..3]);
        }
    }
}
