//! 封存书: `seal.json`, all that the public is told of a round before its seed can be known.
//!
//! Nothing in this file names a level, a class or a key: what is not public enters as a digest.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::super::folder::compare_text;
use super::super::{Error, StratumSizes};
use super::SEAL;
use crate::plan::{Design, MEASURE, Proof, Purpose, SeedRule};
use crate::units::{AsOf, Day, Digest, HashName};

/// Version of the format.
pub(super) const FORMAT: u32 = 2;

/// What the doors know of a round when it is sealed.
#[derive(Clone, Debug)]
pub struct SealFacts {
    /// Id of the round (批次).
    pub round: String,
    /// Sequence number of this seal in the ledger.
    pub sequence: u64,
    /// Head of the ledger before this seal.
    pub previous_head: Digest,
    /// The round this one draws again, and the digest of its seal.
    pub supersedes: Option<(String, Digest)>,
    /// Title, as published.
    pub title: String,
    /// 基准日 of the frames.
    pub as_of: AsOf,
    /// Whether the register is synthetic.
    pub synthetic: bool,
    /// 演练: whether the draw is a rehearsal.
    pub rehearsal: bool,
    /// What the bulletin lets the public recompute.
    pub proof: Proof,
    /// The hash of tickets and digests.
    pub hash: HashName,
    /// 牵头部门.
    pub lead: String,
    /// 配合部门.
    pub partners: Vec<String>,
    /// 年度抽查计划 the round belongs to.
    pub programme: Option<Programme>,
    /// Which event gives the seed, and how it is written.
    pub seed_rule: SeedRule,
    /// Reasons for exclusion, fit for the public, and the number of objects each takes out.
    pub exclusions: Vec<(String, u64)>,
}

/// A published yearly plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Programme {
    /// Its version.
    pub version: String,
    /// When it was published.
    pub published_on: Day,
    /// Where that can be seen.
    pub proof: String,
}

/// The content of `seal.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublicSeal {
    /// Version of the format: 2.
    pub format: u32,
    /// Id of the round.
    pub round: String,
    /// Sequence number in the ledger.
    pub sequence: u64,
    /// Head of the ledger before this seal.
    pub previous_head: Digest,
    /// The seal this one replaces.
    pub supersedes: Option<Superseded>,
    /// Title.
    pub title: String,
    /// 基准日.
    pub as_of: AsOf,
    /// Whether the register is synthetic.
    pub synthetic: bool,
    /// 演练.
    pub rehearsal: bool,
    /// What the public can recompute.
    pub proof: Proof,
    /// How keys are made and ranked.
    pub design: Design,
    /// The hash of tickets and digests.
    pub hash: HashName,
    /// 牵头部门.
    pub lead: String,
    /// 配合部门.
    pub partners: Vec<String>,
    /// 年度抽查计划.
    pub programme: Option<Programme>,
    /// 种子规则.
    pub seed_rule: SeedRule,
    /// The draws, in the order of their files.
    pub draws: Vec<PublicDraw>,
    /// Exclusions, ascending by reason.
    pub exclusions: Vec<Excluded>,
    /// Digests of internal tables, ascending by name.
    pub commitments: BTreeMap<String, Digest>,
    /// H('choucha/key/v1' ‖ 00 ‖ key); none in an open proof.
    pub key: Option<Digest>,
    /// SHA-256 of `frame.csv`.
    pub frame_digest: Digest,
}

/// A seal that another one replaces.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Superseded {
    /// Id of its round.
    pub round: String,
    /// Its digest.
    pub seal: Digest,
}

/// What the public is told of one draw.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublicDraw {
    /// Its item, or `measure`.
    pub name: String,
    /// 实施部门.
    pub department: String,
    /// What it is for.
    pub purpose: Purpose,
    /// Public strata, ascending by label.
    pub strata: Vec<StratumSizes>,
    /// Objects of its frame.
    pub n_lines: u64,
    /// What commits to its frame.
    pub lines: Digest,
    /// What commits to its level table.
    pub levels: Digest,
    /// What commits to its plan.
    pub plan: Digest,
}

