//! The second draw: the register it is drawn from, every rule in every draw, exact probabilities, shortfalls with their rule, replacements, verification.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use choucha::assign::{
    self, Assignments, CERTAIN, HeldBy, Inputs, Institution, LastTeam, LastTeams, Outcome, Params,
    Request, Required, Rotation, Rule, ValidParams, VisitNeed,
};
use choucha::draw::SubSeed;
use choucha::ingest;
use choucha::job::{Job, Overrides};
use choucha::registers::{
    self, Absence, Certificate, Inspector, InspectorRegister, Recusal, Registers,
};
use choucha::units::{AsOf, Day, Digest, HashName, Kind, Meter};
use proptest::prelude::*;

const BUREAU: &str = "市场监督管理局";
const FOOD: &str = "食品安全";
const LIFTS: &str = "特种设备";

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

fn start() -> Day {
    day("2025-03-03")
}

fn inspector(id: &str) -> Inspector {
    Inspector {
        id: id.to_owned(),
        department: BUREAU.to_owned(),
        office: "馆陶所".to_owned(),
        level: "所级".to_owned(),
        staff_kind: "公务员".to_owned(),
        certificates: vec![Certificate::new("JS1304330001|2026-12-31")],
        specialties: Vec::new(),
        region_code: "130433".to_owned(),
        former_employers: Vec::new(),
        active: true,
    }
}

fn people(ids: &[&str]) -> Vec<Inspector> {
    ids.iter().map(|id| inspector(id)).collect()
}

fn visit(object: &str) -> VisitNeed {
    VisitNeed {
        object_id: object.to_owned(),
        department: BUREAU.to_owned(),
        office: "馆陶所".to_owned(),
        region_code: "130433".to_owned(),
        level: None,
        specialties: Vec::new(),
        first: start(),
        last: start(),
    }
}

fn needs(specialty: &str, held_by: HeldBy) -> Required {
    Required {
        specialty: specialty.to_owned(),
        held_by,
    }
}

/// A round in small: settings as written, and what teams are drawn from.
struct Round {
    params: Params,
    visits: Vec<VisitNeed>,
    inspectors: Vec<Inspector>,
    recusals: Vec<Recusal>,
    absences: Vec<Absence>,
    last: Vec<LastTeam>,
    seed: u64,
}

impl Round {
    fn new(visits: Vec<VisitNeed>, inspectors: Vec<Inspector>) -> Self {
        Self {
            params: serde_json::from_str("{\"visits_per_day_max\": 9}").unwrap(),
            visits,
            inspectors,
            recusals: Vec::new(),
            absences: Vec::new(),
            last: Vec::new(),
            seed: 1,
        }
    }

    fn valid(&self) -> ValidParams {
        self.params.check().unwrap()
    }

    fn register(&self) -> InspectorRegister {
        let (inspectors, recusals) = (self.inspectors.clone(), self.recusals.clone());
        InspectorRegister::new(inspectors, recusals, self.absences.clone()).unwrap()
    }

    fn with<T>(&self, then: impl FnOnce(&Inputs) -> T) -> T {
        let (params, register) = (self.valid(), self.register());
        let last = LastTeams::new(self.last.clone());
        then(&Inputs {
            params: &params,
            visits: &self.visits,
            register: &register,
            last: &last,
            hash: HashName::Sha256,
            sub_seed: sub_seed(self.seed),
        })
    }

    fn draw(&self) -> Assignments {
        self.with(|inputs| assign::allocate(inputs, &Meter::silent()).unwrap())
    }

    /// The rule that leaves the only visit without a team, and how many are missing.
    fn shortfall(&self) -> (Rule, u32) {
        match &self.draw().rows[0].outcome {
            Outcome::Shortfall { rule, missing } => (*rule, *missing),
            Outcome::Team(ids) => panic!("there is a team: {ids:?}"),
        }
    }

    fn request(object: &str, inspector: &str) -> Request {
        Request {
            object_id: object.to_owned(),
            department: BUREAU.to_owned(),
            inspector_id: inspector.to_owned(),
            reason: "病假".to_owned(),
            evidence: Digest([1; 32]),
            supervisor: None,
        }
    }
}

fn sub_seed(n: u64) -> SubSeed {
    SubSeed(HashName::Sha256.digest(&[&n.to_be_bytes()]).0)
}

// --- an independent reading of the law -----------------------------------------------------------------------------

/// Whether one inspector may go to a visit on a day, as the law says it, without the room's own code.
fn may_go(round: &Round, need: &VisitNeed, who: &Inspector, on: Day) -> bool {
    let reach = round.params.reach.get(&who.level);
    let reach = reach
        .or(round.params.reach.get("*"))
        .map_or("anywhere", String::as_str);
    let in_reach = match reach {
        "office" => who.office == need.office,
        "region:4" => who.region_code[..4] == need.region_code[..4],
        _ => true,
    };
    let is = |id: &String| *id == who.id;
    let last = round
        .last
        .iter()
        .filter(|team| team.object_id == need.object_id);
    let came = last.flat_map(|team| &team.inspector_ids).any(is);
    who.active
        && who.department == need.department
        && who.staff_kind != "聘用制"
        && who
            .certificates
            .iter()
            .any(|certificate| certificate.expires.is_some_and(|until| until >= on))
        && in_reach
        && need.level.as_ref().is_none_or(|level| *level == who.level)
        && !round
            .absences
            .iter()
            .any(|absence| is(&absence.inspector_id) && absence.from <= on && on <= absence.to)
        && !round
            .recusals
            .iter()
            .any(|recusal| is(&recusal.inspector_id) && recusal.object_id == need.object_id)
        && !who.former_employers.contains(&need.object_id)
        && !(round.params.rotation == Rotation::NewInspectors && came)
        && need.specialties.iter().all(|needed| {
            needed.held_by == HeldBy::One || who.specialties.contains(&needed.specialty)
        })
}

/// Whether these may be the team of a visit, as far as the visit alone decides.
fn is_lawful(round: &Round, need: &VisitNeed, team: &[&Inspector], on: Day) -> bool {
    let ids: BTreeSet<&String> = team.iter().map(|who| &who.id).collect();
    let experts = need
        .specialties
        .iter()
        .filter(|needed| needed.held_by == HeldBy::One);
    let experts: BTreeSet<&String> = experts.map(|needed| &needed.specialty).collect();
    let last = round
        .last
        .iter()
        .filter(|last| last.object_id == need.object_id);
    let came = last.flat_map(|last| &last.inspector_ids);
    let came: BTreeSet<&String> = came.collect();
    let together = came.intersection(&ids).count();
    ids.len() == team.len()
        && team.len() == experts.len().max(round.params.team_size as usize)
        && team.iter().all(|who| may_go(round, need, who, on))
        && experts
            .iter()
            .all(|expert| team.iter().any(|who| who.specialties.contains(expert)))
        && (round.params.rotation != Rotation::NewPair || together < 2)
}

