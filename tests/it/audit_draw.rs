//! An audit blames lists that no fair draw gives, names whom they could not reach, and leaves fair lists alone.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use choucha::audit::draw::{
    Audit, AuditInput, Design, DrawAuditArgs, Error, Params, Ratios, Reach, Register, Round, Test,
    Verdict, Visit, Yardstick, audit, page, run,
};
use choucha::ingest::read_texts;
use choucha::report::Lang;
use choucha::units::{HashName, Kind, Meter};
use rayon::prelude::*;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn example(file: &str) -> String {
    let path = root().join("datasets/interval_example").join(file);
    path.display().to_string()
}

/// `SplitMix64`: a generator of its own, so that the lists owe nothing to the audit's.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^= z >> 31;
        usize::try_from((u128::from(z) * n as u128) >> 64).unwrap()
    }

    /// `n` of the units, all subsets equally likely.
    fn draw(&mut self, units: &[u32], n: usize) -> Vec<u32> {
        let mut units = units.to_vec();
        for at in 0..n {
            let other = at + self.roll(units.len() - at);
            units.swap(at, other);
        }
        units.truncate(n);
        units
    }
}

fn objects(n: usize) -> Vec<u32> {
    (0..u32::try_from(n).unwrap()).collect()
}

/// A register sorted by office; offices of the given sizes, ids in another order than the file.
fn register(offices: &[usize], dice: &mut Dice) -> Register {
    let n: usize = offices.iter().sum();
    let ids = (0..n)
        .map(|k| format!("{:06}", (k * 7919 + 13) % 100_003))
        .collect();
    let named = |(office, &size): (usize, &usize)| vec![format!("所{office:02}"); size];
    let office = offices.iter().enumerate().flat_map(named).collect();
    let industry = (0..n)
        .map(|_| ["F52", "H62", "C13"][dice.roll(3)].to_owned())
        .collect();
    let mut coordinate =
        |from: f64| from + f64::from(u16::try_from(dice.roll(10_000)).unwrap()) * 1e-5;
    let places = (0..n)
        .map(|_| Some((coordinate(30.0), coordinate(125.0))))
        .collect();
    Register::new(ids)
        .with_column("office", office)
        .with_column("industry_code", industry)
        .with_places(places)
}

fn round(label: &str, drawn: &[u32]) -> Round {
    let visit = |&object: &u32| Visit {
        object,
        team: Vec::new(),
    };
    Round {
        label: label.to_owned(),
        visits: drawn.iter().map(visit).collect(),
    }
}

fn rounds(register: &Arc<Register>, lists: &[Vec<u32>]) -> AuditInput {
    AuditInput {
        rounds: lists
            .iter()
            .enumerate()
            .map(|(at, drawn)| round(&at.to_string(), drawn))
            .collect(),
        ..AuditInput::of(register.clone(), &[])
    }
}

fn judged(input: &AuditInput, params: &Params) -> Audit {
    audit(input, &params.check().unwrap(), [5; 32]).unwrap()
}

fn departs(audit: &Audit, test: Test) -> bool {
    audit
        .finding(test)
        .is_some_and(|finding| finding.verdict == Verdict::Departure)
}

fn names(audit: &Audit, reach: Reach) -> Vec<&str> {
    let of = audit.districts.iter().filter(|one| one.reach == reach);
    of.map(|one| one.district.as_str()).collect()
}

// Fair lists are left alone

/// One kind of draw: a register, a design, sizes.
struct Kindly {
    offices: &'static [usize],
    n: &'static [usize],
    strata: bool,
    order: bool,
}

const KINDS: [Kindly; 8] = [
    Kindly {
        offices: &[30, 50, 20, 60, 40],
        n: &[40],
        strata: false,
        order: false,
    },
    Kindly {
        offices: &[90, 80, 130],
        n: &[30, 30],
        strata: false,
        order: true,
    },
    Kindly {
        offices: &[40, 40, 40, 40],
        n: &[60],
        strata: true,
        order: false,
    },
    Kindly {
        offices: &[12, 15, 9, 20, 14, 30, 8, 22],
        n: &[25, 35],
        strata: false,
        order: false,
    },
    Kindly {
        offices: &[50, 70, 80],
        n: &[24, 24, 24],
        strata: true,
        order: true,
    },
    Kindly {
        offices: &[100],
        n: &[60],
        strata: false,
        order: false,
    },
    Kindly {
        offices: &[5, 5, 5, 5, 5, 5, 5, 5, 5, 5],
        n: &[10],
        strata: false,
        order: false,
    },
    Kindly {
        offices: &[150, 30, 20],
        n: &[18],
        strata: false,
        order: true,
    },
];

