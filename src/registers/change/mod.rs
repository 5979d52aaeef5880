//! 动态调整: this month's register against last month's: who is new, who is gone, what changed, who moved between offices.
//!
//! Two rows are one object when their identities are the same, or when one names the identity of the other among its
//! `other_ids` (a business that got a new code is neither new nor gone). Columns that only one of the months has are not
//! compared, and that is said. Nothing depends on partitions.

mod rows;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::month::{month_part, past_keys, past_part};
use super::{Error, Registers};
use crate::units::Day;
use rows::compare_part;

/// Changes that are kept; the rest is counted.
pub const CHANGES_MAX: usize = 1_000_000;

/// What became of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeKind {
    /// It was not in last month's register.
    New,
    /// It is no longer in the register.
    Gone,
    /// It is known under another identity now.
    Renumbered,
    /// Another office is in charge of it.
    Moved,
    /// It had a label and has none, and is in the frame.
    Unlabelled,
    /// Another value in a column.
    Changed,
}

impl ChangeKind {
    /// All, in the order of the report.
    pub const ALL: [Self; 6] = [
        Self::New,
        Self::Gone,
        Self::Renumbered,
        Self::Moved,
        Self::Unlabelled,
        Self::Changed,
    ];
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    /// What happened.
    pub kind: ChangeKind,
    /// Identity, this month's where there is one.
    pub object_id: String,
    /// Name.
    pub name: String,
    /// 管辖单位, this month's where there is one.
    pub office: String,
    /// The column; empty for new and gone objects.
    pub column: String,
    /// What stood there.
    pub from: String,
    /// What stands there now.
    pub to: String,
}

/// Objects that went from one office to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Move {
    /// The office they came from; empty for none.
    pub from: String,
    /// The office they went to; empty for none.
    pub to: String,
    /// Objects.
    pub n: u64,
}

/// What changed from one month to the next: `n_before + new - gone = n_now`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changes {
    /// The earlier month's as-of day.
    pub from: Day,
    /// The later month's.
    pub to: Day,
    /// Objects then.
    pub n_before: u64,
    /// Objects now.
    pub n_now: u64,
    /// Changes of each kind, in the order of [`ChangeKind::ALL`]; zero counts included.
    pub counts: Vec<(ChangeKind, u64)>,
    /// Objects with some other value than last month.
    pub n_changed_objects: u64,
    /// Objects with another value, by column.
    pub columns: BTreeMap<String, u64>,
    /// Moves between offices, the largest first.
    pub moves: Vec<Move>,
    /// Columns that only one of the months has.
    pub not_compared: Vec<String>,
    /// The changes, by kind and id.
    #[serde(skip)]
    pub rows: Vec<Change>,
}

impl Changes {
    /// How many changes there are of `kind`.
    #[must_use]
    pub fn n(&self, kind: ChangeKind) -> u64 {
        let found = self.counts.iter().find(|(known, _)| *known == kind);
        found.map_or(0, |(_, n)| *n)
    }

    /// Changes that are counted and not in `rows`.
    #[must_use]
    pub fn n_not_listed(&self) -> u64 {
        let all: u64 = self.counts.iter().map(|(_, n)| n).sum();
        all - self.rows.len() as u64
    }
}

/// Compares the registers with the `register.parquet` at `past`, which was seen from the day `from`.
///
/// # Errors
/// An unreadable part, or a file that holds no register.
pub fn compare(registers: &Registers, past: &Path, from: Day) -> Result<Changes, Error> {
    let n_parts = registers.n_parts();
    super::past(past, || past_keys(past))?;
    let mut all = Part::default();
    let parts: Vec<usize> = (0..n_parts).collect();
    for wave in parts.chunks(rayon::current_num_threads()) {
        let one = |&part: &usize| {
            let now = month_part(registers, part)?;
            super::past(past, || {
                compare_part(&past_part(past, part, n_parts)?, &now)
            })
        };
        let compared: Result<Vec<Part>, Error> = wave.par_iter().map(one).collect();
        compared?.into_iter().for_each(|part| all.add(part));
    }
    all.pair_renumbered();
    Ok(all.changes(from, registers.as_of().0))
}

/// What changed in some partitions.
#[derive(Default)]
struct Part {
    n_before: u64,
    n_now: u64,
    n_changed_objects: u64,
    counts: BTreeMap<ChangeKind, u64>,
    columns: BTreeMap<String, u64>,
    moves: BTreeMap<(String, String), u64>,
    not_compared: BTreeSet<String>,
    rows: Vec<Change>,
    /// Identities of new and of gone objects, with the other identities they name.
    new: HashMap<String, Vec<String>>,
    gone: HashMap<String, Vec<String>>,
}

impl Part {
    fn add(&mut self, other: Self) {
        self.n_before += other.n_before;
        self.n_now += other.n_now;
        self.n_changed_objects += other.n_changed_objects;
        add_all(&mut self.counts, other.counts);
        add_all(&mut self.columns, other.columns);
        add_all(&mut self.moves, other.moves);
        self.not_compared.extend(other.not_compared);
        self.new.extend(other.new);
        self.gone.extend(other.gone);
        self.rows.extend(other.rows);
        if self.rows.len() > 2 * CHANGES_MAX {
            self.shorten();
        }
    }

    fn push(&mut self, change: Change) {
        *self.counts.entry(change.kind).or_default() += 1;
        self.rows.push(change);
    }

    fn shorten(&mut self) {
        self.rows.sort();
        self.rows.truncate(CHANGES_MAX);
    }

