//! The hit rate from every side: three definitions, cells by attribute, a shrunken map, checks of variances, non-response,
//! the model beside the draw, classes held against each other, other policies.
//!
//! Everything here stands beside [`Estimates`](super::Estimates) and follows the same rule: a cell with fewer than
//! [`N_MIN`] valid results gives no number, and no number of a table gives one away by subtraction (see `hidden`).

mod around;
mod assisted;
mod checks;
mod contrast;
mod definitions;
mod heat;
mod hidden;
mod policies;
mod response;
mod split;

use serde::{Deserialize, Serialize};

use super::cell::cell;
use super::estimates::{Cell, Figure, Method, N_MIN};
use super::judgement::{Judged, Judgement, check, judge_all};
use super::measure::domains;
use super::number::count;
use super::off_policy::PolicyValue;
use super::{DrawnUnit, Error, FrameFacts, ValidParams};

pub use around::{Around, Crossing, Grouping};
pub use assisted::difference_total;
pub use heat::{HeatCell, HeatMap, Joined};

/// The hit rate from every side.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HitRates {
    /// Fewest valid results for which a cell is shown.
    pub minimum: u64,
    /// What is wrong with the data, by name; a number that would rest on it is absent.
    pub notes: Vec<Note>,
    /// The estimates under three definitions of a finding, side by side.
    pub definitions: Vec<ByDefinition>,
    /// The estimates by attribute, as `[evaluate] by` names them.
    pub by: Vec<ByAttribute>,
    /// Shrunken prevalence by industry and district.
    pub heat: Option<HeatMap>,
    /// Who was drawn and not visited.
    pub response: Response,
    /// Estimated violators, and the standard error of the prevalence by every method that applies: the whole draw, then
    /// the classes.
    pub checks: Vec<Check>,
    /// Prevalence with the model's help (difference estimator); absent without a model.
    pub assisted: Option<Assisted>,
    /// Each ranked class against the one before it, districts held apart; absent without districts.
    pub contrasts: Vec<Contrast>,
    /// Other policies of `[evaluate.policies]`.
    pub policies: Vec<PolicyValue>,
}

/// Something that is wrong, by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// What.
    pub kind: NoteKind,
    /// Which class, stratum, round or attribute; empty for the whole draw.
    pub about: String,
    /// How many objects, results or rounds; 0 where it is not a matter of counting.
    pub n: u64,
}

/// What can be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoteKind {
    /// Everybody was drawn with certainty: no sampling error, and nobody left to compare the drawn with.
    EverythingDrawn,
    /// Objects were drawn and no result is known of any: a draw without outcomes.
    NoResults,
    /// A class with objects in the frame returned no visit: a blind spot.
    ClassWithoutVisit,
    /// All drawn lie in one group of an attribute: nothing to hold apart.
    OneGroup,
    /// Every stratum by itself is all findings or none and shows no spread: the with-replacement form stands in.
    WithReplacement,
    /// More than a tenth of the drawn were not visited.
    NonResponse,
    /// An attribute of `[evaluate] by` that neither register nor results have.
    UnknownAttribute,
    /// Results of objects that were not drawn: outcomes without a draw, left out.
    ResultsWithoutDraw,
    /// Results that came through a complaint, a campaign or another channel: left out, they have no probability.
    OtherChannel,
    /// Groups of the fixed mix without a valid result: no standardised rate.
    GroupWithoutResult,
    /// Fewer than the least number of valid results.
    TooFew,
}

/// The estimates under one definition of a finding.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ByDefinition {
    /// `found`, `codes` (无法联系 is a finding) or `codes_reached` (it is not).
    pub name: String,
    /// Whether the main estimates follow this one.
    pub used: bool,
    /// Why the results do not allow it; then there is no cell.
    pub refused: Option<String>,
    /// The whole draw, then the classes.
    pub cells: Vec<DefinedCell>,
}

/// A cell under one definition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DefinedCell {
    /// Code of the class; `all` for the whole draw.
    pub label: String,
    /// Valid results.
    pub n: u64,
    /// True when n is below the least number: no number is given.
    pub suppressed: bool,
    /// 问题发现率.
    pub raw: Figure,
    /// 估计违规率.
    pub prevalence: Figure,
    /// 精准提升, without an interval.
    pub lift: Option<f64>,
    /// Estimated violators in the frame (Horvitz-Thompson).
    pub total: Figure,
}

/// The estimates by one attribute.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ByAttribute {
    /// Name, as in `[evaluate] by`.
    pub name: String,
    /// Groups that are shown, ascending by label; `n_frame` is 0 where the frame is not split so (month).
    pub cells: Vec<Cell>,
    /// Groups that are not.
    pub hidden: Vec<Hidden>,
    /// All hidden groups together, where they have enough results; absent where groups overlap.
    pub rest: Option<Cell>,
}

/// A group without numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hidden {
    /// Its label.
    pub label: String,
    /// Objects in the frame.
    pub n_frame: u64,
    /// Objects drawn.
    pub n_drawn: u64,
    /// Why.
    pub why: Why,
}

/// Why a group is hidden.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// Fewer valid results than the least number.
    Few,
    /// Its numbers would give those of a group with too few away by subtraction.
    Protects,
}

