//! The job file: the only file that knows its form. `JobSpec` as written becomes [`Job`] as checked.

use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use toml::{Table, Value};

use crate::units::{AsOf, Day, Digest, HashName, Problem};
use crate::{evaluate, indicators, ingest, plan, registers, report, risk};

/// Version of the job file's form this program reads.
const VERSION: i64 = 1;

/// Keys that say where things are or how fast they go: outside every digest. `*` is any one key.
const OUTSIDE_DIGEST: &[&[&str]] = &[
    &["run"],
    &["data"],
    &["ingest", "*", "path"],
    &["outcomes", "path"],
    &["replay", "path"],
    &["indicators", "catalogues"],
    &["risk", "scorecard"],
];

/// A checked job: every rule of every section holds.
#[derive(Debug)]
pub struct Job {
    /// Short name; the run folder is `runs/<name>`.
    pub name: String,
    /// Title on pages.
    pub title: String,
    /// 基准日.
    pub as_of: AsOf,
    /// Whether the data are synthetic, as every page must then say.
    pub synthetic: bool,
    /// Hash partitions to work through; the result does not depend on it.
    pub partitions: usize,
    /// Settings of the rooms, in walking order.
    pub ingest: ingest::ValidParams,
    /// Eligibility and exclusions.
    pub registers: registers::ValidParams,
    /// The indicator catalogues.
    pub indicators: indicators::ValidParams,
    /// What counts as a label, where a model is learned.
    pub labels: Option<indicators::ValidLabels>,
    /// Models, classes, points.
    pub risk: risk::ValidParams,
    /// Strata, ratios, floors.
    pub plan: plan::ValidParams,
    /// The seed of a rehearsal.
    pub rehearsal: Rehearsal,
    /// What the visits of the round return, where known.
    pub outcomes: Option<ingest::ValidTable>,
    /// Past visits to evaluate the models on.
    pub replay: Option<ingest::ValidVisits>,
    /// Hit rule and intervals.
    pub evaluate: evaluate::ValidParams,
    /// Charts.
    pub report: report::ValidParams,
    /// Digest of the settings, without paths, partitions and threads.
    pub digest: Digest,
}

/// 演练: the seed text of a rehearsal and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rehearsal {
    /// The seed text.
    pub seed: String,
    /// Where it comes from, in words.
    pub seed_source: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Run {
    partitions: Option<usize>,
}

/// What the command line may change about a job: places and speed, and the seed of a rehearsal.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// Folder for `{data}`.
    pub data: Option<String>,
    /// Hash partitions.
    pub partitions: Option<usize>,
    /// Seed text of a rehearsal.
    pub seed: Option<String>,
}

impl Job {
    /// Reads and checks the job file at `path`.
    ///
    /// # Errors
    /// Every problem of the file at once, each with file, key, value and rule.
    pub fn read(path: &Path, overrides: &Overrides) -> Result<Self, Vec<Problem>> {
        let file = path.display().to_string();
        let in_file = |mut problems: Vec<Problem>| {
            for problem in problems
                .iter_mut()
                .filter(|problem| problem.file.is_empty())
            {
                problem.file.clone_from(&file);
            }
            problems
        };
        let text = fs::read_to_string(path).map_err(|source| {
            in_file(vec![Problem::new(
                "(file)",
                path.display(),
                format!("a job file must be readable UTF-8 text: {source}"),
            )])
        })?;
        let table: Table = text.parse().map_err(|error: toml::de::Error| {
            let line = error
                .span()
                .map_or(0, |span| text[..span.start].matches('\n').count() + 1);
            in_file(vec![Problem::new(
                format!("(line {line})"),
                "",
                error.message().to_owned(),
            )])
        })?;
        Spec::new(table, overrides)
            .check(overrides)
            .map_err(in_file)
    }
}

/// The job file as written, taken apart section by section so that every section's problems are found.
struct Spec {
    table: Table,
    digest: Digest,
    problems: Vec<Problem>,
}

impl Spec {
    fn new(mut table: Table, overrides: &Overrides) -> Self {
        if let (Some(seed), Some(Value::Table(rehearsal))) =
            (&overrides.seed, table.get_mut("rehearsal"))
        {
            rehearsal.insert("seed".into(), Value::String(seed.clone()));
        }
        let digest = settings_digest(&table);
        let data = overrides
            .data
            .clone()
            .or_else(|| table.get("data").and_then(Value::as_str).map(str::to_owned));
        let mut problems = Vec::new();
        table
            .iter_mut()
            .for_each(|(key, value)| fill_in_data(key, value, data.as_deref(), &mut problems));
        Self {
            table,
            digest,
            problems,
        }
    }

