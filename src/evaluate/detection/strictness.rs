//! Inspectors' rates less what their targets lead one to expect, shrunken by empirical Bayes.
//!
//! `θ̂_j = Σw(y-e)/Σw`, shrunken to `θ̂_j·B_j`, `B = σ²_θ/(σ²_θ+σ²_j)`; the variance between inspectors by the method of moments of
//! `DerSimonian` and Laird (1986).
//! Odds between the strictest and the mildest are Mantel and Haenszel's (1959) within blocks.

use std::collections::BTreeMap;

use statrs::function::gamma::gamma_ur;

use super::result::{InspectorVisit, Strictness, StrictnessSpread};
use crate::evaluate::number::{count, real_len, share};
use crate::evaluate::{Error, N_MIN};

/// What visits say of inspectors.
pub(super) struct Judged {
    pub(super) inspectors: Vec<Strictness>,
    pub(super) n_suppressed: u64,
    pub(super) spread: Option<StrictnessSpread>,
}

/// One inspector's visits.
struct Tally {
    inspector: usize,
    visits: Vec<usize>,
    n: u64,
    hits: u64,
    rate: f64,
    expected: f64,
    variance: f64,
    log_odds: f64,
    log_odds_variance: f64,
}

/// Rules of visits.
pub(super) fn check(names: &[String], visits: &[InspectorVisit]) -> Result<(), Error> {
    let rule = |visit: &InspectorVisit| {
        let stranger = visit
            .inspectors
            .iter()
            .find(|&&at| at as usize >= names.len());
        if let Some(stranger) = stranger {
            return Some(format!(
                "inspector {stranger} is none of the {}",
                names.len()
            ));
        }
        if !(visit.weight >= 1.0 && visit.weight.is_finite()) {
            return Some(format!(
                "design weight {} is below 1 or not finite",
                visit.weight
            ));
        }
        let wrong = visit.expected.filter(|p| !(0.0..=1.0).contains(p));
        wrong.map(|p| format!("expected probability {p} must lie in [0, 1]"))
    };
    let broken = visits
        .iter()
        .enumerate()
        .find_map(|(at, visit)| Some((at, visit, rule(visit)?)));
    broken.map_or(Ok(()), |(at, visit, rule)| {
        Err(Error::InspectorVisit {
            visit: at,
            object: visit.object,
            rule,
        })
    })
}

pub(super) fn judge(names: &[String], visits: &[InspectorVisit]) -> Judged {
    let expected = expectations(visits);
    let all = tallies(names.len(), visits, &expected);
    let n_seen = all.len();
    let shown: Vec<Tally> = all.into_iter().filter(|tally| tally.n >= N_MIN).collect();
    let between = between(shown.iter().map(|t| (t.rate - t.expected, t.variance)));
    let between_log_odds = between_variance(&shown);
    let inspectors: Vec<Strictness> = shown
        .iter()
        .map(|tally| strictness(names, tally, between, between_log_odds))
        .collect();
    Judged {
        n_suppressed: count(n_seen - inspectors.len()),
        spread: spread(names, visits, &shown, (between, between_log_odds)),
        inspectors,
    }
}

fn between_variance(shown: &[Tally]) -> f64 {
    between(
        shown
            .iter()
            .map(|tally| (tally.log_odds, tally.log_odds_variance)),
    )
}

