//! Counts as floats, and the percentile rule: the only casts of this room.

/// A count as a float; exact below 2^53.
#[allow(
    clippy::cast_precision_loss,
    reason = "counts of objects stay far below 2^53"
)]
pub(crate) const fn real(count: u64) -> f64 {
    count as f64
}

/// A length as a float; exact below 2^53.
#[allow(clippy::cast_precision_loss, reason = "lengths stay far below 2^53")]
pub(crate) const fn real_len(len: usize) -> f64 {
    len as f64
}

/// A length as a count.
pub(crate) fn count(len: usize) -> u64 {
    u64::try_from(len).expect("a length fits 64 bits")
}

/// The whole part of a small non-negative float.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "callers pass indices between zero and a length"
)]
pub(crate) const fn floor_index(value: f64) -> usize {
    value as usize
}

/// `part / whole`, or `None` where there is no whole.
pub(crate) fn share(part: f64, whole: f64) -> Option<f64> {
    (whole > 0.0).then(|| part / whole)
}

/// The `p`-quantile (0 ..= 1) of sorted values, linear between neighbours (type 7 of Hyndman and Fan 1996).
pub(crate) fn percentile(sorted: &[f64], p: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let place = p * real_len(last);
    let low = floor_index(place).min(last);
    let high = (low + 1).min(last);
    Some(sorted[low] + (place - real_len(low)) * (sorted[high] - sorted[low]))
}
