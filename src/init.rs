//! A first job file from a user's own files: headers recognised, the rest left as comments to fill in.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use crate::ingest;
use crate::units::Day;

/// The general indicator catalogue, so that a job outside the project has one too.
const CATALOGUE: &str = include_str!("../pipelines/indicators/general.toml");
/// The general scorecard over that catalogue.
const SCORECARD: &str = include_str!("../pipelines/scorecards/general.toml");

/// Endings of the files that can be read.
const ENDINGS: &[&str] = &["csv", "parquet", "arrow", "ipc", "feather"];

/// The tables a job can name, the one that is required first.
const TABLES: &[&str] = &[
    "objects",
    "inspections",
    "credit_events",
    "inspectors",
    "items",
    "recusals",
    "availability",
];

/// A file of the user's, and what its headers seem to be.
struct Found {
    path: PathBuf,
    table: &'static str,
    /// Canonical column by source header; `None` where no column is known by that header.
    columns: Vec<(String, Option<&'static str>)>,
}

impl Found {
    fn has(&self, canonical: &str) -> bool {
        self.columns
            .iter()
            .any(|(_, column)| *column == Some(canonical))
    }
}

/// Files to write: relative path and text.
pub(crate) type Files = Vec<(PathBuf, String)>;

/// The job file for the files in `folder`, with its catalogue and scorecard beside it.
///
/// # Errors
/// A file whose headers cannot be read, or no file that looks like a register.
pub(crate) fn propose(
    folder: &Path,
    job: &Path,
    today: Day,
) -> Result<(Files, Vec<String>), ingest::Error> {
    let mut found = Vec::new();
    for path in readable_files(folder) {
        found.push(recognise(&path)?);
    }
    let all: Vec<PathBuf> = found.iter().map(|file| file.path.clone()).collect();
    let chosen = best_per_table(found);
    if !chosen.contains_key("objects") {
        return Err(ingest::Error::NoRegister {
            folder: folder.display().to_string(),
        });
    }
    let beside = job.parent().unwrap_or(Path::new("")).to_owned();
    let (catalogue, scorecard) = (
        beside.join("indicators.toml"),
        beside.join("scorecard.toml"),
    );
    let text = job_text(folder, &chosen, &catalogue, &scorecard, today);
    let mut said: Vec<String> = TABLES
        .iter()
        .map(|table| said_of(table, chosen.get(table)))
        .collect();
    let is_used = |path: &PathBuf| chosen.values().any(|file| file.path == *path);
    let unused = all.iter().filter(|path| !is_used(path));
    said.extend(unused.map(|path| {
        let path = path.display();
        format!("{path}: not used; a table is one file, a glob or a folder: join files of one kind, or map it by hand")
    }));
    let missing: Vec<&str> = TABLES
        .iter()
        .copied()
        .filter(|table| !chosen.contains_key(table))
        .collect();
    let (catalogue_text, left_out) = catalogue_without(&missing);
    let scorecard_text = scorecard_without(&left_out);
    if !left_out.is_empty() {
        said.push(format!(
            "{} indicators of the general catalogue need a table that was not found and are left out",
            left_out.len()
        ));
    }
    let files = vec![
        (job.to_owned(), text),
        (catalogue, catalogue_text),
        (scorecard, scorecard_text),
    ];
    Ok((files, said))
}

fn readable_files(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)
        .map(|entries| {
            entries
                .filter_map(|entry| entry.ok().map(|entry| entry.path()))
                .collect()
        })
        .unwrap_or_default();
    paths.retain(|path| {
        let ending = path
            .extension()
            .map(|ending| ending.to_string_lossy().to_lowercase());
        ending.is_some_and(|ending| ENDINGS.contains(&ending.as_str()))
    });
    paths.sort();
    paths
}

