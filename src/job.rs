//! The job file: the only file that knows its form. `JobSpec` as written becomes [`Job`] as checked.

mod backtest;
mod deterrence;
mod labels;

use std::fs;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use toml::{Table, Value};

pub use backtest::BacktestJob;

use crate::units::{AsOf, Day, Digest, HashName, Problem};
use crate::{assign, evaluate, indicators, ingest, plan, registers, report, risk, tune};

/// Version of the job file's form this program reads.
const VERSION: i64 = 1;

/// Keys that say where things are or how fast they go: outside every digest. `*` is any one key.
const OUTSIDE_DIGEST: &[&[&str]] = &[
    &["run"],
    &["data"],
    &["ingest", "*", "path"],
    &["outcomes", "path"],
    &["replay", "path"],
    &["health", "previous"],
    &["indicators", "catalogues"],
    &["backtest", "catalogues"],
    &["backtest", "window", "visits", "path"],
    &["risk", "scorecard"],
    &["tune", "long_run", "world"],
    &["workspace"],
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
    /// What the register-health report looks at.
    pub health: registers::ValidHealth,
    /// The indicator catalogues.
    pub indicators: indicators::ValidParams,
    /// What counts as a label, where a model is learned.
    pub labels: Option<indicators::ValidLabels>,
    /// Models, classes, points.
    pub risk: risk::ValidParams,
    /// Strata, ratios, floors.
    pub plan: plan::ValidParams,
    /// 批次: the draws of record the job seals; without a `[round]` section, one draw from the plan.
    pub round: plan::ValidRound,
    /// What ratios are held to, where they are tuned.
    pub tune: Option<tune::ValidParams>,
    /// Teams, where inspectors are drawn.
    pub assign: Option<assign::ValidParams>,
    /// The seed of a rehearsal.
    pub rehearsal: Rehearsal,
    /// What the visits of the round return, where known.
    pub outcomes: Option<ingest::ValidTable>,
    /// Past visits to evaluate the models on.
    pub replay: Option<ingest::ValidVisits>,
    /// The back-test, where it has a window that a run looks at.
    pub backtest: Option<Box<BacktestJob>>,
    /// Hit rule and intervals.
    pub evaluate: evaluate::ValidParams,
    /// By what the draw is looked at.
    pub fairness: evaluate::ValidFairness,
    /// By what rule publication is late, over what span.
    pub mechanism: evaluate::ValidMechanism,
    /// What past draws deterred, where the job has them.
    pub deterrence: Option<evaluate::ValidDeterrence>,
    /// What businesses say their chance of a visit is, where they were asked.
    pub survey: Option<evaluate::ValidSurvey>,
    /// Charts.
    pub report: report::ValidParams,
    /// Which event gives the seed of a draw of record.
    pub seed_rule: Option<plan::SeedRule>,
    /// Version of the published programme (年度抽查工作计划) the round carries out.
    pub programme: Option<String>,
    /// When the visits of the round may be made.
    pub visits: Option<VisitDays>,
    /// The workspace of the draw of record.
    pub workspace: Option<PathBuf>,
    /// The settings as bytes: canonical JSON, without paths, partitions and threads.
    pub settings: Vec<u8>,
    /// Digest of the settings and of the files beside them.
    pub digest: Digest,
}

impl Job {
    /// Whether the job's own rules name a word of a column of objects: 登记状态 as eligible or gone, 主体类别 as unclassified.
    #[must_use]
    pub fn names(&self, column: &str, word: &str) -> bool {
        let quoted = format!("'{word}'");
        let unclassified = self.risk.unclassified_when();
        match column {
            "status" => self.registers.names_status(word) || self.health.names_status(word),
            "kind" => unclassified.is_some_and(|when| when.contains(&quoted)),
            _ => false,
        }
    }
}

/// 检查期限: the days on which the visits of a round may be made, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VisitDays {
    /// First day.
    pub first: Day,
    /// Last day, at most 366 days on.
    pub last: Day,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Workspace {
    path: PathBuf,
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
        let table = table_of(path)?;
        let has_window = backtest::has_window(&table);
        let job = Spec::new(table, overrides)
            .check(overrides)
            .map_err(in_file(path))?;
        if has_window {
            job.with_backtest(path, overrides)
        } else {
            Ok(job)
        }
    }
}

/// The file at `path` as a table.
fn table_of(path: &Path) -> Result<Table, Vec<Problem>> {
    let text = fs::read_to_string(path).map_err(|source| {
        let rule = format!("a job file must be readable UTF-8 text: {source}");
        in_file(path)(vec![Problem::new("(file)", path.display(), rule)])
    })?;
    text.parse().map_err(|error: toml::de::Error| {
        let line = error
            .span()
            .map_or(0, |span| text[..span.start].matches('\n').count() + 1);
        let key = format!("(line {line})");
        in_file(path)(vec![Problem::new(key, "", error.message().to_owned())])
    })
}

