//! One writer at a time, and whom to ask when it is somebody else.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use super::Error;
use crate::units::Moment;

/// The lock file, below the workspace.
pub(super) const LOCK: &str = ".lock";

/// The lock of a workspace; the system takes it back however the process ends.
#[derive(Debug)]
pub(super) struct Lock(File);

impl Lock {
    /// Takes the lock for `who`, or says who has it. Never waits.
    pub(super) fn take(dir: &Path, who: &str, now: Moment) -> Result<Self, Error> {
        let path = dir.join(LOCK);
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let file = options
            .open(&path)
            .map_err(Error::io("open the lock", &path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(Error::Locked {
                    path: dir.to_owned(),
                    holder: holder(file),
                });
            }
            Err(TryLockError::Error(source)) => {
                return Err(Error::io("take the lock", &path)(source));
            }
        }
        let mut lock = Self(file);
        let text = format!(
            "{who} (process {}), since {}\n",
            std::process::id(),
            now.in_beijing()
        );
        lock.write(&text)
            .map_err(Error::io("write the lock", &path))?;
        Ok(lock)
    }

    fn write(&mut self, text: &str) -> std::io::Result<()> {
        self.0.set_len(0)?;
        self.0.seek(SeekFrom::Start(0))?;
        self.0.write_all(text.as_bytes())
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        let _ = self.write("");
        let _ = self.0.unlock();
    }
}

/// What the holder wrote; some systems let nobody read a file that is locked.
fn holder(mut file: File) -> String {
    let mut text = String::new();
    let _ = file.read_to_string(&mut text);
    match text.trim() {
        "" => "another program".to_owned(),
        text => text.to_owned(),
    }
}
