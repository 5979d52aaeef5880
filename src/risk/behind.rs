//! From a reason in words back to the indicators it speaks of.

use super::ValidParams;
use super::reasons::{BASIS, JUDGED, reason_parts};
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
            let called = judged.split_once(BASIS).map_or(judged, |parts| parts.0);
            let veto = vetoes.iter().find(|veto| veto.zh == called);
            return veto.map_or_else(Vec::new, |veto| sql::columns(&veto.when));
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
