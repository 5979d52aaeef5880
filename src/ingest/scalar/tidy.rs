//! One spelling of a text: no invisible characters, half-width letters and digits, single blanks (`regulation.md` §3.7).

use std::borrow::Cow;

/// `text` trimmed, its full-width letters and digits half-width, runs of blanks (U+3000 among them) one blank, none between
/// two Chinese letters, and invisible characters gone. Brackets and other marks stay as they are written.
///
/// A `'` that only keeps a spreadsheet program from running the cell (`'=1+1`) goes too.
pub(in crate::ingest) fn tidy(text: &str) -> Cow<'_, str> {
    let text = match text.strip_prefix('\'') {
        Some(rest) if rest.starts_with(['=', '+', '-', '@']) => rest,
        _ => text,
    };
    if is_tidy(text) {
        return Cow::Borrowed(text);
    }
    let mut tidied = String::with_capacity(text.len());
    let mut blank = false;
    for letter in text.chars().filter(|letter| !is_invisible(*letter)) {
        if letter.is_whitespace() {
            blank = true;
            continue;
        }
        let letter = half_width(letter);
        if std::mem::take(&mut blank) {
            let within_chinese = is_chinese(letter) && tidied.ends_with(is_chinese);
            if !tidied.is_empty() && !within_chinese {
                tidied.push(' ');
            }
        }
        tidied.push(letter);
    }
    if tidied == text {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(tidied)
    }
}

/// Whether nothing in `text` can be changed by tidying; most cells of a register are so, Chinese marks (、。“”（），；) included.
fn is_tidy(text: &str) -> bool {
    !text.starts_with(' ') && !text.ends_with(' ') && !may_change(text)
}

/// Whether `text` holds, but for blanks around it, bytes that may belong to what tidying changes.
pub(in crate::ingest) fn may_change(text: &str) -> bool {
    let bytes = text.as_bytes();
    let byte = |at: usize| bytes.get(at).copied().unwrap_or(0);
    let mut at = 0;
    while at < bytes.len() {
        at += match bytes[at] {
            0xe4..=0xe9 => 3, // Chinese letters
            b' ' if at > 0 && (bytes[at - 1] == b' ' || bytes[at - 1] >= 0x80) => return true,
            0x20..=0x7e => 1,
            0x00..=0x1f | 0x7f | 0xc2 => return true,
            lead @ (0xe1..=0xe3 | 0xef) if is_odd(lead, byte(at + 1), byte(at + 2)) => return true,
            lead => 2 + usize::from(lead >= 0xe0) + usize::from(lead >= 0xf0),
        };
    }
    false
}

/// Whether three bytes may be a blank, an invisible character or a full-width letter or digit.
fn is_odd(first: u8, second: u8, third: u8) -> bool {
    match (first, second) {
        (0xe1, 0x9a | 0xa0) | (0xe2, 0x81) | (0xef, 0xbb | 0xbd) => true,
        (0xe2, 0x80) => matches!(third, 0x80..=0x8f | 0xa8..=0xaf),
        (0xe3, 0x80) => third == 0x80,
        (0xef, 0xbc) => matches!(third, 0x90..=0x99 | 0xa1..=0xba),
        _ => false,
    }
}

/// NUL and the other control characters that neither are blanks nor stand between cells and parts (U+001C to U+001F).
fn is_control(letter: char) -> bool {
    matches!(letter, '\0'..='\u{8}' | '\u{e}'..='\u{1b}' | '\u{7f}')
}

/// Whether a text holds a control character, which tidying drops.
pub(in crate::ingest) fn has_control(text: &str) -> bool {
    text.bytes().any(|byte| is_control(char::from(byte)))
}

/// Control characters, zero-width characters, the byte-order mark, the soft hyphen, separators and directions of no width.
fn is_invisible(letter: char) -> bool {
    is_control(letter)
        || matches!(letter, '\u{ad}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{feff}')
}

/// Full-width letters and digits as ASCII; everything else as it is.
fn half_width(letter: char) -> char {
    match letter {
        '０'..='９' | 'Ａ'..='Ｚ' | 'ａ'..='ｚ' => {
            char::from_u32(u32::from(letter) - 0xfee0).unwrap_or(letter)
        }
        _ => letter,
    }
}

fn is_chinese(letter: char) -> bool {
    matches!(letter, '〇' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}')
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use proptest::prelude::*;

    use super::tidy;

    #[test]
    fn blanks_widths_and_invisible_characters_are_made_one_spelling() {
        for (text, tidied) in [
            ("魏　县", "魏县"),
            ("　馆陶县 第一\u{200b}中学\u{feff} ", "馆陶县第一中学"),
            ("ＡＢＣ １２３", "ABC 123"),
            ("KFC　 （馆陶）店", "KFC （馆陶）店"),
            ("馆陶 KFC 店", "馆陶 KFC 店"),
            ("新华街\n12\u{ad}号", "新华街 12号"),
            ("a\u{a0}\u{a0}b", "a b"),
            ("甲，乙；（丙）", "甲，乙；（丙）"),
            ("　", ""),
        ] {
            assert_eq!(tidy(text), tidied, "{text:?}");
        }
    }

    #[test]
    fn a_text_that_is_tidy_already_is_not_copied() {
        for text in [
            "馆陶县供销社",
            "A 1",
            "",
            "（甲）公司",
            "存续（在营、开业、在册）",
        ] {
            assert!(
                matches!(tidy(text), Cow::Borrowed(same) if same == text),
                "{text}"
            );
        }
    }

    proptest! {
        #[test]
        fn tidying_twice_is_tidying_once(text in "[ \u{3000}\u{200b}\u{ad}aＡ１1甲（\\n]{0,12}") {
            let once = tidy(&text).into_owned();
            prop_assert_eq!(tidy(&once).into_owned(), once);
        }
    }
}
