//! What happened to a chunk's objects: credit events, visits, and what a visit in the round's window would return.
//!
//! One latent intensity per object drives all of it, so that the past carries a signal about the outcome and nothing else does.

use rand::{Rng, RngExt};
use rand_distr::Distribution;

use super::deterrent::{self, Lot, Peers, Prevented, Spell};
use super::follow_up::Followed;
use super::law::{cents, poisson_count};
use super::object::Object;
use super::staff::Staff;
use super::world::{Campaign, EventKind, World, covered};
use crate::units::Day;

const DAYS_PER_YEAR: f64 = 365.25;

/// One row of `credit_events`; only a spoiled row has no day.
#[derive(Clone, Debug)]
pub(super) struct Event {
    pub(super) object_id: String,
    pub(super) scheme: &'static str,
    pub(super) happened_on: Option<i32>,
    pub(super) known_on: i32,
    pub(super) kind: usize,
    pub(super) amount: Option<i64>,
    pub(super) ended_on: Option<i32>,
}

/// Why a visit was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Channel {
    /// Index of the round.
    Draw(usize),
    Complaint,
    Campaign,
}

/// One row of `inspections`; only a spoiled row has no day.
#[derive(Clone, Debug)]
pub(super) struct Visit {
    pub(super) id: String,
    pub(super) object_id: String,
    pub(super) scheme: &'static str,
    pub(super) item: usize,
    pub(super) inspected_on: Option<i32>,
    pub(super) known_on: i32,
    pub(super) result: VisitResult,
    /// Indices of the two inspectors.
    pub(super) inspectors: [usize; 2],
    pub(super) channel: Channel,
    pub(super) followed: Followed,
}

/// What a visit returned.
#[derive(Clone, Debug)]
pub(super) struct VisitResult {
    pub(super) visited: bool,
    pub(super) found: bool,
    pub(super) severity: f64,
    pub(super) codes: Vec<String>,
}

/// One row of `outcomes` and `truth`.
#[derive(Clone, Debug)]
pub(super) struct Future {
    pub(super) result: VisitResult,
    /// Probability that a visit in the window meets somebody.
    pub(super) reach_probability: f64,
    /// Probability that a visit that meets somebody finds something.
    pub(super) find_probability: f64,
    /// Planted: the intensity is multiplied by this because of a visit shortly before the as-of day.
    pub(super) deterrence: f64,
}

/// The past and future of one object.
#[derive(Clone, Debug)]
pub(super) struct History {
    pub(super) events: Vec<Event>,
    pub(super) visits: Vec<Visit>,
    /// In the order of the rounds.
    pub(super) lots: Vec<Lot>,
    pub(super) future: Future,
    /// What the lots prevented, where deterrence of what everybody sees is planted.
    pub(super) prevented: Option<Prevented>,
}

/// Lots that are drawn before anything happens, with the numbers that decide what they prevent.
pub(super) struct Planted<'a, R> {
    pub(super) lots: &'a [Lot],
    pub(super) peers: &'a Peers,
    pub(super) rng: &'a mut R,
}

/// Lives through the object's years.
pub(super) fn live<R: Rng>(
    world: &World,
    staff: &Staff,
    object: &Object,
    mut planted: Option<Planted<'_, R>>,
    rng: &mut impl Rng,
) -> History {
    let (mut events, mut considered) = (Vec::new(), Vec::new());
    let spell = match (&world.params.deterrent, &planted) {
        (Some(rule), Some(planted)) => {
            let (lots, peers) = (planted.lots, planted.peers);
            Some(Spell::new(world, rule, object, lots, peers))
        }
        _ => None,
    };
    for (kind, event) in world.params.event.iter().enumerate() {
        let mut days = days_of(world, object, event, rng);
        let spell = spell.as_ref().filter(|spell| spell.acts_on(&event.kind));
        if let (Some(spell), Some(planted)) = (spell, &mut planted) {
            let (kept, all) = spell.thin(days, planted.rng);
            considered.extend(all);
            days = kept;
        }
        for day in days {
            add_event(world, object, kind, day, &mut events, rng);
        }
    }
    let lots = planted.map(|planted| planted.lots.to_vec());
    let prevented = spell.map(|spell| spell.prevented(&considered));
    let lots = lots.unwrap_or_else(|| deterrent::lots(world, object, rng));
    let visits = visits(world, staff, object, (&events, &lots), rng);
    for visit in &visits {
        penalties(world, object, visit, &mut events, rng);
    }
    events.sort_by_key(|event| (event.happened_on, event.kind, event.known_on));
    let future = future(world, object, &visits, rng);
    History {
        events,
        visits,
        lots,
        future,
        prevented,
    }
}

