//! Acts that may not follow what is recorded.

use thiserror::Error;

use crate::units::{Day, Digest, Moment};

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
