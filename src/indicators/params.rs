//! Settings of the indicators: catalogues to compute, and labels of the rows a model learns from.

use std::fs;

use serde::{Deserialize, Serialize};

use super::catalogue::{Definition, Source};
use super::entry;
use super::words::Words;
use crate::registers::RowSql;
use crate::units::{Day, Digest, HashName, Problem};

/// Settings as written.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// Catalogue files (TOML); indicators are computed in the order of the files and of their entries.
    pub catalogues: Vec<String>,
}

/// Settings as checked.
#[derive(Clone, Debug)]
pub struct ValidParams {
    pub(super) definitions: Vec<Definition>,
    pub(super) words: Option<Words>,
    digest: Digest,
}

/// What a catalogue says of one entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    /// Name; with `each_value_of`, what the names of its indicators begin with.
    pub name: &'a str,
    /// Chinese name.
    pub zh: &'a str,
    /// English name.
    pub en: &'a str,
    /// Code of the first-level group, where the catalogue sorts its indicators.
    pub group: Option<&'a str>,
    /// Who keeps the records it is made of.
    pub source: Option<&'a str>,
}

impl Params {
    /// Reads the catalogues, checks every entry and reports all that is wrong.
    ///
    /// Columns are checked against the snapshot when the indicators are computed.
    ///
    /// # Errors
    /// One [`Problem`] per broken rule, with the catalogue as its file and keys such as `indicator[3].where`.
    pub fn check(&self) -> Result<ValidParams, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut definitions = Vec::new();
        let mut texts = Vec::new();
        if self.catalogues.is_empty() {
            problems.push(Problem::new(
                "catalogues",
                "[]",
                "must name at least one catalogue",
            ));
        }
        for (index, file) in self.catalogues.iter().enumerate() {
            match fs::read_to_string(file) {
                Ok(text) => {
                    definitions.extend(entry::read(file, &text, &mut problems));
                    texts.push(text);
                }
                Err(error) => {
                    let rule = format!("must be a readable UTF-8 file: {error}");
                    problems.push(Problem::new(format!("catalogues[{index}]"), file, rule));
                }
            }
        }
        entry::check_names(&definitions, &mut problems);
        let digest = digest_of(&texts);
        if problems.is_empty() {
            Ok(ValidParams {
                definitions,
                words: None,
                digest,
            })
        } else {
            Err(problems)
        }
    }
}

impl ValidParams {
    /// Names of the indicators, in the order of their columns.
    pub fn names(&self) -> Vec<&str> {
        self.definitions
            .iter()
            .map(|definition| definition.name.as_str())
            .collect()
    }

    /// The entries, in order, without those that only expressions look at.
    pub fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        let shown = self.definitions.iter().filter(|entry| !entry.is_helper);
        shown.map(|entry| Entry {
            name: &entry.name,
            zh: &entry.zh,
            en: &entry.en,
            group: entry.group.as_deref(),
            source: entry.from.as_deref(),
        })
    }

    /// The same catalogues where `routine`, `known` and `outcome` stand for what `labels` says of a visit.
    #[must_use]
    pub fn with_words_of(mut self, labels: &ValidLabels) -> Self {
        self.words = Some(Words::of(labels));
        self
    }

    /// Entries that read a table `is_read` does not know, with the table as the value.
    pub fn missing_tables(&self, is_read: impl Fn(&str) -> bool) -> Vec<Problem> {
        let missing = |definition: &Definition| match &definition.source {
            Source::Records(records)
                if !definition.is_optional && !is_read(records.table.name()) =>
            {
                Some(Problem {
                    file: definition.file.clone(),
                    key: format!("{}.table", definition.key),
                    value: records.table.name().to_owned(),
                    rule: "must be a table the job reads".to_owned(),
                })
            }
            _ => None,
        };
        self.definitions.iter().filter_map(missing).collect()
    }

    /// Digest of the catalogues' contents, in order; their paths do not enter it.
    pub fn digest(&self) -> Digest {
        self.digest
    }
}

fn digest_of(texts: &[String]) -> Digest {
    let each: Vec<_> = texts
        .iter()
        .map(|text| HashName::Sha256.digest(&[text.as_bytes()]).0)
        .collect();
    HashName::Sha256.tagged("choucha/catalogues/v1", &each.concat())
}

