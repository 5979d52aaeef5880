//! `choucha diff`: two finished runs side by side: who changed class or drawn status and why, and what drifted.

mod changes;
mod since;

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::health::language_of;
use super::past_run::PastRun;
use super::{Said, cannot, make};
use crate::error::Error;
use crate::evaluate::{self, Drift, Movement, SettingChange};
use crate::report::{self, DriftReport};
use crate::sheets::{CsvText, Value as Cell};
use changes::{Change, Found, State, changes};
pub(super) use since::since;

/// Changes that are printed; `changes.csv` has all.
const SHOWN: usize = 20;
/// Changes in the JSON that is printed.
const SHOWN_JSON: usize = 1_000;
/// Columns that are printed.
const SHOWN_DRIFTS: usize = 10;

/// Holds a later run against an earlier one; with `out`, writes `diff.json`, `changes.csv` and `drift.html` there.
///
/// # Errors
/// A folder that is no finished run or was changed since, a folder that cannot be written.
pub fn diff(
    earlier: &Path,
    later: &Path,
    out: Option<&Path>,
    language: &str,
) -> Result<Said, Error> {
    let (earlier, later) = (PastRun::open(earlier)?, PastRun::open(later)?);
    let found = changes(&earlier, &later)?;
    let (drifts, alone) = match (&earlier.profile, &later.profile) {
        (Some(from), Some(to)) => evaluate::compare(from, to),
        _ => (Vec::new(), Vec::new()),
    };
    let is_english = language == "en";
    let whole = value_of(&earlier, &later, &found, &drifts, &alone, usize::MAX);
    if let Some(out) = out {
        let out = make(out)?;
        let mut text = serde_json::to_vec_pretty(&whole).expect("plain values serialise");
        text.push(b'\n');
        put(&out, "diff.json", &text)?;
        put(&out, "changes.csv", &table(&found.changes, is_english)?)?;
        let page = page(&earlier, &later, &found, &drifts, language)?;
        put(&out, "drift.html", &page)?;
    }
    Ok(Said {
        kind: None,
        lines: lines(&earlier, &later, &found, &drifts, is_english),
        json: value_of(&earlier, &later, &found, &drifts, &alone, SHOWN_JSON),
    })
}

fn put(out: &Path, name: &str, bytes: &[u8]) -> Result<(), Error> {
    let path = out.join(name);
    fs::write(&path, bytes).map_err(cannot("write", &path))
}

fn value_of(
    earlier: &PastRun,
    later: &PastRun,
    found: &Found,
    drifts: &[Drift],
    alone: &[String],
    most: usize,
) -> Value {
    let run = |run: &PastRun| json!({ "run": run.manifest.run, "job": run.manifest.job, "as_of": run.manifest.as_of, "settings": run.manifest.made_from.settings });
    json!({
        "earlier": run(earlier),
        "later": run(later),
        "same_settings": earlier.same_settings(later),
        "settings_changed": earlier.changed_settings(later),
        "migration": found.migration,
        "n_class_changed": found.migration.n_changed(),
        "drawn": found.n_drawn,
        "n_changes": found.changes.len(),
        "changes": found.changes.iter().take(most).collect::<Vec<_>>(),
        "drift": drifts,
        "columns_of_one_run": alone,
    })
}

fn lines(
    earlier: &PastRun,
    later: &PastRun,
    found: &Found,
    drifts: &[Drift],
    is_english: bool,
) -> Vec<String> {
    let run = |run: &PastRun| format!("{} ({})", run.name(), run.manifest.as_of);
    let left: u64 = found.migration.left.iter().sum();
    let came: u64 = found.migration.came.iter().sum();
    let drawn = found.n_drawn;
    let mut lines = vec![
        format!("internal: {} against {}", run(later), run(earlier)),
        format!(
            "class changed: {}; left the frame: {left}; came into it: {came}",
            found.migration.n_changed()
        ),
        format!(
            "drawn in both: {}; only earlier: {}; only later: {}",
            drawn.both, drawn.earlier_only, drawn.later_only
        ),
    ];
    if !earlier.same_settings(later) {
        lines.push("the settings of the two runs differ".to_owned());
        lines.extend(said_of_settings(&earlier.changed_settings(later)));
    }
    if drifts.is_empty() {
        lines.push(
            "no drift: a run without internal/profile.json was made by an earlier version"
                .to_owned(),
        );
    }
    for drift in drifts
        .iter()
        .filter(|drift| drift.movement != Movement::Stable)
        .take(SHOWN_DRIFTS)
    {
        let name = if is_english { &drift.en } else { &drift.zh };
        lines.push(format!(
            "  moved: {} ({name}): PSI {:.3}",
            drift.name, drift.psi
        ));
    }
    lines.extend(
        found
            .changes
            .iter()
            .take(SHOWN)
            .map(|change| said(change, is_english)),
    );
    if found.changes.len() > SHOWN {
        lines.push(format!(
            "  and {} more: --out DIR writes all of them",
            found.changes.len() - SHOWN
        ));
    }
    lines
}

