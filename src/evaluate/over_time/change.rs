//! What moved the raw rate between two rounds: mix, targeting, market. Three parts that add up to the change exactly.
//!
//! With F the share of a group in the frame, ρ its visits per object, μ its prevalence and L its raw rate over μ, the raw
//! rate is `Σ F ρ L μ / Σ F ρ`. The parts are the effects of changing F (mix), ρ and L together (targeting: which groups, and
//! whom within a group) and μ (market), each averaged over all orders of changing them (Shapley). For rates that are sums of
//! two factors this is Kitagawa's (1955) and Oaxaca's decomposition; Das Gupta (1993) for three.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::OverTimeParams;
use super::trend::{Round, note};
use crate::evaluate::bootstrap::{Bootstrap, percentile_interval, take_some};
use crate::evaluate::estimates::{Figure, Method};
use crate::evaluate::number::{real, share};
use crate::evaluate::{Note, NoteKind};

/// A round against the one before it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// Name of the earlier round.
    pub from: String,
    /// Name of the later round.
    pub to: String,
    /// Raw rate of the earlier round.
    pub raw_from: Option<f64>,
    /// Raw rate of the later round.
    pub raw_to: Option<f64>,
    /// Later less earlier raw rate: the sum of the three parts (Rao-Wu interval, as theirs).
    pub total: Figure,
    /// 结构: the frame has other shares of the groups.
    pub mix: Figure,
    /// 精准: other groups are visited more, or others within a group.
    pub targeting: Figure,
    /// 市场: violations are more or less frequent within the groups.
    pub market: Figure,
    /// Groups visited in one of the two rounds only: their rates of the other round stand in, so that all of their effect is
    /// targeting.
    pub borrowed: Vec<String>,
    /// Why there are no parts.
    pub notes: Vec<Note>,
}

/// What a group's share of the raw rate is made of.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Factors {
    /// Share of the frame, 0 where the round does not have the group.
    frame: f64,
    /// Visits per object.
    density: f64,
    /// Raw rate over prevalence, and prevalence; absent without a valid result.
    rates: Option<(f64, f64)>,
}

/// Both rounds, group by group: shares, densities, lifts, prevalences of the earlier and of the later.
struct Pair {
    frame: [Vec<f64>; 2],
    density: [Vec<f64>; 2],
    lift: [Vec<f64>; 2],
    market: [Vec<f64>; 2],
}

/// A round's factors, and those of each replicate of it.
pub(super) struct Resampled<'a> {
    round: &'a Round<'a>,
    plain: Vec<Factors>,
    again: Vec<Vec<Factors>>,
}

impl<'a> Resampled<'a> {
    /// `labels` are the groups of all rounds, ascending. Every round has its own stream, named by the round.
    pub(super) fn new(
        params: OverTimeParams,
        round: &'a Round<'a>,
        labels: &[String],
        seed: &[u8; 32],
    ) -> Self {
        let tag = format!("choucha/bootstrap/change/v1/{}", round.results.id);
        let bootstrap = Bootstrap::new(seed, &tag, params.replicates);
        let strata = take_some(&round.visited);
        let replicate = |number: u32| {
            let weights = bootstrap.factors(number, &round.visited, &strata);
            factors(round, labels, &weights)
        };
        let has_enough = round.n_valid() >= params.minimum;
        let n = if has_enough { params.replicates } else { 0 };
        Self {
            round,
            plain: factors(round, labels, &vec![1.0; round.visited.len()]),
            again: (0..n).into_par_iter().map(replicate).collect(),
        }
    }
}

