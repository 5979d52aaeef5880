//! 封存: everything that decides the draw is fixed, committed and entered in the ledger before the seed can be known.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::super::said::{counts_json, said_of_scored};
use super::super::walk::save_scored;
use super::super::{Place, Said, cannot, clock, made_from, make, random_bytes};
use super::lists;
use super::workspace_of;
use crate::corridor::{self, Scored};
use crate::error::Error;
use crate::job::Job;
use crate::ledger::{self, Entry, Ledger, State, Writer};
use crate::plan::{self, Composed, PastObject, PastRound, Proof};
use crate::publish::{self, DrawInput, PublicSeal, SealFacts};
use crate::units::{Digest, DrawKey, Meter, Problem};

/// Past rounds a seal looks back on.
const ROUNDS_MAX: usize = 24;

/// Seals the job's round in the workspace.
///
/// # Errors
/// A rule of the ledger, a design that cannot be executed, sources that cannot be used; nothing was sealed then.
pub fn seal(
    place: &Place,
    workspace: Option<&Path>,
    supersedes: Option<&str>,
    meter: &Meter,
) -> Result<Said, Error> {
    let job = place.read()?;
    let dir = workspace_of(workspace, Some(&job))?;
    let now = clock()?;
    let mut writer = Writer::open(&dir, "choucha seal", now)?;
    let rule = required(place, "seed_rule", job.seed_rule.as_ref())?.clone();
    let state = writer.ledger().state();
    if !state.is_rehearsal() {
        job.round.public_only()?;
        required(place, "programme", job.programme.as_ref())?;
    }
    possible(place, &job, &rule, state.is_rehearsal())?;
    let replaced = replaced(state, supersedes)?;
    let first = before_reading(&job, state, &rule, replaced.clone());
    writer.ledger().check_clock(now)?;
    state.check_seal(&first, now)?;
    let staging = writer.staging()?;
    let scored = corridor::score(&job, &make(&staging.join("work"))?, meter)?;
    let past = writer
        .ledger()
        .history(job.as_of.0.year(), ROUNDS_MAX, supersedes)?;
    let known = known(&past);
    let composed = plan::compose(&job.round, &scored.risk, &scored.registers, &known)?;
    let key = match job.round.proof() {
        Proof::Open => None,
        Proof::Sealed => Some(DrawKey::from_bytes(random_bytes()?)),
    };
    let facts = facts(&job, writer.ledger(), rule, replaced, &composed)?;
    let tables = tables(&job, &scored, &composed, &past, writer.ledger())?;
    let folder = make(&staging.join("seal"))?;
    let sealed = write(&facts, &composed, &tables, key.as_ref(), &folder, meter)?;
    let internal = make(&folder.join("internal"))?;
    save_scored(&scored, &internal, "zh")?;
    save_json(&internal.join("remainder.json"), &remainder(&composed))?;
    let n_units = composed.n_units;
    let entry = ledger::Seal {
        seal: sealed.digest(),
        key: sealed.key,
        n_units,
        ..first
    };
    let appended = writer.append_seal(clock()?, entry, key.as_ref(), folder)?;
    let mut lines = writer.notes().to_vec();
    lines.extend(said_of_scored(&scored));
    lines.extend(said_of_round(&sealed, &composed, n_units));
    lines.push(format!(
        "sealed round {} as line {} of the ledger, seal digest {}",
        job.round.id(),
        appended.seq,
        sealed.digest()
    ));
    lines.extend(next_steps(&writer, job.round.id(), &sealed));
    Ok(Said {
        kind: None,
        lines,
        json: json!({
            "round": job.round.id(), "sequence": appended.seq, "head": appended.head, "seal_digest": sealed.digest(), "n_units": n_units,
            "draws": sealed.draws.iter().map(|draw| json!({ "name": draw.name, "department": draw.department, "n": draw.n(), "n_units": draw.n_lines })).collect::<Vec<_>>(),
            "remainder": remainder(&composed), "tables": counts_json(&scored.snapshot), "public": writer.ledger().folder(job.round.id(), "seal/public"),
        }),
    })
}

/// Refuses days that cannot be, and synthetic data in a draw that counts.
fn possible(
    place: &Place,
    job: &Job,
    rule: &plan::SeedRule,
    is_rehearsal: bool,
) -> Result<(), Error> {
    let (today, event) = (clock()?.day(), rule.not_before.day());
    let mut problems = Vec::new();
    if job.as_of.0 > today {
        let rule = "a register is drawn from as of a day that has come";
        problems.push(Problem::new("as_of", job.as_of.0, rule));
    }
    if job.synthetic && !is_rehearsal {
        let rule = "a draw of record is not made from synthetic data: rehearse it in a workspace made with --rehearsal";
        problems.push(Problem::new("synthetic", true, rule));
    }
    if let Some(days) = job
        .visits
        .filter(|days| days.first < event && !is_rehearsal)
    {
        let rule = format!("nobody is visited before the event of the seed rule, {event}");
        problems.push(Problem::new("visits.first", days.first, rule));
    }
    if problems.is_empty() {
        return Ok(());
    }
    let file = place.job.display().to_string();
    let in_file = |problem| Problem {
        file: file.clone(),
        ..problem
    };
    Err(Error::Settings(problems.into_iter().map(in_file).collect()))
}

