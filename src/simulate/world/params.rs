//! The world file as written: every section and key.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::simulate::deterrent::Deterrent;
use crate::simulate::files::FileDirt;
use crate::simulate::follow_up::FollowUp;
use crate::simulate::law::Law;
use crate::units::Day;

/// The world file as written.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::simulate) struct Params {
    pub(in crate::simulate) version: u32,
    pub(in crate::simulate) name: String,
    pub(in crate::simulate) title: String,
    pub(in crate::simulate) seed: String,
    pub(in crate::simulate) as_of: Day,
    pub(in crate::simulate) first_day: Day,
    pub(in crate::simulate) window_days: i32,
    pub(in crate::simulate) objects: u64,
    pub(in crate::simulate) chunk: u64,
    pub(in crate::simulate) parts: u64,
    #[serde(default)]
    pub(in crate::simulate) headers: BTreeMap<String, Headers>,
    pub(in crate::simulate) register: Register,
    pub(in crate::simulate) propensity: Propensity,
    /// Planted on what is seen of everybody; absent means nothing.
    pub(in crate::simulate) deterrent: Option<Deterrent>,
    pub(in crate::simulate) visits: Visits,
    /// What becomes of results; absent means that no column says it.
    pub(in crate::simulate) follow_up: Option<FollowUp>,
    pub(in crate::simulate) staff: Staff,
    pub(in crate::simulate) dirt: Dirt,
    pub(in crate::simulate) kind: Vec<KindOf>,
    pub(in crate::simulate) status: Vec<Status>,
    pub(in crate::simulate) town: Vec<Town>,
    pub(in crate::simulate) industry: Vec<Industry>,
    pub(in crate::simulate) round: Vec<Round>,
    #[serde(default)]
    pub(in crate::simulate) campaign: Vec<Campaign>,
    pub(in crate::simulate) event: Vec<EventKind>,
    pub(in crate::simulate) finding: Vec<Finding>,
    pub(in crate::simulate) item: Vec<Item>,
    /// Of a dirty copy.
    #[serde(skip)]
    pub(in crate::simulate) files: Option<FileDirt>,
}

/// Which column names and code values a table is written with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::simulate) enum Headers {
    /// The headers and values of Chinese platforms.
    Zh,
    /// The names of the data contract.
    Canonical,
}

/// How objects are registered.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::simulate) struct Register {
    /// GB/T 2260 code in identifiers.
    pub(in crate::simulate) authority: u32,
    /// First word of a name, for example 馆陶县.
    pub(in crate::simulate) place: String,
    /// Share of objects that still have a 15-digit 注册号 only.
    pub(in crate::simulate) reg15_share: f64,
    /// Share of objects at the address of another object.
    pub(in crate::simulate) shared_address: f64,
    /// Share of objects that belong to the owner of another object, whose frailty they share.
    pub(in crate::simulate) shared_owner: f64,
    /// Share of objects with coordinates.
    pub(in crate::simulate) located: f64,
    /// Degrees around the centre of the township.
    pub(in crate::simulate) scatter: Law,
}

/// What makes an object break rules.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::simulate) struct Propensity {
    /// Own intensity of an object; its mean should be 1.
    pub(in crate::simulate) frailty: Law,
    /// A visit finds something with probability 1 - exp(-`visit_hazard` · intensity · …).
    pub(in crate::simulate) visit_hazard: f64,
    /// Intensity is multiplied by this in the days after a visit (planted deterrence; 1 is none).
    pub(in crate::simulate) deterrence: f64,
    /// For how many days.
    pub(in crate::simulate) deterrence_days: i32,
    /// Strictness of an inspector: multiplies the intensity that meets the eye.
    pub(in crate::simulate) strictness: Law,
}

