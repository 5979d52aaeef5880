//! The ratio solver: are these ratios lawful, is there any that is, which clauses conflict, and what is the smallest repair?
//!
//! Lawful ratios form a polytope. Where it is empty, a deletion filter (Chinneck and Dravnieks 1991) leaves a minimal set of
//! clauses that conflict: without any one of them the rest can be kept. The smallest relaxation minimises the sum of the
//! relative violations. Where it is not empty, the repair of ratios that break a clause is the lawful point nearest to
//! them in chi-square distance, written with as few decimals as whole objects allow.

use std::collections::BTreeMap;

use serde::Serialize;

use super::clause::{Clause, Side, clauses};
use super::mix::Mix;
use super::number::{real, rounded};
use super::params::ValidParams;
use super::project::{dot, nearest};
use super::simplex::{Optimum, Row, maximise};

/// What the solver says.
#[derive(Clone, Debug, PartialEq)]
pub struct Ruling {
    /// Whether the ratios to try keep every clause; without such ratios, whether any do.
    pub feasible: bool,
    /// Share drawn of what the first floor counts, by the ratios to try, else by those found.
    pub coverage: f64,
    /// Clauses the ratios break; where no ratios keep all clauses, a minimal set that conflicts.
    pub conflicts: Vec<Conflict>,
    /// Lawful ratios nearest to the ones tried; empty where they are lawful.
    pub repair: BTreeMap<String, f64>,
    /// Clauses that must give way, and to what, where no ratios keep all.
    pub relax: Vec<Relaxed>,
    /// The ratios to go on with: the ones tried, the repaired, or the ones found.
    pub ratios: Vec<f64>,
    /// Least and greatest lawful ratio of every class; empty where there are none.
    pub ranges: Vec<(f64, f64)>,
}

/// A clause that is not kept.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Conflict {
    /// Key and words.
    pub clause: String,
    /// What it asks for.
    pub need: f64,
    /// What there is: by the ratios tried, or at best beside the other clauses of the set.
    pub have: f64,
}

/// A clause that gives way.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Relaxed {
    /// Key and words.
    pub clause: String,
    /// As it stands.
    pub from: f64,
    /// The nearest value by which all can be kept.
    pub to: f64,
}

/// Rules over the ratios of a mix.
#[must_use]
pub fn solve(params: &ValidParams, mix: &Mix) -> Ruling {
    let clauses = clauses(params, mix);
    let ranges = ranges(mix, &clauses);
    if ranges.is_empty() {
        return impossible(mix, &clauses);
    }
    let start = mix.proposal.clone().unwrap_or_else(|| flat(mix));
    let broken = broken(mix, &clauses, &start);
    let is_proposed = mix.proposal.is_some();
    let ratios = if broken.is_empty() {
        start.clone()
    } else {
        repaired(mix, &clauses, &start)
    };
    let is_lawful = clauses.iter().all(|clause| clause.holds(mix, &ratios));
    let feasible = is_lawful && (broken.is_empty() || !is_proposed);
    let conflicts = match (is_proposed, is_lawful) {
        (true, _) => broken,
        (false, true) => Vec::new(),
        (false, false) => self::broken(mix, &clauses, &ratios),
    };
    Ruling {
        feasible,
        coverage: coverage(mix, &clauses, if is_proposed { &start } else { &ratios }),
        conflicts,
        repair: if feasible {
            BTreeMap::new()
        } else {
            by_code(mix, &ratios)
        },
        relax: Vec::new(),
        ratios,
        ranges,
    }
}

/// Shadow price in findings per inspector day: what one day more would find, where ratios were set for findings alone.
#[must_use]
pub fn findings_per_day(params: &ValidParams, mix: &Mix) -> Option<f64> {
    let clauses = clauses(params, mix);
    let day = clauses
        .iter()
        .position(|clause| clause.key == "days.available")?;
    let rate = |class: &super::mix::MixClass| Some(class.hit_rate? * real(class.n));
    let hits: Vec<f64> = mix.classes.iter().map(rate).collect::<Option<_>>()?;
    let best = optimum(mix, &clauses, &hits)?;
    best.prices.get(day).copied()
}

