//! `choucha show`: one business over all rounds, for the office alone: class history, reasons and the records behind them,
//! probabilities, visits.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::health::language_of;
use super::past_run::PastRun;
use super::{Place, Said, cannot};
use crate::corridor::{self, Scored};
use crate::error::Error;
use crate::indicators::{self, Record, RecordCell};
use crate::ingest;
use crate::job::Job;
use crate::ledger::{Ledger, ObjectRound};
use crate::report::{self, ObjectNow, ObjectReason, ObjectRecord, ObjectReport, ObjectThen};
use crate::risk::{self, RiskFile, RiskRow};
use crate::runs::Manifest;
use crate::units::{Meter, ObjectId, ObjectKey};

/// Records listed behind one reason, newest first.
const LISTED: usize = 20;
/// Tables whose records are listed.
const TABLES: [&str; 2] = ["inspections", "credit_events"];

/// Where the past and the present of a business are looked for.
#[derive(Clone, Debug, Default)]
pub struct ShowPlaces {
    /// The job whose registers and records are read, as of its day.
    pub job: Option<Place>,
    /// Finished runs; the job's own is looked for beside them.
    pub runs: Vec<PathBuf>,
    /// The workspace whose rounds are looked through; the job's own unless named.
    pub workspace: Option<PathBuf>,
    /// File to write the slip to.
    pub out: Option<PathBuf>,
}

/// Everything known of one business.
///
/// # Errors
/// An id nobody knows, a folder that is no finished run, sources that cannot be used.
pub fn show(
    object_id: &str,
    places: &ShowPlaces,
    language: &str,
    meter: &Meter,
) -> Result<Said, Error> {
    let id = normal(object_id);
    let mut shown = ObjectReport {
        object_id: id.clone(),
        ..ObjectReport::default()
    };
    let mut runs = places.runs.clone();
    let mut workspace = places.workspace.clone();
    if let Some(place) = &places.job {
        let job = place.read()?;
        let own = place.out(&job, "");
        if Manifest::read(&own).is_some() && !runs.contains(&own) {
            runs.push(own);
        }
        workspace = workspace.or_else(|| job.workspace.clone());
        now(&job, &mut shown, meter)?;
    }
    for run in &runs {
        in_run(&PastRun::open(run)?, &mut shown)?;
    }
    if let Some(workspace) = workspace {
        in_rounds(&Ledger::open(&workspace)?, &mut shown)?;
    }
    if shown.is_unknown() {
        return Err(Error::UnknownObject(id));
    }
    shown
        .history
        .sort_by(|a, b| (&a.day, &a.name).cmp(&(&b.day, &b.name)));
    let lang = language_of(language);
    let mut lines = report::object_lines(&shown, lang);
    if let Some(out) = &places.out {
        let page = report::object_page(&shown, lang)?;
        fs::write(out, page).map_err(cannot("write", out))?;
        lines.push(format!("wrote {}", out.display()));
    }
    Ok(Said {
        kind: None,
        lines,
        json: json!(shown),
    })
}

/// The id as a register would have it: normal as it is, else as a code of its kind.
fn normal(text: &str) -> String {
    let text = text.trim();
    if ObjectId::is_normal(text) {
        return text.to_owned();
    }
    let code = ObjectId::normalise("uscc", text);
    code.map_or_else(|_| text.to_owned(), |id| id.as_str().to_owned())
}

/// The business as of the job's day, computed from its sources.
fn now(job: &Job, shown: &mut ObjectReport, meter: &Meter) -> Result<(), Error> {
    let work = tempfile::tempdir().map_err(cannot("make a folder", Path::new("(temporary)")))?;
    let scored = corridor::score(job, work.path(), meter)?;
    let key = scored.snapshot.owner(ObjectKey::of(&shown.object_id)).0;
    shown.title.clone_from(&job.title);
    job.report.office().clone_into(&mut shown.office);
    shown.job.clone_from(&job.name);
    shown.synthetic = job.synthetic;
    for part in 0..scored.registers.n_parts() {
        let place = indicators::Place {
            registers: &scored.registers,
            snapshot: &scored.snapshot,
            as_of: job.as_of,
            part,
            key,
        };
        let Some(row) = place.register_row()? else {
            continue;
        };
        if let Some(id) = row.cells.iter().find(|cell| cell.column == "object_id") {
            shown.object_id.clone_from(&id.text); // the object's own id, where it was named by another
        }
        let cells = row
            .cells
            .into_iter()
            .map(|cell| [cell.header.clone(), in_words(&cell)]);
        shown.register = cells.collect();
        for table in TABLES {
            let records = place.records(table)?;
            let records = records.iter().map(record_of);
            match table {
                "inspections" => shown.visits = records.collect(),
                _ => shown.events = records.collect(),
            }
        }
        shown.now = Some(classified(job, &scored, &place, &shown.object_id)?);
        break;
    }
    Ok(())
}