    fn check(mut self, overrides: &Overrides) -> Result<Job, Vec<Problem>> {
        let version: Option<i64> = self.required("version");
        if version.is_some_and(|version| version != VERSION) {
            self.problems.push(Problem::new(
                "version",
                version.unwrap_or(0),
                format!("this program reads job files of version {VERSION}"),
            ));
        }
        let name: Option<String> = self.required("name");
        if let Some(name) = name.as_deref().filter(|name| !is_file_name(name)) {
            self.problems.push(Problem::new("name", name, "a job's name must be usable as a folder name: no / \\ : * ? \" < > | and no leading dot"));
        }
        let title: Option<String> = self.required("title");
        let as_of: Option<Day> = self.required("as_of");
        let synthetic: Option<bool> = self.optional("synthetic");
        let _: Option<String> = self.optional("data");
        let run: Option<Run> = self.optional("run");
        let partitions = overrides
            .partitions
            .or(run.and_then(|run| run.partitions))
            .unwrap_or(1);
        if !(1..=4096).contains(&partitions) {
            self.problems.push(Problem::new(
                "run.partitions",
                partitions,
                "partitions must lie in 1 ..= 4096",
            ));
        }
        let ingest = self.section("ingest", ingest::Params::check);
        let registers = self.section("registers", registers::Params::check);
        let indicators = self.section("indicators", indicators::Params::check);
        let written: Option<risk::Params> = self.required("risk");
        let labels = written
            .as_ref()
            .and_then(|risk| risk.labels.as_ref())
            .and_then(|labels| self.checked("risk.labels", labels.check()));
        let risk = written.and_then(|risk| self.checked("risk", risk.check()));
        let plan = self.section("plan", plan::Params::check);
        let rehearsal: Option<Rehearsal> = self.required("rehearsal");
        let outcomes = self
            .optional("outcomes")
            .and_then(|table: ingest::TableParams| {
                self.checked("outcomes", table.check_as("outcomes", ""))
            });
        let replay = self
            .optional("replay")
            .and_then(|list: ingest::VisitParams| self.checked("replay", list.check("replay")));
        let evaluate = self.section("evaluate", evaluate::Params::check);
        let report: report::Params = self.optional("report").unwrap_or_default();
        let report = self.checked("report", report.check());
        self.refuse_unknown_keys();
        if let (Some(ingest), Some(indicators)) = (&ingest, &indicators) {
            let is_read = |table: &str| ingest.table(table).is_some();
            self.problems.extend(indicators.missing_tables(is_read));
        }
        if let (Some(risk), Some(plan)) = (&risk, &plan) {
            self.problems.extend(classes_without_share(risk, plan));
        }
        let beside = [
            indicators.as_ref().map(indicators::ValidParams::digest),
            risk.as_ref().and_then(risk::ValidParams::card_digest),
        ];
        let digest = with_files(self.digest, beside.into_iter().flatten());
        let job = (|| {
            let ingest = ingest?;
            Some(Job {
                name: name?,
                title: title?,
                as_of: AsOf(as_of?),
                synthetic: synthetic.unwrap_or(false),
                partitions,
                registers: registers?,
                indicators: indicators?,
                labels,
                risk: risk?,
                plan: plan?,
                rehearsal: rehearsal?,
                outcomes: outcomes.map(|table| table.under_register_of(&ingest)),
                ingest,
                replay,
                evaluate: evaluate?,
                report: report?,
                digest,
            })
        })();
        match job {
            Some(job) if self.problems.is_empty() => Ok(job),
            _ => Err(self.problems),
        }
    }

    fn section<P: DeserializeOwned, V>(
        &mut self,
        key: &str,
        check: impl FnOnce(&P) -> Result<V, Vec<Problem>>,
    ) -> Option<V> {
        let params: P = self.required(key)?;
        self.checked(key, check(&params))
    }

    fn required<T: DeserializeOwned>(&mut self, key: &str) -> Option<T> {
        let Some(value) = self.table.remove(key) else {
            self.problems
                .push(Problem::new(key, "(absent)", "this key is required"));
            return None;
        };
        self.read(key, value)
    }

    fn optional<T: DeserializeOwned>(&mut self, key: &str) -> Option<T> {
        let value = self.table.remove(key)?;
        self.read(key, value)
    }

