//! How inspectors of replayed visits differ. They were not sent by lot, so it is an association and says so.

use std::collections::BTreeMap;

use crate::error::Error;
use crate::evaluate::{self, Assignment, Detection, InspectorVisit};
use crate::ingest::Visit;

/// Inspectors' strictness in visits that no lot assigned; `None` where no visit names one. Every visit weighs 1: visits that
/// no draw chose have no probability.
///
/// # Errors
/// Visits that cannot be used.
pub fn strictness(visits: &[Visit]) -> Result<Option<Detection>, Error> {
    let with_team = || {
        visits
            .iter()
            .filter_map(|visit| Some((visit, visit.inspector.as_deref()?)))
    };
    let places: BTreeMap<&str, u32> = with_team().map(|(_, name)| (name, 0)).collect();
    if places.is_empty() {
        return Ok(None);
    }
    let places: BTreeMap<&str, u32> = places.into_keys().zip(0..).collect();
    let names: Vec<String> = places.keys().map(|name| (*name).to_owned()).collect();
    let row = |(visit, name): (&Visit, &str)| InspectorVisit {
        inspectors: vec![places[name]],
        block: 0,
        object: visit.object_key,
        weight: 1.0,
        found: visit.found,
        expected: None,
    };
    let rows: Vec<InspectorVisit> = with_team().map(row).collect();
    let found = evaluate::detection(&names, &rows, &[], Assignment::NotRandom)?;
    Ok(Some(found))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Day;

    fn visit(at: u32, inspector: Option<&str>, found: bool) -> Visit {
        Visit {
            visit_id: at.to_string(),
            object_key: u64::from(at),
            inspected_on: Day::from_days(16_000),
            inspector: inspector.map(str::to_owned),
            found,
        }
    }

    #[test]
    fn strict_and_mild_inspectors_are_told_apart_and_called_an_association() {
        let all: Vec<Visit> = (0..400)
            .map(|at| match at % 2 {
                0 => visit(at, Some("strict"), at % 4 == 0),
                _ => visit(at, Some("mild"), at % 40 == 1),
            })
            .collect();
        let found = strictness(&all).unwrap().unwrap();
        assert_eq!(found.assignment, Assignment::NotRandom);
        let spread = found.spread.unwrap();
        assert_eq!(
            (spread.strictest.as_str(), spread.mildest.as_str()),
            ("strict", "mild")
        );
        assert!(spread.odds_ratio_raw.unwrap() > 10.0);
    }

    #[test]
    fn visits_without_inspectors_say_nothing_of_them() {
        assert!(strictness(&[visit(1, None, true)]).unwrap().is_none());
    }
}
