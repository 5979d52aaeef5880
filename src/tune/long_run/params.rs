//! `[tune.long_run]`: as written in the job file, and as checked.

use std::error::Error as _;
use std::path::PathBuf;

use serde::Deserialize;

use crate::report::PolicyMode;
use crate::simulate::{self, Behaviour, Beliefs, Hold, PolicyWorld};
use crate::units::{Digest, Problem};

/// Most ways of behaving.
const BEHAVIOURS_MAX: usize = 32;

/// The world on whose firms every candidate is played forward, as written.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LongRunParams {
    /// World file of `choucha simulate policy`, with the job's classes in the order of risk; its own policies are not played.
    pub world: PathBuf,
    /// Shares of what firms knew that they keep for the next period, each tried, 0 <= d < 1. Default: the world's.
    #[serde(default)]
    pub decay: Vec<f64>,
    /// Weights of a peer's visit beside one's own, each tried, 0 or more. Default: the world's.
    #[serde(default)]
    pub peer_weight: Vec<f64>,
    /// What next period's cost counts today, each tried, 0 <= d < 1. Default: the world's.
    #[serde(default)]
    pub discount: Vec<f64>,
    /// Share of firms that break the rules under the plan in force, 0 < p < 1. Default: what past visits say; where they say
    /// nothing, fines stay as the world declares them.
    #[serde(default)]
    pub prevalence: Option<f64>,
    /// What stays as planned when classes change their sizes: `visits` or `ratios`. Default: the visits.
    #[serde(default)]
    pub hold: Hold,
}

/// The world as checked, once for each way of behaving.
#[derive(Clone, Debug)]
pub struct ValidLongRun {
    pub(super) world: PolicyWorld,
    pub(super) behaving: Vec<(Behaviour, PolicyWorld)>,
    pub(super) prevalence: Option<f64>,
    pub(super) hold: Hold,
}

impl ValidLongRun {
    /// Digest of the world, which is part of the settings.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.world.digest()
    }
}

impl LongRunParams {
    /// Reads the world and checks every rule that needs no count.
    ///
    /// # Errors
    /// All broken rules at once, keys relative to the `tune` section, or to the world where `file` names it.
    pub fn check(&self) -> Result<ValidLongRun, Vec<Problem>> {
        let world = PolicyWorld::read(&self.world).map_err(|error| self.unread(error))?;
        let beliefs = Beliefs {
            decay: self.decay.clone(),
            peer_weight: self.peer_weight.clone(),
            discount: self.discount.clone(),
        };
        let behaviours = world.behaviours(&beliefs);
        let mut problems = self.without_effect(&behaviours);
        problems.extend(self.unsound(&world, &behaviours));
        let mut behaving = Vec::new();
        for behaviour in behaviours {
            match world.behaving(&behaviour) {
                Ok(own) => behaving.push((behaviour, own)),
                Err(error) => problems.extend(below("long_run", error)),
            }
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(ValidLongRun {
            world,
            behaving,
            prevalence: self.prevalence,
            hold: self.hold,
        })
    }

    /// A world that cannot be read, or what is wrong in it.
    fn unread(&self, error: simulate::Error) -> Vec<Problem> {
        let error = match error {
            simulate::Error::World(problems) => return problems,
            other => other,
        };
        let cause = error.source().map(ToString::to_string).unwrap_or_default();
        let rule = format!("must be a world file of choucha simulate policy: {cause}");
        vec![Problem::new("long_run.world", self.world.display(), rule)]
    }

    /// Values of a mode the world does not have.
    fn without_effect(&self, behaviours: &[Behaviour]) -> Vec<Problem> {
        let rule = "has no effect: the world has no mode in which firms answer to it";
        let keys = [
            ("decay", &self.decay, PolicyMode::Myopic),
            ("peer_weight", &self.peer_weight, PolicyMode::Myopic),
            ("discount", &self.discount, PolicyMode::Forward),
        ];
        let idle = keys.into_iter().filter(|(_, values, mode)| {
            !values.is_empty() && behaviours.iter().all(|one| one.mode != *mode)
        });
        idle.map(|(key, values, _)| {
            Problem::new(format!("long_run.{key}"), format!("{values:?}"), rule)
        })
        .collect()
    }

    fn unsound(&self, world: &PolicyWorld, behaviours: &[Behaviour]) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut refuse = |key: &str, value: String, rule: &str| {
            problems.push(Problem::new(format!("long_run.{key}"), value, rule));
        };
        let n = behaviours.len();
        if !(1..=BEHAVIOURS_MAX).contains(&n) {
            let rule = "must give 1 to 32 ways of behaving: modes in which firms learn or look ahead, with every combination of values";
            refuse("world", format!("{n} ways"), rule);
        }
        if world.facts().replicates < 2 {
            let rule = "must have 2 replicates or more: from one nobody knows what is chance";
            refuse("world", self.world.display().to_string(), rule);
        }
        let is_share = |share: f64| share > 0.0 && share < 1.0;
        if let Some(share) = self.prevalence.filter(|&share| !is_share(share)) {
            refuse(
                "prevalence",
                share.to_string(),
                "must lie between 0 and 1, both excluded",
            );
        }
        problems
    }
}

/// What a world refuses, with keys below `key`.
pub(super) fn below(key: &str, error: simulate::Error) -> Vec<Problem> {
    match error {
        simulate::Error::World(problems) => {
            let named = |problem: Problem| Problem {
                key: format!("{key}.{}", problem.key),
                ..problem
            };
            problems.into_iter().map(named).collect()
        }
        other => vec![Problem::new(key, "", other.to_string())],
    }
}
