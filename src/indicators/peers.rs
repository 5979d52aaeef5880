//! Sums over all objects that share a value (same zip, ward, industry), asked for any day.
//!
//! Tallies are whole numbers, so partitions merge exactly, and an object's own records are taken away exactly where only
//! the others count. A record counts at day t when it is visible before t and its event lies in [t − window, t).
//! Indicators that look at the same records of the same groups share one gathering: each of them is an ask.

use std::collections::HashMap;

use super::bind::Gathered;
use super::decay::Decay;
use super::fold::{Events, Fold, PriorOn, Tally, weight_of};
use super::group_days::{Cells, Days};

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

impl Groups<'_> {
    /// All of `n` rows in one group.
    pub(super) fn everyone(n: usize) -> Self {
        Self {
            names: vec![""],
            of: vec![Some(0); n],
        }
    }
}

/// One question to the records of a gathering, with the weights of ages.
struct Ask {
    fold: Fold,
    decay: Option<Decay>,
}

impl Ask {
    fn weight(&self, age: i32) -> i128 {
        weight_of(self.decay.as_ref(), age)
    }
}

/// Records of one kind by group, while partitions are added. Groups without a record that counts take no room.
pub(super) struct Gathering {
    asks: Vec<Ask>,
    /// The only day that will be asked for, where there is one.
    only: Option<i32>,
    on_day: HashMap<Box<str>, Vec<Tally>>,
    by_days: HashMap<Box<str>, Cells>,
}

impl Gathering {
    pub(super) fn new(gathered: &Gathered, only: Option<i32>) -> Self {
        let asks = gathered.asks.iter().map(|fold| Ask {
            fold: fold.clone(),
            decay: fold.half_life_days.map(Decay::new),
        });
        Self {
            asks: asks.collect(),
            only,
            on_day: HashMap::new(),
            by_days: HashMap::new(),
        }
    }

    /// Adds one partition: the records of each object, and each object's group.
    pub(super) fn add(&mut self, events: &Events, groups: &Groups) {
        for (row, group) in groups.of.iter().enumerate() {
            let Some(group) = group else { continue };
            let name = groups.names[*group as usize];
            match self.only {
                Some(as_of) => self.add_on_day(events, row, name, as_of),
                None => self.add_by_days(events, row, name),
            }
        }
    }

    fn add_on_day(&mut self, events: &Events, row: usize, name: &str, as_of: i32) {
        let range = &events.ranges[row];
        let shares = self
            .asks
            .iter()
            .map(|ask| ask.fold.own_share(events, range, as_of, ask.decay.as_ref()));
        let shares: Vec<_> = shares.collect();
        if shares.iter().any(|share| *share != Tally::default()) {
            let sums = entry(&mut self.on_day, name);
            sums.resize(shares.len(), Tally::default());
            for (sum, share) in sums.iter_mut().zip(shares) {
                sum.add(share);
            }
        }
    }

    fn add_by_days(&mut self, events: &Events, row: usize, name: &str) {
        let fold = &self.asks[0].fold; // the asks of one gathering differ in window and half-life alone
        for event in events.ranges[row].clone() {
            let tally = fold.one(events, event);
            if fold.passes(events, event) && tally != Tally::default() {
                let cells = entry(&mut self.by_days, name);
                cells.add(events.day[event], events.visible[event], tally);
            }
        }
    }

