//! Counts as numbers, and numbers as they are shown.

/// A count as a float.
#[allow(
    clippy::cast_precision_loss,
    reason = "counts of objects stay below 2^53"
)]
pub(super) fn real(n: u64) -> f64 {
    n as f64
}

/// Rounded to `digits` decimals.
pub(super) fn rounded(value: f64, digits: i32) -> f64 {
    let scale = 10_f64.powi(digits);
    let whole = (value * scale).round();
    if whole == 0.0 { 0.0 } else { whole / scale }
}

/// A share as percent, without trailing zeros.
pub(super) fn percent(share: f64) -> String {
    format!("{}%", rounded(share * 100.0, 4))
}

/// A count with its thousands apart.
pub(super) fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let groups = digits.as_bytes().rchunks(3).rev();
    let groups = groups.map(|group| String::from_utf8_lossy(group).into_owned());
    groups.collect::<Vec<_>>().join(",")
}
