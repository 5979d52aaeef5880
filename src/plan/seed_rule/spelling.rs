//! Whether a seed text is the one spelling of an outcome: numbers in groups, or values that open commitments.

use std::collections::BTreeSet;

use super::{Group, Office, Unfit, VALUE_DIGITS};
use crate::units::HashName;

/// Reads every number, checks it, writes it again: what differs then is spelling.
pub(super) fn check_numbers<'a>(
    groups: impl Iterator<Item = &'a Group> + Clone,
    separator: &str,
    text: &str,
) -> Result<(), Unfit> {
    let runs: Vec<&str> = text
        .split(|c: char| !c.is_ascii_digit())
        .filter(|run| !run.is_empty())
        .collect();
    let expected = groups.clone().map(|group| group.choose as usize).sum();
    same_count(text, "numbers", expected, runs.len())?;
    let (mut rest, mut written) = (runs.as_slice(), Vec::new());
    for group in groups {
        let (mine, others) = rest.split_at(group.choose as usize);
        written.push(group.write(&numbers_of(group, mine)?));
        rest = others;
    }
    let expected = written.join(separator);
    if expected != text {
        let text = text.to_owned();
        return Err(Unfit::Spelling { text, expected });
    }
    Ok(())
}

fn numbers_of(group: &Group, runs: &[&str]) -> Result<Vec<u32>, Unfit> {
    let mut numbers: Vec<u32> = Vec::with_capacity(runs.len());
    let mut seen = BTreeSet::new();
    for run in runs {
        let range = group.first..=group.last();
        let number = run.parse().ok().filter(|number| range.contains(number));
        let number = number.ok_or_else(|| Unfit::Number {
            group: group.name.clone(),
            number: (*run).to_owned(),
            first: group.first,
            last: group.last(),
        })?;
        if !seen.insert(number) && !group.repeat {
            let group = group.name.clone();
            return Err(Unfit::Twice { group, number });
        }
        let before = numbers.last().copied().filter(|_| !group.ordered);
        if let Some(before) = before.filter(|&before| number < before) {
            let group = group.name.clone();
            return Err(Unfit::Order {
                group,
                before,
                number,
            });
        }
        numbers.push(number);
    }
    Ok(numbers)
}

pub(super) fn check_values(offices: &[Office], hash: HashName, text: &str) -> Result<(), Unfit> {
    let parts: Vec<&str> = text.split(';').collect();
    same_count(text, "parts joined by \";\"", offices.len(), parts.len())?;
    for (place, (office, part)) in offices.iter().zip(parts).enumerate() {
        let value = part
            .strip_prefix(office.name.as_str())
            .and_then(|rest| rest.strip_prefix('='));
        let value = value.ok_or_else(|| Unfit::OtherOffice {
            place: place + 1,
            expected: office.name.clone(),
            found: part.to_owned(),
        })?;
        check_value(office, hash, value)?;
    }
    Ok(())
}

fn check_value(office: &Office, hash: HashName, value: &str) -> Result<(), Unfit> {
    let is_hex = value
        .bytes()
        .all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    if !is_hex || !VALUE_DIGITS.contains(&value.len()) {
        return Err(Unfit::Value {
            office: office.name.clone(),
            value: value.to_owned(),
        });
    }
    let found = Office::commit(hash, &office.name, value);
    if found != office.commitment {
        return Err(Unfit::Commitment {
            office: office.name.clone(),
            value: value.to_owned(),
            expected: office.commitment,
            found,
        });
    }
    Ok(())
}

pub(super) fn same_count(
    text: &str,
    what: &'static str,
    expected: usize,
    found: usize,
) -> Result<(), Unfit> {
    if expected == found {
        return Ok(());
    }
    Err(Unfit::Count {
        text: text.to_owned(),
        what,
        expected,
        found,
    })
}