/// Whether `ratios` keep every clause.
pub(super) fn lawful(params: &ValidParams, mix: &Mix, ratios: &[f64]) -> bool {
    clauses(params, mix)
        .iter()
        .all(|clause| clause.holds(mix, ratios))
}

/// `ratios`, or the lawful ratios nearest to them.
pub(super) fn nearest_lawful(params: &ValidParams, mix: &Mix, ratios: &[f64]) -> Vec<f64> {
    let written: Vec<f64> = ratios.iter().map(|&r| rounded(r, 6)).collect();
    if lawful(params, mix, &written) {
        return written;
    }
    repaired(mix, &clauses(params, mix), ratios)
}

/// Rows of every clause, of ratios of at least `least`, and of `total` objects drawn.
pub(super) fn rows_of_total(params: &ValidParams, mix: &Mix, total: f64, least: f64) -> Vec<Row> {
    let sizes = mix.sizes();
    let sum = |sign: f64| Row {
        a: sizes.iter().map(|n| sign * n).collect(),
        bound: sign * total,
    };
    let above_least = (0..sizes.len()).map(|i| {
        let mut a = vec![0.0; sizes.len()];
        a[i] = -1.0;
        Row { a, bound: -least }
    });
    let rows = rows(mix, &clauses(params, mix)).into_iter();
    rows.chain(above_least)
        .chain([sum(1.0), sum(-1.0)])
        .collect()
}

fn flat(mix: &Mix) -> Vec<f64> {
    let share = mix.floors.iter().map(|floor| floor.share);
    vec![share.fold(0.0, f64::max); mix.classes.len()]
}

fn coverage(mix: &Mix, clauses: &[Clause], ratios: &[f64]) -> f64 {
    let floor = clauses.iter().find(|clause| clause.key == "coverage_floor");
    floor.map_or(0.0, |floor| rounded(floor.have(mix, ratios), 4))
}

fn by_code(mix: &Mix, ratios: &[f64]) -> BTreeMap<String, f64> {
    let codes = mix.classes.iter().map(|class| class.code.clone());
    codes.zip(ratios.iter().copied()).collect()
}

fn broken(mix: &Mix, clauses: &[Clause], ratios: &[f64]) -> Vec<Conflict> {
    let broken = clauses.iter().filter(|clause| !clause.holds(mix, ratios));
    let conflict = |clause: &Clause| Conflict {
        clause: clause.label(),
        need: rounded(clause.need, 6),
        have: rounded(clause.have(mix, ratios), 4),
    };
    broken.map(conflict).collect()
}

/// Every clause and r ≤ 1.
fn rows(mix: &Mix, clauses: &[Clause]) -> Vec<Row> {
    let whole = (0..mix.classes.len()).map(|i| {
        let mut a = vec![0.0; mix.classes.len()];
        a[i] = 1.0;
        Row { a, bound: 1.0 }
    });
    clauses.iter().map(Clause::row).chain(whole).collect()
}

fn optimum(mix: &Mix, clauses: &[Clause], objective: &[f64]) -> Option<Optimum> {
    maximise(objective, &rows(mix, clauses))
}

fn ranges(mix: &Mix, clauses: &[Clause]) -> Vec<(f64, f64)> {
    let end = |class: usize, sign: f64| {
        let mut objective = vec![0.0; mix.classes.len()];
        objective[class] = sign;
        optimum(mix, clauses, &objective).map(|best| rounded(sign * best.value, 6))
    };
    let range = |class: usize| Some((end(class, -1.0)?, end(class, 1.0)?));
    let all: Option<Vec<_>> = (0..mix.classes.len()).map(range).collect();
    all.unwrap_or_default()
}

/// The nearest lawful ratios, with four decimals where that keeps every clause, else five or six.
fn repaired(mix: &Mix, clauses: &[Clause], start: &[f64]) -> Vec<f64> {
    let weight = |(n, r): (f64, &f64)| n.max(1.0) / r.max(1e-3);
    let weights: Vec<f64> = mix.sizes().into_iter().zip(start).map(weight).collect();
    let at = nearest(start, &weights, &rows(mix, clauses));
    let at = at.or_else(|| optimum(mix, clauses, &vec![0.0; start.len()]).map(|best| best.at));
    let at = at.unwrap_or_else(|| start.to_vec());
    let candidates = [4, 5, 6]
        .into_iter()
        .flat_map(|digits| written(&at, start, digits));
    let lawful = |ratios: &Vec<f64>| clauses.iter().all(|clause| clause.holds(mix, ratios));
    let mut candidates = candidates.filter(lawful);
    candidates.next().unwrap_or_else(|| {
        let digits = at.iter().map(|&r| rounded(r, 6));
        digits.collect()
    })
}

