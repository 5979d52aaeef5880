//! One cell with several identifiers of one subject: `统一社会信用代码/注册号` filled in with both.

use super::scalar::{closed_up, cut_code, is_no_code, tidy};
use crate::units::identifier::{Identifier, Uscc, classify, is_notation};

/// Bytes below which a cell cannot hold two identifiers.
pub(super) const SHORTEST: usize = 17;
/// Bytes above which a cell is no list of identifiers.
const LONGEST: usize = 160;
/// Digits that every identifier has, the division among them; names and addresses rarely do.
const DIGITS: usize = 8;
/// Stand between identifiers.
const BETWEEN: [char; 9] = ['/', '／', '、', ',', '，', ';', '；', '|', '\n'];

/// The first sound identifier of a cell and the others, where it holds several and nothing else; a damaged one is none of
/// the others, and neither is `无`.
///
/// A 统一社会信用代码 goes before a 注册号.
pub(super) fn split(text: &str) -> Option<(String, Vec<String>)> {
    if !may_be_list(text) || !text.contains(BETWEEN) {
        return None;
    }
    let mut codes: Vec<String> = Vec::new();
    let mut n = 0;
    for part in text.split(BETWEEN) {
        let part = tidy(part.trim());
        n += 1;
        if is_notation(&part) || is_no_code(&part) || part.is_empty() {
            continue;
        }
        let code = cut_code(&part).or_else(|| closed_up(&part));
        let code = code
            .unwrap_or_else(|| part.into_owned())
            .to_ascii_uppercase();
        if rank(&code).is_none() && !is_notation(&code) {
            return None;
        }
        codes.push(code);
    }
    codes.retain(|code| !is_notation(code));
    let best = codes.iter().position(|code| rank(code) == Some(0));
    let best = best.or_else(|| codes.iter().position(|code| rank(code) == Some(1)))?;
    let first = codes.remove(best);
    codes.retain(|code| *code != first);
    (n > 1).then_some((first, codes))
}

/// Whether an identifier begins or ends the text, as far as its length and first and last byte tell; names and addresses are
/// told by them.
fn may_be_list(text: &str) -> bool {
    let text = text.trim().as_bytes();
    let is_code = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    (SHORTEST..=LONGEST).contains(&text.len())
        && (is_code(text.first()) || is_code(text.last()))
        && text.iter().filter(|byte| byte.is_ascii_digit()).count() >= DIGITS
}

/// 0 for a sound 统一社会信用代码, 1 for a sound 注册号, 2 for what else has the shape of an identifier.
fn rank(code: &str) -> Option<u8> {
    match classify(code) {
        Identifier::Uscc(Uscc::Valid | Uscc::LegacyM000) => Some(0),
        Identifier::Reg15 { check_ok: true } => Some(1),
        Identifier::Other | Identifier::Damaged(_) => None,
        Identifier::Uscc(_) | Identifier::Reg15 { .. } | Identifier::Legacy13 => Some(2),
    }
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn the_first_sound_identifier_stands_for_the_row_and_the_others_beside_it() {
        let (code, number) = ("91110000802100433B", "330000000036006");
        for (text, others) in [
            (format!("{code}/{number}"), vec![number]),
            (format!("{number} / {code}"), vec![number]),
            (
                format!("统一社会信用代码：{code}，注册号：{number}"),
                vec![number],
            ),
            (format!("{code}/无"), vec![]),
            (format!("9.14E+17/{code}"), vec![]),
            (format!("{code}、{code}"), vec![]),
        ] {
            let expected = others.into_iter().map(str::to_owned).collect::<Vec<_>>();
            assert_eq!(split(&text), Some((code.to_owned(), expected)), "{text}");
        }
        let (first, others) = split("330000000036006;1304332100123").unwrap();
        assert_eq!(
            (first.as_str(), others),
            (number, vec!["1304332100123".to_owned()])
        );
    }

    #[test]
    fn what_holds_no_two_identifiers_stays_whole() {
        for text in [
            "91110000802100433B",
            "9.14E+17/9.14E+17",
            "91110000802100433B/甲商店",
            "111111111111111111/222222222222222222",
            "licence/91110000802100433B",
            "新华街12号/13800000000",
        ] {
            assert_eq!(split(text), None, "{text}");
        }
    }
}
