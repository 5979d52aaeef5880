//! A job path to files: one file, a glob, or a folder of partitions, in path order, each with its digest.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::error::Error;
use super::params::{Format, ValidParams, ValidTable};
use crate::units::{Digest, DigestWriter};

/// A file that was read, by its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputFile {
    /// Path as written in the job (or as the glob or folder gives it).
    pub path: String,
    /// Length in bytes.
    pub bytes: u64,
    /// SHA-256 of the bytes.
    pub digest: Digest,
}

/// One table file.
#[derive(Clone, Debug)]
pub(super) struct Located {
    pub(super) path: PathBuf,
    pub(super) format: Format,
}

impl Located {
    /// The path as messages and the refusal table show it.
    pub(super) fn shown(&self) -> String {
        self.path.display().to_string()
    }
}

/// Digests of all input files, table by table and in path order, without reading a row.
///
/// # Errors
/// Files that are missing or cannot be read.
pub fn inputs(params: &ValidParams) -> Result<Vec<InputFile>, Error> {
    let files: Vec<Located> = params
        .tables
        .iter()
        .map(locate)
        .collect::<Result<Vec<_>, _>>()?
        .concat();
    digests(&files)
}

pub(super) fn digests(files: &[Located]) -> Result<Vec<InputFile>, Error> {
    files.par_iter().map(digest).collect()
}

fn digest(file: &Located) -> Result<InputFile, Error> {
    let mut reader = File::open(&file.path).map_err(Error::io(&file.path))?;
    let mut writer = io::BufWriter::with_capacity(1 << 20, DigestWriter::new(io::sink()));
    let bytes = io::copy(&mut reader, &mut writer).map_err(Error::io(&file.path))?;
    let writer = writer
        .into_inner()
        .map_err(|error| Error::io(&file.path)(error.into_error()))?;
    Ok(InputFile {
        path: file.shown(),
        bytes,
        digest: writer.finish().1,
    })
}

/// The files of a table in path order; empty files are refused.
pub(super) fn locate(table: &ValidTable) -> Result<Vec<Located>, Error> {
    locate_path(&format!("{}.path", table.key), &table.path, table.format)
}

pub(super) fn locate_path(
    key: &str,
    path: &str,
    format: Option<Format>,
) -> Result<Vec<Located>, Error> {
    let files = expand(key, path, format)?;
    files
        .into_iter()
        .map(|path| {
            let shown = || path.display().to_string();
            let format = format.or_else(|| format_of(&path));
            let format = format.ok_or_else(|| Error::UnknownFormat {
                key: key.to_owned(),
                path: shown(),
            })?;
            let length = fs::metadata(&path).map_err(Error::io(&path))?.len();
            if length == 0 {
                Err(Error::EmptyFile { file: shown() })
            } else {
                Ok(Located { path, format })
            }
        })
        .collect()
}

fn expand(key: &str, path: &str, format: Option<Format>) -> Result<Vec<PathBuf>, Error> {
    let literal = Path::new(path);
    if literal.is_dir() {
        let mut files = Vec::new();
        walk(literal, format, &mut files)?;
        files.sort();
        let none = || Error::NoFiles {
            key: key.to_owned(),
            path: path.to_owned(),
        };
        return if files.is_empty() {
            Err(none())
        } else {
            Ok(files)
        };
    }
    if literal.exists() {
        return Ok(vec![literal.to_owned()]);
    }
    if !path.contains(['*', '?', '[']) {
        return Err(Error::Missing {
            key: key.to_owned(),
            path: path.to_owned(),
        });
    }
    matching(key, path)
}

fn matching(key: &str, pattern: &str) -> Result<Vec<PathBuf>, Error> {
    let unusable = |error: &dyn std::fmt::Display| Error::Pattern {
        key: key.to_owned(),
        pattern: pattern.to_owned(),
        reason: error.to_string(),
    };
    let found = glob::glob(pattern).map_err(|error| unusable(&error))?;
    let mut files = found
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| unusable(&error))?;
    files.retain(|file| file.is_file());
    files.sort();
    if files.is_empty() {
        return Err(Error::NoMatch {
            key: key.to_owned(),
            pattern: pattern.to_owned(),
        });
    }
    Ok(files)
}

/// Table files below `folder`; names that start with `.` or `_` are not tables.
fn walk(folder: &Path, format: Option<Format>, files: &mut Vec<PathBuf>) -> Result<(), Error> {
    for entry in fs::read_dir(folder).map_err(Error::io(folder))? {
        let path = entry.map_err(Error::io(folder))?.path();
        let hidden = path
            .file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with(['.', '_']));
        if hidden {
            continue;
        }
        if path.is_dir() {
            walk(&path, format, files)?;
        } else if format.is_some() || format_of(&path).is_some() {
            files.push(path);
        }
    }
    Ok(())
}

fn format_of(path: &Path) -> Option<Format> {
    let extension = path.extension()?.to_str()?.to_ascii_lowercase();
    match extension.as_str() {
        "parquet" => Some(Format::Parquet),
        "arrow" | "ipc" | "feather" => Some(Format::Arrow),
        "csv" => Some(Format::Csv),
        _ => None,
    }
}
