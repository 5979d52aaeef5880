//! The hit rate from every side, past rounds side by side: what is shown, what is hidden, and what is refused by name.

use std::collections::BTreeMap;

use choucha::evaluate::off_policy::Gate;
use choucha::evaluate::{
    self, Answer, Around, Crossing, DrawnUnit, FrameFacts, Grouping, HitRates, Method, NoteKind,
    OverTime, OverTimeParams, RoundGroup, RoundResults, RoundUnit, Why,
};
use choucha::units::{Day, Ratio};

use crate::coverage::World;
use crate::evaluation::{DRAWN, FRAME, HITS, block, close, params, tiers, to_f64};

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

fn hit_rates(by: &[&str], frame: &FrameFacts, units: &[DrawnUnit], around: &Around) -> HitRates {
    let mut written = params("codes");
    written.by = by.iter().map(|&name| name.to_owned()).collect();
    written.replicates = 200;
    evaluate::hit_rates(&written.check().unwrap(), frame, units, around, &[5; 32]).unwrap()
}

fn kinds(hits: &HitRates) -> Vec<NoteKind> {
    hits.notes.iter().map(|note| note.kind).collect()
}

/// Groups of these sizes, unit after unit.
fn grouping(name: &str, sizes: &[usize]) -> Grouping {
    let of_unit = sizes.iter().enumerate();
    let of_unit = of_unit.flat_map(|(at, size)| vec![vec![at]; *size]);
    Grouping {
        name: name.to_owned(),
        groups: (0..sizes.len())
            .map(|at| (format!("{name} {at}"), 1_000))
            .collect(),
        of_unit: of_unit.collect(),
    }
}

fn by(name: &str, sizes: &[usize]) -> Around {
    Around {
        groupings: vec![grouping(name, sizes)],
        ..Around::default()
    }
}

fn draw() -> (FrameFacts, Vec<DrawnUnit>) {
    tiers(&FRAME, &DRAWN, &HITS)
}

#[test]
fn totals_and_errors_of_a_stratified_draw_agree_with_the_second_implementation() {
    let name = "stratified_tier_prevalence";
    let Some(block) = block(name, "evaluation.json", name) else {
        return;
    };
    let (frame, units) = draw();
    let hits = hit_rates(&[], &frame, &units, &Around::default());
    let check = &hits.checks[0];
    close(
        check.total.value.unwrap(),
        &block["total_violators_hat"],
        1e-9,
    );
    let errors: BTreeMap<&str, f64> = check
        .errors
        .iter()
        .map(|error| (error.method.as_str(), error.se))
        .collect();
    close(errors["stratified"], &block["se"], 1e-9);
    close(errors["rosen"], &block["se"], 1e-9);
    assert!((errors["bootstrap"] / errors["rosen"] - 1.0).abs() < 0.2);
    assert!(errors["with_replacement"] > errors["rosen"]);
    assert!(errors["jackknife"] > errors["rosen"] && errors["poisson"] > 0.0);
}

#[test]
fn three_definitions_stand_side_by_side() {
    let (frame, mut units) = draw();
    for unit in units.iter_mut().take(10) {
        let outcome = unit.outcome.as_mut().unwrap();
        outcome.result_codes = vec!["6".to_owned()];
    }
    let hits = hit_rates(&[], &frame, &units, &Around::default());
    let rate = |at: usize| hits.definitions[at].cells[0].raw.value.unwrap();
    let names: Vec<&str> = hits
        .definitions
        .iter()
        .map(|one| one.name.as_str())
        .collect();
    assert_eq!(names, ["found", "codes", "codes_reached"]);
    assert!(hits.definitions[1].used && !hits.definitions[0].used);
    assert!((rate(1) - rate(2) - 10.0 / 570.0).abs() < 1e-12);
    assert!(
        hits.definitions
            .iter()
            .all(|one| one.cells.len() == 5 && one.refused.is_none())
    );
    let total = |at: usize| hits.definitions[at].cells[0].total.value.unwrap();
    assert!(total(1) > total(2));
}

#[test]
fn a_definition_the_results_do_not_allow_is_refused_by_name() {
    let (frame, mut units) = draw();
    let outcome = units[0].outcome.as_mut().unwrap();
    outcome.result_codes.clear();
    let written = params("found").check().unwrap();
    let hits = evaluate::hit_rates(&written, &frame, &units, &Around::default(), &[5; 32]).unwrap();
    assert!(hits.definitions[0].refused.is_none());
    let refused = hits.definitions[1].refused.as_ref().unwrap();
    assert!(refused.contains("has no result code"), "{refused}");
    assert!(hits.definitions[1].cells.is_empty());
}

