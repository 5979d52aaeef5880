//! The sealed plan as bytes: `plan.json` and `levels.csv`, one spelling each.

use std::fmt::Write;

use serde::{Deserialize, Deserializer, Serializer, de};

use super::register::field;
use super::{Error, SealedPlan};
use crate::units::{Digest, format_hex, parse_hex};

impl SealedPlan {
    /// The bytes of `plan.json`: indented by two spaces, keys in a fixed order, floats as hexadecimal text, a line
    /// feed at the end.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        let mut bytes =
            serde_json::to_vec_pretty(self).expect("a plan holds nothing that JSON cannot");
        bytes.push(b'\n');
        bytes
    }

    /// Reads what [`SealedPlan::to_json`] writes; whether it says what follows from its counts is for
    /// [`SealedPlan::check`].
    ///
    /// # Errors
    /// [`Error::NotAPlan`] when the bytes are no plan, or say another format than what they hold needs.
    pub fn from_json(bytes: &[u8]) -> Result<Self, Error> {
        let mut plan: Self =
            serde_json::from_slice(bytes).map_err(|error| Error::NotAPlan(error.to_string()))?;
        plan.settings.hash = plan.hash;
        let format = super::format_of(&plan.settings);
        if plan.format != format {
            return Err(Error::NotAPlan(format!(
                "format {} is not {format}",
                plan.format
            )));
        }
        Ok(plan)
    }

    /// H('choucha/plan/v1' ‖ 00 ‖ `plan.json`).
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.hash.tagged("choucha/plan/v1", &self.to_json())
    }

    /// H('choucha/seal/v1' ‖ 00 ‖ plan digest): what a seed is bound to. The plan's bytes hold the frame's digest.
    #[must_use]
    pub fn seal_digest(&self) -> Digest {
        self.hash.tagged("choucha/seal/v1", &self.digest().0)
    }

    /// The bytes of `levels.csv`: stratum, level, `n_units`, target, lambda (empty where nothing is ranked), `take_all`.
    #[must_use]
    pub fn levels_csv(&self) -> Vec<u8> {
        let mut text = String::from("stratum,level,n_units,target,lambda,take_all\n");
        for stratum in &self.strata {
            for level in &stratum.levels {
                let (label, target) = (field(&stratum.label), format_hex(level.target));
                let lambda = level.lambda.map(format_hex).unwrap_or_default();
                let (size, n_units, take_all) = (level.size, level.n_units, level.take_all);
                writeln!(
                    text,
                    "{label},{size},{n_units},{target},{lambda},{take_all}"
                )
                .expect("a string takes it");
            }
        }
        text.into_bytes()
    }
}

fn from_text<E: de::Error>(text: &str) -> Result<f64, E> {
    parse_hex(text).ok_or_else(|| E::custom("a float must be written in hexadecimal"))
}

/// A float as hexadecimal text.
pub(super) mod hex {
    use super::{Deserialize, Deserializer, Serializer, format_hex, from_text};

    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
    pub(in super::super) fn serialize<S: Serializer>(
        value: &f64,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&format_hex(*value))
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<f64, D::Error> {
        from_text(&String::deserialize(deserializer)?)
    }
}

/// A float as hexadecimal text, or null.
pub(super) mod hex_option {
    use super::{Deserialize, Deserializer, Serializer, format_hex, from_text};

    #[allow(clippy::ref_option, reason = "serde's signature")]
    pub(in super::super) fn serialize<S: Serializer>(
        value: &Option<f64>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => serializer.serialize_some(&format_hex(*value)),
            None => serializer.serialize_none(),
        }
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<f64>, D::Error> {
        Option::<String>::deserialize(deserializer)?
            .map(|text| from_text(&text))
            .transpose()
    }
}
