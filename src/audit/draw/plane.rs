//! Places of objects on a plane, and the mean distance of a drawn object to the nearest other one (Clark and Evans 1954).

use super::fair::real;
use super::input::{at, whole};

/// Metres of one degree of latitude.
const METRES_PER_DEGREE: f64 = 111_195.0;
/// No place in the cell, or the last of it.
const NONE: u32 = u32::MAX;

/// Metres east and north, and a grid over them.
#[derive(Clone, Debug)]
pub(super) struct Plane {
    points: Vec<Option<(f64, f64)>>,
    cell_of: Vec<u32>,
    side: f64,
    columns: u32,
    rows: u32,
}

/// Memory that is used again and again.
#[derive(Debug, Default)]
pub(super) struct Cells {
    first: Vec<u32>,
    next: Vec<u32>,
}

impl Plane {
    /// Latitudes and longitudes laid flat around their middle, good for a province; cells hold about two of `n` points.
    pub(super) fn new(places: &[Option<(f64, f64)>], n: usize) -> Option<Self> {
        let known = || places.iter().flatten();
        let first = known().next()?;
        let middle = known().map(|(lat, _)| lat).sum::<f64>() / real(known().count());
        let narrow = middle.to_radians().cos();
        let flat = |(lat, lon): &(f64, f64)| {
            (
                (lon - first.1) * METRES_PER_DEGREE * narrow,
                (lat - first.0) * METRES_PER_DEGREE,
            )
        };
        let points: Vec<Option<(f64, f64)>> = places.iter().map(|p| p.as_ref().map(flat)).collect();
        let ends = |pick: fn(&(f64, f64)) -> f64| {
            let values = || points.iter().flatten().map(pick);
            (
                values().fold(f64::MAX, f64::min),
                values().fold(f64::MIN, f64::max),
            )
        };
        let ((west, east), (south, north)) = (ends(|p| p.0), ends(|p| p.1));
        let (width, height) = ((east - west).max(1.0), (north - south).max(1.0));
        let side = (2.0 * width * height / real(n.max(1))).sqrt();
        let side = side.max(width.max(height) / 2_000.0);
        let (columns, rows) = (steps(width, side) + 1, steps(height, side) + 1);
        let cell = |point: &Option<(f64, f64)>| match point {
            Some((x, y)) => steps(y - south, side) * columns + steps(x - west, side),
            None => NONE,
        };
        Some(Self {
            cell_of: points.iter().map(cell).collect(),
            points,
            side,
            columns,
            rows,
        })
    }

    /// Sum over the drawn objects of the distance to the nearest other one, in metres, and their number.
    pub(super) fn nearest(&self, drawn: &[u32], cells: &mut Cells) -> (f64, usize) {
        let placed = || {
            drawn
                .iter()
                .copied()
                .filter(|object| self.cell_of[at(*object)] != NONE)
        };
        let n = placed().count();
        if n < 2 {
            return (0.0, 0);
        }
        cells.first.clear();
        cells.first.resize(at(self.columns * self.rows), NONE);
        cells.next.resize(self.points.len(), NONE);
        for object in placed() {
            let first = &mut cells.first[at(self.cell_of[at(object)])];
            cells.next[at(object)] = std::mem::replace(first, object);
        }
        (
            placed().map(|object| self.to_nearest(object, cells)).sum(),
            n,
        )
    }

    fn to_nearest(&self, object: u32, cells: &Cells) -> f64 {
        let cell = self.cell_of[at(object)];
        let (column, row) = (cell % self.columns, cell / self.columns);
        let mut best = f64::MAX;
        for ring in 0..self.columns.max(self.rows) {
            for (column, row) in self.ring(column, row, ring) {
                best = best.min(self.in_cell(object, row * self.columns + column, cells));
            }
            let reached = f64::from(ring) * self.side;
            if best <= reached * reached {
                break;
            }
        }
        best.sqrt()
    }

    /// Cells at `ring` steps from a cell, on the grid.
    fn ring(&self, column: u32, row: u32, ring: u32) -> impl Iterator<Item = (u32, u32)> {
        let (west, east) = (
            column.saturating_sub(ring),
            (column + ring).min(self.columns - 1),
        );
        let (south, north) = (row.saturating_sub(ring), (row + ring).min(self.rows - 1));
        let is_edge = move |x: u32, y: u32| x.abs_diff(column).max(y.abs_diff(row)) == ring;
        (south..=north).flat_map(move |y| {
            let is_whole_row = y.abs_diff(row) == ring;
            let stride = if is_whole_row {
                1
            } else {
                (east - west).max(1)
            };
            (west..=east)
                .step_by(at(stride))
                .filter(move |&x| is_edge(x, y))
                .map(move |x| (x, y))
        })
    }

    /// Smallest squared distance to another drawn object of the cell.
    fn in_cell(&self, object: u32, cell: u32, cells: &Cells) -> f64 {
        let Some((x, y)) = self.points[at(object)] else {
            return f64::MAX;
        };
        let mut best = f64::MAX;
        let mut other = cells.first[at(cell)];
        while other != NONE {
            if let Some((u, v)) = self.points[at(other)].filter(|_| other != object) {
                best = best.min((u - x) * (u - x) + (v - y) * (v - y));
            }
            other = cells.next[at(other)];
        }
        best
    }
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a grid has at most 2,001 cells along each side"
)]
fn steps(length: f64, side: f64) -> u32 {
    (length / side) as u32
}

/// Mean of the distances of all rounds, in metres.
pub(super) fn mean_distance(plane: &Plane, rounds: &[Vec<u32>], cells: &mut Cells) -> f64 {
    let (sum, n) = rounds.iter().fold((0.0, 0), |(sum, n), drawn| {
        let (more, placed) = plane.nearest(drawn, cells);
        (sum + more, n + placed)
    });
    if n == 0 { 0.0 } else { sum / real(n) }
}

/// Share of the objects whose place is known.
pub(super) fn share_placed(places: &[Option<(f64, f64)>]) -> f64 {
    let known = whole(places.iter().flatten().count());
    f64::from(known) / real(places.len().max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grid_finds_what_looking_at_all_pairs_finds() {
        let spot = |k: u32| {
            let spread = |step: u32| f64::from(k * step % 9_973) / 9_973.0;
            Some((
                36.5 + 0.3 * spread(7_919).powi(3),
                115.2 + 0.5 * spread(104_729),
            ))
        };
        let places: Vec<_> = (0..400).map(spot).chain([None]).collect();
        for n in [2, 40, 400] {
            let drawn: Vec<u32> = (0..whole(n)).chain([400]).collect();
            let map = Plane::new(&places, n).unwrap();
            let (sum, found) = map.nearest(&drawn, &mut Cells::default());
            let all: f64 = (0..n)
                .map(|a| {
                    let (x, y) = map.points[a].unwrap();
                    let others = (0..n).filter(|b| *b != a).map(|b| map.points[b].unwrap());
                    let distances = others.map(|(u, v)| (u - x).hypot(v - y));
                    distances.fold(f64::MAX, f64::min)
                })
                .sum();
            assert_eq!(found, n);
            assert!((sum - all).abs() < 1e-6 * all, "{n}: {sum} {all}");
        }
    }
}
