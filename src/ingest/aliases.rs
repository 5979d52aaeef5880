//! One object under several identifiers: who an identifier beside an object's own belongs to.
//!
//! An identifier that one object claims belongs to it, and a register row that stands under that identifier gives way. One
//! that several objects claim belongs to none. Where rows claim each other, a 统一社会信用代码 is kept before other
//! identifiers, and the smaller key among equals, so that row order decides nothing.
//!
//! Identifiers are compared by 96 bits of their digest; two of one key and different digests belong to nobody.

use std::collections::{BTreeMap, HashMap, HashSet};

use polars::prelude::*;

use super::error::Error;
use super::keys::{AliasKeys, Keys};
use super::lists;
use crate::units::identifier::{Identifier, Uscc, classify};

/// One identifier that a row claims beside its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Claim {
    /// Key of the identifier.
    pub(super) alias: u64,
    /// More of its digest.
    pub(super) check: u32,
    /// Key of the row's object.
    owner: u64,
    /// Whether the owner's own id is not a 统一社会信用代码.
    plain: bool,
    /// Whether the identifier itself is a 统一社会信用代码 whose checks hold.
    names_code: bool,
}

/// Who is who.
#[derive(Debug, Default)]
pub(super) struct Resolved {
    /// Keys of other identifiers to keys of objects.
    pub(super) owners: AliasKeys,
    /// Keys of register rows that give way, to the key of the one that is kept.
    pub(super) dropped: HashMap<u64, u64>,
    /// Keys of identifiers that several objects claim.
    pub(super) ambiguous: HashSet<u64>,
}

/// The claims of settled rows (`object_key`, `object_id`, `other_ids` as in the spool).
pub(super) fn claims_of(frame: &DataFrame, keys: &Keys) -> Result<Vec<Claim>, Error> {
    let rows = Rows::of(frame)?;
    let mut claims = Vec::new();
    for (row, (id, owner)) in rows.ids.iter().zip(rows.keys.iter()).enumerate() {
        let (Some(id), Some(owner)) = (id, owner) else {
            continue;
        };
        let others = rows.others.get(row).unwrap_or("");
        for other in lists::parts(others).filter(|other| identifies(other) && *other != id) {
            claims.push(Claim {
                alias: (keys.first)(other),
                check: check_of(keys, other),
                owner,
                plain: !matches!(classify(id), Identifier::Uscc(_)),
                names_code: matches!(classify(other), Identifier::Uscc(Uscc::Valid)),
            });
        }
    }
    Ok(claims)
}

/// Columns of rows with other identifiers.
struct Rows {
    ids: StringChunked,
    keys: UInt64Chunked,
    others: StringChunked,
}

impl Rows {
    fn of(frame: &DataFrame) -> Result<Self, Error> {
        let failed = || Error::engine("compare identifiers");
        let texts = |name: &str| {
            let column = frame.column(name).and_then(|column| column.str().cloned());
            column.map_err(failed())
        };
        let keys = frame
            .column("object_key")
            .and_then(|keys| keys.u64().cloned());
        Ok(Self {
            ids: texts("object_id")?,
            keys: keys.map_err(failed())?,
            others: texts("other_ids")?,
        })
    }
}

/// Whether a text beside the id can identify anybody: `无` and `/` cannot.
fn identifies(other: &str) -> bool {
    let bare = !other.contains('/');
    other.bytes().any(|byte| byte.is_ascii_digit()) && (!bare || other.len() >= 6)
}

/// Bits of an id's digest that its key does not have.
#[allow(
    clippy::cast_possible_truncation,
    reason = "the upper half of the second key"
)]
pub(super) fn check_of(keys: &Keys, id: &str) -> u32 {
    ((keys.second)(id) >> 32) as u32
}

/// Settles all claims. `registered` tells for identifiers (key, digest bits) in the order of their keys which are the id of a
/// register row: yes, no, or `None` where another id has the key.
pub(super) fn resolve(
    mut claims: Vec<Claim>,
    registered: impl FnOnce(&HashMap<u64, u32>) -> Result<Registered, Error>,
) -> Result<Resolved, Error> {
    claims.sort_unstable();
    claims.dedup();
    let groups: Vec<&[Claim]> = claims
        .chunk_by(|left, right| left.alias == right.alias)
        .collect();
    let one_id = |group: &[Claim]| group.iter().all(|claim| claim.check == group[0].check);
    let mut ambiguous: HashSet<u64> = HashSet::new();
    let (clear, mixed): (Vec<_>, Vec<_>) = groups.into_iter().partition(|group| one_id(group));
    ambiguous.extend(mixed.iter().map(|group| group[0].alias));
    let wanted = clear
        .iter()
        .map(|group| (group[0].alias, group[0].check))
        .collect();
    let registered = registered(&wanted)?;
    ambiguous.extend(&registered.taken);
    let clear = clear
        .into_iter()
        .filter(|group| !registered.taken.contains(&group[0].alias));
    Ok(Claims::new(clear.collect(), &registered.rows).settled(ambiguous))
}

