//! Other policies of the job, valued by what the draw found.

use super::Around;
use crate::evaluate::judgement::{Judged, Judgement};
use crate::evaluate::number::{count, real, share};
use crate::evaluate::off_policy::{FrameCell, Past, PastVisit, PolicyValue, value_of};
use crate::evaluate::{ClassFacts, Error, FrameFacts, ValidParams, VarianceForm};

/// The value of every policy of the job. As many of a class answer under another policy: π and π′ are both those to be drawn
/// and to answer.
pub(super) fn policies(
    params: &ValidParams,
    frame: &FrameFacts,
    around: &Around,
    judgement: &Judgement,
) -> Result<Vec<PolicyValue>, Error> {
    let codes = || frame.classes.iter().map(|class| class.code.as_str());
    let mut values = Vec::new();
    for (name, ratios) in &params.policies {
        if let Some(class) = ratios
            .keys()
            .find(|code| codes().all(|known| known != *code))
        {
            return Err(Error::PolicyClass {
                policy: name.clone(),
                class: class.clone(),
            });
        }
        let ratio = |code: &str| ratios.get(code).map_or(0.0, |ratio| ratio.as_f64());
        let cells: Vec<FrameCell> = frame_cells(frame, around, judgement, ratio);
        let visits = visits(frame, judgement, ratio);
        let form = VarianceForm::Rosen;
        values.push(value_of(name, &visits, &cells, form, None));
    }
    Ok(values)
}

fn frame_cells(
    frame: &FrameFacts,
    around: &Around,
    judgement: &Judgement,
    ratio: impl Fn(&str) -> f64,
) -> Vec<FrameCell> {
    let cell = |(at, class): (usize, &ClassFacts)| {
        let drawn = |unit: &&Judged| usize::from(unit.unit.class) == at;
        let seen = |unit: &&Judged| drawn(unit) && unit.verdict.is_some();
        let number = |keep: &dyn Fn(&&Judged) -> bool| {
            real(count(judgement.units.iter().filter(keep).count()))
        };
        let n = real(class.n_frame);
        FrameCell {
            label: class.code.clone(),
            n,
            pi: share(number(&seen), n).unwrap_or(0.0),
            pi_new: ratio(&class.code) * share(number(&seen), number(&drawn)).unwrap_or(1.0),
            model: around
                .model_by_class
                .get(at)
                .and_then(|sum| share(*sum, n))
                .unwrap_or(0.0),
        }
    };
    frame.classes.iter().enumerate().map(cell).collect()
}

fn visits(
    frame: &FrameFacts,
    judgement: &Judgement,
    ratio: impl Fn(&str) -> f64,
) -> Vec<PastVisit> {
    let visited = judgement.units.iter().enumerate();
    let visited = visited.filter(|(_, unit)| unit.verdict.is_some());
    visited
        .map(|(place, unit)| {
            let drawn = if unit.unit.take_all {
                1.0
            } else {
                unit.unit.pi
            };
            let code = &frame.classes[usize::from(unit.unit.class)].code;
            let past = Past {
                pi: unit.pi,
                pi_new: ratio(code) * unit.pi / drawn,
                hit: unit.is_hit(),
                model: unit.unit.probability.unwrap_or(0.0),
            };
            PastVisit {
                past,
                stratum: judgement.group(place),
                valid: unit.is_valid(),
            }
        })
        .collect()
}
