//! Drawn units and their outcomes to estimates.

use rayon::prelude::*;

use super::bootstrap::{Bootstrap, percentile_interval, take_some};
use super::design::{
    Respondent, VarianceForm, collapse, effective_size, hajek_mean, variance_of_mean,
};
use super::estimates::{
    Cell, ClassGap, Definition, Estimates, Figure, Method, N_MIN, Ranking, Support, Trust,
};
use super::finding::{HitRule, Verdict, judge};
use super::interval::{Interval, clopper_pearson, logit_t, newcombe, wilson};
use super::number::{count, real, real_len, share};
use super::params::ValidParams;
use super::ranking::{
    GainPoint, Scored, auc, average_precision, brier, calibration, gain_at, gains, lift_by_decile,
    precision_at,
};
use super::{DrawnUnit, Error, FrameFacts};

/// A drawn unit with its verdict (`None`: not visited) and its probability to be drawn and to respond.
pub(super) struct Judged<'a> {
    pub(super) unit: &'a DrawnUnit,
    pub(super) verdict: Option<Verdict>,
    pub(super) pi: f64,
}

impl Judged<'_> {
    pub(super) fn is_valid(&self) -> bool {
        self.verdict.is_some_and(|verdict| verdict.valid)
    }

    pub(super) fn is_hit(&self) -> bool {
        self.verdict
            .is_some_and(|verdict| verdict.valid && verdict.hit)
    }
}

/// A draw with its verdicts, and the variance strata they are summed in.
struct Judgement<'a> {
    units: Vec<Judged<'a>>,
    /// Variance stratum of every stratum.
    groups: Vec<usize>,
    /// Visited units of every variance stratum.
    visited: Vec<Vec<usize>>,
}

/// A part of the frame: which units belong to it, and what is known of the frame.
struct Domain<'a> {
    label: &'a str,
    name: &'a str,
    n_frame: u64,
    n_blind: u64,
    members: Vec<usize>,
}

/// Measures a draw. `seed` (the 32 bytes of the draw's seed) moves the bootstrap alone; unit order does not matter.
///
/// # Errors
/// A unit outside the frame's strata or classes, a probability outside (0, 1], a score that is not finite, a result
/// code in no list.
pub fn measure(
    params: &ValidParams,
    frame: &FrameFacts,
    units: &[DrawnUnit],
    seed: &[u8; 32],
) -> Result<Estimates, Error> {
    check(frame, units)?;
    let mut sorted: Vec<&DrawnUnit> = units.iter().collect();
    sorted.sort_by(|a, b| (a.object_key, &a.object_id).cmp(&(b.object_key, &b.object_id)));
    let judgement = Judgement::new(frame, judge_all(params, frame, &sorted)?);
    let domains = domains(frame, &judgement);
    let lifts = lift_intervals(params, seed, &judgement, &domains);
    let market = cell(&domains[0], &judgement, None, lifts[0]);
    let cells: Vec<Cell> = domains[1..]
        .iter()
        .zip(&lifts[1..])
        .map(|(domain, lift)| cell(domain, &judgement, Some(&market.prevalence), *lift))
        .collect();
    let (by_class, by_stratum) = cells.split_at(frame.classes.len());
    Ok(Estimates {
        hit_rule: params.hit_rule,
        unreachable_is_hit: params.codes.unreachable_is_hit,
        replicates: params.replicates,
        sum_pi: frame.sum_pi,
        class_gaps: class_gaps(frame, by_class),
        by_class: by_class.to_vec(),
        by_stratum: by_stratum.to_vec(),
        overall: market,
        definitions: definitions(params, &sorted),
        collapsed: judgement.collapsed(frame),
        ranking: rank(&judgement),
    })
}

pub(super) fn check(frame: &FrameFacts, units: &[DrawnUnit]) -> Result<(), Error> {
    for unit in units {
        let id = || unit.object_id.clone();
        if index(unit.stratum) >= frame.strata.len() {
            return Err(Error::UnknownStratum {
                object_id: id(),
                stratum: unit.stratum,
            });
        }
        if usize::from(unit.class) >= frame.classes.len() {
            return Err(Error::UnknownClass {
                object_id: id(),
                class: unit.class,
            });
        }
        if !(unit.pi > 0.0 && unit.pi <= 1.0) {
            return Err(Error::Probability {
                object_id: id(),
                pi: unit.pi,
            });
        }
        if !unit.score.is_finite() {
            return Err(Error::Score { object_id: id() });
        }
    }
    Ok(())
}

