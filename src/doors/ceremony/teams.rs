//! The teams of a round as its ledger made them, drawn again line by line and held to what is published.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use super::super::cannot;
use super::lists::{self, Object, Teams};
use super::{key_of, sealed_round};
use crate::assign::{
    self, Assignments, HeldBy, Inputs, Institution, Replacement, Request, Required, ValidParams,
    VisitNeed,
};
use crate::draw::{RoundSample, Stream, SubSeed, Visit};
use crate::error::Error;
use crate::ledger::{self, Entry, Ledger};
use crate::publish::{self, PublicSeal, SealedRound};
use crate::registers::InspectorRegister;
use crate::units::{HashName, Meter};

/// The published table of teams.
pub(super) const ASSIGNMENTS: &str = "assignments.csv";

/// A drawn round and what became of it.
pub(super) struct Drawn {
    pub(super) sealed: SealedRound,
    pub(super) sample: RoundSample,
    /// Targets that cannot be inspected.
    pub(super) unusable: BTreeSet<String>,
}

/// A drawn round, what its inspectors are drawn from, and all teams so far.
pub(super) struct DrawnTeams {
    pub(super) drawn: Drawn,
    teams: Teams,
    hash: HashName,
    sub_seed: SubSeed,
    pub(super) batches: Vec<Batch>,
    /// Inspectors who were replaced.
    pub(super) n_replaced: usize,
}

/// Visits that got their inspectors together: those of the drawn, or of targets that moved up later.
pub(super) struct Batch {
    needs: Vec<VisitNeed>,
    params: ValidParams,
    pub(super) register: InspectorRegister,
    pub(super) objects: BTreeMap<String, Object>,
    pub(super) assignments: Assignments,
}

impl Drawn {
    /// A round of the ledger, drawn again.
    pub(super) fn read(
        ledger: &Ledger,
        id: &str,
        key: Option<&Path>,
        meter: &Meter,
    ) -> Result<Self, Error> {
        let round = ledger.state().check_results(id)?;
        let (_, draw) = round
            .draw()
            .expect("a round that may have results is drawn");
        let key = key_of(ledger, id, key)?;
        let sealed = sealed_round(ledger, id, key.as_ref())?;
        let sample = publish::draw_round(&sealed, &draw.seed_text, &draw.seed_source, meter)?;
        Ok(Self::of(sealed, sample))
    }

    pub(super) fn of(sealed: SealedRound, sample: RoundSample) -> Self {
        Self {
            sealed,
            sample,
            unusable: BTreeSet::new(),
        }
    }

    /// All visits, with those that moved up so far.
    pub(super) fn visits(&self) -> Result<Vec<Visit>, Error> {
        if self.unusable.is_empty() {
            return Ok(self.sample.visits.clone());
        }
        Ok(publish::move_up(&self.sealed, &self.sample, &self.unusable)?.visits)
    }
}

impl DrawnTeams {
    /// Draws again what the ledger says was drawn, and holds every published table and every substitute to it.
    pub(super) fn replay(
        ledger: &Ledger,
        id: &str,
        drawn: Drawn,
        meter: &Meter,
    ) -> Result<Self, Error> {
        let mut again = Self {
            teams: Teams::of(&drawn.sealed)?,
            hash: drawn.sealed.seal().hash,
            sub_seed: drawn.sample.seed.sub_seed(Stream::Assign),
            drawn,
            batches: Vec::new(),
            n_replaced: 0,
        };
        for line in ledger.lines() {
            if line.entry.round() != Some(id) {
                continue;
            }
            match &line.entry {
                Entry::Unusable(_) => {
                    let targets = ledger.unusable_of(line.seq)?.into_iter();
                    let ids = targets.map(|target| target.object_id);
                    again.drawn.unusable.extend(ids);
                }
                Entry::Assign(body) => again.replay_batch(ledger, line.seq, body, meter)?,
                Entry::Replace(body) => {
                    let made = again.replace(request(body))?;
                    check_substitute(body, &made)?;
                }
                Entry::Entrust(body) => again.attach(body)?,
                _ => {}
            }
        }
        Ok(again)
    }

    fn replay_batch(
        &mut self,
        ledger: &Ledger,
        line: u64,
        body: &ledger::Assign,
        meter: &Meter,
    ) -> Result<(), Error> {
        let mut batch = self.next_batch()?;
        let end = format!("/public/{ASSIGNMENTS}");
        if let Some(name) = body.files.keys().find(|name| name.ends_with(&end)) {
            let below = name.strip_prefix(&Ledger::place(&body.round, ""));
            let path = ledger.folder(&body.round, below.unwrap_or(name));
            let published = fs::read(&path).map_err(cannot("read", &path))?;
            batch.assignments = assign::verify(&self.inputs(&batch), &[], &published, meter)?;
            ledger.artefact(line, &body.files, name)?; // a table that was never drawn is named by its line first
            self.batches.push(batch);
        }
        Ok(())
    }

    /// Draws the teams of the visits that have none yet.
    pub(super) fn draw_next(&mut self, meter: &Meter) -> Result<(), Error> {
        let mut batch = self.next_batch()?;
        batch.assignments = assign::allocate(&self.inputs(&batch), meter)?;
        self.batches.push(batch);
        Ok(())
    }

