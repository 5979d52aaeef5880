//! Peers: how many of an object's neighbours in trade and place were drawn, by sums over cells and over a grid.
//!
//! A ring of outer radius r is counted on a grid of r/10: objects lie at the centre of their square, and a pair is in the ring if
//! the centres are. The draw is counted square by square, so the work grows with objects times grid rows, never with pairs.

use std::collections::BTreeMap;

use super::result::Peers;
use super::wave::{Wave, WaveUnit};
use crate::evaluate::number::{real, real_len};

/// Kilometres of a degree of latitude: mean radius of the earth (IUGG) times π/180.
const KM_PER_DEGREE: f64 = 111.195_080;
/// Squares from the centre of a ring to its edge.
const SQUARES: i32 = 10;
/// Square of objects without a place.
pub(super) const NOWHERE: u32 = u32::MAX;

/// Peers of every object of a wave.
#[derive(Debug)]
pub(super) enum Peering {
    /// Objects of the same cell.
    Cell {
        /// Dense index of the cell, by object.
        cell: Vec<u32>,
        /// Objects by cell.
        size: Vec<f64>,
    },
    /// Objects of the same industry in a ring.
    Ring(Grid),
    /// Objects of other industries in a ring.
    Others {
        /// All industries.
        all: Grid,
        /// The same industry.
        own: Grid,
        /// Square of `all` by square of `own`.
        all_of: Vec<u32>,
    },
}

impl Peering {
    pub(super) fn of(wave: &Wave, peers: Peers) -> Self {
        match peers {
            Peers::Cell => Self::cells(wave),
            Peers::Ring { from, to } => Self::Ring(Grid::of(wave, from, to, |unit| unit.industry)),
            Peers::OtherIndustry { from, to } => {
                let all = Grid::of(wave, from, to, |_| 0);
                let own = Grid::of(wave, from, to, |unit| unit.industry);
                let mut all_of = vec![NOWHERE; own.n_squares];
                for (&own, &all) in own.square.iter().zip(&all.square) {
                    if own != NOWHERE {
                        all_of[own as usize] = all;
                    }
                }
                Self::Others { all, own, all_of }
            }
        }
    }

    fn cells(wave: &Wave) -> Self {
        let mut index = BTreeMap::new();
        let mut size = Vec::new();
        let mut cell = Vec::with_capacity(wave.units.len());
        for unit in &wave.units {
            let next = u32::try_from(size.len()).expect("cells are few");
            let at = *index.entry(unit.cell).or_insert(next);
            if at == next {
                size.push(0.0);
            }
            size[at as usize] += 1.0;
            cell.push(at);
        }
        Self::Cell { cell, size }
    }

    /// Block of every object, [`NOWHERE`] for none: the objects of a block have the same peers, but for themselves.
    pub(super) fn blocks(&self) -> &[u32] {
        match self {
            Self::Cell { cell, .. } => cell,
            Self::Ring(grid) | Self::Others { own: grid, .. } => &grid.square,
        }
    }

    pub(super) fn n_blocks(&self) -> usize {
        match self {
            Self::Cell { size, .. } => size.len(),
            Self::Ring(grid) | Self::Others { own: grid, .. } => grid.n_squares,
        }
    }

    /// Whether [`Peering::drawn_by_block`] counts an object among its own peers.
    pub(super) fn holds_self(&self) -> bool {
        match self {
            Self::Cell { .. } => true,
            Self::Ring(grid) => grid.holds_self,
            Self::Others { .. } => false,
        }
    }

    /// Peers drawn, by block, where the objects at `drawn` are.
    pub(super) fn drawn_by_block(&self, drawn: &[u32]) -> Vec<f64> {
        match self {
            Self::Cell { cell, size } => {
                let mut counts = vec![0.0; size.len()];
                for &place in drawn {
                    counts[cell[place as usize] as usize] += 1.0;
                }
                counts
            }
            Self::Ring(grid) => grid.drawn_by_square(drawn),
            Self::Others { all, own, all_of } => {
                let mut counts = own.drawn_by_square(drawn);
                let all = all.drawn_by_square(drawn);
                for (count, &of_all) in counts.iter_mut().zip(all_of) {
                    *count = all[of_all as usize] - *count;
                }
                counts
            }
        }
    }

    /// Sum of `value` over the peers of every object.
    pub(super) fn sums(&self, value: &[f64]) -> Vec<f64> {
        match self {
            Self::Cell { cell, size } => {
                let mut sums = vec![0.0; size.len()];
                for (&cell, value) in cell.iter().zip(value) {
                    sums[cell as usize] += value;
                }
                let others = cell.iter().zip(value);
                others
                    .map(|(&cell, own)| sums[cell as usize] - own)
                    .collect()
            }
            Self::Ring(grid) => grid.sums(value),
            Self::Others { all, own, .. } => {
                let mut sums = all.sums(value);
                for (sum, own) in sums.iter_mut().zip(own.sums(value)) {
                    *sum -= own;
                }
                sums
            }
        }
    }
}

/// Squares of a ring's grid that hold objects, and which of them lie in each other's ring.
#[derive(Debug)]
pub(super) struct Grid {
    /// Index of the object's square, [`NOWHERE`] without a place.
    square: Vec<u32>,
    n_squares: usize,
    /// `spans[first[s]..first[s + 1]]` are the squares in the ring of square s, as half-open ranges.
    first: Vec<u32>,
    spans: Vec<(u32, u32)>,
    /// An object lies in its own ring and must be taken out.
    holds_self: bool,
}

