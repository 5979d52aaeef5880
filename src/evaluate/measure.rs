//! Drawn units and their outcomes to estimates.

use super::cell::{Domain, cell, lift_intervals, raw_rate};
use super::estimates::{Cell, ClassGap, Definition, Estimates, Figure, N_MIN, Ranking};
use super::finding::HitRule;
use super::interval::newcombe;
use super::judgement::{Judged, Judgement, check, index, judge_all};
use super::number::{count, real};
use super::params::ValidParams;
use super::ranking::{
    GainPoint, Scored, auc, average_precision, brier, calibration, gain_at, gains, lift_by_decile,
    precision_at,
};
use super::{DrawnUnit, Error, FrameFacts};

/// Measures a draw. `seed` (the 32 bytes of the draw's seed) moves the bootstrap alone; unit order does not matter.
///
/// # Errors
/// A unit outside the frame's strata or classes, a probability outside (0, 1], a score that is not finite, a result
/// code in no list.
pub fn measure(
    params: &ValidParams,
    frame: &FrameFacts,
    units: &[DrawnUnit],
    seed: &[u8; 32],
) -> Result<Estimates, Error> {
    check(frame, units)?;
    let mut sorted: Vec<&DrawnUnit> = units.iter().collect();
    sorted.sort_by(|a, b| (a.object_key, &a.object_id).cmp(&(b.object_key, &b.object_id)));
    let judgement = Judgement::new(frame, judge_all(params, frame, &sorted)?);
    let domains = domains(frame, &judgement);
    let lifts = lift_intervals(params, seed, &judgement, &domains);
    let market = cell(&domains[0], &judgement, None, lifts[0]);
    let cells: Vec<Cell> = domains[1..]
        .iter()
        .zip(&lifts[1..])
        .map(|(domain, lift)| cell(domain, &judgement, Some(&market.prevalence), *lift))
        .collect();
    let (by_class, by_stratum) = cells.split_at(frame.classes.len());
    Ok(Estimates {
        hit_rule: params.hit_rule,
        unreachable_is_hit: params.codes.unreachable_is_hit,
        replicates: params.replicates,
        sum_pi: frame.sum_pi,
        class_gaps: class_gaps(frame, by_class),
        by_class: by_class.to_vec(),
        by_stratum: by_stratum.to_vec(),
        overall: market,
        definitions: definitions(params, frame, &sorted),
        collapsed: judgement.collapsed(frame),
        ranking: rank(&judgement),
    })
}

/// The whole frame, then its classes, then its strata.
pub(super) fn domains<'a>(frame: &'a FrameFacts, judgement: &Judgement) -> Vec<Domain<'a>> {
    let mut of_class = vec![Vec::new(); frame.classes.len()];
    let mut of_stratum = vec![Vec::new(); frame.strata.len()];
    for (place, unit) in judgement.units.iter().enumerate() {
        of_class[usize::from(unit.unit.class)].push(place);
        of_stratum[index(unit.unit.stratum)].push(place);
    }
    let is_seen = |members: &[usize]| {
        members
            .iter()
            .any(|&place| judgement.units[place].verdict.is_some())
    };
    let class = |(facts, members): (&'a super::ClassFacts, Vec<usize>)| Domain {
        label: &facts.code,
        name: &facts.name,
        n_frame: facts.n_frame,
        n_blind: if is_seen(&members) { 0 } else { facts.n_frame },
        members,
    };
    let stratum = |(facts, members): (&'a super::StratumFacts, Vec<usize>)| Domain {
        label: &facts.label,
        name: "",
        n_frame: facts.n_frame,
        n_blind: if facts.n_drawn == 0 { facts.n_frame } else { 0 },
        members,
    };
    let classes: Vec<Domain> = frame.classes.iter().zip(of_class).map(class).collect();
    let n_unseen: u64 = classes.iter().map(|class| class.n_blind).sum();
    let market = Domain {
        label: "all",
        name: "",
        n_frame: frame.n_frame,
        n_blind: n_unseen.max(frame.n_never),
        members: (0..judgement.units.len()).collect(),
    };
    let strata = frame.strata.iter().zip(of_stratum).map(stratum);
    [market].into_iter().chain(classes).chain(strata).collect()
}