fn said_of_settings(changed: &[SettingChange]) -> Vec<String> {
    let said = |value: &Option<String>| value.clone().unwrap_or_else(|| "–".to_owned());
    let line =
        |one: &SettingChange| format!("  {}: {} → {}", one.key, said(&one.from), said(&one.to));
    let more = changed.len().checked_sub(SHOWN).filter(|more| *more > 0);
    let more = more.map(|more| format!("  and {more} more keys"));
    changed.iter().take(SHOWN).map(line).chain(more).collect()
}

fn said(change: &Change, is_english: bool) -> String {
    let side = |state: &Option<State>| {
        state.as_ref().map_or_else(
            || "–".to_owned(),
            |state| format!("{}{}", state.class, if state.drawn { "*" } else { "" }),
        )
    };
    let why: Vec<String> = change.why.iter().map(|why| why.say(is_english)).collect();
    format!(
        "  {} {} → {}: {}",
        change.object_id,
        side(&change.from),
        side(&change.to),
        why.join("；")
    )
}

/// `changes.csv`: opens as text in any spreadsheet program.
fn table(changes: &[Change], is_english: bool) -> Result<Vec<u8>, Error> {
    let headers = if is_english {
        [
            "object_id",
            "class before",
            "class now",
            "points before",
            "points now",
            "probability before",
            "probability now",
            "drawn before",
            "drawn now",
            "why",
        ]
    } else {
        [
            "统一社会信用代码/注册号",
            "原分类",
            "现分类",
            "原点数",
            "现点数",
            "原入样概率",
            "现入样概率",
            "原是否抽中",
            "现是否抽中",
            "原因",
        ]
    };
    let text = |state: &Option<State>, of: &dyn Fn(&State) -> String| {
        Cell::Text(state.as_ref().map_or_else(String::new, of))
    };
    let flag = |is: bool| match (is, is_english) {
        (true, false) => "是",
        (false, false) => "否",
        (true, true) => "yes",
        (false, true) => "no",
    };
    let broken = |error| cannot("write", Path::new("changes.csv"))(error);
    let mut csv = CsvText::begin(Vec::new(), headers).map_err(broken)?;
    for change in changes {
        let why: Vec<String> = change.why.iter().map(|why| why.say(is_english)).collect();
        let mut row = vec![Cell::Text(change.object_id.clone())];
        let columns: [&dyn Fn(&State) -> String; 4] = [
            &|state| state.class.clone(),
            &|state| state.points.to_string(),
            &|state| format!("{:.6}", state.pi),
            &|state| flag(state.drawn).to_owned(),
        ];
        for column in columns {
            row.extend([text(&change.from, column), text(&change.to, column)]);
        }
        row.push(Cell::Text(why.join("；")));
        csv.row(&row).map_err(broken)?;
    }
    csv.finish().map_err(broken)
}

fn page(
    earlier: &PastRun,
    later: &PastRun,
    found: &Found,
    drifts: &[Drift],
    language: &str,
) -> Result<Vec<u8>, Error> {
    let changed = found.changes.iter().take(SHOWN_JSON).map(|change| {
        let class = |state: &Option<State>| {
            state
                .as_ref()
                .map_or_else(|| "–".to_owned(), |state| state.class.clone())
        };
        let drawn = |state: &Option<State>| state.as_ref().is_some_and(|state| state.drawn);
        report::ChangedObject {
            object_id: change.object_id.clone(),
            classes: [class(&change.from), class(&change.to)],
            drawn: [drawn(&change.from), drawn(&change.to)],
            why: change
                .why
                .iter()
                .map(|why| why.say(language == "en"))
                .collect(),
        }
    });
    let changed: Vec<report::ChangedObject> = changed.collect();
    let facts = &later.evaluation.facts;
    let report = DriftReport {
        title: &facts.title,
        job: &facts.job,
        office: &facts.office,
        synthetic: facts.synthetic,
        days: &[earlier.manifest.as_of.clone(), later.manifest.as_of.clone()],
        same_settings: earlier.same_settings(later),
        settings: &earlier.changed_settings(later),
        migration: &found.migration,
        drawn: [
            found.n_drawn.both,
            found.n_drawn.earlier_only,
            found.n_drawn.later_only,
        ],
        drifts,
        quarters: later
            .evaluation
            .fairness
            .as_ref()
            .map_or(&[], |fairness| &fairness.by_quarter),
        n_changes: found.changes.len(),
        changed: &changed,
    };
    Ok(report::drift(&report, language_of(language))?)
}