/// How a visit goes.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::simulate) struct Visits {
    /// Probability that an object of intensity 1 is not met at its address.
    pub(in crate::simulate) unreachable: f64,
    /// Power of the intensity in it.
    pub(in crate::simulate) unreachable_elasticity: f64,
    /// Share of visits that find the inspected business is not carried on.
    pub(in crate::simulate) not_engaged: f64,
    /// Days from the day after a visit to the entry of its result.
    pub(in crate::simulate) lag: Law,
    /// Severity points of a finding.
    pub(in crate::simulate) severity: Law,
    /// Share of findings with a second result code.
    pub(in crate::simulate) second_code: f64,
}

/// The inspectors.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::simulate) struct Staff {
    pub(in crate::simulate) inspectors: u32,
    pub(in crate::simulate) recusals: u32,
    pub(in crate::simulate) absences: u32,
    /// Share of inspectors that are no longer drawn.
    pub(in crate::simulate) inactive: f64,
    /// Share of inspectors who once worked for an object.
    pub(in crate::simulate) former_employer: f64,
    /// Days from the as-of day, shifted back by `certificate_shift`, to the expiry of a certificate.
    pub(in crate::simulate) certificate: Law,
    pub(in crate::simulate) certificate_shift: i32,
    /// Days of an absence.
    pub(in crate::simulate) absence: Law,
    pub(in crate::simulate) departments: Vec<String>,
    pub(in crate::simulate) specialties: Vec<String>,
}

/// Rows that real files have too. Counts are exact. The second block must be refused at ingest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::simulate) struct Dirt {
    pub(in crate::simulate) legacy_number: u64,
    pub(in crate::simulate) wrong_check: u64,
    pub(in crate::simulate) m000_code: u64,
    pub(in crate::simulate) full_width_id: u64,
    pub(in crate::simulate) spaced_id: u64,
    pub(in crate::simulate) lower_case_id: u64,
    pub(in crate::simulate) full_width_name: u64,
    pub(in crate::simulate) spaced_name: u64,

    pub(in crate::simulate) object_twice: u64,
    pub(in crate::simulate) object_without_id: u64,
    pub(in crate::simulate) negative_capital: u64,
    pub(in crate::simulate) impossible_place: u64,
    pub(in crate::simulate) visit_of_unknown: u64,
    pub(in crate::simulate) visit_known_early: u64,
    pub(in crate::simulate) visit_without_day: u64,
    pub(in crate::simulate) event_of_unknown: u64,
    pub(in crate::simulate) event_known_early: u64,
    pub(in crate::simulate) event_without_day: u64,
}

/// 主体类别.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::simulate) struct KindOf {
    pub(in crate::simulate) name: String,
    /// Its code in a file with Chinese headers.
    pub(in crate::simulate) written: String,
    pub(in crate::simulate) weight: f64,
    pub(in crate::simulate) risk: f64,
    /// First two characters of a code.
    pub(in crate::simulate) prefixes: Vec<String>,
    /// First digits of the serial in a 注册号; empty for the cooperative form.
    pub(in crate::simulate) leads: String,
    pub(in crate::simulate) suffixes: Vec<String>,
    /// Yuan; absent where no capital is registered.
    pub(in crate::simulate) capital: Option<Law>,
    /// Years since establishment.
    pub(in crate::simulate) age: Law,
}

/// 登记状态.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::simulate) struct Status {
    pub(in crate::simulate) name: String,
    pub(in crate::simulate) written: String,
    pub(in crate::simulate) weight: f64,
    /// Whether it can be visited.
    pub(in crate::simulate) live: bool,
    /// Result code of a visit to one that cannot.
    pub(in crate::simulate) code: String,
}

/// A township and the office in charge of it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::simulate) struct Town {
    pub(in crate::simulate) code: String,
    pub(in crate::simulate) name: String,
    pub(in crate::simulate) office: String,
    pub(in crate::simulate) weight: f64,
    pub(in crate::simulate) risk: f64,
    pub(in crate::simulate) lat: f64,
    pub(in crate::simulate) lon: f64,
}

