//! What a line of the ledger records: one kind per act, each naming its artefacts by relative path and digest.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::units::{Day, Digest, HashName, Moment};

/// Artefacts of an entry: SHA-256 by path below the workspace, written with `/`. Filled in when the entry is appended.
pub type Files = BTreeMap<String, Digest>;

/// An act of record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "body", rename_all = "snake_case")]
pub enum Entry {
    /// The workspace was made; the first line, and no other.
    Init(Init),
    /// 年度抽查工作计划: a version of the programme was published.
    Programme(Programme),
    /// A round was sealed.
    Seal(Seal),
    /// The draw key was lodged with the supervisor.
    Custody(Custody),
    /// The seal was published outside the bureau.
    Receipt(Receipt),
    /// 作废: a sealed round will not be drawn.
    Void(Void),
    /// A sealed round was drawn.
    Draw(Draw),
    /// Inspectors were assigned to the visits of a drawn round.
    Assign(Assign),
    /// An assigned inspector was replaced.
    Replace(Replace),
    /// An institution (第三方机构) assists at a visit.
    Entrust(Entrust),
    /// Targets that cannot be inspected (注销、失联), and the reserves that moved up.
    Unusable(Unusable),
    /// Visits by departments outside this ledger.
    External(External),
    /// Results of the visits of a drawn round.
    Result(Results),
    /// The draw key of a sealed round is lost.
    KeyLost(KeyLost),
}

/// Body of `init`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Init {
    /// Version of the ledger's form: 1.
    pub format: u32,
    /// Whose ledger this is.
    pub title: String,
    /// 演练: nothing in it is a draw of record.
    pub rehearsal: bool,
}

/// Body of `programme`; also the minimal programme file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Programme {
    /// Its version, for example `2025-1`.
    pub version: String,
    /// The day it was published.
    pub published_on: Day,
    /// Where it can be seen that it was published then.
    pub proof: String,
    /// The programme file.
    #[serde(default)]
    pub files: Files,
}

/// Body of `seal`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seal {
    /// Id of the round, and name of its folder.
    pub round: String,
    /// Title of the round.
    pub title: String,
    /// Digest of the seal.
    pub seal: Digest,
    /// The round this one draws again.
    pub supersedes: Option<Superseded>,
    /// The round's hash.
    pub hash: HashName,
    /// Commitment to the draw key; none in an open proof.
    pub key: Option<Digest>,
    /// Source and number of the event that gives the seed.
    pub event: String,
    /// Earliest moment the seed can be known.
    pub not_before: Moment,
    /// Version of the programme this round carries out.
    pub programme: Option<String>,
    /// 演练.
    pub rehearsal: bool,
    /// Objects in the frame of any draw.
    pub n_units: u64,
    /// The sealed folder.
    #[serde(default)]
    pub files: Files,
}

/// A round that is drawn again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Superseded {
    /// Its id.
    pub round: String,
    /// Digest of its seal.
    pub seal: Digest,
}

/// Body of `custody`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Custody {
    /// The round.
    pub round: String,
    /// Digest of its seal.
    pub seal: Digest,
    /// Commitment to the key that was lodged, as the seal gives it.
    pub key: Digest,
    /// Who holds it, for example 纪委监委派驻组.
    pub holder: String,
    /// When it was lodged.
    pub lodged_at: Moment,
    /// SHA-256 of the evidence, one of the files.
    pub evidence: Digest,
    /// The evidence.
    #[serde(default)]
    pub files: Files,
}

/// Body of `receipt`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// The round.
    pub round: String,
    /// Digest of its seal.
    pub seal: Digest,
    /// Where the seal was published.
    #[serde(rename = "where")]
    pub place: String,
    /// When it was published.
    pub published_at: Moment,
    /// SHA-256 of the evidence, one of the files.
    pub evidence: Digest,
    /// The evidence.
    #[serde(default)]
    pub files: Files,
}

/// Body of `void`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Void {
    /// The round.
    pub round: String,
    /// Digest of its seal.
    pub seal: Digest,
    /// Why it will not be drawn.
    pub reason: String,
    /// The office that decided.
    pub office: String,
}

/// Body of `draw`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Draw {
    /// The round.
    pub round: String,
    /// Digest of its seal.
    pub seal: Digest,
    /// The seed text, normalised.
    pub seed_text: String,
    /// Where it comes from.
    pub seed_source: String,
    /// The seed.
    pub seed: Digest,
    /// Objects drawn.
    pub n: u64,
    /// SHA-256 of the bulletin.
    pub bulletin: Digest,
    /// The drawn folder.
    #[serde(default)]
    pub files: Files,
}

/// Body of `assign`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assign {
    /// The round.
    pub round: String,
    /// Digest of its seal.
    pub seal: Digest,
    /// Visits that got their inspectors.
    pub n_visits: u64,
    /// Visits that did not.
    pub n_shortfalls: u64,
    /// The assigned folder.
    #[serde(default)]
    pub files: Files,
}

/// Body of `replace`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Replace {
    /// The round.
    pub round: String,
    /// The object whose visit it is.
    pub object_id: String,
    /// The office that replaces.
    pub office: String,
    /// The inspector who cannot go.
    pub inspector: String,
    /// The inspector who goes.
    pub substitute: String,
    /// Why.
    pub reason: String,
    /// Who approved it; needed from the second replacement at one visit on.
    pub supervisor: Option<String>,
    /// SHA-256 of the evidence, one of the files.
    pub evidence: Digest,
    /// The evidence.
    #[serde(default)]
    pub files: Files,
}

