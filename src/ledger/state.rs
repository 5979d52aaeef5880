//! 批次的状态: what the entries add up to, and which act may follow. Pure: the same entries, the same state.
//!
//! sealed → key lodged (sealed proof) → published → drawn, or 作废. Every published seal ends in exactly one drawn list, or in a
//! recorded 作废 before its seed can be known.

use std::collections::BTreeMap;

use serde::Serialize;
use thiserror::Error;

use super::entry::{
    Assign, Custody, Draw, Entrust, Entry, KeyLost, Programme, Receipt, Replace, Replaced, Results,
    Seal, Unusable, Void,
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

/// One round and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Round {
    /// Ledger sequence number of its seal.
    pub sequence: u64,
    /// When it was sealed.
    pub sealed_at: Moment,
    /// Its seal.
    pub seal: Seal,
    /// The custody of its key.
    pub custody: Option<Custody>,
    /// The proof that its seal was published.
    pub receipt: Option<Receipt>,
    /// How it ended.
    pub end: Option<End>,
    /// The loss of its key.
    pub key_lost: Option<KeyLost>,
    /// Its assignments: sequence numbers of their lines, with them. More than one where targets moved up later.
    pub assigned: Vec<(u64, Assign)>,
    /// Targets that cannot be inspected: sequence numbers of their lines, with them.
    pub unusable: Vec<(u64, Unusable)>,
    /// Recorded results: sequence numbers of their lines, with them.
    pub results: Vec<(u64, Results)>,
    /// The round that draws it again.
    pub superseded_by: Option<String>,
}

/// How a round ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// Drawn at a moment.
    Drawn(Moment, Draw),
    /// 作废 at a moment.
    Voided(Moment, Void),
}

/// Where a round stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Sealed; its key is not lodged, or it needs none and is not published.
    Sealed,
    /// Its key is lodged with the supervisor.
    Lodged,
    /// Its seal is published outside the bureau, and its key lodged where it has one.
    Published,
    /// Drawn.
    Drawn,
    /// 作废.
    Voided,
}