    /// Puts the days of every group in order.
    pub(super) fn finish(self) -> Peers {
        let windows = self.asks.iter().filter_map(|ask| ask.fold.window_days);
        let window = windows.min().unwrap_or(i32::MAX);
        let groups = self.by_days.into_iter();
        Peers {
            by_days: groups
                .map(|(name, cells)| (name, cells.in_order(window)))
                .collect(),
            asks: self.asks,
            on_day: self.on_day,
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

/// Records of one kind by group, ready for questions.
pub(super) struct Peers {
    asks: Vec<Ask>,
    on_day: HashMap<Box<str>, Vec<Tally>>,
    by_days: HashMap<Box<str>, Days>,
}

/// The rows that ask: their groups, their days, and their own records where those do not count.
pub(super) struct Asking<'a> {
    pub(super) groups: &'a Groups<'a>,
    pub(super) days: &'a [i32],
    pub(super) own: Option<&'a Events>,
}

impl Peers {
    /// The indicator of every row for the ask numbered `ask`. An object without a group has no peers.
    pub(super) fn column(
        &self,
        ask: usize,
        asking: &Asking<'_>,
        prior: &PriorOn,
    ) -> Vec<Option<f64>> {
        let fold = &self.asks[ask].fold;
        let alone = |day: i32| match asking.own {
            Some(_) => fold.missing,
            None => finished(fold, Tally::default(), prior(day)),
        };
        let mut known = Known::of(self, ask, asking.groups);
        let rows = asking.groups.of.iter().zip(asking.days).enumerate();
        let values = rows.map(|(row, (group, day))| {
            let Some(group) = *group else {
                return alone(*day);
            };
            let tally = known.tally(group, *day);
            let own = asking
                .own
                .map(|events| self.own_share(ask, events, row, *day));
            finished(fold, tally.minus(own.unwrap_or_default()), prior(*day))
        });
        values.collect()
    }

    /// The mean over everybody at `day` by the first ask that has more than `least` records; the last ask decides else.
    pub(super) fn mean(&self, day: i32, least: f64) -> Option<f64> {
        let tallies = (0..self.asks.len()).map(|ask| self.tally(ask, "", day).unweighted());
        let tallies: Vec<_> = tallies.collect();
        let enough = tallies.iter().find(|(n, _)| *n > least);
        let (n, total) = enough.or(tallies.last())?;
        (*n > 0.0).then(|| total / n)
    }

    fn own_share(&self, ask: usize, events: &Events, row: usize, day: i32) -> Tally {
        let Ask { fold, decay } = &self.asks[ask];
        fold.own_share(events, &events.ranges[row], day, decay.as_ref())
    }

    fn tally(&self, ask: usize, group: &str, as_of: i32) -> Tally {
        if let Some(sums) = self.on_day.get(group) {
            return sums[ask];
        }
        let Some(days) = self.by_days.get(group) else {
            return Tally::default();
        };
        let ask = &self.asks[ask];
        let start = ask.fold.window_start(as_of);
        match ask.decay {
            None => days.tally(as_of, start).weighted(ask.weight(0)),
            Some(_) => days.weighted(as_of, start, |age| ask.weight(age)),
        }
    }
}

/// Tallies that were asked for already: the last of each group at hand, those of several days behind.
struct Known<'a> {
    peers: &'a Peers,
    ask: usize,
    names: &'a [&'a str],
    last: Vec<Option<(i32, Tally)>>,
    earlier: HashMap<(u32, i32), Tally>,
}

impl<'a> Known<'a> {
    fn of(peers: &'a Peers, ask: usize, groups: &'a Groups<'a>) -> Self {
        Self {
            peers,
            ask,
            names: &groups.names,
            last: vec![None; groups.names.len()],
            earlier: HashMap::new(),
        }
    }

    fn tally(&mut self, group: u32, day: i32) -> Tally {
        let at = group as usize;
        if let Some((_, tally)) = self.last[at].filter(|(known, _)| *known == day) {
            return tally;
        }
        let (peers, ask, name) = (self.peers, self.ask, self.names[at]);
        let tally = if peers.by_days.is_empty() {
            peers.tally(ask, name, day)
        } else {
            let known = self.earlier.entry((group, day));
            *known.or_insert_with(|| peers.tally(ask, name, day))
        };
        self.last[at] = Some((day, tally));
        tally
    }
}

fn finished(fold: &Fold, tally: Tally, prior: Option<f64>) -> Option<f64> {
    let (n, total) = tally.unweighted();
    fold.finish(n, total, prior)
}