/// A fair list: every stratum's share by rounding down, drawn at random; sixteen teams of two if asked.
fn fair_list(kind: &Kindly, register: &Arc<Register>, teams: bool, dice: &mut Dice) -> AuditInput {
    let n: usize = kind.offices.iter().sum();
    let mut lists = Vec::new();
    for &size in kind.n {
        let mut drawn = Vec::new();
        let mut first = 0;
        for &office in kind.offices {
            let members: Vec<u32> = objects(n)[first..first + office].to_vec();
            first += office;
            if kind.strata {
                drawn.extend(dice.draw(&members, office * size / n));
            }
        }
        lists.push(if kind.strata {
            drawn
        } else {
            dice.draw(&objects(n), size)
        });
    }
    let mut input = rounds(register, &lists);
    if teams {
        input.inspectors = (0..7).map(|person| format!("ZF{person}")).collect();
        for visit in input
            .rounds
            .iter_mut()
            .flat_map(|round| &mut round.visits)
            .take(16)
        {
            visit.team = dice.draw(&objects(7), 2);
        }
    }
    input
}

/// False alarms of `lists` fair lists of one kind.
fn false_alarms(at: u64, kind: &Kindly, lists: usize) -> usize {
    let mut dice = Dice(1_000 * (at + 1));
    let register = Arc::new(register(kind.offices, &mut dice));
    let params = Params {
        strata: kind
            .strata
            .then(|| "office".to_owned())
            .into_iter()
            .collect(),
        order: kind
            .order
            .then(|| "object_id".to_owned())
            .into_iter()
            .collect(),
        replicates: 999,
        ..Params::equal()
    };
    let design = params.check().unwrap();
    let first = fair_list(kind, &register, false, &mut dice);
    let yardstick = Yardstick::of(&first, &design, [u8::try_from(at).unwrap(); 32]).unwrap();
    let inputs: Vec<AuditInput> = (0..lists)
        .map(|list| fair_list(kind, &register, list % 5 == 0, &mut dice))
        .collect();
    let alarms = inputs
        .par_iter()
        .filter(|input| yardstick.audit(input).unwrap().departure);
    alarms.count()
}

#[test]
fn of_a_thousand_fair_lists_no_more_are_blamed_than_five_in_a_hundred_allow() {
    let alarms: usize = KINDS
        .iter()
        .zip(0..)
        .map(|(kind, at)| false_alarms(at, kind, 125))
        .sum();
    // 97.5 % point of the binomial distribution of 1,000 lists at 5 %
    assert!(alarms <= 64, "{alarms} of 1,000 fair lists are blamed");
    assert!(alarms > 0, "a test that never errs tests nothing");
}

// Odd lists are blamed, each for what it is

/// The platform's way: every ⌊N/n⌋-th object from a start among the first ⌊N/n⌋.
fn interval_list(n_objects: usize, n: usize, start: usize) -> Vec<u32> {
    let step = n_objects / n;
    (0..n)
        .map(|k| u32::try_from(start + k * step).unwrap())
        .collect()
}

/// Offices that no start reaches, by trying every start.
fn beyond(offices: &[usize], n: usize) -> Vec<String> {
    let n_objects: usize = offices.iter().sum();
    let reached: BTreeSet<u32> = (0..n_objects / n)
        .flat_map(|start| interval_list(n_objects, n, start))
        .collect();
    let mut first = 0;
    let mut beyond = Vec::new();
    for (office, &size) in offices.iter().enumerate() {
        let members = first..first + size;
        if members
            .clone()
            .all(|object| !reached.contains(&u32::try_from(object).unwrap()))
        {
            beyond.push(format!("所{office:02}"));
        }
        first += size;
    }
    beyond
}

#[test]
fn interval_lists_are_blamed_and_the_offices_they_cannot_reach_are_named() {
    let mut dice = Dice(77);
    let (mut blamed, mut exact, mut with_beyond) = (0, 0, 0);
    let all = 40;
    for list in 0..all {
        let offices: Vec<usize> = (0..9).map(|_| 8 + dice.roll(30)).collect();
        let n_objects: usize = offices.iter().sum();
        let n = 10 + dice.roll(n_objects / 2 - 10);
        let start = dice.roll(n_objects / n);
        let register = Arc::new(register(&offices, &mut dice));
        let params = Params {
            replicates: 999,
            ..Params::equal()
        };
        let drawn = interval_list(n_objects, n, start);
        let found = judged(&AuditInput::of(register, &drawn), &params);
        let wanted = beyond(&offices, n);
        blamed += usize::from(departs(&found, Test::Interval));
        exact += usize::from(names(&found, Reach::Never) == wanted);
        with_beyond += usize::from(!wanted.is_empty());
        assert_eq!(
            found.kind(),
            found.departure.then_some(Kind::Departure),
            "{list}"
        );
    }
    assert!(blamed * 100 >= 95 * all, "{blamed} of {all}");
    assert_eq!(
        exact, all,
        "offices that could never be drawn are named, and no others"
    );
    assert!(with_beyond > 10, "{with_beyond} lists had such offices");
}

