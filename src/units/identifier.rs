//! What kind of identifier a text is, and whether its check characters are right: 统一社会信用代码 (GB 32100-2015 with
//! GB 11714 inside), 注册号 (GS15-2006, ISO 7064 MOD 11,10), older numbers, and codes a spreadsheet program has spoilt.
//!
//! Genuine codes fail their checks (the Fujian pilot's), and made-up ones pass one of them: a verdict is a finding, never a
//! reason to drop a business.

use unicode_normalization::UnicodeNormalization;

/// What an identifier in normal form (see [`super::ObjectId`]) is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identifier {
    /// 18 letters and digits: a 统一社会信用代码, or meant as one.
    Uscc(Uscc),
    /// 15 places of a 注册号. Forms with letters (`NA` of 农民专业合作社) carry no check that could fail.
    Reg15 {
        /// Whether the check digit is right.
        check_ok: bool,
    },
    /// A 13-place registration number from before 2007.
    Legacy13,
    /// A code that a spreadsheet program turned into a number.
    Damaged(Damage),
    /// Anything else.
    Other,
}

/// How far the checks of a 统一社会信用代码 hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Uscc {
    /// Both checks and an issued prefix.
    Valid,
    /// Issued in the Fujian pilot: division 35…, body `M000…`, inner check right, outer check wrong.
    LegacyM000,
    /// One check alone holds, or both with a prefix that was never issued.
    Suspicious,
    /// Neither check holds.
    Malformed,
}

/// What is left of a code that became a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damage {
    /// `9.14403E+17`: the last places are gone.
    Notation,
    /// 18 digits of which the last three are 0, with a wrong check: only 15 digits were kept.
    Digits,
}

/// 登记管理部门 and 机构类别: the first two characters of a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prefix {
    /// The two characters.
    pub code: [u8; 2],
    /// 登记管理部门.
    pub department: &'static str,
    /// 机构类别.
    pub class: &'static str,
}

const fn prefix(code: [u8; 2], department: &'static str, class: &'static str) -> Prefix {
    Prefix {
        code,
        department,
        class,
    }
}

/// The prefixes of GB 32100-2015, and 54, which 民政 has given to 村民委员会 and 居民委员会 since.
#[rustfmt::skip] // one prefix a line
const PREFIXES: [Prefix; 37] = [
    prefix(*b"11", "机构编制", "机关"),
    prefix(*b"12", "机构编制", "事业单位"),
    prefix(*b"13", "机构编制", "编办直接管理机构编制的群众团体"),
    prefix(*b"19", "机构编制", "其他"),
    prefix(*b"21", "外交", "外国常驻新闻机构"),
    prefix(*b"29", "外交", "其他"),
    prefix(*b"31", "司法行政", "律师执业机构"),
    prefix(*b"32", "司法行政", "公证处"),
    prefix(*b"33", "司法行政", "基层法律服务所"),
    prefix(*b"34", "司法行政", "司法鉴定机构"),
    prefix(*b"35", "司法行政", "仲裁委员会"),
    prefix(*b"39", "司法行政", "其他"),
    prefix(*b"41", "文化", "外国在华文化中心"),
    prefix(*b"49", "文化", "其他"),
    prefix(*b"51", "民政", "社会团体"),
    prefix(*b"52", "民政", "民办非企业单位"),
    prefix(*b"53", "民政", "基金会"),
    prefix(*b"54", "民政", "基层群众性自治组织"),
    prefix(*b"59", "民政", "其他"),
    prefix(*b"61", "旅游", "外国旅游部门常驻代表机构"),
    prefix(*b"62", "旅游", "港澳台地区旅游部门常驻内地（大陆）代表机构"),
    prefix(*b"69", "旅游", "其他"),
    prefix(*b"71", "宗教", "宗教活动场所"),
    prefix(*b"72", "宗教", "宗教院校"),
    prefix(*b"79", "宗教", "其他"),
    prefix(*b"81", "工会", "基层工会"),
    prefix(*b"89", "工会", "其他"),
    prefix(*b"91", "市场监管", "企业"),
    prefix(*b"92", "市场监管", "个体工商户"),
    prefix(*b"93", "市场监管", "农民专业合作社"),
    prefix(*b"A1", "中央军委改革和编制办公室", "军队事业单位"),
    prefix(*b"A9", "中央军委改革和编制办公室", "其他"),
    prefix(*b"N1", "农业", "组级集体经济组织"),
    prefix(*b"N2", "农业", "村级集体经济组织"),
    prefix(*b"N3", "农业", "乡镇级集体经济组织"),
    prefix(*b"N9", "农业", "其他"),
    prefix(*b"Y1", "其他", "其他"),
];

