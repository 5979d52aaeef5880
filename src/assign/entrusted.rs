//! 第三方机构: qualified bodies that may test, audit or advise at a visit. They carry out no inspection (国办发〔2024〕54号) and
//! are attached to a visit that has its own team; nothing counts them as inspectors.

use super::{Assignments, Error};
use crate::units::Day;

/// A qualified body and what it delivers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Institution {
    /// 机构名称.
    pub name: String,
    /// 资质证书编号.
    pub qualification: String,
    /// Last day the qualification is valid.
    pub expires: Day,
    /// 报告编号.
    pub report_id: String,
}

/// An institution at a visit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entrusted {
    /// Object.
    pub object_id: String,
    /// Department whose team it assists.
    pub department: String,
    /// The institution.
    pub institution: Institution,
}

/// Attaches an institution to a visit that has a team.
///
/// # Errors
/// A visit without a team, a text that is missing, a qualification that is not valid on the day of the visit.
pub fn attach(
    assignments: &mut Assignments,
    object_id: &str,
    department: &str,
    institution: Institution,
) -> Result<(), Error> {
    let row = assignments.row(object_id, department);
    let row = row.filter(|row| !row.team().is_empty());
    let day = row.map(|row| row.day).ok_or_else(|| Error::NoTeam {
        object_id: object_id.to_owned(),
        department: department.to_owned(),
    })?;
    let texts = [
        ("name", &institution.name),
        ("qualification number", &institution.qualification),
        ("report id", &institution.report_id),
    ];
    if let Some((what, _)) = texts.iter().find(|(_, text)| text.trim().is_empty()) {
        return Err(Error::IncompleteInstitution {
            object_id: object_id.to_owned(),
            what,
        });
    }
    if institution.expires < day {
        return Err(Error::ExpiredInstitution {
            object_id: object_id.to_owned(),
            name: institution.name,
            qualification: institution.qualification,
            expires: institution.expires,
            day,
        });
    }
    assignments.entrusted.push(Entrusted {
        object_id: object_id.to_owned(),
        department: department.to_owned(),
        institution,
    });
    Ok(())
}
