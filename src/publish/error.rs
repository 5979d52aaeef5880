//! Why a seal, a bulletin or a slip cannot be written, or is not what it must be.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::units::Kind;
use crate::{draw, plan};

/// Why a bulletin, seal or slip cannot be written, or is not what it must be. No variant ever holds a draw key.
#[derive(Debug, Error)]
pub enum Error {
    /// A draw that is not a rehearsal needs the seal of a round.
    #[error("an open bulletin is for rehearsals (演练), this plan is not one")]
    NotARehearsal,
    /// A text, a name or a number that a seal or bulletin cannot state.
    #[error("{key} = {value:?}: {rule}")]
    Unusable {
        /// What it is for.
        key: String,
        /// The value.
        value: String,
        /// The rule it breaks.
        rule: String,
    },
    /// A sealed round cannot be made or read without its draw key, and an open one has none.
    #[error("{0}")]
    Key(&'static str),
    /// The key is not the sealed one.
    #[error("the draw key (抽签密钥) is not the one that seal.json commits to as \"key\"")]
    WrongKey,
    /// The object stands in no draw of the round.
    #[error("object {id:?} stands in no frame (抽样框) of round {round:?}")]
    NotInFrame {
        /// Its id.
        id: String,
        /// The round.
        round: String,
    },
    /// An object that only the measurement stream could draw: its row would show the stream.
    #[error(
        "object {id:?} stands in the frame of the measurement draw and in that of no item: a drawn list would show the stream"
    )]
    MeasuredAlone {
        /// Its id.
        id: String,
    },
    /// An object that no draw of the round could draw.
    #[error(
        "object {id:?}: no draw of round {round:?} can draw it, and nobody is exempt (不免抽): raise the ratio of its strata, or set floor_of_one = true"
    )]
    Exempt {
        /// Its id.
        id: String,
        /// The round.
        round: String,
    },
    /// A file that must be there is not.
    #[error("{file} is missing")]
    Missing {
        /// Its name.
        file: String,
    },
    /// A name that must be a plain file is a folder, a link or a device.
    #[error("{file} is not a plain file")]
    NotAFile {
        /// Its name.
        file: String,
    },
    /// A file that must not be there is.
    #[error("{file} does not belong here")]
    Extra {
        /// Its name.
        file: String,
    },
    /// A line that is not what it must be.
    #[error("{file} line {line}: expected {expected}, found {found}")]
    Differs {
        /// Name of the file.
        file: String,
        /// Line, from 1.
        line: u64,
        /// What the line must say.
        expected: String,
        /// What it says.
        found: String,
    },
    /// A value of a file that is not what the rest makes it.
    #[error("{file}: {place}: expected {expected}, found {found}")]
    Says {
        /// Name of the file.
        file: String,
        /// Key of the value.
        place: String,
        /// What it must say.
        expected: String,
        /// What it says.
        found: String,
    },
    /// A file whose digest is not the one another file names.
    #[error("{file}: expected the digest {expected}, found {found}")]
    OtherDigest {
        /// Name of the file.
        file: String,
        /// Digest that is named.
        expected: String,
        /// Digest of the file.
        found: String,
    },
    /// A file that is no plan.
    #[error("{file}")]
    Undecodable {
        /// Name of the file.
        file: String,
        /// What the plan room says.
        #[source]
        source: plan::Error,
    },
    /// A plan that says what does not follow from its own counts.
    #[error("{file}")]
    Inconsistent {
        /// Name of the file.
        file: String,
        /// What the plan room says.
        #[source]
        source: plan::Error,
    },
    /// Bytes that are not of the form the format gives them.
    #[error("{file} is no {what}: {reason}")]
    NotOfForm {
        /// Name of the file.
        file: String,
        /// What it must be.
        what: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// The seed of `bulletin.json` cannot be used.
    #[error("bulletin.json")]
    Seed(#[source] draw::Error),
    /// A seed text for a draw that cannot be used.
    #[error("the seed cannot be used")]
    UnusableSeed(#[source] draw::Error),
    /// A seed text, or the time of a publication, that does not fit the sealed seed rule.
    #[error(transparent)]
    SeedRule(plan::Unfit),
    /// The plan cannot be sealed.
    #[error("the plan cannot be sealed")]
    Plan(#[from] plan::Error),
    /// The plan of one draw of a round cannot be sealed.
    #[error("draw {draw:?} cannot be sealed")]
    PlanOf {
        /// Name of the draw.
        draw: String,
        /// What the plan room says.
        #[source]
        source: plan::Error,
    },
    /// The draw cannot be made again.
    #[error("the draw cannot be made again")]
    Draw(#[source] draw::Error),
    /// A table that cannot be made.
    #[error("{file} cannot be made: {reason}")]
    Unwritable {
        /// Name of the file.
        file: String,
        /// Why.
        reason: String,
    },
    /// A file that cannot be read or written.
    #[error("{} cannot be read or written", path.display())]
    Io {
        /// Its path.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
}

impl Error {
    /// The kind of failure, for the exit code.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::NotARehearsal | Self::MeasuredAlone { .. } | Self::Exempt { .. } => Kind::Design,
            Self::Unusable { .. }
            | Self::Key(_)
            | Self::NotInFrame { .. }
            | Self::UnusableSeed(_)
            | Self::SeedRule(_) => Kind::Usage,
            Self::Plan(source) | Self::PlanOf { source, .. } => source.kind(),
            Self::Unwritable { .. } => Kind::Bug,
            Self::Io { source, .. } => match source.kind() {
                io::ErrorKind::NotFound
                | io::ErrorKind::NotADirectory
                | io::ErrorKind::IsADirectory => Kind::Verification,
                _ => Kind::Bug,
            },
            _ => Kind::Verification,
        }
    }

    /// A line of `file` that must say something else.
    pub(super) fn differs(
        file: &str,
        line: u64,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) -> Self {
        Self::Differs {
            file: file.to_owned(),
            line,
            expected: expected.into(),
            found: found.into(),
        }
    }

    /// A value of `file` that must be another.
    #[allow(
        clippy::needless_pass_by_value,
        reason = "numbers, digests and texts alike"
    )]
    pub(super) fn says(
        file: &str,
        place: impl Into<String>,
        expected: impl ToString,
        found: impl ToString,
    ) -> Self {
        Self::Says {
            file: file.to_owned(),
            place: place.into(),
            expected: expected.to_string(),
            found: found.to_string(),
        }
    }
}
