//! Makes a synthetic world (合成数据): registers, records and outcomes of any number of objects, from one world file.
//!
//! Law: the bytes follow from the world file alone. Objects are made in chunks, each from its own `ChaCha12` stream seeded by
//! (world seed, chunk, purpose), so threads change nothing and memory holds one chunk per thread. Every chunk becomes one row
//! group.
#![doc = include_str!("DESIGN.md")]

mod check;
mod deterrent;
mod dirt;
mod files;
mod follow_up;
mod history;
mod identity;
mod law;
mod object;
mod part;
mod planted;
mod policy;
mod staff;
mod table;
mod tally;
mod words;
mod world;
mod world_file;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use rayon::prelude::{IntoParallelIterator, ParallelIterator};
use thiserror::Error;

use crate::units::{Digest, Kind, Meter, Problem};

pub use identity::uscc;
pub use planted::{PlantedWorld, plant};
pub use policy::{
    Behaviour, Beliefs, Hold, PolicyJob, PolicyWorld, Replicate, TrialPlan, compare, drifts,
    finds_more, long_run,
};
pub use tally::Summary;
pub use world::World;

/// Why no world was made.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// The world file cannot be read.
    #[error("world file {path}: cannot be read")]
    Read {
        /// As given.
        path: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The world file is not TOML, or has a key that is unknown, missing or of another type.
    #[error("world file {path}: not a world file")]
    Format {
        /// As given.
        path: String,
        /// Which key.
        #[source]
        source: Box<toml::de::Error>,
    },
    /// Rules the world file breaks, all of them.
    #[error("world file with {} broken rules:\n{}", .0.len(), .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    World(Vec<Problem>),
    /// The λ of a Pareto draw did not settle.
    #[error(
        "policy {policy}: no λ gives the classes their probabilities; the best is off by {deviation:e}"
    )]
    Unsettled {
        /// The policy.
        policy: String,
        /// Largest relative deviation.
        deviation: f64,
    },
    /// An estimator refused what was simulated.
    #[error(transparent)]
    Estimate(Box<crate::evaluate::Error>),
    /// A file of the world cannot be written.
    #[error("world output {path}: cannot be written")]
    Write {
        /// The file.
        path: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A table cannot be built or encoded.
    #[error("world table {table}: cannot be encoded")]
    Table {
        /// Its name.
        table: &'static str,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl Error {
    /// The kind of this failure.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Read { .. } | Self::Format { .. } | Self::World(_) => Kind::Usage,
            Self::Unsettled { .. } => Kind::Design,
            Self::Estimate(error) => error.kind(),
            Self::Write { .. } => Kind::Data,
            Self::Table { .. } => Kind::Bug,
        }
    }
}

/// A world that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// The world's title.
    pub title: String,
    /// Its tables, in the order of the data contract.
    pub tables: Vec<MadeTable>,
    /// Files of the folder an office would send, where the world is a dirty copy of another; none elsewhere.
    pub files: Vec<MadeFile>,
    /// Rows of that folder that cannot be read, each named in `dirt.json`.
    pub unreadable: u64,
    /// Cells of its other rows that cannot be read, each named there too.
    pub emptied: u64,
    /// What can be expected of it.
    pub summary: Summary,
}

/// One table that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MadeTable {
    /// Its name.
    pub table: &'static str,
    /// Rows, spoiled ones included.
    pub rows: u64,
    /// Rows that ingest must refuse.
    pub spoiled: u64,
    /// Its files, in order.
    pub files: Vec<MadeFile>,
}

/// One file that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MadeFile {
    /// Path below the output folder, with `/`.
    pub path: String,
    /// Rows in it.
    pub rows: u64,
    /// Bytes in it.
    pub bytes: u64,
    /// SHA-256 of its bytes.
    pub digest: Digest,
}

