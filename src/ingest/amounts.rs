//! Amounts of one column of which some name their unit and some do not (`500万元`, `500`), which is nearly always a mistake of
//! units: it is said, with counts, and the bare ones stay what the column says.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex};

use super::convert;
use super::error::Error;
use super::scalar::{Unit, money};
use super::source::Source;

/// Some amount names no unit.
const BARE: u8 = 1;
/// Some amount names its unit.
const NAMED: u8 = 2;

/// How the amounts of the money columns of one source are written, as far as they were read.
#[derive(Debug, Default)]
pub(super) struct Amounts(Mutex<BTreeMap<String, (String, Seen)>>);

/// How the amounts of one column are written.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen(Arc<AtomicU8>);

impl Seen {
    /// Looks at some of the column's texts.
    pub(super) fn look<'a>(&self, texts: impl Iterator<Item = &'a str>) {
        let mut kinds = self.0.load(Ordering::Relaxed);
        for text in texts {
            if kinds == BARE | NAMED {
                break;
            }
            kinds |= if is_bare(text) { BARE } else { NAMED };
        }
        self.0.fetch_or(kinds, Ordering::Relaxed);
    }
}

/// Whether an amount ends as a number.
fn is_bare(text: &str) -> bool {
    text.trim_end()
        .ends_with(|letter: char| letter.is_numeric())
}

impl Amounts {
    /// Where it is kept how the amounts of `column`, which stand under `header`, are written.
    pub(super) fn seen(&self, column: &str, header: &str) -> Seen {
        let mut columns = self.0.lock().expect("no reader panics");
        let entry = columns.entry(column.to_owned());
        let (_, seen) = entry.or_insert_with(|| (header.to_owned(), Seen::default()));
        seen.clone()
    }

    /// What to say of columns in which both kinds stand; `key` is the section of the job.
    ///
    /// # Errors
    /// A source that can no longer be read.
    pub(super) fn notes(&self, source: &Source, key: &str) -> Result<Vec<String>, Error> {
        let columns = self.0.lock().expect("no reader panics");
        let mut notes = Vec::new();
        for (column, (header, seen)) in &*columns {
            if seen.0.load(Ordering::Relaxed) != BARE | NAMED {
                continue;
            }
            let (bare, named) = count(source, header)?;
            if bare > 0 && named > 0 {
                notes.push(format!(
                    "{}: of the amounts in column \"{header}\" {named} name their unit (元、万元 …) and {bare} do not, which count as 分 (单位不一致): if they are of another unit, say {key}.units.{column}",
                    source.place()
                ));
            }
        }
        Ok(notes)
    }
}

/// How many amounts of a column name no unit, and how many name one.
fn count(source: &Source, header: &str) -> Result<(usize, usize), Error> {
    let headers = [header.to_owned()];
    let text = convert::raw_text(&headers, source).alias("text");
    let frame = source.scan()?.select([text]).collect();
    let frame = frame.map_err(|error| source.damaged(&error))?;
    let column = frame.column("text").and_then(|text| text.str().cloned());
    let column = column.map_err(Error::engine("count amounts"))?;
    let amounts = column.iter().flatten();
    let amounts = amounts.filter(|text| money(text, Unit::Fen).is_some());
    let (bare, named): (Vec<&str>, Vec<&str>) = amounts.partition(|text| is_bare(text));
    Ok((bare.len(), named.len()))
}

#[cfg(test)]
mod tests {
    use super::{BARE, NAMED, Ordering, Seen};

    #[test]
    fn amounts_are_told_by_how_they_end() {
        for (texts, kinds) in [
            (&["500", "１２．３", "1,000"][..], BARE),
            (&["500万元", "￥5元整"], NAMED),
            (&["500", "500 万"], BARE | NAMED),
            (&[], 0),
        ] {
            let seen = Seen::default();
            seen.look(texts.iter().copied());
            assert_eq!(seen.0.load(Ordering::Relaxed), kinds, "{texts:?}");
        }
    }
}