/// Strictness (shrunken, in rates) of those who made each visit, from all their visits to other objects; teams take the mean of
/// their members, and a visit by nobody with another visit has none.
#[must_use]
pub fn leave_one_out(n_inspectors: usize, visits: &[InspectorVisit]) -> Vec<Option<f64>> {
    let expected = expectations(visits);
    let all = tallies(n_inspectors, visits, &expected);
    let between = between(
        all.iter()
            .filter(|t| t.n >= N_MIN)
            .map(|t| (t.rate - t.expected, t.variance)),
    );
    let mut of_object: Vec<BTreeMap<u64, (f64, f64)>> = vec![BTreeMap::new(); n_inspectors];
    let mut total = vec![(0.0, 0.0); n_inspectors];
    let mut variance = vec![0.0; n_inspectors];
    for tally in &all {
        variance[tally.inspector] = tally.variance;
        for &at in &tally.visits {
            let visit = &visits[at];
            let excess = visit.weight * (hit(visit) - expected[at]);
            let own = of_object[tally.inspector]
                .entry(visit.object)
                .or_insert((0.0, 0.0));
            *own = (own.0 + excess, own.1 + visit.weight);
            let sum = &mut total[tally.inspector];
            *sum = (sum.0 + excess, sum.1 + visit.weight);
        }
    }
    let without = |inspector: usize, object: u64| {
        let (own, weight) = of_object[inspector]
            .get(&object)
            .copied()
            .unwrap_or((0.0, 0.0));
        let rest = total[inspector].1 - weight;
        let theta = share(
            total[inspector].0 - own,
            if rest > 1e-9 { rest } else { 0.0 },
        )?;
        Some(theta * shrinkage(between, variance[inspector]))
    };
    let of_visit = |visit: &InspectorVisit| {
        let members = visit
            .inspectors
            .iter()
            .filter_map(|&i| without(i as usize, visit.object));
        let known: Vec<f64> = members.collect();
        share(known.iter().sum(), real_len(known.len()))
    };
    visits.iter().map(of_visit).collect()
}

fn hit(visit: &InspectorVisit) -> f64 {
    f64::from(u8::from(visit.found))
}

/// The expectation of every visit: what is known of its target, else the weighted rate of its block; known ones are moved by
/// block so that a block expects what it found.
fn expectations(visits: &[InspectorVisit]) -> Vec<f64> {
    let mut blocks: BTreeMap<u32, (f64, f64, f64)> = BTreeMap::new();
    for visit in visits {
        let sums = blocks.entry(visit.block).or_insert((0.0, 0.0, 0.0));
        let known = visit.expected.unwrap_or(0.0);
        *sums = (
            sums.0 + visit.weight * hit(visit),
            sums.1 + visit.weight,
            sums.2 + visit.weight * known,
        );
    }
    let of = |visit: &InspectorVisit| {
        let (found, weight, known) = blocks[&visit.block];
        match visit.expected {
            Some(expected) if known > 0.0 => (expected * found / known).min(1.0),
            _ => found / weight,
        }
    };
    visits.iter().map(of).collect()
}

fn tallies(n_inspectors: usize, visits: &[InspectorVisit], expected: &[f64]) -> Vec<Tally> {
    let mut of: Vec<Vec<usize>> = vec![Vec::new(); n_inspectors];
    for (at, visit) in visits.iter().enumerate() {
        let mut members = visit.inspectors.clone();
        members.sort_unstable();
        members.dedup();
        for member in members {
            of[member as usize].push(at);
        }
    }
    let seen = of
        .into_iter()
        .enumerate()
        .filter(|(_, visits)| !visits.is_empty());
    seen.map(|(inspector, own)| tally(inspector, own, visits, expected))
        .collect()
}