/// First and one-past-last day in which something can happen to the object before the as-of day.
pub(super) fn span(world: &World, object: &Object) -> (i32, i32) {
    let from = object.established_on.max(world.params.first_day.days());
    let until = object.closed_on.unwrap_or(world.params.as_of.days());
    (from, until.max(from))
}

fn days_of(world: &World, object: &Object, event: &EventKind, rng: &mut impl Rng) -> Vec<i32> {
    let params = &world.params;
    let (from, until) = span(world, object);
    let of_kind = event.kinds.is_empty() || event.kinds.contains(&params.kind[object.kind].name);
    let can = of_kind
        && covered(&event.industries, &params.industry[object.industry].code)
        && until > from;
    let per_year = event.rate * object.intensity.powf(event.elasticity);
    match &event.on {
        _ if !can || event.is_repair => Vec::new(),
        Some(on) => anniversaries(on, from, until)
            .filter(|_| rng.random_bool(1.0 - (-per_year).exp()))
            .collect(),
        None => {
            let count = poisson_count(per_year * f64::from(until - from) / DAYS_PER_YEAR, rng);
            (0..count).map(|_| rng.random_range(from..until)).collect()
        }
    }
}

/// The days `on` (MM-DD) in `from` .. `until`.
fn anniversaries(on: &str, from: i32, until: i32) -> impl Iterator<Item = i32> {
    (Day::from_days(from).year()..=Day::from_days(until).year())
        .filter_map(move |year| format!("{year}-{on}").parse::<Day>().ok())
        .map(Day::days)
        .filter(move |day| (from..until).contains(day))
}

fn add_event(
    world: &World,
    object: &Object,
    kind: usize,
    day: i32,
    events: &mut Vec<Event>,
    rng: &mut impl Rng,
) {
    let params = &world.params;
    let event = &params.event[kind];
    let end = event
        .stay
        .map(|law| day + 1 + law.days(rng))
        .filter(|&end| end < params.as_of.days());
    events.push(Event {
        object_id: object.id.clone(),
        scheme: object.scheme,
        happened_on: Some(day),
        known_on: day + event.lag.days(rng),
        kind,
        amount: event.amount.map(|law| cents(law.sample(rng).max(1.0))),
        ended_on: end,
    });
    let Some(end) = end.filter(|_| rng.random_bool(event.repaired)) else {
        return;
    };
    if let Some(repair) = params.event.iter().position(|event| event.is_repair) {
        add_event(world, object, repair, end, events, rng);
    }
}

fn penalties(
    world: &World,
    object: &Object,
    visit: &Visit,
    events: &mut Vec<Event>,
    rng: &mut impl Rng,
) {
    let Some(inspected_on) = visit.inspected_on.filter(|_| visit.result.found) else {
        return;
    };
    for (kind, event) in world.params.event.iter().enumerate() {
        if event.after_finding > 0.0 && rng.random_bool(event.after_finding) {
            let day = inspected_on + rng.random_range(5..60);
            if day < world.params.as_of.days() {
                add_event(world, object, kind, day, events, rng);
            }
        }
    }
}

fn visits(
    world: &World,
    staff: &Staff,
    object: &Object,
    (events, lots): (&[Event], &[Lot]),
    rng: &mut impl Rng,
) -> Vec<Visit> {
    let mut calls = calls(world, object, (events, lots), rng);
    calls.sort_unstable();
    let mut last_reached = None;
    let mut visits = Vec::with_capacity(calls.len());
    for (number, (day, channel)) in calls.into_iter().enumerate() {
        let inspectors = staff.pair(world.params.town[object.town].office.as_str(), rng);
        let intensity =
            object.intensity * staff.strictness(inspectors) * deterrence(world, last_reached, day);
        let result = visit_result(world, object, intensity, rng);
        last_reached = if result.visited {
            Some(day)
        } else {
            last_reached
        };
        let (items, law) = &world.items_of[object.industry];
        visits.push(Visit {
            id: format!("{}-{:08}-{number:02}", world.params.name, object.index),
            object_id: object.id.clone(),
            scheme: object.scheme,
            item: items[law.sample(rng)],
            inspected_on: Some(day),
            known_on: day + 1 + world.params.visits.lag.days(rng),
            result,
            inspectors,
            channel,
            followed: Followed::default(),
        });
    }
    visits
}