fn classified(
    job: &Job,
    scored: &Scored,
    place: &indicators::Place,
    id: &str,
) -> Result<ObjectNow, Error> {
    let risk = scored.risk.part(place.part)?;
    let excluded = scored.registers.excluded(place.part)?;
    let exclusion = excluded.into_iter().find(|(other, _)| other == id);
    let row = risk.keys.binary_search(&place.key).ok();
    let class = row.and_then(|row| scored.risk.classes().get(usize::from(risk.class[row])));
    let texts = row.map_or_else(Vec::new, |row| risk::reason_list(&risk.reasons[row]));
    let reasons = texts.iter().map(|text| reason(job, scored, place, text));
    Ok(ObjectNow {
        as_of: job.as_of.to_string(),
        class: class.map_or_else(String::new, |class| class.code.clone()),
        class_name: class.map_or_else(String::new, |class| class.name.clone()),
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

/// A reason with the records its indicators were made from.
fn reason(
    job: &Job,
    scored: &Scored,
    place: &indicators::Place,
    text: &str,
) -> Result<ObjectReason, Error> {
    let (mut records, mut peers) = (Vec::new(), BTreeSet::new());
    for name in job.risk.reason_indicators(text, &scored.indicators) {
        let behind = job.indicators.behind(&name, place)?;
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
        n_records: records.len(),
        records: records.iter().take(LISTED).map(record_of).collect(),
        peers_by: peers.iter().map(header).collect(),
    })
}

fn record_of(record: &Record) -> ObjectRecord {
    let table = ingest::table(record.table);
    let event = table.and_then(|table| table.day);
    let says = |cell: &&RecordCell| {
        let column = cell.column.as_str();
        !matches!(column, "object_id" | "id_scheme") && Some(column) != event
    };
    let cells = record.cells.iter().filter(says);
    let texts: Vec<String> = cells
        .map(|cell| format!("{} {}", cell.header, in_words(cell)))
        .collect();
    ObjectRecord {
        day: record.day.map_or_else(String::new, |day| day.to_string()),
        table: table.map_or(record.table, |table| table.header).to_owned(),
        text: texts.join("；"),
    }
}

/// A value as people read it: money, which tables hold in 分, in yuan.
fn in_words(cell: &RecordCell) -> String {
    let is_money = matches!(cell.column.as_str(), "registered_capital" | "amount");
    match cell.text.parse::<i64>() {
        Ok(fen) if is_money && fen % 100 == 0 => format!("{} 元", fen / 100),
        Ok(fen) if is_money => format!("{}.{:02} 元", fen / 100, (fen % 100).abs()),
        _ => cell.text.clone(),
    }
}

/// The business in a finished run.
fn in_run(run: &PastRun, shown: &mut ObjectReport) -> Result<(), Error> {
    let member = run.member_of(&shown.object_id)?;
    let row = row_of(&run.risk, &shown.object_id)?;
    if shown.title.is_empty() {
        let facts = &run.evaluation.facts;
        shown.title.clone_from(&facts.title);
        shown.office.clone_from(&facts.office);
        shown.job.clone_from(&facts.job);
        shown.synthetic = facts.synthetic;
    }
    if member.is_none() && row.is_none() {
        return Ok(());
    }
    let stratum =
        member.and_then(|member| run.plan.strata.get(usize::try_from(member.stratum).ok()?));
    shown.history.push(ObjectThen {
        day: run.manifest.as_of.clone(),
        in_frame: Some(member.is_some()),
        stratum: stratum.map_or_else(String::new, |stratum| stratum.label.clone()),
        pi: member.map(|member| member.pi),
        drawn: member.map(|member| member.drawn),
        ..then(run.name(), row.as_ref())
    });
    Ok(())
}

fn row_of(risk: &RiskFile, object_id: &str) -> Result<Option<RiskRow>, Error> {
    Ok(risk.rows(&[ObjectKey::of(object_id).0])?.pop())
}

fn then(name: String, row: Option<&RiskRow>) -> ObjectThen {
    ObjectThen {
        name,
        class: row.map_or_else(String::new, |row| row.class.clone()),
        points: row.map(|row| row.points),
        reasons: row.map_or_else(Vec::new, |row| row.reasons.clone()),
        ..ObjectThen::default()
    }
}

/// The business in every round of a workspace.
fn in_rounds(ledger: &Ledger, shown: &mut ObjectReport) -> Result<(), Error> {
    for round in ledger.state().rounds() {
        let id = &round.seal.round;
        let risk = ledger.folder(id, "seal").join("internal/risk.parquet");
        let row = if risk.is_file() {
            row_of(&RiskFile::open(&risk)?, &shown.object_id)?
        } else {
            None // a copy of the workspace for the public
        };
        let drawn = match round.draw() {
            Some(_) => ledger.object(id, &shown.object_id)?,
            None => None,
        };
        if row.is_none() && drawn.is_none() {
            continue;
        }
        let known = drawn.as_ref();
        shown.history.push(ObjectThen {
            is_round: true,
            day: round.sealed_at.day().to_string(),
            in_frame: round.draw().map(|_| drawn.is_some()),
            pi: known.map(|known| known.p),
            drawn: known.map(|known| known.drawn || known.moved_up || known.measured),
            note: known.map_or_else(String::new, note),
            result: known.and_then(result),
            ..then(id.clone(), row.as_ref())
        });
    }
    Ok(())
}

fn note(known: &ObjectRound) -> String {
    let notes = [
        known.measured.then(|| "测量样本".to_owned()),
        known.moved_up.then(|| "由候补递补".to_owned()),
        known
            .unusable
            .as_ref()
            .map(|why| format!("无法检查：{why}")),
    ];
    notes.into_iter().flatten().collect::<Vec<_>>().join("；")
}

fn result(known: &ObjectRound) -> Option<String> {
    let result = known.result.as_ref()?;
    let found = if result.found {
        "发现问题"
    } else {
        "未发现问题"
    };
    Some(
        format!("{} {found} {}", result.inspected_on, result.codes)
            .trim_end()
            .to_owned(),
    )
}
