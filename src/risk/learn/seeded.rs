//! Numbers from a seed and a place, the same in any order: the finaliser of `SplitMix64` (Steele, Lea and Flood 2014).

const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// What a number is for: one seed gives every use numbers of its own.
#[derive(Clone, Copy, Debug)]
pub(super) enum Use {
    /// Which rows a tree sees.
    Rows = 1,
    /// Which columns a tree may use.
    Columns,
    /// Case weights of a refit.
    Weights,
    /// Made-up worlds of tests.
    #[cfg(test)]
    Worlds,
}

/// A number strictly between 0 and 1 that belongs to these four.
pub(super) fn uniform(what: Use, seed: u64, round: u32, place: u64) -> f64 {
    let round = mixed(((what as u64) << 32) | u64::from(round));
    let stream = mixed(seed ^ round);
    let bits = mixed(stream.wrapping_add(place.wrapping_mul(GOLDEN))) >> 12;
    #[allow(clippy::cast_precision_loss, reason = "52 bits are exact")]
    let half_steps = (bits * 2 + 1) as f64;
    half_steps / 9_007_199_254_740_992.0
}

fn mixed(state: u64) -> u64 {
    let z = state.wrapping_add(GOLDEN);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::{Use, mixed, uniform};

    #[test]
    fn the_mixer_gives_the_published_first_number() {
        // first output of SplitMix64 with seed 1234567, as in the reference C code
        assert_eq!(mixed(1_234_567), 6_457_827_717_110_365_317);
    }

    #[test]
    fn two_uses_of_one_seed_have_nothing_in_common() {
        let n = 20_000_u64;
        let one = |place| {
            let [a, b] = [Use::Rows, Use::Weights].map(|what| uniform(what, 7, 3, place) - 0.5);
            a * b * 12.0
        };
        let correlation = (0..n).map(one).sum::<f64>() / 20_000.0;
        assert!(
            correlation.abs() < 4.0 / 20_000.0_f64.sqrt(),
            "{correlation}"
        );
    }

    #[test]
    fn numbers_are_spread_evenly() {
        let n = 20_000_u32;
        let sum: f64 = (0..n)
            .map(|place| uniform(Use::Rows, 7, 3, u64::from(place)))
            .sum();
        let mean = sum / f64::from(n);
        assert!(
            (mean - 0.5).abs() < 4.0 * (1.0 / 12.0 / f64::from(n)).sqrt(),
            "{mean}"
        );
    }
}
