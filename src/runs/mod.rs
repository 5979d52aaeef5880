//! The run folder: whole or absent. Files are made in a staging folder beside it and appear by rename.

mod elsewhere;
mod manifest;

use std::ffi::OsString;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::units::Kind;

pub use manifest::{Input, Manifest, Settings, file_digest};

/// Why a folder cannot be written.
#[derive(Debug, Error)]
pub enum Error {
    /// Somebody else holds the lock.
    #[error("{}: another run is writing this folder (lock {})", .folder.display(), .lock.display())]
    Locked {
        /// The folder both want.
        folder: PathBuf,
        /// The lock file.
        lock: PathBuf,
    },
    /// The folder exists and was not made by this program.
    #[error("{}: the folder exists and holds no manifest.json of choucha; name another with --out", .0.display())]
    Foreign(PathBuf),
    /// A file that should be replaced is open in a spreadsheet program.
    #[error("{}: the file is open in Excel, WPS or LibreOffice; close it there and try again (if nobody has it open, delete {})", .file.display(), .owner.display())]
    OpenElsewhere {
        /// The file.
        file: PathBuf,
        /// The owner file that shows it.
        owner: PathBuf,
    },
    /// The system says that another program holds a file.
    #[error("{}: a file is open in another program; close it there and try again", .0.display())]
    InUse(PathBuf),
    /// The folder holds the draw of another seal or seed.
    #[error("{}: the folder holds a draw made from another seal or with another seed, which stays; name another folder with --out", .0.display())]
    OtherDraw(PathBuf),
    /// The folder holds something else than a synthetic world.
    #[error("{}: the folder holds files and no synthetic world (truth.parquet); name another with --out", .0.display())]
    NotAWorld(PathBuf),
    /// The operating system refused.
    #[error("{}: cannot {what} (is a file of it open in another program?)", .path.display())]
    Io {
        /// What was tried.
        what: &'static str,
        /// On which path.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
}

impl Error {
    /// The kind of this failure.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Locked { .. } | Self::OpenElsewhere { .. } | Self::InUse(_) => Kind::Locked,
            Self::Foreign(_) | Self::OtherDraw(_) | Self::NotAWorld(_) => Kind::Usage,
            Self::Io { .. } => Kind::Bug,
        }
    }
}

/// What was found of an earlier run that did not end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leftover {
    /// Unfinished files of a run that was stopped; they were removed.
    Unfinished,
    /// A run was stopped while it replaced the folder; the previous folder was put back.
    PutBack,
}

impl std::fmt::Display for Leftover {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Unfinished => "an earlier run was stopped before its end; its unfinished files were removed",
            Self::PutBack => "an earlier run was stopped while it replaced its result; the previous result was put back",
        })
    }
}

/// A folder being made. Dropped before [`RunFolder::commit`], it leaves the previous state.
#[derive(Debug)]
pub struct RunFolder {
    target: PathBuf,
    staging: PathBuf,
    lock: File,
    leftovers: Vec<Leftover>,
}

impl RunFolder {
    /// Takes the lock of `target`, clears what an earlier run left, and starts an empty staging folder.
    ///
    /// # Errors
    /// When the lock is held, `target` is a folder that this program did not make, or a file of it is open elsewhere.
    pub fn begin(target: &Path) -> Result<Self, Error> {
        let parent = target
            .parent()
            .filter(|p| !p.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        fs::create_dir_all(parent).map_err(failed("make the folder", parent))?;
        let lock = take_lock(target, &sibling(target, ".lock"))?;
        let mut folder = Self {
            target: target.to_owned(),
            staging: sibling(target, ".part"),
            lock,
            leftovers: Vec::new(),
        };
        folder.clear_leftovers()?;
        refuse_foreign(target)?;
        elsewhere::refuse_open_below(target)?;
        Ok(folder)
    }

    /// Where the files of this run are made. It exists after the first call.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn staging(&self) -> Result<&Path, Error> {
        fs::create_dir_all(&self.staging).map_err(failed("make the folder", &self.staging))?;
        Ok(&self.staging)
    }

    /// What an earlier run left behind, and what became of it.
    #[must_use]
    pub fn leftovers(&self) -> &[Leftover] {
        &self.leftovers
    }

    /// Syncs every file and puts the staging folder in the place of the target.
    ///
    /// # Errors
    /// When a file cannot be synced or a folder not renamed; the previous folder is then left or put back.
    pub fn commit(self) -> Result<(), Error> {
        sync(&self.staging)?;
        let previous = sibling(&self.target, ".previous");
        if self.target.exists() {
            fs::rename(&self.target, &previous).map_err(failed("replace", &self.target))?;
        }
        if let Err(source) = fs::rename(&self.staging, &self.target) {
            if previous.exists() {
                fs::rename(&previous, &self.target).map_err(failed("put back", &self.target))?;
            }
            return Err(failed("replace", &self.target)(source));
        }
        remove(&previous)
    }

    fn clear_leftovers(&mut self) -> Result<(), Error> {
        let previous = sibling(&self.target, ".previous");
        if previous.exists() && !self.target.exists() {
            fs::rename(&previous, &self.target).map_err(failed("put back", &self.target))?;
            self.leftovers.push(Leftover::PutBack);
        }
        if self.staging.exists() {
            self.leftovers.push(Leftover::Unfinished);
        }
        remove(&previous)?;
        remove(&self.staging)
    }
}

