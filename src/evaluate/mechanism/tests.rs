//! Indicators of a few visits, counted by hand.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::ingest::PastVisit;

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

fn visit(object_key: u64, item: &str, on: &str, known: &str) -> PastVisit {
    PastVisit {
        object_key,
        item_id: item.to_owned(),
        inspected_on: day(on),
        known_on: day(known),
        published_on: None,
        follow_up: None,
        closed_on: None,
        visited: true,
        found: Some(false),
        n_inspectors: 2,
        by_draw: true,
    }
}

fn items() -> BTreeMap<String, String> {
    let rows = [("F1", "市场监管"), ("F2", "市场监管"), ("N1", "农业农村")];
    rows.map(|(item, of)| (item.to_owned(), of.to_owned()))
        .into()
}

/// Object 1: one occasion under two departments, then a complaint. Object 2: late, one inspector, a finding. Object 3: not
/// met. Object 4: so late in the year that its last day of publication is not past.
fn visits() -> Vec<PastVisit> {
    vec![
        visit(1, "F1", "2024-03-01", "2024-03-05"),
        visit(1, "N1", "2024-03-01", "2024-03-29"),
        PastVisit {
            by_draw: false,
            ..visit(1, "F1", "2024-06-03", "2024-06-03")
        },
        PastVisit {
            found: Some(true),
            n_inspectors: 1,
            ..visit(2, "F1", "2024-03-01", "2024-04-01")
        },
        PastVisit {
            visited: false,
            found: None,
            ..visit(3, "F1", "2024-05-06", "2024-05-06")
        },
        visit(4, "X9", "2024-12-20", "2024-12-21"),
    ]
}

fn facts() -> MechanismFacts {
    MechanismFacts {
        n_objects: 100,
        n_frame: 80,
        n_drawn: 8,
        n_answered: Some(7),
        tasks: (1, 1),
        department_of: Some(items()),
        has_visits: true,
        said: BTreeSet::from(["known_on"]),
        n_later: 3,
    }
}

fn tallied(visits: &[PastVisit]) -> Tally {
    tallied_by(visits, false)
}

fn tallied_by(visits: &[PastVisit], by_publication: bool) -> Tally {
    let params = MechanismParams::default().check().unwrap();
    let department_of = items();
    let rules = TallyRules {
        params: &params,
        as_of: day("2025-01-01"),
        department_of: &department_of,
        by_publication,
    };
    Tally::of(visits, &[1, 4], &rules)
}

fn measured(facts: &MechanismFacts, visits: &[PastVisit]) -> Mechanism {
    let params = MechanismParams::default().check().unwrap();
    let by_publication = facts.timed_by() == Some("published_on");
    let tally = tallied_by(visits, by_publication);
    mechanism(&params, day("2025-01-01"), facts, &tally)
}

fn parts(reading: &Reading) -> Option<(u64, u64)> {
    match reading {
        Reading::Known {
            numerator,
            denominator,
            ..
        } => Some((*numerator, *denominator)),
        Reading::Empty | Reading::NoData { .. } => None,
    }
}

fn overall(mechanism: &Mechanism, id: IndicatorId) -> &Reading {
    &of(mechanism, id).overall
}

fn of(mechanism: &Mechanism, id: IndicatorId) -> &Indicator {
    mechanism
        .indicators
        .iter()
        .find(|one| one.id == id)
        .unwrap()
}

#[test]
fn every_indicator_shows_the_numerator_and_denominator_counted_by_hand() {
    let mechanism = measured(&facts(), &visits());
    for (id, expected) in [
        (IndicatorId::RoundCompletion, (7, 8)),
        (IndicatorId::Completion, (4, 5)),
        (IndicatorId::OnTime, (3, 4)),
        (IndicatorId::ItemCoverage, (2, 3)),
        (IndicatorId::CoverageRegister, (3, 100)),
        (IndicatorId::CoverageFrame, (2, 80)),
        (IndicatorId::RoundCoverage, (8, 80)),
        (IndicatorId::CrossDepartment, (1, 2)),
        (IndicatorId::CreditLinked, (1, 1)),
        (IndicatorId::ByDraw, (4, 5)),
        (IndicatorId::HitRate, (1, 4)),
        (IndicatorId::TwoInspectors, (3, 4)),
        (IndicatorId::Repeated, (1, 3)),
    ] {
        assert_eq!(parts(overall(&mechanism, id)), Some(expected), "{id:?}");
    }
}

