//! The frame by the attributes fairness is looked at: size, kind, section of industry, age, division, or any register column.

use std::collections::{BTreeMap, HashMap};

use rayon::prelude::*;

use super::Roll;
use crate::codes::{self, Reading};
use crate::corridor::Scored;
use crate::error::Error;
use crate::evaluate::{Attribute, GroupFacts, ValidFairness};
use crate::registers;
use crate::units::{AsOf, Day};

/// Most groups of an attribute of divisions: longer codes are cut to those of the division above until it holds.
const DIVISIONS_MAX: usize = 40;
/// Digits of codes of divisions, smallest ones first: village, township, county, prefecture, province.
const DIVISION_DIGITS: [usize; 5] = [12, 9, 6, 4, 2];
/// Group of objects whose attribute is not known.
const UNKNOWN: &str = "（未知）";
/// Days of the past year that visits are counted over.
const YEAR: i32 = 365;

/// How a column becomes a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    AsIs,
    Section,
    Age,
    Division,
}

/// What a column says of an object, by attribute.
fn source_of(name: &str) -> (&str, Kind) {
    match name {
        "industry" => ("industry_code", Kind::Section),
        "age" => ("established_on", Kind::Age),
        "region" => ("region_code", Kind::Division),
        other => (other, Kind::AsIs),
    }
}

/// Groups of one attribute before they are put in order.
type Groups = BTreeMap<String, GroupFacts>;

/// One partition: the groups of every attribute, and the labels of its drawn objects by key.
struct Part {
    groups: Vec<Groups>,
    drawn: HashMap<u64, Vec<String>>,
}

/// The frame and the drawn objects by every attribute of `[fairness]`.
///
/// # Errors
/// A column the register does not have, a partition that cannot be read.
pub fn attributes(
    fairness: &ValidFairness,
    scored: &Scored,
    roll: &Roll,
) -> Result<Vec<Attribute>, Error> {
    attributes_by(fairness.by(), scored, roll)
}

/// The frame and the drawn objects by these attributes.
pub(super) fn attributes_by(
    by: &[String],
    scored: &Scored,
    roll: &Roll,
) -> Result<Vec<Attribute>, Error> {
    if by.is_empty() {
        return Ok(Vec::new());
    }
    let sources: Vec<(&str, Kind)> = by.iter().map(|name| source_of(name)).collect();
    let columns = sources
        .iter()
        .map(|(column, _)| (*column).to_owned())
        .collect::<Vec<_>>();
    let mut wanted: Vec<u64> = roll.drawn().map(|one| one.key).collect();
    wanted.sort_unstable();
    let mut all = Part {
        groups: vec![Groups::new(); sources.len()],
        drawn: HashMap::new(),
    };
    let parts: Vec<usize> = (0..scored.registers.n_parts()).collect();
    for wave in parts.chunks(rayon::current_num_threads()) {
        let read = |&part: &usize| one_part(scored, part, &sources, &columns, &wanted);
        let read = wave
            .par_iter()
            .map(read)
            .collect::<Result<Vec<Part>, Error>>()?;
        for part in read {
            all.add(part);
        }
    }
    let attribute = |(at, name): (usize, &String)| finished(at, name, sources[at].1, &all, roll);
    Ok(by.iter().enumerate().map(attribute).collect())
}

fn one_part(
    scored: &Scored,
    part: usize,
    sources: &[(&str, Kind)],
    columns: &[String],
    wanted: &[u64],
) -> Result<Part, Error> {
    let objects = scored.registers.frame_part(part, columns)?;
    let risk = scored.risk.points(part)?;
    let as_of = scored.registers.as_of();
    let revisited = scored.snapshot.revisited(part, as_of.0.plus(-YEAR), 2)?;
    let n_classes = scored.risk.classes().len();
    let mut found = Part {
        groups: vec![Groups::new(); sources.len()],
        drawn: HashMap::new(),
    };
    for (row, key) in objects.keys.iter().enumerate() {
        let Ok(at) = risk.keys.binary_search(key) else {
            continue;
        };
        let labels = sources.iter().zip(&objects.columns);
        let labels: Vec<String> = labels
            .map(|((_, kind), texts)| label(*kind, &texts[row], as_of))
            .collect();
        for (groups, label) in found.groups.iter_mut().zip(&labels) {
            let group = groups
                .entry(label.clone())
                .or_insert_with(|| empty(label, n_classes));
            group.by_class[usize::from(risk.class[at])] += 1;
            group.n_repeated += u64::from(revisited.binary_search(key).is_ok());
        }
        if wanted.binary_search(key).is_ok() {
            found.drawn.insert(*key, labels);
        }
    }
    Ok(found)
}

fn empty(label: &str, n_classes: usize) -> GroupFacts {
    GroupFacts {
        label: label.to_owned(),
        by_class: vec![0; n_classes],
        n_repeated: 0,
    }
}

impl Part {
    fn add(&mut self, other: Self) {
        for (groups, more) in self.groups.iter_mut().zip(other.groups) {
            for group in more.values() {
                add(groups, group);
            }
        }
        self.drawn.extend(other.drawn);
    }
}

fn add(groups: &mut Groups, more: &GroupFacts) {
    let sum = groups
        .entry(more.label.clone())
        .or_insert_with(|| empty(&more.label, more.by_class.len()));
    sum.by_class
        .iter_mut()
        .zip(&more.by_class)
        .for_each(|(sum, n)| *sum += n);
    sum.n_repeated += more.n_repeated;
}

