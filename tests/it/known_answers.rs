//! Plan and draw against vectors computed by other implementations: R `sps` and `sampling`, Python.

use std::collections::BTreeSet;

use choucha::draw::{self, SubSeed, Ticketer, pareto_key, unit_interval};
use choucha::plan;
use choucha::units::{Digest, HashName, Meter, format_hex, parse_hex};
use serde_json::Value;

use crate::draw_laws::{MemoryFrame, Rows, seal, sizes};
use crate::shared::shared;

/// Blocks of `sampling.json`, and where each is read.
const BLOCKS: [&str; 8] = [
    "inclusion_probabilities",
    "order_sampling",
    "order_sampling_stratified",
    "tickets",
    "exact_inclusion_probabilities",
    "exact_inclusion_probabilities_by_level",
    "end_to_end",
    "variance", // read by tests/it/evaluation.rs
];

fn vectors(test: &str) -> Option<Value> {
    let path = shared(test, "vectors/sampling.json")?;
    Some(serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap())
}

fn floats(value: &Value) -> Vec<f64> {
    value
        .as_array()
        .unwrap()
        .iter()
        .map(|value| value.as_f64().unwrap())
        .collect()
}

fn texts(value: &Value) -> Vec<&str> {
    value
        .as_array()
        .unwrap()
        .iter()
        .map(|value| value.as_str().unwrap())
        .collect()
}

fn cases(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

fn assert_close(found: &[f64], expected: &[f64], tolerance: f64, what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(
            (found - expected).abs() <= tolerance,
            "{what}: {found} is not {expected}"
        );
    }
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
        .collect()
}

#[test]
fn no_block_is_left_unread() {
    let Some(vectors) = vectors("no_block_is_left_unread") else {
        return;
    };
    let found: BTreeSet<&str> = vectors
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    let read: BTreeSet<&str> = BLOCKS.into_iter().chain(["about", "provenance"]).collect();
    assert_eq!(found, read);
}

/// Targets by the product's integer rule; sizes have at most three decimals, units of size 0 are never drawn.
fn targets(sizes: &[f64], n: u64) -> Vec<(f64, bool)> {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let levels: Vec<(u32, u64)> = sizes
        .iter()
        .map(|size| ((size * 1000.0).round() as u32, 1))
        .collect();
    plan::targets(&levels, n)
        .iter()
        .map(|target| (target.prob, target.take_all))
        .collect()
}

/// Targets by the one-sort rule with a margin α (marberts/sps, vignette take-all), in floats.
fn targets_by_sort(sizes: &[f64], n: usize, alpha: f64) -> Vec<(f64, bool)> {
    let mut order: Vec<usize> = (0..sizes.len()).collect();
    order.sort_by(|&a, &b| sizes[b].total_cmp(&sizes[a]).then(a.cmp(&b)));
    let mut largest = order[..n].to_vec();
    largest.reverse();
    let mut below: f64 = order[n..].iter().map(|&unit| sizes[unit]).sum();
    let mut certain = vec![false; sizes.len()];
    let mut certain_from_here = false;
    for (rank, &unit) in (1_u32..).zip(&largest) {
        below += sizes[unit];
        certain_from_here |=
            sizes[unit] > 0.0 && f64::from(rank) * sizes[unit] / below >= 1.0 - alpha;
        certain[unit] = certain_from_here;
    }
    let n_some = n - certain.iter().filter(|&&certain| certain).count();
    let total: f64 = sizes
        .iter()
        .zip(&certain)
        .filter(|&(_, certain)| !certain)
        .map(|(size, _)| size)
        .sum();
    let n_some = f64::from(u32::try_from(n_some).unwrap());
    sizes
        .iter()
        .zip(certain)
        .map(|(size, certain)| (if certain { 1.0 } else { n_some * size / total }, certain))
        .collect()
}

