//! The records of one row folded to one number, exactly: whole arithmetic only, so order never matters.
//!
//! Sums are i128 multiples of 2^-20. One value may be as large as 2^106 before it is clipped; whole numbers (money in
//! 分, counts) are exact, fractions are rounded to the nearest multiple, half away from zero. Values that are null,
//! infinite or not a number are no values: a sum, mean, rate, maximum and last value pass over their records.

use std::ops::Range;

use super::catalogue::Aggregate;
use super::decay::Decay;

const ONE: f64 = 1_048_576.0;

/// One aggregate over columns that were read already.
#[derive(Clone, Debug)]
pub(super) struct Fold {
    pub(super) aggregate: Aggregate,
    pub(super) flag: Option<usize>,
    pub(super) value: Option<usize>,
    pub(super) window_days: Option<i32>,
    pub(super) half_life_days: Option<u32>,
    pub(super) prior: Option<Prior>,
    pub(super) missing: Option<f64>,
    pub(super) nth: usize,
}

/// What stands for a row without records, counted as `weight` records.
#[derive(Clone, Debug)]
pub(super) struct Prior {
    pub(super) value: PriorValue,
    pub(super) weight: f64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum PriorValue {
    Given(f64),
    /// Index of the mean over all objects, known day by day.
    Base(usize),
}

/// The prior of a row, from the row's day.
pub(super) type PriorOn<'a> = dyn Fn(i32) -> Option<f64> + Sync + 'a;

/// Dated records, sorted by row: the columns the folds look at.
pub(super) struct Events {
    /// Records of each row.
    pub(super) ranges: Vec<Range<usize>>,
    /// Day of the event.
    pub(super) day: Vec<i32>,
    /// The later of event day and knowledge day; the record may be used from the day after it.
    pub(super) visible: Vec<i32>,
    pub(super) flags: Vec<Vec<bool>>,
    pub(super) values: Vec<Values>,
}

/// A value per record.
pub(super) enum Values {
    Whole(Vec<Option<i64>>),
    Real(Vec<Option<f64>>),
}

impl Values {
    fn fixed(&self, event: usize) -> Option<i128> {
        match self {
            Self::Whole(values) => values[event].map(|value| i128::from(value) << 20),
            Self::Real(values) => values[event].map(to_fixed),
        }
    }

    #[allow(
        clippy::cast_precision_loss,
        reason = "indicators are f64; whole numbers beyond 2^53 are rounded once"
    )]
    fn real(&self, event: usize) -> Option<f64> {
        match self {
            Self::Whole(values) => values[event].map(|value| value as f64),
            Self::Real(values) => values[event],
        }
    }

    fn bits(&self, event: usize) -> Option<i64> {
        match self {
            Self::Whole(values) => values[event],
            Self::Real(values) => values[event].map(|value| (value + 0.0).to_bits().cast_signed()),
        }
    }
}

#[allow(
    clippy::cast_possible_truncation,
    reason = "a float beyond 2^106 is clipped, as the module says"
)]
fn to_fixed(value: f64) -> i128 {
    (value * ONE).round() as i128
}

#[allow(clippy::cast_precision_loss, reason = "the exact sum is rounded once")]
fn to_real(fixed: i128) -> f64 {
    fixed as f64 / ONE
}

/// Nearest multiple of 2^-20: hides last-digit differences between mathematical libraries.
pub(super) fn on_grid(value: f64) -> f64 {
    (value * ONE).round() / ONE
}

/// How many records have a value, and their exact sum; weighted, both in further multiples of 2^-20.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    n: i128,
    total: i128,
}

impl Tally {
    pub(super) fn add(&mut self, other: Self) {
        self.n += other.n;
        self.total = self.total.saturating_add(other.total);
    }

    pub(super) fn minus(self, other: Self) -> Self {
        Self {
            n: self.n - other.n,
            total: self.total.saturating_sub(other.total),
        }
    }

    /// Every record counted `weight` times 2^-20: whole, so that weighted tallies add up as plain ones do.
    pub(super) fn weighted(self, weight: i128) -> Self {
        Self {
            n: self.n * weight,
            total: self.total.saturating_mul(weight),
        }
    }

    /// Number and sum of a tally without weights.
    fn plain(self) -> (f64, f64) {
        (to_real(self.n << 20), to_real(self.total))
    }

    /// Number and sum of a tally with weights.
    pub(super) fn unweighted(self) -> (f64, f64) {
        (to_real(self.n), to_real(self.total) / ONE)
    }
}

/// Weight of a record `age` days old, as a whole number of 2^-20.
pub(super) fn weight_of(decay: Option<&Decay>, age: i32) -> i128 {
    decay.map_or(1 << 20, |decay| to_fixed(decay.weight(age)))
}

impl Fold {
    /// One number per row; `as_of` has the day of each row.
    pub(super) fn over(&self, events: &Events, as_of: &[i32], prior: &PriorOn) -> Vec<Option<f64>> {
        let decay = self.half_life_days.map(Decay::new);
        let one = |range: &Range<usize>, day: i32| match (self.aggregate, &decay) {
            (Aggregate::DaysSince, _) => self.days_since(events, range, day),
            (Aggregate::Distinct, _) => self.distinct(events, range, day),
            (Aggregate::Last, _) => self.last(events, range, day),
            (Aggregate::Max, _) => self.max(events, range, day),
            (Aggregate::DecayedMean | Aggregate::Rate, Some(decay)) => {
                let (n, total) = self.decayed_mean(events, range, day, decay);
                self.finish(n, total, prior(day))
            }
            (_, decay) => {
                let (n, total) = self.sum(events, range, day, decay.as_ref()).plain();
                self.finish(n, total, prior(day))
            }
        };
        events
            .ranges
            .iter()
            .zip(as_of)
            .map(|(range, day)| one(range, *day))
            .collect()
    }