/// Holds every row, load and probability of a draw to the law.
fn check(round: &Round, drawn: &Assignments) {
    assert_eq!(drawn.rows.len(), round.visits.len());
    let register = round.register();
    let mut days: BTreeMap<(&str, Day), u32> = BTreeMap::new();
    let mut expected: BTreeMap<u32, u64> = BTreeMap::new();
    for row in &drawn.rows {
        let need = round
            .visits
            .iter()
            .find(|need| need.object_id == row.object_id)
            .unwrap();
        assert!((need.first..=need.last).contains(&row.day), "{row:?}");
        let sum: u64 = row
            .marginals
            .iter()
            .map(|chance| u64::from(chance.scaled))
            .sum();
        let Outcome::Team(ids) = &row.outcome else {
            assert!(row.marginals.is_empty(), "{row:?}");
            continue;
        };
        let team: Vec<&Inspector> = ids
            .iter()
            .map(|id| register.inspector(id).unwrap())
            .collect();
        assert!(is_lawful(round, need, &team, row.day), "{row:?}");
        assert_eq!(sum, ids.len() as u64 * u64::from(CERTAIN), "{row:?}");
        for id in ids {
            *days.entry((id, row.day)).or_default() += 1;
        }
        for chance in &row.marginals {
            let who = &register.inspectors()[chance.inspector as usize];
            assert!(may_go(round, need, who, row.day), "{} {row:?}", who.id);
            let cap = round.params.pair_probability_max * f64::from(CERTAIN);
            assert!(f64::from(chance.scaled) <= cap, "{row:?}");
            *expected.entry(chance.inspector).or_default() += u64::from(chance.scaled);
        }
    }
    assert!(
        days.values().all(|&n| n <= round.params.visits_per_day_max),
        "{days:?}"
    );
    let loads = drawn.loads();
    let below: BTreeSet<&str> = drawn
        .below_floor
        .iter()
        .map(|row| row.inspector_id.as_str())
        .collect();
    for (index, sum) in expected {
        let id = register.inspectors()[index as usize].id.as_str();
        let load = loads.get(id).copied().unwrap_or(0);
        let scale = u64::from(CERTAIN);
        let (floor, ceiling) = (sum / scale, sum.div_ceil(scale));
        assert!(
            (floor..=ceiling).contains(&u64::from(load)),
            "{id}: {load} for {sum}"
        );
        assert!(
            round.params.load.ceiling.is_none_or(|most| load <= most),
            "{id}: {load}"
        );
        assert_eq!(
            load < round.params.load.floor,
            below.contains(id),
            "{id}: {load}"
        );
    }
}

/// The greatest number of visits that can have a team at once, by trying everything.
fn most_served(round: &Round, from: usize, days: &mut BTreeMap<String, u32>) -> usize {
    let Some(need) = round.visits.get(from) else {
        return 0;
    };
    let mut best = most_served(round, from + 1, days);
    let n = round.inspectors.len();
    for set in 0..1_u32 << n {
        let team: Vec<&Inspector> = (0..n)
            .filter(|bit| set >> bit & 1 == 1)
            .map(|bit| &round.inspectors[bit])
            .collect();
        let most = round
            .params
            .visits_per_day_max
            .min(round.params.load.ceiling.unwrap_or(u32::MAX));
        let free = team
            .iter()
            .all(|who| days.get(&who.id).copied().unwrap_or(0) < most);
        if free && is_lawful(round, need, &team, need.first) {
            for who in &team {
                *days.entry(who.id.clone()).or_default() += 1;
            }
            best = best.max(1 + most_served(round, from + 1, days));
            for who in &team {
                *days.get_mut(&who.id).unwrap() -= 1;
            }
        }
    }
    best
}

prop_compose! {
    fn someone(n_objects: usize)(
        office in 0..2_usize, level in 0..2_usize, kind in 0..8, certificate in 0..8, active in 0..12,
        food in any::<bool>(), lifts in any::<bool>(), former in 0..4 * n_objects, region in 0..2_usize,
    ) -> Inspector {
        let mut who = inspector("");
        who.office = ["馆陶所", "柴堡所"][office].into();
        who.level = ["所级", "县级"][level].into();
        who.region_code = ["130433", "130533"][region].into();
        who.active = active > 0;
        if kind == 0 {
            who.staff_kind = "聘用制".into();
        }
        if certificate == 0 {
            who.certificates = vec![Certificate::new("JS|2025-03-03"), Certificate::new("长期有效")];
        }
        who.specialties = [(food, FOOD), (lifts, LIFTS)].iter().filter(|(held, _)| *held).map(|(_, name)| (*name).to_owned()).collect();
        if former < n_objects {
            who.former_employers = vec![format!("X{former}")];
        }
        who
    }
}

prop_compose! {
    fn some_visit()(office in 0..2_usize, food in 0..3, lifts in 0..6, level in 0..6, length in 0_i32..3) -> VisitNeed {
        let mut need = visit("");
        need.office = ["馆陶所", "柴堡所"][office].into();
        need.last = start().plus(length);
        match food {
            0 => need.specialties.push(needs(FOOD, HeldBy::One)),
            1 if lifts > 3 => need.specialties.push(needs(FOOD, HeldBy::All)),
            _ => {}
        }
        if lifts == 0 {
            need.specialties.push(needs(LIFTS, HeldBy::One));
        }
        if level == 0 {
            need.level = Some("县级".to_owned());
        }
        need
    }
}

