//! Tiny strata: pooled along a stated order of columns until every stratum holds enough objects.
//!
//! Collapsing before the draw keeps a probability above 0 for strata of a handful (Cochran 1977, *Sampling Techniques*, §5A.12).

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::units::Problem;

/// What a dropped column reads as in a label.
pub(super) const DROPPED: &str = "*";

/// `[plan.tiny]` as written.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TinyParams {
    /// Least objects of a stratum. Default: 20.
    #[serde(default = "twenty")]
    pub minimum: u64,
    /// Strata columns that may be dropped, the last one first.
    pub order: Vec<String>,
}

fn twenty() -> u64 {
    20
}

/// How tiny strata are merged; part of the sealed plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tiny {
    pub(super) minimum: u64,
    pub(super) order: Vec<String>,
}

impl TinyParams {
    pub(super) fn check(&self, strata: &[String], problems: &mut Vec<Problem>) -> Option<Tiny> {
        let before = problems.len();
        if self.minimum < 2 {
            let rule = "the least size of a stratum must be at least 2";
            problems.push(Problem::new("tiny.minimum", self.minimum, rule));
        }
        if self.order.is_empty() {
            let rule = "tiny strata need at least one column that may be dropped";
            problems.push(Problem::new("tiny.order", "[]", rule));
        }
        for (place, column) in self.order.iter().enumerate() {
            let rule = match column.as_str() {
                "risk_class" => "the class must not be dropped: its ratio would be nobody's",
                _ if !strata.contains(column) => "must be a column of `strata`",
                _ if self.order[..place].contains(column) => "a column must be named once",
                _ => continue,
            };
            problems.push(Problem::new("tiny.order", column, rule));
        }
        (problems.len() == before).then(|| Tiny {
            minimum: self.minimum,
            order: self.order.clone(),
        })
    }
}

/// The values of the strata columns, in their order.
pub(super) type Values = Vec<String>;

/// Which stratum every combination of values belongs to.
#[derive(Debug, Default)]
pub(super) struct Merged {
    pub(super) stratum_of: BTreeMap<Values, Values>,
    /// How many columns of the order were dropped somewhere, counted from its end.
    pub(super) dropped: usize,
}

/// A stratum while strata are being merged: its objects and the combinations it is made of.
type Pool = (u64, Vec<Values>);

/// Merges combinations of values below the minimum. Column after column, from the end of the order: of the strata that
/// differ in dropped columns alone, the tiny ones are pooled, and the smallest others join until the pool is large
/// enough. What is still tiny goes on to the next column, and stays as it is after the last.
pub(super) fn merge(
    tiny: Option<&Tiny>,
    strata: &[String],
    counts: &BTreeMap<Values, u64>,
) -> Merged {
    let pools = counts.iter();
    let mut pools: BTreeMap<Values, Pool> = pools
        .map(|(values, &n)| (values.clone(), (n, vec![values.clone()])))
        .collect();
    let mut dropped = 0;
    if let Some(tiny) = tiny {
        for j in 1..=tiny.order.len() {
            let columns = &tiny.order[tiny.order.len() - j..];
            if merge_along(columns, tiny.minimum, strata, &mut pools) {
                dropped = j;
            }
        }
    }
    let members = pools.into_iter().flat_map(|(stratum, (_, members))| {
        let of = move |values| (values, stratum.clone());
        members.into_iter().map(of)
    });
    Merged {
        stratum_of: members.collect(),
        dropped,
    }
}

/// One step of [`merge`], all of `columns` dropped; whether anything was merged.
fn merge_along(
    columns: &[String],
    minimum: u64,
    strata: &[String],
    pools: &mut BTreeMap<Values, Pool>,
) -> bool {
    let mut groups: BTreeMap<Values, Vec<(u64, Values)>> = BTreeMap::new();
    for (values, (n, _)) in pools.iter() {
        let group = without(values, strata, columns);
        groups.entry(group).or_default().push((*n, values.clone()));
    }
    let mut merged = false;
    for (group, mut members) in groups {
        members.sort();
        let (mut n, mut combinations) = (0, Vec::new());
        for (size, values) in members {
            if size >= minimum && (n == 0 || n >= minimum) {
                break;
            }
            n += size;
            combinations.extend(pools.remove(&values).map_or(Vec::new(), |pool| pool.1));
        }
        if n > 0 {
            let pool = pools.entry(group).or_default();
            pool.0 += n;
            pool.1.extend(combinations);
            merged = true;
        }
    }
    merged
}

/// `values` with [`DROPPED`] in the place of `columns`.
fn without(values: &Values, strata: &[String], columns: &[String]) -> Values {
    let value = |(column, value): (&String, &String)| {
        if columns.contains(column) {
            DROPPED.to_owned()
        } else {
            value.clone()
        }
    };
    strata.iter().zip(values).map(value).collect()
}