    /// Whether record `event` passes the filter.
    pub(super) fn passes(&self, events: &Events, event: usize) -> bool {
        self.flag.is_none_or(|flag| events.flags[flag][event])
    }

    /// The first day of the window that ends before `as_of`.
    pub(super) fn window_start(&self, as_of: i32) -> i32 {
        self.window_days
            .map_or(i32::MIN, |days| as_of.saturating_sub(days))
    }

    fn picked<'a>(
        &'a self,
        events: &'a Events,
        range: &Range<usize>,
        as_of: i32,
    ) -> impl Iterator<Item = usize> + 'a {
        let start = self.window_start(as_of);
        range
            .clone()
            .filter(move |event| events.day[*event] >= start && self.passes(events, *event))
    }

    /// The tally of one record: nothing where it has no value.
    pub(super) fn one(&self, events: &Events, event: usize) -> Tally {
        match self.value {
            None => Tally {
                n: 1,
                total: 1 << 20,
            },
            Some(value) => events.values[value]
                .fixed(event)
                .map_or(Tally::default(), |total| Tally { n: 1, total }),
        }
    }

    fn sum(
        &self,
        events: &Events,
        range: &Range<usize>,
        as_of: i32,
        decay: Option<&Decay>,
    ) -> Tally {
        let mut tally = Tally::default();
        for event in self.picked(events, range, as_of) {
            tally.add(match decay {
                None => self.one(events, event),
                Some(decay) => self.decayed(events, event, decay.weight(as_of - events.day[event])),
            });
        }
        tally
    }

    fn decayed(&self, events: &Events, event: usize, weight: f64) -> Tally {
        let value = self
            .value
            .map_or(Some(1.0), |value| events.values[value].real(event));
        value.map_or(Tally::default(), |value| Tally {
            n: 1,
            total: to_fixed(value * weight),
        })
    }

    /// Sum of the weights of records that have a value, and of their weighted values.
    fn decayed_mean(
        &self,
        events: &Events,
        range: &Range<usize>,
        as_of: i32,
        decay: &Decay,
    ) -> (f64, f64) {
        let (mut total, mut weights) = (0_i128, 0_i128);
        let values = self.value.map(|value| &events.values[value]);
        for event in self.picked(events, range, as_of) {
            if let Some(value) = values.and_then(|values| values.real(event)) {
                let weight = decay.weight(as_of - events.day[event]);
                total = total.saturating_add(to_fixed(value * weight));
                weights += to_fixed(weight);
            }
        }
        (to_real(weights), to_real(total))
    }

    /// The weighted tally of one row's records, as peers count them.
    pub(super) fn own_share(
        &self,
        events: &Events,
        range: &Range<usize>,
        as_of: i32,
        decay: Option<&Decay>,
    ) -> Tally {
        let mut tally = Tally::default();
        for event in self.picked(events, range, as_of) {
            let weight = weight_of(decay, as_of - events.day[event]);
            tally.add(self.one(events, event).weighted(weight));
        }
        tally
    }

    /// The number that a count and a sum stand for.
    pub(super) fn finish(&self, n: f64, total: f64, prior: Option<f64>) -> Option<f64> {
        match (self.aggregate, &self.prior) {
            (Aggregate::Count, _) => Some(n),
            (Aggregate::Any, _) => Some(f64::from(u8::from(n > 0.0))),
            (Aggregate::Rate | Aggregate::Mean | Aggregate::DecayedMean, Some(given)) => {
                prior.map(|prior| (total + given.weight * prior) / (n + given.weight))
            }
            (Aggregate::Rate | Aggregate::Mean | Aggregate::DecayedMean, None) => {
                if n > 0.0 {
                    Some(total / n)
                } else {
                    self.missing
                }
            }
            _ => Some(total),
        }
    }

    fn days_since(&self, events: &Events, range: &Range<usize>, as_of: i32) -> Option<f64> {
        let days = self.picked(events, range, as_of);
        let mut days: Vec<_> = days.map(|event| events.day[event]).collect();
        days.sort_unstable_by(|a, b| b.cmp(a));
        let day = days.get(self.nth - 1);
        day.map(|day| f64::from(as_of - day)).or(self.missing)
    }

    fn distinct(&self, events: &Events, range: &Range<usize>, as_of: i32) -> Option<f64> {
        let values = &events.values[self.value?];
        let mut seen: Vec<_> = self
            .picked(events, range, as_of)
            .filter_map(|event| values.bits(event))
            .collect();
        seen.sort_unstable();
        seen.dedup();
        u32::try_from(seen.len()).ok().map(f64::from)
    }

    /// The value `nth` from the end by event day; of several on one day the largest counts as later.
    fn last(&self, events: &Events, range: &Range<usize>, as_of: i32) -> Option<f64> {
        let values = &events.values[self.value?];
        let dated = self
            .picked(events, range, as_of)
            .filter_map(|event| Some((events.day[event], values.real(event)?)));
        let mut dated: Vec<_> = dated.collect();
        dated.sort_unstable_by(|a, b| b.0.cmp(&a.0).then(b.1.total_cmp(&a.1)));
        dated
            .get(self.nth - 1)
            .map(|(_, value)| *value)
            .or(self.missing)
    }

    fn max(&self, events: &Events, range: &Range<usize>, as_of: i32) -> Option<f64> {
        let values = &events.values[self.value?];
        self.picked(events, range, as_of)
            .filter_map(|event| values.real(event))
            .max_by(f64::total_cmp)
            .or(self.missing)
    }
}
