//! What a job that stopped over its inputs leaves: why, and the refused rows, so that an office can correct them at once.

use std::path::{Path, PathBuf};

use super::error::Error;
use super::shapes::{RefusedShape, Stored};

/// Every table of which too many rows are refused, and the refused rows of all tables.
#[derive(Debug)]
pub struct Stopped {
    pub(super) problems: Vec<Error>,
    pub(super) refused: PathBuf,
    pub(super) shapes: Vec<Stored>,
}

impl Stopped {
    /// One error for each table, in the order they were read.
    #[must_use]
    pub fn problems(&self) -> &[Error] {
        &self.problems
    }

    /// `refused.parquet`; `refused.csv` lies beside it.
    #[must_use]
    pub fn refused(&self) -> &Path {
        &self.refused
    }

    /// The refused rows as [`super::Snapshot::refused_shapes`] gives them.
    ///
    /// # Errors
    /// Each item, when its file cannot be read.
    pub fn refused_shapes(&self) -> impl Iterator<Item = Result<RefusedShape, Error>> + '_ {
        self.shapes.iter().map(Stored::read)
    }
}
