//! What became of the rows of one chunk: refused, found something about, later, accepted.

use polars::prelude::*;

use super::{CODE, FOUND, POS, Pos, Refused};
use crate::ingest::error::Error;
use crate::ingest::{findings, lists};

/// What a chunk leaves beside its accepted rows.
#[derive(Default)]
pub(super) struct Verdicts {
    pub(super) refused: Vec<Refused>,
    pub(super) found: Vec<Refused>,
    pub(super) later: u64,
}

impl Verdicts {
    fn note(&mut self, pos: Pos, mask: usize, marks: u64) {
        self.found
            .extend(rules_in(mask, marks).map(|rule| (pos, rule)));
    }
}

/// The rules whose marks are set in a mask.
pub(in crate::ingest) fn rules_in(mask: usize, mut marks: u64) -> impl Iterator<Item = u16> {
    std::iter::from_fn(move || {
        let at = (marks != 0).then(|| marks.trailing_zeros() as usize)?;
        marks &= marks - 1;
        Some(u16::try_from(mask * findings::MASK + at).expect("rules are few"))
    })
}

/// A chunk with its verdicts.
pub(super) struct Judged(pub(super) DataFrame);

impl Judged {
    fn codes(&self) -> Result<&Int32Chunked, Error> {
        self.0
            .column(CODE)
            .and_then(|codes| codes.i32())
            .map_err(Error::engine("read verdicts"))
    }

    /// The masks in which a mark is set, by their number.
    fn masks(&self) -> Result<Vec<(usize, &UInt64Chunked)>, Error> {
        let columns = self.0.columns().iter();
        let masks = columns.filter(|column| column.name().starts_with(FOUND));
        let mut set = Vec::new();
        for (number, column) in masks.enumerate() {
            let found = column.u64().map_err(Error::engine("read findings"))?;
            if found.max().is_some_and(|max| max != 0) {
                set.push((number, found));
            }
        }
        Ok(set)
    }

    pub(super) fn verdicts(&self, file: usize, first: u64) -> Result<Verdicts, Error> {
        let (codes, masks) = (self.codes()?, self.masks()?);
        let mut verdicts = Verdicts::default();
        if codes.min() == Some(0) && codes.max() == Some(0) && masks.is_empty() {
            return Ok(verdicts);
        }
        for (at, code) in codes.iter().enumerate() {
            let pos = Pos::new(file, first + at as u64);
            match u16::try_from(code.unwrap_or_default()) {
                Ok(0) => {
                    for (mask, marks) in &masks {
                        verdicts.note(pos, *mask, marks.get(at).unwrap_or_default());
                    }
                }
                Ok(rule) => verdicts.refused.push((pos, rule - 1)),
                Err(_) => verdicts.later += 1,
            }
        }
        Ok(verdicts)
    }

    pub(super) fn accepted(&self, file: usize, first: u64) -> Result<DataFrame, Error> {
        let start = Pos::new(file, first).0;
        let places = UInt64Chunked::from_vec(
            POS.into(),
            (start..start + self.0.height() as u64).collect(),
        );
        let mut frame = self.0.clone();
        let keep = self.codes()?.equal(0);
        frame
            .with_column(places.into_series().into_column())
            .map_err(Error::engine("number rows"))?;
        let frame = frame.filter(&keep).map_err(Error::engine("split rows"))?;
        let judged = |name: &&PlSmallStr| *name == CODE || name.starts_with(FOUND);
        let judged: Vec<PlSmallStr> = frame
            .get_column_names()
            .into_iter()
            .filter(judged)
            .cloned()
            .collect();
        let frame = frame.drop_many(judged);
        lists::to_text(frame).map_err(Error::engine("write lists as text"))
    }
}
