//! `[health]`: what the register-health report calls dead and unreachable, and which months it looks back on.

use std::fmt;

use serde::de::value::SeqAccessDeserializer;
use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::registers::row_sql::RowSql;
use crate::units::Problem;

/// 登记状态 of objects that are no longer there.
const DEAD: [&str; 5] = ["注销", "吊销", "吊销未注销", "撤销", "迁出"];
/// Result code of 通过登记的住所（经营场所）无法联系 in the comprehensive draw (综合抽查).
const UNREACHABLE_CODE: &str = "6";
/// Credit event of objects that could not be reached.
const UNREACHABLE_EVENT: &str = "经营异常";

/// Settings as written; the section and every key of it may be left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// Result folders of the past months' `choucha health`, oldest first; the last one is what 动态调整 is seen against.
    /// Default: none. A single folder may stand alone.
    #[serde(
        default,
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "one_or_several"
    )]
    pub previous: Vec<String>,
    /// 登记状态 that mean that an object is gone. Default: 注销, 吊销, 吊销未注销, 撤销, 迁出.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dead_status: Option<Vec<String>>,
    /// Result codes that mean 无法联系; a text that says 无法联系 always does. Default: `["6"]`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unreachable_codes: Option<Vec<String>>,
    /// Kinds of credit events, still open, that mean that an object cannot be reached. Default: `["经营异常"]`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unreachable_events: Option<Vec<String>>,
    /// SQL over the object's columns: objects without a risk class (未分类). Default: the job's `[risk.unclassified]`,
    /// where it looks at columns of objects only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unclassified: Option<String>,
}

/// A list of texts, or one text as a list of one.
fn one_or_several<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    struct Texts;
    impl<'de> Visitor<'de> for Texts {
        type Value = Vec<String>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a folder, or a list of folders")
        }

        fn visit_str<E>(self, text: &str) -> Result<Vec<String>, E> {
            Ok(vec![text.to_owned()])
        }

        fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Vec<String>, A::Error> {
            Vec::deserialize(SeqAccessDeserializer::new(seq))
        }
    }
    deserializer.deserialize_any(Texts)
}

/// Settings as checked.
#[derive(Clone, Debug)]
pub struct Valid {
    pub(super) previous: Vec<String>,
    pub(super) dead_status: Vec<String>,
    pub(super) unreachable_codes: Vec<String>,
    pub(super) unreachable_events: Vec<String>,
    pub(super) unclassified: Option<RowSql>,
    /// Whether `unclassified` is this section's own, so that it must fit.
    pub(super) is_declared: bool,
}

impl Params {
    /// Checks every setting.
    ///
    /// # Errors
    /// One [`Problem`] per broken rule, with keys below `health`.
    pub fn check(&self) -> Result<Valid, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut list = |key: &str, written: &Option<Vec<String>>, default: &[&str]| {
            let list = written
                .clone()
                .unwrap_or_else(|| default.iter().map(|text| (*text).to_owned()).collect());
            if list.iter().any(|text| text.trim().is_empty()) {
                let rule = "must name texts that are not empty";
                problems.push(Problem::new(key, list.join(", "), rule));
            }
            list
        };
        let dead_status = list("dead_status", &self.dead_status, &DEAD);
        let codes = &self.unreachable_codes;
        let unreachable_codes = list("unreachable_codes", codes, &[UNREACHABLE_CODE]);
        let events = &self.unreachable_events;
        let unreachable_events = list("unreachable_events", events, &[UNREACHABLE_EVENT]);
        list("previous", &Some(self.previous.clone()), &[]);
        let unclassified = self.unclassified.as_ref().and_then(|when| {
            let broken = |rule| problems.push(Problem::new("unclassified", when, rule));
            RowSql::parse(when).map_err(broken).ok()
        });
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(Valid {
            previous: self.previous.clone(),
            dead_status,
            unreachable_codes,
            unreachable_events,
            is_declared: unclassified.is_some(),
            unclassified,
        })
    }
}

impl Valid {
    /// Whether a 登记状态 is one of those that mean that an object is gone.
    #[must_use]
    pub fn names_status(&self, status: &str) -> bool {
        self.dead_status.iter().any(|dead| dead == status)
    }

    /// Folders of the past months, oldest first.
    #[must_use]
    pub fn previous(&self) -> &[String] {
        &self.previous
    }

    /// These settings with `when` for 未分类, unless they have their own; what cannot be read is left out.
    #[must_use]
    pub fn or_unclassified(mut self, when: Option<&str>) -> Self {
        if self.unclassified.is_none() {
            self.unclassified = when.and_then(|when| RowSql::parse(when).ok());
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::Params;

    #[test]
    fn every_key_may_be_left_out() {
        let valid = Params::default().check().unwrap();
        assert_eq!(valid.unreachable_codes, ["6"]);
        assert!(valid.dead_status.contains(&"吊销未注销".to_owned()));
        let written = serde_json::to_string(&Params::default()).unwrap();
        assert_eq!(written, "{}");
    }

    #[test]
    fn one_past_month_may_stand_alone() {
        let read = |text: &str| serde_json::from_str::<Params>(text).map(|params| params.previous);
        let one = read(r#"{ "previous": "runs/may-health" }"#).unwrap();
        assert_eq!(one, ["runs/may-health"]);
        assert_eq!(read(r#"{ "previous": ["a", "b"] }"#).unwrap(), ["a", "b"]);
        let error = read(r#"{ "previous": 5 }"#).unwrap_err().to_string();
        assert!(error.contains("a folder, or a list of folders"), "{error}");
    }

    #[test]
    fn every_broken_key_is_named() {
        let params = Params {
            dead_status: Some(vec![" ".to_owned()]),
            unclassified: Some("count(kind) > 1".to_owned()),
            ..Params::default()
        };
        let problems = params.check().unwrap_err();
        let keys: Vec<&str> = problems
            .iter()
            .map(|problem| problem.key.as_str())
            .collect();
        assert_eq!(keys, ["dead_status", "unclassified"]);
    }
}