/// Problems that name no file yet are of the one at `path`.
fn in_file(path: &Path) -> impl Fn(Vec<Problem>) -> Vec<Problem> + use<> {
    let file = path.display().to_string();
    move |mut problems| {
        let unnamed = problems
            .iter_mut()
            .filter(|problem| problem.file.is_empty());
        unnamed.for_each(|problem| problem.file.clone_from(&file));
        problems
    }
}

/// A job that states its classes in `[[tune.class]]`: it can be tuned, and needs no register.
#[derive(Debug)]
pub struct MixJob {
    /// Name, title, day.
    pub head: tune::Head,
    /// What ratios are held to.
    pub tune: tune::ValidParams,
    /// Digest of the settings.
    pub digest: Digest,
}

impl MixJob {
    /// Reads the job file at `path`, if it is one that states its classes.
    ///
    /// # Errors
    /// Every problem of the file at once.
    #[must_use]
    pub fn read(path: &Path) -> Option<Result<Self, Vec<Problem>>> {
        let table = table_of(path).ok()?;
        table.get("tune")?.get("class")?;
        let spec = Spec::new(table, &Overrides::default());
        Some(spec.check_mix().map_err(in_file(path)))
    }
}

/// The job file as written, taken apart section by section so that every section's problems are found.
struct Spec {
    table: Table,
    /// What can change a result, as canonical JSON.
    settings: Vec<u8>,
    problems: Vec<Problem>,
}

