//! What changed for whom between two runs, and why: points, reasons, boundaries, probability, lot.

use std::collections::BTreeMap;

use serde::Serialize;

use super::super::past_run::{Member, PastRun};
use crate::error::Error;
use crate::evaluate::{ClassFacts, Migration};
use crate::risk::{REST_OF_POINTS, RiskColumns, RiskRow, reason_parts};

/// An object in one run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct State {
    /// Code of its class.
    pub(super) class: String,
    /// Risk points.
    pub(super) points: u32,
    /// Label of its stratum.
    pub(super) stratum: String,
    /// Target inclusion probability.
    pub(super) pi: f64,
    pub(super) drawn: bool,
}

/// One object whose class, drawn status or place in the frame changed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Change {
    pub(super) object_id: String,
    /// In the earlier run; absent where it was not in the frame.
    pub(super) from: Option<State>,
    /// In the later run.
    pub(super) to: Option<State>,
    pub(super) why: Vec<Why>,
}

/// Why something changed.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "cause")]
pub(super) enum Why {
    /// It came into the frame.
    Came,
    /// It left the frame.
    Left,
    /// Other risk points.
    Points { from: u32, to: u32 },
    /// A reason with another value.
    Moved {
        reason: String,
        from: String,
        to: String,
    },
    /// A reason that was not there before.
    Gained { reason: String },
    /// A reason that is no longer there, or no longer among the first.
    Lost { reason: String },
    /// The same points, another class: its boundary moved.
    Boundary {
        class: String,
        from: Option<u32>,
        to: Option<u32>,
    },
    /// Another inclusion probability.
    Probability { from: f64, to: f64 },
    /// The same probability: the lot fell otherwise.
    Lot { pi: f64 },
}

/// Everything that changed.
pub(super) struct Found {
    pub(super) migration: Migration,
    pub(super) n_drawn: DrawnCounts,
    pub(super) changes: Vec<Change>,
}

/// Objects of either frame by drawn status; what stood in one frame only was not drawn in the other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct DrawnCounts {
    pub(super) both: u64,
    pub(super) earlier_only: u64,
    pub(super) later_only: u64,
    pub(super) neither: u64,
}

/// One run as columns.
struct Side<'a> {
    run: &'a PastRun,
    members: Vec<Member>,
    risk: RiskColumns,
}

/// An object's place in one run's frame and risk table.
#[derive(Clone, Copy)]
struct At {
    member: Member,
    points: u32,
    class: usize,
}

impl<'a> Side<'a> {
    fn new(run: &'a PastRun) -> Result<Self, Error> {
        Ok(Self {
            members: run.members()?,
            risk: run.risk.columns(&codes(run.classes()))?,
            run,
        })
    }

    fn at(&self, member: &Member) -> At {
        let row = self.risk.keys.binary_search(&member.key).ok();
        At {
            member: *member,
            points: row.map_or(0, |row| self.risk.points[row]),
            class: row.map_or(usize::MAX, |row| usize::from(self.risk.class[row])),
        }
    }

    fn code(&self, class: usize) -> &str {
        self.run
            .classes()
            .get(class)
            .map_or("", |class| class.code.as_str())
    }

    fn state(&self, at: &At) -> State {
        let stratum = usize::try_from(at.member.stratum).ok();
        let stratum = stratum.and_then(|stratum| self.run.plan.strata.get(stratum));
        State {
            class: self.code(at.class).to_owned(),
            points: at.points,
            stratum: stratum.map_or_else(String::new, |stratum| stratum.label.clone()),
            pi: at.member.pi,
            drawn: at.member.drawn,
        }
    }
}

fn codes(classes: &[ClassFacts]) -> Vec<String> {
    classes.iter().map(|class| class.code.clone()).collect()
}

/// Both places of one object, at least one there.
type Pair = (Option<At>, Option<At>);

