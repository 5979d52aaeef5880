//! What is wrong with the 执法检查人员名录库 as of a day: certificates that are missing or run out, staff that cannot be sent.
//!
//! Source: the 21-column template of the register (`regulation.md` §2.8) and “失效人员不纳入抽取范围”. Nobody leaves the
//! register by a finding: who is drawn is the business of the second draw.

use super::inspectors::{Certificate, Inspector};
use crate::units::Day;

/// The specialty of whoever holds any 岗位资质资格.
pub(super) const QUALIFIED: &str = "专业岗位资格";
/// The specialty of whoever is an expert of any kind.
const EXPERT: &str = "专家";
/// Days in which a certificate that runs out is called expiring.
pub const EXPIRING_DAYS: i32 = 60;

/// 人员性质.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StaffKind {
    /// 公务员.
    CivilServant,
    /// 事业编.
    PublicInstitution,
    /// 聘用制: holds no certificate and enforces no law.
    Contract,
}

impl StaffKind {
    /// The kind a source means.
    ///
    /// ```
    /// use choucha::registers::StaffKind;
    /// assert_eq!(StaffKind::of("行政编制"), Some(StaffKind::CivilServant));
    /// assert_eq!(StaffKind::of("劳务派遣").unwrap().name(), "聘用制");
    /// assert_eq!(StaffKind::of("其他"), None);
    /// ```
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
        if has(&[
            "聘用",
            "合同",
            "派遣",
            "编外",
            "临时",
            "协管",
            "辅助",
            "非在编",
        ]) {
            Some(Self::Contract)
        } else if has(&["事业", "参公", "参照公务员"]) {
            Some(Self::PublicInstitution)
        } else if has(&["公务员", "行政编", "行政执法编"]) {
            Some(Self::CivilServant)
        } else {
            None
        }
    }

    /// 公务员, 事业编 or 聘用制.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::CivilServant => "公务员",
            Self::PublicInstitution => "事业编",
            Self::Contract => "聘用制",
        }
    }
}

/// What is wrong with one inspector.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum InspectorRule {
    /// No certificate at all.
    CertificateMissing,
    /// No certificate says until when it is valid.
    CertificateUndated,
    /// Every dated certificate has run out.
    CertificateExpired,
    /// The last certificate runs out within [`EXPIRING_DAYS`].
    CertificateExpiring,
    /// One certificate has run out, and another is valid.
    OneCertificateExpired,
    /// 聘用制 cannot be one of the two a visit needs.
    ContractStaff,
    /// 人员性质 is none of the three.
    StaffKindUnknown,
    /// 失效 or 离岗: not drawn.
    Inactive,
    /// The id is a 身份证号, which must not be stored.
    IdIsIdentityNumber,
}

impl InspectorRule {
    /// Stable id.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::CertificateMissing => "certificate-missing",
            Self::CertificateUndated => "certificate-undated",
            Self::CertificateExpired => "certificate-expired",
            Self::CertificateExpiring => "certificate-expiring",
            Self::OneCertificateExpired => "certificate-one-expired",
            Self::ContractStaff => "staff-contract",
            Self::StaffKindUnknown => "staff-kind-unknown",
            Self::Inactive => "inspector-inactive",
            Self::IdIsIdentityNumber => "inspector-id-personal",
        }
    }

    /// What is wrong, after the inspector's id.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        match self {
            Self::CertificateMissing => {
                "has no certificate (无执法证), so cannot be one of the two a visit needs"
            }
            Self::CertificateUndated => {
                "has no certificate with a day until which it is valid (执法证无有效期)"
            }
            Self::CertificateExpired => "has no certificate that is still valid (执法证已到期)",
            Self::CertificateExpiring => {
                "has a last certificate that runs out within 60 days (执法证即将到期)"
            }
            Self::OneCertificateExpired => "has one certificate that has run out, and a valid one",
            Self::ContractStaff => {
                "is 聘用制, so cannot be one of the two a visit needs (聘用制人员不得单独执法)"
            }
            Self::StaffKindUnknown => "has a 人员性质 that is none of 公务员, 事业编 and 聘用制",
            Self::Inactive => "is not on duty, so is not drawn (失效人员不纳入抽取范围)",
            Self::IdIsIdentityNumber => {
                "has an id that is a 身份证号: map 单位工号 or 执法证编号 instead"
            }
        }
    }
}