#[test]
fn targets_agree_with_two_r_packages() {
    let Some(vectors) = vectors("targets_agree_with_two_r_packages") else {
        return;
    };
    for case in cases(&vectors["inclusion_probabilities"]) {
        let (sizes, n) = (floats(&case["sizes"]), case["n"].as_u64().unwrap());
        let probs: Vec<f64> = targets(&sizes, n).iter().map(|&(prob, _)| prob).collect();
        for source in ["sampling_inclusionprobabilities", "sps_alpha0"] {
            assert_close(&probs, &floats(&case[source]), 1e-11, source);
        }
        for (source, alpha) in [
            ("sps_alpha0", 0.0),
            ("sps_alpha_0_001", 1e-3),
            ("sps_alpha_0_15", 0.15),
        ] {
            let by_sort = targets_by_sort(&sizes, usize::try_from(n).unwrap(), alpha);
            let probs: Vec<f64> = by_sort.iter().map(|&(prob, _)| prob).collect();
            assert_close(&probs, &floats(&case[source]), 1e-11, source);
        }
    }
}

type Ranking = fn(f64, f64) -> f64;

/// Ohlsson (1998).
fn sequential_poisson(u: f64, lambda: f64) -> f64 {
    u / lambda
}

/// Sampford's successive sampling: exponential keys.
fn successive(u: f64, lambda: f64) -> f64 {
    (-u).ln_1p() / (-lambda).ln_1p()
}

/// Positions of the take-all units and of the n smallest keys among the others, ascending.
fn order_sample(targets: &[(f64, bool)], prn: &[f64], n: usize, key: Ranking) -> Vec<usize> {
    let (mut drawn, mut rest): (Vec<usize>, Vec<usize>) =
        (0..targets.len()).partition(|&unit| targets[unit].1);
    rest.retain(|&unit| targets[unit].0 > 0.0);
    rest.sort_by(|&a, &b| {
        key(prn[a], targets[a].0)
            .total_cmp(&key(prn[b], targets[b].0))
            .then(a.cmp(&b))
    });
    let n_some = n - drawn.len();
    drawn.extend(&rest[..n_some]);
    drawn.sort_unstable();
    drawn
}

#[test]
fn order_samples_agree_with_sps() {
    let Some(vectors) = vectors("order_samples_agree_with_sps") else {
        return;
    };
    let designs: [(&str, Ranking); 3] = [
        ("sequential_poisson", sequential_poisson),
        ("pareto", pareto_key),
        ("successive", successive),
    ];
    for case in cases(&vectors["order_sampling"]) {
        let (sizes, prn, n) = (
            floats(&case["sizes"]),
            floats(&case["prn"]),
            case["n"].as_u64().unwrap(),
        );
        let alpha = case["alpha"].as_f64().unwrap();
        let count = usize::try_from(n).unwrap();
        let targets = if alpha > 0.0 {
            targets_by_sort(&sizes, count, alpha)
        } else {
            targets(&sizes, n)
        };
        for (design, key) in designs {
            let expected = &case[design];
            let drawn = order_sample(&targets, &prn, count, key);
            let positions: Vec<u64> = drawn.iter().map(|&unit| unit as u64).collect();
            assert_eq!(
                Value::from(positions),
                expected["selected0"],
                "{design} {sizes:?}"
            );
            let weights: Vec<f64> = drawn.iter().map(|&unit| 1.0 / targets[unit].0).collect();
            assert_close(&weights, &floats(&expected["weights"]), 1e-11, design);
            let levels: Vec<&str> = drawn
                .iter()
                .map(|&unit| if targets[unit].1 { "TA" } else { "TS" })
                .collect();
            assert_eq!(levels, texts(&expected["levels"]), "{design} {sizes:?}");
        }
    }
}

