//! What is learnt from: columns of indicators, and what the visits found.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::Error;
use crate::risk::features::count;

/// How a column is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnKind {
    /// A number; no value is unlike any value.
    Number,
    /// Time since something: no value means longer ago than any.
    Since,
    /// Codes of an [`Encoding`]; a code never trained on is a new category.
    Category,
}

/// What a column is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Ranks objects.
    Feature,
    /// Explains labels but not objects, such as the inspector or the season: fitted without penalty, averaged out when
    /// scoring, and not needed then.
    Nuisance,
}

/// One column of a design.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// Its name, unique in the design.
    pub name: String,
    /// How it is read.
    pub kind: ColumnKind,
    /// What it is for.
    pub role: Role,
    /// One value per row; NaN is no value.
    pub values: Vec<f64>,
    /// Mean and standard deviation that a number is standardised by where it stays on its scale; absent: those of the rows
    /// learnt from.
    pub spread: Option<(f64, f64)>,
}

impl Column {
    /// A number that ranks objects.
    pub fn number(name: &str, values: Vec<f64>) -> Self {
        Self::new(name, ColumnKind::Number, values)
    }

    /// A column that ranks objects.
    pub fn new(name: &str, kind: ColumnKind, values: Vec<f64>) -> Self {
        Self {
            name: name.to_owned(),
            kind,
            role: Role::Feature,
            values,
            spread: None,
        }
    }

    /// The same column as a nuisance.
    #[must_use]
    pub fn nuisance(self) -> Self {
        Self {
            role: Role::Nuisance,
            ..self
        }
    }
}

/// Columns of one length. Row order should be that of a key: it decides the last bits of sums and which rows a seed samples.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Design {
    columns: Vec<Column>,
    rows: usize,
}

impl Design {
    /// Checked columns.
    ///
    /// # Errors
    /// Columns of different lengths, a name that stands twice, an infinite value.
    pub fn new(columns: Vec<Column>) -> Result<Self, Error> {
        let rows = columns.first().map_or(0, |column| column.values.len());
        let mut names = BTreeSet::new();
        for column in &columns {
            check_column(column, rows)?;
            if !names.insert(column.name.as_str()) {
                let column = column.name.clone();
                return Err(Error::Twice { column });
            }
        }
        Ok(Self { columns, rows })
    }

    /// The columns in order.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The rows of the given places (from 0), in their order.
    #[must_use]
    pub fn take(&self, places: &[usize]) -> Self {
        let one = |column: &Column| Column {
            values: places.iter().map(|&place| column.values[place]).collect(),
            ..column.clone_head()
        };
        Self {
            columns: self.columns.iter().map(one).collect(),
            rows: places.len(),
        }
    }

    /// The columns that rank objects, as their names and kinds were when a model was fitted.
    pub(super) fn matching(&self, heads: &[Head]) -> Result<Vec<&[f64]>, Error> {
        let own = self.of_role(Role::Feature);
        let longest = own.len().max(heads.len());
        for place in 0..longest {
            let found = own.get(place).map(|column| Head::of(column));
            if found.as_ref() != heads.get(place) {
                return Err(Error::OtherColumns {
                    place,
                    found: said(found.as_ref()),
                    expected: said(heads.get(place)),
                });
            }
        }
        Ok(own.iter().map(|column| column.values.as_slice()).collect())
    }

    pub(super) fn of_role(&self, role: Role) -> Vec<&Column> {
        let own = self.columns.iter().filter(|column| column.role == role);
        own.collect()
    }
}

impl Column {
    fn clone_head(&self) -> Self {
        Self {
            name: self.name.clone(),
            kind: self.kind,
            role: self.role,
            values: Vec::new(),
            spread: self.spread,
        }
    }
}

/// Name and kind of a column a model was fitted with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Head {
    pub(super) name: String,
    pub(super) kind: ColumnKind,
}

impl Head {
    pub(super) fn of(column: &Column) -> Self {
        Self {
            name: column.name.clone(),
            kind: column.kind,
        }
    }
}

fn said(head: Option<&Head>) -> String {
    head.map_or_else(
        || "absent".to_owned(),
        |head| format!("\"{}\" ({:?})", head.name, head.kind),
    )
}

fn check_column(column: &Column, rows: usize) -> Result<(), Error> {
    if column.values.len() != rows {
        return Err(Error::Lengths {
            what: format!("column \"{}\"", column.name),
            found: column.values.len(),
            expected: rows,
        });
    }
    match column.values.iter().position(|value| value.is_infinite()) {
        None => Ok(()),
        Some(row) => Err(Error::NotFinite {
            column: column.name.clone(),
            row,
            value: column.values[row],
        }),
    }
}

/// What the visits found, and how much each row counts.
#[derive(Clone, Debug, PartialEq)]
pub struct Labels {
    found: Vec<bool>,
    weight: Vec<f64>,
}

impl Labels {
    /// Checked labels: weights from 0 up, at least one above 0.
    ///
    /// # Errors
    /// Lists of different lengths, a weight that is negative or not finite, no weight above 0.
    pub fn new(found: Vec<bool>, weight: Vec<f64>) -> Result<Self, Error> {
        check_length("the list of weights", weight.len(), found.len())?;
        let good = |weight: &f64| weight.is_finite() && *weight >= 0.0;
        if let Some(row) = weight.iter().position(|weight| !good(weight)) {
            let value = weight[row];
            return Err(Error::Weight { row, value });
        }
        if weight.iter().sum::<f64>() <= 0.0 {
            return Err(Error::NoRows { rows: found.len() });
        }
        Ok(Self { found, weight })
    }

