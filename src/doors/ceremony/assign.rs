//! 随机派员: the second draw of record, from the same seed and the register the seal committed.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::json;

use super::super::{Said, cannot, clock, make, unreadable};
use super::lists::{self, Object, TEAMS_FILE};
use super::teams::{ASSIGNMENTS, Batch, Drawn, DrawnTeams};
use super::{certificate, round_place};
use crate::assign::{self, Assignments, Request};
use crate::error::Error;
use crate::ledger::{self, Entry, Ledger, Put, Writer};
use crate::sheets;
use crate::units::Meter;

/// Draws the inspectors of a drawn round, or of the targets that moved up since, and enters them in the ledger.
///
/// # Errors
/// A round that is not drawn, a seal without an inspector register, a key or table that was changed.
pub fn assign(
    round: &str,
    workspace: Option<&Path>,
    key: Option<&Path>,
    meter: &Meter,
) -> Result<Said, Error> {
    let place = round_place(round, workspace)?;
    let now = clock()?;
    let mut writer = Writer::open(&place.workspace, "choucha assign", now)?;
    let n_before = writer
        .ledger()
        .state()
        .check_assign(&place.id)?
        .assigned
        .len();
    let drawn = Drawn::read(writer.ledger(), &place.id, key, meter)?;
    let mut teams = DrawnTeams::replay(writer.ledger(), &place.id, drawn, meter)?;
    teams.draw_next(meter)?;
    let batch = &teams.batches[n_before];
    let folder = make(&writer.staging()?.join("assign"))?;
    batch.write(&folder)?;
    let (n, short) = (batch.assignments.rows.len(), batch.assignments.n_short());
    let entry = Entry::Assign(ledger::Assign {
        round: place.id.clone(),
        seal: teams.drawn.sealed.digest(),
        n_visits: (n - short) as u64,
        n_shortfalls: short as u64,
        files: ledger::Files::new(),
    });
    let name = match n_before {
        0 => "assign".to_owned(),
        later => format!("assign-{}", later + 1),
    };
    let put = Put {
        from: folder,
        to: Ledger::place(&place.id, &name),
    };
    let appended = writer.append(clock()?, entry, &[put])?;
    certificate::write(writer.ledger(), &place.id)?;
    let public = writer.ledger().folder(&place.id, &format!("{name}/public"));
    let mut lines = writer.notes().to_vec();
    lines.extend(said(&batch.assignments));
    lines.push(format!(
        "publish {}, line {} of the ledger",
        public.display(),
        appended.seq
    ));
    Ok(Said {
        kind: None,
        lines,
        json: json!({ "round": place.id, "sequence": appended.seq, "head": appended.head, "visits": n - short, "shortfalls": short, "public": public }),
    })
}

/// Replaces one inspector of a drawn team; the sub-seed draws the substitute.
///
/// # Errors
/// Nobody of that name in the team, no reason, a second replacement without a supervisor, nobody who may step in.
pub fn replace(
    round: &str,
    workspace: Option<&Path>,
    key: Option<&Path>,
    (request, evidence): (Request, &Path),
    meter: &Meter,
) -> Result<Said, Error> {
    let place = round_place(round, workspace)?;
    let now = clock()?;
    let mut writer = Writer::open(&place.workspace, "choucha record", now)?;
    let drawn = Drawn::read(writer.ledger(), &place.id, key, meter)?;
    let mut teams = DrawnTeams::replay(writer.ledger(), &place.id, drawn, meter)?;
    if teams.batches.is_empty() {
        return Err(ledger::Refusal::NotAssigned(place.id).into());
    }
    let (_, evidence_digest) = crate::runs::file_digest(evidence).map_err(unreadable(evidence))?;
    let request = Request {
        evidence: evidence_digest,
        ..request
    };
    let made = teams.replace(request)?;
    let entry = Entry::Replace(ledger::Replace {
        round: place.id.clone(),
        object_id: made.request.object_id.clone(),
        office: made.request.department.clone(),
        inspector: made.request.inspector_id.clone(),
        substitute: made.substitute_id.clone(),
        reason: made.request.reason.clone(),
        supervisor: made.request.supervisor.clone(),
        evidence: Entry::NO_EVIDENCE,
        files: ledger::Files::new(),
    });
    let appended = writer.record_with_evidence(clock()?, entry, evidence, Vec::new())?;
    certificate::write(writer.ledger(), &place.id)?;
    let counted = writer.ledger().state().replaced_by_office();
    let of_office = counted.get(&made.request.department).copied().unwrap_or(0);
    let line = format!(
        "{}: {} goes instead of {}, line {} of the ledger; replacements of {} so far: {of_office}",
        made.request.object_id,
        made.substitute_id,
        made.request.inspector_id,
        appended.seq,
        made.request.department
    );
    Ok(Said {
        kind: None,
        lines: vec![line],
        json: json!({ "round": place.id, "sequence": appended.seq, "head": appended.head, "substitute": made.substitute_id, "attempt": made.attempt }),
    })
}

