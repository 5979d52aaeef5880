//! What the rules of a world file are said with.

use std::collections::HashSet;
use std::fmt::Display;

use crate::simulate::law::Law;
use crate::units::Problem;

/// Broken rules of a world file, in the order they are found.
#[derive(Default)]
pub(super) struct Problems(pub(super) Vec<Problem>);

impl Problems {
    pub(super) fn require(
        &mut self,
        holds: bool,
        key: impl Into<String>,
        value: impl Display,
        rule: impl Into<String>,
    ) {
        if !holds {
            self.0.push(Problem::new(key, value, rule));
        }
    }

    pub(super) fn share(&mut self, key: impl Into<String>, value: f64) {
        self.require(
            (0.0..=1.0).contains(&value),
            key,
            value,
            "a share must lie in 0 ..= 1",
        );
    }

    pub(super) fn not_negative(&mut self, key: impl Into<String>, value: f64) {
        self.require(
            value.is_finite() && value >= 0.0,
            key,
            value,
            "must be finite and not negative",
        );
    }

    pub(super) fn law(&mut self, key: impl Into<String>, law: Law) {
        if let Some(rule) = law.broken_rule() {
            self.0.push(Problem::new(key, format!("{law:?}"), rule));
        }
    }

    pub(super) fn distinct<'a>(&mut self, key: &str, names: impl Iterator<Item = &'a str>) {
        let mut seen = HashSet::new();
        for name in names {
            self.require(seen.insert(name), key, name, "must not occur twice");
        }
    }

    pub(super) fn some_weight(&mut self, key: &str, weights: impl Iterator<Item = f64>) {
        let weights: Vec<f64> = weights.collect();
        for &weight in &weights {
            self.not_negative(key, weight);
        }
        self.require(
            weights.iter().any(|&weight| weight > 0.0),
            key,
            "all 0",
            "at least one weight must be positive",
        );
    }

    pub(super) fn among(&mut self, key: &str, names: &[String], known: &[&str], what: &str) {
        for name in names {
            self.require(
                known.contains(&name.as_str()),
                key,
                name,
                format!("must be one of the world's {what}"),
            );
        }
    }
}
