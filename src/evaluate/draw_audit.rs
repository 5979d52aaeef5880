//! The draw against its own probabilities: did every group of the frame get as many drawn objects as the plan gives it?
//!
//! A group expects E = Σπ over its objects. Sizes are fixed within strata, so its variance is `Σ_h d_gh (1 - d_gh / d_h)` with
//! d = Σπ(1-π) over the group's and over all objects of stratum h (Hájek 1964, for conditional Poisson sampling, from which the
//! calibrated Pareto draw differs by less than rounding shows); z = (n - E) / √V. A group made of whole strata has no variance:
//! its number is fixed by the plan. Counts of a few objects are skew, so p is that of the binomial distribution with this mean and
//! variance, both tails. Looking at many groups finds one far off by chance alone, so the smallest p counts as often as groups
//! were tested (Bonferroni).

use serde::{Deserialize, Serialize};
use statrs::function::beta::beta_reg;

use super::number::{count, real};

/// Least Σπ, and least objects beyond it, of a group that is tested: below that a count says nothing.
const EXPECTED_MIN: f64 = 5.0;
/// Variance below this is that of a group made of whole strata.
const FIXED: f64 = 1e-6;
/// A fixed number may be off by this much: rounding of sums.
const ROUNDING: f64 = 1e-3;

/// A group of the frame before it is audited.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AuditGroup {
    /// The attribute: `class`, or a name of `[evaluate] by`.
    pub by: String,
    /// The group.
    pub label: String,
    /// Objects of it that were drawn.
    pub n_drawn: u64,
    /// Its objects, those of one stratum with one probability together.
    pub members: Vec<AuditMembers>,
}

/// Objects of one stratum with one inclusion probability.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AuditMembers {
    /// Place of the stratum.
    pub stratum: usize,
    /// Inclusion probability, 0 ..= 1.
    pub pi: f64,
    /// Objects.
    pub n: u64,
}

/// The audit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DrawAudit {
    /// Groups by attribute, in the order given.
    pub groups: Vec<AuditedGroup>,
    /// Groups with a z.
    pub n_tested: u64,
    /// The largest |z|; absent where nothing could be tested.
    pub z_max: Option<f64>,
    /// The smallest p times the groups tested, at most 1.
    pub p: Option<f64>,
}

/// A group of the frame against what the plan gives it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AuditedGroup {
    /// The attribute.
    pub by: String,
    /// The group.
    pub label: String,
    /// Objects in the frame.
    pub n_frame: u64,
    /// Objects drawn.
    pub n_drawn: u64,
    /// Σπ.
    pub expected: f64,
    /// Standard deviation of the number drawn, 0 where the plan fixes it.
    pub sd: f64,
    /// (n - E) / sd; absent where the number is fixed or too small to be tested.
    pub z: Option<f64>,
    /// Twice the smaller binomial tail from the number drawn on, at most 1; absent where z is.
    pub p: Option<f64>,
    /// How the group stands.
    pub standing: Standing,
}

/// How a group stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It has a z.
    Tested,
    /// The plan fixes its number, and that many were drawn.
    Fixed,
    /// The plan fixes its number, and another one was drawn.
    Broken,
    /// Fewer than 5 are expected, or all but fewer than 5.
    Few,
}

/// Holds every group against the plan; `spread` is d = Σπ(1-π) of each stratum.
#[must_use]
pub fn draw_audit(groups: &[AuditGroup], spread: &[f64]) -> DrawAudit {
    let groups: Vec<AuditedGroup> = groups.iter().map(|group| audited(group, spread)).collect();
    let n_tested = count(groups.iter().filter(|group| group.z.is_some()).count());
    let z_max = groups.iter().filter_map(|group| Some(group.z?.abs()));
    let p_min = groups.iter().filter_map(|group| group.p);
    let p_min = p_min.min_by(f64::total_cmp);
    DrawAudit {
        n_tested,
        z_max: z_max.max_by(f64::total_cmp),
        p: p_min.map(|p| (p * real(n_tested)).min(1.0)),
        groups,
    }
}

/// Twice the smaller tail of the binomial distribution with this mean and variance (variance below the mean), from `n` on.
fn two_tails(n: u64, mean: f64, variance: f64) -> f64 {
    let p = 1.0 - variance / mean;
    let trials = mean / p;
    let from = |k: f64| match k {
        k if k <= 0.0 => 1.0,
        k if k >= trials + 1.0 => 0.0,
        k => beta_reg(k, trials - k + 1.0, p),
    };
    let (above, below) = (from(real(n)), 1.0 - from(real(n) + 1.0));
    (2.0 * above.min(below)).min(1.0)
}

fn audited(group: &AuditGroup, spread: &[f64]) -> AuditedGroup {
    let n_frame: u64 = group.members.iter().map(|members| members.n).sum();
    let expected: f64 = group
        .members
        .iter()
        .map(|members| real(members.n) * members.pi)
        .sum();
    let variance = variance(&group.members, spread);
    let off = real(group.n_drawn) - expected;
    let sd = if variance > FIXED {
        variance.sqrt()
    } else {
        0.0
    };
    let standing = match sd {
        0.0 if off.abs() <= ROUNDING => Standing::Fixed,
        0.0 => Standing::Broken,
        _ if expected.min(real(n_frame) - expected) < EXPECTED_MIN => Standing::Few,
        _ => Standing::Tested,
    };
    AuditedGroup {
        by: group.by.clone(),
        label: group.label.clone(),
        n_frame,
        n_drawn: group.n_drawn,
        expected,
        sd,
        z: (standing == Standing::Tested).then(|| off / sd),
        p: (standing == Standing::Tested).then(|| two_tails(group.n_drawn, expected, variance)),
        standing,
    }
}

