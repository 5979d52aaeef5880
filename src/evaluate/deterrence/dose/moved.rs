//! What the drawn move in a regression on exposure, so that a re-draw costs what it takes and not the frame.
//!
//! The objects of a block (a cell, a square of a ring's grid) have the same peers but for themselves: of the n peers of an object,
//! `S = R - h·D` are drawn, R the count of its block and h whether that counts the object itself. Peers are mutual, so `Σ w v S/n`
//! over all rows is a sum over the drawn of what one object of their block adds; the squares of S alone are summed block by block.

use std::ops::Range;

use super::Dose;
use crate::evaluate::deterrence::exposure::NOWHERE;

/// Least share of exposure's variation that the object's own draw leaves.
const FREE_MIN: f64 = 1e-6;
/// Responses whose coefficients are taken: outcome, exposure and own draw as they were.
pub(super) const RESPONSES: usize = 3;
/// Columns that exposure is multiplied with, before the groups of the wave: responses, expectation within groups, expectation, π.
const COLUMNS: usize = RESPONSES + 3;
/// Place of an object that has no row.
const NO_ROW: u32 = u32::MAX;

/// A regression on exposure, ready for re-draws.
#[derive(Debug)]
pub(in crate::evaluate::deterrence) struct Moved {
    waves: Vec<OfWave>,
    /// Sums if nobody were drawn.
    idle: Products,
    /// Outcome, exposure and own draw, each less groups and expectation.
    responses: [Vec<f64>; RESPONSES],
}

/// Blocks of a wave.
#[derive(Debug)]
struct OfWave {
    /// Row by place.
    row_of: Vec<u32>,
    groups: Range<usize>,
    /// Weight of the rows of each block, over their squared number of peers.
    squares: Vec<f64>,
    /// What one drawn object of a block adds to `Σ w v S/n`, by block and column v.
    moves: Vec<f64>,
}

/// Sums of products of exposure less expectation (z), own draw less π (d), responses (y) and expectation within groups (e).
#[derive(Clone, Debug)]
struct Products {
    zz: f64,
    zd: f64,
    dd: f64,
    ze: f64,
    de: f64,
    zy: [f64; RESPONSES],
    dy: [f64; RESPONSES],
    /// Sums of z and d by group.
    z: Vec<f64>,
    d: Vec<f64>,
}

impl Moved {
    /// `responses` are [`Dose::residual`]s.
    pub(in crate::evaluate::deterrence) fn of(
        dose: &Dose,
        responses: [Vec<f64>; RESPONSES],
    ) -> Self {
        let waves = 0..dose.peering.len();
        Self {
            waves: waves.map(|w| OfWave::of(dose, &responses, w)).collect(),
            idle: idle(dose, &responses),
            responses,
        }
    }

    /// Pushes the coefficient of exposure for every response; NaN where the draw leaves exposure no freedom. `drawn` are places by
    /// wave.
    pub(in crate::evaluate::deterrence) fn redrawn(
        &self,
        dose: &Dose,
        drawn: &[Vec<u32>],
        out: &mut Vec<f64>,
    ) {
        let mut products = self.idle.clone();
        for (w, drawn) in drawn.iter().enumerate() {
            self.add_wave(dose, w, drawn, &mut products);
        }
        let left = products.left(dose);
        let slope = |k: usize| {
            let (zy, dy) = (products.zy[k], products.dy[k]);
            left.as_ref()
                .map_or(f64::NAN, |left| (zy - left.zd / left.dd * dy) / left.free)
        };
        out.extend((0..RESPONSES).map(slope));
    }

    fn add_wave(&self, dose: &Dose, w: usize, drawn: &[u32], products: &mut Products) {
        let of_wave = &self.waves[w];
        let (peering, n_peers) = (&dose.peering[w], &dose.n_peers[w]);
        let blocks = peering.blocks();
        let counts = peering.drawn_by_block(drawn);
        let own = f64::from(u8::from(peering.holds_self()));
        let squares = of_wave.squares.iter().zip(&counts);
        products.zz += squares.map(|(weight, r)| weight * r * r).sum::<f64>();
        let mut moved = vec![0.0; COLUMNS + of_wave.groups.len()];
        for &place in drawn {
            let place = place as usize;
            let block = blocks[place];
            if block != NOWHERE {
                let from = block as usize * moved.len();
                let of_block = &of_wave.moves[from..from + moved.len()];
                moved
                    .iter_mut()
                    .zip(of_block)
                    .for_each(|(sum, one)| *sum += one);
            }
            let row = of_wave.row_of[place];
            if row == NO_ROW {
                continue;
            }
            let (row, n) = (row as usize, n_peers[place]);
            let (weight, group) = (dose.weight[row], dose.group[row] as usize);
            let r = counts[block as usize];
            products.zz += weight * own * (1.0 - 2.0 * r) / (n * n);
            products.zd += weight * ((r - own) / n - dose.expected[row]);
            products.dd += weight * (1.0 - 2.0 * dose.pi[row]);
            products.de += weight * dose.within[row];
            products.d[group] += weight;
            for (dy, response) in products.dy.iter_mut().zip(&self.responses) {
                *dy += weight * response[row];
            }
            let itself = own * weight / n;
            for (sum, v) in moved.iter_mut().zip(columns(dose, &self.responses, row)) {
                *sum -= itself * v;
            }
            moved[COLUMNS + group - of_wave.groups.start] -= itself;
        }
        products.take(&moved, of_wave.groups.start);
    }
}

