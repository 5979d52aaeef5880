//! Regions and industries of a frame: counted by code, shown by name, the rare ones together.

use std::collections::{BTreeMap, HashMap};

use crate::codes;

/// Regions and industries shown by name; the rest are shown together.
const PLACES_MAX: usize = 12;
/// The rest, and what has no code.
const OTHER: &str = "其他";

/// Codes in the order they were met, with how many objects have each.
#[derive(Default)]
pub(super) struct Names {
    places: HashMap<String, usize>,
    counts: Vec<u64>,
}

/// The names that are shown, and where each code went.
pub(super) struct Kept {
    pub(super) names: Vec<String>,
    to: Vec<usize>,
}

impl Names {
    pub(super) fn place(&mut self, code: &str) -> usize {
        let place = self.places.get(code).copied().unwrap_or(self.counts.len());
        if place == self.counts.len() {
            self.places.insert(code.to_owned(), place);
            self.counts.push(0);
        }
        self.counts[place] += 1;
        place
    }

    /// All of them ascending, and the place of each by its number.
    pub(super) fn sorted(self) -> (Vec<String>, Vec<usize>) {
        let mut codes: Vec<(String, usize)> = self.places.into_iter().collect();
        codes.sort();
        let mut place = vec![0; codes.len()];
        for (sorted, (_, met)) in codes.iter().enumerate() {
            place[*met] = sorted;
        }
        (codes.into_iter().map(|(code, _)| code).collect(), place)
    }

    /// The most frequent, in order of code.
    pub(super) fn kept(self, name: fn(&str) -> String) -> Kept {
        let mut codes: Vec<(&String, usize)> = self
            .places
            .iter()
            .map(|(code, &place)| (code, place))
            .collect();
        codes.sort_by_key(|(code, place)| {
            (
                code.is_empty(),
                std::cmp::Reverse(self.counts[*place]),
                *code,
            )
        });
        codes.truncate(PLACES_MAX);
        codes.retain(|(code, _)| !code.is_empty());
        codes.sort();
        let rest = codes.len();
        let mut to = vec![rest; self.counts.len()];
        for (shown, (_, place)) in codes.iter().enumerate() {
            to[*place] = shown;
        }
        let mut names: Vec<String> = codes.iter().map(|(code, _)| name(code)).collect();
        if to.contains(&rest) {
            names.push(OTHER.to_owned());
        }
        Kept { names, to }
    }
}

impl Kept {
    pub(super) fn gathered(&self, counts: &BTreeMap<usize, u64>) -> BTreeMap<usize, u64> {
        let mut gathered = BTreeMap::new();
        for (&place, n) in counts {
            *gathered.entry(self.to[place]).or_default() += n;
        }
        gathered
    }
}

/// The division (大类) of an industry code.
pub(super) fn industry_division(code: &str) -> &str {
    let end = code
        .char_indices()
        .nth(2)
        .map_or(code.len(), |(end, _)| end);
    &code[..end]
}

/// Name of a region by its code.
pub(super) fn region_name(code: &str) -> String {
    let whole = codes::division(code).filter(|_| code.len() >= codes::DIVISION_DIGITS_MIN);
    whole.map_or_else(|| code.to_owned(), |division| division.name.to_owned())
}

/// Name of an industry by its code.
pub(super) fn industry_name(code: &str) -> String {
    codes::industry_of(code).map_or_else(|| code.to_owned(), |industry| industry.title.to_owned())
}