    /// Replaces one inspector; the sub-seed draws the substitute.
    pub(super) fn replace(&mut self, request: Request) -> Result<Replacement, Error> {
        let at = self.batch_of(&request.object_id, &request.department);
        let (before, after) = (&self.batches[..at], &self.batches[at + 1..]);
        let others: Vec<&Assignments> = before
            .iter()
            .chain(after)
            .map(|one| &one.assignments)
            .collect();
        let batch = &self.batches[at];
        let register = assign::beside(&batch.register, &others, 1);
        let inputs = Inputs {
            register: &register,
            ..self.inputs(batch)
        };
        let mut assignments = batch.assignments.clone();
        let made = assign::replace(&inputs, &mut assignments, request)?;
        self.batches[at].assignments = assignments;
        self.n_replaced += 1;
        Ok(made)
    }

    /// Attaches an institution to a visit that has a team.
    pub(super) fn attach(&mut self, body: &ledger::Entrust) -> Result<(), Error> {
        let at = self.batch_of(&body.object_id, &body.department);
        let institution = Institution {
            name: body.institution.clone(),
            qualification: body.qualification.clone(),
            expires: body.expires,
            report_id: body.report_id.clone(),
        };
        let assignments = &mut self.batches[at].assignments;
        assign::attach(assignments, &body.object_id, &body.department, institution)?;
        Ok(())
    }

    /// The batch of a visit; the first, which says so, if nobody has it.
    fn batch_of(&self, object_id: &str, department: &str) -> usize {
        let has_row = |batch: &Batch| batch.assignments.row(object_id, department).is_some();
        self.batches.iter().position(has_row).unwrap_or(0)
    }

    fn inputs<'a>(&'a self, batch: &'a Batch) -> Inputs<'a> {
        Inputs {
            params: &batch.params,
            visits: &batch.needs,
            register: &batch.register,
            last: &self.teams.last,
            hash: self.hash,
            sub_seed: self.sub_seed,
        }
    }

    /// Visits that have no team yet, with what is left of the inspectors; nobody is drawn.
    fn next_batch(&self) -> Result<Batch, Error> {
        let visits = self.drawn.visits()?;
        let usable = |visit: &&Visit| !self.drawn.unusable.contains(&visit.object_id);
        let visits: Vec<&Visit> = visits.iter().filter(usable).collect();
        let ids = visits.iter().map(|visit| visit.object_id.as_str());
        let objects = lists::read_objects(&self.drawn.sealed, &ids.collect())?;
        let seal = self.drawn.sealed.seal();
        let needs = visits
            .iter()
            .flat_map(|visit| needs(seal, visit, &self.teams, objects.get(&visit.object_id)));
        let before: Vec<&Assignments> = self.batches.iter().map(|one| &one.assignments).collect();
        let has_team = |need: &VisitNeed| {
            before
                .iter()
                .any(|batch| batch.row(&need.object_id, &need.department).is_some())
        };
        let needs = needs.filter(|need| !has_team(need)).collect();
        let (params, register) = if before.is_empty() {
            (self.teams.params.clone(), self.teams.register.clone())
        } else {
            let days = self.teams.rules.days;
            let window = (days.first, days.last);
            assign::after(&self.teams.params, &self.teams.register, &before, window)
        };
        Ok(Batch {
            needs,
            params,
            register,
            objects,
            assignments: Assignments::default(),
        })
    }
}

fn request(body: &ledger::Replace) -> Request {
    Request {
        object_id: body.object_id.clone(),
        department: body.office.clone(),
        inspector_id: body.inspector.clone(),
        reason: body.reason.clone(),
        evidence: body.evidence,
        supervisor: body.supervisor.clone(),
    }
}

/// Holds a recorded substitute to the one the sub-seed draws.
fn check_substitute(body: &ledger::Replace, made: &Replacement) -> Result<(), Error> {
    if body.substitute == made.substitute_id {
        return Ok(());
    }
    Err(Error::Found(vec![format!(
        "{}: the sub-seed draws {} instead of {}, the ledger records {}",
        body.object_id, made.substitute_id, body.inspector, body.substitute
    )]))
}

/// One need per department of a visit, with what the department's items ask of its inspectors.
fn needs(
    seal: &PublicSeal,
    visit: &Visit,
    teams: &Teams,
    object: Option<&Object>,
) -> Vec<VisitNeed> {
    let mut departments: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for &item in &visit.items {
        let draw = &seal.draws[item];
        let asked = departments.entry(&draw.department).or_default();
        let specialty = teams.rules.specialties.get(&draw.name);
        asked.extend(specialty.map(String::as_str));
    }
    let text = |text: fn(&Object) -> &String| object.map(text).cloned().unwrap_or_default();
    let need = |(department, asked): (&str, BTreeSet<&str>)| VisitNeed {
        object_id: visit.object_id.clone(),
        department: department.to_owned(),
        office: text(|object| &object.office),
        region_code: text(|object| &object.region_code),
        level: None,
        specialties: asked.into_iter().map(required).collect(),
        first: teams.rules.days.first,
        last: teams.rules.days.last,
    };
    departments.into_iter().map(need).collect()
}

fn required(specialty: &str) -> Required {
    Required {
        specialty: specialty.to_owned(),
        held_by: HeldBy::One,
    }
}
