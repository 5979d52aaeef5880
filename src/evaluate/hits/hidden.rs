//! Which groups are hidden, so that nothing shown gives one of them away by subtraction.
//!
//! First, groups with too few results. Then, in each table of groups that do not overlap, smallest groups until the hidden
//! ones are two or more and together have enough results. Last, over all tables at once: what is shown (the total, the
//! classes, the strata, the shown groups, the rest of each table) spans a space of sums of units; a hidden group inside it
//! could be had by adding and subtracting, so the smallest shown group of its table is hidden too, until none lies inside.
//! Groups that the plan's own classes and strata give away are hidden as too few and need no protection. Spans are compared
//! on a projection modulo 2^61 - 1: two that differ are taken for equal with a probability below 2^-50.

use std::collections::{BTreeMap, BTreeSet};

use super::Why;

/// The modulus, a prime.
const P: u64 = (1 << 61) - 1;
/// Columns of the projection beyond the number of vectors.
const SPARE: usize = 8;

/// The groups of one attribute as the places of their valid results.
pub(super) struct Table {
    pub(super) groups: Vec<Vec<usize>>,
}

/// Why each group of each table is hidden; `None`: shown.
pub(super) fn hide(
    tables: &[Table],
    fixed: &[Vec<usize>],
    minimum: usize,
) -> Vec<Vec<Option<Why>>> {
    let few = |group: &Vec<usize>| (group.len() < minimum).then_some(Why::Few);
    let mut hidden: Vec<Vec<Option<Why>>> = tables
        .iter()
        .map(|table| table.groups.iter().map(few).collect())
        .collect();
    for (table, hidden) in tables.iter().zip(&mut hidden) {
        while table.is_partition() && table.gives_away(hidden, minimum) {
            if !hide_smallest(table, hidden) {
                break;
            }
        }
    }
    let projection = Projection::new(tables, fixed);
    while let Some(own) = projection.given_away(tables, &hidden) {
        let others = (0..tables.len()).filter(|&at| at != own);
        let has_shown = |at: &usize| hidden[*at].iter().any(Option::is_none);
        let Some(at) = [own].into_iter().chain(others).find(has_shown) else {
            break;
        };
        hide_smallest(&tables[at], &mut hidden[at]);
    }
    hidden
}

impl Table {
    /// Whether no result lies in two groups.
    pub(super) fn is_partition(&self) -> bool {
        let mut all: Vec<usize> = self.groups.iter().flatten().copied().collect();
        let n = all.len();
        all.sort_unstable();
        all.dedup();
        all.len() == n
    }

    /// Whether the hidden groups that have results are one, or too few together.
    fn gives_away(&self, hidden: &[Option<Why>], minimum: usize) -> bool {
        let of_hidden = self.groups.iter().zip(hidden);
        let sizes = of_hidden
            .filter(|(group, why)| why.is_some() && !group.is_empty())
            .map(|(group, _)| group.len());
        let (n, results) = sizes.fold((0, 0), |(n, sum), size| (n + 1, sum + size));
        n == 1 || n > 1 && results < minimum
    }
}

/// Hides the smallest shown group, the first of equals; false where none is left.
fn hide_smallest(table: &Table, hidden: &mut [Option<Why>]) -> bool {
    let shown = (0..table.groups.len()).filter(|&at| hidden[at].is_none());
    let Some(at) = shown.min_by_key(|&at| table.groups[at].len()) else {
        return false;
    };
    hidden[at] = Some(Why::Protects);
    true
}

/// Vectors of sums of units, projected.
struct Projection {
    fixed: Vec<Vec<u64>>,
    groups: Vec<Vec<Vec<u64>>>,
    /// Whether the groups of a table do not overlap, so that the hidden ones are shown together.
    has_rest: Vec<bool>,
}

impl Projection {
    fn new(tables: &[Table], fixed: &[Vec<usize>]) -> Self {
        let n_groups: usize = tables.iter().map(|table| table.groups.len() + 1).sum();
        let width = fixed.len() + n_groups + SPARE;
        let profiles = profiles(tables, fixed);
        let image = |members: &Vec<usize>| {
            let inside: BTreeSet<u64> = members.iter().map(|place| profiles[place]).collect();
            let entry = |column: u64| {
                let noises = inside.iter().map(|profile| noise(*profile, column));
                noises.fold(0, add)
            };
            (0..super::count(width)).map(entry).collect::<Vec<u64>>()
        };
        Self {
            fixed: fixed.iter().map(image).collect(),
            groups: tables
                .iter()
                .map(|table| table.groups.iter().map(image).collect())
                .collect(),
            has_rest: tables.iter().map(Table::is_partition).collect(),
        }
    }

    /// The table of a hidden group that the shown numbers give away.
    fn given_away(&self, tables: &[Table], hidden: &[Vec<Option<Why>>]) -> Option<usize> {
        let mut known = Basis::default();
        self.fixed.iter().for_each(|vector| known.push(vector));
        let plan = known.clone();
        let all = self.groups.iter().zip(&self.has_rest).zip(hidden);
        for ((vectors, has_rest), hidden) in all {
            let mut rest: Option<Vec<u64>> = None;
            for (vector, why) in vectors.iter().zip(hidden) {
                match (why, &mut rest) {
                    (None, _) => known.push(vector),
                    (Some(_), None) => rest = Some(vector.clone()),
                    (Some(_), Some(rest)) => plus(rest, vector),
                }
            }
            if let Some(rest) = rest.filter(|_| *has_rest) {
                known.push(&rest);
            }
        }
        let at_risk = |at: &usize| {
            let groups = tables[*at].groups.iter().zip(&self.groups[*at]);
            let mut hidden = groups.zip(&hidden[*at]);
            hidden.any(|((group, vector), why)| {
                let matters = *why == Some(Why::Few) && !group.is_empty();
                matters && known.holds(vector) && !plan.holds(vector)
            })
        };
        let can_help = hidden.iter().flatten().any(Option::is_none);
        (0..tables.len()).find(at_risk).filter(|_| can_help)
    }
}

