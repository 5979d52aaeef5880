//! Acts that come with a file: it is read, kept in the ledger's own form, and named by the entry.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use super::chain::Line;
use super::entry::{Entry, External, Files, Programme, Results};
use super::names::check_name;
use super::rows::{self, Outcome, UnusableTarget, Visit};
use super::{Appended, Error, Ledger, Put, Writer, files, probabilities, sheet};
use crate::units::{Day, Digest, HashName, Moment};

/// The table of probabilities of a drawn round.
const PROBABILITIES: &str = "/probabilities.parquet";
/// The table of unusable targets of an entry.
pub const UNUSABLE: &str = "unusable.csv";
/// The table of the objects that moved up for them: `object_id` first.
pub const SUBSTITUTES: &str = "substitutes.csv";

impl Writer {
    /// Records a published version of the programme (年度抽查工作计划): a TOML file of `version`, `published_on` and `proof`.
    ///
    /// # Errors
    /// When the file cannot be read or a rule is broken; nothing was recorded then.
    pub fn record_programme(
        &mut self,
        now: Moment,
        file: &str,
        bytes: &[u8],
    ) -> Result<Appended, Error> {
        let unusable = |reason: String| Error::ProgrammeFile {
            file: file.to_owned(),
            reason,
        };
        let text = std::str::from_utf8(bytes).map_err(|error| unusable(error.to_string()))?;
        let said = |error: toml::de::Error| unusable(error.message().to_owned());
        let mut table: toml::Table = text.parse().map_err(said)?;
        if let Some(day @ toml::Value::Datetime(_)) = table.get_mut("published_on") {
            *day = toml::Value::String(day.to_string()); // a day without quotes is a day too
        }
        let programme: Programme = table.try_into().map_err(said)?;
        let to = format!("programmes/{:04}.toml", self.ledger().sequence() + 1);
        let put = self.stage("programme.toml", bytes, to)?;
        self.append(now, Entry::Programme(programme), &[put])
    }

    /// Records visits by departments outside this ledger from a CSV file, whole or not at all.
    ///
    /// # Errors
    /// [`Error::Rows`] names every bad row; a visit that is already recorded is one.
    pub fn record_external(
        &mut self,
        now: Moment,
        file: &str,
        bytes: &[u8],
    ) -> Result<Appended, Error> {
        let visits = rows::visits(file, bytes, now.day())?;
        let known: BTreeSet<Visit> = self.ledger().external_visits()?.into_iter().collect();
        let again = visits.iter().filter(|(visit, _)| known.contains(visit));
        let problems: Vec<_> = again
            .map(|(visit, line)| {
                let value = format!("{} on {}", visit.object_id, visit.inspected_on);
                sheet::problem(file, *line, "object_id", &value, "is recorded already")
            })
            .collect();
        if !problems.is_empty() {
            return Err(Error::Rows(problems));
        }
        let to = format!("external/{:04}.csv", self.ledger().sequence() + 1);
        let put = self.stage("external.csv", &rows::write_visits(&visits), to)?;
        let entry = Entry::External(External {
            n_visits: visits.len() as u64,
            source: HashName::Sha256.digest(&[bytes]),
            files: Files::new(),
        });
        self.append(now, entry, &[put])
    }

    /// Records what visits of a drawn round found from a CSV file, whole or not at all.
    ///
    /// # Errors
    /// [`Error::Rows`] names every bad row: an object that was not drawn, or has its result, is one.
    pub fn record_results(
        &mut self,
        now: Moment,
        round: &str,
        file: &str,
        bytes: &[u8],
    ) -> Result<Appended, Error> {
        let drawn_on = self.ledger().drawn_on(round)?;
        let drawn = self.ledger().drawn(round)?;
        let known = self.ledger().outcomes(round)?.into_iter();
        let known: BTreeSet<String> = known.map(|outcome| outcome.object_id).collect();
        let refused = |id: &str| match (drawn.contains(id), known.contains(id)) {
            (false, _) => Some("was not drawn in this round"),
            (true, true) => Some("has its result in this round already"),
            (true, false) => None,
        };
        let outcomes = rows::outcomes(file, bytes, (drawn_on, now.day()), refused)?;
        let mut outcomes: Vec<Outcome> = outcomes.into_iter().map(|(outcome, _)| outcome).collect();
        outcomes.sort();
        let name = format!("results-{:04}.csv", self.ledger().sequence() + 1);
        let to = Ledger::place(round, &name);
        let put = self.stage("results.csv", &rows::write_outcomes(&outcomes), to)?;
        let entry = Entry::Result(Results {
            round: round.to_owned(),
            n_visits: outcomes.len() as u64,
            n_found: outcomes.iter().filter(|outcome| outcome.found).count() as u64,
            source: HashName::Sha256.digest(&[bytes]),
            files: Files::new(),
        });
        self.append(now, entry, &[put])
    }

