//! What a sealed round shows: an attacker who reads every public byte must learn no more of a business's class than
//! the drawn lists, which the law obliges to publish, say by themselves. The same attacker must succeed wherever there
//! is something to find.
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "codes and counts of a small simulation"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use choucha::draw::{Seed, Stream, Ticketer, Visit, select_with, unit_interval};
use choucha::plan::{MeasureOfSize, Params, Proof, Purpose, ValidParams};
use choucha::publish::{self, SealedRound};
use choucha::units::{Digest, DrawKey, HashName, Meter, Rounding};
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde_json::Value;

use crate::second::{Draw, facts, made, place, settings};

/// Simulated rounds the sealed format is attacked on.
const N_SEALED: usize = 200;
/// Rounds of each kind that leaks on purpose.
const N_PLANTED: usize = 45;
/// What everything public may add to the area under the curve.
const LIMIT: f64 = 0.01;
/// Classes, lowest risk first, with their declared shares of the objects and of the draw, both known to everybody.
const CLASSES: [(&str, f64, f64); 4] = [
    ("A", 0.73, 0.03),
    ("B", 0.19, 0.05),
    ("C", 0.05, 0.10),
    ("D", 0.03, 0.30),
];
const HASH: HashName = HashName::Sha256;
/// The class the attacker is after.
const D: u8 = 3;
/// Rounds whose drawn lists are known before the round that is attacked.
const N_PAST: usize = 3;

/// What the attacker sees of one round, and what it is scored by.
struct Seal {
    /// Ids, ascending: the rows everything below is parallel to.
    ids: Vec<String>,
    /// The secret.
    is_d: Vec<bool>,
    /// The levels, for planting leaks.
    level: Vec<u32>,
    /// Columns of the public register.
    register: Vec<(&'static str, Vec<u16>)>,
    /// Drawn lists of all rounds, the attacked one last: a bit for every item that carries the object.
    drawn: Vec<Vec<u16>>,
    /// Published seeds of the same rounds.
    seeds: Vec<[u8; 32]>,
    /// Every public file by name.
    files: BTreeMap<String, Vec<u8>>,
}

/// A public property of every object, as a small code.
struct Column {
    name: String,
    codes: Vec<u16>,
}

/// Bins of a numeric property; one more stands for "not there".
const BINS: u16 = 12;
/// Distinct texts of a property that are told apart.
const TEXTS: u16 = 64;

impl Seal {
    /// What register and drawn lists say without any other file.
    fn lawful(&self) -> Vec<Column> {
        let mut columns: Vec<Column> = Vec::new();
        let mut push = |name: &str, codes: Vec<u16>| {
            columns.push(Column {
                name: name.to_owned(),
                codes,
            });
        };
        let history = |row: usize| {
            let drawn = self.drawn.iter().enumerate();
            drawn
                .map(|(round, of)| u16::from(of[row] > 0) << round)
                .sum()
        };
        let history: Vec<u16> = (0..self.ids.len()).map(history).collect();
        let visits = |row: usize| {
            self.drawn
                .iter()
                .map(|of| of[row].count_ones() as u16)
                .sum()
        };
        let visits: Vec<u16> = (0..self.ids.len()).map(visits).collect();
        for (name, codes) in &self.register {
            push(name, codes.clone());
            let crossed = codes.iter().zip(&history);
            push(
                &format!("{name} and history"),
                crossed.map(|(a, b)| a << (N_PAST + 1) | b).collect(),
            );
            for item in [ALL, SOME] {
                let carries =
                    |row: usize| self.drawn.iter().filter(|of| of[row] & item > 0).count() as u32;
                push(
                    &format!("share of {name} that item {item} drew"),
                    shares_of(codes, carries),
                );
            }
        }
        push("history", history);
        for (round, drawn) in self.drawn.iter().enumerate() {
            push(&format!("items of round {round}"), drawn.clone());
        }
        push("visits", visits);
        columns
    }