/// Attaches an institution (第三方机构) to a visit; it is never counted as an inspector. `entrust` as asked for, without its evidence.
///
/// # Errors
/// A visit without a team, a qualification that is not valid on its day; nothing was recorded then.
pub fn entrust(
    entrust: ledger::Entrust,
    workspace: Option<&Path>,
    key: Option<&Path>,
    evidence: &Path,
    meter: &Meter,
) -> Result<Said, Error> {
    let place = round_place(&entrust.round, workspace)?;
    let mut writer = Writer::open(&place.workspace, "choucha record", clock()?)?;
    writer.ledger().state().check_entrust(&entrust)?;
    let drawn = Drawn::read(writer.ledger(), &place.id, key, meter)?;
    let mut teams = DrawnTeams::replay(writer.ledger(), &place.id, drawn, meter)?;
    teams.attach(&entrust)?;
    let line = format!(
        "{}: {} (第三方机构) assists the team of {}; it is no inspector",
        entrust.object_id, entrust.institution, entrust.department
    );
    let entry = Entry::Entrust(entrust);
    let appended = writer.record_with_evidence(clock()?, entry, evidence, Vec::new())?;
    certificate::write(writer.ledger(), &place.id)?;
    Ok(Said {
        kind: None,
        lines: vec![format!("{line}, line {} of the ledger", appended.seq)],
        json: json!({ "round": place.id, "sequence": appended.seq, "head": appended.head }),
    })
}

impl Batch {
    /// `public/assignments.csv`, and apart from it what the office keeps.
    fn write(&self, folder: &Path) -> Result<(), Error> {
        let public = make(&folder.join("public"))?;
        let internal = make(&folder.join("internal"))?;
        let assignments = &self.assignments;
        let marginals = assignments.marginals_table(&self.register);
        let files = [
            (public.join(ASSIGNMENTS), assignments.public_table()),
            (internal.join("schedule.csv"), assignments.schedule_table()),
            (internal.join("marginals.csv"), marginals),
            (internal.join(TEAMS_FILE), lists::teams_table(assignments)),
            (
                internal.join("schedule.xlsx"),
                sheets::workbook(&[self.sheet()])?,
            ),
        ];
        for (path, bytes) in files {
            fs::write(&path, bytes).map_err(cannot("write", &path))?;
        }
        Ok(())
    }

    /// Who goes where and when, for the offices.
    fn sheet(&self) -> sheets::Sheet {
        use sheets::{Column, ColumnKind, Value};
        let headers = [
            "统一社会信用代码/注册号",
            "企业名称",
            "住所",
            "管辖单位",
            "检查部门",
            "检查日期",
            "检查人员",
            "派员缺口",
        ];
        let row = |row: &assign::Assignment| {
            let object = self.objects.get(&row.object_id);
            let known = |text: fn(&Object) -> &String| {
                Value::Text(object.map(text).cloned().unwrap_or_default())
            };
            let (day, team, gap) = match &row.outcome {
                assign::Outcome::Team(ids) => (row.day.to_string(), ids.join("；"), String::new()),
                assign::Outcome::Shortfall { rule, missing } => (
                    String::new(),
                    String::new(),
                    format!("{rule}，缺 {missing} 人"),
                ),
            };
            vec![
                Value::Text(row.object_id.clone()),
                known(|object| &object.name),
                known(|object| &object.address),
                known(|object| &object.office),
                Value::Text(row.department.clone()),
                Value::Text(day),
                Value::Text(team),
                Value::Text(gap),
            ]
        };
        sheets::Sheet {
            name: "派员表（内部）".to_owned(),
            columns: headers
                .iter()
                .map(|header| Column::new(*header, ColumnKind::Text))
                .collect(),
            rows: self.assignments.rows.iter().map(row).collect(),
        }
    }
}

fn said(assignments: &Assignments) -> Vec<String> {
    let (n, short) = (assignments.rows.len(), assignments.n_short());
    let loads = assignments.loads();
    let most = loads.values().max().copied().unwrap_or(0);
    let mut lines = vec![format!(
        "inspectors: {} of {n} visits have their team; {} inspectors, {most} visits at most",
        n - short,
        loads.len()
    )];
    let mut rules: BTreeMap<(String, &str), usize> = BTreeMap::new();
    for row in &assignments.rows {
        if let assign::Outcome::Shortfall { rule, .. } = &row.outcome {
            *rules
                .entry((rule.to_string(), row.department.as_str()))
                .or_default() += 1;
        }
    }
    lines.extend(
        rules
            .into_iter()
            .map(|((rule, department), n)| format!("  派员缺口 {department}: {n} visits, {rule}")),
    );
    lines
}