#[test]
fn small_groups_are_hidden_with_what_would_give_them_away_and_shown_together() {
    let (frame, units) = draw();
    let around = by("region", &[200, 12, 250, 108]);
    let hits = hit_rates(&["region"], &frame, &units, &around);
    let by = &hits.by[0];
    let shown: Vec<&str> = by.cells.iter().map(|cell| cell.label.as_str()).collect();
    assert_eq!(shown, ["region 0", "region 2"]);
    let why: Vec<(&str, Why)> = by
        .hidden
        .iter()
        .map(|hidden| (hidden.label.as_str(), hidden.why))
        .collect();
    assert_eq!(why, [("region 1", Why::Few), ("region 3", Why::Protects)]);
    let rest = by.rest.as_ref().unwrap();
    assert_eq!((rest.label.as_str(), rest.n), ("其余", 120));
    let json = serde_json::to_string(&hits.by).unwrap();
    assert!(!json.contains("\"n\":12,"), "{json}");
}

#[test]
fn no_two_tables_give_a_hidden_group_away() {
    let (frame, units) = draw();
    let around = Around {
        groupings: vec![
            grouping("region", &[200, 12, 150, 28, 100, 80]),
            grouping("office", &[212, 178, 180]),
        ],
        ..Around::default()
    };
    let hits = hit_rates(&["region", "office"], &frame, &units, &around);
    let shown = |at: usize| -> Vec<&str> {
        let cells = hits.by[at].cells.iter();
        cells.map(|cell| cell.label.as_str()).collect()
    };
    let both = shown(0).contains(&"region 0") && shown(1).contains(&"office 0");
    assert!(
        !both,
        "office 0 less region 0 is region 1: {:?} {:?}",
        shown(0),
        shown(1)
    );
    let both = shown(0).contains(&"region 2") && shown(1).contains(&"office 1");
    assert!(!both, "office 1 less region 2 is region 3");
}

#[test]
fn months_are_read_off_the_results_and_departments_may_overlap() {
    let (frame, mut units) = draw();
    for (at, unit) in units.iter_mut().enumerate() {
        let month = 1 + at % 3;
        unit.outcome.as_mut().unwrap().inspected_on = Some(day(&format!("2025-0{month}-15")));
    }
    let departments = Grouping {
        name: "department".to_owned(),
        groups: vec![("市场监管".to_owned(), 10_000), ("税务".to_owned(), 4_000)],
        of_unit: (0..570).map(|at| (0..=at % 2).collect()).collect(),
    };
    let around = Around {
        drawn_on: Some(day("2025-01-01")),
        groupings: vec![departments],
        ..Around::default()
    };
    let hits = hit_rates(&["month", "department"], &frame, &units, &around);
    let months: Vec<(&str, u64)> = hits.by[0]
        .cells
        .iter()
        .map(|cell| (cell.label.as_str(), cell.n))
        .collect();
    assert_eq!(
        months,
        [("2025-01", 190), ("2025-02", 190), ("2025-03", 190)]
    );
    let sizes: Vec<u64> = hits.by[1].cells.iter().map(|cell| cell.n).collect();
    assert_eq!(sizes, [570, 285]);
    let cell = &hits.by[1].cells[0];
    assert!(cell.prevalence.low.is_some() && cell.lift.low.is_some());
}

#[test]
fn an_attribute_nobody_knows_is_named() {
    let (frame, units) = draw();
    let hits = hit_rates(&["item"], &frame, &units, &Around::default());
    assert!(hits.by.is_empty());
    assert_eq!(kinds(&hits), [NoteKind::UnknownAttribute]);
}

