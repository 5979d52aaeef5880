//! What is published after the draw: `bulletin.json` and `drawn.csv`, from the public seal and a list of visits alone.
//!
//! Nothing in this file is handed a level, a class, a key, a stream or a reserve list.

use serde::{Deserialize, Serialize};

use super::super::{BULLETIN, Error, NOTICE};
use super::seal::{FORMAT, PublicSeal, is_text};
use crate::draw::Seed;
use crate::plan::{Proof, Unfit, field};
use crate::units::{AsOf, Digest, HashName, Moment};

/// Heading of `drawn.csv`.
pub(super) const HEADING: &str = "object_id,items\n";

/// 公示回执: where the seal was published before the event, and what shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// Where it was published, outside the bureau.
    #[serde(rename = "where")]
    pub place: String,
    /// When.
    pub published_at: Moment,
    /// SHA-256 of what shows it.
    pub evidence: Digest,
}

/// The content of a round's `bulletin.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoundBulletin {
    /// Version of the format: 2.
    pub format: u32,
    /// [`NOTICE`] in a rehearsal.
    pub notice: Option<String>,
    /// Id of the round.
    pub round: String,
    /// Title.
    pub title: String,
    /// 基准日.
    pub as_of: AsOf,
    /// Whether the register is synthetic.
    pub synthetic: bool,
    /// What the public can recompute.
    pub proof: Proof,
    /// The hash of tickets and digests.
    pub hash: HashName,
    /// Objects of the frames, each once.
    pub n_units: u64,
    /// Objects drawn, each once.
    pub n: u64,
    /// The beacon.
    pub seed_text: String,
    /// Where it comes from.
    pub seed_source: String,
    /// What the seed is bound to.
    pub seal_digest: Digest,
    /// The seed.
    pub seed: Digest,
    /// Where the seal was published; none in a rehearsal that was not.
    pub receipt: Option<Receipt>,
    /// SHA-256 of `drawn.csv`.
    pub drawn_digest: Digest,
}

impl RoundBulletin {
    /// The bulletin that seal, list, seed and receipt allow; `n_units` and `n` are rows of `frame.csv` and `drawn.csv`.
    pub(super) fn of(
        seal: &PublicSeal,
        (n_units, n): (u64, u64),
        drawn: &[u8],
        seed: &Seed,
        receipt: Option<&Receipt>,
    ) -> Self {
        Self {
            format: FORMAT,
            notice: seal.rehearsal.then(|| NOTICE.to_owned()),
            round: seal.round.clone(),
            title: seal.title.clone(),
            as_of: seal.as_of,
            synthetic: seal.synthetic,
            proof: seal.proof,
            hash: seal.hash,
            n_units,
            n,
            seed_text: seed.text().to_owned(),
            seed_source: seed.source().to_owned(),
            seal_digest: seal.digest(),
            seed: seed.digest(),
            receipt: receipt.cloned(),
            drawn_digest: HashName::Sha256.digest(&[drawn]),
        }
    }

    pub(super) fn to_json(&self) -> Vec<u8> {
        let mut bytes =
            serde_json::to_vec_pretty(self).expect("a bulletin holds nothing that JSON cannot");
        bytes.push(b'\n');
        bytes
    }

    pub(super) fn from_json(bytes: &[u8]) -> Result<Self, Error> {
        serde_json::from_slice(bytes).map_err(|error| Error::NotOfForm {
            file: BULLETIN.to_owned(),
            what: "bulletin",
            reason: error.to_string(),
        })
    }
}

/// What is wrong with a receipt, or with having none: key, value, rule.
pub(super) fn receipt_problem(
    seal: &PublicSeal,
    receipt: Option<&Receipt>,
) -> Option<(&'static str, String, String)> {
    let Some(receipt) = receipt else {
        let rule = "a receipt, in a draw of record: the proof rests on the seal's publication before the event";
        return (!seal.rehearsal).then(|| ("receipt", "none".to_owned(), rule.to_owned()));
    };
    if !is_text(&receipt.place) {
        let rule = "a text that is not empty and has no control characters";
        return Some(("receipt.where", receipt.place.clone(), rule.to_owned()));
    }
    let late: Unfit = seal.seed_rule.check_published(receipt.published_at).err()?;
    let at = receipt.published_at.to_string();
    Some(("receipt.published_at", at, late.to_string()))
}

/// The bytes of `drawn.csv`: each visited object with the names of its items, ascending by id.
pub(super) fn drawn_csv<'a>(visits: impl Iterator<Item = (&'a str, String)>) -> Vec<u8> {
    let lines = visits.map(|(id, items)| drawn_line(id, &items));
    std::iter::once(HEADING.to_owned())
        .chain(lines)
        .collect::<String>()
        .into_bytes()
}

/// One line of `drawn.csv`.
pub(super) fn drawn_line(id: &str, items: &str) -> String {
    format!("{},{}\n", field(id), field(items))
}