#[test]
fn stratified_order_samples_agree_with_sps() {
    let Some(vectors) = vectors("stratified_order_samples_agree_with_sps") else {
        return;
    };
    let case = &vectors["order_sampling_stratified"];
    let (sizes, prn, strata) = (
        floats(&case["sizes"]),
        floats(&case["prn"]),
        texts(&case["strata"]),
    );
    let draw = |key: Ranking| {
        let mut drawn = Vec::new();
        for (label, n) in case["n"].as_object().unwrap() {
            let members: Vec<usize> = (0..sizes.len())
                .filter(|&unit| strata[unit] == label)
                .collect();
            let pick = |values: &[f64]| {
                members
                    .iter()
                    .map(|&unit| values[unit])
                    .collect::<Vec<f64>>()
            };
            let n = n.as_u64().unwrap();
            let targets = targets(&pick(&sizes), n);
            let chosen = order_sample(&targets, &pick(&prn), usize::try_from(n).unwrap(), key);
            drawn.extend(
                chosen
                    .into_iter()
                    .map(|at| (members[at] as u64, 1.0 / targets[at].0)),
            );
        }
        drawn.sort_by_key(|&(unit, _)| unit);
        drawn.into_iter().unzip::<u64, f64, Vec<_>, Vec<_>>()
    };
    assert_eq!(
        Value::from(draw(sequential_poisson).0),
        case["sequential_poisson0"]
    );
    let (units, weights) = draw(pareto_key);
    assert_eq!(Value::from(units), case["pareto0"]);
    assert_close(&weights, &floats(&case["pareto_weights"]), 1e-11, "weights");
}

#[test]
fn tickets_are_equal_to_the_bit() {
    let Some(vectors) = vectors("tickets_are_equal_to_the_bit") else {
        return;
    };
    let cases = cases(&vectors["tickets"]["vectors"]);
    assert_eq!(cases.len(), 18);
    for case in cases {
        let (seed, id) = (
            bytes(case["seed_hex"].as_str().unwrap()),
            case["id"].as_str().unwrap(),
        );
        let ticket = Ticketer::new(HashName::Sha256, &seed).ticket(id.as_bytes());
        assert_eq!(
            HashName::Sha256.digest(&[&bytes(case["message_hex"].as_str().unwrap())]),
            ticket
        );
        assert_eq!(ticket.to_string(), case["sha256"]);
        assert_eq!(format_hex(unit_interval(&ticket)), case["u52odd_hex"]);
    }
}

/// λ are known up to a common factor on their odds: removes it, then compares.
fn assert_same_design(found: &[f64], expected: &[f64]) {
    let odds = |l: &f64| l / (1.0 - l);
    let logs: f64 = found
        .iter()
        .zip(expected)
        .map(|(f, e)| (odds(f) / odds(e)).ln())
        .sum();
    let factor = (logs / f64::from(u32::try_from(found.len()).unwrap())).exp();
    let scaled: Vec<f64> = expected
        .iter()
        .map(|e| factor * odds(e) / (1.0 + factor * odds(e)))
        .collect();
    assert_close(found, &scaled, 1e-11, "lambda");
}

#[test]
fn exact_inclusion_probabilities_agree() {
    let Some(vectors) = vectors("exact_inclusion_probabilities_agree") else {
        return;
    };
    for case in cases(&vectors["exact_inclusion_probabilities"]["vectors"]) {
        let (target, n) = (floats(&case["target"]), case["n"].as_u64().unwrap());
        let ones = vec![1; target.len()];
        let pareto = plan::inclusion_probs(&ones, &target, n);
        assert_close(&pareto, &floats(&case["pareto"]), 1e-11, "pareto");
        let expected = floats(&case["calibrated_pareto_lambda"]);
        assert_close(
            &plan::inclusion_probs(&ones, &expected, n),
            &target,
            2e-11,
            "calibrated",
        );
        let lambda = plan::calibrate(&ones, &target, n).unwrap();
        assert_same_design(&lambda, &expected);
        assert_close(
            &plan::inclusion_probs(&ones, &lambda, n),
            &target,
            1e-12,
            "target",
        );
        if let Some(samples) = case["pareto_sample_probabilities"].as_object() {
            for (unit, prob) in pareto.iter().enumerate() {
                let holds = |sample: &str| {
                    sample
                        .split(',')
                        .any(|member| member.trim() == unit.to_string())
                };
                let sum: f64 = samples
                    .iter()
                    .filter(|(sample, _)| holds(sample))
                    .map(|(_, p)| p.as_f64().unwrap())
                    .sum();
                let rounding = 1e-12 * f64::from(u32::try_from(samples.len()).unwrap());
                assert_close(&[sum], &[*prob], 1e-11 + rounding, "sum over samples");
            }
        }
    }
}

