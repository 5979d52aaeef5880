//! Strictness and sensitivity against planted ones.

use super::*;
use crate::evaluate::number::real_len;

/// Numbers in [0, 1), the same every time.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let mixed = (self.0 ^ (self.0 >> 29)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        f64::from(u32::try_from(mixed >> 32).unwrap()) / 4_294_967_296.0
    }
}

fn names(n: usize) -> Vec<String> {
    (0..n).map(|i| format!("i{i}")).collect()
}

/// Visits by lot: inspector i adds `shift[i]` to the rate of the block.
fn by_lot(n: usize, rates: &[f64], shift: &[f64], seed: u64) -> Vec<InspectorVisit> {
    let mut numbers = Numbers(seed);
    let mut pick = |below: usize| {
        let place = numbers.next();
        (
            place,
            (0..below)
                .find(|&i| place < real_len(i + 1) / real_len(below))
                .unwrap_or(0),
        )
    };
    let visit = |object: u64| {
        let (_, block) = pick(rates.len());
        let (_, inspector) = pick(shift.len());
        let (chance, _) = pick(1);
        InspectorVisit {
            inspectors: vec![u32::try_from(inspector).unwrap()],
            block: u32::try_from(block).unwrap(),
            object,
            weight: 2.0,
            found: chance < rates[block] + shift[inspector],
            expected: None,
        }
    };
    (0..n as u64).map(visit).collect()
}

#[test]
fn planted_strictness_comes_back_and_blocks_do_not_pass_for_it() {
    let shift = [-0.08, -0.04, 0.0, 0.04, 0.08];
    let visits = by_lot(20_000, &[0.15, 0.35], &shift, 1);
    let found = detection(&names(5), &visits, &[], Assignment::Random).unwrap();
    assert_eq!(found.wording, Wording::Causal);
    for (inspector, shift) in found.inspectors.iter().zip(shift) {
        let far = (inspector.difference - shift).abs();
        assert!(far < 4.0 * inspector.se, "{} {far}", inspector.inspector);
        assert!(inspector.shrunken.abs() <= inspector.difference.abs());
    }
    let spread = found.spread.unwrap();
    // The standard deviation of the planted shifts is 0.0632 with n - 1.
    assert!(
        (spread.between_sd - 0.0632).abs() < 0.012,
        "{}",
        spread.between_sd
    );
    assert!(spread.p_equal < 1e-6);
    assert_eq!(
        (spread.strictest.as_str(), spread.mildest.as_str()),
        ("i4", "i0")
    );
}

#[test]
fn equal_inspectors_shrink_to_nothing() {
    let visits = by_lot(4_000, &[0.1, 0.3], &[0.0; 8], 2);
    let found = detection(&names(8), &visits, &[], Assignment::Random).unwrap();
    let spread = found.spread.unwrap();
    assert!(spread.between_sd < 0.015, "{}", spread.between_sd);
    assert!(spread.p_equal > 0.01);
}

#[test]
fn inspectors_without_findings_or_with_few_visits_give_finite_numbers_or_none() {
    let visit = |object: u64, inspector: u32, found: bool| InspectorVisit {
        inspectors: vec![inspector],
        block: 0,
        object,
        weight: 1.0,
        found,
        expected: None,
    };
    let mut visits: Vec<InspectorVisit> = (0..40).map(|i| visit(i, 0, false)).collect();
    visits.extend((40..80).map(|i| visit(i, 1, true)));
    visits.extend((80..90).map(|i| visit(i, 2, true)));
    let found = detection(&names(3), &visits, &[], Assignment::NotRandom).unwrap();
    assert_eq!((found.inspectors.len(), found.n_suppressed), (2, 1));
    assert_eq!(found.wording, Wording::Association);
    assert_eq!(
        found.notes,
        [Refusal::NotAssignedByLot, Refusal::NoDoubleInspection]
    );
    let spread = found.spread.unwrap();
    assert_eq!(
        spread.odds_ratio, None,
        "odds of everything over nothing are no number"
    );
    assert!(
        found
            .inspectors
            .iter()
            .all(|inspector| inspector.log_odds.is_finite())
    );
}

