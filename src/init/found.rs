//! Which table each file of a folder is, told by its headers, and which files of one kind become one table.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::values;
use crate::ingest::{self, Look, Proposal};

/// Endings of files that are no tables, whatever else they are.
const NO_TABLES: &[&str] = &[
    "toml", "md", "json", "sh", "py", "ipynb", "pdf", "png", "jpg", "jpeg", "doc", "docx", "ppt",
    "pptx", "bak", "tmp",
];
/// In larger files the words of columns are not looked at.
const LOOKED_AT: u64 = 256 << 20;

/// Files of one kind, and what their headers seem to be.
#[derive(Clone, Debug)]
pub(super) struct Found {
    /// File or glob, as the job names it.
    pub(super) path: PathBuf,
    pub(super) files: Vec<PathBuf>,
    pub(super) table: &'static str,
    /// Canonical column by source header; `None` where no column is known by that header.
    pub(super) columns: Vec<(String, Option<&'static str>)>,
    /// What the values of the columns that no header tells look like.
    pub(super) looks: Vec<Look>,
}

impl Found {
    pub(super) fn has(&self, canonical: &str) -> bool {
        self.columns
            .iter()
            .any(|(_, column)| *column == Some(canonical))
    }

    /// Headers that are known.
    pub(super) fn n_known(&self) -> usize {
        let known = self.columns.iter().filter(|(_, column)| column.is_some());
        known.count()
    }

    /// Headers that are known, then columns whose values look like something.
    fn weight(&self) -> (usize, usize) {
        (self.n_known(), self.looks.len())
    }

    /// Headers known as `canonical`, the most specific first.
    pub(super) fn headers_of(&self, canonical: &str) -> Vec<&str> {
        let known = self
            .columns
            .iter()
            .filter(|(_, column)| *column == Some(canonical));
        let mut headers: Vec<&str> = known.map(|(header, _)| header.as_str()).collect();
        headers.sort_by_key(|header| ingest::specificity(self.table, header));
        headers
    }

    /// What the words of the columns that have a vocabulary become; nothing of files that are large or cannot be read.
    pub(super) fn words(&self) -> BTreeMap<&'static str, Proposal> {
        if self.files.iter().any(|file| is_large(file)) {
            return BTreeMap::new();
        }
        let with_words = ingest::columns_with_words(self.table)
            .filter(|column| *column != "result_codes" && self.has(column));
        with_words
            .map(|column| {
                let words = self.counts(column);
                (column, ingest::propose_words(self.table, column, &words))
            })
            .collect()
    }

    fn counts(&self, column: &str) -> BTreeMap<String, u64> {
        let headers = self.headers_of(column);
        let mut counts = BTreeMap::new();
        for file in &self.files {
            let tables = ingest::read_texts("path", &file.to_string_lossy(), |header| {
                headers.first() == Some(&header)
            });
            let rows = tables.into_iter().flatten().flat_map(|table| table.rows);
            for word in rows.flat_map(|row| row.cells).flatten() {
                *counts.entry(word).or_default() += 1;
            }
        }
        counts
    }
}

/// The tables in `folder`, the files nothing is known of, and what was said of files that cannot be read.
pub(super) fn look(folder: &Path) -> (BTreeMap<&'static str, Found>, Vec<PathBuf>, Vec<String>) {
    let (mut found, mut said) = (Vec::new(), Vec::new());
    let paths = files_of(folder);
    for path in &paths {
        match recognise(path) {
            Ok(file) => match values::doubt(&file) {
                Some(doubt) => said.push(doubt),
                None => found.push(file),
            },
            Err(error) => said.push(format!("{}: not used: {error}", path.display())),
        }
    }
    let all: Vec<PathBuf> = found.iter().map(|file: &Found| file.path.clone()).collect();
    let chosen = one_per_table(joined(found, &paths));
    let is_used = |path: &PathBuf| chosen.values().any(|found| found.files.contains(path));
    let unused = all.into_iter().filter(|path| !is_used(path)).collect();
    (chosen, unused, said)
}

fn files_of(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|path| path.is_file())
        .collect();
    paths.retain(|path| {
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let ending = path
            .extension()
            .unwrap_or_default()
            .to_string_lossy()
            .to_lowercase();
        !name.starts_with(['.', '_', '~']) && !NO_TABLES.contains(&ending.as_str())
    });
    paths.sort();
    paths
}

/// The table the file is named after, else the one most of whose columns are known among the headers, one without a source
/// for a required column last.
fn recognise(path: &Path) -> Result<Found, ingest::Error> {
    let headers = ingest::headers(&path.to_string_lossy())?;
    let stem = path
        .file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .to_lowercase();
    let tables = || ingest::TABLES.iter();
    let by_name = tables().find(|table| stem == table.name);
    let by_headers = tables().rev().max_by_key(|table| fit(table, &headers));
    let table = by_name.or(by_headers).map_or("objects", |table| table.name);
    let columns = headers.into_iter().map(|header| {
        let column = ingest::guess_in(table, &header);
        (header, column)
    });
    let mut found = Found {
        path: path.to_owned(),
        files: vec![path.to_owned()],
        table,
        columns: columns.collect(),
        looks: Vec::new(),
    };
    let is_open = found.columns.iter().any(|(_, column)| column.is_none());
    if is_open && !is_large(path) {
        found.looks = ingest::looks(&path.to_string_lossy())?;
        values::settle(&mut found);
    }
    Ok(found)
}

