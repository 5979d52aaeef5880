//! One business as a job's registers and records tell it, in words.

use std::collections::{BTreeMap, BTreeSet};

use crate::codes;
use crate::corridor::Scored;
use crate::error::Error;
use crate::indicators::{self, Record, RecordCell};
use crate::ingest;
use crate::job::Job;
use crate::report::{ObjectNow, ObjectReason, ObjectRecord};
use crate::risk;

/// Records listed behind one reason, newest first.
const LISTED: usize = 20;

/// A job as its records are told by it.
pub(super) struct Look<'a> {
    pub(super) job: &'a Job,
    pub(super) scored: &'a Scored,
    /// Names of items by their ids.
    pub(super) items: BTreeMap<String, String>,
}

impl Look<'_> {
    pub(super) fn classified(
        &self,
        place: &indicators::Place,
        id: &str,
    ) -> Result<ObjectNow, Error> {
        let (job, scored) = (self.job, self.scored);
        let risk = scored.risk.part(place.part)?;
        let excluded = scored.registers.excluded(place.part)?;
        let exclusion = excluded.into_iter().find(|(other, _)| other == id);
        let row = risk.keys.binary_search(&place.key).ok();
        let class = row.and_then(|row| scored.risk.classes().get(usize::from(risk.class[row])));
        let texts = row.map_or_else(Vec::new, |row| risk::reason_list(&risk.reasons[row]));
        let reasons = texts.iter().map(|text| self.reason(place, text));
        Ok(ObjectNow {
            as_of: job.as_of.to_string(),
            class: class.map_or_else(String::new, |class| class.code.clone()),
            class_name: class.map_or_else(String::new, |class| class.name.clone()),
            class_points: class
                .and_then(|class| Some((class.points_from?, next_points(scored, class)))),
            points: row.map(|row| risk.points[row]),
            scores: row.map_or_else(Vec::new, |row| {
                risk.scores
                    .iter()
                    .map(|(model, scores)| (model.clone(), scores[row]))
                    .chain(said_probability(risk.probability.get(row)))
                    .chain(
                        risk.calibrated
                            .iter()
                            .map(|(model, values)| (format!("calibrated_{model}"), values[row])),
                    )
                    .collect()
            }),
            exclusion: exclusion.map(|(_, reason)| reason),
            reasons: reasons.collect::<Result<_, Error>>()?,
        })
    }

    /// A reason with the records its indicators were made from.
    fn reason(&self, place: &indicators::Place, text: &str) -> Result<ObjectReason, Error> {
        let (mut records, mut peers) = (Vec::new(), BTreeSet::new());
        let indicators = &self.scored.indicators;
        let names = self.job.risk.reason_indicators(text, indicators);
        for name in &names {
            let behind = self.job.indicators.behind(name, place)?;
            records.extend(behind.records);
            peers.extend(behind.peers_by);
        }
        records.sort_by(|a, b| b.cmp(a));
        records.dedup();
        let header = |column: &String| {
            crate::registers::column_header(column)
                .unwrap_or(column)
                .to_owned()
        };
        Ok(ObjectReason {
            text: text.to_owned(),
            has_indicators: !names.is_empty(),
            n_records: records.len(),
            records: records
                .iter()
                .take(LISTED)
                .map(|record| self.record_of(record))
                .collect(),
            peers_by: peers.iter().map(header).collect(),
        })
    }

    pub(super) fn record_of(&self, record: &Record) -> ObjectRecord {
        let table = ingest::table(record.table);
        let event = table.and_then(|table| table.day);
        let says = |cell: &&RecordCell| {
            let column = cell.column.as_str();
            !matches!(column, "object_id" | "id_scheme" | "channel") && Some(column) != event
        };
        let cells = record.cells.iter().filter(says);
        let texts: Vec<String> = cells
            .map(|cell| format!("{} {}", cell.header, self.in_words(cell)))
            .collect();
        ObjectRecord {
            day: record.day.map_or_else(String::new, |day| day.to_string()),
            table: match record.cells.iter().find(|cell| cell.column == "channel") {
                Some(cell) => channel(&cell.text).to_owned(),
                None => table.map_or(record.table, |table| table.header).to_owned(),
            },
            text: texts.join("；"),
        }
    }

    /// A value as people read it: money, which tables hold in 分, in yuan; items with their names; why somebody went.
    fn in_words(&self, cell: &RecordCell) -> String {
        let is_money = matches!(cell.column.as_str(), "registered_capital" | "amount");
        match cell.text.parse::<i64>() {
            Ok(fen) if is_money && fen % 100 == 0 => format!("{} 元", fen / 100),
            Ok(fen) if is_money => format!("{}.{:02} 元", fen / 100, (fen % 100).abs()),
            _ => match cell.column.as_str() {
                "item_id" => self.item(&cell.text),
                "industry_code" => named(&cell.text, |code| Some(codes::industry_of(code)?.title)),
                "region_code" => named(&cell.text, |code| {
                    let is_whole = code.len() >= codes::DIVISION_DIGITS_MIN;
                    Some(codes::division(code).filter(|_| is_whole)?.name)
                }),
                _ => cell.text.clone(),
            },
        }
    }

    /// 表头 and value of every cell; what rule a code follows shows in what it is called.
    pub(super) fn register(&self, cells: &[RecordCell]) -> Vec<[String; 2]> {
        let is_number = |cell: &RecordCell| cell.column == "id_scheme" && cell.text == "reg15";
        let is_number = cells.iter().any(is_number);
        let header = |cell: &RecordCell| match cell.column.as_str() {
            "object_id" if is_number => "注册号".to_owned(),
            _ => cell.header.clone(),
        };
        let said = cells
            .iter()
            .filter(|cell| !cell.column.ends_with("_scheme"));
        said.map(|cell| [header(cell), self.in_words(cell)])
            .collect()
    }

    fn item(&self, id: &str) -> String {
        self.items
            .get(id)
            .map_or_else(|| id.to_owned(), |name| format!("{id} {name}"))
    }
}

/// Points from which on the class above begins.
fn next_points(scored: &Scored, class: &risk::ClassCount) -> Option<u32> {
    let classes = scored.risk.classes().iter();
    let above = classes.filter_map(|other| other.points_from);
    above.filter(|from| Some(*from) > class.points_from).min()
}

pub(super) fn item_names(scored: &Scored) -> Result<BTreeMap<String, String>, Error> {
    let items = scored.registers.items()?.unwrap_or_default().into_iter();
    Ok(items
        .filter_map(|item| Some((item.id, item.name?)))
        .collect())
}

/// A code with what it stands for, where the tables know it.
fn named(code: &str, name: impl Fn(&str) -> Option<&'static str>) -> String {
    name(code).map_or_else(|| code.to_owned(), |name| format!("{code} {name}"))
}

/// 检查来源 in Chinese.
fn channel(word: &str) -> &str {
    match word {
        "draw" => "双随机抽查",
        "complaint" => "投诉举报",
        "campaign" => "专项检查",
        "other" => "其他",
        unknown => unknown,
    }
}

/// The calibrated probability and the ends of its interval, beside the scores.
fn said_probability(found: Option<&risk::RiskProbability>) -> Vec<(String, f64)> {
    let Some(found) = found else {
        return Vec::new();
    };
    let ends = found
        .interval
        .map(|(low, high)| [("probability_low", low), ("probability_high", high)]);
    let all = std::iter::once(("probability", found.value)).chain(ends.into_iter().flatten());
    all.map(|(name, value)| (name.to_owned(), value)).collect()
}
