//! The world file: what a synthetic county is made of, as written and as checked.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rand_distr::weighted::WeightedAliasIndex;
use serde::Deserialize;

use super::Error;
use super::deterrent::Deterrent;
use super::files::FileDirt;
use super::law::Law;
use crate::units::{Day, Problem};

/// Names of the tables a world writes; `objects` to `credit_events` are what a regulator holds.
pub(super) const TABLES: [&str; 11] = [
    "objects",
    "inspections",
    "credit_events",
    "outcomes",
    "truth",
    "draws",
    "inspectors",
    "items",
    "recusals",
    "availability",
    "inspector_truth",
];

/// A checked world file: nothing but what it says decides a byte of the data made from it.
#[derive(Clone, Debug)]
pub struct World {
    pub(super) params: Params,
    pub(super) choose_kind: WeightedAliasIndex<f64>,
    pub(super) choose_town: WeightedAliasIndex<f64>,
    pub(super) choose_status: WeightedAliasIndex<f64>,
    pub(super) choose_finding: WeightedAliasIndex<f64>,
    /// For each kind, the industries it may have and the law over them.
    pub(super) industries_of: Vec<(Vec<usize>, WeightedAliasIndex<f64>)>,
    /// For each industry, the items that apply to it and the law over them.
    pub(super) items_of: Vec<(Vec<usize>, WeightedAliasIndex<f64>)>,
    /// 管辖单位, each once, in the order of the townships.
    pub(super) offices: Vec<String>,
}

/// The world file as written.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Params {
    pub(super) version: u32,
    pub(super) name: String,
    pub(super) title: String,
    pub(super) seed: String,
    pub(super) as_of: Day,
    pub(super) first_day: Day,
    pub(super) window_days: i32,
    pub(super) objects: u64,
    pub(super) chunk: u64,
    pub(super) parts: u64,
    #[serde(default)]
    pub(super) headers: BTreeMap<String, Headers>,
    pub(super) register: Register,
    pub(super) propensity: Propensity,
    /// Planted on what is seen of everybody; absent means nothing.
    pub(super) deterrent: Option<Deterrent>,
    pub(super) visits: Visits,
    pub(super) staff: Staff,
    pub(super) dirt: Dirt,
    pub(super) kind: Vec<KindOf>,
    pub(super) status: Vec<Status>,
    pub(super) town: Vec<Town>,
    pub(super) industry: Vec<Industry>,
    pub(super) round: Vec<Round>,
    #[serde(default)]
    pub(super) campaign: Vec<Campaign>,
    pub(super) event: Vec<EventKind>,
    pub(super) finding: Vec<Finding>,
    pub(super) item: Vec<Item>,
    /// Of a dirty copy.
    #[serde(skip)]
    pub(super) files: Option<FileDirt>,
}

/// A world file that makes another world's tables again, and beside them the files an office would send.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DirtyCopy {
    version: u32,
    /// World file it copies, relative to its own folder.
    base: PathBuf,
    #[serde(rename = "dirt")]
    _dirt: DirtOf,
    files: FileDirt,
}

/// Where the dirt of a copy is.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum DirtOf {
    /// In a folder of files.
    Files,
}

/// Which column names and code values a table is written with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Headers {
    /// The headers and values of Chinese platforms.
    Zh,
    /// The names of the data contract.
    Canonical,
}

/// How objects are registered.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Register {
    /// GB/T 2260 code in identifiers.
    pub(super) authority: u32,
    /// First word of a name, for example 馆陶县.
    pub(super) place: String,
    /// Share of objects that still have a 15-digit 注册号 only.
    pub(super) reg15_share: f64,
    /// Share of objects at the address of another object.
    pub(super) shared_address: f64,
    /// Share of objects that belong to the owner of another object, whose frailty they share.
    pub(super) shared_owner: f64,
    /// Share of objects with coordinates.
    pub(super) located: f64,
    /// Degrees around the centre of the township.
    pub(super) scatter: Law,
}

