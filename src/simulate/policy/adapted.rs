//! A world over a county's own classes: one plan under one way of behaving, everything else as the world declares it.

use serde::{Deserialize, Serialize};

use super::PolicyWorld;
use super::checked;
use super::params::{Params, Policy, Tier, Transition};
use crate::report::PolicyMode;
use crate::simulate::Error;

/// Values of what nobody knows of firms, each of them tried; the world's own where there are none.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Beliefs {
    /// Shares of what firms knew that they keep for the next period, 0 <= d < 1.
    pub decay: Vec<f64>,
    /// Weights of a peer's visit beside one's own, 0 or more.
    pub peer_weight: Vec<f64>,
    /// What next period's cost counts today, 0 <= d < 1.
    pub discount: Vec<f64>,
}

/// One way in which firms behave.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Behaviour {
    /// Whether they learn or look ahead.
    pub mode: PolicyMode,
    /// Share of what they knew that is kept, where they learn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decay: Option<f64>,
    /// Weight of a peer's visit, where they learn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peer_weight: Option<f64>,
    /// What next period's cost counts today, where they look ahead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub discount: Option<f64>,
}

/// What stays as planned when the classes change their sizes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hold {
    /// The visits of a year; ratios move together.
    #[default]
    Visits,
    /// The ratio of every class.
    Ratios,
}

/// A plan to be played on a world's firms.
#[derive(Clone, Debug, PartialEq)]
pub struct TrialPlan {
    /// Code and share of the firms of each class, lowest risk first. The first are the world's own; those after them stand
    /// outside the order of risk: nobody moves in or out, and their fine is that of the lowest class.
    pub classes: Vec<(String, f64)>,
    /// 抽查比例 per class and year, 0 ..= 1.
    pub ratios: Vec<f64>,
    /// What stays as planned.
    pub hold: Hold,
}

impl PolicyWorld {
    /// Codes of its classes, lowest risk first.
    pub fn codes(&self) -> impl Iterator<Item = &str> {
        self.params.tier.iter().map(|tier| tier.code.as_str())
    }

    /// Its ways of behaving, with every combination of the values that are tried; violations that answer to nothing are none.
    #[must_use]
    pub fn behaviours(&self, tried: &Beliefs) -> Vec<Behaviour> {
        let own = |values: &[f64], own: Option<f64>| match values {
            [] => own.into_iter().collect(),
            values => values.to_vec(),
        };
        let learning = self.params.learning.as_ref();
        let decays = own(&tried.decay, learning.map(|own| own.decay));
        let weights = own(&tried.peer_weight, learning.map(|own| own.peer_weight));
        let foresight = self.params.foresight.as_ref();
        let discounts = own(&tried.discount, foresight.map(|own| own.discount));
        let mut found = Vec::new();
        for &mode in &self.params.modes {
            let bare = Behaviour {
                mode,
                decay: None,
                peer_weight: None,
                discount: None,
            };
            let pairs = decays
                .iter()
                .flat_map(|&decay| weights.iter().map(move |&weight| (decay, weight)));
            match mode {
                PolicyMode::Myopic => found.extend(pairs.map(|(decay, weight)| Behaviour {
                    decay: Some(decay),
                    peer_weight: Some(weight),
                    ..bare
                })),
                PolicyMode::Forward => found.extend(discounts.iter().map(|&discount| Behaviour {
                    discount: Some(discount),
                    ..bare
                })),
                PolicyMode::Given => {}
            }
        }
        found
    }

    /// The same world whose firms behave in one way.
    ///
    /// # Errors
    /// Numbers that break a rule.
    pub fn behaving(&self, behaviour: &Behaviour) -> Result<Self, Error> {
        let mut params = self.params.clone();
        params.modes = vec![behaviour.mode];
        if let Some(learning) = &mut params.learning {
            learning.decay = behaviour.decay.unwrap_or(learning.decay);
            learning.peer_weight = behaviour.peer_weight.unwrap_or(learning.peer_weight);
        }
        if let Some(foresight) = &mut params.foresight {
            foresight.discount = behaviour.discount.unwrap_or(foresight.discount);
        }
        self.with(params)
    }

    /// The same world with every fine times `factor`.
    #[must_use]
    pub fn fined(&self, factor: f64) -> Self {
        let mut own = self.clone();
        own.params
            .tier
            .iter_mut()
            .for_each(|tier| tier.fine *= factor);
        own
    }

