//! 内部资料: what an office keeps of a round and nobody publishes: strata, levels, keys, streams, probabilities.

use std::path::Path;

use serde::Serialize;

use super::super::folder::write;
use super::super::{DRAWN, Error};
use super::probabilities;
use super::read::SealedRound;
use crate::draw::{RoundSample, SampledUnit, StratumSample, Visit};
use crate::plan::{StratumPlan, field};
use crate::units::format_hex;

/// Whoever was not reached.
const RESERVE: &str = "reserve.csv";
/// Visits with what drew them.
const VISITS: &str = "visits.json";

/// Writes `drawn.csv`, `reserve.csv`, `visits.json` and `probabilities.parquet`.
pub(super) fn write_internal(
    round: &SealedRound,
    sample: &RoundSample,
    dir: &Path,
) -> Result<(), Error> {
    let heading = "object_id,draw,stratum,level,take_all,key,ticket,pi\n";
    let drawn = table(round, sample, heading, |stratum, line| {
        stratum.drawn().map(|unit| line(unit, "")).collect()
    });
    write(dir, DRAWN, drawn.as_bytes())?;
    let heading = "object_id,draw,stratum,level,take_all,key,ticket,pi,rank\n";
    let reserve = table(round, sample, heading, |stratum, line| {
        let ranked = (1..).zip(&stratum.reserve);
        ranked
            .map(|(rank, unit): (u32, _)| line(unit, &format!(",{rank}")))
            .collect()
    });
    write(dir, RESERVE, reserve.as_bytes())?;
    write(dir, VISITS, &visits(round, sample))?;
    probabilities::write(round, sample, dir)
}

/// A table with a line per unit that `of_stratum` picks, draw by draw, stratum by stratum.
fn table(
    round: &SealedRound,
    sample: &RoundSample,
    heading: &str,
    of_stratum: impl Fn(&StratumSample, &dyn Fn(&SampledUnit, &str) -> String) -> String,
) -> String {
    let mut text = heading.to_owned();
    for (draw, sealed) in sample.draws.iter().zip(&round.draws) {
        for (stratum, plan) in draw.sample.strata.iter().zip(&sealed.plan.strata) {
            let line = |unit: &SampledUnit, end: &str| line(&draw.name, plan, unit, end);
            text.push_str(&of_stratum(stratum, &line));
        }
    }
    text
}

fn line(draw: &str, plan: &StratumPlan, unit: &SampledUnit, end: &str) -> String {
    let (id, draw, stratum) = (field(&unit.id), field(draw), field(&plan.label));
    let (size, take_all, key) = (unit.size, unit.take_all, format_hex(unit.key));
    let pi = plan.level(unit.size).map_or(0.0, |level| level.target);
    let (ticket, pi) = (unit.ticket, format_hex(pi));
    format!("{id},{draw},{stratum},{size},{take_all},{key},{ticket},{pi}{end}\n")
}

/// The content of `visits.json`.
#[derive(Serialize)]
struct Visits<'a> {
    round: &'a str,
    visits: Vec<VisitEntry<'a>>,
}

#[derive(Serialize)]
struct VisitEntry<'a> {
    object_id: &'a str,
    items: Vec<&'a str>,
    drawn_by: Vec<&'a str>,
}

fn visits<'a>(round: &'a SealedRound, sample: &'a RoundSample) -> Vec<u8> {
    let name = |&draw: &'a usize| sample.draws[draw].name.as_str();
    let entry = |visit: &'a Visit| VisitEntry {
        object_id: &visit.object_id,
        items: sample.items(visit).collect(),
        drawn_by: visit.drawn_by.iter().map(name).collect(),
    };
    let all = Visits {
        round: &round.seal.round,
        visits: sample.visits.iter().map(entry).collect(),
    };
    let mut bytes = serde_json::to_vec_pretty(&all).expect("visits hold nothing that JSON cannot");
    bytes.push(b'\n');
    bytes
}