fn class_gaps(frame: &FrameFacts, cells: &[Cell]) -> Vec<ClassGap> {
    let ranked: Vec<&Cell> = frame
        .classes
        .iter()
        .zip(cells)
        .filter(|(class, _)| class.is_ranked)
        .map(|(_, cell)| cell)
        .collect();
    let gap = |pair: &[&Cell]| {
        let (lower, higher) = (pair[0], pair[1]);
        let interval = newcombe(
            (real(higher.hits), real(higher.n)),
            (real(lower.hits), real(lower.n)),
        );
        Some(ClassGap {
            lower: lower.label.clone(),
            higher: higher.label.clone(),
            difference: higher.raw.value? - lower.raw.value?,
            low: interval.low,
            high: interval.high,
        })
    };
    ranked.windows(2).filter_map(gap).collect()
}

fn definitions(params: &ValidParams, frame: &FrameFacts, units: &[&DrawnUnit]) -> Vec<Definition> {
    let define = |(name, other): (&str, ValidParams)| {
        let judged = judge_all(&other, frame, units).unwrap_or_default();
        let valid: Vec<&Judged> = judged.iter().filter(|unit| unit.is_valid()).collect();
        let hits = count(valid.iter().filter(|unit| unit.is_hit()).count());
        let n = count(valid.len());
        let fraction = valid.iter().map(|unit| unit.pi).sum::<f64>() / real(n.max(1));
        let raw = if n >= N_MIN {
            raw_rate(real(hits), real(n), fraction)
        } else {
            Figure::NONE
        };
        Definition {
            name: name.to_owned(),
            used: is_used(params, &other),
            n,
            hits,
            raw,
        }
    };
    variants(params).into_iter().map(define).collect()
}

/// The settings under each of the three definitions of a finding, by name.
pub(super) fn variants(params: &ValidParams) -> [(&'static str, ValidParams); 3] {
    [
        ("found", HitRule::Found, true),
        ("codes", HitRule::Codes, true),
        ("codes_reached", HitRule::Codes, false),
    ]
    .map(|(name, hit_rule, unreachable_is_hit)| {
        let mut other = params.clone();
        other.hit_rule = hit_rule;
        other.codes.unreachable_is_hit = unreachable_is_hit;
        (name, other)
    })
}

/// Whether a definition is the one of the job.
pub(super) fn is_used(params: &ValidParams, other: &ValidParams) -> bool {
    let same_codes = other.codes.unreachable_is_hit == params.codes.unreachable_is_hit;
    other.hit_rule == params.hit_rule && (other.hit_rule == HitRule::Found || same_codes)
}

fn rank(judgement: &Judgement) -> Option<Ranking> {
    let valid = || judgement.units.iter().filter(|unit| unit.is_valid());
    let scored = |unit: &Judged, score: f64| Scored {
        score,
        weight: 1.0 / unit.pi,
        found: unit.is_hit(),
    };
    let rows: Vec<Scored> = valid().map(|unit| scored(unit, unit.unit.score)).collect();
    let forecast: Vec<Scored> = valid()
        .filter_map(|unit| Some(scored(unit, unit.unit.probability?)))
        .collect();
    if count(rows.len()) < N_MIN
        || rows.iter().all(|row| row.found)
        || !rows.iter().any(|row| row.found)
    {
        return None;
    }
    Some(Ranking {
        auc: auc(&rows),
        average_precision: average_precision(&rows),
        precision_at_10: precision_at(&rows, 0.1),
        precision_at_20: precision_at(&rows, 0.2),
        brier: brier(&forecast),
        gains: fiftieths(&gains(&rows)),
        lift_by_decile: lift_by_decile(&rows),
        calibration: calibration(&forecast),
    })
}

/// A gains curve read at every fiftieth of the frame.
pub(crate) fn fiftieths(points: &[GainPoint]) -> Vec<GainPoint> {
    let at = |step: u32| {
        let share = f64::from(step) / 50.0;
        Some(GainPoint {
            share,
            found: gain_at(points, share)?,
        })
    };
    (0..=50).filter_map(at).collect()
}
