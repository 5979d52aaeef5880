//! What the columns of a file are by their values, for a first job from files whose headers nothing is known of.

use tempfile::TempDir;

use super::error::Error;
use super::files::locate_path;
use super::shape::{self, Shape};
use super::source::{self, Source};
use super::tables::{Column, table};

/// One column by the values of its first rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// Source header.
    pub header: String,
    shape: Shape,
    /// Whether no value stands twice.
    pub is_unique: bool,
}

impl Look {
    /// What the values look like, for a message.
    #[must_use]
    pub fn words(&self) -> &'static str {
        self.shape.words()
    }

    /// Whether the values are 统一社会信用代码 that pass both checks, which nothing else does.
    #[must_use]
    pub fn is_certain(&self) -> bool {
        self.shape == Shape::Uscc
    }

    /// Whether the values are codes or registration numbers of businesses.
    #[must_use]
    pub fn is_code(&self) -> bool {
        matches!(self.shape, Shape::Uscc | Shape::Reg15 | Shape::Code)
    }

    /// Whether the values say what a register says of a business beside its code.
    #[must_use]
    pub fn describes(&self) -> bool {
        matches!(
            self.shape,
            Shape::Region
                | Shape::Industry
                | Shape::Status
                | Shape::Kind
                | Shape::Name
                | Shape::Address
        )
    }

    /// The columns of the table of this name that may hold such values, the likeliest first.
    #[must_use]
    pub fn columns(&self, name: &str) -> Vec<&'static Column> {
        table(name).map_or_else(Vec::new, |table| {
            shape::candidates(table, self.shape).collect()
        })
    }
}

/// The columns of the first file at `path` whose values look like something, in the order of [`super::headers`]; of data
/// about persons nothing is said.
///
/// # Errors
/// When there is no such file or it cannot be read.
pub fn looks(path: &str) -> Result<Vec<Look>, Error> {
    let headers = source::headers(path)?;
    let files = locate_path("path", path, None)?;
    let spool = TempDir::new().map_err(Error::io(&std::env::temp_dir()))?;
    let sources = Source::open_whole(&files[0], &|_| false, &spool.path().join("looked-at"))?;
    let Some(source) = sources.iter().find(|source| source.headers == headers) else {
        return Ok(Vec::new());
    };
    let columns = shape::sample(source, &headers)?.into_iter();
    let looks = columns.filter_map(|(header, cells)| {
        let shape = shape::of(&cells).filter(|shape| *shape != Shape::Person)?;
        Some(Look {
            header,
            shape,
            is_unique: shape::is_unique(&cells),
        })
    });
    Ok(looks.collect())
}
