//! A world of planted effects: as written, and every rule it may break.

use std::collections::BTreeSet;
use std::fmt::Display;

use serde::Deserialize;

use crate::report::{PlantedExpect, PlantedOutcome};
use crate::units::Problem;

/// Most bytes of the waves of one replicate: 2 GiB.
const BYTES_MAX: u64 = 2 << 30;
/// Bytes of one object in one round, with its rows.
const OBJECT_BYTES: u64 = 256;

/// The world file as written.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Params {
    pub(super) version: u32,
    /// `planted`.
    pub(super) kind: String,
    pub(super) name: String,
    pub(super) title: String,
    pub(super) title_en: Option<String>,
    pub(super) seed: String,
    /// Industry × district.
    pub(super) cells: u32,
    /// Standard deviation of the logarithm of a cell's level.
    pub(super) cell_sigma: f64,
    /// The same of an object's.
    pub(super) object_sigma: f64,
    pub(super) class: Vec<Class>,
    pub(super) case: Vec<Case>,
}

/// A class.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Class {
    pub(super) code: String,
    /// Share of the objects.
    pub(super) share: f64,
    /// Inclusion probability of a round.
    pub(super) pi: f64,
    /// Probability of the outcome of an average object that was not drawn.
    pub(super) rate: f64,
}

/// One planted effect, many times.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Case {
    pub(super) name: String,
    pub(super) title: Option<String>,
    pub(super) title_en: Option<String>,
    pub(super) outcome: PlantedOutcome,
    pub(super) expect: PlantedExpect,
    pub(super) objects: u32,
    #[serde(default = "one")]
    pub(super) rounds: u32,
    pub(super) replicates: u32,
    /// Relative change of the probability of those drawn.
    pub(super) effect: f64,
    /// Share of the frame that a later round's measurement stream draws; revisits only.
    #[serde(default)]
    pub(super) measured: f64,
    /// Re-draws of every round for p-values; 0 for none.
    #[serde(default)]
    pub(super) redraws: u32,
}

fn one() -> u32 {
    1
}

/// All problems, in the order of the keys.
pub(super) fn problems(params: &Params) -> Vec<Problem> {
    let mut found = Vec::new();
    let mut require = |holds: bool, key: &str, value: &dyn Display, rule: &str| {
        if !holds {
            found.push(Problem::new(key, value, rule));
        }
    };
    let known = params.version == 1 && params.kind == "planted";
    let rule = "must be version 1 of kind planted";
    require(known, "version", &params.version, rule);
    for (key, text) in [
        ("name", &params.name),
        ("title", &params.title),
        ("seed", &params.seed),
    ] {
        require(
            !text.trim().is_empty(),
            key,
            &format!("{text:?}"),
            "must not be empty",
        );
    }
    require(
        params.cells >= 2,
        "cells",
        &params.cells,
        "must be at least 2",
    );
    for (key, sigma) in [
        ("cell_sigma", params.cell_sigma),
        ("object_sigma", params.object_sigma),
    ] {
        let rule = "must lie in 0 ..= 3";
        require((0.0..=3.0).contains(&sigma), key, &sigma, rule);
    }
    require(
        !params.class.is_empty(),
        "class",
        &0,
        "must have at least one class",
    );
    require(
        !params.case.is_empty(),
        "case",
        &0,
        "must have at least one case",
    );
    let sum: f64 = params.class.iter().map(|class| class.share).sum();
    let rule = "the shares must sum to 1";
    require((sum - 1.0).abs() < 1e-9, "class.share", &sum, rule);
    for class in &params.class {
        let shares = [("share", class.share), ("rate", class.rate)];
        for (key, value) in shares {
            let key = format!("class.{}.{key}", class.code);
            require(
                (0.0..=1.0).contains(&value),
                &key,
                &value,
                "must lie in 0 ..= 1",
            );
        }
        let open = class.pi > 0.0 && class.pi < 1.0;
        let key = format!("class.{}.pi", class.code);
        require(
            open,
            &key,
            &class.pi,
            "must lie in 0 < pi < 1: there must be a comparison",
        );
    }
    let mut names = BTreeSet::new();
    for case in &params.case {
        let is_new = !case.name.trim().is_empty() && names.insert(&case.name);
        let rule = "names must differ and not be empty";
        require(is_new, "case.name", &format!("{:?}", case.name), rule);
        found_in(case, &mut require);
    }
    found
}

fn found_in(case: &Case, require: &mut impl FnMut(bool, &str, &dyn Display, &str)) {
    let key = |end: &str| format!("case.{}.{end}", case.name);
    let (objects, rounds) = (u64::from(case.objects), u64::from(case.rounds));
    require(
        case.objects >= 2,
        &key("objects"),
        &case.objects,
        "must be at least 2",
    );
    require(
        rounds >= 1,
        &key("rounds"),
        &case.rounds,
        "must be at least 1",
    );
    let bytes = objects * rounds * OBJECT_BYTES;
    let rule = "the waves of one replicate would take more than 2 GiB";
    require(bytes <= BYTES_MAX, &key("rounds"), &case.rounds, rule);
    let replicates = (1..=100_000).contains(&case.replicates);
    require(
        replicates,
        &key("replicates"),
        &case.replicates,
        "must be 1 to 100000",
    );
    let rule = "must lie in -1 ..= 1";
    require(
        (-1.0..=1.0).contains(&case.effect),
        &key("effect"),
        &case.effect,
        rule,
    );
    let measured = match case.outcome {
        PlantedOutcome::Everyone => case.measured.abs() < f64::EPSILON,
        PlantedOutcome::Revisit => case.measured > 0.0 && case.measured <= 1.0,
    };
    let rule = "must lie in 0 < m <= 1 for revisits, and be left out elsewhere";
    require(measured, &key("measured"), &case.measured, rule);
    let redraws = case.redraws == 0 || (99..=100_000).contains(&case.redraws);
    require(
        redraws,
        &key("redraws"),
        &case.redraws,
        "must be 0, or 99 to 100000",
    );
    let is_null = case.effect.abs() < f64::EPSILON;
    let fits = (case.expect == PlantedExpect::FalseClaims) == is_null
        || case.expect == PlantedExpect::Refusal;
    let rule = "false claims are counted where the effect is 0, coverage where it is not";
    require(fits, &key("effect"), &case.effect, rule);
}
