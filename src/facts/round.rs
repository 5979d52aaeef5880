//! The run's own round, kept for a later run to be held against: its frame by class, and what each drawn object brought back.

use crate::error::Error;
use crate::evaluate::{self, DrawnUnit, FrameFacts, RoundGroup, RoundResults, RoundUnit};
use crate::job::Job;

/// The round of a run; its name is the as-of day.
///
/// # Errors
/// A result code in no list, a visit without a code under the codes rule.
pub fn round(job: &Job, frame: &FrameFacts, units: &[DrawnUnit]) -> Result<RoundResults, Error> {
    let group = |class: &evaluate::ClassFacts| RoundGroup {
        label: class.code.clone(),
        n_frame: class.n_frame,
    };
    let unit = |unit: &DrawnUnit| -> Result<RoundUnit, evaluate::Error> {
        let outcome = unit.outcome.as_ref();
        Ok(RoundUnit {
            key: unit.object_key,
            group: u32::from(unit.class),
            stratum: unit.stratum,
            pi: if unit.take_all { 1.0 } else { unit.pi },
            answer: evaluate::answer(&job.evaluate, unit)?,
            inspected_on: outcome.and_then(|outcome| outcome.inspected_on),
        })
    };
    Ok(RoundResults {
        id: job.as_of.to_string(),
        drawn_on: job.as_of.0,
        groups: frame.classes.iter().map(group).collect(),
        units: units.iter().map(unit).collect::<Result<_, _>>()?,
        n_without_draw: 0,
        n_other_channel: 0,
    })
}
