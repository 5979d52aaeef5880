//! A frame in memory, sealed, and drawn from: tickets, keys, selection, and nothing read from disk.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::io::{self, BufRead};
use std::sync::Mutex;
use std::time::Instant;

use choucha::draw::{self, Seed, Stream, Ticketer};
use choucha::plan::{self, Header, MeasureOfSize, Params, Proof, SealedPlan, Spool};
use choucha::units::{DrawKey, FramePart, FrameSource, HashName, Ids, Meter, Rounding, Unreadable};
use rayon::prelude::*;

use super::{PARTS, as_of, own_cpu};

/// Labels of the strata, ascending.
pub const STRATA: [&str; 5] = ["A", "B", "C", "D", "U"];
/// Sizes run from 1 to this.
const LEVELS: u64 = 1_000;
/// Share that is drawn.
const RATIO: f64 = 0.05;
/// Rows of a partition that is made when it is asked for.
const ROWS: u64 = 1 << 20;

/// Where a frame's rows are until they are asked for.
enum Rows {
    /// In memory. Handed out, not copied: each partition is asked for once per draw.
    Held(Vec<Mutex<Option<FramePart>>>),
    /// Nowhere: so many are made, a partition at a time.
    Made(u64),
}

/// A frame of `n` objects with ids of 18 bytes, in five strata and a thousand sizes.
pub struct Frame {
    labels: Vec<String>,
    rows: Rows,
}

impl Frame {
    /// Makes a partition's rows when they are asked for, and again when they are asked for again.
    pub fn made(n: u64) -> Self {
        Self {
            labels: STRATA.map(str::to_owned).to_vec(),
            rows: Rows::Made(n),
        }
    }

    fn held(rows: &[FramePart]) -> Self {
        let parts = rows.iter().map(|part| Mutex::new(Some(part.clone())));
        Self {
            labels: STRATA.map(str::to_owned).to_vec(),
            rows: Rows::Held(parts.collect()),
        }
    }
}

impl FrameSource for Frame {
    fn strata(&self) -> &[String] {
        &self.labels
    }

    fn n_parts(&self) -> usize {
        match &self.rows {
            Rows::Held(parts) => parts.len(),
            Rows::Made(n) => usize::try_from(n.div_ceil(ROWS)).expect("some hundred"),
        }
    }

    fn part(&self, part: usize) -> Result<FramePart, Unreadable> {
        match &self.rows {
            Rows::Held(parts) => {
                let taken = parts[part].lock().expect("nobody panics").take();
                taken.ok_or_else(|| "a draw asks for a partition twice".into())
            }
            Rows::Made(n) => Ok(rows(*n, part as u64, self.n_parts())),
        }
    }
}

/// Keeps nothing: the counts of the plan are those of the frame, its frame digest is that of no frame.
struct Forgetful;

impl Spool for Forgetful {
    fn put(&self, _: usize, _: Vec<u8>) -> io::Result<()> {
        Ok(())
    }

    fn take(&self, _: usize) -> io::Result<Box<dyn BufRead>> {
        Ok(Box::new(io::empty()))
    }
}

/// Seconds by the clock, and of all threads.
#[derive(Clone, Copy)]
pub struct Seconds {
    pub clock: f64,
    pub cpu: f64,
}

impl Seconds {
    pub fn of(work: impl FnOnce()) -> Self {
        let (started, cpu) = (Instant::now(), own_cpu());
        work();
        Self {
            clock: started.elapsed().as_secs_f64(),
            cpu: own_cpu() - cpu,
        }
    }

    pub fn less(self, other: Self) -> Self {
        Self {
            clock: self.clock - other.clock,
            cpu: self.cpu - other.cpu,
        }
    }
}

/// Objects sealed for a draw of 5 %, and the seed.
pub struct Bench {
    n: u64,
    /// All rows; none where they are made when they are asked for.
    rows: Option<Vec<FramePart>>,
    plan: SealedPlan,
    ticketer: Ticketer,
}

impl Bench {
    /// `n` objects in memory.
    pub fn held(n: u64, proof: Proof) -> Self {
        let parts = 0..PARTS as u64;
        Self::of(
            n,
            proof,
            Some(parts.map(|part| rows(n, part, PARTS)).collect()),
        )
    }

    /// `n` objects that are never all in memory.
    pub fn made(n: u64, proof: Proof) -> Self {
        Self::of(n, proof, None)
    }

    fn of(n: u64, proof: Proof, rows: Option<Vec<FramePart>>) -> Self {
        let (params, header, silent) = (params(proof), header(), Meter::silent());
        let frame = Frame::made(n);
        let plan = plan::seal_into(
            &params,
            &header,
            &frame,
            &Forgetful,
            &mut io::sink(),
            &silent,
        );
        let plan = plan.expect("the design can be executed");
        let seed = Seed::new(plan.hash, &plan.seal_digest(), "1 2 3 4 5 6", "dice");
        let sub_seed = seed.expect("it can be used").sub_seed(Stream::Targets).0;
        let ticketer = match proof {
            Proof::Open => Ticketer::new(plan.hash, &sub_seed),
            Proof::Sealed => Ticketer::sealed(plan.hash, &sub_seed, key().keyed(plan.hash)),
        };
        Self {
            n,
            rows,
            plan,
            ticketer,
        }
    }

