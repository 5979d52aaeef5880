//! Selective labels: what policies that learn only from what they saw themselves would have found, and whether the
//! market can still be estimated from it. Source: `evaluation.md` §2.
//!
//! Every visit of a population is labelled, so the true rate of each round is known: the estimates are held against it.
//! Means are taken over the rounds of a replicate first; the standard errors are those of the replicates' means, and
//! differences to the greedy policy are paired by replicate.

use serde::{Deserialize, Serialize};

use super::number::{count, real, real_len, share};

/// Half the width of a 95 % interval in standard errors.
const Z: f64 = 1.959_963_984_540_054;

/// Why a policy has no estimate of the market.
pub const NO_WEIGHT: &str =
    "objects that are never visited have no weight, so no estimate of the market exists";

/// One round of one replicate under one policy.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SelectiveRound {
    /// True share of the frame's objects with a finding, above 0.
    pub base: f64,
    /// Mean of the probabilities the model gave the frame.
    pub model_mean: f64,
    /// Visits made.
    pub visits: u64,
    /// Visits with a finding.
    pub hits: u64,
    /// Hájek estimate of the share and its standard error; none where some object could not be drawn.
    pub estimate: Option<(f64, f64)>,
}

/// All rounds of one policy.
#[derive(Clone, Debug, PartialEq)]
pub struct Course {
    /// The policy.
    pub policy: PolicyFacts,
    /// Rounds by replicate; the replicates of all courses are paired.
    pub replicates: Vec<Vec<SelectiveRound>>,
}

/// Which policy.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PolicyKind {
    /// Everybody with the same probability.
    Equal,
    /// The highest scores and nobody else.
    Greedy,
    /// The highest scores, and this share of the visits at random among the others.
    Explore(f64),
    /// π = clip(λ r^γ, floor, cap), with this γ.
    Power(f64),
}

/// A policy by name.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PolicyFacts {
    /// Which policy.
    pub kind: PolicyKind,
    /// Whether its model learns with weights 1/π.
    pub weighted: bool,
}

/// A mean over replicates.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Averaged {
    /// The mean.
    pub value: f64,
    /// Its standard error; absent with one replicate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standard_error: Option<f64>,
}

/// Estimates of the market against its truth.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct MarketError {
    /// Mean of estimate less truth.
    pub bias: Averaged,
    /// Root of the mean square of estimate less truth.
    pub rmse: f64,
    /// Share of the rounds whose 95 % interval holds the truth.
    pub coverage: f64,
}

/// One policy as measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PolicyMeasures {
    /// The policy.
    pub policy: PolicyFacts,
    /// Mean number of visits of a round.
    pub visits: f64,
    /// Share of visits with a finding.
    pub hit_rate: Averaged,
    /// Hit rate over the true rate of the round.
    pub lift: f64,
    /// Hit rate less the true rate: how far the raw rate misses the market.
    pub raw_bias: Averaged,
    /// The Hájek estimate; absent where some objects are never visited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub market: Option<MarketError>,
    /// Why there is no estimate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_estimate: Option<String>,
    /// Mean probability of the model less the true rate.
    pub model_bias: Averaged,
    /// Hit rate less that of the greedy policy, paired by replicate; absent for the greedy policy itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub against_greedy: Option<Averaged>,
}

/// What was replayed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SelectiveFacts {
    /// Visits of the population.
    pub n: u64,
    /// Visits with a finding.
    pub positives: u64,
    /// Visits of each round, the first of which every policy draws with equal probabilities.
    pub rounds: Vec<u64>,
    /// Calendar months of a round.
    pub round_months: u32,
    /// Share of a round's objects that is visited.
    pub budget: f64,
    /// Least probability of π ∝ r^γ.
    pub floor: f64,
    /// Largest probability of π ∝ r^γ.
    pub cap: f64,
    /// `poisson` or `pareto`.
    pub design: String,
    /// Columns the models learn from.
    pub features: Vec<String>,
    /// Replicates.
    pub replicates: u32,
}

/// The replay: section `selective` of `backtest.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Selective {
    /// What was replayed.
    pub facts: SelectiveFacts,
    /// Policies in the order declared.
    pub policies: Vec<PolicyMeasures>,
}

/// Measures every course.
#[must_use]
pub fn selective(facts: SelectiveFacts, courses: &[Course]) -> Selective {
    let is_greedy = |course: &&Course| course.policy.kind == PolicyKind::Greedy;
    let greedy = courses.iter().find(is_greedy).map(hit_rates);
    Selective {
        facts,
        policies: courses
            .iter()
            .map(|course| measured(course, greedy.as_deref()))
            .collect(),
    }
}

