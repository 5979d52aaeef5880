//! One regression tree over bins, grown best leaf first (Friedman 2001; Ke and others 2017).
//!
//! The histogram of a sibling is the parent's minus the other's, exactly: sums are those of integers.

mod layout;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::bins::MISSING;
use super::boosted::BoostedParams;
use super::packed::{Packed, Scale, add, minus, rows_of};
use crate::risk::features::count;

const BINS: usize = 64;
/// Rows and columns whose sums are made together, so that both stay at hand.
const BLOCK: usize = 2048;
const GROUP: usize = 4;
/// Splits that gain less are noise of rounding.
const GAIN_MIN: f64 = 1e-6;
/// Rows a category is held toward the mean by when categories are ordered, and the penalty added to their splits.
const CATEGORY_SMOOTH: f64 = 10.0;

/// A node: a leaf where `column` is none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Node {
    column: Option<u32>,
    /// Bins that go left.
    left_bins: u64,
    left: u32,
    right: u32,
    /// Log odds added; of an inner node the mean of its leaves by rows.
    pub(super) value: f64,
}

/// A grown tree; the root is node 0.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Tree {
    nodes: Vec<Node>,
}

/// What trees are grown from.
pub(super) struct Ground<'a> {
    /// One list of bins per column.
    pub(super) bins: &'a [Vec<u8>],
    /// Whether the bins of a column have no order.
    pub(super) unordered: &'a [bool],
    pub(super) params: &'a BoostedParams,
    pub(super) scale: Scale,
}

struct Leaf {
    node: usize,
    rows: Vec<u32>,
    histograms: Vec<Packed>,
    sum: Packed,
    split: Option<Split>,
}

#[derive(Clone, Copy)]
struct Split {
    gain: f64,
    column: usize,
    left_bins: u64,
}

impl Tree {
    /// Where a row ends: `bins` holds one list per column.
    pub(super) fn leaf(&self, bins: &[Vec<u8>], row: usize) -> f64 {
        let nodes = self.nodes.as_slice();
        let mut at = 0;
        while let Some(column) = nodes[at].column {
            at = nodes[at].next(bins[column as usize][row]);
        }
        nodes[at].value
    }

    /// Adds what each split on a row's way changes to its column; the root's value is left over.
    pub(super) fn explain(&self, bins: &[Vec<u8>], row: usize, gains: &mut [f64]) {
        let mut at = &self.nodes[0];
        while let Some(column) = at.column {
            let next = &self.nodes[at.next(bins[column as usize][row])];
            gains[column as usize] += next.value - at.value;
            at = next;
        }
    }

    /// The mean of its leaves by training rows.
    pub(super) fn mean(&self) -> f64 {
        self.nodes[0].value
    }

    /// Whether there is any split.
    pub(super) fn is_split(&self) -> bool {
        self.nodes.len() > 1
    }

    /// Grows a tree on packed rows; `columns` are those it may use. Adds what it says to `odds`.
    pub(super) fn grow(
        ground: &Ground,
        packed: &[Packed],
        columns: &[usize],
        odds: &mut [f64],
    ) -> Self {
        let mut nodes = vec![Node::leaf()];
        let mut live = vec![ground.root(packed, columns)];
        while live.len() < ground.params.leaves {
            let Some(best) = oldest_best(&live) else {
                break;
            };
            let leaf = live.remove(best);
            let [left, right] = ground.part(packed, columns, leaf, &mut nodes);
            live.extend([left, right]);
        }
        for leaf in &live {
            let value = ground.value(leaf.sum);
            nodes[leaf.node].value = value;
            let rows = leaf.rows.as_slice();
            let mut i = 0;
            while i < rows.len() {
                odds[rows[i] as usize] += value;
                i += 1;
            }
        }
        ground.fill_means(&mut nodes, &live);
        Self { nodes }
    }
}

impl Node {
    fn leaf() -> Self {
        Self {
            column: None,
            left_bins: 0,
            left: 0,
            right: 0,
            value: 0.0,
        }
    }

    fn next(&self, bin: u8) -> usize {
        let goes_left = self.left_bins >> bin & 1 == 1;
        if goes_left {
            self.left as usize
        } else {
            self.right as usize
        }
    }
}

