//! What one reading of the register counts for a draw.

use std::collections::BTreeMap;

use super::Error;
use super::frame::{Member, RoundFrame, Scope};
use super::merge::Values;
use crate::units::{FrameSource, collect_waves};

/// Objects by the values of the strata columns and size.
pub(super) type Counts = BTreeMap<Values, BTreeMap<u32, u64>>;

/// What one reading of a draw's scope gives.
#[derive(Default)]
pub(super) struct Census {
    pub(super) below_cap: Counts,
    /// Objects at the cap by values, size and visits of the year.
    pub(super) at_cap: BTreeMap<(Values, u32, u32), u64>,
}

impl Census {
    /// The counts if objects with up to `visits` visits were below the cap.
    pub(super) fn with_at_cap(&self, visits: u32) -> Counts {
        let mut counts = self.below_cap.clone();
        for ((values, size, _), n) in self.at_cap.iter().filter(|(key, _)| key.2 <= visits) {
            *counts
                .entry(values.clone())
                .or_default()
                .entry(*size)
                .or_default() += n;
        }
        counts
    }
}

pub(super) fn census(scope: &Scope<'_>) -> Result<Census, Error> {
    let parts = collect_waves(scope.registers.n_parts(), |part| {
        let mut census = Census::default();
        let read = scope.each(part, |seen| match seen.visits_at_cap {
            _ if !seen.applies => {}
            Some(visits) => {
                let key = (seen.values.to_vec(), seen.size, visits);
                *census.at_cap.entry(key).or_default() += 1;
            }
            None => {
                if !census.below_cap.contains_key(seen.values) {
                    census
                        .below_cap
                        .insert(seen.values.to_vec(), BTreeMap::new());
                }
                let sizes = census.below_cap.get_mut(seen.values);
                *sizes.expect("it was put in").entry(seen.size).or_default() += 1;
            }
        });
        read.map(|()| census)
            .map_err(|source| Error::Unreadable { part, source })
    });
    let mut all = Census::default();
    for census in parts? {
        for (values, sizes) in census.below_cap {
            let into = all.below_cap.entry(values).or_default();
            for (size, n) in sizes {
                *into.entry(size).or_default() += n;
            }
        }
        for (key, n) in census.at_cap {
            *all.at_cap.entry(key).or_default() += n;
        }
    }
    Ok(all)
}

/// Objects of each stratum of the frame by size.
pub(super) fn counts_of_sizes(frame: &RoundFrame<'_>) -> Result<Vec<BTreeMap<u32, u64>>, Error> {
    let parts = collect_waves(frame.n_parts(), |part| {
        let mut counts = vec![BTreeMap::new(); frame.strata.len()];
        let read = frame.each(part, |_, member| {
            if let Some(Member { stratum, size, .. }) = member {
                *counts[stratum as usize].entry(size).or_insert(0_u64) += 1;
            }
        });
        read.map(|()| counts)
            .map_err(|source| Error::Unreadable { part, source })
    });
    let mut all = vec![BTreeMap::new(); frame.strata.len()];
    for (stratum, sizes) in parts?
        .into_iter()
        .flat_map(|part| part.into_iter().enumerate())
    {
        for (size, n) in sizes {
            *all[stratum].entry(size).or_default() += n;
        }
    }
    Ok(all)
}