fn measured(course: &Course, greedy: Option<&[Option<f64>]>) -> PolicyMeasures {
    let by_round = |of: fn(&SelectiveRound) -> Option<f64>| -> Vec<Option<f64>> {
        let replicates = course.replicates.iter();
        replicates
            .map(|rounds| mean(rounds.iter().filter_map(of)))
            .collect()
    };
    let all = || course.replicates.iter().flatten();
    let market = market(&course.replicates);
    let own = hit_rates(course);
    let against = greedy.filter(|_| course.policy.kind != PolicyKind::Greedy);
    PolicyMeasures {
        policy: course.policy,
        visits: mean(all().map(|round| real(round.visits))).unwrap_or(0.0),
        hit_rate: averaged(own.iter().flatten().copied()),
        lift: mean(all().filter_map(|round| share(round.rate()?, round.base))).unwrap_or(0.0),
        raw_bias: averaged(
            by_round(|round| Some(round.rate()? - round.base))
                .into_iter()
                .flatten(),
        ),
        no_estimate: market.is_none().then(|| NO_WEIGHT.to_owned()),
        market,
        model_bias: averaged(
            by_round(|round| Some(round.model_mean - round.base))
                .into_iter()
                .flatten(),
        ),
        against_greedy: against.map(|greedy| {
            let pairs = own.iter().zip(greedy);
            averaged(pairs.filter_map(|(own, greedy)| Some((*own)? - (*greedy)?)))
        }),
    }
}

impl SelectiveRound {
    fn rate(&self) -> Option<f64> {
        share(real(self.hits), real(self.visits))
    }

    /// Estimate less truth.
    fn miss(&self) -> Option<f64> {
        self.estimate.map(|(value, _)| value - self.base)
    }
}

fn hit_rates(course: &Course) -> Vec<Option<f64>> {
    let replicates = course.replicates.iter();
    replicates
        .map(|rounds| mean(rounds.iter().filter_map(SelectiveRound::rate)))
        .collect()
}

fn market(replicates: &[Vec<SelectiveRound>]) -> Option<MarketError> {
    let misses = || replicates.iter().flatten().filter_map(SelectiveRound::miss);
    let squares = mean(misses().map(|miss| miss * miss))?;
    let covers = replicates.iter().flatten().filter_map(|round| {
        let (value, error) = round.estimate?;
        let is_inside = (value - round.base).abs() <= Z * error;
        Some(f64::from(u8::from(is_inside)))
    });
    let by_replicate = replicates.iter();
    let bias =
        by_replicate.filter_map(|rounds| mean(rounds.iter().filter_map(SelectiveRound::miss)));
    Some(MarketError {
        bias: averaged(bias),
        rmse: squares.sqrt(),
        coverage: mean(covers)?,
    })
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, n) = values.fold((0.0, 0_usize), |(sum, n), value| (sum + value, n + 1));
    share(sum, real_len(n))
}

/// The mean with the standard error of the values' spread.
fn averaged(values: impl Iterator<Item = f64>) -> Averaged {
    let values: Vec<f64> = values.collect();
    let value = mean(values.iter().copied()).unwrap_or(0.0);
    let squares: f64 = values.iter().map(|own| (own - value).powi(2)).sum();
    let n = real_len(values.len());
    Averaged {
        value,
        standard_error: (count(values.len()) > 1).then(|| (squares / (n - 1.0) / n).sqrt()),
    }
}

#[cfg(test)]
mod tests {
    use super::{Course, PolicyFacts, PolicyKind, SelectiveFacts, SelectiveRound, selective};

    fn facts() -> SelectiveFacts {
        SelectiveFacts {
            n: 100,
            positives: 20,
            rounds: vec![50, 50],
            round_months: 3,
            budget: 0.2,
            floor: 0.05,
            cap: 0.95,
            design: "poisson".to_owned(),
            features: Vec::new(),
            replicates: 2,
        }
    }

    fn course(kind: PolicyKind, hits: [u64; 2], estimate: Option<(f64, f64)>) -> Course {
        let round = |hits| SelectiveRound {
            base: 0.2,
            model_mean: 0.25,
            visits: 10,
            hits,
            estimate,
        };
        Course {
            policy: PolicyFacts {
                kind,
                weighted: false,
            },
            replicates: hits.iter().map(|hits| vec![round(*hits)]).collect(),
        }
    }

    #[test]
    fn differences_to_the_greedy_policy_are_paired() {
        let courses = [
            course(PolicyKind::Greedy, [3, 5], None),
            course(PolicyKind::Power(4.0), [4, 6], Some((0.3, 0.02))),
        ];
        let measured = selective(facts(), &courses);
        let [greedy, power] = measured.policies.as_slice() else {
            panic!("two policies");
        };
        assert!((greedy.hit_rate.value - 0.4).abs() < 1e-12);
        assert!((greedy.lift - 2.0).abs() < 1e-12);
        assert!(greedy.against_greedy.is_none() && greedy.market.is_none());
        assert!(
            greedy
                .no_estimate
                .as_ref()
                .is_some_and(|why| why.contains("never visited"))
        );
        let against = power.against_greedy.expect("held against greedy");
        assert!((against.value - 0.1).abs() < 1e-12);
        assert!(against.standard_error.expect("two replicates") < 1e-12);
        let market = power.market.expect("it has an estimate");
        assert!((market.bias.value - 0.1).abs() < 1e-12 && (market.rmse - 0.1).abs() < 1e-12);
        assert!(market.coverage < 1e-12, "0.1 is five standard errors off");
    }

    #[test]
    fn one_replicate_has_no_standard_error() {
        let mut one = course(PolicyKind::Equal, [2, 2], Some((0.2, 0.1)));
        one.replicates.truncate(1);
        let measured = selective(facts(), &[one]);
        assert_eq!(measured.policies[0].hit_rate.standard_error, None);
        assert_eq!(measured.policies[0].against_greedy, None);
    }
}
