//! What a back-test says of itself in plain sentences, and the random order every model is held against.

use crate::evaluate::{Fold, Idle};
use crate::units::Day;

/// Rows below which a fold's precision rests on a handful of visits.
const FEW: usize = 100;

/// A number from 0 to 1 that only the object and the cut-off decide (the finaliser of `SplitMix64`).
pub(super) fn random(key: u64, cutoff: Day) -> f64 {
    let day = u64::from(cutoff.days().cast_unsigned());
    let mut mixed = key ^ day.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^= mixed >> 31;
    let [_, _, _, _, high @ ..] = mixed.to_le_bytes();
    f64::from(u32::from_le_bytes(high)) / f64::from(u32::MAX)
}

/// What a reader should know of a fold.
pub(super) fn of_fold(fold: &Fold) -> Option<String> {
    let (n, cutoff) = (fold.rows.len(), fold.cutoff);
    (n < FEW).then(|| {
        let first = (n / 10).max(1);
        format!("cut-off {cutoff} has {n} rows only: its precision at a tenth rests on {first}")
    })
}

/// What the indicators of the last cut-off taught nothing for.
pub(super) fn of_idle(fold: &Fold) -> Option<String> {
    let idle = fold.trained.idle.iter();
    let idle: Vec<String> = idle
        .map(|(name, why)| match why {
            Idle::Empty => format!("{name} (no value in any row)"),
            Idle::Constant => format!("{name} (one value in all rows)"),
            Idle::LineOf(other) => format!("{name} (a line of {other})"),
        })
        .collect();
    let cutoff = fold.cutoff;
    let said = idle.join(", ");
    (!idle.is_empty())
        .then(|| format!("indicators that taught nothing more at cut-off {cutoff}: {said}"))
}

/// An earlier cut-off the choice cannot look at.
pub(super) fn of_skipped(cutoff: Day, why: &str) -> String {
    format!("the choice does not look at cut-off {cutoff}: {why}")
}

#[cfg(test)]
mod tests {
    use super::random;
    use crate::units::Day;

    #[test]
    fn the_random_order_spreads_over_the_unit_interval() {
        let day = Day::from_days(16_000);
        let mean = (0..10_000).map(|key| random(key, day)).sum::<f64>() / 10_000.0;
        assert!((mean - 0.5).abs() < 0.02, "{mean}");
    }
}