impl Spec {
    fn new(mut table: Table, overrides: &Overrides) -> Self {
        if let (Some(seed), Some(Value::Table(rehearsal))) =
            (&overrides.seed, table.get_mut("rehearsal"))
        {
            rehearsal.insert("seed".into(), Value::String(seed.clone()));
        }
        let settings = settings_bytes(&table);
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
            settings,
            problems,
        }
    }

    fn check(mut self, overrides: &Overrides) -> Result<Job, Vec<Problem>> {
        self.check_version();
        let name = self.name();
        let title: Option<String> = self.required("title");
        let as_of: Option<Day> = self.required("as_of");
        let synthetic: Option<bool> = self.optional("synthetic");
        let _: Option<String> = self.optional("data");
        let partitions = self.partitions(overrides);
        let ingest = self.section("ingest", ingest::Params::check);
        let registers = self.section("registers", registers::Params::check);
        let health: registers::HealthParams = self.optional("health").unwrap_or_default();
        let health = self.checked("health", health.check());
        let indicators = self.section("indicators", indicators::Params::check);
        let written: Option<risk::Params> = self.required("risk");
        let labels = self.labels(written.as_ref());
        let risk = written.and_then(|risk| self.checked("risk", risk.check()));
        let written: Option<plan::Params> = self.required("plan");
        let plan = written
            .as_ref()
            .and_then(|plan| self.checked("plan", plan.check()));
        let round = self.round(written.as_ref(), name.as_deref());
        let seed_rule = self.optional("seed_rule").and_then(|rule: plan::SeedRule| {
            self.checked("seed_rule", rule.check().map(|()| rule))
        });
        let programme: Option<String> = self.optional("programme");
        let (assign, visits) = self.teams();
        let tune = self.tune();
        let workspace: Option<Workspace> = self.optional("workspace");
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
        let (fairness, mechanism) = self.conduct();
        let deterrence = self.deterrence(ingest.as_ref(), workspace.is_some());
        let (report, survey) = (self.report(), self.survey());
        self.refuse_unknown_keys();
        self.check_together(
            (ingest.as_ref(), indicators.as_ref()),
            (risk.as_ref(), plan.as_ref(), round.as_ref()),
            (fairness.as_ref(), survey.as_ref()),
        );
        let beside = files_beside(indicators.as_ref(), risk.as_ref(), tune.as_ref());
        let indicators = match (indicators, &labels) {
            (Some(indicators), Some(labels)) => Some(indicators.with_words_of(labels)),
            (indicators, _) => indicators,
        };
        let digest = HashName::Sha256.tagged("choucha/settings/v1", &self.settings);
        let digest = with_files(digest, beside);
        let job = (|| {
            let evaluate = evaluate?;
            let ingest = ingest?.with_hit_codes(evaluate.hit_codes());
            Some(Job {
                name: name?,
                title: title?,
                as_of: AsOf(as_of?),
                synthetic: synthetic.unwrap_or(false),
                partitions,
                registers: registers?,
                health: health?,
                indicators: indicators?,
                labels,
                risk: risk?,
                plan: plan?,
                round: round?,
                tune,
                assign,
                seed_rule,
                programme,
                visits,
                workspace: workspace.map(|workspace| workspace.path),
                rehearsal: rehearsal?,
                outcomes: outcomes.map(|table| table.under_register_of(&ingest)),
                ingest,
                replay,
                backtest: None,
                evaluate,
                fairness: fairness?,
                mechanism: mechanism?,
                deterrence,
                survey,
                report: report?,
                settings: std::mem::take(&mut self.settings),
                digest,
            })
        })();
        match job {
            Some(job) if self.problems.is_empty() => Ok(job),
            _ => Err(self.problems),
        }
    }

    /// Refuses settings that each are sound and do not go together.
    fn check_together(
        &mut self,
        (ingest, indicators): (
            Option<&ingest::ValidParams>,
            Option<&indicators::ValidParams>,
        ),
        (risk, plan, round): (
            Option<&risk::ValidParams>,
            Option<&plan::ValidParams>,
            Option<&plan::ValidRound>,
        ),
        (fairness, survey): (
            Option<&evaluate::ValidFairness>,
            Option<&evaluate::ValidSurvey>,
        ),
    ) {
        if let (Some(ingest), Some(indicators)) = (ingest, indicators) {
            let is_read = |table: &str| ingest.table(table).is_some();
            self.problems.extend(indicators.missing_tables(is_read));
        }
        if let (Some(risk), Some(plan)) = (risk, plan) {
            let items = round.into_iter().flat_map(plan::ValidRound::item_settings);
            for (key, settings) in std::iter::once(("plan".to_owned(), plan)).chain(items) {
                self.problems
                    .extend(classes_without_share(risk, settings, &key));
            }
        }
        let Some(risk) = risk else { return };
        let fairness = fairness
            .into_iter()
            .flat_map(evaluate::ValidFairness::classes);
        self.problems
            .extend(classes_unknown(risk, "fairness", fairness));
        let survey = survey.into_iter().flat_map(evaluate::ValidSurvey::classes);
        self.problems
            .extend(classes_unknown(risk, "survey", survey));
    }

    /// By what the draw and the work are looked at: `[fairness]`, `[mechanism]`.
    fn conduct(
        &mut self,
    ) -> (
        Option<evaluate::ValidFairness>,
        Option<evaluate::ValidMechanism>,
    ) {
        let fairness = self.section_or_default("fairness", evaluate::FairnessParams::check);
        let mechanism = self.section_or_default("mechanism", evaluate::MechanismParams::check);
        (fairness, mechanism)
    }

    fn survey(&mut self) -> Option<evaluate::ValidSurvey> {
        let written: evaluate::SurveyParams = self.optional("survey")?;
        self.checked("survey", written.check())
    }

    /// `[report]`, and `[backtest]`, which other commands read.
    fn report(&mut self) -> Option<report::ValidParams> {
        let report = self.section_or_default("report", report::Params::check);
        let backtest: Option<crate::backtest::Params> = self.optional("backtest");
        backtest.and_then(|section| self.checked("backtest", section.check()));
        report
    }

    fn tune(&mut self) -> Option<tune::ValidParams> {
        self.optional("tune")
            .and_then(|tune: tune::Params| self.checked("tune", tune.check()))
    }

    fn check_mix(mut self) -> Result<MixJob, Vec<Problem>> {
        self.check_version();
        let name = self.name();
        let title: Option<String> = self.required("title");
        let as_of: Option<Day> = self.required("as_of");
        let synthetic: Option<bool> = self.optional("synthetic");
        let tune = self.section("tune", tune::Params::check);
        self.refuse_unknown_keys();
        let job = (|| {
            let head = tune::Head {
                job: name?,
                title: title?,
                as_of: AsOf(as_of?).to_string(),
                synthetic: synthetic.unwrap_or(false),
            };
            let digest = HashName::Sha256.tagged("choucha/settings/v1", &self.settings);
            let tune = tune?;
            let world = tune.world_digest();
            let digest = world.map_or(digest, |world| with_files(digest, [world].into_iter()));
            Some(MixJob { head, tune, digest })
        })();
        match job {
            Some(job) if self.problems.is_empty() => Ok(job),
            _ => Err(self.problems),
        }
    }

    /// The round over the `[plan]` as written; where the plan itself is broken, the plan's problems say so.
    fn round(
        &mut self,
        plan: Option<&plan::Params>,
        name: Option<&str>,
    ) -> Option<plan::ValidRound> {
        let written: Option<Option<plan::RoundParams>> = self
            .table
            .contains_key("round")
            .then(|| self.optional("round"));
        let plan = plan?;
        match written {
            None => plan::ValidRound::alone(name?, plan).ok(),
            Some(round) => self.checked("round", round?.check(plan)),
        }
    }

    fn check_version(&mut self) {
        let version: Option<i64> = self.required("version");
        if let Some(version) = version.filter(|&version| version != VERSION) {
            let rule = format!("this program reads job files of version {VERSION}");
            self.problems.push(Problem::new("version", version, rule));
        }
    }

    fn name(&mut self) -> Option<String> {
        let name: Option<String> = self.required("name");
        if let Some(name) = name.as_deref().filter(|name| !is_file_name(name)) {
            let rule = "a job's name must be usable as a folder name: no / \\ : * ? \" < > | and no leading dot";
            self.problems.push(Problem::new("name", name, rule));
        }
        name
    }

    fn partitions(&mut self, overrides: &Overrides) -> usize {
        let run: Option<Run> = self.optional("run");
        let written = run.and_then(|run| run.partitions);
        let partitions = overrides.partitions.or(written).unwrap_or(1);
        if !(1..=4096).contains(&partitions) {
            let rule = "partitions must lie in 1 ..= 4096";
            self.problems
                .push(Problem::new("run.partitions", partitions, rule));
        }
        partitions
    }

    /// Inspectors are drawn for days; a window ends after it begins.
    fn teams(&mut self) -> (Option<assign::ValidParams>, Option<VisitDays>) {
        let written: Option<assign::Params> = self.optional("assign");
        let assign = written.and_then(|teams| self.checked("assign", teams.check()));
        let visits: Option<VisitDays> = self.optional("visits");
        self.check_visits(visits, assign.is_some());
        (assign, visits)
    }

    fn check_visits(&mut self, visits: Option<VisitDays>, is_assigned: bool) {
        let problem = match visits {
            None if is_assigned => {
                let rule = "[assign] needs the first and last day of the visits";
                Problem::new("visits", "(absent)", rule)
            }
            Some(days) if days.last < days.first => {
                Problem::new("visits.last", days.last, "must not be before visits.first")
            }
            _ => return,
        };
        self.problems.push(problem);
    }

    fn section<P: DeserializeOwned, V>(
        &mut self,
        key: &str,
        check: impl FnOnce(&P) -> Result<V, Vec<Problem>>,
    ) -> Option<V> {
        let params: P = self.required(key)?;
        self.checked(key, check(&params))
    }

    /// A section that may be left out.
    fn section_or_default<P: DeserializeOwned + Default, V>(
        &mut self,
        key: &str,
        check: impl FnOnce(&P) -> Result<V, Vec<Problem>>,
    ) -> Option<V> {
        let params: P = self.optional(key).unwrap_or_default();
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
    section: &'a str,
) -> impl Iterator<Item = Problem> + 'a {
    let rule = "every class must have a ratio, a sample size or be take-all";
    risk.class_codes()
        .filter(|code| !plan.has_share(code))
        .map(move |code| Problem::new(format!("{section}.ratio.{code}"), "(absent)", rule))
}

