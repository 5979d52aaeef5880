//! Cells of a source before they are read: tidied, mapped, words that mean no value or no end taken as such.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use polars::prelude::*;

use super::memo;
use super::params::{Field, ValidTable};
use super::reading::How;
use super::scalar::{self, tidy};

/// Whether a column holds codes of objects, for which 无 and `/` are no values.
pub(super) fn is_code(field: &Field) -> bool {
    matches!(field.name.as_str(), "object_id" | "other_ids")
}

/// Columns of ends that may never come.
pub(super) fn is_end(name: &str) -> bool {
    matches!(name, "ended_on" | "closed_on" | "valid_to")
}

/// The last day there is, where null would mean something else than no end.
const LAST_DAY: &str = "9999-12-31";

/// What 长期, `9999-09-09` and the like read as.
#[derive(Clone, Copy, Debug)]
enum OpenEnd {
    /// What they say: the column holds no ends.
    AsWritten,
    Null,
    LastDay,
}

/// Tidies, drops null words, maps values.
pub(super) struct Cleaner {
    nulls: Arc<Vec<String>>,
    /// In bytes; most values are longer.
    longest_null: usize,
    values: Option<Arc<HashMap<String, String>>>,
    /// What an end that never comes reads as, in a column of ends.
    open_end: OpenEnd,
    /// Whether 无 and the like are no value.
    is_code: bool,
}

impl Cleaner {
    pub(super) fn new(table: &ValidTable, field: &Field, how: How) -> Self {
        Self {
            longest_null: table.nulls.iter().map(String::len).max().unwrap_or(0),
            nulls: table.nulls.clone(),
            values: field.values.clone(),
            open_end: match field.name.as_str() {
                name if is_end(name) => OpenEnd::Null,
                "to" => OpenEnd::LastDay,
                _ if how == How::Pairs => OpenEnd::LastDay,
                _ => OpenEnd::AsWritten,
            },
            is_code: is_code(field) || how == How::Pairs,
        }
    }

    fn one<'a>(&'a self, text: &'a str) -> Option<Cow<'a, str>> {
        if self.is_code && scalar::has_control(text) {
            return Some(Cow::Borrowed(text)); // what a code was without it is not certain
        }
        let text = tidy(text);
        let mapped = self.values.as_ref().and_then(|values| values.get(&*text));
        let text = mapped.map_or(text, |value| Cow::Borrowed(value.as_str()));
        let is_null =
            text.len() <= self.longest_null && self.nulls.iter().any(|null| *null == text);
        let is_none = || scalar::error_cell(&text).is_some();
        if is_null || is_none() || (self.is_code && scalar::is_no_code(&text)) {
            return None;
        }
        if self.is_code
            && let Some(code) = scalar::cut_code(&text)
        {
            return Some(Cow::Owned(code));
        }
        let closed = (self.is_code && text.bytes().any(|byte| matches!(byte, b' ' | b'\'' | b'"')))
            .then(|| scalar::closed_up(&text));
        if let Some(code) = closed.flatten() {
            return Some(Cow::Owned(code));
        }
        match self.open_end {
            OpenEnd::Null if scalar::is_open_ended(&text) => None,
            OpenEnd::LastDay if scalar::is_open_ended(&text) => Some(Cow::Borrowed(LAST_DAY)),
            _ => Some(text),
        }
    }

    pub(super) fn clean(&self, texts: &StringChunked) -> Series {
        let is_clean =
            |text: &str| matches!(self.one(text), Some(Cow::Borrowed(same)) if is_same(same, text));
        if memo::all(texts, is_clean) {
            return texts.clone().into_series();
        }
        let mut cleaned = StringChunkedBuilder::new(texts.name().clone(), texts.len());
        for text in memo::each(texts, |text| self.one(text)) {
            cleaned.append_option(text.flatten());
        }
        cleaned.finish().into_series()
    }
}

/// Whether two texts are the same bytes in the same place.
fn is_same(one: &str, other: &str) -> bool {
    std::ptr::eq(one, other)
}