#[test]
fn the_map_shrinks_cells_towards_the_market_and_greys_small_ones() {
    let (frame, units) = draw();
    let around = Around {
        crossing: Some(Crossing {
            rows: vec!["F".to_owned(), "H".to_owned()],
            columns: vec!["馆陶镇".to_owned(), "房寨镇".to_owned()],
            n_frame: vec![6_000, 3_000, 900, 100],
            of_unit: (0..570)
                .map(|at| {
                    Some(if at < 20 {
                        (1, 1)
                    } else {
                        (at / 400, at / 200 % 2)
                    })
                })
                .collect(),
        }),
        ..Around::default()
    };
    let heat = hit_rates(&[], &frame, &units, &around).heat.unwrap();
    assert!(heat.prior_size.is_some_and(|size| size > 0.0));
    let grey = heat
        .cells
        .iter()
        .find(|cell| (cell.row, cell.column) == (1, 1))
        .unwrap();
    assert!(grey.suppressed && grey.prevalence.value.is_none());
    for cell in heat.cells.iter().filter(|cell| !cell.suppressed) {
        let interval = cell.prevalence.interval().unwrap();
        assert!(interval.covers(cell.prevalence.value.unwrap()));
        assert_eq!(cell.prevalence.method, Method::EmpiricalBayes);
    }
    let high = heat
        .cells
        .iter()
        .find(|cell| (cell.row, cell.column) == (1, 0))
        .unwrap();
    assert!(high.prevalence.value.unwrap() > heat.market && high.visits_per_100 > 10.0);
}

#[test]
fn classes_are_held_against_each_other_within_districts() {
    let (frame, units) = draw();
    let region = Grouping {
        of_unit: (0..570).map(|at| vec![at % 3]).collect(),
        ..grouping("region", &[1, 1, 1])
    };
    let around = Around {
        groupings: vec![region],
        ..Around::default()
    };
    let hits = hit_rates(&["region"], &frame, &units, &around);
    assert_eq!(hits.contrasts.len(), 3);
    let last = &hits.contrasts[2];
    assert_eq!(
        (last.lower.as_str(), last.higher.as_str(), last.n_groups),
        ("C", "D", 3)
    );
    assert!(last.odds_ratio.low.unwrap() > 1.0 && last.p.unwrap() < 0.01);
}

#[test]
fn the_model_helps_only_as_far_as_it_explains_what_is_found() {
    let (frame, mut units) = draw();
    let rates = [0.02, 0.05, 0.12, 0.28];
    for unit in &mut units {
        unit.probability = Some(rates[usize::from(unit.class)]);
    }
    let around = Around {
        model_by_class: (0..4).map(|at| rates[at] * to_f64(FRAME[at])).collect(),
        ..Around::default()
    };
    let hits = hit_rates(&[], &frame, &units, &around);
    let assisted = hits.assisted.unwrap();
    assert!((assisted.prevalence.value.unwrap() - 0.057).abs() < 1e-9);
    assert!((assisted.total.value.unwrap() - 570.0).abs() < 1e-6);
    assert!((assisted.model_alone - 570.0).abs() < 1e-6);
    assert!((assisted.se_ratio.unwrap() - 1.0).abs() < 1e-9);
    let hits = hit_rates(&[], &frame, &units, &Around::default());
    assert!(hits.assisted.is_none());
}

#[test]
fn another_policy_is_valued_by_its_gate() {
    let (frame, units) = draw();
    let ratio = |value: f64| Ratio::from_f64(value).unwrap();
    let classes = |ratios: [f64; 4]| -> BTreeMap<String, Ratio> {
        let named = ["A", "B", "C", "D"].map(str::to_owned).into_iter();
        named.zip(ratios.map(ratio)).collect()
    };
    let mut written = params("codes");
    written.replicates = 200;
    written.policies = BTreeMap::from([
        ("in force".to_owned(), classes([0.02, 0.04, 0.1, 0.4])),
        ("equal".to_owned(), classes([0.05; 4])),
    ]);
    let value = |units: &[DrawnUnit]| {
        let params = written.check().unwrap();
        evaluate::hit_rates(&params, &frame, units, &Around::default(), &[5; 32])
    };
    let policies = value(&units).unwrap().policies;
    assert_eq!(policies[1].gate, Gate::Green);
    assert!((policies[1].ips.value.unwrap() - 82.0).abs() < 1e-9);
    assert!((policies[1].rate.value.unwrap() - 82.0 / 570.0).abs() < 1e-12);
    assert_eq!(
        policies[0].gate,
        Gate::Amber,
        "equal draws rest on few findings of A and B"
    );
    assert!(policies[0].rate.value.is_none());
    let without_a: Vec<DrawnUnit> = units
        .iter()
        .filter(|unit| unit.class > 0)
        .cloned()
        .collect();
    let refused = &value(&without_a).unwrap().policies[0];
    assert_eq!(
        (refused.gate, &refused.unreached[..]),
        (Gate::Refused, &["A".to_owned()][..])
    );
    written
        .policies
        .get_mut("equal")
        .unwrap()
        .insert("E".to_owned(), ratio(0.1));
    let error = written
        .check()
        .map(|params| evaluate::hit_rates(&params, &frame, &units, &Around::default(), &[5; 32]));
    assert!(
        error
            .unwrap()
            .unwrap_err()
            .to_string()
            .contains("names class E")
    );
}

