//! A round's settings to its draws: frames, sizes, measurement stream, and everybody who stands in no frame.
//!
//! Three readings of the register: counts per draw (strata, merging, caps), sizes after cool-down, and the draws side by
//! side (expected visits, exclusions, remainder). What leaves a partition is counts.

use std::collections::BTreeMap;

use super::draft::{Draft, drafts};
use super::frame::{RoundFrame, Scope};
use super::remainder::{Remainder, float, remainder};
use super::side_by_side::{check_coverage, side_by_side};
use super::{Error, MeasureOfSize, Past, Purpose, Share, ValidParams, ValidRound};
use crate::registers::Registers;
use crate::risk::RiskTable;
use crate::units::Rounding;

/// Name of the measurement draw.
pub const MEASURE: &str = "measure";
/// Stands for every draw of a round in a list of exclusions.
pub const EVERYWHERE: &str = "*";
/// Reason of objects that have had their visits of the year.
pub const AT_CAP: &str = "年度检查次数已达上限";
/// Reason of objects an item is not about.
pub const NOT_IN_SCOPE: &str = "不属于抽查事项的对象范围";

/// Object id, name of the draw (or [`EVERYWHERE`]) and reason.
pub type Excluded = (String, String, String);

/// A round made ready to be sealed.
pub struct Composed<'a> {
    /// One per item in the settings' order, then the measurement draw, if there is one.
    pub draws: Vec<RoundDraw<'a>>,
    /// Every object of the register that is not in a draw's frame, with its reason; ascending by id, then by draw. An object at the
    /// cap has a row for every item that would hold it, and one for all.
    pub excluded: Vec<Excluded>,
    /// Objects in any draw's frame, each once.
    pub n_units: u64,
    /// Objects the target draws are expected to visit: Σ over objects of the largest of their probabilities.
    pub expected_visits: f64,
    /// What the drawn lists will tell of classes.
    pub remainder: Remainder,
}

/// One draw of a round.
pub struct RoundDraw<'a> {
    /// Item id, or [`MEASURE`].
    pub name: String,
    /// 抽查主体.
    pub department: String,
    /// What it is for.
    pub purpose: Purpose,
    /// Settings of its plan.
    pub params: ValidParams,
    /// Its frame.
    pub frame: RoundFrame<'a>,
    /// What may be published of each stratum of the frame, in their order: without the class, and without every column
    /// that was dropped anywhere to merge tiny strata, since a merged label would show the class.
    pub public_labels: Vec<String>,
    /// 专长 that one of its inspectors must have.
    pub specialty: Option<String>,
}

/// Probability that a round visits an object: its target draws share the object's ticket, so together they draw it as
/// often as the likeliest does; the measurement draw has tickets of its own, so it adds as an independent one does.
///
/// ```
/// let both = choucha::plan::union_probability([0.02, 0.01], Some(0.02));
/// assert!((both - 0.0396).abs() < 1e-12);
/// ```
#[must_use]
pub fn union_probability(targets: impl IntoIterator<Item = f64>, measure: Option<f64>) -> f64 {
    let largest = targets.into_iter().fold(0.0, f64::max);
    1.0 - (1.0 - largest) * (1.0 - measure.unwrap_or(0.0))
}

/// Composes the draws of a round.
///
/// The measurement draw takes n = max(1, round half up of `measurement_share` · Σ max π) objects with equal probability
/// from the union of the items' frames; neither cool-down nor risk moves it.
///
/// # Errors
/// A design that cannot be executed, named by its clause; a list of items or a register that cannot be used.
pub fn compose<'a>(
    round: &ValidRound,
    risk: &'a RiskTable,
    registers: &'a Registers,
    past: &'a dyn Past,
) -> Result<Composed<'a>, Error> {
    let scope = Scope {
        risk,
        registers,
        past,
        cap: round.visits_per_year_max,
        strata: Vec::new(),
        measure_of_size: MeasureOfSize::Equal,
        conditions: None,
    };
    let drafts = drafts(round, registers)?;
    let mut draws = Vec::new();
    for draft in &drafts {
        draws.push(draft.draw(round, &scope)?);
    }
    let side_by_side = side_by_side(&draws)?;
    let expected_visits = side_by_side.expected_visits(&draws);
    if !round.items.is_empty() {
        check_coverage(&round.plan, &draws, &side_by_side, expected_visits)?;
    }
    let share = round.measurement_share_millionths.ratio().as_f64();
    if share > 0.0 {
        let n = objects(share * expected_visits).clamp(1, side_by_side.n_units().max(1));
        draws.push(measure_draw(
            round,
            &drafts,
            scope,
            n,
            side_by_side.n_units(),
        ));
    }
    let codes: Vec<String> = risk
        .classes()
        .iter()
        .map(|class| class.code.clone())
        .collect();
    let remainder = remainder(
        &codes,
        &side_by_side.alike(&draws),
        round.remainder_max_millionths,
    );
    Ok(Composed {
        n_units: side_by_side.n_units(),
        excluded: side_by_side.into_excluded(&draws),
        draws,
        expected_visits,
        remainder,
    })
}

/// A number of objects, rounded half up.
fn objects(number: f64) -> u64 {
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "at most as many as there are objects"
    )]
    let objects = (number + 0.5).floor() as u64;
    objects
}

fn measure_draw<'a>(
    round: &ValidRound,
    drafts: &[Draft],
    scope: Scope<'a>,
    n: u64,
    n_units: u64,
) -> RoundDraw<'a> {
    let conditions = drafts.iter().map(|draft| draft.condition.clone());
    let target = BTreeMap::from([(1, float(n) / float(n_units.max(1)))]);
    let strata = vec![EVERYWHERE.to_owned()];
    RoundDraw {
        name: MEASURE.to_owned(),
        department: round.lead().to_owned(),
        purpose: Purpose::Measure,
        params: round.plan.measuring(Share::Objects(n), Rounding::HalfUp),
        frame: RoundFrame {
            scope: Scope {
                conditions: conditions.collect(),
                ..scope
            },
            stratum_of: [(EVERYWHERE.to_owned(), 0)].into(),
            base: vec![target.clone()],
            cooling: None,
            realised: vec![target],
            strata: strata.clone(),
        },
        public_labels: strata,
        specialty: None,
    }
}
