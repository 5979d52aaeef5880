//! Estimators against a second implementation, and by enumerating every sample of small designs.

use choucha::evaluate::off_policy::{FrameCell, Gate, Past, PastVisit, Sums, value_of};
use choucha::evaluate::{
    self, EqualStratum, JointUnit, Respondent, TwoSides, VarianceForm, difference_total,
};
use proptest::prelude::{ProptestConfig, prop, prop_assert, proptest};
use serde_json::Value;

use crate::evaluation::{block, close, floats, places, respondents, to_f64};

const FILE: &str = "evaluation.json";

fn whole(value: &Value) -> u64 {
    value.as_u64().unwrap()
}

#[test]
fn two_proportions_agree_with_the_second_implementation() {
    let Some(block) = block("two_proportions", FILE, "two_proportions") else {
        return;
    };
    for case in block["cases"].as_array().unwrap() {
        let found = evaluate::two_proportions(&TwoSides {
            hits_1: whole(&case["k1"]),
            n_1: whole(&case["n1"]),
            hits_2: whole(&case["k2"]),
            n_2: whole(&case["n2"]),
        })
        .unwrap();
        close(found.difference, &case["diff"], 1e-9);
        close(
            found.difference_interval.low,
            &case["newcombe_diff"][0],
            1e-9,
        );
        close(found.ratio.unwrap(), &case["ratio"], 1e-9);
        let ratio = found.ratio_interval.unwrap();
        close(ratio.low, &case["log_ratio_ci"][0], 1e-9);
        close(ratio.high, &case["log_ratio_ci"][1], 1e-9);
        close(found.p_pooled.unwrap(), &case["pooled_p"], 1e-9);
        close(found.p_exact, &case["fisher_p_two_sided"], 1e-9);
    }
}

#[test]
fn the_cochran_mantel_haenszel_test_agrees_with_the_second_implementation() {
    let name = "cochran_mantel_haenszel";
    let Some(block) = block(name, FILE, name) else {
        return;
    };
    let strata: Vec<TwoSides> = block["tables"]
        .as_array()
        .unwrap()
        .iter()
        .map(|table| TwoSides {
            hits_1: whole(&table[0][0]),
            n_1: whole(&table[0][0]) + whole(&table[0][1]),
            hits_2: whole(&table[1][0]),
            n_2: whole(&table[1][0]) + whole(&table[1][1]),
        })
        .collect();
    let pooled = evaluate::cochran_mantel_haenszel(&strata).unwrap();
    close(pooled.odds_ratio, &block["pooled_or"], 1e-9);
    close(pooled.risk_ratio.unwrap(), &block["pooled_rr"], 1e-9);
    close(pooled.odds_interval.low, &block["or_ci95"][0], 1e-9);
    close(pooled.odds_interval.high, &block["or_ci95"][1], 1e-9);
    close(pooled.statistic, &block["cmh_stat_no_cc"], 1e-9);
    close(pooled.p, &block["cmh_p_no_cc"], 1e-9);
    close(pooled.statistic_corrected, &block["cmh_stat_cc"], 1e-9);
}

#[test]
fn fallback_variances_agree_with_the_second_implementation() {
    let name = "ht_hajek_poisson";
    let Some(block) = block(name, FILE, name) else {
        return;
    };
    let (pi, y) = (floats(&block["pi"]), floats(&block["y_population"]));
    let sample = respondents(&y, &pi, &places(&block["sample_index_0based"]));
    let mean = evaluate::with_replacement_variance(&sample).unwrap();
    close(mean, &block["var_hajek_mean_with_replacement"], 1e-9);
    close(mean.sqrt(), &block["samplics_mean"]["stderr"], 1e-9);
    let total = evaluate::with_replacement_variance_of_total(&sample).unwrap();
    let expected = &block["var_total_with_replacement_ultimate_cluster"];
    close(total, expected, 1e-9);
    close(total.sqrt(), &block["samplics_total"]["stderr"], 1e-9);
    let jackknife = evaluate::jackknife_variance(&sample).unwrap();
    close(jackknife, &block["var_hajek_mean_delete1_jackknife"], 1e-9);
}

