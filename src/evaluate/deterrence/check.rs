//! The rules of waves and settings, before anything is computed.

use super::redraw::Redraw;
use super::wave::{Revisit, Wave, WaveUnit};
use super::{Comparison, DeterrenceParams};
use crate::evaluate::Error;

/// Fewest re-draws: below, no p-value can fall under 1 %.
const REDRAWS_MIN: u32 = 99;

pub(super) fn check(
    waves: &[Wave],
    redraws: &[&dyn Redraw],
    params: &DeterrenceParams,
) -> Result<(), Error> {
    if params.comparison == Comparison::FoundBeforeAndAfter {
        return Err(Error::RegressionToTheMean);
    }
    settings(params)?;
    if !redraws.is_empty() && redraws.len() != waves.len() {
        let rule = format!("{} re-draws stand for {} waves", redraws.len(), waves.len());
        return Err(Error::Wave {
            wave: "all".to_owned(),
            rule,
        });
    }
    let late = |pair: &&[Wave]| pair[0].drawn_on > pair[1].drawn_on;
    if let Some(pair) = waves.windows(2).find(late) {
        let rule = format!(
            "drawn on {} but listed after {}",
            pair[1].drawn_on, pair[0].drawn_on
        );
        return Err(broken(&pair[1], rule));
    }
    waves.iter().try_for_each(check_wave)
}

fn settings(params: &DeterrenceParams) -> Result<(), Error> {
    let wrong = |key, rule| Err(Error::DeterrenceSetting { key, rule });
    let ascending = params.rings_km.windows(2).all(|pair| pair[0] < pair[1]);
    let in_range = params
        .rings_km
        .iter()
        .all(|ring| (0.05..=1000.0).contains(ring));
    if !ascending || !in_range {
        let rule = format!("{:?} must ascend between 0.05 and 1000", params.rings_km);
        return wrong("rings_km", rule);
    }
    if params.redraws < REDRAWS_MIN {
        return wrong(
            "redraws",
            format!("{} is below {REDRAWS_MIN}", params.redraws),
        );
    }
    if !(params.effect_asked > 0.0 && params.effect_asked < 1.0) {
        return wrong(
            "effect_asked",
            format!("{} must lie in (0, 1)", params.effect_asked),
        );
    }
    Ok(())
}

fn check_wave(wave: &Wave) -> Result<(), Error> {
    let unordered = |pair: &&[WaveUnit]| pair[0].key >= pair[1].key;
    if let Some(pair) = wave.units.windows(2).find(unordered) {
        let rule = format!("object {} stands after object {}", pair[1].key, pair[0].key);
        return Err(broken(wave, rule));
    }
    let rule = wave
        .units
        .iter()
        .find_map(|unit| Some((unit, rule_of(wave, unit)?)));
    rule.map_or(Ok(()), |(unit, rule)| {
        Err(broken(wave, format!("object {}: {rule}", unit.key)))
    })
}

/// The rule a unit breaks.
fn rule_of(wave: &Wave, unit: &WaveUnit) -> Option<String> {
    let probability = |name: &str, p: f64| {
        let wrong = !(p > 0.0 && p <= 1.0);
        wrong.then(|| format!("{name} {p} must lie in (0, 1]"))
    };
    let finite = |name: &str, value: Option<f64>| {
        let wrong = value.filter(|value| !value.is_finite());
        wrong.map(|value| format!("{name} {value} is not a finite number"))
    };
    let place = unit.place.unwrap_or((0.0, 0.0));
    let series = unit
        .series
        .iter()
        .copied()
        .flatten()
        .find(|value| !value.is_finite());
    probability("inclusion probability", unit.pi)
        .or_else(|| probability("probability of the revisit", unit.revisit.map_or(1.0, pi2)))
        .or_else(|| {
            probability(
                "probability of the revisit",
                unit.remeasured.map_or(1.0, pi2),
            )
        })
        .or_else(|| finite("outcome", unit.outcome))
        .or_else(|| finite("outcome before the draw", unit.before))
        .or_else(|| finite("placebo outcome", unit.placebo))
        .or_else(|| finite("outcome in a window", series))
        .or_else(|| {
            finite(
                "strictness",
                unit.revisit.and_then(|revisit| revisit.strictness),
            )
        })
        .or_else(|| misplaced(place))
        .or_else(|| {
            let outside = unit.stratum as usize >= wave.strata.len();
            outside.then(|| {
                format!(
                    "stratum {} is none of the {}",
                    unit.stratum,
                    wave.strata.len()
                )
            })
        })
        .or_else(|| {
            let idle = unit.pi >= 1.0 && !unit.drawn;
            idle.then(|| "has inclusion probability 1 and was not drawn".to_owned())
        })
}

fn misplaced((latitude, longitude): (f64, f64)) -> Option<String> {
    let inside = (-90.0..=90.0).contains(&latitude) && (-180.0..=180.0).contains(&longitude);
    (!inside).then(|| format!("place ({latitude}, {longitude}) is not on the earth"))
}

fn pi2(revisit: Revisit) -> f64 {
    revisit.pi2
}

fn broken(wave: &Wave, rule: String) -> Error {
    Error::Wave {
        wave: wave.id.clone(),
        rule,
    }
}
