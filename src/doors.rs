//! One function per command: reads what a command names, opens the corridor, makes the result appear whole.
//!
//! The only place that reads a clock.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::corridor::{self, Drawn, Scored};
use crate::error::Error;
use crate::evaluate::{self, Evaluation};
use crate::facts::{LISTED_COLUMNS, Roll};
use crate::job::{Job, Overrides};
use crate::plan;
use crate::runs::{self, Input, Manifest, RunFolder, Settings};
use crate::units::{Day, Kind, Meter, Problem};
use crate::{ingest, init, publish, report, sheets, simulate};

/// Version of this program, as manifests name it.
const VERSION: &str = env!("CARGO_PKG_VERSION");
/// Form of `manifest.json`.
const MANIFEST_FORMAT: u32 = 1;

/// What a command said: lines for people, a value for programs.
#[derive(Debug)]
pub struct Said {
    /// Lines of text.
    pub lines: Vec<String>,
    /// The same as JSON.
    pub json: Value,
}

/// A job file, where its result goes, and what the command line changes about it.
#[derive(Clone, Debug)]
pub struct Place {
    /// The job file.
    pub job: PathBuf,
    /// The result folder, if not `runs/<name>`.
    pub out: Option<PathBuf>,
    /// Places, speed, and the seed of a rehearsal.
    pub overrides: Overrides,
}

impl Place {
    fn read(&self) -> Result<Job, Error> {
        Job::read(&self.job, &self.overrides).map_err(Error::Settings)
    }

    fn out(&self, job: &Job, suffix: &str) -> PathBuf {
        self.out
            .clone()
            .unwrap_or_else(|| Path::new("runs").join(format!("{}{suffix}", job.name)))
    }
}

/// The whole walk, as a rehearsal.
///
/// # Errors
/// The first room that cannot go on says why; the previous result is then unchanged.
pub fn run(place: &Place, language: &str, meter: &Meter) -> Result<Said, Error> {
    let job = place.read()?;
    let made_from = made_from(&job)?;
    let out = place.out(&job, "");
    if let Some(manifest) = finished(&out, &made_from) {
        return if manifest.language == language {
            Ok(unchanged(
                &out,
                "nothing to do: inputs, settings and outputs are unchanged",
            ))
        } else {
            report(&out, language)
        };
    }
    let folder = RunFolder::begin(&out)?;
    let staging = folder.staging()?;
    let work = make(&staging.join("work"))?;
    let scored = corridor::score(&job, &work, meter)?;
    let drawn = corridor::draw(&job, &scored, &make(&staging.join("seal"))?, meter)?;
    publish::issue(
        &drawn.sealed,
        &drawn.sample,
        &drawn.seed,
        &staging.join("seal"),
        &make(&staging.join("public"))?,
    )?;
    meter.report("publish", 1, 1);
    let (evaluation, roll) = corridor::evaluate(&job, &scored, &drawn, &work)?;
    meter.report("evaluate", 1, 1);
    save_scored(&scored, staging)?;
    save_list(&evaluation, &roll, &make(&staging.join("internal"))?)?;
    save_evaluation(&evaluation, language, staging)?;
    meter.report("report", 1, 1);
    let notes = scored.snapshot.notes();
    let mut lines = said_of_leftovers(&folder);
    lines.extend(said_of_scored(&scored));
    lines.push(said_of_draw(&drawn));
    finish(folder, &work, &job, language, made_from, notes)?;
    lines.push(format!("open {}", out.join("report.html").display()));
    Ok(Said {
        lines,
        json: json!({ "out": out, "done": true, "evaluation": evaluation }),
    })
}

/// Every problem of a job file at once.
///
/// # Errors
/// The problems, or a file the job names that cannot be read.
pub fn check(place: &Place) -> Result<Said, Error> {
    let job = place.read()?;
    let unreadable = job.ingest.unreadable();
    if !unreadable.is_empty() {
        let file = place.job.display().to_string();
        let in_job = |problem: Problem| Problem {
            file: file.clone(),
            key: format!("ingest.{}", problem.key.trim_start_matches("ingest.")),
            ..problem
        };
        return Err(Error::Inputs(unreadable.into_iter().map(in_job).collect()));
    }
    let n_files = made_from(&job)?.inputs.len();
    let line = format!(
        "{}: no problem found; {n_files} input files can be read",
        place.job.display()
    );
    Ok(Said {
        lines: vec![line],
        json: json!({ "job": job.name, "problems": [], "inputs": n_files }),
    })
}

