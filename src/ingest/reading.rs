//! How the columns of a source become one column of the snapshot: as it is, joined, the first filled, pairs, marks; and what
//! stands between the parts of a list.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::tables::ColumnType;

/// One header, or several that become one column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Headers {
    /// A single source column.
    One(String),
    /// Texts of several source columns joined by `/`; for a list, a part from each that has one.
    Joined(Vec<String>),
    /// Several source columns in another way.
    Combined(Combined),
}

/// How several source columns become one; of the columns named, a file must have at least one (one pair).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Combined {
    /// The first that is filled; of codes, the first that a spreadsheet has not damaged.
    First(Vec<String>),
    /// For a list: text and day of each pair, written `text@YYYY-MM-DD`; `text` alone where the day is blank.
    Pairs(Vec<[String; 2]>),
    /// For a list: the headers whose cell is marked by 1, 是, √ or a count; of merged headers the lower part.
    Marked(Vec<String>),
}

/// [`Headers`] as reading needs them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    /// One column as it is, or several joined.
    Joined,
    /// The first that is filled.
    First,
    /// Text and day in turn.
    Pairs,
    /// The marked ones.
    Marked,
}

impl Headers {
    pub(super) fn how(&self) -> How {
        match self {
            Self::One(_) | Self::Joined(_) => How::Joined,
            Self::Combined(Combined::First(_)) => How::First,
            Self::Combined(Combined::Pairs(_)) => How::Pairs,
            Self::Combined(Combined::Marked(_)) => How::Marked,
        }
    }

    pub(super) fn list(&self) -> Vec<String> {
        match self {
            Self::One(header) => vec![header.clone()],
            Self::Joined(headers)
            | Self::Combined(Combined::First(headers) | Combined::Marked(headers)) => {
                headers.clone()
            }
            Self::Combined(Combined::Pairs(pairs)) => pairs.iter().flatten().cloned().collect(),
        }
    }

    /// What keeps these headers from becoming a column of `kind`.
    pub(super) fn unfit(&self, kind: ColumnType) -> Option<&'static str> {
        let is_several = self.list().len() > 1;
        match self.how() {
            _ if self.list().is_empty() => Some("must name a source column"),
            How::Joined if is_several && !matches!(kind, ColumnType::Text | ColumnType::List) => {
                Some("only a text or list column may be joined from several")
            }
            How::Pairs | How::Marked if kind != ColumnType::List => {
                Some("only a list column may be read from pairs or marks")
            }
            _ => None,
        }
    }
}

/// What stands between the parts of a list inside a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Separators {
    /// What the job says.
    Told(Arc<str>),
    /// Any that is usual.
    Usual,
}

impl Separators {
    /// The parts of a text, for the list column `name`; in certificates `|` stands between number and day.
    pub(super) fn split<'a>(&'a self, name: &str, text: &'a str) -> Vec<&'a str> {
        let is_usual =
            |letter: char| USUAL.contains(&letter) || (name != "certificates" && letter == '|');
        let cells = text.split(BETWEEN_CELLS);
        match self {
            Self::Told(separator) => cells.flat_map(|cell| cell.split(&**separator)).collect(),
            Self::Usual => cells.flat_map(|cell| cell.split(is_usual)).collect(),
        }
    }
}

/// Stands between the cells of several columns that become one list.
pub(super) const BETWEEN_CELLS: char = '\u{1f}';
/// Separators of lists.
const USUAL: [char; 5] = [';', '；', ',', '，', '、'];
