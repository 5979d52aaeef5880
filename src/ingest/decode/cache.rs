//! Decoded tables by what they were decoded from: whole or absent, checked before use, the oldest dropped beyond a size.
//!
//! An entry is `<key>.parquet` with `<key>.json` beside it, which holds what the Parquet file does not, and a digest over the
//! key and both: an entry under another name, or changed in any part, is none.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use super::Tally;
use crate::units::{Digest, DigestWriter, HashName};

/// Changes whenever the decoders read something else out of the same file.
const DECODER: u32 = 2;
/// Bytes that the entries may hold together.
const BYTES_MAX: u64 = 20 << 30;

/// A folder of decoded tables.
#[derive(Clone, Debug)]
pub(in crate::ingest) struct Cache {
    folder: PathBuf,
    bytes_max: u64,
}

/// What stands beside a decoded table.
#[derive(Serialize, Deserialize)]
struct Beside {
    digest: String,
    tally: Tally,
}

/// The digest over an entry's key, its table and what stands beside it.
fn seal(key: &str, table: &Path, tally: &Tally) -> io::Result<String> {
    let table = digest(table)?;
    let tally = serde_json::to_vec(tally)?;
    let parts = [key.as_bytes(), &table.0, &tally];
    Ok(HashName::Sha256.digest(&parts).to_string())
}

impl Cache {
    pub(in crate::ingest) fn new(folder: PathBuf) -> Self {
        Self {
            folder,
            bytes_max: BYTES_MAX,
        }
    }

    /// The key of a table: the decoder, the file's content, and how it is read.
    pub(super) fn key(file: &Digest, how: &impl Serialize) -> String {
        let how = serde_json::to_vec(how).unwrap_or_default();
        let decoder = DECODER.to_le_bytes();
        HashName::Sha256
            .digest(&[&decoder, &file.0, &how])
            .to_string()
    }

    /// Puts the table of `key` at `to`, if the cache holds it unharmed.
    pub(super) fn take(&self, key: &str, to: &Path) -> Option<Tally> {
        let table = self.folder.join(format!("{key}.parquet"));
        let beside = fs::read(self.folder.join(format!("{key}.json"))).ok()?;
        let beside: Beside = serde_json::from_slice(&beside).ok()?;
        link(&table, to).ok()?;
        if seal(key, to, &beside.tally).ok()? != beside.digest {
            let _ = fs::remove_file(to);
            return None;
        }
        if let Ok(file) = File::options().append(true).open(&table) {
            let _ = file.set_modified(SystemTime::now());
        }
        Some(beside.tally)
    }

    /// Keeps the table at `from`, which stays. A folder that cannot be written to keeps nothing, and nothing depends on it.
    pub(super) fn keep(&self, key: &str, from: &Path, tally: &Tally) {
        let kept = self.try_keep(key, from, tally);
        if kept.and_then(|()| self.drop_oldest(key)).is_err() {
            let _ = fs::remove_file(self.folder.join(format!("{key}.parquet")));
        }
    }

    fn try_keep(&self, key: &str, from: &Path, tally: &Tally) -> io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        let beside = Beside {
            digest: seal(key, from, tally)?,
            tally: tally.clone(),
        };
        let beside = serde_json::to_vec(&beside)?;
        let place = |name: String| self.folder.join(name);
        let half = |end: &str| place(format!(".{key}.{}.{end}", std::process::id()));
        fs::write(half("json"), beside)?;
        fs::rename(half("json"), place(format!("{key}.json")))?;
        let _ = fs::remove_file(half("parquet"));
        link(from, &half("parquet"))?;
        fs::rename(half("parquet"), place(format!("{key}.parquet")))
    }

    /// Removes the entries used longest ago until the rest is small enough; `kept` stays.
    fn drop_oldest(&self, kept: &str) -> io::Result<()> {
        let mut entries = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            if let Ok(found) = fs::metadata(&path) {
                entries.push((found.modified()?, found.len(), path));
            }
        }
        let mut bytes: u64 = entries.iter().map(|entry| entry.1).sum();
        entries.sort();
        for (_, length, path) in entries {
            if bytes <= self.bytes_max {
                break;
            }
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if !name.starts_with(kept) {
                fs::remove_file(&path)?;
                bytes -= length;
            }
        }
        Ok(())
    }
}

/// A second name for a file, or a copy where the file system has none; the file is never written to again.
fn link(from: &Path, to: &Path) -> io::Result<()> {
    let _ = fs::remove_file(to);
    fs::hard_link(from, to).or_else(|_| fs::copy(from, to).map(drop))
}

/// SHA-256 of a file.
pub(super) fn digest(path: &Path) -> io::Result<Digest> {
    let mut writer = io::BufWriter::with_capacity(1 << 20, DigestWriter::new(io::sink()));
    io::copy(&mut File::open(path)?, &mut writer)?;
    let writer = writer
        .into_inner()
        .map_err(io::IntoInnerError::into_error)?;
    Ok(writer.finish().1)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::Tally;
    use super::Cache;

    #[test]
    fn an_entry_is_whole_checked_and_the_oldest_is_dropped() {
        let folder = tempfile::TempDir::new().unwrap();
        let cache = Cache {
            folder: folder.path().join("cache"),
            bytes_max: 300,
        };
        let (from, to) = (folder.path().join("a"), folder.path().join("b"));
        let tally = Tally {
            rows: 3,
            ..Tally::default()
        };
        assert!(cache.take("k1", &to).is_none());
        fs::write(&from, [1; 100]).unwrap();
        cache.keep("k1", &from, &tally);
        assert_eq!(cache.take("k1", &to).unwrap().rows, 3);
        assert_eq!(fs::read(&to).unwrap(), [1; 100]);

        fs::remove_file(cache.folder.join("k1.parquet")).unwrap();
        fs::write(cache.folder.join("k1.parquet"), [2; 100]).unwrap();
        assert!(cache.take("k1", &to).is_none() && !to.exists());

        cache.keep("k1", &from, &tally);
        for end in ["parquet", "json"] {
            let place = |key: &str| cache.folder.join(format!("{key}.{end}"));
            fs::copy(place("k1"), place("k3")).unwrap();
        }
        assert!(
            cache.take("k3", &to).is_none(),
            "an entry under another key"
        );
        let beside = cache.folder.join("k1.json");
        let said = fs::read_to_string(&beside).unwrap();
        fs::write(&beside, said.replace("\"rows\":3", "\"rows\":4")).unwrap();
        assert!(cache.take("k1", &to).is_none(), "another tally");
        for end in ["parquet", "json"] {
            fs::remove_file(cache.folder.join(format!("k3.{end}"))).unwrap();
        }

        fs::remove_file(&from).unwrap();
        fs::write(&from, [3; 250]).unwrap();
        cache.keep("k2", &from, &tally);
        assert!(!cache.folder.join("k1.parquet").exists());
        assert!(cache.take("k2", &to).is_some());
    }
}
