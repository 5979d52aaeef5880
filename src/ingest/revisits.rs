//! Who was visited more than once in a span of days: the burden that a single round does not show.

use polars::prelude::{DataType, col, len, lit};

use super::error::Error;
use super::snapshot::Snapshot;
use crate::units::Day;

impl Snapshot {
    /// Keys, ascending, of the objects of partition `part` that were visited at least `least` times from `from` on and before the
    /// as-of day, as far as it was known then. Empty where the job reads no inspections.
    ///
    /// # Errors
    /// When the partition cannot be read.
    pub fn revisited(&self, part: usize, from: Day, least: u32) -> Result<Vec<u64>, Error> {
        if !self.has("inspections") {
            return Ok(Vec::new());
        }
        let day = |day: Day| lit(day.days()).cast(DataType::Date);
        let as_of = day(self.as_of().0);
        let made = col("inspected_on")
            .gt_eq(day(from))
            .and(col("inspected_on").lt(as_of.clone()))
            .and(col("known_on").fill_null(col("inspected_on")).lt(as_of))
            .and(col("visited").fill_null(lit(true)));
        let counted = self
            .scan("inspections", part)?
            .filter(made)
            .group_by([col("object_key")])
            .agg([len().cast(DataType::UInt32).alias("n")])
            .filter(col("n").gt_eq(lit(least)))
            .select([col("object_key")])
            .collect()
            .map_err(Error::engine("count visits"))?;
        let keys = counted
            .column("object_key")
            .and_then(|keys| keys.u64().cloned());
        let keys = keys.map_err(Error::engine("count visits"))?;
        let mut keys: Vec<u64> = keys.iter().flatten().collect();
        keys.sort_unstable();
        Ok(keys)
    }
}
