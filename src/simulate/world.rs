//! The world file: what a synthetic county is made of, as written and as checked.

mod params;

use std::path::{Path, PathBuf};

use rand_distr::weighted::WeightedAliasIndex;
use serde::Deserialize;

use super::Error;
use super::files::FileDirt;
use super::world_file::{self, named, typed};
use crate::units::Problem;

pub(super) use params::{Campaign, Dirt, EventKind, Headers, Industry, Item, KindOf, Params, Town};

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

impl World {
    /// Reads and checks the world file at `path`.
    ///
    /// # Errors
    /// A file that cannot be read or is not a world file; else every broken rule in it.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let (text, file) = world_file::text(path)?;
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
        let (text, base) = world_file::text(&path)?;
        let params: Params = typed(&text, &base)?;
        Ok(Params {
            version: self.version,
            files: Some(self.files),
            ..params
        })
    }
}

/// Whether `code` begins with one of `prefixes`; no prefix means every code.
pub(super) fn covered(prefixes: &[String], code: &str) -> bool {
    prefixes.is_empty()
        || prefixes
            .iter()
            .any(|prefix| code.starts_with(prefix.as_str()))
}

/// The law of an index by weights.
pub(super) fn chooser(weights: impl Iterator<Item = f64>) -> WeightedAliasIndex<f64> {
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