prop_compose! {
    fn some_round(n_visits: usize, n_people: usize)(
        visits in prop::collection::vec(some_visit(), 1..=n_visits),
        inspectors in prop::collection::vec(someone(n_visits), 0..=n_people),
        recusals in prop::collection::vec((0..n_people, 0..n_visits), 0..4),
        absences in prop::collection::vec((0..n_people, 0_i32..3, 0_i32..2), 0..4),
        last in prop::collection::vec((0..n_visits, 0..n_people, 0..n_people), 0..3),
        settings in (0..3_usize, 2_u32..4, 1_u32..3, 0_u32..3, 0_u32..4, 0..3_usize),
        seed in any::<u64>(),
    ) -> Round {
        let (reach, team, per_day, floor, ceiling, rotation) = settings;
        let numbered = |index: usize, mut who: Inspector| { who.id = format!("J{index}"); who };
        let named = |index: usize, mut need: VisitNeed| { need.object_id = format!("X{index}"); need };
        let mut round = Round::new(
            visits.into_iter().enumerate().map(|(index, need)| named(index, need)).collect(),
            inspectors.into_iter().enumerate().map(|(index, who)| numbered(index, who)).collect(),
        );
        round.recusals = recusals.into_iter().map(|(who, object)| Recusal {
            inspector_id: format!("J{who}"), object_id: format!("X{object}"), reason: String::new(),
        }).collect();
        round.absences = absences.into_iter().map(|(who, from, length)| Absence {
            inspector_id: format!("J{who}"), from: start().plus(from), to: start().plus(from + length),
        }).collect();
        let last: BTreeMap<usize, [usize; 2]> = last.into_iter().map(|(object, a, b)| (object, [a, b])).collect();
        round.last = last.into_iter().map(|(object, team)| LastTeam {
            object_id: format!("X{object}"), department: BUREAU.to_owned(),
            inspector_ids: team.iter().map(|who| format!("J{who}")).collect(),
        }).collect();
        round.params.team_size = team;
        round.params.visits_per_day_max = per_day;
        round.params.load.floor = floor;
        round.params.load.ceiling = (ceiling >= floor.max(1)).then_some(ceiling);
        round.params.rotation = [Rotation::None, Rotation::NewPair, Rotation::NewInspectors][rotation];
        if reach > 0 {
            let far = ["region:4", "anywhere"][reach - 1].to_owned();
            round.params.reach = BTreeMap::from([("所级".to_owned(), "office".to_owned()), ("*".to_owned(), far)]);
        }
        round.seed = seed;
        round
    }
}

impl std::fmt::Debug for Round {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (visits, people) = (&self.visits, &self.inspectors);
        let rest = (&self.recusals, &self.absences, &self.last, self.seed);
        write!(f, "{:?}\n{visits:#?}\n{people:#?}\n{rest:#?}", self.params)
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_rule_holds_in_every_draw(mut round in some_round(12, 14), cap in 0..3_usize) {
        round.params.pair_probability_max = [1.0, 0.6, 0.45][cap];
        check(&round, &round.draw());
    }

    #[test]
    fn as_many_visits_as_can_be_served_are_served(mut round in some_round(4, 6)) {
        round.params.team_size = 2;
        for need in &mut round.visits {
            need.last = need.first;
            need.specialties.truncate(1);
        }
        if round.params.rotation == Rotation::NewPair {
            round.params.rotation = Rotation::None;
        }
        let drawn = round.draw();
        check(&round, &drawn);
        let served = drawn.rows.len() - drawn.n_short();
        prop_assert_eq!(served, most_served(&round, 0, &mut BTreeMap::new()));
    }

    #[test]
    fn later_visits_keep_every_rule_beside_the_earlier_ones(mut round in some_round(12, 14), day_max in 1..3_u32, ceiling in 0..4_u32) {
        round.params.visits_per_day_max = day_max;
        round.params.load.floor = 0;
        round.params.load.ceiling = (ceiling > 0).then_some(ceiling);
        let later = round.visits.split_off(round.visits.len() / 2);
        let first = round.draw();
        let before = std::mem::replace(&mut round.visits, later);
        let window = (start(), start().plus(10));
        let (params, register) = assign::after(&round.valid(), &round.register(), &[&first], window);
        let second = round.with(|inputs| {
            let inputs = Inputs { params: &params, register: &register, ..*inputs };
            assign::allocate(&inputs, &Meter::silent()).unwrap()
        });
        let (mut days, mut loads) = (BTreeMap::new(), BTreeMap::new());
        for row in first.rows.iter().chain(&second.rows) {
            for id in row.team() {
                *days.entry((id, row.day)).or_insert(0) += 1;
                *loads.entry(id).or_insert(0) += 1;
            }
        }
        prop_assert!(days.values().all(|&n| n <= day_max));
        prop_assert!(ceiling == 0 || loads.values().all(|&n| n <= ceiling));
        prop_assert_eq!(first.rows.len() + second.rows.len(), before.len() + round.visits.len());
        for row in second.rows.iter().filter(|row| !row.team().is_empty()) {
            let need = round.visits.iter().find(|need| need.object_id == row.object_id).unwrap();
            let team: Vec<&Inspector> = round.inspectors.iter().filter(|who| row.team().contains(&who.id)).collect();
            prop_assert!(is_lawful(&round, need, &team, row.day));
        }
    }

    #[test]
    fn neither_order_nor_threads_change_a_byte(mut round in some_round(12, 14)) {
        let bytes = |round: &Round| {
            let drawn = round.draw();
            (drawn.public_table(), drawn.schedule_table(), drawn.marginals_table(&round.register()))
        };
        let expected = bytes(&round);
        round.visits.reverse();
        round.inspectors.reverse();
        round.recusals.reverse();
        round.absences.reverse();
        for threads in [1, 3] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            prop_assert_eq!(&pool.install(|| bytes(&round)), &expected);
        }
    }
}

// --- probabilities -------------------------------------------------------------------------------------------------

/// [`small`] with room for replacements.
fn roomy() -> Round {
    let mut round = small();
    round.params.load.ceiling = Some(4);
    round
}

/// Six visits of two kinds, seven inspectors of whom three know food, one barred from a visit, loads of 1 to 2.
fn small() -> Round {
    let mut inspectors = people(&["J1", "J2", "J3", "J4", "J5", "J6", "J7"]);
    for who in &mut inspectors[..3] {
        who.specialties.push(FOOD.to_owned());
    }
    inspectors[6].level = "县级".into();
    let mut visits: Vec<VisitNeed> = (0..6).map(|n| visit(&format!("X{n}"))).collect();
    for need in &mut visits[..3] {
        need.specialties.push(needs(FOOD, HeldBy::One));
    }
    visits[5].office = "柴堡所".into();
    let mut round = Round::new(visits, inspectors);
    round.params.load = assign::Load {
        floor: 1,
        ceiling: Some(2),
    };
    round.params.reach = BTreeMap::from([("县级".to_owned(), "office".to_owned())]);
    round.recusals.push(Recusal {
        inspector_id: "J4".to_owned(),
        object_id: "X4".to_owned(),
        reason: "近亲属持有股份".to_owned(),
    });
    round.last.push(LastTeam {
        object_id: "X1".to_owned(),
        department: BUREAU.to_owned(),
        inspector_ids: vec!["J5".to_owned(), "J6".to_owned()],
    });
    round.params.rotation = Rotation::NewPair;
    round.params.pair_probability_max = 0.6;
    round
}