impl Drop for RunFolder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.staging);
        let _ = self.lock.unlock();
    }
}

/// Replaces one file of a finished folder by rename.
///
/// # Errors
/// When the file cannot be written or renamed, or is open elsewhere.
pub fn replace_file(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    elsewhere::refuse_open(path)?;
    let part = sibling(path, ".part");
    fs::write(&part, bytes).map_err(failed("write", &part))?;
    File::open(&part)
        .and_then(|f| f.sync_all())
        .map_err(failed("sync", &part))?;
    fs::rename(&part, path).map_err(failed("replace", path))
}

fn take_lock(folder: &Path, lock: &Path) -> Result<File, Error> {
    let file = File::create(lock).map_err(failed("make the lock", lock))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::Locked {
            folder: folder.to_owned(),
            lock: lock.to_owned(),
        }),
        Err(TryLockError::Error(source)) => Err(Error::Io {
            what: "take the lock",
            path: lock.to_owned(),
            source,
        }),
    }
}

fn refuse_foreign(target: &Path) -> Result<(), Error> {
    let is_empty = fs::read_dir(target).is_ok_and(|mut entries| entries.next().is_none());
    if target.exists() && !is_empty && !Manifest::is_ours(target) {
        return Err(Error::Foreign(target.to_owned()));
    }
    Ok(())
}

/// `.name.suffix` beside `path`.
fn sibling(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(suffix);
    path.with_file_name(name)
}

fn sync(folder: &Path) -> Result<(), Error> {
    for entry in fs::read_dir(folder).map_err(failed("read", folder))? {
        let path = entry.map_err(failed("read", folder))?.path();
        if path.is_dir() {
            sync(&path)?;
        } else {
            File::open(&path)
                .and_then(|f| f.sync_all())
                .map_err(failed("sync", &path))?;
        }
    }
    Ok(())
}

fn remove(folder: &Path) -> Result<(), Error> {
    match fs::remove_dir_all(folder) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => Err(Error::Io {
            what: "remove",
            path: folder.to_owned(),
            source,
        }),
        _ => Ok(()),
    }
}

fn failed(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |source| {
        if elsewhere::is_in_use(&source) {
            Error::InUse(path)
        } else {
            Error::Io { what, path, source }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(target: &Path, text: &str) -> RunFolder {
        let folder = RunFolder::begin(target).unwrap();
        let manifest =
            format!("{{ \"run\": \"{text}\", \"made_from\": {{ \"choucha\": \"0\" }} }}");
        fs::write(folder.staging().unwrap().join(Manifest::FILE), manifest).unwrap();
        folder
    }

    fn is_filled(target: &Path, text: &str) -> bool {
        let manifest = fs::read_to_string(target.join(Manifest::FILE)).unwrap();
        manifest.contains(&format!("\"run\": \"{text}\""))
    }

    #[test]
    fn a_folder_appears_only_when_committed() {
        let place = tempfile::tempdir().unwrap();
        let target = place.path().join("县 run");
        drop(fill(&target, "1"));
        assert!(!target.exists());
        fill(&target, "2").commit().unwrap();
        assert!(is_filled(&target, "2"));
        drop(fill(&target, "3"));
        assert!(is_filled(&target, "2"));
        let beside = fs::read_dir(place.path()).unwrap().count();
        assert_eq!(
            beside, 2,
            "only the folder and its lock, which stays so that two runs lock the same file"
        );
    }

    #[test]
    fn a_killed_run_is_cleared_and_named() {
        let place = tempfile::tempdir().unwrap();
        let target = place.path().join("run");
        fill(&target, "1").commit().unwrap();
        fs::create_dir(sibling(&target, ".part")).unwrap();
        assert_eq!(
            RunFolder::begin(&target).unwrap().leftovers(),
            [Leftover::Unfinished]
        );
        fs::rename(&target, sibling(&target, ".previous")).unwrap();
        assert_eq!(
            RunFolder::begin(&target).unwrap().leftovers(),
            [Leftover::PutBack]
        );
        assert!(target.join(Manifest::FILE).exists());
    }

    #[test]
    fn two_runs_never_write_one_folder() {
        let place = tempfile::tempdir().unwrap();
        let target = place.path().join("run");
        let first = RunFolder::begin(&target).unwrap();
        assert!(matches!(
            RunFolder::begin(&target),
            Err(Error::Locked { .. })
        ));
        drop(first);
        assert!(RunFolder::begin(&target).is_ok());
    }

    #[test]
    fn a_folder_of_somebody_else_is_never_replaced() {
        let place = tempfile::tempdir().unwrap();
        fs::write(place.path().join("thesis.docx"), "").unwrap();
        assert!(matches!(
            RunFolder::begin(place.path()),
            Err(Error::Foreign(_))
        ));
        fs::write(
            place.path().join(Manifest::FILE),
            "{ \"name\": \"web app\" }",
        )
        .unwrap();
        assert!(matches!(
            RunFolder::begin(place.path()),
            Err(Error::Foreign(_))
        ));
    }
}
