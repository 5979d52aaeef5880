//! The keys `prior_rate`, `prior_value`, `prior_weight`, `prior_where` of an entry.

use serde::Deserialize;

use super::{Entry, Reader};
use crate::indicators::catalogue::{Prior, PriorValue};
use crate::registers::RowSql;

/// The word that stands for what all objects together show.
const BASE: &str = "base";

/// A prior as written: a number, or a word.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum PriorText {
    Number(f64),
    Word(String),
}

impl Reader<'_> {
    /// The prior of an entry: a number, or "base", and for how many records it counts.
    pub(super) fn prior(&mut self, entry: &mut Entry) -> Option<Prior> {
        let (key, written) = match entry.prior_value.take() {
            Some(value) => ("prior_value", Some(value)),
            None => ("prior_rate", entry.prior_rate.take()),
        };
        let filter = entry
            .prior_where
            .take()
            .and_then(|text| self.sql("prior_where", Some(text)));
        let (written, weight) = match (written, entry.prior_weight) {
            (None, None) => {
                if filter.is_some() {
                    self.refuse("prior_where", "", "is used together with a prior");
                }
                return None;
            }
            (Some(written), Some(weight)) => (written, weight),
            _ => {
                self.refuse(key, "", "must be given together with prior_weight");
                return None;
            }
        };
        self.check_prior_weight(weight, entry.missing);
        let value = self.prior_value(key, written, filter)?;
        Some(Prior { value, weight })
    }

    fn check_prior_weight(&mut self, weight: f64, missing: Option<f64>) {
        if !(weight > 0.0 && weight.is_finite()) {
            self.refuse(
                "prior_weight",
                &weight.to_string(),
                "must be a positive, finite number of records",
            );
        }
        if missing.is_some() {
            self.refuse(
                "missing",
                "",
                "must be left out where a prior stands for objects without records",
            );
        }
    }

    fn prior_value(
        &mut self,
        key: &str,
        written: PriorText,
        filter: Option<RowSql>,
    ) -> Option<PriorValue> {
        match written {
            PriorText::Word(word) if word == BASE => return Some(PriorValue::Base(filter)),
            PriorText::Word(word) => {
                self.refuse(key, &word, "must be a number or \"base\"");
                return None;
            }
            PriorText::Number(number) if key == "prior_rate" && !(0.0..=1.0).contains(&number) => {
                self.refuse(key, &number.to_string(), "must lie in 0 ..= 1");
            }
            PriorText::Number(number) if !number.is_finite() => {
                self.refuse(key, &number.to_string(), "must be a finite number");
            }
            PriorText::Number(number) if filter.is_none() => {
                return Some(PriorValue::Given(number));
            }
            PriorText::Number(_) => {
                self.refuse("prior_where", "", "is used where the prior is \"base\"");
            }
        }
        None
    }
}