fn required<'a, T>(place: &Place, key: &str, value: Option<&'a T>) -> Result<&'a T, Error> {
    value.ok_or_else(|| {
        let rule = "a draw of record needs this key";
        Error::Settings(vec![Problem {
            file: place.job.display().to_string(),
            ..Problem::new(key, "(absent)", rule)
        }])
    })
}

/// What the entry will say, as far as it is known before the sources are read: all that the ledger's rules ask of it.
fn before_reading(
    job: &Job,
    state: &State,
    rule: &plan::SeedRule,
    supersedes: Option<ledger::Superseded>,
) -> ledger::Seal {
    ledger::Seal {
        round: job.round.id().to_owned(),
        title: job.title.clone(),
        seal: Digest([0; 32]),
        supersedes,
        hash: job.round.hash(),
        key: None,
        event: rule.event.join("、"),
        not_before: rule.not_before,
        programme: job.programme.clone(),
        rehearsal: state.is_rehearsal(),
        n_units: 0,
        files: ledger::Files::new(),
    }
}

fn replaced(state: &State, supersedes: Option<&str>) -> Result<Option<ledger::Superseded>, Error> {
    let Some(id) = supersedes else {
        return Ok(None);
    };
    Ok(Some(ledger::Superseded {
        round: id.to_owned(),
        seal: state.round(id)?.seal.seal,
    }))
}

/// The ledger's history in the words of the plan.
fn known(history: &ledger::History) -> BTreeMap<String, PastObject> {
    let object = |past: &ledger::ObjectHistory| PastObject {
        rounds: past
            .rounds
            .iter()
            .map(|round| PastRound {
                p: round.p,
                drawn: round.drawn,
                found: round.found,
            })
            .collect(),
        visits_this_year: past.visits_this_year,
        has_open_visit: past.has_open_visit,
    };
    history
        .objects()
        .map(|(id, past)| (id.to_owned(), object(past)))
        .collect()
}

fn facts(
    job: &Job,
    ledger: &Ledger,
    seed_rule: plan::SeedRule,
    superseded: Option<ledger::Superseded>,
    composed: &Composed<'_>,
) -> Result<SealFacts, Error> {
    Ok(SealFacts {
        round: job.round.id().to_owned(),
        sequence: ledger.sequence() + 1,
        previous_head: ledger.head(),
        supersedes: superseded.map(|one| (one.round, one.seal)),
        title: job.title.clone(),
        as_of: job.as_of,
        synthetic: job.synthetic,
        rehearsal: ledger.state().is_rehearsal(),
        proof: job.round.proof(),
        hash: job.round.hash(),
        lead: job.round.lead().to_owned(),
        partners: job.round.partners().to_vec(),
        programme: programme(job, ledger)?,
        seed_rule,
        exclusions: counted(composed),
    })
}

/// The published version of the programme that the job names.
fn programme(job: &Job, ledger: &Ledger) -> Result<Option<publish::Programme>, Error> {
    let Some(version) = &job.programme else {
        return Ok(None);
    };
    let entries = ledger.lines().iter().map(|line| &line.entry);
    let found = entries.rev().find_map(|entry| match entry {
        Entry::Programme(one) if one.version == *version => Some(publish::Programme {
            version: one.version.clone(),
            published_on: one.published_on,
            proof: one.proof.clone(),
        }),
        _ => None,
    });
    let missing = || ledger::Refusal::NoProgramme {
        round: job.round.id().to_owned(),
        version: version.clone(),
    };
    Ok(Some(found.ok_or_else(missing)?))
}

/// Objects per reason for standing in no frame.
fn counted(composed: &Composed<'_>) -> Vec<(String, u64)> {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for (_, draw, reason) in &composed.excluded {
        if draw == plan::EVERYWHERE {
            *counts.entry(reason).or_default() += 1;
        }
    }
    let named = counts.into_iter().map(|(reason, n)| (reason.to_owned(), n));
    named.collect()
}