#[test]
fn the_frequencies_of_all_pairs_are_the_stated_probabilities() {
    const SEEDS: u64 = 6000;
    let mut round = small();
    let stated = round.draw();
    let register = round.register();
    let mut counts: BTreeMap<(String, String), u32> = BTreeMap::new();
    for seed in 0..SEEDS {
        round.seed = seed;
        let drawn = round.draw();
        check(&round, &drawn);
        for row in &drawn.rows {
            for id in row.team() {
                *counts
                    .entry((row.object_id.clone(), id.clone()))
                    .or_default() += 1;
            }
        }
        let marginals = |drawn: &Assignments| {
            drawn
                .rows
                .iter()
                .map(|row| row.marginals.clone())
                .collect::<Vec<_>>()
        };
        assert_eq!(
            marginals(&drawn),
            marginals(&stated),
            "without shortfalls they are known before the seed"
        );
    }
    let (mut largest, mut n_pairs) = (0.0_f64, 0);
    for row in &stated.rows {
        for chance in &row.marginals {
            let id = register.inspectors()[chance.inspector as usize].id.clone();
            let n = f64::from(counts.remove(&(row.object_id.clone(), id)).unwrap_or(0));
            let (seeds, p) = (6000.0, f64::from(chance.scaled) / f64::from(CERTAIN));
            assert!(p <= 0.6);
            if chance.scaled < CERTAIN {
                largest = largest.max((n - seeds * p).abs() / (seeds * p * (1.0 - p)).sqrt());
            } else {
                assert!((n - seeds).abs() < 0.5, "a certain pair is always drawn");
            }
            n_pairs += 1;
        }
    }
    assert!(
        counts.is_empty(),
        "never drawn without a probability: {counts:?}"
    );
    assert!(
        n_pairs > 30 && largest < 4.5,
        "{n_pairs} pairs, largest |z| {largest}"
    );
}

#[test]
fn alike_inspectors_are_equally_likely_and_equally_loaded() {
    let visits = (0..9).map(|n| visit(&format!("X{n}"))).collect();
    let drawn = Round::new(visits, people(&["J1", "J2", "J3", "J4", "J5", "J6"])).draw();
    let third = CERTAIN.div_ceil(3);
    for row in &drawn.rows {
        let near = |scaled: u32| scaled == third || scaled.abs_diff(third) <= 4;
        assert!(
            row.marginals.len() == 6 && row.marginals.iter().all(|chance| near(chance.scaled)),
            "{row:?}"
        );
    }
    assert!(drawn.loads().values().all(|&load| load == 3));
}

#[test]
fn the_largest_probability_is_as_small_as_the_law_allows() {
    // X0 has three inspectors, X1 all six: two of three is the least X0 can do, and X1 leans on the others.
    let mut inspectors = people(&["J1", "J2", "J3", "J4", "J5", "J6"]);
    for who in &mut inspectors[3..] {
        who.office = "柴堡所".into();
    }
    let mut far = visit("X1");
    far.level = Some("所级".to_owned());
    let mut round = Round::new(vec![visit("X0"), far], inspectors);
    round.params.load.ceiling = Some(1);
    round.params.reach = BTreeMap::from([("所级".to_owned(), "office".to_owned())]);
    round.visits[1].office = "柴堡所".into();
    let two_thirds = (2 * CERTAIN).div_ceil(3);
    for row in &round.draw().rows {
        assert!(
            row.marginals
                .iter()
                .all(|chance| chance.scaled <= two_thirds),
            "{row:?}"
        );
    }
    // Two certain inspectors of one visit spoil nothing for the visit beside them.
    round.params.reach.clear();
    round.params.load.ceiling = None;
    round.inspectors.truncate(4);
    round.inspectors[3].specialties.push(LIFTS.to_owned());
    round.visits[0].specialties.push(needs(LIFTS, HeldBy::One));
    let drawn = round.draw();
    let most = |row: usize| {
        drawn.rows[row]
            .marginals
            .iter()
            .map(|chance| chance.scaled)
            .max()
            .unwrap()
    };
    assert_eq!(most(0), CERTAIN);
    assert!(most(1) <= CERTAIN * 3 / 4, "{}", most(1));
}

#[test]
fn floors_are_reached_wherever_the_law_lets_them() {
    let mut inspectors = people(&["J1", "J2", "J3", "J4", "J5"]);
    inspectors[4].office = "柴堡所".into();
    let mut round = Round::new(
        (0..4).map(|n| visit(&format!("X{n}"))).collect(),
        inspectors,
    );
    round.params.load.floor = 2;
    round.params.reach = BTreeMap::from([("*".to_owned(), "office".to_owned())]);
    for seed in 0..50 {
        round.seed = seed;
        let drawn = round.draw();
        assert!(
            drawn.loads().values().all(|&load| load == 2),
            "{:?}",
            drawn.loads()
        );
        assert!(
            drawn.below_floor.is_empty(),
            "who can go nowhere is not below a floor"
        );
    }
    round.params.load.floor = 3;
    let drawn = round.draw();
    assert_eq!(drawn.below_floor.len(), 4);
    check(&round, &drawn);
}

// --- shortfalls ----------------------------------------------------------------------------------------------------

