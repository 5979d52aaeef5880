//! 公示: `bulletin.json` and `drawn.csv`, as the only bytes that plan, sample and seed allow.

use serde::{Deserialize, Serialize};

use crate::draw::{Sample, Seed};
use crate::plan::{Design, Proof, SealedPlan, field};
use crate::units::{AsOf, Digest, HashName};

/// On the face of every bulletin of a rehearsal.
pub const NOTICE: &str = "演练，不得发布 / rehearsal, not for release";

/// What was drawn from what by which seed: the content of `bulletin.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bulletin {
    /// [`NOTICE`].
    pub notice: String,
    /// Version of the format: that of the plan, which is 1 wherever version 1 can hold it.
    pub version: u32,
    /// Title.
    pub title: String,
    /// Whether the register is synthetic.
    pub synthetic: bool,
    /// 基准日 of the frame.
    pub as_of: AsOf,
    /// How keys are made and ranked.
    pub design: Design,
    /// The hash of tickets and digests.
    pub hash: HashName,
    /// `open`: everything is published.
    pub proof: Proof,
    /// Objects of the frame.
    pub n_units: u64,
    /// Objects drawn.
    pub n: u64,
    /// The same per stratum.
    pub strata: Vec<StratumSizes>,
    /// The beacon, normalised.
    pub seed_text: String,
    /// Where it comes from.
    pub seed_source: String,
    /// What the seed is bound to.
    pub seal_digest: Digest,
    /// The seed: 32 bytes.
    pub seed: Digest,
    /// SHA-256 of `frame.csv`.
    pub register_digest: Digest,
    /// SHA-256 of `levels.csv`.
    pub levels_digest: Digest,
    /// H('choucha/plan/v1' ‖ 00 ‖ `plan.json`).
    pub plan_digest: Digest,
}

/// Sizes of one stratum.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StratumSizes {
    /// Label.
    pub label: String,
    /// Objects of the stratum.
    pub n_units: u64,
    /// Objects drawn.
    pub n: u64,
}

impl Bulletin {
    pub(super) fn of(plan: &SealedPlan, seed: &Seed) -> Self {
        let sizes = |stratum: &crate::plan::StratumPlan| StratumSizes {
            label: stratum.label.clone(),
            n_units: stratum.n_units,
            n: stratum.n,
        };
        Self {
            notice: NOTICE.to_owned(),
            version: plan.format,
            title: plan.header.title.clone(),
            synthetic: plan.header.synthetic,
            as_of: plan.header.as_of,
            design: plan.design,
            hash: plan.hash,
            proof: Proof::Open,
            n_units: plan.n_units(),
            n: plan.n(),
            strata: plan.strata.iter().map(sizes).collect(),
            seed_text: seed.text().to_owned(),
            seed_source: seed.source().to_owned(),
            seal_digest: plan.seal_digest(),
            seed: seed.digest(),
            register_digest: plan.frame_digest,
            levels_digest: HashName::Sha256.digest(&[&plan.levels_csv()]),
            plan_digest: plan.digest(),
        }
    }

    pub(super) fn to_json(&self) -> Vec<u8> {
        let mut bytes =
            serde_json::to_vec_pretty(self).expect("a bulletin holds nothing that JSON cannot");
        bytes.push(b'\n');
        bytes
    }
}

/// The bytes of `drawn.csv`.
pub(super) fn drawn_csv(plan: &SealedPlan, sample: &Sample) -> Vec<u8> {
    let mut drawn: Vec<(&str, usize)> = sample
        .drawn()
        .map(|unit| (unit.id.as_str(), unit.stratum))
        .collect();
    drawn.sort_unstable();
    let lines = drawn
        .into_iter()
        .map(|(id, stratum)| format!("{},{}\n", field(id), field(&plan.strata[stratum].label)));
    std::iter::once("object_id,stratum\n".to_owned())
        .chain(lines)
        .collect::<String>()
        .into_bytes()
}
