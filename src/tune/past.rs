//! Past visits from a ledger's rounds: each object in the class and with the points it had then, with its realised probability.
//!
//! An object is placed by what was known of it when the round was sealed, never by its class of today, into which the visit's
//! own finding has gone. The new ratios are laid over the rounds' frames, each class raised to its size of today.
//! Whoever moved up for an unusable target was not drawn by lot and is left out; an unusable one counts as a visit without a
//! finding. Where results are still missing, the answered of a round and class stand for all of it.

use serde::Serialize;

use super::number::real;
use super::observe::{Observed, Visit, cell_of};
use crate::corridor::Scored;
use crate::error::Error;
use crate::ledger::{Fate, VisitedRound};
use crate::risk::RiskColumns;
use crate::units::{Day, ObjectKey};

/// Where past visits come from: rounds of a ledger, or the rehearsal's own draw where there is none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PastFacts {
    /// Whether they are those of the job's rehearsal.
    pub is_rehearsal: bool,
    /// The ledger's rounds with results, oldest first.
    pub rounds: Vec<RoundFacts>,
    /// Visits of a class that today's classes do not have: in no estimate.
    pub n_unplaced: u64,
}

/// A round of the past.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RoundFacts {
    /// 批次编号.
    pub id: String,
    /// Day of the draw.
    pub drawn_on: Day,
    /// Objects it drew.
    pub n_drawn: u64,
    /// Those whose result is known.
    pub n_answered: u64,
}

/// A round as whoever tunes reads it.
#[derive(Clone, Debug, PartialEq)]
pub struct PastRound {
    id: String,
    drawn_on: Day,
    /// Objects of its frames, ascending by key.
    members: Vec<Member>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Member {
    key: u64,
    pi: f64,
    fate: Fate,
    points: u32,
    class: usize,
    /// The class it was judged into, 0 where its points say its class.
    held: usize,
}

impl PastRound {
    /// Joins a round of the ledger with the classes it was sealed with; those of `risk` are indices into today's classes, of
    /// which the first `n_ranked` stand in the order of risk. An object without a row is left out.
    #[must_use]
    pub fn of(round: &VisitedRound, risk: &RiskColumns, n_ranked: usize) -> Self {
        let bounds = bounds_then(risk, n_ranked);
        let member = |unit: &crate::ledger::VisitedUnit| {
            let key = ObjectKey::of(&unit.object_id).0;
            let row = risk.keys.binary_search(&key).ok()?;
            let (points, class) = (risk.points[row], usize::from(risk.class[row]));
            Some(Member {
                key,
                pi: unit.pi,
                fate: unit.fate,
                points,
                class,
                held: cell_of(class, points, &bounds, 0).held,
            })
        };
        let mut members: Vec<Member> = round.units.iter().filter_map(member).collect();
        members.sort_by_key(|member| member.key);
        Self {
            id: round.round.clone(),
            drawn_on: round.drawn_on,
            members,
        }
    }

    fn facts(&self) -> RoundFacts {
        let count = |is: fn(Fate) -> bool| {
            let members = self.members.iter();
            members.filter(|member| is(member.fate)).count() as u64
        };
        RoundFacts {
            id: self.id.clone(),
            drawn_on: self.drawn_on,
            n_drawn: count(is_drawn),
            n_answered: count(is_answered),
        }
    }
}

/// The bounds a round's classes were given by, as its own objects show them: nobody below a class has its points.
fn bounds_then(risk: &RiskColumns, n_ranked: usize) -> Vec<u32> {
    let mut most = vec![0_u32; n_ranked];
    for (&points, &class) in risk.points.iter().zip(&risk.class) {
        if let Some(most) = most.get_mut(usize::from(class)) {
            *most = points.max(*most);
        }
    }
    let mut bound = 0;
    let mut bounds = vec![0; n_ranked.min(1)];
    for below in most.iter().take(n_ranked.saturating_sub(1)) {
        bound = bound.max(below.saturating_add(1));
        bounds.push(bound);
    }
    bounds
}

fn is_drawn(fate: Fate) -> bool {
    fate != Fate::NotDrawn
}

fn is_answered(fate: Fate) -> bool {
    is_drawn(fate) && fate != Fate::NoResult
}

impl Observed {
    /// The same with the visits of a ledger's rounds.
    ///
    /// # Errors
    /// A partition that cannot be read.
    pub fn with_rounds(mut self, scored: &Scored, rounds: &[PastRound]) -> Result<Self, Error> {
        let drawn = rounds.iter().flat_map(|round| &round.members);
        let drawn = drawn.filter(|member| is_drawn(member.fate));
        let strata = self.strata_of(scored, drawn.map(|member| member.key))?;
        let raised = self.raised(rounds);
        let nowhere = self.strata.1.len();
        let mut facts = PastFacts::default();
        for round in rounds {
            let response = self.response(round);
            for member in &round.members {
                if !is_answered(member.fate) {
                    continue;
                }
                if member.class >= self.classes.len() {
                    facts.n_unplaced += 1;
                    continue;
                }
                let class = self.class_then(member);
                let stratum = strata.get(&member.key).copied().unwrap_or(nowhere);
                self.visits.push(Visit {
                    cell: super::CellKey {
                        stratum,
                        held: member.held,
                        points: member.points,
                    },
                    pi: member.pi * response[class],
                    weight: raised[class],
                    hit: member.fate == Fate::Found,
                    valid: member.fate != Fate::Unusable,
                    model: 0.0,
                });
            }
            facts.rounds.push(round.facts());
        }
        self.past = Some(facts);
        Ok(self)
    }

    /// The class an object of a round has by its points of then under the bounds of today.
    fn class_then(&self, member: &Member) -> usize {
        let cell = super::CellKey {
            stratum: 0,
            held: member.held,
            points: member.points,
        };
        self.class_of(cell, &self.bounds())
    }

    /// Per class, objects of today's frame that one object of the rounds' frames stands for.
    fn raised(&self, rounds: &[PastRound]) -> Vec<f64> {
        let (mut now, mut then) = (vec![0; self.classes.len()], vec![0_u64; self.classes.len()]);
        let bounds = self.bounds();
        for (&key, cell) in &self.cells {
            now[self.class_of(key, &bounds)] += cell.n;
        }
        let members = rounds.iter().flat_map(|round| &round.members);
        for member in members.filter(|member| member.class < self.classes.len()) {
            then[self.class_then(member)] += 1;
        }
        let share = |(&now, &then): (&u64, &u64)| real(now) / real(then.max(1));
        now.iter().zip(&then).map(share).collect()
    }

    /// Per class, the share of a round's drawn objects whose result is known.
    fn response(&self, round: &PastRound) -> Vec<f64> {
        let mut counts = vec![(0_u64, 0_u64); self.classes.len()];
        let placed = round.members.iter();
        for member in placed.filter(|member| member.class < self.classes.len()) {
            let (drawn, answered) = &mut counts[self.class_then(member)];
            *drawn += u64::from(is_drawn(member.fate));
            *answered += u64::from(is_answered(member.fate));
        }
        let share = |&(drawn, answered): &(u64, u64)| real(answered) / real(drawn.max(1));
        counts.iter().map(share).collect()
    }
}
