//! 配额: how many objects each stratum contributes, and whether the whole keeps the coverage floor.

use std::collections::BTreeSet;

use super::Error;
use super::params::{Millionths, Share, ValidParams};

/// A factor of 1 in ten-thousandths.
const UNCHANGED: u64 = 10_000;

/// Labels of all strata of a plan, ascending: those of the frame, and those the settings name that have no object.
pub(super) fn labels(params: &ValidParams, frame: &[String]) -> Vec<String> {
    let used: BTreeSet<&str> = frame
        .iter()
        .filter_map(|label| params.share(label))
        .map(|(key, _)| key)
        .collect();
    let empty = params
        .shares
        .keys()
        .filter(|key| key.as_str() != "*" && !used.contains(key.as_str()));
    empty
        .chain(frame)
        .cloned()
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect()
}

/// Sample size of each stratum, from its label and its number of objects.
pub(super) fn allocate(params: &ValidParams, strata: &[(&str, u64)]) -> Result<Vec<u64>, Error> {
    let sizes = strata
        .iter()
        .map(|&(label, n_units)| size(params, label, n_units))
        .collect::<Result<Vec<_>, _>>()?;
    let n_units: u64 = strata.iter().map(|&(_, n_units)| n_units).sum();
    let n: u64 = sizes.iter().sum();
    let floor = floor(params, n_units);
    if n >= floor {
        check_bounds(params, strata, n)?;
        return Ok(sizes);
    }
    Err(Error::BelowFloor {
        percent: params.coverage_floor_millionths.ratio().as_f64() * 100.0,
        n,
        n_units,
        shortfall: floor - n,
        repair: repair(params, strata, floor),
    })
}

fn size(params: &ValidParams, label: &str, n_units: u64) -> Result<u64, Error> {
    let (_, share) = params.share(label).ok_or_else(|| Error::NoShare {
        stratum: label.to_owned(),
    })?;
    let n = objects(params, share, n_units);
    if n > n_units {
        return Err(Error::TooFew {
            stratum: label.to_owned(),
            n,
            n_units,
        });
    }
    Ok(n)
}

fn objects(params: &ValidParams, share: Share, n_units: u64) -> u64 {
    let n = match share {
        Share::RatioMillionths(ratio) => ratio.ratio().of(n_units, params.rounding),
        Share::Objects(n) => n,
        Share::All => n_units,
    };
    n.max(u64::from(params.floor_of_one && n_units > 0))
}

fn floor(params: &ValidParams, n_units: u64) -> u64 {
    params
        .coverage_floor_millionths
        .ratio()
        .of(n_units, crate::units::Rounding::Ceiling)
}

/// Smallest factor, in whole ten-thousandths, that brings the plan to the floor when every ratio and sample size is
/// multiplied by it; none when there is nothing to multiply.
fn repair(params: &ValidParams, strata: &[(&str, u64)], floor: u64) -> Option<f64> {
    smallest_factor(|factor| raised_sum(params, strata, factor) >= floor).map(|(_, factor)| factor)
}

fn raised_sum(params: &ValidParams, strata: &[(&str, u64)], factor: u64) -> u64 {
    let sizes = strata.iter();
    sizes
        .map(|&(label, n_units)| raised(params, label, n_units, factor))
        .sum()
}

/// The smallest factor above 1 that `reached` accepts, in ten-thousandths and as a number; `reached` must accept every
/// larger one too.
pub(super) fn smallest_factor(reached: impl Fn(u64) -> bool) -> Option<(u64, f64)> {
    let mut high = 20_000;
    while !reached(high) {
        high = if high > 1 << 40 {
            return None;
        } else {
            high * 2
        };
    }
    let mut low = UNCHANGED;
    while high - low > 1 {
        let middle = u64::midpoint(low, high);
        if reached(middle) {
            high = middle;
        } else {
            low = middle;
        }
    }
    Some((high, decimal(high)))
}

fn decimal(factor: u64) -> f64 {
    #[allow(clippy::cast_precision_loss, reason = "below 2^41")]
    let factor = factor as f64 / 1e4;
    factor
}

/// Whether the bounds of the item hold when every share is multiplied by `factor` ten-thousandths.
pub(super) fn raised_within_bounds(
    params: &ValidParams,
    strata: &[(&str, u64)],
    factor: u64,
) -> bool {
    let n_units = strata.iter().map(|&(_, n_units)| n_units).sum();
    let (least, most) = bounds(params, n_units);
    (least..=most).contains(&raised_sum(params, strata, factor))
}

/// Least and greatest number of objects the item's bounds allow.
fn bounds(params: &ValidParams, n_units: u64) -> (u64, u64) {
    let Some(item) = &params.item else {
        return (0, n_units);
    };
    let least = item.ratio_min_millionths.map_or(0, |min| {
        min.ratio().of(n_units, crate::units::Rounding::Ceiling)
    });
    let most = item.ratio_max_millionths.map_or(n_units, |max| {
        let above = u32::from(max);
        let product = u128::from(n_units) * u128::from(above);
        u64::try_from(product / 1_000_000).unwrap_or(u64::MAX)
    });
    (least, most)
}

