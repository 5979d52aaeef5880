//! What stands around a draw for its hit rate: the frame by attributes, items, departments, industry and district; the model.

use std::collections::{BTreeMap, HashMap};

use rayon::prelude::*;

use super::groups::{attributes_by, digits_of, division, label_of};
use super::{LEARNED, Roll};
use crate::corridor::Scored;
use crate::error::Error;
use crate::evaluate::{Around, Attribute, Crossing, Grouping};
use crate::job::Job;
use crate::registers::{Item, RowSql};
use crate::units::ProbabilitySum;

/// Attributes that follow from the list of items.
const OF_ITEMS: [&str; 2] = ["item", "department"];
/// The attribute that is read off results.
const MONTH: &str = "month";
/// Industry and district of an object, as they stand in the register.
type Cross = (String, String);

/// One partition.
#[derive(Default)]
struct Part {
    /// Objects of the frame.
    crossed: BTreeMap<Cross, u64>,
    /// Drawn objects, by key.
    drawn: HashMap<u64, Cross>,
    /// Objects of the frame per group of each attribute of items.
    n_items: Vec<Vec<u64>>,
    /// Groups of drawn objects, by key, for each attribute of items.
    in_items: Vec<HashMap<u64, Vec<usize>>>,
    /// Sums of the model's probabilities per class.
    model: Vec<ProbabilitySum>,
}

/// Labels of the groups of an attribute of items, each with the conditions of which one must hold; none: all objects.
struct OfItems {
    name: &'static str,
    groups: Vec<(String, Option<Vec<RowSql>>)>,
}

/// What is asked of every partition.
struct Asked<'a> {
    scored: &'a Scored,
    crosses: bool,
    of_items: &'a [OfItems],
    wanted: &'a [u64],
}

/// What stands around the draw of a job.
///
/// # Errors
/// A column the register does not have, a partition or a list that cannot be read, a condition of an item that does not fit.
pub fn around(job: &Job, scored: &Scored, roll: &Roll) -> Result<Around, Error> {
    let by = job.evaluate.by();
    let of_register: Vec<String> = by
        .iter()
        .filter(|name| *name != MONTH && !OF_ITEMS.contains(&name.as_str()))
        .cloned()
        .collect();
    let attributes = attributes_by(&of_register, scored, roll)?;
    let of_items = of_items(by, scored)?;
    let mut wanted: Vec<u64> = roll.drawn().map(|one| one.key).collect();
    wanted.sort_unstable();
    let asked = Asked {
        scored,
        crosses: ["industry", "region"]
            .iter()
            .all(|name| by.iter().any(|one| one == name)),
        of_items: &of_items,
        wanted: &wanted,
    };
    let all = asked.all()?;
    let items = of_items.iter().enumerate();
    let groupings = attributes.into_iter().map(grouping);
    let groupings = groupings.chain(items.map(|(at, of)| all.grouping(at, of, roll)));
    Ok(Around {
        drawn_on: Some(job.as_of.0),
        groupings: groupings.collect(),
        crossing: asked.crosses.then(|| all.crossing(scored, roll)),
        model_by_class: all.model_by_class(),
    })
}

/// Items and departments, where the job asks for them and has a list of items.
fn of_items(by: &[String], scored: &Scored) -> Result<Vec<OfItems>, Error> {
    let asked: Vec<&'static str> = OF_ITEMS
        .into_iter()
        .filter(|name| by.iter().any(|one| one == name))
        .collect();
    let Some(items) = scored.registers.items()?.filter(|_| !asked.is_empty()) else {
        return Ok(Vec::new());
    };
    asked
        .into_iter()
        .map(|name| grouped(name, &items))
        .collect()
}

fn grouped(name: &'static str, items: &[Item]) -> Result<OfItems, Error> {
    let mut groups: BTreeMap<String, Option<Vec<RowSql>>> = BTreeMap::new();
    for item in items {
        let label = match (name, &item.department) {
            ("item", _) => item.id.clone(),
            (_, Some(department)) => department.clone(),
            (_, None) => continue,
        };
        let condition = item.applies_to.as_deref().map(|text| {
            RowSql::parse(text).map_err(|rule| {
                let problem = crate::units::Problem::new("applies_to", text, rule);
                crate::registers::Error::Settings(vec![problem])
            })
        });
        let group = groups.entry(label).or_insert_with(|| Some(Vec::new()));
        match (condition.transpose()?, group.as_mut()) {
            (Some(condition), Some(group)) => group.push(condition),
            (None, _) => *group = None,
            (Some(_), None) => {}
        }
    }
    Ok(OfItems {
        name,
        groups: groups.into_iter().collect(),
    })
}

fn grouping(attribute: Attribute) -> Grouping {
    let n = attribute.groups.len();
    Grouping {
        name: attribute.name,
        groups: attribute
            .groups
            .into_iter()
            .map(|group| (group.label, group.by_class.iter().sum()))
            .collect(),
        of_unit: attribute
            .of_unit
            .into_iter()
            .map(|at| (at < n).then_some(at).into_iter().collect())
            .collect(),
    }
}