/// What may be published of every stratum, by its label: its values without the class, and without every column that was
/// dropped anywhere. A merged label beside an unmerged one would tell which class had too few.
pub(super) fn public_labels(
    tiny: Option<&Tiny>,
    strata: &[String],
    merged: &Merged,
) -> BTreeMap<String, String> {
    let order = tiny.map_or(&[][..], |tiny| &tiny.order);
    let dropped = &order[order.len() - merged.dropped..];
    let is_public = |column: &String| column != "risk_class" && !dropped.contains(column);
    let public = |values: &Values| {
        let kept = strata
            .iter()
            .zip(values)
            .filter(|(column, _)| is_public(column));
        let kept: Vec<String> = kept.map(|(_, value)| value.clone()).collect();
        (label(values), label(&kept))
    };
    merged.stratum_of.values().map(public).collect()
}

impl Tiny {
    /// Whether a stratum of this label and size may stand in a plan.
    pub(super) fn allows(&self, label: &str, n_units: u64, strata: &[String]) -> bool {
        let values: Vec<&str> = label.split('/').collect();
        let is_dropped = |column: &String| {
            let place = strata.iter().position(|other| other == column);
            place.and_then(|place| values.get(place)) == Some(&DROPPED)
        };
        n_units == 0
            || n_units >= self.minimum
            || (values.len() == strata.len() && self.order.iter().all(is_dropped))
    }
}

impl fmt::Display for Tiny {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at least {} objects", self.minimum)
    }
}

/// A value as it stands in a label, where `/` separates values.
pub(super) fn in_label(value: &str) -> String {
    if value.is_empty() {
        return "未填".to_owned();
    }
    value.replace('/', "／")
}

/// The label of a stratum.
pub(super) fn label(values: &[String]) -> String {
    if values.is_empty() {
        DROPPED.to_owned()
    } else {
        values.join("/")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn strata() -> Vec<String> {
        ["risk_class", "region", "industry"]
            .map(str::to_owned)
            .to_vec()
    }

    fn merged(rows: &[(&str, u64)]) -> (BTreeMap<String, u64>, usize) {
        let tiny = Tiny {
            minimum: 20,
            order: vec!["region".into(), "industry".into()],
        };
        let values = |label: &str| label.split('/').map(str::to_owned).collect::<Values>();
        let counts = rows.iter().map(|&(label, n)| (values(label), n)).collect();
        let found = merge(Some(&tiny), &strata(), &counts);
        let mut sizes = BTreeMap::new();
        for (values, stratum) in &found.stratum_of {
            *sizes.entry(label(stratum)).or_insert(0) += counts[values];
        }
        (sizes, found.dropped)
    }

    fn sizes(rows: &[(&str, u64)]) -> BTreeMap<String, u64> {
        let row = |&(label, n): &(&str, u64)| (label.to_owned(), n);
        rows.iter().map(row).collect()
    }

    #[test]
    fn tiny_strata_of_one_region_are_pooled_and_the_smallest_other_joins() {
        let (found, dropped) = merged(&[("A/r/x", 9), ("A/r/y", 8), ("A/r/z", 30), ("A/r/w", 50)]);
        assert_eq!(found, sizes(&[("A/r/*", 47), ("A/r/w", 50)]));
        assert_eq!(dropped, 1);
    }

    #[test]
    fn what_stays_tiny_goes_on_to_the_next_column() {
        let (found, dropped) = merged(&[("A/r/x", 9), ("A/r/y", 8), ("A/s/x", 25), ("B/r/x", 90)]);
        assert_eq!(found, sizes(&[("A/*/*", 42), ("B/r/x", 90)]));
        assert_eq!(dropped, 2);
    }

    #[test]
    fn classes_are_never_merged() {
        let (found, _) = merged(&[("A/r/x", 90), ("D/r/x", 3), ("D/s/y", 4)]);
        assert_eq!(found, sizes(&[("A/r/x", 90), ("D/*/*", 7)]));
    }

    proptest! {
        #[test]
        fn public_labels_never_tell_objects_of_equal_public_attributes_apart(
            objects in proptest::collection::vec((0..4_u8, 0..4_u8, 0..5_u8), 1..200),
            minimum in 2_u64..40,
        ) {
            let values = |&(class, region, industry): &(u8, u8, u8)| -> Values {
                vec![format!("C{class}"), format!("r{region}"), format!("i{industry}")]
            };
            let mut counts: BTreeMap<Values, u64> = BTreeMap::new();
            for object in &objects {
                *counts.entry(values(object)).or_default() += 1;
            }
            let order = vec!["region".into(), "industry".into()];
            let tiny = Tiny { minimum, order };
            let merged = merge(Some(&tiny), &strata(), &counts);
            let public = public_labels(Some(&tiny), &strata(), &merged);
            let (mut seen, mut sizes) = (BTreeMap::new(), BTreeMap::new());
            for object in &objects {
                let stratum = label(&merged.stratum_of[&values(object)]);
                *sizes.entry(stratum.clone()).or_insert(0) += 1;
                let attributes = (object.1, object.2);
                let published = seen.entry(attributes).or_insert(public[&stratum].clone());
                prop_assert_eq!(&*published, &public[&stratum]);
            }
            for (stratum, n) in sizes {
                prop_assert!(tiny.allows(&stratum, n, &strata()), "{} {}", stratum, n);
            }
        }
    }

    #[test]
    fn large_strata_stay_as_they_are() {
        let rows = [("A/r/x", 20), ("A/r/y", 21)];
        assert_eq!(merged(&rows), (sizes(&rows), 0));
    }
}
