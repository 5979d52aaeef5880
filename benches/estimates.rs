//! How long the estimates of a large authority take, and how that compares with the survey programs next door.
//!
//! `cargo bench --bench estimates [-- OBJECTS ROUNDS]`: rounds of so many objects put side by side, a
//! twentieth of them drawn, with the memory of the whole; then the hit rate of one round from every side; then the same mean,
//! errors, intervals and pooled test in samplics and statsmodels, where the Python of `CHOUCHA_PYTHON` has them
//! (`benches/peers/requirements.txt`). Answers are compared before times are.
#![allow(clippy::print_stdout, reason = "a benchmark prints what it measured")]
#![allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts of a benchmark lie below 2^53"
)]

mod support;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::process::Command;
use std::time::Instant;

use choucha::evaluate::{
    self, Answer, Around, ClassFacts, DrawnUnit, EqualStratum, FrameFacts, Grouping,
    OverTimeParams, Params, Respondent, RoundGroup, RoundResults, RoundUnit, StratumFacts,
    TwoSides,
};
use choucha::ingest::Outcome;
use choucha::units::Day;
use support::{again, kept, measure, sizes, words};

/// Strata of a round, and classes among them.
const STRATA: u64 = 40;
const CLASSES: u64 = 4;
/// One object in so many is drawn, by class.
const ONE_IN: [u64; 4] = [50, 25, 10, 4];
/// Units of the comparison with other programs.
const UNITS: u64 = 50_000;
/// Times a comparison is run; the best counts.
const TURNS: usize = 5;

fn main() {
    let words = words();
    match words.first().map(String::as_str) {
        Some("rounds") => rounds(number(&words[1]), number(&words[2])),
        Some("sides") => sides(number(&words[1])),
        _ => {
            let sizes = sizes(&words, &[1_000_000, 8]);
            let (objects, n_rounds) = (sizes[0].to_string(), sizes[1].to_string());
            for command in [&["rounds", &objects, &n_rounds][..], &["sides", &objects]] {
                let cost = measure(&mut again(command));
                print!("{}", cost.printed);
                println!("  {:.1} s in all, peak {:.0} MB\n", cost.wall, cost.peak_mb);
            }
            peers();
        }
    }
}

fn number(word: &str) -> u64 {
    word.parse().expect("a number")
}