    fn frame(&self) -> Frame {
        self.rows
            .as_deref()
            .map_or_else(|| Frame::made(self.n), Frame::held)
    }

    /// One draw.
    pub fn draw(&self) -> Seconds {
        let (frame, ticketer) = (self.frame(), self.ticketer.clone());
        let mut sample = None;
        let seconds = Seconds::of(|| {
            sample = draw::select_with(&self.plan, ticketer, &frame, &Meter::silent()).ok();
        });
        let n = sample.expect("the draw can be made").n();
        assert_eq!(n as u64, self.plan.n());
        seconds
    }

    /// Hashing the same messages on the same threads, and nothing else; of a sealed proof, tags and tickets. Partitions
    /// are asked for and dropped as in a draw.
    pub fn hash(&self) -> Seconds {
        self.over_parts(|ids, rows| {
            rows.fold(0, |sum, row| {
                sum ^ self.ticketer.ticket(ids.bytes(row)).0[0]
            })
        })
    }

    /// Asking for the same partitions, and nothing else.
    pub fn ask(&self) -> Seconds {
        self.over_parts(|_, _| 0)
    }

    fn over_parts(&self, of_rows: impl Fn(&Ids, std::ops::Range<usize>) -> u8 + Sync) -> Seconds {
        let frame = self.frame();
        let of_part = |part: usize| {
            let rows = frame.part(part).expect("it was not asked for before");
            let (ids, n) = (&rows.ids, rows.ids.len());
            let starts: Vec<usize> = (0..n).step_by(1 << 14).collect();
            let of_chunk = |start: usize| of_rows(ids, start..n.min(start + (1 << 14)));
            starts
                .into_par_iter()
                .map(of_chunk)
                .reduce(|| 0, |a, b| a ^ b)
        };
        // Partitions that are made go in waves, or they would all be in memory.
        let wave = match frame.rows {
            Rows::Held(_) => frame.n_parts(),
            Rows::Made(_) => rayon::current_num_threads(),
        };
        let parts: Vec<usize> = (0..frame.n_parts()).collect();
        Seconds::of(|| {
            for wave in parts.chunks(wave) {
                black_box(
                    wave.par_iter()
                        .map(|&part| of_part(part))
                        .reduce(|| 0, |a, b| a ^ b),
                );
            }
        })
    }
}

/// The key of a sealed proof.
pub fn key() -> DrawKey {
    DrawKey::from_bytes([0x5a; 32])
}

/// Every `n_parts`-th object, from `part` on.
fn rows(n: u64, part: u64, n_parts: usize) -> FramePart {
    let n_rows = usize::try_from(n).expect("64 bits") / n_parts + 1;
    let mut rows = FramePart {
        ids: Ids::with_capacity(n_rows, 18 * n_rows),
        stratum: Vec::with_capacity(n_rows),
        size: Vec::with_capacity(n_rows),
    };
    for index in (part..n).step_by(n_parts) {
        let (stratum, size) = place(index);
        rows.ids.push(id(&mut [0; 18], index));
        rows.stratum.push(stratum);
        rows.size.push(size);
    }
    rows
}

/// Eighteen letters and digits that order as the indices below 10^8 do.
pub fn id(bytes: &mut [u8; 18], index: u64) -> &str {
    bytes[..10].copy_from_slice(b"91130433MA");
    let mut rest = index;
    for digit in bytes[10..].iter_mut().rev() {
        *digit = b'0' + u8::try_from(rest % 10).expect("a digit");
        rest /= 10;
    }
    std::str::from_utf8(bytes).expect("letters and digits")
}

/// Stratum, as its place in [`STRATA`], and size of an object.
pub fn place(index: u64) -> (u32, u32) {
    let mixed = mix(index);
    let low = |number: u64| u32::try_from(number).expect("at most 1,000");
    (low(mixed % 5), low(1 + (mixed >> 8) % LEVELS))
}

/// splitmix64: strata and sizes without a pattern.
fn mix(index: u64) -> u64 {
    let mut z = index.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Settings of a draw of 5 %.
pub fn params(proof: Proof) -> plan::ValidParams {
    let params = Params {
        strata: vec!["risk_class".to_owned()],
        measure_of_size: MeasureOfSize::RiskPoints,
        ratio: STRATA.map(|class| (class.to_owned(), RATIO)).into(),
        sample_size: BTreeMap::new(),
        rounding: Rounding::Ceiling,
        floor_of_one: false,
        coverage_floor: RATIO,
        take_all: Vec::new(),
        reserve: 0,
        hash: HashName::Sha256,
        proof,
        tiny: None,
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