    /// Records an entry that needs evidence with a copy of it, whose digest goes into the entry, beside its other artefacts.
    ///
    /// # Errors
    /// When the evidence cannot be copied or a rule is broken; nothing was recorded then.
    pub fn record_with_evidence(
        &mut self,
        now: Moment,
        mut entry: Entry,
        evidence: &Path,
        mut puts: Vec<Put>,
    ) -> Result<Appended, Error> {
        let found = files::digest(evidence).map_err(|source| Error::Evidence {
            path: evidence.to_owned(),
            source,
        })?;
        match &mut entry {
            Entry::Custody(body) => body.evidence = found,
            Entry::Receipt(body) => body.evidence = found,
            Entry::Replace(body) => body.evidence = found,
            Entry::Entrust(body) => body.evidence = found,
            Entry::Unusable(body) => body.evidence = found,
            _ => {}
        }
        if fs::metadata(evidence).is_ok_and(|file| file.len() == 0) {
            return Err(Error::Evidence {
                path: evidence.to_owned(),
                source: std::io::Error::other("the file is empty"),
            });
        }
        let (kind, round) = (entry.kind(), entry.round().unwrap_or_default());
        self.ledger().state().round(round)?;
        let name = evidence.file_name().unwrap_or_default().to_string_lossy();
        let name = check_name(&name).map_or("evidence", |()| &name);
        let folder = format!("{kind}-{:04}", self.ledger().sequence() + 1);
        let to = Ledger::place(round, &format!("{folder}/{name}"));
        let from = self.staging()?.join("evidence");
        fs::copy(evidence, &from).map_err(Error::io("copy", evidence))?;
        puts.push(Put { from, to });
        self.append(now, entry, &puts)
    }

    fn stage(&self, name: &str, bytes: &[u8], to: String) -> Result<Put, Error> {
        let from = self.staging()?.join(name);
        fs::write(&from, bytes).map_err(Error::io("write", &from))?;
        Ok(Put { from, to })
    }
}

impl Ledger {
    /// The objects drawn by any draw of a round, and those that moved up for them.
    ///
    /// # Errors
    /// When the round is not drawn, or its table of probabilities is gone or changed.
    pub fn drawn(&self, round: &str) -> Result<BTreeSet<String>, Error> {
        let units = self.units(round)?.into_iter();
        let visited = units.filter(|(_, unit)| unit.is_visited);
        let mut drawn: BTreeSet<String> = visited.map(|(id, _)| id).collect();
        drawn.extend(self.substitutes(round)?);
        Ok(drawn)
    }

    /// The targets of a round that cannot be inspected, in the order they were recorded.
    ///
    /// # Errors
    /// When a table the ledger names is gone or was changed.
    pub fn unusable(&self, round: &str) -> Result<Vec<UnusableTarget>, Error> {
        let mut targets = Vec::new();
        for (line, _) in &self.state().round(round)?.unusable {
            targets.extend(self.unusable_of(*line)?);
        }
        Ok(targets)
    }

    /// The targets that line `line` declares unusable; nothing if it is another kind of line.
    ///
    /// # Errors
    /// When a table the ledger names is gone or was changed.
    pub fn unusable_of(&self, line: u64) -> Result<Vec<UnusableTarget>, Error> {
        let entry = usize::try_from(line - 1)
            .ok()
            .and_then(|at| self.lines().get(at));
        let Some(Entry::Unusable(body)) = entry.map(|line| &line.entry) else {
            return Ok(Vec::new());
        };
        let Some(bytes) = self.table(line, &body.files, UNUSABLE)? else {
            return Ok(Vec::new());
        };
        let rows = rows::unusable(UNUSABLE, &bytes)?;
        Ok(rows.into_iter().map(|(target, _)| target).collect())
    }

    /// Ids of the objects that moved up for targets that cannot be inspected.
    ///
    /// # Errors
    /// When a table the ledger names is gone or was changed.
    pub fn substitutes(&self, round: &str) -> Result<BTreeSet<String>, Error> {
        let mut ids = BTreeSet::new();
        for (line, body) in &self.state().round(round)?.unusable {
            let bytes = self.table(*line, &body.files, SUBSTITUTES)?;
            ids.extend(rows::first_cells(&bytes.unwrap_or_default()));
        }
        Ok(ids)
    }

    /// Reads a file of targets that cannot be inspected: drawn objects of the round, or such as moved up, each once.
    ///
    /// # Errors
    /// [`Error::Rows`] names every bad row.
    pub fn read_unusable(
        &self,
        round: &str,
        file: &str,
        bytes: &[u8],
    ) -> Result<Vec<UnusableTarget>, Error> {
        self.state().check_unusable(round)?;
        let targets = rows::unusable(file, bytes)?;
        let drawn = self.drawn(round)?;
        let known = self.unusable(round)?;
        let outcomes = self.outcomes(round)?.into_iter();
        let visited: BTreeSet<String> = outcomes.map(|outcome| outcome.object_id).collect();
        let mut problems = Vec::new();
        for (target, line) in &targets {
            let id = &target.object_id;
            let rule = if !drawn.contains(id) {
                "was not drawn in this round"
            } else if known.iter().any(|known| known.object_id == *id) {
                "is recorded as unusable in this round already"
            } else if visited.contains(id) {
                "has a result in this round, so it was inspected"
            } else {
                continue;
            };
            problems.push(sheet::problem(file, *line, "object_id", id, rule));
        }
        if !problems.is_empty() {
            return Err(Error::Rows(problems));
        }
        let mut targets: Vec<UnusableTarget> =
            targets.into_iter().map(|(target, _)| target).collect();
        targets.sort();
        Ok(targets)
    }