    /// Everything else: place, length and cells of each object's row in every file, bits of every digest mixed with
    /// the id, and the number each published seed would give it.
    fn everything(&self) -> Vec<Column> {
        let mut columns = self.lawful();
        for (name, bytes) in &self.files {
            columns.extend(self.of_file(name, bytes));
        }
        columns.extend(self.of_seeds());
        columns.extend(self.of_sizes());
        columns
    }

    fn of_file(&self, name: &str, bytes: &[u8]) -> Vec<Column> {
        let column = |what: &str, codes| Column {
            name: format!("{name}: {what}"),
            codes,
        };
        let mix =
            |id: &String| u16::from(HashName::Sha256.digest(&[bytes, id.as_bytes()]).0[0] >> 4);
        let size = u16::try_from(bytes.len() % 16).unwrap();
        let mut columns = vec![
            column("bits", self.ids.iter().map(mix).collect()),
            column("size", vec![size; self.ids.len()]),
        ];
        let Some((heading, rows)) = table(bytes) else {
            return columns;
        };
        let row_of: BTreeMap<&str, usize> = rows
            .iter()
            .enumerate()
            .map(|(at, row)| (row.cells[0].as_str(), at))
            .collect();
        let rows: Vec<Option<(usize, &Row)>> = self
            .ids
            .iter()
            .map(|id| row_of.get(id.as_str()).map(|&at| (at, &rows[at])))
            .collect();
        columns.push(column(
            "place",
            binned(rows.iter().map(|row| row.map(|(at, _)| at as f64))),
        ));
        columns.push(column(
            "length",
            texts(
                rows.iter()
                    .map(|row| row.map(|(_, row)| row.length.to_string())),
            ),
        ));
        for (at, cell) in heading.iter().enumerate().skip(1) {
            let cells: Vec<Option<&String>> = rows
                .iter()
                .map(|row| row.map(|(_, row)| &row.cells[at]))
                .collect();
            let numbers: Vec<Option<f64>> = cells
                .iter()
                .map(|cell| cell.and_then(|cell| cell.parse().ok()))
                .collect();
            columns.push(column(cell, texts(cells.iter().map(|cell| cell.cloned()))));
            columns.push(column(
                &format!("{cell} as a number"),
                binned(numbers.into_iter()),
            ));
        }
        columns
    }

    /// How many of the object's public stratum the seal says are drawn, and by how many the list exceeds that. The
    /// first is the one thing that helps: it tells the mix of classes in a town exactly, the lists only up to the
    /// visits of the measurement stream; in towns of 200 objects that is worth less than half of [`LIMIT`].
    fn of_sizes(&self) -> Vec<Column> {
        let json: Value = self
            .files
            .get("seal.json")
            .map_or(Value::Null, |bytes| serde_json::from_slice(bytes).unwrap());
        let frame = self.files.get("frame.csv").and_then(|bytes| table(bytes));
        let (Some(draws), Some((_, rows))) = (json["draws"].as_array(), frame) else {
            return Vec::new();
        };
        let list = &self.drawn[N_PAST];
        let of_draw = |(k, draw): (usize, &Value)| {
            let labels: Vec<&str> = rows
                .iter()
                .map(|row| row.cells.get(k + 1).map_or("", String::as_str))
                .collect();
            let mut of_label: BTreeMap<&str, (f64, f64)> = BTreeMap::new();
            for (&label, &drawn) in labels.iter().zip(list) {
                let (objects, listed) = of_label.entry(label).or_default();
                (*objects, *listed) = (*objects + 1.0, *listed + f64::from(u8::from(drawn > 0)));
            }
            let strata = draw["strata"].as_array().into_iter().flatten();
            let said: BTreeMap<&str, f64> = strata
                .filter_map(|stratum| Some((stratum["label"].as_str()?, stratum["n"].as_f64()?)))
                .collect();
            let excess = labels.iter().zip(list).map(|(label, &drawn)| {
                let excess = said
                    .get(label)
                    .map_or(0.0, |n| (of_label[label].1 - n).clamp(0.0, 15.0));
                (excess as u16) * 2 + u16::from(drawn > 0)
            });
            let share = labels
                .iter()
                .map(|label| Some(said.get(label)? / of_label[label].0));
            [
                Column {
                    name: format!("excess of draw {k}"),
                    codes: excess.collect(),
                },
                Column {
                    name: format!("share of draw {k}"),
                    codes: binned(share),
                },
            ]
        };
        draws.iter().enumerate().flat_map(of_draw).collect()
    }

