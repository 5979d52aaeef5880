//! 情景推演: which ways of spending the same visits lead to how many violations in the long run.
//!
//! *Input* a world file: firms with costs, what they believe or foresee, classes with fines and moves, policies by name.
//! *Output* a [`PolicyReport`]: hits, true violations, what an office would estimate, burden and fines, with the range over
//! replicates and over modes. *Law* a replicate has its own streams, one per period, shared by all policies and modes: threads
//! change nothing, and policies are compared on the same firms with the same numbers. *Not here* a forecast: costs and beliefs
//! are assumptions, so what counts is the order of policies and whether it holds in both modes.
//!
//! Mode A follows `evaluation.md` §4 (Becker 1968 with learning), mode B Harrington (1988) by value iteration.

mod adapted;
mod chain;
mod checked;
mod engine;
mod firm;
mod foresight;
mod measure;
mod number;
mod params;
mod policies;
mod probability;
mod probe;
mod record;
mod targets;
mod warnings;

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use rayon::prelude::{IntoParallelIterator, ParallelIterator};

use super::{Error, PlantedWorld, world_file};
use crate::report::{POLICY_FORMAT, PolicyFacts, PolicyMode, PolicyName, PolicyReport};
use crate::units::{Digest, Meter};
pub use adapted::{Behaviour, Beliefs, Hold, TrialPlan};
use checked::ValidPolicy;
use engine::Engine;
pub use measure::Replicate;
use params::{Design, Params};
use probe::{Effects, Probe};
use record::Period;
pub use warnings::{drifts, finds_more};

/// What a world file asks for.
#[derive(Clone, Debug)]
pub enum PolicyJob {
    /// A comparison of policies.
    Compare(Box<PolicyWorld>),
    /// Effects that are planted and estimated: `kind = "planted"`.
    Planted(Box<PlantedWorld>),
}

impl PolicyJob {
    /// Reads and checks a world file.
    ///
    /// # Errors
    /// A file that cannot be read, is no world of policies, or breaks rules: all of them at once.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        let written = text.parse::<toml::Table>().unwrap_or_default();
        let kind = written.get("kind").and_then(toml::Value::as_str);
        if kind == Some("planted") {
            return PlantedWorld::read(path).map(|world| Self::Planted(Box::new(world)));
        }
        PolicyWorld::read(path).map(|world| Self::Compare(Box::new(world)))
    }

    /// Name of the world.
    pub fn name(&self) -> &str {
        match self {
            Self::Compare(world) => world.name(),
            Self::Planted(world) => world.name(),
        }
    }

    /// Digest of its settings.
    pub fn digest(&self) -> Digest {
        match self {
            Self::Compare(world) => world.digest(),
            Self::Planted(world) => world.digest(),
        }
    }
}

/// A checked world of a comparison.
#[derive(Clone, Debug)]
pub struct PolicyWorld {
    params: Params,
    policies: Vec<ValidPolicy>,
    digest: Digest,
}

impl PolicyWorld {
    /// Reads and checks a world file.
    ///
    /// # Errors
    /// A file that cannot be read, is no world of policies, or breaks rules: all of them at once.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let (text, file) = world_file::text(path)?;
        Self::parse(&text, &file)
    }

    /// Checks the text of a world file that is called `file` in what is refused.
    ///
    /// # Errors
    /// As [`PolicyWorld::read`].
    pub fn parse(text: &str, file: &str) -> Result<Self, Error> {
        let (params, digest) =
            world_file::parse(text, file, "choucha/policy/world/v1", checked::problems)?;
        Ok(Self {
            policies: checked::valid(&params),
            params,
            digest,
        })
    }

    /// Name of the world.
    pub fn name(&self) -> &str {
        &self.params.name
    }

    /// Digest of its settings: comments and spacing change nothing.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// Its title in Chinese and English.
    #[must_use]
    pub fn title(&self) -> [String; 2] {
        let zh = &self.params.title;
        let en = self.params.title_en.as_ref().unwrap_or(zh);
        [zh.clone(), en.clone()]
    }

    /// What it declares.
    #[must_use]
    pub fn facts(&self) -> PolicyFacts {
        facts(self)
    }

    /// The same world with other numbers of firms, periods (the later half is the long run) and replicates.
    ///
    /// # Errors
    /// What the world then breaks.
    pub fn resized(&self, firms: u64, periods: u32, replicates: u32) -> Result<Self, Error> {
        let mut params = self.params.clone();
        params.firms.count = firms;
        params.firms.cells = params.firms.cells.min(firms.max(1));
        (params.periods, params.from) = (periods, periods / 2);
        params.replicates = replicates;
        self.with(params)
    }
}

