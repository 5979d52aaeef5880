//! Appending: artefacts are put whole first, then one line is appended and synced, then `ledger.head` follows.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use super::chain::{Line, head_of, write_head, write_line};
use super::entry::{Entry, Files, Init, Seal};
use super::files::{self, digests, free, is_filled, remove, replace, sync, sync_folder};
use super::lock::Lock;
use super::names::is_relative;
use super::state::Refusal;
use super::{Error, HEAD, KEYS, LEDGER, Ledger, START, State, commitment};
use crate::units::{Digest, DrawKey, Moment};

/// Where artefacts are made, below the workspace.
pub(super) const STAGING: &str = ".part";

/// The one writer of a workspace. Everything it was told to keep is on the disk when [`Writer::append`] returns.
#[derive(Debug)]
pub struct Writer {
    ledger: Ledger,
    notes: Vec<String>,
    _lock: Lock,
}

/// A finished file or folder and its place below the workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Put {
    /// Where it was made; best below [`Writer::staging`], so that it is renamed and not copied.
    pub from: PathBuf,
    /// Its place: plain names joined by `/`.
    pub to: String,
}

/// An entry that is on the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// Its number.
    pub seq: u64,
    /// The head of the chain.
    pub head: Digest,
}

/// Folders of a new workspace, beside the keys.
const FOLDERS: [&str; 3] = ["rounds", "programmes", "external"];

/// Makes an empty workspace in the new or empty folder `dir`.
///
/// # Errors
/// When the folder holds anything, or the title is empty.
pub fn init(dir: &Path, title: &str, rehearsal: bool, now: Moment) -> Result<Appended, Error> {
    if !is_fresh(dir) {
        return Err(Error::NotEmpty {
            what: "workspace",
            path: dir.to_owned(),
        });
    }
    let entry = Entry::Init(Init {
        format: 1,
        title: title.to_owned(),
        rehearsal,
    });
    State::default().admit(1, now, &entry)?;
    let line = write_line(1, now.in_beijing(), &entry, START);
    let head = head_of(line.as_bytes());
    for folder in FOLDERS {
        make(&dir.join(folder))?;
    }
    make_keys(&dir.join(KEYS))?;
    replace(&dir.join(HEAD), write_head(1, head).as_bytes())?;
    replace(&dir.join(LEDGER), (line + "\n").as_bytes())?;
    Ok(Appended { seq: 1, head })
}

/// Whether a folder holds nothing, or what an interrupted [`init`] left: a workspace begins with its ledger, which comes last.
fn is_fresh(dir: &Path) -> bool {
    let Ok(mut entries) = fs::read_dir(dir) else {
        return !dir.exists();
    };
    entries.all(|entry| {
        entry.is_ok_and(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            let is_folder = [KEYS].iter().chain(&FOLDERS).any(|folder| *folder == name);
            (is_folder && !is_filled(&entry.path()))
                || [HEAD, "ledger.part"].contains(&name.as_str())
        })
    })
}

/// `.name.part` beside `path`.
pub(super) fn beside(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.part"))
}

/// Syncs a staged folder and puts it in the place of the new or empty folder `dir`.
pub(super) fn appear(staging: &Path, dir: &Path) -> Result<(), Error> {
    sync(staging)?;
    if dir.is_dir() {
        fs::remove_dir(dir).map_err(Error::io("replace", dir))?;
    }
    fs::rename(staging, dir).map_err(Error::io("make", dir))?;
    sync_folder(dir.parent().unwrap_or(Path::new(".")));
    Ok(())
}

pub(super) fn make(folder: &Path) -> Result<(), Error> {
    fs::create_dir_all(folder).map_err(Error::io("make", folder))
}

/// A folder only its owner may enter, where the system has such a thing.
pub(super) fn make_keys(folder: &Path) -> Result<(), Error> {
    make(folder)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let owner = fs::Permissions::from_mode(0o700);
        fs::set_permissions(folder, owner).map_err(Error::io("protect", folder))?;
    }
    Ok(())
}

/// Writes a file only its owner may read, where the system has such a thing; it must not exist.
pub(super) fn write_secret(path: &Path, text: &str) -> Result<(), Error> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let mut file = options.open(path).map_err(Error::io("write", path))?;
    file.write_all(text.as_bytes())
        .and_then(|()| file.sync_all())
        .map_err(Error::io("write", path))
}