#[test]
fn variances_of_joint_probabilities_agree_and_are_unbiased_over_all_samples() {
    let name = "fixed_size_conditional_poisson";
    let Some(block) = block(name, FILE, name) else {
        return;
    };
    let (y, odds) = (floats(&block["y"]), floats(&block["odds"]));
    let design = FixedSize::new(&odds, 3);
    for (i, row) in block["pi_ij"].as_array().unwrap().iter().enumerate() {
        for (j, pi) in floats(row).into_iter().enumerate() {
            assert!((design.joint(i, j) - pi).abs() < 1e-12);
        }
    }
    let observed = places(&block["observed_sample_0based"]);
    let (plain, syg) = design.variances(&y, &observed);
    close(plain, &block["var_HT_form"], 1e-9);
    close(syg, &block["var_SYG_form"], 1e-9);
    let truth = design.moments(|sample| design.total(&y, sample));
    close(truth.0, &block["exhaustive"]["E_ht"], 1e-9);
    close(truth.1, &block["exhaustive"]["true_var"], 1e-9);
    let mean = |of: &dyn Fn(&[usize]) -> f64| design.moments(of).0;
    close(
        mean(&|sample| design.variances(&y, sample).0),
        &block["exhaustive"]["E_var_HT_form"],
        1e-9,
    );
    close(
        mean(&|sample| design.variances(&y, sample).1),
        &block["exhaustive"]["E_var_SYG_form"],
        1e-9,
    );
}

#[test]
fn the_stratified_form_agrees_with_the_second_implementation() {
    let name = "stratified_tier_prevalence";
    let Some(block) = block(name, FILE, name) else {
        return;
    };
    let strata = ["A", "B", "C", "D"].map(|class| EqualStratum {
        n_frame: whole(&block["N_h"][class]),
        n: whole(&block["n_h"][class]),
        hits: whole(&block["hits_h"][class]),
    });
    let (mean, variance) = evaluate::stratified(&strata).unwrap();
    close(mean, &block["prevalence"], 1e-9);
    close(variance, &block["var"], 1e-9);
    close(variance.sqrt(), &block["samplics_se"], 1e-9);
    let n_eff = mean * (1.0 - mean) / variance;
    close(n_eff, &block["korn_graubard_neff"], 1e-9);
    let (wilson, exact) = (
        evaluate::wilson(mean * n_eff, n_eff),
        evaluate::clopper_pearson(mean * n_eff, n_eff),
    );
    close(wilson.low, &block["wilson_neff_ci95"][0], 1e-9);
    close(wilson.high, &block["wilson_neff_ci95"][1], 1e-9);
    close(exact.low, &block["clopper_neff_ci95"][0], 1e-9);
    close(exact.high, &block["clopper_neff_ci95"][1], 1e-9);
}

fn visit(past: Past, stratum: usize) -> PastVisit {
    PastVisit {
        past,
        stratum,
        valid: true,
    }
}

/// The units of the off-policy and the difference blocks.
struct Blocks {
    pi: Vec<f64>,
    y: Vec<f64>,
    model: Vec<f64>,
    sample: Vec<usize>,
}

fn blocks(test: &str) -> Option<Blocks> {
    let old = block(test, FILE, "ht_hajek_poisson")?;
    let model = block(test, FILE, "difference_estimator")?;
    Some(Blocks {
        pi: floats(&old["pi"]),
        y: floats(&old["y_population"]),
        model: floats(&model["m_hat"]),
        sample: places(&old["sample_index_0based"]),
    })
}

impl Blocks {
    fn difference(&self, sample: &[usize]) -> (f64, f64) {
        let residuals: Vec<f64> = self.y.iter().zip(&self.model).map(|(y, m)| y - m).collect();
        let units = respondents(&residuals, &self.pi, sample);
        difference_total(self.model.iter().sum(), &units, VarianceForm::Poisson)
    }

    fn past(&self, pi_new: &[f64], sample: &[usize]) -> Vec<PastVisit> {
        let past = |&i: &usize| Past {
            pi: self.pi[i],
            pi_new: pi_new[i],
            hit: self.y[i] > 0.5,
            model: self.model[i],
        };
        sample.iter().map(|i| visit(past(i), 0)).collect()
    }

    fn frame(&self, pi_new: &[f64]) -> Vec<FrameCell> {
        let cell = |i: usize| FrameCell {
            label: "A".to_owned(),
            n: 1.0,
            pi: self.pi[i],
            pi_new: pi_new[i],
            model: self.model[i],
        };
        (0..self.pi.len()).map(cell).collect()
    }
}

