//! What becomes of a result: when it is published, what is done about a problem that was found, and when that is closed.
//!
//! Everything else has happened before, and the random stream is one of its own: the other columns of a world do not depend on
//! whether it says this. Words: `regulation.md` §2.11.

use rand::{Rng, RngExt};
use rand_distr::Distribution;
use serde::Deserialize;

use super::history::Visit;
use super::law::Law;
use super::world::chooser;
use crate::ingest::NONE_NEEDED;

/// `[follow_up]` of a world file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FollowUp {
    /// Share of results that are never published.
    pub(super) unpublished: f64,
    /// Days from the entry of a result to its publication.
    pub(super) publication: Law,
    /// Share of problems that nothing is done about.
    pub(super) untended: f64,
    /// Share of follow-ups that are never closed.
    pub(super) unclosed: f64,
    /// Days from the day after the entry to the closing of a follow-up.
    pub(super) closing: Law,
    /// What is done about problems.
    pub(super) measure: Vec<Measure>,
}

/// One way to follow up a problem.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Measure {
    /// 后续处置.
    pub(super) word: String,
    pub(super) weight: f64,
}

/// What became of one result.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Followed {
    pub(super) published_on: Option<i32>,
    /// Index of the measure.
    pub(super) measure: Option<usize>,
    pub(super) closed_on: Option<i32>,
}

/// Follows up the visits, one after the other.
pub(super) fn follow(rule: &FollowUp, visits: &mut [Visit], rng: &mut impl Rng) {
    let choose = chooser(rule.measure.iter().map(|measure| measure.weight));
    for visit in visits {
        let is_published = !rng.random_bool(rule.unpublished);
        let published_on = is_published.then(|| visit.known_on + rule.publication.days(rng));
        let is_tended = visit.result.found && !rng.random_bool(rule.untended);
        let measure = is_tended.then(|| choose.sample(rng));
        let closed_on = measure.and_then(|measure| {
            if rule.measure[measure].word == NONE_NEEDED {
                return Some(visit.known_on);
            }
            let is_closed = !rng.random_bool(rule.unclosed);
            is_closed.then(|| visit.known_on + 1 + rule.closing.days(rng))
        });
        visit.followed = Followed {
            published_on,
            measure,
            closed_on,
        };
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha12Rng;

    use super::super::history::{Channel, VisitResult};
    use super::*;

    fn rule(unpublished: f64, untended: f64) -> FollowUp {
        let fixed = |value| Law::Fixed { value };
        let measure = |word: &str| Measure {
            word: word.to_owned(),
            weight: 1.0,
        };
        FollowUp {
            unpublished,
            publication: fixed(3.0),
            untended,
            unclosed: 0.0,
            closing: fixed(30.0),
            measure: vec![measure(NONE_NEEDED), measure("立案")],
        }
    }

    fn visits(found: bool) -> Vec<Visit> {
        let visit = Visit {
            id: "v".to_owned(),
            object_id: "a".to_owned(),
            scheme: "uscc",
            item: 0,
            inspected_on: Some(100),
            known_on: 110,
            result: VisitResult {
                visited: true,
                found,
                severity: 0.0,
                codes: Vec::new(),
            },
            inspectors: [0, 1],
            channel: Channel::Campaign,
            followed: Followed::default(),
        };
        vec![visit; 200]
    }

    fn followed(rule: &FollowUp, found: bool) -> Vec<Followed> {
        let mut visits = visits(found);
        follow(rule, &mut visits, &mut ChaCha12Rng::seed_from_u64(1));
        visits.into_iter().map(|visit| visit.followed).collect()
    }

    #[test]
    fn problems_alone_are_followed_up_and_nothing_to_do_is_closed_with_its_entry() {
        for one in followed(&rule(0.0, 0.0), true) {
            let closed_on = [110, 141][one.measure.unwrap()];
            assert_eq!(
                (one.published_on, one.closed_on),
                (Some(113), Some(closed_on))
            );
        }
        let clean = Followed {
            published_on: Some(113),
            ..Followed::default()
        };
        let all = followed(&rule(0.0, 0.0), false);
        assert!(all.iter().all(|one| *one == clean));
    }

    #[test]
    fn what_is_never_published_or_tended_has_no_day() {
        let all = followed(&rule(1.0, 1.0), true);
        assert!(all.iter().all(|one| *one == Followed::default()));
    }
}
