//! What other tables say of objects that labels depend on: licences, and days on the list of abnormal operation.

use polars::prelude::{DataFrame, DataType, LazyFrame, PolarsResult, col};

use crate::units::Day;

/// What the kind of the listing contains.
const LISTED: &str = "经营异常";

/// A licence that was granted before the as-of day, or on a day that is not known.
pub(super) struct Licence {
    pub(super) object: u64,
    pub(super) name: String,
    pub(super) granted: Option<Day>,
    /// Last valid day; none where it has no end.
    pub(super) ends: Option<Day>,
    pub(super) label: Option<String>,
}

impl Licence {
    pub(super) fn is_valid(&self, as_of: Day) -> bool {
        self.ends.is_none_or(|end| end >= as_of)
    }
}

/// What other tables say of the objects of a partition, ascending by object.
pub(super) struct Facts {
    pub(super) licences: Vec<Licence>,
    /// Object and the day it came on the list; those that are on it.
    pub(super) listed: Vec<(u64, Day)>,
}

impl Facts {
    pub(super) fn licences_of(&self, object: u64) -> &[Licence] {
        let from = self
            .licences
            .partition_point(|licence| licence.object < object);
        let n = self.licences[from..].partition_point(|licence| licence.object == object);
        &self.licences[from..from + n]
    }

    pub(super) fn listings_of(&self, object: u64) -> impl Iterator<Item = Day> {
        let from = self.listed.partition_point(|(key, _)| *key < object);
        let of_object = self.listed[from..]
            .iter()
            .take_while(move |(key, _)| *key == object);
        of_object.map(|(_, day)| *day)
    }
}

pub(super) fn licences(frame: LazyFrame, as_of: Day) -> PolarsResult<Vec<Licence>> {
    let columns = ["object_key", "licence", "granted_on", "valid_to", "label"].map(col);
    let frame = frame.select(columns).collect()?;
    let (keys, granted, ends) = (
        keys(&frame)?,
        days(&frame, "granted_on")?,
        days(&frame, "valid_to")?,
    );
    let (names, labels) = (
        frame.column("licence")?.str()?,
        frame.column("label")?.str()?,
    );
    let licence = |row: usize| Licence {
        object: keys[row],
        name: names.get(row).unwrap_or_default().to_owned(),
        granted: granted[row],
        ends: ends[row],
        label: labels.get(row).map(str::to_owned),
    };
    let mut known: Vec<Licence> = (0..frame.height())
        .map(licence)
        .filter(|licence| licence.granted.is_none_or(|granted| granted < as_of))
        .collect();
    known.sort_by_key(|licence| licence.object);
    Ok(known)
}

pub(super) fn listed(events: LazyFrame) -> PolarsResult<Vec<(u64, Day)>> {
    let on_the_list = col("ended_on").is_null();
    let columns = ["object_key", "kind", "event_on"].map(col);
    let frame = events.filter(on_the_list).select(columns).collect()?;
    let (keys, entered) = (keys(&frame)?, days(&frame, "event_on")?);
    let kinds = frame.column("kind")?.str()?.clone();
    let rows = keys.into_iter().zip(entered).zip(kinds.iter());
    let mut listed: Vec<(u64, Day)> = rows
        .filter(|(_, kind)| kind.is_some_and(|kind| kind.contains(LISTED)))
        .filter_map(|((key, entered), _)| Some((key, entered?)))
        .collect();
    listed.sort_unstable();
    Ok(listed)
}

pub(super) fn keys(frame: &DataFrame) -> PolarsResult<Vec<u64>> {
    Ok(frame
        .column("object_key")?
        .u64()?
        .iter()
        .flatten()
        .collect())
}

pub(super) fn days(frame: &DataFrame, name: &str) -> PolarsResult<Vec<Option<Day>>> {
    let days = frame.column(name)?.cast(&DataType::Int32)?;
    let days = days.i32()?.iter().map(|day| day.map(Day::from_days));
    Ok(days.collect())
}

/// The last end of each name of licence; none for a name that has one without an end.
pub(super) fn last_ends(licences: &[Licence]) -> Vec<Day> {
    let is_first = |at: usize| {
        licences[..at]
            .iter()
            .all(|other| other.name != licences[at].name)
    };
    let last = |at: usize| {
        let same = licences
            .iter()
            .filter(|other| other.name == licences[at].name);
        let ends: Option<Vec<Day>> = same.map(|licence| licence.ends).collect();
        ends?.into_iter().max()
    };
    (0..licences.len())
        .filter(|&at| is_first(at))
        .filter_map(last)
        .collect()
}
