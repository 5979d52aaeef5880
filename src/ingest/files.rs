//! A job path to files: one file, a glob, or a folder of partitions, in path order, each with its digest.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use rayon::prelude::*;

use super::decode::{Content, content, is_hidden, is_set_aside};
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
    /// Format that the job says it has.
    pub(super) format: Option<Format>,
    /// Key of the job that names it.
    pub(super) key: String,
    /// Digest of its bytes, once somebody asked for it.
    digest: Arc<OnceLock<Digest>>,
    /// Place of the section that names it among those of its table.
    pub(super) section: usize,
    /// Files at the same path that are passed over because their names start with `_`; with the first file only.
    pub(super) set_aside: Vec<String>,
}

impl Located {
    /// The path as messages and the refusal table show it.
    pub(super) fn shown(&self) -> String {
        self.path.display().to_string()
    }

    /// The digest of its bytes, which are read at most once for it.
    pub(super) fn digest(&self) -> Result<Digest, Error> {
        match self.digest.get() {
            Some(digest) => Ok(*digest),
            None => digest(self).map(|file| file.digest),
        }
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
    let digest = writer.finish().1;
    let _ = file.digest.set(digest);
    Ok(InputFile {
        path: file.shown(),
        bytes,
        digest,
    })
}

/// The files of a table, section by section and in path order; empty files are refused.
pub(super) fn locate(table: &ValidTable) -> Result<Vec<Located>, Error> {
    let files: Result<Vec<_>, _> = table.sections().map(located).collect();
    Ok(files?.concat())
}

/// The files of one section, in path order.
pub(super) fn located(section: &ValidTable) -> Result<Vec<Located>, Error> {
    let key = format!("{}.path", section.key);
    let found = locate_path(&key, &section.path, section.format)?.into_iter();
    Ok(found
        .map(|file| Located {
            section: section.section,
            ..file
        })
        .collect())
}

pub(super) fn locate_path(
    key: &str,
    path: &str,
    format: Option<Format>,
) -> Result<Vec<Located>, Error> {
    let located = |path: PathBuf| {
        if fs::metadata(&path).map_err(Error::io(&path))?.len() == 0 {
            return Err(Error::EmptyFile {
                file: path.display().to_string(),
            });
        }
        Ok(Located {
            path,
            format,
            key: key.to_owned(),
            digest: Arc::default(),
            section: 0,
            set_aside: Vec::new(),
        })
    };
    let (files, set_aside) = expand(key, path)?;
    let mut files: Vec<Located> = files.into_iter().map(located).collect::<Result<_, _>>()?;
    if let Some(first) = files.first_mut() {
        first.set_aside = set_aside;
    }
    Ok(files)
}

/// The files at a path, and those that are passed over because their names start with `_`.
fn expand(key: &str, path: &str) -> Result<(Vec<PathBuf>, Vec<String>), Error> {
    let literal = Path::new(path);
    if literal.is_dir() {
        let (mut files, mut aside) = (Vec::new(), Vec::new());
        walk(literal, &mut files, &mut aside)?;
        files.sort();
        aside.sort();
        let none = || Error::NoFiles {
            key: key.to_owned(),
            path: path.to_owned(),
        };
        return if files.is_empty() {
            Err(none())
        } else {
            Ok((files, aside))
        };
    }
    if literal.exists() {
        return Ok((vec![literal.to_owned()], Vec::new()));
    }
    if !path.contains(['*', '?', '[']) {
        return Err(Error::Missing {
            key: key.to_owned(),
            path: path.to_owned(),
        });
    }
    matching(key, path)
}

fn matching(key: &str, pattern: &str) -> Result<(Vec<PathBuf>, Vec<String>), Error> {
    let unusable = |error: &dyn std::fmt::Display| Error::Pattern {
        key: key.to_owned(),
        pattern: pattern.to_owned(),
        reason: error.to_string(),
    };
    let found = glob::glob(pattern).map_err(|error| unusable(&error))?;
    let mut files = found
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| unusable(&error))?;
    files.sort();
    let mut aside = Vec::new();
    files.retain(|file| file.is_file() && !passed_over(file, &mut aside) && is_table(file, true));
    if files.is_empty() {
        return Err(Error::NoMatch {
            key: key.to_owned(),
            pattern: pattern.to_owned(),
        });
    }
    Ok((files, aside))
}

/// Whether a file or folder is passed over because of its name; those that a person may have named so go to `aside`.
fn passed_over(path: &Path, aside: &mut Vec<String>) -> bool {
    let name = name_of(path);
    if is_set_aside(&name) {
        aside.push(path.display().to_string());
    }
    is_hidden(&name)
}

/// Files below `folder` whose content is a table; hidden ones and owner files (`~$…`) are none. A link to a folder is not
/// followed: it may lead back.
fn walk(folder: &Path, files: &mut Vec<PathBuf>, aside: &mut Vec<String>) -> Result<(), Error> {
    for entry in fs::read_dir(folder).map_err(Error::io(folder))? {
        let path = entry.map_err(Error::io(folder))?.path();
        if passed_over(&path, aside) {
            continue;
        }
        if path.is_dir() {
            if !path.is_symlink() {
                walk(&path, files, aside)?;
            }
        } else if path.is_file() && is_table(&path, false) {
            files.push(path);
        }
    }
    Ok(())
}

fn name_of(path: &Path) -> String {
    path.file_name()
        .map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

/// Endings of tables: such a file is read, or it is said why it cannot be.
const TABLES: [&str; 17] = [
    "csv", "tsv", "txt", "tab", "dat", "xls", "xlsx", "xlsm", "et", "xml", "htm", "html",
    "parquet", "arrow", "zip", "gz", "ipc",
];

/// Whether a file is a table by its ending or its content; text with another ending is somebody's note, unless `asked` for.
fn is_table(path: &Path, asked: bool) -> bool {
    let extension = path
        .extension()
        .map(|found| found.to_string_lossy().to_lowercase());
    if extension.is_some_and(|found| TABLES.contains(&found.as_str())) {
        return true;
    }
    match content(path) {
        Ok(Content::Table(Format::Csv)) => asked,
        Ok(Content::Unknown) => false,
        Ok(_) | Err(_) => true,
    }
}