#[test]
fn a_shortfall_names_the_rule_that_binds_and_how_many_are_missing() {
    let round = || Round::new(vec![visit("X0")], people(&["J1", "J2", "J3"]));
    let two_of = |change: fn(&mut Inspector)| {
        let mut round = round();
        round.inspectors[..2].iter_mut().for_each(change);
        round
    };
    let rules = [
        (two_of(|who| who.active = false), (Rule::Register, 1)),
        (
            two_of(|who| who.department = "消防救援大队".to_owned()),
            (Rule::Register, 1),
        ),
        (
            two_of(|who| who.staff_kind = "聘用制".to_owned()),
            (Rule::Certificate, 1),
        ),
        (
            two_of(|who| who.certificates = vec![Certificate::new("JS@2025-03-02")]),
            (Rule::Certificate, 1),
        ),
        (
            two_of(|who| who.former_employers = vec!["X0".to_owned()]),
            (Rule::Recusal, 1),
        ),
    ];
    for (round, expected) in rules {
        assert_eq!(round.shortfall(), expected);
    }
    let mut out_of_reach = two_of(|who| who.office = "柴堡所".to_owned());
    out_of_reach.params.reach = BTreeMap::from([("*".to_owned(), "office".to_owned())]);
    assert_eq!(out_of_reach.shortfall(), (Rule::Jurisdiction, 1));
    let mut other_level = round();
    other_level.visits[0].level = Some("市级".to_owned());
    assert_eq!(other_level.shortfall(), (Rule::Jurisdiction, 2));
    let mut absent = round();
    for id in ["J1", "J3"] {
        absent.absences.push(Absence {
            inspector_id: id.to_owned(),
            from: start(),
            to: start(),
        });
    }
    assert_eq!(absent.shortfall(), (Rule::Availability, 1));
    let mut recused = round();
    for id in ["J1", "J3"] {
        recused.recusals.push(Recusal {
            inspector_id: id.to_owned(),
            object_id: "X0".to_owned(),
            reason: String::new(),
        });
    }
    assert_eq!(recused.shortfall(), (Rule::Recusal, 1));
    let mut rotated = round();
    rotated.last = vec![LastTeam {
        object_id: "X0".to_owned(),
        department: BUREAU.to_owned(),
        inspector_ids: vec!["J1".to_owned(), "J2".to_owned()],
    }];
    rotated.params.rotation = Rotation::NewInspectors;
    assert_eq!(rotated.shortfall(), (Rule::Recusal, 1));
    rotated.params.rotation = Rotation::NewPair;
    assert!(rotated.draw().rows[0].team().contains(&"J3".to_owned()));
    rotated.inspectors.truncate(2);
    assert_eq!(rotated.shortfall(), (Rule::Recusal, 1));
    let mut unskilled = round();
    unskilled.visits[0].specialties = vec![needs(FOOD, HeldBy::One)];
    assert_eq!(unskilled.shortfall(), (Rule::Specialty, 1));
    unskilled.inspectors[0].specialties = vec![FOOD.to_owned()];
    assert!(unskilled.draw().rows[0].team().contains(&"J1".to_owned()));
    unskilled.visits[0].specialties = vec![needs(FOOD, HeldBy::All)];
    assert_eq!(unskilled.shortfall(), (Rule::Specialty, 1));
    let mut predictable = round();
    predictable.params.pair_probability_max = 0.5;
    assert_eq!(predictable.shortfall(), (Rule::PairCap, 1));
}

#[test]
fn full_loads_and_full_days_are_told_apart() {
    let mut round = Round::new(
        (0..3).map(|n| visit(&format!("X{n}"))).collect(),
        people(&["J1", "J2", "J3", "J4"]),
    );
    let rules = |round: &Round| {
        let drawn = round.draw();
        check(round, &drawn);
        let short = drawn.rows.iter().filter_map(|row| match row.outcome {
            Outcome::Shortfall { rule, missing } => Some((rule, missing)),
            Outcome::Team(_) => None,
        });
        short.collect::<Vec<_>>()
    };
    round.params.load.ceiling = Some(1);
    assert_eq!(rules(&round), [(Rule::Load, 2)]);
    round.params.load.ceiling = None;
    round.params.visits_per_day_max = 1;
    assert_eq!(rules(&round), [(Rule::Day, 2)]);
}

#[test]
fn a_register_without_a_certificate_leaves_every_visit_with_that_rule() {
    let mut inspectors = people(&["J1", "J2", "J3"]);
    for who in &mut inspectors {
        who.certificates.clear();
    }
    let mut round = Round::new(
        (0..3).map(|n| visit(&format!("X{n}"))).collect(),
        inspectors,
    );
    let expected = "object_id,department,inspector_ids,rule,missing\n\
        X0,市场监督管理局,,certificate,2\nX1,市场监督管理局,,certificate,2\nX2,市场监督管理局,,certificate,2\n";
    assert_eq!(
        String::from_utf8(round.draw().public_table()).unwrap(),
        expected
    );
    round.inspectors.clear();
    assert!(
        String::from_utf8(round.draw().public_table())
            .unwrap()
            .contains("X1,市场监督管理局,,register,2")
    );
    round.visits.clear();
    assert_eq!(round.draw().rows, []);
}

#[test]
fn one_inspector_is_never_a_team() {
    let round = Round::new(vec![visit("X0")], people(&["J1"]));
    assert_eq!(round.shortfall(), (Rule::Register, 1));
}

#[test]
fn one_visit_is_given_up_where_two_others_can_be_made_instead() {
    let only = |need: &mut VisitNeed, specialty: &str| {
        need.specialties = vec![needs(specialty, HeldBy::All)];
    };
    let mut inspectors = people(&["J1", "J2", "J3", "J4"]);
    for (who, of) in inspectors
        .iter_mut()
        .zip([&["a"][..], &["a", "b"], &["b", "c"], &["c"]])
    {
        who.specialties = of.iter().map(|name| (*name).to_owned()).collect();
    }
    let mut visits: Vec<VisitNeed> = (0..3).map(|n| visit(&format!("X{n}"))).collect();
    for (need, of) in visits.iter_mut().zip(["a", "b", "c"]) {
        only(need, of);
    }
    let mut round = Round::new(visits, inspectors);
    round.params.load.ceiling = Some(1);
    for seed in 0..20 {
        round.seed = seed;
        let drawn = round.draw();
        assert_eq!(drawn.n_short(), 1);
        assert!(drawn.row("X1", BUREAU).unwrap().team().is_empty());
    }
}

#[test]
fn every_department_of_a_joint_visit_draws_its_own() {
    let mut inspectors = people(&["J1", "J2", "J3", "J4", "J5", "J6"]);
    for who in &mut inspectors[3..] {
        who.department = "消防救援大队".to_owned();
    }
    let mut partner = visit("X0");
    partner.department = "消防救援大队".to_owned();
    let drawn = Round::new(vec![visit("X0"), partner], inspectors).draw();
    let fire = drawn.row("X0", "消防救援大队").unwrap().team();
    assert!(
        fire.len() == 2 && fire.iter().all(|id| id.as_str() > "J3"),
        "{fire:?}"
    );
    let bureau = drawn.row("X0", BUREAU).unwrap().team();
    assert!(
        bureau.len() == 2 && bureau.iter().all(|id| id.as_str() <= "J3"),
        "{bureau:?}"
    );
}

#[test]
fn visits_with_a_window_spread_over_its_days_and_move_where_a_day_has_no_team() {
    let mut visits: Vec<VisitNeed> = (0..6).map(|n| visit(&format!("X{n}"))).collect();
    for need in &mut visits {
        need.last = start().plus(3);
    }
    let mut round = Round::new(visits, people(&["J1", "J2", "J3", "J4"]));
    round.params.visits_per_day_max = 1;
    round.absences.push(Absence {
        inspector_id: "J1".to_owned(),
        from: start(),
        to: start().plus(1),
    });
    for (id, from) in [("J2", 0), ("J3", 0)] {
        round.absences.push(Absence {
            inspector_id: id.to_owned(),
            from: start().plus(from),
            to: start().plus(from),
        });
    }
    // The first day has no team, the second one, the third and fourth two each: five of six.
    let drawn = round.draw();
    check(&round, &drawn);
    assert_eq!(drawn.n_short(), 1);
    let mut days: Vec<i32> = drawn
        .rows
        .iter()
        .filter(|row| !row.team().is_empty())
        .map(|row| row.day.days() - start().days())
        .collect();
    days.sort_unstable();
    assert_eq!(days, [1, 2, 2, 3, 3]);
}

