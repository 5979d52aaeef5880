//! 批次: one round, where it stands, and what may be said of it then.

use serde::Serialize;

use super::super::entry::{Assign, Custody, Draw, KeyLost, Receipt, Results, Seal, Unusable, Void};
use super::Refusal;
use crate::units::{Digest, Moment};

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
    pub(super) fn is_drawable(&self) -> bool {
        self.stage() == Stage::Published && self.key_lost.is_none()
    }

    pub(super) fn check_open(&self) -> Result<(), Refusal> {
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

    pub(super) fn check_drawn(&self, what: &'static str) -> Result<(), Refusal> {
        if self.stage() == Stage::Drawn {
            return Ok(());
        }
        Err(Refusal::NotDrawn {
            round: self.seal.round.clone(),
            stage: self.stage().words(),
            what,
        })
    }

    pub(super) fn check_seal(&self, found: Digest) -> Result<(), Refusal> {
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
    pub(super) fn check_time(
        &self,
        what: &'static str,
        at: Moment,
        now: Moment,
    ) -> Result<(), Refusal> {
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
