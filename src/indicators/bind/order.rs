//! Expressions that look at themselves, in a loop or at entries below them: said as what they are.

use std::collections::BTreeMap;

use crate::indicators::catalogue::{Definition, Source};

/// Why the expression of the entry `place` cannot be computed in the order of the catalogue; none where it is another reason.
pub(super) fn out_of_order(definitions: &[Definition], place: usize) -> Option<String> {
    let looked_at = |definition: &Definition| -> Vec<String> {
        match &definition.source {
            Source::Expression(sql) => sql.columns().into_iter().collect(),
            _ => Vec::new(),
        }
    };
    let own = &definitions[place];
    let below = &definitions[place..];
    let ahead: Vec<String> = looked_at(own)
        .into_iter()
        .filter(|name| below.iter().any(|other| other.name == *name))
        .collect();
    let first = ahead.first()?;
    let all = definitions.iter();
    let all = all.map(|one| (one.name.clone(), looked_at(one)));
    let way = way_back(&all.collect(), &own.name);
    Some(match way {
        Some(way) => format!(
            "must not loop: {}; an expression looks at entries above it",
            way.join(" looks at ")
        ),
        None => format!("must look at entries above it, and {first} stands below"),
    })
}

/// The shortest way from an entry over what each looks at back to it, both ends named.
fn way_back(looked_at: &BTreeMap<String, Vec<String>>, own: &str) -> Option<Vec<String>> {
    let mut ways = vec![vec![own.to_owned()]];
    for _ in 0..looked_at.len() {
        let mut longer: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for way in &ways {
            let last = way.last()?;
            for next in looked_at.get(last).into_iter().flatten() {
                let mut way = way.clone();
                way.push(next.clone());
                if next == own {
                    return Some(way);
                }
                longer.entry(next.clone()).or_insert(way);
            }
        }
        ways = longer.into_values().collect();
    }
    None
}