    /// An object that is drawn although its ticket is late has a high probability: so it would be if the tag were
    /// something everybody knows.
    fn of_seeds(&self) -> Vec<Column> {
        let mut columns = Vec::new();
        for (round, (seed, drawn)) in self.seeds.iter().zip(&self.drawn).enumerate() {
            for stream in ["targets", "measure"] {
                let sub_seed = HashName::Sha256.tagged(&format!("choucha/{stream}/v1"), seed);
                let ticketer = Ticketer::new(HashName::Sha256, &sub_seed.0);
                let u = |id: &String| unit_interval(&ticketer.ticket(id.as_bytes()));
                let bin = |u: f64| (u * f64::from(BINS)) as u16;
                let code = |(id, &drawn): (&String, &u16)| bin(u(id)) * 2 + u16::from(drawn > 0);
                columns.push(Column {
                    name: format!("{stream} ticket of round {round}"),
                    codes: self.ids.iter().zip(drawn).map(code).collect(),
                });
            }
        }
        columns
    }
}

/// What objects of the same code have of `count`, on the average.
fn shares_of(codes: &[u16], count: impl Fn(usize) -> u32) -> Vec<u16> {
    let mut of_code: BTreeMap<u16, (u32, u32)> = BTreeMap::new();
    for (row, &code) in codes.iter().enumerate() {
        let (counted, objects) = of_code.entry(code).or_default();
        (*counted, *objects) = (*counted + count(row), *objects + 1);
    }
    let share = |code| {
        of_code
            .get(code)
            .map(|&(counted, objects)| f64::from(counted) / f64::from(objects))
    };
    binned(codes.iter().map(share))
}

/// Rank of every number in equal bins; [`BINS`] where there is none.
fn binned(numbers: impl Iterator<Item = Option<f64>>) -> Vec<u16> {
    let numbers: Vec<Option<f64>> = numbers.collect();
    let mut sorted: Vec<f64> = numbers.iter().copied().flatten().collect();
    sorted.sort_by(f64::total_cmp);
    let bin = |number: f64| {
        let below = sorted.partition_point(|&other| other < number);
        u16::try_from(below * usize::from(BINS) / sorted.len()).unwrap()
    };
    numbers
        .iter()
        .map(|number| number.map_or(BINS, bin))
        .collect()
}

/// Texts as codes that mean the same in every seal.
fn texts(texts: impl Iterator<Item = Option<String>>) -> Vec<u16> {
    let code = |text: String| u16::from(HashName::Sha256.digest(&[text.as_bytes()]).0[0]) % TEXTS;
    texts.map(|text| text.map_or(TEXTS, code)).collect()
}

/// A row of a public table.
struct Row {
    cells: Vec<String>,
    /// Bytes of its line.
    length: usize,
}

/// Heading and rows, if the file is a table of objects.
fn table(bytes: &[u8]) -> Option<(Vec<String>, Vec<Row>)> {
    if !bytes.starts_with(b"object_id,") {
        return None;
    }
    let mut rows = bytes.split_inclusive(|&byte| byte == b'\n').map(|line| {
        let text = std::str::from_utf8(line).unwrap().trim_end_matches('\n');
        Row {
            cells: text.split(',').map(str::to_owned).collect(),
            length: line.len(),
        }
    });
    let heading = rows.next()?.cells;
    Some((heading, rows.collect()))
}

/// Columns of many seals, ready for a model: the same names in the same order everywhere.
struct Evidence {
    /// Per seal, per column, per object.
    codes: Vec<Vec<Vec<u16>>>,
    is_d: Vec<Vec<bool>>,
}

impl Evidence {
    fn of(seals: &[Seal], columns: fn(&Seal) -> Vec<Column>) -> Self {
        let found: Vec<Vec<Column>> = seals.par_iter().map(columns).collect();
        let names = |columns: &Vec<Column>| {
            columns
                .iter()
                .map(|column| column.name.clone())
                .collect::<Vec<_>>()
        };
        let first = names(&found[0]);
        assert!(found.iter().all(|columns| names(columns) == first));
        let codes = |columns: Vec<Column>| columns.into_iter().map(|column| column.codes).collect();
        Self {
            codes: found.into_iter().map(codes).collect(),
            is_d: seals.iter().map(|seal| seal.is_d.clone()).collect(),
        }
    }