impl OfWave {
    fn of(dose: &Dose, responses: &[Vec<f64>; RESPONSES], w: usize) -> Self {
        let (peering, n_peers) = (&dose.peering[w], &dose.n_peers[w]);
        let rows = dose.wave_start[w]..dose.wave_start[w + 1];
        let groups = groups(&dose.group[rows.clone()]);
        let width = COLUMNS + groups.len();
        let own = f64::from(u8::from(peering.holds_self()));
        let mut of_wave = Self {
            row_of: vec![NO_ROW; n_peers.len()],
            squares: vec![0.0; peering.n_blocks()],
            moves: vec![0.0; peering.n_blocks() * width],
            groups,
        };
        let blocks = peering.blocks();
        for row in rows.clone() {
            let place = dose.unit[row] as usize;
            of_wave.row_of[place] = u32::try_from(row).expect("rows stay below 2^32");
            of_wave.squares[blocks[place] as usize] += dose.weight[row] / n_peers[place].powi(2);
        }
        for column in 0..width {
            let mut shares = vec![0.0; n_peers.len()];
            for row in rows.clone() {
                let place = dose.unit[row] as usize;
                let v = match column.checked_sub(COLUMNS) {
                    None => columns(dose, responses, row)[column],
                    Some(at) if of_wave.groups.start + at == dose.group[row] as usize => 1.0,
                    Some(_) => 0.0,
                };
                shares[place] = dose.weight[row] * v / n_peers[place];
            }
            let sums = peering.sums(&shares);
            for ((&block, sum), share) in blocks.iter().zip(sums).zip(shares) {
                if block != NOWHERE {
                    of_wave.moves[block as usize * width + column] = sum + own * share;
                }
            }
        }
        of_wave
    }
}

/// The groups of a wave, which follow each other.
fn groups(of_rows: &[u32]) -> Range<usize> {
    let (first, last) = (of_rows.iter().min(), of_rows.iter().max());
    match (first, last) {
        (Some(&first), Some(&last)) => first as usize..last as usize + 1,
        _ => 0..0,
    }
}

fn columns(dose: &Dose, responses: &[Vec<f64>; RESPONSES], row: usize) -> [f64; COLUMNS] {
    let [y, z, d] = responses;
    let (within, expected) = (dose.within[row], dose.expected[row]);
    [y[row], z[row], d[row], within, expected, dose.pi[row]]
}

/// Sums if nobody were drawn: exposure less expectation is -e, own draw less π is -π.
fn idle(dose: &Dose, responses: &[Vec<f64>; RESPONSES]) -> Products {
    let n_groups = dose.group_weight.len();
    let (e, pi) = (&dose.expected, &dose.pi);
    let mut products = Products {
        zz: dose.product(e, e),
        zd: dose.product(e, pi),
        dd: dose.product(pi, pi),
        ze: -dose.product(e, &dose.within),
        de: -dose.product(pi, &dose.within),
        zy: [0, 1, 2].map(|k| -dose.product(e, &responses[k])),
        dy: [0, 1, 2].map(|k| -dose.product(pi, &responses[k])),
        z: vec![0.0; n_groups],
        d: vec![0.0; n_groups],
    };
    for row in 0..dose.len() {
        let group = dose.group[row] as usize;
        products.z[group] -= dose.weight[row] * e[row];
        products.d[group] -= dose.weight[row] * pi[row];
    }
    products
}

impl Products {
    /// Takes what a wave moved in the products of exposure.
    fn take(&mut self, moved: &[f64], first_group: usize) {
        let (columns, of_groups) = moved.split_at(COLUMNS);
        for (zy, moved) in self.zy.iter_mut().zip(columns) {
            *zy += moved;
        }
        self.ze += columns[RESPONSES];
        self.zz -= 2.0 * columns[RESPONSES + 1];
        self.zd -= columns[RESPONSES + 2];
        for (z, moved) in self.z[first_group..].iter_mut().zip(of_groups) {
            *z += moved;
        }
    }

    /// What groups and expectation leave; `None` where that is nothing of exposure's own.
    fn left(&self, dose: &Dose) -> Option<Left> {
        let (mut zz, mut zd, mut dd) = (self.zz, self.zd, self.dd);
        for ((z, d), n) in self.z.iter().zip(&self.d).zip(&dose.group_weight) {
            zz -= z * z / n;
            zd -= z * d / n;
            dd -= d * d / n;
        }
        if dose.within_squares > 0.0 {
            zz -= self.ze * self.ze / dose.within_squares;
            zd -= self.ze * self.de / dose.within_squares;
            dd -= self.de * self.de / dose.within_squares;
        }
        if dd <= 1e-9 * self.dd {
            (zd, dd) = (0.0, 1.0);
        }
        let free = zz - zd * zd / dd;
        is_free(free, self.zz).then_some(Left { zd, dd, free })
    }
}

/// Cross products that are left when groups and expectation are taken out.
#[derive(Clone, Copy, Debug)]
struct Left {
    zd: f64,
    dd: f64,
    /// `zz - zd²/dd`.
    free: f64,
}

/// Whether what is left of exposure's squares beside the own draw is more than rounding.
pub(super) fn is_free(left: f64, squares: f64) -> bool {
    left > FREE_MIN * squares && left > 0.0
}