    /// The bytes of the artefact of line `line` that is called `name` in its folder; none where the line names no such.
    ///
    /// # Errors
    /// When the artefact is gone or was changed.
    pub fn table(&self, line: u64, files: &Files, name: &str) -> Result<Option<Vec<u8>>, Error> {
        let end = format!("/{name}");
        let Some(path) = files.keys().find(|path| path.ends_with(&end)) else {
            return Ok(None);
        };
        let path = self.artefact(line, files, path)?;
        fs::read(&path).map(Some).map_err(Error::io("read", &path))
    }

    /// The day a round was drawn on.
    pub(super) fn drawn_on(&self, round: &str) -> Result<Day, Error> {
        let drawn = self.state().check_results(round)?.draw();
        Ok(drawn
            .map(|(at, _)| at.day())
            .expect("a round with results is drawn"))
    }

    pub(super) fn units(
        &self,
        round: &str,
    ) -> Result<BTreeMap<String, probabilities::Unit>, Error> {
        let (path, name) = self.probabilities(round)?;
        probabilities::read(&path).map_err(|reason| Error::Probabilities { path: name, reason })
    }

    /// The table of probabilities of a drawn round, and the name the ledger gives it.
    pub(super) fn probabilities(&self, round: &str) -> Result<(PathBuf, String), Error> {
        self.state().check_results(round)?;
        let is_draw =
            |line: &&Line| matches!(&line.entry, Entry::Draw(draw) if draw.round == round);
        let missing = || Error::NoProbabilities {
            round: round.to_owned(),
        };
        let line = self.lines().iter().find(is_draw).ok_or_else(missing)?;
        let files = line.entry.files().ok_or_else(missing)?;
        let name = files.keys().find(|name| name.ends_with(PROBABILITIES));
        let name = name.ok_or_else(missing)?;
        Ok((self.artefact(line.seq, files, name)?, name.clone()))
    }

    /// Object and day of every visit of departments outside this ledger, in the order of entry.
    ///
    /// # Errors
    /// When a table the ledger names is gone or was changed.
    pub fn visits_of_others(&self) -> Result<Vec<(String, Day)>, Error> {
        let visits = self.external_visits()?.into_iter();
        Ok(visits
            .map(|visit| (visit.object_id, visit.inspected_on))
            .collect())
    }

    pub(super) fn external_visits(&self) -> Result<Vec<Visit>, Error> {
        let mut visits = Vec::new();
        for line in self.lines() {
            if let Entry::External(body) = &line.entry {
                for (name, bytes) in self.contents(line.seq, &body.files)? {
                    let rows = rows::visits(&name, &bytes, line.at.day())?;
                    visits.extend(rows.into_iter().map(|(visit, _)| visit));
                }
            }
        }
        Ok(visits)
    }

    pub(super) fn outcomes(&self, round: &str) -> Result<Vec<Outcome>, Error> {
        let entered = self.entered_outcomes(round)?.into_iter();
        Ok(entered.map(|(outcome, _)| outcome).collect())
    }

    /// The results of a round, each with the day it was entered.
    pub(super) fn entered_outcomes(&self, round: &str) -> Result<Vec<(Outcome, Day)>, Error> {
        let found = self.state().check_results(round)?;
        let drawn_on = self.drawn_on(round)?;
        let mut outcomes = Vec::new();
        for (line, body) in &found.results {
            let entered_on = self.day_of(*line);
            for (name, bytes) in self.contents(*line, &body.files)? {
                let rows = rows::outcomes(&name, &bytes, (drawn_on, entered_on), |_| None)?;
                outcomes.extend(rows.into_iter().map(|(outcome, _)| (outcome, entered_on)));
            }
        }
        Ok(outcomes)
    }

    /// The day of line `line`, which the state has read.
    pub(super) fn day_of(&self, line: u64) -> Day {
        self.lines()[usize::try_from(line - 1).unwrap_or(usize::MAX)]
            .at
            .day()
    }

    fn contents(&self, line: u64, files: &Files) -> Result<Vec<(String, Vec<u8>)>, Error> {
        let read = |name: &String| {
            let path: PathBuf = self.artefact(line, files, name)?;
            let bytes = fs::read(&path).map_err(Error::io("read", &path))?;
            Ok((name.clone(), bytes))
        };
        files.keys().map(read).collect()
    }
}

impl Entry {
    /// Stands for the evidence until [`Writer::record_with_evidence`] has read it.
    pub const NO_EVIDENCE: Digest = Digest([0; 32]);
}
