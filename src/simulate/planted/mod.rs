//! Planted effects: worlds in which the effect of being drawn is known, and what our own estimators of deterrence make of them.
//!
//! *Law* replicate i of a case has its own stream, so threads change nothing. The waves of a replicate are made, estimated and
//! dropped. The truth of a replicate is the mean over its frame of the difference of both probabilities.

mod params;
mod wave;

use std::path::Path;

use rayon::prelude::{IntoParallelIterator, ParallelIterator};

use super::{Error, world_file};
use crate::evaluate::{
    Comparison, DeterrenceParams, Poisson, Redraw, Refusal, Specific, Verdict, Wave, deterrence,
};
use crate::report::{
    PLANTED_FORMAT, PlantedCase, PlantedEstimate, PlantedExpect, PlantedOutcome, PlantedReport,
};
use crate::units::{Digest, Meter};
use params::{Case, Params};

/// Objects × rounds above which replicates follow one another, so that one is in memory at a time.
const TOGETHER_MAX: u64 = 400_000;
/// Estimates that are kept for the picture.
const KEPT: usize = 60;

/// A checked world of planted effects.
#[derive(Clone, Debug)]
pub struct PlantedWorld {
    params: Params,
    digest: Digest,
}

impl PlantedWorld {
    /// Reads and checks a world file.
    ///
    /// # Errors
    /// A file that cannot be read, is no world of planted effects, or breaks rules: all of them at once.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let (text, file) = world_file::text(path)?;
        Self::parse(&text, &file)
    }

    /// Checks the text of a world file that is called `file` in what is refused.
    ///
    /// # Errors
    /// As [`PlantedWorld::read`].
    pub fn parse(text: &str, file: &str) -> Result<Self, Error> {
        let (params, digest) =
            world_file::parse(text, file, "choucha/planted/world/v1", params::problems)?;
        Ok(Self { params, digest })
    }

    /// Name of the world.
    pub fn name(&self) -> &str {
        &self.params.name
    }

    /// Digest of its settings.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The same world with other sizes: `(objects, rounds, replicates)` of the case so named, the other cases left out.
    ///
    /// # Errors
    /// What the world then breaks, or a case it has not.
    pub fn only(&self, name: &str, size: (u32, u32, u32)) -> Result<Self, Error> {
        let mut own = self.clone();
        own.params.case.retain(|case| case.name == name);
        for case in &mut own.params.case {
            (case.objects, case.rounds, case.replicates) = size;
        }
        match params::problems(&own.params) {
            problems if problems.is_empty() => Ok(own),
            problems => Err(Error::World(problems)),
        }
    }
}

/// Plants every case's effect, estimates it in every replicate, and holds the estimates against the truth.
///
/// # Errors
/// Where an estimator refuses a wave.
pub fn plant(world: &PlantedWorld, meter: &Meter) -> Result<PlantedReport, Error> {
    let params = &world.params;
    let total = u64::try_from(params.case.len()).expect("a length fits 64 bits");
    let mut cases = Vec::new();
    for (i, case) in (1_u64..).zip(&params.case) {
        cases.push(planted(params, case)?);
        meter.report("planted", i, total);
    }
    Ok(PlantedReport {
        format: PLANTED_FORMAT,
        name: params.name.clone(),
        title: [
            params.title.clone(),
            params
                .title_en
                .clone()
                .unwrap_or_else(|| params.title.clone()),
        ],
        digest: world.digest.to_string(),
        cases,
    })
}

/// One replicate: the truth, and what was estimated.
struct Replicate {
    truth: f64,
    found: Specific,
}

fn planted(params: &Params, case: &Case) -> Result<PlantedCase, Error> {
    let size = u64::from(case.objects) * u64::from(case.rounds);
    let one = |i: u32| replicate(params, case, i);
    let replicates: Vec<Replicate> = if size > TOGETHER_MAX {
        (0..case.replicates)
            .map(one)
            .collect::<Result<_, Error>>()?
    } else {
        let all = (0..case.replicates).into_par_iter();
        all.map(one).collect::<Result<_, Error>>()?
    };
    Ok(summary(case, &replicates))
}

fn replicate(params: &Params, case: &Case, i: u32) -> Result<Replicate, Error> {
    let (waves, truth) = wave::waves(params, case, i);
    let seed = wave::seed(params, case, i, "estimate");
    let redraws: Vec<Poisson> = waves
        .iter()
        .filter(|_| case.redraws > 0)
        .map(|wave: &Wave| Poisson::new(wave.units.iter().map(|unit| unit.pi).collect(), seed))
        .collect();
    let redraws: Vec<&dyn Redraw> = redraws.iter().map(|redraw| redraw as &dyn Redraw).collect();
    let settings = DeterrenceParams {
        comparison: Comparison::DrawnWithNotDrawn,
        rings_km: Vec::new(),
        redraws: case.redraws.max(99),
        effect_asked: 1.0 / 3.0,
    };
    let mut found = deterrence(&waves, &redraws, &settings, &seed)
        .map_err(|error| Error::Estimate(Box::new(error)))?;
    let which = match case.outcome {
        PlantedOutcome::Everyone => 0,
        PlantedOutcome::Revisit => 1,
    };
    Ok(Replicate {
        truth,
        found: found.specific.swap_remove(which),
    })
}

