//! Audits a list drawn by anybody's system: is it what a draw of its declared design would give?
//!
//! Input: the register in the order of the system that drew (its order is evidence), the drawn lists of one or more rounds, and,
//! where known, who was sent. The null hypothesis is the design the user declares: within strata every object alike, their
//! numbers fixed as observed. Everything that odd systems are known to do has its test: a fixed interval with its blind tail,
//! bunching in the register or on the map, districts by quota or left out, announced ratios, repeats between rounds, inspectors
//! always in the same pairs. What cannot be tested is withheld with its reason. All tests together call a fair list a departure
//! with at most 5 % chance (Holm 1979).
#![doc = include_str!("DESIGN.md")]

mod crosstab;
mod error;
mod fair;
mod family;
mod files;
mod input;
mod lineup;
mod lists;
mod look;
mod page;
mod panel;
mod params;
mod plane;
mod ratios;
mod reach;
mod teams;
mod words;
mod yardstick;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::ingest::InputFile;
use crate::report::Lang;
use crate::runs::{self, Input, Manifest, RunFolder};
use crate::units::{Digest, HashName, Kind, Meter, Problem};
pub use error::Error;
pub use family::{Effect, Finding, Test, Verdict, Withheld};
pub use input::{AuditInput, Refused, Register, Round, Visit};
pub use page::page;
pub use params::{Design, Pairing, Params, Ratios, ValidParams};
pub use reach::{Reach, Reached};
pub use words::Words;
pub use yardstick::Yardstick;

/// Form of `audit.json`.
const FORMAT: u32 = 1;
/// Name of the JSON file in the result folder.
const JSON_FILE: &str = "audit.json";
/// Name of the page in the result folder.
const PAGE_FILE: &str = "audit.html";

/// What `choucha audit draw` is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DrawAuditArgs {
    /// `--register`: file, glob or folder, in the order of the system that drew.
    pub register: String,
    /// `--drawn`: one or more lists; each is a round unless a column tells rounds apart.
    pub drawn: Vec<String>,
    /// `--inspectors`: the inspectors that may be sent.
    pub inspectors: Option<String>,
    /// `--design`: the declared design.
    pub design: Option<PathBuf>,
    /// `--out`: the result folder.
    pub out: Option<PathBuf>,
    /// `--lang`: language of lines and page; the JSON has both.
    pub lang: Lang,
}

/// What an audit found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Audit {
    /// Form of this value as JSON.
    pub format: u32,
    /// Name of the audited draw, from the design.
    pub title: Option<String>,
    /// The declared design in words.
    pub design: Words,
    /// Objects of the register.
    pub n_objects: usize,
    /// Strata of the declared design.
    pub n_strata: usize,
    /// The rounds.
    pub rounds: Vec<RoundSize>,
    /// Fair draws made for the comparison.
    pub replicates: u32,
    /// Chance that a fair list is called a departure by any test.
    pub level: f64,
    /// Seed of the fair draws: the digest of lists and design.
    pub seed: Digest,
    /// Whether any test found a departure.
    pub departure: bool,
    /// Tests that were made.
    pub tests: Vec<Finding>,
    /// Tests that were not, and why.
    pub withheld: Vec<Withheld>,
    /// Districts that the draw could not reach or left out.
    pub districts: Vec<Reached>,
    /// Further facts a reader should know.
    pub notes: Vec<Words>,
    /// Rows that could not be used.
    pub refused: Vec<Refused>,
}

/// One round and its size.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RoundSize {
    /// Its name.
    pub label: String,
    /// Objects drawn.
    pub n: usize,
}

impl Audit {
    /// The exit code of `audit draw`: [`Kind::Departure`] where a departure was found, none otherwise.
    #[must_use]
    pub fn kind(&self) -> Option<Kind> {
        self.departure.then_some(Kind::Departure)
    }

    /// The finding of a test, if it was made.
    #[must_use]
    pub fn finding(&self, test: Test) -> Option<&Finding> {
        self.tests.iter().find(|finding| finding.test == test)
    }

    /// Lines of text for people.
    #[must_use]
    pub fn lines(&self, lang: Lang) -> Vec<String> {
        page::lines(self, lang)
    }
}

impl Yardstick {
    /// Audits a list of the sizes this yardstick was made for.
    ///
    /// # Errors
    /// A list over another register or of other sizes.
    pub fn audit(&self, input: &AuditInput) -> Result<Audit, Error> {
        let measured = self.measure(input)?;
        let is_departure = |finding: &Finding| finding.verdict == Verdict::Departure;
        let rounds = input.rounds.iter().map(|round| RoundSize {
            label: round.label.clone(),
            n: round.visits.len(),
        });
        let settings = &self.design.params;
        Ok(Audit {
            format: FORMAT,
            title: settings.title.clone(),
            design: words::design(settings),
            n_objects: input.register.n(),
            n_strata: self.sizes.n_strata(),
            rounds: rounds.collect(),
            replicates: settings.replicates,
            level: settings.level,
            seed: Digest(self.seed),
            departure: measured.tests.iter().any(is_departure),
            tests: measured.tests,
            withheld: measured.withheld,
            districts: measured.districts,
            notes: words::notes(measured.n_short, input.refused.len()),
            refused: input.refused.clone(),
        })
    }
}