/// Which identifiers have a row of the register.
#[derive(Debug, Default)]
pub(super) struct Registered {
    /// Keys of those that have one.
    pub(super) rows: HashSet<u64>,
    /// Keys that another id has.
    pub(super) taken: HashSet<u64>,
}

/// Claims on their way to being settled: the graph of rows that give way grows until it no longer changes.
struct Claims<'a> {
    open: Vec<&'a [Claim]>,
    rows: &'a HashSet<u64>,
    plain: BTreeMap<u64, bool>,
    /// Identifier to the object that alone claims it.
    owned: Vec<(u64, u64)>,
    /// The same for identifiers that are rows.
    above: HashMap<u64, u64>,
}

impl<'a> Claims<'a> {
    fn new(open: Vec<&'a [Claim]>, rows: &'a HashSet<u64>) -> Self {
        let of_rows = open
            .iter()
            .copied()
            .flatten()
            .filter(|claim| rows.contains(&claim.owner));
        let plain = of_rows.map(|claim| (claim.owner, claim.plain)).collect();
        Self {
            open,
            rows,
            plain,
            owned: Vec::new(),
            above: HashMap::new(),
        }
    }

    fn settled(mut self, mut ambiguous: HashSet<u64>) -> Resolved {
        loop {
            let roots = Roots::new(&self.above, &self.plain);
            let (agreed, open): (Vec<_>, Vec<_>) = std::mem::take(&mut self.open)
                .into_iter()
                .map(|group| (group, roots.shared(group)))
                .partition(|(_, root)| root.is_some());
            self.open = open.into_iter().map(|(group, _)| group).collect();
            if agreed.is_empty() {
                break;
            }
            for (group, root) in agreed {
                let (alias, owner) = (group[0].alias, root.unwrap_or(group[0].owner));
                if group[0].names_code && self.rows.contains(&alias) {
                    ambiguous.insert(alias); // whoever has a code of its own gives way to nobody
                    continue;
                }
                self.owned.push((alias, owner));
                if self.rows.contains(&alias) {
                    self.above.insert(alias, owner);
                }
            }
        }
        ambiguous.extend(self.open.iter().map(|group| group[0].alias));
        let roots = Roots::new(&self.above, &self.plain);
        let known = self
            .owned
            .iter()
            .map(|&(alias, owner)| (alias, roots.of(owner)));
        let owners: AliasKeys = known.filter(|(alias, root)| alias != root).collect();
        let gone = self.above.keys().map(|&row| (row, roots.of(row)));
        Resolved {
            dropped: gone.filter(|(row, root)| row != root).collect(),
            owners,
            ambiguous,
        }
    }
}

/// The row that is kept of each chain of rows.
struct Roots(HashMap<u64, u64>);

impl Roots {
    fn new(above: &HashMap<u64, u64>, plain: &BTreeMap<u64, bool>) -> Self {
        let mut roots: HashMap<u64, u64> = HashMap::new();
        for &start in above.keys() {
            let (mut path, mut seen, mut at) = (Vec::new(), HashSet::new(), start);
            let root = loop {
                if let Some(&root) = roots.get(&at) {
                    break root;
                }
                if !seen.insert(at) {
                    let ring = path.iter().skip_while(|row| **row != at).copied();
                    let rank = |row: &u64| (plain.get(row).copied().unwrap_or(true), *row);
                    break ring.min_by_key(rank).unwrap_or(at);
                }
                path.push(at);
                match above.get(&at) {
                    Some(&next) => at = next,
                    None => break at,
                }
            };
            roots.extend(path.into_iter().map(|row| (row, root)));
        }
        Self(roots)
    }

    fn of(&self, row: u64) -> u64 {
        self.0.get(&row).copied().unwrap_or(row)
    }

    /// The one object all claims of a group come from.
    fn shared(&self, group: &[Claim]) -> Option<u64> {
        let root = self.of(group[0].owner);
        group
            .iter()
            .all(|claim| self.of(claim.owner) == root)
            .then_some(root)
    }
}

/// An identifier and the id of the object it belongs to.
pub(super) type Listed = (String, String);

