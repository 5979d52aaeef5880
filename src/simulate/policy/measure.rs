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

/// What the replicates of a policy and mode come to.
pub(super) fn outcome(
    world: &PolicyWorld,
    policy: &ValidPolicy,
    mode: PolicyMode,
    runs: &[Vec<Period>],
) -> PolicyOutcome {
    let from = world.params.from as usize;
    let late: Vec<&[Period]> = runs.iter().map(|run| &run[from..]).collect();
    let of = |value: &dyn Fn(&[Period]) -> Option<f64>| {
        let values: Vec<f64> = late.iter().filter_map(|run| value(run)).collect();
        ranged(&values)
    };
    let always = |value: &dyn Fn(&Period) -> f64| {
        let each = |run: &[Period]| mean(run.iter().map(value));
        of(&each).expect("a run has a period in the long run")
    };
    let budget = world.params.budget * real(world.params.firms.count);
    let belief = (mode == PolicyMode::Myopic).then(|| {
        let spread = |period: &Period| period.belief_square - period.belief.powi(2);
        [always(&|period| period.belief), always(&spread)]
    });
    let ht = |run: &[Period]| {
        let is_seen = run.iter().any(|period| period.visits() > 0);
        mean(run.iter().map(|period| period.ht)).filter(|_| is_seen)
    };
    let tiers = world.params.tier.iter().enumerate();
    PolicyOutcome {
        policy: policy.name.clone(),
        mode,
        violation: always(&Period::violation),
        hit_rate: of(&hit_rate),
        ht: of(&ht),
        hajek: of(&|run| mean(run.iter().filter_map(|period| period.hajek))),
        visits: always(&|period| real(period.visits()) / real(period.firms())),
        fines: always(&|period| period.fines),
        blind: always(&Period::blind),
        unused: always(&|period| period.unused / budget),
        belief,
        drift: mean(late.iter().map(|run| drift(run))).unwrap_or(0.0),
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
