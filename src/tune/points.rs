//! Ratios with a name and what they would bring: the plan in force, the lawful repair, 稳健, 均衡, 进攻, and the dial γ.

use std::collections::BTreeMap;

use serde::Serialize;

use super::frontier::{Part, allocate};
use super::gamma::dial;
use super::long_run::Played;
use super::mix::Mix;
use super::number::{real, rounded};
use super::params::ValidParams;
use super::solver::{Ruling, lawful, nearest_lawful, rows_of_total};
use super::tables::{ClassTable, Line};
use crate::evaluate::off_policy::{Gate, Sums};

/// The 0.975 quantile of the standard normal distribution.
const Z: f64 = 1.959_963_984_540_054;
/// Values of γ on the page.
const GAMMAS: [f64; 8] = [0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0];
/// The frontier's points before the last: name and λ.
const FRONTIER: [(&str, f64); 2] = [("steady", 0.0), ("balanced", 0.5)];
/// λ of the last, 进攻: the first whose findings past visits support.
const BOLD: [f64; 10] = [1.0, 0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.65, 0.6, 0.55];
/// Least ratio of any point where the clauses leave no room for the floor of γ.
const ABOVE_ZERO: f64 = 1e-6;

/// How findings were estimated where a model that was fixed before the draw stands beside the visits.
pub const DOUBLY_ROBUST: &str = "doubly_robust";

/// Ratios with a name.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Point {
    /// `tried`, `lawful`, `steady` (稳健), `balanced` (均衡) or `bold` (进攻).
    pub name: String,
    /// Weight of findings against precision, 0 ..= 1, for a point of the frontier. 进攻 has less than 1 where past visits do not
    /// support more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lambda: Option<f64>,
    /// Whether they keep every clause.
    pub is_lawful: bool,
    /// Ratio per class.
    pub ratios: BTreeMap<String, f64>,
    /// What they would bring.
    pub outcome: Outcome,
    /// What they lead to in the long run, where the job states a world.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub long_run: Option<Played>,
}

/// Ratios by π = clip(λ p^γ, floor, cap), p the hit rate of a class.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Dial {
    /// γ.
    pub gamma: f64,
    /// λ.
    pub lambda: f64,
    /// Ratio per class.
    pub ratios: BTreeMap<String, f64>,
    /// What they would bring.
    pub outcome: Outcome,
    /// What they lead to in the long run, where the job states a world.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub long_run: Option<Played>,
}

/// What a choice of ratios would bring in expectation.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Outcome {
    /// Visits.
    pub visits: u64,
    /// Share of the frame that is visited.
    pub coverage: f64,
    /// Findings expected, where anything is known of them.
    pub findings: Option<f64>,
    /// 95 % interval of findings; none where the past does not carry a claim.
    pub findings_interval: Option<(f64, f64)>,
    /// How findings were estimated: `doubly_robust`, `weighted_visits` or `stated_rates`.
    pub by: &'static str,
    /// Support gate of the past visits; none without any.
    pub gate: Option<Gate>,
    /// Classes that were never visited, for which nothing can be said.
    pub unseen: Vec<String>,
    /// Findings by the learned model alone, where there is one; no claim.
    pub by_model: Option<f64>,
    /// Standard error of the prevalence that the next draw would estimate.
    pub prevalence_se: Option<f64>,
    /// Inspector days.
    pub days: Option<f64>,
}

/// Named ratios, before the tables are made.
pub(super) struct Named {
    points: Vec<Plain>,
    dial: Vec<(f64, f64, Vec<f64>)>,
}

/// A point without what it would bring.
struct Plain {
    name: &'static str,
    lambda: Option<f64>,
    is_lawful: bool,
    ratios: Vec<f64>,
}

