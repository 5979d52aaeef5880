//! Which rows get which dirt: exact counts, at random places, at most one kind a row.

use std::collections::{HashMap, HashSet};

use rand::{Rng, RngExt};
use serde::Deserialize;

use super::county::{County, Shape};
use crate::simulate::identity;

/// Dirt of a folder of files, in exact counts; of each kind at most half of the rows that can have it get it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::simulate) struct FileDirt {
    /// Register rows with digits and letters in full width.
    pub(super) full_width: u64,
    /// Register rows with U+3000 inside names and around words.
    pub(super) ideographic_space: u64,
    /// Register rows with characters nobody sees.
    pub(super) invisible: u64,
    /// 15-digit codes in number cells.
    pub(super) numeric_code: u64,
    /// Codes whose 统一社会信用代码 is damaged and whose 注册号 is not.
    pub(super) damaged_beside_other: u64,
    /// Objects with an old 注册号 beside their code.
    pub(super) alias: u64,
    /// Visits, and as many events, that name an object by its old 注册号.
    pub(super) fact_by_alias: u64,

    /// Register rows whose only code is in scientific notation.
    pub(super) damaged_code: u64,
    /// Register rows whose 成立日期 is no day.
    pub(super) unreadable_day: u64,
    /// Register rows with capital in a foreign currency.
    pub(super) foreign_currency: u64,
    /// Rows of text files with a cell too many or too few.
    pub(super) ragged: u64,
    /// Further register rows under the old 注册号 of an object that has a row.
    pub(super) alias_row: u64,
    /// Visits whose day is no day.
    pub(super) visit_unreadable_day: u64,
    /// Arrears in a foreign currency.
    pub(super) amount_unreadable: u64,
    /// Further events under a code that lost its last three digits in a number cell.
    pub(super) zero_tail: u64,
}

/// Dirt of one register row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Plant {
    FullWidth,
    Ideographic,
    Invisible,
    NumericCode,
    DamagedBesideOther,
    Alias,
    DamagedCode,
    UnreadableDay,
    ForeignCurrency,
    Ragged,
}

impl Plant {
    /// The refusal it leads to, if the row cannot be read.
    pub(super) fn rule(self) -> Option<&'static str> {
        match self {
            Self::DamagedCode => Some("id-damaged"),
            Self::Ragged => Some("field-count"),
            _ => None,
        }
    }

    /// The rule and the column of the cell that is lost with it, if the row is not.
    pub(super) fn cell(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::UnreadableDay => Some(("date-unparsable", "established_on")),
            Self::ForeignCurrency => Some(("number-unparsable", "registered_capital")),
            _ => None,
        }
    }
}

/// Dirt of one fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FactPlant {
    ByAlias,
    Unreadable,
}

/// All dirt of a folder; keys are row indices of the county.
#[derive(Clone, Debug, Default)]
pub(super) struct Plants {
    pub(super) objects: HashMap<usize, Plant>,
    pub(super) visits: HashMap<usize, FactPlant>,
    pub(super) events: HashMap<usize, FactPlant>,
    /// Old 注册号 of an object, by its id.
    pub(super) aliases: HashMap<String, String>,
    /// Objects that have a further row under their old 注册号.
    pub(super) alias_rows: Vec<usize>,
    /// Ids of objects whose register row cannot be read.
    pub(super) lost: HashSet<String>,
}

impl Plants {
    pub(super) fn choose(county: &County, rng: &mut impl Rng) -> Self {
        let mut plants = Self::default();
        plants.register(county, rng);
        plants.facts(county, rng);
        plants
    }

    fn register(&mut self, county: &County, rng: &mut impl Rng) {
        let dirt = county.dirt();
        let wanted = [
            (Plant::DamagedCode, dirt.damaged_code),
            (Plant::ForeignCurrency, dirt.foreign_currency),
            (Plant::Ragged, dirt.ragged),
            (Plant::UnreadableDay, dirt.unreadable_day),
            (Plant::DamagedBesideOther, dirt.damaged_beside_other),
            (Plant::Alias, dirt.alias),
            (Plant::NumericCode, dirt.numeric_code),
            (Plant::FullWidth, dirt.full_width),
            (Plant::Ideographic, dirt.ideographic_space),
            (Plant::Invisible, dirt.invisible),
        ];
        for (plant, count) in wanted {
            let free = |index: &usize| {
                !self.objects.contains_key(index) && can_have(county, *index, plant)
            };
            let free: Vec<usize> = (0..county.objects.len()).filter(free).collect();
            for index in some(free, count, rng) {
                self.objects.insert(index, plant);
                let id = &county.objects[index].id;
                if plant == Plant::Alias {
                    self.aliases.insert(id.clone(), county.old_number(index));
                }
                if plant.rule().is_some() {
                    self.lost.insert(id.clone());
                }
            }
        }
        let aliased = |index: &usize| self.objects.get(index) == Some(&Plant::Alias);
        let aliased = (0..county.objects.len()).filter(aliased).collect();
        self.alias_rows = some(aliased, dirt.alias_row, rng);
    }

