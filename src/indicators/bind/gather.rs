//! What records are summed over many objects, each kind once, and the questions to them.

use super::{Binder, Gathered};
use crate::indicators::catalogue::{self, Aggregate, Records, Table};
use crate::indicators::fold::{Fold, Prior, PriorValue};
use crate::registers::RowSql;

/// Days a base looks back, and the number of records it must exceed there; with fewer, all earlier records count.
const BASE_DAYS: i32 = 365;
pub(in crate::indicators) const BASE_RECORDS: f64 = 100.0;

impl Binder<'_> {
    /// The aggregate over columns that are read, and the base it falls back on.
    pub(super) fn fold(&mut self, records: &Records) -> Fold {
        let prior = records.prior.as_ref().map(|prior| Prior {
            value: match &prior.value {
                catalogue::PriorValue::Given(number) => PriorValue::Given(*number),
                catalogue::PriorValue::Base(filter) => {
                    PriorValue::Base(self.base(records, filter.as_ref()))
                }
            },
            weight: prior.weight,
        });
        Fold {
            window_days: records.window_days,
            half_life_days: records.half_life_days,
            prior,
            missing: records.missing,
            nth: records.nth,
            ..self.plain(records, records.filter.as_ref())
        }
    }

    /// An aggregate of the records that pass `filter`, without window, weights and prior.
    fn plain(&mut self, records: &Records, filter: Option<&RowSql>) -> Fold {
        let wanted = self.bound.tables.entry(records.table).or_default();
        Fold {
            aggregate: records.aggregate,
            flag: filter.map(|sql| sql_index(&mut wanted.flags, sql)),
            value: records
                .value
                .as_ref()
                .map(|sql| sql_index(&mut wanted.values, sql)),
            window_days: None,
            half_life_days: None,
            prior: None,
            missing: None,
            nth: 1,
        }
    }

    /// The gathering of a base: what everybody shows in the past year, and ever.
    fn base(&mut self, records: &Records, filter: Option<&RowSql>) -> usize {
        let all = Fold {
            aggregate: Aggregate::Mean,
            ..self.plain(records, filter.or(records.filter.as_ref()))
        };
        let year = Fold {
            window_days: Some(BASE_DAYS),
            ..all.clone()
        };
        let (gathered, _) = self.gathered(records.table, None, year);
        if self.bound.gathered[gathered].asks.len() == 1 {
            self.bound.gathered[gathered].asks.push(all);
        }
        gathered
    }

    /// Where `fold` is asked: a gathering of the same records and groups, and the number of the question there.
    pub(super) fn gathered(
        &mut self,
        table: Table,
        grouping: Option<usize>,
        fold: Fold,
    ) -> (usize, usize) {
        let all = &mut self.bound.gathered;
        let known = all.iter().position(|gathered| {
            gathered.table == table
                && gathered.grouping == grouping
                && gathered.asks[0].flag == fold.flag
                && gathered.asks[0].value == fold.value
        });
        let at = known.unwrap_or_else(|| {
            all.push(Gathered {
                table,
                grouping,
                asks: Vec::new(),
            });
            all.len() - 1
        });
        if grouping.is_some() || all[at].asks.is_empty() {
            all[at].asks.push(fold);
        }
        (at, all[at].asks.len() - 1)
    }
}

fn sql_index(known: &mut Vec<Option<RowSql>>, sql: &RowSql) -> usize {
    known
        .iter()
        .flatten()
        .position(|other| other.text() == sql.text())
        .unwrap_or_else(|| {
            known.push(Some(sql.clone()));
            known.len() - 1
        })
}
