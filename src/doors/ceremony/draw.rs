//! 抽取: the draw of record, once per seal, after the event, with the receipt in the ledger.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::super::{Said, cannot, clock, make};
use super::lists::{self, Object};
use super::{certificate, key_of, round_place, sealed_round};
use crate::draw::RoundSample;
use crate::error::Error;
use crate::ledger::{self, Entry, Ledger, Put, Writer};
use crate::plan::Purpose;
use crate::publish::{self, PublicSeal, SealedRound};
use crate::sheets;
use crate::units::Meter;

/// Draws a sealed round and enters it in the ledger.
///
/// # Errors
/// A rule of the ledger, a seed that does not fit the sealed rule, a seal or key that was changed; nothing was drawn then.
pub fn draw(
    round: &str,
    workspace: Option<&Path>,
    key: Option<&Path>,
    (seed, source): (&str, &str),
    meter: &Meter,
) -> Result<Said, Error> {
    let place = round_place(round, workspace)?;
    let now = clock()?;
    let mut writer = Writer::open(&place.workspace, "choucha draw", now)?;
    let ledger = writer.ledger();
    let receipt = receipt(ledger.state().check_draw(&place.id, now)?);
    let key = key_of(ledger, &place.id, key)?;
    let sealed = sealed_round(ledger, &place.id, key.as_ref())?;
    let sample = publish::draw_round(&sealed, seed, source, meter)?;
    let folder = make(&writer.staging()?.join("draw"))?;
    let bulletin = publish::issue_round(&sealed, &sample, receipt.as_ref(), &folder)?;
    let saved = VisitsSaved::of(&sealed, &sample)?;
    let internal = folder.join("internal");
    write_json(&internal.join("visits_saved.json"), &saved.to_json())?;
    save_list(&sealed, &sample, &internal)?;
    let body = ledger::Draw {
        round: place.id.clone(),
        seal: sealed.digest(),
        seed_text: bulletin.seed_text.clone(),
        seed_source: bulletin.seed_source.clone(),
        seed: bulletin.seed,
        n: bulletin.n,
        bulletin: crate::runs::file_digest(&folder.join("public/bulletin.json"))
            .map_err(cannot("read", &folder))?
            .1,
        files: ledger::Files::new(),
    };
    let put = Put {
        from: folder,
        to: Ledger::place(&place.id, "draw"),
    };
    let appended = writer.append(clock()?, Entry::Draw(body), &[put])?;
    let page = certificate::write(writer.ledger(), &place.id)?;
    let public = writer.ledger().folder(&place.id, "draw/public");
    let mut lines = writer.notes().to_vec();
    lines.push(format!(
        "drawn: {} of {} objects, line {} of the ledger, seed digest {}",
        bulletin.n, bulletin.n_units, appended.seq, bulletin.seed
    ));
    lines.extend(saved.lines());
    lines.push(format!("publish {}", public.display()));
    lines.push(format!("certificate: {}", page.display()));
    Ok(Said {
        kind: None,
        lines,
        json: json!({ "round": place.id, "sequence": appended.seq, "head": appended.head, "bulletin": bulletin, "public": public, "certificate": page, "visits_saved": saved.to_json() }),
    })
}

/// The receipt of the ledger in the words of the bulletin.
fn receipt(round: &ledger::Round) -> Option<publish::Receipt> {
    round.receipt.as_ref().map(|receipt| publish::Receipt {
        place: receipt.place.clone(),
        published_at: receipt.published_at,
        evidence: receipt.evidence,
    })
}

pub(super) fn write_json(path: &Path, value: &Value) -> Result<(), Error> {
    let mut bytes = serde_json::to_vec_pretty(value).expect("a value is plain data");
    bytes.push(b'\n');
    fs::write(path, bytes).map_err(cannot("write", path))
}

/// 综合查一次: what one ticket per object saves.
struct VisitsSaved {
    items: Vec<ItemVisits>,
    departments: BTreeMap<String, DepartmentVisits>,
    /// Visits of the round, and what they would be if every item went alone.
    merged: usize,
    alone: usize,
    /// Visits that carry items of more than one.
    several_items: usize,
    /// Objects that the yearly cap (年度检查次数上限) keeps out of every frame.
    at_cap: u64,
}

struct ItemVisits {
    name: String,
    department: String,
    visits: usize,
}

#[derive(Default)]
struct DepartmentVisits {
    merged: usize,
    alone: usize,
    /// Objects its items would hold, were it not for the cap.
    at_cap: u64,
}

