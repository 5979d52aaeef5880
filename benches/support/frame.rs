//! A frame made in memory, sealed, and drawn from: tickets, keys, selection, and nothing read from disk.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::sync::Mutex;
use std::time::Instant;

use choucha::draw::{self, Seed, Stream, Ticketer};
use choucha::plan::{self, Header, MeasureOfSize, Params, SealedPlan};
use choucha::units::{FramePart, FrameSource, Ids, Meter, Rounding, Unreadable};
use rayon::prelude::*;

use super::{PARTS, as_of, own_cpu};

/// Sizes run from 1 to this.
const LEVELS: u64 = 1_000;
/// Share that is drawn.
const RATIO: f64 = 0.05;

/// A frame whose partitions are handed out, not copied: each is asked for once per draw.
pub struct Frame {
    labels: Vec<String>,
    parts: Vec<Mutex<Option<FramePart>>>,
}

impl FrameSource for Frame {
    fn strata(&self) -> &[String] {
        &self.labels
    }

    fn n_parts(&self) -> usize {
        self.parts.len()
    }

    fn part(&self, part: usize) -> Result<FramePart, Unreadable> {
        let taken = self.parts[part].lock().expect("nobody panics").take();
        taken.ok_or_else(|| "a draw asks for a partition twice".into())
    }
}

/// Objects with ids of 18 bytes, in five strata and a thousand sizes.
pub struct Bench {
    rows: Vec<FramePart>,
    labels: Vec<String>,
    plan: SealedPlan,
    seed: Seed,
}

impl Bench {
    /// `n` objects, sealed for a draw of 5 %.
    pub fn new(n: u64) -> Self {
        let labels: Vec<String> = ["A", "B", "C", "D", "U"].map(str::to_owned).to_vec();
        let rows: Vec<FramePart> = (0..PARTS as u64).map(|part| rows(n, part)).collect();
        let frame = Self::hand_out(&rows, &labels);
        let plan = plan::seal(&params(), &header(), &frame, &Meter::silent());
        let plan = plan.expect("the design can be executed");
        let seed = Seed::new(plan.hash, &plan.seal_digest(), "1 2 3 4 5 6", "dice");
        let seed = seed.expect("the seed can be used");
        Self {
            rows,
            labels,
            plan,
            seed,
        }
    }

    fn hand_out(rows: &[FramePart], labels: &[String]) -> Frame {
        let parts = rows.iter().map(|part| Mutex::new(Some(part.clone())));
        Frame {
            labels: labels.to_vec(),
            parts: parts.collect(),
        }
    }

    /// Seconds of one draw, by the clock and of all threads.
    pub fn draw(&self) -> (f64, f64) {
        let frame = Self::hand_out(&self.rows, &self.labels);
        let (started, cpu) = (Instant::now(), own_cpu());
        let sample = draw::select(&self.plan, &self.seed, &frame, &Meter::silent());
        let seconds = (started.elapsed().as_secs_f64(), own_cpu() - cpu);
        let n = sample.expect("the draw can be made").n();
        assert_eq!(n as u64, self.plan.n());
        seconds
    }

    /// Seconds of hashing the same messages on the same threads, and nothing else; by the clock and of all threads.
    /// Partitions are asked for and dropped as in a draw.
    pub fn hash(&self) -> (f64, f64) {
        let ticketer = Ticketer::new(self.plan.hash, &self.seed.sub_seed(Stream::Targets).0);
        let frame = Self::hand_out(&self.rows, &self.labels);
        let (started, cpu) = (Instant::now(), own_cpu());
        let of_chunk = |ids: &Ids, start: usize| {
            let rows = start..ids.len().min(start + (1 << 14));
            rows.fold(0_u8, |sum, row| sum ^ ticketer.ticket(ids.bytes(row)).0[0])
        };
        let of_part = |part: usize| {
            let rows = frame.part(part).expect("it was not asked for before");
            let starts: Vec<usize> = (0..rows.ids.len()).step_by(1 << 14).collect();
            let chunks = starts.into_par_iter();
            chunks
                .map(|start| of_chunk(&rows.ids, start))
                .reduce(|| 0, |a, b| a ^ b)
        };
        let parts = (0..frame.n_parts()).into_par_iter();
        let sum: u8 = parts.map(of_part).reduce(|| 0, |a, b| a ^ b);
        black_box(sum);
        (started.elapsed().as_secs_f64(), own_cpu() - cpu)
    }
}

fn rows(n: u64, part: u64) -> FramePart {
    let mut rows = FramePart::default();
    for index in (part..n).step_by(PARTS) {
        let mixed = mix(index);
        rows.ids.push(&format!("91130433MA{index:08}"));
        rows.stratum
            .push(u32::try_from(mixed % 5).expect("below 5"));
        let size = 1 + (mixed >> 8) % LEVELS;
        rows.size.push(u32::try_from(size).expect("below 1001"));
    }
    rows
}

/// splitmix64: strata and sizes without a pattern.
fn mix(index: u64) -> u64 {
    let mut z = index.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn params() -> plan::ValidParams {
    let params = Params {
        strata: vec!["risk_class".to_owned()],
        measure_of_size: MeasureOfSize::RiskPoints,
        ratio: ["A", "B", "C", "D", "U"]
            .map(|class| (class.to_owned(), RATIO))
            .into_iter()
            .collect(),
        sample_size: BTreeMap::new(),
        rounding: Rounding::Ceiling,
        floor_of_one: false,
        coverage_floor: RATIO,
        take_all: Vec::new(),
        reserve: 0,
    };
    params.check().expect("the settings hold")
}

fn header() -> Header {
    Header {
        title: "bench".to_owned(),
        as_of: as_of(),
        synthetic: true,
        rehearsal: true,
    }
}