    /// Area under the curve of every seal. A third of the seals says what each code is worth, the next third what each
    /// column is worth beside the others, and the last is attacked; then they change places.
    fn areas(&self) -> Vec<f64> {
        let n = self.codes.len();
        let third = |of: usize| (0..n).filter(move |seal| seal % 3 == of % 3);
        let mut areas = vec![0.0; n];
        for fold in 0..3 {
            let worth = self.worth(third(fold + 1));
            let weights = self.weights(third(fold + 2), &worth);
            for seal in third(fold) {
                areas[seal] = self.area(seal, &worth, &weights);
            }
        }
        areas
    }

    /// Log odds of class D that each code of each column adds to those of any object.
    fn worth(&self, seals: impl Iterator<Item = usize>) -> Vec<Vec<f64>> {
        const PRIOR: f64 = 50.0;
        let mut counts: Vec<Vec<[f64; 2]>> = vec![Vec::new(); self.codes[0].len()];
        for seal in seals {
            for (column, counts) in self.codes[seal].iter().zip(&mut counts) {
                for (&code, &is_d) in column.iter().zip(&self.is_d[seal]) {
                    if counts.len() <= usize::from(code) {
                        counts.resize(usize::from(code) + 1, [0.0; 2]);
                    }
                    counts[usize::from(code)][usize::from(is_d)] += 1.0;
                }
            }
        }
        let share = |[others, ds]: [f64; 2]| ds / (others + ds);
        let log_odds = |share: f64| (share / (1.0 - share)).ln();
        let of_column = |counts: Vec<[f64; 2]>| {
            let all = counts
                .iter()
                .fold([0.0; 2], |sum, of| [sum[0] + of[0], sum[1] + of[1]]);
            let base = share(all);
            let worth = |[others, ds]: [f64; 2]| {
                log_odds(share([others + PRIOR * (1.0 - base), ds + PRIOR * base])) - log_odds(base)
            };
            counts.into_iter().map(worth).collect()
        };
        counts.into_iter().map(of_column).collect()
    }

    fn evidence(&self, seal: usize, row: usize, worth: &[Vec<f64>]) -> Vec<f64> {
        let columns = self.codes[seal].iter().zip(worth);
        let worth = |(codes, worth): (&Vec<u16>, &Vec<f64>)| {
            worth.get(usize::from(codes[row])).copied().unwrap_or(0.0)
        };
        std::iter::once(1.0).chain(columns.map(worth)).collect()
    }

    /// Logistic regression on the worth of the codes: all of class D, and every tenth of the others.
    fn weights(&self, seals: impl Iterator<Item = usize>, worth: &[Vec<f64>]) -> Vec<f64> {
        let mut rows = Vec::new();
        for seal in seals {
            let is_d = &self.is_d[seal];
            let picked = (0..is_d.len()).filter(|&row| is_d[row] || row % 10 == seal % 10);
            rows.extend(picked.map(|row| (self.evidence(seal, row, worth), is_d[row])));
        }
        logistic(&rows)
    }

