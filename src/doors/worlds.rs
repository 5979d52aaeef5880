//! Synthetic worlds, and a first job from somebody's own files.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::Said;
use crate::error::Error;
use crate::units::{Day, Kind, Meter};
use crate::{init, runs, simulate};

/// Makes a synthetic world.
///
/// # Errors
/// A world file with problems, a folder that cannot be written.
pub fn simulate(
    world: &Path,
    out: &Path,
    objects: Option<u64>,
    meter: &Meter,
) -> Result<Said, Error> {
    let world = simulate::World::read(world)?;
    let world = match objects {
        Some(objects) => world.with_objects(objects)?,
        None => world,
    };
    if !is_world_or_empty(out) {
        return Err(runs::Error::NotAWorld(out.to_owned()).into());
    }
    let made = simulate::make(&world, out, meter)?;
    let mut lines = vec![made.title.clone()];
    lines.extend(made.tables.iter().map(|table| {
        format!(
            "{}: {} rows, {} of them spoiled on purpose",
            table.table, table.rows, table.spoiled
        )
    }));
    if !made.files.is_empty() {
        lines.push(format!(
            "files: {} as offices send them, {} rows and {} cells of other rows that cannot be read (dirt.json)",
            made.files.len(),
            made.unreadable,
            made.emptied
        ));
    }
    lines.push(format!("wrote {}", out.display()));
    let tables: Vec<Value> = made
        .tables
        .iter()
        .map(|table| json!({ "table": table.table, "rows": table.rows, "spoiled": table.spoiled }))
        .collect();
    Ok(Said {
        kind: None,
        lines,
        json: json!({ "out": out, "title": made.title, "tables": tables, "base_rate": made.summary.base_rate() }),
    })
}

/// Whether a world may be written to `out`: it is absent, empty, or holds an earlier world.
fn is_world_or_empty(out: &Path) -> bool {
    let is_empty = fs::read_dir(out).map_or(true, |mut entries| entries.next().is_none());
    is_empty || out.join("truth.parquet").exists() || out.join("truth").exists()
}

/// Writes a commented job from the files in a folder; never over an existing file.
///
/// # Errors
/// A file that exists already or whose headers cannot be read.
pub fn init(folder: &Path, out: Option<PathBuf>) -> Result<Said, Error> {
    let job = out.unwrap_or_else(|| folder.join("job.toml"));
    let today = Day::from(chrono::Local::now().date_naive());
    let (mut files, mut lines) = init::propose(folder, &job, today)?;
    let is_as_it_would_be = |(path, text): &(PathBuf, String)| {
        fs::read_to_string(path).is_ok_and(|found| found == *text)
    };
    files.retain(|file| file.0 == job || !is_as_it_would_be(file));
    if let Some((path, _)) = files.iter().find(|(path, _)| path.exists()) {
        let source = std::io::Error::from(std::io::ErrorKind::AlreadyExists);
        return Err(Error::File {
            what: "write: nothing is overwritten",
            path: path.clone(),
            kind: Kind::Usage,
            source,
        });
    }
    for (path, text) in &files {
        runs::replace_file(path, text.as_bytes())?;
    }
    let said = lines.clone();
    lines.push(format!(
        "wrote {}: read it, then choucha check {0}",
        job.display()
    ));
    let written: Vec<&PathBuf> = files.iter().map(|(path, _)| path).collect();
    Ok(Said {
        kind: None,
        lines,
        json: json!({ "written": written, "said": said }),
    })
}
