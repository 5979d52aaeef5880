//! Multi-select cells, generations, and what void results say.

use super::*;

fn rules(form: Option<ResultForm>) -> Results {
    Results {
        form,
        separator: None,
        values: None,
        seen: Arc::default(),
    }
}

fn codes(form: Option<ResultForm>, cell: &str) -> Vec<String> {
    let rules = rules(form);
    let parts = rules.parts(cell);
    parts.into_iter().map(|part| rules.code(part)).collect()
}

#[test]
fn a_multi_select_cell_is_parted_at_every_separator_and_never_inside_a_text() {
    for cell in ["B;3", "B；3", "B,3", "B，3", "B、3", "B|3", " B ; 3 ;"] {
        assert_eq!(codes(None, cell), ["B", "3"], "{cell}");
    }
    assert_eq!(codes(None, "公示信息隐瞒真实情况、弄虚作假"), ["C"]);
    let two = "未按规定公示年报信息，公示信息隐瞒真实情况、弄虚作假";
    assert_eq!(codes(None, two), ["B", "C"]);
    assert_eq!(codes(None, "卫生差、地面湿滑"), ["卫生差、地面湿滑"]);
}

#[test]
fn one_generation_is_not_taken_for_another() {
    assert_eq!(
        codes(Some(ResultForm::Gen1), "2;3;4;5"),
        ["B", "B", "6", "C"]
    );
    assert_eq!(codes(None, "3;4;5"), ["3", "4", "5"]);
    assert_eq!(codes(Some(ResultForm::Gen2), "2"), ["D"]);
    assert_eq!(codes(None, "2"), ["2"]);
    assert_eq!(codes(Some(ResultForm::Text), "3"), ["3"]);
}

#[test]
fn what_was_recognised_is_said_and_so_is_what_was_not() {
    let said = |cells: &[&str]| {
        let rules = rules(None);
        for cell in cells {
            rules
                .parts(cell)
                .into_iter()
                .for_each(|part| drop(rules.code(part)));
        }
        rules.notes("ingest.inspections")
    };
    assert_eq!(said(&["1;B", "10"]), Vec::<String>::new());
    assert!(said(&["1", "4"])[0].contains("results = \"gen1\""));
    assert_eq!(said(&["1", "4", "B"]), Vec::<String>::new());
    assert!(said(&["正常"])[0].contains("texts"));
    let unknown = said(&["乙", "甲"]);
    assert_eq!(unknown.len(), 1);
    assert!(unknown[0].contains("\"乙\""));
}

#[test]
fn void_results_are_neither_findings_nor_none() {
    let rule = HitCodes::default();
    assert_eq!(rule.found(["1"]), Some(false));
    assert_eq!(rule.found(["9"]), None);
    assert_eq!(rule.found(["9", "B"]), Some(true));
    assert_eq!(rule.found(["6"]), Some(true));
    let reached = HitCodes {
        unreachable_is_hit: false,
        ..rule
    };
    assert_eq!(reached.found(["6"]), Some(false));
    assert_eq!(reached.found([]), None);
    assert_eq!(reached.found(["Z"]), None);
}
