//! Seals and bulletins: public files, and verification from them alone, or with the draw key.
//!
//! *Input* plans, samples, a seed. *Output* folders that anybody, or whoever is entitled, can recompute. *Law* a bulletin
//! has one spelling, so any changed byte is found; public and internal files stand strictly apart. *Not here* the model,
//! scores, reasons; classes appear in public only in an open rehearsal, which says so on its face.
#![doc = include_str!("FORMAT.md")]

mod bulletin;
mod error;
mod folder;
mod frame;
mod round;
mod seal;

use std::path::Path;

pub use bulletin::{Bulletin, NOTICE, StratumSizes};
pub use error::Error;
pub use frame::SealedFrame;
pub use round::{
    Base, DrawInput, Excluded, Hex16, HexFloat, MovedUp, OpenedLine, Programme, PublicDraw,
    PublicSeal, Receipt, RoundBulletin, RoundVerified, SaidOfRound, SealFacts, SealedDraw,
    SealedRound, Sibling, Slip, SlipLine, SlipVerified, Superseded, draw_round, is_round,
    issue_round, move_up, read_bulletin, read_round, slip, verify_round, verify_slip, write_round,
};
pub use seal::{read_seal, write_seal};

use crate::draw::{self, Sample, Seed};
use crate::plan::SealedPlan;
use crate::units::Meter;
use bulletin::drawn_csv;
use folder::{check, compare_text, read, write, write_sums};

const BULLETIN: &str = "bulletin.json";
const DRAWN: &str = "drawn.csv";
const FRAME: &str = "frame.csv";
const LEVELS: &str = "levels.csv";
const PLAN: &str = "plan.json";
/// Files of a bulletin, ascending.
const FILES: [&str; 5] = [BULLETIN, DRAWN, FRAME, LEVELS, PLAN];

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
/// The first difference, named by file and line; kind [`Kind::Verification`](crate::units::Kind).
pub fn verify(dir: &Path, meter: &Meter) -> Result<Verified, Error> {
    check(dir, &FILES)?;
    let (plan, frame) = seal::read_sealed(dir)?;
    let no_bulletin = |reason| Error::NotOfForm {
        file: BULLETIN.to_owned(),
        what: "bulletin",
        reason,
    };
    if !plan.header.rehearsal {
        return Err(no_bulletin("its plan is no rehearsal".to_owned()));
    }
    let json = read(dir, BULLETIN)?;
    let bulletin: Bulletin =
        serde_json::from_slice(&json).map_err(|error| no_bulletin(error.to_string()))?;
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