#[test]
fn an_interval_in_an_order_that_the_file_does_not_show_is_found() {
    let mut dice = Dice(3);
    let offices = [40, 60, 50, 50];
    let sorted = register(&offices, &mut dice);
    let by_office_and_id = |register: &Register| -> Vec<(String, String)> {
        let ids = (0..200).map(|k| format!("{:06}", (k * 7919 + 13) % 100_003));
        let offices = offices.iter().enumerate();
        let office = offices.flat_map(|(at, &size)| vec![format!("所{at:02}"); size]);
        assert_eq!(register.n(), 200);
        let mut rows: Vec<(String, String)> = office.zip(ids).collect();
        rows.sort();
        rows
    };
    let rows = by_office_and_id(&sorted);
    let shuffled: Vec<(String, String)> = dice
        .draw(&objects(200), 200)
        .into_iter()
        .map(|at| rows[at as usize].clone())
        .collect();
    let (office, ids): (Vec<String>, Vec<String>) = shuffled.into_iter().unzip();
    let register = Arc::new(Register::new(ids).with_column("office", office));
    let drawn: Vec<u32> = interval_list(200, 45, 2)
        .into_iter()
        .map(|place| register.find(&rows[place as usize].1).unwrap())
        .collect();
    let found = judged(&AuditInput::of(register, &drawn), &Params::equal());
    let interval = found.finding(Test::Interval).unwrap();
    assert_eq!(interval.verdict, Verdict::Departure);
    assert!(
        interval
            .sentence
            .en
            .starts_with("Sorted by district, then id, 44 of 44 gaps"),
        "{}",
        interval.sentence.en
    );
    assert!(
        interval.sentence.en.contains("exactly 4 (that is ⌊N/n⌋)"),
        "{}",
        interval.sentence.en
    );
}

#[test]
fn a_platform_that_leaves_out_at_an_interval_is_certain_to_draw_its_tail() {
    let mut dice = Dice(4);
    let offices = [100, 100, 60, 40];
    let register = Arc::new(register(&offices, &mut dice));
    let left_out: BTreeSet<u32> = interval_list(300, 130, 1).into_iter().collect();
    let drawn: Vec<u32> = objects(300)
        .into_iter()
        .filter(|object| !left_out.contains(object))
        .collect();
    let found = judged(&AuditInput::of(register, &drawn), &Params::equal());
    assert!(departs(&found, Test::Interval));
    assert_eq!(names(&found, Reach::Always), ["所03"]);
    assert!(
        found
            .finding(Test::Interval)
            .unwrap()
            .sentence
            .zh
            .contains("起点在前 2 户中选取时，末尾 40 户一定会被抽中")
    );
}

#[test]
fn an_interval_within_every_stratum_is_found_stratum_by_stratum() {
    let mut dice = Dice(5);
    let offices = [60, 90, 75];
    let register = Arc::new(register(&offices, &mut dice));
    let (mut drawn, mut first) = (Vec::new(), 0);
    for (size, n, start) in [(60, 20, 1), (90, 15, 4), (75, 15, 0)] {
        drawn.extend(
            interval_list(size, n, start)
                .into_iter()
                .map(|place| first + place),
        );
        first += u32::try_from(size).unwrap();
    }
    let params = Params {
        strata: vec!["office".to_owned()],
        ..Params::equal()
    };
    let found = judged(&AuditInput::of(register, &drawn), &params);
    let interval = found.finding(Test::Interval).unwrap();
    assert_eq!(interval.verdict, Verdict::Departure);
    assert!(
        interval
            .sentence
            .en
            .contains("stratum by stratum, 47 of 47 gaps"),
        "{}",
        interval.sentence.en
    );
    let district = found
        .withheld
        .iter()
        .find(|one| one.test == Test::District)
        .unwrap();
    assert!(
        district.reason.en.contains("the same in every list"),
        "the design fixes the numbers"
    );
}

