//! Who is visited under a policy, and with which probability: drawn by tickets, as every list of this program is.

use super::params::DrawDesign;
use crate::draw::pareto_key;
use crate::evaluate::{PolicyKind, Respondent, VarianceForm, hajek_mean, variance_of_mean};
use crate::plan::{Unsettled, calibrate, targets};
use crate::tune::dial;

/// Levels that probabilities are rounded to before a Pareto draw, as risk points are few.
const LEVELS: f64 = 20.0;

/// The frame of a round as a policy sees it.
pub(super) struct Seen<'a> {
    /// Risk of every object, 0 < r < 1.
    pub(super) risk: &'a [f64],
    /// Ticket of every object between 0 and 1.
    pub(super) tickets: &'a [f64],
    /// Visits that can be made.
    pub(super) budget: usize,
}

/// Bounds of π ∝ r^γ and how it is drawn.
#[derive(Clone, Copy)]
pub(super) struct Bounds {
    pub(super) floor: f64,
    pub(super) cap: f64,
    pub(super) design: DrawDesign,
}

/// Who is visited: places in the frame, ascending, with the probability of each.
#[derive(Debug, PartialEq)]
pub(super) struct Visited {
    pub(super) drawn: Vec<(usize, f64)>,
    /// How the estimate varies; none where some object could not be drawn.
    pub(super) form: Option<VarianceForm>,
}

impl Visited {
    /// The Hájek estimate of the frame's rate and its standard error.
    pub(super) fn estimate(&self, found: &[bool]) -> Option<(f64, f64)> {
        let unit = |&(place, pi): &(usize, f64)| Respondent {
            y: f64::from(u8::from(found[place])),
            in_domain: 1.0,
            pi,
            stratum: 0,
        };
        let units: Vec<Respondent> = self.drawn.iter().map(unit).collect();
        let variance = variance_of_mean(&units, self.form?)?;
        Some((hajek_mean(&units)?, variance.max(0.0).sqrt()))
    }
}

/// Who is visited under a policy.
///
/// # Errors
/// Probabilities a Pareto draw cannot be calibrated to.
pub(super) fn visited(kind: PolicyKind, seen: &Seen, bounds: Bounds) -> Result<Visited, Unsettled> {
    match kind {
        PolicyKind::Equal => Ok(seen.equal()),
        PolicyKind::Greedy => Ok(Visited {
            drawn: certain(&seen.by_risk()[..seen.budget]),
            form: None,
        }),
        PolicyKind::Explore(share) => Ok(seen.explore(share)),
        PolicyKind::Power(gamma) => seen.power(gamma, bounds),
    }
}