/// What the kept and given-way rows of one part claimed and got.
pub(super) fn listed(
    frame: &DataFrame,
    keys: &Keys,
    resolved: &Resolved,
    ids: &HashMap<u64, String>,
) -> Result<Vec<Listed>, Error> {
    let rows = Rows::of(frame)?;
    let mut pairs: Vec<Listed> = Vec::new();
    for (row, id) in rows.ids.iter().enumerate() {
        let (Some(id), Some(others)) = (id, rows.others.get(row)) else {
            continue;
        };
        let own = keys.of(id);
        let kept = resolved.dropped.get(&own).copied().unwrap_or(own);
        let name = if kept == own {
            Some(id)
        } else {
            ids.get(&kept).map(String::as_str)
        };
        for other in lists::parts(others).filter(|other| identifies(other)) {
            let owner = resolved.owners.get(&(keys.first)(other));
            pairs.extend(
                name.filter(|_| owner == Some(&kept))
                    .map(|name| (other.to_owned(), name.to_owned())),
            );
        }
    }
    Ok(pairs)
}

/// Pairs as columns `alias`, `object_id`.
pub(super) fn columns(pairs: &[Listed]) -> Result<DataFrame, Error> {
    let aliases: Vec<&str> = pairs.iter().map(|(alias, _)| alias.as_str()).collect();
    let owners: Vec<&str> = pairs.iter().map(|(_, owner)| owner.as_str()).collect();
    let columns = vec![
        Column::new("alias".into(), aliases),
        Column::new("object_id".into(), owners),
    ];
    DataFrame::new(pairs.len(), columns).map_err(Error::engine("list identifiers"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(alias: u64, owner: u64) -> Claim {
        Claim {
            alias,
            check: 0,
            owner,
            plain: owner >= 100,
            names_code: false,
        }
    }

    fn resolved(claims: &[(u64, u64)], rows: &[u64]) -> Resolved {
        let claims = claims.iter().map(|&(alias, owner)| claim(alias, owner));
        let registered = |wanted: &HashMap<u64, u32>| {
            let rows = rows.iter().copied().filter(|row| wanted.contains_key(row));
            Ok(Registered {
                rows: rows.collect(),
                taken: HashSet::new(),
            })
        };
        resolve(claims.collect(), registered).unwrap()
    }

    fn sorted<K: Copy + Ord, S>(map: &HashMap<K, u64, S>) -> Vec<(K, u64)> {
        let mut pairs: Vec<(K, u64)> = map.iter().map(|(key, value)| (*key, *value)).collect();
        pairs.sort_unstable();
        pairs
    }

    #[test]
    fn an_identifier_that_one_object_claims_is_its_own_and_a_row_under_it_gives_way() {
        let found = resolved(&[(500, 1), (600, 2), (600, 2)], &[1, 2, 600]);
        assert_eq!(sorted(&found.owners), [(500, 1), (600, 2)]);
        assert_eq!(sorted(&found.dropped), [(600, 2)]);
        assert!(found.ambiguous.is_empty());
    }

    #[test]
    fn an_identifier_that_two_objects_claim_belongs_to_neither_and_its_row_stays() {
        let found = resolved(&[(500, 1), (500, 2)], &[1, 2, 500]);
        assert!(found.owners.is_empty() && found.dropped.is_empty());
        assert_eq!(found.ambiguous, HashSet::from([500]));
    }

    #[test]
    fn chains_end_at_the_row_that_nobody_claims() {
        let found = resolved(&[(200, 1), (300, 200), (900, 300)], &[1, 200, 300]);
        assert_eq!(sorted(&found.dropped), [(200, 1), (300, 1)]);
        assert_eq!(sorted(&found.owners), [(200, 1), (300, 1), (900, 1)]);
    }

    #[test]
    fn of_rows_that_claim_each_other_a_code_is_kept() {
        for claims in [[(150, 20), (20, 150)], [(20, 150), (150, 20)]] {
            let found = resolved(&claims, &[20, 150]);
            assert_eq!(sorted(&found.dropped), [(150, 20)]);
            assert_eq!(sorted(&found.owners), [(150, 20)]);
        }
    }

    #[test]
    fn claims_of_rows_that_turn_out_to_be_one_object_agree() {
        let found = resolved(&[(200, 1), (900, 1), (900, 200)], &[1, 200]);
        assert_eq!(sorted(&found.owners), [(200, 1), (900, 1)]);
        assert!(found.ambiguous.is_empty());
    }

    #[test]
    fn placeholders_identify_nobody() {
        assert!(!identifies("无") && !identifies("/") && !identifies("00"));
        assert!(identifies("130433600000123") && identifies("licence/7"));
    }
}
