//! Artefacts on the disk: digested, synced, put in their place by rename.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::Error;
use super::entry::Files;
use crate::units::{Digest, DigestWriter};

/// SHA-256 of a file, read in pieces.
pub(super) fn digest(path: &Path) -> io::Result<Digest> {
    let mut writer = DigestWriter::new(io::sink());
    let mut reader = io::BufReader::with_capacity(1 << 16, File::open(path)?);
    io::copy(&mut reader, &mut writer)?;
    Ok(writer.finish().1)
}

/// The digests of a file or of every file of a folder, as they will be named when it stands at `to`.
pub(super) fn digests(from: &Path, to: &str) -> Result<Files, Error> {
    let mut found = BTreeMap::new();
    for (path, name) in walk(from, to)? {
        let digest = digest(&path).map_err(Error::io("read", &path))?;
        found.insert(name, digest);
    }
    Ok(found)
}

/// Every file of `from`, itself or below it, with its name below `to`.
pub(super) fn walk(from: &Path, to: &str) -> Result<Vec<(PathBuf, String)>, Error> {
    if !from.is_dir() {
        return Ok(vec![(from.to_owned(), to.to_owned())]);
    }
    let mut found = Vec::new();
    for entry in fs::read_dir(from).map_err(Error::io("read", from))? {
        let entry = entry.map_err(Error::io("read", from))?;
        let name = format!("{to}/{}", entry.file_name().to_string_lossy());
        found.extend(walk(&entry.path(), &name)?);
    }
    found.sort();
    Ok(found)
}

/// Syncs every file of a folder, and the folder where the system can.
pub(super) fn sync(from: &Path) -> Result<(), Error> {
    for (path, _) in walk(from, "")? {
        let file = File::options().write(true).open(&path);
        file.or_else(|_| File::open(&path))
            .and_then(|file| file.sync_all())
            .map_err(Error::io("sync", &path))?;
    }
    sync_folder(from);
    Ok(())
}

/// Makes a rename last; systems that cannot sync a folder do so by themselves.
pub(super) fn sync_folder(folder: &Path) {
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
}

/// Writes a file whole: beside its place, synced, then renamed.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let part = path.with_extension("part");
    fs::write(&part, bytes).map_err(Error::io("write", &part))?;
    sync(&part)?;
    fs::rename(&part, path).map_err(Error::io("replace", path))?;
    sync_folder(path.parent().unwrap_or(Path::new(".")));
    Ok(())
}

/// Whether a folder is there and holds something.
pub(super) fn is_filled(folder: &Path) -> bool {
    fs::read_dir(folder).map_or_else(|_| folder.exists(), |mut entries| entries.next().is_some())
}

/// The first of `path`, `path-2`, `path-3` … that nothing has taken.
pub(super) fn free(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let numbered = (2_u32..).map(|n| path.with_file_name(format!("{name}-{n}")));
    std::iter::once(path.to_owned())
        .chain(numbered)
        .find(|path| !path.exists())
        .expect("some number is free")
}

/// Removes a folder if it is there.
pub(super) fn remove(folder: &Path) -> Result<(), Error> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(Error::io("remove", folder)(error))
        }
        _ => Ok(()),
    }
}
