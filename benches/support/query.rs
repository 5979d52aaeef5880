//! The indicator query of `benches/peers/catalogue.toml` over a bench snapshot.

use std::path::{Path, PathBuf};
use std::time::Instant;

use choucha::indicators;
use choucha::ingest::Snapshot;
use choucha::registers::{self, Registers};
use choucha::units::Meter;

use super::{PARTS, as_of, forget_peak, kept, peak_mb, snapshot};

/// Snapshot and registers, ready to be asked.
pub struct Query {
    snapshot: Snapshot,
    registers: Registers,
    params: indicators::ValidParams,
    work: PathBuf,
}

impl Query {
    /// The query over the bench world of `n` objects.
    pub fn new(n: u64) -> Self {
        Self::of(n, "benches/peers/catalogue.toml")
    }

    /// A catalogue of this project over the bench world of `n` objects.
    pub fn of(n: u64, catalogue: &str) -> Self {
        let snapshot = Snapshot::open(&snapshot(n), PARTS, as_of());
        let work = kept(format!("query-{n}"));
        let every = registers::Params::default();
        let every = every.check().expect("the settings hold");
        let registers = registers::compile(&every, &snapshot, as_of(), &work, &Meter::silent());
        let catalogue = Path::new(env!("CARGO_MANIFEST_DIR")).join(catalogue);
        let params = indicators::Params {
            catalogues: vec![catalogue.display().to_string()],
        };
        Self {
            registers: registers.expect("the snapshot has a frame"),
            params: params.check().expect("the catalogue holds"),
            snapshot,
            work,
        }
    }

    /// Files the answer is written to.
    pub fn answer(n: u64) -> PathBuf {
        kept(format!("query-{n}")).join("indicators")
    }

    /// Seconds of one computation, and the most memory held meanwhile in MB.
    pub fn ask(&self) -> (f64, f64) {
        forget_peak();
        let started = Instant::now();
        let table = indicators::compute(
            &self.params,
            &self.registers,
            &self.snapshot,
            as_of(),
            &self.work,
            &Meter::silent(),
        );
        table.expect("the indicators can be computed");
        (
            started.elapsed().as_secs_f64(),
            peak_mb("/proc/self/status"),
        )
    }
}