#[test]
fn a_share_that_reaches_its_target_meets_it_and_no_share_or_no_target_meets_nothing() {
    let mechanism = measured(&facts(), &visits());
    for (id, target, met) in [
        (IndicatorId::CoverageRegister, Some(0.05), Some(false)),
        (IndicatorId::CrossDepartment, Some(0.2), Some(true)),
        (IndicatorId::CreditLinked, Some(0.7), Some(true)),
        (IndicatorId::OnTime, Some(1.0), Some(false)),
        (IndicatorId::PlanCompletion, Some(1.0), None),
        (IndicatorId::HitRate, None, None),
        (IndicatorId::RoundCoverage, None, None),
    ] {
        let one = of(&mechanism, id);
        assert_eq!((one.target, one.met), (target, met), "{id:?}");
    }
    let exactly = MechanismFacts {
        n_objects: 60,
        ..facts()
    };
    let register = measured(&exactly, &visits());
    assert_eq!(of(&register, IndicatorId::CoverageRegister).met, Some(true));
}

#[test]
fn departments_stand_in_order_with_the_unknown_one_last() {
    let mechanism = measured(&facts(), &visits());
    assert_eq!(mechanism.departments, ["农业农村", "市场监管", ""]);
    let shares = |id| -> Vec<Option<(u64, u64)>> {
        of(&mechanism, id).by_department.iter().map(parts).collect()
    };
    assert_eq!(
        shares(IndicatorId::ItemCoverage),
        [Some((1, 1)), Some((1, 2)), None]
    );
    assert_eq!(
        shares(IndicatorId::CrossDepartment),
        [Some((1, 1)), Some((1, 2)), None]
    );
    assert_eq!(
        shares(IndicatorId::Completion),
        [Some((1, 1)), Some((2, 3)), Some((1, 1))]
    );
    assert!(
        of(&mechanism, IndicatorId::Repeated)
            .by_department
            .is_empty()
    );
}

#[test]
fn a_visit_counts_as_late_from_the_working_day_after_the_last_and_not_before_it_is_due() {
    let on = |known: &str| {
        let mechanism = measured(&facts(), &[visit(1, "F1", "2024-03-01", known)]);
        parts(overall(&mechanism, IndicatorId::OnTime))
    };
    assert_eq!(on("2024-03-29"), Some((1, 1)));
    assert_eq!(on("2024-03-30"), Some((0, 1)));
    let not_due = measured(&facts(), &[visit(4, "F1", "2024-12-20", "2024-12-21")]);
    assert_eq!(overall(&not_due, IndicatorId::OnTime), &Reading::Empty);
}

#[test]
fn what_the_records_do_not_hold_is_no_data_and_names_the_column() {
    let bare = MechanismFacts {
        n_answered: None,
        department_of: None,
        said: BTreeSet::new(),
        ..facts()
    };
    let mechanism = measured(&bare, &visits());
    let missing = |id| match overall(&mechanism, id) {
        Reading::NoData { table, column } => format!("{table}.{column}"),
        other => panic!("{id:?} is {other:?}"),
    };
    assert_eq!(missing(IndicatorId::RoundCompletion), "outcomes.visited");
    for id in [IndicatorId::OnTime, IndicatorId::Published] {
        assert_eq!(missing(id), "inspections.published_on");
    }
    assert_eq!(missing(IndicatorId::ItemCoverage), "items.department");
    assert_eq!(missing(IndicatorId::FollowedUp), "inspections.follow_up");
    assert_eq!(missing(IndicatorId::Closed), "inspections.closed_on");
    assert_eq!(mechanism.timed_by, None);
    let without = MechanismFacts {
        has_visits: false,
        ..facts()
    };
    let mechanism = measured(&without, &[]);
    let hit_rate = overall(&mechanism, IndicatorId::HitRate);
    assert!(matches!(hit_rate, Reading::NoData { table, .. } if table == "inspections"));
}

