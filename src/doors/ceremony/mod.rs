//! The two draws of record, act by act: seal, custody, receipt, event, draw, inspectors; each entered in the ledger.

mod assign;
mod certificate;
mod draw;
mod evaluate;
mod lists;
mod record;
mod seal;
mod slip;
mod teams;
mod told;
mod unusable;
mod verify;
mod workspace;

use std::path::{Path, PathBuf};

pub use assign::{assign, entrust, replace};
pub use draw::draw;
pub use evaluate::{EvaluatePlaces, evaluate};
pub use record::{Act, record};
pub use seal::seal;
pub use slip::slip;
pub use unusable::record_unusable;
pub use verify::verify;
pub use workspace::{audit, audit_draw, backup, check_workspace, commit, init_workspace};

use super::unreadable;
use crate::error::Error;
use crate::job::Job;
use crate::ledger::Ledger;
use crate::publish::{self, SealedRound};
use crate::units::DrawKey;

/// File that makes a folder a workspace.
const LEDGER: &str = "ledger.jsonl";

/// A round of a workspace, as a command names it.
#[derive(Clone, Debug)]
struct RoundPlace {
    workspace: PathBuf,
    id: String,
}

/// The workspace that the command line, the environment or the job names, in this order.
fn workspace_of(given: Option<&Path>, job: Option<&Job>) -> Result<PathBuf, Error> {
    let named = job.and_then(|job| job.workspace.as_deref());
    given
        .or(named)
        .map(Path::to_owned)
        .ok_or(Error::NoWorkspace)
}

/// The round that `given` names: its id, or a folder of it.
fn round_place(given: &str, workspace: Option<&Path>) -> Result<RoundPlace, Error> {
    let folder = Path::new(given);
    if !folder.is_dir() {
        return Ok(RoundPlace {
            workspace: workspace_of(workspace, None)?,
            id: given.to_owned(),
        });
    }
    place_of_folder(folder).ok_or_else(|| Error::NoRoundFolder(folder.to_owned()))
}

/// The round that a folder of a workspace belongs to.
fn place_of_folder(folder: &Path) -> Option<RoundPlace> {
    let folder = folder.canonicalize().ok()?;
    let workspace = folder
        .ancestors()
        .find(|ancestor| ancestor.join(LEDGER).is_file())?;
    let below = folder.strip_prefix(workspace).ok()?;
    let mut names = below
        .components()
        .map(|part| part.as_os_str().to_string_lossy().into_owned());
    (names.next()? == "rounds").then_some(())?;
    Some(RoundPlace {
        id: names.next()?,
        workspace: workspace.to_owned(),
    })
}

/// The sealed round whose seal the ledger entered; everything else of it is bound by that seal.
fn sealed_round(ledger: &Ledger, id: &str, key: Option<&DrawKey>) -> Result<SealedRound, Error> {
    let round = ledger.state().round(id)?;
    let seal = Ledger::place(id, "seal/public/seal.json");
    ledger.artefact(round.sequence, &round.seal.files, &seal)?;
    Ok(publish::read_round(&ledger.folder(id, "seal"), key)?)
}

/// The key of a sealed round: from the file the command line names, else from the workspace.
fn key_of(ledger: &Ledger, id: &str, file: Option<&Path>) -> Result<Option<DrawKey>, Error> {
    match file {
        Some(file) => read_key(file).map(Some),
        None => Ok(ledger.key(id)?),
    }
}

/// Reads a key file; neither a right nor a wrong one is ever shown.
fn read_key(file: &Path) -> Result<DrawKey, Error> {
    let text = std::fs::read_to_string(file).map_err(unreadable(file))?;
    DrawKey::from_hex(text.trim()).ok_or_else(|| Error::NotAKey(file.to_owned()))
}