#[test]
fn exact_inclusion_probabilities_by_level_agree() {
    let Some(vectors) = vectors("exact_inclusion_probabilities_by_level_agree") else {
        return;
    };
    let case = &vectors["exact_inclusion_probabilities_by_level"];
    let counts: Vec<u64> = cases(&case["multiplicity"])
        .iter()
        .map(|count| count.as_u64().unwrap())
        .collect();
    let (target, n) = (floats(&case["target"]), case["n"].as_u64().unwrap());
    assert_close(
        &plan::inclusion_probs(&counts, &target, n),
        &floats(&case["pareto"]),
        1e-11,
        "pareto",
    );
    let lambda = plan::calibrate(&counts, &target, n).unwrap();
    assert_same_design(&lambda, &floats(&case["calibrated_lambda"]));
    assert_close(
        &plan::inclusion_probs(&counts, &lambda, n),
        &target,
        1e-13,
        "target",
    );
}

#[test]
fn a_register_is_drawn_to_the_bit() {
    let Some(vectors) = vectors("a_register_is_drawn_to_the_bit") else {
        return;
    };
    let block = &vectors["end_to_end"];
    let text = |row: &Value, key: &str| row[key].as_str().unwrap().to_owned();
    let size = |row: &Value| u32::try_from(row["risk_size"].as_u64().unwrap()).unwrap();
    let register = cases(&block["rows"]);
    let rows: Rows = register
        .iter()
        .map(|row| (text(row, "id"), text(row, "stratum"), size(row)))
        .collect();
    let mut plan = seal(&sizes(&[("S1", 5), ("S2", 3)], 3), &rows, 2).unwrap();
    for row in register {
        let level = plan
            .stratum(&text(row, "stratum"))
            .unwrap()
            .level(size(row))
            .unwrap();
        // serde_json reads decimals to the last but one bit; the keys below hold the targets to the last
        assert_close(&[level.target], &[row["pi"].as_f64().unwrap()], 2e-16, "pi");
        assert_eq!(Value::from(level.take_all), row["take_all"]);
    }
    // the block draws plain Pareto: λ = target
    for level in plan
        .strata
        .iter_mut()
        .flat_map(|stratum| &mut stratum.levels)
    {
        level.lambda = level.lambda.map(|_| level.target);
    }
    let sub_seed = Digest::from_hex(block["seed_hex"].as_str().unwrap()).unwrap();
    let sample = draw::select_stream(
        &plan,
        SubSeed(sub_seed.0),
        &MemoryFrame::new(&rows, 3),
        &Meter::silent(),
    )
    .unwrap();
    for (stratum, drawn) in plan.strata.iter().zip(&sample.strata) {
        let expected = &block["result"][&stratum.label];
        let ids = |units: &[draw::SampledUnit]| {
            units.iter().map(|unit| unit.id.clone()).collect::<Vec<_>>()
        };
        assert_eq!(ids(&drawn.take_all), texts(&expected["take_all"]));
        let selected: Vec<&str> = drawn.drawn().map(|unit| unit.id.as_str()).collect();
        assert_eq!(selected, texts(&expected["selected_in_key_order"]));
        assert_eq!(ids(&drawn.reserve), texts(&expected["reserve_list_next3"]));
        let threshold = parse_hex(expected["threshold_key_hex"].as_str().unwrap()).unwrap();
        assert_eq!(drawn.threshold().unwrap().to_bits(), threshold.to_bits());
        for unit in drawn.drawn().chain(&drawn.reserve) {
            let row = register
                .iter()
                .find(|row| row["id"] == unit.id.as_str())
                .unwrap();
            assert_eq!(unit.ticket.to_string(), row["sha256"]);
            assert_eq!(format_hex(unit.key), row["key_hex"]);
        }
    }
}
