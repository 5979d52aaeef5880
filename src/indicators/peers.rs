//! Sums over all objects that share a value (same zip, ward, industry), asked for any day.
//!
//! The object's own records are among its peers' records. Tallies are whole numbers, so partitions merge exactly.
//! A record counts at day t when it is visible before t and its event lies in [t − window, t). Counting what became
//! visible before t and taking away events before the window would take away too much where a record became known
//! later than a window after its event; those few are kept apart and given back.

use std::collections::HashMap;

use super::fold::{Events, Fold, Tally};

/// The group of every row: equal values of one column, numbered in the order of their first rows.
pub(super) struct Groups<'a> {
    names: Vec<&'a str>,
    of: Vec<Option<u32>>,
}

impl<'a> FromIterator<Option<&'a str>> for Groups<'a> {
    fn from_iter<T: IntoIterator<Item = Option<&'a str>>>(rows: T) -> Self {
        let mut numbers: HashMap<&str, u32> = HashMap::new();
        let mut names = Vec::new();
        let mut number = |name: &'a str| {
            *numbers.entry(name).or_insert_with(|| {
                names.push(name);
                u32::try_from(names.len() - 1).expect("groups are fewer than rows")
            })
        };
        let of = rows.into_iter().map(|name| name.map(&mut number)).collect();
        Self { names, of }
    }
}

/// Sums by event day and day of visibility.
type ByDays = HashMap<(i32, i32), Tally>;

/// Peers' records of one indicator, while partitions are added. Groups without a record that counts take no room.
pub(super) struct Gathering {
    fold: Fold,
    /// The only day that will be asked for, where there is one.
    only: Option<i32>,
    on_day: HashMap<Box<str>, Tally>,
    by_days: HashMap<Box<str>, ByDays>,
}

impl Gathering {
    pub(super) fn new(fold: &Fold, only: Option<i32>) -> Self {
        Self {
            fold: fold.clone(),
            only,
            on_day: HashMap::new(),
            by_days: HashMap::new(),
        }
    }

    /// Adds one partition: the records of each object, and each object's group.
    pub(super) fn add(&mut self, events: &Events, groups: &Groups) {
        for (range, group) in events.ranges.iter().zip(&groups.of) {
            let Some(group) = group else { continue };
            let passing = range
                .clone()
                .filter(|event| self.fold.passes(events, *event));
            let name = groups.names[*group as usize];
            match self.only {
                Some(as_of) => {
                    let start = self.fold.window_start(as_of);
                    let mut sum = Tally::default();
                    passing
                        .filter(|event| events.day[*event] >= start)
                        .for_each(|event| sum.add(self.fold.one(events, event)));
                    if sum != Tally::default() {
                        entry(&mut self.on_day, name).add(sum);
                    }
                }
                None => {
                    for event in passing {
                        let days = (events.day[event], events.visible[event]);
                        let sum = entry(&mut self.by_days, name).entry(days).or_default();
                        sum.add(self.fold.one(events, event));
                    }
                }
            }
        }
    }

    /// Puts the days of every group in order.
    pub(super) fn finish(self) -> Peers {
        let window = self.fold.window_days;
        let groups = self.by_days.into_iter();
        Peers {
            fold: self.fold,
            on_day: self.on_day,
            by_days: groups
                .map(|(name, cells)| (name, Group::of(&cells, window)))
                .collect(),
        }
    }
}

fn entry<'a, T: Default>(map: &'a mut HashMap<Box<str>, T>, name: &str) -> &'a mut T {
    if !map.contains_key(name) {
        map.insert(name.into(), T::default());
    }
    map.get_mut(name)
        .expect("it is there or was just put there")
}

/// Peers' records of one indicator, ready for questions.
pub(super) struct Peers {
    fold: Fold,
    on_day: HashMap<Box<str>, Tally>,
    by_days: HashMap<Box<str>, Group>,
}

impl Peers {
    /// The indicator of every row, from its group and its day; an object without a group has no peers.
    pub(super) fn column(&self, groups: &Groups, days: &[i32]) -> Vec<Option<f64>> {
        let nothing = self.fold.finish(Tally::default());
        let mut last: Vec<Option<(i32, Option<f64>)>> = vec![None; groups.names.len()];
        let mut value = |group: u32, day: i32| match &mut last[group as usize] {
            Some((known, value)) if *known == day => *value,
            other => {
                let value = self.at(groups.names[group as usize], day);
                *other = Some((day, value));
                value
            }
        };
        let rows = groups.of.iter().zip(days);
        rows.map(|(group, day)| group.map_or(nothing, |group| value(group, *day)))
            .collect()
    }

    fn at(&self, group: &str, as_of: i32) -> Option<f64> {
        let by_days = || {
            let group = self.by_days.get(group)?;
            Some(group.tally(as_of, self.fold.window_start(as_of)))
        };
        let tally = self.on_day.get(group).copied().or_else(by_days);
        self.fold.finish(tally.unwrap_or_default())
    }
}

/// Running sums of one group by visible day and by event day, both ascending.
struct Group {
    by_visible: Vec<(i32, Tally)>,
    by_event: Vec<(i32, Tally)>,
    late: Vec<(i32, i32, Tally)>,
}

impl Group {
    fn of(cells: &HashMap<(i32, i32), Tally>, window_days: Option<i32>) -> Self {
        let window = window_days.unwrap_or(i32::MAX);
        let late = cells
            .iter()
            .filter(|((day, visible), _)| visible.saturating_sub(*day) > window);
        Self {
            late: late
                .map(|((day, visible), tally)| (*day, *visible, *tally))
                .collect(),
            by_visible: running(cells.iter().map(|((_, visible), tally)| (*visible, *tally))),
            by_event: running(cells.iter().map(|((day, _), tally)| (*day, *tally))),
        }
    }

    fn tally(&self, as_of: i32, start: i32) -> Tally {
        let mut tally = before(&self.by_visible, as_of).minus(before(&self.by_event, start));
        for (day, visible, late) in &self.late {
            if *day < start && *visible >= as_of {
                tally.add(*late);
            }
        }
        tally
    }
}

fn running(days: impl Iterator<Item = (i32, Tally)>) -> Vec<(i32, Tally)> {
    let mut days: Vec<_> = days.collect();
    days.sort_unstable_by_key(|(day, _)| *day);
    let mut sum = Tally::default();
    for (_, tally) in &mut days {
        sum.add(*tally);
        *tally = sum;
    }
    days
}

/// Sum of everything on days before `day`.
fn before(running: &[(i32, Tally)], day: i32) -> Tally {
    let n = running.partition_point(|(other, _)| *other < day);
    if n == 0 {
        Tally::default()
    } else {
        running[n - 1].1
    }
}