/// GB/T 4754-2017 class.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::simulate) struct Industry {
    pub(in crate::simulate) code: String,
    pub(in crate::simulate) name: String,
    pub(in crate::simulate) word: String,
    pub(in crate::simulate) weight: f64,
    pub(in crate::simulate) risk: f64,
    /// Kinds that have it.
    pub(in crate::simulate) kinds: Vec<String>,
    #[serde(default)]
    pub(in crate::simulate) labels: Vec<String>,
    #[serde(default)]
    pub(in crate::simulate) departments: Vec<String>,
}

/// A past draw: every object that existed on one of its days was drawn by itself, with the same probability, whatever it had done.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::simulate) struct Round {
    pub(in crate::simulate) draw_id: String,
    pub(in crate::simulate) from: Day,
    pub(in crate::simulate) days: i32,
    pub(in crate::simulate) ratio: f64,
}

/// 专项整治: a share of some industries, chosen by nobody's lot.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::simulate) struct Campaign {
    pub(in crate::simulate) from: Day,
    pub(in crate::simulate) days: i32,
    /// Industry code prefixes; empty means all.
    pub(in crate::simulate) industries: Vec<String>,
    pub(in crate::simulate) share: f64,
    /// Power of the intensity in the share: campaigns go where trouble is expected.
    pub(in crate::simulate) elasticity: f64,
}

/// One kind of credit event.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::simulate) struct EventKind {
    pub(in crate::simulate) kind: String,
    /// Events per year of an object of intensity 1.
    pub(in crate::simulate) rate: f64,
    /// Power of the intensity in the rate.
    pub(in crate::simulate) elasticity: f64,
    /// Days until it is known.
    pub(in crate::simulate) lag: Law,
    /// Yuan.
    pub(in crate::simulate) amount: Option<Law>,
    /// Days on a list.
    pub(in crate::simulate) stay: Option<Law>,
    /// Share of ended entries that are repaired (信用修复).
    #[serde(default)]
    pub(in crate::simulate) repaired: f64,
    /// Share of findings that lead to one.
    #[serde(default)]
    pub(in crate::simulate) after_finding: f64,
    /// Share of events that lead to a complaint visit.
    #[serde(default)]
    pub(in crate::simulate) visited: f64,
    /// Kinds that can have it; empty means all.
    #[serde(default)]
    pub(in crate::simulate) kinds: Vec<String>,
    /// Industry code prefixes that can have it; empty means all.
    #[serde(default)]
    pub(in crate::simulate) industries: Vec<String>,
    /// Month and day it always falls on, `07-01`; absent means any day.
    pub(in crate::simulate) on: Option<String>,
    /// Whether it marks the end of an earlier event instead of coming by itself.
    #[serde(default)]
    pub(in crate::simulate) is_repair: bool,
}

/// A result code of a finding (gen-2).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::simulate) struct Finding {
    pub(in crate::simulate) code: String,
    pub(in crate::simulate) weight: f64,
}

/// 抽查事项.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::simulate) struct Item {
    #[serde(rename = "item_id")]
    pub(in crate::simulate) id: String,
    pub(in crate::simulate) name: String,
    pub(in crate::simulate) department: String,
    pub(in crate::simulate) category: String,
    pub(in crate::simulate) basis: String,
    /// Industry code prefixes it applies to; empty means all.
    #[serde(default)]
    pub(in crate::simulate) industries: Vec<String>,
    pub(in crate::simulate) ratio_min: Option<f64>,
    pub(in crate::simulate) ratio_max: Option<f64>,
    pub(in crate::simulate) ratio_text: String,
    pub(in crate::simulate) visits_per_year_min: Option<f64>,
    pub(in crate::simulate) visits_per_year_max: Option<f64>,
    pub(in crate::simulate) frequency_text: String,
    pub(in crate::simulate) method: String,
    pub(in crate::simulate) required_specialty: Option<String>,
    pub(in crate::simulate) weight: f64,
}
