//! 调参: for the people who decide ratios and class bounds and do not program.
//!
//! *Ratio solver*: the clauses that bind ratios (floors, bounds of items, caps, inspector days, order of risk) and the ratios
//! that keep them, or the clauses that conflict and the smallest repair. *What if*: other bounds, ratios, γ, with what past
//! visits say of their findings. *Frontier*: 稳健, 均衡 and 进攻 beside the plan in force. *Long run*: how many firms would break the
//! rules under each, on assumed firms. A workshop: it may use every room and is used by none; it draws nothing and seals nothing. What it gives is internal (内部资料).

mod clause;
mod fragment;
mod frontier;
mod gamma;
mod long_run;
mod mix;
mod number;
mod observe;
mod page;
mod params;
mod past;
mod places;
mod points;
mod profiles;
mod project;
mod scene;
mod simplex;
mod solver;
mod tables;
mod variants;
mod words;

use std::collections::BTreeMap;

use serde::Serialize;

pub use clause::{Clause, ClauseFacts, Side, clauses};
pub use frontier::{Part, allocate, findings, variance};
pub use gamma::{Dialled, dial};
pub use long_run::{Behaving, LongRun, LongRunParams, Played, PlayedOnce, ValidLongRun, Verdict};
pub use mix::{Mix, MixClass, Whole};
pub use observe::{Cell, CellKey, GivenClass, Observed, Visit};
pub use page::page;
pub use params::{
    BoundaryParams, ClassParams, DayParams, Denominator, FloorParams, GammaParams, ItemParams,
    Params, ValidParams,
};
pub use past::{PastFacts, PastRound, RoundFacts};
pub use points::{DOUBLY_ROBUST, Dial, Outcome, Point};
pub use profiles::{PROFILES, Profile, profile};
pub use project::nearest;
pub use simplex::{Optimum, Row, maximise};
pub use solver::{Conflict, Relaxed, Ruling, findings_per_day, solve};
pub use tables::{ClassTable, Line, hit_rates};
pub use variants::{Variant, declared_bounds};

use points::Valued;
use variants::Trial;

use crate::evaluate::off_policy::Gate;
use crate::units::Problem;

/// Form of `tuning.json`.
const FORMAT: u32 = 1;

/// What a page says of its job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Head {
    /// Name of the job.
    pub job: String,
    /// Title.
    pub title: String,
    /// 基准日.
    pub as_of: String,
    /// Whether the data are synthetic.
    pub synthetic: bool,
}

/// What `choucha tune` found: the whole of `tuning.json`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Tuning {
    /// Whether the ratios to try keep every clause.
    pub feasible: bool,
    /// Share drawn of what the first floor counts.
    pub coverage: f64,
    /// Clauses that are not kept.
    pub conflicts: Vec<Conflict>,
    /// Nearest lawful ratio per class; empty where the ratios are lawful.
    pub repair: BTreeMap<String, f64>,
    /// Clauses that must give way where no ratios keep all.
    pub relax: Vec<Relaxed>,
    /// Form of this value.
    pub format: u32,
    /// The job.
    pub head: Head,
    /// Place and year of the profile that was tried.
    pub profile: Option<String>,
    /// Eligible objects.
    pub n_frame: u64,
    /// Objects of the 检查对象名录库.
    pub n_register: u64,
    /// Classes, lowest risk first.
    pub classes: Vec<ClassFacts>,
    /// Every clause and whether the ratios tried (else those found) keep it.
    pub clauses: Vec<ClauseFacts>,
    /// Ratios with a name: tried, lawful, 稳健, 均衡, 进攻.
    pub points: Vec<Point>,
    /// Ratios by γ, with as many visits.
    pub dial: Vec<Dial>,
    /// Findings that one more inspector day would bring at most, where days are bounded and hit rates known.
    pub findings_per_day: Option<f64>,
    /// Inspector days per visit, by class.
    pub days_per_visit: Option<Vec<f64>>,
    /// Whether a learned model stands beside the past visits.
    pub has_model: bool,
    /// Whether that model was fixed before the visits were drawn, so that it has a part in the claims.
    pub doubly_robust: bool,
    /// Past visits with a known result.
    pub n_visits: u64,
    /// Where they come from; none where no visits are known.
    pub past: Option<PastFacts>,
    /// Objects by class that have had all the visits of the year: not in the frame, and in no count but the register's.
    pub at_cap: BTreeMap<String, u64>,
    /// Columns that split every class into strata; each is drawn apart at the class's ratio.
    pub strata: Vec<String>,
    /// Least ratio of any class at the named points.
    pub least: f64,
    /// Names of regions, in the order of the tables.
    pub regions: Vec<String>,
    /// Names of industries, in the order of the tables.
    pub industries: Vec<String>,
    /// Objects of the frame by region.
    pub regions_n: Vec<u64>,
    /// Objects of the frame by industry.
    pub industries_n: Vec<u64>,
    /// The tables, per set of class bounds.
    pub variants: Vec<Variant>,
    /// The world points and γ were played on, where the job states one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub long_run: Option<LongRun>,
}