/// Up to the snapshot: the refusal table and the counts.
///
/// # Errors
/// Sources that cannot be used.
pub fn ingest(place: &Place, meter: &Meter) -> Result<Said, Error> {
    let job = place.read()?;
    let made_from = made_from(&job)?;
    let out = place.out(&job, ".ingest");
    let folder = RunFolder::begin(&out)?;
    let staging = folder.staging()?;
    let snapshot = ingest::read(&job.ingest, job.as_of, job.partitions, staging, meter)?;
    let mut lines = said_of_leftovers(&folder);
    lines.extend(said_of_counts(&snapshot));
    lines.push(format!("wrote {}", out.display()));
    let json = json!({ "out": out, "tables": counts_json(&snapshot) });
    let notes = snapshot.notes();
    finish(folder, &out, &job, "zh", made_from, notes)?;
    Ok(Said { lines, json })
}

/// Up to the risk table.
///
/// # Errors
/// Sources that cannot be used, a model that cannot be fitted.
pub fn score(place: &Place, meter: &Meter) -> Result<Said, Error> {
    let job = place.read()?;
    let made_from = made_from(&job)?;
    let out = place.out(&job, ".score");
    let folder = RunFolder::begin(&out)?;
    let staging = folder.staging()?;
    let work = make(&staging.join("work"))?;
    let scored = corridor::score(&job, &work, meter)?;
    save_scored(&scored, staging)?;
    let mut lines = said_of_leftovers(&folder);
    lines.extend(said_of_scored(&scored));
    lines.push(format!("wrote {}", out.display()));
    let json = json!({ "out": out, "tables": counts_json(&scored.snapshot), "classes": scored.risk.classes(), "models": scored.risk.models() });
    let notes = scored.snapshot.notes();
    finish(folder, &work, &job, "zh", made_from, notes)?;
    Ok(Said { lines, json })
}

/// Fixes everything that decides the draw, before the seed is known.
///
/// # Errors
/// A design that cannot be executed.
pub fn seal(place: &Place, meter: &Meter) -> Result<Said, Error> {
    let job = place.read()?;
    let made_from = made_from(&job)?;
    let out = place.out(&job, ".seal");
    let folder = RunFolder::begin(&out)?;
    let staging = folder.staging()?;
    let work = make(&staging.join("work"))?;
    let scored = corridor::score(&job, &work, meter)?;
    let sealed = corridor::seal(&job, &scored, &make(&staging.join("seal"))?, meter)?;
    save_scored(&scored, staging)?;
    let mut lines = said_of_leftovers(&folder);
    lines.extend(said_of_scored(&scored));
    lines.push(format!(
        "sealed {} of {} objects, seal digest {}",
        sealed.n(),
        sealed.n_units(),
        sealed.seal_digest()
    ));
    lines.push(format!("draw from {}", out.join("seal").display()));
    let notes = scored.snapshot.notes();
    finish(folder, &work, &job, "zh", made_from, notes)?;
    Ok(Said {
        lines,
        json: json!({ "out": out, "seal_digest": sealed.seal_digest(), "n": sealed.n(), "n_units": sealed.n_units() }),
    })
}

/// Draws from a seal and writes the bulletin to `out/public`.
///
/// # Errors
/// A seal that was changed, a seed that cannot be used.
pub fn draw(
    seal: &Path,
    seed: &str,
    source: &str,
    out: &Path,
    meter: &Meter,
) -> Result<Said, Error> {
    let (sealed, frame) = publish::read_seal(seal)?;
    refuse_second_draw(&sealed, seed, source, out)?;
    refuse_seal_folder(seal, out)?;
    let folder = RunFolder::begin(out)?;
    let staging = folder.staging()?;
    let drawn = corridor::draw_from(sealed, &frame, seed, source, meter)?;
    let bulletin = publish::issue(
        &drawn.sealed,
        &drawn.sample,
        &drawn.seed,
        seal,
        &make(&staging.join("public"))?,
    )?;
    let manifest = Manifest {
        format: MANIFEST_FORMAT,
        job: drawn.sealed.header.title.clone(),
        as_of: drawn.sealed.header.as_of.to_string(),
        language: "zh".to_owned(),
        run: drawn.seed.digest(),
        made_from: Settings {
            choucha: VERSION.to_owned(),
            settings: drawn.sealed.seal_digest(),
            inputs: Vec::new(),
        },
        notes: Vec::new(),
        outputs: std::collections::BTreeMap::new(),
    };
    manifest.write(staging)?;
    let mut lines = said_of_leftovers(&folder);
    folder.commit()?;
    lines.push(said_of_draw(&drawn));
    lines.push(format!(
        "verify it with: choucha verify {}",
        out.join("public").display()
    ));
    Ok(Said {
        lines,
        json: json!({ "out": out, "bulletin": bulletin }),
    })
}