#[test]
fn nothing_depends_on_the_order_of_units_or_on_threads() {
    let (frame, units) = draw();
    let around = by("region", &[200, 12, 250, 108]);
    let forward = hit_rates(&["region"], &frame, &units, &around);
    let mut backward = around.clone();
    backward.groupings[0].of_unit.reverse();
    let turned: Vec<DrawnUnit> = units.iter().rev().cloned().collect();
    assert_eq!(forward, hit_rates(&["region"], &frame, &turned, &backward));
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(1)
        .build()
        .unwrap();
    let alone = pool.install(|| hit_rates(&["region"], &frame, &units, &around));
    assert_eq!(forward, alone);
}

#[test]
fn where_everybody_was_drawn_the_interval_is_a_point_and_it_is_said() {
    let (frame, mut units) = tiers(&[60, 60, 60, 60], &[60, 60, 60, 60], &[2, 5, 9, 20]);
    for unit in &mut units {
        unit.take_all = true;
    }
    let hits = hit_rates(&[], &frame, &units, &Around::default());
    assert_eq!(kinds(&hits), [NoteKind::EverythingDrawn]);
    let measured = evaluate::measure(&params("codes").check().unwrap(), &frame, &units, &[1; 32]);
    let overall = measured.unwrap().overall;
    for figure in [overall.raw, overall.prevalence] {
        assert_eq!(figure.method, Method::Census);
        assert_eq!((figure.low, figure.high), (figure.value, figure.value));
    }
    assert_eq!(hits.checks[0].total.value, Some(36.0));
}

#[test]
fn a_class_nobody_visited_is_named_and_leaves_no_total() {
    let (mut frame, units) = draw();
    frame.classes.push(evaluate::ClassFacts {
        code: "E".to_owned(),
        ..frame.classes[3].clone()
    });
    let hits = hit_rates(&[], &frame, &units, &Around::default());
    assert_eq!(kinds(&hits), [NoteKind::ClassWithoutVisit]);
    assert_eq!((hits.notes[0].about.as_str(), hits.notes[0].n), ("E", 500));
    assert!(hits.checks[0].total.value.is_none());
    frame.classes[4].n_frame = 0;
    let hits = hit_rates(&[], &frame, &units, &Around::default());
    assert!(hits.notes.is_empty(), "an empty class is no blind spot");
}

#[test]
fn a_single_district_is_said_to_hold_nothing_apart() {
    let (frame, units) = draw();
    let hits = hit_rates(&["region"], &frame, &units, &by("region", &[570]));
    assert_eq!(kinds(&hits), [NoteKind::OneGroup]);
    assert!(hits.contrasts.iter().all(|contrast| contrast.n_groups == 1));
}

#[test]
fn a_lone_unit_drawn_by_chance_leaves_the_rate_of_the_others_open() {
    let (frame, mut units) = tiers(&[30, 30, 30, 400], &[30, 30, 30, 1], &[2, 5, 9, 0]);
    let certain = units.iter_mut().filter(|unit| unit.class < 3);
    certain.for_each(|unit| unit.take_all = true);
    let measured = evaluate::measure(&params("codes").check().unwrap(), &frame, &units, &[1; 32]);
    let overall = measured.unwrap().overall.prevalence;
    assert_eq!(overall.method, Method::ClopperPearson);
    assert!(
        overall.low.unwrap() < 0.04 && overall.high.unwrap() > 0.8,
        "{overall:?}"
    );
}

#[test]
fn strata_that_are_all_alike_fall_back_to_the_with_replacement_form_by_name() {
    let (frame, units) = tiers(&FRAME, &DRAWN, &[0, 0, 0, 200]);
    let hits = hit_rates(&[], &frame, &units, &Around::default());
    assert_eq!(kinds(&hits), [NoteKind::WithReplacement]);
    let measured = evaluate::measure(&params("codes").check().unwrap(), &frame, &units, &[1; 32]);
    let overall = measured.unwrap().overall.prevalence;
    assert_eq!(overall.method, Method::WithReplacement);
    assert!(overall.low.unwrap() < 0.048 && overall.high.unwrap() > 0.052);
}

