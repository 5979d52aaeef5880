//! Counts as floats and back, and numbers between 0 and 1 out of random bits.

/// A count as a float; exact below 2^53.
#[allow(
    clippy::cast_precision_loss,
    reason = "counts of firms stay far below 2^53"
)]
pub(super) const fn real(count: u64) -> f64 {
    count as f64
}

/// A length as a float; exact below 2^53.
#[allow(clippy::cast_precision_loss, reason = "lengths stay far below 2^53")]
pub(super) const fn real_len(len: usize) -> f64 {
    len as f64
}

/// The whole part of a non-negative float.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "callers pass counts of firms"
)]
pub(super) fn floor_index(value: f64) -> usize {
    value as usize
}

/// 0 < u < 1 from 32 bits, in the middle of its step of 2^-32.
pub(super) fn unit(bits: u32) -> f64 {
    (f64::from(bits) + 0.5) / 4_294_967_296.0
}

/// Mean of values; none for none.
pub(super) fn mean(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    let (mut sum, mut n) = (0.0, 0.0);
    for value in values {
        sum += value;
        n += 1.0;
    }
    (n > 0.0).then(|| sum / n)
}