    /// Labels that all count one.
    ///
    /// # Errors
    /// No rows.
    pub fn unweighted(found: Vec<bool>) -> Result<Self, Error> {
        let weight = vec![1.0; found.len()];
        Self::new(found, weight)
    }

    /// Whether each visit found something.
    pub fn found(&self) -> &[bool] {
        &self.found
    }

    /// How much each row counts.
    pub fn weight(&self) -> &[f64] {
        &self.weight
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.found.len()
    }

    /// The rows of the given places (from 0), in their order.
    ///
    /// # Errors
    /// None of them has a weight above 0.
    pub fn take(&self, places: &[usize]) -> Result<Self, Error> {
        let found = places.iter().map(|&place| self.found[place]).collect();
        let weight = places.iter().map(|&place| self.weight[place]).collect();
        Self::new(found, weight)
    }

    /// The weighted share of rows with a finding, 0 to 1.
    pub fn base_rate(&self) -> f64 {
        let rows = self.found.iter().zip(&self.weight);
        let found = rows.filter(|(found, _)| **found);
        found.map(|(_, weight)| weight).sum::<f64>() / self.weight.iter().sum::<f64>()
    }

    /// 1 where something was found, else 0.
    pub(super) fn targets(&self) -> Vec<f64> {
        let one = |found: &bool| f64::from(u8::from(*found));
        self.found.iter().map(one).collect()
    }

    /// Refuses labels that do not fit the design or are all alike.
    pub(super) fn check_two_classes(&self, design: &Design) -> Result<(), Error> {
        check_length("the list of labels", self.rows(), design.rows())?;
        self.check_kinds()
    }

    /// Refuses labels that are all alike.
    pub(super) fn check_kinds(&self) -> Result<(), Error> {
        let counted = self.found.iter().zip(&self.weight);
        let counted = counted.filter(|(_, weight)| **weight > 0.0);
        let (mut rows, mut positives) = (0_usize, 0_usize);
        for (found, _) in counted {
            rows += 1;
            positives += usize::from(*found);
        }
        match positives {
            0 => Err(Error::NoPositives { rows }),
            all if all == rows => Err(Error::OnlyPositives { rows }),
            _ => Ok(()),
        }
    }
}

pub(super) fn check_length(what: &str, found: usize, expected: usize) -> Result<(), Error> {
    if found == expected {
        return Ok(());
    }
    Err(Error::Lengths {
        what: what.to_owned(),
        found,
        expected,
    })
}

/// A fixed table of texts and their codes, in the order of the texts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Encoding {
    levels: Vec<String>,
}

impl Encoding {
    /// The code of a text that is not in the table.
    pub const NEW: f64 = -1.0;

    /// The texts that stand in at least `rows_min` rows.
    pub fn learn<'a>(texts: impl Iterator<Item = &'a str>, rows_min: usize) -> Self {
        let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
        texts.for_each(|text| *seen.entry(text).or_default() += 1);
        let kept = seen.into_iter().filter(|(_, rows)| *rows >= rows_min);
        Self {
            levels: kept.map(|(text, _)| text.to_owned()).collect(),
        }
    }

    /// The texts; the place (from 0) is the code.
    pub fn levels(&self) -> &[String] {
        &self.levels
    }

    /// The code of a text: NaN without a text, [`Encoding::NEW`] if it is not in the table.
    pub fn code(&self, text: Option<&str>) -> f64 {
        let Some(text) = text else {
            return f64::NAN;
        };
        let place = self
            .levels
            .binary_search_by(|level| level.as_str().cmp(text));
        place.map_or(Self::NEW, count)
    }
}

#[cfg(test)]
mod tests {
    use super::{Column, Design, Encoding, Labels};
    use crate::risk::learn::Error;

    #[test]
    fn columns_of_different_lengths_are_refused() {
        let columns = vec![
            Column::number("a", vec![1.0, 2.0]),
            Column::number("b", vec![1.0]),
        ];
        let error = Design::new(columns).unwrap_err();
        assert_eq!(
            error.to_string(),
            "column \"b\" has 1 rows, and the design has 2"
        );
    }

    #[test]
    fn an_infinite_value_is_refused_and_no_value_is_not() {
        assert!(Design::new(vec![Column::number("a", vec![f64::NAN])]).is_ok());
        let error = Design::new(vec![Column::number("a", vec![0.0, f64::INFINITY])]).unwrap_err();
        assert!(
            error.to_string().starts_with("column \"a\", row 1: inf"),
            "{error}"
        );
    }

    #[test]
    fn weights_that_cannot_be_are_refused() {
        for weight in [-1.0, f64::NAN, f64::INFINITY] {
            let labels = Labels::new(vec![true, false], vec![1.0, weight]);
            assert!(
                matches!(labels, Err(Error::Weight { row: 1, .. })),
                "{weight}"
            );
        }
        let none = Labels::new(vec![true], vec![0.0]);
        assert_eq!(none, Err(Error::NoRows { rows: 1 }));
    }

    #[test]
    fn codes_follow_the_order_of_texts_and_new_texts_have_one_of_their_own() {
        let encoding = Encoding::learn(["b", "a", "b", "c", "c"].into_iter(), 2);
        assert_eq!(encoding.levels(), ["b", "c"]);
        assert_eq!(encoding.code(Some("c")).to_bits(), 1.0_f64.to_bits());
        assert_eq!(encoding.code(Some("a")).to_bits(), Encoding::NEW.to_bits());
        assert!(encoding.code(None).is_nan());
    }
}