pub(super) fn change(
    params: OverTimeParams,
    labels: &[String],
    from: &Resampled,
    to: &Resampled,
) -> Change {
    let rounds = [from.round, to.round];
    let few = rounds
        .into_iter()
        .filter(|round| round.n_valid() < params.minimum);
    let mut change = Change {
        from: from.round.results.id.clone(),
        to: to.round.results.id.clone(),
        raw_from: None,
        raw_to: None,
        total: Figure::NONE,
        mix: Figure::NONE,
        targeting: Figure::NONE,
        market: Figure::NONE,
        borrowed: Vec::new(),
        notes: few
            .map(|round| note(NoteKind::TooFew, &round.results.id, round.n_valid()))
            .collect(),
    };
    if !change.notes.is_empty() {
        return change;
    }
    change.borrowed = borrowed(labels, &from.plain, &to.plain);
    let Some((raw, parts)) = Pair::of(&from.plain, &to.plain).and_then(|pair| pair.parts()) else {
        return change;
    };
    let replicate = |(before, after): (&Vec<Factors>, &Vec<Factors>)| {
        let (_, parts) = Pair::of(before, after)?.parts()?;
        Some(parts)
    };
    let all: Vec<Option<[f64; 3]>> = from.again.iter().zip(&to.again).map(replicate).collect();
    let figure = |value: f64, of: &dyn Fn(&[f64; 3]) -> f64| {
        let interval = percentile_interval(all.iter().map(|parts| parts.as_ref().map(of)));
        Figure::new(Some(value), interval, Method::RaoWu)
    };
    change.raw_from = Some(raw.0);
    change.raw_to = Some(raw.1);
    change.mix = figure(parts[0], &|parts| parts[0]);
    change.targeting = figure(parts[1], &|parts| parts[1]);
    change.market = figure(parts[2], &|parts| parts[2]);
    change.total = figure(raw.1 - raw.0, &|parts| parts.iter().sum());
    change
}

/// The factors of every group, results counted `weight` times.
fn factors(round: &Round, labels: &[String], weights: &[f64]) -> Vec<Factors> {
    let groups = &round.results.groups;
    let place: Vec<usize> = groups
        .iter()
        .map(|group| labels.binary_search(&group.label).unwrap_or(0))
        .collect();
    let mut sums = vec![[0.0; 4]; labels.len()];
    for ((unit, &group), weight) in round.visited.iter().zip(&round.group).zip(weights) {
        let (counted, sums) = (weight * unit.in_domain, &mut sums[place[group]]);
        sums[0] += counted;
        sums[1] += counted * unit.y;
        sums[2] += counted / unit.pi;
        sums[3] += counted * unit.y / unit.pi;
    }
    let mut n_frame = vec![0.0; labels.len()];
    for (group, &at) in groups.iter().zip(&place) {
        n_frame[at] += real(group.n_frame);
    }
    let all: f64 = n_frame.iter().sum();
    let of = |([n, hits, size, found], objects): ([f64; 4], &f64)| Factors {
        frame: share(*objects, all).unwrap_or(0.0),
        density: share(n, *objects).unwrap_or(0.0),
        rates: share(hits, n).zip(share(found, size)).map(|(raw, market)| {
            let lift = share(raw, market).unwrap_or(1.0);
            (lift, market)
        }),
    };
    sums.into_iter().zip(&n_frame).map(of).collect()
}

fn borrowed(labels: &[String], before: &[Factors], after: &[Factors]) -> Vec<String> {
    let both = labels.iter().zip(before.iter().zip(after));
    both.filter(|(_, (one, two))| {
        let in_both = one.frame > 0.0 && two.frame > 0.0;
        in_both && one.rates.is_some() != two.rates.is_some()
    })
    .map(|(label, _)| label.clone())
    .collect()
}

impl Pair {
    /// A group that one round's frame does not have takes everything but its share from the other: all of its effect is mix.
    /// A group one round did not visit takes its rates from the other: all of its effect is targeting. `None` where a round
    /// has no valid result.
    fn of(before: &[Factors], after: &[Factors]) -> Option<Self> {
        let mut pair = Self {
            frame: [Vec::new(), Vec::new()],
            density: [Vec::new(), Vec::new()],
            lift: [Vec::new(), Vec::new()],
            market: [Vec::new(), Vec::new()],
        };
        for (one, two) in before.iter().zip(after) {
            let Some(known) = one.rates.or(two.rates) else {
                continue;
            };
            let sides = [(one, two), (two, one)];
            for (at, (own, other)) in sides.into_iter().enumerate() {
                let (lift, market) = own.rates.or(other.rates).unwrap_or(known);
                let source = if own.frame > 0.0 { own } else { other };
                pair.frame[at].push(own.frame);
                pair.density[at].push(source.density);
                pair.lift[at].push(lift);
                pair.market[at].push(market);
            }
        }
        let visited = |at: usize| {
            let products = pair.frame[at].iter().zip(&pair.density[at]);
            products
                .map(|(frame, density)| frame * density)
                .sum::<f64>()
                > 0.0
        };
        (visited(0) && visited(1)).then_some(pair)
    }

