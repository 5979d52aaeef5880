//! The snapshot's order: object key, then day, then what tells rows of one object and day apart.

use polars::prelude::*;

use super::error::Error;

/// A row by what it is sorted by first; rows of one key and day are told apart by [`settle_ties`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) key: u64,
    day: i32,
    pub(super) row: IdxSize,
}

fn failed(error: PolarsError) -> Error {
    Error::engine("sort rows")(error)
}

/// All rows of `frame` by key and day (null last), then as they stand.
pub(super) fn places(frame: &DataFrame, day: Option<&str>) -> Result<Vec<Place>, Error> {
    let keys = frame
        .column("object_key")
        .and_then(|keys| keys.u64().cloned());
    let keys = keys.map_err(failed)?;
    let mut places: Vec<Place> = keys
        .iter()
        .zip(0..)
        .map(|(key, row)| Place {
            key: key.unwrap_or(u64::MAX),
            day: 0,
            row,
        })
        .collect();
    if let Some(day) = day {
        let days = frame
            .column(day)
            .and_then(|days| days.cast(&DataType::Int32));
        let days = days.map_err(failed)?;
        for (place, day) in places.iter_mut().zip(days.i32().map_err(failed)?.iter()) {
            place.day = day.unwrap_or(i32::MAX);
        }
    }
    places.sort_unstable();
    Ok(places)
}

/// Puts rows of one key and day in the order of `by`; rows equal in all of them stay as they stand.
pub(super) fn settle_ties(
    frame: &DataFrame,
    places: &mut [Place],
    by: &[String],
) -> Result<(), Error> {
    const AT: &str = "__at";
    let same = |a: &Place, b: &Place| (a.key, a.day) == (b.key, b.day);
    let tied: Vec<usize> = (0..places.len())
        .filter(|&at| {
            let with = |other: Option<&Place>| other.is_some_and(|other| same(other, &places[at]));
            with(at.checked_sub(1).map(|before| &places[before])) || with(places.get(at + 1))
        })
        .collect();
    if tied.is_empty() {
        return Ok(());
    }
    let rows: Vec<IdxSize> = tied.iter().map(|&at| places[at].row).collect();
    let numbers = Column::new(AT.into(), (0..).take(rows.len()).collect::<Vec<u32>>());
    let options = SortMultipleOptions::default()
        .with_nulls_last(true)
        .with_maintain_order(true);
    let by: Vec<Expr> = by.iter().map(|name| col(name.as_str())).collect();
    let sorted = take(frame, rows)?
        .hstack(&[numbers])
        .map_err(failed)?
        .lazy()
        .sort_by_exprs(by, options)
        .select([col(AT)])
        .collect()
        .map_err(failed)?;
    let before: Vec<Place> = tied.iter().map(|&at| places[at]).collect();
    let order = sorted.column(AT).and_then(|order| order.u32().cloned());
    for (&at, from) in tied.iter().zip(order.map_err(failed)?.iter().flatten()) {
        places[at] = before[from as usize];
    }
    Ok(())
}

/// The rows of `frame` at `rows`, in that order.
pub(super) fn take(frame: &DataFrame, rows: Vec<IdxSize>) -> Result<DataFrame, Error> {
    frame
        .take(&IdxCa::from_vec(PlSmallStr::EMPTY, rows))
        .map_err(failed)
}