/// Writes `world` below `out`: every table as `table.parquet`, or as `table/part-000.parquet` … where the world has several
/// parts; for a world with `dirt = "files"` also the folder `files`, as offices would send it, and its account `dirt.json`. Tables of an earlier run are replaced when all new ones are complete; other files in `out` are left alone.
///
/// # Errors
/// When a file cannot be written.
///
/// ```no_run
/// use std::path::Path;
/// use choucha::simulate::{World, make};
/// use choucha::units::Meter;
/// let world = World::read(Path::new("pipelines/worlds/guantao.toml"))?;
/// let made = make(&world, Path::new("datasets/guantao"), &Meter::silent())?;
/// assert!(made.summary.base_rate() > 0.1);
/// # Ok::<(), choucha::simulate::Error>(())
/// ```
pub fn make(world: &World, out: &Path, meter: &Meter) -> Result<Made, Error> {
    let staging = out.join(".partial");
    clear(&staging)?;
    fs::create_dir_all(&staging).map_err(|source| write_error(&staging, source))?;
    let (staff, peers) = (part::staff(world), part::peers(world));
    let n_parts = world.params.parts.min(world.n_chunks());
    let done = AtomicU64::new(0);
    let progress = || {
        let finished = 1 + done.fetch_add(1, Ordering::Relaxed);
        meter.report("simulate", finished, world.n_chunks());
    };
    let parts: Vec<part::Part> = (0..n_parts)
        .into_par_iter()
        .map(|part| part::write(world, (&staff, &peers), part, n_parts, &staging, &progress))
        .collect::<Result<_, _>>()?;
    let small = part::write_small(world, &staff, &staging)?;
    let (files, (unreadable, emptied)) = match world.params.files {
        Some(dirt) => dirty_files(world, (&staff, &peers), dirt, &staging)?,
        None => (Vec::new(), (0, 0)),
    };
    install(&staging, out)?;
    let mut made = made(world, parts, small);
    (made.files, made.unreadable, made.emptied) = (files, unreadable, emptied);
    Ok(made)
}

fn dirty_files(
    world: &World,
    (staff, peers): (&staff::Staff, &deterrent::Peers),
    dirt: files::FileDirt,
    staging: &Path,
) -> Result<(Vec<MadeFile>, (u64, u64)), Error> {
    let rows = part::all_rows(world, staff, peers);
    let mut rng = part::stream(world, 0, "files");
    files::write(world, staff, dirt, rows, &mut rng, staging)
}

fn made(world: &World, parts: Vec<part::Part>, small: Vec<(&'static str, MadeFile)>) -> Made {
    let mut summary = Summary::default();
    let mut tables: Vec<MadeTable> = Vec::new();
    for part in parts {
        summary.merge(&part.summary);
        for (table, file) in part.files {
            add_file(world, &mut tables, table, file);
        }
    }
    for (table, file) in small {
        add_file(world, &mut tables, table, file);
    }
    Made {
        title: world.title().to_owned(),
        tables,
        files: Vec::new(),
        unreadable: 0,
        emptied: 0,
        summary,
    }
}

fn add_file(world: &World, tables: &mut Vec<MadeTable>, table: &'static str, file: MadeFile) {
    if let Some(made) = tables.iter_mut().find(|made| made.table == table) {
        made.rows += file.rows;
        made.files.push(file);
    } else {
        let spoiled = world.params.dirt.spoiled(table);
        tables.push(MadeTable {
            table,
            rows: file.rows,
            spoiled,
            files: vec![file],
        });
    }
}

/// Moves every finished table into `out`, over what was there under its name.
fn install(staging: &Path, out: &Path) -> Result<(), Error> {
    for table in world::TABLES {
        clear(&out.join(table))?;
        clear(&out.join(format!("{table}.parquet")))?;
    }
    clear(&out.join(files::FOLDER))?;
    clear(&out.join(files::ACCOUNT))?;
    let entries = fs::read_dir(staging).map_err(|source| write_error(staging, source))?;
    for entry in entries {
        let from = entry.map_err(|source| write_error(staging, source))?.path();
        let to = out.join(from.file_name().expect("an entry of a folder has a name"));
        fs::rename(&from, &to).map_err(|source| write_error(&to, source))?;
    }
    clear(staging)
}

/// Removes a file or a folder, if it is there.
fn clear(path: &Path) -> Result<(), Error> {
    let removed = if path.is_dir() {
        fs::remove_dir_all(path)
    } else {
        fs::remove_file(path)
    };
    match removed {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
            Err(write_error(path, source))
        }
        _ => Ok(()),
    }
}

fn write_error(path: &Path, source: std::io::Error) -> Error {
    Error::Write {
        path: PathBuf::from(path).display().to_string(),
        source,
    }
}