fn is_large(file: &Path) -> bool {
    fs::metadata(file).map_or(true, |file| file.len() > LOOKED_AT)
}

/// Whether every required column is there, and how many columns are.
fn fit(table: &ingest::Table, headers: &[String]) -> (bool, usize) {
    let known: Vec<&str> = headers
        .iter()
        .filter_map(|header| ingest::guess_in(table.name, header))
        .collect();
    let is_there = |column: &&ingest::Column| known.contains(&column.name);
    let mut required = table
        .columns
        .iter()
        .filter(|column| column.presence == ingest::Presence::Required);
    let is_whole = required.all(|column| is_there(&column));
    (
        is_whole && known.len() > 1,
        table.columns.iter().filter(is_there).count(),
    )
}

/// Files of one table with the same columns as one, where a pattern names them and no other file of the folder.
fn joined(found: Vec<Found>, all: &[PathBuf]) -> Vec<Found> {
    type Kind<'a> = (&'a str, Vec<&'a str>, Vec<String>);
    let mut kinds: BTreeMap<Kind, Vec<Found>> = BTreeMap::new();
    for file in found {
        let mut columns: Vec<&str> = file
            .columns
            .iter()
            .filter_map(|(_, column)| *column)
            .collect();
        columns.sort_unstable();
        let by_values: Vec<String> = file.looks.iter().map(|look| look.header.clone()).collect();
        let kind = (file.table, columns, by_values);
        kinds.entry(kind).or_default().push(file);
    }
    kinds
        .into_values()
        .flat_map(|files| {
            let paths: Vec<PathBuf> = files.iter().map(|file| file.path.clone()).collect();
            match pattern(&paths, all) {
                Some(path) => vec![Found {
                    path,
                    files: paths,
                    ..files[0].clone()
                }],
                None => files,
            }
        })
        .collect()
}

/// The glob of what the names of several files begin and end with, if it fits no other file.
fn pattern(files: &[PathBuf], all: &[PathBuf]) -> Option<PathBuf> {
    let name = |path: &PathBuf| {
        path.file_name()
            .map(|name| name.to_string_lossy().into_owned())
    };
    let names: Vec<String> = files.iter().filter_map(name).collect();
    let (first, rest) = names.split_first()?;
    let common = |left: &str, right: &str| {
        left.chars()
            .zip(right.chars())
            .take_while(|(a, b)| a == b)
            .count()
    };
    let backwards = |text: &str| text.chars().rev().collect::<String>();
    let start = rest.iter().map(|name| common(first, name)).min()?;
    let end = rest
        .iter()
        .map(|name| common(&backwards(first), &backwards(name)))
        .min()?;
    let shortest = names.iter().map(|name| name.chars().count()).min()?;
    let end = end.min(shortest.saturating_sub(start));
    let start: String = first.chars().take(start).collect();
    let end: String = backwards(&backwards(first).chars().take(end).collect::<String>());
    let fits = |path: &&PathBuf| {
        name(path).is_some_and(|name| name.starts_with(&start) && name.ends_with(&end))
    };
    let is_safe = !format!("{start}{end}").contains(['*', '?', '[', ']']);
    let is_exact = is_safe && !start.is_empty() && all.iter().filter(fits).count() == files.len();
    is_exact.then(|| files[0].with_file_name(format!("{start}*{end}")))
}

fn one_per_table(found: Vec<Found>) -> BTreeMap<&'static str, Found> {
    let mut chosen: BTreeMap<&'static str, Found> = BTreeMap::new();
    for file in found.into_iter().filter(|file| file.weight() > (0, 0)) {
        let better = |other: &Found| file.weight() > other.weight();
        if chosen.get(file.table).is_none_or(better) {
            chosen.insert(file.table, file);
        }
    }
    chosen
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::pattern;

    #[test]
    fn files_of_one_kind_get_a_pattern_that_fits_no_other() {
        let paths = |names: &[&str]| {
            names
                .iter()
                .map(|name| PathBuf::from("d").join(name))
                .collect::<Vec<_>>()
        };
        let all = paths(&["名录1.csv", "名录2.csv", "名录.xlsx", "结果.csv"]);
        assert_eq!(pattern(&all[..2], &all), Some(PathBuf::from("d/名录*.csv")));
        assert_eq!(pattern(&all[..1], &all), None);
        assert_eq!(pattern(&paths(&["名录1.csv", "结果.csv"]), &all), None);
    }
}