impl Seen<'_> {
    /// The smallest tickets, so many as can be visited.
    pub(super) fn equal(&self) -> Visited {
        let all: Vec<usize> = (0..self.risk.len()).collect();
        Visited {
            drawn: self.lowest(&all, self.budget),
            form: Some(VarianceForm::Rosen),
        }
    }

    /// Places by falling risk, ties by ticket.
    fn by_risk(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.risk.len()).collect();
        order.sort_by(|&a, &b| {
            let by_risk = self.risk[b].total_cmp(&self.risk[a]);
            by_risk.then_with(|| self.tickets[a].total_cmp(&self.tickets[b]))
        });
        order
    }

    /// The highest risks, and a share of the visits by the smallest tickets of the others.
    fn explore(&self, share: f64) -> Visited {
        let by_chance = whole(share * count(self.budget)).clamp(1, self.budget);
        let order = self.by_risk();
        let (top, rest) = order.split_at(self.budget - by_chance);
        let mut drawn = [certain(top), self.lowest(rest, by_chance)].concat();
        drawn.sort_by_key(|(place, _)| *place);
        Visited {
            drawn,
            form: Some(VarianceForm::Rosen),
        }
    }

    /// π = clip(λ r^γ, floor, cap); equal probabilities where so few objects leave no room for it.
    fn power(&self, gamma: f64, bounds: Bounds) -> Result<Visited, Unsettled> {
        let groups: Vec<(f64, f64)> = self.risk.iter().map(|risk| (*risk, 1.0)).collect();
        let (limits, expected) = ((bounds.floor, bounds.cap), count(self.budget));
        let Some(dialled) = dial(&groups, gamma, limits, expected) else {
            return Ok(self.equal());
        };
        match bounds.design {
            DrawDesign::Poisson => Ok(self.poisson(&dialled.pi)),
            DrawDesign::Pareto => self.pareto(&dialled.pi, bounds.cap),
        }
    }

    /// Everybody whose ticket lies below his probability.
    fn poisson(&self, pi: &[f64]) -> Visited {
        let all = pi.iter().copied().enumerate();
        Visited {
            drawn: all
                .filter(|(place, pi)| self.tickets[*place] < *pi)
                .collect(),
            form: Some(VarianceForm::Poisson),
        }
    }

    /// The smallest Pareto keys under λ calibrated to probabilities on [`LEVELS`] levels.
    fn pareto(&self, pi: &[f64], cap: f64) -> Result<Visited, Unsettled> {
        let points: Vec<u32> = pi.iter().map(|pi| level(pi / cap)).collect();
        let mut levels: Vec<(u32, u64)> = Vec::new();
        let mut sorted = points.clone();
        sorted.sort_unstable();
        for own in sorted.chunk_by(|a, b| a == b) {
            levels.push((own[0], own.len() as u64));
        }
        let targets = targets(&levels, self.budget as u64);
        let some = levels.iter().zip(&targets).filter(|(_, own)| !own.take_all);
        let (some, probs): (Vec<&(u32, u64)>, Vec<f64>) =
            some.map(|(level, own)| (level, own.prob)).unzip();
        let counts: Vec<u64> = some.iter().map(|(_, n)| *n).collect();
        let certain = self.risk.len() as u64 - counts.iter().sum::<u64>();
        let n = (self.budget as u64).saturating_sub(certain);
        let lambda = match n {
            0 => vec![0.5; counts.len()],
            n => calibrate(&counts, &probs, n)?,
        };
        let mut drawn = Vec::new();
        let mut keys: Vec<(f64, usize, f64)> = Vec::new();
        for (place, own) in points.iter().enumerate() {
            match some.iter().position(|(size, _)| size == own) {
                None => drawn.push((place, 1.0)),
                Some(at) => {
                    let key = pareto_key(self.tickets[place], lambda[at]);
                    keys.push((key, place, probs[at]));
                }
            }
        }
        keys.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        keys.truncate(usize::try_from(n).unwrap_or(usize::MAX));
        drawn.extend(keys.into_iter().map(|(_, place, pi)| (place, pi)));
        drawn.sort_by_key(|(place, _)| *place);
        Ok(Visited {
            drawn,
            form: Some(VarianceForm::Rosen),
        })
    }

    /// The `n` smallest tickets of some places, each with its share.
    fn lowest(&self, places: &[usize], n: usize) -> Vec<(usize, f64)> {
        let mut order = places.to_vec();
        order.sort_by(|&a, &b| self.tickets[a].total_cmp(&self.tickets[b]).then(a.cmp(&b)));
        order.truncate(n);
        order.sort_unstable();
        let pi = count(n.min(places.len())) / count(places.len().max(1));
        order.into_iter().map(|place| (place, pi)).collect()
    }
}

fn certain(places: &[usize]) -> Vec<(usize, f64)> {
    let mut drawn: Vec<(usize, f64)> = places.iter().map(|place| (*place, 1.0)).collect();
    drawn.sort_by_key(|(place, _)| *place);
    drawn
}

/// The level of a share of the cap, 1 and up.
fn level(share: f64) -> u32 {
    u32::try_from(whole(share * LEVELS).max(1)).expect("levels are few")
}

/// The nearest whole number of a small share of things.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "numbers of visits and levels are small and not negative"
)]
pub(super) fn whole(value: f64) -> usize {
    value.round() as usize
}

#[allow(clippy::cast_precision_loss, reason = "visits stay far below 2^53")]
pub(super) fn count(n: usize) -> f64 {
    n as f64
}

#[cfg(test)]
mod tests {
    use super::{Bounds, DrawDesign, Seen, Visited, count, visited};
    use crate::draw::{Ticketer, unit_interval};
    use crate::evaluate::PolicyKind;
    use crate::units::HashName;

    const BOUNDS: Bounds = Bounds {
        floor: 0.05,
        cap: 0.95,
        design: DrawDesign::Poisson,
    };