/// The ratios in `digits` decimals: rounded up, to the nearest, down. A ratio that need not move keeps its value.
fn written(at: &[f64], start: &[f64], digits: i32) -> Vec<Vec<f64>> {
    let scale = 10_f64.powi(digits);
    let ways: [fn(f64) -> f64; 3] = [f64::ceil, f64::round, f64::floor];
    let way = |way: fn(f64) -> f64| {
        let one = |(&r, &from): (&f64, &f64)| {
            if (r - from).abs() < 1e-9 {
                return from;
            }
            let near = (r * scale).round();
            let whole = if (near - r * scale).abs() < 1e-6 {
                near
            } else {
                way(r * scale)
            };
            (whole / scale).clamp(0.0, 1.0)
        };
        at.iter().zip(start).map(one).collect()
    };
    ways.into_iter().map(way).collect()
}

fn impossible(mix: &Mix, clauses: &[Clause]) -> Ruling {
    let set = conflicting(mix, clauses);
    let (relax, ratios) = relaxed(mix, clauses);
    let tried = mix.proposal.as_ref().unwrap_or(&ratios);
    Ruling {
        feasible: false,
        coverage: coverage(mix, clauses, tried),
        conflicts: set,
        repair: by_code(mix, &ratios),
        relax,
        ratios,
        ranges: Vec::new(),
    }
}

/// A minimal set of clauses that cannot all be kept.
fn conflicting(mix: &Mix, clauses: &[Clause]) -> Vec<Conflict> {
    let nothing = vec![0.0; mix.classes.len()];
    let mut set = clauses.to_vec();
    for clause in clauses {
        let without: Vec<Clause> = set.iter().filter(|one| *one != clause).cloned().collect();
        if optimum(mix, &without, &nothing).is_none() {
            set = without;
        }
    }
    let conflict = |clause: &Clause| Conflict {
        clause: clause.label(),
        need: rounded(clause.need, 6),
        have: rounded(best_beside(mix, &set, clause), 4),
    };
    set.iter().map(conflict).collect()
}

/// The best a clause can have while the others of the set are kept.
fn best_beside(mix: &Mix, set: &[Clause], clause: &Clause) -> f64 {
    let others: Vec<Clause> = set.iter().filter(|one| *one != clause).cloned().collect();
    let sign = match clause.side {
        Side::AtLeast => 1.0,
        Side::AtMost => -1.0,
    };
    let objective: Vec<f64> = clause.a.iter().map(|a| sign * a).collect();
    optimum(mix, &others, &objective).map_or(f64::NAN, |best| sign * best.value)
}

/// Each clause may give way by a share of its bound; the sum of the shares is least.
fn relaxed(mix: &Mix, clauses: &[Clause]) -> (Vec<Relaxed>, Vec<f64>) {
    let (n, m) = (mix.classes.len(), clauses.len());
    let mut rows = rows(mix, clauses);
    for (i, row) in rows.iter_mut().enumerate() {
        row.a.resize(n + m, 0.0);
        if let Some(clause) = clauses.get(i) {
            row.a[n + i] = -if clause.bound == 0.0 {
                1.0
            } else {
                clause.bound.abs()
            };
        }
    }
    let objective: Vec<f64> = (0..n + m).map(|i| if i < n { 0.0 } else { -1.0 }).collect();
    let Some(best) = maximise(&objective, &rows) else {
        return (Vec::new(), vec![0.0; n]);
    };
    let ratios = &best.at[..n];
    let gives_way = |i: &usize| best.at[n + i] > 1e-7;
    let relax = (0..m).filter(gives_way).map(|i| Relaxed {
        clause: clauses[i].label(),
        from: rounded(clauses[i].need, 6),
        to: rounded(dot(&clauses[i].a, ratios), 6),
    });
    (
        relax.collect(),
        ratios.iter().map(|&r| rounded(r, 6)).collect(),
    )
}