// --- refusals ------------------------------------------------------------------------------------------------------

#[test]
fn visits_that_cannot_be_are_refused() {
    let refused = |visits: Vec<VisitNeed>| {
        let round = Round::new(visits, Vec::new());
        let error = round.with(|inputs| assign::allocate(inputs, &Meter::silent()).unwrap_err());
        assert_eq!(error.kind(), Kind::Data);
        error.to_string()
    };
    assert_eq!(
        refused(vec![visit("X0"), visit("X0")]),
        "object X0, department \"市场监督管理局\": a visit must stand once per department"
    );
    let mut backwards = visit("X0");
    backwards.last = start().plus(-1);
    assert_eq!(
        refused(vec![backwards]),
        "object X0: the days 2025-03-03 to 2025-03-02 of a visit must be a window of 1 to 366 days"
    );
    let mut many = visit("X0");
    many.specialties = (0..33)
        .map(|n| needs(&n.to_string(), HeldBy::One))
        .collect();
    assert_eq!(
        refused(vec![many]),
        "object X0: a visit must need at most 32 specialties, this one needs 33"
    );
}

// --- replacement, verification, institutions -----------------------------------------------------------------------

#[test]
fn a_substitute_is_drawn_and_a_second_one_needs_a_supervisor() {
    let round = roomy();
    let mut drawn = round.draw();
    round.with(|inputs| {
        let replace =
            |drawn: &mut Assignments, request: Request| assign::replace(inputs, drawn, request);
        let team = drawn.row("X0", BUREAU).unwrap().team().to_vec();
        let message = |error: assign::Error| error.to_string();
        let mut request = Round::request("X0", "J9");
        assert_eq!(
            message(replace(&mut drawn, request.clone()).unwrap_err()),
            "object X0: inspector J9 must be in the team to be replaced"
        );
        request.inspector_id.clone_from(&team[0]);
        request.reason = " ".to_owned();
        assert_eq!(
            message(replace(&mut drawn, request.clone()).unwrap_err()),
            "object X0: a replacement must have a reason (更换理由)"
        );
        request.reason = "病假".to_owned();
        let before = drawn.clone();
        let made = replace(&mut drawn, request.clone()).unwrap();
        assert!(
            made.attempt == 1 && !team.contains(&made.substitute_id),
            "{made:?}"
        );
        check_teams(&round, &drawn);
        assert_eq!(
            replace(&mut before.clone(), request).unwrap(),
            made,
            "the sub-seed decides"
        );
        let mut again = Round::request("X0", &made.substitute_id);
        assert_eq!(
            message(replace(&mut drawn, again.clone()).unwrap_err()),
            "object X0: replacement 2 at one visit must name the supervisor (批准人) who allows it"
        );
        again.supervisor = Some("张局".to_owned());
        let second = replace(&mut drawn, again).unwrap();
        assert!(
            second.attempt == 2 && second.substitute_id != team[0],
            "who was replaced does not come back: {second:?}"
        );
        check_teams(&round, &drawn);
        let unknown = Round::request("X9", "J1");
        assert_eq!(
            message(replace(&mut drawn, unknown).unwrap_err()),
            "object X9, department \"市场监督管理局\": no visit of this round has a team for it"
        );
    });
}

fn check_teams(round: &Round, drawn: &Assignments) {
    let register = round.register();
    for row in &drawn.rows {
        let need = round
            .visits
            .iter()
            .find(|need| need.object_id == row.object_id)
            .unwrap();
        let team: Vec<&Inspector> = row
            .team()
            .iter()
            .map(|id| register.inspector(id).unwrap())
            .collect();
        assert!(is_lawful(round, need, &team, row.day), "{row:?}");
    }
    assert!(
        drawn.loads().values().all(|&load| round
            .params
            .load
            .ceiling
            .is_none_or(|most| load <= most))
    );
}

#[test]
fn where_nobody_may_step_in_the_rule_is_named() {
    let refused = |round: &Round| {
        let mut drawn = round.draw();
        let out = drawn.rows[0].team()[0].clone();
        round.with(|inputs| {
            assign::replace(inputs, &mut drawn, Round::request("X0", &out))
                .unwrap_err()
                .to_string()
        })
    };
    let mut round = Round::new(vec![visit("X0")], people(&["J1", "J2"]));
    assert_eq!(
        refused(&round),
        "object X0: no inspector may take the place of J1; what stops it: recusal"
    );
    round.inspectors = people(&["J1", "J2", "J3"]);
    round.inspectors[0].specialties.push(FOOD.to_owned());
    round.visits[0].specialties.push(needs(FOOD, HeldBy::One));
    assert_eq!(
        refused(&round),
        "object X0: no inspector may take the place of J1; what stops it: specialty"
    );
    let mut full = Round::new(
        vec![visit("X0"), visit("X1")],
        people(&["J1", "J2", "J3", "J4"]),
    );
    full.params.load.ceiling = Some(1);
    assert!(refused(&full).ends_with("what stops it: load_ceiling"));
    full.params.load.ceiling = None;
    full.params.visits_per_day_max = 1;
    assert!(refused(&full).ends_with("what stops it: visits_per_day"));
}

