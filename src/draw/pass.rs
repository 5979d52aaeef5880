//! One pass over the frame: ticket, key and filter per row, then the first in rank per chunk and of all.

use rayon::prelude::*;

use super::order::{first_in_order, keep_first, pareto_key};
use super::rules::{Hurdle, Rules};
use super::{Error, SampledUnit, StratumSample, Ticketer, unit_interval};
use crate::units::{Digest, FramePart, FrameSource, Meter};

/// Rows that one task tickets.
const CHUNK: usize = 1 << 14;
/// Rows that are hashed in one go.
const BLOCK: usize = 64;

/// What a pass keeps of one stratum.
#[derive(Default)]
pub(super) struct Pool {
    pub(super) counts: Vec<u64>,
    pub(super) foreign: Vec<u32>,
    take_all: Vec<SampledUnit>,
    /// Batches as they came, so that nothing is copied.
    ranked: Vec<Vec<SampledUnit>>,
}

impl Pool {
    fn empty(rules: &Rules) -> Self {
        Self {
            counts: vec![0; rules.levels.len()],
            ..Self::default()
        }
    }

    pub(super) fn n_ranked(&self) -> usize {
        self.ranked.iter().map(Vec::len).sum()
    }

    fn absorb(&mut self, other: Self, rules: &Rules) {
        self.counts
            .iter_mut()
            .zip(other.counts)
            .for_each(|(count, more)| *count += more);
        self.foreign.extend(other.foreign);
        self.take_all.extend(other.take_all);
        self.ranked.extend(other.ranked);
        if self.n_ranked() > 2 * rules.n_kept {
            let batches = std::mem::take(&mut self.ranked);
            self.ranked = vec![first_in_order(batches, rules.n_kept)];
        }
    }

    pub(super) fn sample(mut self, rules: &Rules) -> StratumSample {
        let mut take_some = first_in_order(self.ranked, rules.n_kept);
        self.take_all.par_sort_unstable_by(|a, b| a.id.cmp(&b.id));
        let reserve = take_some.split_off(rules.n_some);
        StratumSample {
            take_all: self.take_all,
            take_some,
            reserve,
        }
    }
}

/// A row that passed the filter: its key and ticket, and where it stands in the partition. No id is copied before it is
/// known that the row is kept.
#[derive(Clone, Copy)]
struct Passed {
    key: f64,
    ticket: Digest,
    row: usize,
}

/// A row that needs a ticket.
struct Waiting {
    row: usize,
    stratum: usize,
    level: usize,
    u_max: f32,
}

impl Waiting {
    fn keep(&self, rules: &Rules, u: f64, ticket: Digest, kept: &mut Kept) {
        let key = pareto_key(u, rules.levels[self.level].lambda);
        if key <= rules.filter {
            kept.ranked.push(Passed {
                key,
                ticket,
                row: self.row,
            });
        }
    }
}

/// What a chunk keeps of one stratum.
#[derive(Clone, Default)]
struct Kept {
    /// As small as a chunk allows: it is looked up for every row.
    counts: Vec<u32>,
    foreign: Option<u32>,
    take_all: Vec<usize>,
    ranked: Vec<Passed>,
}

/// One pass over the frame.
pub(super) struct Pass {
    pub(super) ticketer: Ticketer,
    pub(super) strata_of_frame: Vec<usize>,
}

impl Pass {
    /// Pools of all strata; one partition per thread is in memory.
    pub(super) fn run(
        &self,
        rules: &[Rules],
        frame: &dyn FrameSource,
        meter: &Meter,
    ) -> Result<Vec<Pool>, Error> {
        let mut pools: Vec<Pool> = rules.iter().map(Pool::empty).collect();
        let parts: Vec<usize> = (0..frame.n_parts()).collect();
        for wave in parts.chunks(rayon::current_num_threads()) {
            let found: Result<Vec<_>, Error> = wave
                .par_iter()
                .map(|&part| self.part(rules, frame, part))
                .collect();
            for found in found? {
                let found = found.into_par_iter().zip(rules);
                let pools = pools.par_iter_mut().zip(found);
                pools.for_each(|(pool, (found, rules))| pool.absorb(found, rules));
            }
            meter.report("draw", wave[wave.len() - 1] as u64 + 1, parts.len() as u64);
        }
        Ok(pools)
    }