/// What makes an object break rules.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Propensity {
    /// Own intensity of an object; its mean should be 1.
    pub(super) frailty: Law,
    /// A visit finds something with probability 1 - exp(-`visit_hazard` · intensity · …).
    pub(super) visit_hazard: f64,
    /// Intensity is multiplied by this in the days after a visit (planted deterrence; 1 is none).
    pub(super) deterrence: f64,
    /// For how many days.
    pub(super) deterrence_days: i32,
    /// Strictness of an inspector: multiplies the intensity that meets the eye.
    pub(super) strictness: Law,
}

/// How a visit goes.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Visits {
    /// Probability that an object of intensity 1 is not met at its address.
    pub(super) unreachable: f64,
    /// Power of the intensity in it.
    pub(super) unreachable_elasticity: f64,
    /// Share of visits that find the inspected business is not carried on.
    pub(super) not_engaged: f64,
    /// Days from a visit to its publication.
    pub(super) lag: Law,
    /// Severity points of a finding.
    pub(super) severity: Law,
    /// Share of findings with a second result code.
    pub(super) second_code: f64,
}

/// The inspectors.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Staff {
    pub(super) inspectors: u32,
    pub(super) recusals: u32,
    pub(super) absences: u32,
    /// Share of inspectors that are no longer drawn.
    pub(super) inactive: f64,
    /// Share of inspectors who once worked for an object.
    pub(super) former_employer: f64,
    /// Days from the as-of day, shifted back by `certificate_shift`, to the expiry of a certificate.
    pub(super) certificate: Law,
    pub(super) certificate_shift: i32,
    /// Days of an absence.
    pub(super) absence: Law,
    pub(super) departments: Vec<String>,
    pub(super) specialties: Vec<String>,
}

/// Rows that real files have too. Counts are exact. The second block must be refused at ingest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Dirt {
    pub(super) legacy_number: u64,
    pub(super) wrong_check: u64,
    pub(super) m000_code: u64,
    pub(super) full_width_id: u64,
    pub(super) spaced_id: u64,
    pub(super) lower_case_id: u64,
    pub(super) full_width_name: u64,
    pub(super) spaced_name: u64,

    pub(super) object_twice: u64,
    pub(super) object_without_id: u64,
    pub(super) negative_capital: u64,
    pub(super) impossible_place: u64,
    pub(super) visit_of_unknown: u64,
    pub(super) visit_known_early: u64,
    pub(super) visit_without_day: u64,
    pub(super) event_of_unknown: u64,
    pub(super) event_known_early: u64,
    pub(super) event_without_day: u64,
}

/// 主体类别.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KindOf {
    pub(super) name: String,
    /// Its code in a file with Chinese headers.
    pub(super) written: String,
    pub(super) weight: f64,
    pub(super) risk: f64,
    /// First two characters of a code.
    pub(super) prefixes: Vec<String>,
    /// First digits of the serial in a 注册号; empty for the cooperative form.
    pub(super) leads: String,
    pub(super) suffixes: Vec<String>,
    /// Yuan; absent where no capital is registered.
    pub(super) capital: Option<Law>,
    /// Years since establishment.
    pub(super) age: Law,
}

/// 登记状态.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Status {
    pub(super) name: String,
    pub(super) written: String,
    pub(super) weight: f64,
    /// Whether it can be visited.
    pub(super) live: bool,
    /// Result code of a visit to one that cannot.
    pub(super) code: String,
}

/// A township and the office in charge of it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Town {
    pub(super) code: String,
    pub(super) name: String,
    pub(super) office: String,
    pub(super) weight: f64,
    pub(super) risk: f64,
    pub(super) lat: f64,
    pub(super) lon: f64,
}

/// GB/T 4754-2017 class.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Industry {
    pub(super) code: String,
    pub(super) name: String,
    pub(super) word: String,
    pub(super) weight: f64,
    pub(super) risk: f64,
    /// Kinds that have it.
    pub(super) kinds: Vec<String>,
    #[serde(default)]
    pub(super) labels: Vec<String>,
    #[serde(default)]
    pub(super) departments: Vec<String>,
}

