//! 批次的状态: what the entries add up to, and which act may follow. Pure: the same entries, the same state.
//!
//! sealed → key lodged (sealed proof) → published → drawn, or 作废. Every published seal ends in exactly one drawn list, or in a
//! recorded 作废 before its seed can be known.

mod refusal;
mod round;

use std::collections::BTreeMap;

pub use refusal::Refusal;
pub use round::{End, Round, Stage};

use super::entry::{
    Custody, Entrust, Entry, KeyLost, Programme, Receipt, Replace, Replaced, Seal, Unusable, Void,
};
use super::names::check_name;
use crate::units::{Day, Digest, Moment, check_round_id};

/// Everything the ledger's entries add up to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    title: String,
    rehearsal: bool,
    rounds: Vec<Round>,
    programmes: BTreeMap<String, Day>,
    replaced: BTreeMap<String, u64>,
    replaced_targets: BTreeMap<String, Replaced>,
}

impl State {
    /// Whose ledger this is.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.title
    }

    /// 演练: whether nothing in it is a draw of record.
    #[must_use]
    pub fn is_rehearsal(&self) -> bool {
        self.rehearsal
    }

    /// All rounds, in the order they were sealed.
    #[must_use]
    pub fn rounds(&self) -> &[Round] {
        &self.rounds
    }

    /// The round with this id.
    ///
    /// # Errors
    /// [`Refusal::UnknownRound`].
    pub fn round(&self, id: &str) -> Result<&Round, Refusal> {
        let found = self.rounds.iter().find(|round| round.seal.round == id);
        found.ok_or_else(|| Refusal::UnknownRound(id.to_owned()))
    }

    /// Versions of the programme, with the days they were published.
    #[must_use]
    pub fn programmes(&self) -> &BTreeMap<String, Day> {
        &self.programmes
    }

    /// Replaced inspectors, counted per office.
    #[must_use]
    pub fn replaced_by_office(&self) -> &BTreeMap<String, u64> {
        &self.replaced
    }

    /// Replaced targets, counted per office.
    #[must_use]
    pub fn replaced_targets_by_office(&self) -> &BTreeMap<String, Replaced> {
        &self.replaced_targets
    }

    /// Whether this version of the programme may be recorded at `now`.
    ///
    /// # Errors
    /// The rule it breaks.
    pub fn check_programme(&self, programme: &Programme, now: Moment) -> Result<(), Refusal> {
        check_text("version", &programme.version)?;
        check_text("proof", &programme.proof)?;
        if self.programmes.contains_key(&programme.version) {
            return Err(Refusal::ProgrammeTwice(programme.version.clone()));
        }
        check_published(&programme.version, programme.published_on, now)
    }

    /// Whether this round may be sealed at `now`.
    ///
    /// # Errors
    /// The rule it breaks.
    pub fn check_seal(&self, seal: &Seal, now: Moment) -> Result<(), Refusal> {
        self.check_new_round(&seal.round)?;
        check_text("title", &seal.title)?;
        check_text("event", &seal.event)?;
        if seal.rehearsal != self.rehearsal {
            return Err(Refusal::Rehearsal {
                seal: seal.rehearsal,
                workspace: self.rehearsal,
            });
        }
        if seal.not_before <= now {
            return Err(Refusal::SealedLate {
                round: seal.round.clone(),
                not_before: seal.not_before,
                now,
            });
        }
        if let Some(version) = &seal.programme {
            let published_on = self.programmes.get(version);
            let published_on = published_on.ok_or_else(|| Refusal::NoProgramme {
                round: seal.round.clone(),
                version: version.clone(),
            })?;
            check_published(version, *published_on, now)?;
        }
        self.check_supersedes(seal)
    }

    /// Whether `id` can be the id of a new round.
    ///
    /// # Errors
    /// The rule it breaks.
    pub fn check_new_round(&self, id: &str) -> Result<(), Refusal> {
        check_name(id)
            .and_then(|()| check_round_id(id))
            .map_err(|rule| Refusal::Name {
                name: id.to_owned(),
                rule,
            })?;
        let folded = id.to_lowercase();
        let before = self
            .rounds
            .iter()
            .find(|round| round.seal.round.to_lowercase() == folded);
        before.map_or(Ok(()), |before| {
            Err(Refusal::RoundTwice {
                round: id.to_owned(),
                sequence: before.sequence,
            })
        })
    }

    fn check_supersedes(&self, seal: &Seal) -> Result<(), Refusal> {
        let Some(superseded) = &seal.supersedes else {
            return Ok(());
        };
        let before = self.round(&superseded.round)?;
        before.check_seal(superseded.seal)?;
        if before.end.is_none() {
            return Err(Refusal::SupersedesOpen {
                round: seal.round.clone(),
                superseded: superseded.round.clone(),
                stage: before.stage().words(),
            });
        }
        match &before.superseded_by {
            None => Ok(()),
            Some(by) => Err(Refusal::SupersededTwice {
                superseded: superseded.round.clone(),
                by: by.clone(),
            }),
        }
    }

    /// Whether this custody may be recorded at `now`.
    ///
    /// # Errors
    /// The rule it breaks.
    pub fn check_custody(&self, custody: &Custody, now: Moment) -> Result<(), Refusal> {
        let round = self.round(&custody.round)?;
        round.check_seal(custody.seal)?;
        round.check_open()?;
        check_text("holder", &custody.holder)?;
        let id = || custody.round.clone();
        let expected = round.seal.key.ok_or_else(|| Refusal::NoKey(id()))?;
        if round.custody.is_some() {
            let (round, what) = (id(), "the custody of its key");
            return Err(Refusal::Twice { round, what });
        }
        if custody.key != expected {
            return Err(Refusal::OtherKey {
                round: id(),
                expected,
                found: custody.key,
            });
        }
        round.check_time("its key was lodged at", custody.lodged_at, now)
    }

    /// Whether this receipt may be recorded at `now`.
    ///
    /// # Errors
    /// The rule it breaks.
    pub fn check_receipt(&self, receipt: &Receipt, now: Moment) -> Result<(), Refusal> {
        let round = self.round(&receipt.round)?;
        round.check_seal(receipt.seal)?;
        round.check_open()?;
        check_text("where", &receipt.place)?;
        if round.receipt.is_some() {
            let (round, what) = (receipt.round.clone(), "the receipt of its seal");
            return Err(Refusal::Twice { round, what });
        }
        round.check_time("its seal was published at", receipt.published_at, now)
    }

    /// Whether the round may be drawn at `now`; returns it.
    ///
    /// # Errors
    /// The rule that is broken.
    pub fn check_draw(&self, round: &str, now: Moment) -> Result<&Round, Refusal> {
        let found = self.round(round)?;
        found.check_open()?;
        let id = round.to_owned();
        if let Some(lost) = &found.key_lost {
            let reason = lost.reason.clone();
            return Err(Refusal::KeyLost { round: id, reason });
        }
        if found.seal.key.is_some() && found.custody.is_none() {
            return Err(Refusal::NoCustody(id));
        }
        if found.receipt.is_none() {
            return Err(Refusal::NoReceipt(id));
        }
        if now < found.seal.not_before {
            return Err(Refusal::TooEarly {
                round: id,
                now,
                not_before: found.seal.not_before,
            });
        }
        Ok(found)
    }

    /// Whether the round may be declared void at `now`: before its seed can be known, or when it cannot be drawn any more.
    ///
    /// # Errors
    /// The rule that is broken.
    pub fn check_void(&self, void: &Void, now: Moment) -> Result<(), Refusal> {
        let round = self.round(&void.round)?;
        round.check_seal(void.seal)?;
        round.check_open()?;
        check_text("reason", &void.reason)?;
        check_text("office", &void.office)?;
        let id = void.round.clone();
        if let Some(lost) = round.key_lost.as_ref().filter(|l| l.reason != void.reason) {
            return Err(Refusal::VoidReason {
                round: id,
                expected: lost.reason.clone(),
                found: void.reason.clone(),
            });
        }
        let not_before = round.seal.not_before;
        if not_before <= now && round.is_drawable() {
            return Err(Refusal::VoidLate {
                round: id,
                now,
                not_before,
            });
        }
        Ok(())
    }

    /// Whether inspectors may be assigned to the round's visits: once, and again whenever targets moved up since.
    ///
    /// # Errors
    /// The rule that is broken.
    pub fn check_assign(&self, round: &str) -> Result<&Round, Refusal> {
        let found = self.round(round)?;
        found.check_drawn("an assignment")?;
        let moved_up = found.unusable.iter().filter(|one| one.1.n_substitutes > 0);
        let moved_up = moved_up.map(|one| one.0).max();
        let last = found.assigned.last().map(|one| one.0);
        if last.is_some() && last > moved_up {
            let (round, what) = (round.to_owned(), "its assignment");
            return Err(Refusal::Twice { round, what });
        }
        Ok(found)
    }

    /// Whether this replacement may be recorded.
    ///
    /// # Errors
    /// The rule that is broken.
    pub fn check_replace(&self, replace: &Replace) -> Result<(), Refusal> {
        let round = self.round(&replace.round)?;
        if round.assigned.is_empty() {
            return Err(Refusal::NotAssigned(replace.round.clone()));
        }
        check_text("object_id", &replace.object_id)?;
        check_text("office", &replace.office)?;
        check_text("inspector", &replace.inspector)?;
        check_text("substitute", &replace.substitute)?;
        check_text("reason", &replace.reason)?;
        if replace.inspector == replace.substitute {
            return Err(Refusal::SameInspector(replace.inspector.clone()));
        }
        Ok(())
    }

    /// Whether an institution may be attached to a visit of the round.
    ///
    /// # Errors
    /// The rule that is broken.
    pub fn check_entrust(&self, entrust: &Entrust) -> Result<(), Refusal> {
        if self.round(&entrust.round)?.assigned.is_empty() {
            return Err(Refusal::NotAssigned(entrust.round.clone()));
        }
        let texts = [
            ("object_id", &entrust.object_id),
            ("department", &entrust.department),
            ("institution", &entrust.institution),
            ("qualification", &entrust.qualification),
            ("report_id", &entrust.report_id),
        ];
        texts
            .into_iter()
            .try_for_each(|(key, text)| check_text(key, text))
    }

    /// Whether targets of the round may be declared unusable; returns it.
    ///
    /// # Errors
    /// The rule that is broken.
    pub fn check_unusable(&self, round: &str) -> Result<&Round, Refusal> {
        let found = self.round(round)?;
        found.check_drawn("an unusable target")?;
        Ok(found)
    }

    /// Whether results of the round may be recorded; returns it.
    ///
    /// # Errors
    /// The rule that is broken.
    pub fn check_results(&self, round: &str) -> Result<&Round, Refusal> {
        let found = self.round(round)?;
        found.check_drawn("a result")?;
        Ok(found)
    }

    /// Whether the loss of the round's key may be recorded.
    ///
    /// # Errors
    /// The rule that is broken.
    pub fn check_key_lost(&self, lost: &KeyLost) -> Result<(), Refusal> {
        let round = self.round(&lost.round)?;
        check_text("reason", &lost.reason)?;
        check_text("office", &lost.office)?;
        if round.seal.key.is_none() {
            return Err(Refusal::NoKey(lost.round.clone()));
        }
        if round.key_lost.is_some() {
            let (round, what) = (lost.round.clone(), "the loss of its key");
            return Err(Refusal::Twice { round, what });
        }
        Ok(())
    }

    /// Checks an entry against all rules and takes it in.
    pub(super) fn admit(&mut self, seq: u64, at: Moment, entry: &Entry) -> Result<(), Refusal> {
        if (seq == 1) != matches!(entry, Entry::Init(_)) {
            return Err(Refusal::Init);
        }
        match entry {
            Entry::Init(init) => {
                check_text("title", &init.title)?;
                if init.format != 1 {
                    return Err(Refusal::Format(init.format));
                }
                (self.title, self.rehearsal) = (init.title.clone(), init.rehearsal);
            }
            Entry::Programme(body) => {
                self.check_programme(body, at)?;
                let day = body.published_on;
                self.programmes.insert(body.version.clone(), day);
            }
            Entry::Seal(body) => {
                self.check_seal(body, at)?;
                self.add_round(seq, at, body.clone());
            }
            Entry::External(body) if body.n_visits == 0 => {
                return Err(Refusal::NoRows("an external file"));
            }
            Entry::External(_) => {}
            _ => self.admit_to_round(seq, at, entry)?,
        }
        Ok(())
    }

    fn admit_to_round(&mut self, seq: u64, at: Moment, entry: &Entry) -> Result<(), Refusal> {
        match entry {
            Entry::Custody(body) => {
                self.check_custody(body, at)?;
                check_evidence(entry, body.evidence)?;
                self.round_mut(&body.round)?.custody = Some(body.clone());
            }
            Entry::Receipt(body) => {
                self.check_receipt(body, at)?;
                check_evidence(entry, body.evidence)?;
                self.round_mut(&body.round)?.receipt = Some(body.clone());
            }
            Entry::Void(body) => {
                self.check_void(body, at)?;
                self.round_mut(&body.round)?.end = Some(End::Voided(at, body.clone()));
            }
            Entry::Draw(body) => {
                self.check_draw(&body.round, at)?.check_seal(body.seal)?;
                check_text("seed_text", &body.seed_text)?;
                check_text("seed_source", &body.seed_source)?;
                self.round_mut(&body.round)?.end = Some(End::Drawn(at, body.clone()));
            }
            Entry::Assign(body) => {
                self.check_assign(&body.round)?.check_seal(body.seal)?;
                let round = self.round_mut(&body.round)?;
                round.assigned.push((seq, body.clone()));
            }
            Entry::Replace(body) => {
                self.check_replace(body)?;
                check_evidence(entry, body.evidence)?;
                *self.replaced.entry(body.office.clone()).or_default() += 1;
            }
            Entry::Entrust(body) => {
                self.check_entrust(body)?;
                check_evidence(entry, body.evidence)?;
            }
            Entry::Unusable(body) => {
                self.check_unusable(&body.round)?;
                if body.n_unusable == 0 {
                    return Err(Refusal::NoRows("a file of unusable targets"));
                }
                check_evidence(entry, body.evidence)?;
                self.count_replaced(body);
                let round = self.round_mut(&body.round)?;
                round.unusable.push((seq, body.clone()));
            }
            Entry::Result(body) => {
                self.check_results(&body.round)?;
                if body.n_visits == 0 {
                    return Err(Refusal::NoRows("a results file"));
                }
                self.round_mut(&body.round)?
                    .results
                    .push((seq, body.clone()));
            }
            Entry::KeyLost(body) => {
                self.check_key_lost(body)?;
                self.round_mut(&body.round)?.key_lost = Some(body.clone());
            }
            Entry::Init(_) | Entry::Programme(_) | Entry::Seal(_) | Entry::External(_) => {}
        }
        Ok(())
    }

    fn count_replaced(&mut self, body: &Unusable) {
        for (office, counted) in &body.offices {
            let sum = self.replaced_targets.entry(office.clone()).or_default();
            sum.unusable += counted.unusable;
            sum.substitutes += counted.substitutes;
        }
    }

    fn add_round(&mut self, sequence: u64, sealed_at: Moment, seal: Seal) {
        if let Some(superseded) = &seal.supersedes
            && let Ok(before) = self.round_mut(&superseded.round)
        {
            before.superseded_by = Some(seal.round.clone());
        }
        self.rounds.push(Round {
            sequence,
            sealed_at,
            seal,
            custody: None,
            receipt: None,
            end: None,
            key_lost: None,
            assigned: Vec::new(),
            unusable: Vec::new(),
            results: Vec::new(),
            superseded_by: None,
        });
    }

    fn round_mut(&mut self, id: &str) -> Result<&mut Round, Refusal> {
        let found = self.rounds.iter_mut().find(|round| round.seal.round == id);
        found.ok_or_else(|| Refusal::UnknownRound(id.to_owned()))
    }
}

fn check_text(key: &'static str, text: &str) -> Result<(), Refusal> {
    if !text.trim().is_empty() && !text.chars().any(char::is_control) {
        return Ok(());
    }
    let text = text.to_owned();
    Err(Refusal::Text { key, text })
}

fn check_published(version: &str, published_on: Day, now: Moment) -> Result<(), Refusal> {
    if published_on <= now.day() {
        return Ok(());
    }
    Err(Refusal::ProgrammeLate {
        version: version.to_owned(),
        published_on,
        today: now.day(),
    })
}

fn check_evidence(entry: &Entry, evidence: Digest) -> Result<(), Refusal> {
    let files = entry.files();
    if files.is_some_and(|files| files.values().any(|digest| *digest == evidence)) {
        return Ok(());
    }
    Err(Refusal::NoEvidence(evidence))
}
