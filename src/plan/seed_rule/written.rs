//! Whether a seed rule is written well: every problem at once.

use std::collections::BTreeSet;

use unicode_normalization::UnicodeNormalization;

use super::{Group, Office, normalised};
use crate::units::Problem;

pub(super) fn check_text(key: &str, text: &str, problems: &mut Vec<Problem>) {
    let rule = if text.trim().is_empty() {
        "must not be empty"
    } else if text.chars().any(char::is_control) {
        "must not contain control characters"
    } else {
        return;
    };
    problems.push(Problem::new(key, format!("{text:?}"), rule));
}

pub(super) fn check_groups(groups: &[Group], problems: &mut Vec<Problem>) {
    if groups.is_empty() {
        let rule = "a rule of numbers needs at least one group";
        problems.push(Problem::new("form.groups", "[]", rule));
    }
    for (place, group) in groups.iter().enumerate() {
        group.check(place, problems);
    }
}

pub(super) fn check_separator(separator: &str, problems: &mut Vec<Problem>) {
    let folded: String = separator.nfkc().collect();
    let odd = |c: char| c.is_numeric() || c.is_control();
    let rule = if separator.is_empty() {
        "a separator must not be empty"
    } else if separator.contains(odd) {
        "a separator must not contain digits or control characters"
    } else if folded != separator {
        "a separator must be written in its plain form (NFKC), since the seed text is read in it"
    } else {
        return;
    };
    let value = format!("{separator:?}");
    problems.push(Problem::new("form.separator", value, rule));
}

pub(super) fn check_offices(offices: &[Office], problems: &mut Vec<Problem>) {
    if offices.len() < 2 {
        let rule =
            "a seed by commitments needs at least two offices, so that none decides it alone";
        problems.push(Problem::new("form.offices", offices.len(), rule));
    }
    let (mut names, mut commitments) = (BTreeSet::new(), BTreeSet::new());
    for (place, office) in offices.iter().enumerate() {
        let key = |name: &str| format!("form.offices[{place}].{name}");
        check_text(&key("name"), &office.name, problems);
        if normalised(&office.name) != office.name || office.name.contains(['=', ';']) {
            let rule = "the name of an office must be trimmed, in its plain form (NFKC), without \"=\" and \";\"";
            problems.push(Problem::new(
                key("name"),
                format!("{:?}", office.name),
                rule,
            ));
        }
        if !names.insert(&office.name) {
            let rule = "an office must be named once";
            problems.push(Problem::new(key("name"), &office.name, rule));
        }
        if !commitments.insert(office.commitment) {
            let rule = "two offices must not have the same commitment";
            problems.push(Problem::new(key("commitment"), office.commitment, rule));
        }
    }
}