/// A class and its ratios.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClassFacts {
    /// Code.
    pub code: String,
    /// Name.
    pub name: String,
    /// Eligible objects.
    pub n: u64,
    /// Share with a finding, where it is known.
    pub hit_rate: Option<f64>,
    /// The ratio tried.
    pub tried: Option<f64>,
    /// The ratio to go on with.
    pub ratio: f64,
    /// Least lawful ratio.
    pub least: Option<f64>,
    /// Greatest lawful ratio.
    pub most: Option<f64>,
}

/// Tunes the mix a job states by itself.
///
/// # Errors
/// What the settings and the classes contradict each other in.
pub fn tune_mix(head: Head, params: &ValidParams) -> Result<Tuning, Vec<Problem>> {
    let mix = Mix::stated(params)?;
    let ruling = solve(params, &mix);
    let named = points::named(params, &mix, &ruling, &|_| true);
    let more = named.grid();
    let days = clause::day_costs(params, &mix);
    let trial = trial(params, &mix, &ruling, &more, days.as_deref());
    let tables = tables::plain_tables(&mix.classes, mix.whole, &more);
    let variants = vec![trial.alone(tables)];
    Ok(gathered(head, params, &mix, &ruling, &named, variants))
}

/// Tunes a scored frame with the visits of its past.
///
/// # Errors
/// A plan whose classes have no ratios of their own, settings that name no class.
pub fn tune_frame(
    head: Head,
    params: &ValidParams,
    plan: &crate::plan::ValidParams,
    observed: &Observed,
) -> Result<Tuning, Vec<Problem>> {
    let mut problems = unfit(plan);
    if problems.is_empty() {
        problems = misplaced(params, observed);
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let bounds = observed.bounds();
    let classes = variants::classes(observed, &bounds);
    let mix = Mix::new(params, classes, Some(observed.n_register), Some(plan))?;
    let ruling = solve(params, &mix);
    let is_supported = |ratios: &[f64]| {
        let tables = tables::tables_of(observed, &bounds, mix.whole, ratios);
        let valued = Valued {
            tables: &tables,
            costs: None,
            doubly_robust: observed.has_frozen_model(),
        };
        let gate = valued.outcome(ratios).gate;
        gate.is_none_or(|gate| gate == Gate::Green)
    };
    let named = points::named(params, &mix, &ruling, &is_supported);
    let more = named.grid();
    let days = clause::day_costs(params, &mix);
    let variants = trial(params, &mix, &ruling, &more, days.as_deref()).all(observed);
    let (regions_n, industries_n) = observed.places();
    let mut at_cap = BTreeMap::new();
    for &(_, class) in &observed.at_cap {
        let code = observed.classes[class].code.clone();
        *at_cap.entry(code).or_default() += 1;
    }
    let tuning = gathered(head, params, &mix, &ruling, &named, variants);
    Ok(Tuning {
        regions_n,
        industries_n,
        has_model: observed.has_model,
        n_visits: observed.visits.len() as u64,
        past: observed.past.clone(),
        at_cap,
        strata: observed.strata.0.clone(),
        regions: observed.regions.clone(),
        industries: observed.industries.clone(),
        ..tuning
    })
}

fn trial<'a>(
    params: &'a ValidParams,
    mix: &'a Mix,
    ruling: &'a Ruling,
    more: &'a [Vec<f64>],
    costs: Option<&'a [f64]>,
) -> Trial<'a> {
    Trial {
        params,
        mix,
        ratios: mix.proposal.as_ref().unwrap_or(&ruling.ratios),
        more,
        costs,
    }
}