    fn read<T: DeserializeOwned>(&mut self, key: &str, value: Value) -> Option<T> {
        let written = value.clone();
        match serde_path_to_error::deserialize(value) {
            Ok(read) => Some(read),
            Err(error) => {
                let below = error.path().to_string();
                let at = if below == "." {
                    key.to_owned()
                } else {
                    format!("{key}.{below}")
                };
                let found = value_at(&written, error.path().iter().map(ToString::to_string));
                self.problems.push(Problem::new(
                    at,
                    found,
                    error.inner().message().trim().to_owned(),
                ));
                None
            }
        }
    }

    fn checked<V>(&mut self, key: &str, checked: Result<V, Vec<Problem>>) -> Option<V> {
        checked
            .map_err(|problems| {
                self.problems
                    .extend(problems.into_iter().map(|problem| Problem {
                        key: format!("{key}.{}", problem.key),
                        ..problem
                    }));
            })
            .ok()
    }

    fn refuse_unknown_keys(&mut self) {
        let left: Vec<String> = self.table.keys().cloned().collect();
        for key in left {
            self.problems.push(Problem::new(
                key,
                "(present)",
                "no section of a job has this name",
            ));
        }
    }
}

/// Every class needs a ratio, a sample size or take-all: nobody is exempt (不免抽).
fn classes_without_share<'a>(
    risk: &'a risk::ValidParams,
    plan: &'a plan::ValidParams,
) -> impl Iterator<Item = Problem> + 'a {
    let rule = "every class must have a ratio, a sample size or be take-all";
    risk.class_codes()
        .filter(|code| !plan.has_share(code))
        .map(move |code| Problem::new(format!("plan.ratio.{code}"), "(absent)", rule))
}

fn is_file_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with('.')
        && !name.contains(['/', '\\', ':', '*', '?', '"', '<', '>', '|'])
}

/// Puts the data folder in the place of `{data}` in every path.
fn fill_in_data(key: &str, value: &mut Value, data: Option<&str>, problems: &mut Vec<Problem>) {
    match value {
        Value::String(text) if text.contains("{data}") => match data {
            Some(data) => *text = text.replace("{data}", data.trim_end_matches('/')),
            None => problems.push(Problem::new(
                key,
                text,
                "{data} needs the job's `data` key or --data",
            )),
        },
        Value::Table(table) => {
            for (below, value) in table.iter_mut() {
                fill_in_data(&format!("{key}.{below}"), value, data, problems);
            }
        }
        Value::Array(values) => {
            for value in values {
                fill_in_data(key, value, data, problems);
            }
        }
        _ => {}
    }
}

/// Digest of everything in the job file that can change a result.
fn settings_digest(table: &Table) -> Digest {
    let mut kept = table.clone();
    for place in OUTSIDE_DIGEST {
        remove_at(&mut kept, place);
    }
    let bytes = serde_json::to_vec(&kept).expect("a TOML table is plain data");
    HashName::Sha256.tagged("choucha/settings/v1", &bytes)
}

fn remove_at(table: &mut Table, place: &[&str]) {
    match place {
        [] => {}
        [key] => {
            table.remove(*key);
        }
        [step, below @ ..] => {
            let fits = |key: &str| *step == "*" || *step == key;
            let tables = table.iter_mut().filter(|(key, _)| fits(key));
            for (_, value) in tables {
                if let Value::Table(table) = value {
                    remove_at(table, below);
                }
            }
        }
    }
}

fn value_at(value: &Value, path: impl Iterator<Item = String>) -> String {
    let mut at = value;
    for step in path {
        let below = match at {
            Value::Table(table) => table.get(&step),
            Value::Array(values) => step
                .trim_matches(['[', ']'])
                .parse::<usize>()
                .ok()
                .and_then(|index| values.get(index)),
            _ => None,
        };
        match below {
            Some(below) => at = below,
            None => break,
        }
    }
    let text = at.to_string();
    if text.len() > 60 {
        "(a table)".into()
    } else {
        text.replace('\n', " ")
    }
}

/// The settings' digest with those of the files beside the job: catalogues and scorecard, by content.
fn with_files(settings: Digest, files: impl Iterator<Item = Digest>) -> Digest {
    let mut bytes = settings.0.to_vec();
    files.for_each(|file| bytes.extend_from_slice(&file.0));
    HashName::Sha256.tagged("choucha/job/v1", &bytes)
}