/// Industry, row and column of a square.
type Square = (u32, i32, i32);

impl Grid {
    fn of(wave: &Wave, from: f64, to: f64, industry: impl Fn(&WaveUnit) -> u32) -> Self {
        let places = squares(wave, to / f64::from(SQUARES), industry);
        let mut occupied: Vec<Square> = places.iter().copied().flatten().collect();
        occupied.sort_unstable();
        occupied.dedup();
        let index = |square: &Square| {
            let place = occupied.partition_point(|other| other < square);
            u32::try_from(place).expect("squares are fewer than objects")
        };
        let square = places
            .iter()
            .map(|place| place.as_ref().map_or(NOWHERE, index));
        let square = square.collect();
        let inner = from / to * f64::from(SQUARES);
        let mut first = vec![0];
        let mut spans = Vec::new();
        for &(industry, row, column) in &occupied {
            for away in -SQUARES..=SQUARES {
                for (low, high) in columns(inner, away) {
                    let start = index(&(industry, row + away, column + low));
                    let end = index(&(industry, row + away, column + high + 1));
                    if start < end {
                        spans.push((start, end));
                    }
                }
            }
            first.push(u32::try_from(spans.len()).expect("spans are few per square"));
        }
        Self {
            square,
            n_squares: occupied.len(),
            first,
            spans,
            holds_self: from <= 0.0,
        }
    }

    /// Objects drawn in the ring of every square: a ring is as far from its squares as they are from it, so each of the drawn
    /// counts in the squares of its own ring.
    fn drawn_by_square(&self, drawn: &[u32]) -> Vec<f64> {
        let mut counts = vec![0.0; self.n_squares + 1];
        for &place in drawn {
            let square = self.square[place as usize];
            if square == NOWHERE {
                continue;
            }
            let spans =
                self.first[square as usize] as usize..self.first[square as usize + 1] as usize;
            for &(start, end) in &self.spans[spans] {
                counts[start as usize] += 1.0;
                counts[end as usize] -= 1.0;
            }
        }
        let mut so_far = 0.0;
        for count in &mut counts {
            so_far += *count;
            *count = so_far;
        }
        counts.truncate(self.n_squares);
        counts
    }

    fn sums(&self, value: &[f64]) -> Vec<f64> {
        let mut before = vec![0.0; self.n_squares + 1];
        for (&square, value) in self.square.iter().zip(value) {
            if square != NOWHERE {
                before[square as usize + 1] += value;
            }
        }
        for square in 0..self.n_squares {
            before[square + 1] += before[square];
        }
        let ring = |square: usize| -> f64 {
            let spans = self.first[square] as usize..self.first[square + 1] as usize;
            let between =
                |&(start, end): &(u32, u32)| before[end as usize] - before[start as usize];
            self.spans[spans].iter().map(between).sum()
        };
        let rings: Vec<f64> = (0..self.n_squares).map(ring).collect();
        let of_unit = |(&square, own): (&u32, &f64)| match square {
            NOWHERE => 0.0,
            square if self.holds_self => rings[square as usize] - own,
            square => rings[square as usize],
        };
        self.square.iter().zip(value).map(of_unit).collect()
    }
}

/// Columns of a ring in the row `away` rows from its centre: one range, or two around the hole.
fn columns(inner: f64, away: i32) -> Vec<(i32, i32)> {
    let half = |radius: f64| -> Option<i32> {
        let left = radius * radius - f64::from(away * away);
        (left >= 0.0).then(|| whole(left.sqrt() + 1e-9))
    };
    let Some(outer) = half(f64::from(SQUARES)) else {
        return Vec::new();
    };
    match half(inner).filter(|_| inner > 0.0) {
        None => vec![(-outer, outer)],
        Some(hole) => vec![(-outer, -hole - 1), (hole + 1, outer)],
    }
}

/// The square of every object on a grid of `side` kilometres; distances as on the plane at the mean latitude.
fn squares(wave: &Wave, side: f64, industry: impl Fn(&WaveUnit) -> u32) -> Vec<Option<Square>> {
    let places = || wave.units.iter().filter_map(|unit| unit.place);
    let n = places().count();
    let latitude = places().map(|(latitude, _)| latitude).sum::<f64>() / real_len(n.max(1));
    let east = latitude.to_radians().cos() * KM_PER_DEGREE / side;
    let north = KM_PER_DEGREE / side;
    let square = |unit: &WaveUnit| {
        let (latitude, longitude) = unit.place?;
        Some((
            industry(unit),
            whole((latitude * north).floor()),
            whole((longitude * east).floor()),
        ))
    };
    wave.units.iter().map(square).collect()
}

#[allow(
    clippy::cast_possible_truncation,
    reason = "degrees over a tenth of a ring's radius stay far below 2^31"
)]
fn whole(value: f64) -> i32 {
    value as i32
}

/// The share of an object's peers that `sum` stands for; 0 without peers.
pub(super) fn share(sum: f64, peers: f64) -> f64 {
    if peers > 0.0 { sum / peers } else { 0.0 }
}

/// Truth values as numbers.
pub(super) fn as_numbers(drawn: &[bool]) -> Vec<f64> {
    drawn.iter().map(|&drawn| real(u64::from(drawn))).collect()
}

#[cfg(test)]
mod tests;
