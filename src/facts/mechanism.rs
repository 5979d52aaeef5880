//! What the records say of the mechanism: past visits counted partition by partition, and the facts of this round.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::Roll;
use crate::corridor::Scored;
use crate::error::Error;
use crate::evaluate::{self, DrawnUnit, Mechanism, MechanismFacts, Tally, TallyRules};
use crate::job::Job;

/// 监管效果评估: the indicators in use, from the job's past visits, list of items and this round.
///
/// # Errors
/// A partition or a list of items that cannot be read.
pub fn mechanism(
    job: &Job,
    scored: &Scored,
    roll: &Roll,
    units: &[DrawnUnit],
) -> Result<Mechanism, Error> {
    let items = scored.registers.items()?;
    let department_of = items.map(|items| {
        let of = items.into_iter().map(|item| (item.id, item.department));
        of.filter_map(|(id, of)| Some((id, of?))).collect()
    });
    let facts = MechanismFacts {
        department_of,
        ..facts(job, scored, roll, units)
    };
    let none = BTreeMap::new();
    let rules = TallyRules {
        params: &job.mechanism,
        as_of: job.as_of.0,
        department_of: facts.department_of.as_ref().unwrap_or(&none),
        by_publication: facts.timed_by() == Some("published_on"),
    };
    let tally = tally(scored, &rules)?;
    Ok(evaluate::mechanism(
        &job.mechanism,
        job.as_of.0,
        &facts,
        &tally,
    ))
}

fn facts(job: &Job, scored: &Scored, roll: &Roll, units: &[DrawnUnit]) -> MechanismFacts {
    let met = |unit: &&DrawnUnit| unit.outcome.as_ref().is_some_and(|result| result.visited);
    let later = scored.snapshot.counts().iter();
    let later = later.filter(|counts| counts.table.split('.').next() == Some("inspections"));
    MechanismFacts {
        n_objects: scored.registers.n_objects(),
        n_frame: scored.registers.n_frame(),
        n_drawn: roll.drawn().count() as u64,
        n_answered: (job.outcomes.is_some()).then(|| units.iter().filter(met).count() as u64),
        tasks: (1, u64::from(follows_classes(job))),
        department_of: None,
        has_visits: job.ingest.table("inspections").is_some(),
        said: scored.snapshot.said_of_visits(),
        n_later: later.map(|counts| counts.later).sum(),
    }
}

/// Whether the ratios of the plan follow classes of risk.
fn follows_classes(job: &Job) -> bool {
    let mut strata = job.plan.strata().iter();
    strata.any(|column| column == "risk_class")
}

fn tally(scored: &Scored, rules: &TallyRules) -> Result<Tally, Error> {
    let from = rules.params.from(rules.as_of);
    let one = |&part: &usize| -> Result<Tally, Error> {
        let visits = scored.snapshot.past_visits(part, from)?;
        let frame = scored.registers.frame_part(part, &[])?.keys;
        Ok(Tally::of(&visits, &frame, rules))
    };
    let parts: Vec<usize> = (0..scored.registers.n_parts()).collect();
    let mut tally = Tally::default();
    for wave in parts.chunks(rayon::current_num_threads()) {
        let counted: Result<Vec<Tally>, Error> = wave.par_iter().map(one).collect();
        counted?.into_iter().for_each(|part| tally.add(part));
    }
    Ok(tally)
}