#[test]
fn the_published_teams_verify_from_committed_text_and_any_change_is_named() {
    let round = roomy();
    let mut drawn = round.draw();
    let request = Round::request("X2", &drawn.row("X2", BUREAU).unwrap().team()[0].clone());
    round.with(|inputs| assign::replace(inputs, &mut drawn, request.clone()).unwrap());
    let published = drawn.public_table();
    let tables = round.register().tables();
    let register = InspectorRegister::from_tables(&tables).unwrap();
    assert_eq!(register, round.register());
    let last = LastTeams::from_table(&LastTeams::new(round.last.clone()).table()).unwrap();
    let params: ValidParams =
        serde_json::from_str(&serde_json::to_string(&round.valid()).unwrap()).unwrap();
    let inputs = Inputs {
        params: &params,
        visits: &round.visits,
        register: &register,
        last: &last,
        hash: HashName::Sha256,
        sub_seed: sub_seed(round.seed),
    };
    let verify = |replaced: &[Request], published: &[u8]| {
        assign::verify(&inputs, replaced, published, &Meter::silent())
    };
    assert_eq!(
        verify(std::slice::from_ref(&request), &published).unwrap(),
        drawn
    );
    let text = String::from_utf8(published).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let forged = text.replace(lines[5], "X4,市场监督管理局,J1;J2,,");
    let error = verify(std::slice::from_ref(&request), forged.as_bytes()).unwrap_err();
    assert_eq!(error.kind(), Kind::Verification);
    let expected = format!(
        "assignments.csv, line 6: expected {:?}, found \"X4,市场监督管理局,J1;J2,,\"",
        lines[5]
    );
    assert_eq!(error.to_string(), expected);
    let cut = verify(
        &[request],
        text.trim_end_matches(&format!("{}\n", lines[6])).as_bytes(),
    )
    .unwrap_err();
    assert_eq!(
        cut.to_string(),
        format!(
            "assignments.csv, line 7: expected {:?}, found \"\"",
            lines[6]
        )
    );
    let kept_back = verify(&[], text.as_bytes()).unwrap_err().to_string();
    assert!(
        kept_back.starts_with("assignments.csv, line 4: "),
        "{kept_back}"
    );
}

#[test]
fn an_institution_is_attached_beside_a_team_and_never_counted() {
    let round = small();
    let mut drawn = round.draw();
    let before = drawn.public_table();
    let institution = |expires: &str, report: &str| Institution {
        name: "邯郸检验检测中心".to_owned(),
        qualification: "CMA-0001".to_owned(),
        expires: day(expires),
        report_id: report.to_owned(),
    };
    let mut attach =
        |object: &str, institution| assign::attach(&mut drawn, object, BUREAU, institution);
    assert_eq!(
        attach("X0", institution("2025-03-02", "R1"))
            .unwrap_err()
            .to_string(),
        "object X0: the qualification CMA-0001 of 邯郸检验检测中心 must be valid on 2025-03-03, it expired on 2025-03-02"
    );
    assert_eq!(
        attach("X0", institution("2025-03-03", " "))
            .unwrap_err()
            .to_string(),
        "object X0: an entrusted institution (第三方机构) must have its report id"
    );
    assert!(attach("X9", institution("2025-03-03", "R1")).is_err());
    attach("X0", institution("2025-03-03", "R1")).unwrap();
    assert_eq!(drawn.public_table(), before);
    assert_eq!(
        String::from_utf8(drawn.entrusted_table()).unwrap(),
        "object_id,department,institution,qualification,expires,report_id\n\
         X0,市场监督管理局,邯郸检验检测中心,CMA-0001,2025-03-03,R1\n"
    );
}

#[test]
fn one_seed_gives_these_teams_for_ever() {
    let expected = "object_id,department,inspector_ids,rule,missing\n\
        X0,市场监督管理局,J2;J5,,\nX1,市场监督管理局,J3;J6,,\nX2,市场监督管理局,J1;J4,,\n\
        X3,市场监督管理局,J3;J6,,\nX4,市场监督管理局,J1;J7,,\nX5,市场监督管理局,J2;J5,,\n";
    assert_eq!(
        String::from_utf8(small().draw().public_table()).unwrap(),
        expected
    );
}

#[test]
fn the_job_section_is_optional_and_all_its_problems_are_named() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let job = std::fs::read_to_string(root.join("pipelines/guantao.toml")).unwrap();
    let dir = tempfile::TempDir::new().unwrap();
    let read = |section: &str| {
        let path = dir.path().join("job.toml");
        let job = job.replace("pipelines/", &format!("{}/pipelines/", root.display()));
        std::fs::write(&path, format!("{job}\n{section}")).unwrap();
        Job::read(&path, &Overrides::default())
    };
    let without = read("").unwrap();
    assert_eq!(without.assign, None);
    let days = "[visits]\nfirst = \"2025-03-03\"\nlast = \"2025-04-30\"\n";
    let assign =
        "[assign]\nteam_size = 3\nrotation = \"new_pair\"\n[assign.reach]\n\"所级\" = \"office\"";
    let with = read(&format!("{days}{assign}")).unwrap();
    assert_eq!(read(assign).unwrap_err()[0].key, "visits");
    assert!(with.assign.is_some() && with.digest != without.digest);
    let problems = read(&format!(
        "{days}[assign]\nteam_size = 1\n[assign.reach]\n\"所级\" = \"town\""
    ))
    .unwrap_err();
    let keys: Vec<&str> = problems
        .iter()
        .map(|problem| problem.key.as_str())
        .collect();
    assert_eq!(keys, ["assign.team_size", "assign.reach.所级"]);
}

// --- the register --------------------------------------------------------------------------------------------------

/// Reads `tables` (TOML of the ingest section, `DIR` being the folder) into registers as of 2025-01-01.
fn registers(dir: &Path, tables: &str, partitions: usize) -> (Registers, Vec<ingest::TableCounts>) {
    let toml = tables.replace("DIR", &dir.display().to_string());
    let params: ingest::Params = toml::from_str(&toml).unwrap();
    let work = tempfile::TempDir::new().unwrap().keep();
    let as_of = AsOf(day("2025-01-01"));
    let params = params.check().unwrap();
    let snapshot = ingest::read(&params, as_of, partitions, &work, &Meter::silent()).unwrap();
    let all: registers::Params = toml::from_str("").unwrap();
    let all = all.check().unwrap();
    let counts = snapshot.counts().to_vec();
    let compiled = registers::compile(&all, &snapshot, as_of, &work, &Meter::silent()).unwrap();
    (compiled, counts)
}

