//! A first job file from a user's own files: headers recognised, the rest left as comments to fill in.

mod found;
mod values;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use crate::ingest::{self, Proposal};
use crate::units::Day;
use found::Found;

/// The general indicator catalogue, so that a job outside the project has one too.
const CATALOGUE: &str = include_str!("../pipelines/indicators/general.toml");
/// The general scorecard over that catalogue.
const SCORECARD: &str = include_str!("../pipelines/scorecards/general.toml");

/// The tables a job can name, the one that is required first.
fn tables() -> impl Iterator<Item = &'static str> {
    ingest::TABLES.iter().map(|table| table.name)
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
    let (chosen, unused, unreadable) = found::look(folder);
    if !chosen.contains_key("objects") {
        return Err(ingest::Error::NoRegister {
            folder: folder.display().to_string(),
            others: unreadable
                .iter()
                .fold(String::new(), |said, line| said + "\n  " + line),
        });
    }
    let beside = job.parent().unwrap_or(Path::new("")).to_owned();
    let missing: Vec<&str> = tables()
        .filter(|table| !chosen.contains_key(table))
        .collect();
    let (catalogue_text, left_out) = catalogue_without(&missing);
    let scorecard_text = scorecard_without(&left_out);
    let mut taken = Vec::new();
    let mut free = |name: &str, text: &str| {
        let path = free_path(&beside, job, name, text);
        if path != beside.join(name) {
            taken.push(format!(
                "{name} of this folder is something else and stays as it is; the job names {}",
                path.display()
            ));
        }
        path
    };
    let catalogue = free("indicators.toml", &catalogue_text);
    let scorecard = free("scorecard.toml", &scorecard_text);
    let words: Words = chosen
        .iter()
        .map(|(table, found)| (*table, found.words()))
        .collect();
    let text = job_text(folder, &chosen, &words, (&catalogue, &scorecard), today);
    let mut said: Vec<String> = tables()
        .map(|table| said_of(table, chosen.get(table)))
        .collect();
    said.extend(undecided(&chosen, &words));
    said.extend(chosen.values().flat_map(values::said));
    said.extend(unreadable);
    said.extend(unused.iter().map(|path| {
        let path = path.display();
        format!("{path}: not used; files of one kind with other headers stand beside each other: write [[ingest.objects]] (or another table) twice, each with its path and its columns")
    }));
    said.extend(taken);
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

/// `name` beside the job; `<job>-name` where another file has that name.
fn free_path(beside: &Path, job: &Path, name: &str, text: &str) -> PathBuf {
    let plain = beside.join(name);
    let is_free = |path: &Path| match fs::read_to_string(path) {
        Ok(found) => found == text,
        Err(_) => !path.exists(),
    };
    if is_free(&plain) {
        return plain;
    }
    let stem = job.file_stem().unwrap_or_default().to_string_lossy();
    beside.join(format!("{stem}-{name}"))
}

/// Per table and column: what its words become.
type Words = BTreeMap<&'static str, BTreeMap<&'static str, Proposal>>;

/// What a proposal leaves to its reader.
fn undecided(chosen: &BTreeMap<&'static str, Found>, words: &Words) -> Vec<String> {
    let required = chosen.values().flat_map(|found| {
        missed(found).map(|column| {
            format!(
                "{}: REQUIRED (必填): no header is known as {} ({})",
                found.table, column.name, column.header
            )
        })
    });
    let unknown = words.iter().flat_map(|(table, columns)| {
        columns.iter().flat_map(move |(column, proposal)| {
            proposal.unknown.iter().take(UNKNOWN_MAX).map(move |(word, n)| {
                format!("{table}: \"{word}\" ({n} rows) is no {column} choucha knows: say what it is below [ingest.{table}.values.{column}]")
            })
        })
    });
    required.chain(unknown).collect()
}

/// Of the words of a column nothing is known of, so many are said.
const UNKNOWN_MAX: usize = 10;

/// Required columns without a known header.
fn missed(found: &Found) -> impl Iterator<Item = &'static ingest::Column> {
    let needed = ingest::table(found.table).map_or(&[][..], |table| table.columns);
    needed
        .iter()
        .filter(|column| column.presence == ingest::Presence::Required && !found.has(column.name))
}

fn said_of(table: &str, found: Option<&Found>) -> String {
    found.map_or_else(
        || format!("{table}: no file recognised"),
        |found| {
            let several = match found.files.len() {
                1 => String::new(),
                n => format!(", {n} files"),
            };
            format!(
                "{table}: {}{several} ({} of {} columns recognised)",
                found.path.display(),
                found.n_known(),
                found.columns.len()
            )
        },
    )
}

fn job_text(
    folder: &Path,
    chosen: &BTreeMap<&'static str, Found>,
    words: &Words,
    (catalogue, scorecard): (&Path, &Path),
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
    for table in tables() {
        text.push_str(&table_text(table, chosen.get(table)));
        for (column, proposal) in words.get(table).into_iter().flatten() {
            text.push_str(&values_text(table, column, proposal));
        }
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
    for (header, column) in &found.columns {
        text.push_str(&column_text(found, header, *column));
    }
    for column in missed(found) {
        let _ = writeln!(
            text,
            "# REQUIRED (必填), no header recognised: {} = \"\"{}",
            column.name,
            values::perhaps(found, column.name)
        );
    }
    text
}

/// The line of one header: what it is read as, or a comment that says why not.
fn column_text(found: &Found, header: &str, column: Option<&'static str>) -> String {
    let known = column.map(|column| found.headers_of(column));
    let is_first = known.is_some_and(|known| known.first() == Some(&header));
    let name = quoted(header);
    match column {
        Some("legal_person_key") if ingest::names_a_person(header) => {
            format!("# legal_person_key = {name} # only if one name means one person here\n")
        }
        Some("object_id") if is_first => format!("object_id = {}\n", ids_text(found)),
        Some("object_id") => String::new(),
        Some(column) if is_first => format!("{column} = {name}\n"),
        Some(column) => format!("# {column} = {name} # it has a header already\n"),
        None => values::column_text(found, header)
            .unwrap_or_else(|| format!("# ? = {name}{}\n", nearest_text(found, header))),
    }
}

/// One header, or the first that is filled of several: a code, then a registration number.
fn ids_text(found: &Found) -> String {
    let headers: Vec<String> = found
        .headers_of("object_id")
        .into_iter()
        .map(quoted)
        .collect();
    match headers.as_slice() {
        [one] => one.clone(),
        several => format!("{{ first = [{}] }}", several.join(", ")),
    }
}

fn nearest_text(found: &Found, header: &str) -> String {
    let nearest = ingest::nearest(found.table, header).filter(|column| !found.has(column));
    nearest.map_or_else(String::new, |column| format!(" # perhaps {column}"))
}

/// The words of a column that become canonical ones, and those to be decided.
fn values_text(table: &str, column: &str, proposal: &Proposal) -> String {
    let mut text = String::new();
    if proposal.values.is_empty() && proposal.unknown.is_empty() {
        return text;
    }
    let _ = writeln!(text, "[ingest.{table}.values.{column}]");
    for (word, canonical) in &proposal.values {
        let _ = writeln!(text, "{} = {}", quoted(word), quoted(canonical));
    }
    for (word, n) in proposal.unknown.iter().take(UNKNOWN_MAX) {
        let _ = writeln!(text, "# {} = \"?\" # {n} rows", quoted(word));
    }
    text
}

pub(super) fn quoted(text: &str) -> String {
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