    fn part(
        &self,
        rules: &[Rules],
        frame: &dyn FrameSource,
        part: usize,
    ) -> Result<Vec<Pool>, Error> {
        let rows = frame
            .part(part)
            .map_err(|source| Error::Unreadable { part, source })?;
        let starts: Vec<usize> = (0..rows.ids.len()).step_by(CHUNK).collect();
        let chunks: Vec<Vec<Pool>> = starts
            .into_par_iter()
            .map(|start| self.chunk(rules, &rows, start))
            .collect();
        let mut pools: Vec<Pool> = rules.iter().map(Pool::empty).collect();
        for found in chunks {
            let found = found.into_iter().zip(rules);
            let pools = pools.iter_mut().zip(found);
            pools.for_each(|(pool, (found, rules))| pool.absorb(found, rules));
        }
        Ok(pools)
    }

    /// Tickets the rows of one chunk: a hash, a comparison per row, and nothing allocated for it. Rows go through in
    /// blocks, so that the processor hashes one row while it finishes another.
    fn chunk(&self, rules: &[Rules], rows: &FramePart, start: usize) -> Vec<Pool> {
        let empty = |rules: &Rules| Kept {
            counts: vec![0; rules.levels.len()],
            ..Kept::default()
        };
        let mut kept: Vec<Kept> = rules.iter().map(empty).collect();
        let mut waiting = Vec::with_capacity(BLOCK);
        let mut tickets = Vec::with_capacity(BLOCK);
        let end = rows.ids.len().min(start + CHUNK);
        for block in (start..end).step_by(BLOCK) {
            waiting.clear();
            for row in block..end.min(block + BLOCK) {
                waiting.extend(self.sort_out(rules, rows, row, &mut kept));
            }
            tickets.clear();
            let ticket = |one: &Waiting| self.ticketer.ticket(rows.ids.bytes(one.row));
            tickets.extend(waiting.iter().map(ticket));
            for (one, ticket) in waiting.iter().zip(&tickets) {
                let u = unit_interval(ticket);
                if u <= f64::from(one.u_max) {
                    one.keep(&rules[one.stratum], u, *ticket, &mut kept[one.stratum]);
                }
            }
        }
        let kept = kept.into_iter().zip(rules).enumerate();
        kept.map(|(stratum, (kept, rules))| self.pool(stratum, rules, rows, kept))
            .collect()
    }

    /// Counts a row; says what its ticket must pass, where it needs one.
    fn sort_out(
        &self,
        rules: &[Rules],
        rows: &FramePart,
        row: usize,
        kept: &mut [Kept],
    ) -> Option<Waiting> {
        let stratum = self.strata_of_frame[rows.stratum[row] as usize];
        let (rules, kept) = (&rules[stratum], &mut kept[stratum]);
        let Some(level) = rules.level(rows.size[row]) else {
            kept.foreign = Some(rows.size[row]);
            return None;
        };
        kept.counts[level] += 1;
        match rules.hurdles[level] {
            Hurdle::Ranked { u_max } => Some(Waiting {
                row,
                stratum,
                level,
                u_max,
            }),
            Hurdle::TakeAll => {
                kept.take_all.push(row);
                None
            }
            Hurdle::Never => None,
        }
    }

    /// The chunk's first in rank; take-all rows get their tickets here.
    fn pool(&self, stratum: usize, rules: &Rules, rows: &FramePart, mut kept: Kept) -> Pool {
        let id = |row: usize| rows.ids.bytes(row);
        keep_first(&mut kept.ranked, rules.n_kept, |a, b| {
            let tie = || (a.ticket, id(a.row)).cmp(&(b.ticket, id(b.row)));
            a.key.total_cmp(&b.key).then_with(tie)
        });
        let unit = |row: usize, key: f64, ticket: Digest, take_all: bool| SampledUnit {
            id: rows.ids.get(row).to_owned(),
            stratum,
            size: rows.size[row],
            key,
            ticket,
            take_all,
        };
        let take_all = kept.take_all.into_iter();
        let ranked: Vec<SampledUnit> = kept
            .ranked
            .into_iter()
            .map(|passed| unit(passed.row, passed.key, passed.ticket, false))
            .collect();
        Pool {
            counts: kept.counts.into_iter().map(u64::from).collect(),
            foreign: kept.foreign.into_iter().collect(),
            take_all: take_all
                .map(|row| unit(row, 0.0, self.ticketer.ticket(id(row)), true))
                .collect(),
            ranked: if ranked.is_empty() {
                Vec::new()
            } else {
                vec![ranked]
            },
        }
    }
}