#[test]
fn findings_among_the_certain_alone_leave_the_others_their_uncertainty() {
    let (frame, mut units) = tiers(&[4_000, 1, 1, 50], &[100, 0, 0, 50], &[0, 0, 0, 25]);
    units
        .iter_mut()
        .filter(|unit| unit.class == 3)
        .for_each(|unit| unit.take_all = true);
    let measured = evaluate::measure(&params("codes").check().unwrap(), &frame, &units, &[1; 32]);
    let prevalence = measured.unwrap().overall.prevalence;
    assert_eq!(prevalence.method, Method::ClopperPearson);
    let value = 25.0 / 4_050.0;
    assert!((prevalence.value.unwrap() - value).abs() < 1e-12);
    assert!((prevalence.low.unwrap() - value).abs() < 1e-12 && prevalence.high.unwrap() > 0.03);
}

#[test]
fn a_draw_without_outcomes_gives_no_number_and_says_so() {
    let (frame, mut units) = draw();
    for unit in &mut units {
        unit.outcome = None;
    }
    let hits = hit_rates(&["month"], &frame, &units, &Around::default());
    assert_eq!(kinds(&hits), [NoteKind::NoResults]);
    assert!(hits.checks.is_empty() && hits.heat.is_none() && hits.by[0].cells.is_empty());
    assert!(hits.response.flagged && hits.response.prevalence.value.is_none());
    assert!(
        hits.definitions
            .iter()
            .all(|one| one.cells.iter().all(|cell| cell.suppressed))
    );
}

#[test]
fn a_result_dated_before_its_draw_is_refused() {
    let (frame, mut units) = draw();
    units[7].outcome.as_mut().unwrap().inspected_on = Some(day("2024-12-31"));
    let around = Around {
        drawn_on: Some(day("2025-01-01")),
        ..Around::default()
    };
    let params = params("codes").check().unwrap();
    let error = evaluate::hit_rates(&params, &frame, &units, &around, &[5; 32]).unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("object 7") && text.contains("2024-12-31"),
        "{text}"
    );
}

#[test]
fn whoever_was_not_visited_is_weighed_by_class_and_district_and_flagged() {
    let (frame, mut units) = draw();
    for (at, unit) in units.iter_mut().enumerate().filter(|(at, _)| at % 5 == 0) {
        if at < 500 {
            unit.outcome = None;
        }
    }
    let around = by("region", &[200, 62, 200, 108]);
    let hits = hit_rates(&["region"], &frame, &units, &around);
    let response = &hits.response;
    assert!(response.flagged && (response.missing.unwrap() - 100.0 / 570.0).abs() < 1e-12);
    assert_eq!(response.district, "region");
    assert!(response.cells.iter().any(|cell| !cell.flagged));
    assert!(response.prevalence.low.is_some());
    assert!(kinds(&hits).contains(&NoteKind::NonResponse));
    let drawn: u64 = response.cells.iter().map(|cell| cell.n_drawn).sum();
    assert_eq!(drawn, 570);
}

#[test]
fn above_a_tenth_of_the_part_the_finite_frame_narrows_the_interval() {
    let (frame, units) = draw();
    let measured = evaluate::measure(&params("codes").check().unwrap(), &frame, &units, &[1; 32]);
    let estimates = measured.unwrap();
    let (some, many) = (&estimates.by_class[1].raw, &estimates.by_class[3].raw);
    assert_eq!(
        (some.method, many.method),
        (Method::Wilson, Method::WilsonFinite)
    );
    let expected = evaluate::wilson(56.0 / 0.6, 200.0 / 0.6);
    assert!((many.low.unwrap() - expected.low).abs() < 1e-12);
    assert!((many.high.unwrap() - expected.high).abs() < 1e-12);
}

/// A round of two groups, each drawn with equal probability.
fn round(id: &str, frame: [u64; 2], drawn: [u64; 2], hits: [u64; 2]) -> RoundResults {
    let mut units = Vec::new();
    for group in 0..2_usize {
        for at in 0..drawn[group] {
            units.push(RoundUnit {
                key: to_key(group, at),
                group: u32::try_from(group).unwrap(),
                stratum: u32::try_from(group).unwrap(),
                pi: to_f64(drawn[group]) / to_f64(frame[group]),
                answer: if at < hits[group] {
                    Answer::Hit
                } else {
                    Answer::Clean
                },
                inspected_on: None,
            });
        }
    }
    RoundResults {
        id: id.to_owned(),
        drawn_on: day(&format!("{id}-03-01")),
        groups: [("A", 0), ("D", 1)]
            .map(|(label, at)| RoundGroup {
                label: label.to_owned(),
                n_frame: frame[at],
            })
            .to_vec(),
        units,
        n_without_draw: 0,
        n_other_channel: 0,
    }
}