fn index(value: u32) -> usize {
    usize::try_from(value).expect("32 bits fit a usize")
}

/// Non-response is adjusted by class: π times the visit rate of the class.
pub(super) fn judge_all<'a>(
    params: &ValidParams,
    frame: &FrameFacts,
    units: &[&'a DrawnUnit],
) -> Result<Vec<Judged<'a>>, Error> {
    let verdict = |unit: &DrawnUnit| match &unit.outcome {
        Some(outcome) => judge(params.hit_rule, &params.codes, &unit.object_id, outcome),
        None => Ok(None),
    };
    let verdicts: Vec<Option<Verdict>> = units
        .iter()
        .map(|unit| verdict(unit))
        .collect::<Result<_, Error>>()?;
    let mut drawn = vec![0_u64; frame.classes.len()];
    let mut answered = drawn.clone();
    for (unit, verdict) in units.iter().zip(&verdicts) {
        drawn[usize::from(unit.class)] += 1;
        answered[usize::from(unit.class)] += u64::from(verdict.is_some());
    }
    let response =
        |class: u16| real(answered[usize::from(class)]) / real(drawn[usize::from(class)]);
    let judged = |(&unit, verdict): (&&'a DrawnUnit, Option<Verdict>)| Judged {
        unit,
        verdict,
        pi: response(unit.class) * if unit.take_all { 1.0 } else { unit.pi },
    };
    Ok(units.iter().zip(verdicts).map(judged).collect())
}

impl<'a> Judgement<'a> {
    /// Strata with fewer than two take-some results are merged in order for variances.
    fn new(frame: &FrameFacts, units: Vec<Judged<'a>>) -> Self {
        let mut n_take_some = vec![0; frame.strata.len()];
        let is_visited = |unit: &Judged| unit.verdict.is_some();
        for unit in units
            .iter()
            .filter(|unit| is_visited(unit) && unit.pi < 1.0)
        {
            n_take_some[index(unit.unit.stratum)] += 1;
        }
        let groups = collapse(&n_take_some);
        let mut visited = vec![Vec::new(); groups.iter().max().map_or(0, |last| last + 1)];
        for (place, unit) in units
            .iter()
            .enumerate()
            .filter(|(_, unit)| is_visited(unit))
        {
            visited[groups[index(unit.unit.stratum)]].push(place);
        }
        Self {
            units,
            groups,
            visited,
        }
    }

    fn group(&self, place: usize) -> usize {
        self.groups[index(self.units[place].unit.stratum)]
    }

    /// Labels of strata that were merged and hold take-some results.
    fn collapsed(&self, frame: &FrameFacts) -> Vec<Vec<String>> {
        let mut merged: Vec<Vec<String>> = vec![Vec::new(); self.visited.len()];
        for (stratum, &group) in frame.strata.iter().zip(&self.groups) {
            merged[group].push(stratum.label.clone());
        }
        let has_take_some = |group: usize| {
            self.visited[group]
                .iter()
                .any(|&place| self.units[place].pi < 1.0)
        };
        let merged = merged.into_iter().enumerate();
        merged
            .filter(|(group, labels)| labels.len() > 1 && has_take_some(*group))
            .map(|(_, labels)| labels)
            .collect()
    }

    /// The visited units that carry variance of a domain: all of every variance stratum the domain touches.
    fn respondents(&self, domain: &Domain) -> Vec<Respondent> {
        let mut groups: Vec<usize> = domain
            .members
            .iter()
            .map(|&place| self.group(place))
            .collect();
        groups.sort_unstable();
        groups.dedup();
        let places = groups.into_iter().flat_map(|group| &self.visited[group]);
        places
            .map(|&place| self.respondent(place, domain.members.binary_search(&place).is_ok()))
            .collect()
    }

    fn respondent(&self, place: usize, is_inside: bool) -> Respondent {
        let unit = &self.units[place];
        Respondent {
            y: f64::from(u8::from(unit.is_hit())),
            in_domain: f64::from(u8::from(unit.is_valid() && is_inside)),
            pi: unit.pi,
            stratum: self.group(place),
        }
    }

    fn of<'b>(&'b self, domain: &'b Domain) -> impl Iterator<Item = &'b Judged<'a>> {
        domain.members.iter().map(|&place| &self.units[place])
    }
}