#[test]
fn the_difference_estimator_agrees_and_is_unbiased_over_all_samples() {
    let name = "difference_estimator";
    let (Some(blocks), Some(expected)) = (blocks(name), block(name, FILE, name)) else {
        return;
    };
    let (total, variance) = blocks.difference(&blocks.sample);
    close(total, &expected["total"], 1e-9);
    close(variance, &expected["var_poisson"], 1e-9);
    let (mean, true_variance) = poisson_moments(&blocks.pi, |sample| blocks.difference(sample).0);
    assert!((mean - blocks.y.iter().sum::<f64>()).abs() < 1e-9);
    close(true_variance, &expected["true_var"], 1e-9);
    let (mean, _) = poisson_moments(&blocks.pi, |sample| blocks.difference(sample).1);
    close(mean, &expected["true_var"], 1e-9);
}

#[test]
fn off_policy_estimates_agree_and_are_unbiased_over_all_samples() {
    let name = "ope_new_tier_policy";
    let (Some(blocks), Some(expected)) = (blocks(name), block(name, FILE, name)) else {
        return;
    };
    let pi_new = floats(&expected["pi_new"]);
    let sums = |sample: &[usize]| {
        let mut sums = Sums::default();
        let past = blocks.past(&pi_new, sample);
        for one in &past {
            sums.add(&one.past);
        }
        sums
    };
    let model = pi_new.iter().zip(&blocks.model).map(|(pi, m)| pi * m).sum();
    let value = sums(&blocks.sample).value(model, false);
    close(value.ips, &expected["ips_hits"], 1e-9);
    close(value.ips_se.powi(2), &expected["var_ips"], 1e-9);
    close(value.rate, &expected["snips_hit_rate"], 1e-9);
    let variance = &expected["var_snips_hit_rate_vs_sampled_weight"];
    close(value.rate_se.powi(2), variance, 1e-9);
    close(value.dr, &expected["dr_hits"], 1e-9);
    close(value.dr_se.powi(2), &expected["var_dr"], 1e-9);
    close(model, &expected["dm_hits"], 1e-9);
    close(value.n_effective, &expected["ess_kish"], 1e-9);
    close(sums(&blocks.sample).w, &expected["ips_visits"], 1e-9);
    assert_eq!(value.gate, Gate::Amber, "seven visits carry no claim");
    assert_eq!(sums(&[0]).value(model, true).gate, Gate::Refused);
    let snipw = &expected["obp"]["snipw_x_N_all_actions"];
    assert!((value.ips - snipw.as_f64().unwrap()).abs() > 0.1);

    let moments =
        |of: &dyn Fn(&Sums) -> f64| poisson_moments(&blocks.pi, |sample| of(&sums(sample)));
    let all = &expected["exhaustive"];
    close(
        moments(&|sums| sums.hits).0,
        &expected["true_value_hits"],
        1e-9,
    );
    close(moments(&|sums| sums.hits).1, &all["var_ips_true"], 1e-9);
    close(moments(&|sums| sums.v_hits).0, &all["var_ips_true"], 1e-9);
    let doubly = moments(&|sums| sums.value(model, false).dr);
    close(doubly.0, &expected["true_value_hits"], 1e-9);
    close(doubly.1, &all["var_dr_true"], 1e-9);
    close(
        moments(&|sums| sums.v_residual).0,
        &all["var_dr_true"],
        1e-9,
    );
    let rate = moments(&|sums| sums.value(model, false).rate).0;
    close(rate, &all["E_snips_hit_rate"], 1e-9);
}

#[test]
fn a_policy_that_goes_where_nobody_was_drawn_is_refused_and_the_classes_are_named() {
    let Some(blocks) = blocks("support") else {
        return;
    };
    let pi_new = vec![0.5; 12];
    let mut frame = blocks.frame(&pi_new);
    frame.push(FrameCell {
        label: "D".to_owned(),
        n: 40.0,
        pi: 0.0,
        pi_new: 0.1,
        model: 0.2,
    });
    let past = blocks.past(&pi_new, &blocks.sample);
    let value = value_of("D too", &past, &frame, VarianceForm::Poisson, None);
    assert_eq!(
        (value.gate, value.unreached),
        (Gate::Refused, vec!["D".to_owned()])
    );
    assert!(value.rate.value.is_none() && value.ips.value.is_none());
    assert!(value.doubly_robust.value.is_none() && value.model.is_none());
}

