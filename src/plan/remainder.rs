//! What drawn lists tell of a class by themselves, however little else is published: P(class | drawn) against P(class).

use std::collections::BTreeMap;
use std::fmt;

use super::Millionths;

/// The remainder of law 6: the lists must be published, and a list of a risk-weighted draw says something of risk.
#[derive(Clone, Debug, PartialEq)]
pub struct Remainder {
    /// For this round, from its realised probabilities; classes in the risk table's order.
    pub this_round: Vec<ClassRemainder>,
    /// For this round together with the known ones: drawn is whoever a past round drew, or this one will draw.
    pub over_rounds: Vec<ClassRemainder>,
    /// Classes that reveal more than the round's limit.
    pub too_revealing: Vec<TooRevealing>,
}

/// One class, as whoever knows the lists alone sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct ClassRemainder {
    /// Code.
    pub class: String,
    /// Objects of the class in the frame.
    pub n_units: u64,
    /// P(class), 0 ..= 1.
    pub share: f64,
    /// P(class | drawn), 0 ..= 1; none where nobody is drawn.
    pub among_drawn: Option<f64>,
    /// P(class | not drawn), 0 ..= 1; none where everybody is drawn.
    pub among_not_drawn: Option<f64>,
}

/// A class that the drawn list reveals beyond the limit: a warning that names the clause.
#[derive(Clone, Debug, PartialEq)]
pub struct TooRevealing {
    /// Code.
    pub class: String,
    /// |P(class | drawn) - P(class)|.
    pub difference: f64,
    /// `remainder_max`.
    pub limit: f64,
    /// Whether it is so in this round already, or over the rounds together.
    pub in_this_round: bool,
}

impl fmt::Display for TooRevealing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            class,
            difference,
            limit,
            in_this_round,
        } = self;
        let over = if *in_this_round {
            "this round"
        } else {
            "the rounds together"
        };
        write!(
            f,
            "信用风险分类结果不公开: by the drawn lists of {over}, |P({class} | drawn) - P({class})| = {difference:.4} exceeds remainder_max = {limit}"
        )
    }
}

/// Objects that are alike: index of the class, whether a past round drew them, and their number, with the probability
/// that this round draws them.
pub(super) struct Alike {
    pub(super) class: u16,
    pub(super) drawn_before: bool,
    pub(super) n: u64,
    pub(super) probability: f64,
}

pub(super) fn remainder(
    codes: &[String],
    objects: &[Alike],
    limit: Option<Millionths>,
) -> Remainder {
    let this_round = by_class(codes, objects, |one| one.probability);
    let ever = |one: &Alike| {
        if one.drawn_before {
            1.0
        } else {
            one.probability
        }
    };
    let over_rounds = by_class(codes, objects, ever);
    let limit = limit.map(|limit| limit.ratio().as_f64());
    let beyond = |classes: &[ClassRemainder], in_this_round| {
        let too = classes.iter().filter_map(|class| {
            let (limit, difference) = (limit?, (class.among_drawn? - class.share).abs());
            (difference > limit).then(|| TooRevealing {
                class: class.class.clone(),
                difference,
                limit,
                in_this_round,
            })
        });
        too.collect::<Vec<_>>()
    };
    let too_revealing = [beyond(&this_round, true), beyond(&over_rounds, false)].concat();
    Remainder {
        this_round,
        over_rounds,
        too_revealing,
    }
}

fn by_class(
    codes: &[String],
    objects: &[Alike],
    drawn: impl Fn(&Alike) -> f64,
) -> Vec<ClassRemainder> {
    let mut sums: BTreeMap<u16, (u64, f64)> = BTreeMap::new();
    for one in objects {
        let (n, drawn_of_class) = sums.entry(one.class).or_default();
        *n += one.n;
        *drawn_of_class += float(one.n) * drawn(one);
    }
    let (all, all_drawn) = sums
        .values()
        .fold((0, 0.0), |(n, drawn), one| (n + one.0, drawn + one.1));
    let of = |part: f64, whole: f64| (whole > 0.0).then(|| part / whole);
    let class = |(class, (n, drawn)): (u16, (u64, f64))| ClassRemainder {
        class: codes.get(usize::from(class)).cloned().unwrap_or_default(),
        n_units: n,
        share: of(float(n), float(all)).unwrap_or_default(),
        among_drawn: of(drawn, all_drawn),
        among_not_drawn: of(float(n) - drawn, float(all) - all_drawn),
    };
    sums.into_iter().map(class).collect()
}

pub(super) fn float(count: u64) -> f64 {
    #[allow(
        clippy::cast_precision_loss,
        reason = "counts of objects stay below 2^53"
    )]
    let float = count as f64;
    float
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_that_is_all_d_says_so() {
        let of = |class, n, probability| Alike {
            class,
            drawn_before: false,
            n,
            probability,
        };
        let codes = ["A".to_owned(), "D".to_owned()];
        let limit = Millionths::try_from(300_000).ok();
        let found = remainder(&codes, &[of(0, 90, 0.1), of(1, 10, 0.9)], limit);
        let d = &found.this_round[1];
        assert!((d.share - 0.1).abs() < 1e-12);
        assert!((d.among_drawn.unwrap() - 0.5).abs() < 1e-12);
        assert!((d.among_not_drawn.unwrap() - 1.0 / 82.0).abs() < 1e-12);
        assert_eq!(found.this_round, found.over_rounds);
        let text = found.too_revealing[0].to_string();
        assert!(
            text.starts_with("信用风险分类结果不公开: ") && text.contains("P(A)"),
            "{text}"
        );
    }

    #[test]
    fn whoever_was_drawn_before_is_known_to_be_drawn() {
        let of = |class, drawn_before| Alike {
            class,
            drawn_before,
            n: 10,
            probability: 0.0,
        };
        let codes = ["A".to_owned(), "D".to_owned()];
        let found = remainder(&codes, &[of(0, false), of(1, true)], None);
        assert_eq!(found.this_round[1].among_drawn, None);
        assert_eq!(found.over_rounds[1].among_drawn, Some(1.0));
        assert_eq!(found.over_rounds[0].among_not_drawn, Some(1.0));
        assert_eq!(found.too_revealing, []);
    }
}