/// Drawn and visited, by class and district.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Response {
    /// Not visited over drawn; absent where nothing was drawn.
    pub missing: Option<f64>,
    /// Above a tenth: the estimates rest on the assumption that within a class and district chance decided who was visited.
    pub flagged: bool,
    /// The attribute of the districts; empty where the job names none.
    pub district: String,
    /// Class by district, ascending.
    pub cells: Vec<ResponseCell>,
    /// 估计违规率 with non-response adjusted by class and district instead of by class alone.
    pub prevalence: Figure,
}

/// One class in one district.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ResponseCell {
    /// Code of the class.
    pub class: String,
    /// Label of the district; empty where the job names none.
    pub district: String,
    /// Objects drawn.
    pub n_drawn: u64,
    /// Objects visited.
    pub n_visited: u64,
    /// More than a tenth not visited.
    pub flagged: bool,
    /// Nobody was visited: the class as a whole stands in for it.
    pub borrowed: bool,
}

/// The total, and standard errors by method.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Check {
    /// Code of the class; `all` for the whole draw.
    pub label: String,
    /// Estimated violators in the frame (Horvitz-Thompson, Rosén's variance).
    pub total: Figure,
    /// Standard error of the prevalence by method; an absent method does not apply.
    pub errors: Vec<MethodError>,
}

/// A standard error.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MethodError {
    /// `rosen`, `poisson`, `stratified`, `with_replacement`, `jackknife` or `bootstrap`.
    pub method: String,
    /// The standard error.
    pub se: f64,
}

/// Prevalence with the model's help.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Assisted {
    /// Prevalence by the difference estimator.
    pub prevalence: Figure,
    /// Estimated violators in the frame.
    pub total: Figure,
    /// What the model alone says, never a claim.
    pub model_alone: f64,
    /// Standard error over that of the plain prevalence: below 1 the model helps.
    pub se_ratio: Option<f64>,
}

/// A class against the one before it, districts held apart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Contrast {
    /// Code of the lower class.
    pub lower: String,
    /// Code of the higher class.
    pub higher: String,
    /// The attribute whose groups are held apart.
    pub within: String,
    /// Groups with results of both classes.
    pub n_groups: u64,
    /// Pooled odds ratio (Mantel-Haenszel; interval of Robins, Breslow and Greenland).
    pub odds_ratio: Figure,
    /// Pooled ratio of rates.
    pub risk_ratio: Option<f64>,
    /// p-value of the Cochran-Mantel-Haenszel test, without continuity correction.
    pub p: Option<f64>,
}

/// Looks at a draw from every side. `seed` moves the bootstrap alone; the order of units does not matter.
///
/// # Errors
/// As [`measure`](super::measure()); a result dated before the draw; attributes of other units; a policy for a class the frame
/// does not have.
pub fn hit_rates(
    params: &ValidParams,
    frame: &FrameFacts,
    units: &[DrawnUnit],
    around: &Around,
    seed: &[u8; 32],
) -> Result<HitRates, Error> {
    check(frame, units)?;
    around.check(units)?;
    let (sorted, around) = around.sorted(units);
    let judgement = Judgement::new(frame, judge_all(params, frame, &sorted)?);
    let parts = domains(frame, &judgement);
    let market = cell(&parts[0], &judgement, None, None);
    let (by, mut notes) = split::by_attribute(params, &around, &judgement, &parts, &market, seed);
    notes.splice(0..0, self::notes(frame, &judgement, &market));
    let model = assisted::assisted(frame, &around, &judgement, &market);
    Ok(HitRates {
        minimum: N_MIN,
        notes,
        definitions: definitions::definitions(params, frame, &sorted),
        by,
        heat: heat::heat(around.crossing.as_ref(), &judgement, &market),
        response: response::response(frame, &around, &judgement),
        checks: checks::checks(params, frame, &judgement, &parts, seed),
        assisted: model,
        contrasts: contrast::contrasts(frame, &around, &judgement),
        policies: policies::policies(params, frame, &around, &judgement)?,
    })
}

/// What is wrong with the draw as a whole.
fn notes(frame: &FrameFacts, judgement: &Judgement, market: &Cell) -> Vec<Note> {
    let note = |kind, about: &str, n| Note {
        kind,
        about: about.to_owned(),
        n,
    };
    let units = &judgement.units;
    let mut notes = Vec::new();
    let certain = |unit: &Judged| unit.unit.take_all || unit.unit.pi >= 1.0;
    if !units.is_empty() && units.iter().all(certain) {
        notes.push(note(NoteKind::EverythingDrawn, "", count(units.len())));
    }
    if !units.is_empty() && market.n_visited == 0 {
        notes.push(note(NoteKind::NoResults, "", market.n_drawn));
        return notes;
    }
    for (at, class) in frame.classes.iter().enumerate() {
        let seen = |unit: &Judged| unit.verdict.is_some() && usize::from(unit.unit.class) == at;
        if class.n_frame > 0 && !units.iter().any(seen) {
            notes.push(note(
                NoteKind::ClassWithoutVisit,
                &class.code,
                class.n_frame,
            ));
        }
    }
    if market.prevalence.method == Method::WithReplacement {
        notes.push(note(NoteKind::WithReplacement, "", market.n));
    }
    if market.response.is_some_and(|response| response < 0.9) {
        notes.push(note(
            NoteKind::NonResponse,
            "",
            market.n_drawn - market.n_visited,
        ));
    }
    notes
}