/// Days and channels of the visits the object gets.
fn calls(
    world: &World,
    object: &Object,
    (events, lots): (&[Event], &[Lot]),
    rng: &mut impl Rng,
) -> Vec<(i32, Channel)> {
    let (from, until) = span(world, object);
    let mut calls = Vec::new();
    let drawn = lots.iter().enumerate().filter(|(_, lot)| lot.drawn);
    calls.extend(drawn.map(|(round, lot)| (lot.day, Channel::Draw(round))));
    for campaign in &world.params.campaign {
        let day = campaign.from.days() + rng.random_range(0..campaign.days);
        if rng.random_bool(campaign_share(world, object, campaign)) {
            calls.push((day, Channel::Campaign));
        }
    }
    for event in events {
        let visited = world.params.event[event.kind].visited;
        if visited > 0.0 && rng.random_bool(visited) {
            calls.push((
                event.known_on + 1 + rng.random_range(0..20),
                Channel::Complaint,
            ));
        }
    }
    calls.retain(|(day, _)| (from..until).contains(day));
    calls
}

fn campaign_share(world: &World, object: &Object, campaign: &Campaign) -> f64 {
    if !covered(
        &campaign.industries,
        &world.params.industry[object.industry].code,
    ) {
        return 0.0;
    }
    (campaign.share * object.intensity.powf(campaign.elasticity)).min(0.9)
}

fn deterrence(world: &World, last_reached: Option<i32>, day: i32) -> f64 {
    let propensity = &world.params.propensity;
    match last_reached {
        Some(last) if day - last <= propensity.deterrence_days => propensity.deterrence,
        _ => 1.0,
    }
}

fn reach_probability(world: &World, object: &Object) -> f64 {
    let visits = &world.params.visits;
    1.0 - (visits.unreachable * object.intensity.powf(visits.unreachable_elasticity)).min(0.9)
}

fn find_probability(world: &World, intensity: f64) -> f64 {
    1.0 - (-world.params.propensity.visit_hazard * intensity).exp()
}

fn visit_result(world: &World, object: &Object, intensity: f64, rng: &mut impl Rng) -> VisitResult {
    if !rng.random_bool(reach_probability(world, object)) {
        return unreached("6");
    }
    if rng.random_bool(find_probability(world, intensity)) {
        return finding(world, rng);
    }
    let code = if rng.random_bool(world.params.visits.not_engaged) {
        "F"
    } else {
        "1"
    };
    VisitResult {
        visited: true,
        found: false,
        severity: 0.0,
        codes: vec![code.to_owned()],
    }
}

fn unreached(code: &str) -> VisitResult {
    VisitResult {
        visited: false,
        found: false,
        severity: 0.0,
        codes: vec![code.to_owned()],
    }
}

fn finding(world: &World, rng: &mut impl Rng) -> VisitResult {
    let params = &world.params;
    let first = world.choose_finding.sample(rng);
    let mut codes = vec![params.finding[first].code.clone()];
    if rng.random_bool(params.visits.second_code) {
        let second = world.choose_finding.sample(rng);
        if second != first {
            codes.push(params.finding[second].code.clone());
        }
    }
    codes.sort_unstable();
    let severity = (params.visits.severity.sample(rng).clamp(0.1, 100.0) * 10.0).round() / 10.0;
    VisitResult {
        visited: true,
        found: true,
        severity,
        codes,
    }
}

fn future(world: &World, object: &Object, visits: &[Visit], rng: &mut impl Rng) -> Future {
    let params = &world.params;
    let reached = visits
        .iter()
        .filter(|visit| visit.result.visited)
        .filter_map(|visit| visit.inspected_on)
        .max();
    let deterrence = deterrence(world, reached, params.as_of.days());
    let intensity = object.intensity * deterrence;
    let status = &params.status[object.status];
    let result = visit_result(world, object, intensity, rng);
    Future {
        result: if status.live {
            result
        } else {
            unreached(&status.code)
        },
        reach_probability: if status.live {
            reach_probability(world, object)
        } else {
            0.0
        },
        find_probability: find_probability(world, intensity),
        deterrence,
    }
}
