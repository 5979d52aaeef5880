//! 凭条: proves to one business that it stood in the frame before the seed existed; opened, how it was drawn or not.

use std::path::Path;

use serde_json::json;

use super::super::Said;
use super::{key_of, round_place, sealed_round};
use crate::error::Error;
use crate::ledger::{Ledger, Refusal};
use crate::publish;
use crate::runs::replace_file;
use crate::units::{Meter, ObjectId};

/// Writes the slip of one object; `is_opened` shows its level and ticket, for a dispute.
///
/// # Errors
/// A round without slips, an object of no frame, an opened slip before the draw.
pub fn slip(
    round: &str,
    object_id: &str,
    workspace: Option<&Path>,
    key: Option<&Path>,
    (out, is_opened): (&Path, bool),
    meter: &Meter,
) -> Result<Said, Error> {
    let place = round_place(round, workspace)?;
    let ledger = Ledger::open(&place.workspace)?;
    let key = key_of(&ledger, &place.id, key)?;
    let sealed = sealed_round(&ledger, &place.id, key.as_ref())?;
    let sample = if is_opened {
        let round = ledger.state().round(&place.id)?;
        let (_, draw) = round.draw().ok_or_else(|| Refusal::NotDrawn {
            round: place.id.clone(),
            stage: round.stage().words(),
            what: "an opened slip",
        })?;
        Some(publish::draw_round(
            &sealed,
            &draw.seed_text,
            &draw.seed_source,
            meter,
        )?)
    } else {
        None
    };
    // ids are normalised as a register would: full-width digits and lower case letters are the same object
    let normalised = ObjectId::normalise("uscc", object_id)
        .map_or_else(|_| object_id.to_owned(), |id| id.as_str().to_owned());
    let slip = publish::slip(&sealed, &normalised, sample.as_ref())?;
    replace_file(out, &slip.to_json())?;
    let what = if is_opened {
        "opened slip: for this business and the dispute alone, it shows its level"
    } else {
        "slip"
    };
    Ok(Said {
        kind: None,
        lines: vec![
            format!("wrote {} ({what})", out.display()),
            format!("verify it with: choucha verify {}", out.display()),
        ],
        json: json!({ "slip": out, "object_id": normalised, "opened": is_opened }),
    })
}
