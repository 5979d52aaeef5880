//! What is done with the rows of one frame: put in order, told apart by their ids, taken out.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

use polars::prelude::*;

use super::{Moved, collect, column_u64, scan};
use crate::ingest::error::Error;
use crate::ingest::gather::{POS, Pos};
use crate::ingest::keys::{Keys, hash_of};
use crate::ingest::order::{self, Place};

pub(super) fn rows_at(frame: &DataFrame, places: &[Place]) -> Result<DataFrame, Error> {
    order::take(frame, places.iter().map(|place| place.row).collect())
}

/// Takes out of places in their final order those whose object has the value of `column` in an earlier one; returns their
/// rows, each with the row that is kept.
pub(super) fn once_per_object(
    frame: &DataFrame,
    column: &str,
    places: &mut Vec<Place>,
) -> Result<Vec<(IdxSize, IdxSize)>, Error> {
    let values = frame.column(column).and_then(|values| values.str());
    let values = values.map_err(Error::engine("find repeated rows"))?;
    let (mut object, mut seen) = (None, HashMap::new());
    let mut losers = Vec::new();
    places.retain(|place| {
        if object != Some(place.key) {
            object = Some(place.key);
            seen.clear();
        }
        let first = seen
            .entry(values.get(place.row as usize))
            .or_insert(place.row);
        if *first != place.row {
            losers.push((place.row, *first));
        }
        *first == place.row
    });
    Ok(losers)
}

/// Whether two rows have one object key: only then can they have one id, or two ids collide.
pub(super) fn shares_a_key(frame: &DataFrame) -> Result<bool, Error> {
    let mut keys = column_u64(frame, "object_key")?;
    keys.sort_unstable();
    Ok(keys.windows(2).any(|pair| pair[0] == pair[1]))
}

pub(super) fn known_only(rows: LazyFrame, objects: &Path) -> Result<LazyFrame, Error> {
    let (keys, on) = (
        scan(objects)?.select([col("object_key")]),
        [col("object_key")],
    );
    Ok(rows.join(keys, on.clone(), on, JoinArgs::new(JoinType::Semi)))
}

/// [`hash_of`] over a column.
pub(super) fn hashes(ids: Expr) -> Expr {
    let read = move |column: Column| {
        let hashes: UInt64Chunked = column
            .as_materialized_series()
            .str()?
            .iter()
            .map(|text| text.map(hash_of))
            .collect();
        Ok(hashes
            .into_series()
            .with_name(column.name().clone())
            .into_column())
    };
    ids.map(read, |_, field| {
        Ok(Field::new(field.name().clone(), DataType::UInt64))
    })
}

/// Keeps of each `id` the row that comes first when rows are sorted by all their columns (then by place); returns the places of the others, each with
/// the place of the row that is kept.
pub(super) fn first_of_each(
    frame: DataFrame,
    id: &str,
) -> Result<(DataFrame, Vec<(Pos, Pos)>), Error> {
    let failed = || Error::engine("find repeated rows");
    let repeated = collect(frame.clone().lazy().select([col(id).is_duplicated()]))?;
    let repeated = repeated
        .column(id)
        .and_then(|mask| mask.bool().cloned())
        .map_err(failed())?;
    if !repeated.any() {
        return Ok((frame, Vec::new()));
    }
    let candidates = frame.filter(&repeated).map_err(failed())?;
    let order: Vec<Expr> = [id, POS].iter().map(|name| col(*name)).collect();
    let others = candidates
        .schema()
        .iter_names()
        .filter(|name| *name != id && *name != POS)
        .map(|name| col(name.clone()));
    let order: Vec<Expr> = order[..1]
        .iter()
        .cloned()
        .chain(others)
        .chain(order[1..].iter().cloned())
        .collect();
    let options = SortMultipleOptions::default()
        .with_nulls_last(true)
        .with_maintain_order(true);
    let sorted = candidates
        .clone()
        .lazy()
        .sort_by_exprs(order, options)
        .select([col(POS), col(id).is_first_distinct().alias(id)]);
    let losers = losers_of(&collect(sorted)?, id)?;
    let lost: HashSet<u64> = losers.iter().map(|(pos, _)| pos.0).collect();
    let keep: BooleanChunked = column_u64(&frame, POS)?
        .into_iter()
        .map(|pos| Some(!lost.contains(&pos)))
        .collect();
    let frame = frame.filter(&keep).map_err(failed())?;
    Ok((frame, losers))
}

/// Of sorted rows that say whether they are the first of their id, the others, each with that first one.
fn losers_of(sorted: &DataFrame, id: &str) -> Result<Vec<(Pos, Pos)>, Error> {
    let first = sorted.column(id).and_then(|first| first.bool());
    let first = first.map_err(Error::engine("find repeated rows"))?;
    let mut kept = Pos(0);
    let mut losers = Vec::new();
    for (pos, is_first) in column_u64(sorted, POS)?.into_iter().zip(first.iter()) {
        if is_first == Some(true) {
            kept = Pos(pos);
        } else {
            losers.push((Pos(pos), kept));
        }
    }
    Ok(losers)
}

/// Takes out the rows whose keys are dropped; returns their places with the keys of those that are kept.
pub(super) fn without(
    frame: DataFrame,
    dropped: &HashMap<u64, u64>,
) -> Result<(DataFrame, Vec<(Pos, u64)>), Error> {
    let (keys, places) = (column_u64(&frame, "object_key")?, column_u64(&frame, POS)?);
    let rows = keys.iter().zip(places);
    let gone: Vec<(Pos, u64)> = rows
        .filter_map(|(key, pos)| dropped.get(key).map(|kept| (Pos(pos), *kept)))
        .collect();
    if gone.is_empty() {
        return Ok((frame, gone));
    }
    let keep: BooleanChunked = keys
        .iter()
        .map(|key| Some(!dropped.contains_key(key)))
        .collect();
    let frame = frame.filter(&keep).map_err(Error::engine("split rows"))?;
    Ok((frame, gone))
}

/// Distinct ids with one key: the first in byte order keeps it, the others take their second.
pub(super) fn collisions(frame: &DataFrame, keys: &Keys) -> Result<Vec<Moved>, Error> {
    let shared = collect(
        frame
            .clone()
            .lazy()
            .select([col("object_id"), col("object_key")])
            .filter(col("object_key").is_duplicated()),
    )?;
    let found = column_u64(&shared, "object_key")?;
    let ids = shared
        .column("object_id")
        .and_then(|ids| ids.str().cloned())
        .map_err(Error::engine("compare keys"))?;
    let mut by_key: BTreeMap<u64, Vec<String>> = BTreeMap::new();
    for (key, id) in found.into_iter().zip(ids.iter().flatten()) {
        by_key.entry(key).or_default().push(id.to_owned());
    }
    let mut moved = Vec::new();
    for (from, mut ids) in by_key {
        ids.sort_unstable();
        moved.extend(ids.into_iter().skip(1).map(|id| Moved {
            to: (keys.second)(&id),
            from,
            id,
        }));
    }
    Ok(moved)
}