    fn facts(&mut self, county: &County, rng: &mut impl Rng) {
        let dirt = county.dirt();
        let sound = |id: &str, known_on: i32| {
            county.knows(id) && !self.lost.contains(id) && known_on < county.as_of()
        };
        let of_alias = |id: &str| self.aliases.contains_key(id);
        let visits = || county.visits.iter().enumerate();
        let named = visits()
            .filter(|(_, visit)| of_alias(&visit.object_id))
            .map(|(index, _)| index);
        let named = some(named.collect(), dirt.fact_by_alias, rng);
        let whole = visits().filter(|(_, visit)| {
            let day = visit.inspected_on.is_some_and(|day| day <= visit.known_on);
            day && sound(&visit.object_id, visit.known_on) && !of_alias(&visit.object_id)
        });
        let spoiled = some(
            whole.map(|(index, _)| index).collect(),
            dirt.visit_unreadable_day,
            rng,
        );
        let events = || county.events.iter().enumerate();
        let called = events()
            .filter(|(_, event)| of_alias(&event.object_id))
            .map(|(index, _)| index);
        let called = some(called.collect(), dirt.fact_by_alias, rng);
        let priced = events().filter(|(index, event)| {
            let day = event.happened_on.is_some_and(|day| day <= event.known_on);
            day && sound(&event.object_id, event.known_on)
                && county.in_arrears(*index)
                && !of_alias(&event.object_id)
        });
        let priced = some(
            priced.map(|(index, _)| index).collect(),
            dirt.amount_unreadable,
            rng,
        );
        let of = |indices: Vec<usize>, plant| indices.into_iter().map(move |index| (index, plant));
        let visits = of(named, FactPlant::ByAlias)
            .chain(of(spoiled, FactPlant::Unreadable))
            .collect();
        let events = of(called, FactPlant::ByAlias)
            .chain(of(priced, FactPlant::Unreadable))
            .collect();
        (self.visits, self.events) = (visits, events);
    }
}

/// `count` of `indices`, at most half of them, in their order.
fn some(mut indices: Vec<usize>, count: u64, rng: &mut impl Rng) -> Vec<usize> {
    let wanted = usize::try_from(count)
        .unwrap_or(usize::MAX)
        .min(indices.len() / 2);
    for at in 0..wanted {
        let other = rng.random_range(at..indices.len());
        indices.swap(at, other);
    }
    indices.truncate(wanted);
    indices.sort_unstable();
    indices
}

/// Whether the register row can have this dirt: a sound, plainly spelled row in a file that can show it.
fn can_have(county: &County, index: usize, plant: Plant) -> bool {
    let object = &county.objects[index];
    let Some(shape) = county.shape_of(index).filter(|_| county.is_plain(index)) else {
        return false;
    };
    let digits = identity::is_digits15(&object.id);
    match plant {
        Plant::FullWidth | Plant::Ideographic | Plant::Invisible => true,
        Plant::NumericCode => {
            digits && matches!(shape, Shape::TwoSheets | Shape::SpreadsheetMl | Shape::Biff)
        }
        Plant::DamagedBesideOther => digits && shape == Shape::TwoCodes,
        Plant::Alias => object.scheme == "uscc" && shape == Shape::TwoCodes,
        Plant::DamagedCode => {
            digits && matches!(shape, Shape::Gb18030 | Shape::TwoCodes | Shape::Gzip)
        }
        Plant::UnreadableDay => matches!(shape, Shape::Biff | Shape::SpreadsheetMl | Shape::Html),
        Plant::ForeignCurrency => object.capital.is_some() && shape == Shape::TwoCodes,
        Plant::Ragged => matches!(shape, Shape::Gb18030 | Shape::TwoCodes),
    }
}