#[test]
fn a_list_taken_in_blocks_is_blamed_for_neighbours_and_nearness() {
    let mut dice = Dice(6);
    let base = register(&[100, 100, 100], &mut dice);
    let lat = (0..300).map(|k| Some((30.0 + f64::from(k) * 1e-4, 125.0 + f64::from(k % 7) * 1e-4)));
    let register = Arc::new(base.with_places(lat.collect()));
    let drawn: Vec<u32> = objects(300).into_iter().filter(|k| k % 60 < 8).collect();
    let found = judged(&AuditInput::of(register, &drawn), &Params::equal());
    for test in [Test::Neighbours, Test::Distance] {
        assert!(departs(&found, test), "{test:?}");
    }
    assert!(found.finding(Test::Neighbours).unwrap().effect.value > 0.0);
    assert!(found.finding(Test::Distance).unwrap().effect.value < 0.0);
}

#[test]
fn an_office_that_is_spared_is_named_with_its_chance() {
    let mut dice = Dice(7);
    let register = Arc::new(register(&[100, 100, 60, 100], &mut dice));
    let others: Vec<u32> = objects(360)
        .into_iter()
        .filter(|k| !(200..260).contains(k))
        .collect();
    let drawn = dice.draw(&others, 60);
    let found = judged(&AuditInput::of(register, &drawn), &Params::equal());
    assert!(departs(&found, Test::ShutOut));
    assert_eq!(names(&found, Reach::LeftOut), ["所02"]);
    let chance: f64 = (0..60)
        .map(|taken| f64::from(300 - taken) / f64::from(360 - taken))
        .product();
    assert!((found.districts[0].chance_of_none.unwrap() / chance - 1.0).abs() < 1e-9);
}

#[test]
fn an_industry_that_is_favoured_is_blamed() {
    let mut dice = Dice(8);
    let n = 400;
    let industry = (0..n)
        .map(|k| if k % 4 == 0 { "H6210" } else { "F5211" }.to_owned())
        .collect();
    let ids = (0..n).map(|k| format!("{k:04}")).collect();
    let register = Arc::new(Register::new(ids).with_column("industry_code", industry));
    let (h, f): (Vec<u32>, Vec<u32>) = objects(n).into_iter().partition(|k| k % 4 == 0);
    let drawn = [dice.draw(&h, 40), dice.draw(&f, 20)].concat();
    let found = judged(&AuditInput::of(register, &drawn), &Params::equal());
    assert!(departs(&found, Test::Industry));
    let said = &found.finding(Test::Industry).unwrap().sentence;
    assert_eq!(
        said.zh,
        "各行业抽中数偏离声明的抽法，偏离最大的是“H”：抽中 40 户，应约 15.0 户。"
    );
}

#[test]
fn announced_ratios_that_are_not_kept_are_blamed() {
    let mut dice = Dice(9);
    let class = (0..500)
        .map(|k| if k < 100 { "D" } else { "A" }.to_owned())
        .collect();
    let ids = (0..500).map(|k| format!("{k:04}")).collect();
    let register = Arc::new(Register::new(ids).with_column("class", class));
    let values = [("D".to_owned(), 0.5), ("A".to_owned(), 0.05)].into();
    let params = Params {
        strata: vec!["class".to_owned()],
        ratios: Some(Ratios {
            column: "class".to_owned(),
            values,
        }),
        ..Params::equal()
    };
    let list = |n_d: usize, dice: &mut Dice| {
        let d = dice.draw(&objects(500)[..100], n_d);
        let a = dice.draw(&objects(500)[100..], 20);
        judged(&AuditInput::of(register.clone(), &[d, a].concat()), &params)
    };
    assert!(!departs(&list(50, &mut dice), Test::Ratios));
    let found = list(25, &mut dice);
    assert!(departs(&found, Test::Ratios));
    let ratios = found.finding(Test::Ratios).unwrap();
    assert!(
        (ratios.effect.value - -25.0).abs() < 1e-9,
        "percentage points"
    );
}

#[test]
fn rounds_that_repeat_too_much_or_too_little_are_blamed() {
    let mut dice = Dice(10);
    let register = Arc::new(register(&[150, 150], &mut dice));
    let first = dice.draw(&objects(300), 60);
    let fresh: Vec<u32> = objects(300)
        .into_iter()
        .filter(|k| !first.contains(k))
        .collect();
    let again = [dice.draw(&first, 35), dice.draw(&fresh, 25)].concat();
    let never = dice.draw(&fresh, 60);
    let repeats = |second: &[u32], cool_down: bool| {
        let params = Params {
            cool_down,
            ..Params::equal()
        };
        departs(
            &judged(
                &rounds(&register, &[first.clone(), second.to_vec()]),
                &params,
            ),
            Test::Repeats,
        )
    };
    assert!(repeats(&again, false));
    assert!(repeats(&never, false));
    assert!(
        !repeats(&never, true),
        "few repeats are the rule of a cool-down"
    );
    assert!(repeats(&again, true));
}

