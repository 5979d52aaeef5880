//! Trees laid out for scoring many rows: per column and bin, which leaves of every tree are still open (Lucchese and others
//! 2015, `QuickScorer`).
//!
//! A split closes the leaves of the side it does not go to. Over all splits of a tree exactly one leaf stays open: the one
//! the row ends in, since at the fork of any other leaf's way the split closes that side. No branch depends on a row.

use std::ops::{BitAnd, BitAndAssign, Not};

use super::bins::Binning;
use super::tree::Tree;

/// Bins of a column.
const BINS: usize = 64;
/// Rows that are scored together.
pub(super) const STRIP: usize = 64;

/// A set of leaves.
pub(super) trait Leaves:
    Copy + BitAnd<Output = Self> + BitAndAssign + Not<Output = Self> + Send + Sync
{
    /// Most leaves of a tree.
    const MOST: usize;
    /// Every leaf.
    const ALL: Self;
    /// One leaf.
    fn one(leaf: usize) -> Self;
    /// The first leaf of the set.
    fn first(self) -> usize;
}

macro_rules! leaves {
    ($($kind:ty),*) => {$(
        impl Leaves for $kind {
            const MOST: usize = <$kind>::BITS as usize;
            const ALL: Self = <$kind>::MAX;
            fn one(leaf: usize) -> Self {
                1 << leaf
            }
            fn first(self) -> usize {
                self.trailing_zeros() as usize
            }
        }
    )*};
}

leaves!(u16, u64);

/// Trees of at most so many leaves as the set holds.
pub(super) struct Forest<'a, L> {
    binnings: &'a [Binning],
    base: f64,
    n_trees: usize,
    /// Columns some tree splits by.
    columns: Vec<usize>,
    /// Open leaves: by used column, bin and tree.
    open: Vec<L>,
    /// Log odds: by tree and leaf.
    values: Vec<f64>,
}

impl<'a, L: Leaves> Forest<'a, L> {
    /// None where a tree has more leaves than a set can hold.
    pub(super) fn new(binnings: &'a [Binning], base: f64, trees: &[Tree]) -> Option<Self> {
        if trees.iter().any(|tree| tree.n_leaves() > L::MOST) {
            return None;
        }
        let mut columns: Vec<usize> = trees.iter().flat_map(Tree::columns).collect();
        columns.sort_unstable();
        columns.dedup();
        let mut forest = Self {
            binnings,
            base,
            n_trees: trees.len(),
            open: vec![L::ALL; columns.len() * BINS * trees.len()],
            values: vec![0.0; trees.len() * L::MOST],
            columns,
        };
        for (place, tree) in trees.iter().enumerate() {
            forest.lay_out(place, tree);
        }
        Some(forest)
    }

    fn lay_out(&mut self, place: usize, tree: &Tree) {
        let (splits, values) = tree.laid_out();
        let own = place * L::MOST;
        self.values[own..own + values.len()].copy_from_slice(&values);
        for split in splits {
            let column = self.columns.partition_point(|own| *own < split.column);
            let left_open = split.left.fold(L::ALL, |open, leaf| open & !L::one(leaf));
            let right_open = split.right.fold(L::ALL, |open, leaf| open & !L::one(leaf));
            for bin in 0..BINS {
                let goes_left = split.left_bins >> bin & 1 == 1;
                let open = if goes_left { right_open } else { left_open };
                self.open[(column * BINS + bin) * self.n_trees + place] &= open;
            }
        }
    }

    /// Log odds of at most [`STRIP`] rows from `from` on; `room` is scratch.
    pub(super) fn score(
        &self,
        columns: &[&[f64]],
        from: usize,
        odds: &mut [f64],
        room: &mut Vec<L>,
    ) {
        let (n, rows) = (self.n_trees, odds.len());
        room.clear();
        room.resize(rows * n, L::ALL);
        odds.fill(self.base);
        if n == 0 {
            return;
        }
        let mut bins = [0; STRIP];
        for (place, &column) in self.columns.iter().enumerate() {
            let open = &self.open[place * BINS * n..(place + 1) * BINS * n];
            let values = &columns[column][from..from + rows];
            self.binnings[column].bins_into(values, &mut bins[..rows]);
            for (state, bin) in room.chunks_exact_mut(n).zip(bins) {
                let bin = usize::from(bin);
                let open = &open[bin * n..(bin + 1) * n];
                state
                    .iter_mut()
                    .zip(open)
                    .for_each(|(state, open)| *state &= *open);
            }
        }
        for (tree, values) in self.values.chunks_exact(L::MOST).enumerate() {
            for (row, odds) in odds.iter_mut().enumerate() {
                *odds += values[room[row * n + tree].first()];
            }
        }
    }
}