#[test]
fn visits_that_all_ended_alike_compare_nobody_and_chance_alone_is_no_difference() {
    for found in [false, true] {
        let mut visits = by_lot(400, &[0.2, 0.4], &[0.0; 4], 5);
        for visit in &mut visits {
            visit.found = found;
        }
        let judged = detection(&names(4), &visits, &[], Assignment::Random).unwrap();
        assert_eq!(judged.spread, None);
        assert!(judged.inspectors.iter().all(|one| one.difference == 0.0));
    }
    // One of four found nothing in 30 visits where a tenth is expected: no proof of anything (0.9^30 = 0.04).
    let visit = |object: u64| InspectorVisit {
        inspectors: vec![u32::try_from(object % 4).unwrap()],
        block: 0,
        object,
        weight: 1.0,
        found: !object.is_multiple_of(4) && object % 30 < 4,
        expected: None,
    };
    let visits: Vec<InspectorVisit> = (0..120).map(visit).collect();
    let judged = detection(&names(4), &visits, &[], Assignment::Random).unwrap();
    assert_eq!(judged.inspectors[0].hits, 0);
    assert!(judged.inspectors[0].se > 0.03 && judged.inspectors[0].shrinkage < 1.0);
    assert!(judged.spread.unwrap().p_equal > 0.01);
}

#[test]
fn leaving_an_object_out_forgets_its_own_visit() {
    let mut visits = by_lot(2_000, &[0.3], &[-0.1, 0.1], 3);
    let object = visits[17].object;
    let before = leave_one_out(2, &visits)[17].unwrap();
    visits[17].found = !visits[17].found;
    let after = leave_one_out(2, &visits)[17].unwrap();
    let seventeenth = visits.iter().find(|visit| visit.object == object).unwrap();
    assert_eq!(seventeenth.block, 0);
    // Only the block's rate moves, by one visit in 2,000.
    assert!((before - after).abs() < 2.0 / 2_000.0);
    let alone = [visits[0].clone()];
    assert_eq!(leave_one_out(2, &alone), [None]);
}

#[test]
fn two_blind_visits_give_sensitivity_and_chapmans_number() {
    let pair = |first, second| Blind { first, second };
    let mut pairs = vec![pair(true, true); 30];
    pairs.extend(vec![pair(true, false); 20]);
    pairs.extend(vec![pair(false, true); 10]);
    pairs.extend(vec![pair(false, false); 140]);
    let found = capture::recapture(&pairs);
    assert_eq!(
        (found.n, found.n_first, found.n_second, found.n_both),
        (200, 50, 40, 30)
    );
    let close = |found: f64, expected: f64| assert!((found - expected).abs() < 1e-9, "{found}");
    close(found.sensitivity.unwrap(), 60.0 / 90.0);
    close(found.in_violation.unwrap(), 50.0 * 40.0 / 30.0);
    close(found.in_violation_chapman, 51.0 * 41.0 / 31.0 - 1.0);
    close(
        found.chapman_se.powi(2),
        51.0 * 41.0 * 20.0 * 10.0 / (31.0 * 31.0 * 32.0),
    );
    assert!(found.low.unwrap() < 2.0 / 3.0 && found.high.unwrap() > 2.0 / 3.0);
}

#[test]
fn blind_visits_without_a_shared_finding_give_no_number_in_violation() {
    let pair = |first, second| Blind { first, second };
    let found = capture::recapture(&[pair(true, false), pair(false, true), pair(false, false)]);
    assert_eq!(
        (found.in_violation, found.refusal),
        (None, Some(Refusal::NoSharedFinding))
    );
    let nothing = capture::recapture(&[pair(false, false)]);
    assert_eq!(
        (nothing.sensitivity, nothing.refusal),
        (None, Some(Refusal::NoVariation))
    );
}

#[test]
fn a_visit_that_breaks_a_rule_is_named() {
    let mut visits = by_lot(3, &[0.3], &[0.0], 3);
    visits[1].weight = 0.5;
    let error = detection(&names(1), &visits, &[], Assignment::Random).unwrap_err();
    assert_eq!(
        error.to_string(),
        "visit 1 to object 1: design weight 0.5 is below 1 or not finite"
    );
    visits[1].weight = 1.0;
    visits[2].inspectors = vec![4];
    let error = detection(&names(1), &visits, &[], Assignment::Random).unwrap_err();
    assert_eq!(
        error.to_string(),
        "visit 2 to object 2: inspector 4 is none of the 1"
    );
}