/// What `id` is; it must be in normal form (upper case, half-width) and bare.
///
/// ```
/// use choucha::units::identifier::{Damage, Identifier, Uscc, classify};
/// assert_eq!(classify("12440600MB2C07549J"), Identifier::Uscc(Uscc::Valid));
/// assert_eq!(classify("91350100M0001TGQXM"), Identifier::Uscc(Uscc::LegacyM000));
/// assert_eq!(classify("362322198709086409"), Identifier::Uscc(Uscc::Suspicious));
/// assert_eq!(classify("330000000036006"), Identifier::Reg15 { check_ok: true });
/// assert_eq!(classify("9.144E+17"), Identifier::Damaged(Damage::Notation));
/// ```
#[must_use]
pub fn classify(id: &str) -> Identifier {
    let bytes = id.as_bytes();
    if let Ok(code) = <&[u8; 18]>::try_from(bytes)
        && bytes.iter().all(u8::is_ascii_alphanumeric)
    {
        return of_18(code);
    }
    let digits = bytes.iter().filter(|byte| byte.is_ascii_digit()).count();
    match bytes.len() {
        15 if digits == 15 => Identifier::Reg15 {
            check_ok: mod_11_10(&bytes[..14]) == Some(bytes[14]),
        },
        15 if is_registration(bytes, digits) => Identifier::Reg15 { check_ok: true },
        13 if is_registration(bytes, digits) => Identifier::Legacy13,
        _ if is_notation(id) => Identifier::Damaged(Damage::Notation),
        _ => Identifier::Other,
    }
}

fn of_18(code: &[u8; 18]) -> Identifier {
    let outer = uscc_check(&code[..17]) == Some(code[17]);
    let inner = organisation_check(&code[8..16]) == Some(code[16]);
    let is_pilot = &code[2..4] == b"35" && &code[8..12] == b"M000";
    let cut = code.iter().all(u8::is_ascii_digit) && code.ends_with(b"000");
    match (outer, inner) {
        (true, true) if issued([code[0], code[1]]).is_some() => Identifier::Uscc(Uscc::Valid),
        (false, true) if is_pilot => Identifier::Uscc(Uscc::LegacyM000),
        _ if cut => Identifier::Damaged(Damage::Digits),
        (false, false) => Identifier::Uscc(Uscc::Malformed),
        _ => Identifier::Uscc(Uscc::Suspicious),
    }
}

/// Six digits of the authority, then digits with a few capital letters among them.
fn is_registration(bytes: &[u8], digits: usize) -> bool {
    let (authority, serial) = bytes.split_at(6);
    digits + 3 >= bytes.len()
        && authority.iter().all(u8::is_ascii_digit)
        && serial
            .iter()
            .all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase())
}

/// The prefix of a code, if it was ever issued.
///
/// ```
/// use choucha::units::identifier::issued_prefix;
/// assert_eq!(issued_prefix("12440600MB2C07549J").unwrap().class, "事业单位");
/// assert_eq!(issued_prefix("362322198709086409"), None);
/// ```
#[must_use]
pub fn issued_prefix(code: &str) -> Option<&'static Prefix> {
    let first = code.as_bytes().get(..2)?;
    issued([first[0], first[1]])
}

fn issued(code: [u8; 2]) -> Option<&'static Prefix> {
    PREFIXES.iter().find(|prefix| prefix.code == code)
}

/// Whether `id` is the sound code of a 非市场主体 (机关、事业单位、社会组织 …): issued by another department than 市场监管.
///
/// ```
/// use choucha::units::identifier::is_non_market;
/// assert!(is_non_market("12440600MB2C07549J"));
/// assert!(!is_non_market("91110000802100433B"));
/// ```
#[must_use]
pub fn is_non_market(id: &str) -> bool {
    !id.starts_with('9') && classify(id) == Identifier::Uscc(Uscc::Valid)
}

