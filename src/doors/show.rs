//! `choucha show`: one business over all rounds, for the office alone: class history, reasons and the records behind them,
//! probabilities, visits.

mod look;

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::health::language_of;
use super::past_run::PastRun;
use super::{Place, Said, cannot};
use crate::corridor;
use crate::error::Error;
use crate::indicators;
use crate::job::Job;
use crate::ledger::{Ledger, ObjectRound};
use crate::report::{self, ObjectReport, ObjectThen};
use crate::risk::{RiskFile, RiskRow};
use crate::runs::Manifest;
use crate::units::{Meter, ObjectId, ObjectKey};
use look::{Look, item_names};

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
    let look = Look {
        job,
        scored: &scored,
        items: item_names(&scored)?,
    };
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
        shown.register = look.register(&row.cells);
        for table in TABLES {
            let records = place.records(table)?;
            let records = records.iter().map(|record| look.record_of(record));
            match table {
                "inspections" => shown.visits = records.collect(),
                _ => shown.events = records.collect(),
            }
        }
        shown.now = Some(look.classified(&place, &shown.object_id)?);
        break;
    }
    Ok(())
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
