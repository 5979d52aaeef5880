//! Drawn objects by district or industry, against the number the declared design gives each of them.

use std::collections::BTreeMap;

use super::input::{at, whole};

/// Objects by the value of one column, and how many of each a fair draw takes on average.
#[derive(Clone, Debug)]
pub(super) struct Crosstab {
    pub(super) names: Vec<String>,
    group_of: Vec<u32>,
    /// Objects of each group.
    pub(super) sizes: Vec<u32>,
    /// Expected number by round and group.
    expected: Vec<Vec<f64>>,
    /// Objects by stratum and group.
    cells: Vec<Vec<u32>>,
}

impl Crosstab {
    /// `sizes_drawn` are the numbers drawn by round and stratum.
    pub(super) fn new(
        texts: &[String],
        stratum_of: &[u32],
        n_strata: usize,
        sizes_drawn: &[Vec<u32>],
    ) -> Self {
        let (names, group_of) = groups(texts.iter().map(String::as_str));
        let mut cells = vec![vec![0_u32; names.len()]; n_strata];
        for (group, stratum) in group_of.iter().zip(stratum_of) {
            cells[at(*stratum)][at(*group)] += 1;
        }
        let sizes: Vec<u32> = (0..names.len())
            .map(|group| cells.iter().map(|row| row[group]).sum())
            .collect();
        let expected_in = |drawn: &Vec<u32>| {
            let share = |group: usize| {
                let by_stratum = drawn.iter().zip(&cells).map(|(n, row)| {
                    let all: u32 = row.iter().sum();
                    f64::from(*n) * f64::from(row[group]) / f64::from(all)
                });
                by_stratum.sum::<f64>()
            };
            (0..names.len()).map(share).collect()
        };
        Self {
            expected: sizes_drawn.iter().map(expected_in).collect(),
            names,
            group_of,
            sizes,
            cells,
        }
    }

    /// Number drawn of each group in one round.
    pub(super) fn counts(&self, drawn: &[u32], counts: &mut Vec<u32>) {
        counts.clear();
        counts.resize(self.names.len(), 0);
        for &object in drawn {
            counts[at(self.group_of[at(object)])] += 1;
        }
    }

    /// Number drawn of each group in all rounds.
    pub(super) fn totals(&self, rounds: &[Vec<u32>]) -> Vec<u32> {
        let mut counts = Vec::new();
        self.counts(&rounds.concat(), &mut counts);
        counts
    }

    /// Pearson's X² of a round.
    pub(super) fn chi_square(&self, round: usize, counts: &[u32]) -> f64 {
        let pairs = counts.iter().zip(&self.expected[round]);
        pairs
            .filter(|(_, expected)| **expected > 0.0)
            .map(|(n, expected)| (f64::from(*n) - expected).powi(2) / expected)
            .sum()
    }

    /// Number a fair draw takes of a group on average, all rounds together.
    pub(super) fn expected(&self, group: usize) -> f64 {
        self.expected.iter().map(|round| round[group]).sum()
    }

    /// Chance that a fair draw takes nobody of a group in any round.
    pub(super) fn chance_of_none(&self, group: usize, sizes_drawn: &[Vec<u32>]) -> f64 {
        let mut chance = 1.0;
        for (n, row) in sizes_drawn
            .iter()
            .flat_map(|drawn| drawn.iter().zip(&self.cells))
        {
            let all: u32 = row.iter().sum();
            let others = all - row[group];
            for taken in 0..*n {
                chance *= f64::from(others.saturating_sub(taken)) / f64::from(all - taken);
            }
        }
        chance
    }

    /// Objects of a group, ascending.
    pub(super) fn objects(&self, group: usize) -> impl Iterator<Item = u32> + '_ {
        let of_group = move |(_, found): &(usize, &u32)| at(**found) == group;
        let objects = self.group_of.iter().enumerate().filter(of_group);
        objects.map(|(object, _)| whole(object))
    }
}

/// Distinct texts in ascending order, and the number of each row's.
pub(super) fn groups<'a>(texts: impl Iterator<Item = &'a str>) -> (Vec<String>, Vec<u32>) {
    let texts: Vec<&str> = texts.collect();
    let mut numbers: BTreeMap<&str, u32> = texts.iter().map(|text| (*text, 0)).collect();
    for (next, number) in numbers.values_mut().enumerate() {
        *number = whole(next);
    }
    let group_of = texts.iter().map(|text| numbers[text]).collect();
    (numbers.into_keys().map(str::to_owned).collect(), group_of)
}

/// 行业门类: the section letter of GB/T 4754 where a code has one, else its division, else the whole text.
pub(super) fn industry(code: &str) -> String {
    let letters = code.chars().next().filter(char::is_ascii_alphabetic);
    if let Some(letter) = letters {
        return letter.to_ascii_uppercase().to_string();
    }
    let is_number = !code.is_empty() && code.chars().all(|letter| letter.is_ascii_digit());
    if is_number {
        code.chars().take(2).collect()
    } else {
        code.to_owned()
    }
}

/// The group whose number is furthest from the expected one, in standard deviations of a count.
pub(super) fn furthest(crosstab: &Crosstab, totals: &[u32]) -> usize {
    let distance = |group: usize| {
        let expected = crosstab.expected(group);
        (f64::from(totals[group]) - expected).powi(2) / expected.max(f64::MIN_POSITIVE)
    };
    (0..totals.len())
        .max_by(|a, b| distance(*a).total_cmp(&distance(*b)))
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_of_two_is_missed_as_often_as_counting_says() {
        let texts = ["a", "a", "b", "b", "b"].map(str::to_owned);
        let drawn = [vec![2]];
        let crosstab = Crosstab::new(&texts, &[0; 5], 1, &drawn);
        assert!(
            (crosstab.chance_of_none(0, &drawn) - 0.3).abs() < 1e-12,
            "3 of 10 pairs"
        );
        assert!((crosstab.expected(0) - 0.8).abs() < 1e-12);
        let mut counts = Vec::new();
        crosstab.counts(&[0, 1], &mut counts);
        assert_eq!(counts, [2, 0]);
        let wanted = 1.2 * 1.2 / 0.8 + 1.2 * 1.2 / 1.2;
        assert!((crosstab.chi_square(0, &counts) - wanted).abs() < 1e-12);
    }

    #[test]
    fn industries_are_told_by_letter_else_division() {
        assert_eq!(
            ["F5212", "5212", "", "餐饮"].map(industry),
            ["F", "52", "", "餐饮"]
        );
    }
}