impl VisitsSaved {
    fn of(sealed: &SealedRound, sample: &RoundSample) -> Result<Self, Error> {
        let seal = sealed.seal();
        let departments = lists::at_cap_by_department(sealed)?.into_iter();
        let of_cap = |(name, at_cap)| {
            let visits = DepartmentVisits {
                at_cap,
                ..DepartmentVisits::default()
            };
            (name, visits)
        };
        let mut saved = Self {
            items: items(seal),
            departments: departments.map(of_cap).collect(),
            several_items: sample
                .visits
                .iter()
                .filter(|visit| visit.items.len() > 1)
                .count(),
            merged: sample.visits.len(),
            alone: 0,
            at_cap: at_cap(seal),
        };
        for visit in &sample.visits {
            let mut departments = BTreeSet::new();
            for &item in &visit.items {
                saved.items[item].visits += 1;
                saved.alone += 1;
                let department = &seal.draws[item].department;
                departments.insert(department);
                saved
                    .departments
                    .entry(department.clone())
                    .or_default()
                    .alone += 1;
            }
            for department in departments {
                saved
                    .departments
                    .entry(department.clone())
                    .or_default()
                    .merged += 1;
            }
        }
        saved.items.retain(|item| {
            seal.draws
                .iter()
                .any(|draw| draw.name == item.name && draw.purpose == Purpose::Targets)
        });
        Ok(saved)
    }

    fn to_json(&self) -> Value {
        let items: Vec<Value> = self
            .items
            .iter()
            .map(|item| json!({ "item": item.name, "department": item.department, "visits": item.visits }))
            .collect();
        let departments: Vec<Value> = self
            .departments
            .iter()
            .map(|(name, visits)| json!({ "department": name, "visits": visits.merged, "visits_item_by_item": visits.alone, "objects_at_the_cap": visits.at_cap }))
            .collect();
        json!({ "visits": self.merged, "visits_item_by_item": self.alone, "saved": self.alone - self.merged, "visits_of_several_items": self.several_items, "objects_at_the_cap": self.at_cap, "items": items, "departments": departments })
    }

    fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!(
            "visits: {} in all, {} of them for several items; item by item they would be {}, so {} are saved (综合查一次)",
            self.merged,
            self.several_items,
            self.alone,
            self.alone - self.merged
        )];
        lines.extend(self.departments.iter().map(|(name, visits)| {
            format!(
                "  {name}: {} visits, item by item {}; {} objects at the yearly cap",
                visits.merged, visits.alone, visits.at_cap
            )
        }));
        if self.at_cap > 0 {
            lines.push(format!(
                "  {} objects had their visits of the year and stay out of the frames",
                self.at_cap
            ));
        }
        lines
    }
}

fn items(seal: &PublicSeal) -> Vec<ItemVisits> {
    let item = |draw: &publish::PublicDraw| ItemVisits {
        name: draw.name.clone(),
        department: draw.department.clone(),
        visits: 0,
    };
    seal.draws.iter().map(item).collect()
}

fn at_cap(seal: &PublicSeal) -> u64 {
    let is_cap = |one: &&publish::Excluded| one.reason == crate::plan::AT_CAP;
    seal.exclusions.iter().find(is_cap).map_or(0, |one| one.n)
}

/// `drawn.xlsx`: who is visited, for the offices.
fn save_list(sealed: &SealedRound, sample: &RoundSample, internal: &Path) -> Result<(), Error> {
    let ids = sample.visits.iter().map(|visit| visit.object_id.as_str());
    let objects = lists::read_objects(sealed, &ids.collect())?;
    let bytes = sheets::workbook(&[sheet(sealed, sample, &objects)])?;
    let path = internal.join("drawn.xlsx");
    fs::write(&path, bytes).map_err(cannot("write", &path))
}

/// Headers of the drawn list.
const HEADERS: [&str; 7] = [
    "序号",
    "统一社会信用代码/注册号",
    "企业名称",
    "住所",
    "管辖单位",
    "抽查事项",
    "检查部门",
];

fn sheet(
    sealed: &SealedRound,
    sample: &RoundSample,
    objects: &BTreeMap<String, Object>,
) -> sheets::Sheet {
    use sheets::{Column, ColumnKind, Value};
    let kind = |header: &&str| match *header {
        "序号" => ColumnKind::Count,
        _ => ColumnKind::Text,
    };
    let row = |(place, visit): (u32, &crate::draw::Visit)| {
        let object = objects.get(&visit.object_id);
        let known = |text: fn(&Object) -> &String| {
            Value::Text(object.map(text).cloned().unwrap_or_default())
        };
        let departments = visit
            .items
            .iter()
            .map(|&item| sealed.seal().draws[item].department.as_str());
        let departments: BTreeSet<&str> = departments.collect();
        vec![
            Value::Number(f64::from(place)),
            Value::Text(visit.object_id.clone()),
            known(|object| &object.name),
            known(|object| &object.address),
            known(|object| &object.office),
            Value::Text(sample.items(visit).collect::<Vec<_>>().join("；")),
            Value::Text(departments.into_iter().collect::<Vec<_>>().join("；")),
        ]
    };
    let name = if sealed.seal().rehearsal {
        "抽中名单（内部·演练）"
    } else {
        "抽中名单（内部）"
    };
    sheets::Sheet {
        name: name.to_owned(),
        columns: HEADERS
            .iter()
            .map(|header| Column::new(*header, kind(header)))
            .collect(),
        rows: (1..).zip(&sample.visits).map(row).collect(),
    }
}