/// What of a plan is no ratio per class, by name.
fn unfit(plan: &crate::plan::ValidParams) -> Vec<Problem> {
    let strata = plan.strata();
    if strata.first().is_none_or(|column| column != "risk_class") {
        let rule = "ratios by class are tuned where the strata begin with risk_class";
        return vec![Problem::new("plan.strata", strata.join(", "), rule)];
    }
    let own = plan.keys_below_class().map(|key| {
        let rule = "what is tuned is a ratio per class: no stratum below a class may have a share of its own";
        Problem::new(format!("plan.ratio.{key}"), key, rule)
    });
    let tiny = plan.tiny().map(|_| {
        let rule = "strata that are merged have no sizes before the draw: tune without [plan.tiny]";
        Problem::new("plan.tiny", "", rule)
    });
    own.chain(tiny).collect()
}

/// Declared bounds that leave a gap or overlap, or belong to a class that has none.
fn misplaced(params: &ValidParams, observed: &Observed) -> Vec<Problem> {
    let mut problems = Vec::new();
    let has_bound: Vec<&String> = observed.classes[1..]
        .iter()
        .filter(|class| class.points_from.is_some())
        .map(|class| &class.code)
        .collect();
    for boundary in &params.written.boundary {
        let without = boundary
            .points_from
            .keys()
            .filter(|code| !has_bound.contains(code));
        problems.extend(without.map(|code| {
            let rule = "only classes above the lowest in the order of risk have a bound";
            Problem::new("tune.boundary.points_from", code, rule)
        }));
    }
    for (name, bounds) in declared_bounds(params, observed) {
        if bounds.windows(2).any(|pair| pair[0] > pair[1]) {
            let rule = "a class must not start above the next one";
            let value = format!("{bounds:?}");
            problems.push(Problem::new(format!("tune.boundary.{name}"), value, rule));
        }
    }
    problems
}

fn gathered(
    head: Head,
    params: &ValidParams,
    mix: &Mix,
    ruling: &Ruling,
    named: &points::Named,
    variants: Vec<Variant>,
) -> Tuning {
    let days = clause::day_costs(params, mix);
    let current = variants.iter().find(|variant| variant.is_current);
    let doubly_robust = current.is_some_and(|variant| variant.outcome.by == DOUBLY_ROBUST);
    let valued = Valued {
        tables: current.map_or(&[][..], |variant| &variant.tables),
        costs: days.as_deref(),
        doubly_robust,
    };
    let (points, dial) = named.with_outcomes(mix, &valued);
    let tried = mix.proposal.as_ref().unwrap_or(&ruling.ratios);
    Tuning {
        feasible: ruling.feasible,
        coverage: ruling.coverage,
        classes: class_facts(mix, ruling),
        clauses: clause::clause_facts(params, mix, tried),
        conflicts: ruling.conflicts.clone(),
        repair: ruling.repair.clone(),
        relax: ruling.relax.clone(),
        format: FORMAT,
        head,
        profile: params.profile.map(|profile| profile.zh.to_owned()),
        n_frame: mix.n_frame(),
        n_register: mix.n_register,
        points,
        dial,
        findings_per_day: findings_per_day(params, mix),
        days_per_visit: days,
        has_model: false,
        doubly_robust,
        n_visits: 0,
        past: None,
        at_cap: BTreeMap::new(),
        strata: Vec::new(),
        least: params.written.gamma.floor,
        regions: Vec::new(),
        industries: Vec::new(),
        regions_n: Vec::new(),
        industries_n: Vec::new(),
        variants,
        long_run: None,
    }
}

fn class_facts(mix: &Mix, ruling: &Ruling) -> Vec<ClassFacts> {
    let fact = |(i, class): (usize, &MixClass)| ClassFacts {
        code: class.code.clone(),
        name: class.name.clone(),
        n: class.n,
        hit_rate: class.hit_rate,
        tried: mix.proposal.as_ref().map(|ratios| ratios[i]),
        ratio: ruling.ratios[i],
        least: ruling.ranges.get(i).map(|range| range.0),
        most: ruling.ranges.get(i).map(|range| range.1),
    };
    mix.classes.iter().enumerate().map(fact).collect()
}