/// Runs every policy in every mode on every replicate.
///
/// # Errors
/// A Pareto draw whose λ do not settle.
pub fn compare(world: &PolicyWorld, meter: &Meter) -> Result<PolicyReport, Error> {
    let params = &world.params;
    let pairs: Vec<(usize, PolicyMode)> = (0..world.policies.len())
        .flat_map(|policy| params.modes.iter().map(move |&mode| (policy, mode)))
        .collect();
    let runs: Vec<(usize, PolicyMode, u32)> = pairs
        .iter()
        .flat_map(|&(policy, mode)| (0..params.replicates).map(move |i| (policy, mode, i)))
        .collect();
    let total = u64::try_from(runs.len()).expect("a length fits 64 bits");
    let done = AtomicU64::new(0);
    let finished: Vec<(Vec<Period>, Option<Effects>)> = runs
        .into_par_iter()
        .map(|(policy, mode, replicate)| {
            let ran = one(world, policy, mode, replicate);
            meter.report("policy", 1 + done.fetch_add(1, Ordering::Relaxed), total);
            ran
        })
        .collect::<Result<_, Error>>()?;
    let (mut outcomes, mut calibration) = (Vec::new(), Vec::new());
    let chunks = finished.chunks(params.replicates as usize);
    for (&(policy, mode), chunk) in pairs.iter().zip(chunks) {
        let periods: Vec<Vec<Period>> = chunk.iter().map(|(periods, _)| periods.clone()).collect();
        outcomes.push(measure::outcome(
            world,
            &world.policies[policy],
            mode,
            &periods,
        ));
        let effects: Vec<&Effects> = chunk.iter().filter_map(|(_, own)| own.as_ref()).collect();
        calibration.extend(targets::targets(world, mode, &effects));
    }
    Ok(PolicyReport {
        format: POLICY_FORMAT,
        name: params.name.clone(),
        title: world.title(),
        digest: world.digest.to_string(),
        facts: facts(world),
        warnings: warnings::warnings(&outcomes),
        outcomes,
        calibration,
    })
}

/// The long run of every replicate of a world's first policy and mode.
///
/// # Errors
/// A Pareto draw whose λ do not settle.
pub fn long_run(world: &PolicyWorld) -> Result<Vec<Replicate>, Error> {
    let mode = world.params.modes.first().copied();
    let mode = mode.unwrap_or(PolicyMode::Myopic);
    (0..world.params.replicates)
        .into_par_iter()
        .map(|replicate| {
            let periods = run(world, 0, mode, replicate, None)?;
            Ok(Replicate::of(world, &periods))
        })
        .collect()
}

/// One run; the probe watches the first policy.
fn one(
    world: &PolicyWorld,
    policy: usize,
    mode: PolicyMode,
    replicate: u32,
) -> Result<(Vec<Period>, Option<Effects>), Error> {
    let params = &world.params;
    let is_probed = policy == 0 && mode != PolicyMode::Given;
    let mut probe =
        is_probed.then(|| Probe::new(params.from, params.periods_per_year, params.periods));
    let periods = run(world, policy, mode, replicate, probe.as_mut())?;
    let effects = probe.map(|probe| probe.effects(mode == PolicyMode::Myopic));
    Ok((periods, effects))
}

fn run(
    world: &PolicyWorld,
    policy: usize,
    mode: PolicyMode,
    replicate: u32,
    probe: Option<&mut Probe>,
) -> Result<Vec<Period>, Error> {
    let policy = &world.policies[policy];
    let engine = Engine::new(world, policy, mode, replicate);
    let periods = engine.run(replicate, probe);
    periods.map_err(|unsettled| Error::Unsettled {
        policy: policy.name.clone(),
        deviation: unsettled.0,
    })
}

fn facts(world: &PolicyWorld) -> PolicyFacts {
    let params = &world.params;
    let name = |policy: &ValidPolicy| PolicyName {
        name: policy.name.clone(),
        title: [policy.title.clone(), policy.title_en.clone()],
    };
    PolicyFacts {
        firms: params.firms.count,
        cells: params.firms.cells,
        periods: params.periods,
        from: params.from,
        periods_per_year: params.periods_per_year,
        replicates: params.replicates,
        budget: params.budget,
        detection: params.detection,
        design: match params.design {
            Design::Poisson => "poisson",
            Design::Pareto => "pareto",
        }
        .to_owned(),
        tiers: params.tier.iter().map(|tier| tier.code.clone()).collect(),
        fines: params.tier.iter().map(|tier| tier.fine).collect(),
        modes: params.modes.clone(),
        policies: world.policies.iter().map(name).collect(),
    }
}