#[test]
fn an_amber_policy_shows_doubly_robust_and_model_and_claims_nothing() {
    let Some(blocks) = blocks("amber") else {
        return;
    };
    let pi_new = vec![0.5; 12];
    let (past, frame) = (blocks.past(&pi_new, &blocks.sample), blocks.frame(&pi_new));
    let value = value_of("few", &past, &frame, VarianceForm::Poisson, Some(2.0));
    assert_eq!(value.gate, Gate::Amber);
    assert!(value.rate.value.is_none() && value.ips.value.is_none());
    assert!(value.doubly_robust.value.is_some() && value.doubly_robust.low.is_none());
    assert!(value.model.is_some() && value.truncated.is_none());
}

/// 400 visits of two classes, a tenth and a half of them with a finding.
fn many() -> (Vec<PastVisit>, Vec<FrameCell>) {
    let past = |i: usize, class: usize| Past {
        pi: [0.1, 0.5][class],
        pi_new: [0.1, 0.5][class],
        hit: i.is_multiple_of(if class == 0 { 10 } else { 2 }),
        model: 0.0,
    };
    let class = |i: usize| usize::from(i >= 200);
    let visits = (0..400).map(|i| visit(past(i, class(i)), class(i)));
    let cell = |label: &str, n: f64, pi: f64| FrameCell {
        label: label.to_owned(),
        n,
        pi,
        pi_new: pi,
        model: 0.0,
    };
    (
        visits.collect(),
        vec![cell("A", 2_000.0, 0.1), cell("D", 400.0, 0.5)],
    )
}

#[test]
fn the_policy_in_force_has_exactly_the_findings_it_had() {
    let (visits, frame) = many();
    let value = value_of("same", &visits, &frame, VarianceForm::Rosen, None);
    assert_eq!((value.gate, value.ips.value), (Gate::Green, Some(120.0)));
    assert_eq!(value.rate.value, Some(0.3));
    assert!((value.visits - 400.0).abs() < 1e-9);
    assert!(value.doubly_robust.value.is_none(), "there is no model");
}

#[test]
fn invalid_objects_leave_the_rate_and_stay_in_the_count() {
    let (mut visits, mut frame) = many();
    for cell in &mut frame {
        cell.model = 0.2;
    }
    for one in visits.iter_mut().skip(1).step_by(2).take(50) {
        one.valid = false;
    }
    let value = value_of("same", &visits, &frame, VarianceForm::Rosen, None);
    assert_eq!((value.n, value.ips.value), (350, Some(120.0)));
    assert!((value.rate.value.unwrap() - 120.0 / 350.0).abs() < 1e-12);
    let doubly_robust = value.doubly_robust.value.unwrap();
    assert!(
        (doubly_robust - 200.0).abs() < 1e-9,
        "no visit has a model: {doubly_robust}"
    );
}

#[test]
fn cut_weights_stand_beside_the_most_they_can_have_taken_away() {
    let (mut visits, mut frame) = many();
    visits
        .iter_mut()
        .take(200)
        .for_each(|one| one.past.pi_new = 0.3);
    frame[0].pi_new = 0.3;
    let value = value_of("more of A", &visits, &frame, VarianceForm::Rosen, Some(2.0));
    let cut = value.truncated.unwrap();
    assert_eq!(value.ips.value, Some(160.0));
    assert_eq!(cut.ips.value, Some(140.0));
    assert!((cut.bias_max - 2_000.0 * 0.1).abs() < 1e-9);
}

/// A design of fixed size whose samples have probabilities proportional to the product of their odds.
struct FixedSize {
    n_units: usize,
    samples: Vec<(Vec<usize>, f64)>,
}

impl FixedSize {
    fn new(odds: &[f64], n: usize) -> Self {
        let inside = |sample: usize| (0..odds.len()).filter(move |i| sample >> i & 1 == 1);
        let mut samples: Vec<(Vec<usize>, f64)> = (0..1_usize << odds.len())
            .map(|sample| inside(sample).collect::<Vec<usize>>())
            .filter(|sample| sample.len() == n)
            .map(|sample| {
                let chance = sample.iter().map(|&i| odds[i]).product();
                (sample, chance)
            })
            .collect();
        let all: f64 = samples.iter().map(|(_, chance)| chance).sum();
        for (_, chance) in &mut samples {
            *chance /= all;
        }
        Self {
            n_units: odds.len(),
            samples,
        }
    }

