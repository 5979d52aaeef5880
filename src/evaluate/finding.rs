//! 检查结果 to a finding, none, or an invalid object: the hit rule is a declared choice, never a habit.
//!
//! Codes are those of the comprehensive draw (综合抽查), to which ingest brings every generation: A, B, C, D, E, 3, 4, 5,
//! G, 8 are findings; 6
//! (通过登记的住所无法联系) is one unless the job says otherwise, and is counted apart; 7, 9 to 12 and F are 无效对象
//! and leave the denominator; 1 is none.

use serde::{Deserialize, Serialize};

use super::{DrawnUnit, Error, ValidParams};
use crate::ingest::{HitCodes, Meaning, Outcome};

/// Which rule turns a result into a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HitRule {
    /// `found` as recorded; every visited object is in the denominator.
    Found,
    /// Result codes, 无法联系 as the job says.
    Codes,
}

/// What a visit counts as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// False for 无效对象.
    pub(crate) valid: bool,
    /// Whether it is a finding under the rule.
    pub(crate) hit: bool,
    /// Whether 无法联系 is all that was noted.
    pub(crate) unreachable: bool,
}

/// What a drawn object brought back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Nobody was there, or no result is known.
    Unvisited,
    /// 无效对象: visited, outside the denominator.
    Void,
    /// Visited; nothing found.
    Clean,
    /// Visited; something found.
    Hit,
}

/// What `unit` brought back under the hit rule of `params`.
///
/// # Errors
/// A result code in no list, a visit without a code under the codes rule.
pub fn answer(params: &ValidParams, unit: &DrawnUnit) -> Result<Answer, Error> {
    let Some(outcome) = &unit.outcome else {
        return Ok(Answer::Unvisited);
    };
    let verdict = judge(params.hit_rule, &params.codes, &unit.object_id, outcome)?;
    Ok(match verdict {
        None => Answer::Unvisited,
        Some(verdict) if !verdict.valid => Answer::Void,
        Some(verdict) if verdict.hit => Answer::Hit,
        Some(_) => Answer::Clean,
    })
}

/// The strongest meaning among the codes of a visit.
fn meaning(codes: &HitCodes, object_id: &str, of: &[String]) -> Result<Meaning, Error> {
    let strongest = codes.strongest(of.iter().map(String::as_str));
    let strongest = strongest.map_err(|code| Error::UnknownCode {
        object_id: object_id.to_owned(),
        code: code.to_owned(),
    })?;
    strongest.ok_or_else(|| Error::NoCode {
        object_id: object_id.to_owned(),
    })
}

/// The verdict under `rule`; `None` where there is no result. Whoever went and could reach nobody brings a result back
/// all the same: 无法联系 is a code, not a missing visit.
pub(crate) fn judge(
    rule: HitRule,
    codes: &HitCodes,
    object_id: &str,
    outcome: &Outcome,
) -> Result<Option<Verdict>, Error> {
    match rule {
        HitRule::Found => Ok(outcome.visited.then_some(Verdict {
            valid: true,
            hit: outcome.found,
            unreachable: false,
        })),
        HitRule::Codes if !outcome.visited && outcome.result_codes.is_empty() => Ok(None),
        HitRule::Codes => {
            let meaning = meaning(codes, object_id, &outcome.result_codes)?;
            let unreachable = meaning == Meaning::Unreachable;
            let verdict = Verdict {
                valid: meaning != Meaning::Void,
                hit: meaning == Meaning::Hit || unreachable && codes.unreachable_is_hit,
                unreachable,
            };
            Ok((outcome.visited || unreachable).then_some(verdict))
        }
    }
}