fn summary(case: &Case, replicates: &[Replicate]) -> PlantedCase {
    let share = |of: &dyn Fn(&Replicate) -> bool, n: f64| {
        let hits: f64 = replicates
            .iter()
            .map(|one| f64::from(u8::from(of(one))))
            .sum();
        (n > 0.0).then(|| hits / n)
    };
    let all: f64 = replicates.iter().map(|_| 1.0).sum();
    let estimates: Vec<PlantedEstimate> = replicates.iter().map(estimate).collect();
    let given: Vec<&PlantedEstimate> = estimates.iter().filter(|one| one.low.is_some()).collect();
    let n: f64 = given.iter().map(|_| 1.0).sum();
    let mean = |of: &dyn Fn(&PlantedEstimate) -> Option<f64>| {
        (n > 0.0).then(|| given.iter().filter_map(|one| of(one)).sum::<f64>() / n)
    };
    let error = mean(&|one| Some(one.value? - one.truth));
    let spread = error.map(|centre| {
        let square =
            |one: &&PlantedEstimate| one.value.map_or(0.0, |v| (v - one.truth - centre).powi(2));
        (given.iter().map(square).sum::<f64>() / (n - 1.0).max(1.0)).sqrt()
    });
    let covered = share(&|one| estimate(one).covers() == Some(true), n);
    let claims = share(&|one| one.found.itt.verdict == Verdict::Significant, all);
    let tests = share(&|one| one.found.itt.redrawn.is_some(), 1.0).unwrap_or(0.0);
    let rejected = share(
        &|one| one.found.itt.redrawn.is_some_and(|test| test.p < 0.05),
        tests,
    );
    let refusals = replicates.iter().filter_map(|one| one.found.itt.refusal);
    let mut refusals: Vec<Refusal> = refusals.collect();
    let refused = share(&|one| one.found.itt.low.is_none(), all).unwrap_or(0.0);
    refusals.sort_unstable();
    refusals.dedup();
    let monte_carlo = |share: f64, n: f64| (share * (1.0 - share) / n.max(1.0)).sqrt();
    let mut own = PlantedCase {
        name: case.name.clone(),
        title: [
            case.title.clone().unwrap_or_else(|| case.name.clone()),
            case.title_en.clone().unwrap_or_else(|| case.name.clone()),
        ],
        outcome: case.outcome,
        expect: case.expect,
        objects: case.objects,
        rounds: case.rounds,
        replicates: case.replicates,
        effect: case.effect,
        truth: replicates.iter().map(|one| one.truth).sum::<f64>() / all.max(1.0),
        estimate: mean(&|one| one.value),
        bias: error,
        spread,
        mean_error: mean(&|one| one.se),
        n_eff: replicates.iter().map(smaller_arm).sum::<f64>() / all.max(1.0),
        refused,
        refusals,
        coverage: covered,
        coverage_error: covered.map(|_| monte_carlo(0.95, n)),
        claims,
        claims_error: claims.map(|_| monte_carlo(0.05, all)),
        rejected,
        holds: false,
        estimates: estimates.iter().take(KEPT).copied().collect(),
    };
    own.holds = holds(&own);
    own
}

fn smaller_arm(one: &Replicate) -> f64 {
    let support = &one.found.support;
    support.n_eff_drawn.min(support.n_eff_not_drawn)
}

fn estimate(one: &Replicate) -> PlantedEstimate {
    let itt = &one.found.itt;
    PlantedEstimate {
        truth: one.truth,
        value: itt.value.filter(|_| itt.low.is_some()),
        se: itt.se,
        low: itt.low,
        high: itt.high,
    }
}

/// Coverage within .93 and .97, false claims within .03 and .07, or within three Monte-Carlo errors of the nominal level where
/// these are larger; refusals always.
fn holds(case: &PlantedCase) -> bool {
    let within = |value: Option<f64>, error: Option<f64>, centre: f64| {
        let both = value.zip(error);
        both.is_some_and(|(value, error)| (value - centre).abs() <= (3.0 * error).max(0.02))
    };
    match case.expect {
        PlantedExpect::Coverage => {
            case.refused <= 0.0 && within(case.coverage, case.coverage_error, 0.95)
        }
        PlantedExpect::Refusal => case.refused >= 1.0,
        PlantedExpect::FalseClaims => {
            let by_redraw = case
                .rejected
                .is_none_or(|_| within(case.rejected, case.claims_error, 0.05));
            within(case.claims, case.claims_error, 0.05) && by_redraw
        }
    }
}
