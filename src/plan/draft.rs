//! A target draw from its settings: what the list of items says of it, its strata and sizes below the cap, its frame.

use std::collections::{BTreeMap, BTreeSet};

use super::allocation;
use super::census::{Census, Counts, census, counts_of_sizes};
use super::compose::RoundDraw;
use super::frame::{Cooling, RoundFrame, Scope};
use super::merge::{self, Merged, Values, label};
use super::round::{Category, ItemBounds, ValidItem, ValidRound};
use super::strata::{Tally, outline};
use super::{Error, Millionths, Purpose, StratumPlan, ValidParams, targets};
use crate::registers::{Item, Registers, RowSql};
use crate::units::Ratio;

/// A target draw before the register is read.
pub(super) struct Draft {
    name: String,
    department: String,
    specialty: Option<String>,
    params: ValidParams,
    pub(super) condition: Option<RowSql>,
}

/// The round's target draws, with what the list of items says of them.
pub(super) fn drafts(round: &ValidRound, registers: &Registers) -> Result<Vec<Draft>, Error> {
    if round.items.is_empty() {
        return Ok(vec![Draft {
            name: round.id().to_owned(),
            department: round.lead().to_owned(),
            specialty: None,
            params: ValidParams {
                cool_down: round.cool_down,
                ..round.plan.clone()
            },
            condition: None,
        }]);
    }
    let list = registers.items()?;
    let draft = |item: &ValidItem| {
        let row = list
            .as_ref()
            .map(|list| list.iter().find(|row| row.id == item.id));
        match row {
            Some(None) => Err(Error::UnknownItem {
                item: item.id.clone(),
            }),
            Some(Some(row)) => draft(round, item, row),
            None => draft(round, item, &Item::default()),
        }
    };
    round.items.iter().map(draft).collect()
}

fn draft(round: &ValidRound, item: &ValidItem, row: &Item) -> Result<Draft, Error> {
    let bad = |column, value: String, rule: String| Error::UnusableItem {
        item: item.id.clone(),
        column,
        value,
        rule,
    };
    let category = match (item.category, row.category.as_deref()) {
        (Some(category), _) => Some(category),
        (None, None) => None,
        (None, Some("一般")) => Some(Category::Ordinary),
        (None, Some("重点")) => Some(Category::Key),
        (None, Some(other)) => {
            return Err(bad(
                "category",
                other.to_owned(),
                "must be 一般 or 重点".to_owned(),
            ));
        }
    };
    let bound = |column, written: Option<Millionths>, listed: Option<f64>| {
        let read = |value| {
            let rule = "must lie in 0 ..= 1 with at most six decimals".to_owned();
            Ratio::from_f64(value)
                .map(Millionths::from)
                .ok_or_else(|| bad(column, value.to_string(), rule))
        };
        written.map_or_else(|| listed.map(read).transpose(), |written| Ok(Some(written)))
    };
    let ratio_max_millionths = match category {
        Some(Category::Key) => None,
        _ => bound("ratio_max", item.ratio_max_millionths, row.ratio_max)?,
    };
    let applies_to = item.applies_to.clone().or_else(|| row.applies_to.clone());
    let condition = match (&item.scope, &applies_to) {
        (Some(written), _) => Some(written.clone()),
        (None, Some(listed)) => {
            let parsed = RowSql::parse(listed);
            Some(parsed.map_err(|rule| bad("applies_to", listed.clone(), rule))?)
        }
        (None, None) => None,
    };
    let bounds = ItemBounds {
        id: item.id.clone(),
        category,
        ratio_max_millionths,
        ratio_min_millionths: bound("ratio_min", item.ratio_min_millionths, row.ratio_min)?,
        applies_to,
    };
    let departments = [&item.department, &row.department];
    let department = departments.into_iter().flatten().next();
    Ok(Draft {
        name: item.id.clone(),
        department: department.map_or_else(|| round.lead().to_owned(), Clone::clone),
        specialty: item
            .specialty
            .clone()
            .or_else(|| row.required_specialty.clone()),
        params: ValidParams {
            cool_down: round.cool_down,
            item: Some(bounds),
            ..item.settings.clone()
        },
        condition,
    })
}