    /// A new and a gone object of which one names the other are one object.
    fn pair_renumbered(&mut self) {
        let mut pairs: BTreeMap<String, String> = BTreeMap::new();
        for (id, others) in &self.new {
            let old = others.iter().find(|other| self.gone.contains_key(*other));
            pairs.extend(old.map(|old| (old.clone(), id.clone())));
        }
        for (id, others) in &self.gone {
            let new = others.iter().find(|other| self.new.contains_key(*other));
            if let Some(new) = new.filter(|_| !pairs.contains_key(id)) {
                pairs.insert(id.clone(), new.clone());
            }
        }
        let mut taken = BTreeSet::new();
        pairs.retain(|_, new| taken.insert(new.clone()));
        let n = pairs.len() as u64;
        for kind in [ChangeKind::New, ChangeKind::Gone] {
            if let Some(count) = self.counts.get_mut(&kind) {
                *count -= n;
            }
        }
        let mut words: HashMap<String, (String, String)> = HashMap::new();
        self.rows.retain(|row| {
            let is_paired = match row.kind {
                ChangeKind::New => taken.contains(&row.object_id),
                ChangeKind::Gone => pairs.contains_key(&row.object_id),
                _ => false,
            };
            if is_paired && row.kind == ChangeKind::New {
                let named = (row.name.clone(), row.office.clone());
                words.insert(row.object_id.clone(), named);
            }
            !is_paired
        });
        for (old, new) in pairs {
            let (name, office) = words.remove(&new).unwrap_or_default();
            self.push(Change {
                kind: ChangeKind::Renumbered,
                object_id: new.clone(),
                name,
                office,
                column: "object_id".to_owned(),
                from: old,
                to: new,
            });
        }
    }

    fn changes(mut self, from: Day, to: Day) -> Changes {
        self.shorten();
        let counts = ChangeKind::ALL.map(|kind| (kind, self.counts.get(&kind).copied()));
        let moves = self.moves.into_iter();
        let mut moves: Vec<Move> = moves.map(|((from, to), n)| Move { from, to, n }).collect();
        moves.sort_by_key(|one| std::cmp::Reverse(one.n));
        Changes {
            from,
            to,
            n_before: self.n_before,
            n_now: self.n_now,
            counts: counts.map(|(kind, n)| (kind, n.unwrap_or(0))).to_vec(),
            n_changed_objects: self.n_changed_objects,
            columns: self.columns,
            moves,
            not_compared: self.not_compared.into_iter().collect(),
            rows: self.rows,
        }
    }
}

fn add_all<K: Ord>(to: &mut BTreeMap<K, u64>, from: BTreeMap<K, u64>) {
    for (key, n) in from {
        *to.entry(key).or_default() += n;
    }
}

#[cfg(test)]
mod tests {
    use polars::prelude::{Column, DataFrame};

    use super::*;

    fn month(rows: &[[&str; 6]]) -> DataFrame {
        let names = [
            "object_id",
            "name",
            "office",
            "labels",
            "exclusion",
            "other_ids",
        ];
        let column = |at: usize| {
            let texts: Vec<Option<&str>> = rows
                .iter()
                .map(|row| Some(row[at]).filter(|text| !text.is_empty()))
                .collect();
            Column::new(names[at].into(), texts)
        };
        DataFrame::new(rows.len(), (0..names.len()).map(column).collect()).unwrap()
    }

    fn changes(then: &[[&str; 6]], now: &[[&str; 6]]) -> Changes {
        let mut part = compare_part(&month(then), &month(now)).unwrap();
        part.pair_renumbered();
        let day = Day::from_days(0);
        part.changes(day, day.plus(30))
    }

    #[test]
    fn new_gone_moved_changed_and_unlabelled_are_told_apart() {
        let then = [
            ["A", "甲", "东所", "餐饮", "", ""],
            ["B", "乙", "东所", "餐饮", "", ""],
            ["C", "丙", "东所", "", "", ""],
        ];
        let now = [
            ["D", "丁", "西所", "", "", ""],
            ["B", "乙店", "西所", "", "", ""],
            ["A", "甲", "东所", "", "已注销或关闭", ""],
        ];
        let found = changes(&then, &now);
        let n: Vec<u64> = ChangeKind::ALL.map(|kind| found.n(kind)).to_vec();
        assert_eq!(
            n,
            [1, 1, 0, 1, 1, 3],
            "new, gone, renumbered, moved, unlabelled, changed"
        );
        assert_eq!(found.n_changed_objects, 2);
        assert_eq!(found.moves.len(), 1);
        assert_eq!(found.columns["labels"], 2);
        assert_eq!(found.n_not_listed(), 0);
        let balance = found.n_before + found.n(ChangeKind::New) - found.n(ChangeKind::Gone);
        assert_eq!(balance, found.n_now);
    }

    #[test]
    fn a_business_under_a_new_code_is_neither_new_nor_gone() {
        let then = [["130433000012345", "甲", "东所", "", "", ""]];
        let now = [["91130433MA0A", "甲", "东所", "", "", "130433000012345"]];
        let found = changes(&then, &now);
        assert_eq!(
            (found.n(ChangeKind::New), found.n(ChangeKind::Gone)),
            (0, 0)
        );
        assert_eq!(found.n(ChangeKind::Renumbered), 1);
        let row = &found.rows[0];
        assert_eq!(
            (row.from.as_str(), row.to.as_str()),
            ("130433000012345", "91130433MA0A")
        );
        assert_eq!(row.name, "甲");
        let back = changes(&now, &then);
        assert_eq!(back.n(ChangeKind::Renumbered), 1);
    }

    #[test]
    fn a_column_that_one_month_lacks_is_said_and_not_compared() {
        let then = month(&[["A", "甲", "", "", "", ""]]);
        let now = then.drop("name").unwrap();
        let part = compare_part(&then, &now).unwrap();
        assert_eq!(part.not_compared, BTreeSet::from(["name".to_owned()]));
        assert_eq!(part.n_changed_objects, 0);
    }
}