/// All named ratios of a mix. `is_supported` says whether past visits carry a claim about ratios.
pub(super) fn named(
    params: &ValidParams,
    mix: &Mix,
    ruling: &Ruling,
    is_supported: &dyn Fn(&[f64]) -> bool,
) -> Named {
    let point = |name, lambda, ratios: Vec<f64>| Plain {
        name,
        lambda,
        is_lawful: lawful(params, mix, &ratios),
        ratios,
    };
    let mut points = Vec::new();
    if let Some(tried) = &mix.proposal {
        points.push(point("tried", None, tried.clone()));
    }
    if mix.proposal.as_ref() != Some(&ruling.ratios) {
        points.push(point("lawful", None, ruling.ratios.clone()));
    }
    let total = params.written.visits;
    let total = real(total.unwrap_or_else(|| mix.drawn(&ruling.ratios).iter().sum()));
    for (name, lambda) in FRONTIER {
        if let Some(ratios) = frontier(params, mix, total, lambda) {
            points.push(point(name, Some(lambda), ratios));
        }
    }
    if let Some((lambda, ratios)) = bold(params, mix, total, is_supported) {
        points.push(point("bold", Some(lambda), ratios));
    }
    let dial = GAMMAS
        .iter()
        .filter_map(|&gamma| dialled(params, mix, gamma, total));
    Named {
        dial: dial.collect(),
        points,
    }
}

/// The most findings that past visits support; the most of all where they support none.
fn bold(
    params: &ValidParams,
    mix: &Mix,
    total: f64,
    is_supported: &dyn Fn(&[f64]) -> bool,
) -> Option<(f64, Vec<f64>)> {
    let most = frontier(params, mix, total, 1.0)?;
    let at = |&lambda: &f64| Some((lambda, frontier(params, mix, total, lambda)?));
    let mut supported = BOLD.iter().filter_map(at);
    let found = supported.find(|(_, ratios)| is_supported(ratios));
    found.or(Some((1.0, most)))
}

/// The point of the frontier among the lawful ratios that draw `total` objects; every class keeps the floor of γ where the
/// clauses leave room for it.
fn frontier(params: &ValidParams, mix: &Mix, total: f64, lambda: f64) -> Option<Vec<f64>> {
    let part = |class: &super::mix::MixClass| {
        let p = if class.n > 0 { class.hit_rate? } else { 0.5 };
        let n_units = real(class.n);
        Some(Part { n_units, p })
    };
    let parts: Vec<Part> = mix.classes.iter().map(part).collect::<Option<_>>()?;
    let at = |least: f64| {
        let rows = rows_of_total(params, mix, total, least);
        allocate(&parts, &rows, lambda)
    };
    let ratios = at(params.written.gamma.floor).or_else(|| at(ABOVE_ZERO))?;
    Some(nearest_lawful(params, mix, &ratios))
}

fn dialled(
    params: &ValidParams,
    mix: &Mix,
    gamma: f64,
    total: f64,
) -> Option<(f64, f64, Vec<f64>)> {
    let occupied = mix.classes.iter().filter(|class| class.n > 0);
    let group = |class: &super::mix::MixClass| Some((class.hit_rate?, real(class.n)));
    let groups: Vec<(f64, f64)> = occupied.map(group).collect::<Option<_>>()?;
    let ends = &params.written.gamma;
    let dialled = dial(&groups, gamma, (ends.floor, ends.cap), total)?;
    let mut pi = dialled.pi.into_iter();
    let ratio = |class: &super::mix::MixClass| {
        let pi = if class.n > 0 { pi.next() } else { None };
        rounded(pi.unwrap_or(ends.floor), 6)
    };
    Some((
        gamma,
        dialled.lambda,
        mix.classes.iter().map(ratio).collect(),
    ))
}

impl Named {
    /// Ratios that must stand in every grid.
    pub(super) fn grid(&self) -> Vec<Vec<f64>> {
        let points = self.points.iter().map(|point| point.ratios.clone());
        points
            .chain(self.dial.iter().map(|(.., ratios)| ratios.clone()))
            .collect()
    }

