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
const NOWHERE: u32 = u32::MAX;

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
    },
}

impl Peering {
    pub(super) fn of(wave: &Wave, peers: Peers) -> Self {
        match peers {
            Peers::Cell => Self::cells(wave),
            Peers::Ring { from, to } => Self::Ring(Grid::of(wave, from, to, |unit| unit.industry)),
            Peers::OtherIndustry { from, to } => Self::Others {
                all: Grid::of(wave, from, to, |_| 0),
                own: Grid::of(wave, from, to, |unit| unit.industry),
            },
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
            Self::Others { all, own } => {
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
mod tests {
    use super::{Grid, Peering, columns};
    use crate::evaluate::deterrence::{Peers, Wave, WaveUnit};
    use crate::units::Day;

    /// Objects at kilometres north and east of a point, with their industries.
    fn wave(places: &[(f64, f64, u32)]) -> Wave {
        let unit = |(key, &(north, east, industry)): (usize, &(f64, f64, u32))| WaveUnit {
            key: key as u64,
            industry,
            cell: industry,
            place: Some((north / super::KM_PER_DEGREE, east / super::KM_PER_DEGREE)),
            pi: 0.5,
            ..WaveUnit::default()
        };
        Wave {
            id: "w".to_owned(),
            drawn_on: Day::from_days(0),
            window_days: 365,
            strata: vec!["all".to_owned()],
            series_times: Vec::new(),
            units: places.iter().enumerate().map(unit).collect(),
        }
    }

    #[test]
    fn a_ring_counts_the_pairs_a_plain_loop_counts() {
        let mut state = 1_u64;
        let mut next = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            f64::from(u32::try_from(state >> 40).unwrap()) / 16_777_216.0
        };
        let mut places = Vec::new();
        for _ in 0..300 {
            places.push((next() * 12.0, next() * 12.0, u32::from(next() < 0.5)));
        }
        let wave = wave(&places);
        let value: Vec<f64> = (0..300).map(|i| f64::from(i % 7)).collect();
        for (from, to) in [(0.0, 1.0), (1.0, 5.0)] {
            let side = to / 10.0;
            let square = |at: f64| (at / side).floor();
            let plain = |i: usize, same: bool| -> f64 {
                let near = |j: &usize| {
                    let dx = square(places[i].0) - square(places[*j].0);
                    // Longitudes shrink with the mean latitude, which is within a thousandth of a degree of none here.
                    let dy = square(places[i].1) - square(places[*j].1);
                    let distance = side * dx.hypot(dy);
                    let in_ring = distance <= to + 1e-9 && (from <= 0.0 || distance > from + 1e-9);
                    in_ring && *j != i && (places[i].2 == places[*j].2) == same
                };
                (0..300).filter(near).map(|j| value[j]).sum()
            };
            let ring = Peering::of(&wave, Peers::Ring { from, to }).sums(&value);
            let others = Peering::of(&wave, Peers::OtherIndustry { from, to }).sums(&value);
            let off = (0..300).filter(|&i| {
                (ring[i] - plain(i, true)).abs() > 1e-9
                    || (others[i] - plain(i, false)).abs() > 1e-9
            });
            assert!(
                off.count() <= 3,
                "{from} to {to}: only objects on the edge of a square may differ"
            );
        }
    }

    #[test]
    fn peers_of_a_cell_are_all_others_in_it() {
        let wave = wave(&[(0.0, 0.0, 1), (0.0, 0.0, 1), (0.0, 0.0, 2), (9.0, 9.0, 1)]);
        let sums = Peering::of(&wave, Peers::Cell).sums(&[1.0, 2.0, 4.0, 8.0]);
        assert_eq!(format!("{sums:?}"), "[10.0, 9.0, 0.0, 3.0]");
    }

    #[test]
    fn objects_without_a_place_have_no_ring_and_are_in_none() {
        let mut wave = wave(&[(0.0, 0.0, 1), (0.1, 0.0, 1), (0.0, 0.1, 1)]);
        wave.units[2].place = None;
        let grid = Grid::of(&wave, 0.0, 1.0, |unit| unit.industry);
        let sums = grid.sums(&[1.0, 2.0, 4.0]);
        assert_eq!(format!("{sums:?}"), "[2.0, 1.0, 0.0]");
    }

    #[test]
    fn a_hole_parts_the_rows_it_reaches() {
        assert_eq!(columns(0.0, 10), [(0, 0)]);
        assert_eq!(columns(2.0, 0), [(-10, -3), (3, 10)]);
        assert_eq!(columns(2.0, 3), [(-9, 9)]);
        assert!(columns(2.0, 11).is_empty());
    }
}