/// An act that may not follow what is recorded.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// Only the first line makes the workspace.
    #[error("the first line must be init and no other line may be")]
    Init,
    /// A form of the ledger this version does not know.
    #[error("the ledger has format {0}, this version of choucha reads format 1")]
    Format(u32),
    /// A text that must say something.
    #[error("{key} must not be empty and must not contain control characters, it is {text:?}")]
    Text {
        /// Key of the entry.
        key: &'static str,
        /// Its text.
        text: String,
    },
    /// A name that cannot be a folder on every system.
    #[error("{name:?} cannot name a round: {rule}")]
    Name {
        /// The id.
        name: String,
        /// The rule.
        rule: &'static str,
    },
    /// A round nobody sealed.
    #[error("round {0:?} is not in the ledger")]
    UnknownRound(String),
    /// A round id names one round.
    #[error(
        "round {round:?} was sealed before (line {sequence}); a round id is used once, also in another case of letters"
    )]
    RoundTwice {
        /// The id.
        round: String,
        /// Line of the first seal.
        sequence: u64,
    },
    /// The entry is about another seal than the round's.
    #[error("round {round:?} has the seal {expected}, the entry names {found}")]
    OtherSeal {
        /// The round.
        round: String,
        /// Its seal.
        expected: Digest,
        /// The seal named.
        found: Digest,
    },
    /// Rehearsals and draws of record never share a ledger.
    #[error(
        "the seal says rehearsal = {seal}, the workspace was made with rehearsal = {workspace}: a draw of record and a rehearsal (演练) never share a workspace"
    )]
    Rehearsal {
        /// Of the seal.
        seal: bool,
        /// Of the workspace.
        workspace: bool,
    },
    /// A seal made when its seed could already be known.
    #[error(
        "round {round:?}: the event of its seed rule is not before {not_before}, and it is {now}: a round is sealed before its seed can be known"
    )]
    SealedLate {
        /// The round.
        round: String,
        /// Earliest moment of the event.
        not_before: Moment,
        /// Moment of sealing.
        now: Moment,
    },
    /// A re-draw first completes and records the draw it replaces.
    #[error(
        "round {round:?} supersedes {superseded:?}, which is {stage}: draw it first, or declare it void (作废) before its seed can be known"
    )]
    SupersedesOpen {
        /// The new round.
        round: String,
        /// The round it replaces.
        superseded: String,
        /// Where that stands.
        stage: &'static str,
    },
    /// One round replaces another, once.
    #[error("round {superseded:?} is already superseded by {by:?}")]
    SupersededTwice {
        /// The round.
        superseded: String,
        /// The round that replaces it.
        by: String,
    },
    /// A plan version nobody published.
    #[error(
        "round {round:?} carries out version {version:?} of the programme (年度抽查工作计划), which is not in the ledger: record it first"
    )]
    NoProgramme {
        /// The round.
        round: String,
        /// The version.
        version: String,
    },
    /// Published too late, or not yet.
    #[error(
        "version {version:?} of the programme (年度抽查工作计划) was published on {published_on}, after {today}"
    )]
    ProgrammeLate {
        /// The version.
        version: String,
        /// The day.
        published_on: Day,
        /// The day of the entry.
        today: Day,
    },
    /// One version is one publication.
    #[error(
        "version {0:?} of the programme (年度抽查工作计划) is already in the ledger: give the change a version of its own"
    )]
    ProgrammeTwice(String),
    /// An act that happens once.
    #[error("round {round:?}: {what} is already recorded")]
    Twice {
        /// The round.
        round: String,
        /// What.
        what: &'static str,
    },
    /// One seal, one seed, one draw.
    #[error(
        "round {round:?} was drawn at {at} with the seed {seed_text:?}: one seal is drawn once"
    )]
    DrawnBefore {
        /// The round.
        round: String,
        /// When.
        at: Moment,
        /// With which seed.
        seed_text: String,
    },
    /// The round ended in 作废.
    #[error("round {round:?} was declared void (作废) at {at}: {reason}")]
    VoidedBefore {
        /// The round.
        round: String,
        /// When.
        at: Moment,
        /// Why.
        reason: String,
    },
    /// An open proof has no key.
    #[error("round {0:?} has an open proof: there is no draw key to lodge or to lose")]
    NoKey(String),
    /// A key that is still there is not lost.
    #[error(
        "round {0:?}: its draw key stands in the workspace and opens its seal, so it is not lost"
    )]
    KeyThere(String),
    /// Another key than the sealed one.
    #[error("round {round:?}: the seal commits the key {expected}, the lodged key is {found}")]
    OtherKey {
        /// The round.
        round: String,
        /// Commitment of the seal.
        expected: Digest,
        /// Commitment of the lodged key.
        found: Digest,
    },
    /// Something that must happen before the event.
    #[error(
        "round {round:?}: {what} {at}, and that must be before the event of its seed rule (not_before = {not_before})"
    )]
    NotBeforeEvent {
        /// The round.
        round: String,
        /// What happened.
        what: &'static str,
        /// When.
        at: Moment,
        /// Earliest moment of the event.
        not_before: Moment,
    },
    /// Something that is said to have happened before the seal existed, or that has not happened yet.
    #[error(
        "round {round:?}: {what} {at}, and that must lie between the seal ({sealed_at}) and now ({now})"
    )]
    Impossible {
        /// The round.
        round: String,
        /// What happened.
        what: &'static str,
        /// When.
        at: Moment,
        /// When the round was sealed.
        sealed_at: Moment,
        /// Moment of the entry.
        now: Moment,
    },
    /// The evidence is not among the files.
    #[error("the evidence {0} is not among the files of the entry")]
    NoEvidence(Digest),
    /// The key must be with the supervisor before the draw.
    #[error(
        "round {0:?} has a sealed proof and its key is not lodged with the supervisor: lodge it before the event and record the custody"
    )]
    NoCustody(String),
    /// The seal must be published before the draw.
    #[error(
        "round {0:?}: no receipt says that its seal was published outside the bureau before the event; record one"
    )]
    NoReceipt(String),
    /// The seed cannot be known yet.
    #[error(
        "round {round:?}: it is {now}, and the event of its seed rule is not before {not_before}"
    )]
    TooEarly {
        /// The round.
        round: String,
        /// Moment of the draw.
        now: Moment,
        /// Earliest moment of the event.
        not_before: Moment,
    },
    /// A round whose key is lost cannot be drawn.
    #[error(
        "the key of round {round:?} is lost ({reason}): the round can only be declared void (作废) with that reason"
    )]
    KeyLost {
        /// The round.
        round: String,
        /// How it was lost.
        reason: String,
    },
    /// 作废 gives the reason that is recorded.
    #[error(
        "the key of round {round:?} is lost, so it must be declared void (作废) with the recorded reason {expected:?}, not {found:?}"
    )]
    VoidReason {
        /// The round.
        round: String,
        /// The recorded reason.
        expected: String,
        /// The reason given.
        found: String,
    },
    /// The seed may be known, so leaving the draw out would be a choice.
    #[error(
        "round {round:?}: it is {now} and its seed can be known since {not_before}; a published round is declared void (作废) before that, or drawn"
    )]
    VoidLate {
        /// The round.
        round: String,
        /// Moment of the entry.
        now: Moment,
        /// Earliest moment of the event.
        not_before: Moment,
    },
    /// Something that follows a draw.
    #[error("round {round:?} is {stage}: {what} needs a drawn round")]
    NotDrawn {
        /// The round.
        round: String,
        /// Where it stands.
        stage: &'static str,
        /// What was to be recorded.
        what: &'static str,
    },
    /// Nobody is replaced before somebody is assigned.
    #[error("round {0:?} has no assignment: nobody can be replaced or assisted")]
    NotAssigned(String),
    /// A substitute is somebody else.
    #[error("{0:?} cannot be replaced by the same inspector")]
    SameInspector(String),
    /// A file without rows records nothing.
    #[error("{0} without a row records nothing")]
    NoRows(&'static str),
}