impl Asked<'_> {
    fn all(&self) -> Result<Part, Error> {
        let mut all = self.empty();
        let parts: Vec<usize> = (0..self.scored.registers.n_parts()).collect();
        for wave in parts.chunks(rayon::current_num_threads()) {
            let read = wave.par_iter().map(|&part| self.part(part));
            for part in read.collect::<Result<Vec<Part>, Error>>()? {
                all.add(part);
            }
        }
        Ok(all)
    }

    fn empty(&self) -> Part {
        let sizes = self.of_items.iter().map(|of| of.groups.len());
        Part {
            n_items: sizes.map(|n| vec![0; n]).collect(),
            in_items: vec![HashMap::new(); self.of_items.len()],
            model: vec![ProbabilitySum::default(); self.scored.risk.classes().len()],
            ..Part::default()
        }
    }

    fn part(&self, part: usize) -> Result<Part, Error> {
        let columns = ["industry_code", "region_code"].map(str::to_owned);
        let columns = if self.crosses { &columns[..] } else { &[] };
        let objects = self.scored.registers.frame_part(part, columns)?;
        let risk = self.scored.risk.part(part)?;
        let learned = risk.scores.iter().find(|(model, _)| model == LEARNED);
        let mut found = self.empty();
        let mut is_drawn = vec![false; objects.keys.len()];
        for (row, key) in objects.keys.iter().enumerate() {
            is_drawn[row] = self.wanted.binary_search(key).is_ok();
            if self.crosses {
                let industry = label_of("industry", &objects.columns[0][row], self.as_of());
                let cross = (industry, objects.columns[1][row].trim().to_owned());
                if is_drawn[row] {
                    found.drawn.insert(*key, cross.clone());
                }
                *found.crossed.entry(cross).or_default() += 1;
            }
            if let (Some((_, scores)), Ok(at)) = (learned, risk.keys.binary_search(key)) {
                found.model[usize::from(risk.class[at])].add(scores[at]);
            }
        }
        for (at, of) in self.of_items.iter().enumerate() {
            for (group, (_, conditions)) in of.groups.iter().enumerate() {
                let holds = match conditions {
                    Some(conditions) => self.scored.registers.any_holds(part, conditions)?,
                    None => vec![true; objects.keys.len()],
                };
                for (row, _) in holds.iter().enumerate().filter(|(_, holds)| **holds) {
                    found.n_items[at][group] += 1;
                    if is_drawn[row] {
                        let groups = found.in_items[at].entry(objects.keys[row]).or_default();
                        groups.push(group);
                    }
                }
            }
        }
        Ok(found)
    }

    fn as_of(&self) -> crate::units::AsOf {
        self.scored.registers.as_of()
    }
}

impl Part {
    fn add(&mut self, other: Self) {
        for (cross, n) in other.crossed {
            *self.crossed.entry(cross).or_default() += n;
        }
        self.drawn.extend(other.drawn);
        for (sums, more) in self.n_items.iter_mut().zip(other.n_items) {
            sums.iter_mut().zip(more).for_each(|(sum, n)| *sum += n);
        }
        for (all, more) in self.in_items.iter_mut().zip(other.in_items) {
            all.extend(more);
        }
        let model = self.model.iter_mut().zip(other.model);
        model.for_each(|(sum, more)| *sum += more);
    }

    fn grouping(&self, at: usize, of: &OfItems, roll: &Roll) -> Grouping {
        let labels = of.groups.iter().map(|(label, _)| label.clone());
        let groups = |key: u64| self.in_items[at].get(&key).cloned().unwrap_or_default();
        Grouping {
            name: of.name.to_owned(),
            groups: labels.zip(self.n_items[at].iter().copied()).collect(),
            of_unit: roll.drawn().map(|one| groups(one.key)).collect(),
        }
    }

    /// Rows by section, columns by division, both ascending; divisions cut as in other tables.
    fn crossing(&self, scored: &Scored, roll: &Roll) -> Crossing {
        let codes: Vec<&str> = self.crossed.keys().map(|(_, code)| code.as_str()).collect();
        let digits = digits_of(&codes);
        let as_of = scored.registers.as_of();
        let cut = |code: &str| division(&label_of("region", code, as_of), digits);
        let mut rows: Vec<String> = self.crossed.keys().map(|(row, _)| row.clone()).collect();
        let mut columns: Vec<String> = codes.iter().map(|code| cut(code)).collect();
        for labels in [&mut rows, &mut columns] {
            labels.sort();
            labels.dedup();
        }
        let place = |(industry, code): &Cross| {
            let row = rows.binary_search(industry).ok()?;
            Some((row, columns.binary_search(&cut(code)).ok()?))
        };
        let mut n_frame = vec![0; rows.len() * columns.len()];
        for (cross, n) in &self.crossed {
            if let Some((row, column)) = place(cross) {
                n_frame[row * columns.len() + column] += n;
            }
        }
        let of_unit = roll
            .drawn()
            .map(|one| self.drawn.get(&one.key).and_then(place));
        Crossing {
            of_unit: of_unit.collect(),
            n_frame,
            rows,
            columns,
        }
    }

    /// Empty where no learned model gave probabilities.
    fn model_by_class(&self) -> Vec<f64> {
        let none = ProbabilitySum::default();
        if self.model.iter().all(|sum| *sum == none) {
            return Vec::new();
        }
        self.model.iter().map(|sum| sum.value()).collect()
    }
}
