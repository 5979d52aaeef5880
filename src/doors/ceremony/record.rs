//! Acts around a draw: the programme, custody, receipt, 作废, loss of a key, other departments' visits, results.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::super::{Said, clock, unreadable};
use super::{certificate, workspace_of};
use crate::error::Error;
use crate::ledger::{self, Appended, Entry, Writer};
use crate::units::Moment;

/// What is recorded.
#[derive(Clone, Debug)]
pub enum Act {
    /// A published version of the programme: a TOML file.
    Programme(PathBuf),
    /// The key was lodged with the supervisor.
    Custody {
        /// The round.
        round: String,
        /// Who holds the key.
        holder: String,
        /// When it was lodged; now, if not said.
        lodged_at: Option<Moment>,
        /// What shows it.
        evidence: PathBuf,
    },
    /// The seal was published outside the bureau.
    Receipt {
        /// The round.
        round: String,
        /// Where.
        place: String,
        /// When.
        published_at: Moment,
        /// What shows it.
        evidence: PathBuf,
    },
    /// 作废: the sealed round will not be drawn.
    Void {
        /// The round.
        round: String,
        /// Why.
        reason: String,
        /// The office that decides.
        office: String,
    },
    /// The draw key is lost.
    KeyLost {
        /// The round.
        round: String,
        /// How.
        reason: String,
        /// The office that lost it.
        office: String,
    },
    /// Visits by departments outside this ledger: a CSV file.
    External(PathBuf),
    /// What the visits of a drawn round found: a CSV file.
    Results {
        /// The round.
        round: String,
        /// The file.
        file: PathBuf,
    },
}

/// Enters an act in the ledger.
///
/// # Errors
/// A rule of the ledger, a file that cannot be used; nothing was recorded then.
pub fn record(act: Act, workspace: Option<&Path>) -> Result<Said, Error> {
    let dir = workspace_of(workspace, None)?;
    let now = clock()?;
    let mut writer = Writer::open(&dir, "choucha record", now)?;
    let round = act.round().map(str::to_owned);
    let what = act.what();
    let appended = append(&mut writer, now, act)?;
    let mut lines = writer.notes().to_vec();
    lines.push(format!(
        "recorded: {what}, line {} of the ledger",
        appended.seq
    ));
    if let Some(round) = &round
        && writer.ledger().state().round(round)?.draw().is_some()
    {
        certificate::write(writer.ledger(), round)?;
    }
    Ok(Said {
        kind: None,
        lines,
        json: json!({ "recorded": what, "round": round, "sequence": appended.seq, "head": appended.head }),
    })
}

impl Act {
    fn round(&self) -> Option<&str> {
        match self {
            Self::Programme(_) | Self::External(_) => None,
            Self::Custody { round, .. }
            | Self::Receipt { round, .. }
            | Self::Void { round, .. }
            | Self::KeyLost { round, .. }
            | Self::Results { round, .. } => Some(round),
        }
    }

    fn what(&self) -> &'static str {
        match self {
            Self::Programme(_) => "programme (年度抽查工作计划)",
            Self::Custody { .. } => "custody of the key",
            Self::Receipt { .. } => "publication of the seal",
            Self::Void { .. } => "作废",
            Self::KeyLost { .. } => "loss of the key",
            Self::External(_) => "visits by other departments",
            Self::Results { .. } => "results",
        }
    }
}

fn append(writer: &mut Writer, now: Moment, act: Act) -> Result<Appended, Error> {
    let sealed = |writer: &Writer, round: &str| -> Result<ledger::Seal, Error> {
        Ok(writer.ledger().state().round(round)?.seal.clone())
    };
    let appended = match act {
        Act::Programme(file) => writer.record_programme(now, &name(&file), &read(&file)?)?,
        Act::External(file) => writer.record_external(now, &name(&file), &read(&file)?)?,
        Act::Results { round, file } => {
            writer.record_results(now, &round, &name(&file), &read(&file)?)?
        }
        Act::Custody {
            round,
            holder,
            lodged_at,
            evidence,
        } => {
            let seal = sealed(writer, &round)?;
            let no_key = || ledger::Refusal::NoKey(round.clone());
            let entry = Entry::Custody(ledger::Custody {
                seal: seal.seal,
                key: seal.key.ok_or_else(no_key)?,
                round: round.clone(),
                holder,
                lodged_at: lodged_at.unwrap_or(now),
                evidence: Entry::NO_EVIDENCE,
                files: ledger::Files::new(),
            });
            writer.ledger().key(&round)?; // what is lodged must be the sealed key
            writer.record_with_evidence(now, entry, &evidence, Vec::new())?
        }
        Act::Receipt {
            round,
            place,
            published_at,
            evidence,
        } => {
            let entry = Entry::Receipt(ledger::Receipt {
                seal: sealed(writer, &round)?.seal,
                round,
                place,
                published_at,
                evidence: Entry::NO_EVIDENCE,
                files: ledger::Files::new(),
            });
            writer.record_with_evidence(now, entry, &evidence, Vec::new())?
        }
        Act::Void {
            round,
            reason,
            office,
        } => {
            let entry = Entry::Void(ledger::Void {
                seal: sealed(writer, &round)?.seal,
                round,
                reason,
                office,
            });
            writer.append(now, entry, &[])?
        }
        Act::KeyLost {
            round,
            reason,
            office,
        } => {
            if let Ok(Some(_)) = writer.ledger().key(&round) {
                return Err(ledger::Refusal::KeyThere(round).into());
            }
            let entry = Entry::KeyLost(ledger::KeyLost {
                round,
                reason,
                office,
            });
            writer.append(now, entry, &[])?
        }
    };
    Ok(appended)
}

fn name(file: &Path) -> String {
    file.display().to_string()
}

fn read(file: &Path) -> Result<Vec<u8>, Error> {
    fs::read(file).map_err(unreadable(file))
}
