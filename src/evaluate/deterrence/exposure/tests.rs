//! Rings and cells against plain loops over pairs.

use super::{Grid, Peering, as_numbers, columns};
use crate::evaluate::deterrence::reference::places;
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
            (ring[i] - plain(i, true)).abs() > 1e-9 || (others[i] - plain(i, false)).abs() > 1e-9
        });
        assert!(
            off.count() <= 3,
            "{from} to {to}: only objects on the edge of a square may differ"
        );
        sparse_is_dense(&wave, Peers::Ring { from, to });
        sparse_is_dense(&wave, Peers::OtherIndustry { from, to });
    }
}

/// Counting from the drawn gives what summing over everybody gives.
fn sparse_is_dense(wave: &Wave, peers: Peers) {
    let peering = Peering::of(wave, peers);
    let drawn: Vec<bool> = (0..wave.units.len()).map(|i| i % 5 == 2).collect();
    let by_block = peering.drawn_by_block(&places(&drawn));
    let own = f64::from(u8::from(peering.holds_self()));
    let dense = peering.sums(&as_numbers(&drawn));
    for ((&block, dense), drawn) in peering.blocks().iter().zip(dense).zip(drawn) {
        let drawn = f64::from(u8::from(drawn));
        let sparse = match block {
            super::NOWHERE => 0.0,
            block => by_block[block as usize] - own * drawn,
        };
        assert!((sparse - dense).abs() < 1e-9, "{peers:?} {sparse} {dense}");
    }
}

#[test]
fn peers_of_a_cell_are_all_others_in_it() {
    let mut wave = wave(&[(0.0, 0.0, 1), (0.0, 0.0, 1), (0.0, 0.0, 2), (9.0, 9.0, 1)]);
    sparse_is_dense(&wave, Peers::Cell);
    wave.units[1].place = None;
    sparse_is_dense(&wave, Peers::Ring { from: 0.0, to: 1.0 });
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
