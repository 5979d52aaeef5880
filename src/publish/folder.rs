//! A folder of text files with their SHA-256 sums: written synced, read only if it is whole.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};

use super::Error;
use crate::units::{Digest, DigestWriter};

/// Name of the file of sums.
const SUMS: &str = "SHA256SUMS";

/// Writes a file and syncs it.
pub(super) fn write(dir: &Path, name: &str, bytes: &[u8]) -> Result<(), Error> {
    let path = dir.join(name);
    let written = File::create(&path).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    written.map_err(|source| Error::Io { path, source })
}

/// The whole of a file.
pub(super) fn read(dir: &Path, name: &str) -> Result<Vec<u8>, Error> {
    let path = dir.join(name);
    std::fs::read(&path).map_err(|source| Error::Io { path, source })
}

/// Copies a file from folder to folder and syncs it.
pub(super) fn copy(from: &Path, to: &Path, name: &str) -> Result<(), Error> {
    let path = to.join(name);
    let copied = std::fs::copy(from.join(name), &path)
        .and_then(|_| File::options().append(true).open(&path)?.sync_all());
    copied.map_err(|source| Error::Io { path, source })
}

/// The lines of a file, one at a time and numbered from 1.
pub(super) struct Lines {
    path: PathBuf,
    reader: BufReader<File>,
    line: Vec<u8>,
    number: u64,
}

impl Lines {
    /// Opens the file.
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        let file = File::open(path).map_err(|source| Error::Io {
            path: path.to_owned(),
            source,
        })?;
        Ok(Self {
            path: path.to_owned(),
            reader: BufReader::with_capacity(1 << 16, file),
            line: Vec::new(),
            number: 0,
        })
    }

    /// Number and bytes of the next line, its line feed among them.
    pub(super) fn next_line(&mut self) -> Result<Option<(u64, &[u8])>, Error> {
        self.line.clear();
        let read = self.reader.read_until(b'\n', &mut self.line);
        let read = read.map_err(|source| Error::Io {
            path: self.path.clone(),
            source,
        })?;
        self.number += 1;
        Ok((read > 0).then_some((self.number, self.line.as_slice())))
    }
}

/// SHA-256 of a file, read in pieces.
pub(super) fn digest(path: &Path) -> Result<Digest, Error> {
    digest_with(DigestWriter::new(io::sink()), path)
}

/// What `digest` gives once a file went through it, read in pieces.
pub(super) fn digest_with(
    mut digest: DigestWriter<io::Sink>,
    path: &Path,
) -> Result<Digest, Error> {
    let through = File::open(path).and_then(|mut file| {
        let mut piece = vec![0; 1 << 16];
        loop {
            match file.read(&mut piece)? {
                0 => return Ok(()),
                n => digest.write_all(&piece[..n])?,
            }
        }
    });
    match through {
        Ok(()) => Ok(digest.finish().1),
        Err(source) => Err(Error::Io {
            path: path.to_owned(),
            source,
        }),
    }
}

/// Writes the sums of `names`, ascending.
pub(super) fn write_sums(dir: &Path, names: &[&str]) -> Result<(), Error> {
    write(dir, SUMS, sums(dir, names)?.as_bytes())
}

fn sums(dir: &Path, names: &[&str]) -> Result<String, Error> {
    let mut text = String::new();
    for name in names {
        writeln!(text, "{}  {name}", digest(&dir.join(name))?).expect("a string takes it");
    }
    Ok(text)
}

/// Checks that the folder holds `names` and their sums, nothing else, and that the sums are right.
pub(super) fn check(dir: &Path, names: &[&str]) -> Result<(), Error> {
    let expected: BTreeSet<&str> = names.iter().copied().chain([SUMS]).collect();
    let found = entries(dir)?;
    if let Some(file) = expected.iter().find(|&&name| !found.contains(name)) {
        return Err(Error::Missing {
            file: (*file).to_owned(),
        });
    }
    if let Some(file) = found.iter().find(|name| !expected.contains(name.as_str())) {
        return Err(Error::Extra { file: file.clone() });
    }
    for file in expected {
        let path = dir.join(file);
        let is_file = path.symlink_metadata().is_ok_and(|entry| entry.is_file());
        if !is_file {
            return Err(Error::NotAFile {
                file: file.to_owned(),
            });
        }
    }
    let (expected, found) = (sums(dir, names)?, read(dir, SUMS)?);
    let written = String::from_utf8_lossy(&found);
    let listed = |name: &str| {
        let ending = format!("  {name}");
        written.lines().find_map(|line| line.strip_suffix(&ending))
    };
    for (name, line) in names.iter().zip(expected.lines()) {
        let sum = line.split(' ').next().unwrap_or_default();
        if let Some(listed) =
            listed(name).filter(|listed| *listed != sum && listed.len() == sum.len())
        {
            return Err(Error::OtherDigest {
                file: (*name).to_owned(),
                expected: format!("{listed} that {SUMS} gives"),
                found: sum.to_owned(),
            });
        }
    }
    compare_text(SUMS, expected.as_bytes(), &found)
}

fn entries(dir: &Path) -> Result<BTreeSet<String>, Error> {
    let io = |source| Error::Io {
        path: dir.to_owned(),
        source,
    };
    let entries = std::fs::read_dir(dir)
        .map_err(io)?
        .collect::<io::Result<Vec<_>>>()
        .map_err(io)?;
    Ok(entries
        .iter()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect())
}

/// Holds a file's bytes to those it must have, and names the first line that differs.
pub(super) fn compare_text(file: &str, expected: &[u8], found: &[u8]) -> Result<(), Error> {
    if expected == found {
        return Ok(());
    }
    let (mut expected, mut found) = (
        expected.split_inclusive(|&b| b == b'\n'),
        found.split_inclusive(|&b| b == b'\n'),
    );
    for line in 1.. {
        let (expected, found) = (expected.next(), found.next());
        if expected != found {
            return Err(Error::Differs {
                file: file.to_owned(),
                line,
                expected: shown(expected),
                found: shown(found),
            });
        }
    }
    Ok(())
}

/// A file that is no longer what it was when it was checked.
pub(super) fn changed(file: &str, error: &crate::units::Unreadable) -> Error {
    Error::NotOfForm {
        file: file.to_owned(),
        what: "longer what it was when it was checked",
        reason: error.to_string(),
    }
}

/// A line as an error shows it.
pub(super) fn shown(line: Option<&[u8]>) -> String {
    let Some(line) = line else {
        return "no line".to_owned();
    };
    let text = String::from_utf8_lossy(line);
    let short: String = text.chars().take(160).collect();
    format!("{short:?}")
}