/// How many objects a reason takes out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Excluded {
    /// The reason, fit for the public.
    pub reason: String,
    /// Objects.
    pub n: u64,
}

impl PublicDraw {
    /// Objects to draw.
    #[must_use]
    pub fn n(&self) -> u64 {
        self.strata.iter().map(|stratum| stratum.n).sum()
    }
}

impl PublicSeal {
    /// The facts of a seal; draws, commitments and digests come later.
    pub(super) fn of(facts: &SealFacts) -> Self {
        let mut exclusions: Vec<Excluded> = facts
            .exclusions
            .iter()
            .map(|(reason, n)| Excluded {
                reason: reason.clone(),
                n: *n,
            })
            .collect();
        exclusions.sort_by(|a, b| a.reason.cmp(&b.reason));
        let superseded = |(round, seal): &(String, Digest)| Superseded {
            round: round.clone(),
            seal: *seal,
        };
        Self {
            format: FORMAT,
            round: facts.round.clone(),
            sequence: facts.sequence,
            previous_head: facts.previous_head,
            supersedes: facts.supersedes.as_ref().map(superseded),
            title: facts.title.clone(),
            as_of: facts.as_of,
            synthetic: facts.synthetic,
            rehearsal: facts.rehearsal,
            proof: facts.proof,
            design: Design::CalibratedPareto,
            hash: facts.hash,
            lead: facts.lead.clone(),
            partners: facts.partners.clone(),
            programme: facts.programme.clone(),
            seed_rule: facts.seed_rule.clone(),
            draws: Vec::new(),
            exclusions,
            commitments: BTreeMap::new(),
            key: None,
            frame_digest: Digest([0; 32]),
        }
    }