    fn joint(&self, i: usize, j: usize) -> f64 {
        let both = |sample: &&(Vec<usize>, f64)| sample.0.contains(&i) && sample.0.contains(&j);
        self.samples
            .iter()
            .filter(both)
            .map(|(_, chance)| chance)
            .sum()
    }

    fn total(&self, y: &[f64], sample: &[usize]) -> f64 {
        sample.iter().map(|&i| y[i] / self.joint(i, i)).sum()
    }

    fn variances(&self, y: &[f64], sample: &[usize]) -> (f64, f64) {
        let units: Vec<JointUnit> = sample
            .iter()
            .map(|&i| JointUnit {
                y: y[i],
                pi: self.joint(i, i),
            })
            .collect();
        let joint = |i: usize, j: usize| self.joint(sample[i], sample[j]);
        (
            evaluate::joint_variance(&units, joint),
            evaluate::sen_yates_grundy(&units, joint),
        )
    }

    fn moments(&self, of: impl Fn(&[usize]) -> f64) -> (f64, f64) {
        moments(
            self.samples
                .iter()
                .map(|(sample, chance)| (of(sample), *chance)),
        )
    }
}

/// Mean and variance of what has these values with these probabilities.
fn moments(values: impl Iterator<Item = (f64, f64)>) -> (f64, f64) {
    let (mean, square) = values.fold((0.0, 0.0), |(mean, square), (value, chance)| {
        (mean + chance * value, square + chance * value * value)
    });
    (mean, square - mean * mean)
}

/// Mean and variance over all samples of independent draws.
fn poisson_moments(pi: &[f64], of: impl Fn(&[usize]) -> f64) -> (f64, f64) {
    let one = |sample: usize| {
        let is_in = |i: usize| sample >> i & 1 == 1;
        let inside: Vec<usize> = (0..pi.len()).filter(|&i| is_in(i)).collect();
        let chance = (0..pi.len()).map(|i| if is_in(i) { pi[i] } else { 1.0 - pi[i] });
        (inside, chance.product::<f64>())
    };
    let samples = (0..1_usize << pi.len()).map(one);
    let possible = samples.filter(|(_, chance)| *chance > 0.0);
    moments(possible.map(|(sample, chance)| (of(&sample), chance)))
}