/// One finding on one inspector.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct InspectorFinding {
    /// The inspector.
    pub inspector_id: String,
    /// The rule.
    pub rule: InspectorRule,
    /// The value it is about: the certificate, the 人员性质; may be empty.
    pub value: String,
}

/// Findings on one inspector as of `day`; of an inspector who is not on duty that alone.
pub(super) fn findings(inspector: &Inspector, day: Day) -> Vec<InspectorFinding> {
    let found = |rule, value: &str| InspectorFinding {
        inspector_id: inspector.id.clone(),
        rule,
        value: value.to_owned(),
    };
    let mut findings = Vec::new();
    if is_identity_number(&inspector.id) {
        findings.push(found(InspectorRule::IdIsIdentityNumber, ""));
    }
    if !inspector.active {
        findings.push(found(InspectorRule::Inactive, ""));
        return findings;
    }
    let kind = StaffKind::of(&inspector.staff_kind);
    if kind == Some(StaffKind::Contract) {
        findings.push(found(InspectorRule::ContractStaff, &inspector.staff_kind));
        return findings;
    }
    if kind.is_none() {
        findings.push(found(
            InspectorRule::StaffKindUnknown,
            &inspector.staff_kind,
        ));
    }
    let last = inspector.certificates.iter().max_by_key(|one| one.expires);
    let Some(last) = last else {
        findings.push(found(InspectorRule::CertificateMissing, ""));
        return findings;
    };
    let expired = |one: &&Certificate| one.expires.is_some_and(|until| until < day);
    match last.expires {
        None => findings.push(found(InspectorRule::CertificateUndated, &last.text)),
        Some(until) if until < day => {
            findings.push(found(InspectorRule::CertificateExpired, &last.text));
        }
        Some(until) => {
            if until.days() < day.days() + EXPIRING_DAYS {
                findings.push(found(InspectorRule::CertificateExpiring, &last.text));
            }
            let gone = inspector.certificates.iter().filter(expired);
            findings.extend(gone.map(|one| found(InspectorRule::OneCertificateExpired, &one.text)));
        }
    }
    findings
}

/// Whether a text is a 公民身份号码 (GB 11643-1999): 18 characters, a day of birth, an ISO 7064 MOD 11-2 check.
fn is_identity_number(text: &str) -> bool {
    const CHECKS: &[u8; 11] = b"10X98765432";
    let bytes = text.as_bytes();
    if bytes.len() != 18 || !bytes[..17].iter().all(u8::is_ascii_digit) {
        return false;
    }
    let day = [&text[6..10], &text[10..12], &text[12..14]].join("-");
    let weighted = bytes[..17].iter().enumerate().map(|(place, digit)| {
        let weight = (0..17 - place).fold(1_u32, |weight, _| weight * 2 % 11);
        u32::from(digit - b'0') * weight
    });
    let check = CHECKS[(weighted.sum::<u32>() % 11) as usize];
    day.parse::<Day>().is_ok() && bytes[17].to_ascii_uppercase() == check
}