impl Draft {
    pub(super) fn draw<'a>(
        &self,
        round: &ValidRound,
        scope: &Scope<'a>,
    ) -> Result<RoundDraw<'a>, Error> {
        let scope = Scope {
            strata: self.params.strata().to_vec(),
            measure_of_size: self.params.measure_of_size(),
            conditions: self.condition.clone().map(|condition| vec![condition]),
            ..scope.clone()
        };
        let census = census(&scope)?;
        let allotted = self.allot_below_cap(round, &census)?;
        let public = merge::public_labels(self.params.tiny(), &scope.strata, &allotted.merged);
        let frame = self.frame(scope, allotted)?;
        Ok(RoundDraw {
            name: self.name.clone(),
            department: self.department.clone(),
            purpose: Purpose::Targets,
            params: self.params.clone(),
            frame,
            public_labels: public.into_values().collect(),
            specialty: self.specialty.clone(),
        })
    }

    /// Strata and sizes; where they cannot be had and the cap is why, says so, and what the smallest repair is.
    fn allot_below_cap(&self, round: &ValidRound, census: &Census) -> Result<Allotted, Error> {
        let cause = match self.allot(&census.below_cap) {
            Ok(allotted) => return Ok(allotted),
            Err(cause) => cause,
        };
        let visits: BTreeSet<u32> = census.at_cap.keys().map(|&(_, _, visits)| visits).collect();
        let suffices = |&visits: &u32| self.allot(&census.with_at_cap(visits)).is_ok();
        let Some((cap, enough)) = round
            .visits_per_year_max
            .zip(visits.into_iter().find(suffices))
        else {
            return Err(cause);
        };
        Err(Error::Cap {
            draw: self.name.clone(),
            cap,
            n_taken: census.at_cap.values().sum(),
            cap_that_suffices: enough + 1,
            size_that_fits: match &cause {
                Error::TooFew {
                    stratum, n_units, ..
                } => Some((stratum.clone(), *n_units)),
                _ => None,
            },
            cause: Box::new(cause),
        })
    }

    fn allot(&self, counts: &Counts) -> Result<Allotted, Error> {
        if counts.is_empty() {
            return Err(Error::Emptied {
                draw: self.name.clone(),
            });
        }
        let sizes = counts
            .iter()
            .map(|(values, sizes)| (values.clone(), sizes.values().sum()));
        let merged = merge::merge(self.params.tiny(), self.params.strata(), &sizes.collect());
        let mut levels: BTreeMap<String, BTreeMap<u32, u64>> = BTreeMap::new();
        for (values, sizes) in counts {
            let stratum = levels.entry(label(&merged.stratum_of[values])).or_default();
            for (&size, n) in sizes {
                *stratum.entry(size).or_default() += n;
            }
        }
        let plan = self.outline(&levels)?;
        Ok(Allotted {
            merged,
            levels,
            plan,
        })
    }

    /// What follows from counts and settings, for strata with objects alone.
    fn outline(
        &self,
        levels: &BTreeMap<String, BTreeMap<u32, u64>>,
    ) -> Result<Vec<StratumPlan>, Error> {
        let frame: Vec<String> = levels.keys().cloned().collect();
        let tally = |label: String| {
            let levels = levels.get(&label).into_iter().flatten();
            (label, levels.map(|(&size, &n)| (size, n)).collect())
        };
        let labels = allocation::labels(&self.params, &frame);
        let tallies: Vec<Tally> = labels.into_iter().map(tally).collect();
        let strata = outline(&self.params, &tallies)?;
        Ok(strata
            .into_iter()
            .filter(|stratum| stratum.n_units > 0)
            .collect())
    }

    fn frame<'a>(&self, scope: Scope<'a>, allotted: Allotted) -> Result<RoundFrame<'a>, Error> {
        let strata: Vec<String> = allotted.levels.into_keys().collect();
        let index = |values: &Values| strata.binary_search(&label(values)).unwrap_or_default();
        let stratum_of = allotted.merged.stratum_of.iter().map(|(values, stratum)| {
            let index = u32::try_from(index(stratum)).unwrap_or(u32::MAX);
            (label(values), index)
        });
        let base = targets_of(&allotted.plan);
        let mut frame = RoundFrame {
            scope,
            stratum_of: stratum_of.collect(),
            strata,
            realised: base.clone(),
            base,
            cooling: None,
        };
        if let Some(rule) = self.params.cool_down {
            frame.cooling = Some(Cooling {
                rule,
                size_min: vec![1; frame.strata.len()],
            });
            let levels = self.keep_floor(rule.floor(), &mut frame, &allotted.plan)?;
            frame.realised = targets_of(&self.outline(&levels)?);
        }
        Ok(frame)
    }

    /// Raises the least size of every stratum until each probability keeps the floor; the levels that result.
    fn keep_floor(
        &self,
        floor: f64,
        frame: &mut RoundFrame<'_>,
        plan: &[StratumPlan],
    ) -> Result<BTreeMap<String, BTreeMap<u32, u64>>, Error> {
        let mut all = BTreeMap::new();
        let counts = counts_of_sizes(frame)?;
        for (index, (stratum, cooled)) in plan.iter().zip(counts).enumerate() {
            if cooled.contains_key(&u32::MAX) {
                return Err(Error::CoolDownSize {
                    draw: self.name.clone(),
                    stratum: stratum.label.clone(),
                });
            }
            let (size_min, levels) =
                size_that_keeps(floor, stratum.n, &cooled).ok_or_else(|| Error::CoolDownFloor {
                    draw: self.name.clone(),
                    stratum: stratum.label.clone(),
                    floor,
                    n: stratum.n,
                    n_units: stratum.n_units,
                })?;
            if let Some(cooling) = &mut frame.cooling {
                cooling.size_min[index] = size_min;
            }
            all.insert(stratum.label.clone(), levels);
        }
        Ok(all)
    }
}

