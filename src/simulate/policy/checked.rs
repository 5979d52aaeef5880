//! The world of a comparison of policies as checked: every broken rule at once.

use std::collections::BTreeSet;
use std::fmt::Display;

use super::params::{Params, Policy, Publicity, Transition};
use super::policies::{memory, policies};
use crate::report::PolicyMode;
use crate::simulate::law::Law;
use crate::units::Problem;

const TIERS_MAX: usize = 26;
const REPLICATES_MAX: u32 = 1_000;
const PERIODS_MAX: u32 = 10_000;
const GRID_MAX: usize = 4_096;
const UNVISITED_MAX: u16 = 400;
/// How far a sum of shares may be from 1.
const SUM_SLACK: f64 = 1e-9;

/// Moves between classes, checked: rows sum to 1.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Moves {
    pub(super) found: Vec<Vec<f64>>,
    pub(super) clean: Vec<Vec<f64>>,
    /// Where firms go that were not visited for `after` periods.
    pub(super) unvisited: Option<(u16, Vec<Vec<f64>>)>,
}

/// A policy, checked.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ValidPolicy {
    pub(super) name: String,
    pub(super) title: String,
    pub(super) title_en: String,
    pub(super) rule: Rule,
    pub(super) floor: f64,
    pub(super) cap: f64,
    pub(super) moves: Moves,
}

/// What decides the probabilities of the classes.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Rule {
    /// clip(x · multiplier, floor, cap), x from the budget.
    Multiplier(Vec<f64>),
    /// As written.
    Probability(Vec<f64>),
}

/// All problems of a world, in the order of its keys.
pub(super) fn problems(params: &Params) -> Vec<Problem> {
    let mut found = Problems::default();
    frame(params, &mut found);
    tiers(params, &mut found);
    transition(params, "transition", &params.transition, &mut found);
    behaviour(params, &mut found);
    policies(params, &mut found);
    memory(params, &mut found);
    found.0
}

/// The policies of a world without problems.
pub(super) fn valid(params: &Params) -> Vec<ValidPolicy> {
    let named = |policy: &Policy, title: &Option<String>| {
        title.clone().unwrap_or_else(|| policy.name.clone())
    };
    let policy = |policy: &Policy| ValidPolicy {
        name: policy.name.clone(),
        title: named(policy, &policy.title),
        title_en: named(policy, &policy.title_en),
        rule: match (&policy.multiplier, &policy.probability) {
            (Some(multiplier), _) => Rule::Multiplier(multiplier.clone()),
            (None, probability) => Rule::Probability(probability.clone().unwrap_or_default()),
        },
        floor: policy.floor,
        cap: policy.cap,
        moves: moves(policy.transition.as_ref().unwrap_or(&params.transition)),
    };
    params.policy.iter().map(policy).collect()
}

fn moves(written: &Transition) -> Moves {
    let unvisited = written.unvisited.as_ref();
    Moves {
        found: written.found.clone(),
        clean: written.clean.clone(),
        unvisited: unvisited.map(|unvisited| (unvisited.after, unvisited.to.clone())),
    }
}

#[derive(Default)]
pub(super) struct Problems(Vec<Problem>);

impl Problems {
    pub(super) fn require(
        &mut self,
        holds: bool,
        key: impl Into<String>,
        value: impl Display,
        rule: &str,
    ) {
        if !holds {
            self.0.push(Problem::new(key, value, rule));
        }
    }

    fn share(&mut self, key: impl Into<String>, value: f64) {
        let holds = (0.0..=1.0).contains(&value);
        self.require(holds, key, value, "must lie in 0 ..= 1");
    }

    pub(super) fn not_negative(&mut self, key: impl Into<String>, value: f64) {
        let holds = value.is_finite() && value >= 0.0;
        self.require(holds, key, value, "must be finite and not negative");
    }
}

fn frame(params: &Params, found: &mut Problems) {
    found.require(
        params.version == 1,
        "version",
        params.version,
        "this program reads worlds of version 1",
    );
    for (key, text) in [
        ("name", &params.name),
        ("title", &params.title),
        ("seed", &params.seed),
    ] {
        let shown = format!("{text:?}");
        found.require(!text.trim().is_empty(), key, shown, "must not be empty");
    }
    found.require(
        (1..=REPLICATES_MAX).contains(&params.replicates),
        "replicates",
        params.replicates,
        "must be 1 to 1000",
    );
    found.require(
        (1..=PERIODS_MAX).contains(&params.periods),
        "periods",
        params.periods,
        "must be 1 to 10000: without a period nothing happens",
    );
    found.require(
        params.from < params.periods.max(1),
        "from",
        params.from,
        "the long run must begin before the last period ends",
    );
    found.require(
        (1..=366).contains(&params.periods_per_year),
        "periods_per_year",
        params.periods_per_year,
        "must be 1 to 366",
    );
    let distinct: BTreeSet<PolicyMode> = params.modes.iter().copied().collect();
    found.require(
        !distinct.is_empty() && distinct.len() == params.modes.len(),
        "modes",
        params.modes.len(),
        "must name at least one mode, each once",
    );
    let is_share = params.budget > 0.0 && params.budget <= 1.0;
    found.require(is_share, "budget", params.budget, "must lie in 0 < b <= 1");
    let sees = params.detection > 0.0 && params.detection <= 1.0;
    found.require(
        sees,
        "detection",
        params.detection,
        "must lie in 0 < d <= 1",
    );
    found.not_negative("noise", params.noise);
    firms(params, found);
}

