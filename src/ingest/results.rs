//! 检查结果 in three generations to one vocabulary, the codes of 综合抽查, and what the codes mean. Source: `regulation.md` §2.10.
//!
//! A text is known whatever generation wrote it, a code is not: 1 to 9 stand in two generations, and are those of 综合抽查
//! unless the job says `results = "gen1"`. What no generation has stays as it is and is said.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use polars::prelude::*;
use serde::{Deserialize, Serialize};

use super::checks::Check;
use super::convert::Prepared;
use super::params::ValidTable;
use super::reading::{BETWEEN_CELLS, Separators};
use super::vocabulary::{self, GEN1, GEN2};

/// Codes of findings, unless the job says otherwise.
pub(crate) const HIT_CODES: &[&str] = &["A", "B", "C", "D", "E", "3", "4", "5", "G", "8"];
/// Codes of 无法联系, unless the job says otherwise.
pub(crate) const UNREACHABLE_CODES: &[&str] = &["6"];
/// Codes of 无效对象, unless the job says otherwise.
pub(crate) const VOID_CODES: &[&str] = &["7", "9", "10", "11", "12", "F"];
/// Codes of 未发现问题, unless the job says otherwise.
pub(crate) const CLEAN_CODES: &[&str] = &["1"];

/// How a source writes its results.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ResultForm {
    /// The 9 codes of 公示信息抽查.
    Gen1,
    /// The codes of 综合抽查, the retired 2 (违反工商行政管理相关规定) among them.
    Gen2,
    /// Texts alone; a code is none.
    Text,
}

/// What a result code means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Meaning {
    /// 未发现问题.
    Clean,
    /// 无效对象: closed, revoked, moved away or not in the business at all.
    Void,
    /// 无法联系.
    Unreachable,
    /// A finding.
    Hit,
}

/// The hit rule: what each code means, and whether 无法联系 alone is a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HitCodes {
    /// Meaning by code.
    pub meanings: BTreeMap<String, Meaning>,
    /// Whether 无法联系 counts as a finding.
    pub unreachable_is_hit: bool,
}

impl Default for HitCodes {
    fn default() -> Self {
        let lists = [
            (HIT_CODES, Meaning::Hit),
            (UNREACHABLE_CODES, Meaning::Unreachable),
            (VOID_CODES, Meaning::Void),
            (CLEAN_CODES, Meaning::Clean),
        ];
        let meanings = lists.into_iter().flat_map(|(codes, meaning)| {
            let codes = codes.iter();
            codes.map(move |&code| (code.to_owned(), meaning))
        });
        Self {
            meanings: meanings.collect(),
            unreachable_is_hit: true,
        }
    }
}