    fn tickets(replicate: u32, n: usize) -> Vec<f64> {
        let ticketer = Ticketer::new(HashName::Sha256, &replicate.to_be_bytes());
        let ticket = |place: usize| unit_interval(&ticketer.ticket(format!("V{place}").as_bytes()));
        (0..n).map(ticket).collect()
    }

    fn drawn(kind: PolicyKind, design: DrawDesign, replicate: u32) -> Visited {
        let risk: Vec<f64> = (0..60).map(|place| 0.05 + count(place) / 100.0).collect();
        let seen = Seen {
            risk: &risk,
            tickets: &tickets(replicate, 60),
            budget: 12,
        };
        visited(kind, &seen, Bounds { design, ..BOUNDS }).expect("it settles")
    }

    #[test]
    fn the_greedy_policy_takes_the_highest_risks_and_has_no_estimate() {
        let visited = drawn(PolicyKind::Greedy, DrawDesign::Poisson, 1);
        let places: Vec<usize> = visited.drawn.iter().map(|(place, _)| *place).collect();
        assert_eq!(places, (48..60).collect::<Vec<_>>());
        assert_eq!(visited.estimate(&[false; 60]), None);
    }

    #[test]
    fn objects_are_drawn_as_often_as_their_probabilities_say() {
        for (kind, design) in [
            (PolicyKind::Equal, DrawDesign::Poisson),
            (PolicyKind::Explore(0.25), DrawDesign::Poisson),
            (PolicyKind::Power(2.0), DrawDesign::Poisson),
            (PolicyKind::Power(2.0), DrawDesign::Pareto),
        ] {
            // Σ 1/π over the drawn estimates the size of the frame without bias
            let sizes = (0..400).map(|replicate| {
                let visited = drawn(kind, design, replicate);
                visited.drawn.iter().map(|(_, pi)| 1.0 / pi).sum::<f64>()
            });
            let sizes: Vec<f64> = sizes.collect();
            let mean = sizes.iter().sum::<f64>() / 400.0;
            let spread = sizes.iter().map(|own| (own - mean).powi(2)).sum::<f64>() / 399.0;
            let allowed = 4.0 * (spread / 400.0).sqrt() + 1e-9;
            assert!(
                (mean - 60.0).abs() <= allowed,
                "{kind:?} {design:?}: {mean}"
            );
        }
    }

    #[test]
    fn a_pareto_draw_has_a_fixed_size() {
        for replicate in 0..20 {
            let visited = drawn(PolicyKind::Power(4.0), DrawDesign::Pareto, replicate);
            assert_eq!(visited.drawn.len(), 12);
            assert!(visited.drawn.iter().all(|(_, pi)| *pi > 0.0 && *pi <= 1.0));
        }
    }

    #[test]
    fn exploring_keeps_the_budget_and_gives_everybody_a_chance() {
        let visited = drawn(PolicyKind::Explore(0.25), DrawDesign::Poisson, 3);
        assert_eq!(visited.drawn.len(), 12);
        let by_chance = visited.drawn.iter().filter(|(_, pi)| *pi < 1.0);
        assert_eq!(by_chance.count(), 3);
        assert!(
            visited
                .estimate(&[true; 60])
                .is_some_and(|(rate, _)| (rate - 1.0).abs() < 1e-12)
        );
    }

    /// Two areas with true rates .3 and .15 (Ensign and others 2018): visits that follow discoveries run away, and weighted
    /// 1/π they stay at the share of the rates, 2/3.
    #[test]
    fn discoveries_weighted_by_their_probability_do_not_run_away() {
        let share_after = |is_weighted: bool| {
            let runs = (0..20_u32).map(|run| {
                let lots = tickets(1_000 + run, 8_000);
                let mut found = [5.0, 5.0];
                for step in 0..4_000 {
                    let share = found[0] / (found[0] + found[1]);
                    let area = usize::from(lots[2 * step] >= share);
                    let pi = [share, 1.0 - share][area];
                    if lots[2 * step + 1] < [0.3, 0.15][area] {
                        found[area] += if is_weighted { 1.0 / pi } else { 1.0 };
                    }
                }
                found[0] / (found[0] + found[1])
            });
            runs.sum::<f64>() / 20.0
        };
        let (plain, weighted) = (share_after(false), share_after(true));
        assert!(plain > 0.9, "{plain}");
        assert!((weighted - 2.0 / 3.0).abs() < 0.02, "{weighted}");
    }
}