fn tally(inspector: usize, own: Vec<usize>, visits: &[InspectorVisit], expected: &[f64]) -> Tally {
    let weight: f64 = own.iter().map(|&at| visits[at].weight).sum();
    let mean = |of: &dyn Fn(usize) -> f64| -> f64 {
        own.iter()
            .map(|&at| visits[at].weight * of(at))
            .sum::<f64>()
            / weight
    };
    let rate = mean(&|at| hit(&visits[at]));
    let expectation = mean(&|at| expected[at]);
    let theta = rate - expectation;
    // Errors sum by object: visits to the same object are not independent.
    let mut by_object: BTreeMap<u64, f64> = BTreeMap::new();
    for &at in &own {
        let residual = hit(&visits[at]) - expected[at] - theta;
        *by_object.entry(visits[at].object).or_insert(0.0) += visits[at].weight * residual / weight;
    }
    let n = real_len(by_object.len());
    let squares: f64 = by_object.values().map(|sum| sum * sum).sum();
    let hits = own.iter().filter(|&&at| visits[at].found).count();
    // Visits that all ended alike tell nothing of their spread; the variance is then what chance gives the expected rates.
    let by_chance = || -> f64 {
        let of = |&at: &usize| {
            (visits[at].weight / weight).powi(2) * expected[at] * (1.0 - expected[at])
        };
        own.iter().map(of).sum()
    };
    let (log_odds, log_odds_variance) = log_odds(&own, visits, expected);
    Tally {
        inspector,
        n: count(own.len()),
        hits: count(hits),
        rate,
        expected: expectation,
        variance: if hits == 0 || hits == own.len() {
            by_chance()
        } else {
            squares * n / (n - 1.0).max(1.0)
        },
        log_odds,
        log_odds_variance,
        visits: own,
    }
}

/// The shift of every target's log-odds that makes expectation meet findings, with its variance. Half a finding and half a blank
/// are added, so that an inspector who found nothing, or everything, has a finite one (Haldane 1956, Anscombe 1956).
fn log_odds(own: &[usize], visits: &[InspectorVisit], expected: &[f64]) -> (f64, f64) {
    let weight: f64 = own.iter().map(|&at| visits[at].weight).sum();
    let scale = real_len(own.len()) / weight;
    let logit = |p: f64| {
        let p = p.clamp(1e-6, 1.0 - 1e-6);
        (p / (1.0 - p)).ln()
    };
    let of = |at: &usize| {
        (
            visits[*at].weight * scale,
            logit(expected[*at]),
            hit(&visits[*at]),
        )
    };
    let visits: Vec<(f64, f64, f64)> = own.iter().map(of).collect();
    let middle = visits.iter().map(|(w, e, _)| w * e).sum::<f64>() / real_len(own.len());
    let chance = |logit: f64, shift: f64| 1.0 / (1.0 + (-logit - shift).exp());
    let gap = |shift: f64| {
        let sum: f64 = visits
            .iter()
            .map(|(w, e, y)| w * (y - chance(*e, shift)))
            .sum();
        sum + 0.5 - chance(middle, shift)
    };
    let (mut low, mut high) = (-40.0, 40.0);
    for _ in 0..100 {
        let shift = f64::midpoint(low, high);
        if gap(shift) > 0.0 {
            low = shift;
        } else {
            high = shift;
        }
    }
    let spread = |logit: f64| chance(logit, low) * (1.0 - chance(logit, low));
    let information: f64 =
        visits.iter().map(|(w, e, _)| w * spread(*e)).sum::<f64>() + spread(middle);
    let noise: f64 = visits
        .iter()
        .map(|(w, e, _)| w * w * spread(*e))
        .sum::<f64>()
        + spread(middle);
    (low, noise / (information * information))
}

/// Variance between inspectors by the method of moments; 0 below two inspectors.
fn between(estimates: impl Iterator<Item = (f64, f64)>) -> f64 {
    let all: Vec<(f64, f64)> = estimates.filter(|(_, variance)| *variance > 0.0).collect();
    let sum = |of: &dyn Fn(f64) -> f64| -> f64 { all.iter().map(|(_, v)| of(1.0 / v)).sum() };
    let (first, second) = (sum(&|w| w), sum(&|w| w * w));
    let centre = all.iter().map(|(theta, v)| theta / v).sum::<f64>() / first;
    let q: f64 = all
        .iter()
        .map(|(theta, v)| (theta - centre).powi(2) / v)
        .sum();
    let freedom = real_len(all.len()) - 1.0;
    if freedom < 1.0 {
        return 0.0;
    }
    ((q - freedom) / (first - second / first)).max(0.0)
}