/// Σ over strata of `d_gh (1 - d_gh / d_h)`.
fn variance(members: &[AuditMembers], spread: &[f64]) -> f64 {
    let mut of_group = vec![0.0; spread.len()];
    for one in members {
        of_group[one.stratum] += real(one.n) * one.pi * (1.0 - one.pi);
    }
    let strata = of_group.iter().zip(spread).filter(|(_, all)| **all > 0.0);
    strata
        .map(|(own, all)| own * (1.0 - own / all).max(0.0))
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(n_drawn: u64, members: &[(usize, f64, u64)]) -> AuditGroup {
        let members = members.iter();
        AuditGroup {
            by: "region".to_owned(),
            label: "x".to_owned(),
            n_drawn,
            members: members
                .map(|&(stratum, pi, n)| AuditMembers { stratum, pi, n })
                .collect(),
        }
    }

    #[test]
    fn a_small_group_of_a_huge_stratum_varies_as_independent_draws_do() {
        // evaluation.json, draw_audit_chi2: z by binomial variance.
        let cases = [
            (52, 0.01, 6000, -1.037_998_592_215_364),
            (38, 0.02, 2000, -0.319_438_282_499_969_97),
            (61, 0.05, 1200, 0.132_453_235_706_504_39),
            (49, 0.2, 200, 1.590_990_257_669_732),
        ];
        for (n, pi, frame, z) in cases {
            let found = draw_audit(&[group(n, &[(0, pi, frame)])], &[1e15]);
            let own = found.groups[0].z.unwrap();
            assert!((own - z).abs() < 1e-9, "{own} {z}");
            let p = summed(n, frame, pi);
            assert!((found.p.unwrap() - p).abs() < 1e-9, "{found:?} {p}");
        }
    }

    /// Both tails by adding up probabilities.
    fn summed(n: u64, frame: u64, pi: f64) -> f64 {
        let mut term = (real(frame) * (1.0 - pi).ln()).exp();
        let (mut below, mut above) = (0.0, 0.0);
        for k in 0..=frame {
            if k <= n {
                below += term;
            }
            if k >= n {
                above += term;
            }
            term *= real(frame - k) / real(k + 1) * pi / (1.0 - pi);
        }
        (2.0 * f64::min(below, above)).min(1.0)
    }

    #[test]
    fn a_skew_count_is_judged_by_its_own_tail_and_not_by_a_normal_one() {
        let (expected, variance) = (6.35, 4.98);
        let p = two_tails(14, expected, variance);
        assert!(
            (0.001..0.006).contains(&p),
            "a normal z of 3.4 would say 0.0006: {p}"
        );
        assert!(two_tails(0, 6.35, 4.98) < 0.01 && two_tails(6, 6.35, 4.98) > 0.9);
        assert!(two_tails(30, 6.35, 4.98) < 1e-12);
    }

    #[test]
    fn a_group_of_whole_strata_is_fixed_and_another_number_is_an_error() {
        let d = 100.0 * 0.2 * 0.8;
        let whole = |n| draw_audit(&[group(n, &[(0, 0.2, 100)])], &[d]).groups[0].clone();
        assert_eq!((whole(20).standing, whole(20).z), (Standing::Fixed, None));
        assert_eq!(whole(21).standing, Standing::Broken);
        let certain = draw_audit(&[group(40, &[(0, 1.0, 40)])], &[0.0]);
        assert_eq!(certain.groups[0].standing, Standing::Fixed);
        assert_eq!(
            (certain.n_tested, certain.z_max, certain.p),
            (0, None, None)
        );
    }

    #[test]
    fn half_a_stratum_varies_as_the_hypergeometric_says() {
        // 500 of 1,000 objects, 100 drawn in all: variance 100 · ½ · ½ · 900 / 999.
        let found = draw_audit(&[group(50, &[(0, 0.1, 500)])], &[90.0]);
        let sd = found.groups[0].sd;
        assert!(
            (sd * sd - 22.5).abs() < 1e-9 && (22.5_f64 / (22_500.0 / 999.0) - 1.0).abs() < 2e-3
        );
    }

    #[test]
    fn a_group_that_expects_almost_nobody_is_not_tested_and_many_groups_raise_p() {
        let few = draw_audit(&[group(3, &[(0, 0.01, 100)])], &[1e9]);
        assert_eq!((few.groups[0].standing, few.n_tested), (Standing::Few, 0));
        let far = group(80, &[(0, 0.1, 500)]);
        let near = group(50, &[(0, 0.1, 500)]);
        let alone = draw_audit(std::slice::from_ref(&far), &[1e9]).p.unwrap();
        let many = draw_audit(&[far, near.clone(), near], &[1e9]);
        assert!((many.p.unwrap() - 3.0 * alone).abs() < 1e-15 && many.n_tested == 3);
    }
}