/// Holds the item's bounds: 一般检查事项 at most its ratio, every item at least its least ratio.
fn check_bounds(params: &ValidParams, strata: &[(&str, u64)], n: u64) -> Result<(), Error> {
    let n_units: u64 = strata.iter().map(|&(_, n_units)| n_units).sum();
    let (least, most) = bounds(params, n_units);
    let Some(item) = params.item.as_ref().filter(|_| n < least || n > most) else {
        return Ok(());
    };
    let repair = if n < least {
        smallest_factor(|factor| raised_sum(params, strata, factor) >= least)
    } else {
        largest_factor(|factor| raised_sum(params, strata, factor) <= most)
    };
    let (rule, bound) = if n < least {
        ("at least", item.ratio_min_millionths)
    } else {
        ("at most", item.ratio_max_millionths)
    };
    Err(Error::ItemBound {
        item: item.id.clone(),
        rule,
        bound: bound.map_or(0.0, |bound| bound.ratio().as_f64()),
        n,
        n_units,
        n_allowed: n.clamp(least, most.max(least)),
        repair: repair.map(|(_, factor)| factor),
    })
}

/// The largest factor below 1 that `kept` accepts; it must accept every smaller one too.
fn largest_factor(kept: impl Fn(u64) -> bool) -> Option<(u64, f64)> {
    let (mut low, mut high) = (0, UNCHANGED);
    while high - low > 1 {
        let middle = u64::midpoint(low, high);
        if kept(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    (low > 0).then(|| (low, decimal(low)))
}

/// Number of objects of a stratum when its share is multiplied by `factor` ten-thousandths.
pub(super) fn raised(params: &ValidParams, label: &str, n_units: u64, factor: u64) -> u64 {
    let times = |count: u64| {
        u64::try_from((u128::from(count) * u128::from(factor)).div_ceil(10_000)).unwrap_or(u64::MAX)
    };
    let share = match params.share(label) {
        Some((_, Share::RatioMillionths(ratio))) => {
            let millionths = times(u32::from(ratio).into()).min(1_000_000);
            let ratio = u32::try_from(millionths)
                .ok()
                .and_then(|ratio| Millionths::try_from(ratio).ok());
            Share::RatioMillionths(ratio.expect("at most a million millionths"))
        }
        Some((_, Share::Objects(n))) => Share::Objects(times(n).min(n_units)),
        _ => Share::All,
    };
    objects(params, share, n_units)
}

#[cfg(test)]
mod tests {
    use super::super::Params;
    use super::*;
    use crate::units::Kind;

    fn params(json: &str) -> ValidParams {
        let text =
            format!(r#"{{"strata": ["risk_class"], "measure_of_size": "risk_points", {json}}}"#);
        serde_json::from_str::<Params>(&text)
            .unwrap()
            .check()
            .unwrap()
    }

    #[test]
    fn ceiling_makes_a_ratio_a_minimum_and_half_up_rounds() {
        let strata = [("A", 101), ("B", 0)];
        let ceiling = params(r#""rounding": "ceiling", "ratio": {"A": 0.05, "B": 0.05}"#);
        assert_eq!(allocate(&ceiling, &strata).unwrap(), [6, 0]);
        let half_up = params(
            r#""rounding": "half_up", "ratio": {"A": 0.05, "B": 0.05}, "coverage_floor": 0.0"#,
        );
        assert_eq!(allocate(&half_up, &strata).unwrap(), [5, 0]);
    }

    #[test]
    fn a_floor_of_one_reaches_every_stratum_that_has_objects() {
        let params = params(
            r#""rounding": "half_up", "ratio": {"*": 0.0}, "floor_of_one": true, "coverage_floor": 0.0"#,
        );
        assert_eq!(allocate(&params, &[("A", 1000), ("B", 0)]).unwrap(), [1, 0]);
    }

    #[test]
    fn a_plan_below_the_coverage_floor_names_the_clause_and_its_repair() {
        let params =
            params(r#""rounding": "ceiling", "ratio": {"A": 0.01, "B": 0.02, "C": 0.1, "D": 0.3}"#);
        let strata = [("A", 22_186), ("B", 5_658), ("C", 1_581), ("D", 898)];
        let error = allocate(&params, &strata).unwrap_err();
        assert_eq!(error.kind(), Kind::Design);
        let Error::BelowFloor {
            n: 765,
            shortfall: 752,
            repair: Some(factor),
            ..
        } = error
        else {
            panic!("{error}");
        };
        let drawn = |factor: f64| -> u64 {
            let whole = format!("{:.0}", factor * 1e4).parse().unwrap();
            strata
                .iter()
                .map(|&(label, n)| raised(&params, label, n, whole))
                .sum()
        };
        assert!(
            drawn(factor) >= 1517 && drawn(factor - 1e-4) < 1517,
            "{factor}"
        );
        assert!(
            error
                .to_string()
                .starts_with("部门年度随机抽查占比达到5％以上: ")
        );
    }

    #[test]
    fn a_sample_size_above_the_stratum_is_refused() {
        let params = params(r#""rounding": "ceiling", "sample_size": {"C": 40}"#);
        let message = allocate(&params, &[("C/food", 31)])
            .unwrap_err()
            .to_string();
        assert_eq!(
            message,
            "sample size 40 exceeds the 31 eligible objects in stratum \"C/food\""
        );
    }

    #[test]
    fn a_stratum_without_a_share_is_refused() {
        let params = params(r#""rounding": "ceiling", "ratio": {"A": 0.1}"#);
        assert!(
            matches!(allocate(&params, &[("B", 9)]), Err(Error::NoShare { stratum }) if stratum == "B")
        );
    }

    #[test]
    fn named_strata_without_objects_are_listed_once() {
        let params = params(r#""rounding": "ceiling", "ratio": {"A": 0.1, "B": 0.2, "*": 0.3}"#);
        assert_eq!(
            labels(&params, &["A/x".into(), "C".into()]),
            ["A/x", "B", "C"]
        );
    }
}