fn shrinkage(between: f64, variance: f64) -> f64 {
    share(between, between + variance).unwrap_or(0.0)
}

fn strictness(names: &[String], tally: &Tally, between: f64, between_log_odds: f64) -> Strictness {
    let difference = tally.rate - tally.expected;
    let shrinkage_of_rate = shrinkage(between, tally.variance);
    Strictness {
        inspector: names[tally.inspector].clone(),
        n: tally.n,
        hits: tally.hits,
        rate: tally.rate,
        expected: tally.expected,
        difference,
        se: tally.variance.sqrt(),
        shrunken: difference * shrinkage_of_rate,
        shrinkage: shrinkage_of_rate,
        log_odds: tally.log_odds * shrinkage(between_log_odds, tally.log_odds_variance),
    }
}

fn spread(
    names: &[String],
    visits: &[InspectorVisit],
    shown: &[Tally],
    (between, between_log_odds): (f64, f64),
) -> Option<StrictnessSpread> {
    let order = |a: &&Tally, b: &&Tally| a.log_odds.total_cmp(&b.log_odds);
    let (mildest, strictest) = (shown.iter().min_by(order)?, shown.iter().max_by(order)?);
    let p_equal = p_equal(shown)?;
    Some(StrictnessSpread {
        between_sd: between.sqrt(),
        between_sd_log_odds: between_log_odds.sqrt(),
        odds_ratio: mantel_haenszel(visits, strictest, mildest, |visit| visit.block),
        odds_ratio_raw: mantel_haenszel(visits, strictest, mildest, |_| 0),
        strictest: names[strictest.inspector].clone(),
        mildest: names[mildest.inspector].clone(),
        p_equal,
    })
}

/// Chance of differences as large as these among inspectors who are all alike; absent below two whose findings can vary at all.
fn p_equal(shown: &[Tally]) -> Option<f64> {
    let compared: Vec<(f64, f64)> = shown
        .iter()
        .filter(|tally| tally.variance > 0.0)
        .map(|tally| (tally.rate - tally.expected, tally.variance))
        .collect();
    if compared.len() < 2 {
        return None;
    }
    let first: f64 = compared.iter().map(|(_, v)| 1.0 / v).sum();
    let centre = compared.iter().map(|(theta, v)| theta / v).sum::<f64>() / first;
    let q: f64 = compared
        .iter()
        .map(|(theta, v)| (theta - centre).powi(2) / v)
        .sum();
    let freedom = real_len(compared.len()) - 1.0;
    Some(if q > 0.0 {
        gamma_ur(freedom / 2.0, q / 2.0)
    } else {
        1.0
    })
}

/// Weighted counts of one block: found and blank, of the strictest and of the mildest.
#[derive(Clone, Copy, Default)]
struct Fourfold {
    strict: [f64; 2],
    mild: [f64; 2],
}

/// Odds of a finding by the first inspector over the second, within blocks.
fn mantel_haenszel(
    visits: &[InspectorVisit],
    strict: &Tally,
    mild: &Tally,
    block: impl Fn(&InspectorVisit) -> u32,
) -> Option<f64> {
    let mut blocks: BTreeMap<u32, Fourfold> = BTreeMap::new();
    for &at in &strict.visits {
        let visit = &visits[at];
        blocks.entry(block(visit)).or_default().strict[usize::from(!visit.found)] += visit.weight;
    }
    for &at in &mild.visits {
        let visit = &visits[at];
        blocks.entry(block(visit)).or_default().mild[usize::from(!visit.found)] += visit.weight;
    }
    let (mut above, mut below) = (0.0, 0.0);
    for Fourfold { strict, mild } in blocks.values() {
        let n = strict[0] + strict[1] + mild[0] + mild[1];
        above += strict[0] * mild[1] / n;
        below += mild[0] * strict[1] / n;
    }
    share(above, below)
}
