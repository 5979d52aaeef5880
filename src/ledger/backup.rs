//! A copy of a whole workspace, taken while a writer may be at work.

use std::fs;
use std::path::{Path, PathBuf};

use super::entry::Files;
use super::files::{self, is_filled, remove, replace};
use super::writer::{appear, beside, make, make_keys, write_secret};
use super::{Error, HEAD, KEYS, LEDGER, Ledger, chain};

/// Copies ledger and artefacts of the workspace `dir` to the new or empty folder `to`, with the draw keys only if `with_keys`.
/// The copy holds the lines that were complete when it began; every artefact is checked on the way. Returns what it says.
///
/// # Errors
/// When the ledger is faulty, an artefact was changed, or `to` holds anything or lies in the workspace.
pub fn backup(dir: &Path, to: &Path, with_keys: bool) -> Result<Vec<String>, Error> {
    let ledger = Ledger::open(dir)?;
    let to = absolute(to)?;
    if to.starts_with(absolute(dir)?) {
        return Err(Error::BackupInside {
            workspace: dir.to_owned(),
            to,
        });
    }
    if is_filled(&to) {
        return Err(Error::NotEmpty {
            what: "backup",
            path: to,
        });
    }
    let staging = beside(&to);
    remove(&staging)?;
    let copied = copy(&ledger, &staging, with_keys).and_then(|notes| {
        appear(&staging, &to)?;
        Ok(notes)
    });
    if copied.is_err() {
        remove(&staging)?;
    }
    copied
}

fn absolute(path: &Path) -> Result<PathBuf, Error> {
    let absolute = path.canonicalize().or_else(|_| std::path::absolute(path));
    absolute.map_err(Error::io("find", path))
}

fn copy(ledger: &Ledger, staging: &Path, with_keys: bool) -> Result<Vec<String>, Error> {
    for folder in ["rounds", "programmes", "external"] {
        make(&staging.join(folder))?;
    }
    make_keys(&staging.join(KEYS))?;
    let mut text = String::new();
    let mut n_files = 0_u64;
    for line in ledger.lines() {
        text += &chain::write_line(line.seq, line.at, &line.entry, line.prev);
        text.push('\n');
        for name in line.entry.files().into_iter().flat_map(Files::keys) {
            let files = line.entry.files().expect("the entry has files");
            copy_artefact(ledger, line.seq, files, name, &staging.join(name))?;
            n_files += 1;
        }
    }
    replace(&staging.join(LEDGER), text.as_bytes())?;
    let head = chain::write_head(ledger.sequence(), ledger.head());
    replace(&staging.join(HEAD), head.as_bytes())?;
    copy_torn(ledger.dir(), staging)?;
    let mut notes = vec![format!(
        "{} lines and {n_files} files were copied, head {}",
        ledger.sequence(),
        ledger.head()
    )];
    notes.extend(ledger.torn().map(ToString::to_string));
    notes.push(copy_keys(ledger, staging, with_keys)?);
    Ok(notes)
}

fn copy_artefact(
    ledger: &Ledger,
    line: u64,
    files: &Files,
    name: &str,
    to: &Path,
) -> Result<(), Error> {
    let from = ledger.dir().join(name);
    make(to.parent().unwrap_or(to))?;
    let copied = fs::copy(&from, to).and_then(|_| files::digest(to));
    let expected = files[name];
    let found = match copied {
        Ok(found) if found == expected => return Ok(()),
        Ok(found) => found.to_string(),
        Err(error) => error.to_string(),
    };
    Err(Error::Artefact {
        path: name.to_owned(),
        line,
        expected,
        found,
    })
}

/// Lines that were set aside are never lost.
fn copy_torn(dir: &Path, staging: &Path) -> Result<(), Error> {
    for entry in fs::read_dir(dir).map_err(Error::io("read", dir))? {
        let path = entry.map_err(Error::io("read", dir))?.path();
        let name = path.file_name().unwrap_or_default();
        if name.to_string_lossy().starts_with("ledger.torn-") {
            fs::copy(&path, staging.join(name)).map_err(Error::io("copy", &path))?;
        }
    }
    Ok(())
}

fn copy_keys(ledger: &Ledger, staging: &Path, with_keys: bool) -> Result<String, Error> {
    if !with_keys {
        return Ok("the draw keys were not copied".to_owned());
    }
    let mut n_keys = 0;
    for round in ledger.state().rounds() {
        let id = &round.seal.round;
        if round.key_lost.is_some() && !ledger.key_file(id).exists() {
            continue;
        }
        if let Some(key) = ledger.key(id)? {
            let to = staging.join(KEYS).join(format!("{id}.key"));
            write_secret(&to, &format!("{}\n", key.reveal()))?;
            n_keys += 1;
        }
    }
    Ok(format!(
        "{n_keys} draw keys were copied: keep this backup as secret as the keys"
    ))
}
