//! Runs to outcomes: the long run of every replicate, then mean and range over the replicates.

use super::PolicyWorld;
use super::chain;
use super::checked::{Rule, ValidPolicy};
use super::number::{mean, real, real_len};
use super::record::{Period, TierPeriod};
use crate::report::{PathPoint, PolicyMode, PolicyOutcome, Ranged, TierOutcome};

/// Mean and range of values; none for none.
pub(super) fn ranged(values: &[f64]) -> Option<Ranged> {
    let centre = mean(values.iter().copied())?;
    let n = real_len(values.len());
    let squares: f64 = values.iter().map(|value| (value - centre).powi(2)).sum();
    Some(Ranged {
        mean: centre,
        low: values.iter().copied().fold(f64::INFINITY, f64::min),
        high: values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        error: (n > 1.0).then(|| (squares / (n - 1.0) / n).sqrt()),
    })
}

/// One replicate of a policy and mode in the long run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Replicate {
    /// Share of firms that break the rules: the truth no office sees.
    pub violation: f64,
    /// 问题发现率: findings over visits; none without a visit.
    pub hit_rate: Option<f64>,
    /// Horvitz-Thompson over the whole frame, divided by the detection; none without a visit.
    pub ht: Option<f64>,
    /// Hájek over all its visits, divided by the detection, at most 1; none without a visit.
    pub hajek: Option<f64>,
    /// Visits per firm and period.
    pub visits: f64,
    /// Fines per firm and period.
    pub fines: f64,
    /// 盲区: share of firms that cannot be drawn.
    pub blind: f64,
    /// Share of the visits that no probability could take up.
    pub unused: f64,
    /// Violations of the later half less those of the earlier.
    pub drift: f64,
    /// Mean of the beliefs, and their variance.
    belief: [f64; 2],
}

impl Replicate {
    /// The long run of the periods of a replicate.
    pub(super) fn of(world: &PolicyWorld, run: &[Period]) -> Self {
        let late = &run[world.params.from as usize..];
        let budget = world.params.budget * real(world.params.firms.count);
        let each = |value: fn(&Period) -> f64| mean(late.iter().map(value)).unwrap_or(0.0);
        let spread = |period: &Period| period.belief_square - period.belief.powi(2);
        let is_seen = late.iter().any(|period| period.visits() > 0);
        Self {
            violation: each(Period::violation),
            hit_rate: hit_rate(late),
            ht: is_seen.then(|| each(|period| period.ht)),
            hajek: hajek(late),
            visits: each(|period| real(period.visits()) / real(period.firms())),
            fines: each(|period| period.fines),
            blind: each(Period::blind),
            unused: each(|period| period.unused) / budget,
            drift: drift(late),
            belief: [each(|period| period.belief), each(spread)],
        }
    }
}

/// What the replicates of a policy and mode come to.
pub(super) fn outcome(
    world: &PolicyWorld,
    policy: &ValidPolicy,
    mode: PolicyMode,
    runs: &[Vec<Period>],
) -> PolicyOutcome {
    let from = world.params.from as usize;
    let late: Vec<&[Period]> = runs.iter().map(|run| &run[from..]).collect();
    let replicates: Vec<Replicate> = runs.iter().map(|run| Replicate::of(world, run)).collect();
    let known = |value: fn(&Replicate) -> Option<f64>| {
        let values: Vec<f64> = replicates.iter().filter_map(value).collect();
        ranged(&values)
    };
    let always = |value: fn(&Replicate) -> f64| {
        let values: Vec<f64> = replicates.iter().map(value).collect();
        ranged(&values).expect("a world has a replicate")
    };
    let learns = mode == PolicyMode::Myopic;
    let tiers = world.params.tier.iter().enumerate();
    PolicyOutcome {
        policy: policy.name.clone(),
        mode,
        violation: always(|one| one.violation),
        violations: replicates.iter().map(|one| one.violation).collect(),
        hit_rate: known(|one| one.hit_rate),
        ht: known(|one| one.ht),
        hajek: known(|one| one.hajek),
        visits: always(|one| one.visits),
        fines: always(|one| one.fines),
        blind: always(|one| one.blind),
        unused: always(|one| one.unused),
        belief: learns.then(|| [always(|one| one.belief[0]), always(|one| one.belief[1])]),
        drift: mean(replicates.iter().map(|one| one.drift)).unwrap_or(0.0),
        tiers: tiers
            .map(|(i, tier)| tier_outcome(&tier.code, i, &late))
            .collect(),
        closed_form: closed_form(world, policy, mode),
        path: path(runs),
    }
}