fn with_teams(mut input: AuditInput, n: usize, team: impl Fn(usize) -> Vec<u32>) -> AuditInput {
    input.inspectors = (0..n).map(|person| format!("ZF{person:02}")).collect();
    let visits = input.rounds.iter_mut().flat_map(|round| &mut round.visits);
    visits
        .enumerate()
        .for_each(|(at, visit)| visit.team = team(at));
    input
}

#[test]
fn inspectors_who_always_go_in_the_same_pairs_are_blamed() {
    let mut dice = Dice(11);
    let register = Arc::new(register(&[120, 120], &mut dice));
    let input = AuditInput::of(register, &dice.draw(&objects(240), 60));
    let round_robin = |at: usize| {
        let first = u32::try_from(2 * at % 12).unwrap();
        vec![first, first + 1]
    };
    let found = judged(
        &with_teams(input.clone(), 12, round_robin),
        &Params::equal(),
    );
    assert!(departs(&found, Test::Pairs));
    let turning = |at: usize| {
        vec![
            u32::try_from(at % 12).unwrap(),
            u32::try_from((at + 1 + at / 12) % 12).unwrap(),
        ]
    };
    let found = judged(&with_teams(input, 12, turning), &Params::equal());
    assert!(found.finding(Test::Pairs).is_some());
    assert!(
        !departs(&found, Test::Pairs),
        "a rota that mixes everybody is no departure"
    );
}

#[test]
fn the_same_pair_sent_again_to_the_same_business_is_blamed() {
    let mut dice = Dice(12);
    let register = Arc::new(register(&[60, 60], &mut dice));
    let drawn = dice.draw(&objects(120), 40);
    let rotation = |at: usize| {
        let (a, b) = (at % 8, (at + 1 + at / 8) % 8);
        vec![u32::try_from(a).unwrap(), u32::try_from(b).unwrap()]
    };
    let input = rounds(&register, &[drawn.clone(), drawn]);
    let params = Params {
        cool_down: true,
        ..Params::equal()
    };
    let found = judged(&with_teams(input, 8, |at| rotation(at % 40)), &params);
    assert!(departs(&found, Test::Returns));
    assert!((found.finding(Test::Returns).unwrap().value - 40.0).abs() < 1e-12);
}

// What cannot be known is not said

#[test]
fn a_weighted_design_without_its_weights_is_tested_for_nothing_but_teams_and_ratios() {
    let mut dice = Dice(13);
    let register = Arc::new(register(&[100, 100], &mut dice));
    let params = Params {
        design: Design::Weighted,
        ..Params::equal()
    };
    let input = AuditInput::of(register, &interval_list(200, 40, 0));
    let found = judged(
        &with_teams(input, 6, |at| {
            vec![
                u32::try_from(at % 6).unwrap(),
                u32::try_from((at + 1 + at / 6 % 5) % 6).unwrap(),
            ]
        }),
        &params,
    );
    let made: Vec<Test> = found.tests.iter().map(|finding| finding.test).collect();
    assert_eq!(made, [Test::Pairs]);
    let interval = found
        .withheld
        .iter()
        .find(|one| one.test == Test::Interval)
        .unwrap();
    assert!(interval.reason.en.contains("weights are not given"));
    assert!(interval.reason.zh.contains("没有给出各对象的权重"));
    assert!(!found.departure);
}

#[test]
fn a_weighted_list_is_fair_when_its_weights_are_given_and_odd_when_they_are_kept_back() {
    let mut dice = Dice(14);
    let base = register(&[100, 100, 100], &mut dice);
    let level = (0..300)
        .map(|k| if k < 100 { "9" } else { "1" }.to_owned())
        .collect();
    let register = Arc::new(base.with_column("level", level));
    let drawn = [
        dice.draw(&objects(300)[..100], 60),
        dice.draw(&objects(300)[100..], 12),
    ]
    .concat();
    let input = AuditInput::of(register, &drawn);
    assert!(departs(&judged(&input, &Params::equal()), Test::District));
    let params = Params {
        design: Design::Weighted,
        weights: Some("level".to_owned()),
        ..Params::equal()
    };
    assert!(!judged(&input, &params).departure);
}