/// A past draw: every object that existed on one of its days was drawn by itself, with the same probability, whatever it had done.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Round {
    pub(super) draw_id: String,
    pub(super) from: Day,
    pub(super) days: i32,
    pub(super) ratio: f64,
}

/// 专项整治: a share of some industries, chosen by nobody's lot.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Campaign {
    pub(super) from: Day,
    pub(super) days: i32,
    /// Industry code prefixes; empty means all.
    pub(super) industries: Vec<String>,
    pub(super) share: f64,
    /// Power of the intensity in the share: campaigns go where trouble is expected.
    pub(super) elasticity: f64,
}

/// One kind of credit event.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EventKind {
    pub(super) kind: String,
    /// Events per year of an object of intensity 1.
    pub(super) rate: f64,
    /// Power of the intensity in the rate.
    pub(super) elasticity: f64,
    /// Days until it is known.
    pub(super) lag: Law,
    /// Yuan.
    pub(super) amount: Option<Law>,
    /// Days on a list.
    pub(super) stay: Option<Law>,
    /// Share of ended entries that are repaired (信用修复).
    #[serde(default)]
    pub(super) repaired: f64,
    /// Share of findings that lead to one.
    #[serde(default)]
    pub(super) after_finding: f64,
    /// Share of events that lead to a complaint visit.
    #[serde(default)]
    pub(super) visited: f64,
    /// Kinds that can have it; empty means all.
    #[serde(default)]
    pub(super) kinds: Vec<String>,
    /// Industry code prefixes that can have it; empty means all.
    #[serde(default)]
    pub(super) industries: Vec<String>,
    /// Month and day it always falls on, `07-01`; absent means any day.
    pub(super) on: Option<String>,
    /// Whether it marks the end of an earlier event instead of coming by itself.
    #[serde(default)]
    pub(super) is_repair: bool,
}

/// A result code of a finding (gen-2).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Finding {
    pub(super) code: String,
    pub(super) weight: f64,
}

/// 抽查事项.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Item {
    #[serde(rename = "item_id")]
    pub(super) id: String,
    pub(super) name: String,
    pub(super) department: String,
    pub(super) category: String,
    pub(super) basis: String,
    /// Industry code prefixes it applies to; empty means all.
    #[serde(default)]
    pub(super) industries: Vec<String>,
    pub(super) ratio_min: Option<f64>,
    pub(super) ratio_max: Option<f64>,
    pub(super) ratio_text: String,
    pub(super) visits_per_year_min: Option<f64>,
    pub(super) visits_per_year_max: Option<f64>,
    pub(super) frequency_text: String,
    pub(super) method: String,
    pub(super) required_specialty: Option<String>,
    pub(super) weight: f64,
}

