//! Why teams cannot be drawn, replaced or verified.

use thiserror::Error;

use super::Rule;
use crate::units::{Day, Kind};

/// Why the second draw, a replacement or a verification stops. Too few inspectors is no error: it is a published row.
#[derive(Debug, Error)]
pub enum Error {
    /// Two rows for one visit and department.
    #[error(
        "object {object_id}, department {department:?}: a visit must stand once per department"
    )]
    RepeatedVisit {
        /// Object.
        object_id: String,
        /// Department.
        department: String,
    },
    /// A window of days that ends before it begins, or has more than 366.
    #[error(
        "object {object_id}: the days {first} to {last} of a visit must be a window of 1 to 366 days"
    )]
    UnusableWindow {
        /// Object.
        object_id: String,
        /// First day.
        first: Day,
        /// Last day.
        last: Day,
    },
    /// More specialties than a team can hold.
    #[error("object {object_id}: a visit must need at most 32 specialties, this one needs {n}")]
    TooManySpecialties {
        /// Object.
        object_id: String,
        /// Specialties.
        n: usize,
    },
    /// A row of the last teams that cannot be read.
    #[error("last_teams, line {line}: {rule}")]
    LastTeams {
        /// Line, the heading being 1.
        line: u64,
        /// The rule.
        rule: String,
    },
    /// No such visit in the round.
    #[error(
        "object {object_id}, department {department:?}: no visit of this round has a team for it"
    )]
    NoTeam {
        /// Object.
        object_id: String,
        /// Department.
        department: String,
    },
    /// The inspector who shall be replaced is not in the team.
    #[error("object {object_id}: inspector {inspector_id} must be in the team to be replaced")]
    NotInTeam {
        /// Object.
        object_id: String,
        /// Inspector.
        inspector_id: String,
    },
    /// A replacement without a reason.
    #[error("object {object_id}: a replacement must have a reason (更换理由)")]
    NoReason {
        /// Object.
        object_id: String,
    },
    /// A second replacement at one visit that nobody above approved.
    #[error(
        "object {object_id}: replacement {attempt} at one visit must name the supervisor (批准人) who allows it"
    )]
    NoSupervisor {
        /// Object.
        object_id: String,
        /// Which replacement of this visit it would be, from 1.
        attempt: u32,
    },
    /// Nobody may step in.
    #[error(
        "object {object_id}: no inspector may take the place of {inspector_id}; what stops it: {rule}"
    )]
    NoSubstitute {
        /// Object.
        object_id: String,
        /// Inspector who cannot be replaced.
        inspector_id: String,
        /// What leaves nobody.
        rule: Rule,
    },
    /// An entrusted institution that leaves out what must be recorded.
    #[error("object {object_id}: an entrusted institution (第三方机构) must have its {what}")]
    IncompleteInstitution {
        /// Object.
        object_id: String,
        /// What is missing.
        what: &'static str,
    },
    /// An entrusted institution whose qualification has run out.
    #[error(
        "object {object_id}: the qualification {qualification} of {name} must be valid on {day}, it expired on {expires}"
    )]
    ExpiredInstitution {
        /// Object.
        object_id: String,
        /// Institution.
        name: String,
        /// Qualification number.
        qualification: String,
        /// Last valid day.
        expires: Day,
        /// Day of the visit.
        day: Day,
    },
    /// The published teams are not those of register and seed.
    #[error("assignments.csv, line {line}: expected {expected:?}, found {found:?}")]
    Different {
        /// Line, the heading being 1.
        line: usize,
        /// What register and seed give; empty past the end.
        expected: String,
        /// What is published; empty past the end.
        found: String,
    },
}

impl Error {
    /// The kind of failure, for the exit code.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::RepeatedVisit { .. }
            | Self::UnusableWindow { .. }
            | Self::TooManySpecialties { .. }
            | Self::LastTeams { .. } => Kind::Data,
            Self::NoTeam { .. }
            | Self::NotInTeam { .. }
            | Self::NoReason { .. }
            | Self::NoSupervisor { .. }
            | Self::IncompleteInstitution { .. }
            | Self::ExpiredInstitution { .. } => Kind::Usage,
            Self::NoSubstitute { .. } => Kind::Design,
            Self::Different { .. } => Kind::Verification,
        }
    }
}
