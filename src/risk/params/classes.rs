//! `[[risk.class]]`: either shares that sum to 1 or ascending points, under codes that differ.

use std::collections::BTreeSet;

use super::{Class, Limits, POINTS_LIMIT, Params};
use crate::units::{Problem, Ratio, Rounding};

impl Params {
    pub(super) fn check_classes(&self, problems: &mut Vec<Problem>) -> Option<Limits> {
        let before = problems.len();
        if self.class.is_empty() {
            problems.push(Problem::new(
                "class",
                "absent",
                "at least one class must be declared",
            ));
        }
        self.check_codes(problems);
        let shares = self
            .class
            .iter()
            .filter(|class| class.share.is_some())
            .count();
        let points = self
            .class
            .iter()
            .filter(|class| class.points_from.is_some())
            .count();
        let limits = if shares == self.class.len() && points == 0 {
            Limits::Shares(check_shares(&self.class, problems))
        } else if points == self.class.len() && shares == 0 {
            Limits::Points(check_points(&self.class, problems))
        } else {
            let rule = "either every class has a share or every class has points_from";
            problems.push(Problem::new(
                "class",
                format!("{shares} with share, {points} with points_from"),
                rule,
            ));
            return None;
        };
        (problems.len() == before).then_some(limits)
    }

    fn check_codes(&self, problems: &mut Vec<Problem>) {
        let rest = self
            .policies()
            .map(|(key, policy)| (format!("{key}.code"), &policy.code));
        let codes = self
            .class
            .iter()
            .enumerate()
            .map(|(i, class)| (format!("class.{i}.code"), &class.code));
        let mut seen = BTreeSet::new();
        for (key, code) in codes.chain(rest) {
            if code.trim().is_empty() || code.contains('/') {
                problems.push(Problem::new(
                    key,
                    code,
                    "a class code must be a word without \"/\"",
                ));
            } else if !seen.insert(code) {
                problems.push(Problem::new(key, code, "class codes must differ"));
            }
        }
    }
}

fn check_shares(classes: &[Class], problems: &mut Vec<Problem>) -> Vec<u64> {
    let mut millionths = Vec::new();
    for (i, class) in classes.iter().enumerate() {
        let share = class.share.unwrap_or_default();
        if let Some(ratio) = Ratio::from_f64(share) {
            millionths.push(ratio.of(1_000_000, Rounding::HalfUp));
        } else {
            let rule = "a share must lie in 0 ..= 1 with at most six decimals";
            problems.push(Problem::new(format!("class.{i}.share"), share, rule));
        }
    }
    let sum: u64 = millionths.iter().sum();
    if millionths.len() == classes.len() && !classes.is_empty() && sum.abs_diff(1_000_000) > 1 {
        let written = format!("{}.{:06}", sum / 1_000_000, sum % 1_000_000);
        problems.push(Problem::new(
            "class.share",
            written,
            "the shares of the classes must sum to 1",
        ));
    }
    millionths
}

fn check_points(classes: &[Class], problems: &mut Vec<Problem>) -> Vec<u32> {
    let from: Vec<i64> = classes
        .iter()
        .map(|class| class.points_from.unwrap_or_default())
        .collect();
    if let Some(&first) = from.first()
        && first != 0
    {
        problems.push(Problem::new(
            "class.0.points_from",
            first,
            "the lowest class must start at 0 points",
        ));
    }
    for (i, pair) in from.windows(2).enumerate() {
        if pair[1] <= pair[0] || pair[1] > POINTS_LIMIT {
            let rule = format!("must be above {} and at most {POINTS_LIMIT}", pair[0]);
            problems.push(Problem::new(
                format!("class.{}.points_from", i + 1),
                pair[1],
                rule,
            ));
        }
    }
    from.iter()
        .map(|&points| u32::try_from(points).unwrap_or_default())
        .collect()
}