    fn area(&self, seal: usize, worth: &[Vec<f64>], weights: &[f64]) -> f64 {
        let score = |row| dot(&self.evidence(seal, row, worth), weights);
        let rows = 0..self.is_d[seal].len();
        area_under_curve(rows.map(|row| (score(row), self.is_d[seal][row])).collect())
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Ridge logistic regression by Newton's method.
fn logistic(rows: &[(Vec<f64>, bool)]) -> Vec<f64> {
    const RIDGE: f64 = 1.0;
    const STEPS: usize = 6;
    let n_columns = rows[0].0.len();
    let mut weights = vec![0.0; n_columns];
    for _ in 0..STEPS {
        let mut slope: Vec<f64> = weights.iter().map(|weight| -RIDGE * weight).collect();
        let mut bend = vec![vec![0.0; n_columns]; n_columns];
        for (at, row) in bend.iter_mut().enumerate() {
            row[at] = RIDGE;
        }
        for (x, is_d) in rows {
            let p = 1.0 / (1.0 + (-dot(x, &weights)).exp());
            let (miss, weight) = (f64::from(u8::from(*is_d)) - p, p * (1.0 - p));
            for (i, row) in bend.iter_mut().enumerate() {
                slope[i] += miss * x[i];
                let scaled = weight * x[i];
                row[..=i]
                    .iter_mut()
                    .zip(x)
                    .for_each(|(cell, x)| *cell += scaled * x);
            }
        }
        let step = solved(bend, slope);
        weights
            .iter_mut()
            .zip(step)
            .for_each(|(weight, step)| *weight += step);
    }
    weights
}

/// Solves a symmetric system of which the lower half is given (Cholesky).
fn solved(mut a: Vec<Vec<f64>>, mut b: Vec<f64>) -> Vec<f64> {
    let n = b.len();
    for i in 0..n {
        for j in 0..=i {
            let rest = a[i][j] - dot(&a[i][..j], &a[j][..j]);
            a[i][j] = if i == j { rest.sqrt() } else { rest / a[j][j] };
        }
        b[i] = (b[i] - dot(&a[i][..i], &b[..i])) / a[i][i];
    }
    for i in (0..n).rev() {
        let rest: f64 = (i + 1..n).map(|k| a[k][i] * b[k]).sum();
        b[i] = (b[i] - rest) / a[i][i];
    }
    b
}

/// Chance that an object of class D scores above another; ties count half.
fn area_under_curve(mut scored: Vec<(f64, bool)>) -> f64 {
    scored.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut below, mut wins, mut n_d) = (0.0, 0.0, 0.0);
    for tied in scored.chunk_by(|a, b| (a.0 - b.0).abs() < 1e-12) {
        let ds = tied.iter().filter(|(_, is_d)| *is_d).count() as f64;
        let others = tied.len() as f64 - ds;
        wins += ds * (below + others / 2.0);
        below += others;
        n_d += ds;
    }
    wins / (n_d * below)
}

/// What reading everything gains over reading the drawn lists: mean over seals, and half its 95 % interval.
#[derive(Clone, Copy, Debug)]
struct Gain {
    lawful: f64,
    mean: f64,
    half: f64,
}

impl Gain {
    fn of(seals: &[Seal]) -> Self {
        let lawful = Evidence::of(seals, Seal::lawful).areas();
        let everything = Evidence::of(seals, Seal::everything).areas();
        let gains: Vec<f64> = everything.iter().zip(&lawful).map(|(a, b)| a - b).collect();
        let n = gains.len() as f64;
        let mean = gains.iter().sum::<f64>() / n;
        let variance = gains.iter().map(|gain| (gain - mean).powi(2)).sum::<f64>() / (n - 1.0);
        Self {
            lawful: lawful.iter().sum::<f64>() / n,
            mean,
            half: 1.96 * (variance / n).sqrt(),
        }
    }
}

/// One business of a small world.
struct Business {
    id: String,
    class: u8,
    region: u16,
    industry: u16,
    size: u32,
}

/// A small county whose classes lean on the industry.
fn county(rng: &mut impl Rng, n: usize) -> Vec<Business> {
    let mut county: Vec<Business> = (0..n).map(|_| business(rng)).collect();
    county.sort_by(|a, b| a.id.cmp(&b.id));
    county.dedup_by(|a, b| a.id == b.id);
    county
}

fn business(rng: &mut impl Rng) -> Business {
    let mut rest: f64 = rng.random();
    let class = CLASSES.iter().position(|(_, share, _)| {
        rest -= share;
        rest < 0.0
    });
    let class = u8::try_from(class.unwrap_or(0)).unwrap();
    let lean = rng.random_bool(0.1 + 0.1 * f64::from(class));
    Business {
        id: format!("91130433MA0{:07}", rng.random_range(0..10_000_000)),
        class,
        region: rng.random_range(0..4),
        industry: if lean { 0 } else { rng.random_range(1..5) },
        size: 10 + 15 * u32::from(class),
    }
}

/// The draws of a round: an item for all, one for two industries, and a measurement stream.
fn draws(county: &[Business]) -> Vec<Draw> {
    let class = |one: &Business| CLASSES[usize::from(one.class)].0.to_owned();
    let of = |business: &Business, label: String, size: u32| (business.id.clone(), label, size);
    let all = county.iter();
    let some = county.iter().filter(|one| one.industry < 2);
    let by_class: Vec<(&str, f64)> = CLASSES
        .iter()
        .map(|&(code, _, ratio)| (code, ratio))
        .collect();
    vec![
        Draw {
            name: "GT-01",
            purpose: Purpose::Targets,
            rows: all
                .clone()
                .map(|one| of(one, format!("{}/镇{}", class(one), one.region), one.size))
                .collect(),
            params: shares(&by_class),
            public_label: |label| {
                label
                    .split_once('/')
                    .map_or("*", |(_, region)| region)
                    .to_owned()
            },
        },
        Draw {
            name: "GT-02",
            purpose: Purpose::Targets,
            rows: some.map(|one| of(one, class(one), one.size)).collect(),
            params: shares(&by_class),
            public_label: |_| "*".to_owned(),
        },
        Draw {
            name: "measure",
            purpose: Purpose::Measure,
            rows: all.map(|one| of(one, "*".to_owned(), 1)).collect(),
            params: shares(&[("*", 0.02)]),
            public_label: str::to_owned,
        },
    ]
}

fn shares(ratios: &[(&str, f64)]) -> ValidParams {
    let ratio = ratios.iter().map(|&(code, ratio)| (code.to_owned(), ratio));
    let params = Params {
        strata: vec!["risk_class".into(), "region_code".into()],
        measure_of_size: MeasureOfSize::RiskPoints,
        ratio: ratio.collect(),
        sample_size: BTreeMap::new(),
        rounding: Rounding::Ceiling,
        floor_of_one: true,
        coverage_floor: 0.0,
        take_all: Vec::new(),
        reserve: 0,
        hash: HashName::Sha256,
        proof: Proof::Sealed,
        tiny: None,
    };
    params.check().unwrap()
}

/// Bits of the items an object carries: the first item is for all, the second for two industries.
const ALL: u16 = 1;
const SOME: u16 = 2;

/// What `drawn.csv` says of the same objects in a round before, under its own seed and key.
fn past_list(
    county: &[Business],
    round: &SealedRound,
    seed: &Seed,
    key: Option<&DrawKey>,
) -> Vec<u16> {
    let mut list = vec![0; county.len()];
    for (draw, (public, sealed)) in round.seal().draws.iter().zip(round.draws()).enumerate() {
        let sub_seed = seed.sub_seed(Stream::from(public.purpose)).0;
        let ticketer = match key {
            Some(key) => Ticketer::sealed(HASH, &sub_seed, key.keyed(HASH)),
            None => Ticketer::new(HASH, &sub_seed),
        };
        let sample = select_with(&sealed.plan, ticketer, &sealed.frame, &Meter::silent()).unwrap();
        for unit in sample.drawn() {
            let at = county.binary_search_by(|one| one.id.cmp(&unit.id)).unwrap();
            list[at] |= match public.purpose {
                Purpose::Targets => [ALL, SOME][draw],
                Purpose::Measure if county[at].industry < 2 => ALL | SOME,
                Purpose::Measure => ALL,
            };
        }
    }
    list
}

/// Seals and draws a round of a small county, and looks at it as everybody may.
fn look(number: usize, proof: Proof, tags: Tags, place: &Path) -> Seal {
    let mut rng = ChaCha8Rng::seed_from_u64(number as u64);
    let n = rng.random_range(600..1_200);
    let county = county(&mut rng, n);
    let dir = place.join(format!("{proof:?}-{tags:?}-{number}"));
    fs::create_dir(&dir).unwrap();
    let key = DrawKey::from_bytes(rng.random());
    let sealed = (proof == Proof::Sealed).then_some(&key);
    let facts = facts(number, HASH, proof, true);
    let (round, sample) = made(&facts, &draws(&county), &BTreeMap::new(), sealed, &dir).unwrap();
    let (mut drawn, mut seeds) = (Vec::new(), Vec::new());
    for past in 0..N_PAST {
        let key = DrawKey::from_bytes(rng.random());
        let seed = Seed::new(HASH, &Digest(rng.random()), &past.to_string(), "骰子").unwrap();
        let key = (tags == Tags::Keyed).then_some(&key);
        drawn.push(past_list(&county, &round, &seed, key));
        seeds.push(seed.digest().0);
    }
    let items = |visit: &Visit| visit.items.iter().map(|&item| [ALL, SOME][item]).sum();
    let list: BTreeMap<&str, u16> = sample
        .visits
        .iter()
        .map(|visit| (visit.object_id.as_str(), items(visit)))
        .collect();
    drawn.push(
        county
            .iter()
            .map(|one| list.get(one.id.as_str()).copied().unwrap_or(0))
            .collect(),
    );
    seeds.push(sample.seed.digest().0);
    let public = fs::read_dir(dir.join("draw/public"))
        .unwrap()
        .map(|entry| entry.unwrap());
    let files = public
        .map(|file| {
            (
                file.file_name().into_string().unwrap(),
                fs::read(file.path()).unwrap(),
            )
        })
        .collect();
    fs::remove_dir_all(&dir).unwrap();
    Seal {
        ids: county.iter().map(|one| one.id.clone()).collect(),
        is_d: county.iter().map(|one| one.class == D).collect(),
        level: county.iter().map(|one| one.size).collect(),
        register: vec![
            ("region", county.iter().map(|one| one.region).collect()),
            ("industry", county.iter().map(|one| one.industry).collect()),
        ],
        drawn,
        seeds,
        files,
    }
}

/// What the tickets of past rounds were made of.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Tags {
    /// Keyed tags, as a sealed proof has them.
    Keyed,
    /// The ids themselves.
    Ids,
}

fn looks(n: usize, proof: Proof, tags: Tags) -> Vec<Seal> {
    let place = place();
    (0..n)
        .into_par_iter()
        .map(|number| look(number, proof, tags, place.path()))
        .collect()
}

#[test]
fn a_sealed_round_says_next_to_nothing_of_the_class_beyond_its_drawn_list() {
    let mut seals = looks(N_SEALED, Proof::Sealed, Tags::Keyed);
    let gain = Gain::of(&seals);
    assert!(gain.lawful > 0.8, "{gain:?}");
    assert!(gain.mean + gain.half < LIMIT, "{gain:?}");

    seals.truncate(N_PLANTED);
    for plant in [by_level, spaced] {
        let mut planted = Vec::new();
        for seal in &mut seals {
            let honest = seal.files["frame.csv"].clone();
            plant(seal);
            planted.push(honest);
        }
        let gain = Gain::of(&seals);
        assert!(gain.mean - gain.half > LIMIT, "{gain:?}");
        for (seal, honest) in seals.iter_mut().zip(planted) {
            seal.files.insert("frame.csv".to_owned(), honest);
        }
    }
}

/// A planted leak: the rows stand in the order of their levels.
fn by_level(seal: &mut Seal) {
    reorder(seal, |lines| lines.sort_by_key(|(level, _)| *level));
}

/// A planted leak: one line in five of the higher levels is a byte longer.
fn spaced(seal: &mut Seal) {
    reorder(seal, |lines| {
        for (at, (level, line)) in lines.iter_mut().enumerate() {
            if *level > 40 && at % 5 == 0 {
                line.insert(line.len() - 1, ' ');
            }
        }
    });
}

fn reorder(seal: &mut Seal, change: impl Fn(&mut Vec<(u32, String)>)) {
    let text = String::from_utf8(seal.files["frame.csv"].clone()).unwrap();
    let (heading, rows) = text.split_once('\n').unwrap();
    let mut lines: Vec<(u32, String)> = seal
        .level
        .iter()
        .copied()
        .zip(rows.split_inclusive('\n').map(str::to_owned))
        .collect();
    change(&mut lines);
    let lines: String = lines.into_iter().map(|(_, line)| line).collect();
    seal.files.insert(
        "frame.csv".to_owned(),
        format!("{heading}\n{lines}").into_bytes(),
    );
}

#[test]
fn tickets_made_of_ids_would_give_the_class_away() {
    let gain = Gain::of(&looks(N_PLANTED, Proof::Sealed, Tags::Ids));
    assert!(gain.mean - gain.half > LIMIT, "{gain:?}");
}

#[test]
fn an_open_round_gives_the_class_away_to_the_same_attacker() {
    let gain = Gain::of(&looks(N_PLANTED, Proof::Open, Tags::Keyed));
    assert!(gain.lawful + gain.mean > 0.99, "{gain:?}");
    assert!(gain.mean - gain.half > 5.0 * LIMIT, "{gain:?}");
}

/// The draws of a county whose sizes by town stand fixed, so that classes move levels and nothing public.
fn by_town(county: &[Business]) -> Vec<Draw> {
    let towns: BTreeSet<String> = county
        .iter()
        .map(|one| format!("镇{}", one.region))
        .collect();
    let n: Vec<(&str, u64)> = towns.iter().map(|town| (town.as_str(), 9)).collect();
    let row = |one: &Business| (one.id.clone(), format!("镇{}", one.region), one.size);
    vec![Draw {
        name: "GT-01",
        purpose: Purpose::Targets,
        rows: county.iter().map(row).collect(),
        params: settings(HASH, &n, 0),
        public_label: str::to_owned,
    }]
}

/// What is published of a seal, and the plain slips of the first objects, with every digest blotted out.
fn blotted(county: &[Business], proof: Proof, place: &Path) -> BTreeMap<String, String> {
    let dir = tempfile::tempdir_in(place).unwrap();
    let key = DrawKey::from_bytes([7; 32]);
    let key = (proof == Proof::Sealed).then_some(&key);
    let facts = facts(1, HASH, proof, true);
    let (round, _) = made(&facts, &by_town(county), &BTreeMap::new(), key, dir.path()).unwrap();
    let public = fs::read_dir(dir.path().join("seal/public"))
        .unwrap()
        .map(|entry| entry.unwrap());
    let text = |file: fs::DirEntry| {
        (
            file.file_name().into_string().unwrap(),
            fs::read_to_string(file.path()).unwrap(),
        )
    };
    let mut texts: BTreeMap<String, String> = public.map(text).collect();
    for one in county.iter().take(20).filter(|_| proof == Proof::Sealed) {
        let slip = publish::slip(&round, &one.id, None).unwrap().to_json();
        texts.insert(one.id.clone(), String::from_utf8(slip).unwrap());
    }
    for text in texts.values_mut() {
        *text = blot(text);
    }
    texts
}

/// The text with every digest of 64 digits replaced.
fn blot(text: &str) -> String {
    let is_digit = |letter: char| letter.is_ascii_alphanumeric();
    let mut blotted = String::new();
    for piece in text.split_inclusive(|letter| !is_digit(letter)) {
        let word = piece.trim_end_matches(|letter| !is_digit(letter));
        let digest = Digest::from_hex(word).map(|_| "digest");
        blotted.push_str(digest.unwrap_or(word));
        blotted.push_str(&piece[word.len()..]);
    }
    blotted
}

#[test]
fn two_counties_that_differ_in_their_classes_alone_publish_the_same_bytes_but_for_digests() {
    let place = place();
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut county = county(&mut rng, 300);
    let mut look = |n_classes: usize, proof| {
        for (at, one) in county.iter_mut().enumerate() {
            one.class = (at % n_classes) as u8;
            one.size = 10 + (at % (1 + 9 * (n_classes - 1))) as u32;
        }
        blotted(&county, proof, place.path())
    };
    assert_eq!(look(1, Proof::Sealed), look(4, Proof::Sealed));
    assert_ne!(look(1, Proof::Open), look(4, Proof::Open));
}