/// Body of `entrust`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entrust {
    /// The round.
    pub round: String,
    /// The object whose visit it is.
    pub object_id: String,
    /// The department whose team it assists.
    pub department: String,
    /// The institution.
    pub institution: String,
    /// Number of its qualification.
    pub qualification: String,
    /// Last day the qualification is valid.
    pub expires: Day,
    /// Number of what it delivers.
    pub report_id: String,
    /// SHA-256 of the evidence, one of the files.
    pub evidence: Digest,
    /// The evidence.
    #[serde(default)]
    pub files: Files,
}

/// Body of `unusable`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unusable {
    /// The round.
    pub round: String,
    /// Targets this entry declares unusable.
    pub n_unusable: u64,
    /// Objects that move up by this entry.
    pub n_substitutes: u64,
    /// Targets that nobody could replace, over all entries of the round so far.
    pub n_missing: u64,
    /// Counts of this entry by the office (管辖单位) of the objects.
    pub offices: BTreeMap<String, Replaced>,
    /// SHA-256 of the file they were read from.
    pub source: Digest,
    /// SHA-256 of the evidence, one of the files.
    pub evidence: Digest,
    /// The unusable targets, the substitutes, the weights of all, and the evidence.
    #[serde(default)]
    pub files: Files,
}

/// Replaced targets of one office.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Replaced {
    /// Its targets that cannot be inspected.
    pub unusable: u64,
    /// Its objects that moved up.
    pub substitutes: u64,
}

/// Body of `external`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct External {
    /// Visits.
    pub n_visits: u64,
    /// SHA-256 of the file they were read from.
    pub source: Digest,
    /// The visits, normalised.
    #[serde(default)]
    pub files: Files,
}

/// Body of `result`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Results {
    /// The round.
    pub round: String,
    /// Visits with a result.
    pub n_visits: u64,
    /// Visits that found something.
    pub n_found: u64,
    /// SHA-256 of the file they were read from.
    pub source: Digest,
    /// The results, normalised.
    #[serde(default)]
    pub files: Files,
}

/// Body of `key_lost`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyLost {
    /// The round.
    pub round: String,
    /// How it was lost.
    pub reason: String,
    /// The office that lost it.
    pub office: String,
}

/// The kinds, in the order of [`Entry`].
pub(super) const KINDS: [&str; 14] = [
    "init",
    "programme",
    "seal",
    "custody",
    "receipt",
    "void",
    "draw",
    "assign",
    "replace",
    "entrust",
    "unusable",
    "external",
    "result",
    "key_lost",
];

impl Entry {
    /// The kind, as the line names it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        let place = match self {
            Self::Init(_) => 0,
            Self::Programme(_) => 1,
            Self::Seal(_) => 2,
            Self::Custody(_) => 3,
            Self::Receipt(_) => 4,
            Self::Void(_) => 5,
            Self::Draw(_) => 6,
            Self::Assign(_) => 7,
            Self::Replace(_) => 8,
            Self::Entrust(_) => 9,
            Self::Unusable(_) => 10,
            Self::External(_) => 11,
            Self::Result(_) => 12,
            Self::KeyLost(_) => 13,
        };
        KINDS[place]
    }

    /// The round it is about, if any.
    #[must_use]
    pub fn round(&self) -> Option<&str> {
        match self {
            Self::Init(_) | Self::Programme(_) | Self::External(_) => None,
            Self::Seal(body) => Some(&body.round),
            Self::Custody(body) => Some(&body.round),
            Self::Receipt(body) => Some(&body.round),
            Self::Void(body) => Some(&body.round),
            Self::Draw(body) => Some(&body.round),
            Self::Assign(body) => Some(&body.round),
            Self::Replace(body) => Some(&body.round),
            Self::Entrust(body) => Some(&body.round),
            Self::Unusable(body) => Some(&body.round),
            Self::Result(body) => Some(&body.round),
            Self::KeyLost(body) => Some(&body.round),
        }
    }

    /// Its artefacts.
    #[must_use]
    pub fn files(&self) -> Option<&Files> {
        match self {
            Self::Init(_) | Self::Void(_) | Self::KeyLost(_) => None,
            Self::Programme(body) => Some(&body.files),
            Self::Seal(body) => Some(&body.files),
            Self::Custody(body) => Some(&body.files),
            Self::Receipt(body) => Some(&body.files),
            Self::Draw(body) => Some(&body.files),
            Self::Assign(body) => Some(&body.files),
            Self::Replace(body) => Some(&body.files),
            Self::Entrust(body) => Some(&body.files),
            Self::Unusable(body) => Some(&body.files),
            Self::External(body) => Some(&body.files),
            Self::Result(body) => Some(&body.files),
        }
    }

    pub(super) fn files_mut(&mut self) -> Option<&mut Files> {
        match self {
            Self::Init(_) | Self::Void(_) | Self::KeyLost(_) => None,
            Self::Programme(body) => Some(&mut body.files),
            Self::Seal(body) => Some(&mut body.files),
            Self::Custody(body) => Some(&mut body.files),
            Self::Receipt(body) => Some(&mut body.files),
            Self::Draw(body) => Some(&mut body.files),
            Self::Assign(body) => Some(&mut body.files),
            Self::Replace(body) => Some(&mut body.files),
            Self::Entrust(body) => Some(&mut body.files),
            Self::Unusable(body) => Some(&mut body.files),
            Self::External(body) => Some(&mut body.files),
            Self::Result(body) => Some(&mut body.files),
        }
    }
}
