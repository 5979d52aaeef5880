//! Classes from elsewhere: imported by a table, objects outside the classes, cards that extend another.

use choucha::risk::{self, Error, RiskPart, RiskTable};
use choucha::units::Meter;

use crate::risk::{BY_POINTS, BY_SHARE, CARD, House, Row, codes, problems};

/// `trade` plays the class of a platform: five grades onto the four classes of the job.
fn imported(rule: &str) -> String {
    format!(
        "{BY_POINTS}\n[imported]\nindicator = \"trade\"\nrule = \"{rule}\"\n\
         classes = {{ A = \"A\", B = \"B\", C = \"C\", D = \"D\", E = \"D\", \"红\" = \"D\" }}\n"
    )
}

fn row(key: u64, findings: f64, class: Option<&'static str>) -> Row {
    Row(key, Some(findings), None, class, false)
}

fn classed(rule: &str, rows: &[Row]) -> (RiskTable, RiskPart) {
    let house = House::new();
    let table = house.classify(&house.params("scorecard", &imported(rule)), rows);
    let part = table.part(0).unwrap();
    (table, part)
}

#[test]
fn an_imported_class_stands_and_the_points_are_drawn_into_its_range() {
    // own points: 7 without findings, 45 with three, plus 0 for a trade the card does not know (3 where none is known)
    let rows = [
        row(1, 0.0, Some("E")),
        row(2, 3.0, Some("A")),
        row(3, 3.0, Some("红")),
        row(4, 3.0, None),
        row(5, 0.0, Some("B")),
    ];
    let (table, part) = classed("imported", &rows);
    assert_eq!(codes(&table, &part), ["D", "A", "D", "C", "B"]);
    assert_eq!(part.points, [60, 14, 60, 48, 15]);
    let judged: Vec<u64> = table.classes().iter().map(|class| class.n_judged).collect();
    assert_eq!(judged, [0, 0, 0, 0], "an import is no direct judgement");
    assert!(
        part.reasons[0].starts_with("行业：E"),
        "{}",
        part.reasons[0]
    );
}

#[test]
fn under_the_other_rule_the_worse_class_counts() {
    let rows = [
        row(1, 0.0, Some("E")),
        row(2, 3.0, Some("A")),
        row(3, 3.0, None),
    ];
    let (table, part) = classed("worse", &rows);
    assert_eq!(codes(&table, &part), ["D", "C", "C"]);
    assert_eq!(part.points, [60, 45, 48]);
}

#[test]
fn a_direct_judgement_holds_over_an_imported_class() {
    let house = House::new();
    let text = imported("imported").replace("A = \"A\",", "A = \"A\", \"餐饮\" = \"A\",");
    let rows = [Row(1, Some(0.0), Some(801.0), Some("餐饮"), false)];
    let table = house.classify(&house.params("scorecard", &text), &rows);
    let part = table.part(0).unwrap();
    assert_eq!(
        (codes(&table, &part), part.points),
        (vec!["D".to_owned()], vec![90])
    );
    assert_eq!(table.classes()[3].n_judged, 1);
}

#[test]
fn every_value_without_a_class_is_named_with_its_objects() {
    let house = House::new();
    let params = house
        .params("scorecard", &imported("imported"))
        .check()
        .unwrap();
    let rows = [
        row(1, 0.0, Some("蓝")),
        row(2, 0.0, Some("F")),
        row(3, 0.0, Some("蓝")),
    ];
    let (table, work) = (house.table(&rows, 2), house.work("work"));
    match risk::classify(&params, &table, None, &work, &Meter::silent()) {
        Err(Error::Settings(problems)) => {
            let values: Vec<_> = problems
                .iter()
                .map(|problem| problem.value.as_str())
                .collect();
            assert_eq!(values, ["F (1 objects)", "蓝 (2 objects)"]);
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_table_onto_unknown_classes_and_a_class_that_is_no_text_are_refused() {
    let house = House::new();
    let text = imported("imported").replace("E = \"D\"", "E = \"X\"");
    let found = problems(&house.params("scorecard", &text));
    assert_eq!(
        found,
        ["imported.classes.E: must be one of the classes A, B, C, D"]
    );
    let text = imported("imported").replace("\"trade\"", "\"findings\"");
    let params = house.params("scorecard", &text).check().unwrap();
    let table = house.table(&[row(1, 0.0, None)], 1);
    let error = risk::classify(&params, &table, None, &house.work("work"), &Meter::silent());
    assert!(
        error
            .unwrap_err()
            .to_string()
            .contains("imported.indicator")
    );
}

#[test]
fn each_kind_outside_the_classes_has_its_own_code_and_points() {
    let house = House::new();
    let policies = "[unclassified]\nwhen = \"trade = '餐饮'\"\ncode = \"U\"\nname = \"个体\"\npoints = 20\n\
        [[outside]]\nwhen = \"findings = 0\"\ncode = \"N\"\nname = \"新设立\"\npoints = 30\n\
        [[outside]]\nwhen = \"findings = 1 OR findings = 0\"\ncode = \"M\"\nname = \"农专\"\npoints = \"model\"\n";
    let params = house.params("scorecard", &format!("{BY_SHARE}{policies}"));
    let rows = [
        row(1, 0.0, Some("餐饮")),
        row(2, 0.0, Some("零售")),
        row(3, 1.0, Some("零售")),
        row(4, 3.0, Some("零售")),
    ];
    let table = house.classify(&params, &rows);
    let part = table.part(0).unwrap();
    assert_eq!(codes(&table, &part)[..3], ["U", "N", "M"]);
    assert_eq!(part.points, [20, 30, 30, 50]);
    let valid = params.check().unwrap();
    let codes: Vec<_> = valid.class_codes().collect();
    assert_eq!(codes, ["A", "B", "C", "D", "U", "N", "M"]);
    let when = "(trade = '餐饮') OR (findings = 0) OR (findings = 1 OR findings = 0)";
    assert_eq!(valid.unclassified_when().as_deref(), Some(when));
    let doubled = policies.replace("code = \"M\"", "code = \"N\"");
    let found = problems(&house.params("scorecard", &format!("{BY_SHARE}{doubled}")));
    assert_eq!(found, ["outside.1.code: class codes must differ"]);
}

#[test]
fn a_card_that_extends_another_adds_its_points_and_has_a_digest_of_both() {
    let house = House::new();
    let general = house.work("general.toml");
    std::fs::write(&general, CARD).unwrap();
    let special = format!(
        "version = 1\nextends = {general:?}\nname = \"s\"\nzh = \"专业\"\nen = \"special\"\nbase = 5\npoints_min = 1\npoints_max = 200\n\
         [[group]]\ncode = \"food\"\nzh = \"食品\"\nen = \"Food\"\n\
         [[factor]]\nname = \"long\"\nindicator = \"days_since_last\"\nzh = \"久未检查\"\nen = \"long\"\ngroup = \"food\"\n\
         bins = [{{ below = 100, points = 0 }}, {{ points = 9 }}]\nmissing = 1\n"
    );
    let params = house.params("scorecard", BY_POINTS);
    house.card(&special);
    let rows = [Row(1, Some(3.0), Some(200.0), Some("零售"), false)];
    let part = house.classify(&params, &rows).part(0).unwrap();
    assert_eq!(part.points, [59]);
    let before = params.check().unwrap().card_digest();
    std::fs::write(&general, CARD.replace("base = 5", "base = 6")).unwrap();
    assert_ne!(params.check().unwrap().card_digest(), before);
    house.card(&special.replace("general.toml", "absent.toml"));
    assert!(problems(&params)[0].contains("cannot be read"));
}