#[test]
fn a_census_is_withheld_whole() {
    let mut dice = Dice(15);
    let register = Arc::new(register(&[10, 10], &mut dice));
    let found = judged(&AuditInput::of(register, &objects(20)), &Params::equal());
    assert!(found.tests.is_empty());
    assert!(
        found
            .withheld
            .iter()
            .any(|one| one.reason.en.contains("nothing is random"))
    );
}

// Files

fn example_args() -> DrawAuditArgs {
    DrawAuditArgs {
        register: example("register.csv"),
        drawn: vec![example("drawn.csv")],
        inspectors: Some(example("inspectors.csv")),
        design: Some(example("design.toml").into()),
        out: None,
        lang: Lang::Zh,
    }
}

#[test]
fn the_interval_example_is_blamed_and_its_unreachable_offices_are_named() {
    let place = tempfile::TempDir::new().unwrap();
    let out = place.path().join("审计");
    let args = DrawAuditArgs {
        out: Some(out.clone()),
        ..example_args()
    };
    let found = run(&args, &Meter::silent()).unwrap();
    for test in [
        Test::Interval,
        Test::BlindTail,
        Test::Repeats,
        Test::ShutOut,
        Test::Pairs,
    ] {
        assert!(departs(&found, test), "{test:?}");
    }
    assert_eq!(found.kind(), Some(Kind::Departure));
    assert_eq!(names(&found, Reach::Never), ["园区二所", "湖滨所"]);
    let partly: Vec<(&str, u32, u32)> = found
        .districts
        .iter()
        .filter(|one| one.reach == Reach::PartlyNever)
        .map(|one| (one.district.as_str(), one.n_unreachable, one.n_objects))
        .collect();
    assert_eq!(partly, [("园区一所", 60, 210)]);
    let said = found.lines(Lang::Zh);
    assert!(
        said.iter().any(|line| line.contains(
            "按名录原有次序，抽中对象之间的 1698 个间隔有 1698 个（100.0%）恰为 3 户（即 ⌊N/n⌋）"
        )),
        "{said:#?}"
    );

    let json: serde_json::Value =
        serde_json::from_slice(&fs::read(out.join("audit.json")).unwrap()).unwrap();
    assert_eq!(json["departure"], true);
    assert_eq!(json["tests"][0]["test"], "interval");
    assert_eq!(json["rounds"][1]["label"], "2024");
    let html = fs::read_to_string(out.join("audit.html")).unwrap();
    assert!(
        html.contains("size: A4") && !html.contains("http"),
        "it prints and asks for nothing from outside"
    );
    assert!(html.contains("湖滨所"));
    assert!(
        page(&found, Lang::En)
            .unwrap()
            .contains("could never be drawn")
    );
}

fn written(place: &Path, name: &str, text: &str) -> String {
    let path = place.join(name);
    fs::write(&path, text).unwrap();
    path.display().to_string()
}

#[test]
fn rows_that_cannot_be_used_are_listed_with_file_line_column_value_and_rule() {
    let place = tempfile::TempDir::new().unwrap();
    let register = written(
        place.path(),
        "r.csv",
        "统一社会信用代码/注册号,管辖单位,纬度,经度\nA1,东所,30,125\n,东所,30,125\nａ2 ,西所,30,125\nA1,西所,30,125\nA3,西所,95,125\nA4,西所\nA5,西所,,\n",
    );
    let drawn = written(
        place.path(),
        "d.csv",
        "object_id,round,检查人员\na1,1,ZF1、ZF2\nA9,1,ZF1;ZF2\nA1,1,ZF1;ZF2\nA1,2,ZF1;ZF1\nA2,2,ZF1;ZF7\n",
    );
    let inspectors = written(place.path(), "i.csv", "执法证号\nZF1\nZF2\n");
    let args = DrawAuditArgs {
        register: register.clone(),
        drawn: vec![drawn.clone()],
        inspectors: Some(inspectors),
        ..example_args()
    };
    let found = run(&args, &Meter::silent()).unwrap();
    let told: Vec<String> = found.refused.iter().map(ToString::to_string).collect();
    let in_register = |line: u32, column: &str, value: &str, rule: &str| {
        format!("\"{register}\", line {line}, column \"{column}\": \"{value}\": {rule}")
    };
    let in_list = |line: u32, column: &str, value: &str, rule: &str| {
        format!("\"{drawn}\", line {line}, column \"{column}\": \"{value}\": {rule}")
    };
    let id = "统一社会信用代码/注册号";
    let wanted = [
        in_register(7, "", "2", "a row has as many fields as the header"),
        in_register(3, id, "", "an object must have an id"),
        in_register(5, id, "A1", "an object stands in the register once"),
        in_register(6, "纬度", "95", "must be degrees on the earth"),
        in_list(
            3,
            "object_id",
            "A9",
            "a drawn object must stand in the register (名录库外)",
        ),
        in_list(
            4,
            "object_id",
            "A1",
            "an object is drawn at most once a round",
        ),
        in_list(5, "检查人员", "ZF1", "an inspector stands in a team once"),
        in_list(
            6,
            "检查人员",
            "ZF7",
            "an inspector must stand in the inspectors' list (名录库外)",
        ),
    ];
    assert_eq!(told, wanted);
    assert_eq!(found.n_objects, 3);
    assert_eq!(
        found.rounds.iter().map(|round| round.n).collect::<Vec<_>>(),
        [1, 2]
    );
}