/// Findings over visits.
fn hit_rate(run: &[Period]) -> Option<f64> {
    let visits: u64 = run.iter().map(Period::visits).sum();
    let found: u64 = run.iter().map(Period::found).sum();
    (visits > 0).then(|| real(found) / real(visits))
}

/// The mean over all visits, each with one over its probability: single periods have few, and their means stray beyond 1.
fn hajek(run: &[Period]) -> Option<f64> {
    let stands_for: f64 = run.iter().map(|period| period.stands_for).sum();
    let violations = run.iter().map(|period| period.ht * real(period.firms()));
    (stands_for > 0.0).then(|| (violations.sum::<f64>() / stands_for).min(1.0))
}

/// Violations of the later half less those of the earlier.
fn drift(run: &[Period]) -> f64 {
    let (earlier, later) = run.split_at(run.len() / 2);
    let rate = |half: &[Period]| mean(half.iter().map(Period::violation));
    rate(later)
        .zip(rate(earlier))
        .map_or(0.0, |(later, earlier)| later - earlier)
}

fn tier_outcome(code: &str, i: usize, late: &[&[Period]]) -> TierOutcome {
    let of = |part: fn(&TierPeriod) -> f64, whole: &dyn Fn(&Period) -> f64| {
        let value = |run: &&[Period]| {
            let part: f64 = run.iter().map(|period| part(&period.tiers[i])).sum();
            let whole: f64 = run.iter().map(whole).sum();
            (whole > 0.0).then(|| part / whole)
        };
        let values: Vec<f64> = late.iter().filter_map(value).collect();
        ranged(&values)
    };
    let firms = |period: &Period| real(period.tiers[i].n);
    let zero = Ranged {
        mean: 0.0,
        low: 0.0,
        high: 0.0,
        error: None,
    };
    TierOutcome {
        code: code.to_owned(),
        share: of(|tier| real(tier.n), &|period| real(period.firms())).unwrap_or(zero),
        pi: of(|tier| tier.pi, &|_| 1.0).unwrap_or(zero),
        burden: of(|tier| 100.0 * real(tier.visits), &firms),
        violation: of(|tier| real(tier.violations), &firms),
    }
}

/// Hit rate and prevalence of the chain of classes, where it is one.
fn closed_form(world: &PolicyWorld, policy: &ValidPolicy, mode: PolicyMode) -> Option<[f64; 2]> {
    let given = world
        .params
        .given
        .as_ref()
        .filter(|_| mode == PolicyMode::Given)?;
    let Rule::Probability(pi) = &policy.rule else {
        return None;
    };
    if policy.moves.unvisited.is_some() {
        return None;
    }
    let detection = world.params.detection;
    let matrix = chain::matrix(&policy.moves, pi, &given.violation, detection);
    let share = chain::stationary(&matrix);
    let sum = |of: &dyn Fn(usize) -> f64| (0..pi.len()).map(|i| share[i] * of(i)).sum::<f64>();
    let visits = sum(&|i| pi[i]);
    let found = sum(&|i| pi[i] * given.violation[i]) * detection;
    (visits > 0.0).then(|| [found / visits, sum(&|i| given.violation[i])])
}

/// Means over the replicates, period by period.
fn path(runs: &[Vec<Period>]) -> Vec<PathPoint> {
    let n = runs.first().map_or(0, Vec::len);
    let point = |(t, period): (usize, u32)| {
        let all = || runs.iter().map(|run| &run[t]);
        let visits: u64 = all().map(Period::visits).sum();
        let found: u64 = all().map(Period::found).sum();
        let firms: u64 = all().map(Period::firms).sum();
        PathPoint {
            period,
            violation: mean(all().map(Period::violation)).unwrap_or(0.0),
            hit_rate: (visits > 0).then(|| real(found) / real(visits)),
            ht: mean(all().map(|period| period.ht)).filter(|_| visits > 0),
            visits: real(visits) / real(firms),
        }
    };
    (0..n).zip(0_u32..).map(point).collect()
}
