//! The four numbers of a part of the frame.

use rayon::prelude::*;

use super::ValidParams;
use super::bootstrap::{Bootstrap, percentile_interval, take_some};
use super::cross::with_replacement_variance;
use super::design::{Respondent, VarianceForm, effective_size, hajek_mean, variance_of_mean};
use super::estimates::{Cell, Figure, Method, N_MIN, Support, Trust};
use super::interval::{Interval, clopper_pearson, logit_t, wilson};
use super::judgement::{Judged, Judgement};
use super::number::{count, real, real_len, share};

/// Sampling fraction above which the finite frame counts.
const FRACTION_MAX: f64 = 0.1;
/// A variance of a rate that is rounding error alone.
const NO_SPREAD: f64 = 1e-20;

/// A part of the frame: which units belong to it, and what is known of the frame.
pub(super) struct Domain<'a> {
    pub(super) label: &'a str,
    pub(super) name: &'a str,
    pub(super) n_frame: u64,
    pub(super) n_blind: u64,
    /// Places in [`Judgement::units`], ascending.
    pub(super) members: Vec<usize>,
}

/// The numbers of a domain; `market` is the prevalence of the whole frame, absent for the whole frame itself.
pub(super) fn cell(
    domain: &Domain,
    judgement: &Judgement,
    market: Option<&Figure>,
    lift: Option<Interval>,
) -> Cell {
    let mut cell = counted(domain, judgement);
    cell.support = support(&cell, domain, judgement);
    cell.suppressed = cell.n < N_MIN;
    cell.trust = trust(&cell);
    if cell.suppressed {
        return cell;
    }
    let n = real(cell.n);
    cell.raw = raw(&cell, domain, judgement);
    cell.prevalence = prevalence(domain, judgement);
    let market = *market.unwrap_or(&cell.prevalence);
    let over = |rate: f64| market.value.and_then(|market| share(rate, market));
    cell.lift = Figure::new(cell.raw.value.and_then(over), lift, Method::RaoWu);
    let scaled = market.interval().map(|interval| interval.scaled(n));
    cell.opportunity = Figure::new(market.value.map(|market| n * market), scaled, market.method);
    cell
}

fn counted(domain: &Domain, judgement: &Judgement) -> Cell {
    let number = |keep: &dyn Fn(&Judged) -> bool| {
        count(judgement.of(domain).filter(|unit| keep(unit)).count())
    };
    let (n_drawn, n_visited) = (number(&|_| true), number(&|unit| unit.verdict.is_some()));
    Cell {
        label: domain.label.to_owned(),
        name: domain.name.to_owned(),
        n_frame: domain.n_frame,
        n_drawn,
        n_visited,
        n_void: number(&|unit| unit.verdict.is_some_and(|verdict| !verdict.valid)),
        n_unreachable: number(&|unit| unit.verdict.is_some_and(|verdict| verdict.unreachable)),
        n: number(&|unit| unit.is_valid()),
        hits: number(&|unit| unit.is_hit()),
        response: share(real(n_visited), real(n_drawn)),
        suppressed: true,
        trust: Trust::Low,
        support: Support {
            n_eff: 0.0,
            weight_share_max: None,
            pi_min: None,
            blind_share: 0.0,
            sampling_fraction: None,
        },
        raw: Figure::NONE,
        prevalence: Figure::NONE,
        lift: Figure::NONE,
        opportunity: Figure::NONE,
    }
}

fn support(cell: &Cell, domain: &Domain, judgement: &Judgement) -> Support {
    let inside = || judgement.of(domain);
    let weights = || {
        inside()
            .filter(|unit| unit.is_valid())
            .map(|unit| 1.0 / unit.pi)
    };
    let largest = weights().fold(0.0, f64::max);
    Support {
        n_eff: effective_size(weights()),
        weight_share_max: share(largest, weights().sum()),
        pi_min: inside().map(|unit| unit.unit.pi).min_by(f64::total_cmp),
        blind_share: share(real(domain.n_blind), real(domain.n_frame)).unwrap_or(0.0),
        sampling_fraction: share(real(cell.n_drawn), real(cell.n_frame)),
    }
}

fn trust(cell: &Cell) -> Trust {
    let (n, n_eff) = (real(cell.n), cell.support.n_eff);
    if cell.n < N_MIN || n_eff < 30.0 || n_eff < n / 5.0 || cell.support.blind_share > 0.0 {
        return Trust::Low;
    }
    let answered = cell.response.is_some_and(|response| response >= 0.9);
    if n_eff >= 150.0 && cell.hits >= 20 && answered {
        Trust::High
    } else {
        Trust::Medium
    }
}

/// Findings over valid results. Where more than a tenth of the part was visited, the interval is that of n/(1-f), f the mean
/// probability of the results (the sampling fraction, where all are equal).
fn raw(cell: &Cell, domain: &Domain, judgement: &Judgement) -> Figure {
    let (hits, n) = (real(cell.hits), real(cell.n));
    let valid = judgement.of(domain).filter(|unit| unit.is_valid());
    let fraction = valid.map(|unit| unit.pi).sum::<f64>() / n;
    raw_rate(hits, n, fraction)
}

/// A rate with the interval its sampling fraction calls for.
pub(super) fn raw_rate(hits: f64, n: f64, fraction: f64) -> Figure {
    let rate = share(hits, n);
    if fraction >= 1.0 {
        let exact = rate.map(|rate| Interval {
            low: rate,
            high: rate,
        });
        return Figure::new(rate, exact, Method::Census);
    }
    if fraction <= FRACTION_MAX {
        return Figure::new(rate, Some(wilson(hits, n)), Method::Wilson);
    }
    let left = 1.0 - fraction;
    Figure::new(
        rate,
        Some(wilson(hits / left, n / left)),
        Method::WilsonFinite,
    )
}