fn firms(params: &Params, found: &mut Problems) {
    let firms = &params.firms;
    found.require(
        firms.count >= 1,
        "firms.count",
        firms.count,
        "must be at least 1",
    );
    found.require(
        (1..=firms.count.max(1)).contains(&firms.cells),
        "firms.cells",
        firms.cells,
        "must be at least 1 and at most the number of firms",
    );
    let shown = format!("{:?}", firms.cost);
    if let Some(rule) = firms.cost.broken_rule() {
        found.require(false, "firms.cost", shown, rule);
        return;
    }
    let can_be_negative = match firms.cost {
        Law::Fixed { value } => value < 0.0,
        Law::Uniform { low, .. } => low < 0.0,
        Law::Normal { .. } => true,
        _ => false,
    };
    found.require(
        !can_be_negative,
        "firms.cost",
        shown,
        "a cost must not be negative: fixed, uniform, log_normal, gamma or exp",
    );
}

fn tiers(params: &Params, found: &mut Problems) {
    let n = params.tier.len();
    found.require(
        (1..=TIERS_MAX).contains(&n),
        "tier",
        n,
        "must be 1 to 26 classes, best first",
    );
    let mut seen = BTreeSet::new();
    for (i, tier) in params.tier.iter().enumerate() {
        let is_new = !tier.code.trim().is_empty() && seen.insert(&tier.code);
        let key = format!("tier.{i}.code");
        let code = format!("{:?}", tier.code);
        found.require(is_new, key, code, "codes must differ and not be empty");
        found.share(format!("tier.{i}.start"), tier.start);
        found.not_negative(format!("tier.{i}.fine"), tier.fine);
    }
    let sum: f64 = params.tier.iter().map(|tier| tier.start).sum();
    let is_whole = n == 0 || (sum - 1.0).abs() <= SUM_SLACK;
    found.require(is_whole, "tier.start", sum, "the shares must sum to 1");
}

pub(super) fn transition(params: &Params, key: &str, written: &Transition, found: &mut Problems) {
    let mut matrices = vec![("found", &written.found), ("clean", &written.clean)];
    if let Some(unvisited) = &written.unvisited {
        matrices.push(("unvisited.to", &unvisited.to));
        found.require(
            (1..=UNVISITED_MAX).contains(&unvisited.after),
            format!("{key}.unvisited.after"),
            unvisited.after,
            "must be 1 to 400 periods",
        );
    }
    let n = params.tier.len();
    for (name, matrix) in matrices {
        found.require(
            matrix.len() == n,
            format!("{key}.{name}"),
            format!("{} rows", matrix.len()),
            "must have one row per class",
        );
        for (i, row) in matrix.iter().enumerate() {
            let key = format!("{key}.{name}.{i}");
            let sum: f64 = row.iter().sum();
            let is_law = row.len() == n && row.iter().all(|&p| p >= 0.0);
            let shown = format!("{row:?}");
            let rule = "must have one share per class, none negative";
            found.require(is_law, key.clone(), shown, rule);
            let is_whole = (sum - 1.0).abs() <= SUM_SLACK;
            found.require(is_whole, key, sum, "a row of shares must sum to 1");
        }
    }
}

fn behaviour(params: &Params, found: &mut Problems) {
    let needs = |mode| params.modes.contains(&mode);
    let missing = "mode needs this section";
    if needs(PolicyMode::Myopic) {
        found.require(params.learning.is_some(), "learning", "absent", missing);
    }
    if needs(PolicyMode::Forward) {
        found.require(params.foresight.is_some(), "foresight", "absent", missing);
    }
    if needs(PolicyMode::Given) {
        found.require(params.given.is_some(), "given", "absent", missing);
    }
    if let Some(learning) = &params.learning {
        let keeps = (0.0..1.0).contains(&learning.decay);
        let rule = "must lie in 0 <= d < 1";
        found.require(keeps, "learning.decay", learning.decay, rule);
        found.not_negative("learning.peer_weight", learning.peer_weight);
        if let Some(start) = learning.start {
            found.share("learning.start", start);
        }
    }
    if let Some(publicity) = &params.publicity {
        publicity_rules(publicity, found);
    }
    if let Some(foresight) = &params.foresight {
        let counts = (0.0..1.0).contains(&foresight.discount);
        let rule = "must lie in 0 <= d < 1";
        found.require(counts, "foresight.discount", foresight.discount, rule);
        found.require(
            (1..=GRID_MAX).contains(&foresight.grid),
            "foresight.grid",
            foresight.grid,
            "must be 1 to 4096",
        );
    }
    if let Some(given) = &params.given {
        per_tier(params, "given.violation", &given.violation, found);
    }
}

fn publicity_rules(publicity: &Publicity, found: &mut Problems) {
    found.share("publicity.share", publicity.share);
    found.not_negative("publicity.weight", publicity.weight);
    for (name, km) in [
        ("cell_km", publicity.cell_km),
        ("half_km", publicity.half_km),
    ] {
        let key = format!("publicity.{name}");
        found.require(
            km.is_finite() && km > 0.0,
            key,
            km,
            "must be finite and above 0",
        );
    }
    found.not_negative("publicity.reach_km", publicity.reach_km);
}

pub(super) fn per_tier(params: &Params, key: &str, values: &[f64], found: &mut Problems) {
    found.require(
        values.len() == params.tier.len(),
        key,
        format!("{} values", values.len()),
        "must have one value per class",
    );
    for (i, &value) in values.iter().enumerate() {
        found.share(format!("{key}.{i}"), value);
    }
}