    /// The named ratios with what they would bring.
    pub(super) fn with_outcomes(&self, mix: &Mix, valued: &Valued) -> (Vec<Point>, Vec<Dial>) {
        let by_code = |ratios: &[f64]| {
            let codes = mix.classes.iter().map(|class| class.code.clone());
            codes
                .zip(ratios.iter().copied())
                .collect::<BTreeMap<_, _>>()
        };
        let point = |point: &Plain| Point {
            name: point.name.to_owned(),
            lambda: point.lambda,
            is_lawful: point.is_lawful,
            ratios: by_code(&point.ratios),
            outcome: valued.outcome(&point.ratios),
            long_run: None,
        };
        let dial = |(gamma, lambda, ratios): &(f64, f64, Vec<f64>)| Dial {
            gamma: *gamma,
            lambda: *lambda,
            ratios: by_code(ratios),
            outcome: valued.outcome(ratios),
            long_run: None,
        };
        let points = self.points.iter().map(point).collect();
        (points, self.dial.iter().map(dial).collect())
    }
}

/// Tables that ratios are valued by.
pub(super) struct Valued<'a> {
    pub(super) tables: &'a [ClassTable],
    /// Inspector days per visit, by class.
    pub(super) costs: Option<&'a [f64]>,
    /// Whether the model was fixed before the visits were drawn.
    pub(super) doubly_robust: bool,
}

impl Valued<'_> {
    /// Sums the lines of the ratios.
    pub(super) fn outcome(&self, ratios: &[f64]) -> Outcome {
        let tables = self.tables;
        let lines: Vec<Option<&Line>> = tables
            .iter()
            .zip(ratios)
            .map(|(table, &ratio)| line(table, ratio))
            .collect();
        let chosen: Vec<&Line> = lines.iter().flatten().copied().collect();
        let visits: u64 = chosen.iter().map(|line| line.visits).sum();
        let n = real(tables.iter().map(|table| table.n).sum());
        let occupied = || tables.iter().filter(|table| table.n > 0);
        let has_rates = occupied().all(|table| table.hit_rate.is_some());
        let variance: f64 = chosen.iter().map(|line| line.variance).sum();
        let days = |costs: &[f64]| {
            let visits = lines.iter().map(|line| line.map_or(0, |line| line.visits));
            visits.zip(costs).map(|(n, cost)| real(n) * cost).sum()
        };
        let bare = Outcome {
            visits,
            coverage: if n > 0.0 {
                rounded(real(visits) / n, 6)
            } else {
                0.0
            },
            findings: has_rates.then(|| chosen.iter().map(|line| line.plain).sum()),
            findings_interval: None,
            by: "stated_rates",
            gate: None,
            unseen: Vec::new(),
            by_model: None,
            prevalence_se: has_rates.then(|| variance.sqrt() / n.max(1.0)),
            days: self.costs.map(days),
        };
        if occupied().all(|table| table.seen == 0) {
            return bare;
        }
        let unseen = occupied().filter(|table| table.seen == 0);
        let unseen = unseen.map(|table| table.code.clone()).collect();
        self.learnt(&Outcome { unseen, ..bare }, &chosen)
    }

    /// What the past says of the lines, under its support gate.
    fn learnt(&self, bare: &Outcome, lines: &[&Line]) -> Outcome {
        let past = lines
            .iter()
            .fold(Sums::default(), |sums, line| sums.and(&line.past));
        let model: f64 = lines.iter().map(|line| line.model).sum();
        let value = past.value(model, !bare.unseen.is_empty());
        let visits = real(bare.visits);
        let (by, findings, se) = if self.doubly_robust && model > 0.0 {
            (DOUBLY_ROBUST, value.dr, value.dr_se)
        } else {
            (
                "weighted_visits",
                value.rate * visits,
                value.rate_se * visits,
            )
        };
        let interval = (
            (findings - Z * se).max(0.0),
            (findings + Z * se).min(visits),
        );
        Outcome {
            findings: (value.gate != Gate::Refused).then_some(findings),
            findings_interval: (value.gate == Gate::Green).then_some(interval),
            by,
            gate: Some(value.gate),
            by_model: (model > 0.0).then_some(model),
            ..bare.clone()
        }
    }
}

fn line(table: &ClassTable, ratio: f64) -> Option<&Line> {
    let of_ratio = |line: &&Line| (line.ratio - ratio).abs() < 1e-9;
    table.lines.iter().find(of_ratio)
}
