//! Files as offices send them, written where a test wants them, and what becomes of them.

use std::fs;
use std::io::{Cursor, Write};
use std::path::PathBuf;

use choucha::ingest::{self, Error, Params, Snapshot, TextTable};
use choucha::units::{AsOf, Kind, Meter};
use tempfile::TempDir;
use zip::write::SimpleFileOptions;

/// A folder of files as an office sends them.
pub(crate) struct Office(TempDir);

impl Office {
    pub(crate) fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> &Self {
        fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        fs::write(self.path(name), bytes).unwrap();
        self
    }

    pub(crate) fn texts(&self, name: &str) -> Result<Vec<TextTable>, Error> {
        ingest::read_texts("path", &self.path(name).display().to_string(), |_| true)
    }

    pub(crate) fn refusal(&self, name: &str) -> String {
        let error = self.texts(name).unwrap_err();
        assert_eq!(error.kind(), Kind::Data, "{error}");
        error
            .to_string()
            .replace(&self.0.path().display().to_string(), "DIR")
    }

    pub(crate) fn params(&self, toml: &str) -> Params {
        toml::from_str(&toml.replace("DIR", &self.0.path().display().to_string())).unwrap()
    }

    pub(crate) fn read(&self, toml: &str) -> Snapshot {
        self.read_into(toml, "work")
    }

    pub(crate) fn read_into(&self, toml: &str, work: &str) -> Snapshot {
        let work = self.path(work);
        fs::create_dir_all(&work).unwrap();
        let params = self.params(toml).check().unwrap();
        let params = params.with_cache(self.path("cache"));
        let as_of = AsOf("2025-01-01".parse().unwrap());
        ingest::read(&params, as_of, 1, &work, &Meter::silent()).unwrap()
    }
}

pub(crate) fn refused(snapshot: &Snapshot) -> Vec<Vec<String>> {
    let text = fs::read_to_string(snapshot.refused().with_extension("csv")).unwrap();
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    reader
        .records()
        .map(|row| row.unwrap().iter().map(str::to_owned).collect())
        .collect()
}

/// Sheet, line and rule of each refusal.
pub(crate) fn rules(snapshot: &Snapshot) -> Vec<[String; 3]> {
    let short = |row: Vec<String>| [row[1].clone(), row[2].clone(), row[5].clone()];
    refused(snapshot).into_iter().map(short).collect()
}

pub(crate) fn rule(sheet: &str, line: &str, rule: &str) -> [String; 3] {
    [sheet, line, rule].map(str::to_owned)
}

pub(crate) fn gb18030(text: &str) -> Vec<u8> {
    encoding_rs::GB18030.encode(text).0.into_owned()
}

pub(crate) fn utf16(text: &str) -> Vec<u8> {
    let units = std::iter::once(0xfeff).chain(text.encode_utf16());
    units.flat_map(u16::to_le_bytes).collect()
}

pub(crate) fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        writer
            .start_file(*name, SimpleFileOptions::default())
            .unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}