/// A draw replaces its folder, so that folder must neither hold the seal nor stand inside it.
fn refuse_seal_folder(seal: &Path, out: &Path) -> Result<(), Error> {
    let whole = |path: &Path| path.canonicalize().or_else(|_| std::path::absolute(path));
    let (Ok(whole_seal), Ok(whole_out)) = (whole(seal), whole(out)) else {
        return Ok(());
    };
    if !whole_seal.starts_with(&whole_out) && !whole_out.starts_with(&whole_seal) {
        return Ok(());
    }
    Err(Error::File {
        what: "take the bulletin: it holds the seal or stands inside it; name another with --out",
        path: out.to_owned(),
        kind: Kind::Usage,
        source: std::io::Error::from(std::io::ErrorKind::AlreadyExists),
    })
}

/// A folder that holds the draw of another seal or seed keeps it: a second try leaves a trace, or does not happen.
fn refuse_second_draw(
    sealed: &plan::SealedPlan,
    seed: &str,
    source: &str,
    out: &Path,
) -> Result<(), Error> {
    let seed = draw_seed(sealed, seed, source)?;
    match Manifest::read(out) {
        Some(manifest) if manifest.run != seed.digest() => {
            Err(runs::Error::OtherDraw(out.to_owned()).into())
        }
        _ => Ok(()),
    }
}

fn draw_seed(
    sealed: &plan::SealedPlan,
    seed: &str,
    source: &str,
) -> Result<crate::draw::Seed, Error> {
    let seal = sealed.seal_digest();
    Ok(crate::draw::Seed::new(sealed.hash, &seal, seed, source)?)
}

/// Recomputes a bulletin from its own files.
///
/// # Errors
/// The first difference.
pub fn verify(bulletin: &Path, meter: &Meter) -> Result<Said, Error> {
    let verified = publish::verify(bulletin, meter)?;
    let n = verified.sample.n();
    let lines = vec![
        "same".to_owned(),
        format!(
            "checksums, plan, level table, frame, seed and the {n} drawn objects of {} are what they must be",
            verified.plan.n_units()
        ),
        format!("note: {}", verified.bulletin.notice),
    ];
    Ok(Said {
        lines,
        json: json!({ "result": "same", "n": n, "n_units": verified.plan.n_units(), "bulletin": verified.bulletin }),
    })
}

