//! The objects of a chunk: who they are, and how strongly each tends to break rules.

use std::ops::Range;

use rand::{Rng, RngExt};
use rand_distr::Distribution;

use super::dirt::Spelling;
use super::identity;
use super::law::{Law, cents};
use super::words;
use super::world::{KindOf, World};
use crate::units::HashName;

/// Days a register entry is old at least.
const AGE_DAYS_MIN: i32 = 31;
/// 1980-01-01.
const EARLIEST: i32 = 3_652;

/// One object, with what a register shows and what it does not.
#[derive(Clone, Debug)]
pub(super) struct Object {
    pub(super) index: u64,
    /// The normalised id without its scheme.
    pub(super) id: String,
    /// The id as its register row spells it.
    pub(super) written_id: String,
    pub(super) scheme: &'static str,
    pub(super) name: String,
    pub(super) kind: usize,
    pub(super) status: usize,
    pub(super) town: usize,
    pub(super) industry: usize,
    pub(super) address: String,
    pub(super) shared_address: bool,
    pub(super) place: Option<(f64, f64)>,
    pub(super) established_on: i32,
    pub(super) closed_on: Option<i32>,
    pub(super) capital: Option<i64>,
    pub(super) owner: String,
    pub(super) frailty: f64,
    /// Frailty times the multipliers of kind, industry and township.
    pub(super) intensity: f64,
}

impl Object {
    /// The normalised id with its scheme, as ingest spells it.
    pub(super) fn normalised(&self) -> String {
        match self.scheme {
            "uscc" | "reg15" => self.id.clone(),
            other => format!("{other}/{}", self.id),
        }
    }
}

/// The objects with the given indices.
pub(super) fn objects(
    world: &World,
    indices: Range<u64>,
    spellings: &[Spelling],
    rng: &mut impl Rng,
) -> Vec<Object> {
    let mut made: Vec<Object> = Vec::with_capacity(spellings.len());
    for (index, &spelling) in indices.zip(spellings) {
        let object = object(world, index, spelling, &made, rng);
        made.push(object);
    }
    made
}

fn object(
    world: &World,
    index: u64,
    spelling: Spelling,
    earlier: &[Object],
    rng: &mut impl Rng,
) -> Object {
    let params = &world.params;
    let kind = world.choose_kind.sample(rng);
    let (industries, law) = &world.industries_of[kind];
    let industry = industries[law.sample(rng)];
    let (town, address, place, shared_address) = home(world, earlier, rng);
    let (owner, frailty) = owner(world, index, earlier, rng);
    let multipliers =
        params.kind[kind].risk * params.industry[industry].risk * params.town[town].risk;
    let (scheme, id) = id(world, &params.kind[kind], index, spelling, rng);
    let status = world.choose_status.sample(rng);
    let established_on = established(world, params.kind[kind].age, rng);
    Object {
        index,
        written_id: id.clone(),
        id,
        scheme,
        name: name(world, kind, industry, rng),
        kind,
        status,
        town,
        industry,
        address,
        shared_address,
        place,
        established_on,
        closed_on: closed(world, status, established_on, rng),
        capital: params.kind[kind]
            .capital
            .map(|law| cents((law.sample(rng) / 10_000.0).ceil() * 10_000.0)),
        owner,
        frailty,
        intensity: frailty * multipliers,
    }
}

fn home(
    world: &World,
    earlier: &[Object],
    rng: &mut impl Rng,
) -> (usize, String, Option<(f64, f64)>, bool) {
    let register = &world.params.register;
    if !earlier.is_empty() && rng.random_bool(register.shared_address) {
        let other = &earlier[rng.random_range(0..earlier.len())];
        return (other.town, other.address.clone(), other.place, true);
    }
    let index = world.choose_town.sample(rng);
    let town = &world.params.town[index];
    let address = format!("{}{}{}", register.place, town.name, words::street(rng));
    let offset = (register.scatter.sample(rng), register.scatter.sample(rng));
    let place = rng.random_bool(register.located).then(|| {
        (
            rounded(town.lat + offset.0.clamp(-0.5, 0.5)),
            rounded(town.lon + offset.1.clamp(-0.5, 0.5)),
        )
    });
    (index, address, place, false)
}

/// Five decimals: about a metre.
fn rounded(degrees: f64) -> f64 {
    (degrees * 1e5).round() / 1e5
}

fn owner(world: &World, index: u64, earlier: &[Object], rng: &mut impl Rng) -> (String, f64) {
    if !earlier.is_empty() && rng.random_bool(world.params.register.shared_owner) {
        let other = &earlier[rng.random_range(0..earlier.len())];
        return (other.owner.clone(), other.frailty);
    }
    let person = format!("{}/{index}", world.params.seed);
    let digest = HashName::Sha256
        .tagged("choucha/world/owner/v1", person.as_bytes())
        .to_string();
    (
        digest[..12].to_owned(),
        world.params.propensity.frailty.sample(rng).max(1e-6),
    )
}

fn id(
    world: &World,
    kind: &KindOf,
    index: u64,
    spelling: Spelling,
    rng: &mut impl Rng,
) -> (&'static str, String) {
    let authority = world.params.register.authority;
    let leads: Vec<char> = kind.leads.chars().collect();
    let lead = if leads.is_empty() {
        '6'
    } else {
        leads[rng.random_range(0..leads.len())]
    };
    let prefix = &kind.prefixes[rng.random_range(0..kind.prefixes.len())];
    let old = rng.random_bool(world.params.register.reg15_share);
    match spelling {
        Spelling::LegacyNumber => ("legacy", identity::legacy13(authority, index)),
        Spelling::WrongCheck => ("reg15", identity::reg15_wrong(authority, lead, index)),
        Spelling::M000(number) => ("uscc", identity::uscc_m000(prefix, number)),
        Spelling::LowerCaseId => ("uscc", identity::uscc(prefix, authority, index)),
        _ if old && leads.is_empty() => ("reg15", identity::reg15_cooperative(authority, index)),
        _ if old => ("reg15", identity::reg15(authority, lead, index)),
        _ => ("uscc", identity::uscc(prefix, authority, index)),
    }
}

fn name(world: &World, kind: usize, industry: usize, rng: &mut impl Rng) -> String {
    let kind = &world.params.kind[kind];
    let suffix = &kind.suffixes[rng.random_range(0..kind.suffixes.len())];
    let trade = &world.params.industry[industry].word;
    format!(
        "{}{}{trade}{suffix}",
        world.params.register.place,
        words::trade_name(rng)
    )
}

fn established(world: &World, age: Law, rng: &mut impl Rng) -> i32 {
    let years = age.sample(rng).clamp(0.0, 60.0);
    let days = Law::Fixed {
        value: years * 365.25,
    }
    .days(rng)
    .max(AGE_DAYS_MIN);
    (world.params.as_of.days() - days).max(EARLIEST.min(world.params.as_of.days() - AGE_DAYS_MIN))
}

fn closed(world: &World, status: usize, established_on: i32, rng: &mut impl Rng) -> Option<i32> {
    if world.params.status[status].live {
        return None;
    }
    let as_of = world.params.as_of.days();
    let from = (established_on + 1).max(world.params.first_day.days());
    Some(rng.random_range(from.min(as_of - 1)..as_of))
}
