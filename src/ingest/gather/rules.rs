//! Which rules refuse a row, and which findings a row that is kept may have: the same lists for every file of a table.

use polars::prelude::*;

use super::{Reader, given_name};
use crate::ingest::cells;
use crate::ingest::checks::{self, Check};
use crate::ingest::coded;
use crate::ingest::convert::Prepared;
use crate::ingest::findings;
use crate::ingest::identity;
use crate::ingest::params::Field;
use crate::ingest::tables::{Consequence, Presence};

impl Reader<'_> {
    /// Rules in the order they are tried; the same list for every file.
    pub(in crate::ingest) fn rules(&self) -> Vec<Check> {
        let nothing = |_: &Field| None;
        self.checks(&nothing)
    }

    /// Findings in the order of their marks; the same list for every file.
    pub(in crate::ingest) fn findings(&self) -> Vec<Check> {
        let mut rules = findings::rules(self.table.table, &self.given);
        if self.table.table.name == "objects" {
            let given = |name: &str| self.is_given(name).then(|| col(given_name(name)));
            rules.extend(coded::findings(
                &given,
                &|name| self.is_given(name),
                self.as_of.0,
            ));
        }
        if self.is_visits() && self.is_given("result_codes") {
            rules.push(self.table.hits.unknown());
        }
        if self.is_visits() && self.is_given("follow_up") && self.is_given("found") {
            rules.push(checks::without_finding());
        }
        rules.extend(cells::rules(self));
        rules
    }

    pub(super) fn checks(&self, prepared: &dyn Fn(&Field) -> Option<Prepared>) -> Vec<Check> {
        let mut checks = Vec::new();
        let refusing = |field: &&Field| field.unread == Consequence::Refused;
        for field in self.given.iter().filter(refusing) {
            let name = field.name.as_str();
            let found = prepared(field);
            let given = || col(given_name(name));
            let rule =
                |(rule, sentence): (&'static str, &'static str), broken: Option<Expr>| Check {
                    column: name.to_owned(),
                    rule,
                    sentence,
                    broken,
                    empties: false,
                };
            if field.presence == Presence::Required {
                checks.push(rule(
                    checks::MISSING,
                    found
                        .as_ref()
                        .map(|_| given().is_null().and(col(name).is_null())),
                ));
            }
            let unread = |_| given().is_not_null().and(col(name).is_null());
            if name == "object_id" {
                let lost = |_| identity::lost(given());
                checks.push(rule(checks::DAMAGED, found.as_ref().map(lost)));
                checks.push(rule(checks::ID, found.as_ref().map(unread)));
            } else {
                checks.push(rule(
                    checks::unparsable(field.kind, field.is_money),
                    found.as_ref().filter(|found| found.can_fail()).map(unread),
                ));
            }
            checks.extend(checks::ranges(
                self.table.table,
                name,
                field.kind,
                |other| self.is_given(other),
            ));
        }
        checks.extend(checks::across_rows(self.table.table));
        checks
    }
}