/// A number for each result: equal for results in the same groups, which sums cannot tell apart.
fn profiles(tables: &[Table], fixed: &[Vec<usize>]) -> BTreeMap<usize, u64> {
    let mut of: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let groups = tables.iter().flat_map(|table| &table.groups).chain(fixed);
    for (name, members) in groups.enumerate() {
        for place in members {
            of.entry(*place).or_default().push(name);
        }
    }
    let mut numbers: BTreeMap<Vec<usize>, u64> = BTreeMap::new();
    of.into_iter()
        .map(|(place, names)| {
            let next = super::count(numbers.len());
            (place, *numbers.entry(names).or_insert(next))
        })
        .collect()
}

/// Vectors in echelon form: the place of the first entry, which is 1, and the vector.
#[derive(Clone, Default)]
struct Basis {
    rows: Vec<(usize, Vec<u64>)>,
}

impl Basis {
    fn push(&mut self, vector: &[u64]) {
        let left = self.reduced(vector);
        let Some(lead) = left.iter().position(|&entry| entry != 0) else {
            return;
        };
        let factor = inverse(left[lead]);
        let row = left.iter().map(|&entry| times(entry, factor)).collect();
        self.rows.push((lead, row));
    }

    fn holds(&self, vector: &[u64]) -> bool {
        self.reduced(vector).iter().all(|&entry| entry == 0)
    }

    fn reduced(&self, vector: &[u64]) -> Vec<u64> {
        let mut left = vector.to_vec();
        for (lead, row) in &self.rows {
            let factor = P - left[*lead];
            if factor != P {
                for (entry, by) in left.iter_mut().zip(row) {
                    *entry = add(*entry, times(factor, *by));
                }
            }
        }
        left
    }
}

fn plus(sum: &mut [u64], vector: &[u64]) {
    for (sum, entry) in sum.iter_mut().zip(vector) {
        *sum = add(*sum, *entry);
    }
}

fn add(a: u64, b: u64) -> u64 {
    let sum = a + b;
    if sum >= P { sum - P } else { sum }
}

fn times(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b) % u128::from(P);
    u64::try_from(product).expect("a residue is below the modulus")
}

/// a^(P-2), Fermat.
fn inverse(a: u64) -> u64 {
    let (mut power, mut left, mut result) = (a, P - 2, 1);
    while left > 0 {
        if left & 1 == 1 {
            result = times(result, power);
        }
        power = times(power, power);
        left >>= 1;
    }
    result
}

/// A fixed number below the modulus for each profile and column (`SplitMix64`).
fn noise(profile: u64, column: u64) -> u64 {
    let mut x = (profile << 20 ^ column).wrapping_add(0x9E37_79B9_7F4A_7C15);
    for _ in 0..2 {
        x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        x ^= x >> 31;
    }
    x % P
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(sizes: &[usize]) -> Table {
        let mut next = 0;
        let groups = sizes.iter().map(|size| {
            let group = (next..next + size).collect();
            next += size;
            group
        });
        Table {
            groups: groups.collect(),
        }
    }

    fn hidden(tables: &[Table], fixed: &[Vec<usize>]) -> Vec<Vec<bool>> {
        let all = hide(tables, fixed, 30);
        let is_hidden = |whys: Vec<Option<Why>>| whys.iter().map(Option::is_some).collect();
        all.into_iter().map(is_hidden).collect()
    }

    #[test]
    fn a_lone_small_group_takes_the_next_smallest_with_it() {
        let tables = [table(&[100, 12, 60, 40])];
        assert_eq!(hidden(&tables, &[]), [[false, true, false, true]]);
    }

    #[test]
    fn small_groups_that_hide_each_other_need_no_more() {
        let tables = [table(&[100, 20, 15, 60])];
        assert_eq!(hidden(&tables, &[]), [[false, true, true, false]]);
        let tables = [table(&[100, 20, 5, 60])];
        assert_eq!(hidden(&tables, &[]), [[false, true, true, true]]);
    }

    #[test]
    fn an_empty_group_gives_nothing_away() {
        let tables = [table(&[100, 0, 60])];
        assert_eq!(hidden(&tables, &[]), [[false, true, false]]);
    }

    #[test]
    fn a_coarser_table_that_would_give_a_small_group_away_loses_a_group_too() {
        let districts = table(&[100, 10, 100, 25, 90]);
        let offices = Table {
            groups: vec![
                (0..110).collect(),
                (110..235).collect(),
                (235..325).collect(),
            ],
        };
        let tables = [districts, offices];
        let found = hidden(&tables, &[(0..325).collect()]);
        assert_eq!(found[0][..2], [true, true], "{found:?}");
        let projection = Projection::new(&tables, &[(0..325).collect()]);
        let final_state = hide(&tables, &[(0..325).collect()], 30);
        assert!(projection.given_away(&tables, &final_state).is_none());
    }

    #[test]
    fn what_a_class_gives_away_covers_no_other_group() {
        let tables = [table(&[10, 25, 90, 100])];
        let class: Vec<usize> = (0..10).collect();
        let all = hide(&tables, &[class], 30);
        let few = Some(Why::Few);
        assert_eq!(all[0], [few, few, Some(Why::Protects), None]);
    }

    #[test]
    fn inverses_multiply_to_one() {
        for a in [1, 2, 12_345, P - 1] {
            assert_eq!(times(a, inverse(a)), 1);
        }
    }
}