/// The Hájek mean of a domain and its interval.
pub(super) fn prevalence(domain: &Domain, judgement: &Judgement) -> Figure {
    let respondents = judgement.respondents(domain);
    let df = degrees_of_freedom(domain, judgement);
    prevalence_of(&respondents, df)
}

/// The Hájek mean of units whose strata hold two take-some units or more, and its interval: a point where everybody was
/// visited; Clopper-Pearson on the effective size where the take-some results are all alike; else logit-t on Rosén's
/// variance, or on the with-replacement form where every stratum by itself is all alike and shows no spread.
pub(super) fn prevalence_of(respondents: &[Respondent], df: f64) -> Figure {
    let Some(mean) = hajek_mean(respondents) else {
        return Figure::NONE;
    };
    let inside = || respondents.iter().filter(|unit| unit.in_domain > 0.0);
    let some = || inside().filter(|unit| unit.pi < 1.0);
    if some().next().is_none() {
        let exact = Interval {
            low: mean,
            high: mean,
        };
        return Figure::new(Some(mean), Some(exact), Method::Census);
    }
    let hits = some().filter(|unit| unit.y > 0.0).count();
    if hits == 0 || hits == some().count() {
        let certain = || inside().filter(|unit| unit.pi >= 1.0);
        let interval = alike(hits > 0, some(), certain());
        return Figure::new(Some(mean), Some(interval), Method::ClopperPearson);
    }
    let rosen = variance_of_mean(respondents, VarianceForm::Rosen);
    let (variance, method) = match rosen.filter(|variance| *variance > NO_SPREAD) {
        Some(variance) => (Some(variance), Method::LogitT),
        None => (
            with_replacement_variance(respondents),
            Method::WithReplacement,
        ),
    };
    let interval = variance.map(|variance| logit_t(mean, variance, df));
    Figure::new(Some(mean), interval, method)
}

/// Clopper and Pearson's interval for take-some results that are all alike, beside what is known of the certain ones.
fn alike<'a>(
    is_hit: bool,
    some: impl Iterator<Item = &'a Respondent> + Clone,
    certain: impl Iterator<Item = &'a Respondent> + Clone,
) -> Interval {
    let n_eff = effective_size(some.clone().map(|unit| 1.0 / unit.pi));
    let interval = clopper_pearson(if is_hit { n_eff } else { 0.0 }, n_eff);
    let weight: f64 = some.map(|unit| 1.0 / unit.pi).sum();
    let found: f64 = certain.clone().map(|unit| unit.y).sum();
    let size = weight + real_len(certain.count());
    let end = |rate: f64| (found + weight * rate) / size;
    Interval {
        low: end(interval.low),
        high: end(interval.high),
    }
}

/// Take-some results of the domain (invalid objects stay in), less the variance strata they lie in; at least 1.
pub(super) fn degrees_of_freedom(domain: &Domain, judgement: &Judgement) -> f64 {
    let units = &judgement.units;
    let take_some = |place: &&usize| units[**place].verdict.is_some() && units[**place].pi < 1.0;
    let mut groups: Vec<usize> = domain
        .members
        .iter()
        .filter(take_some)
        .map(|&place| judgement.group(place))
        .collect();
    let n = groups.len();
    groups.sort_unstable();
    groups.dedup();
    (real_len(n) - real_len(groups.len())).max(1.0)
}

/// Rao-Wu intervals of raw rate over prevalence of the whole frame, one per domain, from the same replicates.
pub(super) fn lift_intervals(
    params: &ValidParams,
    seed: &[u8; 32],
    judgement: &Judgement,
    domains: &[Domain],
) -> Vec<Option<Interval>> {
    let bootstrap = Bootstrap::new(seed, "choucha/bootstrap/lift/v1", params.replicates);
    let is_visited = |place: &usize| judgement.units[*place].verdict.is_some();
    let visited: Vec<usize> = (0..judgement.units.len()).filter(is_visited).collect();
    let all: Vec<Respondent> = visited
        .iter()
        .map(|&place| judgement.respondent(place, true))
        .collect();
    let strata = take_some(&all);
    let valid = |domain: &Domain| -> Vec<usize> {
        let places = domain
            .members
            .iter()
            .filter(|&&place| judgement.units[place].is_valid());
        places
            .filter_map(|place| visited.binary_search(place).ok())
            .collect()
    };
    let members: Vec<Vec<usize>> = domains.iter().map(valid).collect();
    let replicate = |b: u32| {
        let factors = bootstrap.factors(b, &all, &strata);
        let total = |of: &dyn Fn(usize) -> f64| -> f64 {
            (0..all.len())
                .map(|i| factors[i] * all[i].in_domain * of(i))
                .sum()
        };
        let market = share(
            total(&|i| all[i].y / all[i].pi),
            total(&|i| 1.0 / all[i].pi),
        );
        let lift = |members: &Vec<usize>| {
            let hits: f64 = members.iter().map(|&i| factors[i] * all[i].y).sum();
            let n: f64 = members.iter().map(|&i| factors[i]).sum();
            share(share(hits, n)?, market?)
        };
        members.iter().map(lift).collect::<Vec<Option<f64>>>()
    };
    let lifts: Vec<Vec<Option<f64>>> = (0..bootstrap.replicates)
        .into_par_iter()
        .map(replicate)
        .collect();
    (0..domains.len())
        .map(|domain| percentile_interval(lifts.iter().map(|lift| lift[domain])))
        .collect()
}