/// The leaf with most to gain, the oldest of equals.
fn oldest_best(live: &[Leaf]) -> Option<usize> {
    let mut best: Option<(usize, f64)> = None;
    for (place, leaf) in live.iter().enumerate() {
        let Some(split) = leaf.split else { continue };
        if best.is_none_or(|(_, gain)| split.gain > gain) {
            best = Some((place, split.gain));
        }
    }
    best.map(|(place, _)| place)
}

impl Ground<'_> {
    fn root(&self, packed: &[Packed], columns: &[usize]) -> Leaf {
        let rows: Vec<u32> = (0..packed.len()).map(index).collect();
        let histograms = self.histograms(packed, columns, &rows);
        self.leaf(0, rows, histograms, columns)
    }

    fn leaf(
        &self,
        node: usize,
        rows: Vec<u32>,
        histograms: Vec<Packed>,
        columns: &[usize],
    ) -> Leaf {
        let sum = histograms[..BINS].iter().sum();
        let mut split: Option<Split> = None;
        for (place, &column) in columns.iter().enumerate() {
            let own = &histograms[place * BINS..(place + 1) * BINS];
            let found = self.best(column, own, sum);
            if found.is_some_and(|found| split.is_none_or(|split| found.gain > split.gain)) {
                split = found;
            }
        }
        Leaf {
            node,
            rows,
            histograms,
            sum,
            split,
        }
    }

    /// Sums per bin, column after column.
    fn histograms(&self, packed: &[Packed], columns: &[usize], rows: &[u32]) -> Vec<Packed> {
        let own: Vec<Packed> = rows.iter().map(|row| packed[*row as usize]).collect();
        let mut sums = vec![0; columns.len() * BINS];
        let groups = sums.par_chunks_mut(GROUP * BINS);
        groups
            .zip(columns.par_chunks(GROUP))
            .for_each(|(sums, columns)| {
                for (rows, own) in rows.chunks(BLOCK).zip(own.chunks(BLOCK)) {
                    for (sums, &column) in sums.chunks_mut(BINS).zip(columns) {
                        add(sums, &self.bins[column], rows, own);
                    }
                }
            });
        sums
    }

    /// Splits a leaf into its node and two new ones.
    fn part(
        &self,
        packed: &[Packed],
        columns: &[usize],
        leaf: Leaf,
        nodes: &mut Vec<Node>,
    ) -> [Leaf; 2] {
        let split = leaf.split.expect("the best leaf has a split");
        let (left, right) = parted(&leaf.rows, &self.bins[split.column], split.left_bins);
        let at = nodes.len();
        nodes[leaf.node] = Node {
            column: Some(index(split.column)),
            left_bins: split.left_bins,
            left: index(at),
            right: index(at + 1),
            value: 0.0,
        };
        nodes.extend([Node::leaf(), Node::leaf()]);
        let less = if left.len() <= right.len() {
            &left
        } else {
            &right
        };
        let few = self.histograms(packed, columns, less);
        let many = minus(leaf.histograms, &few);
        let (of_left, of_right) = if left.len() <= right.len() {
            (few, many)
        } else {
            (many, few)
        };
        [
            self.leaf(at, left, of_left, columns),
            self.leaf(at + 1, right, of_right, columns),
        ]
    }

    /// The best split of a leaf by one column.
    fn best(&self, column: usize, histogram: &[Packed], sum: Packed) -> Option<Split> {
        let (split, free) = if self.unordered[column] {
            (self.best_set(histogram, sum), u64::MAX)
        } else {
            (self.best_cut(histogram, sum), 1 << MISSING)
        };
        split.map(|(gain, left_bins)| Split {
            gain,
            column,
            left_bins: placed(left_bins, histogram, free),
        })
    }

    /// Cuts between bins, rows without a value on either side.
    fn best_cut(&self, histogram: &[Packed], sum: Packed) -> Option<(f64, u64)> {
        let missing = histogram[usize::from(MISSING)];
        let sides: &[(Packed, u64)] = match missing {
            0 => &[(0, 0)],
            rows => &[(0, 0), (rows, 1 << MISSING)],
        };
        let mut best: Option<(f64, u64)> = None;
        for (with, mask) in sides {
            let (mut left, mut left_bins) = (*with, *mask);
            for (bin, own) in histogram[..usize::from(MISSING)].iter().enumerate() {
                left_bins |= 1 << bin;
                left += own;
                if *own != 0 {
                    self.better(&mut best, left, sum, left_bins, 0.0);
                }
            }
        }
        best
    }

    /// Sets of bins in the order of their smoothed mean slope (Fisher 1958).
    fn best_set(&self, histogram: &[Packed], sum: Packed) -> Option<(f64, u64)> {
        let whole = self.scale.unpack(sum);
        let center = whole.g / whole.h.max(1e-12);
        let key = |bin: usize| {
            let own = self.scale.unpack(histogram[bin]);
            (own.g + CATEGORY_SMOOTH * 0.25 * center) / (own.h + CATEGORY_SMOOTH * 0.25)
        };
        let present = (0..BINS).filter(|bin| histogram[*bin] != 0);
        let mut order: Vec<(f64, usize)> = present.map(|bin| (key(bin), bin)).collect();
        order.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut best = None;
        let (mut left, mut left_bins) = (0, 0);
        for (_, bin) in order {
            left_bins |= 1 << bin;
            left += histogram[bin];
            self.better(&mut best, left, sum, left_bins, CATEGORY_SMOOTH);
        }
        best
    }

    /// Keeps a split that is lawful and gains more.
    fn better(
        &self,
        best: &mut Option<(f64, u64)>,
        left: Packed,
        sum: Packed,
        left_bins: u64,
        more_l2: f64,
    ) {
        let (left, right) = (self.scale.unpack(left), self.scale.unpack(sum - left));
        let rows_min = count(self.params.rows_min);
        let curvature_min = self.params.curvature_min;
        if left.rows < rows_min || right.rows < rows_min {
            return;
        }
        if left.h < curvature_min || right.h < curvature_min {
            return;
        }
        let whole = self.scale.unpack(sum);
        let l2 = self.params.l2 + more_l2;
        let gain = left.worth(l2) + right.worth(l2) - whole.worth(self.params.l2);
        let least = best.map_or(GAIN_MIN, |(gain, _)| gain);
        if gain > least {
            *best = Some((gain, left_bins));
        }
    }

    fn value(&self, sum: Packed) -> f64 {
        let sums = self.scale.unpack(sum);
        let bend = sums.h + self.params.l2;
        if bend > 0.0 {
            -self.params.rate * sums.g / bend
        } else {
            0.0
        }
    }

    /// Children come after their parents, so the last node is done first.
    fn fill_means(&self, nodes: &mut [Node], leaves: &[Leaf]) {
        let mut rows = vec![0.0; nodes.len()];
        for leaf in leaves {
            rows[leaf.node] = self.scale.unpack(leaf.sum).rows;
        }
        for at in (0..nodes.len()).rev() {
            if nodes[at].column.is_none() {
                continue;
            }
            let (left, right) = (nodes[at].left as usize, nodes[at].right as usize);
            rows[at] = rows[left] + rows[right];
            let sum = rows[left] * nodes[left].value + rows[right] * nodes[right].value;
            nodes[at].value = sum / rows[at].max(1.0);
        }
    }
}

/// The `free` bins that no training row of the leaf lies in go where more rows go.
fn placed(left_bins: u64, histogram: &[Packed], free: u64) -> u64 {
    let (mut left, mut right, mut empty) = (0, 0, 0_u64);
    for (bin, sum) in histogram.iter().enumerate() {
        let rows = rows_of(*sum);
        if rows == 0 {
            empty |= 1 << bin;
        } else if left_bins >> bin & 1 == 1 {
            left += rows;
        } else {
            right += rows;
        }
    }
    if left > right {
        left_bins | (empty & free)
    } else {
        left_bins & !(empty & free)
    }
}

fn parted(rows: &[u32], bins: &[u8], left_bins: u64) -> (Vec<u32>, Vec<u32>) {
    let (mut left, mut right) = (Vec::new(), Vec::new());
    let mut i = 0;
    while i < rows.len() {
        let row = rows[i];
        if left_bins >> bins[row as usize] & 1 == 1 {
            left.push(row);
        } else {
            right.push(row);
        }
        i += 1;
    }
    (left, right)
}

fn index(n: usize) -> u32 {
    u32::try_from(n).expect("rows, columns and nodes are fewer than 2^32")
}