/// A fixed number in 0 .. 1 for each object and purpose (`SplitMix64`).
fn roll(object: u64, purpose: u64) -> f64 {
    let mut x = object.wrapping_mul(64).wrapping_add(purpose + 1);
    x = x.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((x ^ (x >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
}

fn class_of(object: u64) -> u64 {
    object % STRATA % CLASSES
}

fn pi_of(object: u64) -> f64 {
    1.0 / ONE_IN[class_of(object) as usize] as f64
}

fn is_found(object: u64, round: u64) -> bool {
    roll(object, 2 * round + 1) < 0.03 * (1 + class_of(object) * class_of(object)) as f64
}

/// A round as the estimates take it: the frame by group, and those drawn.
fn round(objects: u64, at: u64) -> RoundResults {
    let drawn_on = Day::from_days(18_000 + 180 * at as i32);
    let n_frame = |class: u64| {
        (0..objects)
            .filter(|&object| class_of(object) == class)
            .count()
    };
    let group = |class: u64| RoundGroup {
        label: ["A", "B", "C", "D"][class as usize].to_owned(),
        n_frame: n_frame(class) as u64,
    };
    let drawn = (0..objects).filter(|&object| roll(object, 2 * at) < pi_of(object));
    let unit = |object: u64| RoundUnit {
        key: object,
        group: class_of(object) as u32,
        stratum: (object % STRATA) as u32,
        pi: pi_of(object),
        answer: if is_found(object, at) {
            Answer::Hit
        } else {
            Answer::Clean
        },
        inspected_on: Some(drawn_on),
    };
    RoundResults {
        id: format!("round {at}"),
        drawn_on,
        groups: (0..CLASSES).map(group).collect(),
        units: drawn.map(unit).collect(),
        n_without_draw: 0,
        n_other_channel: 0,
    }
}

fn rounds(objects: u64, n_rounds: u64) {
    let started = Instant::now();
    let rounds: Vec<RoundResults> = (0..n_rounds).map(|at| round(objects, at)).collect();
    let read = started.elapsed().as_secs_f64();
    let params = OverTimeParams {
        replicates: 1_000,
        minimum: 30,
    };
    let found = evaluate::over_time(params, &rounds, &[1; 32]);
    let found = found.expect("sound rounds").expect("a round");
    let visits: u64 = found.points.iter().map(|point| point.n).sum();
    println!(
        "{objects} objects x {n_rounds} rounds, {visits} visits: made in {read:.1} s, three lines and {} changes with \
         1,000 replicates in {:.1} s",
        found.changes.len(),
        started.elapsed().as_secs_f64() - read
    );
}

/// The drawn of one round and their frame.
fn draw(objects: u64) -> (FrameFacts, Vec<DrawnUnit>) {
    let drawn = (0..objects).filter(|&object| roll(object, 0) < pi_of(object));
    let units: Vec<DrawnUnit> = drawn
        .map(|object| DrawnUnit {
            object_id: object.to_string(),
            object_key: object,
            stratum: (object % STRATA) as u32,
            class: class_of(object) as u16,
            points: 1,
            score: 0.0,
            probability: None,
            pi: pi_of(object),
            take_all: false,
            outcome: Some(Outcome {
                object_key: object,
                inspected_on: Some(Day::from_days(18_000 + (object % 300) as i32)),
                visited: true,
                found: is_found(object, 0),
                severity: 0.0,
                result_codes: Vec::new(),
            }),
        })
        .collect();
    let stratum = |at: u64| StratumFacts {
        label: format!("stratum {at:02}"),
        n_frame: objects / STRATA,
        n_drawn: 1,
        n_take_all: 0,
        n_levels: 1,
        d: 0.0,
    };
    let class = |at: usize| ClassFacts {
        code: ["A", "B", "C", "D"][at].to_owned(),
        name: String::new(),
        is_ranked: true,
        n_frame: objects / CLASSES,
        n_drawn: 1,
        ratio: None,
        points: Vec::new(),
    };
    let frame = FrameFacts {
        strata: (0..STRATA).map(stratum).collect(),
        classes: (0..CLASSES as usize).map(class).collect(),
        n_frame: objects,
        n_never: 0,
        sum_pi: units.len() as f64,
    };
    (frame, units)
}

fn sides(objects: u64) {
    let (frame, units) = draw(objects);
    let grouping = |(name, n): (&str, u64)| Grouping {
        name: name.to_owned(),
        groups: (0..n)
            .map(|at| (format!("{name} {at}"), objects / n))
            .collect(),
        of_unit: units
            .iter()
            .map(|unit| vec![((roll(unit.object_key, n) * n as f64) as usize).pow(2) / n as usize])
            .collect(),
    };
    let attributes = [
        ("region", 9),
        ("industry", 20),
        ("office", 15),
        ("item", 60),
    ];
    let around = Around {
        groupings: attributes.map(grouping).to_vec(),
        ..Around::default()
    };
    let written = r#"{"hit_rule":"found","by":["region","industry","office","item","month"]}"#;
    let params: Params = serde_json::from_str(written).expect("a section of a job");
    let params = params.check().expect("the settings hold");
    let started = Instant::now();
    let measured = evaluate::measure(&params, &frame, &units, &[1; 32]).expect("a sound draw");
    let plain = started.elapsed().as_secs_f64();
    let hits = evaluate::hit_rates(&params, &frame, &units, &around, &[1; 32]);
    let hits = hits.expect("a sound draw");
    let shown: usize = hits.by.iter().map(|by| by.cells.len()).sum();
    let hidden: usize = hits.by.iter().map(|by| by.hidden.len()).sum();
    println!(
        "one round of {objects} objects, {} visits: the four numbers of {} cells in {plain:.1} s; every side, {shown} groups \
         shown and {hidden} hidden, in {:.1} s",
        measured.overall.n,
        1 + measured.by_class.len() + measured.by_stratum.len(),
        started.elapsed().as_secs_f64() - plain
    );
}

/// A unit of the comparison: stratum, side of the pooled test, finding.
fn unit(at: u64) -> (u64, bool, bool) {
    (at % STRATA, roll(at, 3) < 0.5, is_found(at, 5))
}

fn n_frame(stratum: u64) -> u64 {
    UNITS / STRATA * ONE_IN[(stratum % CLASSES) as usize]
}

/// Mean, standard errors, ends of Wilson's interval, pooled odds ratio.
type Answers = BTreeMap<String, f64>;

fn ours() -> Answers {
    let mut strata = vec![(0_u64, 0_u64); STRATA as usize];
    let mut sides = vec![[(0_u64, 0_u64); 2]; STRATA as usize];
    let mut units = Vec::with_capacity(UNITS as usize);
    for at in 0..UNITS {
        let (stratum, side, found) = unit(at);
        let place = stratum as usize;
        for (hits, n) in [&mut strata[place], &mut sides[place][usize::from(side)]] {
            *hits += u64::from(found);
            *n += 1;
        }
        units.push(Respondent {
            y: f64::from(u8::from(found)),
            in_domain: 1.0,
            pi: 1.0 / ONE_IN[(stratum % CLASSES) as usize] as f64,
            stratum: place,
        });
    }
    let equal: Vec<EqualStratum> = (0..STRATA)
        .zip(&strata)
        .map(|(stratum, &(hits, n))| EqualStratum {
            n_frame: n_frame(stratum),
            n,
            hits,
        })
        .collect();
    let (mean, variance) = evaluate::stratified(&equal).expect("two results a stratum");
    let replaced = evaluate::with_replacement_variance(&units).expect("two units");
    let hits: u64 = strata.iter().map(|(hits, _)| hits).sum();
    let wilson = evaluate::wilson(hits as f64, UNITS as f64);
    let pooled: Vec<TwoSides> = sides
        .iter()
        .map(|[(hits_2, n_2), (hits_1, n_1)]| TwoSides {
            hits_1: *hits_1,
            n_1: *n_1,
            hits_2: *hits_2,
            n_2: *n_2,
        })
        .collect();
    let pooled = evaluate::cochran_mantel_haenszel(&pooled).expect("findings on both sides");
    let named = [
        ("mean", mean),
        ("se_stratified", variance.sqrt()),
        ("se_with_replacement", replaced.sqrt()),
        ("wilson_low", wilson.low),
        ("odds_ratio", pooled.odds_ratio),
        ("cmh", pooled.statistic),
    ];
    named.map(|(name, value)| (name.to_owned(), value)).into()
}

fn peers() {
    let path = kept(format!("estimates-{UNITS}.csv"));
    let mut text = "stratum,side,found,weight,n_frame\n".to_owned();
    for at in 0..UNITS {
        let (stratum, side, found) = unit(at);
        let weight = ONE_IN[(stratum % CLASSES) as usize];
        let n = n_frame(stratum);
        let _ = writeln!(
            text,
            "{stratum},{},{},{weight},{n}",
            u8::from(side),
            u8::from(found)
        );
    }
    fs::write(&path, text).expect("target can be written");
    let python = std::env::var("CHOUCHA_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peers");
    let output = Command::new(python)
        .arg(folder.join("estimates.py"))
        .arg(&path)
        .arg(TURNS.to_string())
        .output();
    let Some(output) = output.ok().filter(|output| output.status.success()) else {
        println!(
            "samplics and statsmodels: not installed; pip install -r benches/peers/requirements.txt and set CHOUCHA_PYTHON"
        );
        return;
    };
    let theirs: serde_json::Value = serde_json::from_slice(&output.stdout).expect("one JSON line");
    let mut best = f64::INFINITY;
    let mut answers = Answers::new();
    for _ in 0..TURNS {
        let started = Instant::now();
        answers = ours();
        best = best.min(started.elapsed().as_secs_f64());
    }
    for (name, value) in &answers {
        let other = theirs["answers"][name].as_f64().expect("the same names");
        let off = (value / other - 1.0).abs();
        println!("  {name:<22} {value:.10}  other {other:.10}  apart {off:.1e}");
    }
    let seconds = theirs["seconds"].as_f64().expect("a number");
    println!(
        "{UNITS} units in {STRATA} strata: choucha {:.2} ms, samplics and statsmodels {:.2} ms, ratio {:.0}",
        best * 1e3,
        seconds * 1e3,
        seconds / best
    );
}