    /// The same firms under `plan` alone.
    ///
    /// # Errors
    /// A plan that draws nobody, or whose classes are not the world's; what else breaks a rule of worlds.
    pub fn under(&self, plan: &TrialPlan) -> Result<Self, Error> {
        let mut params = self.params.clone();
        let per_year = f64::from(params.periods_per_year);
        let n = plan.classes.len();
        params.tier = tiers(&params, &plan.classes);
        params.transition = widened(&params.transition, n);
        params.given = None;
        let shares = plan.classes.iter().zip(&plan.ratios);
        let visits: f64 = shares.map(|((_, share), ratio)| share * ratio).sum();
        let cap = 1.0 / per_year; // nobody is planned to be visited more than once a year
        params.budget = (visits / per_year).min(cap);
        let parts = plan.ratios.iter().map(|ratio| ratio / per_year).collect();
        let (multiplier, probability) = match plan.hold {
            Hold::Visits => (Some(parts), None),
            Hold::Ratios => (None, Some(parts)),
        };
        params.policy = vec![Policy {
            name: "plan".to_owned(),
            title: None,
            title_en: None,
            multiplier,
            probability,
            floor: 0.0,
            cap,
            transition: None,
        }];
        self.with(params)
    }

    /// The same world with other settings.
    pub(super) fn with(&self, params: Params) -> Result<Self, Error> {
        match checked::problems(&params) {
            problems if problems.is_empty() => Ok(Self {
                policies: checked::valid(&params),
                params,
                digest: self.digest,
            }),
            problems => Err(Error::World(problems)),
        }
    }
}

fn tiers(params: &Params, classes: &[(String, f64)]) -> Vec<Tier> {
    let lowest = params.tier.first().map_or(0.0, |tier| tier.fine);
    let own = params.tier.iter().map(|tier| tier.fine);
    let fines = own.chain(std::iter::repeat(lowest));
    let tier = |((code, share), fine): (&(String, f64), f64)| Tier {
        code: code.clone(),
        start: *share,
        fine,
    };
    classes.iter().zip(fines).map(tier).collect()
}

/// Moves over `n` classes, of which those that are not declared keep their firms.
fn widened(moves: &Transition, n: usize) -> Transition {
    let wide = |rows: &[Vec<f64>]| -> Vec<Vec<f64>> {
        let stays = |i: usize| (0..n).map(|j| f64::from(u8::from(i == j))).collect();
        let row = |i: usize| match rows.get(i) {
            Some(row) => {
                let mut row = row.clone();
                row.resize(n.max(row.len()), 0.0);
                row
            }
            None => stays(i),
        };
        (0..n.max(rows.len())).map(row).collect()
    };
    let mut own = moves.clone();
    (own.found, own.clean) = (wide(&moves.found), wide(&moves.clean));
    if let Some(unvisited) = &mut own.unvisited {
        unvisited.to = wide(&unvisited.to);
    }
    own
}

#[cfg(test)]
mod tests {
    use super::*;

    fn world() -> PolicyWorld {
        let text = include_str!("../../../pipelines/worlds/policy.toml");
        PolicyWorld::parse(text, "policy.toml").unwrap()
    }

    fn plan(ratios: [f64; 5], hold: Hold) -> TrialPlan {
        let shares = [0.4, 0.2, 0.1, 0.05, 0.25];
        let codes = ["A", "B", "C", "D", "U"].map(str::to_owned);
        TrialPlan {
            classes: codes.into_iter().zip(shares).collect(),
            ratios: ratios.to_vec(),
            hold,
        }
    }

    #[test]
    fn a_year_of_visits_is_spread_over_the_periods_and_outsiders_keep_their_class() {
        let adapted = world().under(&plan([0.04, 0.08, 0.2, 1.0, 0.04], Hold::Visits));
        let adapted = adapted.unwrap();
        let visits = 0.4 * 0.04 + 0.2 * 0.08 + 0.1 * 0.2 + 0.05 + 0.25 * 0.04;
        assert!((adapted.params.budget - visits / 4.0).abs() < 1e-15);
        let found = &adapted.params.transition.found;
        assert_eq!(found[4], [0.0, 0.0, 0.0, 0.0, 1.0]);
        assert_eq!(found[0], [0.0, 0.0, 1.0, 0.0, 0.0]);
        let fines: Vec<f64> = adapted.params.tier.iter().map(|tier| tier.fine).collect();
        assert_eq!(fines, [1000.0; 5]);
    }

    #[test]
    fn every_value_of_a_belief_is_tried_with_every_other() {
        let tried = Beliefs {
            decay: vec![0.9, 0.97],
            peer_weight: vec![0.0, 0.05, 0.1],
            discount: Vec::new(),
        };
        let found = world().behaviours(&tried);
        let learning = found.iter().filter(|one| one.mode == PolicyMode::Myopic);
        assert_eq!((learning.count(), found.len()), (6, 7));
        assert_eq!(found[6].discount, Some(0.95), "the world's own");
        let odd = Behaviour {
            decay: Some(1.0),
            ..found[0]
        };
        assert!(
            world().behaving(&odd).is_err(),
            "nothing would be forgotten"
        );
    }

    #[test]
    fn a_plan_that_draws_nobody_or_misses_a_class_is_refused() {
        assert!(world().under(&plan([0.0; 5], Hold::Visits)).is_err());
        assert!(world().under(&plan([0.0; 5], Hold::Ratios)).is_err());
        let mut short = plan([0.1; 5], Hold::Visits);
        short.classes.truncate(3);
        assert!(world().under(&short).is_err());
    }
}