/// Whether `text` is a number in scientific notation (`9.14E+17`), which is all that is left of a code.
///
/// ```
/// use choucha::units::identifier::is_notation;
/// assert!(is_notation("9.14403E+17") && is_notation(" ９.１４Ｅ＋１７") && is_notation("+9.14e17"));
/// assert!(!is_notation("9144030071526726E1") && !is_notation("9E17"));
/// ```
#[must_use]
pub fn is_notation(text: &str) -> bool {
    if !text.is_ascii() {
        return text.chars().count() <= 24 && is_notation(&ascii_of(text));
    }
    if !text.bytes().any(|byte| matches!(byte, b'+' | b'.')) {
        return false;
    }
    let text = text.trim();
    let text = text.strip_prefix('+').unwrap_or(text);
    let Some((mantissa, power)) = text.split_once(['E', 'e']).filter(|_| text.len() <= 24) else {
        return false;
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let exponent = power.strip_prefix('+').unwrap_or(power);
    let marked = mantissa.contains('.') || power.starts_with('+');
    marked
        && whole.len() == 1
        && (1..=2).contains(&exponent.len())
        && [whole, fraction, exponent]
            .iter()
            .all(|part| part.bytes().all(|byte| byte.is_ascii_digit()))
}

fn ascii_of(text: &str) -> String {
    let folded = text.nfkc().filter(|letter| !letter.is_whitespace());
    folded
        .map(|letter| if letter.is_ascii() { letter } else { '?' })
        .collect()
}

/// The check character of the first 17 of a 统一社会信用代码; none where one of them is not of its alphabet.
fn uscc_check(body: &[u8]) -> Option<u8> {
    const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
    const VALUES: [u8; 256] = places(ALPHABET);
    const WEIGHTS: [u32; 17] = [
        1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28,
    ];
    let sum = weighted(body, &VALUES, &WEIGHTS)?;
    Some(ALPHABET[((31 - sum % 31) % 31) as usize])
}

/// The check character of the first 8 of a 组织机构代码 (GB 11714).
fn organisation_check(body: &[u8]) -> Option<u8> {
    const VALUES: [u8; 256] = places(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ");
    const WEIGHTS: [u32; 8] = [3, 7, 9, 10, 5, 8, 4, 2];
    let sum = weighted(body, &VALUES, &WEIGHTS)?;
    Some(b"0X987654321"[(sum % 11) as usize])
}

/// The check digit of the first 14 of a 注册号 (ISO 7064 MOD 11,10).
fn mod_11_10(body: &[u8]) -> Option<u8> {
    let mut product = 10_u8;
    for byte in body {
        let digit = byte.is_ascii_digit().then(|| byte - b'0')?;
        let sum = (digit + product) % 10;
        product = 2 * (if sum == 0 { 10 } else { sum }) % 11;
    }
    Some(b'0' + (11 - product) % 10)
}

const NO_PLACE: u8 = u8::MAX;

/// For every byte its place in `alphabet`.
const fn places(alphabet: &[u8]) -> [u8; 256] {
    let mut places = [NO_PLACE; 256];
    let mut at = 0_u8;
    while (at as usize) < alphabet.len() {
        places[alphabet[at as usize] as usize] = at;
        at += 1;
    }
    places
}

fn weighted(body: &[u8], values: &[u8; 256], weights: &[u32]) -> Option<u32> {
    body.iter().zip(weights).try_fold(0, |sum, (byte, weight)| {
        let value = values[usize::from(*byte)];
        (value != NO_PLACE).then(|| sum + u32::from(value) * weight)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checks(code: &str) -> (bool, bool) {
        let bytes = code.as_bytes();
        (
            uscc_check(&bytes[..17]) == Some(bytes[17]),
            organisation_check(&bytes[8..16]) == Some(bytes[16]),
        )
    }

    #[test]
    fn published_codes_hold_both_checks_and_are_valid() {
        for code in [
            "9144030071526726XG",
            "91330100799655058B",
            "914403001922038216",
            "91110000802100433B",
            "91310115591693856A",
            "91310110666007217T",
            "91330100609167206N",
            "913302007614539953",
            "91330182704287046N",
            "12440600MB2C07549J",
        ] {
            assert_eq!(checks(code), (true, true), "{code}");
            assert_eq!(classify(code), Identifier::Uscc(Uscc::Valid), "{code}");
            assert_eq!(is_non_market(code), code.starts_with('1'), "{code}");
        }
    }

    #[test]
    fn codes_of_the_fujian_pilot_fail_the_outer_check_alone() {
        for (code, expected) in [
            ("91350100M0001TGQXM", b'1'),
            ("91350211M0000XUF46", b'R'),
            ("91350203M0001FUE2P", b'J'),
            ("91350203M0001QKT19", b'F'),
        ] {
            assert_eq!(checks(code), (false, true), "{code}");
            assert_eq!(uscc_check(&code.as_bytes()[..17]), Some(expected), "{code}");
            assert_eq!(classify(code), Identifier::Uscc(Uscc::LegacyM000), "{code}");
        }
    }

    #[test]
    fn made_up_codes_are_told_apart_from_genuine_ones() {
        assert_eq!(checks("362322198709086409"), (true, false));
        assert_eq!(
            classify("362322198709086409"),
            Identifier::Uscc(Uscc::Suspicious)
        );
        assert_eq!(checks("111111111111111111"), (false, false));
        assert_eq!(
            classify("111111111111111111"),
            Identifier::Uscc(Uscc::Malformed)
        );
        assert_eq!(
            classify("9I440300715267260G"),
            Identifier::Uscc(Uscc::Malformed),
            "a letter outside the alphabet"
        );
    }

    #[test]
    fn a_right_code_with_a_prefix_never_issued_is_suspicious() {
        let mut code = *b"9844030071526726X0";
        code[17] = uscc_check(&code[..17]).unwrap();
        let code = std::str::from_utf8(&code).unwrap();
        assert_eq!(checks(code), (true, true));
        assert_eq!(classify(code), Identifier::Uscc(Uscc::Suspicious));
    }

    #[test]
    fn a_check_value_of_zero_is_zero() {
        // the outer modulus matters only here
        let body = (0..31_u32).find_map(|last| {
            let letter = b"0123456789ABCDEFGHJKLMNPQRTUWXY"[last as usize];
            let mut body = *b"91440300715267260";
            body[16] = letter;
            (uscc_check(&body) == Some(b'0')).then_some(body)
        });
        assert!(body.is_some());
    }

    #[test]
    fn registration_numbers_are_known_by_their_shape_and_check() {
        for number in [
            "330000000036006",
            "330000000047893",
            "330000000076128",
            "110108000000016",
        ] {
            assert_eq!(classify(number), Identifier::Reg15 { check_ok: true });
            let wrong = format!("{}9", &number[..14]);
            assert_eq!(classify(&wrong), Identifier::Reg15 { check_ok: false });
        }
        assert_eq!(
            classify("130433NA000000X"),
            Identifier::Reg15 { check_ok: true }
        );
        assert_eq!(classify("1304332100123"), Identifier::Legacy13);
        for other in [
            "",
            "A1",
            "企独冀总字第000123号",
            "14082500A000118A9",
            "71526726-X",
        ] {
            assert_eq!(classify(other), Identifier::Other, "{other}");
        }
    }

    #[test]
    fn a_shanxi_number_with_a_letter_counts_by_its_length() {
        assert_eq!("14082500A000118".len(), 15);
        assert_eq!(
            classify("14082500A000118"),
            Identifier::Reg15 { check_ok: true }
        );
    }

    #[test]
    fn what_a_spreadsheet_leaves_of_a_code_is_damage() {
        for text in ["9.14E+17", "9E+17", "9.14403E17", "1.30433E+14"] {
            assert_eq!(
                classify(text),
                Identifier::Damaged(Damage::Notation),
                "{text}"
            );
        }
        assert_eq!(
            classify("914403001922038000"),
            Identifier::Damaged(Damage::Digits)
        );
        for text in [
            "E+17",
            "9E17",
            "9.1.4E+17",
            "9.14E+",
            "9.14E+170",
            "X.1E+17",
        ] {
            assert!(!is_notation(text), "{text}");
        }
    }

    #[test]
    fn every_prefix_is_listed_once() {
        let mut codes: Vec<[u8; 2]> = PREFIXES.iter().map(|prefix| prefix.code).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), PREFIXES.len());
        assert_eq!(issued_prefix("9"), None);
    }
}