/// Holds two runs against each other, object by object.
///
/// # Errors
/// A run that cannot be read, or two frames without a single common object.
pub(super) fn changes(earlier: &PastRun, later: &PastRun) -> Result<Found, Error> {
    let (old, new) = (Side::new(earlier)?, Side::new(later)?);
    let mut migration = Migration::new(codes(earlier.classes()), codes(later.classes()));
    let mut n_drawn = DrawnCounts::default();
    let mut changed: BTreeMap<u64, Pair> = BTreeMap::new();
    let mut n_common = 0_u64;
    for (key, pair) in pairs(&old, &new) {
        let inside = |at: Option<At>, side: &Side| {
            at.map(|at| at.class)
                .filter(|at| *at < side.run.classes().len())
        };
        migration.add(inside(pair.0, &old), inside(pair.1, &new));
        let is_drawn = |at: Option<At>| at.is_some_and(|at| at.member.drawn);
        n_drawn.add(is_drawn(pair.0), is_drawn(pair.1));
        if let (Some(from), Some(to)) = pair {
            n_common += 1;
            let same_class = old.code(from.class) == new.code(to.class);
            if same_class && from.member.drawn == to.member.drawn {
                continue;
            }
        }
        changed.insert(key, pair);
    }
    if n_common == 0 {
        let of = |run: &PastRun| Box::new((run.folder.clone(), run.manifest.job.clone()));
        return Err(Error::NothingInCommon(of(earlier), of(later)));
    }
    let told = tell(&old, &new, &changed)?;
    Ok(Found {
        migration,
        n_drawn,
        changes: told,
    })
}

impl DrawnCounts {
    fn add(&mut self, earlier: bool, later: bool) {
        *match (earlier, later) {
            (true, true) => &mut self.both,
            (true, false) => &mut self.earlier_only,
            (false, true) => &mut self.later_only,
            (false, false) => &mut self.neither,
        } += 1;
    }
}

/// Every object of either frame, ascending by key.
fn pairs<'a>(old: &'a Side, new: &'a Side) -> impl Iterator<Item = (u64, Pair)> + 'a {
    let (mut left, mut right) = (old.members.iter().peekable(), new.members.iter().peekable());
    std::iter::from_fn(move || {
        let first = left.peek().map(|member| member.key).into_iter();
        let key = first.chain(right.peek().map(|member| member.key)).min()?;
        let from = left
            .next_if(|member| member.key == key)
            .map(|member| old.at(member));
        let to = right
            .next_if(|member| member.key == key)
            .map(|member| new.at(member));
        Some((key, (from, to)))
    })
}

/// The changes with ids and causes, ascending by id.
fn tell(old: &Side, new: &Side, changed: &BTreeMap<u64, Pair>) -> Result<Vec<Change>, Error> {
    let keys: Vec<u64> = changed.keys().copied().collect();
    let mut ids = old.run.ids(&keys)?;
    ids.extend(new.run.ids(&keys)?);
    let reasons = |side: &Side| -> Result<BTreeMap<u64, RiskRow>, Error> {
        let rows = side.run.risk.rows(&keys)?;
        Ok(rows.into_iter().map(|row| (row.key, row)).collect())
    };
    let (before, after) = (reasons(old)?, reasons(new)?);
    let mut told: Vec<Change> = changed
        .iter()
        .map(|(key, (from, to))| Change {
            object_id: ids.get(key).cloned().unwrap_or_default(),
            from: from.as_ref().map(|at| old.state(at)),
            to: to.as_ref().map(|at| new.state(at)),
            why: why((old, from), (new, to), (before.get(key), after.get(key))),
        })
        .collect();
    told.sort_by(|a, b| a.object_id.cmp(&b.object_id));
    Ok(told)
}

fn why(
    (old, from): (&Side, &Option<At>),
    (new, to): (&Side, &Option<At>),
    (before, after): (Option<&RiskRow>, Option<&RiskRow>),
) -> Vec<Why> {
    let (from, to) = match (from, to) {
        (Some(from), Some(to)) => (from, to),
        (None, _) => return vec![Why::Came],
        (_, None) => return vec![Why::Left],
    };
    let mut why = Vec::new();
    if old.code(from.class) != new.code(to.class) {
        why.extend(why_class((old, from), (new, to), (before, after)));
    }
    if from.member.drawn != to.member.drawn {
        why.push(if same(from.member.pi, to.member.pi) {
            Why::Lot { pi: to.member.pi }
        } else {
            Why::Probability {
                from: from.member.pi,
                to: to.member.pi,
            }
        });
    }
    why
}