#[test]
fn lists_that_do_not_belong_together_and_columns_that_are_missing_are_refused() {
    let place = tempfile::TempDir::new().unwrap();
    let other = written(place.path(), "other.csv", "注册号\nX1\nX2\n");
    let refused = run(
        &DrawAuditArgs {
            drawn: vec![other.clone()],
            ..example_args()
        },
        &Meter::silent(),
    );
    let error = refused.unwrap_err();
    assert_eq!(error.kind(), Kind::Data);
    assert!(
        error
            .to_string()
            .starts_with("2 of 2 rows of --drawn are refused; the first: "),
        "{error}"
    );

    let nameless = written(place.path(), "n.csv", "名字\n甲\n");
    let error = run(
        &DrawAuditArgs {
            drawn: vec![nameless],
            ..example_args()
        },
        &Meter::silent(),
    )
    .unwrap_err();
    assert!(matches!(error, Error::ColumnMissing { .. }), "{error}");

    let design = written(place.path(), "design.toml", "strata = ['片区号']\n");
    let error = run(
        &DrawAuditArgs {
            design: Some(design.into()),
            ..example_args()
        },
        &Meter::silent(),
    )
    .unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("strata needs the column \"片区号\""),
        "{error}"
    );

    let design = written(place.path(), "bad.toml", "replicates = 5\n");
    let error = run(
        &DrawAuditArgs {
            design: Some(design.into()),
            ..example_args()
        },
        &Meter::silent(),
    )
    .unwrap_err();
    assert_eq!(error.kind(), Kind::Usage);
    assert!(
        error
            .to_string()
            .contains("replicates = 5: must lie in 999 ..= 99999"),
        "{error}"
    );
}

#[test]
fn a_fair_list_of_the_county_is_left_alone_and_unusable_rows_of_its_register_are_listed() {
    let place = tempfile::TempDir::new().unwrap();
    let design = written(place.path(), "design.toml", "replicates = 999\n");
    let register = root()
        .join("datasets/guantao/objects.parquet")
        .display()
        .to_string();
    let id_columns = ["统一社会信用代码/注册号", "代码类型"];
    let rows = read_texts("register", &register, |header| id_columns.contains(&header)).unwrap();
    let rows = &rows[0].rows;
    assert_eq!(rows.len(), 30_024);
    let lines: Vec<String> = Dice(16)
        .draw(&objects(30_000), 150)
        .into_iter()
        .filter_map(|at| Some(format!("{}\n", rows[at as usize].cells[0].clone()?)))
        .collect();
    let drawn = written(
        place.path(),
        "d.csv",
        &format!("统一社会信用代码\n{}", lines.concat()),
    );
    let args = DrawAuditArgs {
        register,
        drawn: vec![drawn],
        inspectors: None,
        design: Some(design.into()),
        ..example_args()
    };
    let found = run(&args, &Meter::silent()).unwrap();
    assert_eq!(
        found.n_objects, 30_003,
        "negative capital is no business of an audit"
    );
    assert_eq!(found.rounds[0].n, 150, "ids of every scheme are found");
    assert_eq!(
        found.refused.len(),
        12 + 4 + 5,
        "repeated, without id, outside the earth"
    );
    assert!(!found.departure, "{:#?}", found.lines(Lang::En));
}

// The example follows from its rule

fn hash(what: &str, k: usize) -> u32 {
    let text = format!("interval_example/{what}/{k}");
    let digest = HashName::Sha256.digest(&[text.as_bytes()]);
    u32::from_be_bytes(digest.0[..4].try_into().unwrap())
}