/// The whole frame, then its classes, then its strata.
fn domains<'a>(frame: &'a FrameFacts, judgement: &Judgement) -> Vec<Domain<'a>> {
    let mut of_class = vec![Vec::new(); frame.classes.len()];
    let mut of_stratum = vec![Vec::new(); frame.strata.len()];
    for (place, unit) in judgement.units.iter().enumerate() {
        of_class[usize::from(unit.unit.class)].push(place);
        of_stratum[index(unit.unit.stratum)].push(place);
    }
    let is_seen = |members: &[usize]| {
        members
            .iter()
            .any(|&place| judgement.units[place].verdict.is_some())
    };
    let class = |(facts, members): (&'a super::ClassFacts, Vec<usize>)| Domain {
        label: &facts.code,
        name: &facts.name,
        n_frame: facts.n_frame,
        n_blind: if is_seen(&members) { 0 } else { facts.n_frame },
        members,
    };
    let stratum = |(facts, members): (&'a super::StratumFacts, Vec<usize>)| Domain {
        label: &facts.label,
        name: "",
        n_frame: facts.n_frame,
        n_blind: if facts.n_drawn == 0 { facts.n_frame } else { 0 },
        members,
    };
    let classes: Vec<Domain> = frame.classes.iter().zip(of_class).map(class).collect();
    let n_unseen: u64 = classes.iter().map(|class| class.n_blind).sum();
    let market = Domain {
        label: "all",
        name: "",
        n_frame: frame.n_frame,
        n_blind: n_unseen.max(frame.n_never),
        members: (0..judgement.units.len()).collect(),
    };
    let strata = frame.strata.iter().zip(of_stratum).map(stratum);
    [market].into_iter().chain(classes).chain(strata).collect()
}

fn cell(
    domain: &Domain,
    judgement: &Judgement,
    market: Option<&Figure>,
    lift: Option<Interval>,
) -> Cell {
    let mut cell = counted(domain, judgement);
    cell.support = support(&cell, domain, judgement);
    cell.suppressed = cell.n < N_MIN;
    cell.trust = trust(&cell);
    if cell.suppressed {
        return cell;
    }
    let (hits, n) = (real(cell.hits), real(cell.n));
    cell.raw = Figure::new(share(hits, n), Some(wilson(hits, n)), Method::Wilson);
    cell.prevalence = prevalence(&cell, domain, judgement);
    let market = *market.unwrap_or(&cell.prevalence);
    let over = |rate: f64| market.value.and_then(|market| share(rate, market));
    cell.lift = Figure::new(cell.raw.value.and_then(over), lift, Method::RaoWu);
    let scaled = market.interval().map(|interval| interval.scaled(n));
    cell.opportunity = Figure::new(market.value.map(|market| n * market), scaled, market.method);
    cell
}

fn counted(domain: &Domain, judgement: &Judgement) -> Cell {
    let number = |keep: &dyn Fn(&Judged) -> bool| {
        count(judgement.of(domain).filter(|unit| keep(unit)).count())
    };
    let (n_drawn, n_visited) = (number(&|_| true), number(&|unit| unit.verdict.is_some()));
    Cell {
        label: domain.label.to_owned(),
        name: domain.name.to_owned(),
        n_frame: domain.n_frame,
        n_drawn,
        n_visited,
        n_void: number(&|unit| unit.verdict.is_some_and(|verdict| !verdict.valid)),
        n_unreachable: number(&|unit| unit.verdict.is_some_and(|verdict| verdict.unreachable)),
        n: number(&|unit| unit.is_valid()),
        hits: number(&|unit| unit.is_hit()),
        response: share(real(n_visited), real(n_drawn)),
        suppressed: true,
        trust: Trust::Low,
        support: Support {
            n_eff: 0.0,
            weight_share_max: None,
            pi_min: None,
            blind_share: 0.0,
            sampling_fraction: None,
        },
        raw: Figure::NONE,
        prevalence: Figure::NONE,
        lift: Figure::NONE,
        opportunity: Figure::NONE,
    }
}

