//! The estimates under three definitions of a finding, side by side: what a rate is depends on what counts.

use super::checks::total;
use super::{ByDefinition, DefinedCell};
use crate::evaluate::cell::{Domain, cell};
use crate::evaluate::estimates::{Figure, N_MIN};
use crate::evaluate::judgement::{Judgement, judge_all};
use crate::evaluate::measure::{domains, is_used, variants};
use crate::evaluate::number::share;
use crate::evaluate::{DrawnUnit, FrameFacts, ValidParams};

pub(super) fn definitions(
    params: &ValidParams,
    frame: &FrameFacts,
    units: &[&DrawnUnit],
) -> Vec<ByDefinition> {
    let define = |(name, other): (&str, ValidParams)| {
        let judged = judge_all(&other, frame, units);
        let (refused, cells) = match judged {
            Ok(judged) => (None, cells(frame, &Judgement::new(frame, judged))),
            Err(error) => (Some(error.to_string()), Vec::new()),
        };
        ByDefinition {
            name: name.to_owned(),
            used: is_used(params, &other),
            refused,
            cells,
        }
    };
    variants(params).into_iter().map(define).collect()
}

/// The whole draw and its classes.
fn cells(frame: &FrameFacts, judgement: &Judgement) -> Vec<DefinedCell> {
    let parts = domains(frame, judgement);
    let market = cell(&parts[0], judgement, None, None).prevalence;
    let shown = parts.iter().take(1 + frame.classes.len());
    shown
        .map(|part| defined(part, judgement, &market))
        .collect()
}

fn defined(part: &Domain, judgement: &Judgement, market: &Figure) -> DefinedCell {
    let cell = cell(part, judgement, Some(market), None);
    let units = judgement.respondents(part);
    DefinedCell {
        label: cell.label,
        n: cell.n,
        suppressed: cell.suppressed,
        raw: cell.raw,
        prevalence: cell.prevalence,
        lift: cell
            .raw
            .value
            .zip(market.value)
            .and_then(|(raw, market)| share(raw, market)),
        total: if cell.n < N_MIN {
            Figure::NONE
        } else {
            total(part, &units)
        },
    }
}
