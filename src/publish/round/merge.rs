//! The sorted frames of all draws side by side: one row per object, read in a stream.

use super::super::Error;
use super::super::frame::{Rows, SealedFrame};

/// Objects of several frames, ascending; every object once.
pub(super) struct Merged<'a> {
    frames: Vec<Head<'a>>,
    id: String,
    strata: Vec<Option<usize>>,
}

/// An object, and per draw its stratum in that draw's plan.
pub(super) struct MergedRow<'a> {
    pub(super) id: &'a str,
    pub(super) strata: &'a [Option<usize>],
}

/// A frame and its next row.
struct Head<'a> {
    rows: Rows<'a>,
    id: String,
    stratum: usize,
    at_end: bool,
}

impl<'a> Merged<'a> {
    pub(super) fn new(frames: impl Iterator<Item = &'a SealedFrame>) -> Result<Self, Error> {
        let head = |frame: &'a SealedFrame| {
            let mut head = Head {
                rows: frame.rows()?,
                id: String::new(),
                stratum: 0,
                at_end: false,
            };
            head.advance()?;
            Ok(head)
        };
        Ok(Self {
            frames: frames.map(head).collect::<Result<_, Error>>()?,
            id: String::new(),
            strata: Vec::new(),
        })
    }

    /// The next object.
    pub(super) fn next_object(&mut self) -> Result<Option<MergedRow<'_>>, Error> {
        let heads = self.frames.iter().filter(|head| !head.at_end);
        let Some(first) = heads.map(|head| head.id.as_str()).min() else {
            return Ok(None);
        };
        self.id.clear();
        self.id.push_str(first);
        self.strata.clear();
        for head in &mut self.frames {
            if head.at_end || head.id != self.id {
                self.strata.push(None);
            } else {
                self.strata.push(Some(head.stratum));
                head.advance()?;
            }
        }
        Ok(Some(MergedRow {
            id: &self.id,
            strata: &self.strata,
        }))
    }
}

impl Head<'_> {
    fn advance(&mut self) -> Result<(), Error> {
        match self.rows.next_row()? {
            Some(row) => {
                self.id.clear();
                self.id.push_str(&row.id);
                self.stratum = row.stratum;
            }
            None => self.at_end = true,
        }
        Ok(())
    }
}