#[test]
fn recusals_and_absences_are_read_checked_and_refused_row_by_row() {
    let dir = tempfile::TempDir::new().unwrap();
    let write = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).unwrap();
    write("o.csv", "统一社会信用代码\nA1\nB2\nC3\n");
    write(
        "p.csv",
        "inspector_id,部门,certificates,specialties,former_employers,active\n\
         J2,市监,JS1@2026-01-31;SC2|2025-02-01,药品;食品,ｂ2;licence/77,是\nJ1,,长期有效,,,否\n",
    );
    write(
        "r.csv",
        "检查人员,object_id,回避理由\nJ2,a1,近亲属\nJ2,X9,不在名录\n,B2,\nJ1,B2,\nJ2,a1,近亲属\n",
    );
    write(
        "a.csv",
        "inspector_id,from,to\nJ2,2025-03-05,2025-03-07\nJ1,2025-03-05,\nJ1,2025-03-05,2025-03-04\nJ1,2025-03-05,\n",
    );
    let tables = "objects.path = 'DIR/o.csv'\nobjects.columns.object_id = '统一社会信用代码'\n\
        inspectors.path = 'DIR/p.csv'\ninspectors.columns.department = '部门'\n\
        recusals.path = 'DIR/r.csv'\nrecusals.columns = { inspector_id = '检查人员', reason = '回避理由' }\n\
        availability.path = 'DIR/a.csv'";
    for partitions in [1, 3] {
        let (registers, counts) = registers(dir.path(), tables, partitions);
        let counted = counts
            .iter()
            .map(|c| (c.table.as_str(), c.read, c.accepted, c.refused));
        assert_eq!(
            counted.collect::<Vec<_>>()[2..],
            [("recusals", 5, 3, 2), ("availability", 4, 3, 1)]
        );
        let register = registers.inspector_register().unwrap();
        let texts: Vec<String> = register
            .tables()
            .into_values()
            .map(|bytes| String::from_utf8(bytes).unwrap())
            .collect();
        let expected = [
            "inspector_id,from,to\nJ1,2025-03-05,2025-03-05\nJ2,2025-03-05,2025-03-07\n",
            "inspector_id,department,office,level,staff_kind,certificates,specialties,region_code,former_employers,active\n\
             J1,,,,,长期有效,,,,false\n\
             J2,市监,,,,JS1@2026-01-31;SC2|2025-02-01,药品;食品,,B2;licence/77,true\n",
            "inspector_id,object_id,reason\nJ1,B2,\nJ2,A1,近亲属\n",
        ];
        assert_eq!(texts, expected);
        let j2 = register.inspector("J2").unwrap();
        assert!(j2.is_certified(day("2026-01-31")) && !j2.is_certified(day("2026-02-01")));
        assert!(
            !register
                .inspector("J1")
                .unwrap()
                .is_certified(day("2025-01-01"))
        );
        let back = InspectorRegister::from_tables(&register.tables()).unwrap();
        assert_eq!(back, register);
    }
}

#[test]
fn committed_text_that_is_not_a_register_is_located() {
    let refused = |table: &str, text: &str| {
        let tables = BTreeMap::from([(table.to_owned(), text.as_bytes().to_vec())]);
        let error = InspectorRegister::from_tables(&tables).unwrap_err();
        assert_eq!(error.kind(), Kind::Data);
        error.to_string()
    };
    let heading = "inspector_id,department,office,level,staff_kind,certificates,specialties,region_code,former_employers,active\n";
    assert_eq!(
        refused(
            "inspectors",
            &format!("{heading}J1,,,,,,,,,true\nJ1,,,,,,,,,true\n")
        ),
        "inspectors, line 3: inspector_id \"J1\": an inspector must stand in the register once"
    );
    assert_eq!(
        refused("inspectors", &format!("{heading}J1,,,,,,,,,yes\n")),
        "inspectors, line 2: active \"yes\": whether an inspector is active must be true or false"
    );
    assert_eq!(
        refused("inspectors", &format!("{heading},,,,,,,,,true\n")),
        "inspectors, line 2: inspector_id \"\": an inspector must have an id"
    );
    assert_eq!(
        refused(
            "availability",
            "inspector_id,from,to\nJ1,2025-03-05,2025-03-04\n"
        ),
        "availability, line 2: to \"2025-03-04\": an absence must not end before it begins"
    );
    assert_eq!(
        refused(
            "availability",
            "inspector_id,from,to\nJ1,5 March,2025-03-04\n"
        ),
        "availability, line 2: from \"5 March\": a day must be written YYYY-MM-DD"
    );
    assert_eq!(
        refused("recusals", "inspector,object\n"),
        "recusals, line 1: inspector_id \"inspector,object\": the heading must be the canonical one"
    );
    assert!(
        refused("recusals", "inspector_id,object_id,reason\nJ1\n")
            .starts_with("recusals, line 2: ")
    );
    let error = LastTeams::from_table(b"object_id\n").unwrap_err();
    assert_eq!(
        error.to_string(),
        "last_teams, line 1: the heading must be object_id,department,inspector_ids"
    );
}

#[test]
fn the_county_of_guantao_sends_lawful_teams_to_hundreds_of_visits() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("datasets/guantao");
    let job = std::fs::read_to_string(data.join("../../pipelines/guantao.toml")).unwrap();
    let job: toml::Table = job.replace("{data}", "DIR").parse().unwrap();
    let mut tables = job["ingest"].as_table().unwrap().clone();
    for table in ["inspections", "credit_events", "items"] {
        tables.remove(table);
    }
    let more =
        "recusals.path = 'DIR/recusals.parquet'\navailability.path = 'DIR/availability.parquet'";
    let tables = format!("{more}\n{tables}");
    let (registers, counts) = registers(&data, &tables, 2);
    let register = registers.inspector_register().unwrap();
    assert_eq!(
        (register.inspectors().len(), register.recusals().count()),
        (68, 40),
        "{counts:?}"
    );
    let columns = ["object_id", "office", "region_code"];
    let (mut visits, barred): (Vec<VisitNeed>, BTreeSet<&str>) = (
        Vec::new(),
        register
            .recusals()
            .map(|recusal| recusal.object_id.as_str())
            .collect(),
    );
    let columns = columns.map(str::to_owned);
    for part in 0..2 {
        let frame = registers.frame_part(part, &columns).unwrap();
        for (row, id) in frame.columns[0].iter().enumerate() {
            if row % 40 == 0 || barred.contains(id.as_str()) {
                let mut need = visit(id);
                need.office.clone_from(&frame.columns[1][row]);
                need.region_code.clone_from(&frame.columns[2][row]);
                need.last = start().plus(59);
                if visits.len() % 5 == 0 {
                    need.specialties.push(needs(FOOD, HeldBy::One));
                }
                visits.push(need);
            }
        }
    }
    let mut round = Round::new(visits, register.inspectors().to_vec());
    round.recusals = register.recusals().cloned().collect();
    round.absences = register
        .inspectors()
        .iter()
        .flat_map(|who| {
            register.absences(&who.id).map(|(from, to)| Absence {
                inspector_id: who.id.clone(),
                from,
                to,
            })
        })
        .collect();
    round.params.visits_per_day_max = 1;
    round.params.reach = BTreeMap::from([("所级".to_owned(), "office".to_owned())]);
    assert_eq!(round.register(), register);
    let drawn = round.draw();
    check(&round, &drawn);
    assert!(
        drawn.rows.len() > 300 && drawn.n_short() == 0,
        "{} of {}",
        drawn.n_short(),
        drawn.rows.len()
    );
}