/// Six found visits of one object, each with what became of it, a clean one that nothing followed, and one to nobody.
fn followed() -> Vec<PastVisit> {
    let found = |month: u32, published: Option<&str>, word: Option<&str>, closed: Option<&str>| {
        let on = format!("2024-{month:02}-01");
        PastVisit {
            found: Some(true),
            published_on: published.map(day),
            follow_up: word.map(str::to_owned),
            closed_on: closed.map(day),
            ..visit(1, "F1", &on, &on)
        }
    };
    vec![
        found(1, Some("2024-01-29"), Some("立案"), Some("2024-03-01")),
        found(2, Some("2024-03-01"), Some("责令改正"), None),
        found(3, None, Some("无需处置"), None),
        found(4, Some("2024-04-29"), Some("无需处置"), None),
        found(5, Some("2024-07-01"), Some("待处置"), None),
        found(6, None, None, None),
        PastVisit {
            published_on: Some(day("2024-07-02")),
            ..visit(1, "N1", "2024-07-01", "2024-07-01")
        },
        PastVisit {
            visited: false,
            found: None,
            published_on: Some(day("2024-08-02")),
            ..visit(1, "F1", "2024-08-01", "2024-08-01")
        },
    ]
}

#[test]
fn what_became_of_results_is_counted_by_hand_for_all_and_by_department() {
    let said = facts().said.into_iter();
    let all = MechanismFacts {
        said: said
            .chain(["published_on", "follow_up", "closed_on"])
            .collect(),
        ..facts()
    };
    let mechanism = measured(&all, &followed());
    assert_eq!(mechanism.timed_by.as_deref(), Some("published_on"));
    assert_eq!(mechanism.departments, ["农业农村", "市场监管"]);
    for (id, expected, farming) in [
        (IndicatorId::Published, (6, 8), Some((1, 1))),
        (IndicatorId::OnTime, (4, 8), Some((1, 1))),
        (IndicatorId::FollowedUp, (4, 6), None),
        (IndicatorId::Closed, (3, 5), Some((1, 1))),
    ] {
        assert_eq!(parts(overall(&mechanism, id)), Some(expected), "{id:?}");
        assert_eq!(
            parts(&of(&mechanism, id).by_department[0]),
            farming,
            "{id:?}"
        );
    }
    let none_found = &of(&mechanism, IndicatorId::FollowedUp).by_department[0];
    assert_eq!(none_found, &Reading::Empty);
}

#[test]
fn a_source_that_says_nothing_of_publication_is_timed_by_the_day_of_entry() {
    let mechanism = measured(&facts(), &followed());
    assert_eq!(mechanism.timed_by.as_deref(), Some("known_on"));
    let on_time = overall(&mechanism, IndicatorId::OnTime);
    assert_eq!(parts(on_time), Some((8, 8)));
    for id in [
        IndicatorId::Published,
        IndicatorId::FollowedUp,
        IndicatorId::Closed,
    ] {
        let reading = overall(&mechanism, id);
        assert!(matches!(reading, Reading::NoData { .. }), "{id:?}");
    }
}

#[test]
fn teams_nobody_recorded_are_no_data_and_an_empty_year_is_no_zero() {
    let unnamed: Vec<PastVisit> = visits()
        .into_iter()
        .map(|visit| PastVisit {
            n_inspectors: 0,
            ..visit
        })
        .collect();
    let mechanism = measured(&facts(), &unnamed);
    let teams = overall(&mechanism, IndicatorId::TwoInspectors);
    assert!(matches!(teams, Reading::NoData { column, .. } if column == "inspector_ids"));
    let idle = measured(&facts(), &[]);
    assert_eq!(overall(&idle, IndicatorId::HitRate), &Reading::Empty);
    assert_eq!(overall(&idle, IndicatorId::HitRate).share(), None);
}

#[test]
fn partitions_add_up_in_any_order() {
    let visits = visits();
    let (first, second) = visits.split_at(3);
    let mut forth = tallied(first);
    forth.add(tallied(second));
    let mut back = tallied(second);
    back.add(tallied(first));
    assert_eq!(forth, back);
    assert_eq!(forth, tallied(&visits));
}