impl HitCodes {
    /// The strongest meaning among the codes of a visit; none where there is no code.
    ///
    /// ```
    /// use choucha::ingest::{HitCodes, Meaning};
    /// let rule = HitCodes::default();
    /// assert_eq!(rule.strongest(["6", "B"]), Ok(Some(Meaning::Hit)));
    /// assert_eq!(rule.strongest(["1", "Z"]), Err("Z"));
    /// ```
    ///
    /// # Errors
    /// The first code that has no meaning.
    pub fn strongest<'a>(
        &self,
        codes: impl IntoIterator<Item = &'a str>,
    ) -> Result<Option<Meaning>, &'a str> {
        let mut strongest = None;
        for code in codes {
            let meaning = self.meanings.get(code.trim()).copied();
            strongest = strongest.max(Some(meaning.ok_or(code)?));
        }
        Ok(strongest)
    }

    /// Whether a visit with these codes found something; none where it cannot be said: no code, an unknown one, 无效对象.
    fn found<'a>(&self, codes: impl IntoIterator<Item = &'a str>) -> Option<bool> {
        match self.strongest(codes).ok()?? {
            Meaning::Clean => Some(false),
            Meaning::Void => None,
            Meaning::Unreachable => Some(self.unreachable_is_hit),
            Meaning::Hit => Some(true),
        }
    }

    /// Whether it says what `code` means.
    pub(super) fn knows(&self, code: &str) -> bool {
        self.meanings.contains_key(code)
    }

    /// The finding on results that nothing is known of, where the source does not say itself what was found.
    pub(super) fn unknown(&self) -> Check {
        let hits = self.clone();
        let is_unknown = move |column: Column| {
            let lists = column.as_materialized_series().list()?;
            let is_unknown = |list: Option<Series>| {
                let list = list?;
                let codes = list.str().ok()?;
                let mut codes = codes.iter().flatten();
                Some(codes.any(|code| !hits.meanings.contains_key(code)))
            };
            let all: BooleanChunked = lists.series_iter().map(is_unknown).collect();
            Ok(all
                .into_series()
                .with_name(column.name().clone())
                .into_column())
        };
        let unknown = col("result_codes").map(is_unknown, |_, field| {
            Ok(Field::new(field.name().clone(), DataType::Boolean))
        });
        Check::new(
            "result_codes",
            "result-unknown",
            "is in no vocabulary of results (检查结果), so it does not say whether a problem was found: write what it means below values.result_codes",
            unknown.and(col("found").is_null()),
        )
    }

    /// `found` as recorded, and by these codes where nothing is recorded.
    pub(super) fn completed(&self, found: Expr, codes: Expr) -> Expr {
        let hits = self.clone();
        let read = move |columns: &mut [Column]| {
            let found = columns[0].as_materialized_series().bool()?;
            let lists = columns[1].as_materialized_series().list()?;
            if found.null_count() == 0 {
                return Ok(columns[0].clone());
            }
            let derived = |list: Option<Series>| {
                let list = list?;
                hits.found(list.str().ok()?.iter().flatten())
            };
            let all: BooleanChunked = found
                .iter()
                .zip(lists.series_iter())
                .map(|(found, list)| found.or_else(|| derived(list)))
                .collect();
            Ok(all
                .into_series()
                .with_name(columns[0].name().clone())
                .into_column())
        };
        found.map_many(read, &[codes], |_, fields| {
            Ok(Field::new(fields[0].name().clone(), DataType::Boolean))
        })
    }
}

/// What was seen on the way, the same whatever the order.
#[derive(Debug, Default)]
struct Seen {
    kinds: AtomicU32,
    /// The first unknown part in the order of texts.
    unknown: Mutex<Option<String>>,
}

/// A known text.
const TEXT: u32 = 1;
/// A code that only 综合抽查 has.
const GEN2_ONLY: u32 = 2;
/// A code that two generations have, and mean differently.
const EITHER: u32 = 4;

/// Reads the results of one section.
#[derive(Clone, Debug)]
pub(super) struct Results {
    form: Option<ResultForm>,
    /// Separator the job gives.
    separator: Option<Arc<str>>,
    values: Option<Arc<HashMap<String, String>>>,
    seen: Arc<Seen>,
}

impl Results {
    pub(super) fn new(section: &ValidTable) -> Self {
        let field = section.field("result_codes");
        Self {
            form: section.results,
            separator: match &section.separator {
                Separators::Told(separator) => Some(separator.clone()),
                Separators::Usual => None,
            },
            values: field.and_then(|field| field.values.clone()),
            seen: Arc::default(),
        }
    }

    /// The codes of a column of cells, or of lists.
    pub(super) fn read(&self, found: &Prepared, given: Expr, separators: &Separators) -> Expr {
        let rules = self.clone();
        if found.is_text() {
            let list = DataType::List(Box::new(DataType::String));
            return super::convert::map_text(given, list, move |texts| rules.split(texts));
        }
        let read = move |column: Column| {
            let lists = column.as_materialized_series().list()?;
            let codes = lists.apply_to_inner(&|inner| rules.each(&inner))?;
            Ok(codes
                .into_series()
                .with_name(column.name().clone())
                .into_column())
        };
        found
            .read(given, separators)
            .map(read, |_, field| Ok(field.clone()))
    }

    fn each(&self, inner: &Series) -> PolarsResult<Series> {
        let texts = inner.cast(&DataType::String)?;
        let codes: StringChunked = texts
            .str()?
            .iter()
            .map(|text| text.map(|text| self.code(text)))
            .collect();
        Ok(codes.into_series().with_name(inner.name().clone()))
    }