/// Classes a section names must be declared.
fn classes_unknown<'a, K: std::fmt::Display>(
    risk: &risk::ValidParams,
    section: &str,
    named: impl Iterator<Item = (K, &'a str)>,
) -> Vec<Problem> {
    let is_known = |code: &str| risk.class_codes().any(|known| known == code);
    let unknown = named.filter(|(_, code)| !is_known(code));
    let rule = "must be the code of a declared class";
    unknown
        .map(|(key, code)| Problem::new(format!("{section}.{key}"), code, rule))
        .collect()
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

/// Everything in the job file that can change a result, as canonical JSON.
fn settings_bytes(table: &Table) -> Vec<u8> {
    let mut kept = table.clone();
    for place in OUTSIDE_DIGEST {
        remove_at(&mut kept, place);
    }
    serde_json::to_vec(&kept).expect("a TOML table is plain data")
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
                match value {
                    Value::Table(table) => remove_at(table, below),
                    Value::Array(sections) => sections
                        .iter_mut()
                        .filter_map(Value::as_table_mut)
                        .for_each(|section| remove_at(section, below)),
                    _ => {}
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

/// Digests of the files beside the job that are part of its settings: catalogues, scorecard, the world of a long run.
fn files_beside(
    indicators: Option<&indicators::ValidParams>,
    risk: Option<&risk::ValidParams>,
    tune: Option<&tune::ValidParams>,
) -> impl Iterator<Item = Digest> + use<> {
    let all = [
        indicators.map(indicators::ValidParams::digest),
        risk.and_then(risk::ValidParams::card_digest),
        tune.and_then(tune::ValidParams::world_digest),
    ];
    all.into_iter().flatten()
}

/// The settings' digest with those of the files beside the job, by content.
fn with_files(settings: Digest, files: impl Iterator<Item = Digest>) -> Digest {
    let mut bytes = settings.0.to_vec();
    files.for_each(|file| bytes.extend_from_slice(&file.0));
    HashName::Sha256.tagged("choucha/job/v1", &bytes)
}
