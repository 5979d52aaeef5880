//! Each class against the one before it, districts held apart: is a higher class riskier where both were visited?

use std::collections::BTreeMap;

use super::{Around, Contrast};
use crate::evaluate::FrameFacts;
use crate::evaluate::estimates::{Figure, Method, N_MIN};
use crate::evaluate::judgement::Judgement;
use crate::evaluate::number::count;
use crate::evaluate::two_by_two::{TwoSides, cochran_mantel_haenszel};

/// One contrast per pair of neighbouring ranked classes that both have enough results; none without districts.
pub(super) fn contrasts(
    frame: &FrameFacts,
    around: &Around,
    judgement: &Judgement,
) -> Vec<Contrast> {
    let Some(district) = around.district() else {
        return Vec::new();
    };
    let mut tallies: Vec<BTreeMap<usize, (u64, u64)>> = vec![BTreeMap::new(); frame.classes.len()];
    for (unit, groups) in judgement.units.iter().zip(&district.of_unit) {
        if let (true, Some(group)) = (unit.is_valid(), groups.first()) {
            let (hits, n) = tallies[usize::from(unit.unit.class)]
                .entry(*group)
                .or_default();
            *hits += u64::from(unit.is_hit());
            *n += 1;
        }
    }
    let has_enough = |at: &usize| tallies[*at].values().map(|(_, n)| n).sum::<u64>() >= N_MIN;
    let ranked: Vec<usize> = (0..frame.classes.len())
        .filter(|&at| frame.classes[at].is_ranked)
        .collect();
    let pairs = ranked.windows(2).filter(|pair| pair.iter().all(has_enough));
    pairs
        .map(|pair| {
            let strata = strata(&tallies[pair[1]], &tallies[pair[0]]);
            contrast(&district.name, &strata, |of| {
                frame.classes[pair[of]].code.clone()
            })
        })
        .collect()
}

/// Both sides by district, where both have results.
fn strata(
    higher: &BTreeMap<usize, (u64, u64)>,
    lower: &BTreeMap<usize, (u64, u64)>,
) -> Vec<TwoSides> {
    let both = higher.iter().filter_map(|(group, &(hits_1, n_1))| {
        let &(hits_2, n_2) = lower.get(group)?;
        Some(TwoSides {
            hits_1,
            n_1,
            hits_2,
            n_2,
        })
    });
    both.collect()
}

fn contrast(within: &str, strata: &[TwoSides], code: impl Fn(usize) -> String) -> Contrast {
    let pooled = cochran_mantel_haenszel(strata);
    Contrast {
        lower: code(0),
        higher: code(1),
        within: within.to_owned(),
        n_groups: count(strata.len()),
        odds_ratio: pooled.map_or(Figure::NONE, |pooled| {
            let interval = Some(pooled.odds_interval);
            Figure::new(Some(pooled.odds_ratio), interval, Method::MantelHaenszel)
        }),
        risk_ratio: pooled.and_then(|pooled| pooled.risk_ratio),
        p: pooled.map(|pooled| pooled.p),
    }
}