/// The table most of whose columns are known among the headers, or the one the file is named after.
fn recognise(path: &Path) -> Result<Found, ingest::Error> {
    let headers = ingest::headers(&path.to_string_lossy())?;
    let stem = path
        .file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .to_lowercase();
    let known = |table: &'static str| {
        headers
            .iter()
            .filter(|header| ingest::guess_in(table, header).is_some())
            .count()
    };
    let by_name = TABLES.iter().find(|table| stem == **table);
    let by_headers = TABLES.iter().rev().max_by_key(|table| known(table));
    let table = by_name.or(by_headers).copied().unwrap_or("objects");
    let columns = headers
        .into_iter()
        .map(|header| {
            let column = ingest::guess_in(table, &header);
            (header, column)
        })
        .collect();
    Ok(Found {
        path: path.to_owned(),
        table,
        columns,
    })
}

fn best_per_table(found: Vec<Found>) -> BTreeMap<&'static str, Found> {
    let known = |found: &Found| {
        found
            .columns
            .iter()
            .filter(|(_, column)| column.is_some())
            .count()
    };
    let mut chosen: BTreeMap<&'static str, Found> = BTreeMap::new();
    for file in found.into_iter().filter(|file| known(file) > 0) {
        let is_better = chosen
            .get(file.table)
            .is_none_or(|other| known(&file) > known(other));
        if is_better {
            chosen.insert(file.table, file);
        }
    }
    chosen
}

fn said_of(table: &str, found: Option<&Found>) -> String {
    found.map_or_else(
        || format!("{table}: no file recognised"),
        |found| {
            let known = found
                .columns
                .iter()
                .filter(|(_, column)| column.is_some())
                .count();
            format!(
                "{table}: {} ({known} of {} columns recognised)",
                found.path.display(),
                found.columns.len()
            )
        },
    )
}

fn job_text(
    folder: &Path,
    chosen: &BTreeMap<&'static str, Found>,
    catalogue: &Path,
    scorecard: &Path,
    today: Day,
) -> String {
    let name = folder.file_name().map_or_else(
        || "job".to_owned(),
        |name| name.to_string_lossy().into_owned(),
    );
    let name: String = name
        .chars()
        .map(|c| {
            if c.is_alphanumeric() || "-_".contains(c) {
                c
            } else {
                '_'
            }
        })
        .collect();
    let mut text = format!(
        "# 抽查 job, proposed from the files in {}. Read it line by line before you trust it.\n\
         # Check it with `choucha check`, walk it with `choucha run`.\n\
         version = 1\nname = {}\ntitle = {}\n\
         # 基准日: nothing known on or after this day reaches a score.\nas_of = \"{today}\"\n",
        folder.display(),
        quoted(&name),
        quoted(&format!("{name} 抽查演练")),
    );
    for table in TABLES {
        text.push_str(&table_text(table, chosen.get(table)));
    }
    let has_status = chosen
        .get("objects")
        .is_some_and(|found| found.has("status"));
    let _ = write!(
        text,
        "{}\n[indicators]\ncatalogues = [{}]\n\n[risk]\nmodel = \"scorecard\"\nscorecard = {}\n{}",
        registers_text(has_status),
        quoted(&catalogue.display().to_string()),
        quoted(&scorecard.display().to_string()),
        include_str!("init/rest.toml"),
    );
    text
}

/// Without a column of 登记状态 a list of eligible ones would leave nobody.
fn registers_text(has_status: bool) -> String {
    let text = include_str!("init/registers.toml");
    if has_status {
        return text.to_owned();
    }
    text.replace(
        "\neligible_status",
        "\n# No column of the register is its status (登记状态), so every object is eligible.\n# eligible_status",
    )
}