fn support(cell: &Cell, domain: &Domain, judgement: &Judgement) -> Support {
    let inside = || judgement.of(domain);
    let weights = || {
        inside()
            .filter(|unit| unit.is_valid())
            .map(|unit| 1.0 / unit.pi)
    };
    let largest = weights().fold(0.0, f64::max);
    Support {
        n_eff: effective_size(weights()),
        weight_share_max: share(largest, weights().sum()),
        pi_min: inside().map(|unit| unit.unit.pi).min_by(f64::total_cmp),
        blind_share: share(real(domain.n_blind), real(domain.n_frame)).unwrap_or(0.0),
        sampling_fraction: share(real(cell.n_drawn), real(cell.n_frame)),
    }
}

fn trust(cell: &Cell) -> Trust {
    let (n, n_eff) = (real(cell.n), cell.support.n_eff);
    if cell.n < N_MIN || n_eff < 30.0 || n_eff < n / 5.0 || cell.support.blind_share > 0.0 {
        return Trust::Low;
    }
    let answered = cell.response.is_some_and(|response| response >= 0.9);
    if n_eff >= 150.0 && cell.hits >= 20 && answered {
        Trust::High
    } else {
        Trust::Medium
    }
}

fn prevalence(cell: &Cell, domain: &Domain, judgement: &Judgement) -> Figure {
    let respondents = judgement.respondents(domain);
    let mean = hajek_mean(&respondents);
    let take_some = || {
        respondents
            .iter()
            .filter(|unit| unit.pi < 1.0 && unit.in_domain > 0.0)
    };
    if take_some().next().is_none() {
        let exact = mean.map(|mean| Interval {
            low: mean,
            high: mean,
        });
        return Figure::new(mean, exact, Method::Census);
    }
    if cell.hits == 0 || cell.hits == cell.n {
        let n_eff = cell.support.n_eff;
        let interval = clopper_pearson(if cell.hits == 0 { 0.0 } else { n_eff }, n_eff);
        return Figure::new(mean, Some(interval), Method::ClopperPearson);
    }
    let variance = variance_of_mean(&respondents, VarianceForm::Rosen);
    let df = degrees_of_freedom(domain, judgement);
    let interval = mean
        .zip(variance)
        .map(|(mean, variance)| logit_t(mean, variance, df));
    Figure::new(mean, interval, Method::LogitT)
}

/// Take-some results of the domain (invalid objects stay in), less the variance strata they lie in; at least 1.
fn degrees_of_freedom(domain: &Domain, judgement: &Judgement) -> f64 {
    let units = &judgement.units;
    let take_some = |place: &&usize| units[**place].verdict.is_some() && units[**place].pi < 1.0;
    let mut groups: Vec<usize> = domain
        .members
        .iter()
        .filter(take_some)
        .map(|&place| judgement.group(place))
        .collect();
    let n = groups.len();
    groups.sort_unstable();
    groups.dedup();
    (real_len(n) - real_len(groups.len())).max(1.0)
}

/// Rao-Wu intervals of raw rate over prevalence of the whole frame, one per domain, from the same replicates.
fn lift_intervals(
    params: &ValidParams,
    seed: &[u8; 32],
    judgement: &Judgement,
    domains: &[Domain],
) -> Vec<Option<Interval>> {
    let bootstrap = Bootstrap::new(seed, "choucha/bootstrap/lift/v1", params.replicates);
    let is_visited = |place: &usize| judgement.units[*place].verdict.is_some();
    let visited: Vec<usize> = (0..judgement.units.len()).filter(is_visited).collect();
    let all: Vec<Respondent> = visited
        .iter()
        .map(|&place| judgement.respondent(place, true))
        .collect();
    let strata = take_some(&all);
    let valid = |domain: &Domain| -> Vec<usize> {
        let places = domain
            .members
            .iter()
            .filter(|&&place| judgement.units[place].is_valid());
        places
            .filter_map(|place| visited.binary_search(place).ok())
            .collect()
    };
    let members: Vec<Vec<usize>> = domains.iter().map(valid).collect();
    let replicate = |b: u32| {
        let factors = bootstrap.factors(b, &all, &strata);
        let total = |of: &dyn Fn(usize) -> f64| -> f64 {
            (0..all.len())
                .map(|i| factors[i] * all[i].in_domain * of(i))
                .sum()
        };
        let market = share(
            total(&|i| all[i].y / all[i].pi),
            total(&|i| 1.0 / all[i].pi),
        );
        let lift = |members: &Vec<usize>| {
            let hits: f64 = members.iter().map(|&i| factors[i] * all[i].y).sum();
            let n: f64 = members.iter().map(|&i| factors[i]).sum();
            share(share(hits, n)?, market?)
        };
        members.iter().map(lift).collect::<Vec<Option<f64>>>()
    };
    let lifts: Vec<Vec<Option<f64>>> = (0..bootstrap.replicates)
        .into_par_iter()
        .map(replicate)
        .collect();
    (0..domains.len())
        .map(|domain| percentile_interval(lifts.iter().map(|lift| lift[domain])))
        .collect()
}