    fn split(&self, texts: &StringChunked) -> Series {
        let name = texts.name().clone();
        let mut lists = ListStringChunkedBuilder::new(name, texts.len(), texts.len());
        for text in texts.iter() {
            match text {
                Some(text) => {
                    let codes: Vec<String> = self
                        .parts(text)
                        .into_iter()
                        .map(|part| self.code(part))
                        .collect();
                    lists.append_values_iter(codes.iter().map(String::as_str));
                }
                None => lists.append_null(),
            }
        }
        lists.finish().into_series()
    }

    /// The parts of a multi-select cell: `，` and `、` part only what is not one known text with them inside.
    fn parts<'a>(&self, cell: &'a str) -> Vec<&'a str> {
        if let Some(separator) = &self.separator {
            let cells = cell.split(BETWEEN_CELLS);
            return trimmed(cells.flat_map(|cell| cell.split(&**separator)));
        }
        if self.known(cell).is_some() {
            return vec![cell];
        }
        let mut parts = Vec::new();
        for piece in trimmed(cell.split([BETWEEN_CELLS, ';', '；', '|', '\n'])) {
            if self.known(piece).is_some() {
                parts.push(piece);
                continue;
            }
            for piece in trimmed(piece.split([',', '，'])) {
                let smaller = trimmed(piece.split('、'));
                let is_several = smaller.iter().all(|part| self.known(part).is_some());
                if self.known(piece).is_none() && is_several {
                    parts.extend(smaller);
                } else {
                    parts.push(piece);
                }
            }
        }
        parts
    }

    fn known(&self, part: &str) -> Option<String> {
        let part = part.trim();
        if let Some(mapped) = self.values.as_ref().and_then(|values| values.get(part)) {
            return Some(mapped.clone());
        }
        vocabulary::code_of(part, self.form).map(str::to_owned)
    }

    /// The code of one part, or the part itself.
    fn code(&self, part: &str) -> String {
        let part = part.trim();
        if let Some(code) = self.known(part) {
            self.note(part, &code);
            return code;
        }
        let mut first = self.seen.unknown.lock().expect("no reader panics");
        if first.as_deref().is_none_or(|first| part < first) {
            *first = Some(part.to_owned());
        }
        part.to_owned()
    }

    fn note(&self, part: &str, code: &str) {
        let kind = if part != code && !GEN2.contains(&part) {
            TEXT
        } else if GEN1
            .iter()
            .any(|(gen1, gen2)| *gen1 == part && *gen2 != part)
        {
            EITHER
        } else if GEN2.contains(&part) && part != "1" {
            GEN2_ONLY
        } else {
            return;
        };
        if self.seen.kinds.load(Ordering::Relaxed) & kind == 0 {
            self.seen.kinds.fetch_or(kind, Ordering::Relaxed);
        }
    }

    /// What was recognised, and what was not; `key` is the section in the job file.
    pub(super) fn notes(&self, key: &str) -> Vec<String> {
        let kinds = self.seen.kinds.load(Ordering::Relaxed);
        let mut notes = Vec::new();
        if self.form.is_none() && kinds & TEXT != 0 {
            notes.push(format!(
                "{key}: results are written as texts, and read as the codes of 综合抽查"
            ));
        }
        if self.form.is_none() && kinds & EITHER != 0 && kinds & GEN2_ONLY == 0 {
            notes.push(format!(
                "{key}: result codes 2 to 9 stand in two generations and are read as those of 综合抽查; if they are those of 公示信息抽查, say {key}.results = \"gen1\""
            ));
        }
        let unknown = self.seen.unknown.lock().expect("no reader panics");
        if let Some(first) = &*unknown {
            notes.push(format!(
                "{key}: a result such as \"{first}\" is in no generation and stays as it is; give it a code in [{key}.values.result_codes]"
            ));
        }
        notes
    }
}

fn trimmed<'a>(parts: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    parts
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .collect()
}

#[cfg(test)]
mod tests;
