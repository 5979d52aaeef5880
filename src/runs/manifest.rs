//! `manifest.json`: what a run was made from and what it made, by digest; no path of a machine, no clock.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::units::{Digest, DigestWriter, HashName};

use super::{Error, failed, replace_file};

/// One input file, by content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// Its file name, for the reader; no part of any digest.
    pub name: String,
    /// Size in bytes.
    pub bytes: u64,
    /// SHA-256 of the content.
    pub sha256: Digest,
}

/// Everything that decides a result, and its digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// Version of this program.
    pub choucha: String,
    /// Digest of the job's settings, without paths, partitions and threads.
    pub settings: Digest,
    /// The input files.
    pub inputs: Vec<Input>,
}

impl Settings {
    /// One digest over version, settings and inputs: equal digests mean equal results.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let contents: Vec<(u64, Digest)> = self
            .inputs
            .iter()
            .map(|input| (input.bytes, input.sha256))
            .collect();
        let bytes = serde_json::to_vec(&(&self.choucha, self.settings, contents))
            .expect("plain values serialise");
        HashName::Sha256.tagged("choucha/run/v1", &bytes)
    }
}

/// The manifest of a finished run folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of this file's form.
    pub format: u32,
    /// Name of the job.
    pub job: String,
    /// 基准日.
    pub as_of: String,
    /// Language of the report.
    pub language: String,
    /// Digest of [`Manifest::made_from`].
    pub run: Digest,
    /// What the run was made from.
    pub made_from: Settings,
    /// Facts a reader should know, for example tables without a knowledge date.
    pub notes: Vec<String>,
    /// Digest of every file of the folder but this one, by relative path with `/`.
    pub outputs: BTreeMap<String, Digest>,
}

impl Manifest {
    /// Its file name.
    pub const FILE: &'static str = "manifest.json";

    /// The manifest of `folder`, if there is one this version can read.
    #[must_use]
    pub fn read(folder: &Path) -> Option<Self> {
        let text = fs::read(folder.join(Self::FILE)).ok()?;
        serde_json::from_slice(&text).ok()
    }

    /// Whether `folder` holds a manifest of this program, of any version.
    #[must_use]
    pub fn is_ours(folder: &Path) -> bool {
        let text = fs::read(folder.join(Self::FILE)).unwrap_or_default();
        serde_json::from_slice::<serde_json::Value>(&text)
            .is_ok_and(|manifest| manifest["made_from"]["choucha"].is_string())
    }

    /// Digests every file of `folder` into `outputs` and writes the manifest there.
    ///
    /// # Errors
    /// When a file cannot be read or the manifest not written.
    pub fn write(mut self, folder: &Path) -> Result<(), Error> {
        self.outputs = digests(folder, "")?;
        let mut text = serde_json::to_vec_pretty(&self).expect("plain values serialise");
        text.push(b'\n');
        replace_file(&folder.join(Self::FILE), &text)
    }

    /// Whether the files of `folder` are exactly the outputs named here..
    #[must_use]
    pub fn holds(&self, folder: &Path) -> bool {
        digests(folder, "").is_ok_and(|found| found == self.outputs)
    }
}

/// SHA-256 of a file's content, and its size.
///
/// # Errors
/// When the file cannot be read.
pub fn file_digest(path: &Path) -> io::Result<(u64, Digest)> {
    let mut writer = DigestWriter::new(io::sink());
    let bytes = io::copy(
        &mut io::BufReader::with_capacity(1 << 20, File::open(path)?),
        &mut writer,
    )?;
    Ok((bytes, writer.finish().1))
}

fn digests(folder: &Path, below: &str) -> Result<BTreeMap<String, Digest>, Error> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).map_err(failed("read", folder))? {
        let entry = entry.map_err(failed("read", folder))?;
        let path = entry.path();
        let name = format!("{below}{}", entry.file_name().to_string_lossy());
        if path.is_dir() {
            found.extend(digests(&path, &format!("{name}/"))?);
        } else if name != Manifest::FILE {
            found.insert(name, file_digest(&path).map_err(failed("read", &path))?.1);
        }
    }
    Ok(found)
}
