//! The lists under audit as values: the register in the order of the system that drew, and what it drew, round by round.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::Arc;

use serde::Serialize;

/// 检查对象名录库 as the system that drew held it: its order is evidence.
#[derive(Clone, Debug, PartialEq)]
pub struct Register {
    ids: Vec<String>,
    columns: BTreeMap<String, Vec<String>>,
    places: Vec<Option<(f64, f64)>>,
    index: HashMap<String, u32>,
}

impl Register {
    /// Objects by their normalised ids, each once, in the register's order.
    ///
    /// ```
    /// use choucha::audit::draw::Register;
    /// let register = Register::new(vec!["A".into(), "B".into()])
    ///     .with_column("office", vec!["东所".into(), "西所".into()]);
    /// assert_eq!(register.n(), 2);
    /// assert_eq!(register.find("B"), Some(1));
    /// ```
    #[must_use]
    pub fn new(ids: Vec<String>) -> Self {
        let index = ids
            .iter()
            .enumerate()
            .map(|(at, id)| (id.clone(), whole(at)))
            .collect();
        Self {
            ids,
            columns: BTreeMap::new(),
            places: Vec::new(),
            index,
        }
    }

    /// With a column of texts, parallel to the ids; empty where unknown.
    ///
    /// # Panics
    /// When the column has another length.
    #[must_use]
    pub fn with_column(mut self, name: &str, texts: Vec<String>) -> Self {
        assert_eq!(
            texts.len(),
            self.ids.len(),
            "a column has one text per object"
        );
        self.columns.insert(name.to_owned(), texts);
        self
    }

    /// With latitude and longitude in degrees, parallel to the ids.
    ///
    /// # Panics
    /// When there is another number of them.
    #[must_use]
    pub fn with_places(mut self, places: Vec<Option<(f64, f64)>>) -> Self {
        assert_eq!(
            places.len(),
            self.ids.len(),
            "an object has one place or none"
        );
        self.places = places;
        self
    }

    /// Number of objects.
    #[must_use]
    pub fn n(&self) -> usize {
        self.ids.len()
    }

    /// Place of an id in the register, from 0.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<u32> {
        self.index.get(id).copied()
    }

    pub(super) fn ids(&self) -> &[String] {
        &self.ids
    }

    pub(super) fn column(&self, name: &str) -> Option<&[String]> {
        self.columns.get(name).map(Vec::as_slice)
    }

    /// Every object's latitude and longitude; empty where the register has none.
    pub(super) fn places(&self) -> &[Option<(f64, f64)>] {
        &self.places
    }
}

/// One drawn object and who was sent there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visit {
    /// Place of the object in the register, from 0.
    pub object: u32,
    /// Numbers of its inspectors in [`AuditInput::inspectors`]; empty where the list names none.
    pub team: Vec<u32>,
}

/// 批次: what was drawn at once; every object at most once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Round {
    /// Name of the round, from the list.
    pub label: String,
    /// What was drawn.
    pub visits: Vec<Visit>,
}

/// A row that could not be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Refused {
    /// File as written.
    pub file: String,
    /// Line of a text file, row of any other, from 1.
    pub line: u64,
    /// Header of the column; empty where the row as a whole is meant.
    pub column: String,
    /// The value.
    pub value: String,
    /// The broken rule.
    pub rule: &'static str,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            file,
            line,
            column,
            value,
            rule,
        } = self;
        write!(
            f,
            "\"{file}\", line {line}, column \"{column}\": \"{value}\": {rule}"
        )
    }
}

/// Everything an audit looks at.
#[derive(Clone, Debug)]
pub struct AuditInput {
    /// The register, in the order of the system that drew.
    pub register: Arc<Register>,
    /// What was drawn.
    pub rounds: Vec<Round>,
    /// Ids of the inspectors.
    pub inspectors: Vec<String>,
    /// Rows that could not be used.
    pub refused: Vec<Refused>,
}

impl AuditInput {
    /// A single round without inspectors; `drawn` are places in the register.
    #[must_use]
    pub fn of(register: Arc<Register>, drawn: &[u32]) -> Self {
        let visits = drawn.iter().map(|&object| Visit {
            object,
            team: Vec::new(),
        });
        Self {
            register,
            rounds: vec![Round {
                label: String::new(),
                visits: visits.collect(),
            }],
            inspectors: Vec::new(),
            refused: Vec::new(),
        }
    }

    /// Places of the drawn objects, ascending, round by round.
    pub(super) fn drawn(&self) -> Vec<Vec<u32>> {
        let sorted = |round: &Round| {
            let mut objects: Vec<u32> = round.visits.iter().map(|visit| visit.object).collect();
            objects.sort_unstable();
            objects
        };
        self.rounds.iter().map(sorted).collect()
    }
}

/// A place or number as the 32 bits this workshop counts in.
///
/// # Panics
/// When a register has more than 2^32 objects.
pub(super) fn whole(n: usize) -> u32 {
    u32::try_from(n).expect("an audited register has fewer than 2^32 objects")
}

/// A 32-bit place as an index.
pub(super) fn at(place: u32) -> usize {
    place as usize
}