/// The label of a text under an attribute.
pub(super) fn label_of(name: &str, text: &str, as_of: AsOf) -> String {
    label(source_of(name).1, text, as_of)
}

fn label(kind: Kind, text: &str, as_of: AsOf) -> String {
    let text = text.trim();
    let label = match kind {
        Kind::AsIs | Kind::Division => Some(text.to_owned()),
        Kind::Section => section(text),
        Kind::Age => text.parse().ok().map(|day| age(day, as_of)),
    };
    label
        .filter(|label| !label.is_empty())
        .unwrap_or_else(|| UNKNOWN.to_owned())
}

/// `F 批发和零售业`.
fn section(code: &str) -> Option<String> {
    let Reading::Known(industry) = codes::industry(code) else {
        return None;
    };
    let section = codes::industry_of(industry.section)?;
    Some(format!("{} {}", section.code, section.title))
}

fn age(established: Day, as_of: AsOf) -> String {
    let days = as_of.0.days() - established.days();
    let band = match days {
        ..366 => "0–1",
        366..1096 => "1–3",
        1096..3653 => "3–10",
        _ => "10+",
    };
    format!("{band} 年")
}

/// The attribute with its divisions cut, groups in order, and the group of every drawn object.
fn finished(at: usize, name: &str, kind: Kind, all: &Part, roll: &Roll) -> Attribute {
    let codes = || {
        all.groups[at]
            .keys()
            .map(String::as_str)
            .collect::<Vec<&str>>()
    };
    let digits = (kind == Kind::Division).then(|| digits_of(&codes()));
    let cut =
        |label: &str| digits.map_or_else(|| label.to_owned(), |digits| division(label, digits));
    let mut groups = Groups::new();
    for group in all.groups[at].values() {
        let label = cut(&group.label);
        add(
            &mut groups,
            &GroupFacts {
                label,
                ..group.clone()
            },
        );
    }
    let places: HashMap<&str, usize> = groups
        .keys()
        .enumerate()
        .map(|(at, label)| (label.as_str(), at))
        .collect();
    let place = |key: u64| {
        let label = all.drawn.get(&key).map(|labels| cut(&labels[at]));
        label
            .and_then(|label| places.get(label.as_str()).copied())
            .unwrap_or(usize::MAX)
    };
    Attribute {
        name: name.to_owned(),
        of_unit: roll.drawn().map(|one| place(one.key)).collect(),
        groups: groups.values().cloned().collect(),
    }
}

/// The most digits that leave few enough divisions.
pub(super) fn digits_of(codes: &[&str]) -> usize {
    let n_at = |digits: usize| {
        let mut cut: Vec<String> = codes.iter().map(|code| prefix(code, digits)).collect();
        cut.sort_unstable();
        cut.dedup();
        cut.len()
    };
    let fits = |digits: &&usize| n_at(**digits) <= DIVISIONS_MAX;
    DIVISION_DIGITS.iter().find(fits).copied().unwrap_or(2)
}

/// `130433 馆陶县`, or the cut code where the tables do not know it. A whole code has six digits or more: the ward `12` of another
/// country is no 天津市.
pub(super) fn division(code: &str, digits: usize) -> String {
    let cut = prefix(code, digits);
    match codes::division(&cut).filter(|_| code.len() >= codes::DIVISION_DIGITS_MIN) {
        Some(division) => format!("{cut} {}", division.name),
        None => cut,
    }
}

fn prefix(code: &str, digits: usize) -> String {
    let is_code = code.bytes().all(|byte| byte.is_ascii_digit());
    if is_code {
        code.chars().take(digits).collect()
    } else {
        code.to_owned()
    }
}

/// What an attribute is called: 表头 of its column in Chinese, its name in English.
#[must_use]
pub fn attribute_header(name: &str) -> &str {
    match name {
        "industry" => "行业门类",
        "age" => "成立年限",
        "region" => "行政区划",
        other => registers::column_header(other).unwrap_or(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(text: &str) -> Day {
        text.parse().unwrap()
    }

    #[test]
    fn ages_fall_into_four_bands_and_unknown_ones_stand_apart() {
        let as_of = AsOf(on("2025-01-01"));
        for (text, expected) in [
            ("2024-06-01", "0–1 年"),
            ("2023-01-01", "1–3 年"),
            ("2016-05-01", "3–10 年"),
            ("1999-01-01", "10+ 年"),
            ("", UNKNOWN),
        ] {
            assert_eq!(label(Kind::Age, text, as_of), expected, "{text}");
        }
    }

    #[test]
    fn an_industry_stands_under_its_section() {
        assert_eq!(section("6210").as_deref(), Some("H 住宿和餐饮业"));
        assert_eq!(section("nonsense"), None);
    }

    #[test]
    fn too_many_townships_become_their_counties() {
        let digits = |n: usize| {
            let codes = (0..n).map(|at| format!("130433{:03}", at + 100));
            let codes: Vec<String> = codes.collect();
            digits_of(&codes.iter().map(String::as_str).collect::<Vec<&str>>())
        };
        assert_eq!(digits(8), 12);
        assert_eq!(digits(60), 6);
        assert_eq!(division("130433101", 6), "130433 馆陶县");
        assert_eq!(division("Ward 3", 6), "Ward 3");
        assert_eq!(
            (division("12", 12).as_str(), division("120101", 2).as_str()),
            ("12", "12 天津市")
        );
    }
}