/// Renders the report of a finished run again.
///
/// # Errors
/// A folder that is no finished run, or was changed since.
pub fn report(run: &Path, language: &str) -> Result<Said, Error> {
    let path = run.join("evaluation.json");
    let bytes = fs::read(&path).map_err(|source| Error::File {
        what: "read (a run folder must hold it)",
        path: path.clone(),
        kind: Kind::Data,
        source,
    })?;
    let manifest = Manifest::read(run).filter(|manifest| manifest.holds(run));
    let manifest = manifest.ok_or_else(|| Error::File {
        what: "report on it: it is no finished run, or a file of it was changed since",
        path: run.to_owned(),
        kind: Kind::Data,
        source: std::io::Error::from(std::io::ErrorKind::InvalidData),
    })?;
    let evaluation = Evaluation::from_json(&bytes)?;
    for (name, bytes) in rendered(&evaluation, language)? {
        runs::replace_file(&run.join(name), &bytes)?;
    }
    Manifest {
        language: language.to_owned(),
        ..manifest
    }
    .write(run)?;
    Ok(unchanged(
        run,
        &format!("the report was rendered again in {language}; nothing else has changed"),
    ))
}

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
    lines.push(format!("wrote {}", out.display()));
    let tables: Vec<Value> = made
        .tables
        .iter()
        .map(|table| json!({ "table": table.table, "rows": table.rows, "spoiled": table.spoiled }))
        .collect();
    Ok(Said {
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
    let (files, mut lines) = init::propose(folder, &job, today)?;
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
    lines.push(format!(
        "wrote {}: read it, then choucha check {0}",
        job.display()
    ));
    let written: Vec<&PathBuf> = files.iter().map(|(path, _)| path).collect();
    Ok(Said {
        lines,
        json: json!({ "written": written }),
    })
}

/// The settings and inputs of a job, by digest.
fn made_from(job: &Job) -> Result<Settings, Error> {
    let mut files = ingest::inputs(&job.ingest)?;
    if let Some(outcomes) = &job.outcomes {
        files.extend(ingest::table_inputs(outcomes)?);
    }
    if let Some(list) = &job.replay {
        files.extend(ingest::list_inputs(list)?);
    }
    let name = |path: &str| {
        Path::new(path)
            .file_name()
            .map_or_else(String::new, |name| name.to_string_lossy().into_owned())
    };
    let inputs = files.into_iter().map(|file| Input {
        name: name(&file.path),
        bytes: file.bytes,
        sha256: file.digest,
    });
    Ok(Settings {
        choucha: VERSION.to_owned(),
        settings: job.digest,
        inputs: inputs.collect(),
    })
}

/// The manifest of `out`, if it was made from the same settings and inputs and its files are as they were.
fn finished(out: &Path, made_from: &Settings) -> Option<Manifest> {
    Manifest::read(out).filter(|manifest| manifest.run == made_from.digest() && manifest.holds(out))
}

fn unchanged(out: &Path, what: &str) -> Said {
    let page = out.join("report.html");
    let lines = vec![what.to_owned(), format!("open {}", page.display())];
    Said {
        lines,
        json: json!({ "out": out, "done": false, "what": what }),
    }
}

/// Removes the work files, writes the manifest and lets the folder appear.
fn finish(
    folder: RunFolder,
    work: &Path,
    job: &Job,
    language: &str,
    made_from: Settings,
    notes: Vec<String>,
) -> Result<(), Error> {
    let staging = folder.staging()?.to_owned();
    if work.starts_with(&staging) {
        fs::remove_dir_all(work).map_err(cannot("remove", work))?;
    }
    let manifest = Manifest {
        format: MANIFEST_FORMAT,
        job: job.name.clone(),
        as_of: job.as_of.to_string(),
        language: language.to_owned(),
        run: made_from.digest(),
        made_from,
        notes,
        outputs: std::collections::BTreeMap::new(),
    };
    manifest.write(&staging)?;
    Ok(folder.commit()?)
}

fn save_scored(scored: &Scored, staging: &Path) -> Result<(), Error> {
    let refused = scored.snapshot.refused();
    for from in [refused.to_owned(), refused.with_extension("csv")] {
        let to = staging.join(from.file_name().unwrap_or_default());
        fs::copy(&from, &to).map_err(cannot("write", &to))?;
    }
    Ok(scored.risk.save(&staging.join("risk.parquet"))?)
}

fn save_evaluation(evaluation: &Evaluation, language: &str, staging: &Path) -> Result<(), Error> {
    let path = staging.join("evaluation.json");
    fs::write(&path, evaluation.to_json()?).map_err(cannot("write", &path))?;
    evaluate::write_parquet(
        &evaluate::tables(evaluation),
        &make(&staging.join("tables"))?,
    )?;
    for (name, bytes) in rendered(evaluation, language)? {
        let path = staging.join(name);
        fs::write(&path, bytes).map_err(cannot("write", &path))?;
    }
    Ok(())
}

fn rendered(evaluation: &Evaluation, language: &str) -> Result<Vec<(String, Vec<u8>)>, Error> {
    let language = if language == "en" {
        report::Lang::En
    } else {
        report::Lang::Zh
    };
    Ok(report::render(evaluation, language)?)
}

/// `internal/drawn.xlsx`: the drawn list and the reserve list, for the offices.
fn save_list(evaluation: &Evaluation, roll: &Roll, internal: &Path) -> Result<(), Error> {
    let bytes = sheets::workbook(&[list(evaluation, roll, true), list(evaluation, roll, false)])?;
    let path = internal.join("drawn.xlsx");
    fs::write(&path, bytes).map_err(cannot("write", &path))
}

/// Headers of the drawn list; 企业名称, 住所 and 管辖单位 are the columns that are looked up in the register.
const HEADERS: [&str; 10] = [
    "层内序号",
    "统一社会信用代码/注册号",
    "企业名称",
    "住所",
    "管辖单位",
    "层",
    "信用风险分类",
    "风险点数",
    "入样概率",
    "主要原因",
];

fn list(evaluation: &Evaluation, roll: &Roll, is_drawn: bool) -> sheets::Sheet {
    use sheets::{Column, ColumnKind, Value};
    debug_assert_eq!(LISTED_COLUMNS.len(), 3);
    let kind_of = |header: &str| match header {
        "层内序号" | "风险点数" => ColumnKind::Count,
        "入样概率" => ColumnKind::Number,
        _ => ColumnKind::Text,
    };
    let rows = roll
        .listed
        .iter()
        .filter(|one| one.is_drawn == is_drawn)
        .map(|one| {
            let text = |at: usize| Value::Text(one.texts[at].clone());
            vec![
                Value::Number(whole(one.place)),
                Value::Text(one.id.clone()),
                text(0),
                text(1),
                text(2),
                Value::Text(evaluation.facts.strata[one.stratum].label.clone()),
                Value::Text(
                    evaluation.facts.classes[usize::from(one.class)]
                        .name
                        .clone(),
                ),
                Value::Number(f64::from(one.points)),
                Value::Number(one.pi),
                Value::Text(one.reasons.clone()),
            ]
        });
    sheets::Sheet {
        name: if is_drawn {
            "抽中名单（内部·演练）"
        } else {
            "候补名单（内部·演练）"
        }
        .to_owned(),
        columns: HEADERS
            .iter()
            .map(|header| Column::new(*header, kind_of(header)))
            .collect(),
        rows: rows.collect(),
    }
}

#[allow(
    clippy::cast_precision_loss,
    reason = "places of a list lie below 2^53"
)]
fn whole(place: usize) -> f64 {
    place as f64
}