impl Writer {
    /// Takes the lock of the workspace for `who` (for example `choucha seal`), reads and checks the ledger, and sets aside what
    /// an interrupted writer left. [`Writer::notes`] says what that was.
    ///
    /// # Errors
    /// [`Error::Locked`] names the other writer; else the fault of the ledger.
    pub fn open(dir: &Path, who: &str, now: Moment) -> Result<Self, Error> {
        if !dir.join(LEDGER).is_file() {
            return Err(Error::NotAWorkspace(dir.to_owned()));
        }
        let lock = Lock::take(dir, who, now)?;
        let mut writer = Self {
            ledger: Ledger::open(dir)?,
            notes: Vec::new(),
            _lock: lock,
        };
        if let Some(torn) = writer.ledger.torn.clone().filter(|torn| torn.was_complete) {
            return Err(Error::CutLine(torn)); // another line in its place would be a second history
        }
        writer.clear_staging()?;
        writer.set_torn_aside()?;
        writer.write_head()?;
        Ok(writer)
    }

    /// The ledger as it is now.
    #[must_use]
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// What was found of an interrupted writer and what became of it, for people.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// An empty folder below which artefacts are made; what is still there in the end is removed.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn staging(&self) -> Result<PathBuf, Error> {
        let staging = self.ledger.dir.join(STAGING);
        make(&staging)?;
        Ok(staging)
    }

    /// Puts the artefacts in their places and appends the entry that names them. `now` must not be before the last entry.
    ///
    /// # Errors
    /// The rule that is broken; nothing was put or appended then.
    pub fn append(&mut self, now: Moment, entry: Entry, puts: &[Put]) -> Result<Appended, Error> {
        self.append_with(now, entry, None, puts)
    }

    /// Keeps the draw key of a sealed proof, puts the sealed folder `from` in its place and records the seal.
    ///
    /// # Errors
    /// The rule that is broken, or [`Refusal::OtherKey`] where `key` is not the one the seal commits; nothing was kept then.
    pub fn append_seal(
        &mut self,
        now: Moment,
        seal: Seal,
        key: Option<&DrawKey>,
        from: PathBuf,
    ) -> Result<Appended, Error> {
        let found = key.map(|key| commitment(seal.hash, key));
        if found != seal.key {
            let none = Digest([0; 32]);
            return Err(Error::Refused(Refusal::OtherKey {
                round: seal.round,
                expected: seal.key.unwrap_or(none),
                found: found.unwrap_or(none),
            }));
        }
        let to = Ledger::place(&seal.round, "seal");
        self.append_with(now, Entry::Seal(seal), key, &[Put { from, to }])
    }

    fn append_with(
        &mut self,
        now: Moment,
        entry: Entry,
        key: Option<&DrawKey>,
        puts: &[Put],
    ) -> Result<Appended, Error> {
        let line = self.next_line(now, entry, puts)?;
        let mut state = self.ledger.state.clone();
        state.admit(line.seq, line.at, &line.entry)?;
        puts.iter().try_for_each(|put| self.check_place(&put.to))?;
        if let (Some(key), Some(round)) = (key, line.entry.round()) {
            self.put_key(round, key)?;
        }
        for put in puts {
            self.put(put)?;
        }
        self.write_line(&line)?;
        let (seq, head) = (line.seq, line.head);
        self.ledger.lines.push(line);
        self.ledger.state = state;
        self.write_head()?;
        Ok(Appended { seq, head })
    }

    fn put_key(&mut self, round: &str, key: &DrawKey) -> Result<(), Error> {
        make_keys(&self.ledger.dir.join(KEYS))?;
        let path = self.ledger.key_file(round);
        self.set_orphan_aside(&path)?;
        write_secret(&path, &format!("{}\n", key.reveal()))
    }

    fn next_line(&self, now: Moment, mut entry: Entry, puts: &[Put]) -> Result<Line, Error> {
        let at = now.in_beijing();
        self.ledger.check_clock(now)?;
        let mut named = Files::new();
        for put in puts {
            named.extend(digests(&put.from, &put.to)?);
        }
        if let Some(files) = entry.files_mut() {
            *files = named;
        } else if let Some(put) = puts.first() {
            return Err(Error::Place(put.to.clone())); // this kind of entry has no artefacts
        }
        let (seq, prev) = (self.ledger.sequence() + 1, self.ledger.head());
        let head = head_of(write_line(seq, at, &entry, prev).as_bytes());
        Ok(Line {
            seq,
            at,
            entry,
            prev,
            head,
        })
    }

    /// Whether no entry names anything at or below `to`.
    fn check_place(&self, to: &str) -> Result<(), Error> {
        let below = format!("{to}/");
        let entries = self.ledger.lines.iter().filter_map(|l| l.entry.files());
        let is_taken = entries
            .flat_map(Files::keys)
            .any(|name| name == to || name.starts_with(&below));
        if is_relative(to) && !is_taken {
            return Ok(());
        }
        Err(Error::Place(to.to_owned()))
    }

    fn put(&mut self, put: &Put) -> Result<(), Error> {
        let to = self.ledger.dir.join(&put.to);
        self.set_orphan_aside(&to)?;
        let folder = to.parent().unwrap_or(Path::new("."));
        make(folder)?;
        sync(&put.from)?;
        fs::rename(&put.from, &to).map_err(Error::io("put in its place", &to))?;
        sync_folder(folder);
        Ok(())
    }

    /// What an interrupted writer put there before it could append its line.
    fn set_orphan_aside(&mut self, path: &Path) -> Result<(), Error> {
        if !path.exists() {
            return Ok(());
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let aside = free(&path.with_file_name(format!("{name}.orphan")));
        fs::rename(path, &aside).map_err(Error::io("set aside", path))?;
        self.notes.push(format!(
            "{} belongs to no entry (a writer was interrupted); it was set aside as {}",
            self.below(path),
            self.below(&aside)
        ));
        Ok(())
    }

    fn below(&self, path: &Path) -> String {
        let below = path.strip_prefix(&self.ledger.dir).unwrap_or(path);
        below.display().to_string().replace('\\', "/")
    }

    fn clear_staging(&mut self) -> Result<(), Error> {
        let staging = self.ledger.dir.join(STAGING);
        if staging.exists() {
            let note = "an earlier writer was interrupted; its unfinished files were removed";
            self.notes.push(note.to_owned());
        }
        remove(&staging)
    }

    /// An unfinished last line is kept beside the ledger, and cut from it.
    fn set_torn_aside(&mut self) -> Result<(), Error> {
        let Some(torn) = self.ledger.torn.take() else {
            return Ok(());
        };
        let ledger = self.ledger.dir.join(LEDGER);
        let wanted = self.ledger.dir.join(format!("ledger.torn-{}", torn.line));
        let is_kept = fs::read(&wanted).is_ok_and(|bytes| bytes == torn.bytes);
        let aside = if is_kept { wanted } else { free(&wanted) };
        replace(&aside, &torn.bytes)?;
        let length = self.ledger.length;
        let file = OpenOptions::new().write(true).open(&ledger);
        file.and_then(|file| file.set_len(length).and_then(|()| file.sync_all()))
            .map_err(Error::io("cut the torn line from", &ledger))?;
        let note = format!("{torn}; it was set aside as {}", self.below(&aside));
        self.notes.push(note);
        Ok(())
    }

    fn write_line(&mut self, line: &Line) -> Result<(), Error> {
        let path = self.ledger.dir.join(LEDGER);
        let text = write_line(line.seq, line.at, &line.entry, line.prev) + "\n";
        let length = fs::metadata(&path).map_err(Error::io("read", &path))?.len();
        if length != self.ledger.length {
            return Err(Error::Meanwhile {
                expected: self.ledger.length,
                found: length,
            });
        }
        let file = OpenOptions::new().append(true).open(&path);
        file.and_then(|mut file: File| {
            file.write_all(text.as_bytes())
                .and_then(|()| file.sync_all())
        })
        .map_err(Error::io("append to", &path))?;
        self.ledger.length += text.len() as u64;
        Ok(())
    }

    fn write_head(&self) -> Result<(), Error> {
        let text = write_head(self.ledger.sequence(), self.ledger.head());
        let path = self.ledger.dir.join(HEAD);
        if fs::read_to_string(&path).is_ok_and(|found| found == text) {
            return Ok(());
        }
        files::replace(&path, text.as_bytes())
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        let _ = remove(&self.ledger.dir.join(STAGING));
    }
}
