//! What can be expected of a world: base rate of an equal-probability draw, and what the past says about the future.

use super::history::{Channel, History};
use super::object::Object;
use super::world::World;

/// Scores of the naive ranking are capped here.
const SCORE_MAX: usize = 60;

/// Whole counts over the objects of the frame (live status); merging is exact, in any order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Objects whose status is live.
    pub n_frame: u64,
    /// Of these, objects a visit in the window would reach.
    pub n_reached: u64,
    /// Of these, objects a visit in the window would find something at.
    pub n_found: u64,
    /// Past visits that a draw led to and that reached the object.
    pub n_draw_reached: u64,
    /// Of these, visits that found something.
    pub n_draw_found: u64,
    /// Objects with a 15-digit number only.
    pub n_reg15: u64,
    /// Per naive score: reached without, and with a finding.
    by_score: Vec<[u64; 2]>,
}

impl Summary {
    /// Share of reached objects with a finding: the hit rate of an equal-probability draw of everybody.
    pub fn base_rate(&self) -> f64 {
        ratio(self.n_found, self.n_reached)
    }

    /// Past hit rate of the draws.
    pub fn draw_hit_rate(&self) -> f64 {
        ratio(self.n_draw_found, self.n_draw_reached)
    }

    /// Area under the ROC curve of the naive score for the outcome; ties count half.
    pub fn naive_auc(&self) -> f64 {
        let (mut below, mut twice) = (0_u128, 0_u128);
        for [clean, found] in &self.by_score {
            twice += u128::from(*found) * (2 * below + u128::from(*clean));
            below += u128::from(*clean);
        }
        let pairs = 2 * u128::from(self.n_found) * u128::from(self.n_reached - self.n_found);
        share(twice, pairs)
    }

    /// Expected hit rate of a draw with probability proportional to 1 + the naive score, over the base rate.
    pub fn naive_lift(&self) -> f64 {
        let mut sums = (0_u128, 0_u128);
        for (score, [clean, found]) in self.by_score.iter().enumerate() {
            let points = 1 + u128::try_from(score).expect("a score is small");
            sums.0 += points * u128::from(*found);
            sums.1 += points * u128::from(clean + found);
        }
        share(sums.0, sums.1) / self.base_rate()
    }

    pub(super) fn add(&mut self, world: &World, object: &Object, history: &History) {
        self.n_reg15 += u64::from(object.scheme == "reg15");
        for visit in history
            .visits
            .iter()
            .filter(|visit| matches!(visit.channel, Channel::Draw(_)))
        {
            self.n_draw_reached += u64::from(visit.result.visited);
            self.n_draw_found += u64::from(visit.result.found);
        }
        if !world.params.status[object.status].live {
            return;
        }
        self.n_frame += 1;
        let result = &history.future.result;
        if result.visited {
            self.n_reached += 1;
            self.n_found += u64::from(result.found);
            self.by_score.resize(SCORE_MAX + 1, [0, 0]);
            self.by_score[naive_score(world, history)][usize::from(result.found)] += 1;
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.n_frame += other.n_frame;
        self.n_reached += other.n_reached;
        self.n_found += other.n_found;
        self.n_draw_reached += other.n_draw_reached;
        self.n_draw_found += other.n_draw_found;
        self.n_reg15 += other.n_reg15;
        self.by_score.resize(SCORE_MAX + 1, [0, 0]);
        for (mine, its) in self.by_score.iter_mut().zip(&other.by_score) {
            mine[0] += its[0];
            mine[1] += its[1];
        }
    }
}

/// 3 for a finding, 2 for an event that goes with intensity; only what was known before the as-of day.
fn naive_score(world: &World, history: &History) -> usize {
    let as_of = world.params.as_of.days();
    let found = history
        .visits
        .iter()
        .filter(|visit| visit.result.found && visit.known_on < as_of)
        .count();
    let telling = |kind: usize| world.params.event[kind].elasticity >= 0.5;
    let events = history
        .events
        .iter()
        .filter(|event| event.known_on < as_of && telling(event.kind))
        .count();
    (3 * found + 2 * events).min(SCORE_MAX)
}

fn ratio(part: u64, whole: u64) -> f64 {
    share(u128::from(part), u128::from(whole))
}

#[allow(clippy::cast_precision_loss, reason = "shown to three digits")]
fn share(part: u128, whole: u128) -> f64 {
    part as f64 / whole as f64
}
