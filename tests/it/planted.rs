//! Counties with a planted effect: who was drawn is by lot, what happens afterwards has a known law. Shared by tests and benches.

use choucha::evaluate::{Redraw, Revisit, SimpleRandom, Stream, Wave, WaveUnit};
use choucha::units::Day;
use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// What is planted.
#[derive(Clone, Copy)]
pub(crate) struct Planted {
    /// Objects of the county.
    pub(crate) n: u32,
    /// Rounds.
    pub(crate) waves: u32,
    /// Added to the chance of an outcome by being drawn.
    pub(crate) own: f64,
    /// Added when all peers are drawn, in proportion to their share.
    pub(crate) peers: f64,
    /// Share of the frame revisited by the measurement stream.
    pub(crate) revisited: f64,
}

/// Drawn shares of the four classes.
const RATIOS: [f64; 4] = [0.02, 0.05, 0.12, 0.3];
/// Chance of an outcome by class, without any effect.
const RATES: [f64; 4] = [0.08, 0.12, 0.18, 0.25];
/// Industries and districts.
const INDUSTRIES: u32 = 10;
const DISTRICTS: u32 = 8;

/// Uniform numbers of one world.
pub(crate) struct Numbers(ChaCha12Rng);

impl Numbers {
    pub(crate) fn new(world: u64) -> Self {
        let mut rng = ChaCha12Rng::from_seed([9; 32]);
        rng.set_stream(world);
        Self(rng)
    }

    /// In (0, 1).
    pub(crate) fn next(&mut self) -> f64 {
        (f64::from(u32::try_from(self.0.next_u64() >> 32).expect("32 bits")) + 0.5)
            / 4_294_967_296.0
    }
}

/// The waves of world number `world`, and the designs they were drawn by.
pub(crate) fn county(planted: &Planted, world: u64) -> (Vec<Wave>, Vec<SimpleRandom>) {
    let mut numbers = Numbers::new(world);
    let frame = frame(planted, &mut numbers);
    let cells: Vec<f64> = (0..INDUSTRIES * DISTRICTS)
        .map(|_| 0.04 * (numbers.next() - 0.5))
        .collect();
    let mut waves = Vec::new();
    let mut designs = Vec::new();
    for w in 0..planted.waves {
        let design = design(&frame, world, w);
        let mut drawn = vec![false; frame.len()];
        design.redraw(u64::MAX / 2, &mut drawn);
        waves.push(wave(planted, &frame, &cells, &drawn, w, &mut numbers));
        designs.push(design);
    }
    (waves, designs)
}

fn frame(planted: &Planted, numbers: &mut Numbers) -> Vec<WaveUnit> {
    let unit = |key: u32, numbers: &mut Numbers| {
        let class = match numbers.next() {
            p if p < 0.5 => 0,
            p if p < 0.8 => 1,
            p if p < 0.95 => 2,
            _ => 3,
        };
        let industry = (numbers.next() * f64::from(INDUSTRIES)).floor();
        let district = (numbers.next() * f64::from(DISTRICTS)).floor();
        let cell = (0..INDUSTRIES * DISTRICTS)
            .find(|&cell| f64::from(cell) >= industry * f64::from(DISTRICTS) + district)
            .unwrap_or(0);
        WaveUnit {
            key: u64::from(key),
            stratum: class,
            class: u16::try_from(class).ok(),
            industry: cell / DISTRICTS,
            cell,
            place: Some((
                36.5 + 0.05 * f64::from(cell % DISTRICTS) + 0.04 * numbers.next(),
                115.3 + 0.3 * numbers.next(),
            )),
            ..WaveUnit::default()
        }
    };
    (0..planted.n).map(|key| unit(key, numbers)).collect()
}

/// A fixed number from every class.
fn design(frame: &[WaveUnit], world: u64, wave: u32) -> SimpleRandom {
    let strata: Vec<u32> = frame.iter().map(|unit| unit.stratum).collect();
    let sizes = sizes(frame);
    SimpleRandom::like(&strata, &first_of(&strata, &sizes), seed(world, wave))
}

/// The first of every stratum, as many as are to be drawn.
fn first_of(strata: &[u32], sizes: &[u32]) -> Vec<bool> {
    let mut left = sizes.to_vec();
    let take = |&stratum: &u32| {
        let left = &mut left[stratum as usize];
        let taken = *left > 0;
        *left = left.saturating_sub(1);
        taken
    };
    strata.iter().map(take).collect()
}

fn sizes(frame: &[WaveUnit]) -> Vec<u32> {
    let size = |(stratum, ratio): (usize, &f64)| {
        let of = frame.iter().filter(|unit| unit.stratum as usize == stratum);
        let n = u32::try_from(of.count()).expect("a county");
        (1..=n)
            .rev()
            .find(|&k| f64::from(k) <= f64::from(n) * ratio)
            .unwrap_or(1)
    };
    RATIOS.iter().enumerate().map(size).collect()
}

fn seed(world: u64, wave: u32) -> [u8; 32] {
    let mut seed = [0; 32];
    seed[..8].copy_from_slice(&world.to_le_bytes());
    seed[8..12].copy_from_slice(&wave.to_le_bytes());
    seed
}

fn wave(
    planted: &Planted,
    frame: &[WaveUnit],
    cells: &[f64],
    drawn: &[bool],
    w: u32,
    numbers: &mut Numbers,
) -> Wave {
    let sizes = sizes(frame);
    let mut of_class = [0_u32; 4];
    let (mut peers, mut peers_drawn) = (vec![0.0_f64; cells.len()], vec![0.0_f64; cells.len()]);
    for (unit, &drawn) in frame.iter().zip(drawn) {
        of_class[unit.stratum as usize] += 1;
        peers[unit.cell as usize] += 1.0;
        peers_drawn[unit.cell as usize] += f64::from(u8::from(drawn));
    }
    let unit = |(unit, &drawn): (&WaveUnit, &bool)| {
        let own = f64::from(u8::from(drawn));
        let cell = unit.cell as usize;
        let share = (peers_drawn[cell] - own) / (peers[cell] - 1.0).max(1.0);
        let base = RATES[unit.stratum as usize] + cells[cell];
        let chance = base + planted.own * own + planted.peers * share;
        let happens = |p: f64, numbers: &mut Numbers| f64::from(u8::from(numbers.next() < p));
        let is_revisited = numbers.next() < planted.revisited;
        let revisit = Revisit {
            pi2: planted.revisited,
            found: Some(numbers.next() < chance),
            stream: Stream::Measure,
            strictness: None,
        };
        WaveUnit {
            pi: f64::from(sizes[unit.stratum as usize])
                / f64::from(of_class[unit.stratum as usize]),
            drawn,
            visited: drawn && numbers.next() < 0.9,
            outcome: Some(happens(chance, numbers)),
            before: Some(happens(base, numbers)),
            revisit: is_revisited.then_some(revisit),
            ..unit.clone()
        }
    };
    Wave {
        id: format!("2025-{}", w + 1),
        drawn_on: Day::from_days(20_000 + 365 * i32::try_from(w).expect("few waves")),
        window_days: 180,
        strata: ["A", "B", "C", "D"].map(str::to_owned).to_vec(),
        series_times: Vec::new(),
        units: frame.iter().zip(drawn).map(unit).collect(),
    }
}