    /// Raw rates of both rounds, and the parts: mix, targeting, market. `None` where some mixture of the rounds has no visit.
    fn parts(&self) -> Option<((f64, f64), [f64; 3])> {
        let mut rates = [0.0; 8];
        for (mask, rate) in rates.iter_mut().enumerate() {
            *rate = self.rate([mask & 1, mask >> 1 & 1, mask >> 2 & 1])?;
        }
        let mut parts = [0.0; 3];
        for order in [
            [0, 1, 2],
            [0, 2, 1],
            [1, 0, 2],
            [1, 2, 0],
            [2, 0, 1],
            [2, 1, 0],
        ] {
            let mut mask = 0;
            for part in order {
                let next = mask | 1 << part;
                parts[part] += (rates[next] - rates[mask]) / 6.0;
                mask = next;
            }
        }
        Some(((rates[0], rates[7]), parts))
    }

    /// The raw rate with mix, targeting and market each of the earlier (0) or the later (1) round.
    fn rate(&self, [mix, targeting, market]: [usize; 3]) -> Option<f64> {
        let (mut hits, mut visits) = (0.0, 0.0);
        for group in 0..self.frame[0].len() {
            let visited = self.frame[mix][group] * self.density[targeting][group];
            visits += visited;
            hits += visited * self.lift[targeting][group] * self.market[market][group];
        }
        share(hits, visits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(frame: f64, density: f64, lift: f64, market: f64) -> Factors {
        Factors {
            frame,
            density,
            rates: Some((lift, market)),
        }
    }

    fn parts(before: &[Factors], after: &[Factors]) -> [f64; 3] {
        let pair = Pair::of(before, after).unwrap();
        let ((from, to), parts) = pair.parts().unwrap();
        assert!((parts.iter().sum::<f64>() - (to - from)).abs() < 1e-15);
        parts
    }

    #[test]
    fn a_change_of_one_kind_is_all_of_that_part() {
        let before = [group(0.8, 0.05, 1.0, 0.04), group(0.2, 0.3, 1.2, 0.2)];
        let worse = [group(0.8, 0.05, 1.0, 0.06), group(0.2, 0.3, 1.2, 0.25)];
        let [mix, targeting, market] = parts(&before, &worse);
        assert!(mix.abs() < 1e-15 && targeting.abs() < 1e-15 && market > 0.02);
        let sharper = [group(0.8, 0.02, 1.0, 0.04), group(0.2, 0.5, 1.4, 0.2)];
        let [mix, targeting, market] = parts(&before, &sharper);
        assert!(mix.abs() < 1e-15 && targeting > 0.05 && market.abs() < 1e-15);
        let riskier = [group(0.6, 0.05, 1.0, 0.04), group(0.4, 0.3, 1.2, 0.2)];
        let [mix, targeting, market] = parts(&before, &riskier);
        assert!(mix > 0.0 && targeting.abs() < 1e-15 && market.abs() < 1e-15);
    }

    #[test]
    fn a_group_that_is_no_longer_visited_moves_targeting_alone() {
        let before = [group(0.8, 0.05, 1.0, 0.04), group(0.2, 0.3, 1.2, 0.2)];
        let mut after = before;
        after[0].density = 0.0;
        after[0].rates = None;
        let [mix, targeting, market] = parts(&before, &after);
        assert!(mix.abs() < 1e-15 && market.abs() < 1e-15 && targeting > 0.0);
        assert_eq!(
            borrowed(&["A".to_owned(), "D".to_owned()], &before, &after),
            ["A"]
        );
    }

    #[test]
    fn all_three_parts_add_up_when_everything_changes() {
        let before = [group(0.7, 0.04, 1.1, 0.03), group(0.3, 0.2, 1.3, 0.15)];
        let after = [group(0.5, 0.06, 0.9, 0.05), group(0.5, 0.4, 1.5, 0.11)];
        assert!(parts(&before, &after).iter().all(|part| part.abs() > 1e-4));
    }
}
