//! A rehearsal in two steps, without a workspace: seal, then draw, into folders of their own.

use std::path::Path;

use serde_json::json;

use super::said::{said_of_draw, said_of_leftovers, said_of_refused, said_of_scored};
use super::{MANIFEST_FORMAT, Place, Said, VERSION, finish, made_from, make, stopped};
use crate::corridor;
use crate::error::Error;
use crate::runs::{self, Manifest, RunFolder, Settings};
use crate::units::{Kind, Meter};
use crate::{plan, publish};

/// Fixes everything that decides the draw, before the seed is known.
///
/// # Errors
/// A design that cannot be executed.
pub fn seal(place: &Place, meter: &Meter) -> Result<Said, Error> {
    let job = place.read()?;
    let made_from = made_from(&job)?;
    let out = place.out(&job, ".seal");
    let folder = RunFolder::begin(&out)?;
    let staging = folder.staging()?;
    let work = make(&staging.join("work"))?;
    let scored = corridor::score(&job, &work, meter);
    let scored = scored.map_err(|error| stopped::leave(error, place, &job, &out, "zh"))?;
    let sealed = corridor::seal(&job, &scored, &make(&staging.join("seal"))?, meter)?;
    let mut notes = super::walk::notes_of(&scored)?;
    notes.extend(super::walk::save_scored(&scored, staging, "zh")?);
    let mut lines = said_of_leftovers(&folder);
    lines.extend(said_of_scored(&scored));
    lines.push(format!(
        "sealed {} of {} objects, seal digest {}",
        sealed.n(),
        sealed.n_units(),
        sealed.seal_digest()
    ));
    lines.push(format!("draw from {}", out.join("seal").display()));
    finish(folder, &work, &job, "zh", made_from, notes)?;
    lines.extend(said_of_refused(&out));
    Ok(Said {
        kind: None,
        lines,
        json: json!({ "out": out, "seal_digest": sealed.seal_digest(), "n": sealed.n(), "n_units": sealed.n_units() }),
    })
}

/// Draws from a seal and writes the bulletin to `out/public`.
///
/// # Errors
/// A seal that was changed, a seed that cannot be used.
pub fn draw(
    seal: &Path,
    seed: &str,
    source: &str,
    out: &Path,
    meter: &Meter,
) -> Result<Said, Error> {
    let (sealed, frame) = publish::read_seal(seal)?;
    refuse_second_draw(&sealed, seed, source, out)?;
    refuse_seal_folder(seal, out)?;
    let folder = RunFolder::begin(out)?;
    let staging = folder.staging()?;
    let drawn = corridor::draw_from(sealed, &frame, seed, source, meter)?;
    let bulletin = publish::issue(
        &drawn.sealed,
        &drawn.sample,
        &drawn.seed,
        seal,
        &make(&staging.join("public"))?,
    )?;
    let manifest = Manifest {
        format: MANIFEST_FORMAT,
        job: drawn.sealed.header.title.clone(),
        as_of: drawn.sealed.header.as_of.to_string(),
        language: "zh".to_owned(),
        run: drawn.seed.digest(),
        made_from: Settings {
            choucha: VERSION.to_owned(),
            settings: drawn.sealed.seal_digest(),
            inputs: Vec::new(),
        },
        notes: Vec::new(),
        outputs: std::collections::BTreeMap::new(),
    };
    manifest.write(staging)?;
    let mut lines = said_of_leftovers(&folder);
    folder.commit()?;
    lines.push(said_of_draw(&drawn));
    lines.push(format!(
        "verify it with: choucha verify {}",
        out.join("public").display()
    ));
    Ok(Said {
        kind: None,
        lines,
        json: json!({ "out": out, "bulletin": bulletin }),
    })
}

/// A draw replaces its folder, so that folder must neither hold the seal nor stand inside it.
fn refuse_seal_folder(seal: &Path, out: &Path) -> Result<(), Error> {
    let whole = |path: &Path| path.canonicalize().or_else(|_| std::path::absolute(path));
    let (Ok(whole_seal), Ok(whole_out)) = (whole(seal), whole(out)) else {
        return Ok(());
    };
    if !whole_seal.starts_with(&whole_out) && !whole_out.starts_with(&whole_seal) {
        return Ok(());
    }
    Err(Error::File {
        what: "take the bulletin: it holds the seal or stands inside it; name another with --out",
        path: out.to_owned(),
        kind: Kind::Usage,
        source: std::io::Error::from(std::io::ErrorKind::AlreadyExists),
    })
}

/// A folder that holds the draw of another seal or seed keeps it: a second try leaves a trace, or does not happen.
fn refuse_second_draw(
    sealed: &plan::SealedPlan,
    seed: &str,
    source: &str,
    out: &Path,
) -> Result<(), Error> {
    let seed = draw_seed(sealed, seed, source)?;
    match Manifest::read(out) {
        Some(manifest) if manifest.run != seed.digest() => {
            Err(runs::Error::OtherDraw(out.to_owned()).into())
        }
        _ => Ok(()),
    }
}

fn draw_seed(
    sealed: &plan::SealedPlan,
    seed: &str,
    source: &str,
) -> Result<crate::draw::Seed, Error> {
    let seal = sealed.seal_digest();
    Ok(crate::draw::Seed::new(sealed.hash, &seal, seed, source)?)
}