impl Stage {
    /// In words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Sealed => "sealed",
            Self::Lodged => "sealed, its key lodged",
            Self::Published => "published and not drawn",
            Self::Drawn => "drawn",
            Self::Voided => "void (作废)",
        }
    }
}

impl Round {
    /// Where it stands.
    #[must_use]
    pub fn stage(&self) -> Stage {
        let is_kept = self.seal.key.is_none() || self.custody.is_some();
        match (&self.end, &self.receipt) {
            (Some(End::Drawn(..)), _) => Stage::Drawn,
            (Some(End::Voided(..)), _) => Stage::Voided,
            (None, Some(_)) if is_kept => Stage::Published,
            (None, _) if self.custody.is_some() => Stage::Lodged,
            (None, _) => Stage::Sealed,
        }
    }

    /// Its draw, if it was drawn, and when.
    #[must_use]
    pub fn draw(&self) -> Option<(Moment, &Draw)> {
        match &self.end {
            Some(End::Drawn(at, draw)) => Some((*at, draw)),
            _ => None,
        }
    }

    /// Whether it could be drawn once its seed is known.
    fn is_drawable(&self) -> bool {
        self.stage() == Stage::Published && self.key_lost.is_none()
    }

    fn check_open(&self) -> Result<(), Refusal> {
        let round = self.seal.round.clone();
        match &self.end {
            None => Ok(()),
            Some(End::Drawn(at, draw)) => Err(Refusal::DrawnBefore {
                round,
                at: *at,
                seed_text: draw.seed_text.clone(),
            }),
            Some(End::Voided(at, void)) => Err(Refusal::VoidedBefore {
                round,
                at: *at,
                reason: void.reason.clone(),
            }),
        }
    }

    fn check_drawn(&self, what: &'static str) -> Result<(), Refusal> {
        if self.stage() == Stage::Drawn {
            return Ok(());
        }
        Err(Refusal::NotDrawn {
            round: self.seal.round.clone(),
            stage: self.stage().words(),
            what,
        })
    }

    fn check_seal(&self, found: Digest) -> Result<(), Refusal> {
        if found == self.seal.seal {
            return Ok(());
        }
        Err(Refusal::OtherSeal {
            round: self.seal.round.clone(),
            expected: self.seal.seal,
            found,
        })
    }

    /// Whether something that happened at `at` lies after the seal, before the event and not in the future.
    fn check_time(&self, what: &'static str, at: Moment, now: Moment) -> Result<(), Refusal> {
        let round = self.seal.round.clone();
        if at < self.sealed_at || now < at {
            return Err(Refusal::Impossible {
                round,
                what,
                at,
                sealed_at: self.sealed_at,
                now,
            });
        }
        if at < self.seal.not_before {
            return Ok(());
        }
        Err(Refusal::NotBeforeEvent {
            round,
            what,
            at,
            not_before: self.seal.not_before,
        })
    }
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