    /// The bytes of `seal.json`.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        let mut bytes =
            serde_json::to_vec_pretty(self).expect("a seal holds nothing that JSON cannot");
        bytes.push(b'\n');
        bytes
    }

    /// H('choucha/seal/v2' ‖ 00 ‖ bytes of `seal.json`): what the seed is bound to.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.hash.tagged("choucha/seal/v2", &self.to_json())
    }

    /// Reads `seal.json`, which has one spelling, and holds it to every rule on its content.
    ///
    /// # Errors
    /// Bytes that are no seal of this format, or break a rule: kind
    /// [`Kind::Verification`](crate::units::Kind::Verification).
    pub fn from_json(bytes: &[u8]) -> Result<Self, Error> {
        let seal: Self = serde_json::from_slice(bytes).map_err(|error| Error::NotOfForm {
            file: SEAL.to_owned(),
            what: "seal",
            reason: error.to_string(),
        })?;
        if seal.format != FORMAT {
            return Err(Error::says(SEAL, "format", FORMAT, seal.format));
        }
        compare_text(SEAL, &seal.to_json(), bytes)?;
        match seal.broken_rule() {
            Some((place, rule, value)) => Err(Error::says(SEAL, place, rule, value)),
            None => Ok(seal),
        }
    }

    /// Refuses facts that a seal cannot state.
    pub(super) fn check(&self) -> Result<(), Error> {
        match self.broken_rule() {
            Some((key, rule, value)) => Err(Error::Unusable { key, value, rule }),
            None => Ok(()),
        }
    }

    /// The first rule that a value breaks: place, rule, value.
    fn broken_rule(&self) -> Option<(String, String, String)> {
        let mut texts = self.texts().into_iter();
        texts
            .find_map(|(place, text)| {
                let rule = "a text that is not empty and has no control characters";
                (!is_text(text)).then(|| (place, rule.to_owned(), format!("{text:?}")))
            })
            .or_else(|| self.broken_draw())
            .or_else(|| self.broken_list())
            .or_else(|| self.broken_seed_rule())
            .or_else(|| {
                let fits = self.key.is_some() == (self.proof == Proof::Sealed);
                let rule = "a digest exactly in a sealed proof".to_owned();
                (!fits).then(|| ("key".to_owned(), rule, format!("{:?}", self.key)))
            })
    }

    fn texts(&self) -> Vec<(String, &str)> {
        let mut texts: Vec<(String, &str)> = vec![
            ("round".to_owned(), &self.round),
            ("title".to_owned(), &self.title),
            ("lead".to_owned(), &self.lead),
        ];
        for (index, partner) in self.partners.iter().enumerate() {
            texts.push((format!("partners[{index}]"), partner));
        }
        if let Some(superseded) = &self.supersedes {
            texts.push(("supersedes.round".to_owned(), &superseded.round));
        }
        if let Some(programme) = &self.programme {
            texts.push(("programme.version".to_owned(), &programme.version));
            texts.push(("programme.proof".to_owned(), &programme.proof));
        }
        for (index, draw) in self.draws.iter().enumerate() {
            texts.push((format!("draws[{index}].name"), &draw.name));
            texts.push((format!("draws[{index}].department"), &draw.department));
            for (at, stratum) in draw.strata.iter().enumerate() {
                let place = format!("draws[{index}].strata[{at}].label");
                texts.push((place, &stratum.label));
            }
        }
        for (index, excluded) in self.exclusions.iter().enumerate() {
            texts.push((format!("exclusions[{index}].reason"), &excluded.reason));
        }
        texts
    }

    fn broken_draw(&self) -> Option<(String, String, String)> {
        let mut names = BTreeSet::new();
        for (index, draw) in self.draws.iter().enumerate() {
            let broken = |key: &str, rule: &str, value: String| {
                Some((format!("draws[{index}].{key}"), rule.to_owned(), value))
            };
            let name = || format!("{:?}", draw.name);
            if draw.name.contains(';') {
                return broken("name", "a name without \";\"", name());
            }
            if !names.insert(&draw.name) {
                return broken("name", "a name no other draw has", name());
            }
            if (draw.purpose == Purpose::Measure) != (draw.name == MEASURE) {
                let rule = "\"measure\" exactly for the measurement draw";
                return broken("name", rule, name());
            }
            if let Some(pair) = draw.strata.windows(2).find(|p| p[0].label >= p[1].label) {
                let rule = format!("a label above {:?}", pair[0].label);
                return broken("strata", &rule, format!("{:?}", pair[1].label));
            }
            if let Some(stratum) = draw.strata.iter().find(|s| s.n > s.n_units) {
                let rule = format!("at most {} of {:?}", stratum.n_units, stratum.label);
                return broken("strata", &rule, stratum.n.to_string());
            }
        }
        let has_item = |draws: &[PublicDraw]| draws.iter().any(|d| d.purpose == Purpose::Targets);
        (!has_item(&self.draws)).then(|| {
            let rule = "at least one draw of an item".to_owned();
            ("draws".to_owned(), rule, "none".to_owned())
        })
    }

    fn broken_list(&self) -> Option<(String, String, String)> {
        let by_reason = |pair: &&[Excluded]| pair[0].reason >= pair[1].reason;
        if let Some(pair) = self.exclusions.windows(2).find(by_reason) {
            let rule = format!("a reason above {:?}", pair[0].reason);
            let value = format!("{:?}", pair[1].reason);
            return Some(("exclusions".to_owned(), rule, value));
        }
        let name = self.commitments.keys().find(|name| !is_table_name(name))?;
        let rule = "table names of at most 64 letters a-z, digits, \"-\", \"_\" and \".\", a letter or digit first";
        Some((
            "commitments".to_owned(),
            rule.to_owned(),
            format!("{name:?}"),
        ))
    }

    fn broken_seed_rule(&self) -> Option<(String, String, String)> {
        let problem = self.seed_rule.check().err()?.into_iter().next()?;
        let place = format!("seed_rule.{}", problem.key);
        Some((place, problem.rule, problem.value))
    }
}

/// Whether a text can be published on a line.
pub(super) fn is_text(text: &str) -> bool {
    !text.trim().is_empty() && !text.chars().any(char::is_control)
}

/// Whether a name can stand in a file's name on every machine.
fn is_table_name(name: &str) -> bool {
    let plain = |byte: u8| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_' | b'.')
    };
    let first = name.bytes().next();
    let starts = first.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    starts && name.len() <= 64 && name.bytes().all(plain)
}