fn class_gaps(frame: &FrameFacts, cells: &[Cell]) -> Vec<ClassGap> {
    let ranked: Vec<&Cell> = frame
        .classes
        .iter()
        .zip(cells)
        .filter(|(class, _)| class.is_ranked)
        .map(|(_, cell)| cell)
        .collect();
    let gap = |pair: &[&Cell]| {
        let (lower, higher) = (pair[0], pair[1]);
        let interval = newcombe(
            (real(higher.hits), real(higher.n)),
            (real(lower.hits), real(lower.n)),
        );
        Some(ClassGap {
            lower: lower.label.clone(),
            higher: higher.label.clone(),
            difference: higher.raw.value? - lower.raw.value?,
            low: interval.low,
            high: interval.high,
        })
    };
    ranked.windows(2).filter_map(gap).collect()
}

fn definitions(params: &ValidParams, units: &[&DrawnUnit]) -> Vec<Definition> {
    let kinds = [
        ("found", HitRule::Found, true),
        ("codes", HitRule::Codes, true),
        ("codes_reached", HitRule::Codes, false),
    ];
    let define = |(name, rule, unreachable_is_hit): (&str, HitRule, bool)| {
        let codes = crate::ingest::HitCodes {
            unreachable_is_hit,
            ..params.codes.clone()
        };
        let used = rule == params.hit_rule
            && (rule == HitRule::Found || unreachable_is_hit == params.codes.unreachable_is_hit);
        let verdicts: Option<Vec<Option<Verdict>>> = units
            .iter()
            .filter_map(|unit| Some((unit, unit.outcome.as_ref()?)))
            .map(|(unit, outcome)| judge(rule, &codes, &unit.object_id, outcome).ok())
            .collect();
        let valid: Vec<Verdict> = verdicts
            .unwrap_or_default()
            .into_iter()
            .flatten()
            .filter(|verdict| verdict.valid)
            .collect();
        let (n, hits) = (
            count(valid.len()),
            count(valid.iter().filter(|verdict| verdict.hit).count()),
        );
        let interval = (n >= N_MIN).then(|| wilson(real(hits), real(n)));
        let value = interval.and(share(real(hits), real(n)));
        Definition {
            name: name.to_owned(),
            used,
            n,
            hits,
            raw: Figure::new(value, interval, Method::Wilson),
        }
    };
    kinds.into_iter().map(define).collect()
}

fn rank(judgement: &Judgement) -> Option<Ranking> {
    let valid = || judgement.units.iter().filter(|unit| unit.is_valid());
    let scored = |unit: &Judged, score: f64| Scored {
        score,
        weight: 1.0 / unit.pi,
        found: unit.is_hit(),
    };
    let rows: Vec<Scored> = valid().map(|unit| scored(unit, unit.unit.score)).collect();
    let forecast: Vec<Scored> = valid()
        .filter_map(|unit| Some(scored(unit, unit.unit.probability?)))
        .collect();
    if count(rows.len()) < N_MIN
        || rows.iter().all(|row| row.found)
        || !rows.iter().any(|row| row.found)
    {
        return None;
    }
    Some(Ranking {
        auc: auc(&rows),
        average_precision: average_precision(&rows),
        precision_at_10: precision_at(&rows, 0.1),
        precision_at_20: precision_at(&rows, 0.2),
        brier: brier(&forecast),
        gains: fiftieths(&gains(&rows)),
        lift_by_decile: lift_by_decile(&rows),
        calibration: calibration(&forecast),
    })
}

/// A gains curve read at every fiftieth of the frame.
pub(crate) fn fiftieths(points: &[GainPoint]) -> Vec<GainPoint> {
    let at = |step: u32| {
        let share = f64::from(step) / 50.0;
        Some(GainPoint {
            share,
            found: gain_at(points, share)?,
        })
    };
    (0..=50).filter_map(at).collect()
}