/// Strata and sizes of a draw before cool-down.
struct Allotted {
    merged: Merged,
    /// Objects by stratum and size.
    levels: BTreeMap<String, BTreeMap<u32, u64>>,
    /// Strata that have objects, ascending by label.
    plan: Vec<StratumPlan>,
}

fn targets_of(plan: &[StratumPlan]) -> Vec<BTreeMap<u32, f64>> {
    let of = |stratum: &StratumPlan| {
        let levels = stratum.levels.iter();
        levels.map(|level| (level.size, level.target)).collect()
    };
    plan.iter().map(of).collect()
}

/// The least size that gives every object of a stratum that draws `n` at least the probability `floor`, and the levels
/// it makes; none where even equal sizes give less. A larger least size never makes the smallest probability smaller.
fn size_that_keeps(
    floor: f64,
    n: u64,
    cooled: &BTreeMap<u32, u64>,
) -> Option<(u32, BTreeMap<u32, u64>)> {
    let keeps = |size_min: u32| {
        let levels: Vec<(u32, u64)> = raised(cooled, size_min).into_iter().collect();
        let probs = targets(&levels, n);
        n == 0 || probs.iter().all(|target| target.prob >= floor)
    };
    let largest = *cooled.keys().next_back()?;
    if !keeps(largest) {
        return None;
    }
    let (mut low, mut high) = (0, largest);
    while high - low > 1 {
        let middle = u32::midpoint(low, high);
        if keeps(middle) {
            high = middle;
        } else {
            low = middle;
        }
    }
    Some((high, raised(cooled, high)))
}

/// Levels of `cooled` with every size at least `size_min`.
fn raised(cooled: &BTreeMap<u32, u64>, size_min: u32) -> BTreeMap<u32, u64> {
    let mut levels = BTreeMap::new();
    for (&size, n_units) in cooled {
        *levels.entry(size.max(size_min)).or_default() += n_units;
    }
    levels
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_size_that_keeps_the_floor_is_found() {
        let cooled = BTreeMap::from([(1, 50), (40, 30), (100, 20)]);
        let least = |size: u32| {
            let levels: Vec<(u32, u64)> = raised(&cooled, size).into_iter().collect();
            let probs = targets(&levels, 10).into_iter().map(|target| target.prob);
            probs.fold(1.0, f64::min)
        };
        let (size, levels) = size_that_keeps(0.05, 10, &cooled).unwrap();
        assert!(least(size) >= 0.05 && least(size - 1) < 0.05, "{size}");
        assert_eq!(levels.values().sum::<u64>(), 100);
        assert_eq!(size_that_keeps(0.0, 10, &cooled).unwrap().0, 1);
        assert_eq!(size_that_keeps(0.1, 10, &cooled).unwrap().0, 100);
        assert_eq!(size_that_keeps(0.11, 10, &cooled), None);
    }
}