/// Everything else that decides the two draws, by name: what the seal commits.
fn tables(
    job: &Job,
    scored: &Scored,
    composed: &Composed<'_>,
    past: &ledger::History,
    ledger: &Ledger,
) -> Result<BTreeMap<String, Vec<u8>>, Error> {
    let inputs = made_from(job)?;
    let models = json!({ "models": scored.risk.models(), "classes": scored.risk.classes() });
    let mut tables = BTreeMap::from([
        ("settings".to_owned(), job.settings.clone()),
        ("round".to_owned(), job.round.to_json()),
        ("register".to_owned(), bytes(&json!(inputs))),
        ("model".to_owned(), bytes(&models)),
        (lists::EXCLUSIONS.to_owned(), lists::exclusions(composed)),
        ("past".to_owned(), past.to_csv()),
        (lists::OBJECTS.to_owned(), lists::objects(scored)?),
    ]);
    if let (Some(teams), Some(days)) = (&job.assign, job.visits) {
        let register = scored.registers.inspector_register()?;
        tables.extend(register.tables());
        tables.insert(lists::LAST_TEAMS.to_owned(), lists::last_teams(ledger)?);
        let rules = lists::VisitRules::of(days, composed);
        tables.insert(lists::VISITS.to_owned(), bytes(&json!(rules)));
        tables.insert(lists::TEAMS.to_owned(), bytes(&json!(teams)));
    }
    Ok(tables)
}

fn bytes(value: &Value) -> Vec<u8> {
    let mut bytes = serde_json::to_vec_pretty(value).expect("a value is plain data");
    bytes.push(b'\n');
    bytes
}

fn save_json(path: &Path, value: &Value) -> Result<(), Error> {
    fs::write(path, bytes(value)).map_err(cannot("write", path))
}

/// Writes the seal, reads it back whole, and refuses it if somebody could never be drawn.
fn write(
    facts: &SealFacts,
    composed: &Composed<'_>,
    tables: &BTreeMap<String, Vec<u8>>,
    key: Option<&DrawKey>,
    dir: &Path,
    meter: &Meter,
) -> Result<PublicSeal, Error> {
    let bases: Vec<_> = composed
        .draws
        .iter()
        .map(|draw| move |part: usize| draw.frame.base(part))
        .collect();
    let inputs: Vec<DrawInput<'_>> = composed
        .draws
        .iter()
        .zip(&bases)
        .map(|(draw, base)| DrawInput {
            name: &draw.name,
            department: &draw.department,
            purpose: draw.purpose,
            params: &draw.params,
            frame: &draw.frame,
            public_labels: &draw.public_labels,
            base: Some(base),
        })
        .collect();
    let sealed = publish::write_round(facts, &inputs, tables, key, dir, meter)?;
    for draw in publish::read_round(dir, key)?.draws() {
        draw.plan.exempts_nobody()?;
    }
    Ok(sealed)
}

/// Law 6: what the drawn lists will tell of the class by themselves. Internal.
fn remainder(composed: &Composed<'_>) -> Value {
    let classes = |classes: &[plan::ClassRemainder]| -> Vec<Value> {
        let one = |class: &plan::ClassRemainder| json!({ "class": class.class, "n_units": class.n_units, "share": class.share, "among_drawn": class.among_drawn, "among_not_drawn": class.among_not_drawn });
        classes.iter().map(one).collect()
    };
    let remainder = &composed.remainder;
    let warnings: Vec<String> = remainder
        .too_revealing
        .iter()
        .map(ToString::to_string)
        .collect();
    json!({ "this_round": classes(&remainder.this_round), "over_rounds": classes(&remainder.over_rounds), "warnings": warnings })
}

fn said_of_round(sealed: &PublicSeal, composed: &Composed<'_>, n_units: u64) -> Vec<String> {
    let mut lines: Vec<String> = sealed
        .draws
        .iter()
        .map(|draw| {
            let of = if draw.department.is_empty() {
                String::new()
            } else {
                format!(" ({})", draw.department)
            };
            format!(
                "draw {}{of}: {} of {} objects",
                draw.name,
                draw.n(),
                draw.n_lines
            )
        })
        .collect();
    lines.extend(
        counted(composed)
            .iter()
            .map(|(reason, n)| format!("  left out: {n} {reason}")),
    );
    lines.push(format!(
        "round: {n_units} objects in a frame, about {:.0} visits expected of the target draws",
        composed.expected_visits
    ));
    let percent =
        |share: Option<f64>| share.map_or("-".to_owned(), |p| format!("{:.2} %", 100.0 * p));
    lines.push("internal, what the drawn list tells of a class by itself:".to_owned());
    lines.extend(composed.remainder.this_round.iter().map(|class| {
        let share = percent(Some(class.share));
        let (drawn, not) = (percent(class.among_drawn), percent(class.among_not_drawn));
        format!(
            "  {}: {share} of all, {drawn} of the drawn, {not} of the others",
            class.class
        )
    }));
    let warnings = composed.remainder.too_revealing.iter();
    lines.extend(warnings.map(|warning| format!("warning: {warning}")));
    lines
}

/// What an officer does next, in words.
fn next_steps(writer: &Writer, id: &str, sealed: &PublicSeal) -> Vec<String> {
    let ledger = writer.ledger();
    let mut steps = vec![format!(
        "next: publish {} outside the bureau before {}, then record the receipt",
        ledger.folder(id, "seal/public").display(),
        sealed.seed_rule.not_before
    )];
    if sealed.proof == Proof::Sealed {
        steps.push(format!(
            "next: lodge {} with the supervisor, then record the custody",
            ledger.key_file(id).display()
        ));
    }
    steps
}