impl World {
    /// Reads and checks the world file at `path`.
    ///
    /// # Errors
    /// A file that cannot be read or is not a world file; else every broken rule in it.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let file = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|source| Error::Read {
            path: file.clone(),
            source,
        })?;
        Self::parse(&text, &file)
    }

    /// Checks a world file's text; `file` is the name its problems are reported under. A file that says `base` is a dirty
    /// copy of the world file `base` beside it: the same tables, and the folder of files they would have been sent as.
    ///
    /// # Errors
    /// As [`World::read`].
    pub fn parse(text: &str, file: &str) -> Result<Self, Error> {
        let table: toml::Table = typed(text, file)?;
        let params = if table.contains_key("base") {
            let copy: DirtyCopy = typed(text, file)?;
            copy.params(file)?
        } else {
            typed(text, file)?
        };
        Self::checked(params).map_err(|problems| named(problems, file))
    }

    /// The same world with another number of objects.
    ///
    /// # Errors
    /// When the world's rules do not hold for that number.
    pub fn with_objects(&self, objects: u64) -> Result<Self, Error> {
        let params = Params {
            objects,
            ..self.params.clone()
        };
        Self::checked(params).map_err(|problems| named(problems, &self.params.name))
    }

    /// Name of the world.
    pub fn name(&self) -> &str {
        &self.params.name
    }

    /// Title of the world; it says that the world is synthetic.
    pub fn title(&self) -> &str {
        &self.params.title
    }

    /// Number of objects with a usable row.
    pub fn n_objects(&self) -> u64 {
        self.params.objects
    }

    fn checked(params: Params) -> Result<Self, Vec<Problem>> {
        let problems = super::check::problems(&params);
        if !problems.is_empty() {
            return Err(problems);
        }
        let industries_of = params
            .kind
            .iter()
            .map(|kind| industries_of(&params, kind))
            .collect();
        let items_of = params
            .industry
            .iter()
            .map(|industry| items_of(&params, industry))
            .collect();
        Ok(Self {
            choose_kind: chooser(params.kind.iter().map(|kind| kind.weight)),
            choose_town: chooser(params.town.iter().map(|town| town.weight)),
            choose_status: chooser(params.status.iter().map(|status| status.weight)),
            choose_finding: chooser(params.finding.iter().map(|finding| finding.weight)),
            industries_of,
            items_of,
            offices: offices(&params.town),
            params,
        })
    }

    /// The headers a table is written with.
    pub(super) fn headers(&self, table: &str) -> Headers {
        self.params
            .headers
            .get(table)
            .copied()
            .unwrap_or(Headers::Canonical)
    }

    /// Number of chunks: each is made by itself, from its own random stream.
    pub(super) fn n_chunks(&self) -> u64 {
        self.params.objects.div_ceil(self.params.chunk)
    }

    /// Indices of the objects of chunk `chunk`.
    pub(super) fn objects_of(&self, chunk: u64) -> std::ops::Range<u64> {
        chunk * self.params.chunk..((chunk + 1) * self.params.chunk).min(self.params.objects)
    }
}

impl DirtyCopy {
    /// The base's settings with this copy's files.
    fn params(self, file: &str) -> Result<Params, Error> {
        let path = Path::new(file).with_file_name(&self.base);
        let base = path.display().to_string();
        let text = std::fs::read_to_string(&path).map_err(|source| Error::Read {
            path: base.clone(),
            source,
        })?;
        let params: Params = typed(&text, &base)?;
        Ok(Params {
            version: self.version,
            files: Some(self.files),
            ..params
        })
    }
}

fn typed<T: serde::de::DeserializeOwned>(text: &str, file: &str) -> Result<T, Error> {
    toml::from_str(text).map_err(|source| Error::Format {
        path: file.to_owned(),
        source: Box::new(source),
    })
}

fn named(mut problems: Vec<Problem>, file: &str) -> Error {
    for problem in &mut problems {
        file.clone_into(&mut problem.file);
    }
    Error::World(problems)
}

/// Whether `code` begins with one of `prefixes`; no prefix means every code.
pub(super) fn covered(prefixes: &[String], code: &str) -> bool {
    prefixes.is_empty()
        || prefixes
            .iter()
            .any(|prefix| code.starts_with(prefix.as_str()))
}

fn chooser(weights: impl Iterator<Item = f64>) -> WeightedAliasIndex<f64> {
    WeightedAliasIndex::new(weights.collect()).expect("weights are checked to be positive")
}

fn industries_of(params: &Params, kind: &KindOf) -> (Vec<usize>, WeightedAliasIndex<f64>) {
    let allowed: Vec<usize> = (0..params.industry.len())
        .filter(|&index| params.industry[index].kinds.contains(&kind.name))
        .collect();
    let law = chooser(allowed.iter().map(|&index| params.industry[index].weight));
    (allowed, law)
}

fn items_of(params: &Params, industry: &Industry) -> (Vec<usize>, WeightedAliasIndex<f64>) {
    let applies = |index: &usize| covered(&params.item[*index].industries, &industry.code);
    let allowed: Vec<usize> = (0..params.item.len()).filter(applies).collect();
    let law = chooser(allowed.iter().map(|&index| params.item[index].weight));
    (allowed, law)
}

fn offices(towns: &[Town]) -> Vec<String> {
    let mut offices: Vec<String> = Vec::new();
    for town in towns {
        if !offices.contains(&town.office) {
            offices.push(town.office.clone());
        }
    }
    offices
}
