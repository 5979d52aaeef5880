//! The open bulletin: public files, and verification from them alone.
//!
//! *Input* a seal, a sample, a seed. *Output* a folder anybody can recompute. *Law* a bulletin has one spelling, so any
//! changed byte is found. *Not here* the model, scores, reasons; classes appear only where a stratum's label names
//! one, and only in a rehearsal, which says so on its face.
#![doc = include_str!("FORMAT.md")]

mod bulletin;
mod folder;
mod frame;
mod seal;

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

pub use bulletin::{Bulletin, NOTICE, Proof, StratumSizes};
pub use frame::SealedFrame;
pub use seal::{read_seal, write_seal};

use crate::draw::{self, Sample, Seed};
use crate::plan::{self, SealedPlan};
use crate::units::{Kind, Meter};
use bulletin::drawn_csv;
use folder::{check, compare_text, read, write, write_sums};

const BULLETIN: &str = "bulletin.json";
const DRAWN: &str = "drawn.csv";
const FRAME: &str = "frame.csv";
const LEVELS: &str = "levels.csv";
const PLAN: &str = "plan.json";
/// Files of a bulletin, ascending.
const FILES: [&str; 5] = [BULLETIN, DRAWN, FRAME, LEVELS, PLAN];

/// Why a bulletin or seal cannot be written, or is not what it must be.
#[derive(Debug, Error)]
pub enum Error {
    /// A draw that is not a rehearsal needs the sealed proof.
    #[error("an open bulletin is for rehearsals (演练), this plan is not one")]
    NotARehearsal,
    /// A file that must be there is not.
    #[error("{file} is missing")]
    Missing {
        /// Its name.
        file: String,
    },
    /// A name that must be a plain file is a folder, a link or a device.
    #[error("{file} is not a plain file")]
    NotAFile {
        /// Its name.
        file: String,
    },
    /// A file that must not be there is.
    #[error("{file} does not belong here")]
    Extra {
        /// Its name.
        file: String,
    },
    /// A line that is not what it must be.
    #[error("{file} line {line}: expected {expected}, found {found}")]
    Differs {
        /// Name of the file.
        file: String,
        /// Line, from 1.
        line: u64,
        /// What the line must say.
        expected: String,
        /// What it says.
        found: String,
    },
    /// A file whose digest is not the one the plan names.
    #[error("{file}: expected the digest {expected}, found {found}")]
    OtherDigest {
        /// Name of the file.
        file: String,
        /// Digest in the plan.
        expected: String,
        /// Digest of the file.
        found: String,
    },
    /// `plan.json` is no plan.
    #[error("plan.json")]
    Undecodable(#[source] plan::Error),
    /// `plan.json` says what does not follow from its own counts.
    #[error("plan.json")]
    Inconsistent(#[source] plan::Error),
    /// `bulletin.json` is no bulletin.
    #[error("bulletin.json is no bulletin: {0}")]
    NotABulletin(String),
    /// The seed of `bulletin.json` cannot be used.
    #[error("bulletin.json")]
    Seed(#[source] draw::Error),
    /// The plan cannot be sealed.
    #[error("the plan cannot be sealed")]
    Plan(#[from] plan::Error),
    /// The draw cannot be made again.
    #[error("the draw cannot be made again")]
    Draw(#[source] draw::Error),
    /// A file that cannot be read or written.
    #[error("{} cannot be read or written", path.display())]
    Io {
        /// Its path.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
}

impl Error {
    /// The kind of failure, for the exit code.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::NotARehearsal => Kind::Design,
            Self::Plan(error) => error.kind(),
            Self::Io { source, .. } => match source.kind() {
                io::ErrorKind::NotFound
                | io::ErrorKind::NotADirectory
                | io::ErrorKind::IsADirectory => Kind::Verification,
                _ => Kind::Bug,
            },
            _ => Kind::Verification,
        }
    }
}

/// Writes the open bulletin of a sample into the existing folder `dir`; `seal` is the folder the plan was sealed into,
/// whose frame is published byte for byte.
///
/// # Errors
/// A plan that is no rehearsal, a sealed frame that has changed, a folder that cannot be written.
pub fn issue(
    plan: &SealedPlan,
    sample: &Sample,
    seed: &Seed,
    seal: &Path,
    dir: &Path,
) -> Result<Bulletin, Error> {
    if !plan.header.rehearsal {
        return Err(Error::NotARehearsal);
    }
    let bulletin = Bulletin::of(plan, seed);
    seal::copy_sealed(plan, seal, dir)?;
    write(dir, DRAWN, &drawn_csv(plan, sample))?;
    write(dir, BULLETIN, &bulletin.to_json())?;
    write_sums(dir, &FILES)?;
    Ok(bulletin)
}

/// What a verified bulletin says.
#[derive(Clone, Debug, PartialEq)]
pub struct Verified {
    /// `bulletin.json`.
    pub bulletin: Bulletin,
    /// `plan.json`.
    pub plan: SealedPlan,
    /// The sample, made again.
    pub sample: Sample,
}

/// Recomputes an open bulletin from its folder alone: `Ok` means the same, to the byte.
///
/// # Errors
/// The first difference, named by file and line; kind [`Kind::Verification`].
pub fn verify(dir: &Path, meter: &Meter) -> Result<Verified, Error> {
    check(dir, &FILES)?;
    let (plan, frame) = seal::read_sealed(dir)?;
    if !plan.header.rehearsal {
        return Err(Error::NotABulletin("its plan is no rehearsal".to_owned()));
    }
    let json = read(dir, BULLETIN)?;
    let bulletin: Bulletin =
        serde_json::from_slice(&json).map_err(|error| Error::NotABulletin(error.to_string()))?;
    let seed = Seed::new(
        plan.hash,
        &plan.seal_digest(),
        &bulletin.seed_text,
        &bulletin.seed_source,
    )
    .map_err(Error::Seed)?;
    compare_text(BULLETIN, &Bulletin::of(&plan, &seed).to_json(), &json)?;
    let sample = draw::select(&plan, &seed, &frame, meter).map_err(Error::Draw)?;
    compare_text(DRAWN, &drawn_csv(&plan, &sample), &read(dir, DRAWN)?)?;
    Ok(Verified {
        bulletin,
        plan,
        sample,
    })
}