/// Specialties from what a source says of duty, scope, qualification and expertise: 无 and 否 say nothing; any 岗位资质资格 is
/// also `专业岗位资格`, any expertise also `专家`.
pub(super) fn specialties(
    named: impl IntoIterator<Item = String>,
    qualifications: Vec<String>,
    expertise: Vec<String>,
) -> Vec<String> {
    let says = |text: &String| !matches!(text.as_str(), "" | "无" | "否" | "不是" | "非专家");
    let qualifications: Vec<String> = qualifications.into_iter().filter(says).collect();
    let expertise: Vec<String> = expertise.into_iter().filter(says).collect();
    let qualified = (!qualifications.is_empty()).then(|| QUALIFIED.to_owned());
    let expert = (!expertise.is_empty()).then(|| EXPERT.to_owned());
    let named = named.into_iter().filter(says);
    let expertise = expertise.into_iter().filter(|text| text != "是");
    named
        .chain(qualifications)
        .chain(qualified)
        .chain(expertise)
        .chain(expert)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inspector(staff_kind: &str, certificates: &[&str]) -> Inspector {
        let certificates = certificates.iter();
        Inspector {
            id: "G1".to_owned(),
            department: String::new(),
            office: String::new(),
            level: String::new(),
            staff_kind: staff_kind.to_owned(),
            certificates: certificates.map(|text| Certificate::new(text)).collect(),
            specialties: Vec::new(),
            region_code: String::new(),
            former_employers: Vec::new(),
            active: true,
        }
    }

    fn rules(inspector: &Inspector) -> Vec<&'static str> {
        let found = findings(inspector, "2025-01-01".parse().unwrap());
        found.into_iter().map(|finding| finding.rule.id()).collect()
    }

    #[test]
    fn certificates_are_judged_as_of_the_day() {
        let rules_of = |certificates: &[&str]| rules(&inspector("公务员", certificates));
        assert_eq!(rules_of(&["a@2025-06-30"]), Vec::<&str>::new());
        assert_eq!(rules_of(&["a@2025-03-02"]), Vec::<&str>::new());
        assert_eq!(rules_of(&["a@2025-03-01"]), ["certificate-expiring"]);
        assert_eq!(rules_of(&["a@2025-01-01"]), ["certificate-expiring"]);
        assert_eq!(rules_of(&["a@2024-12-31"]), ["certificate-expired"]);
        assert_eq!(
            rules_of(&["a@2024-12-31", "b@2026-01-01"]),
            ["certificate-one-expired"]
        );
        assert_eq!(rules_of(&["a"]), ["certificate-undated"]);
        assert_eq!(rules_of(&[]), ["certificate-missing"]);
    }

    #[test]
    fn contract_staff_cannot_make_up_the_two_and_others_are_asked_what_they_are() {
        assert_eq!(rules(&inspector("聘用制", &[])), ["staff-contract"]);
        assert_eq!(
            rules(&inspector("", &["a@2030-01-01"])),
            ["staff-kind-unknown"]
        );
        let away = Inspector {
            active: false,
            ..inspector("", &[])
        };
        assert_eq!(rules(&away), ["inspector-inactive"]);
    }

    #[test]
    fn an_identity_number_is_known_by_its_check_digit() {
        assert!(is_identity_number("11010519491231002X"));
        assert!(!is_identity_number("110105194912310021"));
        assert!(!is_identity_number("12440600MB2C07549J"));
        let by_number = Inspector {
            id: "11010519491231002X".to_owned(),
            ..inspector("公务员", &["a@2030-01-01"])
        };
        assert_eq!(rules(&by_number), ["inspector-id-personal"]);
    }

    #[test]
    fn what_says_nothing_is_no_specialty() {
        let texts = |texts: &[&str]| {
            texts
                .iter()
                .map(|&text| text.to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(
            specialties(texts(&["食品"]), texts(&["无"]), texts(&["否"])),
            ["食品"]
        );
        assert_eq!(
            specialties(texts(&[]), texts(&["药品检查员"]), texts(&["药品GSP"])),
            ["药品检查员", "专业岗位资格", "药品GSP", "专家"]
        );
        assert_eq!(
            specialties(texts(&[]), texts(&[]), texts(&["是"])),
            ["专家"]
        );
    }
}
