//! A world file read and checked: its settings, and the digest that comments and spacing do not change.

use std::fs;
use std::path::Path;

use serde::de::DeserializeOwned;

use super::Error;
use crate::units::{Digest, HashName, Problem};

/// The text of a world file, and what the file is called in what is refused.
pub(super) fn text(path: &Path) -> Result<(String, String), Error> {
    let file = path.display().to_string();
    match fs::read_to_string(path) {
        Ok(text) => Ok((text, file)),
        Err(source) => Err(Error::Read { path: file, source }),
    }
}

/// The settings of `text` with their digest under `tag`; every rule that `problems` finds broken at once, named with `file`.
pub(super) fn parse<P: DeserializeOwned>(
    text: &str,
    file: &str,
    tag: &str,
    problems: impl Fn(&P) -> Vec<Problem>,
) -> Result<(P, Digest), Error> {
    let params: P = typed(text, file)?;
    let written: toml::Table = typed(text, file)?;
    let problems = problems(&params);
    if problems.is_empty() {
        let canonical = serde_json::to_vec(&written).expect("plain values serialise");
        return Ok((params, HashName::Sha256.tagged(tag, &canonical)));
    }
    Err(named(problems, file))
}

/// The text of `file` as what it should be.
pub(super) fn typed<T: DeserializeOwned>(text: &str, file: &str) -> Result<T, Error> {
    toml::from_str(text).map_err(|source| Error::Format {
        path: file.to_owned(),
        source: Box::new(source),
    })
}

/// Broken rules of `file`.
pub(super) fn named(problems: Vec<Problem>, file: &str) -> Error {
    let named = |problem: Problem| Problem {
        file: file.to_owned(),
        ..problem
    };
    Error::World(problems.into_iter().map(named).collect())
}