/// Mean and variance over all pairs of simple random samples, n of the first and m of the second half.
fn stratified_moments(
    y: &[Vec<f64>; 2],
    n: [usize; 2],
    of: impl Fn(&[Vec<f64>; 2]) -> f64,
) -> (f64, f64) {
    let samples = |at: usize| {
        let all = FixedSize::new(&vec![1.0; y[at].len()], n[at]).samples;
        let values =
            |sample: Vec<usize>| sample.into_iter().map(|i| y[at][i]).collect::<Vec<f64>>();
        all.into_iter()
            .map(move |(sample, chance)| (values(sample), chance))
            .collect::<Vec<_>>()
    };
    let (first, second) = (samples(0), samples(1));
    let pairs = first
        .iter()
        .flat_map(|one| second.iter().map(move |two| (one, two)));
    moments(pairs.map(|(one, two)| (of(&[one.0.clone(), two.0.clone()]), one.1 * two.1)))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn joint_variances_are_unbiased_in_every_small_design_of_fixed_size(
        units in prop::collection::vec((0.2_f64..4.0, 0.0_f64..5.0), 4..8), n in 2_usize..4
    ) {
        let (odds, y): (Vec<f64>, Vec<f64>) = units.into_iter().unzip();
        let design = FixedSize::new(&odds, n);
        prop_assert!(design.n_units > n);
        let (mean, variance) = design.moments(|sample| design.total(&y, sample));
        prop_assert!((mean - y.iter().sum::<f64>()).abs() < 1e-9);
        let plain = design.moments(|sample| design.variances(&y, sample).0).0;
        let syg = design.moments(|sample| design.variances(&y, sample).1).0;
        prop_assert!((plain - variance).abs() < 1e-8 * (1.0 + variance));
        prop_assert!((syg - variance).abs() < 1e-8 * (1.0 + variance));
    }

    #[test]
    fn off_policy_and_difference_estimates_are_unbiased_in_every_small_design(
        units in prop::collection::vec((0.1_f64..=1.0, 0.0_f64..=1.0, prop::bool::ANY, 0.0_f64..=1.0), 2..10)
    ) {
        let pi: Vec<f64> = units.iter().map(|unit| unit.0).collect();
        let sums = |sample: &[usize]| {
            let mut sums = Sums::default();
            for &i in sample {
                let (pi, pi_new, hit, model) = units[i];
                sums.add(&Past { pi, pi_new, hit, model });
            }
            sums
        };
        let hit = |unit: &(f64, f64, bool, f64)| f64::from(u8::from(unit.2));
        let truth: f64 = units.iter().map(|unit| unit.1 * hit(unit)).sum();
        let model: f64 = units.iter().map(|unit| unit.1 * unit.3).sum();
        let (mean, variance) = poisson_moments(&pi, |sample| sums(sample).hits);
        prop_assert!((mean - truth).abs() < 1e-9);
        let estimated = poisson_moments(&pi, |sample| sums(sample).v_hits).0;
        prop_assert!((estimated - variance).abs() < 1e-9);
        let (mean, variance) = poisson_moments(&pi, |sample| model + sums(sample).residual);
        prop_assert!((mean - truth).abs() < 1e-9);
        let estimated = poisson_moments(&pi, |sample| sums(sample).v_residual).0;
        prop_assert!((estimated - variance).abs() < 1e-9);
    }

    #[test]
    fn the_stratified_form_and_rosens_are_unbiased_for_strata_drawn_with_equal_probability(
        first in prop::collection::vec(prop::bool::ANY, 4..7),
        second in prop::collection::vec(prop::bool::ANY, 3..6)
    ) {
        let real = |found: Vec<bool>| found.into_iter().map(|y| f64::from(u8::from(y))).collect::<Vec<f64>>();
        let y = [real(first), real(second)];
        let n = [3, 2];
        let size = |at: usize| u64::try_from(y[at].len()).unwrap();
        let form = |sample: &[Vec<f64>; 2]| {
            let strata = [0, 1].map(|at| EqualStratum {
                n_frame: size(at),
                n: u64::try_from(n[at]).unwrap(),
                hits: u64::try_from(sample[at].iter().filter(|y| **y > 0.5).count()).unwrap(),
            });
            evaluate::stratified(&strata).unwrap()
        };
        let rosen = |sample: &[Vec<f64>; 2]| {
            let units: Vec<Respondent> = (0..2)
                .flat_map(|at| sample[at].iter().map(move |y| (at, *y)))
                .map(|(at, y)| Respondent {
                    y,
                    in_domain: 1.0,
                    pi: to_f64(u64::try_from(n[at]).unwrap()) / to_f64(size(at)),
                    stratum: at,
                })
                .collect();
            evaluate::variance_of_total(&units, VarianceForm::Rosen)
        };
        let all = to_f64(size(0) + size(1));
        let truth = y.iter().flatten().sum::<f64>() / all;
        let (mean, variance) = stratified_moments(&y, n, |sample| form(sample).0);
        prop_assert!((mean - truth).abs() < 1e-12);
        let estimated = stratified_moments(&y, n, |sample| form(sample).1).0;
        prop_assert!((estimated - variance).abs() < 1e-12);
        let estimated = stratified_moments(&y, n, rosen).0 / (all * all);
        prop_assert!((estimated - variance).abs() < 1e-12);
    }

    #[test]
    fn the_policy_in_force_has_its_own_findings_whatever_the_probabilities(
        units in prop::collection::vec((0.01_f64..=1.0, prop::bool::ANY), 1..60)
    ) {
        let mut sums = Sums::default();
        for (pi, hit) in &units {
            sums.add(&Past { pi: *pi, pi_new: *pi, hit: *hit, model: 0.3 });
        }
        let hits = units.iter().filter(|(_, hit)| *hit).count();
        prop_assert!((sums.hits - f64::from(u32::try_from(hits).unwrap())).abs() < f64::EPSILON);
        prop_assert!((sums.w - f64::from(u32::try_from(units.len()).unwrap())).abs() < f64::EPSILON);
    }
}