fn to_key(group: usize, at: u64) -> u64 {
    u64::try_from(group).unwrap() * 100_000 + at
}

fn side_by_side(rounds: &[RoundResults]) -> OverTime {
    let params = OverTimeParams {
        replicates: 400,
        minimum: 30,
    };
    evaluate::over_time(params, rounds, &[9; 32])
        .unwrap()
        .unwrap()
}

#[test]
fn more_targeting_in_the_same_market_moves_the_raw_rate_alone() {
    let before = round("2023", [4_000, 1_000], [400, 100], [20, 30]);
    let after = round("2024", [4_000, 1_000], [200, 300], [10, 90]);
    let found = side_by_side(&[after.clone(), before.clone()]);
    assert_eq!(found, side_by_side(&[before, after]));
    let (one, two) = (&found.points[0], &found.points[1]);
    assert_eq!((one.id.as_str(), two.id.as_str()), ("2023", "2024"));
    assert!((one.raw.value.unwrap() - 0.1).abs() < 1e-12);
    assert!((two.raw.value.unwrap() - 0.2).abs() < 1e-12);
    for (line, expected) in [(one, 0.1), (two, 0.1)] {
        assert!((line.standardised.value.unwrap() - expected).abs() < 1e-12);
        assert!((line.prevalence.value.unwrap() - expected).abs() < 1e-12);
        assert!(line.prevalence.interval().unwrap().covers(0.1));
    }
    let change = &found.changes[0];
    let parts = [change.mix, change.targeting, change.market].map(|part| part.value.unwrap());
    assert!((parts[1] - 0.1).abs() < 1e-12 && parts[0].abs() < 1e-12 && parts[2].abs() < 1e-12);
    assert!((parts.iter().sum::<f64>() - change.total.value.unwrap()).abs() < 1e-12);
    assert!(change.targeting.low.unwrap() > 0.05 && change.market.interval().unwrap().covers(0.0));
}

#[test]
fn a_better_market_is_told_from_targeting() {
    let before = round("2023", [4_000, 1_000], [400, 300], [40, 120]);
    let after = round("2024", [4_000, 1_000], [400, 300], [16, 60]);
    let change = &side_by_side(&[before, after]).changes[0];
    assert!(change.market.high.unwrap() < 0.0, "{change:?}");
    assert!(change.targeting.value.unwrap().abs() < 1e-12);
    let text = serde_json::to_string(change).unwrap();
    assert!(!text.contains("NaN") && change.notes.is_empty());
}

#[test]
fn a_round_that_left_a_group_out_has_no_standardised_rate_and_names_it() {
    let before = round("2023", [4_000, 1_000], [400, 100], [20, 30]);
    let after = round("2024", [4_000, 1_000], [0, 300], [0, 90]);
    let found = side_by_side(&[before, after]);
    let point = &found.points[1];
    assert!(point.standardised.value.is_none() && point.raw.value.is_some());
    assert!((point.support.blind_share - 0.8).abs() < 1e-12);
    let named: Vec<(NoteKind, &str)> = point
        .notes
        .iter()
        .map(|note| (note.kind, note.about.as_str()))
        .collect();
    assert_eq!(named, [(NoteKind::GroupWithoutResult, "A")]);
    assert_eq!(found.changes[0].borrowed, ["A"]);
    assert!(found.changes[0].market.value.unwrap().abs() < 1e-12);
}

#[test]
fn rounds_with_too_few_results_or_none_give_no_number() {
    let mut empty = round("2023", [4_000, 1_000], [400, 100], [20, 30]);
    for unit in &mut empty.units {
        unit.answer = Answer::Unvisited;
    }
    let few = round("2024", [4_000, 1_000], [20, 5], [1, 2]);
    let found = side_by_side(&[empty, few]);
    for point in &found.points {
        assert!(point.raw.value.is_none() && point.prevalence.value.is_none());
    }
    let kinds: Vec<NoteKind> = found.points[0].notes.iter().map(|note| note.kind).collect();
    assert_eq!(kinds, [NoteKind::NoResults, NoteKind::TooFew]);
    let change = &found.changes[0];
    assert!(change.total.value.is_none() && change.notes.len() == 2);
    let nothing = OverTimeParams {
        replicates: 10,
        minimum: 30,
    };
    assert!(
        evaluate::over_time(nothing, &[], &[0; 32])
            .unwrap()
            .is_none()
    );
}