/// Labels as written: which visits say what an object turned out to be.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Labels {
    /// The table of visits; only `inspections` has visits.
    #[serde(default = "inspections")]
    pub table: String,
    /// SQL over a visit's columns: which visits count, for example `channel = 'draw' AND visited`. Absent: all.
    #[serde(default)]
    pub filter: Option<String>,
    /// SQL over a visit's columns: true where the visit found something; visits where it is null give no label.
    pub outcome: String,
    /// One row per visit, or one per object and cut-off.
    pub each: Each,
    /// Days after a cut-off in which an object's first visit is its label, at least 1; only for cut-offs.
    #[serde(default)]
    pub window_days: Option<i32>,
    /// First as-of day of a row. Absent: no limit.
    #[serde(default)]
    pub from: Option<Day>,
    /// Day after the last as-of day of a row. Absent: no limit.
    #[serde(default)]
    pub until: Option<Day>,
}

/// What one labelled row stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Each {
    /// One visit, seen from its own day.
    Visit,
    /// One object and cut-off: the last window ends at the job's as-of day, earlier ones step back.
    Cutoffs {
        /// Days between cut-offs, at least 1.
        every_days: i32,
        /// Number of cut-offs, at least 1.
        n: u32,
        /// Whether windows that run past the as-of day are cut there, and the last cut-off lies `every_days` before it
        /// rather than a whole window.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        cut: bool,
    },
}

/// Labels as checked.
#[derive(Clone, Debug)]
pub struct ValidLabels {
    pub(super) filter: Option<RowSql>,
    pub(super) outcome: RowSql,
    /// The probability with which a visit was drawn, where rows are to carry it.
    pub(super) probability: Option<RowSql>,
    pub(super) each: Each,
    pub(super) window_days: i32,
    pub(super) from: Option<Day>,
    pub(super) until: Option<Day>,
}

impl ValidLabels {
    /// The same labels whose rows carry the probability with which the visit was drawn: SQL over a visit's columns, null
    /// where it was not drawn at random.
    ///
    /// # Errors
    /// The rule an SQL text breaks.
    pub fn with_probability(mut self, text: &str) -> Result<Self, String> {
        self.probability = Some(RowSql::parse(text)?);
        Ok(self)
    }
}

fn inspections() -> String {
    "inspections".to_owned()
}

impl Labels {
    /// Checks every setting and reports all that is wrong.
    ///
    /// # Errors
    /// One [`Problem`] per broken rule, with keys relative to the labels' section.
    pub fn check(&self) -> Result<ValidLabels, Vec<Problem>> {
        let mut problems = Vec::new();
        if self.table != "inspections" {
            problems.push(Problem::new("table", &self.table, "must be inspections"));
        }
        let mut sql = |key: &str, text: &str| {
            RowSql::parse(text)
                .map_err(|rule| problems.push(Problem::new(key, text, rule)))
                .ok()
        };
        let filter = self.filter.as_ref().map(|text| sql("filter", text));
        let outcome = sql("outcome", &self.outcome);
        self.check_days(&mut problems);
        match (problems.is_empty(), outcome) {
            (true, Some(outcome)) => Ok(ValidLabels {
                filter: filter.flatten(),
                outcome,
                probability: None,
                each: self.each,
                window_days: self.window_days.unwrap_or(0),
                from: self.from,
                until: self.until,
            }),
            _ => Err(problems),
        }
    }

    fn check_days(&self, problems: &mut Vec<Problem>) {
        let mut refuse =
            |key: &str, value: String, rule: &str| problems.push(Problem::new(key, value, rule));
        match (self.each, self.window_days) {
            (Each::Visit, None) | (Each::Cutoffs { .. }, Some(1..)) => {}
            (Each::Visit, Some(days)) => refuse(
                "window_days",
                days.to_string(),
                "is not used for each visit",
            ),
            (Each::Cutoffs { .. }, days) => {
                let days = days.map_or("absent".to_owned(), |days| days.to_string());
                refuse("window_days", days, "must be at least 1 for cut-offs");
            }
        }
        if let Each::Cutoffs { every_days, n, .. } = self.each {
            if !(1..=36_525).contains(&every_days) {
                refuse(
                    "each.cutoffs.every_days",
                    every_days.to_string(),
                    "must be in 1 ..= 36525",
                );
            }
            if !(1..=1_000).contains(&n) {
                refuse("each.cutoffs.n", n.to_string(), "must be in 1 ..= 1000");
            }
        }
        if let (Some(from), Some(until)) = (self.from, self.until)
            && until <= from
        {
            refuse("until", until.to_string(), "must be later than from");
        }
    }
}