fn said_of_leftovers(folder: &RunFolder) -> Vec<String> {
    folder
        .leftovers()
        .iter()
        .map(|leftover| format!("note: {leftover}"))
        .collect()
}

fn said_of_counts(snapshot: &ingest::Snapshot) -> Vec<String> {
    let line = |counts: &ingest::TableCounts| {
        format!(
            "{}: {} rows read = {} accepted + {} refused + {} known later",
            counts.table, counts.read, counts.accepted, counts.refused, counts.later
        )
    };
    snapshot.counts().iter().map(line).collect()
}

fn counts_json(snapshot: &ingest::Snapshot) -> Vec<Value> {
    let one = |counts: &ingest::TableCounts| json!({ "table": counts.table, "read": counts.read, "accepted": counts.accepted, "refused": counts.refused, "later": counts.later });
    snapshot.counts().iter().map(one).collect()
}

fn said_of_scored(scored: &Scored) -> Vec<String> {
    let mut lines = said_of_counts(&scored.snapshot);
    lines.push(format!(
        "frame: {} of {} objects",
        scored.registers.n_frame(),
        scored.registers.n_objects()
    ));
    lines.extend(
        scored
            .registers
            .exclusions()
            .iter()
            .map(|one| format!("  left out: {} {}", one.n, one.reason)),
    );
    let classes: Vec<String> = scored
        .risk
        .classes()
        .iter()
        .map(|class| format!("{} {}", class.code, class.n))
        .collect();
    lines.push(format!("classes of all objects: {}", classes.join(", ")));
    lines
}

fn said_of_draw(drawn: &Drawn) -> String {
    format!(
        "drawn: {} of {} objects in {} strata, seed digest {}",
        drawn.sample.n(),
        drawn.sealed.n_units(),
        drawn.sealed.strata.len(),
        drawn.seed.digest()
    )
}

fn make(folder: &Path) -> Result<PathBuf, Error> {
    fs::create_dir_all(folder).map_err(cannot("make the folder", folder))?;
    Ok(folder.to_owned())
}

fn cannot(what: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::File {
        what,
        path,
        kind: Kind::Bug,
        source,
    }
}