#[test]
fn rounds_that_cannot_be_are_refused_by_name() {
    let sound = || round("2024", [400, 100], [40, 10], [2, 3]);
    let refused = |change: &dyn Fn(&mut RoundResults)| {
        let mut broken = sound();
        change(&mut broken);
        let params = OverTimeParams {
            replicates: 10,
            minimum: 30,
        };
        let error = evaluate::over_time(params, &[broken], &[0; 32]);
        error.unwrap_err().to_string()
    };
    assert!(refused(&|round| round.units[1].key = 0).contains("is drawn twice"));
    assert!(refused(&|round| round.units[0].pi = 0.0).contains("must lie in (0, 1]"));
    assert!(refused(&|round| round.units[0].group = 7).contains("group 7"));
    let early = |round: &mut RoundResults| round.units[0].inspected_on = Some(day("2024-02-29"));
    assert!(refused(&early).contains("before the draw of 2024-03-01"));
    let params = OverTimeParams {
        replicates: 10,
        minimum: 30,
    };
    let twice = evaluate::over_time(params, &[sound(), sound()], &[0; 32]);
    assert!(twice.unwrap_err().to_string().contains("stands twice"));
}

#[test]
fn outcomes_without_a_draw_and_other_channels_are_counted() {
    let mut sound = round("2024", [400, 100], [40, 10], [2, 3]);
    (sound.n_without_draw, sound.n_other_channel) = (4, 7);
    let found = side_by_side(&[sound]);
    let counted: Vec<(NoteKind, u64)> = found.points[0]
        .notes
        .iter()
        .map(|note| (note.kind, note.n))
        .collect();
    assert_eq!(
        counted,
        [
            (NoteKind::ResultsWithoutDraw, 4),
            (NoteKind::OtherChannel, 7)
        ]
    );
}

#[test]
fn every_new_number_stands_in_a_table() {
    let (frame, units) = draw();
    let around = by("region", &[200, 12, 250, 108]);
    let hits = hit_rates(&["region"], &frame, &units, &around);
    let rounds = [
        round("2023", [4_000, 1_000], [400, 100], [20, 30]),
        round("2024", [4_000, 1_000], [200, 300], [10, 90]),
    ];
    let json = serde_json::json!({
        "format": 1, "estimates": null, "backtest": null,
        "facts": { "title": "", "job": "", "office": "", "as_of": "2025-01-01", "synthetic": true,
            "rehearsal": true, "tables": [], "refusals": [], "n_objects": 0, "n_frame": 0,
            "exclusions": [], "classes": [], "strata": [], "seed": null, "digests": [], "models": [] },
        "hits": hits, "over_time": side_by_side(&rounds),
    });
    let evaluation = evaluate::Evaluation::from_json(json.to_string().as_bytes()).unwrap();
    evaluation.to_json().expect("no number is infinite");
    let names: Vec<String> = evaluate::tables(&evaluation)
        .into_iter()
        .map(|table| table.name)
        .collect();
    for name in [
        "rates_by",
        "rates_by_hidden",
        "definitions",
        "response",
        "totals",
        "standard_errors",
        "adjusted",
        "contrasts",
        "trend",
        "trend_mix",
        "changes",
    ] {
        assert!(
            names.iter().any(|one| one == name),
            "{name} is not in {names:?}"
        );
    }
}

#[test]
fn intervals_cover_the_truth_over_draws_of_the_engine() {
    for world in World::all().into_iter().take(2) {
        let found = world.cover(150);
        assert!(found.is_held_to_it(), "{}: {}", world.name, found.n_eff);
        let error = (0.95 * 0.05 / found.n_draws).sqrt();
        assert!(
            (found.share - 0.95).abs() < 4.0 * error,
            "{}: {}",
            world.name,
            found.share
        );
        let drift = found.bias.abs() / (found.sd / found.n_draws.sqrt());
        assert!(drift < 4.5, "{}: {drift}", world.name);
    }
}