const OFFICES: [(&str, usize); 12] = [
    ("城关所", 320),
    ("东关所", 300),
    ("西关所", 280),
    ("北河所", 280),
    ("南庄所", 260),
    ("石桥所", 260),
    ("柳林所", 240),
    ("青山所", 240),
    ("新城所", 220),
    ("园区一所", 210),
    ("园区二所", 210),
    ("湖滨所", 180),
];

fn example_id(k: usize) -> String {
    format!("000000{:09}", hash("id", k) % 1_000_000_000)
}

fn example_register() -> String {
    let mut text = "注册号,企业名称,登记机关,管辖单位,行业门类,纬度,经度\n".to_owned();
    let mut k = 0;
    for (o, (office, size)) in (0_u32..).zip(OFFICES) {
        let county = "示例县市场监督管理局";
        let registrar = if o < 8 {
            county.to_owned()
        } else {
            format!("{county}开发区分局")
        };
        for _ in 0..size {
            k += 1;
            let industry = match hash("industry", k) % 100 {
                0..40 => "F",
                40..65 => "H",
                65..80 => "C",
                _ => "O",
            };
            let lat = 3_000_000 + 6_000 * (o / 4) + hash("lat", k) % 5_000;
            let lon = 12_500_000 + 8_000 * (o % 4) + hash("lon", k) % 7_000;
            let degrees = |value: u32| format!("{}.{:05}", value / 100_000, value % 100_000);
            let (id, lat, lon) = (example_id(k), degrees(lat), degrees(lon));
            writeln!(
                text,
                "{id},示例商户{k:04},{registrar},{office},{industry},{lat},{lon}"
            )
            .unwrap();
        }
    }
    text
}

fn example_drawn() -> String {
    let mut text = "批次,注册号,检查人员1,检查人员2\n".to_owned();
    for (label, start, first) in [("2023", 2, 7), ("2024", 1, 16)] {
        for (j, place) in interval_list(3_000, 850, start).into_iter().enumerate() {
            let inspector = |next: usize| (first + 2 * j + next) % 24 + 1;
            let (id, a, b) = (example_id(place as usize), inspector(0), inspector(1));
            writeln!(text, "{label},{id},ZF{a:03},ZF{b:03}").unwrap();
        }
    }
    text
}

#[test]
fn the_interval_example_follows_from_its_rule() {
    let inspectors = (1..=24).map(|i| format!("ZF{i:03},示例县市场监督管理局\n"));
    let inspectors = format!("执法证号,部门\n{}", inspectors.collect::<String>());
    let files = [
        ("register.csv", example_register()),
        ("drawn.csv", example_drawn()),
        ("inspectors.csv", inspectors),
    ];
    for (file, wanted) in files {
        assert!(
            fs::read_to_string(example(file)).unwrap() == wanted,
            "{file}"
        );
    }
}

#[test]
fn the_interval_example_satisfies_its_schema() {
    let schema: toml::Table = fs::read_to_string(example("schema.toml"))
        .unwrap()
        .parse()
        .unwrap();
    for table in schema["table"].as_array().unwrap() {
        let file = table["file"].as_str().unwrap();
        let text = fs::read_to_string(example(file)).unwrap();
        let mut lines = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
        let columns = table["column"].as_array().unwrap();
        let names: Vec<&str> = columns
            .iter()
            .map(|column| column["name"].as_str().unwrap())
            .collect();
        assert_eq!(lines.next().unwrap(), names, "{file}");
        let keys = table["key"].as_array().unwrap();
        let key_at: Vec<usize> = keys
            .iter()
            .map(|key| {
                names
                    .iter()
                    .position(|name| Some(*name) == key.as_str())
                    .unwrap()
            })
            .collect();
        let mut seen = BTreeSet::new();
        for line in lines {
            assert!(
                seen.insert(
                    key_at
                        .iter()
                        .map(|&at| line[at].to_owned())
                        .collect::<Vec<_>>()
                ),
                "{file}: {line:?}"
            );
            for (cell, column) in line.iter().zip(columns) {
                let allowed = column.get("allowed").and_then(toml::Value::as_array);
                assert!(!cell.is_empty(), "{file}: {line:?}");
                assert!(
                    allowed.is_none_or(|all| all.iter().any(|one| one.as_str() == Some(cell))),
                    "{file}: {cell}"
                );
                assert!(
                    column["type"].as_str() == Some("str") || cell.parse::<f64>().is_ok(),
                    "{file}: {cell}"
                );
            }
        }
    }
}
