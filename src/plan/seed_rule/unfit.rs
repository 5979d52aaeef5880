//! Why a seed does not fit its rule.

use thiserror::Error;

use crate::units::{Digest, Kind, Moment};

/// Why a seed does not fit its rule.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Unfit {
    /// A character that no outcome has.
    #[error(
        "the seed text {text:?} has {character:?} (U+{code:04X}) as character {place}; this seed rule is written with {allowed} only",
        code = u32::from(*.character)
    )]
    Character {
        /// The normalised text.
        text: String,
        /// The character.
        character: char,
        /// Its place, from 1.
        place: usize,
        /// The characters of the form.
        allowed: String,
    },
    /// Too few or too many numbers, digits or offices.
    #[error("the seed text {text:?} has {found} {what}, the seed rule says {expected}")]
    Count {
        /// The normalised text.
        text: String,
        /// What is counted.
        what: &'static str,
        /// How many the rule says.
        expected: usize,
        /// How many there are.
        found: usize,
    },
    /// A number the group does not have.
    #[error("{number} is no number of {group:?}: the seed rule says {first} ..= {last}")]
    Number {
        /// The group.
        group: String,
        /// The number as written.
        number: String,
        /// Smallest.
        first: u32,
        /// Largest.
        last: u32,
    },
    /// A number twice where the rule says each at most once.
    #[error("{group:?} has {number} twice: the seed rule says each number at most once")]
    Twice {
        /// The group.
        group: String,
        /// The number.
        number: u32,
    },
    /// Numbers that do not ascend.
    #[error("{group:?} has {number} after {before}: the seed rule says ascending")]
    Order {
        /// The group.
        group: String,
        /// The number before.
        before: u32,
        /// The number.
        number: u32,
    },
    /// The outcome is right and its spelling is not.
    #[error(
        "the seed text {text:?} is another spelling: this outcome must be written {expected:?}"
    )]
    Spelling {
        /// The normalised text.
        text: String,
        /// The one spelling.
        expected: String,
    },
    /// Another office than the rule names at this place.
    #[error(
        "part {place} of the seed text must begin with \"{expected}=\", the office the seed rule names there; found {found:?}"
    )]
    OtherOffice {
        /// Place, from 1.
        place: usize,
        /// The office of the rule.
        expected: String,
        /// The part found.
        found: String,
    },
    /// A value that is too short, too long or not hexadecimal.
    #[error("the value {value:?} of {office} must be 32 to 256 lower-case hexadecimal digits")]
    Value {
        /// The office.
        office: String,
        /// The value.
        value: String,
    },
    /// A value other than the committed one.
    #[error(
        "the value {value} of {office} does not open its commitment: expected {expected}, found {found}"
    )]
    Commitment {
        /// The office.
        office: String,
        /// The value.
        value: String,
        /// The commitment of the rule.
        expected: Digest,
        /// The commitment of this value.
        found: Digest,
    },
    /// Published when the outcome could already be known.
    #[error(
        "the seal was published at {published_at}, and must be published before the event of the seed rule (not_before = {not_before})"
    )]
    PublishedLate {
        /// When it was published.
        published_at: Moment,
        /// Earliest moment of the event.
        not_before: Moment,
    },
    /// Used before the outcome can be known.
    #[error("it is {now}, and the event of the seed rule is not before {not_before}")]
    TooEarly {
        /// The moment of the draw.
        now: Moment,
        /// Earliest moment of the event.
        not_before: Moment,
    },
}

impl Unfit {
    /// The kind of failure, for the exit code.
    #[must_use]
    pub fn kind(&self) -> Kind {
        Kind::Usage
    }
}