/// Audits one list; `seed` drives the fair draws it is compared with.
///
/// ```
/// use std::sync::Arc;
/// use choucha::audit::draw::{AuditInput, Params, Register, Test, Verdict, audit};
///
/// let register = Register::new((0..1000).map(|k| format!("{k:04}")).collect());
/// let every_second: Vec<u32> = (0..350).map(|k| 2 * k).collect();
/// let input = AuditInput::of(Arc::new(register), &every_second);
/// let found = audit(&input, &Params::equal().check().unwrap(), [7; 32]).unwrap();
/// assert_eq!(found.finding(Test::Interval).unwrap().verdict, Verdict::Departure);
/// ```
///
/// # Errors
/// A column of the design that the register does not have; a list without objects.
pub fn audit(input: &AuditInput, design: &ValidParams, seed: [u8; 32]) -> Result<Audit, Error> {
    Yardstick::of(input, design, seed)?.audit(input)
}

/// `choucha audit draw`: reads the lists, audits them and, with an out folder, makes `audit.json` and `audit.html` appear
/// whole. The seed of the fair draws is the digest of lists and design, so that nobody chooses it.
///
/// # Errors
/// A design with problems; lists that cannot be used; a folder that cannot be written.
pub fn run(args: &DrawAuditArgs, meter: &Meter) -> Result<Audit, Error> {
    let design = read_design(args.design.as_deref())?;
    let paths = files::Paths {
        register: &args.register,
        drawn: &args.drawn,
        inspectors: args.inspectors.as_deref(),
    };
    let read = files::read(&paths, &design)?;
    meter.report("audit: read", 1, 1);
    let seed = seed_of(&design, &read.files);
    let found = audit(&read.input, &design, seed.0)?;
    meter.report("audit: compare", 1, 1);
    if let Some(out) = &args.out {
        save(&found, args.lang, &design, &read.files, out)?;
    }
    Ok(found)
}

fn read_design(path: Option<&Path>) -> Result<ValidParams, Error> {
    let Some(path) = path else {
        return Params::equal().check().map_err(Error::Settings);
    };
    let text = fs::read_to_string(path).map_err(|source| Error::Unreadable {
        path: path.to_owned(),
        source,
    })?;
    let params: Params = toml::from_str(&text).map_err(|source| Error::Format {
        path: path.to_owned(),
        source: Box::new(source),
    })?;
    let named = |problem: Problem| Problem {
        file: path.display().to_string(),
        ..problem
    };
    let problems = |all: Vec<Problem>| Error::Settings(all.into_iter().map(named).collect());
    params.check().map_err(problems)
}

/// Digest of design and lists, without paths.
fn seed_of(design: &ValidParams, files: &[InputFile]) -> Digest {
    let contents: Vec<(u64, Digest)> = files.iter().map(|file| (file.bytes, file.digest)).collect();
    let bytes = serde_json::to_vec(&(design.digest(), contents)).expect("plain values serialise");
    HashName::Sha256.tagged("choucha/audit-seed/v1", &bytes)
}

fn save(
    found: &Audit,
    lang: Lang,
    design: &ValidParams,
    files: &[InputFile],
    out: &Path,
) -> Result<(), Error> {
    let folder = RunFolder::begin(out)?;
    let staging = folder.staging()?;
    let json = serde_json::to_string_pretty(found).expect("plain values serialise") + "\n";
    for (name, text) in [(JSON_FILE, json), (PAGE_FILE, page(found, lang)?)] {
        let path = staging.join(name);
        fs::write(&path, text).map_err(|source| Error::Write { path, source })?;
    }
    let name = |path: &str| {
        let name = Path::new(path).file_name();
        name.map_or_else(String::new, |name| name.to_string_lossy().into_owned())
    };
    let inputs = files.iter().map(|file| Input {
        name: name(&file.path),
        bytes: file.bytes,
        sha256: file.digest,
    });
    let made_from = runs::Settings {
        choucha: env!("CARGO_PKG_VERSION").to_owned(),
        settings: design.digest(),
        inputs: inputs.collect(),
    };
    let manifest = Manifest {
        format: 1,
        job: found
            .title
            .clone()
            .unwrap_or_else(|| "audit draw".to_owned()),
        as_of: String::new(),
        language: match lang {
            Lang::Zh => "zh",
            Lang::En => "en",
        }
        .to_owned(),
        run: made_from.digest(),
        made_from,
        notes: Vec::new(),
        outputs: BTreeMap::new(),
    };
    manifest.write(staging)?;
    Ok(folder.commit()?)
}
