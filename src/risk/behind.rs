//! From a reason in words back to the indicators it speaks of.

use std::collections::BTreeSet;

use polars::prelude::Expr;

use super::ValidParams;
use super::reasons::{JUDGED, reason_parts};
use super::sql;
use crate::indicators::Indicator;

impl ValidParams {
    /// Names of the indicators a reason speaks of; empty for a text that no model of this job writes.
    #[must_use]
    pub fn reason_indicators(&self, reason: &str, indicators: &[Indicator]) -> Vec<String> {
        let (vetoes, factors) = match &self.card {
            Some(card) => (&card.vetoes[..], &card.factors[..]),
            None => (&[][..], &[][..]),
        };
        if let Some(judged) = reason.strip_prefix(JUDGED) {
            let veto = vetoes.iter().find(|veto| veto.zh == judged);
            return veto.map_or_else(Vec::new, |veto| columns(&veto.when));
        }
        let Some((called, _)) = reason_parts(reason) else {
            return Vec::new();
        };
        let factor = factors.iter().find(|factor| factor.zh == called);
        let indicator = || {
            let named = indicators
                .iter()
                .filter(|indicator| called.starts_with(&indicator.zh));
            let longest = named.max_by_key(|indicator| indicator.zh.len());
            longest.map(|indicator| indicator.name.clone())
        };
        let name = factor
            .map(|factor| factor.indicator.clone())
            .or_else(indicator);
        name.into_iter().collect()
    }
}

/// Columns a condition reads, ascending.
fn columns(condition: &str) -> Vec<String> {
    let Ok(expr) = sql::parse(condition) else {
        return Vec::new();
    };
    let named = expr.into_iter().filter_map(|part| match part {
        Expr::Column(name) => Some(name.to_string()),
        _ => None,
    });
    named.collect::<BTreeSet<_>>().into_iter().collect()
}