fn table_text(table: &str, found: Option<&Found>) -> String {
    let Some(found) = found else {
        return format!(
            "\n# No file in the folder looks like `{table}`.\n# [ingest.{table}]\n# path = \"\"\n"
        );
    };
    let mut text = format!(
        "\n[ingest.{table}]\npath = {}\n",
        quoted(&found.path.display().to_string())
    );
    if table == "objects" && !found.has("id_scheme") {
        text.push_str("# Codes of more than one scheme in one column? Map an `id_scheme` column instead of this constant.\n[ingest.objects.constants]\nid_scheme = \"uscc\"\n");
    }
    let _ = writeln!(text, "[ingest.{table}.columns]");
    let mut taken: Vec<&str> = Vec::new();
    for (header, column) in &found.columns {
        match column {
            Some(column) if !taken.contains(column) => {
                taken.push(column);
                let _ = writeln!(text, "{column} = {}", quoted(header));
            }
            _ => {
                let _ = writeln!(text, "# ? = {}", quoted(header));
            }
        }
    }
    let needed = ingest::table(table).map_or(&[][..], |table| table.columns);
    let is_missed = |column: &&ingest::Column| {
        column.presence == ingest::Presence::Required && !taken.contains(&column.name)
    };
    for column in needed.iter().filter(is_missed) {
        let _ = writeln!(
            text,
            "# REQUIRED (必填), no header recognised: {} = \"\"",
            column.name
        );
    }
    text
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// The catalogue without the indicators whose table is missing and those that build on them; and the names left out.
fn catalogue_without(missing: &[&str]) -> (String, Vec<String>) {
    let mut text = CATALOGUE.to_owned();
    let mut left_out: Vec<String> = Vec::new();
    loop {
        let before = left_out.len();
        text = without(&text, "[[indicator]]", |entry| {
            let table = text_of(entry, "table");
            let expression = text_of(entry, "expression");
            let is_gone = table.is_some_and(|table| missing.contains(&table))
                || expression.is_some_and(|sql| left_out.iter().any(|name| names(sql, name)));
            if is_gone {
                left_out.extend(text_of(entry, "name").map(str::to_owned));
            }
            is_gone
        });
        if left_out.len() == before {
            return (text, left_out);
        }
    }
}

/// The scorecard without the factors and direct judgements that need an indicator left out.
fn scorecard_without(left_out: &[String]) -> String {
    let is_gone = |name: &str| left_out.iter().any(|gone| gone == name);
    let text = without(SCORECARD, "[[factor]]", |entry| {
        text_of(entry, "indicator").is_some_and(is_gone)
    });
    without(&text, "[[veto]]", |entry| {
        text_of(entry, "when").is_some_and(|sql| left_out.iter().any(|name| names(sql, name)))
    })
}

/// The text without the entries under `marker` that `is_gone` names; an entry ends where the next table begins.
fn without(text: &str, marker: &str, mut is_gone: impl FnMut(&toml::Table) -> bool) -> String {
    let mut kept = String::new();
    for block in text.split_inclusive("\n\n") {
        let entry: Option<toml::Table> =
            block.contains(marker).then(|| block.parse().ok()).flatten();
        let rows = entry
            .as_ref()
            .and_then(|entry| entry.get(marker.trim_matches(['[', ']'])));
        let row = rows.and_then(|rows| rows.as_array()?.first()?.as_table());
        if !row.is_some_and(&mut is_gone) {
            kept.push_str(block);
        }
    }
    kept
}

fn text_of<'a>(entry: &'a toml::Table, key: &str) -> Option<&'a str> {
    entry.get(key).and_then(toml::Value::as_str)
}

/// Whether `name` stands in the SQL text as a word.
fn names(sql: &str, name: &str) -> bool {
    sql.split(|c: char| !c.is_alphanumeric() && c != '_')
        .any(|word| word == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_catalogue_without_a_table_names_it_no_more() {
        let (whole, none) = catalogue_without(&[]);
        assert_eq!((whole.as_str(), none.len()), (CATALOGUE, 0));
        let (text, left_out) = catalogue_without(&["credit_events"]);
        let catalogue: toml::Table = text.parse().unwrap();
        let entries = catalogue["indicator"].as_array().unwrap();
        assert!(!left_out.is_empty() && entries.len() > 10);
        for entry in entries.iter().map(|entry| entry.as_table().unwrap()) {
            assert_ne!(text_of(entry, "table"), Some("credit_events"));
            let sql = text_of(entry, "expression").unwrap_or_default();
            assert!(!left_out.iter().any(|name| names(sql, name)), "{sql}");
        }
        let card: toml::Table = scorecard_without(&left_out).parse().unwrap();
        let factors = card["factor"].as_array().unwrap();
        let kept = |factor: &toml::Value| {
            !left_out.contains(&factor["indicator"].as_str().unwrap().to_owned())
        };
        assert!(!factors.is_empty() && factors.iter().all(kept));
    }
}
