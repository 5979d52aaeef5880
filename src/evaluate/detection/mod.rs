//! Detection against occurrence: what was found is what was there times how sharply somebody looked.
//!
//! Where inspectors are sent at random (随机选派), an inspector's rate of findings less the rate expected of the targets they
//! were given is their own; shrunken towards 0 by empirical Bayes, its spread says how much of a hit rate is who went.
//! The verb is [`detection()`]; two inspectors at the same object, unknown to each other, give the sensitivity itself.

mod capture;
mod result;
mod strictness;

#[cfg(test)]
mod tests;

pub use result::{
    Assignment, Blind, Detection, DoubleInspection, InspectorVisit, Strictness, StrictnessSpread,
};
pub use strictness::leave_one_out;

use super::Error;
use super::deterrence::{Refusal, Wording};

/// Who looks how sharply: `names` by index, visits of known probability, pairs of blind visits, and how inspectors were assigned.
///
/// # Errors
/// Where a visit has no usable weight or expectation, or names an inspector that is not in the list.
pub fn detection(
    names: &[String],
    visits: &[InspectorVisit],
    blind: &[Blind],
    assignment: Assignment,
) -> Result<Detection, Error> {
    strictness::check(names, visits)?;
    let judged = strictness::judge(names, visits);
    let wording = match assignment {
        Assignment::Random => Wording::Causal,
        Assignment::NotRandom => Wording::Association,
    };
    let notes = [
        (
            assignment == Assignment::NotRandom,
            Refusal::NotAssignedByLot,
        ),
        (judged.inspectors.len() < 2, Refusal::OneInspector),
        (blind.is_empty(), Refusal::NoDoubleInspection),
    ];
    Ok(Detection {
        assignment,
        wording,
        inspectors: judged.inspectors,
        n_suppressed: judged.n_suppressed,
        spread: judged.spread,
        double_inspection: (!blind.is_empty()).then(|| capture::recapture(blind)),
        notes: notes
            .into_iter()
            .filter(|(is, _)| *is)
            .map(|(_, why)| why)
            .collect(),
    })
}