fn why_class(
    (old, from): (&Side, &At),
    (new, to): (&Side, &At),
    (before, after): (Option<&RiskRow>, Option<&RiskRow>),
) -> Vec<Why> {
    let mut why = Vec::new();
    if from.points != to.points {
        why.push(Why::Points {
            from: from.points,
            to: to.points,
        });
    }
    let list = |row: Option<&RiskRow>| -> Vec<String> {
        row.map_or_else(Vec::new, |row| row.reasons.clone())
    };
    let (was, is) = (list(before), list(after));
    why.extend(why_reasons(&was, &is));
    if from.points == to.points && was == is {
        let higher = to.class.max(from.class);
        let bound = |side: &Side| {
            let classes = side.run.profile.as_ref().map(|profile| &profile.classes);
            classes
                .and_then(|classes| classes.get(higher))
                .and_then(|class| class.points_from)
        };
        why.push(Why::Boundary {
            class: new.code(higher).to_owned(),
            from: bound(old),
            to: bound(new),
        });
    }
    why
}

/// What moved among the first reasons: those with another value, those that are new, those that are gone.
fn why_reasons(was: &[String], is: &[String]) -> Vec<Why> {
    let parts = |reason: &String| {
        let parts = reason_parts(reason).unwrap_or((reason, ""));
        (parts.0.to_owned(), parts.1.to_owned())
    };
    let called = |reason: &String| parts(reason).0;
    let said = |reasons: &[String]| -> Vec<String> {
        let own = reasons.iter().filter(|one| called(one) != REST_OF_POINTS);
        own.cloned().collect()
    };
    let (was, is) = (said(was), said(is));
    let value = |reason: &String| parts(reason).1;
    let mut why = Vec::new();
    for reason in is.iter().filter(|reason| !was.contains(reason)) {
        let before = was.iter().find(|before| called(before) == called(reason));
        why.push(match before {
            Some(before) => Why::Moved {
                reason: called(reason),
                from: value(before),
                to: value(reason),
            },
            None => Why::Gained {
                reason: reason.clone(),
            },
        });
    }
    let gone = was
        .iter()
        .filter(|before| is.iter().all(|reason| called(reason) != called(before)));
    why.extend(gone.map(|reason| Why::Lost {
        reason: reason.clone(),
    }));
    why
}

/// Probabilities that differ by rounding alone are the same chance.
fn same(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-12
}

impl Why {
    /// In words of an officer.
    pub(super) fn say(&self, is_english: bool) -> String {
        let pick = |zh: String, en: String| if is_english { en } else { zh };
        let bound = |points: &Option<u32>| {
            points.map_or_else(|| "–".to_owned(), |points| points.to_string())
        };
        match self {
            Self::Came => pick("新进入抽样框".into(), "came into the frame".into()),
            Self::Left => pick("已不在抽样框".into(), "left the frame".into()),
            Self::Points { from, to } => pick(
                format!("风险点数 {from} → {to}"),
                format!("points {from} → {to}"),
            ),
            Self::Gained { reason } => pick(format!("新出现：{reason}"), format!("new: {reason}")),
            Self::Moved { reason, from, to } => pick(
                format!("{reason}：{from} → {to}"),
                format!("{reason}: {from} → {to}"),
            ),
            Self::Lost { reason } => pick(
                format!("不再居前：{reason}"),
                format!("no longer among the first: {reason}"),
            ),
            Self::Boundary { class, from, to } => pick(
                format!("点数未变，{class} 类起点 {} → {}", bound(from), bound(to)),
                format!(
                    "same points; class {class} began at {}, now at {}",
                    bound(from),
                    bound(to)
                ),
            ),
            Self::Probability { from, to } => pick(
                format!("入样概率 {from:.4} → {to:.4}，抽中与否仍由种子决定"),
                format!("probability {from:.4} → {to:.4}; the lot decided within it"),
            ),
            Self::Lot { pi } => pick(
                format!("入样概率未变（{pi:.4}），由种子决定"),
                format!("the same probability ({pi:.4}): the lot alone"),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_with_another_value_moved_and_is_neither_new_nor_gone() {
        let was = ["近一年处罚：1次，加6分", "直接判定：甲"].map(str::to_owned);
        let is = ["近一年处罚：2次，加9分", "食品行业：是，加4分"].map(str::to_owned);
        let said: Vec<String> = why_reasons(&was, &is)
            .iter()
            .map(|why| why.say(false))
            .collect();
        assert_eq!(
            said,
            [
                "近一年处罚：1次，加6分 → 2次，加9分",
                "新出现：食品行业：是，加4分",
                "不再居前：直接判定：甲"
            ]
        );
        assert!(why_reasons(&was, &was).is_empty());
    }
}
